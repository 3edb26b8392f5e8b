/*
 * test_sort.c
 *		Every length, and the orders that sorting finds hard.
 */
#include "unit.h"

#include "core/base/base.h"

#define MAX_ITEMS	200

/* An item of an odd size, so that moves go by size and not by word. */
typedef struct Item
{
	char		key;			/* what is sorted by */
	char		twin[2];		/* travels with its key */
} Item;

/* By key. */
static int
compare_items(const void *a, const void *b)
{
	return ((const Item *) a)->key - ((const Item *) b)->key;
}

/* The key of an item in the pattern of that number. */
static char
pattern_key(int pattern, int i, int count)
{
	switch (pattern)
	{
		case 0:
			return (char) (i % 128);
		case 1:
			return (char) ((count - i) % 128);
		case 2:
			return 7;
		default:
			return (char) (i * 37 % 101);
	}
}

/* Ascending, descending, equal and shuffled, 0 ... 200 items. */
static void
test_patterns(void **state)
{
	Item		items[MAX_ITEMS];

	for (int run = 0; run < 4 * (MAX_ITEMS + 1); run++)
	{
		int			count = run / 4;
		int			sum = 0;

		for (int i = 0; i < count; i++)
		{
			items[i].key = pattern_key(run % 4, i, count);
			memset(items[i].twin, items[i].key, sizeof(items[i].twin));
			sum += items[i].key;
		}
		dw_sort(items, (size_t) count, sizeof(Item), compare_items);
		for (int i = 0; i < count; i++)
		{
			assert_true(i == 0 || items[i - 1].key <= items[i].key);
			assert_int_equal(items[i].twin[1], items[i].key);
			sum -= items[i].key;
		}
		assert_int_equal(sum, 0);
	}
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
