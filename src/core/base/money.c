/*
 * money.c
 *		Checked, half-even arithmetic on amounts in minor units.
 *
 * Amounts of daily life fit the 64-bit path, which costs a fraction of a
 * 128-bit division; both paths round alike.
 */
#include "core/base/base.h"

#include <stdbool.h>
#include <string.h>

typedef unsigned __int128 DwUnsignedWide;

#define DW_CURRENCY_LENGTH		3	/* letters of a code */
#define DW_CURRENCY_MAX_DIGITS	4	/* minor digits at most */

/* An amount on its way into parts. */
typedef struct Allocation
{
	const int64_t *weights;		/* one a leg */
	size_t		count;			/* legs */
	uint64_t	size;			/* of the amount, without its sign */
	uint64_t	total;			/* sum of the weights */
	int			sign;			/* of the amount */
} Allocation;

/*
 * The active codes of ISO 4217 by their minor digits, amendment 179.  Codes
 * without minor units (metals, test and bond codes) are no money here.
 */
static const char *const currency_codes[DW_CURRENCY_MAX_DIGITS + 1] = {
	[0] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF "
	"XPF",
	[2] = "USD EUR GBP CAD AUD NZD AED AFN ALL AMD AOA ARS AWG AZN BAM BBD "
	"BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CDF CHE CHF CHW CNY COP "
	"COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB FJD FKP GEL GHS GIP GMD GTQ "
	"GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP "
	"LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN "
	"NAD NGN NIO NOK NPR PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR "
	"SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD "
	"TWD TZS UAH USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
	[3] = "BHD IQD JOD KWD LYD OMR TND",
	[4] = "CLF UYW",
};

/* a + b */
DwResult
dw_money_add(int64_t a, int64_t b, int64_t *sum)
{
	int64_t		result;

	if (__builtin_add_overflow(a, b, &result))
		return DW_OVERFLOW;
	*sum = result;
	return DW_OK;
}

/* a - b */
DwResult
dw_money_subtract(int64_t a, int64_t b, int64_t *difference)
{
	int64_t		result;

	if (__builtin_sub_overflow(a, b, &result))
		return DW_OVERFLOW;
	*difference = result;
	return DW_OK;
}

int64_t
dw_money_lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * The step from a truncated quotient to the half-even one: -1, 0 or 1 away
 * from zero.  The remainder has the sign of the dividend, and twice its size
 * is never formed, because it may not fit.
 */
static int
half_even_step(int64_t remainder, int64_t divisor, bool is_odd)
{
	int64_t		size = remainder < 0 ? -remainder : remainder;
	int64_t		rest = divisor - size;

	if (size < rest || (size == rest && !is_odd))
		return 0;
	return remainder < 0 ? -1 : 1;
}

/* Half-even division of what fits 64 bits; the result always fits. */
static int64_t
divide_narrow(int64_t dividend, int64_t divisor)
{
	int64_t		quotient = dividend / divisor;

	return quotient + half_even_step(dividend % divisor, divisor,
									 quotient & 1);
}

/* Half-even division of a wide dividend. */
DwResult
dw_money_divide(DwWide dividend, int64_t divisor, int64_t *quotient)
{
	DwWide		wide;

	if (divisor <= 0)
		return DW_BAD_VALUE;
	if (dividend >= INT64_MIN && dividend <= INT64_MAX)
	{
		*quotient = divide_narrow((int64_t) dividend, divisor);
		return DW_OK;
	}

	wide = dividend / divisor;
	wide += half_even_step((int64_t) (dividend % divisor), divisor,
						   wide & 1);
	if (wide < INT64_MIN || wide > INT64_MAX)
		return DW_OVERFLOW;
	*quotient = (int64_t) wide;
	return DW_OK;
}

/* amount * numerator / denominator, rounded once. */
DwResult
dw_money_scale(int64_t amount, int64_t numerator, int64_t denominator,
			   int64_t *scaled)
{
	return dw_money_divide((DwWide) amount * numerator, denominator, scaled);
}

