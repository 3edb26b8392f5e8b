/*
 * market.c
 *		Which contracts count as prices, and what is made of them.
 */
#include "core/market/market.h"

#include <string.h>

#include "core/score/score.h"

#define CELL			(DW_BBOX_DEGREE / 2)	/* units of a side */
#define CELLS_ROUND		720		/* columns once round the globe */
#define BANDS_BELOW		180		/* rows of cells south of the equator */

/* Slots of the set of people: a power of two, never more than half full. */
#define SLOTS			1024

/* Who has given a price already. */
typedef struct People
{
	const DwUuid *slots[SLOTS]; /* NULL: free */
} People;

bool
dw_market_counts(const DwMarketContract *contract)
{
	return contract->is_released && !contract->is_contested &&
		contract->contract_amount > 0 &&
		contract->released >= contract->contract_amount &&
		contract->comparable_price == contract->bid_amount;
}

int64_t
dw_market_base(const DwMarketContract *contract,
			   const DwMarketDecision *decision)
{
	int64_t		base;

	if (decision->amount > 0 && decision->base_amount > 0 &&
		decision->amount == contract->bid_amount &&
		dw_money_scale(contract->contract_amount, decision->base_amount,
					   decision->amount, &base) == DW_OK && base > 0)
		return base;
	return contract->contract_amount;
}

DwMarketEffect
dw_market_effect(const char *event_type)
{
	static const struct
	{
		const char *type;
		DwMarketEffect effect;
	}			effects[] = {
		{"escrow_released", DW_MARKET_MAY_COUNT},
		{"dispute_settled", DW_MARKET_MAY_COUNT},
		{"review_posted", DW_MARKET_MAY_COUNT},
		{"chargeback_closed", DW_MARKET_MAY_COUNT},
		{"chargeback_opened", DW_MARKET_MAY_END},
		{"chargeback_raised", DW_MARKET_MAY_END},
		{"transaction_reversed", DW_MARKET_MAY_END},
	};

	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		if (strcmp(effects[i].type, event_type) == 0)
			return effects[i].effect;
	return DW_MARKET_STAYS;
}

/* The slot of a person: theirs, or the free one that would be. */
static const DwUuid **
slot_of(People *people, const DwUuid *id)
{
	uint32_t	hash;

	/* the last bytes of an id are random, however it was made */
	memcpy(&hash, id->bytes + sizeof(id->bytes) - sizeof(hash), sizeof(hash));
	for (;; hash++)
	{
		const DwUuid **slot = &people->slots[hash % SLOTS];

		if (*slot == NULL || dw_uuid_equal(*slot, id))
			return slot;
	}
}

int
dw_market_select(DwMarketPrice *prices, int count, const DwUuid *asker)
{
	People		people = {0};
	int			kept = 0;

	for (int i = 0; i < count && kept < DW_MARKET_MOST; i++)
	{
		DwMarketPrice *price = &prices[i];

		if (dw_uuid_equal(&price->homeowner_id, asker) ||
			dw_uuid_equal(&price->provider_id, asker) ||
			*slot_of(&people, &price->homeowner_id) != NULL ||
			*slot_of(&people, &price->provider_id) != NULL)
			continue;
		/* one id is never on both sides: users have one type */
		prices[kept] = *price;
		*slot_of(&people, &prices[kept].homeowner_id) =
			&prices[kept].homeowner_id;
		*slot_of(&people, &prices[kept].provider_id) =
			&prices[kept].provider_id;
		kept++;
	}
	return kept;
}

void
dw_market_to_base(DwMarketPrice *prices, int count)
{
	for (int i = 0; i < count; i++)
		prices[i].amount = prices[i].base_amount;
}

int64_t
dw_market_stars(const DwMarketPrice *prices, int count)
{
	int64_t		sum = 0;
	int			rated = 0;
	int64_t		mean;

	for (int i = 0; i < count; i++)
	{
		sum += prices[i].stars;
		rated += prices[i].stars != DW_MARKET_NO_STARS;
	}
	if (rated < DW_MARKET_LEAST ||
		dw_money_divide((DwWide) sum * 100, rated, &mean) != DW_OK)
		return DW_MARKET_ABSENT;
	return mean;
}

int64_t
dw_market_round(int64_t amount)
{
	int64_t		unit = 1;

	if (amount < 1)
		return 0;
	while (amount / unit >= 100)
		unit *= 10;
	if (amount > INT64_MAX - unit / 2)
		return amount / unit * unit;
	return (amount + unit / 2) / unit * unit;
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
 * exactly, the middle between both neighbours.  A median, not a mean: one
 * price that is off by a factor of a hundred must not move what everybody is
 * measured by.
 */
static int64_t
weighted_median(const DwMarketPrice *prices, int count, int64_t total)
{
	int64_t		below = 0;
	int64_t		lower = DW_MARKET_ABSENT;

	for (int i = 0; i < count; i++)
	{
		int64_t		weight = price_weight(&prices[i]);

		if (weight == 0)
			continue;
		if (lower != DW_MARKET_ABSENT)
			return lower + (prices[i].amount - lower) / 2;
		below += weight;
		if (2 * below > total)
			return prices[i].amount;
		if (2 * below == total)
			lower = prices[i].amount;
	}
	return lower;
}

int64_t
dw_market_reference(DwMarketPrice *prices, int count, int64_t least)
{
	int64_t		total = 0;
	int			counted = 0;

	for (int i = 0; i < count; i++)
	{
		int64_t		weight = price_weight(&prices[i]);

		total += weight;
		counted += weight > 0;
	}
	if (counted < DW_MARKET_LEAST || counted < least)
		return DW_MARKET_ABSENT;
	dw_sort(prices, (size_t) count, sizeof(*prices), compare_prices);
	return dw_market_round(weighted_median(prices, count, total));
}

/* The row or column of cells that a coordinate in units lies in. */
static int32_t
cell_index(int32_t units)
{
	return units / CELL - (units % CELL < 0);
}

DwMarketCells
dw_market_cells_of(const DwDegrees *centre, double radius_miles)
{
	DwPlace		place = dw_place_of(centre->longitude, centre->latitude);
	DwBbox		box = dw_bbox_circle(&place,
									 radius_miles * DW_GEO_METRES_PER_MILE);
	DwMarketCells cells;

	cells.band = cell_index(box.south);
	cells.bands = cell_index(box.north) - cells.band + 1;
	cells.column = cell_index(box.west);
	cells.columns = cell_index(box.east) - cells.column + 1;
	if (cells.columns > CELLS_ROUND)
		cells.columns = CELLS_ROUND;
	return cells;
}

int32_t
dw_market_cell_count(const DwMarketCells *cells)
{
	return cells->bands * cells->columns;
}

int32_t
dw_market_cell(const DwMarketCells *cells, int32_t index)
{
	int32_t		band = cells->band + index / cells->columns;
	int32_t		column = cells->column + index % cells->columns;

	/* a place at 180 degrees east has the column of 180 degrees west */
	return (band + BANDS_BELOW) * CELLS_ROUND +
		(column + CELLS_ROUND / 2) % CELLS_ROUND;
}
