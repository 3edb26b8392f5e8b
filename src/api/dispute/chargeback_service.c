/*
 * chargeback_service.c
 *		Books that a bank takes a payment back, and what it decides.
 *
 * While one is open the escrow is frozen and what is asked for lies in the
 * company's chargeback_clearing.  Won, each leg is mirrored to the very
 * account it was taken from, whatever has been paid out or netted since.
 * Lost, the money is the bank's.  All of it is booked as told: more than was
 * paid, of money that never reached an escrow, of a tip, of no job, a
 * decision after another.  What would be a loss and lies in a receipt of that
 * charge comes out of there, in the receipt's scope.  By the time that a bank
 * decides anew the receipt may have become a job's payment.
 * No account of a provider is read or locked: a job's call stays in its
 * shard, and what the provider owes is netted when they are paid out.
 */
#include "postgres.h"

#include "api/dispute/dispute_api.h"
#include "api/dispute/dispute_api_int.h"
#include "api/escrow/escrow_api.h"
#include "core/company/company.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/company/company_store.h"
#include "store/dispute/dispute_store.h"
#include "store/payout/payout_store.h"

/* What one took, and from whom. */
static DwTakenBack
taken_back(const DwChargebackRow *taken)
{
	return (DwTakenBack)
	{
		taken->psp, taken->chargeback.held_amount,
			taken->chargeback.clawed_back,
			dw_chargeback_loss(&taken->chargeback)
	};
}

/* What came back of one that was lost in part, by what stayed taken. */
static DwTakenBack
returned_of(const DwChargebackRow *before, const DwChargebackRow *after)
{
	DwTakenBack back = taken_back(before);
	const DwTakenBack stays = taken_back(after);

	back.held -= stays.held;
	back.clawed_back -= stays.clawed_back;
	back.loss -= stays.loss;
	return back;
}

/* Whose money it moves: in the chargeback's own currency. */
static DwParties
parties_of(const DwCase *of)
{
	return (DwParties)
	{
		of->taken.job_id, of->taken.provider_id, of->taken.currency
	};
}

/* A booking of it in a scope that has no escrow. */
static DwTransaction
begin_apart(const DwCase *of, const DwUuid *scope_id)
{
	return (DwTransaction)
	{
		.scope_id = *scope_id,
			.id = dw_transaction_id(),
			.type = DW_TRANSACTION_CHARGEBACK,
			.status = DW_TRANSACTION_PENDING,
			.currency = of->taken.currency,
			.psp = of->taken.psp,
			.psp_reference = of->taken.psp_reference,
			.actor = of->call->actor,
			.pay_by = DT_NOBEGIN,
			.created_at = dw_now(),
			.completed_at = DT_NOBEGIN,
			.occurred_at = of->told.occurred_at,
			.booked_on = DATEVAL_NOBEGIN
	};
}

/* The sum of what the accounts of a posting gain. */
static int64
gained(const DwPosting *posting)
{
	int64		amount = 0;

	for (int i = 0; i < posting->count; i++)
		amount += Max(posting->legs[i].amount, 0);
	return amount;
}

/*
 * Puts one step of a chargeback into the ledger; the transaction's id.  The
 * accounts are made when they are not there, in the order of their ids: the
 * provider may never have been paid before the bank asks for it back.
 */
static DwUuid
book_step(DwCase *of, const DwPosting *posting)
{
	const DwChargebackRow *taken = &of->taken;
	const bool	won = posting->event == DW_POSTING_CHARGEBACK_WON;
	DwTransaction transaction = begin_apart(of, &taken->scope_id);

	transaction.payer_id = won ? taken->homeowner_id : taken->provider_id;
	transaction.payee_id = won ? taken->provider_id : taken->homeowner_id;
	transaction.amount = transaction.net_amount = gained(posting);
	transaction.reverses = won ? &taken->transaction_id : NULL;
	dw_postings_ensure(posting, 1);
	if (of->has_escrow)
		dw_ledger_book(&of->row.chain_end, &transaction, posting, false);
	else
		dw_ledger_book_tail(&transaction, posting);
	return transaction.id;
}

