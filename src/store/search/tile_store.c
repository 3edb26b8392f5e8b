/*
 * tile_store.c
 *		Visible open jobs on the map: themselves, and counts of them by tile.
 *
 * Commands that publish or close jobs know nothing of the map: the counts are
 * kept by one worker at a time, who finds out which tiles are dirty.  They
 * are those of jobs that have had an event (and those that a moved one has
 * left), those of jobs that have expired since, and, correcting whatever has
 * no event (a category moved below another root, a row changed by hand), the
 * next stretch of a refresh cursor that goes round the map for ever.  Tiles
 * of zoom 14 are counted from jobs; a tile above is the sum of its four
 * quarters.  Only rows that differ are written.
 *
 * Runs of numbers are walked one by one, each in a LATERAL that uses the key:
 * joined as a whole, every row of a zoom is held against every run.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "server/call/call_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/match/match_store.h"
#include "store/search/search_store.h"

/* What a stranger may see now; the time is parameter $1. */
#define VISIBLE \
	"j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL " \
	"AND j.expires_at > $1 "

/*
 * A column or row of a tile's 4096 from one of cells at depth 31: 12 bits
 * below the tile's zoom, $4, are 31 - 12 - zoom bits above cells.
 */
#define UNIT(value) "((" value ") >> (19 - $4)) & 4095"

/*
 * Rows of a zoom from a tile to another, for a LATERAL that uses the key.
 * OFFSET 0 keeps the planner from pulling it up into a join (see above).
 */
#define TILES(zoom, first, last) \
	"(SELECT t.tile, t.category_id, t.jobs, t.x_sum, t.y_sum " \
	"FROM dwello.job_tiles AS t WHERE t.zoom = " zoom " " \
	"AND t.tile BETWEEN " first " AND " last " OFFSET 0) AS t "

/* Visible jobs in tiles that are so many bits above cells, likewise. */
#define JOBS(first, last, bits) \
	"(SELECT j.id, j.cell, j.category_id FROM dwello.jobs AS j " \
	"WHERE " VISIBLE "AND j.cell BETWEEN " first " << " bits " " \
	"AND (" last " << " bits ") + (1::bigint << " bits ") - 1 " \
	"OFFSET 0) AS j "

/*
 * Makes the rows of zoom $2 in the table old those of the table fresh, and
 * gives the numbers of the tiles above those that changed.  Both are added
 * up and not joined, and what is read is read in LATERALs: the server cannot
 * know how many rows there are, and one loop within another takes hours.
 * For the same reason the statements are planned at each execution: the table
 * grows from nothing in the first time round.
 */
#define WRITE \
	"diff AS MATERIALIZED (SELECT u.tile, u.category_id, " \
	"sum(u.jobs) FILTER (WHERE u.side > 0) AS jobs, " \
	"sum(u.x_sum) FILTER (WHERE u.side > 0) AS x_sum, " \
	"sum(u.y_sum) FILTER (WHERE u.side > 0) AS y_sum " \
	"FROM (SELECT 1 AS side, f.* FROM fresh AS f " \
	"UNION ALL SELECT -1, o.* FROM old AS o) AS u " \
	"GROUP BY u.tile, u.category_id " \
	"HAVING sum(u.side * u.jobs) <> 0 OR sum(u.side * u.x_sum) <> 0 " \
	"OR sum(u.side * u.y_sum) <> 0), " \
	"gone AS (DELETE FROM dwello.job_tiles AS t USING diff AS d " \
	"WHERE d.jobs IS NULL AND t.zoom = $2 AND t.tile = d.tile " \
	"AND t.category_id = d.category_id), " \
	"put AS (INSERT INTO dwello.job_tiles AS t " \
	"(zoom, tile, category_id, jobs, x_sum, y_sum) " \
	"SELECT $2, d.tile, d.category_id, d.jobs, d.x_sum, d.y_sum " \
	"FROM diff AS d WHERE d.jobs IS NOT NULL " \
	"ON CONFLICT ON CONSTRAINT job_tiles_pkey DO UPDATE " \
	"SET jobs = EXCLUDED.jobs, x_sum = EXCLUDED.x_sum, " \
	"y_sum = EXCLUDED.y_sum) " \
	"SELECT COALESCE(array_agg(DISTINCT d.tile >> 2), '{}') AS tiles, " \
	"count(*) AS changed, NULL::uuid AS last_id FROM diff AS d"

