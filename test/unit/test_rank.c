/*
 * test_rank.c
 *		Gates, order, flags, and the price that would lead.
 */
#include "unit.h"

#include "core/score/score.h"

#define MAX_BIDS	24

/* A generator with a state of its own, so that runs repeat. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* A job with a reference of 1000.00. */
static DwScoreJob
value_job(void)
{
	return (DwScoreJob) {
		.method = DW_SCORING_METHOD_VALUE,
		.weights = dw_score_weights_default(false),
		.reference = 100000,
		.estimated_hours = DW_SCORE_UNKNOWN,
	};
}

/* A bid of that price and quality, numbered by its id. */
static DwRankedBid
make_bid(const DwScoreJob *job, uint8_t id, int64_t price, int64_t quality)
{
	DwRankedBid bid = {
		.bid_amount = price, .price = price, .quality = quality,
		.position = id,
	};

	bid.id.bytes[15] = id;
	bid.total = dw_score_total(job, price, quality);
	return bid;
}

/* A field of bids with ties of every kind and some that are not eligible. */
static size_t
random_field(const DwScoreJob *job, uint32_t *seed, DwRankedBid *bids)
{
	size_t		count = 1 + next_random(seed) % MAX_BIDS;

	for (size_t i = 0; i < count; i++)
	{
		bids[i] = make_bid(job, (uint8_t) i,
						   40000 + 20000 * (next_random(seed) % 8),
						   10000000 * (next_random(seed) % 3));
		bids[i].submitted_at = next_random(seed) % 3;
		bids[i].reasons = next_random(seed) % 5 == 0;
	}
	return count;
}

/* Exchanges bids at random. */
static void
shuffle(DwRankedBid *bids, size_t count, uint32_t *seed)
{
	for (size_t i = count; i > 1; i--)
	{
		size_t		j = next_random(seed) % i;
		DwRankedBid bid = bids[i - 1];

		bids[i - 1] = bids[j];
		bids[j] = bid;
	}
}

/* Facts that pass every gate. */
static DwGateFacts
good_facts(void)
{
	return (DwGateFacts) {
		.is_live = true, .is_active = true, .is_verified = true,
		.is_same_currency = true, .terms_version = 2,
		.job_terms_version = 2, .now = 99, .expires_at = 100,
		.distance = 500000, .radius = 500000,
		.bid_amount = 5000, .min_bid_amount = 5000,
	};
}

/* The one reason that those facts must give. */
static void
assert_gate(DwGateFacts facts, DwGate gate)
{
	assert_int_equal(dw_gate_check(&facts), (DwGateSet) 1 << gate);
}

/* Each gate by itself, at the edge where it has one. */
static void
test_gates(void **state)
{
	DwGateFacts good = good_facts();
	DwGateFacts facts;

	assert_int_equal(dw_gate_check(&good), 0);
	facts = good, facts.is_live = false;
	assert_gate(facts, DW_GATE_BID_NOT_LIVE);
	facts = good, facts.now = 100;
	assert_gate(facts, DW_GATE_BID_NOT_LIVE);
	facts = good, facts.job_terms_version = 3;
	assert_gate(facts, DW_GATE_STALE_TERMS);
	facts = good, facts.is_active = false;
	assert_gate(facts, DW_GATE_PROVIDER_INACTIVE);
	facts = good, facts.is_verified = false;
	assert_gate(facts, DW_GATE_PROVIDER_INACTIVE);
	facts = good, facts.is_same_currency = false;
	assert_gate(facts, DW_GATE_CURRENCY);
	facts = good, facts.missing_requirements = 1;
	assert_gate(facts, DW_GATE_REQUIREMENT_MISSING);
	facts = good, facts.distance = 500001;
	assert_gate(facts, DW_GATE_OUTSIDE_RADIUS);
	facts.radius = DW_GATE_ABSENT;
	assert_int_equal(dw_gate_check(&facts), 0);
	facts = good, facts.distance = DW_GATE_ABSENT;
	assert_gate(facts, DW_GATE_NO_PLACE);
	facts = good, facts.bid_amount = 4999;
	assert_gate(facts, DW_GATE_BELOW_MINIMUM);
}

