/*
 * refund_store.c
 *		Which payments a refund gives back, and what payment companies were
 *		asked for: rows of dwello.refunds.
 */
#include "postgres.h"

#include "core/posting/posting.h"
#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/company/company_store.h"
#include "store/escrow/escrow_store.h"
#include "store/refund/refund_store.h"

static const DwColumn part_fields[] = {
	DW_FIELD(UUID, DwPaymentPart, id, payment_id),
	DW_FIELD(UUID_COPY, DwPaymentPart, payment_method_id,
			 payment_method_id),
	DW_FIELD(TEXT, DwPaymentPart, psp, psp),
	DW_FIELD(TEXT, DwPaymentPart, psp_reference, psp_reference),
	DW_FIELD(INT8, DwPaymentPart, amount, amount)
};

static DwMap parts_paid = DW_MAP(part_fields);

/* A payment that has arrived, and its currency. */
typedef struct Arrived
{
	DwPaidIn	paid;			/* what is there of it */
	char	   *currency;		/* of the escrow */
} Arrived;

static const DwColumn paid_in_fields[] = {
	DW_FIELD(TEXT, Arrived, psp, paid.psp),
	DW_FIELD(INT8, Arrived, room, paid.room),
	DW_FIELD(INT8, Arrived, unnamed, paid.unnamed),
	DW_FIELD(TEXT, Arrived, currency, currency)
};

static DwMap paid_in = DW_MAP(paid_in_fields);

/* The payments that have arrived, in their order. */
#define FROM_ARRIVED \
	"FROM dwello.escrow_events AS v JOIN dwello.transactions AS t " \
	"ON t.scope_id = v.job_id AND t.id = v.transaction_id " \
	"WHERE v.job_id = $1 AND v.event = 'confirm_payment' "
#define SELECT_ARRIVED \
	"SELECT t.id, t.payment_method_id, t.psp, t.psp_reference, t.amount, " \
	"t.currency "

/*
 * What banks have taken through the company of a payment, but for what a
 * receipt bears of it.  A bank may have been told of before the payment was:
 * its chargeback left the escrow alone, and has the payment's reference.
 */
#define TAKEN(which) \
	"COALESCE((SELECT " \
	"pg_catalog.sum(COALESCE(c.lost_amount, c.amount) - c.covered_amount) " \
	"FROM dwello.chargebacks AS c WHERE c.job_id = $1 " \
	"AND c.status <> 'won' AND c.psp = t.psp AND " which "), 0)"
#define TAKEN_OF_IT \
	TAKEN("CASE WHEN c.is_detached THEN c.currency = t.currency " \
		  "AND c.payment_id IS NULL AND c.psp_reference = t.psp_reference " \
		  "ELSE c.payment_id = t.id END")
#define TAKEN_OF_ANY TAKEN("NOT c.is_detached AND c.payment_id IS NULL")

/*
 * What of a payment failed to go back counts as given back, too: it goes
 * elsewhere (retry_refund), and never to that payment again.
 */
static DwStatement select_payments =
DW_STATEMENT(SELECT_ARRIVED ", (t.amount - "
			 "COALESCE((SELECT pg_catalog.sum(r.amount - r.reversed) "
			 "FROM dwello.refunds AS r WHERE r.scope_id = $1 "
			 "AND r.payment_id = t.id), 0) - " TAKEN_OF_IT
			 ")::bigint AS room, (" TAKEN_OF_ANY " + COALESCE((SELECT "
			 "pg_catalog.sum(r.amount) FROM dwello.refunds AS r "
			 "WHERE r.scope_id = $1 AND r.payment_id IS NULL "
			 "AND r.psp_reference IS NULL "
			 "AND r.psp = t.psp), 0))::bigint AS unnamed "
			 FROM_ARRIVED "ORDER BY v.seq");

/* The payments of a job, and of each what it is for dw_refund_spread(). */
static DwPaymentPart *
load_payments(const DwUuid *job_id, DwPaidIn **payments, int *count)
{
	DwParams	p = DW_PARAMS;
	DwPaymentPart *parts;
	char	  **currencies;

	dw_param_uuid(&p, job_id);
	*count = (int) dw_execute(&select_payments, &p);
	parts = palloc0((*count + 1) * sizeof(*parts));
	*payments = palloc0((*count + 1) * sizeof(**payments));
	currencies = palloc0((*count + 1) * sizeof(*currencies));
	for (int i = 0; i < *count; i++)
	{
		Arrived		arrived = {.paid = {.psp = NULL}};

		dw_map_read(&parts_paid, i, &parts[i]);
		dw_map_read(&paid_in, i, &arrived);
		(*payments)[i] = arrived.paid;
		currencies[i] = arrived.currency;
	}
	for (int i = 0; i < *count; i++)
		(*payments)[i].unit = dw_psp_unit_of((*payments)[i].psp,
											 currencies[i]);
	return parts;
}

