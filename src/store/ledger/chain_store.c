/*
 * chain_store.c
 *		Reads the transactions of scopes with their entries, as they are
 *		stored, and follows their hash chains: which row was tampered with
 *		first (I6).
 *
 * A statement a table for many scopes at once: to start one costs more than
 * to read the rows of a scope.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store_int.h"

#define SHORT_CHAIN 32			/* links that are looked through one by one */

/* A row of dwello.escrow_accounts. */
typedef struct EscrowRow
{
	DwUuid		job_id;			/* the scope */
	bytea	   *last_hash;		/* where its chain ends */
	DwEscrowTotals totals;		/* what it says of itself */
} EscrowRow;

static const DwColumn escrow_fields[] = {
	DW_FIELD(UUID, EscrowRow, job_id, job_id),
	DW_FIELD(BYTEA, EscrowRow, last_hash, last_hash),
	DW_FIELD(TEXT, EscrowRow, currency, totals.currency),
	DW_FIELD(LABEL, EscrowRow, status, totals.status),
	DW_FIELD(INT8, EscrowRow, funded, totals.funded),
	DW_FIELD(INT8, EscrowRow, held, totals.held),
	DW_FIELD(INT8, EscrowRow, released, totals.released),
	DW_FIELD(INT8, EscrowRow, refunded, totals.refunded),
	DW_FIELD(INT8, EscrowRow, charged_back, totals.charged_back),
	DW_FIELD(INT8, EscrowRow, fee_taken, totals.fee_taken),
	DW_FIELD(INT8, EscrowRow, tax_taken, totals.tax_taken),
	DW_FIELD(INT4, EscrowRow, transition_count, totals.transition_count)
};

static DwMap escrow_map = DW_MAP(escrow_fields);

/* A link of the chain; one of another length, or none, fits nowhere. */
static void
read_hash(const bytea *stored, uint8 *hash)
{
	memset(hash, 0xff, DW_HASH_BYTES);
	if (stored != NULL && VARSIZE(stored) == VARHDRSZ + DW_HASH_BYTES)
		memcpy(hash, VARDATA(stored), DW_HASH_BYTES);
}

/* Reads a transaction, whatever its labels are. */
static void
read_link(uint64 index, DwLink *link)
{
	DwTransaction *t = &link->transaction;
	DwLedgerRow row;

	dw_map_read(&dw_transaction_map, index, &row);
	memset(link, 0, sizeof(*link));
	*t = row.row;
	link->is_readable = dw_transaction_type_parse(row.type, &t->type) &&
		dw_transaction_status_parse(row.status, &t->status) &&
		dw_actor_parse(row.actor_role, &t->actor.kind);
	read_hash(row.prev_hash, link->previous);
	read_hash(row.hash, link->hash);
	link->is_visited = row.hash == NULL;
}

uint64
dw_scopes_query(DwScopeQuery *query, const DwScopes *scopes)
{
	DwParams	p = DW_PARAMS;

	if (scopes->is_range)
	{
		dw_param_uuid(&p, &scopes->ids[0]);
		dw_param_uuid(&p, &scopes->ids[scopes->count - 1]);
		return dw_query(&query->range, &p);
	}
	dw_param_uuids(&p, scopes->ids, scopes->count);
	return dw_query(&query->some, &p);
}

/* The chain of a scope, which comes not before this one. */
static DwChain *
chain_from(DwChain *chain, const DwUuid *scope_id)
{
	while (!dw_uuid_equal(&chain->scope_id, scope_id))
		chain++;
	return chain;
}

/* Loads the transactions of scopes. */
static void
load_links(DwChain *chains, const DwScopes *scopes)
{
	static DwScopeQuery select_transactions =
		DW_SCOPE_QUERY("SELECT t.* FROM dwello.transactions AS t",
					   "t.scope_id",
					   "ORDER BY t.scope_id, t.completed_at, t.id");
	uint64		total = dw_scopes_query(&select_transactions, scopes);
	DwLink	   *links = palloc_extended(sizeof(DwLink) * Max(total, 1),
										MCXT_ALLOC_HUGE);

	for (uint64 i = 0; i < total; i++)
	{
		CHECK_FOR_INTERRUPTS();
		read_link(i, &links[i]);
		chains = chain_from(chains, &links[i].transaction.scope_id);
		if (chains->count++ == 0)
			chains->links = &links[i];
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Orders links by their transaction, for qsort and bsearch. */
static int
id_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&(*(DwLink *const *) a)->transaction.id,
						   &(*(DwLink *const *) b)->transaction.id);
}

