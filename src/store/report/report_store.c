/*
 * report_store.c
 *		What reports about agents are made from, and what a backtest replays.
 *
 * Of what became of a job only that is read which anybody may know: when it
 * took its last bid, and whether one was accepted.  Whether the agent's own
 * bid won is from its outcomes.  Nobody's amount is read but its own.
 */
#include "postgres.h"

#include <math.h>

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/match/match_store.h"
#include "store/report/report_store.h"

#define METERS_PER_MILE	1609.344

/* What came of one bid. */
typedef struct OwnOutcome
{
	DwUuid		id;				/* of the decision, or of the job */
	DwOutcome	outcome;		/* what came of it */
	int64		amount;			/* that was asked in the end */
} OwnOutcome;

/* Where a row of activity is. */
typedef struct Key
{
	DwUuid		job_id;			/* the job */
	DwUuid		user_id;		/* the agent's provider */
} Key;

static const DwColumn key_fields[] = {
	DW_FIELD(UUID, Key, job_id, job_id),
	DW_FIELD(UUID, Key, user_id, user_id)
};

static DwMap key_map = DW_MAP(key_fields);

bool
dw_report_has_bid(const DwUuid *job_id, const DwUuid *provider_id)
{
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.bids AS b WHERE b.job_id = $1 "
					 "AND b.provider_id = $2 "
					 "AND b.status IN ('pending', 'accepted') "
					 "AND b.decision_id IS NULL AND b.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, provider_id);
	return dw_query(&find, &p) > 0;
}

bool
dw_report_decision(const DwUuid *asked, const DwUuid *id, DwUuid *job_id,
				   DwUuid *agent_id)
{
	static DwStatement of_agent =
		DW_STATEMENT("SELECT a.job_id, a.user_id "
					 "FROM dwello.ai_agent_activity AS a "
					 "WHERE a.user_id = $1 AND a.id = $2");
	static DwStatement of_any =
		DW_STATEMENT("SELECT a.job_id, a.user_id "
					 "FROM dwello.ai_agent_activity AS a WHERE a.id = $1");
	DwParams	p = DW_PARAMS;
	Key			key;

	if (asked != NULL)
		dw_param_uuid(&p, asked);
	dw_param_uuid(&p, id);
	if (dw_query(asked != NULL ? &of_agent : &of_any, &p) == 0)
		return false;
	dw_map_read(&key_map, 0, &key);
	*job_id = key.job_id;
	*agent_id = key.user_id;
	return true;
}

bool
dw_report_currency(const DwUuid *agent_id, char currency[DW_CURRENCY_SIZE])
{
	static DwStatement select_currency =
		DW_STATEMENT("SELECT g.currency FROM dwello.ai_bidding_agents AS g "
					 "WHERE g.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, agent_id);
	if (dw_query(&select_currency, &p) == 0)
		return false;
	strlcpy(currency, dw_read_only_text(0), DW_CURRENCY_SIZE);
	return true;
}

static const DwColumn job_fields[] = {
	DW_FIELD(UUID, DwHistoryJob, id, id),
	DW_FIELD(TIME, DwHistoryJob, published_at, published_at),
	DW_FIELD(TIME, DwHistoryJob, closed_at, closed_at),
	DW_FIELD(TIME, DwHistoryJob, completed_at, completed_at),
	DW_FIELD(BOOL, DwHistoryJob, is_awarded, is_awarded)
};

static DwMap job_map = DW_MAP(job_fields);

static const DwColumn review_fields[] = {
	DW_FIELD(DATE, DwHistoryReview, day, day),
	DW_FIELD(INT4, DwHistoryReview, stars, stars)
};

static DwMap review_map = DW_MAP(review_fields);

/* Where an agent's provider is; NaN when they have no place. */
typedef struct Place
{
	double		longitude;		/* degrees */
	double		latitude;		/* likewise */
} Place;

static const DwColumn place_fields[] = {
	DW_COLUMN(FLOAT8, Place, longitude, longitude, DW_COLUMN_NULLABLE),
	DW_COLUMN(FLOAT8, Place, latitude, latitude, DW_COLUMN_NULLABLE)
};

static DwMap place_map = DW_MAP(place_fields);

static const DwColumn outcome_fields[] = {
	DW_FIELD(UUID, OwnOutcome, id, id),
	DW_FIELD_ENUM(OwnOutcome, outcome, outcome, dw_outcome_labels),
	DW_FIELD(INT8, OwnOutcome, amount, amount)
};

static DwMap outcome_map = DW_MAP(outcome_fields);

/* Runs a statement about the outcomes of an agent since a time. */
static OwnOutcome *
outcomes_read(DwStatement *statement, const DwUuid *agent_id,
			  TimestampTz from, int *count)
{
	DwParams	p = DW_PARAMS;
	OwnOutcome *outcomes;

	dw_param_uuid(&p, agent_id);
	dw_param_time(&p, from);
	*count = (int) dw_query(statement, &p);
	outcomes = palloc(sizeof(OwnOutcome) * (*count + 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&outcome_map, i, &outcomes[i]);
	return outcomes;
}

/* The outcomes since a time by their decisions, in the order of those. */
static OwnOutcome *
own_outcomes(const DwUuid *agent_id, TimestampTz from, int *count)
{
	static DwStatement by_decision =
		DW_STATEMENT("SELECT o.decision_id AS id, o.outcome, o.amount "
					 "FROM dwello.agent_outcomes AS o "
					 "WHERE o.user_id = $1 AND o.decided_at >= $2 "
					 "ORDER BY o.decision_id");

	return outcomes_read(&by_decision, agent_id, from, count);
}

/* The same by their jobs, of each the last one that was won or lost. */
static OwnOutcome *
own_outcomes_by_job(const DwUuid *agent_id, TimestampTz from, int *count)
{
	static DwStatement by_job =
		DW_STATEMENT("SELECT DISTINCT ON (o.job_id) o.job_id AS id, "
					 "o.outcome, o.amount FROM dwello.agent_outcomes AS o "
					 "WHERE o.user_id = $1 AND o.decided_at >= $2 "
					 "AND o.outcome <> 'censored' "
					 "ORDER BY o.job_id, o.decided_at DESC, o.decision_id");

	return outcomes_read(&by_job, agent_id, from, count);
}

/* The order of outcomes by their ids. */
static int
outcome_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const OwnOutcome *) a)->id,
						   &((const OwnOutcome *) b)->id);
}

