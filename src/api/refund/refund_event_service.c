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
 */
#include "postgres.h"

#include "api/dispute/dispute_api.h"
#include "api/escrow/escrow_api.h"
#include "api/refund/refund_api_int.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/dispute/dispute_store.h"
#include "store/ledger/ledger_store.h"
#include "store/payout/payout_store.h"

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

/* WD101 for what a company calls a refund that was not told of as sent. */
static void
refuse_early(const DwRefundNames *names)
{
	dw_raise(DW_INVALID_TRANSITION, "no refund is called so yet",
			 psprintf("\"%s\" has not told of refund \"%s\" as sent.",
					  names->psp, names->refund_reference),
			 "An event that came too early can be delivered again; one that"
			 " was never sent is named by its refund_id, and what nobody"
			 " asked for by its amount and its payment.");
}

/* WD101 for a charge that nobody has told of, which has what was not said. */
static void
refuse_untold(const DwRefundNames *names, const char *arg)
{
	dw_raise(DW_INVALID_TRANSITION, "nobody has told of the charge yet",
			 psprintf("\"%s\" of \"%s\" is no charge, and %s was not said.",
					  names->psp_reference, names->psp, arg),
			 "An event that came too early can be delivered again; with"
			 " amount and currency it is booked as it is.");
}

/* WD104 for a company's name that stands for another refund. */
static void
refuse_other(const DwRefundNames *names, const char *differs)
{
	dw_raise(DW_IDEMPOTENCY_MISMATCH,
			 "the refund of the payment company was another one before",
			 psprintf("Refund \"%s\" of \"%s\" had another %s.",
					  names->refund_reference, names->psp, differs),
			 "A refund_reference names one refund for ever.");
}

/* WD101: several refunds may be meant, until others are told of. */
pg_noreturn static void
refuse_unclear(const DwRefundNames *names)
{
	dw_raise(DW_INVALID_TRANSITION, "several refunds may be meant",
			 psprintf("%s has several through \"%s\", and none is named.",
					  owner_text(names), names->psp),
			 "Tell it with its refund_id or refund_reference; an event that"
			 " came too early can be delivered again.");
}

/* The receipt with this id, of those that are locked; NULL: none. */
static DwReceipt *
locked_receipt(const DwRefundWork *work, const DwUuid *id)
{
	for (int i = 0; i < work->receipt_count; i++)
		if (dw_uuid_equal(&work->receipts[i].id, id))
			return &work->receipts[i];
	return NULL;
}

/* The booking of what a company did, in the scope of the refund. */
static void
begin_booking(const DwRefundWork *work, const DwRefundRow *refund,
			  int64 amount, DwTransaction *transaction)
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

/* It is called as the event calls it, unless it has a name. */
static void
call_it(const DwRefundWork *work, DwRefundRow *refund)
{
	if (refund->refund_reference == NULL)
		refund->refund_reference = work->told->names.refund_reference;
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
book_sent(DwRefundWork *work, const DwRefundRow *refund,
		  const DwRefundSent *sent)
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
book_sent_apart(DwRefundWork *work, DwReceipt *receipt,
				const DwRefundRow *refund, int64 amount)
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
	refund->refund_reference = NULL;
	refund->id = dw_uuid_fresh();
	dw_refund_add(refund);
}

/*
 * Books a refund, or so much of it (0: all that is asked for), as sent.  One
 * that had failed is sent out of the receipt that has its money since, while
 * all of it is there.  Gives how much was booked; 0: it was told before.
 */
static int64
sent_apply(DwRefundWork *work, DwRefundRow *refund, int64 amount)
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
	call_it(work, refund);
	memset(&refund->failure_id, 0, sizeof(refund->failure_id));
	dw_refund_save(refund);
	dw_refund_emit(refund, "refund_completed",
				   sent.pending + sent.apart + sent.loss, told->reason);
	told_note(told, refund, &refund->confirmation_id);
	return sent.pending + sent.apart + sent.loss;
}

