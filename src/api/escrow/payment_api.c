/*
 * payment_api.c
 *		Takes what the company says of the payment of an escrow: it has
 *		arrived, or it will not.
 *
 * What has arrived is a fact, and is booked whatever it is: what the contract
 * takes goes to the escrow, and the rest becomes a receipt, which is held
 * apart or goes back.  One that has ended already, because its time was up or
 * the homeowner gave it up, stays so when it fails; one that has arrived
 * cannot fail any more.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/authorization/authorization_store.h"
#include "store/company/company_store.h"
#include "store/dispute/dispute_store.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"
#include "store/ledger/ledger_store.h"
#include "store/refund/refund_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* WD101 when a payment is named that the job does not have, or not yet. */
static void
refuse_unknown_payment(const DwPaymentEvent *event)
{
	dw_raise(DW_INVALID_TRANSITION, "no such payment is there yet",
			 psprintf("Job %s has no payment %s.",
					  dw_uuid_text(&event->job_id),
					  dw_uuid_text(&event->transaction_id)),
			 "Tell it again later, or without transaction_id.");
}

/*
 * The payment that an event is about: the one named, else the pending one,
 * else the last that was asked for.  False: none was; WD101: none such.
 */
static bool
find_payment(const DwPaymentEvent *event, DwTransaction *payment)
{
	const DwUuid *id = &event->transaction_id;

	if (dw_uuid_is_nil(id))
		return dw_payment_find(&event->job_id, NULL, payment) ||
			dw_payment_find_last(&event->job_id, payment);
	if (!dw_payment_find(&event->job_id, id, payment))
		refuse_unknown_payment(event);
	return true;
}

/* Fills the row of both events, and ends the call with it. */
static Datum
payment_return(DwCall *call, DwPaymentEvent *event,
			   const DwEscrowRow *row, const DwTransaction *payment)
{
	dw_row_uuid(call, "transaction_id", &payment->id);
	dw_row_int8(call, "amount", payment->amount);
	dw_row_escrow(call, row);
	return dw_payment_event_return(call, event);
}

