/*
 * access.h
 *		Ways in beside a token: the text of API keys, and what scopes mean.
 */
#ifndef DW_ACCESS_H
#define DW_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/base.h"

/*
 * API keys, dw_<live|test>_<id>_<secret><checksum>, and refresh tokens of
 * sessions, which begin with dw_sess_.
 *
 * All but the words are base 62 (digits, capitals, small letters), so that a
 * double click takes the whole.  The checksum is CRC-32 of all before it: a
 * scanner for secrets, and a server, know a key from a look-alike without a
 * look-up.  Only the one text that dw_api_key_write() gives is read.
 */

#define DW_API_KEY_LENGTH	80	/* of the text, without a zero */
#define DW_API_SECRET_BYTES 32	/* of which SHA-256 is stored */

/* What a key is for. */
typedef enum DwApiKeyKind
{
	DW_KEY_LIVE = 0,			/* an API key */
	DW_KEY_TEST,				/* one for a test environment */
	DW_KEY_SESSION				/* a refresh token */
} DwApiKeyKind;

/* What a key says. */
typedef struct DwApiKey
{
	DwApiKeyKind kind;			/* the word that it begins with */
	DwUuid		id;				/* of its row */
	uint8_t		secret[DW_API_SECRET_BYTES];	/* random */
} DwApiKey;

/* Reads a key; false for what is none.  Never reads beyond length. */
extern bool dw_api_key_parse(const char *text, size_t length, DwApiKey *key);

/* Writes a key, with a terminating zero. */
extern void dw_api_key_write(const DwApiKey *key,
							 char text[DW_API_KEY_LENGTH + 1]);

/*
 * Scopes: what a caller who came with an API key may do.
 *
 * A function asks for one scope or two; a key needs all of them.  What is not
 * open to any key asks for none: signing in, and the keys themselves.
 */

typedef enum DwScope
{
	DW_SCOPE_READ = 0,			/* look: all that changes nothing */
	DW_SCOPE_WRITE,				/* jobs, bids, messages, the own profile */
	DW_SCOPE_MONEY,				/* what moves money, or promises it */
	DW_SCOPE_PERSONAL,			/* opens what is sealed */
	DW_SCOPE_ADMIN,				/* what administrators and support do */
	DW_SCOPE_COUNT
} DwScope;

DW_LABELS_OF(scope, DwScope);

/* A set of scopes, a bit each. */
typedef uint8_t DwScopeSet;

#define DW_SCOPE_BIT(scope) ((DwScopeSet) (1u << (scope)))

/*
 * The scopes that a function asks for, by its name in SQL; none when it is
 * not open to keys.  One that is not listed changes nothing when it is
 * read_only, and is not open otherwise.
 */
extern DwScopeSet dw_scopes_needed(const char *function, bool read_only);

/* True for a function of the list. */
extern bool dw_scopes_listed(const char *function);

#define DW_SCOPES_TEXT_SIZE 64	/* holds all scopes, and a zero */

/* Writes a set as words with a blank between them, in the order above. */
extern void dw_scopes_write(DwScopeSet scopes,
							char text[DW_SCOPES_TEXT_SIZE]);

/* Reads such words; false for an unknown or a repeated one, or none. */
extern bool dw_scopes_parse(const char *text, DwScopeSet *scopes);

/* Limits of what a key is made with. */
#define DW_API_KEY_NAME_MAX			100 /* characters */
#define DW_API_KEY_ADDRESSES_MAX	100
#define DW_API_KEY_RATE_MAX			60000	/* logins a minute */
#define DW_API_KEY_OVERLAP_MAX		(INT64_C(30) * 24 * 60 * 60)
#define DW_API_KEY_NOTED_SECONDS	3600	/* between two notes of its use */

/* A stored key, as far as its use is judged; times in microseconds. */
typedef struct DwApiKeyState
{
	bool		is_test;		/* as it was made */
	bool		here_is_test;	/* the environment that it is used in */
	bool		is_revoked;		/* for good */
	bool		is_expired;		/* by now */
	bool		is_address_allowed; /* of the client */
	bool		is_secret_known;	/* one of its two secrets */
} DwApiKeyState;

/* True when a key of that text and state lets its bearer in. */
extern bool dw_api_key_good(const DwApiKey *key, const DwApiKeyState *state);

/*
 * Codes that are sent to an address or a number, for who reads them there to
 * say them back.
 */

typedef enum DwCodePurpose
{
	DW_CODE_EMAIL = 0,			/* verify it, or change to it */
	DW_CODE_PHONE,				/* likewise */
	DW_CODE_PASSWORD,			/* set another one */
	DW_CODE_SIGN_IN,			/* without a password, or beside one */
	DW_CODE_PURPOSE_COUNT
} DwCodePurpose;

DW_LABELS_OF(code_purpose, DwCodePurpose);

#define DW_CODE_DIGITS		8
#define DW_CODE_TRIES		5	/* to say it */
#define DW_CODE_SECONDS		(15 * 60)	/* of its life */

/* Writes the digits of a code from a random number. */
extern void dw_code_write(uint64_t number, char text[DW_CODE_DIGITS + 1]);

/* True when a code of that purpose may name an address or a number. */
extern bool dw_code_has_target(DwCodePurpose purpose);

#endif							/* DW_ACCESS_H */
