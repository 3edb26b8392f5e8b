/*
 * payout.h
 *		What providers can be paid.
 */
#ifndef DW_PAYOUT_H
#define DW_PAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/base.h"

/*
 * What a provider can be paid out, and what a payment does to their
 * accounts.
 *
 * Their money is one sum in two accounts: what was released (available)
 * and what they owe (receivable, below zero after a chargeback or a reversal;
 * above zero when one is won that they had made good before).  A payout
 * promises a part of the sum and, once it is paid, settles the two.
 * Beside them lies a rolling reserve: a part of what was released lately,
 * which is theirs after some days.
 *
 * All amounts are minor units of one currency.
 */

/* Type payout_status. */
typedef enum DwPayoutStatus
{
	DW_PAYOUT_PENDING,			/* asked for, maybe under way */
	DW_PAYOUT_COMPLETED,		/* paid, and booked */
	DW_PAYOUT_FAILED,			/* the company could not pay */
	DW_PAYOUT_CANCELLED			/* given up */
} DwPayoutStatus;

/* Type payout_hold_reason. */
typedef enum DwPayoutHold
{
	DW_PAYOUT_HOLD_ACCOUNT,		/* the provider's account is not active */
	DW_PAYOUT_HOLD_BALANCE,		/* their balance does not cover it */
	DW_PAYOUT_NOT_HELD			/* no label */
} DwPayoutHold;

/* When payouts are asked for by themselves: setting payout_schedule. */
typedef enum DwPayoutSchedule
{
	DW_SCHEDULE_MANUAL,			/* never */
	DW_SCHEDULE_DAILY,
	DW_SCHEDULE_MONDAY,			/* weekly, as the others */
	DW_SCHEDULE_TUESDAY,
	DW_SCHEDULE_WEDNESDAY,
	DW_SCHEDULE_THURSDAY,
	DW_SCHEDULE_FRIDAY,
	DW_SCHEDULE_SATURDAY,
	DW_SCHEDULE_SUNDAY
} DwPayoutSchedule;

DW_LABELS_OF(payout_schedule, DwPayoutSchedule);

/*
 * The day on which the turn that holds today has begun; a day is counted from
 * 2000-01-01.  Who was looked at before it is due.  False: none ever begins.
 */
extern bool dw_payout_turn(DwPayoutSchedule schedule, int32_t today,
						   int32_t *turn);

/* What a provider has in one currency. */
typedef struct DwBalance
{
	int64_t		available;		/* released and not paid out, >= 0 */
	int64_t		receivable;		/* below zero: a debt */
	int64_t		pending;		/* promised to payouts under way, >= 0 */
	int64_t		reserved;		/* kept back of what was released, >= 0 */
	int64_t		recent;			/* kept back too lately to be theirs yet; what
								 * has left the reserve was the oldest */
} DwBalance;

/* What a payout that was paid does to the two accounts. */
typedef struct DwNetting
{
	int64_t		available;		/* leg of provider_available */
	int64_t		receivable;		/* leg of provider_receivable */
} DwNetting;

/* Type repayment_status. */
typedef enum DwRepaymentStatus
{
	DW_REPAYMENT_PENDING,		/* asked for, maybe in part there */
	DW_REPAYMENT_COMPLETED,		/* all of it has arrived */
	DW_REPAYMENT_EXPIRED,		/* not in time */
	DW_REPAYMENT_CANCELLED		/* asked for anew */
} DwRepaymentStatus;

/* What of a repayment has arrived. */
typedef struct DwRepayment
{
	int64_t		amount;			/* asked for, > 0 */
	int64_t		received;		/* so far, >= 0; may be more */
	DwRepaymentStatus status;	/* what became of it */
} DwRepayment;

DW_LABELS_OF(repayment_status, DwRepaymentStatus);

/*
 * An amount (> 0) has arrived for it, in time or not.  True: that completes
 * it, for all of it is there now.
 */
extern bool dw_repayment_receive(DwRepayment *repayment, int64_t amount);

DW_LABELS_OF(payout_status, DwPayoutStatus);
DW_LABELS_OF(payout_hold, DwPayoutHold);

/* What of a release (>= 0) is kept back, by parts per million; floored. */
extern int64_t dw_reserve_share(int64_t payout, int64_t ppm);

/*
 * What of the reserve is theirs now: all that is old enough, or, where that is
 * more, what they owe beyond what is available.  Moves it to available, in
 * memory; 0 = nothing.
 */
extern int64_t dw_reserve_free(DwBalance *balance);

/* A payout under way, as far as it decides who is held. */
typedef struct DwPromise
{
	int64_t		amount;			/* out of the balance, > 0 */
	bool		is_sent;		/* a worker has it */
	DwPayoutHold hold;			/* out: what is in its way */
} DwPromise;

/*
 * True when it changes anything that a payout is told to have ended so.  One
 * that failed or was cancelled may be paid all the same, one that was paid may
 * come back, any number of times.
 */
extern bool dw_payout_is_news(DwPayoutStatus status, DwPayoutStatus end);

/* available + receivable - pending; below zero: the debt is the greater. */
extern DwResult dw_payout_withdrawable(const DwBalance *balance,
									   int64_t *amount);

/*
 * A payout is asked for, with a fee (>= 0) beside it; *amount 0 = all there is
 * but the fee, and is set to it.  DW_BAD_VALUE: negative.
 * DW_INSUFFICIENT_FUNDS: more than there is, or nothing.
 */
extern DwResult dw_payout_request(const DwBalance *balance, int64_t fee,
								  int64_t *amount);

/*
 * A part of a debt is made good; *amount 0 = all that is owed beyond what is
 * available, and is set to it.  DW_INSUFFICIENT_FUNDS: more, or nothing owed.
 */
extern DwResult dw_payout_debt(const DwBalance *balance, int64_t *amount);

/*
 * Says which of all payouts under way in one currency are held; in the order
 * in which they were asked for, so an earlier one is covered first.  What a
 * worker has is on its way, and counts before all others.
 */
extern void dw_payouts_hold(const DwBalance *balance, bool is_active,
							DwPromise *promises, int count);

/* True for events of jobs after which a provider has more, or less. */
extern bool dw_payout_is_concerned(const char *event_type);

/*
 * A payout of amount (> 0) was paid.  The legs sum to -amount; the debt is
 * made good as far as the rest goes, what is owed to the provider is added to
 * it, and available does not fall below zero, whatever came between.
 */
extern DwResult dw_payout_settle(const DwBalance *balance, int64_t amount,
								 DwNetting *netting);

/*
 * The fee (> 0) of a payout is taken: out of what is available, and what is
 * more than that is owed.  No debt is made good by it: the payout does that.
 */
extern void dw_payout_settle_fee(const DwBalance *balance, int64_t fee,
								 DwNetting *netting);

#endif							/* DW_PAYOUT_H */
