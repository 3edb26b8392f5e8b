/*
 * test_fx.c
 *		An amount of one currency in another, and what is left of it.
 */
#include "unit.h"

#include "core/ledger/ledger.h"

/* A generator with a state of its own, so that runs repeat. */
static int64_t
next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return (int64_t) (*seed >> 33);
}

/* Whole rates leave nothing; others leave what bought nothing. */
static void
test_examples(void **state)
{
	DwFxTrade	trade;

	/* 1 USD = 0.92 EUR */
	assert_int_equal(dw_fx_convert(10000, &(DwFxRate) {92, 100}, 1, &trade),
					 DW_OK);
	assert_int_equal(trade.bought, 9200);
	assert_int_equal(trade.remainder, 0);

	/* a hundred of the one buy one of the other */
	assert_int_equal(dw_fx_convert(1050, &(DwFxRate) {1, 100}, 1, &trade),
					 DW_OK);
	assert_int_equal(trade.bought, 10);
	assert_int_equal(trade.used, 1000);
	assert_int_equal(trade.remainder, 50);

	/* whole units: the rest buys nothing, and is what is left */
	assert_int_equal(dw_fx_convert(1050, &(DwFxRate) {37, 1}, 100, &trade),
					 DW_OK);
	assert_int_equal(trade.bought, 38800);
	assert_int_equal(trade.used, 1049);
	assert_int_equal(trade.remainder, 1);

	assert_int_equal(dw_fx_convert(99, &(DwFxRate) {1, 100}, 1, &trade),
					 DW_OK);
	assert_int_equal(trade.bought, 0);
	assert_int_equal(trade.remainder, 99);
	assert_int_equal(dw_fx_convert(0, &(DwFxRate) {7, 3}, 1, &trade), DW_OK);
	assert_int_equal(trade.bought + trade.used + trade.remainder, 0);
}

/* The ends of the range, and rates that are none. */
static void
test_extremes(void **state)
{
	DwFxTrade	trade;

	assert_int_equal(dw_fx_convert(INT64_MAX, &(DwFxRate)
								   {INT64_MAX, INT64_MAX}, 1, &trade),
					 DW_OK);
	assert_int_equal(trade.bought, INT64_MAX);
	assert_int_equal(trade.remainder, 0);
	assert_int_equal(dw_fx_convert(INT64_MAX, &(DwFxRate) {2, 1}, 1, &trade),
					 DW_OVERFLOW);
	assert_int_equal(dw_fx_convert(-1, &(DwFxRate) {1, 1}, 1, &trade),
					 DW_BAD_VALUE);
	assert_int_equal(dw_fx_convert(1, &(DwFxRate) {0, 1}, 1, &trade),
					 DW_BAD_VALUE);
	assert_int_equal(dw_fx_convert(1, &(DwFxRate) {1, 0}, 1, &trade),
					 DW_BAD_VALUE);
}

/* What is used buys as much, one unit less would not, and no unit is lost. */
static void
test_exact(void **state)
{
	uint64_t	seed = 1;
	DwFxTrade	trade;
	DwFxTrade	again;

	for (int round = 0; round < 20000; round++)
	{
		DwFxRate	rate = {1 + next_random(&seed), 1 + next_random(&seed)};
		int64_t		amount = next_random(&seed) >> (round % 24);

		assert_int_equal(dw_fx_convert(amount, &rate, 1, &trade), DW_OK);
		assert_int_equal(trade.used + trade.remainder, amount);
		assert_true(trade.used >= 0 && trade.remainder >= 0);
		assert_true((__int128) trade.bought * rate.denominator <=
					(__int128) amount * rate.numerator);
		assert_int_equal(dw_fx_convert(trade.used, &rate, 1, &again),
						 DW_OK);
		assert_int_equal(again.bought, trade.bought);
		assert_int_equal(again.remainder, 0);
		if (trade.used == 0)
			continue;
		assert_int_equal(dw_fx_convert(trade.used - 1, &rate, 1, &again),
						 DW_OK);
		assert_true(again.bought < trade.bought);
	}
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
