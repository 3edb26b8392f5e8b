/*
 * category.h
 *		Where a category may stand in the tree of services, and its bit in
 *		the sets that indexes keep.
 */
#ifndef DW_CATEGORY_H
#define DW_CATEGORY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/uuid.h"

#define DW_CATEGORY_DEPTH_MAX 10	/* levels of the tree */

/* A category on its way to another parent, or a new one. */
typedef struct DwCategoryMove
{
	bool		is_below_itself;	/* the parent is itself or under it */
	int32_t		parent_depth;	/* levels down to the parent; 0 = no parent */
	int32_t		height;			/* levels it brings along; 1 = itself alone */
} DwCategoryMove;

/* What is wrong with a move. */
typedef enum DwCategoryFault
{
	DW_CATEGORY_FINE,			/* nothing */
	DW_CATEGORY_CYCLE,			/* it would be its own ancestor */
	DW_CATEGORY_TOO_DEEP		/* more than DW_CATEGORY_DEPTH_MAX levels */
} DwCategoryFault;

/* Judges a move; the cycle comes first. */
extern DwCategoryFault dw_category_judge(const DwCategoryMove *move);

/*
 * The one bit that stands for a category in a set of 64 (a Bloom filter with
 * one hash): a set without the bit is without the category, one that has it
 * may have another.  Stored in indexes, so it never changes.
 */
extern uint64_t dw_category_bit(const DwUuid *id);

#endif							/* DW_CATEGORY_H */
