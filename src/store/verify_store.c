/*
 * verify_store.c
 *		Checks the hash chains: which row was tampered with first (I6).
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "store/ledger_store.h"
#include "store/plan_store.h"
#include "store/verify_store.h"

/* A stored transaction with its entries. */
typedef struct Link
{
	DwTransaction transaction;	/* as stored */
	DwLegs		legs;			/* as stored, those that fit in */
	bool		is_readable;	/* every label is a known one */
	int			gap;			/* first leg that is not there; 0 = none */
	int			foreign;		/* first leg in another currency; 0 = none */
	bool		is_visited;		/* the chain led here */
	uint8		previous[DW_HASH_BYTES];	/* column prev_hash */
	uint8		hash[DW_HASH_BYTES];	/* column hash */
} Link;

/* A chain under examination. */
typedef struct Chain
{
	DwUuid		scope_id;		/* whose it is */
	int			count;			/* of links */
	Link	   *links;			/* in the order of completed_at */
	bool		has_end;		/* there is an escrow that knows the end */
	uint8		end[DW_HASH_BYTES]; /* its last_hash */
	uint8		reached[DW_HASH_BYTES]; /* how far the chain led */
} Chain;

/* The scopes that have a chain; see the header. */
DwUuid *
dw_chains_list(const DwUuid *scope_id, TimestampTz since, int *count)
{
	static DwStatement select_scopes =
		DW_STATEMENT("SELECT t.scope_id FROM dwello.transactions AS t "
					 "WHERE t.hash IS NOT NULL "
					 "AND ($1 IS NULL OR t.scope_id = $1) "
					 "AND ($2 IS NULL OR t.completed_at >= $2) "
					 "UNION SELECT e.job_id "
					 "FROM dwello.escrow_accounts AS e "
					 "WHERE e.last_hash IS NOT NULL "
					 "AND ($1 IS NULL OR e.job_id = $1) "
					 "AND ($2 IS NULL OR e.updated_at >= $2) ORDER BY 1");
	DwParams	p = DW_PARAMS;
	DwUuid	   *scopes;

	dw_param_uuid(&p, scope_id);
	dw_param_time(&p, since);
	*count = (int) dw_query(&select_scopes, &p);
	scopes = palloc(sizeof(DwUuid) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
		(void) dw_read_uuid(i, 1, &scopes[i]);
	return scopes;
}

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
read_link(uint64 index, const DwUuid *scope_id, Link *link)
{
	DwTransaction *t = &link->transaction;

	memset(link, 0, sizeof(*link));
	t->scope_id = *scope_id;
	(void) dw_read_uuid(index, 1, &t->id);
	(void) dw_read_uuid(index, 2, &t->homeowner_id);
	(void) dw_read_uuid(index, 3, &t->provider_id);
	(void) dw_read_uuid(index, 4, &t->payer_id);
	(void) dw_read_uuid(index, 5, &t->payee_id);
	link->is_readable = dw_transaction_type_parse(dw_read_text(index, 6),
												  &t->type);
	t->amount = dw_read_int8(index, 7);
	t->currency = dw_read_text(index, 8);
	t->platform_fee = dw_read_int8(index, 9);
	t->tax = dw_read_int8(index, 10);
	t->net_amount = dw_read_int8(index, 11);
	t->milestone_id = read_uuid_copy(index, 12);
	t->payment_method_id = read_uuid_copy(index, 13);
	t->psp = dw_read_text(index, 14);
	t->psp_reference = dw_read_text(index, 15);
	t->reverses = read_uuid_copy(index, 16);
	(void) dw_read_uuid(index, 17, &t->actor.user_id);
	link->is_readable &= dw_actor_parse(dw_read_text(index, 18),
										&t->actor.kind);
	t->idempotency_key = dw_read_text(index, 19);
	t->pay_by = dw_read_time(index, 20);
	t->created_at = dw_read_time(index, 21);
	t->completed_at = dw_read_time(index, 22);
	read_hash(index, 23, link->previous);
	read_hash(index, 24, link->hash);
}

/* Loads the transactions of a scope that are in its chain. */
static void
load_links(const DwUuid *scope_id, Chain *chain)
{
	static DwStatement select_transactions =
		DW_STATEMENT("SELECT t.id, t.homeowner_id, t.provider_id, "
					 "t.payer_id, t.payee_id, t.transaction_type::text, "
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
	chain->links = palloc(sizeof(Link) * Max(chain->count, 1));
	for (int i = 0; i < chain->count; i++)
		read_link(i, scope_id, &chain->links[i]);
	SPI_freetuptable(SPI_tuptable);
}

/* The link of a transaction, or NULL. */
static Link *
find_link(Chain *chain, const DwUuid *transaction_id)
{
	for (int i = 0; i < chain->count; i++)
		if (dw_uuid_equal(&chain->links[i].transaction.id, transaction_id))
			return &chain->links[i];
	return NULL;
}

/* Adds the entry of row `index` to its transaction. */
static void
read_entry(uint64 index, Chain *chain)
{
	DwUuid		transaction_id;
	Link	   *link;
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
load_entries(Chain *chain)
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
load_end(Chain *chain)
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

/* True when two links are the same. */
static bool
same(const uint8 *a, const uint8 *b)
{
	return memcmp(a, b, DW_HASH_BYTES) == 0;
}

/* True when a transaction with these legs has the stored hash. */
static bool
fits(const Link *link, const uint8 *previous, const DwLegs *legs)
{
	uint8		hash[DW_HASH_BYTES];

	if (!link->is_readable)
		return false;
	dw_ledger_hash(previous, &link->transaction, legs, hash);
	return same(hash, link->hash);
}

/* True when a link is what was booked after `previous`. */
static bool
is_intact(const Link *link, const uint8 *previous)
{
	return link->gap == 0 && link->foreign == 0 &&
		fits(link, previous, &link->legs);
}

/* The accounts that money of this transaction could have passed. */
static DwUuid *
list_accounts(const Link *link, int *count)
{
	static DwStatement select_accounts =
		DW_STATEMENT("SELECT a.id FROM dwello.ledger_accounts AS a "
					 "WHERE a.currency = $2 AND a.owner_id IN "
					 "($1, '00000000-0000-0000-0000-000000000000') "
					 "UNION ALL SELECT $3");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids;

	dw_param_uuid(&p, &link->transaction.provider_id);
	dw_param_text(&p, link->transaction.currency);
	dw_param_uuid(&p, &link->transaction.scope_id);
	*count = (int) dw_query(&select_accounts, &p);
	ids = palloc(sizeof(DwUuid) * *count);
	for (int i = 0; i < *count; i++)
		(void) dw_read_uuid(i, 1, &ids[i]);
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
find_changed_amount(const Link *link, int64 sum)
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
find_changed_account(const Link *link)
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
lacks_last_leg(const Link *link, int64 sum)
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
has_extra_leg(const Link *link)
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
find_unlike_transaction(const Link *link)
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
tell(DwTampering *tampering, const Link *link, const char *problem, int leg)
{
	tampering->problem = problem;
	tampering->leg = leg;
	tampering->has_transaction = link != NULL;
	if (link != NULL)
		tampering->transaction_id = link->transaction.id;
}

/* What was changed of a link that does not fit where it stands. */
static void
diagnose(const Link *link, DwTampering *tampering)
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
hash_was_changed(const Chain *chain, const Link *link)
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

/* Follows the chain; false, and the fault, at a link that does not fit. */
static bool
follow(Chain *chain, DwTampering *tampering)
{
	memset(chain->reached, 0, DW_HASH_BYTES);
	for (int i = 0; i < chain->count; i++)
	{
		Link	   *link = &chain->links[i];

		if (link->is_visited || !same(link->previous, chain->reached))
			continue;
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
		i = -1;					/* the next one can be anywhere */
	}
	return true;
}

/* True when the chain came by this hash. */
static bool
was_reached(const Chain *chain, const uint8 *hash)
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
find_missing(const Chain *chain, DwTampering *tampering)
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
diagnose_stray(const Chain *chain, const Link *link, DwTampering *tampering)
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
diagnose_end(const Chain *chain, DwTampering *tampering)
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

/* Checks a chain in the current memory context. */
static bool
verify(const DwUuid *scope_id, DwTampering *tampering)
{
	Chain		chain = {.count = 0};

	load_links(scope_id, &chain);
	load_entries(&chain);
	load_end(&chain);
	if (!follow(&chain, tampering))
		return false;
	for (int i = 0; i < chain.count; i++)
	{
		if (!chain.links[i].is_visited)
		{
			diagnose_stray(&chain, &chain.links[i], tampering);
			return false;
		}
	}
	if (!chain.has_end || same(chain.reached, chain.end))
		return true;
	diagnose_end(&chain, tampering);
	return false;
}

/* Checks the chain of a scope; see the header. */
bool
dw_chain_verify(const DwUuid *scope_id, DwTampering *tampering)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext,
											   "dwello chain",
											   ALLOCSET_SMALL_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(work);
	bool		sound;

	memset(tampering, 0, sizeof(*tampering));
	tampering->scope_id = *scope_id;
	sound = verify(scope_id, tampering);
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(work);
	return sound;
}
