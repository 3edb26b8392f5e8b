/*
 * chargeback_api.c
 *		A bank takes a payment back, and later decides.
 *
 * While one is open the escrow is frozen and what is asked for lies in the
 * company's chargeback_clearing.  Won, each leg is mirrored to the very
 * account it was taken from, whatever has been paid out or netted since.
 * Lost, the money is the bank's.  No account of a provider is read or
 * locked: a job's call stays in its shard, and what the provider owes is
 * netted when they are paid out.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/dispute/dispute_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "store/dispute/dispute_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

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

/*
 * Puts one step of a chargeback into the ledger; the transaction's id.  The
 * accounts are made when they are not there, in the order of their ids: the
 * provider may never have been paid before the bank asks for it back.
 */
static DwUuid
book_step(DwCall *call, DwEscrowRow *row, const DwChargebackRow *taken,
		  const DwPosting *posting)
{
	bool		won = taken->chargeback.status == DW_CHARGEBACK_WON;
	DwTransaction transaction;

	dw_escrow_begin_transaction(row, &transaction, DW_TRANSACTION_CHARGEBACK,
								&call->actor);
	transaction.payer_id = won ? row->homeowner_id : row->provider_id;
	transaction.payee_id = won ? row->provider_id : row->homeowner_id;
	transaction.amount = taken->chargeback.amount;
	transaction.net_amount = taken->chargeback.amount;
	transaction.psp = taken->psp;
	transaction.psp_reference = taken->psp_reference;
	transaction.reverses = won ? &taken->transaction_id : NULL;
	dw_postings_ensure(posting, 1);
	dw_ledger_book(&row->chain_end, &transaction, posting, false);
	return transaction.id;
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
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, type, &payload);
}

/*
 * The payment that a bank asks for: the one named by transaction_id, else by
 * psp_reference, else the only one through the company; nil when none of
 * these says it.  P0002 for one that did not arrive through it.
 */
static DwUuid
asked_payment(DwCall *call, const DwPaymentEvent *event)
{
	const DwUuid *id = dw_arg_uuid_opt(call, "transaction_id");
	DwUuid		none = {{0}};
	int			count;
	DwPaymentPart *payments = dw_payments_arrived(&event->job_id, event->psp,
												  &count);

	for (int i = 0; i < count; i++)
	{
		const DwPaymentPart *payment = &payments[i];

		if (id != NULL ? dw_uuid_equal(&payment->payment_id, id)
			: event->psp_reference != NULL && payment->psp_reference != NULL &&
			strcmp(event->psp_reference, payment->psp_reference) == 0)
			return payment->payment_id;
	}
	if (id != NULL)
		dw_raise(DW_NOT_FOUND, "no such payment",
				 psprintf("No payment %s arrived for job %s through \"%s\".",
						  dw_uuid_text(id), dw_uuid_text(&event->job_id),
						  event->psp),
				 "Leave transaction_id out where nothing says it.");
	return count == 1 ? payments[0].payment_id : none;
}

