/*
 * user_api.c
 *		Beginning a command: its caller is known, active, and may write here;
 *		and the entry points of users: registering, verifying, keeping out,
 *		profiles.
 *
 * A new user is its own scope: its row is inserted first, and that insert is
 * the lock.  Whoever comes second with the same id finds the row, waits for
 * the first to commit, and then finds the first one's record, too.
 *
 * Suspension does nothing to jobs, bids and escrows: money and work under
 * way are for people to settle.  It bars every token, so the user neither
 * acts nor reads, and a gate makes a suspended provider's bids ineligible.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/jsonb.h"

#include "api/account/account_api.h"
#include "core/account/account.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/access/access_store.h"
#include "store/account/account_store.h"
#include "store/document/schema_store.h"
#include "store/match/match_store.h"
#include "store/payout/payout_store.h"

/* 42501 unless the acting user may do what `pending_may` allows. */
static void
check_account_status(DwCall *call, bool pending_may)
{
	DwUserStatus status;

	if (call->actor.kind == DW_ACTOR_SYSTEM)
		return;
	status = dw_user_status(&call->actor.user_id);
	if (status == DW_USER_ACTIVE ||
		(pending_may && status == DW_USER_PENDING_VERIFICATION))
		return;
	dw_raise(DW_FORBIDDEN, "the user is not active",
			 psprintf("User %s has the status \"%s\".",
					  dw_uuid_text(&call->actor.user_id),
					  dw_user_status_label(status)),
			 status == DW_USER_PENDING_VERIFICATION
			 ? "The user must be verified first, see dwello.verify_user()."
			 : "An administrator can tell why.");
}

void
dw_command_begin(DwCall *call, FunctionCallInfo fcinfo, DwActorSet actors)
{
	dw_query_begin(call, fcinfo, actors);
	dw_star_check(call);
	check_account_status(call, false);
	PreventCommandIfReadOnly(psprintf("dwello.%s()", dw_call_name(call)));
}

/* Begins a command that a user pending verification may call, too. */
void
dw_draft_begin(DwCall *call, FunctionCallInfo fcinfo, DwActorSet actors)
{
	dw_query_begin(call, fcinfo, actors);
	dw_star_check(call);
	check_account_status(call, true);
	PreventCommandIfReadOnly(psprintf("dwello.%s()", dw_call_name(call)));
}

/* Who decides on the status of an account. */
#define ACCOUNT_STATUS_ACTORS (DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)

static void draft_read(DwCall *call, DwUserDraft *draft);
static void draft_check(DwCall *call, DwUserDraft *draft);
static const char *email_spell(DwCall *call, const char *arg,
							   const char *text);
static const char *phone_spell(DwCall *call, const char *arg,
							   const char *text);
static void user_furnish(const DwUserDraft *draft);
static void verifiable_guard(DwCall *call, const DwUser *user,
							 DwVerifiable what);
static void status_save(DwUser *user);
static void suspend_apply(DwCall *call, DwUser *user, const char *reason);
static void reinstate_apply(DwCall *call, DwUser *user);
static void account_status_emit(DwCall *call, const DwUser *user,
								const char *type);
static Datum account_status_return(DwCall *call, const DwUser *user);
static void change_read(DwCall *call, DwProfileChange *change);
static void change_check(DwCall *call, DwProfileChange *change);
static void change_check_texts(DwCall *call, DwProfileChange *change);
static void change_check_lists(DwCall *call, const DwProfileChange *change);
static void clearable_check(DwCall *call, const char *arg, const char *text);
static void url_check(DwCall *call, const char *arg, const char *url);
static Datum document_opt(DwCall *call, const char *arg);
static void document_check(DwCall *call, const char *arg, Datum document,
						   int max);
static void schema_check(DwCall *call, const char *arg, Datum document);
static void profile_emit(const DwUuid *user_id);

/* What the settings ask for before a user is active. */
static DwVerification
verification_required(void)
{
	DwVerification required;

	required.email = dw_setting_bool("email_verification_required");
	required.phone = dw_setting_bool("phone_verification_required");
	required.provider = !dw_setting_bool("auto_approve_providers");
	return required;
}

/* 22023 for a text that is there and blank; NULL is fine. */
static void
check_blank(DwCall *call, const char *arg, const char *text)
{
	if (text != NULL && dw_text_blank(text))
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must not be blank");
}

