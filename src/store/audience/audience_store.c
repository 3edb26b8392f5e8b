/*
 * audience_store.c
 *		The audience of a job: agents, providers and saved searches that want
 *		it, and the columns that matching knows people by.
 *
 * The index (agent_key_ops) finds whoever may want a job, and mostly that is
 * all there is to know: the key with the place, and beside it the id.  So
 * the tables are not read, where they have been vacuumed.  What a key does
 * not know is asked of the row: more than a few categories, the form of an
 * area, credentials on another day, and everything where two categories have
 * the same tag.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"

#include "core/audience/audience.h"
#include "core/geo/geo.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/audience/audience_store.h"
#include "store/match/match_store.h"

/* What a job asks with. */
typedef struct AudienceJob
{
	DwUuid		homeowner_id;	/* not in the audience of their own job */
	bool		is_open;		/* to all, and not past its end; else query
								 * and path are not set */
	char	   *currency;		/* of the budget */
	DateADT		day;			/* on which credentials must be valid */
	const DwJobKey *key;		/* jobs.key; NULL before it is published */
	Datum		words;			/* tsvector; for saved searches alone */
	char	   *urgency;		/* label; likewise */
	DwAudienceQuery query;		/* without account_status */
	DwMatchPath path;			/* its category, those above */
} AudienceJob;

static const DwColumn job_fields[] = {
	DW_FIELD(UUID, AudienceJob, homeowner_id, homeowner_id),
	DW_FIELD(BOOL, AudienceJob, is_open, is_open),
	DW_FIELD(TEXT, AudienceJob, currency, currency),
	DW_FIELD(DATE, AudienceJob, day, day),
	DW_FIELD(DATUM, AudienceJob, key, key)
};

static const DwColumn word_fields[] = {
	DW_FIELD(DATUM, AudienceJob, search, words),
	DW_FIELD(LABEL, AudienceJob, urgency, urgency)
};

static DwMap jobs = DW_MAP(job_fields);
static DwMap job_words = DW_MAP(word_fields);

/* One of the audience. */
typedef struct Member
{
	DwUuid		id;				/* a user's */
	double		distance_miles; /* from their place to the job's */
} Member;

/* The audience of a job, as far as it is known. */
typedef struct Audience
{
	const AudienceJob *job;		/* the job */
	double		max_m;			/* farthest anybody may be, in metres */
	Member	   *members;		/* in no order yet */
	int			count;			/* of them */
	int			room;			/* for so many */
	DwUuid	   *unsure;			/* whose rows must be asked */
	int			unsure_count;	/* of them */
	int			unsure_room;	/* for so many */
} Audience;

/* A row that wants a job but for the distance. */
typedef struct AudienceRow
{
	DwUuid		id;				/* a user's */
	double		longitude;		/* degrees */
	double		latitude;		/* degrees */
	double		miles;			/* farthest that they go */
} AudienceRow;

static const DwColumn row_fields[] = {
	DW_FIELD(UUID, AudienceRow, user_id, id),
	DW_FIELD(FLOAT8, AudienceRow, longitude, longitude),
	DW_FIELD(FLOAT8, AudienceRow, latitude, latitude),
	DW_FIELD(FLOAT8, AudienceRow, miles, miles)
};

static DwMap wanting = DW_MAP(row_fields);

/*
 * By id; memcmp() is called where the first halves do not decide, which for
 * ids of one millisecond alone they do not.
 */
static inline int
member_compare(const Member *a, const Member *b)
{
	uint64		one;
	uint64		two;

	memcpy(&one, a->id.bytes, sizeof(one));
	memcpy(&two, b->id.bytes, sizeof(two));
	if (one == two)
		return dw_uuid_compare(&a->id, &b->id);
	return pg_ntoh64(one) < pg_ntoh64(two) ? -1 : 1;
}

/* members_sort(rows, count) */
#define ST_SORT members_sort
#define ST_ELEMENT_TYPE Member
#define ST_COMPARE(a, b) member_compare(a, b)
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* By distance, then by id. */
static inline int
distance_compare(const Member *a, const Member *b)
{
	if (a->distance_miles != b->distance_miles)
		return a->distance_miles < b->distance_miles ? -1 : 1;
	return member_compare(a, b);
}

