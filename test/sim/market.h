/*
 * market.h
 *		A made-up market that asks core for prices, seeded.
 *
 * Every job has a fair price, which nobody sees.  A bid of p wins with
 * P = 1 / (1 + n e^-v), v = slope * ln(p / fair) + qualities, whatever the
 * agent believes of slope, n and fair price; what it sees is an anchor.  An
 * agent that learns and one that keeps the prior meet the same jobs and the
 * same luck.  Profit is counted as P * (what is left after fees - cost), so
 * that luck of the draw does not blur it.
 */
#ifndef DW_SIM_MARKET_H
#define DW_SIM_MARKET_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../unit/agent_inputs.h"
#include "core/decision/decision.h"
#include "luck.h"

#define MARKET_BINS		10		/* of probabilities */
#define MARKET_SETTLED	300		/* outcomes before calibration is judged */

/* How a market is, and how it changes from its first job to its last. */
typedef struct Scenario
{
	const char *name;			/* as the table shows it */
	double		slope[2];		/* of v in ln(p / fair), first and last */
	double		rivals[2];		/* n, first and last */
	double		noise;			/* deviation of ln(anchor / fair) */
	double		bias[2];		/* mean of ln(anchor / fair), first and last */
	double		rating;			/* weight of the rating */
	double		distance;		/* weight of the distance */
	double		jump;			/* share of the jobs before the change, which
								 * is then sudden; 0 = it is gradual */
}			Scenario;

/* What came of a scenario. */
typedef struct Outcome
{
	double		profit;			/* of the learner against the prior, -1 */
	double		error;			/* calibration error of the shown P */
	double		prior_error;	/* the same of the prior's P */
	double		wins;			/* share of bids */
}			Outcome;

/* Shown and true probabilities, by bins of the shown. */
typedef struct Bins
{
	double		shown[MARKET_BINS]; /* sums */
	double		truth[MARKET_BINS]; /* sums */
	double		count[MARKET_BINS]; /* how many */
}			Bins;

/* Notes one bid. */
static inline void
bins_add(Bins * bins, double shown, double truth)
{
	int			bin = (int) (shown * MARKET_BINS);

	bin = bin >= MARKET_BINS ? MARKET_BINS - 1 : bin;
	bins->shown[bin] += shown;
	bins->truth[bin] += truth;
	bins->count[bin] += 1;
}

/* The mean distance of shown and true, weighed by how often. */
static inline double
bins_error(const Bins * bins)
{
	double		sum = 0;
	double		count = 0;

	for (int i = 0; i < MARKET_BINS; i++)
	{
		sum += fabs(bins->shown[i] - bins->truth[i]);
		count += bins->count[i];
	}
	return count > 0 ? sum / count : 0;
}

/* A number on its way from first to last. */
static inline double
between(const Scenario * scenario, const double *ends, double way)
{
	if (scenario->jump > 0)
		way = way < scenario->jump ? 0 : 1;
	return ends[0] + (ends[1] - ends[0]) * way;
}

/* One job, as it is and as it looks. */
typedef struct MarketJob
{
	double		fair;			/* nobody sees it */
	double		slope;			/* the truth about it */
	double		rivals;			/* likewise */
	double		luck;			/* the bid wins when P is above it */
	int64_t		anchor;			/* what is seen */
	int64_t		cost;			/* of the provider */
	int64_t		miles;			/* to it */
}			MarketJob;

/* The next job. */
static inline MarketJob
market_job(const Scenario * scenario, double way, Luck * luck)
{
	MarketJob	job;
	double		off;

	job.fair = 100000 * dw_exp(0.4 * luck_normal(luck));
	job.slope = between(scenario, scenario->slope, way);
	job.rivals = between(scenario, scenario->rivals, way);
	off = between(scenario, scenario->bias, way) +
		scenario->noise * luck_normal(luck);
	job.anchor = (int64_t) (job.fair * dw_exp(off));
	job.cost = (int64_t) (job.fair * (0.55 + 0.2 * luck_share(luck)));
	job.miles = (int64_t) (luck_share(luck) * 15);
	job.luck = luck_share(luck);
	return job;
}

