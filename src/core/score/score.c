/*
 * score.c
 *		What a bid is worth, criterion by criterion, and how the past of its
 *		provider fades into it; and the gates, the order and the flags of the
 *		bids of one job.
 *
 * Every utility is a share of one in millionths, floored; every product is
 * floored too, so points add up to the total without a remainder.  What a
 * caller may pass is bounded here, once, and cannot overflow after that.
 *
 * Rating: mean of the stars less half a standard deviation of that mean, so
 * that few reviews count for less than many.  The formula is that of Evan
 * Miller, "Ranking Items With Star Ratings" (evanmiller.org, 2014), which
 * takes the shares of the stars as a Dirichlet posterior:
 *		N = 8 + sum w, S = 6.4 + sum w x, Q = 6.4 + sum w x^2
 *		mean = S / N, deviation = sqrt((Q / N - mean^2) / (N + 1))
 *		utility = mean - deviation / 2
 * The prior is eight reviews, 6.4 of five stars and 1.6 of one star.  The
 * deviation can never grow by more than the mean when a five comes in, nor
 * shrink by more when a one does: both move it the way they should.
 *
 * Reliability: (4.8 + completed) / (6 + awarded), at most one.
 */
#include "core/base/base.h"
#include "core/score/score.h"

#include <math.h>

/*
 * Where a utility is one half.  They are what a homeowner would call usual:
 * a year's warranty, ten miles, an answer the same morning.  A curve that
 * flattens behind them keeps a promise of a hundred years, or a bidder next
 * door, from outweighing everything else.
 */
#define HOURS_PER_DAY		8	/* of work, for the timeline */
#define WARRANTY_HALF		12	/* months that give half the utility */
#define DISTANCE_HALF		INT64_C(100000) /* 10 miles, in 1/10000 */
#define REPLY_HALF			INT64_C(14400)	/* 4 hours, in seconds */

/* Beyond it a utility is zero or one in any case. */
#define LARGEST_INPUT		INT64_C(1000000000000)

/*
 * What a job is scored by whose homeowner gave no weights.  Price and the
 * provider's past decide most; an urgent job takes 1500 basis points from
 * the price and puts them on when the work is done and how soon the provider
 * answers.  They are frozen with the job at publication, so changing them
 * here moves no job that takes bids already.
 */
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

DwScoreWeights
dw_score_weights_default(bool is_urgent)
{
	return is_urgent ? urgent_weights : default_weights;
}

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
	/* C rounds toward zero, and a price above H has negative points */
	DwWide		quotient = dividend / divisor;

	return quotient - (dividend % divisor < 0);
}

/*
 * A number no less than the least that is used.  Only the price can go that
 * far down; DW_SCORE_LEAST leaves room for all that quality may add, so that
 * no sum of both overflows.
 */
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

/*
 * The points of the price, in millionths, for all methods but meat.  Without
 * a reference there is no share: a cheaper bid still has to rank before a
 * dearer one, so the price itself is taken away.
 */
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

