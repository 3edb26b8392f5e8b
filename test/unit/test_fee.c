/*
 * test_fee.c
 *		The fee of an amount, of a quote, and of any sequence of releases.
 */
#include "unit.h"

#include "core/base/base.h"
#include "core/fee/fee.h"

/* Terms without steps or a promo code. */
#define TERMS(rate, fix, least, most, tax, who) \
	{ \
		.rate_ppm = (rate), .fixed = (fix), .min_fee = (least), \
		.max_fee = (most), .tax_ppm = (tax), .payer = (who) \
	}

/* The built-in schedule: 5 % from the provider. */
static const DwFeeTerms five_percent = {
	.rate_ppm = 50000, .max_fee = DW_FEE_NO_MAX,
	.payer = DW_FEE_PAYER_PROVIDER
};

/* Schedules of every shape; each is run with every payer. */
static const DwFeeTerms shapes[] = {
	TERMS(50000, 0, 0, DW_FEE_NO_MAX, 0, DW_FEE_PAYER_PROVIDER),
	TERMS(0, 0, 0, DW_FEE_NO_MAX, 0, DW_FEE_PAYER_PROVIDER),
	TERMS(29000, 30, 0, DW_FEE_NO_MAX, 0, DW_FEE_PAYER_PROVIDER),
	TERMS(29000, 30, 100, 250, 0, DW_FEE_PAYER_PROVIDER),
	TERMS(123457, 7, 0, 999, 190000, DW_FEE_PAYER_PROVIDER),
	TERMS(1000000, 0, 0, DW_FEE_NO_MAX, 0, DW_FEE_PAYER_PROVIDER),
	TERMS(1000000, 5, 5, 50, 1000000, DW_FEE_PAYER_PROVIDER),
	TERMS(500000, 0, 0, DW_FEE_NO_MAX, 1000000, DW_FEE_PAYER_PROVIDER),
	TERMS(1, 0, 0, DW_FEE_NO_MAX, 70000, DW_FEE_PAYER_PROVIDER),
	{.rate_ppm = 100000, .max_fee = DW_FEE_NO_MAX, .step_count = 2,
	.steps = {{1000, 50000}, {3001, 25000}}},
	{.rate_ppm = 12345, .fixed = 20, .min_fee = 25, .max_fee = 300,
		.tax_ppm = 190000, .step_count = 3,
	.steps = {{7, 999999}, {300, 0}, {2000, 333333}}},
	{.rate_ppm = 50000, .max_fee = DW_FEE_NO_MAX, .promo_ppm = 500000,
	.promo_max = DW_FEE_NO_MAX},
	{.rate_ppm = 290000, .fixed = 30, .max_fee = 900, .tax_ppm = 70000,
		.promo_ppm = 333333, .promo_max = 40, .step_count = 1,
	.steps = {{100, 1000000}}},
};

/* A generator with a state of its own, so that runs repeat. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* F of terms that are known to be valid. */
static int64_t
fee(const DwFeeTerms *terms, int64_t amount)
{
	int64_t		result;

	assert_int_equal(dw_fee_amount(terms, amount, &result), DW_OK);
	return result;
}

/* 950.00 at 5 % is 47.50, and 902.50 reach the provider. */
static void
test_default(void **state)
{
	DwFeeQuote	quote;

	assert_int_equal(dw_fee_quote(&five_percent, 95000, &quote), DW_OK);
	assert_int_equal(quote.fee, 4750);
	assert_int_equal(quote.tax, 0);
	assert_int_equal(quote.payout, 90250);
	assert_int_equal(quote.charge, 95000);
}

/* Rate, fixed part, both clamps, the amount itself, in that order. */
static void
test_amount(void **state)
{
	const DwFeeTerms clamped = shapes[3];

	assert_int_equal(fee(&five_percent, 10), 0);	/* 0.5 to even */
	assert_int_equal(fee(&five_percent, 30), 2);	/* 1.5 to even */
	assert_int_equal(fee(&clamped, 0), 0);
	assert_int_equal(fee(&clamped, 60), 60);
	assert_int_equal(fee(&clamped, 1000), 100);
	assert_int_equal(fee(&clamped, 5000), 175);
	assert_int_equal(fee(&clamped, 1000000), 250);
	assert_int_equal(fee(&shapes[5], INT64_MAX), INT64_MAX);
}

