/*
 * test_post.c
 *		What may be posted as a job, and which fault is told.
 */
#include "unit.h"

#include "core/job/job.h"

/* A post that nothing is wrong with. */
static DwPost
good_post(void)
{
	return (DwPost) {
		.place = {-122.4194, 37.7749},
		.budget_min = DW_POST_ABSENT,
		.budget_max = DW_POST_ABSENT,
		.currency = "USD",
		.start_date = DW_POST_NONE,
		.end_date = DW_POST_NONE,
		.hours = DW_POST_NONE,
		.expected_materials = DW_POST_ABSENT,
		.photo_count = 10,
		.photo_max = 10,
	};
}

/* Asserts what is said of a post; argument counts only with a fault. */
static void
assert_post(const DwPost *post, DwResult code, DwPostField argument)
{
	DwArgError		error = {0};

	dw_post_check(post, &error);
	assert_int_equal(error.code, code);
	if (code != DW_OK)
	{
		assert_string_equal(error.place.argument,
							dw_post_field_name(argument));
		assert_int_equal(error.place.item, DW_ARG_NO_ITEM);
		assert_non_null(error.what);
	}
}

/* Asserts that a post with one value changed is refused for it. */
#define assert_refused(field, value, argument) \
	do { \
		DwPost		post = good_post(); \
		post.field = (value); \
		assert_post(&post, DW_BAD_VALUE, argument); \
	} while (0)

/* The first fault of the first class is told, in whatever order found. */
static void
test_fault_order(void **state)
{
	DwArgError		error = {0};

	dw_arg_error_note(&error, "7", DW_CHECK_VIOLATION, "a");
	assert_string_equal(error.what, "a");
	dw_arg_error_note(&error, "5", DW_BAD_VALUE, "b");
	assert_string_equal(error.what, "b");
	dw_arg_error_note(&error, "1", DW_BAD_VALUE, "c");
	assert_string_equal(error.what, "b");
	dw_arg_error_note(&error, "2", DW_BAD_LABEL, "d");
	assert_string_equal(error.what, "b");
	dw_arg_error_note(&error, "9", DW_TEXT_TOO_LONG, "e");
	assert_string_equal(error.place.argument, "9");
	assert_true(DW_TEXT_TOO_LONG < DW_OVERFLOW);
	assert_true(DW_OVERFLOW < DW_BAD_VALUE);
	assert_true(DW_BAD_VALUE < DW_BAD_LABEL);
	assert_true(DW_BAD_LABEL < DW_CHECK_VIOLATION);
}

/* The whole globe and nothing beyond. */
static void
test_place(void **state)
{
	const double nan = __builtin_nan("");
	DwPost		post = good_post();

	assert_post(&post, DW_OK, 0);
	post.place.longitude = 180;
	post.place.latitude = -90;
	assert_post(&post, DW_OK, 0);
	assert_refused(place.longitude, 180.0001, DW_POST_LONGITUDE);
	assert_refused(place.longitude, -__builtin_inf(), DW_POST_LONGITUDE);
	assert_refused(place.longitude, nan, DW_POST_LONGITUDE);
	assert_refused(place.latitude, -90.0001, DW_POST_LATITUDE);
	assert_refused(place.latitude, nan, DW_POST_LATITUDE);
}

/* Amounts are positive and in order. */
static void
test_money(void **state)
{
	DwPost		post = good_post();

	post.budget_min = post.budget_max = 1;
	post.expected_materials = 0;
	assert_post(&post, DW_OK, 0);
	post.budget_max = INT64_MAX;
	assert_post(&post, DW_OK, 0);
	post.budget_min = DW_POST_ABSENT;
	assert_post(&post, DW_OK, 0);
	post.budget_min = 2;
	post.budget_max = 1;
	assert_post(&post, DW_BAD_VALUE, DW_POST_BUDGET_MIN);
	post.budget_max = DW_POST_ABSENT;
	assert_post(&post, DW_OK, 0);
	assert_refused(budget_min, 0, DW_POST_BUDGET_MIN);
	assert_refused(budget_max, -1, DW_POST_BUDGET_MAX);
	assert_refused(expected_materials, -1, DW_POST_EXPECTED_MATERIALS);
	assert_refused(currency, "usd", DW_POST_CURRENCY);
	assert_refused(currency, "", DW_POST_CURRENCY);
}