/* Bits between a cell and its tile: 2 (DW_TILE_DEPTH - DW_TILE_COUNT_LAST). */
#define TILE_BITS 34

/* The number after that of the last tile of DW_TILE_COUNT_LAST. */
#define TILE_END (INT64_C(1) << (2 * DW_TILE_COUNT_LAST))

/* How far the refresh has come: the one row of its table. */
typedef struct RefreshRow
{
	int32		id;				/* 1 */
	DwUuid		seen_id;		/* events up to it are counted */
	DwUuid		watermark_id;	/* up to it they will be, once it is safe */
	int64		watermark_xid;	/* of that watermark */
	int64		next_tile;		/* where it goes round the map */
	TimestampTz refreshed_at;	/* jobs that expired by then are counted */
	TimestampTz completed_at;	/* when it last came to the end of the map */
} RefreshRow;

static const DwColumn refresh_columns[] = {
	DW_COLUMN(INT4, RefreshRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, RefreshRow, seen_id, seen_id, 0),
	DW_COLUMN(UUID, RefreshRow, watermark_id, watermark_id, 0),
	DW_COLUMN(INT8, RefreshRow, watermark_xid, watermark_xid, 0),
	DW_COLUMN(INT8, RefreshRow, next_tile, next_tile, 0),
	DW_COLUMN(TIME, RefreshRow, refreshed_at, refreshed_at, 0),
	DW_COLUMN(TIME, RefreshRow, completed_at, completed_at, 0)
};

static DwTable refreshes =
DW_TABLE("job_tile_refresh", RefreshRow, refresh_columns);

/* One refresh. */
typedef struct Refresh
{
	RefreshRow	row;			/* where it begins, and then ends */
	int32		max_jobs;		/* of the stretch, and of each kind of event */
	TimestampTz now;			/* by which jobs have expired */
	int64		end_tile;		/* the stretch ends there, not included */
	DwUuid		last_id;		/* last event it looks at, if there are more */
} Refresh;

/* What is to be counted, or has been. */
typedef struct TileChange
{
	Datum		tiles;			/* bigint[] */
	int64		changed;		/* rows written */
	DwUuid		last_id;		/* as in Refresh */
} TileChange;

static const DwColumn change_fields[] = {
	DW_FIELD(DATUM, TileChange, tiles, tiles),
	DW_FIELD(INT8, TileChange, changed, changed),
	DW_FIELD(UUID, TileChange, last_id, last_id)
};

static DwMap change_map = DW_MAP(change_fields);

/* The jobs of one cell of a bbox. */
typedef struct Cluster
{
	int64		tile;			/* number of the cell */
	int32		jobs;			/* how many */
	int64		x_sum;			/* of their columns */
	int64		y_sum;			/* of their rows */
	Datum		category_ids;	/* uuid[], roots */
	Datum		category_counts;	/* integer[], jobs of each */
	Datum		job_id;			/* uuid, where it is one job, or 0 */
} Cluster;

static const DwColumn cluster_fields[] = {
	DW_FIELD(INT8, Cluster, tile, tile),
	DW_FIELD(INT4, Cluster, jobs, jobs),
	DW_FIELD(INT8, Cluster, x_sum, x_sum),
	DW_FIELD(INT8, Cluster, y_sum, y_sum),
	DW_FIELD(DATUM, Cluster, category_ids, category_ids),
	DW_FIELD(DATUM, Cluster, category_counts, category_counts),
	DW_FIELD(DATUM, Cluster, job_id, job_id)
};

static DwMap clusters = DW_MAP(cluster_fields);

static Datum tile_of_jobs(const DwTile *tile);
static Datum tile_of_counts(const DwTile *tile);
static void param_range(DwParams *p, DwTileRange range);
static uint64 clusters_of_jobs(DwParams *p);
static uint64 clusters_of_counts(DwParams *p);
static void emit_cluster(DwCall *call, const Cluster *cluster);
static void param_roots(DwParams *p);
static void param_ranges(DwParams *p, const DwTileBbox *bbox, int32_t deeper);

