/*
 * test_property.c
 *		What every method and mode promises of scores and ranks, over random
 *		jobs and bids: from the inputs of a bid to its place, proxy bids too.
 */
#include "unit.h"

#include "core/score/score.h"

#define MAX_BIDS	8
#define ROUNDS		3000

/* A generator with a state of its own, so that runs repeat. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* The bids of a job: what each is scored from, and as it is ranked. */
typedef struct Field
{
	DwScoreJob	job;
	DwScoreInputs inputs[MAX_BIDS];
	DwRankedBid bids[MAX_BIDS]; /* positions are places in inputs */
	size_t		count;
}			Field;

/* Scores a bid of the field anew, from its inputs. */
static void
score_bid(Field * field, size_t place)
{
	DwRankedBid *bid = &field->bids[place];
	DwScore		score;
	int64_t		sum = 0;

	assert_int_equal(dw_bid_score(&field->job, &field->inputs[place], &score),
					 DW_OK);
	for (int k = 0; k < DW_CRITERION_COUNT; k++)
		sum += score.points[k];
	assert_int_equal(sum, score.total);
	bid->price = field->inputs[place].price;
	bid->total = score.total;
	bid->quality = score.total - score.points[DW_CRITERION_PRICE];
}

/* Inputs with few values each, so that bids tie in all ways. */
static DwScoreInputs
random_inputs(uint32_t *seed)
{
	DwScoreInputs inputs = {
		.price = 40000 + 20000 * (next_random(seed) % 8),
		.timeline_days = 1 + next_random(seed) % 3,
		.warranty_months = 12 * (next_random(seed) % 3),
		.distance = 10000 * (next_random(seed) % 3),
		.optional_all = 2,.optional_met = next_random(seed) % 3,
		.reply_seconds = 3600 * (next_random(seed) % 3) - 1
	};

	for (uint32_t stars = next_random(seed) % 3; stars > 0; stars--)
		(void) dw_stats_add_rating(&inputs.stats,
								   1 + (int) (next_random(seed) % 5));
	if (next_random(seed) % 3 == 0)
		(void) dw_stats_add_award(&inputs.stats);
	return inputs;
}

/* A job of the method with bids; some go down by themselves. */
static void
random_field(DwScoringMethod method, uint32_t *seed, Field * field)
{
	DwScoreWeights weights = dw_score_weights_default(next_random(seed) % 2);

	memset(field, 0, sizeof(*field));
	field->job.method = method;
	field->job.reference = 2 * (25000 + next_random(seed) % 50000);
	field->job.estimated_hours = 8 * (next_random(seed) % 4);
	assert_int_equal(dw_score_weights_choose(method, &weights,
											 &field->job.weights), DW_OK);
	field->count = 1 + next_random(seed) % MAX_BIDS;
	for (size_t i = 0; i < field->count; i++)
	{
		DwRankedBid *bid = &field->bids[i];

		field->inputs[i] = random_inputs(seed);
		bid->id.bytes[15] = (uint8_t) i;
		bid->position = (uint32_t) i;
		bid->submitted_at = next_random(seed) % 3;
		bid->reasons = next_random(seed) % 5 == 0;
		bid->bid_amount = field->inputs[i].price -
			1000 * (next_random(seed) % 2);
		if (next_random(seed) % 3 == 0)
			bid->lowest_amount = bid->bid_amount -
				1000 * (next_random(seed) % 30);
		score_bid(field, i);
	}
}

/* The places of bids from the best to the last, settled where is_open. */
static void
rank(const Field * field, bool is_open, DwRankedBid *ranked)
{
	memcpy(ranked, field->bids, field->count * sizeof(*ranked));
	if (is_open)
		dw_proxy_settle(&field->job, ranked, field->count);
	dw_score_rank(ranked, field->count);
}

/* Turns the order of arrival round. */
static Field
turned(const Field * field)
{
	Field		other = *field;

	for (size_t i = 0; i < field->count; i++)
		other.bids[i] = field->bids[field->count - 1 - i];
	return other;
}

/* In what order bids come in says nothing about how they stand. */
static void
check_permutation(const Field * field, bool is_open)
{
	Field		other = turned(field);
	DwRankedBid one[MAX_BIDS];
	DwRankedBid two[MAX_BIDS];

	rank(field, is_open, one);
	rank(&other, is_open, two);
	for (size_t i = 0; i < field->count; i++)
	{
		assert_int_equal(one[i].position, two[i].position);
		assert_int_equal(one[i].bid_amount, two[i].bid_amount);
		assert_int_equal(one[i].total, two[i].total);
	}
}

