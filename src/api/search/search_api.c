/*
 * search_api.c
 *		Entry points that look for open jobs, by words and on the map, and of
 *		saved searches.
 *
 * Everybody who is somebody finds the same: what a stranger may see.
 */
#include "postgres.h"

#include <math.h>

#include "api/account/account_api.h"
#include "core/geo/geo.h"
#include "core/match/match.h"
#include "core/search/search.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/search/search_store.h"

/* Who may save a search: the provider, and who acts for them. */
#define SAVED_ACTORS \
	(DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)

#define NAME_MAX_LENGTH 100		/* characters of a saved search's name */
#define REFRESH_MAX		1000000 /* jobs that one refresh may look at */

static void search_read(DwCall *call, DwSearch *search, DwArgError *error);
static void place_read(DwCall *call, DwSearch *search);
static int64 amount_opt(DwCall *call, const char *arg);
static void cursor_read(DwCall *call, DwSearchCursor *cursor);
static void search_prepare(const DwSearch *search, DwSearchPlan *plan);
static void categories_check(DwCall *call, const DwSearchPlan *plan);
static int32 saved_lock(DwCall *call, const DwSavedSearch *saved);
static void room_check(const DwUuid *user_id);
static Datum saved_return(DwCall *call, const DwSavedSearch *saved,
						  const char *type);
static int64 cell_part(FunctionCallInfo fcinfo,
					   int64_t (*part) (int64_t cell));

/* search_jobs(query, longitude, …) → job_id, score, distance_miles, … */
DW_FUNCTION(dwello_search_jobs)
{
	DwCall		call;
	DwArgError	error = {0};
	DwSearch	search;
	DwSearchCursor cursor = {0};
	DwSearchPlan plan;
	int32		max_results;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PUBLIC);
	dw_args_need(&call, "currency", "max_results", NULL);
	search_read(&call, &search, &error);
	cursor_read(&call, &cursor);
	dw_search_cursor_check(&cursor, &search, &error);
	dw_arg_error_raise(&call, &error);
	max_results = dw_arg_page(&call, "max_results");
	search_prepare(&search, &plan);
	categories_check(&call, &plan);

	dw_rows_begin(&call);
	dw_search_page(&call, &plan, &cursor, max_results);
	return dw_list_return(&call);
}

/* search_facets(query, longitude, …) → facet, category_id, …, jobs */
DW_FUNCTION(dwello_search_facets)
{
	DwCall		call;
	DwArgError	error = {0};
	DwSearch	search;
	DwSearchPlan plan;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PUBLIC);
	dw_args_need(&call, "currency", NULL);
	search_read(&call, &search, &error);
	dw_arg_error_raise(&call, &error);
	search_prepare(&search, &plan);
	categories_check(&call, &plan);

	dw_rows_begin(&call);
	dw_search_facets(&call, &plan);
	return dw_list_return(&call);
}

/* save_search(query, …, name, search_id) → user_id, search_id, … */
DW_FUNCTION(dwello_save_search)
{
	DwCall		call;
	DwArgError	error = {0};
	DwSavedSearch saved = {.created_at = dw_now()};
	DwSearchPlan plan;
	const DwUuid *id;

	dw_command_begin(&call, fcinfo, SAVED_ACTORS);
	dw_args_need(&call, "currency", "name", NULL);
	saved.user_id = dw_user_argument(&call, "user_id");
	saved.name = dw_arg_text(&call, "name", NAME_MAX_LENGTH);
	search_read(&call, &saved.search, &error);
	dw_arg_error_raise(&call, &error);
	search_prepare(&saved.search, &plan);

	id = dw_arg_uuid_opt(&call, "search_id");
	dw_provider_for_command(&call, "user_id", &saved.user_id);
	if (dw_call_replay(&call, &saved.user_id))
		return dw_call_return(&call);
	saved.id = id != NULL ? *id : dw_uuid_fresh();
	if (id != NULL)
		saved.version = saved_lock(&call, &saved);
	else
	{
		dw_call_version(&call, 0);
		room_check(&saved.user_id);
	}
	dw_saved_write(&saved);
	return saved_return(&call, &saved, "search_saved");
}

/* delete_search(search_id) → user_id, search_id, version, replayed */
DW_FUNCTION(dwello_delete_search)
{
	DwCall		call;
	DwSavedSearch saved = {0};

	dw_command_begin(&call, fcinfo, SAVED_ACTORS);
	saved.id = dw_arg_uuid(&call, "search_id");
	saved.user_id = dw_user_argument(&call, "user_id");

	dw_provider_for_command(&call, "user_id", &saved.user_id);
	if (dw_call_replay(&call, &saved.user_id))
		return dw_call_return(&call);
	saved.version = saved_lock(&call, &saved);
	dw_saved_delete(&saved.user_id, &saved.id);
	return saved_return(&call, &saved, "search_deleted");
}

