/*
 * test_reference.c
 *		Which source gives the reference, and the market's median.
 */
#include "unit.h"

#include "core/bid/bid.h"

#define NONE	DW_REFERENCE_ABSENT

/* The facts, best first, and what must come of them. */
static void
test_choose(void **state)
{
	static const struct
	{
		DwReferenceFacts facts;
		int64_t		amount;
		DwReferenceSource source;
	}			cases[] = {
		{{80000, 120000, 1, 1}, 100000, DW_REFERENCE_BUDGET_MIDPOINT},
		{{0, 3, 9, 9}, 1, DW_REFERENCE_BUDGET_MIDPOINT},
		{{NONE, 100000, 1, 1}, 80000, DW_REFERENCE_BUDGET_MAX},
		{{80000, NONE, 7, 1}, 7, DW_REFERENCE_MARKET},
		{{80000, NONE, NONE, 6}, 6, DW_REFERENCE_CATEGORY_DEFAULT},
		{{0, 0, NONE, 6}, 6, DW_REFERENCE_CATEGORY_DEFAULT},
		{{80000, NONE, NONE, NONE}, 0, DW_REFERENCE_NONE},
		{{INT64_MAX, INT64_MAX, NONE, NONE}, INT64_MAX,
		DW_REFERENCE_BUDGET_MIDPOINT},
	};

	for (size_t i = 0; i < DW_LENGTH(cases); i++)
	{
		DwReference reference = dw_reference_choose(&cases[i].facts);

		assert_int_equal(reference.amount, cases[i].amount);
		assert_int_equal(reference.source, cases[i].source);
	}
}

/* Of equal age it is the plain median; four prices are no market. */
static void
test_median(void **state)
{
	DwMarketPrice odd[] = {{50, 3}, {10, 3}, {40, 3}, {20, 3}, {30, 3}};
	DwMarketPrice even[] = {{60, 0}, {10, 0}, {20, 0}, {50, 0}, {41, 0},
	{30, 0}};

	assert_int_equal(dw_reference_market(odd, 5), 30);
	assert_int_equal(dw_reference_market(even, 6), 35);
	assert_int_equal(dw_reference_market(odd, 4), NONE);
	assert_int_equal(dw_reference_market(NULL, 0), NONE);
}

/* Young prices weigh more; those of no weight do not even count. */
static void
test_age(void **state)
{
	DwMarketPrice prices[] = {{10, 360}, {20, 360}, {30, 360}, {40, 0},
	{50, 360}, {60, 4000}};

	assert_int_equal(dw_reference_market(prices, 6), 40);
	prices[0].age_days = 4000;
	assert_int_equal(dw_reference_market(prices, 6), NONE);
}

/* Labels there and back; none has no label. */
static void
test_labels(void **state)
{
	DwReferenceSource source;

	for (int i = 1; i < DW_REFERENCE_COUNT; i++)
	{
		assert_true(dw_reference_source_parse(dw_reference_source_label(i),
											  &source));
		assert_int_equal(source, i);
	}
	assert_null(dw_reference_source_label(DW_REFERENCE_NONE));
	assert_false(dw_reference_source_parse("", &source));
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_median),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
