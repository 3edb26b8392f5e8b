/*
 * line_store.c
 *		Lines of payment companies' statements as they were imported.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/company/company_store.h"
#include "store/ledger/ledger_store.h"

static const DwColumn line_columns[] = {
	DW_COLUMN(TEXT, DwStatementLine, psp, psp, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, DwStatementLine, line_id, line_id, DW_COLUMN_KEY),
	DW_COLUMN_ENUM(statement_line_kind, DwStatementLine, kind, kind,
				   DW_COLUMN_FIXED, dw_external_kind_labels),
	DW_COLUMN(TEXT, DwStatementLine, event_id, event_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwStatementLine, reference, reference, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwStatementLine, amount, amount, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwStatementLine, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwStatementLine, occurred_at, occurred_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwStatementLine, created_at, created_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwStatementLine, scope_id, scope_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwStatementLine, transaction_id, transaction_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN_OR(INT8, DwStatementLine, difference, difference, 0, 0),
	DW_COLUMN(TIME, DwStatementLine, booked_at, booked_at, 0)
};

static DwTable lines =
DW_TABLE("statement_lines", DwStatementLine, line_columns);

/*
 * True when the line that is kept says the same.  It is found by its key
 * alone: all lines of a day may have one time, and that is an index, too.
 */
static bool
is_kept(const DwStatementLine *line)
{
	static DwStatement select_same =
		DW_STATEMENT("SELECT l.kind = $3 "
					 "AND l.event_id IS NOT DISTINCT FROM $4 "
					 "AND l.reference IS NOT DISTINCT FROM $5 "
					 "AND l.amount = $6 AND l.currency = $7 "
					 "AND l.occurred_at = $8 "
					 "FROM dwello.statement_lines AS l "
					 "WHERE l.psp = $1 AND l.line_id = $2");
	DwParams	p = DW_PARAMS;
	bool		found;

	dw_param_text(&p, line->psp);
	dw_param_text(&p, line->line_id);
	dw_param_enum(&p, "statement_line_kind",
				  dw_external_kind_label(line->kind));
	dw_param_text(&p, line->event_id);
	dw_param_text(&p, line->reference);
	dw_param_int8(&p, line->amount);
	dw_param_text(&p, line->currency);
	dw_param_time(&p, line->occurred_at);
	found = dw_execute(&select_same, &p) > 0 && dw_read_only_bool(0);
	SPI_freetuptable(SPI_tuptable);
	return found;
}

bool
dw_statement_keep(const DwStatementLine *line, bool *is_same)
{
	if (dw_table_insert_new(&lines, line))
		return true;
	*is_same = is_kept(line);
	return false;
}

/* Reads the lines of the last result. */
static DwStatementLine *
read_lines(uint64 total, int *count)
{
	DwStatementLine *rows =
		palloc_extended(sizeof(DwStatementLine) * (total + 1),
						MCXT_ALLOC_HUGE);

	*count = (int) total;
	for (uint64 i = 0; i < total; i++)
		dw_table_read(&lines, i, &rows[i]);
	return rows;
}

DwStatementLine *
dw_statement_load(const char *psp, TimestampTz from, TimestampTz to,
				  int *count)
{
	static DwTableQuery by_time =
		DW_TABLE_QUERY(lines, "WHERE t.psp = $1 AND t.occurred_at >= "
					   "COALESCE($2, '-infinity') "
					   "AND t.occurred_at < $3 "
					   "ORDER BY t.occurred_at, t.line_id");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp);
	dw_param_time(&p, from);
	dw_param_time(&p, to);
	return read_lines(dw_table_query(&by_time, &p), count);
}

DwStatementLine *
dw_statement_load_named(const char *psp, const DwPeriod *but,
						const DwNames *named, int *count)
{
	static DwTableQuery by_name =
		DW_TABLE_QUERY(lines, "WHERE t.psp = $1 AND (t.occurred_at < $2 "
					   "OR t.occurred_at >= $3) "
					   "AND (t.event_id = ANY ($4) OR t.reference = ANY ($4) "
					   "OR t.transaction_id::text = ANY ($4)) "
					   "ORDER BY t.occurred_at, t.line_id");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp);
	dw_param_time(&p, but->from);
	dw_param_time(&p, but->until);
	dw_param_texts(&p, named->names, named->count);
	return read_lines(dw_table_query(&by_name, &p), count);
}