/* The charge that it is of, whose losses are made good. */
static DwCover
cover_of(const DwCase *of)
{
	return (DwCover)
	{
		.psp = of->taken.psp,
			.psp_reference = of->charge.psp_reference != NULL
			? of->charge.psp_reference : of->taken.psp_reference,
			.currency = of->taken.currency,
			.job_id = of->job.id,
			.actor = of->call->actor,
			.occurred_at = of->told.occurred_at
	};
}

/*
 * What would be a loss comes out of the receipt that has money of that
 * charge, and goes back there with a loss that ends.
 */
static void
cover(DwCase *of)
{
	const DwCover cover = cover_of(of);
	DwReceipt  *receipt = &of->receipt;
	int64		change;

	if (!of->has_receipt)
		return;
	change = dw_chargeback_cover(&of->taken.chargeback, receipt->remaining);
	of->taken.receipt_id = receipt->id;
	dw_receipt_bear(&cover, receipt, DW_TRANSACTION_CHARGEBACK, change);
}

/* Finds the line of a statement that has booked that fee, if one has. */
static bool
find_line(const DwPaymentEvent *event, const DwChargebackRow *taken,
		  DwStatementLine *line)
{
	const DwFeeNames names = {
		.psp = event->psp,
		.event_id = event->event_id,
		.case_reference = taken->case_reference,
		.psp_reference = taken->psp_reference,
		.amount = taken->fee,
		.currency = taken->currency
	};

	dw_fee_lock(&names);
	return dw_statement_find_dispute_fee(&names, line);
}

/*
 * Books what the company took for it, in a scope of its own, unless its
 * statement was before its event.
 */
static void
book_fee(DwCall *call, const DwPaymentEvent *event, DwChargebackRow *taken)
{
	DwTransaction fee = {
		.scope_id = dw_fact_id(event->psp, event->event_id),
		.id = dw_transaction_id(),
		.type = DW_TRANSACTION_PSP_FEE,
		.status = DW_TRANSACTION_PENDING,
		.amount = taken->fee,
		.net_amount = taken->fee,
		.currency = taken->currency,
		.psp = event->psp,
		.psp_reference = taken->psp_reference,
		.actor = call->actor,
		.pay_by = DT_NOBEGIN,
		.created_at = dw_now(),
		.completed_at = DT_NOBEGIN,
		.occurred_at = event->occurred_at,
		.booked_on = DATEVAL_NOBEGIN
	};
	DwPosting	posting;
	DwStatementLine line;

	if (taken->fee == 0)
		return;
	dw_company_posting(&posting, DW_COMPANY_FEE, event->psp, taken->currency,
					   taken->fee);
	dw_postings_ensure(&posting, 1);
	if (find_line(event, taken, &line))
	{
		taken->fee_id = line.transaction_id;
		return;
	}
	dw_ledger_book_tail(&fee, &posting);
	taken->fee_id = fee.id;
}

/* The members that every event of a chargeback has. */
static void
case_payload(const DwCase *of, DwPayload *payload)
{
	const DwPaymentEvent *event = &of->event;

	if (of->has_escrow)
		dw_escrow_payload(payload, &of->row);
	else
	{
		dw_payload_begin(payload);
		dw_payload_text(payload, "currency", event->currency);
		if (of->has_job)
			dw_payload_uuid(payload, "job_id", &of->job.id);
		if (!dw_uuid_is_nil(&of->taken.provider_id))
			dw_payload_uuid(payload, "provider_id", &of->taken.provider_id);
	}
	if (of->has_receipt)
		dw_payload_uuid(payload, "receipt_id", &of->receipt.id);
	dw_payload_text(payload, "psp", event->psp);
	dw_payload_text(payload, "psp_reference", event->psp_reference);
	dw_payload_text(payload, "case_reference", of->told.case_reference);
	dw_payload_text(payload, "reason", of->told.reason);
}

