/*
 * test_pacing.c
 *		Which of a day's jobs get its few bids.
 */
#include "unit.h"

#include <math.h>

#include "../sim/luck.h"
#include "agent_inputs.h"

#define DAY			1440
#define SLOTS		8			/* bids a day */
#define MOST		400			/* jobs a day */
#define PAST		28			/* days that were learnt from */

/* A job of a day, and when the agent looks at it next. */
typedef struct DayJob
{
	int64_t		due;			/* minute of the day */
	int64_t		cost;			/* of the work */
	int64_t		value;			/* of a bid for it */
	bool		is_seen;		/* counted as a job of the day */
	bool		is_over;		/* bid, or declined */
}			DayJob;

/* What a job of that cost is worth. */
static int64_t
value_of(DwAgentInputs *inputs, int64_t cost)
{
	DwAgentDecision decision;
	bool		was_paced = inputs->platform.is_paced;

	inputs->platform.is_paced = false;
	inputs->settings.costs.overhead = cost;
	dw_agent_decide(inputs, NULL, &decision);
	inputs->platform.is_paced = was_paced;
	return decision.value;
}

/* A day of so many jobs at any time of it, in the order of their times. */
static void
make_day(DwAgentInputs *inputs, Luck * luck, int count, DayJob * jobs)
{
	for (int i = 0; i < count; i++)
	{
		DayJob		job = {0};
		int			at = i;

		/* few are much better than the rest */
		job.cost = 20000 + (int64_t) (60000 * sqrt(luck_share(luck)));
		job.value = value_of(inputs, job.cost);
		job.due = (int64_t) (luck_share(luck) * (DAY - 1));
		while (at > 0 && jobs[at - 1].due > job.due)
		{
			jobs[at] = jobs[at - 1];
			at--;
		}
		jobs[at] = job;
	}
}

/* The value of the best of the day, for who knows the whole of it. */
static int64_t
best_of_day(const DayJob * jobs, int count)
{
	int64_t		values[MOST];
	int64_t		sum = 0;

	for (int i = 0; i < count; i++)
		values[i] = jobs[i].value;
	for (int i = 0; i < SLOTS && i < count; i++)
	{
		int			best = i;

		for (int j = i; j < count; j++)
			best = values[j] > values[best] ? j : best;
		sum += values[best];
		values[best] = values[i];
	}
	return sum;
}

/* The value of what the agent bids for, minute by minute. */
static int64_t
live_day(DwAgentInputs *inputs, DayJob * jobs, int count)
{
	DwAgentDecision decision;
	int64_t		sum = 0;

	inputs->provider.day_bids = 0;
	inputs->provider.day_jobs = 0;
	for (int64_t minute = 0; minute < DAY; minute++)
		for (int i = 0; i < count; i++)
		{
			if (jobs[i].is_over || jobs[i].due > minute)
				continue;
			inputs->provider.day_jobs += !jobs[i].is_seen;
			jobs[i].is_seen = true;
			inputs->provider.clock.now = USUAL_MONDAY + minute;
			inputs->settings.costs.overhead = jobs[i].cost;
			dw_agent_decide(inputs, NULL, &decision);
			jobs[i].is_over = decision.verdict != DW_AGENT_DEFER;
			jobs[i].due = decision.run_after - USUAL_MONDAY;
			if (decision.verdict != DW_AGENT_BID)
				continue;
			sum += jobs[i].value;
			inputs->provider.day_bids++;
		}
	assert_true(inputs->provider.day_bids <= SLOTS);
	return sum;
}

/* An agent with 8 bids a day that has learnt from days of so many jobs. */
static void
learn_days(DwAgentInputs *inputs, Luck * luck, int count)
{
	static int64_t values[PAST * MOST];
	DayJob		jobs[MOST];

	usual_inputs(inputs);
	inputs->job.budget_max = 0;
	inputs->settings.costs.hourly_rate = 0;
	inputs->settings.numbers.margin_ppm = 0;
	for (int day = 0; day < PAST; day++)
	{
		make_day(inputs, luck, count, jobs);
		for (int i = 0; i < count; i++)
			values[day * count + i] = jobs[i].value;
	}
	dw_pacing_learn(values, PAST * count, PAST, &inputs->parameters);
}

/* The share of the best that 100 days of so many jobs reach. */
static double
reached(int usual, int count, bool is_paced)
{
	Luck		luck = {(uint64_t) (usual + 1000 * count)};
	DwAgentInputs inputs;
	DayJob		jobs[MOST];
	double		best = 0;
	double		sum = 0;

	learn_days(&inputs, &luck, usual);
	inputs.platform.is_paced = is_paced;
	for (int day = 0; day < 100; day++)
	{
		make_day(&inputs, &luck, count, jobs);
		best += (double) best_of_day(jobs, count);
		sum += (double) live_day(&inputs, jobs, count);
	}
	return sum / best;
}

/* At any rate nearly as good as knowing the day; who comes first is not. */
static void
test_share_of_best(void **state)
{
	static const int rates[] = {4, 8, 12, 20, 40, 100, 300};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
	{
		double		share = reached(rates[i], rates[i], true);

		print_message("%d jobs a day: %.3f, in order %.3f\n", rates[i],
					  share, reached(rates[i], rates[i], false));
		assert_true(share >= 0.92);
	}
	assert_true(reached(100, 100, false) < 0.6);
}

/* A day with many more jobs than usual, or many fewer. */
static void
test_unusual_day(void **state)
{
	print_message("thrice: %.3f, a third: %.3f\n", reached(20, 60, true),
				  reached(60, 20, true));
	assert_true(reached(20, 60, true) >= 0.85);
	assert_true(reached(60, 20, true) >= 0.85);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share_of_best),
		cmocka_unit_test(test_unusual_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
