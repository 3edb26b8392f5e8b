/*
 * token.h
 *		A bearer token: JWT, HS256, in three steps.
 *
 * 1. dw_token_split finds the two dots and decodes the signature; nothing
 *	  else of an unverified token is looked at, so its "kid" is not either.
 * 2. The caller computes HMAC-SHA-256 over the signed part with every token
 *	  key it has, and compares in constant time.
 * 3. Only then dw_token_read reads header and claims, and dw_claims_check
 *	  asks whether they hold at a time.
 *
 * Every fault is DW_INVALID_TOKEN; DwTokenFault says which, for a message.
 */
#ifndef DW_TOKEN_H
#define DW_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "core/actor.h"
#include "core/result.h"
#include "core/uuid.h"

#define DW_TOKEN_MAX			4096	/* bytes of a token */
#define DW_TOKEN_SIGNATURE_SIZE 32	/* bytes of HMAC-SHA-256 */
#define DW_TOKEN_ID_SIZE		65	/* bytes of a jti and its zero */
#define DW_TOKEN_AUDIENCE		"dwello"	/* the only aud accepted */
#define DW_TOKEN_SKEW			60	/* seconds an issuer's clock may lead */

/* Room for what dw_token_write writes, whatever the claims. */
#define DW_TOKEN_WRITE_SIZE		640

/* What is wrong with a token. */
typedef enum DwTokenFault
{
	DW_TOKEN_FINE,				/* nothing */
	DW_TOKEN_MALFORMED,			/* not three parts, or too long */
	DW_TOKEN_BAD_SIGNATURE,		/* set by the caller: no key fits */
	DW_TOKEN_BAD_HEADER,		/* not a header, or alg is not HS256 */
	DW_TOKEN_BAD_CLAIMS,		/* a claim is missing or unreadable */
	DW_TOKEN_WRONG_AUDIENCE,	/* made for another service */
	DW_TOKEN_NOT_YET_VALID,		/* iat or nbf lies in the future */
	DW_TOKEN_EXPIRED			/* exp has come */
} DwTokenFault;

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
	int64_t		iat;			/* issued, seconds of the Unix epoch */
	int64_t		nbf;			/* not before; iat where it is absent */
	int64_t		exp;			/* first second at which it is void */
	char		jti[DW_TOKEN_ID_SIZE];	/* its own id; "" when absent */
} DwClaims;

/* Step 1: finds the parts.  Never reads beyond length. */
extern DwTokenFault dw_token_split(const char *text, size_t length,
								   DwToken *token);

/* Step 3: reads header and claims of a token whose signature was verified. */
extern DwTokenFault dw_token_read(const DwToken *token, DwClaims *claims);

/* Do the claims hold at this second of the Unix epoch? */
extern DwTokenFault dw_claims_check(const DwClaims *claims, int64_t now);

/* DW_OK or DW_INVALID_TOKEN. */
extern DwResult dw_token_result(DwTokenFault fault);

/* The fault in words, for the detail of a message. */
extern const char *dw_token_fault_text(DwTokenFault fault);

/*
 * Writes the part to be signed ("header.payload", zero-terminated) of a
 * token made by the key with this id; returns its length, 0 when room is
 * too small or the jti needs an escape.  The caller appends "." and the
 * signature in base64url.
 */
extern size_t dw_token_write(const DwClaims *claims, int key_id, char *text,
							 size_t room);

#endif							/* DW_TOKEN_H */
