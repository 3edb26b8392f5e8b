/*
 * tile_store.c
 *		Visible open jobs on the map: themselves, and counts of them by tile.
 *
 * Commands that publish or close jobs know nothing of the map: the counts are
 * kept by one worker at a time, who finds out which tiles are dirty.  They
 * are those of jobs that events tell of (and those that a moved one has
 * left), those of jobs that have run out since, and, mending whatever neither
 * tells (a category below another root, a fault), the next stretch of a
 * cursor that goes round the map for ever.  Tiles of zoom 14 are counted from
 * jobs; a tile above is the sum of its four quarters.  Only rows that differ
 * are written.
 *
 * Runs of numbers are walked one by one, each in a LATERAL that uses the key:
 * joined as a whole, every row of a zoom is held against every run.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/match/match_store.h"
#include "store/search/search_store.h"

/* What a stranger may see now; the time is parameter $1. */
#define VISIBLE \
	"j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL " \
	"AND j.expires_at > $1 "

/* A column or row of a tile's 4096 from one of cells at depth 31. */
#define UNIT(value) "((" value ") >> (19 - $4)) & 4095"

/* Rows of a zoom from a tile to another, for a LATERAL that uses the key. */
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
	"SELECT COALESCE(array_agg(DISTINCT d.tile >> 2), '{}'), count(*) " \
	"FROM diff AS d"

/* Bits between a cell and its tile of DW_TILE_COUNT_LAST. */
#define TILE_BITS 34

/* The number after that of the last tile of DW_TILE_COUNT_LAST. */
#define TILE_END (INT64_C(1) << (2 * DW_TILE_COUNT_LAST))

/* Where a refresh begins. */
typedef struct RefreshCursor
{
	int32		max_jobs;		/* of the stretch, and of each kind of event */
	TimestampTz now;			/* by which jobs have run out */
	bool		is_safe;		/* the watermark can be relied on */
	bool		has_overflow;	/* there are more events than it looks at */
	DwUuid		seen_id;		/* events up to it are counted */
	DwUuid		last_id;		/* the last event it looks at, if so */
	TimestampTz refreshed_at;	/* jobs that ran out by then are, too */
	int64		next_tile;		/* where it goes round the map */
	int64		end_tile;		/* and where it ends, not included */
} RefreshCursor;

static Datum tile_of_jobs(const DwTile *tile);
static Datum tile_of_counts(const DwTile *tile);
static void param_range(DwParams *p, DwTileRange range);
static Datum result_bytea(void);
static uint64 clusters_of_jobs(DwParams *p);
static uint64 clusters_of_counts(DwParams *p);
static void param_roots(DwParams *p);
static void param_ranges(DwParams *p, const DwTileBbox *box, int32_t deeper);

static bool cursor_open(RefreshCursor *cursor);
static void cursor_begin(TimestampTz now);
static void cursor_stretch(RefreshCursor *cursor);
static void cursor_close(const RefreshCursor *cursor);
static Datum dirty_tiles(RefreshCursor *cursor);
static Datum count_jobs(const RefreshCursor *cursor, Datum dirty,
						int64 *changed);
static Datum count_quarters(int zoom, Datum tiles, int64 *changed);
static Datum read_changes(int64 *changed);

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
	Datum		value = dw_read_only_datum(0, &isnull);

	if (isnull)
		elog(ERROR, "a tile must not be NULL");
	return value;
}

uint64
dw_tile_clusters(const DwTileBbox *box, const DwTileSpan *span)
{
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, dw_now());
	param_ranges(&p, box, span->zoom);
	dw_param_int4(&p, 2 * (DW_TILE_DEPTH - span->zoom));
	if (span->zoom > DW_TILE_COUNT_LAST)
		return clusters_of_jobs(&p);
	dw_param_int4(&p, span->zoom);
	return clusters_of_counts(&p);
}

