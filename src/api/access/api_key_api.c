/*
 * api_key_api.c
 *		Entry points of API keys: made, turned over, revoked, and used.
 *
 * login_api_key() gives its transaction a token that is good for the scopes
 * of the key, so that all that holds for tokens holds for it: it ends with
 * the transaction, savepoints and parallel workers have it, and what bars the
 * user bars their keys.  It runs as the caller and without a SET clause, as
 * login() does.
 *
 * None of the commands takes an idempotency key: what they return must not
 * be kept.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "api/account/account_api.h"
#include "core/access/access.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/access/access_store.h"
#include "store/account/account_store.h"

/* The life of the token that a login by a key is, in seconds. */
#define KEY_TOKEN_SECONDS	(15 * SECS_PER_MINUTE)

/* The words of the argument; 22023 for one that is none, or for none. */
static DwScopeSet
scopes_read(DwCall *call)
{
	DwScopeSet	scopes = 0;
	int			count;
	char	  **words = dw_arg_texts(call, "scopes", DW_API_KEY_NAME_MAX, &count);

	for (int i = 0; i < count; i++)
	{
		DwScope		scope;

		if (!dw_scope_parse(words[i], &scope))
			dw_arg_refuse(call, "scopes", DW_BAD_VALUE,
						  "must be read, write, money, personal or admin");
		scopes |= DW_SCOPE_BIT(scope);
	}
	if (scopes == 0)
		dw_arg_refuse(call, "scopes", DW_BAD_VALUE, "must name a scope");
	return scopes;
}

