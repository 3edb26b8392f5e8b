/*
 * bid_service.c
 *		What the commands on a bid share: whose bid it is, whether it can still
 *		be changed, what it is worth, and the row that shows it.
 *
 * A bid is scored whenever it is written, from what is known then; so the
 * score of a version can be made again from what the version keeps.
 */
#include "postgres.h"

#include "api/bid/bid_api.h"
#include "api/bid/bid_api_int.h"
#include "api/score/score_api.h"
#include "core/admin/admin.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/bid/bid_store.h"
#include "store/score/score_store.h"

void
dw_bid_need_least(DwCall *call, const char *arg, int64 amount,
				  const char *currency)
{
	int64		least = dw_setting_amount(DW_SETTING_MIN_BID, currency);

	if (amount < least)
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  psprintf("must be at least " INT64_FORMAT
							   ", the setting min_bid_amount", least));
}

void
dw_bid_need_verified(DwCall *call)
{
	if (!dw_provider_verified(&call->actor.user_id))
		dw_raise(DW_FORBIDDEN, "the provider is not verified",
				 psprintf("User %s lacks a verification that the settings"
						  " ask for.", dw_uuid_text(&call->actor.user_id)),
				 "See dwello.verify_user().");
}

void
dw_bid_for_bidder(DwCall *call, const DwJob *job, const DwUuid *bid_id,
				  DwBid *bid)
{
	bool		found = dw_bid_lock(&job->id, bid_id, bid);

	if (found && dw_uuid_equal(&bid->provider_id, &call->actor.user_id))
		return;
	if (!found || !dw_sees_all_bids(call, job))
		dw_bid_refuse_unknown(bid_id);
	dw_raise(DW_FORBIDDEN, psprintf("only the bidder may call dwello.%s",
									dw_call_name(call)),
			 psprintf("Bid %s is another provider's.", dw_uuid_text(bid_id)),
			 "dwello.submit_bid() makes one of your own.");
}

/* True while an award waits to be confirmed. */
static bool
award_open(const DwJob *job)
{
	return job->status == DW_JOB_AWARDED && job->confirmed_at == DT_NOBEGIN;
}

DwBidStatus
dw_bid_next_in_time(DwCall *call, const DwJob *job, const DwBid *bid,
					DwBidEvent event)
{
	TimestampTz until = bid->expires_at;

	if (bid->status == DW_BID_PENDING)
		until = Min(until, job->expires_at);
	else if (bid->status == DW_BID_ACCEPTED)
		until = award_open(job) ? job->confirm_by : DT_NOEND;
	if (bid->status != DW_BID_EXPIRED)
	{
		DwBidStatus next = dw_bid_next(call, bid, event);

		if (dw_now() < until)
			return next;
	}
	dw_raise(DW_DEADLINE_PASSED,
			 psprintf("it is too late to call dwello.%s", dw_call_name(call)),
			 psprintf("Bid %s has expired.", dw_uuid_text(&bid->id)),
			 "As long as the job takes bids, dwello.submit_bid() makes a new"
			 " one.");
}

/* Compares a bid's price with others; DW_OVERFLOW when it is out of range. */
static DwResult
offer_compare(const DwJob *job, DwBid *bid, const DwMaterials *materials)
{
	DwScoreOffer offer = {
		.bid_amount = bid->bid_amount,
		.materials_cost = bid->materials_cost,
		.lines_total = materials->total,
		.line_count = materials->count,
		.materials_included = bid->materials_included
	};

	return dw_score_price(&offer, job->expected_materials, &bid->price,
						  &bid->is_inconsistent);
}