/* nearest_sort(rows, count) */
#define ST_SORT nearest_sort
#define ST_ELEMENT_TYPE Member
#define ST_COMPARE(a, b) distance_compare(a, b)
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* Columns of the index, in its order. */
enum
{
	ENTRY_KEY = 1,
	ENTRY_ID
};

/* The job lies in the area of a row: 180 degrees west is 180 east. */
#define AREA_COVERS(row) \
	"(" row ".area IS NULL " \
	"OR st_covers(" row ".area, st_setsrid(st_makepoint($1, $2), 4326)) " \
	"OR abs($1) = 180 AND " \
	"st_covers(" row ".area, st_setsrid(st_makepoint(-$1, $2), 4326))) "

/*
 * They hold what the job demands on the day of its planned end: that of a row
 * whose credentials are all valid then is known from the row.
 */
#define HOLDS_CREDENTIALS(row) \
	"(coalesce($9 >= " row ".capability_from, true) " \
	"AND coalesce($9 <= " row ".capability_until, true) " \
	"OR (SELECT bit_or(" DW_AUDIENCE_CREDENTIAL_BIT("c.credential_type") ") " \
	"FROM dwello.provider_credentials AS c " \
	"WHERE c.user_id = " row ".user_id AND c.verified_at IS NOT NULL " \
	"AND (c.valid_from IS NULL OR c.valid_from <= $9) " \
	"AND (c.valid_until IS NULL OR c.valid_until >= $9)) & $8 = $8) "

/* What the index alone tells of those who may want a job. */
#define ENTRIES(row) "SELECT " row ".key, " row ".user_id "
#define ENTRY_MATCHES(row) row ".account_status > 0 AND " row ".key @@@ $1"

/* A saved search's categories are for a job: without any it is for all. */
#define SEARCHES_CATEGORY(row) \
	"(" row ".category_ids = '{}' OR " row ".category_ids && $4) "

/* A row, whose key matches, wants the job; $1 to $11 as param_job() says. */
#define ROW_WANTS(row) \
	"WHERE " row ".user_id = ANY ($12) " \
	"AND " row ".category_ids && $4 " \
	"AND " AREA_COVERS(row) \
	"AND ($8 = 0 OR " HOLDS_CREDENTIALS(row) ")"

static void entries_ask(DwStatement *entries, Audience *audience);
static bool entry_take(void *state, TupleTableSlot *slot);
static void rows_ask(DwStatement *rows, Audience *audience);
static void member_add(Audience *audience, const DwUuid *id,
					   const DwPoint *point, double miles);
static void refresh_profile(const DwUuid *user_id);
static void refresh_agent(const DwUuid *user_id);
static bool job_load(const DwUuid *job_id, AudienceJob *job);
static void job_ask(AudienceJob *job);
static double rules_radius_miles(void);
static void param_job(DwParams *p, const AudienceJob *job);

void
dw_audience_refresh(const DwUuid *user_id)
{
	refresh_profile(user_id);
	refresh_agent(user_id);
}

/*
 * Users are found by a read and locked by their keys.  Those whom another
 * transaction has locked are passed by, and so others are looked for.
 */
int32
dw_audience_refresh_some(int32 max_rows)
{
	static DwStatement select_drift =
		DW_STATEMENT("SELECT d.user_id FROM (" DW_AUDIENCE_DRIFT ") AS d "
					 "WHERE d.user_id > $1 ORDER BY d.user_id LIMIT $2");
	static DwStatement lock_users =
		DW_STATEMENT("SELECT u.id FROM dwello.users AS u "
					 "WHERE u.id = ANY ($1) ORDER BY u.id "
					 "FOR NO KEY UPDATE SKIP LOCKED");
	DwUuid		last = {0};
	int32		refreshed = 0;
	int			wanted;
	int			found;

	do
	{
		DwParams	after = DW_PARAMS;
		DwParams	keys = DW_PARAMS;
		DwUuid	   *ids;
		int			locked;

		wanted = max_rows - refreshed;
		dw_param_uuid(&after, &last);
		dw_param_int4(&after, wanted);
		(void) dw_execute(&select_drift, &after);
		ids = dw_read_only_uuids(&found);
		if (found == 0)
			break;
		last = ids[found - 1];
		dw_param_uuids(&keys, ids, found);
		(void) dw_execute(&lock_users, &keys);
		ids = dw_read_only_uuids(&locked);
		for (int i = 0; i < locked; i++)
			dw_audience_refresh(&ids[i]);
		refreshed += locked;
	} while (found == wanted && refreshed < max_rows);
	return refreshed;
}

