/*
 * job_key.c
 *		What the index on open jobs knows of a job, or of many.
 */
#include "core/job_key.h"

#include <math.h>
#include <string.h>

#include "core/category.h"

/*
 * The scale of each coordinate: what a degree is worth, and the whole range
 * of the others.  Found by trying: with these, scans read the fewest pages.
 */
#define LONGITUDE_SCALE	0.8
#define LATITUDE_SCALE	1.0
#define BUDGET_SCALE	0.999
#define URGENCY_SCALE	0.5
#define CATEGORY_SCALE	0.6

/* A budget, in minor units, that is in the middle of its coordinate. */
#define BUDGET_MIDDLE	250000.0

/* Coordinates are positive: this is more than any degree is worth. */
#define COORDINATE_SHIFT 256.0

/* The order has bits of coordinates from 2^8 down to 2^-16. */
#define ORDER_LEVEL_TOP	24
#define ORDER_LEVEL_ONE	16

/* Of what a key could be below its node, in the penalty. */
#define SLACK_COST		0.25
#define SIZE_COST		0.01	/* and of what its box is worth */

_Static_assert(sizeof(DwJobKey) == 56, "a job key has no padding");

/* The number of a currency; see the header. */
uint16_t
dw_currency_code(const char *code)
{
	uint16_t	number = 0;

	for (int i = 0; i < 3; i++)
	{
		if (code[i] < 'A' || code[i] > 'Z')
			return DW_JOB_KEY_NO_CURRENCY;
		number = (uint16_t) (number * 26 + (code[i] - 'A'));
	}
	return code[3] == '\0' ? number : DW_JOB_KEY_NO_CURRENCY;
}

/* The bit of a currency; see the header. */
uint16_t
dw_currency_bit(uint16_t currency)
{
	return (uint16_t) (1 << (currency & 15));
}

/* The most a job would pay; see the header. */
int64_t
dw_job_key_top(const DwJobKey *leaf)
{
	return leaf->leaf.budget_max != DW_JOB_KEY_NO_MAX ? leaf->leaf.budget_max
		: leaf->leaf.budget_min;
}

/* The next float that is not over a value. */
static float
float_below(int64_t value)
{
	float		near = (float) value;

	return (double) near <= (double) value ? near
		: nextafterf(near, -INFINITY);
}

/* The next float that is not under a value. */
static float
float_above(int64_t value)
{
	float		near = (float) value;

	return (double) near >= (double) value ? near
		: nextafterf(near, INFINITY);
}

/* The node of one key; see the header. */
DwJobKey
dw_job_key_node(const DwJobKey *key)
{
	DwJobKey	node = *key;

	if (key->is_node)
		return node;
	node.is_node = 1;
	node.currency = dw_currency_bit(key->currency);
	node.node.box = dw_box_of(&key->leaf.point);
	node.node.categories = dw_category_bit(&key->leaf.category_id);
	node.node.top = dw_job_key_top(key);
	node.node.budget_min = float_below(key->leaf.budget_min);
	node.node.budget_max = float_above(key->leaf.budget_max);
	return node;
}

/* Extends a node; see the header. */
void
dw_job_key_extend(DwJobKey *node, const DwJobKey *other)
{
	DwJobKey	more = dw_job_key_node(other);

	dw_box_extend(&node->node.box, &more.node.box);
	node->node.categories |= more.node.categories;
	node->requirements &= more.requirements;
	node->currency |= more.currency;
	if (more.posted_at > node->posted_at)
		node->posted_at = more.posted_at;
	if (more.urgency > node->urgency)
		node->urgency = more.urgency;
	if (more.node.top > node->node.top)
		node->node.top = more.node.top;
	if (more.node.budget_min < node->node.budget_min)
		node->node.budget_min = more.node.budget_min;
	if (more.node.budget_max > node->node.budget_max)
		node->node.budget_max = more.node.budget_max;
}

/* True when two keys are the same. */
bool
dw_job_key_equal(const DwJobKey *a, const DwJobKey *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The lowest bit of a set, as a number. */
static int
lowest_bit(uint64_t set)
{
	int			number = 0;

	while (number < 63 && (set >> number & 1) == 0)
		number++;
	return number;
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

/* The coordinate of a budget: from 0 up to less than its scale. */
static double
budget_coordinate(int64_t top)
{
	return BUDGET_SCALE * (double) top / ((double) top + BUDGET_MIDDLE);
}

/* The coordinate of an urgency: likewise. */
static double
urgency_coordinate(uint8_t urgency)
{
	return URGENCY_SCALE * urgency / (DW_JOB_KEY_URGENT + 1);
}

/* The coordinates of a key; see the header. */
void
dw_job_key_place(const DwJobKey *key, double *at)
{
	DwJobKey	node = dw_job_key_node(key);
	const DwBox *box = &node.node.box;

	at[0] = ((double) box->west + box->east) / 2.0 / DW_BOX_DEGREE *
		LONGITUDE_SCALE + COORDINATE_SHIFT;
	at[1] = ((double) box->south + box->north) / 2.0 / DW_BOX_DEGREE *
		LATITUDE_SCALE + COORDINATE_SHIFT;
	at[2] = budget_coordinate(node.node.top);
	at[3] = urgency_coordinate(node.urgency);
	at[4] = CATEGORY_SCALE * lowest_bit(node.node.categories) / 64.0;
}

/*
 * The order; see the header.  The bits of all coordinates in turn, the
 * highest first (Z-order), as many as there is room for.
 */
uint64_t
dw_job_key_order(const DwJobKey *key)
{
	double		at[DW_JOB_KEY_AXES];
	uint64_t	order = 0;
	int			room = 64;

	dw_job_key_place(key, at);
	for (int level = ORDER_LEVEL_TOP; level >= 0; level--)
	{
		/* only longitude and latitude are ever 1 or more */
		int			axes = level >= ORDER_LEVEL_ONE ? 2 : DW_JOB_KEY_AXES;

		for (int i = 0; i < axes && room > 0; i++, room--)
		{
			uint32_t	bits = (uint32_t) (at[i] * (1 << ORDER_LEVEL_ONE));

			order = order << 1 | (bits >> level & 1);
		}
	}
	return order;
}

/* What the box of a node is worth, in the scale of coordinates. */
static double
box_size(const DwBox *box)
{
	return (((double) box->east - box->west) * LONGITUDE_SCALE +
			((double) box->north - box->south) * LATITUDE_SCALE) /
		DW_BOX_DEGREE;
}

/* How far a node would rise to stand for a value, or how far it is above. */
static double
rise(double node, double value)
{
	return value > node ? value - node : (node - value) * SLACK_COST;
}

/* What it costs to extend a node; see the header. */
float
dw_job_key_penalty(const DwJobKey *node, const DwJobKey *other)
{
	DwJobKey	more = dw_job_key_node(other);
	DwBox		box = node->node.box;
	double		cost;

	dw_box_extend(&box, &more.node.box);
	cost = box_size(&box) - box_size(&node->node.box);
	cost += rise(budget_coordinate(node->node.top),
				 budget_coordinate(more.node.top));
	cost += rise(urgency_coordinate(node->urgency),
				 urgency_coordinate(more.urgency));
	cost += CATEGORY_SCALE * bits_count(more.node.categories &
										~node->node.categories);
	return (float) (cost + SIZE_COST * box_size(&node->node.box));
}
