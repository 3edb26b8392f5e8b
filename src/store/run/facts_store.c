/*
 * facts_store.c
 *		Reads all that decisions are made from, for some jobs and agents at
 *		once: in bulk, by keys.
 */
#include "postgres.h"

#include "pgtime.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "core/admin/admin.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/admin/admin_store.h"
#include "store/learning/learning_store.h"
#include "store/market/market_store.h"
#include "store/match/match_store.h"
#include "store/run/run_store.h"
#include "store/run/run_store_int.h"
#include "store/score/score_store.h"

#define STAR		(DW_FLAG_STAR / 100)	/* a hundredth of a star */
#define CLOCK_DAYS	8			/* that a change of the clock matters in */
#define CLOCK_JUMP	120			/* minutes that a clock jumps in its zone */
#define DAYS_APART	2			/* that clocks differ in at one time */

static const DwColumn row_fields[] = {
	DW_FIELD(UUID, FactsRow, user_id, user_id),
	DW_FIELD(BOOL, FactsRow, is_active, is_active),
	DW_FIELD_ENUM(FactsRow, mode, mode, dw_agent_mode_labels),
	DW_FIELD_ENUM(FactsRow, strategy, strategy, dw_agent_strategy_labels),
	DW_FIELD_ENUM(FactsRow, tier, tier, dw_agent_tier_labels),
	DW_FIELD(INT4, FactsRow, max_bid_radius_miles, numbers.radius),
	DW_FIELD(INT4, FactsRow, max_bids_per_day, numbers.bids_per_day),
	DW_FIELD(INT8, FactsRow, min_project_value, numbers.min_value),
	DW_FIELD(INT8, FactsRow, max_project_value, numbers.max_value),
	DW_FIELD(INT4, FactsRow, min_margin_ppm, numbers.margin_ppm),
	DW_FIELD_OR(INT8, FactsRow, approval_threshold, numbers.threshold, 0),
	DW_FIELD(CURRENCY, FactsRow, currency, currency),
	DW_FIELD(UUIDS, FactsRow, category_ids, categories),
	DW_FIELD(JSONB, FactsRow, working_hours, working_hours),
	DW_FIELD(JSONB, FactsRow, costs, costs),
	DW_FIELD_ENUM(FactsRow, goal, goal, dw_agent_goal_labels),
	DW_FIELD_OR(INT8, FactsRow, goal_target, goal_target, 0),
	DW_FIELD_OR(INT8, FactsRow, max_exposure, max_exposure,
				DW_AGENT_NO_LIMIT),
	DW_FIELD(INT4, FactsRow, max_open_jobs, max_open_jobs),
	DW_FIELD(INT4, FactsRow, min_win_probability_ppm, min_win_ppm),
	DW_FIELD(TIME, FactsRow, paused_until, paused_until),
	DW_FIELD(INT4, FactsRow, parameters_version, parameters_version),
	DW_FIELD(UUID, FactsRow, mandate_id, mandate_id),
	DW_FIELD(BOOL, FactsRow, uses_model, uses_model),
	DW_COLUMN(FLOAT8, FactsRow, longitude, longitude, DW_COLUMN_NULLABLE),
	DW_COLUMN(FLOAT8, FactsRow, latitude, latitude, DW_COLUMN_NULLABLE),
	DW_FIELD(BOOL, FactsRow, has_area, has_area),
	DW_FIELD(INT4, FactsRow, account_status, account_status),
	DW_FIELD(TEXT, FactsRow, timezone, timezone),
	DW_FIELD(BOOL, FactsRow, emergency_available, takes_emergencies),
	DW_FIELD(TEXT, FactsRow, country, country),
	DW_FIELD(DATE, FactsRow, as_of, as_of),
	DW_FIELD(INT8, FactsRow, rating_weight, stats.rating_weight),
	DW_FIELD(INT8, FactsRow, rating_sum, stats.rating_sum),
	DW_FIELD(INT8, FactsRow, rating_square_sum, stats.rating_square),
	DW_FIELD(JSONB, FactsRow, parameters, parameters)
};

/* The flag of agents as it is in force. */
typedef struct FlagRow
{
	bool		is_enabled;		/* on at all */
	int32		rollout_percentage; /* 0 ... 100 */
	Datum		targets;		/* jsonb */
	DwUuids		named;			/* users who have it whatever it says */
} FlagRow;

