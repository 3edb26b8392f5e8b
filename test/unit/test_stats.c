/*
 * test_stats.c
 *		The decay of every day, and what ratings do to a provider.
 */
#include "unit.h"

#include <math.h>

#include "core/score/score.h"

/* Sums of so many ratings of one kind, all of today. */
static DwStats
ratings(int64_t count, int64_t stars)
{
	int64_t		weight = count * DW_STATS_ONE;

	return (DwStats) {
		.rating_weight = weight,
		.rating_sum = weight * (stars - 1) / 4,
		.rating_square = weight * (stars - 1) * (stars - 1) / 16,
	};
}

/* A new five must not lower the utility, nor a new one raise it. */
static void
assert_moves_right(const DwStats *stats)
{
	int64_t		before = dw_stats_rating(stats);
	DwStats		up = *stats;
	DwStats		down = *stats;

	assert_int_equal(dw_stats_add_rating(&up, 5), DW_OK);
	assert_int_equal(dw_stats_add_rating(&down, 1), DW_OK);
	assert_true(dw_stats_rating(&up) >= before);
	assert_true(dw_stats_rating(&down) <= before);
}

/* Every day equals 2^(-d / half-life) to the millionth. */
static void
test_decay_table(void **state)
{
	static const double half_life[] = {365, 180};

	for (int decay = 0; decay < DW_DECAY_COUNT; decay++)
	{
		for (int64_t day = 0; day <= DW_STATS_MAX_DAYS; day++)
		{
			long double exact = 1e6L * exp2l(-day /
											 (long double) half_life[decay]);

			assert_int_equal(dw_decay_weight(decay, day), llroundl(exact));
		}
	}
	assert_int_equal(dw_decay_weight(DW_DECAY_STATS, 365), 500000);
	assert_int_equal(dw_decay_weight(DW_DECAY_MARKET, 360), 250000);
}

/* What lies ahead counts in full, what is older than ten years not. */
static void
test_decay_ends(void **state)
{
	assert_int_equal(dw_decay_weight(DW_DECAY_STATS, -5), DW_STATS_ONE);
	assert_int_equal(dw_decay_weight(DW_DECAY_STATS, INT64_MIN),
					 DW_STATS_ONE);
	assert_int_equal(dw_decay_weight(DW_DECAY_STATS, 3651), 0);
	assert_int_equal(dw_decay_weight(DW_DECAY_STATS, INT64_MAX), 0);
}

/* Half a life halves every sum. */
static void
test_decay_sums(void **state)
{
	DwStats		stats = {8000000, 6000000, 5000000, 4000000, 3000001};

	dw_stats_decay(&stats, 0);
	assert_int_equal(stats.awarded, 3000001);
	dw_stats_decay(&stats, 365);
	assert_int_equal(stats.rating_weight, 4000000);
	assert_int_equal(stats.rating_sum, 3000000);
	assert_int_equal(stats.rating_square, 2500000);
	assert_int_equal(stats.completed, 2000000);
	assert_int_equal(stats.awarded, 1500000);
}

/* Unrated: 0.8 less half of sqrt(0.16 / 9); one five: as in the example. */
static void
test_rating_values(void **state)
{
	DwStats		none = {0};
	DwStats		five = ratings(1, 5);

	assert_int_equal(dw_stats_rating(&none), 733333);
	assert_int_equal(dw_stats_rating(&five), 761771);
}

/* The integers agree with the formula in floating point. */
static void
test_rating_formula(void **state)
{
	for (int64_t count = 0; count < 300; count += 7)
	{
		for (int64_t stars = 1; stars <= 5; stars++)
		{
			DwStats		stats = ratings(count, stars);
			double		x = (stars - 1) / 4.0;
			double		n = 8.0 + count;
			double		mean = (6.4 + count * x) / n;
			double		moment = (6.4 + count * x * x) / n;
			double		exact = mean -
				sqrt((moment - mean * mean) / (n + 1.0)) / 2.0;
			int64_t		rating = dw_stats_rating(&stats);

			assert_true(rating >= (int64_t) (exact * 1e6 - 1e-3));
			assert_true(rating <= (int64_t) (exact * 1e6 + 1e-3));
		}
	}
}

/* Steady reviews count for more than torn ones of the same mean. */
static void
test_rating_spread(void **state)
{
	DwStats		steady = ratings(20, 3);
	DwStats		torn = {20000000, 10000000, 10000000, 0, 0};

	assert_true(dw_stats_rating(&steady) > dw_stats_rating(&torn));
}

/* Fives never hurt and ones never help, at any age of any history. */
static void
test_rating_monotone(void **state)
{
	for (int64_t count = 0; count <= 40000; count = count * 3 / 2 + 1)
	{
		for (int64_t stars = 1; stars <= 5; stars++)
		{
			for (int64_t days = 0; days < 4000; days += 331)
			{
				DwStats		stats = ratings(count, stars);

				dw_stats_decay(&stats, days);
				assert_moves_right(&stats);
			}
		}
	}
}

