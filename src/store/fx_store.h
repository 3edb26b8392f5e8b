/*
 * fx_store.h
 *		Rates of exchange, each for a range of time.
 */
#ifndef DW_FX_STORE_H
#define DW_FX_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/fx.h"

/* A rate of a pair of currencies, and when it holds. */
typedef struct DwFxRow
{
	const char *from_currency;	/* ISO 4217: what is sold */
	const char *to_currency;	/* ISO 4217: what is bought */
	DwFxRate	rate;			/* minor units for minor units */
	TimestampTz valid_from;		/* first moment */
	TimestampTz valid_until;	/* first moment after; DT_NOEND = none */
} DwFxRow;

/* The rate in force at a time; false when there is none. */
extern bool dw_fx_find(const char *from_currency, const char *to_currency,
					   TimestampTz as_of, DwFxRate *rate);

/* Lets nobody else set a rate until the end of the transaction. */
extern void dw_fx_lock(void);

/* Ends the rate without an end that is in force when the new one begins. */
extern void dw_fx_supersede(const DwFxRow *row);

/* Writes a rate.  23P01: another holds in a part of its time. */
extern void dw_fx_insert(const DwFxRow *row);

#endif							/* DW_FX_STORE_H */