/* From the jobs themselves. */
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
					 "SELECT c.tile, sum(c.jobs)::integer, "
					 "sum(c.x_sum)::bigint, sum(c.y_sum)::bigint, "
					 "array_agg(c.root_id ORDER BY c.root_id), "
					 "array_agg(c.jobs ORDER BY c.root_id), "
					 "CASE WHEN sum(c.jobs) = 1 "
					 "THEN (array_agg(c.job_id))[1] END "
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
					 "c.category_ids, c.counts, l.id "
					 "FROM (SELECT t.tile, sum(t.jobs)::integer AS jobs, "
					 "sum(t.x_sum)::bigint AS x_sum, "
					 "sum(t.y_sum)::bigint AS y_sum, "
					 "array_agg(t.category_id ORDER BY t.category_id) "
					 "AS category_ids, "
					 "array_agg(t.jobs ORDER BY t.category_id) AS counts "
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

	dw_category_roots(&roots);
	dw_param_uuids(p, roots.ids, roots.count);
	dw_param_uuids(p, roots.others, roots.count);
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

bool
dw_tiles_refresh(int32 max_jobs, DwTileRefresh *refresh)
{
	RefreshCursor cursor = {
		.max_jobs = max_jobs,
		.now = dw_now()
	};
	int64		changed;
	Datum		tiles;

	memset(refresh, 0, sizeof(*refresh));
	if (!cursor_open(&cursor))
		return false;
	cursor_stretch(&cursor);
	tiles = count_jobs(&cursor, dirty_tiles(&cursor), &changed);
	refresh->changed = changed;
	for (int zoom = DW_TILE_COUNT_LAST - 1;
		 zoom >= DW_TILE_COUNT_FIRST && changed > 0; zoom--)
	{
		tiles = count_quarters(zoom, tiles, &changed);
		refresh->changed += changed;
	}
	refresh->is_complete = cursor.end_tile == TILE_END;
	cursor_close(&cursor);
	return true;
}

/* Locks and reads how far it has come; false when another worker has it. */
static bool
cursor_open(RefreshCursor *cursor)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT s.seen_id, s.refreshed_at, s.next_tile, "
					 "s.watermark_xid FROM dwello.job_tile_refresh AS s "
					 "FOR UPDATE OF s SKIP LOCKED");
	DwParams	p = DW_PARAMS;

	if (dw_execute(&lock, &p) == 0)
	{
		cursor_begin(cursor->now);
		if (dw_execute(&lock, &p) == 0)
			return false;
	}
	(void) dw_read_uuid(0, 1, &cursor->seen_id);
	cursor->refreshed_at = dw_read_time(0, 2);
	cursor->next_tile = dw_read_int8(0, 3);
	cursor->is_safe = dw_watermark_is_safe(dw_read_int8(0, 4));
	return true;
}

/*
 * Makes the row, once: the first time round counts everything of before.  It
 * looks first, for ON CONFLICT waits for a worker who has the row.
 */
static void
cursor_begin(TimestampTz now)
{
	static DwStatement select_cursor =
		DW_STATEMENT("SELECT FROM dwello.job_tile_refresh");
	static DwStatement insert_cursor =
		DW_STATEMENT("INSERT INTO dwello.job_tile_refresh "
					 "(refreshed_at, next_tile, watermark_id, "
					 "watermark_xid, seen_id) VALUES ($1, 0, $2, $3, $2) "
					 "ON CONFLICT ON CONSTRAINT job_tile_refresh_pkey "
					 "DO NOTHING");
	DwParams	p = DW_PARAMS;

	if (dw_execute(&select_cursor, NULL) > 0)
		return;
	dw_param_time(&p, now);
	dw_param_watermark(&p);
	(void) dw_execute(&insert_cursor, &p);
}