/* Reads the arguments of open_chargeback; errors of arguments alone. */
static const char *
opening_read(DwCall *call, DwPaymentEvent *event)
{
	const char *reason;

	memset(event, 0, sizeof(*event));
	event->occurred_at = DT_NOBEGIN;
	dw_args_need(call, "job_id", "psp", "event_id", "amount", "currency",
				 NULL);
	event->type = DW_CHARGEBACK_OPENED;
	event->job_id = dw_arg_uuid(call, "job_id");
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	event->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	event->psp_reference = dw_arg_text_opt(call, "psp_reference",
										   DW_PSP_REFERENCE_MAX);
	reason = dw_arg_text_opt(call, "reason", DW_NOTES_MAX);
	event->amount = dw_arg_int8(call, "amount");
	if (event->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be more than zero");
	dw_arg_check_currency(call, "currency", event->currency);
	return reason;
}

/* WD201 for another currency, 22023 for more than the company brought. */
static void
opening_check(const DwEscrowRow *row, const DwPaymentEvent *event)
{
	int64		room;

	if (strcmp(event->currency, row->escrow.currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the chargeback is in another currency than the escrow",
				 psprintf("The escrow of job %s is in %s.",
						  dw_uuid_text(&row->job_id), row->escrow.currency),
				 "Tell of it in the currency of the payment.");
	room = dw_chargeback_room(&row->job_id, event->psp);
	if (event->amount > room)
		dw_raise(DW_BAD_VALUE,
				 "the chargeback is of more than the company brought",
				 psprintf("Of what was paid for job %s through \"%s\", "
						  INT64_FORMAT " is not charged back.",
						  dw_uuid_text(&row->job_id), event->psp, room),
				 "Compare with what the company says, and tell of that much.");
}

/*
 * Freezes the escrow, and moves what the bank asks for to the company's
 * chargeback_clearing: first what is held, then what was released, then the
 * platform's loss.
 */
static void
opening_apply(DwCall *call, DwEscrowRow *row, DwPaymentEvent *event,
			  DwChargebackRow *taken)
{
	DwTransition transition = {DW_ESCROW_EVENT_OPEN_CHARGEBACK, call->actor,
	row->escrow.status, &taken->transaction_id};
	const DwParties parties = DW_ESCROW_PARTIES(row);
	DwChargebackSum others;
	DwTakenBack back;
	DwPosting	posting;

	taken->id = dw_uuid_fresh();
	taken->psp = event->psp;
	taken->psp_reference = event->psp_reference;
	taken->chargeback.amount = event->amount;
	dw_chargeback_sum(&row->job_id, NULL, &others);
	if (dw_chargeback_open(&row->escrow, row->milestones,
						   row->milestone_count, &others,
						   &taken->chargeback) != DW_OK)
		elog(ERROR, "chargeback was decided otherwise");
	back = taken_back(taken);
	dw_posting_chargeback_open(&posting, &parties, &back);
	taken->transaction_id = book_step(call, row, taken, &posting);
	dw_chargeback_insert(row, taken);
	dw_escrow_apply(row, &transition);
	event->transaction_id = taken->transaction_id;
}

DW_FUNCTION(dwello_open_chargeback)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPaymentEvent event;
	DwChargebackRow taken = {.version = 0};
	const char *reason;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	reason = opening_read(&call, &event);
	dw_job_for_command(&call, &event.job_id, &job);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, dw_escrow_lock(&job.id, &row));
	dw_escrow_check(&call, &row, DW_ESCROW_EVENT_OPEN_CHARGEBACK);
	taken.payment_id = asked_payment(&call, &event);
	opening_check(&row, &event);
	opening_apply(&call, &row, &event, &taken);
	emit_chargeback(&row, &taken, "chargeback_opened", reason);

	dw_row_uuid(&call, "chargeback_id", &taken.id);
	if (!dw_uuid_is_nil(&taken.payment_id))
		dw_row_uuid(&call, "payment_id", &taken.payment_id);
	dw_row_int8(&call, "amount", taken.chargeback.amount);
	dw_row_int8(&call, "held_amount", taken.chargeback.held_amount);
	dw_row_int8(&call, "clawed_back", taken.chargeback.clawed_back);
	dw_row_escrow(&call, &row);
	return dw_payment_event_return(&call, &event);
}

