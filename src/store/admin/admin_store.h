/*
 * admin_store.h
 *		Health check, partitions, and events on their way out.
 */
#ifndef DW_ADMIN_STORE_H
#define DW_ADMIN_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/admin/admin.h"
#include "core/base/base.h"
#include "core/identity/identity.h"
#include "server/call/call_server.h"

/*
 * The health check: rules that an installation and its data must obey.
 */

/* Fills a set with the faults that every rule finds: rule, object, ... */
extern void dw_check_run(DwCall *call);

/*
 * Adds what of the data the keyring does not fit: keys that were used and
 * are not in it, and a sample of each sealed column and key that does not
 * open.  Nothing while the file cannot be read.
 */
extern void dw_keys_check(DwCall *call);

/*
 * Sealed values and blind indexes, by the keys that they were made with.
 */

/* What one pass over them has done. */
typedef struct DwReseal
{
	int32		resealed;		/* rows written, or deleted as out of use */
	int32		unreadable;		/* values left, for they do not open */
	bool		is_complete;	/* nothing else is left under an old key */
} DwReseal;

/*
 * Makes values of old keys anew under the newest, up to max_rows, and takes
 * addresses under the newest index key, too.  Waits for nobody.
 */
extern void dw_reseal(int32 max_rows, DwReseal *done);

/*
 * What nobody can open any more, or find by its index, with the keyring as
 * it is, in words for a message; NULL for nothing.  A file that is not there
 * has no keys.
 */
extern char *dw_keyring_losses(void);

/* What still needs a key that is not the newest, in words, or NULL. */
extern char *dw_key_uses(DwKeyKind kind, int32 key_id);

/*
 * Events of the outbox on their way to consumers outside.
 *
 * A consumer is a name; its workers share what it has to do.  Each event is
 * given to it at least once, the events of one scope in the order of their
 * ids, the next one only when the one before is done or dead.
 */

/* What a worker asks for. */
typedef struct DwClaim
{
	const char *consumer;		/* its name */
	char	  **types;			/* of events it takes; NULL = all */
	int			type_count;		/* their number */
	int32		max_rows;		/* most events of this claim */
	int64		lease_seconds;	/* how long they are its own */
} DwClaim;

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
typedef struct DwRequeue
{
	const char *consumer;		/* its name */
	const DwUuid *ids;			/* of events; NULL = all */
	int			id_count;		/* their number */
	int32		max_rows;		/* most events, oldest first */
} DwRequeue;

/*
 * Claims events under a new lease, and fills a set with them, in the order of
 * their ids.  Claims of one consumer come one after the other: a second waits
 * until the first one's transaction ends.
 */
extern void dw_events_claim(DwCall *call, const DwClaim *claim);

/* Ends the part of a claim that is named; the rest stays as it is. */
extern DwAckResult dw_events_ack(const DwAck *ack);

/*
 * Dead events are due at once, with all their attempts; fills a set with
 * them, in the order of their ids.  False: there is no such consumer.
 */
extern bool dw_events_requeue(DwCall *call, const DwRequeue *requeue);

/*
 * Applying events to users: notifications and the sums of providers.
 */

/* Under this name of a consumer events stand that could not be applied. */
#define DW_DELIVERY_CONSUMER	"deliver_events"

/*
 * Claims up to max_rows events that are due, skipping those another worker
 * has, applies each once, and gives their number.  Rows of provider_stats
 * are locked in the order of their ids after all events are claimed, so
 * that workers cannot deadlock.  An event that raises an error of its own is
 * left out with a warning, and put off; after event_attempts it is dead.
 */
extern int64 dw_events_deliver(int32 max_rows);

/*
 * Feature flags: asking them, and the operator's own state of them.
 *
 * An operator's flag is a row of dwello.feature_flags over the version's of
 * the same name in dwello.feature_flags_defaults, or without one.
 */

/* What a flag says of a user. */
typedef enum DwFlagState
{
	DW_FLAG_OFF,				/* off for them */
	DW_FLAG_ON,					/* on for them */
	DW_FLAG_UNKNOWN,			/* there is no such flag */
	DW_FLAG_NOBODY				/* there is no such user (any more) */
} DwFlagState;

/* What an operator changes about a flag. */
typedef struct DwFlagEdit
{
	const char *name;			/* of the flag */
	bool		has_is_enabled; /* else it stays */
	bool		is_enabled;		/* on at all */
	bool		has_rollout;	/* else it stays */
	int32		rollout_percentage; /* 0 ... 100 */
	bool		has_targets;	/* else they stay */
	Datum		targets;		/* jsonb that dw_flag_targets_read() takes */
	bool		has_user_ids;	/* else they stay */
	Datum		user_ids;		/* uuid[] of those it names */
} DwFlagEdit;

/*
 * True when a flag of ours is on for the user: the one question that other
 * domains ask.  False for a user there is not.
 */
extern bool dw_flag_enabled(const char *name, const DwUuid *user_id);

/* What any flag says of any user. */
extern DwFlagState dw_flag_state(const char *name, const DwUuid *user_id);

/*
 * Reads targets from a detoasted jsonb.  NULL, or what is wrong with them:
 * a sentence's end for "targets ...".
 */
extern const char *dw_flag_targets_read(Datum jsonb, DwFlagTargets *targets);

/*
 * Locks the operator's row of a flag and gives its version.  It is made
 * where there was none: with the built-in state and version 1, or for a
 * name of their own off, for all, with version 0.
 */
extern int32 dw_flag_lock(const char *name);

/*
 * Applies an edit to a locked flag, counts its version up, and fills the row
 * of a call with what became of it.
 */
extern void dw_flag_save(DwCall *call, const DwFlagEdit *edit);

/*
 * Monthly partitions of the logs.
 */

/* The names of the logs (partitioned tables of schema dwello), in order. */
extern char **dw_logs(uint64 *count);

/* The first day of the month that a day lies in. */
extern DateADT dw_month_of(DateADT day);

/* The first day of the month so many months later. */
extern DateADT dw_month_after(DateADT month, int months);

/* The name of a log's partition for a month: user_activity_logs_2026_11. */
extern char *dw_partition_name(const char *log, DateADT month);

/* What came of a partition that there should be. */
typedef enum DwPartitionState
{
	DW_PARTITION_THERE,			/* nothing to do */
	DW_PARTITION_CREATED,
	DW_PARTITION_BUSY			/* somebody's transaction has the log */
} DwPartitionState;

/*
 * Makes a log's partition for a month, moving rows that wait in the default
 * partition into it.  One caller at a time works on a log; who uses the log
 * waits for the moment of attaching, but never behind a transaction that
 * keeps on using it: the log is busy then, after a second.
 */
extern DwPartitionState dw_partition_ensure(const char *log, DateADT month);

/* True while that moves rows: what guards a log lets them. */
extern bool dw_partition_is_moving(void);

#endif							/* DW_ADMIN_STORE_H */
