/*
 * score.c
 *		The points of a bid, criterion by criterion.
 *
 * Every utility is a share of one in millionths, floored; every product is
 * floored too, so points add up to the total without a remainder.  What a
 * caller may pass is bounded here, once, and cannot overflow after that.
 */
#include "core/score/score.h"

#include "core/base/base.h"

#define HOURS_PER_DAY		8	/* of work, for the timeline */
#define WARRANTY_HALF		12	/* months that give half the utility */
#define DISTANCE_HALF		INT64_C(100000) /* 10 miles, in 1/10000 */
#define REPLY_HALF			INT64_C(14400)	/* 4 hours, in seconds */

/* Beyond it a utility is zero or one in any case. */
#define LARGEST_INPUT		INT64_C(1000000000000)

static const DwScoreWeights default_weights = {{
		[DW_CRITERION_PRICE] = 4000,
		[DW_CRITERION_RATING] = 2000,
		[DW_CRITERION_RELIABILITY] = 1000,
		[DW_CRITERION_TIMELINE] = 1000,
		[DW_CRITERION_WARRANTY] = 500,
		[DW_CRITERION_DISTANCE] = 500,
		[DW_CRITERION_QUALIFICATION] = 500,
		[DW_CRITERION_RESPONSIVENESS] = 500,
}};

static const DwScoreWeights urgent_weights = {{
		[DW_CRITERION_PRICE] = 2500,
		[DW_CRITERION_RATING] = 2000,
		[DW_CRITERION_RELIABILITY] = 1000,
		[DW_CRITERION_TIMELINE] = 2000,
		[DW_CRITERION_WARRANTY] = 500,
		[DW_CRITERION_DISTANCE] = 500,
		[DW_CRITERION_QUALIFICATION] = 500,
		[DW_CRITERION_RESPONSIVENESS] = 1000,
}};

static const char *const criterion_labels[DW_CRITERION_COUNT] = {
	[DW_CRITERION_PRICE] = "price",
	[DW_CRITERION_RATING] = "rating",
	[DW_CRITERION_RELIABILITY] = "reliability",
	[DW_CRITERION_TIMELINE] = "timeline",
	[DW_CRITERION_WARRANTY] = "warranty",
	[DW_CRITERION_DISTANCE] = "distance",
	[DW_CRITERION_QUALIFICATION] = "qualification",
	[DW_CRITERION_RESPONSIVENESS] = "responsiveness",
};

static const char *const method_labels[DW_SCORING_METHOD_COUNT] = {
	[DW_SCORING_METHOD_VALUE] = "value",
	[DW_SCORING_METHOD_LOWEST_PRICE] = "lowest_price",
	[DW_SCORING_METHOD_FIXED_BUDGET_QUALITY] = "fixed_budget_quality",
	[DW_SCORING_METHOD_MEAT] = "meat",
};

/* The built-in weights; urgent and emergency jobs pay for speed. */
DwScoreWeights
dw_score_weights_default(bool is_urgent)
{
	return is_urgent ? urgent_weights : default_weights;
}

/* Weights are shares of 10000 basis points. */
DwResult
dw_score_weights_check(const DwScoreWeights *weights)
{
	int64_t		sum = 0;

	for (int k = 0; k < DW_CRITERION_COUNT; k++)
	{
		if (weights->bps[k] < 0)
			return DW_CHECK_VIOLATION;
		sum += weights->bps[k];
	}
	return sum == DW_SCORE_WEIGHT ? DW_OK : DW_CHECK_VIOLATION;
}

/* All weights but the price's, scaled to 10000. */
static DwResult
scale_quality(const DwScoreWeights *given, DwScoreWeights *chosen)
{
	int64_t		weights[DW_CRITERION_COUNT];
	int64_t		parts[DW_CRITERION_COUNT];

	for (int k = 0; k < DW_CRITERION_COUNT; k++)
		weights[k] = k == DW_CRITERION_PRICE ? 0 : given->bps[k];
	if (dw_allocate(DW_SCORE_WEIGHT, weights, DW_CRITERION_COUNT,
					parts) != DW_OK)
		return DW_CHECK_VIOLATION;
	for (int k = 0; k < DW_CRITERION_COUNT; k++)
		chosen->bps[k] = (int32_t) parts[k];
	return DW_OK;
}

