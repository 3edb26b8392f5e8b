/*
 * jsontext.c
 *		JSON text read into values.
 *
 * The server reads JSON itself; this is for the schemas of the library, for
 * strings that say they hold JSON, and for tests.  Of members with one name
 * the last counts, as in jsonb.
 */
#include <string.h>

#include "core/base/base.h"
#include "core/document/document_int.h"

#define EXPONENT_MAX	1000000000	/* a larger one is read as this */

/* Where a reader stands. */
typedef struct Reader
{
	DwArena    *arena;			/* for what is read */
	const char *next;			/* first byte not read yet */
	const char *end;			/* one past the last */
	int			depth;			/* arrays and objects open */
} Reader;

static bool read_value(Reader *reader, DwDocValue *value);

/* Passes over blanks. */
static void
skip_blanks(Reader *reader)
{
	while (reader->next < reader->end &&
		   (*reader->next == ' ' || *reader->next == '\t' ||
			*reader->next == '\n' || *reader->next == '\r'))
		reader->next++;
}

/* Takes a byte that must come next. */
static bool
take(Reader *reader, char byte)
{
	if (reader->next == reader->end || *reader->next != byte)
		return false;
	reader->next++;
	return true;
}

/* Takes a word that must come next. */
static bool
take_word(Reader *reader, const char *word)
{
	size_t		length = strlen(word);

	if ((size_t) (reader->end - reader->next) < length ||
		memcmp(reader->next, word, length) != 0)
		return false;
	reader->next += length;
	return true;
}

/* Reads the four digits of \u. */
static bool
read_hex(Reader *reader, uint32_t *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++)
	{
		int			digit = reader->next == reader->end ? -1 :
			dw_hex_digit(*reader->next++);

		if (digit < 0)
			return false;
		*code = *code << 4 | (uint32_t) digit;
	}
	return true;
}

/* Adds a code point, which may be half a pair that has no other half. */
static void
put_code(DwScript *script, uint32_t code)
{
	char		bytes[4];
	int			count;

	if (code < 0x80)
	{
		bytes[0] = (char) code;
		count = 1;
	}
	else if (code < 0x800)
	{
		bytes[0] = (char) (0xc0 | code >> 6);
		count = 2;
	}
	else if (code < 0x10000)
	{
		bytes[0] = (char) (0xe0 | code >> 12);
		count = 3;
	}
	else
	{
		bytes[0] = (char) (0xf0 | code >> 18);
		count = 4;
	}
	for (int i = 1; i < count; i++)
		bytes[i] = (char) (0x80 | (code >> 6 * (count - 1 - i) & 0x3f));
	dw_script_add(script, bytes, (size_t) count);
}

