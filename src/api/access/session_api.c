/*
 * session_api.c
 *		Entry points of sessions: opened, refreshed, listed, ended.
 *
 * A refresh token is good once: refreshing gives the next one.  One that
 * comes again was stolen, before or after, so its session ends.  That is an
 * answer and no error, for an error would undo it.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/account/account_api.h"
#include "core/access/access.h"
#include "core/account/account.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "store/access/access_store.h"
#include "store/account/account_store.h"

#define DEVICE_MAX		200		/* characters of a device */
#define REFRESH_MAX		200		/* of what is said to be a refresh token */

/* The life of the token that comes with a refresh, in seconds. */
#define TOKEN_SECONDS	(15 * SECS_PER_MINUTE)

/* SHA-256 of a secret. */
static bytea *
secret_hash(const uint8 secret[DW_API_SECRET_BYTES])
{
	bytea	   *hash = palloc(VARHDRSZ + DW_SHA256_BYTES);

	SET_VARSIZE(hash, VARHDRSZ + DW_SHA256_BYTES);
	dw_sha256(secret, DW_API_SECRET_BYTES, (uint8 *) VARDATA(hash));
	return hash;
}

/* Draws the next refresh token, whose hash goes into the row. */
static const char *
refresh_make(DwSessionRow *session)
{
	DwApiKey	fresh = {.kind = DW_KEY_SESSION,.id = session->id};
	char	   *text = palloc(DW_API_KEY_LENGTH + 1);

	dw_random(fresh.secret, sizeof(fresh.secret));
	session->token_hash = secret_hash(fresh.secret);
	session->refreshed_at = GetCurrentTimestamp();
	session->expires_at = session->refreshed_at +
		dw_setting_int8("session_days") * USECS_PER_DAY;
	dw_api_key_write(&fresh, text);
	return text;
}

/* 42501 for a suspended user. */
static void
user_need(const DwUser *user)
{
	if (user->status == DW_USER_SUSPENDED)
		dw_raise(DW_FORBIDDEN, "user is suspended", NULL,
				 "dwello.reinstate_user() lets them in again.");
}

/* open_session(user_id, device) → session_id, refresh_token, expires_at */
DW_FUNCTION(dwello_open_session)
{
	DwCall		call;
	DwSessionRow session = {.end_reason = NULL};
	DwUser		user;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	session.user_id = dw_arg_uuid(&call, "user_id");
	session.device = dw_arg_name_opt(&call, "device", DEVICE_MAX);

	dw_user_for_command(&call, &session.user_id, &user);
	user_need(&user);
	dw_sessions_limit(&user.id, dw_setting_int8("sessions_max"));
	session.id = dw_uuid_fresh();
	session.ended_at = DT_NOBEGIN;
	dw_row_text(&call, "refresh_token", refresh_make(&session));
	session.created_at = session.refreshed_at;
	dw_session_insert(&session);
	dw_user_signed_in(&user.id, session.created_at);
	dw_user_log(&user.id, &call.actor, "signed_in", NULL);
	dw_row_uuid(&call, "session_id", &session.id);
	dw_row_time(&call, "expires_at", session.expires_at);
	return dw_call_return(&call);
}

/* One text for every reason, see token_server.c. */
pg_noreturn static void
refresh_refuse(void)
{
	dw_raise(DW_INVALID_TOKEN, "refresh token is not valid",
			 "It is malformed or unknown, or its session has ended.",
			 "The user signs in again.");
}

/* Ends a locked session. */
static void
session_end(DwSessionRow *session, const char *reason)
{
	DwPayload	payload;

	session->ended_at = GetCurrentTimestamp();
	session->end_reason = reason;
	dw_session_save(session);
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &session->user_id);
	dw_payload_uuid(&payload, "session_id", &session->id);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&session->user_id, "user", &session->user_id,
				  "session_ended", &payload);
}

/*
 * Finds the session of a refresh token and locks its user, then it: the order
 * of all that ends sessions.  WD402 for what is none, or of one that ended.
 */