/* The weights a method works with. */
DwResult
dw_score_weights_choose(DwScoringMethod method, const DwScoreWeights *given,
						DwScoreWeights *chosen)
{
	static const DwScoreWeights price_alone = {
		.bps = {[DW_CRITERION_PRICE] = DW_SCORE_WEIGHT}
	};
	DwResult	result = dw_score_weights_check(given);

	if (result != DW_OK)
		return result;
	if (method == DW_SCORING_METHOD_FIXED_BUDGET_QUALITY)
		return scale_quality(given, chosen);
	*chosen = method == DW_SCORING_METHOD_LOWEST_PRICE ? price_alone : *given;
	return DW_OK;
}

/* What the homeowner will really spend on a bid. */
DwResult
dw_score_price(const DwScoreOffer *offer, int64_t expected_materials,
			   int64_t *price, bool *is_inconsistent)
{
	int64_t		materials = expected_materials == DW_SCORE_UNKNOWN ?
		offer->lines_total : expected_materials;

	if (offer->bid_amount < 0 || materials < 0)
		return DW_BAD_VALUE;
	if (offer->materials_included)
		materials = 0;
	if (dw_money_add(offer->bid_amount, materials, price) != DW_OK)
		return DW_OVERFLOW;
	*is_inconsistent = offer->materials_included && offer->line_count > 0 &&
		offer->lines_total != offer->materials_cost;
	return DW_OK;
}

/* floor(dividend / divisor), toward minus infinity; divisor > 0. */
static DwWide
floor_divide(DwWide dividend, int64_t divisor)
{
	DwWide		quotient = dividend / divisor;

	return quotient - (dividend % divisor < 0);
}

/* A number no less than the least that is used. */
static int64_t
at_least(DwWide value, int64_t least)
{
	return value < least ? least : (int64_t) value;
}

/*
 * factor * (H - p') / R, floored; linear in the price above L = R / 2, and
 * level below it, so that a price too good to be true gains nothing.
 */
static DwWide
price_share(int64_t reference, int64_t price, int64_t factor)
{
	int64_t		low = reference / 2;
	DwWide		saved = (DwWide) low + reference -
		(price > low ? price : low);
	int64_t		narrow;

	/* prices of daily life need no wide division */
	if (saved == (int64_t) saved &&
		!__builtin_mul_overflow((int64_t) saved, factor, &narrow))
		return narrow / reference - (narrow % reference < 0);
	return floor_divide(saved * factor, reference);
}

/* The points of the price, in millionths, for all methods but meat. */
static int64_t
price_points(const DwScoreJob *job, int64_t price)
{
	int64_t		weight = job->weights.bps[DW_CRITERION_PRICE];

	if (weight == 0)
		return 0;
	if (job->reference <= 0)
		return at_least(-price, DW_SCORE_LEAST);
	return at_least(price_share(job->reference, price, weight * 10000),
					DW_SCORE_LEAST);
}

/* Price and quality as one number. */
int64_t
dw_score_total(const DwScoreJob *job, int64_t price, int64_t quality)
{
	if (job->method == DW_SCORING_METHOD_MEAT)
		return at_least(-((DwWide) price * DW_SCORE_POINT /
						  (quality > 1 ? quality : 1)), DW_SCORE_LEAST);
	return quality + price_points(job, price);
}

/* half / (half + amount), the share that falls to one half at half. */
static int64_t
hyperbola(int64_t half, int64_t amount)
{
	if (amount > LARGEST_INPUT)
		amount = LARGEST_INPUT;
	return half * DW_SCORE_UNITY / (half + amount);
}

/* T / (T + days offered), T the days of work that the job needs. */
static int64_t
timeline_utility(const DwScoreJob *job, int64_t days)
{
	int64_t		hours = job->estimated_hours;
	int64_t		needed;

	if (days < 0)
		return 0;
	if (hours > LARGEST_INPUT)
		hours = LARGEST_INPUT;
	needed = hours > 0 ? (hours + HOURS_PER_DAY - 1) / HOURS_PER_DAY : 1;
	return hyperbola(needed, days);
}

/* months / (months + 12) */
static int64_t
warranty_utility(int64_t months)
{
	if (months > LARGEST_INPUT)
		months = LARGEST_INPUT;
	return months * DW_SCORE_UNITY / (months + WARRANTY_HALF);
}

