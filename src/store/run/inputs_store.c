/*
 * inputs_store.c
 *		Makes the inputs of a decision from facts that were loaded.
 *
 * Documents are opened one agent at a time when its first decision is made,
 * so that whoever keeps notes of crashes knows whose document it was.
 */
#include "postgres.h"

#include <math.h>

#include "core/admin/admin.h"
#include "core/geo/geo.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/number/number_server.h"
#include "server/setting/setting_server.h"
#include "store/agent/agent_store.h"
#include "store/fee/fee_store.h"
#include "store/run/run_store.h"
#include "store/run/run_store_int.h"

/* A copy that lives as long as the facts do. */
static DwUuids
categories_keep(const DwFacts *facts, const DwUuids *categories)
{
	size_t		size = sizeof(DwUuid) * Max(categories->count, 1);
	DwUuid	   *ids = MemoryContextAlloc(GetMemoryChunkContext((void *) facts),
										 size);

	memcpy(ids, categories->ids, sizeof(DwUuid) * categories->count);
	return (DwUuids)
	{
		.ids = ids,.count = categories->count
	};
}

void
dw_facts_lay(DwFacts *facts, DwFactsLay lay, void *argument)
{
	facts->lay = lay;
	facts->lay_argument = argument;
}

/* What the mandate allows; whatever it does not say is no limit. */
static void
mandate_open(const DwFacts *facts, DwFactsAgent *agent)
{
	DwAgentMandate *out = &agent->settings.mandate;
	DwMandate	mandate;
	const DwMandateLimits *limits = &mandate.limits;

	out->max_amount = out->max_exposure = out->bids_per_day =
		out->bids_per_month = out->max_open_jobs = out->threshold =
		DW_AGENT_NO_LIMIT;
	out->min_margin_ppm = 0;
	if (dw_uuid_is_nil(&agent->mandate_id))
		return;
	/* of those who signed one: a statement each, for it never changes */
	if (!dw_mandate_load(&agent->user_id, &agent->mandate_id, &mandate))
		elog(ERROR, "a mandate is gone");
	agent->signed_categories = categories_keep(facts, &mandate.categories);
	if (limits->max_amount > 0)
		out->max_amount = limits->max_amount;
	if (limits->max_exposure > 0)
		out->max_exposure = limits->max_exposure;
	if (limits->bids_per_day > 0)
		out->bids_per_day = limits->bids_per_day;
	if (limits->open_jobs > 0)
		out->max_open_jobs = limits->open_jobs;
	if (limits->bids_per_month > 0)
		out->bids_per_month = limits->bids_per_month;
	if (limits->threshold > 0)
		out->threshold = limits->threshold;
	out->min_margin_ppm = limits->margin_ppm;
	if (limits->radius > 0)
		agent->settings.numbers.radius =
			Min(agent->settings.numbers.radius, limits->radius);
	/* what was signed for a time is not signed after it */
	if (mandate.valid_until != DT_NOBEGIN &&
		mandate.valid_until <= facts->now)
		agent->settings.is_active = false;
	if (mandate.currency[0] != '\0' &&
		strcmp(mandate.currency, agent->currency) != 0)
		agent->currency[0] = '\0';
}

void
dw_agent_hours_read(Datum jsonb, DwAgentHours *hours)
{
	static const char *const days[DW_AGENT_WEEK] = {
		"mon", "tue", "wed", "thu", "fri", "sat", "sun"
	};
	DwJsonArg	document;

	memset(hours, 0, sizeof(*hours));
	if (jsonb == (Datum) 0)
		return;
	hours->is_limited = true;
	if (!dw_json_arg_object(jsonb, &document))
		elog(ERROR, "stored working hours are no object");
	for (int day = 0; day < DW_AGENT_WEEK; day++)
	{
		char	  **texts = NULL;
		int			count = 0;

		(void) dw_json_arg_texts(&document, days[day], &texts, &count);
		if (count > DW_AGENT_HOURS_MAX)
			elog(ERROR, "stored working hours have too many times");
		for (int i = 0; i < count; i++)
			hours->minute[day][i] = (int16) dw_agent_minute(texts[i]);
		hours->count[day] = (int16) count;
	}
}