/* A row of what nobody asked for: sent already, of this amount. */
static DwRefundRow
unasked_row(const DwRefundWork *work, const char *currency, int64 amount)
{
	const DwPaymentEvent *event = &work->told->event;
	DwRefundRow refund = {
		.id = dw_uuid_fresh(),
		.job_id = event->job_id,
		.payment_id = work->charge.id,
		.payment_method_id = work->charge.payment_method_id,
		.psp = event->psp,
		.psp_reference = work->reference,
		.refund_reference = work->told->names.refund_reference,
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
unasked_write(DwRefundWork *work, DwRefundRow *refund)
{
	dw_refund_add(refund);
	dw_refund_emit(refund, "refund_completed", refund->facts.amount,
				   work->told->reason);
	told_note(work->told, refund, &refund->confirmation_id);
}

/* What of it is in a receipt of that charge goes out of there. */
static void
unasked_of_receipt(DwRefundWork *work, DwReceipt *receipt, int64 amount)
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

/* Books what the escrow gives as a refund; its transaction. */
static DwUuid
unasked_of_escrow(DwRefundWork *work, const DwRefundRow *refund, int64 held,
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
	dw_escrow_emit_refunded(&work->told->row, &transaction,
							work->told->reason);
	return transaction.id;
}

/* What an escrow has of it, if it can be its money, is taken out of there. */
static int64
take_held(DwRefundWork *work, const char *currency, int64 amount)
{
	DwEscrowRow *row = &work->told->row;

	if (!work->told->has_escrow ||
		!dw_charge_is_of(&work->charge, &row->job_id,
						 work->told->event.psp) ||
		strcmp(currency, row->escrow.currency) != 0)
		return 0;
	dw_escrow_load_contested(row);
	return dw_refund_take(&row->escrow, row->milestones,
						  row->milestone_count, amount);
}

/* What a provider has of it, who got it as a tip or has repaid it. */
static int64
take_owed(const DwRefundWork *work, const char *currency, int64 amount)
{
	const DwCharge *charge = &work->charge;
	const bool	is_theirs = charge->kind == DW_CHARGE_REPAYMENT ||
		(charge->kind == DW_CHARGE_TIP && work->told->has_escrow);

	return is_theirs && strcmp(charge->currency, currency) == 0
		? Min(Max(charge->left, 0), amount) : 0;
}

/* Whose money goes back, and from whom. */
static void
unasked_parties(const DwRefundWork *work, DwRefundRow *refund)
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
unasked_of_job(DwRefundWork *work, const char *currency, int64 amount)
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
unasked_currency(const DwRefundWork *work)
{
	const DwRefundTold *told = work->told;

	if (told->currency != NULL)
		return told->currency;
	if (work->charge.currency != NULL)
		return work->charge.currency;
	if (told->has_escrow)
		return told->row.escrow.currency;
	if (told->names.refund_reference != NULL)
		refuse_early(&told->names);
	if (told->names.psp_reference != NULL)
		refuse_untold(&told->names, "currency");
	dw_arg_refuse(work->call, "currency", DW_BAD_VALUE,
				  "must be said of what nobody asked for");
}

/*
 * What of an amount lies in a receipt.  Of a refund that failed later it was
 * not there yet.
 */
static int64
lies_in(const DwRefundWork *work, const DwReceipt *receipt,
		const char *currency, int64 amount)
{
	const TimestampTz at = work->told->event.occurred_at;

	if (receipt->reason == DW_RECEIPT_REFUND_FAILED && at != DT_NOBEGIN &&
		receipt->occurred_at > at)
		return 0;
	return strcmp(receipt->currency, currency) == 0
		? Min(receipt->remaining, amount) : 0;
}

/* Books what a company gave back by itself. */
static void
unasked_apply(DwRefundWork *work, int64 amount)
{
	const char *currency = unasked_currency(work);

	for (int i = 0; i < work->receipt_count; i++)
	{
		int64		part = lies_in(work, &work->receipts[i], currency,
								   amount);

		if (part > 0)
			unasked_of_receipt(work, &work->receipts[i], part);
		amount -= part;
	}
	if (amount > 0)
		unasked_of_job(work, currency, amount);
}

/* Books what was told of those that are pending; gives what is left of it. */
static int64
sent_pending(DwRefundWork *work, int64 amount)
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

/*
 * True when the other thing was told of a refund before, and happened after
 * what the event says.
 */
static bool
is_overtaken(DwRefundWork *work, const DwRefundRow *refund, const char *other)
{
	DwPaymentEvent event = work->told->event;

	event.psp_reference = refund->psp_reference;
	return dw_payment_event_is_overtaken(&event, "refund_id", &refund->id,
										 other, other);
}

/* True when that was told of any of them: of parts the event names one. */
static bool
any_is_overtaken(DwRefundWork *work, const char *other)
{
	for (int i = 0; i < work->row_count; i++)
		if (is_overtaken(work, &work->rows[i], other))
			return true;
	return false;
}

/* What the event has told that a refund was sent by; 0: none has. */
static int64
told_of(const DwRefundRow *refund)
{
	DwPaymentEvent kept;

	return refund->event_id != NULL &&
		dw_payment_event_find(refund->psp, refund->event_id, &kept)
		? kept.amount : 0;
}

/* What core has to know of the rows. */
static DwRefundKnown *
list_known(DwRefundWork *work)
{
	DwRefundKnown *known = palloc_array(DwRefundKnown, work->row_count + 1);

	for (int i = 0; i < work->row_count; i++)
	{
		const DwRefundRow *refund = &work->rows[i];

		known[i] = (DwRefundKnown)
		{
			.facts = refund->facts,
				.is_unasked = refund->is_unasked,
				.is_called = refund->refund_reference != NULL,
				.is_later = refund->facts.status == DW_REFUND_FAILED &&
				is_overtaken(work, refund, DW_REFUND_IS_FAILED),
				.told = told_of(refund)
		};
	}
	return known;
}

/* The event says again what was told before, maybe by a name at last. */
static void
told_again(DwRefundWork *work, DwRefundRow *refund)
{
	if (refund->refund_reference == NULL &&
		work->told->names.refund_reference != NULL)
	{
		call_it(work, refund);
		dw_refund_save(refund);
	}
	work->told->refund = *refund;
}

/* Books one as sent; gives what of the amount is above it. */
static int64
sent_one(DwRefundWork *work, DwRefundRow *refund, bool is_later)
{
	const int64 amount = work->told->event.amount;
	int64		sent;

	if (is_later && refund->event_id != NULL)
	{							/* told before it had failed */
		told_again(work, refund);
		return 0;
	}
	sent = sent_apply(work, refund, amount);
	work->fails_again = is_later;
	return amount > 0 ? amount - sent : 0;
}

/* Books the one that is meant; gives what nobody asked for. */
static int64
sent_meant(DwRefundWork *work)
{
	DwRefundTold *told = work->told;
	const int64 amount = told->event.amount;
	const DwRefundKnown *known = list_known(work);
	const DwRefundSaid said = {
		.amount = amount,
		.is_by_id = told->is_by_id,
		.is_own = told->is_own || told->names.refund_reference != NULL
	};
	int			which;

	switch (dw_refund_meant(known, work->row_count, &said, &which))
	{
		case DW_REFUND_MEANS_PENDING:
			return sent_pending(work, amount);
		case DW_REFUND_MEANS_ONE:
			return sent_one(work, &work->rows[which],
							known[which].is_later);
		case DW_REFUND_MEANS_SENT:
			told_again(work, &work->rows[which]);
			return 0;
		case DW_REFUND_MEANS_SEVERAL:
			refuse_unclear(&told->names);
		case DW_REFUND_MEANS_NONE:
			break;
	}
	if (amount == 0 && told->names.refund_reference != NULL)
		refuse_early(&told->names);
	if (amount == 0)
		dw_arg_refuse(work->call, "amount", DW_BAD_VALUE,
					  "must be said of what nobody asked for");
	return amount;
}

/* WD104 unless the rows were told as the event has it. */
static void
need_same(const DwRefundWork *work)
{
	const DwRefundTold *told = work->told;
	const DwRefundRow *first = &work->rows[0];
	const int64 before = told_of(first);

	if (told->event.amount > 0 && before > 0 && told->event.amount != before)
		refuse_other(&told->names, "amount");
	if (told->currency != NULL && strcmp(told->currency, first->currency) != 0)
		refuse_other(&told->names, "currency");
}

/*
 * Books what the company calls so as sent, if it had failed; else it was told
 * before.  Gives what of the amount is above it.
 */
static int64
sent_called(DwRefundWork *work)
{
	const int64 amount = work->told->event.amount;
	const bool	is_later = any_is_overtaken(work, DW_REFUND_IS_FAILED);
	int64		rest = amount;

	need_same(work);
	for (int i = 0; i < work->row_count; i++)
	{
		DwRefundRow *refund = &work->rows[i];

		if (refund->facts.status != DW_REFUND_COMPLETED &&
			!(is_later && refund->event_id != NULL))
			rest -= sent_apply(work, refund, amount > 0 ? rest : 0);
	}
	if (dw_uuid_is_nil(&work->told->booking_id))
	{
		told_again(work, &work->rows[0]);
		return 0;
	}
	work->fails_again = is_later;
	return amount > 0 ? rest : 0;
}

/*
 * WD101 for a payment that nobody has told of, while one of the job is under
 * way that it may be: taken as it is, its money would be held for ever.
 */
static void
need_told(const DwRefundWork *work)
{
	const DwRefundTold *told = work->told;

	if (!told->is_line && told->has_job &&
		told->names.psp_reference != NULL &&
		work->charge.kind == DW_CHARGE_UNKNOWN && work->receipt_count == 0)
		dw_payment_need_told(&told->job.id, &told->event);
}

/* Books as sent what there is of it, and the rest as what nobody asked for. */
static void
sent_decide(DwRefundWork *work)
{
	int64		rest;

	if (work->row_count == 0 && work->told->is_by_id)
		refuse_none(&work->told->names);
	rest = work->is_known ? sent_called(work) : sent_meant(work);
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
receipt_write(const DwRefundWork *work, const DwRefundBack *back)
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

/* What else the company calls so, and has sent. */
static void
find_beside(DwRefundWork *work)
{
	work->beside = palloc_array(DwRefundRow, work->row_count);
	for (int i = 0; i < work->row_count; i++)
		if (work->rows[i].facts.status == DW_REFUND_COMPLETED &&
			!dw_uuid_equal(&work->rows[i].id, &work->told->refund.id))
			work->beside[work->beside_count++] = work->rows[i];
}

/* What a company sent beside a refund comes back with it. */
static void
fail_beside(DwRefundWork *work, DwRefundBack *back)
{
	if (work->is_known)
		find_beside(work);
	else
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
fail_apply(DwRefundWork *work, const DwRefundBack *back)
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
fail_told(DwRefundWork *work)
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

/* It was sent, and then failed, as was told before: so it ends. */
static void
fail_again(DwRefundWork *work)
{
	DwPaymentEvent *event = &work->told->event;
	const TimestampTz at = event->occurred_at;

	event->occurred_at = dw_refund_failed_at(&work->told->refund);
	fail_told(work);
	event->occurred_at = at;
}

/*
 * Finds the one that failed, in the order of errors.  A name that nobody
 * knows yet is of one that was not told of as sent.
 */
static int
fail_find(DwRefundWork *work)
{
	const DwRefundNames *names = &work->told->names;

	if (work->is_known)
		return work->picked;
	if (work->picked < 0)
		refuse_none(names);
	if (names->refund_reference != NULL && !work->told->is_by_id)
		refuse_early(names);
	if (!work->is_clear)
		refuse_unclear(names);
	return work->picked;
}

/*
 * True when the company sent it by another name: what failed was one more,
 * which never was sent.
 */
static bool
is_sent_otherwise(const DwRefundWork *work, const DwRefundRow *refund)
{
	return !work->is_known && refund->refund_reference != NULL &&
		work->told->names.refund_reference != NULL;
}

/* True when any of them, or the one, was sent after it had failed. */
static bool
is_sent_later(DwRefundWork *work, const DwRefundRow *refund)
{
	return refund->facts.status == DW_REFUND_COMPLETED &&
		(work->is_known ? any_is_overtaken(work, DW_REFUND_CONFIRMED)
		 : is_overtaken(work, refund, DW_REFUND_CONFIRMED));
}

/* Books the one that failed so. */
static void
fail_decide(DwRefundWork *work)
{
	DwRefundTold *told = work->told;
	DwRefundRow *refund = &work->rows[fail_find(work)];

	/* one that failed, and was sent after all, is not news */
	if (refund->facts.status == DW_REFUND_FAILED ||
		is_sent_otherwise(work, refund) || is_sent_later(work, refund))
	{
		told_again(work, refund);
		return;
	}
	told->refund = *refund;
	call_it(work, &told->refund);
	fail_told(work);
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

/* A number of what a call returned, which is kept as a text. */
static void
payload_number(DwPayload *result, const char *name, int64 number)
{
	dw_payload_text(result, name, psprintf(INT64_FORMAT, number));
}

/* What confirm_refund() returns of an escrow. */
static void
payload_escrow(DwPayload *result, const DwEscrow *escrow)
{
	dw_payload_text(result, "escrow_status",
					dw_escrow_status_label(escrow->status));
	payload_number(result, "funded", escrow->funded);
	payload_number(result, "held", escrow->held);
	payload_number(result, "released", escrow->released);
	payload_number(result, "refunded", escrow->refunded);
	payload_number(result, "charged_back", escrow->charged_back);
	payload_number(result, "version", escrow->version);
}

/* Keeps the event of a line's refund, as confirm_refund() would have it. */
static void
line_keep_event(const DwRefundTold *told)
{
	DwPaymentEvent event = told->event;
	DwPayload	result;

	dw_payload_begin(&result);
	if (told->has_job)
		dw_payload_uuid(&result, "job_id", &event.job_id);
	if (told->has_escrow)
		payload_escrow(&result, &told->row.escrow);
	dw_payload_uuid(&result, "refund_id", &told->refund.id);
	dw_payload_uuid(&result, "transaction_id", &told->booking_id);
	payload_number(&result, "amount", event.amount);
	dw_payload_text(&result, "refund_status",
					dw_refund_status_label(told->refund.facts.status));
	dw_payload_text(&result, "currency", event.currency);
	event.result = dw_payload_end(&result);
	if (!dw_payment_event_keep(&event))
		dw_raise(DW_IDEMPOTENCY_MISMATCH,
				 "the line's event was told as another one",
				 psprintf("Event \"%s\" of \"%s\" is no such refund.",
						  event.event_id, event.psp),
				 "An event_id names one event for ever.");
}

/* What the platform bears for the charge is made good by what is there. */
static void
cover(const DwRefundWork *work)
{
	DwRefundTold *told = work->told;
	DwEscrowRow *row = told->has_escrow ? &told->row : NULL;
	const DwCover cover = {told->event.psp, work->reference,
		told->refund.currency, told->job.id, work->call->actor,
	told->event.occurred_at};

	if (dw_uuid_is_nil(&told->booking_id))
		return;
	if (dw_charge_cover(&cover, row))
	{
		/* a case that was lost may have taken what is disputed */
		dw_disputes_unfreeze(row, &told->booking_id);
		dw_escrow_move_job(&told->job, row);
	}
	dw_provider_cover(&cover, row);
}

bool
dw_refund_told(DwCall *call, DwRefundTold *told)
{
	DwRefundWork work = {.call = call,.told = told};
	const int64 amount = told->event.amount;

	dw_refund_lock(&work);
	if (!told->is_line && dw_payment_replay(call, &told->event))
		return true;
	told->has_escrow = told->has_job &&
		dw_escrow_lock(&told->job.id, &told->row);
	if (told->has_failed)
		fail_decide(&work);
	else
		sent_decide(&work);
	if (work.fails_again)
		fail_again(&work);
	cover(&work);
	/* payouts wait for what is owed anew */
	if (work.charge.kind == DW_CHARGE_REPAYMENT)
		(void) dw_payouts_review_all(&work.charge.user_id, 1, true);
	event_fill(told, amount);
	if (told->is_line && !dw_uuid_is_nil(&told->booking_id))
		line_keep_event(told);
	return false;
}
