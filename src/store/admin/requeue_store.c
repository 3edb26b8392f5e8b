/*
 * requeue_store.c
 *		Dead letters of the outbox are given to their consumer anew.
 *
 * The consumer is locked against claims meanwhile, so that no worker is given
 * a later event of a scope before the earlier one that was dead.  What
 * deliver_events() could not apply stands under a name without such a row.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "server/call/call_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/admin/admin_store.h"

/* Locks a consumer against claims; false when there is none. */
static bool
consumer_lock(const char *consumer)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT FROM dwello.outbox_consumers AS c "
					 "WHERE c.consumer = $1 FOR UPDATE OF c");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, consumer);
	return dw_execute(&lock, &p) > 0;
}

bool
dw_events_requeue(DwCall *call, const DwRequeue *requeue)
{
	static DwStatement requeue_dead =
		DW_STATEMENT("WITH dead AS MATERIALIZED ("
					 "SELECT d.scope_id, d.event_id, d.attempts, d.dead_at "
					 "FROM dwello.outbox_deliveries AS d "
					 "WHERE d.consumer = $1 AND d.dead_at IS NOT NULL "
					 "AND ($2::uuid[] IS NULL OR d.event_id = ANY ($2)) "
					 "ORDER BY d.event_id LIMIT $3), "
					 "given AS (UPDATE dwello.outbox_deliveries AS d "
					 "SET attempts = 0, dead_at = NULL, lease_id = NULL, "
					 "run_after = $4 FROM dead AS x "
					 "WHERE d.scope_id = x.scope_id "
					 "AND d.event_id = x.event_id AND d.consumer = $1 "
					 "RETURNING d.scope_id, d.event_id, x.attempts, "
					 "x.dead_at, d.last_error), "
					 "due AS (UPDATE dwello.outbox AS o "
					 "SET deliver_after = $4 FROM given AS g "
					 "WHERE $5 AND o.scope_id = g.scope_id "
					 "AND o.id = g.event_id AND o.applied_at IS NULL) "
					 "SELECT g.event_id AS id, g.scope_id, o.type, g.attempts, "
					 "g.dead_at, g.last_error FROM given AS g "
					 "JOIN dwello.outbox AS o ON o.scope_id = g.scope_id "
					 "AND o.id = g.event_id ORDER BY g.event_id");
	bool		is_delivery = strcmp(requeue->consumer,
									 DW_DELIVERY_CONSUMER) == 0;
	DwParams	p = DW_PARAMS;

	if (!is_delivery && !consumer_lock(requeue->consumer))
		return false;
	dw_param_text(&p, requeue->consumer);
	if (requeue->ids == NULL)
		dw_param_null(&p, UUIDARRAYOID);
	else
		dw_param_uuids(&p, requeue->ids, requeue->id_count);
	dw_param_int4(&p, requeue->max_rows);
	dw_param_time(&p, dw_now());
	dw_param_bool(&p, is_delivery);
	dw_list_execute(call, &requeue_dead, &p);
	return true;
}