/* Where a provider of the market begins. */
static inline void
market_inputs(DwAgentInputs *inputs)
{
	usual_inputs(inputs);
	inputs->platform.is_paced = false;
	inputs->settings.numbers.max_value = INT64_C(1) << 50;
	inputs->settings.numbers.margin_ppm = 50000;
	inputs->settings.costs = (DwAgentCosts)
	{
		0
	};
	inputs->job.budget_min = inputs->job.budget_max = 0;
	inputs->provider.rating = 850000;
}

/* The true chance of the bid, with the qualities that truly count. */
static inline double
market_chance(const Scenario * scenario, const MarketJob * job,
			  const DwFeatures *features, int64_t amount)
{
	double		v = job->slope * dw_log((double) amount / job->fair);

	v += scenario->rating * features->x[DW_FEATURE_RATING];
	v += scenario->distance * features->x[DW_FEATURE_DISTANCE];
	return 1 / (1 + job->rivals * dw_exp(-v));
}

/* Bids once, learns if asked to, and returns the profit to be expected. */
static inline double
market_bid(const Scenario * scenario, const MarketJob * job,
		   DwAgentInputs *inputs, const DwLearningSettings *learning,
		   Bins * bins)
{
	DwAgentDecision decision;
	DwFeatures	features;
	double		chance;

	inputs->job.anchor = job->anchor;
	inputs->settings.costs.overhead = job->cost;
	inputs->provider.miles = job->miles;
	dw_agent_decide(inputs, NULL, &decision);
	if (decision.verdict != DW_AGENT_BID)
		return 0;
	dw_agent_features(inputs, &decision, &features);
	chance = market_chance(scenario, job, &features, decision.amount);
	if (bins != NULL)
		bins_add(bins, decision.win_probability, chance);
	if (learning != NULL)
		dw_learning_outcome(learning, &features, inputs->platform.rivals,
							job->luck < chance ? DW_OUTCOME_WON :
							DW_OUTCOME_LOST, &inputs->parameters);
	return chance * ((double) decision.amount * 0.95 - (double) job->cost);
}

/* Runs a scenario: so many jobs for each of so many providers. */
static inline Outcome
market_run(const Scenario * scenario, const DwLearningSettings *learning,
		   DwAgentStrategy strategy, int jobs, int providers)
{
	Outcome		outcome = {0};
	double		learnt = 0;
	double		kept = 0;
	double		samples = 0;
	DwAgentInputs prior;
	DwAgentInputs agent;

	for (int i = 0; i < providers; i++)
	{
		Luck		luck = {(uint64_t) i + 1};
		Bins		shown = {0};
		Bins		plain = {0};

		market_inputs(&prior);
		prior.settings.strategy = strategy;
		dw_agent_prior(learning, &prior.parameters);
		agent = prior;
		for (int j = 0; j < jobs; j++)
		{
			MarketJob	job = market_job(scenario, (double) j / jobs, &luck);
			bool		settled = agent.parameters.samples >=
				MARKET_SETTLED;

			kept += market_bid(scenario, &job, &prior, NULL,
							   settled ? &plain : NULL);
			learnt += market_bid(scenario, &job, &agent, learning,
								 settled ? &shown : NULL);
		}
		outcome.error += bins_error(&shown) / providers;
		outcome.prior_error += bins_error(&plain) / providers;
		outcome.wins += (double) agent.parameters.wins;
		samples += (double) agent.parameters.samples;
	}
	outcome.profit = learnt / kept - 1;
	outcome.wins /= samples;
	return outcome;
}

/* An anchor that is right, but for what it cannot know. */
#define NEARLY	0.05

