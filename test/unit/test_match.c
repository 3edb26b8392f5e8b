/*
 * test_match.c
 *		Keys of jobs and what is asked of them: unions, bounds, terms.
 */
#include "unit.h"

#include <math.h>

#include "core/geo/geo.h"
#include "core/job/job.h"
#include "core/match/match.h"

#define HOUR	INT64_C(3600000000)

static _Alignas(16) char memory[16384];
static DwMatchQuery *const query = (DwMatchQuery *) memory;

/* The category of that number. */
static DwUuid
category(uint8_t number)
{
	DwUuid		id = {{0xd0, number}};

	return id;
}

/* A leaf at a place, else as plain as can be. */
static DwJobKey
leaf_at(double longitude, double latitude)
{
	DwJobKey	key = {0};

	key.currency = dw_currency_code("USD");
	key.leaf.point = dw_point_of(longitude, latitude);
	key.leaf.category_id = category(1);
	key.leaf.budget_max = DW_JOB_KEY_NO_MAX;
	return key;
}

/* A criteria that is in order. */
static DwMatchCriteria
some_criteria(void)
{
	DwMatchCriteria criteria = {
		.longitude = 10.0, .latitude = 50.0, .radius_miles = 25.0,
		.as_of = 100 * HOUR, .others_fit = 1.0,
		.budget_max = DW_JOB_KEY_NO_MAX, .currency = "USD",
		.weights = {35, 20, 20, 10, 15}, .reference = 1000.0,
		.freshness_hours = 72.0, .ceiling = DW_MATCH_NO_CEILING
	};

	return criteria;
}

/* Prepares criteria, which must be in order and fit into memory. */
static void
prepare(const DwMatchCriteria *criteria)
{
	DwMatchField field;
	const char *what;

	assert_true(dw_match_judge(criteria, &field, &what));
	assert_true(dw_match_size(criteria) <= sizeof(memory));
	dw_match_prepare(criteria, query);
}

/* True when the prepared criteria wants the leaf. */
static bool
wants(const DwJobKey *leaf)
{
	return dw_match_leaf_rest(query, leaf, INFINITY) != DW_MATCH_UNWANTED;
}

/* A currency has a number of its own; what is none has none. */
static void
test_currency(void **state)
{
	assert_int_equal(dw_currency_code("AAA"), 0);
	assert_int_equal(dw_currency_code("ZZZ"), 26 * 26 * 26 - 1);
	assert_int_equal(dw_currency_code("usd"), DW_JOB_KEY_NO_CURRENCY);
	assert_int_equal(dw_currency_code("US"), DW_JOB_KEY_NO_CURRENCY);
	assert_int_equal(dw_currency_code("USDX"), DW_JOB_KEY_NO_CURRENCY);
	assert_int_equal(dw_currency_code(""), DW_JOB_KEY_NO_CURRENCY);
}

/* A union has the best of each attribute, and what all require. */
static void
test_union(void **state)
{
	DwJobKey	one = leaf_at(-10.0, 20.0);
	DwJobKey	two = leaf_at(30.0, -40.0);
	DwJobKey	node;

	one.posted_at = 5;
	one.urgency = 1;
	one.requirements = 5;
	one.leaf.budget_min = 300;
	two.posted_at = 3;
	two.urgency = 3;
	two.requirements = 6;
	two.currency = dw_currency_code("EUR");
	two.leaf.category_id = category(2);
	two.leaf.budget_min = 100;
	two.leaf.budget_max = 200;
	node = dw_job_key_node(&one);
	dw_job_key_extend(&node, &two);
	assert_int_equal(node.is_node, 1);
	assert_int_equal(node.posted_at, 5);
	assert_int_equal(node.urgency, 3);
	assert_int_equal(node.requirements, 4);
	assert_true(node.node.top == 300.0f);
	assert_int_equal(node.node.budget_min, dw_amount_code_below(100));
	assert_int_equal(node.node.budget_max, dw_amount_code_above(INT64_MAX));
	assert_int_equal(node.node.box.west, -100000000);
	assert_int_equal(node.node.box.north, 200000000);
	assert_true(node.node.categories ==
				(dw_category_bit(&one.leaf.category_id) |
				 dw_category_bit(&two.leaf.category_id)));
	assert_int_equal(node.currency, dw_currency_bit(one.currency) |
					 dw_currency_bit(two.currency));
	two = dw_job_key_node(&node);
	assert_true(dw_job_key_equal(&node, &two));
	assert_false(dw_job_key_equal(&node, &one));
}