static const DwColumn flag_fields[] = {
	DW_FIELD(BOOL, FlagRow, is_enabled, is_enabled),
	DW_FIELD(INT4, FlagRow, rollout_percentage, rollout_percentage),
	DW_FIELD(JSONB, FlagRow, targets, targets),
	DW_FIELD(UUIDS, FlagRow, user_ids, named)
};

static DwMap flag_map = DW_MAP(flag_fields);

static DwMap row_map = DW_MAP(row_fields);

/* What an agent has afoot. */
typedef struct Afoot
{
	DwUuid		user_id;		/* the provider */
	DateADT		day;			/* of counters */
	int64		bids;			/* on that day; or an amount, or a number */
	int64		jobs;			/* on that day */
	int32		clock_offset;	/* by which they were counted, minutes */
	TimestampTz counted_at;		/* the last one, or DT_NOBEGIN */
	char		currency[DW_CURRENCY_SIZE]; /* of an amount */
} Afoot;

static const DwColumn counter_fields[] = {
	DW_FIELD(UUID, Afoot, user_id, user_id),
	DW_FIELD(DATE, Afoot, day, day),
	DW_FIELD(INT8, Afoot, bids, bids),
	DW_FIELD(INT8, Afoot, jobs, jobs),
	DW_FIELD_OR(INT4, Afoot, clock_offset, clock_offset, 0),
	DW_FIELD(TIME, Afoot, counted_at, counted_at)
};

static const DwColumn sum_fields[] = {
	DW_FIELD(UUID, Afoot, user_id, user_id),
	DW_FIELD(INT8, Afoot, sum, bids)
};

static const DwColumn exposure_fields[] = {
	DW_FIELD(UUID, Afoot, user_id, user_id),
	DW_FIELD(CURRENCY, Afoot, currency, currency),
	DW_FIELD(INT8, Afoot, sum, bids)
};

static DwMap exposure_map = DW_MAP(exposure_fields);
static DwMap counter_map = DW_MAP(counter_fields);
static DwMap sum_map = DW_MAP(sum_fields);

/* A job and a user, as rows of either name them. */
typedef struct Link
{
	DwUuid		job_id;			/* the job */
	DwUuid		user_id;		/* the provider */
} Link;

static const DwColumn link_fields[] = {
	DW_FIELD(UUID, Link, job_id, job_id),
	DW_FIELD(UUID, Link, user_id, user_id)
};

static DwMap link_map = DW_MAP(link_fields);

static const DwColumn switch_fields[] = {
	DW_FIELD(TEXT, Switch, scope, scope),
	DW_FIELD(UUID, Switch, id, id)
};

static DwMap switch_map = DW_MAP(switch_fields);

/* Runs a statement of the facts. */
static int
ask(const DwFacts *facts, DwStatement *statement, const DwParams *p)
{
	return (int) (facts->is_fresh ? dw_execute(statement, p)
				  : dw_query(statement, p));
}

/* Orders things that begin with an id, for qsort and bsearch. */
static int
id_compare(const void *a, const void *b)
{
	return dw_uuid_compare(a, b);
}

/* The agent of that id, or NULL. */
static DwFactsAgent *
agent_find(const DwFacts *facts, const DwUuid *id)
{
	return bsearch(id, facts->agents, facts->agent_count,
				   sizeof(DwFactsAgent), id_compare);
}

/* The switches that are off; few at any time. */
static void
switches_load(DwFacts *facts)
{
	static DwStatement select_off =
		DW_STATEMENT("SELECT s.scope, s.id FROM dwello.agent_switches AS s "
					 "WHERE NOT s.is_on");

	facts->switch_count = ask(facts, &select_off, NULL);
	facts->switches = palloc_array(Switch, Max(facts->switch_count, 1));
	for (int i = 0; i < facts->switch_count; i++)
		dw_map_read(&switch_map, i, &facts->switches[i]);
}