/* Emits an event of one, in the scope of its job or in its own. */
static void
case_emit(const DwCase *of, const char *type, DwPayload *payload)
{
	const DwUuid *scope_id = of->has_job ? &of->job.id : &of->taken.scope_id;

	dw_event_emit(scope_id, of->has_job ? "escrow" : "receipt", scope_id,
				  type, payload);
}

/* Emits what became of a chargeback. */
static void
emit_chargeback(DwCase *of, const char *type)
{
	const DwChargebackRow *taken = &of->taken;
	const DwChargeback *chargeback = &taken->chargeback;
	DwPayload	payload;

	case_payload(of, &payload);
	dw_payload_uuid(&payload, "chargeback_id", &taken->id);
	dw_payload_text(&payload, "chargeback_status",
					dw_chargeback_status_label(chargeback->status));
	if (!dw_uuid_is_nil(&taken->payment_id))
		dw_payload_uuid(&payload, "payment_id", &taken->payment_id);
	dw_payload_int8(&payload, "amount", chargeback->amount);
	dw_payload_int8(&payload, "held_amount", chargeback->held_amount);
	dw_payload_int8(&payload, "clawed_back", chargeback->clawed_back);
	if (chargeback->lost_amount > 0)
		dw_payload_int8(&payload, "lost_amount", chargeback->lost_amount);
	case_emit(of, type, &payload);
}

/* Decides out of what it is taken where no escrow is concerned. */
static void
decide_apart(DwCase *of)
{
	DwChargeback *chargeback = &of->taken.chargeback;
	const DwCharge *charge = &of->charge;
	const bool	is_tip = charge->kind == DW_CHARGE_TIP && of->has_escrow;
	const bool	is_theirs =
		(is_tip || charge->kind == DW_CHARGE_REPAYMENT) &&
		strcmp(charge->currency, of->taken.currency) == 0;

	dw_chargeback_open_tip(chargeback, is_theirs ? Max(charge->left, 0) : 0);
}

/* The same where one is. */
static void
decide_held(DwCase *of)
{
	DwEscrowRow *row = &of->row;
	DwChargebackSum others;

	dw_chargeback_sum(&row->job_id, &of->taken.id, &others);
	if (dw_chargeback_open(&row->escrow, row->milestones,
						   row->milestone_count, &others,
						   &of->taken.chargeback) != DW_OK)
		elog(ERROR, "chargeback was decided otherwise");
}

/*
 * Takes what the bank asks for into the company's chargeback_clearing: first
 * what is held, then what was released, then the platform's loss, of which a
 * receipt bears what it has; and freezes the escrow, unless it is none of its
 * money.
 */
static void
take(DwCase *of)
{
	DwEscrowRow *row = &of->row;
	DwChargebackRow *taken = &of->taken;
	DwTransition transition = {DW_ESCROW_EVENT_OPEN_CHARGEBACK,
		of->call->actor, of->has_escrow ? row->escrow.status : 0,
	&taken->transaction_id};
	const DwParties parties = parties_of(of);
	DwTakenBack back;
	DwPosting	posting;

	if (taken->chargeback.is_detached)
		decide_apart(of);
	else
		decide_held(of);
	back = taken_back(taken);
	dw_posting_chargeback_open(&posting, &parties, &back);
	taken->transaction_id = book_step(of, &posting);
	if (!taken->chargeback.is_detached)
		dw_escrow_apply(row, &transition);
	else if (of->has_escrow)
		dw_escrow_save(row);
	cover(of);
}

/*
 * True when it is the escrow's money: that of a payment that it took, or of
 * one of several.
 */
static bool
is_held(const DwCase *of)
{
	return of->has_escrow &&
		dw_charge_is_of(&of->charge, &of->job.id, of->event.psp);
}

