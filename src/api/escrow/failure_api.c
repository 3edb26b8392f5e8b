/*
 * failure_api.c
 *		fail_payment: a payment that was asked for will not come.
 *
 * Companies tell things twice, and in any order.  A payment that has ended
 * already, because its time was up or the homeowner gave it up, stays as it
 * is; one that has arrived cannot fail any more.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store.h"

/* Reads the arguments of fail_payment; errors of arguments alone. */
static const char *
failure_read(DwCall *call, DwPaymentEvent *event)
{
	const DwUuid *id;

	memset(event, 0, sizeof(*event));
	dw_args_need(call, DW_ARG(0) | DW_ARG(1) | DW_ARG(2));
	event->type = DW_PAYMENT_FAILED;
	event->job_id = dw_arg_uuid(call, 0);
	event->psp = dw_arg_text(call, 1, DW_PSP_MAX);
	event->event_id = dw_arg_text(call, 2, DW_PSP_REFERENCE_MAX);
	id = dw_arg_uuid_opt(call, 3);
	if (id != NULL)
		event->transaction_id = *id;
	return dw_arg_text_opt(call, 4, DW_NOTES_MAX);
}

/* WD101 when no payment was asked for, or it has arrived. */
static void
failure_check(const DwPaymentEvent *event, bool found,
			  const DwTransaction *payment)
{
	if (!found)
		dw_raise(DW_INVALID_TRANSITION, "no payment is awaited",
				 psprintf("No payment was asked for job %s.",
						  dw_uuid_text(&event->job_id)),
				 "The homeowner asks for one with dwello.fund_escrow().");
	if (payment->status == DW_TRANSACTION_COMPLETED ||
		dw_payment_has_arrived(&event->job_id, &payment->id))
		dw_raise(DW_INVALID_TRANSITION, "the payment has arrived",
				 psprintf("Transaction %s is completed.",
						  dw_uuid_text(&payment->id)),
				 "What a bank takes back is for dwello.open_chargeback().");
}

/*
 * Ends a pending payment.  An escrow that is over by now stays as it is; for
 * any other it is a transition, if only in its history.
 */
static void
failure_apply(DwCall *call, DwEscrowRow *row, const DwTransaction *payment,
			  const char *reason)
{
	DwTransition transition = {DW_ESCROW_EVENT_FAIL_PAYMENT, call->actor,
	row->escrow.status, &payment->id};
	DwPayload	payload;

	dw_transaction_end(payment, DW_TRANSACTION_FAILED);
	row->escrow.pending = payment->amount;
	if (dw_escrow_fail(&row->escrow, payment->amount) == DW_OK)
		dw_escrow_apply(row, &transition);
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &payment->id);
	dw_payload_int8(&payload, "amount", payment->amount);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "payment_failed",
				  &payload);
}

/* fail_payment: see its COMMENT. */
DW_FUNCTION(dwello_fail_payment)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPaymentEvent event;
	DwTransaction payment;
	const char *reason;
	bool		found;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	reason = failure_read(&call, &event);
	dw_job_for_command(&call, &event.job_id, &job);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, dw_escrow_lock(&job.id, &row));
	found = dw_payment_of_event(&event, &payment);
	failure_check(&event, found, &payment);

	event.transaction_id = payment.id;
	event.amount = payment.amount;
	event.currency = payment.currency;
	event.psp_reference = payment.psp_reference;
	if (payment.status == DW_TRANSACTION_PENDING)
		failure_apply(&call, &row, &payment, reason);
	else
		dw_call_replayed(&call);	/* it had ended by itself */
	return dw_payment_return(&call, &event, &row, &payment);
}
