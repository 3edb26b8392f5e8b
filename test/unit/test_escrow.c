/*
 * test_escrow.c
 *		Every cell of an escrow's life, and what becomes of its money.
 */
#include "grid.h"

#include "core/escrow/escrow.h"

#define ENDS "partially_released|released|settled|disputed|charged_back"

/* A dispute about what was released ends. */
#define LATE " released>released|settled|refunded settled>settled|refunded " \
	"partially_released>held|refunded charged_back>charged_back " \
	"refunded>refunded"

static const char *const expected[] = {
	"confirm_award P ->created cancelled>created",
	"answer_change_order HP created>created|funding failed>failed|funding "
	"held>held partially_released>partially_released|released|settled|"
	"charged_back",
	"fund_escrow H created>funding funding>funding failed>funding held>held "
	"partially_released>partially_released",
	"confirm_authorization Y funding>created created>created failed>failed "
	"held>held partially_released>partially_released disputed>disputed "
	"frozen>frozen",
	"request_capture HAY created>funding failed>funding held>held "
	"partially_released>partially_released",
	"confirm_payment ASY created>held failed>held funding>held held>held "
	"partially_released>partially_released "
	"disputed>held|partially_released|disputed frozen>frozen",
	"fail_payment Y funding>funding|failed held>held "
	"partially_released>partially_released disputed>disputed "
	"frozen>frozen",
	"abandon_payment H funding>created held>held "
	"partially_released>partially_released disputed>disputed "
	"frozen>frozen",
	"cancel_escrow H created>cancelled funding>cancelled failed>cancelled",
	"lapse PY created>cancelled funding>cancelled failed>cancelled",
	"answer_refund PY held>held|refunded|disputed|charged_back "
	"partially_released>partially_released|settled|disputed|charged_back",
	"confirm_refund AY held>held|refunded|disputed|charged_back "
	"partially_released>partially_released|settled|disputed|charged_back "
	"frozen>frozen",
	"end_contract HPASY held>refunded|charged_back "
	"partially_released>partially_released|settled|charged_back",
	"cancel_job H held>refunded|partially_released|released|settled|"
	"charged_back "
	"partially_released>partially_released|released|settled|charged_back",
	"submit_milestone P held>held partially_released>partially_released",
	"request_changes H held>held partially_released>partially_released",
	"release_escrow HA held>" ENDS " partially_released>" ENDS,
	"approve_milestone HA held>" ENDS " partially_released>" ENDS,
	"release_due_escrows Y held>" ENDS " partially_released>" ENDS,
	"refund_escrow HPA held>held|refunded|disputed|charged_back "
	"partially_released>partially_released|settled|disputed|charged_back",
	"refund_escrow P partially_released>held|refunded "
	"released>settled|refunded settled>settled|refunded "
	"charged_back>charged_back",
	"open_dispute HP held>held|disputed "
	"partially_released>partially_released|disputed",
	"open_dispute H released>released settled>settled disputed>disputed "
	"charged_back>charged_back",
	"answer_dispute HP held>held|refunded|" ENDS
	" partially_released>" ENDS " disputed>refunded|" ENDS LATE,
	"withdraw_dispute HP held>held partially_released>partially_released "
	"disputed>held|partially_released|disputed released>released "
	"settled>settled charged_back>charged_back refunded>refunded",
	"default_decision Y held>held|refunded|" ENDS
	" partially_released>" ENDS " disputed>refunded|" ENDS LATE,
	"resolve_dispute AS held>held|refunded|" ENDS
	" partially_released>" ENDS " disputed>refunded|" ENDS LATE,
	"open_chargeback Y held>frozen partially_released>frozen "
	"released>frozen refunded>frozen settled>frozen disputed>frozen "
	"frozen>frozen charged_back>frozen",
	"close_chargeback Y frozen>frozen|held|refunded|" ENDS,
	"reverse_transaction A held>held|partially_released "
	"partially_released>held|partially_released "
	"released>held|partially_released refunded>held|partially_released "
	"settled>held|partially_released "
	"disputed>held|partially_released|disputed "
	"charged_back>held|partially_released",
};