/* Reads the arguments of confirm_payment; errors of arguments alone. */
static void
arrival_read(DwCall *call, DwPaymentEvent *event)
{
	const DwUuid *id;

	memset(event, 0, sizeof(*event));
	dw_args_need(call, "psp", "event_id", "amount", "currency", NULL);
	event->type = DW_PAYMENT_CONFIRMED;
	id = dw_arg_uuid_opt(call, "job_id");
	if (id != NULL)
		event->job_id = *id;
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	event->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	event->psp_reference = dw_arg_name_opt(call, "psp_reference",
										   DW_PSP_REFERENCE_MAX);
	event->amount = dw_arg_int8(call, "amount");
	if (event->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be more than zero");
	dw_arg_check_currency(call, "currency", event->currency);
	event->occurred_at = dw_arg_time_opt(call, "occurred_at");
	id = dw_arg_uuid_opt(call, "transaction_id");
	if (id != NULL)
		event->transaction_id = *id;
}

/* Money that has arrived: what it is about, and where it goes. */
typedef struct Arrival
{
	DwPaymentEvent *event;		/* that told of it */
	bool		has_job;		/* the event names one that is there */
	DwJob		job;			/* locked */
	bool		has_escrow;		/* the job has one */
	DwEscrowRow row;			/* of the job */
	bool		has_payment;	/* it is known which it is */
	DwTransaction payment;		/* then this one; else what is made of it */
	bool		is_capture;		/* of what is authorised */
	DwAuthorization authorization;	/* then this one */
	DwGone		gone;			/* had left before it was told */
	int64		amount;			/* of it that is still there */
	int64		asked;			/* by the payment, if it is open; else 0 */
	int64		held;			/* of the amount, what the escrow takes */
	int64		added;			/* by the platform: what none can bring */
	int64		rest;			/* and what does not fit */
	DwReceiptReason reason;		/* why not; nothing while all is held */
} Arrival;

/*
 * Money that nobody asked for becomes a payment of its own; a payment that
 * was asked for is what has arrived of it.
 */
static bool
payment_prepare(DwCall *call, Arrival *arrival)
{
	const DwPaymentEvent *event = arrival->event;
	DwTransaction *payment = &arrival->payment;
	bool		is_pending = arrival->asked > 0;

	if (!is_pending)
		dw_escrow_begin_transaction(&arrival->row, payment,
									DW_TRANSACTION_PAYMENT, &call->actor);
	payment->amount = payment->net_amount = arrival->held;
	payment->occurred_at = event->occurred_at;
	/* the company that has the money counts, not the one that was asked */
	payment->psp = event->psp;
	if (event->psp_reference != NULL)
		payment->psp_reference = event->psp_reference;
	return is_pending;
}

/* What fits: held, and filled into the milestones. */
static void
arrival_hold(DwCall *call, Arrival *arrival)
{
	DwEscrowRow *row = &arrival->row;
	DwTransaction *payment = &arrival->payment;
	bool		is_pending = payment_prepare(call, arrival);
	DwTransition transition = {DW_ESCROW_EVENT_CONFIRM_PAYMENT, call->actor,
	row->escrow.status, &payment->id};
	const DwParties parties = DW_ESCROW_PARTIES(row);
	DwPosting	posting;

	dw_escrow_ensure_accounts(row, payment->psp);
	/* core is told what only other tables know, and decides without them */
	row->escrow.pending = payment->amount + arrival->added;
	if (dw_escrow_confirm(&row->escrow, row->milestones,
						  row->milestone_count, row->escrow.pending) != DW_OK)
		elog(ERROR, "payment was decided otherwise");
	row->psp = pstrdup(payment->psp);
	row->last_failure = NULL;
	dw_posting_payment(&posting, &parties, payment->psp, payment->amount,
					   arrival->added);
	if (arrival->added > 0)
		dw_postings_ensure(&posting, 1);
	dw_ledger_book(&row->chain_end, payment, &posting, is_pending);
	dw_escrow_apply(row, &transition);
	dw_payment_emit(row, payment, "payment_received");
	dw_escrow_move_job(&arrival->job, row);
	dw_escrow_release_approved(call, &arrival->job, row);
}

/* Books what has arrived as the provider's, less the platform's part. */
static void
tip_give(DwCall *call, DwEscrowRow *row, const DwTransaction *payment,
		 DwTransaction *tip)
{
	const DwParties parties = DW_ESCROW_PARTIES(row);
	DwEarnings	earnings = {0};
	DwPosting	posting;

	dw_escrow_begin_transaction(row, tip, DW_TRANSACTION_TIP, &call->actor);
	tip->occurred_at = payment->occurred_at;
	tip->amount = payment->amount;
	if (dw_money_scale(tip->amount, dw_setting_int8("tip_fee_ppm"), DW_PPM,
					   &earnings.fee) != DW_OK)
		elog(ERROR, "a part of a tip is out of range");
	earnings.payout = tip->amount - earnings.fee;
	tip->platform_fee = earnings.fee;
	tip->net_amount = earnings.payout;
	dw_posting_tip(&posting, &parties, &earnings);
	dw_ledger_book(&row->chain_end, tip, &posting, false);
}

/* What has arrived of a tip, payment->amount, is the provider's. */
static void
tip_apply(DwCall *call, DwEscrowRow *row, DwTransaction *payment,
		  bool is_pending)
{
	const DwParties parties = DW_ESCROW_PARTIES(row);
	DwTransaction tip;
	DwPosting	posting;
	DwPayload	payload;

	dw_escrow_ensure_accounts(row, payment->psp);
	dw_posting_payment(&posting, &parties, payment->psp, payment->amount,
					   0);
	dw_ledger_book(&row->chain_end, payment, &posting, is_pending);
	tip_give(call, row, payment, &tip);
	dw_escrow_save(row);
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "payment_id", &payment->id);
	dw_payload_uuid(&payload, "transaction_id", &tip.id);
	dw_payload_int8(&payload, "amount", tip.amount);
	dw_payload_int8(&payload, "payout", tip.net_amount);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "tip_received",
				  &payload);
}

/* A tip that has arrived, as far as it was asked for: the provider's. */
static void
arrival_tip(DwCall *call, Arrival *arrival)
{
	const DwPaymentEvent *event = arrival->event;
	DwTransaction *payment = &arrival->payment;
	const bool	is_pending = arrival->asked > 0;

	/* one that had failed has ended: what came all the same is another */
	if (!is_pending)
		dw_escrow_begin_transaction(&arrival->row, payment,
									DW_TRANSACTION_TIP_PAYMENT, &call->actor);
	payment->amount = payment->net_amount = arrival->held;
	payment->occurred_at = event->occurred_at;
	payment->psp = event->psp;
	if (event->psp_reference != NULL)
		payment->psp_reference = event->psp_reference;
	tip_apply(call, &arrival->row, payment, is_pending);
}

