/*
 * job.h
 *		The life of a job, and what may be said of it.
 */
#ifndef DW_JOB_H
#define DW_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/account/account.h"
#include "core/base/base.h"
#include "core/escrow/escrow.h"
#include "core/geo/geo.h"
#include "core/score/score.h"

/*
 * The words and the life of a job.
 */

/* Type job_status. */
typedef enum DwJobStatus
{
	DW_JOB_DRAFT,				/* seen by its homeowner alone */
	DW_JOB_OPEN,				/* published, takes bids */
	DW_JOB_AWARDED,				/* a bid is accepted */
	DW_JOB_IN_PROGRESS,			/* work has begun */
	DW_JOB_COMPLETED,			/* done, nothing held */
	DW_JOB_CANCELLED,			/* ended before work, or expired */
	DW_JOB_DISPUTED				/* all that is held is disputed */
} DwJobStatus;

/* Type urgency. */
typedef enum DwUrgency
{
	DW_URGENCY_LOW,				/* any time */
	DW_URGENCY_MEDIUM,			/* the default */
	DW_URGENCY_HIGH,			/* soon */
	DW_URGENCY_URGENT			/* moves weight from price to time */
} DwUrgency;

/* Type bid_mode: what a rival may see of the bids of a job. */
typedef enum DwBidMode
{
	DW_BID_MODE_SEALED,			/* nothing */
	DW_BID_MODE_OPEN,			/* everything */
	DW_BID_MODE_RANK_ONLY		/* one's own rank */
} DwBidMode;

/* Type job_side: who a contract ended by. */
typedef enum DwJobSide
{
	DW_JOB_SIDE_NONE,			/* neither, or both: label NULL */
	DW_JOB_SIDE_HOMEOWNER,		/* cancelled it, or did not pay */
	DW_JOB_SIDE_PROVIDER		/* gave it up, or gave all back */
} DwJobSide;

/* What can happen to a job. */
typedef enum DwJobEvent
{
	DW_JOB_EVENT_POST,			/* post_job: the draft is made */
	DW_JOB_EVENT_EDIT,			/* edit_job */
	DW_JOB_EVENT_PUBLISH,		/* publish_job */
	DW_JOB_EVENT_ACCEPT,		/* accept_bid */
	DW_JOB_EVENT_HIRE,			/* answer_invite: hired at an offer */
	DW_JOB_EVENT_CONFIRM,		/* confirm_award: the escrow opens */
	DW_JOB_EVENT_REOFFER,		/* the award lapsed, the next bid takes it */
	DW_JOB_EVENT_REOPEN,		/* the award lapsed, no bid takes it */
	DW_JOB_EVENT_START,			/* start_job */
	DW_JOB_EVENT_REPORT,		/* report_progress */
	DW_JOB_EVENT_COMPLETE,		/* complete_job, or by itself */
	DW_JOB_EVENT_CANCEL,		/* cancel_job */
	DW_JOB_EVENT_ABANDON,		/* abandon_job */
	DW_JOB_EVENT_NO_SHOW,		/* the provider did not come, and agrees */
	DW_JOB_EVENT_REFUND,		/* all that was paid went back */
	DW_JOB_EVENT_EXPIRE,		/* expire_jobs */
	DW_JOB_EVENT_DISPUTE,		/* all that is held became disputed */
	DW_JOB_EVENT_SETTLE			/* not all that is held is disputed now */
} DwJobEvent;

DW_LABELS_OF(job_status, DwJobStatus);
DW_LABELS_OF(urgency, DwUrgency);
DW_LABELS_OF(bid_mode, DwBidMode);
DW_LABELS_OF(job_side, DwJobSide);
DW_LABELS_OF(job_event, DwJobEvent);

/* States are DwJobStatus, events are DwJobEvent. */
extern const DwMachine *dw_job_machine(void);

/*
 * What happens to a job whose award has lapsed: the next bid takes it over,
 * whatever the time; else it takes bids again until expires_at (in the units
 * of now), and from then on it expires.
 */
extern DwJobEvent dw_job_after_lapse(bool has_next, int64_t now,
									 int64_t expires_at);

/*
 * When a contract that nothing was paid for lapses, in the units of its
 * arguments: at fund_by, but not before the open payment is overdue.
 */
extern int64_t dw_contract_lapses_at(int64_t fund_by, bool has_payment,
									 int64_t pay_by);

/*
 * What must be paid before the work may begin: setting start_requires.
 */
typedef enum DwStartRule
{
	DW_START_FIRST_MILESTONE,	/* the first one that is not over, in full */
	DW_START_CONTRACT,			/* all of it */
	DW_START_ANY				/* something */
} DwStartRule;

/* How much of what must be paid is; minor units. */
typedef struct DwStartPaid
{
	int64_t		paid;			/* so far */
	int64_t		needed;			/* > paid while work may not begin */
} DwStartPaid;

