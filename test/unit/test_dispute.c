/*
 * test_dispute.c
 *		Figures that meet, no answer, a mediator's word, and whose money it is.
 */
#include "unit.h"

#include "core/dispute/dispute.h"

static const DwFeeTerms from_provider = {
	.rate_ppm = 50000, .max_fee = DW_FEE_NO_MAX,
	.payer = DW_FEE_PAYER_PROVIDER
};
static const DwFeeTerms from_homeowner = {
	.rate_ppm = 50000, .max_fee = DW_FEE_NO_MAX, .tax_ppm = 100000,
	.payer = DW_FEE_PAYER_HOMEOWNER
};

/* Three milestones of a contract over 1000.00, paid, and a dispute. */
typedef struct Contract
{
	DwEscrow	escrow;			/* the money */
	DwMilestone plan[3];		/* 200.00, 300.00, 500.00 */
	DwDispute	dispute;		/* the last that was opened */
	DwSettlement out;			/* of the last decision */
} Contract;

/* Makes the contract and pays `amount` of it; 0 = all. */
static Contract
make_paid(const DwFeeTerms *terms, int64_t amount)
{
	Contract	made = {.plan = {{.amount = 2}, {.amount = 3}, {.amount = 5}}};

	assert_int_equal(dw_escrow_open(&made.escrow, "USD", 100000, terms),
					 DW_OK);
	assert_int_equal(dw_milestones_plan(made.plan, 3, 100000), DW_OK);
	for (int i = 0; i < 3; i++)
		made.plan[i].id.bytes[15] = (uint8_t) (i + 1);
	assert_int_equal(dw_escrow_fund(&made.escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_confirm(&made.escrow, made.plan, 3, amount),
					 DW_OK);
	return made;
}

/* The homeowner disputes a milestone by its place; -1 = all there is. */
static DwResult
dispute(Contract *contract, int place, int64_t offer)
{
	static uint8_t last;

	contract->dispute.id.bytes[0] = ++last;
	contract->dispute.by_homeowner = true;
	contract->dispute.homeowner_offer = offer;
	return dw_dispute_open(&contract->escrow, contract->plan, 3,
						   place < 0 ? NULL : &contract->plan[place].id,
						   &contract->dispute);
}

/* Settles the last dispute at a figure. */
static DwResult
settle(Contract *contract, int64_t figure)
{
	DwResult	result;

	contract->out.figure = figure;
	result = dw_dispute_settle(&contract->escrow, contract->plan, 3,
							   &contract->dispute, &contract->out);
	assert_true(dw_escrow_is_valid(&contract->escrow));
	assert_int_equal(contract->escrow.status,
					 dw_escrow_status(&contract->escrow));
	return result;
}

/* The words. */
static void
test_words(void **state)
{
	DwDisputeStatus status;

	assert_string_equal(dw_dispute_status_label(DW_DISPUTE_ANSWERED),
						"answered");
	assert_true(dw_dispute_status_parse("withdrawn", &status));
	assert_int_equal(status, DW_DISPUTE_WITHDRAWN);
	assert_false(dw_dispute_status_parse("closed", &status));
}

/* The cases of two figures: apart, met, crossed, with a remainder. */
static void
test_figures(void **state)
{
	static const struct
	{
		int64_t		homeowner;	/* their figure */
		int64_t		provider;	/* and theirs */
		int64_t		figure;		/* where they settle; -1 = they do not */
	}			cases[] = {
		{0, 1, -1}, {0, 0, 0}, {1, 0, 0}, {2, 0, 1}, {100, 100, 100},
		{99, 100, -1}, {100, 99, 99}, {61, 60, 60}, {62, 60, 61}, {100, 0, 50}
	};

	for (size_t i = 0; i < DW_LENGTH(cases); i++)
	{
		DwDispute	d = {.amount = 100, .homeowner_offer = cases[i].homeowner,
			.provider_offer = DW_DISPUTE_NO_OFFER, .by_homeowner = true
		};
		int64_t		figure = -1;

		assert_false(dw_dispute_meets(&d, &figure));
		assert_int_equal(dw_dispute_default_figure(&d), cases[i].homeowner);
		assert_int_equal(dw_dispute_offer(&d, false, cases[i].provider),
						 DW_OK);
		assert_int_equal(d.status, DW_DISPUTE_ANSWERED);
		assert_int_equal(dw_dispute_meets(&d, &figure),
						 cases[i].figure >= 0);
		assert_int_equal(figure, cases[i].figure);
		assert_int_equal(dw_dispute_default_figure(&d),
						 (cases[i].homeowner + cases[i].provider) / 2);
	}
}

/* Who names which figure, and what nobody may name. */
static void
test_offer(void **state)
{
	DwDispute	d = {.amount = INT64_MAX, .provider_offer = INT64_MAX,
	.homeowner_offer = DW_DISPUTE_NO_OFFER};
	int64_t		figure;

	assert_int_equal(dw_dispute_default_figure(&d), INT64_MAX);
	assert_int_equal(dw_dispute_offer(&d, false, INT64_MAX - 1), DW_OK);
	assert_int_equal(d.status, DW_DISPUTE_OPEN);
	assert_int_equal(dw_dispute_offer(&d, true, -1), DW_BAD_VALUE);
	assert_int_equal(dw_dispute_offer(&d, true, INT64_MAX), DW_OK);
	assert_true(dw_dispute_meets(&d, &figure));
	assert_int_equal(figure, INT64_MAX - 1);
	d.amount = 5;
	assert_int_equal(dw_dispute_offer(&d, true, 6), DW_BAD_VALUE);
	d.status = DW_DISPUTE_SETTLED;
	assert_int_equal(dw_dispute_offer(&d, true, 5), DW_INVALID_TRANSITION);
}

/* One milestone is held fast, the others go on. */
static void
test_one(void **state)
{
	Contract	made = make_paid(&from_provider, 0);
	DwSelector	all = {.has_amount = false};
	DwRelease	release;

	assert_int_equal(dispute(&made, 1, 30001), DW_BAD_VALUE);
	assert_int_equal(dispute(&made, 1, 10000), DW_OK);
	assert_int_equal(made.dispute.amount, 30000);
	assert_int_equal(made.escrow.disputed, 30000);
	assert_int_equal(made.escrow.status, DW_ESCROW_HELD);
	assert_int_equal(made.plan[1].status, DW_MILESTONE_DISPUTED);
	assert_int_equal(dispute(&made, 1, 0), DW_INVALID_TRANSITION);
	assert_int_equal(dw_escrow_release(&made.escrow, made.plan, 3, &all,
									   &release), DW_OK);
	assert_int_equal(release.amount, 70000);
	assert_int_equal(made.escrow.status, DW_ESCROW_DISPUTED);
	assert_int_equal(dispute(&made, -1, 0), DW_INVALID_TRANSITION);
}

/* Both ways at once; the fee is of the provider's part, once. */
static void
test_split(void **state)
{
	Contract	made = make_paid(&from_provider, 0);
	DwSelector	part = {.has_amount = true, .amount = 10};
	DwRelease	release;

	assert_int_equal(dw_escrow_release(&made.escrow, made.plan, 3, &part,
									   &release), DW_OK);
	assert_int_equal(release.fee, 0);	/* half a cent */
	assert_int_equal(dispute(&made, -1, 0), DW_OK);
	assert_int_equal(made.dispute.amount, 99990);
	assert_int_equal(made.escrow.status, DW_ESCROW_DISPUTED);
	assert_int_equal(settle(&made, -1), DW_BAD_VALUE);
	assert_int_equal(settle(&made, 99991), DW_BAD_VALUE);
	assert_int_equal(settle(&made, 39990), DW_OK);
	assert_int_equal(made.out.release.amount, 39990);
	assert_int_equal(made.out.release.fee, 2000);	/* of 40000 */
	assert_int_equal(made.out.release.payout, 37990);
	assert_int_equal(made.out.refund, 60000);
	assert_int_equal(made.escrow.status, DW_ESCROW_SETTLED);
	assert_int_equal(made.plan[0].status, DW_MILESTONE_RELEASED);
	assert_int_equal(made.plan[1].status, DW_MILESTONE_RELEASED);
	assert_int_equal(made.plan[1].refunded, 10000);
	assert_int_equal(made.plan[2].status, DW_MILESTONE_REFUNDED);
}

/* Whole units go back: the figure gives way, unless it is nothing. */
static void
test_whole(void **state)
{
	static const struct
	{
		int64_t		unit;
		int64_t		figure;
		int64_t		settled;
	}			cases[] = {
		{0, 12345, 12345}, {1, 12345, 12345}, {100, 12345, 12300},
		{100, 12300, 12300}, {1000, 12345, 12000}, {100, 45, 100},
		{100, 0, 0}, {100, 30000, 30000}
	};

	for (int i = 0; i < DW_LENGTH(cases); i++)
	{
		Contract	contract = make_paid(&from_provider, 0);

		assert_int_equal(dispute(&contract, 1, 10), DW_OK);
		contract.out.unit = cases[i].unit;
		assert_int_equal(settle(&contract, cases[i].figure), DW_OK);
		assert_int_equal(contract.out.figure, cases[i].settled);
		assert_int_equal(contract.out.release.part, cases[i].settled);
		assert_int_equal(contract.out.refund, 30000 - cases[i].settled);
	}
}

/* All to one side. */
static void
test_one_side(void **state)
{
	Contract	made = make_paid(&from_provider, 0);

	assert_int_equal(dispute(&made, -1, 0), DW_OK);
	assert_int_equal(settle(&made, 0), DW_OK);
	assert_int_equal(made.out.release.amount, 0);
	assert_int_equal(made.out.refund, 100000);
	assert_int_equal(made.escrow.status, DW_ESCROW_REFUNDED);

	made = make_paid(&from_provider, 0);
	assert_int_equal(dispute(&made, -1, 100000), DW_OK);
	assert_int_equal(settle(&made, 100000), DW_OK);
	assert_int_equal(made.out.release.fee, 5000);
	assert_int_equal(made.out.refund, 0);
	assert_int_equal(made.escrow.status, DW_ESCROW_RELEASED);
	made.dispute.status = DW_DISPUTE_SETTLED;
	assert_int_equal(settle(&made, 0), DW_INVALID_TRANSITION);
}

/* Where the homeowner pays the fee, the unearned share goes back. */
static void
test_homeowner_pays(void **state)
{
	Contract	made = make_paid(&from_homeowner, 0);

	/* 1000.00, fee 50.00, tax 5.00 */
	assert_int_equal(made.escrow.held, 105500);
	assert_int_equal(dispute(&made, 2, 0), DW_OK);
	assert_int_equal(made.dispute.amount, 50000);
	assert_int_equal(made.escrow.disputed, 52750);
	assert_int_equal(settle(&made, 20000), DW_OK);
	assert_int_equal(made.out.release.payout, 20000);
	assert_int_equal(made.out.release.amount, 21100);
	assert_int_equal(made.out.refund, 31650);
	assert_int_equal(made.escrow.held, 52750);
	assert_int_equal(made.escrow.disputed, 0);

	assert_int_equal(dispute(&made, -1, 0), DW_OK);
	assert_int_equal(made.escrow.disputed, 52750);
	assert_int_equal(settle(&made, 1), DW_OK);
	assert_int_equal(made.escrow.held, 0);
	assert_int_equal(made.escrow.refunded, 31650 + 52749);
}

/* What was before is again, whatever was paid in meanwhile. */
static void
test_withdraw(void **state)
{
	Contract	made = make_paid(&from_provider, 60000);
	DwDispute	first;
	int64_t		rest = 0;

	made.plan[0].status = DW_MILESTONE_SUBMITTED;
	assert_int_equal(dispute(&made, 0, 0), DW_OK);
	first = made.dispute;
	assert_int_equal(dispute(&made, -1, 0), DW_OK);
	assert_int_equal(made.dispute.amount, 40000);
	assert_int_equal(made.escrow.status, DW_ESCROW_DISPUTED);
	made.escrow.pending = rest = 40000;	/* asked for before */
	assert_int_equal(dw_escrow_confirm(&made.escrow, made.plan, 3, rest),
					 DW_OK);
	assert_int_equal(made.escrow.status, DW_ESCROW_HELD);
	assert_int_equal(dw_dispute_withdraw(&made.escrow, made.plan, 3,
										 &made.dispute), DW_OK);
	assert_int_equal(made.dispute.status, DW_DISPUTE_WITHDRAWN);
	assert_int_equal(made.plan[0].status, DW_MILESTONE_DISPUTED);
	assert_int_equal(made.plan[1].status, DW_MILESTONE_FUNDED);
	assert_int_equal(made.plan[2].status, DW_MILESTONE_FUNDED);
	assert_int_equal(made.escrow.disputed, 20000);
	assert_int_equal(dw_dispute_withdraw(&made.escrow, made.plan, 3,
										 &made.dispute),
					 DW_INVALID_TRANSITION);
	assert_int_equal(dw_dispute_withdraw(&made.escrow, made.plan, 3, &first),
					 DW_OK);
	assert_int_equal(made.plan[0].status, DW_MILESTONE_SUBMITTED);
	assert_int_equal(made.escrow.disputed, 0);
}

/* What cannot be disputed or settled. */
static void
test_refused(void **state)
{
	Contract	made = make_paid(&from_provider, 20000);
	DwUuid		unknown = {{9}};

	assert_int_equal(dispute(&made, 2, 0), DW_INSUFFICIENT_FUNDS);
	assert_int_equal(dw_dispute_open(&made.escrow, made.plan, 3, &unknown,
									 &made.dispute), DW_NOT_FOUND);
	assert_int_equal(dispute(&made, 0, -1), DW_BAD_VALUE);
	assert_int_equal(dispute(&made, 0, 5), DW_OK);
	made.escrow.frozen = true;
	made.escrow.status = DW_ESCROW_FROZEN;
	assert_int_equal(dispute(&made, -1, 0), DW_INVALID_TRANSITION);
	assert_int_equal(settle(&made, 5), DW_INVALID_TRANSITION);
	assert_int_equal(dw_dispute_withdraw(&made.escrow, made.plan, 3,
										 &made.dispute),
					 DW_INVALID_TRANSITION);
}

/* Part of a milestone was paid in, and is settled: the rest is still due. */
static void
test_part_paid(void **state)
{
	Contract	made = make_paid(&from_provider, 40000);

	assert_int_equal(dispute(&made, 1, 0), DW_OK);
	assert_int_equal(made.dispute.amount, 20000);
	assert_int_equal(settle(&made, 5000), DW_OK);
	assert_int_equal(made.plan[1].status, DW_MILESTONE_PLANNED);
	assert_int_equal(made.plan[1].released, 5000);
	assert_int_equal(made.plan[1].refunded, 15000);
	assert_int_equal(made.escrow.held, 20000);
}

/* A bank takes part of what is disputed, then all. */
static void
test_reduce(void **state)
{
	Contract	made = make_paid(&from_provider, 0);

	assert_int_equal(dispute(&made, 1, 25000), DW_OK);
	made.plan[1].disputed = 20000;
	assert_true(dw_dispute_reduce(&made.dispute, made.plan, 3));
	assert_int_equal(made.dispute.amount, 20000);
	assert_int_equal(made.dispute.homeowner_offer, 20000);
	assert_int_equal(made.dispute.provider_offer, DW_DISPUTE_NO_OFFER);
	assert_int_equal(made.dispute.status, DW_DISPUTE_OPEN);
	made.plan[1].disputed = 0;
	assert_false(dw_dispute_reduce(&made.dispute, made.plan, 3));
	assert_int_equal(made.dispute.status, DW_DISPUTE_SETTLED);
}

/* The homeowner disputes what was released, `recent` of it lately. */
static DwResult
open_released(Contract *contract, const DwUuid *id, int64_t recent,
			  DwDispute *late)
{
	late->amount = recent;
	return dw_dispute_open_released(&contract->escrow, contract->plan, 3, id,
									late);
}

/* Work that was paid: nothing is held fast. */
static void
test_released(void **state)
{
	Contract	made = make_paid(&from_provider, 0);
	DwSelector	first = {.milestone_id = &made.plan[0].id};
	DwDispute	late = {.homeowner_offer = 5000, .by_homeowner = true};
	DwRelease	out;

	assert_int_equal(open_released(&made, NULL, 1, &late),
					 DW_INVALID_TRANSITION);
	assert_int_equal(dw_escrow_release(&made.escrow, made.plan, 3, &first,
									   &out), DW_OK);
	assert_int_equal(open_released(&made, NULL, 0, &late),
					 DW_INSUFFICIENT_FUNDS);
	assert_int_equal(open_released(&made, NULL, 4999, &late),
					 DW_BAD_VALUE);
	assert_int_equal(open_released(&made, &made.plan[1].id, 20000, &late),
					 DW_INVALID_TRANSITION);
	assert_int_equal(open_released(&made, &made.plan[0].id, 90000, &late),
					 DW_OK);
	assert_int_equal(late.amount, 20000);
	assert_true(late.is_released);
	assert_int_equal(made.escrow.disputed, 0);
	assert_true(dw_dispute_reduce_to(&late, 4000));
	assert_int_equal(late.amount, 4000);
	assert_int_equal(late.homeowner_offer, 4000);
	made.escrow.frozen = true;
	assert_int_equal(open_released(&made, NULL, 20000, &late),
					 DW_INVALID_TRANSITION);
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_one_side),
		cmocka_unit_test(test_homeowner_pays),
		cmocka_unit_test(test_withdraw),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_part_paid),
		cmocka_unit_test(test_reduce),
		cmocka_unit_test(test_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