/* jobs_mvt(z, x, y) → bytea: a vector tile. */
DW_FUNCTION(dwello_jobs_mvt)
{
	DwCall		call;
	DwArgError	error = {0};
	DwTile		tile;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PUBLIC);
	dw_args_need(&call, "z", "x", "y", NULL);
	tile.zoom = dw_arg_int4(&call, "z");
	tile.x = dw_arg_int4(&call, "x");
	tile.y = dw_arg_int4(&call, "y");
	dw_tile_check(&tile, &error);
	dw_arg_error_raise(&call, &error);
	return dw_call_return_datum(&call, dw_tile_mvt(&tile), false, -1);
}

/* cluster_jobs(west, south, east, north, zoom) → longitude, latitude, … */
DW_FUNCTION(dwello_cluster_jobs)
{
	DwCall		call;
	DwArgError	error = {0};
	DwTileBbox	bbox;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PUBLIC);
	dw_args_need(&call, "west", "south", "east", "north", "zoom", NULL);
	bbox.west = dw_arg_float8(&call, "west");
	bbox.south = dw_arg_float8(&call, "south");
	bbox.east = dw_arg_float8(&call, "east");
	bbox.north = dw_arg_float8(&call, "north");
	bbox.zoom = dw_arg_int4(&call, "zoom");
	dw_tile_bbox_check(&bbox, &error);
	dw_arg_error_raise(&call, &error);

	dw_rows_begin(&call);
	dw_tile_clusters(&call, &bbox);
	return dw_list_return(&call);
}

/* refresh_tiles(max_jobs) → changed, is_complete */
DW_FUNCTION(dwello_refresh_tiles)
{
	DwCall		call;
	DwTileRefresh refresh;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	(void) dw_tiles_refresh(dw_arg_count(&call, "max_jobs", REFRESH_MAX),
							&refresh);
	dw_row_int8(&call, "changed", refresh.changed);
	dw_row_bool(&call, "is_complete", refresh.is_complete);
	return dw_call_return(&call);
}

/*
 * tile_cell(longitude, latitude) → the cell of a place.  This and the next
 * two are no calls of an application: generated columns and sums ask them
 * for every row, so they find their arguments by place.
 */
DW_FUNCTION(dwello_tile_cell)
{
	double		longitude = DatumGetFloat8(fcinfo->args[0].value);
	double		latitude = DatumGetFloat8(fcinfo->args[1].value);

	if (!dw_geo_valid(longitude, latitude))
		dw_raise(DW_BAD_VALUE,
				 "longitude and latitude must be a place on the globe",
				 NULL, "Longitude is from -180 to 180, latitude from -90 to 90.");
	PG_RETURN_INT64(dw_tile_cell(longitude, latitude));
}

/* tile_x(cell, zoom) → the column of a cell, in tiles of a zoom. */
DW_FUNCTION(dwello_tile_x)
{
	PG_RETURN_INT64(cell_part(fcinfo, dw_tile_x));
}

/* tile_y(cell, zoom) → the row of a cell, in tiles of a zoom. */
DW_FUNCTION(dwello_tile_y)
{
	PG_RETURN_INT64(cell_part(fcinfo, dw_tile_y));
}

/*
 * Reads what is looked for and judges it: a text over its limit, and what
 * core finds wrong, is noted.  A place that was not given is NaN.
 */
static void
search_read(DwCall *call, DwSearch *search, DwArgError *error)
{
	static const DwTextRule words = {.max = DW_SEARCH_QUERY_MAX};
	char	   *query = dw_arg_text_checked(call, error, "query", words);

	memset(search, 0, sizeof(*search));
	if (query != NULL)
		dw_search_clean(query);
	search->query = query;
	place_read(call, search);
	search->categories.ids = dw_arg_uuids_opt(call, "category_ids",
											  &search->categories.count);
	search->budget_min = amount_opt(call, "budget_min");
	search->budget_max = amount_opt(call, "budget_max");
	search->currency = dw_arg_text_opt(call, "currency",
									   DW_SEARCH_QUERY_MAX);
	search->urgency = dw_arg_label_opt(call, "urgency");
	search->now = search->as_of = dw_now();
	if (dw_arg_exists(call, "as_of") && dw_arg_has(call, "as_of"))
		search->as_of = dw_arg_time_opt(call, "as_of");
	dw_search_check(search, error);
}

