/*
 * reconcile_store.c
 *		The invariants of money, each a query that finds what breaks it.
 *
 * Every statement takes the suspected scopes as $1, the kinds of account that
 * may owe as $2, the accounts that might as $3, whether all was looked at as
 * $4 and the accounts that are strange as $5, and gives invariant, object,
 * object_id, currency, expected, actual.  They trust no column that they
 * could work out from others, and none of them leans on a constraint.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "core/ledger/ledger.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/ledger/ledger_store.h"

/* A scope that an audit suspects. */
#define SUSPECT(scope) scope " = ANY ($1) "

/* A query, with the names of its columns. */
#define INVARIANT(query) \
	DW_STATEMENT("SELECT x.* FROM (" query ") AS x (invariant, object, " \
				 "object_id, currency, expected, actual)")

static DwStatement invariants[] = {
	/* I1: balanced, of at least two legs of a transaction that is completed */
	INVARIANT("SELECT 'I1', 'transaction', n.transaction_id, n.currency, "
			  "0::numeric, pg_catalog.sum(n.amount) "
			  "FROM dwello.ledger_entries AS n WHERE "
			  SUSPECT("n.scope_id")
			  "GROUP BY n.scope_id, n.transaction_id, n.currency "
			  "HAVING pg_catalog.sum(n.amount) <> 0 "
			  "UNION ALL "
			  "SELECT 'I1', 'transaction_legs', t.id, NULL, "
			  "CASE WHEN t.status IN ('completed', 'disputed') "
			  "THEN 2 ELSE 0 END, "
			  "n.legs FROM dwello.transactions AS t CROSS JOIN LATERAL ("
			  "SELECT pg_catalog.count(*)::numeric AS legs "
			  "FROM dwello.ledger_entries AS n "
			  "WHERE n.scope_id = t.scope_id "
			  "AND n.transaction_id = t.id) AS n WHERE "
			  SUSPECT("t.scope_id")
			  "AND CASE WHEN t.status IN ('completed', 'disputed') "
			  "THEN n.legs < 2 ELSE n.legs > 0 END "
			  "UNION ALL "
			  "SELECT 'I1', 'entry_transaction', n.transaction_id, "
			  "n.currency, 1::numeric, 0::numeric "
			  "FROM dwello.ledger_entries AS n WHERE "
			  SUSPECT("n.scope_id")
			  "AND NOT EXISTS (SELECT FROM dwello.transactions AS t "
			  "WHERE t.scope_id = n.scope_id "
			  "AND t.id = n.transaction_id) "
			  "GROUP BY n.transaction_id, n.currency "
			  "ORDER BY 1, 2, 3"),

	/* I2: what is kept as a sum is the sum of entries */
	INVARIANT("SELECT 'I2', 'escrow', e.job_id, e.currency, "
			  "COALESCE(n.total, 0), e.held::numeric "
			  "FROM dwello.escrow_accounts AS e LEFT JOIN LATERAL ("
			  "SELECT pg_catalog.sum(n.amount) AS total "
			  "FROM dwello.ledger_entries AS n "
			  "WHERE n.scope_id = e.job_id "
			  "AND n.account_id = e.job_id) AS n ON true WHERE "
			  SUSPECT("e.job_id")
			  "AND COALESCE(n.total, 0) <> e.held "
			  "UNION ALL "
			  "SELECT 'I2', 'account', a.id, a.currency, "
			  "COALESCE(pg_catalog.sum(n.amount), 0), "
			  "a.rolled_up_balance::numeric "
			  "FROM dwello.ledger_accounts AS a "
			  "LEFT JOIN dwello.ledger_entries AS n "
			  "ON n.account_id = a.id AND n.account_id <> n.scope_id "
			  "AND n.transaction_id <= a.rolled_up_through "
			  "WHERE $4 AND (a.rolled_up_balance <> 0 "
			  "OR a.rolled_up_through IS NOT NULL) GROUP BY a.id "
			  "HAVING COALESCE(pg_catalog.sum(n.amount), 0) "
			  "<> a.rolled_up_balance "
			  "UNION ALL "
			  "SELECT 'I2', 'entry_account', n.account_id, n.currency, "
			  "1::numeric, 0::numeric "
			  "FROM (SELECT x.account_id, x.currency "
			  "FROM dwello.ledger_entries AS x WHERE "
			  SUSPECT("x.scope_id")
			  "UNION SELECT x.account_id, x.currency "
			  "FROM dwello.ledger_entries AS x "
			  "WHERE pg_catalog.cardinality($5) > 0 "
			  "AND x.account_id = ANY ($5)) AS n "
			  "WHERE NOT EXISTS (SELECT FROM dwello.ledger_accounts AS a "
			  "WHERE a.id = n.account_id AND a.currency = n.currency) "
			  "AND NOT EXISTS (SELECT FROM dwello.escrow_accounts AS e "
			  "WHERE e.job_id = n.account_id AND e.currency = n.currency) "
			  "ORDER BY 1, 2, 3"),

	/* I3: what was paid in is somewhere */
	INVARIANT("SELECT 'I3', 'escrow', e.job_id, e.currency, "
			  "e.funded::numeric, e.held::numeric + e.released + "
			  "e.refunded + e.charged_back "
			  "FROM dwello.escrow_accounts AS e WHERE "
			  SUSPECT("e.job_id")
			  "AND e.funded <> e.held::numeric + e.released + e.refunded "
			  "+ e.charged_back "
			  "UNION ALL "
			  "SELECT 'I3', 'escrow_negative', e.job_id, e.currency, "
			  "0::numeric, LEAST(e.funded, e.held, e.released, "
			  "e.refunded, e.charged_back)::numeric "
			  "FROM dwello.escrow_accounts AS e WHERE "
			  SUSPECT("e.job_id")
			  "AND LEAST(e.funded, e.held, e.released, e.refunded, "
			  "e.charged_back) < 0 "
			  "ORDER BY 1, 2, 3"),

	/* I3: payments and refunds come to what the escrow says */
	INVARIANT("SELECT 'I3', x.object, e.job_id, e.currency, "
			  "x.expected, x.actual FROM dwello.escrow_accounts AS e "
			  "CROSS JOIN LATERAL ("
			  "SELECT COALESCE(pg_catalog.sum(n.amount) FILTER (WHERE "
			  "t.transaction_type = 'payment'), 0) AS funded, "
			  "COALESCE(pg_catalog.sum(CASE "
			  "WHEN t.transaction_type = 'refund' THEN t.amount "
			  "WHEN t.transaction_type IN ('dispute', 'cancellation') "
			  "THEN t.amount - t.platform_fee - t.tax - t.net_amount "
			  "WHEN t.transaction_type = 'reversal' THEN t.platform_fee + t.tax "
			  "+ t.net_amount - t.amount END), 0) AS refunded, "
			  "COALESCE(-pg_catalog.sum(n.amount) FILTER (WHERE "
			  "t.transaction_type = 'chargeback'), 0) AS charged_back "
			  "FROM dwello.transactions AS t "
			  "JOIN dwello.ledger_entries AS n "
			  "ON n.scope_id = t.scope_id AND n.transaction_id = t.id "
			  "AND n.account_id = t.scope_id "
			  "WHERE t.scope_id = e.job_id) AS s "
			  "CROSS JOIN LATERAL (VALUES "
			  "('escrow_funded', s.funded, e.funded::numeric), "
			  "('escrow_refunded', s.refunded, e.refunded::numeric), "
			  "('escrow_charged_back', s.charged_back, "
			  "e.charged_back::numeric)) "
			  "AS x (object, expected, actual) WHERE "
			  SUSPECT("e.job_id")
			  "AND x.expected <> x.actual "
			  "ORDER BY 1, 2, 3"),

	/* I3: a refund is asked of the companies that its rows name */
	INVARIANT("SELECT 'I3', 'refund_legs', t.id, t.currency, "
			  "x.refunded, n.gained "
			  "FROM dwello.transactions AS t CROSS JOIN LATERAL ("
			  "SELECT CASE t.transaction_type WHEN 'refund' "
			  "THEN t.amount::numeric ELSE t.amount::numeric "
			  "- t.platform_fee - t.tax - t.net_amount END AS refunded) "
			  "AS x CROSS JOIN LATERAL ("
			  "SELECT COALESCE(pg_catalog.sum(n.amount), 0) AS gained "
			  "FROM dwello.ledger_entries AS n "
			  "JOIN dwello.ledger_accounts AS a ON a.id = n.account_id "
			  "AND a.kind IN ('refund_pending', 'platform_loss') "
			  "WHERE n.scope_id = t.scope_id "
			  "AND n.transaction_id = t.id) AS n WHERE "
			  SUSPECT("t.scope_id")
			  "AND t.transaction_type "
			  "IN ('refund', 'dispute', 'cancellation') "
			  "AND t.status = 'completed' AND n.gained <> x.refunded "
			  "UNION ALL "
			  "SELECT 'I3', 'refund_psp', x.scope_id, x.currency, "
			  "pg_catalog.sum(x.asked), pg_catalog.sum(x.pending) "
			  "FROM (SELECT r.scope_id, r.currency, r.psp, "
			  "r.amount - r.reversed AS asked, 0 AS pending "
			  "FROM dwello.refunds AS r WHERE "
			  SUSPECT("r.scope_id")
			  "AND r.completed_at IS NULL UNION ALL "
			  "SELECT n.scope_id, n.currency, a.psp, 0, n.amount "
			  "FROM dwello.ledger_entries AS n "
			  "JOIN dwello.transactions AS t ON t.scope_id = n.scope_id "
			  "AND t.id = n.transaction_id "
			  "AND t.transaction_type <> 'refund_return' "
			  "JOIN dwello.ledger_accounts AS a ON a.id = n.account_id "
			  "AND a.kind = 'refund_pending' WHERE "
			  SUSPECT("n.scope_id") ") AS x "
			  "GROUP BY x.scope_id, x.currency, x.psp "
			  "HAVING pg_catalog.sum(x.asked) <> pg_catalog.sum(x.pending) "
			  "ORDER BY 1, 2, 3"),

	/* I4: all money is one side of other money */
	INVARIANT("SELECT 'I4', 'currency', NULL::uuid, b.currency, "
			  "0::numeric, pg_catalog.sum(b.amount) FROM ("
			  "SELECT n.currency, n.amount FROM dwello.ledger_entries AS n "
			  "WHERE " SUSPECT("n.scope_id")
			  "AND n.account_id <> n.scope_id "
			  "UNION ALL "
			  "SELECT e.currency, e.held FROM dwello.escrow_accounts AS e "
			  "WHERE " SUSPECT("e.job_id") ") AS b "
			  "GROUP BY b.currency HAVING pg_catalog.sum(b.amount) <> 0 "
			  "ORDER BY 1, 2, 4"),

	/* I5: nobody but a few owes; with since by the rolled up part and tail */
	INVARIANT("WITH mark AS (SELECT COALESCE((SELECT a.rolled_up_through "
			  "FROM dwello.ledger_accounts AS a "
			  "WHERE a.kind <> 'psp_clearing' "
			  "AND a.rolled_up_through IS NOT NULL AND NOT $4 "
			  "ORDER BY a.rolled_up_through DESC LIMIT 1), "
			  "'00000000-0000-0000-0000-000000000000') AS through), "
			  "tail AS (SELECT n.account_id, "
			  "pg_catalog.sum(n.amount) AS total "
			  "FROM dwello.ledger_entries AS n "
			  "WHERE pg_catalog.cardinality($3) > 0 "
			  "AND n.account_id <> n.scope_id "
			  "AND n.transaction_id > (SELECT m.through FROM mark AS m) "
			  "GROUP BY n.account_id) "
			  "SELECT 'I5', a.kind::text, a.id, a.currency, 0::numeric, "
			  "x.total FROM dwello.ledger_accounts AS a "
			  "LEFT JOIN tail AS n ON n.account_id = a.id "
			  "CROSS JOIN LATERAL (SELECT COALESCE(n.total, 0) + CASE "
			  "WHEN $4 THEN 0 ELSE a.rolled_up_balance END AS total) AS x "
			  "WHERE a.kind::text <> ALL ($2) "
			  "AND a.id = ANY ($3) "
			  "AND x.total < 0 ORDER BY 1, 2, 3"),

	/* I7: a release divides without rest, and the escrow knows the sums */
	INVARIANT("SELECT 'I7', 'transaction', t.id, t.currency, "
			  "t.amount::numeric, t.platform_fee::numeric + t.tax + "
			  "t.net_amount FROM dwello.transactions AS t WHERE "
			  SUSPECT("t.scope_id")
			  "AND t.transaction_type = 'release' "
			  "AND t.amount <> t.platform_fee::numeric + t.tax + "
			  "t.net_amount "
			  "UNION ALL "
			  "SELECT 'I7', 'release_legs', t.id, t.currency, "
			  "t.amount::numeric, n.gained "
			  "FROM dwello.transactions AS t CROSS JOIN LATERAL ("
			  "SELECT COALESCE(pg_catalog.sum(n.amount), 0) AS gained "
			  "FROM dwello.ledger_entries AS n "
			  "WHERE n.scope_id = t.scope_id AND n.transaction_id = t.id "
			  "AND n.amount > 0) AS n WHERE "
			  SUSPECT("t.scope_id")
			  "AND t.transaction_type "
			  "IN ('release', 'dispute', 'cancellation') "
			  "AND t.status = 'completed' AND n.gained <> t.amount "
			  "UNION ALL "
			  "SELECT 'I7', x.object, e.job_id, e.currency, "
			  "x.expected, x.actual FROM dwello.escrow_accounts AS e "
			  "CROSS JOIN LATERAL ("
			  "SELECT COALESCE(pg_catalog.sum(CASE t.transaction_type "
			  "WHEN 'release' THEN t.amount ELSE t.platform_fee + t.tax "
			  "+ t.net_amount END * k.sign), 0) AS released, "
			  "COALESCE(pg_catalog.sum(t.platform_fee * k.sign), 0) "
			  "AS fee, COALESCE(pg_catalog.sum(t.tax * k.sign), 0) AS tax "
			  "FROM dwello.transactions AS t CROSS JOIN LATERAL (SELECT "
			  "CASE t.transaction_type WHEN 'reversal' THEN -1 ELSE 1 END "
			  "AS sign) AS k WHERE t.scope_id = e.job_id "
			  "AND t.status = 'completed' AND t.transaction_type "
			  "IN ('release', 'dispute', 'cancellation', "
			  "'reversal')) AS s "
			  "CROSS JOIN LATERAL (VALUES "
			  "('escrow_released', s.released, e.released::numeric), "
			  "('escrow_fee', s.fee, e.fee_taken::numeric), "
			  "('escrow_tax', s.tax, e.tax_taken::numeric)) "
			  "AS x (object, expected, actual) WHERE "
			  SUSPECT("e.job_id")
			  "AND x.expected <> x.actual "
			  "ORDER BY 1, 2, 3"),

	/* I8: a keyed request paid once */
	INVARIANT("SELECT 'I8', 'transaction', pg_catalog.min(t.id::text)::uuid, "
			  "NULL::text, 1::numeric, pg_catalog.count(*)::numeric "
			  "FROM dwello.transactions AS t WHERE "
			  SUSPECT("t.scope_id")
			  "AND t.request_id IS NOT NULL "
			  "GROUP BY t.scope_id, t.request_id "
			  "HAVING pg_catalog.count(*) > 1 ORDER BY 1, 2, 3"),

	/* I9: nothing is undone by more than it was */
	INVARIANT("SELECT 'I9', 'transaction', o.id, o.currency, "
			  "o.amount::numeric, pg_catalog.sum(t.amount) "
			  "FROM dwello.transactions AS t "
			  "JOIN dwello.transactions AS o ON o.scope_id = t.scope_id "
			  "AND o.id = t.reverses WHERE " SUSPECT("t.scope_id")
			  "AND t.reverses IS NOT NULL AND t.status = 'completed' "
			  "GROUP BY o.scope_id, o.id, o.currency, o.amount "
			  "HAVING pg_catalog.sum(t.amount) > o.amount "
			  "UNION ALL "
			  "SELECT 'I9', 'transaction_reversed', t.reverses, "
			  "t.currency, 1::numeric, 0::numeric "
			  "FROM dwello.transactions AS t WHERE "
			  SUSPECT("t.scope_id")
			  "AND t.reverses IS NOT NULL "
			  "AND NOT EXISTS (SELECT FROM dwello.transactions AS o "
			  "WHERE o.scope_id = t.scope_id AND o.id = t.reverses) "
			  "ORDER BY 1, 2, 3"),

	/* I10: the history is complete, and ends where the escrow is */
	INVARIANT("SELECT 'I10', x.object, e.job_id, NULL::text, x.expected, "
			  "x.actual FROM dwello.escrow_accounts AS e "
			  "CROSS JOIN LATERAL ("
			  "SELECT pg_catalog.count(*) AS events, "
			  "COALESCE(pg_catalog.max(h.seq), 0) AS last, "
			  "pg_catalog.count(*) FILTER (WHERE "
			  "h.from_status IS DISTINCT FROM h.previous "
			  "OR (h.next IS NULL AND h.to_status <> e.status)) AS breaks "
			  "FROM (SELECT v.seq, v.from_status, v.to_status, "
			  "pg_catalog.lag(v.to_status) OVER w AS previous, "
			  "pg_catalog.lead(v.seq) OVER w AS next "
			  "FROM dwello.escrow_events AS v WHERE v.job_id = e.job_id "
			  "WINDOW w AS (ORDER BY v.seq)) AS h) AS s "
			  "CROSS JOIN LATERAL (VALUES "
			  "('escrow', e.transition_count::numeric, "
			  "s.events::numeric), "
			  "('escrow_last_event', e.transition_count::numeric, "
			  "s.last::numeric), "
			  "('escrow_history', 0::numeric, s.breaks::numeric)) "
			  "AS x (object, expected, actual) WHERE "
			  SUSPECT("e.job_id")
			  "AND x.expected <> x.actual "
			  "ORDER BY 1, 2, 3")
};

