/*
 * search_store.h
 *		Finding open jobs by words and on the map; searches that are kept.
 */
#ifndef DW_SEARCH_STORE_H
#define DW_SEARCH_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/search/search.h"
#include "server/call/call_server.h"

/*
 * Finding open jobs by words, place, category, budget and urgency.
 *
 * Found is only what a stranger may see: open, listed, not deleted, not past
 * its time.  Of more findings with the words than DW_SEARCH_WINDOW those
 * published last are ranked.  No search looks at more jobs one by one than
 * DW_SEARCH_PICKED of an index and the newest DW_SEARCH_NEWEST.
 */

/* A search made ready: words parsed, categories with all below them. */
typedef struct DwSearchPlan
{
	const DwSearch *search;		/* as asked */
	Datum		words;			/* tsquery */
	bool		has_words;		/* else any text will do */
	DwUuids		categories;		/* all that will do; NULL ids: any */
} DwSearchPlan;

/* Makes a search ready; false, and the id, for an unknown category. */
extern bool dw_search_prepare(const DwSearch *search, DwSearchPlan *plan,
							  DwUuid *unknown);

/* Adds a page of what is found to the set, best first. */
extern void dw_search_page(DwCall *call, const DwSearchPlan *plan,
						   const DwSearchCursor *cursor, int32 max_results);

/* Adds the counts of what is found to the set, that of all first. */
extern void dw_search_facets(DwCall *call, const DwSearchPlan *plan);

/*
 * Rows of dwello.saved_searches.
 *
 * A saved search has the columns of a search and a key in an index like that
 * of agents: a published job asks it (audience_store.h), not the other way
 * round.  The caller has locked the user in all of these.
 */

/* A search to be saved. */
typedef struct DwSavedSearch
{
	DwUuid		user_id;		/* whose it is */
	DwUuid		id;				/* saved_searches.id */
	char	   *name;			/* as they call it */
	DwSearch	search;			/* judged; as_of does not count */
	int32		version;		/* of the row; 0 = not saved yet */
	TimestampTz created_at;		/* of a new row */
} DwSavedSearch;

/* Locks a search; its version, or 0 when they have none of that id. */
extern int32 dw_saved_lock(const DwUuid *user_id, const DwUuid *id);

/* How many they have. */
extern int64 dw_saved_count(const DwUuid *user_id);

/* Inserts a search (version 0), or changes a locked one, and counts it up. */
extern void dw_saved_write(DwSavedSearch *saved);

/* Deletes a locked search. */
extern void dw_saved_delete(const DwUuid *user_id, const DwUuid *id);

/*
 * Visible open jobs on the map: themselves, or counts of them.
 *
 * From DW_TILE_JOBS_ZOOM on jobs are read by their cells; before it the
 * counts of dwello.job_tiles are, which dw_tiles_refresh keeps up.
 */

/* What a refresh has done. */
typedef struct DwTileRefresh
{
	int64		changed;		/* rows of dwello.job_tiles written */
	bool		is_complete;	/* the cursor came to the end of the map */
} DwTileRefresh;

/* The tile in Mapbox's vector format; of no length when it is empty. */
extern Datum dw_tile_mvt(const DwTile *tile);

/* Adds the cells of a bbox that have jobs to the set, with their counts. */
extern void dw_tile_clusters(DwCall *call, const DwTileBbox *bbox);

/*
 * Counts dirty tiles anew, and beside them a stretch of max_jobs jobs of a
 * cursor that goes round the map, which corrects what had no event.  False
 * when another worker is at it, and nothing done.
 */
extern bool dw_tiles_refresh(int32 max_jobs, DwTileRefresh *result);

#endif							/* DW_SEARCH_STORE_H */
