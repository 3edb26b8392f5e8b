/*
 * test_contact.c
 *		The one spelling of addresses and numbers.
 */
#include "unit.h"

#include "core/account/account.h"

/* Asserts what an address becomes; NULL: it is refused. */
static void
assert_email(const char *text, const char *expected)
{
	char		space[DW_EMAIL_MAX + 1];
	DwResult	result = dw_email_normalise(text, strlen(text), space);

	if (expected == NULL)
		assert_int_equal(result, DW_BAD_VALUE);
	else
	{
		assert_int_equal(result, DW_OK);
		assert_string_equal(space, expected);
	}
}

/* Asserts what a number becomes; NULL: it is refused. */
static void
assert_phone(const char *text, const char *expected)
{
	char		space[DW_PHONE_MAX + 1];
	DwResult	result = dw_phone_normalise(text, strlen(text), space);

	if (expected == NULL)
		assert_int_equal(result, DW_BAD_VALUE);
	else
	{
		assert_int_equal(result, DW_OK);
		assert_string_equal(space, expected);
	}
}

/* Case and blanks around make no difference; the rest does. */
static void
test_email(void **state)
{
	assert_email("ann@example.org", "ann@example.org");
	assert_email(" \tAnn@Example.ORG\r\n", "ann@example.org");
	assert_email("a+tag@x", "a+tag@x");
	assert_email("\"a@b\"@x.org", "\"a@b\"@x.org");
	assert_email("J\xC3\x96RG@x.org", "j\xC3\x96rg@x.org");
	assert_email("", NULL);
	assert_email("   ", NULL);
	assert_email("ann", NULL);
	assert_email("@example.org", NULL);
	assert_email("ann@", NULL);
	assert_email("ann smith@example.org", NULL);
	assert_email("ann@exa\nmple.org", NULL);
	assert_email("ann@example.org\x7f", NULL);
}

/* 254 bytes are an address, 255 are none. */
static void
test_email_length(void **state)
{
	char		text[DW_EMAIL_MAX + 2];
	char		space[DW_EMAIL_MAX + 1];

	memset(text, 'a', sizeof(text));
	text[3] = '@';
	assert_int_equal(dw_email_normalise(text, DW_EMAIL_MAX, space), DW_OK);
	assert_int_equal(strlen(space), DW_EMAIL_MAX);
	assert_int_equal(dw_email_normalise(text, DW_EMAIL_MAX + 1, space),
					 DW_TEXT_TOO_LONG);
	assert_int_equal(dw_email_normalise("a@b\0c", 5, space), DW_BAD_VALUE);
}

/* What people write between digits makes no difference. */
static void
test_phone(void **state)
{
	char		space[DW_PHONE_MAX + 1];

	assert_phone("+1 (415) 555-0100", "+14155550100");
	assert_phone(" 415.555/0100 ", "4155550100");
	assert_phone("+123456789012345", "+123456789012345");
	assert_phone("1234", "1234");
	assert_phone("123", NULL);
	assert_phone("", NULL);
	assert_phone("+", NULL);
	assert_phone("1+234567", NULL);
	assert_phone("++1234567", NULL);
	assert_phone("555-CALL", NULL);
	assert_int_equal(dw_phone_normalise("1234\0", 5, space), DW_BAD_VALUE);
	assert_int_equal(dw_phone_normalise("+1234567890123456", 17, space),
					 DW_TEXT_TOO_LONG);
}

/* An account wants one @ and a domain of two labels at least. */
static void
test_email_usable(void **state)
{
	assert_true(dw_email_usable("ann@example.org"));
	assert_true(dw_email_usable("a.b+tag@mail.example.org"));
	assert_false(dw_email_usable(""));
	assert_false(dw_email_usable("ann"));
	assert_false(dw_email_usable("@example.org"));
	assert_false(dw_email_usable("ann.b@example"));
	assert_false(dw_email_usable("ann@"));
	assert_false(dw_email_usable("ann@."));
	assert_false(dw_email_usable("ann@.org"));
	assert_false(dw_email_usable("ann@example."));
	assert_false(dw_email_usable("ann@example..org"));
	assert_false(dw_email_usable("a@b@example.org"));
}

/* An account's number has seven to fifteen digits. */
static void
test_phone_usable(void **state)
{
	assert_true(dw_phone_usable("1234567"));
	assert_true(dw_phone_usable("+123456789012345"));
	assert_false(dw_phone_usable("123456"));
	assert_false(dw_phone_usable("+123456"));
	assert_false(dw_phone_usable("1234567890123456"));
	assert_false(dw_phone_usable(""));
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_email),
		cmocka_unit_test(test_email_length),
		cmocka_unit_test(test_phone),
		cmocka_unit_test(test_email_usable),
		cmocka_unit_test(test_phone_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
