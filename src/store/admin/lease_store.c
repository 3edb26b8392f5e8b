/*
 * lease_store.c
 *		Leases of events: which ones a consumer's worker is given next.
 *
 * What a consumer has not had yet stands in the outbox without a delivery of
 * its own.  To find it without reading the whole outbox, a consumer remembers
 * an id before which all is settled: see the marks of event_server.h.
 *
 * An intent of a payout is given only once the payout may be sent: after its
 * hold_until, and while nothing holds it.  Until then a delivery that waits
 * stands for it, which keeps no other event from being given.
 */
#include "postgres.h"

#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/admin/admin_store.h"
#include "store/payout/payout_store.h"

#define PAYOUTS_AT_ONCE	1000	/* intents that are taken note of in a claim */

/* Providers whose payouts this claim has looked at, and locked. */
typedef struct Payees
{
	DwUuid		lease_id;		/* of the claim */
	DwUuid	   *ids;			/* users.id */
	int			count;			/* of them */
} Payees;

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

#define INTENT "payout_requested"
#define WAITS \
	"d.consumer = $1 AND d.is_waiting AND d.run_after <= $2 " \
	"AND d.done_at IS NULL AND d.dead_at IS NULL"

/* True when the consumer is given intents of payouts. */
static bool
takes_payouts(const DwClaim *claim)
{
	for (int i = 0; i < claim->type_count; i++)
		if (strcmp(claim->types[i], INTENT) == 0)
			return true;
	return claim->types == NULL;
}

/* Takes note of new intents: from now on they wait, and hold up nothing. */
static void
note_intents(const DwClaim *claim, const Cursor *cursor)
{
	static DwStatement note =
		DW_STATEMENT("INSERT INTO dwello.outbox_deliveries (scope_id, "
					 "event_id, consumer, attempts, is_waiting, "
					 "run_after, claimed_at) "
					 "SELECT o.scope_id, o.id, $1, 0, true, $2, $2 "
					 "FROM dwello.outbox AS o WHERE o.id >= $3 "
					 "AND o.type = '" INTENT "' AND NOT EXISTS (SELECT "
					 "FROM dwello.outbox_deliveries AS d "
					 "WHERE d.scope_id = o.scope_id AND d.event_id = o.id "
					 "AND d.consumer = $1 OFFSET 0) "
					 "ORDER BY o.id LIMIT $4 "
					 "ON CONFLICT ON CONSTRAINT outbox_deliveries_pkey "
					 "DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, claim->consumer);
	dw_param_time(&p, dw_now());
	dw_param_uuid(&p, &cursor->settled_id);
	dw_param_int4(&p, PAYOUTS_AT_ONCE);
	(void) dw_execute(&note, &p);
}

/* Whose intents may be due.  Who is busy is left for the next claim. */
static void
lock_payees(const DwClaim *claim, Payees *payees)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT u.id FROM dwello.users AS u WHERE u.id IN "
					 "(SELECT d.scope_id FROM dwello.outbox_deliveries AS d "
					 "WHERE " WAITS " ORDER BY d.run_after, d.event_id "
					 "LIMIT $3) ORDER BY u.id "
					 "FOR NO KEY UPDATE OF u SKIP LOCKED");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, claim->consumer);
	dw_param_time(&p, dw_now());
	dw_param_int4(&p, claim->max_rows);
	(void) dw_execute(&lock, &p);
	payees->ids = dw_read_only_uuids(&payees->count);
}

/*
 * Puts off what may not be sent: until its time, or while it is held
 * (whoever resumes it wakes it; the hour is for what nobody notices).  What
 * has ended without a worker is given to nobody.
 */
static void
put_off_intents(const DwClaim *claim, const Payees *payees)
{
	static DwStatement put_off =
		DW_STATEMENT("UPDATE dwello.outbox_deliveries AS d SET "
					 "run_after = CASE WHEN p.hold_reason IS NULL "
					 "THEN p.hold_until ELSE GREATEST(p.hold_until, $3) END, "
					 "done_at = CASE WHEN p.status <> 'pending' THEN $2 END "
					 "FROM dwello.outbox AS o, dwello.payouts AS p "
					 "WHERE d.scope_id = ANY ($4) AND " WAITS " "
					 "AND o.scope_id = d.scope_id AND o.id = d.event_id "
					 "AND o.type = '" INTENT "' AND p.user_id = d.scope_id "
					 "AND p.id::text = o.aggregateid "
					 "AND p.sent_at IS NULL AND (p.status <> 'pending' "
					 "OR p.hold_until > $2 OR p.hold_reason IS NOT NULL)");
	DwParams	p = DW_PARAMS;
	TimestampTz now = dw_now();

	dw_param_text(&p, claim->consumer);
	dw_param_time(&p, now);
	dw_param_time(&p, now + USECS_PER_HOUR);
	dw_param_uuids(&p, payees->ids, payees->count);
	(void) dw_execute(&put_off, &p);
}

