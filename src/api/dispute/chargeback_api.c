/*
 * chargeback_api.c
 *		A bank takes a payment back, and later decides.
 *
 * Whose money it is the charge says, or the case; which job an event is told
 * for does not matter where they do.  The charge is locked before its
 * receipts, and these before the job, so which they are is looked up without
 * a lock, and again with it.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/dispute/dispute_api_int.h"
#include "api/escrow/escrow_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/company/company_store.h"
#include "store/dispute/dispute_store.h"
#include "store/payout/payout_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

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
 * Finds the charge that a bank asks for: the one named by transaction_id, else
 * by psp_reference; and whose it is.
 */
static void
find_charge(DwCase *of)
{
	DwPaymentEvent *event = &of->event;
	const DwChargeNames names = {
		.psp = event->psp,
		.id = dw_arg_uuid_opt(of->call, "transaction_id"),
		.psp_reference = event->psp_reference,
		.job_id = event->told_job_id
	};

	of->is_named = dw_charge_find(&names, &of->charge);
	if (names.id != NULL && !of->is_named)
		refuse_early(names.id);
	event->job_id = dw_uuid_is_nil(&of->charge.job_id) &&
		of->charge.kind != DW_CHARGE_REPAYMENT
		? event->told_job_id : of->charge.job_id;
}

/* A charge that nothing names is the job's only payment, where it has one. */
static void
find_only(DwCase *of)
{
	if (!of->is_named && !dw_uuid_is_nil(&of->event.job_id))
		(void) dw_charge_find_only(&of->event.job_id, of->event.psp,
								   &of->charge);
}

/*
 * Lets nobody else tell of the charge, by the name that is said or that it
 * has, nor of the case.
 */
static void
lock_charge(const DwCase *of)
{
	dw_charge_lock(of->event.psp, of->event.psp_reference);
	dw_charge_lock(of->event.psp, of->charge.psp_reference);
	dw_charge_lock(of->event.psp, of->told.case_reference);
}

/*
 * Locks the receipts of the charge; the one with the most money in the
 * currency of the event is what may be taken.
 */
