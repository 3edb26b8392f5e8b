/*
 * lapse_api.c
 *		Bids that end by themselves or by their bidder: withdraw_bid,
 *		expire_bids; and what becomes of an award that falls with its bid.
 *
 * An award lapses when its bidder withdraws or lets confirm_by pass.  The
 * best of the bids that were not selected, eligible as of then, takes it
 * over with a confirm_by of its own.  Where there is none, the job takes
 * bids again, or has expired if its time is over.  Bids that could not take
 * over stay rejected: their bidders may bid anew.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/bid/bid_api_int.h"
#include "api/job/job_api.h"
#include "api/score/score_api.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/job/job_store.h"
#include "store/score/score_store.h"

#define PORTION			500		/* bids that a statement expires at once */

static void award_lapse(DwCall *call, DwJob *job, DwBid *bid,
						DwBidReason reason, const char *note);
static bool lock_next(const DwJob *job, DwBid *next);
static void job_give_up(DwJob *job, DwJobEvent event);

/* What is over, of awards or of bids. */
typedef struct LapseBatch
{
	DwCall	   *call;			/* whose batch it is */
	const DwDue *rows;			/* claimed */
	int			count;			/* of them */
	int			ended;			/* how many were ended so far */
} LapseBatch;

static bool award_expire(int turn, void *argument);
static bool portion_expire(int turn, void *argument);

/* withdraw_bid(job_id, bid_id, …) → the bid, and what became of the job */
DW_FUNCTION(dwello_withdraw_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	char	   *note;
	DwJob		job;
	DwBid		bid;
	bool		is_award;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");
	note = dw_arg_text_opt(&call, "reason", DW_BID_NOTE_MAX);

	dw_job_for_command(&call, &job_id, &job);
	dw_bid_for_bidder(&call, &job, &bid_id, &bid);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, bid.version);
	is_award = bid.status == DW_BID_ACCEPTED;
	if (is_award && job.confirmed_at != DT_NOBEGIN)
		dw_raise(DW_INVALID_TRANSITION, "the award is confirmed",
				 psprintf("Bid %s has become the contract of job %s.",
						  dw_uuid_text(&bid_id), dw_uuid_text(&job_id)),
				 NULL);
	bid.status = dw_bid_next_in_time(&call, &job, &bid,
									 DW_BID_EVENT_WITHDRAW);

	if (is_award)
		award_lapse(&call, &job, &bid, DW_BID_REASON_WITHDRAWN, note);
	else
		dw_bid_end(&bid, DW_BID_REASON_WITHDRAWN, note);
	dw_row_bid_end(&call, &job, &bid);
	return dw_call_return(&call);
}

/* expire_bids(max_rows) → expired, lapsed */
DW_FUNCTION(dwello_expire_bids)
{
	DwCall		call;
	int32		max_rows;
	LapseBatch	awards = {.call = &call};
	LapseBatch	bids = {.call = &call};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_max_rows(&call);
	awards.rows = dw_awards_claim_lapsed(max_rows, &awards.count);
	bids.rows = dw_bids_claim_overdue(max_rows - awards.count, &bids.count);
	dw_each_turn(awards.count, award_expire, &awards);
	dw_each_turn((bids.count + PORTION - 1) / PORTION, portion_expire, &bids);
	dw_row_int4(&call, "lapsed", awards.ended);
	dw_row_int4(&call, "expired", bids.ended);
	return dw_call_return(&call);
}

/*
 * Ends the accepted bid of a locked job and finds the job a successor, or
 * gives it up.  bid->status is what the bid becomes.
 */
static void
award_lapse(DwCall *call, DwJob *job, DwBid *bid, DwBidReason reason,
			const char *note)
{
	DwBid		next;
	bool		has_next;
	DwJobEvent	event;

	dw_bid_end(bid, reason, note);
	has_next = lock_next(job, &next);
	event = dw_job_after_lapse(has_next, dw_now(), job->expires_at);
	job->status = dw_job_next(call, job, event);
	if (!has_next)
	{
		job_give_up(job, event);
		return;
	}
	(void) dw_bid_next(call, &next, DW_BID_EVENT_REOFFER);
	dw_award_give(job, &next, "bid_reoffered");
}

/* True when a bidder has a later bid than this one on the job. */
static bool
is_superseded(const DwRanking *ranking, const DwRankedBid *bid)
{
	const DwUuid *bidder = &ranking->contenders[bid->position].provider_id;

	for (int i = 0; i < ranking->count; i++)
	{
		const DwRankedBid *other = &ranking->bids[i];

		if (other->submitted_at > bid->submitted_at &&
			dw_uuid_equal(&ranking->contenders[other->position].provider_id,
						  bidder))
			return true;
	}
	return false;
}

/*
 * Locks the best eligible bid of a job whose accepted one has just ended;
 * false when there is none.  Of each bidder the last bid counts: whoever let
 * the award lapse is not asked again by an earlier one.
 */
static bool
lock_next(const DwJob *job, DwBid *next)
{
	DwRanking	ranking;

	dw_ranking_load(job, NULL, true, &ranking);
	dw_score_rank(ranking.bids, ranking.count);
	for (int i = 0; i < ranking.count; i++)
	{
		const DwRankedBid *bid = &ranking.bids[i];

		if (bid->reasons != 0)
			break;				/* the ineligible ones are last */
		if (!is_superseded(&ranking, bid))
			return dw_bid_lock(&job->id, &bid->id, next);
	}
	return false;
}

/* Takes the award back: the job is open again, or has expired. */
static void
job_give_up(DwJob *job, DwJobEvent event)
{
	DwPayload	payload;

	memset(&job->provider_id, 0, sizeof(job->provider_id));
	job->awarded_at = DT_NOBEGIN;
	job->confirm_by = DT_NOBEGIN;
	if (event != DW_JOB_EVENT_REOPEN)
	{
		job->reason = pstrdup(DW_JOB_REASON_EXPIRED);
		dw_job_end(job, "job_expired");
		return;
	}
	job->is_listed = true;
	dw_job_save(job);
	dw_job_list_children(job);

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &job->id);
	dw_payload_uuid(&payload, "homeowner_id", &job->homeowner_id);
	dw_payload_text(&payload, "title", job->title);
	dw_event_emit(&job->id, "job", &job->id, "job_reopened", &payload);
}

/* Lapses the award of a claimed job, unless it is not over, after all. */
static bool
award_expire(int turn, void *argument)
{
	LapseBatch *batch = argument;
	const DwUuid *job_id = &batch->rows[turn].job_id;
	DwJob		job;
	DwBid		bid;

	if (!dw_job_lock(job_id, &job))
		elog(ERROR, "claimed job %s is gone", dw_uuid_text(job_id));
	if (job.status != DW_JOB_AWARDED || job.confirmed_at != DT_NOBEGIN ||
		dw_now() < job.confirm_by)
		return true;
	if (!dw_bid_lock_accepted(job_id, &bid))
		elog(ERROR, "awarded job has no accepted bid");
	bid.status = dw_bid_next(batch->call, &bid, DW_BID_EVENT_LAPSE);
	award_lapse(batch->call, &job, &bid, DW_BID_REASON_NOT_CONFIRMED, NULL);
	batch->ended++;
	return true;
}

/* Expires some of the claimed bids, in one statement. */
static bool
portion_expire(int turn, void *argument)
{
	LapseBatch *batch = argument;
	int			first = turn * PORTION;

	batch->ended += dw_bids_expire(&batch->rows[first],
								   Min(PORTION, batch->count - first));
	return true;
}
