/*
 * ledger.h
 *		The words of the ledger, and what its entries add up to.
 */
#ifndef DW_LEDGER_H
#define DW_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"

/*
 * The words of the ledger: kinds of account.
 *
 * An escrow is an account of its own (its id is the job's) and has no kind.
 */

/* Type ledger_account_kind. */
typedef enum DwAccountKind
{
	DW_ACCOUNT_PSP_CLEARING,	/* what a payment company holds for us, < 0 */
	DW_ACCOUNT_PROVIDER_AVAILABLE,	/* what a provider can be paid out */
	DW_ACCOUNT_PROVIDER_RECEIVABLE, /* what they owe after a chargeback, < 0 */
	DW_ACCOUNT_PLATFORM_FEE,	/* fees earned, less what was withdrawn */
	DW_ACCOUNT_TAX_PAYABLE,		/* tax on fees, owed to the state */
	DW_ACCOUNT_PSP_FEE,			/* what companies and banks took, < 0 */
	DW_ACCOUNT_PLATFORM_LOSS,	/* what nobody else bears, < 0 */
	DW_ACCOUNT_ROUNDING,		/* remainders of conversions */
	DW_ACCOUNT_FX_LIQUIDITY,	/* the two halves of conversions */
	DW_ACCOUNT_CHARGEBACK_CLEARING, /* taken by banks, not yet decided */
	DW_ACCOUNT_SUSPENSE,		/* of a receipt: money that fits nothing yet */
	DW_ACCOUNT_REFUND_PENDING,	/* asked of a company, not confirmed yet */
	DW_ACCOUNT_BANK,			/* at the platform's own bank, < 0 */
	DW_ACCOUNT_PROVIDER_RESERVE,	/* a provider's, kept back for a time */
	DW_ACCOUNT_KIND_COUNT,
	DW_ACCOUNT_ESCROW = DW_ACCOUNT_KIND_COUNT	/* a job's own: no label */
} DwAccountKind;

DW_LABELS_OF(account_kind, DwAccountKind);

/* True when the balance of such an account may be below zero (I5). */
extern bool dw_account_kind_may_owe(DwAccountKind value);

/*
 * How far the entries of an account may be rolled up into its balance.
 *
 * Transactions have time-ordered ids, made from the clock once their
 * database transaction has its own id (an xid).  So what has ended before
 * the oldest transaction still in flight began is complete: nothing will be
 * booked below it.  The margin is for clocks that are set back, or that of
 * the server which takes over from another.
 *
 * Times are microseconds since 2000-01-01 00:00 UTC.
 */

/* Why nothing may be rolled up at present. */
typedef enum DwRollupObstacle
{
	DW_ROLLUP_CLEAR,			/* nothing is in the way */
	DW_ROLLUP_SNAPSHOT,			/* the caller sees an older state */
	DW_ROLLUP_BUSY,				/* somebody else rolls up */
	DW_ROLLUP_SESSION,			/* one whose start is not known */
	DW_ROLLUP_PREPARED			/* prepared, so nobody knows its start */
} DwRollupObstacle;

/* What is found out about transactions in flight. */
typedef struct DwRollup
{
	int64_t		bound;			/* none of them began before */
	int64_t		margin;			/* below it, microseconds */
	DwRollupObstacle obstacle;	/* the first one met */
} DwRollup;

DW_LABELS_OF(rollup_obstacle, DwRollupObstacle);

/* Begins at the time of the call, as of before the sessions are looked at. */
extern void dw_rollup_begin(DwRollup *rollup, int64_t now, int64_t margin);

/* A transaction in flight began then. */
extern void dw_rollup_meet(DwRollup *rollup, int64_t started);

/* Nothing can be rolled up; the first reason stays. */
extern void dw_rollup_stop(DwRollup *rollup, DwRollupObstacle obstacle);

/* The time of the watermark: nothing will be booked before it. */
extern int64_t dw_rollup_time(const DwRollup *rollup);

/* The greatest id that is older than a time, of 1970 or later. */
extern DwUuid dw_rollup_watermark(int64_t time);

/* The greatest id below this one, which is not nil. */
extern DwUuid dw_rollup_below(const DwUuid *id);

/*
 * The id of the next transaction in a scope whose last one is known: the
 * fresh one from the clock, or the least above the last where that is later,
 * as after the clock was set back.  So the last by id ends the chain.
 */