DW_LABELS_OF(start_rule, DwStartRule);

/* What a rule asks of a contract, and what of it is paid. */
extern DwStartPaid dw_start_paid(DwStartRule rule, const DwEscrow *escrow,
								 const DwMilestone *milestones, int count);

/* What decides whether the two sides of a contract may reach each other. */
typedef struct DwContactFacts
{
	DwJobStatus status;			/* of the job */
	bool		is_confirmed;	/* the provider has confirmed the award */
	bool		is_escrowed;	/* paid through escrow */
	int64_t		funded;			/* minor units, all that was ever paid in */
	int64_t		completed_at;	/* microseconds; INT64_MIN = not yet */
} DwContactFacts;

/*
 * May each side be shown how to reach the other, and the provider the site?
 * From the first money on, or at once where none is paid through escrow, until
 * so many days after the job is completed: DW_DEADLINE_PASSED from then on.
 * DW_INVALID_TRANSITION before, and once the job is cancelled.
 */
extern DwResult dw_contact_check(const DwContactFacts *facts, int64_t days,
								 int64_t now);

/*
 * Where a category may stand in the tree of services, and its bit in
 * the sets that indexes keep.
 */

#define DW_CATEGORY_DEPTH_MAX 10	/* levels of the tree */

/* A category on its way to another parent, or a new one. */
typedef struct DwCategoryMove
{
	bool		is_below_itself;	/* the parent is itself or under it */
	int32_t		parent_depth;	/* levels down to the parent; 0 = no parent */
	int32_t		height;			/* levels it brings along; 1 = itself alone */
} DwCategoryMove;

/* What is wrong with a move. */
typedef enum DwCategoryFault
{
	DW_CATEGORY_FINE,			/* nothing */
	DW_CATEGORY_CYCLE,			/* it would be its own ancestor */
	DW_CATEGORY_TOO_DEEP		/* more than DW_CATEGORY_DEPTH_MAX levels */
} DwCategoryFault;

/* Judges a move; the cycle comes first. */
extern DwCategoryFault dw_category_judge(const DwCategoryMove *move);

/*
 * The one bit that stands for a category in a set of 64 (a Bloom filter with
 * one hash): a set without the bit is without the category, one that has it
 * may have another.  Stored in indexes, so it never changes.
 */
extern uint64_t dw_category_bit(const DwUuid *id);

/*
 * What may be posted as a job: the rules for each value alone.
 *
 * Nothing here knows the database: whether a category exists, or a street
 * is known, is asked elsewhere.  Every check notes what is wrong in a
 * DwArgError, so that all of them can be made and the right one is told.
 */

#define DW_POST_ABSENT		INT64_MIN	/* an amount that was not given */
#define DW_POST_NONE		INT32_MIN	/* a day or hours that were not */

/* Limits of texts, in characters. */
#define DW_POST_TITLE_MAX	200
#define DW_POST_TEXT_MAX	20000
#define DW_POST_STREET_MAX	500
#define DW_POST_PHOTO_MAX	2000

#define DW_POST_REQUIREMENTS_MAX	50	/* of one job */
#define DW_POST_WEIGHT_MAX	10000	/* of one requirement */

/* What post_job and edit_job are told of a job. */
typedef enum DwPostField
{
	DW_POST_CATEGORY_ID,
	DW_POST_TITLE,
	DW_POST_DESCRIPTION,
	DW_POST_LONGITUDE,
	DW_POST_LATITUDE,
	DW_POST_STREET,
	DW_POST_BUDGET_MIN,
	DW_POST_BUDGET_MAX,
	DW_POST_CURRENCY,
	DW_POST_URGENCY,
	DW_POST_IS_EMERGENCY,
	DW_POST_START_DATE,
	DW_POST_END_DATE,
	DW_POST_HOURS,
	DW_POST_MATERIALS_PROVIDED,
	DW_POST_MATERIALS_DESCRIPTION,
	DW_POST_EXPECTED_MATERIALS,
	DW_POST_SPECIAL_REQUIREMENTS,
	DW_POST_PHOTOS,
	DW_POST_REQUIREMENTS,
	DW_POST_MILESTONES,
	DW_POST_BID_MODE,
	DW_POST_SCORING_METHOD,
	DW_POST_WEIGHTS,
	DW_POST_JOB_ID,
	DW_POST_INVITE_ONLY,
	DW_POST_CANCELLATION
} DwPostField;

/* A set of fields as bits. */
typedef uint32_t DwPostFields;

#define DW_POST_FIELD(field) (UINT32_C(1) << (field))

/* The argument that gives a field, by its name in SQL. */
extern const char *dw_post_field_name(DwPostField field);

