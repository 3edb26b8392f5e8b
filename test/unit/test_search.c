/*
 * test_search.c
 *		What may be asked of a search.
 */
#include "unit.h"

#include <math.h>

#include "core/geo/geo.h"
#include "core/search/search.h"

static const DwUuid category = {{1}};

/* A search that nothing is wrong with. */
static DwSearch
good_search(void)
{
	DwSearch	search = {
		.has_longitude = true, .has_latitude = true, .has_radius = true,
		.longitude = -122.42, .latitude = 37.77, .radius_miles = 25,
		.categories = {&category, 1},
		.budget_min = DW_SEARCH_ABSENT, .budget_max = DW_SEARCH_ABSENT,
		.currency = "USD", .as_of = 1000, .now = 1000
	};

	return search;
}

/* Asserts which argument has an error; -1 for none. */
static void
assert_arg_error(const DwSearch *search, const char *argument)
{
	DwArgError		error = {0};

	dw_search_check(search, &error);
	assert_int_equal(error.code, argument == NULL ? DW_OK : DW_BAD_VALUE);
	if (argument != NULL)
		assert_string_equal(error.place.argument, argument);
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

	assert_arg_error(&search, NULL);
	search.has_latitude = false;
	assert_arg_error(&search, "latitude");
	search.has_latitude = true;
	search.has_longitude = false;
	assert_arg_error(&search, "longitude");
	search.has_latitude = false;
	assert_arg_error(&search, "radius_miles");
	search.has_radius = false;
	assert_arg_error(&search, NULL);
	search = good_search();
	search.latitude = 91;
	assert_arg_error(&search, "longitude");
	search.latitude = NAN;
	assert_arg_error(&search, "longitude");
	search = good_search();
	for (size_t i = 0; i < DW_LENGTH(radii); i++)
	{
		search.radius_miles = radii[i];
		assert_arg_error(&search, "radius_miles");
	}
	search.radius_miles = DW_BBOX_RADIUS_MAX_MILES;
	assert_arg_error(&search, NULL);
}

/* Amounts, currency, categories, time. */
static void
test_filters(void **state)
{
	DwSearch	search = good_search();

	search.budget_min = 5;
	search.budget_max = 4;
	assert_arg_error(&search, "budget_min");
	search.budget_max = 5;
	assert_arg_error(&search, NULL);
	search.budget_max = 0;
	assert_arg_error(&search, "budget_max");
	search = good_search();
	search.budget_min = 0;
	assert_arg_error(&search, "budget_min");
	search = good_search();
	search.currency = "usd";
	assert_arg_error(&search, "currency");
	search = good_search();
	search.categories.count = 0;
	assert_arg_error(&search, "category_ids");
	search.categories.count = DW_SEARCH_CATEGORIES_MAX + 1;
	assert_arg_error(&search, "category_ids");
	search.categories.ids = NULL;
	assert_arg_error(&search, NULL);
	search.as_of = 1001;
	assert_arg_error(&search, "as_of");
}

/* Asserts which part of a cursor has an error; -1 for none. */
static void
assert_cursor(DwSearchCursor cursor, const char *argument)
{
	DwSearch	search = good_search();
	DwArgError		error = {0};

	dw_search_cursor_check(&cursor, &search, &error);
	assert_int_equal(error.code, argument == NULL ? DW_OK : DW_BAD_VALUE);
	if (argument != NULL)
		assert_string_equal(error.place.argument, argument);
}

/* A cursor is given whole, and its score is one. */
static void
test_cursor(void **state)
{
	static const double bad[] = {-0.001, 1.001, NAN, INFINITY, -INFINITY};
	DwSearchCursor cursor = {true, true, true, 0.5, category};

	assert_cursor(cursor, NULL);
	for (size_t i = 0; i < DW_LENGTH(bad); i++)
	{
		cursor.score = bad[i];
		assert_cursor(cursor, "after_score");
	}
	cursor.score = 1;
	cursor.has_as_of = false;
	assert_cursor(cursor, "as_of");
	cursor.has_as_of = true;
	cursor.has_id = false;
	assert_cursor(cursor, "after_id");
	cursor.has_score = false;
	assert_cursor(cursor, NULL);
	cursor.has_id = true;
	assert_cursor(cursor, "after_score");
}