/* All reasons are told at once. */
static void
test_all_gates(void **state)
{
	DwGateFacts facts = {
		.terms_version = 1, .missing_requirements = 3,
		.distance = DW_GATE_ABSENT, .radius = 1, .min_bid_amount = 1,
	};

	assert_int_equal(dw_gate_check(&facts),
					 ((1u << DW_GATE_COUNT) - 1) &
					 ~(1u << DW_GATE_OUTSIDE_RADIUS));
	assert_string_equal(dw_gate_label(DW_GATE_BID_NOT_LIVE),
						"BID_NOT_LIVE");
	assert_string_equal(dw_gate_label(DW_GATE_BELOW_MINIMUM),
						"BELOW_MINIMUM");
}

/* Total, then price, then submission, then id; ineligible by submission. */
static void
test_order(void **state)
{
	DwScoreJob	job = value_job();
	DwRankedBid bids[7];

	bids[0] = make_bid(&job, 9, 90000, 0);
	bids[1] = make_bid(&job, 1, 95000, 2000000);	/* total as bid 0 */
	bids[2] = bids[1];
	bids[2].id.bytes[15] = 2;
	bids[3] = bids[1];
	bids[3].id.bytes[15] = 0;
	bids[3].submitted_at = 5;
	bids[4] = make_bid(&job, 4, 99000, 0);
	bids[5] = make_bid(&job, 5, 10000, 90000000);
	bids[5].reasons = 1;
	bids[5].submitted_at = 7;
	bids[6] = bids[5];
	bids[6].submitted_at = 6;
	assert_int_equal(bids[0].total, bids[1].total);

	for (int a = 0; a < 7; a++)
	{
		for (int b = 0; b < 7; b++)
		{
			int			expected = a < 5 || b < 5 ? a - b : b - a;
			int			order = dw_rank_compare(&bids[a], &bids[b]);

			assert_int_equal((order > 0) - (order < 0),
							 (expected > 0) - (expected < 0));
		}
	}
}

/* However bids arrive, the order is one, and no ineligible one leads. */
static void
test_permutations(void **state)
{
	DwScoreJob	job = value_job();
	uint32_t	seed = 7;

	for (int round = 0; round < 2000; round++)
	{
		DwRankedBid bids[MAX_BIDS];
		DwRankedBid again[MAX_BIDS];
		size_t		count = random_field(&job, &seed, bids);
		bool		is_ineligible = false;

		memcpy(again, bids, sizeof(bids));
		shuffle(again, count, &seed);
		dw_score_rank(bids, count);
		dw_score_rank(again, count);
		for (size_t i = 0; i < count; i++)
		{
			assert_int_equal(bids[i].position, again[i].position);
			assert_false(is_ineligible && bids[i].reasons == 0);
			is_ineligible = bids[i].reasons != 0;
		}
	}
}

/* Taking any bid away keeps the order of the rest. */
static void
test_removal(void **state)
{
	DwScoreJob	job = value_job();
	uint32_t	seed = 8;

	for (int round = 0; round < 300; round++)
	{
		DwRankedBid bids[MAX_BIDS];
		size_t		count = random_field(&job, &seed, bids);

		dw_score_rank(bids, count);
		for (size_t gone = 0; gone < count; gone++)
		{
			DwRankedBid rest[MAX_BIDS];

			memcpy(rest, bids, sizeof(bids));
			memmove(&rest[gone], &rest[gone + 1],
					(count - gone - 1) * sizeof(rest[0]));
			shuffle(rest, count - 1, &seed);
			dw_score_rank(rest, count - 1);
			for (size_t i = 0; i + 1 < count; i++)
				assert_int_equal(rest[i].position,
								 bids[i + (i >= gone)].position);
		}
	}
}

/* The flags of each price among the others, as a set. */
static void
assert_flags(const int64_t *prices, size_t count,
			 const DwBidFlagSet *expected)
{
	DwScoreJob	job = value_job();
	DwRankedBid bids[8];

	for (size_t i = 0; i < count; i++)
	{
		bids[i] = make_bid(&job, (uint8_t) i, prices[i], 0);
		bids[i].flags = 1u << DW_BID_FLAG_SINGLE_BID;	/* stale */
	}
	dw_rank_flag(bids, count, job.reference);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(bids[i].flags, expected[bids[i].position]);
}

