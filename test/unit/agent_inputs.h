/*
 * agent_inputs.h
 *		An agent that bids on a job, for what tests and measures decisions.
 */
#ifndef DW_AGENT_INPUTS_H
#define DW_AGENT_INPUTS_H

#include <stdint.h>
#include <string.h>

#include "core/decision/decision.h"

/* A Monday, 2026-06-01, at 10 o'clock of a clock that shows UTC. */
#define USUAL_MONDAY	INT64_C(29671200)
#define USUAL_NOW		(USUAL_MONDAY + 600)

/* All limits of a mandate open. */
static const DwAgentMandate usual_mandate = {
	DW_AGENT_NO_LIMIT, DW_AGENT_NO_LIMIT, DW_AGENT_NO_LIMIT,
	DW_AGENT_NO_LIMIT, DW_AGENT_NO_LIMIT, 0, DW_AGENT_NO_LIMIT
};

static const DwAgentJob usual_job = {
	.is_open = true,
	.is_current = true,
	.is_category_on = true,
	.budget_min = 80000,
	.budget_max = 120000,
	.hours = 16,
	.anchor = 100000,
	.unit = 100,
	.fees = {
		.tier_count = 1,
		.tiers[0] = {.rate_ppm = 50000,.max_fee = DW_FEE_NO_MAX}
	}
};

static const DwAgentSettings usual_settings = {
	.is_active = true,
	.mode = DW_AGENT_AUTO,
	.strategy = DW_AGENT_BALANCED,
	.numbers = {
		.radius = 15,
		.bids_per_day = 8,
		.min_value = 20000,
		.max_value = 200000,
		.margin_ppm = 150000
	},
	.max_exposure = DW_AGENT_NO_LIMIT,
	.max_open_jobs = 5,
	.costs = {.hourly_rate = 4000,.travel_per_mile = 50}
};

static const DwAgentProvider usual_provider = {
	.is_agent_on = true,
	.is_provider_on = true,
	.is_rolled_out = true,
	.is_active = true,
	.is_same_currency = true,
	.is_in_area = true,
	.category = DW_AGENT_CATEGORY_SERVED,
	.stars = 450,
	.rating = 800000,
	.miles = 10,
	.month_quota = 50,
	.clock.now = USUAL_NOW
};

/*
 * 16 hours at 40.00 and 10 miles away cost 650.00; with a margin of 15 % and
 * a fee of 5 % the floor is 787.00, the anchor is 1000.00.
 */
static inline void
usual_inputs(DwAgentInputs *inputs)
{
	memset(inputs, 0, sizeof(*inputs));
	inputs->platform = dw_agent_platform_defaults;
	inputs->job = usual_job;
	inputs->settings = usual_settings;
	inputs->settings.mandate = usual_mandate;
	inputs->provider = usual_provider;
	dw_agent_prior(&dw_learning_defaults, &inputs->parameters);
}

#endif							/* DW_AGENT_INPUTS_H */
