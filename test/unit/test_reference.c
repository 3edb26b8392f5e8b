/*
 * test_reference.c
 *		Which source gives the reference.
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
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
