/*
 * decide.c
 *		What an agent does with a job: guards, then a price, then guards on it.
 *
 * Why aggressive <= balanced <= premium: all three choose among the same
 * multiples of M / 100, each in a window round its base, and the windows
 * rise.  The score of a multiple is kappa * ln P + ln(margin), in integers,
 * with the same ln P (which falls) and the same margin for all three.  Say a
 * strategy with a higher kappa chose a above b < a, and one with a lower kappa
 * and a higher window chose b.  Both had both to choose from, so the first
 * finds kappa1 * (lnP(b) - lnP(a)) < g(a) - g(b) and the second
 * kappa2 * (lnP(b) - lnP(a)) >= g(a) - g(b), which kappa1 >= kappa2 forbids.
 * What follows (bounds, whole units, what is left after fees) rises with the
 * multiple, and keeps the order.
 */
#include "core/decision/decision.h"

#include <math.h>
#include <stddef.h>

#include "core/agent/agent.h"
#include "core/base/base.h"
#include "core/fee/fee.h"
#include "core/learning/learning.h"
#include "core/numeric/numeric.h"

#define MINUTES_PER_DAY	1440
#define THURSDAY		3		/* of 1970-01-01, from Monday */
#define HOURS_PER_DAY	8		/* of work */
#define GRID			100		/* steps of the anchor */
#define GRID_MOST		400		/* steps that are looked at, at most */

/* dw_stats_rating() of a provider without reviews, millionths. */
#define RATING_PRIOR	733333

/* No amount is above this; what would be is no amount. */
#define AMOUNT_MOST		(INT64_C(1) << 60)

/* How often a search for an amount goes on by what is missing. */
#define SEARCH_STEPS	64

/* What is known while a decision is made. */
typedef struct Work
{
	const DwAgentInputs *in;	/* given */
	const DwAgentOffer *offer;	/* given, or NULL */
	DwAgentDecision *out;		/* what is found */
	int64_t		need;			/* left for the provider, at least */
} Work;

/* The smaller of two limits, of which each may be none. */
static int64_t
narrower(int64_t a, int64_t b)
{
	if (a == DW_AGENT_NO_LIMIT || b == DW_AGENT_NO_LIMIT)
		return a == DW_AGENT_NO_LIMIT ? b : a;
	return a < b ? a : b;
}

/* True when one more than what is used stays within a limit. */
static bool
has_room(int64_t used, int64_t limit)
{
	return limit == DW_AGENT_NO_LIMIT || used < limit;
}

/* ----------------------------------------------------------------------
 * Time: minutes of the provider's clock, which may jump
 * ---------------------------------------------------------------------- */

/* a / b, rounded down. */
static int64_t
floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Minutes that the provider's clock is ahead at a minute. */
static int64_t
offset_at(const DwAgentClock *clock, int64_t minute)
{
	return clock->change_at != 0 && minute >= clock->change_at
		? clock->offset_after : clock->offset;
}

int64_t
dw_agent_local_day(const DwAgentClock *clock)
{
	return floor_divide(clock->now + offset_at(clock, clock->now),
						MINUTES_PER_DAY);
}

/* The day of the week of a local day; 0 is Monday. */
static int
weekday(int64_t day)
{
	int64_t		since = day + THURSDAY;

	return (int) (since - floor_divide(since, DW_AGENT_WEEK) * DW_AGENT_WEEK);
}

/* Times of a day of the week, never more than fit. */
static int
times(const DwAgentHours *hours, int weekday)
{
	int			count = hours->count[weekday];

	return count < 0 ? 0 : count > DW_AGENT_HOURS_MAX ? DW_AGENT_HOURS_MAX :
		count & ~1;
}

/* True when the agent works at a minute. */
static bool
works_at(const DwAgentHours *hours, const DwAgentClock *clock, int64_t minute)
{
	int64_t		local = minute + offset_at(clock, minute);
	int64_t		day = floor_divide(local, MINUTES_PER_DAY);
	int			at = (int) (local - day * MINUTES_PER_DAY);
	int			today = weekday(day);

	if (!hours->is_limited)
		return true;
	for (int i = 0; i < times(hours, today); i += 2)
		if (at >= hours->minute[today][i] && at < hours->minute[today][i + 1])
			return true;
	return false;
}