void
dw_agent_costs_read(Datum jsonb, DwAgentCosts *costs)
{
	DwJsonArg	document;

	memset(costs, 0, sizeof(*costs));
	if (jsonb == (Datum) 0)
		return;
	if (!dw_json_arg_object(jsonb, &document))
		elog(ERROR, "stored costs are no object");
	(void) dw_json_arg_int8(&document, "hourly_rate", &costs->hourly_rate);
	(void) dw_json_arg_int8(&document, "overhead", &costs->overhead);
	(void) dw_json_arg_int8(&document, "travel_per_mile",
							&costs->travel_per_mile);
	(void) dw_json_arg_int8(&document, "waste_ppm", &costs->waste_ppm);
}

/* What the provider has set, and signed. */
static void
settings_open(const DwFacts *facts, DwFactsAgent *agent)
{
	FactsRow   *row = agent->row;
	DwAgentSettings *out = &agent->settings;

	out->is_active = row->is_active;
	out->mode = row->mode;
	out->strategy = row->strategy;
	out->goal = row->goal;
	out->goal_target = row->goal_target;
	out->numbers = row->numbers;
	out->max_exposure = row->max_exposure;
	out->max_open_jobs = row->max_open_jobs;
	out->min_win_ppm = row->min_win_ppm;
	out->paused_until = row->paused_until == DT_NOBEGIN ? 0
		: dw_facts_minute(row->paused_until);
	dw_agent_costs_read(row->costs, &out->costs);
	dw_agent_hours_read(row->working_hours, &out->hours);
	if (facts->lay != NULL)
		facts->lay(facts->lay_argument, out, &row->categories);
	mandate_open(facts, agent);
}

/* The provider's bucket in the rollout, see core/admin/admin.h. */
static uint32
bucket_of(const DwUuid *id)
{
	uint8		text[sizeof(DW_RUN_FLAG) - 1 + sizeof(DwUuid)];
	uint8		digest[DW_SHA256_BYTES];

	memcpy(text, DW_RUN_FLAG, sizeof(DW_RUN_FLAG) - 1);
	memcpy(text + sizeof(DW_RUN_FLAG) - 1, id->bytes, sizeof(DwUuid));
	dw_sha256(text, sizeof(text), digest);
	return dw_flag_bucket(digest);
}

/* True when the flag is on for the provider. */
static bool
is_rolled_out(const DwFacts *facts, const FactsRow *row)
{
	DwFlagUser	user = {
		.type = DW_USER_PROVIDER,
		.country = row->country,
		.rating_weight = row->stats.rating_weight,
		.rating_sum = row->stats.rating_sum,
		.bucket = bucket_of(&row->user_id)
	};

	for (int i = 0; i < facts->named.count; i++)
		if (dw_uuid_equal(&facts->named.ids[i], &row->user_id))
			user.is_named = true;
	return dw_flag_is_on(&facts->flag, &user);
}

/* Who the provider is, apart from what is counted. */
static void
provider_open(const DwFacts *facts, DwFactsAgent *agent)
{
	FactsRow   *row = agent->row;
	DwAgentProvider *out = &agent->provider;
	int32		required = dw_match_rules()->account_status;
	int64		stars;

	if (!DATE_IS_NOBEGIN(row->as_of))
		dw_stats_decay(&row->stats, (int64) dw_today() - row->as_of);
	stars = dw_stats_stars(&row->stats);
	out->is_agent_on = dw_facts_is_on(facts, "agent", &row->user_id);
	out->is_provider_on = dw_facts_is_on(facts, "provider", &row->user_id);
	out->is_rolled_out = is_rolled_out(facts, row);
	out->is_active = row->account_status > 0 &&
		(row->account_status & required) == required;
	out->takes_emergencies = row->takes_emergencies;
	out->stars = stars == DW_STATS_NO_STARS ? 0 : stars;
	out->rating = dw_stats_rating(&row->stats);
	out->month_quota = facts->quotas[row->tier];
}

/* What the agent has learnt; what cannot be is left for the prior. */
static void
parameters_open(const DwFacts *facts, DwFactsAgent *agent)
{
	if (agent->row->parameters != (Datum) 0 &&
		dw_numbers_read(&dw_agent_parameters_fields, agent->row->parameters,
						&agent->parameters) &&
		dw_agent_parameters_valid(&agent->parameters))
		return;
	agent->parameters_version = 0;
	dw_agent_prior(&facts->learning, &agent->parameters);
}