/* Dates are days in order; hours and photos have their limits. */
static void
test_dates(void **state)
{
	DwPost		post = good_post();

	post.start_date = post.end_date = -3;
	post.hours = 1;
	assert_post(&post, DW_OK, 0);
	post.end_date = -4;
	assert_post(&post, DW_BAD_VALUE, DW_POST_START_DATE);
	post.start_date = DW_POST_NONE;
	assert_post(&post, DW_OK, 0);
	assert_refused(hours, 0, DW_POST_HOURS);
	assert_refused(photo_count, 11, DW_POST_PHOTOS);
}

/* The calendar, leap years and all. */
static void
test_date_valid(void **state)
{
	static const char *const good[] = {"2026-01-31", "2024-02-29",
	"2000-02-29", "0001-01-01", "9999-12-31"};
	static const char *const bad[] = {"2026-02-29", "1900-02-29",
		"2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01",
	"2026-1-1", "2026-01-011", "2026/01/01", "today", "", "2026-01-0a"};

	for (size_t i = 0; i < DW_LENGTH(good); i++)
		assert_true(dw_post_date_valid(good[i]));
	for (size_t i = 0; i < DW_LENGTH(bad); i++)
		assert_false(dw_post_date_valid(bad[i]));
}

/* Asserts what is said of one requirement. */
static void
assert_requirement(DwCredentialType type, const char *value, int64_t weight,
				   const char *member)
{
	DwArgPlace place = {"requirements", 2, NULL};
	DwPostRequirement requirement = {type, value, true, weight};
	DwArgError		error = {0};

	dw_post_requirement_check(&requirement, place, &error);
	assert_int_equal(error.code, member == NULL ? DW_OK : DW_BAD_VALUE);
	if (member != NULL)
	{
		assert_string_equal(error.place.member, member);
		assert_int_equal(error.place.item, 2);
	}
}

/* Names may be anything; amounts and years are numbers. */
static void
test_requirement(void **state)
{
	assert_requirement(DW_CREDENTIAL_LICENSE, "", 0, NULL);
	assert_requirement(DW_CREDENTIAL_EQUIPMENT, "Ladder", 10000, NULL);
	assert_requirement(DW_CREDENTIAL_INSURANCE, "100000", 1, NULL);
	assert_requirement(DW_CREDENTIAL_EXPERIENCE, "0", 1, NULL);
	assert_requirement(DW_CREDENTIAL_INSURANCE, "", 1, "requirement_value");
	assert_requirement(DW_CREDENTIAL_INSURANCE, "1e5", 1,
					   "requirement_value");
	assert_requirement(DW_CREDENTIAL_EXPERIENCE, "-1", 1,
					   "requirement_value");
	assert_requirement(DW_CREDENTIAL_EXPERIENCE, "1234567890123456789", 1,
					   "requirement_value");
	assert_requirement(DW_CREDENTIAL_LICENSE, "C-33", -1, "weight");
	assert_requirement(DW_CREDENTIAL_LICENSE, "C-33", 10001, "weight");
}

/* Whether a credential of that kind meets a requirement of that value. */
static bool
is_met(DwCredentialType type, const char *value)
{
	DwPostRequirement requirement = {type, value, true, 1};
	DwCredentialFacts credential = {type, NULL, "Gas Safe", 100000, 5};

	if (dw_requirement_met(&requirement, &credential))
		return true;
	credential.issuer = "CSLB";
	return dw_requirement_met(&requirement, &credential);
}

