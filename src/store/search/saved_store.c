/*
 * saved_store.c
 *		Rows of dwello.saved_searches, and who hears of a job by them.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/audience/audience_store.h"
#include "store/search/search_store.h"

static void param_words(DwParams *p, const DwUuid *job_id);
static void param_amount(DwParams *p, int64 amount);
static void param_degrees(DwParams *p, double value, bool is_given);

int32
dw_saved_lock(const DwUuid *user_id, const DwUuid *id)
{
	static DwStatement lock_search =
		DW_STATEMENT("SELECT s.version FROM dwello.saved_searches AS s "
					 "WHERE s.user_id = $1 AND s.id = $2 "
					 "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	return dw_execute(&lock_search, &p) == 0 ? 0 : dw_read_only_int4(0);
}

/* How many they have. */
int64
dw_saved_count(const DwUuid *user_id)
{
	static DwStatement count_searches =
		DW_STATEMENT("SELECT count(*) FROM dwello.saved_searches AS s "
					 "WHERE s.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&count_searches, &p);
	return dw_read_only_int8(0);
}

void
dw_saved_write(DwSavedSearch *saved, TimestampTz now)
{
	static DwStatement write_search =
		DW_STATEMENT("INSERT INTO dwello.saved_searches AS s "
					 "(user_id, id, name, query, longitude, latitude, "
					 "radius_miles, category_ids, budget_min, budget_max, "
					 "currency, urgency, created_at, updated_at) "
					 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
					 "$12::text::dwello.urgency, $13, $13) "
					 "ON CONFLICT ON CONSTRAINT saved_searches_pkey "
					 "DO UPDATE SET (name, query, longitude, latitude, "
					 "radius_miles, category_ids, budget_min, budget_max, "
					 "currency, urgency, version) = "
					 "ROW (EXCLUDED.name, EXCLUDED.query, "
					 "EXCLUDED.longitude, EXCLUDED.latitude, "
					 "EXCLUDED.radius_miles, EXCLUDED.category_ids, "
					 "EXCLUDED.budget_min, EXCLUDED.budget_max, "
					 "EXCLUDED.currency, EXCLUDED.urgency, s.version + 1) "
					 "RETURNING s.version");
	const DwSearch *search = saved->search;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &saved->user_id);
	dw_param_uuid(&p, &saved->id);
	dw_param_text(&p, saved->name);
	dw_param_text(&p, search->query);
	param_degrees(&p, search->longitude, search->has_longitude);
	param_degrees(&p, search->latitude, search->has_longitude);
	param_degrees(&p, search->radius_miles, search->has_longitude);
	dw_param_uuids(&p, search->category_ids, search->category_count);
	param_amount(&p, search->budget_min);
	param_amount(&p, search->budget_max);
	dw_param_text(&p, search->currency);
	dw_param_text(&p, search->urgency);
	dw_param_time(&p, now);
	(void) dw_execute(&write_search, &p);
	saved->version = dw_read_only_int4(0);
}

void
dw_saved_delete(const DwUuid *user_id, const DwUuid *id)
{
	static DwStatement delete_search =
		DW_STATEMENT("DELETE FROM dwello.saved_searches AS s "
					 "WHERE s.user_id = $1 AND s.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	(void) dw_execute(&delete_search, &p);
}

/*
 * In two steps, for searches lie with their owners and a job does not: what
 * the job asks is read first.
 */
void
dw_saved_notify(const DwUuid *job_id, const DwUuid *event_id)
{
	static DwStatement insert_notifications =
		DW_STATEMENT("INSERT INTO dwello.notifications "
					 "(user_id, event_id, notification_type, title, message, "
					 "data, created_at) "
					 "SELECT DISTINCT ON (s.user_id) s.user_id, $15, "
					 "'system', 'A job fits your search', s.name, "
					 "jsonb_build_object('event', 'job_published', "
					 "'job_id', $14, 'search_id', s.id), $16 "
					 "FROM dwello.saved_searches AS s "
					 "JOIN dwello.users AS u ON u.id = s.user_id "
					 "WHERE s.key @@@ "
					 "dwello.agent_query($1, $2, $3, $4, $5, $6, $7, $8) "
					 "AND " DW_AUDIENCE_WANTS_CATEGORY("s")
					 "AND (s.words IS NULL OR numnode(s.words) = 0 "
					 "OR $12 @@ s.words) "
					 "AND (s.urgency IS NULL OR s.urgency::text = $13) "
					 "AND s.user_id <> $11 AND u.status = 'active' "
					 "AND u.deleted_at IS NULL ORDER BY s.user_id, s.id "
					 "ON CONFLICT ON CONSTRAINT notifications_event_key "
					 "DO NOTHING");
	DwParams	p = DW_PARAMS;

	if (!dw_audience_param_job(&p, job_id))
		return;
	param_words(&p, job_id);
	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, event_id);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&insert_notifications, &p);
}

/* Adds the words and the urgency of a job that is there. */
static void
param_words(DwParams *p, const DwUuid *job_id)
{
	static DwStatement select_job =
		DW_STATEMENT("SELECT j.search, j.urgency::text "
					 "FROM dwello.jobs AS j WHERE j.id = $1");
	DwParams	key = DW_PARAMS;
	bool		isnull;
	Datum		words;

	dw_param_uuid(&key, job_id);
	(void) dw_execute(&select_job, &key);
	words = dw_read_datum(0, 1, &isnull);
	dw_param_datum(p, TSVECTOROID, words, isnull);
	dw_param_text(p, dw_read_text(0, 2));
}

/* Adds an amount, or NULL for none. */
static void
param_amount(DwParams *p, int64 amount)
{
	dw_param_datum(p, INT8OID, Int64GetDatum(amount),
				   amount == DW_SEARCH_ABSENT);
}

/* Adds a coordinate or a radius, or NULL where no place is given. */
static void
param_degrees(DwParams *p, double value, bool is_given)
{
	dw_param_datum(p, FLOAT8OID, Float8GetDatum(value), !is_given);
}
