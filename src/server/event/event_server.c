/*
 * event_server.c
 *		The outbox: events that a command emits.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type_d.h"
#include "utils/numeric.h"

#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"

/* Starts an empty payload. */
void
dw_payload_begin(DwPayload *payload)
{
	payload->count = 0;
	payload->deliver_after = DT_NOBEGIN;
}

/*
 * Makes room for a member where jsonb has it, the shorter name first, and
 * gives its value.  The server would sort them, too, but whole pairs and at a
 * third of what an event costs.
 */
static JsonbValue *
payload_member(DwPayload *payload, const char *name)
{
	int			length = strlen(name);
	int			at = payload->count;
	int			order = 1;
	JsonbPair  *member;

	for (; at > 0; at--)
	{
		const JsonbValue *before = &payload->members[at - 1].key;

		order = length - before->val.string.len;
		if (order == 0)
			order = memcmp(name, before->val.string.val, length);
		if (order >= 0)
			break;
	}
	if ((at > 0 && order == 0) || payload->count == DW_PAYLOAD_MAX)
		elog(ERROR, "payload has no room for a member \"%s\"", name);
	member = &payload->members[at];
	memmove(member + 1, member, (payload->count - at) * sizeof(JsonbPair));
	payload->count++;
	member->key.type = jbvString;
	member->key.val.string.val = unconstify(char *, name);
	member->key.val.string.len = length;
	return &member->value;
}

/* Adds a text, copied; NULL adds nothing. */
void
dw_payload_text(DwPayload *payload, const char *name, const char *value)
{
	JsonbValue *member;

	if (value == NULL)
		return;
	member = payload_member(payload, name);
	member->type = jbvString;
	member->val.string.val = pstrdup(value);
	member->val.string.len = strlen(value);
}

/* Adds a uuid as text; NULL adds nothing. */
void
dw_payload_uuid(DwPayload *payload, const char *name, const DwUuid *value)
{
	if (value != NULL)
		dw_payload_text(payload, name, dw_uuid_text(value));
}

/* Adds an integer. */
void
dw_payload_int8(DwPayload *payload, const char *name, int64 value)
{
	JsonbValue *member = payload_member(payload, name);

	member->type = jbvNumeric;
	member->val.numeric = int64_to_numeric(value);
}

/* Adds a boolean. */
void
dw_payload_bool(DwPayload *payload, const char *name, bool value)
{
	JsonbValue *member = payload_member(payload, name);

	member->type = jbvBool;
	member->val.boolean = value;
}

Datum
dw_payload_end(DwPayload *payload)
{
	JsonbValue	object = {.type = jbvObject};

	object.val.object.nPairs = payload->count;
	object.val.object.pairs = payload->members;
	return JsonbPGetDatum(JsonbValueToJsonb(&object));
}

/* An event as it is written. */
typedef struct Event
{
	DwUuid		scope_id;		/* shard key: of a job or a user */
	DwUuid		id;				/* its own */
	const char *noun;			/* the aggregate */
	const char *aggregate;		/* its id */
	const char *type;			/* what happened */
	Datum		payload;		/* jsonb */
	TimestampTz created_at;		/* when it happened */
	TimestampTz deliver_after;	/* users hear of it from then on */
} Event;

static const DwColumn event_columns[] = {
	DW_COLUMN(UUID, Event, scope_id, scope_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Event, id, id, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, Event, aggregatetype, noun, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Event, aggregateid, aggregate, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Event, type, type, DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, Event, payload, payload, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, Event, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, Event, deliver_after, deliver_after, DW_COLUMN_FIXED)
};

static DwTable outbox = DW_TABLE("outbox", Event, event_columns);

void
dw_event_emit(const DwUuid *scope_id, const char *noun,
			  const DwUuid *aggregate, const char *type, DwPayload *payload)
{
	Event		event = {.scope_id = *scope_id,.noun = noun,.type = type};

	/* a transaction has its number before its events have ids: see claims */
	(void) GetTopTransactionId();
	event.id = dw_uuid_fresh();
	event.aggregate = dw_uuid_text(aggregate);
	event.payload = dw_payload_end(payload);
	event.created_at = dw_now();
	event.deliver_after = payload->deliver_after;
	dw_table_insert(&outbox, &event);
}

void
dw_event_hasten(const DwUuid *scope_id, const char *type)
{
	static DwStatement hasten_events =
		DW_STATEMENT("UPDATE dwello.outbox AS o SET deliver_after = NULL "
					 "WHERE o.scope_id = $1 AND o.type = $2 "
					 "AND o.applied_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, scope_id);
	dw_param_text(&p, type);
	(void) dw_execute(&hasten_events, &p);
}

void
dw_event_wake_payouts(const DwUuid *user_id)
{
	static DwStatement wake =
		DW_STATEMENT("UPDATE dwello.outbox_deliveries AS d "
					 "SET run_after = $2 WHERE d.scope_id = $1 "
					 "AND d.is_waiting AND d.done_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&wake, &p);
}

#define MARK_LAG_MS 10000		/* between ids and the clocks they are of */

/* The number that the next transaction will have. */
static int64
next_xid(void)
{
	return (int64) U64FromFullTransactionId(ReadNextFullTransactionId());
}

void
dw_watermark_take(DwUuid *id, int64 *xid)
{
	static const uint8_t zeros[8];
	int64		unix_ms = GetCurrentTimestamp() / 1000 +
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY *
		INT64CONST(1000);

	*xid = next_xid();
	*id = dw_uuid_v7(unix_ms - MARK_LAG_MS, 0, zeros);
}

void
dw_param_watermark(DwParams *p)
{
	DwUuid	   *id = palloc(sizeof(*id));
	int64		xid;

	dw_watermark_take(id, &xid);
	dw_param_uuid(p, id);
	dw_param_int8(p, xid);
}

bool
dw_watermark_is_safe(int64 watermark_xid)
{
	static DwStatement select_safe =
		DW_STATEMENT("SELECT $1 <= pg_snapshot_xmin(s)::text::bigint "
					 "FROM pg_current_snapshot() AS s");
	DwParams	p = DW_PARAMS;

	if (watermark_xid > next_xid())
		return true;

	/*
	 * A statement of its own: one that waits for the lock on the row would
	 * look at the snapshot from before.
	 */
	dw_param_int8(&p, watermark_xid);
	(void) dw_execute(&select_safe, &p);
	return dw_read_only_bool(0);
}
