/*
 * repayment_store.c
 *		What providers were asked to pay of what they owe.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/payout/payout_store.h"

static const DwColumn repayment_columns[] = {
	DW_COLUMN(UUID, DwRepaymentRow, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwRepaymentRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwRepaymentRow, payment_method_id, payment_method_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN_ENUM(repayment_status, DwRepaymentRow, status, facts.status, 0,
				   dw_repayment_status_labels),
	DW_COLUMN(INT8, DwRepaymentRow, amount, facts.amount, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwRepaymentRow, received, facts.received, 0),
	DW_COLUMN(TEXT, DwRepaymentRow, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwRepaymentRow, psp, psp, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwRepaymentRow, pay_by, pay_by, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwRepaymentRow, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	DW_COLUMN(TIME, DwRepaymentRow, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwRepaymentRow, completed_at, completed_at, 0)
};

static DwTable repayments = DW_TABLE("repayments", DwRepaymentRow,
									 repayment_columns);

/* The rows of a query. */
static DwRepaymentRow *
read_repayments(DwTableQuery *query, const DwParams *p, int *count)
{
	DwRepaymentRow *rows;

	*count = (int) dw_table_execute(query, p);
	rows = palloc((*count + 1) * sizeof(DwRepaymentRow));
	for (int i = 0; i < *count; i++)
		dw_table_read(&repayments, i, &rows[i]);
	return rows;
}

bool
dw_repayment_find(const DwUuid *user_id, const DwUuid *id,
				  DwRepaymentRow *row)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(repayments, "WHERE t.user_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;
	int			count;
	DwRepaymentRow *rows;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	rows = read_repayments(&by_key, &p, &count);
	if (count > 0)
		*row = rows[0];
	return count > 0;
}

DwRepaymentRow *
dw_repayments_pending(const DwUuid *user_id, int *count)
{
	static DwTableQuery pending =
		DW_TABLE_QUERY(repayments, "WHERE t.user_id = $1 "
					   "AND t.status = 'pending' ORDER BY t.id");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	return read_repayments(&pending, &p, count);
}

void
dw_repayment_insert(DwRepaymentRow *row)
{
	row->version = 1;
	row->created_at = dw_now();
	row->completed_at = DT_NOBEGIN;
	dw_table_insert(&repayments, row);
}

void
dw_repayment_save(DwRepaymentRow *row)
{
	if (row->facts.status != DW_REPAYMENT_PENDING &&
		row->completed_at == DT_NOBEGIN)
		row->completed_at = dw_now();
	dw_table_update(&repayments, row);
}
