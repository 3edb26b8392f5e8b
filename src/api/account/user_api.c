/*
 * user_api.c
 *		Entry points of users: registering and verifying.
 *
 * A new user is its own scope: its row is inserted first, and that insert is
 * the lock.  Whoever comes second with the same id finds the row, waits for
 * the first to commit, and then finds the first one's record, too.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "core/account/account.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"

static void draft_read(DwCall *call, DwUserDraft *draft);
static void draft_check(DwCall *call, DwUserDraft *draft);
static const char *email_spell(DwCall *call, const char *text);
static const char *phone_spell(DwCall *call, const char *text);
static void user_furnish(const DwUserDraft *draft);
static void user_verify(DwCall *call, DwUser *user, DwVerifiable what);
static void verifiable_guard(DwCall *call, const DwUser *user,
							 DwVerifiable what);

/* register_user(email, user_type, …) → user_id, user_type, status, … */
DW_FUNCTION(dwello_register_user)
{
	DwCall		call;
	DwUserDraft draft;
	bool		inserted;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	draft_read(&call, &draft);
	draft_check(&call, &draft);
	draft.id = dw_call_new_id(&call, dw_arg_uuid_opt(&call, "user_id"));
	draft.created_at = dw_now();

	inserted = dw_user_insert(&draft);
	if (dw_call_replay(&call, &draft.id))
		return dw_call_return(&call);
	if (!inserted)
		dw_raise_constraint(DW_ALREADY_EXISTS, "users_pkey",
							"user already exists",
							psprintf("There is a user %s.",
									 dw_uuid_text(&draft.id)),
							"Give another user_id, or none.");
	user_furnish(&draft);

	dw_row_uuid(&call, "user_id", &draft.id);
	dw_row_text(&call, "user_type", dw_user_type_label(draft.type));
	dw_row_text(&call, "status",
				dw_user_status_label(DW_USER_PENDING_VERIFICATION));
	dw_row_time(&call, "created_at", draft.created_at);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}

/* verify_user(user_id, what) → user_id, status, email_verified, … */
DW_FUNCTION(dwello_verify_user)
{
	DwCall		call;
	DwUuid		user_id;
	DwUser		user;
	DwVerifiable what;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "user_id", "what", NULL);
	user_id = dw_arg_uuid(&call, "user_id");
	if (!dw_verifiable_parse(dw_arg_text(&call, "what", DW_USER_NAME_MAX),
							 &what))
		dw_arg_refuse(&call, "what", DW_BAD_VALUE,
					  "must be email, phone or provider");

	dw_user_for_command(&call, &user_id, &user);
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);
	dw_call_version(&call, user.version);
	verifiable_guard(&call, &user, what);
	user_verify(&call, &user, what);

	dw_row_uuid(&call, "user_id", &user.id);
	dw_row_text(&call, "status", dw_user_status_label(user.status));
	dw_row_bool(&call, "email_verified", user.verified.email);
	dw_row_bool(&call, "phone_verified", user.verified.phone);
	dw_row_bool(&call, "provider_verified", user.verified.provider);
	dw_row_int4(&call, "version", user.version);
	return dw_call_return(&call);
}

DwUuid
dw_user_argument(DwCall *call, const char *arg)
{
	if (!dw_arg_has(call, arg) && call->actor.kind != DW_ACTOR_SYSTEM)
		return call->actor.user_id;
	return dw_arg_uuid(call, arg);
}

/*
 * Locks the user that a command is about.  Another user's id
 * is refused before it is looked up, so it does not matter whether they exist.
 */
void
dw_user_for_command(DwCall *call, const DwUuid *user_id, DwUser *user)
{
	if ((call->actor.kind & (DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)) == 0 &&
		!dw_uuid_equal(user_id, &call->actor.user_id))
		dw_raise(DW_FORBIDDEN, "only an administrator acts for another user",
				 psprintf("User %s does not call.", dw_uuid_text(user_id)),
				 "Leave user_id out to act for yourself.");
	if (!dw_user_lock(user_id, user))
		dw_raise(DW_NOT_FOUND, "user does not exist",
				 psprintf("There is no user %s.", dw_uuid_text(user_id)),
				 NULL);
}

void
dw_provider_for_command(DwCall *call, const char *arg, const DwUuid *user_id)
{
	DwUser		user;

	dw_user_for_command(call, user_id, &user);
	if (user.type != DW_USER_PROVIDER)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be a service provider's");
}

/* What the settings ask for before a user is active. */
DwVerification
dw_verification_required(void)
{
	DwVerification required;

	required.email = dw_setting_bool("email_verification_required");
	required.phone = dw_setting_bool("phone_verification_required");
	required.provider = !dw_setting_bool("auto_approve_providers");
	return required;
}

void
dw_arg_check_blank(DwCall *call, const char *arg, const char *text)
{
	if (text != NULL && dw_text_blank(text))
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must not be blank");
}

const char *
dw_arg_check_timezone(DwCall *call, const char *arg, const char *text)
{
	const char *found = dw_timezone_find(text);

	if (found == NULL)
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  "is not a time zone of this server");
	return found;
}

