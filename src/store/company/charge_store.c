/*
 * charge_store.c
 *		Finds what a company's name for a charge, or its id here, is of: the
 *		one look-up of every event of a payment company.
 *
 * One charge may be several things here: a payment and the receipt of what
 * did not fit, payments of two jobs that a receipt was assigned to, captures
 * of one authorization.  Of these the job that an event is told for comes
 * first, else what brought the charge in, else where money of it lies.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/company/company_store.h"
#include "store/ledger/ledger_store.h"

static const DwColumn charge_fields[] = {
	DW_FIELD(INT4, DwCharge, kind, kind),
	DW_FIELD(UUID, DwCharge, id, id),
	DW_FIELD(UUID, DwCharge, receipt_id, receipt_id),
	DW_FIELD(UUID, DwCharge, job_id, job_id),
	DW_FIELD(UUID, DwCharge, user_id, user_id),
	DW_FIELD(UUID_COPY, DwCharge, payment_method_id, payment_method_id),
	DW_FIELD(TEXT, DwCharge, psp, psp),
	DW_FIELD(TEXT, DwCharge, psp_reference, psp_reference),
	DW_FIELD(TEXT, DwCharge, currency, currency),
	DW_FIELD(INT8, DwCharge, amount, amount),
	DW_FIELD(INT8, DwCharge, left, left),
	DW_FIELD(TIME, DwCharge, occurred_at, occurred_at)
};

static DwMap charges = DW_MAP(charge_fields);

/*
 * Payments, tips and repayments that a company has the money of; kind as
 * DwChargeKind.  What a refund or a bank took out of an account of a provider
 * is not left of it, though it failed to go back since (a receipt has it), nor
 * what they give back themselves, sent or not; what the platform bore of it
 * is.
 */
#define SELECT_ARRIVED \
	"SELECT CASE t.transaction_type WHEN 'payment' THEN 1 " \
	"WHEN 'tip_payment' THEN 2 ELSE 3 END AS kind, t.id, " \
	"NULL::uuid AS receipt_id, CASE WHEN t.transaction_type <> 'repayment' " \
	"THEN t.scope_id END AS job_id, t.payer_id AS user_id, " \
	"t.payment_method_id, t.psp, t.psp_reference, t.currency, t.amount, " \
	"(t.amount - COALESCE((SELECT pg_catalog.sum(c.clawed_back " \
	"+ c.held_amount) " \
	"FROM dwello.chargebacks AS c WHERE c.payment_id = t.id " \
	"AND c.status <> 'won'), 0) - COALESCE((SELECT " \
	"pg_catalog.sum(r.amount - r.reversed - r.loss) " \
	"FROM dwello.refunds AS r WHERE r.psp = t.psp " \
	"AND r.psp_reference = t.psp_reference AND r.payment_id = t.id " \
	"AND r.is_unasked AND r.status <> 'pending'), 0) " \
	"- COALESCE((SELECT pg_catalog.sum(r.amount - r.reversed) " \
	"FROM dwello.refunds AS r WHERE r.scope_id = t.scope_id " \
	"AND r.payment_id = t.id AND NOT r.is_unasked), 0))::bigint AS left, " \
	"t.occurred_at, 0 AS place, " \
	"(t.scope_id = $3) IS NOT TRUE AS is_others " \
	"FROM dwello.transactions AS t " \
	"WHERE t.transaction_type IN ('payment', 'tip_payment', 'repayment') "

#define SELECT_APART \
	"UNION ALL SELECT 4, r.transaction_id, r.id, r.job_id, r.user_id, " \
	"r.payment_method_id, r.psp, r.psp_reference, r.currency, r.amount, " \
	"r.remaining, r.occurred_at, " \
	"CASE WHEN r.remaining > 0 THEN 1 ELSE 2 END, " \
	"(r.job_id = $3) IS NOT TRUE " \
	"FROM dwello.receipts AS r WHERE r.psp = $1 "

static DwStatement select_by_name =
DW_STATEMENT(SELECT_ARRIVED "AND t.psp = $1 AND t.psp_reference = $2 "
			 "AND t.status = 'completed' "
			 SELECT_APART "AND r.psp_reference = $2 "
			 "ORDER BY place, is_others, kind, id LIMIT 1");

/* One that is awaited is not there yet, and one that ended was there once. */
static DwStatement select_by_id =
DW_STATEMENT(SELECT_ARRIVED "AND t.psp IS NOT NULL AND t.id = $2 "
			 "AND t.status <> 'pending' "
			 SELECT_APART "AND r.transaction_id = $2 LIMIT 1");

bool
dw_charge_find(const DwChargeNames *names, DwCharge *charge)
{
	DwParams	p = DW_PARAMS;
	uint64		rows;

	memset(charge, 0, sizeof(*charge));
	charge->occurred_at = DT_NOBEGIN;
	if (names->id == NULL && names->psp_reference == NULL)
		return false;
	dw_param_text(&p, names->psp);
	if (names->id != NULL)
		dw_param_uuid(&p, names->id);
	else
		dw_param_text(&p, names->psp_reference);
	dw_param_uuid(&p, &names->job_id);
	rows = dw_execute(names->id != NULL ? &select_by_id : &select_by_name,
					  &p);
	if (rows > 0)
		dw_map_read(&charges, 0, charge);
	return rows > 0;
}

