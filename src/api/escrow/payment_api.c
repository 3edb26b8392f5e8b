/*
 * payment_api.c
 *		Takes a payment in when its company says that it has arrived.
 *
 * In time, it goes to the escrow.  Too late, it passes through the company's
 * clearing account, in and out, against an intent to refund it: never lost,
 * and the escrow stays as it is.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/dispute/dispute_store.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* Tells the worker of the payment company what to do about a payment. */
void
dw_payment_emit(const DwEscrowRow *row, const DwTransaction *payment,
				const char *type)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &payment->id);
	dw_payload_uuid(&payload, "payment_method_id",
					payment->payment_method_id);
	dw_payload_text(&payload, "psp", payment->psp);
	dw_payload_text(&payload, "psp_reference", payment->psp_reference);
	dw_payload_int8(&payload, "amount", payment->amount);
	if (payment->pay_by != DT_NOBEGIN)
		dw_payload_text(&payload, "pay_by",
						timestamptz_to_str(payment->pay_by));
	dw_event_emit(&row->job_id, "escrow", &row->job_id, type, &payload);
}

/* Reads the arguments of confirm_payment; errors of arguments alone. */
static void
arrival_read(DwCall *call, DwPaymentEvent *event)
{
	const DwUuid *id;

	memset(event, 0, sizeof(*event));
	dw_args_need(call, DW_ARG(0) | DW_ARG(1) | DW_ARG(2) | DW_ARG(3) |
				 DW_ARG(4));
	event->type = DW_PAYMENT_CONFIRMED;
	event->job_id = dw_arg_uuid(call, 0);
	event->psp = dw_arg_text(call, 1, DW_PSP_MAX);
	event->event_id = dw_arg_text(call, 2, DW_PSP_REFERENCE_MAX);
	event->currency = dw_arg_text(call, 4, CURRENCY_MAX);
	event->psp_reference = dw_arg_text_opt(call, 6, DW_PSP_REFERENCE_MAX);
	event->amount = dw_arg_int8(call, 3);
	if (event->amount <= 0)
		dw_arg_refuse(call, 3, DW_BAD_VALUE, "must be more than zero");
	dw_arg_check_currency(call, 4, event->currency);
	id = dw_arg_uuid_opt(call, 5);
	if (id != NULL)
		event->transaction_id = *id;
}

/* What differs between an event and the one kept under its name, or NULL. */
static const char *
event_difference(const DwPaymentEvent *event, const DwPaymentEvent *kept)
{
	if (!dw_uuid_equal(&event->job_id, &kept->job_id))
		return "job_id";
	if (!dw_uuid_equal(&event->user_id, &kept->user_id))
		return "user_id";
	if (strcmp(event->type, kept->type) != 0)
		return "type";
	if (strcmp(event->type, DW_PAYMENT_CONFIRMED) != 0 &&
		!dw_uuid_is_nil(&event->transaction_id) &&
		!dw_uuid_equal(&event->transaction_id, &kept->transaction_id))
		return "transaction_id";
	if (event->amount != 0 && event->amount != kept->amount)
		return "amount";
	if (event->currency != NULL &&
		strcmp(event->currency, kept->currency) != 0)
		return "currency";
	return NULL;
}

/* WD104: an event's name stands for another event. */
static void
refuse_event(const DwPaymentEvent *event, const char *differs)
{
	dw_raise(DW_IDEMPOTENCY_MISMATCH,
			 "the event of the payment company was another one before",
			 psprintf("Event \"%s\" of \"%s\" had another %s.",
					  event->event_id, event->psp, differs),
			 "An event_id names one event for ever.");
}

/*
 * True when the row that was returned with an event is about what this one
 * names, or nothing is named.
 */
static bool
event_is_about(const DwCall *call, const DwPaymentEvent *event)
{
	if (event->object == NULL || dw_uuid_is_nil(&event->object_id))
		return true;
	for (int i = 0; i < call->desc->natts; i++)
	{
		const Form_pg_attribute column = TupleDescAttr(call->desc, i);

		if (strcmp(NameStr(column->attname), event->object) == 0)
			return !call->nulls[i] &&
				dw_uuid_equal((DwUuid *) DatumGetPointer(call->values[i]),
							  &event->object_id);
	}
	elog(ERROR, "the row has no column \"%s\"", event->object);
}

