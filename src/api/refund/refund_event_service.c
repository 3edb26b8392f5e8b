/*
 * refund_event_service.c
 *		Books what a payment company says of a refund: it has sent it, or
 *		could not.
 *
 * Until then the refund lies in the company's refund_pending.  An event is a
 * fact: one that was undone meanwhile, or had failed, and was sent all the
 * same is booked too, and one that failed after it was sent.  What failed
 * lies in a receipt, from which it is sent elsewhere.  One may be sent in
 * parts, and a company gives back what nobody asked for: from its dashboard,
 * or because it takes a payment for fraud.
 *
 * A refund is its job's, whose lock holds it, too when it is of a receipt;
 * one of a receipt without a job is held by the receipt's lock.  Receipts are
 * locked before the job, so which they are is looked up without a lock, and
 * again with it.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "api/refund/refund_api.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/company/company_store.h"
#include "store/dispute/dispute_store.h"
#include "store/ledger/ledger_store.h"
#include "store/payout/payout_store.h"

/* The work on an event. */
typedef struct Work
{
	DwCall	   *call;			/* that tells it, or books its line */
	DwRefundTold *told;			/* the event, and what becomes of it */
	DwReceipt  *receipts;		/* locked: that a refund had failed into, and
								 * those of its charge */
	int			receipt_count;	/* how many */
	DwRefundRow *rows;			/* that the names fit */
	int			row_count;		/* how many */
	const char *reference;		/* of its charge, or NULL */
	DwCharge	charge;			/* what that is */
	bool		fails_again;	/* that it failed was told before */
	DwRefundRow *beside;		/* what comes back with one that failed */
	int			beside_count;	/* how many */
} Work;

/* What a message calls the one whose refund it is. */
static const char *
owner_text(const DwRefundNames *names)
{
	return dw_uuid_is_nil(&names->job_id) ? "No receipt without a job"
		: psprintf("Job %s", dw_uuid_text(&names->job_id));
}

/* What it lacks: for a message. */
static const char *
has_text(const DwRefundNames *names)
{
	return dw_uuid_is_nil(&names->job_id) ? "has" : "has no";
}

/* WD101 for a refund that is named and not there, or not yet. */
static void
refuse_unknown(const DwRefundNames *names, const DwUuid *id)
{
	dw_raise(DW_INVALID_TRANSITION, "no such refund is there yet",
			 psprintf("%s %s refund %s through \"%s\".", owner_text(names),
					  has_text(names), dw_uuid_text(id), names->psp),
			 "psp must be the company of its refund_requested, which has"
			 " the ids of the refund and its transaction, too.");
}

/* WD101 for a refund that is not there, or not yet. */
static void
refuse_none(const DwRefundNames *names)
{
	if (names->id != NULL || names->transaction_id != NULL)
		refuse_unknown(names, names->id != NULL ? names->id
					   : names->transaction_id);
	dw_raise(DW_INVALID_TRANSITION, "no refund is there that could fail",
			 psprintf("%s %s refund that \"%s\" has to send.",
					  owner_text(names), has_text(names), names->psp),
			 "An event that came too early can be delivered again.");
}

/* True when the event names a refund, not only a payment. */
static bool
is_named(const DwRefundTold *told)
{
	return told->names.id != NULL || told->names.transaction_id != NULL;
}

/*
 * The refund that an event is about: of those that its names fit the one that
 * is pending, else one that was sent, else the last; -1 when there is none.
 * *is_clear is false when several may be meant.
 */
static int
pick(const Work *work, bool *is_clear)
{
	int			pending = 0;
	int			sent = 0;
	int			picked = work->row_count - 1;

	for (int i = 0; i < work->row_count; i++)
	{
		const DwRefundStatus status = work->rows[i].facts.status;

		pending += status == DW_REFUND_PENDING;
		sent += status == DW_REFUND_COMPLETED;
		if (status == DW_REFUND_PENDING ||
			(status == DW_REFUND_COMPLETED && pending == 0))
			picked = i;
	}
	/* that one was sent twice is nothing new; one of several may fail */
	*is_clear = pending == 1 || (pending == 0 &&
								 (sent <= 1 || !work->told->has_failed));
	return picked;
}

