/*
 * authorization_api.c
 *		Money that a payment company may take later: it is authorised, then
 *		captured, in parts if need be, or voided.
 *
 * What is authorised is in no ledger and in no escrow.  A capture is asked
 * for as any payment is, and what the company has taken is told as one
 * (confirm_payment), so it may come in part, late or twice like any other.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/authorization/authorization_store.h"
#include "store/company/company_store.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* Reads the arguments of confirm_authorization; errors of these alone. */
static void
authorized_read(DwCall *call, DwPaymentEvent *event, DwAuthorization *told)
{
	const DwUuid *id;

	memset(event, 0, sizeof(*event));
	memset(told, 0, sizeof(*told));
	dw_args_need(call, "job_id", "psp", "event_id", "amount", "currency",
				 "expires_at", NULL);
	event->type = DW_AUTHORIZATION_CONFIRMED;
	event->job_id = dw_arg_uuid(call, "job_id");
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
	told->expires_at = dw_arg_time_opt(call, "expires_at");
	id = dw_arg_uuid_opt(call, "transaction_id");
	if (id != NULL)
		event->transaction_id = *id;
}

/* The payment that it answers, if there is one; WD101 for a missing one. */
static bool
authorized_find(const DwPaymentEvent *event, DwTransaction *payment)
{
	const bool	is_named = !dw_uuid_is_nil(&event->transaction_id);
	const bool	found = dw_payment_find(&event->job_id, is_named
										? &event->transaction_id : NULL,
										payment);

	if (is_named && !found)
		dw_raise(DW_INVALID_TRANSITION, "no such payment is there yet",
				 psprintf("Job %s has no payment %s.",
						  dw_uuid_text(&event->job_id),
						  dw_uuid_text(&event->transaction_id)),
				 "Tell it again later, or without transaction_id.");
	return found;
}

/* True when the contract may still take it: else it is voided at once. */
static bool
authorized_is_of_use(const DwJob *job, const DwEscrowRow *row,
					 const DwPaymentEvent *event, const DwTransaction *payment)
{
	const TimestampTz now = dw_now();

	if (payment != NULL && (payment->type != DW_TRANSACTION_PAYMENT ||
							payment->status != DW_TRANSACTION_PENDING ||
							now >= payment->pay_by))
		return false;
	return job->is_escrowed && (job->status == DW_JOB_AWARDED ||
								job->status == DW_JOB_IN_PROGRESS) &&
		strcmp(event->currency, row->escrow.currency) == 0 &&
		dw_machine_next(dw_escrow_machine(), row->escrow.status,
						DW_ESCROW_EVENT_AUTHORIZE, DW_ACTOR_SYSTEM,
						NULL) == DW_OK;
}

/*
 * The open payment has its answer: it ends, and nothing is cancelled at the
 * company, which would lose what is authorised.
 */
static void
authorized_answer(DwCall *call, DwEscrowRow *row,
				  const DwTransaction *payment)
{
	DwTransition transition = {DW_ESCROW_EVENT_AUTHORIZE, call->actor,
	row->escrow.status, NULL};

	if (payment != NULL)
	{
		dw_transaction_end(payment, DW_TRANSACTION_CANCELLED);
		transition.transaction_id = &payment->id;
	}
	if (row->escrow.status == DW_ESCROW_FUNDING)
		row->escrow.status = DW_ESCROW_CREATED;
	row->last_failure = NULL;
	dw_escrow_apply(row, &transition);
}

/* Writes what is authorised. */
static void
authorized_write(const DwEscrowRow *row, const DwPaymentEvent *event,
				 const DwTransaction *payment, DwAuthorization *told)
{
	told->job_id = row->job_id;
	told->id = dw_uuid_fresh();
	told->homeowner_id = row->homeowner_id;
	told->provider_id = row->provider_id;
	if (payment != NULL)
	{
		told->transaction_id = payment->id;
		told->payment_method_id = payment->payment_method_id;
	}
	told->psp = event->psp;
	told->psp_reference = event->psp_reference;
	told->amount = event->amount;
	told->currency = event->currency;
	told->status = DW_AUTHORIZATION_OPEN;
	told->due_at = told->expires_at - USECS_PER_HOUR *
		dw_setting_int8("authorization_warn_hours");
	told->occurred_at = event->occurred_at;
	told->created_at = dw_now();
	told->closed_at = DT_NOBEGIN;
	told->version = 1;
	dw_authorization_insert(told);
}