/* Orders links by what they follow, and where they stand, for qsort. */
static int
previous_compare(const void *a, const void *b)
{
	const DwLink *left = *(DwLink *const *) a;
	const DwLink *right = *(DwLink *const *) b;
	int			result = memcmp(left->previous, right->previous,
								DW_HASH_BYTES);

	return result != 0 ? result : (left > right) - (left < right);
}

/* The links of a chain in another order. */
static DwLink **
sort_links(const DwChain *chain, int (*compare) (const void *, const void *))
{
	DwLink	  **sorted = palloc_extended(sizeof(*sorted) * chain->count,
										 MCXT_ALLOC_HUGE);

	for (int i = 0; i < chain->count; i++)
		sorted[i] = &chain->links[i];
	qsort(sorted, chain->count, sizeof(*sorted), compare);
	return sorted;
}

/*
 * The link of a transaction, or NULL; first is where to look first.  A short
 * chain is looked through, a long one in the order of ids.
 */
static DwLink *
find_link(DwChain *chain, const DwUuid *transaction_id, DwLink *first)
{
	DwLink		key = {.transaction = {.id = *transaction_id}};
	DwLink	   *wanted = &key;
	DwLink	  **found;

	if (first != NULL &&
		dw_uuid_equal(&first->transaction.id, transaction_id))
		return first;
	if (chain->count <= SHORT_CHAIN)
	{
		for (int i = 0; i < chain->count; i++)
			if (dw_uuid_equal(&chain->links[i].transaction.id,
							  transaction_id))
				return &chain->links[i];
		return NULL;
	}
	if (chain->by_id == NULL)
		chain->by_id = sort_links(chain, id_compare);
	found = bsearch(&wanted, chain->by_id, chain->count, sizeof(*found),
					id_compare);
	return found == NULL ? NULL : *found;
}

/* Counts an entry in the sums of its transaction. */
static void
add_to_sums(DwLink *link, const DwEntry *entry)
{
	link->entries++;
	link->sum += entry->amount;
	if (entry->amount > 0)
		link->gained += entry->amount;
	if (dw_uuid_equal(&entry->account_id, &link->transaction.scope_id))
	{
		link->of_escrow++;
		link->escrow_gained += entry->amount;
	}
}

/* Adds an entry to the legs of its transaction, in its place. */
static void
add_to_legs(DwLink *link, const DwEntry *entry, int leg)
{
	int			i = link->legs.count;

	if (i == DW_LEGS_MAX)
		return;
	for (; i > 0 && link->numbers[i - 1] > leg; i--)
	{
		link->numbers[i] = link->numbers[i - 1];
		link->legs.entries[i] = link->legs.entries[i - 1];
	}
	link->numbers[i] = leg;
	link->legs.entries[i] = *entry;
	link->legs.count++;
}

/* Adds an entry to its transaction. */
static void
read_entry(const DwEntry *entry, int leg, const char *currency, DwLink *link)
{
	if (strcmp(currency, link->transaction.currency) != 0 &&
		(link->foreign == 0 || leg < link->foreign))
		link->foreign = leg;
	add_to_sums(link, entry);
	add_to_legs(link, entry, leg);
}

/* The first leg that is not there, of those up to the last; 0 = none. */
static int
find_gap(const DwLink *link)
{
	for (int i = 0; i < link->legs.count; i++)
		if (link->numbers[i] != i + 1)
			return i + 1;
	return 0;
}

/* Orders chains by their scopes, for bsearch. */
static int
chain_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const DwChain *) a)->scope_id,
						   &((const DwChain *) b)->scope_id);
}

