/*
 * dispute_store.c
 *		Rows of disputes and of chargebacks, and of what a reversal undoes.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/dispute/dispute_store.h"

/*
 * Disputes.  They are written under the lock of their job and read after
 * it, so what was read holds; a version says which answer a caller knows.
 */
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
	DW_COLUMN(BOOL, DwDisputeRow, is_released, dispute.is_released,
			  DW_COLUMN_FIXED),
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

/* Refunds that are asked for. */
static const DwColumn request_columns[] = {
	DW_COLUMN(UUID, DwRefundRequest, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwRefundRequest, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwRefundRequest, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwRefundRequest, provider_id, provider_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(BOOL, DwRefundRequest, is_no_show, is_no_show,
			  DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT8, DwRefundRequest, amount, amount, DW_COLUMN_FIXED,
				 DW_REFUND_ALL),
	DW_COLUMN(TEXT, DwRefundRequest, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwRefundRequest, reason, reason, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(offer_status, DwRefundRequest, status, status, 0,
				   dw_offer_status_labels),
	DW_COLUMN(UUID, DwRefundRequest, transaction_id, transaction_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwRefundRequest, dispute_id, dispute_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(TIME, DwRefundRequest, answer_by, answer_by, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwRefundRequest, created_at, created_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwRefundRequest, answered_at, answered_at,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(INT4, DwRefundRequest, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable requests =
DW_TABLE("refund_requests", DwRefundRequest, request_columns);

bool
dw_refund_request_find(const DwUuid *job_id, DwRefundRequest *request)
{
	static DwTableQuery pending =
		DW_TABLE_QUERY(requests, "WHERE t.job_id = $1 "
					   "AND t.status = 'pending'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	if (dw_table_execute(&pending, &p) == 0)
		return false;
	dw_table_read(&requests, 0, request);
	return true;
}

/* Tells the escrow from when on silence is consent; DT_NOBEGIN: never. */
static void
set_consent(const DwUuid *job_id, TimestampTz consent_at)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.escrow_accounts SET consent_at = $2 "
					 "WHERE job_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_time(&p, consent_at);
	(void) dw_execute(&update, &p);
}

void
dw_refund_request_insert(const DwRefundRequest *request)
{
	dw_table_insert(&requests, request);
	set_consent(&request->job_id, request->answer_by);
}

void
dw_refund_request_save(DwRefundRequest *request)
{
	request->answered_at = dw_now();
	dw_table_update(&requests, request);
	set_consent(&request->job_id, DT_NOBEGIN);
}

bool
dw_refund_request_is_no_show(const DwUuid *job_id, const DwUuid *dispute_id)
{
	static DwStatement find =
		DW_STATEMENT("SELECT q.id FROM dwello.refund_requests AS q "
					 "WHERE q.job_id = $1 AND q.dispute_id = $2 "
					 "AND q.is_no_show");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, dispute_id);
	return dw_execute(&find, &p) > 0;
}

#define FIND_SILENT(kind) \
	DW_STATEMENT("SELECT q.answer_by AS due, q.id, q.job_id " \
				 "FROM dwello.refund_requests AS q " \
				 "JOIN dwello.escrow_accounts AS e " \
				 "ON e.job_id = q.job_id AND NOT e.is_frozen " \
				 "WHERE q.status = 'pending' AND " kind " " \
				 "AND q.answer_by <= $1 " \
				 "AND (q.answer_by, q.id) > ($2, $3) " \
				 "ORDER BY q.answer_by, q.id LIMIT $4")

DwDue *
dw_refund_requests_claim_overdue(bool is_no_show, int max_rows, int *count)
{
	static DwStatement find_requests = FIND_SILENT("NOT q.is_no_show");
	static DwStatement find_reports = FIND_SILENT("q.is_no_show");

	return dw_due_claim(is_no_show ? &find_reports : &find_requests,
						max_rows, count);
}

/*
 * Payments that a homeowner's bank has taken back.
 */

/*
 * Chargebacks.  What each took, and from whom, is fixed when it is opened: a
 * win gives back to the same accounts, whatever became of them since.
 */
static const DwColumn chargeback_columns[] = {
	DW_COLUMN(UUID, DwChargebackRow, scope_id, scope_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwChargebackRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwChargebackRow, job_id, job_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwChargebackRow, receipt_id, receipt_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwChargebackRow, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwChargebackRow, provider_id, provider_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN_ENUM(chargeback_status, DwChargebackRow, status,
				   chargeback.status, 0, dw_chargeback_status_labels),
	DW_COLUMN(TEXT, DwChargebackRow, psp, psp, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwChargebackRow, psp_reference, psp_reference,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwChargebackRow, case_reference, case_reference,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwChargebackRow, payment_id, payment_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(INT8, DwChargebackRow, amount, chargeback.amount,
			  DW_COLUMN_FIXED),
	DW_COLUMN(CURRENCY, DwChargebackRow, currency, currency,
			  DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT8, DwChargebackRow, lost_amount, chargeback.lost_amount,
				 0, 0),
	DW_COLUMN(INT8, DwChargebackRow, fee, fee, 0),
	DW_COLUMN(UUID, DwChargebackRow, fee_id, fee_id, DW_COLUMN_NULLABLE),
	DW_COLUMN(BOOL, DwChargebackRow, is_detached, chargeback.is_detached, 0),
	DW_COLUMN(INT8, DwChargebackRow, held_amount, chargeback.held_amount, 0),
	DW_COLUMN(INT8, DwChargebackRow, clawed_back, chargeback.clawed_back, 0),
	DW_COLUMN(INT8, DwChargebackRow, covered_amount, chargeback.covered, 0),
	DW_COLUMN(UUID, DwChargebackRow, transaction_id, transaction_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(INT4, DwChargebackRow, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	DW_COLUMN(TIME, DwChargebackRow, created_at, created_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwChargebackRow, closed_at, closed_at, 0)
};

static DwTable chargebacks =
DW_TABLE("chargebacks", DwChargebackRow, chargeback_columns);

static const DwColumn sum_fields[] = {
	DW_FIELD(INT8, DwChargebackSum, clawed_back, clawed_back),
	DW_FIELD(INT8, DwChargebackSum, open_held, open_held),
	DW_FIELD(INT4, DwChargebackSum, open_count, open_count)
};

static DwMap sums = DW_MAP(sum_fields);

/* By a payment's reference, too: the bank may not have a name of its own. */
#define NAMED_CASE \
	"AND ($5::text IS NULL OR t.case_reference = $5) " \
	"AND ($2::text IS NULL OR t.psp_reference = $2 " \
	"OR t.case_reference = $2 OR t.payment_id = ANY (ARRAY(SELECT x.id " \
	"FROM dwello.transactions AS x " \
	"WHERE x.psp = $1 AND x.psp_reference = $2))) ORDER BY t.id"

/* All rows of a query. */
static DwChargebackRow *
read_chargebacks(DwTableQuery *query, const DwParams *p, int *count)
{
	DwChargebackRow *rows;

	*count = (int) dw_table_execute(query, p);
	rows = palloc_array(DwChargebackRow, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_table_read(&chargebacks, i, &rows[i]);
	return rows;
}

DwChargebackRow *
dw_chargebacks_at_loss(const char *psp, const char *psp_reference,
					   const char *currency, int *count)
{
	static DwTableQuery of_charge =
		DW_TABLE_QUERY(chargebacks, "WHERE t.psp = $1 "
					   "AND t.currency = $3 AND t.status <> 'won' "
					   "AND (t.psp_reference = $2 "
					   "OR t.payment_id = ANY (ARRAY(SELECT x.id "
					   "FROM dwello.transactions AS x "
					   "WHERE x.psp = $1 AND x.psp_reference = $2))) "
					   "AND COALESCE(t.lost_amount, t.amount) "
					   "> t.held_amount + t.clawed_back + t.covered_amount "
					   "ORDER BY t.id");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp);
	dw_param_text(&p, psp_reference);
	dw_param_text(&p, currency);
	return read_chargebacks(&of_charge, &p, count);
}

DwChargebackRow *
dw_chargebacks_short(const DwUuid *job_id, int *count)
{
	static DwTableQuery of_job =
		DW_TABLE_QUERY(chargebacks, "WHERE t.job_id = $1 "
					   "AND t.status <> 'won' AND NOT t.is_detached "
					   "AND t.payment_id IS NOT NULL "
					   "AND COALESCE(t.lost_amount, t.amount) "
					   "> t.held_amount + t.clawed_back + t.covered_amount "
					   "ORDER BY t.id");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return read_chargebacks(&of_job, &p, count);
}

DwChargebackRow *
dw_chargebacks_named(const DwChargebackNames *names, int *count)
{
	static DwTableQuery by_id =
		DW_TABLE_QUERY(chargebacks, "WHERE t.psp = $1 AND t.id = $3 "
					   "AND ($4::uuid IS NULL OR t.job_id = $4) "
					   NAMED_CASE);
	static DwTableQuery of_job =
		DW_TABLE_QUERY(chargebacks, "WHERE t.psp = $1 AND t.job_id = $4 "
					   "AND $3::uuid IS NULL " NAMED_CASE);
	static DwTableQuery by_name =
		DW_TABLE_QUERY(chargebacks, "WHERE t.psp = $1 "
					   "AND $3::uuid IS NULL AND $4::uuid IS NULL "
					   NAMED_CASE);
	const bool	has_job = !dw_uuid_is_nil(&names->job_id);
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, names->psp);
	dw_param_text(&p, names->psp_reference);
	dw_param_uuid(&p, names->id);
	dw_param_uuid(&p, has_job ? &names->job_id : NULL);
	dw_param_text(&p, names->case_reference);
	return read_chargebacks(names->id != NULL ? &by_id
							: has_job ? &of_job : &by_name, &p, count);
}

bool
dw_chargeback_find_told(const DwPaymentEvent *event, DwChargebackRow *row)
{
	static DwTableQuery told =
		DW_TABLE_QUERY(chargebacks, "WHERE t.psp = $1 AND t.id = "
					   "($2::jsonb ->> 'chargeback_id')::uuid");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, event->psp);
	dw_param_datum(&p, JSONBOID, event->result, event->result == 0);
	if (dw_table_execute(&told, &p) == 0)
		return false;
	dw_table_read(&chargebacks, 0, row);
	return true;
}

void
dw_chargeback_sum(const DwUuid *job_id, const DwUuid *except,
				  DwChargebackSum *sum)
{
	static DwStatement select_sum =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.sum(c.clawed_back) FILTER "
					 "(WHERE NOT c.is_detached), 0)::bigint AS clawed_back, "
					 "COALESCE(pg_catalog.sum(c.held_amount) FILTER "
					 "(WHERE c.status = 'open'), 0)::bigint AS open_held, "
					 "(pg_catalog.count(*) FILTER (WHERE c.status = 'open' "
					 "AND NOT c.is_detached))::integer AS open_count "
					 "FROM dwello.chargebacks AS c WHERE c.scope_id = $1 "
					 "AND c.status <> 'won' AND c.id IS DISTINCT FROM $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, except);
	(void) dw_execute(&select_sum, &p);
	dw_map_read(&sums, 0, sum);
}

void
dw_escrow_load_contested(DwEscrowRow *row)
{
	DwChargebackSum sum;

	if (!row->escrow.frozen)
		return;
	dw_chargeback_sum(&row->job_id, NULL, &sum);
	row->escrow.contested = sum.open_held;
}

void
dw_chargeback_insert(DwChargebackRow *row)
{
	row->created_at = dw_now();
	row->closed_at = DT_NOBEGIN;
	dw_table_insert(&chargebacks, row);
}

void
dw_chargeback_save(DwChargebackRow *row)
{
	/* another decision freezes nothing anew: the clocks go by the first */
	if (row->closed_at == DT_NOBEGIN &&
		row->chargeback.status != DW_CHARGEBACK_OPEN)
		row->closed_at = dw_now();
	dw_table_update(&chargebacks, row);
}

void
dw_chargeback_move(const DwChargebackRow *row, const DwUuid *scope_id)
{
	static DwStatement update_scope =
		DW_STATEMENT("UPDATE dwello.chargebacks SET scope_id = $3, "
					 "job_id = $4, homeowner_id = $5, provider_id = $6, "
					 "payment_id = $7 WHERE scope_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, scope_id);
	dw_param_uuid(&p, &row->id);
	dw_param_uuid(&p, &row->scope_id);
	dw_param_uuid(&p, &row->job_id);
	dw_param_uuid(&p, &row->homeowner_id);
	dw_param_uuid(&p, &row->provider_id);
	dw_param_uuid(&p, &row->payment_id);
	(void) dw_execute(&update_scope, &p);
}

/* Since when the escrow was frozen, up to the end of the last one. */
static TimestampTz
frozen_since(const DwUuid *job_id, const DwUuid *last)
{
	/*
	 * The first that came when no other was open: behind the last end, of
	 * another, at which none was open.  They may overlap in any way.
	 */
	static DwStatement select_since =
		DW_STATEMENT("SELECT pg_catalog.min(c.created_at) "
					 "FROM dwello.chargebacks AS c WHERE c.job_id = $1 "
					 "AND NOT c.is_detached "
					 "AND c.created_at >= COALESCE(("
					 "SELECT pg_catalog.max(g.closed_at) "
					 "FROM dwello.chargebacks AS g "
					 "WHERE g.job_id = $1 AND g.id <> $2 "
					 "AND NOT g.is_detached AND NOT EXISTS ("
					 "SELECT FROM dwello.chargebacks AS o "
					 "WHERE o.job_id = $1 AND NOT o.is_detached "
					 "AND o.created_at <= g.closed_at "
					 "AND o.closed_at > g.closed_at)), '-infinity')");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, last);
	(void) dw_execute(&select_since, &p);
	return dw_read_only_time(0);
}

/* Writes a review clock alone: the version is the caller's, not the bank's. */
static void
save_clock(const DwMilestoneRow *stored)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.job_milestones SET auto_release_at = $3 "
					 "WHERE job_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &stored->job_id);
	dw_param_uuid(&p, &stored->milestone.id);
	dw_param_time(&p, stored->auto_release_at);
	(void) dw_execute(&update, &p);
}

void
dw_chargeback_free_clocks(DwEscrowRow *escrow, const DwUuid *last)
{
	TimestampTz since = frozen_since(&escrow->job_id, last);

	for (int i = 0; i < escrow->milestone_count; i++)
	{
		DwMilestoneRow *stored = &escrow->stored[i];
		int64		lost = dw_now() - Max(since, stored->submitted_at);

		if (stored->milestone.status != DW_MILESTONE_SUBMITTED || lost <= 0)
			continue;
		stored->auto_release_at += lost;
		save_clock(stored);
	}
}

/*
 * A transaction in the ledger, as much of it as a reversal needs.
 */

static const DwColumn original_fields[] = {
	DW_FIELD_ENUM(DwOriginal, transaction_type, type,
				  dw_transaction_type_labels),
	DW_FIELD_ENUM(DwOriginal, status, status, dw_transaction_status_labels),
	DW_FIELD(UUID, DwOriginal, milestone_id, milestone_id),
	DW_FIELD(TEXT, DwOriginal, psp, psp),
	DW_FIELD(TEXT, DwOriginal, psp_reference, psp_reference),
	DW_FIELD(INT8, DwOriginal, reversed, reversed)
};

static DwMap originals = DW_MAP(original_fields);

bool
dw_original_load(const DwUuid *job_id, const DwUuid *id, DwOriginal *original)
{
	static DwStatement select_one =
		DW_STATEMENT("SELECT t.transaction_type, t.status, "
					 "t.milestone_id, t.psp, t.psp_reference, "
					 "COALESCE((SELECT pg_catalog.sum(x.amount) "
					 "FROM dwello.transactions AS x "
					 "WHERE x.scope_id = $1 AND x.reverses = t.id), "
					 "0)::bigint AS reversed FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&select_one, &p) == 0)
		return false;
	memset(original, 0, sizeof(*original));
	original->id = *id;
	dw_map_read(&originals, 0, original);
	original->has_milestone = !dw_uuid_is_nil(&original->milestone_id);
	(void) dw_posting_load(job_id, id, &original->posting);
	return true;
}

static const DwColumn released_fields[] = {
	DW_FIELD(UUID, DwReleased, id, id),
	DW_FIELD(UUID, DwReleased, milestone_id, milestone_id),
	DW_FIELD(TIME, DwReleased, completed_at, at),
	DW_FIELD(INT8, DwReleased, net, net),
	DW_FIELD(INT8, DwReleased, fee, fee),
	DW_FIELD(INT8, DwReleased, tax, tax)
};

static DwMap released_map = DW_MAP(released_fields);

DwReleased *
dw_releases_load(const DwUuid *job_id, int *count)
{
	static DwStatement select_releases =
		DW_STATEMENT("SELECT t.id, t.milestone_id, t.completed_at, "
					 "(t.net_amount - x.net)::bigint AS net, "
					 "(t.platform_fee - x.fee)::bigint AS fee, "
					 "(t.tax - x.tax)::bigint AS tax "
					 "FROM dwello.transactions AS t CROSS JOIN LATERAL ("
					 "SELECT COALESCE(pg_catalog.sum(r.net_amount), 0) "
					 "AS net, "
					 "COALESCE(pg_catalog.sum(r.platform_fee), 0) AS fee, "
					 "COALESCE(pg_catalog.sum(r.tax), 0) AS tax "
					 "FROM dwello.transactions AS r "
					 "WHERE r.scope_id = $1 AND r.reverses = t.id) AS x "
					 "WHERE t.scope_id = $1 AND t.status = 'completed' "
					 "AND t.transaction_type "
					 "IN ('release', 'dispute', 'cancellation') "
					 "AND t.net_amount + t.platform_fee + t.tax "
					 "> x.net + x.fee + x.tax "
					 "ORDER BY t.id DESC");
	DwParams	p = DW_PARAMS;
	DwReleased *releases;

	dw_param_uuid(&p, job_id);
	*count = (int) dw_execute(&select_releases, &p);
	releases = palloc0_array(DwReleased, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&released_map, i, &releases[i]);
	return releases;
}
