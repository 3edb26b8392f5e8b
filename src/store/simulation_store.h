/*
 * simulation_store.h
 *		Reads the releases that fees were taken of, for simulate_fees.
 */
#ifndef DW_SIMULATION_STORE_H
#define DW_SIMULATION_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/fee.h"
#include "core/uuid.h"

/* What was paid out of one escrow at one time, or came back into it. */
typedef struct DwPastRelease
{
	DwUuid		id;				/* its transaction */
	DwUuid		reverses;		/* the one it undoes a part of */
	bool		is_reversal;	/* it does; reverses is set */
	DwUuid		provider_id;	/* who was paid */
	DwUuid		job_id;			/* of the escrow */
	const char *currency;		/* ISO 4217 */
	int64		contract_amount;	/* of the escrow */
	DwFeePayer	payer;			/* by its terms */
	DwFeeQuote	quote;			/* fee, tax and payout; never negative */
	bool		counts;			/* in the time asked for; else before it */
} DwPastRelease;

/*
 * Finds all releases in [from, to), the provider's part of settlements among
 * them, and reversals of either, and those before of the same escrows, in
 * the order currency, provider, escrow, time; currency NULL = any.
 */
extern uint64 dw_releases_find(TimestampTz from_time, TimestampTz to_time,
							   const char *currency);

/* Reads one of them. */
extern void dw_release_read(uint64 row, DwPastRelease *release);

#endif							/* DW_SIMULATION_STORE_H */