/* Whose money it takes, by the charge that is known. */
static void
fill_of(DwCase *of)
{
	DwChargebackRow *taken = &of->taken;

	taken->job_id = of->event.job_id;
	taken->homeowner_id = of->has_job ? of->job.homeowner_id
		: of->receipt.user_id;
	if (of->has_escrow)
		taken->provider_id = of->row.provider_id;
	else if (of->charge.kind == DW_CHARGE_REPAYMENT)
		taken->provider_id = of->charge.user_id;
	taken->payment_id = of->charge.id;
	taken->chargeback.is_detached = !is_held(of) ||
		strcmp(of->event.currency, of->row.escrow.currency) != 0;
}

/*
 * What a new one is of.  It is none of the escrow's money when the escrow did
 * not take that payment, or it is in another currency.
 */
static void
opening_fill(DwCase *of)
{
	const DwPaymentEvent *event = &of->event;
	DwChargebackRow *taken = &of->taken;

	taken->id = dw_uuid_fresh();
	taken->scope_id = of->has_escrow ? of->job.id
		: dw_fact_id(event->psp, event->event_id);
	taken->psp = event->psp;
	taken->psp_reference = event->psp_reference;
	taken->case_reference = of->told.case_reference;
	taken->fee = of->told.fee;
	taken->chargeback.amount = event->amount;
	strlcpy(taken->currency, event->currency, sizeof(taken->currency));
	fill_of(of);
}

/* Books a new one. */
static void
opening_apply(DwCase *of)
{
	opening_fill(of);
	take(of);
	book_fee(of->call, &of->event, &of->taken);
	dw_chargeback_insert(&of->taken);
	of->event.transaction_id = of->taken.transaction_id;
	emit_chargeback(of, "chargeback_opened");
}

/* The same case is told again: only what it cost may be news. */
static void
repeat_apply(DwCase *of)
{
	DwChargebackRow *taken = &of->taken;

	of->event.transaction_id = taken->transaction_id;
	if (of->told.fee == 0 || taken->fee != 0)
		return;
	taken->fee = of->told.fee;
	book_fee(of->call, &of->event, taken);
	dw_chargeback_save(taken);
}

/* A bank only asks what it was about: nothing moves, and somebody answers. */
static void
inquiry_apply(DwCase *of)
{
	DwPayload	payload;

	opening_fill(of);
	case_payload(of, &payload);
	if (!dw_uuid_is_nil(&of->taken.payment_id))
		dw_payload_uuid(&payload, "payment_id", &of->taken.payment_id);
	dw_payload_int8(&payload, "amount", of->event.amount);
	case_emit(of, "chargeback_inquired", &payload);
}

/* Books how an open one ended: what comes back, and what is gone. */
static DwUuid
book_verdict(DwCase *of, const DwChargebackRow *before)
{
	const DwParties parties = parties_of(of);
	const DwTakenBack stays = taken_back(&of->taken);
	const DwTakenBack back = of->told.won ? stays
		: returned_of(before, &of->taken);
	DwPosting	posting;
	DwUuid		id = {{0}};

	dw_posting_chargeback_won(&posting, &parties, &back);
	if (posting.result == DW_OK)
		id = book_step(of, &posting);
	if (of->told.won)
		return id;
	dw_posting_chargeback_lost(&posting, &parties, &stays);
	return book_step(of, &posting);
}

/* An open one ends; the booking's id. */
static DwUuid
verdict_apply(DwCase *of)
{
	DwEscrowRow *row = &of->row;
	const DwChargebackRow before = of->taken;
	DwVerdict	verdict = {
		.won = of->told.won,
		.lost_amount = of->told.lost_amount != 0 ? of->told.lost_amount
		: before.chargeback.amount
	};

	if (of->has_escrow)
		dw_chargeback_sum(&row->job_id, &before.id, &verdict.others);
	if (dw_chargeback_close(&row->escrow, row->milestones,
							row->milestone_count, &of->taken.chargeback,
							&verdict) != DW_OK)
		elog(ERROR, "chargeback was decided otherwise");
	return book_verdict(of, &before);
}

