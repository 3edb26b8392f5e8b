/*
 * backtest.c
 *		The replay of a history: counts, what is afoot, and who wins.
 */
#include "core/report/report.h"

#include "core/base/base.h"
#include "core/fee/fee.h"

#define DAYS_PER_ERA	146097	/* 400 years of the Gregorian calendar */
#define YEARS_PER_ERA	400
#define EPOCH_TO_MARCH	719468	/* days from 0000-03-01 to 1970-01-01 */

/* ----------------------------------------------------------------------
 * Counts
 * ---------------------------------------------------------------------- */

/* The month of a day since 1970: the same number for the days of one. */
static int64_t
month_of(int64_t day)
{
	int64_t		since = day + EPOCH_TO_MARCH;
	int64_t		era = since / DAYS_PER_ERA - (since % DAYS_PER_ERA < 0);
	int64_t		rest = since - era * DAYS_PER_ERA;
	int64_t		year = (rest - rest / 1460 + rest / 36524 -
						rest / (DAYS_PER_ERA - 1)) / 365;
	int64_t		of_year = rest - (365 * year + year / 4 - year / 100);

	/* months from March: 31, 30, 31, 30, 31 days, again and again */
	return (era * YEARS_PER_ERA + year) * 12 + (5 * of_year + 2) / 153;
}

/* Begins the counts of a new day, and of a new month. */
static void
turn_day(DwBacktest *backtest, int64_t day)
{
	if (day == backtest->local_day)
		return;
	if (month_of(day) != month_of(backtest->local_day))
		backtest->month_bids = 0;
	backtest->local_day = day;
	backtest->day_bids = 0;
	backtest->day_jobs = 0;
}

/* Ends what has ended by then; gives what stands and is under way. */
static void
settle(DwBacktest *backtest, DwAgentProvider *provider)
{
	int			kept = 0;

	provider->exposure = 0;
	provider->open_jobs = 0;
	for (int i = 0; i < backtest->count; i++)
	{
		DwBacktestItem item = backtest->items[i];

		if (item.until <= provider->clock.now)
			continue;
		backtest->items[kept++] = item;
		if (item.from > provider->clock.now)
			continue;
		if (item.is_job)
			provider->open_jobs++;
		else
			provider->exposure += item.amount;
	}
	backtest->count = kept;
}

/* Adds a bid or a job; one that never begins is none. */
static bool
take_up(DwBacktest *backtest, const DwBacktestItem *item)
{
	if (item->from >= item->until)
		return true;
	if (backtest->count == DW_BACKTEST_ITEMS)
		return false;
	backtest->items[backtest->count++] = *item;
	return true;
}

/* ----------------------------------------------------------------------
 * Winning
 * ---------------------------------------------------------------------- */

