/*
 * payment_api.c
 *		Asks for the payment of an escrow, and takes what the company says of
 *		it: it has arrived, or it will not.
 *
 * A payment that is asked for is a pending transaction, and an intent in the
 * outbox for the worker of the payment company; no money moves.  One that
 * did not arrive by pay_by counts as failed and is replaced.
 *
 * In time, it goes to the escrow.  Too late, it passes through the company's
 * clearing account, in and out, against an intent to refund it: never lost,
 * and the escrow stays as it is.  One that has ended already, because its
 * time was up or the homeowner gave it up, stays so when it fails; one that
 * has arrived cannot fail any more.
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
#include "store/job/job_store.h"
#include "store/ledger/ledger_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* The arguments of fund_escrow, and what they name. */
typedef struct Funding
{
	DwUuid		job_id;			/* argument 0 */
	int64		amount;			/* argument 1; 0 = what is missing */
	const char *currency;		/* argument 3; NULL = the escrow's */
	DwPaymentWay way;			/* argument 2, or the homeowner's own */
} Funding;

/* Reads the arguments of fund_escrow; errors of arguments alone. */
static void
funding_read(DwCall *call, Funding *funding)
{
	memset(funding, 0, sizeof(*funding));
	dw_args_need(call, "job_id", NULL);
	funding->job_id = dw_arg_uuid(call, "job_id");
	funding->currency = dw_arg_text_opt(call, "currency", CURRENCY_MAX);
	if (dw_arg_has(call, "amount"))
	{
		funding->amount = dw_arg_amount(call, "amount");
		if (funding->amount <= 0)
			dw_arg_refuse(call, "amount", DW_BAD_VALUE,
						  "must be more than zero");
	}
	dw_arg_check_currency(call, "currency", funding->currency);
}

/* Finds the way to pay; P0002 when one is named that the caller has not. */
static void
funding_find_method(DwCall *call, Funding *funding)
{
	const DwUuid *id = dw_arg_uuid_opt(call, "payment_method_id");

	funding->way.is_known = dw_payment_method_find(&call->actor.user_id, id,
												   &funding->way.method);
	if (id != NULL && !funding->way.is_known)
		dw_raise(DW_NOT_FOUND, "no such payment method",
				 psprintf("The caller has no payment method %s.",
						  dw_uuid_text(id)),
				 "Add one with dwello.add_payment_method().");
}

/* 42501 unless the contract is paid through escrow. */
static void
funding_need_escrowed(const DwJob *job)
{
	if (!job->is_escrowed)
		dw_raise(DW_FORBIDDEN, "the contract is not paid through escrow",
				 "The flag \"escrow_payments\" was off for the homeowner"
				 " when the award was confirmed.",
				 "It goes by the country of the primary address, see "
				 "dwello.add_address(), unless an operator set it otherwise.");
}

/* WD101 unless the job is one whose work is still to be paid. */
static void
job_check_payable(const DwJob *job)
{
	if (job->status == DW_JOB_AWARDED || job->status == DW_JOB_IN_PROGRESS)
		return;
	dw_raise(DW_INVALID_TRANSITION, "the job takes no payment",
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)),
			 "An escrow is funded while the job is awarded or in progress.");
}

/*
 * Decides on the funding, with nothing written yet: the state that is left
 * once a stale payment has failed, then the currency, then the amount and
 * the method against the row.
 */
