/*
 * payout_store.c
 *		Payouts of providers, and what lies in their accounts.
 */
#include "postgres.h"

#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/company/company_store.h"
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
	DW_COLUMN(INT8, DwPayoutRow, fee, fee, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwPayoutRow, fee_transaction_id, fee_transaction_id,
			  DW_COLUMN_NULLABLE),
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

/* One of a provider's accounts. */
typedef struct Purse
{
	DwUuid		id;				/* of the account */
	int64		rolled_up;		/* part of its balance */
	DwUuid		through;		/* last transaction in it; nil = none yet */
} Purse;

/* The accounts; whoever nothing was kept back of has no reserve. */
enum
{
	AVAILABLE,
	RECEIVABLE,
	RESERVE,
	PURSES
};

/* Runs a statement in the snapshot of a read, or in that of a command. */
static uint64
run(DwStatement *statement, const DwParams *p, bool is_read)
{
	return is_read ? dw_query(statement, p) : dw_execute(statement, p);
}

/*
 * Reads the rolled up parts of the accounts; true when there is a reserve.
 *
 * Entries are rolled up in the order of their transactions, those of all
 * accounts alike, so an account that was rolled up at all has no entries
 * between its own watermark and the other's.  One without a row, or whose
 * row was made again, may have older ones.
 */
static bool
load_rolled_up(Purse *purses, bool is_read)
{
	DwUuid		ids[PURSES];
	DwAccountRow rows[PURSES];
	DwUuid		last = {{0}};
	bool		has_reserve = false;
	int			count;

	for (int i = 0; i < PURSES; i++)
		ids[i] = purses[i].id;
	count = dw_accounts_load(ids, PURSES, is_read, rows);
	for (int i = 0; i < count; i++)
	{
		int			k = 0;

		while (!dw_uuid_equal(&rows[i].id, &ids[k]))
			k++;
		has_reserve |= k == RESERVE;
		purses[k].rolled_up = rows[i].rolled_up_balance;
		purses[k].through = rows[i].rolled_up_through;
		if (dw_uuid_compare(&purses[k].through, &last) > 0)
			last = purses[k].through;
	}
	for (int k = 0; k < PURSES; k++)
		if (!dw_uuid_is_nil(&purses[k].through))
			purses[k].through = last;
	return has_reserve;
}

static const DwColumn tail_fields[] = {
	DW_FIELD(INT8, DwBalance, available, available),
	DW_FIELD(INT8, DwBalance, receivable, receivable),
	DW_FIELD(INT8, DwBalance, reserved, reserved)
};

static DwMap tails = DW_MAP(tail_fields);

/*
 * Reads the tails of the accounts.  What is rolled up is read before them, by
 * its own key: nothing is ever booked at or below a watermark, so a rollup
 * that commits in between changes none of the sums.
 */
static void
load_tails(const DwUuid *user_id, const Purse *purses, bool is_read,
		   DwBalance *balance)
{
	static DwStatement select_tails =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.sum(n.amount) FILTER (WHERE "
					 "n.account_id = $2 AND t.id > $5), 0)::bigint "
					 "AS available, "
					 "COALESCE(pg_catalog.sum(n.amount) FILTER (WHERE "
					 "n.account_id = $3 AND t.id > $6), 0)::bigint "
					 "AS receivable, "
					 "COALESCE(pg_catalog.sum(n.amount) FILTER (WHERE "
					 "n.account_id = $4 AND t.id > $7), 0)::bigint "
					 "AS reserved " DW_ENTRIES_OF_PROVIDER("$1")
					 "WHERE n.account_id IN ($2, $3, $4) AND t.id > $8");
	const DwUuid *least = &purses[AVAILABLE].through;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	for (int k = 0; k < PURSES; k++)
		dw_param_uuid(&p, &purses[k].id);
	for (int k = 0; k < PURSES; k++)
	{
		dw_param_uuid(&p, &purses[k].through);
		if (dw_uuid_compare(&purses[k].through, least) < 0)
			least = &purses[k].through;
	}
	dw_param_uuid(&p, least);
	(void) run(&select_tails, &p, is_read);
	dw_map_read(&tails, 0, balance);
}

