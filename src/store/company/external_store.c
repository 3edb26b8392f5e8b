/*
 * external_store.c
 *		What is booked with a payment company, to hold against its statement.
 *
 * Booked is what moved in the company's clearing accounts: a leg is what the
 * company did with money.  The end of a lost chargeback moves it between
 * two of them and is nothing that the company did; nor is it that a receipt
 * became a payment, which leaves a leg in the scope of each.  What it was
 * asked to give back is in none of them until it has confirmed it.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/company/company_store.h"
#include "store/ledger/ledger_store.h"

/* The legs of one company, its name being $1. */
#define MOVES \
	"moves AS (SELECT n.scope_id, n.transaction_id, n.leg, " \
	"CASE WHEN x.kind IN ('fee', 'dispute_fee', 'settlement') " \
	"THEN n.amount " \
	"WHEN x.kind = 'adjustment' THEN -n.amount " \
	"ELSE pg_catalog.abs(n.amount) END AS amount, n.currency, " \
	"COALESCE(t.occurred_at, t.completed_at) AS happened_at, x.kind " \
	"FROM dwello.ledger_accounts AS a " \
	"JOIN dwello.ledger_entries AS n ON n.account_id = a.id " \
	"JOIN dwello.transactions AS t " \
	"ON t.scope_id = n.scope_id AND t.id = n.transaction_id " \
	"CROSS JOIN LATERAL (SELECT CASE " \
	"WHEN a.kind = 'chargeback_clearing' " \
	"THEN CASE WHEN n.amount > 0 THEN 'chargeback' " \
	"ELSE 'chargeback_won' END " \
	"WHEN t.transaction_type = 'chargeback' THEN 'chargeback_won' " \
	"WHEN t.transaction_type = 'psp_fee' " \
	"THEN CASE WHEN EXISTS (SELECT FROM dwello.chargebacks AS c " \
	"WHERE c.fee_id = t.id) OR EXISTS (SELECT " \
	"FROM dwello.statement_lines AS l WHERE l.transaction_id = t.id " \
	"AND l.kind = 'dispute_fee') THEN 'dispute_fee' ELSE 'fee' END " \
	"WHEN t.transaction_type = 'settlement' THEN 'settlement' " \
	"WHEN t.transaction_type IN ('adjustment', 'journal') " \
	"THEN 'adjustment' " \
	"WHEN t.transaction_type IN ('payment', 'receipt', " \
	"'tip_payment', 'repayment') AND n.amount < 0 THEN 'payment' " \
	"WHEN t.transaction_type = 'payout' " \
	"THEN CASE WHEN n.amount > 0 THEN 'payout' " \
	"ELSE 'payout_returned' END " \
	"WHEN n.amount > 0 THEN 'refund' ELSE 'refund_returned' END AS kind) " \
	"AS x WHERE a.psp = $1 " \
	"AND a.kind IN ('psp_clearing', 'chargeback_clearing') " \
	"AND NOT (t.transaction_type = 'chargeback' AND t.reverses IS NULL " \
	"AND (a.kind = 'psp_clearing' OR n.amount < 0)) " \
	"AND NOT (t.transaction_type = 'receipt' AND n.amount > 0) " \
	"AND t.id <> ALL (ARRAY(SELECT unnest(r.payment_ids) " \
	"FROM dwello.receipts AS r " \
	"WHERE r.psp = $1 AND r.payment_ids <> '{}'))) "

static const DwColumn booking_fields[] = {
	DW_FIELD(UUID, DwExternalBooking, scope_id, scope_id),
	DW_FIELD(UUID, DwExternalBooking, transaction_id, transaction_id),
	DW_FIELD(INT4, DwExternalBooking, leg, leg),
	DW_FIELD_ENUM(DwExternalBooking, kind, kind, dw_external_kind_labels),
	DW_FIELD(INT8, DwExternalBooking, amount, amount),
	DW_FIELD(TEXT, DwExternalBooking, currency, currency),
	DW_FIELD(TIME, DwExternalBooking, happened_at, at),
	DW_FIELD(TEXT, DwExternalBooking, status, status)
};