/* 22023 when several refunds may be meant, and none is named. */
static void
need_clear(const Work *work, bool is_clear)
{
	if (!is_clear)
		dw_arg_refuse(work->call, "refund_id", DW_BAD_VALUE,
					  "must name one, for several may be meant");
}

/* Reads the rows that the names fit, of the currency that is said. */
static void
find_rows(Work *work)
{
	const char *currency = work->told->currency;
	int			kept = 0;

	work->rows = dw_refunds_named(&work->told->names, &work->row_count);
	for (int i = 0; i < work->row_count; i++)
		if (currency == NULL ||
			strcmp(currency, work->rows[i].currency) == 0)
			work->rows[kept++] = work->rows[i];
	work->row_count = kept;
}

/*
 * Locks the charge, and the receipts that the event may write: that of a
 * refund without a job, the one that the refund had failed into, and those of
 * the charge.
 */
static void
lock_receipts(Work *work)
{
	const DwRefundNames *names = &work->told->names;
	DwUuid		ids[2];
	int			count = 0;
	bool		is_clear;
	int			picked;

	find_rows(work);
	work->reference = names->psp_reference;
	picked = pick(work, &is_clear);
	if (picked >= 0)
	{
		const DwRefundRow *refund = &work->rows[picked];

		if (dw_uuid_is_nil(&refund->job_id))
			ids[count++] = refund->scope_id;
		if (!dw_uuid_is_nil(&refund->failure_id))
			ids[count++] = refund->failure_id;
		if (work->reference == NULL)
			work->reference = refund->psp_reference;
	}
	dw_charge_lock(names->psp, work->reference);
	work->receipts = dw_receipts_lock(ids, count, names->psp,
									  work->reference,
									  &work->receipt_count);
}

/* The receipt with this id, of those that are locked; NULL: none. */
static DwReceipt *
locked_receipt(const Work *work, const DwUuid *id)
{
	for (int i = 0; i < work->receipt_count; i++)
		if (dw_uuid_equal(&work->receipts[i].id, id))
			return &work->receipts[i];
	return NULL;
}

/* The booking of what a company did, in the scope of the refund. */
static void
begin_booking(const Work *work, const DwRefundRow *refund, int64 amount,
			  DwTransaction *transaction)
{
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
			.actor = work->call->actor,
			.pay_by = DT_NOBEGIN,
			.created_at = dw_now(),
			.completed_at = DT_NOBEGIN,
			.occurred_at = work->told->event.occurred_at,
			.booked_on = DATEVAL_NOBEGIN
	};
}

/* The call returns the first refund that it booked, and its booking. */
static void
told_note(DwRefundTold *told, const DwRefundRow *refund, const DwUuid *booking)
{
	if (!dw_uuid_is_nil(&told->booking_id))
		return;
	told->refund = *refund;
	told->booking_id = *booking;
	told->scope_id = refund->scope_id;
}

/* Books a refund as sent out of what was asked for, or at a loss. */
static DwUuid
book_sent(Work *work, const DwRefundRow *refund, const DwRefundSent *sent)
{
	DwRefundTold *told = work->told;
	const DwParties parties = {.provider_id = refund->provider_id,
	.currency = refund->currency};
	DwTransaction transaction;
	DwPosting	posting;

	begin_booking(work, refund, sent->pending + sent->loss + sent->owed,
				  &transaction);
	if (sent->owed > 0)
		dw_posting_refund_owed(&posting, &parties, refund->psp, sent->owed,
							   sent->loss);
	else
		dw_posting_refund_paid(&posting, refund->currency, refund->psp,
							   sent->pending, sent->loss);
	dw_postings_ensure(&posting, 1);
	if (told->has_escrow &&
		dw_uuid_equal(&refund->scope_id, &told->row.job_id))
	{
		dw_ledger_book(&told->row.chain_end, &transaction, &posting, false);
		dw_escrow_save(&told->row);
	}
	else
		dw_ledger_book_tail(&transaction, &posting);
	return transaction.id;
}