/* A code is not over an amount, or not under it, and in the same order. */
static void
test_amounts(void **state)
{
	const int64_t amounts[] = {
		0, 1, 2, 3, 99, 100, 255, 256, 257, 65535, 65536, 1000003,
		INT64_C(1) << 53, (INT64_C(1) << 53) + 1, INT64_MAX - 1, INT64_MAX
	};

	for (size_t i = 0; i < DW_LENGTH(amounts); i++)
	{
		uint16_t	below = dw_amount_code_below(amounts[i]);
		uint16_t	above = dw_amount_code_above(amounts[i]);

		assert_true(below <= above);
		for (size_t j = 0; j < i; j++)
		{
			assert_true(dw_amount_code_below(amounts[j]) <= below);
			assert_true(dw_amount_code_above(amounts[j]) <= above);
		}
	}
	assert_true(dw_amount_code_above(100) < dw_amount_code_below(110));
}

/* A node is worth what the best of its jobs is, at any time. */
static void
test_worth(void **state)
{
	const int64_t half = 72 * HOUR;
	DwJobKey	old = leaf_at(0.0, 0.0);
	DwJobKey	young = old;
	DwJobKey	node;

	old.urgency = DW_JOB_KEY_URGENT;
	young.posted_at = 2 * half;
	node = dw_job_key_node(&old);
	assert_true(fabs(dw_job_key_worth(&node, 0) - 0.25) < 1e-6);
	assert_true(fabs(dw_job_key_worth(&node, half) - 0.175) < 1e-6);
	assert_true(fabs(dw_job_key_worth(&node, 9 * half) - 0.1) < 1e-6);
	dw_job_key_extend(&node, &young);
	assert_true(fabs(dw_job_key_worth(&node, 2 * half) - 0.15) < 1e-6);
	assert_true(fabs(dw_job_key_worth(&node, 3 * half) - 0.1) < 1e-6);
}

/* What it costs to put a leaf below a node. */
static float
penalty(const DwJobKey *node, const DwJobKey *leaf)
{
	DwJobKey	more = dw_job_key_node(leaf);

	return dw_job_key_penalty(node, &more);
}

/* It costs nothing to add what is there, and more the farther away. */
static void
test_penalty(void **state)
{
	DwJobKey	one = leaf_at(0.0, 0.0);
	DwJobKey	two = leaf_at(1.0, 1.0);
	DwJobKey	inside = leaf_at(0.5, 0.5);
	DwJobKey	near = leaf_at(1.1, 1.0);
	DwJobKey	far = leaf_at(5.0, 1.0);
	DwJobKey	worthy = inside;
	DwJobKey	node = dw_job_key_node(&one);

	dw_job_key_extend(&node, &two);
	worthy.urgency = DW_JOB_KEY_URGENT;
	assert_true(penalty(&node, &inside) < penalty(&node, &near));
	assert_true(penalty(&node, &near) < penalty(&node, &far));
	assert_true(penalty(&node, &inside) < penalty(&node, &worthy));
}

/* What scores alike is near in the order, and the order is the place's. */
static void
test_order(void **state)
{
	DwJobKey	one = leaf_at(-180.0, -90.0);
	DwJobKey	two = leaf_at(179.99, 90.0);
	DwJobKey	rich = one;
	DwJobKey	near = leaf_at(-179.99, -90.0);
	double		at[DW_JOB_KEY_AXES];

	rich.leaf.budget_max = INT64_MAX - 1;
	rich.urgency = 3;
	assert_true(dw_job_key_order(&one, 0) < dw_job_key_order(&rich, 0));
	assert_true(dw_job_key_order(&rich, 0) < dw_job_key_order(&two, 0));
	assert_true((dw_job_key_order(&one, 0) ^ dw_job_key_order(&near, 0)) <
				(dw_job_key_order(&one, 0) ^ dw_job_key_order(&two, 0)));
	dw_job_key_place(&rich, 0, at);
	for (int i = 2; i < DW_JOB_KEY_AXES; i++)
		assert_true(at[i] >= 0.0 && at[i] <= 1.0);
	dw_job_key_place(&one, 0, at);
	assert_true(at[0] > 0.0 && at[1] > 0.0);
}

