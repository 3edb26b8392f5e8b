/*
 * fold_store.h
 *		Folds old entries of accounts into their balances.
 *
 * A balance is folded_balance and the entries above folded_through, which
 * one statement reads in one snapshot; so whoever reads it, in whatever
 * snapshot, finds the same sum before a fold, after it and beside it.
 */
#ifndef DW_FOLD_STORE_H
#define DW_FOLD_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/fold.h"

/* What one call has done. */
typedef struct DwFolding
{
	int			accounts;		/* folded a step further */
	int64		entries;		/* folded into them */
	int			created;		/* rows of accounts that were missing */
	TimestampTz through;		/* nothing later was; DT_NOBEGIN = nothing */
	DwFoldObstacle obstacle;	/* why nothing was, if something hinders */
} DwFolding;

/*
 * Makes the rows of accounts that entries not folded yet have none of, and
 * folds at most max_rows entries, and the rest of the last transaction.
 * Locks nothing that others wait for; one folds at a time.
 */
extern void dw_accounts_fold(int max_rows, DwFolding *folding);

#endif							/* DW_FOLD_STORE_H */