/*
 * What does not fit: kept apart.  Of two who tell the same at once, without a
 * job whose lock parts them, the second gets what the first did.
 */
static bool
arrival_keep_apart(DwCall *call, Arrival *arrival, DwReceipt *receipt)
{
	const DwPaymentEvent *event = arrival->event;

	*receipt = (DwReceipt)
	{
		.job_id = event->job_id,
			.psp = event->psp,
			.event_id = event->event_id,
			.psp_reference = event->psp_reference,
			.amount = arrival->rest + arrival->gone.amount,
			.currency = event->currency,
			.reason = arrival->rest > 0 ? arrival->reason
			: DW_RECEIPT_GONE,
			.occurred_at = event->occurred_at
	};
	if (arrival->has_job)
		receipt->user_id = arrival->job.homeowner_id;
	if (arrival->has_payment)
		receipt->payment_method_id = arrival->payment.payment_method_id;
	return dw_receipt_book(call, receipt, &arrival->gone);
}

/* True when a payment has ended, and no money was awaited for it. */
static bool
has_ended(const DwTransaction *payment)
{
	return payment->status == DW_TRANSACTION_FAILED ||
		payment->status == DW_TRANSACTION_CANCELLED;
}

/* Nothing of the amount is held, for this reason. */
static void
refuse_all(Arrival *arrival, DwReceiptReason reason)
{
	arrival->held = 0;
	arrival->rest = arrival->amount;
	arrival->reason = reason;
}

/* True when the event is about a payment that was to be a tip. */
static bool
is_tip(const Arrival *arrival)
{
	return arrival->has_payment &&
		arrival->payment.type == DW_TRANSACTION_TIP_PAYMENT;
}

/*
 * Money for a payment that has ended: a payment that was replaced is charged
 * beside the one that replaced it, and any other is late.
 */
static void
refuse_ended(Arrival *arrival)
{
	DwTransaction last;

	refuse_all(arrival,
			   dw_payment_find_last(&arrival->job.id, &last) &&
			   !dw_uuid_equal(&last.id, &arrival->payment.id)
			   ? DW_RECEIPT_SECOND_CHARGE : DW_RECEIPT_LATE);
}

/*
 * True when a payment failed for good and succeeded, and the company says when
 * each was: it is there, and is held in whatever order the two are told.
 */
static bool
has_arrived_all_the_same(const Arrival *arrival)
{
	return arrival->payment.status == DW_TRANSACTION_FAILED &&
		arrival->event->occurred_at != DT_NOBEGIN &&
		dw_payment_has_failed_at(&arrival->job.id, &arrival->payment.id);
}

/*
 * Why nothing of the amount can be held whatever is missing; false: part of
 * it may.
 */
static bool
arrival_is_apart(Arrival *arrival)
{
	const DwJob *job = &arrival->job;

	if (!arrival->has_job)
		refuse_all(arrival, DW_RECEIPT_UNKNOWN_JOB);
	else if (arrival->has_escrow &&
			 strcmp(arrival->event->currency,
					arrival->row.escrow.currency) != 0)
		refuse_all(arrival, DW_RECEIPT_WRONG_CURRENCY);
	else if (is_tip(arrival) &&
			 arrival->payment.status == DW_TRANSACTION_COMPLETED)
		refuse_all(arrival, DW_RECEIPT_SECOND_CHARGE);
	else if (!is_tip(arrival) && (job->status == DW_JOB_COMPLETED ||
								  job->status == DW_JOB_CANCELLED))
		refuse_all(arrival, DW_RECEIPT_JOB_OVER);
	else if (!arrival->has_escrow)
		refuse_all(arrival, DW_RECEIPT_SECOND_CHARGE);
	else if (arrival->has_payment && has_ended(&arrival->payment) &&
			 !has_arrived_all_the_same(arrival))
		refuse_ended(arrival);
	else
		return false;
	return true;
}

/* What the escrow takes of an amount that it has been told all about. */
static int64
escrow_room(Arrival *arrival)
{
	DwEscrowRow *row = &arrival->row;
	DwTransaction open;

	row->escrow.pending = arrival->asked;
	if (arrival->asked == 0 && dw_payment_find(&row->job_id, NULL, &open))
		row->escrow.pending = open.amount;
	dw_escrow_load_contested(row);
	return dw_escrow_room(&row->escrow, arrival->asked);
}

/*
 * What the escrow takes: all, or what is whole for the company, so that the
 * rest can go back.  What it misses then is less than the company can bring,
 * and the platform adds it.
 */