/* A time zone in its one spelling; 22023 for none. */
static const char *
check_timezone(DwCall *call, const char *arg, const char *text)
{
	const char *found = dw_timezone_find(text);

	if (found == NULL)
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  "is not a time zone of this server");
	return found;
}

/* 22023 for what is no language tag. */
static void
check_language(DwCall *call, const char *arg, const char *text)
{
	if (!dw_language_valid(text))
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  "must be a language tag like en or pt-BR");
}

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
	dw_row_enum(&call, "user_type", &dw_user_type_labels, draft.type);
	dw_row_enum(&call, "status", &dw_user_status_labels,
				DW_USER_PENDING_VERIFICATION);
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
	dw_user_verify(&call, &user, what);

	dw_row_uuid(&call, "user_id", &user.id);
	dw_row_enum(&call, "status", &dw_user_status_labels, user.status);
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
				 psprintf("Leave %s out to act for yourself.",
						  dw_arg_exists(call, "agent_id")
						  ? "agent_id" : "user_id"));
	if (!dw_user_lock(user_id, user))
		dw_raise(DW_NOT_FOUND, "user does not exist",
				 psprintf("There is no user %s.", dw_uuid_text(user_id)),
				 "dwello.find_login() finds an account.");
}

void
dw_provider_for_command(DwCall *call, const char *arg, const DwUuid *user_id)
{
	DwUser		user;

	dw_user_for_command(call, user_id, &user);
	if (user.type != DW_USER_PROVIDER)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be a service provider's");
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
	draft->email = email_spell(call, "email", draft->email);
	check_blank(call, "first_name", draft->first_name);
	check_blank(call, "last_name", draft->last_name);
	if (draft->phone != NULL)
		draft->phone = phone_spell(call, "phone", draft->phone);
	check_blank(call, "password_hash", draft->password_hash);
	draft->timezone = check_timezone(call, "timezone",
									 draft->timezone);
	check_language(call, "language", draft->language);
}

/* The one spelling of an address that an account may have. */
static const char *
email_spell(DwCall *call, const char *arg, const char *text)
{
	char	   *email = palloc(DW_EMAIL_MAX + 1);
	DwResult	result = dw_email_normalise(text, strlen(text), email);

	if (result == DW_TEXT_TOO_LONG)
		dw_arg_refuse(call, arg, result,
					  psprintf("is longer than %d bytes", DW_EMAIL_MAX));
	if (result != DW_OK || !dw_email_usable(email))
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  "must be an address like ann@example.org");
	return email;
}

/* The one spelling of a number that an account may have. */
static const char *
phone_spell(DwCall *call, const char *arg, const char *text)
{
	char	   *phone = palloc(DW_PHONE_MAX + 1);

	if (dw_phone_normalise(text, strlen(text), phone) != DW_OK ||
		!dw_phone_usable(phone))
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  "must have 7 to 15 digits, like +14155550100");
	return phone;
}

const char *
dw_contact_spell(DwCall *call, const char *arg, DwVerifiable what,
				 const char *text)
{
	return what == DW_VERIFY_EMAIL ? email_spell(call, arg, text)
		: phone_spell(call, arg, text);
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

void
dw_user_verify(DwCall *call, DwUser *user, DwVerifiable what)
{
	const DwVerification required = verification_required();
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
	status_save(user);
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &user->id);
	dw_payload_text(&payload, "what", dw_verifiable_label(what));
	dw_payload_text(&payload, "status", dw_user_status_label(user->status));
	dw_event_emit(&user->id, "user", &user->id, "user_verified", &payload);
}

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
	dw_user_save_password(&user, hash);
	(void) dw_tokens_revoke(&user.id);
	dw_sessions_end(&user.id, "password_changed");
	dw_codes_void(&user.id);
	dw_user_log(&user.id, &call.actor, "password_changed", NULL);
	account_status_emit(&call, &user, "password_changed");
	return account_status_return(&call, &user);
}

/* Writes a status; payouts wait, or go on, with it. */
static void
status_save(DwUser *user)
{
	const DwPayee payee = {user->id, user->status == DW_USER_ACTIVE};

	dw_user_save_status(user);
	dw_payouts_review(&payee);
}

/* Keeps the user out, from now on. */
static void
suspend_apply(DwCall *call, DwUser *user, const char *reason)
{
	user->status = DW_USER_SUSPENDED;
	status_save(user);
	dw_tokens_bar(&user->id);
	dw_sessions_end(&user->id, "suspended");
	dw_codes_void(&user->id);
	dw_user_log(&user->id, &call->actor, "suspended", reason);
	account_status_emit(call, user, "user_suspended");
}