void
dw_arg_check_language(DwCall *call, const char *arg, const char *text)
{
	if (!dw_language_valid(text))
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  "must be a language tag like en or pt-BR");
}

/* Reads what is there (22004), none of it over its limit (22001). */
static void
draft_read(DwCall *call, DwUserDraft *draft)
{
	dw_args_need(call, "email", "user_type", "first_name", "last_name",
				 "timezone", "language", NULL);
	draft->email = dw_arg_text_opt(call, "email", DW_EMAIL_MAX);
	if (!dw_user_type_parse(dw_arg_label(call, "user_type"),
							&draft->type))
		elog(ERROR, "unknown user type");
	draft->first_name = dw_arg_text_opt(call, "first_name",
										DW_USER_NAME_MAX);
	draft->last_name = dw_arg_text_opt(call, "last_name",
									   DW_USER_NAME_MAX);
	draft->phone = dw_arg_text_opt(call, "phone", DW_USER_NAME_MAX);
	draft->password_hash = dw_arg_text_opt(call, "password_hash",
										   DW_USER_HASH_MAX);
	draft->timezone = dw_arg_text_opt(call, "timezone",
									  DW_USER_TIMEZONE_MAX);
	draft->language = dw_arg_text_opt(call, "language",
									  DW_USER_LANGUAGE_MAX);
}

/* Judges every value (22023) and gives each its one spelling. */
static void
draft_check(DwCall *call, DwUserDraft *draft)
{
	draft->email = email_spell(call, draft->email);
	dw_arg_check_blank(call, "first_name", draft->first_name);
	dw_arg_check_blank(call, "last_name", draft->last_name);
	if (draft->phone != NULL)
		draft->phone = phone_spell(call, draft->phone);
	dw_arg_check_blank(call, "password_hash", draft->password_hash);
	draft->timezone = dw_arg_check_timezone(call, "timezone",
											draft->timezone);
	dw_arg_check_language(call, "language", draft->language);
}

/* The one spelling of an address that an account may have. */
static const char *
email_spell(DwCall *call, const char *text)
{
	char	   *email = palloc(DW_EMAIL_MAX + 1);
	DwResult	result = dw_email_normalise(text, strlen(text), email);

	if (result == DW_TEXT_TOO_LONG)
		dw_arg_refuse(call, "email", result,
					  psprintf("is longer than %d bytes", DW_EMAIL_MAX));
	if (result != DW_OK || !dw_email_usable(email))
		dw_arg_refuse(call, "email", DW_BAD_VALUE,
					  "must be an address like ann@example.org");
	return email;
}

/* The one spelling of a number that an account may have. */
static const char *
phone_spell(DwCall *call, const char *text)
{
	char	   *phone = palloc(DW_PHONE_MAX + 1);

	if (dw_phone_normalise(text, strlen(text), phone) != DW_OK ||
		!dw_phone_usable(phone))
		dw_arg_refuse(call, "phone", DW_BAD_VALUE,
					  "must have 7 to 15 digits, like +14155550100");
	return phone;
}

/* Takes the address for a new user (23505), and completes the account. */
static void
user_furnish(const DwUserDraft *draft)
{
	DwPayload	payload;

	if (!dw_user_claim_email(draft))
		dw_raise_constraint(DW_ALREADY_EXISTS, "user_emails_pkey",
							"the e-mail address is taken",
							"Another account has it.",
							"Find the account with dwello.find_login().");
	dw_user_furnish(draft);
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &draft->id);
	dw_payload_text(&payload, "user_type", dw_user_type_label(draft->type));
	dw_event_emit(&draft->id, "user", &draft->id, "user_registered",
				  &payload);
}

/* 22023 for what cannot be verified of this user. */
static void
verifiable_guard(DwCall *call, const DwUser *user, DwVerifiable what)
{
	if (what == DW_VERIFY_PROVIDER && user->type != DW_USER_PROVIDER)
		dw_arg_refuse(call, "what", DW_BAD_VALUE,
					  "can be provider for a service provider only");
	if (what == DW_VERIFY_PHONE && user->phone == NULL)
		dw_arg_refuse(call, "what", DW_BAD_VALUE,
					  "cannot be phone: the user has no number");
}

/*
 * Sets the flag, and the status that follows.  What changes nothing writes
 * nothing: the row counts as replayed.
 */
static void
user_verify(DwCall *call, DwUser *user, DwVerifiable what)
{
	const DwVerification required = dw_verification_required();
	bool	   *flag = dw_verification_flag(&user->verified, what);
	DwUserStatus before = user->status;
	bool		known = *flag;
	DwPayload	payload;

	*flag = true;
	user->status = dw_user_verified_status(user->type, user->status,
										   &user->verified, &required);
	if (known && user->status == before)
	{
		dw_call_replayed(call);
		return;
	}
	dw_user_save_status(user);
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &user->id);
	dw_payload_text(&payload, "what", dw_verifiable_label(what));
	dw_payload_text(&payload, "status", dw_user_status_label(user->status));
	dw_event_emit(&user->id, "user", &user->id, "user_verified", &payload);
}
