/*
 * export_store.c
 *		The ledger as a journal that other programs of accounting read.
 *
 * An account is its kind, with its company below it; all escrows are one, and
 * all providers.  What came before the first day is one transaction, so the
 * balances of the journal are those of trial_balance() at its last day.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/accounting/accounting_store.h"
#include "store/accounting/accounting_store_int.h"

/* The account of a kind and a company; no name may end a word of hledger. */
#define ACCOUNT_NAME(kind, psp) \
	kind " || COALESCE(':' || NULLIF(pg_catalog.regexp_replace(" psp ", " \
	"'[^[:alnum:]._-]+', '_', 'g'), ''), '')"

/* A line of a transaction: two blanks end the name of an account. */
#define LEG_LINE(account, currency, amount) \
	"'    ' || " account " || '  ' || " currency " || ' ' " \
	"|| dwello.from_minor((" amount " * $3)::bigint, " currency ")"

/*
 * What an account is to reports of income and of what is owned and owed: cash,
 * assets, liabilities, revenue, and expenses (X is hledger's for these).
 */
#define ACCOUNT_TYPE(account) \
	"CASE pg_catalog.split_part(" account ", ':', 1) " \
	"WHEN 'bank' THEN 'C' " \
	"WHEN 'psp_clearing' THEN 'A' WHEN 'chargeback_clearing' THEN 'A' " \
	"WHEN 'provider_receivable' THEN 'A' WHEN 'fx_liquidity' THEN 'A' " \
	"WHEN 'platform_fee' THEN 'R' " \
	"WHEN 'psp_fee' THEN 'X' WHEN 'platform_loss' THEN 'X' " \
	"WHEN 'rounding' THEN 'X' ELSE 'L' END"

/* What the journal is made of: what came before its days, and what moved. */
#define MOVES \
	"WITH base AS (" DW_CARRIED_BEFORE("$1") "), " \
	"opening AS MATERIALIZED (SELECT " \
	ACCOUNT_NAME("x.kind", "x.psp") " AS account, " \
	"x.currency, pg_catalog.sum(x.balance) AS amount " \
	"FROM (" DW_BALANCES("base", "$1 - 1") ") AS x " \
	"GROUP BY 1, 2 HAVING pg_catalog.sum(x.balance) <> 0), " \
	"moved AS MATERIALIZED (SELECT t.booked_on, t.id, " \
	"t.scope_id, t.transaction_type, t.occurred_at, n.leg, " \
	ACCOUNT_NAME(DW_KIND_OF_ENTRY, "COALESCE(a.psp, '')") \
	" AS account, n.currency, n.amount " \
	"FROM dwello.transactions AS t " \
	"JOIN dwello.ledger_entries AS n " \
	"ON n.scope_id = t.scope_id AND n.transaction_id = t.id " \
	"LEFT JOIN dwello.ledger_accounts AS a " \
	"ON a.id = n.account_id " \
	"WHERE t.booked_on BETWEEN $1 AND $2), "

/* Its currencies and accounts, which come first. */
#define DECLARATIONS \
	"part AS (" \
	"SELECT 0 AS part, NULL::date AS day, NULL::uuid AS id, " \
	"0 AS leg, 'commodity ' || c.currency || ' ' " \
	"|| CASE WHEN x.one LIKE '%.%' THEN x.one " \
	"ELSE x.one || '.' END AS text " \
	"FROM (SELECT o.currency FROM opening AS o " \
	"UNION SELECT m.currency FROM moved AS m) AS c " \
	"CROSS JOIN LATERAL (SELECT " \
	"dwello.from_minor(1000000, c.currency)::text AS one) AS x " \
	"UNION ALL " \
	"SELECT 1, NULL, NULL, 0, 'account ' || a.account || '  ; type:' || " \
	ACCOUNT_TYPE("a.account") " " \
	"FROM (SELECT o.account FROM opening AS o " \
	"UNION SELECT m.account FROM moved AS m) AS a " \
	"UNION ALL "

/* Its transactions, the first line of each before its legs. */
#define TRANSACTIONS \
	"SELECT DISTINCT 2, NULL::date, NULL::uuid, 0, " \
	"pg_catalog.to_char($1, 'YYYY-MM-DD') " \
	"|| ' * opening balances' FROM opening " \
	"UNION ALL " \
	"SELECT 2, NULL, NULL, 1, " \
	LEG_LINE("o.account", "o.currency", "o.amount") \
	" FROM opening AS o " \
	"UNION ALL " \
	"SELECT 3, m.booked_on, m.id, 0, " \
	"pg_catalog.to_char(m.booked_on, 'YYYY-MM-DD') || ' * ' " \
	"|| m.transaction_type || '  ; transaction:' || m.id " \
	"|| ', scope:' || m.scope_id || COALESCE(" \
	"', occurred:' || pg_catalog.to_char(m.occurred_at " \
	"AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '') " \
	"FROM moved AS m WHERE m.leg = 1 " \
	"UNION ALL " \
	"SELECT 3, m.booked_on, m.id, m.leg, " \
	LEG_LINE("m.account", "m.currency", "m.amount") \
	" FROM moved AS m) "

void
dw_export_list(DwCall *call, DateADT from_day, DateADT to_day, bool debits)
{
	static DwStatement select_lines =
		DW_STATEMENT(MOVES DECLARATIONS TRANSACTIONS
					 "SELECT (row_number() OVER place)::integer AS line, p.text "
					 "FROM part AS p WINDOW place AS (ORDER BY p.part, p.day, "
					 "p.id, p.leg, p.text COLLATE \"C\") ORDER BY line");
	DwParams	p = DW_PARAMS;

	dw_param_date(&p, from_day);
	dw_param_date(&p, to_day);
	dw_param_int8(&p, debits ? -1 : 1);
	dw_list_query(call, &select_lines, &p);
}
