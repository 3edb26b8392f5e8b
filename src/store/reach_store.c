/*
 * reach_store.c
 *		Whom a job reaches, and the columns that matching knows people by.
 *
 * The index (agent_key_ops) finds whoever may want a job.  What a key does
 * not know is asked of the row: the categories themselves, the form of an
 * area, what the settings ask of a provider and, where the job demands
 * credentials, whether they are valid.
 */
#include "postgres.h"

#include "core/box.h"
#include "core/category.h"
#include "core/geo.h"
#include "store/plan_store.h"
#include "store/reach_store.h"
#include "store/setting_store.h"

/* What a job asks with; the first parameters of every statement here. */
typedef struct ReachJob
{
	DwUuid		homeowner_id;	/* whom it does not reach */
	bool		is_open;		/* to all, and not past its end */
	double		longitude;		/* of the place that is shown */
	double		latitude;		/* likewise */
	DwUuid		path[DW_CATEGORY_DEPTH_MAX];	/* its category, those above */
	int			depth;			/* of them */
	Datum		budget_min;		/* bigint, if it has one */
	bool		no_min;			/* else */
	Datum		budget_max;		/* likewise */
	bool		no_max;			/* likewise */
	char	   *currency;		/* of the budget */
	int64		requirements;	/* bits of mandatory credentials */
	DateADT		planned_end;	/* through which they must be valid */
	double		radius_miles;	/* where nothing else is said */
	double		max_miles;		/* farthest a provider may be */
	int32		standing;		/* bits that the settings ask for */
} ReachJob;

/* A row wants the job, as far as keys and standing tell. */
#define KEY_MATCHES(row) \
	row ".standing > 0 AND " row ".standing & $10 = $10 " \
	"AND " row ".key @@@ dwello.agent_query($1, $2, $3, $4, $5, $6, $7, $8) " \
	"AND " DW_REACH_WANTS_CATEGORY(row) \
	"AND " row ".user_id <> $11 "

/* The job lies in the area of a row: 180 degrees west is 180 east. */
#define AREA_COVERS(row) \
	"(" row ".area IS NULL " \
	"OR st_covers(" row ".area, st_setsrid(st_makepoint($1, $2), 4326)) " \
	"OR abs($1) = 180 AND " \
	"st_covers(" row ".area, st_setsrid(st_makepoint(-$1, $2), 4326))) "

/*
 * He holds what the job demands on the day of its planned end: that of a row
 * whose credentials are all valid then is known from the row.
 */
#define HOLDS_CREDENTIALS(row) \
	"(coalesce($9 >= " row ".capability_from, true) " \
	"AND coalesce($9 <= " row ".capability_until, true) " \
	"OR (SELECT bit_or(" DW_REACH_CREDENTIAL_BIT("c.credential_type") ") " \
	"FROM dwello.provider_credentials AS c " \
	"WHERE c.user_id = " row ".user_id AND c.verified_at IS NOT NULL " \
	"AND (c.valid_from IS NULL OR c.valid_from <= $9) " \
	"AND (c.valid_until IS NULL OR c.valid_until >= $9)) & $8 = $8) "

/* The rows that may be reached: id, place, radius of their own in miles. */
#define AGENTS \
	"SELECT a.user_id, a.longitude, a.latitude, " \
	"a.max_bid_radius_miles::float8 FROM dwello.ai_bidding_agents AS a " \
	"WHERE a.is_active AND " KEY_MATCHES("a") "AND " AREA_COVERS("a")
#define PROVIDERS \
	"SELECT p.user_id, p.longitude, p.latitude, 'infinity'::float8 " \
	"FROM dwello.user_profiles AS p " \
	"WHERE " KEY_MATCHES("p") "AND " AREA_COVERS("p")

static bool reached_find(const DwUuid *job_id, DwStatement *all,
						 DwStatement *skilled, DwReached **reached,
						 int *count);
static void refresh_profile(const DwUuid *user_id);
static void refresh_agent(const DwUuid *user_id);
static bool job_load(const DwUuid *job_id, ReachJob *job);
static void job_rules_load(ReachJob *job);
static void job_path_load(ReachJob *job);
static void param_job(DwParams *p, const ReachJob *job);
static DwReached *reached_read(const ReachJob *job, uint64 rows, int *count);
static int	reached_compare(const void *a, const void *b);

/* Brings the columns of a user up to date; see the header. */
void
dw_reach_refresh(const DwUuid *user_id)
{
	refresh_profile(user_id);
	refresh_agent(user_id);
}

