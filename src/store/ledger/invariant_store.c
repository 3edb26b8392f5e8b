/*
 * invariant_store.c
 *		Whether the books of a scope add up: I1, I2, I3 and I7 to I10.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/ledger/invariant_store_int.h"

#define CLEARINGS_MAX	8		/* companies that one job was paid through */

/* What the transactions of an escrow come to. */
typedef struct Totals
{
	int128		funded;			/* by payments */
	int128		refunded;		/* by refunds and disputes */
	int128		charged_back;	/* by banks */
	int128		held;			/* entries of the escrow */
	int128		released;		/* by releases and disputes */
	int128		fee;			/* of them */
	int128		tax;			/* of them */
} Totals;

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

/* I1, and of I7 what can be said of one transaction. */
static bool
link_is_valid(const DwLink *link)
{
	const DwTransaction *t = &link->transaction;
	bool		pays_out = t->type == DW_TRANSACTION_RELEASE ||
		t->type == DW_TRANSACTION_DISPUTE;

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
	if (t->type == DW_TRANSACTION_DISPUTE)
		return t->amount - divided(t);
	return t->type == DW_TRANSACTION_REVERSAL ? divided(t) - t->amount : 0;
}

/* Adds a transaction to the totals of its escrow. */
static void
add_link(Totals *totals, const DwLink *link)
{
	const DwTransaction *t = &link->transaction;
	int			sign = t->type == DW_TRANSACTION_REVERSAL ? -1 : 1;

	totals->held += link->escrow_gained;
	totals->refunded += link->of_escrow * given_back(t);
	if (t->type == DW_TRANSACTION_PAYMENT)
		totals->funded += link->escrow_gained;
	if (t->type == DW_TRANSACTION_CHARGEBACK)
		totals->charged_back -= link->escrow_gained;
	if (t->status != DW_TRANSACTION_COMPLETED ||
		(t->type != DW_TRANSACTION_RELEASE &&
		 t->type != DW_TRANSACTION_DISPUTE &&
		 t->type != DW_TRANSACTION_REVERSAL))
		return;
	totals->released += sign * (t->type == DW_TRANSACTION_RELEASE
								? (int128) t->amount : divided(t));
	totals->fee += sign * t->platform_fee;
	totals->tax += sign * t->tax;
}

/* I2 and I3 of an escrow, and of I7 what it knows. */
static bool
escrow_is_valid(const DwEscrowTotals *e, const Totals *totals)
{
	if (e->funded < 0 || e->held < 0 || e->released < 0 ||
		e->refunded < 0 || e->charged_back < 0)
		return false;
	if ((int128) e->held + e->released + e->refunded + e->charged_back !=
		e->funded)
		return false;
	return totals->held == e->held && totals->funded == e->funded &&
		totals->refunded == e->refunded &&
		totals->charged_back == e->charged_back &&
		totals->released == e->released && totals->fee == e->fee_taken &&
		totals->tax == e->tax_taken;
}

/* What the companies' clearing accounts gained by a transaction. */
static int128
cleared(const DwLink *link, DwAccounts *accounts)
{
	int128		sum = 0;

	for (int i = 0; i < link->legs.count; i++)
		if (dw_accounts_clears(accounts, &link->legs.entries[i].account_id))
			sum += link->legs.entries[i].amount;
	return sum;
}

/* I3: a refund goes back through companies. */
static bool
refund_is_valid(const DwLink *link, DwAccounts *accounts)
{
	const DwTransaction *t = &link->transaction;

	if ((t->type != DW_TRANSACTION_REFUND &&
		 t->type != DW_TRANSACTION_DISPUTE) ||
		t->status != DW_TRANSACTION_COMPLETED)
		return true;
	return cleared(link, accounts) == given_back(t);
}

/* Adds what clears to the sums by account; false when there are too many. */
static bool
add_clearings(DwLegs *sums, const DwLink *link, DwAccounts *accounts)
{
	for (int i = 0; i < link->legs.count; i++)
	{
		const DwEntry *entry = &link->legs.entries[i];
		int			j = 0;

		if (!dw_accounts_clears(accounts, &entry->account_id))
			continue;
		while (j < sums->count &&
			   !dw_uuid_equal(&sums->entries[j].account_id,
							  &entry->account_id))
			j++;
		if (j == CLEARINGS_MAX)
			return false;
		if (j == sums->count)
		{
			sums->entries[j].account_id = entry->account_id;
			sums->entries[j].amount = 0;
			sums->count++;
		}
		sums->entries[j].amount += entry->amount;
	}
	return true;
}

