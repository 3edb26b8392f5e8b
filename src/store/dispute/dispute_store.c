/*
 * dispute_store.c
 *		Rows of dwello.disputes.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/dispute/dispute_store.h"

#define DISPUTE_COLUMNS \
	"d.id, d.status::text, d.opened_by = d.homeowner_id, " \
	"d.disputed_amount, d.homeowner_offer, d.provider_offer, " \
	"d.milestone_id, d.opened_by, d.reason, d.answer, d.resolution, " \
	"d.settled_amount, d.transaction_id, d.answer_by, d.created_at "

/* A figure, or -1 for none: of an offer, and of a settlement. */
static int64
read_figure(uint64 index, int column)
{
	return dw_read_null(index, column) ? DW_DISPUTE_NO_OFFER
		: dw_read_int8(index, column);
}

/* Adds a figure; -1 is NULL. */
static void
param_figure(DwParams *p, int64 figure)
{
	dw_param_datum(p, INT8OID, Int64GetDatum(figure),
				   figure == DW_DISPUTE_NO_OFFER);
}

/* Adds a uuid; nil is NULL. */
static void
param_uuid_or_null(DwParams *p, const DwUuid *id)
{
	dw_param_uuid(p, dw_uuid_is_nil(id) ? NULL : id);
}

/* Reads a row of the last result. */
static void
read_dispute(uint64 index, DwDisputeRow *row)
{
	DwDispute  *dispute = &row->dispute;

	memset(row, 0, sizeof(*row));
	(void) dw_read_uuid(index, 1, &dispute->id);
	if (!dw_dispute_status_parse(dw_read_text(index, 2), &dispute->status))
		elog(ERROR, "dispute has an unknown status");
	dispute->by_homeowner = dw_read_bool(index, 3);
	dispute->amount = dw_read_int8(index, 4);
	dispute->homeowner_offer = read_figure(index, 5);
	dispute->provider_offer = read_figure(index, 6);
	row->has_milestone = dw_read_uuid(index, 7, &row->milestone_id);
	(void) dw_read_uuid(index, 8, &row->opened_by);
	row->reason = dw_read_text(index, 9);
	row->answer = dw_read_text(index, 10);
	row->resolution = dw_read_text(index, 11);
	row->settled_amount = read_figure(index, 12);
	(void) dw_read_uuid(index, 13, &row->transaction_id);
	row->answer_by = dw_read_time(index, 14);
	row->created_at = dw_read_time(index, 15);
}

