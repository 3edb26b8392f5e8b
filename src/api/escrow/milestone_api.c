/*
 * milestone_api.c
 *		Commands on the parts in which a job is delivered and paid: deliver
 *		work, send it back.
 *
 * Delivery moves no money, so the escrow's version stays; the version that a
 * caller knows is the milestone's.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

#define PHOTO_MAX	2000		/* characters of one address of a photo */

/* Reads what was delivered; 22001 and 22023. */
static void
read_delivery(DwCall *call, DwDelivery *delivery)
{
	int			count;
	int64		most;

	delivery->notes = dw_arg_text_opt(call, "notes", DW_NOTES_MAX);
	(void) dw_arg_texts(call, "photos", PHOTO_MAX, &count);
	most = dw_setting_int8("max_photos_per_job");
	if (count > most)
		dw_arg_refuse(call, "photos", DW_BAD_VALUE,
					  psprintf("has more than " INT64_FORMAT " elements",
							   most));
	delivery->photos = dw_arg_datum(call, "photos");
}

/* The version of a milestone's row. */
static int32
version_of(const DwEscrowRow *row, const DwMilestone *milestone)
{
	return row->stored[milestone - row->milestones].version;
}

/*
 * Locks job and escrow for a party, as dw_escrow_begin, but the version is
 * that of the milestone when one is named.  True: done before.
 */
static bool
milestone_begin(DwCall *call, DwJob *job, DwEscrowRow *row,
				const DwUuid *milestone_id)
{
	DwUuid		job_id = dw_arg_uuid(call, "job_id");
	DwMilestone *milestone = NULL;
	bool		found;

	dw_job_for_command(call, &job_id, job);
	found = dw_escrow_lock(&job_id, row);
	if (found && milestone_id != NULL)
	{
		milestone = dw_milestones_find(row->milestones,
									   row->milestone_count, milestone_id);
		if (milestone == NULL)
			dw_escrow_refuse(call, row, DW_NOT_FOUND);
	}
	if (call->actor.kind == DW_ACTOR_PROVIDER)
		dw_job_need_provider(call, job);
	else
		dw_job_need_homeowner(call, job);
	if (dw_call_replay(call, &job_id))
		return true;
	dw_escrow_need(&job_id, found);
	if (milestone != NULL)
		dw_call_version(call, version_of(row, milestone));
	dw_contract_need_answered(row);
	return false;
}

/* Writes a delivery: the milestone, the history, the event. */
static void
deliver(DwCall *call, DwEscrowRow *row, DwMilestone *milestone,
		DwDelivery *delivery)
{
	DwTransition transition = {DW_ESCROW_EVENT_SUBMIT, call->actor,
	row->escrow.status, NULL};
	DwPayload	payload;

	/* the time is the job's own, or the setting's, as of now: it is frozen */
	delivery->submitted_at = dw_now();
	delivery->auto_release_at = delivery->submitted_at +
		dw_job_timer(&row->job_id, "auto_release_days") * USECS_PER_DAY;
	dw_escrow_deliver(row, milestone, delivery);
	dw_escrow_apply(row, &transition);
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "milestone_id", &milestone->id);
	dw_payload_int8(&payload, "amount", milestone->amount);
	dw_event_emit(&row->job_id, "escrow", &row->job_id,
				  "milestone_submitted", &payload);
}

/* The row of both commands. */
static Datum
milestone_return(DwCall *call, const DwEscrowRow *row,
				 const DwMilestone *milestone)
{
	dw_row_escrow(call, row);
	dw_row_uuid(call, "milestone_id", &milestone->id);
	dw_row_enum(call, "milestone_status", &dw_milestone_status_labels,
				milestone->status);
	dw_row_int8(call, "amount", milestone->amount);
	dw_row_int4(call, "version", version_of(row, milestone));
	return dw_call_return(call);
}

DW_FUNCTION(dwello_submit_milestone)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwDelivery	delivery;
	DwMilestone *milestone = NULL;
	const DwUuid *milestone_id;
	DwResult	result;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	dw_args_need(&call, "job_id", "photos", NULL);
	milestone_id = dw_arg_uuid_opt(&call, "milestone_id");
	read_delivery(&call, &delivery);
	if (milestone_begin(&call, &job, &row, milestone_id))
		return dw_call_return(&call);

	result = dw_escrow_submit(&row.escrow, row.milestones,
							  row.milestone_count, milestone_id, &milestone);
	if (milestone_id == NULL && milestone != NULL)
		dw_call_version(&call, version_of(&row, milestone));
	if (job.status != DW_JOB_IN_PROGRESS)
		dw_raise(DW_INVALID_TRANSITION,
				 "work can be delivered only while the job is in progress",
				 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job.id),
						  dw_job_status_label(job.status)),
				 "The provider begins work with dwello.start_job().");
	if (result != DW_OK)
		dw_escrow_refuse(&call, &row, result);
	deliver(&call, &row, milestone, &delivery);

	dw_row_time(&call, "auto_release_at", delivery.auto_release_at);
	return milestone_return(&call, &row, milestone);
}

/*
 * Writes that a milestone was sent back, and emits why.  Its clock stops for
 * good: the next delivery gets a whole new time to review.
 */
static void
send_back(DwCall *call, DwEscrowRow *row, const DwMilestone *milestone,
		  const char *notes)
{
	DwTransition transition = {DW_ESCROW_EVENT_REQUEST_CHANGES, call->actor,
	row->escrow.status, NULL};
	DwPayload	payload;

	dw_escrow_apply(row, &transition);
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "milestone_id", &milestone->id);
	dw_payload_text(&payload, "notes", notes);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "changes_requested",
				  &payload);
}

DW_FUNCTION(dwello_request_changes)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwMilestone *milestone;
	const DwUuid *milestone_id;
	const char *notes;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	dw_args_need(&call, "job_id", NULL);
	milestone_id = dw_arg_uuid_opt(&call, "milestone_id");
	notes = dw_arg_text_opt(&call, "notes", DW_NOTES_MAX);
	if (milestone_begin(&call, &job, &row, milestone_id))
		return dw_call_return(&call);

	milestone = milestone_id == NULL
		? dw_milestones_submitted(row.milestones, row.milestone_count)
		: dw_milestones_find(row.milestones, row.milestone_count,
							 milestone_id);
	if (milestone_id == NULL && milestone != NULL)
		dw_call_version(&call, version_of(&row, milestone));
	dw_escrow_check(&call, &row, DW_ESCROW_EVENT_REQUEST_CHANGES);
	if (milestone == NULL || dw_milestone_request_changes(milestone) != DW_OK)
		dw_escrow_refuse(&call, &row, DW_INVALID_TRANSITION);
	send_back(&call, &row, milestone, notes);
	return milestone_return(&call, &row, milestone);
}
