/*
 * fuzz_reach.c
 *		What wants a job is never lost: not in the node made of it, not in a
 *		union of many in any order, not in either half of a page divided.
 *		And no bits at all make a match fail but by saying no.
 */
#include "fuzz.h"

#include <math.h>

#include "core/audience/audience.h"
#include "core/geo/geo.h"

#define MAX_KEYS	24
#define CATEGORIES	12

/* A longitude or latitude: anywhere, or near a corner of the globe. */
static double
read_degrees(FuzzInput *input, double limit)
{
	double		degrees =
		(double) fuzz_range(input, -1000000, 1000000) / 1e6 * limit;

	switch (fuzz_range(input, 0, 3))
	{
		case 0:
			return limit - fabs(degrees) / 1e4;
		case 1:
			return fabs(degrees) / 1e4 - limit;
		default:
			return degrees;
	}
}

/* One of a few categories. */
static DwUuid
read_category(FuzzInput *input)
{
	DwUuid		id = {{(uint8_t) fuzz_range(input, 0, CATEGORIES)}};

	return id;
}

/* A radius in metres: of all sizes. */
static double
read_radius(FuzzInput *input)
{
	return pow(10.0, (double) fuzz_range(input, 0, 73) / 10.0);
}

/* Where a leaf wants jobs. */
static void
read_where(FuzzInput *input, DwReachKey *leaf)
{
	double		longitude = read_degrees(input, 180.0);
	double		latitude = read_degrees(input, 90.0);

	leaf->kind = (uint8_t) fuzz_range(input, DW_REACH_CIRCLE, DW_REACH_AREA);
	if (leaf->kind == DW_REACH_AREA)
	{
		leaf->box = dw_reach_box(longitude, latitude,
								 fmin(longitude + 1.0, 180.0),
								 fmin(latitude + 1.0, 90.0));
		return;
	}
	leaf->circle.centre = dw_point_of(longitude, latitude);
	leaf->circle.radius_m = leaf->kind == DW_REACH_POINT ? 0.0
		: read_radius(input);
}

/* A leaf; attributes often coincide with those of the query. */
static DwReachKey
read_leaf(FuzzInput *input)
{
	DwReachKey	leaf = {0};
	DwUuid		ids[CATEGORIES];
	int			count = (int) fuzz_range(input, 0, CATEGORIES);

	read_where(input, &leaf);
	for (int i = 0; i < count; i++)
		ids[i] = read_category(input);
	dw_reach_set_categories(&leaf, ids, count);
	leaf.budget_min = fuzz_range(input, 0, 8);
	leaf.budget_max = leaf.budget_min + fuzz_range(input, 0, 8);
	leaf.capabilities = (uint32_t) fuzz_range(input, 0, 31);
	leaf.currency = fuzz_range(input, 0, 2) == 0 ? DW_REACH_ANY_CURRENCY
		: (uint16_t) fuzz_range(input, 0, 20);
	return leaf;
}

/* What a job asks with. */
static DwReachQuery
read_query(FuzzInput *input)
{
	DwReachQuery query = {0};
	double		longitude = read_degrees(input, 180.0);
	double		latitude = read_degrees(input, 90.0);

	query.place = dw_place_of(longitude, latitude);
	query.point = dw_point_of(longitude, latitude);
	query.radius_m = read_radius(input);
	for (int i = (int) fuzz_range(input, 0, 3); i >= 0; i--)
	{
		DwUuid		id = read_category(input);

		check(dw_reach_add_category(&query, &id));
	}
	query.budget_min = fuzz_range(input, 0, 8);
	query.budget_max = query.budget_min + fuzz_range(input, 0, 8);
	query.requirements = (uint32_t) fuzz_range(input, 0, 31) &
		(uint32_t) fuzz_range(input, 0, 31);
	query.currency = (uint16_t) fuzz_range(input, 0, 20);
	return query;
}

/* A union of some keys, from the first or from the last. */
static DwReachKey
union_of(const DwReachKey *keys, int count, bool backwards)
{
	DwReachKey	all = dw_reach_node(&keys[backwards ? count - 1 : 0]);

	for (int i = 0; i < count; i++)
		dw_reach_extend(&all, &keys[backwards ? count - 1 - i : i]);
	return all;
}

/* No leaf that wants the job is lost in a node above it. */
static void
check_kept(const DwReachQuery *query, const DwReachKey *leaves, int count)
{
	DwReachKey	forth = union_of(leaves, count, false);
	DwReachKey	back = union_of(leaves, count, true);

	check(dw_reach_equal(&forth, &back));
	for (int i = 0; i < count; i++)
	{
		DwReachKey	node = dw_reach_node(&leaves[i]);

		check(dw_reach_penalty(&forth, &leaves[i]) == 0.0f);
		if (!dw_reach_matches(query, &leaves[i]))
			continue;
		check(dw_reach_may_match(query, &node));
		check(dw_reach_may_match(query, &forth));
		check(leaves[i].kind != DW_REACH_CIRCLE ||
			  dw_box_covers(&node.box, &query->point));
	}
}

/* A page divided: both sides have something, and nothing is lost. */
static void
check_divided(const DwReachQuery *query, const DwReachKey *leaves, int count)
{
	DwReachKey	nodes[MAX_KEYS];
	double		room[MAX_KEYS];
	double		cost;
	int			left;

	for (int i = 0; i < count; i++)
		nodes[i] = dw_reach_node(&leaves[i]);
	left = dw_reach_divide(nodes, count, room, &cost);
	check(left > 0 && left < count && cost >= 0.0);
	check_kept(query, leaves, left);
	check_kept(query, leaves + left, count - left);
}

/* Any bits: an answer, whatever it is. */
static void
check_any(FuzzInput *input)
{
	DwReachKey	key;
	DwReachQuery query;

	fuzz_read(input, &key, sizeof(key));
	fuzz_read(input, &query, sizeof(query));
	if (query.tag_count > DW_CATEGORY_DEPTH_MAX)
		query.tag_count = DW_CATEGORY_DEPTH_MAX;
	(void) dw_reach_matches(&query, &key);
	(void) dw_reach_may_match(&query, &key);
	(void) dw_reach_is_certain(&query, &key);
	(void) dw_reach_order(&key);
}

/* One input. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	DwReachKey	leaves[MAX_KEYS];
	DwReachQuery query = read_query(&input);
	int			count = (int) fuzz_range(&input, 1, MAX_KEYS);

	for (int i = 0; i < count; i++)
		leaves[i] = read_leaf(&input);
	check_kept(&query, leaves, count);
	if (count > 1)
		check_divided(&query, leaves, count);
	check_any(&input);
	return 0;
}
