/*
 * api_key.c
 *		The text of API keys: base 62 with a checksum.
 *
 * Reading takes a time that hangs on the text, which is the caller's own; the
 * secret is compared elsewhere, in constant time.
 */
#include "core/access/access.h"

#include <string.h>

#define PREFIX_LENGTH	8		/* dw_live_ */
#define ID_DIGITS		22		/* of 16 bytes */
#define SECRET_DIGITS	43		/* of 32 bytes */
#define CRC_DIGITS		6		/* of 4 bytes */

/* Where the parts begin. */
#define ID_PLACE		PREFIX_LENGTH
#define SECRET_PLACE	(ID_PLACE + ID_DIGITS + 1)
#define CRC_PLACE		(SECRET_PLACE + SECRET_DIGITS)

static const char *const prefixes[] = {
	[DW_KEY_LIVE] = "dw_live_",
	[DW_KEY_TEST] = "dw_test_",
	[DW_KEY_SESSION] = "dw_sess_"
};

static const char digits62[] =
"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Writes a number of size bytes, the highest first, as count digits. */
static void
base62_write(const uint8_t *bytes, size_t size, char *text, int count)
{
	uint8_t		rest[DW_API_SECRET_BYTES];

	memcpy(rest, bytes, size);
	for (int place = count - 1; place >= 0; place--)
	{
		unsigned	remainder = 0;

		for (size_t i = 0; i < size; i++)
		{
			remainder = remainder * 256 + rest[i];
			rest[i] = (uint8_t) (remainder / 62);
			remainder %= 62;
		}
		text[place] = digits62[remainder];
	}
}

/* Reads count digits; false for another character or a number too large. */
static bool
base62_read(const char *text, int count, uint8_t *bytes, size_t size)
{
	memset(bytes, 0, size);
	for (int place = 0; place < count; place++)
	{
		const char *digit = text[place] == '\0' ? NULL
			: strchr(digits62, text[place]);
		unsigned	carry;

		if (digit == NULL)
			return false;
		carry = (unsigned) (digit - digits62);
		for (size_t i = size; i-- > 0;)
		{
			carry += bytes[i] * 62u;
			bytes[i] = (uint8_t) carry;
			carry >>= 8;
		}
		if (carry > 0)
			return false;
	}
	return true;
}

/* CRC-32 (IEEE 802.3), the highest byte first. */
static void
checksum(const char *text, size_t length, uint8_t crc[4])
{
	uint32_t	rest = UINT32_MAX;

	for (size_t i = 0; i < length; i++)
	{
		rest ^= (uint8_t) text[i];
		for (int bit = 0; bit < 8; bit++)
			rest = (rest >> 1) ^ (UINT32_C(0xEDB88320) & (0 - (rest & 1)));
	}
	rest = ~rest;
	for (int i = 0; i < 4; i++)
		crc[i] = (uint8_t) (rest >> (24 - 8 * i));
}

/* The kind of key that begins so; false for none. */
static bool
prefix_read(const char *text, DwApiKeyKind *kind)
{
	for (int i = 0; i < DW_LENGTH(prefixes); i++)
	{
		if (memcmp(text, prefixes[i], PREFIX_LENGTH) == 0)
		{
			*kind = (DwApiKeyKind) i;
			return true;
		}
	}
	return false;
}

bool
dw_api_key_parse(const char *text, size_t length, DwApiKey *key)
{
	DwApiKey	read;
	uint8_t		told[4];
	uint8_t		crc[4];

	if (length != DW_API_KEY_LENGTH || !prefix_read(text, &read.kind))
		return false;
	checksum(text, CRC_PLACE, crc);
	if (!base62_read(text + CRC_PLACE, CRC_DIGITS, told, sizeof(told)) ||
		memcmp(told, crc, sizeof(crc)) != 0)
		return false;
	if (!base62_read(text + ID_PLACE, ID_DIGITS, read.id.bytes,
					 sizeof(read.id.bytes)) ||
		text[SECRET_PLACE - 1] != '_' ||
		!base62_read(text + SECRET_PLACE, SECRET_DIGITS, read.secret,
					 sizeof(read.secret)))
		return false;
	*key = read;
	return true;
}

void
dw_api_key_write(const DwApiKey *key, char text[DW_API_KEY_LENGTH + 1])
{
	uint8_t		crc[4];

	memcpy(text, prefixes[key->kind], PREFIX_LENGTH);
	base62_write(key->id.bytes, sizeof(key->id.bytes), text + ID_PLACE,
				 ID_DIGITS);
	text[SECRET_PLACE - 1] = '_';
	base62_write(key->secret, sizeof(key->secret), text + SECRET_PLACE,
				 SECRET_DIGITS);
	checksum(text, CRC_PLACE, crc);
	base62_write(crc, sizeof(crc), text + CRC_PLACE, CRC_DIGITS);
	text[DW_API_KEY_LENGTH] = '\0';
}

bool
dw_api_key_good(const DwApiKey *key, const DwApiKeyState *state)
{
	return state->is_secret_known &&
		key->kind == (state->is_test ? DW_KEY_TEST : DW_KEY_LIVE) &&
		state->is_test == state->here_is_test && !state->is_revoked &&
		!state->is_expired && state->is_address_allowed;
}
