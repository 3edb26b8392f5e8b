/*
 * dispute_store.h
 *		Rows of dwello.disputes.
 *
 * The caller has locked the job, so a dispute stands still; the milestones
 * that are in it know its id.
 */
#ifndef DW_DISPUTE_STORE_H
#define DW_DISPUTE_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/dispute.h"
#include "core/uuid.h"
#include "store/escrow_store.h"

#define DW_DISPUTE_UNSETTLED	INT64CONST(-1)	/* no figure holds yet */

/* A dispute as its row has it. */
typedef struct DwDisputeRow
{
	DwDispute	dispute;		/* as core decides on it */
	bool		has_milestone;	/* about one, not about all */
	DwUuid		milestone_id;	/* which one */
	DwUuid		opened_by;		/* the homeowner or the provider */
	const char *reason;			/* the opener's words */
	const char *answer;			/* the other side's last words, or NULL */
	const char *resolution;		/* the mediator's words, or NULL */
	int64		settled_amount; /* the provider's part, or UNSETTLED */
	DwUuid		transaction_id; /* that paid it; nil = none */
	TimestampTz answer_by;		/* what happens then: dw_dispute_silence */
	TimestampTz created_at;		/* when it was opened */
} DwDisputeRow;

/* Reads a dispute of a job; false when there is no such. */
extern bool dw_dispute_load(const DwUuid *job_id, const DwUuid *id,
							DwDisputeRow *row);

/*
 * The one open dispute of a job; gives how many there are, and *row is set
 * if it is exactly one.
 */
extern int	dw_dispute_find_open(const DwUuid *job_id, DwDisputeRow *row);

/* True while a dispute about all that was held is open. */
extern bool dw_dispute_is_general_open(const DwUuid *job_id);

/* Writes a new dispute about an escrow. */
extern void dw_dispute_insert(const DwEscrowRow *escrow,
							  const DwDisputeRow *row);

/* Writes what became of a dispute. */
extern void dw_dispute_save(const DwUuid *job_id, const DwDisputeRow *row);

/*
 * Sets the review clocks of a job's submitted milestones forward by the time
 * that a dispute, now withdrawn, made them stand still.
 */
extern void dw_dispute_free_clocks(const DwUuid *job_id,
								   const DwUuid *milestone_ids, int count,
								   TimestampTz since);

/* The disputes of a locked job whose deadline has passed, by it. */
extern DwUuid *dw_disputes_overdue(const DwUuid *job_id, int *count);

/* All that are open, likewise. */
extern DwUuid *dw_disputes_open(const DwUuid *job_id, int *count);

#endif							/* DW_DISPUTE_STORE_H */