static void
funding_decide(DwCall *call, Funding *funding, const DwEscrowRow *row)
{
	DwEscrowRow view = *row;
	DwResult	result;

	/* the stale payment is ended only once this one is sure to be asked for */
	if (view.escrow.status == DW_ESCROW_FUNDING)
		view.escrow.status = DW_ESCROW_FAILED;
	dw_escrow_check(call, &view, DW_ESCROW_EVENT_FUND);
	if (funding->currency != NULL &&
		strcmp(funding->currency, row->escrow.currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the payment is in another currency than the escrow",
				 psprintf("The escrow of job %s is in %s.",
						  dw_uuid_text(&row->job_id), row->escrow.currency),
				 "Leave currency out to pay in the escrow's.");
	result = dw_escrow_fund(&view.escrow, &funding->amount);
	if (result != DW_OK)
		dw_escrow_refuse(call, row, result);
	if (funding->way.is_known && funding->way.method.is_expired)
		dw_raise(DW_BAD_VALUE, "the payment method has expired",
				 psprintf("Payment method %s is past its last day.",
						  dw_uuid_text(&funding->way.method.id)),
				 "Add another with dwello.add_payment_method().");
}

/* Writes the payment and the escrow that waits for it. */
static void
funding_apply(DwCall *call, Funding *funding, DwEscrowRow *row,
			  DwTransaction *payment)
{
	DwTransition transition = {DW_ESCROW_EVENT_FUND, call->actor,
	row->escrow.status, &payment->id};

	if (dw_escrow_fund(&row->escrow, &funding->amount) != DW_OK)
		elog(ERROR, "funding was decided otherwise");
	dw_payment_ask(call, row, &funding->way, funding->amount, payment);
	dw_escrow_apply(row, &transition);
	dw_payment_emit(row, payment, "payment_requested");
}

DW_FUNCTION(dwello_fund_escrow)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	Funding		funding;
	DwTransaction payment;
	bool		found;
	bool		pending;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	funding_read(&call, &funding);
	dw_job_for_command(&call, &funding.job_id, &job);
	funding_find_method(&call, &funding);
	dw_job_need_homeowner(&call, &job);
	funding_need_escrowed(&job);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	found = dw_escrow_lock(&job.id, &row);
	dw_escrow_need(&job.id, found);
	dw_call_version(&call, row.escrow.version);
	job_check_payable(&job);
	dw_contract_need_time(&job, &row.escrow);
	pending = dw_payment_find_stale(&job.id, &payment);
	funding_decide(&call, &funding, &row);

	if (pending || row.escrow.status == DW_ESCROW_FUNDING)
		dw_payment_fail_stale(&row, pending ? &payment : NULL);
	funding_apply(&call, &funding, &row, &payment);

	dw_row_uuid(&call, "transaction_id", &payment.id);
	dw_row_int8(&call, "amount", payment.amount);
	dw_row_time(&call, "pay_by", payment.pay_by);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

/* P0002 when a payment is named that the job does not have. */
static void
refuse_unknown_payment(const DwPaymentEvent *event)
{
	dw_raise(DW_NOT_FOUND, "no such payment",
			 psprintf("Job %s has no payment %s.",
					  dw_uuid_text(&event->job_id),
					  dw_uuid_text(&event->transaction_id)),
			 "Leave transaction_id out for the last that was asked for.");
}

/*
 * The payment that an event is about: the one named, else the pending one,
 * else the last that was asked for.  False: none was; P0002: none such.
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
	dw_args_need(call, "job_id", "psp", "event_id", "amount", "currency",
				 NULL);
	event->type = DW_PAYMENT_CONFIRMED;
	event->job_id = dw_arg_uuid(call, "job_id");
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	event->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	event->psp_reference = dw_arg_text_opt(call, "psp_reference",
										   DW_PSP_REFERENCE_MAX);
	event->amount = dw_arg_int8(call, "amount");
	if (event->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be more than zero");
	dw_arg_check_currency(call, "currency", event->currency);
	id = dw_arg_uuid_opt(call, "transaction_id");
	if (id != NULL)
		event->transaction_id = *id;
}

/* What to do when what has arrived is not what was asked for. */
#define PAYMENT_DIFFERS \
	"Call it with what was asked for only if that has arrived; else" \
	" dwello.fail_payment(), and give the money back."

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
				 PAYMENT_DIFFERS);
	if (event->amount != payment->amount)
		dw_raise(DW_BAD_VALUE,
				 "the payment is of another amount than was asked for",
				 psprintf("Transaction %s is of " INT64_FORMAT ".",
						  dw_uuid_text(&payment->id), payment->amount),
				 PAYMENT_DIFFERS);
}

