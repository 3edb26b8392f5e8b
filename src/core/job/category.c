/*
 * category.c
 *		Where a category may stand in the tree of services, and its bit in
 *		the sets that indexes keep.
 */
#include "core/job/job.h"

#include <stddef.h>

DwCategoryFault
dw_category_judge(const DwCategoryMove *move)
{
	if (move->is_below_itself)
		return DW_CATEGORY_CYCLE;
	if (move->parent_depth + move->height > DW_CATEGORY_DEPTH_MAX)
		return DW_CATEGORY_TOO_DEEP;
	return DW_CATEGORY_FINE;
}

uint64_t
dw_category_bit(const DwUuid *id)
{
	uint64_t	hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < sizeof(id->bytes); i++)
		hash = (hash ^ id->bytes[i]) * UINT64_C(1099511628211);
	hash ^= hash >> 32;
	return UINT64_C(1) << ((hash ^ hash >> 16) & 63);
}
