/*
 * keyring.c
 *		Reads and writes the keyring's text, see identity.h for its form.
 *
 * Nothing here wipes memory: who owns a ring or a text wipes it.
 */
#include "core/identity/identity.h"

#include <string.h>

/* What is left to read. */
typedef struct Cursor
{
	const char *at;				/* next character */
	const char *end;			/* behind the last one */
} Cursor;

static const char header[] = "dwello-keyring 1\n";

static const char *const kind_labels[DW_KEY_KIND_COUNT] = {
	[DW_KEY_TOKEN] = "token",
	[DW_KEY_PII] = "pii",
	[DW_KEY_INDEX] = "index",
};

static bool parse_line(DwKeyring *ring, Cursor *cursor);
static bool take_kind(Cursor *cursor, DwKeyKind *kind);
static bool take_id(Cursor *cursor, int32_t *id);
static bool take_bytes(Cursor *cursor, uint8_t *bytes);
static bool take_created(Cursor *cursor, char *created);
static bool take_char(Cursor *cursor, char wanted);
static int	hex_digit(char c);
static size_t key_write(const DwKey *key, char *line);
static size_t id_write(int32_t id, char *digits);

const char *
dw_key_kind_label(DwKeyKind kind)
{
	return kind_labels[kind];
}

bool
dw_key_kind_parse(const char *label, DwKeyKind *kind)
{
	for (int i = 0; i < DW_KEY_KIND_COUNT; i++)
	{
		if (strcmp(label, kind_labels[i]) == 0)
		{
			*kind = (DwKeyKind) i;
			return true;
		}
	}
	return false;
}

DwResult
dw_keyring_parse(DwKeyring *ring, const char *text, size_t length,
				 int *bad_line)
{
	const size_t header_length = sizeof(header) - 1;
	Cursor		cursor = {text, text + length};

	ring->count = 0;
	*bad_line = 1;
	if (length < header_length || memcmp(text, header, header_length) != 0)
		return DW_BAD_VALUE;
	cursor.at += header_length;

	while (cursor.at < cursor.end)
	{
		(*bad_line)++;
		if (!parse_line(ring, &cursor))
		{
			ring->count = 0;
			return DW_BAD_VALUE;
		}
	}
	*bad_line = 0;
	return DW_OK;
}

size_t
dw_keyring_write(const DwKeyring *ring, char *space, size_t size)
{
	const size_t header_length = sizeof(header) - 1;
	size_t		used = header_length;
	int			i;

	/* the longest line is 5 + 10 + 64 + 20 characters and four separators */
	if (size < header_length + (size_t) ring->count * 104)
		return 0;
	memcpy(space, header, header_length);
	for (i = 0; i < ring->count; i++)
		used += key_write(&ring->keys[i], space + used);
	return used;
}

const DwKey *
dw_keyring_get(const DwKeyring *ring, DwKeyKind kind, int32_t id)
{
	int			i;

	for (i = 0; i < ring->count; i++)
		if (ring->keys[i].kind == kind && ring->keys[i].id == id)
			return &ring->keys[i];
	return NULL;
}

const DwKey *
dw_keyring_newest(const DwKeyring *ring, DwKeyKind kind)
{
	for (int i = ring->count - 1; i >= 0; i--)
		if (ring->keys[i].kind == kind)
			return &ring->keys[i];
	return NULL;
}

DwKey *
dw_keyring_append(DwKeyring *ring, DwKeyKind kind, int32_t id)
{
	DwKey	   *key;

	if (ring->count == DW_KEYRING_MAX_KEYS ||
		dw_keyring_get(ring, kind, id) != NULL)
		return NULL;
	key = &ring->keys[ring->count++];
	memset(key, 0, sizeof(*key));
	key->kind = kind;
	key->id = id;
	return key;
}

bool
dw_keyring_remove(DwKeyring *ring, DwKeyKind kind, int32_t id)
{
	const DwKey *key = dw_keyring_get(ring, kind, id);
	int			place;

	if (key == NULL)
		return false;
	place = (int) (key - ring->keys);
	ring->count--;
	memmove(&ring->keys[place], &ring->keys[place + 1],
			(size_t) (ring->count - place) * sizeof(DwKey));
	memset(&ring->keys[ring->count], 0, sizeof(DwKey));
	return true;
}

