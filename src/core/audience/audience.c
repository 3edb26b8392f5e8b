/*
 * audience.c
 *		The audience of a new job: what keys want, and how an index packs them.
 */
#include "core/audience/audience.h"

#include <math.h>
#include <string.h>

#include "core/geo/geo.h"


/*
 * Degrees added to each side of a bbox when bboxes are weighed: else the box
 * of one point would weigh nothing, and any growth as much as any other.
 */
#define BBOX_RIM			0.4

#define SIGN_BIT		UINT32_C(0x80000000)

/* A distance in latitude alone is taken a little short: it is a bound. */
#define LATITUDE_SHARE	(1.0 - 1e-9)

_Static_assert(sizeof(DwAudienceKey) == 72, "as the type says, no padding");
_Static_assert(sizeof(DwAudienceQuery) == 104, "as the type says");

uint16_t
dw_category_tag(const DwUuid *id)
{
	uint16_t	tag = 0;

	/*
	 * The first half of a version 7 id is the time, much the same in all
	 * categories that were made together; the second is random.  Of n
	 * categories some two have one tag with a chance of about n^2 / 131072.
	 */
	for (size_t i = 8; i < sizeof(id->bytes); i += 2)
		tag ^= (uint16_t) (id->bytes[i] << 8 | id->bytes[i + 1]);
	return tag == 0 ? 1 : tag;
}

void
dw_audience_set_categories(DwAudienceKey *leaf, const DwUuid *ids, int count)
{
	memset(leaf->tags, 0, sizeof(leaf->tags));
	leaf->categories = count == 0 ? DW_AUDIENCE_ANYWHERE : 0;
	leaf->has_more = count > DW_AUDIENCE_TAGS;
	/* tags of some of them would deny the others: then none is kept */
	for (int i = 0; i < count; i++)
	{
		leaf->categories |= dw_category_bit(&ids[i]);
		if (!leaf->has_more)
			leaf->tags[i] = dw_category_tag(&ids[i]);
	}
}

/* The place of a point. */
static DwPlace
place_of_point(const DwPoint *point)
{
	return dw_place_of((double) point->longitude / DW_BBOX_DEGREE,
					   (double) point->latitude / DW_BBOX_DEGREE);
}

DwAudienceQuery
dw_audience_query_of(const DwJobKey *job)
{
	DwAudienceQuery query = {
		.place = place_of_point(&job->leaf.point),
		.point = job->leaf.point,
		.budget_min = job->leaf.budget_min,
		.budget_max = job->leaf.budget_max,
		.requirements = job->requirements,
		.currency = job->currency
	};

	return query;
}

bool
dw_audience_add_category(DwAudienceQuery *query, const DwUuid *id)
{
	if (query->tag_count >= DW_CATEGORY_DEPTH_MAX)
		return false;
	query->categories |= dw_category_bit(id);
	query->tags[query->tag_count++] = dw_category_tag(id);
	return true;
}

DwBbox
dw_audience_bbox(double west, double south, double east, double north)
{
	DwBbox		box = {
		(int32_t) floor(west * DW_BBOX_DEGREE),
		(int32_t) floor(south * DW_BBOX_DEGREE),
		(int32_t) ceil(east * DW_BBOX_DEGREE),
		(int32_t) ceil(north * DW_BBOX_DEGREE)
	};

	return box;
}

DwAudienceKey
dw_audience_node(const DwAudienceKey *key)
{
	DwAudienceKey node = *key;
	DwPlace		centre;

	if (key->kind == DW_AUDIENCE_NODE)
		return node;
	/* what a node does not know is cleared, so that equal nodes are equal */
	node.kind = DW_AUDIENCE_NODE;
	node.has_points = key->kind == DW_AUDIENCE_POINT;
	node.valid_from = node.valid_until = 0;
	memset(node.tags, 0, sizeof(node.tags));
	if (key->currency != DW_AUDIENCE_ANY_CURRENCY)
		node.currency = dw_currency_bit(key->currency);
	if (key->kind == DW_AUDIENCE_POINT)
		node.box = dw_bbox_of(&key->circle.centre);
	if (key->kind != DW_AUDIENCE_CIRCLE)
		return node;
	centre = place_of_point(&key->circle.centre);
	node.box = dw_bbox_circle(&centre, key->circle.radius_m);
	return node;
}