/* The chain of a scope; hint is where to look first. */
static DwChain *
find_chain(DwChain *chains, int count, const DwUuid *scope_id, DwChain *hint)
{
	DwChain		key = {.scope_id = *scope_id};

	if (dw_uuid_equal(&hint->scope_id, scope_id))
		return hint;
	return bsearch(&key, chains, count, sizeof(DwChain), chain_compare);
}

/* Loads the entries of scopes into their links, in whatever order they lie. */
static void
load_entries(DwChain *chains, const DwScopes *scopes, DwTotals *totals)
{
	static DwScopeQuery select_entries =
		DW_SCOPE_QUERY("SELECT n.* FROM dwello.ledger_entries AS n",
					   "n.scope_id", "");
	uint64		total = dw_scopes_query(&select_entries, scopes);
	DwChain    *chain = chains;
	DwLink	   *link = NULL;

	for (uint64 i = 0; i < total; i++)
	{
		DwEntryRow	row;

		CHECK_FOR_INTERRUPTS();
		dw_map_read(&dw_entry_map, i, &row);
		chain = find_chain(chains, scopes->count, &row.scope_id, chain);
		link = find_link(chain, &row.transaction_id, link);
		if (link == NULL)
			chain->has_strays = true;
		else
			read_entry(&row.entry, row.leg, row.currency, link);
		if (totals != NULL &&
			!dw_uuid_equal(&row.entry.account_id, &chain->scope_id))
			dw_totals_add(totals, &row.entry.account_id, row.entry.amount,
						  row.currency);
		pfree(unconstify(char *, row.currency));
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Loads the escrows of those scopes that are jobs. */
static void
load_escrows(DwChain *chain, const DwScopes *scopes)
{
	static DwScopeQuery select_escrows =
		DW_SCOPE_QUERY("SELECT e.job_id, e.last_hash, e.currency, e.status, "
					   "e.funded, e.held, e.released, e.refunded, "
					   "e.charged_back, e.fee_taken, e.tax_taken, "
					   "e.transition_count "
					   "FROM dwello.escrow_accounts AS e", "e.job_id",
					   "ORDER BY e.job_id");
	uint64		total = dw_scopes_query(&select_escrows, scopes);

	for (uint64 i = 0; i < total; i++)
	{
		EscrowRow	row;

		dw_map_read(&escrow_map, i, &row);
		chain = chain_from(chain, &row.job_id);
		chain->has_end = true;
		chain->escrow = row.totals;
		if (row.last_hash != NULL)
			read_hash(row.last_hash, chain->end);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* What a company was asked for in a scope and has not sent. */
typedef struct Unsent
{
	DwUuid		scope_id;		/* a job, or a receipt */
	char	   *psp;			/* payment company */
	char	   *currency;		/* as stored */
	int64		amount;			/* minor units */
} Unsent;

static const DwColumn unsent_fields[] = {
	DW_FIELD(UUID, Unsent, scope_id, scope_id),
	DW_FIELD(TEXT, Unsent, psp, psp),
	DW_FIELD(TEXT, Unsent, currency, currency),
	DW_FIELD(INT8, Unsent, amount, amount)
};

static DwMap unsent_map = DW_MAP(unsent_fields);

/* Adds what a company has not sent, at the account where it lies. */
static void
add_unsent(DwChain *chain, const Unsent *row)
{
	const DwAccount account = dw_account_of_psp(DW_ACCOUNT_REFUND_PENDING,
												row->currency, row->psp);

	if (chain->unsent.count == DW_LEGS_MAX)
	{
		chain->has_more_unsent = true;
		return;
	}
	chain->unsent.entries[chain->unsent.count++] = (DwEntry)
	{
		dw_account_id(&account), row->amount
	};
}

/* Loads what rows of refunds say. */
static void
load_unsent(DwChain *chains, const DwScopes *scopes)
{
	static DwScopeQuery select_unsent =
		DW_SCOPE_QUERY("SELECT r.scope_id, r.psp, r.currency, "
					   "pg_catalog.sum(CASE WHEN r.failed > 0 THEN r.failed "
					   "ELSE r.amount - r.reversed END)::bigint "
					   "AS amount FROM dwello.refunds AS r", "r.scope_id",
					   "AND (r.completed_at IS NULL OR r.failed > 0) "
					   "GROUP BY r.scope_id, r.psp, r.currency "
					   "ORDER BY r.scope_id");
	uint64		total = dw_scopes_query(&select_unsent, scopes);
	int			at = 0;

	for (uint64 i = 0; i < total; i++)
	{
		Unsent		row;

		/* a scope that has nothing but refunds is in no list */
		dw_map_read(&unsent_map, i, &row);
		while (at < scopes->count &&
			   dw_uuid_compare(&chains[at].scope_id, &row.scope_id) < 0)
			at++;
		if (at < scopes->count &&
			dw_uuid_equal(&chains[at].scope_id, &row.scope_id))
			add_unsent(&chains[at], &row);
	}
	SPI_freetuptable(SPI_tuptable);
}

DwChain *
dw_chains_load(const DwScopes *scopes, DwTotals *totals)
{
	DwChain    *chains = palloc0(sizeof(DwChain) * scopes->count);

	for (int i = 0; i < scopes->count; i++)
		chains[i].scope_id = scopes->ids[i];
	load_links(chains, scopes);
	load_entries(chains, scopes, totals);
	load_escrows(chains, scopes);
	load_unsent(chains, scopes);
	for (int i = 0; i < scopes->count; i++)
		for (int j = 0; j < chains[i].count; j++)
			chains[i].links[j].gap = find_gap(&chains[i].links[j]);
	return chains;
}

/* True when two links are the same. */
static bool
same(const uint8 *a, const uint8 *b)
{
	return memcmp(a, b, DW_HASH_BYTES) == 0;
}

/* True when a transaction with these legs has the stored hash. */
static bool
fits(const DwLink *link, const uint8 *previous, const DwLegs *legs)
{
	uint8		hash[DW_HASH_BYTES];

	if (!link->is_readable)
		return false;
	dw_ledger_hash(previous, &link->transaction, legs, hash);
	return same(hash, link->hash);
}

/* True when a link is what was booked after `previous`. */
static bool
is_intact(const DwLink *link, const uint8 *previous)
{
	return link->gap == 0 && link->foreign == 0 &&
		fits(link, previous, &link->legs);
}

/* The accounts that money of this transaction could have passed. */
static DwUuid *
list_accounts(const DwLink *link, int *count)
{
	static DwStatement select_accounts =
		DW_STATEMENT("SELECT a.id FROM dwello.ledger_accounts AS a "
					 "WHERE a.currency = $2 AND a.owner_id IN "
					 "($1, $4, '00000000-0000-0000-0000-000000000000') "
					 "UNION ALL SELECT $3");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &link->transaction.payer_id);
	dw_param_text(&p, link->transaction.currency);
	dw_param_uuid(&p, &link->transaction.scope_id);
	dw_param_uuid(&p, &link->transaction.payee_id);
	(void) dw_query(&select_accounts, &p);
	return dw_read_only_uuids(count);
}

/* What the legs sum to; 0 unless one was changed. */
static int64
legs_sum(const DwLegs *legs)
{
	int64		sum = 0;

	for (int i = 0; i < legs->count; i++)
		sum += legs->entries[i].amount;
	return sum;
}

/* The leg whose amount, made to balance the others, fits; 0 = none. */
static int
find_changed_amount(const DwLink *link, int64 sum)
{
	for (int i = 0; i < link->legs.count; i++)
	{
		DwLegs		legs = link->legs;

		legs.entries[i].amount -= sum;
		if (fits(link, link->previous, &legs))
			return i + 1;
	}
	return 0;
}

/* The leg whose account, put back, fits; 0 = none. */
static int
find_changed_account(const DwLink *link)
{
	int			count;
	DwUuid	   *accounts = list_accounts(link, &count);

	for (int i = 0; i < link->legs.count; i++)
	{
		DwLegs		legs = link->legs;

		for (int j = 0; j < count; j++)
		{
			legs.entries[i].account_id = accounts[j];
			if (fits(link, link->previous, &legs))
				return i + 1;
		}
	}
	return 0;
}

/* True when a last leg that balances the others fits. */
static bool
lacks_last_leg(const DwLink *link, int64 sum)
{
	int			count;
	DwUuid	   *accounts = list_accounts(link, &count);
	DwLegs		legs = link->legs;

	if (legs.count == DW_LEGS_MAX)
		return false;
	legs.count++;
	legs.entries[legs.count - 1].amount = -sum;
	for (int i = 0; i < count; i++)
	{
		legs.entries[legs.count - 1].account_id = accounts[i];
		if (fits(link, link->previous, &legs))
			return true;
	}
	return false;
}

/* True when one leg too many is the last one. */
static bool
has_extra_leg(const DwLink *link)
{
	DwLegs		legs = link->legs;

	if (legs.count == 0)
		return false;
	legs.count--;
	return fits(link, link->previous, &legs);
}

/* Adds an amount to the legs that a transaction should have. */
static void
expect(DwLegs *legs, int64 amount)
{
	if (amount != 0 && legs->count < DW_LEGS_MAX)
		legs->entries[legs->count++].amount = amount;
}

/*
 * The first leg that says something else than the transaction, when the
 * legs that the transaction tells of fit: several were changed.  0 = none.
 */
static int
find_unlike_transaction(const DwLink *link)
{
	const DwTransaction *t = &link->transaction;
	DwLegs		legs = link->legs;

	legs.count = 0;
	expect(&legs, -t->amount);
	expect(&legs, t->net_amount);
	expect(&legs, t->platform_fee);
	expect(&legs, t->tax);
	if (legs.count != link->legs.count || !fits(link, link->previous, &legs))
		return 0;
	for (int i = 0; i < legs.count; i++)
		if (legs.entries[i].amount != link->legs.entries[i].amount)
			return i + 1;
	return 0;
}

/* Says what is wrong, and where. */
static void
tell(DwTampering *tampering, const DwLink *link, const char *problem, int leg)
{
	tampering->problem = problem;
	tampering->leg = leg;
	tampering->has_transaction = link != NULL;
	if (link != NULL)
		tampering->transaction_id = link->transaction.id;
}

/* What was changed of a link that does not fit where it stands. */
static void
diagnose(const DwLink *link, DwTampering *tampering)
{
	int64		sum = legs_sum(&link->legs);
	int			leg;

	if (link->gap != 0 || link->legs.count == 0)
		tell(tampering, link, "entry_missing", Max(link->gap, 1));
	else if (link->foreign != 0)
		tell(tampering, link, "entry_changed", link->foreign);
	else if (sum != 0 && (leg = find_changed_amount(link, sum)) != 0)
		tell(tampering, link, "entry_changed", leg);
	else if (sum != 0 && lacks_last_leg(link, sum))
		tell(tampering, link, "entry_missing", link->legs.count + 1);
	else if (has_extra_leg(link))
		tell(tampering, link, "entry_changed", link->legs.count);
	else if (sum != 0)
		tell(tampering, link, "entry_changed", 0);
	else if ((leg = find_changed_account(link)) != 0 ||
			 (leg = find_unlike_transaction(link)) != 0)
		tell(tampering, link, "entry_changed", leg);
	else
		tell(tampering, link, "transaction_changed", 0);
}

/* True when a link's own hash was changed: the next one knows the old one. */
static bool
hash_was_changed(const DwChain *chain, const DwLink *link)
{
	uint8		hash[DW_HASH_BYTES];

	if (!link->is_readable || link->gap != 0 || link->foreign != 0)
		return false;
	dw_ledger_hash(link->previous, &link->transaction, &link->legs, hash);
	for (int i = 0; i < chain->count; i++)
		if (same(chain->links[i].previous, hash))
			return true;
	return chain->has_end && same(chain->end, hash);
}

/*
 * The first link in order that follows what was reached and was not visited
 * yet, or NULL: whatever the order of completed_at.
 */
static DwLink *
find_next(DwChain *chain)
{
	int			low = 0;
	int			high = chain->count;

	if (chain->count > SHORT_CHAIN && chain->by_previous == NULL)
		chain->by_previous = sort_links(chain, previous_compare);
	while (chain->by_previous != NULL && low < high)
	{
		int			middle = low + (high - low) / 2;

		if (memcmp(chain->by_previous[middle]->previous, chain->reached,
				   DW_HASH_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (int i = low; i < chain->count; i++)
	{
		DwLink	   *link = chain->by_previous == NULL ? &chain->links[i]
			: chain->by_previous[i];

		if (!same(link->previous, chain->reached))
		{
			if (chain->by_previous != NULL)
				return NULL;
		}
		else if (!link->is_visited)
			return link;
	}
	return NULL;
}

/* Follows the chain; false, and where it breaks, at a link that fails. */
static bool
follow(DwChain *chain, DwTampering *tampering)
{
	DwLink	   *link;

	memset(chain->reached, 0, DW_HASH_BYTES);
	while ((link = find_next(chain)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (!is_intact(link, chain->reached))
		{
			if (hash_was_changed(chain, link))
				tell(tampering, link, "chain_broken", 0);
			else
				diagnose(link, tampering);
			return false;
		}
		link->is_visited = true;
		memcpy(chain->reached, link->hash, DW_HASH_BYTES);
	}
	return true;
}

/* True when the chain came by this hash. */
static bool
was_reached(const DwChain *chain, const uint8 *hash)
{
	for (int i = 0; i < chain->count; i++)
		if (chain->links[i].is_visited && same(chain->links[i].hash, hash))
			return true;
	return false;
}

/*
 * A transaction that other rows know and the chain does not: gone, or no
 * longer completed though it has entries.
 */
static bool
find_missing(DwChain *chain, DwTampering *tampering)
{
	static DwStatement select_missing =
		DW_STATEMENT("SELECT k.id FROM ("
					 "SELECT v.transaction_id AS id, false AS is_booked "
					 "FROM dwello.escrow_events AS v WHERE v.job_id = $1 "
					 "UNION ALL SELECT p.transaction_id, false "
					 "FROM dwello.payment_events AS p WHERE p.job_id = $1 "
					 "UNION ALL SELECT n.transaction_id, true "
					 "FROM dwello.ledger_entries AS n "
					 "WHERE n.scope_id = $1) AS k "
					 "LEFT JOIN dwello.transactions AS t "
					 "ON t.scope_id = $1 AND t.id = k.id "
					 "WHERE k.id IS NOT NULL AND (t.id IS NULL "
					 "OR (k.is_booked AND t.hash IS NULL)) "
					 "ORDER BY k.id LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &chain->scope_id);
	tampering->leg = 0;
	if (dw_query(&select_missing, &p) == 0)
		return false;
	tampering->has_transaction = dw_read_only_uuid(0,
												   &tampering->transaction_id);
	tampering->problem =
		find_link(chain, &tampering->transaction_id, NULL) != NULL
		? "transaction_changed" : "transaction_missing";
	return true;
}

/* What is wrong with a link to which the chain did not lead. */
static void
diagnose_stray(DwChain *chain, const DwLink *link,
			   DwTampering *tampering)
{
	bool		was_moved = link->gap == 0 && link->foreign == 0 &&
		fits(link, chain->reached, &link->legs);

	if (was_moved || was_reached(chain, link->previous))
		tell(tampering, link, "chain_broken", 0);
	else if (!find_missing(chain, tampering))
		tell(tampering, NULL, "transaction_missing", 0);
}

/* What is wrong when the chain does not end where the escrow says. */
static void
diagnose_end(DwChain *chain, DwTampering *tampering)
{
	for (int i = 0; i < chain->count; i++)
	{
		if (same(chain->links[i].previous, chain->end))
		{
			tell(tampering, &chain->links[i], "chain_broken", 0);
			return;				/* put in after the end */
		}
	}
	if (!find_missing(chain, tampering))
		tell(tampering, NULL, "chain_broken", 0);
}

bool
dw_chain_verify(DwChain *chain, DwTampering *tampering)
{
	memset(tampering, 0, sizeof(*tampering));
	tampering->scope_id = chain->scope_id;
	if (!follow(chain, tampering))
		return false;
	for (int i = 0; i < chain->count; i++)
	{
		if (!chain->links[i].is_visited)
		{
			diagnose_stray(chain, &chain->links[i], tampering);
			return false;
		}
	}
	if (!chain->has_end || same(chain->reached, chain->end))
		return true;
	diagnose_end(chain, tampering);
	return false;
}
