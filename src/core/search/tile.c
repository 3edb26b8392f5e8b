/*
 * tile.c
 *		Map tiles, and places as numbers of cells.
 *
 * The projection is the sphere's Mercator (EPSG:3857) on a square of side 1:
 *		x = (longitude + 180) / 360
 *		y = 1/2 - atanh(sin(latitude)) / (2 pi), latitude to 85.0511 degrees
 * The inverse of y is latitude = atan(sinh(pi (1 - 2 y))).
 */
#include "core/search/search.h"

#include <math.h>

#include "core/geo/geo.h"

#define MICRODEGREE		1e6

/* Columns, and rows, at a zoom: tiles of a zoom are four of each above. */
static int64_t
side(int32_t zoom)
{
	return INT64_C(1) << zoom;
}

void
dw_tile_check(const DwTile *tile, DwArgError *error)
{
	if (tile->zoom < 0 || tile->zoom > DW_TILE_ZOOM_MAX)
	{
		dw_arg_error_note(error, "z", DW_BAD_VALUE, "must be from 0 to 22");
		return;
	}
	if (tile->x < 0 || tile->x >= side(tile->zoom))
		dw_arg_error_note(error, "x", DW_BAD_VALUE,
						  "must be from 0 to 2^z - 1");
	if (tile->y < 0 || tile->y >= side(tile->zoom))
		dw_arg_error_note(error, "y", DW_BAD_VALUE,
						  "must be from 0 to 2^z - 1");
}

void
dw_tile_bbox_check(const DwTileBbox *bbox, DwArgError *error)
{
	DwTileSpan	span;

	if (!dw_geo_valid(bbox->west, bbox->south))
		dw_arg_error_note(error, "west", DW_BAD_VALUE,
						  "and south must be a place on the globe");
	if (!dw_geo_valid(bbox->east, bbox->north))
		dw_arg_error_note(error, "east", DW_BAD_VALUE,
						  "and north must be a place on the globe");
	if (bbox->south >= bbox->north)
		dw_arg_error_note(error, "south", DW_BAD_VALUE,
						  "must be less than north");
	if (bbox->west == bbox->east)
		dw_arg_error_note(error, "west", DW_BAD_VALUE,
						  "must not be equal to east");
	if (bbox->zoom < 0 || bbox->zoom > DW_TILE_ZOOM_MAX)
		dw_arg_error_note(error, "zoom", DW_BAD_VALUE,
						  "must be from 0 to 22");
	if (error->code != DW_OK)
		return;
	span = dw_tile_span(bbox, bbox->zoom);
	if (dw_tile_count(&span) > DW_TILE_BBOX_MAX)
		dw_arg_error_note(error, "zoom", DW_BAD_VALUE,
						  "is too large for the box: it would touch more than 128 tiles");
}

/* Takes every second bit, from the lowest on: undoes dw_geo_spread(). */
static uint64_t
gather(uint64_t bits)
{
	bits &= UINT64_C(0x5555555555555555);
	bits = (bits | bits >> 1) & UINT64_C(0x3333333333333333);
	bits = (bits | bits >> 2) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	bits = (bits | bits >> 4) & UINT64_C(0x00FF00FF00FF00FF);
	bits = (bits | bits >> 8) & UINT64_C(0x0000FFFF0000FFFF);
	return (bits | bits >> 16) & UINT64_C(0x00000000FFFFFFFF);
}

int64_t
dw_tile_number(const DwTile *tile)
{
	return (int64_t) (dw_geo_spread((uint32_t) tile->y) << 1 |
					  dw_geo_spread((uint32_t) tile->x));
}

int64_t
dw_tile_x(int64_t number)
{
	return (int64_t) gather((uint64_t) number);
}

int64_t
dw_tile_y(int64_t number)
{
	return (int64_t) gather((uint64_t) number >> 1);
}

