/*
 * test_profile.c
 *		Which addresses a profile may link to, and which texts say nothing.
 */
#include "unit.h"

#include "core/account/account.h"

/* What a browser only fetches. */
static void
test_url_valid(void **state)
{
	static const char *const good[] = {
		"http://a", "https://example.test", "HTTPS://Example.Test:8443/a?b#c",
		"https://example.test/x@y", "https://[2001:db8::1]/",
		"https://b\303\274cher.example/"
	};

	for (size_t i = 0; i < DW_LENGTH(good); i++)
		assert_true(dw_url_valid(good[i]));
}

/* What does something else, leads elsewhere, or breaks out of a page. */
static void
test_url_invalid(void **state)
{
	static const char *const bad[] = {
		"", "h", "http", "http:/", "http://", "https:///path", "http://:80",
		"http://.test", "http://?q", "//example.test", "example.test",
		"ftp://example.test", "javascript:alert(1)", "httpx://example.test",
		"https://example.test@evil.test/", "https://user:pw@example.test",
		"https://example.test/a b", "https://example.test/\t",
		"https://example.test/\n", "https://example.test/\177",
		"https://example.test/\"onload=", "https://example.test/<script>",
		"https://example.test/'", "https://example.test\\@evil.test",
		" https://example.test"
	};

	for (size_t i = 0; i < DW_LENGTH(bad); i++)
		assert_false(dw_url_valid(bad[i]));
}

/* Blanks alone say nothing. */
static void
test_blank(void **state)
{
	assert_true(dw_text_blank(""));
	assert_true(dw_text_blank(" \t\r\n"));
	assert_false(dw_text_blank(" a "));
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url_valid),
		cmocka_unit_test(test_url_invalid),
		cmocka_unit_test(test_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
