/*
 * test_bbox.c
 *		Boxes and envelopes against points drawn at random, at the poles and
 *		across the antimeridian.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "core/geo/geo.h"

#define RADIANS		(3.14159265358979323846 / 180.0)
#define HALF_TURN_M (3.14159265358979323846 * DW_GEO_RADIUS_M)
#define ROUNDS		4000
#define SAMPLES		40

static uint64_t seed = 20260101;

/* A number from 0 up to 1, the same in every run (splitmix64). */
static double
chance(void)
{
	uint64_t	mixed;

	seed += UINT64_C(0x9e3779b97f4a7c15);
	mixed = seed;
	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double) ((mixed ^ (mixed >> 31)) >> 11) / 9007199254740992.0;
}

/* A number between two. */
static double
between(double least, double most)
{
	return least + (most - least) * chance();
}

/* A latitude; often at a pole or near one. */
static double
some_latitude(void)
{
	double		kind = chance();

	if (kind < 0.05)
		return kind < 0.025 ? 90.0 : -90.0;
	if (kind < 0.2)
		return kind < 0.1 ? between(89.0, 90.0) : between(-90.0, -89.0);
	return between(-90.0, 90.0);
}

/* A longitude; often at the antimeridian or near it. */
static double
some_longitude(void)
{
	double		kind = chance();

	if (kind < 0.05)
		return kind < 0.025 ? 180.0 : -180.0;
	if (kind < 0.2)
		return kind < 0.1 ? between(179.0, 180.0) : between(-180.0, -179.0);
	return between(-180.0, 180.0);
}

/* A point anywhere in a box. */
static DwPoint
point_in(const DwBbox *box)
{
	double		longitude = between(box->west, box->east) / DW_BBOX_DEGREE;
	double		latitude = between(box->south, box->north) / DW_BBOX_DEGREE;

	return dw_point_of(longitude > 180.0 ? longitude - 360.0 : longitude,
					   latitude);
}

/* A box of any size: two points, or the envelope of a circle. */
static DwBbox
some_bbox(void)
{
	DwPlace		place = dw_place_of(some_longitude(), some_latitude());
	DwPoint		point = dw_point_of(place.longitude, place.latitude);
	DwBbox		box = dw_bbox_of(&point);
	DwBbox		other;

	if (chance() < 0.5)
		return dw_bbox_circle(&place, pow(10.0, between(0.0, 7.2)));
	point = dw_point_of(some_longitude(), some_latitude());
	other = dw_bbox_of(&point);
	dw_bbox_extend(&box, &other);
	return box;
}

/* The distance is that of geo.h, to the rounding of the point. */
static void
test_distance(void **state)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		double		lon1 = some_longitude();
		double		lat1 = some_latitude();
		double		lon2 = floor(some_longitude() * 100.0) / 100.0;
		double		lat2 = floor(some_latitude() * 100.0) / 100.0;
		DwPlace		place = dw_place_of(lon1, lat1);
		DwPoint		point = dw_point_of(lon2, lat2);
		double		metres = dw_place_distance_m(&place, &point);
		double		expected = dw_geo_distance_m(lon1, lat1, lon2, lat2);

		if (fabs(metres - expected) > expected * 4e-10 + 1e-6)
			fail_msg("%.9f m, expected %.9f m", metres, expected);
	}
}

/* No point of a box is nearer than its bound, and a box covers its points. */
static void
test_bound(void **state)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		DwBbox		box = some_bbox();
		DwPlace		place = dw_place_of(some_longitude(), some_latitude());
		double		bound = dw_place_bound_m(&place, &box);

		assert_true(bound >= 0.0 && bound <= HALF_TURN_M);
		for (int j = 0; j < SAMPLES; j++)
		{
			DwPoint		point = point_in(&box);

			assert_true(dw_bbox_covers(&box, &point));
			if (dw_place_distance_m(&place, &point) < bound)
				fail_msg("(%.7f %.7f): bound %.9f m, found %.9f m",
						 place.longitude, place.latitude, bound,
						 dw_place_distance_m(&place, &point));
		}
	}
}

/* The bound of a small box is close to its nearest point: it prunes. */
static void
test_bound_is_tight(void **state)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		DwPoint		point = dw_point_of(some_longitude(), between(-60, 60));
		DwPlace		place = dw_place_of(some_longitude(), between(-60, 60));
		DwBbox		box = dw_bbox_of(&point);
		double		metres = dw_place_distance_m(&place, &point);

		assert_true(dw_place_bound_m(&place, &box) >= metres * 0.9999 - 1);
	}
	{
		DwPlace		inside = dw_place_of(-179.99, 10.0);
		DwBbox		box = dw_bbox_circle(&inside, 5000.0);

		assert_true(dw_place_bound_m(&inside, &box) == 0.0);
	}
}