static bool refresh_open(Refresh *refresh);
static void refresh_begin(TimestampTz now);
static int64 stretch_end(const Refresh *refresh);
static Datum dirty_tiles(Refresh *refresh);
static Datum count_jobs(const Refresh *refresh, Datum dirty, int64 *changed);
static Datum count_quarters(int zoom, Datum tiles, int64 *changed);
static Datum read_changes(int64 *changed);
static void refresh_close(Refresh *refresh, bool is_safe);

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
					 "j.currency FROM dwello.jobs AS j WHERE " VISIBLE
					 "AND j.cell BETWEEN $2 AND $3 "
					 "ORDER BY j.published_at DESC, j.id LIMIT $5) AS t");
	DwParams	p = DW_PARAMS;
	bool		isnull;			/* never: an aggregate of bytea */

	dw_param_time(&p, dw_now());
	param_range(&p, dw_tile_range(dw_tile_number(tile), tile->zoom,
								  DW_TILE_DEPTH));
	dw_param_int4(&p, tile->zoom);
	dw_param_int4(&p, DW_TILE_FEATURES_MAX);
	(void) dw_query(&select_tile, &p);
	return dw_read_only_datum(0, &isnull);
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
	bool		isnull;			/* as above */

	dw_param_int4(&p, zoom);
	param_range(&p, dw_tile_range(dw_tile_number(tile), tile->zoom, zoom));
	dw_param_int4(&p, tile->zoom);
	(void) dw_query(&select_tile, &p);
	return dw_read_only_datum(0, &isnull);
}

/* Adds the ends of a run of numbers. */
static void
param_range(DwParams *p, DwTileRange range)
{
	dw_param_int8(p, range.first);
	dw_param_int8(p, range.last);
}

/* The tiles that a bbox touches extend beyond it: cells there are left out. */
void
dw_tile_clusters(DwCall *call, const DwTileBbox *bbox)
{
	DwTileSpan	span = dw_tile_span(bbox, bbox->zoom + DW_TILE_BBOX_GRID);
	DwParams	p = DW_PARAMS;
	uint64		count;

	dw_param_time(&p, dw_now());
	param_ranges(&p, bbox, span.zoom);
	dw_param_int4(&p, 2 * (DW_TILE_DEPTH - span.zoom));
	if (span.zoom > DW_TILE_COUNT_LAST)
		count = clusters_of_jobs(&p);
	else
	{
		dw_param_int4(&p, span.zoom);
		count = clusters_of_counts(&p);
	}
	for (uint64 i = 0; i < count; i++)
	{
		Cluster		cluster;

		dw_map_read(&clusters, i, &cluster);
		if (dw_tile_within(&span, cluster.tile))
			emit_cluster(call, &cluster);
	}
}

/* Adds one cell to the set, at the mean place of its jobs. */
static void
emit_cluster(DwCall *call, const Cluster *cluster)
{
	dw_row_float8(call, "longitude",
				  dw_tile_longitude(cluster->x_sum / cluster->jobs));
	dw_row_float8(call, "latitude",
				  dw_tile_latitude(cluster->y_sum / cluster->jobs));
	dw_row_int4(call, "jobs", cluster->jobs);
	dw_row_datum(call, "category_ids", cluster->category_ids);
	dw_row_datum(call, "category_counts", cluster->category_counts);
	if (cluster->job_id != (Datum) 0)
		dw_row_datum(call, "job_id", cluster->job_id);
	dw_list_emit(call);
}

/*
 * From the jobs themselves.  The id is the least of a cell's: where there is
 * one job it is its id, and no other is shown.
 */
