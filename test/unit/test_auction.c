/*
 * test_auction.c
 *		Proxy bids: the closed form is what undercutting step by step comes to.
 */
#include "unit.h"

#include "core/score/score.h"

#define MAX_BIDS	7
#define AUCTIONS	10000

/* A generator with a state of its own, so that runs repeat. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* A job of the method, with prices of a few hundred units, or no reference. */
static DwScoreJob
random_job(DwScoringMethod method, uint32_t *seed)
{
	DwScoreJob	job = {
		.method = method,
		.reference = 1 + next_random(seed) % 300,
		.estimated_hours = DW_SCORE_UNKNOWN
	};
	DwScoreWeights weights = dw_score_weights_default(next_random(seed) % 2);

	assert_int_equal(dw_score_weights_choose(method, &weights, &job.weights),
					 DW_OK);
	if (method == DW_SCORING_METHOD_LOWEST_PRICE && next_random(seed) % 4 == 0)
		job.reference = 0;
	return job;
}

/* Bids with ties of every kind; some do not move, some are not eligible. */
static size_t
random_bids(const DwScoreJob *job, uint32_t *seed, DwRankedBid *bids)
{
	size_t		count = 1 + next_random(seed) % MAX_BIDS;
	int64_t		grain = next_random(seed) % 2 ? 1 : 20;

	for (size_t i = 0; i < count; i++)
	{
		DwRankedBid bid = {.position = (uint32_t) i};

		bid.id.bytes[15] = (uint8_t) i;
		bid.bid_amount = grain * (1 + next_random(seed) % (300 / grain));
		bid.price = bid.bid_amount + 10 * (next_random(seed) % 3);
		if (next_random(seed) % 3 != 0)
			bid.lowest_amount = 1 + next_random(seed) % bid.bid_amount;
		bid.submitted_at = next_random(seed) % 3;
		bid.reasons = next_random(seed) % 6 == 0;
		bid.quality = 20000000 * (next_random(seed) % 3) +
			next_random(seed) % 3;
		bid.total = dw_score_total(job, bid.price, bid.quality);
		bids[i] = bid;
	}
	return count;
}

/* Asks for a unit less. */
static void
lower(const DwScoreJob *job, DwRankedBid *bid)
{
	bid->bid_amount--;
	bid->price--;
	bid->total = dw_score_total(job, bid->price, bid->quality);
}

/* The best of the eligible bids, or -1. */
static int
leader_of(const DwRankedBid *bids, size_t count)
{
	int			leader = -1;

	for (size_t i = 0; i < count; i++)
		if (bids[i].reasons == 0 &&
			(leader < 0 || dw_rank_compare(&bids[i], &bids[leader]) < 0))
			leader = (int) i;
	return leader;
}

/*
 * Who does not lead goes down unit by unit until they do, unless they cannot;
 * until nobody can any more.
 */
static int
undercut(const DwScoreJob *job, DwRankedBid *bids, size_t count)
{
	bool		moved = true;

	while (moved)
	{
		moved = false;
		for (size_t i = 0; i < count; i++)
		{
			DwRankedBid bid = bids[i];
			int			leader = leader_of(bids, count);

			if (bid.reasons != 0 || leader == (int) i)
				continue;
			while (bid.lowest_amount > 0 &&
				   bid.bid_amount > bid.lowest_amount &&
				   dw_rank_compare(&bid, &bids[leader]) > 0)
				lower(job, &bid);
			if (dw_rank_compare(&bid, &bids[leader]) > 0)
				continue;
			bids[i] = bid;
			moved = true;
		}
	}
	return leader_of(bids, count);
}

/* The closed form against the steps: the same winner, at the same amount. */
static void
check_auction(const DwScoreJob *job, const DwRankedBid *bids, size_t count)
{
	DwRankedBid steps[MAX_BIDS];
	DwRankedBid settled[MAX_BIDS];
	int			winner;

	memcpy(steps, bids, count * sizeof(*bids));
	memcpy(settled, bids, count * sizeof(*bids));
	winner = undercut(job, steps, count);
	dw_proxy_settle(job, settled, count);
	for (int i = 0; i < (int) count; i++)
	{
		const DwRankedBid *want = i == winner ? &steps[i] : &bids[i];

		assert_int_equal(settled[i].position, i);
		assert_int_equal(settled[i].bid_amount, want->bid_amount);
		assert_int_equal(settled[i].price, want->price);
		assert_int_equal(settled[i].total, want->total);
	}
	dw_score_rank(settled, count);
	if (winner < 0)
		assert_int_not_equal(settled[0].reasons, 0);
	else
		assert_int_equal(settled[0].position, winner);
}

