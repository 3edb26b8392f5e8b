/*
 * posting.h
 *		What each event of money books.
 */
#ifndef DW_POSTING_H
#define DW_POSTING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/ledger/ledger.h"

/*
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
	DW_POSTING_RELEASE,			/* out of escrow to provider, fee and tax */
	DW_POSTING_REFUND,			/* out of escrow, to be sent by companies */
	DW_POSTING_SETTLEMENT,		/* a dispute ends: both at once */
	DW_POSTING_CHARGEBACK_OPENED,	/* a bank asks for a payment */
	DW_POSTING_CHARGEBACK_WON,	/* and gives it back, even later */
	DW_POSTING_CHARGEBACK_LOST, /* or keeps it */
	DW_POSTING_CHARGEBACK_COVERED,	/* a receipt bears a loss, or not */
	DW_POSTING_REVERSAL,		/* one of the first three out is undone */
	DW_POSTING_TAKEN_BACK,		/* released, and given back after all */
	DW_POSTING_PAYOUT,			/* a provider is paid */
	DW_POSTING_EXCHANGE,		/* in another currency: the half sold */
	DW_POSTING_EXCHANGED_PAYOUT,	/* and the half paid */
	DW_POSTING_PAYOUT_RETURNED, /* any of these three came back */
	DW_POSTING_RECEIPT,			/* a company has money that fits nothing */
	DW_POSTING_RECEIPT_ASSIGNED,	/* it is a payment after all */
	DW_POSTING_RECEIPT_RETURNED,	/* it shall go back */
	DW_POSTING_REFUND_PAID,		/* a company has sent a refund */
	DW_POSTING_REFUND_FAILED,	/* it could not, or it came back */
	DW_POSTING_PSP_FEE,			/* a company takes its fee */
	DW_POSTING_SETTLED,			/* a company pays the platform's bank */
	DW_POSTING_BANK_FEE,		/* the bank takes its fee */
	DW_POSTING_WITHDRAWAL,		/* the platform takes what it earned */
	DW_POSTING_ADJUSTMENT,		/* a company corrects its own account */
	DW_POSTING_TIP,				/* out of escrow, beyond the contract */
	DW_POSTING_PAYOUT_FEE,		/* a provider pays for a payout */
	DW_POSTING_RESERVE_FREED,	/* what was kept back is theirs again */
	DW_POSTING_REPAYMENT,		/* a provider pays what they owe */
	DW_POSTING_WRITE_OFF,		/* the platform bears it */
	DW_POSTING_JOURNAL,			/* an accountant's own entry */
	DW_POSTING_CANCELLATION,	/* the homeowner cancels: both at once */
	DW_POSTING_REFUND_OWED,		/* a company gave back what a provider had */
	DW_POSTING_TIP_RETURNED,	/* the provider gives a tip back */
	DW_POSTING_LOSS_OWED,		/* the provider has what the platform bore */
	DW_POSTING_CHARGEBACK_RAISED,	/* so have the escrow and they */
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
	int64_t		payout;			/* the provider's, the reserve in it */
	int64_t		fee;			/* the platform's */
	int64_t		tax;			/* on the fee */
	int64_t		reserve;		/* of payout, kept back for a time */
} DwEarnings;

/* What goes back through one payment. */
typedef struct DwGivenBack
{
	const char *psp;			/* company of the payment; NULL = of none */
	int64_t		amount;			/* > 0 */
} DwGivenBack;

