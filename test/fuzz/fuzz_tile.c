/*
 * fuzz_tile.c
 *		A place has one cell, inside one tile of each zoom, whose quarters
 *		are one run of numbers; a cell's middle is in it.  A box that passes
 *		touches few tiles, each once, those of its corners among them, and no
 *		bits at all lead outside the square.
 */
#include "fuzz.h"

#include <math.h>

#include "core/geo/geo.h"
#include "core/search/search.h"

/* Degrees of any kind: in range, near an edge, or any bits. */
static double
read_degrees(FuzzInput *input, double limit)
{
	double		degrees =
		(double) fuzz_range(input, -1000000, 1000000) / 1e6 * limit;

	switch (fuzz_range(input, 0, 4))
	{
		case 0:
			return limit - fabs(degrees) / 1e6;
		case 1:
			return fabs(degrees) / 1e6 - limit;
		case 2:
			fuzz_read(input, &degrees, sizeof(degrees));
			return degrees;
		default:
			return degrees;
	}
}

/* The tile of a zoom in which a cell lies. */
static DwTile
tile_of(int64_t cell, int32_t zoom)
{
	DwTile		tile = {
		zoom, dw_tile_x(cell) >> (DW_TILE_DEPTH - zoom),
		dw_tile_y(cell) >> (DW_TILE_DEPTH - zoom)
	};

	return tile;
}

/* A place, its cell and the tiles that it lies in. */
static void
check_place(double longitude, double latitude)
{
	int64_t		cell = dw_tile_cell(longitude, latitude);
	double		east = dw_tile_longitude(dw_tile_x(cell));
	double		north = dw_tile_latitude(dw_tile_y(cell));

	check(cell >= 0 && cell >> (2 * DW_TILE_DEPTH) == 0);
	for (int32_t zoom = 0; zoom <= DW_TILE_DEPTH; zoom++)
	{
		DwTile		tile = tile_of(cell, zoom);
		int64_t		number = dw_tile_number(&tile);
		DwTileRange range = dw_tile_range(number, zoom, DW_TILE_DEPTH);

		check(number == cell >> (2 * (DW_TILE_DEPTH - zoom)));
		check(dw_tile_x(number) == tile.x && dw_tile_y(number) == tile.y);
		check(cell >= range.first && cell <= range.last);
		check(range.last - range.first + 1 ==
			  INT64_C(1) << (2 * (DW_TILE_DEPTH - zoom)));
	}
	if (!dw_geo_valid(longitude, latitude))
		return;
	check(dw_geo_valid(east, north));
	check(fabs(east - longitude) < 2e-6);
	check(fabs(latitude) > 85.05 || fabs(north - latitude) < 2e-6);
}

/* A tile as it is asked for: what passes has a number of its zoom. */
static void
check_tile(FuzzInput *input)
{
	DwTile		tile = {
		(int32_t) fuzz_range(input, -2, 34), fuzz_range(input, -2, 1 << 23),
		fuzz_range(input, -2, 1 << 23)
	};
	DwArgError		error = {0};
	DwTileRange range;

	if (fuzz_range(input, 0, 3) == 0)
	{
		fuzz_read(input, &tile.zoom, sizeof(tile.zoom));
		tile.x = fuzz_int64(input);
		tile.y = fuzz_int64(input);
	}
	dw_tile_check(&tile, &error);
	if (error.code != DW_OK)
		return;
	range = dw_tile_range(dw_tile_number(&tile), tile.zoom, DW_TILE_DEPTH);
	check(range.first >= 0 && range.last >> (2 * DW_TILE_DEPTH) == 0);
	check(dw_tile_x(range.last) >> (DW_TILE_DEPTH - tile.zoom) == tile.x);
}

/* All the tiles of a span: within the square, and each is within it. */
static void
check_span(const DwTileSpan *span)
{
	int64_t		count = dw_tile_count(span);

	check(count >= 1);
	for (int64_t i = 0; i < count; i++)
	{
		DwTile		tile = dw_tile_at(span, i);
		DwTile		first = dw_tile_at(span, 0);

		check(tile.x >= 0 && tile.x < INT64_C(1) << tile.zoom);
		check(tile.y >= 0 && tile.y < INT64_C(1) << tile.zoom);
		check(dw_tile_within(span, dw_tile_number(&tile)));
		check(i == 0 || tile.x != first.x || tile.y != first.y);
	}
}

/* A box that passes touches few tiles, those of its corners among them. */
static void
check_box(FuzzInput *input)
{
	DwTileBbox	box = {
		read_degrees(input, 180.0), read_degrees(input, 90.0),
		read_degrees(input, 180.0), read_degrees(input, 90.0),
		(int32_t) fuzz_range(input, -1, DW_TILE_ZOOM_MAX + 1)
	};
	DwArgError		error = {0};
	DwTileSpan	span;

	dw_tile_bbox_check(&box, &error);
	if (error.code != DW_OK)
		return;
	span = dw_tile_span(&box, box.zoom);
	check(dw_tile_count(&span) <= DW_TILE_BBOX_MAX);
	check_span(&span);
	span = dw_tile_span(&box, box.zoom + DW_TILE_BBOX_GRID);
	for (int i = 0; i < 4; i++)
	{
		DwTile		corner = tile_of(dw_tile_cell(i & 1 ? box.west : box.east,
												  i & 2 ? box.south :
												  box.north), span.zoom);

		check(dw_tile_within(&span, dw_tile_number(&corner)));
	}
}

/* One input. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	double		longitude = read_degrees(&input, 180.0);
	double		latitude = read_degrees(&input, 90.0);

	check_place(longitude, latitude);
	check_tile(&input);
	check_box(&input);
	return 0;
}
