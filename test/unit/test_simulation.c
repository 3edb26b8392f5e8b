/*
 * test_simulation.c
 *		Agents in made-up markets: what learning is worth, and what it spares.
 *
 * A small run of test/sim/market.c, whose whole run has the figures.
 */
#include "unit.h"

#include "../sim/market.h"

#define JOBS		1500
#define PROVIDERS	10

/* Runs the market of that name. */
static Outcome
run(const char *name, const DwLearningSettings *learning)
{
	for (int i = 0; i < DW_LENGTH(market_scenarios); i++)
		if (strcmp(market_scenarios[i].name, name) == 0)
			return market_run(&market_scenarios[i], learning,
							  DW_AGENT_BALANCED, JOBS, PROVIDERS);
	fail_msg("no market %s", name);
	return (Outcome)
	{
		0
	};
}

/* Nowhere much is lost, and what is shown is nearly true. */
static void
test_twelve(void **state)
{
	int			good = 0;

	for (int i = 0; i < MARKET_TWELVE; i++)
	{
		Outcome		outcome = market_run(&market_scenarios[i],
										 &dw_learning_defaults,
										 DW_AGENT_BALANCED, JOBS, PROVIDERS);

		assert_true(outcome.profit >= -0.025);
		assert_true(outcome.error <=
					(MARKET_DRIFTS(&market_scenarios[i]) ? 0.08 : 0.04));
		good += outcome.profit >= 0.03;
	}
	assert_true(good >= 4);
}

/* A free slope believes the noise of the anchor, and asks too much. */
static void
test_free_slope(void **state)
{
	DwLearningSettings learning = dw_learning_defaults;

	learning.weight[DW_FEATURE_PRICE] = learning.weight[DW_FEATURE_ONE];
	assert_true(run("anchor noisy by 15 %", &learning).profit < -0.04);
}

/* Without a calibrator that learns, what is shown is what was believed. */
static void
test_calibrator(void **state)
{
	DwLearningSettings learning = dw_learning_defaults;

	learning.shown_weight[0] = learning.shown_weight[1] = 1000000 * DW_NANOS;
	assert_true(run("anchor noisy by 15 %", &learning).error > 0.07);
}

/* Where an anchor ends that is made of so many wins. */
static SpiralEnd
spiral(DwAgentStrategy strategy, bool is_raw, bool is_lowest,
	   int64_t category_reference)
{
	Spiral		what = {strategy, is_raw, is_lowest, category_reference};

	return spiral_run(&what, JOBS);
}

/* The anchor stays with the fair price, whoever bids. */
static void
test_anchor_holds(void **state)
{
	for (int i = 0; i < DW_AGENT_STRATEGY_COUNT; i++)
		for (int lowest = 0; lowest < 2; lowest++)
		{
			SpiralEnd	end = spiral(i, false, lowest, 0);

			assert_true(end.last > 0.85 && end.last < 1.15);
			assert_true(end.on_floor <= 0.2);
		}
}

/* Made of what agents ask it would run away, both ways, and be caught. */
static void
test_anchor_would_spiral(void **state)
{
	assert_true(spiral(DW_AGENT_AGGRESSIVE, true, true, 0).on_floor > 0.6);
	assert_true(spiral(DW_AGENT_AGGRESSIVE, true, true, 0).last < 0.8);
	assert_true(spiral(DW_AGENT_PREMIUM, true, false, 0).last > 1.8);
	assert_true(spiral(DW_AGENT_PREMIUM, true, false, 100000).last <= 1.3);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twelve),
		cmocka_unit_test(test_free_slope),
		cmocka_unit_test(test_calibrator),
		cmocka_unit_test(test_anchor_holds),
		cmocka_unit_test(test_anchor_would_spiral),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