/* Reads the flag of agents, and whom it names. */
static void
flag_load(DwFacts *facts)
{
	static DwStatement select_flag =
		DW_STATEMENT("SELECT d.is_enabled, d.rollout_percentage, d.targets, "
					 "coalesce(f.user_ids, '{}') AS user_ids "
					 "FROM dwello.flags AS d "
					 "LEFT JOIN dwello.feature_flags AS f ON f.name = d.name "
					 "WHERE d.name = $1");
	DwParams	p = DW_PARAMS;
	FlagRow		row;

	dw_param_text(&p, DW_RUN_FLAG);
	if (ask(facts, &select_flag, &p) == 0)
		elog(ERROR, "dwello has no flag \"%s\"", DW_RUN_FLAG);
	dw_map_read(&flag_map, 0, &row);
	facts->flag.is_enabled = row.is_enabled;
	facts->flag.rollout_percentage = row.rollout_percentage;
	facts->named = row.named;
	if (dw_flag_targets_read(row.targets, &facts->flag.targets) != NULL)
		elog(ERROR, "flag \"%s\" has targets that are none", DW_RUN_FLAG);
	facts->platform.min_stars = facts->flag.targets.minimum_rating / STAR;
	facts->flag.targets.minimum_rating = 0;
}

/* How agents price, as the settings say. */
static void
prices_load(DwAgentPlatform *platform)
{
	static const char *const bases[DW_AGENT_STRATEGY_COUNT] = {
		[DW_AGENT_AGGRESSIVE] = "agent_base_aggressive_ppm",
		[DW_AGENT_BALANCED] = "agent_base_balanced_ppm",
		[DW_AGENT_PREMIUM] = "agent_base_premium_ppm"
	};
	static const char *const kappas[DW_AGENT_STRATEGY_COUNT] = {
		[DW_AGENT_AGGRESSIVE] = "agent_kappa_aggressive_ppm",
		[DW_AGENT_BALANCED] = "agent_kappa_balanced_ppm",
		[DW_AGENT_PREMIUM] = "agent_kappa_premium_ppm"
	};

	for (int i = 0; i < DW_AGENT_STRATEGY_COUNT; i++)
	{
		platform->base_ppm[i] = dw_setting_int8(bases[i]);
		platform->kappa_ppm[i] = dw_setting_int8(kappas[i]);
	}
	platform->band_ppm = dw_setting_int8("agent_band_ppm");
	platform->rivals = dw_setting_int8("agent_rivals");
	platform->sure_samples = dw_setting_int8("agent_sure_samples");
	platform->is_paced = dw_setting_bool("agent_pacing");
	platform->arrivals_weight = dw_setting_int8("agent_arrivals_weight");
	platform->recheck_minutes = dw_setting_int8("agent_recheck_minutes");
}

/* What holds for all. */
static void
rules_load(DwFacts *facts)
{
	static const char *const quotas[DW_AGENT_TIER_COUNT] = {
		[DW_AGENT_TIER_BASIC] = "agent_month_bids_basic",
		[DW_AGENT_TIER_PREMIUM] = "agent_month_bids_premium",
		[DW_AGENT_TIER_ENTERPRISE] = "agent_month_bids_enterprise"
	};

	switches_load(facts);
	prices_load(&facts->platform);
	flag_load(facts);
	facts->platform.is_on = dw_facts_is_on(facts, "platform", NULL);
	facts->platform.max_miles = (int64) dw_match_rules()->max_radius_miles;
	dw_learning_settings(&facts->learning);
	for (int tier = 0; tier < DW_AGENT_TIER_COUNT; tier++)
		facts->quotas[tier] = dw_setting_int8(quotas[tier]);
}

/* 10 to the power of the currency's minor digits. */
static int64
unit_of(const char *currency)
{
	int64		unit = 1;

	for (int i = dw_currency_exponent(currency); i > 0; i--)
		unit *= 10;
	return unit;
}

/* Whether no switch of a job's category, or of one above it, is off. */
static bool
category_is_on(const DwFacts *facts, const DwMatchPath *path)
{
	for (int i = 0; i < path->count; i++)
		if (!dw_facts_is_on(facts, "category", &path->ids[i]))
			return false;
	return true;
}