/* Fills the utilities of an acceptable bid, the price's with none yet. */
static void
fill_utilities(const DwScoreJob *job, const DwScoreInputs *inputs,
			   int64_t *utility)
{
	utility[DW_CRITERION_PRICE] = 0;
	utility[DW_CRITERION_RATING] = dw_stats_rating(&inputs->stats);
	utility[DW_CRITERION_RELIABILITY] = dw_stats_reliability(&inputs->stats);
	utility[DW_CRITERION_TIMELINE] =
		timeline_utility(job, inputs->timeline_days);
	utility[DW_CRITERION_WARRANTY] =
		warranty_utility(inputs->warranty_months);
	utility[DW_CRITERION_DISTANCE] = inputs->distance < 0 ? 0 :
		hyperbola(DISTANCE_HALF, inputs->distance);
	utility[DW_CRITERION_QUALIFICATION] = inputs->optional_all == 0 ?
		DW_SCORE_UNITY :
		inputs->optional_met * DW_SCORE_UNITY / inputs->optional_all;
	utility[DW_CRITERION_RESPONSIVENESS] = inputs->reply_seconds < 0 ?
		DW_SCORE_UNITY / 2 : hyperbola(REPLY_HALF, inputs->reply_seconds);
}

/* DW_BAD_VALUE for inputs that no bid can have. */
static DwResult
check_inputs(const DwScoreJob *job, const DwScoreInputs *inputs)
{
	if (inputs->price < 0 || inputs->warranty_months < 0 ||
		inputs->optional_met < 0 ||
		inputs->optional_met > inputs->optional_all ||
		inputs->optional_all > LARGEST_INPUT ||
		!dw_stats_valid(&inputs->stats))
		return DW_BAD_VALUE;
	if (job->method == DW_SCORING_METHOD_VALUE && job->reference <= 0)
		return DW_BAD_VALUE;
	return dw_score_weights_check(&job->weights);
}

/* Scores a bid; the price takes what quality leaves of the total. */
DwResult
dw_bid_score(const DwScoreJob *job, const DwScoreInputs *inputs,
			 DwScore *score)
{
	DwResult	result = check_inputs(job, inputs);
	int64_t		quality = 0;

	if (result != DW_OK)
		return result;

	fill_utilities(job, inputs, score->utility);
	for (int k = DW_CRITERION_PRICE + 1; k < DW_CRITERION_COUNT; k++)
	{
		score->points[k] = job->weights.bps[k] * score->utility[k] / 100;
		quality += score->points[k];
	}
	score->total = dw_score_total(job, inputs->price, quality);
	score->points[DW_CRITERION_PRICE] = score->total - quality;
	if (job->reference > 0)
		score->utility[DW_CRITERION_PRICE] =
			at_least(price_share(job->reference, inputs->price,
								 DW_SCORE_UNITY), INT32_MIN);
	score->has_points = dw_score_has_points(job);
	return DW_OK;
}

/* True when a total is a sum of points, which needs a price to measure by. */
bool
dw_score_has_points(const DwScoreJob *job)
{
	return job->method != DW_SCORING_METHOD_MEAT &&
		(job->reference > 0 || job->weights.bps[DW_CRITERION_PRICE] == 0);
}

/* A total as people see it. */
int64_t
dw_score_hundredths(int64_t total)
{
	int64_t		hundredths;

	/* dividing by more than one always fits */
	(void) dw_money_divide(total, DW_SCORE_POINT / 100, &hundredths);
	if (hundredths < 0)
		return 0;
	return hundredths > DW_SCORE_MAX_HUNDREDTHS ? DW_SCORE_MAX_HUNDREDTHS :
		hundredths;
}

/*
 * points are millionths and weights hundredths of a per cent:
 * points / 10^6 * R * 100 / weight = points * R / (weight * 10^4).
 */
bool
dw_score_dollars(const DwScoreJob *job, int64_t points, int64_t *dollars)
{
	int64_t		weight = job->weights.bps[DW_CRITERION_PRICE];

	if (weight <= 0 || job->reference <= 0 ||
		job->method == DW_SCORING_METHOD_MEAT)
		return false;
	if (dw_money_divide((DwWide) points * job->reference, weight * 10000,
						dollars) != DW_OK)
		*dollars = points < 0 ? INT64_MIN : INT64_MAX;
	return true;
}

/* Definitions of the label and parse functions that score.h promises. */
DW_LABELS(criterion, DwCriterion, criterion_labels);
DW_LABELS(scoring_method, DwScoringMethod, method_labels);