/*
 * Decides which payouts the claim may give away.  Their providers stay locked,
 * so that nobody cancels or holds one meanwhile; lock order: the consumer,
 * users, payouts, deliveries.
 */
static void
screen_payouts(const DwClaim *claim, const Cursor *cursor, Payees *payees)
{
	note_intents(claim, cursor);
	lock_payees(claim, payees);
	if (payees->count == 0)
		return;
	(void) dw_payouts_review_all(payees->ids, payees->count, true);
	put_off_intents(claim, payees);
}

/* Says of the payouts that were given that a worker has them. */
static void
mark_sent(const Payees *payees)
{
	static DwStatement mark =
		DW_STATEMENT("UPDATE dwello.payouts AS p SET sent_at = $3, "
					 "version = p.version + 1 WHERE p.user_id = ANY ($1) "
					 "AND p.status = 'pending' AND p.sent_at IS NULL "
					 "AND EXISTS (SELECT FROM dwello.outbox_deliveries AS d "
					 "JOIN dwello.outbox AS o ON o.scope_id = d.scope_id "
					 "AND o.id = d.event_id WHERE d.scope_id = p.user_id "
					 "AND d.lease_id = $2 AND o.type = '" INTENT "' "
					 "AND o.aggregateid = p.id::text)");
	DwParams	p = DW_PARAMS;

	dw_param_uuids(&p, payees->ids, payees->count);
	dw_param_uuid(&p, &payees->lease_id);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&mark, &p);
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
	"AND NOT d.is_waiting AND d.event_id NOT IN (SELECT w.id FROM due AS w) OFFSET 0)"

/*
 * Writes the deliveries of a claim: what is due again and what is new, but
 * nothing of a scope where an earlier event is under way or waits.  The walk
 * of the outbox by id ends with as many new events as are wanted.
 */
static void
claim_rows(DwCall *call, const DwClaim *claim, const Cursor *cursor,
		   const Payees *payees)
{
	static DwStatement claim_events =
		DW_STATEMENT("WITH due AS MATERIALIZED ("
					 "SELECT d.scope_id, d.event_id AS id "
					 "FROM dwello.outbox_deliveries AS d "
					 "WHERE d.consumer = $1 AND d.run_after <= $4 "
					 "AND d.done_at IS NULL AND d.dead_at IS NULL "
					 "AND (NOT d.is_waiting OR d.scope_id = ANY ($8)) "
					 "ORDER BY d.event_id LIMIT $3 FOR UPDATE SKIP LOCKED), "
					 "fresh AS (SELECT o.scope_id, o.id "
					 "FROM dwello.outbox AS o WHERE o.id >= $6 "
					 "AND ($2::text[] IS NULL OR o.type = ANY ($2)) "
					 "AND o.type <> '" INTENT "' AND NOT EXISTS (SELECT "
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
					 "is_waiting = false, "
					 "lease_id = EXCLUDED.lease_id, "
					 "run_after = EXCLUDED.run_after, "
					 "claimed_at = EXCLUDED.claimed_at "
					 "RETURNING d.scope_id, d.event_id, d.attempts) "
					 "SELECT o.id, o.scope_id, o.aggregatetype, "
					 "o.aggregateid, o.type, o.payload, o.created_at, "
					 "g.attempts AS attempt, $7 AS lease_id FROM given AS g JOIN dwello.outbox AS o "
					 "ON o.scope_id = g.scope_id AND o.id = g.event_id "
					 "ORDER BY o.id");
	DwParams	p = DW_PARAMS;
	TimestampTz now = dw_now();

	dw_param_text(&p, claim->consumer);
	dw_param_texts(&p, claim->types, claim->type_count);
	dw_param_int4(&p, claim->max_rows);
	dw_param_time(&p, now);
	dw_param_time(&p, now + claim->lease_seconds * USECS_PER_SEC);
	dw_param_uuid(&p, &cursor->settled_id);
	dw_param_uuid(&p, &payees->lease_id);
	dw_param_uuids(&p, payees->ids, payees->count);
	dw_list_execute(call, &claim_events, &p);
}

void
dw_events_claim(DwCall *call, const DwClaim *claim)
{
	Cursor		cursor;
	Payees		payees = {.lease_id = dw_uuid_fresh()};

	cursor_open(claim, &cursor);
	dead_letter_lapsed(claim);
	if (takes_payouts(claim))
		screen_payouts(claim, &cursor, &payees);
	claim_rows(call, claim, &cursor, &payees);
	if (payees.count > 0)
		mark_sent(&payees);
}
