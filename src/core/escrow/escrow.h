/*
 * escrow.h
 *		The words, the life and the money of an escrow and its milestones.
 */
#ifndef DW_ESCROW_H
#define DW_ESCROW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/fee/fee.h"

/*
 * Milestones: the shares in which a job is delivered and paid.  Amounts are
 * parts of the contract in minor units: what the work costs, before any fee.
 * They fill, and are released or refunded, in the order of every array here.
 */

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
	DW_MILESTONE_EVENT_AGREE_PLAN,	/* answer_plan */
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
	DW_MILESTONE_EVENT_DEFAULT_DECISION,	/* the time to answer ran out */
	DW_MILESTONE_EVENT_RESOLVE_DISPUTE, /* resolve_dispute */
	DW_MILESTONE_EVENT_CLOSE_CHARGEBACK,	/* close_chargeback */
	DW_MILESTONE_EVENT_REVERSE, /* reverse_transaction */
	DW_MILESTONE_EVENT_COMPLETE_JOB,	/* complete_job */
	DW_MILESTONE_EVENT_CANCEL_ESCROW,	/* cancel_escrow */
	DW_MILESTONE_EVENT_CANCEL_JOB,	/* cancel_job */
	DW_MILESTONE_EVENT_LAPSE,	/* the contract lapsed: it is bid on again */
	DW_MILESTONE_EVENT_END,		/* the contract ends: what is left goes back */
	DW_MILESTONE_EVENT_AGREE,	/* answer_refund, or no answer in time */
	DW_MILESTONE_EVENT_EXPIRE_JOB,	/* expire_jobs */
	DW_MILESTONE_EVENT_REFUND_SENT	/* confirm_refund of what nobody asked */
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

DW_LABELS_OF(milestone_status, DwMilestoneStatus);
DW_LABELS_OF(milestone_event, DwMilestoneEvent);

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

/* What can be released or refunded now, of one and of all. */
extern int64_t dw_milestone_available(const DwMilestone *milestone);
extern int64_t dw_milestones_available(const DwMilestone *milestones,
									   int count);

/* The one with this id, or NULL. */
extern DwMilestone *dw_milestones_find(DwMilestone *milestones, int count,
									   const DwUuid *id);

/*
 * Fills amount in, in order, each up to its own amount ("moved" is its
 * part); a planned one that is full is funded.  Gives what does not fit.
 */
extern int64_t dw_milestones_fill(DwMilestone *milestones, int count,
								  int64_t amount);

/*
 * Sets "moved" to 0 in each; moves amount (at most what is available) out of
 * them in order and sets their states, each one's part in its "moved".
 */
extern void dw_milestones_rest(DwMilestone *milestones, int count);
extern void dw_milestones_take(DwMilestone *milestones, int count,
							   int64_t amount, DwMilestoneMove move);

/* DW_INVALID_TRANSITION unless it is fully funded, or submitted. */
extern DwResult dw_milestone_submit(DwMilestone *milestone);
extern DwResult dw_milestone_request_changes(DwMilestone *milestone);

/*
 * The first that is submitted, and the first that is approved and fully
 * funded, which the caller releases once nothing is frozen; or NULL.
 */
extern DwMilestone *dw_milestones_submitted(DwMilestone *milestones,
											int count);
extern DwMilestone *dw_milestones_approved(DwMilestone *milestones,
										   int count);

/*
 * Divides what has not begun of a contract anew, as dw_milestones_plan; given
 * amounts sum to it, and what is paid of it fills the plan in order.
 * DW_INVALID_TRANSITION: all has.  DW_BAD_VALUE: another sum, too many parts.
 */
extern DwResult dw_milestones_replan(const DwMilestone *old, int old_count,
									 DwMilestone *plan, int count,
									 int64_t contract_amount);

/* True when every required one that was not given up is released. */
extern bool dw_milestones_are_released(const DwMilestone *milestones,
									   int count);

