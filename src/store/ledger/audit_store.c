/*
 * audit_store.c
 *		Goes through the ledger and finds the suspects: scopes whose sums or
 *		history break I1, I2, I3 or I7 to I10, accounts that may owe and must
 *		not (I5), and chains that are broken (I6).
 *
 * False means that a query has to look (reconcile_store.c): what is too
 * strange to be judged here is false as well.  I4 follows: scopes each of
 * which sums to zero do so together.
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "core/ledger/ledger.h"
#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store_int.h"

#define PORTION		500			/* scopes that are read together */

/* ----------------------------------------------------------------------
 * Totals of ledger accounts, gathered while the entries pass by
 * ----------------------------------------------------------------------
 */

/* One account, as its entries have it. */
typedef struct Account
{
	DwUuid		id;				/* key of the table: comes first */
	char		currency[4];	/* of the first entry */
	bool		is_strange;		/* not all say one currency */
	DwAccountKind kind;			/* once it was looked up */
	bool		gave;			/* an entry is negative */
	bool		is_huge;		/* the sum does not fit */
	int64		sum;			/* of the entries */
} Account;

/* The accounts met so far. */
struct DwTotals
{
	HTAB	   *table;			/* of Account */
	MemoryContext context;		/* of the array below */
	DwUuid	   *fresh;			/* not looked up yet */
	int			fresh_count;	/* of them */
	int			fresh_room;		/* for them */
};

