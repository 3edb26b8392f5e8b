/*
 * agent_split_index.c
 *		GiST support of dwello.agent_key_ops: how the tree is packed.
 *
 * A page is divided in the order of the sorted build, from west to east or
 * from south to north, whichever makes two halves that are asked less.
 */
#include "postgres.h"

#include "access/gist.h"
#include "utils/sortsupport.h"

#include "core/audience/audience.h"
#include "index/support_index.h"

/* The orders in which a page may be divided. */
typedef enum SplitOrder
{
	SPLIT_BY_KEY,				/* the order of the sorted build */
	SPLIT_BY_LONGITUDE,			/* of the middle of the box */
	SPLIT_BY_LATITUDE,			/* likewise */
	SPLIT_ORDER_COUNT
} SplitOrder;

/* An entry of a page that is being split. */
typedef struct SplitItem
{
	int64		place;			/* in an order */
	OffsetNumber offset;		/* its number in the vector */
	DwAudienceKey node;			/* its key, as a node */
} SplitItem;

/* By place, then by offset. */
static int
item_compare(const void *a, const void *b)
{
	const SplitItem *one = a;
	const SplitItem *two = b;

	if (one->place != two->place)
		return one->place < two->place ? -1 : 1;
	return one->offset < two->offset ? -1 : 1;
}

/* The place of a key in an order. */
static int64
item_place(const DwAudienceKey *key, const DwAudienceKey *node,
		   SplitOrder order)
{
	switch (order)
	{
		case SPLIT_BY_LONGITUDE:
			return (int64) node->box.west + node->box.east;
		case SPLIT_BY_LATITUDE:
			return (int64) node->box.south + node->box.north;
		default:
			/* unsigned, but nothing that sets the highest bit is lost */
			return (int64) (dw_audience_order(key) ^ (UINT64CONST(1) << 63));
	}
}

/* Puts the entries of a page into an order. */
static void
items_sort(const GistEntryVector *entries, SplitOrder order, SplitItem *items,
		   int count)
{
	for (int i = 0; i < count; i++)
	{
		OffsetNumber offset = (OffsetNumber) (FirstOffsetNumber + i);
		const DwAudienceKey *key = (const DwAudienceKey *)
			DatumGetPointer(entries->vector[offset].key);

		items[i].node = dw_audience_node(key);
		items[i].offset = offset;
		items[i].place = item_place(key, &items[i].node, order);
	}
	qsort(items, count, sizeof(*items), item_compare);
}

/* How many of the items go left in the order that they stand in. */
static int
items_divide(const SplitItem *items, int count, double *cost)
{
	DwAudienceKey *nodes = palloc(count * sizeof(*nodes));
	double	   *room = palloc(count * sizeof(*room));
	int			left;

	for (int i = 0; i < count; i++)
		nodes[i] = items[i].node;
	left = dw_audience_divide(nodes, count, room, cost);
	pfree(nodes);
	pfree(room);
	return left;
}

/* Puts some of the items on one side; gives the union of their keys. */
static Datum
split_side(const SplitItem *items, int count, OffsetNumber *offsets)
{
	DwAudienceKey *all = palloc(sizeof(*all));

	*all = items[0].node;
	for (int i = 0; i < count; i++)
	{
		dw_audience_extend(all, &items[i].node);
		offsets[i] = items[i].offset;
	}
	return PointerGetDatum(all);
}

/* agent_key_picksplit(entries, result) */
DW_SUPPORT_FUNCTION(dwello_agent_key_picksplit)
{
	const GistEntryVector *entries =
		(const GistEntryVector *) PG_GETARG_POINTER(0);
	GIST_SPLITVEC *split = (GIST_SPLITVEC *) PG_GETARG_POINTER(1);
	int			count = entries->n - 1;
	SplitItem  *items = palloc(count * sizeof(*items));
	SplitOrder	best = SPLIT_BY_KEY;
	double		best_cost = 0.0;
	int			left = 0;

	for (SplitOrder order = 0; order < SPLIT_ORDER_COUNT; order++)
	{
		double		cost;
		int			here;

		items_sort(entries, order, items, count);
		here = items_divide(items, count, &cost);
		if (order > 0 && cost >= best_cost)
			continue;
		best = order;
		best_cost = cost;
		left = here;
	}
	items_sort(entries, best, items, count);
	split->spl_left = palloc(count * sizeof(OffsetNumber));
	split->spl_right = palloc(count * sizeof(OffsetNumber));
	split->spl_nleft = left;
	split->spl_nright = count - left;
	split->spl_ldatum = split_side(items, left, split->spl_left);
	split->spl_rdatum = split_side(items + left, count - left,
								   split->spl_right);
	PG_RETURN_POINTER(split);
}

/* The place of a key in the order of the sorted build. */
static uint64
sort_order(Datum key)
{
	return dw_audience_order((const DwAudienceKey *) DatumGetPointer(key));
}

/* Compares two keys by their place in the order. */
static int
sort_compare(Datum a, Datum b, SortSupport ssup)
{
	uint64		one = sort_order(a);
	uint64		two = sort_order(b);

	return one < two ? -1 : one > two;
}

#if SIZEOF_DATUM == 8
/* Compares two places in the order. */
static int
sort_compare_orders(Datum a, Datum b, SortSupport ssup)
{
	return a < b ? -1 : a > b;
}

/* The place of a key in the order, which is all that is compared. */
static Datum
sort_abbreviate(Datum original, SortSupport ssup)
{
	return (Datum) sort_order(original);
}

/* An order is never worth giving up. */
static bool
sort_abort(int memtupcount, SortSupport ssup)
{
	return false;
}
#endif

/* agent_key_sortsupport(support) */
DW_SUPPORT_FUNCTION(dwello_agent_key_sortsupport)
{
	SortSupport ssup = (SortSupport) PG_GETARG_POINTER(0);

	ssup->comparator = sort_compare;
#if SIZEOF_DATUM == 8
	if (ssup->abbreviate)
	{
		ssup->comparator = sort_compare_orders;
		ssup->abbrev_converter = sort_abbreviate;
		ssup->abbrev_abort = sort_abort;
		ssup->abbrev_full_comparator = sort_compare;
	}
#endif
	PG_RETURN_VOID();
}