static const DwFeeTerms from_provider = {
	.rate_ppm = 50000,.max_fee = DW_FEE_NO_MAX,
	.payer = DW_FEE_PAYER_PROVIDER
};
static const DwFeeTerms from_homeowner = {
	.rate_ppm = 50000,.max_fee = DW_FEE_NO_MAX,.tax_ppm = 100000,
	.payer = DW_FEE_PAYER_HOMEOWNER
};

static const DwSelector all = {.has_amount = false};

/* Three milestones of a contract over 1000.00, nothing paid yet. */
typedef struct Contract
{
	DwEscrow	escrow;			/* the money */
	DwMilestone plan[3];		/* 200.00, 300.00, 500.00; all required */
	DwRelease	out;			/* of the last decision */
} Contract;

/* Makes the contract. */
static Contract
make_contract(const DwFeeTerms *terms)
{
	Contract	made = {.plan = {{.amount = 2}, {.amount = 3}, {.amount = 5}}};

	assert_int_equal(dw_escrow_open(&made.escrow, "USD", 100000, terms),
					 DW_OK);
	assert_int_equal(dw_milestones_plan(made.plan, 3, 100000), DW_OK);
	for (int i = 0; i < 3; i++)
	{
		made.plan[i].id.bytes[15] = (uint8_t) (i + 1);
		made.plan[i].is_required = true;
	}
	return made;
}

