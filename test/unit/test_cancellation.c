/*
 * test_cancellation.c
 *		Which tier of a cancellation policy holds, and what it pays.
 */
#include "unit.h"

#include "core/cancellation/cancellation.h"

#define HOUR	INT64_C(3600000000)
#define START	(1000 * HOUR)

static const DwFeeTerms from_provider = {
	.rate_ppm = 50000,.max_fee = DW_FEE_NO_MAX,
	.payer = DW_FEE_PAYER_PROVIDER
};
static const DwFeeTerms from_homeowner = {
	.rate_ppm = 50000,.max_fee = DW_FEE_NO_MAX,.tax_ppm = 100000,
	.payer = DW_FEE_PAYER_HOMEOWNER
};

/* 20 % from 72 hours before the start on, 50 % from 24 hours on. */
static const DwCancellationPolicy usual = {
	2, {{72, 200000}, {24, 500000}}
};

/* What is wrong with a policy; NULL: nothing. */
static const char *
judge(DwCancellationPolicy policy)
{
	DwArgError	error = {0};

	dw_cancellation_check(&policy, "tiers", &error);
	assert_true(error.code == DW_OK || error.code == DW_BAD_VALUE);
	return error.what;
}

static void
test_check(void **state)
{
	static const char *const hours =
		"must have hours_before_start from 0 to 8760 in each tier";
	static const char *const share =
		"must have a share_ppm from 0 to 1000000 in each tier";
	DwCancellationPolicy policy = {3, {{0, 900000}, {72, 0}, {24, 500000}}};
	DwArgError	error = {0};

	assert_null(judge((DwCancellationPolicy) {0}));
	assert_null(judge(usual));
	assert_null(judge((DwCancellationPolicy) {2, {{8760, 0}, {0, 1000000}}}));
	assert_string_equal(judge((DwCancellationPolicy) {1, {{-1, 0}}}), hours);
	assert_string_equal(judge((DwCancellationPolicy) {1, {{8761, 0}}}),
						hours);
	assert_string_equal(judge((DwCancellationPolicy) {1, {{0, -1}}}), share);
	assert_string_equal(judge((DwCancellationPolicy) {1, {{0, 1000001}}}),
						share);
	assert_string_equal(judge((DwCancellationPolicy) {2, {{5, 1}, {5, 1}}}),
						"must not have two tiers of the same"
						" hours_before_start");
	assert_string_equal(judge((DwCancellationPolicy) {2, {{5, 2}, {9, 3}}}),
						"must not have a share_ppm that falls towards the"
						" start");
	/* in whatever order they come, the nearest to the start stands last */
	dw_cancellation_check(&policy, "tiers", &error);
	assert_int_equal(error.code, DW_OK);
	assert_int_equal(policy.tiers[0].hours_before_start, 72);
	assert_int_equal(policy.tiers[1].hours_before_start, 24);
	assert_int_equal(policy.tiers[2].share_ppm, 900000);
}

static void
test_pays(void **state)
{
	assert_true(dw_cancellation_pays(&usual));
	assert_true(dw_cancellation_pays(&(DwCancellationPolicy)
									 {2, {{9, 0}, {3, 1}}}));
	assert_false(dw_cancellation_pays(&(DwCancellationPolicy) {0}));
	assert_false(dw_cancellation_pays(&(DwCancellationPolicy) {1, {{9, 0}}}));
}

/* To the microsecond: a tier holds from its time on, and after the start. */
static void
test_tier(void **state)
{
	static const struct
	{
		int64_t		now;
		int			tier;		/* that holds; -1 = none */
		int			next;		/* that comes next */
	}			cases[] = {
		{INT64_MIN, -1, 0},
		{START - 72 * HOUR - 1, -1, 0},
		{START - 72 * HOUR, 0, 1},
		{START - 24 * HOUR - 1, 0, 1},
		{START - 24 * HOUR, 1, -1},
		{START, 1, -1},
		{START + 72 * HOUR, 1, -1},
		{INT64_MAX, 1, -1}
	};

	for (int i = 0; i < DW_LENGTH(cases); i++)
	{
		const DwCancellationTier *tier =
			dw_cancellation_tier(&usual, START, cases[i].now);
		const DwCancellationTier *next =
			dw_cancellation_next(&usual, START, cases[i].now);

		assert_ptr_equal(tier, cases[i].tier < 0 ? NULL
						 : &usual.tiers[cases[i].tier]);
		assert_ptr_equal(next, cases[i].next < 0 ? NULL
						 : &usual.tiers[cases[i].next]);
		/* nothing holds while no start is agreed on, nor will */
		assert_null(dw_cancellation_tier(&usual, DW_CANCELLATION_NO_START,
										 cases[i].now));
		assert_null(dw_cancellation_next(&usual, DW_CANCELLATION_NO_START,
										 cases[i].now));
	}
	assert_null(dw_cancellation_tier(&(DwCancellationPolicy) {0}, START,
									 START));
	assert_int_equal(dw_cancellation_since(&usual.tiers[1], START),
					 START - 24 * HOUR);
	assert_int_equal(dw_cancellation_since(&usual.tiers[0], INT64_MIN + HOUR),
					 DW_CANCELLATION_NO_START);
}

