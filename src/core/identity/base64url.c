/*
 * base64url.c
 *		Bytes as the text of a token, and back.
 */
#include "core/identity/identity.h"

static const char alphabet[] =
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The six bits of a digit, or -1. */
static int
digit_value(char digit)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52;
	if (digit == '-')
		return 62;
	if (digit == '_')
		return 63;
	return -1;
}

/* Writes the digits of size bytes; returns how many, 0 without room. */
size_t
dw_base64url_encode(const uint8_t *bytes, size_t size, char *text,
					size_t room)
{
	size_t		used = 0;
	uint32_t	bits = 0;
	int			waiting = 0;

	if (DW_BASE64URL_LENGTH(size) > room)
		return 0;
	for (size_t i = 0; i < size; i++)
	{
		bits = (bits << 8 | bytes[i]) & 0xffff;
		for (waiting += 8; waiting >= 6; waiting -= 6)
			text[used++] = alphabet[bits >> (waiting - 6) & 63];
	}
	if (waiting > 0)
		text[used++] = alphabet[bits << (6 - waiting) & 63];
	return used;
}

/* Reads length digits if they are canonical and there is room. */
bool
dw_base64url_decode(const char *text, size_t length, uint8_t *bytes,
					size_t room, size_t *size)
{
	size_t		used = 0;
	uint32_t	bits = 0;
	int			waiting = 0;

	if (length % 4 == 1 || DW_BASE64URL_BYTES(length) > room)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		int			value = digit_value(text[i]);

		if (value < 0)
			return false;
		bits = (bits << 6 | (uint32_t) value) & 0xffff;
		waiting += 6;
		if (waiting >= 8)
		{
			waiting -= 8;
			bytes[used++] = (uint8_t) (bits >> waiting);
		}
	}
	if ((bits & ((1u << waiting) - 1)) != 0)
		return false;			/* bits that mean nothing must be zero */
	*size = used;
	return true;
}
