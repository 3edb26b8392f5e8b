/*
 * uuid.c
 *		The text of an identifier, and making one from given bits.
 */
#include "core/base/base.h"

#define UUID_VERSION_BYTE	6	/* high half: the version */
#define UUID_VARIANT_BYTE	8	/* top two bits: the variant, binary 10 */

/* The value of a hexadecimal digit in either case, or -1. */
static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* True where the text form has a hyphen. */
static bool
is_hyphen_place(int place)
{
	return place == 8 || place == 13 || place == 18 || place == 23;
}

bool
dw_uuid_equal(const DwUuid *a, const DwUuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int
dw_uuid_compare(const DwUuid *a, const DwUuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

int
dw_id_compare(const void *a, const void *b)
{
	return dw_uuid_compare(a, b);
}

bool
dw_uuid_is_nil(const DwUuid *id)
{
	static const DwUuid nil;

	return dw_uuid_equal(id, &nil);
}

/* Reads exactly 8-4-4-4-12 digits; false leaves *id alone. */
bool
dw_uuid_parse(const char *text, size_t length, DwUuid *id)
{
	DwUuid		read;
	int			place = 0;

	if (length != DW_UUID_TEXT_LENGTH)
		return false;
	for (int i = 0; i < 16; i++)
	{
		int			high;
		int			low;

		if (is_hyphen_place(place) && text[place++] != '-')
			return false;
		high = hex_value(text[place++]);
		low = hex_value(text[place++]);
		if (high < 0 || low < 0)
			return false;
		read.bytes[i] = (uint8_t) (high << 4 | low);
	}
	*id = read;
	return true;
}

/* Writes the lower-case text form and a terminating zero. */
void
dw_uuid_format(const DwUuid *id, char text[DW_UUID_TEXT_LENGTH + 1])
{
	static const char digits[] = "0123456789abcdef";
	int			place = 0;

	for (int i = 0; i < 16; i++)
	{
		if (is_hyphen_place(place))
			text[place++] = '-';
		text[place++] = digits[id->bytes[i] >> 4];
		text[place++] = digits[id->bytes[i] & 15];
	}
	text[place] = '\0';
}

/* Writes version and the RFC's variant over the bits they own. */
static void
set_version(DwUuid *id, int version)
{
	id->bytes[UUID_VERSION_BYTE] =
		(uint8_t) ((id->bytes[UUID_VERSION_BYTE] & 0x0f) | version << 4);
	id->bytes[UUID_VARIANT_BYTE] =
		(uint8_t) ((id->bytes[UUID_VARIANT_BYTE] & 0x3f) | 0x80);
}

/* A time-ordered version 7. */
DwUuid
dw_uuid_v7(uint64_t unix_ms, uint16_t sub_ms, const uint8_t random[8])
{
	DwUuid		id;

	for (int i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t) (unix_ms >> (40 - 8 * i));
	id.bytes[6] = (uint8_t) (sub_ms >> 8);
	id.bytes[7] = (uint8_t) sub_ms;
	memcpy(&id.bytes[8], random, 8);
	set_version(&id, 7);
	return id;
}

/* A version 8 made of the first 122 free bits of a hash. */
DwUuid
dw_uuid_v8(const uint8_t hash[16])
{
	DwUuid		id;

	memcpy(id.bytes, hash, sizeof(id.bytes));
	set_version(&id, 8);
	return id;
}
