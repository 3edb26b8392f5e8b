/*
 * json.c
 *		Reads one flat JSON object, or refuses it.
 *
 * Every step looks at the end before it looks at a byte.  A helper that
 * returns false has found the text broken; nothing is read after that.
 */
#include "core/identity/json_int.h"

#include <string.h>

/* A string being read into a member. */
typedef struct DwJsonText
{
	char	   *text;			/* the member's, always terminated */
	size_t		size;			/* its bytes */
	size_t		used;			/* of them, without the zero */
} DwJsonText;

/* Begins to read length bytes. */
void
dw_json_open(DwJsonReader *reader, const char *text, size_t length)
{
	reader->next = text;
	reader->end = text + length;
	reader->count = 0;
}

/* Passes JSON's four blanks. */
static void
skip_blanks(DwJsonReader *reader)
{
	while (reader->next < reader->end &&
		   (*reader->next == ' ' || *reader->next == '\t' ||
			*reader->next == '\n' || *reader->next == '\r'))
		reader->next++;
}

/* Passes this byte if it is the next one. */
static bool
take(DwJsonReader *reader, char expected)
{
	if (reader->next == reader->end || *reader->next != expected)
		return false;
	reader->next++;
	return true;
}

/* Adds one byte to a string, or finds it too long. */
static bool
put(DwJsonText *out, uint32_t byte)
{
	if (out->used + 1 >= out->size)
		return false;
	out->text[out->used++] = (char) byte;
	out->text[out->used] = '\0';
	return true;
}

/* Adds a character as UTF-8; control characters are refused. */
static bool
put_character(DwJsonText *out, uint32_t code)
{
	if (code < 0x20 || code == 0x7f)
		return false;
	if (code < 0x80)
		return put(out, code);
	if (code < 0x800)
		return put(out, 0xc0 | code >> 6) && put(out, 0x80 | (code & 0x3f));
	if (code < 0x10000)
		return put(out, 0xe0 | code >> 12) &&
			put(out, 0x80 | (code >> 6 & 0x3f)) &&
			put(out, 0x80 | (code & 0x3f));
	return put(out, 0xf0 | code >> 18) &&
		put(out, 0x80 | (code >> 12 & 0x3f)) &&
		put(out, 0x80 | (code >> 6 & 0x3f)) &&
		put(out, 0x80 | (code & 0x3f));
}

/* Reads the four hexadecimal digits of an escape. */
static bool
read_hex(DwJsonReader *reader, uint32_t *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++)
	{
		static const char digits[] = "0123456789abcdef";
		const char *place;
		char		digit;

		if (reader->next == reader->end)
			return false;
		digit = *reader->next++;
		if (digit >= 'A' && digit <= 'F')
			digit = (char) (digit - 'A' + 'a');
		place = memchr(digits, digit, sizeof(digits) - 1);
		if (place == NULL)
			return false;
		*code = *code << 4 | (uint32_t) (place - digits);
	}
	return true;
}

