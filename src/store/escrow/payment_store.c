/*
 * payment_store.c
 *		Payments that were asked for, ways to pay, and the events of payment
 *		companies (psp).
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/escrow/escrow_store.h"

bool
dw_payment_method_find(const DwUuid *user_id, const DwUuid *id,
					   DwPaymentSource *method)
{
	static DwStatement select_method =
		DW_STATEMENT("SELECT m.id, m.psp, COALESCE(x.is_expired, false) "
					 "FROM dwello.payment_methods AS m "
					 "CROSS JOIN LATERAL (SELECT m.expires_on < "
					 "($3 AT TIME ZONE 'UTC')::date AS is_expired) AS x "
					 "WHERE m.user_id = $1 AND m.removed_at IS NULL "
					 "AND (m.id = $2 "
					 "OR $2 IS NULL AND x.is_expired IS NOT TRUE) "
					 "ORDER BY m.is_default DESC, m.id DESC LIMIT 1 "
					 "FOR SHARE OF m");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	dw_param_time(&p, dw_now());
	if (dw_execute(&select_method, &p) == 0)
		return false;
	(void) dw_read_uuid(0, 1, &method->id);
	method->psp = dw_read_text(0, 2);
	method->is_expired = dw_read_bool(0, 3);
	return true;
}

bool
dw_payment_event_find(const char *psp, const char *event_id,
					  DwPaymentEvent *event)
{
	static DwStatement select_event =
		DW_STATEMENT("SELECT e.job_id, e.transaction_id, e.amount, "
					 "e.currency, e.psp_reference, e.result, e.event_type, "
					 "e.user_id "
					 "FROM dwello.payment_events AS e "
					 "WHERE e.psp = $1 AND e.event_id = $2");
	DwParams	p = DW_PARAMS;
	bool		isnull;

	dw_param_text(&p, psp);
	dw_param_text(&p, event_id);
	if (dw_execute(&select_event, &p) == 0)
		return false;
	memset(event, 0, sizeof(*event));
	event->psp = psp;
	event->event_id = event_id;
	(void) dw_read_uuid(0, 1, &event->job_id);
	(void) dw_read_uuid(0, 2, &event->transaction_id);
	event->amount = dw_read_int8(0, 3);
	event->currency = dw_read_text(0, 4);
	event->psp_reference = dw_read_text(0, 5);
	event->result = dw_read_datum(0, 6, &isnull);
	event->type = dw_read_text(0, 7);
	(void) dw_read_uuid(0, 8, &event->user_id);
	return true;
}

bool
dw_payment_event_keep(const DwPaymentEvent *event)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.payment_events (psp, event_id, "
					 "job_id, transaction_id, event_type, amount, "
					 "currency, psp_reference, result, created_at, "
					 "user_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
					 "$9, $10, $11) "
					 "ON CONFLICT DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, event->psp);
	dw_param_text(&p, event->event_id);
	dw_param_uuid(&p, dw_uuid_is_nil(&event->job_id) ? NULL
				  : &event->job_id);
	dw_param_uuid(&p, dw_uuid_is_nil(&event->transaction_id) ? NULL
				  : &event->transaction_id);
	dw_param_text(&p, event->type);
	dw_param_int8(&p, event->amount);
	dw_param_text(&p, event->currency);
	dw_param_text(&p, event->psp_reference);
	dw_param_datum(&p, JSONBOID, event->result, false);
	dw_param_time(&p, dw_now());
	dw_param_uuid(&p, dw_uuid_is_nil(&event->user_id) ? NULL
				  : &event->user_id);
	return dw_execute(&insert, &p) == 1;
}

bool
dw_payment_has_arrived(const DwUuid *job_id, const DwUuid *transaction_id)
{
	static DwStatement select_event =
		DW_STATEMENT("SELECT FROM dwello.payment_events AS e "
					 "WHERE e.job_id = $1 AND e.transaction_id = $2 "
					 "AND e.event_type = '" DW_PAYMENT_CONFIRMED "'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, transaction_id);
	return dw_execute(&select_event, &p) > 0;
}

#define PAYMENT_COLUMNS \
	"t.id, t.payer_id, t.payee_id, t.status::text, t.amount, " \
	"t.currency, t.net_amount, t.payment_method_id, t.psp, " \
	"t.psp_reference, t.actor_id, t.actor_role, t.idempotency_key, " \
	"t.pay_by, t.created_at, t.completed_at "

/* A uuid of the last result, copied; NULL when it is NULL. */
static const DwUuid *
read_uuid_copy(uint64 index, int column)
{
	DwUuid	   *copy = palloc(sizeof(*copy));

	return dw_read_uuid(index, column, copy) ? copy : NULL;
}

