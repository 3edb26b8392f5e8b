/*
 * stats.c
 *		How the past fades, and what is left of it as a utility.
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
