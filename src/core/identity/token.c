/*
 * token.c
 *		Decides what a bearer token says and whether it holds: its digits, the
 *		JSON of its parts, its subject and its other claims.
 *
 * Splitting reads bytes only to find the dots.  The rest of this file is
 * for tokens whose signature was verified, and is strict all the same: a
 * key may be shared with a careless issuer.
 */
#include "core/identity/identity.h"

#include <string.h>

#include "core/base/base.h"
#include "core/identity/json_int.h"

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

/* Decoded bytes of the longest part. */
#define PART_SIZE	DW_BASE64URL_BYTES(DW_TOKEN_MAX)

/* Which claims were found, as bits. */
enum
{
	SEEN_SUB = 1 << 0,			/* sub */
	SEEN_ROLE = 1 << 1,			/* role */
	SEEN_IAT = 1 << 2,			/* iat */
	SEEN_EXP = 1 << 3,			/* exp */
	SEEN_AUD = 1 << 4,			/* aud */
	SEEN_NBF = 1 << 5,			/* nbf, optional */
	SEEN_ALL = SEEN_SUB | SEEN_ROLE | SEEN_IAT | SEEN_EXP | SEEN_AUD
};

/* Claims while they are being read. */
typedef struct DwClaimsReading
{
	DwClaims	claims;			/* so far */
	unsigned	seen;			/* SEEN_* bits */
} DwClaimsReading;

/* Finds the parts. */
DwTokenError
dw_token_split(const char *text, size_t length, DwToken *token)
{
	const char *end = text + length;
	const char *first;
	const char *second;
	size_t		size;

	if (length > DW_TOKEN_MAX)
		return DW_TOKEN_MALFORMED;
	first = memchr(text, '.', length);
	if (first == NULL)
		return DW_TOKEN_MALFORMED;
	second = memchr(first + 1, '.', (size_t) (end - first - 1));
	if (second == NULL || first == text || second == first + 1)
		return DW_TOKEN_MALFORMED;
	if (!dw_base64url_decode(second + 1, (size_t) (end - second - 1),
							 token->signature, sizeof(token->signature),
							 &size) ||
		size != sizeof(token->signature))
		return DW_TOKEN_MALFORMED;
	token->header = text;
	token->header_length = (size_t) (first - text);
	token->payload = first + 1;
	token->payload_length = (size_t) (second - first - 1);
	token->signed_length = (size_t) (second - text);
	return DW_TOKEN_FINE;
}

/* Reads the header: HS256 and nothing that asks for more. */
static DwTokenError
read_header(const char *text, size_t length)
{
	DwJsonReader reader;
	DwJsonMember member;
	DwJsonStep	step;
	bool		is_hs256 = false;

	dw_json_open(&reader, text, length);
	while ((step = dw_json_next(&reader, &member)) == DW_JSON_MEMBER)
	{
		if (strcmp(member.key, "alg") == 0)
			is_hs256 = !member.is_integer &&
				strcmp(member.text, "HS256") == 0;
		else if (strcmp(member.key, "crit") == 0 ||
				 strcmp(member.key, "b64") == 0)
			return DW_TOKEN_BAD_HEADER; /* asks for what we do not know */
	}
	return step == DW_JSON_END && is_hs256
		? DW_TOKEN_FINE : DW_TOKEN_BAD_HEADER;
}

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
dw_subject_parse(const char *text, size_t length, DwUuid *id)
{
	DwUuid		read;
	uint8_t		any = 0;
	int			place = 0;

	if (length != DW_SUBJECT_LENGTH)
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
		any |= read.bytes[i];
	}
	if (any == 0)
		return false;			/* the platform, which has no token */
	*id = read;
	return true;
}

void
dw_subject_format(const DwUuid *id, char text[DW_SUBJECT_LENGTH + 1])
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

/* Takes the user. */
static bool
take_sub(const DwJsonMember *member, DwClaimsReading *reading)
{
	return dw_subject_parse(member->text, strlen(member->text),
							&reading->claims.sub);
}

/* Takes the role: a user's, never the system's. */
static bool
take_role(const DwJsonMember *member, DwClaimsReading *reading)
{
	return dw_actor_parse(member->text, &reading->claims.role) &&
		(reading->claims.role & DW_ACTOR_USERS) != 0;
}

