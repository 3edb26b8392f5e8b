/*
 * inputs.c
 *		The numbers a decision is made from, by name, and the built-in ones.
 *
 * Whoever adds a member to a struct of inputs adds it here, or the decision
 * cannot be made again: test_agent_inputs.c fills structs with noise and
 * compares what comes back.
 */
#include "core/decision/decision.h"

#include <stddef.h>

#include "core/agent/agent.h"
#include "core/base/base.h"
#include "core/fee/fee.h"
#include "core/learning/learning.h"
#include "core/numeric/numeric.h"

/* The numbers of a tier of fees, one after the other. */
#define TIER_NUMBERS	5

_Static_assert(sizeof(DwFeeTier) == TIER_NUMBERS * sizeof(int64_t),
			   "a tier is five numbers");
_Static_assert(sizeof(DwAgentMode) == sizeof(int32_t),
			   "an enum is a number of 32 bits");

const DwAgentPlatform dw_agent_platform_defaults = {
	.is_on = true,
	.is_paced = true,
	.min_stars = 0,
	.max_miles = DW_AGENT_RADIUS_MAX,
	.min_bid_amount = 5000,
	.recheck_minutes = 60,
	.base_ppm = {
		[DW_AGENT_AGGRESSIVE] = 850000,
		[DW_AGENT_BALANCED] = 1000000,
		[DW_AGENT_PREMIUM] = 1150000
	},
	.kappa_ppm = {
		[DW_AGENT_AGGRESSIVE] = 1500000,
		[DW_AGENT_BALANCED] = 1000000,
		[DW_AGENT_PREMIUM] = 600000
	},
	.band_ppm = 100000,
	.rivals = 3 * DW_NANOS,
	.sure_samples = 20,
	.arrivals_weight = DW_MICROS / 4
};