/* A payment in time: held, and filled into the milestones. */
static void
arrival_apply(DwCall *call, DwJob *job, DwEscrowRow *row,
			  DwTransaction *payment)
{
	DwTransition transition = {DW_ESCROW_EVENT_CONFIRM_PAYMENT, call->actor,
	row->escrow.status, &payment->id};
	const DwParties parties = DW_ESCROW_PARTIES(row);
	DwPosting	posting;

	/* core is told what only other tables know, and decides without them */
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
 * refund it.  One that counts as failed already becomes a transaction of its
 * own: what has ended keeps its status and its place in no chain.
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
	/* the escrow may look open still: complete_job() leaves it as it is */
	if (job->status == DW_JOB_COMPLETED || job->status == DW_JOB_CANCELLED)
		return true;
	return payment->status != DW_TRANSACTION_PENDING ||
		dw_now() >= payment->pay_by ||
		dw_escrow_confirm(&escrow, NULL, 0, payment->amount) != DW_OK;
}

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
	found = find_payment(&event, &payment);
	arrival_check(&event, found, &payment);

	/* the company that has the money counts, not the one that was asked */
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
	return payment_return(&call, &event, &row, &payment);
}

/* Reads the arguments of fail_payment; errors of arguments alone. */
static const char *
failure_read(DwCall *call, DwPaymentEvent *event)
{
	const DwUuid *id;

	memset(event, 0, sizeof(*event));
	dw_args_need(call, "job_id", "psp", "event_id", NULL);
	event->type = DW_PAYMENT_FAILED;
	event->job_id = dw_arg_uuid(call, "job_id");
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	id = dw_arg_uuid_opt(call, "transaction_id");
	if (id != NULL)
		event->transaction_id = *id;
	return dw_arg_text_opt(call, "reason", DW_NOTES_MAX);
}

/* WD101 when no payment was asked for, or it has arrived. */
static void
failure_check(const DwPaymentEvent *event, bool found,
			  const DwTransaction *payment)
{
	if (!found)
		dw_raise(DW_INVALID_TRANSITION, "no payment is awaited",
				 psprintf("No payment was asked for job %s.",
						  dw_uuid_text(&event->job_id)),
				 "The homeowner asks for one with dwello.fund_escrow().");
	if (payment->status == DW_TRANSACTION_COMPLETED ||
		dw_payment_has_arrived(&event->job_id, &payment->id))
		dw_raise(DW_INVALID_TRANSITION, "the payment has arrived",
				 psprintf("Transaction %s is completed.",
						  dw_uuid_text(&payment->id)),
				 "What a bank takes back is for dwello.open_chargeback().");
}

/*
 * Ends a pending payment.  An escrow that is over by now stays as it is; for
 * any other it is a transition, if only in its history.
 */
static void
failure_apply(DwCall *call, DwEscrowRow *row, const DwTransaction *payment,
			  const char *reason)
{
	DwTransition transition = {DW_ESCROW_EVENT_FAIL_PAYMENT, call->actor,
	row->escrow.status, &payment->id};
	DwPayload	payload;

	dw_transaction_end(payment, DW_TRANSACTION_FAILED);
	row->escrow.pending = payment->amount;
	if (dw_escrow_fail(&row->escrow, payment->amount) == DW_OK)
		dw_escrow_apply(row, &transition);
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &payment->id);
	dw_payload_int8(&payload, "amount", payment->amount);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "payment_failed",
				  &payload);
}

DW_FUNCTION(dwello_fail_payment)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPaymentEvent event;
	DwTransaction payment;
	const char *reason;
	bool		found;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	reason = failure_read(&call, &event);
	dw_job_for_command(&call, &event.job_id, &job);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, dw_escrow_lock(&job.id, &row));
	found = find_payment(&event, &payment);
	failure_check(&event, found, &payment);

	event.transaction_id = payment.id;
	event.amount = payment.amount;
	event.currency = payment.currency;
	event.psp_reference = payment.psp_reference;
	if (payment.status == DW_TRANSACTION_PENDING)
		failure_apply(&call, &row, &payment, reason);
	else
		dw_call_replayed(&call);	/* it had ended by itself */
	return payment_return(&call, &event, &row, &payment);
}
