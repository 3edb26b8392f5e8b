/*
 * test_audience.c
 *		The audience of a job: one leaf, and the nodes above it.
 */
#include "unit.h"

#include <math.h>

#include "core/audience/audience.h"
#include "core/geo/geo.h"

/* An id that is told from others by its last byte. */
static DwUuid
category(int number)
{
	DwUuid		id = {{0}};

	id.bytes[15] = (uint8_t) number;
	return id;
}

/* A circle that wants categories 1 and 2, budgets 10 to 20, of currency 7. */
static DwAudienceKey
circle(double longitude, double latitude, double miles)
{
	DwAudienceKey	leaf = {.budget_min = 10, .budget_max = 20, .currency = 7,
	.capabilities = 3};
	DwUuid		ids[] = {category(1), category(2)};

	leaf.kind = DW_AUDIENCE_CIRCLE;
	leaf.circle.centre = dw_point_of(longitude, latitude);
	leaf.circle.radius_m = miles * DW_GEO_METRES_PER_MILE;
	dw_audience_set_categories(&leaf, ids, 2);
	return leaf;
}

/* A job of category 2, which is below 9, with a budget of 15. */
static DwAudienceQuery
job(double longitude, double latitude)
{
	DwAudienceQuery query = {
		.budget_min = 15, .budget_max = 15, .currency = 7
	};
	DwUuid		own = category(2);
	DwUuid		above = category(9);

	query.place = dw_place_of(longitude, latitude);
	query.point = dw_point_of(longitude, latitude);
	assert_true(dw_audience_add_category(&query, &own));
	assert_true(dw_audience_add_category(&query, &above));
	return query;
}

/* Asserts what a leaf says; the node of what says yes must not say no. */
static void
assert_wants(const DwAudienceKey *leaf, const DwAudienceQuery *query,
			 bool expected)
{
	DwAudienceKey	node = dw_audience_node(leaf);

	assert_int_equal(dw_audience_matches(query, leaf), expected);
	if (expected)
		assert_true(dw_audience_may_match(query, &node));
}

/* A circle has its edge where the sphere has it, across every seam. */
static void
test_circles(void **state)
{
	static const double places[][2] = {{0, 0}, {-122.4, 37.8}, {180, 10},
	{-179.9, -45}, {12, 89.9}, {-80, -90}};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
	{
		double		longitude = places[i][0];
		double		latitude = places[i][1];
		DwAudienceKey	leaf = circle(longitude, latitude, 10.0);
		double		inside = latitude > 0 ? -0.1446 : 0.1446;
		DwAudienceQuery near = job(longitude, latitude + inside);
		DwAudienceQuery far = job(longitude, latitude + inside * 1.002);

		assert_wants(&leaf, &near, true);
		assert_wants(&leaf, &far, false);
		/* ten miles are 0.14473158 degrees: the last centimetres */
		near = job(longitude, latitude + (inside < 0 ? -1 : 1) * 0.1447314);
		far = job(longitude, latitude + (inside < 0 ? -1 : 1) * 0.1447318);
		assert_wants(&leaf, &near, true);
		assert_wants(&leaf, &far, false);
	}
}

/* The envelope covers the circle's rim in every direction. */
static void
test_envelope(void **state)
{
	for (int latitude = -89; latitude <= 89; latitude++)
	{
		DwAudienceKey	leaf = circle(179.95, latitude, 30.0);
		DwAudienceKey	node = dw_audience_node(&leaf);
		double		angle = 30.0 * DW_GEO_METRES_PER_MILE / DW_GEO_RADIUS_M *
			(180.0 / 3.14159265358979323846);

		for (int i = -400; i <= 400; i++)
		{
			double		longitude = 179.95 + i * angle / 4;
			DwAudienceQuery query;

			while (longitude > 180.0)
				longitude -= 360.0;
			while (longitude < -180.0)
				longitude += 360.0;
			query = job(longitude, fmin(latitude + angle * 0.7, 90));
			if (dw_audience_matches(&query, &leaf))
				assert_true(dw_audience_may_match(&query, &node));
		}
	}
}

/* What the job is must be what the leaf wants, in every way. */
static void
test_terms(void **state)
{
	DwAudienceKey	leaf = circle(0, 0, 10);
	DwAudienceQuery query = job(0, 0);
	DwUuid		none = category(3);

	assert_wants(&leaf, &query, true);
	query.currency = 8;
	assert_wants(&leaf, &query, false);
	leaf.currency = DW_AUDIENCE_ANY_CURRENCY;
	assert_wants(&leaf, &query, true);
	query.requirements = 4;
	assert_wants(&leaf, &query, false);
	query.requirements = 3;
	assert_wants(&leaf, &query, true);
	query.budget_min = query.budget_max = 21;
	assert_wants(&leaf, &query, false);
	query.budget_min = 20;
	assert_wants(&leaf, &query, true);
	dw_audience_set_categories(&leaf, &none, 1);
	assert_wants(&leaf, &query, false);
	dw_audience_set_categories(&leaf, NULL, 0);
	assert_wants(&leaf, &query, true);
}

/* More categories than there are tags are known by their bits alone. */
static void
test_categories(void **state)
{
	DwAudienceKey	leaf = circle(0, 0, 10);
	DwAudienceQuery query = job(0, 0);
	DwUuid		ids[DW_AUDIENCE_TAGS + 2];

	for (int i = 0; i < DW_AUDIENCE_TAGS + 2; i++)
		ids[i] = category(10 + i);
	for (int count = 1; count <= DW_AUDIENCE_TAGS + 2; count++)
	{
		ids[count - 1] = category(9);
		dw_audience_set_categories(&leaf, ids, count);
		assert_wants(&leaf, &query, true);
		assert_int_equal(leaf.tags[0] == 0, count > DW_AUDIENCE_TAGS);
		assert_int_equal(dw_audience_is_certain(&query, &leaf),
						 count <= DW_AUDIENCE_TAGS);
		ids[count - 1] = category(9 + count);
	}
	while (query.tag_count < DW_CATEGORY_DEPTH_MAX)
		assert_true(dw_audience_add_category(&query, &ids[0]));
	assert_false(dw_audience_add_category(&query, &ids[0]));
	assert_int_not_equal(dw_category_tag(&(DwUuid) {{0}}), 0);
}