/*
 * The words, the life and the money of an escrow: one a job.
 *
 * All amounts are minor units of the escrow's currency and never negative.
 * After every decision funded = held + released + refunded + charged_back
 * (I3), and fee + tax + payout of a release = what left the escrow (I7).
 *
 * Two measures of money meet here.  Milestones, the contract and a caller's
 * "amount" count the price of the work.  The escrow's own amounts count what
 * lies in it: the same, plus the homeowner's share of the fee if there is one.
 *
 * A decision either returns DW_OK and changes the structs, or returns
 * another result and leaves them as they were.  It looks at amounts and
 * state, not at the actor: ask dw_escrow_machine() first.
 */

/* Type escrow_status. */
typedef enum DwEscrowStatus
{
	DW_ESCROW_CREATED,			/* the award is confirmed, nothing paid */
	DW_ESCROW_FUNDING,			/* the first payment is under way */
	DW_ESCROW_HELD,				/* money is held, nothing released yet */
	DW_ESCROW_PARTIALLY_RELEASED,	/* part is released, more held or due */
	DW_ESCROW_RELEASED,			/* all of it went to the provider */
	DW_ESCROW_REFUNDED,			/* all of it went back */
	DW_ESCROW_SETTLED,			/* part went each way, nothing held */
	DW_ESCROW_DISPUTED,			/* all that is held is disputed */
	DW_ESCROW_FROZEN,			/* a chargeback is open */
	DW_ESCROW_CHARGED_BACK,		/* nothing held, the bank took what was */
	DW_ESCROW_CANCELLED,		/* given up before any payment */
	DW_ESCROW_FAILED			/* the first payment failed */
} DwEscrowStatus;

/* What can happen to an escrow. */
typedef enum DwEscrowEvent
{
	DW_ESCROW_EVENT_OPEN,		/* confirm_award */
	DW_ESCROW_EVENT_CHANGE,		/* answer_change_order */
	DW_ESCROW_EVENT_FUND,		/* fund_escrow */
	DW_ESCROW_EVENT_CONFIRM_PAYMENT,	/* confirm_payment */
	DW_ESCROW_EVENT_FAIL_PAYMENT,	/* fail_payment */
	DW_ESCROW_EVENT_ABANDON,	/* abandon_payment */
	DW_ESCROW_EVENT_CANCEL,		/* cancel_escrow */
	DW_ESCROW_EVENT_LAPSE,		/* not paid in time, or withdraw_bid */
	DW_ESCROW_EVENT_END,		/* the contract ends: all held goes back */
	DW_ESCROW_EVENT_AGREE,		/* answer_refund, or no answer in time */
	DW_ESCROW_EVENT_SUBMIT,		/* submit_milestone */
	DW_ESCROW_EVENT_REQUEST_CHANGES,	/* request_changes */
	DW_ESCROW_EVENT_RELEASE,	/* release_escrow */
	DW_ESCROW_EVENT_APPROVE,	/* approve_milestone */
	DW_ESCROW_EVENT_RELEASE_DUE,	/* release_due_escrows */
	DW_ESCROW_EVENT_REFUND,		/* refund_escrow */
	DW_ESCROW_EVENT_OPEN_DISPUTE,	/* open_dispute */
	DW_ESCROW_EVENT_ANSWER_DISPUTE, /* answer_dispute */
	DW_ESCROW_EVENT_WITHDRAW_DISPUTE,	/* withdraw_dispute */
	DW_ESCROW_EVENT_DEFAULT_DECISION,	/* a dispute's time ran out */
	DW_ESCROW_EVENT_RESOLVE_DISPUTE,	/* resolve_dispute */
	DW_ESCROW_EVENT_OPEN_CHARGEBACK,	/* open_chargeback */
	DW_ESCROW_EVENT_CLOSE_CHARGEBACK,	/* close_chargeback */
	DW_ESCROW_EVENT_REVERSE,	/* reverse_transaction */
	DW_ESCROW_EVENT_AUTHORIZE,	/* confirm_authorization */
	DW_ESCROW_EVENT_CAPTURE,	/* request_capture */
	DW_ESCROW_EVENT_REFUND_SENT,	/* confirm_refund of what nobody asked */
	DW_ESCROW_EVENT_CANCEL_JOB	/* cancel_job: by policy, the rest goes back */
} DwEscrowEvent;

