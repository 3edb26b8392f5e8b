/*
 * tile_api.c
 *		Entry points for maps: jobs_mvt, cluster_jobs, refresh_tiles, and the
 *		numbers of cells.
 *
 * Everybody who is somebody sees the same: what a stranger may.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "core/geo/geo.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "store/search/search_store.h"

/* Jobs that one call of refresh_tiles() may look at. */
#define REFRESH_MAX 1000000

static void cluster_row(DwCall *call, const DwTileSpan *span, uint64 row);
static void cluster_place(DwCall *call, uint64 row, int64 jobs);
static void row_value(DwCall *call, const char *name, uint64 row,
					  int column);
static int64 cell_part(FunctionCallInfo fcinfo, int64 part);

/* jobs_mvt(z, x, y) → bytea: a vector tile. */
DW_FUNCTION(dwello_jobs_mvt)
{
	DwCall		call;
	DwArgError	error = {0};
	DwTile		tile;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
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
	DwTileBbox	box;
	DwTileSpan	span;
	uint64		count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	dw_args_need(&call, "west", "south", "east", "north", "zoom", NULL);
	box.west = dw_arg_float8(&call, "west");
	box.south = dw_arg_float8(&call, "south");
	box.east = dw_arg_float8(&call, "east");
	box.north = dw_arg_float8(&call, "north");
	box.zoom = dw_arg_int4(&call, "zoom");
	dw_tile_bbox_check(&box, &error);
	dw_arg_error_raise(&call, &error);

	dw_rows_begin(&call);
	span = dw_tile_span(&box, box.zoom + DW_TILE_BBOX_GRID);
	count = dw_tile_clusters(&box, &span);
	for (uint64 row = 0; row < count; row++)
		cluster_row(&call, &span, row);
	return dw_list_return(&call);
}

/* refresh_tiles(max_jobs) → changed, is_complete */
DW_FUNCTION(dwello_refresh_tiles)
{
	DwCall		call;
	DwTileRefresh refresh;
	int32		max_jobs;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_jobs = dw_arg_int4(&call, "max_jobs");
	if (max_jobs < 1 || max_jobs > REFRESH_MAX)
		dw_arg_refuse(&call, "max_jobs", DW_BAD_VALUE,
					  psprintf("must be from 1 to %d", REFRESH_MAX));
	(void) dw_tiles_refresh(max_jobs, &refresh);
	dw_row_int8(&call, "changed", refresh.changed);
	dw_row_bool(&call, "is_complete", refresh.is_complete);
	return dw_call_return(&call);
}

/* tile_cell(longitude, latitude) → the cell of a place. */
DW_FUNCTION(dwello_tile_cell)
{
	double		longitude = PG_GETARG_FLOAT8(0);
	double		latitude = PG_GETARG_FLOAT8(1);

	if (!dw_geo_valid(longitude, latitude))
		dw_raise(DW_BAD_VALUE,
				 "longitude and latitude must be a place on the globe",
				 NULL, "Longitude is from -180 to 180, latitude from -90 to 90.");
	PG_RETURN_INT64(dw_tile_cell(longitude, latitude));
}

/* tile_x(cell, zoom) → the column of a cell, in tiles of a zoom. */
DW_FUNCTION(dwello_tile_x)
{
	PG_RETURN_INT64(cell_part(fcinfo, dw_tile_x(PG_GETARG_INT64(0))));
}

/* tile_y(cell, zoom) → the row of a cell, in tiles of a zoom. */
DW_FUNCTION(dwello_tile_y)
{
	PG_RETURN_INT64(cell_part(fcinfo, dw_tile_y(PG_GETARG_INT64(0))));
}

/* A column or row of cells as one of tiles; 22023 for what is none. */
static int64
cell_part(FunctionCallInfo fcinfo, int64 part)
{
	int64		cell = PG_GETARG_INT64(0);
	int32		zoom = PG_GETARG_INT32(1);

	if (cell < 0 || cell >> (2 * DW_TILE_DEPTH) != 0)
		dw_raise(DW_BAD_VALUE, "cell must be from 0 to 2^62 - 1", NULL,
				 "Cells are made by dwello.tile_cell().");
	if (zoom < 0 || zoom > DW_TILE_ZOOM_MAX + DW_TILE_EXTENT_BITS)
		dw_raise(DW_BAD_VALUE, "zoom must be from 0 to 34", NULL,
				 "A tile of zoom z is 4096 columns of zoom z + 12 wide.");
	if (zoom > DW_TILE_DEPTH)
		return part << (zoom - DW_TILE_DEPTH);
	return part >> (DW_TILE_DEPTH - zoom);
}

/* One cell of the box; the last tiles reach beyond it. */
static void
cluster_row(DwCall *call, const DwTileSpan *span, uint64 row)
{
	int64		jobs = dw_read_int4(row, 2);

	if (!dw_tile_within(span, dw_read_int8(row, 1)))
		return;
	cluster_place(call, row, jobs);
	dw_row_int4(call, "jobs", (int32) jobs);
	row_value(call, "category_ids", row, 5);
	row_value(call, "category_counts", row, 6);
	row_value(call, "job_id", row, 7);
	dw_list_emit(call);
}

/* The mean place of the jobs in a cell. */
static void
cluster_place(DwCall *call, uint64 row, int64 jobs)
{
	int64		x = dw_read_int8(row, 3) / jobs;
	int64		y = dw_read_int8(row, 4) / jobs;

	dw_row_float8(call, "longitude", dw_tile_longitude(x));
	dw_row_float8(call, "latitude", dw_tile_latitude(y));
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
