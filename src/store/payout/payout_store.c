/*
 * payout_store.c
 *		Payouts of providers, and what lies in their accounts.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/payout/payout_store.h"

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

/*
 * Adds the tails of the accounts.  What is rolled up is read before them, by
 * its own key: nothing is ever booked at or below a watermark, so a rollup
 * that commits in between changes neither sum.
 */
static void
load_tails(const DwUuid *user_id, const Purse *purses, bool is_read,
		   int64 *tails)
{
	static DwStatement select_tails =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.sum(n.amount) FILTER (WHERE "
					 "n.account_id = $2 AND t.id > $4), 0)::bigint, "
					 "COALESCE(pg_catalog.sum(n.amount) FILTER (WHERE "
					 "n.account_id = $3 AND t.id > $5), 0)::bigint "
					 DW_ENTRIES_OF_PROVIDER("$1")
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
	tails[0] = dw_read_int8(0, 1);
	tails[1] = dw_read_int8(0, 2);
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
	int64		tails[2];

	account.kind = DW_ACCOUNT_PROVIDER_RECEIVABLE;
	purses[1].id = dw_account_id(&account);
	load_rolled_up(purses, is_read);
	load_tails(user_id, purses, is_read, tails);
	balance->available = purses[0].rolled_up + tails[0];
	balance->receivable = purses[1].rolled_up + tails[1];
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
	static DwStatement select_one =
		DW_STATEMENT("SELECT o.status::text, o.payment_method_id, o.amount, "
					 "o.currency, o.paid_amount, o.paid_currency, "
					 "o.remainder, o.psp, o.psp_reference, o.hold_until, "
					 "o.transaction_id, o.version "
					 "FROM dwello.payouts AS o "
					 "WHERE o.user_id = $1 AND o.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&select_one, &p) == 0)
		return false;
	memset(row, 0, sizeof(*row));
	row->user_id = *user_id;
	row->id = *id;
	if (!dw_payout_status_parse(dw_read_text(0, 1), &row->status))
		elog(ERROR, "payout has an unknown status");
	row->has_method = dw_read_uuid(0, 2, &row->payment_method_id);
	row->amount = dw_read_int8(0, 3);
	row->currency = dw_read_text(0, 4);
	row->paid_amount = dw_read_int8(0, 5);
	row->paid_currency = dw_read_text(0, 6);
	row->remainder = dw_read_int8(0, 7);
	row->psp = dw_read_text(0, 8);
	row->psp_reference = dw_read_text(0, 9);
	row->hold_until = dw_read_time(0, 10);
	(void) dw_read_uuid(0, 11, &row->transaction_id);
	row->version = dw_read_int4(0, 12);
	return true;
}

void
dw_payout_insert(const DwPayoutRow *row)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.payouts (user_id, id, "
					 "payment_method_id, status, amount, currency, "
					 "paid_amount, paid_currency, remainder, psp, "
					 "hold_until, version, created_at) VALUES ($1, $2, $3, "
					 "$4::text::dwello.payout_status, $5, $6, $7, $8, $9, "
					 "$10, $11, $12, $13)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &row->user_id);
	dw_param_uuid(&p, &row->id);
	dw_param_uuid(&p, row->has_method ? &row->payment_method_id : NULL);
	dw_param_text(&p, dw_payout_status_label(row->status));
	dw_param_int8(&p, row->amount);
	dw_param_text(&p, row->currency);
	dw_param_int8(&p, row->paid_amount);
	dw_param_text(&p, row->paid_currency);
	dw_param_int8(&p, row->remainder);
	dw_param_text(&p, row->psp);
	dw_param_time(&p, row->hold_until);
	dw_param_int4(&p, row->version);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&insert, &p);
}

void
dw_payout_mirror(const DwUuid *user_id, const DwUuid *id,
				 DwPayoutBooking *booking, DwUuid *before)
{
	static DwStatement select_booked =
		DW_STATEMENT("SELECT t.amount, b.id FROM dwello.transactions AS t "
					 "LEFT JOIN dwello.transactions AS b "
					 "ON b.scope_id = t.scope_id AND b.hash = t.prev_hash "
					 "WHERE t.scope_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;
	DwPosting	booked;

	memset(booking, 0, sizeof(*booking));
	memset(before, 0, sizeof(*before));
	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&select_booked, &p) > 0)
	{
		booking->amount = dw_read_int8(0, 1);
		(void) dw_read_uuid(0, 2, before);
	}
	if (!dw_posting_load(user_id, id, &booked))
		elog(ERROR, "payout's transaction %s has no legs", dw_uuid_text(id));
	dw_posting_payout_returned(&booking->posting, &booked);
	booking->reverses = *id;
}

void
dw_payout_update(DwPayoutRow *row)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.payouts SET "
					 "status = $3::text::dwello.payout_status, psp = $4, "
					 "psp_reference = $5, transaction_id = $6, "
					 "completed_at = $7, version = $8 "
					 "WHERE user_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &row->user_id);
	dw_param_uuid(&p, &row->id);
	dw_param_text(&p, dw_payout_status_label(row->status));
	dw_param_text(&p, row->psp);
	dw_param_text(&p, row->psp_reference);
	dw_param_uuid(&p, dw_uuid_is_nil(&row->transaction_id) ? NULL
				  : &row->transaction_id);
	dw_param_time(&p, dw_now());
	dw_param_int4(&p, ++row->version);
	(void) dw_execute(&update, &p);
}