static void
refresh_lock(DwCall *call, const DwApiKey *key, DwUser *user,
			 DwSessionRow *session)
{
	DwUuid		user_id;

	if (!dw_session_user(&key->id, &user_id) ||
		!dw_user_lock(&user_id, user) ||
		!dw_session_lock(&key->id, session) ||
		session->ended_at != DT_NOBEGIN ||
		session->expires_at <= GetCurrentTimestamp() ||
		user->status == DW_USER_SUSPENDED)
		refresh_refuse();
}

/* True for the session's token, false for one before it; WD402 for others. */
static bool
refresh_is_current(const DwApiKey *key, const DwSessionRow *session)
{
	const bytea *hash = secret_hash(key->secret);

	if (dw_secret_equal(VARDATA(hash), VARDATA_ANY(session->token_hash),
						DW_SHA256_BYTES))
		return true;
	if (!dw_session_token_was_used(&session->id, hash))
		refresh_refuse();
	return false;
}

/* Gives the next tokens of a session. */
static void
session_refresh(DwCall *call, const DwUser *user, DwSessionRow *session)
{
	DwActorKind role;

	if (dw_token_role(user->type, NULL, &role) != DW_OK)
		elog(ERROR, "user without a role");
	dw_session_token_used(session);
	dw_row_text(call, "refresh_token", refresh_make(session));
	dw_session_save(session);
	dw_row_text(call, "token",
				dw_token_issue(&user->id, role, TOKEN_SECONDS));
	dw_row_time(call, "expires_at", session->expires_at);
}

/* refresh_session(refresh_token) → session_id, user_id, token, … */
DW_FUNCTION(dwello_refresh_session)
{
	DwCall		call;
	DwApiKey	key;
	DwSessionRow session;
	DwUser		user;
	const char *text;
	bool		is_current;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	text = dw_arg_text(&call, "refresh_token", REFRESH_MAX);
	if (!dw_api_key_parse(text, strlen(text), &key) ||
		key.kind != DW_KEY_SESSION)
		refresh_refuse();
	refresh_lock(&call, &key, &user, &session);
	is_current = refresh_is_current(&key, &session);
	if (is_current)
		session_refresh(&call, &user, &session);
	else
		session_end(&session, "reused");
	dw_row_uuid(&call, "session_id", &session.id);
	dw_row_uuid(&call, "user_id", &session.user_id);
	dw_row_bool(&call, "is_reused", !is_current);
	return dw_call_return(&call);
}

/* sessions() → the caller's open sessions, the last used first */
DW_FUNCTION(dwello_sessions)
{
	DwCall		call;

	dw_query_begin(&call, fcinfo, DW_ACTOR_USERS);
	dw_rows_begin(&call);
	dw_sessions_list(&call);
	return dw_list_return(&call);
}

/* end_session(session_id) → session_id, ended_at, replayed */
DW_FUNCTION(dwello_end_session)
{
	DwCall		call;
	DwSessionRow session;
	DwUser		user;
	DwUuid		id;
	DwUuid		user_id;

	dw_draft_begin(&call, fcinfo, DW_ACTOR_ANY);
	id = dw_arg_uuid(&call, "session_id");
	if (!dw_session_user(&id, &user_id) ||
		((call.actor.kind & (DW_ACTOR_SYSTEM | DW_ACTOR_ADMIN)) == 0 &&
		 !dw_uuid_equal(&user_id, &call.actor.user_id)))
		dw_raise(DW_NOT_FOUND, "session does not exist",
				 psprintf("You have no session %s.", dw_uuid_text(&id)),
				 "dwello.sessions() lists those that are open.");
	dw_user_for_command(&call, &user_id, &user);
	(void) dw_session_lock(&id, &session);
	if (session.ended_at != DT_NOBEGIN)
		dw_call_replayed(&call);
	else
		session_end(&session, "signed_out");
	dw_row_uuid(&call, "session_id", &session.id);
	dw_row_time(&call, "ended_at", session.ended_at);
	return dw_call_return(&call);
}
