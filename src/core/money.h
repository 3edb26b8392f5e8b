/*
 * money.h
 *		Arithmetic on amounts: exact, checked, rounded half-even and once.
 *
 * An amount is an int64 of minor units; its currency travels beside it.
 * Products are taken in 128 bits.  A function that can fail returns DW_OK or
 * the reason, and writes its result only with DW_OK: DW_OVERFLOW when the
 * result does not fit, DW_BAD_VALUE when the question makes no sense.
 */
#ifndef DW_MONEY_H
#define DW_MONEY_H

#include <stddef.h>
#include <stdint.h>

#include "core/result.h"

#define DW_PPM		INT64_C(1000000)	/* a rate of one */
#define DW_MICROS	INT64_C(1000000)	/* a quantity of one */

#define DW_CURRENCY_UNKNOWN	(-1)	/* no active ISO 4217 code */

/* A product of two amounts before it is divided. */
typedef __int128 DwWide;

extern DwResult dw_money_add(int64_t a, int64_t b, int64_t *sum);
extern DwResult dw_money_subtract(int64_t a, int64_t b, int64_t *difference);
extern DwResult dw_money_multiply(int64_t a, int64_t b, int64_t *product);

/* half-even(dividend / divisor), divisor > 0 */
extern DwResult dw_money_divide(DwWide dividend, int64_t divisor,
								int64_t *quotient);

/* half-even(amount * numerator / denominator), denominator > 0 */
extern DwResult dw_money_scale(int64_t amount, int64_t numerator,
							   int64_t denominator, int64_t *scaled);

/* half-even(quantity * unit_price), the quantity in millionths */
extern DwResult dw_money_line_total(int64_t unit_price,
									int64_t quantity_micros, int64_t *total);

/*
 * Splits an amount in proportion to weights by largest remainder, ties in
 * leg order; the parts always sum to it.  Weights are not negative and not
 * all zero (a zero weight gets nothing).  The arrays may not overlap.
 */
extern DwResult dw_allocate(int64_t amount, const int64_t *weights,
							size_t count, int64_t *parts);

/* Minor digits (0, 2, 3, 4) of a currency, or DW_CURRENCY_UNKNOWN. */
extern int	dw_currency_exponent(const char *code);

#endif							/* DW_MONEY_H */
