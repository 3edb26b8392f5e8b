/*
 * dispute_store.c
 *		Rows of dwello.disputes.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/dispute/dispute_store.h"

static const DwColumn dispute_columns[] = {
	DW_COLUMN(UUID, DwDisputeRow, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwDisputeRow, id, dispute.id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwDisputeRow, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwDisputeRow, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwDisputeRow, milestone_id, milestone_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN_ENUM(dispute_status, DwDisputeRow, status, dispute.status, 0,
				   dw_dispute_status_labels),
	DW_COLUMN(UUID, DwDisputeRow, opened_by, opened_by, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwDisputeRow, reason, reason, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwDisputeRow, answer, answer, 0),
	DW_COLUMN(TEXT, DwDisputeRow, resolution, resolution, 0),
	DW_COLUMN(INT8, DwDisputeRow, disputed_amount, dispute.amount, 0),
	DW_COLUMN(TEXT, DwDisputeRow, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT8, DwDisputeRow, homeowner_offer,
				 dispute.homeowner_offer, 0, DW_DISPUTE_NO_OFFER),
	DW_COLUMN_OR(INT8, DwDisputeRow, provider_offer, dispute.provider_offer,
				 0, DW_DISPUTE_NO_OFFER),
	DW_COLUMN_OR(INT8, DwDisputeRow, settled_amount, settled_amount, 0,
				 DW_DISPUTE_UNSETTLED),
	DW_COLUMN(UUID, DwDisputeRow, transaction_id, transaction_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(TIME, DwDisputeRow, answer_by, answer_by, 0),
	DW_COLUMN(INT4, DwDisputeRow, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	DW_COLUMN(TIME, DwDisputeRow, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwDisputeRow, closed_at, closed_at, 0)
};

static DwTable disputes = DW_TABLE("disputes", DwDisputeRow, dispute_columns);

/* Reads a row of the last result, and what follows from its columns. */
static void
read_dispute(uint64 index, DwDisputeRow *row)
{
	dw_table_read(&disputes, index, row);
	row->has_milestone = !dw_uuid_is_nil(&row->milestone_id);
	row->dispute.by_homeowner = dw_uuid_equal(&row->opened_by,
											  &row->homeowner_id);
}

bool
dw_dispute_load(const DwUuid *job_id, const DwUuid *id, DwDisputeRow *row)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(disputes, "WHERE t.job_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	read_dispute(0, row);
	return true;
}

DwDisputeRow *
dw_disputes_open(const DwUuid *job_id, int *count)
{
	static DwTableQuery open =
		DW_TABLE_QUERY(disputes, "WHERE t.job_id = $1 "
					   "AND t.status IN ('open', 'answered') "
					   "ORDER BY t.answer_by, t.id");
	DwParams	p = DW_PARAMS;
	DwDisputeRow *rows;

	dw_param_uuid(&p, job_id);
	*count = (int) dw_table_execute(&open, &p);
	rows = palloc_array(DwDisputeRow, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		read_dispute(i, &rows[i]);
	return rows;
}

void
dw_dispute_insert(const DwEscrowRow *escrow, DwDisputeRow *row)
{
	row->job_id = escrow->job_id;
	row->homeowner_id = escrow->homeowner_id;
	row->provider_id = escrow->provider_id;
	row->currency = pstrdup(escrow->escrow.currency);
	row->closed_at = DT_NOBEGIN;
	dw_table_insert(&disputes, row);
}

void
dw_dispute_save(DwDisputeRow *row)
{
	row->closed_at = dw_dispute_is_open(&row->dispute)
		? DT_NOBEGIN : dw_now();
	dw_table_update(&disputes, row);
}

DwDue *
dw_disputes_claim_overdue(int max_rows, int *count)
{
	static DwStatement find_disputes =
		DW_STATEMENT("SELECT d.answer_by AS due, d.id, d.job_id "
					 "FROM dwello.disputes AS d "
					 "JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = d.job_id AND NOT e.is_frozen "
					 "WHERE d.status IN ('open', 'answered') "
					 "AND d.answer_by <= $1 "
					 "AND (d.answer_by, d.id) > ($2, $3) "
					 "ORDER BY d.answer_by, d.id LIMIT $4");

	return dw_due_claim(&find_disputes, max_rows, count);
}
