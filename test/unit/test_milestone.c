/*
 * test_milestone.c
 *		Every cell of a milestone's life; plans, filling and taking.
 */
#include "grid.h"

#include "core/escrow/escrow.h"

static const char *const expected[] = {
	"post_job H ->planned",
	"plan_milestones H ->planned planned>planned|cancelled",
	"answer_plan HP ->planned|funded planned>planned|funded|cancelled "
	"funded>planned|funded|cancelled",
	"confirm_award P ->planned planned>planned",
	"answer_change_order HP ->planned "
	"planned>planned|funded|released|refunded|cancelled "
	"funded>funded|released|refunded",
	"confirm_payment ASY planned>planned|funded approved>approved "
	"disputed>disputed",
	"submit_milestone P funded>submitted changes_requested>submitted",
	"request_changes H submitted>changes_requested",
	"approve_milestone HA planned>approved funded>released|approved "
	"submitted>released|approved changes_requested>released|approved",
	"release_escrow HA planned>planned funded>funded|released "
	"submitted>submitted|released "
	"changes_requested>changes_requested|released "
	"approved>approved|released disputed>disputed",
	"release_due_escrows Y submitted>released approved>released",
	"refund_escrow HPA planned>planned funded>funded|released|refunded "
	"submitted>submitted|released|refunded "
	"changes_requested>changes_requested|released|refunded "
	"approved>approved|released|refunded disputed>disputed",
	"refund_escrow P released>released|refunded",
	"open_dispute HP planned>disputed funded>disputed submitted>disputed "
	"changes_requested>disputed approved>disputed",
	"answer_dispute HP disputed>disputed|planned|funded|released|refunded "
	"released>released|refunded",
	"withdraw_dispute HP "
	"disputed>planned|funded|submitted|changes_requested|approved",
	"default_decision Y disputed>planned|funded|released|refunded "
	"released>released|refunded",
	"resolve_dispute AS disputed>planned|funded|released|refunded "
	"released>released|refunded",
	"close_chargeback Y planned>released|refunded funded>released|refunded "
	"submitted>released|refunded changes_requested>released|refunded "
	"approved>released|refunded disputed>released|refunded|planned "
	"released>funded refunded>funded",
	"reverse_transaction A planned>planned funded>funded "
	"submitted>submitted changes_requested>changes_requested "
	"approved>approved disputed>disputed released>funded refunded>funded",
	"complete_job HY planned>cancelled",
	"cancel_escrow H planned>cancelled",
	"cancel_job H planned>cancelled funded>released|refunded "
	"submitted>released|refunded changes_requested>released|refunded "
	"approved>released|refunded|cancelled",
	"expire_jobs Y planned>cancelled",
	"lapse PY planned>planned|cancelled cancelled>planned",
	"answer_refund PY planned>planned funded>funded|released|refunded "
	"submitted>submitted|released|refunded "
	"changes_requested>changes_requested|released|refunded "
	"approved>approved|released|refunded disputed>disputed",
	"confirm_refund AY planned>planned funded>funded|released|refunded "
	"submitted>submitted|released|refunded "
	"changes_requested>changes_requested|released|refunded "
	"approved>approved|released|refunded disputed>disputed",
	"end_contract HPASY planned>cancelled funded>released|refunded "
	"submitted>released|refunded changes_requested>released|refunded "
	"approved>released|refunded",
};

/* Every cell. */
static void
test_cells(void **state)
{
	DwMilestoneStatus status;

	grid_check(dw_milestone_machine(), expected, DW_LENGTH(expected));
	grid_check_valid(dw_milestone_machine());
	assert_true(dw_milestone_status_parse("changes_requested", &status));
	assert_int_equal(status, DW_MILESTONE_CHANGES_REQUESTED);
	assert_false(dw_milestone_status_parse("paid", &status));
}

/* A plan's amounts, in order. */
static void
check_amounts(const DwMilestone *plan, int count, const int64_t *amounts)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(plan[i].amount, amounts[i]);
}

/* Equal parts, proportions, and their remainders. */
static void
test_plan(void **state)
{
	DwMilestone plan[3] = {{.amount = 0}};

	assert_int_equal(dw_milestones_plan(plan, 3, 10000), DW_OK);
	check_amounts(plan, 3, (int64_t[]) {3334, 3333, 3333});
	plan[0].amount = 200;
	plan[1].amount = 200;
	plan[2].amount = 600;
	plan[2].status = DW_MILESTONE_CANCELLED;
	assert_int_equal(dw_milestones_plan(plan, 3, 95000), DW_OK);
	check_amounts(plan, 3, (int64_t[]) {19000, 19000, 57000});
	assert_int_equal(plan[2].status, DW_MILESTONE_PLANNED);
	assert_int_equal(dw_milestones_plan(plan, 1, INT64_MAX), DW_OK);
	assert_int_equal(plan[0].amount, INT64_MAX);
}

