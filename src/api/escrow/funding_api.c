/*
 * funding_api.c
 *		Asks for the payment of an escrow: fund_escrow.
 *
 * A payment that is asked for is a pending transaction, and an intent in the
 * outbox for the worker of the payment company; no money moves.  One that
 * did not arrive by pay_by counts as failed and is replaced.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/escrow/escrow_store.h"
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

/*
 * The payment that is still open, to be ended: one past its time, or the
 * first of an escrow, which another replaces.  False: none is.  WD101 while
 * one is under way for what is to be paid beside what is held.
 */
static bool
funding_find_open(const DwEscrowRow *row, DwTransaction *open)
{
	if (row->escrow.status == DW_ESCROW_FUNDING)
		return dw_payment_find(&row->job_id, NULL, open);
	return dw_payment_find_stale(&row->job_id, open);
}

/*
 * What is asked for is whole for its company: 22023 for an amount that is
 * named and is not.  Of what is missing the platform adds the rest when it
 * arrives, as long as anything can be paid at all.
 */
static void
funding_make_whole(Funding *funding, const DwEscrowRow *row, bool is_named)
{
	const char *currency = row->escrow.currency;
	int64		whole = dw_payment_whole(&funding->way, currency,
										 funding->amount);

	if (is_named || whole == 0)
		dw_need_whole(funding->way.is_known ? funding->way.method.psp : NULL,
					  currency, funding->amount);
	funding->amount = whole;
}

/*
 * Refuses what the escrow does not take.  What a bank has taken is no longer
 * missing to the contract, which looks wrong by the amounts alone.
 */
static void
funding_refuse(DwCall *call, const DwEscrowRow *row, DwResult result)
{
	const DwEscrow *escrow = &row->escrow;

	if (escrow->charged_back == 0 || escrow->frozen)
		dw_escrow_refuse(call, row, result);
	dw_raise(result,
			 "what a bank took back is not paid again under the contract",
			 psprintf("Of " INT64_FORMAT " paid for job %s a bank took "
					  INT64_FORMAT "; " INT64_FORMAT " is missing.",
					  escrow->funded, dw_uuid_text(&row->job_id),
					  escrow->charged_back, dw_escrow_missing(escrow)),
			 escrow->held > 0
			 ? "dwello.propose_change_order() asks for more."
			 : "The work goes on under another job, see dwello.post_job().");
}

/*
 * Decides on the funding, with nothing written yet: the state that is left
 * once an open payment has ended, then the currency, then the amount and
 * the method against the row.
 */
static void
funding_decide(DwCall *call, Funding *funding, const DwEscrowRow *row)
{
	DwEscrowRow view = *row;
	DwResult	result;
	bool		is_named;

	/* the open payment is ended only once this one is sure to be asked for */
	if (view.escrow.status == DW_ESCROW_FUNDING)
		view.escrow.status = DW_ESCROW_FAILED;
	if (view.escrow.status == DW_ESCROW_CHARGED_BACK)
		funding_refuse(call, &view, DW_INVALID_TRANSITION);
	dw_escrow_check(call, &view, DW_ESCROW_EVENT_FUND);
	if (funding->currency != NULL &&
		strcmp(funding->currency, row->escrow.currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the payment is in another currency than the escrow",
				 psprintf("The escrow of job %s is in %s.",
						  dw_uuid_text(&row->job_id), row->escrow.currency),
				 "Leave currency out to pay in the escrow's.");
	is_named = funding->amount != 0;
	result = dw_escrow_fund(&view.escrow, &funding->amount);
	if (result != DW_OK)
		funding_refuse(call, row, result);
	dw_payment_way_check(&funding->way);
	funding_make_whole(funding, row, is_named);
}

/* Writes the payment and the escrow that waits for it. */
static void
funding_apply(DwCall *call, Funding *funding, DwEscrowRow *row,
			  DwTransaction *payment)
{
	DwTransition transition = {DW_ESCROW_EVENT_FUND, call->actor,
	row->escrow.status, &payment->id};
	DwPaymentAsked asked = {.type = DW_TRANSACTION_PAYMENT};

	if (row->escrow.status == DW_ESCROW_FUNDING)
		row->escrow.status = DW_ESCROW_FAILED;
	row->last_failure = NULL;
	if (dw_escrow_fund(&row->escrow, &funding->amount) != DW_OK)
		elog(ERROR, "funding was decided otherwise");
	asked.amount = funding->amount;
	dw_payment_ask(call, row, &funding->way, &asked, payment);
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
	bool		is_open;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	funding_read(&call, &funding);
	dw_job_for_command(&call, &funding.job_id, &job);
	dw_payment_way_find(&call, &funding.way);
	dw_job_need_homeowner(&call, &job);
	funding_need_escrowed(&job);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	found = dw_escrow_lock(&job.id, &row);
	dw_escrow_need(&job.id, found);
	dw_call_version(&call, row.escrow.version);
	dw_job_need_payable(&job);
	dw_contract_need_time(&job, &row.escrow);
	dw_contract_need_answered(&row);
	is_open = funding_find_open(&row, &payment);
	funding_decide(&call, &funding, &row);

	if (is_open && dw_now() >= payment.pay_by)
		dw_payment_expire(&row, &payment);
	else if (is_open)
		dw_payment_cancel(&row, &payment);
	funding_apply(&call, &funding, &row, &payment);

	dw_row_uuid(&call, "transaction_id", &payment.id);
	dw_row_int8(&call, "amount", payment.amount);
	dw_row_time(&call, "pay_by", payment.pay_by);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}