bool
dw_charge_find_only(const DwUuid *job_id, const char *psp, DwCharge *charge)
{
	static DwStatement select_only =
		DW_STATEMENT(SELECT_ARRIVED "AND t.scope_id = $2 AND t.psp = $1 "
					 "AND t.transaction_type = 'payment' "
					 "AND t.status = 'completed' ORDER BY t.id LIMIT 2");
	DwParams	p = DW_PARAMS;
	uint64		rows;

	memset(charge, 0, sizeof(*charge));
	charge->occurred_at = DT_NOBEGIN;
	dw_param_text(&p, psp);
	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, job_id);
	rows = dw_execute(&select_only, &p);
	if (rows == 1)
		dw_map_read(&charges, 0, charge);
	charge->kind = rows > 0 ? DW_CHARGE_PAYMENT : DW_CHARGE_UNKNOWN;
	charge->job_id = *job_id;
	charge->psp = psp;
	return rows > 0;
}

int64
dw_charge_excess(const char *psp, const char *psp_reference,
				 const char *currency)
{
	static DwStatement select_excess =
		DW_STATEMENT("SELECT GREATEST(COALESCE((SELECT "
					 "pg_catalog.sum(COALESCE(c.lost_amount, c.amount)) "
					 "FROM dwello.chargebacks AS c WHERE c.psp = $1 "
					 "AND c.status <> 'won' AND c.currency = $3 "
					 "AND (c.psp_reference = $2 "
					 "OR c.payment_id = ANY (ARRAY(SELECT t.id "
					 "FROM dwello.transactions AS t WHERE t.psp = $1 "
					 "AND t.psp_reference = $2)))), 0) + COALESCE((SELECT "
					 "pg_catalog.sum(r.amount - r.reversed) "
					 "FROM dwello.refunds AS r WHERE r.psp = $1 "
					 "AND r.psp_reference = $2 AND r.currency = $3 "
					 "AND r.status = 'completed'), 0) - COALESCE((SELECT "
					 "pg_catalog.sum(e.amount) "
					 "FROM dwello.payment_events AS e WHERE e.psp = $1 "
					 "AND e.psp_reference = $2 AND e.currency = $3 "
					 "AND e.event_type IN ('payment_confirmed', "
					 "'repayment_confirmed')), 0), 0)::bigint");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp);
	dw_param_text(&p, psp_reference);
	dw_param_text(&p, currency);
	(void) dw_execute(&select_excess, &p);
	return dw_read_only_int8(0);
}

DwChargeJob *
dw_charge_jobs(const char *psp, const char *psp_reference,
			   const char *currency, int *count)
{
	static const DwColumn fields[] = {
		DW_FIELD(UUID, DwChargeJob, job_id, job_id),
		DW_FIELD(INT8, DwChargeJob, amount, amount),
		DW_FIELD(INT8, DwChargeJob, given, given),
		DW_FIELD(BOOL, DwChargeJob, is_assigned, is_assigned)
	};
	static DwMap jobs = DW_MAP(fields);
	static DwStatement select_jobs =
		DW_STATEMENT("SELECT t.scope_id AS job_id, "
					 "pg_catalog.sum(t.amount)::bigint AS amount, "
					 "COALESCE((SELECT pg_catalog.sum(g.amount) "
					 "FROM dwello.transactions AS g "
					 "WHERE g.scope_id = t.scope_id "
					 "AND g.transaction_type = 'refund' "
					 "AND g.psp = $1 AND g.psp_reference = $2), 0)::bigint "
					 "AS given, "
					 "pg_catalog.bool_or(t.id = ANY (ARRAY(SELECT "
					 "pg_catalog.unnest(r.payment_ids) "
					 "FROM dwello.receipts AS r WHERE r.psp = $1 "
					 "AND r.psp_reference = $2))) AS is_assigned "
					 "FROM dwello.transactions AS t WHERE t.psp = $1 "
					 "AND t.psp_reference = $2 "
					 "AND t.transaction_type = 'payment' "
					 "AND t.status = 'completed' "
					 "AND ($3::text IS NULL OR t.currency = $3) "
					 "GROUP BY t.scope_id ORDER BY t.scope_id");
	DwParams	p = DW_PARAMS;
	DwChargeJob *rows;

	dw_param_text(&p, psp);
	dw_param_text(&p, psp_reference);
	dw_param_text(&p, currency);
	*count = (int) dw_execute(&select_jobs, &p);
	rows = palloc_array(DwChargeJob, *count + 1);
	for (int i = 0; i < *count; i++)
		dw_map_read(&jobs, i, &rows[i]);
	return rows;
}

bool
dw_charge_is_of(const DwCharge *charge, const DwUuid *job_id, const char *psp)
{
	return charge->kind == DW_CHARGE_PAYMENT &&
		dw_uuid_equal(&charge->job_id, job_id) &&
		charge->psp != NULL && strcmp(charge->psp, psp) == 0;
}

void
dw_charge_lock(const char *psp, const char *psp_reference)
{
	DwUuid		id;

	if (psp_reference == NULL)
		return;
	id = dw_fact_id(psp, psp_reference);
	dw_fact_lock(&id);
}