static void
arrival_fit(Arrival *arrival)
{
	const DwPaymentEvent *event = arrival->event;
	const int64 unit = dw_psp_unit_of(event->psp, event->currency);
	const int64 room = escrow_room(arrival);

	arrival->held = arrival->amount <= room ? arrival->amount
		: room - room % unit;
	if (arrival->held > 0 && room - arrival->held < unit)
		arrival->added = room - arrival->held;
}

/* Decides how much is held, and why the rest is not. */
static void
arrival_decide(Arrival *arrival)
{
	arrival->amount = arrival->event->amount - arrival->gone.amount;
	if (arrival_is_apart(arrival))
		return;
	arrival->asked = arrival->has_payment &&
		arrival->payment.status == DW_TRANSACTION_PENDING
		? arrival->payment.amount : 0;
	if (is_tip(arrival))
		arrival->held = Min(arrival->amount, arrival->payment.amount);
	else
		arrival_fit(arrival);
	arrival->rest = arrival->amount - arrival->held;
	arrival->reason = arrival->asked > 0 ? DW_RECEIPT_SURPLUS
		: DW_RECEIPT_SECOND_CHARGE;
}

/* Ends a payment that was awaited: its time is up, or the job is over. */
static void
arrival_lapse(Arrival *arrival)
{
	DwTransaction *payment = &arrival->payment;
	bool		is_over = !is_tip(arrival) &&
		(arrival->job.status == DW_JOB_COMPLETED ||
		 arrival->job.status == DW_JOB_CANCELLED);

	if (payment->status != DW_TRANSACTION_PENDING ||
		(!is_over && dw_now() < payment->pay_by))
		return;
	if (dw_now() >= payment->pay_by)
	{
		dw_payment_expire(&arrival->row, payment);
		payment->status = DW_TRANSACTION_FAILED;
	}
	else
	{
		dw_payment_cancel(&arrival->row, payment);
		payment->status = DW_TRANSACTION_CANCELLED;
	}
}

/*
 * Money that was authorised: a company that names the payment which the
 * authorization answers means the capture that is asked for, if one is, and
 * else has captured by itself.
 */
static void
arrival_find_capture(Arrival *arrival)
{
	const DwPaymentEvent *event = arrival->event;

	arrival->is_capture =
		dw_authorization_find_for(&arrival->job.id, arrival->has_payment
								  ? &arrival->payment.id : NULL, event->psp,
								  event->psp_reference,
								  &arrival->authorization);
	if (arrival->is_capture && arrival->has_payment &&
		has_ended(&arrival->payment))
		arrival->has_payment = dw_payment_find(&arrival->job.id, NULL,
											   &arrival->payment);
}

/* Finds what the event is about; WD101 for a payment that is not there. */
static void
arrival_find(Arrival *arrival)
{
	DwPaymentEvent *event = arrival->event;

	arrival->has_escrow = arrival->has_job &&
		dw_escrow_lock(&arrival->job.id, &arrival->row);
	if (arrival->has_job)
		arrival->has_payment = find_payment(event, &arrival->payment);
	if (arrival->has_escrow)
		arrival_find_capture(arrival);
	else if (!dw_uuid_is_nil(&event->transaction_id))
		refuse_unknown_payment(event);
	if (!arrival->has_job)
		memset(&event->job_id, 0, sizeof(event->job_id));
}

/* Fills the row of confirm_payment, and ends the call with it. */
static Datum
arrival_return(DwCall *call, Arrival *arrival, const DwReceipt *receipt)
{
	const DwPaymentEvent *event = arrival->event;

	if (arrival->has_escrow)
		dw_row_escrow(call, &arrival->row);
	if (arrival->held > 0)
		dw_row_uuid(call, "transaction_id", &arrival->payment.id);
	else
		dw_row_uuid(call, "transaction_id", &receipt->transaction_id);
	dw_row_int8(call, "amount", event->amount);
	dw_row_text(call, "currency", event->currency);
	dw_row_bool(call, "is_late", arrival->held == 0);
	if (arrival->rest + arrival->gone.amount > 0)
	{
		dw_row_uuid(call, "receipt_id", &receipt->id);
		dw_row_int8(call, "receipt_amount", receipt->amount);
		dw_row_enum(call, "receipt_reason", &dw_receipt_reason_labels,
					receipt->reason);
	}
	return dw_payment_event_return(call, arrival->event);
}

