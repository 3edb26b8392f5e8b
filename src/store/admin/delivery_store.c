/*
 * delivery_store.c
 *		Applying events to users: notifications, payouts and the sums of
 *		providers; and to the market's prices.
 *
 * An event is applied at most once: its row is locked while it is applied
 * and marked in the same transaction, and a notification is unique per user
 * and event besides.
 *
 * Events are applied all together.  Where that fails with an error of theirs
 * each is applied by itself, and one that cannot be is put off, longer each
 * time, and after event_attempts for ever: outbox.deliver_after says until
 * when, a row of outbox_deliveries how often and why.
 *
 * Lock order: sums by their users, then prices by their jobs, then statistics
 * by their categories.  Events that are applied one by one come in no order of
 * these.  So nobody who does that waits for sums: an event whose sums somebody
 * has is left to a later call.  They wait for the market once at most, at
 * their end: the next event that concerns it is left, too.
 */
#include "postgres.h"

#include "utils/date.h"
#include "utils/fmgrprotos.h"

#include "core/admin/admin.h"
#include "core/market/market.h"
#include "core/score/score.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/admin/admin_store.h"
#include "store/audience/audience_store.h"
#include "store/market/market_store.h"
#include "store/payout/payout_store.h"

/* A claimed event, as far as delivery needs it. */
typedef struct Event
{
	DwUuid		scope_id;		/* shard key of its row */
	DwUuid		id;				/* its own */
	char	   *type;			/* what happened */
	DwUuid		parties[DW_EVENT_PARTY_COUNT];	/* nil where none */
	int32		stars;			/* of a review, else 0 */
	DateADT		funded_on;		/* the contract that is cancelled */
	bool		is_unpaid;		/* it counts in no sum */
	Datum		payload;		/* all of it */
	TimestampTz created_at;		/* when it happened */
	DwUuid		job_id;			/* of an agent's bid; nil where none */
	DwUuid		decision_id;	/* that it came from, likewise */
	char	   *outcome;		/* of it, or NULL */
	int64		amount;			/* of the bid, or 0 */
	TimestampTz deliver_after;	/* not before then; set when it failed */
} Event;

static const DwColumn event_fields[] = {
	DW_FIELD(UUID, Event, scope_id, scope_id),
	DW_FIELD(UUID, Event, id, id),
	DW_FIELD(TEXT, Event, type, type),
	DW_FIELD(JSONB, Event, payload, payload),
	DW_FIELD(UUID, Event, homeowner_id, parties[DW_EVENT_HOMEOWNER]),
	DW_FIELD(UUID, Event, provider_id, parties[DW_EVENT_PROVIDER]),
	DW_FIELD(UUID, Event, reviewee_id, parties[DW_EVENT_REVIEWEE]),
	DW_FIELD(BOOL, Event, is_unpaid, is_unpaid),
	DW_FIELD(UUID, Event, recipient_id, parties[DW_EVENT_RECIPIENT]),
	DW_FIELD(INT4, Event, stars, stars),
	DW_FIELD(DATE, Event, funded_on, funded_on),
	DW_FIELD(TIME, Event, created_at, created_at),
	DW_FIELD(UUID, Event, job_id, job_id),
	DW_FIELD(UUID, Event, decision_id, decision_id),
	DW_FIELD(TEXT, Event, outcome, outcome),
	DW_FIELD(INT8, Event, amount, amount),
	DW_FIELD(TIME, Event, deliver_after, deliver_after)
};

static DwMap event_map = DW_MAP(event_fields);

/* A provider's sums. */
typedef struct Sums
{
	DwUuid		user_id;		/* whose they are */
	DateADT		as_of;			/* the day to which they are decayed */
	DwStats		stats;			/* weighed by age */
	int32		reviews;		/* of all time, as the next two */
	int32		completions;	/* of jobs */
	int32		awards;			/* of jobs */
} Sums;

