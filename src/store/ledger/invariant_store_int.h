/*
 * invariant_store_int.h
 *		Whether the books of a scope add up: I1, I2, I3 and I7 to I10.
 *
 * False means that a query has to look (see ledger_store.h): what is too
 * strange to be judged here is false as well.  I4 follows: scopes each of
 * which sums to zero do so together.
 */
#ifndef DW_INVARIANT_STORE_INT_H
#define DW_INVARIANT_STORE_INT_H

#include "postgres.h"

#include "store/ledger/ledger_store.h"

/* True when the sums of a scope are right; its accounts were looked up. */
extern bool dw_invariants_check(const DwChain *chain, DwAccounts *accounts);

/* For each of the scopes: true when the history of its escrow is whole. */
extern bool *dw_histories_check(const DwChain *chains,
								const DwScopes *scopes);

#endif							/* DW_INVARIANT_STORE_INT_H */