/* Reads the first row of the last result, of PAYMENT_COLUMNS. */
static void
read_payment(const DwUuid *job_id, DwTransaction *transaction)
{
	memset(transaction, 0, sizeof(*transaction));
	transaction->scope_id = *job_id;
	transaction->type = DW_TRANSACTION_PAYMENT;
	(void) dw_read_uuid(0, 1, &transaction->id);
	(void) dw_read_uuid(0, 2, &transaction->payer_id);
	(void) dw_read_uuid(0, 3, &transaction->payee_id);
	if (!dw_transaction_status_parse(dw_read_text(0, 4),
									 &transaction->status))
		elog(ERROR, "transaction has an unknown status");
	transaction->amount = dw_read_int8(0, 5);
	transaction->currency = dw_read_text(0, 6);
	transaction->net_amount = dw_read_int8(0, 7);
	transaction->payment_method_id = read_uuid_copy(0, 8);
	transaction->psp = dw_read_text(0, 9);
	transaction->psp_reference = dw_read_text(0, 10);
	(void) dw_read_uuid(0, 11, &transaction->actor.user_id);
	if (!dw_actor_parse(dw_read_text(0, 12), &transaction->actor.kind))
		elog(ERROR, "transaction has an unknown actor");
	transaction->idempotency_key = dw_read_text(0, 13);
	transaction->pay_by = dw_read_time(0, 14);
	transaction->created_at = dw_read_time(0, 15);
	transaction->completed_at = dw_read_time(0, 16);
}

bool
dw_payment_find(const DwUuid *job_id, const DwUuid *id,
				DwTransaction *transaction)
{
	static DwStatement select_pending =
		DW_STATEMENT("SELECT " PAYMENT_COLUMNS
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.status = 'pending' "
					 "AND t.transaction_type = 'payment'");
	static DwStatement select_one =
		DW_STATEMENT("SELECT " PAYMENT_COLUMNS
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.id = $2 "
					 "AND t.transaction_type = 'payment'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	if (id != NULL)
		dw_param_uuid(&p, id);
	if (dw_execute(id == NULL ? &select_pending : &select_one, &p) == 0)
		return false;
	read_payment(job_id, transaction);
	return true;
}

bool
dw_payment_find_last(const DwUuid *job_id, DwTransaction *transaction)
{
	static DwStatement select_last =
		DW_STATEMENT("SELECT " PAYMENT_COLUMNS
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 "
					 "AND t.transaction_type = 'payment' "
					 "ORDER BY t.id DESC LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	if (dw_execute(&select_last, &p) == 0)
		return false;
	read_payment(job_id, transaction);
	return true;
}

DwPaymentPart *
dw_payments_to_refund(const DwUuid *job_id, int64 amount, int *count)
{
	static DwStatement select_payments =
		DW_STATEMENT("SELECT x.id, x.payment_method_id, x.psp, "
					 "x.psp_reference, LEAST(x.amount, "
					 "GREATEST(x.so_far - x.paid + x.room, 0))::bigint "
					 "FROM (SELECT v.seq, t.id, t.payment_method_id, t.psp, "
					 "t.psp_reference, t.amount, "
					 "pg_catalog.sum(t.amount) OVER (PARTITION BY t.psp "
					 "ORDER BY v.seq) AS so_far, "
					 "pg_catalog.sum(t.amount) OVER (PARTITION BY t.psp) "
					 "AS paid, (SELECT - pg_catalog.sum(n.amount) "
					 "FROM dwello.ledger_entries AS n "
					 "JOIN dwello.ledger_accounts AS a "
					 "ON a.id = n.account_id WHERE n.scope_id = $1 "
					 "AND a.kind = 'psp_clearing' AND a.psp = t.psp) AS room "
					 "FROM dwello.escrow_events AS v "
					 "JOIN dwello.transactions AS t "
					 "ON t.scope_id = v.job_id AND t.id = v.transaction_id "
					 "WHERE v.job_id = $1 AND v.event = 'confirm_payment') "
					 "AS x ORDER BY x.seq");
	DwParams	p = DW_PARAMS;
	DwPaymentPart *parts;
	uint64		rows;

	dw_param_uuid(&p, job_id);
	rows = dw_execute(&select_payments, &p);
	parts = palloc0((rows + 1) * sizeof(*parts));
	*count = 0;
	for (uint64 i = 0; i < rows && amount > 0; i++)
	{
		DwPaymentPart *part = &parts[*count];

		part->amount = i + 1 == rows ? amount
			: Min(amount, dw_read_int8(i, 5));
		if (part->amount == 0)
			continue;
		amount -= part->amount;
		(void) dw_read_uuid(i, 1, &part->payment_id);
		part->payment_method_id = read_uuid_copy(i, 2);
		part->psp = dw_read_text(i, 3);
		part->psp_reference = dw_read_text(i, 4);
		(*count)++;
	}
	if (amount > 0)
		elog(ERROR, "nothing was paid for job %s", dw_uuid_text(job_id));
	return parts;
}
