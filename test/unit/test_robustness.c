/*
 * test_robustness.c
 *		The share of weightings that a bid wins, and the least change of the
 *		weights that makes another win: against what the scoring says.
 */
#include "unit.h"

#include "core/score/score.h"

#define MAX_BIDS	6

/* A generator with a state of its own, so that runs repeat. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Weights in steps of a few points. */
static DwScoreWeights
random_weights(uint32_t *seed)
{
	DwScoreWeights weights = {{0}};

	for (int left = DW_SCORE_WEIGHT; left > 0; left -= 500)
		weights.bps[next_random(seed) % DW_CRITERION_COUNT] += 500;
	return weights;
}

/* A job of the method; where the price alone had weight, the default ones. */
static DwScoreJob
random_job(DwScoringMethod method, uint32_t *seed)
{
	DwScoreJob	job = {
		.method = method, .reference = 50000 + next_random(seed) % 100000,
		.estimated_hours = 16
	};
	DwScoreWeights weights = random_weights(seed);

	if (dw_score_weights_choose(method, &weights, &job.weights) != DW_OK)
	{
		weights = dw_score_weights_default(false);
		(void) dw_score_weights_choose(method, &weights, &job.weights);
	}
	return job;
}

/* Bids with their inputs, as they are scored. */
static size_t
random_bids(const DwScoreJob *job, uint32_t *seed, DwScoreInputs *inputs,
			DwRobustBid *bids)
{
	size_t		count = 1 + next_random(seed) % MAX_BIDS;

	for (size_t i = 0; i < count; i++)
	{
		DwScore		score;

		inputs[i] = (DwScoreInputs) {
			.price = 40000 + next_random(seed) % 160000,
			.timeline_days = 1 + next_random(seed) % 20,
			.warranty_months = next_random(seed) % 36,
			.distance = DW_SCORE_UNITY / 100 * (next_random(seed) % 50),
			.optional_all = 3, .optional_met = next_random(seed) % 4,
			.reply_seconds = next_random(seed) % 100000
		};
		for (uint32_t stars = next_random(seed) % 4; stars > 0; stars--)
			(void) dw_stats_add_rating(&inputs[i].stats,
									   1 + (int) (next_random(seed) % 5));
		assert_int_equal(dw_bid_score(job, &inputs[i], &score), DW_OK);
		bids[i] = (DwRobustBid) {.price = inputs[i].price};
		memcpy(bids[i].utility, score.utility, sizeof(score.utility));
	}
	return count;
}

/* The place of the winner, scored from its inputs. */
static size_t
scored_winner(const DwScoreJob *job, const DwScoreInputs *inputs,
			  size_t count)
{
	int64_t		best = INT64_MIN;
	size_t		winner = 0;

	for (size_t i = 0; i < count; i++)
	{
		DwScore		score;

		assert_int_equal(dw_bid_score(job, &inputs[i], &score), DW_OK);
		if (score.total > best)
		{
			best = score.total;
			winner = i;
		}
	}
	return winner;
}

/* How many weightings each method has; all of them are won by somebody. */
static void
test_lattice(void **state)
{
	const int	weightings[] = {
		[DW_SCORING_METHOD_VALUE] = 792,	/* 12 over 7 */
		[DW_SCORING_METHOD_LOWEST_PRICE] = 1,
		[DW_SCORING_METHOD_FIXED_BUDGET_QUALITY] = 462, /* 11 over 6 */
		[DW_SCORING_METHOD_MEAT] = 462
	};
	uint32_t	seed = 21;

	for (int method = 0; method < DW_SCORING_METHOD_COUNT; method++)
		for (int i = 0; i < 200; i++)
		{
			DwScoreJob	job = random_job((DwScoringMethod) method, &seed);
			DwScoreInputs inputs[MAX_BIDS];
			DwRobustBid bids[MAX_BIDS];
			size_t		count = random_bids(&job, &seed, inputs, bids);
			int			wins = 0;

			assert_int_equal(dw_robustness_share(&job, bids, count),
							 weightings[method]);
			for (size_t k = 0; k < count; k++)
				wins += bids[k].wins;
			assert_int_equal(wins, weightings[method]);
		}
	assert_int_equal(dw_robustness_share(&(DwScoreJob) {.reference = 1},
										 NULL, 0), 792);
}

