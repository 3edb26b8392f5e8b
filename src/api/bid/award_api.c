/*
 * award_api.c
 *		Entry points of the award: accept_bid, confirm_award; and expire_bids
 *		and expire_contracts, which end what was not confirmed, accepted or
 *		paid in time.
 *
 * The homeowner accepts one eligible bid and by that rejects its rivals; the
 * bidder confirms, and the escrow opens.  Whether a bid is eligible is asked
 * at that moment: its own time may be over, marked or not (BID_NOT_LIVE).
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "api/account/account_api.h"
#include "api/bid/bid_api_int.h"
#include "api/job/job_api.h"
#include "api/score/score_api.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/bid/bid_store.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"

static bool bid_to_confirm(DwCall *call, const DwJob *job, DwBid *bid);
static void award_check(DwCall *call, const DwJob *job, const DwBid *bid);

/* accept_bid(job_id, bid_id, …) → the awarded job and the accepted bid */
DW_FUNCTION(dwello_accept_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	DwJob		job;
	DwBid		bid;
	bool		is_late;
	int64		amount;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");

	dw_job_for_command(&call, &job_id, &job);
	if (!dw_bid_lock(&job_id, &bid_id, &bid))
		dw_bid_refuse_unknown(&bid_id);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);

	/*
	 * The order of errors: a wrong state of the job or the bid (WD101), then
	 * what is over (WD102), then the gates (22023), then another amount than
	 * the caller has seen (WD103).  A job that expired by time alone is open
	 * in its row, and told as late, not as wrong.
	 */
	is_late = dw_bidding_over(&job);
	if (!is_late)
		job.status = dw_job_next(&call, &job, DW_JOB_EVENT_ACCEPT);
	if (bid.status != DW_BID_EXPIRED)
		(void) dw_bid_next(&call, &bid, DW_BID_EVENT_ACCEPT);
	if (is_late)
		dw_bidding_refuse_late(&job);
	amount = dw_award_eligible_amount(&job, &bid);
	dw_award_need_amount(&call, amount, bid.currency);
	dw_award_give(&job, &bid, amount, "bid_accepted");
	dw_bids_end(&job, &bid_id, DW_BID_REASON_NOT_SELECTED);
	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_uuid(&call, "bid_id", &bid.id);
	dw_row_uuid(&call, "provider_id", &bid.provider_id);
	dw_row_enum(&call, "job_status", &dw_job_status_labels, job.status);
	dw_row_enum(&call, "bid_status", &dw_bid_status_labels, bid.status);
	dw_row_int8(&call, "bid_amount", bid.bid_amount);
	dw_row_text(&call, "currency", bid.currency);
	dw_row_time(&call, "confirm_by", job.confirm_by);
	dw_row_int4(&call, "version", job.version);
	return dw_call_return(&call);
}

/* confirm_award(job_id, bid_id, …) → the job and its escrow */
DW_FUNCTION(dwello_confirm_award)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwBid		bid;
	DwEscrowRow escrow;
	bool		found;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	job_id = dw_arg_uuid(&call, "job_id");

	dw_job_for_command(&call, &job_id, &job);
	found = bid_to_confirm(&call, &job, &bid);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	award_check(&call, &job, found ? &bid : NULL);

	dw_award_confirm(&call, &job, &bid, &escrow);

	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_uuid(&call, "bid_id", &bid.id);
	dw_row_enum(&call, "job_status", &dw_job_status_labels, job.status);
	dw_row_enum(&call, "escrow_status", &dw_escrow_status_labels,
				escrow.escrow.status);
	dw_row_int8(&call, "amount", bid.bid_amount);
	dw_row_text(&call, "currency", bid.currency);
	dw_row_uuid(&call, "fee_schedule_id", &escrow.fee_schedule_id);
	dw_row_int4(&call, "version", job.version);
	return dw_call_return(&call);
}

/*
 * Locks the bid that is meant: the one named, else the accepted one; false
 * when there is none.  P0002 when the caller may not see it, 42501 when they
 * may but it is not theirs.
 */
static bool
bid_to_confirm(DwCall *call, const DwJob *job, DwBid *bid)
{
	const DwUuid *bid_id = dw_arg_uuid_opt(call, "bid_id");

	if (bid_id == NULL && !dw_bid_lock_accepted(&job->id, bid))
		return false;
	if (bid_id != NULL && !dw_bid_lock(&job->id, bid_id, bid))
		dw_bid_refuse_unknown(bid_id);
	if (dw_uuid_equal(&bid->provider_id, &call->actor.user_id))
		return true;
	if (bid_id != NULL && !dw_sees_all_bids(call, job))
		dw_bid_refuse_unknown(bid_id);
	dw_raise(DW_FORBIDDEN, "only the bidder can confirm the award",
			 psprintf("The award of job %s is not the caller's.",
					  dw_uuid_text(&job->id)),
			 "It is for the bidder whom dwello.accept_bid() has chosen; what"
			 " is not confirmed in time goes to the next.");
}