/* Plans that are none; they change nothing. */
static void
test_plan_refused(void **state)
{
	DwMilestone plan[DW_MILESTONES_MAX + 1] = {
		{.amount = 1}, {.amount = 1000000}, {.amount = 0}
	};

	assert_int_equal(dw_milestones_plan(plan, 0, 100), DW_BAD_VALUE);
	assert_int_equal(dw_milestones_plan(plan, 3, 100), DW_BAD_VALUE);
	assert_int_equal(dw_milestones_plan(plan, 2, 0), DW_BAD_VALUE);
	assert_int_equal(dw_milestones_plan(plan, 2, -5), DW_BAD_VALUE);
	assert_int_equal(dw_milestones_plan(plan, 2, 100), DW_BAD_VALUE);
	assert_int_equal(dw_milestones_plan(plan, DW_MILESTONES_MAX + 1, 100000),
					 DW_BAD_VALUE);
	plan[0].amount = -1;
	assert_int_equal(dw_milestones_plan(plan, 1, 100), DW_BAD_VALUE);
	check_amounts(plan, 3, (int64_t[]) {-1, 1000000, 0});
}

/* A contract divided anew keeps what was paid, in the new order. */
static void
test_replan(void **state)
{
	DwMilestone old[2] = {
		{.amount = 600, .funded = 600, .status = DW_MILESTONE_FUNDED},
		{.amount = 400, .funded = 100}
	};
	DwMilestone plan[3] = {{.amount = 0}};

	assert_int_equal(dw_milestones_replan(old, 2, plan, 3, 1000), DW_OK);
	check_amounts(plan, 3, (int64_t[]) {334, 333, 333});
	assert_int_equal(plan[1].status, DW_MILESTONE_FUNDED);
	assert_int_equal(plan[2].funded, 33);
	assert_int_equal(plan[2].status, DW_MILESTONE_PLANNED);

	memset(plan, 0, sizeof(plan));
	plan[0].amount = 701;
	plan[1].amount = 299;
	assert_int_equal(dw_milestones_replan(old, 2, plan, 2, 1000), DW_OK);
	assert_int_equal(plan[0].funded, 700);
	assert_int_equal(plan[0].status, DW_MILESTONE_PLANNED);
	assert_int_equal(plan[1].funded, 0);
}

/* What has begun stays, and its part of the contract is not divided. */
static void
test_replan_rest(void **state)
{
	DwMilestone old[4] = {
		{.amount = 300, .funded = 300, .released = 300,
		.status = DW_MILESTONE_RELEASED},
		{.amount = 200, .funded = 200, .status = DW_MILESTONE_SUBMITTED},
		{.amount = 500, .funded = 150},
		{.amount = 77, .status = DW_MILESTONE_CANCELLED}
	};
	DwMilestone plan[DW_MILESTONES_MAX] = {{.amount = 1000}};

	assert_int_equal(dw_milestones_replan(old, 4, plan, 1, 1000),
					 DW_BAD_VALUE);
	plan[0].amount = 100;
	plan[1].amount = 400;
	assert_int_equal(dw_milestones_replan(old, 4, plan, 2, 1000), DW_OK);
	assert_int_equal(plan[0].funded, 100);
	assert_int_equal(plan[1].funded, 50);
	memset(plan, 0, sizeof(plan));
	assert_int_equal(dw_milestones_replan(old, 4, plan, 98, 1000), DW_OK);
	memset(plan, 0, sizeof(plan));
	assert_int_equal(dw_milestones_replan(old, 4, plan, 99, 1000),
					 DW_BAD_VALUE);
}

/* A plan of another sum, and a plan of which something has come. */
static void
test_replan_refused(void **state)
{
	DwMilestone old = {.amount = 1000, .funded = 1000,
	.status = DW_MILESTONE_SUBMITTED};
	DwMilestone plan[2] = {{.amount = 500}, {.amount = 499}};

	assert_int_equal(dw_milestones_replan(&old, 1, plan, 2, 1000),
					 DW_INVALID_TRANSITION);
	old.status = DW_MILESTONE_FUNDED;
	assert_int_equal(dw_milestones_replan(&old, 1, plan, 2, 1000),
					 DW_BAD_VALUE);
	plan[1].amount = 501;
	assert_int_equal(dw_milestones_replan(&old, 1, plan, 2, 1000),
					 DW_BAD_VALUE);
	plan[1].amount = INT64_MAX;
	assert_int_equal(dw_milestones_replan(&old, 1, plan, 2, 1000),
					 DW_BAD_VALUE);
	plan[1].amount = 500;
	old.released = 1;
	assert_int_equal(dw_milestones_replan(&old, 1, plan, 2, 1000),
					 DW_INVALID_TRANSITION);
	old.released = 0;
	old.refunded = 1;
	assert_int_equal(dw_milestones_replan(&old, 1, plan, 2, 1000),
					 DW_INVALID_TRANSITION);
	old.refunded = 0;
	assert_int_equal(plan[0].funded, 0);
	assert_int_equal(dw_milestones_replan(&old, 1, plan, 2, 1000), DW_OK);
	assert_ptr_equal(dw_milestones_submitted(plan, 2), NULL);
	plan[1].status = DW_MILESTONE_SUBMITTED;
	assert_ptr_equal(dw_milestones_submitted(plan, 2), &plan[1]);
}

