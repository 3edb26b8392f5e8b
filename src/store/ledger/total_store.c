/*
 * total_store.c
 *		Sums of ledger accounts, gathered while the entries pass by.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/hsearch.h"

#include "core/ledger/ledger.h"
#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store.h"

/* One account, as its entries have it. */
typedef struct Account
{
	DwUuid		id;				/* key of the table: comes first */
	char		currency[4];	/* of the first entry */
	bool		is_strange;		/* entries disagree, or it has no row */
	DwAccountKind kind;			/* once it was looked up */
	bool		gave;			/* an entry is negative */
	bool		is_huge;		/* the sum does not fit */
	int64		sum;			/* of the entries */
} Account;

/* The accounts met so far. */
struct DwAccounts
{
	HTAB	   *table;			/* of Account */
	MemoryContext context;		/* of the array below */
	DwUuid	   *fresh;			/* not looked up yet */
	int			fresh_count;	/* of them */
	int			fresh_room;		/* for them */
};

/* An empty set; see the header. */
DwAccounts *
dw_accounts_begin(void)
{
	DwAccounts *accounts = palloc0(sizeof(*accounts));
	HASHCTL		control = {
		.keysize = sizeof(DwUuid),
		.entrysize = sizeof(Account),
		.hcxt = CurrentMemoryContext
	};

	accounts->context = CurrentMemoryContext;
	accounts->table = hash_create("dwello accounts", 1024, &control,
								  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	accounts->fresh_room = 64;
	accounts->fresh = palloc(sizeof(DwUuid) * accounts->fresh_room);
	return accounts;
}

/* Makes a note to look an account up. */
static void
add_fresh(DwAccounts *accounts, const DwUuid *id)
{
	if (accounts->fresh_count == accounts->fresh_room)
	{
		accounts->fresh_room *= 2;
		accounts->fresh = repalloc_huge(accounts->fresh, sizeof(DwUuid) *
										accounts->fresh_room);
	}
	accounts->fresh[accounts->fresh_count++] = *id;
}

/* Adds an entry; see the header. */
void
dw_accounts_add(DwAccounts *accounts, const DwUuid *id, int64 amount,
				const char *currency)
{
	bool		found;
	Account    *account = hash_search(accounts->table, id, HASH_ENTER,
									  &found);

	if (!found)
	{
		strlcpy(account->currency, currency, sizeof(account->currency));
		account->is_strange = strlen(currency) >= sizeof(account->currency);
		account->kind = DW_ACCOUNT_KIND_COUNT;	/* none */
		account->gave = false;
		account->is_huge = false;
		account->sum = 0;
		add_fresh(accounts, id);
	}
	account->is_strange |= strcmp(account->currency, currency) != 0;
	account->is_huge |= pg_add_s64_overflow(account->sum, amount,
											&account->sum);
	account->gave |= amount < 0;
}

/* Looks up the new accounts; see the header. */
void
dw_accounts_resolve(DwAccounts *accounts)
{
	static DwStatement select_accounts =
		DW_STATEMENT("SELECT u.id, a.currency = u.currency, a.kind::text "
					 "FROM unnest($1, $2) AS u (id, currency) "
					 "LEFT JOIN dwello.ledger_accounts AS a ON a.id = u.id");
	DwParams	p = DW_PARAMS;
	char	  **currencies = palloc(sizeof(char *) *
									(accounts->fresh_count + 1));
	uint64		count;

	for (int i = 0; i < accounts->fresh_count; i++)
	{
		Account    *account = hash_search(accounts->table,
										  &accounts->fresh[i], HASH_FIND,
										  NULL);

		currencies[i] = account->currency;
	}
	dw_param_uuids(&p, accounts->fresh, accounts->fresh_count);
	dw_param_texts(&p, currencies, accounts->fresh_count);
	count = accounts->fresh_count == 0 ? 0 : dw_query(&select_accounts, &p);
	accounts->fresh_count = 0;
	for (uint64 i = 0; i < count; i++)
	{
		DwUuid		id;
		Account    *account;

		(void) dw_read_uuid(i, 1, &id);
		account = hash_search(accounts->table, &id, HASH_FIND, NULL);
		account->is_strange |= !dw_read_bool(i, 2) ||
			!dw_account_kind_parse(dw_read_text(i, 3), &account->kind);
	}
	if (count > 0)
		SPI_freetuptable(SPI_tuptable);
	pfree(currencies);
}

/* True for an account that clears; see the header. */
bool
dw_accounts_clears(DwAccounts *accounts, const DwUuid *id)
{
	Account    *account = hash_search(accounts->table, id, HASH_FIND, NULL);

	return account != NULL && account->kind == DW_ACCOUNT_PSP_CLEARING;
}

/* The ids of accounts that a question is answered with yes for. */
static DwUuid *
list(DwAccounts *accounts, bool (*is_listed) (const Account *), int *count)
{
	long		total = hash_get_num_entries(accounts->table);
	DwUuid	   *ids = palloc_extended(sizeof(DwUuid) * (total + 1),
									  MCXT_ALLOC_HUGE);
	HASH_SEQ_STATUS scan;
	Account    *account;

	*count = 0;
	hash_seq_init(&scan, accounts->table);
	while ((account = hash_seq_search(&scan)) != NULL)
		if (is_listed(account))
			ids[(*count)++] = account->id;
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
	return account->is_strange;
}

/* The accounts that may owe; see the header. */
DwUuid *
dw_accounts_owing(DwAccounts *accounts, bool all, int *count)
{
	return list(accounts, all ? is_below : is_giver, count);
}

/* The accounts that are strange; see the header. */
DwUuid *
dw_accounts_strange(DwAccounts *accounts, int *count)
{
	return list(accounts, is_stranger, count);
}
