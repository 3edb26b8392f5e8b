/*
 * trust_api.c
 *		Entry points of trust: keyring, tokens, login.
 *
 * login and current_user_id run as the caller and without a SET clause (an
 * identity set under one would end with the function, and it would cost at
 * every row of a policy); all that need an account run as dwello_owner.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "api/account/account_api.h"
#include "core/account/account.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/access/access_store.h"
#include "store/account/account_store.h"
#include "store/admin/admin_store.h"

/* The longest reason for opening a contact, in characters. */
#define REASON_MAX 200

/* Most rows of one reseal(). */
#define RESEAL_MAX 10000

static bool token_given(void);
static Datum user_id_datum(const DwUuid *user_id);
static void login_guard(const char *token, bool is_local);

/* current_user_id() → the user of the verified token, or NULL */
DW_FUNCTION(dwello_current_user_id)
{
	DwActor		actor;

	if (!token_given())
		PG_RETURN_NULL();
	actor = dw_identity();
	/* here the policies of all tables ask */
	dw_token_allow("current_user_id", true);
	return user_id_datum(&actor.user_id);
}

DW_FUNCTION(dwello_own_scopes)
{
	DwActor		actor;
	Datum		scopes;

	if (!token_given())
		PG_RETURN_NULL();
	actor = dw_identity();
	dw_token_allow("own_scopes", true);
	dw_spi_connect();
	scopes = SPI_datumTransfer(dw_scopes_of(&actor.user_id), false, -1);
	SPI_finish();
	return scopes;
}

/* reads_all() → the caller's role is the service's alone */
DW_FUNCTION(dwello_reads_all)
{
	if (dw_role_reads_all())
		PG_RETURN_BOOL(true);
	(void) token_given();
	PG_RETURN_BOOL(false);
}

/* login(token, is_local) → the user's id; NULL when it ends the identity */
DW_FUNCTION(dwello_login)
{
	const		NullableDatum *given = fcinfo->args;	/* without the frame of
														 * a call */
	const		NullableDatum *local = given + 1;
	char	   *token = NULL;
	bool		is_local;
	DwActor		actor;

	if (local->isnull)
		dw_raise(DW_NULL_VALUE, "is_local must not be null", NULL,
				 "True is for this transaction, false for the session.");
	is_local = DatumGetBool(local->value);
	if (!given->isnull)
		token = TextDatumGetCString(given->value);

	login_guard(token, is_local);
	dw_token_set(token, is_local);
	if (!dw_token_present())
		PG_RETURN_NULL();
	actor = dw_identity();
	return user_id_datum(&actor.user_id);
}

/*
 * Begins a call that changes the keyring, which is a file of the server's: it
 * asks for the superuser who calls, and for no identity, which a keyring would
 * have to prove.
 */
static void
keyring_begin(DwCall *call, FunctionCallInfo fcinfo)
{
	if (!superuser_arg(GetOuterUserId()))
		dw_raise(DW_FORBIDDEN, "only a superuser can change the keyring",
				 NULL,
				 "Log in as one: it is a file of the server's.");
	dw_list_begin(call, fcinfo);
	dw_spi_connect();
	call->spi = true;
}

/* WD603 while the keyring lacks keys that the data needs. */
static void
losses_refuse(void)
{
	char	   *losses = dw_keyring_losses();

	if (losses != NULL)
		dw_raise(DW_KEYRING_MISMATCH, "the keyring does not fit the data",
				 psprintf("What no key opens would be lost: %s.", losses),
				 "Put the keyring back that belongs to this database."
				 " dwello.create_keyring(force => true) makes another one and"
				 " leaves all of this closed.");
}

