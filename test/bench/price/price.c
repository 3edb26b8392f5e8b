/*
 * price.c
 *		Times decisions of core, and a backtest of core alone.
 *
 * price ROUNDS JOBS: for each way the median of the rounds, in nanoseconds of
 * the processor.  Inputs are made before the clock runs.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../sim/luck.h"
#include "../../unit/agent_inputs.h"

#define VARIANTS	256			/* inputs that differ */
#define ROUNDS_MOST	99

/* One way, over so many turns; gives what keeps it from being left out. */
typedef double (*Way) (int turns);

static DwAgentInputs priced[VARIANTS];	/* reach a price */
static DwAgentInputs declined[VARIANTS];	/* outside their radius */

/* Jobs that differ in anchor, cost and distance. */
static void
prepare(void)
{
	Luck		luck = {1};

	for (int i = 0; i < VARIANTS; i++)
	{
		usual_inputs(&priced[i]);
		priced[i].job.budget_max = 0;
		priced[i].job.anchor = 80000 + (int64_t) (40000 * luck_share(&luck));
		priced[i].job.hours = 8 + (int64_t) (8 * luck_share(&luck));
		priced[i].provider.miles = (int64_t) (15 * luck_share(&luck));
		priced[i].settings.strategy =
			(DwAgentStrategy) (i % DW_AGENT_STRATEGY_COUNT);
		declined[i] = priced[i];
		declined[i].provider.miles = 16;
	}
}

/* Decisions on these inputs. */
static double
decide(const DwAgentInputs *inputs, int turns)
{
	DwAgentDecision decision;
	double		sum = 0;

	for (int i = 0; i < turns; i++)
	{
		dw_agent_decide(&inputs[i % VARIANTS], NULL, &decision);
		sum += (double) decision.amount;
	}
	return sum;
}

/* A decision with all guards and a price. */
static double
bid(int turns)
{
	return decide(priced, turns);
}

/* A decision that a guard ends in the middle. */
static double
decline(int turns)
{
	return decide(declined, turns);
}

/* What a price cannot do without: 63 values of the C library. */
static double
libm(int turns)
{
	double		sum = 0;

	for (int i = 0; i < turns; i++)
		for (int k = 90; k <= 110; k++)
		{
			double		ratio = k / (100.0 + (i & 1));

			sum += log(1 + 3 * exp(6 * log(ratio))) + log(ratio - 0.5);
		}
	return sum;
}

/*
 * A backtest: a job a turn, decided with what the jobs before have taught,
 * won or lost by the law of the prior, learnt.
 */
static double
backtest(int turns)
{
	Luck		luck = {2};
	DwAgentInputs inputs;
	DwAgentDecision decision;
	DwFeatures	features;
	double		profit = 0;

	usual_inputs(&inputs);
	inputs.job.budget_max = 0;
	for (int i = 0; i < turns; i++)
	{
		inputs.job.anchor = 80000 + (int64_t) (luck_bits(&luck) % 40000);
		inputs.job.hours = 8 + (int64_t) (luck_bits(&luck) % 8);
		inputs.provider.miles = (int64_t) (luck_bits(&luck) % 16);
		dw_agent_decide(&inputs, NULL, &decision);
		if (decision.verdict != DW_AGENT_BID)
			continue;
		dw_agent_features(&inputs, &decision, &features);
		if (luck_share(&luck) < decision.chance)
		{
			profit += (double) (decision.amount - decision.cost);
			dw_learning_outcome(&dw_learning_defaults, &features,
								inputs.platform.rivals, DW_OUTCOME_WON,
								&inputs.parameters);
		}
		else
			dw_learning_outcome(&dw_learning_defaults, &features,
								inputs.platform.rivals, DW_OUTCOME_LOST,
								&inputs.parameters);
	}
	return profit;
}

/* The order of two times. */
static int
compare(const void *a, const void *b)
{
	double		left = *(const double *) a;
	double		right = *(const double *) b;

	return (left > right) - (left < right);
}

/* The median time of a turn, in nanoseconds of the processor. */
static double
median(Way way, int rounds, int turns)
{
	static volatile double kept;
	double		times[ROUNDS_MOST];

	for (int i = 0; i < rounds; i++)
	{
		clock_t		begin = clock();

		kept = way(turns);
		times[i] = (double) (clock() - begin) / CLOCKS_PER_SEC * 1e9 / turns;
	}
	(void) kept;
	qsort(times, (size_t) rounds, sizeof(times[0]), compare);
	return times[rounds / 2];
}

/* Prints a line a way. */
int
main(int argc, char **argv)
{
	int			rounds = argc > 1 ? atoi(argv[1]) : 15;
	int			turns = argc > 2 ? atoi(argv[2]) : 200000;
	double		test;

	if (rounds < 1 || rounds > ROUNDS_MOST || turns < 1)
		return 2;
	prepare();
	printf("decision with a price  %7.0f ns\n", median(bid, rounds, turns));
	printf("decision that declines %7.0f ns\n",
		   median(decline, rounds, turns));
	printf("the same grid in libm  %7.0f ns\n", median(libm, rounds, turns));
	test = median(backtest, rounds, turns);
	printf("job of a backtest      %7.0f ns, %.0f a second\n", test,
		   1e9 / test);
	return 0;
}
