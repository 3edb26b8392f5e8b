/*
 * bid_api.c
 *		Entry point of a new bid: submit_bid.
 *
 * A bid is scored once, when it is made, from what is known then.  One that
 * fails a gate is kept all the same, with its reasons: it may become
 * eligible later (a credential is verified, a setting changes).  Accepting
 * it asks the gates again.
 */
#include "postgres.h"

#include "api/bid_api.h"
#include "api/error_api.h"
#include "api/job_api.h"
#include "api/score_api.h"
#include "core/money.h"
#include "store/bid_store.h"
#include "store/plan_store.h"
#include "store/score_store.h"
#include "store/setting_store.h"
#include "store/uuid_store.h"

#define TEXT_MAX		20000	/* characters of a description */
#define CURRENCY_MAX	20		/* characters; only three can be right */

/* Arguments of submit_bid, by position. */
enum
{
	ARG_JOB_ID,
	ARG_LABOR_COST,
	ARG_MATERIALS_COST,
	ARG_TIMELINE_DAYS,
	ARG_WARRANTY_MONTHS,
	ARG_MATERIALS_INCLUDED,
	ARG_MATERIALS,
	ARG_DESCRIPTION,
	ARG_SPECIAL_TERMS,
	ARG_CURRENCY,
	ARG_EXPIRES_AT,
	ARG_TERMS_VERSION,
	ARG_BID_ID
};

static void need_verified(DwCall *call);
static void bid_arguments(DwCall *call, DwBid *bid, DwMaterials *materials);
static void bid_check(DwCall *call, DwBid *bid, const DwMaterials *materials);
static void job_check(DwCall *call, const DwJob *job, DwBid *bid);
static void bid_identify(DwCall *call, const DwJob *job, DwBid *bid);
static void bid_score(DwCall *call, const DwJob *job, DwBid *bid,
					  const DwMaterials *materials);
static void row_bid(DwCall *call, const DwJob *job, const DwBid *bid);

/* submit_bid(…) → the bid with its score and its reasons */
DW_FUNCTION(dwello_submit_bid)
{
	DwCall		call;
	DwJob		job;
	DwBid		bid;
	DwMaterials materials;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	need_verified(&call);
	bid_arguments(&call, &bid, &materials);

	dw_job_for_command(&call, &bid.job_id, &job);
	if (dw_uuid_equal(&job.homeowner_id, &call.actor.user_id))
		dw_raise(DW_FORBIDDEN, "nobody may bid on his own job", NULL, NULL);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	job_check(&call, &job, &bid);
	bid_identify(&call, &job, &bid);
	bid_score(&call, &job, &bid, &materials);

	dw_bid_insert(&bid, &materials);
	dw_bid_emit(&bid, "bid_submitted");
	row_bid(&call, &job, &bid);
	return dw_call_return(&call);
}

/* True when the time for bids is over; see the header. */
bool
dw_bidding_over(const DwJob *job)
{
	if (job->status == DW_JOB_OPEN)
		return dw_now() >= job->expires_at;
	return job->status == DW_JOB_CANCELLED && job->reason != NULL &&
		strcmp(job->reason, "expired") == 0;
}

/* Raises WD102; see the header. */
void
dw_bidding_refuse_late(const DwJob *job)
{
	dw_raise(DW_DEADLINE_PASSED, "the time for bids is over",
			 psprintf("Job %s took bids until %s.", dw_uuid_text(&job->id),
					  timestamptz_to_str(job->expires_at)),
			 NULL);
}

/* 42501 for a provider who lacks a verification that is wanted by now. */
static void
need_verified(DwCall *call)
{
	if (!dw_provider_verified(&call->actor.user_id))
		dw_raise(DW_FORBIDDEN, "the provider is not verified",
				 psprintf("User %s lacks a verification that the settings"
						  " ask for.", dw_uuid_text(&call->actor.user_id)),
				 "See dwello.verify_user().");
}

/* Reads the arguments of an offer and checks what they say by themselves. */
static void
bid_arguments(DwCall *call, DwBid *bid, DwMaterials *materials)
{
	Datum		lines;

	memset(bid, 0, sizeof(*bid));
	bid->job_id = dw_arg_uuid(call, ARG_JOB_ID);
	bid->labor_cost = dw_arg_int8(call, ARG_LABOR_COST);
	bid->materials_cost = dw_arg_int8(call, ARG_MATERIALS_COST);
	bid->warranty_months = dw_arg_int4(call, ARG_WARRANTY_MONTHS);
	bid->materials_included = dw_arg_bool(call, ARG_MATERIALS_INCLUDED);
	lines = dw_arg_jsonb(call, ARG_MATERIALS);

	bid->description = dw_arg_text_opt(call, ARG_DESCRIPTION, TEXT_MAX);
	bid->special_terms = dw_arg_text_opt(call, ARG_SPECIAL_TERMS, TEXT_MAX);
	dw_materials_read(lines, materials);
	bid_check(call, bid, materials);
	bid->expires_at = dw_arg_time_opt(call, ARG_EXPIRES_AT);
}

