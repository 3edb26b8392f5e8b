/*
 * payout_store.h
 *		Payouts of providers.
 */
#ifndef DW_PAYOUT_STORE_H
#define DW_PAYOUT_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/posting/posting.h"
#include "core/payout/payout.h"

/*
 * Payouts of providers, and what lies in their accounts.
 *
 * Commands lock the user's row first, so payouts are decided one after
 * the other.  A balance is the rolled up part and the entries after it.
 */

/* A row of dwello.payouts. */
typedef struct DwPayoutRow
{
	DwUuid		user_id;		/* the provider, locked */
	DwUuid		id;				/* its key beside user_id */
	DwPayoutStatus status;		/* pending, or how it ended */
	DwUuid		payment_method_id;	/* where it goes; a removed one, too */
	int64		amount;			/* out of the balance, > 0 */
	const char *currency;		/* of the balance */
	int64		paid_amount;	/* what is sent, > 0 */
	const char *paid_currency;	/* what it is sent in */
	int64		remainder;		/* of amount, what bought nothing */
	int64		fee;			/* beside amount, >= 0 */
	DwUuid		fee_transaction_id; /* that has taken it; nil while none has */
	const char *psp;			/* payment company, or NULL */
	const char *psp_reference;	/* its name for the payout, or NULL */
	TimestampTz hold_until;		/* not to be sent before */
	DwPayoutHold hold;			/* what else is in its way */
	TimestampTz sent_at;		/* a worker has it; DT_NOBEGIN: not yet */
	DwUuid		transaction_id; /* that paid it; nil while none has */
	int32		version;		/* of the row */
	TimestampTz created_at;		/* by dw_now() */
	TimestampTz completed_at;	/* when it ended; DT_NOBEGIN while pending */
} DwPayoutRow;

/* A row of dwello.repayments. */
typedef struct DwRepaymentRow
{
	DwUuid		user_id;		/* the provider, locked */
	DwUuid		id;				/* its key beside user_id */
	DwUuid		payment_method_id;	/* to pay with; nil = none is known */
	DwRepayment facts;			/* how much, and what became of it */
	const char *currency;		/* of the balance */
	const char *psp;			/* of the payment method, or NULL */
	TimestampTz pay_by;			/* until when it is waited for */
	int32		version;		/* of the row */
	TimestampTz created_at;		/* by dw_now() */
	TimestampTz completed_at;	/* when it ended; DT_NOBEGIN while pending */
} DwRepaymentRow;

/* Whose payouts are looked at. */
typedef struct DwPayee
{
	DwUuid		id;				/* the provider, locked */
	bool		is_active;		/* their account */
} DwPayee;

/* One transaction of a payout. */
typedef struct DwPayoutBooking
{
	int64		amount;			/* > 0, in the currency of the posting */
	DwPosting	posting;		/* what it books */
	TimestampTz occurred_at;	/* by the company's clock, or DT_NOBEGIN */
	DwUuid		reverses;		/* transaction undone; nil = none */
	DwUuid		before;			/* the one booked before that; nil = none */
} DwPayoutBooking;

/*
 * Makes whoever decides on the user's payouts in an older snapshot fail
 * with 40001, for they would not see this one.
 */
extern void dw_payout_mark_user(const DwUuid *user_id);

/* What a provider has; is_read for a STABLE function. */
extern void dw_balance_load(const DwUuid *user_id, const char *currency,
							bool is_read, DwBalance *balance);

/*
 * The same of a locked user, once what is free of their reserve is booked as
 * available (reserve_freed is emitted); how much that was.
 */
extern int64 dw_balance_settle(const DwUuid *user_id, const char *currency,
							   DwBalance *balance);

/* Settles all reserves of a locked user; how many were changed by it. */
extern int	dw_reserves_settle(const DwUuid *user_id);

/* What of a release to a provider is kept back: setting reserve_ppm. */
extern int64 dw_reserve_of(int64 payout);

/*
 * Makes the accounts that releases of these jobs keep something back in,
 * where any do; in the order of their ids, so that nobody waits in a circle.
 */
extern void dw_reserves_ensure(const DwUuid *jobs, int count);

/* Locks providers whose reserves nobody looked at today, and marks them. */
extern DwPayee *dw_reserves_claim(int32 max_rows, int *count);

/* The currencies they have accounts in, in order. */
extern char **dw_balance_currencies(const DwUuid *user_id, int *count);

/* A payout of a locked user; false: no such. */
extern bool dw_payout_find(const DwUuid *user_id, const DwUuid *id,
						   DwPayoutRow *row);

/* Writes a new one, pending and of version 1. */
extern void dw_payout_insert(DwPayoutRow *row);

/* What undoes a booked transaction of a payout, or its fee's. */
extern void dw_payout_mirror(const DwUuid *user_id, const DwUuid *id,
							 DwPayoutBooking *booking);
extern void dw_payout_fee_mirror(const DwUuid *user_id, const DwUuid *id,
								 DwPayoutBooking *booking);

/*
 * Locks providers whose payouts nobody has looked at since the turn began, at
 * most max_rows, and says that they are looked at; not who is busy.
 */
extern DwPayee *dw_payees_claim(int32 max_rows, DateADT turn, int *count);

/* Writes how it ended: status, reference and transaction. */
extern void dw_payout_end(DwPayoutRow *row, DwPayoutStatus status);

/* Tells the worker, and others, of a payout; reason may be NULL. */
extern void dw_payout_emit(const DwPayoutRow *row, const char *type,
						   const char *reason);

/*
 * Settles a locked provider's reserves, and holds and resumes what no worker
 * has of their payouts, by their account's status and what their balance
 * covers; emits payout_held and payout_resumed.
 */
extern void dw_payouts_review(const DwPayee *payee);

/*
 * The same for those of many who have any that no worker has, or a reserve;
 * locks them by id.  Unless it waits it leaves out who is busy, and gives
 * false for them.
 */
extern bool dw_payouts_review_all(const DwUuid *user_ids, int count,
								  bool waits);

/* Of a locked user: the repayment with this id, and those pending. */
extern bool dw_repayment_find(const DwUuid *user_id, const DwUuid *id,
							  DwRepaymentRow *row);
extern DwRepaymentRow *dw_repayments_pending(const DwUuid *user_id,
											 int *count);

/* Writes a new one, and what became of one. */
extern void dw_repayment_insert(DwRepaymentRow *row);
extern void dw_repayment_save(DwRepaymentRow *row);

/* Locks users who have repayments past pay_by; not who is busy. */
extern DwPayee *dw_repayments_claim_overdue(int32 max_rows, int *count);

#endif							/* DW_PAYOUT_STORE_H */