extern DwUuid dw_transaction_id_next(const DwUuid *last,
									 const DwUuid *fresh);

/*
 * Changes an amount of one currency into another, exactly.
 *
 * A rate is a fraction of minor units: numerator of the currency bought for
 * denominator of the one sold.  What is bought is rounded down; of what was
 * sold, the part that bought nothing is the remainder, in minor units of the
 * currency sold.  So each currency's half of the ledger balances by itself:
 * amount = used + remainder
 * bought = floor(amount * numerator / denominator)
 * 	   = floor(used * numerator / denominator)
 * and used is the least amount that buys as much.
 */

/* What one currency is worth in another. */
typedef struct DwFxRate
{
	int64_t		numerator;		/* minor units bought, > 0 */
	int64_t		denominator;	/* for these sold, > 0 */
} DwFxRate;

/* What a conversion comes to. */
typedef struct DwFxTrade
{
	int64_t		bought;			/* minor units of the other currency */
	int64_t		used;			/* of the amount, what they cost */
	int64_t		remainder;		/* of the amount, what is left */
} DwFxTrade;

/*
 * Buys whole units (>= 1, in minor units) of the other currency.
 * DW_BAD_VALUE: a negative amount or a rate that is not positive.
 * DW_OVERFLOW: what is bought does not fit.  Written with DW_OK only.
 */
extern DwResult dw_fx_convert(int64_t amount, const DwFxRate *rate,
							  int64_t unit, DwFxTrade *trade);

/*
 * The words of a transaction: one row a movement of money.
 */

/* Type transaction_type. */
typedef enum DwTransactionType
{
	DW_TRANSACTION_PAYMENT,		/* homeowner to escrow */
	DW_TRANSACTION_REFUND,		/* escrow to homeowner */
	DW_TRANSACTION_DISPUTE,		/* a settled dispute: both ways at once */
	DW_TRANSACTION_FEE,			/* platform fee on its own */
	DW_TRANSACTION_RELEASE,		/* escrow to provider, fee and tax */
	DW_TRANSACTION_CHARGEBACK,	/* taken back by the bank */
	DW_TRANSACTION_PAYOUT,		/* provider's balance to a bank account */
	DW_TRANSACTION_REVERSAL,	/* mirrors another */
	DW_TRANSACTION_RECEIPT,		/* money that fits nothing, in or out again */
	DW_TRANSACTION_REFUND_PAYMENT,	/* a company has sent a refund */
	DW_TRANSACTION_REFUND_RETURN,	/* or could not, or it came back */
	DW_TRANSACTION_PSP_FEE,		/* a company takes its fee */
	DW_TRANSACTION_SETTLEMENT,	/* a company pays the platform's bank */
	DW_TRANSACTION_BANK_FEE,	/* the bank takes its fee */
	DW_TRANSACTION_WITHDRAWAL,	/* the platform takes what it earned */
	DW_TRANSACTION_ADJUSTMENT,	/* a company corrects its own account */
	DW_TRANSACTION_TIP,			/* to a provider, beyond the contract */
	DW_TRANSACTION_REPAYMENT,	/* a provider pays what they owe */
	DW_TRANSACTION_WRITE_OFF,	/* the platform bears what they owe */
	DW_TRANSACTION_RESERVE,		/* kept back, or free again */
	DW_TRANSACTION_JOURNAL,		/* an accountant's own entry */
	DW_TRANSACTION_TIP_PAYMENT, /* a homeowner pays a tip */
	DW_TRANSACTION_CANCELLATION /* the homeowner cancels: both ways at once */
} DwTransactionType;

/* Type transaction_status. */
typedef enum DwTransactionStatus
{
	DW_TRANSACTION_PENDING,		/* no entries yet; moves on once */
	DW_TRANSACTION_COMPLETED,	/* booked, in the hash chain */
	DW_TRANSACTION_FAILED,		/* never booked */
	DW_TRANSACTION_CANCELLED,	/* never booked */
	DW_TRANSACTION_DISPUTED		/* booked, under dispute */
} DwTransactionStatus;

DW_LABELS_OF(transaction_type, DwTransactionType);
DW_LABELS_OF(transaction_status, DwTransactionStatus);

#endif							/* DW_LEDGER_H */
