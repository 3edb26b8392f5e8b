/*
 * late_store.c
 *		Whether a job that was not locked by who bid on it takes the bid still,
 *		asked as the transaction ends.
 *
 * Whoever closes a job holds its lock, from before they look for the bids
 * that end with it.  So a bid whose job is locked here, and open, is seen by
 * them once they get the lock, which is after the commit.  FOR SHARE lets
 * all who bid commit at once.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/bid/bid_store.h"

/* What tells whether a job takes bids, and why it takes none. */
static const DwColumn taking_fields[] = {
	DW_FIELD_ENUM(DwJob, status, status, dw_job_status_labels),
	DW_FIELD(TEXT, DwJob, reason, reason),
	DW_FIELD(TIME, DwJob, expires_at, expires_at)
};

static DwMap takings = DW_MAP(taking_fields);

bool
dw_bid_lock_job(const DwUuid *job_id, const DwUuid *bid_id, DwJob *job)
{
	/* the status is no condition: it is read as it is under the lock */
	static DwStatement lock_job =
		DW_STATEMENT("SELECT j.status, j.reason, j.expires_at "
					 "FROM dwello.bids AS b "
					 "JOIN dwello.jobs AS j ON j.id = b.job_id "
					 "WHERE b.job_id = $1 AND b.id = $2 "
					 "AND b.status = 'pending' AND b.deleted_at IS NULL "
					 "FOR SHARE OF j");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, bid_id);
	if (dw_execute(&lock_job, &p) == 0)
		return false;
	memset(job, 0, sizeof(*job));
	job->id = *job_id;
	dw_map_read(&takings, 0, job);
	return true;
}