/* Books what has arrived; false: somebody else has, at this very time. */
static bool
arrival_book(DwCall *call, Arrival *arrival, DwReceipt *receipt)
{
	/* a payment that the escrow does not take at all has ended */
	if (arrival->asked > 0 && arrival->held == 0)
		dw_payment_cancel(&arrival->row, &arrival->payment);
	if (arrival->rest + arrival->gone.amount > 0 &&
		!arrival_keep_apart(call, arrival, receipt))
		return false;
	if (arrival->held > 0 && is_tip(arrival))
		arrival_tip(call, arrival);
	else if (arrival->held > 0)
		arrival_hold(call, arrival);
	if (arrival->is_capture)
		dw_authorization_take(&arrival->authorization,
							  arrival->event->amount);
	arrival->event->transaction_id = arrival->held > 0
		? arrival->payment.id : receipt->transaction_id;
	return true;
}

/*
 * The captures of an authorization go by its one name, and may be of one
 * amount: a capture that was asked for and is named is none told before.
 */
static void
capture_name(DwPaymentEvent *event)
{
	DwAuthorization authorization;
	const DwUuid *id = &event->transaction_id;

	if (event->psp_reference != NULL && !dw_uuid_is_nil(id) &&
		dw_authorization_find_for(&event->job_id, id, event->psp,
								  event->psp_reference, &authorization) &&
		dw_uuid_equal(id, &authorization.payment_id))
		event->capture_id = *id;
}

