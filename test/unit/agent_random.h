/*
 * agent_random.h
 *		Any inputs of a decision, from any source of numbers, and what must
 *		hold of any decision.
 */
#ifndef DW_AGENT_RANDOM_H
#define DW_AGENT_RANDOM_H

#include "agent_inputs.h"

/* A number from least to most, both included, of a source. */
typedef int64_t (*RandomDraw) (void *source, int64_t least, int64_t most);

/* Nothing, or up to so much. */
static inline int64_t
random_sometimes(RandomDraw draw, void *source, int64_t most)
{
	return draw(source, 0, 1) == 0 ? 0 : draw(source, 0, most);
}

/* A limit, often none. */
static inline int64_t
random_limit(RandomDraw draw, void *source, int64_t most)
{
	return draw(source, 0, 2) > 0 ? DW_AGENT_NO_LIMIT :
		draw(source, 0, most);
}

/* A valid schedule: flat tiers of any rates, or marginal ones. */
static inline void
random_fees(RandomDraw draw, void *source, DwFeeSchedule *fees)
{
	int64_t		from = 0;

	memset(fees, 0, sizeof(*fees));
	fees->kind = (DwFeeKind) draw(source, 0, 1);
	fees->payer = (DwFeePayer) draw(source, 0, DW_FEE_PAYER_COUNT - 1);
	fees->tax_ppm = random_sometimes(draw, source, 250000);
	fees->tier_count = (int) draw(source, 1, 4);
	for (int i = 0; i < fees->tier_count; i++)
	{
		bool		is_bare = fees->kind == DW_FEE_KIND_MARGINAL && i > 0;
		DwFeeTier  *tier = &fees->tiers[i];

		tier->from_amount = from;
		tier->rate_ppm = draw(source, 0, 400000);
		tier->fixed = is_bare ? 0 : draw(source, 0, 1000);
		tier->max_fee = is_bare || draw(source, 0, 1) ? DW_FEE_NO_MAX :
			draw(source, 0, 20000);
		from += draw(source, 1, 150000);
	}
}

/* What the provider set and signed. */
static inline void
random_settings(RandomDraw draw, void *source, DwAgentSettings *settings)
{
	DwAgentMandate *mandate = &settings->mandate;

	settings->mode = (DwAgentMode) draw(source, 0, DW_AGENT_MODE_COUNT - 1);
	settings->numbers.margin_ppm = (int32_t) draw(source, 0, 500000);
	settings->numbers.max_value = draw(source, 20000, 400000);
	settings->numbers.threshold = random_sometimes(draw, source, 200000);
	settings->max_exposure = random_limit(draw, source, 500000);
	settings->min_win_ppm = draw(source, 0, 3) == 0
		? draw(source, 0, 1000000) : 0;
	settings->costs.hourly_rate = draw(source, 0, 6000);
	settings->costs.overhead = draw(source, 0, 10000);
	settings->costs.travel_per_mile = draw(source, 0, 200);
	settings->costs.waste_ppm = draw(source, 0, 300000);
	mandate->max_amount = random_limit(draw, source, 400000);
	mandate->max_exposure = random_limit(draw, source, 500000);
	mandate->bids_per_day = random_limit(draw, source, 20);
	mandate->min_margin_ppm = random_sometimes(draw, source, 500000);
	mandate->threshold = random_limit(draw, source, 200000);
}

/* Inputs of every kind, of which most reach a price. */
static inline void
random_inputs(RandomDraw draw, void *source, DwAgentInputs *inputs)
{
	static const int64_t units[] = {1, 10, 100, 1000};

	usual_inputs(inputs);
	random_settings(draw, source, &inputs->settings);
	random_fees(draw, source, &inputs->job.fees);
	inputs->job.unit = units[draw(source, 0, 3)];
	inputs->job.hours = draw(source, 1, 40);
	inputs->job.materials = random_sometimes(draw, source, 50000);
	inputs->job.anchor = draw(source, 1, 300000);
	inputs->job.budget_min = draw(source, 0, 20000);
	inputs->job.budget_max = draw(source, 0, 2) == 0 ? 0 :
		draw(source, 20000, 400000);
	inputs->provider.miles = draw(source, 0, 15);
	inputs->provider.rating = draw(source, 0, 1000000);
	inputs->provider.day_bids = draw(source, 0, 8);
	inputs->provider.day_jobs = draw(source, 0, 100);
	inputs->provider.exposure = draw(source, 0, 300000);
	for (int i = 0; i < DW_FEATURE_COUNT; i++)
		inputs->parameters.weight[i] = i == DW_FEATURE_PRICE
			? draw(source, -20 * DW_NANOS, -DW_NANOS)
			: draw(source, -3 * DW_NANOS, 3 * DW_NANOS);
	inputs->parameters.shown[0] = draw(source, -3 * DW_NANOS, 3 * DW_NANOS);
	inputs->parameters.shown[1] = draw(source, -DW_NANOS, 2 * DW_NANOS);
	inputs->parameters.samples = draw(source, 0, 1000);
	inputs->parameters.pace_ppm = draw(source, 800000, 1250000);
	inputs->parameters.arrivals = random_sometimes(draw, source,
												   100 * DW_MICROS);
	for (int i = 1; i < DW_PACING_MARKS; i++)
		inputs->parameters.value[i] = inputs->parameters.value[i - 1] +
			draw(source, 0, 3000);
}

