/*
 * dispute_expiry_api.c
 *		expire_disputes: what nobody answered in time is settled.
 *
 * Claims jobs, passing over those that somebody works on, and then locks and
 * decides in the usual order, all in one transaction.  What the claim saw is
 * looked at again under the lock.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/dispute/dispute_api.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

/* The whole of a call, a job a turn. */
typedef struct ExpiryBatch
{
	DwCall	   *call;			/* the caller's */
	const DwUuid *jobs;			/* claimed */
	int			left;			/* disputes that may still be ended */
} ExpiryBatch;

/* Ends the disputes of a locked job that nobody answered in time. */
static int
expire_overdue(DwCall *call, DwJob *job, DwEscrowRow *row, int max_rows)
{
	int			count;
	int			ended = 0;
	DwUuid	   *ids = dw_disputes_overdue(&job->id, &count);

	for (int i = 0; i < count && ended < max_rows; i++)
	{
		DwEnding	ending = {
			.status = DW_DISPUTE_SETTLED,
			.event = DW_ESCROW_EVENT_DEFAULT_DECISION,
			.actor = call->actor
		};
		DwDisputeRow dispute;

		if (row->escrow.frozen)
			break;				/* it waits for the bank */
		if (!dw_dispute_load(&job->id, &ids[i], &dispute))
			elog(ERROR, "dispute %s is gone", dw_uuid_text(&ids[i]));
		ending.figure = dw_dispute_default_figure(&dispute.dispute);
		dw_dispute_end(job, row, &dispute, &ending);
		ended++;
	}
	return ended;
}

/* Ends what is overdue in one of the claimed jobs. */
static bool
expire_job_disputes(int turn, void *argument)
{
	ExpiryBatch *batch = argument;
	const DwUuid *id = &batch->jobs[turn];
	DwJob		job;
	DwEscrowRow row;

	if (!dw_job_lock(id, &job) || !dw_escrow_lock(id, &row))
		elog(ERROR, "claimed job %s is gone", dw_uuid_text(id));
	batch->left -= expire_overdue(batch->call, &job, &row, batch->left);
	return batch->left > 0;
}

DW_FUNCTION(dwello_expire_disputes)
{
	DwCall		call;
	ExpiryBatch batch = {.call = &call};
	int32		max_rows;
	int			count;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_max_rows(&call);
	batch.left = max_rows;
	batch.jobs = dw_disputes_claim_overdue(max_rows, &count);
	dw_each_turn(count, expire_job_disputes, &batch);
	return dw_call_return_datum(&call, Int32GetDatum(max_rows - batch.left),
								true, sizeof(int32));
}