/* What a leaf does not know is left to the row. */
static void
test_certain(void **state)
{
	DwAudienceKey	leaf = circle(0, 0, 10);
	DwAudienceQuery query = job(0, 0);

	leaf.valid_from = 10;
	leaf.valid_until = 20;
	query.day = 21;
	assert_true(dw_audience_is_certain(&query, &leaf));
	query.requirements = 1 << DW_AUDIENCE_ACCOUNT_STATUS;
	assert_true(dw_audience_is_certain(&query, &leaf));
	query.requirements |= 1;
	assert_false(dw_audience_is_certain(&query, &leaf));
	query.day = 20;
	assert_true(dw_audience_is_certain(&query, &leaf));
	query.day = 9;
	assert_false(dw_audience_is_certain(&query, &leaf));
	leaf.valid_from = DW_AUDIENCE_ALWAYS;
	assert_true(dw_audience_is_certain(&query, &leaf));
	leaf.kind = DW_AUDIENCE_AREA;
	assert_false(dw_audience_is_certain(&query, &leaf));
	leaf.kind = DW_AUDIENCE_POINT;
	assert_true(dw_audience_is_certain(&query, &leaf));
	dw_audience_set_categories(&leaf, NULL, 0);
	assert_true(dw_audience_is_certain(&query, &leaf));
}

/* A job asks with what its key has. */
static void
test_query(void **state)
{
	DwJobKey	key = {.requirements = 5, .currency = 7};
	DwAudienceQuery query;
	DwAudienceKey	leaf = circle(-180, 10, 10);

	key.leaf.point = dw_point_of(180, 10);
	key.leaf.budget_min = 15;
	key.leaf.budget_max = DW_JOB_KEY_NO_MAX;
	query = dw_audience_query_of(&key);
	assert_int_equal(query.requirements, 5);
	assert_memory_equal(&query.point, &key.leaf.point, sizeof(query.point));
	assert_true(query.place.latitude == 10.0);
	assert_int_equal(query.tag_count, 0);
	assert_wants(&leaf, &query, false);
	key.leaf.category_id = category(2);
	assert_true(dw_audience_add_category(&query, &key.leaf.category_id));
	assert_wants(&leaf, &query, false);
	leaf.capabilities = 7;
	assert_wants(&leaf, &query, true);
	query.budget_min = 21;
	assert_wants(&leaf, &query, false);
}

/* A point has the query's radius, also in a node with others. */
static void
test_points(void **state)
{
	DwAudienceKey	leaf = circle(-179.99, 50, 10);
	DwAudienceKey	all = circle(20, -30, 5);
	DwAudienceQuery query = job(179.99, 50);

	leaf.kind = DW_AUDIENCE_POINT;
	leaf.circle.radius_m = 0.0;
	query.radius_m = 1000.0;
	assert_wants(&leaf, &query, false);
	query.radius_m = 2000.0;
	assert_wants(&leaf, &query, true);
	all = dw_audience_node(&all);
	dw_audience_extend(&all, &leaf);
	assert_true(all.has_points);
	assert_true(dw_audience_may_match(&query, &all));
}

/* A node does not match where nothing below it wants the job. */
static void
test_node(void **state)
{
	DwAudienceKey	leaf = circle(0, 0, 10);
	DwAudienceKey	node = dw_audience_node(&leaf);
	DwAudienceQuery far = job(1, 1);
	DwAudienceQuery near = job(0, 0);

	assert_false(dw_audience_may_match(&far, &node));
	assert_true(dw_audience_may_match(&near, &node));
	near.currency = 8;
	assert_false(dw_audience_may_match(&near, &node));
	near.currency = 7;
	near.categories = ~node.categories;
	assert_false(dw_audience_may_match(&near, &node));
}

/* A page is divided where its halves are asked the least. */
static void
test_divide(void **state)
{
	DwAudienceKey	nodes[8];
	double		room[8];
	double		cost;

	for (int i = 0; i < 8; i++)
	{
		DwAudienceKey	leaf = circle(i < 3 ? i : 60 + i, 0, 10);

		nodes[i] = dw_audience_node(&leaf);
	}
	assert_int_equal(dw_audience_divide(nodes, 8, room, &cost), 3);
	assert_int_equal(dw_audience_divide(nodes, 2, room, &cost), 1);
}

/* The order keeps together what is near, whatever it wants. */
static void
test_order(void **state)
{
	DwAudienceKey	a = circle(10, 10, 10);
	DwAudienceKey	b = circle(10.001, 10.001, 40);
	DwAudienceKey	c = circle(-170, -60, 10);
	uint64_t	far;

	dw_audience_set_categories(&b, NULL, 0);
	far = dw_audience_order(&a) ^ dw_audience_order(&c);
	assert_true((dw_audience_order(&a) ^ dw_audience_order(&b)) < far);
	assert_true(dw_audience_order(&c) < dw_audience_order(&a));
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_envelope),
		cmocka_unit_test(test_terms),
		cmocka_unit_test(test_categories),
		cmocka_unit_test(test_certain),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_node),
		cmocka_unit_test(test_divide),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
