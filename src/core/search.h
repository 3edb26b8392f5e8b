/*
 * search.h
 *		Looking for open jobs: what may be asked, and how findings are ranked.
 *
 * A finding's score is that of match.h, with nearness .6 and freshness .4, or
 * freshness alone where no place is asked for; where words are, it is the
 * mean of that and of how well they fit.  It depends on the job, the search
 * and as_of alone, never on what else was found, so pages fit together.
 */
#ifndef DW_SEARCH_H
#define DW_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fault.h"
#include "core/uuid.h"

/* The arguments of search_jobs(); search_facets() has the first ten. */
enum
{
	DW_SEARCH_QUERY,
	DW_SEARCH_LONGITUDE,
	DW_SEARCH_LATITUDE,
	DW_SEARCH_RADIUS_MILES,
	DW_SEARCH_CATEGORY_IDS,
	DW_SEARCH_BUDGET_MIN,
	DW_SEARCH_BUDGET_MAX,
	DW_SEARCH_CURRENCY,
	DW_SEARCH_URGENCY,
	DW_SEARCH_AS_OF,
	DW_SEARCH_AFTER_SCORE,
	DW_SEARCH_AFTER_ID,
	DW_SEARCH_MAX_RESULTS
};

#define DW_SEARCH_QUERY_MAX			1000	/* characters */
#define DW_SEARCH_CATEGORIES_MAX	100
#define DW_SEARCH_RADIUS_DEFAULT	25.0	/* miles */

/* Of more findings with the words, those published last are ranked. */
#define DW_SEARCH_WINDOW			10000

/* No limit to the budget. */
#define DW_SEARCH_ABSENT			INT64_C(-1)

/* A search; times in microseconds as the server counts them. */
typedef struct DwSearch
{
	const char *query;			/* words, quotes, or, -; NULL: any job */
	bool		has_longitude;	/* else there is no place */
	bool		has_latitude;	/* the same */
	bool		has_radius;		/* else the default */
	double		longitude;		/* degrees */
	double		latitude;		/* degrees */
	double		radius_miles;	/* around the place */
	const DwUuid *category_ids; /* with what is below them; NULL: all */
	int			category_count; /* of these */
	int64_t		budget_min;		/* minor units, or DW_SEARCH_ABSENT */
	int64_t		budget_max;		/* the same */
	const char *currency;		/* ISO 4217 */
	const char *urgency;		/* label, or NULL: any */
	int64_t		as_of;			/* by which freshness is judged */
	int64_t		now;			/* by which deadlines are judged */
} DwSearch;

/* Where a page begins. */
typedef struct DwSearchCursor
{
	bool		has_as_of;		/* it was given */
	bool		has_score;		/* the same of the score */
	bool		has_id;			/* the same of the id */
	double		score;			/* of the last row before */
	DwUuid		id;				/* its id, which breaks ties upwards */
} DwSearchCursor;

/*
 * Makes blanks of the dashes in a query that stand before no word and no
 * quote, in place: they mean nothing, and the server gives up on 33 of them
 * in a row.
 */
extern void dw_search_clean(char *query);

/* Notes what is wrong with a search, by the arguments above. */
extern void dw_search_check(const DwSearch *search, DwFault *fault);

/* The same of a cursor: all of it or nothing, and no score beyond [0, 1]. */
extern void dw_search_cursor_check(const DwSearchCursor *cursor,
								   const DwSearch *search, DwFault *fault);

#endif							/* DW_SEARCH_H */