/* A name but for its case, a number that is reached, or any of the kind. */
static void
test_requirement_met(void **state)
{
	DwPostRequirement requirement = {DW_CREDENTIAL_LICENSE, "", true, 1};
	DwCredentialFacts bare = {DW_CREDENTIAL_INSURANCE, NULL, "x",
		DW_CREDENTIAL_NO_NUMBER, DW_CREDENTIAL_NO_NUMBER};

	assert_true(is_met(DW_CREDENTIAL_LICENSE, ""));
	assert_true(is_met(DW_CREDENTIAL_LICENSE, "gAS sAFE"));
	assert_true(is_met(DW_CREDENTIAL_EQUIPMENT, "cslb"));
	assert_false(is_met(DW_CREDENTIAL_CERTIFICATION, "Gas"));
	assert_false(is_met(DW_CREDENTIAL_CERTIFICATION, "Gas Safe 2"));
	assert_true(is_met(DW_CREDENTIAL_INSURANCE, "100000"));
	assert_false(is_met(DW_CREDENTIAL_INSURANCE, "100001"));
	assert_true(is_met(DW_CREDENTIAL_EXPERIENCE, "5"));
	assert_false(is_met(DW_CREDENTIAL_EXPERIENCE, "6"));
	assert_false(is_met(DW_CREDENTIAL_EXPERIENCE, "five"));
	assert_false(dw_requirement_met(&requirement, &bare));
	requirement.type = DW_CREDENTIAL_INSURANCE;
	assert_true(dw_requirement_met(&requirement, &bare));
	requirement.value = "0";
	assert_false(dw_requirement_met(&requirement, &bare));
}

/* A plan has all its amounts or none, and they add up. */
static void
test_plan(void **state)
{
	DwPostMilestone plan[] = {
		{"a", NULL, "2026-05-01", 1, true},
		{"b", NULL, NULL, INT64_MAX - 1, true},
	};
	DwArgError		error = {0};

	dw_post_plan_check(plan, 0, "milestones", &error);
	dw_post_plan_check(plan, 2, "milestones", &error);
	assert_int_equal(error.code, DW_OK);
	plan[1].amount = DW_POST_ABSENT;
	dw_post_plan_check(plan, 2, "milestones", &error);
	assert_int_equal(error.code, DW_BAD_VALUE);
	assert_int_equal(error.place.item, DW_ARG_NO_ITEM);
	plan[1].amount = INT64_MAX;
	dw_post_plan_check(plan, 2, "milestones", &error);
	assert_int_equal(error.code, DW_OVERFLOW);

	memset(&error, 0, sizeof(error));
	plan[1].amount = 0;
	plan[0].due_date = "2026-05-32";
	dw_post_plan_check(plan, 2, "milestones", &error);
	assert_int_equal(error.code, DW_BAD_VALUE);
	assert_string_equal(error.place.member, "due_date");
	assert_int_equal(error.place.item, 0);
}

/* Weights must be a whole, and the method must have a use for them. */
static void
test_weights(void **state)
{
	DwScoreWeights weights = {{0}};
	DwArgError		error = {0};

	weights.bps[DW_CRITERION_PRICE] = DW_SCORE_WEIGHT;
	dw_post_weights_check(&weights, DW_SCORING_METHOD_VALUE, &error);
	assert_int_equal(error.code, DW_OK);
	dw_post_weights_check(&weights, DW_SCORING_METHOD_FIXED_BUDGET_QUALITY,
						  &error);
	assert_int_equal(error.code, DW_CHECK_VIOLATION);
	memset(&error, 0, sizeof(error));
	weights.bps[DW_CRITERION_RATING] = 1;
	dw_post_weights_check(&weights, DW_SCORING_METHOD_VALUE, &error);
	assert_int_equal(error.code, DW_CHECK_VIOLATION);
	assert_string_equal(error.place.argument, "weights");
}

