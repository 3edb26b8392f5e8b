/*
 * claim_store.h
 *		Events of the outbox on their way to consumers outside.
 *
 * A consumer is a name; its workers share what it has to do.  Each event is
 * given to it at least once, the events of one scope in the order of their
 * ids, the next one only when the one before is done or dead.
 */
#ifndef DW_CLAIM_STORE_H
#define DW_CLAIM_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/uuid.h"

/* What a worker asks for. */
typedef struct DwClaim
{
	const char *consumer;		/* its name */
	const char *const *types;	/* of events it takes; NULL = all */
	int			type_count;		/* their number */
	int32		max_rows;		/* most events of this claim */
	int64		lease_seconds;	/* how long they are its own */
	DwUuid		lease_id;		/* out: names the claim */
} DwClaim;

/* One event, as it is given to a consumer. */
typedef struct DwClaimedEvent
{
	DwUuid		scope_id;		/* of its job or user */
	DwUuid		id;				/* its own */
	char	   *aggregatetype;	/* the noun */
	char	   *aggregateid;	/* of the noun */
	char	   *type;			/* what happened */
	Datum		payload;		/* jsonb */
	TimestampTz created_at;		/* when it happened */
	int32		attempt;		/* 1 when it is given first */
} DwClaimedEvent;

/* What a worker says of a claim. */
typedef struct DwAck
{
	const char *consumer;		/* its name */
	DwUuid		lease_id;		/* of the claim */
	const DwUuid *ids;			/* what is done; NULL = all but failed_ids */
	int			id_count;		/* their number */
	const DwUuid *failed_ids;	/* what has failed */
	int			failed_count;	/* their number */
	const char *error;			/* why; may be NULL */
} DwAck;

/* What became of it. */
typedef struct DwAckResult
{
	int32		acked;			/* done */
	int32		retried;		/* will be given again */
	int32		dead;			/* failed too often */
	int32		lost;			/* stood under this lease no more */
} DwAckResult;

/* What is to be given anew. */
typedef struct DwRevival
{
	const char *consumer;		/* its name */
	const DwUuid *ids;			/* of events; NULL = all */
	int			id_count;		/* their number */
	int32		max_rows;		/* most events, oldest first */
} DwRevival;

/* One dead event that was revived. */
typedef struct DwRevivedEvent
{
	DwUuid		scope_id;		/* of its job or user */
	DwUuid		id;				/* its own */
	char	   *type;			/* what happened */
	int32		attempts;		/* how often it had been given */
	TimestampTz dead_at;		/* since when it had lain aside */
	char	   *last_error;		/* what the worker said last, or NULL */
} DwRevivedEvent;

/*
 * Claims events, in the order of their ids.  Claims of one consumer come one
 * after the other: a second waits until the first one's transaction ends.
 */
extern DwClaimedEvent *dw_events_claim(DwClaim *claim, int *count);

/* Ends the part of a claim that is named; the rest stays as it is. */
extern DwAckResult dw_events_ack(const DwAck *ack);

/*
 * Dead events are due at once, with all their attempts; in the order of
 * their ids.  False: there is no such consumer.
 */
extern bool dw_events_revive(const DwRevival *revival,
							 DwRevivedEvent **events, int *count);

#endif							/* DW_CLAIM_STORE_H */
