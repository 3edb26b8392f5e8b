/*
 * tile_store.h
 *		Visible open jobs on the map: themselves, or counts of them.
 *
 * From DW_TILE_JOBS_ZOOM on jobs are read by their cells; before it the
 * counts of dwello.job_tiles are, which dw_tiles_refresh keeps up.
 */
#ifndef DW_TILE_STORE_H
#define DW_TILE_STORE_H

#include "postgres.h"

#include "core/tile.h"

/* Each category with the root of its tree, as the table roots of a WITH. */
#define DW_TILE_ROOTS \
	"roots (id, root_id) AS (SELECT c.id, c.id " \
	"FROM dwello.service_categories AS c WHERE c.parent_id IS NULL " \
	"UNION ALL SELECT c.id, r.root_id FROM roots AS r " \
	"JOIN dwello.service_categories AS c ON c.parent_id = r.id)"

/* What a stranger may see now; the time is parameter $1. */
#define DW_TILE_VISIBLE \
	"j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL " \
	"AND j.expires_at > $1 "

/* What a refresh has done. */
typedef struct DwTileRefresh
{
	int64		changed;		/* rows of dwello.job_tiles written */
	bool		is_complete;	/* the sweep came to the end of the map */
} DwTileRefresh;

/* The tile in Mapbox's vector format; of no length when it is empty. */
extern Datum dw_tile_mvt(const DwTile *tile);

/*
 * The cells of a box, a span of them, that have jobs: tile number, jobs,
 * x_sum, y_sum, category_ids uuid[], counts integer[], id of the job where
 * it is one.  Some may lie beyond it.
 */
extern uint64 dw_tile_clusters(const DwTileBox *box,
							   const DwTileSpan *span);

/*
 * Counts anew what has changed since the last time, and max_jobs jobs of a
 * sweep around the map beside, which mends what nothing told of.  False when
 * another worker is at it, and nothing done.
 */
extern bool dw_tiles_refresh(int32 max_jobs, DwTileRefresh *refresh);

#endif							/* DW_TILE_STORE_H */
