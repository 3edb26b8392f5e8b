/*
 * ending_api.c
 *		How a contract ends before its work is done: abandon_job.
 *
 * What is held goes back to the homeowner, a payment under way is given up,
 * and the job is cancelled with the side that it ended by.  What was released
 * stays: a side that wants it back opens a dispute first.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "store/authorization/authorization_store.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"

/* WD101 while a dispute or a bank holds fast what is to go back. */
static void
ending_check_free(const DwEscrowRow *row)
{
	if (row->escrow.disputed == 0 && !row->escrow.frozen)
		return;
	dw_raise(DW_INVALID_TRANSITION,
			 "the contract cannot end while a dispute or chargeback is open",
			 psprintf("Of what is held for job %s " INT64_FORMAT
					  " is disputed.", dw_uuid_text(&row->job_id),
					  row->escrow.disputed),
			 "Settle it first, see dwello.answer_dispute().");
}

/* WD101 for a contract that its provider can simply withdraw from. */
static void
ending_check_funded(const DwJob *job, const DwEscrowRow *row)
{
	if (job->started_at != DT_NOBEGIN || !job->is_escrowed ||
		row->escrow.funded > 0)
		return;
	dw_raise(DW_INVALID_TRANSITION, "nothing was paid for the contract",
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)),
			 "dwello.withdraw_bid() ends it, and counts against nobody.");
}

/* Gives back all that is held; the transaction, or nil when nothing is. */
static DwUuid
ending_refund(DwCall *call, DwEscrowRow *row, const char *reason)
{
	DwRefund	refund = {
		.event = DW_ESCROW_EVENT_END,
		.from = row->escrow.status,
		.reason = reason
	};
	static const DwUuid none;

	if (row->escrow.held == 0)
		return none;
	if (dw_escrow_refund(&row->escrow, row->milestones, row->milestone_count,
						 &refund.selector, &refund.decided) != DW_OK)
		elog(ERROR, "what is held for job %s cannot go back",
			 dw_uuid_text(&row->job_id));
	return dw_refund_apply(call, row, &refund);
}

/* Gives up a payment that is under way; one that comes goes back. */
static void
ending_give_up_payment(const DwEscrowRow *row)
{
	DwTransaction payment;

	dw_authorizations_void(row);
	if (!dw_payment_find(&row->job_id, NULL, &payment))
		return;
	dw_transaction_end(&payment, DW_TRANSACTION_CANCELLED);
	dw_payment_emit(row, &payment, "payment_cancelled");
}

DwUuid
dw_contract_end(DwCall *call, DwJob *job, DwEscrowRow *row, const char *event)
{
	DwUuid		id;

	/* lock order: job, escrow with its milestones, then the outbox */
	ending_give_up_payment(row);
	id = ending_refund(call, row, job->reason);
	dw_job_end(job, event);
	return id;
}

/* abandon_job(job_id, reason) → the job that has ended, what goes back */
DW_FUNCTION(dwello_abandon_job)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwEscrowRow row;
	char	   *reason;
	bool		found;
	int64		before;
	DwUuid		id;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	dw_args_need(&call, "job_id", "reason", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	reason = dw_arg_text(&call, "reason", DW_NOTES_MAX);
	dw_job_for_command(&call, &job_id, &job);
	found = dw_escrow_lock(&job_id, &row);
	dw_job_need_provider(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	(void) dw_job_next(&call, &job, DW_JOB_EVENT_ABANDON);
	dw_escrow_need(&job_id, found);
	dw_contract_need_answered(&row);
	ending_check_funded(&job, &row);
	ending_check_free(&row);

	job.reason = reason;
	job.responsible = DW_JOB_SIDE_PROVIDER;
	before = row.escrow.refunded;
	id = dw_contract_end(&call, &job, &row, "job_abandoned");
	if (!dw_uuid_is_nil(&id))
		dw_row_uuid(&call, "transaction_id", &id);
	dw_row_int8(&call, "refund", row.escrow.refunded - before);
	dw_row_uuid(&call, "job_id", &job_id);
	dw_row_enum(&call, "status", &dw_job_status_labels, job.status);
	dw_row_enum(&call, "responsible", &dw_job_side_labels, job.responsible);
	dw_row_text(&call, "currency", row.escrow.currency);
	dw_row_int4(&call, "version", job.version);
	return dw_call_return(&call);
}