void
dw_audience_extend(DwAudienceKey *node, const DwAudienceKey *other)
{
	DwAudienceKey made;

	if (other->kind != DW_AUDIENCE_NODE)
	{
		made = dw_audience_node(other);
		other = &made;
	}

	/*
	 * The invariant of the index: where a leaf matches a query, each node
	 * above it may match.  So every attribute of a node only grows.
	 */
	dw_bbox_extend(&node->box, &other->box);
	node->categories |= other->categories;
	node->capabilities |= other->capabilities;
	node->currency |= other->currency;
	node->has_points |= other->has_points;
	if (other->budget_min < node->budget_min)
		node->budget_min = other->budget_min;
	if (other->budget_max > node->budget_max)
		node->budget_max = other->budget_max;
}

/* True when budgets overlap and a category and all credentials are there. */
static bool
terms_match(const DwAudienceQuery *query, const DwAudienceKey *key)
{
	return (key->categories & query->categories) != 0 &&
		key->budget_min <= query->budget_max &&
		key->budget_max >= query->budget_min &&
		(query->requirements & ~key->capabilities) == 0;
}

/*
 * True when one of the leaf's tags is one of the query's.  Without a first
 * tag it wants all categories, or too many to be known: bits have decided.
 */
static bool
tags_match(const DwAudienceQuery *query, const DwAudienceKey *leaf)
{
	if (leaf->tags[0] == 0)
		return true;
	for (int i = 0; i < DW_AUDIENCE_TAGS && leaf->tags[i] != 0; i++)
	{
		for (int j = 0; j < query->tag_count; j++)
		{
			if (leaf->tags[i] == query->tags[j])
				return true;
		}
	}
	return false;
}

/*
 * True when the job lies in the circle.  A great circle is no shorter than
 * its part along a meridian, R times the difference of latitudes: that turns
 * most keys away without a sine.
 */
static bool
circle_covers(const DwAudienceQuery *query, const DwPoint *centre,
			  double radius_m)
{
	int64_t		across = (int64_t) centre->latitude - query->point.latitude;
	double		least = fabs((double) across) / DW_BBOX_DEGREE *
		DW_GEO_RADIANS * DW_GEO_RADIUS_M * LATITUDE_SHARE;

	/* a metre is more than the query's point is off its place */
	return least - 1.0 <= radius_m &&
		dw_place_distance_m(&query->place, centre) <= radius_m;
}

bool
dw_audience_matches(const DwAudienceQuery *query, const DwAudienceKey *leaf)
{
	if (!terms_match(query, leaf) || !tags_match(query, leaf) ||
		(leaf->currency != DW_AUDIENCE_ANY_CURRENCY &&
		 leaf->currency != query->currency))
		return false;
	if (leaf->kind == DW_AUDIENCE_AREA)
		return dw_bbox_covers(&leaf->box, &query->point);
	return circle_covers(query, &leaf->circle.centre,
						 leaf->kind == DW_AUDIENCE_POINT ? query->radius_m
						 : leaf->circle.radius_m);
}

bool
dw_audience_is_certain(const DwAudienceQuery *query, const DwAudienceKey *leaf)
{
	/* the form of an area, and more than DW_AUDIENCE_TAGS categories */
	if (leaf->kind == DW_AUDIENCE_AREA || leaf->has_more)
		return false;
	return (query->requirements & DW_AUDIENCE_HELD) == 0 ||
		(leaf->valid_from <= query->day && leaf->valid_until >= query->day);
}

bool
dw_audience_may_match(const DwAudienceQuery *query, const DwAudienceKey *node)
{
	/* circles have been widened to boxes, points have the query's radius */
	if (!dw_bbox_covers(&node->box, &query->point) &&
		(!node->has_points ||
		 dw_place_bound_m(&query->place, &node->box) > query->radius_m))
		return false;
	return terms_match(query, node) &&
		(node->currency & dw_currency_bit(query->currency)) != 0;
}

/* The number of bits of a set. */
static int
bits_count(uint64_t set)
{
	int			count = 0;

	for (; set != 0; set &= set - 1)
		count++;
	return count;
}

