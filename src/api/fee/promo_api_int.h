/*
 * promo_api_int.h
 *		What quoting with a promo code and using one have in common.
 */
#ifndef DW_PROMO_API_INT_H
#define DW_PROMO_API_INT_H

#include "store/fee/fee_store.h"

#define DW_PROMO_CODE_MAX 40	/* characters of a code */

/*
 * Puts a code into the terms of a contract in a currency: its rate, and what
 * is left of its budget.  P0002: found is false.  WD201: it is for another
 * currency.  WD301: nothing is left.
 */
extern void dw_promo_into_terms(bool found, const DwPromo *promo,
								const char *currency, DwFeeTerms *terms);

#endif							/* DW_PROMO_API_INT_H */