static const DwColumn sums_columns[] = {
	DW_COLUMN(UUID, Sums, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(DATE, Sums, as_of, as_of, 0),
	DW_COLUMN(INT8, Sums, rating_weight, stats.rating_weight, 0),
	DW_COLUMN(INT8, Sums, rating_sum, stats.rating_sum, 0),
	DW_COLUMN(INT8, Sums, rating_square_sum, stats.rating_square, 0),
	DW_COLUMN(INT8, Sums, completed, stats.completed, 0),
	DW_COLUMN(INT8, Sums, awarded, stats.awarded, 0),
	DW_COLUMN(INT4, Sums, review_count, reviews, 0),
	DW_COLUMN(INT4, Sums, completed_count, completions, 0),
	DW_COLUMN(INT4, Sums, awarded_count, awards, 0)
};

static DwTable sums_table = DW_TABLE("provider_stats", Sums, sums_columns);

/* An outcome, as the provider's side keeps it. */
typedef struct Outcome
{
	DwUuid		user_id;		/* with the next two the key */
	DwUuid		job_id;			/* the job */
	DwUuid		decision_id;	/* that the bid came from */
	const char *outcome;		/* label of DwOutcome */
	int64		amount;			/* of the bid in the end */
	TimestampTz decided_at;		/* when the event was made */
} Outcome;

static const DwColumn outcome_columns[] = {
	DW_COLUMN(UUID, Outcome, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Outcome, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Outcome, decision_id, decision_id, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, Outcome, outcome, outcome, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, Outcome, amount, amount, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, Outcome, decided_at, decided_at, DW_COLUMN_FIXED)
};

static DwTable outcomes = DW_TABLE("agent_outcomes", Outcome, outcome_columns);

/* The key of an event. */
static const DwColumn key_fields[] = {
	DW_FIELD(UUID, Event, scope_id, scope_id),
	DW_FIELD(UUID, Event, id, id)
};

static DwMap key_map = DW_MAP(key_fields);

#define EVENT_COLUMNS \
	"SELECT o.scope_id, o.id, o.type, o.payload, " \
	"(o.payload ->> 'homeowner_id')::uuid AS homeowner_id, " \
	"(o.payload ->> 'provider_id')::uuid AS provider_id, " \
	"(o.payload ->> 'reviewee_id')::uuid AS reviewee_id, " \
	"(o.payload ->> 'recipient_id')::uuid AS recipient_id, " \
	"(o.payload ->> 'rating')::integer AS stars, " \
	"(o.payload ->> 'funded_on')::date AS funded_on, " \
	"COALESCE((o.payload ->> 'is_unpaid')::boolean, false) AS is_unpaid, " \
	"o.created_at, " \
	"(o.payload ->> 'job_id')::uuid AS job_id, " \
	"(o.payload ->> 'decision_id')::uuid AS decision_id, " \
	"o.payload ->> 'outcome' AS outcome, " \
	"(o.payload ->> 'amount')::bigint AS amount, " \
	"o.deliver_after FROM dwello.outbox AS o "

#define DUE_AND_FREE \
	"WHERE o.applied_at IS NULL " \
	"AND (o.deliver_after IS NULL OR o.deliver_after <= $2) " \
	"ORDER BY o.id LIMIT $1 FOR UPDATE SKIP LOCKED"

/* Claims what is due, and reads so much of it, in SPI's memory. */
static Event *
claim(DwStatement *statement, DwMap *map, int32 max_rows, uint64 *count)
{
	DwParams	p = DW_PARAMS;
	Event	   *events;

	dw_param_int4(&p, max_rows);
	dw_param_time(&p, dw_now());
	*count = dw_execute(statement, &p);
	events = palloc0(sizeof(Event) * (*count + 1));
	for (uint64 i = 0; i < *count; i++)
		dw_map_read(map, i, &events[i]);
	return events;
}

/* Reads an event that is claimed, of which the key is known. */
static void
read_event(Event *event)
{
	static DwStatement read =
		DW_STATEMENT(EVENT_COLUMNS "WHERE o.scope_id = $1 AND o.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &event->scope_id);
	dw_param_uuid(&p, &event->id);
	if (dw_execute(&read, &p) == 0)
		elog(ERROR, "a claimed event is gone");
	dw_map_read(&event_map, 0, event);
}

/* Adds the ids of everyone whom the events name. */
static void
param_parties(DwParams *p, const Event *events, uint64 count)
{
	DwUuid	   *ids = palloc(sizeof(DwUuid) * count * DW_EVENT_PARTY_COUNT);
	int			n = 0;

	for (uint64 i = 0; i < count; i++)
		for (int party = 0; party < DW_EVENT_PARTY_COUNT; party++)
			if (!dw_uuid_is_nil(&events[i].parties[party]))
				ids[n++] = events[i].parties[party];
	dw_param_uuids(p, ids, n);
}

/*
 * Locks the sums of everyone whom the events name, in the order of their ids,
 * so that two workers cannot wait for each other.
 */
static void
lock_sums(const Event *events, uint64 count)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT FROM dwello.provider_stats AS s "
					 "WHERE s.user_id = ANY ($1) ORDER BY s.user_id FOR UPDATE");
	DwParams	p = DW_PARAMS;

	param_parties(&p, events, count);
	(void) dw_execute(&lock, &p);
}

