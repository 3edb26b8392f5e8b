/*
 * refund_api.c
 *		What a payment company says of a refund: it has sent it, or could not.
 *
 * Until then the refund lies in the company's refund_pending.  An event is a
 * fact: one that was undone meanwhile, or had failed, and was sent all the
 * same is booked too, and one that failed after it was sent.  What failed
 * lies in a receipt, from which it is sent elsewhere.
 *
 * A refund is its job's, whose lock holds it, too when it is of a receipt;
 * one of a receipt without a job is held by the receipt's lock.  Receipts are
 * locked before the job, so which they are is looked up without a lock, and
 * again with it.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"
#include "store/refund/refund_store.h"

/* An event of a refund, and what it is about. */
typedef struct Told
{
	DwPaymentEvent event;		/* as every event */
	DwRefundNames names;		/* what it says of which refund it is */
	bool		has_failed;		/* else it was sent */
	const char *reason;			/* in words, or NULL */
	int64		amount;			/* that it sent, or 0: it does not say */
	bool		has_escrow;		/* its job has one */
	DwEscrowRow row;			/* of the job */
	bool		has_receipt;	/* it had failed into this one, locked */
	DwReceipt	receipt;		/* or that it fails into now */
	DwRefundRow refund;			/* that it is about */
} Told;

/* Reads the arguments of an event of a refund; errors of arguments alone. */
static void
told_read(DwCall *call, const char *type, Told *told)
{
	DwPaymentEvent *event = &told->event;
	DwRefundNames *names = &told->names;
	const DwUuid *job_id;

	memset(told, 0, sizeof(*told));
	dw_args_need(call, "psp", "event_id", NULL);
	event->type = type;
	job_id = dw_arg_uuid_opt(call, "job_id");
	if (job_id != NULL)
		event->job_id = names->job_id = *job_id;
	event->psp = names->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	names->transaction_id = dw_arg_uuid_opt(call, "transaction_id");
	if (names->transaction_id != NULL)
		event->transaction_id = *names->transaction_id;
	told->reason = dw_arg_text_opt(call, "reason", DW_NOTES_MAX);
	names->id = dw_arg_uuid_opt(call, "refund_id");
	names->psp_reference = dw_arg_text_opt(call, "psp_reference",
										   DW_PSP_REFERENCE_MAX);
	event->occurred_at = dw_arg_time_opt(call, "occurred_at");
	if (names->id == NULL)
		return;
	event->object = "refund_id";
	event->object_id = *names->id;
}

/* What a message calls the one whose refund it is. */
static const char *
owner_text(const DwRefundNames *names)
{
	return dw_uuid_is_nil(&names->job_id) ? "No receipt without a job"
		: psprintf("Job %s", dw_uuid_text(&names->job_id));
}

/*
 * P0002 for a refund that is named and that the company was not asked for;
 * WD101 for one that is not, so that it came too early.
 */
static void
refuse_none(const DwRefundNames *names)
{
	const DwUuid *id = names->id != NULL ? names->id : names->transaction_id;
	const char *has = dw_uuid_is_nil(&names->job_id) ? "has" : "has no";

	if (id != NULL)
		dw_raise(DW_NOT_FOUND, "no such refund",
				 psprintf("%s %s refund %s through \"%s\".",
						  owner_text(names), has, dw_uuid_text(id),
						  names->psp),
				 "psp must be the company of its refund_requested, which has"
				 " the ids of the refund and its transaction, too.");
	dw_raise(DW_INVALID_TRANSITION, "no refund is pending",
			 psprintf("%s %s refund that \"%s\" has to send.",
					  owner_text(names), has, names->psp),
			 "An event that came too early can be delivered again.");
}

/*
 * The refund that an event is about: of those that its names fit the one that
 * is pending, else one that was sent, else the last; -1 when there is none.
 * *is_clear is false when several may be meant.
 */
