/*
 * match_store.c
 *		What a provider is matched by, and the open jobs that suit him.
 *
 * The index gives jobs by falling score, those of one score in no order.  So
 * the jobs of one score are collected until the next score comes, and then
 * put in the order of their ids.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "store/compat.h"
#include "store/match_store.h"
#include "store/plan_store.h"
#include "store/stream_store.h"

/* Columns of the search. */
enum
{
	JOB_ID,
	JOB_KEY,
	JOB_REST,
	JOB_TITLE,
	JOB_URGENCY,
	JOB_CURRENCY
};

/* Jobs in the making. */
typedef struct Collection
{
	const DwMatchSearch *search;	/* what is asked for */
	DwMatchJob *jobs;			/* those that are in order, then a tie */
	int			settled;		/* of the former */
	int			count;			/* of both */
	int			room;			/* for so many */
} Collection;

/* An array of uuids; NULL has none. */
static DwUuid *
read_uuids(uint64 row, int column, int *count)
{
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);
	Datum	   *items;
	bool	   *nulls;
	DwUuid	   *ids;

	*count = 0;
	if (isnull)
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(value), UUIDOID, UUID_LEN, false,
					  TYPALIGN_CHAR, &items, &nulls, count);
	ids = palloc((*count + 1) * sizeof(*ids));
	for (int i = 0; i < *count; i++)
		memcpy(&ids[i], DatumGetUUIDP(items[i]), sizeof(*ids));
	return ids;
}

/* Reads what is known of a provider; see the header. */
bool
dw_match_provider(const DwUuid *id, DateADT today, DwMatchProvider *provider)
{
	static DwStatement select_provider =
		DW_STATEMENT("SELECT st_x(a.location::geometry), "
					 "st_y(a.location::geometry), g.max_bid_radius_miles, "
					 "g.preferred_categories, (SELECT bit_or(1::bigint << "
					 "CASE c.credential_type WHEN 'license' THEN 0 "
					 "WHEN 'insurance' THEN 1 WHEN 'certification' THEN 2 "
					 "WHEN 'experience' THEN 3 ELSE 4 END) "
					 "FROM dwello.provider_credentials AS c "
					 "WHERE c.user_id = $1 AND c.verified_at IS NOT NULL "
					 "AND (c.valid_from IS NULL OR c.valid_from <= $2) "
					 "AND (c.valid_until IS NULL OR c.valid_until >= $2)) "
					 "FROM dwello.users AS u "
					 "LEFT JOIN dwello.ai_bidding_agents AS g "
					 "ON g.user_id = u.id "
					 "LEFT JOIN dwello.user_addresses AS a "
					 "ON a.user_id = u.id WHERE u.id = $1 "
					 "AND u.user_type = 'service_provider' "
					 "AND u.deleted_at IS NULL ORDER BY "
					 "a.is_primary AND a.address_type = 'business' DESC, "
					 "a.is_primary DESC, a.id LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	dw_param_date(&p, today);
	if (dw_query(&select_provider, &p) == 0)
		return false;
	memset(provider, 0, sizeof(*provider));
	provider->id = *id;
	provider->has_place = !dw_read_null(0, 1);
	if (provider->has_place)
	{
		provider->longitude = dw_read_float8(0, 1);
		provider->latitude = dw_read_float8(0, 2);
	}
	if (!dw_read_null(0, 3))
		provider->radius_miles = dw_read_int4(0, 3);
	provider->preferred = read_uuids(0, 4, &provider->preferred_count);
	if (!dw_read_null(0, 5))
		provider->capabilities = dw_read_int8(0, 5);
	return true;
}

/* The query of a wish; see the header. */
DwMatchQuery *
dw_match_query(const DwMatchWish *wish)
{
	DwMatchQuery *query = palloc(dw_match_size(wish));

	dw_match_prepare(wish, query);
	SET_VARSIZE(query, dw_match_size(wish));
	return query;
}

/* By id: for jobs of one score. */
static int
job_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const DwMatchJob *) a)->id,
						   &((const DwMatchJob *) b)->id);
}

/* Puts the jobs of one score in order; true when more are wanted. */
static bool
collection_settle(Collection *collection)
{
	DwMatchJob *tie = collection->jobs + collection->settled;

	if (collection->count - collection->settled > 1)
		qsort(tie, collection->count - collection->settled, sizeof(*tie),
			  job_compare);
	collection->count = Min(collection->count, collection->search->count);
	collection->settled = collection->count;
	return collection->count < collection->search->count;
}