/*
 * How often a node is asked: jobs are taken to be spread evenly over the
 * surroundings, so by the area of its bbox, and over the categories, of
 * which a job asks one and those above it.
 */
static double
node_weight(const DwAudienceKey *node)
{
	double		width = ((double) node->box.east - node->box.west) /
		DW_BBOX_DEGREE + BBOX_RIM;
	double		height = ((double) node->box.north - node->box.south) /
		DW_BBOX_DEGREE + BBOX_RIM;

	return width * height * bits_count(node->categories);
}

float
dw_audience_penalty(const DwAudienceKey *node, const DwAudienceKey *other)
{
	DwAudienceKey both = *node;

	dw_audience_extend(&both, other);
	return (float) (node_weight(&both) - node_weight(node));
}

int
dw_audience_divide(const DwAudienceKey *nodes, int count, double *room,
				   double *cost)
{
	/* halves of less than a quarter would make the tree uneven and deep */
	int			least = count / 4 > 0 ? count / 4 : 1;
	int			best = 0;
	DwAudienceKey left = nodes[0];
	DwAudienceKey right = nodes[count - 1];

	/*
	 * The cost of a division is how many keys a query looks at on average:
	 * the keys of each half, times how often it is asked.  From the left the
	 * halves are summed up for every place, from the right compared.
	 */
	for (int i = 1; i < count; i++)
	{
		room[i] = node_weight(&left) * i;
		dw_audience_extend(&left, &nodes[i]);
	}
	for (int i = count - 1; i >= least; i--)
	{
		double		both;

		dw_audience_extend(&right, &nodes[i]);
		both = room[i] + node_weight(&right) * (count - i);
		if (i > count - least || (best > 0 && both >= *cost))
			continue;
		best = i;
		*cost = both;
	}
	return best;
}