/* A contract, and its milestones. */
typedef struct Contract
{
	DwEscrow	escrow;			/* the money */
	DwMilestone plan[3];		/* of 300.00, 500.00 and 200.01 */
} Contract;

/* A contract of 1000.01 of which so much is paid. */
static Contract
contract_of(const DwFeeTerms *terms, int64_t paid)
{
	Contract	made = {.plan = {
			{.id = {{1}},.amount = 30000,.is_required = true},
			{.id = {{2}},.amount = 50000,.is_required = true},
			{.id = {{3}},.amount = 20001,.is_required = true}
	}};

	assert_int_equal(dw_escrow_open(&made.escrow, "EUR", 100001, terms),
					 DW_OK);
	if (paid > 0)
	{
		assert_int_equal(dw_escrow_fund(&made.escrow, &paid), DW_OK);
		assert_int_equal(dw_escrow_confirm(&made.escrow, made.plan, 3, paid),
						 DW_OK);
	}
	return made;
}

/* Cancels for a share, and compares what it comes to. */
static void
check_cancel(Contract *contract, int64_t share_ppm, DwCancellation want)
{
	DwCancellation out = {0};

	assert_int_equal(dw_escrow_cancel_held(&contract->escrow, contract->plan,
										   3, share_ppm, &out), DW_OK);
	assert_int_equal(out.price, want.price);
	assert_int_equal(out.share.part, want.share.part);
	assert_int_equal(out.share.amount, want.share.amount);
	assert_int_equal(out.share.fee, want.share.fee);
	assert_int_equal(out.share.tax, want.share.tax);
	assert_int_equal(out.share.payout, want.share.payout);
	assert_int_equal(out.refund, want.refund);
	assert_int_equal(contract->escrow.held, 0);
	assert_true(dw_escrow_is_valid(&contract->escrow));
}

/* Paid in full: half of 1000.01 is 500.00, half-even, for the provider. */
static void
test_half(void **state)
{
	Contract	contract = contract_of(&from_provider, 100001);

	check_cancel(&contract, 500000, (DwCancellation) {
		100001, {50000, 50000, 2500, 0, 47500}, 50001, 0
	});
	assert_int_equal(contract.escrow.status, DW_ESCROW_SETTLED);
	assert_int_equal(contract.plan[0].status, DW_MILESTONE_RELEASED);
	assert_int_equal(contract.plan[1].status, DW_MILESTONE_RELEASED);
	assert_int_equal(contract.plan[1].refunded, 30000);
	assert_int_equal(contract.plan[2].status, DW_MILESTONE_REFUNDED);
}

/* Nothing, and all of it. */
static void
test_ends(void **state)
{
	Contract	contract = contract_of(&from_provider, 100001);

	check_cancel(&contract, 0, (DwCancellation) {100001, {0}, 100001, 0});
	assert_int_equal(contract.escrow.status, DW_ESCROW_REFUNDED);
	contract = contract_of(&from_provider, 100001);
	check_cancel(&contract, 1000000, (DwCancellation) {
		100001, {100001, 100001, 5000, 0, 95001}, 0, 0
	});
	assert_int_equal(contract.escrow.status, DW_ESCROW_RELEASED);
}

/* The homeowner bears the fee: what they paid of it for the rest goes back. */
static void
test_fee_on_top(void **state)
{
	Contract	contract = contract_of(&from_homeowner, 105501);

	check_cancel(&contract, 200000, (DwCancellation) {
		100001, {20000, 21100, 1000, 100, 20000}, 84401, 0
	});
}