/* Every filter by itself, at its edge. */
static void
test_filters(void **state)
{
	const DwUuid wanted = category(1);
	DwMatchCriteria criteria = some_criteria();
	DwJobKey	leaf = leaf_at(10.0, 50.0);

	leaf.posted_at = criteria.as_of;
	leaf.leaf.budget_min = 10;
	leaf.leaf.budget_max = 20;
	prepare(&criteria);
	assert_true(wants(&leaf));
	leaf.posted_at++;
	assert_false(wants(&leaf));
	leaf.posted_at--;
	leaf.requirements = 2;
	assert_false(wants(&leaf));
	criteria.capabilities = 3;
	prepare(&criteria);
	assert_true(wants(&leaf));
	criteria.budget_min = 20;
	prepare(&criteria);
	assert_true(wants(&leaf));
	criteria.budget_min = 21;
	prepare(&criteria);
	assert_false(wants(&leaf));
	criteria.budget_min = 0;
	criteria.budget_max = 9;
	prepare(&criteria);
	assert_false(wants(&leaf));
	criteria.budget_max = 10;
	criteria.category_ids = &wanted;
	criteria.category_count = 1;
	criteria.others_fit = DW_MATCH_EXCLUDED;
	prepare(&criteria);
	assert_true(wants(&leaf));
	leaf.leaf.category_id = category(2);
	assert_false(wants(&leaf));
	criteria.currency = "EUR";
	criteria.others_fit = 0.0;
	prepare(&criteria);
	assert_false(wants(&leaf));
	assert_int_equal(dw_match_misses(query, &leaf, 0.0),
					 1 << DW_MATCH_WRONG_CURRENCY);
}

/* Of a category that is named twice the best fit counts, of 200 each its. */
static void
test_categories(void **state)
{
	DwUuid		ids[201];
	double		fits[201];
	DwMatchCriteria criteria = some_criteria();
	DwJobKey	leaf = leaf_at(10.0, 50.0);
	double		terms[DW_MATCH_TERM_COUNT];

	for (int i = 0; i < 200; i++)
	{
		ids[i] = category((uint8_t) i);
		fits[i] = i / 400.0;
	}
	ids[200] = category(7);
	fits[200] = 1.0;
	criteria.category_ids = ids;
	criteria.fits = fits;
	criteria.category_count = 201;
	criteria.others_fit = 0.125;
	prepare(&criteria);
	for (int i = 0; i < 220; i++)
	{
		leaf.leaf.category_id = category((uint8_t) i);
		dw_match_terms(query, &leaf, 0.0, terms);
		assert_true(terms[DW_MATCH_CATEGORY] ==
					(i == 7 ? 1.0 : i < 200 ? i / 400.0 : 0.125));
	}
	assert_true(dw_match_fit(0) == 1.0 && dw_match_fit(2) == 0.64);
	assert_true(dw_match_fit(99) == dw_match_fit(10));
}