/* Reads one key's line into the next place of the ring. */
static bool
parse_line(DwKeyring *ring, Cursor *cursor)
{
	DwKey	   *key = &ring->keys[ring->count];

	if (ring->count == DW_KEYRING_MAX_KEYS)
		return false;
	if (!take_kind(cursor, &key->kind) ||
		!take_id(cursor, &key->id) || !take_char(cursor, ' ') ||
		!take_bytes(cursor, key->bytes) || !take_char(cursor, ' ') ||
		!take_created(cursor, key->created) || !take_char(cursor, '\n'))
		return false;
	if (dw_keyring_get(ring, key->kind, key->id) != NULL)
		return false;
	ring->count++;
	return true;
}

/* Reads the word for a kind and the blank behind it. */
static bool
take_kind(Cursor *cursor, DwKeyKind *kind)
{
	int			i;

	for (i = 0; i < DW_KEY_KIND_COUNT; i++)
	{
		size_t		length = strlen(kind_labels[i]);

		if ((size_t) (cursor->end - cursor->at) > length &&
			memcmp(cursor->at, kind_labels[i], length) == 0 &&
			cursor->at[length] == ' ')
		{
			cursor->at += length + 1;
			*kind = (DwKeyKind) i;
			return true;
		}
	}
	return false;
}

/* Reads a positive number without sign or leading zero. */
static bool
take_id(Cursor *cursor, int32_t *id)
{
	int64_t		value = 0;

	while (cursor->at < cursor->end &&
		   *cursor->at >= '0' && *cursor->at <= '9')
	{
		if (value == 0 && *cursor->at == '0')
			return false;
		value = value * 10 + (*cursor->at - '0');
		if (value > INT32_MAX)
			return false;
		cursor->at++;
	}
	*id = (int32_t) value;
	return value > 0;
}

/* Reads the secret, 64 lower-case hex digits. */
static bool
take_bytes(Cursor *cursor, uint8_t *bytes)
{
	int			i;

	if (cursor->end - cursor->at < 2 * DW_KEY_BYTES)
		return false;
	for (i = 0; i < DW_KEY_BYTES; i++)
	{
		int			high = hex_digit(cursor->at[2 * i]);
		int			low = hex_digit(cursor->at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t) (high << 4 | low);
	}
	cursor->at += 2 * DW_KEY_BYTES;
	return true;
}

/* Reads the time of making: the form is checked, the calendar is not. */
static bool
take_created(Cursor *cursor, char *created)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	int			i;

	if (cursor->end - cursor->at < DW_KEY_CREATED_LEN)
		return false;
	for (i = 0; i < DW_KEY_CREATED_LEN; i++)
	{
		char		c = cursor->at[i];

		if (form[i] == '0' ? (c < '0' || c > '9') : c != form[i])
			return false;
	}
	memcpy(created, cursor->at, DW_KEY_CREATED_LEN);
	created[DW_KEY_CREATED_LEN] = '\0';
	cursor->at += DW_KEY_CREATED_LEN;
	return true;
}

/* Reads one given character. */
static bool
take_char(Cursor *cursor, char wanted)
{
	if (cursor->at == cursor->end || *cursor->at != wanted)
		return false;
	cursor->at++;
	return true;
}

/* Gives the value of a lower-case hex digit; negative for anything else. */
static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Writes one key's line; the caller has checked the space. */
static size_t
key_write(const DwKey *key, char *line)
{
	static const char digits[] = "0123456789abcdef";
	const char *label = kind_labels[key->kind];
	size_t		used = strlen(label);
	int			i;

	memcpy(line, label, used);
	line[used++] = ' ';
	used += id_write(key->id, line + used);
	line[used++] = ' ';
	for (i = 0; i < DW_KEY_BYTES; i++)
	{
		line[used++] = digits[key->bytes[i] >> 4];
		line[used++] = digits[key->bytes[i] & 0x0F];
	}
	line[used++] = ' ';
	memcpy(line + used, key->created, DW_KEY_CREATED_LEN);
	used += DW_KEY_CREATED_LEN;
	line[used++] = '\n';
	return used;
}

/* Writes a positive number; at most ten digits. */
static size_t
id_write(int32_t id, char *digits)
{
	char		reversed[10];
	size_t		count = 0;
	size_t		i;

	for (; id > 0 && count < sizeof(reversed); id /= 10)
		reversed[count++] = (char) ('0' + id % 10);
	for (i = 0; i < count; i++)
		digits[i] = reversed[count - 1 - i];
	return count;
}
