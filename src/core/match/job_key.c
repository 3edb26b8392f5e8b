/*
 * job_key.c
 *		What the index on open jobs knows of a job, or of many.
 */
#include "core/match/match.h"

#include <math.h>
#include <string.h>

#include "core/job/job.h"

/*
 * The scale of each coordinate: what a degree is worth, and the whole range
 * of worth.  Found by trying: with these, scans read the fewest pages.
 */
#define LONGITUDE_SCALE	0.8
#define LATITUDE_SCALE	1.0
#define WORTH_SCALE		(0.999 / WORTH_MOST)

/* The most that a job can be worth. */
#define WORTH_MOST \
	(DW_WORTH_BUDGET + DW_WORTH_URGENCY + DW_WORTH_FRESHNESS)

/* Coordinates are positive: this is more than any degree is worth. */
#define COORDINATE_SHIFT 256.0

/* The order has bits of coordinates from 2^8 down to 2^-16. */
#define ORDER_LEVEL_TOP	24
#define ORDER_LEVEL_ONE	16

/* The penalty: a rise of worth, what is above a key's, the size of a box. */
#define RISE_COST		(0.5 * WORTH_SCALE)
#define SLACK_COST		(0.01 * WORTH_SCALE)
#define SIZE_COST		0.002

/* More than an amount may lose on its way to a float. */
#define AMOUNT_SLACK	1e-6

_Static_assert(sizeof(DwJobKey) == 56, "a job key has no padding");

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

uint16_t
dw_currency_bit(uint16_t currency)
{
	return (uint16_t) (1 << (currency & 15));
}

/* The next float that is not under a value. */
static float
float_above(double value)
{
	float		near = (float) value;

	return (double) near >= value ? near : nextafterf(near, INFINITY);
}

/* The bits of a float, which are in the order of those not negative. */
static uint32_t
float_bits(double value)
{
	float		near = (float) value;
	uint32_t	bits;

	memcpy(&bits, &near, sizeof(bits));
	return bits;
}

uint16_t
dw_amount_code_below(int64_t amount)
{
	double		least = (double) amount * (1.0 - AMOUNT_SLACK);

	return (uint16_t) (float_bits(least) >> 16);
}

uint16_t
dw_amount_code_above(int64_t amount)
{
	double		most = (double) amount * (1.0 + AMOUNT_SLACK);

	return (uint16_t) ((float_bits(most) + UINT16_MAX) >> 16);
}

/* What a leaf is worth when it is old. */
static double
leaf_worth(const DwJobKey *leaf)
{
	return DW_WORTH_BUDGET *
		fmin((double) dw_job_key_top(leaf) / DW_WORTH_REFERENCE, 1.0) +
		DW_WORTH_URGENCY * leaf->urgency / DW_JOB_KEY_URGENT;
}

DwJobKey
dw_job_key_node(const DwJobKey *key)
{
	DwJobKey	node = *key;
	double		worth;

	if (key->is_node)
		return node;
	worth = leaf_worth(key);
	node.is_node = 1;
	node.currency = dw_currency_bit(key->currency);
	node.node.box = dw_bbox_of(&key->leaf.point);
	node.node.categories = dw_category_bit(&key->leaf.category_id);
	node.node.top = float_above((double) dw_job_key_top(key));
	node.node.old_worth = float_above(worth);
	node.node.young_worth =
		float_above(worth + DW_WORTH_FRESHNESS +
					(double) key->posted_at * DW_WORTH_LOSS);
	node.node.budget_min = dw_amount_code_below(key->leaf.budget_min);
	node.node.budget_max = dw_amount_code_above(key->leaf.budget_max);
	return node;
}

