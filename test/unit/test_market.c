/*
 * test_market.c
 *		Which contracts are prices, whose count, and what is made of them.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "core/market/market.h"

#define NONE	DW_MARKET_ABSENT
#define MANY	1000

/* A person with that number. */
static DwUuid
person(uint32_t number)
{
	DwUuid		id = {{1}};

	memcpy(id.bytes + 12, &number, sizeof(number));
	return id;
}

/* A price of two people, of that age. */
static DwMarketPrice
price(uint32_t homeowner, uint32_t provider, int64_t amount, int64_t age)
{
	return (DwMarketPrice)
	{
		.homeowner_id = person(homeowner),.provider_id = person(provider),
			.amount = amount,.base_amount = amount,.age_days = age
	};
}

/* Prices of as many pairs, all of today. */
static void
fill(DwMarketPrice *prices, const int64_t *amounts, int count)
{
	for (int i = 0; i < count; i++)
		prices[i] = price(100 + i, 200 + i, amounts[i], 0);
}

/* What is not paid in full, contested or without its materials is none. */
static void
test_counts(void **state)
{
	const DwMarketContract good = {true, false, 1000, 1000, 1000, 1000};
	DwMarketContract contract = good;

	assert_true(dw_market_counts(&contract));
	contract.released = 1050;	/* the homeowner pays a fee */
	assert_true(dw_market_counts(&contract));
	contract.contract_amount = 1040;	/* a change order */
	assert_true(dw_market_counts(&contract));
	contract.contract_amount = 1051;
	assert_false(dw_market_counts(&contract));
	contract = good;
	contract.is_released = false;
	assert_false(dw_market_counts(&contract));
	contract = good;
	contract.is_contested = true;
	assert_false(dw_market_counts(&contract));
	contract = good;
	contract.comparable_price = 900000;
	assert_false(dw_market_counts(&contract));
	contract = good;
	contract.contract_amount = contract.released = 0;
	assert_false(dw_market_counts(&contract));
}

/* What an event may do to a price. */
static void
test_effects(void **state)
{
	assert_int_equal(dw_market_effect("escrow_released"),
					 DW_MARKET_MAY_COUNT);
	assert_int_equal(dw_market_effect("chargeback_opened"),
					 DW_MARKET_MAY_END);
	assert_int_equal(dw_market_effect("award_confirmed"), DW_MARKET_STAYS);
	assert_int_equal(dw_market_effect("payment_received"), DW_MARKET_STAYS);
	assert_int_equal(dw_market_effect(""), DW_MARKET_STAYS);
}

/* One a person on either side, the newest; none of the asker's. */
static void
test_select(void **state)
{
	DwMarketPrice prices[] = {
		price(1, 11, 1, 0), price(1, 12, 2, 1), price(2, 11, 3, 2),
		price(2, 12, 4, 3), price(3, 13, 5, 4), price(4, 13, 6, 5)
	};
	DwUuid		asker = person(3);
	DwUuid		nobody = {{0}};

	assert_int_equal(dw_market_select(prices, 6, &asker), 3);
	assert_int_equal(prices[0].amount, 1);
	assert_int_equal(prices[1].amount, 4);
	assert_int_equal(prices[2].amount, 6);
	/* a provider who asks does not see their own either */
	asker = person(13);
	assert_int_equal(dw_market_select(prices, 3, &asker), 2);
	assert_int_equal(dw_market_select(prices, 0, &nobody), 0);
}

/* At most 200, and what is kept is what a plain search keeps. */
static void
test_select_many(void **state)
{
	static DwMarketPrice prices[MANY];
	static DwMarketPrice kept[MANY];
	DwUuid		nobody = {{0}};
	int			wanted = 0;

	srand(7);
	for (int round = 0; round < 50; round++)
	{
		int			people = 1 + rand() % 400;

		for (int i = 0; i < MANY; i++)
			prices[i] = price(rand() % people, 1000 + rand() % people, i + 1,
							  i);
		wanted = 0;
		for (int i = 0; i < MANY && wanted < DW_MARKET_MOST; i++)
		{
			bool		is_new = true;

			for (int k = 0; k < wanted; k++)
				is_new &= !dw_uuid_equal(&kept[k].homeowner_id,
										 &prices[i].homeowner_id) &&
					!dw_uuid_equal(&kept[k].provider_id,
								   &prices[i].provider_id);
			if (is_new)
				kept[wanted++] = prices[i];
		}
		assert_int_equal(dw_market_select(prices, MANY, &nobody), wanted);
		for (int k = 0; k < wanted; k++)
			assert_int_equal(prices[k].amount, kept[k].amount);
	}
	for (int i = 0; i < MANY; i++)
		prices[i] = price(i, 5000 + i, 1, 0);
	assert_int_equal(dw_market_select(prices, MANY, &nobody), DW_MARKET_MOST);
}

/* Of equal age it is the plain median, of two digits; four are no market. */
static void
test_median(void **state)
{
	static const int64_t odd[] = {50, 10, 40, 20, 30};
	static const int64_t even[] = {60, 10, 20, 50, 41, 30};
	static const int64_t fine[] = {1, 2, 87654, 90000000, 90000001};
	DwMarketPrice prices[6];

	fill(prices, odd, 5);
	assert_int_equal(dw_market_reference(prices, 5, 5), 30);
	assert_int_equal(dw_market_reference(prices, 5, 6), NONE);
	assert_int_equal(dw_market_reference(prices, 4, 1), NONE);
	assert_int_equal(dw_market_reference(prices, 0, 0), NONE);
	fill(prices, even, 6);
	assert_int_equal(dw_market_reference(prices, 6, 5), 35);
	fill(prices, fine, 5);
	assert_int_equal(dw_market_reference(prices, 5, 5), 88000);
}

