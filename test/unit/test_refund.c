/*
 * test_refund.c
 *		What a payment company was asked to give back: sent, undone before, or
 *		both.
 */
#include "unit.h"

#include "core/refund/refund.h"

/* A part of it is undone, and the company sends the rest. */
static void
test_sent(void **state)
{
	DwRefundFacts refund = {DW_REFUND_PENDING, 100, 0, 0, 0};
	DwRefundSent sent;

	assert_int_equal(dw_refund_withdraw(&refund, 0), 0);
	assert_int_equal(dw_refund_withdraw(&refund, 40), 40);
	assert_int_equal(dw_refund_pending(&refund), 60);
	assert_int_equal(refund.status, DW_REFUND_PENDING);
	assert_int_equal(dw_refund_confirm(&refund, 59, false, &sent),
					 DW_BAD_VALUE);
	assert_int_equal(dw_refund_confirm(&refund, 101, false, &sent),
					 DW_BAD_VALUE);
	assert_int_equal(refund.status, DW_REFUND_PENDING);
	assert_int_equal(dw_refund_confirm(&refund, 0, false, &sent), DW_OK);
	assert_int_equal(sent.pending, 60);
	assert_int_equal(sent.loss, 0);
	assert_int_equal(refund.status, DW_REFUND_COMPLETED);
	assert_int_equal(refund.reversed, 40);
	assert_int_equal(dw_refund_pending(&refund), 0);
	assert_int_equal(dw_refund_withdraw(&refund, 60), 0);
	assert_int_equal(dw_refund_confirm(&refund, 0, false, &sent),
					 DW_INVALID_TRANSITION);
}

/* A part of it was undone, but the company had sent more by then. */
static void
test_sent_before(void **state)
{
	DwRefundFacts refund = {DW_REFUND_PENDING, 100, 0, 0, 0};
	DwRefundSent sent;

	assert_int_equal(dw_refund_withdraw(&refund, 40), 40);
	assert_int_equal(dw_refund_confirm(&refund, 90, false, &sent), DW_OK);
	assert_int_equal(sent.pending, 60);
	assert_int_equal(sent.loss, 30);
	assert_int_equal(refund.reversed, 10);
	assert_int_equal(refund.status, DW_REFUND_COMPLETED);
}

/* All of it is undone, and was sent all the same. */
static void
test_sent_after_all(void **state)
{
	DwRefundFacts refund = {DW_REFUND_PENDING, 100, 0, 0, 0};
	DwRefundSent sent;
	DwRefundBack back;

	assert_int_equal(dw_refund_withdraw(&refund, INT64_MAX), 100);
	assert_int_equal(refund.status, DW_REFUND_FAILED);
	assert_int_equal(dw_refund_fail(&refund, &back), DW_INVALID_TRANSITION);
	assert_int_equal(dw_refund_withdraw(&refund, 1), 0);
	assert_int_equal(dw_refund_confirm(&refund, 0, false, &sent), DW_OK);
	assert_int_equal(sent.pending, 0);
	assert_int_equal(sent.loss, 100);
	assert_int_equal(refund.reversed, 0);
	assert_int_equal(refund.status, DW_REFUND_COMPLETED);
	assert_int_equal(dw_refund_fail(&refund, &back), DW_OK);
	assert_int_equal(back.sent, 0);
	assert_int_equal(back.loss, 100);
}

/* It fails before it was sent, and again after it was sent from there. */
static void
test_failed(void **state)
{
	DwRefundFacts refund = {DW_REFUND_PENDING, 100, 0, 0, 0};
	DwRefundBack back;
	DwRefundSent sent;

	assert_int_equal(dw_refund_withdraw(&refund, 40), 40);
	assert_int_equal(dw_refund_fail(&refund, &back), DW_OK);
	assert_int_equal(back.pending, 60);
	assert_int_equal(back.sent, 0);
	assert_int_equal(back.loss, 0);
	assert_int_equal(refund.status, DW_REFUND_FAILED);
	assert_int_equal(dw_refund_pending(&refund), 0);
	assert_int_equal(dw_refund_fail(&refund, &back), DW_INVALID_TRANSITION);
	assert_int_equal(dw_refund_confirm(&refund, 0, true, &sent), DW_OK);
	assert_int_equal(sent.pending, 0);
	assert_int_equal(sent.apart, 60);
	assert_int_equal(sent.loss, 0);
	assert_int_equal(refund.reversed, 40);
	assert_int_equal(dw_refund_fail(&refund, &back), DW_OK);
	assert_int_equal(back.pending, 0);
	assert_int_equal(back.sent, 60);
	assert_int_equal(back.loss, 0);
	/* more was sent than had been asked for in the end */
	assert_int_equal(dw_refund_confirm(&refund, 100, true, &sent), DW_OK);
	assert_int_equal(sent.apart, 60);
	assert_int_equal(sent.loss, 40);
	assert_int_equal(dw_refund_fail(&refund, &back), DW_OK);
	assert_int_equal(back.sent, 60);
	assert_int_equal(back.loss, 40);
}

/* What failed went on elsewhere, and was sent all the same; and came back. */
static void
test_failed_and_sent(void **state)
{
	DwRefundFacts refund = {DW_REFUND_PENDING, 100, 0, 0, 0};
	DwRefundBack back;
	DwRefundSent sent;

	assert_int_equal(dw_refund_fail(&refund, &back), DW_OK);
	assert_int_equal(back.pending, 100);
	assert_int_equal(dw_refund_confirm(&refund, 0, false, &sent), DW_OK);
	assert_int_equal(sent.apart, 0);
	assert_int_equal(sent.loss, 100);
	assert_int_equal(dw_refund_fail(&refund, &back), DW_OK);
	assert_int_equal(back.sent, 0);
	assert_int_equal(back.loss, 100);
	assert_int_equal(dw_refund_confirm(&refund, 0, true, &sent), DW_OK);
	assert_int_equal(sent.apart, 0);
	assert_int_equal(sent.loss, 100);
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent),
		cmocka_unit_test(test_sent_before),
		cmocka_unit_test(test_sent_after_all),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_failed_and_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
