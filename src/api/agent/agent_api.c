/*
 * agent_api.c
 *		Entry points of bidding agents: their settings, the pause, and the
 *		mandate.
 *
 * The arguments are laid over an agent twice: over one that is valid,
 * to judge them alone, and over the provider's own once it is locked.
 *
 * Only the provider signs a mandate, by a token of their own: no limit of an
 * agent is ever widened by a worker, an administrator or a model.  A role
 * that is a member of dwello_service could issue itself such a token, so it
 * is refused whatever token it has.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"
#include "store/match/match_store.h"
#include "store/run/run_store.h"

/* Who has to do with the agent of a provider. */
#define AGENT_ACTORS \
	(DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)

#define CODE_MAX_LENGTH		100 /* characters of a currency, a tier */
#define DOCUMENT_BYTES_MAX	20480

static void agent_lay(DwCall *call, DwAgent *agent);
static void numbers_lay(DwCall *call, DwAgentNumbers *numbers);
static void document_lay(DwCall *call, const char *arg, Datum *value);
static void aims_lay(DwCall *call, DwAgent *agent);
static void numbers_check(DwCall *call, const DwAgent *agent);
static void goal_refuse(DwCall *call, DwAgentGoal goal);
static void arguments_check(DwCall *call);
static void document_check(DwCall *call, const char *arg,
						   const char *(*error) (Datum));
static void categories_need(DwCall *call, const char *arg);
static void categories_lay(DwCall *call, const char *arg,
						   DwUuids *categories);
static void agent_emit(const DwAgent *agent, const char *type);
static void mandate_read(DwCall *call, DwMandate *mandate);
static void mandate_categories_lay(DwCall *call, DwMandate *mandate);
static void limits_check(DwCall *call, const DwMandate *mandate);
static void service_refuse(void);
static Datum mandate_return(DwCall *call, const DwMandate *mandate,
							int32 version);
static void mandate_check(DwCall *call, const DwAgent *agent);
static void mandate_check_categories(DwCall *call, const DwMandate *mandate);
static void mandate_check_costs(DwCall *call, const DwMandate *mandate);
static void mandate_refuse(const DwMandate *mandate, const char *says);
static void mandate_refuse_number(const DwMandate *mandate, const char *limit,
								  int64 value);
static void tier_check(DwCall *call, const DwAgent *agent);
static bool agent_pause(DwCall *call, DwAgent *agent, TimestampTz until);
static Datum agent_return(DwCall *call, const DwAgent *agent);

/* configure_agent(agent_id, is_active, …) → agent_id, is_active, … */
DW_FUNCTION(dwello_configure_agent)
{
	DwCall		call;
	DwUuid		agent_id;
	DwAgent		agent;

	dw_command_begin(&call, fcinfo, AGENT_ACTORS);
	agent_id = dw_user_argument(&call, "agent_id");
	arguments_check(&call);

	categories_need(&call, "preferred_categories");
	dw_provider_for_command(&call, "agent_id", &agent_id);
	if (dw_arg_has(&call, "tier") && call.actor.kind == DW_ACTOR_PROVIDER)
		dw_raise(DW_FORBIDDEN, "only an administrator sets the tier",
				 "The caller is the provider.", "Leave tier out.");
	dw_agent_lock(&agent_id, &agent);
	if (dw_call_replay(&call, &agent_id))
		return dw_call_return(&call);
	dw_call_version(&call, agent.version);
	/* nothing was given: the first call makes the agent, others only look */
	if (!dw_args_given(&call, "agent_id", "expected_version") &&
		agent.version > 0)
	{
		dw_call_replayed(&call);
		return agent_return(&call, &agent);
	}
	agent_lay(&call, &agent);
	numbers_check(&call, &agent);
	tier_check(&call, &agent);
	mandate_check(&call, &agent);
	dw_agent_save(&agent);
	dw_agent_wake(&agent_id);
	agent_emit(&agent, "agent_configured");
	return agent_return(&call, &agent);
}

