/*
 * test_user.c
 *		Types, status and the forms of what a user tells of themselves.
 */
#include "unit.h"

#include "core/account/account.h"

/* Every label reads back as what it is the label of. */
static void
test_labels(void **state)
{
	DwUserType	type;
	DwUserStatus status;
	DwVerifiable what;
	int			i;

	for (i = 0; i < DW_USER_TYPE_COUNT; i++)
	{
		assert_true(dw_user_type_parse(dw_user_type_label(i), &type));
		assert_int_equal(type, i);
	}
	for (i = 0; i < DW_USER_STATUS_COUNT; i++)
	{
		assert_true(dw_user_status_parse(dw_user_status_label(i), &status));
		assert_int_equal(status, i);
	}
	for (i = 0; i < DW_VERIFY_COUNT; i++)
	{
		assert_true(dw_verifiable_parse(dw_verifiable_label(i), &what));
		assert_int_equal(what, i);
	}
	assert_false(dw_user_type_parse("provider", &type));
	assert_false(dw_verifiable_parse("Email", &what));
}

/* The status that a pending user of this type has after a verification. */
static DwUserStatus
verified(DwUserType type, DwVerification has, DwVerification required)
{
	return dw_user_verified_status(type, DW_USER_PENDING_VERIFICATION, &has,
								   &required);
}

/* Pending becomes active when all is there that is asked of the type. */
static void
test_verified_status(void **state)
{
	const DwVerification usual = {.email = true, .provider = true};
	const DwVerification nothing = {0};

	assert_int_equal(verified(DW_USER_HOMEOWNER,
							  (DwVerification) {.email = true}, usual),
					 DW_USER_ACTIVE);
	assert_int_equal(verified(DW_USER_PROVIDER,
							  (DwVerification) {.email = true}, usual),
					 DW_USER_PENDING_VERIFICATION);
	assert_int_equal(verified(DW_USER_PROVIDER,
							  (DwVerification) {.provider = true}, usual),
					 DW_USER_PENDING_VERIFICATION);
	assert_int_equal(verified(DW_USER_PROVIDER, usual, usual),
					 DW_USER_ACTIVE);
	assert_int_equal(verified(DW_USER_HOMEOWNER,
							  (DwVerification) {.email = true},
							  (DwVerification) {.email = true,
							  .phone = true}),
					 DW_USER_PENDING_VERIFICATION);
	assert_int_equal(verified(DW_USER_ADMIN, nothing, nothing),
					 DW_USER_PENDING_VERIFICATION);
	assert_int_equal(dw_user_verified_status(DW_USER_HOMEOWNER,
											 DW_USER_SUSPENDED, &usual,
											 &usual),
					 DW_USER_SUSPENDED);
}

/* Each verification sets its own flag. */
static void
test_verification_flag(void **state)
{
	DwVerification has = {0};

	assert_ptr_equal(dw_verification_flag(&has, DW_VERIFY_EMAIL), &has.email);
	assert_ptr_equal(dw_verification_flag(&has, DW_VERIFY_PHONE), &has.phone);
	assert_ptr_equal(dw_verification_flag(&has, DW_VERIFY_PROVIDER),
					 &has.provider);
}

/* Tags have the form of BCP 47. */
static void
test_language(void **state)
{
	assert_true(dw_language_valid("en"));
	assert_true(dw_language_valid("yue"));
	assert_true(dw_language_valid("de-CH-1996"));
	assert_true(dw_language_valid("zh-Hant-TW"));
	assert_false(dw_language_valid(""));
	assert_false(dw_language_valid("e"));
	assert_false(dw_language_valid("english"));
	assert_false(dw_language_valid("en_US"));
	assert_false(dw_language_valid("en-"));
	assert_false(dw_language_valid("en--US"));
	assert_false(dw_language_valid("en-abcdefghi"));
	assert_false(dw_language_valid("12"));
}

/* Countries have two capital letters. */
static void
test_country(void **state)
{
	assert_true(dw_country_valid("US"));
	assert_false(dw_country_valid(""));
	assert_false(dw_country_valid("us"));
	assert_false(dw_country_valid("USA"));
	assert_false(dw_country_valid("U1"));
}

/* Of a card only four digits are kept, and no number gets in as a token. */
static void
test_payment_method(void **state)
{
	assert_true(dw_last_four_valid("4242"));
	assert_false(dw_last_four_valid("424"));
	assert_false(dw_last_four_valid("42424"));
	assert_false(dw_last_four_valid("424x"));
	assert_false(dw_last_four_valid(""));

	assert_true(dw_card_number_like("4242424242424242"));
	assert_true(dw_card_number_like("4242 4242-4242 4242"));
	assert_true(dw_card_number_like("378282246310005"));
	assert_false(dw_card_number_like("4242424242424241"));
	assert_false(dw_card_number_like("tok_4242424242424242"));
	assert_false(dw_card_number_like("42424242424"));
	assert_false(dw_card_number_like("00000000000000000000"));
	assert_false(dw_card_number_like(""));
}

/* Chooses among methods; the place of the chosen one, or -1. */
static int
choose(const DwDestination *all, int count)
{
	const DwDestination *chosen = dw_destination_choose(all, count);

	return chosen == NULL ? -1 : (int) (chosen - all);
}

/* A payout goes to the default that can receive, else to the only one. */
static void
test_destination(void **state)
{
	DwDestination all[] = {
		{.can_receive = true},
		{.is_default = true},
		{.can_receive = true}
	};

	assert_int_equal(choose(all, 0), -1);
	assert_int_equal(choose(all, 1), 0);
	assert_int_equal(choose(all, 2), 0);
	assert_int_equal(choose(&all[1], 1), -1);
	assert_int_equal(choose(all, 3), -1);
	all[1].can_receive = true;
	assert_int_equal(choose(all, 3), 1);
	all[1].is_default = false;
	assert_int_equal(choose(all, 3), -1);
	/* a card can pay, and never be paid to */
	for (int i = 0; i < DW_METHOD_TYPE_COUNT; i++)
	{
		DwMethodAbility ability = dw_method_ability((DwPaymentMethodType) i);

		assert_true(ability.can_pay);
		assert_int_equal(ability.can_receive, i != DW_METHOD_CREDIT_CARD);
	}
	assert_string_equal(dw_payment_method_type_label(DW_METHOD_STRIPE),
						"stripe");
}

/* A suspended user comes back as what their verifications make of them. */
static void
test_reinstated_status(void **state)
{
	const DwVerification usual = {.email = true, .provider = true};
	DwVerification has = {.email = true};

	assert_int_equal(dw_user_reinstated_status(DW_USER_HOMEOWNER, &has,
											   &usual), DW_USER_ACTIVE);
	assert_int_equal(dw_user_reinstated_status(DW_USER_PROVIDER, &has,
											   &usual),
					 DW_USER_PENDING_VERIFICATION);
	has.email = false;
	assert_int_equal(dw_user_reinstated_status(DW_USER_ADMIN, &has, &usual),
					 DW_USER_PENDING_VERIFICATION);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_verified_status),
		cmocka_unit_test(test_reinstated_status),
		cmocka_unit_test(test_verification_flag),
		cmocka_unit_test(test_language),
		cmocka_unit_test(test_country),
		cmocka_unit_test(test_payment_method),
		cmocka_unit_test(test_destination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