/* An empty set, in the current memory context. */
static DwTotals *
totals_begin(void)
{
	DwTotals   *totals = palloc0(sizeof(*totals));
	HASHCTL		control = {
		.keysize = sizeof(DwUuid),
		.entrysize = sizeof(Account),
		.hcxt = CurrentMemoryContext
	};

	totals->context = CurrentMemoryContext;
	totals->table = hash_create("dwello accounts", 1024, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	totals->fresh_room = 64;
	totals->fresh = palloc(sizeof(DwUuid) * totals->fresh_room);
	return totals;
}

/* Makes a note to look an account up. */
static void
add_fresh(DwTotals *totals, const DwUuid *id)
{
	if (totals->fresh_count == totals->fresh_room)
	{
		totals->fresh_room *= 2;
		totals->fresh = repalloc_huge(totals->fresh, sizeof(DwUuid) *
									  totals->fresh_room);
	}
	totals->fresh[totals->fresh_count++] = *id;
}

void
dw_totals_add(DwTotals *totals, const DwUuid *id, int64 amount,
			  const char *currency)
{
	bool		found;
	Account    *account = hash_search(totals->table, id, HASH_ENTER,
									  &found);

	if (!found)
	{
		strlcpy(account->currency, currency, sizeof(account->currency));
		account->is_strange = strlen(currency) >= sizeof(account->currency);
		account->kind = DW_ACCOUNT_KIND_COUNT;	/* none */
		account->gave = false;
		account->is_huge = false;
		account->sum = 0;
		add_fresh(totals, id);
	}
	account->is_strange |= strcmp(account->currency, currency) != 0;
	account->is_huge |= pg_add_s64_overflow(account->sum, amount,
											&account->sum);
	account->gave |= amount < 0;
}

/*
 * Looks up the accounts that were added since the last time; one without a
 * row keeps no kind.
 */
static void
totals_resolve(DwTotals *totals)
{
	DwAccountRow *rows = palloc_extended(sizeof(DwAccountRow) *
										 Max(totals->fresh_count, 1),
										 MCXT_ALLOC_HUGE);
	int			count = dw_accounts_load(totals->fresh, totals->fresh_count,
										 true, rows);

	totals->fresh_count = 0;
	for (int i = 0; i < count; i++)
	{
		Account    *account = hash_search(totals->table, &rows[i].id,
										  HASH_FIND, NULL);

		account->kind = rows[i].account.kind;
		account->is_strange |= strcmp(account->currency,
									  rows[i].account.currency) != 0;
	}
	pfree(rows);
}

/* True for an account of a kind that was looked up. */
static bool
account_is(DwTotals *totals, const DwUuid *id, DwAccountKind kind)
{
	Account    *account = hash_search(totals->table, id, HASH_FIND, NULL);

	return account != NULL && account->kind == kind;
}

/* The ids of accounts that a question is answered with yes for. */
static DwUuid *
list(DwTotals *totals, bool (*is_listed) (const Account *), int *count)
{
	long		total = hash_get_num_entries(totals->table);
	DwUuid	   *ids = palloc_extended(sizeof(DwUuid) * (total + 1),
									  MCXT_ALLOC_HUGE);
	HASH_SEQ_STATUS scan;
	Account    *account;

	*count = 0;
	hash_seq_init(&scan, totals->table);
	while ((account = hash_seq_search(&scan)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_listed(account))
			ids[(*count)++] = account->id;
	}
	return ids;
}

/* True when the sum is below zero and must not be. */
static bool
is_below(const Account *account)
{
	return (account->sum < 0 || account->is_huge) &&
		!dw_account_kind_may_owe(account->kind);
}

/* True when it gave something and must not owe. */
static bool
is_giver(const Account *account)
{
	return account->gave && !dw_account_kind_may_owe(account->kind);
}

/* True when it is not what its entries take it for. */
static bool
is_stranger(const Account *account)
{
	return account->is_strange || account->kind == DW_ACCOUNT_KIND_COUNT;
}

/*
 * The accounts that may be below zero and must not.  all: every entry there
 * is was added, so the sums are balances; else those that gave anything.
 */
static DwUuid *
list_owing(DwTotals *totals, bool all, int *count)
{
	return list(totals, all ? is_below : is_giver, count);
}

/* The accounts without a row, or with entries in another currency. */
static DwUuid *
list_strange(DwTotals *totals, int *count)
{
	return list(totals, is_stranger, count);
}

/* ----------------------------------------------------------------------
 * The invariants of a scope
 * ----------------------------------------------------------------------
 */

/* What the transactions of an escrow come to. */
typedef struct EscrowSums
{
	int128		funded;			/* by payments */
	int128		refunded;		/* by refunds and disputes */
	int128		charged_back;	/* by banks */
	int128		held;			/* entries of the escrow */
	int128		released;		/* by releases and disputes */
	int128		fee;			/* of them */
	int128		tax;			/* of them */
} EscrowSums;

/* True while a transaction has entries: it was booked. */
static bool
is_booked(const DwTransaction *t)
{
	return t->status == DW_TRANSACTION_COMPLETED ||
		t->status == DW_TRANSACTION_DISPUTED;
}

/* What of a transaction did not go back to the homeowner. */
static int128
divided(const DwTransaction *t)
{
	return (int128) t->platform_fee + t->tax + t->net_amount;
}

/* True for one that pays the provider and gives back at once. */
static bool
is_divided(const DwTransaction *t)
{
	return t->type == DW_TRANSACTION_DISPUTE ||
		t->type == DW_TRANSACTION_CANCELLATION;
}

/* I1, and of I7 what can be said of one transaction. */
static bool
link_is_valid(const DwLink *link)
{
	const DwTransaction *t = &link->transaction;
	bool		pays_out = t->type == DW_TRANSACTION_RELEASE ||
		is_divided(t);

	if (link->foreign != 0 || link->entries > DW_LEGS_MAX)
		return false;
	if (!is_booked(t))
		return link->entries == 0;
	if (link->entries < 2 || link->sum != 0)
		return false;
	if (t->type == DW_TRANSACTION_RELEASE && divided(t) != t->amount)
		return false;
	return !pays_out || t->status != DW_TRANSACTION_COMPLETED ||
		link->gained == t->amount;
}

/* What a transaction gave back, for each entry of the escrow. */
static int128
given_back(const DwTransaction *t)
{
	if (t->type == DW_TRANSACTION_REFUND)
		return t->amount;
	if (is_divided(t))
		return t->amount - divided(t);
	return t->type == DW_TRANSACTION_REVERSAL ? divided(t) - t->amount : 0;
}

/* Adds a transaction to the totals of its escrow. */
static void
add_link(EscrowSums *sums, const DwLink *link)
{
	const DwTransaction *t = &link->transaction;
	int			sign = t->type == DW_TRANSACTION_REVERSAL ? -1 : 1;

	sums->held += link->escrow_gained;
	sums->refunded += link->of_escrow * given_back(t);
	if (t->type == DW_TRANSACTION_PAYMENT)
		sums->funded += link->escrow_gained;
	if (t->type == DW_TRANSACTION_CHARGEBACK)
		sums->charged_back -= link->escrow_gained;
	if (t->status != DW_TRANSACTION_COMPLETED ||
		(t->type != DW_TRANSACTION_RELEASE && !is_divided(t) &&
		 t->type != DW_TRANSACTION_REVERSAL))
		return;
	sums->released += sign * (t->type == DW_TRANSACTION_RELEASE
							  ? (int128) t->amount : divided(t));
	sums->fee += sign * t->platform_fee;
	sums->tax += sign * t->tax;
}

/* I2 and I3 of an escrow, and of I7 what it knows. */
static bool
escrow_is_valid(const DwEscrowTotals *e, const EscrowSums *sums)
{
	if (e->funded < 0 || e->held < 0 || e->released < 0 ||
		e->refunded < 0 || e->charged_back < 0)
		return false;
	if ((int128) e->held + e->released + e->refunded + e->charged_back !=
		e->funded)
		return false;
	return sums->held == e->held && sums->funded == e->funded &&
		sums->refunded == e->refunded &&
		sums->charged_back == e->charged_back &&
		sums->released == e->released && sums->fee == e->fee_taken &&
		sums->tax == e->tax_taken;
}

/* What accounts of a kind gained by a transaction. */
static int128
gained_by(const DwLink *link, DwTotals *totals, DwAccountKind kind)
{
	int128		sum = 0;

	for (int i = 0; i < link->legs.count; i++)
		if (account_is(totals, &link->legs.entries[i].account_id, kind))
			sum += link->legs.entries[i].amount;
	return sum;
}

/* I3: a refund is asked of companies, or its payer has it already. */
static bool
refund_is_valid(const DwLink *link, DwTotals *totals)
{
	const DwTransaction *t = &link->transaction;

	if ((t->type != DW_TRANSACTION_REFUND && !is_divided(t)) ||
		t->status != DW_TRANSACTION_COMPLETED)
		return true;
	return gained_by(link, totals, DW_ACCOUNT_REFUND_PENDING) +
		gained_by(link, totals, DW_ACCOUNT_PLATFORM_LOSS) == given_back(t);
}

/* Takes an entry from what its company has not sent; false if none such. */
static bool
take_unsent(DwLegs *unsent, const DwEntry *entry)
{
	for (int i = 0; i < unsent->count; i++)
		if (dw_uuid_equal(&unsent->entries[i].account_id,
						  &entry->account_id))
			return !pg_sub_s64_overflow(unsent->entries[i].amount,
										entry->amount,
										&unsent->entries[i].amount);
	if (unsent->count == DW_LEGS_MAX)
		return false;
	unsent->entries[unsent->count] = *entry;
	return !pg_sub_s64_overflow(0, entry->amount,
								&unsent->entries[unsent->count++].amount);
}

/*
 * I3: what companies were asked for and have not sent is what their rows
 * say.  What could not be sent leaves in the scope of a receipt.
 */
static bool
refunds_are_valid(const DwChain *chain, DwTotals *totals)
{
	DwLegs		unsent = chain->unsent;

	if (chain->has_more_unsent)
		return false;
	for (int i = 0; i < chain->count; i++)
	{
		const DwLink *link = &chain->links[i];

		if (link->transaction.type == DW_TRANSACTION_REFUND_RETURN)
			continue;
		for (int j = 0; j < link->legs.count; j++)
			if (account_is(totals, &link->legs.entries[j].account_id,
						   DW_ACCOUNT_REFUND_PENDING) &&
				!take_unsent(&unsent, &link->legs.entries[j]))
				return false;
	}
	for (int i = 0; i < unsent.count; i++)
		if (unsent.entries[i].amount != 0)
			return false;
	return true;
}

/* Orders ids, for qsort. */
static int
id_compare(const void *a, const void *b)
{
	return dw_uuid_compare(a, b);
}

/* I8: no keyed request stands twice. */
static bool
requests_are_valid(const DwChain *chain)
{
	DwUuid	   *ids = palloc(sizeof(DwUuid) * (chain->count + 1));
	bool		valid = true;
	int			count = 0;

	for (int i = 0; i < chain->count; i++)
		if (chain->links[i].transaction.request_id != NULL)
			ids[count++] = *chain->links[i].transaction.request_id;
	qsort(ids, count, sizeof(DwUuid), id_compare);
	for (int i = 1; i < count && valid; i++)
		valid = !dw_uuid_equal(&ids[i - 1], &ids[i]);
	pfree(ids);
	return valid;
}

/* What is said of a transaction that may have been undone. */
typedef struct Undoing
{
	const DwUuid *id;			/* of that transaction */
	bool		is_reversal;	/* a reversal says it, not the transaction */
	int128		rest;			/* adds to what is not undone */
} Undoing;

/* Orders them by the transaction, for qsort. */
static int
undoing_compare(const void *a, const void *b)
{
	return dw_uuid_compare(((const Undoing *) a)->id,
						   ((const Undoing *) b)->id);
}

/* Collects what all transactions say; whether any is a reversal. */
static bool
collect_undoings(const DwChain *chain, Undoing *undoings, int *count)
{
	bool		any = false;

	*count = 0;
	for (int i = 0; i < chain->count; i++)
	{
		const DwTransaction *t = &chain->links[i].transaction;

		undoings[(*count)++] = (Undoing)
		{
			&t->id, false, t->amount
		};
		if (t->reverses == NULL)
			continue;
		any = true;
		undoings[(*count)++] = (Undoing)
		{
			t->reverses, true,
				t->status == DW_TRANSACTION_COMPLETED ? -(int128) t->amount : 0
		};
	}
	return any;
}

/* I9: a transaction that is undone is there, and not by more than it was. */
static bool
reversals_are_valid(const DwChain *chain)
{
	Undoing    *undoings = palloc_extended(sizeof(Undoing) *
										   ((size_t) chain->count * 2 + 1),
										   MCXT_ALLOC_HUGE);
	bool		valid = true;
	int			count;

	if (!collect_undoings(chain, undoings, &count))
		count = 0;
	qsort(undoings, count, sizeof(Undoing), undoing_compare);
	for (int i = 0; i < count && valid;)
	{
		const DwUuid *id = undoings[i].id;
		bool		is_there = false;
		bool		is_undone = false;
		int128		rest = 0;

		for (; i < count && dw_uuid_equal(undoings[i].id, id); i++)
		{
			is_there |= !undoings[i].is_reversal;
			is_undone |= undoings[i].is_reversal;
			rest += undoings[i].rest;
		}
		valid = !is_undone || (is_there && rest >= 0);
	}
	pfree(undoings);
	return valid;
}

/* True when the sums of a scope are right; its accounts were looked up. */
static bool
invariants_hold(const DwChain *chain, DwTotals *totals)
{
	EscrowSums	sums = {0};

	if (chain->has_strays)
		return false;
	for (int i = 0; i < chain->count; i++)
	{
		const DwLink *link = &chain->links[i];

		if (!link_is_valid(link) || !refund_is_valid(link, totals))
			return false;
		if (link->of_escrow > 0 &&
			(!chain->has_end || strcmp(link->transaction.currency,
									   chain->escrow.currency) != 0))
			return false;
		add_link(&sums, link);
	}
	return (!chain->has_end || escrow_is_valid(&chain->escrow, &sums)) &&
		refunds_are_valid(chain, totals) && requests_are_valid(chain) &&
		reversals_are_valid(chain);
}

/* One event of a history. */
typedef struct Event
{
	DwUuid		job_id;			/* of the escrow */
	int32		seq;			/* from 1 */
	char	   *from_status;	/* NULL: it made the escrow */
	char	   *to_status;		/* label */
} Event;

static const DwColumn event_fields[] = {
	DW_FIELD(UUID, Event, job_id, job_id),
	DW_FIELD(INT4, Event, seq, seq),
	DW_FIELD(LABEL, Event, from_status, from_status),
	DW_FIELD(LABEL, Event, to_status, to_status)
};

static DwMap event_map = DW_MAP(event_fields);

/* True for the event of this number that goes on from a status. */
static bool
event_follows(const Event *event, int seq, const char *previous)
{
	if (event->from_status == NULL || previous == NULL)
		return event->seq == seq && event->from_status == previous;
	return event->seq == seq && strcmp(event->from_status, previous) == 0;
}

/* True when the history of an escrow ended as the escrow says. */
static bool
history_is_whole(const DwChain *chain, int seq, const char *last)
{
	return !chain->has_end ||
		(seq == chain->escrow.transition_count &&
		 (last == NULL || strcmp(last, chain->escrow.status) == 0));
}

/* I10: for each scope, true when the history of its escrow is whole. */
static bool *
check_histories(const DwChain *chains, const DwScopes *scopes)
{
	static DwScopeQuery select_events =
		DW_SCOPE_QUERY("SELECT v.job_id, v.seq, v.from_status, v.to_status "
					   "FROM dwello.escrow_events AS v", "v.job_id",
					   "ORDER BY v.job_id, v.seq");
	bool	   *whole = palloc(sizeof(bool) * scopes->count);
	uint64		total = dw_scopes_query(&select_events, scopes);
	uint64		row = 0;

	for (int i = 0; i < scopes->count; i++)
	{
		const char *last = NULL;
		int			seq = 0;

		whole[i] = true;
		for (; row < total; row++)
		{
			Event		event;

			dw_map_read(&event_map, row, &event);
			if (!dw_uuid_equal(&event.job_id, &scopes->ids[i]))
				break;
			whole[i] &= event_follows(&event, ++seq, last);
			last = event.to_status;
		}
		whole[i] &= history_is_whole(&chains[i], seq, last);
	}
	SPI_freetuptable(SPI_tuptable);
	return whole;
}

/* ----------------------------------------------------------------------
 * The walk
 * ----------------------------------------------------------------------
 */

/* A walk through the ledger. */
typedef struct Walk
{
	MemoryContext outer;		/* of what is found */
	DwSuspects *suspects;		/* what is found */
	DwTotals   *totals;			/* NULL: only the chains */
} Walk;

/* Runs a statement that lists scopes. */
static void
list_scopes(DwStatement *statement, const DwParams *p, DwScopes *scopes)
{
	(void) dw_query(statement, p);
	scopes->ids = dw_read_only_uuids(&scopes->count);
	SPI_freetuptable(SPI_tuptable);
}

/* All scopes. */
static void
list_all(DwScopes *scopes)
{
	static DwStatement select_scopes =
		DW_STATEMENT("SELECT t.scope_id FROM dwello.transactions AS t "
					 "UNION SELECT n.scope_id "
					 "FROM dwello.ledger_entries AS n "
					 "UNION SELECT e.job_id "
					 "FROM dwello.escrow_accounts AS e ORDER BY 1");

	list_scopes(&select_scopes, NULL, scopes);
	scopes->is_range = true;
}

/* The scopes in which something happened since then. */
static void
list_recent(TimestampTz since, DwScopes *scopes)
{
	static DwStatement select_scopes =
		DW_STATEMENT("SELECT t.scope_id FROM dwello.transactions AS t "
					 "WHERE t.created_at BETWEEN $1 AND $2 "
					 "OR t.completed_at BETWEEN $1 AND $2 "
					 "UNION SELECT e.job_id "
					 "FROM dwello.escrow_accounts AS e "
					 "WHERE e.updated_at >= $1 ORDER BY 1");
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, since);
	dw_param_time(&p, DT_NOEND);	/* a range is planned for as a part */
	list_scopes(&select_scopes, &p, scopes);
	scopes->is_range = false;
}

