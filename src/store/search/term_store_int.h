/*
 * term_store_int.h
 *		How common words and currencies are among the open jobs.
 *
 * As the server's statistics have it, which ANALYZE makes: read in
 * microseconds, as old as they are.
 */
#ifndef DW_TERM_STORE_INT_H
#define DW_TERM_STORE_INT_H

#include "postgres.h"

#include "core/search/search.h"

/*
 * What a search is expected to meet.  Words are a tsquery, or (Datum) 0 for
 * none; of the rest of the search the place, the categories and the
 * currency count.
 */
extern void dw_search_odds(const DwSearch *search, Datum words,
						   DwSearchOdds *odds);

#endif							/* DW_TERM_STORE_INT_H */