/* True when the agent works at some time. */
static bool
works_ever(const DwAgentHours *hours)
{
	for (int i = 0; hours->is_limited && i < DW_AGENT_WEEK; i++)
		if (times(hours, i) > 0)
			return true;
	return !hours->is_limited;
}

/*
 * The first minute after now that a local time falls on, or INT64_MAX: a
 * time that the clock skips has none, one that comes twice the earlier.
 */
static int64_t
minute_of(const DwAgentClock *clock, int64_t local)
{
	int64_t		offsets[] = {clock->offset, clock->offset_after};
	int64_t		first = INT64_MAX;

	for (int i = 0; i < (clock->change_at != 0 ? 2 : 1); i++)
	{
		int64_t		minute = local - offsets[i];

		if (minute > clock->now && minute < first &&
			offset_at(clock, minute) == offsets[i])
			first = minute;
	}
	return first;
}

/*
 * The first minute after now at which work begins, within two weeks; else
 * INT64_MAX.  A clock that is put forward may skip a beginning: then work
 * begins with the jump.
 */
static int64_t
next_begin(const DwAgentHours *hours, const DwAgentClock *clock)
{
	int64_t		today = dw_agent_local_day(clock);
	int64_t		first = INT64_MAX;

	if (clock->change_at > clock->now &&
		works_at(hours, clock, clock->change_at))
		first = clock->change_at;
	for (int64_t day = today; day <= today + 2 * DW_AGENT_WEEK; day++)
		for (int i = 0; i < times(hours, weekday(day)); i += 2)
		{
			int64_t		minute = minute_of(clock, day * MINUTES_PER_DAY +
										   hours->minute[weekday(day)][i]);

			if (minute < first)
				first = minute;
		}
	return first;
}

/* Minutes of work on the provider's day: all of it, and what is left. */
static void
day_minutes(const DwAgentInputs *in, int64_t *all, int64_t *left)
{
	const DwAgentHours *hours = &in->settings.hours;
	const DwAgentClock *clock = &in->provider.clock;
	int64_t		day = dw_agent_local_day(clock);
	int64_t		now = clock->now + offset_at(clock, clock->now) -
		day * MINUTES_PER_DAY;
	int			today = weekday(day);

	*all = hours->is_limited ? 0 : MINUTES_PER_DAY;
	*left = *all == 0 ? 0 : MINUTES_PER_DAY - now;
	for (int i = 0; hours->is_limited && i < times(hours, today); i += 2)
	{
		int64_t		from = hours->minute[today][i];
		int64_t		to = hours->minute[today][i + 1];

		*all += to - from;
		*left += to <= now ? 0 : to - (from > now ? from : now);
	}
}

/* ----------------------------------------------------------------------
 * Money: cost, floor, ceiling
 * ---------------------------------------------------------------------- */

/* An amount of a wide sum that is not negative. */
static int64_t
narrow(DwWide amount)
{
	return amount > AMOUNT_MOST ? AMOUNT_MOST : (int64_t) amount;
}

/* amount * ppm / 1e6, rounded up. */
static DwWide
part_up(DwWide amount, int64_t ppm)
{
	return (amount * ppm + DW_PPM - 1) / DW_PPM;
}

/* What the job costs the provider, rounded up. */
static int64_t
cost_of(const DwAgentInputs *in)
{
	const DwAgentCosts *costs = &in->settings.costs;
	DwWide		cost = (DwWide) in->job.hours * costs->hourly_rate;
	int64_t		miles = in->provider.miles > 0 ? in->provider.miles : 0;

	cost += in->job.materials + part_up(in->job.materials, costs->waste_ppm);
	cost += (DwWide) 2 * miles * costs->travel_per_mile;
	return narrow(cost + costs->overhead);
}

/* The unit of the job's currency. */
static int64_t
unit_of(const DwAgentJob *job)
{
	return job->unit > 0 ? job->unit : 1;
}

/* The least whole number of units that is not less. */
static int64_t
whole_up(int64_t amount, int64_t unit)
{
	int64_t		rest = amount % unit;

	return rest == 0 ? amount : amount + (unit - rest);
}

