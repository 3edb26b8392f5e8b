/*
 * ledger_store.h
 *		The ledger: transactions, entries, chains, balances, and their audit.
 */
#ifndef DW_LEDGER_STORE_H
#define DW_LEDGER_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/posting/posting.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"

/*
 * Transactions and their entries: double entry, append only, chained.
 *
 * Transactions of one scope form a chain in the order they were completed:
 * hash = SHA-256(previous hash, or 32 zeros for the first, || record)
 * The record is made of stored columns alone, so anybody can check it:
 *
 * 1 byte		0x01, the version of this encoding
 * scope_id, id, payer_id, payee_id,
 * transaction_type, amount, currency, platform_fee, tax, net_amount,
 * milestone_id, payment_method_id, psp, psp_reference, reverses,
 * actor_id, actor_role, request_id, pay_by, created_at,
 * completed_at, occurred_at, booked_on
 * the number of entries, and of each in the order of leg:
 * leg, account_id, amount, currency
 *
 * A uuid is its 16 bytes (NULL: 16 zeros), an integer or the length of a
 * text 8 bytes with the highest first, a text its length (NULL: -1) and its
 * bytes in UTF-8 or whatever the database's encoding is, a time the
 * microseconds since 2000-01-01 00:00 UTC (NULL: the lowest integer), a day
 * the days since then (8 bytes too), an enum its label.  The status is not in
 * it: only completed ones are chained.
 *
 * An account's id is the first 16 bytes of SHA-256 over owner_id (16 bytes),
 * kind, a zero byte, currency, a zero byte, psp ("" where there is none).
 * An escrow's account id is its job's id.  The platform's owner_id is nil.
 */

#define DW_HASH_BYTES 32		/* of a link in a chain */

/* Where the chain of a scope's transactions ends. */
typedef struct DwChainEnd
{
	bool		has_link;		/* the chain has begun */
	uint8		hash[DW_HASH_BYTES];	/* of the last transaction, else 0 */
} DwChainEnd;

/* A row of dwello.transactions. */
typedef struct DwTransaction
{
	DwUuid		scope_id;		/* a job, a user for a payout, or a fact */
	DwUuid		id;				/* time-ordered */
	DwUuid		payer_id;		/* whose money it was; may read it */
	DwUuid		payee_id;		/* for whom it is meant; so may they */
	DwTransactionType type;		/* what it does */
	DwTransactionStatus status; /* pending, or how it ended */
	int64		amount;			/* > 0 */
	const char *currency;		/* ISO 4217 */
	int64		platform_fee;	/* of amount */
	int64		tax;			/* of amount */
	int64		net_amount;		/* of amount, what the payee gets */
	const DwUuid *milestone_id; /* or NULL */
	const DwUuid *payment_method_id;	/* or NULL */
	const char *psp;			/* payment company, or NULL */
	const char *psp_reference;	/* its name for the payment, or NULL */
	const DwUuid *reverses;		/* transaction undone, or NULL */
	DwActor		actor;			/* who caused it */
	const DwUuid *request_id;	/* dw_call_request_id(), or NULL */
	TimestampTz pay_by;			/* end of a payment's time, or DT_NOBEGIN */
	TimestampTz created_at;		/* by dw_now() */
	TimestampTz completed_at;	/* DT_NOBEGIN while pending */
	TimestampTz occurred_at;	/* by who told of it, or DT_NOBEGIN */
	DateADT		booked_on;		/* day in platform_timezone; set by booking */
} DwTransaction;

/* A row of dwello.ledger_accounts. */
typedef struct DwAccountRow
{
	DwUuid		id;				/* dw_account_id() of the account */
	DwAccount	account;		/* what it is for */
	int64		rolled_up_balance;	/* sum of the entries up to ... */
	DwUuid		rolled_up_through;	/* this transaction; nil = none yet */
} DwAccountRow;

/*
 * The scope of what a company tells that belongs to no job and no user: 128
 * bits of SHA-256 over psp, a zero byte and event_id, as a UUID of version 8.
 */
extern DwUuid dw_fact_id(const char *psp, const char *event_id);

/*
 * The id of a new transaction.  The database transaction has an xid before
 * its clock is read, which the watermark of ledger_store.c relies on.
 */
extern DwUuid dw_transaction_id(void);

/*
 * The entries n of a provider's accounts, by their transactions t: they are
 * payer or payee of every one of them, so no index by account is needed.
 * The caller says of which accounts, and may bound t.id.
 */
