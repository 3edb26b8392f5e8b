/*
 * score_api.c
 *		Entry points that show scores: score_bid, rank_bids, explain_bid,
 *		award_robustness; and
 *		refresh_ranks, which finds out what bidders in mode rank_only are told.
 *
 * Totals are those stored with the bids and inputs are those they were made
 * from; only the gates are asked anew.  Numbers are written exactly and
 * without a locale: the same bid reads the same in every session.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "api/score/score_api.h"
#include "core/admin/admin.h"
#include "core/geo/geo.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/bid/bid_store.h"
#include "store/score/score_store.h"

#define SECONDS_PER_MINUTE	60
#define SHOWN_DECIMALS		2	/* of stars, and of decayed counts */
#define POINT_DECIMALS	6		/* of a point, as totals have them */
#define SCORE_DECIMALS	2		/* of a score, as people see it */
#define SHARE_DECIMALS	6		/* of a share of one */
#define SHARE_UNITS		1000000 /* 10 to that */

/*
 * The flags that a bid has by itself; all others depend on its rivals, and a
 * bidder in sealed mode could learn from one that rivals exist.
 */
#define OWN_FLAGS	(1u << DW_BID_FLAG_INCONSISTENT_TOTAL)

/* One bid taken apart. */
typedef struct DwExplanation
{
	DwScoreJob	terms;			/* how the job scores */
	DwBid		bid;			/* the bid, with its inputs */
	DwScore		score;			/* points that sum to its total */
	bool		eligible;		/* else there are no points to show */
	bool		has_gap;		/* the caller may see it, and there is one */
	int64		gap;			/* millionths of a point to the leader */
	bool		has_amount;		/* open mode, and there is one */
	int64		amount_to_lead; /* minor units */
} DwExplanation;

static void row_reasons(DwCall *call, DwGateSet reasons);
static void row_flags(DwCall *call, DwBidFlagSet flags, bool sees_all);
static void row_third(DwCall *call, const DwJob *job, const DwUuid *bid_id);
static int	ranking_for(DwCall *call, const DwJob *job, const DwUuid *bid_id,
						DwRanking *ranking);
static bool is_own(DwCall *call, const DwRanking *ranking, int place);
static void settle(DwCall *call, const DwJob *job, DwRanking *ranking);
static void explain_load(DwCall *call, const DwJob *job, const DwUuid *bid_id,
						 DwExplanation *explanation);
static void explain_compare(const DwJob *job, DwRanking *ranking, int place,
							DwExplanation *explanation);
static void explain_emit(DwCall *call, const DwExplanation *explanation,
						 DwCriterion criterion);

/* score_bid(job_id, bid_id) → score, total, eligible, reasons */
DW_FUNCTION(dwello_score_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	DwJob		job;
	DwRanking	ranking;
	int			place;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");
	dw_job_for_query(&call, &job_id, &job);
	place = ranking_for(&call, &job, &bid_id, &ranking);
	dw_row_ranked(&call, &job, &ranking.bids[place]);
	return dw_call_return(&call);
}

/* rank_bids(job_id) → a row for each bid that the caller sees, by rank */
DW_FUNCTION(dwello_rank_bids)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwRanking	ranking;
	bool		sees_all;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	job_id = dw_arg_uuid(&call, "job_id");
	dw_job_for_query(&call, &job_id, &job);
	dw_ranking_load(&job, NULL, false, &ranking);
	settle(&call, &job, &ranking);
	dw_rank_flag(ranking.bids, ranking.count, job.reference_amount);

	dw_rows_begin(&call);
	sees_all = dw_sees_all_bids(&call, &job);
	for (int i = 0; i < ranking.count; i++)
	{
		const DwRankedBid *bid = &ranking.bids[i];
		const DwContender *contender = &ranking.contenders[bid->position];

		if (!sees_all && !is_own(&call, &ranking, i))
			continue;
		if (sees_all)
			dw_row_int4(&call, "rank", i + 1);
		else if (job.bid_mode == DW_BID_MODE_RANK_ONLY)
			row_third(&call, &job, &bid->id);
		dw_row_uuid(&call, "bid_id", &bid->id);
		dw_row_uuid(&call, "provider_id", &contender->provider_id);
		dw_row_int8(&call, "bid_amount", bid->bid_amount);
		dw_row_text(&call, "currency", contender->currency);
		dw_row_ranked(&call, &job, bid);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}

