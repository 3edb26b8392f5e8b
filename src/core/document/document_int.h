/*
 * document_int.h
 *		What the files of this folder share: numbers, patterns, formats, URIs,
 *		and a schema's compiled form.
 */
#ifndef DW_DOCUMENT_INT_H
#define DW_DOCUMENT_INT_H

#include <string.h>

#include "core/document/document.h"

/* A piece of text. */
typedef struct DwSlice
{
	const char *text;			/* its bytes */
	size_t		length;			/* how many */
} DwSlice;

/* So many bytes as a slice. */
static inline DwSlice
dw_slice(const char *text, size_t length)
{
	DwSlice		slice = {text, length};

	return slice;
}

/* Text under construction. */
typedef struct DwScript
{
	DwArena    *arena;			/* where it is built */
	char	   *text;			/* ends with a zero */
	size_t		length;			/* without it */
	size_t		size;			/* room there is */
} DwScript;

/* Add bytes, a text, a number in decimal digits. */
extern void dw_script_add(DwScript *script, const char *text, size_t length);
extern void dw_script_say(DwScript *script, const char *text);
extern void dw_script_count(DwScript *script, uint64_t number);

/* True for a digit of ASCII. */
static inline bool
dw_is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* True for a letter of ASCII. */
static inline bool
dw_is_letter(char byte)
{
	return (byte | 32) >= 'a' && (byte | 32) <= 'z';
}

