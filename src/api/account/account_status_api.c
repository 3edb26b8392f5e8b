/*
 * account_status_api.c
 *		Entry points that let a user in and keep them out: suspending,
 *		reinstating, a new password.
 *
 * Suspension does nothing to jobs, bids and escrows: money and work under
 * way are for people to settle.  It bars every token, so the user neither
 * acts nor reads, and a gate makes a suspended provider's bids ineligible.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/identity/identity_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"

/* Who decides on the status of an account. */
#define ACCOUNT_STATUS_ACTORS (DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)

static void suspend_apply(DwCall *call, DwUser *user, const char *reason);
static void reinstate_apply(DwCall *call, DwUser *user);
static void account_status_emit(DwCall *call, const DwUser *user,
								const char *type);
static Datum account_status_return(DwCall *call, const DwUser *user);

/* suspend_user(user_id, reason) → user_id, status, … */
DW_FUNCTION(dwello_suspend_user)
{
	DwCall		call;
	DwUuid		user_id;
	DwUser		user;
	const char *reason;

	dw_command_begin(&call, fcinfo, ACCOUNT_STATUS_ACTORS);
	dw_args_need(&call, "user_id", "reason", NULL);
	user_id = dw_arg_uuid(&call, "user_id");
	reason = dw_arg_text(&call, "reason", DW_USER_REASON_MAX);
	if (call.actor.kind != DW_ACTOR_SYSTEM &&
		dw_uuid_equal(&user_id, &call.actor.user_id))
		dw_arg_refuse(&call, "user_id", DW_BAD_VALUE,
					  "must not be the caller's own");

	dw_user_for_command(&call, &user_id, &user);
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);
	dw_call_version(&call, user.version);
	if (user.status == DW_USER_SUSPENDED)
		dw_call_replayed(&call);
	else
		suspend_apply(&call, &user, reason);
	return account_status_return(&call, &user);
}

/* reinstate_user(user_id) → user_id, status, … */
DW_FUNCTION(dwello_reinstate_user)
{
	DwCall		call;
	DwUuid		user_id;
	DwUser		user;

	dw_command_begin(&call, fcinfo, ACCOUNT_STATUS_ACTORS);
	user_id = dw_arg_uuid(&call, "user_id");

	dw_user_for_command(&call, &user_id, &user);
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);
	dw_call_version(&call, user.version);
	if (user.status == DW_USER_INACTIVE)
		dw_raise(DW_INVALID_TRANSITION, "the user is not suspended",
				 psprintf("User %s has the status \"%s\".",
						  dw_uuid_text(&user.id),
						  dw_user_status_label(user.status)),
				 "Only a suspended user is reinstated.");
	if (user.status == DW_USER_SUSPENDED)
		reinstate_apply(&call, &user);
	else
		dw_call_replayed(&call);
	return account_status_return(&call, &user);
}

/* set_password_hash(user_id, password_hash) → user_id, … */
DW_FUNCTION(dwello_set_password_hash)
{
	DwCall		call;
	DwUuid		user_id;
	DwUser		user;
	const char *hash;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	dw_args_need(&call, "user_id", "password_hash", NULL);
	user_id = dw_arg_uuid(&call, "user_id");
	hash = dw_arg_text(&call, "password_hash", DW_USER_HASH_MAX);

	dw_user_for_command(&call, &user_id, &user);
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);
	dw_call_version(&call, user.version);
	user.password_hash = hash;
	dw_user_save_password(&user);
	(void) dw_tokens_revoke(&user.id);
	account_status_emit(&call, &user, "password_changed");
	return account_status_return(&call, &user);
}

/* Keeps the user out, from now on. */
static void
suspend_apply(DwCall *call, DwUser *user, const char *reason)
{
	user->status = DW_USER_SUSPENDED;
	dw_user_save_status(user);
	dw_tokens_bar(&user->id);
	dw_user_log(&user->id, &call->actor, "suspended", reason);
	account_status_emit(call, user, "user_suspended");
}

/* Lets the user in again, as what has been verified of them. */
static void
reinstate_apply(DwCall *call, DwUser *user)
{
	const DwVerification required = dw_verification_required();

	user->status = dw_user_reinstated_status(user->type, &user->verified,
											 &required);
	dw_user_save_status(user);
	dw_tokens_admit(&user->id);
	dw_user_log(&user->id, &call->actor, "reinstated", NULL);
	account_status_emit(call, user, "user_reinstated");
}

/* Tells the outside who, and by whom; never why. */
static void
account_status_emit(DwCall *call, const DwUser *user, const char *type)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &user->id);
	if (call->actor.kind != DW_ACTOR_SYSTEM)
		dw_payload_uuid(&payload, "actor_id", &call->actor.user_id);
	dw_event_emit(&user->id, "user", &user->id, type, &payload);
}

/* The row that all three return. */
static Datum
account_status_return(DwCall *call, const DwUser *user)
{
	dw_row_uuid(call, "user_id", &user->id);
	dw_row_text(call, "status", dw_user_status_label(user->status));
	dw_row_int4(call, "version", user->version);
	return dw_call_return(call);
}