/* pause_agent(agent_id, paused_until) → agent_id, is_active, … */
DW_FUNCTION(dwello_pause_agent)
{
	DwCall		call;
	DwUuid		agent_id;
	DwAgent		agent;
	TimestampTz until;

	dw_command_begin(&call, fcinfo, AGENT_ACTORS);
	agent_id = dw_user_argument(&call, "agent_id");
	until = dw_arg_time_opt(&call, "paused_until");

	dw_provider_for_command(&call, "agent_id", &agent_id);
	if (!dw_agent_lock_known(&agent_id, &agent))
		dw_raise(DW_NOT_FOUND, "agent does not exist",
				 psprintf("Provider %s has none.", dw_uuid_text(&agent_id)),
				 "dwello.configure_agent() makes it.");
	if (dw_call_replay(&call, &agent_id))
		return dw_call_return(&call);
	dw_call_version(&call, agent.version);
	if (!agent_pause(&call, &agent, until))
		dw_call_replayed(&call);
	return agent_return(&call, &agent);
}

/*
 * Switches an agent off, or lets it cool down until a time (22023 when that
 * is over); false when it is so already.
 */
static bool
agent_pause(DwCall *call, DwAgent *agent, TimestampTz until)
{
	bool		has_time = until != DT_NOBEGIN;

	if (has_time && until <= dw_now())
		dw_arg_refuse(call, "paused_until", DW_BAD_VALUE,
					  "must be in the future");
	if (has_time ? agent->paused_until == until : !agent->is_active)
		return false;
	/* a time leaves the switch alone: the agent goes on by itself */
	if (!has_time)
		agent->is_active = false;
	agent->paused_until = until;
	dw_agent_save(agent);
	agent_emit(agent, "agent_paused");
	return true;
}

/*
 * Lays what is given over an agent; 22001, 22P02.  What is NULL stays as it
 * is, so a call can change one setting without knowing the others.
 */
static void
agent_lay(DwCall *call, DwAgent *agent)
{
	const char *tier = dw_arg_text_opt(call, "tier", CODE_MAX_LENGTH);
	char	   *currency = dw_arg_text_opt(call, "currency",
										   CODE_MAX_LENGTH);

	if (dw_arg_has(call, "is_active"))
		agent->is_active = dw_arg_bool(call, "is_active");
	/* whoever switches it on wants it to work now */
	if (dw_arg_has(call, "is_active") && agent->is_active)
		agent->paused_until = DT_NOBEGIN;
	if (dw_arg_has(call, "mode") &&
		!dw_agent_mode_parse(dw_arg_label(call, "mode"), &agent->mode))
		elog(ERROR, "unknown agent mode");
	if (dw_arg_has(call, "strategy") &&
		!dw_agent_strategy_parse(dw_arg_label(call, "strategy"),
								 &agent->strategy))
		elog(ERROR, "unknown agent strategy");
	if (tier != NULL && !dw_agent_tier_parse(tier, &agent->tier))
		dw_arg_refuse(call, "tier", DW_BAD_LABEL,
					  "must be basic, premium or enterprise");
	if (currency != NULL)
		agent->currency = currency;
	if (dw_arg_has(call, "uses_model"))
		agent->uses_model = dw_arg_bool(call, "uses_model");
	numbers_lay(call, &agent->numbers);
	aims_lay(call, agent);
	categories_lay(call, "preferred_categories",
				   &agent->categories);
	document_lay(call, "working_hours", &agent->working_hours);
	document_lay(call, "costs", &agent->costs);
}

/* The numbers of agent_lay. */
static void
numbers_lay(DwCall *call, DwAgentNumbers *numbers)
{
	if (dw_arg_has(call, "max_bid_radius_miles"))
		numbers->radius = dw_arg_int4(call, "max_bid_radius_miles");
	if (dw_arg_has(call, "max_bids_per_day"))
		numbers->bids_per_day = dw_arg_int4(call, "max_bids_per_day");
	if (dw_arg_has(call, "min_project_value"))
		numbers->min_value = dw_arg_amount(call, "min_project_value");
	if (dw_arg_has(call, "max_project_value"))
		numbers->max_value = dw_arg_amount(call, "max_project_value");
	if (dw_arg_has(call, "min_margin_ppm"))
		numbers->margin_ppm = dw_arg_int4(call, "min_margin_ppm");
	if (dw_arg_has(call, "approval_threshold"))
		numbers->threshold = dw_arg_amount(call, "approval_threshold");
}

