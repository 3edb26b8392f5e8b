/*
 * late_service.c
 *		Bids whose transaction has not locked their job: asked again as it
 *		commits whether the job takes them.
 *
 * A bidder who holds the lock of a job keeps its homeowner, and every rival,
 * waiting until their transaction ends, however long it idles.  So a new bid
 * is made without it, see submit_bid(), and the lock is taken where nobody
 * can idle: in the commit.  A job that was closed meanwhile fails the commit
 * with the errors of the call.
 *
 * It is no deferred trigger, for SET CONSTRAINTS would fire that in the
 * middle of the transaction, and a restore would queue one for every row.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "api/bid/bid_api_int.h"
#include "api/job/job_api.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"

/* A bid to ask about. */
typedef struct LateBid
{
	DwUuid		job_id;			/* first, for comparing */
	DwUuid		bid_id;			/* of it */
} LateBid;

/* Those of this transaction, in its memory. */
static LateBid *bids = NULL;
static int	bid_count = 0;
static int	bid_room = 0;

/* In the order of jobs, so that two who bid on the same ones cannot meet. */
static int
late_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const LateBid *) a)->job_id,
						   &((const LateBid *) b)->job_id);
}

/*
 * Locks the jobs and asks.  A bid that a savepoint took back, or that has
 * ended in its own transaction, is not found.  The time for bids was not over
 * as the bid was made, and that counts.
 */
static void
ask_again(void)
{
	DwOwnerScope scope;
	DwJob		job;

	qsort(bids, bid_count, sizeof(LateBid), late_compare);
	PushActiveSnapshot(GetTransactionSnapshot());
	dw_owner_begin(&scope);
	for (int i = 0; i < bid_count; i++)
		if (dw_bid_lock_job(&bids[i].job_id, &bids[i].bid_id, &job) &&
			job.status != DW_JOB_OPEN)
			dw_bidding_need_open(&job);
	dw_owner_end(&scope);
	PopActiveSnapshot();
}

/* Asks before the end, and forgets what a transaction has kept at its end. */
static void
transaction_ends(XactEvent event, void *arg)
{
	if (bid_count > 0 &&
		(event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE))
		ask_again();
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT ||
		event == XACT_EVENT_PREPARE)
	{
		bids = NULL;			/* its memory goes with the transaction */
		bid_count = bid_room = 0;
	}
}

void
dw_bid_ask_again(const DwBid *bid)
{
	static bool is_registered = false;

	if (!is_registered)
		RegisterXactCallback(transaction_ends, NULL);
	is_registered = true;
	if (bids == NULL)
		bids = MemoryContextAlloc(TopTransactionContext,
								  (bid_room = 8) * sizeof(LateBid));
	else if (bid_count == bid_room)
		bids = repalloc(bids, (bid_room *= 2) * sizeof(LateBid));
	bids[bid_count].job_id = bid->job_id;
	bids[bid_count++].bid_id = bid->id;
}
