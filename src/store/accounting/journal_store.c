/*
 * journal_store.c
 *		Journals: what an accountant books by hand, and who approved it.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/accounting/accounting_store.h"

static const DwColumn journal_columns[] = {
	DW_COLUMN(UUID, DwJournalRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwJournalRow, scope_id, scope_id, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(journal_status, DwJournalRow, status, status, 0,
				   dw_journal_status_labels),
	DW_COLUMN(JSONB, DwJournalRow, lines, lines, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwJournalRow, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwJournalRow, amount, amount, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwJournalRow, reason, reason, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwJournalRow, reference, reference, DW_COLUMN_FIXED),
	DW_COLUMN(UUID_COPY, DwJournalRow, reverses, reverses, DW_COLUMN_FIXED),
	DW_COLUMN(UUID_COPY, DwJournalRow, transaction_id, transaction_id, 0),
	DW_COLUMN(UUID, DwJournalRow, proposed_by, proposed_by, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwJournalRow, proposed_at, proposed_at, DW_COLUMN_FIXED),
	DW_COLUMN(UUID_COPY, DwJournalRow, decided_by, decided_by, 0),
	DW_COLUMN(TIME, DwJournalRow, decided_at, decided_at, 0),
	DW_COLUMN(TEXT, DwJournalRow, rejected_for, rejected_for, 0)
};

static DwTable journals = DW_TABLE("journals", DwJournalRow, journal_columns);

bool
dw_journal_find(const DwUuid *id, DwJournalRow *row)
{
	static DwTableQuery by_id =
		DW_TABLE_QUERY(journals, "WHERE t.id = $1 FOR UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_id, &p) == 0)
		return false;
	dw_table_read(&journals, 0, row);
	return true;
}

bool
dw_journal_is_reversed(const DwUuid *id)
{
	static DwStatement select_reversal =
		DW_STATEMENT("SELECT FROM dwello.journals AS t "
					 "WHERE t.reverses = $1 AND t.status <> 'rejected'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	return dw_execute(&select_reversal, &p) > 0;
}

void
dw_journal_insert(const DwJournalRow *row)
{
	dw_table_insert(&journals, row);
}

void
dw_journal_update(DwJournalRow *row)
{
	dw_table_update(&journals, row);
}

bool
dw_journal_seek(const DwUuid *id, DwCursor *cursor)
{
	static DwStatement select_place =
		DW_STATEMENT("SELECT t.proposed_at FROM dwello.journals AS t "
					 "WHERE t.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	return dw_read_cursor(dw_query(&select_place, &p), id, cursor);
}

void
dw_journals_list(DwCall *call, const char *status, const DwCursor *after,
				 int32 max_results)
{
	static DwStatement select_journals =
		DW_STATEMENT("SELECT t.id AS journal_id, t.status, "
					 "COALESCE(t.lines, (SELECT jsonb_agg(l.line || "
					 "jsonb_build_object('amount', "
					 "-(l.line ->> 'amount')::numeric) ORDER BY l.place) "
					 "FROM dwello.journals AS o "
					 "CROSS JOIN jsonb_array_elements(o.lines) "
					 "WITH ORDINALITY AS l (line, place) "
					 "WHERE o.id = t.reverses)) AS lines, "
					 "t.amount, t.currency, t.reason, t.reference, "
					 "t.reverses, r.id AS reversed_by, t.scope_id, "
					 "t.transaction_id, t.proposed_by, t.proposed_at, "
					 "t.decided_by, t.decided_at, t.rejected_for "
					 "FROM dwello.journals AS t "
					 "LEFT JOIN dwello.journals AS r ON r.reverses = t.id "
					 "AND r.status <> 'rejected' "
					 "WHERE ($1::text IS NULL OR t.status::text = $1) "
					 "AND (t.proposed_at, t.id) < ($2, $3) "
					 "ORDER BY t.proposed_at DESC, t.id DESC LIMIT $4");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, status);
	dw_param_cursor(&p, after);
	dw_param_int4(&p, max_results);
	dw_list_query(call, &select_journals, &p);
}