/*
 * In two steps, for searches lie with their owners and a job does not: what
 * the job asks is read first.
 */
void
dw_audience_notify(const DwUuid *job_id, const DwUuid *event_id)
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
					 "AND " SEARCHES_CATEGORY("s")
					 "AND (s.words IS NULL OR numnode(s.words) = 0 "
					 "OR $12 @@ s.words) "
					 "AND (s.urgency IS NULL OR s.urgency = $13) "
					 "AND s.user_id <> $11 AND u.status = 'active' "
					 "AND u.deleted_at IS NULL ORDER BY s.user_id, s.id "
					 "ON CONFLICT ON CONSTRAINT notifications_event_key "
					 "DO NOTHING");
	static DwStatement select_words =
		DW_STATEMENT("SELECT j.search, j.urgency FROM dwello.jobs AS j "
					 "WHERE j.id = $1");
	AudienceJob job;
	DwParams	key = DW_PARAMS;
	DwParams	p = DW_PARAMS;

	if (!job_load(job_id, &job) || !job.is_open)
		return;
	dw_param_uuid(&key, job_id);
	(void) dw_query(&select_words, &key);
	dw_map_read(&job_words, 0, &job);
	param_job(&p, &job);
	dw_param_datum(&p, TSVECTOROID, job.words, job.words == (Datum) 0);
	dw_param_enum(&p, "urgency", job.urgency);
	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, event_id);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&insert_notifications, &p);
}

/* Gathers the audience of a job that is open to all, in no order. */
static void
audience_gather(Audience *audience, bool of_agents)
{
	static DwStatement agent_entries =
		DW_STATEMENT(ENTRIES("a") "FROM dwello.ai_bidding_agents AS a "
					 "WHERE a.is_active AND " ENTRY_MATCHES("a"));
	static DwStatement agent_rows =
		DW_STATEMENT("SELECT a.user_id, a.longitude, a.latitude, "
					 "a.max_bid_radius_miles::float8 AS miles "
					 "FROM dwello.ai_bidding_agents AS a " ROW_WANTS("a"));
	static DwStatement provider_entries =
		DW_STATEMENT(ENTRIES("p") "FROM dwello.user_profiles AS p "
					 "WHERE " ENTRY_MATCHES("p"));
	static DwStatement provider_rows =
		DW_STATEMENT("SELECT p.user_id, p.longitude, p.latitude, "
					 "'infinity'::float8 AS miles "
					 "FROM dwello.user_profiles AS p " ROW_WANTS("p"));

	audience->room = 64;
	audience->unsure_room = 16;
	audience->max_m = dw_match_rules()->max_radius_miles *
		DW_GEO_METRES_PER_MILE;
	audience->members = palloc(audience->room * sizeof(Member));
	audience->unsure = palloc(audience->unsure_room * sizeof(DwUuid));
	entries_ask(of_agents ? &agent_entries : &provider_entries, audience);
	if (audience->unsure_count > 0)
		rows_ask(of_agents ? &agent_rows : &provider_rows, audience);
}

bool
dw_audience_list(DwCall *call, const DwUuid *job_id, bool of_agents)
{
	AudienceJob job;
	Audience	audience = {.job = &job};

	if (!job_load(job_id, &job))
		return false;
	if (!job.is_open)
		return true;
	audience_gather(&audience, of_agents);
	members_sort(audience.members, audience.count);
	for (int i = 0; i < audience.count; i++)
	{
		dw_row_uuid(call, of_agents ? "agent_id" : "provider_id",
					&audience.members[i].id);
		/* whom it is of is another person: no more of it than of a bid */
		dw_row_float8(call, "distance_miles",
					  round(audience.members[i].distance_miles));
		dw_list_emit(call);
	}
	return true;
}