/* Each flag, and the edges of the abnormally low one. */
static void
test_flags(void **state)
{
	const DwBidFlagSet low = 1u << DW_BID_FLAG_ABNORMALLY_LOW;
	const DwBidFlagSet twin = 1u << DW_BID_FLAG_IDENTICAL_PRICE;
	const DwBidFlagSet single = 1u << DW_BID_FLAG_SINGLE_BID;

	assert_flags((int64_t[]) {90000}, 1, &single);
	assert_flags((int64_t[]) {90000, 90000, 80000}, 3,
				 (DwBidFlagSet[]) {twin, twin, 0});
	assert_flags((int64_t[]) {100000, 69999, 110000}, 3,
				 (DwBidFlagSet[]) {0, low, 0});
	assert_flags((int64_t[]) {100000, 70000, 110000}, 3,
				 (DwBidFlagSet[]) {0, 0, 0});
	assert_flags((int64_t[]) {200000, 75000, 210000}, 3,
				 (DwBidFlagSet[]) {0, 0, 0});
	assert_flags((int64_t[]) {200000, 74999, 210000}, 3,
				 (DwBidFlagSet[]) {0, low, 0});
	assert_flags((int64_t[]) {100000, 10000}, 2, (DwBidFlagSet[]) {0, 0});
	assert_flags((int64_t[]) {100000, 69999, 100002, 50000}, 4,
				 (DwBidFlagSet[]) {0, 0, 0, low});
}

/* Ineligible bids neither get such flags nor make others get them. */
static void
test_flags_eligible(void **state)
{
	DwScoreJob	job = value_job();
	DwRankedBid bids[3];

	bids[0] = make_bid(&job, 0, 90000, 0);
	bids[1] = make_bid(&job, 1, 90000, 0);
	bids[1].reasons = 1;
	bids[1].flags = 1u << DW_BID_FLAG_INCONSISTENT_TOTAL;
	bids[2] = make_bid(&job, 2, 10000, 0);
	bids[2].reasons = 1;
	dw_rank_flag(bids, 3, job.reference);
	assert_int_equal(bids[0].position, 0);
	assert_int_equal(bids[0].flags, 1u << DW_BID_FLAG_SINGLE_BID);
	assert_int_equal(bids[1].flags, 1u << DW_BID_FLAG_INCONSISTENT_TOTAL);
	assert_int_equal(bids[2].flags, 0);
	assert_string_equal(dw_bid_flag_label(DW_BID_FLAG_SINGLE_BID),
						"SINGLE_BID");
	dw_rank_flag(bids, 0, job.reference);
}

/* A review is due when the lowest is 35 % below the second. */
static void
test_review(void **state)
{
	DwScoreJob	job = value_job();
	DwRankedBid bids[3];

	for (int64_t price = 64999; price <= 65001; price++)
	{
		bids[0] = make_bid(&job, 0, price, 0);
		bids[1] = make_bid(&job, 1, 100000, 0);
		bids[2] = make_bid(&job, 2, 100000, 0);
		dw_rank_flag(bids, 3, job.reference);
		assert_int_equal(bids[0].position, 0);
		assert_int_equal(bids[0].needs_review, price <= 65000);
		assert_false(bids[1].needs_review);
	}
}

/* With the amount to lead a bid leads, with one unit more it does not. */
static void
test_amount_to_lead(void **state)
{
	DwScoreJob	job = value_job();
	uint32_t	seed = 9;
	int			found = 0;

	for (int round = 0; round < 4000; round++)
	{
		DwRankedBid rival = make_bid(&job, 1,
									 30000 + next_random(&seed) % 200000,
									 next_random(&seed) % 60000000);
		DwRankedBid bid = make_bid(&job, 2,
								   60000 + next_random(&seed) % 200000,
								   next_random(&seed) % 60000000);
		int64_t		extra = next_random(&seed) % 2 ? 0 : 7000;
		int64_t		amount;

		bid.bid_amount -= extra;
		bid.submitted_at = (int64_t) (next_random(&seed) % 3) - 1;
		if (!dw_rank_amount_to_lead(&job, &bid, &rival, 5000, &amount))
			continue;
		found++;
		assert_true(amount >= 5000);
		bid.price = amount + extra;
		bid.total = dw_score_total(&job, bid.price, bid.quality);
		assert_true(dw_rank_compare(&bid, &rival) < 0);
		bid.price++;
		bid.total = dw_score_total(&job, bid.price, bid.quality);
		assert_true(dw_rank_compare(&bid, &rival) > 0);
	}
	assert_true(found > 1000);
}

