/*
 * ledger_store_int.h
 *		What only the files of this folder use: the legs of a transaction as
 *		they are hashed, and the stored chains that an audit reads.
 */
#ifndef DW_LEDGER_STORE_INT_H
#define DW_LEDGER_STORE_INT_H

#include "postgres.h"

#include "server/table/table_server.h"
#include "store/ledger/ledger_store.h"

/* A row of dwello.transactions, with its place in the chain. */
typedef struct DwLedgerRow
{
	DwTransaction row;			/* but for what the labels say */
	const char *type;			/* label, whatever is stored */
	const char *status;			/* the same */
	const char *actor_role;		/* the same */
	bytea	   *prev_hash;		/* NULL unless it is in the chain */
	bytea	   *hash;			/* the same */
} DwLedgerRow;

extern DwTable dw_transactions;

/* The same columns, for a result that has each of them: many rows at once. */
extern DwMap dw_transaction_map;

/* One leg as it is stored, minor units. */
typedef struct DwEntry
{
	DwUuid		account_id;		/* an account's, or a job's */
	int64		amount;			/* not 0 */
} DwEntry;

/* A row of dwello.ledger_entries. */
typedef struct DwEntryRow
{
	DwUuid		scope_id;		/* of its transaction */
	DwUuid		transaction_id; /* what it is a leg of */
	int32		leg;			/* which one, from 1 */
	DwEntry		entry;			/* what it adds, and where */
	const char *currency;		/* of the transaction */
} DwEntryRow;

extern DwMap dw_entry_map;

/* The legs of one transaction, all in its currency. */
typedef struct DwLegs
{
	int			count;			/* used of the array */
	DwEntry		entries[DW_LEGS_MAX];	/* leg 1 comes first */
} DwLegs;

/* The link that a transaction makes; ledger_store.h has what is hashed. */
extern void dw_ledger_hash(const uint8 *previous,
						   const DwTransaction *transaction,
						   const DwLegs *legs, uint8 *hash);

/*
 * Totals of all accounts but those of escrows, summed up while the entries
 * pass by.  The statements of reconcile_store.c have the last word on
 * what is found here.
 */
typedef struct DwTotals DwTotals;

/* Adds an entry; currency is of ISO 4217, or whatever is stored. */
extern void dw_totals_add(DwTotals *totals, const DwUuid *id,
						  int64 amount, const char *currency);

/*
 * Reads the transactions of a scope with their entries, as they are
 * stored, to be checked.
 *
 * Nothing is believed: whatever somebody may have written is read without
 * raising.
 */

/* A stored transaction with its entries. */
typedef struct DwLink
{
	DwTransaction transaction;	/* as stored */
	DwLegs		legs;			/* as stored, those that fit in */
	int			numbers[DW_LEGS_MAX];	/* of these legs, rising */
	bool		is_readable;	/* every label is a known one */
	int			gap;			/* first leg that is not there; 0 = none */
	int			foreign;		/* first leg in another currency; 0 = none */
	int			entries;		/* how many there are */
	int			of_escrow;		/* how many are the escrow's */
	int128		sum;			/* of the entries */
	int128		gained;			/* of the positive ones */
	int128		escrow_gained;	/* of the escrow's */
	bool		is_visited;		/* the chain led here, or it is not in it */
	uint8		previous[DW_HASH_BYTES];	/* column prev_hash */
	uint8		hash[DW_HASH_BYTES];	/* column hash */
} DwLink;

/* What an escrow says of itself, and its history of it. */
typedef struct DwEscrowTotals
{
	char	   *currency;		/* as stored */
	char	   *status;			/* label */
	int64		funded;			/* this amount and the others as stored */
	int64		held;			/* lies there */
	int64		released;		/* went to the provider, fee and tax */
	int64		refunded;		/* went back */
	int64		charged_back;	/* taken by banks */
	int64		fee_taken;		/* of released */
	int64		tax_taken;		/* of released */
	int32		transition_count;	/* of rows in escrow_events */
} DwEscrowTotals;

/* What is stored of a scope, its chain among it, under examination. */
typedef struct DwChain
{
	DwUuid		scope_id;		/* whose it is */
	int			count;			/* of links */
	DwLink	   *links;			/* all transactions, by completed_at */
	DwLink	  **by_id;			/* of a long chain, once it is needed */
	DwLink	  **by_previous;	/* the same, by previous and place */
	bool		has_strays;		/* there are entries of no transaction */
	bool		has_end;		/* there is an escrow that knows the end */
	uint8		end[DW_HASH_BYTES]; /* its last_hash */
	uint8		reached[DW_HASH_BYTES]; /* how far the chain led */
	DwEscrowTotals escrow;		/* if there is one */
	DwLegs		unsent;			/* of refunds, by their rows; all that fit */
	bool		has_more_unsent;	/* and some that did not */
} DwChain;

/* Scopes to be loaded, in the order of their ids. */
typedef struct DwScopes
{
	const DwUuid *ids;			/* no two alike */
	int			count;			/* at least one */
	bool		is_range;		/* no other lies between first and last */
} DwScopes;

/* A read of the rows of scopes. */
typedef struct DwScopeQuery
{
	DwStatement range;			/* of all from the first to the last */
	DwStatement some;			/* of those in a list */
} DwScopeQuery;

#define DW_SCOPE_QUERY(select, column, order) { \
		DW_STATEMENT(select " WHERE " column " BETWEEN $1 AND $2 " order), \
		DW_STATEMENT(select " WHERE " column " = ANY ($1) " order)}

/* Runs such a read. */
extern uint64 dw_scopes_query(DwScopeQuery *query, const DwScopes *scopes);

/*
 * Loads what is stored of scopes, returned in the same order.  Entries of
 * accounts besides the escrow's own are added to totals, unless that is NULL.
 */
extern DwChain *dw_chains_load(const DwScopes *scopes, DwTotals *totals);

/* True when a chain, just loaded, is valid; else *tampering says where not. */
extern bool dw_chain_verify(DwChain *chain, DwTampering *tampering);

#endif							/* DW_LEDGER_STORE_INT_H */