/* The one of that id, or NULL. */
static const OwnOutcome *
own_outcome(const OwnOutcome *outcomes, int count, const DwUuid *id)
{
	OwnOutcome	key = {.id = *id};

	return bsearch(&key, outcomes, count, sizeof(OwnOutcome),
				   outcome_compare);
}

/* The agent's place; false when it has none. */
static bool
place_load(const DwUuid *agent_id, Place *place)
{
	static DwStatement select_place =
		DW_STATEMENT("SELECT g.longitude, g.latitude "
					 "FROM dwello.ai_bidding_agents AS g "
					 "WHERE g.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, agent_id);
	if (dw_query(&select_place, &p) == 0)
		return false;
	dw_map_read(&place_map, 0, place);
	return !isnan(place->longitude);
}

/* Adds what came of the agent's own bids. */
static void
jobs_settle(const DwUuid *agent_id, TimestampTz from, DwHistoryJob *jobs,
			int count)
{
	int			outcome_count;
	OwnOutcome *outcomes = own_outcomes_by_job(agent_id, from,
											   &outcome_count);

	for (int i = 0; i < count; i++)
	{
		const OwnOutcome *own = own_outcome(outcomes, outcome_count,
											&jobs[i].id);

		jobs[i].outcome = own == NULL ? DW_OUTCOME_CENSORED : own->outcome;
		jobs[i].amount = own == NULL ? 0 : own->amount;
	}
}

DwHistoryJob *
dw_history_jobs(const DwUuid *agent_id, TimestampTz from, TimestampTz until,
				int *count)
{
	/* a job that was given up while it took bids has no other time of it */
	static DwStatement select_jobs =
		DW_STATEMENT("SELECT j.id, j.published_at, CASE "
					 "WHEN j.awarded_at IS NOT NULL THEN j.awarded_at "
					 "WHEN j.status = 'open' THEN NULL "
					 "ELSE LEAST(j.expires_at, j.updated_at) "
					 "END AS closed_at, j.completed_at, "
					 "j.provider_id IS NOT NULL AS is_awarded "
					 "FROM dwello.jobs AS j "
					 "WHERE j.published_at >= $1 AND j.published_at < $2 "
					 "AND st_dwithin(j.location, st_setsrid(st_makepoint("
					 "$3, $4), 4326)::geography, $5) "
					 "AND j.deleted_at IS NULL "
					 "ORDER BY j.published_at, j.id LIMIT $6");
	DwParams	p = DW_PARAMS;
	DwHistoryJob *jobs;
	Place		place;

	*count = 0;
	if (!place_load(agent_id, &place))
		return NULL;
	dw_param_time(&p, from);
	dw_param_time(&p, until);
	dw_param_float8(&p, place.longitude);
	dw_param_float8(&p, place.latitude);
	dw_param_float8(&p, dw_match_rules()->max_radius_miles * METERS_PER_MILE);
	dw_param_int4(&p, DW_HISTORY_JOBS + 1);
	*count = (int) dw_query(&select_jobs, &p);
	jobs = MemoryContextAllocHuge(CurrentMemoryContext,
								  sizeof(DwHistoryJob) * (*count + 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&job_map, i, &jobs[i]);
	SPI_freetuptable(SPI_tuptable);
	jobs_settle(agent_id, from, jobs, *count);
	return jobs;
}

DwHistoryReview *
dw_history_reviews(const DwUuid *provider_id, int *count)
{
	static DwStatement select_reviews =
		DW_STATEMENT("SELECT (r.reveal_at AT TIME ZONE 'UTC')::date AS day, "
					 "r.rating AS stars FROM dwello.reviews AS r "
					 "WHERE r.reviewee_id = $1 AND r.deleted_at IS NULL "
					 "ORDER BY r.reveal_at, r.job_id, r.id");
	DwParams	p = DW_PARAMS;
	DwHistoryReview *reviews;

	dw_param_uuid(&p, provider_id);
	*count = (int) dw_query(&select_reviews, &p);
	reviews = palloc(sizeof(DwHistoryReview) * (*count + 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&review_map, i, &reviews[i]);
	return reviews;
}

int32
dw_history_parameters(const DwUuid *agent_id, TimestampTz time)
{
	static DwStatement select_version =
		DW_STATEMENT("SELECT COALESCE(max(t.version), 0) "
					 "FROM dwello.agent_parameters AS t "
					 "WHERE t.user_id = $1 AND t.promoted_at <= $2 "
					 "AND t.learned_until <= $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, agent_id);
	dw_param_time(&p, time);
	(void) dw_query(&select_version, &p);
	return dw_read_only_int4(0);
}

static const DwColumn report_fields[] = {
	DW_FIELD(UUID, DwReportRow, id, id),
	DW_FIELD_ENUM(DwReportRow, action_type, action, dw_agent_action_labels),
	DW_COLUMN(FLOAT8, DwReportRow, win_probability, win_probability,
			  DW_COLUMN_NULLABLE),
	DW_FIELD(JSONB, DwReportRow, inputs, inputs),
	DW_FIELD(BOOL, DwReportRow, is_bid, is_bid),
	DW_FIELD(BOOL, DwReportRow, is_completed, is_completed),
	DW_FIELD(INT8, DwReportRow, paid, paid)
};

static DwMap report_map = DW_MAP(report_fields);

/* Adds what came of the bids; outcomes stand apart, with the provider. */
static void
rows_settle(const DwUuid *agent_id, TimestampTz from, DwReportRow *rows,
			int count)
{
	int			outcome_count;
	OwnOutcome *outcomes = own_outcomes(agent_id, from, &outcome_count);

	for (int i = 0; i < count; i++)
	{
		const OwnOutcome *own = own_outcome(outcomes, outcome_count,
											&rows[i].id);

		rows[i].is_decided = own != NULL;
		rows[i].outcome = own == NULL ? DW_OUTCOME_CENSORED : own->outcome;
		rows[i].amount = own == NULL ? 0 : own->amount;
		rows[i].is_completed = rows[i].is_completed &&
			rows[i].outcome == DW_OUTCOME_WON;
	}
}

DwReportRow *
dw_report_rows(const DwUuid *agent_id, TimestampTz from, TimestampTz until,
			   int *count)
{
	static DwStatement select_rows =
		DW_STATEMENT("SELECT d.id, d.action_type, d.win_probability, "
					 "d.inputs, EXISTS (SELECT FROM dwello.bids AS b "
					 "WHERE b.job_id = d.job_id AND b.provider_id = $1 "
					 "AND b.decision_id = d.id) AS is_bid, "
					 "j.id IS NOT NULL AS is_completed, "
					 "COALESCE((SELECT sum(t.net_amount)::bigint "
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = j.id AND t.payee_id = $1 "
					 "AND t.transaction_type = 'release' "
					 "AND t.status = 'completed' AND NOT EXISTS "
					 "(SELECT FROM dwello.transactions AS r "
					 "WHERE r.scope_id = t.scope_id AND r.reverses = t.id "
					 "AND r.status = 'completed')), 0) AS paid "
					 "FROM (SELECT DISTINCT ON (a.job_id, a.terms_version) "
					 "a.job_id, a.id, a.action_type, a.win_probability, "
					 "a.inputs FROM dwello.ai_agent_activity AS a "
					 "WHERE a.user_id = $1 AND a.created_at >= $2 "
					 "AND a.created_at < $3 AND a.core_version IS NOT NULL "
					 "ORDER BY a.job_id, a.terms_version, a.id DESC) AS d "
					 "LEFT JOIN dwello.jobs AS j ON j.id = d.job_id "
					 "AND j.provider_id = $1 AND j.status = 'completed' "
					 "ORDER BY d.id DESC LIMIT $4");
	DwParams	p = DW_PARAMS;
	DwReportRow *rows;

	dw_param_uuid(&p, agent_id);
	dw_param_time(&p, from);
	dw_param_time(&p, until);
	dw_param_int4(&p, DW_REPORT_ROWS);
	*count = (int) dw_query(&select_rows, &p);
	rows = palloc0(sizeof(DwReportRow) * (*count + 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&report_map, i, &rows[i]);
	rows_settle(agent_id, from, rows, *count);
	return rows;
}
