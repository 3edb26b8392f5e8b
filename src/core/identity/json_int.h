/*
 * json_int.h
 *		A strict reader of one flat JSON object: the claims of a token.
 *
 * Members are strings or integers; nothing nests, so nothing recurses.
 * Refused: any other value, a key twice, a control character (also as an
 * escape), text that is not UTF-8, a number with a leading zero, fraction,
 * exponent or beyond int64, and anything after the object.  What is longer
 * than the limits below is refused too, not cut.
 */
#ifndef DW_JSON_INT_H
#define DW_JSON_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DW_JSON_MEMBERS_MAX 32	/* members of one object */
#define DW_JSON_KEY_SIZE	33	/* bytes of a key and its zero */
#define DW_JSON_TEXT_SIZE	257 /* bytes of a string and its zero */

/* One member, escapes resolved. */
typedef struct DwJsonMember
{
	char		key[DW_JSON_KEY_SIZE];	/* zero-terminated */
	bool		is_integer;		/* else it is a string */
	int64_t		integer;		/* the value, when it is one */
	char		text[DW_JSON_TEXT_SIZE];	/* the value, when it is not */
} DwJsonMember;

/* Where a reader stands; the text stays the caller's. */
typedef struct DwJsonReader
{
	const char *next;			/* first byte not read yet */
	const char *end;			/* one past the last byte */
	int			count;			/* members read so far */
	char		keys[DW_JSON_MEMBERS_MAX][DW_JSON_KEY_SIZE];	/* theirs */
} DwJsonReader;

/* What dw_json_next found. */
typedef enum DwJsonStep
{
	DW_JSON_MEMBER,				/* one more member */
	DW_JSON_END,				/* the object and the text are at an end */
	DW_JSON_BROKEN				/* refused; read no further */
} DwJsonStep;

/* Begins to read length bytes; they need no terminating zero. */
extern void dw_json_open(DwJsonReader *reader, const char *text,
						 size_t length);

/* Reads the next member.  Believe none before DW_JSON_END was returned. */
extern DwJsonStep dw_json_next(DwJsonReader *reader, DwJsonMember *member);

#endif							/* DW_JSON_INT_H */