/* The twelve scenarios, and after them some that go beyond. */
static const Scenario market_scenarios[] = {
	{"as the prior says", {-6, -6}, {3, 3}, 0, {0, 0}, 2, .5, 0},
	{"anchor noisy by 15 %", {-6, -6}, {3, 3}, .15, {0, 0}, 2, .5, 0},
	{"anchor noisy by 20 %", {-6, -6}, {3, 3}, .2, {0, 0}, 2, .5, 0},
	{"anchor stale, 15 % too high", {-6, -6}, {3, 3}, NEARLY, {.15, .15}, 2,
	.5, 0},
	{"anchor falls behind by 25 %", {-6, -6}, {3, 3}, NEARLY, {0, -.25}, 2,
	.5, 0},
	{"slope -9 where -6 was believed", {-9, -9}, {3, 3}, NEARLY, {0, 0}, 2,
	.5, 0},
	{"slope -4", {-4, -4}, {3, 3}, NEARLY, {0, 0}, 2, .5, 0},
	{"0.5 rivals where 3 were believed", {-6, -6}, {.5, .5}, NEARLY, {0, 0},
	2, .5, 0},
	{"1 rival", {-6, -6}, {1, 1}, NEARLY, {0, 0}, 2, .5, 0},
	{"12 rivals", {-6, -6}, {12, 12}, NEARLY, {0, 0}, 2, .5, 0},
	{"1 rival, from the middle on 8", {-6, -6}, {1, 8}, NEARLY, {0, 0}, 2,
	.5, .5},
	{"distance counts twelvefold", {-6, -6}, {3, 3}, NEARLY, {0, 0}, 2, 6, 0},
	{"beyond: anchor noisy by 30 %", {-6, -6}, {3, 3}, .3, {0, 0}, 2, .5, 0},
	{"beyond: anchor 15 % too low", {-6, -6}, {3, 3}, NEARLY, {-.15, -.15},
	2, .5, 0},
	{"beyond: anchor runs ahead by 25 %", {-6, -6}, {3, 3}, NEARLY, {0, .25},
	2, .5, 0},
	{"beyond: slope -12", {-12, -12}, {3, 3}, NEARLY, {0, 0}, 2, .5, 0}
};

#define MARKET_TWELVE	12
#define MARKET_DRIFTS(scenario) \
	((scenario)->bias[0] != (scenario)->bias[1] || \
	 (scenario)->rivals[0] != (scenario)->rivals[1])

/* ----------------------------------------------------------------------
 * The spiral: a market where nobody but agents of one strategy bids
 * ---------------------------------------------------------------------- */

#define SPIRAL_PRICES	200		/* that the anchor looks back on */
#define SPIRAL_AGENTS	60		/* in the market */
#define SPIRAL_BIDS		8		/* on a job */
#define SPIRAL_A_DAY	3		/* jobs */

/* A market of agents alone. */
typedef struct Spiral
{
	DwAgentStrategy strategy;	/* of all of them */
	bool		is_raw;			/* what they won at enters as it is */
	bool		is_lowest;		/* the lowest wins; else by the market's law */
	int64_t		category_reference; /* 0 = there is none */
}			Spiral;

/* What became of its anchor. */
typedef struct SpiralEnd
{
	double		after_100;		/* anchor against fair price, after 100 jobs */
	double		last;			/* the same after all */
	double		on_floor;		/* share of the bids */
}			SpiralEnd;

/* The prices that won, by winner. */
typedef struct Wins
{
	DwWinningPrice prices[SPIRAL_PRICES];	/* days are the day of the win */
	int64_t		order[SPIRAL_PRICES];	/* of the wins */
	int			count;			/* how many */
	int64_t		next;			/* order of the next */
}			Wins;

/* Adds a win beside those of the same winner; the oldest goes. */
static inline void
wins_add(Wins * wins, int64_t amount, int32_t winner, int64_t day)
{
	int			at = 0;
	int			oldest = 0;

	if (wins->count == SPIRAL_PRICES)
	{
		for (int i = 1; i < wins->count; i++)
			oldest = wins->order[i] < wins->order[oldest] ? i : oldest;
		wins->count--;
		for (int i = oldest; i < wins->count; i++)
		{
			wins->prices[i] = wins->prices[i + 1];
			wins->order[i] = wins->order[i + 1];
		}
	}
	while (at < wins->count && wins->prices[at].winner < winner)
		at++;
	for (int i = wins->count; i > at; i--)
	{
		wins->prices[i] = wins->prices[i - 1];
		wins->order[i] = wins->order[i - 1];
	}
	wins->prices[at] = (DwWinningPrice)
	{
		amount, day, winner
	};
	wins->order[at] = wins->next++;
	wins->count++;
}