static uint64
clusters_of_jobs(DwParams *p)
{
	static DwStatement select_clusters =
		DW_STATEMENT("WITH counts AS (SELECT j.cell >> $4 AS tile, "
					 "r.root_id, count(*)::integer AS jobs, "
					 "sum(dwello.tile_x(j.cell, 31))::bigint AS x_sum, "
					 "sum(dwello.tile_y(j.cell, 31))::bigint AS y_sum, "
					 "min(j.id::text)::uuid AS job_id "
					 "FROM unnest($2::bigint[], $3::bigint[]) "
					 "AS s (first, last) CROSS JOIN LATERAL "
					 JOBS("s.first", "s.last", "$4")
					 "JOIN unnest($5::uuid[], $6::uuid[]) "
					 "AS r (id, root_id) ON r.id = j.category_id "
					 "GROUP BY 1, 2) "
					 "SELECT c.tile, sum(c.jobs)::integer AS jobs, "
					 "sum(c.x_sum)::bigint AS x_sum, "
					 "sum(c.y_sum)::bigint AS y_sum, "
					 "array_agg(c.root_id ORDER BY c.root_id) "
					 "AS category_ids, "
					 "array_agg(c.jobs ORDER BY c.root_id) "
					 "AS category_counts, CASE WHEN sum(c.jobs) = 1 "
					 "THEN (array_agg(c.job_id))[1] END AS job_id "
					 "FROM counts AS c GROUP BY c.tile ORDER BY c.tile");

	param_roots(p);
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
					 "c.category_ids, c.category_counts, l.id AS job_id "
					 "FROM (SELECT t.tile, sum(t.jobs)::integer AS jobs, "
					 "sum(t.x_sum)::bigint AS x_sum, "
					 "sum(t.y_sum)::bigint AS y_sum, "
					 "array_agg(t.category_id ORDER BY t.category_id) "
					 "AS category_ids, "
					 "array_agg(t.jobs ORDER BY t.category_id) "
					 "AS category_counts "
					 "FROM unnest($2::bigint[], $3::bigint[]) "
					 "AS s (first, last) CROSS JOIN LATERAL "
					 TILES("$5", "s.first", "s.last")
					 "GROUP BY t.tile) AS c "
					 "LEFT JOIN LATERAL (SELECT j.id "
					 "FROM dwello.jobs AS j WHERE c.jobs = 1 AND " VISIBLE
					 "AND j.cell BETWEEN c.tile << $4 "
					 "AND (c.tile << $4) + (1::bigint << $4) - 1 "
					 "LIMIT 1) AS l ON true "
					 "WHERE c.jobs > 1 OR l.id IS NOT NULL "
					 "ORDER BY c.tile");

	return dw_query(&select_clusters, p);
}

/* Adds every category with the root of its tree: two arrays. */
static void
param_roots(DwParams *p)
{
	DwCategoryPairs roots;

	dw_category_pairs(&roots, true);
	dw_param_uuids(p, roots.ids, roots.count);
	dw_param_uuids(p, roots.others, roots.count);
}

/* Adds the runs of deeper tiles in the tiles that a bbox touches. */
static void
param_ranges(DwParams *p, const DwTileBbox *bbox, int32_t deeper)
{
	DwTileSpan	tiles = dw_tile_span(bbox, bbox->zoom);
	int64		count = dw_tile_count(&tiles);
	Datum	   *first = palloc(sizeof(Datum) * count);
	Datum	   *last = palloc(sizeof(Datum) * count);

	for (int64 i = 0; i < count; i++)
	{
		DwTile		tile = dw_tile_at(&tiles, i);
		DwTileRange range = dw_tile_range(dw_tile_number(&tile), bbox->zoom,
										  deeper);

		first[i] = Int64GetDatum(range.first);
		last[i] = Int64GetDatum(range.last);
	}
	dw_param_int8s(p, first, count);
	dw_param_int8s(p, last, count);
}

bool
dw_tiles_refresh(int32 max_jobs, DwTileRefresh *result)
{
	Refresh		refresh = {
		.max_jobs = max_jobs,
		.now = dw_now()
	};
	bool		is_safe;
	int64		changed;
	Datum		tiles;

	memset(result, 0, sizeof(*result));
	if (!refresh_open(&refresh))
		return false;
	is_safe = dw_watermark_is_safe(refresh.row.watermark_xid);
	refresh.end_tile = stretch_end(&refresh);
	tiles = count_jobs(&refresh, dirty_tiles(&refresh), &changed);
	result->changed = changed;
	for (int zoom = DW_TILE_COUNT_LAST - 1;
		 zoom >= DW_TILE_COUNT_FIRST && changed > 0; zoom--)
	{
		tiles = count_quarters(zoom, tiles, &changed);
		result->changed += changed;
	}
	result->is_complete = refresh.end_tile == TILE_END;
	refresh_close(&refresh, is_safe);
	return true;
}