/* A job's part of the inputs. */
static void
job_open(DwFacts *facts, FactsJob *job)
{
	const DwJob *row = job->row;
	DwAgentJob *out = &job->facts;

	dw_match_path(&row->category_id, &job->path);
	out->is_open = row->status == DW_JOB_OPEN && facts->now < row->expires_at;
	out->is_category_on = category_is_on(facts, &job->path);
	out->is_emergency = row->is_emergency;
	out->is_invite_only = row->is_invite_only;
	out->budget_min = Max(row->budget_min, 0);
	out->budget_max = Max(row->budget_max, 0);
	out->hours = Max(row->estimated_hours, 0);
	out->materials = row->materials_provided ? 0
		: Max(row->expected_materials, 0);
	out->unit = unit_of(row->currency);
}

/* Orders pointers to jobs by kind, for qsort. */
static int
kind_compare(const void *a, const void *b)
{
	const FactsJob *one = *(FactsJob *const *) a;
	const FactsJob *two = *(FactsJob *const *) b;

	return dw_job_kind_compare(one->row, two->row);
}

/* Has jobs of one category and currency share their fees. */
static void
fees_share(DwFacts *facts)
{
	FactsJob  **order = palloc_array(FactsJob *, Max(facts->job_count, 1));

	for (int i = 0; i < facts->job_count; i++)
		order[i] = &facts->jobs[i];
	qsort(order, facts->job_count, sizeof(order[0]), kind_compare);
	for (int i = 0; i < facts->job_count; i++)
		order[i]->fees_job = i > 0 &&
			kind_compare(&order[i - 1], &order[i]) == 0
			? order[i - 1]->fees_job : order[i];
	pfree(order);
}

/*
 * Reads the jobs' part of the inputs.  Their usual prices are those of what
 * was released before today: what is decided again tomorrow about the same
 * moment comes to the same.
 */
static void
jobs_open(DwFacts *facts, const DwJob *jobs)
{
	DateADT		today = (DateADT) (facts->now / USECS_PER_DAY);
	int64	   *anchors = dw_market_anchors(&facts->learning, jobs,
											facts->job_count, today - 1);

	for (int i = 0; i < facts->job_count; i++)
	{
		facts->jobs[i].row = &jobs[i];
		job_open(facts, &facts->jobs[i]);
		facts->jobs[i].facts.anchor = anchors[i];
	}
	fees_share(facts);
}

/* Lists the agents of the pairs, each once. */
static void
agents_list(DwFacts *facts)
{
	DwUuid	   *ids = palloc_array(DwUuid, Max(facts->pair_count, 1));
	int			count = 0;

	for (int i = 0; i < facts->pair_count; i++)
		ids[i] = facts->pairs[i].agent_id;
	qsort(ids, facts->pair_count, sizeof(DwUuid), id_compare);
	for (int i = 0; i < facts->pair_count; i++)
		if (count == 0 || !dw_uuid_equal(&ids[count - 1], &ids[i]))
			ids[count++] = ids[i];
	facts->ids = ids;
	facts->agent_count = count;
	facts->agents = palloc0_array(DwFactsAgent, Max(count, 1));
	for (int i = 0; i < count; i++)
		facts->agents[i].user_id = ids[i];
	for (int i = 0; i < facts->pair_count; i++)
		facts->pairs[i].agent = agent_find(facts, &facts->pairs[i].agent_id);
}

/* Reads the rows of the agents. */
static void
agents_load(DwFacts *facts)
{
	static DwStatement select_agents =
		DW_STATEMENT("SELECT a.user_id, a.is_active, a.mode, a.strategy, "
					 "a.tier, a.max_bid_radius_miles, a.max_bids_per_day, "
					 "a.min_project_value, a.max_project_value, "
					 "a.min_margin_ppm, a.approval_threshold, a.currency, "
					 "a.category_ids, a.working_hours, a.costs, a.goal, "
					 "a.goal_target, a.max_exposure, a.max_open_jobs, "
					 "a.min_win_probability_ppm, a.paused_until, "
					 "a.parameters_version, a.mandate_id, "
					 "a.uses_model, a.longitude, "
					 "a.latitude, a.area IS NOT NULL AS has_area, "
					 "a.account_status, u.timezone, p.emergency_available, "
					 "l.country, s.as_of, s.rating_weight, s.rating_sum, "
					 "s.rating_square_sum, q.parameters "
					 "FROM dwello.ai_bidding_agents AS a "
					 "JOIN dwello.users AS u ON u.id = a.user_id "
					 "JOIN dwello.user_profiles AS p ON p.user_id = a.user_id "
					 "LEFT JOIN dwello.user_addresses AS l "
					 "ON l.user_id = a.user_id AND l.is_primary "
					 "LEFT JOIN dwello.provider_stats AS s "
					 "ON s.user_id = a.user_id "
					 "LEFT JOIN dwello.agent_parameters AS q "
					 "ON q.user_id = a.user_id "
					 "AND q.version = a.parameters_version "
					 "WHERE a.user_id = ANY ($1)");
	DwParams	p = DW_PARAMS;
	FactsRow   *rows;
	int			count;

	dw_param_uuids(&p, facts->ids, facts->agent_count);
	count = ask(facts, &select_agents, &p);
	rows = palloc0_array(FactsRow, Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		DwFactsAgent *agent;

		dw_map_read(&row_map, i, &rows[i]);
		agent = agent_find(facts, &rows[i].user_id);
		agent->row = &rows[i];
		agent->is_known = true;
		agent->tier = rows[i].tier;
		strlcpy(agent->currency, rows[i].currency, sizeof(agent->currency));
		agent->parameters_version = rows[i].parameters_version;
		agent->mandate_id = rows[i].mandate_id;
		agent->uses_model = rows[i].uses_model;
		agent->timezone = rows[i].timezone;
	}
}

