/*
 * delivery_store.c
 *		Applying events to users: notifications and the sums of providers.
 *
 * An event is applied at most once: its row is locked while it is applied
 * and marked in the same transaction, and a notification is unique per user
 * and event besides.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/uuid.h"

#include "core/admin/admin.h"
#include "core/score/score.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/admin/admin_store.h"
#include "store/audience/audience_store.h"

/* A claimed event, as far as delivery needs it. */
typedef struct Event
{
	DwUuid		scope_id;		/* shard key of its row */
	DwUuid		id;				/* its own */
	char	   *type;			/* what happened */
	DwUuid		parties[DW_EVENT_PARTY_COUNT];	/* nil where none */
	int32		stars;			/* of a review, else 0 */
} Event;

/* Claims events and copies them out of the result. */
static Event *
claim_events(int32 max_rows, uint64 *count)
{
	static DwStatement claim =
		DW_STATEMENT("SELECT o.scope_id, o.id, o.type, "
					 "(o.payload ->> 'homeowner_id')::uuid, "
					 "(o.payload ->> 'provider_id')::uuid, "
					 "(o.payload ->> 'reviewee_id')::uuid, "
					 "(o.payload ->> 'recipient_id')::uuid, "
					 "(o.payload ->> 'rating')::integer "
					 "FROM dwello.outbox AS o "
					 "WHERE o.applied_at IS NULL "
					 "AND (o.deliver_after IS NULL OR o.deliver_after <= $2) "
					 "ORDER BY o.id LIMIT $1 "
					 "FOR UPDATE SKIP LOCKED");
	DwParams	p = DW_PARAMS;
	Event	   *events;

	dw_param_int4(&p, max_rows);
	dw_param_time(&p, dw_now());
	*count = dw_execute(&claim, &p);
	events = palloc0(sizeof(Event) * (*count + 1));
	for (uint64 i = 0; i < *count; i++)
	{
		(void) dw_read_uuid(i, 1, &events[i].scope_id);
		(void) dw_read_uuid(i, 2, &events[i].id);
		events[i].type = dw_read_text(i, 3);
		for (int party = 0; party < DW_EVENT_PARTY_COUNT; party++)
			(void) dw_read_uuid(i, 4 + party, &events[i].parties[party]);
		events[i].stars = dw_read_int4(i, 4 + DW_EVENT_PARTY_COUNT);
	}
	return events;
}

/* An array of the ids of everyone whom the events name. */
static Datum
parties_array(const Event *events, uint64 count)
{
	uint64		most = count * DW_EVENT_PARTY_COUNT;
	Datum	   *ids = palloc(sizeof(Datum) * (most + 1));
	int			n = 0;

	for (uint64 i = 0; i < count; i++)
		for (int party = 0; party < DW_EVENT_PARTY_COUNT; party++)
			if (!dw_uuid_is_nil(&events[i].parties[party]))
				ids[n++] = PointerGetDatum(&events[i].parties[party]);
	return PointerGetDatum(construct_array(ids, n, UUIDOID, UUID_LEN, false,
										   TYPALIGN_CHAR));
}

/* Locks the sums of everyone concerned, in the order of their ids. */
static void
lock_stats(const Event *events, uint64 count)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT s.user_id FROM dwello.provider_stats AS s "
					 "WHERE s.user_id = ANY ($1) ORDER BY s.user_id FOR UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_datum(&p, UUIDARRAYOID, parties_array(events, count), false);
	(void) dw_execute(&lock, &p);
}