/* Finds where the stretch has enough jobs: after a whole tile. */
static void
cursor_stretch(RefreshCursor *cursor)
{
	static DwStatement select_end =
		DW_STATEMENT("SELECT j.cell >> $4 FROM dwello.jobs AS j "
					 "WHERE j.status = 'open' "
					 "AND j.cell >= $1::bigint << $4 "
					 "AND j.expires_at > $3 "
					 "ORDER BY j.cell OFFSET $2 LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_int8(&p, cursor->next_tile);
	dw_param_int4(&p, cursor->max_jobs);
	dw_param_time(&p, cursor->now);
	dw_param_int4(&p, TILE_BITS);
	cursor->end_tile = dw_execute(&select_end, &p) > 0 ?
		Max(dw_read_only_int8(0), cursor->next_tile + 1) : TILE_END;
}

/*
 * The tiles that events and the clock tell of, outside the stretch.  More
 * events than max_jobs are for the next time; what ran out beyond that
 * number is left to the stretches.
 */
static Datum
dirty_tiles(RefreshCursor *cursor)
{
	static DwStatement select_tiles =
		DW_STATEMENT("WITH events AS MATERIALIZED (SELECT o.id, o.scope_id, "
					 "(o.payload ->> 'cell_before')::bigint AS cell_before "
					 "FROM dwello.outbox AS o WHERE o.id > $1 "
					 "AND o.type IN ('job_published', 'job_edited', "
					 "'job_cancelled', 'job_expired', 'job_reopened', "
					 "'bid_accepted') ORDER BY o.id LIMIT $4), "
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
					 "WHERE c.cell >> $7 NOT BETWEEN $5 AND $6), '{}'), "
					 "(SELECT n.id FROM events AS n "
					 "ORDER BY n.id OFFSET $4 - 1 LIMIT 1)");
	DwParams	p = DW_PARAMS;
	bool		isnull;

	dw_param_uuid(&p, &cursor->seen_id);
	dw_param_time(&p, cursor->refreshed_at);
	dw_param_time(&p, cursor->now);
	dw_param_int4(&p, cursor->max_jobs);
	dw_param_int8(&p, cursor->next_tile);
	dw_param_int8(&p, cursor->end_tile - 1);
	dw_param_int4(&p, TILE_BITS);
	(void) dw_execute(&select_tiles, &p);
	cursor->has_overflow = dw_read_uuid(0, 2, &cursor->last_id);
	return dw_read_datum(0, 1, &isnull);
}

/* Counts the jobs of the stretch and of the dirty tiles. */
static Datum
count_jobs(const RefreshCursor *cursor, Datum dirty, int64 *changed)
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

	dw_param_time(&p, cursor->now);
	dw_param_int4(&p, DW_TILE_COUNT_LAST);
	dw_param_int8(&p, cursor->next_tile);
	dw_param_int8(&p, cursor->end_tile - 1);
	dw_param_datum(&p, INT8ARRAYOID, dirty, false);
	dw_param_int4(&p, TILE_BITS);
	param_roots(&p);
	(void) dw_execute(&count, &p);
	return read_changes(changed);
}

/* Sums the quarters of tiles. */
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
	bool		isnull;

	*changed = dw_read_int8(0, 2);
	return dw_read_datum(0, 1, &isnull);
}

/* Notes how far it has come. */
static void
cursor_close(const RefreshCursor *cursor)
{
	static DwStatement update_cursor =
		DW_STATEMENT("UPDATE dwello.job_tile_refresh AS s "
					 "SET refreshed_at = $1, next_tile = $2, "
					 "completed_at = CASE WHEN $2 = 0 THEN $1 ELSE s.completed_at END, "
					 "seen_id = CASE WHEN $3 THEN LEAST($4, s.watermark_id) "
					 "ELSE s.seen_id END, "
					 "watermark_id = CASE WHEN $3 THEN $5 ELSE s.watermark_id END, "
					 "watermark_xid = CASE WHEN $3 THEN $6 ELSE s.watermark_xid END");
	DwParams	p = DW_PARAMS;
	bool		is_complete = cursor->end_tile == TILE_END;

	dw_param_time(&p, cursor->now);
	dw_param_int8(&p, is_complete ? 0 : cursor->end_tile);
	dw_param_bool(&p, cursor->is_safe);
	dw_param_uuid(&p, cursor->has_overflow ? &cursor->last_id : NULL);
	dw_param_watermark(&p);
	(void) dw_execute(&update_cursor, &p);
}