/* A find of a score, of a time and with an id. */
static DwSearchFind
find_of(double score, int64_t published_at, uint8_t id)
{
	DwSearchFind find = {score, published_at, {{id}}};

	return find;
}

/* Asserts which finds make a page, by their ids. */
static void
assert_page(DwSearchCursor cursor, int max, const char *expected)
{
	DwSearchFind finds[] = {
		find_of(0.5, 1, 'c'), find_of(0.9, 2, 'b'), find_of(0.5, 3, 'a'),
		find_of(0.1, 4, 'e'), find_of(0.5, 5, 'd')
	};
	int			count = dw_search_best(finds, DW_LENGTH(finds), &cursor, max);

	assert_int_equal(count, strlen(expected));
	for (int i = 0; i < count; i++)
		assert_int_equal(finds[i].id.bytes[0], expected[i]);
}

/* Pages are by score, then by id, and one begins where the last one ended. */
static void
test_best(void **state)
{
	DwSearchCursor none = {0};
	DwSearchCursor amid = {true, true, true, 0.5, {{'c'}}};

	assert_page(none, 10, "bacde");
	assert_page(none, 5, "bacde");
	assert_page(none, 2, "ba");
	assert_page(none, 1, "b");
	assert_page(none, 0, "");
	assert_page(amid, 10, "de");
	assert_page(amid, 1, "d");
	amid.score = 0.1;
	amid.id.bytes[0] = 'e';
	assert_page(amid, 10, "");
}

/* Of more than the window the newest stay, of one time the greatest ids. */
static void
test_newest(void **state)
{
	static DwSearchFind finds[DW_SEARCH_WINDOW + 2];
	int			count = DW_LENGTH(finds);

	for (int i = 0; i < count; i++)
		finds[i] = find_of(i, i / 4, (uint8_t) (i % 4));
	assert_int_equal(dw_search_newest(finds, 3), 3);
	assert_int_equal(dw_search_newest(finds, count), DW_SEARCH_WINDOW);
	for (int i = 0; i < DW_SEARCH_WINDOW; i++)
		assert_true(finds[i].score > 1.5);
}

/* Asserts the shares of words. */
static void
assert_words(DwSearchWords words, double share, double picked, double listed)
{
	assert_true(fabs(words.share - share) < 1e-12);
	assert_true(fabs(words.picked - picked) < 1e-12);
	assert_true(fabs(words.listed - listed) < 1e-12);
}

/* How common what is made of words is, and what the index can tell. */
static void
test_words(void **state)
{
	DwSearchWords a = dw_search_word(0.5);
	DwSearchWords b = dw_search_word(0.1);
	DwSearchWords words;

	assert_words(a, 0.5, 0.5, 0.5);
	assert_words(dw_search_word(NAN), 0, 0, 0);
	assert_words(dw_search_word(-1), 0, 0, 0);
	assert_words(dw_search_word(INFINITY), 1, 1, 1);
	assert_words(dw_search_and(a, b), 0.05, 0.05, 0.1);
	assert_words(dw_search_or(a, b), 0.55, 0.6, 0.6);
	assert_words(dw_search_or(a, dw_search_word(0.9)), 0.95, 1, 1);
	assert_words(dw_search_not(a), 0.5, 0.5, 1);
	assert_false(dw_search_not(a).is_listed);
	words = dw_search_and(a, dw_search_not(b));
	assert_words(words, 0.45, 0.45, 0.5);
	assert_true(words.is_listed && words.is_exact);
	assert_false(dw_search_or(a, dw_search_not(b)).is_listed);
	words = dw_search_phrase(a, b);
	assert_words(words, 0.05, 0.1, 0.1);
	assert_true(words.is_listed);
	assert_false(words.is_exact);
	assert_words(dw_search_not(words), 0.95, 1, 1);
	assert_words(dw_search_and(words, a), 0.025, 0.1, 0.1);
}

