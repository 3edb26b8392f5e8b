/*
 * refund_api.c
 *		What a payment company says of a refund: it has sent it.
 *
 * Until then the refund lies in the company's refund_pending.  An event is a
 * fact: one that was undone meanwhile and was sent all the same is booked
 * too, and the platform bears it.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"
#include "store/refund/refund_store.h"

/* What an event of a refund names beside the event. */
typedef struct Told
{
	const DwUuid *refund_id;	/* or NULL */
	const char *reason;			/* in words, or NULL */
	TimestampTz occurred_at;	/* by the company's clock, or DT_NOBEGIN */
	int64		amount;			/* that it sent, or 0: it does not say */
} Told;

/* Reads the arguments of an event of a refund; errors of arguments alone. */
static void
told_read(DwCall *call, const char *type, DwPaymentEvent *event, Told *told)
{
	const DwUuid *id;

	memset(event, 0, sizeof(*event));
	dw_args_need(call, "job_id", "psp", "event_id", NULL);
	event->type = type;
	event->job_id = dw_arg_uuid(call, "job_id");
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	id = dw_arg_uuid_opt(call, "transaction_id");
	if (id != NULL)
		event->transaction_id = *id;
	told->reason = dw_arg_text_opt(call, "reason", DW_NOTES_MAX);
	told->refund_id = dw_arg_uuid_opt(call, "refund_id");
	told->occurred_at = dw_arg_time_opt(call, "occurred_at");
	event->occurred_at = told->occurred_at;
	told->amount = dw_arg_has(call, "amount")
		? dw_arg_int8(call, "amount") : 0;
	if (dw_arg_has(call, "amount") && told->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be more than zero");
	event->amount = told->amount;
	if (told->refund_id == NULL)
		return;
	event->object = "refund_id";
	event->object_id = *told->refund_id;
}

/* P0002 for a refund that is named and that the company was not asked for. */
static void
refuse_unknown(const DwPaymentEvent *event, const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, "no such refund",
			 psprintf("Job %s has no refund %s through \"%s\".",
					  dw_uuid_text(&event->job_id), dw_uuid_text(id),
					  event->psp),
			 "refund_requested has the ids of the refund and its"
			 " transaction.");
}

/* The refund that an event names by its own id. */
static void
find_named(const DwPaymentEvent *event, const Told *told,
		   DwRefundRow *refund)
{
	if (!dw_refund_find(&event->job_id, told->refund_id, refund) ||
		strcmp(refund->psp, event->psp) != 0 ||
		(!dw_uuid_is_nil(&event->transaction_id) &&
		 !dw_uuid_equal(&refund->transaction_id, &event->transaction_id)))
		refuse_unknown(event, told->refund_id);
}

/* Those of a transaction that its event's company was asked for. */
static DwRefundRow *
find_of_transaction(const DwPaymentEvent *event, int *count)
{
	int			total;
	DwRefundRow *rows = dw_refunds_of(&event->job_id, &event->transaction_id,
									  &total);

	*count = 0;
	for (int i = 0; i < total; i++)
		if (strcmp(rows[i].psp, event->psp) == 0)
			rows[(*count)++] = rows[i];
	if (*count == 0)
		refuse_unknown(event, &event->transaction_id);
	return rows;
}

/* WD101: it came too early, or nothing was asked for. */
static void
refuse_none(const DwPaymentEvent *event)
{
	dw_raise(DW_INVALID_TRANSITION, "no refund is pending",
			 psprintf("Nothing was asked of \"%s\" for job %s that it has"
					  " not sent.", event->psp,
					  dw_uuid_text(&event->job_id)),
			 "An event that came too early can be delivered again.");
}

/*
 * The refund that an event is about: the one named, else the one of those of
 * its transaction, or of the job, that is pending.  WD101: none is; 22023:
 * several are.
 */
