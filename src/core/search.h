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

/*
 * Jobs that are looked at one by one: out of an index, or newest first.  So
 * a search costs no more than that, and what the index itself reads.
 */
#define DW_SEARCH_PICKED			50000
#define DW_SEARCH_NEWEST			200000

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

/* How the jobs that fit are come by. */
typedef enum DwSearchWay
{
	DW_SEARCH_BY_WORDS,			/* by the index on words */
	DW_SEARCH_BY_KEY,			/* by that on place, category and budget */
	DW_SEARCH_BY_TIME,			/* the newest jobs, one after the other */
	DW_SEARCH_WAY_COUNT
} DwSearchWay;

/* How common words are: shares of the open jobs, from 0 to 1. */
typedef struct DwSearchWords
{
	double		share;			/* have them */
	double		picked;			/* the index on words gives, to look at */
	double		listed;			/* of what that index has is read */
	bool		is_listed;		/* it can give them without all the rest */
	bool		is_exact;		/* and gives no others */
} DwSearchWords;

/* What a search is expected to meet. */
typedef struct DwSearchOdds
{
	double		jobs;			/* open ones; 0: nobody has counted */
	double		others;			/* share that fits but for the words */
	DwSearchWords words;		/* how common they are */
} DwSearchOdds;

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

/* A job that was found. */
typedef struct DwSearchFind
{
	double		score;			/* 0 to 1 */
	int64_t		published_at;	/* microseconds */
	DwUuid		id;				/* of the job */
} DwSearchFind;

/* Leaves the newest of the window, in any order; gives their number. */
extern int	dw_search_newest(DwSearchFind *finds, int count);

/*
 * Puts the best that come after the cursor first, in order, and gives their
 * number, max at most.
 */
extern int	dw_search_best(DwSearchFind *finds, int count,
						   const DwSearchCursor *cursor, int max);

/* How common one word is, and what is made of words; all: no words at all. */
extern DwSearchWords dw_search_word(double share);
extern DwSearchWords dw_search_all(void);
extern DwSearchWords dw_search_not(DwSearchWords a);
extern DwSearchWords dw_search_and(DwSearchWords a, DwSearchWords b);
extern DwSearchWords dw_search_or(DwSearchWords a, DwSearchWords b);
extern DwSearchWords dw_search_phrase(DwSearchWords a, DwSearchWords b);

/* The share that fits but for words and currency, by a rough guess. */
extern double dw_search_share(const DwSearch *search);

/* What has been tried: ways that have looked at as many jobs as they may. */
typedef struct DwSearchTries
{
	bool		tried[DW_SEARCH_WAY_COUNT]; /* and were not enough */
	int64_t		found;			/* among the newest, if these were tried */
} DwSearchTries;

/* The way to try next, that is likely to cost least; false for none. */
extern bool dw_search_next(const DwSearchOdds *odds,
						   const DwSearchTries *tries, DwSearchWay *way);

#endif							/* DW_SEARCH_H */
