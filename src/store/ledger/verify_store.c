/*
 * verify_store.c
 *		Checks the hash chains: which row was tampered with first (I6).
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store.h"

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

/* Follows the chain; false, and the fault, at a link that does not fit. */
static bool
follow(DwChain *chain, DwTampering *tampering)
{
	memset(chain->reached, 0, DW_HASH_BYTES);
	for (int i = 0; i < chain->count; i++)
	{
		DwLink	   *link = &chain->links[i];

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

/* Checks a chain; see the header. */
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
