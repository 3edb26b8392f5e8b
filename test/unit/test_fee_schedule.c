/*
 * test_fee_schedule.c
 *		Which terms a contract gets of a schedule with tiers.
 */
#include "unit.h"

#include "core/base/base.h"
#include "core/fee/fee.h"

/* Three tiers that a flat and, without the fixed part, a marginal one has. */
static const DwFeeSchedule three = {
	.kind = DW_FEE_KIND_FLAT, .payer = DW_FEE_PAYER_SPLIT, .tax_ppm = 70000,
	.tier_count = 3,
	.tiers = {
		{0, 100000, 30, 50, 9000},
		{100000, 50000, 0, 0, DW_FEE_NO_MAX},
		{500000, 25000, 0, 0, DW_FEE_NO_MAX},
	}
};

/* A flat schedule gives the numbers of one tier, by the amount. */
static void
test_flat(void **state)
{
	DwFeeTerms	terms;

	assert_true(dw_fee_schedule_valid(&three));
	dw_fee_schedule_terms(&three, 99999, &terms);
	assert_int_equal(terms.rate_ppm, 100000);
	assert_int_equal(terms.fixed, 30);
	assert_int_equal(terms.min_fee, 50);
	assert_int_equal(terms.max_fee, 9000);
	assert_int_equal(terms.tax_ppm, 70000);
	assert_int_equal(terms.payer, DW_FEE_PAYER_SPLIT);
	assert_int_equal(terms.step_count, 0);
	dw_fee_schedule_terms(&three, 100000, &terms);
	assert_int_equal(terms.rate_ppm, 50000);
	assert_int_equal(terms.fixed, 0);
	assert_int_equal(terms.max_fee, DW_FEE_NO_MAX);
	dw_fee_schedule_terms(&three, INT64_MAX, &terms);
	assert_int_equal(terms.rate_ppm, 25000);
}

/* Whatever is no rate is an amount, also a limit of nothing. */
static void
test_amounts(void **state)
{
	DwFeeSchedule schedule = {
		.kind = DW_FEE_KIND_FLAT,
		.tier_count = 2,
		.tiers = {{0, 50000, 0, 0, DW_FEE_NO_MAX}}
	};

	assert_true(dw_fee_schedule_has_amounts(&three));
	schedule.tiers[1] = (DwFeeTier) {1, 0, 0, 0, DW_FEE_NO_MAX};
	assert_true(dw_fee_schedule_has_amounts(&schedule));
	schedule.tier_count = 1;
	assert_false(dw_fee_schedule_has_amounts(&schedule));
	schedule.tiers[0].fixed = 1;
	assert_true(dw_fee_schedule_has_amounts(&schedule));
	schedule.tiers[0] = (DwFeeTier) {0, 50000, 0, 1, DW_FEE_NO_MAX};
	assert_true(dw_fee_schedule_has_amounts(&schedule));
	schedule.tiers[0] = (DwFeeTier) {0, 50000, 0, 0, 0};
	assert_true(dw_fee_schedule_has_amounts(&schedule));
}

/* A marginal one gives all rates, whatever the amount. */
static void
test_marginal(void **state)
{
	DwFeeSchedule schedule = three;
	DwFeeTerms	terms;
	int64_t		fee;

	schedule.kind = DW_FEE_KIND_MARGINAL;
	schedule.tiers[0] = (DwFeeTier) {0, 100000, 30, 50, DW_FEE_NO_MAX};
	assert_true(dw_fee_schedule_valid(&schedule));
	dw_fee_schedule_terms(&schedule, 1, &terms);
	assert_int_equal(terms.step_count, 2);
	assert_int_equal(dw_fee_amount(&terms, 600000, &fee), DW_OK);
	assert_int_equal(fee, 10000 + 20000 + 2500 + 30);
	schedule.tiers[1].fixed = 1;
	assert_false(dw_fee_schedule_valid(&schedule));
	schedule.tiers[1].fixed = 0;
	schedule.tiers[2].max_fee = 7;
	assert_false(dw_fee_schedule_valid(&schedule));
}

/* Tiers begin at 0 and rise, and each of them must make sense. */
static void
test_refused(void **state)
{
	DwFeeSchedule schedule = three;

	schedule.tier_count = 0;
	assert_false(dw_fee_schedule_valid(&schedule));
	schedule.tier_count = DW_FEE_TIERS_MAX + 1;
	assert_false(dw_fee_schedule_valid(&schedule));
	schedule = three;
	schedule.tiers[0].from_amount = 1;
	assert_false(dw_fee_schedule_valid(&schedule));
	schedule = three;
	schedule.tiers[2].from_amount = 100000;
	assert_false(dw_fee_schedule_valid(&schedule));
	schedule = three;
	schedule.tiers[2].rate_ppm = DW_PPM + 1;
	assert_false(dw_fee_schedule_valid(&schedule));
	schedule = three;
	schedule.tiers[0].max_fee = 49;
	assert_false(dw_fee_schedule_valid(&schedule));
	schedule = three;
	schedule.kind = (DwFeeKind) 7;
	assert_false(dw_fee_schedule_valid(&schedule));
}

/* Labels there and back. */
static void
test_labels(void **state)
{
	DwFeeKind	kind;

	assert_string_equal(dw_fee_kind_label(DW_FEE_KIND_FLAT), "flat");
	assert_true(dw_fee_kind_parse("marginal", &kind));
	assert_int_equal(kind, DW_FEE_KIND_MARGINAL);
	assert_false(dw_fee_kind_parse("steep", &kind));
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_marginal),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
