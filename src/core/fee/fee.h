/*
 * fee.h
 *		What the platform takes of an amount, and by which terms.
 */
#ifndef DW_FEE_H
#define DW_FEE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"

/*
 * What the platform takes of an amount, and of each release of it.
 *
 * F(amount) = half-even(amount * rate_ppm / 1e6) + fixed, clamped to
 * [min_fee, max_fee], then to at most the amount.  With steps the rate holds
 * up to the first of them, and what lies above a step pays that step's rate;
 * the sum is rounded once.  A promo code waives promo_ppm of F, at most
 * promo_max.  The tax is half-even of the fee times tax_ppm.
 *
 * Releases are cumulative: each pays F of all that is released so far less
 * what was taken, so any way of cutting an amount pays the same fee.
 * What the provider bears never exceeds the part released.  Where they bear
 * all of it, fee + tax end at the part, and what does not fit waits for the
 * next release.
 *
 * Whoever pays, charge = payout + fee + tax: charge leaves the homeowner
 * (or the escrow), payout reaches the provider.
 * provider	charge = amount
 * homeowner	payout = amount
 * split		the provider bears half of fee + tax, rounded down
 * The homeowner's share is that of the running totals, less what they have
 * borne; so a share that went astray, as in a reversal, comes right again.
 *
 * DW_BAD_VALUE for a negative amount or terms that are not valid,
 * DW_OVERFLOW for what does not fit; results are written with DW_OK only.
 */

#define DW_FEE_NO_MAX		INT64_C(-1) /* a limit that is none */
#define DW_FEE_STEPS_MAX	15	/* rates above the first */

/* Who bears fee and tax. */
typedef enum DwFeePayer
{
	DW_FEE_PAYER_PROVIDER,		/* out of the amount */
	DW_FEE_PAYER_HOMEOWNER,		/* on top of the amount */
	DW_FEE_PAYER_SPLIT,			/* half each, remainder to the homeowner */
	DW_FEE_PAYER_COUNT
} DwFeePayer;

/* A rate for what lies above an amount. */
typedef struct DwFeeStep
{
	int64_t		from_amount;	/* > 0, rising from step to step */
	int64_t		rate_ppm;		/* 0 ... 1000000 */
} DwFeeStep;

/* One F with its tax and its payer, as a contract freezes them. */
typedef struct DwFeeTerms
{
	int64_t		rate_ppm;		/* 0 ... 1000000 */
	int64_t		fixed;			/* added after the rate, >= 0 */
	int64_t		min_fee;		/* >= 0 */
	int64_t		max_fee;		/* >= min_fee, or DW_FEE_NO_MAX */
	int64_t		tax_ppm;		/* tax on the fee, 0 ... 1000000 */
	DwFeePayer	payer;			/* who bears it */
	int64_t		promo_ppm;		/* waived of the fee, 0 ... 1000000 */
	int64_t		promo_max;		/* at most that much, or DW_FEE_NO_MAX */
	int			step_count;		/* of steps, 0 ... DW_FEE_STEPS_MAX */
	DwFeeStep	steps[DW_FEE_STEPS_MAX];	/* rates above the first */
} DwFeeTerms;

/* What earlier releases of the same contract came to. */
typedef struct DwFeeTaken
{
	int64_t		released;		/* sum of the parts, gross */
	int64_t		fee;			/* fee taken of them */
	int64_t		tax;			/* tax taken of them */
	int64_t		borne;			/* of fee and tax, by the homeowner */
} DwFeeTaken;

/* How an amount, or the part of a release, divides. */
typedef struct DwFeeQuote
{
	int64_t		fee;			/* to the platform */
	int64_t		tax;			/* to the tax account */
	int64_t		payout;			/* to the provider */
	int64_t		charge;			/* payout + fee + tax */
} DwFeeQuote;

/* True when F(0) = 0, F never falls and never outgrows the amount. */
extern bool dw_fee_terms_valid(const DwFeeTerms *terms);

/* The fee of an amount, what a promo code waives taken off. */
extern DwResult dw_fee_amount(const DwFeeTerms *terms, int64_t amount,
							  int64_t *fee);

/* What the promo code of the terms waives of that fee. */
extern DwResult dw_fee_waived(const DwFeeTerms *terms, int64_t amount,
							  int64_t *waived);

/* Of fee + tax of the terms' contract, what the homeowner bears. */
extern int64_t dw_fee_borne(DwFeePayer payer, int64_t fee_and_tax);

/* What releasing the whole amount at once would come to. */
extern DwResult dw_fee_quote(const DwFeeTerms *terms, int64_t amount,
							 DwFeeQuote *quote);

/* What releasing a part comes to after what was taken before. */
extern DwResult dw_fee_release(const DwFeeTerms *terms,
							   const DwFeeTaken *before, int64_t part,
							   DwFeeQuote *quote);

/*
 * The part of which a release came to this quote, after what was taken
 * before it: what dw_fee_release was asked, from its answer.
 */
extern int64_t dw_fee_part(DwFeePayer payer, const DwFeeTaken *before,
						   const DwFeeQuote *quote);

/* The label of enum dwello.fee_payer, and back: false for none of them. */
DW_LABELS_OF(fee_payer, DwFeePayer);

/*
 * A fee schedule: which terms a contract gets.
 *
 * A schedule has tiers, the first from 0.  A flat one gives a contract the
 * numbers of the one tier its amount falls into, once and for good.  A
 * marginal one gives it all rates as steps: what lies above a tier's
 * from_amount pays that tier's rate, and the first tier's fixed part and
 * limits hold for the sum.
 */

#define DW_FEE_TIERS_MAX	(DW_FEE_STEPS_MAX + 1)

/* Type fee_kind. */
typedef enum DwFeeKind
{
	DW_FEE_KIND_FLAT,			/* one tier, by the contract's amount */
	DW_FEE_KIND_MARGINAL		/* each tier for what lies in it */
} DwFeeKind;

/* The numbers from an amount on; all minor units but the rate. */
typedef struct DwFeeTier
{
	int64_t		from_amount;	/* first amount of the tier */
	int64_t		rate_ppm;		/* as in DwFeeTerms, all of these */
	int64_t		fixed;			/* marginal: 0 but in the first */
	int64_t		min_fee;		/* marginal: 0 but in the first */
	int64_t		max_fee;		/* marginal: no max but in the first */
} DwFeeTier;

/* What an operator sets. */
typedef struct DwFeeSchedule
{
	DwFeeKind	kind;			/* what tiers mean */
	DwFeePayer	payer;			/* who bears fee and tax */
	int64_t		tax_ppm;		/* tax on the fee */
	int			tier_count;		/* 1 ... DW_FEE_TIERS_MAX */
	DwFeeTier	tiers[DW_FEE_TIERS_MAX];	/* rising from 0 */
} DwFeeSchedule;

DW_LABELS_OF(fee_kind, DwFeeKind);

/*
 * True when every F it can give is valid: F(0) = 0, F never falls nor rises
 * by more than the amount does.
 */
extern bool dw_fee_schedule_valid(const DwFeeSchedule *schedule);

/*
 * True when a number of it is an amount and not a rate: a fixed part, a
 * limit, or where a tier begins.  Such a schedule needs a currency.
 */
extern bool dw_fee_schedule_has_amounts(const DwFeeSchedule *schedule);

/* The terms of a contract of this amount, under a valid schedule. */
extern void dw_fee_schedule_terms(const DwFeeSchedule *schedule,
								  int64_t amount, DwFeeTerms *terms);

#endif							/* DW_FEE_H */
