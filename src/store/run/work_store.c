/*
 * work_store.c
 *		Rows of dwello.agent_work: versions of terms that agents look at.
 *
 * What is due is found by a plain read and its jobs are locked by their keys,
 * passing over those that somebody works on: see due_store.c.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/run/run_store.h"

static const DwColumn work_columns[] = {
	DW_COLUMN(UUID, DwAgentWork, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(INT4, DwAgentWork, terms_version, terms_version, DW_COLUMN_KEY),
	DW_COLUMN(INT4, DwAgentWork, attempts, attempts, 0),
	DW_COLUMN(TIME, DwAgentWork, run_after, run_after, 0),
	DW_COLUMN(TIME, DwAgentWork, claimed_at, claimed_at, 0),
	DW_COLUMN(TIME, DwAgentWork, done_at, done_at, 0),
	DW_COLUMN(TIME, DwAgentWork, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable works = DW_TABLE("agent_work", DwAgentWork, work_columns);

void
dw_work_enqueue(const DwUuid *job_id, int32 terms_version)
{
	DwAgentWork work = {
		.job_id = *job_id,
		.terms_version = terms_version,
		.run_after = DT_NOBEGIN,
		.claimed_at = DT_NOBEGIN,
		.done_at = DT_NOBEGIN,
		.created_at = dw_now()
	};

	(void) dw_table_insert_new(&works, &work);
}

/* Orders ids, for qsort. */
static int
id_compare(const void *a, const void *b)
{
	return dw_uuid_compare(a, b);
}

/* Takes the jobs of what was claimed, each once. */
static int
take_jobs(DwUuid *jobs, int have, const DwDue *rows, int count)
{
	int			unique = 0;

	for (int i = 0; i < count; i++)
		jobs[have + i] = rows[i].job_id;
	have += count;
	qsort(jobs, have, sizeof(DwUuid), id_compare);
	for (int i = 0; i < have; i++)
		if (unique == 0 || !dw_uuid_equal(&jobs[unique - 1], &jobs[i]))
			jobs[unique++] = jobs[i];
	return unique;
}

DwUuid *
dw_work_claim(int max_jobs, int *count)
{
	static DwStatement find_work =
		DW_STATEMENT("SELECT w.created_at AS due, w.job_id AS id, w.job_id "
					 "FROM dwello.agent_work AS w "
					 "WHERE w.claimed_at IS NULL AND w.created_at <= $1 "
					 "AND w.attempts = 0 "
					 "AND (w.run_after IS NULL OR w.run_after <= $1) "
					 "AND (w.created_at, w.job_id) > ($2, $3) "
					 "ORDER BY w.created_at, w.job_id LIMIT $4");
	static DwStatement find_answers =
		DW_STATEMENT("SELECT a.run_after AS due, a.job_id AS id, a.job_id "
					 "FROM dwello.agent_answers AS a "
					 "WHERE a.state IN ('waiting', 'deferred') "
					 "AND a.attempts = 0 AND a.run_after <= $1 "
					 "AND (a.run_after, a.job_id) > ($2, $3) "
					 "GROUP BY a.run_after, a.job_id "
					 "ORDER BY a.run_after, a.job_id LIMIT $4");
	static DwStatement find_leases =
		DW_STATEMENT("SELECT a.lease_until AS due, a.job_id AS id, a.job_id "
					 "FROM dwello.agent_answers AS a "
					 "WHERE a.state = 'claimed' "
					 "AND a.attempts = 0 AND a.lease_until <= $1 "
					 "AND a.run_after <= $1 "
					 "AND (a.lease_until, a.job_id) > ($2, $3) "
					 "GROUP BY a.lease_until, a.job_id "
					 "ORDER BY a.lease_until, a.job_id LIMIT $4");
	DwUuid	   *jobs = palloc_array(DwUuid, 2 * max_jobs);
	DwDue	   *rows;
	int			found;

	/*
	 * Half of a call is for answers that are due, so that a flood of new jobs
	 * does not starve them; what they leave is for new jobs, and the rest for
	 * them again.
	 */
	rows = dw_due_claim_alone(&find_answers, (max_jobs + 1) / 2, &found);
	*count = take_jobs(jobs, 0, rows, found);
	if (*count < max_jobs)
	{
		rows = dw_due_claim_alone(&find_leases, max_jobs - *count, &found);
		*count = take_jobs(jobs, *count, rows, found);
	}
	if (*count < max_jobs)
	{
		rows = dw_due_claim_alone(&find_work, max_jobs - *count, &found);
		*count = take_jobs(jobs, *count, rows, found);
	}
	if (*count < max_jobs && *count >= (max_jobs + 1) / 2)
	{
		rows = dw_due_claim_alone(&find_answers, max_jobs - *count, &found);
		*count = Min(take_jobs(jobs, *count, rows, found), max_jobs);
	}
	return jobs;
}

