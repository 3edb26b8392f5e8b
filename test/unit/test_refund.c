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

/* It is sent in parts, each of them a row. */
static void
test_parts(void **state)
{
	DwRefundFacts rest = {DW_REFUND_PENDING, 100, 0, 0, 0};
	DwRefundFacts part;
	DwRefundBack back;
	DwRefundSent sent;

	assert_int_equal(dw_refund_withdraw(&rest, 10), 10);
	dw_refund_split(&rest, 30, &part);
	assert_int_equal(part.amount, 30);
	assert_int_equal(part.reversed, 0);
	assert_int_equal(rest.amount, 70);
	assert_int_equal(dw_refund_pending(&rest), 60);
	assert_int_equal(dw_refund_confirm(&part, 0, false, &sent), DW_OK);
	assert_int_equal(sent.pending, 30);
	/* what is left fails, and is sent out of its receipt in parts */
	assert_int_equal(dw_refund_fail(&rest, &back), DW_OK);
	assert_int_equal(back.pending, 60);
	dw_refund_split(&rest, 20, &part);
	assert_int_equal(part.status, DW_REFUND_FAILED);
	assert_int_equal(part.failed, 20);
	assert_int_equal(rest.failed, 40);
	assert_int_equal(dw_refund_confirm(&part, 0, true, &sent), DW_OK);
	assert_int_equal(sent.apart, 20);
	assert_int_equal(sent.loss, 0);
	/* the rest is sent with what was undone, at a loss, and comes back */
	assert_int_equal(dw_refund_confirm(&rest, 50, true, &sent), DW_OK);
	assert_int_equal(sent.apart, 40);
	assert_int_equal(sent.loss, 10);
	assert_int_equal(dw_refund_fail(&rest, &back), DW_OK);
	/* of a part the receipt's money goes first, then what was a loss */
	dw_refund_split(&rest, 45, &part);
	assert_int_equal(part.loss, 5);
	assert_int_equal(rest.loss, 5);
	assert_int_equal(rest.amount - rest.reversed, 5);
	assert_int_equal(dw_refund_confirm(&part, 0, true, &sent), DW_OK);
	assert_int_equal(sent.apart, 40);
	assert_int_equal(sent.loss, 5);
}

static const DwFeeTerms on_top = {
	.rate_ppm = 50000,.max_fee = DW_FEE_NO_MAX,
	.payer = DW_FEE_PAYER_HOMEOWNER
};

