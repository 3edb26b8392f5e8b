/*
 * payment_service.c
 *		Events of payment companies, each of which counts once, and what
 *		their workers are asked for.
 *
 * Companies tell things twice, and in any order: an event is known by its
 * name, and who delivers it again gets the row that was returned first.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"

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

void
dw_refund_emit(const DwEscrowRow *row, const DwUuid *transaction_id,
			   const DwPaymentPart *part, const char *reason)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", transaction_id);
	dw_payload_uuid(&payload, "payment_id", &part->payment_id);
	dw_payload_uuid(&payload, "payment_method_id", part->payment_method_id);
	dw_payload_text(&payload, "psp", part->psp);
	dw_payload_text(&payload, "psp_reference", part->psp_reference);
	dw_payload_int8(&payload, "amount", part->amount);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "refund_requested",
				  &payload);
}

DwGivenBack *
dw_refund_parts(const DwPaymentPart *parts, int count)
{
	DwGivenBack *back = palloc(sizeof(DwGivenBack) * Max(count, 1));

	for (int i = 0; i < count; i++)
		back[i] = (DwGivenBack)
	{
		parts[i].psp, parts[i].amount
	};
	return back;
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

bool
dw_payment_replay(DwCall *call, const DwPaymentEvent *event)
{
	DwPaymentEvent kept;
	const char *differs;

	if (!dw_payment_event_find(event->psp, event->event_id, &kept))
		return false;
	differs = event_difference(event, &kept);
	if (differs != NULL)
		refuse_event(event, differs);
	dw_row_from_jsonb(call, kept.result);
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

Datum
dw_payment_event_return(DwCall *call, DwPaymentEvent *event)
{
	event->result = dw_row_jsonb(call);
	if (!dw_payment_event_keep(event))
		refuse_event(event, "job_id");	/* it was for another at this time */
	return dw_call_return(call);
}

Datum
dw_payment_return(DwCall *call, DwPaymentEvent *event,
				  const DwEscrowRow *row, const DwTransaction *payment)
{
	dw_row_uuid(call, "transaction_id", &payment->id);
	dw_row_int8(call, "amount", payment->amount);
	dw_row_escrow(call, row);
	return dw_payment_event_return(call, event);
}
