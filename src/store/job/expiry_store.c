/*
 * expiry_store.c
 *		What is over and not marked yet: claimed for one worker.
 *
 * Only the jobs are locked here: whoever writes a bid holds its job, so what
 * is claimed stays as it is.  A row that was changed while the claim looked
 * for it is looked at again when it is marked.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

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
		(void) dw_read_uuid(i, 1, &ids[i]);
	return ids;
}

/* Claims awards that nobody has confirmed in time; see the header. */
DwUuid *
dw_awards_claim_lapsed(int max_rows, int *count)
{
	static DwStatement claim_jobs =
		DW_STATEMENT("SELECT j.id FROM dwello.jobs AS j "
					 "WHERE j.status = 'awarded' "
					 "AND j.confirmed_at IS NULL AND j.confirm_by <= $2 "
					 "AND j.deleted_at IS NULL "
					 "ORDER BY j.confirm_by, j.id LIMIT $1 "
					 "FOR NO KEY UPDATE SKIP LOCKED");

	return claim(&claim_jobs, max_rows, count);
}

/* Claims bids whose time is over; see the header. */
DwBidKey *
dw_bids_claim_overdue(int max_rows, int *count)
{
	static DwStatement claim_bids =
		DW_STATEMENT("SELECT b.job_id, b.id FROM dwello.bids AS b "
					 "JOIN dwello.jobs AS j ON j.id = b.job_id "
					 "WHERE b.status = 'pending' AND b.expires_at <= $2 "
					 "AND b.deleted_at IS NULL "
					 "ORDER BY b.expires_at, b.id LIMIT $1 "
					 "FOR NO KEY UPDATE OF j SKIP LOCKED");
	DwParams	p = DW_PARAMS;
	DwBidKey   *bids;

	dw_param_int4(&p, max_rows);
	dw_param_time(&p, dw_now());
	*count = (int) dw_execute(&claim_bids, &p);
	bids = palloc(sizeof(DwBidKey) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		(void) dw_read_uuid(i, 1, &bids[i].job_id);
		(void) dw_read_uuid(i, 2, &bids[i].id);
	}
	return bids;
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

/* Claims jobs in which a release is due; see the header. */
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

/* Claims jobs with a dispute past its time; see the header. */
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