/* The ends of the range neither trap nor wrap. */
static void
test_extremes(void **state)
{
	DwFeeTerms	terms = five_percent;
	DwFeeTaken	before = {.released = INT64_MAX};
	DwFeeQuote	quote;

	terms.fixed = INT64_MAX;
	assert_int_equal(fee(&terms, INT64_MAX), INT64_MAX);
	assert_int_equal(dw_fee_release(&terms, &before, 1, &quote),
					 DW_OVERFLOW);
	terms.payer = DW_FEE_PAYER_HOMEOWNER;
	assert_int_equal(dw_fee_quote(&terms, INT64_MAX, &quote), DW_OVERFLOW);
	assert_int_equal(dw_fee_quote(&terms, -1, &quote), DW_BAD_VALUE);
	before.released = -1;
	assert_int_equal(dw_fee_release(&terms, &before, 1, &quote),
					 DW_BAD_VALUE);
}

/* Terms that could make a fee fall, outgrow the amount or be negative. */
static void
test_terms(void **state)
{
	static const DwFeeTerms bad[] = {
		TERMS(-1, 0, 0, DW_FEE_NO_MAX, 0, DW_FEE_PAYER_PROVIDER),
		TERMS(1000001, 0, 0, DW_FEE_NO_MAX, 0, DW_FEE_PAYER_PROVIDER),
		TERMS(0, -1, 0, DW_FEE_NO_MAX, 0, DW_FEE_PAYER_PROVIDER),
		TERMS(0, 0, -1, DW_FEE_NO_MAX, 0, DW_FEE_PAYER_PROVIDER),
		TERMS(0, 0, 0, -2, 0, DW_FEE_PAYER_PROVIDER),
		TERMS(0, 0, 10, 9, 0, DW_FEE_PAYER_PROVIDER),
		TERMS(0, 0, 0, DW_FEE_NO_MAX, -1, DW_FEE_PAYER_PROVIDER),
		TERMS(0, 0, 0, DW_FEE_NO_MAX, 1000001, DW_FEE_PAYER_PROVIDER),
		TERMS(0, 0, 0, DW_FEE_NO_MAX, 0, DW_FEE_PAYER_COUNT),
	};
	int64_t		result;

	for (size_t i = 0; i < DW_LENGTH(shapes); i++)
		assert_true(dw_fee_terms_valid(&shapes[i]));
	for (size_t i = 0; i < DW_LENGTH(bad); i++)
	{
		assert_false(dw_fee_terms_valid(&bad[i]));
		assert_int_equal(dw_fee_amount(&bad[i], 1, &result), DW_BAD_VALUE);
	}
}

/* Each part of the amount pays the rate of its step; rounded once. */
static void
test_steps(void **state)
{
	DwFeeTerms	terms = shapes[9];

	assert_int_equal(fee(&terms, 1000), 100);
	assert_int_equal(fee(&terms, 1010), 100);	/* 100.5 to even */
	assert_int_equal(fee(&terms, 1030), 102);	/* 101.5 to even */
	assert_int_equal(fee(&terms, 3001), 200);	/* 200.05 */
	assert_int_equal(fee(&terms, 7001), 300);	/* 300.05 */
	terms.steps[1].rate_ppm = DW_PPM;
	assert_true(dw_fee_terms_valid(&terms));
	assert_int_equal(fee(&terms, INT64_MAX), INT64_MAX - 3001 + 200);
}

/* Steps that do not rise, or make a fee outgrow the amount. */
static void
test_bad_steps(void **state)
{
	DwFeeTerms	terms = shapes[9];

	terms.steps[0].from_amount = 0;
	assert_false(dw_fee_terms_valid(&terms));
	terms.steps[0].from_amount = 3001;
	assert_false(dw_fee_terms_valid(&terms));
	terms = shapes[9];
	terms.steps[1].rate_ppm = 1000001;
	assert_false(dw_fee_terms_valid(&terms));
	terms.step_count = DW_FEE_STEPS_MAX + 1;
	assert_false(dw_fee_terms_valid(&terms));
	terms.step_count = -1;
	assert_false(dw_fee_terms_valid(&terms));

	/* half a unit below a rate of one: 10.5, 11.5, 12.5 → 10, 12, 12 */
	terms = shapes[9];
	terms.step_count = 1;
	terms.steps[0] = (DwFeeStep) {105, DW_PPM};
	assert_false(dw_fee_terms_valid(&terms));
	terms.steps[0].from_amount = 106;
	assert_true(dw_fee_terms_valid(&terms));
}