/* Locks those of one event unless that means to wait; false when it does. */
static bool
lock_sums_now(const Event *event)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT FROM dwello.provider_stats AS s "
					 "WHERE s.user_id = ANY ($1) FOR UPDATE SKIP LOCKED");
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.provider_stats AS s "
					 "WHERE s.user_id = ANY ($1)");
	DwParams	p = DW_PARAMS;

	param_parties(&p, event, 1);
	return dw_execute(&lock, &p) == dw_execute(&find, &p);
}

/* Reads a provider's sums and brings them to today; false: they have none. */
static bool
load_sums(const DwUuid *user_id, Sums *sums)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(sums_table, "WHERE t.user_id = $1");
	DwParams	p = DW_PARAMS;
	DateADT		today = dw_today();

	dw_param_uuid(&p, user_id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&sums_table, 0, sums);
	dw_stats_decay(&sums->stats, today - sums->as_of);
	sums->as_of = today;
	return true;
}

/* Adds what an effect counts, or takes it out again. */
static DwResult
add_effect(Sums *sums, DwEventCount count, const Event *event)
{
	switch (count)
	{
		case DW_EVENT_COUNTS_CANCELLATION:
			sums->awards--;
			dw_stats_take_award(&sums->stats, sums->as_of - event->funded_on);
			return DW_OK;
		case DW_EVENT_COUNTS_AWARD:
			sums->awards++;
			return dw_stats_add_award(&sums->stats);
		case DW_EVENT_COUNTS_COMPLETION:
			sums->completions++;
			return dw_stats_add_completion(&sums->stats);
		default:
			sums->reviews++;
			return dw_stats_add_rating(&sums->stats, event->stars);
	}
}

/* Moves a provider's running sums by one event. */
static void
count_event(const Event *event, const DwEventEffect *effect)
{
	Sums		sums;

	if (effect->count == DW_EVENT_COUNTS_NOTHING || event->is_unpaid ||
		!load_sums(&event->parties[effect->party], &sums))
		return;
	if (add_effect(&sums, effect->count, event) != DW_OK)
		elog(ERROR, "event %s cannot be counted", dw_uuid_text(&event->id));
	dw_table_update(&sums_table, &sums);
}

/* What an application needs to show the event: its payload, and its type. */
static Datum
notification_data(const Event *event)
{
	DwPayload	type;

	dw_payload_begin(&type);
	dw_payload_text(&type, "event", event->type);
	return DirectFunctionCall2(jsonb_concat, event->payload,
							   dw_payload_end(&type));
}

/* Notifies a user of an event; once, whatever happens. */
static void
notify_user(const Event *event, const DwEventEffect *effect)
{
	static DwStatement insert_notification =
		DW_STATEMENT("INSERT INTO dwello.notifications "
					 "(user_id, event_id, notification_type, title, message, "
					 "data, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) "
					 "ON CONFLICT ON CONSTRAINT notifications_event_key "
					 "DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &event->parties[effect->party]);
	dw_param_uuid(&p, &event->id);
	dw_param_enum(&p, "notification_type", effect->notification);
	dw_param_text(&p, effect->title);
	dw_param_text(&p, effect->message);
	dw_param_datum(&p, JSONBOID, notification_data(event), false);
	dw_param_time(&p, dw_now());
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

/* Ends what is known of earlier failures of an event. */
static void
close_failures(const Event *event)
{
	static DwStatement finish =
		DW_STATEMENT("UPDATE dwello.outbox_deliveries AS d SET done_at = $4, "
					 "dead_at = NULL WHERE d.scope_id = $1 "
					 "AND d.event_id = $2 AND d.consumer = $3");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &event->scope_id);
	dw_param_uuid(&p, &event->id);
	dw_param_text(&p, DW_DELIVERY_CONSUMER);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&finish, &p);
}

