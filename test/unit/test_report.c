/*
 * test_report.c
 *		What decisions came to, what others would have, and the replay.
 */
#include "unit.h"

#include <math.h>

#include "agent_inputs.h"

#include "core/decision/decision.h"
#include "core/report/report.h"

#define DAY		1440			/* minutes */

/* Figures of four bids, by hand. */
static void
test_figures(void **state)
{
	DwReportScore score = {0};
	DwReportFigures figures;

	assert_false(dw_report_figures(&score, &figures));
	dw_report_add(&score, 0.3, DW_OUTCOME_CENSORED);
	assert_false(dw_report_figures(&score, &figures));

	dw_report_add(&score, 0.75, DW_OUTCOME_WON);
	dw_report_add(&score, 0.75, DW_OUTCOME_LOST);
	dw_report_add(&score, 0.25, DW_OUTCOME_LOST);
	dw_report_add(&score, 0.25, DW_OUTCOME_LOST);
	assert_true(dw_report_figures(&score, &figures));
	assert_int_equal(score.won, 1);
	assert_int_equal(score.lost, 3);
	assert_true(figures.win_rate == 0.25);
	/* (0.0625 + 0.5625 + 0.0625 + 0.0625) / 4 */
	assert_true(figures.brier == 0.1875);
	/* always showing a quarter is wrong by 0.1875 as well */
	assert_true(figures.skill == 0);
	/* bins 7 and 2: |1.5 - 1| + |0.5 - 0| over 4 */
	assert_true(figures.calibration_error == 0.25);
	/* (3 * -ln 0.75 + -ln 0.25) / 4 */
	assert_true(figures.log_score > 0.56233 && figures.log_score < 0.56234);
	assert_int_equal(score.bins[7].count, 2);
	assert_int_equal(score.bins[7].won, 1);
	assert_int_equal(score.bins[2].count, 2);
}

/* The ends of the scale are in the last bins, and no chance is infinite. */
static void
test_sure_chances(void **state)
{
	DwReportScore score = {0};
	DwReportFigures figures;

	dw_report_add(&score, 1, DW_OUTCOME_LOST);
	dw_report_add(&score, 0, DW_OUTCOME_WON);
	assert_int_equal(score.bins[9].count, 1);
	assert_int_equal(score.bins[0].count, 1);
	assert_true(dw_report_figures(&score, &figures));
	assert_true(figures.brier == 1);
	assert_true(figures.log_score > 20 && figures.log_score < 21);

	/* no skill is claimed where only one thing ever came */
	memset(&score, 0, sizeof(score));
	dw_report_add(&score, 0.9, DW_OUTCOME_WON);
	assert_true(dw_report_figures(&score, &figures));
	assert_true(figures.skill == 0);
}

/* Each change changes the setting it names, and stays inside its limits. */
static void
test_changes(void **state)
{
	for (int i = 0; i < DW_REPORT_CHANGE_COUNT; i++)
	{
		DwAgentInputs inputs;
		DwAgentSettings *settings = &inputs.settings;
		int64_t		before;

		usual_inputs(&inputs);
		settings->max_exposure = 100000;
		settings->min_win_ppm = 200000;
		settings->hours.is_limited = true;
		settings->strategy = i == DW_REPORT_BALANCED ? DW_AGENT_PREMIUM :
			DW_AGENT_BALANCED;
		before = dw_report_setting(settings, i);
		assert_non_null(dw_report_change_label(i));
		assert_true(dw_report_change(settings, i));
		assert_int_not_equal(dw_report_setting(settings, i), before);
		for (int again = 0; again < 100; again++)
			(void) dw_report_change(settings, i);
		assert_int_equal(dw_agent_judge(&settings->numbers), DW_AGENT_OK);
	}
}