/* The goal of agent_lay, its target, and what may be afoot. */
static void
aims_lay(DwCall *call, DwAgent *agent)
{
	DwAgentGoal goal = agent->goal;

	if (dw_arg_has(call, "goal") &&
		!dw_agent_goal_parse(dw_arg_label(call, "goal"), &goal))
		elog(ERROR, "unknown agent goal");
	/* the target of one goal means nothing to another */
	if (goal != agent->goal)
		agent->goal_target = 0;
	agent->goal = goal;
	if (dw_arg_has(call, "goal_target"))
		agent->goal_target = dw_arg_amount(call, "goal_target");
	if (dw_arg_has(call, "max_exposure"))
		agent->max_exposure = dw_arg_amount(call, "max_exposure");
	if (dw_arg_has(call, "max_open_jobs"))
		agent->max_open_jobs = dw_arg_int4(call, "max_open_jobs");
	if (dw_arg_has(call, "min_win_probability_ppm"))
		agent->min_win_ppm = dw_arg_int4(call, "min_win_probability_ppm");
}

/* A document of agent_lay; JSON null takes it away. */
static void
document_lay(DwCall *call, const char *arg, Datum *value)
{
	if (!dw_arg_has(call, arg))
		return;
	*value = dw_arg_jsonb(call, arg);
	if (dw_json_arg_is_null(*value))
		*value = (Datum) 0;
}

/* The categories of an argument; what is NULL stays. */
static void
categories_lay(DwCall *call, const char *arg, DwUuids *categories)
{
	DwUuids		given;

	given.ids = dw_arg_uuids_opt(call, arg, &given.count);
	if (given.ids == NULL)
		return;
	if (given.count > DW_AGENT_CATEGORIES_MAX)
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  "must not have more than 100 elements");
	*categories = given;
}

/* 22023 for the first of the numbers and aims that is wrong. */
static void
numbers_check(DwCall *call, const DwAgent *agent)
{
	static const struct
	{
		const char *arg;		/* whose value it is */
		const char *what;		/* is wrong with it */
	}			errors[] = {
		[DW_AGENT_BAD_RADIUS] = {"max_bid_radius_miles", "must be from 5 to 50 miles"},
		[DW_AGENT_BAD_DAY] = {"max_bids_per_day", "must be from 1 to 20"},
		[DW_AGENT_BAD_MIN_VALUE] = {"min_project_value", "must be above zero"},
		[DW_AGENT_BAD_MAX_VALUE] = {"max_project_value",
		"must be above zero, and not below min_project_value"},
		[DW_AGENT_BAD_MARGIN] = {"min_margin_ppm",
		"must be from 0 to 10000000"},
		[DW_AGENT_BAD_THRESHOLD] = {"approval_threshold", "must not be negative"},
		[DW_AGENT_BAD_EXPOSURE] = {"max_exposure", "must not be negative"},
		[DW_AGENT_BAD_OPEN_JOBS] = {"max_open_jobs", "must be from 1 to 1000"},
		[DW_AGENT_BAD_WIN] = {"min_win_probability_ppm",
		"must be from 0 to 1000000"}
	};
	DwAgentAims aims = {
		.goal = agent->goal,
		.goal_target = agent->goal_target,
		.max_exposure = agent->max_exposure,
		.max_open_jobs = agent->max_open_jobs,
		.min_win_ppm = agent->min_win_ppm
	};
	DwAgentError error = dw_agent_judge(&agent->numbers);

	if (error == DW_AGENT_OK)
		error = dw_agent_judge_aims(&aims);
	if (error == DW_AGENT_BAD_TARGET)
		goal_refuse(call, agent->goal);
	if (error != DW_AGENT_OK)
		dw_arg_refuse(call, errors[error].arg, DW_BAD_VALUE,
					  errors[error].what);
}

