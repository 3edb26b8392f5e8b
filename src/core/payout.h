/*
 * payout.h
 *		What a provider can be paid out, and what a payment does to his
 *		accounts.
 *
 * His money is one sum in two accounts: what was released to him (available)
 * and what he owes (receivable, below zero after a chargeback or a reversal;
 * above zero when one is won that he had made good before).  A payout
 * promises a part of the sum and, once it is paid, settles the two.
 *
 * All amounts are minor units of one currency.
 */
#ifndef DW_PAYOUT_H
#define DW_PAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/result.h"

/* Type payout_status. */
typedef enum DwPayoutStatus
{
	DW_PAYOUT_PENDING,			/* asked for, maybe under way */
	DW_PAYOUT_COMPLETED,		/* paid, and booked */
	DW_PAYOUT_FAILED,			/* the company could not pay */
	DW_PAYOUT_CANCELLED			/* given up */
} DwPayoutStatus;

/* What a provider has in one currency. */
typedef struct DwBalance
{
	int64_t		available;		/* released to him and not paid out, >= 0 */
	int64_t		receivable;		/* below zero: he owes it */
	int64_t		pending;		/* promised to payouts under way, >= 0 */
} DwBalance;

/* What a payout that was paid does to his two accounts. */
typedef struct DwNetting
{
	int64_t		available;		/* leg of provider_available */
	int64_t		receivable;		/* leg of provider_receivable */
} DwNetting;

extern const char *dw_payout_status_label(DwPayoutStatus value);
extern bool dw_payout_status_parse(const char *text, DwPayoutStatus *value);

/*
 * True when a payout may be told to end so, or has: one that was paid may
 * still fail, when the bank sends it back, and one that failed is over.
 */
extern bool dw_payout_may_end(DwPayoutStatus status, DwPayoutStatus end);

/* available + receivable - pending; below zero: he owes more than he has. */
extern DwResult dw_payout_withdrawable(const DwBalance *balance,
									   int64_t *amount);

/*
 * A payout is asked for; *amount 0 = all there is, and is set to it.
 * DW_BAD_VALUE: negative.  DW_INSUFFICIENT_FUNDS: more than there is, or
 * nothing.
 */
extern DwResult dw_payout_request(const DwBalance *balance, int64_t *amount);

/*
 * A payout of amount (> 0) was paid.  The legs sum to -amount; what he owes
 * is made good as far as the rest goes, what he is owed is added to it, and
 * available does not fall below zero, whatever came between.
 */
extern DwResult dw_payout_settle(const DwBalance *balance, int64_t amount,
								 DwNetting *netting);

#endif							/* DW_PAYOUT_H */
