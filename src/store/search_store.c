/*
 * search_store.c
 *		Finding open jobs by words, place, category, budget and urgency.
 *
 * Which index is best hangs on which filters are given and on how common the
 * words are, so these statements are planned for their values: a filter that
 * is not given is gone from the plan, rare words go through jobs_search_idx,
 * common ones through jobs_published_at_idx until the window is full, a place
 * through jobs_key_idx.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/uuid.h"

#include "core/box.h"
#include "store/plan_store.h"
#include "store/search_store.h"

/* The query for @@@ and <~>, from $2 to $9; jobs may ask for anything. */
#define QUERY(ceiling) \
	"dwello.job_query($2, $3, $4, $9, $5, NULL, NULL, $6, $7, $8, 31, " \
	"CASE WHEN $13 THEN '{.6, 0, 0, 0, .4}'::float8[] " \
	"ELSE '{0, 0, 0, 0, 1}'::float8[] END, " \
	"ceiling => " ceiling ")"

/* What is found: parameters $1 to $13 of param_search(). */
#define FOUND(columns, ceiling) \
	"SELECT " columns " FROM dwello.jobs AS j " \
	"WHERE j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL " \
	"AND j.expires_at > $11 AND j.key OPERATOR(dwello.@@@) " QUERY(ceiling) \
	" AND ($1::tsquery IS NULL OR j.search @@ $1) " \
	"AND ($10::text IS NULL OR j.urgency = $10::dwello.urgency) "

/* At most the window of it, newest first. */
#define NEWEST "ORDER BY j.published_at DESC, j.id DESC LIMIT $12 "

/* Miles from the place asked for; NULL without one. */
#define MILES \
	"CASE WHEN $13 THEN st_distance(j.location, " \
	"st_setsrid(st_makepoint($2, $3), 4326)::geography, false) " \
	"/ 1609.344 END"

/* What comes after the cursor, $14 and $15, of rows with a score. */
#define AFTER(score, id) \
	"($14::float8 IS NULL OR " score " < $14 " \
	"OR (" score " = $14 AND " id " > $15)) "

/* The columns of a page that was found. */
#define SHOWN \
	"SELECT p.id, p.score, " MILES ", j.category_id, j.title, " \
	"j.urgency::text, j.budget_min, j.budget_max, j.currency, " \
	"st_x(j.location::geometry), st_y(j.location::geometry), " \
	"j.published_at " \
	"FROM (SELECT f.id, f.score FROM found AS f " \
	"ORDER BY f.score DESC, f.id LIMIT $16) AS p " \
	"JOIN dwello.jobs AS j ON j.id = p.id ORDER BY p.score DESC, p.id"

static bool prepare_words(DwSearchPlan *plan);
static bool prepare_categories(DwSearchPlan *plan, DwUuid *unknown);
static Datum uuids_datum(const DwUuid *ids, int count);
static void param_search(DwParams *p, const DwSearchPlan *plan);
static void param_amount(DwParams *p, int64 amount);

/* Makes a search ready; see the header. */
bool
dw_search_prepare(const DwSearch *search, DwSearchPlan *plan, DwUuid *unknown)
{
	memset(plan, 0, sizeof(*plan));
	plan->search = search;
	if (search->query != NULL)
		plan->has_words = prepare_words(plan);
	plan->has_categories = search->category_ids != NULL;
	return !plan->has_categories || prepare_categories(plan, unknown);
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
					 "SELECT array_agg(below.id), (SELECT u.id "
					 "FROM unnest($1) AS u (id) WHERE NOT EXISTS "
					 "(SELECT FROM dwello.service_categories AS c "
					 "WHERE c.id = u.id) LIMIT 1) FROM below");
	const DwSearch *search = plan->search;
	DwParams	p = DW_PARAMS;
	bool		isnull;

	dw_param_datum(&p, UUIDARRAYOID,
				   uuids_datum(search->category_ids, search->category_count),
				   false);
	(void) dw_query(&expand, &p);
	plan->categories = dw_read_datum(0, 1, &isnull);
	return !dw_read_uuid(0, 2, unknown);
}

