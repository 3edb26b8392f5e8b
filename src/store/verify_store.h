/*
 * verify_store.h
 *		Checks the hash chains: which row was tampered with first (I6).
 *
 * A chain is followed from its beginning, and every link is made anew from
 * the stored columns (see ledger_store.h).  Where one does not fit, the
 * chain says that something was changed there; what it was is found by
 * putting back what the other rows tell, until the link fits again:
 *
 *		entry_changed		an entry says something else than was booked
 *		entry_missing		an entry is gone
 *		transaction_changed	the transaction says something else
 *		transaction_missing	a transaction is gone
 *		chain_broken		the columns of the chain itself were changed, or
 *							a transaction was put in
 *
 * Of each chain the first fault is told: what comes after it rests on it.
 * Who rewrites a chain to its end, and the escrow's last_hash with it, is not
 * found here; keep a copy of last_hash elsewhere against that.
 */
#ifndef DW_VERIFY_STORE_H
#define DW_VERIFY_STORE_H

#include "postgres.h"

#include "store/chain_store.h"

/* The first fault of a chain. */
typedef struct DwTampering
{
	DwUuid		scope_id;		/* whose chain: a job's, or a user's */
	bool		has_transaction;	/* it is known which one */
	DwUuid		transaction_id; /* the one that is wrong or missing */
	int			leg;			/* the entry's; 0 = none, or unknown */
	const char *problem;		/* one of the words above */
} DwTampering;

/* True when a chain, just loaded, is sound; else *tampering is the fault. */
extern bool dw_chain_verify(DwChain *chain, DwTampering *tampering);

#endif							/* DW_VERIFY_STORE_H */