/* A contract of two parts, 400.00 and 600.00, that is paid with its fee. */
static void
make_paid(DwEscrow *escrow, DwMilestone plan[2])
{
	int64_t		amount = 0;

	memset(plan, 0, 2 * sizeof(*plan));
	plan[0].amount = 2;
	plan[1].amount = 3;
	assert_int_equal(dw_escrow_open(escrow, "USD", 100000, &on_top), DW_OK);
	assert_int_equal(dw_milestones_plan(plan, 2, 100000), DW_OK);
	assert_int_equal(dw_escrow_fund(escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_confirm(escrow, plan, 2, amount), DW_OK);
}

/* Nobody asked for it: out of what is held, and the work follows. */
static void
test_unasked(void **state)
{
	DwEscrow	escrow;
	DwMilestone plan[2];

	make_paid(&escrow, plan);
	assert_int_equal(dw_refund_take(&escrow, plan, 2, 10000), 10000);
	assert_int_equal(escrow.held, 95000);
	assert_int_equal(escrow.refunded, 10000);
	/* 905.00 hold 904.76 and their fee */
	assert_int_equal(plan[0].refunded, 9524);
	assert_int_equal(plan[0].moved, 9524);
	assert_int_equal(escrow.status, DW_ESCROW_HELD);
	assert_true(dw_escrow_is_valid(&escrow));
	/* one unit is nobody's work, and is taken all the same */
	assert_int_equal(dw_refund_take(&escrow, plan, 2, 1), 1);
	assert_int_equal(escrow.held, 94999);
	/* more than there is: all that there is, and no work is left */
	assert_int_equal(dw_refund_take(&escrow, plan, 2, INT64_MAX), 94999);
	assert_int_equal(escrow.status, DW_ESCROW_REFUNDED);
	assert_int_equal(plan[0].status, DW_MILESTONE_REFUNDED);
	assert_int_equal(plan[1].status, DW_MILESTONE_REFUNDED);
	assert_int_equal(dw_refund_take(&escrow, plan, 2, 1), 0);
	assert_int_equal(escrow.refunded, 105000);
}

/* What is disputed stays, and what a bank may give back counts as paid. */
static void
test_unasked_beside(void **state)
{
	DwEscrow	escrow;
	DwMilestone plan[2];

	make_paid(&escrow, plan);
	plan[0].status = DW_MILESTONE_DISPUTED;
	plan[0].disputed = plan[0].funded;
	dw_escrow_derive(&escrow, plan, 2);
	assert_int_equal(escrow.disputed, 42000);
	assert_int_equal(dw_refund_take(&escrow, plan, 2, 70000), 63000);
	assert_int_equal(escrow.status, DW_ESCROW_DISPUTED);
	assert_int_equal(plan[0].refunded, 0);
	assert_int_equal(plan[1].status, DW_MILESTONE_REFUNDED);

	make_paid(&escrow, plan);
	escrow.frozen = true;
	escrow.held -= 50000;
	escrow.charged_back = escrow.contested = 50000;
	assert_int_equal(dw_refund_take(&escrow, plan, 2, 60000), 55000);
	assert_int_equal(escrow.status, DW_ESCROW_FROZEN);
	/* what may come back pays for 476.19 */
	assert_int_equal(plan[0].refunded + plan[1].refunded, 100000 - 47619);
	assert_true(dw_escrow_is_valid(&escrow));
}

/* The escrow has again what it had given, and no more. */
static void
test_restored(void **state)
{
	DwRefundFacts refund = {DW_REFUND_COMPLETED, 100, 0, 30, 0};
	DwRefundSent sent;

	assert_int_equal(dw_refund_restore(&refund, 100), 0);
	refund.status = DW_REFUND_FAILED;
	assert_int_equal(dw_refund_restore(&refund, 0), 0);
	assert_int_equal(dw_refund_restore(&refund, 20), 20);
	assert_int_equal(dw_refund_restore(&refund, 100), 50);
	assert_int_equal(refund.reversed, 70);
	assert_int_equal(dw_refund_restore(&refund, 100), 0);
	/* sent after all, the platform bears all of it */
	assert_int_equal(dw_refund_confirm(&refund, 100, false, &sent), DW_OK);
	assert_int_equal(sent.loss, 100);
}

/* One that an event may be about; told: 0 = it was never told as sent. */
static DwRefundKnown
known_as(DwRefundStatus status, int64_t amount, int64_t told)
{
	return (DwRefundKnown)
	{
		.facts = {status, amount, 0, 0, 0},.told = told
	};
}

/* What is pending comes first, and several need an amount. */
static void
test_meant_pending(void **state)
{
	const DwRefundKnown known[] = {
		known_as(DW_REFUND_PENDING, 100, 0),
		known_as(DW_REFUND_COMPLETED, 70, 70),
		known_as(DW_REFUND_PENDING, 70, 0)
	};
	DwRefundSaid said = {0};
	int			which;

	assert_int_equal(dw_refund_meant(known, 2, &said, &which),
					 DW_REFUND_MEANS_ONE);
	assert_int_equal(which, 0);
	assert_int_equal(dw_refund_meant(known, 3, &said, &which),
					 DW_REFUND_MEANS_SEVERAL);
	said.amount = 70;
	assert_int_equal(dw_refund_meant(known, 2, &said, &which),
					 DW_REFUND_MEANS_PENDING);
	said.is_own = true;
	assert_int_equal(dw_refund_meant(known, 3, &said, &which),
					 DW_REFUND_MEANS_PENDING);
	assert_int_equal(dw_refund_meant(known, 0, &said, &which),
					 DW_REFUND_MEANS_NONE);
}

/* Equal amounts are one, as the events told them, but by a name. */
static void
test_meant_sent(void **state)
{
	DwRefundKnown known[] = {
		known_as(DW_REFUND_COMPLETED, 100, 125),
		known_as(DW_REFUND_COMPLETED, 25, 125)
	};
	DwRefundSaid said = {.amount = 125};
	int			which;

	known[1].is_unasked = true;
	assert_int_equal(dw_refund_meant(known, 2, &said, &which),
					 DW_REFUND_MEANS_SENT);
	assert_int_equal(which, 0);
	said.amount = 100;
	assert_int_equal(dw_refund_meant(known, 2, &said, &which),
					 DW_REFUND_MEANS_NONE);
	/* what nobody asked for is never told again but by its event */
	said.amount = 125;
	assert_int_equal(dw_refund_meant(&known[1], 1, &said, &which),
					 DW_REFUND_MEANS_NONE);
	said.amount = 0;
	assert_int_equal(dw_refund_meant(&known[1], 1, &said, &which),
					 DW_REFUND_MEANS_SENT);
	said = (DwRefundSaid)
	{
		.amount = 125,.is_own = true
	};
	assert_int_equal(dw_refund_meant(known, 2, &said, &which),
					 DW_REFUND_MEANS_NONE);
	/* by its id it is this one, unless it has another name already */
	said.is_by_id = true;
	assert_int_equal(dw_refund_meant(known, 1, &said, &which),
					 DW_REFUND_MEANS_SENT);
	known[0].is_called = true;
	assert_int_equal(dw_refund_meant(known, 1, &said, &which),
					 DW_REFUND_MEANS_NONE);
	said.is_own = false;
	assert_int_equal(dw_refund_meant(known, 1, &said, &which),
					 DW_REFUND_MEANS_SENT);
}

/* What failed was sent after all, or it is another one. */
static void
test_meant_failed(void **state)
{
	DwRefundKnown known = known_as(DW_REFUND_FAILED, 100, 0);
	DwRefundSaid said = {.amount = 60};
	int			which;

	/* a part of what was never sent, but not before it failed */
	assert_int_equal(dw_refund_meant(&known, 1, &said, &which),
					 DW_REFUND_MEANS_ONE);
	known.is_later = true;
	assert_int_equal(dw_refund_meant(&known, 1, &said, &which),
					 DW_REFUND_MEANS_NONE);
	said.amount = 100;
	assert_int_equal(dw_refund_meant(&known, 1, &said, &which),
					 DW_REFUND_MEANS_ONE);
	said.is_own = true;
	assert_int_equal(dw_refund_meant(&known, 1, &said, &which),
					 DW_REFUND_MEANS_ONE);
	known.is_called = true;
	assert_int_equal(dw_refund_meant(&known, 1, &said, &which),
					 DW_REFUND_MEANS_NONE);
	/* of what was sent whole there is no part, but all of it */
	known = known_as(DW_REFUND_FAILED, 100, 100);
	said = (DwRefundSaid)
	{
		.amount = 60
	};
	assert_int_equal(dw_refund_meant(&known, 1, &said, &which),
					 DW_REFUND_MEANS_NONE);
	said.is_by_id = true;
	assert_int_equal(dw_refund_meant(&known, 1, &said, &which),
					 DW_REFUND_MEANS_ONE);
	said = (DwRefundSaid)
	{
		.amount = 100
	};
	assert_int_equal(dw_refund_meant(&known, 1, &said, &which),
					 DW_REFUND_MEANS_ONE);
	/* so of what was withdrawn */
	known = known_as(DW_REFUND_FAILED, 100, 0);
	known.facts.reversed = 100;
	said.amount = 60;
	assert_int_equal(dw_refund_meant(&known, 1, &said, &which),
					 DW_REFUND_MEANS_NONE);
	said.amount = 100;
	assert_int_equal(dw_refund_meant(&known, 1, &said, &which),
					 DW_REFUND_MEANS_ONE);
	assert_int_equal(which, 0);
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
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_unasked_beside),
		cmocka_unit_test(test_restored),
		cmocka_unit_test(test_meant_pending),
		cmocka_unit_test(test_meant_sent),
		cmocka_unit_test(test_meant_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