static const DwColumn discrepancy_fields[] = {
	DW_FIELD(TEXT, DwDiscrepancy, invariant, invariant),
	DW_FIELD(TEXT, DwDiscrepancy, object, object),
	DW_FIELD(UUID, DwDiscrepancy, object_id, object_id),
	DW_FIELD(TEXT, DwDiscrepancy, currency, currency),
	DW_FIELD(NUMERIC, DwDiscrepancy, expected, expected),
	DW_FIELD(NUMERIC, DwDiscrepancy, actual, actual)
};

static DwMap discrepancy_map = DW_MAP(discrepancy_fields);

/* The kinds of account that may owe, as text[]. */
static Datum
kinds_that_owe(void)
{
	Datum		kinds[DW_ACCOUNT_KIND_COUNT];
	int			count = 0;

	for (int i = 0; i < DW_ACCOUNT_KIND_COUNT; i++)
	{
		DwAccountKind kind = (DwAccountKind) i;

		if (dw_account_kind_may_owe(kind))
			kinds[count++] = CStringGetTextDatum(dw_account_kind_label(kind));
	}
	return PointerGetDatum(construct_array(kinds, count, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

void
dw_discrepancies_find(const DwSuspects *suspects, DwDiscrepancyTake take,
					  void *context)
{
	DwParams	p = DW_PARAMS;

	dw_param_uuids(&p, suspects->scopes, suspects->scope_count);
	dw_param_datum(&p, TEXTARRAYOID, kinds_that_owe(), false);
	dw_param_uuids(&p, suspects->owing, suspects->owing_count);
	dw_param_bool(&p, suspects->all);
	dw_param_uuids(&p, suspects->strange, suspects->strange_count);
	for (size_t i = 0; i < lengthof(invariants); i++)
	{
		uint64		count = dw_query(&invariants[i], &p);

		for (uint64 row = 0; row < count; row++)
		{
			DwDiscrepancy discrepancy;

			CHECK_FOR_INTERRUPTS();
			dw_map_read(&discrepancy_map, row, &discrepancy);
			take(&discrepancy, context);
		}
	}
}
