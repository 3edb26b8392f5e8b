/*
 * decide.c
 *		What an agent does with a job: guards, then a price, then guards on it.
 *
 * Why aggressive <= balanced <= premium: all three walk down the same binary
 * tree over the multiples of M / 100.  At a multiple they go up when the next
 * one is better: kappa * d(ln P) + d(ln margin) > 0, with the same two
 * differences for all three, of which the first is not above 0.  A lower kappa
 * makes the sum no less, and a window that lies higher forbids fewer steps up:
 * so whenever one strategy goes up, those above it do, and end no lower.
 * What follows (bounds, whole units, what is left after fees) rises with the
 * multiple, and keeps the order.  The sum itself falls from multiple to
 * multiple, for ln P and ln margin are concave in ln p: so where a walk ends
 * is the best of its window, the least of equals.
 */
#include "core/decision/decision.h"

#include <math.h>
#include <stddef.h>

#include "core/agent/agent.h"
#include "core/base/base.h"
#include "core/decision/hours_int.h"
#include "core/fee/fee.h"
#include "core/learning/learning.h"
#include "core/numeric/numeric.h"

#define HOURS_PER_DAY	8		/* of work */
#define GRID			100		/* steps of the anchor */
#define GRID_MOST		16384	/* steps at most: a power of two */

/* dw_stats_rating() of a provider without reviews, millionths. */
#define RATING_PRIOR	733333

/* No amount is above this; what would be is no amount. */
#define AMOUNT_MOST		(INT64_C(1) << 60)

#define UNIT_MOST	1000000

/* How often a search for an amount goes on by what is missing. */
#define SEARCH_STEPS	64

/* The amounts that share their terms, with these. */
typedef struct Range
{
	DwFeeTerms	terms;			/* of every contract in it */
	int64_t		from;			/* first amount */
	int64_t		to;				/* last amount */
} Range;

