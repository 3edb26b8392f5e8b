/*
 * publish_api.c
 *		publish_job: a draft takes bids.
 *
 * What bids are measured by is frozen here: the weights of the method, and
 * the reference amount.  Nothing that happens later, and no bid, moves them.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/bid/bid_store.h"

/* Freezes the weights that the method works with. */
static void
publish_freeze_weights(DwJob *job)
{
	bool		is_urgent = job->is_emergency ||
		job->urgency == DW_URGENCY_URGENT;
	DwScoreWeights given = job->has_weights ? job->weights
		: dw_score_weights_default(is_urgent);

	if (dw_score_weights_choose(job->scoring_method, &given,
								&job->weights) != DW_OK)
		dw_raise(DW_CHECK_VIOLATION,
				 "the weights leave the scoring method no criterion",
				 NULL, NULL);
	job->has_weights = true;
}

/* Freezes the reference; 22023 when the method needs one and has none. */
static void
publish_freeze_reference(DwJob *job)
{
	DwReferenceFacts facts;
	DwReference reference;

	dw_reference_load(job, &facts);
	reference = dw_reference_choose(&facts);
	if (reference.source == DW_REFERENCE_NONE &&
		job->scoring_method == DW_SCORING_METHOD_VALUE)
		dw_raise(DW_BAD_VALUE, "there is nothing to measure prices by",
				 "The job has no budget_max, and neither its neighbourhood "
				 "nor its category has a price.",
				 "Give the job a budget, or another scoring_method.");
	job->reference_amount = reference.amount;
	job->reference_source = reference.source;
}

/* Opens the job for bids and tells everybody. */
static void
publish_write(DwJob *job)
{
	DwPayload	payload;

	job->published_at = dw_now();
	job->expires_at = job->published_at +
		dw_setting_int8("job_expiry_days") * USECS_PER_DAY;
	job->is_listed = true;
	dw_job_save(job);
	dw_job_list_children(job);
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &job->id);
	dw_payload_uuid(&payload, "homeowner_id", &job->homeowner_id);
	dw_payload_uuid(&payload, "category_id", &job->category_id);
	dw_payload_text(&payload, "title", job->title);
	dw_payload_text(&payload, "currency", job->currency);
	dw_payload_int8(&payload, "terms_version", job->terms_version);
	dw_event_emit(&job->id, "job", &job->id, "job_published", &payload);
}

/* The row of publish_job. */
static Datum
publish_return(DwCall *call, const DwJob *job)
{
	dw_row_uuid(call, "job_id", &job->id);
	dw_row_text(call, "status", dw_job_status_label(job->status));
	dw_row_int4(call, "terms_version", job->terms_version);
	dw_row_time(call, "published_at", job->published_at);
	dw_row_time(call, "expires_at", job->expires_at);
	if (job->reference_amount > 0)
		dw_row_int8(call, "reference_amount", job->reference_amount);
	dw_row_text(call, "reference_source",
				dw_reference_source_label(job->reference_source));
	dw_row_int4(call, "version", job->version);
	return dw_call_return(call);
}

/* publish_job(job_id) → job_id, status, terms_version, ... */
DW_FUNCTION(dwello_publish_job)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;

	dw_command_begin(&call, fcinfo,
					 dw_machine_actors(dw_job_machine(),
									   DW_JOB_EVENT_PUBLISH));
	job_id = dw_arg_uuid(&call, "job_id");
	dw_job_for_command(&call, &job_id, &job);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	job.status = dw_job_next(&call, &job, DW_JOB_EVENT_PUBLISH);
	publish_freeze_weights(&job);
	publish_freeze_reference(&job);
	publish_write(&job);
	return publish_return(&call, &job);
}