/* Lets the user in again, as what has been verified of them. */
static void
reinstate_apply(DwCall *call, DwUser *user)
{
	const DwVerification required = verification_required();

	user->status = dw_user_reinstated_status(user->type, &user->verified,
											 &required);
	status_save(user);
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
	dw_row_enum(call, "status", &dw_user_status_labels, user->status);
	dw_row_int4(call, "version", user->version);
	return dw_call_return(call);
}

/* update_profile(bio, …) → user_id, version, replayed */
DW_FUNCTION(dwello_update_profile)
{
	DwCall		call;
	DwProfileChange change;
	DwUuid		user_id;
	DwUser		user;
	int32		version;

	dw_draft_begin(&call, fcinfo, DW_ACTOR_ANY);
	user_id = dw_user_argument(&call, "user_id");
	change_read(&call, &change);
	change_check(&call, &change);
	dw_categories_need(change.categories, change.category_count);

	dw_user_for_command(&call, &user_id, &user);
	version = dw_profile_lock(&user_id);
	if (version == 0)
		dw_raise(DW_NOT_FOUND, "profile does not exist",
				 psprintf("User %s has none.", dw_uuid_text(&user_id)),
				 "dwello.register_user() makes one for every user.");
	if (dw_call_replay(&call, &user_id))
		return dw_call_return(&call);
	dw_call_version(&call, version);
	if (dw_args_given(&call, NULL, "user_id"))
	{
		version = dw_profile_update(&user_id, &change);
		profile_emit(&user_id);
	}
	else
		dw_call_replayed(&call);

	dw_row_uuid(&call, "user_id", &user_id);
	dw_row_int4(&call, "version", version);
	return dw_call_return(&call);
}

/* provider_summary(provider_id) → what anybody may know of them */
DW_FUNCTION(dwello_provider_summary)
{
	DwCall		call;
	DwUuid		provider_id;
	bool		is_open;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PUBLIC);
	provider_id = dw_arg_uuid(&call, "provider_id");
	is_open = dw_name_open_to(&call.actor, &provider_id);
	if (!dw_summary_query(&call, &provider_id, dw_today(), is_open))
		dw_raise(DW_NOT_FOUND, "provider does not exist",
				 psprintf("There is no active service provider %s.",
						  dw_uuid_text(&provider_id)),
				 "dwello.match_providers() shows who suits a job.");
	return dw_call_return(&call);
}

/* Reads what is there, texts over their limits are 22001. */
static void
change_read(DwCall *call, DwProfileChange *change)
{
	memset(change, 0, sizeof(*change));
	change->bio = dw_arg_text_opt(call, "bio", DW_PROFILE_BIO_MAX);
	change->company_name = dw_arg_text_opt(call, "company_name",
										   DW_PROFILE_COMPANY_MAX);
	change->website = dw_arg_text_opt(call, "website",
									  DW_PROFILE_URL_MAX);
	change->profile_image_url = dw_arg_text_opt(call, "profile_image_url",
												DW_PROFILE_URL_MAX);
	change->timezone = dw_arg_text_opt(call, "timezone",
									   DW_USER_TIMEZONE_MAX);
	change->language = dw_arg_text_opt(call, "language",
									   DW_USER_LANGUAGE_MAX);
	change->first_name = dw_arg_text_opt(call, "first_name",
										 DW_USER_NAME_MAX);
	change->last_name = dw_arg_text_opt(call, "last_name",
										DW_USER_NAME_MAX);
	if (dw_arg_has(call, "specialties"))
		change->specialties = dw_arg_texts(call, "specialties",
										   DW_PROFILE_SPECIALTY_MAX,
										   &change->specialty_count);
	change->categories = dw_arg_uuids_opt(call, "categories",
										  &change->category_count);
	change->years_experience = dw_arg_int4_opt(call, "years_experience");
	change->emergency_available = dw_arg_bool_opt(call, "emergency_available");
	change->service_areas = document_opt(call, "service_areas");
	change->availability_schedule = document_opt(call,
												 "availability_schedule");
	change->insurance_info = document_opt(call, "insurance_info");
	change->license_info = document_opt(call, "license_info");
}