/* Without one of them the others stand as they did. */
static void
check_removal(const Field * field)
{
	DwRankedBid all[MAX_BIDS];

	rank(field, false, all);
	for (size_t gone = 0; gone < field->count; gone++)
	{
		Field		other = *field;
		DwRankedBid rest[MAX_BIDS];

		other.count--;
		for (size_t i = gone; i < other.count; i++)
			other.bids[i] = field->bids[i + 1];
		rank(&other, false, rest);
		for (size_t i = 0, k = 0; i < other.count; i++, k++)
		{
			k += all[k].position == gone;
			assert_int_equal(rest[i].position, all[k].position);
		}
	}
}

/*
 * In an auction, without a bid that does not win, the winner is the same and
 * gets no less; and without what may not win nothing changes.
 */
static void
check_auction_removal(const Field * field)
{
	DwRankedBid all[MAX_BIDS];

	rank(field, true, all);
	for (size_t gone = 0; gone < field->count; gone++)
	{
		Field		other = *field;
		DwRankedBid rest[MAX_BIDS];

		if (all[0].reasons != 0 || all[0].position == gone)
			continue;
		other.bids[gone].reasons = 1;
		rank(&other, true, rest);
		assert_int_equal(rest[0].position, all[0].position);
		assert_true(rest[0].bid_amount >= all[0].bid_amount);
		if (field->bids[gone].reasons != 0)
			assert_int_equal(rest[0].bid_amount, all[0].bid_amount);
	}
}

/* What may not win is behind all that may, and never first where one may. */
static void
check_eligible(const Field * field, bool is_open)
{
	DwRankedBid ranked[MAX_BIDS];

	rank(field, is_open, ranked);
	for (size_t i = 1; i < field->count; i++)
		assert_true(ranked[i - 1].reasons == 0 || ranked[i].reasons != 0);
}

/* The place of a bid. */
static size_t
place_of(const Field * field, size_t bid)
{
	DwRankedBid ranked[MAX_BIDS];
	size_t		place = 0;

	rank(field, false, ranked);
	while (ranked[place].position != bid)
		place++;
	return place;
}

/* A price that is lower, or anything that is better, is never worse. */
static void
check_better(const Field * field, uint32_t *seed)
{
	for (size_t i = 0; i < field->count; i++)
		for (int change = 0; change < 7; change++)
		{
			Field		other = *field;
			DwScoreInputs *better = &other.inputs[i];

			better->price -= change == 0 ? next_random(seed) % 40000 : 0;
			better->timeline_days -= change == 1 && better->timeline_days > 1;
			better->warranty_months += change == 2;
			better->distance -= change == 3 && better->distance > 0;
			better->optional_met += change == 4 && better->optional_met < 2;
			better->reply_seconds -= change == 5 && better->reply_seconds > 0;
			if (change == 6)
				(void) dw_stats_add_rating(&better->stats, 5);
			score_bid(&other, i);
			assert_true(other.bids[i].total >= field->bids[i].total);
			assert_true(place_of(&other, i) <= place_of(field, i));
		}
}

/*
 * In another unit of money, the reference too, the differences are what they
 * were: of points exactly, of prices for a point of quality as many times
 * what they were, but for what is floored.
 */
static void
check_scaling(const Field * field)
{
	Field		other = *field;

	other.job.reference *= 100;
	for (size_t i = 0; i < field->count; i++)
	{
		other.inputs[i].price *= 100;
		score_bid(&other, i);
		if (field->job.method != DW_SCORING_METHOD_MEAT)
			assert_int_equal(other.bids[i].total - other.bids[0].total,
							 field->bids[i].total - field->bids[0].total);
		else
			assert_within(100 * field->bids[i].total -
							other.bids[i].total, 0, 99);
	}
}

/* All of it, by every method. */
static void
test_properties(void **state)
{
	uint32_t	seed = 31;
	Field		field;

	for (int method = 0; method < DW_SCORING_METHOD_COUNT; method++)
		for (int i = 0; i < ROUNDS; i++)
		{
			random_field((DwScoringMethod) method, &seed, &field);
			for (int is_open = 0; is_open <= 1; is_open++)
			{
				check_permutation(&field, is_open == 1);
				check_eligible(&field, is_open == 1);
			}
			check_removal(&field);
			check_auction_removal(&field);
			check_better(&field, &seed);
			check_scaling(&field);
		}
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
