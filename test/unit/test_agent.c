/*
 * test_agent.c
 *		What a provider may tell their agent.
 */
#include "unit.h"

#include "core/agent/agent.h"

/* Every label reads back as what it is the label of. */
static void
test_labels(void **state)
{
	DwAgentMode mode;
	DwAgentStrategy strategy;
	DwAgentTier tier;

	for (int i = 0; i < DW_AGENT_MODE_COUNT; i++)
	{
		assert_true(dw_agent_mode_parse(dw_agent_mode_label(i), &mode));
		assert_int_equal(mode, i);
	}
	for (int i = 0; i < DW_AGENT_STRATEGY_COUNT; i++)
	{
		assert_true(dw_agent_strategy_parse(dw_agent_strategy_label(i),
											&strategy));
		assert_int_equal(strategy, i);
	}
	for (int i = 0; i < DW_AGENT_TIER_COUNT; i++)
	{
		assert_true(dw_agent_tier_parse(dw_agent_tier_label(i), &tier));
		assert_int_equal(tier, i);
	}
	assert_false(dw_agent_tier_parse("gold", &tier));
}

/* Judges usual numbers of which one was changed. */
static const DwAgentNumbers usual = {
	.radius = 15, .bids_per_day = 8, .min_value = 20000,
	.max_value = 200000, .margin_ppm = 150000
};
static DwAgentNumbers numbers;

#define judge(member, value) \
	(numbers = usual, numbers.member = (value), dw_agent_judge(&numbers))

/* Each number has limits, and they are values themselves. */
static void
test_judge(void **state)
{
	assert_int_equal(judge(radius, 4), DW_AGENT_BAD_RADIUS);
	assert_int_equal(judge(radius, 5), DW_AGENT_OK);
	assert_int_equal(judge(radius, 50), DW_AGENT_OK);
	assert_int_equal(judge(radius, 51), DW_AGENT_BAD_RADIUS);
	assert_int_equal(judge(bids_per_day, 0), DW_AGENT_BAD_DAY);
	assert_int_equal(judge(bids_per_day, 20), DW_AGENT_OK);
	assert_int_equal(judge(bids_per_day, 21), DW_AGENT_BAD_DAY);
	assert_int_equal(judge(min_value, 0), DW_AGENT_BAD_MIN_VALUE);
	assert_int_equal(judge(min_value, 200000), DW_AGENT_OK);
	assert_int_equal(judge(min_value, 200001), DW_AGENT_BAD_MAX_VALUE);
	assert_int_equal(judge(max_value, INT64_MIN), DW_AGENT_BAD_MAX_VALUE);
	assert_int_equal(judge(max_value, INT64_MAX), DW_AGENT_OK);
	assert_int_equal(judge(margin_ppm, -1), DW_AGENT_BAD_MARGIN);
	assert_int_equal(judge(margin_ppm, 10000000), DW_AGENT_OK);
	assert_int_equal(judge(margin_ppm, 10000001), DW_AGENT_BAD_MARGIN);
	assert_int_equal(judge(threshold, -1), DW_AGENT_BAD_THRESHOLD);
}

/* Judges usual aims of which one was changed. */
static const DwAgentAims at_first = {.max_open_jobs = 5};
static DwAgentAims aims;

#define judge_aims(member, value) \
	(aims = at_first, aims.member = (value), dw_agent_judge_aims(&aims))

/* Aims have limits, too, and a goal needs a target of its own kind. */
static void
test_judge_aims(void **state)
{
	static const int64_t most[DW_AGENT_GOAL_COUNT] = {
		[DW_AGENT_MAX_PROFIT] = 0,
		[DW_AGENT_FILL_HOURS] = 168,
		[DW_AGENT_TARGET_WIN_RATE] = 1000000,
		[DW_AGENT_MIN_MARGIN] = 10000000
	};

	assert_int_equal(judge_aims(max_exposure, -1), DW_AGENT_BAD_EXPOSURE);
	assert_int_equal(judge_aims(max_exposure, 0), DW_AGENT_OK);
	assert_int_equal(judge_aims(max_exposure, INT64_MAX), DW_AGENT_OK);
	assert_int_equal(judge_aims(max_open_jobs, 0), DW_AGENT_BAD_OPEN_JOBS);
	assert_int_equal(judge_aims(max_open_jobs, 1), DW_AGENT_OK);
	assert_int_equal(judge_aims(max_open_jobs, 1000), DW_AGENT_OK);
	assert_int_equal(judge_aims(max_open_jobs, 1001),
					 DW_AGENT_BAD_OPEN_JOBS);
	assert_int_equal(judge_aims(min_win_ppm, -1), DW_AGENT_BAD_WIN);
	assert_int_equal(judge_aims(min_win_ppm, 1000000), DW_AGENT_OK);
	assert_int_equal(judge_aims(min_win_ppm, 1000001), DW_AGENT_BAD_WIN);
	for (DwAgentGoal goal = 0; goal < DW_AGENT_GOAL_COUNT; goal++)
	{
		DwAgentAims its = {.goal = goal, .max_open_jobs = 5};

		assert_int_equal(dw_agent_goal_max(goal), most[goal]);
		assert_int_equal(dw_agent_judge_aims(&its), most[goal] == 0 ?
						 DW_AGENT_OK : DW_AGENT_BAD_TARGET);
		its.goal_target = most[goal];
		assert_int_equal(dw_agent_judge_aims(&its), DW_AGENT_OK);
		its.goal_target = most[goal] + 1;
		assert_int_equal(dw_agent_judge_aims(&its), DW_AGENT_BAD_TARGET);
		its.goal_target = -1;
		assert_int_equal(dw_agent_judge_aims(&its), DW_AGENT_BAD_TARGET);
	}
}

