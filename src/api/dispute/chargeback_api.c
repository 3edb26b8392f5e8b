/*
 * chargeback_api.c
 *		A bank takes a payment back, and later decides.
 *
 * While one is open the escrow is frozen and what is asked for lies in the
 * company's chargeback_clearing.  Won, each leg is mirrored to the very
 * account it was taken from, whatever has been paid out or netted since.
 * Lost, the money is the bank's.  All of it is booked as told: more than was
 * paid, of money that never reached an escrow, of a tip, of no job, a
 * decision after another.  What would be a loss and lies in a receipt of that
 * charge comes out of there, in the receipt's scope.
 * No account of a provider is read or locked: a job's call stays in its
 * shard, and what the provider owes is netted when they are paid out.
 *
 * Receipts are locked before the job, so which they are is looked up without
 * a lock.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/dispute/dispute_api.h"
#include "api/escrow/escrow_api.h"
#include "core/company/company.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/company/company_store.h"
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

/* A chargeback, and what it is about. */
typedef struct Case
{
	DwCall	   *call;			/* that tells of it */
	DwPaymentEvent event;		/* as every event */
	Told		told;			/* what it says */
	bool		has_job;		/* it is about one */
	DwJob		job;			/* then this one, locked */
	bool		has_escrow;		/* which has one */
	DwEscrowRow row;			/* then this one */
	bool		has_receipt;	/* money of that charge lies apart */
	DwReceipt	receipt;		/* then in this one, locked */
	DwAskedBack asked;			/* the charge */
	DwChargebackRow taken;		/* the chargeback */
} Case;

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
parties_of(const Case *of)
{
	return (DwParties)
	{
		of->taken.job_id, of->taken.provider_id, of->taken.currency
	};
}

/* A booking of it in a scope that has no escrow. */
static DwTransaction
begin_apart(const Case *of, const DwUuid *scope_id)
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
book_step(Case *of, const DwPosting *posting)
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

/*
 * What would be a loss comes out of the receipt that has money of that
 * charge, and goes back there with a loss that ends.
 */
static void
cover(Case *of)
{
	DwReceipt  *receipt = &of->receipt;
	DwAccount	accounts[2];
	DwTransaction transaction;
	DwPosting	posting;
	int64		change;

	if (!of->has_receipt)
		return;
	change = dw_chargeback_cover(&of->taken.chargeback, receipt->remaining);
	of->taken.receipt_id = receipt->id;
	if (change == 0)
		return;
	accounts[change < 0] = dw_account_of_receipt(&receipt->id,
												 receipt->currency,
												 receipt->psp);
	accounts[change > 0] = dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS,
												  receipt->currency);
	transaction = begin_apart(of, &receipt->id);
	transaction.payer_id = receipt->user_id;
	transaction.amount = transaction.net_amount = Abs(change);
	dw_posting_move(&posting, DW_POSTING_CHARGEBACK_COVERED, &accounts[0],
					&accounts[1], transaction.amount);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(&transaction, &posting);
	dw_receipt_reduce(receipt, change, DW_RECEIPT_CHARGED_BACK, NULL);
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

/* The members that every event of a chargeback has. */
static void
case_payload(const Case *of, DwPayload *payload)
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
	}
	if (of->has_receipt)
		dw_payload_uuid(payload, "receipt_id", &of->receipt.id);
	dw_payload_text(payload, "psp", event->psp);
	dw_payload_text(payload, "psp_reference", event->psp_reference);
	dw_payload_text(payload, "reason", of->told.reason);
}

/* Emits an event of one, in the scope of its job or in its own. */
static void
case_emit(const Case *of, const char *type, DwPayload *payload)
{
	const DwUuid *scope_id = of->has_job ? &of->job.id : &of->taken.scope_id;

	dw_event_emit(scope_id, of->has_job ? "escrow" : "receipt", scope_id,
				  type, payload);
}

/* Emits what became of a chargeback. */
static void
emit_chargeback(Case *of, const char *type)
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

/* WD101: the payment that is named has not arrived yet. */
static void
refuse_early(const DwUuid *id)
{
	dw_raise(DW_INVALID_TRANSITION, "no such payment has arrived",
			 psprintf("No payment %s is known.", dw_uuid_text(id)),
			 "An event that came too early can be delivered again; without"
			 " transaction_id it is booked as it is.");
}