/* Adds to what an agent has bid and won. */
static void
count_agent(const Event *event, int bids, int won)
{
	static DwStatement count =
		DW_STATEMENT("UPDATE dwello.ai_bidding_agents AS a "
					 "SET bids_total = a.bids_total + $2, "
					 "bids_won = a.bids_won + $3 WHERE a.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &event->parties[DW_EVENT_PROVIDER]);
	dw_param_int4(&p, bids);
	dw_param_int4(&p, won);
	(void) dw_execute(&count, &p);
}

/* What an event of an agent's bid means for the agent; once. */
static void
apply_agent(const Event *event)
{
	Outcome		row = {
		.user_id = event->parties[DW_EVENT_PROVIDER],
		.job_id = event->job_id,
		.decision_id = event->decision_id,
		.outcome = event->outcome,
		.amount = event->amount,
		.decided_at = event->created_at
	};

	if (strcmp(event->type, "bid_submitted") == 0)
		count_agent(event, 1, 0);
	else if (strcmp(event->type, "agent_outcome") == 0 &&
			 dw_table_insert_new(&outcomes, &row))
		count_agent(event, 0, strcmp(row.outcome, "won") == 0);
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
		if (effects[i].title != NULL)
			notify_user(event, &effects[i]);
	}
	if (strcmp(event->type, "job_published") == 0)
		dw_audience_notify(&event->scope_id, &event->id);
	if (!dw_uuid_is_nil(&event->decision_id))
		apply_agent(event);
	mark_applied(event);
	if (event->deliver_after != DT_NOBEGIN)
		close_failures(event);
}

/* Brings the market's prices up to date with the contracts of events. */
static void
refresh_market(const Event *events, uint64 count)
{
	DwMarketChange *changes = palloc(sizeof(DwMarketChange) * count);
	int			n = 0;

	for (uint64 i = 0; i < count; i++)
	{
		DwMarketEffect effect = dw_market_effect(events[i].type);

		if (effect == DW_MARKET_STAYS)
			continue;
		changes[n].job_id = events[i].scope_id;
		changes[n++].effect = effect;
	}
	if (n > 0)
		dw_market_refresh(changes, n);
}

/* How often an event has failed. */
static int32
failures_of(const Event *event)
{
	static DwStatement find =
		DW_STATEMENT("SELECT d.attempts FROM dwello.outbox_deliveries AS d "
					 "WHERE d.scope_id = $1 AND d.event_id = $2 "
					 "AND d.consumer = $3");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &event->scope_id);
	dw_param_uuid(&p, &event->id);
	dw_param_text(&p, DW_DELIVERY_CONSUMER);
	return dw_execute(&find, &p) > 0 ? dw_read_only_int4(0) : 0;
}

/* Writes that an event has failed so often, and when it is tried again. */
static void
write_failure(const Event *event, int32 attempts, TimestampTz run_after,
			  const char *message)
{
	static DwStatement save =
		DW_STATEMENT("INSERT INTO dwello.outbox_deliveries AS d "
					 "(scope_id, event_id, consumer, attempts, run_after, "
					 "claimed_at, dead_at, last_error) "
					 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
					 "ON CONFLICT ON CONSTRAINT outbox_deliveries_pkey "
					 "DO UPDATE SET attempts = EXCLUDED.attempts, "
					 "run_after = EXCLUDED.run_after, "
					 "claimed_at = EXCLUDED.claimed_at, "
					 "dead_at = EXCLUDED.dead_at, "
					 "last_error = EXCLUDED.last_error, done_at = NULL");
	DwParams	p = DW_PARAMS;
	TimestampTz now = dw_now();

	dw_param_uuid(&p, &event->scope_id);
	dw_param_uuid(&p, &event->id);
	dw_param_text(&p, DW_DELIVERY_CONSUMER);
	dw_param_int4(&p, attempts);
	dw_param_time(&p, run_after);
	dw_param_time(&p, now);
	dw_param_time(&p, run_after == DT_NOEND ? now : DT_NOBEGIN);
	dw_param_text(&p, message);
	(void) dw_execute(&save, &p);
}

