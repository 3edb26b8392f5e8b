/*
 * test_learning.c
 *		What outcomes teach, what an anchor is made of, how a pace moves.
 */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../sim/luck.h"
#include "agent_inputs.h"

static const DwLearningSettings *const learning = &dw_learning_defaults;
static const int64_t three = 3 * DW_NANOS;

static DwAgentParameters parameters;

/* Features of a bid at a ratio to the anchor. */
static DwFeatures
at_ratio(double ratio)
{
	DwFeatures	features = {{1, dw_log(ratio), 0.1, 0.2, 0}};

	return features;
}

/* The chance of that bid. */
static double
chance(double ratio)
{
	DwFeatures	features = at_ratio(ratio);

	return dw_chance_against(dw_learning_rivals(&parameters, &features,
												three));
}

/* Learns from the same outcome so many times. */
static void
learn(double ratio, DwOutcome outcome, int times)
{
	DwFeatures	features = at_ratio(ratio);

	for (int i = 0; i < times; i++)
		dw_learning_outcome(learning, &features, three, outcome, &parameters);
}

/* At the anchor one of four wins by the prior, which is valid. */
static void
test_prior(void **state)
{
	DwFeatures	plain = {{1, 0, 0, 0, 0}};

	dw_agent_prior(learning, &parameters);
	assert_true(dw_agent_parameters_valid(&parameters));
	assert_true(fabs(dw_chance_against(dw_learning_rivals(&parameters, &plain,
														  three)) - 0.25) <
				1e-12);
	assert_int_equal(parameters.samples, 0);
	assert_int_equal(parameters.pace_ppm, DW_PPM);
	assert_true(chance(0.9) > chance(1) && chance(1) > chance(1.1));
}

/* Wins raise the chance, losses lower it, and the rest changes nothing. */
static void
test_direction(void **state)
{
	double		before;
	DwAgentParameters same;

	dw_agent_prior(learning, &parameters);
	before = chance(1);
	learn(1, DW_OUTCOME_WON, 1);
	assert_true(chance(1) > before);
	assert_int_equal(parameters.samples, 1);
	assert_int_equal(parameters.wins, 1);
	same = parameters;
	learn(1, DW_OUTCOME_CENSORED, 5);
	assert_memory_equal(&same, &parameters, sizeof(same));
	dw_agent_prior(learning, &parameters);
	learn(1, DW_OUTCOME_LOST, 1);
	assert_true(chance(1) < before);
	assert_int_equal(parameters.wins, 0);
}

/* Bids that always win at any price cannot make price not matter. */
static void
test_slope(void **state)
{
	dw_agent_prior(learning, &parameters);
	for (int i = 0; i < 20000; i++)
		learn(i % 2 ? 0.3 : 3, i % 2 ? DW_OUTCOME_LOST : DW_OUTCOME_WON, 1);
	assert_int_equal(parameters.weight[DW_FEATURE_PRICE],
					 learning->slope_max);
	assert_true(dw_agent_parameters_valid(&parameters));
}

/* The share that is won becomes the chance, and what is shown. */
static void
test_converges(void **state)
{
	Luck		luck = {1};
	DwFeatures	features = at_ratio(1);
	double		odds;

	dw_agent_prior(learning, &parameters);
	for (int i = 0; i < 5000; i++)
		learn(1, luck_share(&luck) < 0.6 ? DW_OUTCOME_WON : DW_OUTCOME_LOST,
			  1);
	odds = dw_learning_rivals(&parameters, &features, three);
	assert_true(fabs(chance(1) - 0.6) < 0.1);
	assert_true(fabs(dw_learning_shown(&parameters, odds) - 0.6) < 0.1);
}

/* One outcome moves no weight by more than a step, however strange. */
static void
test_step(void **state)
{
	DwFeatures	strange = {{1, -600, 1000, -1000, 1e6}};
	DwAgentParameters before;

	dw_agent_prior(learning, &parameters);
	before = parameters;
	dw_learning_outcome(learning, &strange, three, DW_OUTCOME_LOST,
						&parameters);
	for (int i = 0; i < DW_FEATURE_COUNT; i++)
		assert_true(llabs(parameters.weight[i] - before.weight[i]) <=
					learning->step_max + 1);
	assert_true(dw_agent_parameters_valid(&parameters));
}

