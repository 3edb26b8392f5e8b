/*
 * sort.c
 *		Heapsort: O(n log n) at worst, in place, one item of scratch.
 */
#include "core/base/base.h"

#include <string.h>

/* A heap in an array: no item comes after its parent. */
typedef struct Heap
{
	char	   *items;			/* the array */
	size_t		count;			/* items still in the heap */
	size_t		size;			/* bytes of an item */
	DwCompare	compare;		/* the order */
} Heap;

/* The place of an item. */
static char *
item_at(const Heap *heap, size_t index)
{
	return heap->items + index * heap->size;
}

/* The child that comes last of an item that has at least one. */
static size_t
last_child(const Heap *heap, size_t parent)
{
	size_t		child = 2 * parent + 1;

	if (child + 1 < heap->count &&
		heap->compare(item_at(heap, child), item_at(heap, child + 1)) < 0)
		child++;
	return child;
}

/* Lets an item sink from a hole until none below it comes after it. */
static void
sink(const Heap *heap, size_t hole, const char *item)
{
	while (2 * hole + 1 < heap->count)
	{
		size_t		child = last_child(heap, hole);

		if (heap->compare(item, item_at(heap, child)) >= 0)
			break;
		memcpy(item_at(heap, hole), item_at(heap, child), heap->size);
		hole = child;
	}
	memcpy(item_at(heap, hole), item, heap->size);
}

/* Sorts the items in place, first in order first. */
void
dw_sort(void *items, size_t count, size_t size, DwCompare compare)
{
	Heap		heap = {items, count, size, compare};
	_Alignas(max_align_t) char item[DW_SORT_MAX_SIZE];

	for (size_t i = count / 2; i-- > 0;)
	{
		memcpy(item, item_at(&heap, i), size);
		sink(&heap, i, item);
	}
	while (heap.count > 1)
	{
		heap.count--;
		memcpy(item, item_at(&heap, heap.count), size);
		memcpy(item_at(&heap, heap.count), heap.items, size);
		sink(&heap, 0, item);
	}
}