DW_FUNCTION(dwello_confirm_payment)
{
	DwCall		call;
	DwPaymentEvent event;
	Arrival		arrival = {.event = &event};
	DwReceipt	receipt;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	arrival_read(&call, &event);
	/* no job parts two who tell of one charge: the charge itself does */
	dw_charge_lock(event.psp, event.psp_reference);
	arrival.has_job = !dw_uuid_is_nil(&event.job_id) &&
		dw_job_lock(&event.job_id, &arrival.job);
	if (arrival.has_job)
		capture_name(&event);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	arrival_find(&arrival);
	if (arrival.has_payment)
		arrival_lapse(&arrival);
	dw_gone_find(&event, &arrival.gone);
	arrival_decide(&arrival);
	if (!arrival_book(&call, &arrival, &receipt) &&
		dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	return arrival_return(&call, &arrival, &receipt);
}

/* A receipt that becomes a payment. */
typedef struct Assignment
{
	DwReceipt	receipt;		/* locked, before the job */
	DwPaymentEvent event;		/* as if it came now */
	Arrival		arrival;		/* at the job */
} Assignment;

/* Locks the receipt; P0002. */
static void
assignment_lock(const DwUuid *id, DwReceipt *receipt)
{
	if (!dw_receipt_lock(id, receipt))
		dw_raise(DW_NOT_FOUND, "no such receipt",
				 psprintf("There is no receipt %s.", dw_uuid_text(id)),
				 "dwello.receipts() lists them.");
}

/* What is left of it, as if it came now. */
static DwPaymentEvent
assignment_event(const DwReceipt *receipt, const DwUuid *job_id)
{
	return (DwPaymentEvent)
	{
		.type = DW_PAYMENT_CONFIRMED,
			.psp = receipt->psp,
			.event_id = receipt->event_id,
			.psp_reference = receipt->psp_reference,
			.job_id = *job_id,
			.amount = receipt->remaining,
			.currency = receipt->currency,
			.occurred_at = receipt->occurred_at
	};
}

/* Locks receipt, job and escrow; true when this was done before. */
static bool
assignment_begin(DwCall *call, Assignment *assignment)
{
	DwUuid		id = dw_arg_uuid(call, "receipt_id");
	DwUuid		job_id = dw_arg_uuid(call, "job_id");
	Arrival    *arrival = &assignment->arrival;

	memset(assignment, 0, sizeof(*assignment));
	assignment_lock(&id, &assignment->receipt);
	dw_job_for_command(call, &job_id, &arrival->job);
	if (dw_call_replay(call, &id))
		return true;
	arrival->has_job = true;
	arrival->has_escrow = dw_escrow_lock(&job_id, &arrival->row);
	dw_escrow_need(&job_id, arrival->has_escrow);
	dw_call_version(call, assignment->receipt.version);
	assignment->event = assignment_event(&assignment->receipt, &job_id);
	arrival->event = &assignment->event;
	return false;
}

/* WD101 unless it is held and the job can be paid; WD201 for its currency. */
static void
assignment_check(const Assignment *assignment)
{
	const DwReceipt *receipt = &assignment->receipt;
	const DwEscrow *escrow = &assignment->arrival.row.escrow;

	if (receipt->status != DW_RECEIPT_HELD)
		dw_raise(DW_INVALID_TRANSITION, "the receipt is not held any more",
				 psprintf("Receipt %s is %s.", dw_uuid_text(&receipt->id),
						  dw_receipt_status_label(receipt->status)),
				 "dwello.receipts(status => 'held') lists those that are.");
	dw_job_need_payable(&assignment->arrival.job);
	if (strcmp(receipt->currency, escrow->currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the receipt is in another currency than the escrow",
				 psprintf("The escrow of job %s is in %s.",
						  dw_uuid_text(&assignment->arrival.job.id),
						  escrow->currency),
				 "Give it back with dwello.return_receipt().");
	dw_receipt_need_room(receipt);
}

/*
 * Decides how much of it is held: an open payment is what it was meant for.
 * WD101 when the contract takes nothing of it.
 */
static void
assignment_decide(Arrival *arrival)
{
	arrival->has_payment = dw_payment_find(&arrival->job.id, NULL,
										   &arrival->payment);
	if (arrival->has_payment)
		arrival_lapse(arrival);
	arrival->has_payment = arrival->has_payment &&
		arrival->payment.status == DW_TRANSACTION_PENDING;
	arrival_decide(arrival);
	if (arrival->held == 0)
		dw_raise(DW_INVALID_TRANSITION, "the contract takes nothing of it",
				 psprintf("The escrow of job %s is in state \"%s\".",
						  dw_uuid_text(&arrival->job.id),
						  dw_escrow_status_label(arrival->row.escrow.status)),
				 "Give it back with dwello.return_receipt().");
}

/* The transaction that takes it out of the receipt's scope. */
static void
assignment_prepare(DwCall *call, const Assignment *assignment,
				   DwTransaction *out)
{
	const DwReceipt *receipt = &assignment->receipt;

	dw_escrow_begin_transaction(&assignment->arrival.row, out,
								DW_TRANSACTION_RECEIPT, &call->actor);
	out->scope_id = receipt->id;
	out->payer_id = receipt->user_id;
	out->amount = out->net_amount = assignment->arrival.held;
	out->currency = receipt->currency;
	out->psp = receipt->psp;
	out->psp_reference = receipt->psp_reference;
	out->reverses = &receipt->transaction_id;
	out->request_id = dw_call_request_id(call);
}

/* Books it out of the receipt's scope, and then as a payment of the job. */
static void
assignment_apply(DwCall *call, Assignment *assignment)
{
	DwReceipt  *receipt = &assignment->receipt;
	Arrival    *arrival = &assignment->arrival;
	const DwAccount suspense =
		dw_account_of_receipt(&receipt->id, receipt->currency, receipt->psp);
	const DwAccount clearing =
		dw_account_of_psp(DW_ACCOUNT_PSP_CLEARING, receipt->currency,
						  receipt->psp);
	DwTransaction out;
	DwPosting	posting;

	assignment_prepare(call, assignment, &out);
	dw_posting_move(&posting, DW_POSTING_RECEIPT_ASSIGNED, &suspense,
					&clearing, arrival->held);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(&out, &posting);
	arrival_hold(call, arrival);
	dw_receipt_reduce(receipt, arrival->held, DW_RECEIPT_ASSIGNED,
					  &arrival->payment.id);
}

/*
 * Decides that a refund of the escrow's is undone, which nobody had asked for
 * and which failed; its posting.  WD101, WD202.
 */
static void
restore_decide(DwCall *call, DwEscrowRow *row, const DwRefundRow *refund,
			   int64 amount, DwPosting *posting)
{
	DwOriginal	original;
	DwReversal	reversal = {.pending_count = 0};
	DwChargebackSum taken;
	DwResult	result;

	dw_escrow_check(call, row, DW_ESCROW_EVENT_REVERSE);
	if (!dw_original_load(&row->job_id, &refund->transaction_id, &original))
		elog(ERROR, "a refund that failed has no transaction");
	result = dw_reversal_decide(&original.posting, original.reversed, &amount,
								&reversal, posting);
	if (result != DW_OK)
		dw_escrow_refuse(call, row, result);
	dw_chargeback_sum(&row->job_id, NULL, &taken);
	result = dw_escrow_reverse(&row->escrow, row->milestones,
							   row->milestone_count, &reversal,
							   taken.clawed_back);
	if (result != DW_OK)
		dw_escrow_refuse(call, row, result);
}

/* Takes it out of the receipt, which bears what the escrow gets back. */
static void
restore_from(DwCall *call, const Assignment *assignment)
{
	const DwReceipt *receipt = &assignment->receipt;
	const DwAccount suspense =
		dw_account_of_receipt(&receipt->id, receipt->currency, receipt->psp);
	const DwAccount loss = dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS,
												  receipt->currency);
	DwTransaction out;
	DwPosting	posting;

	assignment_prepare(call, assignment, &out);
	dw_posting_move(&posting, DW_POSTING_CHARGEBACK_COVERED, &suspense, &loss,
					assignment->arrival.held);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(&out, &posting);
}

/* Books that a refund is undone: so much of it lies in the escrow again. */
static void
restore_apply(DwCall *call, Assignment *assignment, DwRefundRow *refund)
{
	Arrival    *arrival = &assignment->arrival;
	DwEscrowRow *row = &arrival->row;
	DwTransition transition = {DW_ESCROW_EVENT_REVERSE, call->actor,
	row->escrow.status, &arrival->payment.id};
	DwTransaction undone;
	DwPosting	posting;

	restore_decide(call, row, refund, arrival->held, &posting);
	restore_from(call, assignment);
	dw_escrow_begin_transaction(row, &undone, DW_TRANSACTION_REVERSAL,
								&call->actor);
	undone.payer_id = row->provider_id;
	undone.payee_id = row->homeowner_id;
	undone.amount = arrival->held;
	undone.psp = refund->psp;
	undone.psp_reference = refund->psp_reference;
	undone.reverses = &refund->transaction_id;
	dw_postings_ensure(&posting, 1);
	dw_ledger_book(&row->chain_end, &undone, &posting, false);
	arrival->payment.id = undone.id;
	dw_escrow_apply(row, &transition);
	dw_refund_save(refund);
	dw_receipt_reduce(&assignment->receipt, arrival->held,
					  DW_RECEIPT_ASSIGNED, NULL);
}

/*
 * The company's own mistake, undone: what nobody had asked for, and failed,
 * lies in the escrow again that it was taken from, as before.  False: it is
 * none of that escrow's.
 */
static bool
assignment_restore(DwCall *call, Assignment *assignment)
{
	DwReceipt  *receipt = &assignment->receipt;
	Arrival    *arrival = &assignment->arrival;
	int			count;
	DwRefundRow *refunds = dw_refunds_failed_into(&arrival->job.id,
												  &receipt->id, &count);

	if (call->actor.kind != DW_ACTOR_ADMIN ||
		receipt->status != DW_RECEIPT_HELD)
		return false;
	arrival->held = 0;
	for (int i = 0; i < count && arrival->held == 0; i++)
	{
		arrival->held = dw_refund_restore(&refunds[i].facts,
										  receipt->remaining);
		if (arrival->held == 0)
			continue;
		dw_receipt_need_room(receipt);
		restore_apply(call, assignment, &refunds[i]);
		dw_escrow_move_job(&arrival->job, &arrival->row);
	}
	return arrival->held > 0;
}

/* Tells the workers that it has become a payment. */
static void
assignment_emit(const Assignment *assignment)
{
	const DwReceipt *receipt = &assignment->receipt;
	const Arrival *arrival = &assignment->arrival;
	DwPayload	payload;

	dw_escrow_payload(&payload, &arrival->row);
	dw_payload_uuid(&payload, "receipt_id", &receipt->id);
	dw_payload_uuid(&payload, "transaction_id", &arrival->payment.id);
	dw_payload_text(&payload, "psp", receipt->psp);
	dw_payload_text(&payload, "psp_reference", receipt->psp_reference);
	dw_payload_int8(&payload, "amount", arrival->held);
	dw_event_emit(&arrival->job.id, "escrow", &arrival->job.id,
				  "receipt_assigned", &payload);
}

/* Fills the row of assign_receipt, and ends the call with it. */
static Datum
assignment_return(DwCall *call, const Assignment *assignment)
{
	const DwReceipt *receipt = &assignment->receipt;
	const Arrival *arrival = &assignment->arrival;

	dw_row_uuid(call, "receipt_id", &receipt->id);
	dw_row_enum(call, "receipt_status", &dw_receipt_status_labels,
				receipt->status);
	dw_row_int8(call, "remaining", receipt->remaining);
	dw_row_uuid(call, "transaction_id", &arrival->payment.id);
	dw_row_int8(call, "amount", arrival->held);
	dw_row_escrow(call, &arrival->row);
	dw_row_int4(call, "version", receipt->version);
	return dw_call_return(call);
}

/* assign_receipt(receipt_id, job_id, ...) → the escrow, and the payment */
DW_FUNCTION(dwello_assign_receipt)
{
	DwCall		call;
	Assignment	assignment;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM | DW_ACTOR_SUPPORT |
					 DW_ACTOR_ADMIN);
	dw_args_need(&call, "receipt_id", "job_id", NULL);
	if (assignment_begin(&call, &assignment))
		return dw_call_return(&call);
	if (!assignment_restore(&call, &assignment))
	{
		assignment_check(&assignment);
		assignment_decide(&assignment.arrival);
		assignment_apply(&call, &assignment);
	}
	assignment_emit(&assignment);

	return assignment_return(&call, &assignment);
}

