/*
 * sort.h
 *		Sorting in place without memory: a heapsort.
 *
 * It is not stable, so an order must be total where that can be seen.
 */
#ifndef DW_SORT_H
#define DW_SORT_H

#include <stddef.h>

#define DW_SORT_MAX_SIZE	128 /* bytes of an item at most */

/* Negative when a comes before b, zero when it does not matter. */
typedef int (*DwCompare) (const void *a, const void *b);

extern void dw_sort(void *items, size_t count, size_t size,
					DwCompare compare);

#endif							/* DW_SORT_H */