/* The value of a hexadecimal digit, or -1. */
static inline int
dw_hex_digit(char byte)
{
	if (dw_is_digit(byte))
		return byte - '0';
	byte |= 32;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

#define DW_NO_CODE	0x110000u	/* beyond all of Unicode */

/* The bytes of the sequence that a byte begins, and its first bits. */
static inline int
dw_utf8_sequence(unsigned char first, uint32_t *bits)
{
	if (first >= 0xf0 && first < 0xf5)
	{
		*bits = first & 0x07;
		return 4;
	}
	if (first >= 0xe0 && first < 0xf0)
	{
		*bits = first & 0x0f;
		return 3;
	}
	if (first >= 0xc2 && first < 0xe0)
	{
		*bits = first & 0x1f;
		return 2;
	}
	*bits = first < 0x80 ? first : DW_NO_CODE + first;
	return 1;
}

/*
 * The code point at *at, which moves behind it; a byte that begins none
 * counts as one of its own, beyond all of Unicode.
 */
static inline uint32_t
dw_utf8_next(DwSlice text, size_t *at)
{
	const unsigned char *byte = (const unsigned char *) text.text + *at;
	uint32_t	code;
	int			length = dw_utf8_sequence(*byte, &code);

	if ((size_t) length > text.length - *at)
	{
		(*at)++;
		return DW_NO_CODE + *byte;
	}
	for (int i = 1; i < length; i++)
	{
		if ((byte[i] & 0xc0) != 0x80)
		{
			(*at)++;
			return DW_NO_CODE + *byte;
		}
		code = code << 6 | (byte[i] & 0x3f);
	}
	*at += (size_t) length;
	return code;
}

/* The same of the code point before *at, which moves before it. */
static inline uint32_t
dw_utf8_previous(DwSlice text, size_t *at)
{
	size_t		from = *at - 1;
	size_t		least = *at > 4 ? *at - 4 : 0;
	size_t		behind;
	uint32_t	code;

	while (from > least && ((unsigned char) text.text[from] & 0xc0) == 0x80)
		from--;
	behind = from;
	code = dw_utf8_next(text, &behind);
	if (behind != *at)
	{
		from = *at - 1;
		code = DW_NO_CODE + (unsigned char) text.text[from];
	}
	*at = from;
	return code;
}

/* How many code points there are. */
static inline size_t
dw_utf8_count(DwSlice text)
{
	size_t		count = 0;

	for (size_t i = 0; i < text.length; i++)
		count += ((unsigned char) text.text[i] & 0xc0) != 0x80;
	return count;
}

/* Negative, zero or positive; numbers compare exactly. */
extern int	dw_number_compare(const DwDocValue *a, const DwDocValue *b);

/* A number without a fraction. */
static inline bool
dw_number_is_integer(const DwDocValue *number)
{
	return number->flag ? number->exponent >= 0 :
		number->as.digits->exponent >= 0;
}

#define DW_SMALL_ROOM	20		/* digits of an int64 */

/* The number as digits; those of a small one are written to the room. */
static inline DwDocDigits
dw_number_digits(const DwDocValue *number, uint8_t room[DW_SMALL_ROOM])
{
	int64_t		small = number->as.small;
	uint64_t	rest;
	int			at = DW_SMALL_ROOM;

	if (!number->flag)
		return *number->as.digits;
	rest = small < 0 ? -(uint64_t) small : (uint64_t) small;
	for (; rest > 0; rest /= 10)
		room[--at] = (uint8_t) (rest % 10);
	return (DwDocDigits)
	{
		small < 0, number->exponent, (uint32_t) (DW_SMALL_ROOM - at), room + at
	};
}

/*
 * A regular expression of ECMA 262, compiled: the head of its program.
 *
 * matches: true when it does somewhere.  It takes time in proportion to both
 * lengths, whatever they hold, squared inside a look around.
 */
typedef struct DwPattern
{
	bool		(*matches) (DwArena *arena, const struct DwPattern *pattern,
							DwSlice text);	/* see above */
} DwPattern;

typedef enum DwPatternResult
{
	DW_PATTERN_OK,
	DW_PATTERN_WRONG,			/* it is none */
	DW_PATTERN_UNSUPPORTED		/* it is one, but ours has no such thing */
} DwPatternResult;

/* Compiles one; *what ends a sentence about what is wrong with it. */
extern DwPatternResult dw_pattern_compile(DwArena *arena, DwSlice text,
										  const DwPattern **pattern,
										  const char **what);

/* Whether a string has a format. */
typedef bool (*DwFormatTest) (DwArena *arena, DwSlice text);

/* A format and its test. */
typedef struct DwFormat
{
	const char *name;			/* as schemas write it */
	DwFormatTest test;			/* true when a text has it */
} DwFormat;

/*
 * All that are known, up to one without a name.  Those with a slash are of
 * content, with base64 before it or not.
 */
extern const DwFormat dw_formats[];

/* The five parts; one that is not there has no text. */
typedef struct DwUri
{
	DwSlice		scheme;			/* without its colon */
	DwSlice		authority;		/* without its slashes */
	DwSlice		path;			/* always there, perhaps empty */
	DwSlice		query;			/* without its mark */
	DwSlice		fragment;		/* likewise */
} DwUri;

/* The bytes from one place to another. */
static inline DwSlice
dw_slice_cut(DwSlice text, size_t from, size_t to)
{
	return dw_slice(text.text + from, to - from);
}

/* Where a byte is, or the end. */
static inline size_t
dw_slice_find(DwSlice text, char byte)
{
	const char *found = text.length == 0 ? NULL :
		memchr(text.text, byte, text.length);

	return found == NULL ? text.length : (size_t) (found - text.text);
}

/* The length of a scheme at the start; 0: there is none. */
static inline size_t
dw_uri_scheme(DwSlice text)
{
	size_t		length = 0;

	while (length < text.length &&
		   (dw_is_letter(text.text[length]) ||
			(length > 0 && (dw_is_digit(text.text[length]) ||
							text.text[length] == '+' ||
							text.text[length] == '-' ||
							text.text[length] == '.'))))
		length++;
	return length < text.length && text.text[length] == ':' ? length : 0;
}

/* Takes a URI apart; every text is one, whether valid or not. */
static inline DwUri
dw_uri_split(DwSlice text)
{
	DwUri		uri = {0};
	size_t		at = dw_slice_find(text, '#');

	if (at < text.length)
		uri.fragment = dw_slice_cut(text, at + 1, text.length);
	text.length = at;
	at = dw_slice_find(text, '?');
	if (at < text.length)
		uri.query = dw_slice_cut(text, at + 1, text.length);
	text.length = at;
	at = dw_uri_scheme(text);
	if (at > 0)
	{
		uri.scheme = dw_slice_cut(text, 0, at);
		text = dw_slice_cut(text, at + 1, text.length);
	}
	if (text.length >= 2 && text.text[0] == '/' && text.text[1] == '/')
	{
		text = dw_slice_cut(text, 2, text.length);
		at = dw_slice_find(text, '/');
		uri.authority = dw_slice_cut(text, 0, at);
		text = dw_slice_cut(text, at, text.length);
	}
	uri.path = text;
	return uri;
}

#define DW_DOC_NO_ITEM	(-1)
#define DW_DOC_ROOT		(-2)

/* The way to a place, from its end. */
typedef struct DwDocPath
{
	const struct DwDocPath *parent; /* NULL: the root */
	const char *key;			/* a member's name, or the text of a root */
	uint32_t	length;			/* bytes of it */
	int64_t		item;			/* from 0, DW_DOC_NO_ITEM or DW_DOC_ROOT */
} DwDocPath;

/* The way as a JSON pointer, and a keyword behind it unless it is NULL. */
extern char *dw_doc_path_text(DwArena *arena, const DwDocPath *path,
							  const char *keyword);

#endif							/* DW_DOCUMENT_INT_H */
