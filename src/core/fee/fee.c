/*
 * fee.c
 *		The platform's fee on an amount, on releases of it in parts, and which
 *		terms a contract gets of a schedule with tiers.
 *
 * Why any partition pays the same: F never grows faster than the amount
 * (dw_fee_terms_valid), so the fee due on a part always fits into it, and
 * the fees of the parts telescope to F of the whole.
 */
#include "core/fee/fee.h"

#include <stddef.h>
#include <string.h>

#include "core/base/base.h"

static const char *const payer_labels[DW_FEE_PAYER_COUNT] = {
	[DW_FEE_PAYER_PROVIDER] = "provider",
	[DW_FEE_PAYER_HOMEOWNER] = "homeowner",
	[DW_FEE_PAYER_SPLIT] = "split",
};

/* True for a rate from nothing to all of it. */
static bool
is_rate(int64_t ppm)
{
	return ppm >= 0 && ppm <= DW_PPM;
}

/*
 * What all rates together take of an amount, exactly, in millionths of a
 * unit: 2^63 units at a rate of one are less than 2^83.
 */
static DwWide
rated(const DwFeeTerms *terms, int64_t amount)
{
	DwWide		sum = 0;
	int64_t		from = 0;
	int64_t		rate = terms->rate_ppm;

	for (int i = 0; i < terms->step_count; i++)
	{
		const DwFeeStep *step = &terms->steps[i];

		if (step->from_amount >= amount)
			break;
		sum += (DwWide) (step->from_amount - from) * rate;
		from = step->from_amount;
		rate = step->rate_ppm;
	}
	return sum + (DwWide) (amount - from) * rate;
}

/*
 * Steps rise, and keep the rounded sum from rising faster than the amount.
 * A rate below one does that by itself.  A rate of one adds whole units: on
 * top of half a unit, half-even would round them down and up by turns, and
 * the sum would stand still for one unit and jump by two for the next.
 */
static bool
steps_are_valid(const DwFeeTerms *terms)
{
	int64_t		last = 0;

	if (terms->step_count < 0 || terms->step_count > DW_FEE_STEPS_MAX)
		return false;
	for (int i = 0; i < terms->step_count; i++)
	{
		const DwFeeStep *step = &terms->steps[i];

		if (step->from_amount <= last || !is_rate(step->rate_ppm))
			return false;
		if (step->rate_ppm == DW_PPM &&
			rated(terms, step->from_amount) % DW_PPM == DW_PPM / 2)
			return false;
		last = step->from_amount;
	}
	return true;
}

/* True for what an amount may not be less than or more than. */
static bool
is_limit(int64_t limit)
{
	return limit >= 0 || limit == DW_FEE_NO_MAX;
}

/*
 * With 0 <= rate <= 1 the rounded product rises by at most one unit a unit;
 * adding a constant, clamping and capping at the amount keep that, and the
 * cap makes F(0) = 0.  What a promo code waives rises only where F does, and
 * by no more, so what is left of F keeps it too.
 */
bool
dw_fee_terms_valid(const DwFeeTerms *terms)
{
	return is_rate(terms->rate_ppm) && is_rate(terms->tax_ppm) &&
		is_rate(terms->promo_ppm) && is_limit(terms->promo_max) &&
		terms->fixed >= 0 && terms->min_fee >= 0 &&
		(terms->max_fee == DW_FEE_NO_MAX ||
		 terms->max_fee >= terms->min_fee) &&
		(unsigned) terms->payer < DW_FEE_PAYER_COUNT &&
		(terms->step_count == 0 || steps_are_valid(terms));
}

/*
 * Half-even millionths of a number that is not negative.  The divisor is a
 * constant, so amounts of daily life cost a multiplication and no division.
 */
static inline int64_t
round_ppm(DwWide millionths)
{
	int64_t		units = 0;
	uint64_t	narrow = (uint64_t) millionths;
	uint64_t	rest;

	if (millionths > INT64_MAX)
	{
		/* a rate of at most one cannot take it out of range */
		(void) dw_money_divide(millionths, DW_PPM, &units);
		return units;
	}
	units = (int64_t) (narrow / (uint64_t) DW_PPM);
	rest = narrow % (uint64_t) DW_PPM;
	return units + (rest + (units & 1) > (uint64_t) DW_PPM / 2);
}

/* F(amount) of valid terms and an amount that is not negative. */
static int64_t
full_fee(const DwFeeTerms *terms, int64_t amount)
{
	int64_t		fee = round_ppm(terms->step_count == 0
								? (DwWide) amount * terms->rate_ppm
								: rated(terms, amount));

	/* past the range it is past the amount, where it ends anyway */
	if (dw_money_add(fee, terms->fixed, &fee) != DW_OK)
		fee = INT64_MAX;
	if (fee < terms->min_fee)
		fee = terms->min_fee;
	if (terms->max_fee != DW_FEE_NO_MAX)
		fee = dw_money_lesser(fee, terms->max_fee);
	return dw_money_lesser(fee, amount);
}

/* What a promo code takes off a full fee. */
static int64_t
waived_of(const DwFeeTerms *terms, int64_t full)
{
	int64_t		waived = round_ppm((DwWide) full * terms->promo_ppm);

	return terms->promo_max == DW_FEE_NO_MAX ? waived
		: dw_money_lesser(waived, terms->promo_max);
}

/* The fee of an amount, of valid terms. */
static int64_t
fee_of(const DwFeeTerms *terms, int64_t amount)
{
	int64_t		full = full_fee(terms, amount);

	return terms->promo_ppm == 0 ? full : full - waived_of(terms, full);
}

