/*
 * fx.h
 *		Changes an amount of one currency into another, exactly.
 *
 * A rate is a fraction of minor units: numerator of the currency bought for
 * denominator of the one sold.  What is bought is rounded down; of what was
 * sold, the part that bought nothing is the remainder, in minor units of the
 * currency sold.  So each currency's half of the books balances by itself:
 *		amount = used + remainder
 *		bought = floor(amount * numerator / denominator)
 *			   = floor(used * numerator / denominator)
 * and used is the least amount that buys as much.
 */
#ifndef DW_FX_H
#define DW_FX_H

#include <stdint.h>

#include "core/result.h"

/* What one currency is worth in another. */
typedef struct DwFxRate
{
	int64_t		numerator;		/* minor units bought, > 0 */
	int64_t		denominator;	/* for these sold, > 0 */
} DwFxRate;

/* What a conversion comes to. */
typedef struct DwFxTrade
{
	int64_t		bought;			/* minor units of the other currency */
	int64_t		used;			/* of the amount, what they cost */
	int64_t		remainder;		/* of the amount, what is left */
} DwFxTrade;

/*
 * DW_BAD_VALUE: a negative amount or a rate that is not positive.
 * DW_OVERFLOW: what is bought does not fit.  Written with DW_OK only.
 */
extern DwResult dw_fx_convert(int64_t amount, const DwFxRate *rate,
							  DwFxTrade *trade);

#endif							/* DW_FX_H */