/* A payment that lies in an escrow, and what a refund gives back of it. */
typedef struct DwPaidIn
{
	const char *psp;			/* company that brought it */
	int64_t		room;			/* in: of it, neither given back nor taken by
								 * a bank; out: nor by one that named none */
	int64_t		unnamed;		/* what banks took through this company and
								 * did not say of which payment */
	int64_t		back;			/* out: of it, given back */
	int64_t		unit;			/* of which the company sends no part; 0 = 1 */
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

/*
 * Accounts by what they are for: the platform's own, a company's, and that of
 * a user, a job (DW_ACCOUNT_ESCROW) or a receipt (DW_ACCOUNT_SUSPENSE, which
 * has a company too).
 */
extern DwAccount dw_account_of_platform(DwAccountKind kind,
										const char *currency);
extern DwAccount dw_account_of_psp(DwAccountKind kind, const char *currency,
								   const char *psp);
extern DwAccount dw_account_of(DwAccountKind kind, const DwUuid *owner_id,
							   const char *currency);
extern DwAccount dw_account_of_receipt(const DwUuid *receipt_id,
									   const char *currency, const char *psp);

/* An event that moves one amount (> 0) from one account to another. */
extern void dw_posting_move(DwPosting *posting, DwPostingEvent event,
							const DwAccount *from, const DwAccount *to,
							int64_t amount);

/*
 * A payment arrives, and the escrow takes it; the platform adds what no
 * company can bring, less than one of their units.
 */
extern void dw_posting_payment(DwPosting *posting, const DwParties *parties,
							   const char *psp, int64_t amount,
							   int64_t added);

/*
 * Money leaves an escrow; legs of the same company become one.  What goes
 * back lies in refund_pending until its company has sent it; what no payment
 * can take, for its payer has it back already, is the platform's, who bore it
 * (platform_loss).
 */
extern void dw_posting_release(DwPosting *posting, const DwParties *parties,
							   const DwEarnings *earnings);
extern void dw_posting_tip(DwPosting *posting, const DwParties *parties,
						   const DwEarnings *earnings);
extern void dw_posting_refund(DwPosting *posting, const DwParties *parties,
							  const DwGivenBack *parts, int count);
extern void dw_posting_settlement(DwPosting *posting,
								  const DwParties *parties,
								  const DwEarnings *earnings,
								  const DwGivenBack *parts, int count);
extern void dw_posting_cancellation(DwPosting *posting,
									const DwParties *parties,
									const DwEarnings *earnings,
									const DwGivenBack *parts, int count);

/*
 * Spreads a refund over the payments of a job, in the order in which they
 * came.  None gives back more than is there of it, nor a part of a unit.
 * What a bank took without a payment's name is missing of its company's first
 * payments.  Gives what no payment can give back.
 */
extern int64_t dw_refund_spread(DwPaidIn *payments, int count,
								int64_t amount);

/* A company has sent a refund: what was asked for, or the platform loses. */
extern void dw_posting_refund_paid(DwPosting *posting, const char *currency,
								   const char *psp, int64_t pending,
								   int64_t loss);

/*
 * A company has given back, unasked, what a provider had of a tip or had
 * repaid: they owe it (owed), and the platform loses the rest.
 */
extern void dw_posting_refund_owed(DwPosting *posting,
								   const DwParties *parties, const char *psp,
								   int64_t owed, int64_t loss);

/*
 * A refund failed: what was asked for (pending) and what was sent lies in the
 * receipt; what the platform had borne of it, it has again.
 */
extern void dw_posting_refund_failed(DwPosting *posting,
									 const DwAccount *receipt,
									 int64_t pending, int64_t sent,
									 int64_t loss);

/*
 * A bank asks for a payment; won mirrors the opening leg by leg.  Regained
 * does the same for what was lost, and left the company, before.
 */
extern void dw_posting_chargeback_open(DwPosting *posting,
									   const DwParties *parties,
									   const DwTakenBack *taken);
extern void dw_posting_chargeback_won(DwPosting *posting,
									  const DwParties *parties,
									  const DwTakenBack *taken);
extern void dw_posting_chargeback_regained(DwPosting *posting,
										   const DwParties *parties,
										   const DwTakenBack *taken);
extern void dw_posting_chargeback_lost(DwPosting *posting,
									   const DwParties *parties,
									   const DwTakenBack *taken);

/* What is held, and what the provider owes, is no loss any more. */
extern void dw_posting_chargeback_raise(DwPosting *posting,
										const DwParties *parties,
										const DwTakenBack *taken);

/*
 * Undoes a part of a release, a refund or a settlement, as it was stored:
 * parts[i] is what the i-th leg that gained gives back.  The provider's leg
 * goes to what they owe, for what was released may have been paid out.  What
 * companies have not sent of a refund (pending, one a company) is not sent;
 * what they have is gone, and the platform puts it into the escrow.
 */
extern void dw_posting_reversal(DwPosting *posting,
								const DwPosting *original,
								const int64_t *parts,
								const DwGivenBack *pending,
								int pending_count);

/* Who puts money that was released into the escrow again. */
typedef struct DwPutBack
{
	int64_t		available;		/* the provider, who has it */
	int64_t		owed;			/* the provider, who owes it */
	int64_t		loss;			/* the platform bears it */
	int64_t		fee;			/* the platform's fee */
	int64_t		tax;			/* tax on it */
} DwPutBack;

/* A part of what was released lies in the escrow again. */
extern void dw_posting_take_back(DwPosting *posting, const DwParties *parties,
								 const DwPutBack *parts);

/*
 * A part of a tip goes back by its company: the same parts give it, and no
 * escrow is between.
 */
extern void dw_posting_tip_returned(DwPosting *posting,
									const DwParties *parties,
									const DwPutBack *parts, const char *psp);

/*
 * A payout was paid.  In another currency that takes two transactions, the
 * half that was sold first: fills one or two postings and says how many.
 */
extern int	dw_posting_payout(DwPosting postings[2], const DwPaid *paid);

/*
 * One transaction of a payout comes back: each leg as it was stored, < 0, but
 * nothing out of what is available, which may be gone: out of receivable.
 */
extern void dw_posting_payout_returned(DwPosting *posting,
									   const DwPosting *original);

/*
 * An accountant's own entry, of legs on accounts that nothing else keeps a
 * row for; or one that takes it back, each leg as it was stored.
 * DW_CURRENCY_MISMATCH: legs of several currencies; DW_BAD_VALUE: they do not
 * sum to zero, an account that is not a journal's, or one named twice.
 */
extern void dw_posting_journal(DwPosting *posting, const DwLeg *legs,
							   int count);
extern void dw_posting_journal_reversed(DwPosting *posting,
										const DwPosting *original);

/* The sum of what accounts gain; DW_OVERFLOW if it does not fit. */
extern DwResult dw_posting_gained(const DwPosting *posting, int64_t *sum);

/*
 * A provider pays for a payout, as if they were paid so much: paid_amount in
 * currency, whose legs are the netted ones.  It comes back leg by leg.
 */
extern void dw_posting_payout_fee(DwPosting *posting, const DwPaid *fee);
extern void dw_posting_fee_returned(DwPosting *posting,
									const DwPosting *original);

#endif							/* DW_POSTING_H */
