/*
 * fee_schedule.h
 *		A fee schedule: which terms a contract gets.
 *
 * A schedule has tiers, the first from 0.  A flat one gives a contract the
 * numbers of the one tier its amount falls into, once and for good.  A
 * marginal one gives it all rates as steps: what lies above a tier's
 * from_amount pays that tier's rate, and the first tier's fixed part and
 * limits hold for the sum.
 */
#ifndef DW_FEE_SCHEDULE_H
#define DW_FEE_SCHEDULE_H

#include "core/fee.h"

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

extern const char *dw_fee_kind_label(DwFeeKind value);
extern bool dw_fee_kind_parse(const char *text, DwFeeKind *value);

/*
 * True when every F it can give is sound: F(0) = 0, F never falls nor rises
 * by more than the amount does.
 */
extern bool dw_fee_schedule_valid(const DwFeeSchedule *schedule);

/* The terms of a contract of this amount, under a valid schedule. */
extern void dw_fee_schedule_terms(const DwFeeSchedule *schedule,
								  int64_t amount, DwFeeTerms *terms);

#endif							/* DW_FEE_SCHEDULE_H */