/* A lost one is won after all; the booking's id. */
static DwUuid
regain_apply(DwCase *of)
{
	DwEscrowRow *row = &of->row;
	DwChargebackRow *taken = &of->taken;
	const DwParties parties = parties_of(of);
	const DwTakenBack back = taken_back(taken);
	const DwEscrowStatus from = of->has_escrow ? row->escrow.status : 0;
	DwChargebackSum others = {0};
	DwPosting	posting;
	DwUuid		id;

	if (of->has_escrow)
		dw_chargeback_sum(&row->job_id, &taken->id, &others);
	if (dw_chargeback_regain(&row->escrow, row->milestones,
							 row->milestone_count, &taken->chargeback,
							 &others) != DW_OK)
		elog(ERROR, "chargeback was decided otherwise");
	taken->chargeback.lost_amount = 0;
	dw_posting_chargeback_regained(&posting, &parties, &back);
	id = book_step(of, &posting);
	if (!taken->chargeback.is_detached)
		dw_escrow_advance_charged(row, of->call->actor, from, &id);
	return id;
}

/* Releases what waited for the end, or for the money. */
static void
closing_follow(DwCase *of, const DwUuid *transaction_id)
{
	DwEscrowRow *row = &of->row;

	/* disputes first: what they give up or keep says what may be released */
	dw_disputes_unfreeze(row, transaction_id);
	if (!row->escrow.frozen)
		dw_escrow_release_approved(of->call, &of->job, row);
	dw_escrow_move_job(&of->job, row);
}

/* The job whose escrow the charge is in now is what it is about. */
static void
enter_job(DwCase *of)
{
	DwUuid	   *job_id = &of->charge.job_id;

	if (of->has_escrow && dw_uuid_equal(&of->job.id, job_id))
		return;
	if (of->has_escrow)
		dw_escrow_save(&of->row);
	of->has_job = dw_job_lock(job_id, &of->job);
	of->has_escrow = of->has_job && dw_escrow_lock(job_id, &of->row);
	of->event.job_id = *job_id;
}

/*
 * One that was of a receipt is of the escrow whose payment that has become,
 * before it is taken anew.
 */
static void
follow_charge(DwCase *of)
{
	const DwUuid scope_id = of->taken.scope_id;
	const DwCover cover = cover_of(of);
	const DwChargeNames names = {
		.psp = cover.psp,.psp_reference = cover.psp_reference,
		.job_id = of->taken.job_id
	};
	DwCharge	now;

	if (!of->taken.chargeback.is_detached ||
		(of->charge.kind != DW_CHARGE_RECEIPT &&
		 of->charge.kind != DW_CHARGE_UNKNOWN) ||
		!dw_charge_find(&names, &now) || now.kind != DW_CHARGE_PAYMENT ||
		strcmp(now.currency, of->taken.currency) != 0)
		return;
	of->charge = now;
	enter_job(of);
	fill_of(of);
	if (of->has_escrow)
		of->taken.scope_id = of->job.id;
	dw_chargeback_move(&of->taken, &scope_id);
}

/* Books the bank's decision, or another one than before; the booking's id. */
static DwUuid
closing_book(DwCase *of)
{
	DwChargebackRow *taken = &of->taken;
	DwTransition transition = {DW_ESCROW_EVENT_CLOSE_CHARGEBACK,
	of->call->actor, DW_ESCROW_FROZEN, NULL};
	DwUuid		id = {{0}};

	if (taken->chargeback.status == DW_CHARGEBACK_LOST)
	{
		id = regain_apply(of);
		cover(of);				/* all of it is back before it is taken anew */
	}
	if (taken->chargeback.status == DW_CHARGEBACK_WON && !of->told.won)
	{
		follow_charge(of);
		take(of);
	}
	if (taken->chargeback.status != DW_CHARGEBACK_OPEN)
		return id;
	id = verdict_apply(of);
	transition.transaction_id = &id;
	if (!taken->chargeback.is_detached)
		dw_escrow_advance(&of->row, &transition);
	return id;
}

