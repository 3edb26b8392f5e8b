/*
 * receipt_api.c
 *		Money that fits no payment, or could not be given back: it is booked in
 *		a scope of its own, held there or given back as the settings say, and
 *		has its ways out.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/company/company_store.h"
#include "store/dispute/dispute_store.h"
#include "store/ledger/ledger_store.h"

#define STAFF	(DW_ACTOR_SYSTEM | DW_ACTOR_SUPPORT | DW_ACTOR_ADMIN)

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

/* Its own account. */
static DwAccount
suspense_of(const DwReceipt *receipt)
{
	return dw_account_of_receipt(&receipt->id, receipt->currency,
								 receipt->psp);
}

/* Books a move in the scope of a receipt. */
static void
book(DwTransaction *transaction, const DwPosting *posting)
{
	dw_postings_ensure(posting, 1);
	dw_ledger_book_tail(transaction, posting);
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

/* Asks the worker of a company for a refund, and tells who gets it. */
static void
ask_back(const DwReceipt *receipt, DwRefundRow *refund, const char *reason)
{
	DwPayload	payload;

	strlcpy(refund->currency, receipt->currency, sizeof(refund->currency));
	dw_refund_insert(refund);
	dw_refund_emit(refund, "refund_requested", refund->facts.amount,
				   reason);
	dw_payload_begin(&payload);
	dw_payload_int8(&payload, "amount", refund->facts.amount);
	emit(receipt, "receipt_returned", &payload);
}

/*
 * Gives back all that remains: asks the worker to refund that very charge, or
 * to send it to another way to pay (method), and tells who paid it.  Gives
 * the id of the refund.
 */
static DwUuid
give_back(DwCall *call, DwReceipt *receipt, const DwPaymentSource *method,
		  const char *reason)
{
	const DwAccount suspense = suspense_of(receipt);
	DwAccount	pending;
	DwTransaction transaction;
	DwPosting	posting;
	DwRefundRow refund = {
		.scope_id = receipt->id,
		.job_id = receipt->job_id,
		.receipt_id = receipt->id,
		.homeowner_id = receipt->user_id,
		.payment_method_id = receipt->payment_method_id,
		.psp = receipt->psp,
		.psp_reference = receipt->psp_reference,
		.payment_id = receipt->transaction_id,
		.facts = {.amount = receipt->remaining}
	};

	if (method != NULL)
	{
		refund.payment_method_id = &method->id;
		refund.psp = method->psp;
		refund.psp_reference = NULL;
		memset(&refund.payment_id, 0, sizeof(refund.payment_id));
	}
	begin_transaction(call, receipt, DW_TRANSACTION_REFUND, &transaction);
	transaction.payment_method_id = refund.payment_method_id;
	transaction.psp = refund.psp;
	transaction.psp_reference = refund.psp_reference;
	transaction.occurred_at = DT_NOBEGIN;
	transaction.request_id = dw_call_request_id(call);
	pending = dw_account_of_psp(DW_ACCOUNT_REFUND_PENDING, receipt->currency,
								refund.psp);
	dw_posting_move(&posting, DW_POSTING_RECEIPT_RETURNED, &suspense,
					&pending, receipt->remaining);
	book(&transaction, &posting);
	refund.transaction_id = transaction.id;
	ask_back(receipt, &refund, reason);
	dw_receipt_reduce(receipt, receipt->remaining, DW_RECEIPT_RETURNED,
					  NULL);
	return refund.id;
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

/*
 * Writes a new one, of which all remains, with the transaction that books it,
 * still to be booked; false when its event has one.
 */
static bool
begin_receipt(DwCall *call, DwReceipt *receipt, DwTransactionType type,
			  DwTransaction *transaction)
{
	receipt->id = dw_fact_id(receipt->psp, receipt->event_id);
	receipt->remaining = receipt->amount;
	receipt->status = DW_RECEIPT_HELD;
	receipt->created_at = dw_now();
	receipt->closed_at = DT_NOBEGIN;
	receipt->version = 1;
	begin_transaction(call, receipt, type, transaction);
	receipt->transaction_id = transaction->id;
	return dw_receipt_insert(receipt);
}

void
dw_gone_find(const DwPaymentEvent *event, DwGone *gone)
{
	const char *psp = event->psp;
	const char *name = event->psp_reference;
	int64		most;

	memset(gone, 0, sizeof(*gone));
	if (name == NULL)
		return;
	most = Min(dw_charge_excess(psp, name, event->currency), event->amount);
	if (most == 0)
		return;
	gone->refunds = dw_refunds_at_loss(psp, name, event->currency,
									   &gone->refund_count);
	gone->chargebacks = dw_chargebacks_at_loss(psp, name, event->currency,
											   &gone->chargeback_count);
	for (int i = 0; i < gone->refund_count; i++)
		gone->amount += Min(gone->refunds[i].facts.loss, most - gone->amount);
	for (int i = 0; i < gone->chargeback_count; i++)
		gone->amount +=
			Min(dw_chargeback_borne(&gone->chargebacks[i].chargeback),
				most - gone->amount);
}

/* Takes what has gone out of a receipt that is new. */
static void
cover_gone(DwCall *call, DwReceipt *receipt, DwGone *gone)
{
	const DwCover cover = {
		.actor = call->actor,.occurred_at = receipt->occurred_at
	};
	int64		left = gone->amount;

	for (int i = 0; i < gone->refund_count && left > 0; i++)
	{
		DwRefundRow *refund = &gone->refunds[i];
		const int64 part = Min(refund->facts.loss, left);

		refund->facts.loss -= part;
		dw_refund_save(refund);
		dw_receipt_bear(&cover, receipt, DW_TRANSACTION_REFUND_PAYMENT, part);
		left -= part;
	}
	for (int i = 0; i < gone->chargeback_count && left > 0; i++)
	{
		DwChargebackRow *taken = &gone->chargebacks[i];
		const int64 part = dw_chargeback_cover(&taken->chargeback, left);

		if (dw_uuid_is_nil(&taken->receipt_id))
			taken->receipt_id = receipt->id;
		dw_chargeback_save(taken);
		if (part > 0)
			dw_receipt_bear(&cover, receipt, DW_TRANSACTION_CHARGEBACK, part);
		left -= part;
	}
}

/* What is left of a new receipt goes back at once, or waits for somebody. */
static void
dispose(DwCall *call, DwReceipt *receipt)
{
	DwPayload	payload;

	if (receipt->remaining == 0)
		return;
	if (goes_back(receipt->reason) &&
		receipt->remaining % dw_psp_unit_of(receipt->psp,
											receipt->currency) == 0)
		give_back(call, receipt, NULL,
				  dw_receipt_reason_label(receipt->reason));
	else
	{
		dw_payload_begin(&payload);
		dw_payload_int8(&payload, "amount", receipt->remaining);
		emit(receipt, "receipt_held", &payload);
	}
}

bool
dw_receipt_book(DwCall *call, DwReceipt *receipt, DwGone *gone)
{
	DwTransaction transaction;
	DwAccount	suspense;
	DwAccount	clearing;
	DwPosting	posting;

	if (!begin_receipt(call, receipt, DW_TRANSACTION_RECEIPT, &transaction))
		return false;
	suspense = suspense_of(receipt);
	clearing = dw_account_of_psp(DW_ACCOUNT_PSP_CLEARING, receipt->currency,
								 receipt->psp);
	dw_posting_move(&posting, DW_POSTING_RECEIPT, &clearing, &suspense,
					receipt->amount);
	book(&transaction, &posting);
	cover_gone(call, receipt, gone);
	dispose(call, receipt);
	return true;
}

/*
 * Locks a receipt, and then its job, which stands for its refunds.
 * P0002: there is none.
 */
static void
receipt_lock(DwCall *call, const DwUuid *id, DwReceipt *receipt)
{
	DwJob		job;

	if (!dw_receipt_lock(id, receipt))
		dw_raise(DW_NOT_FOUND, "no such receipt",
				 psprintf("There is no receipt %s.", dw_uuid_text(id)),
				 "dwello.receipts() lists them.");
	if (!dw_uuid_is_nil(&receipt->job_id))
		dw_job_for_command(call, &receipt->job_id, &job);
}

/* WD103, and WD101 unless it is held. */
static void
receipt_check(DwCall *call, const DwReceipt *receipt)
{
	dw_call_version(call, receipt->version);
	if (receipt->status != DW_RECEIPT_HELD)
		dw_raise(DW_INVALID_TRANSITION, "the receipt is not held any more",
				 psprintf("Receipt %s is %s.", dw_uuid_text(&receipt->id),
						  dw_receipt_status_label(receipt->status)),
				 "dwello.receipts(status => 'held') lists those that are.");
}

/* Fills the row of what gives a receipt back, and ends the call with it. */
static Datum
returned(DwCall *call, const DwReceipt *receipt, const DwUuid *refund_id,
		 int64 amount)
{
	dw_row_uuid(call, "receipt_id", &receipt->id);
	dw_row_uuid(call, "refund_id", refund_id);
	dw_row_int8(call, "amount", amount);
	dw_row_text(call, "currency", receipt->currency);
	dw_row_enum(call, "receipt_status", &dw_receipt_status_labels,
				receipt->status);
	dw_row_int4(call, "version", receipt->version);
	return dw_call_return(call);
}

/*
 * WD101 for money that its own charge could not take back.  Where nobody
 * knows who paid it no other way can be named, and it is asked again.
 */
static void
receipt_need_charge(const DwReceipt *receipt)
{
	if (receipt->reason != DW_RECEIPT_REFUND_FAILED ||
		dw_uuid_is_nil(&receipt->user_id))
		return;
	dw_raise(DW_INVALID_TRANSITION, "its own charge could not take it back",
			 psprintf("Receipt %s is a refund that failed.",
					  dw_uuid_text(&receipt->id)),
			 "dwello.retry_refund() sends it to another payment method of who"
			 " paid it.");
}

/* return_receipt(receipt_id, reason, ...) → the refund of that charge */
DW_FUNCTION(dwello_return_receipt)
{
	DwCall		call;
	DwReceipt	receipt;
	DwUuid		id;
	DwUuid		refund_id;
	const char *reason;
	int64		amount;

	dw_command_begin(&call, fcinfo, STAFF);
	dw_args_need(&call, "receipt_id", NULL);
	id = dw_arg_uuid(&call, "receipt_id");
	reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	receipt_lock(&call, &id, &receipt);
	if (dw_call_replay(&call, &id))
		return dw_call_return(&call);
	receipt_check(&call, &receipt);
	receipt_need_charge(&receipt);
	dw_receipt_need_room(&receipt);
	dw_need_whole(receipt.psp, receipt.currency, receipt.remaining);

	amount = receipt.remaining;
	refund_id = give_back(&call, &receipt, NULL, reason);
	return returned(&call, &receipt, &refund_id, amount);
}

/* retry_refund(receipt_id, payment_method_id, ...) → the new refund */
DW_FUNCTION(dwello_retry_refund)
{
	DwCall		call;
	DwReceipt	receipt;
	DwUuid		id;
	DwUuid		method_id;
	DwUuid		refund_id;
	DwPaymentSource method;
	const char *reason;
	int64		amount;

	dw_command_begin(&call, fcinfo, STAFF);
	dw_args_need(&call, "receipt_id", "payment_method_id", NULL);
	id = dw_arg_uuid(&call, "receipt_id");
	method_id = dw_arg_uuid(&call, "payment_method_id");
	reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	receipt_lock(&call, &id, &receipt);
	if (!dw_payment_method_find(&receipt.user_id, &method_id, &method))
		dw_raise(DW_NOT_FOUND, "no such payment method",
				 psprintf("Who paid receipt %s has no payment method %s.",
						  dw_uuid_text(&id), dw_uuid_text(&method_id)),
				 "They add one with dwello.add_payment_method().");
	if (dw_call_replay(&call, &id))
		return dw_call_return(&call);
	receipt_check(&call, &receipt);
	dw_receipt_need_room(&receipt);
	if (method.is_expired)
		dw_arg_refuse(&call, "payment_method_id", DW_BAD_VALUE,
					  "is past its last day");
	if (dw_refund_has_failed(&receipt.job_id, &method_id))
		dw_arg_refuse(&call, "payment_method_id", DW_BAD_VALUE,
					  "could not take it before: name another, or that one"
					  " added anew");
	dw_need_whole(method.psp, receipt.currency, receipt.remaining);

	amount = receipt.remaining;
	refund_id = give_back(&call, &receipt, &method, reason);
	return returned(&call, &receipt, &refund_id, amount);
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