/* explain_bid(job_id, bid_id) → a row for each criterion */
DW_FUNCTION(dwello_explain_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	DwJob		job;
	DwExplanation explanation;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");
	dw_job_for_query(&call, &job_id, &job);
	explain_load(&call, &job, &bid_id, &explanation);

	dw_rows_begin(&call);
	for (int k = 0; k < DW_CRITERION_COUNT; k++)
		explain_emit(&call, &explanation, (DwCriterion) k);
	return dw_list_return(&call);
}

/* True for those who choose among the bids of a job, or watch over it. */
static bool
is_chooser(DwCall *call, const DwJob *job)
{
	return (call->actor.kind &
			(DW_ACTOR_SYSTEM | DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT)) != 0 ||
		dw_uuid_equal(&call->actor.user_id, &job->homeowner_id);
}

bool
dw_sees_all_bids(DwCall *call, const DwJob *job)
{
	return is_chooser(call, job) || job->bid_mode == DW_BID_MODE_OPEN;
}

void
dw_row_ranked(DwCall *call, const DwJob *job, const DwRankedBid *bid)
{
	DwScoreJob	terms;

	dw_score_job_read(job, &terms);
	if (bid->reasons == 0 && dw_score_has_points(&terms))
		dw_row_decimal(call, "score", dw_score_hundredths(bid->total),
					   SCORE_DECIMALS);
	if (bid->reasons == 0)
		dw_row_int8(call, "total", bid->total);
	dw_row_bool(call, "eligible", bid->reasons == 0);
	row_reasons(call, bid->reasons);
	row_flags(call, bid->flags, dw_sees_all_bids(call, job));
}

void
dw_bid_refuse_unknown(const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, psprintf("bid %s does not exist",
									dw_uuid_text(id)),
			 "The job has no such bid, or the caller may not see it.",
			 "dwello.bids has the bids that you may see, and their jobs.");
}

/* The column reasons: the codes of failed gates. */
static void
row_reasons(DwCall *call, DwGateSet reasons)
{
	const char *labels[DW_GATE_COUNT];
	int			count = 0;

	for (int gate = 0; gate < DW_GATE_COUNT; gate++)
		if ((reasons & (1u << gate)) != 0)
			labels[count++] = dw_gate_label((DwGate) gate);
	dw_row_texts(call, "reasons", labels, count);
}

/* The column flags; NULL when there is none that the caller may know of. */
static void
row_flags(DwCall *call, DwBidFlagSet flags, bool sees_all)
{
	const char *labels[DW_BID_FLAG_COUNT];
	int			count = 0;

	if (!sees_all && (flags & OWN_FLAGS) == 0)
		return;
	if (!sees_all)
		flags &= OWN_FLAGS;
	for (int flag = 0; flag < DW_BID_FLAG_COUNT; flag++)
		if ((flags & (1u << flag)) != 0)
			labels[count++] = dw_bid_flag_label((DwBidFlag) flag);
	dw_row_texts(call, "flags", labels, count);
}

/* The column third; NULL until a worker has looked. */
static void
row_third(DwCall *call, const DwJob *job, const DwUuid *bid_id)
{
	int32		third = dw_rank_load_third(&job->id, bid_id);

	if (third != DW_RANK_NO_THIRD)
		dw_row_int4(call, "third", third);
}

/* True when the bid at a place of the ranking is the caller's. */
static bool
is_own(DwCall *call, const DwRanking *ranking, int place)
{
	uint32_t	position = ranking->bids[place].position;

	return dw_uuid_equal(&call->actor.user_id,
						 &ranking->contenders[position].provider_id);
}

/*
 * Leaves out, for a bidder, the bids of another who has an award that waits
 * to be confirmed: its amount came from how low the others go, and whoever
 * hands an award back in a transaction that they roll back would read it.
 */
static void
leave_out_award(DwCall *call, const DwJob *job, DwRanking *ranking)
{
	int			kept = 0;

	if (job->status != DW_JOB_AWARDED || job->confirmed_at != DT_NOBEGIN ||
		dw_uuid_equal(&call->actor.user_id, &job->provider_id))
		return;
	for (int i = 0; i < ranking->count; i++)
	{
		uint32_t	position = ranking->bids[i].position;

		if (!dw_uuid_equal(&ranking->contenders[position].provider_id,
						   &job->provider_id))
			ranking->bids[kept++] = ranking->bids[i];
	}
	ranking->count = kept;
}