/* Fills the columns of what is authorised. */
static void
authorized_row(DwCall *call, const DwAuthorization *told)
{
	dw_row_uuid(call, "authorization_id", &told->id);
	dw_row_enum(call, "authorization_status",
				&dw_authorization_status_labels, told->status);
	dw_row_int8(call, "amount", told->amount);
	dw_row_time(call, "expires_at", told->expires_at);
	/* what is voided may be in another currency than the escrow */
	dw_row_text(call, "currency", told->currency);
}

/* confirm_authorization(job_id, psp, event_id, ...) → the authorization */
DW_FUNCTION(dwello_confirm_authorization)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPaymentEvent event;
	DwAuthorization told;
	DwTransaction payment;
	const DwTransaction *answered;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	authorized_read(&call, &event, &told);
	dw_job_for_command(&call, &event.job_id, &job);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, dw_escrow_lock(&job.id, &row));
	answered = authorized_find(&event, &payment) ? &payment : NULL;
	if (authorized_is_of_use(&job, &row, &event, answered) &&
		dw_now() < told.expires_at)
	{
		authorized_answer(&call, &row, answered);
		authorized_write(&row, &event, answered, &told);
		dw_authorization_emit(&row, &told, "payment_authorized");
	}
	else
	{
		authorized_write(&row, &event, answered, &told);
		dw_authorization_void(&row, &told);
	}

	event.transaction_id = answered == NULL ? event.transaction_id
		: payment.id;
	dw_row_escrow(&call, &row);
	authorized_row(&call, &told);
	return dw_payment_event_return(&call, &event);
}

/* A capture that is asked for. */
typedef struct Capture
{
	DwPaymentAsked asked;		/* amount 0 = as much as can be */
	const DwUuid *authorization_id; /* NULL = what expires first */
	bool		is_last;		/* the rest is voided */
	DwAuthorization authorization;	/* found */
	DwPaymentWay way;			/* its own */
} Capture;

/* WD101 unless something is authorised that can still be captured; P0002. */
static void
capture_find(const DwUuid *job_id, Capture *capture)
{
	DwAuthorization *found = &capture->authorization;
	bool		is_there = dw_authorization_find(job_id,
												 capture->authorization_id,
												 found);

	if (!is_there && capture->authorization_id != NULL)
		dw_raise(DW_NOT_FOUND, "no such authorization",
				 psprintf("Job %s has no authorization %s.",
						  dw_uuid_text(job_id),
						  dw_uuid_text(capture->authorization_id)),
				 "dwello.authorizations has them all.");
	if (!is_there || found->status != DW_AUTHORIZATION_OPEN ||
		dw_now() >= found->expires_at)
		dw_raise(DW_INVALID_TRANSITION, "nothing is authorised",
				 psprintf("Job %s has no open authorization that could be"
						  " captured.", dw_uuid_text(job_id)),
				 "dwello.fund_escrow() asks for a payment.");
}

/* It goes to the company that has it authorised, in a card's time. */
static void
capture_use(Capture *capture)
{
	const DwAuthorization *found = &capture->authorization;

	capture->way.is_known = found->payment_method_id != NULL;
	if (capture->way.is_known)
		capture->way.method.id = *found->payment_method_id;
	capture->way.method.psp = unconstify(char *, found->psp);
	capture->way.method.type = pstrdup("credit_card");
	capture->asked.psp = found->psp;
	capture->asked.psp_reference = found->psp_reference;
}

/* WD202 for more than is authorised. */
static void
capture_refuse(const DwAuthorization *found, int64 left)
{
	dw_raise(DW_INSUFFICIENT_FUNDS, "more than is authorised",
			 psprintf("Of authorization %s, " INT64_FORMAT " %s can be"
					  " captured.", dw_uuid_text(&found->id), left,
					  found->currency),
			 "Leave amount out to capture as much as can be.");
}