/* The texts of a result of one column. */
static char **
read_texts(int count)
{
	char	  **texts = palloc((count + 1) * sizeof(char *));

	for (int i = 0; i < count; i++)
		texts[i] = dw_read_only_text(i);
	return texts;
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

/* Of what a release brings a provider, what is kept back. */
static DwKeptSetting reserve_ppm =
{
	.name = "reserve_ppm"
};

int64
dw_reserve_of(int64 payout)
{
	return dw_reserve_share(payout, dw_setting_kept(&reserve_ppm));
}

static const DwColumn missing_fields[] = {
	DW_FIELD(UUID, DwAccount, provider_id, owner_id),
	DW_FIELD(TEXT, DwAccount, currency, currency)
};

static DwMap missing = DW_MAP(missing_fields);

void
dw_reserves_ensure(const DwUuid *jobs, int count)
{
	static DwStatement select_missing =
		DW_STATEMENT("SELECT DISTINCT e.provider_id, e.currency "
					 "FROM dwello.escrow_accounts AS e "
					 "WHERE e.job_id = ANY ($1) AND NOT EXISTS ("
					 "SELECT FROM dwello.ledger_accounts AS a "
					 "WHERE a.owner_id = e.provider_id "
					 "AND a.kind = 'provider_reserve' "
					 "AND a.currency = e.currency AND a.psp = '')");
	DwParams	p = DW_PARAMS;
	DwAccount  *accounts;

	if (dw_setting_kept(&reserve_ppm) == 0)
		return;
	dw_param_uuids(&p, jobs, count);
	count = (int) dw_execute(&select_missing, &p);
	accounts = palloc0((count + 1) * sizeof(DwAccount));
	for (int i = 0; i < count; i++)
	{
		accounts[i].kind = DW_ACCOUNT_PROVIDER_RESERVE;
		accounts[i].psp = "";
		dw_map_read(&missing, i, &accounts[i]);
	}
	dw_accounts_ensure(accounts, count);
}

/*
 * What was kept back in the last reserve_days.  Ids follow the clock, which
 * bounds what is read; a day more, for a clock that was set back.
 */
static int64
recently_reserved(const DwUuid *user_id, const DwUuid *account_id,
				  bool is_read)
{
	static DwStatement select_recent =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.sum(n.amount), 0)::bigint "
					 "FROM dwello.transactions AS t "
					 "JOIN dwello.ledger_entries AS n "
					 "ON n.scope_id = t.scope_id AND n.transaction_id = t.id "
					 "WHERE t.payee_id = $1 AND t.id > $2 "
					 "AND t.completed_at > $3 AND n.account_id = $4 "
					 "AND n.amount > 0");
	int64		span = dw_setting_int8("reserve_days") * USECS_PER_DAY;
	DwUuid		first = dw_rollup_watermark(GetCurrentTimestamp() - span -
											USECS_PER_DAY);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, &first);
	dw_param_time(&p, dw_now() - span);
	dw_param_uuid(&p, account_id);
	(void) run(&select_recent, &p, is_read);
	return dw_read_only_int8(0);
}

void
dw_balance_load(const DwUuid *user_id, const char *currency, bool is_read,
				DwBalance *balance)
{
	static const DwAccountKind kinds[PURSES] = {
		[AVAILABLE] = DW_ACCOUNT_PROVIDER_AVAILABLE,
		[RECEIVABLE] = DW_ACCOUNT_PROVIDER_RECEIVABLE,
		[RESERVE] = DW_ACCOUNT_PROVIDER_RESERVE
	};
	Purse		purses[PURSES];

	memset(purses, 0, sizeof(purses));
	for (int k = 0; k < PURSES; k++)
	{
		DwAccount	account = dw_account_of(kinds[k], user_id, currency);

		purses[k].id = dw_account_id(&account);
	}
	/* without a row it has no watermark, and no entries */
	if (!load_rolled_up(purses, is_read))
		purses[RESERVE].through = purses[AVAILABLE].through;
	load_tails(user_id, purses, is_read, balance);
	balance->available += purses[AVAILABLE].rolled_up;
	balance->receivable += purses[RECEIVABLE].rolled_up;
	balance->reserved += purses[RESERVE].rolled_up;
	balance->recent = balance->reserved <= 0 ? 0
		: recently_reserved(user_id, &purses[RESERVE].id, is_read);
	balance->pending = pending_payouts(user_id, currency, is_read);
}

/* Tells the provider what is theirs again, and why. */
static void
emit_freed(const DwTransaction *freed, bool is_due)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "provider_id", &freed->scope_id);
	dw_payload_uuid(&payload, "transaction_id", &freed->id);
	dw_payload_int8(&payload, "amount", freed->amount);
	dw_payload_text(&payload, "currency", freed->currency);
	dw_payload_text(&payload, "reason", is_due ? "due" : "debt");
	dw_event_emit(&freed->scope_id, "user", &freed->scope_id,
				  "reserve_freed", &payload);
}