/* Ten thousand auctions by each method that knows prices. */
static void
test_steps(void **state)
{
	const DwScoringMethod methods[] = {
		DW_SCORING_METHOD_VALUE, DW_SCORING_METHOD_LOWEST_PRICE,
		DW_SCORING_METHOD_MEAT
	};
	uint32_t	seed = 11;
	DwRankedBid bids[MAX_BIDS];

	for (int k = 0; k < 3; k++)
		for (int i = 0; i < AUCTIONS; i++)
		{
			DwScoreJob	job = random_job(methods[k], &seed);
			size_t		count = random_bids(&job, &seed, bids);

			assert_true(dw_proxy_makes_sense(&job));
			check_auction(&job, bids, count);
		}
}

/* Where the price has no weight nobody moves. */
static void
test_no_price(void **state)
{
	uint32_t	seed = 12;
	DwScoreJob	job = random_job(DW_SCORING_METHOD_FIXED_BUDGET_QUALITY,
								 &seed);
	DwRankedBid bids[MAX_BIDS];

	assert_false(dw_proxy_makes_sense(&job));
	job.method = DW_SCORING_METHOD_VALUE;
	assert_false(dw_proxy_makes_sense(&job));
	for (int i = 0; i < AUCTIONS; i++)
		check_auction(&job, bids, random_bids(&job, &seed, bids));
}

/*
 * The amount that leads, in closed form: it does, and a unit more does not;
 * where there is none, neither the least nor the largest amount changes it.
 */
static void
check_lead(const DwScoreJob *job, const DwRankedBid *bid,
		   const DwRankedBid *rival, int64_t minimum)
{
	DwRankedBid trial = *bid;
	int64_t		besides = bid->price - bid->bid_amount;
	int64_t		amount;

	if (dw_rank_amount_to_lead(job, bid, rival, minimum, &amount))
	{
		assert_true(amount >= minimum && amount >= 1);
		for (int more = 0; more <= 1; more++)
		{
			trial.price = amount + more + besides;
			trial.total = dw_score_total(job, trial.price, trial.quality);
			assert_int_equal(dw_rank_compare(&trial, rival) < 0, more == 0);
		}
		return;
	}
	trial.price = (minimum > 1 ? minimum : 1) + besides;
	trial.total = dw_score_total(job, trial.price, trial.quality);
	if (dw_rank_compare(&trial, rival) > 0)
		return;
	trial.price = INT64_MAX;
	trial.total = dw_score_total(job, trial.price, trial.quality);
	assert_true(dw_rank_compare(&trial, rival) < 0);
}

/* Amounts of every size, up to where points end. */
static void
test_lead_of_any_size(void **state)
{
	uint32_t	seed = 13;
	DwRankedBid bids[2];

	for (int i = 0; i < 300000; i++)
	{
		DwScoreJob	job = random_job((DwScoringMethod)
									 (next_random(&seed) % 4), &seed);

		for (int k = 0; k < 2; k++)
		{
			int			bits = next_random(&seed) % 62;
			int64_t		price = INT64_C(1) << bits;

			price += ((int64_t) next_random(&seed) << 24 |
					  next_random(&seed)) % price;
			bids[k] = (DwRankedBid) {
				.position = (uint32_t) k, .bid_amount = price,
				.price = price + next_random(&seed) % 2 * 1000,
				.quality = next_random(&seed) % 100000001,
				.submitted_at = next_random(&seed) % 2
			};
			bids[k].id.bytes[0] = (uint8_t) (1 - k);
		}
		if (next_random(&seed) % 2 && job.reference > 0)
			job.reference = INT64_C(1) << next_random(&seed) % 63;
		for (int k = 0; k < 2; k++)
			bids[k].total = dw_score_total(&job, bids[k].price,
										   bids[k].quality);
		check_lead(&job, &bids[0], &bids[1],
				   next_random(&seed) % 2 ? bids[0].bid_amount / 2 : 0);
	}
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_no_price),
		cmocka_unit_test(test_lead_of_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
