/*
 * chain_store.c
 *		Reads the transactions of scopes with their entries, as they are
 *		stored, to be checked.
 *
 * A statement a table for many scopes at once: to start one costs more than
 * to read the rows of a scope.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store.h"

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

/* Reads the rows of scopes; see the header. */
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
		dw_record_row(&record, i);
		chains = chain_of(chains, &record);
		read_link(&record, &links[i]);
		if (chains->count++ == 0)
			chains->links = &links[i];
	}
	SPI_freetuptable(SPI_tuptable);
}

/* The link of a transaction, or NULL; first is where to look first. */
static DwLink *
find_link(DwChain *chain, const DwUuid *transaction_id, DwLink *first)
{
	if (first != NULL &&
		dw_uuid_equal(&first->transaction.id, transaction_id))
		return first;
	for (int i = 0; i < chain->count; i++)
		if (dw_uuid_equal(&chain->links[i].transaction.id, transaction_id))
			return &chain->links[i];
	return NULL;
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
load_entries(DwChain *chains, const DwScopes *scopes, DwAccounts *accounts)
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
		if (accounts != NULL &&
			!dw_uuid_equal(&entry.account_id, &chain->scope_id))
			dw_accounts_add(accounts, &entry.account_id, entry.amount,
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

/* Loads the books of scopes; see the header. */
DwChain *
dw_chains_load(const DwScopes *scopes, DwAccounts *accounts)
{
	DwChain    *chains = palloc0(sizeof(DwChain) * scopes->count);

	for (int i = 0; i < scopes->count; i++)
		chains[i].scope_id = scopes->ids[i];
	load_links(chains, scopes);
	load_entries(chains, scopes, accounts);
	load_escrows(chains, scopes);
	for (int i = 0; i < scopes->count; i++)
		for (int j = 0; j < chains[i].count; j++)
			chains[i].links[j].gap = find_gap(&chains[i].links[j]);
	return chains;
}
