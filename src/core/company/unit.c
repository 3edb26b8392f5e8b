/*
 * unit.c
 *		In what a payment company counts a currency, where that is not its
 *		minor unit.
 */
#include "core/company/company.h"

#include "core/base/base.h"

/* 10^digits, for 0 to DW_PSP_EXPONENT_MAX. */
static int64_t
power_of_ten(int digits)
{
	int64_t		power = 1;

	while (digits-- > 0)
		power *= 10;
	return power;
}

int64_t
dw_psp_unit(const char *currency, int exponent)
{
	const int	ours = dw_currency_exponent(currency);

	return ours > exponent ? power_of_ten(ours - exponent) : 1;
}

DwResult
dw_psp_amount(const char *currency, int exponent, int64_t amount,
			  int64_t *theirs)
{
	const int	ours = dw_currency_exponent(currency);
	const int64_t unit = dw_psp_unit(currency, exponent);

	if (amount % unit != 0)
		return DW_BAD_VALUE;
	if (ours >= exponent)
	{
		*theirs = amount / unit;
		return DW_OK;
	}
	return dw_money_scale(amount, power_of_ten(exponent - ours), 1, theirs);
}
