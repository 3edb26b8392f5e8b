/*
 * job_store.h
 *		Rows of dwello.jobs: reading, locking, and writing their life.
 *
 * A job is the first thing a command locks (lock order: job, bid, escrow,
 * milestone, ..., outbox).  The children of a job repeat its provider_id and
 * is_listed, so that policies need no subquery; whoever changes these on the
 * job calls dw_job_list_children() or dw_job_assign_children() too.
 */
#ifndef DW_JOB_STORE_H
#define DW_JOB_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/job.h"
#include "core/reference.h"
#include "core/score.h"
#include "core/uuid.h"
#include "store/plan_store.h"

#define DW_JOB_NO_AMOUNT	INT64CONST(-1)	/* NULL in a column of money */
#define DW_JOB_NO_HOURS		INT64CONST(-1)	/* estimate not given */

/* A job as its row has it; money in minor units of its currency. */
typedef struct DwJob
{
	DwUuid		id;				/* shard key of all that belongs to it */
	DwUuid		homeowner_id;	/* who wants it done */
	DwUuid		provider_id;	/* who has the award; nil = nobody */
	DwUuid		category_id;	/* of service_categories */
	DwJobStatus status;			/* moves by dw_job_machine() only */
	char	   *reason;			/* why it was cancelled, or NULL */
	char	   *title;			/* as posted */
	char		currency[4];	/* ISO 4217, zero-terminated */
	int64		budget_min;		/* or DW_JOB_NO_AMOUNT */
	int64		budget_max;		/* or DW_JOB_NO_AMOUNT */
	DwUrgency	urgency;		/* how soon */
	bool		is_emergency;	/* counts as urgent for the weights */
	DwBidMode	bid_mode;		/* what rivals may see */
	DwScoringMethod scoring_method; /* how bids become one number */
	bool		has_weights;	/* given with the draft, or frozen */
	DwScoreWeights weights;		/* frozen once published */
	int64		reference_amount;	/* R, frozen at publish; 0 = none */
	DwReferenceSource reference_source; /* where R came from */
	int64		estimated_hours;	/* or DW_JOB_NO_HOURS */
	int64		expected_materials; /* homeowner's guess of what a bid leaves
									 * out, or DW_JOB_NO_AMOUNT */
	bool		materials_provided; /* the homeowner has the materials */
	DateADT		preferred_start;	/* or DATEVAL_NOBEGIN */
	DateADT		preferred_end;	/* or DATEVAL_NOBEGIN */
	double		longitude;		/* of the rounded place */
	double		latitude;		/* of the rounded place */
	int32		terms_version;	/* rises when what was priced changes */
	int32		version;		/* of the row */
	bool		is_listed;		/* open and public */
	bool		is_whole;		/* false: see dw_job_lock_sides() */
	TimestampTz published_at;	/* DT_NOBEGIN = never; so with all times */
	TimestampTz expires_at;		/* end of bidding */
	TimestampTz awarded_at;		/* a bid was accepted */
	TimestampTz confirm_by;		/* until when the award may be confirmed */
	TimestampTz confirmed_at;	/* the provider confirmed it */
	TimestampTz started_at;		/* work began */
	TimestampTz completed_at;	/* work is done and settled */
} DwJob;

/* Adds weights as jsonb, by criterion; NULL pointer = NULL. */
extern void dw_param_weights(DwParams *p, const DwScoreWeights *weights);

/* Locks the row and reads it; false when there is none (any more). */
extern bool dw_job_lock(const DwUuid *id, DwJob *job);

/*
 * The same for a command on its money, which seldom changes the job: reads
 * id, homeowner_id, provider_id, status, published_at and started_at alone.
 * Who needs more, or saves the job, calls dw_job_fill() first.
 */
extern bool dw_job_lock_sides(const DwUuid *id, DwJob *job);

/* Reads what dw_job_lock_sides() left out, if it did. */
extern void dw_job_fill(DwJob *job);

/*
 * Reads the rows of jobs that are locked already, in the order of their ids;
 * it is a fault of ours if one is gone.
 */
extern DwJob *dw_jobs_load_locked(const DwUuid *ids, int count);

/* Reads the row in the caller's snapshot, for STABLE functions. */
extern bool dw_job_load(const DwUuid *id, DwJob *job);

/*
 * Writes a locked job's life (status, reason, provider_id, weights,
 * reference, is_listed, terms_version and the times) and counts its version
 * up, in the row and in *job.
 */
extern void dw_job_save(DwJob *job);

/* Gives requirements and milestones the job's is_listed. */
extern void dw_job_list_children(const DwJob *job);

/*
 * Gives site, requirements and milestones the job's provider_id: at
 * confirm_award, and nil again when an award lapses.
 */
extern void dw_job_assign_children(const DwJob *job);

/*
 * Completes a locked job: milestones that still wait for money are
 * cancelled, the job is saved as completed, event job_completed.  The caller
 * has asked dw_job_machine() and knows that nothing is held.
 */
extern void dw_job_complete(DwJob *job);

/*
 * Ends a locked job before its work, for job->reason: milestones that wait
 * for money are cancelled, the job is saved as cancelled and listed no more.
 * The event is written unless the job was a draft, of which nobody knows.
 * The caller has ended its bids and its escrow.
 */
extern void dw_job_end(DwJob *job, const char *event);

/* The reason of a job that nobody was chosen for in time. */
#define DW_JOB_REASON_EXPIRED "expired"

/*
 * Locks at most max_rows open jobs past their expires_at, those that waited
 * longest first, and passes over jobs that somebody else has locked.
 */
extern DwUuid *dw_jobs_claim_expired(int32 max_rows, int *count);

#endif							/* DW_JOB_STORE_H */