/* Judges a mandate of one limit. */
static DwMandateLimits limits;

#define judge_mandate(member, value) \
	(memset(&limits, 0, sizeof(limits)), limits.member = (value), \
	 dw_mandate_judge(&limits))

/* What can be signed is what can be set, or no limit. */
static void
test_judge_mandate(void **state)
{
	assert_int_equal(judge_mandate(max_amount, 0), DW_MANDATE_FITS);
	assert_int_equal(judge_mandate(max_amount, INT64_MAX), DW_MANDATE_FITS);
	assert_int_equal(judge_mandate(max_amount, -1), DW_MANDATE_AMOUNT);
	assert_int_equal(judge_mandate(max_exposure, INT64_MIN),
					 DW_MANDATE_EXPOSURE);
	assert_int_equal(judge_mandate(bids_per_day, 20), DW_MANDATE_FITS);
	assert_int_equal(judge_mandate(bids_per_day, 21), DW_MANDATE_DAY);
	assert_int_equal(judge_mandate(bids_per_day, -1), DW_MANDATE_DAY);
	assert_int_equal(judge_mandate(radius, 4), DW_MANDATE_RADIUS);
	assert_int_equal(judge_mandate(radius, 5), DW_MANDATE_FITS);
	assert_int_equal(judge_mandate(radius, 51), DW_MANDATE_RADIUS);
	assert_int_equal(judge_mandate(open_jobs, 1001), DW_MANDATE_OPEN_JOBS);
	assert_int_equal(judge_mandate(open_jobs, 1), DW_MANDATE_FITS);
	assert_int_equal(judge_mandate(margin_ppm, 10000001),
					 DW_MANDATE_MARGIN);
	assert_int_equal(judge_mandate(margin_ppm, 10000000), DW_MANDATE_FITS);
	assert_int_equal(judge_mandate(bids_per_month, -1), DW_MANDATE_MONTH);
	assert_int_equal(judge_mandate(bids_per_month, 1000001),
					 DW_MANDATE_MONTH);
	assert_int_equal(judge_mandate(bids_per_month, 1000000),
					 DW_MANDATE_FITS);
	assert_int_equal(judge_mandate(threshold, -1), DW_MANDATE_THRESHOLD);
	assert_int_equal(judge_mandate(threshold, INT64_MAX), DW_MANDATE_FITS);
}

/* The smaller limit holds, and none holds nothing. */
static void
test_limit(void **state)
{
	assert_int_equal(dw_limit_min(0, 0), 0);
	assert_int_equal(dw_limit_min(5, 0), 5);
	assert_int_equal(dw_limit_min(0, 5), 5);
	assert_int_equal(dw_limit_min(4, 5), 4);
	assert_int_equal(dw_limit_min(INT64_MAX, 5), 5);
	assert_false(dw_limit_exceeds(0, 0));
	assert_true(dw_limit_exceeds(0, 5));
	assert_false(dw_limit_exceeds(5, 0));
	assert_false(dw_limit_exceeds(5, 5));
	assert_true(dw_limit_exceeds(6, 5));
}

/* A month has room for a day's bids, or has no limit. */
static void
test_tier(void **state)
{
	assert_true(dw_agent_within_tier(20, 20));
	assert_false(dw_agent_within_tier(20, 19));
	assert_true(dw_agent_within_tier(20, DW_AGENT_UNLIMITED));
}

/* A time of the day has one spelling. */
static void
test_minute(void **state)
{
	static const char *const wrong[] = {"", "8:00", "08:60", "24:01", "25:00",
	"08:0a", "0a:00", "08-00", "08:000", "-1:00", "08: 1"};

	assert_int_equal(dw_agent_minute("00:00"), 0);
	assert_int_equal(dw_agent_minute("08:30"), 510);
	assert_int_equal(dw_agent_minute("23:59"), 1439);
	assert_int_equal(dw_agent_minute("24:00"), 1440);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(dw_agent_minute(wrong[i]), -1);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_judge_aims),
		cmocka_unit_test(test_judge_mandate),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_tier),
		cmocka_unit_test(test_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