/* Paid in part: the share is of the whole, and no more than is there. */
static void
test_partly_paid(void **state)
{
	Contract	contract = contract_of(&from_provider, 35000);

	check_cancel(&contract, 200000, (DwCancellation) {
		100001, {20000, 20000, 1000, 0, 19000}, 15000, 0
	});
	assert_int_equal(contract.plan[1].status, DW_MILESTONE_CANCELLED);
	assert_int_equal(contract.plan[2].status, DW_MILESTONE_CANCELLED);
	contract = contract_of(&from_provider, 35000);
	check_cancel(&contract, 500000, (DwCancellation) {
		100001, {35000, 35000, 1750, 0, 33250}, 0, 0
	});
	contract = contract_of(&from_homeowner, 35000);
	check_cancel(&contract, 500000, (DwCancellation) {
		100001, {33175, 35000, 1659, 166, 33175}, 0, 0
	});
}

/* What was released is paid for, and what was given back is not waited for. */
static void
test_after_moves(void **state)
{
	const DwSelector first = {.milestone_id = &(DwUuid) {{1}}};
	const DwSelector last = {.milestone_id = &(DwUuid) {{3}}};
	Contract	contract = contract_of(&from_provider, 100001);
	DwRelease	out;

	assert_int_equal(dw_escrow_release(&contract.escrow, contract.plan, 3,
									   &first, &out), DW_OK);
	assert_int_equal(dw_escrow_refund(&contract.escrow, contract.plan, 3,
									  &last, &out), DW_OK);
	check_cancel(&contract, 500000, (DwCancellation) {
		50000, {25000, 25000, 1250, 0, 23750}, 25000, 0
	});
	assert_int_equal(contract.escrow.status, DW_ESCROW_SETTLED);
	assert_int_equal(contract.escrow.fee_taken, 2750);
}

/* Of what a company counts whole only whole units go back. */
static void
test_whole(void **state)
{
	const int64_t units[] = {0, 1, 100, 1000, 100000};
	const int64_t shares[] = {33334, 33334, 33301, 33001, 1};

	for (int i = 0; i < 5; i++)
	{
		Contract	contract = contract_of(&from_provider, 100001);
		DwCancellation out = {.unit = units[i]};

		assert_int_equal(dw_escrow_cancel_held(&contract.escrow,
											   contract.plan, 3, 333333,
											   &out), DW_OK);
		assert_int_equal(out.share.amount, shares[i]);
		assert_int_equal(out.refund, 100001 - shares[i]);
	}
}

/* What was approved before it was paid waits no more. */
static void
test_approved(void **state)
{
	Contract	contract = contract_of(&from_provider, 35000);
	DwRelease	out;

	assert_int_equal(dw_escrow_approve(&contract.escrow, contract.plan, 3,
									   &contract.plan[1].id, &out), DW_OK);
	assert_int_equal(contract.plan[1].status, DW_MILESTONE_APPROVED);
	check_cancel(&contract, 0, (DwCancellation) {100001, {0}, 35000, 0});
	assert_int_equal(contract.plan[1].status, DW_MILESTONE_CANCELLED);
}

/* Not while a part is disputed or a bank asks for it, nor of nothing. */
static void
test_refused(void **state)
{
	Contract	contract = contract_of(&from_provider, 0);
	Contract	before;
	DwCancellation out = {0};

	assert_int_equal(dw_escrow_cancel_held(&contract.escrow, contract.plan, 3,
										   500000, &out),
					 DW_INVALID_TRANSITION);
	contract = contract_of(&from_provider, 100001);
	contract.plan[0].disputed = 30000;
	contract.plan[0].status = DW_MILESTONE_DISPUTED;
	dw_escrow_derive(&contract.escrow, contract.plan, 3);
	before = contract;
	assert_int_equal(dw_escrow_cancel_held(&contract.escrow, contract.plan, 3,
										   500000, &out),
					 DW_INVALID_TRANSITION);
	assert_memory_equal(&before, &contract, sizeof(before));
	contract = contract_of(&from_provider, 100001);
	contract.escrow.frozen = true;
	dw_escrow_derive(&contract.escrow, contract.plan, 3);
	before = contract;
	assert_int_equal(dw_escrow_cancel_held(&contract.escrow, contract.plan, 3,
										   500000, &out),
					 DW_INVALID_TRANSITION);
	assert_memory_equal(&before, &contract, sizeof(before));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_pays),
		cmocka_unit_test(test_tier),
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_fee_on_top),
		cmocka_unit_test(test_partly_paid),
		cmocka_unit_test(test_after_moves),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_approved),
		cmocka_unit_test(test_refused)
	};

	return cmocka_run_group_tests_name("cancellation", tests, NULL, NULL);
}