/* Books that a part of the reserve is available; by itself, so by nobody. */
static void
book_freed(const DwUuid *user_id, const char *currency, int64 amount,
		   bool is_due)
{
	const DwAccount from = dw_account_of(DW_ACCOUNT_PROVIDER_RESERVE,
										 user_id, currency);
	const DwAccount to = dw_account_of(DW_ACCOUNT_PROVIDER_AVAILABLE,
									   user_id, currency);
	DwPosting	posting;
	DwTransaction transaction = {
		.scope_id = *user_id,
		.id = dw_transaction_id(),
		.payer_id = *user_id,
		.payee_id = *user_id,
		.type = DW_TRANSACTION_RESERVE,
		.amount = amount,
		.net_amount = amount,
		.currency = currency,
		.actor = {.kind = DW_ACTOR_SYSTEM},
		.pay_by = DT_NOBEGIN,
		.created_at = dw_now(),
		.completed_at = DT_NOBEGIN,
		.occurred_at = DT_NOBEGIN,
		.booked_on = DATEVAL_NOBEGIN
	};

	dw_payout_mark_user(user_id);
	dw_posting_move(&posting, DW_POSTING_RESERVE_FREED, &from, &to, amount);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(&transaction, &posting);
	emit_freed(&transaction, is_due);
}

int64
dw_balance_settle(const DwUuid *user_id, const char *currency,
				  DwBalance *balance)
{
	int64		due;
	int64		freed;

	dw_balance_load(user_id, currency, false, balance);
	due = balance->reserved - balance->recent;
	freed = dw_reserve_free(balance);
	if (freed > 0)
		book_freed(user_id, currency, freed, freed <= due);
	return freed;
}

int
dw_reserves_settle(const DwUuid *user_id)
{
	static DwStatement select_reserves =
		DW_STATEMENT("SELECT a.currency FROM dwello.ledger_accounts AS a "
					 "WHERE a.owner_id = $1 AND a.kind = 'provider_reserve' "
					 "ORDER BY a.currency");
	DwParams	p = DW_PARAMS;
	int			count;
	char	  **currencies;
	int			freed = 0;

	dw_param_uuid(&p, user_id);
	count = (int) dw_execute(&select_reserves, &p);
	currencies = read_texts(count);
	for (int i = 0; i < count; i++)
	{
		DwBalance	balance;

		freed += dw_balance_settle(user_id, currencies[i], &balance) > 0;
	}
	return freed;
}

char	  **
dw_balance_currencies(const DwUuid *user_id, int *count)
{
	static DwStatement select_currencies =
		DW_STATEMENT("SELECT DISTINCT a.currency "
					 "FROM dwello.ledger_accounts AS a "
					 "WHERE a.owner_id = $1 ORDER BY 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	*count = (int) dw_query(&select_currencies, &p);
	return read_texts(*count);
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

/* Reads a booked transaction of a payout, and what it has posted. */
static void
load_booking(const DwUuid *user_id, const DwUuid *id,
			 DwPayoutBooking *booking, DwPosting *posting)
{
	static DwStatement select_booked =
		DW_STATEMENT("SELECT t.amount, b.id AS before "
					 "FROM dwello.transactions AS t "
					 "LEFT JOIN dwello.transactions AS b "
					 "ON b.scope_id = t.scope_id AND b.hash = t.prev_hash "
					 "WHERE t.scope_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;

	memset(booking, 0, sizeof(*booking));
	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&select_booked, &p) > 0)
		dw_map_read(&booked, 0, booking);
	if (!dw_posting_load(user_id, id, posting))
		elog(ERROR, "payout's transaction %s has no legs", dw_uuid_text(id));
	booking->reverses = *id;
}

void
dw_payout_mirror(const DwUuid *user_id, const DwUuid *id,
				 DwPayoutBooking *booking)
{
	DwPosting	posting;

	load_booking(user_id, id, booking, &posting);
	dw_posting_payout_returned(&booking->posting, &posting);
}

void
dw_payout_fee_mirror(const DwUuid *user_id, const DwUuid *id,
					 DwPayoutBooking *booking)
{
	DwPosting	posting;

	load_booking(user_id, id, booking, &posting);
	dw_posting_fee_returned(&booking->posting, &posting);
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
	dw_payload_int8(&payload, "fee", row->fee);
	if (strcmp(type, "payout_requested") == 0)
		dw_payload_psp_amount(&payload, row->psp, row->paid_currency,
							  row->paid_amount);
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
	(void) dw_balance_settle(&payee->id, rows->currency, &balance);
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
	DwPayoutRow *rows;
	bool		has_resumed = false;

	/* also where nothing is under way: what they owe comes out of it */
	(void) dw_reserves_settle(&payee->id);
	rows = load_pending(&payee->id, &count);
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
find_due_payees(DwStatement *find, int32 max_rows, DateADT turn, int *count)
{
	DwParams	p = DW_PARAMS;

	dw_param_date(&p, turn);
	dw_param_int4(&p, max_rows);
	(void) dw_execute(find, &p);
	return dw_read_only_uuids(count);
}

/* Says of locked providers that they are looked at; keeps who was not. */
static void
mark_payees(DwStatement *mark, DwPayee *payees, int *count, DateADT turn)
{
	int			kept = 0;

	for (int i = 0; i < *count; i++)
	{
		DwParams	p = DW_PARAMS;

		dw_param_uuid(&p, &payees[i].id);
		dw_param_date(&p, turn);
		dw_param_date(&p, dw_today());
		if (dw_execute(mark, &p) > 0)
			payees[kept++] = payees[i];
	}
	*count = kept;
}

/* Locks those of many whom nobody keeps busy. */
static DwPayee *
lock_free_payees(const DwUuid *ids, int *count)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT u.id, u.status = 'active' AS is_active "
					 "FROM dwello.users AS u WHERE u.id = ANY ($1) "
					 "ORDER BY u.id FOR NO KEY UPDATE OF u SKIP LOCKED");
	DwParams	p = DW_PARAMS;

	dw_param_uuids(&p, ids, *count);
	*count = (int) dw_execute(&lock, &p);
	return read_payees(*count);
}