/* Reads a provider's sums as of today; false when they have none. */
static bool
load_stats(const DwUuid *user_id, DwStats *stats)
{
	static DwStatement select_stats =
		DW_STATEMENT("SELECT s.rating_weight, s.rating_sum, "
					 "s.rating_square_sum, s.completed, s.awarded, "
					 "$2 - s.as_of "
					 "FROM dwello.provider_stats AS s WHERE s.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_datum(&p, DATEOID, DateADTGetDatum(dw_today()), false);
	if (dw_execute(&select_stats, &p) == 0)
		return false;
	stats->rating_weight = dw_read_int8(0, 1);
	stats->rating_sum = dw_read_int8(0, 2);
	stats->rating_square = dw_read_int8(0, 3);
	stats->completed = dw_read_int8(0, 4);
	stats->awarded = dw_read_int8(0, 5);
	dw_stats_decay(stats, dw_read_int4(0, 6));
	return true;
}

/* Writes a provider's sums as of today and counts one event more. */
static void
save_stats(const DwUuid *user_id, const DwStats *stats, DwEventCount count)
{
	static DwStatement update_stats =
		DW_STATEMENT("UPDATE dwello.provider_stats AS s "
					 "SET rating_weight = $2, rating_sum = $3, "
					 "rating_square_sum = $4, completed = $5, awarded = $6, "
					 "as_of = $7, review_count = review_count + $8, "
					 "completed_count = completed_count + $9, "
					 "awarded_count = awarded_count + $10 "
					 "WHERE s.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_int8(&p, stats->rating_weight);
	dw_param_int8(&p, stats->rating_sum);
	dw_param_int8(&p, stats->rating_square);
	dw_param_int8(&p, stats->completed);
	dw_param_int8(&p, stats->awarded);
	dw_param_datum(&p, DATEOID, DateADTGetDatum(dw_today()), false);
	dw_param_int4(&p, count == DW_EVENT_COUNTS_RATING);
	dw_param_int4(&p, count == DW_EVENT_COUNTS_COMPLETION);
	dw_param_int4(&p, count == DW_EVENT_COUNTS_AWARD);
	(void) dw_execute(&update_stats, &p);
}

/* Moves a provider's running sum by one event. */
static void
count_event(const Event *event, const DwEventEffect *effect)
{
	const DwUuid *user_id = &event->parties[effect->party];
	DwResult	result = DW_OK;
	DwStats		stats;

	if (effect->count == DW_EVENT_COUNTS_NOTHING ||
		!load_stats(user_id, &stats))
		return;
	if (effect->count == DW_EVENT_COUNTS_AWARD)
		result = dw_stats_add_award(&stats);
	else if (effect->count == DW_EVENT_COUNTS_COMPLETION)
		result = dw_stats_add_completion(&stats);
	else
		result = dw_stats_add_rating(&stats, event->stars);
	if (result != DW_OK)
		elog(ERROR, "event %s cannot be counted", dw_uuid_text(&event->id));
	save_stats(user_id, &stats, effect->count);
}

/* Tells a user of an event; once, whatever happens. */
static void
notify_user(const Event *event, const DwEventEffect *effect)
{
	static DwStatement insert_notification =
		DW_STATEMENT("INSERT INTO dwello.notifications "
					 "(user_id, event_id, notification_type, title, message, "
					 "data, created_at) "
					 "SELECT $1, $2, $3::text::dwello.notification_type, "
					 "$4, $5, o.payload || jsonb_build_object('event', o.type), $6 "
					 "FROM dwello.outbox AS o "
					 "WHERE o.scope_id = $7 AND o.id = $2 "
					 "ON CONFLICT ON CONSTRAINT notifications_event_key "
					 "DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &event->parties[effect->party]);
	dw_param_uuid(&p, &event->id);
	dw_param_text(&p, effect->notification);
	dw_param_text(&p, effect->title);
	dw_param_text(&p, effect->message);
	dw_param_time(&p, dw_now());
	dw_param_uuid(&p, &event->scope_id);
	(void) dw_execute(&insert_notification, &p);
}

/* Marks an event as applied. */
static void
mark_applied(const Event *event)
{
	static DwStatement mark =
		DW_STATEMENT("UPDATE dwello.outbox AS o SET applied_at = $3 "
					 "WHERE o.scope_id = $1 AND o.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &event->scope_id);
	dw_param_uuid(&p, &event->id);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&mark, &p);
}

/* Applies every effect of one event. */
static void
apply_event(const Event *event)
{
	int			count;
	const DwEventEffect *effects = dw_event_effects(&count);

	for (int i = 0; i < count; i++)
	{
		if (strcmp(effects[i].type, event->type) != 0 ||
			dw_uuid_is_nil(&event->parties[effects[i].party]))
			continue;
		count_event(event, &effects[i]);
		notify_user(event, &effects[i]);
	}
	if (strcmp(event->type, "job_published") == 0)
		dw_audience_notify(&event->scope_id, &event->id);
	mark_applied(event);
}

int64
dw_events_deliver(int32 max_rows)
{
	uint64		count;
	Event	   *events = claim_events(max_rows, &count);

	if (count > 0)
		lock_stats(events, count);
	for (uint64 i = 0; i < count; i++)
		apply_event(&events[i]);
	return (int64) count;
}
