/*
 * reversal.h
 *		What undoing a release or a refund, or a part of one, comes to.
 *
 * The legs of the original are mirrored in proportion, rounded so that any
 * way of cutting a reversal ends at the original to the cent and no leg is
 * ever mirrored by more than it was: from the first leg on, what the later
 * ones have of the amount is rounded down.
 *
 * The milestones follow the money.  The price given back makes the escrow's
 * sums fit its milestones again, the last ones first, and so no cent is lost
 * where the homeowner bears a part of the fee, which has no price.
 *
 * All amounts are minor units of the escrow's currency.
 */
#ifndef DW_REVERSAL_H
#define DW_REVERSAL_H

#include <stdint.h>

#include "core/escrow.h"

#define DW_REVERSAL_LEGS_MAX 16 /* of one transaction, besides the escrow's */

/* What lies in the escrow again, and where it was. */
typedef struct DwReversal
{
	int64_t		released;		/* gross: fee and tax are in it */
	int64_t		fee;			/* of released */
	int64_t		tax;			/* of released */
	int64_t		refunded;		/* had gone back to the homeowner */
	const DwUuid *milestone_id; /* the one it was of; or NULL */
} DwReversal;

/*
 * Mirrors `amount` of legs (each > 0) of which `before` was mirrored before:
 * the parts are >= 0, sum to amount, and over all reversals of the whole to
 * the legs.  DW_BAD_VALUE: amount <= 0, too many legs.
 * DW_INSUFFICIENT_FUNDS: more than is left.
 */
extern DwResult dw_reversal_split(const int64_t *legs, int count,
								  int64_t before, int64_t amount,
								  int64_t *parts);

/* floor(whole * amount / of), of > 0: a share that ends at the whole. */
extern int64_t dw_reversal_share(int64_t whole, int64_t amount, int64_t of);

/*
 * The money lies in the escrow again; milestones that were over are funded
 * again.  clawed_back of what was released is owed already and cannot be
 * taken twice.  DW_INVALID_TRANSITION: frozen.  DW_INSUFFICIENT_FUNDS: more
 * than was released, or refunded.
 */
extern DwResult dw_escrow_reverse(DwEscrow *escrow, DwMilestone *milestones,
								  int count, const DwReversal *reversal,
								  int64_t clawed_back);

#endif							/* DW_REVERSAL_H */
