/*
 * milestone.h
 *		The words and the life of a milestone, and its share of the escrow.
 *
 * A milestone's amounts are parts of the contract in minor units: what the
 * work costs, before any fee.  They fill in sort order, and a release or
 * refund by amount takes from them in the same order.  Every array of
 * milestones here is in that order.
 */
#ifndef DW_MILESTONE_H
#define DW_MILESTONE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/machine.h"
#include "core/uuid.h"

/* Type milestone_status. */
typedef enum DwMilestoneStatus
{
	DW_MILESTONE_PLANNED,		/* not yet fully funded */
	DW_MILESTONE_FUNDED,		/* its amount is in escrow */
	DW_MILESTONE_SUBMITTED,		/* work delivered, the clock runs */
	DW_MILESTONE_CHANGES_REQUESTED, /* sent back, the clock stands */
	DW_MILESTONE_APPROVED,		/* waits for funds or the end of a freeze */
	DW_MILESTONE_RELEASED,		/* nothing left, part or all was paid */
	DW_MILESTONE_REFUNDED,		/* nothing left, nothing was paid */
	DW_MILESTONE_DISPUTED,		/* what is left of it is disputed */
	DW_MILESTONE_CANCELLED		/* given up before it was funded */
} DwMilestoneStatus;

/* What can happen to a milestone. */
typedef enum DwMilestoneEvent
{
	DW_MILESTONE_EVENT_POST,	/* post_job: part of the posted plan */
	DW_MILESTONE_EVENT_PLAN,	/* plan_milestones */
	DW_MILESTONE_EVENT_CONFIRM_AWARD,	/* confirm_award: scaled, or made */
	DW_MILESTONE_EVENT_CHANGE_ORDER,	/* answer_change_order: extra work */
	DW_MILESTONE_EVENT_CONFIRM_PAYMENT, /* confirm_payment */
	DW_MILESTONE_EVENT_SUBMIT,	/* submit_milestone */
	DW_MILESTONE_EVENT_REQUEST_CHANGES, /* request_changes */
	DW_MILESTONE_EVENT_APPROVE, /* approve_milestone */
	DW_MILESTONE_EVENT_RELEASE, /* release_escrow */
	DW_MILESTONE_EVENT_RELEASE_DUE, /* release_due_escrows */
	DW_MILESTONE_EVENT_REFUND,	/* refund_escrow */
	DW_MILESTONE_EVENT_OPEN_DISPUTE,	/* open_dispute */
	DW_MILESTONE_EVENT_ANSWER_DISPUTE,	/* answer_dispute */
	DW_MILESTONE_EVENT_WITHDRAW_DISPUTE,	/* withdraw_dispute */
	DW_MILESTONE_EVENT_SILENCE, /* the time to answer ran out */
	DW_MILESTONE_EVENT_RESOLVE_DISPUTE, /* resolve_dispute */
	DW_MILESTONE_EVENT_CLOSE_CHARGEBACK,	/* close_chargeback */
	DW_MILESTONE_EVENT_REVERSE, /* reverse_transaction */
	DW_MILESTONE_EVENT_COMPLETE_JOB,	/* complete_job */
	DW_MILESTONE_EVENT_CANCEL_ESCROW,	/* cancel_escrow */
	DW_MILESTONE_EVENT_CANCEL_JOB,	/* cancel_job */
	DW_MILESTONE_EVENT_EXPIRE_JOB	/* expire_jobs */
} DwMilestoneEvent;

#define DW_MILESTONES_MAX	100 /* of one job */

/* amount >= funded >= released + refunded + disputed, once planned. */
typedef struct DwMilestone
{
	DwUuid		id;				/* its row */
	int64_t		amount;			/* part of the contract; 0 = not given */
	int64_t		funded;			/* of it, paid in so far */
	int64_t		released;		/* of it, released, before fees */
	int64_t		refunded;		/* of it, given back */
	int64_t		disputed;		/* of what is left, under dispute */
	int64_t		moved;			/* out: what the last decision moved */
	DwMilestoneStatus status;	/* follows from the above and from events */
	DwMilestoneStatus status_before;	/* what a dispute interrupted */
	DwUuid		dispute_id;		/* the open one about it; nil = none */
	bool		is_required;	/* the job is not complete without it */
	int32_t		sort_order;		/* place in the plan */
} DwMilestone;

