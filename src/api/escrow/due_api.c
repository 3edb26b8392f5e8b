/*
 * due_api.c
 *		release_due_escrows: work that nobody objected to is paid.
 *
 * Claims jobs, passing over those that somebody works on, and then locks and
 * decides in the usual order, all in one transaction.  What the claim saw is
 * looked at again under the lock.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

#define PORTION 500				/* jobs whose release is written at once */

/* What is released together. */
typedef struct Release
{
	DwActor		actor;			/* the caller */
	TimestampTz now;			/* by when it must be due */
	DwEscrowRow *rows;			/* of locked jobs, by id */
	int			count;			/* of rows */
	int			left;			/* milestones that may still be released */
} Release;

/*
 * True when a milestone is to be released: approved and fully paid by now,
 * or submitted, and the time to object is over.
 */
static bool
is_due(const DwEscrowRow *row, int index, TimestampTz now)
{
	const DwMilestone *milestone = &row->milestones[index];
	TimestampTz due = row->stored[index].auto_release_at;

	if (milestone->status == DW_MILESTONE_APPROVED)
		return milestone->funded == milestone->amount;
	return milestone->status == DW_MILESTONE_SUBMITTED &&
		due != DT_NOBEGIN && due <= now;
}

/* Releases one milestone that is due; false when it cannot be, after all. */
static bool
release_milestone(const Release *release, DwEscrowRow *row, int index)
{
	DwUuid		milestone_id = row->milestones[index].id;
	DwSelector	selector = {.milestone_id = &milestone_id};
	DwPayout	payout = {
		.event = DW_ESCROW_EVENT_RELEASE_DUE,
		.actor = release->actor,
		.from = row->escrow.status,
		.milestone_id = &milestone_id
	};

	if (dw_escrow_release(&row->escrow, row->milestones,
						  row->milestone_count, &selector,
						  &payout.release) != DW_OK)
		return false;			/* frozen since, or disputed */
	(void) dw_escrow_pay(row, &payout);
	return true;
}

/* Releases what is due of one escrow; how many milestones that was. */
static int
release_escrow(const Release *release, DwEscrowRow *row)
{
	int			released = 0;

	if (!dw_escrow_is_valid(&row->escrow))
		return 0;				/* reconcile() tells of it */
	for (int i = 0; i < row->milestone_count; i++)
		if (released < release->left &&
			is_due(row, i, release->now) &&
			release_milestone(release, row, i))
			released++;
	if (released > 0)
		dw_escrow_settle(row);
	return released;
}

/* True when a release may have moved the job, too. */
static bool
moves_job(const DwEscrowRow *row)
{
	return row->escrow.status == DW_ESCROW_DISPUTED ||
		dw_escrow_is_complete(&row->escrow, row->milestones,
							  row->milestone_count);
}

/* Lets the jobs of escrows follow them; most need no look at the job. */
static void
move_jobs(DwEscrowRow **rows, int count)
{
	DwUuid	   *ids = palloc(sizeof(DwUuid) * Max(count, 1));
	DwJob	   *jobs;

	for (int i = 0; i < count; i++)
		ids[i] = rows[i]->job_id;
	jobs = dw_jobs_load_locked(ids, count);
	for (int i = 0; i < count; i++)
		dw_escrow_move_job(&jobs[i], rows[i]);
}

/* Releases what is due of all the escrows: work for dw_write_batch(). */
static void
release_escrows(void *argument)
{
	Release    *release = argument;
	DwEscrowRow **moving = palloc(sizeof(DwEscrowRow *) * release->count);
	int			count = 0;

	for (int i = 0; i < release->count; i++)
	{
		DwEscrowRow *row = &release->rows[i];
		int			released = release_escrow(release, row);

		release->left -= released;
		if (released > 0 && moves_job(row))
			moving[count++] = row;
	}
	if (count > 0)
		move_jobs(moving, count);
}

/* The whole of a call, released a portion a turn. */
typedef struct ReleaseBatch
{
	DwCall	   *call;			/* the caller's */
	const DwUuid *jobs;			/* claimed, by id */
	int			count;			/* of jobs */
	int			left;			/* milestones that may still be released */
} ReleaseBatch;

/* Releases what is due in some of the jobs, each statement once for all. */
static bool
release_portion(int turn, void *argument)
{
	ReleaseBatch *batch = argument;
	int			first = turn * PORTION;
	int			count = Min(PORTION, batch->count - first);
	Release		release = {
		.actor = batch->call->actor,
		.now = dw_now(),
		.left = batch->left
	};

	release.rows = dw_escrows_lock(&batch->jobs[first], count,
								   &release.count);
	if (release.count != count)
		elog(ERROR, "a claimed job has lost its escrow");
	dw_write_batch(release_escrows, &release);
	batch->left = release.left;
	return batch->left > 0;
}

DW_FUNCTION(dwello_release_due_escrows)
{
	DwCall		call;
	ReleaseBatch batch = {.call = &call};
	int32		max_rows;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_max_rows(&call);
	batch.left = max_rows;
	batch.jobs = dw_releases_claim_due(max_rows, &batch.count);
	dw_each_turn((batch.count + PORTION - 1) / PORTION, release_portion,
				 &batch);
	dw_row_int4(&call, "released", max_rows - batch.left);
	dw_row_int4(&call, "jobs", batch.count);
	return dw_call_return(&call);
}
