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
	const DwReversal without_fee = {.released = 970};
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
	assert_int_equal(dw_escrow_reverse(&escrow, &plan, 1, &without_fee, 0),
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

/* An escrow of two milestones, released in full. */
static DwEscrow
make_released(const DwFeeTerms *of, DwMilestone *plan)
{
	DwEscrow	escrow;
	DwSelector	all = {.has_amount = false};
	DwRelease	out;
	int64_t		amount = 0;

	memset(plan, 0, 2 * sizeof(*plan));
	plan[0].id.bytes[0] = 1;
	plan[1].id.bytes[0] = 2;
	assert_int_equal(dw_escrow_open(&escrow, "EUR", 999, of), DW_OK);
	assert_int_equal(dw_milestones_plan(plan, 2, 999), DW_OK);
	assert_int_equal(dw_escrow_fund(&escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_confirm(&escrow, plan, 2, amount), DW_OK);
	assert_int_equal(dw_escrow_release(&escrow, plan, 2, &all, &out), DW_OK);
	return escrow;
}

/* The fee of what stays is that of a release of it, whoever pays it. */
static void
test_take_back(void **state)
{
	for (int payer = 0; payer < DW_FEE_PAYER_COUNT; payer++)
	{
		DwFeeTerms	of = {.rate_ppm = 70000, .fixed = 3, .min_fee = 11,
			.max_fee = 60, .tax_ppm = 190000, .payer = payer};
		DwMilestone plan[2];
		DwEscrow	escrow = make_released(&of, plan);
		const int64_t paid = escrow.funded;

		for (int64_t stays = 999 - 37; stays >= 0; stays -= 37)
		{
			DwTakeBack	back = {.price = 37};
			DwFeeQuote	quote;

			assert_int_equal(dw_escrow_take_back(&escrow, plan, 2, 0, &back),
							 DW_OK);
			assert_int_equal(dw_fee_quote(&of, stays, &quote), DW_OK);
			assert_int_equal(back.price, 37);
			assert_true(back.fee >= 0 && back.tax >= 0);
			assert_true(back.amount >= back.fee + back.tax);
			assert_int_equal(escrow.fee_taken, quote.fee);
			assert_int_equal(escrow.tax_taken, quote.tax);
			assert_int_equal(escrow.released, quote.charge);
			assert_int_equal(escrow.released + escrow.refunded, paid);
			assert_true(dw_escrow_is_valid(&escrow));
		}
		assert_int_equal(escrow.status, DW_ESCROW_REFUNDED);
		assert_int_equal(plan[0].status, DW_MILESTONE_REFUNDED);
	}
}

/* A pseudo-random number below n, the same in each run. */
static int64_t
below(uint32_t *seed, int64_t n)
{
	*seed = *seed * UINT32_C(1664525) + UINT32_C(1013904223);
	return (int64_t) (*seed >> 8) % n;
}

/* Valid terms of some shape. */
static DwFeeTerms
random_terms(uint32_t *seed)
{
	DwFeeTerms	of = {.rate_ppm = below(seed, 300000),
		.fixed = below(seed, 20), .min_fee = below(seed, 30),
		.max_fee = below(seed, 2) ? DW_FEE_NO_MAX : 30 + below(seed, 99),
		.tax_ppm = below(seed, 250000),
		.promo_ppm = below(seed, 2) ? 0 : below(seed, 1000000),
		.promo_max = DW_FEE_NO_MAX,
		.payer = (DwFeePayer) below(seed, DW_FEE_PAYER_COUNT)
	};

	return of;
}

/*
 * Released, refunded and taken back in any order and by any fee, the rest can
 * be released, and then nothing is held: the fee is that of what stayed.
 */
static void
test_take_back_between(void **state)
{
	for (uint32_t run = 0; run < 20000; run++)
	{
		uint32_t	seed = run;
		DwFeeTerms	of = random_terms(&seed);
		DwMilestone plan[2] = {{.id = {{1}}}, {.id = {{2}}}};
		const DwSelector all = {.has_amount = false};
		DwEscrow	escrow;
		DwRelease	out;
		int64_t		amount = 0;
		int64_t		contract = 2 + below(&seed, 999);

		assert_int_equal(dw_escrow_open(&escrow, "EUR", contract, &of),
						 DW_OK);
		assert_int_equal(dw_milestones_plan(plan, 2, contract), DW_OK);
		assert_int_equal(dw_escrow_fund(&escrow, &amount), DW_OK);
		assert_int_equal(dw_escrow_confirm(&escrow, plan, 2, amount), DW_OK);
		for (int i = 0; i < 8; i++)
		{
			DwSelector	part = {.has_amount = true,
				.amount = 1 + below(&seed, contract)};
			DwTakeBack	back = {.price = 1 + below(&seed, contract)};

			if (i % 3 == 0)
				(void) dw_escrow_release(&escrow, plan, 2, &part, &out);
			else if (i % 3 == 1)
				(void) dw_escrow_take_back(&escrow, plan, 2, 0, &back);
			else
				(void) dw_escrow_refund(&escrow, plan, 2, &part, &out);
			assert_true(dw_escrow_is_valid(&escrow));
		}
		if (dw_milestones_available(plan, 2) > 0)
			assert_int_equal(dw_escrow_release(&escrow, plan, 2, &all, &out),
							 DW_OK);
		assert_int_equal(escrow.held, 0);
	}
}

/* One milestone alone; what a bank has; what is not there. */
static void
test_take_back_part(void **state)
{
	DwMilestone plan[2];
	DwEscrow	escrow = make_released(&terms, plan);
	DwTakeBack	back = {.milestone_id = &plan[0].id, .price = 999};
	DwTakeBack	all = {.price = INT64_MAX};
	DwUuid		unknown = {{9}};
	DwTakeBack	none = {.milestone_id = &unknown, .price = 1};

	assert_int_equal(dw_escrow_take_back(&escrow, plan, 2, 0, &none),
					 DW_NOT_FOUND);
	assert_int_equal(dw_escrow_take_back(&escrow, plan, 2, 0, &back), DW_OK);
	assert_int_equal(back.price, plan[0].amount);
	assert_int_equal(plan[0].status, DW_MILESTONE_REFUNDED);
	assert_int_equal(plan[1].status, DW_MILESTONE_RELEASED);
	assert_int_equal(escrow.status, DW_ESCROW_SETTLED);
	/* of the other one a bank has all but 9 */
	assert_int_equal(dw_escrow_take_back(&escrow, plan, 2,
										 plan[1].amount - 9, &all), DW_OK);
	assert_int_equal(all.amount, 9);
	assert_int_equal(all.price, 9);
	all = (DwTakeBack)
	{
		.price = 1
	};
	assert_int_equal(dw_escrow_take_back(&escrow, plan, 2, escrow.released,
										 &all), DW_OK);
	assert_int_equal(all.amount, 0);
	escrow.frozen = true;
	assert_int_equal(dw_escrow_take_back(&escrow, plan, 2, 0, &all),
					 DW_INVALID_TRANSITION);
}

/* Out of what they have, else owed, else the platform's. */
static void
test_givers(void **state)
{
	static const struct
	{
		int64_t		available;
		bool		is_there;
		DwGivers	givers;
	}			cases[] = {
		{100, true, {100, 0, 0}}, {99, true, {99, 1, 0}},
		{0, true, {0, 100, 0}}, {-5, true, {0, 100, 0}},
		{99, false, {99, 0, 1}}, {0, false, {0, 0, 100}},
		{INT64_MAX, false, {100, 0, 0}}
	};

	for (size_t i = 0; i < DW_LENGTH(cases); i++)
	{
		DwGivers	givers = dw_take_back_divide(100, cases[i].available,
												 cases[i].is_there);

		assert_memory_equal(&givers, &cases[i].givers, sizeof(givers));
	}
}

/* What was released lately, by its time, its milestone and its payer. */
static void
test_since(void **state)
{
	const DwReleased releases[] = {
		{.milestone_id = {{1}}, .at = 30, .net = 90, .fee = 7, .tax = 2},
		{.at = 20, .net = 40, .fee = 3},
		{.milestone_id = {{2}}, .at = 10, .net = 20}
	};
	const DwUuid one = {{1}};

	assert_int_equal(dw_released_since(releases, 3, DW_FEE_PAYER_PROVIDER,
									   NULL, 0), 162);
	assert_int_equal(dw_released_since(releases, 3, DW_FEE_PAYER_HOMEOWNER,
									   NULL, 0), 150);
	assert_int_equal(dw_released_since(releases, 3, DW_FEE_PAYER_SPLIT,
									   NULL, 20), 94 + 41);
	assert_int_equal(dw_released_since(releases, 3, DW_FEE_PAYER_HOMEOWNER,
									   &one, 0), 130);
	assert_int_equal(dw_released_since(releases, 3, DW_FEE_PAYER_HOMEOWNER,
									   &one, 31), 0);
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
		cmocka_unit_test(test_take_back),
		cmocka_unit_test(test_take_back_between),
		cmocka_unit_test(test_take_back_part),
		cmocka_unit_test(test_givers),
		cmocka_unit_test(test_since),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
