/*
 * test_review.c
 *		Stars, and when a review is shown.
 */
#include "unit.h"

#include "core/review/review.h"

/* One to five stars and nothing else. */
static void
test_rating(void **state)
{
	static const int64_t bad[] = {INT64_MIN, -1, 0, 6, INT64_MAX};
	DwArgPlace place = {"axes", DW_ARG_NO_ITEM, "quality"};

	for (int64_t rating = 1; rating <= 5; rating++)
	{
		DwArgError		error = {0};

		dw_review_rating_check(rating, place, &error);
		assert_int_equal(error.code, DW_OK);
	}
	for (size_t i = 0; i < DW_LENGTH(bad); i++)
	{
		DwArgError		error = {0};

		dw_review_rating_check(bad[i], place, &error);
		assert_int_equal(error.code, DW_BAD_VALUE);
		assert_string_equal(error.place.member, "quality");
	}
}

/* The first waits, the second is shown at once. */
static void
test_reveal(void **state)
{
	assert_int_equal(dw_review_reveal_at(1000, true, 14), 1000);
	assert_int_equal(dw_review_reveal_at(1000, false, 14),
					 1000 + INT64_C(14) * 86400 * 1000000);
	assert_int_equal(dw_review_reveal_at(1000, false, 0), 1000);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rating),
		cmocka_unit_test(test_reveal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
