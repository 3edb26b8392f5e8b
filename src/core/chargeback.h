/*
 * chargeback.h
 *		What becomes of an escrow when a bank takes a payment back.
 *
 * While a chargeback is open the escrow is frozen.  Its amount is taken out
 * of what is held first (of that, the undisputed part first), then out of
 * what the provider was paid, and what is neither is the platform's loss,
 * as when the homeowner has his money back already:
 *		amount = held_amount + clawed_back + loss
 * Won, all of it goes back to where it was taken.  Lost, it stays taken, and
 * the milestones give up what can no longer be paid for them.
 *
 * All amounts are minor units of the escrow's currency and never negative.
 * A decision either returns DW_OK and changes the structs, or returns
 * another result and leaves them as they were.
 */
#ifndef DW_CHARGEBACK_H
#define DW_CHARGEBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/escrow.h"

/* Type chargeback_status. */
typedef enum DwChargebackStatus
{
	DW_CHARGEBACK_OPEN,			/* the bank has not decided */
	DW_CHARGEBACK_WON,			/* the money came back */
	DW_CHARGEBACK_LOST			/* the money is gone */
} DwChargebackStatus;

/* One chargeback, and out of what it was taken. */
typedef struct DwChargeback
{
	DwChargebackStatus status;	/* open, or how it ended */
	int64_t		amount;			/* what the bank asks for, > 0 */
	int64_t		held_amount;	/* of it, out of the escrow */
	int64_t		clawed_back;	/* of it, owed by the provider */
} DwChargeback;

/* The other chargebacks of the same escrow that are not won. */
typedef struct DwChargebackSum
{
	int64_t		amount;			/* of open and lost ones */
	int64_t		clawed_back;	/* of open and lost ones */
	int64_t		open_held;		/* held_amount of the open ones */
	int32_t		open_count;		/* how many are open */
} DwChargebackSum;

/* How the bank decided on one. */
typedef struct DwVerdict
{
	bool		won;			/* the money comes back */
	DwChargebackSum others;		/* all but the one it is about */
} DwVerdict;

extern const char *dw_chargeback_status_label(DwChargebackStatus value);
extern bool dw_chargeback_status_parse(const char *text,
									   DwChargebackStatus *value);

/* What nobody but the platform can bear of it. */
extern int64_t dw_chargeback_loss(const DwChargeback *chargeback);

/*
 * A bank asks for chargeback->amount back: frozen afterwards, and the rest
 * of *chargeback is set.  DW_BAD_VALUE: amount <= 0.
 * DW_INVALID_TRANSITION: nothing was ever paid.
 * DW_INSUFFICIENT_FUNDS: with the others, more than was ever paid.
 */
extern DwResult dw_chargeback_open(DwEscrow *escrow,
								   const DwMilestone *milestones, int count,
								   const DwChargebackSum *others,
								   DwChargeback *chargeback);

/*
 * The bank has decided; frozen no longer, unless another one is open.  A
 * dispute whose milestones have lost all that was disputed is over.
 * DW_INVALID_TRANSITION: this one is not open.
 */
extern DwResult dw_chargeback_close(DwEscrow *escrow,
									DwMilestone *milestones, int count,
									DwChargeback *chargeback,
									const DwVerdict *verdict);

#endif							/* DW_CHARGEBACK_H */