/*
 * Lets the bids of a job in open mode ask what they would win with, for who
 * chooses among them.  A bidder is shown what was offered: anything else
 * would tell how low their rivals go to whoever bids lower, looks, and rolls
 * back or withdraws.
 */
static void
settle(DwCall *call, const DwJob *job, DwRanking *ranking)
{
	if (is_chooser(call, job))
		dw_ranking_settle(job, ranking,
						  call->actor.kind == DW_ACTOR_SYSTEM);
	else if (job->bid_mode == DW_BID_MODE_OPEN)
		leave_out_award(call, job, ranking);
}

/*
 * Loads one bid that the caller may see, in open mode among the others, for
 * what it asks depends on them; its place.  P0002.
 */
static int
ranking_for(DwCall *call, const DwJob *job, const DwUuid *bid_id,
			DwRanking *ranking)
{
	bool		is_open = job->bid_mode == DW_BID_MODE_OPEN;
	int			place;

	dw_ranking_load(job, is_open ? NULL : bid_id, false, ranking);
	settle(call, job, ranking);
	place = dw_ranking_place(ranking, bid_id);
	if (place < 0 ||
		(!dw_sees_all_bids(call, job) && !is_own(call, ranking, place)))
		dw_bid_refuse_unknown(bid_id);
	return place;
}

/* Takes a bid apart, as far as the caller may see it; P0002. */
static void
explain_load(DwCall *call, const DwJob *job, const DwUuid *bid_id,
			 DwExplanation *explanation)
{
	DwRanking	ranking;
	int			place;

	dw_ranking_load(job, NULL, false, &ranking);
	settle(call, job, &ranking);
	dw_score_rank(ranking.bids, ranking.count);
	place = dw_ranking_place(&ranking, bid_id);
	if (place < 0 ||
		(!dw_sees_all_bids(call, job) && !is_own(call, &ranking, place)) ||
		!dw_bid_load(&job->id, bid_id, &explanation->bid))
		dw_bid_refuse_unknown(bid_id);

	/* as it stands among the others, which in open mode may be lower */
	explanation->bid.inputs.price = ranking.bids[place].price;
	dw_score_job_read(job, &explanation->terms);
	if (dw_bid_score(&explanation->terms, &explanation->bid.inputs,
					 &explanation->score) != DW_OK)
		elog(ERROR, "bid cannot be scored");
	explanation->eligible = ranking.bids[place].reasons == 0;
	explanation->has_gap = false;
	explanation->has_amount = false;
	if (explanation->eligible && dw_sees_all_bids(call, job))
		explain_compare(job, &ranking, place, explanation);
}

/* Compares an eligible bid with the leader, and with the best of the rest. */
static void
explain_compare(const DwJob *job, DwRanking *ranking, int place,
				DwExplanation *explanation)
{
	DwRankedBid *bid = &ranking->bids[place];
	int			rival = place == 0 ? 1 : 0;

	explanation->has_gap = true;
	explanation->gap = dw_rank_gap(&ranking->bids[0], bid);
	if (job->bid_mode != DW_BID_MODE_OPEN || rival >= ranking->count ||
		ranking->bids[rival].reasons != 0)
		return;
	bid->quality = explanation->score.total -
		explanation->score.points[DW_CRITERION_PRICE];
	explanation->has_amount =
		dw_rank_amount_to_lead(&explanation->terms, bid,
							   &ranking->bids[rival],
							   dw_setting_amount(DW_SETTING_MIN_BID,
												 job->currency),
							   &explanation->amount_to_lead);
}

/* number / 10^decimals, with that many decimals. */
static char *
decimal_text(int64 number, int decimals)
{
	Numeric		value = int64_div_fast_to_numeric(number, decimals);

	return DatumGetCString(DirectFunctionCall1(numeric_out,
											   NumericGetDatum(value)));
}

/* A decayed count, held in millionths, in hundredths. */
static char *
count_text(int64 millionths)
{
	return decimal_text(millionths / (DW_STATS_ONE / 100), SHOWN_DECIMALS);
}

/* "950.00 USD" */
static char *
price_text(const DwScoreInputs *inputs, const char *currency)
{
	int			exponent = dw_currency_exponent(currency);

	return psprintf("%s %s",
					decimal_text(inputs->price, Max(exponent, 0)), currency);
}