static int
pick(const Told *told, const DwRefundRow *rows, int count, bool *is_clear)
{
	int			pending = 0;
	int			sent = 0;
	int			picked = count - 1;

	for (int i = 0; i < count; i++)
	{
		const DwRefundStatus status = rows[i].facts.status;

		pending += status == DW_REFUND_PENDING;
		sent += status == DW_REFUND_COMPLETED;
		if (status == DW_REFUND_PENDING ||
			(status == DW_REFUND_COMPLETED && pending == 0))
			picked = i;
	}
	/* that one was sent twice is nothing new; one of several may fail */
	*is_clear = pending == 1 || (pending == 0 &&
								 (sent <= 1 || !told->has_failed));
	return picked;
}

/* Locks the receipt that the refund had failed into, if there is one. */
static void
lock_failure(Told *told, const DwRefundRow *refund)
{
	if (dw_uuid_is_nil(&refund->failure_id) || told->has_receipt)
		return;
	told->has_receipt = dw_receipt_lock(&refund->failure_id, &told->receipt);
}

/*
 * Locks the receipts that the event may write: that of a refund without a
 * job, and then the later one that it failed into.
 */
static void
lock_receipts(Told *told)
{
	DwReceipt	receipt;
	bool		is_clear;
	int			count;
	DwRefundRow *rows = dw_refunds_named(&told->names, &count);
	int			picked = pick(told, rows, count, &is_clear);

	if (picked < 0)
		return;
	if (dw_uuid_is_nil(&told->event.job_id))
		(void) dw_receipt_lock(&rows[picked].scope_id, &receipt);
	lock_failure(told, &rows[picked]);
}

/*
 * Finds the refund under the lock that holds it, in the order of errors.
 * WD101: it is not there yet; 22023: several may be meant; P0002: it is named
 * and is not there.
 */
static void
find_refund(DwCall *call, Told *told)
{
	DwRefundRow *rows;
	bool		is_clear;
	int			count;
	int			picked;

	told->has_escrow = !dw_uuid_is_nil(&told->event.job_id) &&
		dw_escrow_lock(&told->event.job_id, &told->row);
	rows = dw_refunds_named(&told->names, &count);
	picked = pick(told, rows, count, &is_clear);
	if (picked < 0)
		refuse_none(&told->names);
	if (!is_clear)
		dw_arg_refuse(call, "refund_id", DW_BAD_VALUE,
					  "must name one, for several may be meant");
	told->refund = rows[picked];
	lock_failure(told, &told->refund);
}

/* The booking of what a company did, in the scope of the refund. */
static void
begin_booking(DwCall *call, const Told *told, int64 amount,
			  DwTransaction *transaction)
{
	const DwRefundRow *refund = &told->refund;

	*transaction = (DwTransaction)
	{
		.scope_id = refund->scope_id,
			.id = dw_transaction_id(),
			.payer_id = refund->provider_id,
			.payee_id = refund->homeowner_id,
			.type = DW_TRANSACTION_REFUND_PAYMENT,
			.status = DW_TRANSACTION_PENDING,
			.amount = amount,
			.net_amount = amount,
			.currency = refund->currency,
			.payment_method_id = refund->payment_method_id,
			.psp = refund->psp,
			.psp_reference = refund->psp_reference,
			.actor = call->actor,
			.pay_by = DT_NOBEGIN,
			.created_at = dw_now(),
			.completed_at = DT_NOBEGIN,
			.occurred_at = told->event.occurred_at,
			.booked_on = DATEVAL_NOBEGIN
	};
}

/* Books a refund as sent out of what was asked for, or at a loss. */
static DwUuid
book_sent(DwCall *call, Told *told, const DwRefundSent *sent)
{
	DwRefundRow *refund = &told->refund;
	DwTransaction transaction;
	DwPosting	posting;

	begin_booking(call, told, sent->pending + sent->loss, &transaction);
	dw_posting_refund_paid(&posting, refund->currency, refund->psp,
						   sent->pending, sent->loss);
	dw_postings_ensure(&posting, 1);
	if (dw_uuid_is_nil(&refund->receipt_id))
	{
		dw_ledger_book(&told->row.chain_end, &transaction, &posting, false);
		dw_escrow_save(&told->row);
	}
	else
		dw_ledger_book_tail(&transaction, &posting);
	return transaction.id;
}

