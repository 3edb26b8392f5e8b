/*
 * category.c
 *		Where a category may stand in the tree of services.
 */
#include "core/category.h"

/* Judges a move; see the header. */
DwCategoryFault
dw_category_judge(const DwCategoryMove *move)
{
	if (move->is_below_itself)
		return DW_CATEGORY_CYCLE;
	if (move->parent_depth + move->height > DW_CATEGORY_DEPTH_MAX)
		return DW_CATEGORY_TOO_DEEP;
	return DW_CATEGORY_FINE;
}
