/*
 * fuzz_fx.c
 *		No unit is lost or made when one currency becomes another.
 */
#include "fuzz.h"

#include "core/base/base.h"
#include "core/ledger/ledger.h"

/* One input: an amount and a rate, mostly possible ones. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	int64_t		amount = fuzz_int64(&input);
	DwFxRate	rate = {fuzz_int64(&input), fuzz_int64(&input)};
	int64_t		unit = fuzz_range(&input, 1, 1000);
	DwFxTrade	trade;
	DwFxTrade	again;
	DwResult	result = dw_fx_convert(amount, &rate, unit, &trade);

	if (amount < 0 || rate.numerator <= 0 || rate.denominator <= 0)
	{
		check(result == DW_BAD_VALUE);
		return 0;
	}
	if (result != DW_OK)
	{
		check(result == DW_OVERFLOW && rate.numerator > rate.denominator);
		return 0;
	}
	check(trade.bought >= 0 && trade.used >= 0 && trade.remainder >= 0);
	check(trade.used + trade.remainder == amount);
	check((DwWide) trade.bought * rate.denominator <=
		  (DwWide) amount * rate.numerator);
	check(trade.bought % unit == 0);
	check(((DwWide) trade.bought + unit) * rate.denominator >
		  (DwWide) amount * rate.numerator);
	check(dw_fx_convert(trade.used, &rate, unit, &again) == DW_OK);
	check(again.bought == trade.bought && again.remainder == 0);
	return 0;
}