/* "5.00 stars in 1.00 reviews"; x is (stars - 1) / 4 */
static char *
rating_text(const DwStats *stats)
{
	int64		hundredths;

	if (stats->rating_weight == 0)
		return pstrdup("no reviews");
	hundredths = 100 + 400 * stats->rating_sum / stats->rating_weight;
	return psprintf("%s stars in %s reviews",
					decimal_text(hundredths, SHOWN_DECIMALS),
					count_text(stats->rating_weight));
}

/* "0.87 of 1.00 jobs completed" */
static char *
reliability_text(const DwStats *stats)
{
	if (stats->awarded == 0 && stats->completed == 0)
		return pstrdup("no jobs");
	return psprintf("%s of %s jobs completed", count_text(stats->completed),
					count_text(stats->awarded));
}

/* A number with its unit, as one has one of it, or "unknown". */
static char *
amount_text(int64 number, const char *unit)
{
	if (number == DW_SCORE_UNKNOWN)
		return pstrdup("unknown");
	return psprintf(INT64_FORMAT " %s%s", number, unit,
					number == 1 ? "" : "s");
}

/* "3 of 5 by weight" */
static char *
qualification_text(const DwScoreInputs *inputs)
{
	if (inputs->optional_all == 0)
		return pstrdup("nothing optional");
	return psprintf(INT64_FORMAT " of " INT64_FORMAT " by weight",
					inputs->optional_met, inputs->optional_all);
}

/* What a bid brings to one criterion: "950.00 USD", "3 days", "unknown". */
static char *
input_text(const DwScoreInputs *inputs, const char *currency,
		   DwCriterion criterion)
{
	switch (criterion)
	{
		case DW_CRITERION_PRICE:
			return price_text(inputs, currency);
		case DW_CRITERION_RATING:
			return rating_text(&inputs->stats);
		case DW_CRITERION_RELIABILITY:
			return reliability_text(&inputs->stats);
		case DW_CRITERION_TIMELINE:
			return amount_text(inputs->timeline_days, "day");
		case DW_CRITERION_WARRANTY:
			return amount_text(inputs->warranty_months, "month");
		case DW_CRITERION_DISTANCE:
			return amount_text(inputs->distance < 0 ? DW_SCORE_UNKNOWN
							   : inputs->distance / DW_GEO_MILE, "mile");
		case DW_CRITERION_QUALIFICATION:
			return qualification_text(inputs);
		case DW_CRITERION_RESPONSIVENESS:
			return amount_text(inputs->reply_seconds < 0 ? DW_SCORE_UNKNOWN
							   : inputs->reply_seconds / SECONDS_PER_MINUTE,
							   "minute");
		case DW_CRITERION_COUNT:
			break;
	}
	return NULL;
}

/* Adds the row of one criterion. */
static void
explain_emit(DwCall *call, const DwExplanation *explanation,
			 DwCriterion criterion)
{
	int64		points = explanation->score.points[criterion];
	int64		amount;

	dw_row_text(call, "criterion", dw_criterion_label(criterion));
	dw_row_text(call, "raw",
				input_text(&explanation->bid.inputs,
						   explanation->bid.currency, criterion));
	dw_row_int4(call, "utility",
				(int32) explanation->score.utility[criterion]);
	dw_row_int4(call, "weight_bps",
				explanation->terms.weights.bps[criterion]);
	if (explanation->eligible)
	{
		dw_row_decimal(call, "points", points, POINT_DECIMALS);
		if (dw_score_amount(&explanation->terms, points, &amount))
			dw_row_int8(call, "amount", amount);
	}
	if (explanation->has_gap)
		dw_row_decimal(call, "gap_to_leader", explanation->gap,
					   POINT_DECIMALS);
	if (explanation->has_amount)
		dw_row_int8(call, "amount_to_lead", explanation->amount_to_lead);
	dw_list_emit(call);
}

/* Jobs whose ranks are due. */
typedef struct RankJobs
{
	DwUuid	   *ids;			/* locked, each once */
	int			count;			/* of them */
	TimestampTz due_at;			/* the next time */
	int			ranked;			/* bids that were looked at */
} RankJobs;

/* Orders ids, for qsort. */
static int
id_compare(const void *a, const void *b)
{
	return dw_uuid_compare(a, b);
}