/* 22023 for a target that is not one of the goal's. */
static void
goal_refuse(DwCall *call, DwAgentGoal goal)
{
	int64		most = dw_agent_goal_max(goal);

	dw_arg_refuse(call, "goal_target", DW_BAD_VALUE, most == 0 ?
				  psprintf("must be left out with the goal %s",
						   dw_agent_goal_label(goal)) :
				  psprintf("must be from 1 to " INT64_FORMAT
						   " with the goal %s", most,
						   dw_agent_goal_label(goal)));
}

/*
 * Judges what can be judged alone; 22001, 22023, 22P02.  This comes before
 * any lock, so that a bad call never waits; the limits that hang on what is
 * stored (the least value against the greatest) are judged again with it.
 */
static void
arguments_check(DwCall *call)
{
	DwAgent		alone = {
		.numbers.radius = DW_AGENT_RADIUS_MIN,
		.numbers.bids_per_day = DW_AGENT_DAY_MIN,
		.numbers.min_value = 1,
		.numbers.max_value = PG_INT64_MAX,
		.max_open_jobs = 1
	};

	agent_lay(call, &alone);
	if (alone.goal_target < 0)
		dw_arg_refuse(call, "goal_target", DW_BAD_VALUE,
					  "must not be negative");
	/* one of goal and target is judged with the other, which is stored */
	if (!dw_arg_has(call, "goal_target") ||
		(!dw_arg_has(call, "goal") && alone.goal_target > 0))
		alone.goal_target = dw_agent_goal_max(alone.goal) > 0;
	numbers_check(call, &alone);
	dw_arg_check_currency(call, "currency", alone.currency);
	document_check(call, "working_hours", dw_agent_hours_error);
	document_check(call, "costs", dw_agent_costs_error);
}

/* 22023 for a document that is too large or not valid. */
static void
document_check(DwCall *call, const char *arg, const char *(*error) (Datum))
{
	Datum		document;
	const char *what;

	if (!dw_arg_has(call, arg))
		return;
	document = dw_arg_jsonb(call, arg);
	if (VARSIZE(DatumGetPointer(document)) > DOCUMENT_BYTES_MAX)
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  psprintf("must not be larger than %d bytes",
							   DOCUMENT_BYTES_MAX));
	what = dw_json_arg_is_null(document) ? NULL : error(document);
	if (what != NULL)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, what);
}

/* P0002 for a category of an argument that does not exist. */
static void
categories_need(DwCall *call, const char *arg)
{
	int			count;
	DwUuid	   *ids = dw_arg_uuids_opt(call, arg, &count);

	if (ids != NULL)
		dw_categories_need(ids, count);
}

/*
 * WD301 for a provider who asks for more bids than their tier has.  Only what
 * they ask for is judged: an agent that an administrator has set beyond its
 * tier, or whose tier was lowered since, can be changed in other ways.
 */
static void
tier_check(DwCall *call, const DwAgent *agent)
{
	static const char *const settings[DW_AGENT_TIER_COUNT] = {
		[DW_AGENT_TIER_BASIC] = "agent_month_bids_basic",
		[DW_AGENT_TIER_PREMIUM] = "agent_month_bids_premium",
		[DW_AGENT_TIER_ENTERPRISE] = "agent_month_bids_enterprise"
	};
	int64		quota;

	if (call->actor.kind != DW_ACTOR_PROVIDER ||
		!dw_arg_has(call, "max_bids_per_day"))
		return;
	quota = dw_setting_int8(settings[agent->tier]);
	if (!dw_agent_within_tier(agent->numbers.bids_per_day, quota))
		dw_raise(DW_LIMIT_REACHED, "the tier has fewer bids a month",
				 psprintf("The tier \"%s\" has " INT64_FORMAT
						  " in all.", dw_agent_tier_label(agent->tier),
						  quota),
				 "Ask for fewer bids a day, or for another tier.");
}

/*
 * WD301 for a setting beyond what the provider has signed, whoever asks for
 * it.  Only what is asked for is judged, as with the tier: a mandate that is
 * narrower than the settings holds over them, and need not change them.
 */
