/*
 * event_store.h
 *		The outbox: what a command tells the rest of the world.
 *
 * An event is a row written in the transaction of the deed, in Debezium's
 * default shape (id, aggregatetype, aggregateid, type, payload).  What a
 * deed in one shard means for users in others travels this way and is
 * applied by dwello.deliver_events().  No payload holds a sealed value.
 */
#ifndef DW_EVENT_STORE_H
#define DW_EVENT_STORE_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "core/uuid.h"

/* A payload under construction: a flat jsonb object. */
typedef struct DwPayload
{
	JsonbParseState *state;		/* of the object */
	TimestampTz deliver_after;	/* users hear of it from then on */
} DwPayload;

/* Starts an empty payload. */
extern void dw_payload_begin(DwPayload *payload);

/* Adds one member; a NULL pointer adds nothing. */
extern void dw_payload_text(DwPayload *payload, const char *name,
							const char *value);
extern void dw_payload_uuid(DwPayload *payload, const char *name,
							const DwUuid *value);
extern void dw_payload_int8(DwPayload *payload, const char *name,
							int64 value);

/* Ends a payload that is not an event's: the object, as jsonb. */
extern Datum dw_payload_end(DwPayload *payload);

/* Users shall hear of the event not before a time; the outside at once. */
extern void dw_payload_defer(DwPayload *payload, TimestampTz until);

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

#endif							/* DW_EVENT_STORE_H */