/* An escrow as it lies in its row. */
typedef struct DwEscrow
{
	DwEscrowStatus status;		/* as dw_escrow_status says */
	char		currency[DW_CURRENCY_SIZE]; /* ISO 4217, zero-terminated */
	bool		frozen;			/* a chargeback is open */
	int32_t		version;		/* of the row; the caller's business */
	int64_t		contract_amount;	/* price of the work agreed on */
	int64_t		pending;		/* payments under way and not past due */
	int64_t		funded;			/* ever paid in */
	int64_t		held;			/* lies here now */
	int64_t		released;		/* went to provider, fee and tax */
	int64_t		refunded;		/* went back */
	int64_t		charged_back;	/* taken by the bank out of held */
	int64_t		disputed;		/* of held, under dispute */
	int64_t		fee_taken;		/* of released, the platform's */
	int64_t		tax_taken;		/* of released, tax on the fee */
	int64_t		given_up;		/* price of work: milestones' refunded */
	int64_t		contested;		/* of charged_back; read when frozen */
	DwFeeTerms	terms;			/* frozen when the escrow was opened */
} DwEscrow;

/* What of an escrow: neither field = all that is held and undisputed. */
typedef struct DwSelector
{
	bool		has_amount;		/* amount was given */
	int64_t		amount;			/* price of work, in milestone order */
	const DwUuid *milestone_id; /* all of one milestone; or NULL */
} DwSelector;

/* What a release or refund came to. */
typedef struct DwRelease
{
	int64_t		part;			/* price of work it covers */
	int64_t		amount;			/* left the escrow: fee + tax + payout */
	int64_t		fee;			/* platform's; 0 in a refund */
	int64_t		tax;			/* on the fee; 0 in a refund */
	int64_t		payout;			/* provider's, or the refund itself */
} DwRelease;

DW_LABELS_OF(escrow_status, DwEscrowStatus);
DW_LABELS_OF(escrow_event, DwEscrowEvent);

/* States are DwEscrowStatus, events are DwEscrowEvent. */
extern const DwMachine *dw_escrow_machine(void);

/* Sets what is disputed and given up, and the state, from all the rest. */
extern void dw_escrow_derive(DwEscrow *escrow, const DwMilestone *milestones,
							 int count);

/* What the releases so far came to. */
extern DwFeeTaken dw_escrow_taken(const DwEscrow *escrow,
								  const DwMilestone *milestones, int count);

/* The price of work that is paid for and not given up. */
extern int64_t dw_escrow_price_paid(const DwMilestone *milestones, int count);

/*
 * What goes back when work of a price is given up: all that the work which
 * stays paid does not need.
 */
extern int64_t dw_escrow_unearned(const DwEscrow *escrow,
								  const DwMilestone *milestones, int count,
								  int64_t price);

/* Money paid in that neither went back nor was lost to a bank. */
extern int64_t dw_escrow_kept(const DwEscrow *escrow);

/*
 * The state that follows from amounts and flags.  Before anything was paid
 * none tells created, funding, failed and cancelled apart: it is the row's.
 */
extern DwEscrowStatus dw_escrow_status(const DwEscrow *escrow);

/* True when the amounts are possible: none negative, I3, disputed <= held. */
extern bool dw_escrow_is_valid(const DwEscrow *escrow);

/* A new escrow for a contract (> 0, else DW_BAD_VALUE) under these terms. */
extern DwResult dw_escrow_open(DwEscrow *escrow, const char *currency,
							   int64_t contract_amount,
							   const DwFeeTerms *terms);

/* What the homeowner has to pay in all: contract and share of the fee. */
extern int64_t dw_escrow_charge(const DwEscrow *escrow);

/* The highest price of work that money paid in covers with its charge. */
extern int64_t dw_escrow_covered(const DwEscrow *escrow, int64_t money);