/* The provider's clock. */
static void
clock_read(TimestampTz time, const char *timezone, DwAgentClock *clock)
{
	pg_tz	   *zone = pg_tzset(timezone);
	pg_time_t	now = timestamptz_to_time_t(time);
	pg_time_t	change;
	long		before = 0;
	long		after = 0;
	int			is_dst;
	int			found = -1;

	if (zone != NULL)
		found = pg_next_dst_boundary(&now, &before, &is_dst, &change, &after,
									 &is_dst, zone);
	clock->now = dw_facts_minute(time);
	clock->offset = found < 0 ? 0 : before / SECS_PER_MINUTE;
	clock->offset_after = clock->offset;
	if (found > 0 && change - now <= CLOCK_DAYS * SECS_PER_DAY)
	{
		clock->change_at = change / SECS_PER_MINUTE;
		clock->offset_after = after / SECS_PER_MINUTE;
	}
}

void
dw_facts_clock(const char *timezone, TimestampTz time, DwAgentClock *clock)
{
	memset(clock, 0, sizeof(*clock));
	clock_read(time, timezone, clock);
}

/* The day of a clock. */
static DateADT
day_by(const DwAgentClock *clock)
{
	return (DateADT) (dw_agent_local_day(clock) -
					  (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE));
}

/* The days of the agents, by their clocks, before anything is counted. */
static void
clocks_read(DwFacts *facts)
{
	for (int i = 0; i < facts->agent_count; i++)
	{
		DwFactsAgent *agent = &facts->agents[i];
		DwAgentClock *clock = &agent->provider.clock;

		clock_read(facts->now, agent->is_known ? agent->row->timezone : "UTC",
				   clock);
		agent->today = day_by(clock);
	}
}

/* The first day of the month of a day. */
static DateADT
month_of(DateADT day)
{
	int			y;
	int			m;
	int			d;

	j2date(day + POSTGRES_EPOCH_JDATE, &y, &m, &d);
	return day - (d - 1);
}

/*
 * Whether a day was counted by another clock within the last 24 hours, or by
 * a worker that began after this one: its provider has moved since, by more
 * than a clock jumps in one place.
 */
static bool
is_of_other_clock(const DwFacts *facts, const DwFactsAgent *agent,
				  const Afoot *row)
{
	return row->counted_at > facts->now - USECS_PER_DAY &&
		row->counted_at < facts->now + USECS_PER_DAY &&
		llabs(row->clock_offset - agent->provider.clock.offset) > CLOCK_JUMP;
}

/*
 * Whether a day was counted by another clock, by which its month is not over
 * yet: whoever moves east begins no month by that.
 */
static bool
is_in_month(const DwFactsAgent *agent, const Afoot *row)
{
	DwAgentClock clock = {
		.now = agent->provider.clock.now,.offset = row->clock_offset
	};

	return row->counted_at != DT_NOBEGIN &&
		llabs(row->clock_offset - agent->provider.clock.offset) > CLOCK_JUMP &&
		month_of(day_by(&clock)) == month_of(row->day);
}

