/*
 * identity.h
 *		Who calls: tokens, the keys that sign them, and their text.
 */
#ifndef DW_IDENTITY_H
#define DW_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/access/access.h"
#include "core/base/base.h"

/*
 * Bytes as the text of a token: RFC 4648 section 5, no padding.
 *
 * Only the canonical text is read: no padding, no blank, no other alphabet,
 * and the unused bits of the last digit are zero.  So two different texts
 * never mean the same bytes.
 */

/* Digits for n bytes, bytes in n digits. */
#define DW_BASE64URL_LENGTH(n)		(((n) * 4 + 2) / 3)
#define DW_BASE64URL_BYTES(n)		((n) * 3 / 4)

/*
 * Writes DW_BASE64URL_LENGTH(size) digits to text, no terminating zero, and
 * returns how many; 0 when text has no room for them.
 */
extern size_t dw_base64url_encode(const uint8_t *bytes, size_t size,
								  char *text, size_t room);

/*
 * Reads length digits; true and the number of bytes in *size when text is
 * canonical and bytes has room.
 */
extern bool dw_base64url_decode(const char *text, size_t length,
								uint8_t *bytes, size_t room, size_t *size);

/*
 * The keyring's text: which keys there are, and how they are written.
 *
 * One header line, then one key a line, each line ended by a newline:
 *
 * dwello-keyring 1
 * token 1804289383 <64 lower-case hex digits> 2025-11-21T22:37:00Z
 *
 * The form is strict: a file that was cut off, edited by half or mixed with
 * something else is refused as a whole, because a key that is silently left
 * out makes sealed values unreadable.
 */

#define DW_KEY_BYTES		32	/* every kind is a 256-bit key */
#define DW_KEY_CREATED_LEN	20	/* 2025-11-21T22:37:00Z */
#define DW_KEYRING_MAX_KEYS 64
#define DW_KEYRING_MAX_TEXT 8192	/* holds 64 keys of the longest line */

typedef enum DwKeyKind
{
	DW_KEY_TOKEN = 0,			/* signs and verifies tokens */
	DW_KEY_PII,					/* seals personal data */
	DW_KEY_INDEX,				/* makes blind indexes */

	DW_KEY_KIND_COUNT
} DwKeyKind;

typedef struct DwKey
{
	DwKeyKind	kind;			/* what it may be used for */
	int32_t		id;				/* 1 and up, drawn at random, never again */
	uint8_t		bytes[DW_KEY_BYTES];	/* the secret */
	char		created[DW_KEY_CREATED_LEN + 1];	/* UTC, for people */
} DwKey;

typedef struct DwKeyring
{
	int			count;			/* keys in use */
	DwKey		keys[DW_KEYRING_MAX_KEYS];	/* in the order of the file */
} DwKeyring;

/* The word for a kind in the file and in SQL. */
extern const char *dw_key_kind_label(DwKeyKind kind);

/*
 * Reads a whole file; DW_BAD_VALUE with the line number of the first bad
 * line otherwise, and then the ring is empty.
 */
extern DwResult dw_keyring_parse(DwKeyring *ring, const char *text,
								 size_t length, int *bad_line);

/*
 * Writes the whole file, without a terminating zero; the length, or 0 when
 * the space is too small.
 */
extern size_t dw_keyring_write(const DwKeyring *ring, char *space,
							   size_t size);

/* The key of that kind and id, or NULL. */
extern const DwKey *dw_keyring_get(const DwKeyring *ring, DwKeyKind kind,
								   int32_t id);

/* The kind that has this word; false when none has. */
extern bool dw_key_kind_parse(const char *label, DwKeyKind *kind);

/* The last key of that kind in the file, which new work uses, or NULL. */
extern const DwKey *dw_keyring_newest(const DwKeyring *ring, DwKeyKind kind);

/*
 * Appends a key with that id; NULL when the ring is full or has one of its
 * kind and id.  The caller fills in the bytes and the time.
 */
extern DwKey *dw_keyring_append(DwKeyring *ring, DwKeyKind kind, int32_t id);

/* Takes a key out, the order of the others stays; false when it is not in. */
extern bool dw_keyring_remove(DwKeyring *ring, DwKeyKind kind, int32_t id);

/*
 * A bearer token: JWT, HS256, in three steps.
 *
 * 1. dw_token_split finds the two dots and decodes the signature; nothing
 *	  else of an unverified token is looked at, so its "kid" is not either.
 * 2. The caller computes HMAC-SHA-256 over the signed part with every token
 *	  key it has, and compares in constant time.
 * 3. Only then dw_token_read reads header and claims, and dw_claims_check
 *	  asks whether they hold at a time.
 *
 * Every fault is DW_INVALID_TOKEN; DwTokenError says which, for a message.
 */