static DwMap booking_map = DW_MAP(booking_fields);

static const DwColumn name_fields[] = {
	DW_FIELD(TEXT, DwExternalName, name, name)
};

static DwMap name_map = DW_MAP(name_fields);

/* Both transactions of an event: its own, and that of its answer. */
#define EVENT_TRANSACTIONS \
	"CROSS JOIN LATERAL (VALUES (e.transaction_id), " \
	"((e.result ->> 'transaction_id')::uuid)) AS x (transaction_id) "

/* What a bank gave back of a case, also where it kept a part, and its fee. */
#define CASE_MOVES \
	"CROSS JOIN LATERAL (SELECT t.id FROM dwello.transactions AS t " \
	"WHERE t.scope_id = c.scope_id AND t.reverses = c.transaction_id " \
	"UNION ALL SELECT c.fee_id WHERE c.fee_id IS NOT NULL) AS t (id) "

/*
 * What the names in $2 stand for, with the company $1; $3 is the scope that
 * each of them would have as a fact.  Each way is an index's: a line of a
 * statement is booked, and told, at what a look-up costs.
 */
#define NAMES \
	"WITH asked AS MATERIALIZED (SELECT u.name, u.fact_id, " \
	"CASE WHEN u.name ~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' " \
	"THEN u.name::uuid END AS id " \
	"FROM unnest($2::text[], $3::uuid[]) AS u (name, fact_id)), " \
	"names AS (" \
	"SELECT k.name, COALESCE(e.job_id, e.user_id) AS scope_id, " \
	"x.transaction_id FROM asked AS k " \
	"JOIN dwello.payment_events AS e ON e.event_id = k.name " \
	EVENT_TRANSACTIONS "WHERE e.psp = $1 " \
	"UNION SELECT k.name, COALESCE(e.job_id, e.user_id), " \
	"x.transaction_id FROM asked AS k " \
	"JOIN dwello.payment_events AS e ON e.psp_reference = k.name " \
	EVENT_TRANSACTIONS "WHERE e.psp = $1 " \
	"UNION SELECT k.name, r.id, r.transaction_id FROM asked AS k " \
	"JOIN dwello.receipts AS r ON r.id = k.fact_id " \
	"UNION SELECT k.name, t.scope_id, t.id FROM asked AS k " \
	"JOIN dwello.transactions AS t ON t.scope_id = k.fact_id " \
	"UNION SELECT k.name, t.scope_id, t.id FROM asked AS k " \
	"JOIN dwello.transactions AS t ON t.id = k.id " \
	"WHERE t.psp IS NOT NULL " \
	"UNION SELECT k.name, t.scope_id, t.id FROM asked AS k " \
	"JOIN dwello.transactions AS t ON t.psp_reference = k.name " \
	"WHERE t.psp = $1 " \
	"UNION SELECT k.name, c.scope_id, c.transaction_id FROM asked AS k " \
	"JOIN dwello.chargebacks AS c ON c.case_reference = k.name " \
	"WHERE c.psp = $1 " \
	"UNION SELECT k.name, c.scope_id, t.id FROM asked AS k " \
	"JOIN dwello.chargebacks AS c ON c.case_reference = k.name " \
	CASE_MOVES "WHERE c.psp = $1 " \
	"UNION SELECT k.name, c.scope_id, t.id FROM asked AS k " \
	"JOIN dwello.payment_events AS e ON e.event_id = k.name " \
	"JOIN dwello.chargebacks AS c " \
	"ON c.id = (e.result ->> 'chargeback_id')::uuid " \
	CASE_MOVES "WHERE e.psp = $1 " \
	"UNION SELECT k.name, r.scope_id, x.transaction_id FROM asked AS k " \
	"JOIN dwello.refunds AS r ON r.refund_reference = k.name " \
	"JOIN dwello.payment_events AS e ON e.psp = r.psp " \
	"AND (e.job_id = r.job_id OR e.psp_reference = r.psp_reference) " \
	"AND e.result ->> 'refund_id' = r.id::text " \
	EVENT_TRANSACTIONS "WHERE r.psp = $1 " \
	"UNION SELECT k.name, r.scope_id, r.confirmation_id FROM asked AS k " \
	"JOIN dwello.refunds AS r ON r.id = k.id WHERE r.psp = $1 " \
	"UNION SELECT k.name, r.scope_id, r.confirmation_id FROM asked AS k " \
	"JOIN dwello.refunds AS r ON r.transaction_id = k.id " \
	"WHERE r.psp = $1 " \
	"UNION SELECT k.name, r.scope_id, r.confirmation_id FROM asked AS k " \
	"JOIN dwello.refunds AS r ON r.event_id = k.name WHERE r.psp = $1 " \
	"UNION SELECT k.name, r.scope_id, r.confirmation_id FROM asked AS k " \
	"JOIN dwello.refunds AS r ON r.refund_reference = k.name " \
	"WHERE r.psp = $1 " \
	"UNION SELECT k.name, o.scope_id, o.confirmation_id FROM asked AS k " \
	"JOIN dwello.refunds AS r ON r.confirmation_id = k.id " \
	"JOIN dwello.refunds AS o ON o.psp = r.psp " \
	"AND o.event_id = r.event_id WHERE r.psp = $1 " \
	"UNION SELECT k.name, o.user_id, o.transaction_id FROM asked AS k " \
	"JOIN dwello.payouts AS o ON o.id = k.id), "

