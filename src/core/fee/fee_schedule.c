/*
 * fee_schedule.c
 *		Which terms a contract gets of a schedule with tiers.
 */
#include "core/fee/fee.h"

#include <string.h>

#include "core/base/base.h"

static const char *const kind_labels[] = {
	[DW_FEE_KIND_FLAT] = "flat",
	[DW_FEE_KIND_MARGINAL] = "marginal",
};

DW_LABELS(fee_kind, DwFeeKind, kind_labels);

/* The terms of one tier, without steps or a promo code. */
static void
tier_terms(const DwFeeSchedule *schedule, const DwFeeTier *tier,
		   DwFeeTerms *terms)
{
	memset(terms, 0, sizeof(*terms));
	terms->rate_ppm = tier->rate_ppm;
	terms->fixed = tier->fixed;
	terms->min_fee = tier->min_fee;
	terms->max_fee = tier->max_fee;
	terms->tax_ppm = schedule->tax_ppm;
	terms->payer = schedule->payer;
}

/* The first tier with all others as steps. */
static void
marginal_terms(const DwFeeSchedule *schedule, DwFeeTerms *terms)
{
	tier_terms(schedule, &schedule->tiers[0], terms);
	terms->step_count = schedule->tier_count - 1;
	for (int i = 0; i < terms->step_count; i++)
		terms->steps[i] = (DwFeeStep)
	{
		schedule->tiers[i + 1].from_amount, schedule->tiers[i + 1].rate_ppm
	};
}

/* True for a tier above the first that has a rate and nothing else. */
static bool
is_bare(const DwFeeTier *tier)
{
	return tier->fixed == 0 && tier->min_fee == 0 &&
		tier->max_fee == DW_FEE_NO_MAX;
}

/* Every tier of a flat schedule is an F of its own. */
static bool
flat_is_valid(const DwFeeSchedule *schedule)
{
	DwFeeTerms	terms;

	for (int i = 0; i < schedule->tier_count; i++)
	{
		tier_terms(schedule, &schedule->tiers[i], &terms);
		if (!dw_fee_terms_valid(&terms))
			return false;
	}
	return true;
}

/* The tiers of a marginal schedule are one F. */
static bool
marginal_is_valid(const DwFeeSchedule *schedule)
{
	DwFeeTerms	terms;

	for (int i = 1; i < schedule->tier_count; i++)
		if (!is_bare(&schedule->tiers[i]))
			return false;
	marginal_terms(schedule, &terms);
	return dw_fee_terms_valid(&terms);
}

bool
dw_fee_schedule_valid(const DwFeeSchedule *schedule)
{
	if (schedule->tier_count < 1 || schedule->tier_count > DW_FEE_TIERS_MAX ||
		schedule->tiers[0].from_amount != 0)
		return false;
	for (int i = 1; i < schedule->tier_count; i++)
		if (schedule->tiers[i].from_amount <=
			schedule->tiers[i - 1].from_amount)
			return false;
	switch (schedule->kind)
	{
		case DW_FEE_KIND_FLAT:
			return flat_is_valid(schedule);
		case DW_FEE_KIND_MARGINAL:
			return marginal_is_valid(schedule);
	}
	return false;
}

void
dw_fee_schedule_terms(const DwFeeSchedule *schedule, int64_t amount,
					  DwFeeTerms *terms)
{
	int			tier = 0;

	if (schedule->kind == DW_FEE_KIND_MARGINAL)
	{
		marginal_terms(schedule, terms);
		return;
	}
	while (tier + 1 < schedule->tier_count &&
		   schedule->tiers[tier + 1].from_amount <= amount)
		tier++;
	tier_terms(schedule, &schedule->tiers[tier], terms);
}