/* Ids as uuid[]. */
static Datum
uuids_datum(const DwUuid *ids, int count)
{
	Datum	   *items = palloc(sizeof(Datum) * (count + 1));

	for (int i = 0; i < count; i++)
		items[i] = PointerGetDatum(&ids[i]);
	return PointerGetDatum(construct_array(items, count, UUIDOID, UUID_LEN,
										   false, TYPALIGN_CHAR));
}

/*
 * With words the newest that have them are ranked.  Without, the index gives
 * jobs in the order of their scores, those that tie with the last included:
 * nothing is left out, and little is read.
 */
uint64
dw_search_page(const DwSearchPlan *plan, const DwSearchCursor *cursor,
			   int32 max_results)
{
	static DwStatement with_words =
		DW_STATEMENT_CUSTOM("WITH newest AS MATERIALIZED ("
							FOUND("j.id, j.search, j.key", "NULL") NEWEST
							"), ranked AS MATERIALIZED (SELECT n.id, "
							"0.5::float8 * ts_rank(n.search, $1) + 0.5::float8 "
							"* dwello.job_score(n.key, " QUERY("NULL") ") "
							"AS score FROM newest AS n), "
							"found AS (SELECT r.* FROM ranked AS r WHERE "
							AFTER("r.score", "r.id") ") " SHOWN);
	static DwStatement in_order =
		DW_STATEMENT_CUSTOM("WITH found AS MATERIALIZED ("
							FOUND("j.id, dwello.job_score(j.key, "
								  QUERY("$14") ") AS score", "$14")
							"AND $12 > 0 AND "
							AFTER("dwello.job_score(j.key, " QUERY("$14") ")",
								  "j.id")
							"ORDER BY j.key OPERATOR(dwello.<~>) " QUERY("$14")
							" FETCH FIRST ($16) ROWS WITH TIES) " SHOWN);
	DwParams	p = DW_PARAMS;

	param_search(&p, plan);
	if (cursor->has_score)
		dw_param_float8(&p, cursor->score);
	else
		dw_param_null(&p, FLOAT8OID);
	dw_param_uuid(&p, cursor->has_id ? &cursor->id : NULL);
	dw_param_int4(&p, max_results);
	return dw_query(plan->has_words ? &with_words : &in_order, &p);
}

/* The bounds of the bands, in minor units and in miles; see FACETS. */
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
dw_search_facets(const DwSearchPlan *plan)
{
	static DwStatement select_facets =
		DW_STATEMENT_CUSTOM("WITH RECURSIVE found AS MATERIALIZED ("
							FOUND("j.category_id, j.urgency, "
								  "COALESCE(j.budget_max, j.budget_min) "
								  "AS budget, " MILES " AS miles", "NULL")
							NEWEST "), "
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
							"WHERE $13) "
							"SELECT f.* FROM facets AS f "
							"ORDER BY f.facet = 'total' DESC, f.facet, "
							"f.urgency::dwello.urgency, f.lower_bound, "
							"f.jobs DESC, f.category_id");
	DwParams	p = DW_PARAMS;

	param_search(&p, plan);
	return dw_query(&select_facets, &p);
}

/* The parameters $1 to $13 of FOUND; without a place, all of the globe. */
static void
param_search(DwParams *p, const DwSearchPlan *plan)
{
	const DwSearch *search = plan->search;
	bool		has_place = search->has_longitude;

	dw_param_datum(p, TSQUERYOID, plan->words, !plan->has_words);
	dw_param_float8(p, has_place ? search->longitude : 0.0);
	dw_param_float8(p, has_place ? search->latitude : 0.0);
	dw_param_float8(p, has_place ? search->radius_miles :
					DW_BOX_RADIUS_MAX_MILES);
	dw_param_datum(p, UUIDARRAYOID, plan->categories, !plan->has_categories);
	param_amount(p, search->budget_min);
	param_amount(p, search->budget_max);
	dw_param_text(p, search->currency);
	dw_param_time(p, search->as_of);
	dw_param_text(p, search->urgency);
	dw_param_time(p, search->now);
	dw_param_int4(p, DW_SEARCH_WINDOW);
	dw_param_bool(p, has_place);
}

/* An amount; NULL for none. */
static void
param_amount(DwParams *p, int64 amount)
{
	if (amount == DW_SEARCH_ABSENT)
		dw_param_null(p, INT8OID);
	else
		dw_param_int8(p, amount);
}