/* Books a refund as sent out of a receipt. */
static DwUuid
book_sent_apart(Work *work, DwReceipt *receipt, const DwRefundRow *refund,
				int64 amount)
{
	const DwAccount suspense =
		dw_account_of_receipt(&receipt->id, receipt->currency, receipt->psp);
	const DwAccount clearing =
		dw_account_of_psp(DW_ACCOUNT_PSP_CLEARING, receipt->currency,
						  receipt->psp);
	DwTransaction transaction;
	DwPosting	posting;

	begin_booking(work, refund, amount, &transaction);
	transaction.scope_id = receipt->id;
	dw_posting_move(&posting, DW_POSTING_REFUND_PAID, &suspense, &clearing,
					amount);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(&transaction, &posting);
	dw_receipt_reduce(receipt, amount, DW_RECEIPT_RETURNED, NULL);
	return transaction.id;
}

/*
 * A refund is sent in parts: the part that is told gets a row of its own,
 * and what is left of the other one stays to be sent.
 */
static void
split_part(DwRefundRow *refund, int64 amount)
{
	DwRefundRow rest = *refund;

	dw_refund_split(&rest.facts, amount, &refund->facts);
	dw_refund_save(&rest);
	refund->id = dw_uuid_fresh();
	dw_refund_add(refund);
}

/*
 * Books a refund, or so much of it (0: all that is asked for), as sent.  One
 * that had failed is sent out of the receipt that has its money since, while
 * all of it is there.  Gives how much was booked; 0: it was told before.
 */
static int64
sent_apply(Work *work, DwRefundRow *refund, int64 amount)
{
	DwRefundTold *told = work->told;
	DwReceipt  *receipt = locked_receipt(work, &refund->failure_id);
	const int64 asked = refund->facts.amount - refund->facts.reversed;
	DwRefundFacts *facts = &refund->facts;
	DwRefundSent sent;

	if (facts->status != DW_REFUND_COMPLETED && amount > 0 && amount < asked)
		split_part(refund, amount);
	if (dw_refund_confirm(facts, Min(amount, facts->amount),
						  receipt != NULL && receipt->remaining >=
						  facts->amount - facts->reversed - facts->loss,
						  &sent) != DW_OK)
		return 0;
	if (sent.apart > 0)
		refund->confirmation_id = book_sent_apart(work, receipt, refund,
												  sent.apart);
	if (sent.pending + sent.loss > 0)
		refund->confirmation_id = book_sent(work, refund, &sent);
	refund->completed_at = dw_now();
	refund->event_id = told->event.event_id;
	memset(&refund->failure_id, 0, sizeof(refund->failure_id));
	dw_refund_save(refund);
	dw_refund_emit(refund, "refund_completed",
				   sent.pending + sent.apart + sent.loss, told->reason);
	told_note(told, refund, &refund->confirmation_id);
	return sent.pending + sent.apart + sent.loss;
}

/* A row of what nobody asked for: sent already, of this amount. */
static DwRefundRow
unasked_row(const Work *work, const char *currency, int64 amount)
{
	const DwPaymentEvent *event = &work->told->event;
	DwRefundRow refund = {
		.id = dw_uuid_fresh(),
		.job_id = event->job_id,
		.payment_id = work->charge.id,
		.payment_method_id = work->charge.payment_method_id,
		.psp = event->psp,
		.psp_reference = work->reference,
		.facts = {.status = DW_REFUND_COMPLETED,.amount = amount},
		.is_unasked = true,
		.event_id = event->event_id,
		.completed_at = dw_now()
	};

	strlcpy(refund.currency, currency, sizeof(refund.currency));
	return refund;
}

/* Writes it, with what booked it, and tells everybody. */
static void
unasked_write(Work *work, DwRefundRow *refund)
{
	dw_refund_add(refund);
	dw_refund_emit(refund, "refund_completed", refund->facts.amount,
				   work->told->reason);
	told_note(work->told, refund, &refund->confirmation_id);
}

/* What of it is in a receipt of that charge goes out of there. */
static void
unasked_of_receipt(Work *work, DwReceipt *receipt, int64 amount)
{
	DwRefundRow refund = unasked_row(work, receipt->currency, amount);

	refund.scope_id = refund.receipt_id = receipt->id;
	refund.job_id = receipt->job_id;
	refund.homeowner_id = receipt->user_id;
	refund.payment_id = receipt->transaction_id;
	refund.payment_method_id = receipt->payment_method_id;
	refund.psp_reference = receipt->psp_reference;
	refund.confirmation_id = book_sent_apart(work, receipt, &refund, amount);
	refund.transaction_id = refund.confirmation_id;
	unasked_write(work, &refund);
}