/* Reads what follows a backslash. */
static bool
read_escape(Reader *reader, DwScript *script)
{
	static const char names[] = "\"\\/bfnrt";
	static const char bytes[] = "\"\\/\b\f\n\r\t";
	const char *found;
	uint32_t	code;
	uint32_t	low;

	if (reader->next == reader->end || *reader->next == '\0')
		return false;
	found = strchr(names, *reader->next);
	if (found != NULL)
	{
		dw_script_add(script, bytes + (found - names), 1);
		reader->next++;
		return true;
	}
	if (!take(reader, 'u') || !read_hex(reader, &code))
		return false;
	if (code >= 0xd800 && code < 0xdc00 && take_word(reader, "\\u"))
	{
		if (!read_hex(reader, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	put_code(script, code);
	return true;
}

/* Reads a string behind its first quote. */
static bool
read_string(Reader *reader, const char **text, uint32_t *length)
{
	DwScript	script = {.arena = reader->arena};
	const char *from = reader->next;

	for (;;)
	{
		if (reader->next == reader->end ||
			(unsigned char) *reader->next < 0x20)
			return false;
		if (*reader->next == '"' && script.size == 0)
		{
			*text = from;
			*length = (uint32_t) (reader->next++ - from);
			return true;
		}
		if (*reader->next != '"' && *reader->next != '\\')
		{
			reader->next++;
			continue;
		}
		dw_script_add(&script, from, (size_t) (reader->next - from));
		if (*reader->next++ == '"')
			break;
		if (!read_escape(reader, &script))
			return false;
		from = reader->next;
	}
	*text = script.text;
	*length = (uint32_t) script.length;
	return true;
}

/* Takes digits, one at least, and gives how many. */
static size_t
take_digits(Reader *reader)
{
	const char *from = reader->next;

	while (reader->next < reader->end && *reader->next >= '0' &&
		   *reader->next <= '9')
		reader->next++;
	return (size_t) (reader->next - from);
}

/* Reads "e+10" or nothing. */
static bool
read_exponent(Reader *reader, int64_t *exponent)
{
	bool		is_negative;
	size_t		count;

	*exponent = 0;
	if (!take(reader, 'e') && !take(reader, 'E'))
		return true;
	is_negative = take(reader, '-');
	if (!is_negative)
		(void) take(reader, '+');
	count = take_digits(reader);
	for (const char *digit = reader->next - count; digit < reader->next;
		 digit++)
		if (*exponent < EXPONENT_MAX)
			*exponent = 10 * *exponent + (*digit - '0');
	if (*exponent > EXPONENT_MAX)
		*exponent = EXPONENT_MAX;
	if (is_negative)
		*exponent = -*exponent;
	return count > 0;
}

/* Reads a number. */
static bool
read_number(Reader *reader, DwDocValue *value)
{
	DwDocDigits number = {.is_negative = take(reader, '-')};
	const char *from = reader->next;
	size_t		whole = take_digits(reader);
	size_t		part = 0;
	int64_t		exponent;
	uint8_t    *digits;

	if (whole == 0 || (whole > 1 && *from == '0'))
		return false;
	if (take(reader, '.'))
	{
		part = take_digits(reader);
		if (part == 0)
			return false;
	}
	digits = dw_arena_take(reader->arena, whole + part);
	for (size_t i = 0; i < whole + part; i++)
		digits[i] = (uint8_t) (from[i < whole ? i : i + 1] - '0');
	if (!read_exponent(reader, &exponent))
		return false;
	number.digits = digits;
	number.count = (uint32_t) (whole + part);
	number.exponent = (int32_t) (exponent - (int64_t) part);
	dw_doc_set_number(reader->arena, value, &number);
	return true;
}

/* Room for one more of a growing list of things of that size. */
static void *
grown(Reader *reader, void *things, uint32_t count, size_t size)
{
	void	   *larger;

	if (count != 0 && (count < 4 || (count & (count - 1)) != 0))
		return things;
	larger = dw_arena_take(reader->arena,
						   size * (count == 0 ? 4 : 2 * (size_t) count));
	if (count > 0)
		memcpy(larger, things, size * count);
	return larger;
}

/* Reads an array behind its bracket. */
static bool
read_array(Reader *reader, DwDocValue *value)
{
	DwDocValue *items = NULL;
	uint32_t	count = 0;

	skip_blanks(reader);
	if (!take(reader, ']'))
	{
		do
		{
			items = grown(reader, items, count, sizeof(*items));
			if (!read_value(reader, &items[count++]))
				return false;
		}
		while (take(reader, ','));
		if (!take(reader, ']'))
			return false;
	}
	*value = (DwDocValue)
	{
		.kind = DW_DOC_ARRAY,.count = count,.as.items = items
	};
	return true;
}

/* The order of members; of one name, that of the text. */
static int
compare_members(const void *a, const void *b)
{
	const DwDocMember *one = a;
	const DwDocMember *other = b;
	int			order = dw_doc_key_compare(one->key, one->length, other->key,
										   other->length);

	if (order != 0)
		return order;
	return one->order < other->order ? -1 : one->order > other->order;
}

/* Sorts members and leaves the last of each name; gives how many. */
static uint32_t
settle_members(DwDocMember *members, uint32_t count)
{
	uint32_t	kept = 0;

	dw_sort(members, count, sizeof(*members), compare_members);
	for (uint32_t i = 0; i < count; i++)
	{
		if (i + 1 < count &&
			dw_doc_key_compare(members[i].key, members[i].length,
							   members[i + 1].key,
							   members[i + 1].length) == 0)
			continue;
		members[kept++] = members[i];
	}
	return kept;
}

/* Reads an object behind its brace. */
static bool
read_object(Reader *reader, DwDocValue *value)
{
	DwDocMember *members = NULL;
	uint32_t	count = 0;

	skip_blanks(reader);
	if (!take(reader, '}'))
	{
		do
		{
			DwDocMember *member;

			members = grown(reader, members, count, sizeof(*members));
			member = &members[count];
			member->order = count++;
			skip_blanks(reader);
			if (!take(reader, '"') ||
				!read_string(reader, &member->key, &member->length))
				return false;
			skip_blanks(reader);
			if (!take(reader, ':') || !read_value(reader, &member->value))
				return false;
		}
		while (take(reader, ','));
		if (!take(reader, '}'))
			return false;
	}
	*value = (DwDocValue)
	{
		.kind = DW_DOC_OBJECT,.count = settle_members(members, count),
			.as.members = members
	};
	return true;
}

/* Reads a word or a number. */
static bool
read_plain(Reader *reader, DwDocValue *value)
{
	memset(value, 0, sizeof(*value));
	if (take_word(reader, "null"))
		return true;
	if (take_word(reader, "true"))
		value->flag = true;
	else if (!take_word(reader, "false"))
		return read_number(reader, value);
	value->kind = DW_DOC_BOOLEAN;
	return true;
}

/* Reads any value and the blanks around it. */
static bool
read_value(Reader *reader, DwDocValue *value)
{
	bool		is_read;
	const char *text;
	uint32_t	length;

	dw_arena_pause(reader->arena);
	skip_blanks(reader);
	if (take(reader, '"'))
	{
		is_read = read_string(reader, &text, &length);
		if (is_read)
			dw_doc_set_string(value, text, length);
	}
	else if (reader->next < reader->end &&
			 (*reader->next == '[' || *reader->next == '{'))
	{
		if (++reader->depth > DW_DOC_DEPTH_MAX)
			return false;
		is_read = *reader->next++ == '[' ? read_array(reader, value) :
			read_object(reader, value);
		reader->depth--;
	}
	else
		is_read = read_plain(reader, value);
	skip_blanks(reader);
	return is_read;
}

bool
dw_doc_read(DwArena *arena, const char *text, size_t length,
			DwDocValue *value)
{
	Reader		reader = {arena, text, text + length, 0};

	return length <= UINT32_MAX / 2 && read_value(&reader, value) &&
		reader.next == reader.end;
}
