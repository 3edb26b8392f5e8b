/*
 * chargeback_api.c
 *		A bank takes a payment back, and later decides.
 *
 * While one is open the escrow is frozen and what is asked for lies in the
 * company's chargeback_clearing.  Won, each leg is mirrored to the very
 * account it was taken from, whatever has been paid out or netted since.
 * Lost, the money is the bank's.  All of it is booked as told: more than was
 * paid, of money that never reached the escrow, a decision after another.
 * No account of a provider is read or locked: a job's call stays in its
 * shard, and what the provider owes is netted when they are paid out.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/dispute/dispute_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "core/company/company.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/dispute/dispute_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* What an event of a chargeback says beside the event. */
typedef struct Told
{
	const char *reason;			/* in words, or NULL */
	int64		fee;			/* of the company; 0 = none said */
	int64		lost_amount;	/* of a loss; 0 = all of it */
	bool		is_inquiry;		/* no money moves yet */
	bool		won;			/* how it ended */
	TimestampTz occurred_at;	/* by the company's clock, or DT_NOBEGIN */
} Told;

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
parties_of(const DwEscrowRow *row, const DwChargebackRow *taken)
{
	return (DwParties)
	{
		row->job_id, row->provider_id, taken->currency
	};
}

/*
 * Puts one step of a chargeback into the ledger; the transaction's id.  The
 * accounts are made when they are not there, in the order of their ids: the
 * provider may never have been paid before the bank asks for it back.
 */
static DwUuid
book_step(DwCall *call, DwEscrowRow *row, const DwChargebackRow *taken,
		  const DwPosting *posting, TimestampTz occurred_at)
{
	bool		won = posting->event == DW_POSTING_CHARGEBACK_WON;
	DwTransaction transaction;
	int64		amount = 0;

	for (int i = 0; i < posting->count; i++)
		amount += Max(posting->legs[i].amount, 0);
	dw_escrow_begin_transaction(row, &transaction, DW_TRANSACTION_CHARGEBACK,
								&call->actor);
	transaction.payer_id = won ? row->homeowner_id : row->provider_id;
	transaction.payee_id = won ? row->provider_id : row->homeowner_id;
	transaction.amount = amount;
	transaction.net_amount = amount;
	transaction.currency = taken->currency;
	transaction.psp = taken->psp;
	transaction.psp_reference = taken->psp_reference;
	transaction.reverses = won ? &taken->transaction_id : NULL;
	transaction.occurred_at = occurred_at;
	dw_postings_ensure(posting, 1);
	dw_ledger_book(&row->chain_end, &transaction, posting, false);
	return transaction.id;
}

/* Books what the company took for it, in a scope of its own. */
static void
book_fee(DwCall *call, const DwPaymentEvent *event,
		 const DwChargebackRow *taken)
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

	if (taken->fee == 0)
		return;
	dw_company_posting(&posting, DW_COMPANY_FEE, event->psp, taken->currency,
					   taken->fee);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(&fee, &posting);
}

/* Emits what became of a chargeback. */
static void
emit_chargeback(const DwEscrowRow *row, const DwChargebackRow *taken,
				const char *type, const char *reason)
{
	const DwChargeback *chargeback = &taken->chargeback;
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "chargeback_id", &taken->id);
	dw_payload_text(&payload, "chargeback_status",
					dw_chargeback_status_label(chargeback->status));
	if (!dw_uuid_is_nil(&taken->payment_id))
		dw_payload_uuid(&payload, "payment_id", &taken->payment_id);
	dw_payload_text(&payload, "psp", taken->psp);
	dw_payload_text(&payload, "psp_reference", taken->psp_reference);
	dw_payload_int8(&payload, "amount", chargeback->amount);
	dw_payload_int8(&payload, "held_amount", chargeback->held_amount);
	dw_payload_int8(&payload, "clawed_back", chargeback->clawed_back);
	if (chargeback->lost_amount > 0)
		dw_payload_int8(&payload, "lost_amount", chargeback->lost_amount);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, type, &payload);
}