/* Emits that money of an escrow went back. */
static void
emit_refunded(const Work *work, const DwTransaction *transaction)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, &work->told->row);
	dw_payload_uuid(&payload, "transaction_id", &transaction->id);
	dw_payload_int8(&payload, "amount", transaction->amount);
	dw_payload_text(&payload, "reason", work->told->reason);
	dw_event_emit(&transaction->scope_id, "escrow", &transaction->scope_id,
				  "escrow_refunded", &payload);
}

/* Books what the escrow gives as a refund; its transaction. */
static DwUuid
unasked_of_escrow(Work *work, const DwRefundRow *refund, int64 held,
				  DwEscrowStatus from)
{
	DwEscrowRow *row = &work->told->row;
	DwTransition transition = {DW_ESCROW_EVENT_REFUND_SENT,
	work->call->actor, from, NULL};
	const DwParties parties = DW_ESCROW_PARTIES(row);
	const DwGivenBack part = {refund->psp, held};
	DwTransaction transaction;
	DwPosting	posting;

	begin_booking(work, refund, held, &transaction);
	transaction.type = DW_TRANSACTION_REFUND;
	dw_posting_refund(&posting, &parties, &part, 1);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	transition.transaction_id = &transaction.id;
	dw_escrow_apply(row, &transition);
	emit_refunded(work, &transaction);
	return transaction.id;
}

/* Core is told what banks may give back, which only other tables know. */
static void
load_contested(DwEscrowRow *row)
{
	DwChargebackSum sum;

	if (!row->escrow.frozen)
		return;
	dw_chargeback_sum(&row->job_id, NULL, &sum);
	row->escrow.contested = sum.open_held;
}

/* What an escrow has of it, if it can be its money, is taken out of there. */
static int64
take_held(Work *work, const char *currency, int64 amount)
{
	DwEscrowRow *row = &work->told->row;

	if (!work->told->has_escrow ||
		!dw_charge_is_of(&work->charge, &row->job_id,
						 work->told->event.psp) ||
		strcmp(currency, row->escrow.currency) != 0)
		return 0;
	load_contested(row);
	return dw_refund_take(&row->escrow, row->milestones,
						  row->milestone_count, amount);
}

/* What a provider has of it, who got it as a tip or has repaid it. */
static int64
take_owed(const Work *work, const char *currency, int64 amount)
{
	const DwCharge *charge = &work->charge;
	const bool	is_theirs = charge->kind == DW_CHARGE_REPAYMENT ||
		(charge->kind == DW_CHARGE_TIP && work->told->has_escrow);

	return is_theirs && strcmp(charge->currency, currency) == 0
		? Min(Max(charge->left, 0), amount) : 0;
}

/* Whose money goes back, and from whom. */
static void
unasked_parties(const Work *work, DwRefundRow *refund)
{
	const DwRefundTold *told = work->told;

	if (work->charge.kind == DW_CHARGE_REPAYMENT)
		refund->homeowner_id = refund->provider_id = work->charge.user_id;
	if (told->has_job)
		refund->homeowner_id = told->job.homeowner_id;
	if (told->has_escrow)
		refund->provider_id = told->row.provider_id;
}

/*
 * What no receipt has: out of what the job's escrow holds and nobody
 * disputes, as a refund that is sent at once, or out of what a provider has
 * of it; the platform bears the rest.
 */
static void
unasked_of_job(Work *work, const char *currency, int64 amount)
{
	DwRefundTold *told = work->told;
	DwEscrowRow *row = &told->row;
	const DwPaymentEvent *event = &told->event;
	const DwEscrowStatus from = told->has_escrow ? row->escrow.status : 0;
	const int64 held = take_held(work, currency, amount);
	const int64 owed = take_owed(work, currency, amount);
	const DwRefundSent sent = {.pending = held,.owed = owed,
	.loss = amount - held - owed};
	DwRefundRow refund = unasked_row(work, currency, amount);

	refund.scope_id = told->has_escrow ? row->job_id
		: dw_fact_id(event->psp, event->event_id);
	unasked_parties(work, &refund);
	refund.facts.loss = sent.loss;
	if (held > 0)
		refund.transaction_id = unasked_of_escrow(work, &refund, held, from);
	refund.confirmation_id = book_sent(work, &refund, &sent);
	if (held == 0)
		refund.transaction_id = refund.confirmation_id;
	unasked_write(work, &refund);
	if (held > 0)
		dw_escrow_move_job(&told->job, row);
}

