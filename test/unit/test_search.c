/*
 * test_search.c
 *		What may be asked of a search.
 */
#include "unit.h"

#include <math.h>

#include "core/box.h"
#include "core/search.h"

static const DwUuid category = {{1}};

/* A search that nothing is wrong with. */
static DwSearch
good_search(void)
{
	DwSearch	search = {
		.has_longitude = true, .has_latitude = true, .has_radius = true,
		.longitude = -122.42, .latitude = 37.77, .radius_miles = 25,
		.category_ids = &category, .category_count = 1,
		.budget_min = DW_SEARCH_ABSENT, .budget_max = DW_SEARCH_ABSENT,
		.currency = "USD", .as_of = 1000, .now = 1000
	};

	return search;
}

/* Asserts which argument is at fault; -1 for none. */
static void
assert_fault(const DwSearch *search, int argument)
{
	DwFault		fault = {0};

	dw_search_check(search, &fault);
	assert_int_equal(fault.code, argument < 0 ? DW_OK : DW_BAD_VALUE);
	if (argument >= 0)
		assert_int_equal(fault.place.argument, argument);
}

/* Asserts what is left of a query. */
static void
assert_clean(const char *query, const char *expected)
{
	char		copy[64];

	strcpy(copy, query);
	dw_search_clean(copy);
	assert_string_equal(copy, expected);
}

/* A dash stays where it can mean something. */
static void
test_clean(void **state)
{
	assert_clean("", "");
	assert_clean("-", " ");
	assert_clean("-a -B -9 -\"a b\" -\xc3\xa9", "-a -B -9 -\"a b\" -\xc3\xa9");
	assert_clean("--a", " -a");
	assert_clean("- a -- -(b) a-b -!-", "  a     (b) a-b  ! ");
}

/* A place is two coordinates on the globe, and a radius wants one. */
static void
test_place(void **state)
{
	static const double radii[] = {0, -1, 12450.001, INFINITY, NAN};
	DwSearch	search = good_search();

	assert_fault(&search, -1);
	search.has_latitude = false;
	assert_fault(&search, DW_SEARCH_LATITUDE);
	search.has_latitude = true;
	search.has_longitude = false;
	assert_fault(&search, DW_SEARCH_LONGITUDE);
	search.has_latitude = false;
	assert_fault(&search, DW_SEARCH_RADIUS_MILES);
	search.has_radius = false;
	assert_fault(&search, -1);
	search = good_search();
	search.latitude = 91;
	assert_fault(&search, DW_SEARCH_LONGITUDE);
	search.latitude = NAN;
	assert_fault(&search, DW_SEARCH_LONGITUDE);
	search = good_search();
	for (size_t i = 0; i < DW_LENGTH(radii); i++)
	{
		search.radius_miles = radii[i];
		assert_fault(&search, DW_SEARCH_RADIUS_MILES);
	}
	search.radius_miles = DW_BOX_RADIUS_MAX_MILES;
	assert_fault(&search, -1);
}

/* Amounts, currency, categories, time. */
static void
test_filters(void **state)
{
	DwSearch	search = good_search();

	search.budget_min = 5;
	search.budget_max = 4;
	assert_fault(&search, DW_SEARCH_BUDGET_MIN);
	search.budget_max = 5;
	assert_fault(&search, -1);
	search.budget_max = 0;
	assert_fault(&search, DW_SEARCH_BUDGET_MAX);
	search = good_search();
	search.budget_min = 0;
	assert_fault(&search, DW_SEARCH_BUDGET_MIN);
	search = good_search();
	search.currency = "usd";
	assert_fault(&search, DW_SEARCH_CURRENCY);
	search = good_search();
	search.category_count = 0;
	assert_fault(&search, DW_SEARCH_CATEGORY_IDS);
	search.category_count = DW_SEARCH_CATEGORIES_MAX + 1;
	assert_fault(&search, DW_SEARCH_CATEGORY_IDS);
	search.category_ids = NULL;
	assert_fault(&search, -1);
	search.as_of = 1001;
	assert_fault(&search, DW_SEARCH_AS_OF);
}

/* Asserts which part of a cursor is at fault; -1 for none. */
static void
assert_cursor(DwSearchCursor cursor, int argument)
{
	DwSearch	search = good_search();
	DwFault		fault = {0};

	dw_search_cursor_check(&cursor, &search, &fault);
	assert_int_equal(fault.code, argument < 0 ? DW_OK : DW_BAD_VALUE);
	if (argument >= 0)
		assert_int_equal(fault.place.argument, argument);
}

/* A cursor is given whole, and its score is one. */
static void
test_cursor(void **state)
{
	static const double bad[] = {-0.001, 1.001, NAN, INFINITY, -INFINITY};
	DwSearchCursor cursor = {true, true, true, 0.5, category};

	assert_cursor(cursor, -1);
	for (size_t i = 0; i < DW_LENGTH(bad); i++)
	{
		cursor.score = bad[i];
		assert_cursor(cursor, DW_SEARCH_AFTER_SCORE);
	}
	cursor.score = 1;
	cursor.has_as_of = false;
	assert_cursor(cursor, DW_SEARCH_AS_OF);
	cursor.has_as_of = true;
	cursor.has_id = false;
	assert_cursor(cursor, DW_SEARCH_AFTER_ID);
	cursor.has_score = false;
	assert_cursor(cursor, -1);
	cursor.has_id = true;
	assert_cursor(cursor, DW_SEARCH_AFTER_SCORE);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