/* Locks and reads how far it has come; false when another worker has it. */
static bool
refresh_open(Refresh *refresh)
{
	static DwTableQuery lock =
		DW_TABLE_QUERY(refreshes, "FOR UPDATE SKIP LOCKED");

	if (dw_table_execute(&lock, NULL) == 0)
	{
		refresh_begin(refresh->now);
		if (dw_table_execute(&lock, NULL) == 0)
			return false;
	}
	dw_table_read(&refreshes, 0, &refresh->row);
	return true;
}

/*
 * Makes the row, once: the first time round counts everything of before.  It
 * looks first, for ON CONFLICT waits for a worker who has the row.
 */
static void
refresh_begin(TimestampTz now)
{
	static DwStatement select_row =
		DW_STATEMENT("SELECT FROM dwello.job_tile_refresh");
	RefreshRow	row = {
		.id = 1,
		.refreshed_at = now,
		.completed_at = DT_NOBEGIN
	};

	if (dw_execute(&select_row, NULL) > 0)
		return;
	dw_watermark_take(&row.watermark_id, &row.watermark_xid);
	row.seen_id = row.watermark_id;
	(void) dw_table_insert_new(&refreshes, &row);
}

/* The tile with which the stretch has enough jobs: whole tiles are counted. */
static int64
stretch_end(const Refresh *refresh)
{
	static DwStatement select_end =
		DW_STATEMENT("SELECT j.cell >> $4 FROM dwello.jobs AS j "
					 "WHERE j.status = 'open' "
					 "AND j.cell >= $1::bigint << $4 "
					 "AND j.expires_at > $3 "
					 "ORDER BY j.cell OFFSET $2 LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_int8(&p, refresh->row.next_tile);
	dw_param_int4(&p, refresh->max_jobs);
	dw_param_time(&p, refresh->now);
	dw_param_int4(&p, TILE_BITS);
	return dw_execute(&select_end, &p) == 0 ? TILE_END :
		Max(dw_read_only_int8(0), refresh->row.next_tile + 1);
}

/*
 * The tiles that events and the clock tell of, outside the stretch.  More
 * events than max_jobs are for the next time; what ran out beyond that
 * number is left to the stretches.
 */
static Datum
dirty_tiles(Refresh *refresh)
{
	static DwStatement select_tiles =
		DW_STATEMENT("WITH events AS MATERIALIZED (SELECT o.id, o.scope_id, "
					 "(o.payload ->> 'cell_before')::bigint AS cell_before "
					 "FROM dwello.outbox AS o WHERE o.id > $1 "
					 "AND o.type IN ('job_published', 'job_edited', "
					 "'job_cancelled', 'job_expired', 'job_reopened', "
					 "'bid_accepted', 'bid_hired') ORDER BY o.id LIMIT $4), "
					 "over AS (SELECT j.cell FROM dwello.jobs AS j "
					 "WHERE j.status = 'open' AND j.expires_at > $2 "
					 "AND j.expires_at <= $3 "
					 "ORDER BY j.expires_at, j.id LIMIT $4), "
					 "cells AS (SELECT j.cell FROM events AS n "
					 "JOIN dwello.jobs AS j ON j.id = n.scope_id "
					 "UNION ALL SELECT n.cell_before FROM events AS n "
					 "WHERE n.cell_before IS NOT NULL "
					 "UNION ALL SELECT o.cell FROM over AS o) "
					 "SELECT COALESCE((SELECT array_agg(DISTINCT c.cell >> $7) "
					 "FROM cells AS c "
					 "WHERE c.cell >> $7 NOT BETWEEN $5 AND $6), '{}') "
					 "AS tiles, 0::bigint AS changed, (SELECT n.id FROM events AS n "
					 "ORDER BY n.id OFFSET $4 - 1 LIMIT 1) AS last_id");
	DwParams	p = DW_PARAMS;
	TileChange	dirty;

	dw_param_uuid(&p, &refresh->row.seen_id);
	dw_param_time(&p, refresh->row.refreshed_at);
	dw_param_time(&p, refresh->now);
	dw_param_int4(&p, refresh->max_jobs);
	dw_param_int8(&p, refresh->row.next_tile);
	dw_param_int8(&p, refresh->end_tile - 1);
	dw_param_int4(&p, TILE_BITS);
	(void) dw_execute(&select_tiles, &p);
	dw_map_read(&change_map, 0, &dirty);
	refresh->last_id = dirty.last_id;
	return dirty.tiles;
}

/* Counts the jobs of the stretch and of the dirty tiles. */
static Datum
count_jobs(const Refresh *refresh, Datum dirty, int64 *changed)
{
	static DwStatement count =
		DW_STATEMENT_CUSTOM("WITH runs (first, last) AS ("
							"SELECT $3::bigint, $4::bigint "
							"UNION ALL SELECT n.tile, n.tile "
							"FROM unnest($5::bigint[]) AS n (tile)), "
							"fresh AS (SELECT j.cell >> $6 AS tile, "
							"r.root_id AS category_id, "
							"count(*)::integer AS jobs, "
							"sum(dwello.tile_x(j.cell, 31))::bigint AS x_sum, "
							"sum(dwello.tile_y(j.cell, 31))::bigint AS y_sum "
							"FROM runs AS s CROSS JOIN LATERAL "
							JOBS("s.first", "s.last", "$6")
							"JOIN unnest($7::uuid[], $8::uuid[]) "
							"AS r (id, root_id) ON r.id = j.category_id "
							"GROUP BY 1, 2), "
							"old AS (SELECT t.tile, t.category_id, t.jobs, "
							"t.x_sum, t.y_sum FROM runs AS s "
							"CROSS JOIN LATERAL "
							TILES("$2", "s.first", "s.last") "), " WRITE);
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, refresh->now);
	dw_param_int4(&p, DW_TILE_COUNT_LAST);
	dw_param_int8(&p, refresh->row.next_tile);
	dw_param_int8(&p, refresh->end_tile - 1);
	dw_param_datum(&p, INT8ARRAYOID, dirty, false);
	dw_param_int4(&p, TILE_BITS);
	param_roots(&p);
	(void) dw_execute(&count, &p);
	return read_changes(changed);
}