/* Books a refund as sent out of the receipt that it had failed into. */
static DwUuid
book_sent_apart(DwCall *call, Told *told, int64 amount)
{
	DwReceipt  *receipt = &told->receipt;
	const DwAccount suspense =
		dw_account_of_receipt(&receipt->id, receipt->currency, receipt->psp);
	const DwAccount clearing =
		dw_account_of_psp(DW_ACCOUNT_PSP_CLEARING, receipt->currency,
						  receipt->psp);
	DwTransaction transaction;
	DwPosting	posting;

	begin_booking(call, told, amount, &transaction);
	transaction.scope_id = receipt->id;
	dw_posting_move(&posting, DW_POSTING_REFUND_PAID, &suspense, &clearing,
					amount);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(&transaction, &posting);
	dw_receipt_reduce(receipt, amount, DW_RECEIPT_RETURNED, NULL);
	return transaction.id;
}

/*
 * Books a refund as sent.  One that had failed is sent out of the receipt
 * that has its money since, while all of it is there.
 */
static void
confirm_apply(DwCall *call, Told *told)
{
	DwRefundRow *refund = &told->refund;
	DwReceipt  *receipt = &told->receipt;
	const DwRefundFacts *facts = &refund->facts;
	bool		is_there = told->has_receipt &&
		receipt->remaining >= facts->amount - facts->reversed - facts->loss;
	DwRefundSent sent;
	DwResult	result = dw_refund_confirm(&refund->facts, told->amount,
										   is_there, &sent);

	if (result == DW_BAD_VALUE)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE,
					  "must be what is asked for, or was before a part"
					  " was undone");
	if (result != DW_OK)
	{
		dw_call_replayed(call); /* told twice, under two names */
		return;
	}
	if (sent.apart > 0)
		refund->confirmation_id = book_sent_apart(call, told, sent.apart);
	if (sent.pending + sent.loss > 0)
		refund->confirmation_id = book_sent(call, told, &sent);
	refund->completed_at = dw_now();
	memset(&refund->failure_id, 0, sizeof(refund->failure_id));
	dw_refund_save(refund);
	dw_refund_emit(refund, "refund_completed",
				   sent.pending + sent.apart + sent.loss, told->reason);
}

/* Fills the row of both events, and ends the call with it. */
static Datum
told_return(DwCall *call, Told *told, const DwUuid *booking)
{
	DwPaymentEvent *event = &told->event;
	const DwRefundRow *refund = &told->refund;

	event->transaction_id = refund->transaction_id;
	event->currency = refund->currency;
	event->psp_reference = refund->psp_reference;
	dw_row_uuid(call, "refund_id", &refund->id);
	if (booking != NULL && !dw_uuid_is_nil(booking))
		dw_row_uuid(call, "transaction_id", booking);
	dw_row_int8(call, "amount", event->amount);
	dw_row_enum(call, "refund_status", &dw_refund_status_labels,
				refund->facts.status);
	dw_row_text(call, "currency", refund->currency);
	if (told->has_escrow)
		dw_row_escrow(call, &told->row);
	else if (!dw_uuid_is_nil(&event->job_id))
		dw_row_uuid(call, "job_id", &event->job_id);
	return dw_payment_event_return(call, event);
}

/* Locks what an event may write; true when it was told before. */
static bool
told_begin(DwCall *call, Told *told)
{
	DwJob		job;

	lock_receipts(told);
	if (!dw_uuid_is_nil(&told->event.job_id))
		dw_job_for_command(call, &told->event.job_id, &job);
	if (dw_payment_replay(call, &told->event))
		return true;
	find_refund(call, told);
	return false;
}

