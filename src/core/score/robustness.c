/*
 * robustness.c
 *		How much the choice among the bids of a job depends on its weights.
 *
 * Two figures.  Of all ways to share the weight among the criteria in steps
 * of 2000 basis points, each bid wins some: a bid that wins most of them is
 * good whatever one cares for.  And from the job's own weights, what is the
 * least that must be moved from one criterion to another so that another bid
 * wins.  Both use the function that scores, floors and ties included, so at
 * the job's own weights they agree with the ranking.
 *
 * A total is linear in the weights, or the ratio of a price to what is, so a
 * rival who has passed the winner on the way from one criterion to another
 * stays before it: where the winner changes is found by halving.  All of it
 * is linear in the number of bids.
 */
#include "core/score/score.h"

#include <string.h>

#define UNITS	(DW_SCORE_WEIGHT / DW_ROBUSTNESS_STEP)

/* The criteria that may have weight, and how many they are. */
typedef struct Criteria
{
	DwCriterion of[DW_CRITERION_COUNT]; /* in their order */
	int			count;			/* of them */
} Criteria;

/*
 * By the lowest price nothing else counts; where the price is no part of a
 * sum of points it has no weight to be moved.
 */
static Criteria
criteria_of(const DwScoreJob *job)
{
	Criteria	criteria = {{DW_CRITERION_PRICE}, 0};
	bool		is_priced = job->method == DW_SCORING_METHOD_VALUE &&
		job->reference > 0;

	if (is_priced || job->method == DW_SCORING_METHOD_LOWEST_PRICE)
		criteria.of[criteria.count++] = DW_CRITERION_PRICE;
	if (job->method == DW_SCORING_METHOD_LOWEST_PRICE)
		return criteria;
	for (int k = DW_CRITERION_PRICE + 1; k < DW_CRITERION_COUNT; k++)
		criteria.of[criteria.count++] = (DwCriterion) k;
	return criteria;
}

/* The place of the bid with the best total by the job's weights. */
static size_t
winner_of(const DwScoreJob *job, const DwRobustBid *bids, size_t count)
{
	int64_t		best = INT64_MIN;
	size_t		winner = 0;

	for (size_t i = 0; i < count; i++)
	{
		int64_t		quality = 0;
		int64_t		total;

		for (int k = DW_CRITERION_PRICE + 1; k < DW_CRITERION_COUNT; k++)
			quality += job->weights.bps[k] * bids[i].utility[k] / 100;
		total = dw_score_total(job, bids[i].price, quality);
		if (total > best)
		{
			best = total;
			winner = i;
		}
	}
	return winner;
}

/*
 * The next way to share units among some, from (n, 0, ... 0) to (0, ... 0, n);
 * false after the last.
 */
static bool
next_share(int *units, int count)
{
	int			first = 0;
	int			rest;

	while (units[first] == 0)
		first++;
	if (first == count - 1)
		return false;
	rest = units[first] - 1;
	units[first] = 0;
	units[0] = rest;
	units[first + 1]++;
	return true;
}

int
dw_robustness_share(const DwScoreJob *job, DwRobustBid *bids, size_t count)
{
	Criteria	criteria = criteria_of(job);
	DwScoreJob	weighed = *job;
	int			units[DW_CRITERION_COUNT] = {UNITS};
	int			weightings = 0;

	for (size_t i = 0; i < count; i++)
		bids[i].wins = 0;
	do
	{
		memset(&weighed.weights, 0, sizeof(weighed.weights));
		for (int k = 0; k < criteria.count; k++)
			weighed.weights.bps[criteria.of[k]] =
				units[k] * DW_ROBUSTNESS_STEP;
		if (count > 0)
			bids[winner_of(&weighed, bids, count)].wins++;
		weightings++;
	} while (next_share(units, criteria.count));
	return weightings;
}

/* The place of the winner when so much is moved. */
static size_t
winner_after(const DwScoreJob *job, const DwRobustBid *bids, size_t count,
			 const DwWeightShift *shift)
{
	DwScoreJob	moved = *job;

	moved.weights.bps[shift->from] -= shift->bps;
	moved.weights.bps[shift->to] += shift->bps;
	return winner_of(&moved, bids, count);
}

/*
 * Lowers what is moved from one criterion to another to the least with which
 * another bid than the one at that place wins; false when it does not win
 * with as much as that either.
 */
static bool
least_shift(const DwScoreJob *job, const DwRobustBid *bids, size_t count,
			size_t winner, DwWeightShift *shift)
{
	int32_t		low = 0;
	int32_t		high = shift->bps;

	if (high <= 0 || winner_after(job, bids, count, shift) == winner)
		return false;
	while (high - low > 1)
	{
		shift->bps = low + (high - low) / 2;
		if (winner_after(job, bids, count, shift) == winner)
			low = shift->bps;
		else
			high = shift->bps;
	}
	shift->bps = high;
	return true;
}

bool
dw_robustness_flip(const DwScoreJob *job, const DwRobustBid *bids,
				   size_t count, DwWeightShift *least)
{
	Criteria	criteria = criteria_of(job);
	size_t		winner = winner_of(job, bids, count);
	bool		found = false;

	for (int from = 0; from < criteria.count; from++)
		for (int to = 0; to < criteria.count; to++)
		{
			DwWeightShift shift = {criteria.of[from], criteria.of[to], 0, 0};

			/* only what is less than the least so far is of interest */
			shift.bps = job->weights.bps[shift.from];
			if (found && shift.bps >= least->bps)
				shift.bps = least->bps - 1;
			if (from == to || !least_shift(job, bids, count, winner, &shift))
				continue;
			shift.winner = winner_after(job, bids, count, &shift);
			*least = shift;
			found = true;
		}
	return found;
}
