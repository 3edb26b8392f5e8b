/*
 * job_store.h
 *		Rows of jobs, and of what belongs to them.
 */
#ifndef DW_JOB_STORE_H
#define DW_JOB_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/bid/bid.h"
#include "core/escrow/escrow.h"
#include "core/job/job.h"
#include "core/score/score.h"
#include "server/event/event_server.h"
#include "server/sql/sql_server.h"

/*
 * Rows of dwello.jobs: reading, locking, and writing their life.
 *
 * A job is the first thing a command locks (lock order: job, bid, escrow,
 * milestone, ..., outbox).  The children of a job repeat its provider_id and
 * is_listed, so that policies need no subquery; whoever changes these on the
 * job calls dw_job_list_children() or dw_job_assign_children() too.
 */

#define DW_JOB_NO_AMOUNT	INT64CONST(-1)	/* NULL in a column of money */
#define DW_JOB_NO_HOURS		(-1)	/* estimate not given */

/* A job as its row has it; money in minor units of its currency. */
typedef struct DwJob
{
	DwUuid		id;				/* shard key of all that belongs to it */
	DwUuid		homeowner_id;	/* who wants it done */
	DwUuid		provider_id;	/* who has the award; nil = nobody */
	DwUuid		category_id;	/* of service_categories */
	DwJobStatus status;			/* moves by dw_job_machine() only */
	char	   *reason;			/* why it was cancelled, or NULL */
	DwJobSide	responsible;	/* whom a contract ended by */
	char	   *title;			/* as posted */
	char		currency[DW_CURRENCY_SIZE]; /* ISO 4217, zero-terminated */
	int64		budget_min;		/* or DW_JOB_NO_AMOUNT */
	int64		budget_max;		/* or DW_JOB_NO_AMOUNT */
	DwUrgency	urgency;		/* how soon */
	bool		is_emergency;	/* counts as urgent for the weights */
	DwBidMode	bid_mode;		/* what rivals may see */
	bool		is_invite_only; /* seen by who is invited, never listed */
	DwScoringMethod scoring_method; /* how bids become one number */
	bool		has_weights;	/* given with the draft, or frozen */
	DwScoreWeights weights;		/* frozen once published */
	Datum		stored_weights; /* as read; made anew by dw_job_save() */
	int64		reference_amount;	/* R, frozen at publish; 0 = none */
	DwReferenceSource reference_source; /* where R came from */
	int32		estimated_hours;	/* or DW_JOB_NO_HOURS */
	int64		expected_materials; /* homeowner's guess of what a bid leaves
									 * out, or DW_JOB_NO_AMOUNT */
	bool		materials_provided; /* the homeowner has the materials */
	DateADT		preferred_end;	/* or DATEVAL_NOBEGIN */
	DwDegrees	place;			/* rounded, as strangers see it */
	int32		terms_version;	/* rises when what was priced changes */
	int32		version;		/* of the row */
	bool		is_listed;		/* open and public */
	bool		is_whole;		/* false: see dw_job_lock_sides() */
	bool		is_shared;		/* by dw_job_share(), and may change */
	TimestampTz published_at;	/* DT_NOBEGIN = never; so with all times */
	TimestampTz expires_at;		/* end of bidding */
	TimestampTz awarded_at;		/* a bid was accepted */
	TimestampTz confirm_by;		/* until when the award may be confirmed */
	TimestampTz confirmed_at;	/* the provider confirmed it */
	TimestampTz fund_by;		/* until when something must be paid */
	bool		is_escrowed;	/* paid through escrow */
	TimestampTz started_at;		/* work began */
	TimestampTz completed_at;	/* work is done and settled */
} DwJob;

/* Locks the row and reads it; false when there is none (any more). */
extern bool dw_job_lock(const DwUuid *id, DwJob *job);

/* Waits for what else the user does about a job in commands that share it. */
extern void dw_job_queue(const DwUuid *id, const DwUuid *user_id);