#define DW_ENTRIES_OF_PROVIDER(provider_id) \
	"FROM (SELECT t.scope_id, t.id FROM dwello.transactions AS t " \
	"WHERE t.payee_id = " provider_id " UNION ALL " \
	"SELECT t.scope_id, t.id FROM dwello.transactions AS t " \
	"WHERE t.payer_id = " provider_id " " \
	"AND t.payee_id <> " provider_id ") AS t " \
	"JOIN dwello.ledger_entries AS n " \
	"ON n.scope_id = t.scope_id AND n.transaction_id = t.id "

/* The id of an account; an escrow's is its job's. */
extern DwUuid dw_account_id(const DwAccount *account);

/*
 * Makes the rows of all accounts of a command unless they are there; they are
 * sorted by id: two that make the same rows do not wait for each other.
 */
extern void dw_accounts_ensure(DwAccount *accounts, int count);

/* The same for the accounts of postings, but for those of escrows. */
extern void dw_postings_ensure(const DwPosting *postings, int count);

/*
 * Loads those of the accounts that have rows, in any order, and gives their
 * number.  is_read: in the snapshot of a STABLE function.
 */
extern int	dw_accounts_load(const DwUuid *ids, int count, bool is_read,
							 DwAccountRow *rows);

/*
 * Reads what a transaction has booked, of at most DW_LEGS_MAX legs.  False:
 * there is no such, or it has no entries.
 */
extern bool dw_posting_load(const DwUuid *scope_id,
							const DwUuid *transaction_id, DwPosting *posting);

/* Writes a pending transaction. */
extern void dw_transaction_insert(const DwTransaction *transaction);

/*
 * Books a transaction as completed: completed_at is set, the chain goes on
 * (the caller keeps its new end), the row and its legs are written.
 * is_pending: it is there already, and is completed.  XX000 for a posting
 * that is not valid: a fault of ours, never a user's.
 */
extern void dw_ledger_book(DwChainEnd *end, DwTransaction *transaction,
						   const DwPosting *posting, bool is_pending);

/*
 * The same for a scope whose chain no row keeps the end of: a user's, a
 * receipt's or a fact's.  The caller has locked the row that stands for it,
 * or has just made the scope.  The end is the transaction with the greatest
 * id, and id is raised above it where the clock had been set back.
 */
extern void dw_ledger_book_tail(DwTransaction *transaction,
								const DwPosting *posting);

/* Ends a pending transaction that was not booked: failed or cancelled. */
extern void dw_transaction_end(const DwTransaction *transaction,
							   DwTransactionStatus status);

/*
 * Checks the hash chains: which row was tampered with first (I6).
 *
 * A chain is followed from its beginning, and every link is made anew from
 * the stored columns (see above).  Where one does not fit, the
 * chain says that something was changed there; what it was is found by
 * putting back what the other rows tell, until the link fits again:
 *
 * entry_changed		an entry says something else than was booked
 * entry_missing		an entry is gone
 * transaction_changed	the transaction says something else
 * transaction_missing	a transaction is gone
 * chain_broken		the columns of the chain itself were changed, or
 * 					a transaction was put in
 *
 * Of each chain the first discrepancy is reported: the rest builds on it.
 * Who rewrites a chain to its end, and the escrow's last_hash with it, is not
 * found here; keep a copy of last_hash elsewhere against that.
 */

/* The first discrepancy of a chain. */
typedef struct DwTampering
{
	DwUuid		scope_id;		/* whose chain: a job's, or a user's */
	bool		has_transaction;	/* it is known which one */
	DwUuid		transaction_id; /* the one that is wrong or missing */
	int			leg;			/* the entry's; 0 = none, or unknown */
	const char *problem;		/* one of the words above */
} DwTampering;

/*
 * The audit: goes through the ledger and finds the suspects.
 *
 * All that belongs to a scope is read once, with that of some hundred others,
 * and every invariant below is put to it in C, where an entry costs little.
 * A scope that breaks one, or that is too strange to tell, is a suspect: the
 * queries of reconcile_store.c then say what is wrong with it.  The chain (I6)
 * is followed on the way.
 */

/* What an audit suspects, and the chains that are broken. */
typedef struct DwSuspects
{
	bool		all;			/* everything was looked at */
	int			scope_count;	/* of scopes */
	DwUuid	   *scopes;			/* whose sums, or history, do not add up */
	int			owing_count;	/* of accounts */
	DwUuid	   *owing;			/* that may be below zero and must not */
	int			strange_count;	/* of accounts */
	DwUuid	   *strange;		/* without a row, or with another currency */
	int			tampering_count;	/* of tamperings */
	DwTampering *tamperings;	/* the first of each chain */
} DwSuspects;

/*
 * Goes through all scopes, or those in which something happened since (an
 * account is then a suspect if anything left it).  DT_NOBEGIN = all.
 */