/* The currency of what nobody asked for: as said, or as its charge's. */
static const char *
unasked_currency(const Work *work)
{
	const DwRefundTold *told = work->told;

	if (told->currency != NULL)
		return told->currency;
	if (work->charge.currency != NULL)
		return work->charge.currency;
	if (told->has_escrow)
		return told->row.escrow.currency;
	dw_arg_refuse(work->call, "currency", DW_BAD_VALUE,
				  "must be said of what nobody asked for");
}

/* What of an amount lies in a receipt. */
static int64
lies_in(const DwReceipt *receipt, const char *currency, int64 amount)
{
	return strcmp(receipt->currency, currency) == 0
		? Min(receipt->remaining, amount) : 0;
}

/* Books what a company gave back by itself. */
static void
unasked_apply(Work *work, int64 amount)
{
	const char *currency = unasked_currency(work);

	for (int i = 0; i < work->receipt_count; i++)
	{
		int64		part = lies_in(&work->receipts[i], currency, amount);

		if (part > 0)
			unasked_of_receipt(work, &work->receipts[i], part);
		amount -= part;
	}
	if (amount > 0)
		unasked_of_job(work, currency, amount);
}

/* Books what was told of those that are pending; gives what is left of it. */
static int64
sent_pending(Work *work, int64 amount)
{
	/* the one of just this amount is meant before any other */
	for (int i = 0; i < work->row_count && amount > 0; i++)
		if (dw_refund_pending(&work->rows[i].facts) == amount)
			return amount - sent_apply(work, &work->rows[i], amount);
	for (int i = 0; i < work->row_count && amount > 0; i++)
		if (work->rows[i].facts.status == DW_REFUND_PENDING)
			amount -= sent_apply(work, &work->rows[i], amount);
	return amount;
}

/* True when a row was asked for and sent: of this amount, or of none. */
static bool
is_same(const DwRefundRow *refund, int64 amount)
{
	return refund->facts.status == DW_REFUND_COMPLETED &&
		(amount == 0 || (!refund->is_unasked && amount ==
						 refund->facts.amount - refund->facts.reversed));
}

/*
 * True when an event that names a payment alone says again what was asked
 * for and sent.  What nobody asked for is known by its event alone.
 */
static bool
is_repeated(Work *work)
{
	for (int i = 0; i < work->row_count; i++)
	{
		if (!is_same(&work->rows[i], work->told->event.amount))
			continue;
		work->told->refund = work->rows[i];
		return true;
	}
	return false;
}

/*
 * True when the other thing was told of a refund before, and happened after
 * what the event says.
 */
static bool
is_overtaken(Work *work, const DwRefundRow *refund, const char *other)
{
	DwPaymentEvent event = work->told->event;

	event.psp_reference = refund->psp_reference;
	return dw_payment_event_is_overtaken(&event, "refund_id", &refund->id,
										 other, other);
}

/* Books what was sent of one that was asked for, or had failed. */
static int64
sent_known(Work *work, int picked, bool is_clear)
{
	const int64 amount = work->told->event.amount;
	DwRefundRow *refund = &work->rows[picked];

	if (refund->facts.status == DW_REFUND_PENDING && amount > 0)
		return sent_pending(work, amount);
	need_clear(work, is_clear);
	if (refund->facts.status == DW_REFUND_COMPLETED)
	{
		work->told->refund = *refund;
		return 0;
	}
	work->fails_again = refund->facts.status == DW_REFUND_FAILED &&
		is_overtaken(work, refund, DW_REFUND_IS_FAILED);
	if (amount > 0)
		return amount - sent_apply(work, refund, amount);
	(void) sent_apply(work, refund, 0);
	return 0;
}

/*
 * WD101 for a payment that nobody has told of, while one of the job is under
 * way that it may be: taken as it is, its money would be held for ever.
 */
static void
need_told(const Work *work)
{
	const DwRefundTold *told = work->told;

	if (!told->is_line && told->has_job &&
		told->names.psp_reference != NULL &&
		work->charge.kind == DW_CHARGE_UNKNOWN && work->receipt_count == 0)
		dw_payment_need_told(&told->job.id, &told->event);
}