/*
 * Reads the place and the radius around it.  Half a place is read, too: that
 * it is wrong is core's to say.
 */
static void
place_read(DwCall *call, DwSearch *search)
{
	search->has_longitude = dw_arg_has(call, "longitude");
	search->has_latitude = dw_arg_has(call, "latitude");
	search->has_radius = dw_arg_has(call, "radius_miles");
	search->longitude = search->has_longitude ?
		dw_arg_float8(call, "longitude") : NAN;
	search->latitude = search->has_latitude ?
		dw_arg_float8(call, "latitude") : NAN;
	search->radius_miles = search->has_radius ?
		dw_arg_float8(call, "radius_miles") :
		DW_SEARCH_RADIUS_DEFAULT;
}

/*
 * An amount, or none.  Whoever asks for -1, which stands for none, is to be
 * told that it is not positive, as for any other.
 */
static int64
amount_opt(DwCall *call, const char *arg)
{
	int64		amount;

	if (!dw_arg_has(call, arg))
		return DW_SEARCH_ABSENT;
	amount = dw_arg_amount(call, arg);
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

/* Makes the search ready; P0002 for a category that does not exist. */
static void
search_prepare(const DwSearch *search, DwSearchPlan *plan)
{
	DwUuid		unknown;

	if (!dw_search_prepare(search, plan, &unknown))
		dw_raise(DW_NOT_FOUND, psprintf("category %s does not exist",
										dw_uuid_text(&unknown)),
				 NULL, "See dwello.categories for those there are.");
}

/* 22023 for more categories than a query of the index has room for. */
static void
categories_check(DwCall *call, const DwSearchPlan *plan)
{
	if (plan->categories.count > DW_MATCH_CATEGORIES_MAX)
		dw_arg_refuse(call, "category_ids", DW_BAD_VALUE,
					  psprintf("must have at most %d categories, those below them counted",
							   DW_MATCH_CATEGORIES_MAX));
}

/* Locks a search that must be there, and gives its version; P0002, WD103. */
static int32
saved_lock(DwCall *call, const DwSavedSearch *saved)
{
	int32		version = dw_saved_lock(&saved->user_id, &saved->id);

	if (version == 0)
		dw_raise(DW_NOT_FOUND, "saved search does not exist",
				 psprintf("User %s has no saved search %s.",
						  dw_uuid_text(&saved->user_id),
						  dw_uuid_text(&saved->id)),
				 "dwello.saved_searches has those there are; leave search_id out to save a new one.");
	dw_call_version(call, version);
	return version;
}

/*
 * WD301 for one search too many.  The owner is locked, so that two calls at a
 * time cannot both take the last place.
 */
static void
room_check(const DwUuid *user_id)
{
	int64		most = dw_setting_int8("saved_searches_max");

	if (dw_saved_count(user_id) >= most)
		dw_raise(DW_LIMIT_REACHED, "there are too many saved searches",
				 psprintf("A provider may have " INT64_FORMAT ".", most),
				 "Delete one with dwello.delete_search(), or change it: give its search_id.");
}

/* Emits the event, and makes the row that both return. */
static Datum
saved_return(DwCall *call, const DwSavedSearch *saved, const char *type)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &saved->user_id);
	dw_payload_uuid(&payload, "search_id", &saved->id);
	dw_event_emit(&saved->user_id, "user", &saved->user_id, type, &payload);

	dw_row_uuid(call, "user_id", &saved->user_id);
	dw_row_uuid(call, "search_id", &saved->id);
	dw_row_int4(call, "version", saved->version);
	return dw_call_return(call);
}

/* The column or row of a cell as one of tiles; 22023 for what is none. */
static int64
cell_part(FunctionCallInfo fcinfo, int64_t (*part) (int64_t cell))
{
	int64		cell = DatumGetInt64(fcinfo->args[0].value);
	int32		zoom = DatumGetInt32(fcinfo->args[1].value);

	if (cell < 0 || cell >> (2 * DW_TILE_DEPTH) != 0)
		dw_raise(DW_BAD_VALUE, "cell must be from 0 to 2^62 - 1", NULL,
				 "Cells are made by dwello.tile_cell().");
	if (zoom < 0 || zoom > DW_TILE_ZOOM_MAX + DW_TILE_EXTENT_BITS)
		dw_raise(DW_BAD_VALUE, "zoom must be from 0 to 34", NULL,
				 "A tile of zoom z is 4096 columns of zoom z + 12 wide.");
	if (zoom > DW_TILE_DEPTH)
		return part(cell) << (zoom - DW_TILE_DEPTH);
	return part(cell) >> (DW_TILE_DEPTH - zoom);
}