static void
mandate_check(DwCall *call, const DwAgent *agent)
{
	DwMandate	mandate;

	if (dw_uuid_is_nil(&agent->mandate_id) ||
		!dw_mandate_load(&agent->user_id, &agent->mandate_id, &mandate))
		return;
	if (dw_arg_has(call, "max_bid_radius_miles") &&
		dw_limit_exceeds(agent->numbers.radius, mandate.limits.radius))
		mandate_refuse_number(&mandate, "max_bid_radius_miles",
							  mandate.limits.radius);
	if (dw_arg_has(call, "max_bids_per_day") &&
		dw_limit_exceeds(agent->numbers.bids_per_day,
						 mandate.limits.bids_per_day))
		mandate_refuse_number(&mandate, "max_bids_per_day",
							  mandate.limits.bids_per_day);
	if (dw_arg_has(call, "min_margin_ppm") &&
		agent->numbers.margin_ppm < mandate.limits.margin_ppm)
		mandate_refuse_number(&mandate, "min_margin_ppm",
							  mandate.limits.margin_ppm);
	if (dw_arg_has(call, "max_exposure") &&
		dw_limit_exceeds(agent->max_exposure, mandate.limits.max_exposure))
		mandate_refuse_number(&mandate, "max_exposure",
							  mandate.limits.max_exposure);
	if (dw_arg_has(call, "max_open_jobs") &&
		dw_limit_exceeds(agent->max_open_jobs, mandate.limits.open_jobs))
		mandate_refuse_number(&mandate, "max_open_jobs",
							  mandate.limits.open_jobs);
	if (dw_arg_has(call, "approval_threshold") &&
		dw_limit_exceeds(agent->numbers.threshold, mandate.limits.threshold))
		mandate_refuse_number(&mandate, "approval_threshold",
							  mandate.limits.threshold);
	/* its amounts would mean something else */
	if (mandate.currency[0] != '\0' &&
		strcmp(agent->currency, mandate.currency) != 0)
		mandate_refuse(&mandate,
					   psprintf("has amounts in %s", mandate.currency));
	mandate_check_categories(call, &mandate);
	mandate_check_costs(call, &mandate);
}

/* The same for categories: each must be one of the mandate's, or below. */
static void
mandate_check_categories(DwCall *call, const DwMandate *mandate)
{
	int			count;
	DwUuid	   *ids = dw_arg_uuids_opt(call, "preferred_categories", &count);

	for (int i = 0; ids != NULL && i < count; i++)
		if (!dw_match_is_below(&ids[i], &mandate->categories))
			mandate_refuse(mandate, psprintf("leaves out category %s",
											 dw_uuid_text(&ids[i])));
}

/*
 * WD301 for whoever else would set what a signed margin is a margin over: the
 * provider alone does, and not through a role that could have made the token.
 */
static void
mandate_check_costs(DwCall *call, const DwMandate *mandate)
{
	if (mandate->limits.margin_ppm == 0 ||
		(!dw_arg_has(call, "costs") && !dw_arg_has(call, "currency")) ||
		(call->actor.kind == DW_ACTOR_PROVIDER && !dw_role_is_service()))
		return;
	dw_raise(DW_LIMIT_REACHED, "a margin over these costs is signed",
			 psprintf("Mandate %s limits min_margin_ppm to " INT64_FORMAT
					  " of costs that the provider has set.",
					  dw_uuid_text(&mandate->id),
					  (int64) mandate->limits.margin_ppm),
			 "Let the provider set costs and currency, through a role of"
			 " dwello_app alone.");
}

/* Raises WD301 with what the mandate says. */
static void
mandate_refuse(const DwMandate *mandate, const char *says)
{
	dw_raise(DW_LIMIT_REACHED, "the provider's mandate does not reach so far",
			 psprintf("Mandate %s %s.", dw_uuid_text(&mandate->id), says),
			 "The provider, and nobody else, signs another with"
			 " dwello.sign_mandate().");
}

/* The same for a number. */
static void
mandate_refuse_number(const DwMandate *mandate, const char *limit,
					  int64 value)
{
	mandate_refuse(mandate, psprintf("limits %s to " INT64_FORMAT, limit,
									 value));
}

/* Emits that there is something new to read. */
static void
agent_emit(const DwAgent *agent, const char *type)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &agent->user_id);
	dw_event_emit(&agent->user_id, "agent", &agent->user_id, type, &payload);
}