/* Takes when it was issued. */
static bool
take_iat(const DwJsonMember *member, DwClaimsReading *reading)
{
	reading->claims.iat = member->integer;
	return member->is_integer && member->integer >= 0;
}

/* Takes when it begins. */
static bool
take_nbf(const DwJsonMember *member, DwClaimsReading *reading)
{
	reading->claims.nbf = member->integer;
	return member->is_integer && member->integer >= 0;
}

/* Takes when it ends. */
static bool
take_exp(const DwJsonMember *member, DwClaimsReading *reading)
{
	reading->claims.exp = member->integer;
	return member->is_integer && member->integer >= 0;
}

/* Takes whom it is for; another audience is readable, but not ours. */
static bool
take_aud(const DwJsonMember *member, DwClaimsReading *reading)
{
	size_t		length = strlen(member->text);

	if (length < DW_TOKEN_AUDIENCE_SIZE)
		memcpy(reading->claims.aud, member->text, length + 1);
	return !member->is_integer;
}

/* Takes the token's own id. */
static bool
take_jti(const DwJsonMember *member, DwClaimsReading *reading)
{
	size_t		length = strlen(member->text);

	if (member->is_integer || length >= DW_TOKEN_ID_SIZE)
		return false;
	memcpy(reading->claims.jti, member->text, length + 1);
	return true;
}

/* Takes what it is good for; a claim that says nothing is none. */
static bool
take_scope(const DwJsonMember *member, DwClaimsReading *reading)
{
	return !member->is_integer &&
		dw_scopes_parse(member->text, &reading->claims.scopes);
}

/* The claims that mean something here. */
static const struct
{
	const char *key;			/* its name */
	unsigned	bit;			/* SEEN_*, or 0 when no one asks */
	bool		(*take) (const DwJsonMember *member,
						 DwClaimsReading *reading); /* reads it */
}			known_claims[] = {
	{"sub", SEEN_SUB, take_sub},
	{"role", SEEN_ROLE, take_role},
	{"scope", 0, take_scope},
	{"iat", SEEN_IAT, take_iat},
	{"nbf", SEEN_NBF, take_nbf},
	{"exp", SEEN_EXP, take_exp},
	{"aud", SEEN_AUD, take_aud},
	{"jti", 0, take_jti}
};

/* Takes one claim; those it does not know are passed over. */
static bool
take_claim(const DwJsonMember *member, DwClaimsReading *reading)
{
	for (int i = 0; i < DW_LENGTH(known_claims); i++)
	{
		if (strcmp(member->key, known_claims[i].key) == 0)
		{
			reading->seen |= known_claims[i].bit;
			return known_claims[i].take(member, reading);
		}
	}
	return true;
}

/* Reads the payload. */
static DwTokenError
read_payload(const char *text, size_t length, DwClaims *claims)
{
	DwClaimsReading reading;
	DwJsonReader reader;
	DwJsonMember member;
	DwJsonStep	step;

	memset(&reading, 0, sizeof(reading));
	dw_json_open(&reader, text, length);
	while ((step = dw_json_next(&reader, &member)) == DW_JSON_MEMBER)
	{
		if (!take_claim(&member, &reading))
			return DW_TOKEN_BAD_CLAIMS;
	}
	if (step != DW_JSON_END || (reading.seen & SEEN_ALL) != SEEN_ALL ||
		reading.claims.exp <= reading.claims.iat)
		return DW_TOKEN_BAD_CLAIMS;
	if ((reading.seen & SEEN_NBF) == 0)
		reading.claims.nbf = reading.claims.iat;
	*claims = reading.claims;
	return DW_TOKEN_FINE;
}

/* Reads header and claims of a token whose signature was verified. */
DwTokenError
dw_token_read(const DwToken *token, DwClaims *claims)
{
	uint8_t		part[PART_SIZE];
	size_t		size;
	DwTokenError fault;

	if (!dw_base64url_decode(token->header, token->header_length, part,
							 sizeof(part), &size))
		return DW_TOKEN_MALFORMED;
	fault = read_header((const char *) part, size);
	if (fault != DW_TOKEN_FINE)
		return fault;
	if (!dw_base64url_decode(token->payload, token->payload_length, part,
							 sizeof(part), &size))
		return DW_TOKEN_MALFORMED;
	return read_payload((const char *) part, size, claims);
}