/* What a contract of an amount leaves for the provider; 0 if nobody knows. */
static int64_t
payout_under(const DwFeeTerms *terms, int64_t amount)
{
	DwFeeQuote	quote;

	return dw_fee_quote(terms, amount, &quote) == DW_OK ? quote.payout : 0;
}

/* The same under the schedule's terms for that amount. */
static int64_t
payout_of(const DwFeeSchedule *fees, int64_t amount)
{
	DwFeeTerms	terms;

	dw_fee_schedule_terms(fees, amount, &terms);
	return payout_under(&terms, amount);
}

/* The amounts that share their terms, with these. */
typedef struct Range
{
	DwFeeTerms	terms;			/* of every contract in it */
	int64_t		from;			/* first amount */
	int64_t		to;				/* last amount */
} Range;

/*
 * The ranges of a schedule in order: a flat one has its tiers, a marginal one
 * is all one.  False past the last.
 */
static bool
range_of(const DwFeeSchedule *fees, int index, Range *range)
{
	int			count = fees->kind == DW_FEE_KIND_FLAT ? fees->tier_count : 1;

	if (index >= count || fees->tier_count < 1 ||
		fees->tier_count > DW_FEE_TIERS_MAX)
		return false;
	range->from = fees->tiers[index].from_amount;
	range->to = index + 1 < count
		? fees->tiers[index + 1].from_amount - 1 : AMOUNT_MOST;
	dw_fee_schedule_terms(fees, range->from, &range->terms);
	return true;
}

/*
 * The least amount of whole units, not below from, that leaves what is
 * needed; INT64_MAX when the range has none.  A fee never falls in a range,
 * so what is missing has to be added at least: no amount is passed over.
 * Where the fee takes nearly all, that is slow, and halving goes on.
 */
static int64_t
least_in(const Range *range, int64_t need, int64_t from, int64_t unit)
{
	int64_t		amount = from > range->from ? from : range->from;
	int64_t		high;
	int64_t		missing = 0;

	if (amount < need)
		amount = need;
	for (int i = 0; i < SEARCH_STEPS; i++)
	{
		amount = whole_up(amount + missing, unit);
		if (amount > range->to)
			return INT64_MAX;
		missing = need - payout_under(&range->terms, amount);
		if (missing <= 0)
			return amount;
	}
	high = range->to - range->to % unit;
	if (payout_under(&range->terms, high) < need)
		return INT64_MAX;
	while (high - amount > unit)
	{
		int64_t		middle = whole_up(amount + (high - amount) / 2, unit);

		if (middle == high)
			middle -= unit;
		if (payout_under(&range->terms, middle) < need)
			amount = middle;
		else
			high = middle;
	}
	return high;
}

/* The same in all ranges. */
static int64_t
least_amount(const DwAgentJob *job, int64_t need, int64_t from)
{
	Range		range;

	for (int i = 0; range_of(&job->fees, i, &range); i++)
	{
		int64_t		amount = range.to < from ? INT64_MAX :
			least_in(&range, need, from, unit_of(job));

		if (amount != INT64_MAX)
			return amount;
	}
	return INT64_MAX;
}

/*
 * The greatest amount of whole units, at most so much, that leaves what is
 * needed; 0 when there is none.  Within a range more leaves more, but for
 * units that rounding takes: so it is looked for near the end.
 */
static int64_t
greatest_amount(const DwAgentJob *job, int64_t need, int64_t most)
{
	int64_t		unit = unit_of(job);
	int64_t		found = 0;
	Range		range;

	for (int i = 0; range_of(&job->fees, i, &range); i++)
	{
		int64_t		amount = range.to < most ? range.to : most;

		amount -= amount % unit;
		for (int step = 0; step < SEARCH_STEPS && amount > 0 &&
			 amount >= range.from; step++, amount -= unit)
			if (payout_under(&range.terms, amount) >= need)
			{
				found = amount;
				break;
			}
	}
	return found;
}