/* The row that both return. */
static Datum
agent_return(DwCall *call, const DwAgent *agent)
{
	dw_row_uuid(call, "agent_id", &agent->user_id);
	dw_row_bool(call, "is_active", agent->is_active);
	dw_row_text(call, "mode", dw_agent_mode_label(agent->mode));
	dw_row_text(call, "strategy", dw_agent_strategy_label(agent->strategy));
	if (agent->paused_until != DT_NOBEGIN)
		dw_row_time(call, "paused_until", agent->paused_until);
	dw_row_int4(call, "version", agent->version);
	return dw_call_return(call);
}

/* sign_mandate(agent_id, max_amount, …) → agent_id, mandate_id, … */
DW_FUNCTION(dwello_sign_mandate)
{
	DwCall		call;
	DwMandate	mandate = {0};
	DwAgent		agent;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	if (dw_role_is_service())
		service_refuse();
	/* it would take every limit away, where all else leaves what is NULL */
	if (!dw_args_given(&call, "agent_id", "expected_version"))
		dw_raise(DW_NULL_VALUE, "a mandate must have a limit",
				 "Each mandate says all limits anew: what is NULL is none.",
				 "Name every limit that shall hold, also those signed"
				 " before.");
	mandate.user_id = dw_user_argument(&call, "agent_id");
	mandate_read(&call, &mandate);

	categories_need(&call, "categories");
	dw_provider_for_command(&call, "agent_id", &mandate.user_id);
	dw_agent_lock(&mandate.user_id, &agent);
	if (dw_call_replay(&call, &mandate.user_id))
		return dw_call_return(&call);
	dw_call_version(&call, agent.version);

	if (mandate.limits.max_amount > 0 || mandate.limits.max_exposure > 0 ||
		mandate.limits.threshold > 0)
		strlcpy(mandate.currency, agent.currency, sizeof(mandate.currency));
	mandate.token_id = dw_token_id();
	dw_mandate_sign(&mandate);
	agent.mandate_id = mandate.id;
	dw_agent_save(&agent);
	dw_agent_wake(&mandate.user_id);
	agent_emit(&agent, "mandate_signed");
	return mandate_return(&call, &mandate, agent.version);
}

/* Reads the limits and judges them alone; 22023. */
static void
mandate_read(DwCall *call, DwMandate *mandate)
{
	DwMandateLimits *limits = &mandate->limits;

	if (dw_arg_has(call, "max_amount"))
		limits->max_amount = dw_arg_amount(call, "max_amount");
	if (dw_arg_has(call, "max_exposure"))
		limits->max_exposure = dw_arg_amount(call, "max_exposure");
	if (dw_arg_has(call, "max_bids_per_day"))
		limits->bids_per_day = dw_arg_int4(call, "max_bids_per_day");
	if (dw_arg_has(call, "max_bid_radius_miles"))
		limits->radius = dw_arg_int4(call, "max_bid_radius_miles");
	if (dw_arg_has(call, "max_open_jobs"))
		limits->open_jobs = dw_arg_int4(call, "max_open_jobs");
	if (dw_arg_has(call, "min_margin_ppm"))
		limits->margin_ppm = dw_arg_int4(call, "min_margin_ppm");
	if (dw_arg_has(call, "max_bids_per_month"))
		limits->bids_per_month = dw_arg_int4(call, "max_bids_per_month");
	if (dw_arg_has(call, "approval_threshold"))
		limits->threshold = dw_arg_amount(call, "approval_threshold");
	mandate_categories_lay(call, mandate);
	mandate->valid_until = dw_arg_time_opt(call, "valid_until");
	limits_check(call, mandate);
}

/*
 * The categories that are signed; 22023 for none, which would be kept as no
 * limit and mean all of them.
 */
static void
mandate_categories_lay(DwCall *call, DwMandate *mandate)
{
	categories_lay(call, "categories", &mandate->categories);
	if (dw_arg_has(call, "categories") && mandate->categories.count == 0)
		dw_raise(DW_BAD_VALUE, "categories must name one",
				 "A mandate for no category would let the agent do nothing.",
				 "Leave categories out to sign for any; an agent that is to"
				 " do nothing is switched off with dwello.pause_agent().");
}