void
dw_job_key_extend(DwJobKey *node, const DwJobKey *other)
{
	DwJobKey	more = dw_job_key_node(other);

	dw_bbox_extend(&node->node.box, &more.node.box);
	node->node.categories |= more.node.categories;
	node->requirements &= more.requirements;
	node->currency |= more.currency;
	if (more.posted_at > node->posted_at)
		node->posted_at = more.posted_at;
	if (more.urgency > node->urgency)
		node->urgency = more.urgency;
	node->node.top = fmaxf(node->node.top, more.node.top);
	node->node.old_worth = fmaxf(node->node.old_worth, more.node.old_worth);
	node->node.young_worth = fmaxf(node->node.young_worth,
								   more.node.young_worth);
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

void
dw_job_key_place(const DwJobKey *key, int64_t now, double *at)
{
	DwJobKey	node = dw_job_key_node(key);
	const DwBbox *box = &node.node.box;
	double		worth = dw_job_key_worth(&node, now);

	at[0] = ((double) box->west + box->east) / 2.0 / DW_BBOX_DEGREE *
		LONGITUDE_SCALE + COORDINATE_SHIFT;
	at[1] = ((double) box->south + box->north) / 2.0 / DW_BBOX_DEGREE *
		LATITUDE_SCALE + COORDINATE_SHIFT;
	at[2] = fmin(worth, WORTH_MOST) * WORTH_SCALE;
}

/*
 * The order.  The bits of all coordinates in turn, the
 * highest first (Z-order), as many as there is room for.
 */
uint64_t
dw_job_key_order(const DwJobKey *key, int64_t now)
{
	double		at[DW_JOB_KEY_AXES];
	uint64_t	order = 0;
	int			room = 64;

	dw_job_key_place(key, now, at);
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
box_size(const DwBbox *box)
{
	return (((double) box->east - box->west) * LONGITUDE_SCALE +
			((double) box->north - box->south) * LATITUDE_SCALE) /
		DW_BBOX_DEGREE;
}

/*
 * What it costs to extend a node.  Worth is that of old jobs:
 * each is young when it is put here, and old for most of its stay.
 */
float
dw_job_key_penalty(const DwJobKey *node, const DwJobKey *other)
{
	DwBbox		box = node->node.box;
	double		size = box_size(&box);
	double		rise = (double) other->node.old_worth - node->node.old_worth;

	dw_bbox_extend(&box, &other->node.box);
	return (float) (box_size(&box) - size + SIZE_COST * size +
					(rise > 0.0 ? rise * RISE_COST : -rise * SLACK_COST));
}

/* The fields of a leaf. */
static void
key_fields(DwWire *wire, DwJobKey *key)
{
	dw_wire_point(wire, &key->leaf.point);
	dw_wire_uuid(wire, &key->leaf.category_id);
	dw_wire_int64(wire, &key->posted_at);
	dw_wire_int64(wire, &key->leaf.budget_min);
	dw_wire_int64(wire, &key->leaf.budget_max);
	key->currency = (uint16_t) dw_wire_range(wire, key->currency, 0,
											 DW_CURRENCY_CODES - 1);
	key->urgency = (uint8_t) dw_wire_range(wire, key->urgency, 0,
										   DW_JOB_KEY_URGENT);
	key->requirements = (uint32_t) dw_wire_range(wire, key->requirements, 0,
												 UINT32_MAX);
}

/* The bytes of any key. */
static size_t
key_measure(DwWire *wire)
{
	return sizeof(DwJobKey);
}

/* Reads a leaf. */
static bool
key_read(DwWire *wire, void *value)
{
	DwJobKey   *key = value;

	memset(key, 0, sizeof(*key));
	key_fields(wire, key);
	return key->leaf.budget_min >= 0 &&
		key->leaf.budget_max >= key->leaf.budget_min;
}

/* Writes a leaf. */
static void
key_write(DwWire *wire, const void *value)
{
	DwJobKey	key = *(const DwJobKey *) value;

	key_fields(wire, &key);
}

const DwWireType dw_job_key_wire = {
	"dwello.job_key", 1, key_measure, key_read, key_write
};
