/*
 * report.c
 *		What decisions came to, what they missed, which change would pay, and
 *		the replay of a history.
 *
 * All of it is made from inputs as they were stored with the decisions, by
 * the same function that decided: a report cannot know more than the agent
 * knew, but for whether it won.
 */
#include "core/report/report.h"

#include "core/base/base.h"
#include "core/fee/fee.h"
#include "core/numeric/numeric.h"

#define GRID			100		/* steps of the anchor */
#define GRID_MOST		300		/* the last one that is looked at */
#define WEEK			(7 * 1440)	/* minutes */

#define DAYS_PER_ERA	146097	/* 400 years of the Gregorian calendar */
#define YEARS_PER_ERA	400
#define EPOCH_TO_MARCH	719468	/* days from 0000-03-01 to 1970-01-01 */

static const char *const change_labels[DW_REPORT_CHANGE_COUNT] = {
	[DW_REPORT_AGGRESSIVE] = "strategy",
	[DW_REPORT_BALANCED] = "strategy",
	[DW_REPORT_PREMIUM] = "strategy",
	[DW_REPORT_RADIUS] = "max_bid_radius_miles",
	[DW_REPORT_BIDS_PER_DAY] = "max_bids_per_day",
	[DW_REPORT_MIN_VALUE] = "min_project_value",
	[DW_REPORT_MAX_VALUE] = "max_project_value",
	[DW_REPORT_MARGIN] = "min_margin_ppm",
	[DW_REPORT_EXPOSURE] = "max_exposure",
	[DW_REPORT_OPEN_JOBS] = "max_open_jobs",
	[DW_REPORT_MIN_WIN] = "min_win_probability_ppm",
	[DW_REPORT_ANY_HOUR] = "working_hours"
};

DW_LABELS(report_change, DwReportChange, change_labels);

/* ----------------------------------------------------------------------
 * Chances and outcomes
 * ---------------------------------------------------------------------- */

int64_t
dw_report_loss(double shown, DwOutcome outcome)
{
	double		likely = outcome == DW_OUTCOME_WON ? shown : 1 - shown;

	if (outcome == DW_OUTCOME_CENSORED)
		return 0;
	return dw_to_nanos(-dw_log(likely > DW_CHANCE_LEAST ? likely :
							   DW_CHANCE_LEAST));
}

void
dw_report_add(DwReportScore *score, double shown, DwOutcome outcome)
{
	bool		won = outcome == DW_OUTCOME_WON;
	double		error = (won ? 1 : 0) - shown;
	int			bin = (int) (shown * DW_REPORT_BINS);

	if (outcome == DW_OUTCOME_CENSORED)
		return;
	bin = bin < 0 ? 0 : bin >= DW_REPORT_BINS ? DW_REPORT_BINS - 1 : bin;
	score->won += won;
	score->lost += !won;
	score->squares += error * error;
	score->logs += dw_from_nanos(dw_report_loss(shown, outcome));
	score->bins[bin].count++;
	score->bins[bin].won += won;
	score->bins[bin].chance += shown;
}

bool
dw_report_figures(const DwReportScore *score, DwReportFigures *figures)
{
	double		count = (double) (score->won + score->lost);
	double		distance = 0;
	double		usual;

	memset(figures, 0, sizeof(*figures));
	if (count <= 0)
		return false;
	for (int i = 0; i < DW_REPORT_BINS; i++)
	{
		double		apart = score->bins[i].chance -
			(double) score->bins[i].won;

		distance += apart < 0 ? -apart : apart;
	}
	figures->win_rate = (double) score->won / count;
	figures->brier = score->squares / count;
	figures->log_score = score->logs / count;
	figures->calibration_error = distance / count;
	usual = figures->win_rate * (1 - figures->win_rate);
	if (score->won > 0 && score->lost > 0)
		figures->skill = 1 - figures->brier / usual;
	return true;
}

/* ----------------------------------------------------------------------
 * Goals
 * ---------------------------------------------------------------------- */

/* Sums of the results in a window. */
typedef struct Window
{
	int64_t		count;			/* of results */
	int64_t		won;			/* of them */
	DwWide		hours;			/* of what was won, as the next two */
	DwWide		profit;			/* planned */
	DwWide		cost;			/* of the work */
	int64_t		first;			/* minute of the first result of all */
} Window;

/* amount * ppm / whole, held within 64 bits; whole > 0. */
static int64_t
share(DwWide amount, int64_t ppm, DwWide whole)
{
	DwWide		part = amount * ppm / whole;

	return part > INT64_MAX ? INT64_MAX : part < INT64_MIN ? INT64_MIN :
		(int64_t) part;
}

