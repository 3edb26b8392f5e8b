/*
 * access_path_store_int.h
 *		Coming by the jobs that a search finds, whichever way costs least.
 */
#ifndef DW_ACCESS_PATH_STORE_INT_H
#define DW_ACCESS_PATH_STORE_INT_H

#include "postgres.h"

#include "core/match/match.h"
#include "store/search/search_store.h"

/* What was found, of more than the window the newest. */
typedef struct DwSearchFinds
{
	DwSearchFind *finds;		/* in any order */
	int			count;			/* of them */
	bool		is_complete;	/* there are no others */
} DwSearchFinds;

/* Finds the jobs of a search; the scores count its words, if it has any. */
extern void dw_search_find(const DwSearchPlan *plan, DwSearchFinds *finds);

/* What place, categories and budget ask of a job's key. */
extern DwMatchQuery *dw_search_query(const DwSearchPlan *plan,
									 double ceiling);

#endif							/* DW_ACCESS_PATH_STORE_INT_H */