/* Claims the jobs that some due rows belong to. */
static void
rank_jobs_claim(int max_rows, RankJobs *jobs)
{
	int			count;
	DwDue	   *rows = dw_ranks_claim_due(max_rows, &count);

	jobs->ids = palloc_array(DwUuid, Max(count, 1));
	for (int i = 0; i < count; i++)
		jobs->ids[i] = rows[i].job_id;
	qsort(jobs->ids, count, sizeof(DwUuid), id_compare);
	for (int i = 0; i < count; i++)
		if (i == 0 || !dw_uuid_equal(&jobs->ids[i], &jobs->ids[i - 1]))
			jobs->ids[jobs->count++] = jobs->ids[i];
}

/*
 * Gives the rows of some bids, in the order of their ids, the thirds in which
 * these stand.  Returns how many rows are of bids that have ended: they are
 * moved to the end.
 */
static int
ranks_fill(const DwRanking *ranking, DwBidRank *rows, int count,
		   TimestampTz due_at)
{
	int			eligible = 0;
	int			kept = 0;

	while (eligible < ranking->count && ranking->bids[eligible].reasons == 0)
		eligible++;
	for (int i = 0; i < count; i++)
	{
		int			place = dw_ranking_place(ranking, &rows[i].bid_id);
		DwBidRank	row = rows[i];

		if (place < 0 || (ranking->bids[place].reasons &
						  1u << DW_GATE_BID_NOT_LIVE) != 0)
			continue;
		row.due_at = due_at;
		row.third = place < eligible ?
			dw_rank_third(place + 1, eligible) : DW_RANK_NO_THIRD;
		rows[i] = rows[kept];
		rows[kept++] = row;
	}
	return count - kept;
}

/* Looks at the ranks of all bids of a locked job, unless none is due. */
static bool
job_rank(int turn, void *argument)
{
	RankJobs   *jobs = argument;
	const DwUuid *job_id = &jobs->ids[turn];
	DwJob		job;
	DwRanking	ranking = {.count = 0};
	int			count;
	int			ended;
	DwBidRank  *rows;
	DwUuid	   *gone;

	if (!dw_job_lock(job_id, &job))
		elog(ERROR, "claimed job %s is gone", dw_uuid_text(job_id));
	rows = dw_ranks_load(job_id, &count);
	if (job.status == DW_JOB_OPEN)
		dw_ranking_load(&job, NULL, true, &ranking);
	dw_score_rank(ranking.bids, ranking.count);
	ended = ranks_fill(&ranking, rows, count, jobs->due_at);
	gone = palloc_array(DwUuid, Max(ended, 1));
	for (int i = 0; i < ended; i++)
		gone[i] = rows[count - ended + i].bid_id;
	dw_ranks_save(rows, count - ended);
	dw_ranks_drop(job_id, gone, ended);
	jobs->ranked += count - ended;
	return true;
}

/* refresh_ranks(max_rows) → jobs, bids */
DW_FUNCTION(dwello_refresh_ranks)
{
	DwCall		call;
	RankJobs	jobs = {.count = 0};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	rank_jobs_claim(dw_arg_max_rows(&call), &jobs);
	jobs.due_at = dw_now() +
		dw_setting_int8("rank_refresh_hours") * USECS_PER_HOUR;
	dw_each_turn(jobs.count, job_rank, &jobs);
	dw_row_int4(&call, "jobs", jobs.count);
	dw_row_int4(&call, "bids", jobs.ranked);
	return dw_call_return(&call);
}

/* How much the choice among the bids of a job depends on its weights. */
typedef struct DwRobustness
{
	DwRankedBid *bids;			/* the eligible ones, cheaper before dearer */
	int		   *wins;			/* weightings, of the bid of each rank */
	int			count;			/* of each of the two */
	int			weightings;		/* of the lattice */
	bool		has_flip;		/* another bid can win by other weights */
	DwWeightShift flip;			/* the least that makes it win */
} DwRobustness;

/* The bid of that id among some in the order of ids. */
static const DwBid *
bid_of(const DwUuid *id, const DwBid *bids, int count)
{
	int			low = 0;
	int			high = count;

	while (high - low > 1)
	{
		int			middle = low + (high - low) / 2;

		if (dw_uuid_compare(&bids[middle].id, id) <= 0)
			low = middle;
		else
			high = middle;
	}
	Assert(dw_uuid_equal(&bids[low].id, id));
	return &bids[low];
}