/* Reads the bookings of the last result. */
static DwExternalBooking *
read_bookings(int count)
{
	DwExternalBooking *bookings = palloc0((count + 1) * sizeof(*bookings));

	for (int i = 0; i < count; i++)
		dw_map_read(&booking_map, i, &bookings[i]);
	return bookings;
}

/* Loads the bookings of the period. */
static void
load_period(const char *psp, TimestampTz from, TimestampTz to,
			DwExternalLedger *ledger)
{
	static DwStatement select_moves =
		DW_STATEMENT("WITH " MOVES "SELECT m.scope_id, m.transaction_id, "
					 "m.leg, m.kind, m.amount, m.currency, m.happened_at, "
					 "NULL::text AS status FROM moves AS m "
					 "WHERE m.happened_at >= COALESCE($2, '-infinity') "
					 "AND m.happened_at < $3 "
					 "ORDER BY m.happened_at, m.transaction_id, m.leg");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp);
	dw_param_time(&p, from);
	dw_param_time(&p, to);
	ledger->count = (int) dw_query(&select_moves, &p);
	ledger->bookings = read_bookings(ledger->count);
}

/* By scope, transaction, leg. */
static int
booking_compare(const DwExternalBooking *a, const DwExternalBooking *b)
{
	int			result = dw_uuid_compare(&a->scope_id, &b->scope_id);

	if (result == 0)
		result = dw_uuid_compare(&a->transaction_id, &b->transaction_id);
	return result != 0 ? result : a->leg - b->leg;
}

/* The same for arrays of pointers. */
static int
booking_order(const void *a, const void *b)
{
	return booking_compare(*(DwExternalBooking *const *) a,
						   *(DwExternalBooking *const *) b);
}

/*
 * Lets names of the same booking share one, that of the period if it is in
 * it; all pointers, ordered by booking, are made anew.
 */
static void
share_bookings(DwExternalLedger *ledger, DwExternalBooking *named)
{
	int			total = ledger->count + ledger->name_count;
	DwExternalBooking **all = palloc(sizeof(*all) * Max(total, 1));
	DwExternalBooking *shared = NULL;

	for (int i = 0; i < ledger->count; i++)
		all[i] = &ledger->bookings[i];
	for (int i = 0; i < ledger->name_count; i++)
		all[ledger->count + i] = &named[i];
	qsort(all, total, sizeof(*all), booking_order);
	for (int i = 0; i < total; i++)
	{
		bool		of_period = all[i] >= ledger->bookings &&
			all[i] < ledger->bookings + ledger->count;

		if (shared == NULL || booking_compare(shared, all[i]) != 0)
		{
			shared = all[i];
			for (int j = i; j < total &&
				 booking_compare(all[j], all[i]) == 0; j++)
				if (all[j] >= ledger->bookings &&
					all[j] < ledger->bookings + ledger->count)
					shared = all[j];
		}
		if (!of_period)
			ledger->names[all[i] - named].booking = shared;
	}
}

