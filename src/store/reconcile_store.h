/*
 * reconcile_store.h
 *		The invariants of money, each a query that finds what breaks it.
 *
 * Healthy books give no row.  The queries look at scopes (jobs) and accounts
 * that are in doubt: books_store.h goes through all of them and finds those.
 *		I1	the entries of a transaction sum to zero in each currency
 *		I2	an escrow holds the sum of its entries; an account's folded part
 *			is the sum up to its watermark (not looked at with `since`, for
 *			it would take all entries); every entry has its account
 *		I3	funded = held + released + refunded + charged_back, all >= 0;
 *			funded and refunded as the payments and refunds come to, each
 *			refund through the companies that the payments came through
 *		I4	entries outside escrows and what escrows hold sum to zero
 *		I5	no balance below zero unless the kind of account allows it
 *		I7	fee + tax + payout = the part released, and in sum as the escrow
 *			has it
 *		I8	one transaction per idempotency key
 *		I9	the reversals of a transaction come to at most its amount
 *		I10 as many transitions as the escrow counts, without a gap
 * I6 (entries never change) is in verify_store.h.
 */
#ifndef DW_RECONCILE_STORE_H
#define DW_RECONCILE_STORE_H

#include "postgres.h"

#include "store/books_store.h"

/* One fault. */
typedef struct DwFault
{
	char	   *invariant;		/* 'I1' ... 'I10' */
	char	   *object;			/* kind of thing that is wrong */
	bool		has_id;			/* one thing, not a whole currency */
	DwUuid		object_id;		/* its id */
	char	   *currency;		/* of the figures; NULL for counts */
	Datum		expected;		/* numeric: what it should be */
	Datum		actual;			/* numeric: what it is */
} DwFault;

/* How many invariants there are to check. */
extern int	dw_invariant_count(void);

/*
 * Checks one of them on what is in doubt and gives the number of faults, to
 * be read with dw_fault_read() before the next statement.
 */
extern uint64 dw_invariant_check(int invariant, const DwDoubts *doubts);
extern void dw_fault_read(uint64 index, DwFault *fault);

#endif							/* DW_RECONCILE_STORE_H */
