/*
 * test_setting.c
 *		Which texts are values of which setting.
 */
#include "unit.h"

#include "core/admin/admin.h"

/* Judges a value of a setting that must exist; it is plain ASCII. */
static DwResult
judge(const char *name, const char *value)
{
	const DwSettingRule *rule = dw_setting_rule(name);

	assert_non_null(rule);
	return dw_setting_check(rule, value, (int64_t) strlen(value));
}

/* Names are known byte for byte; the percentage of fees is none. */
static void
test_rule(void **state)
{
	assert_string_equal(dw_setting_rule("market_minimum")->name,
						"market_minimum");
	assert_null(dw_setting_rule(""));
	assert_null(dw_setting_rule("Market_minimum"));
	assert_null(dw_setting_rule(DW_SETTING_FEE));
}

/* An integer has one spelling and a range. */
static void
test_integer(void **state)
{
	const char *const bad[] = {
		"", " ", "0", "366", "-1", "-0", "+1", "01", "1.0", "1e2", " 1",
		"1 ", "0x1", "one", "--1", "-", "99999999999999999999",
		"9223372036854775807", "18446744073709551617"
	};

	assert_int_equal(judge("job_expiry_days", "1"), DW_OK);
	assert_int_equal(judge("job_expiry_days", "365"), DW_OK);
	assert_int_equal(judge("job_invites_max", "0"), DW_OK);
	assert_int_equal(judge("agent_rivals", "1000000000000"), DW_OK);
	assert_int_equal(judge("agent_rivals", "1000000000001"), DW_BAD_VALUE);
	for (size_t i = 0; i < DW_LENGTH(bad); i++)
		assert_int_equal(judge("job_expiry_days", bad[i]), DW_BAD_VALUE);
}

/* A job may have timers of its own: one unit at least, and the rule's most. */
static void
test_timer(void **state)
{
	const DwSettingRule *rule = dw_setting_rule("payment_minutes_card");

	assert_true(rule->is_timer);
	assert_false(dw_setting_rule("job_expiry_days")->is_timer);
	assert_false(dw_setting_in_range(rule, 0));
	assert_true(dw_setting_in_range(rule, 1));
	assert_true(dw_setting_in_range(rule, 10080));
	assert_false(dw_setting_in_range(rule, 10081));
}

/* A boolean has two spellings. */
static void
test_boolean(void **state)
{
	assert_int_equal(judge("auto_approve_providers", "true"), DW_OK);
	assert_int_equal(judge("auto_approve_providers", "false"), DW_OK);
	assert_int_equal(judge("auto_approve_providers", "t"), DW_BAD_VALUE);
	assert_int_equal(judge("auto_approve_providers", "TRUE"), DW_BAD_VALUE);
	assert_int_equal(judge("auto_approve_providers", ""), DW_BAD_VALUE);
}

/* A choice is one of its words, whole and alone. */
static void
test_choice(void **state)
{
	static const char *const bad[] = {
		"", " ", "first", "milestone", "any ", " any", "Any", "contract any"
	};

	assert_int_equal(judge("start_requires", "first_milestone"), DW_OK);
	assert_int_equal(judge("start_requires", "contract"), DW_OK);
	assert_int_equal(judge("start_requires", "any"), DW_OK);
	assert_int_equal(judge("receipt_default_late", "return"), DW_OK);
	for (size_t i = 0; i < DW_LENGTH(bad); i++)
		assert_int_equal(judge("start_requires", bad[i]), DW_BAD_VALUE);
}

/* A text says something, in so many characters, however many bytes. */
static void
test_text(void **state)
{
	const DwSettingRule *rule = dw_setting_rule("platform_name");

	assert_int_equal(judge("platform_name", "Dwello"), DW_OK);
	assert_int_equal(judge("platform_name", ""), DW_BAD_VALUE);
	assert_int_equal(judge("platform_name", " \t\n"), DW_BAD_VALUE);
	assert_int_equal(dw_setting_check(rule, "x", 100), DW_OK);
	assert_int_equal(dw_setting_check(rule, "x", 101), DW_TEXT_TOO_LONG);
	assert_int_equal(dw_setting_check(rule, " ", 101), DW_TEXT_TOO_LONG);
}

/* An amount is of a currency; without one nothing is limited. */
static void
test_amount(void **state)
{
	int			count;
	const char *const *names = dw_setting_amount_names(&count);

	assert_int_equal(count, 5);
	for (int i = 0; i < count; i++)
	{
		assert_null(dw_setting_rule(names[i]));
		assert_false(dw_setting_amount_fits(names[i], -1));
		assert_true(dw_setting_amount_fits(names[i], 1));
		assert_true(dw_setting_amount_fits(names[i], DW_AMOUNT_MAX));
		assert_false(dw_setting_amount_fits(names[i], DW_AMOUNT_MAX + 1));
	}
	assert_true(dw_setting_amount_fits(DW_SETTING_MIN_BID, 0));
	assert_false(dw_setting_amount_fits(DW_SETTING_MAX_AMOUNT, 0));
	assert_false(dw_setting_amount_fits("platform_name", 1));
	assert_int_equal(dw_setting_amount_builtin(DW_SETTING_MIN_BID, "USD"),
					 5000);
	assert_int_equal(dw_setting_amount_builtin(DW_SETTING_MIN_BID, "JPY"), 0);
	assert_int_equal(dw_setting_amount_builtin(DW_SETTING_MAX_AMOUNT, "JPY"),
					 DW_AMOUNT_MAX);
	assert_int_equal(dw_setting_amount_builtin("none", "USD"), 0);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_integer),
		cmocka_unit_test(test_timer),
		cmocka_unit_test(test_boolean),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_amount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