/* True, with the row filled, when this very event was applied before. */
bool
dw_payment_replay(DwCall *call, const DwPaymentEvent *event)
{
	DwPaymentEvent kept;
	DwRequest	request = {0};
	const char *differs;

	if (!dw_payment_event_find(event->psp, event->event_id, &kept))
		return false;
	differs = event_difference(event, &kept);
	if (differs != NULL)
		refuse_event(event, differs);
	request.result = kept.result;
	dw_request_result(&request, call->desc, call->values, call->nulls);
	if (!event_is_about(call, event))
		refuse_event(event, event->object);
	dw_call_replayed(call);
	return true;
}

/* P0002 when a payment is named that the job does not have. */
static void
refuse_unknown_payment(const DwPaymentEvent *event)
{
	dw_raise(DW_NOT_FOUND, "no such payment",
			 psprintf("Job %s has no payment %s.",
					  dw_uuid_text(&event->job_id),
					  dw_uuid_text(&event->transaction_id)), NULL);
}

/* The payment that an event is about; see the header. */
bool
dw_payment_of_event(const DwPaymentEvent *event, DwTransaction *payment)
{
	const DwUuid *id = &event->transaction_id;

	if (dw_uuid_is_nil(id))
		return dw_payment_find(&event->job_id, NULL, payment) ||
			dw_payment_find_last(&event->job_id, payment);
	if (!dw_payment_find(&event->job_id, id, payment))
		refuse_unknown_payment(event);
	return true;
}