/* The terms follow from arithmetic alone. */
static void
test_terms(void **state)
{
	DwMatchCriteria criteria = some_criteria();
	DwJobKey	leaf = leaf_at(10.0, 50.0);
	double		terms[DW_MATCH_TERM_COUNT];

	leaf.posted_at = criteria.as_of - 72 * HOUR;
	leaf.urgency = 2;
	leaf.leaf.budget_min = 250;
	prepare(&criteria);
	dw_match_terms(query, &leaf, 10.0 * DW_GEO_METRES_PER_MILE, terms);
	assert_true(fabs(terms[DW_MATCH_NEARNESS] - 0.6) < 1e-12);
	assert_true(terms[DW_MATCH_BUDGET] == 0.25);
	assert_true(terms[DW_MATCH_CATEGORY] == 1.0);
	assert_true(fabs(terms[DW_MATCH_URGENCY] - 2.0 / 3.0) < 1e-12);
	assert_true(terms[DW_MATCH_FRESHNESS] == 0.5);
	assert_true(fabs(1.0 - dw_match_rest(query, &leaf, 0.0) -
					 (0.35 + 0.05 + 0.2 + 0.2 / 3.0 + 0.075)) < 1e-12);
	/* no score is outside 0 to 1, however far or new or rich */
	leaf.posted_at = criteria.as_of + HOUR;
	leaf.leaf.budget_max = 5000;
	leaf.urgency = 3;
	assert_true(dw_match_rest(query, &leaf, 0.0) < 1e-15);
	dw_match_terms(query, &leaf, 1e7, terms);
	assert_true(terms[DW_MATCH_NEARNESS] == 0.0);
}

/* A score can be given out and come back as a ceiling. */
static void
test_ceiling(void **state)
{
	DwMatchCriteria criteria = some_criteria();
	DwJobKey	leaf = leaf_at(10.1, 50.1);
	double		rest;

	prepare(&criteria);
	rest = dw_match_rest(query, &leaf, dw_match_distance_m(query, &leaf));
	criteria.ceiling = 1.0 - rest;
	prepare(&criteria);
	assert_true(wants(&leaf));
	criteria.ceiling = nextafter(criteria.ceiling, 0.0);
	prepare(&criteria);
	assert_false(wants(&leaf));
}

/* What is over a limit is not wanted, what is at it is. */
static void
test_limit(void **state)
{
	DwMatchCriteria criteria = some_criteria();
	DwJobKey	leaf = leaf_at(10.1, 50.1);
	DwJobKey	node = dw_job_key_node(&leaf);
	double		rest;
	double		bound;

	prepare(&criteria);
	rest = dw_match_leaf_rest(query, &leaf, INFINITY);
	bound = dw_match_node_rest(query, &node, INFINITY);
	assert_true(rest == dw_match_rest(query, &leaf,
									  dw_match_distance_m(query, &leaf)));
	assert_true(bound == dw_match_rest_bound(query, &node));
	assert_true(dw_match_leaf_rest(query, &leaf, rest) == rest);
	assert_true(dw_match_leaf_rest(query, &leaf, nextafter(rest, 0.0)) ==
				DW_MATCH_UNWANTED);
	assert_true(dw_match_node_rest(query, &node, bound) == bound);
	assert_true(dw_match_node_rest(query, &node, nextafter(bound, 0.0)) ==
				DW_MATCH_UNWANTED);
}

/* The limit is the highest of the lowest rests, once there are enough. */
static void
test_best(void **state)
{
	static _Alignas(8) char room[512];
	DwMatchBest *best = (DwMatchBest *) room;

	assert_true(dw_match_best_size(20) <= sizeof(room));
	dw_match_best_begin(best, 20, 0.1);
	for (int i = 0; i < 1000; i++)
	{
		/* every hundredth to 9.99 once, in no order; 0.11 to 0.30 stay */
		dw_match_best_meet(best, (i * 7919 % 1000) / 100.0);
		assert_true(best->count == 20 || isinf(best->limit));
		for (int j = 0; j < best->count; j++)
			assert_true(best->rests[j] > 0.1 && best->rests[j] <= best->limit);
	}
	assert_true(best->limit == 0.3);
	dw_match_best_meet(best, 0.3);
	dw_match_best_meet(best, 0.05);
	assert_true(best->limit == 0.3);
	dw_match_best_meet(best, 0.105);
	assert_true(best->limit == 0.29);
}

