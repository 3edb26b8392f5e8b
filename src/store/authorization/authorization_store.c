/*
 * authorization_store.c
 *		Rows of dwello.authorizations: what a payment company may still take
 *		of a homeowner's card, which is no money yet.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/authorization/authorization_store.h"
#include "store/job/job_store.h"

static const DwColumn authorization_columns[] = {
	DW_COLUMN(UUID, DwAuthorization, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwAuthorization, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwAuthorization, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwAuthorization, provider_id, provider_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID_COPY, DwAuthorization, payment_method_id,
			  payment_method_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwAuthorization, psp, psp, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwAuthorization, psp_reference, psp_reference,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwAuthorization, amount, amount, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwAuthorization, captured, captured, 0),
	DW_COLUMN(TEXT, DwAuthorization, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(authorization_status, DwAuthorization, status, status, 0,
				   dw_authorization_status_labels),
	DW_COLUMN(UUID, DwAuthorization, transaction_id, transaction_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwAuthorization, payment_id, payment_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(BOOL, DwAuthorization, is_last, is_last, 0),
	DW_COLUMN(TIME, DwAuthorization, expires_at, expires_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwAuthorization, due_at, due_at, 0),
	DW_COLUMN(TIME, DwAuthorization, occurred_at, occurred_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwAuthorization, created_at, created_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwAuthorization, closed_at, closed_at, 0),
	DW_COLUMN(INT4, DwAuthorization, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable authorizations =
DW_TABLE("authorizations", DwAuthorization, authorization_columns);

void
dw_authorization_insert(const DwAuthorization *authorization)
{
	dw_table_insert(&authorizations, authorization);
}

void
dw_authorization_save(DwAuthorization *authorization)
{
	dw_table_update(&authorizations, authorization);
}

bool
dw_authorization_find(const DwUuid *job_id, const DwUuid *id,
					  DwAuthorization *authorization)
{
	static DwTableQuery by_id =
		DW_TABLE_QUERY(authorizations, "WHERE t.job_id = $1 AND t.id = $2");
	static DwTableQuery next_open =
		DW_TABLE_QUERY(authorizations, "WHERE t.job_id = $1 "
					   "AND t.status = 'open' AND t.expires_at > $2 "
					   "ORDER BY t.expires_at, t.id LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	if (id != NULL)
		dw_param_uuid(&p, id);
	else
		dw_param_time(&p, dw_now());
	if (dw_table_execute(id != NULL ? &by_id : &next_open, &p) == 0)
		return false;
	dw_table_read(&authorizations, 0, authorization);
	return true;
}

/* Closes one, as of now. */
static void
close_as(DwAuthorization *authorization, DwAuthorizationStatus status)
{
	authorization->status = status;
	authorization->closed_at = dw_now();
	authorization->due_at = DT_NOBEGIN;
	dw_authorization_save(authorization);
}

bool
dw_authorization_find_for(const DwUuid *job_id, const DwUuid *payment_id,
						  const char *psp, const char *psp_reference,
						  DwAuthorization *authorization)
{
	static DwTableQuery of_payment =
		DW_TABLE_QUERY(authorizations, "WHERE t.job_id = $1 "
					   "AND t.status = 'open' AND (t.payment_id = $2 "
					   "OR t.transaction_id = $2 "
					   "OR t.psp = $3 AND t.psp_reference = $4) "
					   "ORDER BY (t.payment_id = $2) DESC NULLS LAST, t.id "
					   "LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, payment_id);
	dw_param_text(&p, psp);
	dw_param_text(&p, psp_reference);
	if (dw_table_execute(&of_payment, &p) == 0)
		return false;
	dw_table_read(&authorizations, 0, authorization);
	return true;
}

void
dw_authorization_take(DwAuthorization *authorization, int64 amount)
{
	/* a company that takes more than was authorised has taken it all */
	authorization->captured += Min(amount, authorization->amount -
								   authorization->captured);
	if (authorization->is_last ||
		authorization->captured == authorization->amount)
		close_as(authorization, DW_AUTHORIZATION_CAPTURED);
	else
		dw_authorization_save(authorization);
}

void
dw_authorization_emit(const DwEscrowRow *row,
					  const DwAuthorization *authorization, const char *type)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "authorization_id", &authorization->id);
	dw_payload_uuid(&payload, "payment_method_id",
					authorization->payment_method_id);
	dw_payload_text(&payload, "psp", authorization->psp);
	dw_payload_text(&payload, "psp_reference", authorization->psp_reference);
	dw_payload_int8(&payload, "amount", authorization->amount);
	dw_payload_int8(&payload, "captured", authorization->captured);
	dw_payload_text(&payload, "expires_at",
					timestamptz_to_str(authorization->expires_at));
	dw_event_emit(&row->job_id, "escrow", &row->job_id, type, &payload);
}