bool
dw_dispute_load(const DwUuid *job_id, const DwUuid *id, DwDisputeRow *row)
{
	static DwStatement select_dispute =
		DW_STATEMENT("SELECT " DISPUTE_COLUMNS "FROM dwello.disputes AS d "
					 "WHERE d.job_id = $1 AND d.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&select_dispute, &p) == 0)
		return false;
	read_dispute(0, row);
	return true;
}

int
dw_dispute_find_open(const DwUuid *job_id, DwDisputeRow *row)
{
	static DwStatement select_open =
		DW_STATEMENT("SELECT " DISPUTE_COLUMNS "FROM dwello.disputes AS d "
					 "WHERE d.job_id = $1 "
					 "AND d.status IN ('open', 'answered')");
	DwParams	p = DW_PARAMS;
	uint64		count;

	dw_param_uuid(&p, job_id);
	count = dw_execute(&select_open, &p);
	if (count == 1)
		read_dispute(0, row);
	return (int) count;
}

bool
dw_dispute_is_general_open(const DwUuid *job_id)
{
	static DwStatement select_general =
		DW_STATEMENT("SELECT FROM dwello.disputes AS d WHERE d.job_id = $1 "
					 "AND d.milestone_id IS NULL "
					 "AND d.status IN ('open', 'answered')");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return dw_execute(&select_general, &p) > 0;
}

void
dw_dispute_insert(const DwEscrowRow *escrow, const DwDisputeRow *row)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.disputes (job_id, id, "
					 "homeowner_id, provider_id, milestone_id, opened_by, "
					 "reason, disputed_amount, currency, homeowner_offer, "
					 "provider_offer, answer_by, created_at) VALUES "
					 "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
					 "$13)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &escrow->job_id);
	dw_param_uuid(&p, &row->dispute.id);
	dw_param_uuid(&p, &escrow->homeowner_id);
	dw_param_uuid(&p, &escrow->provider_id);
	dw_param_uuid(&p, row->has_milestone ? &row->milestone_id : NULL);
	dw_param_uuid(&p, &row->opened_by);
	dw_param_text(&p, row->reason);
	dw_param_int8(&p, row->dispute.amount);
	dw_param_text(&p, escrow->escrow.currency);
	param_figure(&p, row->dispute.homeowner_offer);
	param_figure(&p, row->dispute.provider_offer);
	dw_param_time(&p, row->answer_by);
	dw_param_time(&p, row->created_at);
	(void) dw_execute(&insert, &p);
}

void
dw_dispute_save(const DwUuid *job_id, const DwDisputeRow *row)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.disputes SET "
					 "status = $3::text::dwello.dispute_status, "
					 "homeowner_offer = $4, provider_offer = $5, "
					 "answer = $6, resolution = $7, settled_amount = $8, "
					 "transaction_id = $9, answer_by = $10, "
					 "closed_at = $11, disputed_amount = $12, version = version + 1 "
					 "WHERE job_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, &row->dispute.id);
	dw_param_text(&p, dw_dispute_status_label(row->dispute.status));
	param_figure(&p, row->dispute.homeowner_offer);
	param_figure(&p, row->dispute.provider_offer);
	dw_param_text(&p, row->answer);
	dw_param_text(&p, row->resolution);
	param_figure(&p, row->settled_amount);
	param_uuid_or_null(&p, &row->transaction_id);
	dw_param_time(&p, row->answer_by);
	dw_param_time(&p, dw_dispute_is_open(&row->dispute)
				  ? DT_NOBEGIN : dw_now());
	dw_param_int8(&p, row->dispute.amount);
	(void) dw_execute(&update, &p);
}

void
dw_dispute_free_clocks(const DwUuid *job_id, const DwUuid *milestone_ids,
					   int count, TimestampTz since)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.job_milestones SET "
					 "auto_release_at = auto_release_at + ($4 - $3) "
					 "WHERE job_id = $1 AND id = ANY ($2) "
					 "AND status = 'submitted'");
	Datum	   *ids = palloc(sizeof(Datum) * (count + 1));
	DwParams	p = DW_PARAMS;

	for (int i = 0; i < count; i++)
		ids[i] = PointerGetDatum(&milestone_ids[i]);
	dw_param_uuid(&p, job_id);
	dw_param_datum(&p, UUIDARRAYOID,
				   PointerGetDatum(construct_array(ids, count, UUIDOID,
												   sizeof(DwUuid), false,
												   TYPALIGN_CHAR)), false);
	dw_param_time(&p, since);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&update, &p);
}

/* The open disputes of a job, of those with a deadline until then. */
static DwUuid *
list_open(const DwUuid *job_id, TimestampTz until, int *count)
{
	static DwStatement select_open =
		DW_STATEMENT("SELECT d.id FROM dwello.disputes AS d "
					 "WHERE d.job_id = $1 "
					 "AND ($2 IS NULL OR d.answer_by <= $2) "
					 "AND d.status IN ('open', 'answered') "
					 "ORDER BY d.answer_by, d.id");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids;

	dw_param_uuid(&p, job_id);
	dw_param_time(&p, until);
	*count = (int) dw_execute(&select_open, &p);
	ids = palloc(sizeof(DwUuid) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
		(void) dw_read_uuid(i, 1, &ids[i]);
	return ids;
}

DwUuid *
dw_disputes_overdue(const DwUuid *job_id, int *count)
{
	return list_open(job_id, dw_now(), count);
}

DwUuid *
dw_disputes_open(const DwUuid *job_id, int *count)
{
	return list_open(job_id, DT_NOBEGIN, count);
}
