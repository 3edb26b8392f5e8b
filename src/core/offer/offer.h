/*
 * offer.h
 *		Offers that one side makes and the other answers.
 *
 * Three things are offered: another amount for a bid (a counter-offer),
 * a change of a contract (a change order), and a job to one provider (an
 * invitation).  All of them live alike.
 */
#ifndef DW_OFFER_H
#define DW_OFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/escrow/escrow.h"

/* Type offer_status. */
typedef enum DwOfferStatus
{
	DW_OFFER_PENDING,			/* waits for the other side */
	DW_OFFER_ACCEPTED,			/* what it says holds */
	DW_OFFER_REJECTED,			/* by the other side */
	DW_OFFER_WITHDRAWN,			/* by who made it */
	DW_OFFER_EXPIRED,			/* its time is over, or what it is about */
	DW_OFFER_COUNTERED			/* the other side has offered something else */
} DwOfferStatus;

/* What can happen to an offer. */
typedef enum DwOfferEvent
{
	DW_OFFER_EVENT_PROPOSE,		/* it is made */
	DW_OFFER_EVENT_ACCEPT,		/* the other side agrees */
	DW_OFFER_EVENT_REJECT,		/* the other side does not */
	DW_OFFER_EVENT_WITHDRAW,	/* its maker takes it back */
	DW_OFFER_EVENT_COUNTER,		/* the other side offers something else */
	DW_OFFER_EVENT_EXPIRE,		/* its own time is over */
	DW_OFFER_EVENT_OVERTAKE,	/* what it is about has changed or ended */
	DW_OFFER_EVENT_RECALL		/* its maker takes it back when answered */
} DwOfferEvent;

DW_LABELS_OF(offer_status, DwOfferStatus);
DW_LABELS_OF(offer_event, DwOfferEvent);

/* States are DwOfferStatus, events are DwOfferEvent. */
extern const DwMachine *dw_offer_machine(void);

/*
 * The event that an answer is: yes or no, by the side that made the offer or
 * by the other.  DW_FORBIDDEN: nobody accepts what they have offered.
 */
extern DwResult dw_offer_answer(bool is_maker, bool is_accepted,
								DwOfferEvent *event);

/*
 * Counter-offers: another amount for a pending bid, from either side in turn.
 */

/* One of them; money in minor units of the bid. */
typedef struct DwCounter
{
	DwActorKind side;			/* whose: homeowner or provider */
	int64_t		amount;			/* instead of the bid's */
	int32_t		bid_version;	/* of the bid that it was made about */
	DwOfferStatus status;		/* as an offer */
} DwCounter;

/* The bid that is talked about. */
typedef struct DwCounterBid
{
	int64_t		amount;			/* of the present version */
	int32_t		bid_version;	/* which that is */
	int64_t		least;			/* setting min_bid_amount */
} DwCounterBid;

/* What the next counter-offer may be. */
typedef struct DwCounterWindow
{
	DwActorKind turn;			/* whose turn it is */
	int64_t		above;			/* it must be more than that */
	int64_t		below;			/* and less than that */
} DwCounterWindow;

/*
 * The window that a bid and its counter-offers, in the order in which they
 * were made, leave for the next one.  The homeowner begins, below the bid.
 */
extern DwCounterWindow dw_counter_window(const DwCounterBid *bid,
										 const DwCounter *counters,
										 int count);

/* DW_INVALID_TRANSITION: not their turn; DW_BAD_VALUE: not in the window. */
extern DwResult dw_counter_judge(const DwCounterWindow *window,
								 DwActorKind side, int64_t amount);

/*
 * Divides an amount that was agreed on, as the bid divides its own: labour
 * gives way first, materials when there is no labour left.
 */
extern void dw_counter_divide(int64_t amount, int64_t *labor_cost,
							  int64_t *materials_cost);

/*
 * Change orders: both sides agree on more work, or on less, after the award.
 *
 * More work is a milestone of its own, to be paid.  Less work is taken from
 * what was not delivered yet: first what was not paid, by which the contract
 * gets smaller, then what was, which goes back as in any refund and is given
 * up; so a reversal of it finds what to restore.
 */

/* A change of a contract, and what it came to. */
typedef struct DwContractChange
{
	int64_t		amount;			/* price of work: more > 0, less < 0 */
	const DwUuid *milestone_id; /* less of that one alone; or NULL */
	int64_t		cut;			/* out: what the contract gets smaller by */
	DwRelease	refund;			/* out: what goes back; amount 0 = nothing */
} DwContractChange;

/*
 * Changes a contract that is neither disputed nor frozen, and derives what
 * follows.  For more work the caller has added the milestone, planned, as the
 * last one of count.  DW_OVERFLOW; DW_NOT_FOUND: no such milestone;
 * DW_INSUFFICIENT_FUNDS: less than that was not delivered yet, or nothing
 * would be left of the contract.
 */
extern DwResult dw_contract_change(DwEscrow *escrow, DwMilestone *milestones,
								   int count, DwContractChange *change);

#endif							/* DW_OFFER_H */