/* What fail_payment tells. */
typedef struct Failure
{
	DwPaymentEvent event;		/* as every event */
	const char *reason;			/* in the company's words, or NULL */
	bool		is_final;		/* the payment will not come any more */
} Failure;

/* Reads the arguments of fail_payment; errors of arguments alone. */
static void
failure_read(DwCall *call, Failure *failure)
{
	DwPaymentEvent *event = &failure->event;
	const DwUuid *id;

	memset(failure, 0, sizeof(*failure));
	dw_args_need(call, "job_id", "psp", "event_id", "is_final", NULL);
	event->type = DW_PAYMENT_FAILED;
	event->occurred_at = dw_arg_time_opt(call, "occurred_at");
	event->job_id = dw_arg_uuid(call, "job_id");
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	id = dw_arg_uuid_opt(call, "transaction_id");
	if (id != NULL)
		event->transaction_id = *id;
	failure->is_final = dw_arg_bool(call, "is_final");
	failure->reason = dw_arg_text_opt(call, "reason", DW_NOTES_MAX);
}

/* WD101 when nothing was asked for that could fail. */
static void
failure_check(const Failure *failure, bool found)
{
	if (!found)
		dw_raise(DW_INVALID_TRANSITION, "no payment is awaited",
				 psprintf("No payment was asked for job %s.",
						  dw_uuid_text(&failure->event.job_id)),
				 "The homeowner asks for one with dwello.fund_escrow().");
}

