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
	DW_ACCOUNT_PLATFORM_FEE,	/* fees earned */
	DW_ACCOUNT_TAX_PAYABLE,		/* tax on fees, owed to the state */
	DW_ACCOUNT_PSP_FEE,			/* what payment companies keep */
	DW_ACCOUNT_PLATFORM_LOSS,	/* what nobody else bears, < 0 */
	DW_ACCOUNT_ROUNDING,		/* remainders of conversions */
	DW_ACCOUNT_FX_LIQUIDITY,	/* the two halves of conversions */
	DW_ACCOUNT_CHARGEBACK_CLEARING, /* taken by banks, not yet decided */
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
 * DW_BAD_VALUE: a negative amount or a rate that is not positive.
 * DW_OVERFLOW: what is bought does not fit.  Written with DW_OK only.
 */
extern DwResult dw_fx_convert(int64_t amount, const DwFxRate *rate,
							  DwFxTrade *trade);

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
	DW_TRANSACTION_REVERSAL		/* mirrors another */
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

/*
 * What each event of money books: its postings.
 *
 * A posting is a list of legs on accounts that are named by what they are
 * for; store/ turns them into ids.  All legs are in one currency and sum to
 * zero, and each event touches the kinds of account that its rule names
 * (dw_posting_may).  A leg of 0 is left out.
 *
 * All amounts are minor units.  What cannot be booked says so in `result`
 * and has no legs: DW_BAD_VALUE for an amount that is negative or an event
 * that moves nothing, DW_OVERFLOW for a sum or a number of legs that does
 * not fit.  Texts belong to the caller and must outlive the posting.
 */

#define DW_LEGS_MAX 16			/* of one transaction */

/* An account, by what it is for. */
typedef struct DwAccount
{
	DwUuid		owner_id;		/* a user, a job; nil for the platform */
	DwAccountKind kind;			/* what it is for */
	const char *currency;		/* ISO 4217 */
	const char *psp;			/* payment company, or "" */
} DwAccount;

/* What an account gains (> 0) or gives (< 0). */
typedef struct DwLeg
{
	DwAccount	account;		/* whose it is */
	int64_t		amount;			/* not 0 */
} DwLeg;

/* The events of money. */
typedef enum DwPostingEvent
{
	DW_POSTING_STORED,			/* read back: whatever was booked */
	DW_POSTING_PAYMENT,			/* a payment arrives */
	DW_POSTING_LATE_PAYMENT,	/* one arrives too late and is given back */
	DW_POSTING_RELEASE,			/* out of escrow to provider, fee and tax */
	DW_POSTING_REFUND,			/* out of escrow to the companies */
	DW_POSTING_SETTLEMENT,		/* a dispute ends: both at once */
	DW_POSTING_CHARGEBACK_OPENED,	/* a bank asks for a payment */
	DW_POSTING_CHARGEBACK_WON,	/* and gives it back */
	DW_POSTING_CHARGEBACK_LOST, /* or keeps it */
	DW_POSTING_REVERSAL,		/* one of the first three out is undone */
	DW_POSTING_PAYOUT,			/* a provider is paid */
	DW_POSTING_EXCHANGE,		/* in another currency: the half sold */
	DW_POSTING_EXCHANGED_PAYOUT,	/* and the half paid */
	DW_POSTING_PAYOUT_RETURNED, /* any of these three came back */
	DW_POSTING_EVENT_COUNT
} DwPostingEvent;

/* What one transaction books. */
typedef struct DwPosting
{
	DwPostingEvent event;		/* what happened */
	DwResult	result;			/* DW_OK, or why it cannot be booked */
	const char *currency;		/* of every leg */
	int			count;			/* of legs */
	DwLeg		legs[DW_LEGS_MAX];	/* leg 1 comes first */
} DwPosting;

/* Whose money an escrow's events move. */
typedef struct DwParties
{
	DwUuid		job_id;			/* owner of the escrow */
	DwUuid		provider_id;	/* who is paid */
	const char *currency;		/* of the escrow */
} DwParties;

/* What leaves an escrow for the provider, and what is kept of it. */
typedef struct DwEarnings
{
	int64_t		payout;			/* the provider's */
	int64_t		fee;			/* the platform's */
	int64_t		tax;			/* on the fee */
} DwEarnings;

