/*
 * lease_store.c
 *		Events of the outbox on their way to consumers outside.
 *
 * What a consumer has not had yet stands in the outbox without a delivery of
 * its own.  To find it without reading the whole outbox, a consumer remembers
 * an id before which all is settled: see the marks of event_server.h.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "core/admin/admin.h"
#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/admin/admin_store.h"

/* What is read of the consumer's row. */
typedef struct Cursor
{
	DwUuid		settled_id;		/* what lies before needs no look */
	bool		is_same;		/* it asks for the types it always does */
	bool		is_safe;		/* the mark can be relied on */
} Cursor;

/* Adds the types of events a consumer takes; NULL for all. */
static void
param_types(DwParams *p, const DwClaim *claim)
{
	Datum	   *items = palloc(sizeof(Datum) * (claim->type_count + 1));

	if (claim->types == NULL)
	{
		dw_param_null(p, TEXTARRAYOID);
		return;
	}
	for (int i = 0; i < claim->type_count; i++)
		items[i] = CStringGetTextDatum(claim->types[i]);
	dw_param_datum(p, TEXTARRAYOID,
				   PointerGetDatum(construct_array(items, claim->type_count,
												   TEXTOID, -1, false,
												   TYPALIGN_INT)), false);
}

/* Locks the consumer's row; false when there is none. */
static bool
cursor_lock(const DwClaim *claim, Cursor *cursor)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT c.settled_id, c.types IS NOT DISTINCT FROM "
					 "(SELECT array_agg(DISTINCT t ORDER BY t) "
					 "FROM unnest($2) AS t), "
					 "c.watermark_xid FROM dwello.outbox_consumers AS c "
					 "WHERE c.consumer = $1 FOR UPDATE OF c");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, claim->consumer);
	param_types(&p, claim);
	if (dw_execute(&lock, &p) == 0)
		return false;
	(void) dw_read_uuid(0, 1, &cursor->settled_id);
	cursor->is_same = dw_read_bool(0, 2);
	cursor->is_safe = dw_watermark_is_safe(dw_read_int8(0, 3));
	return true;
}

/* Makes the consumer, or has it take other types, from the first event on. */
static void
cursor_reset(const DwClaim *claim, Cursor *cursor)
{
	static DwStatement insert_consumer =
		DW_STATEMENT("INSERT INTO dwello.outbox_consumers AS c "
					 "(consumer, types, settled_id, created_at, "
					 "watermark_id, watermark_xid) "
					 "SELECT $1, (SELECT array_agg(DISTINCT t ORDER BY t) "
					 "FROM unnest($2) AS t), "
					 "'00000000-0000-0000-0000-000000000000', $3, $4, $5 "
					 "ON CONFLICT ON CONSTRAINT outbox_consumers_pkey "
					 "DO UPDATE SET types = EXCLUDED.types, "
					 "settled_id = EXCLUDED.settled_id, "
					 "watermark_id = EXCLUDED.watermark_id, "
					 "watermark_xid = EXCLUDED.watermark_xid");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, claim->consumer);
	param_types(&p, claim);
	dw_param_time(&p, dw_now());
	dw_param_watermark(&p);
	(void) dw_execute(&insert_consumer, &p);
	memset(cursor, 0, sizeof(*cursor));
}

/* Moves what is settled up to the mark, or to what is still to be given. */
static void
cursor_advance(const DwClaim *claim, Cursor *cursor)
{
	static DwStatement update_consumer =
		DW_STATEMENT("UPDATE dwello.outbox_consumers AS c "
					 "SET settled_id = coalesce((SELECT o.id "
					 "FROM dwello.outbox AS o WHERE o.id >= c.settled_id "
					 "AND o.id < c.watermark_id "
					 "AND (c.types IS NULL OR o.type = ANY (c.types)) "
					 "AND NOT EXISTS (SELECT "
					 "FROM dwello.outbox_deliveries AS d "
					 "WHERE d.scope_id = o.scope_id AND d.event_id = o.id "
					 "AND d.consumer = c.consumer) "
					 "ORDER BY o.id LIMIT 1), c.watermark_id), "
					 "watermark_id = $2, watermark_xid = $3 "
					 "WHERE c.consumer = $1 RETURNING c.settled_id");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, claim->consumer);
	dw_param_watermark(&p);
	(void) dw_execute(&update_consumer, &p);
	(void) dw_read_only_uuid(0, &cursor->settled_id);
}

/* Locks the consumer, made if need be, with what is settled up to date. */
static void
cursor_open(const DwClaim *claim, Cursor *cursor)
{
	if (!cursor_lock(claim, cursor) || !cursor->is_same)
		cursor_reset(claim, cursor);
	else if (cursor->is_safe)
		cursor_advance(claim, cursor);
}

