/*
 * answer_store.c
 *		Rows of dwello.agent_answers, and of agent_day_counters.
 *
 * The key of an answer is what makes an agent answer once; its job is locked
 * by whoever writes it.  Days belong to another group and are locked last, in
 * one order for all: by one row of each agent, which counts nothing.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/run/run_store.h"

#define MODEL_SPARE	4			/* answers found for each one claimed */

static const DwColumn answer_columns[] = {
	DW_COLUMN(UUID, DwAnswer, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(INT4, DwAnswer, terms_version, terms_version, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwAnswer, agent_id, agent_id, DW_COLUMN_KEY),
	DW_COLUMN_ENUM(answer_state, DwAnswer, state, state, 0,
				   dw_answer_state_labels),
	DW_COLUMN(TIME, DwAnswer, run_after, run_after, 0),
	DW_COLUMN(INT4, DwAnswer, attempts, attempts, 0),
	DW_COLUMN(BOOL, DwAnswer, is_model, is_model, 0),
	DW_COLUMN(UUID, DwAnswer, claim_id, claim_id, DW_COLUMN_NULLABLE),
	DW_COLUMN(TIME, DwAnswer, lease_until, lease_until, 0),
	DW_COLUMN(UUID, DwAnswer, decision_id, decision_id, DW_COLUMN_NULLABLE),
	DW_COLUMN(DATE, DwAnswer, arrived_on, arrived_on, 0),
	DW_COLUMN(TIME, DwAnswer, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable answers = DW_TABLE("agent_answers", DwAnswer, answer_columns);

/* In two steps, for invitations lie with the job and agents do not. */
DwUuid *
dw_agents_invited(const DwUuid *job_id, int most, int *count)
{
	static DwStatement select_invited =
		DW_STATEMENT("SELECT DISTINCT i.provider_id "
					 "FROM dwello.job_invites AS i WHERE i.job_id = $1 "
					 "AND i.status IN ('pending', 'accepted')");
	static DwStatement select_agents =
		DW_STATEMENT("SELECT a.user_id FROM dwello.ai_bidding_agents AS a "
					 "WHERE a.user_id = ANY ($1) AND a.is_active "
					 "ORDER BY a.user_id LIMIT $2");
	DwParams	job = DW_PARAMS;
	DwParams	p = DW_PARAMS;
	DwUuid	   *providers;

	dw_param_uuid(&job, job_id);
	(void) dw_execute(&select_invited, &job);
	providers = dw_read_only_uuids(count);
	dw_param_uuids(&p, providers, *count);
	dw_param_int4(&p, most);
	(void) dw_execute(&select_agents, &p);
	return dw_read_only_uuids(count);
}

DwAnswer *
dw_answers_load(const DwUuid *jobs, int job_count, int *count)
{
	/* a join, for an array is walked for each row where rows are few yet */
	static DwTableQuery of_jobs =
		DW_TABLE_QUERY(answers, "JOIN unnest($1) AS g (id) "
					   "ON g.id = t.job_id "
					   "ORDER BY t.job_id, t.terms_version, t.agent_id");
	DwParams	p = DW_PARAMS;
	DwAnswer   *rows;

	dw_param_uuids(&p, jobs, job_count);
	*count = (int) dw_table_execute(&of_jobs, &p);
	rows = palloc_array(DwAnswer, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_table_read(&answers, i, &rows[i]);
	SPI_freetuptable(SPI_tuptable);
	return rows;
}

/* Reads one; false when there is none. */
static bool
answer_load(const DwUuid *job_id, int32 terms_version,
			const DwUuid *agent_id, DwAnswer *answer)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(answers, "WHERE t.job_id = $1 "
					   "AND t.terms_version = $2 AND t.agent_id = $3");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_int4(&p, terms_version);
	dw_param_uuid(&p, agent_id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&answers, 0, answer);
	return true;
}

bool
dw_answer_find(const DwUuid *job_id, const DwUuid *agent_id,
			   const DwUuid *claim_id, DwAnswer *answer)
{
	static DwTableQuery by_claim =
		DW_TABLE_QUERY(answers, "WHERE t.job_id = $1 AND t.agent_id = $2 "
					   "ORDER BY (t.claim_id = $3) IS TRUE DESC, "
					   "t.terms_version DESC LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, agent_id);
	dw_param_uuid(&p, claim_id);
	if (dw_table_execute(&by_claim, &p) == 0)
		return false;
	dw_table_read(&answers, 0, answer);
	return true;
}

DwUuid *
dw_model_jobs_claim(int max_jobs, TimestampTz until, int *count)
{
	/* more than are wanted, for others may have locked some */
	static DwStatement find =
		DW_STATEMENT("SELECT a.job_id FROM dwello.agent_answers AS a "
					 "JOIN dwello.jobs AS j ON j.id = a.job_id "
					 "AND j.terms_version = a.terms_version "
					 "AND j.deleted_at IS NULL "
					 "WHERE a.is_model AND a.attempts = 0 "
					 "AND a.run_after > $2 "
					 "AND (a.state IN ('waiting', 'deferred') "
					 "AND a.run_after <= $1 "
					 "OR a.state = 'claimed' AND a.lease_until <= $2) "
					 "ORDER BY a.run_after, a.job_id LIMIT $3");
	static DwStatement lock =
		DW_STATEMENT("SELECT j.id FROM dwello.jobs AS j "
					 "WHERE j.id = ANY ($1) AND j.deleted_at IS NULL "
					 "ORDER BY j.id LIMIT $2 "
					 "FOR NO KEY UPDATE SKIP LOCKED");
	DwParams	found = DW_PARAMS;
	DwParams	p = DW_PARAMS;
	DwUuid	   *jobs;

	dw_param_time(&found, until);
	dw_param_time(&found, dw_now());
	dw_param_int4(&found, max_jobs * MODEL_SPARE);
	(void) dw_execute(&find, &found);
	jobs = dw_read_only_uuids(count);
	dw_param_uuids(&p, jobs, *count);
	dw_param_int4(&p, max_jobs);
	(void) dw_execute(&lock, &p);
	return dw_read_only_uuids(count);
}

Datum *
dw_model_words(const DwUuid *jobs, int count)
{
	static DwStatement select_words =
		DW_STATEMENT("SELECT jsonb_build_object('title', j.title, "
					 "'description', j.description, "
					 "'special_requirements', j.special_requirements, "
					 "'materials_description', j.materials_description, "
					 "'category', c.name, 'urgency', j.urgency, "
					 "'preferred_start_date', j.preferred_start_date, "
					 "'preferred_end_date', j.preferred_end_date, "
					 "'currency', j.currency, 'expires_at', j.expires_at) "
					 "FROM dwello.jobs AS j "
					 "JOIN dwello.service_categories AS c "
					 "ON c.id = j.category_id WHERE j.id = ANY ($1) "
					 "ORDER BY j.id");
	Datum	   *words = palloc_array(Datum, Max(count, 1));
	DwParams	p = DW_PARAMS;

	dw_param_uuids(&p, jobs, count);
	if (dw_execute(&select_words, &p) != (uint64) count)
		elog(ERROR, "a locked job is gone");
	for (int i = 0; i < count; i++)
	{
		bool		isnull;

		words[i] = dw_read_only_datum(i, &isnull);
	}
	return words;
}

void
dw_answer_save(DwAnswer *answer)
{
	if (answer->is_new)
		dw_table_insert(&answers, answer);
	else
		dw_table_update(&answers, answer);
	answer->is_new = false;
}

bool
dw_answer_suspect(DwAnswer *answer)
{
	DwAnswer	key = *answer;

	if (!answer_load(&key.job_id, key.terms_version, &key.agent_id, answer))
		*answer = (DwAnswer)
	{
		.job_id = key.job_id,
			.terms_version = key.terms_version,
			.agent_id = key.agent_id,
			.run_after = dw_now(),
			.lease_until = DT_NOBEGIN,
			.arrived_on = DATEVAL_NOBEGIN,
			.created_at = dw_now(),
			.is_new = true
	};
	/* what was answered in the end is done, whoever died over it before */
	if (answer->state == DW_ANSWER_ANSWERED ||
		answer->state == DW_ANSWER_QUARANTINED)
		return false;
	/* whoever has claimed it has lost it: it is the agent's, alone */
	if (answer->state == DW_ANSWER_CLAIMED)
	{
		answer->state = DW_ANSWER_WAITING;
		memset(&answer->claim_id, 0, sizeof(answer->claim_id));
		answer->lease_until = DT_NOBEGIN;
	}
	answer->attempts++;
	if (answer->attempts >= DW_ATTEMPTS_MAX)
		answer->state = DW_ANSWER_QUARANTINED;
	dw_answer_save(answer);
	return true;
}

bool
dw_suspect_claim(DwAnswer *answer)
{
	static DwStatement find_suspects =
		DW_STATEMENT("SELECT a.run_after AS due, a.job_id AS id, a.job_id "
					 "FROM dwello.agent_answers AS a "
					 "WHERE a.state IN ('waiting', 'deferred') "
					 "AND a.attempts > 0 AND a.run_after <= $1 "
					 "AND (a.run_after, a.job_id) > ($2, $3) "
					 "GROUP BY a.run_after, a.job_id "
					 "ORDER BY a.run_after, a.job_id LIMIT $4");
	static DwTableQuery of_job =
		DW_TABLE_QUERY(answers, "WHERE t.job_id = $1 AND t.attempts > 0 "
					   "AND t.state IN ('waiting', 'deferred') "
					   "AND t.run_after <= $2 "
					   "ORDER BY t.terms_version, t.agent_id LIMIT 1");
	DwParams	p = DW_PARAMS;
	int			count;
	DwDue	   *rows = dw_due_claim(&find_suspects, 1, &count);

	if (count == 0)
		return false;
	dw_param_uuid(&p, &rows[0].job_id);
	dw_param_time(&p, dw_now());
	if (dw_table_execute(&of_job, &p) == 0)
		return false;
	dw_table_read(&answers, 0, answer);
	return true;
}

/* Marks versions of locked jobs as done that have no answer left to give. */
static void
works_settle(const DwUuid *jobs, int count)
{
	static DwStatement settle_work =
		DW_STATEMENT("UPDATE dwello.agent_work AS w SET done_at = $2 "
					 "WHERE w.job_id = ANY ($1) "
					 "AND w.claimed_at IS NOT NULL AND w.done_at IS NULL "
					 "AND NOT EXISTS (SELECT FROM dwello.agent_answers AS a "
					 "WHERE a.job_id = w.job_id "
					 "AND a.terms_version = w.terms_version "
					 "AND a.state IN ('waiting', 'deferred', 'claimed'))");
	DwParams	p = DW_PARAMS;

	dw_param_uuids(&p, jobs, count);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&settle_work, &p);
}

/* What is over is not read again: the activity has it. */
int64
dw_answers_purge(int32 max_rows)
{
	static DwStatement find_over =
		DW_STATEMENT("SELECT DISTINCT a.job_id FROM dwello.agent_answers AS a "
					 "JOIN dwello.jobs AS j ON j.id = a.job_id "
					 "WHERE j.status <> 'open' "
					 "OR a.terms_version < j.terms_version "
					 "ORDER BY a.job_id LIMIT $1");
	static DwStatement lock_jobs =
		DW_STATEMENT("SELECT j.id FROM dwello.jobs AS j "
					 "WHERE j.id = ANY ($1) FOR NO KEY UPDATE SKIP LOCKED");
	static DwStatement delete_over =
		DW_STATEMENT("DELETE FROM dwello.agent_answers AS d "
					 "USING (SELECT a.job_id, a.terms_version, a.agent_id "
					 "FROM dwello.agent_answers AS a "
					 "JOIN dwello.jobs AS j ON j.id = a.job_id "
					 "WHERE a.job_id = ANY ($1) AND (j.status <> 'open' "
					 "OR a.terms_version < j.terms_version) "
					 "AND (a.state <> 'claimed' OR a.lease_until <= $2) "
					 "ORDER BY a.job_id, a.terms_version, a.agent_id "
					 "LIMIT $3) AS o WHERE d.job_id = o.job_id "
					 "AND d.terms_version = o.terms_version "
					 "AND d.agent_id = o.agent_id");

	DwParams	find = DW_PARAMS;
	DwParams	lock = DW_PARAMS;
	DwParams	p = DW_PARAMS;
	DwUuid	   *jobs;
	int64		deleted;
	int			count;

	dw_param_int4(&find, max_rows);
	(void) dw_execute(&find_over, &find);
	jobs = dw_read_only_uuids(&count);
	dw_param_uuids(&lock, jobs, count);
	(void) dw_execute(&lock_jobs, &lock);
	jobs = dw_read_only_uuids(&count);
	dw_param_uuids(&p, jobs, count);
	dw_param_time(&p, dw_now());
	dw_param_int4(&p, max_rows);
	deleted = (int64) dw_execute(&delete_over, &p);
	works_settle(jobs, count);
	return deleted;
}

/* Orders days by agent and day, for qsort. */
static int
day_compare(const void *a, const void *b)
{
	const DwAgentDay *one = a;
	const DwAgentDay *two = b;
	int			order = dw_uuid_compare(&one->user_id, &two->user_id);

	if (order != 0)
		return order;
	return one->day < two->day ? -1 : one->day > two->day;
}

/*
 * Adds the agents and the days of some days, an array each, and of each agent
 * the row that is locked, which is first.
 */
static void
param_days(DwParams *p, const DwAgentDay *days, int count)
{
	DwUuid	   *users = palloc_array(DwUuid, 2 * count);
	Datum	   *dates = palloc_array(Datum, 2 * count);
	int			rows = 0;

	for (int i = 0; i < count; i++)
	{
		if (i == 0 || !dw_uuid_equal(&days[i].user_id, &days[i - 1].user_id))
		{
			users[rows] = days[i].user_id;
			dates[rows++] = DateADTGetDatum(DATEVAL_NOBEGIN);
		}
		users[rows] = days[i].user_id;
		dates[rows++] = DateADTGetDatum(days[i].day);
	}
	dw_param_uuids(p, users, rows);
	dw_param_datum(p, DATEARRAYOID,
				   PointerGetDatum(construct_array(dates, rows, DATEOID,
												   sizeof(DateADT), true,
												   TYPALIGN_INT)), false);
}

void
dw_agent_days_lock(DwAgentDay *days, int count)
{
	static DwStatement insert_days =
		DW_STATEMENT("INSERT INTO dwello.agent_day_counters (user_id, day) "
					 "SELECT d.user_id, d.day "
					 "FROM unnest($1, $2) AS d (user_id, day) "
					 "ORDER BY d.user_id, d.day ON CONFLICT DO NOTHING");
	static DwStatement lock_agents =
		DW_STATEMENT("SELECT c.user_id FROM dwello.agent_day_counters AS c "
					 "WHERE c.user_id = ANY ($1) AND c.day = '-infinity' "
					 "ORDER BY c.user_id FOR UPDATE OF c");
	DwParams	p = DW_PARAMS;
	DwParams	key = DW_PARAMS;
	DwUuid	   *users = palloc_array(DwUuid, Max(count, 1));

	if (count == 0)
		return;
	qsort(days, count, sizeof(DwAgentDay), day_compare);
	param_days(&p, days, count);
	(void) dw_execute(&insert_days, &p);
	for (int i = 0; i < count; i++)
		users[i] = days[i].user_id;
	dw_param_uuids(&key, users, count);
	(void) dw_execute(&lock_agents, &key);
}

void
dw_agent_day_add(const DwAgentDay *day)
{
	static DwWrite add_day =
		DW_WRITE("UPDATE dwello.agent_day_counters AS c "
				 "SET bids = c.bids + r.bids, jobs = c.jobs + r.jobs, "
				 "clock_offset = COALESCE(r.clock_offset, c.clock_offset), "
				 "counted_at = COALESCE(r.counted_at, c.counted_at) "
				 "FROM " DW_ROWS "(user_id, day, bids, jobs, clock_offset, "
				 "counted_at) "
				 "WHERE c.user_id = r.user_id AND c.day = r.day");
	DwParams	p = DW_PARAMS;
	bool		is_bid = day->bids > 0;

	dw_param_uuid(&p, &day->user_id);
	dw_param_date(&p, day->day);
	dw_param_int4(&p, day->bids);
	dw_param_int4(&p, day->jobs);
	dw_param_datum(&p, INT4OID, Int32GetDatum(day->clock_offset), !is_bid);
	dw_param_datum(&p, TIMESTAMPTZOID, TimestampTzGetDatum(dw_now()),
				   !is_bid);
	dw_write(&add_day, &p);
}
