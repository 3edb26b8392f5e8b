/*
 * audience_store.c
 *		Whom a job reaches, and the columns that matching knows people by.
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

#include "port/pg_bswap.h"

#include "core/audience/audience.h"
#include "core/geo/geo.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/audience/audience_store.h"
#include "store/match/match_store.h"

/* What a job asks with. */
typedef struct AudienceJob
{
	DwUuid		homeowner_id;	/* whom it does not reach */
	bool		is_open;		/* to all, and not past its end; else nothing
								 * of what follows is set */
	DwAudienceQuery query;		/* without account_status */
	DwMatchPath path;			/* its category, those above */
	char	   *currency;		/* of the budget */
} AudienceJob;

/* Those whom a job reaches, as far as they are known. */
typedef struct AudienceSearch
{
	const AudienceJob *job;		/* the job */
	double		max_m;			/* farthest anybody may be, in metres */
	DwAudienceMember *reached;	/* in no order yet */
	int			count;			/* of them */
	int			room;			/* for so many */
	DwUuid	   *unsure;			/* whose rows must be asked */
	int			unsure_count;	/* of them */
	int			unsure_room;	/* for so many */
} AudienceSearch;

/* By id; memcmp() is called where the first halves do not decide. */
static inline int
reached_compare(const DwAudienceMember *a, const DwAudienceMember *b)
{
	uint64		one;
	uint64		two;

	memcpy(&one, a->id.bytes, sizeof(one));
	memcpy(&two, b->id.bytes, sizeof(two));
	if (one == two)
		return dw_uuid_compare(&a->id, &b->id);
	return pg_ntoh64(one) < pg_ntoh64(two) ? -1 : 1;
}

/* reached_sort(rows, count) */
#define ST_SORT reached_sort
#define ST_ELEMENT_TYPE DwAudienceMember
#define ST_COMPARE(a, b) reached_compare(a, b)
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

/* A row, whose key matches, wants the job; $1 to $11 as param_job() says. */
#define ROW_WANTS(row) \
	"WHERE " row ".user_id = ANY ($12) " \
	"AND " DW_AUDIENCE_WANTS_CATEGORY(row) \
	"AND " AREA_COVERS(row) \
	"AND ($8 = 0 OR " HOLDS_CREDENTIALS(row) ")"

static bool reached_find(const DwUuid *job_id, DwStatement *entries,
						 DwStatement *rows, DwAudienceMember **reached,
						 int *count);
static void reached_ask(DwStatement *entries, AudienceSearch *found);
static bool entry_take(void *state, TupleTableSlot *slot);
static void rows_ask(DwStatement *rows, AudienceSearch *found);
static void reached_add(AudienceSearch *found, const DwUuid *id,
						const DwPoint *point, double miles);
static void refresh_profile(const DwUuid *user_id);
static void refresh_agent(const DwUuid *user_id);
static bool job_load(const DwUuid *job_id, AudienceJob *job);
static void job_ask(AudienceJob *job, const DwJobKey *key);
static double rules_radius_miles(void);
static void param_job(DwParams *p, const AudienceJob *job);

void
dw_audience_refresh(const DwUuid *user_id)
{
	refresh_profile(user_id);
	refresh_agent(user_id);
}

int64
dw_audience_refresh_some(int32 max_rows)
{
	static DwStatement lock_users =
		DW_STATEMENT("SELECT u.id FROM dwello.users AS u "
					 "WHERE u.id IN (" DW_AUDIENCE_DRIFT ") "
					 "ORDER BY u.id LIMIT $1 "
					 "FOR NO KEY UPDATE SKIP LOCKED");
	DwParams	p = DW_PARAMS;
	uint64		count;
	DwUuid	   *ids;

	dw_param_int4(&p, max_rows);
	count = dw_execute(&lock_users, &p);
	ids = palloc(sizeof(*ids) * (count + 1));
	for (uint64 i = 0; i < count; i++)
		(void) dw_read_only_uuid(i, &ids[i]);
	for (uint64 i = 0; i < count; i++)
		dw_audience_refresh(&ids[i]);
	return (int64) count;
}

