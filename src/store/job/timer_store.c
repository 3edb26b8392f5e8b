/*
 * timer_store.c
 *		The timers of a job that run now.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

DwTimerRow *
dw_timers_load(const DwUuid *job_id, const DwUuid *reviewer_id, int *count)
{
	static DwStatement load_timers =
		DW_STATEMENT("SELECT 'expire_jobs' AS timer, j.expires_at AS due "
					 "FROM dwello.jobs AS j "
					 "WHERE j.id = $1 AND j.status = 'open' "
					 "UNION ALL "
					 "SELECT 'lapse', j.confirm_by FROM dwello.jobs AS j "
					 "WHERE j.id = $1 AND j.status = 'awarded' "
					 "AND j.confirmed_at IS NULL "
					 "UNION ALL "
					 "SELECT 'fail_payment', t.pay_by "
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.status = 'pending' "
					 "AND t.transaction_type = 'payment' "
					 "UNION ALL "
					 "SELECT 'release_due_escrows', m.auto_release_at "
					 "FROM dwello.job_milestones AS m "
					 "JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = m.job_id AND NOT e.is_frozen "
					 "WHERE m.job_id = $1 AND m.status = 'submitted' "
					 "AND m.auto_release_at IS NOT NULL "
					 "UNION ALL "
					 "SELECT 'default_decision', d.answer_by "
					 "FROM dwello.disputes AS d "
					 "JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = d.job_id AND NOT e.is_frozen "
					 "WHERE d.job_id = $1 "
					 "AND d.status IN ('open', 'answered') "
					 "UNION ALL "
					 "SELECT 'reveal_review', r.reveal_at "
					 "FROM dwello.reviews AS r "
					 "WHERE r.job_id = $1 AND r.deleted_at IS NULL "
					 "AND r.reveal_at > $3 "
					 "AND ($2 IS NULL OR r.reviewer_id = $2) "
					 "ORDER BY due, timer");
	DwParams	p = DW_PARAMS;
	DwTimerRow *rows;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, reviewer_id);
	dw_param_time(&p, dw_now());
	*count = (int) dw_query(&load_timers, &p);
	rows = palloc((*count + 1) * sizeof(*rows));
	for (int i = 0; i < *count; i++)
	{
		if (!dw_timer_parse(dw_read_text(i, 1), &rows[i].timer))
			elog(ERROR, "core does not know a timer");
		rows[i].at = dw_read_time(i, 2);
	}
	return rows;
}

int64
dw_job_timer(const DwUuid *job_id, const char *name)
{
	static DwStatement select_timer =
		DW_STATEMENT("SELECT COALESCE((j.timers ->> $2)::bigint, "
					 "s.value::bigint) "
					 "FROM dwello.jobs AS j, dwello.settings AS s "
					 "WHERE j.id = $1 AND s.name = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_text(&p, name);
	if (dw_execute(&select_timer, &p) == 0)
		elog(ERROR, "a locked job or setting \"%s\" is gone", name);
	return dw_read_only_int8(0);
}

void
dw_job_timers_save(const DwUuid *job_id, Datum timers)
{
	static DwStatement update_job =
		DW_STATEMENT("UPDATE dwello.jobs SET timers = $2, "
					 "version = version + 1 WHERE id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_datum(&p, JSONBOID, timers, false);
	(void) dw_execute(&update_job, &p);
}
