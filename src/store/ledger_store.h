/*
 * ledger_store.h
 *		Transactions and their entries: double entry, append only, chained.
 *
 * Transactions of one scope form a chain in the order they were completed:
 *		hash = SHA-256(previous hash, or 32 zeros for the first, || record)
 * The record is made of stored columns alone, so anybody can check it:
 *
 *		1 byte		0x01, the version of this encoding
 *		scope_id, id, payer_id, payee_id,
 *		transaction_type, amount, currency, platform_fee, tax, net_amount,
 *		milestone_id, payment_method_id, psp, psp_reference, reverses,
 *		actor_id, actor_role, idempotency_key, pay_by, created_at,
 *		completed_at
 *		the number of entries, and of each in the order of leg:
 *		leg, account_id, amount, currency
 *
 * A uuid is its 16 bytes (NULL: 16 zeros), an integer or the length of a
 * text 8 bytes with the highest first, a text its length (NULL: -1) and its
 * bytes in UTF-8 or whatever the database's encoding is, a time the
 * microseconds since 2000-01-01 00:00 UTC (NULL: the lowest integer), an
 * enum its label.  The status is not in it: only completed ones are chained.
 *
 * An account's id is the first 16 bytes of SHA-256 over owner_id (16 bytes),
 * kind, a zero byte, currency, a zero byte, psp ("" where there is none).
 * An escrow's account id is its job's id.  The platform's owner_id is nil.
 */
#ifndef DW_LEDGER_STORE_H
#define DW_LEDGER_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/actor.h"
#include "core/ledger.h"
#include "core/transaction.h"
#include "core/uuid.h"

#define DW_LEGS_MAX 16			/* entries of one transaction */
#define DW_HASH_BYTES 32		/* of a link in a chain */

/* Where the chain of a scope's transactions ends. */
typedef struct DwChainEnd
{
	bool		has_link;		/* the chain has begun */
	uint8		hash[DW_HASH_BYTES];	/* of the last transaction, else 0 */
} DwChainEnd;

/* An account besides the escrows. */
typedef struct DwAccount
{
	DwUuid		owner_id;		/* a user; nil for the platform */
	DwAccountKind kind;			/* what it is for */
	const char *currency;		/* ISO 4217 */
	const char *psp;			/* payment company, or "" */
} DwAccount;

/* One leg: what an account gains (> 0) or gives (< 0), minor units. */
typedef struct DwEntry
{
	DwUuid		account_id;		/* an account's, or a job's */
	int64		amount;			/* not 0 */
} DwEntry;

/* The legs of one transaction, all in its currency. */
typedef struct DwLegs
{
	int			count;			/* used of the array */
	DwEntry		entries[DW_LEGS_MAX];	/* leg 1 comes first */
} DwLegs;

/* A row of dwello.transactions. */
typedef struct DwTransaction
{
	DwUuid		scope_id;		/* a job, or a user for a payout */
	DwUuid		id;				/* time-ordered */
	DwUuid		payer_id;		/* whose money it was; he may read it */
	DwUuid		payee_id;		/* for whom it is meant; so may he */
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
	const char *idempotency_key;	/* of the call, or NULL */
	TimestampTz pay_by;			/* end of a payment's time, or DT_NOBEGIN */
	TimestampTz created_at;		/* by dw_now() */
	TimestampTz completed_at;	/* DT_NOBEGIN while pending */
} DwTransaction;

/*
 * The id of a new transaction.  The database transaction has an xid before
 * its clock is read, which the watermark of fold_store.c relies on.
 */
extern DwUuid dw_transaction_id(void);

/* Adds a leg; one of 0 is none. */
extern void dw_legs_account(DwLegs *legs, const DwAccount *account,
							int64 amount);
extern void dw_legs_escrow(DwLegs *legs, const DwUuid *job_id, int64 amount);

/*
 * The entries n of a provider's account, by his transactions t: he is payer
 * or payee of every one of them, so no index by account is needed.
 */
#define DW_ENTRIES_OF_PROVIDER(provider_id, account_id) \
	"FROM (SELECT t.scope_id, t.id FROM dwello.transactions AS t " \
	"WHERE t.payee_id = " provider_id " UNION ALL " \
	"SELECT t.scope_id, t.id FROM dwello.transactions AS t " \
	"WHERE t.payer_id = " provider_id " " \
	"AND t.payee_id <> " provider_id ") AS t " \
	"JOIN dwello.ledger_entries AS n " \
	"ON n.scope_id = t.scope_id AND n.transaction_id = t.id " \
	"WHERE n.account_id = " account_id " "

/* The id of an account. */
extern DwUuid dw_account_id(const DwAccount *account);

/* True, and the kind is set, when some kind of account has this id. */
extern bool dw_account_match(DwAccount *account, const DwUuid *id);

/* Makes the row of one account unless it is there. */
extern void dw_account_ensure(const DwAccount *account);

/*
 * The same for all accounts of a deed, which are sorted by id: two deeds that
 * make the same rows do not wait for each other.
 */
extern void dw_accounts_ensure(DwAccount *accounts, int count);

/* Writes a pending transaction. */
extern void dw_transaction_insert(const DwTransaction *transaction);

/*
 * Books a transaction as completed: completed_at is set, the chain goes on
 * (the caller keeps its new end), the row and its legs are written.
 * is_pending: it is there already, and is completed.
 */
extern void dw_ledger_book(DwChainEnd *end, DwTransaction *transaction,
						   const DwLegs *legs, bool is_pending);

/*
 * The same for a scope whose chain no row keeps the end of: a user's.  The
 * caller has locked the user; the end is the link that no other follows.
 */
extern void dw_ledger_book_user(DwTransaction *transaction,
								const DwLegs *legs);

/* The link of a completed transaction: see above.  Of DW_HASH_BYTES. */
extern void dw_ledger_hash(const uint8 *previous,
						   const DwTransaction *transaction,
						   const DwLegs *legs, uint8 *hash);

/* Ends a pending transaction that was not booked: failed or cancelled. */
extern void dw_transaction_end(const DwTransaction *transaction,
							   DwTransactionStatus status);

#endif							/* DW_LEDGER_STORE_H */