/* I3: no company gave back more than was paid through it. */
static bool
clearings_are_valid(const DwChain *chain, DwAccounts *accounts)
{
	DwLegs		sums = {0};

	for (int i = 0; i < chain->count; i++)
	{
		DwTransactionType type = chain->links[i].transaction.type;

		if ((type == DW_TRANSACTION_PAYMENT ||
			 type == DW_TRANSACTION_REFUND ||
			 type == DW_TRANSACTION_DISPUTE ||
			 type == DW_TRANSACTION_REVERSAL) &&
			!add_clearings(&sums, &chain->links[i], accounts))
			return false;
	}
	for (int i = 0; i < sums.count; i++)
		if (sums.entries[i].amount > 0)
			return false;
	return true;
}

/* Orders texts, for qsort. */
static int
key_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* I8: no key stands twice. */
static bool
keys_are_valid(const DwChain *chain)
{
	const char **keys = palloc(sizeof(char *) * (chain->count + 1));
	bool		valid = true;
	int			count = 0;

	for (int i = 0; i < chain->count; i++)
		if (chain->links[i].transaction.idempotency_key != NULL)
			keys[count++] = chain->links[i].transaction.idempotency_key;
	qsort(keys, count, sizeof(char *), key_compare);
	for (int i = 1; i < count && valid; i++)
		valid = strcmp(keys[i - 1], keys[i]) != 0;
	pfree(keys);
	return valid;
}

/* I9: a transaction that is undone is there, and not by more than it was. */
static bool
reversals_are_valid(const DwChain *chain)
{
	for (int i = 0; i < chain->count; i++)
	{
		const DwUuid *id = chain->links[i].transaction.reverses;
		int128		rest = -1;	/* of a transaction that is not there */

		for (int j = 0; id != NULL && j < chain->count; j++)
		{
			const DwTransaction *t = &chain->links[j].transaction;

			if (dw_uuid_equal(&t->id, id))
				rest += (int128) t->amount + 1;
			else if (t->reverses != NULL && dw_uuid_equal(t->reverses, id) &&
					 t->status == DW_TRANSACTION_COMPLETED)
				rest -= t->amount;
		}
		if (id != NULL && rest < 0)
			return false;
	}
	return true;
}

/* True when the sums of a scope are right; see the header. */
bool
dw_invariants_check(const DwChain *chain, DwAccounts *accounts)
{
	Totals		totals = {0};

	if (chain->has_strays)
		return false;
	for (int i = 0; i < chain->count; i++)
	{
		const DwLink *link = &chain->links[i];

		if (!link_is_valid(link) || !refund_is_valid(link, accounts))
			return false;
		if (link->of_escrow > 0 &&
			(!chain->has_end || strcmp(link->transaction.currency,
									   chain->escrow.currency) != 0))
			return false;
		add_link(&totals, link);
	}
	return (!chain->has_end || escrow_is_valid(&chain->escrow, &totals)) &&
		clearings_are_valid(chain, accounts) && keys_are_valid(chain) &&
		reversals_are_valid(chain);
}

/* Reads one event of a history; false where it breaks off. */
static bool
event_follows(const DwRecord *record, int seq, const char *previous)
{
	const char *from = dw_record_label(record, 2);

	return dw_record_int4(record, 1) == seq &&
		(from == NULL ? previous == NULL
		 : previous != NULL && strcmp(from, previous) == 0);
}

/* True when the history of an escrow ended as the escrow says. */
static bool
history_is_whole(const DwChain *chain, int seq, const char *last)
{
	return !chain->has_end ||
		(seq == chain->escrow.transition_count &&
		 (last == NULL || strcmp(last, chain->escrow.status) == 0));
}

/* I10 of some scopes; see the header. */
bool *
dw_histories_check(const DwChain *chains, const DwScopes *scopes)
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
			DwRecord	record;
			DwUuid		job_id;

			dw_record_row(&record, row);
			(void) dw_record_uuid(&record, 0, &job_id);
			if (!dw_uuid_equal(&job_id, &scopes->ids[i]))
				break;
			whole[i] &= event_follows(&record, ++seq, last);
			last = dw_record_label(&record, 3);
		}
		whole[i] &= history_is_whole(&chains[i], seq, last);
	}
	SPI_freetuptable(SPI_tuptable);
	return whole;
}
