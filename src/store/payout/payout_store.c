/*
 * payout_store.c
 *		Payouts of providers, and what lies in their accounts.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/ledger/ledger_store.h"
#include "store/payout/payout_store.h"

/*
 * What is asked for and its rate are fixed with the request, so that a rate
 * set meanwhile changes neither what is sent nor what a return mirrors.
 */
static const DwColumn payout_columns[] = {
	DW_COLUMN(UUID, DwPayoutRow, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwPayoutRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwPayoutRow, payment_method_id, payment_method_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(payout_status, DwPayoutRow, status, status, 0,
				   dw_payout_status_labels),
	DW_COLUMN(INT8, DwPayoutRow, amount, amount, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwPayoutRow, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwPayoutRow, paid_amount, paid_amount, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwPayoutRow, paid_currency, paid_currency,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwPayoutRow, remainder, remainder, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwPayoutRow, psp, psp, 0),
	DW_COLUMN(TEXT, DwPayoutRow, psp_reference, psp_reference, 0),
	DW_COLUMN(TIME, DwPayoutRow, hold_until, hold_until, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwPayoutRow, transaction_id, transaction_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(INT4, DwPayoutRow, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	DW_COLUMN(TIME, DwPayoutRow, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwPayoutRow, completed_at, completed_at, 0)
};

static DwTable payouts = DW_TABLE("payouts", DwPayoutRow, payout_columns);

void
dw_payout_mark_user(const DwUuid *user_id)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.users SET updated_at = updated_at "
					 "WHERE id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&update, &p);
}

/* One of a provider's two accounts. */
typedef struct Purse
{
	DwUuid		id;				/* of the account */
	int64		rolled_up;		/* part of its balance */
	DwUuid		through;		/* last transaction in it; nil = none yet */
} Purse;

/* Runs a statement in the snapshot of a read, or in that of a command. */
static uint64
run(DwStatement *statement, const DwParams *p, bool is_read)
{
	return is_read ? dw_query(statement, p) : dw_execute(statement, p);
}

/*
 * Reads the rolled up parts of the accounts.
 *
 * Entries are rolled up in the order of their transactions, those of all
 * accounts alike, so an account that was rolled up at all has no entries
 * between its own watermark and the other's.  One without a row, or whose
 * row was made again, may have older ones.
 */
static void
load_rolled_up(Purse *purses, bool is_read)
{
	DwUuid		ids[2] = {purses[0].id, purses[1].id};
	DwAccountRow rows[2];
	int			count = dw_accounts_load(ids, 2, is_read, rows);

	for (int i = 0; i < count; i++)
	{
		Purse	   *purse = &purses[dw_uuid_equal(&rows[i].id, &ids[1])];

		purse->rolled_up = rows[i].rolled_up_balance;
		purse->through = rows[i].rolled_up_through;
	}
	if (!dw_uuid_is_nil(&purses[0].through) &&
		!dw_uuid_is_nil(&purses[1].through))
	{
		bool		later = dw_uuid_compare(&purses[0].through,
											&purses[1].through) > 0;

		purses[later].through = purses[!later].through;
	}
}

static const DwColumn tail_fields[] = {
	DW_FIELD(INT8, DwBalance, available, available),
	DW_FIELD(INT8, DwBalance, receivable, receivable)
};

static DwMap tails = DW_MAP(tail_fields);

/*
 * Reads the tails of the accounts.  What is rolled up is read before them, by
 * its own key: nothing is ever booked at or below a watermark, so a rollup
 * that commits in between changes neither sum.
 */
static void
load_tails(const DwUuid *user_id, const Purse *purses, bool is_read,
		   DwBalance *balance)
{
	static DwStatement select_tails =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.sum(n.amount) FILTER (WHERE "
					 "n.account_id = $2 AND t.id > $4), 0)::bigint "
					 "AS available, "
					 "COALESCE(pg_catalog.sum(n.amount) FILTER (WHERE "
					 "n.account_id = $3 AND t.id > $5), 0)::bigint "
					 "AS receivable " DW_ENTRIES_OF_PROVIDER("$1")
					 "WHERE n.account_id IN ($2, $3) AND t.id > $6");
	int			least = dw_uuid_compare(&purses[0].through,
										&purses[1].through) > 0;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, &purses[0].id);
	dw_param_uuid(&p, &purses[1].id);
	dw_param_uuid(&p, &purses[0].through);
	dw_param_uuid(&p, &purses[1].through);
	dw_param_uuid(&p, &purses[least].through);
	(void) run(&select_tails, &p, is_read);
	dw_map_read(&tails, 0, balance);
}

/* What is promised to payouts under way. */
static int64
pending_payouts(const DwUuid *user_id, const char *currency, bool is_read)
{
	static DwStatement select_pending =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.sum(o.amount), 0)::bigint "
					 "FROM dwello.payouts AS o WHERE o.user_id = $1 "
					 "AND o.currency = $2 AND o.status = 'pending'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_text(&p, currency);
	(void) run(&select_pending, &p, is_read);
	return dw_read_only_int8(0);
}