/* No amount, any amount, and a bid that may not win at all. */
static void
test_cannot_lead(void **state)
{
	DwScoreJob	job = value_job();
	DwRankedBid good = make_bid(&job, 1, 50000, 60000000);
	DwRankedBid bad = make_bid(&job, 2, 50000, 0);
	int64_t		amount;

	assert_false(dw_rank_amount_to_lead(&job, &bad, &good, 0, &amount));
	assert_int_equal(dw_rank_gap(&good, &bad), 60000000);
	assert_int_equal(dw_rank_gap(&good, &good), 0);
	bad.reasons = 1;
	assert_false(dw_rank_amount_to_lead(&job, &good, &bad, 0, &amount));
	assert_false(dw_rank_amount_to_lead(&job, &bad, &good, 0, &amount));

	job.method = DW_SCORING_METHOD_FIXED_BUDGET_QUALITY;
	job.weights.bps[DW_CRITERION_PRICE] = 0;
	good = make_bid(&job, 1, 50000, 60000000);
	bad = make_bid(&job, 2, 50000, 0);
	assert_false(dw_rank_amount_to_lead(&job, &good, &bad, 0, &amount));
}

/*
 * The best eligible bid takes over, unless its bidder has bid again since;
 * also where the later bid is not eligible.
 */
static void
test_successor(void **state)
{
	DwScoreJob	job = value_job();
	DwUuid		bidders[4] = {{{0}}};
	DwRankedBid bids[4];

	for (uint8_t i = 0; i < 4; i++)
	{
		bids[i] = make_bid(&job, i, 50000 + 10000 * i, 0);
		bids[i].submitted_at = i;
		bidders[i].bytes[15] = i;
	}
	assert_int_equal(dw_rank_successor(&job, bids, 4, bidders)->position, 0);
	bidders[3] = bidders[0];
	assert_int_equal(dw_rank_successor(&job, bids, 4, bidders)->position, 1);
	for (int i = 0; i < 4; i++)
		bids[i].reasons = bids[i].position == 3;
	assert_int_equal(dw_rank_successor(&job, bids, 4, bidders)->position, 1);
	for (int i = 0; i < 4; i++)
		bids[i].reasons = bids[i].position != 0;
	assert_null(dw_rank_successor(&job, bids, 4, bidders));
	assert_null(dw_rank_successor(&job, bids, 0, bidders));
}

/* A third for every place: none skipped, and no two differ by over one bid. */
static void
test_thirds(void **state)
{
	assert_int_equal(dw_rank_third(1, 1), 1);
	assert_int_equal(dw_rank_third(2, 2), 2);
	for (int64_t count = 1; count <= 100; count++)
	{
		int64_t		in[4] = {0};
		int			before = 1;

		for (int64_t place = 1; place <= count; place++)
		{
			int			third = dw_rank_third(place, count);

			assert_within(third, before, 3);
			before = third;
			in[third]++;
		}
		for (int third = 2; third <= 3; third++)
			assert_within(in[third - 1] - in[third], 0, 1);
		assert_within(in[1] - in[3], 0, 1);
	}
	assert_int_equal(dw_rank_third(INT64_C(1000000000), 1000000000), 3);
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gates),
		cmocka_unit_test(test_all_gates),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_permutations),
		cmocka_unit_test(test_removal),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_flags_eligible),
		cmocka_unit_test(test_review),
		cmocka_unit_test(test_amount_to_lead),
		cmocka_unit_test(test_cannot_lead),
		cmocka_unit_test(test_successor),
		cmocka_unit_test(test_thirds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
