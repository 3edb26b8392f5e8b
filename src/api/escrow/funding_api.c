/*
 * funding_api.c
 *		Asks for the payment of an escrow.
 *
 * No money moves: a payment that is asked for is a pending transaction, and
 * an intent in the outbox for the worker of the payment company.  One that
 * did not arrive by pay_by counts as failed and is replaced.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/admin/admin_store.h"
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
	bool		has_method;		/* there is a way to pay */
	DwPaymentSource method;		/* argument 2, or the homeowner's own */
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
		funding->amount = dw_arg_int8(call, "amount");
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

	funding->has_method = dw_payment_method_find(&call->actor.user_id, id,
												 &funding->method);
	if (id != NULL && !funding->has_method)
		dw_raise(DW_NOT_FOUND, "no such payment method",
				 psprintf("The caller has no payment method %s.",
						  dw_uuid_text(id)),
				 "Add one with dwello.add_payment_method().");
}

/* 42501 unless the caller's payments go through escrow. */
static void
funding_need_flag(DwCall *call)
{
	if (!dw_flag_enabled(DW_FLAG_ESCROW, &call->actor.user_id))
		dw_raise(DW_FORBIDDEN, "payment through escrow is off for the caller",
				 "The flag \"" DW_FLAG_ESCROW "\" says for whom it is on.",
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

/* WD101 while a payment is under way. */
static void
refuse_second_payment(const DwTransaction *pending)
{
	dw_raise(DW_INVALID_TRANSITION, "a payment is under way",
			 psprintf("Transaction %s may arrive until %s.",
					  dw_uuid_text(&pending->id),
					  timestamptz_to_str(pending->pay_by)),
			 "Wait for it; past that time dwello.fund_escrow() starts anew.");
}

/*
 * A payment that did not arrive in time counts as failed: it is ended, and
 * the escrow moves on.  Also for a first payment that came too late and was
 * given back: nothing is pending then, and the escrow still waits.
 */
static void
fail_stale(DwEscrowRow *row, const DwTransaction *pending)
{
	DwTransition transition = {
		.event = DW_ESCROW_EVENT_FAIL_PAYMENT,
		.actor = {.kind = DW_ACTOR_SYSTEM},
		.from = row->escrow.status
	};

	if (pending != NULL)
	{
		dw_transaction_end(pending, DW_TRANSACTION_FAILED);
		transition.transaction_id = &pending->id;
	}
	if (row->escrow.status == DW_ESCROW_FUNDING)
		row->escrow.status = DW_ESCROW_FAILED;
	dw_escrow_apply(row, &transition);
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

	if (view.escrow.status == DW_ESCROW_FUNDING)
		view.escrow.status = DW_ESCROW_FAILED;
	dw_escrow_check(call, &view, DW_ESCROW_EVENT_FUND);
	if (funding->currency != NULL &&
		strcmp(funding->currency, row->escrow.currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the payment is in another currency than the escrow",
				 psprintf("The escrow of job %s is in %s.",
						  dw_uuid_text(&row->job_id), row->escrow.currency),
				 NULL);
	result = dw_escrow_fund(&view.escrow, &funding->amount);
	if (result != DW_OK)
		dw_escrow_refuse(call, row, result);
	if (funding->has_method && funding->method.is_expired)
		dw_raise(DW_BAD_VALUE, "the payment method has expired",
				 psprintf("Payment method %s is past its last day.",
						  dw_uuid_text(&funding->method.id)),
				 "Add another with dwello.add_payment_method().");
}

/* Writes the pending payment. */
static void
funding_insert(DwCall *call, const Funding *funding, const DwEscrowRow *row,
			   DwTransaction *payment)
{
	dw_escrow_begin_transaction(row, payment, DW_TRANSACTION_PAYMENT,
								&call->actor);
	payment->amount = funding->amount;
	payment->net_amount = funding->amount;
	payment->idempotency_key = call->key;
	payment->pay_by = payment->created_at +
		dw_job_timer(&row->job_id, "payment_minutes") * USECS_PER_MINUTE;
	if (funding->has_method)
	{
		payment->payment_method_id = &funding->method.id;
		payment->psp = funding->method.psp;
	}
	dw_transaction_insert(payment);
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
	funding_insert(call, funding, row, payment);
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
	funding_need_flag(&call);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	found = dw_escrow_lock(&job.id, &row);
	dw_escrow_need(&job.id, found);
	dw_call_version(&call, row.escrow.version);
	job_check_payable(&job);
	pending = dw_payment_find(&job.id, NULL, &payment);
	if (pending && dw_now() < payment.pay_by)
		refuse_second_payment(&payment);
	funding_decide(&call, &funding, &row);

	if (pending || row.escrow.status == DW_ESCROW_FUNDING)
		fail_stale(&row, pending ? &payment : NULL);
	funding_apply(&call, &funding, &row, &payment);

	dw_row_uuid(&call, "transaction_id", &payment.id);
	dw_row_int8(&call, "amount", payment.amount);
	dw_row_time(&call, "pay_by", payment.pay_by);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}
