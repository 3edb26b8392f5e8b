/*
 * test_plans.c
 *		Every unit that is held can be released, and can be given back.
 *
 * Random contracts of every payer and shape of fee, paid in parts, released
 * and refunded in parts, and both undone in parts; after each step the whole
 * of what is held is tried both ways.
 */
#include "unit.h"

#include "core/cancellation/cancellation.h"
#include "core/dispute/dispute.h"
#include "core/escrow/escrow.h"

#define PLANS		100000
#define PLAN_MAX	5
#define STEPS		12

static const DwParties parties = {{{1}}, {{2}}, "EUR"};

/* A generator with a state of its own, so that runs repeat. */
static uint32_t
next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return (uint32_t) (*seed >> 33);
}

/* From least to most. */
static int64_t
among(uint64_t *seed, int64_t least, int64_t most)
{
	return least + next_random(seed) % (most - least + 1);
}

/* A movement of money that can be undone, and how far it is. */
typedef struct Moved
{
	DwPosting	posting;		/* what it booked */
	int64_t		amount;			/* left the escrow */
	int64_t		undone;			/* of it */
} Moved;

/* A contract, and what was moved out of its escrow. */
typedef struct Contract
{
	DwEscrow	escrow;			/* the money */
	DwMilestone plan[PLAN_MAX]; /* its milestones */
	int			count;			/* of them */
	Moved		moved[STEPS];	/* in order */
	int			moves;			/* of them */
} Contract;

/* Any payer, rate, limits, tax, step and promo code; small ones often. */
static DwFeeTerms
random_terms(uint64_t *seed)
{
	DwFeeTerms	terms = {
		.rate_ppm = among(seed, 0, 3) == 0 ? 0 : among(seed, 0, 1000000),
		.fixed = among(seed, 0, 1) * among(seed, 0, 500),
		.min_fee = among(seed, 0, 1) * among(seed, 0, 500),
		.tax_ppm = among(seed, 0, 1) * among(seed, 0, 1000000),
		.payer = (DwFeePayer) among(seed, 0, DW_FEE_PAYER_COUNT - 1),
		.step_count = (int) among(seed, 0, 1),
		.promo_ppm = among(seed, 0, 1) * among(seed, 0, 1000000),
		.promo_max = among(seed, DW_FEE_NO_MAX, 500)
	};

	terms.max_fee = among(seed, 0, 1) == 0 ? DW_FEE_NO_MAX
		: terms.min_fee + among(seed, 0, 5000);
	terms.steps[0] = (DwFeeStep)
	{
		among(seed, 1, 20000), among(seed, 0, 1000000)
	};
	return terms;
}

/* A contract of a few units or many; false: the plan does not divide it. */
static bool
random_contract(uint64_t *seed, Contract *made)
{
	DwFeeTerms	terms = random_terms(seed);
	int64_t		price = among(seed, 0, 2) == 0 ? among(seed, 1, 20)
		: among(seed, 1, 100000);

	memset(made, 0, sizeof(*made));
	made->count = (int) among(seed, 1, PLAN_MAX);
	if (!dw_fee_terms_valid(&terms) ||
		dw_escrow_open(&made->escrow, "EUR", price, &terms) != DW_OK)
		return false;
	for (int i = 0; i < made->count; i++)
	{
		made->plan[i].id.bytes[0] = (uint8_t) (i + 1);
		made->plan[i].amount = among(seed, 1, 9);
		made->plan[i].is_required = among(seed, 0, 1) == 1;
	}
	return dw_milestones_plan(made->plan, made->count, price) == DW_OK;
}

/* A part of what is still to be paid, or all of it, arrives. */
static void
pay(uint64_t *seed, Contract *contract)
{
	int64_t		missing = dw_escrow_missing(&contract->escrow);
	int64_t		amount = among(seed, 0, 2) == 0 || missing <= 0 ? 0
		: among(seed, 1, missing);

	if (dw_escrow_fund(&contract->escrow, &amount) == DW_OK)
		assert_int_equal(dw_escrow_confirm(&contract->escrow, contract->plan,
										   contract->count, amount), DW_OK);
}

/* Remembers a release, or a refund, by what it books. */
static void
remember(Contract *contract, const DwRelease *out, bool is_refund)
{
	Moved	   *moved = &contract->moved[contract->moves];

	if (out->amount == 0)
		return;
	if (is_refund)
		dw_posting_refund(&moved->posting, &parties,
						  &(DwGivenBack) {"acme", out->amount}, 1);
	else
		dw_posting_release(&moved->posting, &parties,
						   &(DwEarnings) {.payout = out->payout,
						   .fee = out->fee, .tax = out->tax});
	assert_true(dw_posting_is_valid(&moved->posting));
	moved->amount = out->amount;
	contract->moves++;
}

/* A part of what is held goes one way. */
static void
move(uint64_t *seed, Contract *contract, bool is_refund)
{
	DwSelector	selector = {
		.has_amount = true,
		.amount = among(seed, 1, 1 + contract->escrow.held)
	};
	DwRelease	out;
	DwResult	result = is_refund
		? dw_escrow_refund(&contract->escrow, contract->plan, contract->count,
						   &selector, &out)
		: dw_escrow_release(&contract->escrow, contract->plan,
							contract->count, &selector, &out);

	if (result == DW_OK)
		remember(contract, &out, is_refund);
}

