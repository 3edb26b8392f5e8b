/*
 * test_reversal.c
 *		What undoing a release or a refund comes to, whole and in parts.
 */
#include "unit.h"

#include "core/dispute/dispute.h"

static const DwFeeTerms terms = {
	.rate_ppm = 50000, .max_fee = DW_FEE_NO_MAX, .promo_max = DW_FEE_NO_MAX,
	.payer = DW_FEE_PAYER_PROVIDER
};

/* However a reversal is cut, it ends at the legs and never goes back. */
static void
test_split(void **state)
{
	const int64_t legs[] = {902, 47, 5, 1};
	int64_t		parts[4];
	int64_t		sums[4] = {0};

	for (int64_t before = 0; before < 955; before++)
	{
		assert_int_equal(dw_reversal_split(legs, 4, before, 1, parts), DW_OK);
		for (int i = 0; i < 4; i++)
		{
			assert_true(parts[i] >= 0);
			sums[i] += parts[i];
		}
	}
	assert_memory_equal(sums, legs, sizeof(legs));
	assert_int_equal(dw_reversal_split(legs, 4, 0, 955, parts), DW_OK);
	assert_memory_equal(parts, legs, sizeof(legs));
	assert_int_equal(dw_reversal_split(legs, 4, 1, 955, parts),
					 DW_INSUFFICIENT_FUNDS);
	assert_int_equal(dw_reversal_split(legs, 4, 0, 0, parts), DW_BAD_VALUE);
}

/* A release undone: held again, and the next one pays the fee again. */
static void
test_release(void **state)
{
	DwEscrow	escrow;
	DwMilestone plan = {.id = {{1}}, .amount = 1000, .is_required = true};
	DwSelector	all = {.has_amount = false};
	DwReversal	reversal = {.released = 1000, .fee = 50};
	DwRelease	out;
	int64_t		amount = 0;

	assert_int_equal(dw_escrow_open(&escrow, "EUR", 1000, &terms), DW_OK);
	assert_int_equal(dw_milestones_plan(&plan, 1, 1000), DW_OK);
	assert_int_equal(dw_escrow_fund(&escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_confirm(&escrow, &plan, 1, 1000), DW_OK);
	assert_int_equal(dw_escrow_release(&escrow, &plan, 1, &all, &out), DW_OK);
	assert_int_equal(escrow.status, DW_ESCROW_RELEASED);
	assert_int_equal(dw_escrow_reverse(&escrow, &plan, 1, &reversal, 1),
					 DW_INSUFFICIENT_FUNDS);
	assert_int_equal(dw_escrow_reverse(&escrow, &plan, 1, &reversal, 0),
					 DW_OK);
	assert_int_equal(escrow.status, DW_ESCROW_HELD);
	assert_int_equal(escrow.held, 1000);
	assert_int_equal(escrow.fee_taken, 0);
	assert_int_equal(plan.status, DW_MILESTONE_FUNDED);
	assert_int_equal(dw_escrow_release(&escrow, &plan, 1, &all, &out), DW_OK);
	assert_int_equal(out.fee, 50);
	escrow.frozen = true;
	assert_int_equal(dw_escrow_reverse(&escrow, &plan, 1, &reversal, 0),
					 DW_INVALID_TRANSITION);
}

/* A refund that did not reach the homeowner is held again. */
static void
test_refund(void **state)
{
	DwEscrow	escrow;
	DwMilestone plan = {.id = {{1}}, .amount = 1000, .is_required = true};
	DwSelector	all = {.has_amount = false};
	DwReversal	reversal = {.refunded = 400};
	DwRelease	out;
	int64_t		amount = 0;

	assert_int_equal(dw_escrow_open(&escrow, "EUR", 1000, &terms), DW_OK);
	assert_int_equal(dw_milestones_plan(&plan, 1, 1000), DW_OK);
	assert_int_equal(dw_escrow_fund(&escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_confirm(&escrow, &plan, 1, 1000), DW_OK);
	assert_int_equal(dw_escrow_refund(&escrow, &plan, 1, &all, &out), DW_OK);
	assert_int_equal(dw_escrow_reverse(&escrow, &plan, 1, &reversal, 0),
					 DW_OK);
	assert_int_equal(escrow.refunded, 600);
	assert_int_equal(escrow.held, 400);
	assert_int_equal(plan.refunded, 600);
	assert_int_equal(plan.status, DW_MILESTONE_FUNDED);
}

/*
 * Where both bear the fee the milestones follow the money: parts of reversals
 * leave no cent that cannot be released again.
 */
static void
test_split_payer(void **state)
{
	DwFeeTerms	split = terms;
	DwEscrow	escrow;
	DwMilestone plan[2] = {
		{.id = {{1}}, .amount = 101, .is_required = true},
		{.id = {{2}}, .amount = 199, .is_required = true}
	};
	DwSelector	one = {.milestone_id = &plan[0].id};
	DwSelector	two = {.milestone_id = &plan[1].id};
	DwSelector	all = {.has_amount = false};
	DwRelease	first;
	DwRelease	out;
	int64_t		amount = 0;

	split.payer = DW_FEE_PAYER_SPLIT;
	assert_int_equal(dw_escrow_open(&escrow, "EUR", 300, &split), DW_OK);
	assert_int_equal(dw_milestones_plan(plan, 2, 300), DW_OK);
	assert_int_equal(dw_escrow_fund(&escrow, &amount), DW_OK);
	assert_int_equal(amount, 308);
	assert_int_equal(dw_escrow_confirm(&escrow, plan, 2, amount), DW_OK);
	assert_int_equal(dw_escrow_release(&escrow, plan, 2, &one, &first),
					 DW_OK);
	assert_int_equal(dw_escrow_release(&escrow, plan, 2, &two, &out), DW_OK);
	assert_int_equal(escrow.held, 0);
	for (int64_t part = first.amount; part > 0; part--)
	{
		DwReversal	reversal = {.released = 1, .fee = part <= first.fee,
		.milestone_id = &plan[0].id};

		assert_int_equal(dw_escrow_reverse(&escrow, plan, 2, &reversal, 0),
						 DW_OK);
	}
	assert_int_equal(escrow.held, first.amount);
	assert_int_equal(plan[1].released, 199);
	assert_int_equal(dw_escrow_release(&escrow, plan, 2, &all, &out), DW_OK);
	assert_int_equal(escrow.held, 0);
	assert_int_equal(escrow.fee_taken, 15);
	assert_int_equal(escrow.released, 308);
	assert_int_equal(plan[0].released, 101);
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_refund),
		cmocka_unit_test(test_split_payer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
