/*
 * agent_store.c
 *		Rows of dwello.ai_bidding_agents, and the documents in them.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/uuid.h"

#include "server/call/call_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"
#include "store/audience/audience_store.h"

#define PPM INT64CONST(1000000)

static void agent_read(const DwUuid *user_id, DwAgent *agent);
static Datum datum_copy(int column, bool is_array);
static void param_jsonb(DwParams *p, Datum value);
static const char *day_fault(const DwJsonArg *hours, const char *day);

void
dw_agent_lock(const DwUuid *user_id, DwAgent *agent)
{
	static DwStatement insert_agent =
		DW_STATEMENT("INSERT INTO dwello.ai_bidding_agents "
					 "(user_id, version, created_at, updated_at) "
					 "VALUES ($1, 0, $2, $2)");
	DwParams	p = DW_PARAMS;

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
	static DwStatement lock_agent =
		DW_STATEMENT("SELECT a.is_active, a.mode::text, a.strategy::text, "
					 "a.tier::text, a.max_bid_radius_miles, "
					 "a.max_bids_per_day, a.min_project_value, "
					 "a.max_project_value, a.min_margin_ppm, "
					 "coalesce(a.approval_threshold, 0), a.currency, "
					 "a.preferred_categories, a.working_hours, a.costs, "
					 "a.version FROM dwello.ai_bidding_agents AS a "
					 "WHERE a.user_id = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_execute(&lock_agent, &p) == 0)
		return false;
	agent_read(user_id, agent);
	return true;
}

void
dw_agent_save(DwAgent *agent)
{
	static DwStatement update_agent =
		DW_STATEMENT("UPDATE dwello.ai_bidding_agents SET is_active = $2, "
					 "mode = $3::text::dwello.agent_mode, "
					 "strategy = $4::text::dwello.agent_strategy, "
					 "tier = $5::text::dwello.subscription_tier, "
					 "max_bid_radius_miles = $6, max_bids_per_day = $7, "
					 "min_project_value = $8, max_project_value = $9, "
					 "min_margin_ppm = $10, "
					 "approval_threshold = nullif($11, 0), currency = $12, "
					 "preferred_categories = $13, working_hours = $14, "
					 "costs = $15, version = version + 1 "
					 "WHERE user_id = $1 RETURNING version");
	const DwAgentNumbers *numbers = &agent->numbers;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &agent->user_id);
	dw_param_bool(&p, agent->is_active);
	dw_param_text(&p, dw_agent_mode_label(agent->mode));
	dw_param_text(&p, dw_agent_strategy_label(agent->strategy));
	dw_param_text(&p, dw_agent_tier_label(agent->tier));
	dw_param_int4(&p, numbers->radius);
	dw_param_int4(&p, numbers->bids_per_day);
	dw_param_int8(&p, numbers->min_value);
	dw_param_int8(&p, numbers->max_value);
	dw_param_int4(&p, numbers->margin_ppm);
	dw_param_int8(&p, numbers->threshold);
	dw_param_text(&p, agent->currency);
	dw_param_datum(&p, UUIDARRAYOID, agent->categories, false);
	param_jsonb(&p, agent->working_hours);
	param_jsonb(&p, agent->costs);
	(void) dw_execute(&update_agent, &p);
	agent->version = dw_read_only_int4(0);
	dw_audience_refresh(&agent->user_id);
}

int
dw_agent_unknown_category(const DwUuid *ids, int count)
{
	static DwStatement select_unknown =
		DW_STATEMENT("SELECT g.n::integer - 1 "
					 "FROM unnest($1) WITH ORDINALITY AS g (id, n) "
					 "WHERE NOT EXISTS (SELECT FROM "
					 "dwello.service_categories AS c WHERE c.id = g.id) "
					 "ORDER BY g.n LIMIT 1");
	DwParams	p = DW_PARAMS;

	if (count == 0)
		return -1;
	dw_param_uuids(&p, ids, count);
	return dw_execute(&select_unknown, &p) == 0 ? -1 : dw_read_only_int4(0);
}

Datum
dw_agent_categories(DwUuid *ids, int count)
{
	Datum	   *items = palloc(sizeof(Datum) * (count + 1));

	for (int i = 0; i < count; i++)
		items[i] = PointerGetDatum(&ids[i]);
	return PointerGetDatum(construct_array(items, count, UUIDOID, UUID_LEN,
										   false, TYPALIGN_CHAR));
}

const char *
dw_agent_hours_fault(Datum jsonb)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri",
	"sat", "sun", NULL};
	DwJsonArg	hours;

	if (!dw_json_arg_object(jsonb, &hours))
		return "must be a JSON object";
	if (dw_json_arg_stray(&hours, days) != NULL)
		return "must have the members mon, tue, wed, thu, fri, sat and sun only";
	for (int i = 0; days[i] != NULL; i++)
	{
		const char *fault = day_fault(&hours, days[i]);

		if (fault != NULL)
			return fault;
	}
	return NULL;
}

const char *
dw_agent_costs_fault(Datum jsonb)
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

/* Judges the hours of one day. */
static const char *
day_fault(const DwJsonArg *hours, const char *day)
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

/* Reads the columns of dw_agent_lock_known. */
static void
agent_read(const DwUuid *user_id, DwAgent *agent)
{
	memset(agent, 0, sizeof(*agent));
	agent->user_id = *user_id;
	agent->is_active = dw_read_bool(0, 1);
	if (!dw_agent_mode_parse(dw_read_text(0, 2), &agent->mode) ||
		!dw_agent_strategy_parse(dw_read_text(0, 3), &agent->strategy) ||
		!dw_agent_tier_parse(dw_read_text(0, 4), &agent->tier))
		elog(ERROR, "agent has an unknown mode, strategy or tier");
	agent->numbers.radius = dw_read_int4(0, 5);
	agent->numbers.bids_per_day = dw_read_int4(0, 6);
	agent->numbers.min_value = dw_read_int8(0, 7);
	agent->numbers.max_value = dw_read_int8(0, 8);
	agent->numbers.margin_ppm = dw_read_int4(0, 9);
	agent->numbers.threshold = dw_read_int8(0, 10);
	agent->currency = dw_read_text(0, 11);
	agent->categories = datum_copy(12, true);
	agent->working_hours = datum_copy(13, false);
	agent->costs = datum_copy(14, false);
	agent->version = dw_read_int4(0, 15);
}

/* A value that outlives the next statement; zero for NULL. */
static Datum
datum_copy(int column, bool is_array)
{
	bool		isnull;
	Datum		value = dw_read_datum(0, column, &isnull);

	if (isnull)
		return (Datum) 0;
	return is_array ? PointerGetDatum(DatumGetArrayTypePCopy(value))
		: JsonbPGetDatum(DatumGetJsonbPCopy(value));
}

/* Adds a document; zero = NULL. */
static void
param_jsonb(DwParams *p, Datum value)
{
	dw_param_datum(p, JSONBOID, value, value == (Datum) 0);
}