/* The numbers of a post; money in minor units, DW_POST_ABSENT = NULL. */
typedef struct DwPost
{
	DwDegrees	place;			/* exact */
	int64_t		budget_min;		/* what the homeowner wants to spend */
	int64_t		budget_max;		/* what they want to spend at most */
	const char *currency;		/* ISO 4217 */
	int32_t		start_date;		/* days of any epoch, or DW_POST_NONE */
	int32_t		end_date;		/* days of the same epoch, or that */
	int32_t		hours;			/* estimate, or DW_POST_NONE */
	int64_t		expected_materials; /* for what a bid leaves out */
	int32_t		photo_count;	/* photos given */
	int32_t		photo_max;		/* setting max_photos_per_job */
} DwPost;

/* One credential that bidders must or should have. */
typedef struct DwPostRequirement
{
	DwCredentialType type;		/* kind of the credential */
	const char *value;			/* name, minor units or years; or "" */
	bool		is_mandatory;	/* a gate, else it counts by weight */
	int32_t		weight;			/* among the optional ones */
} DwPostRequirement;

/* One part in which the job is to be paid. */
typedef struct DwPostMilestone
{
	const char *title;			/* what is done by then */
	const char *description;	/* or NULL */
	const char *due_date;		/* "2026-05-31", or NULL */
	int64_t		amount;			/* proportion, or DW_POST_ABSENT */
	bool		is_required;	/* the job is not complete without it */
} DwPostMilestone;

/*
 * Of the changed fields, those that nobody may change any more once the job
 * is published: bids are measured by them, or were made under them.
 */
extern DwPostFields dw_post_frozen(DwPostFields changed);

/*
 * True when a change of these fields changes what bidders have priced, so
 * that the job's terms_version rises.  A place is one when its rounded form
 * changes; the exact one and the street are not known to bidders.
 */
extern bool dw_post_reprices(DwPostFields changed);

/* Place, money, dates, hours, photos. */
extern void dw_post_check(const DwPost *post, DwArgError *error);

/* The types of the mandatory requirements, as bits. */
extern int64_t dw_post_requirement_bits(const DwPostRequirement *requirements,
										int count);

/* A requirement of the list argument given; item is its place there. */
extern void dw_post_requirement_check(const DwPostRequirement *requirement,
									  DwArgPlace place, DwArgError *error);

/*
 * True when a credential, verified and valid, meets a requirement: its
 * number is reached, or its issuer or its name is the one asked for, but for
 * the case of A to Z.  No value asks for any credential of the kind.
 */
extern bool dw_requirement_met(const DwPostRequirement *requirement,
							   const DwCredentialFacts *credential);

/*
 * The milestones of a plan as a whole: not too many, all amounts given and
 * positive or none, a sum that fits, dates that exist.
 */
extern void dw_post_plan_check(const DwPostMilestone *milestones, int count,
							   const char *argument, DwArgError *error);

/* True when both lists ask for the same, in whatever order. */
extern bool dw_post_requirements_equal(const DwPostRequirement *left,
									   int left_count,
									   const DwPostRequirement *right,
									   int right_count);

/* True when both plans are the same, part for part. */
extern bool dw_post_plan_equal(const DwPostMilestone *left, int left_count,
							   const DwPostMilestone *right, int right_count);

/* Weights as given, and whether the method can work with them. */
extern void dw_post_weights_check(const DwScoreWeights *weights,
								  DwScoringMethod method, DwArgError *error);

/* True for a day of the Gregorian calendar written YYYY-MM-DD. */
extern bool dw_post_date_valid(const char *text);

/*
 * What happens to a job by itself when its time comes.
 *
 * A timer is a time in a row that nobody needs to act on: a worker does what
 * is due, or the time alone does it.  Somebody may be able to act before.
 */

/* What runs out. */
typedef enum DwTimer
{
	DW_TIMER_EXPIRE_JOB,		/* jobs.expires_at, while open */
	DW_TIMER_LAPSE_AWARD,		/* jobs.confirm_by, while not confirmed */
	DW_TIMER_LAPSE_CONTRACT,	/* jobs.fund_by, while nothing was paid */
	DW_TIMER_FAIL_PAYMENT,		/* pay_by of a pending payment */
	DW_TIMER_RELEASE_MILESTONE, /* auto_release_at of a submitted milestone */
	DW_TIMER_AGREE_REFUND,		/* answer_by of a request for a refund */
	DW_TIMER_HOLD_NO_SHOW,		/* answer_by of a report of a no-show */
	DW_TIMER_END_DISPUTE,		/* answer_by of an open dispute */
	DW_TIMER_REVEAL_REVIEW		/* reveal_at of a review */
} DwTimer;

/* What is to be known of a timer. */
typedef struct DwTimerFacts
{
	DwActorSet	stoppable_by;	/* who can stop it before its time */
	const char *detail;			/* what happens then, and how to stop it */
} DwTimerFacts;

DW_LABELS_OF(timer, DwTimer);

/* The facts about a timer. */
extern const DwTimerFacts *dw_timer_facts(DwTimer timer);

#endif							/* DW_JOB_H */