extern void dw_audit_check(TimestampTz since, DwSuspects *suspects);

/* Goes through the chains alone, all of them or that of one scope. */
extern void dw_audit_verify(const DwUuid *scope_id, DwSuspects *suspects);

/*
 * Rolls up old entries of accounts into their balances.
 *
 * A balance is rolled_up_balance and the entries above rolled_up_through,
 * which one statement reads in one snapshot; so whoever reads it, in
 * whatever snapshot, finds the same sum before a rollup, after it and beside
 * it.
 */

/*
 * The time before which nothing will be completed any more, but for a clock
 * that is set back by more than rollup_margin_seconds; DT_NOBEGIN when
 * nobody can tell, for a prepared transaction or an older snapshot.
 */
extern TimestampTz dw_ledger_settled(void);

/* What one call has done. */
typedef struct DwRollupRun
{
	int			accounts;		/* rolled up a step further */
	int64		entries;		/* rolled up into them */
	int			created;		/* rows of accounts that were missing */
	TimestampTz through;		/* nothing later was; DT_NOBEGIN = nothing */
	DwRollupObstacle obstacle;	/* why nothing was, if something hinders */
} DwRollupRun;

/*
 * Makes the rows of accounts that entries not rolled up yet have none of, and
 * rolls up at most max_rows entries, and the rest of the last transaction.
 * Locks nothing that others wait for; one rolls up at a time.
 */
extern void dw_balances_rollup(int max_rows, DwRollupRun *rollup);

/*
 * Rates of exchange, each for a range of time.
 */

/* A rate of a pair of currencies, and when it holds. */
typedef struct DwFxRow
{
	const char *from_currency;	/* ISO 4217: what is sold */
	const char *to_currency;	/* ISO 4217: what is bought */
	DwFxRate	rate;			/* minor units for minor units */
	DwPeriod	valid;			/* when it holds */
} DwFxRow;

/* The rate in force at a time; false when there is none. */
extern bool dw_fx_find(const char *from_currency, const char *to_currency,
					   TimestampTz as_of, DwFxRate *rate);

/* Lets nobody else set a rate until the end of the transaction. */
extern void dw_fx_lock(void);

/* Ends the rate without an end that is in force when the new one begins. */
extern void dw_fx_supersede(const DwFxRow *row);

/* Writes a rate.  23P01: another holds in a part of its time. */
extern void dw_fx_insert(const DwFxRow *row);

/*
 * The invariants of money, each a query that finds what breaks it.
 *
 * A healthy ledger gives no row.  The queries look at the scopes (jobs) and
 * accounts that an audit suspects.
 * I1	the entries of a transaction sum to zero in each currency
 * I2	an escrow holds the sum of its entries; an account's rolled up part
 * 	is the sum up to its watermark (not looked at with `since`, for
 * 	it would take all entries); every entry has its account
 * I3	funded = held + released + refunded + charged_back, all >= 0;
 * 	funded and refunded as the payments and refunds come to, each
 * 	refund through the companies that the payments came through
 * I4	entries outside escrows and what escrows hold sum to zero
 * I5	no balance below zero unless the kind of account allows it
 * I7	fee + tax + payout = the part released, and in sum as the escrow
 * 	has it
 * I8	one transaction per request
 * I9	the reversals of a transaction come to at most its amount
 * I10 as many transitions as the escrow counts, without a gap
 * I6 (entries never change) is the chain of hashes, above.
 */

/* One discrepancy. */
typedef struct DwDiscrepancy
{
	char	   *invariant;		/* 'I1' ... 'I10' */
	char	   *object;			/* kind of thing that is wrong */
	DwUuid		object_id;		/* its id; nil for a whole currency */
	char	   *currency;		/* of the figures; NULL for counts */
	Datum		expected;		/* numeric: what it should be */
	Datum		actual;			/* numeric: what it is */
} DwDiscrepancy;

/* Takes one; it must not run a statement. */
typedef void (*DwDiscrepancyTake) (const DwDiscrepancy *discrepancy,
								   void *context);

/* Checks all invariants on the suspects, and hands over what breaks them. */
extern void dw_discrepancies_find(const DwSuspects *suspects,
								  DwDiscrepancyTake take, void *context);

/*
 * An escrow's account as its sides read it, and what comes next.
 */

/*
 * Fills a set with the account of a job, a line for each completed
 * transaction; with what will happen to its escrow by itself.
 */
extern void dw_statement_list(DwCall *call, const DwUuid *job_id);
extern void dw_next_events_list(DwCall *call, const DwUuid *job_id);

#endif							/* DW_LEDGER_STORE_H */