/* Makes room in an array of the outer context for one more. */
static void *
grow(const Walk *walk, void *items, int count, size_t size)
{
	if (count == 0)
		return MemoryContextAlloc(walk->outer, size);
	if ((count & (count - 1)) != 0)
		return items;			/* it was doubled at each power of two */
	return repalloc_huge(items, size * count * 2);
}

/* Notes a suspected scope. */
static void
suspect_scope(const Walk *walk, const DwUuid *scope_id)
{
	DwSuspects *suspects = walk->suspects;

	suspects->scopes = grow(walk, suspects->scopes, suspects->scope_count,
							sizeof(DwUuid));
	suspects->scopes[suspects->scope_count++] = *scope_id;
}

/* Notes a chain that does not hold. */
static void
suspect_chain(const Walk *walk, const DwTampering *tampering)
{
	DwSuspects *suspects = walk->suspects;

	suspects->tamperings = grow(walk, suspects->tamperings,
								suspects->tampering_count,
								sizeof(DwTampering));
	suspects->tamperings[suspects->tampering_count++] = *tampering;
}

/* Checks some scopes. */
static void
check_portion(const Walk *walk, const DwScopes *scopes)
{
	DwChain    *chains = dw_chains_load(scopes, walk->totals);
	DwTampering tampering;
	bool	   *has_history = NULL;

	if (walk->totals != NULL)
	{
		totals_resolve(walk->totals);
		has_history = check_histories(chains, scopes);
	}
	for (int i = 0; i < scopes->count; i++)
	{
		if (has_history != NULL &&
			!(has_history[i] && invariants_hold(&chains[i],
												walk->totals)))
			suspect_scope(walk, &scopes->ids[i]);
		if (!dw_chain_verify(&chains[i], &tampering))
			suspect_chain(walk, &tampering);
	}
}

