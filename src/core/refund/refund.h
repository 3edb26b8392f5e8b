/*
 * refund.h
 *		What becomes of a refund that a payment company was asked for.
 */
#ifndef DW_REFUND_H
#define DW_REFUND_H

#include <stdint.h>

#include "core/base/base.h"

/* Type refund_status. */
typedef enum DwRefundStatus
{
	DW_REFUND_PENDING,			/* asked of the payment company */
	DW_REFUND_COMPLETED,		/* it has sent the money */
	DW_REFUND_FAILED			/* it could not, or shall not any more */
} DwRefundStatus;

/* What a payment company was asked to give back of one payment. */
typedef struct DwRefundFacts
{
	DwRefundStatus status;		/* moves by the functions below */
	int64_t		amount;			/* as it was asked for, > 0 */
	int64_t		reversed;		/* of it, undone before it was sent */
} DwRefundFacts;

/* What a refund that was sent takes, and from whom. */
typedef struct DwRefundSent
{
	int64_t		pending;		/* it was asked for */
	int64_t		loss;			/* it was undone before: the platform's */
} DwRefundSent;

DW_LABELS_OF(refund_status, DwRefundStatus);

/* What of it a company has still to send; 0 once it has, or could not. */
extern int64_t dw_refund_pending(const DwRefundFacts *refund);

/* Undoes at most so much of what is pending; gives how much. */
extern int64_t dw_refund_withdraw(DwRefundFacts *refund, int64_t amount);

/*
 * A company has sent so much of it, though it may have been undone; 0: it
 * does not say how much, and has sent what was still asked for, or all if
 * nothing was.  DW_INVALID_TRANSITION: it was told before; DW_BAD_VALUE: less
 * than is asked for, or more than ever was.
 */
extern DwResult dw_refund_confirm(DwRefundFacts *refund, int64_t amount,
								  DwRefundSent *sent);

#endif							/* DW_REFUND_H */