bool
dw_report_reached(DwAgentGoal goal, const DwReportResult *results, int count,
				  int64_t minute, int64_t *reached)
{
	Window		window = {.first = minute};
	int64_t		span;

	for (int i = 0; i < count && results[i].minute <= minute; i++)
	{
		if (results[i].minute < window.first)
			window.first = results[i].minute;
		if (results[i].minute <= minute - DW_REPORT_WINDOW)
			continue;
		window.count++;
		if (!results[i].is_won)
			continue;
		window.won++;
		window.hours += results[i].hours;
		window.profit += results[i].profit;
		window.cost += results[i].cost;
	}
	/* a week at least: one job in the first hour is not 168 a week */
	span = minute - window.first;
	span = span < WEEK ? WEEK : span > DW_REPORT_WINDOW ? DW_REPORT_WINDOW :
		span;
	switch (goal)
	{
		case DW_AGENT_FILL_HOURS:
			*reached = share(window.hours, WEEK, span);
			return true;
		case DW_AGENT_TARGET_WIN_RATE:
			*reached = window.count == 0 ? 0 :
				share(window.won, DW_PPM, window.count);
			return window.count > 0;
		case DW_AGENT_MIN_MARGIN:
			*reached = window.cost == 0 ? 0 :
				share(window.profit, DW_PPM, window.cost);
			return window.cost > 0;
		default:
			*reached = 0;
			return true;
	}
}

/* ----------------------------------------------------------------------
 * Changes of a setting
 * ---------------------------------------------------------------------- */

/* A number that is not above a limit. */
static int64_t
within(int64_t number, int64_t limit)
{
	return number < limit ? number : limit;
}

/* A number times a ratio, at least one step from what it was, but for 0. */
static int64_t
times(int64_t number, int64_t numerator, int64_t denominator)
{
	int64_t		scaled = number;

	if (dw_money_scale(number, numerator, denominator, &scaled) != DW_OK)
		return number;
	if (scaled == number && number > 0)
		scaled += numerator > denominator ? 1 : -1;
	return scaled;
}

int64_t
dw_report_setting(const DwAgentSettings *settings, DwReportChange change)
{
	switch (change)
	{
		case DW_REPORT_RADIUS:
			return settings->numbers.radius;
		case DW_REPORT_BIDS_PER_DAY:
			return settings->numbers.bids_per_day;
		case DW_REPORT_MIN_VALUE:
			return settings->numbers.min_value;
		case DW_REPORT_MAX_VALUE:
			return settings->numbers.max_value;
		case DW_REPORT_MARGIN:
			return settings->numbers.margin_ppm;
		case DW_REPORT_EXPOSURE:
			return settings->max_exposure;
		case DW_REPORT_OPEN_JOBS:
			return settings->max_open_jobs;
		case DW_REPORT_MIN_WIN:
			return settings->min_win_ppm;
		case DW_REPORT_ANY_HOUR:
			return settings->hours.is_limited ? 1 : DW_AGENT_NO_LIMIT;
		default:
			return settings->strategy;
	}
}

/* Changes one of the numbers that are judged together. */
static void
change_numbers(DwAgentNumbers *numbers, DwReportChange change)
{
	switch (change)
	{
		case DW_REPORT_RADIUS:
			numbers->radius = (int32_t)
				within(times(numbers->radius, 3, 2), DW_AGENT_RADIUS_MAX);
			break;
		case DW_REPORT_BIDS_PER_DAY:
			numbers->bids_per_day = (int32_t)
				within(times(numbers->bids_per_day, 2, 1), DW_AGENT_DAY_MAX);
			break;
		case DW_REPORT_MIN_VALUE:
			if (numbers->min_value > 1)
				numbers->min_value = times(numbers->min_value, 1, 2);
			break;
		case DW_REPORT_MAX_VALUE:
			numbers->max_value = times(numbers->max_value, 2, 1);
			break;
		default:
			numbers->margin_ppm = (int32_t)
				times(numbers->margin_ppm, 2, 3);
	}
}

