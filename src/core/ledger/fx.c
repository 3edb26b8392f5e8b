/*
 * fx.c
 *		Changes an amount of one currency into another, exactly.
 */
#include "core/ledger/ledger.h"

#include "core/base/base.h"

DwResult
dw_fx_convert(int64_t amount, const DwFxRate *rate, DwFxTrade *trade)
{
	DwWide		bought;
	DwWide		cost;

	if (amount < 0 || rate->numerator <= 0 || rate->denominator <= 0)
		return DW_BAD_VALUE;
	bought = (DwWide) amount * rate->numerator / rate->denominator;
	if (bought > INT64_MAX)
		return DW_OVERFLOW;

	/* rounded up, and yet at most the amount, for that buys as much */
	cost = bought * rate->denominator;
	trade->bought = (int64_t) bought;
	trade->used = (int64_t) ((cost + rate->numerator - 1) / rate->numerator);
	trade->remainder = amount - trade->used;
	return DW_OK;
}
