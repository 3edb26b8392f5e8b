/*
 * refund.h
 *		What becomes of a refund that a payment company was asked for.
 */
#ifndef DW_REFUND_H
#define DW_REFUND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/escrow/escrow.h"

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
	int64_t		loss;			/* of it, sent at the platform's cost */
	int64_t		failed;			/* of it, left for a receipt, never sent */
} DwRefundFacts;

/* What a refund that was sent takes, and from whom. */
typedef struct DwRefundSent
{
	int64_t		pending;		/* it was asked for */
	int64_t		apart;			/* it had failed and lies in a receipt since */
	int64_t		loss;			/* it was undone before: the platform's */
	int64_t		owed;			/* a provider had it, and nobody asked */
} DwRefundSent;

/* What comes back of a refund that failed, out of what, and to whom. */
typedef struct DwRefundBack
{
	int64_t		pending;		/* was not sent: to a receipt */
	int64_t		sent;			/* was sent and came back: to a receipt */
	int64_t		loss;			/* the same, to the platform, which bore it */
} DwRefundBack;

DW_LABELS_OF(refund_status, DwRefundStatus);

/* What of it a company has still to send; 0 once it has, or could not. */
extern int64_t dw_refund_pending(const DwRefundFacts *refund);

/* Undoes at most so much of what is pending; gives how much. */
extern int64_t dw_refund_withdraw(DwRefundFacts *refund, int64_t amount);

/*
 * A company has sent so much of it, though it may have been undone, or have
 * failed before: has_receipt says whether the receipt that it failed into
 * still has all of it, else the platform bears it.  0: it does not say how
 * much, and has sent what was still asked for, or all if nothing was.
 * DW_INVALID_TRANSITION: it was told before; DW_BAD_VALUE: less than is asked
 * for, or more than ever was.
 */
extern DwResult dw_refund_confirm(DwRefundFacts *refund, int64_t amount,
								  bool has_receipt, DwRefundSent *sent);

/*
 * So much of what is asked for is told of by itself (0 < amount, and less
 * than is asked for; not of one that was sent): the part is another row, and
 * the rest stays as it was.
 */
extern void dw_refund_split(DwRefundFacts *rest, int64_t amount,
							DwRefundFacts *part);

/*
 * A company has sent back what nobody asked for: out of what is held and not
 * disputed, also of a frozen escrow.  The milestones give up, in order, what
 * the money that was kept no longer covers.  Gives what of it was there;
 * with 0 nothing changes.
 */
extern int64_t dw_refund_take(DwEscrow *escrow, DwMilestone *milestones,
							  int count, int64_t amount);

/*
 * A company could not send it, or it came back, even after it was confirmed.
 * DW_INVALID_TRANSITION: it had failed before, or was undone.
 */
extern DwResult dw_refund_fail(DwRefundFacts *refund, DwRefundBack *back);

/*
 * The escrow has it again, for nobody had asked for it and it failed: of at
 * most so much what the escrow had given (0: nothing).  Should it be sent
 * after all, it is a loss, unless the escrow has it still.
 */
extern int64_t dw_refund_restore(DwRefundFacts *refund, int64_t amount);

/* One of those that an event may be about. */
typedef struct DwRefundKnown
{
	DwRefundFacts facts;		/* as it stands */
	bool		is_unasked;		/* nobody asked for it */
	bool		is_called;		/* the company has a name of its own for it */
	bool		is_later;		/* it failed after what the event says */
	int64_t		told;			/* by the event that it was sent by; 0: none */
} DwRefundKnown;

/* What an event says of which refund was sent. */
typedef struct DwRefundSaid
{
	int64_t		amount;			/* 0 = not said */
	bool		is_by_id;		/* they are the one that is meant, in parts */
	bool		is_own;			/* a fact that was not told before: by a name
								 * of the company's, or a statement */
} DwRefundSaid;

/* What is meant by an event. */
typedef enum DwRefundMeant
{
	DW_REFUND_MEANS_PENDING,	/* those that are pending, of its amount */
	DW_REFUND_MEANS_ONE,		/* one, that was not sent or has failed */
	DW_REFUND_MEANS_SENT,		/* one that it was told of before */
	DW_REFUND_MEANS_NONE,		/* what nobody asked for */
	DW_REFUND_MEANS_SEVERAL		/* it does not say which of several */
} DwRefundMeant;

/*
 * Which of those that its names fit an event says was sent: what is pending
 * before what was sent, and that before what has failed.  Equal amounts are
 * told apart by a name only: without it, what was asked for and sent is told
 * again.  *which is set where one is meant.
 */
extern DwRefundMeant dw_refund_meant(const DwRefundKnown *known, int count,
									 const DwRefundSaid *said, int *which);

#endif							/* DW_REFUND_H */