bool
dw_report_change(DwAgentSettings *settings, DwReportChange change)
{
	int64_t		before = dw_report_setting(settings, change);

	switch (change)
	{
		case DW_REPORT_RADIUS:
		case DW_REPORT_BIDS_PER_DAY:
		case DW_REPORT_MIN_VALUE:
		case DW_REPORT_MAX_VALUE:
		case DW_REPORT_MARGIN:
			change_numbers(&settings->numbers, change);
			break;
		case DW_REPORT_EXPOSURE:
			if (settings->max_exposure != DW_AGENT_NO_LIMIT)
				settings->max_exposure = times(settings->max_exposure, 2, 1);
			break;
		case DW_REPORT_OPEN_JOBS:
			if (settings->max_open_jobs != DW_AGENT_NO_LIMIT)
				settings->max_open_jobs = times(settings->max_open_jobs, 3, 2);
			break;
		case DW_REPORT_MIN_WIN:
			settings->min_win_ppm = 0;
			break;
		case DW_REPORT_ANY_HOUR:
			settings->hours.is_limited = false;
			break;
		default:
			settings->strategy = (DwAgentStrategy)
				(change - DW_REPORT_AGGRESSIVE);
	}
	return dw_report_setting(settings, change) != before;
}

/* ----------------------------------------------------------------------
 * Expected values
 * ---------------------------------------------------------------------- */

int64_t
dw_report_value(const DwAgentDecision *decision)
{
	switch (decision->verdict)
	{
		case DW_AGENT_BID:
		case DW_AGENT_ASK:
		case DW_AGENT_LOG:
			return decision->value;
		default:
			return 0;
	}
}

/* Takes a setting's guard away; false when that is none of these. */
static bool
lift_setting(DwAgentSettings *settings, DwAgentReason reason)
{
	switch (reason)
	{
		case DW_AGENT_AGENT_INACTIVE:
			settings->is_active = true;
			return true;
		case DW_AGENT_COOLING_DOWN:
			settings->paused_until = 0;
			return true;
		case DW_AGENT_NO_HOURS:
		case DW_AGENT_OUTSIDE_HOURS:
			settings->hours.is_limited = false;
			return true;
		case DW_AGENT_CAPACITY:
			settings->max_open_jobs = DW_AGENT_NO_LIMIT;
			settings->mandate.max_open_jobs = DW_AGENT_NO_LIMIT;
			return true;
		case DW_AGENT_VALUE_RANGE:
			settings->numbers.min_value = 1;
			settings->numbers.max_value = INT64_C(1) << 60;
			return true;
		case DW_AGENT_EXPOSURE:
			settings->max_exposure = DW_AGENT_NO_LIMIT;
			settings->mandate.max_exposure = DW_AGENT_NO_LIMIT;
			return true;
		case DW_AGENT_FLOOR_ABOVE_CEILING:
			settings->numbers.margin_ppm = 0;
			settings->mandate.min_margin_ppm = 0;
			return true;
		case DW_AGENT_LOW_PROBABILITY:
			settings->min_win_ppm = 0;
			return true;
		default:
			return false;
	}
}

/* The same for what the provider has, is or has used up. */
static bool
lift_fact(DwAgentInputs *inputs, DwAgentReason reason)
{
	switch (reason)
	{
		case DW_AGENT_MONTH_QUOTA:
			inputs->provider.month_bids = 0;
			return true;
		case DW_AGENT_OTHER_CATEGORY:
			inputs->provider.category = DW_AGENT_CATEGORY_SERVED;
			return true;
		case DW_AGENT_OUTSIDE_RADIUS:
			inputs->settings.numbers.radius = DW_AGENT_RADIUS_MAX;
			return true;
		case DW_AGENT_OUTSIDE_AREA:
			inputs->provider.is_in_area = true;
			return true;
		case DW_AGENT_REQUIREMENT_MISSING:
			inputs->provider.missing = 0;
			return true;
		case DW_AGENT_PACING:
			inputs->platform.is_paced = false;
			return true;
		case DW_AGENT_DAY_CAP:
			inputs->provider.day_bids = 0;
			return true;
		default:
			return false;
	}
}

int64_t
dw_report_missed(const DwAgentInputs *inputs, DwAgentReason reason)
{
	DwAgentInputs other = *inputs;
	DwAgentDecision decision;

	if (!lift_setting(&other.settings, reason) && !lift_fact(&other, reason))
		return 0;
	dw_agent_decide(&other, NULL, &decision);
	return dw_report_value(&decision);
}

int64_t
dw_report_best_value(const DwAgentInputs *inputs,
					 const DwAgentDecision *decision)
{
	int64_t		unit = inputs->job.unit > 0 ? inputs->job.unit : 1;
	int64_t		best = decision->value;

	for (int64_t i = 1; i <= GRID_MOST; i++)
	{
		DwAgentOffer offer = {
			.timeline_days = decision->timeline_days,.is_approved = true
		};
		DwAgentDecision other;

		if (dw_money_scale(decision->anchor, i, GRID, &offer.amount) != DW_OK)
			break;
		offer.amount -= offer.amount % unit;
		if (offer.amount < decision->floor ||
			offer.amount > decision->ceiling)
			continue;
		dw_agent_decide(inputs, &offer, &other);
		if (other.reason == DW_AGENT_PASSED && other.value > best)
			best = other.value;
	}
	return best;
}