DW_FUNCTION(dwello_confirm_refund)
{
	DwCall		call;
	Told		told;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	told_read(&call, DW_REFUND_CONFIRMED, &told);
	if (dw_arg_has(&call, "amount"))
	{
		told.amount = dw_arg_int8(&call, "amount");
		if (told.amount <= 0)
			dw_arg_refuse(&call, "amount", DW_BAD_VALUE,
						  "must be more than zero");
		told.event.amount = told.amount;
	}
	if (told_begin(&call, &told))
		return dw_call_return(&call);
	confirm_apply(&call, &told);
	told.event.amount = told.refund.facts.amount - told.refund.facts.reversed;
	return told_return(&call, &told, &told.refund.confirmation_id);
}

/*
 * Writes the receipt of what comes back, unless that is nothing but what the
 * platform had borne; in its scope is all that is booked.
 */
static void
receipt_write(Told *told, const DwRefundBack *back)
{
	const DwPaymentEvent *event = &told->event;
	const DwRefundRow *refund = &told->refund;

	told->receipt = (DwReceipt)
	{
		.id = dw_fact_id(event->psp, event->event_id),
			.job_id = refund->job_id,
			.user_id = refund->homeowner_id,
			.psp = refund->psp,
			.event_id = event->event_id,
			.psp_reference = refund->psp_reference,
			.payment_method_id = refund->payment_method_id,
			.transaction_id = dw_transaction_id(),
			.amount = back->pending + back->sent,
			.remaining = back->pending + back->sent,
			.currency = refund->currency,
			.reason = DW_RECEIPT_REFUND_FAILED,
			.status = DW_RECEIPT_HELD,
			.occurred_at = event->occurred_at,
			.created_at = dw_now(),
			.closed_at = DT_NOBEGIN,
			.version = 1
	};
	if (told->receipt.amount > 0 && !dw_receipt_insert(&told->receipt))
		elog(ERROR, "the event of a refund has a receipt already");
}

/* Books a refund as failed, its money in a receipt of its event. */
static void
fail_apply(DwCall *call, Told *told, const DwRefundBack *back)
{
	DwRefundRow *refund = &told->refund;
	const DwReceipt *receipt = &told->receipt;
	DwAccount	suspense;
	DwTransaction transaction;
	DwPosting	posting;

	receipt_write(told, back);
	begin_booking(call, told, receipt->amount + back->loss, &transaction);
	transaction.scope_id = receipt->id;
	transaction.id = receipt->transaction_id;
	transaction.type = DW_TRANSACTION_REFUND_RETURN;
	suspense = dw_account_of_receipt(&receipt->id, receipt->currency,
									 receipt->psp);
	dw_posting_refund_failed(&posting, &suspense, back->pending, back->sent,
							 back->loss);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(&transaction, &posting);
	if (receipt->amount > 0)
		refund->failure_id = receipt->id;
	dw_refund_save(refund);
	dw_refund_emit(refund, "refund_failed", receipt->amount + back->loss,
				   told->reason);
}

/* fail_refund(job_id, psp, event_id, ...) → the refund, and its receipt */
DW_FUNCTION(dwello_fail_refund)
{
	DwCall		call;
	Told		told;
	DwRefundBack back;
	const DwUuid *booking = NULL;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	told_read(&call, DW_REFUND_IS_FAILED, &told);
	told.has_failed = true;
	if (told_begin(&call, &told))
		return dw_call_return(&call);
	if (dw_refund_fail(&told.refund.facts, &back) == DW_OK)
	{
		fail_apply(&call, &told, &back);
		booking = &told.receipt.transaction_id;
		told.event.amount = back.pending + back.sent + back.loss;
	}
	else
		dw_call_replayed(&call);	/* told twice, or undone before */
	if (!dw_uuid_is_nil(&told.refund.failure_id))
		dw_row_uuid(&call, "receipt_id", &told.refund.failure_id);
	return told_return(&call, &told, booking);
}
