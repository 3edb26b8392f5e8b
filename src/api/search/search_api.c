/*
 * search_api.c
 *		Entry points that look for open jobs: search_jobs, search_facets.
 *
 * Everybody who is somebody finds the same: what a stranger may see.
 */
#include "postgres.h"

#include "api/search/search_api_int.h"
#include "core/match/match.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/search/search_store.h"

static void search_read(DwCall *call, DwSearch *search,
						DwArgError *error);
static void search_read_place(DwCall *call, DwSearch *search);
static int64 amount_opt(DwCall *call, const char *arg);
static void cursor_read(DwCall *call, DwSearchCursor *cursor);
static void search_prepare(DwCall *call, const DwSearch *search,
						   DwSearchPlan *plan);
pg_noreturn static void search_refuse_unknown(const DwUuid *unknown);
static void page_row(DwCall *call, const DwSearch *search, uint64 row);
static void facet_row(DwCall *call, uint64 row, bool is_complete);
static void row_value(DwCall *call, const char *name, uint64 row,
					  int column);

/* search_jobs(query, longitude, …) → job_id, score, distance_miles, … */
DW_FUNCTION(dwello_search_jobs)
{
	DwCall		call;
	DwArgError	error = {0};
	DwSearch	search = {0};
	DwSearchCursor cursor = {0};
	DwSearchPlan plan;
	int32		max_results;
	uint64		count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	dw_args_need(&call, "currency", "max_results", NULL);
	search_read(&call, &search, &error);
	cursor_read(&call, &cursor);
	dw_search_cursor_check(&cursor, &search, &error);
	dw_arg_error_raise(&call, &error);
	max_results = dw_arg_page(&call, "max_results");
	search_prepare(&call, &search, &plan);

	dw_rows_begin(&call);
	count = dw_search_page(&plan, &cursor, max_results);
	for (uint64 row = 0; row < count; row++)
		page_row(&call, &search, row);
	return dw_list_return(&call);
}

/* search_facets(query, longitude, …) → facet, category_id, …, jobs */
DW_FUNCTION(dwello_search_facets)
{
	DwCall		call;
	DwArgError	error = {0};
	DwSearch	search = {0};
	DwSearchPlan plan;
	uint64		count;
	bool		is_complete;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	dw_args_need(&call, "currency", NULL);
	search_read(&call, &search, &error);
	dw_arg_error_raise(&call, &error);
	search_prepare(&call, &search, &plan);

	dw_rows_begin(&call);
	count = dw_search_facets(&plan, &is_complete);
	for (uint64 row = 0; row < count; row++)
		facet_row(&call, row, is_complete);
	return dw_list_return(&call);
}

/* Reads a whole search and judges it; see dw_search_read. */
static void
search_read(DwCall *call, DwSearch *search, DwArgError *error)
{
	dw_search_read(call, search, error);
	if (dw_arg_has(call, "as_of"))
		search->as_of = dw_arg_time_opt(call, "as_of");
	dw_search_check(search, error);
}

void
dw_search_read(DwCall *call, DwSearch *search, DwArgError *error)
{
	static const DwTextRule words = {.max = DW_SEARCH_QUERY_MAX};
	char	   *query = dw_arg_text_checked(call, error, "query",
											words);

	if (query != NULL)
		dw_search_clean(query);
	search->query = query;
	search_read_place(call, search);
	search->category_ids = dw_arg_uuids_opt(call, "category_ids",
											&search->category_count);
	search->budget_min = amount_opt(call, "budget_min");
	search->budget_max = amount_opt(call, "budget_max");
	search->currency = dw_arg_text_opt(call, "currency",
									   DW_SEARCH_QUERY_MAX);
	search->urgency = dw_arg_label_opt(call, "urgency");
	search->now = dw_now();
	search->as_of = search->now;
}

/* Reads the place and the radius around it. */
static void
search_read_place(DwCall *call, DwSearch *search)
{
	search->has_longitude = dw_arg_has(call, "longitude");
	search->has_latitude = dw_arg_has(call, "latitude");
	search->has_radius = dw_arg_has(call, "radius_miles");
	if (search->has_longitude)
		search->longitude = dw_arg_float8(call, "longitude");
	if (search->has_latitude)
		search->latitude = dw_arg_float8(call, "latitude");
	search->radius_miles = search->has_radius ?
		dw_arg_float8(call, "radius_miles") :
		DW_SEARCH_RADIUS_DEFAULT;
}

/* An amount, or none; none is never asked for by a value of its own. */
static int64
amount_opt(DwCall *call, const char *arg)
{
	int64		amount;

	if (!dw_arg_has(call, arg))
		return DW_SEARCH_ABSENT;
	amount = dw_arg_int8(call, arg);
	return amount == DW_SEARCH_ABSENT ? 0 : amount;
}

/* Reads where the page begins. */
static void
cursor_read(DwCall *call, DwSearchCursor *cursor)
{
	const DwUuid *id = dw_arg_uuid_opt(call, "after_id");

	cursor->has_as_of = dw_arg_has(call, "as_of");
	cursor->has_score = dw_arg_has(call, "after_score");
	cursor->has_id = id != NULL;
	if (cursor->has_score)
		cursor->score = dw_arg_float8(call, "after_score");
	if (cursor->has_id)
		cursor->id = *id;
}

/* Makes the search ready; P0002 for an unknown category, 22023 for many. */
static void
search_prepare(DwCall *call, const DwSearch *search, DwSearchPlan *plan)
{
	DwUuid		unknown;

	if (!dw_search_prepare(search, plan, &unknown))
		search_refuse_unknown(&unknown);
	if (plan->category_count > DW_MATCH_CATEGORIES_MAX)
		dw_arg_refuse(call, "category_ids", DW_BAD_VALUE,
					  psprintf("must have at most %d categories, those below them counted",
							   DW_MATCH_CATEGORIES_MAX));
}

/* Raises P0002 for a category. */
static void
search_refuse_unknown(const DwUuid *unknown)
{
	dw_raise(DW_NOT_FOUND, psprintf("category %s does not exist",
									dw_uuid_text(unknown)),
			 NULL, "See dwello.categories for those there are.");
}

/* One job that was found. */
static void
page_row(DwCall *call, const DwSearch *search, uint64 row)
{
	static const char *const columns[] = {
		"job_id", "score", "distance_miles", "category_id", "title", NULL,
		"budget_min", "budget_max", "currency", "longitude", "latitude",
		"published_at"
	};

	for (int i = 0; i < (int) lengthof(columns); i++)
	{
		if (columns[i] != NULL)
			row_value(call, columns[i], row, i + 1);
	}
	dw_row_text(call, "urgency", dw_read_text(row, 6));
	dw_row_time(call, "as_of", search->as_of);
	dw_list_emit(call);
}

/* One count. */
static void
facet_row(DwCall *call, uint64 row, bool is_complete)
{
	row_value(call, "facet", row, 1);
	row_value(call, "category_id", row, 2);
	row_value(call, "parent_id", row, 3);
	dw_row_text(call, "urgency", dw_read_text(row, 4));
	row_value(call, "lower_bound", row, 5);
	row_value(call, "upper_bound", row, 6);
	row_value(call, "jobs", row, 7);
	dw_row_bool(call, "is_complete", is_complete);
	dw_list_emit(call);
}

/* A value of the last result as a column of its type; NULL stays NULL. */
static void
row_value(DwCall *call, const char *name, uint64 row, int column)
{
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);

	if (!isnull)
		dw_row_datum(call, name, value);
}
