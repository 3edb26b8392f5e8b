/*
 * tile_store.c
 *		Visible open jobs on the map, read for those who look at it.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/search/search_store.h"

/* A column or row of a tile's 4096 from one of cells at depth 31. */
#define UNIT(value) "((" value ") >> (19 - $4)) & 4095"

static Datum tile_of_jobs(const DwTile *tile);
static Datum tile_of_counts(const DwTile *tile);
static void param_range(DwParams *p, DwTileRange range);
static Datum result_bytea(void);
static uint64 clusters_of_jobs(DwParams *p);
static uint64 clusters_of_counts(DwParams *p);
static void param_ranges(DwParams *p, const DwTileBbox *box, int32_t deeper);

/* The tile in Mapbox's vector format; see the header. */
Datum
dw_tile_mvt(const DwTile *tile)
{
	return tile->zoom < DW_TILE_JOBS_ZOOM ? tile_of_counts(tile) :
		tile_of_jobs(tile);
}

/* A tile of the jobs themselves, those published last if there are many. */
static Datum
tile_of_jobs(const DwTile *tile)
{
	static DwStatement select_tile =
		DW_STATEMENT("SELECT st_asmvt(t, 'jobs', 4096, 'geom') FROM ("
					 "SELECT st_makepoint("
					 "dwello.tile_x(j.cell, $4 + 12) & 4095, "
					 "dwello.tile_y(j.cell, $4 + 12) & 4095) AS geom, "
					 "j.id::text AS id, j.category_id::text AS category, "
					 "j.urgency::text AS urgency, "
					 "COALESCE(j.budget_max, j.budget_min) AS budget, "
					 "j.currency FROM dwello.jobs AS j WHERE " DW_TILE_VISIBLE
					 "AND j.cell BETWEEN $2 AND $3 "
					 "ORDER BY j.published_at DESC, j.id LIMIT $5) AS t");
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, dw_now());
	param_range(&p, dw_tile_range(dw_tile_number(tile), tile->zoom,
								  DW_TILE_DEPTH));
	dw_param_int4(&p, tile->zoom);
	dw_param_int4(&p, DW_TILE_FEATURES_MAX);
	(void) dw_query(&select_tile, &p);
	return result_bytea();
}

/* A tile of counts: one point for each cell, where its jobs are on average. */
static Datum
tile_of_counts(const DwTile *tile)
{
	static DwStatement select_tile =
		DW_STATEMENT("SELECT st_asmvt(t, 'counts', 4096, 'geom') FROM ("
					 "SELECT st_makepoint("
					 UNIT("sum(c.x_sum)::bigint / sum(c.jobs)") ", "
					 UNIT("sum(c.y_sum)::bigint / sum(c.jobs)") ") AS geom, "
					 "sum(c.jobs) AS jobs, "
					 "jsonb_object_agg(c.category_id, c.jobs) "
					 "FROM dwello.job_tiles AS c "
					 "WHERE c.zoom = $1 AND c.tile BETWEEN $2 AND $3 "
					 "GROUP BY c.tile ORDER BY c.tile) AS t");
	DwParams	p = DW_PARAMS;
	int32_t		zoom = tile->zoom + DW_TILE_GRID;

	dw_param_int4(&p, zoom);
	param_range(&p, dw_tile_range(dw_tile_number(tile), tile->zoom, zoom));
	dw_param_int4(&p, tile->zoom);
	(void) dw_query(&select_tile, &p);
	return result_bytea();
}

/* Adds the ends of a run of numbers. */
static void
param_range(DwParams *p, DwTileRange range)
{
	dw_param_int8(p, range.first);
	dw_param_int8(p, range.last);
}

/* The bytea that a statement gave; an aggregate always gives one row. */
static Datum
result_bytea(void)
{
	bool		isnull;
	Datum		value = dw_read_datum(0, 1, &isnull);

	if (isnull)
		elog(ERROR, "a tile must not be NULL");
	return value;
}

/* The cells in a span that have jobs; see the header. */
uint64
dw_tile_clusters(const DwTileBbox *box, const DwTileSpan *span)
{
	DwParams	p = DW_PARAMS;
	bool		is_counted = span->zoom <= DW_TILE_COUNT_LAST;

	dw_param_time(&p, dw_now());
	param_ranges(&p, box, span->zoom);
	dw_param_int4(&p, span->zoom);
	dw_param_int4(&p, 2 * (DW_TILE_DEPTH - span->zoom));
	return is_counted ? clusters_of_counts(&p) : clusters_of_jobs(&p);
}