/* Which column of a milestone a decision moves money to. */
typedef enum DwMilestoneMove
{
	DW_MILESTONE_RELEASE,		/* to the provider */
	DW_MILESTONE_REFUND			/* back to the homeowner */
} DwMilestoneMove;

extern const char *dw_milestone_status_label(DwMilestoneStatus value);
extern bool dw_milestone_status_parse(const char *text,
									  DwMilestoneStatus *value);
extern const char *dw_milestone_event_label(DwMilestoneEvent value);
extern bool dw_milestone_event_parse(const char *text,
									 DwMilestoneEvent *value);

/* States are DwMilestoneStatus, events are DwMilestoneEvent. */
extern const DwMachine *dw_milestone_machine(void);

/*
 * Fits a plan to the contract: all amounts given give proportions, all 0
 * give equal parts; afterwards they sum to contract_amount and every status
 * is planned.  DW_BAD_VALUE: none or more than DW_MILESTONES_MAX, some
 * amounts given and some not, one negative, or a part that comes to nothing.
 */
extern DwResult dw_milestones_plan(DwMilestone *milestones, int count,
								   int64_t contract_amount);

/* What can be released or refunded of one now. */
extern int64_t dw_milestone_available(const DwMilestone *milestone);

/* The same over all. */
extern int64_t dw_milestones_available(const DwMilestone *milestones,
									   int count);

/* The one with this id, or NULL. */
extern DwMilestone *dw_milestones_find(DwMilestone *milestones, int count,
									   const DwUuid *id);

/*
 * Fills amount in, in order, each up to its own amount ("moved" is its
 * part); a planned one that is full is funded.  What does not fit is
 * returned.
 */
extern int64_t dw_milestones_fill(DwMilestone *milestones, int count,
								  int64_t amount);

/* Sets "moved" to 0 in each. */
extern void dw_milestones_rest(DwMilestone *milestones, int count);

/*
 * Moves amount (at most what is available) out of the milestones in order
 * and sets their states; each one's part is in its "moved".
 */
extern void dw_milestones_take(DwMilestone *milestones, int count,
							   int64_t amount, DwMilestoneMove move);

/* submit_milestone: DW_INVALID_TRANSITION unless fully funded and due. */
extern DwResult dw_milestone_submit(DwMilestone *milestone);

/* request_changes: DW_INVALID_TRANSITION unless submitted. */
extern DwResult dw_milestone_request_changes(DwMilestone *milestone);

/* The first that is submitted, or NULL. */
extern DwMilestone *dw_milestones_submitted(DwMilestone *milestones,
											int count);

/*
 * plan_milestones: divides a contract anew, as dw_milestones_plan, but
 * amounts that are given must sum to it.  What is paid in so far fills the
 * new plan in order.  DW_INVALID_TRANSITION: something of the old plan was
 * delivered, approved, disputed, released or refunded.  DW_BAD_VALUE.
 */
extern DwResult dw_milestones_replan(const DwMilestone *old, int old_count,
									 DwMilestone *plan, int count,
									 int64_t contract_amount);

/*
 * The first that is approved and fully funded, or NULL: once nothing is
 * frozen, the caller releases it.
 */
extern DwMilestone *dw_milestones_approved(DwMilestone *milestones,
										   int count);

/* True when every required milestone that was not given up is released. */
extern bool dw_milestones_are_released(const DwMilestone *milestones,
									   int count);

/* True when work of any milestone was delivered and is not settled yet. */
extern bool dw_milestones_await_review(const DwMilestone *milestones,
									   int count);

#endif							/* DW_MILESTONE_H */