/* Judges every value (22023) and gives each its one spelling. */
static void
change_check(DwCall *call, DwProfileChange *change)
{
	const char *fault;

	change_check_texts(call, change);
	change_check_lists(call, change);
	document_check(call, "service_areas", change->service_areas,
				   DW_PROFILE_AREA_BYTES_MAX);
	schema_check(call, "availability_schedule",
				 change->availability_schedule);
	schema_check(call, "insurance_info", change->insurance_info);
	schema_check(call, "license_info", change->license_info);
	if (change->service_areas == (Datum) 0 ||
		dw_json_arg_is_null(change->service_areas))
		return;
	fault = dw_area_fault(change->service_areas);
	if (fault != NULL)
		dw_arg_refuse(call, "service_areas", DW_BAD_VALUE, fault);
}

/* The texts of a change. */
static void
change_check_texts(DwCall *call, DwProfileChange *change)
{
	clearable_check(call, "bio", change->bio);
	clearable_check(call, "company_name", change->company_name);
	url_check(call, "website", change->website);
	url_check(call, "profile_image_url", change->profile_image_url);
	if (change->timezone != NULL)
		change->timezone = check_timezone(call, "timezone",
										  change->timezone);
	if (change->language != NULL)
		check_language(call, "language", change->language);
	check_blank(call, "first_name", change->first_name);
	check_blank(call, "last_name", change->last_name);
}

/* The years and the specialties of a change. */
static void
change_check_lists(DwCall *call, const DwProfileChange *change)
{
	if (change->years_experience != NULL &&
		(*change->years_experience < 0 ||
		 *change->years_experience > DW_PROFILE_YEARS_MAX))
		dw_arg_refuse(call, "years_experience", DW_BAD_VALUE,
					  psprintf("must be from 0 to %d", DW_PROFILE_YEARS_MAX));
	if (change->specialty_count > DW_PROFILE_SPECIALTIES_MAX)
		dw_arg_refuse(call, "specialties", DW_BAD_VALUE,
					  psprintf("must not have more than %d elements",
							   DW_PROFILE_SPECIALTIES_MAX));
	for (int i = 0; i < change->specialty_count; i++)
	{
		if (dw_text_blank(change->specialties[i]))
			dw_arg_refuse(call, "specialties", DW_BAD_VALUE,
						  "must not have a blank element");
	}
	if (change->category_count > DW_PROFILE_CATEGORIES_MAX)
		dw_arg_refuse(call, "categories", DW_BAD_VALUE,
					  psprintf("must not have more than %d elements",
							   DW_PROFILE_CATEGORIES_MAX));
}

void
dw_categories_need(const DwUuid *ids, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (!dw_match_category_exists(&ids[i]))
			dw_raise(DW_NOT_FOUND, "category does not exist",
					 psprintf("There is no category %s.",
							  dw_uuid_text(&ids[i])),
					 "The view dwello.categories lists them all.");
	}
}

/* An empty text takes a value away; blanks alone are a mistake. */
static void
clearable_check(DwCall *call, const char *arg, const char *text)
{
	if (text != NULL && *text != '\0')
		check_blank(call, arg, text);
}

/* An empty text, or what may be linked to. */
static void
url_check(DwCall *call, const char *arg, const char *url)
{
	if (url != NULL && *url != '\0' && !dw_url_valid(url))
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  "must be an address like https://example.org/");
}

/* A document, or a zero Datum. */
static Datum
document_opt(DwCall *call, const char *arg)
{
	return dw_arg_has(call, arg) ? dw_arg_jsonb(call, arg) : (Datum) 0;
}

/* 22023 for a document that is neither null nor an object in its limit. */
static void
document_check(DwCall *call, const char *arg, Datum document, int max)
{
	DwJsonArg	object;

	if (document == (Datum) 0 || dw_json_arg_is_null(document))
		return;
	if (VARSIZE(DatumGetPointer(document)) > (Size) max)
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  psprintf("must not be larger than %d bytes", max));
	if (!dw_json_arg_object(document, &object))
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be a JSON object");
}

/* The same for one whose schema has the name of the argument. */
static void
schema_check(DwCall *call, const char *arg, Datum document)
{
	document_check(call, arg, document, DW_PROFILE_DOCUMENT_BYTES_MAX);
	if (document != (Datum) 0 && !dw_json_arg_is_null(document))
		dw_arg_check_document(call, arg, document, arg);
}

/* Tells the outside that there is something new to read. */
static void
profile_emit(const DwUuid *user_id)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", user_id);
	dw_event_emit(user_id, "user", user_id, "profile_updated", &payload);
}