/* WD101: the payment that is named has not arrived yet. */
static void
refuse_early(const DwPaymentEvent *event, const DwUuid *id)
{
	dw_raise(DW_INVALID_TRANSITION, "no such payment has arrived",
			 psprintf("No payment %s is known for job %s.",
					  dw_uuid_text(id), dw_uuid_text(&event->job_id)),
			 "An event that came too early can be delivered again; without"
			 " transaction_id it is booked as it is.");
}

/*
 * The payment that a bank asks for: the one named by transaction_id, else by
 * psp_reference, else the only one through the company; nil when none of
 * these says it.  It may be one that the escrow never took, for it came late
 * or twice.  False then, and when nothing came through that company.
 */
static bool
asked_payment(DwCall *call, const DwPaymentEvent *event, DwUuid *payment_id)
{
	const DwUuid *id = dw_arg_uuid_opt(call, "transaction_id");
	int			count;
	DwPaymentPart *payments = dw_payments_arrived(&event->job_id, event->psp,
												  &count);

	memset(payment_id, 0, sizeof(*payment_id));
	for (int i = 0; i < count; i++)
	{
		const DwPaymentPart *payment = &payments[i];

		if (id != NULL ? dw_uuid_equal(&payment->payment_id, id)
			: event->psp_reference != NULL && payment->psp_reference != NULL &&
			strcmp(event->psp_reference, payment->psp_reference) == 0)
		{
			*payment_id = payment->payment_id;
			return true;
		}
	}
	if (dw_payment_find_apart(&event->job_id, id, event->psp,
							  event->psp_reference, payment_id))
		return false;
	if (id != NULL)
		refuse_early(event, id);
	if (count == 1)
		*payment_id = payments[0].payment_id;
	return count > 0;
}