/* For one who leaves it as it is; stays: and is sure that it stays so. */
extern bool dw_job_share(const DwUuid *id, const DwUuid *user_id, bool stays,
						 DwJob *job);

/* dw_job_lock() of id, sides, status, published_at and started_at alone. */
extern bool dw_job_lock_sides(const DwUuid *id, DwJob *job);

/* Reads what dw_job_lock_sides() left out, if it did. */
extern void dw_job_fill(DwJob *job);

/* Reads the rows of locked jobs, in the order of their ids. */
extern DwJob *dw_jobs_load_locked(const DwUuid *ids, int count);

/* Orders jobs by category and currency: what prices and fees hang on. */
extern int	dw_job_kind_compare(const DwJob *one, const DwJob *two);

/* Reads the row in the caller's snapshot, for STABLE functions. */
extern bool dw_job_load(const DwUuid *id, DwJob *job);

/*
 * Reads the rows of several, in the order of their ids, in the caller's
 * snapshot; those that are gone are left out.
 */
extern DwJob *dw_jobs_load(const DwUuid *ids, int *count);

/*
 * Writes a locked job's life (status, reason, provider_id, weights,
 * reference, is_listed, terms_version and the times) and counts its version
 * up, in the row and in *job.
 */
extern void dw_job_save(DwJob *job);

/* Gives requirements and milestones the job's is_listed. */
extern void dw_job_list_children(const DwJob *job);

/* Gives site, requirements and milestones the job's provider_id, or nil. */
extern void dw_job_assign_children(const DwJob *job);

/* Gives milestones what was posted again, and drops what orders added. */
extern void dw_job_unplan(const DwJob *job);

/* Ends the invitations of a locked job that are pending. */
extern void dw_job_end_invites(const DwJob *job);

/* Ends the change order of a locked job that is pending. */
extern void dw_job_end_order(const DwJob *job);

/* Begins the payload of an event of a job: its two sides and its title. */
extern void dw_job_payload(DwPayload *payload, const DwJob *job);

/*
 * Completes a locked job: milestones that still wait for money are
 * cancelled, the job is saved as completed, event job_completed.  The caller
 * has asked dw_job_machine() and knows that nothing is held.
 */
extern void dw_job_complete(DwJob *job);

/*
 * Ends a locked job without success, for job->reason: milestones that wait
 * for money are cancelled, the job is saved as cancelled and listed no more.
 * The event is written unless the job was a draft, of which nobody knows.
 * The caller has ended its bids and its escrow.
 */
extern void dw_job_end(DwJob *job, const char *event);

/* The reason of a job that nobody was chosen for in time. */
#define DW_JOB_REASON_EXPIRED "expired"

/*
 * The tree of services: finding, adding and changing its categories.
 *
 * An operator's category is a row of dwello.service_categories; what they
 * changes about a built-in one is in dwello.category_overrides.  Either way
 * the row of service_categories is what is locked.
 *
 * What keeps the tree a tree: whoever looks whether it is one locks it, until
 * their transaction ends, and sees all that is committed at whatever level of
 * isolation; and a trigger looks again at the end of whoever has moved one.
 */

/* A category to be added. */
typedef struct DwCategoryDraft
{
	DwUuid		id;				/* service_categories.id */
	const DwUuid *parent_id;	/* NULL: a root */
	const char *name;			/* as shown */
	const char *description;	/* or NULL */
	const char *icon_url;		/* or NULL */
	int32		sort_order;		/* among its siblings */
	Datum		tiers;			/* jsonb; 0 = those of the category above */
} DwCategoryDraft;

/* What is changed about a category; what is not given stays. */
typedef struct DwCategoryEdit
{
	const DwUuid *parent_id;	/* NULL: stays; nil: becomes a root */
	const char *name;			/* NULL: stays, as the next two */
	const char *description;	/* as shown */
	const char *icon_url;		/* as shown */
	bool		has_is_active;	/* else it stays */
	bool		is_active;		/* takes new jobs */
	bool		has_sort_order; /* else it stays */
	int32		sort_order;		/* among its siblings */
	bool		has_tiers;		/* else it stays */
	Datum		tiers;			/* jsonb; 0 = those of the category above */
} DwCategoryEdit;

