/*
 * reference.c
 *		Where the reference of a job comes from.
 */
#include "core/bid/bid.h"

#include "core/base/base.h"
#include "core/score/score.h"

static const char *const source_labels[DW_REFERENCE_COUNT] = {
	[DW_REFERENCE_BUDGET_MIDPOINT] = "budget_midpoint",
	[DW_REFERENCE_BUDGET_MAX] = "budget_max",
	[DW_REFERENCE_MARKET] = "market",
	[DW_REFERENCE_CATEGORY_DEFAULT] = "category_default",
};

/* Half way between two amounts that are not negative, an odd cent less. */
static int64_t
midpoint(int64_t a, int64_t b)
{
	return a + (b - a) / 2;
}

/*
 * The amount a source gives, or none; a budget_min alone says nothing about
 * what the work may cost.
 */
static int64_t
source_amount(const DwReferenceFacts *facts, DwReferenceSource source)
{
	int64_t		amount = DW_REFERENCE_ABSENT;

	switch (source)
	{
		case DW_REFERENCE_BUDGET_MIDPOINT:
			if (facts->budget_min >= 0 && facts->budget_max >= 0)
				amount = midpoint(facts->budget_min, facts->budget_max);
			break;
		case DW_REFERENCE_BUDGET_MAX:
			if (facts->budget_max >= 0)
				(void) dw_money_scale(facts->budget_max, 8, 10, &amount);
			break;
		case DW_REFERENCE_MARKET:
			amount = facts->market;
			break;
		case DW_REFERENCE_CATEGORY_DEFAULT:
			amount = facts->category_default;
			break;
		default:
			break;
	}
	return amount;
}

/* The first source, best first, that gives a positive amount. */
DwReference
dw_reference_choose(const DwReferenceFacts *facts)
{
	DwReference reference = {0, DW_REFERENCE_NONE};

	for (int i = DW_REFERENCE_NONE + 1; i < DW_REFERENCE_COUNT; i++)
	{
		int64_t		amount = source_amount(facts, (DwReferenceSource) i);

		if (amount > 0)
		{
			reference.amount = amount;
			reference.source = (DwReferenceSource) i;
			break;
		}
	}
	return reference;
}

/* The order of prices: by amount. */
static int
compare_prices(const void *a, const void *b)
{
	int64_t		left = ((const DwMarketPrice *) a)->amount;
	int64_t		right = ((const DwMarketPrice *) b)->amount;

	return (left > right) - (left < right);
}

/* The weight of a price today. */
static int64_t
price_weight(const DwMarketPrice *price)
{
	return dw_decay_weight(DW_DECAY_MARKET, price->age_days);
}

/*
 * The amount that half of the weight lies below; where the halves meet
 * exactly, the middle between both neighbours.
 */
static int64_t
weighted_median(const DwMarketPrice *prices, size_t count, int64_t total)
{
	int64_t		below = 0;
	int64_t		lower = DW_REFERENCE_ABSENT;

	for (size_t i = 0; i < count; i++)
	{
		int64_t		weight = price_weight(&prices[i]);

		if (weight == 0)
			continue;
		if (lower != DW_REFERENCE_ABSENT)
			return midpoint(lower, prices[i].amount);
		below += weight;
		if (2 * below > total)
			return prices[i].amount;
		if (2 * below == total)
			lower = prices[i].amount;
	}
	return lower;
}

/* The median of prices weighed by age, if there are enough of them. */
int64_t
dw_reference_market(DwMarketPrice *prices, size_t count)
{
	int64_t		total = 0;
	int			counted = 0;

	for (size_t i = 0; i < count; i++)
	{
		int64_t		weight = price_weight(&prices[i]);

		total += weight;
		if (weight > 0 && counted < DW_REFERENCE_MIN_PRICES)
			counted++;
	}
	if (counted < DW_REFERENCE_MIN_PRICES)
		return DW_REFERENCE_ABSENT;

	dw_sort(prices, count, sizeof(*prices), compare_prices);
	return weighted_median(prices, count, total);
}

/* Definitions of the label and parse functions that bid.h promises. */
DW_LABELS(reference_source, DwReferenceSource, source_labels);