bool
dw_refund_is_whole(const DwUuid *job_id, int64 amount)
{
	DwPaidIn   *payments;
	DwPaidIn   *finer;
	int			rows;

	(void) load_payments(job_id, &payments, &rows);
	finer = palloc((rows + 1) * sizeof(*finer));
	memcpy(finer, payments, (rows + 1) * sizeof(*finer));
	for (int i = 0; i < rows; i++)
		finer[i].unit = 1;
	return dw_refund_spread(payments, rows, amount) ==
		dw_refund_spread(finer, rows, amount);
}

DwPaymentPart *
dw_payments_to_refund(const DwUuid *job_id, int64 amount, int *count)
{
	DwPaidIn   *payments;
	int			rows;
	DwPaymentPart *parts = load_payments(job_id, &payments, &rows);
	int64		rest = dw_refund_spread(payments, rows, amount);

	*count = 0;
	for (int i = 0; i < rows; i++)
		if (payments[i].back > 0)
		{
			parts[*count] = parts[i];
			parts[(*count)++].amount = payments[i].back;
		}
	if (rest > 0)
		parts[(*count)++] = (DwPaymentPart)
	{
		.amount = rest
	};
	return parts;
}

static const DwColumn refund_columns[] = {
	DW_COLUMN(UUID, DwRefundRow, scope_id, scope_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwRefundRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwRefundRow, job_id, job_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwRefundRow, receipt_id, receipt_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwRefundRow, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwRefundRow, provider_id, provider_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwRefundRow, transaction_id, transaction_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwRefundRow, payment_id, payment_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID_COPY, DwRefundRow, payment_method_id, payment_method_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwRefundRow, psp, psp, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwRefundRow, psp_reference, psp_reference,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwRefundRow, refund_reference, refund_reference, 0),
	DW_COLUMN(INT8, DwRefundRow, amount, facts.amount, 0),
	DW_COLUMN(INT8, DwRefundRow, reversed, facts.reversed, 0),
	DW_COLUMN(INT8, DwRefundRow, loss, facts.loss, 0),
	DW_COLUMN(INT8, DwRefundRow, failed, facts.failed, 0),
	DW_COLUMN(BOOL, DwRefundRow, is_unasked, is_unasked, DW_COLUMN_FIXED),
	DW_COLUMN(CURRENCY, DwRefundRow, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(refund_status, DwRefundRow, status, facts.status, 0,
				   dw_refund_status_labels),
	DW_COLUMN(TEXT, DwRefundRow, event_id, event_id, 0),
	DW_COLUMN(UUID, DwRefundRow, confirmation_id, confirmation_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwRefundRow, failure_id, failure_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(INT4, DwRefundRow, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	DW_COLUMN(TIME, DwRefundRow, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwRefundRow, completed_at, completed_at, 0)
};

static DwTable refunds = DW_TABLE("refunds", DwRefundRow, refund_columns);

void
dw_refund_insert(DwRefundRow *refund)
{
	refund->id = dw_uuid_fresh();
	refund->facts.status = DW_REFUND_PENDING;
	refund->facts.reversed = 0;
	refund->facts.loss = 0;
	refund->facts.failed = 0;
	refund->refund_reference = NULL;
	refund->event_id = NULL;
	memset(&refund->confirmation_id, 0, sizeof(refund->confirmation_id));
	memset(&refund->failure_id, 0, sizeof(refund->failure_id));
	refund->completed_at = DT_NOBEGIN;
	dw_refund_add(refund);
}

void
dw_refund_add(DwRefundRow *refund)
{
	refund->created_at = dw_now();
	dw_table_insert(&refunds, refund);
}

void
dw_refund_save(DwRefundRow *refund)
{
	dw_table_update(&refunds, refund);
}

/* All rows of a query. */
static DwRefundRow *
read_refunds(DwTableQuery *query, const DwParams *p, int *count)
{
	DwRefundRow *rows;

	*count = (int) dw_table_execute(query, p);
	rows = palloc_array(DwRefundRow, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_table_read(&refunds, i, &rows[i]);
	return rows;
}

DwRefundRow *
dw_refunds_of(const DwUuid *job_id, const DwUuid *transaction_id,
			  int *count)
{
	static DwTableQuery of_transaction =
		DW_TABLE_QUERY(refunds, "WHERE t.job_id = $1 "
					   "AND t.transaction_id = $2 ORDER BY t.id");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, transaction_id);
	return read_refunds(&of_transaction, &p, count);
}

DwRefundRow *
dw_refunds_at_loss(const char *psp, const char *psp_reference,
				   const char *currency, int *count)
{
	static DwTableQuery of_charge =
		DW_TABLE_QUERY(refunds, "WHERE t.psp = $1 AND t.psp_reference = $2 "
					   "AND t.currency = $3 "
					   "AND t.status = 'completed' AND t.loss > 0 "
					   "ORDER BY t.id");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp);
	dw_param_text(&p, psp_reference);
	dw_param_text(&p, currency);
	return read_refunds(&of_charge, &p, count);
}

DwRefundRow *
dw_refunds_failed_into(const DwUuid *job_id, const DwUuid *receipt_id,
					   int *count)
{
	static DwTableQuery of_receipt =
		DW_TABLE_QUERY(refunds, "WHERE t.job_id = $1 AND t.scope_id = $1 "
					   "AND t.failure_id = $2 AND t.is_unasked "
					   "AND t.loss < t.amount "
					   "AND t.transaction_id <> t.confirmation_id "
					   "ORDER BY t.id");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, receipt_id);
	return read_refunds(&of_receipt, &p, count);
}

DwRefundRow *
dw_refunds_beside(const DwRefundRow *refund, int *count)
{
	static DwTableQuery of_event =
		DW_TABLE_QUERY(refunds, "WHERE t.psp = $1 AND t.event_id = $2 "
					   "AND t.currency = $3 AND t.id <> $4 "
					   "AND t.is_unasked AND t.status = 'completed' "
					   "ORDER BY t.id");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, refund->psp);
	dw_param_text(&p, refund->event_id);
	dw_param_text(&p, refund->currency);
	dw_param_uuid(&p, &refund->id);
	return read_refunds(&of_event, &p, count);
}

