/*
 * promo_store.h
 *		Promo codes: what each waives of a fee, and out of which budget.
 */
#ifndef DW_PROMO_STORE_H
#define DW_PROMO_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/fee.h"
#include "core/uuid.h"

/* A code as it is stored, or shall be. */
typedef struct DwPromo
{
	const char *code;			/* key: A-Z, 0-9, _ and -, 3 to 40 */
	int64		rate_ppm;		/* waived of a fee, 0 ... 1000000 */
	const char *currency;		/* ISO 4217, or NULL for any */
	int64		budget;			/* minor units, or DW_FEE_NO_MAX */
	int64		spent;			/* of budget */
	TimestampTz valid_from;		/* first moment */
	TimestampTz valid_until;	/* first moment after; DT_NOEND = none */
	int32		version;		/* of the row */
} DwPromo;

/* Reads a code in force at a time, locked or not; false: there is none. */
extern bool dw_promo_load(const char *code, TimestampTz as_of,
						  DwPromo *promo);
extern bool dw_promo_lock(const char *code, TimestampTz as_of,
						  DwPromo *promo);

/* Writes a new code; false when there is one of that name. */
extern bool dw_promo_insert(const DwPromo *promo);

/* Takes from the budget of a locked code that has one. */
extern void dw_promo_spend(const DwPromo *promo, int64 amount);

/* Writes the code and its terms into a contract whose row is locked. */
extern void dw_promo_apply(const DwUuid *job_id, const char *code,
						   const DwFeeTerms *terms, int32 version);

/* The code that a contract has, or NULL. */
extern char *dw_promo_of(const DwUuid *job_id);

#endif							/* DW_PROMO_STORE_H */
