/*
 * job_split_index.c
 *		GiST support of dwello.job_key_ops: how the tree is packed.
 *
 * A page is divided in the middle of the axis on which its keys vary most (a
 * k-d tree); the sorted build goes along a line through the same space, and
 * divides what it has gathered likewise.
 */
#include "postgres.h"

#include "access/gist.h"
#include "utils/sortsupport.h"
#include "utils/timestamp.h"

#include "index/support_index.h"

/* An entry of a page that is being split. */
typedef struct SplitItem
{
	double		at[DW_JOB_KEY_AXES];	/* its place in the space */
	double		along;			/* the coordinate by which to divide */
	OffsetNumber offset;		/* its number in the vector */
} SplitItem;

/* By the coordinate, then by offset. */
static int
item_compare(const void *a, const void *b)
{
	const SplitItem *one = a;
	const SplitItem *two = b;

	if (one->along != two->along)
		return one->along < two->along ? -1 : 1;
	return one->offset < two->offset ? -1 : 1;
}

/* The key of an item. */
static const DwJobKey *
item_key(const GistEntryVector *entries, const SplitItem *item)
{
	return (const DwJobKey *)
		DatumGetPointer(entries->vector[item->offset].key);
}

/* Puts some of the items on one side; gives the union of their keys. */
static Datum
split_side(const GistEntryVector *entries, const SplitItem *items, int count,
		   OffsetNumber *offsets)
{
	DwJobKey   *all = palloc(sizeof(*all));

	for (int i = 0; i < count; i++)
	{
		const DwJobKey *key = item_key(entries, &items[i]);

		if (i == 0)
			*all = dw_job_key_node(key);
		else
			dw_job_key_extend(all, key);
		offsets[i] = items[i].offset;
	}
	return PointerGetDatum(all);
}

/* How far apart the items lie on an axis: the variance. */
static double
split_variance(const SplitItem *items, int count, int axis)
{
	double		sum = 0.0;
	double		squares = 0.0;

	for (int i = 0; i < count; i++)
		sum += items[i].at[axis] - items[0].at[axis];
	for (int i = 0; i < count; i++)
	{
		double		off = items[i].at[axis] - items[0].at[axis] - sum / count;

		squares += off * off;
	}
	return squares / count;
}

/* The latest time at which a job of a page was posted. */
static int64
split_time(const GistEntryVector *entries, int count)
{
	int64		latest = PG_INT64_MIN;

	for (int i = 0; i < count; i++)
	{
		const DwJobKey *key = (const DwJobKey *)
			DatumGetPointer(entries->vector[FirstOffsetNumber + i].key);

		latest = Max(latest, key->posted_at);
	}
	return latest;
}

/* The items of a page, in order along the axis of the greatest variance. */
static SplitItem *
split_items(const GistEntryVector *entries, int count)
{
	SplitItem  *items = palloc(count * sizeof(*items));
	int64		now = split_time(entries, count);
	double		most = -1.0;
	int			axis = 0;

	for (int i = 0; i < count; i++)
	{
		items[i].offset = (OffsetNumber) (FirstOffsetNumber + i);
		dw_job_key_place(item_key(entries, &items[i]), now, items[i].at);
	}
	for (int i = 0; i < DW_JOB_KEY_AXES; i++)
	{
		double		variance = split_variance(items, count, i);

		if (variance > most)
		{
			most = variance;
			axis = i;
		}
	}
	for (int i = 0; i < count; i++)
		items[i].along = items[i].at[axis];
	qsort(items, count, sizeof(*items), item_compare);
	return items;
}

/* job_key_picksplit(entries, result) */
DW_SUPPORT_FUNCTION(dwello_job_key_picksplit)
{
	const GistEntryVector *entries =
		(const GistEntryVector *) PG_GETARG_POINTER(0);
	GIST_SPLITVEC *split = (GIST_SPLITVEC *) PG_GETARG_POINTER(1);
	int			count = entries->n - 1;
	int			left = count / 2;
	SplitItem  *items = split_items(entries, count);

	split->spl_left = palloc(count * sizeof(OffsetNumber));
	split->spl_right = palloc(count * sizeof(OffsetNumber));
	split->spl_nleft = left;
	split->spl_nright = count - left;
	split->spl_ldatum = split_side(entries, items, left, split->spl_left);
	split->spl_rdatum = split_side(entries, items + left, count - left,
								   split->spl_right);
	PG_RETURN_POINTER(split);
}

/*
 * What a sorted build takes worth at: the time at which it began.  It is no
 * more than where keys are put; what is found does not depend on it.
 */
static int64
sort_time(SortSupport ssup)
{
	return *(int64 *) ssup->ssup_extra;
}

/* Compares two keys by their place in the order. */
static int
sort_compare(Datum a, Datum b, SortSupport ssup)
{
	uint64		one = dw_job_key_order((const DwJobKey *) DatumGetPointer(a),
									   sort_time(ssup));
	uint64		two = dw_job_key_order((const DwJobKey *) DatumGetPointer(b),
									   sort_time(ssup));

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
	return (Datum) dw_job_key_order((const DwJobKey *)
									DatumGetPointer(original),
									sort_time(ssup));
}

/* An order is never worth giving up. */
static bool
sort_abort(int memtupcount, SortSupport ssup)
{
	return false;
}
#endif

/* job_key_sortsupport(support) */
DW_SUPPORT_FUNCTION(dwello_job_key_sortsupport)
{
	SortSupport ssup = (SortSupport) PG_GETARG_POINTER(0);
	int64	   *now = MemoryContextAlloc(ssup->ssup_cxt, sizeof(*now));

	*now = GetCurrentTimestamp();
	ssup->ssup_extra = now;
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
