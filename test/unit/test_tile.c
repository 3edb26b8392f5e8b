/*
 * test_tile.c
 *		Tiles and cells: numbers, places, bboxes over the antimeridian.
 */
#include "unit.h"

#include <math.h>

#include "core/search/search.h"

/* The tile of a zoom in which a place lies. */
static DwTile
tile_of(double longitude, double latitude, int32_t zoom)
{
	int64_t		cell = dw_tile_cell(longitude, latitude);
	int32_t		bits = DW_TILE_DEPTH - zoom;
	int64_t		x = dw_tile_x(cell) >> bits;
	int64_t		y = dw_tile_y(cell) >> bits;

	return (DwTile) {zoom, x, y};
}

/* Asserts in which tile a place lies. */
static void
assert_tile(double longitude, double latitude, DwTile expected)
{
	DwTile		tile = tile_of(longitude, latitude, expected.zoom);

	assert_int_equal(tile.x, expected.x);
	assert_int_equal(tile.y, expected.y);
}

/* Places whose tiles everybody knows, and the edges of the square. */
static void
test_places(void **state)
{
	int64_t		most = (INT64_C(1) << DW_TILE_DEPTH) - 1;

	assert_tile(0, 0, (DwTile) {1, 1, 1});
	assert_tile(-0.001, 0.001, (DwTile) {1, 0, 0});
	assert_tile(-122.4194, 37.7749, (DwTile) {11, 327, 791});
	assert_tile(13.3777, 52.5163, (DwTile) {16, 35203, 21493});
	assert_tile(-180, 90, (DwTile) {DW_TILE_DEPTH, 0, 0});
	assert_tile(180, -90, (DwTile) {DW_TILE_DEPTH, most, most});
	assert_tile(0, 85.0512, (DwTile) {4, 8, 0});
	assert_tile(0, -85.0512, (DwTile) {4, 8, 15});
	assert_int_equal(dw_tile_cell(180, -90), (INT64_C(1) << 62) - 1);
}

/* A number says its column and row; its quarters come one after another. */
static void
test_numbers(void **state)
{
	static const int64_t some[] = {0, 1, 2, 3, 1000, 4095, 0x55555555,
	0x7FFFFFFF};

	for (size_t i = 0; i < DW_LENGTH(some); i++)
	{
		for (size_t j = 0; j < DW_LENGTH(some); j++)
		{
			DwTile		tile = {DW_TILE_DEPTH, some[i], some[j]};
			int64_t		number = dw_tile_number(&tile);

			assert_int_equal(dw_tile_x(number), some[i]);
			assert_int_equal(dw_tile_y(number), some[j]);
			assert_int_equal(dw_tile_x(number >> 2), some[i] >> 1);
			assert_int_equal(dw_tile_y(number >> 2), some[j] >> 1);
		}
	}
}

/* The run of numbers inside a tile is that of the cells in it. */
static void
test_range(void **state)
{
	DwTileRange range = dw_tile_range(5, 2, 4);
	DwTile		tile = tile_of(-122.4194, 37.7749, 11);
	int64_t		cell = dw_tile_cell(-122.4194, 37.7749);

	assert_int_equal(range.first, 80);
	assert_int_equal(range.last, 95);
	range = dw_tile_range(dw_tile_number(&tile), 11, DW_TILE_DEPTH);
	assert_true(range.first <= cell && cell <= range.last);
	range = dw_tile_range(0, 0, DW_TILE_DEPTH);
	assert_int_equal(range.last, (INT64_C(1) << 62) - 1);
	range = dw_tile_range(7, 11, 11);
	assert_int_equal(range.first, 7);
	assert_int_equal(range.last, 7);
}

/* From a place to its cell and back. */
static void
test_degrees(void **state)
{
	for (double longitude = -179.95; longitude < 180; longitude += 7.13)
	{
		for (double latitude = -84.9; latitude < 85; latitude += 3.77)
		{
			int64_t		cell = dw_tile_cell(longitude, latitude);

			assert_true(fabs(dw_tile_longitude(dw_tile_x(cell)) -
							 longitude) < 1e-6);
			assert_true(fabs(dw_tile_latitude(dw_tile_y(cell)) -
							 latitude) < 1e-6);
		}
	}
}

