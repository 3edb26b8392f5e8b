/*
 * tile_count_store.c
 *		Keeps the counts of open jobs by tiles of the map.
 *
 * Commands that publish or close jobs know nothing of the map: one worker at
 * a time finds out what has changed.  It looks at the places of jobs that
 * events tell of (and those that a moved one has left), at those that have
 * run out since, and, mending whatever neither tells (a category below
 * another root, a fault), at the next stretch of a sweep that goes round the
 * map for ever.  Tiles of
 * zoom 14 are counted from jobs; a tile above is the sum of its four
 * quarters.  Only rows that differ are written.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/search/search_store.h"

/* Bits between a cell and its tile of DW_TILE_COUNT_LAST. */
#define TILE_BITS 34

/* The number after that of the last tile of DW_TILE_COUNT_LAST. */
#define TILE_END (INT64_C(1) << (2 * DW_TILE_COUNT_LAST))

/* Where a refresh begins. */
typedef struct RefreshCursor
{
	int32		max_jobs;		/* of the cursor, and of each kind of news */
	TimestampTz now;			/* by which jobs have run out */
	bool		is_safe;		/* the mark can be relied on */
	bool		has_overflow;	/* there are more events than it looks at */
	DwUuid		seen_id;		/* events up to it are counted */
	DwUuid		last_id;		/* the last event it looks at, if so */
	TimestampTz refreshed_at;	/* jobs that ran out by then are, too */
	int64		next_tile;		/* where the sweep goes on */
	int64		end_tile;		/* and where it ends, not included */
} RefreshCursor;

static bool cursor_open(RefreshCursor *cursor);
static void cursor_begin(TimestampTz now);
static void cursor_stretch(RefreshCursor *cursor);
static void cursor_close(const RefreshCursor *cursor);
static Datum dirty_tiles(RefreshCursor *cursor);
static Datum count_jobs(const RefreshCursor *cursor, Datum news,
						int64 *changed);
static Datum count_quarters(int zoom, Datum tiles, int64 *changed);
static Datum read_changes(int64 *changed);

/* Counts anew what has changed; see the header. */
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
 * Makes the row, once: the first sweep counts everything of before.  It looks
 * first, for ON CONFLICT waits for a worker who has the row.
 */
static void
cursor_begin(TimestampTz now)
{
	static DwStatement insert_cursor =
		DW_STATEMENT("INSERT INTO dwello.job_tile_refresh "
					 "(refreshed_at, next_tile, watermark_id, watermark_xid, seen_id) "
					 "SELECT $1, 0, $2, $3, $2 WHERE NOT EXISTS "
					 "(SELECT FROM dwello.job_tile_refresh) "
					 "ON CONFLICT ON CONSTRAINT job_tile_refresh_pkey "
					 "DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, now);
	dw_param_watermark(&p);
	(void) dw_execute(&insert_cursor, &p);
}

/* Finds where the sweep has seen enough jobs: after a whole tile. */
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
		Max(dw_read_int8(0, 1), cursor->next_tile + 1) : TILE_END;
}

/*
 * The tiles that events and the clock tell of, outside the stretch.  More
 * events than max_jobs are for the next time; what ran out beyond that
 * number is left to the sweep.
 */
static Datum
dirty_tiles(RefreshCursor *cursor)
{
	static DwStatement select_tiles =
		DW_STATEMENT("WITH news AS MATERIALIZED (SELECT o.id, o.scope_id, "
					 "(o.payload ->> 'cell_before')::bigint AS cell_before "
					 "FROM dwello.outbox AS o WHERE o.id > $1 "
					 "AND o.type IN ('job_published', 'job_edited', "
					 "'job_cancelled', 'job_expired', 'job_reopened', "
					 "'bid_accepted') ORDER BY o.id LIMIT $4), "
					 "over AS (SELECT j.cell FROM dwello.jobs AS j "
					 "WHERE j.status = 'open' AND j.expires_at > $2 "
					 "AND j.expires_at <= $3 "
					 "ORDER BY j.expires_at, j.id LIMIT $4), "
					 "cells AS (SELECT j.cell FROM news AS n "
					 "JOIN dwello.jobs AS j ON j.id = n.scope_id "
					 "UNION ALL SELECT n.cell_before FROM news AS n "
					 "WHERE n.cell_before IS NOT NULL "
					 "UNION ALL SELECT o.cell FROM over AS o) "
					 "SELECT COALESCE((SELECT array_agg(DISTINCT c.cell >> $7) "
					 "FROM cells AS c "
					 "WHERE c.cell >> $7 NOT BETWEEN $5 AND $6), '{}'), "
					 "(SELECT n.id FROM news AS n "
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

/*
 * Makes the rows of zoom $2 in the table old those of the table fresh, and
 * gives the numbers of the tiles above those that changed.  Both are added
 * up and not joined, and what is read is read in LATERALs: the server cannot
 * know how many rows there are, and one loop within another takes hours.
 * For the same reason the statements are planned at each execution: the table
 * grows from nothing within the first sweep.
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

/* Rows of a zoom from a tile to another, for a LATERAL that uses the key. */
#define TILES(zoom, first, last) \
	"(SELECT t.tile, t.category_id, t.jobs, t.x_sum, t.y_sum " \
	"FROM dwello.job_tiles AS t WHERE t.zoom = " zoom " " \
	"AND t.tile BETWEEN " first " AND " last " OFFSET 0) AS t "

/* Counts the jobs of the stretch and of the news. */
static Datum
count_jobs(const RefreshCursor *cursor, Datum news, int64 *changed)
{
	static DwStatement count =
		DW_STATEMENT_CUSTOM("WITH RECURSIVE " DW_TILE_ROOTS ", "
							"runs (first, last) AS (SELECT $3::bigint, $4::bigint "
							"UNION ALL SELECT n.tile, n.tile "
							"FROM unnest($5::bigint[]) AS n (tile)), "
							"fresh AS (SELECT j.cell >> $6 AS tile, "
							"r.root_id AS category_id, count(*)::integer AS jobs, "
							"sum(dwello.tile_x(j.cell, 31))::bigint AS x_sum, "
							"sum(dwello.tile_y(j.cell, 31))::bigint AS y_sum "
							"FROM runs AS s CROSS JOIN LATERAL (SELECT j.cell, "
							"j.category_id FROM dwello.jobs AS j "
							"WHERE " DW_TILE_VISIBLE
							"AND j.cell BETWEEN s.first << $6 "
							"AND (s.last << $6) + (1::bigint << $6) - 1 OFFSET 0) AS j "
							"JOIN roots AS r ON r.id = j.category_id "
							"GROUP BY 1, 2), "
							"old AS (SELECT t.tile, t.category_id, t.jobs, "
							"t.x_sum, t.y_sum FROM runs AS s CROSS JOIN LATERAL "
							TILES("$2", "s.first", "s.last") "), " WRITE);
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, cursor->now);
	dw_param_int4(&p, DW_TILE_COUNT_LAST);
	dw_param_int8(&p, cursor->next_tile);
	dw_param_int8(&p, cursor->end_tile - 1);
	dw_param_datum(&p, INT8ARRAYOID, news, false);
	dw_param_int4(&p, TILE_BITS);
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