/*
 * What is neither paid nor under way, for the work that was not given up:
 * where the fee is no straight line, a refund moves it.
 */
extern int64_t dw_escrow_missing(const DwEscrow *escrow);

/*
 * Of what is held, the part that is under dispute: the charge of that work,
 * so that the rest covers the other; all of it when no other work is paid.
 */
extern int64_t dw_escrow_disputed(const DwEscrow *escrow,
								  const DwMilestone *milestones, int count);

/*
 * A payment is asked for; *amount 0 = what is missing, and is set to it.
 * Pending afterwards; "funding" if nothing was ever paid.
 * DW_BAD_VALUE: negative, more than is missing, or nothing is missing.
 */
extern DwResult dw_escrow_fund(DwEscrow *escrow, int64_t *amount);

/*
 * A payment arrived, asked for or counted as pending: held, and filled into
 * the milestones; one may be full now (dw_milestones_approved).
 * DW_INVALID_TRANSITION: the escrow takes none.  DW_BAD_VALUE: not pending.
 */
extern DwResult dw_escrow_confirm(DwEscrow *escrow, DwMilestone *milestones,
								  int count, int64_t amount);

/* How much of money that arrives is held; asked: by its open payment, or 0. */
extern int64_t dw_escrow_room(const DwEscrow *escrow, int64_t asked);

/* A pending payment failed, or nothing was ever paid and nothing will be. */
extern DwResult dw_escrow_fail(DwEscrow *escrow, int64_t amount);
extern DwResult dw_escrow_cancel(DwEscrow *escrow, DwMilestone *milestones,
								 int count);

/* Nothing was paid in time.  DW_INVALID_TRANSITION: something was. */
extern DwResult dw_escrow_lapse(DwEscrow *escrow);

/*
 * Work on one milestone is delivered; milestone_id NULL = the first that
 * waits for delivery.  *found is it.  DW_NOT_FOUND, DW_INVALID_TRANSITION.
 */
extern DwResult dw_escrow_submit(const DwEscrow *escrow,
								 DwMilestone *milestones, int count,
								 const DwUuid *milestone_id,
								 DwMilestone **found);

/*
 * Money goes to the provider, less the fee that is due on all released so
 * far and not yet taken.  DW_BAD_VALUE: amount <= 0, or both selectors.
 * DW_NOT_FOUND: no such milestone.  DW_INVALID_TRANSITION: wrong state, or
 * frozen.  DW_INSUFFICIENT_FUNDS: more than is held and undisputed.
 */
extern DwResult dw_escrow_release(DwEscrow *escrow, DwMilestone *milestones,
								  int count, const DwSelector *selector,
								  DwRelease *out);

/*
 * The homeowner approves one milestone.  It is released at once; while the
 * escrow is frozen or the milestone is not fully funded it rests in
 * "approved" and *out is all zero.
 */
extern DwResult dw_escrow_approve(DwEscrow *escrow, DwMilestone *milestones,
								  int count, const DwUuid *milestone_id,
								  DwRelease *out);

/*
 * Money goes back to the homeowner, with the share of the fee that they paid
 * in for it.  Results as dw_escrow_release.
 */
extern DwResult dw_escrow_refund(DwEscrow *escrow, DwMilestone *milestones,
								 int count, const DwSelector *selector,
								 DwRelease *out);

/* As dw_milestones_replan; not while frozen, nor once the escrow is over. */
extern DwResult dw_escrow_replan(const DwEscrow *escrow,
								 const DwMilestone *old, int old_count,
								 DwMilestone *plan, int count);

/* Something is held, though no work is left that it could be for. */
extern bool dw_escrow_has_rest(const DwEscrow *escrow,
							   const DwMilestone *milestones, int count);

/* Nothing is held and every required milestone is released. */
extern bool dw_escrow_is_complete(const DwEscrow *escrow,
								  const DwMilestone *milestones, int count);

#endif							/* DW_ESCROW_H */
