/*
 * test_chargeback.c
 *		Out of what a chargeback is taken, and what won and lost bring.
 */
#include "unit.h"

#include "core/dispute/dispute.h"

static const DwFeeTerms terms = {
	.rate_ppm = 50000,.max_fee = DW_FEE_NO_MAX,.promo_max = DW_FEE_NO_MAX,
	.payer = DW_FEE_PAYER_PROVIDER
};

static const DwChargebackSum none;

/* An escrow of 1000 in two milestones, paid in full. */
typedef struct Contract
{
	DwEscrow	escrow;			/* the money */
	DwMilestone plan[2];		/* 400 and 600 */
} Contract;

/* Makes one, with this much released. */
static Contract
make(int64_t released)
{
	Contract	made;
	DwSelector	selector = {.has_amount = true,.amount = released};
	DwRelease	out;
	int64_t		amount = 0;

	memset(&made, 0, sizeof(made));
	assert_int_equal(dw_escrow_open(&made.escrow, "EUR", 1000, &terms),
					 DW_OK);
	made.plan[0] = (DwMilestone)
	{
		.id =
		{
			{
				1
			}
		},.amount = 400,
			.is_required = true
	};
	made.plan[1] = (DwMilestone)
	{
		.id =
		{
			{
				2
			}
		},.amount = 600,
			.is_required = true
	};
	assert_int_equal(dw_milestones_plan(made.plan, 2, 1000), DW_OK);
	assert_int_equal(dw_escrow_fund(&made.escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_confirm(&made.escrow, made.plan, 2, amount),
					 DW_OK);
	if (released > 0)
		assert_int_equal(dw_escrow_release(&made.escrow, made.plan, 2,
										   &selector, &out), DW_OK);
	return made;
}

/* A bank asks for this much. */
static DwResult
ask(Contract *made, int64_t amount, const DwChargebackSum *others,
	DwChargeback *chargeback)
{
	*chargeback = (DwChargeback)
	{
		.amount = amount
	};
	return dw_chargeback_open(&made->escrow, made->plan, 2, others,
							  chargeback);
}

/* Closes one that has no others beside it. */
static DwResult
end(Contract *made, DwChargeback *chargeback, bool won)
{
	DwVerdict	verdict = {won, chargeback->amount, none};

	return dw_chargeback_close(&made->escrow, made->plan, 2, chargeback,
							   &verdict);
}

/* Before anything went out: all of it is held. */
static void
test_held(void **state)
{
	Contract	made = make(0);
	DwChargeback taken;

	assert_int_equal(ask(&made, 1000, &none, &taken), DW_OK);
	assert_int_equal(taken.held_amount, 1000);
	assert_int_equal(taken.clawed_back, 0);
	assert_int_equal(made.escrow.held, 0);
	assert_int_equal(made.escrow.charged_back, 1000);
	assert_int_equal(made.escrow.status, DW_ESCROW_FROZEN);
	assert_int_equal(end(&made, &taken, true), DW_OK);
	assert_int_equal(made.escrow.status, DW_ESCROW_HELD);
	assert_int_equal(made.escrow.held, 1000);
	assert_int_equal(end(&made, &taken, true), DW_INVALID_TRANSITION);
}

/* Lost: the milestones give up, in order, what cannot be paid any more. */
static void
test_lost(void **state)
{
	Contract	made = make(100);
	DwChargeback taken;

	assert_int_equal(ask(&made, 500, &none, &taken), DW_OK);
	assert_int_equal(end(&made, &taken, false), DW_OK);
	assert_int_equal(made.escrow.held, 400);
	assert_int_equal(made.escrow.status, DW_ESCROW_PARTIALLY_RELEASED);
	assert_int_equal(made.plan[0].status, DW_MILESTONE_RELEASED);
	assert_int_equal(made.plan[0].refunded, 300);
	assert_int_equal(made.plan[1].refunded, 200);
	assert_int_equal(made.plan[1].status, DW_MILESTONE_FUNDED);
	assert_int_equal(dw_milestones_available(made.plan, 2), 400);
}

/* After everything was paid out the provider owes it, and no more. */
static void
test_clawed_back(void **state)
{
	Contract	made = make(1000);
	DwChargebackSum before = {.clawed_back = 300};
	DwChargeback taken;

	assert_int_equal(ask(&made, 700, &before, &taken), DW_OK);
	assert_int_equal(taken.held_amount, 0);
	assert_int_equal(taken.clawed_back, 700);
	assert_int_equal(dw_chargeback_loss(&taken), 0);
	assert_int_equal(made.escrow.released, 1000);
	assert_int_equal(end(&made, &taken, false), DW_OK);
	assert_int_equal(made.escrow.status, DW_ESCROW_RELEASED);
}

/* What the homeowner has back already, nobody but the platform can bear. */
static void
test_loss(void **state)
{
	Contract	made = make(200);
	DwSelector	all = {.has_amount = false};
	DwRelease	out;
	DwChargeback taken;

	assert_int_equal(dw_escrow_refund(&made.escrow, made.plan, 2, &all, &out),
					 DW_OK);
	assert_int_equal(ask(&made, 1000, &none, &taken), DW_OK);
	assert_int_equal(taken.held_amount, 0);
	assert_int_equal(taken.clawed_back, 200);
	assert_int_equal(dw_chargeback_loss(&taken), 800);
	assert_int_equal(end(&made, &taken, true), DW_OK);
	assert_int_equal(made.escrow.status, DW_ESCROW_SETTLED);
}

/* Disputed money is taken last, and comes back as disputed. */
static void
test_disputed(void **state)
{
	Contract	made = make(0);
	Contract	lost;
	DwChargeback taken;

	made.plan[1].disputed = 600;
	made.plan[1].status = DW_MILESTONE_DISPUTED;
	made.escrow.disputed = 600;
	assert_int_equal(ask(&made, 700, &none, &taken), DW_OK);
	assert_int_equal(made.escrow.disputed, 300);
	assert_true(dw_escrow_is_valid(&made.escrow));
	lost = made;
	assert_int_equal(end(&made, &taken, true), DW_OK);
	assert_int_equal(made.escrow.disputed, 600);
	taken.status = DW_CHARGEBACK_OPEN;
	assert_int_equal(end(&lost, &taken, false), DW_OK);
	assert_int_equal(lost.escrow.disputed, 300);
	assert_int_equal(lost.plan[1].disputed, 300);
	assert_int_equal(lost.plan[1].refunded, 300);
	assert_int_equal(lost.plan[0].status, DW_MILESTONE_REFUNDED);
	assert_int_equal(lost.escrow.status, DW_ESCROW_DISPUTED);
}

/* The freeze ends with the last of them. */
static void
test_two(void **state)
{
	Contract	made = make(0);
	DwChargeback first;
	DwChargeback second;
	DwChargebackSum one;
	DwVerdict	verdict;

	assert_int_equal(ask(&made, 600, &none, &first), DW_OK);
	one = (DwChargebackSum)
	{
		0, 600, 1
	};
	assert_int_equal(ask(&made, 400, &one, &second), DW_OK);
	one = (DwChargebackSum)
	{
		0, 400, 1
	};
	verdict = (DwVerdict)
	{
		false, 600, one
	};
	assert_int_equal(dw_chargeback_close(&made.escrow, made.plan, 2, &first,
										 &verdict), DW_OK);
	assert_int_equal(made.escrow.status, DW_ESCROW_FROZEN);
	assert_int_equal(dw_milestones_available(made.plan, 2), 400);
	verdict = (DwVerdict)
	{
		true, 0,
		{
			0, 0, 0
		}
	};
	assert_int_equal(dw_chargeback_close(&made.escrow, made.plan, 2, &second,
										 &verdict), DW_OK);
	assert_int_equal(made.escrow.status, DW_ESCROW_HELD);
	assert_int_equal(made.escrow.held, 400);
}

/* More than was paid, and what never was: the platform bears it. */
static void
test_detached(void **state)
{
	Contract	made = make(0);
	DwEscrow	before;
	DwChargeback taken;

	assert_int_equal(ask(&made, 1500, &none, &taken), DW_OK);
	assert_int_equal(taken.held_amount, 1000);
	assert_int_equal(dw_chargeback_loss(&taken), 500);
	made = make(0);
	before = made.escrow;
	taken = (DwChargeback)
	{
		.amount = 300,.is_detached = true
	};
	assert_int_equal(dw_chargeback_open(&made.escrow, made.plan, 2, &none,
										&taken), DW_OK);
	assert_int_equal(dw_chargeback_loss(&taken), 300);
	assert_int_equal(end(&made, &taken, false), DW_OK);
	assert_int_equal(taken.status, DW_CHARGEBACK_LOST);
	assert_int_equal(dw_chargeback_regain(&made.escrow, made.plan, 2, &taken,
										  &none), DW_OK);
	assert_int_equal(taken.status, DW_CHARGEBACK_WON);
	assert_memory_equal(&made.escrow, &before, sizeof(before));
	assert_int_equal(dw_escrow_open(&made.escrow, "EUR", 1000, &terms),
					 DW_OK);
	assert_int_equal(ask(&made, 1, &none, &taken), DW_OK);
	assert_true(taken.is_detached);
	assert_false(made.escrow.frozen);
}

/* Of a part that is lost only that stays taken; and it may come back. */
static void
test_lost_in_part(void **state)
{
	Contract	made = make(100);
	DwVerdict	verdict = {false, 400, none};
	DwChargeback taken;

	assert_int_equal(ask(&made, 1000, &none, &taken), DW_OK);
	assert_int_equal(taken.held_amount, 900);
	assert_int_equal(taken.clawed_back, 100);
	assert_int_equal(dw_chargeback_close(&made.escrow, made.plan, 2, &taken,
										 &verdict), DW_OK);
	assert_int_equal(taken.held_amount, 400);
	assert_int_equal(taken.clawed_back, 0);
	assert_int_equal(dw_chargeback_loss(&taken), 0);
	assert_int_equal(made.escrow.held, 500);
	assert_int_equal(made.escrow.charged_back, 400);
	assert_int_equal(dw_milestones_available(made.plan, 2), 500);
	assert_int_equal(dw_chargeback_regain(&made.escrow, made.plan, 2, &taken,
										  &none), DW_OK);
	assert_int_equal(made.escrow.held, 900);
	assert_int_equal(made.escrow.charged_back, 0);
	assert_int_equal(dw_milestones_available(made.plan, 2), 900);
	assert_true(dw_escrow_is_valid(&made.escrow));
}

/* What cannot be. */
static void
test_refused(void **state)
{
	Contract	made = make(0);
	DwVerdict	verdict = {false, 0, none};
	DwChargeback taken;

	assert_int_equal(ask(&made, 0, &none, &taken), DW_BAD_VALUE);
	assert_int_equal(ask(&made, 100, &none, &taken), DW_OK);
	verdict.lost_amount = 0;
	assert_int_equal(dw_chargeback_close(&made.escrow, made.plan, 2, &taken,
										 &verdict), DW_BAD_VALUE);
	verdict.lost_amount = 101;
	assert_int_equal(dw_chargeback_close(&made.escrow, made.plan, 2, &taken,
										 &verdict), DW_BAD_VALUE);
	assert_int_equal(dw_chargeback_regain(&made.escrow, made.plan, 2, &taken,
										  &none), DW_INVALID_TRANSITION);
	assert_string_equal(dw_chargeback_status_label(DW_CHARGEBACK_LOST),
						"lost");
}

/* Of a tip the provider owes what they have of it. */
static void
test_tip(void **state)
{
	DwChargeback taken = {.amount = 500};
	DwVerdict	verdict = {.lost_amount = 300};

	dw_chargeback_open_tip(&taken, 400);
	assert_int_equal(taken.clawed_back, 400);
	assert_int_equal(dw_chargeback_loss(&taken), 100);
	assert_true(taken.is_detached);
	/* no escrow is looked at */
	assert_int_equal(dw_chargeback_close(NULL, NULL, 0, &taken, &verdict),
					 DW_OK);
	assert_int_equal(taken.clawed_back, 300);
	assert_int_equal(dw_chargeback_loss(&taken), 0);
	dw_chargeback_open_tip(&taken, 0);
	assert_int_equal(taken.clawed_back, 0);
	assert_int_equal(taken.status, DW_CHARGEBACK_OPEN);
}

/* What of a loss lies in a receipt comes out of there, and goes back. */
static void
test_cover(void **state)
{
	DwChargeback taken = {.amount = 500};
	DwVerdict	verdict = {.lost_amount = 150};

	dw_chargeback_open_tip(&taken, 100);
	assert_int_equal(dw_chargeback_cover(&taken, 300), 300);
	assert_int_equal(taken.covered, 300);
	assert_int_equal(dw_chargeback_borne(&taken), 100);
	/* nothing more is there, and then a little */
	assert_int_equal(dw_chargeback_cover(&taken, 0), 0);
	assert_int_equal(dw_chargeback_cover(&taken, 30), 30);
	/* a part is lost: of that alone the receipt bears the rest */
	assert_int_equal(dw_chargeback_close(NULL, NULL, 0, &taken, &verdict),
					 DW_OK);
	assert_int_equal(dw_chargeback_cover(&taken, 5), -280);
	assert_int_equal(taken.covered, 50);
	taken.status = DW_CHARGEBACK_WON;
	assert_int_equal(dw_chargeback_borne(&taken), 0);
	assert_int_equal(dw_chargeback_cover(&taken, INT64_MAX), -50);
	assert_int_equal(taken.covered, 0);
}

/* What a case does: it is asked, and lost to so much, unless that is 0. */
typedef struct Told
{
	int64_t		amount;			/* that the bank asks for */
	int64_t		lost;			/* of it, in the end */
	int64_t		other;			/* of another case, which is won */
	int64_t		released;		/* before any of it */
} Told;

/* Closes one beside another. */
static void
decide(Contract *made, DwChargeback *chargeback, int64_t lost,
	   const DwChargeback *other)
{
	const bool	is_open = other->status == DW_CHARGEBACK_OPEN &&
		other->amount > 0;
	const DwVerdict verdict = {
		.won = lost == 0,.lost_amount = lost,
		.others =
		{
			other->status == DW_CHARGEBACK_WON ? 0 : other->clawed_back,
			is_open ? other->held_amount : 0, is_open
		}
	};

	assert_int_equal(dw_chargeback_close(&made->escrow, made->plan, 2,
										 chargeback, &verdict), DW_OK);
}

/* Takes of the loss what has come back. */
static void
raise_it(Contract *made, DwChargeback *taken, int64_t room)
{
	const bool	is_open = taken->status == DW_CHARGEBACK_OPEN;
	const DwEscrow before = made->escrow;
	const int64_t loss = dw_chargeback_loss(taken);
	DwRaise		raise = {
		.all = {taken->clawed_back, is_open ? taken->held_amount : 0, is_open},
		.room = room
	};

	dw_chargeback_raise(&made->escrow, made->plan, 2, taken, &raise);
	assert_int_equal(before.held - made->escrow.held, raise.held);
	assert_int_equal(loss - dw_chargeback_loss(taken),
					 raise.held + raise.clawed_back);
	assert_true(raise.held + raise.clawed_back <= room);
}

/* The other case was never asked, or asked first and is won in the end. */
static void
check_told(const Told *told)
{
	static const DwChargeback nobody;
	Contract	alone = make(told->released);
	Contract	beside = make(told->released);
	DwChargeback expected;
	DwChargeback taken;
	DwChargeback other;
	DwChargebackSum sum;

	assert_int_equal(ask(&alone, told->amount, &none, &expected), DW_OK);
	if (told->lost > 0)
		decide(&alone, &expected, told->lost, &nobody);
	assert_int_equal(ask(&beside, told->other, &none, &other), DW_OK);
	sum = (DwChargebackSum)
	{
		other.clawed_back, other.held_amount, 1
	};
	assert_int_equal(ask(&beside, told->amount, &sum, &taken), DW_OK);
	if (told->lost > 0)
		decide(&beside, &taken, told->lost, &other);
	decide(&beside, &other, 0, &taken);
	raise_it(&beside, &taken, 1000 - taken.held_amount - taken.clawed_back);
	assert_int_equal(dw_chargeback_loss(&taken),
					 dw_chargeback_loss(&expected));
	assert_int_equal(beside.escrow.held - taken.clawed_back,
					 alone.escrow.held - expected.clawed_back);
	/* what a provider owed while nothing was held they owe still */
	if (taken.clawed_back != expected.clawed_back)
		return;
	assert_memory_equal(&taken, &expected, sizeof(taken));
	assert_int_equal(beside.escrow.charged_back, alone.escrow.charged_back);
	assert_int_equal(beside.escrow.status, alone.escrow.status);
	assert_int_equal(dw_milestones_available(beside.plan, 2),
					 dw_milestones_available(alone.plan, 2));
}

/*
 * One that found less than it asks for, as another one had taken it, has what
 * it would have had alone once that one is won.
 */
static void
test_raise(void **state)
{
	Told		told;

	for (told.released = 0; told.released <= 1000; told.released += 250)
		for (told.amount = 100; told.amount <= 1100; told.amount += 250)
			for (told.other = 50; told.other <= 1300; told.other += 250)
				for (told.lost = 0; told.lost <= told.amount;
					 told.lost += 100)
					check_told(&told);
}

/* Nothing of one that is won or no escrow's; no more than there is room. */
static void
test_raise_not(void **state)
{
	Contract	made = make(0);
	const DwChargebackStatus statuses[] = {
		DW_CHARGEBACK_WON, DW_CHARGEBACK_OPEN, DW_CHARGEBACK_LOST
	};

	for (int i = 0; i < DW_LENGTH(statuses); i++)
		for (int is_detached = 0; is_detached < 2; is_detached++)
			for (int64_t room = -100; room <= 100; room += 100)
			{
				Contract	copy = made;
				DwChargeback taken = {
					.status = statuses[i],.amount = 300,
					.is_detached = is_detached
				};
				const bool	is_raised = !is_detached && room > 0 &&
					statuses[i] != DW_CHARGEBACK_WON;
				DwRaise		raise = {.room = room};

				dw_chargeback_raise(&copy.escrow, copy.plan, 2, &taken,
									&raise);
				assert_int_equal(raise.held, is_raised ? 100 : 0);
				assert_int_equal(taken.held_amount, raise.held);
				assert_int_equal(copy.escrow.held, 1000 - raise.held);
			}
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_clawed_back),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_disputed),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_detached),
		cmocka_unit_test(test_lost_in_part),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_tip),
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_raise),
		cmocka_unit_test(test_raise_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