/* A number of [0, 1) drawn from the bytes of two ids (splitmix64). */
static double
draw(const DwUuid *job_id, const DwUuid *agent_id)
{
	uint64_t	state = 0;

	for (int i = 0; i < (int) sizeof(job_id->bytes); i++)
	{
		state = (state ^ job_id->bytes[i] ^
				 ((uint64_t) agent_id->bytes[i] << 8)) +
			UINT64_C(0x9e3779b97f4a7c15);
		state = (state ^ (state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		state = (state ^ (state >> 27)) * UINT64_C(0x94d049bb133111eb);
		state ^= state >> 31;
	}
	return (double) (state >> 11) / (double) (UINT64_C(1) << 53);
}

/* The chance that is shown for the agent's own bid on the job. */
static double
own_chance(const DwAgentInputs *inputs, const DwBacktestJob *job,
		   const DwAgentDecision *decision)
{
	DwAgentDecision own = *decision;
	DwFeatures	features;

	own.amount = job->amount;
	own.anchor = inputs->job.anchor;
	if (own.timeline_days < 1)
		own.timeline_days = 1;
	dw_agent_features(inputs, &own, &features);
	return dw_learning_shown(&inputs->parameters,
							 dw_learning_rivals(&inputs->parameters,
												&features,
												inputs->platform.rivals));
}

/* True when the bid wins, as the head of this part in report.h says. */
static bool
wins(DwBacktest *backtest, const DwAgentInputs *inputs,
	 const DwBacktestJob *job, const DwAgentDecision *decision)
{
	double		threshold = draw(&job->id, &job->agent_id);

	if (job->outcome != DW_OUTCOME_CENSORED && inputs->job.anchor > 0)
	{
		double		chance = own_chance(inputs, job, decision);

		dw_report_add(&backtest->score, chance, job->outcome);
		if (decision->amount == job->amount)
			return job->outcome == DW_OUTCOME_WON;
		threshold = job->outcome == DW_OUTCOME_WON ? threshold * chance :
			chance + threshold * (1 - chance);
	}
	return job->is_awarded && threshold < decision->win_probability;
}

/* Books a won bid: what it brings, and what work and fees cost. */
static void
book(DwBacktest *backtest, const DwAgentInputs *inputs,
	 const DwAgentDecision *decision)
{
	DwFeeTerms	terms;
	DwFeeQuote	quote;

	backtest->wins++;
	backtest->revenue += decision->amount;
	backtest->cost += decision->cost;
	dw_fee_schedule_terms(&inputs->job.fees, decision->amount, &terms);
	if (dw_fee_quote(&terms, decision->amount, &quote) == DW_OK)
		backtest->cost += decision->amount - quote.payout;
}

/* True when a decision is a bid, or would be one if its mode let it. */
static bool
is_bid(const DwAgentDecision *decision)
{
	return decision->verdict == DW_AGENT_BID ||
		decision->verdict == DW_AGENT_ASK || decision->verdict == DW_AGENT_LOG;
}

/* True when a job was worth a bid, whether or not there was room for one. */
static bool
is_worth_a_bid(const DwAgentDecision *decision)
{
	return is_bid(decision) || decision->reason == DW_AGENT_PACING ||
		decision->reason == DW_AGENT_DAY_CAP;
}

/* Counts a bid, and what it takes up from then on. */
static bool
bid(DwBacktest *backtest, const DwAgentInputs *inputs,
	const DwBacktestJob *job, DwBacktestStep *step)
{
	int64_t		now = inputs->provider.clock.now;
	int64_t		lapse = now + job->bid_minutes;
	DwBacktestItem offer = {
		.from = now,.until = job->closed < lapse ? job->closed : lapse,
		.amount = step->decision.amount
	};
	DwBacktestItem work = {
		.from = job->closed,.until = job->done,.is_job = true
	};

	backtest->bids++;
	backtest->day_bids++;
	backtest->month_bids++;
	backtest->expected += step->decision.value;
	step->is_bid = true;
	step->is_won = wins(backtest, inputs, job, &step->decision);
	if (step->is_won)
		book(backtest, inputs, &step->decision);
	return take_up(backtest, &offer) &&
		(!step->is_won || take_up(backtest, &work));
}

bool
dw_backtest_step(DwBacktest *backtest, DwAgentInputs *inputs,
				 DwBacktestJob *job, DwBacktestStep *step)
{
	DwAgentProvider *provider = &inputs->provider;
	const DwAgentDecision *decision = &step->decision;

	memset(step, 0, sizeof(*step));
	turn_day(backtest, dw_agent_local_day(&provider->clock));
	settle(backtest, provider);
	provider->day_bids = backtest->day_bids;
	provider->day_jobs = backtest->day_jobs + !job->is_counted;
	provider->month_bids = backtest->month_bids;
	dw_agent_decide(inputs, NULL, &step->decision);
	if (!job->is_counted && is_worth_a_bid(decision))
	{
		job->is_counted = true;
		backtest->day_jobs++;
	}
	if (decision->verdict == DW_AGENT_DEFER &&
		decision->run_after < job->closed &&
		decision->run_after < INT64_MAX)
		return true;
	step->is_final = true;
	backtest->jobs++;
	if (is_bid(decision))
		return bid(backtest, inputs, job, step);
	backtest->reasons[decision->reason]++;
	return true;
}