/* Asks for a payment and has it arrive; 0 = all that is missing. */
static void
pay(Contract *contract, int64_t amount)
{
	assert_int_equal(dw_escrow_fund(&contract->escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_confirm(&contract->escrow, contract->plan, 3,
									   amount), DW_OK);
	assert_true(dw_escrow_is_valid(&contract->escrow));
}

/* Makes a contract and pays all of it. */
static Contract
make_funded(const DwFeeTerms *terms)
{
	Contract	made = make_contract(terms);

	pay(&made, 0);
	return made;
}

/* Releases an amount. */
static DwResult
release(Contract *contract, int64_t amount)
{
	DwSelector	selector = {.has_amount = true,.amount = amount};

	return dw_escrow_release(&contract->escrow, contract->plan, 3, &selector,
							 &contract->out);
}

/* Refunds an amount. */
static DwResult
refund(Contract *contract, int64_t amount)
{
	DwSelector	selector = {.has_amount = true,.amount = amount};

	return dw_escrow_refund(&contract->escrow, contract->plan, 3, &selector,
							&contract->out);
}

/* Releases or refunds one milestone by its place. */
static DwResult
release_milestone(Contract *contract, int place)
{
	DwSelector	selector = {.milestone_id = &contract->plan[place].id};

	return dw_escrow_release(&contract->escrow, contract->plan, 3, &selector,
							 &contract->out);
}

/* The state of the escrow. */
#define check_status(contract, expected_status) \
	assert_string_equal(dw_escrow_status_label((contract).escrow.status), \
						dw_escrow_status_label(expected_status))

/* Every cell. */
static void
test_cells(void **state)
{
	DwEscrowStatus status;

	grid_check(dw_escrow_machine(), expected, DW_LENGTH(expected));
	grid_check_valid(dw_escrow_machine());
	assert_true(dw_escrow_status_parse("charged_back", &status));
	assert_int_equal(status, DW_ESCROW_CHARGED_BACK);
	assert_false(dw_escrow_status_parse("empty", &status));
}

/* What cannot be opened. */
static void
test_open(void **state)
{
	DwFeeTerms	broken = from_provider;
	DwEscrow	escrow;

	assert_int_equal(dw_escrow_open(&escrow, "USD", 0, &from_provider),
					 DW_BAD_VALUE);
	assert_int_equal(dw_escrow_open(&escrow, "USD", -1, &from_provider),
					 DW_BAD_VALUE);
	assert_int_equal(dw_escrow_open(&escrow, "DOLLAR", 1, &from_provider),
					 DW_BAD_VALUE);
	broken.rate_ppm = -1;
	assert_int_equal(dw_escrow_open(&escrow, "USD", 1, &broken),
					 DW_BAD_VALUE);
	assert_int_equal(dw_escrow_open(&escrow, "USD", INT64_MAX,
									&from_homeowner), DW_OVERFLOW);
	assert_int_equal(dw_escrow_open(&escrow, "USD", INT64_MAX,
									&from_provider), DW_OK);
	assert_int_equal(escrow.status, DW_ESCROW_CREATED);
}

/* A payment is asked for, fails, is asked for again and arrives. */
static void
test_fund(void **state)
{
	Contract	made = make_contract(&from_provider);
	int64_t		amount = 100001;

	assert_int_equal(dw_escrow_fund(&made.escrow, &amount), DW_BAD_VALUE);
	amount = -1;
	assert_int_equal(dw_escrow_fund(&made.escrow, &amount), DW_BAD_VALUE);
	amount = 0;
	assert_int_equal(dw_escrow_fund(&made.escrow, &amount), DW_OK);
	assert_int_equal(amount, 100000);
	check_status(made, DW_ESCROW_FUNDING);
	assert_int_equal(dw_escrow_fund(&made.escrow, &amount),
					 DW_INVALID_TRANSITION);
	assert_int_equal(dw_escrow_fail(&made.escrow, 100000), DW_OK);
	check_status(made, DW_ESCROW_FAILED);
	assert_int_equal(dw_escrow_confirm(&made.escrow, made.plan, 3, 100000),
					 DW_BAD_VALUE);
	pay(&made, 0);
	check_status(made, DW_ESCROW_HELD);
	amount = 0;
	assert_int_equal(dw_escrow_fund(&made.escrow, &amount), DW_BAD_VALUE);
}

/* Payments in parts fill the milestones in order; a top-up leaves "held". */
static void
test_top_up(void **state)
{
	Contract	made = make_contract(&from_provider);
	int64_t		amount = 30000;

	pay(&made, 25000);
	assert_int_equal(made.plan[0].status, DW_MILESTONE_FUNDED);
	assert_int_equal(made.plan[1].funded, 5000);
	assert_int_equal(dw_escrow_fund(&made.escrow, &amount), DW_OK);
	check_status(made, DW_ESCROW_HELD);
	assert_int_equal(dw_escrow_missing(&made.escrow), 45000);
	assert_int_equal(dw_escrow_confirm(&made.escrow, made.plan, 3, 30001),
					 DW_BAD_VALUE);
	assert_int_equal(dw_escrow_confirm(&made.escrow, made.plan, 3, 0),
					 DW_BAD_VALUE);
	assert_int_equal(dw_escrow_fail(&made.escrow, 30000), DW_OK);
	check_status(made, DW_ESCROW_HELD);
	pay(&made, 0);
	assert_int_equal(made.plan[2].status, DW_MILESTONE_FUNDED);
}

/* Of what has arrived is held what was asked for, and what is missing. */
static void
test_room(void **state)
{
	Contract	made = make_contract(&from_provider);
	int64_t		amount = 30000;

	assert_int_equal(dw_escrow_room(&made.escrow, 0), 100000);
	assert_int_equal(dw_escrow_fund(&made.escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_room(&made.escrow, 30000), 100000);
	/* of another payment than the open one: that is not missing */
	assert_int_equal(dw_escrow_room(&made.escrow, 0), 70000);
	assert_int_equal(dw_escrow_lapse(&made.escrow), DW_OK);
	assert_int_equal(dw_escrow_room(&made.escrow, 0), 0);
	made = make_contract(&from_provider);
	made.escrow.pending = 100;
	assert_int_equal(dw_escrow_confirm(&made.escrow, made.plan, 3, 100),
					 DW_OK);
	check_status(made, DW_ESCROW_HELD);
	pay(&made, 0);
	assert_int_equal(dw_escrow_room(&made.escrow, 0), 0);
}

/* A contract lapses while nothing was ever paid, and is opened anew. */
static void
test_lapse(void **state)
{
	Contract	made = make_contract(&from_provider);
	int64_t		amount = 0;

	assert_int_equal(dw_escrow_fund(&made.escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_lapse(&made.escrow), DW_OK);
	check_status(made, DW_ESCROW_CANCELLED);
	assert_int_equal(made.escrow.pending, 0);
	assert_int_equal(made.plan[0].status, DW_MILESTONE_PLANNED);
	assert_int_equal(dw_escrow_lapse(&made.escrow), DW_OK);
	assert_int_equal(dw_escrow_confirm(&made.escrow, made.plan, 3, 1),
					 DW_INVALID_TRANSITION);
	made = make_contract(&from_provider);
	pay(&made, 1);
	assert_int_equal(dw_escrow_lapse(&made.escrow), DW_INVALID_TRANSITION);
	check_status(made, DW_ESCROW_HELD);
}

/* What was paid and released before a top-up waits for it. */
static void
test_released_ahead(void **state)
{
	Contract	made = make_contract(&from_provider);

	pay(&made, 20000);
	assert_int_equal(release_milestone(&made, 0), DW_OK);
	check_status(made, DW_ESCROW_PARTIALLY_RELEASED);
	assert_int_equal(made.escrow.held, 0);
	assert_false(dw_escrow_is_complete(&made.escrow, made.plan, 3));
	assert_int_equal(release(&made, 1), DW_INSUFFICIENT_FUNDS);
	pay(&made, 0);
	check_status(made, DW_ESCROW_PARTIALLY_RELEASED);
	assert_int_equal(dw_escrow_release(&made.escrow, made.plan, 3, &all,
									   &made.out), DW_OK);
	check_status(made, DW_ESCROW_RELEASED);
	assert_int_equal(made.escrow.fee_taken, 5000);
	assert_true(dw_escrow_is_complete(&made.escrow, made.plan, 3));
}

/* 950.00 in one piece: 47.50 and 902.50. */
static void
test_release_all(void **state)
{
	DwMilestone one = {.is_required = true};
	DwEscrow	escrow;
	DwRelease	out;
	int64_t		amount = 0;

	assert_int_equal(dw_escrow_open(&escrow, "USD", 95000, &from_provider),
					 DW_OK);
	assert_int_equal(dw_milestones_plan(&one, 1, 95000), DW_OK);
	assert_int_equal(dw_escrow_fund(&escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_confirm(&escrow, &one, 1, amount), DW_OK);
	assert_int_equal(dw_escrow_release(&escrow, &one, 1, &all, &out), DW_OK);
	assert_int_equal(out.amount, 95000);
	assert_int_equal(out.fee, 4750);
	assert_int_equal(out.payout, 90250);
	assert_int_equal(escrow.status, DW_ESCROW_RELEASED);
	assert_int_equal(one.status, DW_MILESTONE_RELEASED);
	assert_int_equal(dw_escrow_release(&escrow, &one, 1, &all, &out),
					 DW_INVALID_TRANSITION);
}

/* By amount, over the border of two milestones. */
static void
test_release_amount(void **state)
{
	Contract	made = make_funded(&from_provider);

	assert_int_equal(release(&made, 20010), DW_OK);
	assert_int_equal(made.out.fee, 1000);	/* 1000.5, half to even */
	assert_int_equal(made.plan[0].status, DW_MILESTONE_RELEASED);
	assert_int_equal(made.plan[1].released, 10);
	check_status(made, DW_ESCROW_PARTIALLY_RELEASED);
	assert_int_equal(release(&made, 10), DW_OK);
	assert_int_equal(made.out.fee, 1);
	assert_int_equal(made.plan[0].moved, 0);
	assert_int_equal(made.plan[1].moved, 10);
	assert_true(dw_escrow_is_valid(&made.escrow));
}

/* The refusals of a release, first things first; none changes anything. */
static void
test_release_refused(void **state)
{
	Contract	made = make_contract(&from_provider);
	Contract	before;
	DwUuid		unknown = {{9}};
	DwSelector	both = {true, 1, &made.plan[0].id};
	DwSelector	stranger = {.milestone_id = &unknown};

	assert_int_equal(release(&made, 0), DW_BAD_VALUE);
	assert_int_equal(release(&made, -1), DW_BAD_VALUE);
	assert_int_equal(dw_escrow_release(&made.escrow, made.plan, 3, &both,
									   &made.out), DW_BAD_VALUE);
	assert_int_equal(dw_escrow_release(&made.escrow, made.plan, 3, &stranger,
									   &made.out), DW_NOT_FOUND);
	assert_int_equal(release(&made, 1), DW_INVALID_TRANSITION);
	pay(&made, 20000);
	before = made;
	assert_int_equal(release(&made, 20001), DW_INSUFFICIENT_FUNDS);
	assert_int_equal(release(&made, INT64_MAX), DW_INSUFFICIENT_FUNDS);
	assert_int_equal(release_milestone(&made, 2), DW_INSUFFICIENT_FUNDS);
	assert_memory_equal(&before, &made, sizeof(made));
	assert_int_equal(release_milestone(&made, 0), DW_OK);
	assert_int_equal(release_milestone(&made, 0), DW_INVALID_TRANSITION);
	made.escrow.frozen = true;
	assert_int_equal(release(&made, 1), DW_INVALID_TRANSITION);
}

/* What is disputed stays; the others go on. */
static void
test_disputed(void **state)
{
	Contract	made = make_funded(&from_provider);

	made.plan[1].disputed = made.escrow.disputed = 30000;
	made.plan[1].status = DW_MILESTONE_DISPUTED;
	assert_int_equal(release(&made, 70001), DW_INSUFFICIENT_FUNDS);
	assert_int_equal(release_milestone(&made, 1), DW_INVALID_TRANSITION);
	assert_int_equal(release(&made, 30000), DW_OK);
	assert_int_equal(made.plan[1].moved, 0);
	assert_int_equal(made.plan[2].moved, 10000);
	assert_int_equal(dw_escrow_refund(&made.escrow, made.plan, 3, &all,
									  &made.out), DW_OK);
	assert_int_equal(made.out.amount, 40000);
	check_status(made, DW_ESCROW_DISPUTED);
	assert_int_equal(release(&made, 1), DW_INVALID_TRANSITION);
}

/* Submitting follows the money; without an id it takes the next. */
static void
test_submit(void **state)
{
	Contract	made = make_contract(&from_provider);
	DwUuid		unknown = {{9}};
	DwMilestone *found = NULL;

	assert_int_equal(dw_escrow_submit(&made.escrow, made.plan, 3, &unknown,
									  &found), DW_NOT_FOUND);
	assert_int_equal(dw_escrow_submit(&made.escrow, made.plan, 3, NULL,
									  &found), DW_INVALID_TRANSITION);
	pay(&made, 20000);
	assert_int_equal(dw_escrow_submit(&made.escrow, made.plan, 3,
									  &made.plan[1].id, &found),
					 DW_INVALID_TRANSITION);
	assert_int_equal(dw_escrow_submit(&made.escrow, made.plan, 3, NULL,
									  &found), DW_OK);
	assert_ptr_equal(found, &made.plan[0]);
	assert_int_equal(dw_escrow_submit(&made.escrow, made.plan, 3, NULL,
									  &found), DW_INVALID_TRANSITION);
}

/* Approval pays at once, or rests until it can. */
static void
test_approve(void **state)
{
	Contract	made = make_contract(&from_provider);

	assert_int_equal(dw_escrow_approve(&made.escrow, made.plan, 3,
									   &made.plan[1].id, &made.out),
					 DW_INVALID_TRANSITION);
	pay(&made, 25000);
	assert_int_equal(dw_escrow_approve(&made.escrow, made.plan, 3,
									   &made.plan[1].id, &made.out), DW_OK);
	assert_int_equal(made.out.amount, 0);
	assert_int_equal(made.plan[1].status, DW_MILESTONE_APPROVED);
	assert_int_equal(dw_escrow_approve(&made.escrow, made.plan, 3,
									   &made.plan[0].id, &made.out), DW_OK);
	assert_int_equal(made.out.amount, 20000);
	pay(&made, 0);
	assert_int_equal(made.plan[2].status, DW_MILESTONE_FUNDED);
	made.escrow.frozen = true;
	made.escrow.status = dw_escrow_status(&made.escrow);
	check_status(made, DW_ESCROW_FROZEN);
	assert_int_equal(dw_escrow_approve(&made.escrow, made.plan, 3,
									   &made.plan[0].id, &made.out),
					 DW_INVALID_TRANSITION);
	assert_int_equal(dw_escrow_approve(&made.escrow, made.plan, 3,
									   &made.plan[2].id, &made.out), DW_OK);
	assert_int_equal(made.plan[2].status, DW_MILESTONE_APPROVED);
	assert_true(dw_escrow_is_valid(&made.escrow));
}

/* Refunds: all, and what is left after a release. */
static void
test_refund(void **state)
{
	Contract	made = make_funded(&from_provider);

	assert_int_equal(refund(&made, 100001), DW_INSUFFICIENT_FUNDS);
	assert_int_equal(refund(&made, 20000), DW_OK);
	assert_int_equal(made.plan[0].status, DW_MILESTONE_REFUNDED);
	check_status(made, DW_ESCROW_HELD);
	assert_int_equal(release(&made, 10000), DW_OK);
	assert_int_equal(made.out.fee, 500);
	assert_int_equal(dw_escrow_refund(&made.escrow, made.plan, 3, &all,
									  &made.out), DW_OK);
	assert_int_equal(made.out.payout, 70000);
	check_status(made, DW_ESCROW_SETTLED);
	assert_int_equal(made.plan[1].status, DW_MILESTONE_RELEASED);
	made = make_funded(&from_provider);
	assert_int_equal(dw_escrow_refund(&made.escrow, made.plan, 3, &all,
									  &made.out), DW_OK);
	check_status(made, DW_ESCROW_REFUNDED);
	assert_false(dw_escrow_is_complete(&made.escrow, made.plan, 3));
}

/* The homeowner pays the fee on top; a refund returns what is not earned. */
static void
test_homeowner_pays(void **state)
{
	Contract	made = make_contract(&from_homeowner);

	assert_int_equal(dw_escrow_charge(&made.escrow), 105500);
	pay(&made, 21100);
	assert_int_equal(made.plan[0].status, DW_MILESTONE_FUNDED);
	assert_int_equal(made.plan[1].funded, 0);
	pay(&made, 0);
	assert_int_equal(release(&made, 20000), DW_OK);
	assert_int_equal(made.out.payout, 20000);
	assert_int_equal(made.out.fee, 1000);
	assert_int_equal(made.out.tax, 100);
	assert_int_equal(made.out.amount, 21100);
	assert_int_equal(refund(&made, 30000), DW_OK);
	assert_int_equal(made.out.amount, 31650);
	assert_int_equal(dw_escrow_release(&made.escrow, made.plan, 3, &all,
									   &made.out), DW_OK);
	assert_int_equal(made.out.amount, 52750);
	assert_int_equal(made.escrow.held, 0);
	check_status(made, DW_ESCROW_SETTLED);
}

/* Nothing paid, nothing lost. */
static void
test_cancel(void **state)
{
	Contract	made = make_contract(&from_provider);
	int64_t		amount = 500;

	assert_int_equal(dw_escrow_fund(&made.escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_cancel(&made.escrow, made.plan, 3), DW_OK);
	check_status(made, DW_ESCROW_CANCELLED);
	assert_int_equal(made.plan[2].status, DW_MILESTONE_CANCELLED);
	assert_int_equal(made.escrow.pending, 0);
	assert_int_equal(dw_escrow_cancel(&made.escrow, made.plan, 3),
					 DW_INVALID_TRANSITION);
	made = make_funded(&from_provider);
	assert_int_equal(dw_escrow_cancel(&made.escrow, made.plan, 3),
					 DW_INVALID_TRANSITION);
}

/* What is held though every milestone is over, and what is not such a rest. */
static void
test_rest(void **state)
{
	Contract	made = make_funded(&from_homeowner);

	assert_false(dw_escrow_has_rest(&made.escrow, made.plan, 3));
	assert_int_equal(release_milestone(&made, 0), DW_OK);
	assert_false(dw_escrow_has_rest(&made.escrow, made.plan, 3));
	assert_int_equal(dw_escrow_release(&made.escrow, made.plan, 3, &all,
									   &made.out), DW_OK);
	assert_false(dw_escrow_has_rest(&made.escrow, made.plan, 3));
	made.escrow.held = 1;
	made.escrow.released--;
	assert_true(dw_escrow_has_rest(&made.escrow, made.plan, 3));
	made.escrow.frozen = true;
	assert_false(dw_escrow_has_rest(&made.escrow, made.plan, 3));
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_fund),
		cmocka_unit_test(test_top_up),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_lapse),
		cmocka_unit_test(test_released_ahead),
		cmocka_unit_test(test_release_all),
		cmocka_unit_test(test_release_amount),
		cmocka_unit_test(test_release_refused),
		cmocka_unit_test(test_disputed),
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_approve),
		cmocka_unit_test(test_refund),
		cmocka_unit_test(test_homeowner_pays),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
