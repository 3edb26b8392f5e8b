/*
 * tile.h
 *		Map tiles, and places as numbers of cells.
 *
 * Tiles are those of web maps: at zoom z the Mercator square is cut into
 * 2^z columns (x, eastwards) and rows (y, southwards).  A tile's number takes
 * bits of y and x in turn (Z-order), so whatever is inside a tile has, at any
 * deeper zoom, one run of numbers: those of its four quarters are 4n to
 * 4n + 3.  A place is its tile at DW_TILE_DEPTH, a cell of at most 2 cm.
 * What lies beyond the square, nearer the poles than 85.0511 degrees, counts
 * as on its edge; longitude 180 as just west of it.
 */
#ifndef DW_TILE_H
#define DW_TILE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fault.h"

#define DW_TILE_DEPTH		31	/* zoom of cells: 62 bits */
#define DW_TILE_ZOOM_MAX	22	/* of a tile that is asked for */
#define DW_TILE_EXTENT_BITS 12	/* a tile is 4096 units wide */

/* From this zoom on a tile shows jobs, before it counts of them. */
#define DW_TILE_JOBS_ZOOM	11

/* Counts are kept of tiles of these zooms. */
#define DW_TILE_COUNT_FIRST 3
#define DW_TILE_COUNT_LAST	14

/* How much deeper than a tile or a box are the cells that are counted. */
#define DW_TILE_GRID		4	/* of a tile: 16 by 16 */
#define DW_TILE_BOX_GRID	3	/* of a box: 8 by 8 in a tile */

#define DW_TILE_FEATURES_MAX	10000	/* jobs in a tile */
#define DW_TILE_BOX_MAX			128 /* tiles that a box may touch */

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

/* What is looked at: west to east, over the antimeridian if west > east. */
typedef struct DwTileBox
{
	double		west;			/* degrees */
	double		south;			/* degrees */
	double		east;			/* degrees */
	double		north;			/* degrees */
	int32_t		zoom;			/* of the map that shows it */
} DwTileBox;

/* The tiles of one zoom that a box touches. */
typedef struct DwTileSpan
{
	int32_t		zoom;			/* of the tiles */
	int64_t		west;			/* first column */
	int64_t		east;			/* last column; less than west: it wraps */
	int64_t		north;			/* first row */
	int64_t		south;			/* last row */
} DwTileSpan;

/* The arguments of jobs_mvt() and of cluster_jobs(), for faults. */
enum
{
	DW_TILE_Z,
	DW_TILE_X,
	DW_TILE_Y
};
enum
{
	DW_TILE_WEST,
	DW_TILE_SOUTH,
	DW_TILE_EAST,
	DW_TILE_NORTH,
	DW_TILE_ZOOM
};

/* Notes what is wrong with a tile, or with a box. */
extern void dw_tile_check(const DwTile *tile, DwFault *fault);
extern void dw_tile_box_check(const DwTileBox *box, DwFault *fault);

/* The cell of a place that lies on the globe. */
extern int64_t dw_tile_cell(double longitude, double latitude);

/* A tile's number, and its column or row from the number. */
extern int64_t dw_tile_number(const DwTile *tile);
extern int64_t dw_tile_x(int64_t number);
extern int64_t dw_tile_y(int64_t number);

/* The numbers of the tiles of a deeper zoom inside a tile. */
extern DwTileRange dw_tile_range(int64_t number, int32_t zoom,
								 int32_t deeper);

/* The tiles of a zoom that a box touches, and whether one is of them. */
extern DwTileSpan dw_tile_span(const DwTileBox *box, int32_t zoom);
extern bool dw_tile_within(const DwTileSpan *span, int64_t number);

/* How many tiles there are in a span, and the ith. */
extern int64_t dw_tile_count(const DwTileSpan *span);
extern DwTile dw_tile_at(const DwTileSpan *span, int64_t i);

/* Degrees of a column or row of cells, to a millionth. */
extern double dw_tile_longitude(int64_t x);
extern double dw_tile_latitude(int64_t y);

#endif							/* DW_TILE_H */