/* The anchor as of a day. */
static inline int64_t
wins_anchor(const Wins * wins, int64_t category_reference, int64_t day)
{
	const DwAnchorJob job = {0, category_reference};
	DwWinningPrice prices[SPIRAL_PRICES];

	for (int i = 0; i < wins->count; i++)
	{
		prices[i] = wins->prices[i];
		prices[i].days = day - prices[i].days;
	}
	return dw_anchor(&dw_learning_defaults, &job, prices, wins->count);
}

/* One agent's bid on a job with this fair price; amount 0 = none. */
static inline DwAgentDecision
spiral_bid(const Spiral * spiral, int64_t anchor, double fair, Luck * luck)
{
	DwAgentInputs inputs;
	DwAgentDecision decision;

	market_inputs(&inputs);
	inputs.settings.strategy = spiral->strategy;
	inputs.settings.numbers.margin_ppm = 150000;
	inputs.settings.costs.overhead =
		(int64_t) (fair * (0.55 + 0.2 * luck_share(luck)));
	inputs.provider.miles = (int64_t) (luck_share(luck) * 15);
	inputs.job.anchor = anchor;
	dw_agent_decide(&inputs, NULL, &decision);
	if (decision.verdict != DW_AGENT_BID)
		decision.amount = 0;
	return decision;
}

/* Which of the bids wins: the lowest, or by lot with the prior's slope. */
static inline int
spiral_winner(const Spiral * spiral, const DwAgentDecision *bids, double fair,
			  Luck * luck)
{
	double		weight[SPIRAL_BIDS];
	double		sum = 0;
	int			best = 0;

	for (int i = 0; i < SPIRAL_BIDS; i++)
	{
		weight[i] = bids[i].amount == 0 ? 0 :
			dw_exp(-6 * dw_log((double) bids[i].amount / fair));
		sum += weight[i];
		best = weight[i] > weight[best] ? i : best;
	}
	sum *= luck_share(luck);
	for (int i = 0; !spiral->is_lowest && i < SPIRAL_BIDS; i++)
	{
		if (weight[i] > 0)
			best = i;
		if (sum < weight[i])
			break;
		sum -= weight[i];
	}
	return best;
}

/* Runs so many jobs, after ten wins of people at fair prices. */
static inline SpiralEnd
spiral_run(const Spiral * spiral, int jobs)
{
	const double fair = 100000;
	Luck		luck = {7};
	Wins		wins = {.count = 0};
	SpiralEnd	end = {0};
	int			bids = 0;
	int			floors = 0;

	for (int i = 0; i < 10; i++)
		wins_add(&wins, (int64_t) (fair * (0.9 + 0.2 * luck_share(&luck))),
				 1000 + i, 0);
	for (int j = 0; j < jobs; j++)
	{
		int64_t		day = j / SPIRAL_A_DAY;
		int64_t		anchor = wins_anchor(&wins, spiral->category_reference,
										 day);
		double		own = fair * dw_exp(0.1 * luck_normal(&luck));
		DwAgentDecision bid[SPIRAL_BIDS];
		const DwAgentDecision *best;

		for (int i = 0; i < SPIRAL_BIDS; i++)
		{
			bid[i] = spiral_bid(spiral, anchor, own, &luck);
			bids += bid[i].amount > 0;
			floors += bid[i].amount > 0 && bid[i].amount == bid[i].floor;
		}
		best = &bid[spiral_winner(spiral, bid, own, &luck)];
		if (best->amount > 0)
			wins_add(&wins, spiral->is_raw ? best->amount : best->base_amount,
					 (int32_t) (luck_share(&luck) * SPIRAL_AGENTS), day);
		end.last = (double) anchor / fair;
		if (j == 100)
			end.after_100 = end.last;
	}
	end.on_floor = bids > 0 ? (double) floors / bids : 1;
	return end;
}

#endif							/* DW_SIM_MARKET_H */