/* 22001, 22003, 22023: the numbers of an offer, in that order. */
static void
bid_check(DwCall *call, DwBid *bid, const DwMaterials *materials)
{
	if (materials->code == DW_TEXT_TOO_LONG)
		dw_arg_refuse(call, ARG_MATERIALS, materials->code,
					  materials->problem);
	if (dw_money_add(bid->labor_cost, bid->materials_cost,
					 &bid->bid_amount) != DW_OK)
		dw_arg_refuse(call, ARG_LABOR_COST, DW_OVERFLOW,
					  "and materials_cost are out of range together");
	if (materials->code != DW_OK)
		dw_arg_refuse(call, ARG_MATERIALS, materials->code,
					  materials->problem);

	if (bid->labor_cost < 0)
		dw_arg_refuse(call, ARG_LABOR_COST, DW_BAD_VALUE,
					  "must not be negative");
	if (bid->materials_cost < 0)
		dw_arg_refuse(call, ARG_MATERIALS_COST, DW_BAD_VALUE,
					  "must not be negative");
	if (bid->bid_amount == 0)
		dw_arg_refuse(call, ARG_LABOR_COST, DW_BAD_VALUE,
					  "and materials_cost must not both be zero");
	if (!bid->materials_included && bid->materials_cost != 0)
		dw_arg_refuse(call, ARG_MATERIALS_COST, DW_BAD_VALUE,
					  "must be 0 when materials are not included");
	if (bid->warranty_months < 0)
		dw_arg_refuse(call, ARG_WARRANTY_MONTHS, DW_BAD_VALUE,
					  "must not be negative");
	if (dw_arg_has(call, ARG_TIMELINE_DAYS))
	{
		bid->timeline_days = dw_arg_int4(call, ARG_TIMELINE_DAYS);
		if (bid->timeline_days <= 0)
			dw_arg_refuse(call, ARG_TIMELINE_DAYS, DW_BAD_VALUE,
						  "must be positive");
	}
}

/* WD103, WD101, WD102, WD201: whether the job takes such a bid now. */
static void
job_check(DwCall *call, const DwJob *job, DwBid *bid)
{
	const char *currency = dw_arg_text_opt(call, ARG_CURRENCY, CURRENCY_MAX);

	if (dw_arg_has(call, ARG_TERMS_VERSION) &&
		dw_arg_int4(call, ARG_TERMS_VERSION) != job->terms_version)
		dw_raise(DW_STALE_VERSION, "the job's terms have changed",
				 psprintf("The bid is for terms version %d, the job has %d.",
						  dw_arg_int4(call, ARG_TERMS_VERSION),
						  job->terms_version),
				 "Read the job again and price what it asks for now.");
	if (dw_bidding_over(job))
		dw_bidding_refuse_late(job);
	if (job->status != DW_JOB_OPEN)
		dw_raise(DW_INVALID_TRANSITION,
				 psprintf("a job that is %s takes no bids",
						  dw_job_status_label(job->status)),
				 psprintf("Job %s is in state \"%s\".",
						  dw_uuid_text(&job->id),
						  dw_job_status_label(job->status)),
				 "Only an open job takes bids.");
	if (currency != NULL && strcmp(currency, job->currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the bid is in another currency than the job",
				 psprintf("Job %s is in %s.", dw_uuid_text(&job->id),
						  job->currency), NULL);
	strlcpy(bid->currency, job->currency, sizeof(bid->currency));
	bid->terms_version = job->terms_version;
}

/*
 * 22023 and 23505: gives the bid its deadline, id and owner.  A bid of the
 * same provider whose time is over stands in nobody's way.
 */
static void
bid_identify(DwCall *call, const DwJob *job, DwBid *bid)
{
	const DwUuid *given = dw_arg_uuid_opt(call, ARG_BID_ID);
	DwUuid		live;

	bid->submitted_at = dw_now();
	if (bid->expires_at == DT_NOBEGIN)
		bid->expires_at = bid->submitted_at +
			dw_setting_int8("bid_expiry_days") * USECS_PER_DAY;
	if (bid->expires_at <= bid->submitted_at)
		dw_arg_refuse(call, ARG_EXPIRES_AT, DW_BAD_VALUE,
					  "must be in the future");

	bid->homeowner_id = job->homeowner_id;
	bid->provider_id = call->actor.user_id;
	bid->status = DW_BID_PENDING;
	bid->bid_version = 1;
	bid->version = 1;
	dw_bid_expire_overdue(&job->id, &bid->provider_id);
	if (dw_bid_find_live(&job->id, &bid->provider_id, &live))
		dw_raise_constraint(DW_ALREADY_EXISTS, "bids_live_key",
							"the provider has a live bid on this job",
							psprintf("It is bid %s.", dw_uuid_text(&live)),
							"Withdraw or revise it.");
	if (given != NULL && dw_bid_exists(&job->id, given))
		dw_raise_constraint(DW_ALREADY_EXISTS, "bids_pkey",
							"the job has a bid of this id", NULL, NULL);
	bid->id = given != NULL ? *given : dw_uuid_fresh();
}

/* Gives the bid its comparable price, its inputs and its total. */
static void
bid_score(DwCall *call, const DwJob *job, DwBid *bid,
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
		dw_arg_refuse(call, ARG_LABOR_COST, DW_OVERFLOW,
					  "and the materials are out of range together");
	dw_score_inputs_gather(job, &bid->provider_id, &bid->inputs);
	bid->inputs.price = bid->price;
	bid->inputs.timeline_days = bid->timeline_days == DW_BID_NO_DAYS ?
		DW_SCORE_UNKNOWN : bid->timeline_days;
	bid->inputs.warranty_months = bid->warranty_months;

	dw_score_job_read(job, &terms);
	if (dw_bid_score(&terms, &bid->inputs, &score) != DW_OK)
		elog(ERROR, "bid cannot be scored");
	bid->score_total = score.total;
}

/* The row of a bid that was just written, with the gates it fails. */
static void
row_bid(DwCall *call, const DwJob *job, const DwBid *bid)
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