DwResult
dw_fee_amount(const DwFeeTerms *terms, int64_t amount, int64_t *fee)
{
	if (!dw_fee_terms_valid(terms) || amount < 0)
		return DW_BAD_VALUE;
	*fee = fee_of(terms, amount);
	return DW_OK;
}

DwResult
dw_fee_waived(const DwFeeTerms *terms, int64_t amount, int64_t *waived)
{
	if (!dw_fee_terms_valid(terms) || amount < 0)
		return DW_BAD_VALUE;
	*waived = waived_of(terms, full_fee(terms, amount));
	return DW_OK;
}

/*
 * What is due after a release less what was taken before it, but never more
 * than there is room for.
 */
static int64_t
due(int64_t target, int64_t taken, int64_t room)
{
	return target > taken ? dw_money_lesser(target - taken, room) : 0;
}

int64_t
dw_fee_borne(DwFeePayer payer, int64_t fee_and_tax)
{
	if (payer == DW_FEE_PAYER_PROVIDER)
		return 0;
	return payer == DW_FEE_PAYER_HOMEOWNER
		? fee_and_tax : fee_and_tax - fee_and_tax / 2;
}

/* What a part of the totals leaves for the provider; none is negative. */
static int64_t
provider_share(DwFeePayer payer, const DwFeeTaken *before,
			   const DwFeeQuote *quote)
{
	int64_t		taken = quote->fee + quote->tax;
	int64_t		total = before->fee + before->tax + taken;
	int64_t		share = taken - (dw_fee_borne(payer, total) - before->borne);

	return share > 0 ? share : 0;
}

/* Adds the fee that is due, then the tax; DW_OVERFLOW. */
static DwResult
take_fee(const DwFeeTerms *terms, const DwFeeTaken *before, int64_t part,
		 DwFeeQuote *quote)
{
	int64_t		released;
	int64_t		total;
	int64_t		sum;
	bool		on_top = terms->payer == DW_FEE_PAYER_HOMEOWNER;
	bool		inside = terms->payer == DW_FEE_PAYER_PROVIDER;

	if (dw_money_add(before->released, part, &released) != DW_OK)
		return DW_OVERFLOW;
	quote->fee = due(fee_of(terms, released), before->fee,
					 on_top ? INT64_MAX : part);
	if (dw_money_add(before->fee, quote->fee, &total) != DW_OK ||
		dw_money_scale(total, terms->tax_ppm, DW_PPM, &sum) != DW_OK)
		return DW_OVERFLOW;
	quote->tax = due(sum, before->tax,
					 inside ? part - quote->fee : INT64_MAX);
	if (dw_money_add(total, before->tax, &sum) != DW_OK ||
		dw_money_add(sum, quote->tax, &sum) != DW_OK)
		return DW_OVERFLOW;
	return DW_OK;
}

/*
 * The first and only release of a contract, which is asked for much more often
 * than it is done: what dw_fee_release() comes to with nothing before.
 */
DwResult
dw_fee_quote(const DwFeeTerms *terms, int64_t amount, DwFeeQuote *quote)
{
	const DwFeeTaken nothing = {0};
	DwFeeQuote	result;
	int64_t		share;

	if (!dw_fee_terms_valid(terms) || amount < 0)
		return DW_BAD_VALUE;
	result.fee = fee_of(terms, amount);
	result.tax = terms->tax_ppm == 0 ? 0 :
		round_ppm((DwWide) result.fee * terms->tax_ppm);
	if (terms->payer == DW_FEE_PAYER_PROVIDER)
		result.tax = dw_money_lesser(result.tax, amount - result.fee);
	if (dw_money_add(result.fee, result.tax, &result.charge) != DW_OK)
		return DW_OVERFLOW;
	share = provider_share(terms->payer, &nothing, &result);
	result.payout = amount - dw_money_lesser(share, amount);
	if (dw_money_add(result.payout, result.charge, &result.charge) != DW_OK)
		return DW_OVERFLOW;
	*quote = result;
	return DW_OK;
}

DwResult
dw_fee_release(const DwFeeTerms *terms, const DwFeeTaken *before,
			   int64_t part, DwFeeQuote *quote)
{
	DwFeeQuote	result;
	DwResult	outcome;

	if (!dw_fee_terms_valid(terms) || part < 0 || before->released < 0 ||
		before->fee < 0 || before->tax < 0)
		return DW_BAD_VALUE;
	outcome = take_fee(terms, before, part, &result);
	if (outcome != DW_OK)
		return outcome;
	result.payout = part - dw_money_lesser(provider_share(terms->payer, before,
														  &result), part);
	if (dw_money_add(result.payout, result.fee + result.tax,
					 &result.charge) != DW_OK)
		return DW_OVERFLOW;
	*quote = result;
	return DW_OK;
}

int64_t
dw_fee_part(DwFeePayer payer, const DwFeeTaken *before,
			const DwFeeQuote *quote)
{
	return quote->payout + provider_share(payer, before, quote);
}

DW_LABELS(fee_payer, DwFeePayer, payer_labels);

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

bool
dw_fee_schedule_has_amounts(const DwFeeSchedule *schedule)
{
	for (int i = 0; i < schedule->tier_count; i++)
	{
		const DwFeeTier *tier = &schedule->tiers[i];

		if (tier->from_amount != 0 || tier->fixed != 0 ||
			tier->min_fee != 0 || tier->max_fee != DW_FEE_NO_MAX)
			return true;
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