/* Puts an event off that cannot be applied: for a while, or for good. */
static void
put_off(const Event *event, const ErrorData * error)
{
	static DwStatement delay =
		DW_STATEMENT("UPDATE dwello.outbox AS o SET deliver_after = $3 "
					 "WHERE o.scope_id = $1 AND o.id = $2");
	int32		attempts = failures_of(event) + 1;
	int64		pause = dw_event_pause(attempts,
									   dw_setting_int8("event_retry_seconds"));
	TimestampTz run_after = attempts >= dw_setting_int8("event_attempts")
		? DT_NOEND : dw_now() + pause * USECS_PER_SEC;
	DwParams	p = DW_PARAMS;

	write_failure(event, attempts, run_after, error->message);
	dw_param_uuid(&p, &event->scope_id);
	dw_param_uuid(&p, &event->id);
	dw_param_time(&p, run_after);
	(void) dw_execute(&delay, &p);
	dw_warn_left_out(error, psprintf("Event %s.", dw_uuid_text(&event->id)));
}

/* What is to be delivered, and how many were. */
typedef struct Delivery
{
	int32		max_rows;		/* events at most */
	int64		applied;		/* how many were */
} Delivery;

/*
 * Has payouts held, or resumed, of those whose balances the events have moved.
 * Before all else that is locked: users come before what belongs to them.
 * False when that means to wait and must not.
 */
static bool
review_payouts(const Event *events, uint64 count, bool waits)
{
	DwUuid	   *ids = palloc(sizeof(DwUuid) * count);
	int			n = 0;

	for (uint64 i = 0; i < count; i++)
		if (dw_payout_is_concerned(events[i].type))
			ids[n++] = events[i].parties[DW_EVENT_PROVIDER];
	return n == 0 || dw_payouts_review_all(ids, n, waits);
}

/* Applies what is due, all of it; work for dw_attempt(). */
static void
deliver_all(void *argument)
{
	static DwStatement claim_events =
		DW_STATEMENT(EVENT_COLUMNS DUE_AND_FREE);
	Delivery   *delivery = argument;
	uint64		count;
	Event	   *events = claim(&claim_events, &event_map, delivery->max_rows,
							   &count);

	if (count == 0)
		return;
	(void) review_payouts(events, count, true);
	lock_sums(events, count);
	for (uint64 i = 0; i < count; i++)
		apply_event(&events[i]);
	refresh_market(events, count);
	delivery->applied = (int64) count;
}

/* One event of those that are applied one by one. */
typedef struct OneEvent
{
	Event	   *event;			/* the event */
	bool		has_market;		/* one before it has waited for the market */
	bool		is_left;		/* it is left to a later call */
} OneEvent;

/* Reads and applies one event, or leaves it; work for dw_attempt(). */
static void
deliver_one(void *argument)
{
	OneEvent   *one = argument;
	bool		is_of_market;

	read_event(one->event);
	is_of_market = dw_market_effect(one->event->type) != DW_MARKET_STAYS;
	one->is_left = (is_of_market && one->has_market) ||
		!review_payouts(one->event, 1, false) || !lock_sums_now(one->event);
	if (one->is_left)
		return;
	apply_event(one->event);
	refresh_market(one->event, 1);
	one->has_market |= is_of_market;
}

/*
 * Applies what is due one by one, for something of it cannot be.  What is left
 * comes together with others at the next call, when that is put off.
 */
static void
deliver_each(Delivery *delivery)
{
	static DwStatement claim_keys =
		DW_STATEMENT("SELECT o.scope_id, o.id FROM dwello.outbox AS o "
					 DUE_AND_FREE);
	uint64		count;
	Event	   *events = claim(&claim_keys, &key_map, delivery->max_rows,
							   &count);
	OneEvent	one = {.has_market = false};

	for (uint64 i = 0; i < count; i++)
	{
		ErrorData  *error;

		one.event = &events[i];
		error = dw_attempt(deliver_one, &one);
		if (error != NULL)
			put_off(&events[i], error);
		else if (!one.is_left)
			delivery->applied++;
	}
}

int64
dw_events_deliver(int32 max_rows)
{
	Delivery	delivery = {.max_rows = max_rows};

	if (dw_attempt(deliver_all, &delivery) != NULL)
		deliver_each(&delivery);
	return delivery.applied;
}
