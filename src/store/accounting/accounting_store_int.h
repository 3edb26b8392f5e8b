/*
 * accounting_store_int.h
 *		What the reports of the ledger are made of, as pieces of SQL.
 */
#ifndef DW_ACCOUNTING_STORE_INT_H
#define DW_ACCOUNTING_STORE_INT_H

/* No day before this one is open. */
#define IS_FINAL(day) \
	"EXISTS (SELECT FROM dwello.accounting_periods AS f " \
	"WHERE f.reopened_at IS NULL AND f.closed_until >= " day ")"

/* The last period before a day whose balances are carried forward. */
#define DW_CARRIED_BEFORE(day) \
	"SELECT p.id, p.closed_until FROM dwello.accounting_periods AS p " \
	"WHERE p.reopened_at IS NULL AND p.carried_at IS NOT NULL " \
	"AND p.closed_until < " day " ORDER BY p.closed_until DESC LIMIT 1"

/* The kind of account of an entry n; an escrow's account is its scope. */
#define DW_KIND_OF_ENTRY \
	"CASE WHEN n.account_id = n.scope_id THEN 'escrow' " \
	"ELSE COALESCE(a.kind::text, 'unknown') END"

/* All balances at the end of a day, from those that `base` carries. */
#define DW_BALANCES(base, day) \
	"SELECT x.kind, x.currency, x.psp, pg_catalog.sum(x.amount) AS balance " \
	"FROM (SELECT b.kind, b.currency, b.psp, b.balance AS amount " \
	"FROM " base " JOIN dwello.period_balances AS b ON b.period_id = base.id " \
	"UNION ALL " \
	"SELECT " DW_KIND_OF_ENTRY ", n.currency, COALESCE(a.psp, ''), " \
	"n.amount::numeric FROM dwello.transactions AS t " \
	"JOIN dwello.ledger_entries AS n ON n.scope_id = t.scope_id " \
	"AND n.transaction_id = t.id " \
	"LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id " \
	"WHERE t.booked_on > COALESCE((SELECT base.closed_until FROM " base "), " \
	"'-infinity') AND t.booked_on <= " day ") AS x GROUP BY 1, 2, 3 "

#endif							/* DW_ACCOUNTING_STORE_INT_H */