/* What is known while a decision is made. */
typedef struct Work
{
	const DwAgentInputs *in;	/* given */
	const DwAgentOffer *offer;	/* given, or NULL */
	DwAgentDecision *out;		/* what is found */
	int64_t		need;			/* left for the provider, at least */
	Range		range;			/* of fees, that was looked at last */
	int			range_index;	/* which one that is; -1 = none yet */
	int64_t		asked;			/* amount whose payout was found last */
	int64_t		payout;			/* what it leaves */
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

int64_t
dw_agent_local_day(const DwAgentClock *clock)
{
	return floor_divide(clock->now + offset_at(clock, clock->now),
						MINUTES_PER_DAY);
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

/* A wide number / divisor, rounded down; most of daily life are narrow. */
static inline DwWide
divide(DwWide number, int64_t divisor)
{
	return number <= INT64_MAX ? (int64_t) number / divisor
		: number / divisor;
}

/* amount * ppm / 1e6, rounded up. */
static DwWide
part_up(int64_t amount, int64_t ppm)
{
	return divide((DwWide) amount * ppm + DW_PPM - 1, DW_PPM);
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

/* The unit of the job's currency, which has at most six minor digits. */
static int64_t
unit_of(const DwAgentJob *job)
{
	return job->unit > 0 && job->unit <= UNIT_MOST ? job->unit : 1;
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

/*
 * Looks at a range of the job's schedule: a flat one has its tiers, a marginal
 * one is all one.  False past the last.
 */
static bool
look_at(Work *work, int index)
{
	const DwFeeSchedule *fees = &work->in->job.fees;
	int			count = fees->kind == DW_FEE_KIND_FLAT ? fees->tier_count : 1;

	if (index >= count || fees->tier_count < 1 ||
		fees->tier_count > DW_FEE_TIERS_MAX)
		return false;
	if (work->range_index == index)
		return true;
	work->range_index = index;
	work->range.from = fees->tiers[index].from_amount;
	work->range.to = index + 1 < count
		? fees->tiers[index + 1].from_amount - 1 : AMOUNT_MOST;
	dw_fee_schedule_terms(fees, work->range.from, &work->range.terms);
	return true;
}

/* What a contract of any amount leaves; the last one is known still. */
static int64_t
payout_of(Work *work, int64_t amount)
{
	if (amount == work->asked)
		return work->payout;
	if (work->range_index < 0 || amount < work->range.from ||
		amount > work->range.to)
		for (int i = 0; look_at(work, i); i++)
			if (amount <= work->range.to)
				break;
	work->asked = amount;
	work->payout = work->range_index < 0 ? 0 :
		payout_under(&work->range.terms, amount);
	return work->payout;
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
	if (amount > range->to)
		return INT64_MAX;
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
least_amount(Work *work, int64_t from)
{
	for (int i = 0; look_at(work, i); i++)
	{
		int64_t		amount = work->range.to < from ? INT64_MAX :
			least_in(&work->range, work->need, from,
					 unit_of(&work->in->job));

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
greatest_amount(Work *work, int64_t most)
{
	int64_t		unit = unit_of(&work->in->job);
	int64_t		found = 0;

	for (int i = 0; look_at(work, i); i++)
	{
		const Range *range = &work->range;
		int64_t		amount = range->to < most ? range->to : most;

		amount -= amount % unit;
		for (int step = 0; step < SEARCH_STEPS && amount > 0 &&
			 amount >= range->from; step++, amount -= unit)
			if (payout_under(&range->terms, amount) >= work->need)
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
	out->floor = least_amount(work, least > 1 ? least : 1);
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
		((double) inputs->provider.rating - RATING_PRIOR) / DW_PPM;
	features->x[DW_FEATURE_DISTANCE] = 10 / (10 + miles) - 0.5;
	features->x[DW_FEATURE_TIME] = usual / (usual + days) - 0.5;
}

/* The window of multiples of M / 100 that a strategy looks at. */
typedef struct Window
{
	int64_t		first;			/* 1 or more */
	int64_t		last;			/* not below it */
} Window;

/* The strategy, of what may come from a document. */
static DwAgentStrategy
strategy_of(const DwAgentInputs *in)
{
	return (unsigned) in->settings.strategy < DW_AGENT_STRATEGY_COUNT
		? in->settings.strategy : DW_AGENT_BALANCED;
}

/* What the strategy multiplies the anchor by, in millionths. */
static int64_t
multiplier(const DwAgentInputs *in)
{
	int64_t		base = in->platform.base_ppm[strategy_of(in)];
	int64_t		times = narrow(divide((DwWide) base *
									  in->parameters.pace_ppm, DW_PPM));

	/* a fiftyfold anchor is no price any more */
	return times < 1 ? 1 : times > 50 * DW_PPM ? 50 * DW_PPM : times;
}

/* Both ends rise with the base, also where nothing lies between them. */
static Window
window_of(const DwAgentInputs *in)
{
	const int64_t step = DW_PPM * DW_PPM / GRID;
	int64_t		base = multiplier(in);
	int64_t		band = in->platform.band_ppm;
	Window		window;

	band = band < 0 ? 0 : band > DW_PPM ? DW_PPM : band;
	window.first = (base * (DW_PPM - band) + step - 1) / step;
	window.last = base * (DW_PPM + band) / step;
	if (window.first < 1)
		window.first = 1;
	if (window.last < window.first)
		window.last = window.first;
	return window;
}

/* What all multiples share. */
typedef struct Curve
{
	double		rivals;			/* n e^-v of the anchor itself */
	double		slope;			/* of v in ln(p / M), below 0 */
	double		left;			/* of an amount after fees */
	double		cost;			/* in anchors */
	double		kappa;			/* weight of winning */
} Curve;

/* 1 / P of a multiple. */
static double
odds_at(const Curve *curve, double ratio)
{
	return 1 + curve->rivals * dw_exp(-curve->slope * dw_log(ratio));
}

/* True when the multiple after this one is better. */
static bool
is_next_better(const Curve *curve, int64_t multiple)
{
	double		ratio = (double) multiple / GRID;
	double		next = (double) (multiple + 1) / GRID;
	double		margin = ratio * curve->left - curve->cost;
	double		chance;

	/* below its cost no price is good, and the next is nearer to it */
	if (!(margin > 0))
		return true;
	chance = dw_log(odds_at(curve, ratio) / odds_at(curve, next));
	if (chance > 0)
		chance = 0;
	return curve->kappa * chance +
		dw_log((next * curve->left - curve->cost) / margin) > 0;
}

/*
 * The multiple of M / 100 with the best score.  Every window is walked down
 * the tree of all multiples, see the head of this file.
 */
static int64_t
best_multiple(Work *work)
{
	const DwAgentInputs *in = work->in;
	double		anchor = (double) work->out->anchor;
	Window		window = window_of(in);
	DwFeatures	features;
	Curve		curve;
	int64_t		best = 0;

	dw_agent_features(in, work->out, &features);
	curve.rivals = dw_learning_rivals(&in->parameters, &features,
									  in->platform.rivals);
	curve.slope = dw_from_nanos(in->parameters.weight[DW_FEATURE_PRICE]);
	curve.left = (double) payout_of(work, work->out->anchor) / anchor;
	curve.cost = (double) work->out->cost / anchor;
	curve.kappa = (double) in->platform.kappa_ppm[strategy_of(in)] /
		DW_PPM;

	/* best is the greatest multiple that is known to be too low */
	for (int64_t step = GRID_MOST / 2; step > 0; step /= 2)
	{
		int64_t		multiple = best + step;

		if (multiple < window.first || (multiple < window.last &&
										is_next_better(&curve, multiple)))
			best = multiple;
	}
	return best + 1;
}

/*
 * The nearest amount between floor and ceiling, which are known to meet, that
 * leaves what is needed.
 */
static int64_t
bounded(Work *work, int64_t amount)
{
	int64_t		paid;

	if (amount <= work->out->floor)
		return work->out->floor;
	if (amount <= work->out->ceiling)
	{
		if (payout_of(work, amount) >= work->need)
			return amount;
		/* a tier of the fee began in between and takes more */
		paid = least_amount(work, amount);
		if (paid <= work->out->ceiling)
			return paid;
	}
	amount = greatest_amount(work, work->out->ceiling);
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
	DwWide		grid = (DwWide) out->anchor * best_multiple(work);
	int64_t		ideal = narrow(divide(grid + GRID - 1, GRID));

	ideal = whole_up(ideal, unit_of(&work->in->job));
	out->amount = bounded(work, ideal);
	out->base_amount = narrow(divide((DwWide) out->amount * out->anchor,
									 ideal));
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
								   ((double) in->parameters.samples +
									(double) in->platform.sure_samples));
	if (!(out->confidence > 0))
		out->confidence = 0;
	out->value = nearest(out->chance *
						 (double) (payout_of(work, out->amount) -
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

/* The bit of a guard, if it fails. */
#define FAILS(guard, condition)	((uint64_t) (condition) << DW_AGENT_##guard)

/* Switches and what the platform allows. */
static uint64_t
platform_fails(const DwAgentInputs *in)
{
	const DwAgentProvider *provider = &in->provider;
	int64_t		quota = provider->month_quota == DW_AGENT_UNLIMITED
		? DW_AGENT_NO_LIMIT : provider->month_quota;

	quota = narrower(quota, in->settings.mandate.bids_per_month);
	return FAILS(PLATFORM_OFF, !in->platform.is_on) |
		FAILS(CATEGORY_OFF, !in->job.is_category_on) |
		FAILS(AGENT_OFF, !provider->is_agent_on) |
		FAILS(PROVIDER_OFF, !provider->is_provider_on) |
		FAILS(NOT_ROLLED_OUT, !provider->is_rolled_out) |
		FAILS(BELOW_MIN_RATING, provider->stars != 0 &&
			  provider->stars < in->platform.min_stars) |
		FAILS(MONTH_QUOTA, !has_room(provider->month_bids, quota));
}

/* Who the agent is, and the job as such. */
static uint64_t
job_fails(const DwAgentInputs *in)
{
	const DwAgentProvider *provider = &in->provider;

	return FAILS(AGENT_INACTIVE, !in->settings.is_active) |
		FAILS(PROVIDER_INACTIVE, !provider->is_active) |
		FAILS(COOLING_DOWN, in->settings.paused_until != 0 &&
			  provider->clock.now < in->settings.paused_until) |
		FAILS(JOB_NOT_OPEN, !in->job.is_open) |
		FAILS(STALE_TERMS, !in->job.is_current) |
		FAILS(OWN_JOB, provider->is_own_job) |
		FAILS(NOT_INVITED, in->job.is_invite_only && !provider->is_invited) |
		FAILS(ALREADY_ANSWERED, provider->is_answered) |
		FAILS(ALREADY_BID, provider->has_bid);
}

/* Whether the job suits the agent. */
static uint64_t
fit_fails(const DwAgentInputs *in)
{
	const DwAgentProvider *provider = &in->provider;
	const DwAgentHours *hours = &in->settings.hours;
	bool		waits = !in->job.is_emergency || !provider->takes_emergencies;
	int64_t		most = narrower(in->settings.max_open_jobs,
								in->settings.mandate.max_open_jobs);

	return FAILS(NO_CATEGORY, provider->category == DW_AGENT_CATEGORY_NONE) |
		FAILS(OTHER_CATEGORY,
			  provider->category != DW_AGENT_CATEGORY_SERVED) |
		FAILS(NO_PLACE, provider->miles < 0) |
		FAILS(OUTSIDE_RADIUS,
			  provider->miles > in->settings.numbers.radius ||
			  provider->miles > in->platform.max_miles) |
		FAILS(OUTSIDE_AREA, !provider->is_in_area) |
		FAILS(REQUIREMENT_MISSING, provider->missing != 0) |
		FAILS(NO_HOURS, waits && !works_ever(hours)) |
		FAILS(OUTSIDE_HOURS, waits &&
			  !works_at(hours, &provider->clock, provider->clock.now)) |
		FAILS(CAPACITY, !has_room(provider->open_jobs, most));
}

/* Whether the job can be priced at all. */
static uint64_t
value_fails(const DwAgentInputs *in)
{
	const DwAgentNumbers *numbers = &in->settings.numbers;

	return FAILS(CURRENCY, !in->provider.is_same_currency) |
		FAILS(VALUE_RANGE, in->job.budget_min > numbers->max_value ||
			  (in->job.budget_max != 0 &&
			   in->job.budget_max < numbers->min_value)) |
		FAILS(NO_ANCHOR, in->job.anchor <= 0) |
		FAILS(NO_ESTIMATE, in->job.hours <= 0 &&
			  in->settings.costs.hourly_rate != 0);
}

/* True when the bid, at least at its floor, is within the exposure. */
static bool
is_exposure_left(const Work *work, int64_t amount)
{
	int64_t		limit = narrower(work->in->settings.max_exposure,
								 work->in->settings.mandate.max_exposure);

	return limit == DW_AGENT_NO_LIMIT ||
		(DwWide) work->in->provider.exposure + amount <= limit;
}

/* Whether there is an amount, which needs set_bounds(). */
static uint64_t
bounds_fail(Work *work)
{
	const DwAgentDecision *out = work->out;
	const DwAgentOffer *offer = work->offer;

	return FAILS(EXPOSURE, !is_exposure_left(work, offer != NULL
											 ? offer->amount : out->floor)) |
		FAILS(FLOOR_ABOVE_CEILING, out->floor > out->ceiling) |
		FAILS(BELOW_FLOOR, offer != NULL &&
			  (offer->amount < out->floor ||
			   payout_of(work, offer->amount) < work->need)) |
		FAILS(ABOVE_CEILING, offer != NULL && offer->amount > out->ceiling);
}

/* Whether the amount will do, which needs set_price(). */
static uint64_t
price_fails(const Work *work)
{
	const DwAgentDecision *out = work->out;

	return FAILS(EXPOSURE, !is_exposure_left(work, out->amount)) |
		FAILS(LOW_PROBABILITY, out->win_probability * DW_PPM <
			  (double) work->in->settings.min_win_ppm) |
		FAILS(PACING, !is_worth_a_slot(work)) |
		FAILS(DAY_CAP, slots_left(work->in) <= 0);
}

/* The guards that the provider passes over who approves an amount. */
static uint64_t
waived(const DwAgentOffer *offer)
{
	bool		is_approved = offer != NULL && offer->is_approved;

	return FAILS(ALREADY_ANSWERED, is_approved) |
		FAILS(NO_HOURS, is_approved) | FAILS(OUTSIDE_HOURS, is_approved) |
		FAILS(LOW_PROBABILITY, is_approved) | FAILS(PACING, is_approved);
}

/* The first of guards that fail, or DW_AGENT_PASSED. */
static DwAgentReason
first_of(uint64_t fails)
{
	int			guard = DW_AGENT_PASSED;

	while (fails != 0 && (fails & 1) == 0)
	{
		fails >>= 1;
		guard++;
	}
	return (DwAgentReason) guard;
}

/* The first guard that fails; what comes after it is not looked at. */
static DwAgentReason
first_failing(Work *work)
{
	const DwAgentInputs *in = work->in;
	uint64_t	heeded = ~waived(work->offer);
	uint64_t	fails = heeded & (platform_fails(in) | job_fails(in) |
								  fit_fails(in) | value_fails(in));

	if (fails == 0)
	{
		set_bounds(work);
		fails = bounds_fail(work);
	}
	if (fails == 0)
	{
		set_price(work);
		fails = heeded & price_fails(work);
	}
	return first_of(fails);
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

/* Nothing is known yet. */
static void
begin(Work *work, const DwAgentInputs *inputs, const DwAgentOffer *offer,
	  DwAgentDecision *decision)
{
	memset(decision, 0, sizeof(*decision));
	work->in = inputs;
	work->offer = offer;
	work->out = decision;
	work->need = 0;
	work->range_index = -1;
	work->asked = -1;
	work->payout = 0;
}

void
dw_agent_decide(const DwAgentInputs *inputs, const DwAgentOffer *offer,
				DwAgentDecision *decision)
{
	Work		work;

	begin(&work, inputs, offer, decision);
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
	uint64_t	fails = platform_fails(inputs) | job_fails(inputs) |
		fit_fails(inputs) | value_fails(inputs);
	DwAgentDecision decision;
	Work		work;

	/* without an anchor there is no price for a guard to look at */
	if (guard > DW_AGENT_NO_ESTIMATE && inputs->job.anchor > 0)
	{
		begin(&work, inputs, offer, &decision);
		set_bounds(&work);
		fails |= bounds_fail(&work);
		if (decision.floor <= decision.ceiling || offer != NULL)
		{
			set_price(&work);
			fails |= price_fails(&work);
		}
	}
	return (fails & ~waived(offer) & (UINT64_C(1) << guard)) == 0;
}