/* A promo code waives a part of the fee, up to a limit. */
static void
test_promo(void **state)
{
	DwFeeTerms	terms = shapes[11];
	int64_t		waived;

	assert_int_equal(fee(&terms, 95000), 2375);
	assert_int_equal(dw_fee_waived(&terms, 95000, &waived), DW_OK);
	assert_int_equal(waived, 2375);
	terms.promo_max = 100;
	assert_int_equal(fee(&terms, 95000), 4650);
	terms.promo_ppm = DW_PPM;
	terms.promo_max = DW_FEE_NO_MAX;
	assert_int_equal(fee(&terms, 95000), 0);
	terms.promo_max = -2;
	assert_false(dw_fee_terms_valid(&terms));
	assert_int_equal(dw_fee_waived(&terms, 1, &waived), DW_BAD_VALUE);
	terms.promo_max = 0;
	terms.promo_ppm = DW_PPM + 1;
	assert_false(dw_fee_terms_valid(&terms));
}

/* F(0) = 0; one unit more never lowers F, nor raises it by more than one. */
static void
test_slope(void **state)
{
	for (size_t i = 0; i < DW_LENGTH(shapes); i++)
	{
		int64_t		last = fee(&shapes[i], 0);

		assert_int_equal(last, 0);
		for (int64_t amount = 1; amount < 5000; amount++)
		{
			int64_t		now = fee(&shapes[i], amount);

			assert_true(now - last == 0 || now - last == 1);
			last = now;
		}
	}
}

/* Releases an amount in random parts and adds up what they come to. */
static DwFeeQuote
release_in_parts(const DwFeeTerms *terms, int64_t amount, uint32_t *seed)
{
	DwFeeTaken	taken = {0};
	DwFeeQuote	sum = {0, 0, 0, 0};

	while (taken.released < amount)
	{
		int64_t		rest = amount - taken.released;
		int64_t		part = 1 + next_random(seed) % rest;
		DwFeeQuote	quote;

		assert_int_equal(dw_fee_release(terms, &taken, part, &quote), DW_OK);
		if (terms->payer == DW_FEE_PAYER_PROVIDER)
			assert_true(quote.fee + quote.tax <= part);
		assert_int_equal(dw_fee_part(terms->payer, &taken, &quote), part);
		assert_true(quote.payout >= 0 && quote.payout <= part);
		assert_int_equal(quote.charge,
						 quote.payout + quote.fee + quote.tax);
		taken.released += part;
		taken.fee += quote.fee;
		taken.tax += quote.tax;
		taken.borne += quote.charge - part;
		sum.fee += quote.fee;
		sum.tax += quote.tax;
		sum.payout += quote.payout;
		sum.charge += quote.charge;
	}
	return sum;
}

/* Any partition pays the fee of the whole, whoever bears it. */
static void
test_partitions(void **state)
{
	uint32_t	seed = 1;

	for (int round = 0; round < 6000; round++)
	{
		DwFeeTerms	terms = shapes[round % DW_LENGTH(shapes)];
		int64_t		amount = 1 + next_random(&seed) % 20000;
		DwFeeQuote	once;
		DwFeeQuote	sum;

		terms.payer = next_random(&seed) % DW_FEE_PAYER_COUNT;
		sum = release_in_parts(&terms, amount, &seed);
		assert_int_equal(dw_fee_quote(&terms, amount, &once), DW_OK);
		assert_int_equal(sum.fee, once.fee);
		assert_true(sum.tax <= once.tax);
		if (terms.payer != DW_FEE_PAYER_PROVIDER)
			assert_int_equal(sum.tax, once.tax);
		assert_int_equal(sum.charge, once.charge);
		assert_int_equal(sum.payout, once.payout + once.tax - sum.tax);
	}
}