DwAgentWork *
dw_works_load(const DwUuid *jobs, int job_count, int *count)
{
	static DwTableQuery of_jobs =
		DW_TABLE_QUERY(works, "WHERE t.job_id = ANY ($1) "
					   "AND t.done_at IS NULL "
					   "ORDER BY t.job_id, t.terms_version");
	DwParams	p = DW_PARAMS;
	DwAgentWork *rows;

	dw_param_uuids(&p, jobs, job_count);
	*count = (int) dw_table_execute(&of_jobs, &p);
	rows = palloc_array(DwAgentWork, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_table_read(&works, i, &rows[i]);
	SPI_freetuptable(SPI_tuptable);
	return rows;
}

void
dw_work_save(DwAgentWork *work)
{
	dw_table_update(&works, work);
}

bool
dw_work_suspect_claim(DwUuid *job_id)
{
	static DwStatement find_suspects =
		DW_STATEMENT("SELECT w.created_at AS due, w.job_id AS id, w.job_id "
					 "FROM dwello.agent_work AS w "
					 "WHERE w.claimed_at IS NULL AND w.created_at <= $1 "
					 "AND w.attempts > 0 "
					 "AND (w.created_at, w.job_id) > ($2, $3) "
					 "ORDER BY w.created_at, w.job_id LIMIT $4");
	int			count;
	DwDue	   *rows = dw_due_claim_alone(&find_suspects, 1, &count);

	if (count > 0)
		*job_id = rows[0].job_id;
	return count > 0;
}

void
dw_work_renew(const DwUuid *job_id, int32 terms_version)
{
	static DwStatement renew_work =
		DW_STATEMENT("UPDATE dwello.agent_work SET claimed_at = NULL, "
					 "done_at = NULL WHERE job_id = $1 "
					 "AND terms_version = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_int4(&p, terms_version);
	(void) dw_execute(&renew_work, &p);
}

void
dw_work_settle(const DwUuid *job_id, int32 terms_version)
{
	static DwStatement settle_work =
		DW_STATEMENT("UPDATE dwello.agent_work AS w SET done_at = $3 "
					 "WHERE w.job_id = $1 AND w.terms_version = $2 "
					 "AND w.claimed_at IS NOT NULL AND w.done_at IS NULL "
					 "AND NOT EXISTS (SELECT FROM dwello.agent_answers AS a "
					 "WHERE a.job_id = $1 AND a.terms_version = $2 "
					 "AND a.state IN ('waiting', 'deferred', 'claimed'))");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_int4(&p, terms_version);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&settle_work, &p);
}

bool
dw_work_suspect(const DwUuid *job_id, int32 terms_version)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(works, "WHERE t.job_id = $1 AND t.terms_version = $2");
	DwParams	p = DW_PARAMS;
	DwAgentWork work;

	dw_param_uuid(&p, job_id);
	dw_param_int4(&p, terms_version);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&works, 0, &work);
	/* they were found in the end */
	if (work.claimed_at != DT_NOBEGIN)
		return false;
	work.attempts++;
	if (work.attempts >= DW_ATTEMPTS_MAX)
		work.claimed_at = dw_now();
	dw_work_save(&work);
	return true;
}