/* A member of an input: its name is the path to it. */
#define INPUT(type, member, n) \
	{#member, DW_FIELD_##type, offsetof(DwAgentInputs, member), n}

static const DwNumberField input_fields[] = {
	INPUT(BOOL, platform.is_on, 1),
	INPUT(BOOL, platform.is_paced, 1),
	INPUT(INT64, platform.min_stars, 1),
	INPUT(INT64, platform.max_miles, 1),
	INPUT(INT64, platform.min_bid_amount, 1),
	INPUT(INT64, platform.recheck_minutes, 1),
	INPUT(INT64, platform.base_ppm, DW_AGENT_STRATEGY_COUNT),
	INPUT(INT64, platform.kappa_ppm, DW_AGENT_STRATEGY_COUNT),
	INPUT(INT64, platform.band_ppm, 1),
	INPUT(INT64, platform.rivals, 1),
	INPUT(INT64, platform.sure_samples, 1),
	INPUT(INT64, platform.arrivals_weight, 1),

	INPUT(BOOL, job.is_open, 1),
	INPUT(BOOL, job.is_current, 1),
	INPUT(BOOL, job.is_category_on, 1),
	INPUT(BOOL, job.is_emergency, 1),
	INPUT(BOOL, job.is_invite_only, 1),
	INPUT(INT64, job.budget_min, 1),
	INPUT(INT64, job.budget_max, 1),
	INPUT(INT64, job.hours, 1),
	INPUT(INT64, job.materials, 1),
	INPUT(INT64, job.anchor, 1),
	INPUT(INT64, job.unit, 1),
	INPUT(INT32, job.fees.kind, 1),
	INPUT(INT32, job.fees.payer, 1),
	INPUT(INT64, job.fees.tax_ppm, 1),
	INPUT(INT32, job.fees.tier_count, 1),
	INPUT(INT64, job.fees.tiers, TIER_NUMBERS * DW_FEE_TIERS_MAX),

	INPUT(BOOL, settings.is_active, 1),
	INPUT(INT32, settings.mode, 1),
	INPUT(INT32, settings.strategy, 1),
	INPUT(INT32, settings.goal, 1),
	INPUT(INT64, settings.goal_target, 1),
	INPUT(INT32, settings.numbers.radius, 1),
	INPUT(INT32, settings.numbers.bids_per_day, 1),
	INPUT(INT64, settings.numbers.min_value, 1),
	INPUT(INT64, settings.numbers.max_value, 1),
	INPUT(INT32, settings.numbers.margin_ppm, 1),
	INPUT(INT64, settings.numbers.threshold, 1),
	INPUT(INT64, settings.max_exposure, 1),
	INPUT(INT64, settings.max_open_jobs, 1),
	INPUT(INT64, settings.min_win_ppm, 1),
	INPUT(INT64, settings.paused_until, 1),
	INPUT(INT64, settings.costs.hourly_rate, 1),
	INPUT(INT64, settings.costs.overhead, 1),
	INPUT(INT64, settings.costs.travel_per_mile, 1),
	INPUT(INT64, settings.costs.waste_ppm, 1),
	INPUT(BOOL, settings.hours.is_limited, 1),
	INPUT(INT16, settings.hours.count, DW_AGENT_WEEK),
	INPUT(INT16, settings.hours.minute, DW_AGENT_WEEK * DW_AGENT_HOURS_MAX),
	INPUT(INT64, settings.mandate.max_amount, 1),
	INPUT(INT64, settings.mandate.max_exposure, 1),
	INPUT(INT64, settings.mandate.bids_per_day, 1),
	INPUT(INT64, settings.mandate.bids_per_month, 1),
	INPUT(INT64, settings.mandate.max_open_jobs, 1),
	INPUT(INT64, settings.mandate.min_margin_ppm, 1),
	INPUT(INT64, settings.mandate.threshold, 1),

	INPUT(BOOL, provider.is_agent_on, 1),
	INPUT(BOOL, provider.is_provider_on, 1),
	INPUT(BOOL, provider.is_rolled_out, 1),
	INPUT(BOOL, provider.is_active, 1),
	INPUT(BOOL, provider.is_same_currency, 1),
	INPUT(BOOL, provider.is_own_job, 1),
	INPUT(BOOL, provider.is_answered, 1),
	INPUT(BOOL, provider.has_bid, 1),
	INPUT(BOOL, provider.is_invited, 1),
	INPUT(BOOL, provider.is_in_area, 1),
	INPUT(BOOL, provider.takes_emergencies, 1),
	INPUT(INT32, provider.category, 1),
	INPUT(INT64, provider.stars, 1),
	INPUT(INT64, provider.rating, 1),
	INPUT(INT64, provider.miles, 1),
	INPUT(INT64, provider.missing, 1),
	INPUT(INT64, provider.month_quota, 1),
	INPUT(INT64, provider.month_bids, 1),
	INPUT(INT64, provider.day_bids, 1),
	INPUT(INT64, provider.day_jobs, 1),
	INPUT(INT64, provider.open_jobs, 1),
	INPUT(INT64, provider.exposure, 1),
	INPUT(INT64, provider.clock.now, 1),
	INPUT(INT64, provider.clock.offset, 1),
	INPUT(INT64, provider.clock.change_at, 1),
	INPUT(INT64, provider.clock.offset_after, 1),

	INPUT(INT64, parameters.weight, DW_FEATURE_COUNT),
	INPUT(INT64, parameters.shown, DW_CALIBRATOR_COUNT),
	INPUT(INT64, parameters.samples, 1),
	INPUT(INT64, parameters.pace_ppm, 1),
	INPUT(INT64, parameters.arrivals, 1),
	INPUT(INT64, parameters.value, DW_PACING_MARKS)
};

const DwNumberFields dw_agent_input_fields = {
	input_fields, DW_LENGTH(input_fields)
};

#define OFFER(type, member) \
	{"offer." #member, DW_FIELD_##type, offsetof(DwAgentOffer, member), 1}

static const DwNumberField offer_fields[] = {
	OFFER(INT64, amount),
	OFFER(INT64, timeline_days),
	OFFER(BOOL, is_approved)
};

const DwNumberFields dw_agent_offer_fields = {
	offer_fields, DW_LENGTH(offer_fields)
};

static const char *const verdict_labels[DW_AGENT_VERDICT_COUNT] = {
	[DW_AGENT_BID] = "bid",
	[DW_AGENT_ASK] = "propose",
	[DW_AGENT_LOG] = "shadow",
	[DW_AGENT_DEFER] = "defer",
	[DW_AGENT_DECLINE] = "decline"
};

#define REASON(name)	[DW_AGENT_##name] = #name

static const char *const reason_labels[DW_AGENT_REASON_COUNT] = {
	REASON(PASSED),
	REASON(PLATFORM_OFF),
	REASON(CATEGORY_OFF),
	REASON(AGENT_OFF),
	REASON(PROVIDER_OFF),
	REASON(NOT_ROLLED_OUT),
	REASON(BELOW_MIN_RATING),
	REASON(MONTH_QUOTA),
	REASON(AGENT_INACTIVE),
	REASON(PROVIDER_INACTIVE),
	REASON(COOLING_DOWN),
	REASON(JOB_NOT_OPEN),
	REASON(STALE_TERMS),
	REASON(OWN_JOB),
	REASON(NOT_INVITED),
	REASON(ALREADY_ANSWERED),
	REASON(ALREADY_BID),
	REASON(NO_CATEGORY),
	REASON(OTHER_CATEGORY),
	REASON(NO_PLACE),
	REASON(OUTSIDE_RADIUS),
	REASON(OUTSIDE_AREA),
	REASON(REQUIREMENT_MISSING),
	REASON(NO_HOURS),
	REASON(OUTSIDE_HOURS),
	REASON(CAPACITY),
	REASON(CURRENCY),
	REASON(VALUE_RANGE),
	REASON(NO_ANCHOR),
	REASON(NO_ESTIMATE),
	REASON(EXPOSURE),
	REASON(FLOOR_ABOVE_CEILING),
	REASON(BELOW_FLOOR),
	REASON(ABOVE_CEILING),
	REASON(LOW_PROBABILITY),
	REASON(PACING),
	REASON(DAY_CAP),
	REASON(OVER_THRESHOLD)
};

DW_LABELS(agent_verdict, DwAgentVerdict, verdict_labels);
DW_LABELS(agent_reason, DwAgentReason, reason_labels);
