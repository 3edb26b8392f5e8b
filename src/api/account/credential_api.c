/*
 * credential_api.c
 *		Entry points of a provider's credentials.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"

#define NAME_MAX_LENGTH		200 /* characters of a name, an issuer */
#define NUMBER_MAX_LENGTH	100
#define YEARS_MAX			100

static void credential_read(DwCall *call, DwCredential *credential);
static void credential_check(DwCall *call, const DwCredential *credential);
static void text_check(DwCall *call, const char *arg);
static void credential_verify(DwCall *call, DwCredential *credential);
static void credential_announce(const DwCredential *credential,
								const char *type);

/* add_credential(credential_type, name, …) → credential_id, … */
DW_FUNCTION(dwello_add_credential)
{
	DwCall		call;
	DwCredential credential;
	DwUser		user;

	dw_command_begin(&call, fcinfo,
					 DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	credential_read(&call, &credential);
	credential_check(&call, &credential);

	dw_user_for_command(&call, &credential.user_id, &user);
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);
	if (user.type != DW_USER_PROVIDER)
		dw_arg_refuse(&call, "user_id", DW_BAD_VALUE,
					  "must be a service provider's");
	credential.id = dw_uuid_fresh();
	credential.created_at = dw_now();
	dw_credential_insert(&credential);
	credential_announce(&credential, "credential_added");

	dw_row_uuid(&call, "user_id", &user.id);
	dw_row_uuid(&call, "credential_id", &credential.id);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}

/* verify_credential(user_id, credential_id) → …, verified_at, … */
DW_FUNCTION(dwello_verify_credential)
{
	DwCall		call;
	DwCredential credential;
	DwUser		user;
	DwUuid		user_id;
	DwUuid		id;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	user_id = dw_arg_uuid(&call, "user_id");
	id = dw_arg_uuid(&call, "credential_id");

	dw_user_for_command(&call, &user_id, &user);
	if (!dw_credential_lock(&user.id, &id, &credential))
		dw_raise(DW_NOT_FOUND, "credential does not exist",
				 psprintf("User %s has no credential %s.",
						  dw_uuid_text(&user.id), dw_uuid_text(&id)),
				 "dwello.provider_credentials has those that you may see.");
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);
	dw_call_version(&call, credential.version);
	credential_verify(&call, &credential);

	dw_row_uuid(&call, "user_id", &user.id);
	dw_row_uuid(&call, "credential_id", &credential.id);
	dw_row_time(&call, "verified_at", credential.verified_at);
	dw_row_int4(&call, "version", credential.version);
	return dw_call_return(&call);
}

/* Reads what is there (22004), none of it over its limit (22001). */
static void
credential_read(DwCall *call, DwCredential *credential)
{
	dw_args_need(call, "credential_type", "name", NULL);
	memset(credential, 0, sizeof(*credential));
	credential->user_id = dw_user_argument(call, "user_id");
	credential->type = dw_arg_label(call, "credential_type");
	credential->name = dw_arg_text_opt(call, "name",
									   NAME_MAX_LENGTH);
	credential->issuer = dw_arg_text_opt(call, "issuer",
										 NAME_MAX_LENGTH);
	credential->number = dw_arg_text_opt(call, "number",
										 NUMBER_MAX_LENGTH);
	credential->valid_from = dw_arg_date_opt(call, "valid_from");
	credential->valid_until = dw_arg_date_opt(call, "valid_until");
	credential->amount = DW_CREDENTIAL_NONE;
	if (dw_arg_has(call, "amount"))
		credential->amount = dw_arg_amount(call, "amount");
	credential->years = DW_CREDENTIAL_NONE;
	if (dw_arg_has(call, "years_experience"))
		credential->years = dw_arg_int4(call, "years_experience");
}

/* Judges every value (22023). */
static void
credential_check(DwCall *call, const DwCredential *credential)
{
	text_check(call, "name");
	text_check(call, "issuer");
	text_check(call, "number");
	if (!DATE_IS_NOBEGIN(credential->valid_until) &&
		credential->valid_until < credential->valid_from)
		dw_arg_refuse(call, "valid_until", DW_BAD_VALUE,
					  "must not be before valid_from");
	if (dw_arg_has(call, "amount") && credential->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE,
					  "must be above zero");
	if (dw_arg_has(call, "years_experience") &&
		(credential->years < 0 || credential->years > YEARS_MAX))
		dw_arg_refuse(call, "years_experience", DW_BAD_VALUE,
					  psprintf("must be from 0 to %d", YEARS_MAX));
}

/* 22023 for a text that is there and says nothing. */
static void
text_check(DwCall *call, const char *arg)
{
	if (dw_arg_has(call, arg))
		(void) dw_arg_text(call, arg, NAME_MAX_LENGTH);
}

/*
 * Verifies what is still valid.  A verified one stays as it is: the row
 * counts as replayed.
 */
static void
credential_verify(DwCall *call, DwCredential *credential)
{
	if (credential->verified_at != DT_NOBEGIN)
	{
		dw_call_replayed(call);
		return;
	}
	if (!DATE_IS_NOBEGIN(credential->valid_until) &&
		credential->valid_until < dw_today())
		dw_raise(DW_DEADLINE_PASSED, "the credential has expired",
				 psprintf("Credential %s is past its valid_until.",
						  dw_uuid_text(&credential->id)),
				 "Add the renewed one with dwello.add_credential().");
	dw_credential_verify(credential, dw_now());
	credential_announce(credential, "credential_verified");
}

/* Tells the outside, without what the credential says. */
static void
credential_announce(const DwCredential *credential, const char *type)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &credential->user_id);
	dw_payload_uuid(&payload, "credential_id", &credential->id);
	dw_event_emit(&credential->user_id, "user", &credential->user_id, type,
				  &payload);
}