int64_t
dw_score_total(const DwScoreJob *job, int64_t price, int64_t quality)
{
	/*
	 * meat ranks by the price of a point of quality, the least first; a bid
	 * without any quality pays for a millionth of a point.
	 */
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
	/* a job of unknown length is taken for a day's work */
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

/*
 * Fills the utilities of an acceptable bid, the price's with none yet.  What
 * is not known counts nothing where the bidder could have said it (days,
 * place), and half where they could not: who was never asked anything has no
 * time of reply.  A job without optional requirements asks for nothing, so
 * all meet it.
 */
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

DwResult
dw_bid_score(const DwScoreJob *job, const DwScoreInputs *inputs,
			 DwScore *score)
{
	/*
	 * All other points first: the price takes what they leave of the total,
	 * so that the points shown add up to it whatever was floored.
	 */
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

bool
dw_score_has_points(const DwScoreJob *job)
{
	/* a total is a sum of points only where there is a price to measure by */
	return job->method != DW_SCORING_METHOD_MEAT &&
		(job->reference > 0 || job->weights.bps[DW_CRITERION_PRICE] == 0);
}

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

bool
dw_score_amount(const DwScoreJob *job, int64_t points, int64_t *amount)
{
	/*
	 * points are millionths and weights hundredths of a per cent: points /
	 * 10^6 * R * 100 / weight = points * R / (weight * 10^4).
	 */
	int64_t		weight = job->weights.bps[DW_CRITERION_PRICE];

	if (weight <= 0 || job->reference <= 0 ||
		job->method == DW_SCORING_METHOD_MEAT)
		return false;
	if (dw_money_divide((DwWide) points * job->reference, weight * 10000,
						amount) != DW_OK)
		*amount = points < 0 ? INT64_MIN : INT64_MAX;
	return true;
}

/* Definitions of the label and parse functions that score.h promises. */
DW_LABELS(criterion, DwCriterion, criterion_labels);
DW_LABELS(scoring_method, DwScoringMethod, method_labels);

_Static_assert(sizeof(DwRankedBid) <= DW_SORT_MAX_SIZE,
			   "a ranked bid must fit the scratch of dw_sort()");

/* The flags that follow from the other bids. */
#define COMPARED_FLAGS \
	(1u << DW_BID_FLAG_ABNORMALLY_LOW | \
	 1u << DW_BID_FLAG_IDENTICAL_PRICE | \
	 1u << DW_BID_FLAG_SINGLE_BID)

/* The middle of two prices says nothing about which of them is wrong. */
#define FEWEST_FOR_MEDIAN	3	/* bids that make one abnormal */

static const char *const gate_labels[DW_GATE_COUNT] = {
	[DW_GATE_BID_NOT_LIVE] = "BID_NOT_LIVE",
	[DW_GATE_STALE_TERMS] = "STALE_TERMS",
	[DW_GATE_PROVIDER_INACTIVE] = "PROVIDER_INACTIVE",
	[DW_GATE_CURRENCY] = "CURRENCY",
	[DW_GATE_REQUIREMENT_MISSING] = "REQUIREMENT_MISSING",
	[DW_GATE_OUTSIDE_RADIUS] = "OUTSIDE_RADIUS",
	[DW_GATE_NO_PLACE] = "NO_PLACE",
	[DW_GATE_BELOW_MINIMUM] = "BELOW_MINIMUM",
};

static const char *const flag_labels[DW_BID_FLAG_COUNT] = {
	[DW_BID_FLAG_ABNORMALLY_LOW] = "ABNORMALLY_LOW",
	[DW_BID_FLAG_IDENTICAL_PRICE] = "IDENTICAL_PRICE",
	[DW_BID_FLAG_SINGLE_BID] = "SINGLE_BID",
	[DW_BID_FLAG_INCONSISTENT_TOTAL] = "INCONSISTENT_TOTAL",
};

DwGateSet
dw_gate_check(const DwGateFacts *facts)
{
	/* it expires at expires_at, not after it */
	const bool	failed[DW_GATE_COUNT] = {
		[DW_GATE_BID_NOT_LIVE] =
		!facts->is_live || facts->now >= facts->expires_at,
		[DW_GATE_STALE_TERMS] =
		facts->terms_version != facts->job_terms_version,
		[DW_GATE_PROVIDER_INACTIVE] =
		!facts->is_active || !facts->is_verified,
		[DW_GATE_CURRENCY] = !facts->is_same_currency,
		[DW_GATE_REQUIREMENT_MISSING] = facts->missing_requirements > 0,
		[DW_GATE_OUTSIDE_RADIUS] = facts->radius >= 0 &&
		facts->distance > facts->radius,
		[DW_GATE_NO_PLACE] = facts->distance < 0,
		[DW_GATE_BELOW_MINIMUM] = facts->bid_amount < facts->min_bid_amount,
	};
	DwGateSet	reasons = 0;

	for (int i = 0; i < DW_GATE_COUNT; i++)
		reasons |= (DwGateSet) failed[i] << i;
	return reasons;
}

const char *
dw_gate_label(DwGate gate)
{
	return gate_labels[gate];
}

const char *
dw_bid_flag_label(DwBidFlag flag)
{
	return flag_labels[flag];
}

/* The order of two numbers, the smaller first. */
static int
compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int
dw_rank_compare(const DwRankedBid *a, const DwRankedBid *b)
{
	/*
	 * The totals of ineligible bids may be of old terms and are not looked
	 * at; they stand in the order in which they came.  The id ends every tie,
	 * so that no two servers and no two calls disagree.
	 */
	int			order = (a->reasons != 0) - (b->reasons != 0);

	if (order == 0 && a->reasons == 0)
	{
		order = compare_numbers(b->total, a->total);
		if (order == 0)
			order = compare_numbers(a->price, b->price);
	}
	if (order == 0)
		order = compare_numbers(a->submitted_at, b->submitted_at);
	return order != 0 ? order : dw_uuid_compare(&a->id, &b->id);
}

/* dw_rank_compare() as dw_sort() calls it. */
static int
compare_ranks(const void *a, const void *b)
{
	return dw_rank_compare(a, b);
}

/* Eligible bids first, the cheaper before the dearer. */
static int
compare_prices(const void *a, const void *b)
{
	const DwRankedBid *left = a;
	const DwRankedBid *right = b;
	int			order = (left->reasons != 0) - (right->reasons != 0);

	return order != 0 ? order : compare_numbers(left->price, right->price);
}

void
dw_score_rank(DwRankedBid *bids, size_t count)
{
	dw_sort(bids, count, sizeof(*bids), compare_ranks);
}

/* True when the bidder of a bid has made a later one among these. */
static bool
is_superseded(const DwRankedBid *bid, const DwRankedBid *bids, size_t count,
			  const DwUuid *bidders)
{
	for (size_t i = 0; i < count; i++)
		if (bids[i].submitted_at > bid->submitted_at &&
			dw_uuid_equal(&bidders[bids[i].position],
						  &bidders[bid->position]))
			return true;
	return false;
}

const DwRankedBid *
dw_rank_successor(const DwScoreJob *job, DwRankedBid *bids, size_t count,
				  const DwUuid *bidders)
{
	/* what was replaced is not live, and no rival of what replaced it */
	for (size_t i = 0; i < count; i++)
		if (is_superseded(&bids[i], bids, count, bidders))
			bids[i].reasons |= 1u << DW_GATE_BID_NOT_LIVE;
	dw_proxy_settle(job, bids, count);
	dw_score_rank(bids, count);
	return count > 0 && bids[0].reasons == 0 ? &bids[0] : NULL;
}

/*
 * Flags bids in the order of their prices that are far below the middle of
 * the field and the reference; where not even the second is near, somebody
 * should look.
 *
 * price < 0.70 * median, with median = (upper + lower) / 2, is
 * 20 * price < 7 * (upper + lower); price < 0.75 * R is 4 * price < 3 * R;
 * 35 % below the second is 100 * price <= 65 * second.  Nothing is divided,
 * so nothing is rounded.  Prices ascend: the first that is not low ends it.
 */
static void
flag_low(DwRankedBid *bids, size_t count, int64_t reference)
{
	const DwRankedBid *upper = &bids[count / 2];
	const DwRankedBid *lower = &bids[(count - 1) / 2];
	__int128	median2 = (__int128) upper->price + lower->price;

	for (size_t i = 0; i < count; i++)
	{
		__int128	price = bids[i].price;

		if (price * 20 >= median2 * 7 ||
			price * 4 >= (__int128) reference * 3)
			break;
		bids[i].flags |= 1u << DW_BID_FLAG_ABNORMALLY_LOW;
		bids[i].needs_review = i == 0 &&
			price * 100 <= (__int128) bids[1].price * 65;
	}
}

/* Flags bids in the order of their prices that share one. */
static void
flag_identical(DwRankedBid *bids, size_t count)
{
	for (size_t i = 1; i < count; i++)
	{
		if (bids[i - 1].price != bids[i].price)
			continue;
		bids[i - 1].flags |= 1u << DW_BID_FLAG_IDENTICAL_PRICE;
		bids[i].flags |= 1u << DW_BID_FLAG_IDENTICAL_PRICE;
	}
}

void
dw_rank_flag(DwRankedBid *bids, size_t count, int64_t reference)
{
	/* flags go by the neighbours in price, so that comes first */
	size_t		eligible = 0;

	for (size_t i = 0; i < count; i++)
	{
		bids[i].flags &= ~COMPARED_FLAGS;
		bids[i].needs_review = false;
		eligible += bids[i].reasons == 0;
	}

	dw_sort(bids, count, sizeof(*bids), compare_prices);
	if (eligible == 1)
		bids[0].flags |= 1u << DW_BID_FLAG_SINGLE_BID;
	flag_identical(bids, eligible);
	if (eligible >= FEWEST_FOR_MEDIAN && reference > 0)
		flag_low(bids, eligible, reference);
	dw_score_rank(bids, count);
}

int
dw_rank_third(int64_t place, int64_t count)
{
	return 1 + (int) ((place - 1) * 3 / count);
}

int64_t
dw_rank_gap(const DwRankedBid *leader, const DwRankedBid *bid)
{
	/* totals are bounded, so this fits */
	return leader->total - bid->total;
}

/* More than any price: a total that every price reaches. */
#define ANY_PRICE	((DwWide) 1 << 100)

/* Less than any price: a total that none reaches. */
#define NO_PRICE	((DwWide) -1)

/* ceil(dividend / divisor), toward infinity; divisor > 0. */
static DwWide
ceil_divide(DwWide dividend, int64_t divisor)
{
	return -floor_divide(-dividend, divisor);
}

/*
 * The highest price with so many points for it, in all methods but meat.  Of
 *		floor(weight * 10000 * (H - p') / R) >= points
 * the highest p' is H - ceil(points * R / (weight * 10000)); below L the
 * points stay what they are at L.
 */
static DwWide
price_with_points(const DwScoreJob *job, DwWide points)
{
	int64_t		weight = job->weights.bps[DW_CRITERION_PRICE];
	int64_t		low = job->reference / 2;
	DwWide		highest;

	if (points <= (weight == 0 ? 0 : DW_SCORE_LEAST))
		return ANY_PRICE;
	if (weight == 0)
		return NO_PRICE;
	if (job->reference <= 0)
		return points > 0 ? NO_PRICE : -points;
	highest = (DwWide) low + job->reference -
		ceil_divide(points * job->reference, weight * 10000);
	return highest < low ? NO_PRICE : highest;
}

/* The highest price at which a bid of that quality has at least the total. */
static DwWide
price_with_total(const DwScoreJob *job, int64_t quality, DwWide total)
{
	if (job->method != DW_SCORING_METHOD_MEAT)
		return price_with_points(job, total - quality);
	if (total <= DW_SCORE_LEAST)
		return ANY_PRICE;

	/* floor(p * 10^6 / Q) <= -total, so p * 10^6 < (1 - total) * Q */
	return total > 0 ? NO_PRICE :
		((1 - total) * (quality > 1 ? quality : 1) - 1) / DW_SCORE_POINT;
}

/*
 * The highest price at which a bid ranks before a rival: with a better total,
 * or with the same one and a price that is lower, or equal where the bid came
 * earlier.
 */
static DwWide
price_before(const DwScoreJob *job, const DwRankedBid *bid,
			 const DwRankedBid *rival)
{
	int			later = compare_numbers(bid->submitted_at,
										rival->submitted_at);
	DwWide		better = price_with_total(job, bid->quality,
										  (DwWide) rival->total + 1);
	DwWide		equal = price_with_total(job, bid->quality, rival->total);
	DwWide		tie;

	if (later == 0)
		later = dw_uuid_compare(&bid->id, &rival->id);
	tie = (DwWide) rival->price - (later > 0);
	if (tie > equal)
		tie = equal;
	return better > tie ? better : tie;
}

bool
dw_rank_amount_to_lead(const DwScoreJob *job, const DwRankedBid *bid,
					   const DwRankedBid *rival, int64_t minimum,
					   int64_t *amount)
{
	/* what the homeowner buys themselves stays, and is part of the price */
	int64_t		besides = bid->price - bid->bid_amount;
	DwWide		highest;

	if (bid->reasons != 0 || rival->reasons != 0)
		return false;
	highest = price_before(job, bid, rival) - besides;
	if (highest < (minimum > 1 ? minimum : 1) ||
		highest >= INT64_MAX - besides)
		return false;
	*amount = (int64_t) highest;
	return true;
}

bool
dw_proxy_makes_sense(const DwScoreJob *job)
{
	return job->method == DW_SCORING_METHOD_MEAT ||
		job->weights.bps[DW_CRITERION_PRICE] > 0;
}

/* The bid as it is at another amount. */
static DwRankedBid
bid_at(const DwScoreJob *job, const DwRankedBid *bid, int64_t amount)
{
	DwRankedBid moved = *bid;

	moved.price = amount + (bid->price - bid->bid_amount);
	moved.bid_amount = amount;
	moved.total = dw_score_total(job, moved.price, bid->quality);
	return moved;
}

/* The bid as far as it would go. */
static DwRankedBid
bid_at_lowest(const DwScoreJob *job, const DwRankedBid *bid)
{
	return bid->lowest_amount > 0 && bid->lowest_amount < bid->bid_amount ?
		bid_at(job, bid, bid->lowest_amount) : *bid;
}

void
dw_proxy_settle(const DwScoreJob *job, DwRankedBid *bids, size_t count)
{
	DwRankedBid *winner = NULL;
	DwRankedBid best;
	DwRankedBid second;
	bool		has_second = false;
	int64_t		amount;

	for (size_t i = 0; i < count; i++)
	{
		DwRankedBid bid = bid_at_lowest(job, &bids[i]);

		if (bid.reasons != 0)
			continue;
		if (winner == NULL || dw_rank_compare(&bid, &best) < 0)
		{
			has_second = winner != NULL;
			if (has_second)
				second = best;
			best = bid;
			winner = &bids[i];
		}
		else if (!has_second || dw_rank_compare(&bid, &second) < 0)
		{
			has_second = true;
			second = bid;
		}
	}

	/* who leads as it is need not move */
	if (has_second && dw_rank_compare(winner, &second) > 0 &&
		dw_rank_amount_to_lead(job, winner, &second, best.bid_amount,
							   &amount))
		*winner = bid_at(job, winner, amount);
}

typedef unsigned __int128 DwUnsignedWide;

#define DECAY_BITS		63		/* fraction bits of a factor */
#define DECAY_POWERS	9		/* 2^9 days exceed every half-life */

#define RATING_PRIOR_WEIGHT		(8 * DW_STATS_ONE)
#define RATING_PRIOR_SUM		(RATING_PRIOR_WEIGHT * 8 / 10)	/* x = 0.8 */
#define RELIABILITY_PRIOR_AWARDED	(6 * DW_STATS_ONE)
#define RELIABILITY_PRIOR_COMPLETED (RELIABILITY_PRIOR_AWARDED * 8 / 10)

/*
 * One way to fade.  Powers of two with integers: 2^(-days / half_life) is the
 * product of the powers of the bits of `days`, each rounded once to 63 bits
 * and multiplied as 128, which is exact to far more than six digits.  exp2()
 * of the C library differs between machines in its last bits, and a score
 * must not.
 */
typedef struct DecayRule
{
	int64_t		half_life;		/* days */
	uint64_t	powers[DECAY_POWERS];	/* 2^63 * 2^(-2^k / half_life) */
} DecayRule;

static const DecayRule decay_rules[DW_DECAY_COUNT] = {
	[DW_DECAY_STATS] = {365, {
			UINT64_C(9205873166288449476), UINT64_C(9188407495127923267),
			UINT64_C(9153575499195958308), UINT64_C(9084307136769549623),
			UINT64_C(8947338980300263348), UINT64_C(8679566920700700714),
			UINT64_C(8167824265344443631), UINT64_C(7233076250527041163),
			UINT64_C(5672263011498217650)
	}},
	[DW_DECAY_MARKET] = {180, {
			UINT64_C(9187922810898938978), UINT64_C(9152609830951161528),
			UINT64_C(9082390516493792435), UINT64_C(8943563933503206204),
			UINT64_C(8672244328109689357), UINT64_C(8154048366033057426),
			UINT64_C(7208698130134122337), UINT64_C(5634092230450640584),
			UINT64_C(3441582442341643033)
	}},
};

int64_t
dw_decay_weight(DwDecay decay, int64_t days)
{
	/*
	 * Whole half-lives are shifts; the days left over multiply the powers of
	 * their bits.  Exact to the last of the digits returned: test_stats.c
	 * holds every day against the table by definition.
	 */
	const DecayRule *rule = &decay_rules[decay];
	uint64_t	factor = UINT64_C(1) << DECAY_BITS;
	int64_t		rest = days % rule->half_life;
	int			shift = DECAY_BITS + (int) (days / rule->half_life);

	if (days <= 0)
		return DW_STATS_ONE;
	if (days > DW_STATS_MAX_DAYS)
		return 0;
	for (int k = 0; k < DECAY_POWERS; k++)
	{
		if (rest >> k & 1)
			factor = (uint64_t) ((DwUnsignedWide) factor *
								 rule->powers[k] >> DECAY_BITS);
	}
	return (int64_t) ((((DwUnsignedWide) factor * DW_STATS_ONE >>
						(shift - 1)) + 1) >> 1);
}

void
dw_stats_decay(DwStats *stats, int64_t days)
{
	/* floors keep square <= sum <= weight */
	int64_t		weight = dw_decay_weight(DW_DECAY_STATS, days);

	stats->rating_weight = stats->rating_weight * weight / DW_STATS_ONE;
	stats->rating_sum = stats->rating_sum * weight / DW_STATS_ONE;
	stats->rating_square = stats->rating_square * weight / DW_STATS_ONE;
	stats->completed = stats->completed * weight / DW_STATS_ONE;
	stats->awarded = stats->awarded * weight / DW_STATS_ONE;
}

/* Adds one event to a sum. */
static DwResult
add_event(int64_t *sum)
{
	if (*sum > DW_STATS_MAX_WEIGHT - DW_STATS_ONE)
		return DW_OVERFLOW;
	*sum += DW_STATS_ONE;
	return DW_OK;
}

DwResult
dw_stats_add_rating(DwStats *stats, int stars)
{
	int64_t		quarters = stars - 1;

	if (stars < 1 || stars > 5)
		return DW_BAD_VALUE;
	if (add_event(&stats->rating_weight) != DW_OK)
		return DW_OVERFLOW;
	stats->rating_sum += DW_STATS_ONE * quarters / 4;
	stats->rating_square += DW_STATS_ONE * quarters * quarters / 16;
	return DW_OK;
}

DwResult
dw_stats_add_award(DwStats *stats)
{
	return add_event(&stats->awarded);
}

DwResult
dw_stats_add_completion(DwStats *stats)
{
	return add_event(&stats->completed);
}

void
dw_stats_take_award(DwStats *stats, int64_t days)
{
	/* a few units more than is left of it, for each day was rounded down */
	stats->awarded -= dw_money_lesser(stats->awarded,
									  dw_decay_weight(DW_DECAY_STATS,
													  days > 0 ? days : 0));
}

bool
dw_stats_valid(const DwStats *stats)
{
	return stats->rating_square >= 0 &&
		stats->rating_sum >= stats->rating_square &&
		stats->rating_weight >= stats->rating_sum &&
		stats->rating_weight <= DW_STATS_MAX_WEIGHT &&
		stats->completed >= 0 && stats->completed <= DW_STATS_MAX_WEIGHT &&
		stats->awarded >= 0 && stats->awarded <= DW_STATS_MAX_WEIGHT;
}

/*
 * floor(sqrt(square)) of a square below 2^62.  The processor's root is only
 * a guess, a unit off at most; the comparisons in integers decide, so the
 * result does not depend on it.
 */
static uint64_t
square_root(uint64_t square)
{
	uint64_t	root = (uint64_t) sqrt((double) square);

	while (root * root > square)
		root--;
	while ((root + 1) * (root + 1) <= square)
		root++;
	return root;
}

/*
 * N^2 times the variance of the stars, prior included.  Floors of the decay
 * may bring sums that no stars can have a little below zero.
 */
static DwUnsignedWide
rating_spread(uint64_t weight, uint64_t sum, uint64_t square)
{
	DwUnsignedWide moment = (DwUnsignedWide) square * weight;
	DwUnsignedWide mean = (DwUnsignedWide) sum * sum;

	return moment > mean ? moment - mean : 0;
}

int64_t
dw_stats_rating(const DwStats *stats)
{
	/*
	 * The mean of the stars less half its deviation.  Worked to nine digits,
	 * so that six are right: a five must not lose a unit to rounding.
	 */
	uint64_t	weight = RATING_PRIOR_WEIGHT + stats->rating_weight;
	uint64_t	sum = RATING_PRIOR_SUM + stats->rating_sum;
	uint64_t	square = RATING_PRIOR_SUM + stats->rating_square;
	DwUnsignedWide spread = rating_spread(weight, sum, square);
	uint64_t	mean = (uint64_t) ((DwUnsignedWide) sum * 1000000000 / weight);
	uint64_t	variance = (uint64_t)
		(spread * 1000000000000 / weight * 1000000 / weight);
	uint64_t	deviation = square_root((uint64_t)
										((DwUnsignedWide) variance *
										 DW_STATS_ONE /
										 (weight + DW_STATS_ONE)));

	return (int64_t) ((2 * mean - deviation) / 2000);
}

int64_t
dw_stats_reliability(const DwStats *stats)
{
	int64_t		completed = RELIABILITY_PRIOR_COMPLETED + stats->completed;
	int64_t		awarded = RELIABILITY_PRIOR_AWARDED + stats->awarded;

	return completed >= awarded ? DW_STATS_ONE :
		completed * DW_STATS_ONE / awarded;
}

int64_t
dw_stats_stars(const DwStats *stats)
{
	int64_t		above_one;

	/* valid sums are far from the limits of the product and the quotient */
	if (stats->rating_weight <= 0 ||
		dw_money_divide((DwWide) stats->rating_sum * 400,
						stats->rating_weight, &above_one) != DW_OK)
		return DW_STATS_NO_STARS;
	return 100 + above_one;
}