/* create_keyring(force) → kind, key_id, created: a row for each kind */
DW_FUNCTION(dwello_create_keyring)
{
	DwKeyMade	made[DW_KEY_KIND_COUNT];
	DwCall		call;
	int			kind;

	keyring_begin(&call, fcinfo);
	if (!dw_arg_bool(&call, "force"))
		losses_refuse();
	(void) dw_data_id(true);
	dw_keyring_create(made);
	for (kind = 0; kind < DW_KEY_KIND_COUNT; kind++)
	{
		dw_row_text(&call, "kind", dw_key_kind_label(kind));
		dw_row_int4(&call, "key_id", made[kind].key_id);
		dw_row_bool(&call, "created", made[kind].created);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}

/* The kind of key that is changed, where anything may be. */
static DwKeyKind
key_kind_argument(DwCall *call)
{
	DwKeyKind	kind;

	/* before the file is touched, for the database could not note it */
	PreventCommandIfReadOnly(psprintf("dwello.%s()", dw_call_name(call)));
	if (!dw_key_kind_parse(dw_arg_text(call, "kind", REASON_MAX), &kind))
		dw_arg_refuse(call, "kind", DW_BAD_VALUE,
					  "must be token, pii or index");
	return kind;
}

/* rotate_key(kind) → kind, key_id */
DW_FUNCTION(dwello_rotate_key)
{
	DwCall		call;
	DwKeyKind	kind;

	keyring_begin(&call, fcinfo);
	kind = key_kind_argument(&call);
	losses_refuse();
	dw_row_text(&call, "kind", dw_key_kind_label(kind));
	dw_row_int4(&call, "key_id", dw_keyring_rotate(kind));
	dw_list_emit(&call);
	return dw_list_return(&call);
}

/*
 * WD101 where a rollback could bring back what needs the key that is about to
 * leave the file.
 */
static void
own_transaction_need(void)
{
	if (IsSubTransaction() ||
		TransactionIdIsValid(GetTopTransactionIdIfAny()))
		dw_raise(DW_INVALID_TRANSITION,
				 "a key is retired in a transaction of its own",
				 "This one has a savepoint, or has written something.",
				 "Commit, and call dwello.retire_key() alone.");
}

/* retire_key(kind, key_id) → kind, key_id */
DW_FUNCTION(dwello_retire_key)
{
	DwCall		call;
	DwKeyKind	kind;
	int32		key_id;
	char	   *uses;

	keyring_begin(&call, fcinfo);
	kind = key_kind_argument(&call);
	key_id = dw_arg_int4(&call, "key_id");
	losses_refuse();
	if (dw_keyring_get(dw_keyring_load(), kind, key_id) == NULL)
		dw_raise(DW_NOT_FOUND, "there is no such key",
				 psprintf("The keyring has no %s key %d.",
						  dw_key_kind_label(kind), key_id),
				 "dwello.create_keyring() lists the newest keys.");
	if (dw_keyring_need(kind)->id == key_id)
		dw_raise(DW_INVALID_TRANSITION, "the newest key cannot be retired",
				 "New work uses it.",
				 "Call dwello.rotate_key() first.");
	uses = dw_key_uses(kind, key_id);
	if (uses != NULL)
		dw_raise(DW_INVALID_TRANSITION, "the key is in use",
				 psprintf("What needs it: %s.", uses),
				 "Call dwello.reseal() until is_complete, and try again later.");
	own_transaction_need();
	dw_keyring_retire(kind, key_id);
	dw_row_text(&call, "kind", dw_key_kind_label(kind));
	dw_row_int4(&call, "key_id", key_id);
	dw_list_emit(&call);
	return dw_list_return(&call);
}

/* reseal(max_rows) → resealed, unreadable, is_complete */
DW_FUNCTION(dwello_reseal)
{
	DwCall		call;
	DwReseal	done;
	int32		max_rows;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_int4(&call, "max_rows");
	if (max_rows < 1 || max_rows > RESEAL_MAX)
		dw_arg_refuse(&call, "max_rows", DW_BAD_VALUE,
					  psprintf("must be from 1 to %d", RESEAL_MAX));
	dw_reseal(max_rows, &done);
	dw_row_int4(&call, "resealed", done.resealed);
	dw_row_int4(&call, "unreadable", done.unreadable);
	dw_row_bool(&call, "is_complete", done.is_complete);
	return dw_call_return(&call);
}

/* issue_token(user_id, ttl, role) → token */
DW_FUNCTION(dwello_issue_token)
{
	DwCall		call;
	DwUuid		user_id;
	DwUser		user;
	DwActorKind role;
	const char *asked;
	const char *token;
	int64		ttl;

	dw_query_begin(&call, fcinfo, DW_ACTOR_SYSTEM); /* it writes nothing */
	user_id = dw_arg_uuid(&call, "user_id");
	if (!dw_arg_has(&call, "ttl"))
		dw_arg_refuse(&call, "ttl", DW_NULL_VALUE, "must not be null");
	ttl = dw_arg_seconds(&call, "ttl");
	if (dw_ttl_check(ttl) != DW_OK)
		dw_arg_refuse(&call, "ttl", DW_BAD_VALUE,
					  "must be from one second to thirty days");
	asked = dw_arg_text_opt(&call, "role", REASON_MAX);

	if (!dw_user_load(&user_id, &user))
		dw_raise(DW_NOT_FOUND, "user does not exist", NULL,
				 "dwello.find_login() finds an account.");
	if (user.status == DW_USER_SUSPENDED)
		dw_raise(DW_FORBIDDEN, "user is suspended", NULL,
				 "dwello.reinstate_user() lets them in again.");
	if (dw_token_role(user.type, asked, &role) != DW_OK)
		dw_arg_refuse(&call, "role", DW_BAD_VALUE,
					  "is not one that this user can have");
	token = dw_token_issue(&user_id, role, ttl);
	return dw_call_return_datum(&call, CStringGetTextDatum(token), false, -1);
}

/* token_audience() → whom tokens of this database are for */
DW_FUNCTION(dwello_token_audience)
{
	DwCall		call;
	const char *audience;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	audience = dw_token_audience();
	return dw_call_return_datum(&call, CStringGetTextDatum(audience), false,
								-1);
}

/* revoke_tokens(user_id) → user_id, not_before */
DW_FUNCTION(dwello_revoke_tokens)
{
	DwCall		call;
	DwUser		user;
	DwUuid		user_id;
	DwPayload	payload;

	dw_draft_begin(&call, fcinfo, DW_ACTOR_ANY);
	user_id = dw_user_argument(&call, "user_id");
	dw_user_for_command(&call, &user_id, &user);
	dw_row_uuid(&call, "user_id", &user_id);
	dw_row_time(&call, "not_before", dw_tokens_revoke(&user_id));
	dw_sessions_end(&user_id, "revoked");
	dw_codes_void(&user_id);
	dw_user_log(&user_id, &call.actor, "tokens_revoked", NULL);
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &user_id);
	dw_event_emit(&user_id, "user", &user_id, "tokens_revoked", &payload);
	return dw_call_return(&call);
}