/* Every field is frozen, priced, or neither; never both. */
static void
test_edit_sets(void **state)
{
	static const DwPostField frozen[] = {DW_POST_BUDGET_MIN,
		DW_POST_BUDGET_MAX, DW_POST_CURRENCY, DW_POST_BID_MODE,
	DW_POST_SCORING_METHOD, DW_POST_WEIGHTS, DW_POST_INVITE_ONLY};
	static const DwPostField free[] = {DW_POST_TITLE, DW_POST_STREET,
	DW_POST_PHOTOS, DW_POST_JOB_ID};
	DwPostFields rest = DW_POST_FIELD(DW_POST_INVITE_ONLY + 1) - 1;

	for (size_t i = 0; i < sizeof(frozen) / sizeof(frozen[0]); i++)
	{
		assert_true(dw_post_frozen(DW_POST_FIELD(frozen[i])) != 0);
		assert_false(dw_post_reprices(DW_POST_FIELD(frozen[i])));
		rest &= ~DW_POST_FIELD(frozen[i]);
	}
	for (size_t i = 0; i < sizeof(free) / sizeof(free[0]); i++)
	{
		assert_int_equal(dw_post_frozen(DW_POST_FIELD(free[i])), 0);
		assert_false(dw_post_reprices(DW_POST_FIELD(free[i])));
		rest &= ~DW_POST_FIELD(free[i]);
	}
	for (int field = 0; field <= DW_POST_INVITE_ONLY; field++)
		assert_int_equal(dw_post_reprices(rest & DW_POST_FIELD(field)),
						 (rest & DW_POST_FIELD(field)) != 0);
	assert_int_equal(dw_post_frozen(rest), 0);
	assert_false(dw_post_reprices(0));
}

/* Requirements are a bag: the order is nothing, the number of each counts. */
static void
test_requirements_equal(void **state)
{
	DwPostRequirement a = {DW_CREDENTIAL_LICENSE, "C-36", true, 1};
	DwPostRequirement b = {DW_CREDENTIAL_INSURANCE, "5", true, 1};
	DwPostRequirement ab[] = {a, b, a};
	DwPostRequirement ba[] = {b, a, a};
	DwPostRequirement bb[] = {b, a, b};

	assert_true(dw_post_requirements_equal(NULL, 0, NULL, 0));
	assert_true(dw_post_requirements_equal(ab, 3, ba, 3));
	assert_false(dw_post_requirements_equal(ab, 3, bb, 3));
	assert_false(dw_post_requirements_equal(ab, 3, ba, 2));
	ba[0].value = "6";
	assert_false(dw_post_requirements_equal(ab, 3, ba, 3));
	ba[0] = b;
	ba[0].is_mandatory = false;
	assert_false(dw_post_requirements_equal(ab, 3, ba, 3));
	ba[0] = b;
	ba[0].weight = 2;
	assert_false(dw_post_requirements_equal(ab, 3, ba, 3));
}

/* A plan is a list: every part in its place. */
static void
test_plan_equal(void **state)
{
	DwPostMilestone a = {"a", NULL, "2026-05-01", 5, true};
	DwPostMilestone b = {"b", "text", NULL, DW_POST_ABSENT, false};
	DwPostMilestone ab[] = {a, b};
	DwPostMilestone other[] = {a, b};

	assert_true(dw_post_plan_equal(NULL, 0, NULL, 0));
	assert_true(dw_post_plan_equal(ab, 2, other, 2));
	assert_false(dw_post_plan_equal(ab, 2, other, 1));
	other[0] = b;
	other[1] = a;
	assert_false(dw_post_plan_equal(ab, 2, other, 2));
#define assert_matters(field, value) \
	do { \
		other[0] = a; \
		other[1] = b; \
		assert_true(dw_post_plan_equal(ab, 2, other, 2)); \
		other[1].field = (value); \
		assert_false(dw_post_plan_equal(ab, 2, other, 2)); \
	} while (0)
	assert_matters(title, "c");
	assert_matters(description, NULL);
	assert_matters(due_date, "2026-05-02");
	assert_matters(amount, 1);
	assert_matters(is_required, true);
#undef assert_matters
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault_order),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_money),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_date_valid),
		cmocka_unit_test(test_requirement),
		cmocka_unit_test(test_requirement_met),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_edit_sets),
		cmocka_unit_test(test_requirements_equal),
		cmocka_unit_test(test_plan_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