/* Goes through scopes in memory that is used again. */
static void
check_scopes(Walk *walk, const DwScopes *scopes)
{
	MemoryContext turn = AllocSetContextCreate(CurrentMemoryContext,
											   "dwello audit",
											   ALLOCSET_DEFAULT_SIZES);

	walk->outer = MemoryContextSwitchTo(turn);
	for (int i = 0; i < scopes->count; i += PORTION)
	{
		DwScopes	portion = {
			.ids = &scopes->ids[i],
			.count = Min(PORTION, scopes->count - i),
			.is_range = scopes->is_range
		};

		CHECK_FOR_INTERRUPTS();
		check_portion(walk, &portion);
		MemoryContextReset(turn);
	}
	MemoryContextSwitchTo(walk->outer);
	MemoryContextDelete(turn);
}

void
dw_audit_check(TimestampTz since, DwSuspects *suspects)
{
	bool		all = since == DT_NOBEGIN;
	Walk		walk = {
		.suspects = suspects,
		.totals = totals_begin()
	};
	DwScopes	scopes;

	memset(suspects, 0, sizeof(*suspects));
	suspects->all = all;
	if (all)
		list_all(&scopes);
	else
		list_recent(since, &scopes);
	check_scopes(&walk, &scopes);
	suspects->owing = list_owing(walk.totals, all,
								 &suspects->owing_count);
	suspects->strange = list_strange(walk.totals,
									 &suspects->strange_count);
}

void
dw_audit_verify(const DwUuid *scope_id, DwSuspects *suspects)
{
	Walk		walk = {.suspects = suspects};
	DwScopes	scopes = {
		.ids = scope_id,
		.count = 1,
		.is_range = true
	};

	memset(suspects, 0, sizeof(*suspects));
	if (scope_id == NULL)
		list_all(&scopes);
	check_scopes(&walk, &scopes);
}
