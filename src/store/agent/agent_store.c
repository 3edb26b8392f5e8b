/*
 * agent_store.c
 *		Rows of dwello.ai_bidding_agents, the documents in them, and the
 *		kill switches.
 *
 * The columns by which a new job finds an agent repeat other rows of the
 * provider: audience_store.c writes them, and a save has it do so.
 */
#include "postgres.h"

#include "server/call/call_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/agent/agent_store.h"
#include "store/audience/audience_store.h"

#define PPM INT64CONST(1000000)

static const char *day_error(const DwJsonArg *hours, const char *day);

/* The provider's settings; what the agent learns and counts is not here. */
static const DwColumn agent_columns[] = {
	DW_COLUMN(UUID, DwAgent, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(BOOL, DwAgent, is_active, is_active, 0),
	DW_COLUMN_ENUM(agent_mode, DwAgent, mode, mode, 0, dw_agent_mode_labels),
	DW_COLUMN_ENUM(agent_strategy, DwAgent, strategy, strategy, 0,
				   dw_agent_strategy_labels),
	DW_COLUMN_ENUM(subscription_tier, DwAgent, tier, tier, 0,
				   dw_agent_tier_labels),
	DW_COLUMN(INT4, DwAgent, max_bid_radius_miles, numbers.radius, 0),
	DW_COLUMN(INT4, DwAgent, max_bids_per_day, numbers.bids_per_day, 0),
	DW_COLUMN(INT8, DwAgent, min_project_value, numbers.min_value, 0),
	DW_COLUMN(INT8, DwAgent, max_project_value, numbers.max_value, 0),
	DW_COLUMN(INT4, DwAgent, min_margin_ppm, numbers.margin_ppm, 0),
	DW_COLUMN_OR(INT8, DwAgent, approval_threshold, numbers.threshold, 0, 0),
	DW_COLUMN(TEXT, DwAgent, currency, currency, 0),
	DW_COLUMN(UUIDS, DwAgent, preferred_categories, categories, 0),
	DW_COLUMN(JSONB, DwAgent, working_hours, working_hours, 0),
	DW_COLUMN(JSONB, DwAgent, costs, costs, 0),
	DW_COLUMN_ENUM(agent_goal, DwAgent, goal, goal, 0, dw_agent_goal_labels),
	DW_COLUMN_OR(INT8, DwAgent, goal_target, goal_target, 0, 0),
	DW_COLUMN_OR(INT8, DwAgent, max_exposure, max_exposure, 0, 0),
	DW_COLUMN(INT4, DwAgent, max_open_jobs, max_open_jobs, 0),
	DW_COLUMN(INT4, DwAgent, min_win_probability_ppm, min_win_ppm, 0),
	DW_COLUMN(TIME, DwAgent, paused_until, paused_until, 0),
	DW_COLUMN(INT4, DwAgent, parameters_version, parameters_version, 0),
	DW_COLUMN(UUID, DwAgent, mandate_id, mandate_id, DW_COLUMN_NULLABLE),
	DW_COLUMN(BOOL, DwAgent, uses_model, uses_model, 0),
	DW_COLUMN(INT4, DwAgent, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

/*
 * One list for reading and for the update: configure_agent() lays what it was
 * given over what is there, and writes all of it.
 */
static DwTable agents =
DW_TABLE("ai_bidding_agents", DwAgent, agent_columns);

void
dw_agent_lock(const DwUuid *user_id, DwAgent *agent)
{
	static DwStatement insert_agent =
		DW_STATEMENT("INSERT INTO dwello.ai_bidding_agents "
					 "(user_id, version, created_at, updated_at) "
					 "VALUES ($1, 0, $2, $2)");
	DwParams	p = DW_PARAMS;

	/*
	 * The caller has locked the user, so nobody makes the row meanwhile.
	 * Version 0 lets a first call name the version that it expects.
	 */
	if (dw_agent_lock_known(user_id, agent))
		return;
	dw_param_uuid(&p, user_id);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&insert_agent, &p);
	(void) dw_agent_lock_known(user_id, agent);
}

bool
dw_agent_lock_known(const DwUuid *user_id, DwAgent *agent)
{
	static DwTableQuery lock_agent =
		DW_TABLE_QUERY(agents, "WHERE t.user_id = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_table_execute(&lock_agent, &p) == 0)
		return false;
	dw_table_read(&agents, 0, agent);
	return true;
}

bool
dw_agent_lock_free(const DwUuid *user_id, DwAgent *agent)
{
	static DwTableQuery lock_free =
		DW_TABLE_QUERY(agents, "WHERE t.user_id = $1 "
					   "FOR NO KEY UPDATE SKIP LOCKED");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_table_execute(&lock_free, &p) == 0)
		return false;
	dw_table_read(&agents, 0, agent);
	return true;
}

void
dw_agent_save(DwAgent *agent)
{
	dw_table_update(&agents, agent);
	/* its categories may be those of the profile from now on, or no longer */
	dw_audience_refresh(&agent->user_id);
}

/* Days of the week in documents, from Monday. */
static const char *const days[] = {
	"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL
};

const char *
dw_agent_hours_error(Datum jsonb)
{
	DwJsonArg	hours;

	if (!dw_json_arg_object(jsonb, &hours))
		return "must be a JSON object";
	if (dw_json_arg_stray(&hours, days) != NULL)
		return "must have the members mon, tue, wed, thu, fri, sat and sun only";
	for (int i = 0; days[i] != NULL; i++)
	{
		const char *error = day_error(&hours, days[i]);

		if (error != NULL)
			return error;
	}
	return NULL;
}

const char *
dw_agent_costs_error(Datum jsonb)
{
	static const char *const names[] = {"hourly_rate", "overhead",
	"travel_per_mile", "waste_ppm", NULL};
	DwJsonArg	costs;

	if (!dw_json_arg_object(jsonb, &costs))
		return "must be a JSON object";
	if (dw_json_arg_stray(&costs, names) != NULL)
		return "must have the members hourly_rate, overhead, travel_per_mile and waste_ppm only";
	for (int i = 0; names[i] != NULL; i++)
	{
		int64		value = 0;
		DwMember	member = dw_json_arg_int8(&costs, names[i], &value);

		if (member == DW_MEMBER_WRONG || member == DW_MEMBER_TOO_LARGE ||
			value < 0 || value > DW_AGENT_COST_MAX)
			return "must have whole numbers from 0 to a million millions";
		if (strcmp(names[i], "waste_ppm") == 0 && value > PPM)
			return "must have a waste_ppm from 0 to 1000000";
	}
	return NULL;
}

/*
 * Judges the hours of one day: pairs of a beginning and an end, each time
 * later than the one before, so that stretches neither overlap nor are empty.
 */
static const char *
day_error(const DwJsonArg *hours, const char *day)
{
	char	  **times = NULL;
	int			count = 0;
	int			before = -1;

	if (dw_json_arg_texts(hours, day, &times, &count) == DW_MEMBER_WRONG)
		return "must have an array of times like \"08:00\" for each day";
	if (count % 2 != 0 || count > DW_AGENT_HOURS_MAX)
		return "must have up to eight times on a day, in pairs";
	for (int i = 0; i < count; i++)
	{
		int			minute = dw_agent_minute(times[i]);

		if (minute < 0)
			return "must have times like \"08:00\", from 00:00 to 24:00";
		if (minute <= before)
			return "must have times that rise within a day";
		before = minute;
	}
	return NULL;
}

static const DwColumn switch_columns[] = {
	DW_COLUMN(TEXT, DwAgentSwitch, scope, scope, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwAgentSwitch, id, id, DW_COLUMN_KEY),
	DW_COLUMN(BOOL, DwAgentSwitch, is_on, is_on, 0),
	DW_COLUMN(TEXT, DwAgentSwitch, reason, reason, 0),
	DW_COLUMN(UUID, DwAgentSwitch, actor_id, actor_id, 0)
};

static DwTable switches =
DW_TABLE("agent_switches", DwAgentSwitch, switch_columns);

void
dw_switch_lock(DwAgentScope scope, const DwUuid *id, DwAgentSwitch *row)
{
	static DwTableQuery lock_switch =
		DW_TABLE_QUERY(switches, "WHERE t.scope = $1 AND t.id = $2 "
					   "FOR NO KEY UPDATE");
	DwAgentSwitch fresh = {
		.scope = pstrdup(dw_agent_scope_label(scope)),
		.id = *id,
		.is_on = true
	};
	DwParams	p = DW_PARAMS;

	/* who comes second waits here until the first has committed */
	(void) dw_table_insert_new(&switches, &fresh);
	dw_param_text(&p, fresh.scope);
	dw_param_uuid(&p, id);
	if (dw_table_execute(&lock_switch, &p) == 0)
		elog(ERROR, "switch cannot be locked");
	dw_table_read(&switches, 0, row);
}

void
dw_switch_save(DwAgentSwitch *row)
{
	dw_table_update(&switches, row);
}
