/*
 * plan_api.c
 *		plan_milestones: the parts in which a job is delivered and paid.
 *
 * In a draft the plan is what was posted, in other words: proportions that
 * the award fits to the contract.  Under a contract the amounts sum to it,
 * and what was paid in fills the new plan in order.  In between the plan is
 * part of what bidders have priced, and stands.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
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

/* Tells the provider that the parts have changed. */
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
		dw_row_text(call, "milestone_status",
					dw_milestone_status_label(milestone->status));
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
	return plan_return(&call, &plan, plan_contract(&plan, &row));
}