/* Anything learnt comes back from its fields and learns on the same. */
static void
test_fields(void **state)
{
	DwAgentParameters again = {0};

	dw_agent_prior(learning, &parameters);
	learn(1.1, DW_OUTCOME_LOST, 7);
	learn(0.9, DW_OUTCOME_WON, 3);
	for (int i = 0; i < dw_agent_parameters_fields.count; i++)
	{
		const DwNumberField *field = &dw_agent_parameters_fields.fields[i];

		for (int j = 0; j < field->count; j++)
			assert_true(dw_number_set(field, &again, j,
									  dw_number_get(field, &parameters, j)));
	}
	assert_memory_equal(&again, &parameters, sizeof(again));
}

/* Golden: the order of outcomes and every bit of the arithmetic. */
static void
test_golden(void **state)
{
	Luck		luck = {9};

	dw_agent_prior(learning, &parameters);
	for (int i = 0; i < 1000; i++)
	{
		double		ratio = 0.7 + 0.6 * luck_share(&luck);

		learn(ratio, luck_share(&luck) < 0.3 ? DW_OUTCOME_WON :
			  DW_OUTCOME_LOST, 1);
	}
	assert_int_equal(parameters.weight[DW_FEATURE_ONE], -220800997);
	assert_int_equal(parameters.weight[DW_FEATURE_PRICE],
					 INT64_C(-5431733357));
	assert_int_equal(parameters.shown[0], -602760177);
	assert_int_equal(parameters.shown[1], 130318129);
}

/*
 * Outcomes that contradict every chance draw the calibrator's scale down to
 * nothing, and no further; it comes back with those that fit.
 */
static void
test_scale(void **state)
{
	int64_t		least;

	dw_agent_prior(learning, &parameters);
	for (int i = 0; i < 200; i++)
	{
		learn(1.3, DW_OUTCOME_WON, 1);
		learn(0.7, DW_OUTCOME_LOST, 1);
		assert_true(parameters.shown[1] >= 0);
		assert_true(dw_agent_parameters_valid(&parameters));
	}
	least = parameters.shown[1];
	assert_int_equal(least, 0);
	for (int i = 0; i < 200; i++)
	{
		learn(1.3, DW_OUTCOME_LOST, 1);
		learn(0.7, DW_OUTCOME_WON, 1);
	}
	assert_true(parameters.shown[1] > DW_NANOS / 10);
}

/* What was stored and cannot be is told. */
static void
test_invalid(void **state)
{
	static const int64_t bad[] = {0, -1};

	for (int i = 0; i < 2; i++)
	{
		dw_agent_prior(learning, &parameters);
		parameters.precision[i] = bad[i];
		assert_false(dw_agent_parameters_valid(&parameters));
		dw_agent_prior(learning, &parameters);
		parameters.shown_precision[i] = bad[i];
		assert_false(dw_agent_parameters_valid(&parameters));
	}
	dw_agent_prior(learning, &parameters);
	parameters.weight[DW_FEATURE_PRICE] = 0;
	assert_false(dw_agent_parameters_valid(&parameters));
	dw_agent_prior(learning, &parameters);
	parameters.shown[1] = 0;
	assert_true(dw_agent_parameters_valid(&parameters));
	parameters.shown[1] = -1;
	assert_false(dw_agent_parameters_valid(&parameters));
	dw_agent_prior(learning, &parameters);
	parameters.value[3] = 5;
	assert_false(dw_agent_parameters_valid(&parameters));
	dw_agent_prior(learning, &parameters);
	parameters.pace_ppm = 0;
	assert_false(dw_agent_parameters_valid(&parameters));
	dw_agent_prior(learning, &parameters);
	parameters.wins = 1;
	assert_false(dw_agent_parameters_valid(&parameters));
}

/* ----------------------------------------------------------------------
 * The anchor
 * ---------------------------------------------------------------------- */