/* A set of scopes as text[]. */
static Datum
scopes_datum(DwScopeSet scopes)
{
	Datum		words[DW_SCOPE_COUNT];
	int			count = 0;

	for (int i = 0; i < DW_SCOPE_COUNT; i++)
	{
		if (scopes & DW_SCOPE_BIT(i))
			words[count++] = CStringGetTextDatum(dw_scope_label((DwScope) i));
	}
	return PointerGetDatum(construct_array(words, count, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

/* 22023 for what is no plain list of networks. */
static Datum
addresses_read(DwCall *call)
{
	Datum		given = dw_arg_datum(call, "allowed_addresses");
	ArrayType  *addresses = DatumGetArrayTypeP(given);
	int			count = ArrayGetNItems(ARR_NDIM(addresses),
									   ARR_DIMS(addresses));

	if (ARR_NDIM(addresses) > 1 || array_contains_nulls(addresses))
		dw_arg_refuse(call, "allowed_addresses", DW_BAD_VALUE,
					  "must be a list without NULLs");
	if (count > DW_API_KEY_ADDRESSES_MAX)
		dw_arg_refuse(call, "allowed_addresses", DW_BAD_VALUE,
					  psprintf("must not have more than %d elements",
							   DW_API_KEY_ADDRESSES_MAX));
	return given;
}

/* Reads what a new key is to be (22004, 22001, 22023). */
static void
key_read(DwCall *call, DwApiKeyRow *key)
{
	const int32 *rate;

	memset(key, 0, sizeof(*key));
	dw_args_need(call, "name", "scopes", "allowed_addresses", NULL);
	key->user_id = dw_user_argument(call, "user_id");
	key->name = dw_arg_text(call, "name", DW_API_KEY_NAME_MAX);
	key->scopes = scopes_datum(scopes_read(call));
	key->allowed_addresses = addresses_read(call);
	key->created_at = GetCurrentTimestamp();
	key->expires_at = dw_arg_time_opt(call, "expires_at");
	if (key->expires_at != DT_NOBEGIN &&
		(TIMESTAMP_NOT_FINITE(key->expires_at) ||
		 key->expires_at <= key->created_at))
		dw_arg_refuse(call, "expires_at", DW_BAD_VALUE,
					  "must be a time to come, or NULL for never");
	rate = dw_arg_int4_opt(call, "logins_per_minute");
	if (rate != NULL && (*rate < 1 || *rate > DW_API_KEY_RATE_MAX))
		dw_arg_refuse(call, "logins_per_minute", DW_BAD_VALUE,
					  psprintf("must be from 1 to %d", DW_API_KEY_RATE_MAX));
	key->logins_per_minute = rate == NULL ? 0 : *rate;
}

/* Draws a secret: its hash goes into the row, and it is written once. */
static const char *
secret_make(DwApiKeyRow *key)
{
	DwApiKey	fresh = {
		.kind = key->is_test ? DW_KEY_TEST : DW_KEY_LIVE,.id = key->id
	};
	char	   *text = palloc(DW_API_KEY_LENGTH + 1);

	dw_random(fresh.secret, sizeof(fresh.secret));
	key->secret_hash = palloc(VARHDRSZ + DW_SHA256_BYTES);
	SET_VARSIZE(key->secret_hash, VARHDRSZ + DW_SHA256_BYTES);
	dw_sha256(fresh.secret, sizeof(fresh.secret),
			  (uint8 *) VARDATA(key->secret_hash));
	dw_api_key_write(&fresh, text);
	return text;
}

/* Tells the outside, without the key. */
static void
key_announce(const DwCall *call, const DwApiKeyRow *key, const char *type)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &key->user_id);
	dw_payload_uuid(&payload, "key_id", &key->id);
	dw_event_emit(&key->user_id, "user", &key->user_id, type, &payload);
	dw_user_log(&key->user_id, &call->actor, type, NULL);
}

/* WD301 when the user has all the keys that they may have. */
static void
key_count_check(const DwApiKeyRow *key)
{
	int64		most = dw_setting_int8("api_keys_max");

	if (dw_api_key_count(&key->user_id, key->created_at) < most)
		return;
	dw_raise(DW_LIMIT_REACHED, "the user has as many API keys as they may",
			 psprintf("api_keys_max allows " INT64_FORMAT ".", most),
			 "Revoke one with dwello.revoke_api_key().");
}

/*
 * The user whom a key is made for, locked: the caller, and to the system
 * anybody.  An administrator who made one for another would be them.
 */
static void
key_user(DwCall *call, const DwApiKeyRow *key, DwUser *user)
{
	if (call->actor.kind != DW_ACTOR_SYSTEM &&
		!dw_uuid_equal(&key->user_id, &call->actor.user_id))
		dw_raise(DW_FORBIDDEN, "nobody makes an API key for another user",
				 psprintf("User %s does not call.",
						  dw_uuid_text(&key->user_id)),
				 "Leave user_id out to make one of your own.");
	dw_user_for_command(call, &key->user_id, user);
}

/* The role of a new key: the caller's, so that support stays support. */
static const char *
key_role(const DwActor *caller, const DwUser *user)
{
	DwActorKind role = caller->kind;

	if (role == DW_ACTOR_SYSTEM &&
		dw_token_role(user->type, NULL, &role) != DW_OK)
		elog(ERROR, "user without a role");
	return dw_actor_label(role);
}

/* create_api_key(name, scopes, …) → user_id, key_id, api_key, … */
DW_FUNCTION(dwello_create_api_key)
{
	DwCall		call;
	DwApiKeyRow key;
	DwUser		user;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ANY);
	key_read(&call, &key);
	key_user(&call, &key, &user);
	key.role = key_role(&call.actor, &user);
	key_count_check(&key);
	key.id = dw_uuid_fresh();
	key.is_test = dw_api_key_environment_is_test();
	dw_row_text(&call, "api_key", secret_make(&key));
	dw_api_key_insert(&key);
	key_announce(&call, &key, "api_key_created");

	dw_row_uuid(&call, "user_id", &key.user_id);
	dw_row_uuid(&call, "key_id", &key.id);
	dw_row_time(&call, "created_at", key.created_at);
	return dw_call_return(&call);
}

/*
 * Locks a key that the caller may change; P0002 for another's.  With
 * as_bearer nobody but the system may who could not come with it.
 */
