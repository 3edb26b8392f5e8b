/*
 * test_geo.c
 *		Distances against known values, and the corners of the globe.
 */
#include "unit.h"

#include <math.h>

#include "core/geo/geo.h"

#define HALF_TURN	(3.14159265358979323846 * DW_GEO_RADIUS_M)

/* Asserts that two lengths agree to a relative 4e-10 (or a micrometre). */
static void
assert_metres(double actual, double expected)
{
	double		limit = fabs(expected) * 4e-10 + 1e-6;

	if (fabs(actual - expected) > limit)
		fail_msg("%.9f m, expected %.9f m", actual, expected);
}

/* Only finite degrees in range are a place. */
static void
test_valid(void **state)
{
	assert_true(dw_geo_valid(-180.0, -90.0));
	assert_true(dw_geo_valid(180.0, 90.0));
	assert_false(dw_geo_valid(180.0000001, 0.0));
	assert_false(dw_geo_valid(0.0, -90.0000001));
	assert_false(dw_geo_valid(NAN, 0.0));
	assert_false(dw_geo_valid(0.0, NAN));
	assert_false(dw_geo_valid(INFINITY, 0.0));
	assert_false(dw_geo_valid(0.0, -INFINITY));
}

/* Arcs whose length follows from the radius alone. */
static void
test_arcs(void **state)
{
	assert_metres(dw_geo_distance_m(12.3, 45.6, 12.3, 45.6), 0.0);
	assert_metres(dw_geo_distance_m(0, 0, 0, 1), HALF_TURN / 180.0);
	assert_metres(dw_geo_distance_m(0, 0, 90, 0), HALF_TURN / 2.0);
	assert_metres(dw_geo_distance_m(0, -90, 0, 90), HALF_TURN);
	assert_metres(dw_geo_distance_m(0, 0, 180, 0), HALF_TURN);
	assert_metres(dw_geo_distance_m(-20, 30, 160, -30), HALF_TURN);
}

/* The antimeridian is no wall, and a pole has no longitude. */
static void
test_wrap(void **state)
{
	assert_metres(dw_geo_distance_m(179.5, 0, -179.5, 0), HALF_TURN / 180.0);
	assert_metres(dw_geo_distance_m(180, 12, -180, 12), 0.0);
	assert_metres(dw_geo_distance_m(17, 90, -140, 90), 0.0);
	assert_metres(dw_geo_distance_m(17, 89, -163, 89), HALF_TURN / 90.0);
}

/* Both directions are one distance, in miles of 1609.344 m. */
static void
test_miles(void **state)
{
	int64_t		there = dw_geo_tenthousandth_miles(-122.42, 37.77,
												   -122.27, 37.80);

	assert_int_equal(there, dw_geo_tenthousandth_miles(-122.27, 37.80,
													   -122.42, 37.77));
	assert_int_equal(there, llround(dw_geo_distance_m(-122.42, 37.77,
													  -122.27, 37.80) /
									1609.344 * 10000.0));
	assert_int_equal(dw_geo_tenthousandth_miles(5, 5, 5, 5), 0);
}

/* Degrees of latitude that so many miles are. */
static double
degrees_of(double miles)
{
	return miles * DW_GEO_METRES_PER_MILE / DW_GEO_RADIUS_M / DW_GEO_RADIANS;
}

/* What is shown has whole miles, halves up. */
static void
test_whole_miles(void **state)
{
	const struct
	{
		double		miles;
		int64_t		shown;
	}			cases[] = {
		{0, 0}, {0.4999, 0}, {0.5001, 1}, {1.4999, 1}, {1.5001, 2},
		{49.4999, 49}, {49.5001, 50}
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(dw_geo_whole_miles(10, 0, 10,
											degrees_of(cases[i].miles)),
						 cases[i].shown * DW_GEO_MILE);
	assert_int_equal(dw_geo_whole_miles(180, 12, -180, 12), 0);
	assert_int_equal(dw_geo_whole_miles(0, 0, 180, 0),
					 DW_GEO_MILE * llround(HALF_TURN /
										   DW_GEO_METRES_PER_MILE));
}

/* Shown places are rounded to 0.01 degree, and zero has one sign. */
static void
test_round(void **state)
{
	assert_true(dw_geo_round(37.774929) == 37.77);
	assert_true(dw_geo_round(-122.419416) == -122.42);
	assert_true(dw_geo_round(179.999) == 180.0);
	assert_false(signbit(dw_geo_round(-0.001)));
}

/* A place as bytes is the same place, in network order; others are none. */
static void
test_bytes(void **state)
{
	const DwDegrees places[] = {
		{-122.41234567, 37.7654321}, {180, -90}, {-180, 90}, {0, 0}
	};
	const DwDegrees simple = {1, 2};
	const DwDegrees wrong[] = {{180.5, 0}, {0, -91}, {NAN, 0}, {0, INFINITY}};
	uint8_t		bytes[DW_DEGREES_BYTES];
	DwDegrees	read;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
	{
		dw_degrees_write(&places[i], bytes);
		assert_true(dw_degrees_read(bytes, &read));
		assert_true(read.longitude == places[i].longitude);
		assert_true(read.latitude == places[i].latitude);
	}
	dw_degrees_write(&simple, bytes);
	assert_memory_equal(bytes, "\x3f\xf0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0", 16);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		dw_degrees_write(&wrong[i], bytes);
		assert_false(dw_degrees_read(bytes, &read));
	}
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_arcs),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_miles),
		cmocka_unit_test(test_whole_miles),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
