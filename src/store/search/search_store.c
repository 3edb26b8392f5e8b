/*
 * search_store.c
 *		Finding open jobs by words, place, category, budget and urgency.
 *
 * With words the newest that have them are found (access_path_store_int.h) and
 * ranked.  Without, the index on keys gives jobs in the order of the score.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "server/sql/sql_server.h"
#include "store/search/access_path_store_int.h"
#include "store/search/search_store.h"

/* Miles from the place asked for, $2 to $4; NULL without one. */
#define MILES \
	"CASE WHEN $2 THEN st_distance(j.location, " \
	"st_setsrid(st_makepoint($3, $4), 4326)::geography, false) " \
	"/ 1609.344 END"

/* The columns of a page, of jobs with a score. */
#define SHOWN \
	"SELECT p.id, p.score, " MILES ", j.category_id, j.title, " \
	"j.urgency::text, j.budget_min, j.budget_max, j.currency, " \
	"st_x(j.location::geometry), st_y(j.location::geometry), " \
	"j.published_at "

static bool prepare_words(DwSearchPlan *plan);
static bool prepare_categories(DwSearchPlan *plan, DwUuid *unknown);
static uint64 page_of_words(const DwSearchPlan *plan,
							const DwSearchCursor *cursor, int32 max_results);
static uint64 page_in_order(const DwSearchPlan *plan,
							const DwSearchCursor *cursor, int32 max_results);
static void param_place(DwParams *p, const DwSearch *search);
static void param_ids(DwParams *p, const DwSearchFind *finds, int count);

/* Makes a search ready; see the header. */
bool
dw_search_prepare(const DwSearch *search, DwSearchPlan *plan, DwUuid *unknown)
{
	memset(plan, 0, sizeof(*plan));
	plan->search = search;
	if (search->query != NULL)
		plan->has_words = prepare_words(plan);
	return search->category_ids == NULL || prepare_categories(plan, unknown);
}

/* Parses the words; false when there is none among them to look for. */
static bool
prepare_words(DwSearchPlan *plan)
{
	static DwStatement parse =
		DW_STATEMENT("SELECT q, numnode(q) > 0 "
					 "FROM websearch_to_tsquery('pg_catalog.english', $1) "
					 "AS q");
	DwParams	p = DW_PARAMS;
	bool		isnull;

	dw_param_text(&p, plan->search->query);
	(void) dw_query(&parse, &p);
	plan->words = dw_read_datum(0, 1, &isnull);
	return dw_read_bool(0, 2);
}

/* Adds what is below the categories; false for one that is unknown. */
static bool
prepare_categories(DwSearchPlan *plan, DwUuid *unknown)
{
	static DwStatement expand =
		DW_STATEMENT("WITH RECURSIVE below (id) AS (SELECT c.id "
					 "FROM dwello.service_categories AS c "
					 "WHERE c.id = ANY ($1) UNION SELECT c.id "
					 "FROM below JOIN dwello.service_categories AS c "
					 "ON c.parent_id = below.id) "
					 "SELECT below.id, NULL::uuid FROM below "
					 "UNION ALL SELECT NULL, u.id "
					 "FROM unnest($1) AS u (id) WHERE NOT EXISTS "
					 "(SELECT FROM dwello.service_categories AS c "
					 "WHERE c.id = u.id)");
	const DwSearch *search = plan->search;
	DwParams	p = DW_PARAMS;
	uint64		count;

	dw_param_uuids(&p, search->category_ids, search->category_count);
	count = dw_query(&expand, &p);
	plan->categories = palloc(sizeof(*plan->categories) * (count + 1));
	for (uint64 row = 0; row < count; row++)
	{
		if (dw_read_uuid(row, 2, unknown))
			return false;
		(void) dw_read_uuid(row, 1, &plan->categories[row]);
	}
	plan->category_count = (int) count;
	return true;
}

/* Finds a page; see the header. */
uint64
dw_search_page(const DwSearchPlan *plan, const DwSearchCursor *cursor,
			   int32 max_results)
{
	return plan->has_words ? page_of_words(plan, cursor, max_results) :
		page_in_order(plan, cursor, max_results);
}

/* A page of the newest jobs with the words. */
static uint64
page_of_words(const DwSearchPlan *plan, const DwSearchCursor *cursor,
			  int32 max_results)
{
	static DwStatement select_jobs =
		DW_STATEMENT(SHOWN "FROM unnest($1::uuid[], $5::float8[]) "
					 "WITH ORDINALITY AS p (id, score, n) "
					 "JOIN dwello.jobs AS j ON j.id = p.id ORDER BY p.n");
	DwParams	p = DW_PARAMS;
	DwSearchFinds found;
	Datum	   *scores;
	int			count;

	dw_search_find(plan, &found);
	count = dw_search_best(found.finds, found.count, cursor, max_results);
	scores = palloc(sizeof(Datum) * (count + 1));
	for (int i = 0; i < count; i++)
		scores[i] = Float8GetDatum(found.finds[i].score);
	param_ids(&p, found.finds, count);
	param_place(&p, plan->search);
	dw_param_float8s(&p, scores, count);
	return dw_query(&select_jobs, &p);
}

/*
 * A page of all jobs in the order of their scores: those that tie with the
 * last of it are read, too, for the index does not know their order.
 */