/* Money fills in order and passes over what was given up. */
static void
test_fill(void **state)
{
	DwMilestone plan[3] = {
		{.amount = 300}, {.amount = 200, .status = DW_MILESTONE_CANCELLED},
		{.amount = 500}
	};

	assert_int_equal(dw_milestones_fill(plan, 3, 400), 0);
	assert_int_equal(plan[0].status, DW_MILESTONE_FUNDED);
	assert_int_equal(plan[1].funded, 0);
	assert_int_equal(plan[2].funded, 100);
	assert_int_equal(plan[2].moved, 100);
	assert_int_equal(plan[2].status, DW_MILESTONE_PLANNED);
	assert_int_equal(dw_milestones_fill(plan, 3, 401), 1);
	assert_int_equal(plan[0].moved, 0);
	assert_int_equal(plan[2].status, DW_MILESTONE_FUNDED);
}

/* Money leaves in order, and around what is disputed. */
static void
test_take(void **state)
{
	DwMilestone plan[3] = {
		{.amount = 300, .funded = 300, .status = DW_MILESTONE_SUBMITTED},
		{.amount = 200, .funded = 200, .disputed = 150,
		.status = DW_MILESTONE_DISPUTED},
		{.amount = 500, .funded = 500, .status = DW_MILESTONE_FUNDED}
	};

	assert_int_equal(dw_milestones_available(plan, 3), 850);
	dw_milestones_take(plan, 3, 250, DW_MILESTONE_RELEASE);
	assert_int_equal(plan[0].status, DW_MILESTONE_SUBMITTED);
	dw_milestones_take(plan, 3, 110, DW_MILESTONE_REFUND);
	assert_int_equal(plan[0].status, DW_MILESTONE_RELEASED);
	assert_int_equal(plan[0].moved, 50);
	assert_int_equal(plan[1].moved, 50);
	assert_int_equal(plan[1].status, DW_MILESTONE_DISPUTED);
	assert_int_equal(plan[2].moved, 10);
	assert_int_equal(plan[2].status, DW_MILESTONE_FUNDED);
	dw_milestones_take(plan, 3, 490, DW_MILESTONE_REFUND);
	assert_int_equal(plan[2].status, DW_MILESTONE_REFUNDED);
	assert_int_equal(dw_milestones_available(plan, 3), 0);
}

/* Delivery, changes, delivery again. */
static void
test_submit(void **state)
{
	DwMilestone one = {.amount = 300, .funded = 299};

	assert_int_equal(dw_milestone_submit(&one), DW_INVALID_TRANSITION);
	(void) dw_milestones_fill(&one, 1, 1);
	assert_int_equal(dw_milestone_request_changes(&one),
					 DW_INVALID_TRANSITION);
	assert_int_equal(dw_milestone_submit(&one), DW_OK);
	assert_int_equal(dw_milestone_submit(&one), DW_INVALID_TRANSITION);
	assert_int_equal(dw_milestone_request_changes(&one), DW_OK);
	assert_int_equal(dw_milestone_submit(&one), DW_OK);
}

/* What is required must be released; what was given up is not asked for. */
static void
test_released(void **state)
{
	DwMilestone plan[3] = {
		{.status = DW_MILESTONE_RELEASED, .is_required = true},
		{.status = DW_MILESTONE_PLANNED},
		{.status = DW_MILESTONE_CANCELLED, .is_required = true}
	};

	assert_true(dw_milestones_are_released(plan, 3));
	plan[1].is_required = true;
	assert_false(dw_milestones_are_released(plan, 3));
	plan[1].status = DW_MILESTONE_REFUNDED;
	assert_false(dw_milestones_are_released(plan, 3));
}

/* Approved and funded in full is what a release looks for. */
static void
test_approved(void **state)
{
	DwMilestone plan[2] = {
		{.amount = 5, .funded = 4, .status = DW_MILESTONE_APPROVED},
		{.amount = 5, .funded = 5, .status = DW_MILESTONE_FUNDED}
	};

	assert_null(dw_milestones_approved(plan, 2));
	(void) dw_milestones_fill(plan, 2, 1);
	assert_ptr_equal(dw_milestones_approved(plan, 2), &plan[0]);
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_plan_refused),
		cmocka_unit_test(test_replan),
		cmocka_unit_test(test_replan_rest),
		cmocka_unit_test(test_replan_refused),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_released),
		cmocka_unit_test(test_approved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
