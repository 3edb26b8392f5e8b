/*
 * access_store.h
 *		Rows of API keys, and of their use.
 */
#ifndef DW_ACCESS_STORE_H
#define DW_ACCESS_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/access/access.h"
#include "core/base/base.h"
#include "server/call/call_server.h"

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

/* Revokes all of a locked user; gives how many. */
extern int	dw_api_keys_revoke(const DwUuid *user_id, TimestampTz now);

/*
 * Moves what was noted of up to max keys to their last_used_at, but for the
 * last minute, which rates are counted by; gives how many keys.
 */
extern int	dw_api_key_uses_record(int max, TimestampTz now);

/* A row of dwello.user_codes; the code itself is nowhere. */
typedef struct DwCodeRow
{
	DwUuid		user_id;		/* who says it */
	DwUuid		id;				/* user_codes.id */
	DwCodePurpose purpose;		/* what it is for */
	int32		key_id;			/* of the index key that it is kept under */
	bytea	   *digest;			/* HMAC-SHA-256 of the code */
	bytea	   *target;			/* what it changes to, sealed; or NULL */
	int32		tries;			/* made so far */
	TimestampTz created_at;		/* when it was issued */
	TimestampTz redeemed_at;	/* DT_NOBEGIN = it was not */
} DwCodeRow;

/* Writes a new code, and forgets the user's of yesterday. */
extern void dw_code_insert(const DwCodeRow *code);

/* How many codes for a purpose a locked user got since a time. */
extern int64 dw_code_count(const DwUuid *user_id, DwCodePurpose purpose,
						   TimestampTz since);

/* Locks the last code of a purpose; false when there is none. */
extern bool dw_code_lock(const DwUuid *user_id, DwCodePurpose purpose,
						 DwCodeRow *code);

/* Writes tries and redemption of a locked one. */
extern void dw_code_save(DwCodeRow *code);

/*
 * Ends what codes of a locked user can still let in or change: all but those
 * that verify what the user has already.
 */
extern void dw_codes_void(const DwUuid *user_id);

/* A row of dwello.user_sessions; the refresh token itself is nowhere. */
typedef struct DwSessionRow
{
	DwUuid		id;				/* user_sessions.id */
	DwUuid		user_id;		/* who is signed in */
	const char *device;			/* what the application calls it, or NULL */
	bytea	   *token_hash;		/* SHA-256 of the refresh token's secret */
	TimestampTz created_at;		/* when it was opened */
	TimestampTz refreshed_at;	/* when its token was last changed */
	TimestampTz expires_at;		/* unless it is refreshed */
	TimestampTz ended_at;		/* DT_NOBEGIN = it is open */
	const char *end_reason;		/* why it ended; NULL = it is open */
} DwSessionRow;

/* Writes a new session. */
extern void dw_session_insert(const DwSessionRow *session);

/* Ends the oldest open sessions of a locked user until fewer than most are. */
extern void dw_sessions_limit(const DwUuid *user_id, int64 most);

/* Whose session it is; false when there is none such. */
extern bool dw_session_user(const DwUuid *id, DwUuid *user_id);

/* Locks a session; false when there is none such. */
extern bool dw_session_lock(const DwUuid *id, DwSessionRow *session);

/* Writes token, times and end of a locked one. */
extern void dw_session_save(DwSessionRow *session);

/* Keeps that a refresh token was used, and tells whether one was. */
extern void dw_session_token_used(const DwSessionRow *session);
extern bool dw_session_token_was_used(const DwUuid *session_id,
									  const bytea *hash);

/* Lists the open sessions of the caller, the last used first. */
extern void dw_sessions_list(DwCall *call);

/* Ends all open sessions of a user, for a reason. */
extern void dw_sessions_end(const DwUuid *user_id, const char *reason);

#endif							/* DW_ACCESS_STORE_H */
