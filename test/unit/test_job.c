/*
 * test_job.c
 *		Every cell of a job's life, and its words.
 */
#include "grid.h"

#include "core/job/job.h"

static const char *const expected[] = {
	"post_job H ->draft",
	"edit_job H draft>draft open>open",
	"publish_job H draft>open",
	"accept_bid H open>awarded",
	"answer_invite P open>awarded",
	"confirm_award P awarded>awarded",
	"reoffer PY awarded>awarded",
	"reopen PY awarded>open",
	"start_job P awarded>in_progress",
	"report_progress P in_progress>in_progress",
	"complete_job H in_progress>completed",
	"complete_job Y in_progress>completed awarded>completed",
	"cancel_job H draft>cancelled open>cancelled awarded>cancelled "
	"in_progress>cancelled",
	"abandon_job P awarded>cancelled in_progress>cancelled",
	"no_show PY awarded>cancelled in_progress>cancelled",
	"refund Y in_progress>cancelled",
	"expire_jobs Y open>cancelled awarded>cancelled",
	"expire_jobs P awarded>cancelled",
	"dispute HPY awarded>disputed in_progress>disputed",
	"settle HPASY disputed>in_progress|awarded",
};

/* Every cell. */
static void
test_cells(void **state)
{
	grid_check(dw_job_machine(), expected, DW_LENGTH(expected));
	grid_check_valid(dw_job_machine());
}

/* Every word of the three enums, both ways, and none else. */
static void
test_labels(void **state)
{
	DwJobStatus status;
	DwUrgency	urgency;
	DwBidMode	mode;

	assert_string_equal(dw_job_status_label(DW_JOB_IN_PROGRESS),
						"in_progress");
	assert_true(dw_job_status_parse("disputed", &status));
	assert_int_equal(status, DW_JOB_DISPUTED);
	assert_false(dw_job_status_parse("Open", &status));
	assert_false(dw_job_status_parse("", &status));
	assert_null(dw_job_status_label((DwJobStatus) 7));
	assert_null(dw_job_status_label((DwJobStatus) -1));
	assert_true(dw_urgency_parse("urgent", &urgency));
	assert_int_equal(urgency, DW_URGENCY_URGENT);
	assert_true(dw_bid_mode_parse("rank_only", &mode));
	assert_string_equal(dw_job_side_label(DW_JOB_SIDE_PROVIDER), "provider");
	assert_null(dw_job_side_label(DW_JOB_SIDE_NONE));
	assert_int_equal(mode, DW_BID_MODE_RANK_ONLY);
	assert_string_equal(dw_bid_mode_label(DW_BID_MODE_SEALED), "sealed");
}

/* A successor takes a lapsed award at any time; else time decides. */
static void
test_lapse(void **state)
{
	assert_int_equal(dw_job_after_lapse(true, 9, 10), DW_JOB_EVENT_REOFFER);
	assert_int_equal(dw_job_after_lapse(true, 10, 10), DW_JOB_EVENT_REOFFER);
	assert_int_equal(dw_job_after_lapse(false, 9, 10), DW_JOB_EVENT_REOPEN);
	assert_int_equal(dw_job_after_lapse(false, 10, 10), DW_JOB_EVENT_EXPIRE);
}

/* An unfunded contract waits for fund_by, and for a payment on its way. */
static void
test_contract_lapse(void **state)
{
	assert_int_equal(dw_contract_lapses_at(10, false, 20), 10);
	assert_int_equal(dw_contract_lapses_at(10, true, 20), 20);
	assert_int_equal(dw_contract_lapses_at(10, true, 9), 10);
}