/*
 * Adds the parameters of NAMES: the names with the scopes that they would
 * have as facts of the company.
 */
static void
param_names(DwParams *p, const char *psp, const DwNames *named)
{
	DwUuid	   *ids = palloc_extended(sizeof(DwUuid) * (named->count + 1),
									  MCXT_ALLOC_HUGE);

	for (int i = 0; i < named->count; i++)
		ids[i] = dw_fact_id(psp, named->names[i]);
	dw_param_text(p, psp);
	dw_param_texts(p, named->names, named->count);
	dw_param_uuids(p, ids, named->count);
}

/* Refunds that are asked for and not confirmed, and that a name is for. */
#define ASKED_REFUNDS(match) \
	"SELECT r.scope_id, r.id, r.amount, r.currency, r.status, k.name " \
	"FROM asked AS k JOIN dwello.refunds AS r ON " match " " \
	"WHERE r.psp = $1 AND r.confirmation_id IS NULL "

/*
 * Loads what the statement names.  A booking stands once under a name, though
 * an event may say another scope of it than its refund does.
 */
static void
load_named(const char *psp, DwNames *named, DwExternalLedger *ledger)
{
	static DwStatement select_named =
		DW_STATEMENT(NAMES MOVES
					 "SELECT m.scope_id, m.transaction_id, m.leg::integer, "
					 "m.kind, m.amount, m.currency, m.happened_at, "
					 "NULL::text AS status, k.name "
					 "FROM moves AS m JOIN (SELECT DISTINCT n.name, "
					 "n.transaction_id FROM names AS n) AS k "
					 "ON k.transaction_id = m.transaction_id "
					 "UNION ALL SELECT t.scope_id, t.id, 0, 'payment', "
					 "t.amount, t.currency, NULL, t.status::text, k.name "
					 "FROM dwello.transactions AS t JOIN names AS k "
					 "ON k.scope_id = t.scope_id AND k.transaction_id = t.id "
					 "WHERE t.psp = $1 AND t.status <> 'completed' "
					 "UNION ALL SELECT r.scope_id, r.id, 0, 'refund', "
					 "r.amount, r.currency, NULL, r.status::text, r.name "
					 "FROM (" ASKED_REFUNDS("r.id = k.id")
					 "UNION " ASKED_REFUNDS("r.transaction_id = k.id")
					 "UNION " ASKED_REFUNDS("r.psp_reference = k.name")
					 "UNION " ASKED_REFUNDS("r.refund_reference = k.name")
					 ") AS r "
					 "UNION ALL SELECT o.user_id, o.id, 0, 'payout', "
					 "o.paid_amount, o.paid_currency, NULL, "
					 "o.status::text, k.name "
					 "FROM (SELECT DISTINCT a.id, a.name FROM asked AS a) "
					 "AS k "
					 "JOIN dwello.payouts AS o ON o.id = k.id "
					 "WHERE o.transaction_id IS NULL");
	DwParams	p = DW_PARAMS;
	DwExternalBooking *found;

	param_names(&p, psp, named);
	ledger->name_count = (int) dw_query(&select_named, &p);
	ledger->names = palloc0(sizeof(DwExternalName) *
							Max(ledger->name_count, 1));
	found = read_bookings(ledger->name_count);
	for (int i = 0; i < ledger->name_count; i++)
		dw_map_read(&name_map, i, &ledger->names[i]);
	share_bookings(ledger, found);
}

void
dw_external_period(const char *psp, TimestampTz from, TimestampTz to,
				   DwExternalLedger *ledger)
{
	memset(ledger, 0, sizeof(*ledger));
	load_period(psp, from, to, ledger);
}

/* Both names of an event: its own, and its charge's. */
#define EVENT_NAMES \
	"CROSS JOIN LATERAL (VALUES (e.event_id), (e.psp_reference)) " \
	"AS x (name) "

