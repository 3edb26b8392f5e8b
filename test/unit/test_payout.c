/*
 * test_payout.c
 *		What a provider can be paid, and how what they owe is made good.
 */
#include "unit.h"

#include "core/payout/payout.h"

/* Asks for a payout; the amount, or -1 when it is more than there is. */
static int64_t
ask(int64_t available, int64_t receivable, int64_t pending, int64_t amount)
{
	DwBalance	balance = {available, receivable, pending};
	DwResult	result = dw_payout_request(&balance, &amount);

	assert_true(result == DW_OK || result == DW_INSUFFICIENT_FUNDS);
	return result == DW_OK ? amount : -1;
}

/* Nobody is paid what they owe, or what is promised already. */
static void
test_request(void **state)
{
	DwBalance	balance = {INT64_MAX, 1, 0};
	int64_t		amount = -1;

	assert_int_equal(ask(1000, 0, 0, 0), 1000);
	assert_int_equal(ask(1000, 0, 0, 1000), 1000);
	assert_int_equal(ask(1000, 0, 0, 1001), -1);
	assert_int_equal(ask(1000, -300, 0, 0), 700);
	assert_int_equal(ask(1000, -300, 700, 0), -1);
	assert_int_equal(ask(1000, -300, 600, 100), 100);
	assert_int_equal(ask(1000, -1001, 0, 0), -1);
	assert_int_equal(ask(0, 250, 0, 0), 250);
	assert_int_equal(dw_payout_request(&balance, &amount), DW_BAD_VALUE);
	amount = 1;
	assert_int_equal(dw_payout_request(&balance, &amount), DW_OVERFLOW);
}

/* Pays and checks both legs. */
static void
check_settled(DwBalance balance, int64_t amount, int64_t available,
			  int64_t receivable)
{
	DwNetting legs;

	assert_int_equal(dw_payout_settle(&balance, amount, &legs), DW_OK);
	assert_int_equal(legs.available, available);
	assert_int_equal(legs.receivable, receivable);
}

/* Debts are made good, credits are added, available is never negative. */
static void
test_settle(void **state)
{
	DwBalance	negative = {-1, 0, 0};
	DwNetting legs;

	check_settled((DwBalance) {1000, 0, 0}, 1000, -1000, 0);
	check_settled((DwBalance) {1000, -300, 0}, 700, -1000, 300);
	check_settled((DwBalance) {1000, -300, 0}, 100, -400, 300);
	check_settled((DwBalance) {0, 250, 0}, 250, 0, -250);
	/* a chargeback came between the request and the payment */
	check_settled((DwBalance) {1000, -900, 0}, 1000, -1000, 0);
	check_settled((DwBalance) {100, 0, 0}, 1000, -100, -900);
	assert_int_equal(dw_payout_settle(&negative, 1, &legs), DW_BAD_VALUE);
	assert_string_equal(dw_payout_status_label(DW_PAYOUT_FAILED), "failed");
}

/* Paid money may come back, what failed is over. */
static void
test_end(void **state)
{
	for (int status = 0; status <= DW_PAYOUT_CANCELLED; status++)
	{
		DwPayoutStatus from = (DwPayoutStatus) status;

		assert_int_equal(dw_payout_may_end(from, DW_PAYOUT_COMPLETED),
						 from <= DW_PAYOUT_COMPLETED);
		assert_int_equal(dw_payout_may_end(from, DW_PAYOUT_FAILED),
						 from <= DW_PAYOUT_FAILED);
	}
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