DwUuid *
dw_audience_nearest(const DwUuid *job_id, int most, int *count)
{
	AudienceJob job;
	Audience	audience = {.job = &job};
	DwUuid	   *ids;

	*count = 0;
	if (!job_load(job_id, &job) || !job.is_open)
		return NULL;
	audience_gather(&audience, true);
	nearest_sort(audience.members, audience.count);
	*count = Min(audience.count, most);
	ids = palloc_array(DwUuid, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		ids[i] = audience.members[i].id;
	pfree(audience.members);
	return ids;
}

/* Asks the index who wants the job. */
static void
entries_ask(DwStatement *entries, Audience *audience)
{
	DwAudienceQuery query = audience->job->query;
	DwParams	p = DW_PARAMS;

	query.requirements |= (uint32) dw_match_rules()->account_status <<
		DW_AUDIENCE_ACCOUNT_STATUS;
	dw_param_datum(&p, dw_type_find("agent_query"), PointerGetDatum(&query),
				   false);
	dw_stream(entries, &p, entry_take, audience);
}

/*
 * Takes an entry of the index that matches.  The owner of the job is left
 * out here and not in the statement, where it would be a condition on rows.
 */
static bool
entry_take(void *state, TupleTableSlot *slot)
{
	Audience   *audience = state;
	bool		isnull;
	const DwAudienceKey *key;
	const DwUuid *id;

	key = (const DwAudienceKey *)
		DatumGetPointer(slot_getattr(slot, ENTRY_KEY, &isnull));
	id = (const DwUuid *)
		DatumGetPointer(slot_getattr(slot, ENTRY_ID, &isnull));
	if (dw_uuid_equal(id, &audience->job->homeowner_id))
		return true;
	if (!audience->job->path.shares_tag &&
		dw_audience_is_certain(&audience->job->query, key))
	{
		member_add(audience, id, &key->circle.centre, INFINITY);
		return true;
	}
	if (audience->unsure_count == audience->unsure_room)
	{
		audience->unsure_room *= 2;
		audience->unsure = repalloc(audience->unsure,
									audience->unsure_room * sizeof(*id));
	}
	audience->unsure[audience->unsure_count++] = *id;
	return true;
}

/* Asks the rows of those of whom the index does not know enough. */
static void
rows_ask(DwStatement *rows, Audience *audience)
{
	DwParams	p = DW_PARAMS;
	uint64		count;

	param_job(&p, audience->job);
	dw_param_uuids(&p, audience->unsure, audience->unsure_count);
	count = dw_query(rows, &p);
	for (uint64 i = 0; i < count; i++)
	{
		AudienceRow row;
		DwPoint		point;

		CHECK_FOR_INTERRUPTS();
		dw_map_read(&wanting, i, &row);
		point = dw_point_of(row.longitude, row.latitude);
		member_add(audience, &row.id, &point, row.miles);
	}
}

/*
 * Adds one who wants the job, unless they are too far away: for a circle that
 * was exact in the index, but an area is bounded by the radius, too.
 */
static void
member_add(Audience *audience, const DwUuid *id, const DwPoint *point,
		   double miles)
{
	double		metres = dw_place_distance_m(&audience->job->query.place,
											 point);
	Member	   *member;

	if (metres > audience->max_m || metres > miles * DW_GEO_METRES_PER_MILE)
		return;
	if (audience->count == audience->room)
	{
		audience->room *= 2;
		audience->members = repalloc(audience->members,
									 audience->room * sizeof(*member));
	}
	member = &audience->members[audience->count++];
	member->id = *id;
	member->distance_miles = metres / DW_GEO_METRES_PER_MILE;
}

/*
 * What a profile repeats of the user's other rows, as DW_AUDIENCE_OF_USERS
 * has it.  Rows that are right are not written: the key is a column of an
 * index, and a new version of the row would be a new entry there.
 */
static void
refresh_profile(const DwUuid *user_id)
{
	static DwStatement update_profile =
		DW_STATEMENT("UPDATE dwello.user_profiles AS p "
					 "SET (account_status, longitude, latitude, radius_miles, "
					 "area, category_ids, capability_bits, capability_from, "
					 "capability_until) = ROW (" DW_AUDIENCE_PROFILE("n") ") "
					 "FROM (" DW_AUDIENCE_OF_USERS "WHERE u.id = $1) AS n "
					 "WHERE p.user_id = $1 AND (" DW_AUDIENCE_PROFILE("p") ") "
					 "IS DISTINCT FROM (" DW_AUDIENCE_PROFILE("n") ")");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&update_profile, &p);
}

