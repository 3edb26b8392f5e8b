/*
 * fuzz_fee.c
 *		However an amount is released, the fee is that of the whole.
 */
#include "fuzz.h"

#include "core/base/base.h"
#include "core/fee/fee.h"

#define MAX_PARTS	32

/* Any terms, mostly valid ones. */
static DwFeeTerms
read_terms(FuzzInput * input)
{
	DwFeeTerms	terms = {0};
	int64_t		from = 0;

	terms.rate_ppm = fuzz_range(input, 0, DW_PPM + 1);
	terms.fixed = fuzz_range(input, 0, 1000000);
	terms.min_fee = fuzz_range(input, 0, 1000000);
	terms.max_fee = fuzz_range(input, -1, 2000000);
	terms.tax_ppm = fuzz_range(input, 0, DW_PPM);
	terms.payer = (DwFeePayer) fuzz_range(input, 0, DW_FEE_PAYER_COUNT);
	terms.promo_ppm = fuzz_range(input, 0, DW_PPM);
	terms.promo_max = fuzz_range(input, -1, 2000000);
	terms.step_count = (int) fuzz_range(input, 0, DW_FEE_STEPS_MAX);
	for (int i = 0; i < terms.step_count; i++)
	{
		from += fuzz_range(input, 0, 200000);
		terms.steps[i].from_amount = from;
		terms.steps[i].rate_ppm = fuzz_range(input, 0, 2 * DW_PPM);
		if (terms.steps[i].rate_ppm > DW_PPM)
			terms.steps[i].rate_ppm = DW_PPM;
	}
	return terms;
}

/* F(0) = 0, F never falls, and never rises by more than the amount. */
static void
check_slope(const DwFeeTerms *terms, int64_t amount, int64_t more)
{
	int64_t		low;
	int64_t		high;

	check(dw_fee_amount(terms, 0, &low) == DW_OK && low == 0);
	check(dw_fee_amount(terms, amount, &low) == DW_OK);
	check(dw_fee_amount(terms, amount + more, &high) == DW_OK);
	check(low >= 0 && low <= amount);
	check(high >= low && high - low <= more);
}

/* The same unit by unit, around each place where the rate changes. */
static void
check_steps(const DwFeeTerms *terms)
{
	for (int i = 0; i < terms->step_count; i++)
		for (int64_t near = -2; near < 6; near++)
			if (terms->steps[i].from_amount + near >= 0)
				check_slope(terms, terms->steps[i].from_amount + near, 1);
}

/* Releases a part and keeps the totals. */
static void
release(const DwFeeTerms *terms, DwFeeTaken *taken, int64_t part)
{
	DwFeeQuote	quote;

	check(dw_fee_release(terms, taken, part, &quote) == DW_OK);
	check(quote.fee >= 0 && quote.tax >= 0);
	check(terms->payer != DW_FEE_PAYER_PROVIDER ||
		  quote.fee + quote.tax <= part);
	check(quote.payout >= 0 && quote.payout <= part);
	check(quote.charge == quote.payout + quote.fee + quote.tax);
	check(quote.charge >= part);
	taken->released += part;
	taken->fee += quote.fee;
	taken->tax += quote.tax;
	taken->borne += quote.charge - part;
}

/* A quote is the release of the whole at once. */
static void
check_quote(const DwFeeTerms *terms, int64_t amount, const DwFeeQuote *quote)
{
	const DwFeeTaken nothing = {0};
	DwFeeQuote	whole;

	check(dw_fee_release(terms, &nothing, amount, &whole) == DW_OK);
	check(memcmp(&whole, quote, sizeof(whole)) == 0);
}

/* One input: terms, an amount, and the ways to cut it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	DwFeeTerms	terms = read_terms(&input);
	int64_t		amount = fuzz_range(&input, 0, INT64_MAX / 4);
	int64_t		parts = fuzz_range(&input, 0, MAX_PARTS);
	DwFeeTaken	taken = {0};
	DwFeeQuote	once;

	if (!dw_fee_terms_valid(&terms))
	{
		check(dw_fee_quote(&terms, amount, &once) == DW_BAD_VALUE);
		return 0;
	}
	check_slope(&terms, amount, fuzz_range(&input, 0, 100000));
	check_steps(&terms);

	for (int64_t i = 0; i < parts; i++)
		release(&terms, &taken,
				fuzz_range(&input, 0, amount - taken.released));
	release(&terms, &taken, amount - taken.released);

	check(dw_fee_quote(&terms, amount, &once) == DW_OK);
	check_quote(&terms, amount, &once);
	check(taken.fee == once.fee);
	check(taken.tax <= once.tax);
	check(terms.payer == DW_FEE_PAYER_PROVIDER || taken.tax == once.tax);
	check(amount + taken.borne == once.charge);
	return 0;
}
