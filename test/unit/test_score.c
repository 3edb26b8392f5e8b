/*
 * test_score.c
 *		The worked example to the hundredth, each utility, each method, and
 *		the properties of the price.
 */
#include "unit.h"

#include "core/score/score.h"

/* The job of the worked example: R = 1000.00, 16 hours. */
static DwScoreJob
example_job(void)
{
	return (DwScoreJob) {
		.method = DW_SCORING_METHOD_VALUE,
		.weights = dw_score_weights_default(false),
		.reference = 100000,
		.estimated_hours = 16,
	};
}

/* Bid 950: 3 days, 24 months, one five, 0.8807 miles. */
static DwScoreInputs
bid_950(void)
{
	DwScoreInputs inputs = {
		.price = 95000, .timeline_days = 3, .warranty_months = 24,
		.distance = 8807, .reply_seconds = DW_SCORE_UNKNOWN,
	};

	assert_int_equal(dw_stats_add_rating(&inputs.stats, 5), DW_OK);
	return inputs;
}

/* Bid 1100: 2 days, 24 months, unrated, 1.7613 miles. */
static DwScoreInputs
bid_1100(void)
{
	return (DwScoreInputs) {
		.price = 110000, .timeline_days = 2, .warranty_months = 24,
		.distance = 17613, .reply_seconds = DW_SCORE_UNKNOWN,
	};
}

/* The score of inputs that must have one; its points must add up. */
static DwScore
score_of(const DwScoreJob *job, DwScoreInputs inputs)
{
	DwScore		score;
	int64_t		sum = 0;

	assert_int_equal(dw_bid_score(job, &inputs, &score), DW_OK);
	for (int k = 0; k < DW_CRITERION_COUNT; k++)
		sum += score.points[k];
	assert_int_equal(sum, score.total);
	return score;
}

/* 64.66 and 58.75, and each criterion of the first. */
static void
test_worked_example(void **state)
{
	static const int64_t hundredths[DW_CRITERION_COUNT] = {
		2200, 1524, 800, 400, 333, 460, 500, 250
	};
	DwScoreJob	job = example_job();
	DwScore		score = score_of(&job, bid_950());
	int64_t		amount;

	for (int k = 0; k < DW_CRITERION_COUNT; k++)
		assert_int_equal(dw_score_hundredths(score.points[k]),
						 hundredths[k]);
	assert_true(score.has_points);
	assert_int_equal(dw_score_hundredths(score.total), 6466);
	assert_int_equal(score.total, 64664040);
	score = score_of(&job, bid_1100());
	assert_int_equal(dw_score_hundredths(score.total), 5875);

	assert_true(dw_score_amount(&job, DW_SCORE_POINT, &amount));
	assert_int_equal(amount, 2500);
}

/* The price: 0 at H, negative above, level below L. */
static void
test_price_points(void **state)
{
	DwScoreJob	job = example_job();

	assert_int_equal(dw_score_total(&job, 150000, 0), 0);
	assert_int_equal(dw_score_total(&job, 150001, 0), -400);
	assert_int_equal(dw_score_total(&job, 100000, 0), 20000000);
	assert_int_equal(dw_score_total(&job, 50000, 0), 40000000);
	assert_int_equal(dw_score_total(&job, 49999, 0), 40000000);
	assert_int_equal(dw_score_total(&job, 0, 5), 40000005);

	/* R = 3: L = 1, H = 4; floors go down on both sides of zero */
	job.reference = 3;
	assert_int_equal(dw_score_total(&job, 3, 0), 13333333);
	assert_int_equal(dw_score_total(&job, 5, 0), -13333334);

	/* the same where the product needs 128 bits: -20000000.00002 */
	job.reference = INT64_C(1000000000003);
	assert_int_equal(dw_score_total(&job, 2 * job.reference, 0), -20000001);

	job.reference = 1;
	assert_int_equal(dw_score_total(&job, INT64_MAX, 0), DW_SCORE_LEAST);
	job.reference = INT64_MAX;
	assert_int_equal(dw_score_total(&job, INT64_MAX, 0), 20000000 - 1);
}