/* Six winners at 100.00, one of whom may have won so often at a price. */
static int64_t
anchor(int64_t reference, int64_t category, int often, int64_t price)
{
	const DwAnchorJob job = {reference, category};
	DwWinningPrice prices[20];
	int			count = 0;

	for (int i = 0; i < 6; i++)
		prices[count++] = (DwWinningPrice)
	{
		10000, 0, i
	};
	for (int i = 0; i < often; i++)
		prices[count++] = (DwWinningPrice)
	{
		price, 0, 99
	};
	return dw_anchor(learning, &job, prices, count);
}

/* Nothing known is 0; else the job's own, else the category's. */
static void
test_anchor_without_prices(void **state)
{
	DwAnchorJob job = {0, 0};

	assert_int_equal(dw_anchor(learning, &job, NULL, 0), 0);
	job.reference = 5000;
	assert_int_equal(dw_anchor(learning, &job, NULL, 0), 5000);
	job.category_reference = 10000;
	assert_int_equal(dw_anchor(learning, &job, NULL, 0), 7000);
	job.reference = 0;
	assert_int_equal(dw_anchor(learning, &job, NULL, 0), 10000);
}

/* Prices mix with the job's reference, which counts as three of them. */
static void
test_anchor_mix(void **state)
{
	assert_int_equal(anchor(0, 0, 0, 0), 10000);
	assert_int_equal(anchor(20000, 0, 0, 0), (6 * 10000 + 3 * 20000) / 9);
	assert_int_equal(anchor(0, 0, 2, 18000), (60000 + 36000) / 8);
	assert_int_equal(anchor(0, 20000, 0, 0), 14000);
	assert_int_equal(anchor(0, 5000, 0, 0), 6500);
}

/* Fewer than five winners, or one of more than two fifths, is nothing. */
static void
test_anchor_is_nobodys(void **state)
{
	const DwAnchorJob job = {7000, 0};
	DwWinningPrice prices[5];

	for (int i = 0; i < 5; i++)
		prices[i] = (DwWinningPrice)
	{
		10000, 0, i
	};
	assert_int_equal(dw_anchor(learning, &job, prices, 4), 7000);
	assert_int_equal(dw_anchor(learning, &job, prices, 5),
					 (5 * 10000 + 3 * 7000) / 8);
	prices[4].winner = 3;
	assert_int_equal(dw_anchor(learning, &job, prices, 5), 7000);

	/* 4 of 10 are two fifths, 5 of 11 are more */
	assert_int_equal(anchor(0, 0, 4, 20000), (60000 + 80000) / 10);
	assert_int_equal(anchor(0, 0, 5, 20000), 0);
}

/*
 * Two digits of what the winners come to: one price tells nothing that
 * another near it would not, whatever reference is mixed in.
 */
static void
test_anchor_has_two_digits(void **state)
{
	for (int64_t price = 9650; price < 13500; price += 29)
		assert_int_equal(anchor(0, 0, 1, price), 10000);
	for (int64_t reference = 9000; reference < 9100; reference++)
		for (int64_t price = 9650; price < 13500; price += 500)
			assert_int_equal(anchor(reference, 0, 1, price),
							 anchor(reference, 0, 1, 10000));
	assert_int_equal(anchor(0, 0, 1, 13600), 11000);
	assert_int_equal(anchor(0, 0, 1, 13600), anchor(0, 0, 1, 20000));
	assert_int_equal(anchor(7777, 0, 1, 13600),
					 (7 * 11000 + 3 * 7777) / 10);
}

/* Half a year halves what a price weighs, and ten years end it. */
static void
test_anchor_decays(void **state)
{
	const DwAnchorJob job = {0, 0};
	DwWinningPrice prices[10];

	for (int i = 0; i < 10; i++)
		prices[i] = (DwWinningPrice)
	{
		i < 5 ? 10000 : 40000, i < 5 ? 180 : 0, i
	};
	assert_int_equal(dw_anchor(learning, &job, prices, 10),
					 (5 * 10000 + 10 * 40000) / 15);
	for (int i = 0; i < 5; i++)
		prices[i].days = 4000;
	assert_int_equal(dw_anchor(learning, &job, prices, 10), 40000);
	prices[9].days = 4000;
	assert_int_equal(dw_anchor(learning, &job, prices, 10), 0);
}