/* ----------------------------------------------------------------------
 * Replay: counts
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
 * Replay: who wins, and what follows
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

/* The chance that a version of the parameters shows for an amount. */
static double
chance_at(const DwAgentInputs *inputs, const DwAgentParameters *parameters,
		  const DwAgentDecision *decision, int64_t amount)
{
	DwAgentDecision asked = *decision;
	DwFeatures	features;

	asked.amount = amount;
	asked.anchor = inputs->job.anchor;
	if (asked.timeline_days < 1)
		asked.timeline_days = 1;
	dw_agent_features(inputs, &asked, &features);
	return dw_learning_shown(parameters,
							 dw_learning_rivals(parameters, &features,
												inputs->platform.rivals));
}

/* True where the agent truly bid on the job, and it was decided. */
static bool
has_outcome(const DwAgentInputs *inputs, const DwBacktestJob *job)
{
	return job->outcome != DW_OUTCOME_CENSORED && inputs->job.anchor > 0;
}

/*
 * True when the bid wins, as the head of this part in report.h says.  Where
 * the agent's own outcome decides, its amount does, and no chance: a scale
 * that was learned from odd outcomes may show a greater one for more money.
 */
static bool
wins(DwBacktest *backtest, const DwAgentInputs *inputs,
	 const DwBacktestJob *job, const DwAgentDecision *decision)
{
	const DwAgentParameters *judge = backtest->judge;
	double		threshold = draw(&job->id, &job->agent_id);

	if (has_outcome(inputs, job))
	{
		double		chance = chance_at(inputs, judge != NULL ? judge :
									   &inputs->parameters, decision,
									   job->amount);

		dw_report_add(&backtest->score, chance, job->outcome);
		if (job->outcome == DW_OUTCOME_WON
			? decision->amount <= job->amount
			: decision->amount >= job->amount)
			return job->outcome == DW_OUTCOME_WON;
		threshold = job->outcome == DW_OUTCOME_WON ? threshold * chance :
			chance + threshold * (1 - chance);
	}
	return job->is_awarded &&
		threshold < (judge == NULL ? decision->win_probability :
					 chance_at(inputs, judge, decision, decision->amount));
}

/* The judge's chance that a bid wins, given what truly came. */
static double
judged_chance(const DwAgentInputs *inputs, const DwAgentParameters *judge,
			  const DwBacktestJob *job, const DwAgentDecision *decision)
{
	double		chance = chance_at(inputs, judge, decision, decision->amount);
	double		own;

	if (!job->is_awarded)
		return 0;
	if (!has_outcome(inputs, job))
		return chance;
	own = chance_at(inputs, judge, decision, job->amount);
	if (job->outcome == DW_OUTCOME_WON)
		return decision->amount <= job->amount || own <= chance ? 1 :
			chance / own;
	return decision->amount >= job->amount || own >= chance ? 0 :
		(chance - own) / (1 - own);
}

/* What a bid is worth, as the head of this part in report.h says. */
static int64_t
worth_of(const DwAgentInputs *inputs, const DwAgentParameters *judge,
		 const DwBacktestJob *job, const DwAgentDecision *decision)
{
	int64_t		profit = dw_report_payout(inputs, decision->amount) -
		decision->cost;
	double		kappa = (double)
		inputs->platform.kappa_ppm[inputs->settings.strategy] / DW_PPM;
	double		chance = judged_chance(inputs, judge, job, decision);

	if (chance <= 0)
		return 0;
	return (int64_t) ((double) profit * dw_exp(kappa * dw_log(chance)));
}

int64_t
dw_report_payout(const DwAgentInputs *inputs, int64_t amount)
{
	DwFeeTerms	terms;
	DwFeeQuote	quote;

	dw_fee_schedule_terms(&inputs->job.fees, amount, &terms);
	return dw_fee_quote(&terms, amount, &quote) == DW_OK ? quote.payout :
		amount;
}

/* Books a won bid: what it brings, and what work and fees cost. */
static void
book(DwBacktest *backtest, const DwAgentInputs *inputs,
	 const DwAgentDecision *decision)
{
	backtest->wins++;
	backtest->revenue += decision->amount;
	backtest->cost += decision->cost + decision->amount -
		dw_report_payout(inputs, decision->amount);
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
	if (backtest->judge != NULL)
		backtest->worth += worth_of(inputs, backtest->judge, job,
									&step->decision);
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
