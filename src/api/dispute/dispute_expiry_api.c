/*
 * dispute_expiry_api.c
 *		expire_disputes: what nobody answered in time is settled.
 *
 * Claims jobs, passing over those that somebody works on, and then locks and
 * decides in the usual order, all in one transaction.  What the claim saw is
 * looked at again under the lock.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "api/account/account_api.h"
#include "api/dispute/dispute_api.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

/* Does what is due in one job, at most max_rows of it; how much it was. */
typedef int (*JobWorker) (DwCall *call, DwJob *job, DwEscrowRow *row,
						  int max_rows);

/* Does what is due in each of the claimed jobs, in memory of its own. */
static int
work_through(DwCall *call, const DwUuid *jobs, int count, int max_rows,
			 JobWorker worker)
{
	MemoryContext turn = AllocSetContextCreate(CurrentMemoryContext,
											   "dwello due",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(turn);
	int			done = 0;

	for (int i = 0; i < count && done < max_rows; i++)
	{
		DwJob		job;
		DwEscrowRow row;

		if (!dw_job_lock(&jobs[i], &job) || !dw_escrow_lock(&jobs[i], &row))
			elog(ERROR, "claimed job %s is gone", dw_uuid_text(&jobs[i]));
		done += worker(call, &job, &row, max_rows - done);
		MemoryContextReset(turn);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(turn);
	return done;
}

/* max_rows: how much to do at most. */
static int32
arg_max_rows(DwCall *call)
{
	int32		max_rows = dw_arg_int4(call, "max_rows");

	if (max_rows <= 0)
		dw_arg_refuse(call, "max_rows", DW_BAD_VALUE, "must be positive");
	return max_rows;
}

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

DW_FUNCTION(dwello_expire_disputes)
{
	DwCall		call;
	int32		max_rows;
	DwUuid	   *jobs;
	int			count;
	int			settled;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = arg_max_rows(&call);
	jobs = dw_disputes_claim_overdue(max_rows, &count);
	settled = work_through(&call, jobs, count, max_rows, expire_overdue);
	return dw_call_return_datum(&call, Int32GetDatum(settled), true,
								sizeof(int32));
}