/* ----------------------------------------------------------------------
 * The pace of a goal
 * ---------------------------------------------------------------------- */

/* The pace after so many steps with what was reached. */
static int64_t
pace(DwAgentGoal goal, int64_t target, int64_t reached, int steps)
{
	DwAgentSettings agent = {.goal = goal,.goal_target = target};

	for (int i = 0; i < steps; i++)
		dw_agent_pace(learning, &agent, reached, &parameters);
	return parameters.pace_ppm;
}

/* Too few hours or wins ask less, too little margin asks more. */
static void
test_pace(void **state)
{
	dw_agent_prior(learning, &parameters);
	assert_int_equal(pace(DW_AGENT_FILL_HOURS, 40, 40, 5), DW_PPM);
	assert_int_equal(pace(DW_AGENT_FILL_HOURS, 40, 20, 1), 990000);
	assert_int_equal(pace(DW_AGENT_FILL_HOURS, 40, 0, 1), 970200);
	assert_int_equal(pace(DW_AGENT_FILL_HOURS, 40, 0, 500), 800000);
	assert_int_equal(pace(DW_AGENT_TARGET_WIN_RATE, 300000, 1000000, 1),
					 816000);
	assert_int_equal(pace(DW_AGENT_TARGET_WIN_RATE, 300000, 1000000, 500),
					 1250000);
	dw_agent_prior(learning, &parameters);
	assert_int_equal(pace(DW_AGENT_MIN_MARGIN, 200000, 100000, 1), 1010000);
	assert_int_equal(pace(DW_AGENT_MIN_MARGIN, 200000, INT64_MAX, 1), 989800);
	assert_int_equal(pace(DW_AGENT_MIN_MARGIN, 200000, INT64_MIN / 4, 1),
					 1009596);
}

/* Without a goal the pace goes back to none, from either side. */
static void
test_pace_goes_home(void **state)
{
	dw_agent_prior(learning, &parameters);
	parameters.pace_ppm = 800000;
	assert_true(pace(DW_AGENT_MAX_PROFIT, 0, 0, 2000) > 990000);
	parameters.pace_ppm = 1250000;
	assert_true(pace(DW_AGENT_MAX_PROFIT, 0, 0, 2000) < 1010000);
	parameters.pace_ppm = 1250000;
	assert_true(pace(DW_AGENT_MIN_MARGIN, 0, 5, 2000) < 1010000);
}

/* A pace moves the price, and no guard. */
static void
test_pace_and_price(void **state)
{
	DwAgentInputs inputs;
	DwAgentDecision slow;
	DwAgentDecision fast;

	usual_inputs(&inputs);
	inputs.parameters.pace_ppm = 800000;
	dw_agent_decide(&inputs, NULL, &slow);
	inputs.parameters.pace_ppm = 1250000;
	dw_agent_decide(&inputs, NULL, &fast);
	assert_true(slow.amount < fast.amount);
	assert_true(slow.amount >= slow.floor && fast.amount <= fast.ceiling);
	assert_int_equal(slow.floor, fast.floor);
	assert_int_equal(slow.ceiling, fast.ceiling);
}

/* Marks of a day: how many jobs, and what they were worth. */
static void
test_marks(void **state)
{
	int64_t		values[1000];

	for (int i = 0; i < 1000; i++)
		values[i] = (i * 7919) % 1000;
	dw_agent_prior(learning, &parameters);
	dw_pacing_learn(values, 1000, 28, &parameters);
	assert_int_equal(parameters.arrivals, 1000 * DW_MICROS / 28);
	for (int i = 0; i < DW_PACING_MARKS; i++)
		assert_int_equal(parameters.value[i], dw_pacing_levels[i] / 1000);
	assert_true(dw_agent_parameters_valid(&parameters));
	dw_pacing_learn(values, 0, 28, &parameters);
	assert_int_equal(parameters.arrivals, 0);
	assert_int_equal(parameters.value[DW_PACING_MARKS - 1], 0);
	dw_pacing_learn(values, 10, 0, &parameters);
	assert_int_equal(parameters.arrivals, 0);
}

