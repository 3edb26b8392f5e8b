/*
 * wake_store.c
 *		Deferred answers of an agent, woken when its provider changes what
 *		may have put them off.
 *
 * The caller holds the lock of the agent and comes to jobs from there, which
 * is against the order of locks: so no job is waited for.  One that somebody
 * else has keeps its time.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/run/run_store.h"

void
dw_answers_wake(const DwUuid *agent_id)
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