/* What the provider has set, used up or lacks is worth what it stopped. */
static void
test_missed(void **state)
{
	DwAgentInputs inputs;
	DwAgentDecision decision;
	int64_t		value;

	usual_inputs(&inputs);
	dw_agent_decide(&inputs, NULL, &decision);
	value = decision.value;
	assert_true(value > 0);
	assert_int_equal(dw_report_value(&decision), value);

	inputs.provider.miles = 20;
	dw_agent_decide(&inputs, NULL, &decision);
	assert_int_equal(decision.reason, DW_AGENT_OUTSIDE_RADIUS);
	assert_int_equal(dw_report_value(&decision), 0);
	/* farther away it costs more to get there, and is worth less */
	assert_true(dw_report_missed(&inputs, decision.reason) > 0);
	assert_true(dw_report_missed(&inputs, decision.reason) < value);

	/* a second guard in the way: nothing was missed by the first */
	inputs.provider.missing = 1;
	assert_int_equal(dw_report_missed(&inputs, DW_AGENT_OUTSIDE_RADIUS), 0);

	/* nobody's setting */
	usual_inputs(&inputs);
	inputs.provider.is_own_job = true;
	assert_int_equal(dw_report_missed(&inputs, DW_AGENT_OWN_JOB), 0);

	usual_inputs(&inputs);
	inputs.provider.day_bids = 8;
	assert_int_equal(dw_report_missed(&inputs, DW_AGENT_DAY_CAP), value);
	inputs.provider.day_bids = 0;
	inputs.provider.month_bids = 50;
	assert_int_equal(dw_report_missed(&inputs, DW_AGENT_MONTH_QUOTA), value);
}

/* No strategy expects more than the best amount, and premium gives up some. */
static void
test_best_value(void **state)
{
	for (int i = 0; i < DW_AGENT_STRATEGY_COUNT; i++)
	{
		DwAgentInputs inputs;
		DwAgentDecision decision;

		usual_inputs(&inputs);
		inputs.settings.strategy = i;
		dw_agent_decide(&inputs, NULL, &decision);
		assert_int_equal(decision.reason, DW_AGENT_PASSED);
		assert_true(dw_report_best_value(&inputs, &decision) >=
					decision.value);
		if (i == DW_AGENT_PREMIUM)
			assert_true(dw_report_best_value(&inputs, &decision) >
						decision.value);
	}
}

/* A job of the replay, published a day after another, taken a day later. */
static DwBacktestJob
job_of(int day)
{
	DwBacktestJob job = {
		.closed = USUAL_NOW + (day + 1) * (int64_t) DAY,
		.done = USUAL_NOW + (day + 3) * (int64_t) DAY,
		.bid_minutes = 7 * DAY,.is_awarded = true,
		.outcome = DW_OUTCOME_CENSORED
	};

	job.id.bytes[0] = (uint8_t) day;
	job.id.bytes[1] = (uint8_t) (day >> 8);
	job.agent_id.bytes[0] = 7;
	return job;
}

/* Runs a replay of so many days; false when a step failed. */
static bool
replay(DwBacktest *backtest, const DwAgentInputs *usual, int days)
{
	for (int day = 0; day < days; day++)
	{
		DwAgentInputs inputs = *usual;
		DwBacktestJob job = job_of(day);
		DwBacktestStep step;

		inputs.provider.clock.now = USUAL_NOW + day * (int64_t) DAY;
		if (!dw_backtest_step(backtest, &inputs, &job, &step))
			return false;
	}
	return true;
}

/* Wins come about as often as the chances say, and the money adds up. */
static void
test_replay(void **state)
{
	static DwBacktest backtest;
	static DwBacktest again;
	DwAgentInputs inputs;
	DwAgentDecision decision;
	double		share;

	usual_inputs(&inputs);
	inputs.provider.month_quota = DW_AGENT_UNLIMITED;
	dw_agent_decide(&inputs, NULL, &decision);
	memset(&backtest, 0, sizeof(backtest));
	assert_true(replay(&backtest, &inputs, 2000));
	assert_int_equal(backtest.jobs, 2000);
	assert_int_equal(backtest.bids, 2000);
	share = (double) backtest.wins / 2000;
	assert_true(share > decision.win_probability - 0.04);
	assert_true(share < decision.win_probability + 0.04);
	assert_int_equal(backtest.revenue, backtest.wins * decision.amount);
	/* the fee is five percent */
	assert_int_equal(backtest.cost,
					 backtest.wins * (decision.cost + decision.amount / 20));
	assert_int_equal(backtest.expected, 2000 * decision.value);

	memset(&again, 0, sizeof(again));
	assert_true(replay(&again, &inputs, 2000));
	assert_memory_equal(&again, &backtest, sizeof(backtest));
}

/* Who asks less wins at least the same jobs. */
static void
test_replay_order(void **state)
{
	DwAgentInputs inputs;

	usual_inputs(&inputs);
	for (int day = 0; day < 500; day++)
	{
		bool		before = true;

		for (int i = 0; i < DW_AGENT_STRATEGY_COUNT; i++)
		{
			DwBacktest	backtest = {0};
			DwBacktestJob job = job_of(day);
			DwBacktestStep step;
			DwAgentInputs in = inputs;

			in.settings.strategy = i;
			assert_true(dw_backtest_step(&backtest, &in, &job, &step));
			assert_true(step.is_bid && step.is_final);
			assert_true(before || !step.is_won);
			before = step.is_won;
		}
	}
}