/* One more unit of price never gains, for references odd and even. */
static void
test_price_falls(void **state)
{
	DwScoreJob	job = example_job();

	for (job.reference = 1; job.reference < 40; job.reference++)
	{
		int64_t		last = dw_score_total(&job, 0, 0);

		for (int64_t price = 1; price < 100; price++)
		{
			int64_t		now = dw_score_total(&job, price, 0);

			assert_true(now <= last);
			last = now;
		}
	}
}

/* All money and an even reference times ten: the same total. */
static void
test_scaling(void **state)
{
	DwScoreJob	job = example_job();
	DwScoreJob	big = job;

	big.reference *= 10;
	for (int64_t price = 0; price < 200000; price += 977)
		assert_int_equal(dw_score_total(&job, price, 0),
						 dw_score_total(&big, price * 10, 0));
}

/* A utility with one input changed from the example. */
static int64_t
utility(DwScoreInputs inputs, DwCriterion criterion)
{
	DwScoreJob	job = example_job();

	return score_of(&job, inputs).utility[criterion];
}

/* Each utility at the values that have names. */
static void
test_utilities(void **state)
{
	DwScoreInputs none = {
		.timeline_days = DW_SCORE_UNKNOWN, .distance = DW_SCORE_UNKNOWN,
		.reply_seconds = DW_SCORE_UNKNOWN,
	};
	DwScoreInputs some = {
		.price = 100000, .timeline_days = 2, .warranty_months = 12,
		.distance = 100000, .optional_met = 1, .optional_all = 3,
		.reply_seconds = 14400,
	};

	assert_int_equal(utility(none, DW_CRITERION_PRICE), 1000000);
	assert_int_equal(utility(none, DW_CRITERION_TIMELINE), 0);
	assert_int_equal(utility(none, DW_CRITERION_WARRANTY), 0);
	assert_int_equal(utility(none, DW_CRITERION_DISTANCE), 0);
	assert_int_equal(utility(none, DW_CRITERION_QUALIFICATION), 1000000);
	assert_int_equal(utility(none, DW_CRITERION_RESPONSIVENESS), 500000);

	assert_int_equal(utility(some, DW_CRITERION_PRICE), 500000);
	assert_int_equal(utility(some, DW_CRITERION_TIMELINE), 500000);
	assert_int_equal(utility(some, DW_CRITERION_WARRANTY), 500000);
	assert_int_equal(utility(some, DW_CRITERION_DISTANCE), 500000);
	assert_int_equal(utility(some, DW_CRITERION_QUALIFICATION), 333333);
	assert_int_equal(utility(some, DW_CRITERION_RESPONSIVENESS), 500000);
	some.price = INT64_MAX;
	assert_int_equal(utility(some, DW_CRITERION_PRICE), INT32_MIN);
	some.timeline_days = 0;
	assert_int_equal(utility(some, DW_CRITERION_TIMELINE), 1000000);
}

/* Days needed: whole days of eight hours, one at least. */
static void
test_timeline_days(void **state)
{
	static const int64_t cases[][2] = {
		{DW_SCORE_UNKNOWN, 500000}, {0, 500000}, {1, 500000}, {8, 500000},
		{9, 666666}, {16, 666666}, {17, 750000}, {INT64_MAX, 999999},
	};
	DwScoreInputs inputs = {.timeline_days = 1};

	for (size_t i = 0; i < DW_LENGTH(cases); i++)
	{
		DwScoreJob	job = example_job();

		job.estimated_hours = cases[i][0];
		assert_int_equal(score_of(&job, inputs)
						 .utility[DW_CRITERION_TIMELINE], cases[i][1]);
	}
}

/* Inputs no bid can have, weights that do not sum, value without R. */
static void
test_refuses(void **state)
{
	DwScoreJob	job = example_job();
	DwScoreInputs bad = bid_950();
	DwScore		score;

	bad.price = -1;
	assert_int_equal(dw_bid_score(&job, &bad, &score), DW_BAD_VALUE);
	bad = bid_950();
	bad.warranty_months = -1;
	assert_int_equal(dw_bid_score(&job, &bad, &score), DW_BAD_VALUE);
	bad = bid_950();
	bad.optional_met = 1;
	assert_int_equal(dw_bid_score(&job, &bad, &score), DW_BAD_VALUE);
	bad = bid_950();
	bad.stats.rating_weight = -1;
	assert_int_equal(dw_bid_score(&job, &bad, &score), DW_BAD_VALUE);

	bad = bid_950();
	job.weights.bps[DW_CRITERION_RATING]++;
	assert_int_equal(dw_bid_score(&job, &bad, &score), DW_CHECK_VIOLATION);
	job = example_job();
	job.reference = 0;
	assert_int_equal(dw_bid_score(&job, &bad, &score), DW_BAD_VALUE);
}