static void
find_refund(DwCall *call, const DwPaymentEvent *event, const Told *told,
			DwRefundRow *refund)
{
	bool		is_named = !dw_uuid_is_nil(&event->transaction_id);
	DwRefundRow *rows;
	int			count;
	int			pending = 0;

	if (told->refund_id != NULL)
	{
		find_named(event, told, refund);
		return;
	}
	rows = is_named ? find_of_transaction(event, &count)
		: dw_refunds_pending(&event->job_id, event->psp, &count);
	if (count == 0)
		refuse_none(event);
	*refund = rows[count - 1];
	for (int i = 0; i < count; i++)
		if (rows[i].facts.status == DW_REFUND_PENDING)
		{
			*refund = rows[i];
			pending++;
		}
	if (pending > 1)
		dw_arg_refuse(call, "refund_id", DW_BAD_VALUE,
					  "must name one, for several are pending");
}

/* The booking of what a company did, as a transaction of the escrow. */
static void
begin_booking(DwCall *call, const DwEscrowRow *row, const DwRefundRow *refund,
			  const Told *told, DwTransaction *transaction)
{
	dw_escrow_begin_transaction(row, transaction,
								DW_TRANSACTION_REFUND_PAYMENT, &call->actor);
	transaction->payer_id = refund->provider_id;
	transaction->payee_id = refund->homeowner_id;
	/* a receipt's is booked in its own scope; the lock of the job is its */
	transaction->scope_id = refund->scope_id;
	transaction->currency = refund->currency;
	transaction->payment_method_id = refund->payment_method_id;
	transaction->psp = refund->psp;
	transaction->psp_reference = refund->psp_reference;
	transaction->occurred_at = told->occurred_at;
}

/* Books a refund as sent. */
static void
confirm_apply(DwCall *call, DwEscrowRow *row, DwRefundRow *refund,
			  const Told *told, const DwRefundSent *sent)
{
	DwTransaction transaction;
	DwPosting	posting;

	begin_booking(call, row, refund, told, &transaction);
	transaction.amount = sent->pending + sent->loss;
	transaction.net_amount = transaction.amount;
	dw_posting_refund_paid(&posting, refund->currency, refund->psp,
						   sent->pending, sent->loss);
	dw_postings_ensure(&posting, 1);
	if (dw_uuid_is_nil(&refund->receipt_id))
	{
		dw_ledger_book(&row->chain_end, &transaction, &posting, false);
		dw_escrow_save(row);
	}
	else
		dw_ledger_book_tail(&transaction, &posting);
	refund->confirmation_id = transaction.id;
	refund->completed_at = dw_now();
	dw_refund_save(refund);
	dw_refund_emit(refund, "refund_completed", transaction.amount,
				   told->reason);
}

DW_FUNCTION(dwello_confirm_refund)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPaymentEvent event;
	Told		told;
	DwRefundRow refund;
	DwRefundSent sent;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	told_read(&call, DW_REFUND_CONFIRMED, &event, &told);
	dw_job_for_command(&call, &event.job_id, &job);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, dw_escrow_lock(&job.id, &row));
	find_refund(&call, &event, &told, &refund);
	switch (dw_refund_confirm(&refund.facts, told.amount, &sent))
	{
		case DW_OK:
			confirm_apply(&call, &row, &refund, &told, &sent);
			break;
		case DW_BAD_VALUE:
			dw_arg_refuse(&call, "amount", DW_BAD_VALUE,
						  "must be what is asked for, or was before a part"
						  " was undone");
		default:
			dw_call_replayed(&call);	/* told twice, under two names */
	}

	event.transaction_id = refund.transaction_id;
	event.amount = refund.facts.amount - refund.facts.reversed;
	event.currency = refund.currency;
	event.psp_reference = refund.psp_reference;
	dw_row_uuid(&call, "refund_id", &refund.id);
	dw_row_uuid(&call, "transaction_id", &refund.confirmation_id);
	dw_row_int8(&call, "amount", event.amount);
	dw_row_enum(&call, "refund_status", &dw_refund_status_labels,
				refund.facts.status);
	dw_row_escrow(&call, &row);
	return dw_payment_event_return(&call, &event);
}