/* Cost, floor, ceiling and anchor. */
static void
set_bounds(Work *work)
{
	const DwAgentInputs *in = work->in;
	DwAgentDecision *out = work->out;
	int64_t		margin = in->settings.numbers.margin_ppm;
	int64_t		least = in->platform.min_bid_amount;
	int64_t		most = narrower(in->settings.numbers.max_value,
								in->settings.mandate.max_amount);

	if (in->settings.mandate.min_margin_ppm > margin)
		margin = in->settings.mandate.min_margin_ppm;
	if (in->job.budget_max > 0 && in->job.budget_max < most)
		most = in->job.budget_max;
	out->anchor = in->job.anchor;
	out->cost = cost_of(in);
	work->need = narrow(out->cost + part_up(out->cost, margin));
	out->floor = least_amount(&in->job, work->need, least > 1 ? least : 1);
	out->ceiling = most - most % unit_of(&in->job);
	out->timeline_days = work->offer != NULL ? work->offer->timeline_days :
		in->job.hours > 0 ? (in->job.hours - 1) / HOURS_PER_DAY + 1 : 1;
}

/* ----------------------------------------------------------------------
 * Price: the grid, and what a price comes to
 * ---------------------------------------------------------------------- */

void
dw_agent_features(const DwAgentInputs *inputs,
				  const DwAgentDecision *decision, DwFeatures *features)
{
	double		miles = inputs->provider.miles > 0
		? (double) inputs->provider.miles : 0;
	double		days = (double) decision->timeline_days;
	double		usual = inputs->job.hours > HOURS_PER_DAY
		? (double) ((inputs->job.hours - 1) / HOURS_PER_DAY + 1) : 1;

	features->x[DW_FEATURE_ONE] = 1;
	features->x[DW_FEATURE_PRICE] = decision->amount > 0
		? dw_log((double) decision->amount / (double) decision->anchor) : 0;
	features->x[DW_FEATURE_RATING] =
		(double) (inputs->provider.rating - RATING_PRIOR) / DW_PPM;
	features->x[DW_FEATURE_DISTANCE] = 10 / (10 + miles) - 0.5;
	features->x[DW_FEATURE_TIME] = usual / (usual + days) - 0.5;
}

/* The window of multiples of M / 100 that a strategy looks at. */
typedef struct Window
{
	int64_t		first;			/* 1 or more */
	int64_t		last;			/* not below it */
} Window;

/* What the strategy multiplies the anchor by, in millionths. */
static int64_t
multiplier(const DwAgentInputs *in)
{
	int64_t		base = in->platform.base_ppm[in->settings.strategy];
	int64_t		times = narrow((DwWide) base * in->parameters.pace_ppm /
							   DW_PPM);

	/* a hundredfold anchor is no price any more */
	return times < 1 ? 1 : times > 100 * DW_PPM ? 100 * DW_PPM : times;
}

/* Both ends rise with the base, also where nothing lies between them. */
static Window
window_of(const DwAgentInputs *in)
{
	const DwWide step = (DwWide) DW_PPM * DW_PPM / GRID;
	DwWide		base = multiplier(in);
	Window		window;

	window.first = (int64_t) ((base * (DW_PPM - in->platform.band_ppm) +
							   step - 1) / step);
	window.last = (int64_t) (base * (DW_PPM + in->platform.band_ppm) / step);
	if (window.first < 1)
		window.first = 1;
	if (window.last < window.first)
		window.last = window.first;
	if (window.last - window.first > GRID_MOST)
		window.last = window.first + GRID_MOST;
	return window;
}

/* What the scores of all multiples share. */
typedef struct Curve
{
	double		rivals;			/* n e^-v of the anchor itself */
	double		slope;			/* of v in ln(p / M), below 0 */
	double		left;			/* of an amount after fees */
	double		cost;			/* in anchors */
	int64_t		kappa_ppm;		/* weight of winning */
} Curve;

/*
 * The score of a multiple.  ln P and ln(margin) are rounded to nanos first: ln
 * P falls by more than its error from one multiple to the next, or is 0 for
 * both, so what is rounded never rises.
 */
static DwWide
score_of(const Curve *curve, int64_t multiple)
{
	double		ratio = (double) multiple / GRID;
	double		rivals = curve->rivals * dw_exp(-curve->slope * dw_log(ratio));
	double		margin = ratio * curve->left - curve->cost;
	int64_t		chance = dw_to_nanos(-dw_log(1 + rivals));
	int64_t		profit = margin > 0 ? dw_to_nanos(dw_log(margin)) :
		-(int64_t) DW_EXP_MAX * DW_NANOS + multiple;

	return (DwWide) curve->kappa_ppm * chance + (DwWide) DW_PPM * profit;
}

