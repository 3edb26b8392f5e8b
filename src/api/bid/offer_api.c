/*
 * offer_api.c
 *		What a bidder offers: from the arguments of a command to a scored bid.
 *
 * Every version of a bid is scored once, from what is known that day, and
 * against what the job's terms froze; never against other bids.
 */
#include "postgres.h"

#include "api/bid/offer_api_int.h"
#include "api/score/score_api.h"
#include "core/base/base.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/score/score_store.h"

#define TEXT_MAX	20000		/* characters of a description */

static void offer_check_money(DwCall *call, DwBid *bid,
							  const DwMaterials *materials);
static void offer_check_rest(DwCall *call, DwBid *bid);

void
dw_offer_need_verified(DwCall *call)
{
	if (!dw_provider_verified(&call->actor.user_id))
		dw_raise(DW_FORBIDDEN, "the provider is not verified",
				 psprintf("User %s lacks a verification that the settings"
						  " ask for.", dw_uuid_text(&call->actor.user_id)),
				 "See dwello.verify_user().");
}

void
dw_offer_read(DwCall *call, DwBid *bid, DwMaterials *materials)
{
	Datum		lines;

	bid->labor_cost = dw_arg_int8(call, "labor_cost");
	bid->materials_cost = dw_arg_int8(call, "materials_cost");
	bid->warranty_months = dw_arg_int4(call, "warranty_months");
	bid->materials_included = dw_arg_bool(call, "materials_included");
	lines = dw_arg_jsonb(call, "materials");

	bid->description = dw_arg_text_opt(call, "description", TEXT_MAX);
	bid->special_terms = dw_arg_text_opt(call, "special_terms",
										 TEXT_MAX);
	dw_materials_read(lines, materials);
	offer_check_money(call, bid, materials);
	offer_check_rest(call, bid);
}

void
dw_offer_need_terms(DwCall *call, const char *arg, const DwJob *job)
{
	if (!dw_arg_has(call, arg) ||
		dw_arg_int4(call, arg) == job->terms_version)
		return;
	dw_raise(DW_STALE_VERSION, "the job's terms have changed",
			 psprintf("The bid is for terms version %d, the job has %d.",
					  dw_arg_int4(call, arg), job->terms_version),
			 "Read the job again and price what it asks for now.");
}

void
dw_offer_date(DwCall *call, const char *arg, DwBid *bid)
{
	bid->submitted_at = dw_now();
	bid->expires_at = dw_arg_time_opt(call, arg);
	if (bid->expires_at == DT_NOBEGIN)
		bid->expires_at = bid->submitted_at +
			dw_setting_int8("bid_expiry_days") * USECS_PER_DAY;
	if (bid->expires_at <= bid->submitted_at)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be in the future");
}

void
dw_offer_score(DwCall *call, const char *arg, const DwJob *job, DwBid *bid,
			   const DwMaterials *materials)
{
	DwScoreOffer offer = {
		.bid_amount = bid->bid_amount,
		.materials_cost = bid->materials_cost,
		.lines_total = materials->total,
		.line_count = materials->count,
		.materials_included = bid->materials_included
	};
	DwScoreJob	terms;
	DwScore		score;

	if (dw_score_price(&offer, job->expected_materials, &bid->price,
					   &bid->is_inconsistent) != DW_OK)
		dw_arg_refuse(call, arg, DW_OVERFLOW,
					  "and the materials are out of range together");
	dw_score_inputs_load(job, &bid->provider_id, &bid->inputs);
	bid->inputs.price = bid->price;
	bid->inputs.timeline_days = bid->timeline_days == DW_BID_NO_DAYS ?
		DW_SCORE_UNKNOWN : bid->timeline_days;
	bid->inputs.warranty_months = bid->warranty_months;

	dw_score_job_read(job, &terms);
	if (dw_bid_score(&terms, &bid->inputs, &score) != DW_OK)
		elog(ERROR, "bid cannot be scored");
	bid->score_total = score.total;
}

void
dw_row_offer(DwCall *call, const DwJob *job, const DwBid *bid)
{
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
	dw_row_text(call, "status", dw_bid_status_label(bid->status));
	dw_row_int4(call, "bid_version", bid->bid_version);
	dw_row_int8(call, "bid_amount", bid->bid_amount);
	dw_row_text(call, "currency", bid->currency);
	dw_row_time(call, "expires_at", bid->expires_at);
	dw_row_int4(call, "version", bid->version);
}

/* 22001, 22003, 22023: what an offer costs, in that order. */
static void
offer_check_money(DwCall *call, DwBid *bid,
				  const DwMaterials *materials)
{
	if (materials->code == DW_TEXT_TOO_LONG)
		dw_arg_refuse(call, "materials", materials->code,
					  materials->problem);
	if (dw_money_add(bid->labor_cost, bid->materials_cost,
					 &bid->bid_amount) != DW_OK)
		dw_arg_refuse(call, "labor_cost", DW_OVERFLOW,
					  "and materials_cost are out of range together");
	if (materials->code != DW_OK)
		dw_arg_refuse(call, "materials", materials->code,
					  materials->problem);

	if (bid->labor_cost < 0)
		dw_arg_refuse(call, "labor_cost", DW_BAD_VALUE,
					  "must not be negative");
	if (bid->materials_cost < 0)
		dw_arg_refuse(call, "materials_cost", DW_BAD_VALUE,
					  "must not be negative");
	if (bid->bid_amount == 0)
		dw_arg_refuse(call, "labor_cost", DW_BAD_VALUE,
					  "and materials_cost must not both be zero");
	if (!bid->materials_included && bid->materials_cost != 0)
		dw_arg_refuse(call, "materials_cost", DW_BAD_VALUE,
					  "must be 0 when materials are not included");
}

/* 22023: what an offer promises besides. */
static void
offer_check_rest(DwCall *call, DwBid *bid)
{
	if (bid->warranty_months < 0)
		dw_arg_refuse(call, "warranty_months", DW_BAD_VALUE,
					  "must not be negative");
	bid->timeline_days = DW_BID_NO_DAYS;
	if (!dw_arg_has(call, "timeline_days"))
		return;
	bid->timeline_days = dw_arg_int4(call, "timeline_days");
	if (bid->timeline_days <= 0)
		dw_arg_refuse(call, "timeline_days", DW_BAD_VALUE, "must be positive");
}