static void
key_need(DwCall *call, DwApiKeyRow *key, bool as_bearer)
{
	DwUuid		id = dw_arg_uuid(call, "key_id");
	DwActorSet	all = as_bearer ? DW_ACTOR_SYSTEM
		: DW_ACTOR_SYSTEM | DW_ACTOR_ADMIN;

	if (dw_api_key_lock(&id, key) &&
		((call->actor.kind & all) != 0 ||
		 (dw_uuid_equal(&key->user_id, &call->actor.user_id) &&
		  (!as_bearer ||
		   strcmp(key->role, dw_actor_label(call->actor.kind)) == 0))))
		return;
	dw_raise(DW_NOT_FOUND, "API key does not exist",
			 psprintf("You have no API key %s.", dw_uuid_text(&id)),
			 "dwello.api_keys has those that you may see.");
}

/* WD101 for a key that lets nobody in any more. */
static void
key_need_live(const DwApiKeyRow *key, TimestampTz now)
{
	if (key->revoked_at == DT_NOBEGIN &&
		(key->expires_at == DT_NOBEGIN || key->expires_at > now))
		return;
	dw_raise(DW_INVALID_TRANSITION, "the API key has ended",
			 psprintf("API key %s was revoked, or has expired.",
					  dw_uuid_text(&key->id)),
			 "Make another with dwello.create_api_key().");
}

/* rotate_api_key(key_id, overlap) → key_id, api_key, previous_until, … */
DW_FUNCTION(dwello_rotate_api_key)
{
	DwCall		call;
	DwApiKeyRow key;
	int64		overlap;
	TimestampTz now = GetCurrentTimestamp();

	dw_command_begin(&call, fcinfo, DW_ACTOR_ANY);
	dw_args_need(&call, "key_id", "overlap", NULL);
	overlap = dw_arg_seconds(&call, "overlap");
	if (overlap < 0 || overlap > DW_API_KEY_OVERLAP_MAX)
		dw_arg_refuse(&call, "overlap", DW_BAD_VALUE,
					  "must be from zero to thirty days");
	key_need(&call, &key, true);
	key_need_live(&key, now);
	key.previous_hash = key.secret_hash;
	key.previous_until = now + overlap * USECS_PER_SEC;
	dw_row_text(&call, "api_key", secret_make(&key));
	dw_api_key_save(&key);
	key_announce(&call, &key, "api_key_rotated");

	dw_row_uuid(&call, "user_id", &key.user_id);
	dw_row_uuid(&call, "key_id", &key.id);
	dw_row_time(&call, "previous_until", key.previous_until);
	return dw_call_return(&call);
}

/* revoke_api_key(key_id) → key_id, user_id, revoked_at, replayed */
DW_FUNCTION(dwello_revoke_api_key)
{
	DwCall		call;
	DwApiKeyRow key;

	dw_draft_begin(&call, fcinfo, DW_ACTOR_ANY);
	key_need(&call, &key, false);
	if (key.revoked_at != DT_NOBEGIN)
		dw_call_replayed(&call);
	else
	{
		key.revoked_at = GetCurrentTimestamp();
		dw_api_key_save(&key);
		key_announce(&call, &key, "api_key_revoked");
	}
	dw_row_uuid(&call, "user_id", &key.user_id);
	dw_row_uuid(&call, "key_id", &key.id);
	dw_row_time(&call, "revoked_at", key.revoked_at);
	return dw_call_return(&call);
}

/* record_api_key_uses(max_rows) → keys */
DW_FUNCTION(dwello_record_api_key_uses)
{
	DwCall		call;
	int32		max_rows;
	int			keys;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_max_rows(&call);
	keys = dw_api_key_uses_record(max_rows, GetCurrentTimestamp());
	return dw_call_return_datum(&call, Int32GetDatum(keys), true,
								sizeof(int32));
}

/* One text for every reason, see token_server.c. */
pg_noreturn static void
key_refuse(void)
{
	dw_raise(DW_INVALID_TOKEN, "API key is not valid",
			 "It is malformed, unknown, revoked, expired, of another"
			 " environment, or not allowed from this address.",
			 "dwello.create_api_key() makes one.");
}

