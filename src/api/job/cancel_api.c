/*
 * cancel_api.c
 *		cancel_job and expire_jobs: a job ends before its work.
 *
 * Neither moves money: as long as any is held the job cannot be cancelled.
 * A payment that is under way is given up; should it arrive all the same, it
 * is given back (see payment_api.c).
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "server/error/error_server.h"
#include "store/bid/bid_store.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"

#define REASON_MAX		10000	/* characters */

/* The reason given, or NULL; 22001, 22023. */
static char *
cancel_reason(DwCall *call)
{
	char	   *reason = dw_arg_text_opt(call, "reason", REASON_MAX);

	if (reason != NULL && strcmp(reason, DW_JOB_REASON_EXPIRED) == 0)
		dw_arg_refuse(call, "reason", DW_BAD_VALUE,
					  "must be another word: that one is for jobs whose time"
					  " for bids ran out");
	return reason;
}

/* WD101 while money is held for the job. */
static void
cancel_check_money(const DwJob *job, const DwEscrowRow *row)
{
	if (row->escrow.held == 0)
		return;
	dw_raise(DW_INVALID_TRANSITION, "money is held for the job",
			 psprintf("The escrow of job %s holds " INT64_FORMAT " %s.",
					  dw_uuid_text(&job->id), row->escrow.held,
					  row->escrow.currency),
			 "Have it refunded first, see dwello.refund_escrow().");
}

/*
 * Gives up an escrow that holds nothing, and a payment that is under way.
 * An escrow that money has passed through stays as it ended.
 */
static void
cancel_escrow(DwCall *call, DwEscrowRow *row)
{
	DwTransition transition = {DW_ESCROW_EVENT_CANCEL, call->actor,
	row->escrow.status, NULL};
	DwTransaction payment;

	if (dw_payment_find(&row->job_id, NULL, &payment))
	{
		dw_transaction_end(&payment, DW_TRANSACTION_CANCELLED);
		transition.transaction_id = &payment.id;
	}
	if (dw_escrow_cancel(&row->escrow, row->milestones,
						 row->milestone_count) == DW_OK)
		dw_escrow_apply(row, &transition);
}

/* cancel_job(job_id, reason) → job_id, status, version, replayed */
DW_FUNCTION(dwello_cancel_job)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwEscrowRow row;
	bool		has_escrow;
	char	   *reason;

	dw_command_begin(&call, fcinfo,
					 dw_machine_actors(dw_job_machine(),
									   DW_JOB_EVENT_CANCEL));
	job_id = dw_arg_uuid(&call, "job_id");
	reason = cancel_reason(&call);
	dw_job_for_command(&call, &job_id, &job);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	if (dw_bidding_over(&job))
		dw_bidding_refuse_late(&job);
	(void) dw_job_next(&call, &job, DW_JOB_EVENT_CANCEL);
	dw_bids_lock_live(&job_id);
	has_escrow = dw_escrow_lock(&job_id, &row);
	if (has_escrow)
		cancel_check_money(&job, &row);

	dw_bids_end(&job_id, NULL, DW_BID_REASON_JOB_CANCELLED);
	if (has_escrow)
		cancel_escrow(&call, &row);
	job.reason = reason;
	dw_job_end(&job, "job_cancelled");

	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_text(&call, "status", dw_job_status_label(job.status));
	dw_row_int4(&call, "version", job.version);
	return dw_call_return(&call);
}

/* Open jobs whose time is over. */
typedef struct ExpiryBatch
{
	DwCall	   *call;			/* whose batch it is */
	const DwDue *jobs;			/* claimed */
	int			expired;		/* how many were expired so far */
} ExpiryBatch;

/* Expires one of them, unless its time is not over, after all. */
static bool
expire_job(int turn, void *argument)
{
	ExpiryBatch *batch = argument;
	const DwUuid *job_id = &batch->jobs[turn].job_id;
	DwJob		job;

	if (!dw_job_lock(job_id, &job))
		elog(ERROR, "claimed job %s is gone", dw_uuid_text(job_id));
	if (job.status != DW_JOB_OPEN || !dw_bidding_over(&job))
		return true;
	(void) dw_job_next(batch->call, &job, DW_JOB_EVENT_EXPIRE);
	dw_bids_end(job_id, NULL, DW_BID_REASON_JOB_EXPIRED);
	job.reason = pstrdup(DW_JOB_REASON_EXPIRED);
	dw_job_end(&job, "job_expired");
	batch->expired++;
	return true;
}

/* expire_jobs(max_rows) → expired */
DW_FUNCTION(dwello_expire_jobs)
{
	DwCall		call;
	ExpiryBatch batch = {.call = &call};
	int			count;

	dw_command_begin(&call, fcinfo,
					 dw_machine_actors(dw_job_machine(),
									   DW_JOB_EVENT_EXPIRE) &
					 DW_ACTOR_SYSTEM);
	batch.jobs = dw_jobs_claim_expired(dw_arg_max_rows(&call), &count);
	dw_each_turn(count, expire_job, &batch);
	return dw_call_return_datum(&call, Int32GetDatum(batch.expired), true,
								sizeof(int32));
}
