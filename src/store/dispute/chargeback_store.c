/*
 * chargeback_store.c
 *		Payments that a homeowner's bank has taken back.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/dispute/dispute_store.h"

#define CHARGEBACK_COLUMNS \
	"c.id, c.psp, c.psp_reference, c.transaction_id, c.status::text, " \
	"c.amount, c.held_amount, c.clawed_back "

/* Reads the first row of the last result; false when it is empty. */
static bool
read_chargeback(uint64 count, DwChargebackRow *row)
{
	if (count == 0)
		return false;
	memset(row, 0, sizeof(*row));
	(void) dw_read_uuid(0, 1, &row->id);
	row->psp = dw_read_text(0, 2);
	row->psp_reference = dw_read_text(0, 3);
	(void) dw_read_uuid(0, 4, &row->transaction_id);
	if (!dw_chargeback_status_parse(dw_read_text(0, 5),
									&row->chargeback.status))
		elog(ERROR, "chargeback has an unknown status");
	row->chargeback.amount = dw_read_int8(0, 6);
	row->chargeback.held_amount = dw_read_int8(0, 7);
	row->chargeback.clawed_back = dw_read_int8(0, 8);
	return true;
}

bool
dw_chargeback_find(const DwUuid *job_id, const DwUuid *id, const char *psp,
				   DwChargebackRow *row)
{
	static DwStatement select_one =
		DW_STATEMENT("SELECT " CHARGEBACK_COLUMNS
					 "FROM dwello.chargebacks AS c "
					 "WHERE c.job_id = $1 AND c.id = $2 AND c.psp = $3");
	static DwStatement select_open =
		DW_STATEMENT("SELECT " CHARGEBACK_COLUMNS
					 "FROM dwello.chargebacks AS c "
					 "WHERE c.job_id = $1 AND c.psp = $2 "
					 "AND c.status = 'open' ORDER BY c.id LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	if (id != NULL)
		dw_param_uuid(&p, id);
	dw_param_text(&p, psp);
	return read_chargeback(dw_execute(id == NULL ? &select_open : &select_one,
									  &p), row);
}

int
dw_chargeback_count_open(const DwUuid *job_id, const char *psp)
{
	static DwStatement count_open =
		DW_STATEMENT("SELECT pg_catalog.count(*)::integer "
					 "FROM dwello.chargebacks AS c "
					 "WHERE c.job_id = $1 AND c.psp = $2 "
					 "AND c.status = 'open'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_text(&p, psp);
	(void) dw_execute(&count_open, &p);
	return dw_read_int4(0, 1);
}

void
dw_chargeback_sum(const DwUuid *job_id, const DwUuid *except,
				  DwChargebackSum *sum)
{
	static DwStatement select_sum =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.sum(c.amount), 0)::bigint, "
					 "COALESCE(pg_catalog.sum(c.clawed_back), 0)::bigint, "
					 "COALESCE(pg_catalog.sum(c.held_amount) FILTER "
					 "(WHERE c.status = 'open'), 0)::bigint, "
					 "(pg_catalog.count(*) FILTER "
					 "(WHERE c.status = 'open'))::integer "
					 "FROM dwello.chargebacks AS c WHERE c.job_id = $1 "
					 "AND c.status <> 'won' AND c.id IS DISTINCT FROM $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, except);
	(void) dw_execute(&select_sum, &p);
	sum->amount = dw_read_int8(0, 1);
	sum->clawed_back = dw_read_int8(0, 2);
	sum->open_held = dw_read_int8(0, 3);
	sum->open_count = dw_read_int4(0, 4);
}

int64
dw_chargeback_room(const DwUuid *job_id, const char *psp)
{
	static DwStatement select_room =
		DW_STATEMENT("SELECT (COALESCE((SELECT pg_catalog.sum(t.amount) "
					 "FROM dwello.escrow_events AS v "
					 "JOIN dwello.transactions AS t "
					 "ON t.scope_id = v.job_id AND t.id = v.transaction_id "
					 "WHERE v.job_id = $1 AND v.event = 'confirm_payment' "
					 "AND t.psp = $2), 0) - "
					 "COALESCE((SELECT pg_catalog.sum(c.amount) "
					 "FROM dwello.chargebacks AS c WHERE c.job_id = $1 "
					 "AND c.psp = $2 AND c.status <> 'won'), 0))::bigint");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_text(&p, psp);
	(void) dw_execute(&select_room, &p);
	return dw_read_int8(0, 1);
}

void
dw_chargeback_insert(const DwEscrowRow *escrow, const DwChargebackRow *row)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.chargebacks (job_id, id, "
					 "homeowner_id, provider_id, status, psp, "
					 "psp_reference, amount, currency, held_amount, "
					 "clawed_back, transaction_id, created_at) VALUES ($1, "
					 "$2, $3, $4, $5::text::dwello.chargeback_status, $6, "
					 "$7, $8, $9, $10, $11, $12, $13)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &escrow->job_id);
	dw_param_uuid(&p, &row->id);
	dw_param_uuid(&p, &escrow->homeowner_id);
	dw_param_uuid(&p, &escrow->provider_id);
	dw_param_text(&p, dw_chargeback_status_label(row->chargeback.status));
	dw_param_text(&p, row->psp);
	dw_param_text(&p, row->psp_reference);
	dw_param_int8(&p, row->chargeback.amount);
	dw_param_text(&p, escrow->escrow.currency);
	dw_param_int8(&p, row->chargeback.held_amount);
	dw_param_int8(&p, row->chargeback.clawed_back);
	dw_param_uuid(&p, &row->transaction_id);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&insert, &p);
}

void
dw_chargeback_end(const DwUuid *job_id, const DwChargebackRow *row)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.chargebacks SET "
					 "status = $3::text::dwello.chargeback_status, "
					 "closed_at = $4, version = version + 1 "
					 "WHERE job_id = $1 AND id = $2 AND status = 'open'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, &row->id);
	dw_param_text(&p, dw_chargeback_status_label(row->chargeback.status));
	dw_param_time(&p, dw_now());
	if (dw_execute(&update, &p) != 1)
		elog(ERROR, "chargeback %s is not open", dw_uuid_text(&row->id));
}

void
dw_chargeback_free_clocks(const DwUuid *job_id, const DwUuid *last)
{
	/* frozen since the first that came when no other was open */
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.job_milestones AS m SET "
					 "auto_release_at = m.auto_release_at + "
					 "GREATEST($3 - GREATEST(f.since, m.submitted_at), "
					 "'0'::interval) FROM ("
					 "SELECT pg_catalog.min(c.created_at) AS since "
					 "FROM dwello.chargebacks AS c WHERE c.job_id = $1 "
					 "AND c.created_at >= COALESCE(("
					 "SELECT pg_catalog.max(g.closed_at) "
					 "FROM dwello.chargebacks AS g "
					 "WHERE g.job_id = $1 AND g.id <> $2 "
					 "AND NOT EXISTS (SELECT FROM dwello.chargebacks AS o "
					 "WHERE o.job_id = $1 AND o.created_at <= g.closed_at "
					 "AND o.closed_at > g.closed_at)), '-infinity')) AS f "
					 "WHERE m.job_id = $1 AND m.status = 'submitted'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, last);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&update, &p);
}