/* ----------------------------------------------------------------------
 * The settings that fill all constants
 * ---------------------------------------------------------------------- */

/* A constant of core, and the setting that takes its place. */
typedef struct Constant
{
	const char *setting;		/* its name */
	int64_t		number;			/* built in */
}			Constant;

/* The built-in settings are the constants that all this is tried with. */
static void
test_settings(void **state)
{
	const DwAgentPlatform *platform = &dw_agent_platform_defaults;
	const		Constant constants[] = {
		{"agent_base_aggressive_ppm", platform->base_ppm[0]},
		{"agent_base_balanced_ppm", platform->base_ppm[1]},
		{"agent_base_premium_ppm", platform->base_ppm[2]},
		{"agent_kappa_aggressive_ppm", platform->kappa_ppm[0]},
		{"agent_kappa_balanced_ppm", platform->kappa_ppm[1]},
		{"agent_kappa_premium_ppm", platform->kappa_ppm[2]},
		{"agent_band_ppm", platform->band_ppm},
		{"agent_rivals", platform->rivals},
		{"agent_sure_samples", platform->sure_samples},
		{"agent_arrivals_weight", platform->arrivals_weight},
		{"agent_recheck_minutes", platform->recheck_minutes},
		{"learning_mean_one", learning->mean[DW_FEATURE_ONE]},
		{"learning_mean_price", learning->mean[DW_FEATURE_PRICE]},
		{"learning_mean_rating", learning->mean[DW_FEATURE_RATING]},
		{"learning_mean_distance", learning->mean[DW_FEATURE_DISTANCE]},
		{"learning_mean_time", learning->mean[DW_FEATURE_TIME]},
		{"learning_weight_one", learning->weight[DW_FEATURE_ONE]},
		{"learning_weight_price", learning->weight[DW_FEATURE_PRICE]},
		{"learning_weight_rating", learning->weight[DW_FEATURE_RATING]},
		{"learning_weight_distance", learning->weight[DW_FEATURE_DISTANCE]},
		{"learning_weight_time", learning->weight[DW_FEATURE_TIME]},
		{"learning_slope_max", learning->slope_max},
		{"learning_step_max", learning->step_max},
		{"learning_keep_ppm", learning->keep_ppm},
		{"learning_shown_weight_shift", learning->shown_weight[0]},
		{"learning_shown_weight_scale", learning->shown_weight[1]},
		{"learning_shown_keep_ppm", learning->shown_keep_ppm},
		{"anchor_winners", learning->anchor_winners},
		{"anchor_share_ppm", learning->anchor_share_ppm},
		{"anchor_band_ppm", learning->anchor_band_ppm},
		{"anchor_reference", learning->anchor_reference},
		{"goal_step_ppm", learning->goal_step_ppm},
		{"goal_least_ppm", learning->goal_least_ppm},
		{"goal_most_ppm", learning->goal_most_ppm}
	};
	static char sql[200000];
	FILE	   *file = fopen("sql/admin/tables.sql", "r");

	/* from another directory there is nothing to compare with */
	if (file == NULL)
		skip();
	sql[fread(sql, 1, sizeof(sql) - 1, file)] = '\0';
	fclose(file);
	for (int i = 0; i < DW_LENGTH(constants); i++)
	{
		char		row[100];

		snprintf(row, sizeof(row), "('%s', '%lld',", constants[i].setting,
				 (long long) constants[i].number);
		if (strstr(sql, row) == NULL)
			fail_msg("no row %s", row);
	}
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prior),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_slope),
		cmocka_unit_test(test_converges),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_anchor_without_prices),
		cmocka_unit_test(test_anchor_mix),
		cmocka_unit_test(test_anchor_is_nobodys),
		cmocka_unit_test(test_anchor_has_two_digits),
		cmocka_unit_test(test_anchor_decays),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_pace_goes_home),
		cmocka_unit_test(test_pace_and_price),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