/* The first way to a million jobs, for words of a share and all else. */
static DwAccessPath
way_of(double share, double others)
{
	DwSearchOdds odds = {1e6, others, dw_search_word(share)};
	DwSearchTries none = {0};
	DwAccessPath way;

	assert_true(dw_search_next(&odds, &none, &way));
	return way;
}

/* Asserts which way is next, DW_ACCESS_PATH_COUNT for none. */
static void
assert_next(const DwSearchOdds *odds, DwSearchTries tries,
			DwAccessPath expected)
{
	DwAccessPath way = DW_ACCESS_PATH_COUNT;

	assert_int_equal(dw_search_next(odds, &tries, &way),
					 expected != DW_ACCESS_PATH_COUNT);
	assert_int_equal(way, expected);
}

/* Rare words go by their index, common ones by time, a small circle by key. */
static void
test_way(void **state)
{
	DwSearchOdds odds = {1e6, 1, dw_search_all()};
	DwSearchTries none = {0};

	assert_int_equal(way_of(1e-5, 1), DW_SEARCH_BY_WORDS);
	assert_int_equal(way_of(0.01, 1), DW_SEARCH_BY_WORDS);
	assert_int_equal(way_of(0.5, 1), DW_SEARCH_BY_TIME);
	assert_int_equal(way_of(1, 1), DW_SEARCH_BY_TIME);
	assert_int_equal(way_of(0.5, 0.001), DW_SEARCH_BY_KEY);
	assert_int_equal(way_of(1e-5, 0.001), DW_SEARCH_BY_WORDS);
	assert_next(&odds, none, DW_SEARCH_BY_TIME);
	odds.words = dw_search_not(dw_search_word(1));
	assert_next(&odds, none, DW_SEARCH_BY_TIME);
	/* nobody has counted: an index, if there can be one */
	odds.jobs = 0;
	assert_next(&odds, none, DW_SEARCH_BY_KEY);
	odds.words = dw_search_word(0.005);
	assert_next(&odds, none, DW_SEARCH_BY_WORDS);
}

/* Where a way has come to its bound, others are tried that may be better. */
static void
test_next(void **state)
{
	DwSearchOdds odds = {1e6, 1, dw_search_word(0.01)};

	assert_next(&odds, (DwSearchTries) {{true, false, false}, 0},
				DW_SEARCH_BY_TIME);
	odds.others = 0.001;
	assert_next(&odds, (DwSearchTries) {{false, true, false}, 0},
				DW_SEARCH_BY_WORDS);
	assert_next(&odds, (DwSearchTries) {{true, true, false}, 0},
				DW_SEARCH_BY_TIME);
	assert_next(&odds, (DwSearchTries) {{true, true, true}, 0},
				DW_ACCESS_PATH_COUNT);
	/* too many by the guess, but not by what was seen */
	odds = (DwSearchOdds) {1e6, 1, dw_search_word(0.5)};
	assert_next(&odds, (DwSearchTries) {{false, false, true}, 9},
				DW_SEARCH_BY_WORDS);
	assert_next(&odds, (DwSearchTries) {{false, false, true}, 9000},
				DW_ACCESS_PATH_COUNT);
	odds.words = dw_search_phrase(odds.words, odds.words);
	assert_next(&odds, (DwSearchTries) {{false, false, true}, 9},
				DW_ACCESS_PATH_COUNT);
	odds.words = dw_search_not(dw_search_word(0.5));
	assert_next(&odds, (DwSearchTries) {{false, false, true}, 9},
				DW_ACCESS_PATH_COUNT);
}

/* The share of a circle, and of categories. */
static void
test_share(void **state)
{
	DwSearch	search = good_search();

	search.radius_miles = DW_BBOX_RADIUS_MAX_MILES;
	assert_true(dw_search_share(&search) == 0.3);
	search.categories.ids = NULL;
	assert_true(dw_search_share(&search) == 1.0);
	search.radius_miles = 1;
	assert_true(dw_search_share(&search) > 0);
	assert_true(dw_search_share(&search) < 1e-5);
	search.has_longitude = false;
	assert_true(dw_search_share(&search) == 1.0);
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
		cmocka_unit_test(test_best),
		cmocka_unit_test(test_newest),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_way),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
