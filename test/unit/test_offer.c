/*
 * test_offer.c
 *		Every cell of an offer's life, its words, and the numbers of
 *		counter-offers.
 */
#include "grid.h"

#include "core/offer/offer.h"

static const char *const expected[] = {
	"propose HP ->pending",
	"accept HP pending>accepted",
	"reject HP pending>rejected",
	"withdraw HP pending>withdrawn",
	"counter HP pending>countered",
	"expire Y pending>expired",
	"overtake HPASY pending>expired",
};

/* Every cell. */
static void
test_cells(void **state)
{
	grid_check(dw_offer_machine(), expected, DW_LENGTH(expected));
	grid_check_valid(dw_offer_machine());
}

/* Every word, both ways, and none else. */
static void
test_labels(void **state)
{
	DwOfferStatus status;

	for (int i = DW_OFFER_PENDING; i <= DW_OFFER_COUNTERED; i++)
	{
		const char *label = dw_offer_status_label((DwOfferStatus) i);

		assert_true(dw_offer_status_parse(label, &status));
		assert_int_equal(status, i);
	}
	assert_false(dw_offer_status_parse("open", &status));
}

/* Who made it withdraws, the other side accepts or rejects. */
static void
test_answer(void **state)
{
	DwOfferEvent event;

	assert_int_equal(dw_offer_answer(false, true, &event), DW_OK);
	assert_int_equal(event, DW_OFFER_EVENT_ACCEPT);
	assert_int_equal(dw_offer_answer(false, false, &event), DW_OK);
	assert_int_equal(event, DW_OFFER_EVENT_REJECT);
	assert_int_equal(dw_offer_answer(true, false, &event), DW_OK);
	assert_int_equal(event, DW_OFFER_EVENT_WITHDRAW);
	assert_int_equal(dw_offer_answer(true, true, &event), DW_FORBIDDEN);
}

#define H	DW_ACTOR_HOMEOWNER
#define P	DW_ACTOR_PROVIDER

/* A bid of 1000 in its third version, of which 50 is the least. */
static const DwCounterBid bid = {1000, 3, 50};

/* The homeowner begins, from the least amount to one below the bid's. */
static void
test_first(void **state)
{
	DwCounterWindow window = dw_counter_window(&bid, NULL, 0);
	DwCounterBid free = {1000, 3, 0};

	assert_int_equal(window.turn, H);
	assert_int_equal(dw_counter_judge(&window, P, 900),
					 DW_INVALID_TRANSITION);
	assert_int_equal(dw_counter_judge(&window, H, 49), DW_BAD_VALUE);
	assert_int_equal(dw_counter_judge(&window, H, 50), DW_OK);
	assert_int_equal(dw_counter_judge(&window, H, 999), DW_OK);
	assert_int_equal(dw_counter_judge(&window, H, 1000), DW_BAD_VALUE);
	/* without a least amount any that is money will do */
	window = dw_counter_window(&free, NULL, 0);
	assert_int_equal(dw_counter_judge(&window, H, 0), DW_BAD_VALUE);
	assert_int_equal(dw_counter_judge(&window, H, 1), DW_OK);
}

/* The sides take turns, each number between the last two. */
static void
test_turns(void **state)
{
	DwCounter	told[] = {
		{H, 700, 3, DW_OFFER_COUNTERED},
		{P, 900, 3, DW_OFFER_COUNTERED},
		{H, 800, 3, DW_OFFER_PENDING}
	};
	DwCounterWindow window = dw_counter_window(&bid, told, 1);

	assert_int_equal(window.turn, P);
	assert_int_equal(dw_counter_judge(&window, H, 800),
					 DW_INVALID_TRANSITION);
	assert_int_equal(dw_counter_judge(&window, P, 700), DW_BAD_VALUE);
	assert_int_equal(dw_counter_judge(&window, P, 701), DW_OK);
	assert_int_equal(dw_counter_judge(&window, P, 999), DW_OK);
	assert_int_equal(dw_counter_judge(&window, P, 1000), DW_BAD_VALUE);
	window = dw_counter_window(&bid, told, 2);
	assert_int_equal(window.turn, H);
	assert_int_equal(window.above, 700);
	assert_int_equal(window.below, 900);
	window = dw_counter_window(&bid, told, 3);
	assert_int_equal(window.turn, P);
	assert_int_equal(window.above, 800);
	assert_int_equal(window.below, 900);
}

/* What was rejected or ran out stands; what was taken back does not. */
static void
test_standing(void **state)
{
	DwCounter	told[] = {
		{H, 700, 3, DW_OFFER_REJECTED},
		{P, 900, 3, DW_OFFER_EXPIRED},
		{H, 800, 3, DW_OFFER_WITHDRAWN}
	};
	DwCounterWindow window = dw_counter_window(&bid, told, 3);

	assert_int_equal(window.turn, H);
	assert_int_equal(window.above, 700);
	assert_int_equal(window.below, 900);
	/* another version of the bid is another dialogue */
	for (int i = 0; i < 3; i++)
		told[i].bid_version = 2;
	window = dw_counter_window(&bid, told, 3);
	assert_int_equal(window.turn, H);
	assert_int_equal(window.above, 49);
	assert_int_equal(window.below, 1000);
}

/* Where nothing lies between, nothing can be said. */
static void
test_narrow(void **state)
{
	DwCounterBid least = {50, 3, 50};
	DwCounter	told[] = {{H, 999, 3, DW_OFFER_PENDING}};
	DwCounterWindow window = dw_counter_window(&bid, told, 1);

	for (int64_t amount = 998; amount <= 1001; amount++)
		assert_int_equal(dw_counter_judge(&window, P, amount), DW_BAD_VALUE);
	window = dw_counter_window(&least, NULL, 0);
	for (int64_t amount = 48; amount <= 51; amount++)
		assert_int_equal(dw_counter_judge(&window, H, amount), DW_BAD_VALUE);
}

/* Whatever is said, a dialogue comes to an end, and both close in. */
static void
test_ends(void **state)
{
	DwCounterBid wide = {INT64_MAX, 1, 0};
	DwCounter	told[70];
	DwCounterWindow before = {H, 0, INT64_MAX};
	int			count = 0;

	for (; count < DW_LENGTH(told); count++)
	{
		DwCounterWindow window = dw_counter_window(&wide, told, count);

		assert_true(window.above >= before.above);
		assert_true(window.below <= before.below);
		if (window.below - window.above <= 1)
			break;
		/* half way, which takes the longest that can be had for sure */
		told[count] = (DwCounter)
		{
			window.turn, window.above + (window.below - window.above) / 2, 1,
				DW_OFFER_COUNTERED
		};
		assert_int_equal(dw_counter_judge(&window, window.turn,
										  told[count].amount), DW_OK);
		before = window;
	}
	assert_in_range(count, 60, 64);
}

/* Labour gives way first, and both add up to the amount. */
static void
test_divide(void **state)
{
	int64_t		labor = 800;
	int64_t		materials = 150;

	dw_counter_divide(900, &labor, &materials);
	assert_int_equal(labor, 750);
	assert_int_equal(materials, 150);
	dw_counter_divide(150, &labor, &materials);
	assert_int_equal(labor, 0);
	assert_int_equal(materials, 150);
	dw_counter_divide(149, &labor, &materials);
	assert_int_equal(labor, 0);
	assert_int_equal(materials, 149);
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_standing),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_divide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