/* Makes room for one job more; a tie that is too long loses its end. */
static void
collection_enlarge(Collection *collection)
{
	int			settled = collection->settled;

	if (collection->count < collection->room)
		return;
	(void) collection_settle(collection);
	collection->settled = settled;
}

/* True for a job that the cursor has passed. */
static bool
cursor_has_passed(const DwMatchCursor *after, double rest, const void *id)
{
	return rest < after->rest ||
		(rest == after->rest && memcmp(id, &after->id, UUID_LEN) <= 0);
}

/* A text of a row, to be kept. */
static Datum
text_copy(Datum value)
{
	return PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
}

/* Takes one job of the search; false when there are enough. */
static bool
collection_take(void *state, TupleTableSlot *slot)
{
	Collection *collection = state;
	DwMatchJob *job;
	double		rest;
	const void *id;

	slot_getallattrs(slot);
	rest = DatumGetFloat8(slot->tts_values[JOB_REST]);
	id = DatumGetPointer(slot->tts_values[JOB_ID]);
	if (cursor_has_passed(&collection->search->after, rest, id))
		return true;
	if (collection->count > collection->settled &&
		rest != collection->jobs[collection->count - 1].rest &&
		!collection_settle(collection))
		return false;
	collection_enlarge(collection);
	job = &collection->jobs[collection->count++];
	memcpy(&job->id, id, sizeof(job->id));
	memcpy(&job->key, DatumGetPointer(slot->tts_values[JOB_KEY]),
		   sizeof(job->key));
	job->rest = rest;
	job->title = text_copy(slot->tts_values[JOB_TITLE]);
	job->urgency = slot->tts_values[JOB_URGENCY];
	job->currency = text_copy(slot->tts_values[JOB_CURRENCY]);
	return true;
}

/* The jobs that suit; see the header. */
int
dw_match_search(const DwMatchSearch *search, DwMatchJob **jobs)
{
	static DwStatement select_jobs =
		DW_STATEMENT("SELECT j.id, j.key, "
					 "j.key OPERATOR(dwello.<~>) $1, j.title, j.urgency, "
					 "j.currency FROM dwello.jobs AS j "
					 "WHERE j.status = 'open' AND j.is_listed "
					 "AND j.key OPERATOR(dwello.@@@) $1 "
					 "AND j.homeowner_id <> $2 AND j.expires_at > $3 "
					 "AND j.deleted_at IS NULL "
					 "ORDER BY j.key OPERATOR(dwello.<~>) $1");
	DwParams	p = DW_PARAMS;
	Collection	collection = {.search = search,
	.room = 2 * search->count + 16};

	collection.jobs = palloc(collection.room * sizeof(*collection.jobs));
	dw_param_datum(&p, dw_type_find("job_query"),
				   PointerGetDatum(search->query), false);
	dw_param_uuid(&p, &search->provider_id);
	dw_param_time(&p, search->now);
	dw_stream(&select_jobs, &p, collection_take, &collection);
	(void) collection_settle(&collection);
	*jobs = collection.jobs;
	return collection.count;
}

/* Reads how a job stands; see the header. */
bool
dw_match_standing(const DwUuid *job_id, TimestampTz now,
				  DwMatchStanding *standing)
{
	static DwStatement select_job =
		DW_STATEMENT("SELECT j.key, j.status = 'open' AND j.is_listed, "
					 "COALESCE(j.expires_at <= $2, false) "
					 "FROM dwello.jobs AS j WHERE j.id = $1 "
					 "AND j.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;
	bool		isnull;
	Datum		key;

	dw_param_uuid(&p, job_id);
	dw_param_time(&p, now);
	if (dw_query(&select_job, &p) == 0)
		return false;
	memset(standing, 0, sizeof(*standing));
	key = dw_read_datum(0, 1, &isnull);
	standing->has_key = !isnull;
	if (!isnull)
		memcpy(&standing->key, DatumGetPointer(key), sizeof(standing->key));
	standing->is_listed = dw_read_bool(0, 2);
	standing->is_expired = dw_read_bool(0, 3);
	return true;
}