/* Two versions by one judge: worth hangs on what they ask, not on belief. */
static void
test_judge(void **state)
{
	static DwBacktest usual;
	static DwBacktest alone;
	static DwBacktest hopeful;
	static DwBacktest dear;
	DwAgentInputs inputs;
	DwAgentInputs other;
	DwAgentParameters judge;
	DwAgentDecision decision;
	double		profit;

	usual_inputs(&inputs);
	inputs.provider.month_quota = DW_AGENT_UNLIMITED;
	judge = inputs.parameters;
	dw_agent_decide(&inputs, NULL, &decision);
	profit = (double) (dw_report_payout(&inputs, decision.amount) -
					   decision.cost);
	usual.judge = hopeful.judge = dear.judge = &judge;
	assert_true(replay(&usual, &inputs, 500));
	/* kappa is 1: the worth of a bid is its expected profit */
	assert_true(fabs((double) usual.worth / 500 -
					 profit * decision.win_probability) < 1);

	other = inputs;
	other.parameters.shown[0] += INT64_C(3000000000);
	assert_true(replay(&alone, &other, 500));
	assert_true(alone.wins > usual.wins);
	assert_int_equal(alone.worth, 0);
	assert_true(replay(&hopeful, &other, 500));
	assert_int_equal(hopeful.worth, usual.worth);
	assert_int_equal(hopeful.wins, usual.wins);

	other = inputs;
	other.settings.strategy = DW_AGENT_PREMIUM;
	other.platform.kappa_ppm[DW_AGENT_PREMIUM] =
		inputs.platform.kappa_ppm[inputs.settings.strategy];
	assert_true(replay(&dear, &other, 500));
	assert_true(dear.worth < usual.worth);
}

/* A judge knows what truly came, and gives no other chance to it. */
static void
test_judge_outcome(void **state)
{
	DwAgentInputs inputs;
	DwAgentDecision decision;
	int64_t		profit;

	usual_inputs(&inputs);
	dw_agent_decide(&inputs, NULL, &decision);
	profit = dw_report_payout(&inputs, decision.amount) - decision.cost;
	for (int day = 0; day < 50; day++)
		for (int i = -1; i <= 1; i++)
			for (int won = 0; won <= 1; won++)
			{
				DwBacktest	backtest = {.judge = &inputs.parameters};
				DwBacktestJob job = job_of(day);
				DwBacktestStep step;

				/* the replay asks as much, less than, or more than it did */
				job.amount = decision.amount - i * 5000;
				job.outcome = won ? DW_OUTCOME_WON : DW_OUTCOME_LOST;
				assert_true(dw_backtest_step(&backtest, &inputs, &job,
											 &step));
				if (won ? i <= 0 : i >= 0)
					assert_int_equal(backtest.worth, won ? profit : 0);
				else
					assert_true(backtest.worth > 0 &&
								backtest.worth < profit);
			}
}

/* What test_own_outcome() says, of an agent that shows such chances. */
static void
check_own_outcome(int64_t scale)
{
	DwAgentInputs inputs;
	DwAgentDecision decision;

	usual_inputs(&inputs);
	inputs.parameters.shown[1] = scale;
	dw_agent_decide(&inputs, NULL, &decision);
	for (int day = 0; day < 500; day++)
		for (int i = -1; i <= 1; i++)
		{
			DwBacktest	backtest = {0};
			DwBacktestJob job = job_of(day);
			DwBacktestStep step;

			/* the replay asks as much, less than, or more than it did */
			job.amount = decision.amount - i * 5000;
			job.outcome = i <= 0 ? DW_OUTCOME_WON : DW_OUTCOME_LOST;
			assert_true(dw_backtest_step(&backtest, &inputs, &job, &step));
			assert_int_equal(step.is_won, i <= 0);
			assert_int_equal(backtest.score.won, i <= 0);
			assert_int_equal(backtest.score.lost, i > 0);
		}
}

/*
 * The agent's own outcome holds at its amount, below when won, above else,
 * also where more money is shown to have the greater chance.
 */
static void
test_own_outcome(void **state)
{
	check_own_outcome(DW_NANOS);
	check_own_outcome(-DW_NANOS);
}