void
dw_balance_load(const DwUuid *user_id, const char *currency, bool is_read,
				DwBalance *balance)
{
	DwAccount	account = {
		.owner_id = *user_id,
		.kind = DW_ACCOUNT_PROVIDER_AVAILABLE,
		.currency = currency,
		.psp = ""
	};
	Purse		purses[2] = {{.id = dw_account_id(&account)}};

	account.kind = DW_ACCOUNT_PROVIDER_RECEIVABLE;
	purses[1].id = dw_account_id(&account);
	load_rolled_up(purses, is_read);
	load_tails(user_id, purses, is_read, balance);
	balance->available += purses[0].rolled_up;
	balance->receivable += purses[1].rolled_up;
	balance->pending = pending_payouts(user_id, currency, is_read);
}

char	  **
dw_balance_currencies(const DwUuid *user_id, int *count)
{
	static DwStatement select_currencies =
		DW_STATEMENT("SELECT DISTINCT a.currency "
					 "FROM dwello.ledger_accounts AS a "
					 "WHERE a.owner_id = $1 ORDER BY 1");
	DwParams	p = DW_PARAMS;
	char	  **currencies;

	dw_param_uuid(&p, user_id);
	*count = (int) dw_query(&select_currencies, &p);
	currencies = palloc((*count + 1) * sizeof(char *));
	for (int i = 0; i < *count; i++)
		currencies[i] = dw_read_only_text(i);
	return currencies;
}

bool
dw_payout_find(const DwUuid *user_id, const DwUuid *id, DwPayoutRow *row)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(payouts, "WHERE t.user_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&payouts, 0, row);
	return true;
}

void
dw_payout_insert(DwPayoutRow *row)
{
	row->status = DW_PAYOUT_PENDING;
	row->version = 1;
	row->created_at = dw_now();
	row->completed_at = DT_NOBEGIN;
	dw_table_insert(&payouts, row);
}

static const DwColumn booked_fields[] = {
	DW_FIELD(INT8, DwPayoutBooking, amount, amount),
	DW_FIELD(UUID, DwPayoutBooking, before, before)
};

static DwMap booked = DW_MAP(booked_fields);

void
dw_payout_mirror(const DwUuid *user_id, const DwUuid *id,
				 DwPayoutBooking *booking)
{
	static DwStatement select_booked =
		DW_STATEMENT("SELECT t.amount, b.id AS before "
					 "FROM dwello.transactions AS t "
					 "LEFT JOIN dwello.transactions AS b "
					 "ON b.scope_id = t.scope_id AND b.hash = t.prev_hash "
					 "WHERE t.scope_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;
	DwPosting	posting;

	memset(booking, 0, sizeof(*booking));
	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&select_booked, &p) > 0)
		dw_map_read(&booked, 0, booking);
	if (!dw_posting_load(user_id, id, &posting))
		elog(ERROR, "payout's transaction %s has no legs", dw_uuid_text(id));
	dw_posting_payout_returned(&booking->posting, &posting);
	booking->reverses = *id;
}

void
dw_payout_end(DwPayoutRow *row, DwPayoutStatus status)
{
	row->status = status;
	row->completed_at = dw_now();
	dw_table_update(&payouts, row);
}
