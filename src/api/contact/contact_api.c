/*
 * contact_api.c
 *		Entry points of how people are reached, and where a job is.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "core/account/account.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/account/account_store.h"
#include "store/audit/audit_store.h"

/* The longest reason for opening a contact, in characters. */
#define REASON_MAX 200

/* P0002 unless the caller may have the user's contact opened. */
static void
contact_need(DwCall *call, const DwUuid *user_id, DwUser *user)
{
	if (!dw_contact_open_to(&call->actor, user_id) ||
		!dw_user_load(user_id, user))
		dw_raise(DW_NOT_FOUND, "user does not exist",
				 "There is no such user, or none that you work with.",
				 "A contact is open to both sides from when something is paid"
				 " for the job until contact_days after it is completed.");
}

/* request_contact(user_id, reason) → the id of the record */
DW_FUNCTION(dwello_request_contact)
{
	DwCall		call;
	DwUuid		user_id;
	DwUuid	   *id = palloc(sizeof(*id));
	DwUser		user;
	const char *reason;

	dw_draft_begin(&call, fcinfo, DW_ACTOR_ANY);
	user_id = dw_arg_uuid(&call, "user_id");
	reason = dw_arg_text(&call, "reason", REASON_MAX);
	contact_need(&call, &user_id, &user);
	*id = dw_contact_log(&user_id, &call.actor, "contact_request", reason);
	dw_contact_request(id, &user_id, &call.actor);
	return dw_call_return_datum(&call, PointerGetDatum(id), false,
								sizeof(*id));
}

/*
 * WD101 unless the caller has asked before, so that a record of it survives a
 * rollback of this; whose data it is opens it without.
 */
static void
request_need(DwCall *call, const DwUuid *user_id)
{
	int64		minutes = dw_setting_int8("contact_minutes");

	if (dw_uuid_equal(user_id, &call->actor.user_id) ||
		dw_contact_requested(user_id, &call->actor, minutes))
		return;
	dw_raise(DW_INVALID_TRANSITION, "the contact was not asked for",
			 psprintf("A request counts for " INT64_FORMAT
					  " minutes, once its transaction has committed.",
					  minutes),
			 psprintf("Call dwello.request_contact() with user_id %s and"
					  " commit, then open it in another transaction.",
					  dw_uuid_text(user_id)));
}

/* get_user_contact(user_id, reason) → email, phone, addresses */
DW_FUNCTION(dwello_get_user_contact)
{
	DwCall		call;
	DwUuid		user_id;
	DwUser		user;
	const char *reason;

	dw_draft_begin(&call, fcinfo, DW_ACTOR_ANY);
	user_id = dw_arg_uuid(&call, "user_id");
	reason = dw_arg_text(&call, "reason", REASON_MAX);
	contact_need(&call, &user_id, &user);
	request_need(&call, &user_id);
	(void) dw_contact_log(&user_id, &call.actor, "contact", reason);
	dw_row_text(&call, "email",
				dw_unseal(DW_SEAL_EMAIL, &user_id, user.email));
	dw_row_text(&call, "phone",
				dw_unseal(DW_SEAL_PHONE, &user_id, user.phone));
	/* what somebody works for another says nothing of where else they are */
	if (dw_contact_visible(&call.actor, &user_id, false))
		dw_row_datum(&call, "addresses", dw_addresses_open(&user_id));
	return dw_call_return(&call);
}

/* export_user_data(user_id, reason) → table_name, row_key, data */
DW_FUNCTION(dwello_export_user_data)
{
	DwCall		call;
	DwUuid		user_id;
	DwUser		user;
	const char *reason;

	dw_draft_begin(&call, fcinfo, DW_ACTOR_ANY);
	user_id = dw_user_argument(&call, "user_id");
	reason = dw_arg_text(&call, "reason", REASON_MAX);
	if (!dw_uuid_equal(&user_id, &call.actor.user_id) &&
		(call.actor.kind & (DW_ACTOR_SYSTEM | DW_ACTOR_ADMIN |
							DW_ACTOR_SUPPORT)) == 0)
		dw_raise(DW_FORBIDDEN, "the data is another user's",
				 "People export their own.", "Leave user_id out.");
	if (!dw_user_load(&user_id, &user))
		dw_raise(DW_NOT_FOUND, "user does not exist", NULL,
				 "dwello.find_login() has the id of who signs in.");
	request_need(&call, &user_id);
	(void) dw_contact_log(&user_id, &call.actor, "export", reason);
	dw_rows_begin(&call);
	dw_person_export(&call, &user_id);
	return dw_list_return(&call);
}

/* Raises what dw_site_check() has found. */
static void
site_refuse(const DwJob *job, DwResult result)
{
	const char *detail = psprintf("Job %s is in state \"%s\".",
								  dw_uuid_text(&job->id),
								  dw_job_status_label(job->status));

	if (result == DW_DEADLINE_PASSED)
		dw_raise(DW_DEADLINE_PASSED, "the site of the job is closed again",
				 detail,
				 "It is open for contact_days after a job is completed;"
				 " dwello.send_message() asks the homeowner.");
	dw_raise(DW_INVALID_TRANSITION, "the site of the job is not open",
			 detail,
			 "It opens once the award is confirmed and something is paid,"
			 " see dwello.confirm_award() and dwello.fund_escrow(), and"
			 " closes when the job is cancelled.");
}

/*
 * Refuses who may not see the site of a job that they may know of: to its
 * homeowner and to staff it is always open, to its provider while they work.
 */
static void
site_need(DwCall *call, const DwJob *job)
{
	DwResult	result;

	if (dw_contact_visible(&call->actor, &job->homeowner_id, false))
		return;
	if (!dw_uuid_equal(&call->actor.user_id, &job->provider_id))
		dw_raise(DW_FORBIDDEN, "the site of the job is not yours to see",
				 psprintf("Job %s is another's.", dw_uuid_text(&job->id)),
				 "It is for the homeowner and the provider who has the award.");
	result = dw_site_check(&job->id);
	if (result != DW_OK)
		site_refuse(job, result);
}

/* job_site(job_id) → job_id, street, longitude, latitude */
DW_FUNCTION(dwello_job_site)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwDegrees	point;

	dw_draft_begin(&call, fcinfo, DW_ACTOR_ANY);
	job_id = dw_arg_uuid(&call, "job_id");
	dw_job_for_query(&call, &job_id, &job);
	site_need(&call, &job);
	request_need(&call, &job.homeowner_id);
	(void) dw_contact_log(&job.homeowner_id, &call.actor, "job_site",
						  psprintf("Job %s.", dw_uuid_text(&job_id)));
	dw_row_uuid(&call, "job_id", &job_id);
	dw_row_text(&call, "street", dw_site_open(&job_id, &point));
	dw_row_float8(&call, "longitude", point.longitude);
	dw_row_float8(&call, "latitude", point.latitude);
	return dw_call_return(&call);
}