/* Reads the arguments of open_chargeback; errors of arguments alone. */
static void
opening_read(DwCall *call, DwPaymentEvent *event, Told *told)
{
	memset(event, 0, sizeof(*event));
	memset(told, 0, sizeof(*told));
	dw_args_need(call, "job_id", "psp", "event_id", "amount", "currency",
				 "is_inquiry", NULL);
	told->is_inquiry = dw_arg_bool(call, "is_inquiry");
	event->type = told->is_inquiry ? DW_CHARGEBACK_INQUIRED
		: DW_CHARGEBACK_OPENED;
	event->job_id = dw_arg_uuid(call, "job_id");
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	event->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	event->psp_reference = dw_arg_name_opt(call, "psp_reference",
										   DW_PSP_REFERENCE_MAX);
	told->reason = dw_arg_text_opt(call, "reason", DW_NOTES_MAX);
	told->occurred_at = dw_arg_time_opt(call, "occurred_at");
	event->occurred_at = told->occurred_at;
	if (dw_arg_has(call, "fee") &&
		(told->fee = dw_arg_int8(call, "fee")) < 0)
		dw_arg_refuse(call, "fee", DW_BAD_VALUE, "must not be negative");
	event->amount = dw_arg_int8(call, "amount");
	if (event->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be more than zero");
	dw_arg_check_currency(call, "currency", event->currency);
}

/*
 * Takes what the bank asks for into the company's chargeback_clearing: first
 * what is held, then what was released, then the platform's loss; and freezes
 * the escrow, unless it is none of its money.
 */
static void
take(DwCall *call, DwEscrowRow *row, DwChargebackRow *taken,
	 TimestampTz occurred_at)
{
	DwTransition transition = {DW_ESCROW_EVENT_OPEN_CHARGEBACK, call->actor,
	row->escrow.status, &taken->transaction_id};
	const DwParties parties = parties_of(row, taken);
	DwChargebackSum others;
	DwTakenBack back;
	DwPosting	posting;

	dw_chargeback_sum(&row->job_id, &taken->id, &others);
	if (dw_chargeback_open(&row->escrow, row->milestones,
						   row->milestone_count, &others,
						   &taken->chargeback) != DW_OK)
		elog(ERROR, "chargeback was decided otherwise");
	back = taken_back(taken);
	dw_posting_chargeback_open(&posting, &parties, &back);
	taken->transaction_id = book_step(call, row, taken, &posting,
									  occurred_at);
	if (taken->chargeback.is_detached)
		dw_escrow_save(row);
	else
		dw_escrow_apply(row, &transition);
}

/*
 * A new one, of the payment that is said.  It is none of the escrow's money
 * when the escrow did not take that payment, or it is in another currency.
 */
static void
opening_apply(DwCall *call, DwEscrowRow *row, DwPaymentEvent *event,
			  const Told *told, DwChargebackRow *taken)
{
	bool		is_held;

	taken->id = dw_uuid_fresh();
	taken->psp = event->psp;
	taken->psp_reference = event->psp_reference;
	is_held = asked_payment(call, event, &taken->payment_id);
	taken->fee = told->fee;
	taken->chargeback.amount = event->amount;
	taken->chargeback.is_detached = !is_held ||
		strcmp(event->currency, row->escrow.currency) != 0;
	strlcpy(taken->currency, event->currency, sizeof(taken->currency));
	take(call, row, taken, told->occurred_at);
	dw_chargeback_insert(row, taken);
	book_fee(call, event, taken);
	event->transaction_id = taken->transaction_id;
	emit_chargeback(row, taken, "chargeback_opened", told->reason);
}

/* A bank only asks what it was about: nothing moves, and somebody answers. */
static void
inquiry_apply(DwCall *call, DwEscrowRow *row, const DwPaymentEvent *event,
			  const Told *told)
{
	DwUuid		payment_id;
	DwPayload	payload;

	(void) asked_payment(call, event, &payment_id);
	dw_escrow_payload(&payload, row);
	if (!dw_uuid_is_nil(&payment_id))
		dw_payload_uuid(&payload, "payment_id", &payment_id);
	dw_payload_text(&payload, "psp", event->psp);
	dw_payload_text(&payload, "psp_reference", event->psp_reference);
	dw_payload_int8(&payload, "amount", event->amount);
	dw_payload_text(&payload, "reason", told->reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "chargeback_inquired",
				  &payload);
}

DW_FUNCTION(dwello_open_chargeback)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPaymentEvent event;
	DwChargebackRow taken = {.version = 0};
	Told		told;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	opening_read(&call, &event, &told);
	dw_job_for_command(&call, &event.job_id, &job);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, dw_escrow_lock(&job.id, &row));
	if (told.is_inquiry)
		inquiry_apply(&call, &row, &event, &told);
	else
		opening_apply(&call, &row, &event, &told, &taken);

	if (!told.is_inquiry)
		dw_row_uuid(&call, "chargeback_id", &taken.id);
	if (!dw_uuid_is_nil(&taken.payment_id))
		dw_row_uuid(&call, "payment_id", &taken.payment_id);
	dw_row_int8(&call, "amount", event.amount);
	dw_row_int8(&call, "held_amount", taken.chargeback.held_amount);
	dw_row_int8(&call, "clawed_back", taken.chargeback.clawed_back);
	dw_row_escrow(&call, &row);
	return dw_payment_event_return(&call, &event);
}

/* Reads the arguments of close_chargeback; errors of arguments alone. */
static void
closing_read(DwCall *call, DwPaymentEvent *event, Told *told)
{
	memset(event, 0, sizeof(*event));
	memset(told, 0, sizeof(*told));
	dw_args_need(call, "job_id", "psp", "event_id", "won", NULL);
	event->job_id = dw_arg_uuid(call, "job_id");
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	told->won = dw_arg_bool(call, "won");
	event->type = told->won ? DW_CHARGEBACK_IS_WON : DW_CHARGEBACK_IS_LOST;
	told->reason = dw_arg_text_opt(call, "reason", DW_NOTES_MAX);
	told->occurred_at = dw_arg_time_opt(call, "occurred_at");
	event->occurred_at = told->occurred_at;
	if (!dw_arg_has(call, "lost_amount"))
		return;
	told->lost_amount = dw_arg_int8(call, "lost_amount");
	if (told->won || told->lost_amount <= 0)
		dw_arg_refuse(call, "lost_amount", DW_BAD_VALUE,
					  "must be more than zero, of one that is lost");
	event->amount = told->lost_amount;
}

/* WD101: none is open, so this comes before it was, or again. */
static void
refuse_closed(const DwPaymentEvent *event)
{
	dw_raise(DW_INVALID_TRANSITION, "no such chargeback is open",
			 psprintf("Job %s has none open through \"%s\".",
					  dw_uuid_text(&event->job_id), event->psp),
			 "Tell of it with dwello.open_chargeback() first; an event that "
			 "came too early can be delivered again.");
}

