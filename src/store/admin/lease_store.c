/*
 * lease_store.c
 *		Leases of events: which ones a consumer's worker is given next.
 *
 * What a consumer has not had yet stands in the outbox without a delivery of
 * its own.  To find it without reading the whole outbox, a consumer remembers
 * an id before which all is settled: see the marks of event_server.h.
 */
#include "postgres.h"

#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/admin/admin_store.h"

/* What is read of the consumer's row. */
typedef struct Cursor
{
	DwUuid		settled_id;		/* what lies before needs no look */
	bool		is_same;		/* it asks for the types it always does */
	int64		watermark_xid;	/* once it has ended, all before is there */
} Cursor;

static const DwColumn cursor_fields[] = {
	DW_FIELD(UUID, Cursor, settled_id, settled_id),
	DW_FIELD(BOOL, Cursor, is_same, is_same),
	DW_FIELD(INT8, Cursor, watermark_xid, watermark_xid)
};

static DwMap cursors = DW_MAP(cursor_fields);

/* Locks the consumer's row; false when there is none. */
static bool
cursor_lock(const DwClaim *claim, Cursor *cursor)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT c.settled_id, c.types IS NOT DISTINCT FROM "
					 "(SELECT array_agg(DISTINCT t ORDER BY t) "
					 "FROM unnest($2) AS t) AS is_same, "
					 "c.watermark_xid FROM dwello.outbox_consumers AS c "
					 "WHERE c.consumer = $1 FOR UPDATE OF c");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, claim->consumer);
	dw_param_texts(&p, claim->types, claim->type_count);
	if (dw_execute(&lock, &p) == 0)
		return false;
	dw_map_read(&cursors, 0, cursor);
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
					 "VALUES ($1, (SELECT array_agg(DISTINCT t ORDER BY t) "
					 "FROM unnest($2) AS t), "
					 "'00000000-0000-0000-0000-000000000000', $3, $4, $5) "
					 "ON CONFLICT ON CONSTRAINT outbox_consumers_pkey "
					 "DO UPDATE SET types = EXCLUDED.types, "
					 "settled_id = EXCLUDED.settled_id, "
					 "watermark_id = EXCLUDED.watermark_id, "
					 "watermark_xid = EXCLUDED.watermark_xid");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, claim->consumer);
	dw_param_texts(&p, claim->types, claim->type_count);
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
	else if (dw_watermark_is_safe(cursor->watermark_xid))
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
static void
claim_rows(DwCall *call, const DwClaim *claim, const Cursor *cursor)
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
					 "SELECT o.id, o.scope_id, o.aggregatetype, "
					 "o.aggregateid, o.type, o.payload, o.created_at, "
					 "g.attempts AS attempt, $7 AS lease_id FROM given AS g JOIN dwello.outbox AS o "
					 "ON o.scope_id = g.scope_id AND o.id = g.event_id "
					 "ORDER BY o.id");
	DwUuid		lease_id = dw_uuid_fresh();
	DwParams	p = DW_PARAMS;
	TimestampTz now = dw_now();

	dw_param_text(&p, claim->consumer);
	dw_param_texts(&p, claim->types, claim->type_count);
	dw_param_int4(&p, claim->max_rows);
	dw_param_time(&p, now);
	dw_param_time(&p, now + claim->lease_seconds * USECS_PER_SEC);
	dw_param_uuid(&p, &cursor->settled_id);
	dw_param_uuid(&p, &lease_id);
	dw_list_execute(call, &claim_events, &p);
}

void
dw_events_claim(DwCall *call, const DwClaim *claim)
{
	Cursor		cursor;

	cursor_open(claim, &cursor);
	dead_letter_lapsed(claim);
	claim_rows(call, claim, &cursor);
}