/* What of 380.00 and 570.00 is paid, by each of the rules. */
static void
test_start(void **state)
{
	DwMilestone plan[2] = {{.amount = 2}, {.amount = 3}};
	const DwFeeTerms terms = {.max_fee = DW_FEE_NO_MAX};
	DwEscrow	escrow;
	DwStartPaid start;
	int64_t		amount = 37999;

	assert_int_equal(dw_escrow_open(&escrow, "USD", 95000, &terms), DW_OK);
	assert_int_equal(dw_milestones_plan(plan, 2, 95000), DW_OK);
	start = dw_start_paid(DW_START_FIRST_MILESTONE, &escrow, plan, 2);
	assert_int_equal(start.paid, 0);
	assert_int_equal(start.needed, 38000);
	assert_int_equal(dw_escrow_fund(&escrow, &amount), DW_OK);
	assert_int_equal(dw_escrow_confirm(&escrow, plan, 2, amount), DW_OK);
	start = dw_start_paid(DW_START_FIRST_MILESTONE, &escrow, plan, 2);
	assert_int_equal(start.paid, 37999);
	start = dw_start_paid(DW_START_ANY, &escrow, plan, 2);
	assert_true(start.paid >= start.needed);
	start = dw_start_paid(DW_START_CONTRACT, &escrow, plan, 2);
	assert_int_equal(start.paid, 37999);
	assert_int_equal(start.needed, 95000);
	/* the first one that is not over counts */
	plan[0].status = DW_MILESTONE_CANCELLED;
	start = dw_start_paid(DW_START_FIRST_MILESTONE, &escrow, plan, 2);
	assert_int_equal(start.needed, 57000);
	plan[1].status = DW_MILESTONE_REFUNDED;
	escrow.held = 0;
	for (int rule = DW_START_FIRST_MILESTONE; rule <= DW_START_ANY; rule++)
	{
		start = dw_start_paid((DwStartRule) rule, &escrow, plan, 2);
		assert_true(start.paid < start.needed);
	}
}

/* Both sides are reached from the first money on, and for some days after. */
static void
test_contact(void **state)
{
	const int64_t day = INT64_C(86400000000);
	DwContactFacts facts = {.is_confirmed = true,.is_escrowed = true,
	.completed_at = INT64_MIN};

	for (int status = 0; status <= DW_JOB_DISPUTED; status++)
	{
		bool		lives = status == DW_JOB_AWARDED ||
			status == DW_JOB_IN_PROGRESS || status == DW_JOB_DISPUTED;
		bool		is_over = status == DW_JOB_COMPLETED;

		facts.status = (DwJobStatus) status;
		facts.completed_at = is_over ? 100 * day : INT64_MIN;
		facts.funded = 0;
		assert_int_equal(dw_contact_check(&facts, 30, 100 * day),
						 DW_INVALID_TRANSITION);
		facts.funded = 1;
		assert_int_equal(dw_contact_check(&facts, 30, 130 * day - 1),
						 lives || is_over ? DW_OK : DW_INVALID_TRANSITION);
		assert_int_equal(dw_contact_check(&facts, 30, 130 * day),
						 lives ? DW_OK : is_over ? DW_DEADLINE_PASSED
						 : DW_INVALID_TRANSITION);
		facts.is_confirmed = false;
		assert_int_equal(dw_contact_check(&facts, 30, 100 * day),
						 DW_INVALID_TRANSITION);
		facts.is_confirmed = true;
	}
	facts.status = DW_JOB_AWARDED;
	facts.funded = 0;
	facts.is_escrowed = false;
	assert_int_equal(dw_contact_check(&facts, 30, 0), DW_OK);
	/* a day that is not known is over, and so is the last one at once */
	facts.status = DW_JOB_COMPLETED;
	facts.completed_at = INT64_MIN;
	assert_int_equal(dw_contact_check(&facts, 30, 100 * day),
					 DW_DEADLINE_PASSED);
	facts.completed_at = 100 * day;
	assert_int_equal(dw_contact_check(&facts, 0, 100 * day),
					 DW_DEADLINE_PASSED);
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_lapse),
		cmocka_unit_test(test_contract_lapse),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_contact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