#define DW_TOKEN_MAX			4096	/* bytes of a token */
#define DW_TOKEN_SIGNATURE_SIZE 32	/* bytes of HMAC-SHA-256 */
#define DW_TOKEN_ID_SIZE		65	/* bytes of a jti and its zero */
#define DW_TOKEN_AUDIENCE_SIZE	101 /* bytes of an aud and its zero */
#define DW_TOKEN_SKEW			60	/* seconds an issuer's clock may lead */

/* Room for what dw_token_write writes, whatever the claims. */
#define DW_TOKEN_WRITE_SIZE		640

/* What is wrong with a token. */
typedef enum DwTokenError
{
	DW_TOKEN_FINE,				/* nothing */
	DW_TOKEN_MALFORMED,			/* not three parts, or too long */
	DW_TOKEN_BAD_SIGNATURE,		/* set by the caller: no key fits */
	DW_TOKEN_BAD_HEADER,		/* not a header, or alg is not HS256 */
	DW_TOKEN_BAD_CLAIMS,		/* a claim is missing or unreadable */
	DW_TOKEN_WRONG_AUDIENCE,	/* made for another service */
	DW_TOKEN_NOT_YET_VALID,		/* iat or nbf lies in the future */
	DW_TOKEN_EXPIRED			/* exp has come */
} DwTokenError;

/* A token in its parts; they point into the caller's text. */
typedef struct DwToken
{
	const char *header;			/* base64url; the signed part begins here */
	size_t		header_length;	/* digits */
	const char *payload;		/* base64url */
	size_t		payload_length; /* digits */
	size_t		signed_length;	/* bytes from header that are signed */
	uint8_t		signature[DW_TOKEN_SIGNATURE_SIZE]; /* decoded */
} DwToken;

/* Who a token says its bearer is. */
typedef struct DwClaims
{
	DwUuid		sub;			/* user */
	DwActorKind role;			/* never DW_ACTOR_SYSTEM */
	DwScopeSet	scopes;			/* it is good for no more; none = for all */
	int64_t		iat;			/* issued, seconds of the Unix epoch */
	int64_t		nbf;			/* not before; iat where it is absent */
	int64_t		exp;			/* first second at which it is void */
	char		jti[DW_TOKEN_ID_SIZE];	/* its own id; "" when absent */
	char		aud[DW_TOKEN_AUDIENCE_SIZE];	/* whom for; "" if too long */
} DwClaims;

/* By which clocks claims are judged, in seconds of the Unix epoch. */
typedef struct DwClaimsTime
{
	int64_t		clock;			/* now: it has begun */
	int64_t		statement;		/* when the statement began: not yet over */
} DwClaimsTime;

/* True for what an audience may be: 1 to 100 of !, # to [ and ] to ~. */
extern bool dw_audience_valid(const char *text);

/*
 * The audience of a database that was given none, from a hash over what it
 * alone has: "dwello:" and 64 bits in hexadecimal digits.
 */
extern void dw_audience_write(const uint8_t hash[8],
							  char text[DW_TOKEN_AUDIENCE_SIZE]);

#define DW_SUBJECT_LENGTH		36	/* without a terminating zero */

/*
 * Reads a user's id as "sub" has it: exactly 8-4-4-4-12 hexadecimal digits in
 * either case, no braces, no blanks, nothing after; and not the nil UUID,
 * which owns what is the platform's.  False leaves *id alone.
 */
extern bool dw_subject_parse(const char *text, size_t length, DwUuid *id);

/* Writes it in lower case, with a terminating zero. */
extern void dw_subject_format(const DwUuid *id,
							  char text[DW_SUBJECT_LENGTH + 1]);

/* Step 1: finds the parts.  Never reads beyond length. */
extern DwTokenError dw_token_split(const char *text, size_t length,
								   DwToken *token);

/* Step 3: reads header and claims of a token whose signature was verified. */
extern DwTokenError dw_token_read(const DwToken *token, DwClaims *claims);

/*
 * Do the claims hold here and now?  A long statement may use the token that
 * it has issued, and one that was good when it began.
 */
extern DwTokenError dw_claims_check(const DwClaims *claims,
									const char *audience,
									const DwClaimsTime *time);

/*
 * Writes the part to be signed ("header.payload", zero-terminated) of a
 * token made by the key with this id; returns its length, 0 when room is
 * too small or jti or aud need an escape.  The caller appends "." and the
 * signature in base64url.
 */
extern size_t dw_token_write(const DwClaims *claims, int key_id, char *text,
							 size_t room);

#endif							/* DW_IDENTITY_H */
