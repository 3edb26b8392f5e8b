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

#endif							/* DW_UUID_H */