bool
dw_audience_equal(const DwAudienceKey *a, const DwAudienceKey *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

uint64_t
dw_audience_order(const DwAudienceKey *key)
{
	DwPoint		point = key->circle.centre;

	if (key->kind == DW_AUDIENCE_AREA || key->kind == DW_AUDIENCE_NODE)
	{
		point.longitude =
			(int32_t) (((int64_t) key->box.west + key->box.east) / 2);
		point.latitude =
			(int32_t) (((int64_t) key->box.south + key->box.north) / 2);
	}
	/* with its sign bit turned a number sorts the same without a sign */
	return dw_geo_spread((uint32_t) point.longitude ^ SIGN_BIT) << 1 |
		dw_geo_spread((uint32_t) point.latitude ^ SIGN_BIT);
}

/* Tags of categories, none of which is 0; gives their number. */
static uint16_t
tag_fields(DwWire *wire, uint16_t *tags, int room)
{
	int			count = 0;

	while (count < room && tags[count] != 0)
		count++;
	count = (int) dw_wire_range(wire, count, 0, room);
	for (int i = 0; i < count; i++)
		tags[i] = (uint16_t) dw_wire_range(wire, tags[i], 1, UINT16_MAX);
	return (uint16_t) count;
}

/* Where a leaf wants jobs: a box ends at 180 degrees at the latest. */
static void
place_fields(DwWire *wire, DwAudienceKey *key)
{
	const int64_t turn = DW_BBOX_HALF_TURN;
	DwBbox	   *box = &key->box;

	if (key->kind != DW_AUDIENCE_AREA)
	{
		dw_wire_point(wire, &key->circle.centre);
		if (key->kind == DW_AUDIENCE_CIRCLE)
			dw_wire_double(wire, &key->circle.radius_m);
		return;
	}
	box->west = (int32_t) dw_wire_range(wire, box->west, -turn, turn);
	box->east = (int32_t) dw_wire_range(wire, box->east, box->west, turn);
	box->south = (int32_t) dw_wire_range(wire, box->south, -turn / 2,
										 turn / 2);
	box->north = (int32_t) dw_wire_range(wire, box->north, box->south,
										 turn / 2);
}

/* The fields of a leaf. */
static void
key_fields(DwWire *wire, DwAudienceKey *key)
{
	key->kind = (uint8_t) dw_wire_range(wire, key->kind, DW_AUDIENCE_CIRCLE,
										DW_AUDIENCE_AREA);
	place_fields(wire, key);
	dw_wire_int64(wire, (int64_t *) &key->categories);
	(void) tag_fields(wire, key->tags, DW_AUDIENCE_TAGS);
	key->has_more = (uint8_t) dw_wire_range(wire, key->has_more, 0, 1);
	dw_wire_int64(wire, &key->budget_min);
	dw_wire_int64(wire, &key->budget_max);
	key->currency = (uint16_t) dw_wire_range(wire, key->currency, 0,
											 UINT16_MAX);
	key->capabilities = (uint32_t) dw_wire_range(wire, key->capabilities, 0,
												 UINT32_MAX);
	key->valid_from = (int32_t) dw_wire_range(wire, key->valid_from,
											  INT32_MIN, INT32_MAX);
	key->valid_until = (int32_t) dw_wire_range(wire, key->valid_until,
											   INT32_MIN, INT32_MAX);
}

/* The bytes of any key. */
static size_t
key_measure(DwWire *wire)
{
	return sizeof(DwAudienceKey);
}

/* Reads a leaf. */
static bool
key_read(DwWire *wire, void *value)
{
	DwAudienceKey *key = value;

	memset(key, 0, sizeof(*key));
	key_fields(wire, key);
	return key->categories != 0 &&
		key->budget_min >= 0 && key->budget_max >= key->budget_min &&
		(key->currency < DW_CURRENCY_CODES ||
		 key->currency == DW_AUDIENCE_ANY_CURRENCY) &&
		(key->kind != DW_AUDIENCE_CIRCLE ||
		 (key->circle.radius_m > 0.0 &&
		  key->circle.radius_m <= DW_BBOX_RADIUS_MAX_M));
}

/* Writes a leaf. */
static void
key_write(DwWire *wire, const void *value)
{
	DwAudienceKey key = *(const DwAudienceKey *) value;

	key_fields(wire, &key);
}

const DwWireType dw_audience_key_wire = {
	"dwello.agent_key", 1, key_measure, key_read, key_write
};

/* The fields of a query that the others are derived from. */
static void
query_fields(DwWire *wire, DwAudienceQuery *query)
{
	dw_wire_double(wire, &query->place.longitude);
	dw_wire_double(wire, &query->place.latitude);
	dw_wire_double(wire, &query->radius_m);
	dw_wire_int64(wire, (int64_t *) &query->categories);
	query->tag_count = tag_fields(wire, query->tags, DW_CATEGORY_DEPTH_MAX);
	dw_wire_int64(wire, &query->budget_min);
	dw_wire_int64(wire, &query->budget_max);
	query->currency = (uint16_t) dw_wire_range(wire, query->currency, 0,
											   DW_CURRENCY_CODES - 1);
	query->requirements = (uint32_t) dw_wire_range(wire, query->requirements,
												   0, UINT32_MAX);
	query->day = (int32_t) dw_wire_range(wire, query->day, INT32_MIN,
										 INT32_MAX);
}

/* The bytes of any query. */
static size_t
query_measure(DwWire *wire)
{
	return sizeof(DwAudienceQuery);
}

/* Reads a query: nothing is derived of what is not valid. */
static bool
query_read(DwWire *wire, void *value)
{
	DwAudienceQuery *query = value;

	memset(query, 0, sizeof(*query));
	query_fields(wire, query);
	if (wire->is_bad ||
		!dw_geo_valid(query->place.longitude, query->place.latitude) ||
		!(query->radius_m >= 0.0 &&
		  query->radius_m <= DW_BBOX_RADIUS_MAX_M) ||
		query->categories == 0 || query->tag_count == 0 ||
		query->budget_min < 0 ||
		query->budget_max < query->budget_min)
		return false;
	query->place = dw_place_of(query->place.longitude, query->place.latitude);
	query->point = dw_point_of(query->place.longitude, query->place.latitude);
	return true;
}

/* Writes a query. */
static void
query_write(DwWire *wire, const void *value)
{
	DwAudienceQuery query = *(const DwAudienceQuery *) value;

	query_fields(wire, &query);
}

const DwWireType dw_audience_query_wire = {
	"dwello.agent_query", 1, query_measure, query_read, query_write
};