/* What an agent repeats of the profile. */
static void
refresh_agent(const DwUuid *user_id)
{
	static DwStatement update_agent =
		DW_STATEMENT("UPDATE dwello.ai_bidding_agents AS a "
					 "SET (account_status, longitude, latitude, area, category_ids, "
					 "capability_bits, capability_from, capability_until) "
					 "= ROW (" DW_AUDIENCE_AGENT("p",
												 DW_AUDIENCE_AGENT_CATEGORIES("p")) ") "
					 "FROM dwello.user_profiles AS p "
					 "WHERE a.user_id = $1 AND p.user_id = $1 "
					 "AND (" DW_AUDIENCE_AGENT("a", "a.category_ids") ") "
					 "IS DISTINCT FROM "
					 "(" DW_AUDIENCE_AGENT("p",
										   DW_AUDIENCE_AGENT_CATEGORIES("p")) ")");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&update_agent, &p);
}

/*
 * Reads what a job asks with; false when there is no such job.  The key that
 * it is found by itself has nearly all.
 */
static bool
job_load(const DwUuid *job_id, AudienceJob *job)
{
	static DwStatement select_job =
		DW_STATEMENT("SELECT j.homeowner_id, j.status = 'open' "
					 "AND j.is_listed AND coalesce(j.expires_at > $2, true) "
					 "AND j.key IS NOT NULL AS is_open, j.currency, "
					 "coalesce(j.preferred_end_date, $3) AS day, j.key "
					 "FROM dwello.jobs AS j WHERE j.id = $1 AND j.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_time(&p, dw_now());
	dw_param_date(&p, dw_today());
	if (dw_query(&select_job, &p) == 0)
		return false;
	dw_map_read(&jobs, 0, job);
	if (job->is_open)
		job_ask(job);
	return true;
}

/* Makes the query of a job. */
static void
job_ask(AudienceJob *job)
{
	job->query = dw_audience_query_of(job->key);
	job->query.day = job->day;
	dw_match_path(&job->key->leaf.category_id, &job->path);
	for (int i = 0; i < job->path.count; i++)
		(void) dw_audience_add_category(&job->query, &job->path.ids[i]);
	job->query.radius_m = rules_radius_miles() * DW_GEO_METRES_PER_MILE;
}

/*
 * The radius of those who have none of their own, in miles; the farthest that
 * anybody may be holds for them, too.
 */
static double
rules_radius_miles(void)
{
	const DwMatchRules *rules = dw_match_rules();

	return Min(rules->radius_miles, rules->max_radius_miles);
}

/*
 * Adds what a job asks with: $1 to $8 are the arguments of agent_query(), $9
 * the day on which credentials must be valid, $10 what must be verified of a
 * provider (as account_status), $11 the homeowner.  They point into the job.
 */
static void
param_job(DwParams *p, const AudienceJob *job)
{
	dw_param_float8(p, job->query.place.longitude);
	dw_param_float8(p, job->query.place.latitude);
	dw_param_float8(p, rules_radius_miles());
	dw_param_uuids(p, job->path.ids, job->path.count);
	dw_param_int8(p, job->query.budget_min);
	dw_param_int8(p, job->query.budget_max);
	dw_param_text(p, job->currency);
	dw_param_int8(p, job->query.requirements);
	dw_param_date(p, job->day);
	dw_param_int4(p, dw_match_rules()->account_status);
	dw_param_uuid(p, &job->homeowner_id);
}