/* Reads the days that may count, of all agents. */
static Afoot *
days_load(const DwFacts *facts, int *count)
{
	static DwStatement select_days =
		DW_STATEMENT("SELECT c.user_id, c.day, c.bids::bigint AS bids, "
					 "c.jobs::bigint AS jobs, c.clock_offset, c.counted_at "
					 "FROM dwello.agent_day_counters AS c "
					 "WHERE c.user_id = ANY ($1) AND c.day >= $2");
	DwParams	p = DW_PARAMS;
	DateADT		first = DATEVAL_NOEND;
	Afoot	   *rows;

	for (int i = 0; i < facts->agent_count; i++)
		first = Min(first, month_of(facts->agents[i].today - DAYS_APART));
	dw_param_uuids(&p, facts->ids, facts->agent_count);
	dw_param_date(&p, first);
	*count = ask(facts, &select_days, &p);
	rows = palloc_array(Afoot, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&counter_map, i, &rows[i]);
	return rows;
}

/* Counts a day of an agent for today. */
static void
day_count(const DwFacts *facts, const Afoot *row)
{
	DwFactsAgent *agent = agent_find(facts, &row->user_id);

	if (row->day == agent->today)
	{
		agent->provider.day_bids += row->bids;
		agent->provider.day_jobs = row->jobs;
	}
	else if (is_of_other_clock(facts, agent, row))
		agent->provider.day_bids += row->bids;
	if (is_in_month(agent, row))
		agent->moved_month = month_of(row->day);
}

/*
 * Counts the bids of agents on their days and in their months.  Whoever moves
 * to another clock begins no day and no month by that: for 24 hours there
 * counts also what was bid on the day of the clock before, and as long as
 * that clock is in it, what was bid in its month.
 */
static void
counters_load(DwFacts *facts)
{
	int			count;
	Afoot	   *rows = days_load(facts, &count);

	for (int i = 0; i < facts->agent_count; i++)
	{
		DwAgentProvider *provider = &facts->agents[i].provider;

		provider->month_bids = provider->day_bids = provider->day_jobs = 0;
		facts->agents[i].moved_month = DATEVAL_NOBEGIN;
	}
	for (int i = 0; i < count; i++)
		day_count(facts, &rows[i]);
	for (int i = 0; i < count; i++)
	{
		DwFactsAgent *agent = agent_find(facts, &rows[i].user_id);
		DateADT		month = month_of(rows[i].day);

		if (month == month_of(agent->today) || month == agent->moved_month)
			agent->provider.month_bids += rows[i].bids;
	}
	pfree(rows);
}

/* Counts the jobs that providers have to do. */
static void
open_jobs_load(DwFacts *facts)
{
	static DwStatement select_jobs =
		DW_STATEMENT("SELECT j.provider_id AS user_id, count(*) AS sum "
					 "FROM dwello.jobs AS j WHERE j.provider_id = ANY ($1) "
					 "AND j.status IN ('awarded', 'in_progress') "
					 "AND j.deleted_at IS NULL GROUP BY j.provider_id");
	DwParams	p = DW_PARAMS;
	int			count;

	for (int i = 0; i < facts->agent_count; i++)
		facts->agents[i].provider.open_jobs = 0;
	dw_param_uuids(&p, facts->ids, facts->agent_count);
	count = ask(facts, &select_jobs, &p);
	for (int i = 0; i < count; i++)
	{
		Afoot		row;

		dw_map_read(&sum_map, i, &row);
		agent_find(facts, &row.user_id)->provider.open_jobs = row.bids;
	}
}