/* Scores a bid that has its price and the inputs of its bidder. */
static void
offer_score(const DwJob *job, DwBid *bid)
{
	DwScoreJob	terms;
	DwScore		score;

	bid->inputs.price = bid->price;
	bid->inputs.timeline_days = bid->timeline_days == DW_BID_NO_DAYS ?
		DW_SCORE_UNKNOWN : bid->timeline_days;
	bid->inputs.warranty_months = bid->warranty_months;
	dw_score_job_read(job, &terms);
	if (dw_bid_score(&terms, &bid->inputs, &score) != DW_OK)
		elog(ERROR, "bid cannot be scored");
	bid->score_total = score.total;
	bid->quality = score.total - score.points[DW_CRITERION_PRICE];
	if (bid->lowest_amount != DW_BID_NO_FLOOR)
		bid->lowest_total =
			dw_score_total(&terms, bid->price - bid->bid_amount +
						   bid->lowest_amount, bid->quality);
}

void
dw_bid_price(DwCall *call, const char *arg, const DwJob *job, DwBid *bid,
			 const DwMaterials *materials)
{
	dw_arg_check_amount(call, arg, bid->bid_amount, job->currency);
	if (offer_compare(job, bid, materials) != DW_OK)
		dw_arg_refuse(call, arg, DW_OVERFLOW,
					  "and the materials are out of range together");
	dw_score_inputs_load(job, &bid->provider_id, &bid->inputs);
	offer_score(job, bid);
}

void
dw_bids_make(const DwJob *job, DwBid *bids, int count)
{
	static const DwMaterials none;
	DwUuid	   *bidders = palloc_array(DwUuid, count);
	DwScoreInputs *inputs = palloc_array(DwScoreInputs, count);
	TimestampTz now = dw_now();
	int64		days = dw_setting_int8("bid_expiry_days");

	for (int i = 0; i < count; i++)
		bidders[i] = bids[i].provider_id;
	dw_score_inputs_load_all(job, bidders, count, inputs);
	for (int i = 0; i < count; i++)
	{
		DwBid	   *bid = &bids[i];

		bid->job_id = job->id;
		bid->id = dw_uuid_fresh();
		bid->homeowner_id = job->homeowner_id;
		bid->status = DW_BID_PENDING;
		bid->terms_version = job->terms_version;
		bid->bid_version = 1;
		bid->version = 1;
		bid->labor_cost = bid->bid_amount;
		bid->materials_included = true;
		strlcpy(bid->currency, job->currency, sizeof(bid->currency));
		bid->submitted_at = now;
		bid->expires_at = now + days * USECS_PER_DAY;
		if (offer_compare(job, bid, &none) != DW_OK)
			elog(ERROR, "bid is out of range");
		if (job->is_invite_only)
			dw_invite_take_up(bid);
		bid->inputs = inputs[i];
		offer_score(job, bid);
	}
}

void
dw_row_bid(DwCall *call, const DwJob *job, const DwBid *bid)
{
	/* in open mode its flags depend on its rivals; else it is alone */
	bool		is_open = job->bid_mode == DW_BID_MODE_OPEN;
	DwRanking	ranking;

	dw_ranking_load(job, is_open ? NULL : &bid->id, true, &ranking);
	if (is_open)
		dw_rank_flag(ranking.bids, ranking.count, job->reference_amount);
	for (int i = 0; i < ranking.count; i++)
		if (dw_uuid_equal(&ranking.bids[i].id, &bid->id))
			dw_row_ranked(call, job, &ranking.bids[i]);

	dw_row_uuid(call, "job_id", &bid->job_id);
	dw_row_uuid(call, "bid_id", &bid->id);
	dw_row_uuid(call, "provider_id", &bid->provider_id);
	dw_row_enum(call, "status", &dw_bid_status_labels, bid->status);
	dw_row_int4(call, "bid_version", bid->bid_version);
	dw_row_int8(call, "bid_amount", bid->bid_amount);
	dw_row_text(call, "currency", bid->currency);
	dw_row_time(call, "expires_at", bid->expires_at);
	dw_row_int4(call, "version", bid->version);
}

void
dw_bid_repeat(DwCall *call, const char *arg, const DwJob *job, DwBid *bid)
{
	DwMaterials materials;

	dw_materials_load(bid, &materials);
	bid->submitted_at = dw_now();
	dw_bid_price(call, arg, job, bid, &materials);
	bid->terms_version = job->terms_version;
	dw_bid_revise(bid, &materials);
	dw_row_bid(call, job, bid);
}
