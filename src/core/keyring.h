/*
 * keyring.h
 *		The keyring's text: which keys there are, and how they are written.
 *
 * One header line, then one key a line, each line ended by a newline:
 *
 *		dwello-keyring 1
 *		token 1 <64 lower-case hex digits> 2025-11-21T22:37:00Z
 *
 * The form is strict: a file that was cut off, edited by half or mixed with
 * something else is refused as a whole, because a key that is silently left
 * out makes sealed values unreadable.
 */
#ifndef DW_KEYRING_H
#define DW_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/result.h"

#define DW_KEY_BYTES		32	/* every kind is a 256-bit key */
#define DW_KEY_CREATED_LEN	20	/* 2025-11-21T22:37:00Z */
#define DW_KEYRING_MAX_KEYS 64
#define DW_KEYRING_MAX_TEXT 8192	/* holds 64 keys of the longest line */

typedef enum DwKeyKind
{
	DW_KEY_TOKEN = 0,			/* signs and verifies tokens */
	DW_KEY_PII,					/* seals personal data */
	DW_KEY_INDEX,				/* makes blind indexes */

	DW_KEY_KIND_COUNT
} DwKeyKind;

typedef struct DwKey
{
	DwKeyKind	kind;			/* what it may be used for */
	int32_t		id;				/* 1 and up, unique within its kind */
	uint8_t		bytes[DW_KEY_BYTES];	/* the secret */
	char		created[DW_KEY_CREATED_LEN + 1];	/* UTC, for people */
} DwKey;

typedef struct DwKeyring
{
	int			count;			/* keys in use */
	DwKey		keys[DW_KEYRING_MAX_KEYS];	/* in the order of the file */
} DwKeyring;

/* The word for a kind in the file and in SQL. */
extern const char *dw_key_kind_label(DwKeyKind kind);

/*
 * Reads a whole file; DW_BAD_VALUE with the line number of the first bad
 * line otherwise, and then the ring is empty.
 */
extern DwResult dw_keyring_parse(DwKeyring *ring, const char *text,
								 size_t length, int *bad_line);

/*
 * Writes the whole file, without a terminating zero; the length, or 0 when
 * the space is too small.
 */
extern size_t dw_keyring_write(const DwKeyring *ring, char *space,
							   size_t size);

/* The key of that kind and id, or NULL. */
extern const DwKey *dw_keyring_get(const DwKeyring *ring, DwKeyKind kind,
								   int32_t id);

/* The key of that kind with the highest id, or NULL. */
extern const DwKey *dw_keyring_newest(const DwKeyring *ring, DwKeyKind kind);

/*
 * Appends a key with the next id of its kind; NULL when the ring is full.
 * The caller fills in the bytes and the time.
 */
extern DwKey *dw_keyring_append(DwKeyring *ring, DwKeyKind kind);

#endif							/* DW_KEYRING_H */