/*
 * Sums the quarters of tiles, which are 4n to 4n + 3.  Only tiles below which
 * something has changed are summed, so a refresh costs as much as there is to
 * do, and a zoom in which nothing changed ends it.
 */
static Datum
count_quarters(int zoom, Datum tiles, int64 *changed)
{
	static DwStatement count =
		DW_STATEMENT_CUSTOM("WITH fresh AS (SELECT t.tile >> 2 AS tile, "
							"t.category_id, sum(t.jobs)::integer AS jobs, "
							"sum(t.x_sum)::bigint AS x_sum, "
							"sum(t.y_sum)::bigint AS y_sum "
							"FROM unnest($1::bigint[]) AS n (tile) "
							"CROSS JOIN LATERAL "
							TILES("$2 + 1", "n.tile << 2", "(n.tile << 2) + 3")
							"GROUP BY 1, 2), "
							"old AS (SELECT t.tile, t.category_id, t.jobs, "
							"t.x_sum, t.y_sum FROM unnest($1) AS n (tile) "
							"CROSS JOIN LATERAL "
							TILES("$2", "n.tile", "n.tile") "), " WRITE);
	DwParams	p = DW_PARAMS;

	dw_param_datum(&p, INT8ARRAYOID, tiles, false);
	dw_param_int4(&p, zoom);
	(void) dw_execute(&count, &p);
	return read_changes(changed);
}

/* What WRITE gave: the tiles above, and how many rows were written. */
static Datum
read_changes(int64 *changed)
{
	TileChange	change;

	dw_map_read(&change_map, 0, &change);
	*changed = change.changed;
	return change.tiles;
}

/*
 * Notes how far it has come.  Events up to a safe watermark can all be seen,
 * so those are counted, but for what was too much; then a fresh one is taken,
 * to be safe by the next time.
 */
static void
refresh_close(Refresh *refresh, bool is_safe)
{
	RefreshRow *row = &refresh->row;
	bool		is_complete = refresh->end_tile == TILE_END;

	row->refreshed_at = refresh->now;
	row->next_tile = is_complete ? 0 : refresh->end_tile;
	if (is_complete)
		row->completed_at = refresh->now;
	if (is_safe)
	{
		row->seen_id = row->watermark_id;
		if (!dw_uuid_is_nil(&refresh->last_id) &&
			dw_uuid_compare(&refresh->last_id, &row->watermark_id) < 0)
			row->seen_id = refresh->last_id;
		dw_watermark_take(&row->watermark_id, &row->watermark_xid);
	}
	dw_table_update(&refreshes, row);
}
