/*
 * refund_api.c
 *		What a payment company says of a refund: it has sent it, or could not.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/refund/refund_api.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* Reads the arguments of an event of a refund; errors of arguments alone. */
static void
told_read(DwCall *call, const char *type, DwRefundTold *told)
{
	DwPaymentEvent *event = &told->event;
	DwRefundNames *names = &told->names;
	const DwUuid *job_id;

	memset(told, 0, sizeof(*told));
	dw_args_need(call, "psp", "event_id", NULL);
	event->type = type;
	job_id = dw_arg_uuid_opt(call, "job_id");
	if (job_id != NULL)
		event->job_id = names->job_id = *job_id;
	event->psp = names->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	names->transaction_id = dw_arg_uuid_opt(call, "transaction_id");
	if (names->transaction_id != NULL)
		event->transaction_id = *names->transaction_id;
	told->reason = dw_arg_text_opt(call, "reason", DW_NOTES_MAX);
	names->id = dw_arg_uuid_opt(call, "refund_id");
	names->psp_reference = dw_arg_name_opt(call, "psp_reference",
										   DW_PSP_REFERENCE_MAX);
	event->occurred_at = dw_arg_time_opt(call, "occurred_at");
	names->refund_reference = dw_arg_name_opt(call, "refund_reference",
											  DW_PSP_REFERENCE_MAX);
	if (names->id == NULL)
		return;
	event->object = "refund_id";
	event->object_id = *names->id;
}

/* Fills the row of both events, and ends the call with it. */
static Datum
told_return(DwCall *call, DwRefundTold *told)
{
	DwPaymentEvent *event = &told->event;
	const DwRefundRow *refund = &told->refund;

	if (dw_uuid_is_nil(&told->booking_id))
		dw_call_replayed(call); /* told twice, or undone before */
	dw_row_uuid(call, "refund_id", &refund->id);
	if (!dw_uuid_is_nil(&told->booking_id))
		dw_row_uuid(call, "transaction_id", &told->booking_id);
	else if (!told->has_failed && !dw_uuid_is_nil(&refund->confirmation_id))
		dw_row_uuid(call, "transaction_id", &refund->confirmation_id);
	dw_row_int8(call, "amount", event->amount);
	dw_row_enum(call, "refund_status", &dw_refund_status_labels,
				refund->facts.status);
	if (told->has_escrow)
		dw_row_escrow(call, &told->row);
	else if (!dw_uuid_is_nil(&event->job_id))
		dw_row_uuid(call, "job_id", &event->job_id);
	dw_row_text(call, "currency", refund->currency);
	return dw_payment_event_return(call, event);
}

/* confirm_refund(job_id, psp, event_id, ...) → the refund */
DW_FUNCTION(dwello_confirm_refund)
{
	DwCall		call;
	DwRefundTold told;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	told_read(&call, DW_REFUND_CONFIRMED, &told);
	told.currency = dw_arg_text_opt(&call, "currency", CURRENCY_MAX);
	dw_arg_check_currency(&call, "currency", told.currency);
	if (dw_arg_has(&call, "amount"))
	{
		told.event.amount = dw_arg_int8(&call, "amount");
		if (told.event.amount <= 0)
			dw_arg_refuse(&call, "amount", DW_BAD_VALUE,
						  "must be more than zero");
	}
	if (dw_refund_told(&call, &told))
		return dw_call_return(&call);
	return told_return(&call, &told);
}

/* fail_refund(job_id, psp, event_id, ...) → the refund, and its receipt */
DW_FUNCTION(dwello_fail_refund)
{
	DwCall		call;
	DwRefundTold told;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	told_read(&call, DW_REFUND_IS_FAILED, &told);
	told.has_failed = true;
	if (dw_refund_told(&call, &told))
		return dw_call_return(&call);
	if (!dw_uuid_is_nil(&told.refund.failure_id))
		dw_row_uuid(&call, "receipt_id", &told.refund.failure_id);
	return told_return(&call, &told);
}