/* Sums what agents with a limit could still have to stand by. */
static void
exposure_load(DwFacts *facts)
{
	static DwStatement select_bids =
		DW_STATEMENT("SELECT b.provider_id AS user_id, b.currency, "
					 "LEAST(sum(b.bid_amount), 9223372036854775807)::bigint "
					 "AS sum FROM dwello.bids AS b WHERE b.provider_id = ANY ($1) "
					 "AND b.deleted_at IS NULL AND (b.status = 'pending' "
					 "AND b.expires_at > $2 OR b.status = 'accepted' "
					 "AND EXISTS (SELECT FROM dwello.jobs AS j "
					 "WHERE j.id = b.job_id AND j.confirmed_at IS NULL)) "
					 "GROUP BY b.provider_id, b.currency");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids = palloc_array(DwUuid, Max(facts->agent_count, 1));
	int			count = 0;

	/* few set a limit, and the bids of a busy provider are many */
	for (int i = 0; i < facts->agent_count; i++)
	{
		DwFactsAgent *agent = &facts->agents[i];

		agent->provider.exposure = 0;
		if (agent->is_known && (!dw_uuid_is_nil(&agent->mandate_id) ||
								agent->row->max_exposure >= 0))
			ids[count++] = agent->user_id;
	}
	if (count == 0)
		return;
	dw_param_uuids(&p, ids, count);
	dw_param_time(&p, facts->now);
	count = ask(facts, &select_bids, &p);
	for (int i = 0; i < count; i++)
	{
		DwFactsAgent *agent;
		Afoot		row;

		dw_map_read(&exposure_map, i, &row);
		agent = agent_find(facts, &row.user_id);
		if (strcmp(row.currency, agent->row->currency) == 0)
			agent->provider.exposure = row.bids;
	}
}

void
dw_facts_refresh(DwFacts *facts)
{
	if (facts->agent_count == 0)
		return;
	counters_load(facts);
	open_jobs_load(facts);
	exposure_load(facts);
}

/* Orders pairs by job and agent, for bsearch; jobs are in order of ids. */
static int
pair_compare(const void *a, const void *b)
{
	const DwFactsPair *one = a;
	const DwFactsPair *two = b;

	if (one->job != two->job)
		return one->job < two->job ? -1 : 1;
	return dw_uuid_compare(&one->agent_id, &two->agent_id);
}

/* The number of the job of that id. */
static int
job_number(const DwFacts *facts, const DwUuid *id)
{
	for (int i = 0; i < facts->job_count; i++)
		if (dw_uuid_equal(&facts->jobs[i].row->id, id))
			return i;
	elog(ERROR, "a row of another job was read");
}

/* Which of the pairs a statement names; sets a flag of theirs. */
static void
links_read(DwFacts *facts, int count, size_t offset)
{
	for (int i = 0; i < count; i++)
	{
		Link		row;
		DwFactsPair key = {0};
		DwFactsPair *pair;
		DwFactsPair *end = facts->pairs + facts->pair_count;

		dw_map_read(&link_map, i, &row);
		key.job = job_number(facts, &row.job_id);
		key.agent_id = row.user_id;
		pair = bsearch(&key, facts->pairs, facts->pair_count,
					   sizeof(DwFactsPair), pair_compare);
		/* there may be one for each version of the terms */
		while (pair != NULL && pair > facts->pairs &&
			   pair_compare(pair - 1, &key) == 0)
			pair--;
		for (; pair != NULL && pair < end &&
			 pair_compare(pair, &key) == 0; pair++)
			*((bool *) ((char *) pair + offset)) = true;
	}
}

/* Adds the ids of the jobs. */
static void
param_jobs(const DwFacts *facts, DwParams *p)
{
	DwUuid	   *ids = palloc_array(DwUuid, Max(facts->job_count, 1));

	for (int i = 0; i < facts->job_count; i++)
		ids[i] = facts->jobs[i].row->id;
	dw_param_uuids(p, ids, facts->job_count);
}

/* Who has a bid, and who was invited. */
static void
links_load(DwFacts *facts)
{
	static DwStatement select_bids =
		DW_STATEMENT("SELECT b.job_id, b.provider_id AS user_id "
					 "FROM dwello.bids AS b WHERE b.job_id = ANY ($1) "
					 "AND b.provider_id = ANY ($2) AND b.deleted_at IS NULL "
					 "AND b.status IN ('pending', 'accepted') "
					 "AND (b.status = 'accepted' OR b.expires_at > $3)");
	static DwStatement select_invites =
		DW_STATEMENT("SELECT i.job_id, i.provider_id AS user_id "
					 "FROM dwello.job_invites AS i "
					 "WHERE i.job_id = ANY ($1) AND i.provider_id = ANY ($2) "
					 "AND i.status IN ('pending', 'accepted')");
	DwParams	bids = DW_PARAMS;
	DwParams	p = DW_PARAMS;

	/* what is past its time counts as expired, marked or not */
	param_jobs(facts, &bids);
	dw_param_uuids(&bids, facts->ids, facts->agent_count);
	dw_param_time(&bids, facts->now);
	links_read(facts, ask(facts, &select_bids, &bids),
			   offsetof(DwFactsPair, has_bid));
	param_jobs(facts, &p);
	dw_param_uuids(&p, facts->ids, facts->agent_count);
	links_read(facts, ask(facts, &select_invites, &p),
			   offsetof(DwFactsPair, is_invited));
}