/* True when a secret is one of the key's; both are compared, always. */
static bool
secret_is_known(const DwApiKey *key, const DwApiKeyLogin *login,
				TimestampTz now)
{
	uint8		hash[DW_SHA256_BYTES];
	bool		known;
	bool		previous = false;

	dw_sha256(key->secret, sizeof(key->secret), hash);
	known = dw_secret_equal(hash, VARDATA_ANY(login->secret_hash),
							sizeof(hash));
	if (login->previous_hash != NULL && now < login->previous_until)
		previous = dw_secret_equal(hash, VARDATA_ANY(login->previous_hash),
								   sizeof(hash));
	return known | previous;
}

/* WD402 unless the key lets its bearer in, WD301 when it came too often. */
static void
login_check(const DwApiKey *key, const DwApiKeyLogin *login, TimestampTz now)
{
	DwApiKeyState state = {
		.is_test = login->is_test,
		.here_is_test = login->here_is_test,
		.is_revoked = login->revoked_at != DT_NOBEGIN,
		.is_expired = login->expires_at != DT_NOBEGIN &&
		login->expires_at <= now,
		.is_address_allowed = login->is_address_allowed,
		.is_secret_known = secret_is_known(key, login, now)
	};

	if (!dw_api_key_good(key, &state))
		key_refuse();
	if (login->logins_per_minute > 0 &&
		login->logins >= login->logins_per_minute)
		dw_raise(DW_LIMIT_REACHED, "the API key was used too often",
				 psprintf("logins_per_minute allows %d.",
						  login->logins_per_minute),
				 "Wait a minute.");
}

/*
 * Notes the use, where something can be written: every one of a key with a
 * rate, else one an hour.
 */
static void
login_note(const DwApiKeyLogin *login, TimestampTz now)
{
	const TimestampTz again = login->noted_at == DT_NOBEGIN ? DT_NOBEGIN
		: login->noted_at + DW_API_KEY_NOTED_SECONDS * USECS_PER_SEC;

	if (XactReadOnly || RecoveryInProgress() || IsInParallelMode())
		return;
	if (login->logins_per_minute > 0 || again <= now)
		dw_api_key_note(&login->id, now);
}

/* Judges a key, and gives the token that it stands for in this transaction. */
static char *
token_for_key(const DwApiKey *key, Datum address)
{
	MemoryContext caller = CurrentMemoryContext;
	TimestampTz now = GetCurrentTimestamp();
	DwApiKeyLogin login;
	DwOwnerScope owner;
	DwActor		bearer;
	DwScopeSet	scopes;
	char	   *token;

	dw_owner_begin(&owner);
	if (!dw_api_key_find(&key->id, address, now, &login))
		key_refuse();
	login_check(key, &login, now);
	login_note(&login, now);
	bearer.user_id = login.user_id;
	if (!dw_actor_parse(login.role, &bearer.kind) ||
		!dw_scopes_parse(login.scopes, &scopes))
		elog(ERROR, "API key with an unknown role or scope");
	token = MemoryContextStrdup(caller,
								dw_token_issue_scoped(&bearer,
													  KEY_TOKEN_SECONDS,
													  scopes));
	dw_owner_end(&owner);
	return token;
}

/* The id of whoever the token names, verified. */
static Datum
identity_datum(void)
{
	const DwActor actor = dw_identity();
	pg_uuid_t  *id = palloc(sizeof(*id));

	memcpy(id->data, actor.user_id.bytes, sizeof(id->data));
	return UUIDPGetDatum(id);
}

/* login_api_key(api_key, address) → the user's id; NULL ends the identity */
DW_FUNCTION(dwello_login_api_key)
{
	const		NullableDatum *given = fcinfo->args;	/* without the frame of
														 * a call */
	const		NullableDatum *address = given + 1;
	DwApiKey	key;
	text	   *words;

	/* whatever comes, nobody goes on as who they were */
	dw_token_set(NULL, true);
	if (given->isnull)
		PG_RETURN_NULL();
	words = DatumGetTextPP(given->value);
	if (VARSIZE_ANY_EXHDR(words) == 0)
		PG_RETURN_NULL();
	if (!dw_api_key_parse(VARDATA_ANY(words), VARSIZE_ANY_EXHDR(words), &key))
		key_refuse();
	dw_token_set(token_for_key(&key, address->isnull ? (Datum) 0
							   : address->value), true);
	return identity_datum();
}
