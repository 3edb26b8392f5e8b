/*
 * access_store.h
 *		Rows of API keys, and of their use.
 */
#ifndef DW_ACCESS_STORE_H
#define DW_ACCESS_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"

/* A row of dwello.api_keys; the secrets themselves are nowhere. */
typedef struct DwApiKeyRow
{
	DwUuid		id;				/* api_keys.id */
	DwUuid		user_id;		/* for whom its bearer acts */
	const char *name;			/* for the user to tell it by */
	const char *role;			/* of the tokens that it stands for */
	bool		is_test;		/* made in a test environment */
	bytea	   *secret_hash;	/* SHA-256 */
	bytea	   *previous_hash;	/* of the secret before, or NULL */
	TimestampTz previous_until; /* it is good until then; or DT_NOBEGIN */
	Datum		scopes;			/* text[], in the order of DwScope */
	Datum		allowed_addresses;	/* inet[]; none = all */
	int32		logins_per_minute;	/* 0 = as many as there are */
	TimestampTz expires_at;		/* DT_NOBEGIN = never */
	TimestampTz revoked_at;		/* DT_NOBEGIN = it was not */
	TimestampTz created_at;		/* when it was made */
} DwApiKeyRow;

/* True in a test environment, by the setting api_key_environment. */
extern bool dw_api_key_environment_is_test(void);

/* Writes a new key. */
extern void dw_api_key_insert(const DwApiKeyRow *key);

/* How many keys of a user, whom the caller has locked, let somebody in. */
extern int64 dw_api_key_count(const DwUuid *user_id, TimestampTz now);

/* Locks a key; false when there is none such. */
extern bool dw_api_key_lock(const DwUuid *id, DwApiKeyRow *key);

/* Writes what can change of a locked one: secrets, and the revocation. */
extern void dw_api_key_save(DwApiKeyRow *key);

/* What a login by a key is judged by. */
typedef struct DwApiKeyLogin
{
	DwUuid		id;				/* api_keys.id */
	DwUuid		user_id;		/* for whom its bearer acts */
	char	   *role;			/* of the token */
	char	   *scopes;			/* words with a blank between them */
	bytea	   *secret_hash;	/* SHA-256 */
	bytea	   *previous_hash;	/* or NULL */
	TimestampTz previous_until; /* or DT_NOBEGIN */
	bool		is_test;		/* made in a test environment */
	bool		here_is_test;	/* this is one */
	bool		is_address_allowed; /* of the client */
	int32		logins_per_minute;	/* 0 = as many as there are */
	int64		logins;			/* of the last minute */
	TimestampTz expires_at;		/* DT_NOBEGIN = never */
	TimestampTz revoked_at;		/* DT_NOBEGIN = it was not */
	TimestampTz noted_at;		/* its last use that is known */
} DwApiKeyLogin;

/*
 * Reads a key for a login from an address (an inet; 0: the other end of the
 * connection); false when there is none.  For dw_owner_begin(), as the next.
 */
extern bool dw_api_key_find(const DwUuid *id, Datum address,
							TimestampTz now, DwApiKeyLogin *login);

/* Notes a use, a row of its own that no other transaction waits for. */
extern void dw_api_key_note(const DwUuid *id, TimestampTz now);

/*
 * Moves what was noted of up to max keys to their last_used_at, but for the
 * last minute, which rates are counted by; gives how many keys.
 */
extern int	dw_api_key_uses_record(int max, TimestampTz now);

#endif							/* DW_ACCESS_STORE_H */