/* A bid that is the best in all respects wins them all, and nothing flips. */
static void
test_dominant(void **state)
{
	uint32_t	seed = 22;

	for (int i = 0; i < 300; i++)
	{
		DwScoreJob	job = random_job(DW_SCORING_METHOD_VALUE, &seed);
		DwScoreInputs inputs[MAX_BIDS];
		DwRobustBid bids[MAX_BIDS];
		size_t		count = random_bids(&job, &seed, inputs, bids);
		DwWeightShift shift;

		for (int k = 0; k < DW_CRITERION_COUNT; k++)
			bids[0].utility[k] = DW_SCORE_UNITY;
		bids[0].price = 1;
		(void) dw_robustness_share(&job, bids, count);
		assert_int_equal(bids[0].wins, 792);
		assert_false(dw_robustness_flip(&job, bids, count, &shift));
	}
}

/* A step of the change less, and the winner is the one that it was. */
static void
check_flip(const DwScoreJob *job, const DwScoreInputs *inputs, size_t count,
		   const DwWeightShift *shift)
{
	size_t		winner = scored_winner(job, inputs, count);

	for (int less = 1; less >= 0; less--)
	{
		DwScoreJob	moved = *job;

		moved.weights.bps[shift->from] -= shift->bps - less;
		moved.weights.bps[shift->to] += shift->bps - less;
		assert_int_equal(scored_winner(&moved, inputs, count),
						 less == 1 ? winner : shift->winner);
	}
	assert_int_not_equal(shift->winner, winner);
}

/* No smaller change between any two criteria makes another win. */
static void
check_least(const DwScoreJob *job, const DwScoreInputs *inputs, size_t count,
			int32_t least)
{
	size_t		winner = scored_winner(job, inputs, count);

	for (int from = 0; from < DW_CRITERION_COUNT; from++)
		for (int to = 0; to < DW_CRITERION_COUNT; to++)
			for (int32_t bps = 50; bps < least &&
				 bps <= job->weights.bps[from]; bps += 50)
			{
				DwScoreJob	moved = *job;

				if (job->weights.bps[DW_CRITERION_PRICE] == 0 &&
					to == DW_CRITERION_PRICE &&
					job->method != DW_SCORING_METHOD_VALUE)
					continue;
				moved.weights.bps[from] -= bps;
				moved.weights.bps[to] += bps;
				assert_int_equal(scored_winner(&moved, inputs, count),
								 winner);
			}
}

/* The least change, against the scores of changed weights. */
static void
test_flip(void **state)
{
	const DwScoringMethod methods[] = {
		DW_SCORING_METHOD_VALUE, DW_SCORING_METHOD_FIXED_BUDGET_QUALITY
	};
	uint32_t	seed = 23;
	int			found = 0;

	for (int i = 0; i < 300; i++)
	{
		DwScoreJob	job = random_job(methods[i % 2], &seed);
		DwScoreInputs inputs[MAX_BIDS];
		DwRobustBid bids[MAX_BIDS];
		size_t		count = random_bids(&job, &seed, inputs, bids);
		DwWeightShift shift = {.bps = DW_SCORE_WEIGHT + 1};

		if (dw_robustness_flip(&job, bids, count, &shift))
		{
			check_flip(&job, inputs, count, &shift);
			found++;
		}
		check_least(&job, inputs, count, shift.bps);
	}
	assert_within(found, 100, 300);
}

/* By the lowest price no weight can be moved; by meat only that of quality. */
static void
test_flip_methods(void **state)
{
	uint32_t	seed = 24;

	for (int i = 0; i < 300; i++)
	{
		DwScoringMethod method = i % 2 ? DW_SCORING_METHOD_LOWEST_PRICE :
			DW_SCORING_METHOD_MEAT;
		DwScoreJob	job = random_job(method, &seed);
		DwScoreInputs inputs[MAX_BIDS];
		DwRobustBid bids[MAX_BIDS];
		size_t		count = random_bids(&job, &seed, inputs, bids);
		DwWeightShift shift;

		if (!dw_robustness_flip(&job, bids, count, &shift))
			continue;
		assert_int_equal(method, DW_SCORING_METHOD_MEAT);
		assert_int_not_equal(shift.from, DW_CRITERION_PRICE);
		assert_int_not_equal(shift.to, DW_CRITERION_PRICE);
		check_flip(&job, inputs, count, &shift);
	}
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lattice),
		cmocka_unit_test(test_dominant),
		cmocka_unit_test(test_flip),
		cmocka_unit_test(test_flip_methods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
