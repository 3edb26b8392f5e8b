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

/* At most max_rows jobs with a milestone whose release is due, likewise. */
extern DwUuid *dw_releases_claim_due(int max_rows, int *count);

/* The milestones of a locked job whose release is due, in their order. */
extern DwUuid *dw_milestones_due(const DwUuid *job_id, int *count);

/* At most max_rows jobs with a dispute past its answer_by, likewise. */
extern DwUuid *dw_disputes_claim_overdue(int max_rows, int *count);

#endif							/* DW_EXPIRY_STORE_H */