/* What a contract of that amount leaves for the provider. */
static inline int64_t
payout_at(const DwAgentInputs *inputs, int64_t amount)
{
	DwFeeTerms	terms;
	DwFeeQuote	quote;

	dw_fee_schedule_terms(&inputs->job.fees, amount, &terms);
	return dw_fee_quote(&terms, amount, &quote) == DW_OK ? quote.payout : -1;
}

/* True when a limit is none, or holds. */
static inline bool
within(int64_t number, int64_t limit)
{
	return limit == DW_AGENT_NO_LIMIT || number <= limit;
}

/* True when an amount that was found keeps to every bound of amounts. */
static inline bool
amount_is_allowed(const DwAgentInputs *inputs, const DwAgentDecision *found)
{
	int64_t		signed_margin = inputs->settings.mandate.min_margin_ppm;
	int64_t		margin = inputs->settings.numbers.margin_ppm;

	if (signed_margin > margin)
		margin = signed_margin;
	return found->amount >= found->floor &&
		found->amount <= found->ceiling &&
		found->amount % inputs->job.unit == 0 &&
		found->amount >= inputs->platform.min_bid_amount &&
		(inputs->job.budget_max == 0 ||
		 found->amount <= inputs->job.budget_max) &&
		found->amount <= inputs->settings.numbers.max_value &&
		within(found->amount, inputs->settings.mandate.max_amount) &&
		(DwWide) (payout_at(inputs, found->amount) - found->cost) * DW_PPM >=
		(DwWide) found->cost * margin;
}

/* True when no cap forbids a bid that is made. */
static inline bool
bid_is_allowed(const DwAgentInputs *inputs, const DwAgentDecision *found)
{
	const DwAgentSettings *settings = &inputs->settings;
	const DwAgentProvider *provider = &inputs->provider;

	return settings->mode == DW_AGENT_AUTO &&
		within(provider->exposure + found->amount, settings->max_exposure) &&
		within(provider->exposure + found->amount,
			   settings->mandate.max_exposure) &&
		provider->day_bids < settings->numbers.bids_per_day &&
		within(provider->day_bids + 1, settings->mandate.bids_per_day) &&
		(settings->numbers.threshold == 0 ||
		 found->amount <= settings->numbers.threshold) &&
		within(found->amount, settings->mandate.threshold) &&
		found->win_probability * DW_PPM >= (double) settings->min_win_ppm;
}

/* True when everything holds of a decision that must hold. */
static inline bool
decision_is_sane(const DwAgentInputs *inputs, const DwAgentDecision *found)
{
	if ((found->verdict == DW_AGENT_DEFER) !=
		(found->run_after > inputs->provider.clock.now))
		return false;
	if (found->amount == 0)
		return found->verdict == DW_AGENT_DECLINE ||
			found->verdict == DW_AGENT_DEFER;
	return amount_is_allowed(inputs, found) && found->chance > 0 &&
		found->chance < 1 && found->win_probability > 0 &&
		found->win_probability < 1 && found->confidence >= 0 &&
		found->confidence <= 1 &&
		(found->verdict != DW_AGENT_BID || bid_is_allowed(inputs, found));
}

/* Decides for all strategies; true when each is sane and the prices rise. */
static inline bool
strategies_are_ordered(DwAgentInputs *inputs, DwAgentDecision *found)
{
	for (int i = 0; i < DW_AGENT_STRATEGY_COUNT; i++)
	{
		inputs->settings.strategy = (DwAgentStrategy) i;
		dw_agent_decide(inputs, NULL, &found[i]);
		if (!decision_is_sane(inputs, &found[i]))
			return false;
		if (i > 0 && found[i].amount < found[i - 1].amount)
			return false;
	}
	return true;
}

#endif							/* DW_AGENT_RANDOM_H */
