/*
 * test_accounting.c
 *		Which days are closed, and where what comes late is booked.
 */
#include "unit.h"

#include "core/accounting/accounting.h"

/* A closed day gives the first open one, an open day itself. */
static void
test_day(void **state)
{
	assert_int_equal(dw_period_day(100, DW_PERIOD_NONE), 100);
	assert_int_equal(dw_period_day(INT32_MIN + 1, DW_PERIOD_NONE),
					 INT32_MIN + 1);
	assert_int_equal(dw_period_day(100, 99), 100);
	assert_int_equal(dw_period_day(100, 100), 101);
	assert_int_equal(dw_period_day(-400, 100), 101);
}

/* Only days before today are closed, and from the last closed one on. */
static void
test_close(void **state)
{
	assert_int_equal(dw_period_close(99, DW_PERIOD_NONE, 100), DW_OK);
	assert_int_equal(dw_period_close(99, 98, 100), DW_OK);
	assert_int_equal(dw_period_close(99, 99, 100), DW_ALREADY_EXISTS);
	assert_int_equal(dw_period_close(98, 99, 100), DW_INVALID_TRANSITION);
	assert_int_equal(dw_period_close(100, DW_PERIOD_NONE, 100),
					 DW_BAD_VALUE);
	assert_int_equal(dw_period_close(101, 101, 100), DW_BAD_VALUE);
}

/* The words of a journal's status, there and back. */
static void
test_journal_words(void **state)
{
	static const char *const words[] = {"proposed", "posted", "rejected"};

	for (int i = 0; i < DW_LENGTH(words); i++)
	{
		DwJournalStatus status;

		assert_true(dw_journal_status_parse(words[i], &status));
		assert_int_equal(status, i);
		assert_string_equal(dw_journal_status_label(status), words[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_day),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_journal_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
