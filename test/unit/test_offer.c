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
	"recall H accepted>withdrawn rejected>withdrawn",
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
	assert_within(count, 60, 64);
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

/*
 * A contract of 1000 at 5 % from the provider, in three parts of 300, 300 and
 * 400, of which so much is paid.
 */
static void
contract_make(DwEscrow *escrow, DwMilestone *plan, int64_t paid,
			  DwFeePayer payer)
{
	DwFeeTerms	terms = {
		.rate_ppm = 50000,.max_fee = DW_FEE_NO_MAX,.payer = payer,
		.promo_max = DW_FEE_NO_MAX
	};
	static const int64_t amounts[] = {300, 300, 400};

	memset(plan, 0, sizeof(DwMilestone) * 4);
	assert_int_equal(dw_escrow_open(escrow, "USD", 1000, &terms), DW_OK);
	for (int i = 0; i < 3; i++)
	{
		plan[i].id.bytes[0] = (uint8_t) (i + 1);
		plan[i].amount = amounts[i];
		plan[i].status = DW_MILESTONE_PLANNED;
		plan[i].is_required = true;
	}
	if (paid == 0)
		return;
	assert_int_equal(dw_escrow_fund(escrow, &paid), DW_OK);
	assert_int_equal(dw_escrow_confirm(escrow, plan, 3, paid), DW_OK);
}

/* More work is a part of its own, and is due. */
static void
test_more(void **state)
{
	DwContractChange change = {.amount = 200};
	DwMilestone plan[4];
	DwEscrow	escrow;

	contract_make(&escrow, plan, 1000, DW_FEE_PAYER_PROVIDER);
	plan[3].amount = 200;
	assert_int_equal(dw_contract_change(&escrow, plan, 4, &change), DW_OK);
	assert_int_equal(escrow.contract_amount, 1200);
	assert_int_equal(dw_escrow_missing(&escrow), 200);
	assert_int_equal(escrow.status, DW_ESCROW_HELD);
	change.amount = INT64_MAX - 1000;
	assert_int_equal(dw_contract_change(&escrow, plan, 4, &change),
					 DW_OVERFLOW);
	assert_int_equal(escrow.contract_amount, 1200);
}

/* Less work comes out of what was not paid, from the end. */
static void
test_less_unpaid(void **state)
{
	DwContractChange change = {.amount = -450};
	DwMilestone plan[4];
	DwEscrow	escrow;

	contract_make(&escrow, plan, 300, DW_FEE_PAYER_PROVIDER);
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change), DW_OK);
	assert_int_equal(escrow.contract_amount, 550);
	assert_int_equal(change.cut, 450);
	assert_int_equal(change.refund.amount, 0);
	assert_int_equal(plan[2].status, DW_MILESTONE_CANCELLED);
	assert_int_equal(plan[1].amount, 250);
	assert_int_equal(plan[1].status, DW_MILESTONE_PLANNED);
	assert_int_equal(plan[0].status, DW_MILESTONE_FUNDED);
	assert_int_equal(dw_escrow_missing(&escrow), 250);
}

/* Then out of what was paid, which goes back. */
static void
test_less_paid(void **state)
{
	DwContractChange change = {.amount = -500};
	DwMilestone plan[4];
	DwEscrow	escrow;

	contract_make(&escrow, plan, 800, DW_FEE_PAYER_PROVIDER);
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change), DW_OK);
	assert_int_equal(change.cut, 200);
	assert_int_equal(change.refund.amount, 300);
	assert_int_equal(escrow.contract_amount, 800);
	assert_int_equal(escrow.given_up, 300);
	assert_int_equal(escrow.held, 500);
	assert_int_equal(plan[2].amount, 200);
	assert_int_equal(plan[2].status, DW_MILESTONE_REFUNDED);
	assert_false(plan[2].is_required);
	assert_true(plan[1].is_required);
	assert_int_equal(plan[1].refunded, 100);
	assert_int_equal(plan[1].status, DW_MILESTONE_FUNDED);
	assert_int_equal(dw_escrow_missing(&escrow), 0);
}

/* The homeowner's share of the fee goes back with it. */
static void
test_less_with_fee(void **state)
{
	DwContractChange change = {.amount = -400};
	DwMilestone plan[4];
	DwEscrow	escrow;

	contract_make(&escrow, plan, 1050, DW_FEE_PAYER_HOMEOWNER);
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change), DW_OK);
	assert_int_equal(change.refund.part, 400);
	assert_int_equal(change.refund.amount, 420);
	assert_int_equal(escrow.held, 630);
	/* what was paid in of no price yet goes back when nothing more is due */
	contract_make(&escrow, plan, 641, DW_FEE_PAYER_HOMEOWNER);
	change = (DwContractChange)
	{
		.amount = -390
	};
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change), DW_OK);
	assert_int_equal(change.refund.part, 0);
	assert_int_equal(change.refund.amount, 1);
	assert_int_equal(escrow.held, 640);
	assert_int_equal(dw_escrow_missing(&escrow), 0);
}

/* Delivered work stays, and so does a contract; one part may be named. */
static void
test_less_refused(void **state)
{
	DwContractChange change = {.amount = -301};
	DwMilestone plan[4];
	DwMilestone before[4];
	DwEscrow	escrow;
	DwUuid		other = {{9}};

	contract_make(&escrow, plan, 1000, DW_FEE_PAYER_PROVIDER);
	plan[0].status = DW_MILESTONE_SUBMITTED;
	plan[2].status = DW_MILESTONE_APPROVED;
	memcpy(before, plan, sizeof(plan));
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change),
					 DW_INSUFFICIENT_FUNDS);
	change.milestone_id = &other;
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change),
					 DW_NOT_FOUND);
	change = (DwContractChange)
	{
		.amount = INT64_MIN
	};
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change),
					 DW_INSUFFICIENT_FUNDS);
	assert_memory_equal(before, plan, sizeof(plan));
	assert_int_equal(escrow.held, 1000);
	change = (DwContractChange)
	{
		.amount = -300,.milestone_id = &plan[1].id
	};
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change), DW_OK);
	assert_int_equal(plan[1].status, DW_MILESTONE_REFUNDED);
	/* all of it is no change */
	contract_make(&escrow, plan, 0, DW_FEE_PAYER_PROVIDER);
	change = (DwContractChange)
	{
		.amount = -1000
	};
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change),
					 DW_INSUFFICIENT_FUNDS);
	change.amount = -999;
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change), DW_OK);
	assert_int_equal(plan[0].amount, 1);
	assert_int_equal(escrow.status, DW_ESCROW_CREATED);
}

/* The rest is taken off after a release: the contract is done. */
static void
test_less_done(void **state)
{
	const DwUuid first = {{1}};
	DwSelector	selector = {.milestone_id = &first};
	DwContractChange change = {.amount = -700};
	DwMilestone plan[4];
	DwEscrow	escrow;
	DwRelease	out;

	contract_make(&escrow, plan, 300, DW_FEE_PAYER_PROVIDER);
	assert_int_equal(dw_escrow_release(&escrow, plan, 3, &selector, &out),
					 DW_OK);
	assert_int_equal(dw_contract_change(&escrow, plan, 3, &change), DW_OK);
	assert_int_equal(escrow.status, DW_ESCROW_RELEASED);
	assert_true(dw_escrow_is_complete(&escrow, plan, 3));
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
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_less_unpaid),
		cmocka_unit_test(test_less_paid),
		cmocka_unit_test(test_less_with_fee),
		cmocka_unit_test(test_less_refused),
		cmocka_unit_test(test_less_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