/* What goes back through one payment. */
typedef struct DwGivenBack
{
	const char *psp;			/* company of the payment */
	int64_t		amount;			/* > 0 */
} DwGivenBack;

/* A payment that lies in an escrow, and what a refund gives back of it. */
typedef struct DwPaidIn
{
	const char *psp;			/* company that brought it */
	int64_t		amount;			/* what it brought, > 0 */
	int64_t		room;			/* what the company still has of the job */
	int64_t		back;			/* out: of it, given back */
} DwPaidIn;

/* Out of what a chargeback is taken; together what the bank asks for. */
typedef struct DwTakenBack
{
	const char *psp;			/* company that tells of it */
	int64_t		held;			/* out of the escrow */
	int64_t		clawed_back;	/* the provider owes it */
	int64_t		loss;			/* the platform bears it */
} DwTakenBack;

/* A payout as it was paid. */
typedef struct DwPaid
{
	DwUuid		provider_id;	/* who was paid */
	const char *currency;		/* of the balance */
	int64_t		available;		/* leg of provider_available */
	int64_t		receivable;		/* leg of provider_receivable */
	int64_t		remainder;		/* of what was sold, what bought nothing */
	const char *psp;			/* payment company */
	const char *paid_currency;	/* what was sent */
	int64_t		paid_amount;	/* how much of it, > 0 */
} DwPaid;

/* True when a leg of this amount on such an account is the event's to post. */
extern bool dw_posting_may(DwPostingEvent event, DwAccountKind kind,
						   int64_t amount);

/*
 * True when it can be booked: two legs at least, all in its currency and
 * none of them 0, their sum is 0, and the event may touch the accounts.
 */
extern bool dw_posting_is_valid(const DwPosting *posting);

/* A payment arrives in time, or too late: then it only passes through. */
extern void dw_posting_payment(DwPosting *posting, const DwParties *parties,
							   const char *psp, int64_t amount);
extern void dw_posting_late_payment(DwPosting *posting, const char *currency,
									const char *psp, int64_t amount);

/* Money leaves an escrow; legs of the same company become one. */
extern void dw_posting_release(DwPosting *posting, const DwParties *parties,
							   const DwEarnings *earnings);
extern void dw_posting_refund(DwPosting *posting, const DwParties *parties,
							  const DwGivenBack *parts, int count);
extern void dw_posting_settlement(DwPosting *posting,
								  const DwParties *parties,
								  const DwEarnings *earnings,
								  const DwGivenBack *parts, int count);

/*
 * Spreads a refund over the payments of a job, in the order in which they
 * came.  A company gives back at most what it still has of the job: what it
 * brought, less what it gave back and what banks have taken from it, which
 * is missing of its first payments.  Should all of them together not have
 * the amount, the last payment bears the rest.  Gives what nothing bears: the
 * amount when there is no payment, else 0.
 */
extern int64_t dw_refund_spread(DwPaidIn *payments, int count,
								int64_t amount);

/* A bank asks for a payment; won mirrors the opening leg by leg. */
extern void dw_posting_chargeback_open(DwPosting *posting,
									   const DwParties *parties,
									   const DwTakenBack *taken);
extern void dw_posting_chargeback_won(DwPosting *posting,
									  const DwParties *parties,
									  const DwTakenBack *taken);
extern void dw_posting_chargeback_lost(DwPosting *posting,
									   const DwParties *parties,
									   const DwTakenBack *taken);

/*
 * Undoes a part of a release, a refund or a settlement, as it was stored:
 * parts[i] is what the i-th leg that gained gives back.  The provider's leg
 * goes to what they owe, for what was released may have been paid out.
 */
extern void dw_posting_reversal(DwPosting *posting,
								const DwPosting *original,
								const int64_t *parts);

/*
 * A payout was paid.  In another currency that takes two transactions, the
 * half that was sold first: fills one or two postings and says how many.
 */
extern int	dw_posting_payout(DwPosting postings[2], const DwPaid *paid);

/* One transaction of a payout comes back: each leg as it was stored, < 0. */
extern void dw_posting_payout_returned(DwPosting *posting,
									   const DwPosting *original);

#endif							/* DW_LEDGER_H */
