/*
 * dispute.h
 *		The words of a dispute, and what becomes of the money in it.
 *
 * A dispute is about work of one milestone, or about all that is held and
 * undisputed.  Its amount and every figure in it count the price of work:
 * each side names what of the amount the provider shall be paid.  When the
 * homeowner's figure is not below the provider's, they have met and it
 * settles half way, the odd cent to the homeowner; when one side is silent
 * past the deadline, the other's figure holds; a mediator decides to the
 * cent.  What the provider is not paid goes back to the homeowner.
 *
 * A decision either returns DW_OK and changes the structs, or returns
 * another result and leaves them as they were.
 */
#ifndef DW_DISPUTE_H
#define DW_DISPUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/actor.h"
#include "core/escrow.h"

/* Type dispute_status. */
typedef enum DwDisputeStatus
{
	DW_DISPUTE_OPEN,			/* one side has named a figure */
	DW_DISPUTE_ANSWERED,		/* both have; a mediator may decide */
	DW_DISPUTE_SETTLED,			/* by figures that met, or by silence */
	DW_DISPUTE_RESOLVED,		/* by a mediator */
	DW_DISPUTE_WITHDRAWN		/* by who had opened it */
} DwDisputeStatus;

#define DW_DISPUTE_NO_OFFER	INT64_C(-1) /* a side has not named a figure */

/* A dispute as core decides on it. */
typedef struct DwDispute
{
	DwUuid		id;				/* its row; in its milestones, too */
	DwDisputeStatus status;		/* moves by the functions below */
	bool		by_homeowner;	/* who opened it */
	int64_t		amount;			/* price of the work disputed, > 0 */
	int64_t		homeowner_offer;	/* 0 ... amount, or none */
	int64_t		provider_offer; /* 0 ... amount, or none */
} DwDispute;

/* What a settlement came to. */
typedef struct DwSettlement
{
	int64_t		figure;			/* in: what the provider is paid of it */
	DwRelease	release;		/* to the provider; 0 if nothing is */
	int64_t		refund;			/* left the escrow for the homeowner */
} DwSettlement;

extern const char *dw_dispute_status_label(DwDisputeStatus value);
extern bool dw_dispute_status_parse(const char *text, DwDisputeStatus *value);

/* True while a dispute holds money fast. */
extern bool dw_dispute_is_open(const DwDispute *dispute);

/*
 * Opens a dispute; the caller has set id, by_homeowner and the opener's
 * figure.  milestone_id NULL = all that is held and undisputed.
 * DW_NOT_FOUND: no such milestone.  DW_INVALID_TRANSITION: frozen, nothing
 * held, or the milestone is over or disputed.  DW_INSUFFICIENT_FUNDS:
 * nothing is paid of it.  DW_BAD_VALUE: not 0 ... what is disputed.
 */
extern DwResult dw_dispute_open(DwEscrow *escrow, DwMilestone *milestones,
								int count, const DwUuid *milestone_id,
								DwDispute *dispute);

/*
 * One side names its figure, the first or another one; answered once both
 * have.  DW_INVALID_TRANSITION: it is over.  DW_BAD_VALUE: not 0 ... amount.
 */
extern DwResult dw_dispute_offer(DwDispute *dispute, bool by_homeowner,
								 int64_t offer);

/* True when the figures have met; *figure is what the provider is paid. */
extern bool dw_dispute_meets(const DwDispute *dispute, int64_t *figure);

/*
 * What the provider is paid once the deadline has passed: the figure of the
 * only side that named one; half way between two that never met.
 */
extern int64_t dw_dispute_silence(const DwDispute *dispute);

/*
 * Ends a dispute: out->figure goes to the provider, less the fee; the rest
 * of the amount goes back with the homeowner's share of its fee.  Its
 * milestones are paid in order.  The caller sets the status.
 * DW_INVALID_TRANSITION: it is over, or the escrow is frozen.
 * DW_BAD_VALUE: not 0 ... amount.  DW_OVERFLOW as dw_fee_release.
 */
extern DwResult dw_dispute_settle(DwEscrow *escrow, DwMilestone *milestones,
								  int count, const DwDispute *dispute,
								  DwSettlement *out);

/*
 * Lets go what a dispute held: its milestones are what they were before.
 * DW_INVALID_TRANSITION: it is over, or the escrow is frozen.
 */
extern DwResult dw_dispute_withdraw(DwEscrow *escrow, DwMilestone *milestones,
									int count, DwDispute *dispute);

/*
 * A bank has taken money out of the milestones: the dispute is about what is
 * left, and no figure is above it.  False: nothing is left, it is settled.
 */
extern bool dw_dispute_shrink(DwDispute *dispute,
							  const DwMilestone *milestones, int count);

#endif							/* DW_DISPUTE_H */
