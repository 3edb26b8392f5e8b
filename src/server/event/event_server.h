/*
 * event_server.h
 *		The outbox: events that a command emits.
 *
 * An event is a row written in the transaction of its command, in Debezium's
 * default shape (id, aggregatetype, aggregateid, type, payload).  What a
 * command in one shard means for users in others travels this way and is
 * applied by dwello.deliver_events().  No payload holds a sealed value.
 */
#ifndef DW_EVENT_SERVER_H
#define DW_EVENT_SERVER_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "core/base/base.h"
#include "server/sql/sql_server.h"

#define DW_PAYLOAD_MAX 48		/* members of a payload at most */

/* A payload under construction: a flat jsonb object. */
typedef struct DwPayload
{
	int			count;			/* of members */
	JsonbPair	members[DW_PAYLOAD_MAX];	/* in the order of jsonb */
	TimestampTz deliver_after;	/* users hear of it from then on; may be set */
} DwPayload;

/* Starts an empty payload. */
extern void dw_payload_begin(DwPayload *payload);

/*
 * Adds one member, whose name must live until the payload ends; a NULL
 * pointer adds nothing, and a name that is there already is an internal error.
 */
extern void dw_payload_text(DwPayload *payload, const char *name,
							const char *value);
extern void dw_payload_uuid(DwPayload *payload, const char *name,
							const DwUuid *value);
extern void dw_payload_int8(DwPayload *payload, const char *name,
							int64 value);
extern void dw_payload_bool(DwPayload *payload, const char *name,
							bool value);

/* Ends a payload that is not an event's: the object, as jsonb. */
extern Datum dw_payload_end(DwPayload *payload);

/*
 * Writes the event.  scope_id is the shard key (a job's or a user's id),
 * noun the aggregate ("job", "bid", "escrow", "review", "user", "agent"),
 * aggregate its id, type what happened ("bid_submitted").
 */
extern void dw_event_emit(const DwUuid *scope_id, const char *noun,
						  const DwUuid *aggregate, const char *type,
						  DwPayload *payload);

/* Lets waiting events of a type in a scope be delivered now. */
extern void dw_event_hasten(const DwUuid *scope_id, const char *type);

/*
 * Lets intents of payouts in a user's scope, which no worker was given yet,
 * be looked at by the next claim of their consumer.
 */
extern void dw_event_wake_payouts(const DwUuid *user_id);

/*
 * Watermarks.  Who reads the outbox in the order of its ids must not pass an
 * event that is not committed yet: its id is older than the commit.  So a
 * reader keeps a watermark: an id of some seconds ago, and the number that
 * the next transaction will have.  Once all transactions with lower numbers
 * have ended it is safe: every event before its id can be seen, for who has a
 * higher number made its ids later (dw_event_emit takes its number first).
 * A watermark whose number no transaction here has had yet came with a dump:
 * nothing of that time is in flight.
 */

/* Takes a fresh watermark: an id, and the number of a transaction. */
extern void dw_watermark_take(DwUuid *id, int64 *xid);

/* Adds a fresh watermark as two parameters: watermark_id, watermark_xid. */
extern void dw_param_watermark(DwParams *p);

/* True when a watermark is safe; ask once the row that keeps it is locked. */
extern bool dw_watermark_is_safe(int64 watermark_xid);

#endif							/* DW_EVENT_SERVER_H */