/* 22023 for the first limit that nobody may sign. */
static void
limits_check(DwCall *call, const DwMandate *mandate)
{
	static const struct
	{
		const char *arg;		/* whose value it is */
		const char *what;		/* is wrong with it */
	}			errors[DW_MANDATE_LIMIT_COUNT] = {
		[DW_MANDATE_AMOUNT] = {"max_amount", "must be above zero"},
		[DW_MANDATE_EXPOSURE] = {"max_exposure", "must be above zero"},
		[DW_MANDATE_DAY] = {"max_bids_per_day", "must be from 1 to 20"},
		[DW_MANDATE_RADIUS] = {"max_bid_radius_miles", "must be from 5 to 50 miles"},
		[DW_MANDATE_OPEN_JOBS] = {"max_open_jobs", "must be from 1 to 1000"},
		[DW_MANDATE_MARGIN] = {"min_margin_ppm", "must be from 1 to 10000000"},
		[DW_MANDATE_MONTH] = {"max_bids_per_month", "must be from 1 to 1000000"},
		[DW_MANDATE_THRESHOLD] = {"approval_threshold", "must be above zero"}
	};
	DwMandateLimit wrong = dw_mandate_judge(&mandate->limits);

	/* 0 stands for no limit in C, and is none of the values of SQL */
	for (DwMandateLimit limit = DW_MANDATE_AMOUNT;
		 wrong == DW_MANDATE_FITS && limit < DW_MANDATE_LIMIT_COUNT; limit++)
		if (dw_arg_has(call, errors[limit].arg) &&
			DatumGetInt64(dw_arg_datum(call, errors[limit].arg)) == 0)
			wrong = limit;
	if (wrong != DW_MANDATE_FITS)
		dw_arg_refuse(call, errors[wrong].arg, DW_BAD_VALUE,
					  errors[wrong].what);
	if (mandate->valid_until != DT_NOBEGIN &&
		mandate->valid_until <= dw_now())
		dw_arg_refuse(call, "valid_until", DW_BAD_VALUE,
					  "must be in the future");
}

/* 42501 for a role that could have made the provider's token itself. */
static void
service_refuse(void)
{
	dw_raise(DW_FORBIDDEN, "a service signs no mandate",
			 "The database role is a member of dwello_service, which issues"
			 " tokens.",
			 "Let the provider call through a role of dwello_app alone.");
}

/* The row of a signed mandate. */
static Datum
mandate_return(DwCall *call, const DwMandate *mandate, int32 version)
{
	dw_row_uuid(call, "agent_id", &mandate->user_id);
	dw_row_uuid(call, "mandate_id", &mandate->id);
	dw_row_datum(call, "digest", PointerGetDatum(mandate->digest));
	dw_row_datum(call, "limits", mandate->stored_limits);
	dw_row_time(call, "signed_at", mandate->signed_at);
	dw_row_int4(call, "version", version);
	return dw_call_return(call);
}

/* mandate_text(user_id, id, limits, token_id, signed_at) → canonical JSON */
DW_FUNCTION(dwello_mandate_text)
{
	static const char *const names[] = {"user_id", "id", "limits",
	"token_id", "signed_at"};
	const struct
	{
		NullableDatum user_id;	/* the columns of the row */
		NullableDatum id;
		NullableDatum limits;
		NullableDatum token_id;
		NullableDatum signed_at;
	}		   *args = dw_bare_args(fcinfo, names, lengthof(names));
	DwMandate	mandate = {0};

	if (args->user_id.isnull || args->id.isnull || args->limits.isnull ||
		args->signed_at.isnull)
		PG_RETURN_NULL();
	memcpy(&mandate.user_id, DatumGetUUIDP(args->user_id.value),
		   sizeof(DwUuid));
	memcpy(&mandate.id, DatumGetUUIDP(args->id.value), sizeof(DwUuid));
	mandate.stored_limits =
		PointerGetDatum(DatumGetJsonbP(args->limits.value));
	if (!args->token_id.isnull)
		mandate.token_id = TextDatumGetCString(args->token_id.value);
	mandate.signed_at = DatumGetTimestampTz(args->signed_at.value);
	return CStringGetTextDatum(dw_mandate_text(&mandate));
}