/* Whether a job's category is one that an agent wants. */
static DwAgentCategory
category_of(const FactsJob *job, const DwUuids *wanted)
{
	if (wanted->count == 0)
		return DW_AGENT_CATEGORY_NONE;
	for (int i = 0; i < wanted->count; i++)
		for (int k = 0; k < job->path.count; k++)
			if (dw_uuid_equal(&wanted->ids[i], &job->path.ids[k]))
				return DW_AGENT_CATEGORY_SERVED;
	return DW_AGENT_CATEGORY_OTHER;
}

/* Whole miles from the provider to the job, or -1. */
static int64
miles_to(const DwJob *job, const FactsRow *row)
{
	if (isnan(row->longitude))
		return -1;
	return dw_geo_whole_miles(row->longitude, row->latitude,
							  job->place.longitude, job->place.latitude) /
		DW_GEO_MILE;
}

/*
 * The fees of a contract of this agent's, looked up once for each tier,
 * category and currency.
 */
static const DwFeeSchedule *
fees_of(const FactsJob *any_job, DwAgentTier tier)
{
	FactsJob   *job = any_job->fees_job;
	DwFeeScope	scope = {
		.category_id = &job->row->category_id,
		.currency = job->row->currency,
		.tier = dw_agent_tier_label(tier),
		.as_of = dw_now()
	};
	DwFeeRow	row;

	if (!job->has_fees[tier])
	{
		if (!dw_fee_schedule_find(&scope, &row))
			elog(ERROR, "no fee schedule applies");
		job->fees[tier] = row.schedule;
		job->has_fees[tier] = true;
	}
	return &job->fees[tier];
}

/* The provider's part of the inputs. */
static void
provider_inputs(const FactsJob *job, const DwFactsPair *pair,
				DwAgentProvider *out)
{
	const DwFactsAgent *agent = pair->agent;

	*out = agent->provider;
	out->is_same_currency = strcmp(agent->currency, job->row->currency) == 0;
	out->is_own_job = dw_uuid_equal(&job->row->homeowner_id, &agent->user_id);
	out->is_answered = pair->is_answered;
	out->has_bid = pair->has_bid;
	out->is_invited = pair->is_invited;
	out->is_in_area = pair->is_in_area;
	out->category = category_of(job, &agent->row->categories);
	/* what is wanted must be signed as well, where that names categories */
	if (out->category == DW_AGENT_CATEGORY_SERVED &&
		agent->signed_categories.count > 0)
		out->category = category_of(job, &agent->signed_categories);
	out->miles = miles_to(job->row, agent->row);
	out->missing = pair->missing;
	/* this one is among those that came today */
	out->day_jobs += pair->arrived_on != agent->today;
}

/*
 * Who is gone has no agent that is active, and nothing that might come to an
 * end stands before that: they decline, and are not looked at again.
 */
static void
gone_inputs(const DwFactsAgent *agent, DwAgentInputs *inputs)
{
	DwAgentProvider *provider = &inputs->provider;

	provider->clock = agent->provider.clock;
	provider->is_agent_on = provider->is_provider_on = true;
	provider->is_rolled_out = true;
	provider->month_quota = DW_AGENT_UNLIMITED;
	inputs->settings.mandate.bids_per_month = DW_AGENT_NO_LIMIT;
}

void
dw_facts_inputs(DwFacts *facts, DwFactsPair *pair, DwAgentInputs *inputs)
{
	FactsJob   *job = &facts->jobs[pair->job];
	DwFactsAgent *agent = pair->agent;

	memset(inputs, 0, sizeof(*inputs));
	inputs->platform = facts->platform;
	inputs->platform.min_bid_amount =
		dw_setting_amount(DW_SETTING_MIN_BID, job->row->currency);
	inputs->job = job->facts;
	inputs->job.is_current = pair->terms_version == job->row->terms_version;
	if (!agent->is_known)
	{
		gone_inputs(agent, inputs);
		return;
	}
	if (!agent->is_open)
	{
		settings_open(facts, agent);
		provider_open(facts, agent);
		parameters_open(facts, agent);
		agent->is_open = true;
	}
	inputs->job.fees = *fees_of(job, agent->tier);
	inputs->settings = agent->settings;
	inputs->parameters = agent->parameters;
	provider_inputs(job, pair, &inputs->provider);
}
