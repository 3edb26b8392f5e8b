/*
 * fuzz_money.c
 *		Rounding is exact to half a unit, ties are even, parts always sum.
 */
#include "fuzz.h"

#include "core/base/base.h"

#define MAX_LEGS	40

/* |scaled * den - amount * num| <= den / 2, and a tie went to even. */
static void
check_scale(FuzzInput *input)
{
	int64_t		amount = fuzz_int64(input);
	int64_t		numerator = fuzz_int64(input);
	int64_t		denominator = fuzz_range(input, -1, INT64_MAX - 1);
	int64_t		scaled;
	DwWide		error;

	switch (dw_money_scale(amount, numerator, denominator, &scaled))
	{
		case DW_OK:
			error = (DwWide) amount * numerator -
				(DwWide) scaled * denominator;
			error = error < 0 ? -error : error;
			check(error * 2 <= denominator);
			check(error * 2 < denominator || scaled % 2 == 0);
			break;
		case DW_OVERFLOW:
			error = (DwWide) amount * numerator / denominator;
			check(error >= INT64_MAX || error <= INT64_MIN);
			break;
		default:
			check(denominator <= 0);
	}
}

/* Parts sum to the amount and are its exact shares to less than a unit. */
static void
check_allocate(FuzzInput *input)
{
	int64_t		amount = fuzz_int64(input);
	size_t		count = (size_t) fuzz_range(input, 0, MAX_LEGS);
	int64_t		widest = fuzz_range(input, 0, INT64_MAX / MAX_LEGS);
	int64_t		weights[MAX_LEGS];
	int64_t		parts[MAX_LEGS];
	DwWide		total = 0;
	DwWide		sum = 0;

	for (size_t i = 0; i < count; i++)
	{
		weights[i] = fuzz_range(input, 0, widest);
		total += weights[i];
	}
	if (dw_allocate(amount, weights, count, parts) != DW_OK)
	{
		check(total == 0);
		return;
	}
	for (size_t i = 0; i < count; i++)
	{
		DwWide		error = parts[i] * total - (DwWide) amount * weights[i];

		check(error < total && error > -total);
		check(weights[i] > 0 || parts[i] == 0);
		sum += parts[i];
	}
	check(sum == amount);
}

/* One input: a scaling, a line and an allocation. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	char		code[4] = "";

	check_scale(&input);
	check_allocate(&input);
	fuzz_read(&input, code, sizeof(code) - 1);
	check(dw_currency_exponent(code) <= 4);
	return 0;
}