/* A category as it is in force. */
typedef struct DwCategory
{
	DwUuid		id;				/* service_categories.id */
	DwUuid		parent_id;		/* nil: it is a root */
	bool		is_builtin;		/* belongs to the version */
	bool		is_active;		/* takes new jobs */
	int32		version;		/* of the row, or of what overrides it */
} DwCategory;

/* Reads a category without a lock; false when there is none. */
extern bool dw_category_load(const DwUuid *id, DwCategory *category);

/* Locks and reads a category; false when there is none. */
extern bool dw_category_lock(const DwUuid *id, DwCategory *category);

/* Locks the tree, for a move; then lock the category that it is about. */
extern void dw_category_lock_tree(void);

/* The parent_depth of what lies below a cycle, or in it. */
#define DW_CATEGORY_ENDLESS	100

/*
 * The facts about a move below a parent; NULL or nil: to the top.  Locks the
 * tree.
 */
extern void dw_category_measure(const DwUuid *id, const DwUuid *parent_id,
								DwCategoryMove *move);

/* Writes a new category; false, and nothing written, when the id is taken. */
extern bool dw_category_insert(const DwCategoryDraft *draft);

/* Applies an edit to a locked category, and counts its version up. */
extern void dw_category_save(DwCategory *category,
							 const DwCategoryEdit *edit);

/* Sets what a job of a locked category costs in a currency. */
extern void dw_category_amount_save(const DwUuid *id, const char *currency,
									int64 amount);

/*
 * Due work, claimed for one worker.
 *
 * A claim locks jobs, passing over those that are locked already, so any
 * number of workers can do this side by side, and none waits.  What was
 * found may have changed before the lock, so the worker looks again.
 */

/* A row of some table that is due. */
typedef struct DwDue
{
	TimestampTz at;				/* since when */
	DwUuid		id;				/* of the row */
	DwUuid		job_id;			/* its job, locked */
} DwDue;

/*
 * Claims at most max_rows rows, those that have waited longest first.  The
 * statement reads due, id and job_id of what is due at $1 and stands behind
 * ($2, $3) in the order of (at, id), at most $4 rows, and locks nothing.
 */
extern DwDue *dw_due_claim(DwStatement *find, int max_rows, int *count);

/* The same, of jobs that nobody shares, see dw_job_share(). */
extern DwDue *dw_due_claim_alone(DwStatement *find, int max, int *count);

/* Claims open jobs past their expires_at. */
extern DwDue *dw_jobs_claim_expired(int max_rows, int *count);

/* Claims jobs past fund_by for which nothing was paid or is under way. */
extern DwDue *dw_contracts_claim_unfunded(int max_rows, int *count);

/* Claims jobs whose award was not confirmed by confirm_by. */
extern DwDue *dw_awards_claim_lapsed(int max_rows, int *count);

/*
 * Writes another plan of milestones for a job.
 *
 * The caller has locked the job.  Those of which something has come stay as
 * they are, and come first; the others are kept by their place in the
 * plan: the first of the new plan takes the row, and so the id, of the first
 * of the old.  What is left over is deleted from a draft, which nobody else
 * has seen, and cancelled in a contract.
 */

/* A plan to be written, its milestones in order. */
typedef struct DwPlan
{
	DwUuid		job_id;			/* whose plan it is */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* nil: a draft, nobody has the award */
	int			count;			/* of both arrays */
	const DwPostMilestone *words;	/* title, description, day, required */
	DwMilestone *milestones;	/* amount (0 = NULL), funded, status; the ids
								 * and places are set here */
} DwPlan;

/* Writes the plan in place of the one that is there. */
extern void dw_plan_replace(DwPlan *plan);

/* Adds a milestone to a contract, the only one of this plan; it has its id. */
extern void dw_plan_append(const DwPlan *plan);

/*
 * What was posted: the job, its site, requirements, milestones.
 */