/* The column or row at a zoom of a share, 0 to 1, of the square. */
static int64_t
step(double share, int32_t zoom)
{
	double		steps = floor(share * (double) side(zoom));

	/* written so that whatever is no number is 0 */
	if (!(steps > 0.0))
		return 0;
	return steps < (double) side(zoom) ? (int64_t) steps : side(zoom) - 1;
}

/* The share of the square west of a longitude. */
static double
share_x(double longitude)
{
	return (longitude + 180.0) / 360.0;
}

/* The share of the square north of a latitude. */
static double
share_y(double latitude)
{
	/*
	 * The spherical Mercator projection (EPSG:3857) of web maps: atanh(sin
	 * phi) is the usual ln tan(pi / 4 + phi / 2).  At a pole it is infinite,
	 * or nearly: step() takes it to the edge.
	 */
	return 0.5 - atanh(sin(latitude * DW_GEO_RADIANS)) / (2.0 * DW_GEO_PI);
}

int64_t
dw_tile_cell(double longitude, double latitude)
{
	DwTile		cell = {
		DW_TILE_DEPTH, step(share_x(longitude), DW_TILE_DEPTH),
		step(share_y(latitude), DW_TILE_DEPTH)
	};

	return dw_tile_number(&cell);
}

DwTileRange
dw_tile_range(int64_t number, int32_t zoom, int32_t deeper)
{
	/* in Z-order the tiles within a tile are neighbours: two bits a zoom */
	int32_t		bits = 2 * (deeper - zoom);
	int64_t		first = number << bits;
	DwTileRange range = {first, first + ((INT64_C(1) << bits) - 1)};

	return range;
}

DwTileSpan
dw_tile_span(const DwTileBbox *bbox, int32_t zoom)
{
	DwTileSpan	span = {
		.zoom = zoom,
		.west = step(share_x(bbox->west), zoom),
		.east = step(share_x(bbox->east), zoom),
		.north = step(share_y(bbox->north), zoom),
		.south = step(share_y(bbox->south), zoom)
	};

	/* a bbox that goes nearly round meets itself: then it is all round */
	if (bbox->west > bbox->east && span.west <= span.east)
	{
		span.west = 0;
		span.east = side(zoom) - 1;
	}
	return span;
}

/* How many columns there are in a span, also over the antimeridian. */
static int64_t
span_width(const DwTileSpan *span)
{
	int64_t		width = span->east - span->west + 1;

	return width > 0 ? width : width + side(span->zoom);
}

int64_t
dw_tile_count(const DwTileSpan *span)
{
	return span_width(span) * (span->south - span->north + 1);
}

DwTile
dw_tile_at(const DwTileSpan *span, int64_t i)
{
	int64_t		width = span_width(span);
	DwTile		tile = {
		span->zoom, (span->west + i % width) % side(span->zoom),
		span->north + i / width
	};

	return tile;
}

bool
dw_tile_within(const DwTileSpan *span, int64_t number)
{
	int64_t		x = dw_tile_x(number);
	int64_t		y = dw_tile_y(number);
	bool		is_between = span->west <= span->east
		? x >= span->west && x <= span->east
		: x >= span->west || x <= span->east;

	return is_between && y >= span->north && y <= span->south;
}

/* Degrees rounded to a millionth, 11 cm; never a negative zero. */
static double
rounded(double degrees)
{
	return round(degrees * MICRODEGREE) / MICRODEGREE + 0.0;
}

double
dw_tile_longitude(int64_t x)
{
	/* the middle of the cell, and so never on an edge of a larger tile */
	double		share = ((double) x + 0.5) / (double) side(DW_TILE_DEPTH);

	return rounded(share * 360.0 - 180.0);
}

double
dw_tile_latitude(int64_t y)
{
	double		share = ((double) y + 0.5) / (double) side(DW_TILE_DEPTH);

	return rounded(atan(sinh(DW_GEO_PI * (1.0 - 2.0 * share))) /
				   DW_GEO_RADIANS);
}