/* From the jobs themselves. */
static uint64
clusters_of_jobs(DwParams *p)
{
	static DwStatement select_clusters =
		DW_STATEMENT("WITH RECURSIVE " DW_TILE_ROOTS ", "
					 "counts AS (SELECT j.cell >> $5 AS tile, "
					 "r.root_id, count(*)::integer AS jobs, "
					 "sum(dwello.tile_x(j.cell, 31))::bigint AS x_sum, "
					 "sum(dwello.tile_y(j.cell, 31))::bigint AS y_sum, "
					 "min(j.id::text)::uuid AS job_id "
					 "FROM unnest($2::bigint[], $3::bigint[]) "
					 "AS s (first, last) JOIN dwello.jobs AS j "
					 "ON j.cell BETWEEN s.first << $5 "
					 "AND (s.last << $5) + (1::bigint << $5) - 1 "
					 "JOIN roots AS r ON r.id = j.category_id "
					 "WHERE " DW_TILE_VISIBLE "AND $4 > 0 GROUP BY 1, 2) "
					 "SELECT c.tile, sum(c.jobs)::integer, "
					 "sum(c.x_sum)::bigint, sum(c.y_sum)::bigint, "
					 "array_agg(c.root_id ORDER BY c.root_id), "
					 "array_agg(c.jobs ORDER BY c.root_id), "
					 "CASE WHEN sum(c.jobs) = 1 "
					 "THEN (array_agg(c.job_id))[1] END "
					 "FROM counts AS c GROUP BY c.tile ORDER BY c.tile");

	return dw_query(&select_clusters, p);
}

/*
 * From the counts.  A job by itself is looked up: one that has closed since
 * it was counted is not shown.
 */
static uint64
clusters_of_counts(DwParams *p)
{
	static DwStatement select_clusters =
		DW_STATEMENT("SELECT c.tile, c.jobs, c.x_sum, c.y_sum, "
					 "c.category_ids, c.counts, l.id "
					 "FROM (SELECT t.tile, sum(t.jobs)::integer AS jobs, "
					 "sum(t.x_sum)::bigint AS x_sum, "
					 "sum(t.y_sum)::bigint AS y_sum, "
					 "array_agg(t.category_id ORDER BY t.category_id) "
					 "AS category_ids, "
					 "array_agg(t.jobs ORDER BY t.category_id) AS counts "
					 "FROM unnest($2::bigint[], $3::bigint[]) "
					 "AS s (first, last) JOIN dwello.job_tiles AS t "
					 "ON t.zoom = $4 "
					 "AND t.tile BETWEEN s.first AND s.last "
					 "GROUP BY t.tile) AS c "
					 "LEFT JOIN LATERAL (SELECT j.id "
					 "FROM dwello.jobs AS j WHERE c.jobs = 1 AND " DW_TILE_VISIBLE
					 "AND j.cell BETWEEN c.tile << $5 "
					 "AND (c.tile << $5) + (1::bigint << $5) - 1 "
					 "LIMIT 1) AS l ON true "
					 "WHERE c.jobs > 1 OR l.id IS NOT NULL "
					 "ORDER BY c.tile");

	return dw_query(&select_clusters, p);
}

/* Adds the runs of deeper tiles in the tiles that a box touches. */
static void
param_ranges(DwParams *p, const DwTileBbox *box, int32_t deeper)
{
	DwTileSpan	tiles = dw_tile_span(box, box->zoom);
	int64		count = dw_tile_count(&tiles);
	Datum	   *first = palloc(sizeof(Datum) * count);
	Datum	   *last = palloc(sizeof(Datum) * count);

	for (int64 i = 0; i < count; i++)
	{
		DwTile		tile = dw_tile_at(&tiles, i);
		DwTileRange range = dw_tile_range(dw_tile_number(&tile), box->zoom,
										  deeper);

		first[i] = Int64GetDatum(range.first);
		last[i] = Int64GetDatum(range.last);
	}
	dw_param_int8s(p, first, count);
	dw_param_int8s(p, last, count);
}