void
dw_authorization_void(const DwEscrowRow *row, DwAuthorization *authorization)
{
	close_as(authorization, DW_AUTHORIZATION_VOIDED);
	dw_authorization_emit(row, authorization, "void_requested");
}

/* The open ones of a job whose time the query wants. */
static DwAuthorization *
load_open(DwTableQuery *query, const DwUuid *job_id, TimestampTz until,
		  int *count)
{
	DwParams	p = DW_PARAMS;
	DwAuthorization *open;

	dw_param_uuid(&p, job_id);
	dw_param_time(&p, until);
	*count = (int) dw_table_execute(query, &p);
	open = palloc_array(DwAuthorization, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_table_read(&authorizations, i, &open[i]);
	return open;
}

void
dw_authorizations_void(const DwEscrowRow *row)
{
	static DwTableQuery all_open =
		DW_TABLE_QUERY(authorizations, "WHERE t.job_id = $1 "
					   "AND t.status = 'open' AND t.created_at <= $2 "
					   "ORDER BY t.id");
	int			count;
	DwAuthorization *open = load_open(&all_open, &row->job_id, dw_now(),
									  &count);

	for (int i = 0; i < count; i++)
		dw_authorization_void(row, &open[i]);
}

/* Its time is up. */
static void
expire(const DwEscrowRow *row, DwAuthorization *open)
{
	close_as(open, DW_AUTHORIZATION_EXPIRED);
	dw_authorization_emit(row, open, "authorization_expired");
}

/* Its time will be up soon. */
static void
warn(const DwEscrowRow *row, DwAuthorization *open)
{
	open->due_at = open->expires_at;
	dw_authorization_save(open);
	dw_authorization_emit(row, open, "authorization_expiring");
}

int
dw_authorizations_pass(const DwEscrowRow *row)
{
	static DwTableQuery due =
		DW_TABLE_QUERY(authorizations, "WHERE t.job_id = $1 "
					   "AND t.status = 'open' AND t.due_at <= $2 "
					   "ORDER BY t.id");
	const TimestampTz now = dw_now();
	int			count;
	DwAuthorization *open = load_open(&due, &row->job_id, now, &count);

	for (int i = 0; i < count; i++)
		if (now >= open[i].expires_at)
			expire(row, &open[i]);
		else
			warn(row, &open[i]);
	return count;
}

DwUuid *
dw_authorizations_claim_due(int max_rows, int *count)
{
	static DwStatement find_due =
		DW_STATEMENT("SELECT t.due_at AS due, t.id, t.job_id "
					 "FROM dwello.authorizations AS t "
					 "WHERE t.status = 'open' AND t.due_at <= $1 "
					 "AND (t.due_at, t.id) > ($2, $3) "
					 "ORDER BY t.due_at, t.id LIMIT $4");
	DwDue	   *rows = dw_due_claim(&find_due, max_rows, count);
	DwUuid	   *ids = palloc_array(DwUuid, Max(*count, 1));

	for (int i = 0; i < *count; i++)
		ids[i] = rows[i].job_id;
	return ids;
}
