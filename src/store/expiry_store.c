/*
 * expiry_store.c
 *		What is over and not marked yet: claimed for one worker.
 *
 * Only the jobs are locked here: whoever writes a bid holds its job, so what
 * is claimed stays as it is.  A row that was changed while the claim looked
 * for it is looked at again when it is marked.
 */
#include "postgres.h"

#include "store/expiry_store.h"
#include "store/plan_store.h"
#include "store/setting_store.h"

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
	DwParams	p = DW_PARAMS;
	DwUuid	   *jobs;

	dw_param_int4(&p, max_rows);
	dw_param_time(&p, dw_now());
	*count = (int) dw_execute(&claim_jobs, &p);
	jobs = palloc(sizeof(DwUuid) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
		(void) dw_read_uuid(i, 1, &jobs[i]);
	return jobs;
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