/* The weights of every method, from the default and from odd ones. */
static void
test_weights(void **state)
{
	static const DwScoreWeights no_price = {
		{0, 3334, 1667, 1667, 833, 833, 833, 833}
	};
	static const DwScoreWeights only_price = {{10000}};
	DwScoreWeights given = dw_score_weights_default(false);
	DwScoreWeights urgent = dw_score_weights_default(true);
	DwScoreWeights chosen;

	assert_int_equal(dw_score_weights_check(&given), DW_OK);
	assert_int_equal(dw_score_weights_check(&urgent), DW_OK);
	assert_int_equal(urgent.bps[DW_CRITERION_PRICE], 2500);
	assert_int_equal(urgent.bps[DW_CRITERION_TIMELINE], 2000);
	assert_int_equal(urgent.bps[DW_CRITERION_RESPONSIVENESS], 1000);

	assert_int_equal(dw_score_weights_choose(
		DW_SCORING_METHOD_FIXED_BUDGET_QUALITY, &given, &chosen), DW_OK);
	assert_memory_equal(&chosen, &no_price, sizeof(chosen));
	assert_int_equal(dw_score_weights_choose(
		DW_SCORING_METHOD_FIXED_BUDGET_QUALITY, &only_price, &chosen),
		DW_CHECK_VIOLATION);
	assert_int_equal(dw_score_weights_choose(
		DW_SCORING_METHOD_LOWEST_PRICE, &given, &chosen), DW_OK);
	assert_memory_equal(&chosen, &only_price, sizeof(chosen));
	assert_int_equal(dw_score_weights_choose(
		DW_SCORING_METHOD_MEAT, &urgent, &chosen), DW_OK);
	assert_memory_equal(&chosen, &urgent, sizeof(chosen));

	given.bps[DW_CRITERION_PRICE] = -4000;
	given.bps[DW_CRITERION_RATING] = 10000;
	assert_int_equal(dw_score_weights_choose(
		DW_SCORING_METHOD_VALUE, &given, &chosen), DW_CHECK_VIOLATION);
}

/* lowest_price without a reference still ranks, but has no score. */
static void
test_lowest_price(void **state)
{
	DwScoreJob	job = example_job();
	DwScore		score;
	int64_t		amount;

	job.method = DW_SCORING_METHOD_LOWEST_PRICE;
	job.weights = (DwScoreWeights) {{DW_SCORE_WEIGHT}};
	score = score_of(&job, bid_950());
	assert_int_equal(score.total, 55000000);
	job.reference = 0;
	score = score_of(&job, bid_950());
	assert_int_equal(score.total, -95000);
	assert_false(score.has_points);
	assert_false(dw_score_amount(&job, score.total, &amount));
}

/* Quality alone: the price has no points and no reference is needed. */
static void
test_fixed_budget(void **state)
{
	DwScoreJob	job = example_job();
	DwScoreWeights given = job.weights;
	DwScore		score;
	int64_t		amount;

	job.method = DW_SCORING_METHOD_FIXED_BUDGET_QUALITY;
	job.reference = 0;
	assert_int_equal(dw_score_weights_choose(job.method, &given,
											 &job.weights), DW_OK);
	score = score_of(&job, bid_950());
	assert_true(score.has_points);
	assert_int_equal(score.points[DW_CRITERION_PRICE], 0);
	assert_false(dw_score_amount(&job, score.total, &amount));
}

/* meat: minus the price of a point of quality, and no score. */
static void
test_meat(void **state)
{
	DwScoreJob	job = example_job();
	DwScore		score;
	int64_t		quality;

	job.method = DW_SCORING_METHOD_MEAT;
	score = score_of(&job, bid_950());
	quality = score.total - score.points[DW_CRITERION_PRICE];
	assert_int_equal(quality, 64664040 - 22000000);
	assert_int_equal(score.total, -(95000 * DW_SCORE_POINT / quality));
	assert_false(score.has_points);
	assert_int_equal(dw_score_total(&job, 95000, 0), -95000000000);
	assert_int_equal(dw_score_total(&job, INT64_MAX, 0), DW_SCORE_LEAST);
}