/* Finds and repairs what is out of date; see the header. */
int64
dw_reach_refresh_some(int32 max_rows)
{
	static DwStatement lock_users =
		DW_STATEMENT("SELECT u.id FROM dwello.users AS u "
					 "WHERE u.id IN (" DW_REACH_DRIFT ") "
					 "ORDER BY u.id LIMIT $1 "
					 "FOR NO KEY UPDATE SKIP LOCKED");
	DwParams	p = DW_PARAMS;
	uint64		count;
	DwUuid	   *ids;

	dw_param_int4(&p, max_rows);
	count = dw_execute(&lock_users, &p);
	ids = palloc(sizeof(*ids) * (count + 1));
	for (uint64 i = 0; i < count; i++)
		(void) dw_read_uuid(i, 1, &ids[i]);
	for (uint64 i = 0; i < count; i++)
		dw_reach_refresh(&ids[i]);
	return (int64) count;
}

/* Adds what a job asks with; see the header. */
bool
dw_reach_param_job(DwParams *p, const DwUuid *job_id)
{
	/* parameters point into it, so it must outlive this function */
	ReachJob   *job = palloc(sizeof(*job));

	if (!job_load(job_id, job) || !job->is_open)
		return false;
	param_job(p, job);
	return true;
}

/* Finds the agents; see the header. */
bool
dw_reach_agents(const DwUuid *job_id, DwReached **reached, int *count)
{
	static DwStatement select_agents = DW_STATEMENT(AGENTS);
	static DwStatement select_skilled =
		DW_STATEMENT(AGENTS "AND " HOLDS_CREDENTIALS("a"));

	return reached_find(job_id, &select_agents, &select_skilled, reached,
						count);
}

/* Finds the providers; see the header. */
bool
dw_reach_providers(const DwUuid *job_id, DwReached **reached, int *count)
{
	static DwStatement select_providers = DW_STATEMENT(PROVIDERS);
	static DwStatement select_skilled =
		DW_STATEMENT(PROVIDERS "AND " HOLDS_CREDENTIALS("p"));

	return reached_find(job_id, &select_providers, &select_skilled, reached,
						count);
}

/*
 * Finds everybody by one of two statements, the second where the job demands
 * credentials; false when there is no such job.
 */
static bool
reached_find(const DwUuid *job_id, DwStatement *all, DwStatement *skilled,
			 DwReached **reached, int *count)
{
	ReachJob	job;
	DwParams	p = DW_PARAMS;

	*reached = NULL;
	*count = 0;
	if (!job_load(job_id, &job))
		return false;
	if (!job.is_open)
		return true;
	param_job(&p, &job);
	*reached = reached_read(&job,
							dw_query(job.requirements == 0 ? all : skilled,
									 &p),
							count);
	return true;
}

/* What a profile repeats of the user's other rows. */
static void
refresh_profile(const DwUuid *user_id)
{
	static DwStatement update_profile =
		DW_STATEMENT("UPDATE dwello.user_profiles AS p "
					 "SET (standing, longitude, latitude, radius_miles, "
					 "area, category_ids, capability_bits, capability_from, "
					 "capability_until) = ROW (" DW_REACH_PROFILE("n") ") "
					 "FROM (" DW_REACH_OF_USERS "WHERE u.id = $1) AS n "
					 "WHERE p.user_id = $1 AND (" DW_REACH_PROFILE("p") ") "
					 "IS DISTINCT FROM (" DW_REACH_PROFILE("n") ")");
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
					 "SET (standing, longitude, latitude, area, category_ids, "
					 "capability_bits, capability_from, capability_until) "
					 "= ROW (" DW_REACH_AGENT("p", DW_REACH_AGENT_CATEGORIES("p")) ") "
					 "FROM dwello.user_profiles AS p "
					 "WHERE a.user_id = $1 AND p.user_id = $1 "
					 "AND (" DW_REACH_AGENT("a", "a.category_ids") ") "
					 "IS DISTINCT FROM "
					 "(" DW_REACH_AGENT("p", DW_REACH_AGENT_CATEGORIES("p")) ")");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&update_agent, &p);
}

