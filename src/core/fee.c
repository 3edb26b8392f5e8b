/*
 * fee.c
 *		The platform's fee on an amount, and on releases of it in parts.
 *
 * Why any partition pays the same: F never grows faster than the amount
 * (dw_fee_terms_valid), so the fee due on a part always fits into it, and
 * the fees of the parts telescope to F of the whole.
 */
#include "core/fee.h"

#include <stddef.h>
#include <string.h>

#include "core/money.h"

static const char *const payer_labels[DW_FEE_PAYER_COUNT] = {
	[DW_FEE_PAYER_PROVIDER] = "provider",
	[DW_FEE_PAYER_HOMEOWNER] = "homeowner",
	[DW_FEE_PAYER_SPLIT] = "split",
};

/* The smaller of two amounts. */
static int64_t
lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* True for a rate from nothing to all of it. */
static bool
is_rate(int64_t ppm)
{
	return ppm >= 0 && ppm <= DW_PPM;
}

/*
 * With 0 <= rate <= 1 the rounded product rises by at most one unit a unit;
 * adding a constant, clamping and capping at the amount keep that, and the
 * cap makes F(0) = 0.
 */
bool
dw_fee_terms_valid(const DwFeeTerms *terms)
{
	return is_rate(terms->rate_ppm) && is_rate(terms->tax_ppm) &&
		terms->fixed >= 0 && terms->min_fee >= 0 &&
		(terms->max_fee == DW_FEE_NO_MAX ||
		 terms->max_fee >= terms->min_fee) &&
		(unsigned) terms->payer < DW_FEE_PAYER_COUNT;
}

/* F(amount) of valid terms and an amount that is not negative. */
static int64_t
fee_of(const DwFeeTerms *terms, int64_t amount)
{
	int64_t		fee = 0;

	/* a rate of at most one cannot take the product out of range */
	(void) dw_money_scale(amount, terms->rate_ppm, DW_PPM, &fee);

	/* past the range it is past the amount, where it ends anyway */
	if (dw_money_add(fee, terms->fixed, &fee) != DW_OK)
		fee = INT64_MAX;
	if (fee < terms->min_fee)
		fee = terms->min_fee;
	if (terms->max_fee != DW_FEE_NO_MAX)
		fee = lesser(fee, terms->max_fee);
	return lesser(fee, amount);
}

/* F(amount), the bare arithmetic. */
DwResult
dw_fee_amount(const DwFeeTerms *terms, int64_t amount, int64_t *fee)
{
	if (!dw_fee_terms_valid(terms) || amount < 0)
		return DW_BAD_VALUE;
	*fee = fee_of(terms, amount);
	return DW_OK;
}

/* A quote is a release of everything at once: they cannot disagree. */
DwResult
dw_fee_quote(const DwFeeTerms *terms, int64_t amount, DwFeeQuote *quote)
{
	const DwFeeTaken nothing = {0, 0, 0};

	return dw_fee_release(terms, &nothing, amount, quote);
}

/*
 * What is due after a release less what was taken before it, but never more
 * than there is room for.
 */
static int64_t
due(int64_t target, int64_t taken, int64_t room)
{
	return target > taken ? lesser(target - taken, room) : 0;
}

/*
 * The provider's share of fee and tax of a release.  The half is taken of
 * the running totals, so that cutting does not move cents between the two.
 */
static int64_t
provider_share(DwFeePayer payer, const DwFeeTaken *before,
			   const DwFeeQuote *quote)
{
	int64_t		taken = quote->fee + quote->tax;

	if (payer == DW_FEE_PAYER_HOMEOWNER)
		return 0;
	if (payer == DW_FEE_PAYER_SPLIT)
	{
		DwWide		earlier = (DwWide) before->fee + before->tax;

		return (int64_t) ((earlier + taken) / 2 - earlier / 2);
	}
	return taken;
}

/* One release: fee first, then tax, then who bears them. */
DwResult
dw_fee_release(const DwFeeTerms *terms, const DwFeeTaken *before,
			   int64_t part, DwFeeQuote *quote)
{
	DwFeeQuote	result;
	int64_t		released;
	int64_t		fee_total;
	int64_t		tax_total;
	int64_t		borne;

	if (!dw_fee_terms_valid(terms) || part < 0 || before->released < 0 ||
		before->fee < 0 || before->tax < 0)
		return DW_BAD_VALUE;
	if (dw_money_add(before->released, part, &released) != DW_OK)
		return DW_OVERFLOW;

	result.fee = due(fee_of(terms, released), before->fee, part);
	if (dw_money_add(before->fee, result.fee, &fee_total) != DW_OK ||
		dw_money_scale(fee_total, terms->tax_ppm, DW_PPM,
					   &tax_total) != DW_OK)
		return DW_OVERFLOW;
	result.tax = due(tax_total, before->tax, part - result.fee);

	/* borne <= fee + tax <= part, so only the charge can overflow */
	borne = provider_share(terms->payer, before, &result);
	result.payout = part - borne;
	if (dw_money_add(result.payout, result.fee + result.tax,
					 &result.charge) != DW_OK)
		return DW_OVERFLOW;
	*quote = result;
	return DW_OK;
}

/* The label of a payer. */
const char *
dw_fee_payer_label(DwFeePayer payer)
{
	return payer_labels[payer];
}

/* The payer of a label. */
bool
dw_fee_payer_parse(const char *label, DwFeePayer *payer)
{
	for (int i = 0; i < DW_FEE_PAYER_COUNT; i++)
	{
		if (strcmp(payer_labels[i], label) == 0)
		{
			*payer = (DwFeePayer) i;
			return true;
		}
	}
	return false;
}