/*
 * The same of a decision that another one has overtaken, which was told
 * before: the bank came to that one in the end.
 */
static DwUuid
closing_book_overtaken(DwCase *of)
{
	const DwChargeback before = of->taken.chargeback;
	const DwBankTold told = of->told;
	DwUuid		id = closing_book(of);

	cover(of);
	of->told.won = before.status == DW_CHARGEBACK_WON;
	of->told.lost_amount = before.lost_amount;
	(void) closing_book(of);
	of->told = told;			/* the event is kept as it was told */
	return id;
}

/* True when the event is of a decision before the one that holds. */
static bool
is_overtaken(const DwCase *of)
{
	return of->taken.chargeback.status != DW_CHARGEBACK_OPEN &&
		dw_payment_event_is_overtaken(&of->event, "chargeback_id",
									  &of->taken.id, DW_CHARGEBACK_IS_WON,
									  DW_CHARGEBACK_IS_LOST);
}

/*
 * What came back makes good what was taken of that charge since, before
 * anybody is paid out of it.
 */
static void
cover_back(DwCase *of)
{
	const DwCover cover = cover_of(of);

	(void) dw_charge_cover(&cover, of->taken.chargeback.is_detached ? NULL
						   : &of->row);
}

/*
 * Puts the bank's decision into the ledger, and lets what waited for it go
 * on; the booking's id.
 */
static DwUuid
closing_apply(DwCase *of)
{
	DwEscrowRow *row = &of->row;
	DwChargebackRow *taken = &of->taken;
	const bool	was_frozen = of->has_escrow && row->escrow.frozen;
	const DwUuid id = is_overtaken(of) ? closing_book_overtaken(of)
		: closing_book(of);

	cover(of);
	dw_chargeback_save(taken);
	emit_chargeback(of, "chargeback_closed");
	cover_back(of);
	if (taken->chargeback.is_detached)
	{
		if (of->has_escrow)
			dw_escrow_save(row);
		return id;
	}
	dw_escrow_settle(row);
	/* a milestone whose time ran out while nobody could answer is not due */
	if (was_frozen && !row->escrow.frozen)
		dw_chargeback_free_clocks(row, &taken->id);
	closing_follow(of, &id);
	return id;
}

/* What else the charge has become makes good the rest of a new one. */
static void
cover_rest(DwCase *of)
{
	const DwCover cover = cover_of(of);

	(void) dw_charge_cover(&cover, NULL);
}

/*
 * What a provider has of a tip or a repayment, or has again, makes good the
 * rest; reads the chargeback again, as what made it good has left it.
 */
static void
finish(DwCase *of)
{
	const DwCover cover = cover_of(of);
	const DwChargebackNames names = {
		.psp = of->taken.psp,.id = &of->taken.id
	};
	int			count;

	dw_provider_cover(&cover, of->has_escrow ? &of->row : NULL);
	of->taken = dw_chargebacks_named(&names, &count)[0];
}

void
dw_case_apply(DwCase *of)
{
	if (of->told.is_decision)
		of->event.transaction_id = closing_apply(of);
	else if (of->is_repeated)
		repeat_apply(of);
	else if (of->told.is_inquiry)
		inquiry_apply(of);
	else
	{
		opening_apply(of);
		cover_rest(of);
	}
	if (!of->told.is_inquiry)
		finish(of);
	/* what of a repayment is owed anew its provider's payouts wait for */
	if (!of->has_job && !dw_uuid_is_nil(&of->taken.provider_id))
		(void) dw_payouts_review_all(&of->taken.provider_id, 1, true);
}
