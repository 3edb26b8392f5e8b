/*
 * uuid.h
 *		128-bit identifiers as core sees them.
 *
 * The layout equals PostgreSQL's pg_uuid_t: sixteen bytes in network order.
 */
#ifndef DW_UUID_H
#define DW_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct DwUuid
{
	uint8_t		bytes[16];		/* network order */
} DwUuid;

/* True when both name the same row. */
static inline bool
dw_uuid_equal(const DwUuid *a, const DwUuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Byte order: negative, zero or positive as memcmp. */
static inline int
dw_uuid_compare(const DwUuid *a, const DwUuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* True for the nil UUID, which owns the platform's own accounts. */
static inline bool
dw_uuid_is_nil(const DwUuid *id)
{
	static const DwUuid nil;

	return dw_uuid_equal(id, &nil);
}

/* Length of the text form, without a terminating zero. */
#define DW_UUID_TEXT_LENGTH 36

/*
 * Reads exactly 8-4-4-4-12 hexadecimal digits in either case: no braces, no
 * blanks, nothing after.  False leaves *id alone.
 */
extern bool dw_uuid_parse(const char *text, size_t length, DwUuid *id);

/* Writes the lower-case text form and a terminating zero. */
extern void dw_uuid_format(const DwUuid *id,
						   char text[DW_UUID_TEXT_LENGTH + 1]);

/*
 * A time-ordered version 7: milliseconds of the Unix epoch, a fraction of
 * the millisecond in 1/4096, and 62 of the 64 given random bits.
 */
extern DwUuid dw_uuid_v7(uint64_t unix_ms, uint16_t sub_ms,
						 const uint8_t random[8]);

/* A version 8 made of the first 122 free bits of a hash. */
extern DwUuid dw_uuid_v8(const uint8_t hash[16]);

#endif							/* DW_UUID_H */
