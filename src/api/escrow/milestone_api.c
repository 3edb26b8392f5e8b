/*
 * milestone_api.c
 *		Commands on the parts in which a job is delivered and paid: plan
 *		them, deliver work, send it back.
 *
 * In a draft the plan is what was posted, in other words: proportions that
 * the award fits to the contract.  Under a contract the amounts sum to it,
 * and what was paid in fills the new plan in order.  In between the plan is
 * part of what bidders have priced, and stands.
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

/* Reads the plan; errors of arguments alone. */
static void
plan_read(DwCall *call, DwPlan *plan)
{
	DwArgError	error = {0};

	memset(plan, 0, sizeof(*plan));
	dw_args_need(call, "job_id", "milestones", NULL);
	plan->job_id = dw_arg_uuid(call, "job_id");
	plan->words = dw_post_milestones(call, "milestones", &plan->count, &error);
	if (plan->count == 0)
		dw_arg_error_note(&error, "milestones", DW_BAD_VALUE,
						  "must have at least one element");
	dw_arg_error_raise(call, &error);
	plan->milestones = palloc0(plan->count * sizeof(DwMilestone));
	for (int i = 0; i < plan->count; i++)
	{
		DwMilestone *milestone = &plan->milestones[i];

		milestone->status = DW_MILESTONE_PLANNED;
		milestone->is_required = plan->words[i].is_required;
		if (plan->words[i].amount != DW_POST_ABSENT)
			milestone->amount = plan->words[i].amount;
	}
}

/* WD101: the plan of a job in this state stands. */
static void
plan_refuse_state(const DwJob *job)
{
	dw_raise(DW_INVALID_TRANSITION, "the plan cannot be changed now",
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)),
			 job->status == DW_JOB_OPEN
			 ? "Bidders have priced the plan; dwello.edit_job() changes what "
			 "they priced."
			 : "A plan is made in a draft, or once the award is confirmed.");
}

/* WD101 or 22023: what core said of the plan for this escrow. */
static void
plan_refuse(const DwEscrowRow *row, DwResult result)
{
	const char *job = dw_uuid_text(&row->job_id);

	if (result == DW_INVALID_TRANSITION)
		dw_raise(result, "the plan cannot be changed any more",
				 psprintf("The escrow of job %s is in state \"%s\".", job,
						  dw_escrow_status_label(row->escrow.status)),
				 "It can be until something of it is delivered, approved, "
				 "disputed, released or refunded.");
	dw_raise(result, "milestones must sum to the contract",
			 psprintf("The contract of job %s is " INT64_FORMAT ".", job,
					  row->escrow.contract_amount),
			 "Give amounts that sum to it, or none for equal parts.");
}

/* Emits to the provider that the parts have changed. */
static void
plan_emit(const DwEscrowRow *row, int count)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_int8(&payload, "milestones", count);
	dw_event_emit(&row->job_id, "escrow", &row->job_id,
				  "milestones_planned", &payload);
}

/* Decides on the plan of a contract, and writes it; the new version. */
static int32
plan_contract(DwPlan *plan, DwEscrowRow *row)
{
	DwResult	result = dw_escrow_replan(&row->escrow, row->milestones,
										  row->milestone_count,
										  plan->milestones, plan->count);

	if (result != DW_OK)
		plan_refuse(row, result);
	plan->provider_id = row->provider_id;
	dw_plan_replace(plan);
	row->escrow.version++;
	dw_escrow_save(row);
	plan_emit(row, plan->count);
	return row->escrow.version;
}

/* Emits the plan as it is now. */
static Datum
plan_return(DwCall *call, const DwPlan *plan, int32 version)
{
	for (int i = 0; i < plan->count; i++)
	{
		const DwMilestone *milestone = &plan->milestones[i];

		dw_row_uuid(call, "milestone_id", &milestone->id);
		dw_row_text(call, "title", plan->words[i].title);
		if (milestone->amount > 0)
			dw_row_int8(call, "amount", milestone->amount);
		dw_row_int4(call, "sort_order", milestone->sort_order);
		dw_row_enum(call, "milestone_status", &dw_milestone_status_labels,
					milestone->status);
		dw_row_int4(call, "version", version);
		dw_list_emit(call);
	}
	return dw_list_return(call);
}

DW_FUNCTION(dwello_plan_milestones)
{
	DwCall		call;
	DwJob		job;
	DwPlan		plan;
	DwEscrowRow row;
	bool		found;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	dw_rows_begin(&call);
	plan_read(&call, &plan);
	dw_job_for_command(&call, &plan.job_id, &job);
	dw_job_need_homeowner(&call, &job);
	if (dw_list_replay(&call, &job.id))
		return dw_list_return(&call);
	/* under a contract the plan is the escrow's, before it is the job's */
	found = dw_escrow_lock(&job.id, &row);
	dw_call_version(&call, found ? row.escrow.version : job.version);
	plan.homeowner_id = job.homeowner_id;
	if (job.status == DW_JOB_DRAFT)
	{
		dw_plan_replace(&plan);
		dw_job_save(&job);
		return plan_return(&call, &plan, job.version);
	}
	if (job.status != DW_JOB_AWARDED && job.status != DW_JOB_IN_PROGRESS)
		plan_refuse_state(&job);
	dw_escrow_need(&job.id, found);
	dw_contract_need_time(&job, &row.escrow);
	dw_contract_need_answered(&row);
	return plan_return(&call, &plan, plan_contract(&plan, &row));
}

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