/* A tax that does not fit beside the fee waits for the next release. */
static void
test_tax_waits(void **state)
{
	const DwFeeTerms terms = TERMS(0, 30, 0, DW_FEE_NO_MAX, 200000,
								   DW_FEE_PAYER_PROVIDER);
	DwFeeTaken	taken = {0};
	DwFeeQuote	quote;

	assert_int_equal(dw_fee_release(&terms, &taken, 32, &quote), DW_OK);
	assert_int_equal(quote.fee, 30);
	assert_int_equal(quote.tax, 2);
	assert_int_equal(quote.payout, 0);
	taken = (DwFeeTaken) {.released = 32, .fee = 30, .tax = 2};
	assert_int_equal(dw_fee_release(&terms, &taken, 68, &quote), DW_OK);
	assert_int_equal(quote.fee, 0);
	assert_int_equal(quote.tax, 4);
	assert_int_equal(quote.payout, 64);
}

/* Nobody's part limits a tax that is paid on top. */
static void
test_tax_on_top(void **state)
{
	const DwFeeTerms terms = TERMS(0, 30, 0, DW_FEE_NO_MAX, 200000,
								   DW_FEE_PAYER_HOMEOWNER);
	DwFeeQuote	quote;

	assert_int_equal(dw_fee_quote(&terms, 20, &quote), DW_OK);
	assert_int_equal(quote.fee, 20);
	assert_int_equal(quote.tax, 4);
	assert_int_equal(quote.payout, 20);
	assert_int_equal(quote.charge, 44);
}

/* A homeowner's share that went astray comes right with the next release. */
static void
test_share_heals(void **state)
{
	DwFeeTaken	taken = {.released = 1000, .fee = 51, .borne = 25};
	DwFeeTerms	terms = five_percent;
	DwFeeQuote	quote;

	terms.payer = DW_FEE_PAYER_SPLIT;
	assert_int_equal(dw_fee_release(&terms, &taken, 1000, &quote), DW_OK);
	assert_int_equal(quote.fee, 49);
	assert_int_equal(quote.charge, 1025);
	taken.borne = 1000;
	assert_int_equal(dw_fee_release(&terms, &taken, 10, &quote), DW_OK);
	assert_int_equal(quote.payout, 0);
}

/* A fee already above what is due is not given back by a release. */
static void
test_no_refund(void **state)
{
	const DwFeeTaken taken = {.released = 1000, .fee = 500};
	DwFeeQuote	quote;

	assert_int_equal(dw_fee_release(&five_percent, &taken, 1000, &quote),
					 DW_OK);
	assert_int_equal(quote.fee, 0);
	assert_int_equal(quote.payout, 1000);
}

/* Who bears what: on top, out of it, or half with the remainder on top. */
static void
test_payers(void **state)
{
	DwFeeTerms	terms = five_percent;
	DwFeeQuote	quote;

	terms.payer = DW_FEE_PAYER_HOMEOWNER;
	assert_int_equal(dw_fee_quote(&terms, 95000, &quote), DW_OK);
	assert_int_equal(quote.payout, 95000);
	assert_int_equal(quote.charge, 99750);
	terms.payer = DW_FEE_PAYER_SPLIT;
	assert_int_equal(dw_fee_quote(&terms, 1020, &quote), DW_OK);
	assert_int_equal(quote.fee, 51);
	assert_int_equal(quote.payout, 1020 - 25);
	assert_int_equal(quote.charge, 1020 + 26);
}

/* Labels there and back. */
static void
test_labels(void **state)
{
	DwFeePayer	payer;

	for (int i = 0; i < DW_FEE_PAYER_COUNT; i++)
	{
		assert_true(dw_fee_payer_parse(dw_fee_payer_label(i), &payer));
		assert_int_equal(payer, i);
	}
	assert_string_equal(dw_fee_payer_label(DW_FEE_PAYER_SPLIT), "split");
	assert_false(dw_fee_payer_parse("nobody", &payer));
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_amount),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_terms),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_bad_steps),
		cmocka_unit_test(test_promo),
		cmocka_unit_test(test_slope),
		cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_tax_waits),
		cmocka_unit_test(test_tax_on_top),
		cmocka_unit_test(test_share_heals),
		cmocka_unit_test(test_no_refund),
		cmocka_unit_test(test_payers),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