/* The multiple of M / 100 with the best score, the least of equals. */
static int64_t
best_multiple(const Work *work)
{
	const DwAgentInputs *in = work->in;
	double		anchor = (double) work->out->anchor;
	Window		window = window_of(in);
	DwFeatures	features;
	Curve		curve;
	int64_t		best = window.first;
	DwWide		best_score = 0;

	dw_agent_features(in, work->out, &features);
	curve.rivals = dw_learning_rivals(&in->parameters, &features,
									  in->platform.rivals);
	curve.slope = dw_from_nanos(in->parameters.weight[DW_FEATURE_PRICE]);
	curve.left = (double) payout_of(&in->job.fees, work->out->anchor) / anchor;
	curve.cost = (double) work->out->cost / anchor;
	curve.kappa_ppm = in->platform.kappa_ppm[in->settings.strategy];
	for (int64_t i = window.first; i <= window.last; i++)
	{
		DwWide		score = score_of(&curve, i);

		if (i == window.first || score > best_score)
		{
			best = i;
			best_score = score;
		}
	}
	return best;
}

/*
 * The nearest amount between floor and ceiling, which are known to meet, that
 * leaves what is needed.
 */
static int64_t
bounded(const Work *work, int64_t amount)
{
	const DwAgentJob *job = &work->in->job;
	int64_t		paid;

	if (amount <= work->out->floor)
		return work->out->floor;
	if (amount <= work->out->ceiling)
	{
		/* a tier of the fee may begin in between and take more */
		paid = least_amount(job, work->need, amount);
		if (paid <= work->out->ceiling)
			return paid;
	}
	amount = greatest_amount(job, work->need, work->out->ceiling);
	return amount > work->out->floor ? amount : work->out->floor;
}

/*
 * The agent's amount, and what a win with it says of the anchor: its own
 * multiple of the anchor says nothing, and is taken off again.  What is left
 * is how far costs or a budget moved it.
 */
static void
find_amount(Work *work)
{
	DwAgentDecision *out = work->out;
	int64_t		ideal = narrow(((DwWide) out->anchor * best_multiple(work) +
								GRID - 1) / GRID);

	ideal = whole_up(ideal, unit_of(&work->in->job));
	out->amount = bounded(work, ideal);
	out->base_amount = narrow((DwWide) out->amount * out->anchor / ideal);
}

/* The nearest whole number to a profit. */
static int64_t
nearest(double number)
{
	return (int64_t) (number + (number < 0 ? -0.5 : 0.5));
}

/* The amount, and the chance and the value of it. */
static void
set_price(Work *work)
{
	const DwAgentInputs *in = work->in;
	DwAgentDecision *out = work->out;
	double		odds;
	double		shown;
	DwFeatures	features;

	if (work->offer != NULL)
		out->base_amount = out->amount = work->offer->amount;
	else
		find_amount(work);
	dw_agent_features(in, out, &features);
	odds = dw_learning_rivals(&in->parameters, &features,
							  in->platform.rivals);
	out->chance = dw_chance_against(odds);
	shown = dw_learning_shown(&in->parameters, odds);
	out->win_probability = shown;
	/* two standard errors of a share of so many */
	out->confidence = 1 - 2 * sqrt(shown * (1 - shown) /
								   (double) (in->parameters.samples +
											 in->platform.sure_samples));
	if (!(out->confidence > 0))
		out->confidence = 0;
	out->value = nearest(out->chance *
						 (double) (payout_of(&in->job.fees, out->amount) -
								   out->cost));
}

/* ----------------------------------------------------------------------
 * Pacing: whether a better job is likely to want the slot today
 * ---------------------------------------------------------------------- */

/* Bids that are left today, or INT64_MAX. */
static int64_t
slots_left(const DwAgentInputs *in)
{
	int64_t		limit = narrower(in->settings.numbers.bids_per_day,
								 in->settings.mandate.bids_per_day);

	return limit - in->provider.day_bids;
}

