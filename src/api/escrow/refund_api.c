/*
 * refund_api.c
 *		Gives money back, or gives an escrow up before any came.
 *
 * A refund leaves the escrow for the clearing accounts of the companies that
 * the payments came through; an intent in the outbox for each payment tells
 * its worker what to give back.  Neither command ends the job: that is for
 * cancel_job() or complete_job().
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"

/* What one refund is, for its books. */
typedef struct Refund
{
	DwSelector	selector;		/* what was asked for */
	const char *reason;			/* in words, or NULL */
	DwEscrowStatus from;		/* the escrow's state before the decision */
	DwRelease	decided;		/* what core decided */
	DwPaymentPart *parts;		/* of the payments that are given back */
	int			part_count;		/* how many */
} Refund;

/* WD101: what is being reviewed is not the homeowner's to take back. */
static void
check_consent(DwCall *call, const DwEscrowRow *row)
{
	if (call->actor.kind != DW_ACTOR_HOMEOWNER ||
		!dw_milestones_await_review(row->milestones, row->milestone_count))
		return;
	dw_raise(DW_INVALID_TRANSITION,
			 "delivered work waits for the homeowner's answer",
			 psprintf("A milestone of job %s is submitted, sent back or "
					  "approved.", dw_uuid_text(&row->job_id)),
			 "The provider may refund; or answer with "
			 "dwello.approve_milestone(), dwello.request_changes() or "
			 "dwello.open_dispute().");
}

/* The refund as a transaction; it names the payment if there is but one. */
static void
refund_transaction(DwCall *call, const DwEscrowRow *row,
				   const Refund *refund, DwTransaction *transaction)
{
	dw_escrow_begin_transaction(row, transaction, DW_TRANSACTION_REFUND,
								&call->actor);
	transaction->payer_id = row->provider_id;
	transaction->payee_id = row->homeowner_id;
	transaction->amount = refund->decided.amount;
	transaction->net_amount = refund->decided.amount;
	transaction->milestone_id = refund->selector.milestone_id;
	transaction->idempotency_key = call->key;
	if (refund->part_count != 1)
		return;
	transaction->payment_method_id = refund->parts[0].payment_method_id;
	transaction->psp = refund->parts[0].psp;
	transaction->psp_reference = refund->parts[0].psp_reference;
}

/* Tells the workers what to give back, and everybody that it was. */
static void
emit_refunded(const DwEscrowRow *row, const DwTransaction *transaction,
			  const Refund *refund)
{
	DwPayload	payload;

	for (int i = 0; i < refund->part_count; i++)
		dw_refund_emit(row, &transaction->id, &refund->parts[i],
					   refund->reason);
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &transaction->id);
	dw_payload_uuid(&payload, "milestone_id", transaction->milestone_id);
	dw_payload_int8(&payload, "amount", transaction->amount);
	dw_payload_text(&payload, "reason", refund->reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "escrow_refunded",
				  &payload);
}

/* Books a refund that core has decided on; the transaction's id. */
static DwUuid
refund_apply(DwCall *call, DwJob *job, DwEscrowRow *row, Refund *refund)
{
	DwTransition transition = {DW_ESCROW_EVENT_REFUND, call->actor,
	refund->from, NULL};
	const DwParties parties = DW_ESCROW_PARTIES(row);
	DwTransaction transaction;
	DwPosting	posting;

	refund->parts = dw_payments_to_refund(&row->job_id,
										  refund->decided.amount,
										  &refund->part_count);
	refund_transaction(call, row, refund, &transaction);
	dw_posting_refund(&posting, &parties,
					  dw_refund_parts(refund->parts, refund->part_count),
					  refund->part_count);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	transition.transaction_id = &transaction.id;
	dw_escrow_apply(row, &transition);
	emit_refunded(row, &transaction, refund);
	dw_escrow_move_job(job, row);
	return transaction.id;
}

DW_FUNCTION(dwello_refund_escrow)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	Refund		refund;
	DwUuid		transaction_id;
	DwResult	result;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
					 DW_ACTOR_ADMIN);
	dw_args_need(&call, "job_id", NULL);
	refund.reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	dw_arg_selector(&call, &refund.selector);
	if (dw_escrow_begin(&call, &job, &row, refund.selector.milestone_id))
		return dw_call_return(&call);
	dw_escrow_check(&call, &row, DW_ESCROW_EVENT_REFUND);
	check_consent(&call, &row);

	refund.from = row.escrow.status;
	result = dw_escrow_refund(&row.escrow, row.milestones,
							  row.milestone_count, &refund.selector,
							  &refund.decided);
	if (result != DW_OK)
		dw_escrow_refuse(&call, &row, result);
	transaction_id = refund_apply(&call, &job, &row, &refund);

	dw_row_uuid(&call, "transaction_id", &transaction_id);
	dw_row_int8(&call, "amount", refund.decided.amount);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

/* Writes that an escrow is given up, and tells the provider. */
static void
cancel_apply(DwCall *call, DwEscrowRow *row, const DwTransaction *payment,
			 const char *reason)
{
	DwTransition transition = {DW_ESCROW_EVENT_CANCEL, call->actor,
	row->escrow.status, payment == NULL ? NULL : &payment->id};
	DwPayload	payload;

	if (dw_escrow_cancel(&row->escrow, row->milestones,
						 row->milestone_count) != DW_OK)
		dw_escrow_refuse(call, row, DW_INVALID_TRANSITION);
	if (payment != NULL)
	{
		dw_transaction_end(payment, DW_TRANSACTION_CANCELLED);
		dw_payment_emit(row, payment, "payment_cancelled");
	}
	dw_escrow_apply(row, &transition);
	dw_escrow_payload(&payload, row);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "escrow_cancelled",
				  &payload);
}

DW_FUNCTION(dwello_cancel_escrow)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwTransaction payment;
	const char *reason;
	bool		pending;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	dw_args_need(&call, "job_id", NULL);
	reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	if (dw_escrow_begin(&call, &job, &row, NULL))
		return dw_call_return(&call);
	dw_escrow_check(&call, &row, DW_ESCROW_EVENT_CANCEL);
	pending = dw_payment_find(&job.id, NULL, &payment);
	cancel_apply(&call, &row, pending ? &payment : NULL, reason);

	if (pending)
		dw_row_uuid(&call, "transaction_id", &payment.id);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}