/* Asserts which argument of a tile has an error; -1 for none. */
static void
assert_tile_error(DwTile tile, const char *argument)
{
	DwArgError		error = {0};

	dw_tile_check(&tile, &error);
	assert_int_equal(error.code, argument == NULL ? DW_OK : DW_BAD_VALUE);
	if (argument != NULL)
		assert_string_equal(error.place.argument, argument);
}

/* A tile has a zoom, and a column and row of it. */
static void
test_tile_check(void **state)
{
	assert_tile_error((DwTile) {0, 0, 0}, NULL);
	assert_tile_error((DwTile) {22, 4194303, 4194303}, NULL);
	assert_tile_error((DwTile) {23, 0, 0}, "z");
	assert_tile_error((DwTile) {-1, 0, 0}, "z");
	assert_tile_error((DwTile) {INT32_MAX, 0, 0}, "z");
	assert_tile_error((DwTile) {3, 8, 0}, "x");
	assert_tile_error((DwTile) {3, -1, 0}, "x");
	assert_tile_error((DwTile) {3, 7, 8}, "y");
	assert_tile_error((DwTile) {3, 7, INT64_MIN}, "y");
}

/* Asserts which argument of a bbox has an error; -1 for none. */
static void
assert_box_error(DwTileBbox box, const char *argument)
{
	DwArgError		error = {0};

	dw_tile_bbox_check(&box, &error);
	assert_int_equal(error.code, argument == NULL ? DW_OK : DW_BAD_VALUE);
	if (argument != NULL)
		assert_string_equal(error.place.argument, argument);
}

/* A bbox has width and height, and is not too large for its zoom. */
static void
test_bbox_check(void **state)
{
	assert_box_error((DwTileBbox) {-180, -90, 180, 90, 3}, NULL);
	assert_box_error((DwTileBbox) {-180, -90, 180, 90, 4}, "zoom");
	assert_box_error((DwTileBbox) {170, -10, -170, 10, 5}, NULL);
	assert_box_error((DwTileBbox) {10, 10, 10, 20, 5}, "west");
	assert_box_error((DwTileBbox) {10, 20, 20, 20, 5}, "south");
	assert_box_error((DwTileBbox) {10, 21, 20, 20, 5}, "south");
	assert_box_error((DwTileBbox) {-181, 0, 0, 1, 5}, "west");
	assert_box_error((DwTileBbox) {NAN, 0, 0, 1, 5}, "west");
	assert_box_error((DwTileBbox) {0, 0, 1, INFINITY, 5}, "east");
	assert_box_error((DwTileBbox) {0, 0, 1, 1, 23}, "zoom");
	assert_box_error((DwTileBbox) {0, 0, 1, 1, -1}, "zoom");
	/* nearly all the way round */
	assert_box_error((DwTileBbox) {10.0001, -1, 10, 1, 5}, NULL);
	assert_box_error((DwTileBbox) {10.0001, -1, 10, 1, 7}, "zoom");
}

/* Whether the tile of a place is in the span of a bbox. */
static bool
is_within(const DwTileSpan *span, double longitude, double latitude)
{
	DwTile		tile = tile_of(longitude, latitude, span->zoom);

	return dw_tile_within(span, dw_tile_number(&tile));
}

/* The tiles of a bbox, west of the antimeridian, east of it and across. */
static void
test_span(void **state)
{
	DwTileBbox	box = {170, -10, -170, 10, 8};
	DwTileSpan	span = dw_tile_span(&box, 8);

	assert_true(is_within(&span, 179.9, 0));
	assert_true(is_within(&span, -179.9, 9));
	assert_false(is_within(&span, 0, 0));
	assert_false(is_within(&span, 168, 0));
	assert_false(is_within(&span, 179.9, 12));
	for (int64_t i = 0; i < dw_tile_count(&span); i++)
	{
		DwTile		tile = dw_tile_at(&span, i);

		assert_true(dw_tile_within(&span, dw_tile_number(&tile)));
	}
	assert_int_equal(dw_tile_at(&span, 0).x, 248);
	assert_int_equal(dw_tile_count(&span), 16 * 16);

	box = (DwTileBbox) {10.0001, -1, 10, 1, 5};
	span = dw_tile_span(&box, 5);
	assert_int_equal(dw_tile_count(&span), 32 * 2);
	assert_true(is_within(&span, 10.00005, 0));
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_degrees),
		cmocka_unit_test(test_tile_check),
		cmocka_unit_test(test_bbox_check),
		cmocka_unit_test(test_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