bool
dw_audience_param_job(DwParams *p, const DwUuid *job_id)
{
	/* parameters point into it, so it must outlive this function */
	AudienceJob *job = palloc(sizeof(*job));

	if (!job_load(job_id, job) || !job->is_open)
		return false;
	param_job(p, job);
	return true;
}

bool
dw_audience_agents(const DwUuid *job_id, DwAudienceMember **reached,
				   int *count)
{
	static DwStatement select_entries =
		DW_STATEMENT(ENTRIES("a") "FROM dwello.ai_bidding_agents AS a "
					 "WHERE a.is_active AND " ENTRY_MATCHES("a"));
	static DwStatement select_rows =
		DW_STATEMENT("SELECT a.user_id, a.longitude, a.latitude, "
					 "a.max_bid_radius_miles::float8 "
					 "FROM dwello.ai_bidding_agents AS a " ROW_WANTS("a"));

	return reached_find(job_id, &select_entries, &select_rows, reached,
						count);
}

bool
dw_audience_providers(const DwUuid *job_id, DwAudienceMember **reached,
					  int *count)
{
	static DwStatement select_entries =
		DW_STATEMENT(ENTRIES("p") "FROM dwello.user_profiles AS p "
					 "WHERE " ENTRY_MATCHES("p"));
	static DwStatement select_rows =
		DW_STATEMENT("SELECT p.user_id, p.longitude, p.latitude, "
					 "'infinity'::float8 "
					 "FROM dwello.user_profiles AS p " ROW_WANTS("p"));

	return reached_find(job_id, &select_entries, &select_rows, reached,
						count);
}

/*
 * Finds everybody by what the index knows, and by their rows where that is
 * not enough; false when there is no such job.
 */
static bool
reached_find(const DwUuid *job_id, DwStatement *entries, DwStatement *rows,
			 DwAudienceMember **reached, int *count)
{
	AudienceJob job;
	AudienceSearch found = {.job = &job,.room = 64,.unsure_room = 16};

	*reached = NULL;
	*count = 0;
	if (!job_load(job_id, &job))
		return false;
	if (!job.is_open)
		return true;
	found.max_m = dw_match_rules()->max_radius_miles *
		DW_GEO_METRES_PER_MILE;
	found.reached = palloc(found.room * sizeof(DwAudienceMember));
	found.unsure = palloc(found.unsure_room * sizeof(DwUuid));
	reached_ask(entries, &found);
	if (found.unsure_count > 0)
		rows_ask(rows, &found);
	reached_sort(found.reached, found.count);
	*reached = found.reached;
	*count = found.count;
	return true;
}

/* Asks the index who wants the job. */
static void
reached_ask(DwStatement *entries, AudienceSearch *found)
{
	DwAudienceQuery query = found->job->query;
	DwParams	p = DW_PARAMS;

	query.requirements |= (uint32) dw_match_rules()->account_status <<
		DW_AUDIENCE_ACCOUNT_STATUS;
	dw_param_datum(&p, dw_type_find("agent_query"), PointerGetDatum(&query),
				   false);
	dw_stream(entries, &p, entry_take, found);
}

/* Takes an entry of the index that matches. */
static bool
entry_take(void *state, TupleTableSlot *slot)
{
	AudienceSearch *found = state;
	bool		isnull;
	const DwAudienceKey *key;
	const DwUuid *id;

	key = (const DwAudienceKey *)
		DatumGetPointer(slot_getattr(slot, ENTRY_KEY, &isnull));
	id = (const DwUuid *)
		DatumGetPointer(slot_getattr(slot, ENTRY_ID, &isnull));
	if (dw_uuid_equal(id, &found->job->homeowner_id))
		return true;
	if (!found->job->path.shares_tag &&
		dw_audience_is_certain(&found->job->query, key))
	{
		reached_add(found, id, &key->circle.centre, INFINITY);
		return true;
	}
	if (found->unsure_count == found->unsure_room)
	{
		found->unsure_room *= 2;
		found->unsure = repalloc(found->unsure,
								 found->unsure_room * sizeof(*id));
	}
	found->unsure[found->unsure_count++] = *id;
	return true;
}