/* Reads the rest of \uXXXX, with its second half where it has one. */
static bool
read_unicode_escape(DwJsonReader *reader, uint32_t *code)
{
	uint32_t	low;

	if (!read_hex(reader, code))
		return false;
	if (*code < 0xd800 || *code > 0xdfff)
		return true;
	if (*code > 0xdbff || !take(reader, '\\') || !take(reader, 'u') ||
		!read_hex(reader, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* Reads what follows a backslash; the control escapes are refused. */
static bool
read_escape(DwJsonReader *reader, uint32_t *code)
{
	char		letter;

	if (reader->next == reader->end)
		return false;
	letter = *reader->next++;
	if (letter == 'u')
		return read_unicode_escape(reader, code);
	*code = (unsigned char) letter;
	return letter == '"' || letter == '\\' || letter == '/';
}

/* How many bytes follow this first byte of a UTF-8 character; -1: none may. */
static int
trailing_bytes(uint32_t first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	if (first >= 0xf0 && first <= 0xf4)
		return 3;
	return -1;
}

/* Reads one UTF-8 character in its only form: shortest, no surrogate. */
static bool
read_utf8(DwJsonReader *reader, uint32_t *code)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	uint32_t	first = (unsigned char) *reader->next++;
	int			trailing = trailing_bytes(first);

	if (trailing < 0 || reader->end - reader->next < trailing)
		return false;
	*code = trailing == 0 ? first : first & (0x3fu >> trailing);
	for (int i = 0; i < trailing; i++)
	{
		uint32_t	byte = (unsigned char) *reader->next++;

		if ((byte & 0xc0) != 0x80)
			return false;
		*code = *code << 6 | (byte & 0x3f);
	}
	return *code >= least[trailing] && *code <= 0x10ffff &&
		(*code < 0xd800 || *code > 0xdfff);
}

/* Reads a string, quotes included, into text of this size. */
static bool
read_string(DwJsonReader *reader, char *text, size_t size)
{
	DwJsonText	out = {text, size, 0};

	text[0] = '\0';
	if (!take(reader, '"'))
		return false;
	while (reader->next < reader->end)
	{
		uint32_t	code;

		if (take(reader, '"'))
			return true;
		if (take(reader, '\\')
			? !read_escape(reader, &code) : !read_utf8(reader, &code))
			return false;
		if (!put_character(&out, code))
			return false;
	}
	return false;
}

/* Reads an integer: no sign but minus, no leading zero, within int64. */
static bool
read_integer(DwJsonReader *reader, int64_t *value)
{
	bool		negative = take(reader, '-');
	const char *first = reader->next;
	uint64_t	limit = (uint64_t) INT64_MAX + negative;
	uint64_t	sum = 0;

	while (reader->next < reader->end &&
		   *reader->next >= '0' && *reader->next <= '9')
	{
		uint64_t	digit = (uint64_t) (*reader->next - '0');

		if (sum > (limit - digit) / 10)
			return false;
		sum = sum * 10 + digit;
		reader->next++;
	}
	if (reader->next == first || (*first == '0' && reader->next - first > 1))
		return false;
	if (negative && sum == 0)
		return false;
	*value = negative ? (int64_t) (0 - sum) : (int64_t) sum;
	return true;
}

/* Remembers a key; false when it was there already, or is one too many. */
static bool
remember_key(DwJsonReader *reader, const char *key)
{
	for (int i = 0; i < reader->count; i++)
	{
		if (strcmp(reader->keys[i], key) == 0)
			return false;
	}
	if (reader->count == DW_JSON_MEMBERS_MAX)
		return false;
	memcpy(reader->keys[reader->count++], key, strlen(key) + 1);
	return true;
}

/* Reads key, colon and value. */
static bool
read_member(DwJsonReader *reader, DwJsonMember *member)
{
	if (!read_string(reader, member->key, sizeof(member->key)) ||
		!remember_key(reader, member->key))
		return false;
	skip_blanks(reader);
	if (!take(reader, ':'))
		return false;
	skip_blanks(reader);
	member->is_integer = reader->next < reader->end && *reader->next != '"';
	member->integer = 0;
	member->text[0] = '\0';
	return member->is_integer
		? read_integer(reader, &member->integer)
		: read_string(reader, member->text, sizeof(member->text));
}

/* Passes the closing brace; nothing but blanks may follow. */
static DwJsonStep
finish(DwJsonReader *reader)
{
	if (!take(reader, '}'))
		return DW_JSON_BROKEN;
	skip_blanks(reader);
	return reader->next == reader->end ? DW_JSON_END : DW_JSON_BROKEN;
}

/* Reads the next member. */
DwJsonStep
dw_json_next(DwJsonReader *reader, DwJsonMember *member)
{
	skip_blanks(reader);
	if (reader->count == 0)
	{
		if (!take(reader, '{'))
			return DW_JSON_BROKEN;
		skip_blanks(reader);
		if (reader->next < reader->end && *reader->next == '}')
			return finish(reader);
	}
	else if (!take(reader, ','))
		return finish(reader);
	skip_blanks(reader);
	return read_member(reader, member) ? DW_JSON_MEMBER : DW_JSON_BROKEN;
}
