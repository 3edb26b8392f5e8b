/*
 * test_timer.c
 *		What happens by itself: every timer has a word and its facts.
 */
#include "unit.h"

#include <string.h>

#include "core/job/job.h"

/* Every timer can be named, found again and explained in a sentence. */
static void
timers_are_whole(void **state)
{
	for (int i = DW_TIMER_EXPIRE_JOB; i <= DW_TIMER_REVEAL_REVIEW; i++)
	{
		const DwTimerFacts *facts = dw_timer_facts((DwTimer) i);
		const char *label = dw_timer_label((DwTimer) i);
		DwTimer		found;

		assert_non_null(label);
		assert_true(dw_timer_parse(label, &found));
		assert_int_equal(found, i);
		assert_non_null(facts->detail);
		assert_int_equal(facts->detail[strlen(facts->detail) - 1], '.');
	}
}

/* Nobody can stop a review from being shown; its sides can stop the rest. */
static void
timers_are_stoppable(void **state)
{
	for (int i = DW_TIMER_EXPIRE_JOB; i < DW_TIMER_REVEAL_REVIEW; i++)
		assert_true((dw_timer_facts((DwTimer) i)->stoppable_by &
					 DW_ACTOR_HOMEOWNER) != 0);
	assert_int_equal(dw_timer_facts(DW_TIMER_REVEAL_REVIEW)->stoppable_by,
					 DW_ACTOR_NONE);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_are_whole),
		cmocka_unit_test(timers_are_stoppable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