/* p: materials that the bid leaves out are the job's, or the lines'. */
static void
test_price(void **state)
{
	DwScoreOffer offer = {95000, 15000, 14000, 2, true};
	int64_t		price;
	bool		is_inconsistent;

	assert_int_equal(dw_score_price(&offer, 7000, &price, &is_inconsistent),
					 DW_OK);
	assert_int_equal(price, 95000);
	assert_true(is_inconsistent);
	offer.materials_cost = 14000;
	assert_int_equal(dw_score_price(&offer, 7000, &price, &is_inconsistent),
					 DW_OK);
	assert_false(is_inconsistent);
	offer = (DwScoreOffer) {95000, 15000, 0, 0, true};
	assert_int_equal(dw_score_price(&offer, DW_SCORE_UNKNOWN, &price,
									&is_inconsistent), DW_OK);
	assert_false(is_inconsistent);

	offer = (DwScoreOffer) {80000, 0, 14000, 2, false};
	assert_int_equal(dw_score_price(&offer, 7000, &price, &is_inconsistent),
					 DW_OK);
	assert_int_equal(price, 87000);
	assert_false(is_inconsistent);
	assert_int_equal(dw_score_price(&offer, DW_SCORE_UNKNOWN, &price,
									&is_inconsistent), DW_OK);
	assert_int_equal(price, 94000);
	assert_int_equal(dw_score_price(&offer, INT64_MAX, &price,
									&is_inconsistent), DW_OVERFLOW);
	offer.bid_amount = -1;
	assert_int_equal(dw_score_price(&offer, 0, &price, &is_inconsistent),
					 DW_BAD_VALUE);
}

/* Half-even to the hundredth, then between 0 and 100. */
static void
test_shown(void **state)
{
	assert_int_equal(dw_score_hundredths(64664040), 6466);
	assert_int_equal(dw_score_hundredths(5000), 0);
	assert_int_equal(dw_score_hundredths(15000), 2);
	assert_int_equal(dw_score_hundredths(25001), 3);
	assert_int_equal(dw_score_hundredths(-1), 0);
	assert_int_equal(dw_score_hundredths(DW_SCORE_LEAST), 0);
	assert_int_equal(dw_score_hundredths(100000000), 10000);
	assert_int_equal(dw_score_hundredths(INT64_MAX), 10000);
}

/* Money's worth rounds half-even and saturates. */
static void
test_amount(void **state)
{
	DwScoreJob	job = example_job();
	int64_t		amount;

	assert_true(dw_score_amount(&job, -22000000, &amount));
	assert_int_equal(amount, -55000);
	assert_true(dw_score_amount(&job, 200, &amount));
	assert_int_equal(amount, 0);
	assert_true(dw_score_amount(&job, 600, &amount));
	assert_int_equal(amount, 2);
	job.reference = INT64_MAX;
	assert_true(dw_score_amount(&job, DW_SCORE_LEAST, &amount));
	assert_int_equal(amount, INT64_MIN);
}

/* Labels differ, and lead back where they are read. */
static void
test_labels(void **state)
{
	DwScoringMethod method;

	for (int i = 0; i < DW_CRITERION_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(dw_criterion_label(i),
									dw_criterion_label(j));
	for (int i = 0; i < DW_SCORING_METHOD_COUNT; i++)
	{
		assert_true(dw_scoring_method_parse(dw_scoring_method_label(i),
											&method));
		assert_int_equal(method, i);
	}
	assert_false(dw_scoring_method_parse("best", &method));
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worked_example),
		cmocka_unit_test(test_price_points),
		cmocka_unit_test(test_price_falls),
		cmocka_unit_test(test_scaling),
		cmocka_unit_test(test_utilities),
		cmocka_unit_test(test_timeline_days),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_lowest_price),
		cmocka_unit_test(test_fixed_budget),
		cmocka_unit_test(test_meat),
		cmocka_unit_test(test_price),
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_amount),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