/* What a share of the usual jobs is worth less than. */
static double
quantile(const DwAgentParameters *parameters, double share)
{
	const int64_t *values = parameters->value;
	double		level = share * DW_PPM;
	int			i = 1;

	while (i < DW_PACING_MARKS - 1 && level > (double) dw_pacing_levels[i])
		i++;
	level -= (double) dw_pacing_levels[i - 1];
	level /= (double) (dw_pacing_levels[i] - dw_pacing_levels[i - 1]);
	level = level < 0 ? 0 : level > 1 ? 1 : level;
	return (double) values[i - 1] +
		level * (double) (values[i] - values[i - 1]);
}

/*
 * True when the job is among the best of those that may still come today, as
 * many as there are slots.  How many come is guessed from the usual day and
 * from what this day has brought.
 */
static bool
is_worth_a_slot(const Work *work)
{
	const DwAgentInputs *in = work->in;
	double		usual = (double) in->parameters.arrivals / DW_MICROS;
	double		weight = (double) in->platform.arrivals_weight / DW_MICROS;
	double		slots = (double) slots_left(in);
	int64_t		all;
	int64_t		left;
	double		gone;
	double		coming;

	day_minutes(in, &all, &left);
	if (!in->platform.is_paced || usual <= 0 || slots <= 0 || left <= 0)
		return true;
	gone = 1 - (double) left / (double) all;
	coming = (weight * usual + (double) in->provider.day_jobs) /
		(weight + gone) * (1 - gone) + 1;
	if (coming <= slots)
		return true;
	return (double) work->out->value >=
		quantile(&in->parameters, 1 - slots / coming);
}

/*
 * When what was not worth a slot is looked at again: a little later, at the
 * latest in the last minute of the day's work, when no job is awaited.
 */
static int64_t
paced_until(const DwAgentInputs *in)
{
	int64_t		again = in->platform.recheck_minutes;
	int64_t		all;
	int64_t		left;

	day_minutes(in, &all, &left);
	if (left > 1 && again >= left)
		again = left - 1;
	return in->provider.clock.now + (again > 0 ? again : 1);
}

/* ----------------------------------------------------------------------
 * Guards, and the decision
 * ---------------------------------------------------------------------- */

/* Switches and what the platform allows. */
static bool
platform_passes(const DwAgentInputs *in, DwAgentReason guard)
{
	const DwAgentProvider *provider = &in->provider;

	switch (guard)
	{
		case DW_AGENT_PLATFORM_OFF:
			return in->platform.is_on;
		case DW_AGENT_CATEGORY_OFF:
			return in->job.is_category_on;
		case DW_AGENT_AGENT_OFF:
			return provider->is_agent_on;
		case DW_AGENT_PROVIDER_OFF:
			return provider->is_provider_on;
		case DW_AGENT_NOT_ROLLED_OUT:
			return provider->is_rolled_out;
		case DW_AGENT_BELOW_MIN_RATING:
			return provider->stars == 0 ||
				provider->stars >= in->platform.min_stars;
		case DW_AGENT_MONTH_QUOTA:
			return has_room(provider->month_bids,
							narrower(provider->month_quota ==
									 DW_AGENT_UNLIMITED ? DW_AGENT_NO_LIMIT :
									 provider->month_quota,
									 in->settings.mandate.bids_per_month));
		default:
			return true;
	}
}

/* Who the agent is, and the job as such. */
static bool
job_passes(const DwAgentInputs *in, DwAgentReason guard)
{
	const DwAgentProvider *provider = &in->provider;

	switch (guard)
	{
		case DW_AGENT_AGENT_INACTIVE:
			return in->settings.is_active;
		case DW_AGENT_PROVIDER_INACTIVE:
			return provider->is_active;
		case DW_AGENT_COOLING_DOWN:
			return provider->clock.now >= in->settings.paused_until;
		case DW_AGENT_JOB_NOT_OPEN:
			return in->job.is_open;
		case DW_AGENT_STALE_TERMS:
			return in->job.is_current;
		case DW_AGENT_OWN_JOB:
			return !provider->is_own_job;
		case DW_AGENT_NOT_INVITED:
			return !in->job.is_invite_only || provider->is_invited;
		case DW_AGENT_ALREADY_ANSWERED:
			return !provider->is_answered;
		case DW_AGENT_ALREADY_BID:
			return !provider->has_bid;
		default:
			return true;
	}
}

/* True when a job may be taken at any time. */
static bool
cannot_wait(const DwAgentInputs *in)
{
	return in->job.is_emergency && in->provider.takes_emergencies;
}