DwStatementLine *
dw_statement_load_alike(const char *psp, const DwNames *named,
						const DwExternalLedger *ledger, int *count)
{
	static DwTableQuery alike =
		DW_TABLE_QUERY(lines, "WHERE t.psp = $1 "
					   "AND (t.event_id = ANY ($2) OR t.reference = ANY ($2) "
					   "OR t.transaction_id = ANY ($3)) "
					   "ORDER BY t.occurred_at, t.line_id");
	DwUuid	   *ids = palloc(sizeof(DwUuid) * (ledger->count + 1));
	DwParams	p = DW_PARAMS;

	for (int i = 0; i < ledger->count; i++)
		ids[i] = ledger->bookings[i].transaction_id;
	dw_param_text(&p, psp);
	dw_param_texts(&p, named->names, named->count);
	dw_param_uuids(&p, ids, ledger->count);
	return read_lines(dw_table_query(&alike, &p), count);
}

bool
dw_statement_lock(const char *psp, const char *line_id,
				  DwStatementLine *line)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(lines, "WHERE t.psp = $1 AND t.line_id = $2 "
					   "FOR UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp);
	dw_param_text(&p, line_id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&lines, 0, line);
	return true;
}

bool
dw_statement_names(const DwUuid *transaction_id)
{
	static DwStatement select_line =
		DW_STATEMENT("SELECT FROM dwello.statement_lines AS l "
					 "WHERE l.transaction_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, transaction_id);
	return dw_execute(&select_line, &p) > 0;
}

bool
dw_statement_names_other(const DwUuid *transaction_id,
						 const DwStatementLine *line)
{
	static DwStatement select_line =
		DW_STATEMENT("SELECT FROM dwello.statement_lines AS l "
					 "WHERE l.transaction_id = $1 "
					 "AND (l.kind, l.amount, l.currency) <> ($2, $3, $4)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, transaction_id);
	dw_param_enum(&p, "statement_line_kind",
				  dw_external_kind_label(line->kind));
	dw_param_int8(&p, line->amount);
	dw_param_text(&p, line->currency);
	return dw_execute(&select_line, &p) > 0;
}

/* Orders ids, for qsort. */
static int
id_order(const void *a, const void *b)
{
	return dw_uuid_compare(a, b);
}

void
dw_fee_lock(const DwFeeNames *names)
{
	const char *const all[] = {names->event_id, names->case_reference,
	names->psp_reference};
	DwUuid		ids[lengthof(all)];
	int			count = 0;

	for (size_t i = 0; i < lengthof(all); i++)
		if (all[i] != NULL)
			ids[count++] = dw_fact_id(names->psp, all[i]);
	/* in one order, for a line has other names of it than its event */
	qsort(ids, count, sizeof(*ids), id_order);
	for (int i = 0; i < count; i++)
		dw_fact_lock(&ids[i]);
}

/* The first of the lines found that booked its fee by itself. */
static bool
find_own(int count, DwStatementLine *line)
{
	for (int i = 0; i < count; i++)
	{
		DwUuid		own;

		dw_table_read(&lines, i, line);
		own = dw_fact_id(line->psp, line->line_id);
		if (dw_uuid_equal(&line->scope_id, &own))
			return true;
	}
	return false;
}

bool
dw_statement_find_fee(const DwFeeNames *names, DwStatementLine *line)
{
	static DwTableQuery by_event =
		DW_TABLE_QUERY(lines, "WHERE t.psp = $1 AND t.event_id = $2 "
					   "AND t.kind IN ('fee', 'dispute_fee') "
					   "AND t.transaction_id IS NOT NULL "
					   "AND t.difference IS NULL "
					   "ORDER BY t.amount = $3 DESC, t.line_id");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, names->psp);
	dw_param_text(&p, names->event_id);
	dw_param_int8(&p, names->amount);
	return find_own((int) dw_table_execute(&by_event, &p), line);
}

bool
dw_statement_find_dispute_fee(const DwFeeNames *names, DwStatementLine *line)
{
	static DwTableQuery by_names =
		DW_TABLE_QUERY(lines, "WHERE t.psp = $1 AND t.kind = 'dispute_fee' "
					   "AND (t.event_id = $2 OR t.reference IN ($3, $4)) "
					   "AND t.amount = $5 AND t.currency = $6 "
					   "AND t.transaction_id IS NOT NULL "
					   "AND t.difference IS NULL "
					   "AND NOT EXISTS (SELECT FROM dwello.chargebacks AS c "
					   "WHERE c.fee_id = t.transaction_id) "
					   "ORDER BY (t.event_id = $2) IS TRUE DESC, "
					   "(t.reference = $3) IS TRUE DESC, t.line_id");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, names->psp);
	dw_param_text(&p, names->event_id);
	dw_param_text(&p, names->case_reference);
	dw_param_text(&p, names->psp_reference);
	dw_param_int8(&p, names->amount);
	dw_param_text(&p, names->currency);
	return find_own((int) dw_table_execute(&by_names, &p), line);
}

void
dw_statement_book(DwStatementLine *line)
{
	line->booked_at = dw_now();
	dw_table_update(&lines, line);
}
