/*
 * receipt_store.c
 *		Rows of dwello.receipts: money that fits no payment.
 *
 * A row is written with the first booking of its scope, and two who are told
 * of one fact at once meet at its key.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/receipt/receipt_store.h"

static const DwColumn receipt_columns[] = {
	DW_COLUMN(UUID, DwReceipt, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwReceipt, job_id, job_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwReceipt, user_id, user_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(TEXT, DwReceipt, psp, psp, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwReceipt, event_id, event_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwReceipt, psp_reference, psp_reference,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID_COPY, DwReceipt, payment_method_id, payment_method_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwReceipt, transaction_id, transaction_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwReceipt, amount, amount, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwReceipt, remaining, remaining, 0),
	DW_COLUMN(TEXT, DwReceipt, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(receipt_reason, DwReceipt, reason, reason,
				   DW_COLUMN_FIXED, dw_receipt_reason_labels),
	DW_COLUMN_ENUM(receipt_status, DwReceipt, status, status, 0,
				   dw_receipt_status_labels),
	DW_COLUMN(TIME, DwReceipt, occurred_at, occurred_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwReceipt, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwReceipt, closed_at, closed_at, 0),
	DW_COLUMN(INT4, DwReceipt, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable receipts = DW_TABLE("receipts", DwReceipt, receipt_columns);

bool
dw_receipt_insert(const DwReceipt *receipt)
{
	return dw_table_insert_new(&receipts, receipt);
}

bool
dw_receipt_lock(const DwUuid *id, DwReceipt *receipt)
{
	static DwTableQuery by_id =
		DW_TABLE_QUERY(receipts, "WHERE t.id = $1 FOR UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_id, &p) == 0)
		return false;
	dw_table_read(&receipts, 0, receipt);
	return true;
}

DwReceipt *
dw_receipts_lock(const DwUuid *ids, int id_count, const char *psp,
				 const char *psp_reference, int *count)
{
	static DwTableQuery by_name =
		DW_TABLE_QUERY(receipts, "WHERE t.id = ANY ($1) "
					   "OR (t.psp = $2 AND t.psp_reference = $3) "
					   "ORDER BY t.id FOR UPDATE");
	DwParams	p = DW_PARAMS;
	DwReceipt  *rows;

	dw_param_uuids(&p, ids, id_count);
	dw_param_text(&p, psp);
	dw_param_text(&p, psp_reference);
	*count = (int) dw_table_execute(&by_name, &p);
	rows = palloc_array(DwReceipt, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_table_read(&receipts, i, &rows[i]);
	return rows;
}

void
dw_receipt_reduce(DwReceipt *receipt, int64 amount, DwReceiptStatus status,
				  const DwUuid *payment)
{
	static DwStatement add_payment =
		DW_STATEMENT("UPDATE dwello.receipts "
					 "SET payment_ids = payment_ids || $2 WHERE id = $1");
	DwParams	p = DW_PARAMS;

	receipt->remaining -= amount;
	receipt->status = receipt->remaining > 0 ? DW_RECEIPT_HELD : status;
	receipt->closed_at = receipt->remaining > 0 ? DT_NOBEGIN : dw_now();
	dw_table_update(&receipts, receipt);
	if (payment == NULL)
		return;
	dw_param_uuid(&p, &receipt->id);
	dw_param_uuid(&p, payment);
	(void) dw_execute(&add_payment, &p);
}

bool
dw_receipt_seek(const DwUuid *id, DwCursor *cursor)
{
	static DwStatement select_place =
		DW_STATEMENT("SELECT t.created_at FROM dwello.receipts AS t "
					 "WHERE t.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	return dw_read_cursor(dw_query(&select_place, &p), id, cursor);
}

void
dw_receipts_list(DwCall *call, const DwReceiptQuery *query)
{
	static DwStatement select_receipts =
		DW_STATEMENT("SELECT t.id AS receipt_id, t.job_id, t.user_id, "
					 "t.psp, t.event_id, t.psp_reference, "
					 "t.payment_method_id, t.transaction_id, t.amount, "
					 "t.remaining, t.currency, t.reason, t.status, "
					 "t.occurred_at, t.created_at, t.closed_at, t.version "
					 "FROM dwello.receipts AS t "
					 "WHERE ($1::text IS NULL OR t.status::text = $1) "
					 "AND ($2::text IS NULL OR t.reason::text = $2) "
					 "AND ($3::uuid IS NULL OR t.job_id = $3) "
					 "AND (t.created_at, t.id) < ($4, $5) "
					 "ORDER BY t.created_at DESC, t.id DESC LIMIT $6");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, query->status);
	dw_param_text(&p, query->reason);
	dw_param_uuid(&p, query->job_id);
	dw_param_cursor(&p, &query->after);
	dw_param_int4(&p, query->max_results);
	dw_list_query(call, &select_receipts, &p);
}