/* The place that lies at an angle and a bearing (radians) from a centre. */
static DwPoint
point_off(const DwPlace *centre, double angle, double bearing)
{
	double		phi = centre->latitude * RADIANS;
	double		sine = sin(phi) * cos(angle) +
		cos(phi) * sin(angle) * cos(bearing);
	double		turn = atan2(sin(bearing) * sin(angle) * cos(phi),
							 cos(angle) - sin(phi) * sine);
	double		longitude = centre->longitude + turn / RADIANS;

	if (longitude > 180.0)
		longitude -= 360.0;
	if (longitude < -180.0)
		longitude += 360.0;
	return dw_point_of(longitude,
					   asin(fmax(-1.0, fmin(1.0, sine))) / RADIANS);
}

/* The envelope covers every point of its circle, rim included. */
static void
test_circle(void **state)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		DwPlace		centre = dw_place_of(some_longitude(), some_latitude());
		double		radius = fmin(pow(10.0, between(0.0, 7.4)), HALF_TURN_M);
		DwBbox		box = dw_bbox_circle(&centre, radius);

		assert_true(box.west >= -DW_BBOX_HALF_TURN &&
					box.west < DW_BBOX_HALF_TURN && box.east >= box.west);
		for (int j = 0; j < SAMPLES; j++)
		{
			double		share = j % 2 ? 1.0 : chance();
			DwPoint		point = point_off(&centre,
										  radius * share / DW_GEO_RADIUS_M,
										  between(0.0, 360.0) * RADIANS);

			if (!dw_bbox_covers(&box, &point))
				fail_msg("circle of %.3f m at (%.7f %.7f) without (%d %d)",
						 radius, centre.longitude, centre.latitude,
						 point.longitude, point.latitude);
		}
	}
}

/* Envelopes whose edges follow from arithmetic alone. */
static void
test_circle_edges(void **state)
{
	DwPlace		equator = dw_place_of(180.0, 0.0);
	DwPlace		high = dw_place_of(20.0, 89.9);
	double		degree = HALF_TURN_M / 180.0;
	DwBbox		box = dw_bbox_circle(&equator, degree);

	assert_true(abs(box.west - 1790000000) < 20);
	assert_true(abs(box.east - 1810000000) < 20);
	assert_true(abs(box.north - 10000000) < 20);
	box = dw_bbox_circle(&high, degree);
	assert_int_equal(box.west, -DW_BBOX_HALF_TURN);
	assert_int_equal(box.east, DW_BBOX_HALF_TURN);
	assert_int_equal(box.north, DW_BBOX_HALF_TURN / 2);
	box = dw_bbox_circle(&equator, HALF_TURN_M);
	assert_int_equal(box.south, -DW_BBOX_HALF_TURN / 2);
	assert_int_equal(box.west, -DW_BBOX_HALF_TURN);
	/* too wide to be written past 180 */
	equator = dw_place_of(179.0, 0.0);
	box = dw_bbox_circle(&equator, 80.0 * degree);
	assert_int_equal(box.west, -DW_BBOX_HALF_TURN);
	assert_int_equal(box.east, DW_BBOX_HALF_TURN);
}

/* A union covers what its parts cover; parts with a common point overlap. */
static void
test_extend(void **state)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		DwBbox		one = some_bbox();
		DwBbox		two = some_bbox();
		DwBbox		both = one;

		dw_bbox_extend(&both, &two);
		for (int j = 0; j < SAMPLES; j++)
		{
			DwPoint		point = point_in(j % 2 ? &one : &two);

			assert_true(dw_bbox_covers(&both, &point));
			if (dw_bbox_covers(&one, &point) && dw_bbox_covers(&two, &point))
			{
				assert_true(dw_bbox_overlaps(&one, &two));
				assert_true(dw_bbox_overlaps(&two, &one));
			}
		}
		assert_true(dw_bbox_overlaps(&both, &one));
	}
}

/* Boxes beside each other do not overlap; across the antimeridian they do. */
static void
test_overlap(void **state)
{
	const DwBbox far_east = {1795000000, 0, 1805000000, 10};
	const DwBbox far_west = {-1799000000, 5, -1797000000, 20};
	const DwBbox middle = {-10, 0, 10, 10};
	const DwBbox above = {-10, 11, 10, 12};
	const DwPoint line = {-DW_BBOX_HALF_TURN, 3};

	assert_true(dw_bbox_overlaps(&far_east, &far_west));
	assert_true(dw_bbox_overlaps(&far_west, &far_east));
	assert_false(dw_bbox_overlaps(&far_east, &middle));
	assert_false(dw_bbox_overlaps(&middle, &above));
	assert_true(dw_bbox_covers(&far_east, &line));
	assert_false(dw_bbox_covers(&far_west, &line));
	assert_int_equal(dw_point_of(180.0, 0.0).longitude, -DW_BBOX_HALF_TURN);
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_bound_is_tight),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_circle_edges),
		cmocka_unit_test(test_extend),
		cmocka_unit_test(test_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
