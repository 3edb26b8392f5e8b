/*
 * job_key.c
 *		What the index on open jobs knows of a job, or of many.
 */
#include "core/job_key.h"

#include <math.h>
#include <string.h>

#include "core/category.h"

#define CATEGORY_COST	1.0		/* of a category more, in degrees */
#define SIZE_COST		1e-4	/* of a degree that a node has */

#define PLACE_BITS		18		/* of the place, before any of the worth */
#define GOOD_BUDGET		500000.0	/* as match_budget_reference has it */

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

/* The number of bits of a set. */
static int
bits_count(uint64_t set)
{
	int			count = 0;

	for (; set != 0; set &= set - 1)
		count++;
	return count;
}

/* Half the rim of a box, in degrees. */
static double
box_size(const DwBox *box)
{
	return (((double) box->east - box->west) +
			((double) box->north - box->south)) / DW_BOX_DEGREE;
}

/* What it costs to extend a node; see the header. */
float
dw_job_key_penalty(const DwJobKey *node, const DwJobKey *other)
{
	DwJobKey	both = *node;
	double		size = box_size(&node->node.box);

	dw_job_key_extend(&both, other);
	return (float) (box_size(&both.node.box) - size +
					CATEGORY_COST * bits_count(both.node.categories &
											   ~node->node.categories) +
					SIZE_COST * size);
}

/*
 * Where to divide; see the header: where the order makes its largest step,
 * by the highest bit that changes, and of equal steps the one nearest to the
 * middle.
 */
int
dw_job_key_divide(const uint64_t *orders, int count)
{
	int			middle = count / 2;
	int			best = middle;
	uint64_t	best_step = orders[middle - 1] ^ orders[middle];

	for (int i = 1; i <= count / 6; i++)
	{
		for (int at = middle - i; at <= middle + i; at += 2 * i)
		{
			uint64_t	step;

			if (at < 1 || at >= count)
				continue;
			step = orders[at - 1] ^ orders[at];
			if (step > best_step && (step & ~best_step) > best_step)
			{
				best = at;
				best_step = step;
			}
		}
	}
	return best;
}

/* True when two keys are the same. */
bool
dw_job_key_equal(const DwJobKey *a, const DwJobKey *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Spreads the bits of a number so that another's fit between them. */
static uint64_t
bits_spread(uint32_t value)
{
	uint64_t	bits = value;

	bits = (bits | bits << 16) & UINT64_C(0x0000ffff0000ffff);
	bits = (bits | bits << 8) & UINT64_C(0x00ff00ff00ff00ff);
	bits = (bits | bits << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	bits = (bits | bits << 2) & UINT64_C(0x3333333333333333);
	return (bits | bits << 1) & UINT64_C(0x5555555555555555);
}

/*
 * How good a job is wherever one asks from, in steps of 0 to 7: what budget
 * and urgency add to a score with the built-in weights, finer for the few
 * that are better.
 */
static uint64_t
worth_step(const DwJobKey *node)
{
	static const double steps[] = {
		0.04, 0.06, 0.085, 0.11, 0.14, 0.17, 0.22
	};
	double		worth = 0.1 * node->urgency / DW_JOB_KEY_URGENT +
		0.2 * fmin((double) node->node.top / GOOD_BUDGET, 1.0);
	uint64_t	step = 0;

	while (step < sizeof(steps) / sizeof(*steps) && worth >= steps[step])
		step++;
	return step;
}

/*
 * The order; see the header.  The Z-order of the place; once its cells are
 * two thirds of a degree wide, the three bits of the worth come between it.
 * So where jobs are many the good ones are together, and a scan leaves the
 * pages of the others alone.  Measured with a million jobs, this reads a
 * third of the pages that the category first and then the place makes it
 * read, and half as many as the place alone.
 */
uint64_t
dw_job_key_order(const DwJobKey *key)
{
	DwJobKey	node = dw_job_key_node(key);
	const DwBox *box = &node.node.box;
	int64_t		longitude = ((int64_t) box->west + box->east) / 2;
	int64_t		latitude = ((int64_t) box->south + box->north) / 2;
	uint64_t	worth = worth_step(&node);
	uint64_t	place =
		bits_spread((uint32_t) (longitude + INT64_C(2147483648))) << 1 |
		bits_spread((uint32_t) (latitude + INT64_C(2147483648)));
	uint64_t	order = place >> (64 - PLACE_BITS);

	place <<= PLACE_BITS;
	for (int bit = 2; bit >= 0; bit--)
	{
		order = order << 3 | (worth >> bit & 1) << 2 | place >> 62;
		place <<= 2;
	}
	return order << (55 - PLACE_BITS) | place >> (9 + PLACE_BITS);
}