static uint64
page_in_order(const DwSearchPlan *plan, const DwSearchCursor *cursor,
			  int32 max_results)
{
	static DwStatement select_jobs =
		DW_STATEMENT("WITH found AS MATERIALIZED (SELECT j.id, "
					 "dwello.job_score(j.key, $1) AS score "
					 "FROM dwello.jobs AS j WHERE j.status = 'open' "
					 "AND j.is_listed AND j.deleted_at IS NULL "
					 "AND j.expires_at > $5 "
					 "AND j.key OPERATOR(dwello.@@@) $1 "
					 "AND ($6::text IS NULL "
					 "OR j.urgency = $6::dwello.urgency) "
					 "AND ($7::float8 IS NULL "
					 "OR dwello.job_score(j.key, $1) < $7 "
					 "OR (dwello.job_score(j.key, $1) = $7 AND j.id > $8)) "
					 "ORDER BY j.key OPERATOR(dwello.<~>) $1 "
					 "FETCH FIRST ($9) ROWS WITH TIES) "
					 SHOWN "FROM (SELECT f.id, f.score FROM found AS f "
					 "ORDER BY f.score DESC, f.id LIMIT $9) AS p "
					 "JOIN dwello.jobs AS j ON j.id = p.id "
					 "ORDER BY p.score DESC, p.id");
	const DwSearch *search = plan->search;
	DwParams	p = DW_PARAMS;

	dw_param_datum(&p, dw_type_find("job_query"),
				   PointerGetDatum(dw_search_query(plan, cursor->has_score ?
												   cursor->score :
												   DW_MATCH_NO_CEILING)),
				   false);
	param_place(&p, search);
	dw_param_time(&p, search->now);
	dw_param_text(&p, search->urgency);
	dw_param_datum(&p, FLOAT8OID, Float8GetDatum(cursor->score),
				   !cursor->has_score);
	dw_param_uuid(&p, cursor->has_id ? &cursor->id : NULL);
	dw_param_int4(&p, max_results);
	return dw_query(&select_jobs, &p);
}

/* The bounds of the bands, in minor units and in miles; see below. */
#define BUDGETS "'{0, 10000, 50000, 100000, 500000}'::bigint[]"
#define MILES_BANDS "'{0, 5, 10, 25, 50, 100, 250}'::float8[]"

/* Rows of one facet of bands: which of the bounds is the last one below. */
#define BANDS(facet, value, bounds) \
	"SELECT '" facet "', NULL::uuid, NULL::uuid, NULL::text, " \
	"(" bounds ")[b.n]::bigint, (" bounds ")[b.n + 1]::bigint, b.jobs " \
	"FROM (SELECT width_bucket(" value ", " bounds ") AS n, " \
	"count(*) AS jobs FROM found AS f GROUP BY 1) AS b "

/* Counts the findings; see the header. */
uint64
dw_search_facets(const DwSearchPlan *plan, bool *is_complete)
{
	static DwStatement select_facets =
		DW_STATEMENT("WITH RECURSIVE found AS MATERIALIZED ("
					 "SELECT j.category_id, j.urgency, "
					 "COALESCE(j.budget_max, j.budget_min) AS budget, "
					 MILES " AS miles FROM unnest($1::uuid[]) AS p (id) "
					 "JOIN dwello.jobs AS j ON j.id = p.id), "
					 "leaves AS MATERIALIZED (SELECT f.category_id, "
					 "count(*) AS jobs FROM found AS f GROUP BY 1), "
					 "paths (id, parent_id, jobs, level) AS (SELECT "
					 "c.id, c.parent_id, l.jobs, 1 FROM leaves AS l "
					 "JOIN dwello.service_categories AS c "
					 "ON c.id = l.category_id "
					 "UNION ALL SELECT c.id, c.parent_id, p.jobs, "
					 "p.level + 1 FROM paths AS p "
					 "JOIN dwello.service_categories AS c "
					 "ON c.id = p.parent_id WHERE p.level < 100), "
					 "facets (facet, category_id, parent_id, urgency, "
					 "lower_bound, upper_bound, jobs) AS ("
					 "SELECT 'total', NULL::uuid, NULL::uuid, "
					 "NULL::text, NULL::bigint, NULL::bigint, "
					 "count(*) FROM found "
					 "UNION ALL SELECT 'category', p.id, p.parent_id, "
					 "NULL, NULL, NULL, sum(p.jobs)::bigint "
					 "FROM paths AS p GROUP BY p.id, p.parent_id "
					 "UNION ALL SELECT 'urgency', NULL, NULL, "
					 "f.urgency::text, NULL, NULL, count(*) "
					 "FROM found AS f GROUP BY f.urgency "
					 "UNION ALL " BANDS("budget", "f.budget", BUDGETS)
					 "UNION ALL "
					 BANDS("distance", "f.miles", MILES_BANDS)
					 "WHERE $2) "
					 "SELECT f.* FROM facets AS f "
					 "ORDER BY f.facet = 'total' DESC, f.facet, "
					 "f.urgency::dwello.urgency, f.lower_bound, "
					 "f.jobs DESC, f.category_id");
	DwParams	p = DW_PARAMS;
	DwSearchFinds found;

	dw_search_find(plan, &found);
	*is_complete = found.is_complete;
	param_ids(&p, found.finds, found.count);
	param_place(&p, plan->search);
	return dw_query(&select_facets, &p);
}

/* Adds the place, $2 to $4: whether there is one, and which. */
static void
param_place(DwParams *p, const DwSearch *search)
{
	dw_param_bool(p, search->has_longitude);
	dw_param_float8(p, search->has_longitude ? search->longitude : 0.0);
	dw_param_float8(p, search->has_longitude ? search->latitude : 0.0);
}

/* Adds ids of jobs, $1. */
static void
param_ids(DwParams *p, const DwSearchFind *finds, int count)
{
	DwUuid	   *ids = palloc(sizeof(*ids) * (count + 1));

	for (int i = 0; i < count; i++)
		ids[i] = finds[i].id;
	dw_param_uuids(p, ids, count);
}