/* WD101 and WD102: whether there is an award that waits to be confirmed. */
static void
award_check(DwCall *call, const DwJob *job, const DwBid *bid)
{
	(void) dw_job_next(call, job, DW_JOB_EVENT_CONFIRM);
	if (bid == NULL)
		elog(ERROR, "awarded job has no accepted bid");
	(void) dw_bid_next(call, bid, DW_BID_EVENT_CONFIRM_AWARD);
	if (job->confirmed_at != DT_NOBEGIN)
		dw_raise(DW_INVALID_TRANSITION, "the award is confirmed already",
				 psprintf("Job %s is in state \"%s\".",
						  dw_uuid_text(&job->id),
						  dw_job_status_label(job->status)),
				 "The homeowner can fund the escrow, see"
				 " dwello.fund_escrow().");
	if (dw_now() >= job->confirm_by)
		dw_raise(DW_DEADLINE_PASSED, "the time to confirm the award is over",
				 psprintf("Job %s had to be confirmed by %s.",
						  dw_uuid_text(&job->id),
						  timestamptz_to_str(job->confirm_by)),
				 "The award lapses when dwello.expire_bids() runs next.");
}

#define PORTION			500		/* bids that a statement expires at once */

/* What is over, of awards or of bids. */
typedef struct LapseBatch
{
	DwCall	   *call;			/* whose batch it is */
	const DwDue *rows;			/* claimed */
	int			count;			/* of them */
	int			ended;			/* how many were ended so far */
} LapseBatch;

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
	dw_award_lapse(batch->call, &job, &bid, DW_BID_REASON_NOT_CONFIRMED, NULL);
	batch->ended++;
	return true;
}

/* Lapses the contract of a claimed job, unless something was paid since. */
static bool
contract_expire(int turn, void *argument)
{
	LapseBatch *batch = argument;
	const DwUuid *job_id = &batch->rows[turn].job_id;
	DwTransaction payment;
	DwEscrowRow row;
	DwJob		job;
	DwBid		bid;

	if (!dw_job_lock(job_id, &job))
		elog(ERROR, "claimed job %s is gone", dw_uuid_text(job_id));
	if (job.status != DW_JOB_AWARDED || job.fund_by == DT_NOBEGIN ||
		dw_now() < job.fund_by)
		return true;
	if (!dw_bid_lock_accepted(job_id, &bid) || !dw_escrow_lock(job_id, &row))
		elog(ERROR, "a contract has no accepted bid or no escrow");
	if (row.escrow.funded > 0 ||
		(dw_payment_find(job_id, NULL, &payment) &&
		 dw_now() < payment.pay_by))
		return true;
	bid.status = dw_bid_next(batch->call, &bid, DW_BID_EVENT_LAPSE);
	dw_contract_lapse(batch->call, &job, &bid, DW_BID_REASON_NOT_FUNDED, NULL);
	batch->ended++;
	return true;
}

/*
 * Expires some of the claimed bids, in one statement.  A portion is a turn of
 * the batch: memory is given back and a cancel is heeded after each.
 */
static bool
portion_expire(int turn, void *argument)
{
	LapseBatch *batch = argument;
	int			first = turn * PORTION;

	batch->ended += dw_bids_expire(&batch->rows[first],
								   Min(PORTION, batch->count - first));
	return true;
}

/* The same with counter-offers. */
static bool
counters_expire(int turn, void *argument)
{
	LapseBatch *batch = argument;
	int			first = turn * PORTION;

	batch->ended += dw_counters_expire(&batch->rows[first],
									   Min(PORTION, batch->count - first));
	return true;
}

/* The same with offers of a job. */
static bool
hires_expire(int turn, void *argument)
{
	LapseBatch *batch = argument;
	int			first = turn * PORTION;

	batch->ended += dw_hires_expire(&batch->rows[first],
									Min(PORTION, batch->count - first));
	return true;
}

/* The turns that a batch takes in portions. */
static int
portions(const LapseBatch *batch)
{
	return (batch->count + PORTION - 1) / PORTION;
}

/* expire_bids(max_rows) → expired, lapsed, offers */
DW_FUNCTION(dwello_expire_bids)
{
	DwCall		call;
	int32		max_rows;
	LapseBatch	awards = {.call = &call};
	LapseBatch	bids = {.call = &call};
	LapseBatch	counters = {.call = &call};
	LapseBatch	hires = {.call = &call};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_max_rows(&call);
	awards.rows = dw_awards_claim_lapsed(max_rows, &awards.count);
	bids.rows = dw_bids_claim_overdue(max_rows - awards.count, &bids.count);
	max_rows -= awards.count + bids.count;
	counters.rows = dw_counters_claim_overdue(max_rows, &counters.count);
	max_rows -= counters.count;
	hires.rows = dw_hires_claim_overdue(max_rows, &hires.count);
	dw_each_turn(awards.count, award_expire, &awards);
	dw_each_turn(portions(&bids), portion_expire, &bids);
	dw_each_turn(portions(&counters), counters_expire, &counters);
	dw_each_turn(portions(&hires), hires_expire, &hires);
	dw_row_int4(&call, "lapsed", awards.ended);
	dw_row_int4(&call, "expired", bids.ended);
	dw_row_int4(&call, "offers", counters.ended + hires.ended);
	return dw_call_return(&call);
}

/* expire_contracts(max_rows) → lapsed */
DW_FUNCTION(dwello_expire_contracts)
{
	DwCall		call;
	LapseBatch	batch = {.call = &call};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	batch.rows = dw_contracts_claim_unfunded(dw_arg_max_rows(&call),
											 &batch.count);
	dw_each_turn(batch.count, contract_expire, &batch);
	return dw_call_return_datum(&call, Int32GetDatum(batch.ended), true,
								sizeof(int32));
}
