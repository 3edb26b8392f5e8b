/*
 * escrow_api.c
 *		Commands that approve work and release its money.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "core/base/base.h"
#include "server/sql/sql_server.h"

/* Fills the columns of what was released. */
static void
row_release(DwCall *call, const DwRelease *release)
{
	dw_row_int8(call, "amount", release->amount);
	dw_row_int8(call, "fee", release->fee);
	dw_row_int8(call, "tax", release->tax);
	dw_row_int8(call, "payout", release->payout);
}

DW_FUNCTION(dwello_release_escrow)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwSelector	selector;
	DwPayout	payout = {.event = DW_ESCROW_EVENT_RELEASE};
	DwUuid		transaction_id;
	DwResult	result;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_ADMIN);
	dw_args_need(&call, "job_id", NULL);
	dw_arg_selector(&call, &selector);
	if (dw_escrow_begin(&call, &job, &row, selector.milestone_id))
		return dw_call_return(&call);
	dw_escrow_check(&call, &row, DW_ESCROW_EVENT_RELEASE);

	payout.actor = call.actor;
	payout.from = row.escrow.status;
	payout.milestone_id = selector.milestone_id;
	payout.key = call.key;
	result = dw_escrow_release(&row.escrow, row.milestones,
							   row.milestone_count, &selector,
							   &payout.release);
	if (result != DW_OK)
		dw_escrow_refuse(&call, &row, result);
	transaction_id = dw_escrow_pay_out(&job, &row, &payout);

	dw_row_uuid(&call, "transaction_id", &transaction_id);
	row_release(&call, &payout.release);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

/* Writes a milestone that is approved but cannot be released yet. */
static void
rest_approved(DwEscrowRow *row, const DwUuid *milestone_id)
{
	DwPayload	payload;

	dw_escrow_save_milestones(row);
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "milestone_id", milestone_id);
	dw_event_emit(&row->job_id, "escrow", &row->job_id,
				  "milestone_approved", &payload);
}

DW_FUNCTION(dwello_approve_milestone)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPayout	payout = {.event = DW_ESCROW_EVENT_APPROVE};
	DwUuid		milestone_id;
	DwResult	result;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_ADMIN);
	dw_args_need(&call, "job_id", "milestone_id", NULL);
	milestone_id = dw_arg_uuid(&call, "milestone_id");
	if (dw_escrow_begin(&call, &job, &row, &milestone_id))
		return dw_call_return(&call);

	payout.actor = call.actor;
	payout.from = row.escrow.status;
	payout.milestone_id = &milestone_id;
	payout.key = call.key;
	result = dw_escrow_approve(&row.escrow, row.milestones,
							   row.milestone_count, &milestone_id,
							   &payout.release);
	if (result != DW_OK)
		dw_escrow_refuse(&call, &row, result);
	if (payout.release.amount == 0)
		rest_approved(&row, &milestone_id);
	else
	{
		DwUuid		id = dw_escrow_pay_out(&job, &row, &payout);

		dw_row_uuid(&call, "transaction_id", &id);
	}
	row_release(&call, &payout.release);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}
