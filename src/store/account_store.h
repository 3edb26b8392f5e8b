/*
 * account_store.h
 *		Sums of ledger accounts, gathered while the entries pass by.
 *
 * Every entry of an account besides its own escrow is added; what the
 * accounts are is looked up a portion at a time.  The statements of
 * reconcile_store.h have the last word on what is found here.
 */
#ifndef DW_ACCOUNT_STORE_H
#define DW_ACCOUNT_STORE_H

#include "postgres.h"

#include "core/uuid.h"

typedef struct DwAccounts DwAccounts;

/* An empty set, in the current memory context. */
extern DwAccounts *dw_accounts_begin(void);

/* Adds an entry; currency is of ISO 4217, or whatever is stored. */
extern void dw_accounts_add(DwAccounts *accounts, const DwUuid *id,
							int64 amount, const char *currency);

/* Looks up the accounts that were added since the last time. */
extern void dw_accounts_resolve(DwAccounts *accounts);

/* True for an account that was looked up and clears for a company. */
extern bool dw_accounts_clears(DwAccounts *accounts, const DwUuid *id);

/*
 * The accounts that may be below zero and must not.  all: every entry there
 * is was added, so the sums are balances; else those that gave anything.
 */
extern DwUuid *dw_accounts_owing(DwAccounts *accounts, bool all, int *count);

/* The accounts without a row, or with entries in another currency. */
extern DwUuid *dw_accounts_strange(DwAccounts *accounts, int *count);

#endif							/* DW_ACCOUNT_STORE_H */
