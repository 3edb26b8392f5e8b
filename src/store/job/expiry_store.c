/*
 * expiry_store.c
 *		Jobs in which something is over and not marked yet, claimed.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

DwDue *
dw_jobs_claim_expired(int max_rows, int *count)
{
	static DwStatement find_jobs =
		DW_STATEMENT("SELECT j.expires_at, j.id, j.id FROM dwello.jobs AS j "
					 "WHERE j.status = 'open' AND j.expires_at <= $1 "
					 "AND j.deleted_at IS NULL "
					 "AND (j.expires_at, j.id) > ($2, $3) "
					 "ORDER BY j.expires_at, j.id LIMIT $4");

	return dw_due_claim(&find_jobs, max_rows, count);
}

DwDue *
dw_awards_claim_lapsed(int max_rows, int *count)
{
	static DwStatement find_jobs =
		DW_STATEMENT("SELECT j.confirm_by, j.id, j.id FROM dwello.jobs AS j "
					 "WHERE j.status = 'awarded' AND j.confirmed_at IS NULL "
					 "AND j.confirm_by <= $1 AND j.deleted_at IS NULL "
					 "AND (j.confirm_by, j.id) > ($2, $3) "
					 "ORDER BY j.confirm_by, j.id LIMIT $4");

	return dw_due_claim(&find_jobs, max_rows, count);
}

/* Runs a claim of at most max_rows ids that are over by now. */
static DwUuid *
claim(DwStatement *statement, int max_rows, int *count)
{
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids;

	dw_param_int4(&p, max_rows);
	dw_param_time(&p, dw_now());
	*count = (int) dw_execute(statement, &p);
	ids = palloc_extended(sizeof(DwUuid) * Max(*count, 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < *count; i++)
		(void) dw_read_only_uuid(i, &ids[i]);
	return ids;
}

/* A milestone in an escrow that pays out, with its job, which is locked. */
#define FROM_PAYABLE \
	"FROM dwello.job_milestones AS m " \
	"JOIN dwello.escrow_accounts AS e ON e.job_id = m.job_id " \
	"AND NOT e.is_frozen AND e.status IN ('held', 'partially_released') " \
	"JOIN dwello.jobs AS j ON j.id = m.job_id AND j.deleted_at IS NULL "

/* Orders jobs by id, for qsort. */
static int
job_compare(const void *a, const void *b)
{
	return dw_uuid_compare(a, b);
}

DwUuid *
dw_releases_claim_due(int max_rows, int *count)
{
	static DwStatement claim_approved =
		DW_STATEMENT("SELECT j.id " FROM_PAYABLE
					 "WHERE m.status = 'approved' AND m.funded = m.amount "
					 "AND m.auto_release_at IS NULL AND $2 IS NOT NULL "
					 "LIMIT $1 FOR NO KEY UPDATE OF j SKIP LOCKED");
	static DwStatement claim_submitted =
		DW_STATEMENT("SELECT j.id " FROM_PAYABLE
					 "WHERE m.status = 'submitted' "
					 "AND m.auto_release_at <= $2 "
					 "ORDER BY m.auto_release_at "
					 "LIMIT $1 FOR NO KEY UPDATE OF j SKIP LOCKED");
	int			approved;
	int			submitted;
	DwUuid	   *ids = claim(&claim_approved, max_rows, &approved);
	DwUuid	   *more = claim(&claim_submitted, max_rows - approved,
							 &submitted);
	int			total = approved + submitted;

	ids = repalloc_huge(ids, sizeof(DwUuid) * Max(total, 1));
	memcpy(ids + approved, more, sizeof(DwUuid) * submitted);
	qsort(ids, total, sizeof(DwUuid), job_compare);
	*count = 0;
	for (int i = 0; i < total; i++)
		if (*count == 0 || !dw_uuid_equal(&ids[i], &ids[*count - 1]))
			ids[(*count)++] = ids[i];
	return ids;
}

DwUuid *
dw_disputes_claim_overdue(int max_rows, int *count)
{
	static DwStatement claim_jobs =
		DW_STATEMENT("SELECT j.id FROM (SELECT d.job_id, "
					 "min(d.answer_by) AS due FROM dwello.disputes AS d "
					 "WHERE d.status IN ('open', 'answered') "
					 "AND d.answer_by <= $2 GROUP BY d.job_id) AS d "
					 "JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = d.job_id AND NOT e.is_frozen "
					 "JOIN dwello.jobs AS j ON j.id = d.job_id "
					 "ORDER BY d.due, j.id LIMIT $1 "
					 "FOR NO KEY UPDATE OF j SKIP LOCKED");

	return claim(&claim_jobs, max_rows, count);
}
