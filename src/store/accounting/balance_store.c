/*
 * balance_store.c
 *		What lies on accounts at the end of a day, and what moved on them.
 *
 * Reports count by the day of booking.  What a kind of account came to at the
 * end of a closed period is carried forward, so a balance of the platform is
 * read from the entries since; that of a provider from their own
 * transactions, and that of a job or a receipt from its scope.
 *
 * A statement that sees a closed period sees all that was booked in it: its
 * bookings had ended before it was closed.  So whatever is in flight, a report
 * of closed days comes out the same.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/accounting/accounting_store.h"
#include "store/accounting/accounting_store_int.h"

/* A period whose balances are to be carried forward. */
typedef struct Carried
{
	DwUuid		id;				/* of its row */
	DateADT		closed_until;	/* last day */
	TimestampTz carried_at;		/* now */
} Carried;

static const DwColumn carried_columns[] = {
	DW_COLUMN(UUID, Carried, id, id, DW_COLUMN_KEY),
	DW_COLUMN(DATE, Carried, closed_until, closed_until, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, Carried, carried_at, carried_at, 0)
};

static DwTable carried = DW_TABLE("accounting_periods", Carried,
								  carried_columns);

/* Writes the balances of a period; of two who do, one does. */
static void
carry_write(const Carried *period)
{
	static DwStatement insert_balances =
		DW_STATEMENT("WITH base AS (" DW_CARRIED_BEFORE("$2") "), "
					 "summed AS (" DW_BALANCES("base", "$2") ") "
					 "INSERT INTO dwello.period_balances "
					 "(period_id, kind, currency, psp, balance) "
					 "SELECT $1, s.kind, s.currency, s.psp, s.balance "
					 "FROM summed AS s ON CONFLICT DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &period->id);
	dw_param_date(&p, period->closed_until);
	(void) dw_execute(&insert_balances, &p);
}

bool
dw_balances_carry(void)
{
	static DwTableQuery to_carry =
		DW_TABLE_QUERY(carried, "WHERE t.reopened_at IS NULL "
					   "AND t.carried_at IS NULL "
					   "ORDER BY t.closed_until LIMIT 1");
	DwParams	p = DW_PARAMS;
	Carried		period;

	if (dw_table_execute(&to_carry, &p) == 0)
		return false;
	dw_table_read(&carried, 0, &period);
	carry_write(&period);
	period.carried_at = dw_now();
	dw_table_update(&carried, &period);
	return true;
}

void
dw_trial_balance_list(DwCall *call, DateADT on_day)
{
	static DwStatement select_balances =
		DW_STATEMENT("WITH base AS (" DW_CARRIED_BEFORE("$1 + 1") ") "
					 "SELECT x.kind, x.currency, x.psp, x.balance, "
					 IS_FINAL("$1") " AS is_final "
					 "FROM (" DW_BALANCES("base", "$1") ") AS x "
					 "ORDER BY x.currency COLLATE \"C\", "
					 "x.kind COLLATE \"C\", x.psp COLLATE \"C\"");
	DwParams	p = DW_PARAMS;

	dw_param_date(&p, on_day);
	dw_list_query(call, &select_balances, &p);
}

/*
 * The entries of an account up to day $2, and `base`: what is carried
 * forward of it before day $1.  $3 is whose it is.
 */
#define NOTHING_CARRIED \
	"WITH base AS (SELECT '-infinity'::date AS closed_until, " \
	"0::numeric AS balance), "

#define ENTRIES_FROM(tables) \
	"entry AS (SELECT t.booked_on, t.id AS transaction_id, n.leg, " \
	"t.scope_id, t.transaction_type, t.occurred_at, n.amount " \
	"FROM dwello.transactions AS t " \
	"JOIN dwello.ledger_entries AS n ON n.scope_id = t.scope_id " \
	"AND n.transaction_id = t.id " tables

/* $4 = account */
#define ENTRIES_OF_JOB \
	NOTHING_CARRIED ENTRIES_FROM("WHERE t.scope_id = $3 ") \
	"AND n.account_id = $4 AND n.currency = $5 AND t.booked_on <= $2) "
#define ENTRIES_OF_PROVIDER \
	NOTHING_CARRIED ENTRIES_FROM("WHERE ") \
	"(t.payee_id = $3 OR t.payer_id = $3) " \
	"AND n.account_id = $4 AND n.currency = $5 AND t.booked_on <= $2) "

/* $4 = kind, $6 = psp or NULL */
#define ENTRIES_OF_KIND(tables) \
	ENTRIES_FROM("JOIN dwello.ledger_accounts AS a ON a.id = n.account_id " \
				 tables) \
	"AND a.owner_id = $3 AND a.kind::text = $4 AND n.currency = $5 " \
	"AND ($6 IS NULL OR a.psp = $6) AND t.booked_on <= $2) "
#define ENTRIES_OF_RECEIPT \
	NOTHING_CARRIED ENTRIES_OF_KIND("WHERE t.scope_id = $3 ")
#define ENTRIES_OF_PLATFORM \
	"WITH before AS (" DW_CARRIED_BEFORE("$1") "), " \
	"base AS (SELECT COALESCE((SELECT w.closed_until FROM before AS w), " \
	"'-infinity') AS closed_until, (SELECT COALESCE(pg_catalog.sum(b.balance), 0) " \
	"FROM before AS w JOIN dwello.period_balances AS b ON b.period_id = w.id " \
	"WHERE b.kind = $4 AND b.currency = $5 " \
	"AND ($6 IS NULL OR b.psp = $6)) AS balance), " \
	ENTRIES_OF_KIND("WHERE t.booked_on > (SELECT b.closed_until " \
					"FROM base AS b) ")

#define BALANCE_AT \
	"SELECT (b.balance + COALESCE((SELECT pg_catalog.sum(e.amount) " \
	"FROM entry AS e), 0))::bigint AS balance, " \
	IS_FINAL("$2") " AS is_final FROM base AS b"

#define LINES_OF_DAYS \
	", line AS (" \
	"SELECT 0 AS part, NULL::date AS booked_on, " \
	"NULL::uuid AS transaction_id, NULL::smallint AS leg, " \
	"NULL::uuid AS scope_id, " \
	"NULL::dwello.transaction_type AS transaction_type, " \
	"NULL::timestamptz AS occurred_at, NULL::bigint AS amount, " \
	"b.balance + COALESCE((SELECT pg_catalog.sum(e.amount) " \
	"FROM entry AS e WHERE e.booked_on < $1), 0) AS adds FROM base AS b " \
	"UNION ALL " \
	"SELECT 1, e.booked_on, e.transaction_id, e.leg, e.scope_id, " \
	"e.transaction_type, e.occurred_at, e.amount, e.amount::numeric " \
	"FROM entry AS e WHERE e.booked_on >= $1 " \
	"UNION ALL " \
	"SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0) " \
	"SELECT (row_number() OVER account - 1)::integer AS line, " \
	"CASE l.part WHEN 0 THEN 'opening' WHEN 1 THEN 'entry' " \
	"ELSE 'closing' END AS line_type, l.booked_on, l.occurred_at, " \
	"l.transaction_type, l.transaction_id, l.scope_id, l.amount, " \
	"(pg_catalog.sum(l.adds) OVER account)::bigint AS balance, " \
	IS_FINAL("$2") " AS is_final FROM line AS l " \
	"WINDOW account AS (ORDER BY l.part, l.booked_on, l.transaction_id, " \
	"l.leg) ORDER BY line"

/* Whose accounts are looked up in which way. */
typedef enum Way
{
	OF_PLATFORM,				/* by the days since a period */
	OF_PROVIDER,				/* by their own transactions */
	OF_JOB,						/* by its scope */
	OF_RECEIPT					/* by its scope, at some company */
} Way;

/* The way to an account's entries, and the parameters of its statement. */
static Way
account_params(DwParams *p, const DwReportAccount *account,
			   DateADT from_day, DateADT to_day)
{
	Way			way = dw_uuid_is_nil(&account->owner_id) ? OF_PLATFORM
		: account->kind == DW_ACCOUNT_ESCROW ? OF_JOB
		: account->kind == DW_ACCOUNT_SUSPENSE ? OF_RECEIPT : OF_PROVIDER;
	bool		has_id = way == OF_JOB || way == OF_PROVIDER;

	dw_param_date(p, from_day);
	dw_param_date(p, to_day);
	dw_param_uuid(p, &account->owner_id);
	if (has_id)
		dw_param_uuid(p, &account->id);
	else
		dw_param_text(p, dw_account_kind_label(account->kind));
	dw_param_text(p, account->currency);
	if (!has_id)
		dw_param_text(p, account->psp);
	return way;
}

void
dw_balance_show(DwCall *call, const DwReportAccount *account, DateADT on_day)
{
	static DwStatement ways[] = {
		[OF_PLATFORM] = DW_STATEMENT(ENTRIES_OF_PLATFORM BALANCE_AT),
		[OF_PROVIDER] = DW_STATEMENT(ENTRIES_OF_PROVIDER BALANCE_AT),
		[OF_JOB] = DW_STATEMENT(ENTRIES_OF_JOB BALANCE_AT),
		[OF_RECEIPT] = DW_STATEMENT(ENTRIES_OF_RECEIPT BALANCE_AT)
	};
	DwParams	p = DW_PARAMS;
	Way			way = account_params(&p, account, on_day + 1, on_day);

	(void) dw_row_query(call, &ways[way], &p);
}

void
dw_account_statement_list(DwCall *call, const DwReportAccount *account,
						  DateADT from_day, DateADT to_day)
{
	static DwStatement ways[] = {
		[OF_PLATFORM] = DW_STATEMENT(ENTRIES_OF_PLATFORM LINES_OF_DAYS),
		[OF_PROVIDER] = DW_STATEMENT(ENTRIES_OF_PROVIDER LINES_OF_DAYS),
		[OF_JOB] = DW_STATEMENT(ENTRIES_OF_JOB LINES_OF_DAYS),
		[OF_RECEIPT] = DW_STATEMENT(ENTRIES_OF_RECEIPT LINES_OF_DAYS)
	};
	DwParams	p = DW_PARAMS;
	Way			way = account_params(&p, account, from_day, to_day);

	dw_list_query(call, &ways[way], &p);
}
