/*
 * test_category.c
 *		Where a category may stand in the tree.
 */
#include "unit.h"

#include "core/job/job.h"

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

/*
 * A category has one bit, the same for ever, and the built-in ones share few.
 */
static void
test_bit(void **state)
{
	static const uint8_t last[] = {0x01, 0x02, 0x03, 0x04, 0x11, 0x12, 0x13,
	0x14, 0x15, 0x16, 0x17, 0x18};
	DwUuid		id = {{0xd0, 0, 0, 0, 0, 0, 0x70, 0, 0x80}};
	uint64_t	all = 0;
	int			count = 0;

	for (size_t i = 0; i < DW_LENGTH(last); i++)
	{
		uint64_t	bit;

		id.bytes[15] = last[i];
		bit = dw_category_bit(&id);
		assert_true(bit != 0 && (bit & (bit - 1)) == 0);
		all |= bit;
	}
	for (uint64_t rest = all; rest != 0; rest &= rest - 1)
		count++;
	assert_true(count >= 9);
	memset(&id, 0, sizeof(id));
	assert_true(dw_category_bit(&id) == UINT64_C(1) << 3);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_cycle),
		cmocka_unit_test(test_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
