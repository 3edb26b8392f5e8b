/*
 * expiry_store.h
 *		What is over and not marked yet: claimed for one worker.
 *
 * A claim locks the jobs, passing over those that are locked already, so any
 * number of workers can do this side by side, and none waits.
 */
#ifndef DW_EXPIRY_STORE_H
#define DW_EXPIRY_STORE_H

#include "postgres.h"

#include "core/uuid.h"

/* Which bid. */
typedef struct DwBidKey
{
	DwUuid		job_id;			/* its job, locked */
	DwUuid		id;				/* unique within the job */
} DwBidKey;

/* At most max_rows awarded jobs past confirm_by; the longest overdue first. */
extern DwUuid *dw_awards_claim_lapsed(int max_rows, int *count);

/* At most max_rows pending bids past their expires_at, likewise. */
extern DwBidKey *dw_bids_claim_overdue(int max_rows, int *count);

/*
 * The jobs of at most max_rows milestones whose release is due, in the order
 * of their ids.  Due is what was approved before it could be paid and can be
 * now, and then what nobody reviewed in time, the longest overdue first.
 */
extern DwUuid *dw_releases_claim_due(int max_rows, int *count);

/* At most max_rows jobs with a dispute past its answer_by, likewise. */
extern DwUuid *dw_disputes_claim_overdue(int max_rows, int *count);

#endif							/* DW_EXPIRY_STORE_H */
