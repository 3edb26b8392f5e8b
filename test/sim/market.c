/*
 * market.c
 *		Prints how agents fare in twelve made-up markets and in a spiral.
 *
 * make -f test/core.mk sim && build/sim/market [JOBS PROVIDERS]
 *
 * 2000 jobs for each of 40 providers unless told otherwise; the same numbers
 * on every machine.  The status is 1 when a goal is missed.  The tables are
 * those of docs/agent.md.
 */
#include "market.h"

#include <stdlib.h>

#define SPIRAL_JOBS		3000

static int	missed;

/* Prints a goal with the figure that was reached. */
static void
goal(const char *name, double reached, bool is_met)
{
	printf("%-62s %7.3f  %s\n", name, reached, is_met ? "met" : "MISSED");
	missed += !is_met;
}

/* The learner's settings with a prior of the slope as weak as the others. */
static DwLearningSettings
free_slope(void)
{
	DwLearningSettings learning = dw_learning_defaults;

	learning.weight[DW_FEATURE_PRICE] = learning.weight[DW_FEATURE_ONE];
	return learning;
}

/* The first table, and its goals. */
static void
markets(int jobs, int providers)
{
	const DwLearningSettings weak = free_slope();
	double		worst = 1;
	double		steady = 0;
	double		drift = 0;
	int			good = 0;

	printf("| market | profit | with a free slope | shown P off by | "
		   "prior's P off by |\n|---|---|---|---|---|\n");
	for (int i = 0; i < DW_LENGTH(market_scenarios); i++)
	{
		const		Scenario *scenario = &market_scenarios[i];
		Outcome		learnt = market_run(scenario, &dw_learning_defaults,
										DW_AGENT_BALANCED, jobs, providers);
		Outcome		loose = market_run(scenario, &weak, DW_AGENT_BALANCED,
									   jobs, providers);

		printf("| %s | %+.1f %% | %+.1f %% | %.3f | %.3f |\n",
			   scenario->name, 100 * learnt.profit, 100 * loose.profit,
			   learnt.error, learnt.prior_error);
		if (i >= MARKET_TWELVE)
			continue;
		worst = learnt.profit < worst ? learnt.profit : worst;
		good += learnt.profit >= 0.03;
		if (MARKET_DRIFTS(scenario))
			drift = learnt.error > drift ? learnt.error : drift;
		else
			steady = learnt.error > steady ? learnt.error : steady;
	}
	puts("");
	goal("the worst profit of the twelve, at least -0.02", worst,
		 worst >= -0.02);
	goal("markets with a profit of 0.03 and more, at least 4", good,
		 good >= 4);
	goal("calibration error in a steady market, at most 0.03", steady,
		 steady <= 0.03);
	goal("calibration error in a drift, at most 0.08", drift, drift <= 0.08);
}

/* A line of the second table, and how far its anchor may get. */
typedef struct SpiralLine
{
	const char *name;			/* as the table shows it */
	Spiral		spiral;			/* the market */
	double		most;			/* from the fair price; 0 = no goal */
}			SpiralLine;

static const SpiralLine spiral_lines[] = {
	{"all aggressive, raw prices, the lowest",
	{DW_AGENT_AGGRESSIVE, true, true, 0}, 0},
	{"all premium, raw prices, by lot",
	{DW_AGENT_PREMIUM, true, false, 0}, 0},
	{"the same, with a category's reference",
	{DW_AGENT_PREMIUM, true, false, 100000}, 0},
	{"all aggressive, by lot",
	{DW_AGENT_AGGRESSIVE, false, false, 0}, 0.15},
	{"all aggressive, the lowest",
	{DW_AGENT_AGGRESSIVE, false, true, 0}, 0.15},
	{"all balanced, by lot",
	{DW_AGENT_BALANCED, false, false, 0}, 0.15},
	{"all premium, by lot",
	{DW_AGENT_PREMIUM, false, false, 0}, 0.3},
	{"all premium, the lowest",
	{DW_AGENT_PREMIUM, false, true, 0}, 0.3}
};

/* The second table, and its goals. */
static void
spirals(void)
{
	double		farthest = 0;
	double		floors = 0;

	puts("\n| who bids, and who wins | anchor after 100 jobs | after 3000 | "
		 "bids on the floor |\n|---|---|---|---|");
	for (int i = 0; i < DW_LENGTH(spiral_lines); i++)
	{
		const		SpiralLine *line = &spiral_lines[i];
		SpiralEnd	end = spiral_run(&line->spiral, SPIRAL_JOBS);
		double		share = line->most > 0
			? fabs(end.last - 1) / line->most : 0;

		printf("| %s | %.2f | %.2f | %.1f %% |\n", line->name, end.after_100,
			   end.last, 100 * end.on_floor);
		if (line->most > 0 && end.on_floor > floors)
			floors = end.on_floor;
		farthest = share > farthest ? share : farthest;
	}
	puts("");
	goal("anchors, of the way to 15 % or 30 % off", farthest, farthest <= 1);
	goal("bids on the floor, at most 0.2", floors, floors <= 0.2);
}

/* Prints everything. */
int
main(int argc, char **argv)
{
	markets(argc > 1 ? atoi(argv[1]) : 2000, argc > 2 ? atoi(argv[2]) : 40);
	spirals();
	printf("\n%d goals missed\n", missed);
	return missed > 0;
}