/* The total of a material line. */
DwResult
dw_money_line_total(int64_t unit_price, int64_t quantity_micros,
					int64_t *total)
{
	return dw_money_scale(unit_price, quantity_micros, DW_MICROS, total);
}

/* The sum of weights that are not negative and not all zero. */
static DwResult
sum_weights(const int64_t *weights, size_t count, int64_t *total)
{
	*total = 0;
	for (size_t i = 0; i < count; i++)
	{
		if (weights[i] < 0)
			return DW_BAD_VALUE;
		if (dw_money_add(*total, weights[i], total) != DW_OK)
			return DW_OVERFLOW;
	}
	return *total > 0 ? DW_OK : DW_BAD_VALUE;
}

/* A leg's exact share of the amount, in units of 1/total. */
static DwUnsignedWide
leg_share(const Allocation *all, size_t leg)
{
	return (DwUnsignedWide) all->size * (uint64_t) all->weights[leg];
}

/* How many legs have more than that left over once floors are taken. */
static uint64_t
count_above(const Allocation *all, uint64_t cut)
{
	uint64_t	above = 0;

	for (size_t i = 0; i < all->count; i++)
		above += leg_share(all, i) % all->total > cut;
	return above;
}

/* The least remainder such that no more legs than units lie above it. */
static uint64_t
find_cut(const Allocation *all, uint64_t units)
{
	uint64_t	low = 0;
	uint64_t	high = all->total - 1;

	while (low < high)
	{
		uint64_t	middle = low + (high - low) / 2;

		if (count_above(all, middle) <= units)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * Hands out the units that the floors left: one to each leg whose remainder
 * is above the cut, then to those at the cut, in leg order.
 */
static void
give_units(const Allocation *all, uint64_t units, int64_t *parts)
{
	uint64_t	cut = find_cut(all, units);
	uint64_t	at_cut = units - count_above(all, cut);

	for (size_t i = 0; i < all->count; i++)
	{
		uint64_t	remainder = leg_share(all, i) % all->total;

		if (remainder < cut || (remainder == cut && at_cut == 0))
			continue;
		if (remainder == cut)
			at_cut--;
		parts[i] += all->sign;
	}
}

/*
 * Largest remainder.  A negative amount is split as its opposite is.  The
 * remainders are not sorted but cut by bisection, so no memory is needed.
 */
DwResult
dw_allocate(int64_t amount, const int64_t *weights, size_t count,
			int64_t *parts)
{
	Allocation	all = {
		.weights = weights,
		.count = count
	};
	int64_t		total;
	uint64_t	units;
	DwResult	result = sum_weights(weights, count, &total);

	if (result != DW_OK)
		return result;

	all.size = amount < 0 ? -(uint64_t) amount : (uint64_t) amount;
	all.sign = amount < 0 ? -1 : 1;
	all.total = (uint64_t) total;
	units = all.size;
	for (size_t i = 0; i < count; i++)
	{
		uint64_t	part = (uint64_t) (leg_share(&all, i) / all.total);

		units -= part;
		parts[i] = (int64_t) (amount < 0 ? -part : part);
	}
	if (units > 0)
		give_units(&all, units, parts);
	return DW_OK;
}

/* Minor digits of a currency; codes are upper case, as ISO writes them. */
int
dw_currency_exponent(const char *code)
{
	if (strlen(code) != DW_CURRENCY_LENGTH)
		return DW_CURRENCY_UNKNOWN;
	for (int digits = 0; digits <= DW_CURRENCY_MAX_DIGITS; digits++)
	{
		for (const char *next = currency_codes[digits]; next != NULL;
			 next = next[DW_CURRENCY_LENGTH] == ' ' ?
			 next + DW_CURRENCY_LENGTH + 1 : NULL)
			if (memcmp(next, code, DW_CURRENCY_LENGTH) == 0)
				return digits;
	}
	return DW_CURRENCY_UNKNOWN;
}
