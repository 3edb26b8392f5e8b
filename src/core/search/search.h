/*
 * search.h
 *		Looking for open jobs by words, and on the map.
 */
#ifndef DW_SEARCH_H
#define DW_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"

/*
 * Looking for open jobs: what may be asked, and how findings are ranked.
 *
 * A finding's score is that of match.h, with nearness .6 and freshness .4, or
 * freshness alone where no place is asked for; where words are, it is the
 * mean of that and of how well they fit.  It depends on the job, the search
 * and as_of alone, never on what else was found, so pages fit together.
 */

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
	DwUuids		categories;		/* with what is below them; NULL ids: all */
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
typedef enum DwAccessPath
{
	DW_SEARCH_BY_WORDS,			/* by the index on words */
	DW_SEARCH_BY_KEY,			/* by that on place, category and budget */
	DW_SEARCH_BY_TIME,			/* the newest jobs, one after the other */
	DW_ACCESS_PATH_COUNT
} DwAccessPath;

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
extern void dw_search_check(const DwSearch *search, DwArgError *error);

/* The same of a cursor: all of it or nothing, and no score beyond [0, 1]. */
extern void dw_search_cursor_check(const DwSearchCursor *cursor,
								   const DwSearch *search, DwArgError *error);

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

/*
 * How common one word is, and what is made of words.  all: without words,
 * where all jobs fit and no index on words knows them.  not: the index must
 * go through all there are.  and, or: as if words came together by chance,
 * for picked only where that is exact.  phrase: next to each other, which
 * the index cannot know, so it gives all that have both.
 */
extern DwSearchWords dw_search_word(double share);
extern DwSearchWords dw_search_all(void);
extern DwSearchWords dw_search_not(DwSearchWords a);
extern DwSearchWords dw_search_and(DwSearchWords a, DwSearchWords b);
extern DwSearchWords dw_search_or(DwSearchWords a, DwSearchWords b);
extern DwSearchWords dw_search_phrase(DwSearchWords a, DwSearchWords b);

/* The share that fits but for words and currency, by a rough guess. */
extern double dw_search_share(const DwSearch *search);

/* What has been tried: paths that have looked at as many jobs as they may. */
typedef struct DwSearchTries
{
	bool		tried[DW_ACCESS_PATH_COUNT];	/* and were not enough */
	int64_t		found;			/* among the newest, if these were tried */
} DwSearchTries;

/* The path to try next, that is likely to cost least; false for none. */
extern bool dw_search_next(const DwSearchOdds *odds,
						   const DwSearchTries *tries, DwAccessPath *path);

/*
 * Map tiles, and places as numbers of cells.
 *
 * Tiles are those of web maps: at zoom z the Mercator square is cut into
 * 2^z columns (x, eastwards) and rows (y, southwards).  A tile's number takes
 * bits of y and x in turn (Z-order), so whatever is inside a tile has, at any
 * deeper zoom, one run of numbers: those of its four quarters are 4n to
 * 4n + 3.  A place is its tile at DW_TILE_DEPTH, a cell of at most 2 cm.
 * What lies beyond the square, nearer the poles than 85.0511 degrees, counts
 * as on its edge; longitude 180 as just west of it.
 */

#define DW_TILE_DEPTH		31	/* zoom of cells: 62 bits */
#define DW_TILE_ZOOM_MAX	22	/* of a tile that is asked for */
#define DW_TILE_EXTENT_BITS 12	/* a tile is 4096 units wide */

/* From this zoom on a tile shows jobs, before it counts of them. */
#define DW_TILE_JOBS_ZOOM	11

/* Counts are kept of tiles of these zooms. */
#define DW_TILE_COUNT_FIRST 3
#define DW_TILE_COUNT_LAST	14

/* How much deeper than a tile or a bbox are the cells that are counted. */
#define DW_TILE_GRID		4	/* of a tile: 16 by 16 */
#define DW_TILE_BBOX_GRID	3	/* of a bbox: 8 by 8 in a tile */

#define DW_TILE_FEATURES_MAX	10000	/* jobs in a tile */
#define DW_TILE_BBOX_MAX			128 /* tiles that a bbox may touch */

/* One tile. */
typedef struct DwTile
{
	int32_t		zoom;			/* 0 to DW_TILE_DEPTH */
	int64_t		x;				/* column, 0 in the west */
	int64_t		y;				/* row, 0 in the north */
} DwTile;

/* A run of numbers, both ends included. */
typedef struct DwTileRange
{
	int64_t		first;			/* the lowest */
	int64_t		last;			/* the highest */
} DwTileRange;

/* A bounding box; it crosses the antimeridian if west > east. */
typedef struct DwTileBbox
{
	double		west;			/* degrees */
	double		south;			/* degrees */
	double		east;			/* degrees */
	double		north;			/* degrees */
	int32_t		zoom;			/* of the map that shows it */
} DwTileBbox;

/* The tiles of one zoom that a bbox touches. */
typedef struct DwTileSpan
{
	int32_t		zoom;			/* of the tiles */
	int64_t		west;			/* first column */
	int64_t		east;			/* last column; less than west: it wraps */
	int64_t		north;			/* first row */
	int64_t		south;			/* last row */
} DwTileSpan;

/* Notes what is wrong with a tile, or with a bbox. */
extern void dw_tile_check(const DwTile *tile, DwArgError *error);
extern void dw_tile_bbox_check(const DwTileBbox *bbox,
							   DwArgError *error);

/* The cell of a place that lies on the globe. */
extern int64_t dw_tile_cell(double longitude, double latitude);

/* A tile's number, and its column or row from the number. */
extern int64_t dw_tile_number(const DwTile *tile);
extern int64_t dw_tile_x(int64_t number);
extern int64_t dw_tile_y(int64_t number);

/* The numbers of the tiles of a deeper zoom inside a tile. */
extern DwTileRange dw_tile_range(int64_t number, int32_t zoom,
								 int32_t deeper);

/* The tiles of a zoom that a bbox touches, and whether one is of them. */
extern DwTileSpan dw_tile_span(const DwTileBbox *bbox, int32_t zoom);
extern bool dw_tile_within(const DwTileSpan *span, int64_t number);

/* How many tiles there are in a span, and the ith. */
extern int64_t dw_tile_count(const DwTileSpan *span);
extern DwTile dw_tile_at(const DwTileSpan *span, int64_t i);

/* Degrees of a column or row of cells, to a millionth. */
extern double dw_tile_longitude(int64_t x);
extern double dw_tile_latitude(int64_t y);

#endif							/* DW_SEARCH_H */
