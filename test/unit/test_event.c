/*
 * test_event.c
 *		The table of effects is in order, whole and counts each thing once.
 */
#include "unit.h"

#include <limits.h>
#include <string.h>

#include "core/admin/admin.h"

/* Ordered by type, every text there, no effect twice. */
static void
effects_are_ordered_and_whole(void **state)
{
	int			count;
	const DwEventEffect *effects = dw_event_effects(&count);

	assert_true(count > 0);
	for (int i = 0; i < count; i++)
	{
		/* who is told nothing is counted */
		assert_true((effects[i].title != NULL) ==
					(effects[i].message != NULL));
		assert_true(effects[i].title != NULL ||
					effects[i].count != DW_EVENT_COUNTS_NOTHING);
		assert_non_null(effects[i].notification);
		assert_true((unsigned int) effects[i].party < DW_EVENT_PARTY_COUNT);
		if (i == 0)
			continue;
		assert_true(strcmp(effects[i - 1].type, effects[i].type) <= 0);
		assert_false(strcmp(effects[i - 1].type, effects[i].type) == 0 &&
					 effects[i - 1].party == effects[i].party);
	}
}

/* Each running sum is moved by exactly one effect. */
static void
each_sum_has_one_source(void **state)
{
	int			count;
	int			seen[DW_EVENT_COUNTS_CANCELLATION + 1] = {0};
	const DwEventEffect *effects = dw_event_effects(&count);

	for (int i = 0; i < count; i++)
		seen[effects[i].count]++;
	assert_int_equal(seen[DW_EVENT_COUNTS_AWARD], 1);
	assert_int_equal(seen[DW_EVENT_COUNTS_COMPLETION], 1);
	assert_int_equal(seen[DW_EVENT_COUNTS_RATING], 1);
	assert_int_equal(seen[DW_EVENT_COUNTS_CANCELLATION], 1);
}

/* A pause doubles up to an hour, whatever it is counted from. */
static void
pauses_double_up_to_an_hour(void **state)
{
	assert_int_equal(dw_event_pause(1, 5), 5);
	assert_int_equal(dw_event_pause(2, 5), 10);
	assert_int_equal(dw_event_pause(10, 5), 2560);
	assert_int_equal(dw_event_pause(11, 5), 3600);
	assert_int_equal(dw_event_pause(INT_MAX, 1), 3600);
	assert_int_equal(dw_event_pause(1, 3600), 3600);
	assert_int_equal(dw_event_pause(3, 0), 0);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(effects_are_ordered_and_whole),
		cmocka_unit_test(each_sum_has_one_source),
		cmocka_unit_test(pauses_double_up_to_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