/*
 * Finds the charge that a bank asks for, before anything is locked: the one
 * named by transaction_id, else by psp_reference.  An event that names no job
 * is of the job of what it names.
 */
static void
find_asked(Case *of)
{
	DwPaymentEvent *event = &of->event;
	const DwUuid *id = dw_arg_uuid_opt(of->call, "transaction_id");

	if (id != NULL || event->psp_reference != NULL)
		dw_chargeback_find_charge(event->psp, id, event->psp_reference,
								  &of->asked);
	if (id != NULL && dw_uuid_is_nil(&of->asked.payment_id))
		refuse_early(id);
	if (dw_uuid_is_nil(&event->job_id))
		event->job_id = of->asked.job_id;
}

/*
 * A charge that has no name of its own is the only payment of the job through
 * the company, where there is but one.
 */
static void
find_only(Case *of)
{
	int			count;
	DwPaymentPart *payments;

	if (!dw_uuid_is_nil(&of->asked.payment_id) ||
		dw_uuid_is_nil(&of->event.job_id))
		return;
	payments = dw_payments_arrived(&of->event.job_id, of->event.psp, &count);
	if (count == 1)
		of->asked.psp_reference = payments[0].psp_reference;
}

/*
 * Locks the receipts of the charge; the one with the most money in the
 * currency of the event is what may be taken.
 */
static void
lock_receipts(Case *of)
{
	int			count;
	const DwAskedBack *asked = &of->asked;
	const int	ids = dw_uuid_is_nil(&asked->receipt_id) ? 0 : 1;
	DwReceipt  *receipts = dw_receipts_lock(&asked->receipt_id, ids,
											of->event.psp,
											asked->psp_reference, &count);

	for (int i = 0; i < count; i++)
	{
		if (strcmp(receipts[i].currency, of->event.currency) != 0 ||
			(of->has_receipt &&
			 receipts[i].remaining <= of->receipt.remaining))
			continue;
		of->has_receipt = true;
		of->receipt = receipts[i];
	}
}

/* Locks the job that it is about; one that is not there is none. */
static void
lock_job(Case *of)
{
	DwUuid	   *job_id = &of->event.job_id;

	of->has_job = !dw_uuid_is_nil(job_id) && dw_job_lock(job_id, &of->job);
	if (!of->has_job)
		memset(job_id, 0, sizeof(*job_id));
}

/*
 * Sets the payment that a bank asks for; nil when nothing says which.  False
 * when the escrow never took it, for it came late or twice, is a tip, or
 * nothing came through that company.
 */
static bool
asked_payment(Case *of)
{
	int			count;
	DwPaymentPart *payments = dw_payments_arrived(&of->job.id, of->event.psp,
												  &count);
	DwUuid	   *payment_id = &of->taken.payment_id;

	*payment_id = of->asked.payment_id;
	for (int i = 0; i < count; i++)
		if (dw_uuid_equal(&payments[i].payment_id, payment_id))
			return true;
	if (!dw_uuid_is_nil(payment_id))
		return false;
	if (count == 1)
		*payment_id = payments[0].payment_id;
	return count > 0;
}

/* Reads the job that an event names, if it does. */
static void
job_id_read(DwCall *call, DwPaymentEvent *event)
{
	const DwUuid *job_id = dw_arg_uuid_opt(call, "job_id");

	if (job_id != NULL)
		event->job_id = *job_id;
}