/* find_login(email) → user_id, password_hash, status; no row if unknown */
DW_FUNCTION(dwello_find_login)
{
	DwCall		call;
	DwUser		user;
	const char *email;

	dw_query_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	email = dw_arg_text(&call, "email", REASON_MAX);
	dw_rows_begin(&call);
	if (dw_user_find(email, &user))
	{
		dw_row_uuid(&call, "user_id", &user.id);
		dw_row_text(&call, "password_hash",
					dw_unseal(DW_SEAL_PASSWORD, &user.id,
							  user.password_hash));
		dw_row_enum(&call, "status", &dw_user_status_labels, user.status);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}

/* False without a token; WD401 where that is a mistake. */
static bool
token_given(void)
{
	if (dw_token_present())
		return true;
	if (dw_role_acts_for_users())
		dw_raise(DW_NOT_AUTHENTICATED, "a token is needed", NULL,
				 dw_identity_hint());
	return false;
}

/* Gives an id as a value of the caller's context. */
static Datum
user_id_datum(const DwUuid *user_id)
{
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));

	memcpy(id->data, user_id->bytes, sizeof(id->data));
	return UUIDPGetDatum(id);
}

/* Refuses to leave a token in the session where a pooler may hand it on. */
static void
login_guard(const char *token, bool is_local)
{
	if (is_local || token == NULL || *token == '\0' ||
		dw_session_tokens_allowed())
		return;
	dw_raise(DW_FORBIDDEN, "a token cannot be set for the session",
			 "The setting dwello.session_tokens is off.",
			 "Call dwello.login(token) in each transaction; a superuser"
			 " turns dwello.session_tokens on for connections that no"
			 " pooler shares.");
}