/* Reads what a job asks with; false when there is no such job. */
static bool
job_load(const DwUuid *job_id, ReachJob *job)
{
	static DwStatement select_job =
		DW_STATEMENT("SELECT j.homeowner_id, j.status = 'open' "
					 "AND j.is_listed AND coalesce(j.expires_at > $2, true), "
					 "st_x(j.location::geometry), "
					 "st_y(j.location::geometry), j.category_id, "
					 "j.budget_min, j.budget_max, j.currency, "
					 "j.requirement_bits, "
					 "coalesce(j.preferred_end_date, $3), "
					 "c.parent_id, d.parent_id FROM dwello.jobs AS j "
					 "JOIN dwello.service_categories AS c "
					 "ON c.id = j.category_id "
					 "LEFT JOIN dwello.service_categories AS d "
					 "ON d.id = c.parent_id "
					 "WHERE j.id = $1 AND j.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	memset(job, 0, sizeof(*job));
	dw_param_uuid(&p, job_id);
	dw_param_time(&p, dw_now());
	dw_param_date(&p, dw_today());
	if (dw_query(&select_job, &p) == 0)
		return false;
	(void) dw_read_uuid(0, 1, &job->homeowner_id);
	job->is_open = dw_read_bool(0, 2);
	job->longitude = dw_read_float8(0, 3);
	job->latitude = dw_read_float8(0, 4);
	job->budget_min = dw_read_datum(0, 6, &job->no_min);
	job->budget_max = dw_read_datum(0, 7, &job->no_max);
	job->currency = dw_read_text(0, 8);
	job->requirements = dw_read_int8(0, 9);
	job->planned_end = dw_read_date(0, 10);
	for (int column = 5; column <= 12; column += column == 5 ? 6 : 1)
	{
		if (dw_read_uuid(0, column, &job->path[job->depth]))
			job->depth++;
	}
	job_path_load(job);
	job_rules_load(job);
	return true;
}

/* Reads what the settings say of radius and standing. */
static void
job_rules_load(ReachJob *job)
{
	static DwStatement select_rules =
		DW_STATEMENT("SELECT d.name, coalesce((SELECT s.value "
					 "FROM dwello.system_settings AS s "
					 "WHERE s.name = d.name), d.value) "
					 "FROM dwello.system_settings_defaults AS d "
					 "WHERE d.name IN ('auto_approve_providers', "
					 "'email_verification_required', 'match_radius_miles', "
					 "'max_bid_radius_miles', 'phone_verification_required')");
	uint64		count = dw_query(&select_rules, NULL);

	for (uint64 i = 0; i < count; i++)
	{
		const char *name = dw_read_text(i, 1);
		const char *value = dw_read_text(i, 2);

		if (strcmp(name, "match_radius_miles") == 0)
			job->radius_miles = strtod(value, NULL);
		else if (strcmp(name, "max_bid_radius_miles") == 0)
			job->max_miles = strtod(value, NULL);
		else if (strcmp(name, "auto_approve_providers") == 0)
			job->standing |= strcmp(value, "false") == 0 ? 4 : 0;
		else if (strcmp(value, "true") == 0)
			job->standing |= strcmp(name, "email_verification_required") == 0
				? 1 : 2;
	}
	job->radius_miles = Min(job->radius_miles, job->max_miles);
}

/* Finds the categories that are more than two levels above a job's. */
static void
job_path_load(ReachJob *job)
{
	static DwStatement select_parent =
		DW_STATEMENT("SELECT c.parent_id FROM dwello.service_categories AS c "
					 "WHERE c.id = $1");

	while (job->depth >= 3 && job->depth < DW_CATEGORY_DEPTH_MAX)
	{
		DwParams	p = DW_PARAMS;

		dw_param_uuid(&p, &job->path[job->depth - 1]);
		if (dw_query(&select_parent, &p) == 0 ||
			!dw_read_uuid(0, 1, &job->path[job->depth]))
			break;
		job->depth++;
	}
}

/* Adds what a job asks with: $1 to $11. */
static void
param_job(DwParams *p, const ReachJob *job)
{
	dw_param_float8(p, job->longitude);
	dw_param_float8(p, job->latitude);
	dw_param_float8(p, job->radius_miles);
	dw_param_uuids(p, job->path, job->depth);
	dw_param_datum(p, INT8OID, job->budget_min, job->no_min);
	dw_param_datum(p, INT8OID, job->budget_max, job->no_max);
	dw_param_text(p, job->currency);
	dw_param_int8(p, job->requirements);
	dw_param_date(p, job->planned_end);
	dw_param_int4(p, job->standing);
	dw_param_uuid(p, &job->homeowner_id);
}

/*
 * Reads the rows of an answer (id, longitude, latitude, radius in miles) that
 * are within their radius, and orders them.  For a circle that was exact in
 * the index; an area is bounded by the radius, too.
 */
static DwReached *
reached_read(const ReachJob *job, uint64 rows, int *count)
{
	DwPlace		place = dw_place_of(job->longitude, job->latitude);
	DwReached  *reached = palloc(sizeof(*reached) * (rows + 1));

	for (uint64 i = 0; i < rows; i++)
	{
		DwPoint		point = dw_point_of(dw_read_float8(i, 2),
										dw_read_float8(i, 3));
		double		metres = dw_place_distance_m(&place, &point);
		double		miles = Min(dw_read_float8(i, 4), job->max_miles);

		if (metres > miles * DW_GEO_METRES_PER_MILE)
			continue;
		(void) dw_read_uuid(i, 1, &reached[*count].id);
		reached[(*count)++].distance_miles = metres / DW_GEO_METRES_PER_MILE;
	}
	qsort(reached, *count, sizeof(*reached), reached_compare);
	return reached;
}

/* By id. */
static int
reached_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const DwReached *) a)->id,
						   &((const DwReached *) b)->id);
}
