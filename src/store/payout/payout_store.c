/*
 * payout_store.c
 *		Payouts of providers, and what lies in their accounts.
 */
#include "postgres.h"

#include "server/event/event_server.h"
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
	DW_COLUMN_ENUM_OR(payout_hold_reason, DwPayoutRow, hold_reason, hold, 0,
					  dw_payout_hold_labels, DW_PAYOUT_NOT_HELD),
	DW_COLUMN(TIME, DwPayoutRow, sent_at, sent_at, 0),
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
	row->hold = DW_PAYOUT_NOT_HELD;
	row->sent_at = DT_NOBEGIN;
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
	row->hold = DW_PAYOUT_NOT_HELD;
	row->completed_at = dw_now();
	dw_table_update(&payouts, row);
}

void
dw_payout_emit(const DwPayoutRow *row, const char *type, const char *reason)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "provider_id", &row->user_id);
	dw_payload_uuid(&payload, "payout_id", &row->id);
	dw_payload_uuid(&payload, "payment_method_id", &row->payment_method_id);
	dw_payload_text(&payload, "psp", row->psp);
	dw_payload_text(&payload, "psp_reference", row->psp_reference);
	dw_payload_int8(&payload, "amount", row->amount);
	dw_payload_text(&payload, "currency", row->currency);
	dw_payload_int8(&payload, "paid_amount", row->paid_amount);
	dw_payload_text(&payload, "paid_currency", row->paid_currency);
	dw_payload_text(&payload, "hold_until",
					timestamptz_to_str(row->hold_until));
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->user_id, "payout", &row->id, type, &payload);
}

/* All that is under way of a provider's, by currency and age. */
static DwPayoutRow *
load_pending(const DwUuid *user_id, int *count)
{
	static DwTableQuery pending =
		DW_TABLE_QUERY(payouts, "WHERE t.user_id = $1 "
					   "AND t.status = 'pending' ORDER BY t.currency, t.id");
	DwParams	p = DW_PARAMS;
	DwPayoutRow *rows;

	dw_param_uuid(&p, user_id);
	*count = (int) dw_table_execute(&pending, &p);
	rows = palloc((*count + 1) * sizeof(DwPayoutRow));
	for (int i = 0; i < *count; i++)
		dw_table_read(&payouts, i, &rows[i]);
	return rows;
}

/* Writes what is in the way of a payout, and tells. */
static void
save_hold(DwPayoutRow *row, DwPayoutHold hold)
{
	const bool	is_held = hold != DW_PAYOUT_NOT_HELD;

	row->hold = hold;
	dw_table_update(&payouts, row);
	dw_payout_emit(row, is_held ? "payout_held" : "payout_resumed",
				   is_held ? dw_payout_hold_label(hold) : NULL);
}

/* Decides on those in one currency; true when one can go on. */
static bool
review_currency(const DwPayee *payee, DwPayoutRow *rows, int count)
{
	DwPromise  *promises = palloc(count * sizeof(DwPromise));
	DwBalance	balance;
	bool		has_resumed = false;

	for (int i = 0; i < count; i++)
	{
		promises[i].amount = rows[i].amount;
		promises[i].is_sent = rows[i].sent_at != DT_NOBEGIN;
	}
	dw_balance_load(&payee->id, rows->currency, false, &balance);
	dw_payouts_hold(&balance, payee->is_active, promises, count);
	for (int i = 0; i < count; i++)
	{
		if (promises[i].hold == rows[i].hold)
			continue;
		save_hold(&rows[i], promises[i].hold);
		has_resumed |= promises[i].hold == DW_PAYOUT_NOT_HELD;
	}
	return has_resumed;
}

/* How many rows from the first are in its currency. */
static int
count_currency(const DwPayoutRow *rows, int count)
{
	int			same = 1;

	while (same < count && strcmp(rows[same].currency, rows->currency) == 0)
		same++;
	return same;
}

void
dw_payouts_review(const DwPayee *payee)
{
	int			count;
	DwPayoutRow *rows = load_pending(&payee->id, &count);
	bool		has_resumed = false;

	for (int i = 0, same; i < count; i += same)
	{
		same = count_currency(&rows[i], count - i);
		has_resumed |= review_currency(payee, &rows[i], same);
	}
	if (has_resumed)
		dw_event_wake_payouts(&payee->id);
}

