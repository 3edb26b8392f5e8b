/*
 * change_store.c
 *		Rows of dwello.change_orders.
 *
 * An index allows a job one that is pending.  The end of a job ends it, see
 * dw_job_complete() and dw_job_end().
 */
#include "postgres.h"

#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/escrow/escrow_store.h"

static const DwColumn order_columns[] = {
	DW_COLUMN(UUID, DwChangeOrder, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwChangeOrder, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwChangeOrder, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwChangeOrder, provider_id, provider_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwChangeOrder, offered_by, offered_by, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwChangeOrder, title, title, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwChangeOrder, description, description,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwChangeOrder, amount, amount, DW_COLUMN_FIXED),
	DW_COLUMN(CURRENCY, DwChangeOrder, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT4, DwChangeOrder, days, days, DW_COLUMN_FIXED,
				 DW_ORDER_NO_DAYS),
	DW_COLUMN(DATE, DwChangeOrder, due_date, due_date, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwChangeOrder, starts_at, starts_at, DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, DwChangeOrder, milestones, milestones, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(offer_status, DwChangeOrder, status, status, 0,
				   dw_offer_status_labels),
	DW_COLUMN(UUID, DwChangeOrder, milestone_id, milestone_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwChangeOrder, transaction_id, transaction_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN_OR(INT8, DwChangeOrder, contract_amount, contract_amount, 0,
				 DW_ORDER_OPEN),
	DW_COLUMN(TIME, DwChangeOrder, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwChangeOrder, answered_at, answered_at,
			  DW_COLUMN_NULLABLE)
};

static DwTable orders =
DW_TABLE("change_orders", DwChangeOrder, order_columns);

bool
dw_change_order_load(const DwUuid *job_id, const DwUuid *id,
					 DwChangeOrder *order)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(orders, "WHERE t.job_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&orders, 0, order);
	return true;
}

bool
dw_change_order_find(const DwUuid *job_id, DwChangeOrder *order)
{
	static DwTableQuery pending =
		DW_TABLE_QUERY(orders, "WHERE t.job_id = $1 "
					   "AND t.status = 'pending'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	if (dw_table_execute(&pending, &p) == 0)
		return false;
	dw_table_read(&orders, 0, order);
	return true;
}

void
dw_change_order_insert(const DwChangeOrder *order)
{
	dw_table_insert(&orders, order);
}

void
dw_change_order_save(DwChangeOrder *order)
{
	order->answered_at = dw_now();
	dw_table_update(&orders, order);
}

void
dw_change_order_emit(const DwChangeOrder *order, const char *type,
					 const DwUuid *actor_id)
{
	bool		by_homeowner = dw_uuid_equal(actor_id, &order->homeowner_id);
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &order->job_id);
	dw_payload_uuid(&payload, "change_order_id", &order->id);
	dw_payload_uuid(&payload, "homeowner_id", &order->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &order->provider_id);
	dw_payload_uuid(&payload, "recipient_id", by_homeowner
					? &order->provider_id : &order->homeowner_id);
	dw_payload_text(&payload, "title", order->title);
	dw_payload_int8(&payload, "amount", order->amount);
	dw_payload_text(&payload, "currency", order->currency);
	if (order->days != DW_ORDER_NO_DAYS)
		dw_payload_int8(&payload, "days", order->days);
	if (order->starts_at != DT_NOBEGIN)
		dw_payload_text(&payload, "starts_at",
						timestamptz_to_str(order->starts_at));
	if (order->contract_amount != DW_ORDER_OPEN)
		dw_payload_int8(&payload, "contract_amount", order->contract_amount);
	dw_event_emit(&order->job_id, "escrow", &order->job_id, type, &payload);
}
