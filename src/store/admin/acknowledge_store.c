/*
 * acknowledge_store.c
 *		What a worker says of the events that it was given: done, or failed.
 *
 * Only what stands under the worker's lease can be ended by it: a lease that
 * ran out may have been given to another since, and that one decides.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "core/admin/admin.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/admin/admin_store.h"

/* A delivery under way. */
typedef struct Delivery
{
	DwUuid		scope_id;		/* of its job or user */
	DwUuid		event_id;		/* of the event */
	char	   *consumer;		/* to whom it is given */
	int32		attempts;		/* how often it was */
	DwUuid		lease_id;		/* nil: under none */
	TimestampTz run_after;		/* given again from then on */
	TimestampTz dead_at;		/* given no more */
	const char *last_error;		/* what the worker said last */
} Delivery;

static const DwColumn delivery_columns[] = {
	DW_COLUMN(UUID, Delivery, scope_id, scope_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Delivery, event_id, event_id, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, Delivery, consumer, consumer, DW_COLUMN_KEY),
	DW_COLUMN(INT4, Delivery, attempts, attempts, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, Delivery, lease_id, lease_id, DW_COLUMN_NULLABLE),
	DW_COLUMN(TIME, Delivery, run_after, run_after, 0),
	DW_COLUMN(TIME, Delivery, dead_at, dead_at, 0),
	DW_COLUMN(TEXT, Delivery, last_error, last_error, 0)
};

static DwTable deliveries =
DW_TABLE("outbox_deliveries", Delivery, delivery_columns);

/* Marks events of a claim as done; gives their number. */
static int32
ack_done(const DwAck *ack)
{
	static DwStatement finish =
		DW_STATEMENT("UPDATE dwello.outbox_deliveries AS d SET done_at = $5 "
					 "WHERE d.lease_id = $2 AND d.consumer = $1 "
					 "AND d.done_at IS NULL AND d.dead_at IS NULL "
					 "AND ($3::uuid[] IS NULL OR d.event_id = ANY ($3)) "
					 "AND d.event_id <> ALL ($4)");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, ack->consumer);
	dw_param_uuid(&p, &ack->lease_id);
	if (ack->ids == NULL)
		dw_param_null(&p, UUIDARRAYOID);
	else
		dw_param_uuids(&p, ack->ids, ack->id_count);
	dw_param_uuids(&p, ack->failed_ids, ack->failed_count);
	dw_param_time(&p, dw_now());
	return (int32) dw_execute(&finish, &p);
}

/* Locks a delivery that is under the lease; false when it is not. */
static bool
lock_delivery(const DwAck *ack, const DwUuid *id, Delivery *delivery)
{
	static DwTableQuery by_lease =
		DW_TABLE_QUERY(deliveries, "WHERE t.lease_id = $2 "
					   "AND t.consumer = $1 AND t.done_at IS NULL "
					   "AND t.dead_at IS NULL AND t.event_id = $3 "
					   "FOR UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, ack->consumer);
	dw_param_uuid(&p, &ack->lease_id);
	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_lease, &p) == 0)
		return false;
	dw_table_read(&deliveries, 0, delivery);
	return true;
}

/* Ends a delivery that failed: given again after a pause, or dead. */
static void
fail_delivery(Delivery *delivery, const char *error)
{
	int64		pause = dw_event_pause(delivery->attempts,
									   dw_setting_int8("event_retry_seconds"));

	delivery->lease_id = (DwUuid)
	{
		0
	};
	delivery->last_error = error;
	delivery->run_after = dw_now() + pause * USECS_PER_SEC;
	if (delivery->attempts >= dw_setting_int8("event_attempts"))
		delivery->dead_at = dw_now();
	dw_table_update(&deliveries, delivery);
}

DwAckResult
dw_events_ack(const DwAck *ack)
{
	DwAckResult result = {0};

	result.acked = ack_done(ack);
	if (ack->ids != NULL)
		result.lost = ack->id_count - result.acked;
	for (int i = 0; i < ack->failed_count; i++)
	{
		Delivery	delivery;

		if (!lock_delivery(ack, &ack->failed_ids[i], &delivery))
		{
			result.lost++;
			continue;
		}
		fail_delivery(&delivery, ack->error);
		if (delivery.dead_at != DT_NOBEGIN)
			result.dead++;
		else
			result.retried++;
	}
	return result;
}