static const DwColumn payee_fields[] = {
	DW_FIELD(UUID, DwPayee, id, id),
	DW_FIELD(BOOL, DwPayee, is_active, is_active)
};

static DwMap payee_map = DW_MAP(payee_fields);

/* Those that a statement has locked. */
static DwPayee *
read_payees(int count)
{
	DwPayee    *payees = palloc((count + 1) * sizeof(DwPayee));

	for (int i = 0; i < count; i++)
		dw_map_read(&payee_map, i, &payees[i]);
	return payees;
}

/* Those whose turn it is, found by a plain read. */
static DwUuid *
find_due_payees(int32 max_rows, DateADT turn, int *count)
{
	static DwStatement find =
		DW_STATEMENT("SELECT s.user_id FROM dwello.provider_stats AS s "
					 "WHERE s.payouts_asked_on < $1 "
					 "ORDER BY s.payouts_asked_on, s.user_id LIMIT $2");
	DwParams	p = DW_PARAMS;

	dw_param_date(&p, turn);
	dw_param_int4(&p, max_rows);
	(void) dw_execute(&find, &p);
	return dw_read_only_uuids(count);
}

/* Says of locked providers that they are looked at; keeps who was not. */
static void
mark_payees(DwPayee *payees, int *count, DateADT turn)
{
	static DwStatement mark =
		DW_STATEMENT("UPDATE dwello.provider_stats AS s "
					 "SET payouts_asked_on = $3 WHERE s.user_id = $1 "
					 "AND s.payouts_asked_on < $2");
	int			kept = 0;

	for (int i = 0; i < *count; i++)
	{
		DwParams	p = DW_PARAMS;

		dw_param_uuid(&p, &payees[i].id);
		dw_param_date(&p, turn);
		dw_param_date(&p, dw_today());
		if (dw_execute(&mark, &p) > 0)
			payees[kept++] = payees[i];
	}
	*count = kept;
}

DwPayee *
dw_payees_claim(int32 max_rows, DateADT turn, int *count)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT u.id, u.status = 'active' AS is_active "
					 "FROM dwello.users AS u WHERE u.id = ANY ($1) "
					 "ORDER BY u.id FOR NO KEY UPDATE OF u SKIP LOCKED");
	DwUuid	   *ids = find_due_payees(max_rows, turn, count);
	DwParams	p = DW_PARAMS;
	DwPayee    *payees;

	dw_param_uuids(&p, ids, *count);
	*count = (int) dw_execute(&lock, &p);
	payees = read_payees(*count);
	mark_payees(payees, count, turn);
	return payees;
}

#define PAYEES(ids) \
	"SELECT u.id, u.status = 'active' AS is_active FROM dwello.users AS u " \
	"WHERE u.id = ANY (" ids ") AND EXISTS (SELECT FROM dwello.payouts AS o " \
	"WHERE o.user_id = u.id AND o.status = 'pending' AND o.sent_at IS NULL) " \
	"ORDER BY u.id"

/* Those of many who have payouts that no worker has, locked. */
static DwPayee *
lock_payees(const DwUuid *user_ids, int *count, bool waits)
{
	static DwStatement lock =
		DW_STATEMENT(PAYEES("$1") " FOR NO KEY UPDATE OF u");
	static DwStatement lock_free =
		DW_STATEMENT(PAYEES("$1") " FOR NO KEY UPDATE OF u SKIP LOCKED");
	DwParams	p = DW_PARAMS;

	dw_param_uuids(&p, user_ids, *count);
	*count = (int) dw_execute(waits ? &lock : &lock_free, &p);
	return read_payees(*count);
}

/* How many of them there are, busy or not. */
static int
count_payees(const DwUuid *user_ids, int count)
{
	static DwStatement find = DW_STATEMENT(PAYEES("$1"));
	DwParams	p = DW_PARAMS;

	dw_param_uuids(&p, user_ids, count);
	return (int) dw_execute(&find, &p);
}

bool
dw_payouts_review_all(const DwUuid *user_ids, int count, bool waits)
{
	int			locked = count;
	DwPayee    *payees = lock_payees(user_ids, &locked, waits);

	for (int i = 0; i < locked; i++)
		dw_payouts_review(&payees[i]);
	return waits || locked == count_payees(user_ids, count);
}
