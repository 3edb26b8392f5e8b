/*
 * refund_service.c
 *		Money of an escrow goes back: it is booked as asked of the payment
 *		companies, each of whom gets an intent for each of its payments.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/sql/sql_server.h"
#include "store/company/company_store.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"
#include "store/refund/refund_store.h"

/* An id that may be nil, for a payload. */
static const DwUuid *
unless_nil(const DwUuid *id)
{
	return dw_uuid_is_nil(id) ? NULL : id;
}

/* The members of a payload that every event of a refund has. */
static void
refund_payload(DwPayload *payload, const DwRefundRow *refund, int64 amount)
{
	dw_payload_begin(payload);
	dw_payload_uuid(payload, "job_id", unless_nil(&refund->job_id));
	dw_payload_uuid(payload, "homeowner_id",
					unless_nil(&refund->homeowner_id));
	dw_payload_uuid(payload, "provider_id",
					unless_nil(&refund->provider_id));
	dw_payload_text(payload, "currency", refund->currency);
	dw_payload_uuid(payload, "refund_id", &refund->id);
	dw_payload_uuid(payload, "receipt_id", unless_nil(&refund->receipt_id));
	dw_payload_uuid(payload, "failure_id", unless_nil(&refund->failure_id));
	dw_payload_uuid(payload, "transaction_id", &refund->transaction_id);
	dw_payload_uuid(payload, "payment_id", unless_nil(&refund->payment_id));
	dw_payload_uuid(payload, "payment_method_id", refund->payment_method_id);
	dw_payload_text(payload, "psp", refund->psp);
	dw_payload_text(payload, "psp_reference", refund->psp_reference);
	dw_payload_text(payload, "refund_reference", refund->refund_reference);
	dw_payload_int8(payload, "amount", amount);
}

void
dw_refund_emit(const DwRefundRow *refund, const char *type, int64 amount,
			   const char *reason)
{
	const bool	is_of_job = !dw_uuid_is_nil(&refund->job_id);
	const DwUuid *scope_id = is_of_job ? &refund->job_id : &refund->scope_id;
	DwPayload	payload;

	refund_payload(&payload, refund, amount);
	if (strcmp(type, "refund_requested") == 0)
		dw_payload_psp_amount(&payload, refund->psp, refund->currency,
							  amount);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(scope_id, is_of_job ? "escrow" : "receipt", scope_id, type,
				  &payload);
}

void
dw_refunds_ask(const DwEscrowRow *row, const DwUuid *transaction_id,
			   const DwPaymentPart *parts, int count, const char *reason)
{
	for (int i = 0; i < count; i++)
	{
		DwRefundRow refund = {
			.scope_id = row->job_id,
			.job_id = row->job_id,
			.homeowner_id = row->homeowner_id,
			.provider_id = row->provider_id,
			.transaction_id = *transaction_id,
			.payment_id = parts[i].payment_id,
			.payment_method_id = parts[i].payment_method_id,
			.psp = parts[i].psp,
			.psp_reference = parts[i].psp_reference,
			.facts = {.amount = parts[i].amount}
		};

		if (parts[i].psp == NULL)
			continue;			/* its payer has it already */
		strlcpy(refund.currency, row->escrow.currency,
				sizeof(refund.currency));
		dw_refund_insert(&refund);
		dw_refund_emit(&refund, "refund_requested", refund.facts.amount,
					   reason);
	}
}

DwGivenBack *
dw_refund_parts(const DwPaymentPart *parts, int count)
{
	DwGivenBack *back = palloc(sizeof(DwGivenBack) * Max(count, 1));

	for (int i = 0; i < count; i++)
		back[i] = (DwGivenBack)
	{
		parts[i].psp, parts[i].amount
	};
	return back;
}