/*
 * The eligible bids of a ranking, in the order that decides where totals are
 * equal: that of bids without any; position is the place in the ranking.
 */
static DwRankedBid *
bids_by_tie(const DwRanking *ranking, int *count)
{
	DwRankedBid *bids = palloc_array(DwRankedBid, ranking->count + 1);

	*count = 0;
	while (*count < ranking->count && ranking->bids[*count].reasons == 0)
	{
		bids[*count] = ranking->bids[*count];
		bids[*count].total = 0;
		bids[*count].position = *count;
		(*count)++;
	}
	dw_score_rank(bids, *count);
	return bids;
}

/*
 * Weighs the eligible bids of a ranking.  Each is judged by what it was
 * scored from, and by the price that it is ranked with.
 */
static void
robustness_load(const DwJob *job, const DwRanking *ranking,
				DwRobustness *robustness)
{
	int			count;
	DwBid	   *bids = dw_bids_load(&job->id, &count);
	DwRobustBid *weighed = palloc0_array(DwRobustBid, ranking->count + 1);
	DwScoreJob	terms;

	memset(robustness, 0, sizeof(*robustness));
	dw_score_job_read(job, &terms);
	robustness->bids = bids_by_tie(ranking, &robustness->count);
	robustness->wins = palloc_array(int, robustness->count + 1);
	for (int i = 0; i < robustness->count; i++)
	{
		DwScoreInputs inputs =
			bid_of(&robustness->bids[i].id, bids, count)->inputs;
		DwScore		score;

		weighed[i].price = inputs.price = robustness->bids[i].price;
		if (dw_bid_score(&terms, &inputs, &score) != DW_OK)
			elog(ERROR, "bid cannot be scored");
		memcpy(weighed[i].utility, score.utility, sizeof(score.utility));
	}
	robustness->weightings = dw_robustness_share(&terms, weighed,
												 robustness->count);
	for (int i = 0; i < robustness->count; i++)
		robustness->wins[robustness->bids[i].position] = weighed[i].wins;
	robustness->has_flip = robustness->count > 0 &&
		dw_robustness_flip(&terms, weighed, robustness->count,
						   &robustness->flip);
}

/* The columns of a bid that tell of all of them. */
static void
row_robustness(DwCall *call, const DwRobustness *robustness, int place)
{
	const DwWeightShift *flip = &robustness->flip;

	dw_row_int4(call, "rank", place + 1);
	if (place < robustness->count)
	{
		int			wins = robustness->wins[place];
		int64		share;

		(void) dw_money_divide((DwWide) wins * SHARE_UNITS,
							   robustness->weightings, &share);
		dw_row_int4(call, "wins", wins);
		dw_row_decimal(call, "share", share, SHARE_DECIMALS);
	}
	dw_row_int4(call, "weightings", robustness->weightings);
	if (!robustness->has_flip)
		return;
	dw_row_text(call, "flip_from", dw_criterion_label(flip->from));
	dw_row_text(call, "flip_to", dw_criterion_label(flip->to));
	dw_row_int4(call, "flip_bps", flip->bps);
	dw_row_uuid(call, "flip_bid_id", &robustness->bids[flip->winner].id);
}

/* award_robustness(job_id) → a row for each bid that the caller sees */
DW_FUNCTION(dwello_award_robustness)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwRanking	ranking;
	DwRobustness robustness;
	bool		sees_all;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	job_id = dw_arg_uuid(&call, "job_id");
	dw_job_for_query(&call, &job_id, &job);
	dw_ranking_load(&job, NULL, false, &ranking);
	settle(&call, &job, &ranking);
	dw_score_rank(ranking.bids, ranking.count);

	dw_rows_begin(&call);
	sees_all = dw_sees_all_bids(&call, &job);
	if (sees_all)
		robustness_load(&job, &ranking, &robustness);
	for (int i = 0; i < ranking.count; i++)
	{
		if (!sees_all && !is_own(&call, &ranking, i))
			continue;
		dw_row_uuid(&call, "bid_id", &ranking.bids[i].id);
		dw_row_uuid(&call, "provider_id", &ranking.contenders
					[ranking.bids[i].position].provider_id);
		if (sees_all)
			row_robustness(&call, &robustness, i);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}
