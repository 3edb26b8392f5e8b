/*
 * match_store.c
 *		What a provider is matched by, and the open jobs that suit them.
 *
 * The index gives jobs by falling score, those of one score in no order.  So
 * the jobs of one score are collected until the next score comes, and then
 * put in the order of their ids.
 */
#include "postgres.h"

#include <math.h>

#include "utils/expandeddatum.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/match/match_store.h"

/*
 * Rests that a search keeps beyond those of the jobs that it wants, for jobs
 * that the index gives and the row shows to be expired, deleted or the
 * provider's own.
 */
#define SPARE_RESTS 8

/* Pages that a statement is asked for when one may begin within a tie. */
#define TIE_PAGES 16

/* Columns of the statement. */
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
	int			read;			/* jobs that the statement gave */
	bool		is_over;		/* there are enough, no tie is open */
} Collection;

/*
 * The types of the credentials that a provider holds on a day, as bits; for
 * a day on which they are not what they were when their profile was written.
 */
static int64
provider_capabilities(const DwUuid *id, DateADT today)
{
	static DwStatement select_bits =
		DW_STATEMENT("SELECT coalesce(bit_or(1::bigint << "
					 "CASE c.credential_type WHEN 'license' THEN 0 "
					 "WHEN 'insurance' THEN 1 WHEN 'certification' THEN 2 "
					 "WHEN 'experience' THEN 3 ELSE 4 END), 0) "
					 "FROM dwello.provider_credentials AS c "
					 "WHERE c.user_id = $1 AND c.verified_at IS NOT NULL "
					 "AND (c.valid_from IS NULL OR c.valid_from <= $2) "
					 "AND (c.valid_until IS NULL OR c.valid_until >= $2)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	dw_param_date(&p, today);
	(void) dw_query(&select_bits, &p);
	return dw_read_only_int8(0);
}

/* True when a provider has that id. */
static bool
provider_exists(const DwUuid *id)
{
	static DwStatement select_user =
		DW_STATEMENT("SELECT FROM dwello.users AS u WHERE u.id = $1 "
					 "AND u.user_type = 'service_provider' "
					 "AND u.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	return dw_query(&select_user, &p) > 0;
}

static const DwColumn provider_fields[] = {
	DW_COLUMN(FLOAT8, DwMatchProvider, longitude, longitude,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(FLOAT8, DwMatchProvider, latitude, latitude,
			  DW_COLUMN_NULLABLE),
	DW_FIELD(FLOAT8, DwMatchProvider, radius_miles, radius_miles),
	DW_FIELD_OR(INT8, DwMatchProvider, capabilities, capabilities, -1),
	DW_FIELD(UUIDS, DwMatchProvider, category_ids, preferred)
};

static const DwColumn preferred_fields[] = {
	DW_FIELD(UUIDS, DwMatchProvider, category_ids, preferred)
};

static DwMap providers = DW_MAP(provider_fields);
static DwMap preferred = DW_MAP(preferred_fields);

/*
 * A profile repeats where its owner is, how far they go and what they hold
 * (audience_store.h); nobody's but a provider's has a place.
 */
bool
dw_match_provider(const DwUuid *id, DateADT today, DwMatchProvider *provider)
{
	static DwStatement select_provider =
		DW_STATEMENT("SELECT p.longitude, p.latitude, p.radius_miles, "
					 "CASE WHEN coalesce($2 >= p.capability_from, true) "
					 "AND coalesce($2 <= p.capability_until, true) "
					 "THEN p.capability_bits END AS capabilities, "
					 "p.category_ids FROM dwello.user_profiles AS p WHERE p.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	dw_param_date(&p, today);
	provider->id = *id;
	provider->longitude = NAN;
	memset(&provider->preferred, 0, sizeof(provider->preferred));
	if (dw_query(&select_provider, &p) > 0)
		dw_map_read(&providers, 0, provider);
	if (isnan(provider->longitude))
		return provider_exists(id);
	if (provider->capabilities < 0)
		provider->capabilities = provider_capabilities(id, today);
	return true;
}

void
dw_match_preferred(DwMatchProvider *provider)
{
	/* a join with the profile takes twice as many instructions as both */
	static DwStatement select_agent =
		DW_STATEMENT("SELECT g.category_ids "
					 "FROM dwello.ai_bidding_agents AS g "
					 "WHERE g.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &provider->id);
	if (dw_query(&select_agent, &p) > 0)
		dw_map_read(&preferred, 0, provider);
}

DwMatchQuery *
dw_match_query(const DwMatchCriteria *criteria)
{
	DwMatchQuery *query = palloc(dw_match_size(criteria));

	dw_match_prepare(criteria, query);
	SET_VARSIZE(query, dw_match_size(criteria));
	return query;
}

/* A query under way, as the server's expanded objects are. */
typedef struct OpenQuery
{
	ExpandedObjectHeader header;	/* makes it a value of job_query */
	DwMatchUnderWay search;		/* its body */
} OpenQuery;

StaticAssertDecl(offsetof(OpenQuery, search) ==
				 MAXALIGN(sizeof(ExpandedObjectHeader)),
				 "the body begins where the index looks for it");

/* The bytes of its value. */
static Size
open_query_size(ExpandedObjectHeader * header)
{
	return VARSIZE(((OpenQuery *) header)->search.query);
}

/* Its value, for whoever copies or stores it. */
static void
open_query_flatten(ExpandedObjectHeader * header, void *result, Size size)
{
	memcpy(result, ((OpenQuery *) header)->search.query, size);
}

/* The query of a search as a value, which lives as long as the memory. */
static Datum
open_query_begin(OpenQuery *open, DwMatchQuery *query, DwMatchBest *best)
{
	static const ExpandedObjectMethods methods = {
		open_query_size, open_query_flatten
	};

	EOH_init_header(&open->header, &methods, CurrentMemoryContext);
	open->search.query = query;
	open->search.best = best;
	return EOHPGetRODatum(&open->header);
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

	slot_getallattrs(slot);
	rest = DatumGetFloat8(slot->tts_values[JOB_REST]);
	if (collection->count > collection->settled &&
		rest != collection->jobs[collection->count - 1].rest &&
		!collection_settle(collection))
	{
		collection->is_over = true;
		return false;
	}
	collection->read++;
	collection_enlarge(collection);
	job = &collection->jobs[collection->count++];
	memcpy(&job->id, DatumGetPointer(slot->tts_values[JOB_ID]),
		   sizeof(job->id));
	memcpy(&job->key, DatumGetPointer(slot->tts_values[JOB_KEY]),
		   sizeof(job->key));
	job->rest = rest;
	job->title = text_copy(slot->tts_values[JOB_TITLE]);
	job->urgency = slot->tts_values[JOB_URGENCY];
	job->currency = text_copy(slot->tts_values[JOB_CURRENCY]);
	return true;
}

/*
 * Collects the jobs that suit a query, as the index gives them, of no more
 * than so many.  What the cursor has passed of its own score is left out
 * here, what scores higher by the ceiling of the query.
 */
static void
collection_fill(Collection *collection, Datum query, int limit)
{
	static DwStatement select_jobs =
		DW_STATEMENT("SELECT j.id, j.key, "
					 "j.key OPERATOR(dwello.<~>) $1, j.title, j.urgency, "
					 "j.currency FROM dwello.jobs AS j "
					 "WHERE j.status = 'open' AND j.is_listed "
					 "AND j.key OPERATOR(dwello.@@@) $1 "
					 "AND j.homeowner_id <> $2 AND j.expires_at > $3 "
					 "AND j.deleted_at IS NULL AND (j.id > $4 "
					 "OR j.key OPERATOR(dwello.<~>) $1 > $5) "
					 "AND ($6 IS NULL OR j.urgency = $6) "
					 "ORDER BY j.key OPERATOR(dwello.<~>) $1 LIMIT $7");
	const DwMatchSearch *search = collection->search;
	DwParams	p = DW_PARAMS;

	dw_param_datum(&p, dw_type_find("job_query"), query, false);
	dw_param_uuid(&p, &search->provider_id);
	dw_param_time(&p, search->now);
	dw_param_uuid(&p, &search->after.id);
	dw_param_float8(&p, search->after.rest);
	dw_param_enum(&p, "urgency", search->urgency);
	dw_param_int4(&p, limit);
	collection->count = collection->settled = collection->read = 0;
	collection->is_over = false;
	dw_stream(&select_jobs, &p, collection_take, collection);
	(void) collection_settle(collection);
}

/*
 * True when what the index turned away may belong to what was asked for: of
 * what it met, too much was not shown.
 */
static bool
collection_lacks(const Collection *collection, const DwMatchBest *best)
{
	if (best->count < best->room)
		return false;
	return collection->count < collection->search->count ||
		collection->jobs[collection->count - 1].rest > best->limit;
}

/*
 * The index is told how good the best are that it has met, with some to spare
 * for those that turn out not to be shown; when too many were, it is asked
 * again without.  A statement that ends within a tie is run again for more,
 * and has to pass the same jobs once more; behind a cursor ties are likely, so
 * more is asked for at once there.  That costs nothing: reading ends with the
 * tie, the limit is for servers that send all that they are asked for.
 */
int
dw_match_search(const DwMatchSearch *search, DwMatchJob **jobs)
{
	Collection	collection = {.search = search,
	.room = 2 * search->count + 16};
	int			room = search->count + search->count / 8 + SPARE_RESTS;
	int			limit = dw_uuid_is_nil(&search->after.id) ? room :
		room * TIE_PAGES;
	DwMatchBest *best = palloc(dw_match_best_size(room));
	Datum		query = PointerGetDatum(search->query);
	OpenQuery	open;

	collection.jobs = palloc(collection.room * sizeof(*collection.jobs));
	dw_match_best_begin(best, room, search->after.rest);
	collection_fill(&collection, open_query_begin(&open, search->query, best),
					limit);
	if (collection_lacks(&collection, best))
		collection_fill(&collection, query, limit);
	while (!collection.is_over && collection.read == limit)
	{
		limit = limit > INT_MAX / TIE_PAGES ? INT_MAX : limit * TIE_PAGES;
		collection_fill(&collection, query, limit);
	}
	*jobs = collection.jobs;
	return collection.count;
}

static const DwColumn listing_fields[] = {
	DW_FIELD(DATUM, DwMatchListing, key, key),
	DW_FIELD(BOOL, DwMatchListing, is_listed, is_listed),
	DW_FIELD(BOOL, DwMatchListing, is_expired, is_expired)
};

static DwMap listings = DW_MAP(listing_fields);

bool
dw_match_listing(const DwUuid *job_id, TimestampTz now,
				 DwMatchListing *listing)
{
	static DwStatement select_job =
		DW_STATEMENT("SELECT j.key, j.status = 'open' AND j.is_listed "
					 "AS is_listed, COALESCE(j.expires_at <= $2, false) "
					 "AS is_expired FROM dwello.jobs AS j WHERE j.id = $1 "
					 "AND j.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_time(&p, now);
	if (dw_query(&select_job, &p) == 0)
		return false;
	dw_map_read(&listings, 0, listing);
	return true;
}