/* All that a draft is made of; every value has been checked. */
typedef struct DwDraft
{
	DwUuid		id;				/* of the job */
	DwUuid		homeowner_id;	/* who posts it */
	DwUuid		category_id;	/* it exists */
	char	   *title;			/* not blank */
	char	   *description;	/* not blank */
	char	   *street;			/* in plain; NULL = not known */
	DwPost		post;			/* the numbers */
	DwDegrees	rounded;		/* of post.place; set by writing */
	char	   *urgency;		/* label */
	bool		is_emergency;	/* counts as urgent */
	bool		materials_provided; /* the homeowner has them */
	char	   *materials_description;	/* or NULL */
	char	   *special_requirements;	/* or NULL */
	Datum		photos;			/* text[] */
	char	   *bid_mode;		/* label */
	bool		is_invite_only; /* seen by who is invited */
	char	   *scoring_method; /* label */
	bool		has_weights;	/* given */
	DwScoreWeights weights;		/* as given */
	Datum		stored_weights; /* as read; set by writing */
	Datum		cancellation_policy;	/* jsonb; 0 = those of the category */
	int64		requirement_bits;	/* set by writing */
	int32		terms_version;	/* set by dw_draft_update() */
	int32		version;		/* of the row */
	int			requirement_count;	/* of the next */
	DwPostRequirement *requirements;	/* in the caller's order */
	int			milestone_count;	/* of the next */
	DwPostMilestone *milestones;	/* in the order of the work */
	TimestampTz created_at;		/* out: when it was written */
} DwDraft;

/* A draft of which nothing is known yet. */
extern void dw_draft_clear(DwDraft *draft);

/* Writes everything; false, and nothing is written, when the id is taken. */
extern bool dw_draft_insert(DwDraft *draft);

/*
 * Reads what was posted as a locked job, but for its street, which stays
 * sealed.  Texts are copied.
 */
extern void dw_draft_load(const DwUuid *id, DwDraft *draft);

/*
 * Writes the changed fields of a locked job, and its terms_version, and
 * counts its version up, in the row and in *job.  For DW_POST_STREET the
 * site is written anew, with draft->street in it.
 */
extern void dw_draft_update(DwDraft *draft, DwPostFields changed, DwJob *job);

/* Rows of dwello.job_progress: what a provider tells of their work. */

/* One report. */
typedef struct DwProgress
{
	DwUuid		job_id;			/* of the job, as the next three */
	DwUuid		id;				/* fresh */
	DwUuid		homeowner_id;	/* who reads it */
	DwUuid		provider_id;	/* who tells */
	int32		progress;		/* 0 ... 100 percent; it may fall */
	const char *status_description; /* or NULL */
	Datum		photos;			/* text[] */
	const char *notes;			/* or NULL */
	TimestampTz created_at;		/* by dw_now() */
} DwProgress;

/* Writes a report about a locked job, by its provider. */
extern void dw_progress_insert(const DwJob *job, DwProgress *progress);

/* The timers of a job: how long they are, and those that run now. */

/* One timer of a job. */
typedef struct DwTimerRow
{
	DwTimer		timer;			/* what runs out */
	TimestampTz at;				/* when */
} DwTimerRow;

/*
 * The timers of a job by their time, in the caller's snapshot.  Of reviews,
 * those that the reviewer has written; NULL = all.  That the other side has
 * written one is nobody's business before it is shown.
 */
extern DwTimerRow *dw_timers_load(const DwUuid *job_id,
								  const DwUuid *reviewer_id, int *count);

/*
 * How long a timer of a job runs that starts now, in the unit of the setting
 * so named: the job's own, else the operator's.  The job is locked.
 */
extern int64 dw_job_timer(const DwUuid *job_id, const char *name);

/*
 * Gives a locked job timers of its own, a jsonb object by name of setting,
 * in place of those it had, and counts its version up.
 */
extern void dw_job_timers_save(const DwUuid *job_id, Datum own);

#endif							/* DW_JOB_STORE_H */
