/*
 * token.c
 *		Decides what a bearer token says and whether it holds.
 *
 * Splitting reads bytes only to find the dots.  The rest of this file is
 * for tokens whose signature was verified, and is strict all the same: a
 * key may be shared with a careless issuer.
 */
#include "core/identity/identity.h"

#include <string.h>

#include "core/base/base.h"
#include "core/identity/json_int.h"

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
	bool		is_ours;		/* aud is dwello */
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

/* Takes the user. */
static bool
take_sub(const DwJsonMember *member, DwClaimsReading *reading)
{
	return dw_uuid_parse(member->text, strlen(member->text),
						 &reading->claims.sub) &&
		!dw_uuid_is_nil(&reading->claims.sub);
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
	reading->is_ours = strcmp(member->text, DW_TOKEN_AUDIENCE) == 0;
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
	if (!reading.is_ours)
		return DW_TOKEN_WRONG_AUDIENCE;
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

/* Do the claims hold at this second of the Unix epoch? */
DwTokenError
dw_claims_check(const DwClaims *claims, int64_t now)
{
	if (now >= claims->exp)
		return DW_TOKEN_EXPIRED;
	if (claims->iat - DW_TOKEN_SKEW > now || claims->nbf - DW_TOKEN_SKEW > now)
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
	char		sub[DW_UUID_TEXT_LENGTH + 1];

	dw_uuid_format(&claims->sub, sub);
	add(out, "{\"sub\":\"");
	add(out, sub);
	add(out, "\",\"role\":\"");
	add(out, dw_actor_label(claims->role));
	add(out, "\",\"iat\":");
	add_number(out, claims->iat);
	add(out, ",\"exp\":");
	add_number(out, claims->exp);
	add(out, ",\"jti\":\"");
	add(out, claims->jti);
	add(out, "\",\"aud\":\"" DW_TOKEN_AUDIENCE "\"}");
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
	if (strpbrk(claims->jti, "\"\\") != NULL)
		return 0;				/* would not read back */
	payload = append(&out, text + header + 1, room - header - 2);
	if (payload == 0)
		return 0;
	text[header + 1 + payload] = '\0';
	return header + 1 + payload;
}
