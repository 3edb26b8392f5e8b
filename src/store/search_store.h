/*
 * search_store.h
 *		Finding open jobs by words, place, category, budget and urgency.
 *
 * Found is only what a stranger may see: open, listed, not deleted, not past
 * its time.  Of more findings with the words than DW_SEARCH_WINDOW those
 * published last are ranked.  No search looks at more jobs one by one than
 * DW_SEARCH_PICKED of an index and the newest DW_SEARCH_NEWEST.
 */
#ifndef DW_SEARCH_STORE_H
#define DW_SEARCH_STORE_H

#include "postgres.h"

#include "core/search.h"
#include "core/uuid.h"

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

#endif							/* DW_SEARCH_STORE_H */
