/*
 * wake_store.c
 *		Rows of dwello.agent_wakes: deferred answers of an agent are woken
 *		when its provider changes what may have put them off.
 *
 * Answers belong to their jobs, and a change of an agent may wait for its
 * commit as long as an application likes: so it writes a row of its own, and
 * a worker locks the jobs.  The worker comes to them from the row, which is
 * against the order of locks, and therefore waits for neither.
 */
#include "postgres.h"

#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/run/run_store.h"

#define AGENTS_MAX	5			/* woken at once */

/* A row. */
typedef struct Wake
{
	DwUuid		user_id;		/* of whose agent, with the next the key */
	DwUuid		id;				/* of the change */
	TimestampTz created_at;		/* when it was made */
} Wake;

static const DwColumn wake_columns[] = {
	DW_COLUMN(UUID, Wake, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Wake, id, id, DW_COLUMN_KEY),
	DW_COLUMN(TIME, Wake, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable wakes = DW_TABLE("agent_wakes", Wake, wake_columns);

void
dw_agent_wake(const DwUuid *agent_id)
{
	Wake		wake = {
		.user_id = *agent_id,
		.id = dw_uuid_fresh(),
		.created_at = dw_now()
	};

	dw_table_insert(&wakes, &wake);
}

/*
 * Takes what is asked for of an agent.  False: nothing, or another worker has
 * all of it.
 */
static bool
wakes_take(const DwUuid *agent_id)
{
	static DwStatement find =
		DW_STATEMENT("SELECT w.id FROM dwello.agent_wakes AS w "
					 "WHERE w.user_id = $1");
	static DwStatement lock =
		DW_STATEMENT("SELECT w.id FROM dwello.agent_wakes AS w "
					 "WHERE w.user_id = $1 AND w.id = ANY ($2) "
					 "ORDER BY w.id FOR UPDATE SKIP LOCKED");
	static DwStatement take =
		DW_STATEMENT("DELETE FROM dwello.agent_wakes AS w "
					 "WHERE w.user_id = $1 AND w.id = ANY ($2)");
	DwParams	found = DW_PARAMS;
	DwParams	locked = DW_PARAMS;
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids;
	int			count;

	dw_param_uuid(&found, agent_id);
	(void) dw_execute(&find, &found);
	ids = dw_read_only_uuids(&count);
	dw_param_uuid(&locked, agent_id);
	dw_param_uuids(&locked, ids, count);
	(void) dw_execute(&lock, &locked);
	ids = dw_read_only_uuids(&count);
	if (count == 0)
		return false;
	dw_param_uuid(&p, agent_id);
	dw_param_uuids(&p, ids, count);
	(void) dw_execute(&take, &p);
	return true;
}

/* Has the answers of an agent looked at now. */
static void
answers_wake(const DwUuid *agent_id)
{
	static DwStatement find =
		DW_STATEMENT("SELECT a.job_id FROM dwello.agent_answers AS a "
					 "WHERE a.agent_id = $1 AND a.state = 'deferred' "
					 "AND a.run_after > $2 "
					 "ORDER BY a.run_after, a.job_id LIMIT $3");
	static DwStatement lock =
		DW_STATEMENT("SELECT j.id FROM dwello.jobs AS j "
					 "WHERE j.id = ANY ($1) AND j.status = 'open' "
					 "AND j.deleted_at IS NULL ORDER BY j.id "
					 "FOR NO KEY UPDATE SKIP LOCKED");

	/* a model has its time first, as with a new job */
	static DwStatement wake =
		DW_STATEMENT("UPDATE dwello.agent_answers AS w SET run_after = "
					 "CASE WHEN w.is_model THEN least(w.run_after, $4) "
					 "ELSE $3 END WHERE w.job_id = ANY ($1) "
					 "AND w.agent_id = $2 AND w.state = 'deferred' "
					 "AND w.run_after > $3");
	DwParams	found = DW_PARAMS;
	DwParams	locked = DW_PARAMS;
	DwParams	p = DW_PARAMS;
	TimestampTz now = dw_now();
	DwUuid	   *jobs;
	int			count;

	dw_param_uuid(&found, agent_id);
	dw_param_time(&found, now);
	dw_param_int4(&found, DW_WAKE_MAX);
	if (dw_execute(&find, &found) == 0)
		return;
	jobs = dw_read_only_uuids(&count);
	dw_param_uuids(&locked, jobs, count);
	(void) dw_execute(&lock, &locked);
	jobs = dw_read_only_uuids(&count);
	dw_param_uuids(&p, jobs, count);
	dw_param_uuid(&p, agent_id);
	dw_param_time(&p, now);
	dw_param_time(&p, now + dw_setting_int8("agent_model_minutes") *
				  USECS_PER_MINUTE);
	(void) dw_execute(&wake, &p);
}

void
dw_agents_wake_asked(void)
{
	static DwStatement find =
		DW_STATEMENT("SELECT w.user_id FROM dwello.agent_wakes AS w "
					 "GROUP BY w.user_id "
					 "ORDER BY min(w.created_at), w.user_id LIMIT $1");
	DwParams	p = DW_PARAMS;
	DwUuid	   *agents;
	int			count;

	dw_param_int4(&p, AGENTS_MAX);
	if (dw_execute(&find, &p) == 0)
		return;
	agents = dw_read_only_uuids(&count);
	for (int i = 0; i < count; i++)
		if (wakes_take(&agents[i]))
			answers_wake(&agents[i]);
}