DwRefundRow *
dw_refunds_called(const char *psp, const char *refund_reference, int *count)
{
	static DwTableQuery by_name =
		DW_TABLE_QUERY(refunds, "WHERE t.psp = $1 "
					   "AND t.refund_reference = $2 ORDER BY t.id");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp);
	dw_param_text(&p, refund_reference);
	return read_refunds(&by_name, &p, count);
}

/*
 * The names that are said, and the rest of a query for them.  Where none is,
 * what was withdrawn may have been sent all the same.
 */
#define NAMED \
	"AND t.psp = $2 AND ($3::uuid IS NULL OR t.id = $3) " \
	"AND ($4::uuid IS NULL OR t.transaction_id = $4) " \
	"AND ($5::text IS NULL OR t.psp_reference = $5) " \
	"AND ($3 IS NOT NULL OR $4 IS NOT NULL OR $5 IS NOT NULL " \
	"OR t.status = 'pending' OR t.payment_id = $6 " \
	"OR (t.status = 'failed' AND t.reversed = t.amount)) ORDER BY t.id"

DwRefundRow *
dw_refunds_named(const DwRefundNames *names, int *count)
{
	static DwTableQuery of_job =
		DW_TABLE_QUERY(refunds, "WHERE t.job_id = $1 " NAMED);
	static DwTableQuery of_either =
		DW_TABLE_QUERY(refunds, "WHERE (t.job_id = $1 "
					   "OR t.job_id IS NULL) " NAMED);
	static DwTableQuery apart =
		DW_TABLE_QUERY(refunds, "WHERE t.job_id IS NULL "
					   "AND $1::uuid IS NULL " NAMED);
	const bool	is_apart = dw_uuid_is_nil(&names->job_id);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, is_apart ? NULL : &names->job_id);
	dw_param_text(&p, names->psp);
	dw_param_uuid(&p, names->id);
	dw_param_uuid(&p, names->transaction_id);
	dw_param_text(&p, names->psp_reference);
	dw_param_uuid(&p, names->payment_id);
	return read_refunds(is_apart ? &apart : names->or_none ? &of_either
						: &of_job, &p, count);
}

