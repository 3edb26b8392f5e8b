/*
 * market.h
 *		What work costs: which contracts count as prices, and what is made of
 *		them.
 *
 * A price is that of a contract which was paid for and released in full.
 * Nobody's single price may be read from what is made of prices, and nobody
 * may move it by themselves: so each person, on whichever side, gives one
 * price at most, five are needed, and a reference is rounded.
 *
 * Amounts are minor units of the contract's currency; integers only.
 */
#ifndef DW_MARKET_H
#define DW_MARKET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/geo/geo.h"

#define DW_MARKET_ABSENT	INT64_C(-1) /* too few prices */
#define DW_MARKET_LEAST		5	/* people on each side behind any figure */
#define DW_MARKET_MOST		200 /* prices that a figure is made of */
#define DW_MARKET_NO_STARS	0	/* nobody has reviewed the work yet */

/* What decides whether a contract is a price. */
typedef struct DwMarketContract
{
	bool		is_released;	/* all that was funded went to the provider */
	bool		is_contested;	/* a chargeback took some of it, or may */
	int64_t		contract_amount;	/* price of the work agreed on */
	int64_t		released;		/* what went to the provider, with fees */
	int64_t		bid_amount;		/* of the accepted bid */
	int64_t		comparable_price;	/* the same with materials left out */
} DwMarketContract;

/*
 * True when the contract was paid in full and nothing of it is contested.
 * One whose bid left materials out is no price: what the homeowner expected
 * to pay for those, nobody has paid.
 */
extern bool dw_market_counts(const DwMarketContract *contract);

/* The decision of an agent that a bid came from; all 0: of none. */
typedef struct DwMarketDecision
{
	int64_t		amount;			/* that it bid */
	int64_t		base_amount;	/* without its strategy's multiplier */
} DwMarketDecision;

/*
 * The base amount of a contract: in proportion to that of the decision, or
 * the contract's own where the bid is not what an agent decided: a person
 * has set it, or changed it since.
 */
extern int64_t dw_market_base(const DwMarketContract *contract,
							  const DwMarketDecision *decision);

/* What an event of a job may mean for its price. */
typedef enum DwMarketEffect
{
	DW_MARKET_STAYS,			/* nothing */
	DW_MARKET_MAY_COUNT,		/* it may be one now, or be another */
	DW_MARKET_MAY_END			/* it may be none any more */
} DwMarketEffect;

/* By the type of the event. */
extern DwMarketEffect dw_market_effect(const char *event_type);

/* One price. */
typedef struct DwMarketPrice
{
	DwUuid		homeowner_id;	/* who paid */
	DwUuid		provider_id;	/* who won and was paid */
	int64_t		amount;			/* > 0 */
	int64_t		age_days;		/* since it was released; negative: 0 */
	int64_t		base_amount;	/* amount, without what an agent's strategy
								 * had multiplied */
	int32_t		stars;			/* 1 ... 5, or DW_MARKET_NO_STARS */
} DwMarketPrice;

/*
 * Of prices that stand newest first, keeps the first of each homeowner and
 * each provider, at most DW_MARKET_MOST of them, in their order; none of the
 * asker's, on either side.  Gives their number.
 */
extern int	dw_market_select(DwMarketPrice *prices, int count,
							 const DwUuid *asker);

/*
 * The median of the amounts, weighed by age with a half-life of 180 days and
 * rounded to two significant digits; DW_MARKET_ABSENT when fewer than least
 * (DW_MARKET_LEAST if that is more) have a weight.  Sorts the prices.
 */
extern int64_t dw_market_reference(DwMarketPrice *prices, int count,
								   int64_t least);

/* Takes the base amounts for the amounts. */
extern void dw_market_to_base(DwMarketPrice *prices, int count);

/*
 * The mean of the stars in hundredths, half-even; DW_MARKET_ABSENT when fewer
 * than DW_MARKET_LEAST have some.
 */
extern int64_t dw_market_stars(const DwMarketPrice *prices, int count);

/* An amount of two significant digits, half up; 0 for less than 1. */
extern int64_t dw_market_round(int64_t amount);

/*
 * Cells of half a degree by which prices are found around a place.
 *
 * The cell of a place is (floor(2 * latitude) + 180) * 720 +
 * (floor(2 * longitude) + 360) mod 720: market_prices.cell says so in SQL.
 */
typedef struct DwMarketCells
{
	int32_t		band;			/* southernmost row of cells */
	int32_t		bands;			/* how many rows */
	int32_t		column;			/* westernmost column */
	int32_t		columns;		/* how many, at most once round the globe */
} DwMarketCells;

/* The cells that a circle touches, and perhaps a few more. */
extern DwMarketCells dw_market_cells_of(const DwDegrees *centre,
										double radius_miles);

/* How many they are, and the one with this index, from 0. */
extern int32_t dw_market_cell_count(const DwMarketCells *cells);
extern int32_t dw_market_cell(const DwMarketCells *cells, int32_t index);

#endif							/* DW_MARKET_H */
