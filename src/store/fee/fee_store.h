/*
 * fee_store.h
 *		Fee schedules, promo codes, and what fees were taken.
 */
#ifndef DW_FEE_STORE_H
#define DW_FEE_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/fee/fee.h"
#include "server/table/table_server.h"

/*
 * Finds the fee schedule that applies; keeps an operator's.
 *
 * Of the schedules in force: that of the category, then of its ancestors,
 * then of all; there the tier's before any tier's, the currency's before
 * any currency's; an operator's before the built-in one.
 */

/* The tier of a provider without a subscription. */
#define DW_TIER_DEFAULT "basic"

/* What a schedule is looked up by. */
typedef struct DwFeeScope
{
	const DwUuid *category_id;	/* NULL: only schedules of all categories */
	const char *currency;		/* ISO 4217 */
	const char *tier;			/* label of subscription_tier */
	TimestampTz as_of;			/* when it must be in force */
} DwFeeScope;

/* A row of dwello.fee_schedules: what for, from when to when. */
typedef struct DwFeeRow
{
	DwUuid		id;				/* its key */
	const char *name;			/* for people */
	const DwUuid *category_id;	/* NULL = all */
	const char *currency;		/* NULL = any */
	const char *tier;			/* label of subscription_tier; NULL = any */
	DwFeeSchedule schedule;		/* its numbers */
	DwPeriod	valid;			/* when it holds */
	bool		is_builtin;		/* belongs to the version of dwello */
	int32		version;		/* of the row */
	Datum		tiers;			/* of the store: the tiers above the first */
} DwFeeRow;

/* The schedule that applies; false when none does. */
extern bool dw_fee_schedule_find(const DwFeeScope *scope, DwFeeRow *row);

/* True when there is such a category. */
extern bool dw_fee_category_exists(const DwUuid *category_id);

/* The subscription tier of a provider, for their fee. */
extern char *dw_fee_tier_of(const DwUuid *user_id);

/* Steps of terms as jsonb, 0 for none, and back. */
extern Datum dw_fee_steps_jsonb(const DwFeeTerms *terms);
extern void dw_fee_steps_read(Datum steps, DwFeeTerms *terms);

/*
 * Writes a new schedule, its version set to 1; false when the id is taken: its
 * row is locked and read.  23P01: another of its scope holds in its time.
 */
extern bool dw_fee_schedule_insert(DwFeeRow *draft, DwFeeRow *stored);

/* Locks a schedule and reads it, but for its tiers; false: there is none. */
extern bool dw_fee_schedule_lock(const DwUuid *id, DwFeeRow *row);

/* Replaces one that has not begun; counts the version.  23P01: overlap. */
extern void dw_fee_schedule_replace(DwFeeRow *draft);

/* Writes when a locked one ends, and takes away one that will never begin. */
extern void dw_fee_schedule_end(DwFeeRow *row, TimestampTz valid_until);
extern void dw_fee_schedule_delete(const DwUuid *id);

/*
 * Promo codes: what each waives of a fee, and out of which budget.
 */

/* A code as it is stored, or shall be. */
typedef struct DwPromo
{
	const char *code;			/* key: A-Z, 0-9, _ and -, 3 to 40 */
	int64		rate_ppm;		/* waived of a fee, 0 ... 1000000 */
	const char *currency;		/* ISO 4217, or NULL for any */
	int64		budget;			/* minor units, or DW_FEE_NO_MAX */
	int64		spent;			/* of budget */
	DwPeriod	valid;			/* when it may be used */
	int32		version;		/* of the row */
} DwPromo;

/*
 * Reads a code in force at a time; false: there is none.  To be used, one
 * with a budget is locked, and no other: nothing of it changes.
 */
extern bool dw_promo_find(const char *code, TimestampTz as_of, bool to_use,
						  DwPromo *promo);

/* Writes a new code; false when there is one of that name. */
extern bool dw_promo_insert(const DwPromo *promo);

/* Takes from the budget of a locked code that has one. */
extern void dw_promo_spend(DwPromo *promo, int64 amount);

/* Writes the code and its terms into a contract whose row is locked. */
extern void dw_promo_apply(const DwUuid *job_id, const char *code,
						   const DwFeeTerms *terms, int32 version);

/*
 * Takes the code from a contract that came to nothing, and puts what it was
 * to waive back into the budget.
 */
extern void dw_promo_return(const DwUuid *job_id);

/* The code that a contract has, or NULL. */
extern char *dw_promo_of(const DwUuid *job_id);

/*
 * Reads the releases that fees were taken of, for simulate_fees.
 */

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

#endif							/* DW_FEE_STORE_H */