/* A part of what was moved is undone. */
static void
undo(uint64_t *seed, Contract *contract)
{
	Moved	   *moved;
	DwReversal	reversal;
	DwPosting	posting;
	int64_t		amount;

	if (contract->moves == 0)
		return;
	moved = &contract->moved[among(seed, 0, contract->moves - 1)];
	if (moved->undone == moved->amount)
		return;
	amount = among(seed, 0, 1) == 0 ? 0
		: among(seed, 1, moved->amount - moved->undone);
	assert_int_equal(dw_reversal_decide(&moved->posting, moved->undone,
										&amount, &reversal, &posting), DW_OK);
	reversal.milestone_id = NULL;
	assert_int_equal(dw_escrow_reverse(&contract->escrow, contract->plan,
									   contract->count, &reversal, 0), DW_OK);
	moved->undone += amount;
}

/* Gives back all that is held; then nothing is. */
static void
check_refundable(Contract *contract)
{
	static const DwSelector all;
	int64_t		held = contract->escrow.held;
	DwRelease	out;

	if (held == 0)
		return;
	assert_int_equal(dw_escrow_refund(&contract->escrow, contract->plan,
									  contract->count, &all, &out), DW_OK);
	assert_int_equal(out.amount, held);
	assert_int_equal(contract->escrow.held, 0);
	assert_true(dw_escrow_is_valid(&contract->escrow));
}

/*
 * Releases all that is held.  Where the homeowner bears a part of the fee,
 * what does not cover one more unit of the price may be left, as may a share
 * of a fee that a refund has made less: that can be given back.
 */
static void
check_releasable(Contract *contract)
{
	static const DwSelector all;
	int64_t		held = contract->escrow.held;
	DwRelease	out;
	DwResult	result = dw_escrow_release(&contract->escrow, contract->plan,
										   contract->count, &all, &out);

	if (contract->escrow.terms.payer == DW_FEE_PAYER_PROVIDER)
	{
		assert_int_equal(result, DW_OK);
		assert_int_equal(contract->escrow.held, 0);
	}
	if (result == DW_OK)
	{
		assert_int_equal(out.amount, held - contract->escrow.held);
		assert_int_equal(out.fee + out.tax + out.payout, out.amount);
		assert_int_equal(dw_milestones_available(contract->plan,
												 contract->count), 0);
	}
	else
		assert_int_equal(result, DW_INSUFFICIENT_FUNDS);
	assert_true(dw_escrow_is_valid(&contract->escrow));
}

/* The price of the work that is neither paid nor given up. */
static int64_t
price_left(const Contract *contract)
{
	int64_t		sum = contract->escrow.contract_amount;

	for (int i = 0; i < contract->count; i++)
		sum -= contract->plan[i].released + contract->plan[i].refunded;
	return sum;
}

/*
 * Cancels it for a share: each unit that is held goes one way, by legs that
 * can be booked, and the provider has their share as far as it was paid in.
 */
static void
check_cancellable(Contract *contract, int64_t share_ppm)
{
	int64_t		held = contract->escrow.held;
	int64_t		price = price_left(contract);
	int64_t		room = dw_milestones_available(contract->plan,
											   contract->count);
	int64_t		share;
	DwCancellation out = {0};
	DwPosting	posting;

	assert_int_equal(dw_money_scale(price, share_ppm, DW_PPM, &share), DW_OK);
	assert_int_equal(dw_escrow_cancel_held(&contract->escrow, contract->plan,
										   contract->count, share_ppm, &out),
					 DW_OK);
	assert_int_equal(out.price, price);
	assert_int_equal(out.share.amount + out.refund, held);
	assert_int_equal(out.share.fee + out.share.tax + out.share.payout,
					 out.share.amount);
	assert_true(out.share.part <= dw_money_lesser(share, room));
	if (contract->escrow.terms.payer == DW_FEE_PAYER_PROVIDER)
		assert_int_equal(out.share.part, dw_money_lesser(share, room));
	assert_int_equal(contract->escrow.held, 0);
	assert_true(dw_escrow_is_valid(&contract->escrow));
	dw_posting_cancellation(&posting, &parties,
							&(DwEarnings) {.payout = out.share.payout,
							.fee = out.share.fee,.tax = out.share.tax},
							&(DwGivenBack) {"acme", out.refund}, 1);
	assert_true(dw_posting_is_valid(&posting));
	assert_int_equal(posting.legs[0].amount, -held);
}

/* What must hold after each step: each way is tried on a copy. */
static void
check_contract(const Contract *contract, int64_t share_ppm)
{
	Contract	copy = *contract;

	assert_true(dw_escrow_is_valid(&contract->escrow));
	if (contract->escrow.held == 0)
		return;
	check_refundable(&copy);
	copy = *contract;
	check_cancellable(&copy, share_ppm);
	copy = *contract;
	check_releasable(&copy);
	check_refundable(&copy);
}

static void
test_every_unit(void **state)
{
	uint64_t	seed = 7;
	int64_t		held = 0;

	for (int i = 0; i < PLANS; i++)
	{
		Contract	contract;

		if (!random_contract(&seed, &contract))
			continue;
		for (int step = 0; step < STEPS; step++)
		{
			switch (among(&seed, 0, 4))
			{
				case 0:
				case 1:
					pay(&seed, &contract);
					break;
				case 2:
					move(&seed, &contract, false);
					break;
				case 3:
					move(&seed, &contract, true);
					break;
				default:
					undo(&seed, &contract);
			}
			check_contract(&contract, among(&seed, 0, DW_PPM));
			held += contract.escrow.held > 0;
		}
	}
	assert_true(held > 2 * PLANS);	/* it was put to the test */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_unit)
	};

	return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