/* Leaves aside what nobody has finished in as many attempts as there are. */
static void
dead_letter_lapsed(const DwClaim *claim)
{
	static DwStatement dead_letter =
		DW_STATEMENT("UPDATE dwello.outbox_deliveries AS d "
					 "SET dead_at = $2, lease_id = NULL "
					 "WHERE d.consumer = $1 AND d.run_after <= $2 "
					 "AND d.done_at IS NULL AND d.dead_at IS NULL "
					 "AND d.attempts >= $3");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, claim->consumer);
	dw_param_time(&p, dw_now());
	dw_param_int8(&p, dw_setting_int8("event_attempts"));
	(void) dw_execute(&dead_letter, &p);
}

/*
 * No earlier event of the row's scope is under way or waits, but for those
 * that are due.  OFFSET keeps the sub-select one look by key for each row:
 * as a join it would read every delivery that was ever made.
 */
#define NOTHING_EARLIER(row) \
	"NOT EXISTS (SELECT FROM dwello.outbox_deliveries AS d " \
	"WHERE d.scope_id = " row ".scope_id AND d.event_id < " row ".id " \
	"AND d.consumer = $1 AND d.done_at IS NULL AND d.dead_at IS NULL " \
	"AND d.event_id NOT IN (SELECT w.id FROM due AS w) OFFSET 0)"

/*
 * Writes the deliveries of a claim: what is due again and what is new, but
 * nothing of a scope where an earlier event is under way or waits.  The walk
 * of the outbox by id ends with as many new events as are wanted.
 */
static uint64
claim_rows(const DwClaim *claim, const Cursor *cursor)
{
	static DwStatement claim_events =
		DW_STATEMENT("WITH due AS MATERIALIZED ("
					 "SELECT d.scope_id, d.event_id AS id "
					 "FROM dwello.outbox_deliveries AS d "
					 "WHERE d.consumer = $1 AND d.run_after <= $4 "
					 "AND d.done_at IS NULL AND d.dead_at IS NULL "
					 "ORDER BY d.event_id LIMIT $3 FOR UPDATE SKIP LOCKED), "
					 "fresh AS (SELECT o.scope_id, o.id "
					 "FROM dwello.outbox AS o WHERE o.id >= $6 "
					 "AND ($2::text[] IS NULL OR o.type = ANY ($2)) "
					 "AND NOT EXISTS (SELECT "
					 "FROM dwello.outbox_deliveries AS d "
					 "WHERE d.scope_id = o.scope_id AND d.event_id = o.id "
					 "AND d.consumer = $1 OFFSET 0) "
					 "AND " NOTHING_EARLIER("o") " "
					 "ORDER BY o.id LIMIT $3), "
					 "chosen AS (SELECT c.scope_id, c.id "
					 "FROM (SELECT * FROM due "
					 "UNION ALL SELECT * FROM fresh) AS c "
					 "WHERE " NOTHING_EARLIER("c") " "
					 "ORDER BY c.id LIMIT $3), "
					 "given AS (INSERT INTO dwello.outbox_deliveries AS d "
					 "(scope_id, event_id, consumer, attempts, lease_id, "
					 "run_after, claimed_at) "
					 "SELECT c.scope_id, c.id, $1, 1, $7, $5, $4 "
					 "FROM chosen AS c "
					 "ON CONFLICT ON CONSTRAINT outbox_deliveries_pkey "
					 "DO UPDATE SET attempts = d.attempts + 1, "
					 "lease_id = EXCLUDED.lease_id, "
					 "run_after = EXCLUDED.run_after, "
					 "claimed_at = EXCLUDED.claimed_at "
					 "RETURNING d.scope_id, d.event_id, d.attempts) "
					 "SELECT o.scope_id, o.id, o.aggregatetype, "
					 "o.aggregateid, o.type, o.payload, o.created_at, "
					 "g.attempts FROM given AS g JOIN dwello.outbox AS o "
					 "ON o.scope_id = g.scope_id AND o.id = g.event_id "
					 "ORDER BY o.id");
	DwParams	p = DW_PARAMS;
	TimestampTz now = dw_now();

	dw_param_text(&p, claim->consumer);
	param_types(&p, claim);
	dw_param_int4(&p, claim->max_rows);
	dw_param_time(&p, now);
	dw_param_time(&p, now + claim->lease_seconds * USECS_PER_SEC);
	dw_param_uuid(&p, &cursor->settled_id);
	dw_param_uuid(&p, &claim->lease_id);
	return dw_execute(&claim_events, &p);
}