/* P0002 when a chargeback is named that is none of this company's. */
static void
closing_find_named(DwCall *call, DwPaymentEvent *event, DwChargebackRow *taken)
{
	const DwUuid *id = dw_arg_uuid_opt(call, "chargeback_id");

	if (id == NULL)
		return;
	if (!dw_chargeback_find(&event->job_id, id, event->psp, taken))
		dw_raise(DW_NOT_FOUND, "no such chargeback",
				 psprintf("Job %s has no chargeback %s through \"%s\".",
						  dw_uuid_text(&event->job_id), dw_uuid_text(id),
						  event->psp),
				 "dwello.chargebacks has them all.");
	event->object = "chargeback_id";
	event->object_id = *id;
}

/*
 * The one that is open, unless one is named.  WD101: none is; 22023: several
 * are.  True: it has ended this very way already.
 */
static bool
closing_find(DwCall *call, const DwPaymentEvent *event, const Told *told,
			 DwChargebackRow *taken)
{
	bool		is_named = event->object != NULL;

	if (!is_named &&
		!dw_chargeback_find(&event->job_id, NULL, event->psp, taken))
		refuse_closed(event);
	if (!is_named &&
		dw_chargeback_count_open(&event->job_id, event->psp) > 1)
		dw_arg_refuse(call, "chargeback_id", DW_BAD_VALUE,
					  "must name one, for several are open");
	if (told->lost_amount > taken->chargeback.amount)
		dw_arg_refuse(call, "lost_amount", DW_BAD_VALUE,
					  "is more than the chargeback is of");
	return told->won ? taken->chargeback.status == DW_CHARGEBACK_WON
		: taken->chargeback.status == DW_CHARGEBACK_LOST &&
		(told->lost_amount == 0 ||
		 told->lost_amount == taken->chargeback.lost_amount);
}

/* Books how an open one ended: what comes back, and what is gone. */
static DwUuid
book_verdict(DwCall *call, DwEscrowRow *row, const DwChargebackRow *before,
			 const DwChargebackRow *taken, const Told *told)
{
	const DwParties parties = parties_of(row, taken);
	const DwTakenBack stays = taken_back(taken);
	const DwTakenBack back = told->won ? stays : returned_of(before, taken);
	DwPosting	posting;
	DwUuid		id = {{0}};

	dw_posting_chargeback_won(&posting, &parties, &back);
	if (posting.result == DW_OK)
		id = book_step(call, row, taken, &posting, told->occurred_at);
	if (told->won)
		return id;
	dw_posting_chargeback_lost(&posting, &parties, &stays);
	return book_step(call, row, taken, &posting, told->occurred_at);
}

/* An open one ends; the booking's id. */
static DwUuid
verdict_apply(DwCall *call, DwEscrowRow *row, DwChargebackRow *taken,
			  const Told *told)
{
	const DwChargebackRow before = *taken;
	DwVerdict	verdict = {
		.won = told->won,
		.lost_amount = told->lost_amount != 0 ? told->lost_amount
		: taken->chargeback.amount
	};

	dw_chargeback_sum(&row->job_id, &taken->id, &verdict.others);
	if (dw_chargeback_close(&row->escrow, row->milestones,
							row->milestone_count, &taken->chargeback,
							&verdict) != DW_OK)
		elog(ERROR, "chargeback was decided otherwise");
	return book_verdict(call, row, &before, taken, told);
}

/*
 * A lost one is won after all; the booking's id.  The history has it as
 * asked for and given back, for the escrow moves no other way.
 */
