/*
 * chain_store.c
 *		Reads the transactions of a scope with their entries, as they are
 *		stored, to be checked.
 */
#include "postgres.h"

#include "store/chain_store.h"
#include "store/plan_store.h"

/* Reads a link of the chain; one of another length fits nowhere. */
static void
read_hash(uint64 index, int column, uint8 *hash)
{
	bytea	   *value = dw_read_bytea(index, column);

	memset(hash, 0xff, DW_HASH_BYTES);
	if (value != NULL && VARSIZE_ANY_EXHDR(value) == DW_HASH_BYTES)
		memcpy(hash, VARDATA_ANY(value), DW_HASH_BYTES);
}

/* Reads a uuid that may be NULL. */
static const DwUuid *
read_uuid_copy(uint64 index, int column)
{
	DwUuid	   *copy = palloc(sizeof(*copy));

	return dw_read_uuid(index, column, copy) ? copy : NULL;
}

/* Reads a transaction, in the order of transaction_columns. */
static void
read_link(uint64 index, const DwUuid *scope_id, DwLink *link)
{
	DwTransaction *t = &link->transaction;

	memset(link, 0, sizeof(*link));
	t->scope_id = *scope_id;
	(void) dw_read_uuid(index, 1, &t->id);
	(void) dw_read_uuid(index, 2, &t->payer_id);
	(void) dw_read_uuid(index, 3, &t->payee_id);
	link->is_readable = dw_transaction_type_parse(dw_read_text(index, 4),
												  &t->type);
	t->amount = dw_read_int8(index, 5);
	t->currency = dw_read_text(index, 6);
	t->platform_fee = dw_read_int8(index, 7);
	t->tax = dw_read_int8(index, 8);
	t->net_amount = dw_read_int8(index, 9);
	t->milestone_id = read_uuid_copy(index, 10);
	t->payment_method_id = read_uuid_copy(index, 11);
	t->psp = dw_read_text(index, 12);
	t->psp_reference = dw_read_text(index, 13);
	t->reverses = read_uuid_copy(index, 14);
	(void) dw_read_uuid(index, 15, &t->actor.user_id);
	link->is_readable &= dw_actor_parse(dw_read_text(index, 16),
										&t->actor.kind);
	t->idempotency_key = dw_read_text(index, 17);
	t->pay_by = dw_read_time(index, 18);
	t->created_at = dw_read_time(index, 19);
	t->completed_at = dw_read_time(index, 20);
	read_hash(index, 21, link->previous);
	read_hash(index, 22, link->hash);
}

/* Loads the transactions of a scope that are in its chain. */
static void
load_links(const DwUuid *scope_id, DwChain *chain)
{
	static DwStatement select_transactions =
		DW_STATEMENT("SELECT t.id, t.payer_id, t.payee_id, "
					 "t.transaction_type::text, "
					 "t.amount, t.currency, t.platform_fee, t.tax, "
					 "t.net_amount, t.milestone_id, t.payment_method_id, "
					 "t.psp, t.psp_reference, t.reverses, t.actor_id, "
					 "t.actor_role, t.idempotency_key, t.pay_by, "
					 "t.created_at, t.completed_at, t.prev_hash, t.hash "
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.hash IS NOT NULL "
					 "ORDER BY t.completed_at, t.id");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, scope_id);
	chain->scope_id = *scope_id;
	chain->count = (int) dw_query(&select_transactions, &p);
	chain->links = palloc(sizeof(DwLink) * Max(chain->count, 1));
	for (int i = 0; i < chain->count; i++)
		read_link(i, scope_id, &chain->links[i]);
	SPI_freetuptable(SPI_tuptable);
}

/* The link of a transaction, or NULL. */
static DwLink *
find_link(DwChain *chain, const DwUuid *transaction_id)
{
	for (int i = 0; i < chain->count; i++)
		if (dw_uuid_equal(&chain->links[i].transaction.id, transaction_id))
			return &chain->links[i];
	return NULL;
}

/* Adds the entry of row `index` to its transaction. */
static void
read_entry(uint64 index, DwChain *chain)
{
	DwUuid		transaction_id;
	DwLink	   *link;
	DwEntry    *entry;
	int			leg = dw_read_int4(index, 2);

	(void) dw_read_uuid(index, 1, &transaction_id);
	link = find_link(chain, &transaction_id);
	if (link == NULL || link->legs.count == DW_LEGS_MAX)
		return;
	entry = &link->legs.entries[link->legs.count++];
	(void) dw_read_uuid(index, 3, &entry->account_id);
	entry->amount = dw_read_int8(index, 4);
	if (leg != link->legs.count && link->gap == 0)
		link->gap = link->legs.count;
	if (strcmp(dw_read_text(index, 5), link->transaction.currency) != 0 &&
		link->foreign == 0)
		link->foreign = leg;
}

/* Loads the entries of a scope into its links. */
static void
load_entries(DwChain *chain)
{
	static DwStatement select_entries =
		DW_STATEMENT("SELECT n.transaction_id, n.leg::integer, "
					 "n.account_id, n.amount, n.currency "
					 "FROM dwello.ledger_entries AS n "
					 "WHERE n.scope_id = $1 "
					 "ORDER BY n.transaction_id, n.leg");
	DwParams	p = DW_PARAMS;
	uint64		count;

	dw_param_uuid(&p, &chain->scope_id);
	count = dw_query(&select_entries, &p);
	for (uint64 i = 0; i < count; i++)
		read_entry(i, chain);
	SPI_freetuptable(SPI_tuptable);
}

/* Loads where the escrow of the scope, if it is a job, says the chain ends. */
static void
load_end(DwChain *chain)
{
	static DwStatement select_end =
		DW_STATEMENT("SELECT e.last_hash FROM dwello.escrow_accounts AS e "
					 "WHERE e.job_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &chain->scope_id);
	chain->has_end = dw_query(&select_end, &p) > 0;
	memset(chain->end, 0, DW_HASH_BYTES);
	if (chain->has_end && !dw_read_null(0, 1))
		read_hash(0, 1, chain->end);
}

/* Loads the chain of a scope; see the header. */
void
dw_chain_load(const DwUuid *scope_id, DwChain *chain)
{
	memset(chain, 0, sizeof(*chain));
	load_links(scope_id, chain);
	load_entries(chain);
	load_end(chain);
}