/* Whether the job suits the agent. */
static bool
fit_passes(const DwAgentInputs *in, DwAgentReason guard)
{
	const DwAgentProvider *provider = &in->provider;
	int64_t		miles = in->settings.numbers.radius;

	switch (guard)
	{
		case DW_AGENT_NO_CATEGORY:
			return provider->category != DW_AGENT_CATEGORY_NONE;
		case DW_AGENT_OTHER_CATEGORY:
			return provider->category == DW_AGENT_CATEGORY_SERVED;
		case DW_AGENT_NO_PLACE:
			return provider->miles >= 0;
		case DW_AGENT_OUTSIDE_RADIUS:
			return provider->miles <= miles &&
				provider->miles <= in->platform.max_miles;
		case DW_AGENT_OUTSIDE_AREA:
			return provider->is_in_area;
		case DW_AGENT_REQUIREMENT_MISSING:
			return provider->missing == 0;
		case DW_AGENT_NO_HOURS:
			return works_ever(&in->settings.hours) || cannot_wait(in);
		case DW_AGENT_OUTSIDE_HOURS:
			return works_at(&in->settings.hours, &provider->clock,
							provider->clock.now) || cannot_wait(in);
		case DW_AGENT_CAPACITY:
			return has_room(provider->open_jobs,
							narrower(in->settings.max_open_jobs,
									 in->settings.mandate.max_open_jobs));
		default:
			return true;
	}
}

/* Whether the job can be priced at all. */
static bool
value_passes(const DwAgentInputs *in, DwAgentReason guard)
{
	const DwAgentNumbers *numbers = &in->settings.numbers;

	switch (guard)
	{
		case DW_AGENT_CURRENCY:
			return in->provider.is_same_currency;
		case DW_AGENT_VALUE_RANGE:
			return in->job.budget_min <= numbers->max_value &&
				(in->job.budget_max == 0 ||
				 in->job.budget_max >= numbers->min_value);
		case DW_AGENT_NO_ANCHOR:
			return in->job.anchor > 0;
		case DW_AGENT_NO_ESTIMATE:
			return in->job.hours > 0 || in->settings.costs.hourly_rate == 0;
		default:
			return true;
	}
}

/* The exposure with this bid, or with the least that it can be. */
static bool
exposure_passes(const Work *work)
{
	int64_t		limit = narrower(work->in->settings.max_exposure,
								 work->in->settings.mandate.max_exposure);
	int64_t		amount = work->offer != NULL ? work->offer->amount :
		work->out->amount > 0 ? work->out->amount : work->out->floor;

	return limit == DW_AGENT_NO_LIMIT ||
		(DwWide) work->in->provider.exposure + amount <= limit;
}

/* Whether the price will do. */
static bool
price_passes(const Work *work, DwAgentReason guard)
{
	const DwAgentDecision *out = work->out;

	switch (guard)
	{
		case DW_AGENT_EXPOSURE:
			return exposure_passes(work);
		case DW_AGENT_FLOOR_ABOVE_CEILING:
			return out->floor <= out->ceiling;
		case DW_AGENT_BELOW_FLOOR:
			return work->offer == NULL ||
				(work->offer->amount >= out->floor &&
				 payout_of(&work->in->job.fees, work->offer->amount) >=
				 work->need);
		case DW_AGENT_ABOVE_CEILING:
			return work->offer == NULL || work->offer->amount <= out->ceiling;
		case DW_AGENT_LOW_PROBABILITY:
			return out->win_probability * DW_PPM >=
				(double) work->in->settings.min_win_ppm;
		case DW_AGENT_PACING:
			return is_worth_a_slot(work);
		case DW_AGENT_DAY_CAP:
			return slots_left(work->in) > 0;
		default:
			return true;
	}
}

/* True when the guard is the provider's choice, which they may pass over. */
static bool
is_waived(const DwAgentOffer *offer, DwAgentReason guard)
{
	return offer != NULL && offer->is_approved &&
		(guard == DW_AGENT_ALREADY_ANSWERED || guard == DW_AGENT_NO_HOURS ||
		 guard == DW_AGENT_OUTSIDE_HOURS || guard == DW_AGENT_PACING ||
		 guard == DW_AGENT_LOW_PROBABILITY);
}