/* WD101, then WD201, then 22023 against the payment that was asked for. */
static void
arrival_check(const DwPaymentEvent *event, bool found,
			  const DwTransaction *payment)
{
	if (!found || payment->status == DW_TRANSACTION_COMPLETED ||
		dw_payment_has_arrived(&event->job_id, &payment->id))
		dw_raise(DW_INVALID_TRANSITION, "no payment is awaited",
				 found
				 ? psprintf("Transaction %s has arrived before.",
							dw_uuid_text(&payment->id))
				 : psprintf("No payment was asked for job %s.",
							dw_uuid_text(&event->job_id)),
				 "The homeowner asks for one with dwello.fund_escrow().");
	if (strcmp(event->currency, payment->currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the payment is in another currency than was asked for",
				 psprintf("Transaction %s is in %s.",
						  dw_uuid_text(&payment->id), payment->currency),
				 NULL);
	if (event->amount != payment->amount)
		dw_raise(DW_BAD_VALUE,
				 "the payment is of another amount than was asked for",
				 psprintf("Transaction %s is of " INT64_FORMAT ".",
						  dw_uuid_text(&payment->id), payment->amount),
				 NULL);
}

/* Releases what was approved while it could not be; see the header. */
void
dw_escrow_release_approved(DwCall *call, DwJob *job, DwEscrowRow *row)
{
	DwMilestone *milestone;

	while ((milestone = dw_milestones_approved(row->milestones,
											   row->milestone_count)) != NULL)
	{
		DwSelector	selector = {.milestone_id = &milestone->id};
		DwPayout	payout = {
			.event = DW_ESCROW_EVENT_RELEASE_DUE,
			.actor = call->actor,
			.from = row->escrow.status,
			.milestone_id = &milestone->id
		};

		if (dw_escrow_release(&row->escrow, row->milestones,
							  row->milestone_count, &selector,
							  &payout.release) != DW_OK)
			break;				/* frozen: it goes on resting */
		(void) dw_escrow_pay_out(job, row, &payout);
	}
}

/* A payment in time: held, and filled into the milestones. */
static void
arrival_apply(DwCall *call, DwJob *job, DwEscrowRow *row,
			  DwTransaction *payment)
{
	DwTransition transition = {DW_ESCROW_EVENT_CONFIRM_PAYMENT, call->actor,
	row->escrow.status, &payment->id};
	const DwParties parties = dw_escrow_parties(row);
	DwPosting	posting;

	row->escrow.pending = payment->amount;
	if (row->escrow.frozen)
	{
		DwChargebackSum open;

		dw_chargeback_sum(&row->job_id, NULL, &open);
		row->escrow.contested = open.open_held;
	}
	if (dw_escrow_confirm(&row->escrow, row->milestones,
						  row->milestone_count, payment->amount) != DW_OK)
		elog(ERROR, "payment was decided otherwise");
	row->psp = pstrdup(payment->psp);
	dw_posting_payment(&posting, &parties, payment->psp, payment->amount);
	dw_ledger_book(&row->chain_end, payment, &posting, true);
	dw_escrow_apply(row, &transition);
	dw_payment_emit(row, payment, "payment_received");
	dw_escrow_move_job(job, row);
	dw_escrow_release_approved(call, job, row);
}

/*
 * A payment too late: through clearing, in and out, against an intent to
 * refund it.  One that counts as failed already is booked as a new one.
 */
static void
arrival_give_back(DwCall *call, DwEscrowRow *row, DwTransaction *payment)
{
	bool		is_pending = payment->status == DW_TRANSACTION_PENDING;
	DwPaymentPart part;
	DwPosting	posting;

	if (!is_pending)
	{
		DwTransaction late;

		dw_escrow_begin_transaction(row, &late, DW_TRANSACTION_PAYMENT,
									&call->actor);
		late.amount = late.net_amount = payment->amount;
		late.payment_method_id = payment->payment_method_id;
		late.psp = payment->psp;
		late.psp_reference = payment->psp_reference;
		*payment = late;
	}
	dw_posting_late_payment(&posting, payment->currency, payment->psp,
							payment->amount);
	dw_ledger_book(&row->chain_end, payment, &posting, is_pending);
	dw_escrow_save(row);
	part.payment_id = payment->id;
	part.payment_method_id = payment->payment_method_id;
	part.psp = payment->psp;
	part.psp_reference = payment->psp_reference;
	part.amount = payment->amount;
	dw_refund_emit(row, &payment->id, &part, "late");
}

/* True when the payment cannot go to the escrow any more. */
static bool
is_too_late(const DwJob *job, const DwEscrowRow *row,
			const DwTransaction *payment)
{
	DwEscrow	escrow = row->escrow;

	escrow.pending = payment->amount;
	if (job->status == DW_JOB_COMPLETED || job->status == DW_JOB_CANCELLED)
		return true;
	return payment->status != DW_TRANSACTION_PENDING ||
		dw_now() >= payment->pay_by ||
		dw_escrow_confirm(&escrow, NULL, 0, payment->amount) != DW_OK;
}

/* Keeps the row that is returned with its event; see the header. */
Datum
dw_payment_event_return(DwCall *call, DwPaymentEvent *event)
{
	event->result = dw_request_jsonb(call->desc, call->values, call->nulls);
	if (!dw_payment_event_keep(event))
		refuse_event(event, "job_id");	/* it was for another at this time */
	return dw_call_return(call);
}

/* Returns the row, and keeps it with the event; see the header. */
Datum
dw_payment_return(DwCall *call, DwPaymentEvent *event,
				  const DwEscrowRow *row, const DwTransaction *payment)
{
	dw_row_uuid(call, "transaction_id", &payment->id);
	dw_row_int8(call, "amount", payment->amount);
	dw_row_escrow(call, row);
	return dw_payment_event_return(call, event);
}

/* confirm_payment: see its COMMENT. */
DW_FUNCTION(dwello_confirm_payment)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPaymentEvent event;
	DwTransaction payment;
	bool		found;
	bool		late;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	arrival_read(&call, &event);
	dw_job_for_command(&call, &event.job_id, &job);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, dw_escrow_lock(&job.id, &row));
	found = dw_payment_of_event(&event, &payment);
	arrival_check(&event, found, &payment);

	event.transaction_id = payment.id;
	payment.psp = event.psp;
	if (event.psp_reference != NULL)
		payment.psp_reference = event.psp_reference;
	dw_escrow_ensure_accounts(&row, event.psp);
	late = is_too_late(&job, &row, &payment);
	if (late)
		arrival_give_back(&call, &row, &payment);
	else
		arrival_apply(&call, &job, &row, &payment);
	dw_row_bool(&call, "is_late", late);
	return dw_payment_return(&call, &event, &row, &payment);
}