/* Reads the arguments of close_chargeback; errors of arguments alone. */
static bool
closing_read(DwCall *call, DwPaymentEvent *event)
{
	bool		won;

	memset(event, 0, sizeof(*event));
	event->occurred_at = DT_NOBEGIN;
	dw_args_need(call, "job_id", "psp", "event_id", "won", NULL);
	event->job_id = dw_arg_uuid(call, "job_id");
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	won = dw_arg_bool(call, "won");
	event->type = won ? DW_CHARGEBACK_IS_WON : DW_CHARGEBACK_IS_LOST;
	return won;
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
 * The one that is open, unless one is named.  WD101: none, or it has ended
 * otherwise; 22023: several are open.  True: it has ended this way already.
 */
static bool
closing_find(DwCall *call, const DwPaymentEvent *event, bool won,
			 DwChargebackRow *taken)
{
	bool		is_named = event->object != NULL;

	if (!is_named &&
		!dw_chargeback_find(&event->job_id, NULL, event->psp, taken))
		refuse_closed(event);
	if (taken->chargeback.status != DW_CHARGEBACK_OPEN)
	{
		if (won != (taken->chargeback.status == DW_CHARGEBACK_WON))
			refuse_closed(event);
		return true;
	}
	if (!is_named &&
		dw_chargeback_count_open(&event->job_id, event->psp) > 1)
		dw_arg_refuse(call, "chargeback_id", DW_BAD_VALUE,
					  "must name one, for several are open");
	return false;
}

/*
 * Puts the bank's decision into the ledger, and releases what waited for it.
 * Clocks are set forward before that: a milestone whose time ran out while
 * nobody could answer is not due yet.
 */
static void
closing_apply(DwCall *call, DwJob *job, DwEscrowRow *row,
			  DwPaymentEvent *event, DwChargebackRow *taken)
{
	DwTransition transition = {DW_ESCROW_EVENT_CLOSE_CHARGEBACK, call->actor,
	row->escrow.status, &event->transaction_id};
	DwVerdict	verdict = {
		.won = strcmp(event->type, DW_CHARGEBACK_IS_WON) == 0
	};
	const DwParties parties = DW_ESCROW_PARTIES(row);
	const DwTakenBack back = taken_back(taken);
	DwPosting	posting;

	dw_chargeback_sum(&row->job_id, &taken->id, &verdict.others);
	if (dw_chargeback_close(&row->escrow, row->milestones,
							row->milestone_count, &taken->chargeback,
							&verdict) != DW_OK)
		elog(ERROR, "chargeback was decided otherwise");
	if (verdict.won)
		dw_posting_chargeback_won(&posting, &parties, &back);
	else
		dw_posting_chargeback_lost(&posting, &parties, &back);
	event->transaction_id = book_step(call, row, taken, &posting);
	dw_chargeback_end(taken);
	dw_escrow_apply(row, &transition);
	/* disputes first: what they give up or keep says what may be released */
	dw_disputes_unfreeze(row, &event->transaction_id);
	emit_chargeback(row, taken, "chargeback_closed", NULL);
	if (!row->escrow.frozen)
	{
		dw_chargeback_free_clocks(row, &taken->id);
		dw_escrow_release_approved(call, job, row);
	}
	dw_escrow_move_job(job, row);
}

DW_FUNCTION(dwello_close_chargeback)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPaymentEvent event;
	DwChargebackRow taken;
	bool		won;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	won = closing_read(&call, &event);
	dw_job_for_command(&call, &event.job_id, &job);
	/* before the replay, which compares the chargeback that is named */
	closing_find_named(&call, &event, &taken);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, dw_escrow_lock(&job.id, &row));
	if (closing_find(&call, &event, won, &taken))
	{
		event.transaction_id = taken.transaction_id;
		dw_call_replayed(&call);	/* told twice, under two names */
	}
	else
		closing_apply(&call, &job, &row, &event, &taken);

	event.amount = taken.chargeback.amount;
	event.currency = row.escrow.currency;
	event.psp_reference = taken.psp_reference;
	dw_row_uuid(&call, "chargeback_id", &taken.id);
	dw_row_enum(&call, "chargeback_status", &dw_chargeback_status_labels,
				taken.chargeback.status);
	dw_row_escrow(&call, &row);
	return dw_payment_event_return(&call, &event);
}