/* Reads the arguments of open_chargeback; errors of arguments alone. */
static void
opening_read(DwCall *call, DwPaymentEvent *event, Told *told)
{
	memset(event, 0, sizeof(*event));
	memset(told, 0, sizeof(*told));
	dw_args_need(call, "psp", "event_id", "amount", "currency", "is_inquiry",
				 NULL);
	told->is_inquiry = dw_arg_bool(call, "is_inquiry");
	event->type = told->is_inquiry ? DW_CHARGEBACK_INQUIRED
		: DW_CHARGEBACK_OPENED;
	job_id_read(call, event);
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

/* Decides out of what it is taken where no escrow is concerned. */
static void
decide_apart(Case *of)
{
	DwChargeback *chargeback = &of->taken.chargeback;
	const DwAskedBack *asked = &of->asked;

	dw_chargeback_open_tip(chargeback, asked->is_tip && of->has_escrow &&
						   strcmp(asked->currency, of->taken.currency) == 0
						   ? Max(asked->left, 0) : 0);
}

/* The same where one is. */
static void
decide_held(Case *of)
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
take(Case *of)
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
 * What a new one is of.  It is none of the escrow's money when the escrow did
 * not take that payment, or it is in another currency.
 */
static void
opening_fill(Case *of)
{
	const DwPaymentEvent *event = &of->event;
	DwChargebackRow *taken = &of->taken;
	const bool	is_held = of->has_escrow && asked_payment(of);

	if (event->psp_reference != NULL && of->has_job && !of->has_receipt &&
		dw_uuid_is_nil(&of->asked.payment_id))
		dw_payment_need_told(&of->job.id, event);
	taken->id = dw_uuid_fresh();
	taken->scope_id = of->has_escrow ? of->job.id
		: dw_fact_id(event->psp, event->event_id);
	taken->job_id = event->job_id;
	taken->homeowner_id = of->has_job ? of->job.homeowner_id
		: of->receipt.user_id;
	if (of->has_escrow)
		taken->provider_id = of->row.provider_id;
	else
		taken->payment_id = of->asked.payment_id;
	taken->psp = event->psp;
	taken->psp_reference = event->psp_reference;
	taken->fee = of->told.fee;
	taken->chargeback.amount = event->amount;
	taken->chargeback.is_detached = !is_held ||
		strcmp(event->currency, of->row.escrow.currency) != 0;
	strlcpy(taken->currency, event->currency, sizeof(taken->currency));
}

/* Books a new one. */
static void
opening_apply(Case *of)
{
	opening_fill(of);
	take(of);
	dw_chargeback_insert(&of->taken);
	book_fee(of->call, &of->event, &of->taken);
	of->event.transaction_id = of->taken.transaction_id;
	emit_chargeback(of, "chargeback_opened");
}

/* A bank only asks what it was about: nothing moves, and somebody answers. */
static void
inquiry_apply(Case *of)
{
	DwPayload	payload;

	opening_fill(of);
	case_payload(of, &payload);
	if (!dw_uuid_is_nil(&of->taken.payment_id))
		dw_payload_uuid(&payload, "payment_id", &of->taken.payment_id);
	dw_payload_int8(&payload, "amount", of->event.amount);
	case_emit(of, "chargeback_inquired", &payload);
}

/* Fills the columns of both events that are the job's. */
static void
case_row(const Case *of)
{
	if (of->has_escrow)
		dw_row_escrow(of->call, &of->row);
	else if (of->has_job)
		dw_row_uuid(of->call, "job_id", &of->job.id);
	if (!dw_uuid_is_nil(&of->taken.receipt_id))
	{
		dw_row_uuid(of->call, "receipt_id", &of->taken.receipt_id);
		dw_row_int8(of->call, "covered_amount",
					of->taken.chargeback.covered);
	}
}

DW_FUNCTION(dwello_open_chargeback)
{
	DwCall		call;
	Case		of = {.call = &call};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	opening_read(&call, &of.event, &of.told);
	find_asked(&of);
	find_only(&of);
	lock_receipts(&of);
	/* a receipt may have become a job's payment while its lock was awaited */
	if (of.has_receipt)
		find_asked(&of);
	lock_job(&of);
	if (dw_payment_replay(&call, &of.event))
		return dw_call_return(&call);
	of.has_escrow = of.has_job && dw_escrow_lock(&of.job.id, &of.row);
	if (of.told.is_inquiry)
		inquiry_apply(&of);
	else
		opening_apply(&of);

	if (!of.told.is_inquiry)
		dw_row_uuid(&call, "chargeback_id", &of.taken.id);
	if (!dw_uuid_is_nil(&of.taken.payment_id))
		dw_row_uuid(&call, "payment_id", &of.taken.payment_id);
	dw_row_int8(&call, "amount", of.event.amount);
	dw_row_int8(&call, "held_amount", of.taken.chargeback.held_amount);
	dw_row_int8(&call, "clawed_back", of.taken.chargeback.clawed_back);
	case_row(&of);
	dw_row_text(&call, "currency", of.event.currency);
	return dw_payment_event_return(&call, &of.event);
}

/* Reads the arguments of close_chargeback; errors of arguments alone. */
static void
closing_read(DwCall *call, DwPaymentEvent *event, Told *told)
{
	memset(event, 0, sizeof(*event));
	memset(told, 0, sizeof(*told));
	dw_args_need(call, "psp", "event_id", "won", NULL);
	job_id_read(call, event);
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
refuse_closed(const DwChargebackNames *names)
{
	const char *which = names->id != NULL
		? psprintf(" with the id %s", dw_uuid_text(names->id))
		: names->psp_reference != NULL
		? psprintf(" of \"%s\"", names->psp_reference) : "";

	dw_raise(DW_INVALID_TRANSITION, "no such chargeback is open",
			 psprintf("Through \"%s\" there is no chargeback%s, or none that"
					  " is open.", names->psp, which),
			 "Tell of it with dwello.open_chargeback() first; an event that "
			 "came too early can be delivered again.");
}

/* Reads what says which it is; 22004 when nothing does. */
static void
closing_read_names(Case *of, DwChargebackNames *names)
{
	DwPaymentEvent *event = &of->event;

	*names = (DwChargebackNames)
	{
		.psp = event->psp,.job_id = event->job_id,
			.id = dw_arg_uuid_opt(of->call, "chargeback_id"),
			.psp_reference = dw_arg_name_opt(of->call, "psp_reference",
											 DW_PSP_REFERENCE_MAX)
	};
	if (names->id == NULL && names->psp_reference == NULL)
		dw_args_need(of->call, "job_id", NULL);
	if (names->id == NULL)
		return;
	event->object = "chargeback_id";
	event->object_id = *names->id;
}

/*
 * The one that is open, of those that the names fit; where one is named by
 * its id or its case, the last one.  WD101: none is; 22023: several are.
 */
static void
closing_pick(Case *of, const DwChargebackNames *names)
{
	const bool	is_named = names->id != NULL || names->psp_reference != NULL;
	int			count;
	int			open = 0;
	DwChargebackRow *rows = dw_chargebacks_named(names, &count);

	for (int i = 0; i < count; i++)
		if (rows[i].chargeback.status == DW_CHARGEBACK_OPEN)
		{
			open++;
			of->taken = rows[i];
		}
	if (open > 1)
		dw_arg_refuse(of->call, "chargeback_id", DW_BAD_VALUE,
					  "must name one, for several are open");
	if (open == 0 && (count == 0 || !is_named))
		refuse_closed(names);
	if (open == 0)
		of->taken = rows[count - 1];
}

/*
 * Finds the charge of one that no escrow bears, to be taken anew: of a tip it
 * may take again what it has taken.
 */
static void
closing_find_asked(Case *of)
{
	const DwChargebackRow *taken = &of->taken;

	if (!taken->chargeback.is_detached ||
		dw_uuid_is_nil(&taken->payment_id))
		return;
	dw_chargeback_find_charge(taken->psp, &taken->payment_id, NULL,
							  &of->asked);
	if (taken->chargeback.status != DW_CHARGEBACK_WON)
		of->asked.left += taken->chargeback.clawed_back;
}

/*
 * Locks what the chargeback is about: its receipt, its job, else its scope,
 * which nothing else stands for.
 */
static void
closing_lock(Case *of)
{
	const DwChargebackRow *taken = &of->taken;

	of->event.job_id = taken->job_id;
	of->event.currency = taken->currency;
	of->event.psp_reference = taken->psp_reference;
	of->has_receipt = !dw_uuid_is_nil(&taken->receipt_id) &&
		dw_receipt_lock(&taken->receipt_id, &of->receipt);
	lock_job(of);
	if (!of->has_job)
		dw_fact_lock(&taken->scope_id);
}

/* True when it has ended this very way already. */
static bool
closing_is_told(const Case *of)
{
	const DwChargeback *chargeback = &of->taken.chargeback;
	const int64 lost = of->told.lost_amount;

	if (lost > chargeback->amount)
		dw_arg_refuse(of->call, "lost_amount", DW_BAD_VALUE,
					  "is more than the chargeback is of");
	return of->told.won ? chargeback->status == DW_CHARGEBACK_WON
		: chargeback->status == DW_CHARGEBACK_LOST &&
		(lost == 0 || lost == chargeback->lost_amount);
}

/* Books how an open one ended: what comes back, and what is gone. */
static DwUuid
book_verdict(Case *of, const DwChargebackRow *before)
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
verdict_apply(Case *of)
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

/*
 * A lost one is won after all.  The history has it as asked for and given
 * back, for the escrow moves no other way.
 */
static void
regain_advance(Case *of, const DwUuid *id, DwEscrowStatus from)
{
	DwEscrowRow *row = &of->row;
	const DwEscrowStatus status = row->escrow.status;
	DwTransition reopening = {DW_ESCROW_EVENT_OPEN_CHARGEBACK,
	of->call->actor, from, id};
	DwTransition closing = {DW_ESCROW_EVENT_CLOSE_CHARGEBACK,
	of->call->actor, DW_ESCROW_FROZEN, id};

	row->escrow.status = DW_ESCROW_FROZEN;
	dw_escrow_advance(row, &reopening);
	row->escrow.status = status;
	dw_escrow_advance(row, &closing);
}

/* A lost one is won after all; the booking's id. */
static DwUuid
regain_apply(Case *of)
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
		regain_advance(of, &id, from);
	return id;
}

/* Releases what waited for the end, or for the money. */
static void
closing_follow(Case *of, const DwUuid *transaction_id)
{
	DwEscrowRow *row = &of->row;

	/* disputes first: what they give up or keep says what may be released */
	dw_disputes_unfreeze(row, transaction_id);
	if (!row->escrow.frozen)
		dw_escrow_release_approved(of->call, &of->job, row);
	dw_escrow_move_job(&of->job, row);
}

/* Books the bank's decision, or another one than before; the booking's id. */
static DwUuid
closing_book(Case *of)
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
		take(of);
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
closing_book_overtaken(Case *of)
{
	const DwChargeback before = of->taken.chargeback;
	DwUuid		id = closing_book(of);

	cover(of);
	of->told.won = before.status == DW_CHARGEBACK_WON;
	of->told.lost_amount = before.lost_amount;
	(void) closing_book(of);
	return id;
}

/* True when the event is of a decision before the one that holds. */
static bool
is_overtaken(const Case *of)
{
	return of->taken.chargeback.status != DW_CHARGEBACK_OPEN &&
		dw_payment_event_is_overtaken(&of->event, "chargeback_id",
									  &of->taken.id, DW_CHARGEBACK_IS_WON,
									  DW_CHARGEBACK_IS_LOST);
}

/*
 * Puts the bank's decision into the ledger, and lets what waited for it go
 * on; the booking's id.
 */
static DwUuid
closing_apply(Case *of)
{
	DwEscrowRow *row = &of->row;
	DwChargebackRow *taken = &of->taken;
	const bool	was_frozen = of->has_escrow && row->escrow.frozen;
	const DwUuid id = is_overtaken(of) ? closing_book_overtaken(of)
		: closing_book(of);

	cover(of);
	dw_chargeback_save(taken);
	emit_chargeback(of, "chargeback_closed");
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

/* Sets what the event of a decision is kept with. */
static void
closing_fill_event(Case *of)
{
	const DwChargeback *chargeback = &of->taken.chargeback;

	if (of->told.lost_amount == 0)
		of->event.amount = chargeback->lost_amount != 0
			? chargeback->lost_amount : chargeback->amount;
	of->event.currency = of->taken.currency;
	of->event.psp_reference = of->taken.psp_reference;
}

DW_FUNCTION(dwello_close_chargeback)
{
	DwCall		call;
	Case		of = {.call = &call};
	DwChargebackNames names;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	closing_read(&call, &of.event, &of.told);
	closing_read_names(&of, &names);
	if (dw_payment_replay(&call, &of.event))
		return dw_call_return(&call);
	closing_pick(&of, &names);
	closing_lock(&of);
	/* while the lock was awaited, another may have told of it */
	if (dw_payment_replay(&call, &of.event))
		return dw_call_return(&call);
	closing_pick(&of, &names);
	closing_find_asked(&of);
	of.has_escrow = of.has_job && dw_escrow_lock(&of.job.id, &of.row);
	if (closing_is_told(&of))
	{
		of.event.transaction_id = of.taken.transaction_id;
		dw_call_replayed(&call);	/* told twice, under two names */
	}
	else
		of.event.transaction_id = closing_apply(&of);

	closing_fill_event(&of);
	dw_row_uuid(&call, "chargeback_id", &of.taken.id);
	dw_row_enum(&call, "chargeback_status", &dw_chargeback_status_labels,
				of.taken.chargeback.status);
	case_row(&of);
	dw_row_text(&call, "currency", of.taken.currency);
	return dw_payment_event_return(&call, &of.event);
}
