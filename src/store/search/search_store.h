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
	DwUuid	   *categories;		/* NULL: any will do */
	int			category_count; /* of these */
} DwSearchPlan;

/* Makes a search ready; false, and the id, for an unknown category. */
extern bool dw_search_prepare(const DwSearch *search, DwSearchPlan *plan,
							  DwUuid *unknown);

/*
 * Finds a page, best first: job_id, score, distance_miles, category_id,
 * title, urgency label, budget_min, budget_max, currency, longitude,
 * latitude, published_at.
 */
extern uint64 dw_search_page(const DwSearchPlan *plan,
							 const DwSearchCursor *cursor,
							 int32 max_results);

/*
 * Counts the findings: facet, category_id, parent_id, urgency label,
 * lower_bound, upper_bound, jobs; the row of the total comes first.  Not
 * complete when more may fit.
 */
extern uint64 dw_search_facets(const DwSearchPlan *plan, bool *is_complete);

/*
 * Rows of dwello.saved_searches, and who hears of a job by them.
 *
 * A saved search has the columns of a search and a key in the same index as
 * agents (audience_store.h): a published job asks it, not the other way round.
 */

/* A search to be saved. */
typedef struct DwSavedSearch
{
	DwUuid		user_id;		/* whose it is */
	DwUuid		id;				/* saved_searches.id */
	const char *name;			/* as they call it */
	const DwSearch *search;		/* judged; as_of does not count */
	int32		version;		/* of the row; 0 = not saved yet */
} DwSavedSearch;

/* The caller has locked the user in all of these. */

/* Locks a search; its version, or 0 when they have none of that id. */
extern int32 dw_saved_lock(const DwUuid *user_id, const DwUuid *id);

/* How many they have. */
extern int64 dw_saved_count(const DwUuid *user_id);

/* Inserts a search (version 0), or changes one, and counts it up. */
extern void dw_saved_write(DwSavedSearch *saved, TimestampTz now);

/* Deletes a locked search. */
extern void dw_saved_delete(const DwUuid *user_id, const DwUuid *id);

/*
 * Tells everybody of whom an active search fits a published job, once each
 * for the event; nobody when the job is no longer open to all.
 */
extern void dw_saved_notify(const DwUuid *job_id, const DwUuid *event_id);

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

/*
 * The cells of a box, a span of them, that have jobs: tile number, jobs,
 * x_sum, y_sum, category_ids uuid[], counts integer[], id of the job where
 * it is one.  Some may lie beyond it.
 */
extern uint64 dw_tile_clusters(const DwTileBbox *box,
							   const DwTileSpan *span);

/*
 * Counts dirty tiles anew, and beside them a stretch of max_jobs jobs of a
 * cursor that goes round the map, which mends what nothing told of.  False
 * when another worker is at it, and nothing done.
 */
extern bool dw_tiles_refresh(int32 max_jobs, DwTileRefresh *refresh);

#endif							/* DW_SEARCH_STORE_H */