/* Across the antimeridian and at a pole a node is found for its leaf. */
static void
test_corners(void **state)
{
	const double places[][4] = {
		{179.99, 0.0, -179.99, 0.0}, {-179.99, 0.0, 179.99, 0.0},
		{180.0, 10.0, -180.0, 10.0}, {0.0, 90.0, 123.0, 89.9},
		{-30.0, -89.9, 150.0, -89.95}, {90.0, -90.0, 0.0, -90.0}
	};

	for (size_t i = 0; i < DW_LENGTH(places); i++)
	{
		DwMatchCriteria criteria = some_criteria();
		DwJobKey	leaf = leaf_at(places[i][2], places[i][3]);
		DwJobKey	node = dw_job_key_node(&leaf);

		criteria.longitude = places[i][0];
		criteria.latitude = places[i][1];
		prepare(&criteria);
		assert_true(wants(&leaf));
		assert_true(dw_match_node_rest(query, &node, INFINITY) <=
					dw_match_leaf_rest(query, &leaf, INFINITY));
	}
}

/* Budgets that a float cannot hold are in their node still, at both ends. */
static void
test_large_budgets(void **state)
{
	for (int64_t odd = 1; odd < INT64_C(1) << 60; odd = odd * 2 + 1)
	{
		for (int64_t budget = odd; budget <= odd + 4; budget++)
		{
			DwMatchCriteria criteria = some_criteria();
			DwJobKey	leaf = leaf_at(10.0, 50.0);
			DwJobKey	node;

			leaf.leaf.budget_min = budget;
			leaf.leaf.budget_max = budget;
			criteria.budget_min = budget;
			criteria.budget_max = budget;
			node = dw_job_key_node(&leaf);
			prepare(&criteria);
			assert_true(wants(&leaf));
			assert_true(dw_match_node_rest(query, &node, INFINITY) <= 1.0);
		}
	}
}

/* A node's bound is no worse than any fit below it, close to it or not. */
static void
test_fit_bound(void **state)
{
	for (int percent = 0; percent <= 100; percent++)
	{
		const DwUuid wanted = category(1);
		const double fit = percent / 100.0;
		DwMatchCriteria criteria = some_criteria();
		DwJobKey	leaf = leaf_at(10.0, 50.0);
		DwJobKey	node = dw_job_key_node(&leaf);

		memset(criteria.weights, 0, sizeof(criteria.weights));
		criteria.weights[DW_MATCH_CATEGORY] = 1.0;
		criteria.category_ids = &wanted;
		criteria.fits = &fit;
		criteria.category_count = 1;
		criteria.others_fit = DW_MATCH_EXCLUDED;
		prepare(&criteria);
		assert_true(fabs(dw_match_rest(query, &leaf, 0.0) - (1.0 - fit)) <
					1e-15);
		assert_true(dw_match_rest_bound(query, &node) <=
					dw_match_rest(query, &leaf, 0.0));
	}
}

/* What is wrong is found, and named. */
static void
test_judge(void **state)
{
	DwMatchCriteria criteria = some_criteria();
	DwMatchField field;
	const char *what;

	criteria.weights[DW_MATCH_URGENCY] = NAN;
	assert_false(dw_match_judge(&criteria, &field, &what));
	assert_string_equal(dw_match_field_label(field), "weights");
	criteria = some_criteria();
	memset(criteria.weights, 0, sizeof(criteria.weights));
	assert_false(dw_match_judge(&criteria, &field, &what));
	criteria = some_criteria();
	criteria.longitude = INFINITY;
	assert_false(dw_match_judge(&criteria, &field, &what));
	assert_string_equal(dw_match_field_label(field), "longitude");
	criteria = some_criteria();
	criteria.radius_miles = NAN;
	assert_false(dw_match_judge(&criteria, &field, &what));
	assert_string_equal(dw_match_field_label(field), "radius_miles");
	criteria = some_criteria();
	criteria.weights[DW_MATCH_NEARNESS] = 1e300;
	prepare(&criteria);
	assert_true(fabs(query->weights[DW_MATCH_NEARNESS] - 1.0) < 1e-12);
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_currency),
		cmocka_unit_test(test_union),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_worth),
		cmocka_unit_test(test_penalty),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_categories),
		cmocka_unit_test(test_terms),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_best),
		cmocka_unit_test(test_corners),
		cmocka_unit_test(test_large_budgets),
		cmocka_unit_test(test_fit_bound),
		cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
