/*
 * profile_api.c
 *		Entry points of profiles: what a user tells of themselves, and what
 *		others see of a provider.
 */
#include "postgres.h"

#include "utils/jsonb.h"

#include "api/account/account_api.h"
#include "api/account/trust_api_int.h"
#include "core/account/account.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/account/account_store.h"

static void change_read(DwCall *call, DwProfileChange *change);
static void change_check(DwCall *call, DwProfileChange *change);
static void change_check_texts(DwCall *call, DwProfileChange *change);
static void change_check_lists(DwCall *call, const DwProfileChange *change);
static void clearable_check(DwCall *call, const char *arg, const char *text);
static void url_check(DwCall *call, const char *arg, const char *url);
static Datum document_opt(DwCall *call, const char *arg);
static void document_check(DwCall *call, const char *arg, Datum document,
						   int max);
static void profile_emit(const DwUuid *user_id);

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

	dw_user_for_command(&call, &user_id, &user);
	version = dw_profile_lock(&user_id);
	if (version == 0)
		dw_raise(DW_NOT_FOUND, "profile does not exist",
				 psprintf("User %s has none.", dw_uuid_text(&user_id)), NULL);
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

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	provider_id = dw_arg_uuid(&call, "provider_id");
	is_open = dw_contact_open_to(&call.actor, &provider_id);
	if (!dw_summary_query(&call, &provider_id, dw_today(), is_open))
		dw_raise(DW_NOT_FOUND, "provider does not exist",
				 psprintf("There is no active service provider %s.",
						  dw_uuid_text(&provider_id)), NULL);
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
	document_check(call, "availability_schedule",
				   change->availability_schedule,
				   DW_PROFILE_DOCUMENT_BYTES_MAX);
	document_check(call, "insurance_info", change->insurance_info,
				   DW_PROFILE_DOCUMENT_BYTES_MAX);
	document_check(call, "license_info", change->license_info,
				   DW_PROFILE_DOCUMENT_BYTES_MAX);
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
		change->timezone = dw_arg_check_timezone(call, "timezone",
												 change->timezone);
	if (change->language != NULL)
		dw_arg_check_language(call, "language", change->language);
	dw_arg_check_blank(call, "first_name", change->first_name);
	dw_arg_check_blank(call, "last_name", change->last_name);
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
}

/* An empty text takes a value away; blanks alone are a mistake. */
static void
clearable_check(DwCall *call, const char *arg, const char *text)
{
	if (text != NULL && *text != '\0')
		dw_arg_check_blank(call, arg, text);
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

/* Tells the outside that there is something new to read. */
static void
profile_emit(const DwUuid *user_id)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", user_id);
	dw_event_emit(user_id, "user", user_id, "profile_updated", &payload);
}
