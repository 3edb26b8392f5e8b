/*
 * tip_api.c
 *		What a homeowner gives on top of the contract once the job is done.
 *
 * A tip is asked for as a payment is, and the worker of the payment company
 * tells of it as of one (confirm_payment, fail_payment), which books it by two
 * transactions: the payment into the escrow, under the id that was asked for,
 * and the tip out of it, under a new one, as accounts of providers and of the
 * platform want it: what is booked on them is never older than what was
 * rolled up.  The amounts of the contract do not move.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "core/base/base.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"

/* WD101 unless the job is completed, and was paid through escrow. */
static void
tip_check_job(const DwJob *job)
{
	if (job->status == DW_JOB_COMPLETED && job->is_escrowed)
		return;
	dw_raise(DW_INVALID_TRANSITION, "the job takes no tip",
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)),
			 "A tip is for a job that is completed and was paid through"
			 " escrow.");
}

/* Ends a tip that did not arrive in time; WD101 while one is under way. */
static void
tip_end_stale(DwEscrowRow *row)
{
	DwTransaction pending;

	if (dw_payment_find_stale(&row->job_id, &pending))
		dw_payment_expire(row, &pending);
}

/* tip(job_id, amount, payment_method_id) → what is asked for */
DW_FUNCTION(dwello_tip)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwEscrowRow row;
	DwPaymentWay way;
	DwPaymentAsked asked = {.type = DW_TRANSACTION_TIP_PAYMENT};
	DwTransaction payment;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	dw_args_need(&call, "job_id", "amount", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	asked.amount = dw_arg_amount(&call, "amount");
	if (asked.amount <= 0)
		dw_arg_refuse(&call, "amount", DW_BAD_VALUE, "must be more than zero");
	dw_job_for_command(&call, &job_id, &job);
	dw_payment_way_find(&call, &way);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	tip_check_job(&job);
	dw_escrow_need(&job_id, dw_escrow_lock(&job_id, &row));
	dw_payment_way_check(&way);
	dw_need_whole(way.is_known ? way.method.psp : NULL, row.escrow.currency,
				  asked.amount);
	tip_end_stale(&row);
	dw_payment_ask(&call, &row, &way, &asked, &payment);
	dw_payment_emit(&row, &payment, "payment_requested");

	dw_row_uuid(&call, "job_id", &job_id);
	dw_row_uuid(&call, "transaction_id", &payment.id);
	dw_row_int8(&call, "amount", payment.amount);
	dw_row_text(&call, "currency", row.escrow.currency);
	dw_row_time(&call, "pay_by", payment.pay_by);
	return dw_call_return(&call);
}

void
dw_tip_fail(const DwEscrowRow *row, const DwTransaction *payment,
			const char *reason)
{
	DwPayload	payload;

	dw_transaction_end(payment, DW_TRANSACTION_FAILED);
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &payment->id);
	dw_payload_int8(&payload, "amount", payment->amount);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "tip_failed",
				  &payload);
}