DwPayee *
dw_payees_claim(int32 max_rows, DateADT turn, int *count)
{
	static DwStatement find =
		DW_STATEMENT("SELECT s.user_id FROM dwello.provider_stats AS s "
					 "WHERE s.payouts_asked_on < $1 "
					 "ORDER BY s.payouts_asked_on, s.user_id LIMIT $2");
	static DwStatement mark =
		DW_STATEMENT("UPDATE dwello.provider_stats AS s "
					 "SET payouts_asked_on = $3 WHERE s.user_id = $1 "
					 "AND s.payouts_asked_on < $2");
	DwUuid	   *ids = find_due_payees(&find, max_rows, turn, count);
	DwPayee    *payees = lock_free_payees(ids, count);

	mark_payees(&mark, payees, count, turn);
	return payees;
}

DwPayee *
dw_reserves_claim(int32 max_rows, int *count)
{
	static DwStatement find =
		DW_STATEMENT("SELECT s.user_id FROM dwello.provider_stats AS s "
					 "WHERE s.reserve_seen_on < $1 AND s.user_id IN ("
					 "SELECT a.owner_id FROM dwello.ledger_accounts AS a "
					 "WHERE a.kind = 'provider_reserve') "
					 "ORDER BY s.reserve_seen_on, s.user_id LIMIT $2");
	static DwStatement mark =
		DW_STATEMENT("UPDATE dwello.provider_stats AS s "
					 "SET reserve_seen_on = $3 WHERE s.user_id = $1 "
					 "AND s.reserve_seen_on < $2");
	DwUuid	   *ids = find_due_payees(&find, max_rows, dw_today(), count);
	DwPayee    *payees = lock_free_payees(ids, count);

	mark_payees(&mark, payees, count, dw_today());
	return payees;
}

DwPayee *
dw_repayments_claim_overdue(int32 max_rows, int *count)
{
	static DwStatement find =
		DW_STATEMENT("SELECT r.user_id FROM dwello.repayments AS r "
					 "WHERE r.status = 'pending' AND r.pay_by <= $1 "
					 "ORDER BY r.pay_by, r.id LIMIT $2");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids;

	dw_param_time(&p, dw_now());
	dw_param_int4(&p, max_rows);
	(void) dw_execute(&find, &p);
	ids = dw_read_only_uuids(count);
	return lock_free_payees(ids, count);
}

#define PAYEES(ids) \
	"SELECT u.id, u.status = 'active' AS is_active FROM dwello.users AS u " \
	"WHERE u.id = ANY (" ids ") AND (EXISTS (SELECT FROM dwello.payouts AS o " \
	"WHERE o.user_id = u.id AND o.status = 'pending' AND o.sent_at IS NULL) " \
	"OR EXISTS (SELECT FROM dwello.ledger_accounts AS a " \
	"WHERE a.owner_id = u.id AND a.kind = 'provider_reserve')) " \
	"ORDER BY u.id"

/* Those of many who have payouts that no worker has, or a reserve, locked. */
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