/* Counts of the day and the month, exposure and open jobs hold in it. */
static void
test_replay_limits(void **state)
{
	static DwBacktest backtest;
	DwAgentInputs inputs;
	DwBacktestStep step;

	usual_inputs(&inputs);
	inputs.platform.is_paced = false;
	inputs.settings.max_open_jobs = DW_AGENT_NO_LIMIT;
	memset(&backtest, 0, sizeof(backtest));
	for (int i = 0; i < 60 * 20; i++)
	{
		DwAgentInputs in = inputs;
		DwBacktestJob job = job_of(i / 20);

		job.id.bytes[2] = (uint8_t) (i % 20);
		in.provider.clock.now = USUAL_NOW + (i / 20) * (int64_t) DAY;
		assert_true(dw_backtest_step(&backtest, &in, &job, &step));
		assert_true(backtest.day_bids <= 8);
		assert_true(backtest.month_bids <= 50);
	}
	/* June and July of 2026 */
	assert_int_equal(backtest.bids, 100);
	assert_true(backtest.reasons[DW_AGENT_DAY_CAP] > 0);
	assert_true(backtest.reasons[DW_AGENT_MONTH_QUOTA] > 0);
	assert_int_equal(backtest.jobs, 1200);

	/* one bid at a time stands, until its job is closed */
	memset(&backtest, 0, sizeof(backtest));
	usual_inputs(&inputs);
	inputs.settings.max_exposure = 150000;
	for (int hour = 0; hour < 30; hour++)
	{
		DwAgentInputs in = inputs;
		DwBacktestJob job = job_of(0);

		job.id.bytes[2] = (uint8_t) hour;
		job.outcome = DW_OUTCOME_LOST;
		job.amount = 1;			/* whatever it asks, it loses */
		job.closed = USUAL_NOW + DAY;
		in.provider.clock.now = USUAL_NOW + hour * 60;
		if (hour >= 24)
			job.closed += DAY;
		assert_true(dw_backtest_step(&backtest, &in, &job, &step));
		assert_int_equal(step.is_bid, hour == 0 || hour == 24);
	}
	assert_int_equal(backtest.reasons[DW_AGENT_EXPOSURE], 28);
}

/* A deferred job is decided later, and counted once as one that came. */
static void
test_replay_deferral(void **state)
{
	DwBacktest	backtest = {0};
	DwAgentInputs inputs;
	DwBacktestJob job = job_of(0);
	DwBacktestStep step;

	usual_inputs(&inputs);
	inputs.settings.hours.is_limited = true;
	inputs.settings.hours.count[1] = 2;
	inputs.settings.hours.minute[1][0] = 8 * 60;
	inputs.settings.hours.minute[1][1] = 12 * 60;
	assert_true(dw_backtest_step(&backtest, &inputs, &job, &step));
	assert_false(step.is_final);
	assert_int_equal(backtest.jobs, 0);
	assert_int_equal(step.decision.run_after, USUAL_MONDAY + DAY + 8 * 60);

	inputs.provider.clock.now = step.decision.run_after;
	assert_true(dw_backtest_step(&backtest, &inputs, &job, &step));
	assert_true(step.is_final && step.is_bid);
	assert_int_equal(backtest.day_jobs, 1);

	/* it is closed before the agent would look again */
	memset(&backtest, 0, sizeof(backtest));
	inputs.provider.clock.now = USUAL_NOW;
	job = job_of(0);
	job.closed = USUAL_NOW + 60;
	assert_true(dw_backtest_step(&backtest, &inputs, &job, &step));
	assert_true(step.is_final && !step.is_bid);
	assert_int_equal(backtest.reasons[DW_AGENT_OUTSIDE_HOURS], 1);
}

/* More afoot than there is room for is told. */
static void
test_replay_room(void **state)
{
	static DwBacktest backtest;
	DwAgentInputs inputs;
	DwBacktestJob job = job_of(0);
	DwBacktestStep step;

	usual_inputs(&inputs);
	memset(&backtest, 0, sizeof(backtest));
	backtest.local_day = dw_agent_local_day(&inputs.provider.clock);
	backtest.count = DW_BACKTEST_ITEMS;
	for (int i = 0; i < backtest.count; i++)
		backtest.items[i] = (DwBacktestItem)
	{
		.until = INT64_MAX,.amount = 1
	};
	assert_false(dw_backtest_step(&backtest, &inputs, &job, &step));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_sure_chances),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_best_value),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_replay_order),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_judge_outcome),
		cmocka_unit_test(test_own_outcome),
		cmocka_unit_test(test_replay_limits),
		cmocka_unit_test(test_replay_deferral),
		cmocka_unit_test(test_replay_room)
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