/* Asks the rows of those of whom the index does not know enough. */
static void
rows_ask(DwStatement *rows, AudienceSearch *found)
{
	DwParams	p = DW_PARAMS;
	uint64		count;

	param_job(&p, found->job);
	dw_param_uuids(&p, found->unsure, found->unsure_count);
	count = dw_query(rows, &p);
	for (uint64 i = 0; i < count; i++)
	{
		DwPoint		point = dw_point_of(dw_read_float8(i, 2),
										dw_read_float8(i, 3));
		DwUuid		id;

		(void) dw_read_uuid(i, 1, &id);
		reached_add(found, &id, &point, dw_read_float8(i, 4));
	}
}

/*
 * Adds one who wants the job, unless they are too far away: for a circle that
 * was exact in the index, but an area is bounded by the radius, too.
 */
static void
reached_add(AudienceSearch *found, const DwUuid *id, const DwPoint *point,
			double miles)
{
	double		metres = dw_place_distance_m(&found->job->query.place,
											 point);
	DwAudienceMember *reached;

	if (metres > found->max_m || metres > miles * DW_GEO_METRES_PER_MILE)
		return;
	if (found->count == found->room)
	{
		found->room *= 2;
		found->reached = repalloc(found->reached,
								  found->room * sizeof(*reached));
	}
	reached = &found->reached[found->count++];
	reached->id = *id;
	reached->distance_miles = metres / DW_GEO_METRES_PER_MILE;
}

/* What a profile repeats of the user's other rows. */
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
					 "AND j.is_listed AND coalesce(j.expires_at > $2, true), "
					 "j.currency, coalesce(j.preferred_end_date, $3), j.key "
					 "FROM dwello.jobs AS j "
					 "WHERE j.id = $1 AND j.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;
	bool		no_key;
	Datum		key;
	DateADT		day;

	dw_param_uuid(&p, job_id);
	dw_param_time(&p, dw_now());
	dw_param_date(&p, dw_today());
	if (dw_query(&select_job, &p) == 0)
		return false;
	key = dw_read_datum(0, 5, &no_key);
	job->is_open = dw_read_bool(0, 2) && !no_key;
	if (!job->is_open)
		return true;
	(void) dw_read_uuid(0, 1, &job->homeowner_id);
	job->currency = dw_read_text(0, 3);
	day = dw_read_date(0, 4);
	job_ask(job, (const DwJobKey *) DatumGetPointer(key));
	job->query.day = day;
	return true;
}

/* Makes the query of a job. */
static void
job_ask(AudienceJob *job, const DwJobKey *key)
{
	DwUuid		category_id = key->leaf.category_id;

	job->query = dw_audience_query_of(key);
	dw_match_path(&category_id, &job->path);
	for (int i = 0; i < job->path.count; i++)
		(void) dw_audience_add_category(&job->query, &job->path.ids[i]);
	job->query.radius_m = rules_radius_miles() * DW_GEO_METRES_PER_MILE;
}

/* The radius of those who have none of their own, in miles. */
static double
rules_radius_miles(void)
{
	const DwMatchRules *rules = dw_match_rules();

	return Min(rules->radius_miles, rules->max_radius_miles);
}

/* Adds what a job asks with: $1 to $11. */
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
	dw_param_date(p, job->query.day);
	dw_param_int4(p, dw_match_rules()->account_status);
	dw_param_uuid(p, &job->homeowner_id);
}