TimestampTz
dw_refund_failed_at(const DwRefundRow *refund)
{
	static DwStatement select_last =
		DW_STATEMENT("SELECT pg_catalog.max(e.occurred_at) AS at "
					 "FROM dwello.payment_events AS e WHERE e.psp = $1 "
					 "AND e.event_type = '" DW_REFUND_IS_FAILED "' "
					 "AND e.result ->> 'refund_id' = $2 "
					 "AND (e.job_id = $3 OR e.psp_reference = $4)");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, refund->psp);
	dw_param_text(&p, dw_uuid_text(&refund->id));
	dw_param_uuid(&p, &refund->job_id);
	dw_param_text(&p, refund->psp_reference);
	return dw_execute(&select_last, &p) > 0 ? dw_read_only_time(0)
		: DT_NOBEGIN;
}

void
dw_refund_find_job(const DwRefundNames *names, DwUuid *job_id)
{
	static DwStatement select_job =
		DW_STATEMENT("SELECT r.job_id FROM dwello.refunds AS r "
					 "WHERE r.psp = $1 AND r.job_id IS NOT NULL "
					 "AND (r.id = $2 OR r.transaction_id = $3) LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, names->psp);
	dw_param_uuid(&p, names->id);
	dw_param_uuid(&p, names->transaction_id);
	if (dw_execute(&select_job, &p) > 0)
		(void) dw_read_only_uuid(0, job_id);
}

bool
dw_refund_find(const char *psp, const char *name, DwRefundRow *refund)
{
	static DwTableQuery by_any_name =
		DW_TABLE_QUERY(refunds, "CROSS JOIN LATERAL (SELECT CASE WHEN $2 ~ "
					   "'^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' "
					   "THEN $2::uuid END AS id) AS x WHERE t.psp = $1 "
					   "AND (t.id = x.id OR t.transaction_id = x.id "
					   "OR t.refund_reference = $2) "
					   "ORDER BY t.status, t.id LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp);
	dw_param_text(&p, name);
	if (dw_table_execute(&by_any_name, &p) == 0)
		return false;
	dw_table_read(&refunds, 0, refund);
	return true;
}

bool
dw_refund_has_failed(const DwUuid *job_id, const DwUuid *payment_method_id)
{
	static DwStatement select_failed =
		DW_STATEMENT("SELECT 1 FROM dwello.refunds AS r WHERE r.job_id = $1 "
					 "AND r.payment_method_id = $2 "
					 "AND r.failure_id IS NOT NULL LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, payment_method_id);
	return dw_execute(&select_failed, &p) > 0;
}

int64
dw_receipt_room(const DwReceipt *receipt)
{
	static DwStatement select_room =
		DW_STATEMENT("SELECT (x.brought - x.taken - x.back)::bigint "
					 "FROM (SELECT (SELECT pg_catalog.sum(e.amount) "
					 "FROM dwello.payment_events AS e WHERE e.psp = $1 "
					 "AND e.event_type = '" DW_PAYMENT_CONFIRMED "' "
					 "AND e.currency = $3 AND (e.psp_reference = $2 "
					 "OR e.event_id = $5)) AS brought, (SELECT "
					 "pg_catalog.sum(COALESCE(c.lost_amount, c.amount)) "
					 "FROM dwello.chargebacks AS c WHERE c.psp = $1 "
					 "AND c.status <> 'won' AND c.currency = $3 "
					 "AND (c.psp_reference = $2 OR c.payment_id = $4 "
					 "OR c.payment_id = ANY (ARRAY(SELECT t.id "
					 "FROM dwello.transactions AS t WHERE t.psp = $1 "
					 "AND t.psp_reference = $2)))) AS taken, "
					 "COALESCE((SELECT pg_catalog.sum("
					 "r.amount - r.reversed) "
					 "FROM dwello.refunds AS r WHERE r.psp = $1 "
					 "AND r.psp_reference = $2 AND r.currency = $3 "
					 "AND r.status <> 'failed'), 0) AS back) AS x "
					 "WHERE x.brought - x.taken IS NOT NULL");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, receipt->psp);
	dw_param_text(&p, receipt->psp_reference);
	dw_param_text(&p, receipt->currency);
	dw_param_uuid(&p, &receipt->transaction_id);
	dw_param_text(&p, receipt->event_id);
	return dw_execute(&select_room, &p) > 0
		? dw_read_only_int8(0) : INT64_MAX;
}
