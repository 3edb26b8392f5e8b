/*
 * fuzz_audience.c
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
read_where(FuzzInput *input, DwAudienceKey *leaf)
{
	double		longitude = read_degrees(input, 180.0);
	double		latitude = read_degrees(input, 90.0);

	leaf->kind = (uint8_t) fuzz_range(input, DW_AUDIENCE_CIRCLE,
									  DW_AUDIENCE_AREA);
	if (leaf->kind == DW_AUDIENCE_AREA)
	{
		leaf->box = dw_audience_bbox(longitude, latitude,
								 fmin(longitude + 1.0, 180.0),
								 fmin(latitude + 1.0, 90.0));
		return;
	}
	leaf->circle.centre = dw_point_of(longitude, latitude);
	leaf->circle.radius_m = leaf->kind == DW_AUDIENCE_POINT ? 0.0
		: read_radius(input);
}

/* A leaf; attributes often coincide with those of the query. */
static DwAudienceKey
read_leaf(FuzzInput *input)
{
	DwAudienceKey	leaf = {0};
	DwUuid		ids[CATEGORIES];
	int			count = (int) fuzz_range(input, 0, CATEGORIES);

	read_where(input, &leaf);
	for (int i = 0; i < count; i++)
		ids[i] = read_category(input);
	dw_audience_set_categories(&leaf, ids, count);
	leaf.budget_min = fuzz_range(input, 0, 8);
	leaf.budget_max = leaf.budget_min + fuzz_range(input, 0, 8);
	leaf.capabilities = (uint32_t) fuzz_range(input, 0, 31);
	leaf.currency = fuzz_range(input, 0, 2) == 0 ? DW_AUDIENCE_ANY_CURRENCY
		: (uint16_t) fuzz_range(input, 0, 20);
	return leaf;
}

/* What a job asks with. */
static DwAudienceQuery
read_query(FuzzInput *input)
{
	DwAudienceQuery query = {0};
	double		longitude = read_degrees(input, 180.0);
	double		latitude = read_degrees(input, 90.0);

	query.place = dw_place_of(longitude, latitude);
	query.point = dw_point_of(longitude, latitude);
	query.radius_m = read_radius(input);
	for (int i = (int) fuzz_range(input, 0, 3); i >= 0; i--)
	{
		DwUuid		id = read_category(input);

		check(dw_audience_add_category(&query, &id));
	}
	query.budget_min = fuzz_range(input, 0, 8);
	query.budget_max = query.budget_min + fuzz_range(input, 0, 8);
	query.requirements = (uint32_t) fuzz_range(input, 0, 31) &
		(uint32_t) fuzz_range(input, 0, 31);
	query.currency = (uint16_t) fuzz_range(input, 0, 20);
	return query;
}

/* A union of some keys, from the first or from the last. */
static DwAudienceKey
union_of(const DwAudienceKey *keys, int count, bool backwards)
{
	DwAudienceKey	all = dw_audience_node(&keys[backwards ? count - 1 : 0]);

	for (int i = 0; i < count; i++)
		dw_audience_extend(&all, &keys[backwards ? count - 1 - i : i]);
	return all;
}

/* No leaf that wants the job is lost in a node above it. */
static void
check_kept(const DwAudienceQuery *query, const DwAudienceKey *leaves,
		   int count)
{
	DwAudienceKey	forth = union_of(leaves, count, false);
	DwAudienceKey	back = union_of(leaves, count, true);

	check(dw_audience_equal(&forth, &back));
	for (int i = 0; i < count; i++)
	{
		DwAudienceKey	node = dw_audience_node(&leaves[i]);

		check(dw_audience_penalty(&forth, &leaves[i]) == 0.0f);
		if (!dw_audience_matches(query, &leaves[i]))
			continue;
		check(dw_audience_may_match(query, &node));
		check(dw_audience_may_match(query, &forth));
		check(leaves[i].kind != DW_AUDIENCE_CIRCLE ||
			  dw_bbox_covers(&node.box, &query->point));
	}
}

/* A page divided: both sides have something, and nothing is lost. */
static void
check_divided(const DwAudienceQuery *query, const DwAudienceKey *leaves,
			  int count)
{
	DwAudienceKey	nodes[MAX_KEYS];
	double		room[MAX_KEYS];
	double		cost;
	int			left;

	for (int i = 0; i < count; i++)
		nodes[i] = dw_audience_node(&leaves[i]);
	left = dw_audience_divide(nodes, count, room, &cost);
	check(left > 0 && left < count && cost >= 0.0);
	check_kept(query, leaves, left);
	check_kept(query, leaves + left, count - left);
}

/* Any bits: an answer, whatever it is. */
static void
check_any(FuzzInput *input)
{
	DwAudienceKey	key;
	DwAudienceQuery query;

	fuzz_read(input, &key, sizeof(key));
	fuzz_read(input, &query, sizeof(query));
	if (query.tag_count > DW_CATEGORY_DEPTH_MAX)
		query.tag_count = DW_CATEGORY_DEPTH_MAX;
	(void) dw_audience_matches(&query, &key);
	(void) dw_audience_may_match(&query, &key);
	(void) dw_audience_is_certain(&query, &key);
	(void) dw_audience_order(&key);
}

/* One input. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	DwAudienceKey	leaves[MAX_KEYS];
	DwAudienceQuery query = read_query(&input);
	int			count = (int) fuzz_range(&input, 1, MAX_KEYS);

	for (int i = 0; i < count; i++)
		leaves[i] = read_leaf(&input);
	check_kept(&query, leaves, count);
	if (count > 1)
		check_divided(&query, leaves, count);
	check_any(&input);
	return 0;
}