/* Prior 4.8 of 6; the rest is what was completed of what was awarded. */
static void
test_reliability(void **state)
{
	DwStats		stats = {0};

	assert_int_equal(dw_stats_reliability(&stats), 800000);
	stats.awarded = DW_STATS_ONE;
	assert_int_equal(dw_stats_reliability(&stats), 685714);
	stats.completed = DW_STATS_ONE;
	assert_int_equal(dw_stats_reliability(&stats), 828571);
	stats.completed = 100 * DW_STATS_ONE;
	assert_int_equal(dw_stats_reliability(&stats), DW_STATS_ONE);
}

/* Events add up, and what is none is refused. */
static void
test_events(void **state)
{
	DwStats		stats = {0};

	assert_int_equal(dw_stats_add_rating(&stats, 4), DW_OK);
	assert_int_equal(stats.rating_weight, 1000000);
	assert_int_equal(stats.rating_sum, 750000);
	assert_int_equal(stats.rating_square, 562500);
	assert_int_equal(dw_stats_add_rating(&stats, 0), DW_BAD_VALUE);
	assert_int_equal(dw_stats_add_rating(&stats, 6), DW_BAD_VALUE);
	assert_int_equal(dw_stats_add_award(&stats), DW_OK);
	assert_int_equal(dw_stats_add_completion(&stats), DW_OK);
	assert_int_equal(stats.awarded, stats.completed);
	stats.awarded = DW_STATS_MAX_WEIGHT;
	assert_int_equal(dw_stats_add_award(&stats), DW_OVERFLOW);
	assert_true(dw_stats_valid(&stats));
	stats.rating_square = stats.rating_sum + 1;
	assert_false(dw_stats_valid(&stats));
}

/* An award is taken out as it has faded, and no more than is there. */
static void
test_take_award(void **state)
{
	DwStats		stats = {.awarded = 2 * DW_STATS_ONE,.completed = 7};

	dw_stats_take_award(&stats, 0);
	assert_int_equal(stats.awarded, DW_STATS_ONE);
	dw_stats_take_award(&stats, -1);
	assert_int_equal(stats.awarded, 0);
	dw_stats_take_award(&stats, 0);
	assert_int_equal(stats.awarded, 0);
	assert_int_equal(stats.completed, 7);
	for (int days = 0; days < 800; days += 13)
	{
		DwStats		faded = {0};

		assert_int_equal(dw_stats_add_award(&faded), DW_OK);
		dw_stats_decay(&faded, days);
		assert_int_equal(dw_stats_add_award(&faded), DW_OK);
		dw_stats_take_award(&faded, days);
		assert_within(faded.awarded, DW_STATS_ONE - 1, DW_STATS_ONE);
		assert_true(dw_stats_valid(&faded));
	}
}

/* Stars are their mean, to the hundredth, whatever has faded. */
static void
test_stars(void **state)
{
	DwStats		stats = {0};

	assert_int_equal(dw_stats_stars(&stats), DW_STATS_NO_STARS);
	assert_int_equal(dw_stats_add_rating(&stats, 1), DW_OK);
	assert_int_equal(dw_stats_stars(&stats), 100);
	assert_int_equal(dw_stats_add_rating(&stats, 5), DW_OK);
	assert_int_equal(dw_stats_add_rating(&stats, 5), DW_OK);
	assert_int_equal(dw_stats_stars(&stats), 367);
	dw_stats_decay(&stats, 365);
	assert_int_equal(dw_stats_stars(&stats), 367);
	/* the recent one counts twice as much as each of the three before */
	assert_int_equal(dw_stats_add_rating(&stats, 1), DW_OK);
	assert_int_equal(dw_stats_stars(&stats), 260);
	stats = (DwStats) {.rating_weight = DW_STATS_MAX_WEIGHT,
	.rating_sum = DW_STATS_MAX_WEIGHT};
	assert_int_equal(dw_stats_stars(&stats), 500);
	dw_stats_decay(&stats, DW_STATS_MAX_DAYS + 1);
	assert_int_equal(dw_stats_stars(&stats), DW_STATS_NO_STARS);
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decay_table),
		cmocka_unit_test(test_decay_ends),
		cmocka_unit_test(test_decay_sums),
		cmocka_unit_test(test_rating_values),
		cmocka_unit_test(test_rating_formula),
		cmocka_unit_test(test_rating_spread),
		cmocka_unit_test(test_rating_monotone),
		cmocka_unit_test(test_reliability),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_take_award),
		cmocka_unit_test(test_stars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