/* WD202 for more than is authorised; what is not named is set. */
static void
capture_decide(DwCall *call, DwEscrowRow *row, Capture *capture)
{
	const DwAuthorization *found = &capture->authorization;
	const int64 left = found->amount - found->captured;
	const int64 unit = dw_psp_unit_of(found->psp, found->currency);
	int64	   *amount = &capture->asked.amount;
	DwResult	result;

	if (*amount > left)
		capture_refuse(found, left);
	if (*amount == 0)
	{
		*amount = Min(left, dw_escrow_missing(&row->escrow));
		*amount -= *amount % unit;
	}
	dw_need_whole(found->psp, found->currency, *amount);
	result = *amount == 0 ? DW_BAD_VALUE
		: dw_escrow_fund(&row->escrow, amount);
	if (result != DW_OK)
		dw_escrow_refuse(call, row, result);
}

/* Asks the worker to capture it. */
static void
capture_apply(DwCall *call, DwEscrowRow *row, Capture *capture,
			  DwEscrowStatus from, DwTransaction *payment)
{
	DwTransition transition = {DW_ESCROW_EVENT_CAPTURE, call->actor, from,
	&payment->id};

	row->last_failure = NULL;
	dw_payment_ask(call, row, &capture->way, &capture->asked, payment);
	dw_escrow_apply(row, &transition);
	capture->authorization.payment_id = payment->id;
	capture->authorization.is_last = capture->is_last;
	dw_authorization_save(&capture->authorization);
	dw_payment_emit(row, payment, "capture_requested");
}

/* request_capture(job_id, amount, ...) → the payment that is asked for */
DW_FUNCTION(dwello_request_capture)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	Capture		capture = {.asked = {.type = DW_TRANSACTION_PAYMENT}};
	DwTransaction payment;
	DwEscrowStatus from;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_ADMIN |
					 DW_ACTOR_SYSTEM);
	dw_args_need(&call, "job_id", "is_last", NULL);
	if (dw_arg_has(&call, "amount") &&
		(capture.asked.amount = dw_arg_amount(&call, "amount")) <= 0)
		dw_arg_refuse(&call, "amount", DW_BAD_VALUE, "must be more than zero");
	capture.authorization_id = dw_arg_uuid_opt(&call, "authorization_id");
	capture.is_last = dw_arg_bool(&call, "is_last");
	if (dw_escrow_begin(&call, &job, &row, NULL))
		return dw_call_return(&call);
	dw_job_fill(&job);
	dw_job_need_payable(&job);
	dw_contract_need_time(&job, &row.escrow);
	capture_find(&job.id, &capture);
	capture_use(&capture);
	if (dw_payment_find_stale(&job.id, &payment))
		dw_payment_expire(&row, &payment);
	dw_escrow_check(&call, &row, DW_ESCROW_EVENT_CAPTURE);
	from = row.escrow.status;
	capture_decide(&call, &row, &capture);
	capture_apply(&call, &row, &capture, from, &payment);

	dw_row_uuid(&call, "authorization_id", &capture.authorization.id);
	dw_row_uuid(&call, "transaction_id", &payment.id);
	dw_row_int8(&call, "amount", payment.amount);
	dw_row_time(&call, "pay_by", payment.pay_by);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

/* Authorizations of which something is due, claimed with their jobs. */
typedef struct PassingBatch
{
	const DwUuid *job_ids;		/* claimed */
	int			passed;			/* how many were told of so far */
} PassingBatch;

/* Warns of those of a claimed job, or ends them. */
static bool
passing_turn(int turn, void *argument)
{
	PassingBatch *batch = argument;
	DwEscrowRow row;

	if (!dw_escrow_lock(&batch->job_ids[turn], &row))
		elog(ERROR, "a claimed authorization has no escrow");
	batch->passed += dw_authorizations_pass(&row);
	return true;
}

/* expire_authorizations(max_rows) → how many were told of */
DW_FUNCTION(dwello_expire_authorizations)
{
	DwCall		call;
	PassingBatch batch = {0};
	int			count;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	batch.job_ids = dw_authorizations_claim_due(dw_arg_max_rows(&call),
												&count);
	dw_each_turn(count, passing_turn, &batch);
	return dw_call_return_datum(&call, Int32GetDatum(batch.passed), true,
								sizeof(int32));
}