static DwUuid
regain_apply(DwCall *call, DwEscrowRow *row, DwChargebackRow *taken,
			 const Told *told)
{
	DwTransition reopening = {DW_ESCROW_EVENT_OPEN_CHARGEBACK, call->actor,
	row->escrow.status, NULL};
	DwTransition closing = {DW_ESCROW_EVENT_CLOSE_CHARGEBACK, call->actor,
	DW_ESCROW_FROZEN, NULL};
	const DwParties parties = parties_of(row, taken);
	const DwTakenBack back = taken_back(taken);
	DwChargebackSum others;
	DwEscrowStatus status;
	DwPosting	posting;
	DwUuid		id;

	dw_chargeback_sum(&row->job_id, &taken->id, &others);
	if (dw_chargeback_regain(&row->escrow, row->milestones,
							 row->milestone_count, &taken->chargeback,
							 &others) != DW_OK)
		elog(ERROR, "chargeback was decided otherwise");
	taken->chargeback.lost_amount = 0;
	dw_posting_chargeback_regained(&posting, &parties, &back);
	id = book_step(call, row, taken, &posting, told->occurred_at);
	if (taken->chargeback.is_detached)
		return id;
	status = row->escrow.status;
	row->escrow.status = DW_ESCROW_FROZEN;
	reopening.transaction_id = closing.transaction_id = &id;
	dw_escrow_advance(row, &reopening);
	row->escrow.status = status;
	dw_escrow_advance(row, &closing);
	return id;
}

/* Releases what waited for the end, or for the money. */
static void
closing_follow(DwCall *call, DwJob *job, DwEscrowRow *row,
			   const DwUuid *transaction_id)
{
	/* disputes first: what they give up or keep says what may be released */
	dw_disputes_unfreeze(row, transaction_id);
	if (!row->escrow.frozen)
		dw_escrow_release_approved(call, job, row);
	dw_escrow_move_job(job, row);
}

/*
 * Puts the bank's decision, or another one than before, into the ledger, and
 * lets what waited for it go on; the booking's id.
 */
static DwUuid
closing_apply(DwCall *call, DwJob *job, DwEscrowRow *row,
			  DwChargebackRow *taken, const Told *told)
{
	DwTransition transition = {DW_ESCROW_EVENT_CLOSE_CHARGEBACK, call->actor,
	DW_ESCROW_FROZEN, NULL};
	const bool	was_frozen = row->escrow.frozen;
	DwUuid		id = {{0}};

	if (taken->chargeback.status == DW_CHARGEBACK_LOST)
		id = regain_apply(call, row, taken, told);
	if (taken->chargeback.status == DW_CHARGEBACK_WON && !told->won)
		take(call, row, taken, told->occurred_at);
	if (taken->chargeback.status == DW_CHARGEBACK_OPEN)
	{
		id = verdict_apply(call, row, taken, told);
		transition.transaction_id = &id;
		if (!taken->chargeback.is_detached)
			dw_escrow_advance(row, &transition);
	}
	dw_chargeback_save(taken);
	emit_chargeback(row, taken, "chargeback_closed", told->reason);
	if (taken->chargeback.is_detached)
	{
		dw_escrow_save(row);
		return id;
	}
	dw_escrow_settle(row);
	/* a milestone whose time ran out while nobody could answer is not due */
	if (was_frozen && !row->escrow.frozen)
		dw_chargeback_free_clocks(row, &taken->id);
	closing_follow(call, job, row, &id);
	return id;
}

DW_FUNCTION(dwello_close_chargeback)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPaymentEvent event;
	DwChargebackRow taken;
	Told		told;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	closing_read(&call, &event, &told);
	dw_job_for_command(&call, &event.job_id, &job);
	/* before the replay, which compares the chargeback that is named */
	closing_find_named(&call, &event, &taken);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, dw_escrow_lock(&job.id, &row));
	if (closing_find(&call, &event, &told, &taken))
	{
		event.transaction_id = taken.transaction_id;
		dw_call_replayed(&call);	/* told twice, under two names */
	}
	else
		event.transaction_id = closing_apply(&call, &job, &row, &taken,
											 &told);

	if (told.lost_amount == 0)
		event.amount = taken.chargeback.lost_amount != 0
			? taken.chargeback.lost_amount : taken.chargeback.amount;
	event.currency = taken.currency;
	event.psp_reference = taken.psp_reference;
	dw_row_uuid(&call, "chargeback_id", &taken.id);
	dw_row_enum(&call, "chargeback_status", &dw_chargeback_status_labels,
				taken.chargeback.status);
	dw_row_escrow(&call, &row);
	return dw_payment_event_return(&call, &event);
}