/* All names of the bookings $3 in the scopes $2. */
static DwStatement select_names =
DW_STATEMENT("SELECT x.name FROM dwello.payment_events AS e "
			 EVENT_NAMES "WHERE e.psp = $1 "
			 "AND e.transaction_id = ANY ($3) "
			 "AND x.name IS NOT NULL "
			 "UNION SELECT x.name FROM dwello.payment_events AS e "
			 EVENT_NAMES "WHERE e.psp = $1 AND e.job_id = ANY ($2) "
			 "AND (e.result ->> 'transaction_id')::uuid = ANY ($3) "
			 "AND x.name IS NOT NULL "
			 "UNION SELECT x.name FROM dwello.payment_events AS e "
			 EVENT_NAMES "WHERE e.psp = $1 AND e.user_id = ANY ($2) "
			 "AND (e.result ->> 'transaction_id')::uuid = ANY ($3) "
			 "AND x.name IS NOT NULL "
			 "UNION SELECT x.name FROM dwello.receipts AS e "
			 EVENT_NAMES "WHERE e.id = ANY ($2) "
			 "AND x.name IS NOT NULL "
			 "UNION SELECT x.name FROM dwello.refunds AS r "
			 "JOIN dwello.refunds AS o ON o.psp = r.psp "
			 "AND o.event_id = r.event_id CROSS JOIN LATERAL (VALUES "
			 "(r.event_id), (r.refund_reference), "
			 "(o.confirmation_id::text)) AS x (name) "
			 "WHERE r.scope_id = ANY ($2) "
			 "AND r.confirmation_id = ANY ($3) "
			 "AND x.name IS NOT NULL "
			 "UNION SELECT r.refund_reference "
			 "FROM dwello.refunds AS r "
			 "WHERE r.failure_id = ANY ($2) AND r.psp = $1 "
			 "AND r.refund_reference IS NOT NULL "
			 "UNION SELECT c.case_reference "
			 "FROM dwello.transactions AS t "
			 "JOIN dwello.chargebacks AS c ON c.psp = t.psp "
			 "AND c.psp_reference = t.psp_reference "
			 "WHERE t.scope_id = ANY ($2) AND t.id = ANY ($3) "
			 "AND c.psp = $1 AND c.case_reference IS NOT NULL "
			 "UNION SELECT c.case_reference "
			 "FROM dwello.chargebacks AS c "
			 "JOIN dwello.transactions AS t "
			 "ON t.scope_id = c.scope_id "
			 "AND (t.id = c.transaction_id "
			 "OR t.reverses = c.transaction_id) "
			 "WHERE c.psp = $1 AND t.scope_id = ANY ($2) "
			 "AND t.id = ANY ($3) AND c.case_reference IS NOT NULL "
			 "UNION SELECT t.psp_reference "
			 "FROM dwello.transactions AS t "
			 "WHERE t.scope_id = ANY ($2) AND t.id = ANY ($3) "
			 "AND t.psp = $1 AND t.psp_reference IS NOT NULL "
			 "UNION SELECT o.id::text FROM dwello.payouts AS o "
			 "WHERE o.user_id = ANY ($2) "
			 "AND o.transaction_id = ANY ($3)");

DwNames
dw_external_names(const char *psp, const DwExternalLedger *ledger)
{
	DwUuid	   *scopes = palloc(sizeof(DwUuid) * (ledger->count + 1));
	DwUuid	   *ids = palloc(sizeof(DwUuid) * (ledger->count + 1));
	DwParams	p = DW_PARAMS;
	DwNames		names = {0};

	for (int i = 0; i < ledger->count; i++)
	{
		scopes[i] = ledger->bookings[i].scope_id;
		ids[i] = ledger->bookings[i].transaction_id;
	}
	dw_param_text(&p, psp);
	dw_param_uuids(&p, scopes, ledger->count);
	dw_param_uuids(&p, ids, ledger->count);
	names.count = (int) dw_query(&select_names, &p);
	names.names = palloc(sizeof(char *) * (names.count + ledger->count + 1));
	for (int i = 0; i < names.count; i++)
		names.names[i] = dw_read_only_text(i);
	for (int i = 0; i < ledger->count; i++)
		names.names[names.count++] = dw_uuid_text(&ids[i]);
	return names;
}