DwClaimedEvent *
dw_events_claim(DwClaim *claim, int *count)
{
	Cursor		cursor;
	DwClaimedEvent *events;

	claim->lease_id = dw_uuid_fresh();
	cursor_open(claim, &cursor);
	dead_letter_lapsed(claim);
	*count = (int) claim_rows(claim, &cursor);
	events = palloc(sizeof(DwClaimedEvent) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		bool		isnull;

		(void) dw_read_uuid(i, 1, &events[i].scope_id);
		(void) dw_read_uuid(i, 2, &events[i].id);
		events[i].aggregatetype = dw_read_text(i, 3);
		events[i].aggregateid = dw_read_text(i, 4);
		events[i].type = dw_read_text(i, 5);
		events[i].payload = dw_read_datum(i, 6, &isnull);
		events[i].created_at = dw_read_time(i, 7);
		events[i].attempt = dw_read_int4(i, 8);
	}
	return events;
}

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

/*
 * Ends a delivery that failed: given again after a pause, or dead.  False
 * when it does not stand under the lease.
 */
static bool
ack_failed(const DwAck *ack, const DwUuid *id, int64 most, bool *is_dead)
{
	static DwStatement find =
		DW_STATEMENT("SELECT d.scope_id, d.attempts "
					 "FROM dwello.outbox_deliveries AS d "
					 "WHERE d.lease_id = $2 AND d.consumer = $1 "
					 "AND d.done_at IS NULL AND d.dead_at IS NULL "
					 "AND d.event_id = $3 FOR UPDATE");
	static DwStatement fail =
		DW_STATEMENT("UPDATE dwello.outbox_deliveries AS d "
					 "SET lease_id = NULL, last_error = $4, run_after = $5, "
					 "dead_at = CASE WHEN $6 THEN $7 END "
					 "WHERE d.scope_id = $1 AND d.event_id = $2 "
					 "AND d.consumer = $3");
	DwParams	p = DW_PARAMS;
	DwParams	q = DW_PARAMS;
	TimestampTz now = dw_now();
	DwUuid		scope_id;
	int32		attempts;

	dw_param_text(&p, ack->consumer);
	dw_param_uuid(&p, &ack->lease_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&find, &p) == 0)
		return false;
	(void) dw_read_uuid(0, 1, &scope_id);
	attempts = dw_read_int4(0, 2);
	*is_dead = attempts >= most;
	dw_param_uuid(&q, &scope_id);
	dw_param_uuid(&q, id);
	dw_param_text(&q, ack->consumer);
	dw_param_text(&q, ack->error);
	dw_param_time(&q, now + USECS_PER_SEC *
				  dw_event_pause(attempts,
								 dw_setting_int8("event_retry_seconds")));
	dw_param_bool(&q, *is_dead);
	dw_param_time(&q, now);
	return dw_execute(&fail, &q) == 1;
}

DwAckResult
dw_events_ack(const DwAck *ack)
{
	DwAckResult result = {0};
	int64		most = dw_setting_int8("event_attempts");

	result.acked = ack_done(ack);
	if (ack->ids != NULL)
		result.lost = ack->id_count - result.acked;
	for (int i = 0; i < ack->failed_count; i++)
	{
		bool		is_dead;

		if (!ack_failed(ack, &ack->failed_ids[i], most, &is_dead))
			result.lost++;
		else if (is_dead)
			result.dead++;
		else
			result.retried++;
	}
	return result;
}

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

/* Writes a revival; gives the number of its rows. */
static uint64
requeue_rows(const DwRevival *revival)
{
	static DwStatement requeue =
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
					 "x.dead_at, d.last_error) "
					 "SELECT g.scope_id, g.event_id, o.type, g.attempts, "
					 "g.dead_at, g.last_error FROM given AS g "
					 "JOIN dwello.outbox AS o ON o.scope_id = g.scope_id "
					 "AND o.id = g.event_id ORDER BY g.event_id");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, revival->consumer);
	if (revival->ids == NULL)
		dw_param_null(&p, UUIDARRAYOID);
	else
		dw_param_uuids(&p, revival->ids, revival->id_count);
	dw_param_int4(&p, revival->max_rows);
	dw_param_time(&p, dw_now());
	return dw_execute(&requeue, &p);
}

bool
dw_events_requeue(const DwRevival *revival, DwRequeuedEvent **events,
				  int *count)
{
	if (!consumer_lock(revival->consumer))
		return false;
	*count = (int) requeue_rows(revival);
	*events = palloc(sizeof(DwRequeuedEvent) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		DwRequeuedEvent *event = &(*events)[i];

		(void) dw_read_uuid(i, 1, &event->scope_id);
		(void) dw_read_uuid(i, 2, &event->id);
		event->type = dw_read_text(i, 3);
		event->attempts = dw_read_int4(i, 4);
		event->dead_at = dw_read_time(i, 5);
		event->last_error = dw_read_text(i, 6);
	}
	return true;
}