static void
lock_receipts(DwCase *of)
{
	int			count;
	const DwCharge *charge = &of->charge;
	const int	ids = dw_uuid_is_nil(&charge->receipt_id) ? 0 : 1;
	DwReceipt  *receipts = dw_receipts_lock(&charge->receipt_id, ids,
											of->event.psp,
											charge->psp_reference, &count);

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
lock_job(DwCase *of)
{
	DwUuid	   *job_id = &of->event.job_id;

	of->has_job = !dw_uuid_is_nil(job_id) && dw_job_lock(job_id, &of->job);
	if (!of->has_job)
		memset(job_id, 0, sizeof(*job_id));
}

/* Reads the job that an event names, if it does. */
static void
job_id_read(DwCall *call, DwPaymentEvent *event)
{
	const DwUuid *job_id = dw_arg_uuid_opt(call, "job_id");

	if (job_id != NULL)
		event->job_id = event->told_job_id = *job_id;
}

/* Reads the arguments of open_chargeback; errors of arguments alone. */
static void
opening_read(DwCall *call, DwPaymentEvent *event, DwBankTold *told)
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
	told->case_reference = dw_arg_name_opt(call, "case_reference",
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

/* Fills the columns of both events that are the job's. */
static void
case_row(const DwCase *of)
{
	if (of->has_escrow)
		dw_row_escrow(of->call, &of->row);
	else if (!dw_uuid_is_nil(&of->event.job_id))
		dw_row_uuid(of->call, "job_id", &of->event.job_id);
	if (!dw_uuid_is_nil(&of->taken.receipt_id))
	{
		dw_row_uuid(of->call, "receipt_id", &of->taken.receipt_id);
		dw_row_int8(of->call, "covered_amount",
					of->taken.chargeback.covered);
	}
}

/* Locks the charge, its receipts and its job, and finds them again. */
static void
opening_lock(DwCase *of)
{
	find_charge(of);
	find_only(of);
	lock_charge(of);
	find_charge(of);
	find_only(of);
	lock_receipts(of);
	/* a receipt may have become a job's payment while its lock was awaited */
	if (of->has_receipt)
		find_charge(of);
	dw_charge_lock_jobs(of->event.psp, of->charge.psp_reference != NULL
						? of->charge.psp_reference
						: of->event.psp_reference);
	lock_job(of);
	find_only(of);
	if (of->charge.kind == DW_CHARGE_REPAYMENT)
		dw_payout_mark_user(&of->charge.user_id);
}

/* WD104 for what is told otherwise than before. */
static void
refuse_other(const DwCase *of, const char *name, const char *differs)
{
	dw_raise(DW_IDEMPOTENCY_MISMATCH,
			 "the chargeback was told of otherwise before",
			 psprintf("\"%s\" of \"%s\" had another %s.", name,
					  of->event.psp, differs),
			 "An event_id names one event for ever, and a case_reference one"
			 " case of one amount.");
}

/* WD104 for another fee than the chargeback has. */
static void
check_fee(const DwCase *of, const char *name, const DwChargebackRow *row)
{
	if (of->told.fee != 0 && row->fee != 0 && of->told.fee != row->fee)
		refuse_other(of, name, "fee");
}

/* True when the very event was told before; WD104: with another fee. */
static bool
opening_replay(const DwCase *of)
{
	DwPaymentEvent kept;
	DwChargebackRow row;

	if (!dw_payment_replay(of->call, &of->event))
		return false;
	if (dw_payment_event_find(of->event.psp, of->event.event_id, &kept) &&
		dw_chargeback_find_told(&kept, &row))
		check_fee(of, of->event.event_id, &row);
	return true;
}

/*
 * Finds the case, when another event has told of it.  Its name is said, else
 * it is a psp_reference that is no charge's; one that is said is of one
 * amount (WD104): whether another is more of it or all of it nobody says.
 */
static void
find_case(DwCase *of)
{
	DwPaymentEvent *event = &of->event;
	const bool	is_said = of->told.case_reference != NULL;
	DwChargebackNames names = {.psp = event->psp};
	DwChargebackRow *rows;
	int			count;

	if (!is_said && !of->is_named)
		of->told.case_reference = event->psp_reference;
	names.case_reference = of->told.case_reference;
	if (names.case_reference == NULL || of->told.is_inquiry)
		return;
	rows = dw_chargebacks_named(&names, &count);
	for (int i = 0; i < count && !of->is_repeated; i++)
	{
		of->taken = rows[i];
		of->is_repeated = rows[i].chargeback.amount == event->amount &&
			strcmp(rows[i].currency, event->currency) == 0;
	}
	if (of->is_repeated)
		check_fee(of, names.case_reference, &of->taken);
	else if (is_said && count > 0)
		refuse_other(of, names.case_reference, "amount");
	else
		memset(&of->taken, 0, sizeof(of->taken));
}

/* WD101 for a charge that nobody has told of, while it may be awaited. */
static void
opening_need_told(const DwCase *of)
{
	if (!of->is_repeated && !of->is_named && of->has_job &&
		!of->has_receipt && of->event.psp_reference != NULL)
		dw_payment_need_told(&of->job.id, &of->event);
}

/* A case that was told of is that of its own job, whatever this one says. */
static void
repeat(DwCase *of)
{
	dw_call_replayed(of->call);
	of->event.job_id = of->taken.job_id;
	of->has_escrow = of->has_escrow &&
		dw_uuid_equal(&of->job.id, &of->taken.job_id);
}

DW_FUNCTION(dwello_open_chargeback)
{
	DwCall		call;
	DwCase		of = {.call = &call};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	opening_read(&call, &of.event, &of.told);
	opening_lock(&of);
	if (opening_replay(&of))
		return dw_call_return(&call);
	find_case(&of);
	opening_need_told(&of);
	of.has_escrow = of.has_job && dw_escrow_lock(&of.job.id, &of.row);
	if (of.is_repeated)
		repeat(&of);
	dw_case_apply(&of);

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
closing_read(DwCall *call, DwPaymentEvent *event, DwBankTold *told)
{
	memset(event, 0, sizeof(*event));
	memset(told, 0, sizeof(*told));
	dw_args_need(call, "psp", "event_id", "won", NULL);
	job_id_read(call, event);
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	told->is_decision = true;
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
		: names->case_reference != NULL
		? psprintf(" of the case \"%s\"", names->case_reference)
		: names->psp_reference != NULL
		? psprintf(" of \"%s\"", names->psp_reference) : "";

	dw_raise(DW_INVALID_TRANSITION, "no such chargeback is open",
			 psprintf("Through \"%s\" there is no chargeback%s, or none that"
					  " is open.", names->psp, which),
			 "Tell of it with dwello.open_chargeback() first; an event that "
			 "came too early can be delivered again.");
}

/* True when an event says which case it is about, not only whose. */
static bool
closing_is_named(const DwChargebackNames *names)
{
	return names->id != NULL || names->psp_reference != NULL ||
		names->case_reference != NULL;
}

/* Reads what says which it is; 22004 when nothing does. */
static void
closing_read_names(DwCase *of, DwChargebackNames *names)
{
	DwPaymentEvent *event = &of->event;

	*names = (DwChargebackNames)
	{
		.psp = event->psp,.job_id = event->job_id,
			.id = dw_arg_uuid_opt(of->call, "chargeback_id"),
			.psp_reference = dw_arg_name_opt(of->call, "psp_reference",
											 DW_PSP_REFERENCE_MAX),
			.case_reference = dw_arg_name_opt(of->call, "case_reference",
											  DW_PSP_REFERENCE_MAX)
	};
	of->told.case_reference = names->case_reference;
	if (!closing_is_named(names))
		dw_args_need(of->call, "job_id", NULL);
	else						/* the case says whose it is */
		memset(&event->job_id, 0, sizeof(event->job_id));
	if (names->id == NULL)
		return;
	event->object = "chargeback_id";
	event->object_id = *names->id;
}

/* Those that the names fit: of the job that is said, if it has any such. */
static DwChargebackRow *
closing_rows(const DwChargebackNames *names, int *count)
{
	DwChargebackNames others = *names;
	DwChargebackRow *rows = dw_chargebacks_named(names, count);

	if (*count > 0 || !closing_is_named(names))
		return rows;
	memset(&others.job_id, 0, sizeof(others.job_id));
	return dw_chargebacks_named(&others, count);
}

/*
 * The one that is open, of those that the names fit; where one is named by
 * its id or its case, the last one.  WD101: none is, or several are.
 */
static void
closing_pick(DwCase *of, const DwChargebackNames *names)
{
	int			count;
	int			open = 0;
	DwChargebackRow *rows = closing_rows(names, &count);

	for (int i = 0; i < count; i++)
		if (rows[i].chargeback.status == DW_CHARGEBACK_OPEN)
		{
			open++;
			of->taken = rows[i];
		}
	if (open > 1)
		dw_raise(DW_INVALID_TRANSITION, "several chargebacks are open",
				 psprintf("Through \"%s\" %d may be meant.", names->psp, open),
				 "Tell it with its chargeback_id or case_reference; an event"
				 " that came too early can be delivered again.");
	if (open == 0 && (count == 0 || !closing_is_named(names)))
		refuse_closed(names);
	if (open == 0)
		of->taken = rows[count - 1];
}

/* Finds the charge that it is of, if that is known. */
static void
closing_find_charge(DwCase *of)
{
	const DwChargebackRow *taken = &of->taken;
	const DwChargeNames names = {.psp = taken->psp,.id = &taken->payment_id};

	if (!dw_uuid_is_nil(&taken->payment_id))
		(void) dw_charge_find(&names, &of->charge);
}

/*
 * Locks the receipts of the charge, among them the one that bears of it; else
 * what of them comes back to may be any.
 */
static void
closing_lock_receipts(DwCase *of)
{
	const DwChargebackRow *taken = &of->taken;
	const bool	has_receipt = !dw_uuid_is_nil(&taken->receipt_id);
	int			count;
	DwReceipt  *receipts =
		dw_receipts_lock(&taken->receipt_id, has_receipt ? 1 : 0, taken->psp,
						 of->charge.psp_reference != NULL
						 ? of->charge.psp_reference : taken->psp_reference,
						 &count);

	for (int i = 0; i < count && has_receipt && !of->has_receipt; i++)
	{
		of->receipt = receipts[i];
		of->has_receipt = dw_uuid_equal(&of->receipt.id, &taken->receipt_id);
	}
}

/*
 * Locks what the chargeback is about: its charge and case, their receipts, its
 * job, else its scope, which nothing else stands for.
 */
static void
closing_lock(DwCase *of, const DwChargebackNames *names)
{
	const DwChargebackRow *taken = &of->taken;

	closing_find_charge(of);
	dw_charge_lock(taken->psp, taken->psp_reference);
	dw_charge_lock(taken->psp, of->charge.psp_reference);
	dw_charge_lock(taken->psp, taken->case_reference);
	/* its charge may have been told of, and have a receipt since */
	closing_pick(of, names);
	of->event.job_id = taken->job_id;
	of->event.currency = taken->currency;
	of->event.psp_reference = taken->psp_reference;
	closing_lock_receipts(of);
	dw_charge_lock_jobs(taken->psp, of->charge.psp_reference != NULL
						? of->charge.psp_reference : taken->psp_reference);
	lock_job(of);
	if (of->has_job)
		return;
	if (!dw_uuid_is_nil(&taken->provider_id))
		dw_payout_mark_user(&taken->provider_id);
	dw_fact_lock(&taken->scope_id);
}

/*
 * What is left of the charge where no escrow bears it, to be taken anew: of a
 * tip it may take again what it has taken.
 */
static void
closing_count_left(DwCase *of)
{
	const DwChargebackRow *taken = &of->taken;

	closing_find_charge(of);
	if (taken->chargeback.is_detached &&
		taken->chargeback.status != DW_CHARGEBACK_WON)
		of->charge.left += taken->chargeback.clawed_back;
}

/*
 * True when it has ended this very way already, or had before the bank came to
 * another decision: then this one tells of that again.
 */
static bool
closing_is_told(const DwCase *of)
{
	const DwChargeback *chargeback = &of->taken.chargeback;
	const int64 lost = of->told.lost_amount;

	if (lost > chargeback->amount)
		dw_arg_refuse(of->call, "lost_amount", DW_BAD_VALUE,
					  "is more than the chargeback is of");
	if (dw_payment_event_is_known(&of->event, "chargeback_id", &of->taken.id))
		return true;
	return of->told.won ? chargeback->status == DW_CHARGEBACK_WON
		: chargeback->status == DW_CHARGEBACK_LOST &&
		(lost == 0 || lost == chargeback->lost_amount);
}

/* Sets what the event of a decision is kept with. */
static void
closing_fill_event(DwCase *of)
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
	DwCase		of = {.call = &call};
	DwChargebackNames names;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	closing_read(&call, &of.event, &of.told);
	closing_read_names(&of, &names);
	if (dw_payment_replay(&call, &of.event))
		return dw_call_return(&call);
	closing_pick(&of, &names);
	closing_lock(&of, &names);
	/* while the lock was awaited, another may have told of it */
	if (dw_payment_replay(&call, &of.event))
		return dw_call_return(&call);
	closing_pick(&of, &names);
	closing_count_left(&of);
	of.has_escrow = of.has_job && dw_escrow_lock(&of.job.id, &of.row);
	if (closing_is_told(&of))
	{
		of.event.transaction_id = of.taken.transaction_id;
		dw_call_replayed(&call);	/* told twice, under two names */
	}
	else
		dw_case_apply(&of);

	closing_fill_event(&of);
	dw_row_uuid(&call, "chargeback_id", &of.taken.id);
	dw_row_enum(&call, "chargeback_status", &dw_chargeback_status_labels,
				of.taken.chargeback.status);
	case_row(&of);
	dw_row_text(&call, "currency", of.taken.currency);
	return dw_payment_event_return(&call, &of.event);
}