/* The refund as a transaction; it names the payment if there is but one. */
static void
refund_transaction(DwCall *call, const DwEscrowRow *row,
				   const DwRefund *refund, DwTransaction *transaction)
{
	dw_escrow_begin_transaction(row, transaction, DW_TRANSACTION_REFUND,
								&call->actor);
	transaction->payer_id = row->provider_id;
	transaction->payee_id = row->homeowner_id;
	transaction->amount = refund->decided.amount;
	transaction->net_amount = refund->decided.amount;
	transaction->milestone_id = refund->selector.milestone_id;
	if (!refund->is_rest)
		transaction->request_id = dw_call_request_id(call);
	if (refund->part_count != 1)
		return;
	transaction->payment_method_id = refund->parts[0].payment_method_id;
	transaction->psp = refund->parts[0].psp;
	transaction->psp_reference = refund->parts[0].psp_reference;
}

/* Asks the workers for it, and tells everybody. */
static void
emit_refunded(const DwEscrowRow *row, const DwTransaction *transaction,
			  const DwRefund *refund)
{
	DwPayload	payload;

	dw_refunds_ask(row, &transaction->id, refund->parts, refund->part_count,
				   refund->reason);
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &transaction->id);
	dw_payload_uuid(&payload, "milestone_id", transaction->milestone_id);
	dw_payload_int8(&payload, "amount", transaction->amount);
	dw_payload_text(&payload, "reason", refund->reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "escrow_refunded",
				  &payload);
}

/* 22023 for an amount of which the job's companies can send no part. */
static void
need_whole(const DwUuid *job_id, int64 amount)
{
	if (!dw_refund_is_whole(job_id, amount))
		dw_raise(DW_BAD_VALUE, "amount is no whole unit of the company's",
				 psprintf("The payments of job %s cannot give back "
						  INT64_FORMAT " minor units.",
						  dw_uuid_text(job_id), amount),
				 "dwello.psp_units says in what companies count.");
}

DwUuid
dw_refund_apply(DwCall *call, DwEscrowRow *row, DwRefund *refund)
{
	DwTransition transition = {refund->event, call->actor,
	refund->from, NULL};
	const DwParties parties = DW_ESCROW_PARTIES(row);
	DwTransaction transaction;
	DwPosting	posting;

	/* with a fee on top more goes back than the price that is named */
	if (refund->event == DW_ESCROW_EVENT_REFUND &&
		refund->selector.amount == refund->decided.amount)
		need_whole(&row->job_id, refund->selector.amount);
	refund->parts = dw_payments_to_refund(&row->job_id,
										  refund->decided.amount,
										  &refund->part_count);
	refund_transaction(call, row, refund, &transaction);
	dw_posting_refund(&posting, &parties,
					  dw_refund_parts(refund->parts, refund->part_count),
					  refund->part_count);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	transition.transaction_id = &transaction.id;
	dw_escrow_apply(row, &transition);
	emit_refunded(row, &transaction, refund);
	return transaction.id;
}

void
dw_escrow_return_rest(DwCall *call, DwEscrowRow *row)
{
	DwRefund	refund = {
		.event = DW_ESCROW_EVENT_END,
		.from = row->escrow.status,
		.reason = "rest",
		.is_rest = true
	};

	if (dw_escrow_has_rest(&row->escrow, row->milestones,
						   row->milestone_count) &&
		dw_escrow_refund(&row->escrow, row->milestones, row->milestone_count,
						 &refund.selector, &refund.decided) == DW_OK)
		(void) dw_refund_apply(call, row, &refund);
}

void
dw_receipt_need_room(const DwReceipt *receipt)
{
	int64		room = dw_receipt_room(receipt);

	if (receipt->remaining <= room)
		return;
	dw_raise(DW_INSUFFICIENT_FUNDS, "the bank of who paid has taken it back",
			 psprintf("Of the charge of receipt %s " INT64_FORMAT
					  " can go back, and " INT64_FORMAT " lie there.",
					  dw_uuid_text(&receipt->id), Max(room, 0),
					  receipt->remaining),
			 "dwello.post_journal() takes the rest out of suspense.");
}