/* Adds the ids and places of the jobs, an array each. */
static void
param_places(const DwFacts *facts, DwParams *p)
{
	Datum	   *longitudes = palloc_array(Datum, Max(facts->job_count, 1));
	Datum	   *latitudes = palloc_array(Datum, Max(facts->job_count, 1));

	for (int i = 0; i < facts->job_count; i++)
	{
		const DwDegrees *place = &facts->jobs[i].row->place;

		longitudes[i] = Float8GetDatum(place->longitude);
		latitudes[i] = Float8GetDatum(place->latitude);
	}
	param_jobs(facts, p);
	dw_param_float8s(p, longitudes, facts->job_count);
	dw_param_float8s(p, latitudes, facts->job_count);
}

/* In whose area of service the jobs lie; 180 degrees west is 180 east. */
static void
areas_load(DwFacts *facts)
{
	static DwStatement select_inside =
		DW_STATEMENT("SELECT j.job_id, a.user_id "
					 "FROM dwello.ai_bidding_agents AS a "
					 "CROSS JOIN unnest($1, $2, $3) AS j (job_id, x, y) "
					 "WHERE a.user_id = ANY ($4) AND (st_covers(a.area, "
					 "st_setsrid(st_makepoint(j.x, j.y), 4326)) "
					 "OR abs(j.x) = 180 AND st_covers(a.area, "
					 "st_setsrid(st_makepoint(-j.x, j.y), 4326)))");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids = palloc_array(DwUuid, Max(facts->agent_count, 1));
	int			count = 0;

	for (int i = 0; i < facts->agent_count; i++)
		if (facts->agents[i].is_known && facts->agents[i].row->has_area)
			ids[count++] = facts->agents[i].user_id;
	for (int i = 0; i < facts->pair_count; i++)
		facts->pairs[i].is_in_area = !facts->pairs[i].agent->is_known ||
			!facts->pairs[i].agent->row->has_area;
	if (count == 0)
		return;
	param_places(facts, &p);
	dw_param_uuids(&p, ids, count);
	links_read(facts, ask(facts, &select_inside, &p),
			   offsetof(DwFactsPair, is_in_area));
}

/* What providers lack of the credentials that jobs demand. */
static void
missing_load(DwFacts *facts)
{
	DwUuid	   *ids = palloc_array(DwUuid, Max(facts->pair_count, 1));
	int64	   *missing = palloc_array(int64, Max(facts->pair_count, 1));

	/* pairs stand by job */
	for (int first = 0, end; first < facts->pair_count; first = end)
	{
		int			job = facts->pairs[first].job;

		for (end = first; end < facts->pair_count &&
			 facts->pairs[end].job == job; end++)
			ids[end - first] = facts->pairs[end].agent_id;
		if (!dw_requirements_missing(facts->jobs[job].row, ids, end - first,
									 facts->is_fresh, missing))
			continue;
		for (int i = first; i < end; i++)
			facts->pairs[i].missing = missing[i - first];
	}
}

DwFacts *
dw_facts_load(const DwJob *jobs, int job_count, DwFactsPair *pairs,
			  int pair_count, bool is_fresh)
{
	DwFacts    *facts = palloc0(sizeof(DwFacts));

	facts->is_fresh = is_fresh;
	facts->now = dw_now();
	facts->job_count = job_count;
	facts->jobs = palloc0_array(FactsJob, Max(job_count, 1));
	facts->pairs = pairs;
	facts->pair_count = pair_count;
	qsort(pairs, pair_count, sizeof(DwFactsPair), pair_compare);
	rules_load(facts);
	jobs_open(facts, jobs);
	agents_list(facts);
	if (pair_count == 0)
		return facts;
	agents_load(facts);
	clocks_read(facts);
	dw_facts_refresh(facts);
	links_load(facts);
	areas_load(facts);
	missing_load(facts);
	return facts;
}
