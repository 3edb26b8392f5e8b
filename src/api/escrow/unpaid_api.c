/*
 * unpaid_api.c
 *		Payments that never come: given up by the homeowner, or past their
 *		time.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "server/call/call_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/authorization/authorization_store.h"
#include "store/run/run_store.h"

/* Gives up a payment into escrow: WD101 in a state that waits for none. */
static void
abandon(DwCall *call, DwEscrowRow *row, const DwTransaction *payment)
{
	DwTransition transition = {DW_ESCROW_EVENT_ABANDON, call->actor,
	row->escrow.status, &payment->id};

	dw_escrow_check(call, row, DW_ESCROW_EVENT_ABANDON);
	dw_payment_cancel(row, payment);
	if (row->escrow.status == DW_ESCROW_FUNDING)
		row->escrow.status = DW_ESCROW_CREATED;
	row->last_failure = NULL;
	dw_escrow_apply(row, &transition);
}

/* With no payment open, what is authorised is given up; WD101 for nothing. */
static void
abandon_authorized(DwCall *call, DwEscrowRow *row)
{
	DwAuthorization authorization;

	if (!dw_authorization_find(&row->job_id, NULL, &authorization))
		dw_escrow_refuse(call, row, DW_INVALID_TRANSITION);
	dw_authorization_void(row, &authorization);
}

/* abandon_payment(job_id, ...) → the escrow, without an open payment */
DW_FUNCTION(dwello_abandon_payment)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwTransaction payment;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	dw_args_need(&call, "job_id", NULL);
	if (dw_escrow_begin(&call, &job, &row, NULL))
		return dw_call_return(&call);
	if (!dw_payment_find(&job.id, NULL, &payment))
		abandon_authorized(&call, &row);
	else
	{
		if (payment.type == DW_TRANSACTION_TIP_PAYMENT)
			dw_payment_cancel(&row, &payment);
		else
			abandon(&call, &row, &payment);
		dw_row_uuid(&call, "transaction_id", &payment.id);
	}
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

/* Payments whose time is up, claimed with their jobs. */
typedef struct OverdueBatch
{
	const DwUuid *job_ids;		/* claimed */
	int			count;			/* of them */
	int			ended;			/* how many were ended so far */
} OverdueBatch;

/* Ends the payment of a claimed job, unless it has come or gone meanwhile. */
static bool
overdue_expire(int turn, void *argument)
{
	OverdueBatch *batch = argument;
	const DwUuid *job_id = &batch->job_ids[turn];
	DwTransaction payment;
	DwEscrowRow row;

	if (!dw_escrow_lock(job_id, &row))
		elog(ERROR, "a claimed payment has no escrow");
	if (!dw_payment_find(job_id, NULL, &payment) ||
		dw_now() < payment.pay_by)
		return true;
	dw_payment_expire(&row, &payment);
	batch->ended++;
	return true;
}

/* expire_payments(max_rows) → how many ended */
DW_FUNCTION(dwello_expire_payments)
{
	DwCall		call;
	OverdueBatch batch = {0};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	batch.job_ids = dw_payments_claim_overdue(dw_arg_max_rows(&call),
											  &batch.count);
	dw_each_turn(batch.count, overdue_expire, &batch);
	return dw_call_return_datum(&call, Int32GetDatum(batch.ended), true,
								sizeof(int32));
}