void
dw_external_load(const char *psp, DwNames *named, DwExternalLedger *ledger)
{
	load_named(psp, named, ledger);
}

static const DwColumn told_fields[] = {
	DW_FIELD(INT8, DwExternalTold, place, place),
	DW_FIELD(TEXT, DwExternalTold, event_id, event_id),
	DW_FIELD(TEXT, DwExternalTold, reference, reference)
};

static DwMap told_map = DW_MAP(told_fields);

/* An event of the company, and how near it is to a booking. */
#define TOLD(nearness, match) \
	"SELECT " nearness " AS nearness, e.event_id, e.psp_reference, " \
	"e.created_at FROM dwello.payment_events AS e " \
	"WHERE e.psp = $1 AND " match " "

/* Events that told of a case that a booking is of, in one of its ways. */
#define CASE_TOLD(match, types) \
	"UNION ALL SELECT 2, e.event_id, e.psp_reference, e.created_at " \
	"FROM dwello.chargebacks AS c JOIN dwello.payment_events AS e " \
	"ON e.psp = c.psp AND (e.job_id = c.job_id " \
	"OR e.psp_reference = c.psp_reference " \
	"OR e.transaction_id = c.transaction_id) " \
	"AND e.result ->> 'chargeback_id' = c.id::text " \
	"AND e.event_type IN (" types ") WHERE c.psp = $1 AND " match " "

DwExternalTold *
dw_external_told(const char *psp, DwExternalBooking *const *bookings,
				 int count, int *told)
{
	/* an event that booked it before one that is about it and did not */
	static DwStatement select_told =
		DW_STATEMENT("SELECT u.place, e.event_id, "
					 "COALESCE(e.psp_reference, t.psp_reference) AS reference "
					 "FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY "
					 "AS u (scope_id, transaction_id, place) "
					 "JOIN dwello.transactions AS t "
					 "ON t.scope_id = u.scope_id AND t.id = u.transaction_id "
					 "LEFT JOIN LATERAL (SELECT x.* FROM ("
					 TOLD("1", "e.job_id = u.scope_id AND "
						  "(e.result ->> 'transaction_id')::uuid = "
						  "u.transaction_id")
					 "UNION ALL "
					 TOLD("1", "e.user_id = u.scope_id AND "
						  "(e.result ->> 'transaction_id')::uuid = "
						  "u.transaction_id")
					 "UNION ALL "
					 TOLD("2", "e.transaction_id = u.transaction_id")
					 CASE_TOLD("c.fee_id = u.transaction_id",
							   "'chargeback_opened'")
					 CASE_TOLD("c.scope_id = u.scope_id "
							   "AND c.transaction_id = t.reverses",
							   "'chargeback_won', 'chargeback_lost'")
					 "UNION ALL SELECT 3, r.event_id, r.psp_reference, "
					 "r.created_at FROM dwello.receipts AS r "
					 "WHERE r.id = u.scope_id) AS x "
					 "ORDER BY x.nearness, x.created_at DESC LIMIT 1) AS e "
					 "ON true");
	DwUuid	   *scopes = palloc(sizeof(DwUuid) * (count + 1));
	DwUuid	   *ids = palloc(sizeof(DwUuid) * (count + 1));
	DwParams	p = DW_PARAMS;
	DwExternalTold *rows;

	for (int i = 0; i < count; i++)
	{
		scopes[i] = bookings[i]->scope_id;
		ids[i] = bookings[i]->transaction_id;
	}
	dw_param_text(&p, psp);
	dw_param_uuids(&p, scopes, count);
	dw_param_uuids(&p, ids, count);
	*told = (int) dw_query(&select_told, &p);
	rows = palloc0(sizeof(*rows) * (*told + 1));
	for (int i = 0; i < *told; i++)
		dw_map_read(&told_map, i, &rows[i]);
	return rows;
}
