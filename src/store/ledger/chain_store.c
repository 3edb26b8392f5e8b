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

/* A link of the chain; one of another length, or none, fits nowhere. */
static void
read_hash(const DwRecord *record, int column, uint8 *hash)
{
	bytea	   *value;

	memset(hash, 0xff, DW_HASH_BYTES);
	if (record->nulls[column])
		return;
	value = DatumGetByteaPP(record->values[column]);
	if (VARSIZE_ANY_EXHDR(value) == DW_HASH_BYTES)
		memcpy(hash, VARDATA_ANY(value), DW_HASH_BYTES);
}

/* A uuid that may be NULL. */
static const DwUuid *
read_uuid_copy(const DwRecord *record, int column)
{
	DwUuid	   *copy;

	if (record->nulls[column])
		return NULL;
	copy = palloc(sizeof(*copy));
	(void) dw_record_uuid(record, column, copy);
	return copy;
}

/* Reads a transaction, in the order of load_links(). */
static void
read_link(const DwRecord *record, DwLink *link)
{
	DwTransaction *t = &link->transaction;

	memset(link, 0, sizeof(*link));
	(void) dw_record_uuid(record, 0, &t->scope_id);
	(void) dw_record_uuid(record, 1, &t->id);
	(void) dw_record_uuid(record, 2, &t->payer_id);
	(void) dw_record_uuid(record, 3, &t->payee_id);
	link->is_readable = dw_transaction_type_parse(dw_record_label(record, 4),
												  &t->type) &&
		dw_transaction_status_parse(dw_record_label(record, 5), &t->status) &&
		dw_actor_parse(dw_record_text(record, 6), &t->actor.kind);
	t->amount = dw_record_int8(record, 7);
	t->currency = dw_record_text(record, 8);
	t->platform_fee = dw_record_int8(record, 9);
	t->tax = dw_record_int8(record, 10);
	t->net_amount = dw_record_int8(record, 11);
	t->milestone_id = read_uuid_copy(record, 12);
	t->payment_method_id = read_uuid_copy(record, 13);
	t->psp = dw_record_text(record, 14);
	t->psp_reference = dw_record_text(record, 15);
	t->reverses = read_uuid_copy(record, 16);
	(void) dw_record_uuid(record, 17, &t->actor.user_id);
	t->idempotency_key = dw_record_text(record, 18);
	t->pay_by = dw_record_time(record, 19);
	t->created_at = dw_record_time(record, 20);
	t->completed_at = dw_record_time(record, 21);
	read_hash(record, 22, link->previous);
	read_hash(record, 23, link->hash);
	link->is_visited = record->nulls[23];
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

/* The chain of the scope in column 0, which comes not before this one. */
static DwChain *
chain_of(DwChain *chain, const DwRecord *record)
{
	DwUuid		scope_id;

	(void) dw_record_uuid(record, 0, &scope_id);
	while (!dw_uuid_equal(&chain->scope_id, &scope_id))
		chain++;
	return chain;
}

/* Loads the transactions of scopes. */
static void
load_links(DwChain *chains, const DwScopes *scopes)
{
	static DwScopeQuery select_transactions =
		DW_SCOPE_QUERY("SELECT t.scope_id, t.id, t.payer_id, t.payee_id, "
					   "t.transaction_type, t.status, t.actor_role, "
					   "t.amount, t.currency, t.platform_fee, t.tax, "
					   "t.net_amount, t.milestone_id, t.payment_method_id, "
					   "t.psp, t.psp_reference, t.reverses, t.actor_id, "
					   "t.idempotency_key, t.pay_by, "
					   "t.created_at, t.completed_at, t.prev_hash, t.hash "
					   "FROM dwello.transactions AS t", "t.scope_id",
					   "ORDER BY t.scope_id, t.completed_at, t.id");
	uint64		total = dw_scopes_query(&select_transactions, scopes);
	DwLink	   *links = palloc_extended(sizeof(DwLink) * Max(total, 1),
										MCXT_ALLOC_HUGE);
	DwRecord	record;

	for (uint64 i = 0; i < total; i++)
	{
		CHECK_FOR_INTERRUPTS();
		dw_record_row(&record, i);
		chains = chain_of(chains, &record);
		read_link(&record, &links[i]);
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

/* The chain of the scope in column 0; hint is where to look first. */
static DwChain *
find_chain(DwChain *chains, int count, const DwRecord *record, DwChain *hint)
{
	DwChain		key;

	(void) dw_record_uuid(record, 0, &key.scope_id);
	if (dw_uuid_equal(&hint->scope_id, &key.scope_id))
		return hint;
	return bsearch(&key, chains, count, sizeof(DwChain), chain_compare);
}

/* Loads the entries of scopes into their links, in whatever order they lie. */
static void
load_entries(DwChain *chains, const DwScopes *scopes, DwTotals *totals)
{
	static DwScopeQuery select_entries =
		DW_SCOPE_QUERY("SELECT n.scope_id, n.transaction_id, n.account_id, "
					   "n.amount, n.leg::integer, n.currency "
					   "FROM dwello.ledger_entries AS n", "n.scope_id", "");
	uint64		total = dw_scopes_query(&select_entries, scopes);
	DwChain    *chain = chains;
	DwLink	   *link = NULL;
	DwRecord	record;

	for (uint64 i = 0; i < total; i++)
	{
		DwUuid		transaction_id;
		DwEntry		entry;
		char	   *currency;

		CHECK_FOR_INTERRUPTS();
		dw_record_row(&record, i);
		chain = find_chain(chains, scopes->count, &record, chain);
		(void) dw_record_uuid(&record, 1, &transaction_id);
		(void) dw_record_uuid(&record, 2, &entry.account_id);
		entry.amount = dw_record_int8(&record, 3);
		currency = dw_record_text(&record, 5);
		link = find_link(chain, &transaction_id, link);
		if (link == NULL)
			chain->has_strays = true;
		else
			read_entry(&entry, dw_record_int4(&record, 4), currency, link);
		if (totals != NULL &&
			!dw_uuid_equal(&entry.account_id, &chain->scope_id))
			dw_totals_add(totals, &entry.account_id, entry.amount,
						  currency);
		pfree(currency);
	}
	SPI_freetuptable(SPI_tuptable);
}

/* Reads what an escrow says, in the order of load_escrows(). */
static void
read_escrow(const DwRecord *record, DwChain *chain)
{
	DwEscrowTotals *escrow = &chain->escrow;

	chain->has_end = true;
	if (!record->nulls[1])
		read_hash(record, 1, chain->end);
	escrow->currency = dw_record_text(record, 2);
	escrow->status = dw_record_label(record, 3);
	escrow->funded = dw_record_int8(record, 4);
	escrow->held = dw_record_int8(record, 5);
	escrow->released = dw_record_int8(record, 6);
	escrow->refunded = dw_record_int8(record, 7);
	escrow->charged_back = dw_record_int8(record, 8);
	escrow->fee_taken = dw_record_int8(record, 9);
	escrow->tax_taken = dw_record_int8(record, 10);
	escrow->transition_count = dw_record_int4(record, 11);
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
	DwRecord	record;

	for (uint64 i = 0; i < total; i++)
	{
		dw_record_row(&record, i);
		chain = chain_of(chain, &record);
		read_escrow(&record, chain);
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
	DwUuid	   *ids;

	dw_param_uuid(&p, &link->transaction.payer_id);
	dw_param_text(&p, link->transaction.currency);
	dw_param_uuid(&p, &link->transaction.scope_id);
	dw_param_uuid(&p, &link->transaction.payee_id);
	*count = (int) dw_query(&select_accounts, &p);
	ids = palloc(sizeof(DwUuid) * *count);
	for (int i = 0; i < *count; i++)
		(void) dw_read_only_uuid(i, &ids[i]);
	return ids;
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
find_missing(const DwChain *chain, DwTampering *tampering)
{
	static DwStatement select_missing =
		DW_STATEMENT("SELECT k.id, t.id IS NOT NULL FROM ("
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
	tampering->has_transaction = dw_read_uuid(0, 1,
											  &tampering->transaction_id);
	tampering->problem = dw_read_bool(0, 2)
		? "transaction_changed" : "transaction_missing";
	return true;
}

/* What is wrong with a link to which the chain did not lead. */
static void
diagnose_stray(const DwChain *chain, const DwLink *link,
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
diagnose_end(const DwChain *chain, DwTampering *tampering)
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