/* True when the guard lets the agent pass, as far as it is known by now. */
static bool
passes(const Work *work, DwAgentReason guard)
{
	if (is_waived(work->offer, guard))
		return true;
	if (guard <= DW_AGENT_MONTH_QUOTA)
		return platform_passes(work->in, guard);
	if (guard <= DW_AGENT_ALREADY_BID)
		return job_passes(work->in, guard);
	if (guard <= DW_AGENT_CAPACITY)
		return fit_passes(work->in, guard);
	if (guard <= DW_AGENT_NO_ESTIMATE)
		return value_passes(work->in, guard);
	return price_passes(work, guard);
}

/* The first guard that fails, or DW_AGENT_PASSED. */
static DwAgentReason
first_failing(Work *work)
{
	for (int guard = DW_AGENT_PASSED + 1; guard < DW_AGENT_OVER_THRESHOLD;
		 guard++)
	{
		if (guard == DW_AGENT_EXPOSURE)
			set_bounds(work);
		if (guard == DW_AGENT_LOW_PROBABILITY)
		{
			set_price(work);
			if (!passes(work, DW_AGENT_EXPOSURE))
				return DW_AGENT_EXPOSURE;
		}
		if (!passes(work, guard))
			return guard;
	}
	return DW_AGENT_PASSED;
}

/* When it is looked at again, of the guards that defer; else 0. */
static int64_t
deferred_until(const DwAgentInputs *in, DwAgentReason reason)
{
	switch (reason)
	{
		case DW_AGENT_PLATFORM_OFF:
		case DW_AGENT_CATEGORY_OFF:
		case DW_AGENT_AGENT_OFF:
		case DW_AGENT_PROVIDER_OFF:
			return in->provider.clock.now + in->platform.recheck_minutes;
		case DW_AGENT_OUTSIDE_HOURS:
			return next_begin(&in->settings.hours, &in->provider.clock);
		case DW_AGENT_PACING:
			return paced_until(in);
		default:
			return 0;
	}
}

/* What is done when every guard lets the agent pass. */
static DwAgentVerdict
verdict_of(const Work *work, DwAgentReason *reason)
{
	const DwAgentSettings *settings = &work->in->settings;
	int64_t		threshold = narrower(settings->numbers.threshold > 0
									 ? settings->numbers.threshold
									 : DW_AGENT_NO_LIMIT,
									 settings->mandate.threshold);

	if (work->offer != NULL && work->offer->is_approved)
		return DW_AGENT_BID;
	if (settings->mode == DW_AGENT_SHADOW)
		return DW_AGENT_LOG;
	if (settings->mode == DW_AGENT_PROPOSE)
		return DW_AGENT_ASK;
	if (threshold == DW_AGENT_NO_LIMIT || work->out->amount <= threshold)
		return DW_AGENT_BID;
	*reason = DW_AGENT_OVER_THRESHOLD;
	return DW_AGENT_ASK;
}

void
dw_agent_decide(const DwAgentInputs *inputs, const DwAgentOffer *offer,
				DwAgentDecision *decision)
{
	Work		work = {inputs, offer, decision, 0};

	memset(decision, 0, sizeof(*decision));
	decision->local_day = dw_agent_local_day(&inputs->provider.clock);
	decision->reason = first_failing(&work);
	if (decision->reason == DW_AGENT_PASSED)
	{
		decision->verdict = verdict_of(&work, &decision->reason);
		return;
	}
	decision->run_after = deferred_until(inputs, decision->reason);
	decision->verdict = decision->run_after > 0
		? DW_AGENT_DEFER : DW_AGENT_DECLINE;
}

bool
dw_agent_passes(const DwAgentInputs *inputs, const DwAgentOffer *offer,
				DwAgentReason guard)
{
	DwAgentDecision decision = {0};
	Work		work = {inputs, offer, &decision, 0};

	if (guard > DW_AGENT_NO_ESTIMATE)
	{
		/* without an anchor there is no price for a guard to look at */
		if (inputs->job.anchor <= 0)
			return true;
		set_bounds(&work);
		if (decision.floor <= decision.ceiling || offer != NULL)
			set_price(&work);
	}
	return passes(&work, guard);
}
