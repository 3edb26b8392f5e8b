/*
 * counter_store.c
 *		Rows of dwello.counter_offers: offers back and forth about a bid.
 *
 * Whoever writes one holds the lock of the job, so the offers about a bid
 * stand still while the next is judged by them.  An index allows a bid one
 * that is pending.
 *
 * What ends with its bid says nothing: the event of the bid does.
 */
#include "postgres.h"

#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/bid/bid_store.h"

static const DwColumn counter_columns[] = {
	DW_COLUMN(UUID, DwCounterRow, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwCounterRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwCounterRow, bid_id, bid_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwCounterRow, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwCounterRow, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwCounterRow, offered_by, offered_by, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwCounterRow, round, round, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwCounterRow, bid_version, bid_version, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwCounterRow, amount, amount, DW_COLUMN_FIXED),
	DW_COLUMN(CURRENCY, DwCounterRow, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwCounterRow, message, message, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(offer_status, DwCounterRow, status, status, 0,
				   dw_offer_status_labels),
	DW_COLUMN(TIME, DwCounterRow, expires_at, expires_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwCounterRow, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwCounterRow, answered_at, answered_at,
			  DW_COLUMN_NULLABLE)
};

static DwTable counters =
DW_TABLE("counter_offers", DwCounterRow, counter_columns);

bool
dw_counter_load(const DwUuid *job_id, const DwUuid *id, DwCounterRow *counter)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(counters, "WHERE t.job_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&counters, 0, counter);
	return true;
}

DwCounterRow *
dw_counters_load(const DwBid *bid, int *count)
{
	static DwTableQuery of_bid =
		DW_TABLE_QUERY(counters, "WHERE t.job_id = $1 AND t.bid_id = $2 "
					   "ORDER BY t.round");
	DwParams	p = DW_PARAMS;
	DwCounterRow *rows;

	dw_param_uuid(&p, &bid->job_id);
	dw_param_uuid(&p, &bid->id);
	*count = (int) dw_table_execute(&of_bid, &p);
	rows = palloc_array(DwCounterRow, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_table_read(&counters, i, &rows[i]);
	return rows;
}

void
dw_counter_insert(const DwCounterRow *counter)
{
	bool		is_homeowners = dw_uuid_equal(&counter->offered_by,
											  &counter->homeowner_id);

	dw_table_insert(&counters, counter);
	dw_counter_emit(counter, "counter_offered",
					is_homeowners ? &counter->provider_id
					: &counter->homeowner_id);
}

void
dw_counter_save(DwCounterRow *counter)
{
	counter->answered_at = dw_now();
	dw_table_update(&counters, counter);
}

void
dw_counter_emit(const DwCounterRow *counter, const char *type,
				const DwUuid *recipient_id)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &counter->job_id);
	dw_payload_uuid(&payload, "bid_id", &counter->bid_id);
	dw_payload_uuid(&payload, "counter_id", &counter->id);
	dw_payload_uuid(&payload, "homeowner_id", &counter->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &counter->provider_id);
	dw_payload_uuid(&payload, "recipient_id", recipient_id);
	dw_payload_int8(&payload, "amount", counter->amount);
	dw_payload_text(&payload, "currency", counter->currency);
	dw_payload_text(&payload, "message", counter->message);
	dw_event_emit(&counter->job_id, "bid", &counter->bid_id, type, &payload);
}

#define END_PENDING \
	"UPDATE dwello.counter_offers AS c SET status = 'expired', " \
	"answered_at = $1 "

void
dw_counters_overtake(const DwUuid *job_id)
{
	static DwStatement overtake =
		DW_STATEMENT(END_PENDING "WHERE c.job_id = $2 "
					 "AND c.status = 'pending'");
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, dw_now());
	dw_param_uuid(&p, job_id);
	(void) dw_execute(&overtake, &p);
}

DwDue *
dw_counters_claim_overdue(int max_rows, int *count)
{
	static DwStatement find_counters =
		DW_STATEMENT("SELECT c.expires_at AS due, c.id, c.job_id "
					 "FROM dwello.counter_offers AS c "
					 "WHERE c.status = 'pending' AND c.expires_at <= $1 "
					 "AND (c.expires_at, c.id) > ($2, $3) "
					 "ORDER BY c.expires_at, c.id LIMIT $4");

	return dw_due_claim(&find_counters, max_rows, count);
}

/* Those that a statement has ended. */
typedef struct Ended
{
	DwCounterRow *rows;			/* in the order of their ids */
	int			count;			/* of them */
} Ended;

/* Orders them by id, for qsort: RETURNING has no order, events want one. */
static int
counter_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const DwCounterRow *) a)->id,
						   &((const DwCounterRow *) b)->id);
}

/* Writes the events; work for dw_write_batch(). */
static void
emit_expired(void *argument)
{
	const Ended *ended = argument;

	for (int i = 0; i < ended->count; i++)
		dw_counter_emit(&ended->rows[i], "counter_expired",
						&ended->rows[i].offered_by);
}

int
dw_counters_expire(const DwDue *due, int count)
{
	/* the condition is asked again: it may have been answered meanwhile */
	static DwStatement expire =
		DW_STATEMENT(END_PENDING "FROM unnest($2, $3) AS d (job_id, id) "
					 "WHERE c.job_id = d.job_id AND c.id = d.id "
					 "AND c.status = 'pending' AND c.expires_at <= $1 "
					 "RETURNING c AS counter");
	DwUuid	   *jobs = palloc_array(DwUuid, Max(count, 1));
	DwUuid	   *ids = palloc_array(DwUuid, Max(count, 1));
	DwParams	p = DW_PARAMS;
	Ended		ended;

	for (int i = 0; i < count; i++)
	{
		jobs[i] = due[i].job_id;
		ids[i] = due[i].id;
	}
	dw_param_time(&p, dw_now());
	dw_param_uuids(&p, jobs, count);
	dw_param_uuids(&p, ids, count);
	ended.count = (int) dw_execute(&expire, &p);
	ended.rows = palloc_array(DwCounterRow, Max(ended.count, 1));
	for (int i = 0; i < ended.count; i++)
		dw_table_read_as(&counters, i, "counter", &ended.rows[i]);
	qsort(ended.rows, ended.count, sizeof(DwCounterRow), counter_compare);
	if (ended.count > 0)
		dw_write_batch(emit_expired, &ended);
	return ended.count;
}
