/*
 * receipt_api.c
 *		Money that has arrived and fits no payment: it is booked in a scope of
 *		its own, and held there or given back as the settings say.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/company/company_store.h"
#include "store/ledger/ledger_store.h"

/* A fresh transaction in the scope of a receipt, of all that remains. */
static void
begin_transaction(DwCall *call, const DwReceipt *receipt,
				  DwTransactionType type, DwTransaction *transaction)
{
	*transaction = (DwTransaction)
	{
		.scope_id = receipt->id,
			.id = dw_transaction_id(),
			.payer_id = receipt->user_id,
			.type = type,
			.status = DW_TRANSACTION_PENDING,
			.amount = receipt->remaining,
			.net_amount = receipt->remaining,
			.currency = receipt->currency,
			.payment_method_id = receipt->payment_method_id,
			.psp = receipt->psp,
			.psp_reference = receipt->psp_reference,
			.actor = call->actor,
			.pay_by = DT_NOBEGIN,
			.created_at = dw_now(),
			.completed_at = DT_NOBEGIN,
			.occurred_at = receipt->occurred_at,
			.booked_on = DATEVAL_NOBEGIN
	};
}

/* Books a move of all that remains of a receipt, in its scope. */
static void
book(const DwReceipt *receipt, DwPostingEvent event,
	 DwTransaction *transaction)
{
	const DwAccount suspense =
		dw_account_of_receipt(&receipt->id, receipt->currency, receipt->psp);
	const DwAccount other =
		dw_account_of_psp(event == DW_POSTING_RECEIPT_RETURNED
						  ? DW_ACCOUNT_REFUND_PENDING
						  : DW_ACCOUNT_PSP_CLEARING,
						  receipt->currency, receipt->psp);
	const bool	comes = event == DW_POSTING_RECEIPT;
	DwPosting	posting;

	dw_posting_move(&posting, event, comes ? &other : &suspense,
					comes ? &suspense : &other, receipt->remaining);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(transaction, &posting);
}

/* Emits what became of a receipt: in its job's scope, else in its own. */
static void
emit(const DwReceipt *receipt, const char *type, DwPayload *payload)
{
	const bool	is_of_job = !dw_uuid_is_nil(&receipt->job_id);
	const DwUuid *scope_id = is_of_job ? &receipt->job_id : &receipt->id;

	dw_payload_uuid(payload, "receipt_id", &receipt->id);
	if (is_of_job)
		dw_payload_uuid(payload, "job_id", &receipt->job_id);
	if (!dw_uuid_is_nil(&receipt->user_id))
		dw_payload_uuid(payload, "homeowner_id", &receipt->user_id);
	dw_payload_uuid(payload, "payment_method_id",
					receipt->payment_method_id);
	dw_payload_text(payload, "psp", receipt->psp);
	dw_payload_text(payload, "psp_reference", receipt->psp_reference);
	dw_payload_text(payload, "currency", receipt->currency);
	dw_payload_text(payload, "reason",
					dw_receipt_reason_label(receipt->reason));
	dw_event_emit(scope_id, is_of_job ? "escrow" : "receipt", scope_id, type,
				  payload);
}

/*
 * Gives back all that remains: asks the worker to refund that very charge,
 * and tells who paid it.
 */
static void
give_back(DwCall *call, DwReceipt *receipt)
{
	DwTransaction transaction;
	DwPayload	payload;
	DwRefundRow refund = {
		.scope_id = receipt->id,
		.job_id = receipt->job_id,
		.receipt_id = receipt->id,
		.homeowner_id = receipt->user_id,
		.payment_id = receipt->transaction_id,
		.payment_method_id = receipt->payment_method_id,
		.psp = receipt->psp,
		.psp_reference = receipt->psp_reference,
		.facts = {.amount = receipt->remaining}
	};

	begin_transaction(call, receipt, DW_TRANSACTION_REFUND, &transaction);
	transaction.occurred_at = DT_NOBEGIN;
	book(receipt, DW_POSTING_RECEIPT_RETURNED, &transaction);
	refund.transaction_id = transaction.id;
	strlcpy(refund.currency, receipt->currency, sizeof(refund.currency));
	dw_refund_insert(&refund);
	dw_refund_emit(&refund, "refund_requested", refund.facts.amount,
				   dw_receipt_reason_label(receipt->reason));
	dw_payload_begin(&payload);
	dw_payload_int8(&payload, "amount", refund.facts.amount);
	emit(receipt, "receipt_returned", &payload);
	receipt->remaining = 0;
	receipt->status = DW_RECEIPT_RETURNED;
	receipt->closed_at = dw_now();
	dw_receipt_save(receipt);
}

/* True when the operator wants money of this reason to go back at once. */
static bool
goes_back(DwReceiptReason reason)
{
	const char *name = psprintf("receipt_default_%s",
								dw_receipt_reason_label(reason));
	const char *value = dw_setting_find(name);

	return value != NULL && strcmp(value, "return") == 0;
}

bool
dw_receipt_book(DwCall *call, DwReceipt *receipt)
{
	DwTransaction transaction;
	DwPayload	payload;

	receipt->id = dw_fact_id(receipt->psp, receipt->event_id);
	receipt->remaining = receipt->amount;
	receipt->status = DW_RECEIPT_HELD;
	receipt->created_at = dw_now();
	receipt->closed_at = DT_NOBEGIN;
	receipt->version = 1;
	begin_transaction(call, receipt, DW_TRANSACTION_RECEIPT, &transaction);
	receipt->transaction_id = transaction.id;
	if (!dw_receipt_insert(receipt))
		return false;
	book(receipt, DW_POSTING_RECEIPT, &transaction);
	if (goes_back(receipt->reason) &&
		receipt->amount % dw_psp_unit_of(receipt->psp,
										 receipt->currency) == 0)
	{
		give_back(call, receipt);
		return true;
	}
	dw_payload_begin(&payload);
	dw_payload_int8(&payload, "amount", receipt->amount);
	emit(receipt, "receipt_held", &payload);
	return true;
}

/* receipts(status, reason, job_id, after_id, max_results) → the receipts */
DW_FUNCTION(dwello_receipts)
{
	DwCall		call;
	DwReceiptQuery query = {.after = DW_CURSOR_NEWEST};
	const DwUuid *after_id;

	dw_query_begin(&call, fcinfo, DW_ACTOR_SYSTEM | DW_ACTOR_SUPPORT |
				   DW_ACTOR_ADMIN);
	query.max_results = dw_arg_page(&call, "max_results");
	query.status = dw_arg_label_opt(&call, "status");
	query.reason = dw_arg_label_opt(&call, "reason");
	query.job_id = dw_arg_uuid_opt(&call, "job_id");
	after_id = dw_arg_uuid_opt(&call, "after_id");
	if (after_id != NULL && !dw_receipt_seek(after_id, &query.after))
		dw_raise(DW_NOT_FOUND, "no such receipt",
				 psprintf("There is no receipt %s.", dw_uuid_text(after_id)),
				 "after_id is the receipt_id of the last row of a page.");

	dw_rows_begin(&call);
	dw_receipts_list(&call, &query);
	return dw_list_return(&call);
}