bool
dw_audience_valid(const char *text)
{
	size_t		length = strlen(text);

	for (size_t i = 0; i < length; i++)
	{
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' ||
			text[i] == '\\')
			return false;
	}
	return length > 0 && length < DW_TOKEN_AUDIENCE_SIZE;
}

void
dw_audience_write(const uint8_t hash[8], char text[DW_TOKEN_AUDIENCE_SIZE])
{
	static const char prefix[] = "dwello:";
	static const char digits[] = "0123456789abcdef";
	size_t		used = sizeof(prefix) - 1;

	memcpy(text, prefix, used);
	for (int i = 0; i < 8; i++)
	{
		text[used++] = digits[hash[i] >> 4];
		text[used++] = digits[hash[i] & 15];
	}
	text[used] = '\0';
}

DwTokenError
dw_claims_check(const DwClaims *claims, const char *audience,
				const DwClaimsTime *time)
{
	if (strcmp(claims->aud, audience) != 0)
		return DW_TOKEN_WRONG_AUDIENCE;
	if (time->statement >= claims->exp)
		return DW_TOKEN_EXPIRED;
	if (claims->iat - DW_TOKEN_SKEW > time->clock ||
		claims->nbf - DW_TOKEN_SKEW > time->clock)
		return DW_TOKEN_NOT_YET_VALID;
	return DW_TOKEN_FINE;
}

/* Text being written; once it does not fit, nothing more is. */
typedef struct DwTokenText
{
	char		text[DW_TOKEN_WRITE_SIZE];	/* not terminated */
	size_t		used;			/* bytes of it */
	bool		fits;			/* false: something was left out */
} DwTokenText;

/* Adds words. */
static void
add(DwTokenText *out, const char *words)
{
	size_t		length = strlen(words);

	if (length > sizeof(out->text) - out->used)
		out->fits = false;
	if (!out->fits)
		return;
	memcpy(out->text + out->used, words, length);
	out->used += length;
}

/* Adds a number in decimal. */
static void
add_number(DwTokenText *out, int64_t number)
{
	char		digits[21];
	int			place = sizeof(digits) - 1;
	uint64_t	rest = number < 0 ? 0 - (uint64_t) number : (uint64_t) number;

	digits[place] = '\0';
	do
	{
		digits[--place] = (char) ('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (number < 0)
		digits[--place] = '-';
	add(out, &digits[place]);
}

/* Writes the claims as JSON. */
static void
write_payload(const DwClaims *claims, DwTokenText *out)
{
	char		sub[DW_SUBJECT_LENGTH + 1];
	char		scopes[DW_SCOPES_TEXT_SIZE];

	dw_subject_format(&claims->sub, sub);
	add(out, "{\"sub\":\"");
	add(out, sub);
	add(out, "\",\"role\":\"");
	add(out, dw_actor_label(claims->role));
	if (claims->scopes != 0)
	{
		dw_scopes_write(claims->scopes, scopes);
		add(out, "\",\"scope\":\"");
		add(out, scopes);
	}
	add(out, "\",\"iat\":");
	add_number(out, claims->iat);
	add(out, ",\"exp\":");
	add_number(out, claims->exp);
	add(out, ",\"jti\":\"");
	add(out, claims->jti);
	add(out, "\",\"aud\":\"");
	add(out, claims->aud);
	add(out, "\"}");
}

/* Adds written text to a token in base64url; 0 where there is no room. */
static size_t
append(const DwTokenText *out, char *text, size_t room)
{
	if (!out->fits)
		return 0;
	return dw_base64url_encode((const uint8_t *) out->text, out->used, text,
							   room);
}

/* Writes the part to be signed. */
size_t
dw_token_write(const DwClaims *claims, int key_id, char *text, size_t room)
{
	DwTokenText out = {.fits = true};
	size_t		header;
	size_t		payload;

	add(&out, "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"");
	add_number(&out, key_id);
	add(&out, "\"}");
	header = append(&out, text, room);
	if (header == 0 || header + 1 >= room)
		return 0;
	text[header] = '.';

	out.used = 0;
	out.fits = true;
	write_payload(claims, &out);
	if (strpbrk(claims->jti, "\"\\") != NULL ||
		strpbrk(claims->aud, "\"\\") != NULL)
		return 0;				/* would not read back */
	payload = append(&out, text + header + 1, room - header - 2);
	if (payload == 0)
		return 0;
	text[header + 1 + payload] = '\0';
	return header + 1 + payload;
}