/* Young prices weigh more; those of no weight do not even count. */
static void
test_age(void **state)
{
	static const int64_t amounts[] = {10, 20, 30, 40, 50, 60};
	static const int64_t ages[] = {360, 360, 360, 0, 360, 4000};
	DwMarketPrice prices[6];

	fill(prices, amounts, 6);
	for (int i = 0; i < 6; i++)
		prices[i].age_days = ages[i];
	assert_int_equal(dw_market_reference(prices, 6, 5), 40);
	prices[0].age_days = 4000;
	assert_int_equal(dw_market_reference(prices, 6, 5), NONE);
}

/* Two digits, half up. */
static void
test_round(void **state)
{
	static const int64_t cases[][2] = {
		{INT64_MIN, 0}, {0, 0}, {1, 1}, {9, 9}, {99, 99}, {100, 100},
		{104, 100}, {105, 110}, {995, 1000}, {87654, 88000}, {99500, 100000},
		{INT64_MAX, INT64_C(9200000000000000000)}
	};

	for (size_t i = 0; i < DW_LENGTH(cases); i++)
		assert_int_equal(dw_market_round(cases[i][0]), cases[i][1]);
}

/* In proportion to the decision's, unless a person has changed the bid. */
static void
test_base(void **state)
{
	static const struct
	{
		int64_t		contract;
		int64_t		bid;
		DwMarketDecision decision;
		int64_t		base;
	}			cases[] = {
		{850, 850, {850, 1000}, 1000},
		{1150, 1150, {1150, 1000}, 1000},
		{1700, 850, {850, 1000}, 2000},
		{900, 900, {850, 1000}, 900},
		{900, 900, {0, 0}, 900},
		{900, 900, {900, 0}, 900},
		{1, 900, {900, 1}, 1},
		{INT64_MAX, 2, {2, 3}, INT64_MAX},
	};

	for (size_t i = 0; i < DW_LENGTH(cases); i++)
	{
		DwMarketContract contract = {
			.contract_amount = cases[i].contract,.bid_amount = cases[i].bid
		};
		DwMarketPrice paid = price(1, 2, cases[i].contract, 0);

		paid.base_amount = dw_market_base(&contract, &cases[i].decision);
		assert_int_equal(paid.base_amount, cases[i].base);
		dw_market_to_base(&paid, 1);
		assert_int_equal(paid.amount, cases[i].base);
	}
}

/* The mean of five at least; who has not rated does not count. */
static void
test_stars(void **state)
{
	static const int64_t amounts[] = {1, 1, 1, 1, 1, 1};
	DwMarketPrice prices[6];

	fill(prices, amounts, 6);
	for (int i = 0; i < 5; i++)
		prices[i].stars = 1 + i % 5;
	assert_int_equal(dw_market_stars(prices, 6), 300);
	prices[5].stars = 5;
	assert_int_equal(dw_market_stars(prices, 6), 333);
	prices[5].stars = prices[0].stars = DW_MARKET_NO_STARS;
	assert_int_equal(dw_market_stars(prices, 6), NONE);
}

/* The cell of a place, as SQL has it. */
static int32_t
cell_of(double longitude, double latitude)
{
	int			band = (int) (2 * latitude + 1000) - 1000;
	int			column = (int) (2 * longitude + 1000) - 1000;

	return (band + 180) * 720 + (column + 360) % 720;
}

/* True when the cell is among them. */
static bool
covers(const DwMarketCells *cells, int32_t cell)
{
	for (int32_t i = 0; i < dw_market_cell_count(cells); i++)
		if (dw_market_cell(cells, i) == cell)
			return true;
	return false;
}

/* Every place within the radius lies in one of the cells, also at the edges
 * of the map; and they are not many more than it takes. */
static void
test_cells(void **state)
{
	static const DwDegrees centres[] = {
		{-122.42, 37.77}, {0, 0}, {179.99, 51.5}, {-180, -16.5}, {180, 65.01},
		{13.4, 89.99}, {13.4, -90}, {24.94, 69.99}, {-0.5, -0.5}
	};

	srand(11);
	for (size_t c = 0; c < DW_LENGTH(centres); c++)
	{
		const DwDegrees *centre = &centres[c];
		DwMarketCells cells = dw_market_cells_of(centre, 50);

		for (int i = 0; i < 20000; i++)
		{
			double		latitude = centre->latitude +
				(rand() % 160 - 80) / 100.0;
			double		longitude = centre->longitude +
				(rand() % 720 - 360) / 100.0;

			if (longitude > 180)
				longitude -= 360;
			if (longitude < -180)
				longitude += 360;
			if (latitude > 90 || latitude < -90 ||
				dw_geo_distance_m(centre->longitude, centre->latitude,
								  longitude, latitude) >
				50 * DW_GEO_METRES_PER_MILE)
				continue;
			assert_true(covers(&cells, cell_of(longitude, latitude)));
		}
	}
	assert_int_equal(cell_of(180, 10), cell_of(-180, 10));
	for (size_t c = 0; c < 3; c++)
	{
		DwMarketCells cells = dw_market_cells_of(&centres[c], 50);

		assert_within(dw_market_cell_count(&cells), 9, 30);
	}
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_effects),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_select_many),
		cmocka_unit_test(test_median),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_stars),
		cmocka_unit_test(test_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
