/*
 * test_category.c
 *		Where a category may stand in the tree.
 */
#include "unit.h"

#include "core/category.h"

/* The tree has ten levels, counted from the root to the deepest leaf. */
static void
test_depth(void **state)
{
	for (int parent = 0; parent <= DW_CATEGORY_DEPTH_MAX; parent++)
	{
		for (int height = 1; height <= DW_CATEGORY_DEPTH_MAX; height++)
		{
			const DwCategoryMove move = {
				.parent_depth = parent, .height = height
			};

			assert_int_equal(dw_category_judge(&move),
							 parent + height <= 10 ? DW_CATEGORY_FINE
							 : DW_CATEGORY_TOO_DEEP);
		}
	}
}

/* A cycle is a cycle however deep it would be. */
static void
test_cycle(void **state)
{
	DwCategoryMove move = {
		.is_below_itself = true, .parent_depth = 1, .height = 1
	};

	assert_int_equal(dw_category_judge(&move), DW_CATEGORY_CYCLE);
	move.parent_depth = 99;
	assert_int_equal(dw_category_judge(&move), DW_CATEGORY_CYCLE);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_cycle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