/*
 * A failed attempt leaves the payment open; a final failure ends it.  An
 * escrow that is over by now stays as it is; for any other it is a
 * transition, if only in its history.
 */
static void
failure_apply(DwCall *call, DwEscrowRow *row, const DwTransaction *payment,
			  const Failure *failure)
{
	DwTransition transition = {DW_ESCROW_EVENT_FAIL_PAYMENT, call->actor,
	row->escrow.status, &payment->id};
	DwEscrow	failed = row->escrow;
	DwPayload	payload;
	bool		is_of_tip = payment->type == DW_TRANSACTION_TIP_PAYMENT;

	if (is_of_tip && failure->is_final)
	{
		dw_tip_fail(row, payment, failure->reason);
		return;
	}
	if (failure->is_final)
		dw_transaction_end(payment, DW_TRANSACTION_FAILED);
	failed.pending = payment->amount;
	row->last_failure = failure->reason != NULL ? failure->reason
		: "unknown";
	if (!is_of_tip && dw_escrow_fail(&failed, payment->amount) == DW_OK)
	{
		if (failure->is_final)
			row->escrow = failed;
		dw_escrow_apply(row, &transition);
	}
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &payment->id);
	dw_payload_int8(&payload, "amount", payment->amount);
	dw_payload_text(&payload, "reason", failure->reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, failure->is_final
				  ? "payment_failed" : "payment_attempt_failed", &payload);
}

DW_FUNCTION(dwello_fail_payment)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	Failure		failure;
	DwPaymentEvent *event = &failure.event;
	DwTransaction payment;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	failure_read(&call, &failure);
	dw_job_for_command(&call, &event->job_id, &job);
	if (dw_payment_replay(&call, event))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, dw_escrow_lock(&job.id, &row));
	failure_check(&failure, find_payment(event, &payment));

	event->transaction_id = payment.id;
	event->amount = payment.amount;
	event->currency = payment.currency;
	event->psp_reference = payment.psp_reference;
	if (payment.status == DW_TRANSACTION_PENDING &&
		dw_now() >= payment.pay_by)
		dw_payment_expire(&row, &payment);
	else if (payment.status == DW_TRANSACTION_PENDING)
		failure_apply(&call, &row, &payment, &failure);
	else
		dw_call_replayed(&call);	/* it had ended by itself, or arrived */
	return payment_return(&call, event, &row, &payment);
}