/* Books as sent what there is of it, and the rest as what nobody asked for. */
static void
sent_decide(Work *work)
{
	DwRefundTold *told = work->told;
	bool		is_clear;
	int			picked = pick(work, &is_clear);
	int64		rest = told->event.amount;

	if (picked < 0 && is_named(told))
		refuse_none(&told->names);
	if (picked >= 0 && !is_named(told) &&
		work->rows[picked].facts.status == DW_REFUND_COMPLETED)
	{
		if (is_repeated(work))
			return;
		picked = -1;
	}
	if (picked >= 0)
		rest = sent_known(work, picked, is_clear);
	else if (rest == 0)
		dw_arg_refuse(work->call, "amount", DW_BAD_VALUE,
					  "must be said of what nobody asked for");
	if (rest == 0)
		return;
	need_told(work);
	unasked_apply(work, rest);
}

/*
 * Writes the receipt of what comes back, unless that is nothing but what the
 * platform had borne; in its scope is all that is booked.
 */
static DwReceipt
receipt_write(const Work *work, const DwRefundBack *back)
{
	const DwPaymentEvent *event = &work->told->event;
	const DwRefundRow *refund = &work->told->refund;
	DwReceipt	receipt = {
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

	if (receipt.amount > 0 && !dw_receipt_insert(&receipt))
		elog(ERROR, "the event of a refund has a receipt already");
	return receipt;
}

/* What a company sent beside a refund comes back with it. */
static void
fail_beside(Work *work, DwRefundBack *back)
{
	work->beside = dw_refunds_beside(&work->told->refund,
									 &work->beside_count);
	for (int i = 0; i < work->beside_count; i++)
	{
		DwRefundBack part;

		if (dw_refund_fail(&work->beside[i].facts, &part) != DW_OK)
			elog(ERROR, "a refund that was sent cannot fail");
		back->sent += part.sent;
		back->loss += part.loss;
	}
}

/* Writes a refund that failed into a receipt, if that has any of it. */
static void
fail_write(DwRefundRow *refund, const DwReceipt *receipt)
{
	if (receipt->amount > 0)
		refund->failure_id = receipt->id;
	dw_refund_save(refund);
}

/* Books a refund as failed, its money in a receipt of its event. */
static void
fail_apply(Work *work, const DwRefundBack *back)
{
	DwRefundTold *told = work->told;
	DwRefundRow *refund = &told->refund;
	DwReceipt	receipt = receipt_write(work, back);
	const DwAccount suspense =
		dw_account_of_receipt(&receipt.id, receipt.currency, receipt.psp);
	DwTransaction transaction;
	DwPosting	posting;

	begin_booking(work, refund, receipt.amount + back->loss, &transaction);
	transaction.scope_id = receipt.id;
	transaction.id = receipt.transaction_id;
	transaction.type = DW_TRANSACTION_REFUND_RETURN;
	dw_posting_refund_failed(&posting, &suspense, back->pending, back->sent,
							 back->loss);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(&transaction, &posting);
	fail_write(refund, &receipt);
	for (int i = 0; i < work->beside_count; i++)
		fail_write(&work->beside[i], &receipt);
	dw_refund_emit(refund, "refund_failed", receipt.amount + back->loss,
				   told->reason);
	told->booking_id = transaction.id;
	told->event.amount = receipt.amount + back->loss;
}

/* The refund failed, before it was sent or after. */
static void
fail_told(Work *work)
{
	DwRefundRow *refund = &work->told->refund;
	const bool	was_sent = refund->facts.status == DW_REFUND_COMPLETED;
	DwRefundBack back;

	if (dw_refund_fail(&refund->facts, &back) != DW_OK)
		return;					/* told twice, or undone before */
	if (was_sent)
		fail_beside(work, &back);
	fail_apply(work, &back);
}

/* Finds the one that failed, in the order of errors, and books it so. */
static void
fail_decide(Work *work)
{
	DwRefundTold *told = work->told;
	bool		is_clear;
	int			picked = pick(work, &is_clear);

	if (picked < 0)
		refuse_none(&told->names);
	need_clear(work, is_clear);
	told->refund = work->rows[picked];
	/* one that failed, and was sent after all, is not news */
	if (told->refund.facts.status == DW_REFUND_COMPLETED &&
		is_overtaken(work, &told->refund, DW_REFUND_CONFIRMED))
		return;
	fail_told(work);
}

/* True when the job has a refund that was asked for and fits the names. */
static bool
was_asked_for(Work *work)
{
	find_rows(work);
	for (int i = 0; i < work->row_count; i++)
		if (!work->rows[i].is_unasked)
			return true;
	return false;
}

/*
 * Finds whose refund it is: the job's of the one that is named, or that was
 * asked for; else the charge says so, whatever job it is told for.
 */
static void
find_job(Work *work)
{
	DwRefundNames *names = &work->told->names;
	const DwChargeNames charge_names = {
		.psp = names->psp,
		.psp_reference = names->psp_reference,
		.job_id = work->told->event.told_job_id
	};

	names->job_id = work->told->event.told_job_id;
	if (is_named(work->told))
	{
		if (dw_uuid_is_nil(&names->job_id))
			dw_refund_find_job(names, &names->job_id);
	}
	else if (dw_charge_find(&charge_names, &work->charge) &&
			 (names->or_none || !was_asked_for(work)) &&
			 (work->charge.kind == DW_CHARGE_REPAYMENT ||
			  !dw_uuid_is_nil(&work->charge.job_id)))
		names->job_id = work->charge.job_id;
}

/* Finds the charge of the refund, as far as anything says which it is. */
static void
find_charge(Work *work)
{
	const DwRefundNames *names = &work->told->names;
	const DwChargeNames charge_names = {
		.psp = names->psp,
		.psp_reference = work->reference,
		.job_id = names->job_id
	};

	if (work->reference != NULL)
		(void) dw_charge_find(&charge_names, &work->charge);
	else
		(void) dw_charge_find_only(&names->job_id, names->psp,
								   &work->charge);
}

/* Locks the job; one that is not there is none. */
static void
lock_job(DwRefundTold *told)
{
	DwUuid	   *job_id = &told->names.job_id;

	told->has_job = !dw_uuid_is_nil(job_id) &&
		dw_job_lock(job_id, &told->job);
	if (!told->has_job)
		memset(job_id, 0, sizeof(*job_id));
	told->event.job_id = *job_id;
}

/* Locks what an event may write: the charge, its receipts, then the job. */
static void
lock_all(Work *work)
{
	DwRefundTold *told = work->told;

	told->event.told_job_id = told->names.job_id;
	told->names.or_none = dw_uuid_is_nil(&told->names.job_id);
	find_job(work);
	lock_receipts(work);
	/* a receipt may have become a job's payment while its lock was awaited */
	find_job(work);
	lock_job(told);
	if (work->charge.kind == DW_CHARGE_REPAYMENT)
		dw_payout_mark_user(&work->charge.user_id);
}

/* What an event is kept with: as the row of a call, or what a line has. */
static void
event_fill(DwRefundTold *told, int64 told_amount)
{
	DwPaymentEvent *event = &told->event;
	const DwRefundRow *refund = &told->refund;

	if (told_amount > 0)
		event->amount = told_amount;
	else if (!told->has_failed)
		event->amount = refund->facts.amount - refund->facts.reversed;
	event->transaction_id = refund->transaction_id;
	event->currency = refund->currency;
	event->psp_reference = refund->psp_reference;
}

bool
dw_refund_told(DwCall *call, DwRefundTold *told)
{
	Work		work = {.call = call,.told = told};
	const int64 amount = told->event.amount;

	lock_all(&work);
	if (!told->is_line && dw_payment_replay(call, &told->event))
		return true;
	told->has_escrow = told->has_job &&
		dw_escrow_lock(&told->job.id, &told->row);
	find_charge(&work);
	find_rows(&work);
	if (told->has_failed)
		fail_decide(&work);
	else
		sent_decide(&work);
	/* it was sent, and then failed, as was told before: so it ends */
	if (work.fails_again)
		fail_told(&work);
	/* payouts wait for what is owed anew */
	if (work.charge.kind == DW_CHARGE_REPAYMENT)
		(void) dw_payouts_review_all(&work.charge.user_id, 1, true);
	event_fill(told, amount);
	return false;
}
