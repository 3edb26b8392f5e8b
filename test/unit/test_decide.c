/*
 * test_decide.c
 *		What an agent does with a job: each guard, and the price.
 */
#include "unit.h"

#include "agent_inputs.h"
#include "core/decision/decision.h"
#include "core/score/score.h"

static DwAgentInputs in;
static DwAgentDecision out;

/* Decides for the usual inputs, changed by a statement. */
#define decide(change) \
	(usual_inputs(&in), (change), dw_agent_decide(&in, NULL, &out))

/* The usual agent bids: below the anchor, above its floor. */
static void
test_bid(void **state)
{
	decide((void) 0);
	assert_int_equal(out.verdict, DW_AGENT_BID);
	assert_int_equal(out.reason, DW_AGENT_PASSED);
	assert_int_equal(out.cost, 65000);
	assert_int_equal(out.floor, 78700);
	assert_int_equal(out.ceiling, 120000);
	assert_int_equal(out.anchor, 100000);
	assert_within(out.amount, 90000, 110000);
	assert_int_equal(out.amount % 100, 0);
	assert_int_equal(out.base_amount, out.anchor);
	assert_int_equal(out.timeline_days, 2);
	assert_int_equal(out.run_after, 0);
	assert_int_equal(out.local_day, USUAL_MONDAY / 1440);
	assert_true(out.chance > 0 && out.chance < 1);
	assert_true(out.confidence > 0 && out.confidence < 1);
}

/* Without outcomes what is shown is what the price was found with. */
static void
test_shown_begins_as_chance(void **state)
{
	decide((void) 0);
	assert_true(out.win_probability > out.chance - 1e-12 &&
				out.win_probability < out.chance + 1e-12);
}

/* Only what costs or a budget did to a price says something of the anchor. */
static void
test_base_amount(void **state)
{
	for (int i = 0; i < DW_AGENT_STRATEGY_COUNT; i++)
	{
		decide((in.settings.strategy = i, in.settings.costs.hourly_rate = 1));
		assert_int_equal(out.base_amount, out.anchor);
	}
	decide(in.settings.numbers.margin_ppm = 500000);
	assert_int_equal(out.amount, out.floor);
	assert_true(out.base_amount > out.anchor);
	decide((in.job.budget_max = 85000, in.settings.costs.hourly_rate = 1));
	assert_int_equal(out.amount, out.ceiling);
	assert_true(out.base_amount < out.anchor);
}

/* A change of the inputs, and the guard that then fails first. */
#define refuses(change, guard, its_verdict) \
	do { \
		decide(change); \
		assert_string_equal(dw_agent_reason_label(out.reason), #guard); \
		assert_int_equal(out.verdict, its_verdict); \
		assert_int_equal(out.verdict == DW_AGENT_DEFER, out.run_after > 0); \
		assert_false(dw_agent_passes(&in, NULL, out.reason)); \
	} while (0)

#define declines(change, guard)	refuses(change, guard, DW_AGENT_DECLINE)
#define defers(change, guard)	refuses(change, guard, DW_AGENT_DEFER)

/* Every guard about the platform, the agent and the job. */
static void
test_guards(void **state)
{
	defers(in.platform.is_on = false, PLATFORM_OFF);
	assert_int_equal(out.run_after, USUAL_NOW + 60);
	defers(in.job.is_category_on = false, CATEGORY_OFF);
	defers(in.provider.is_agent_on = false, AGENT_OFF);
	defers(in.provider.is_provider_on = false, PROVIDER_OFF);
	declines(in.provider.is_rolled_out = false, NOT_ROLLED_OUT);
	declines(in.platform.min_stars = 451, BELOW_MIN_RATING);
	declines(in.provider.month_bids = 50, MONTH_QUOTA);
	declines(in.settings.mandate.bids_per_month = 0, MONTH_QUOTA);
	declines(in.settings.is_active = false, AGENT_INACTIVE);
	declines(in.provider.is_active = false, PROVIDER_INACTIVE);
	declines(in.settings.paused_until = USUAL_NOW + 1, COOLING_DOWN);
	declines(in.job.is_open = false, JOB_NOT_OPEN);
	declines(in.job.is_current = false, STALE_TERMS);
	declines(in.provider.is_own_job = true, OWN_JOB);
	declines(in.job.is_invite_only = true, NOT_INVITED);
	declines(in.provider.is_answered = true, ALREADY_ANSWERED);
	declines(in.provider.has_bid = true, ALREADY_BID);
	declines(in.provider.category = DW_AGENT_CATEGORY_NONE, NO_CATEGORY);
	declines(in.provider.category = DW_AGENT_CATEGORY_OTHER, OTHER_CATEGORY);
}

/* Every guard about place, time and money. */
static void
test_more_guards(void **state)
{
	declines(in.provider.miles = -1, NO_PLACE);
	declines(in.provider.miles = 16, OUTSIDE_RADIUS);
	declines(in.platform.max_miles = 9, OUTSIDE_RADIUS);
	declines(in.provider.is_in_area = false, OUTSIDE_AREA);
	declines(in.provider.missing = 1, REQUIREMENT_MISSING);
	declines(in.settings.hours.is_limited = true, NO_HOURS);
	declines(in.provider.open_jobs = 5, CAPACITY);
	declines(in.settings.mandate.max_open_jobs = 0, CAPACITY);
	declines(in.provider.is_same_currency = false, CURRENCY);
	declines(in.settings.numbers.min_value = 120001, VALUE_RANGE);
	declines(in.settings.numbers.max_value = 79999, VALUE_RANGE);
	declines(in.job.anchor = 0, NO_ANCHOR);
	declines(in.job.hours = 0, NO_ESTIMATE);
	declines(in.settings.max_exposure = 78699, EXPOSURE);
	declines(in.settings.max_exposure = 78700, EXPOSURE);
	declines(in.settings.mandate.max_exposure = 0, EXPOSURE);
	declines(in.settings.numbers.margin_ppm = 800000, FLOOR_ABOVE_CEILING);
	declines(in.settings.mandate.min_margin_ppm = 800000,
			 FLOOR_ABOVE_CEILING);
	declines(in.settings.mandate.max_amount = 78699, FLOOR_ABOVE_CEILING);
	declines(in.settings.min_win_ppm = 999999, LOW_PROBABILITY);
	declines(in.provider.day_bids = 8, DAY_CAP);
	declines(in.settings.mandate.bids_per_day = 0, DAY_CAP);
}

/* An exposure that the price itself fits into exactly. */
static void
test_exposure(void **state)
{
	int64_t		amount;

	decide((void) 0);
	amount = out.amount;
	decide((in.settings.max_exposure = amount + 5, in.provider.exposure = 5));
	assert_int_equal(out.verdict, DW_AGENT_BID);
	declines((in.settings.max_exposure = amount + 5,
			  in.provider.exposure = 6), EXPOSURE);
}

/* Where nobody set a limit nothing is missing. */
static void
test_unlimited(void **state)
{
	decide((in.provider.month_quota = DW_AGENT_UNLIMITED,
			in.provider.month_bids = 100000));
	assert_int_equal(out.verdict, DW_AGENT_BID);
	decide((in.provider.stars = 0, in.platform.min_stars = 500));
	assert_int_equal(out.verdict, DW_AGENT_BID);
	decide((in.job.budget_min = 0, in.job.budget_max = 0));
	assert_int_equal(out.verdict, DW_AGENT_BID);
	assert_int_equal(out.ceiling, 200000);
	decide((in.job.hours = 0, in.settings.costs.hourly_rate = 0));
	assert_int_equal(out.verdict, DW_AGENT_BID);
}

/* The mode decides what comes of a price; the threshold only asks. */
static void
test_mode(void **state)
{
	decide(in.settings.mode = DW_AGENT_SHADOW);
	assert_int_equal(out.verdict, DW_AGENT_LOG);
	decide(in.settings.mode = DW_AGENT_PROPOSE);
	assert_int_equal(out.verdict, DW_AGENT_ASK);
	assert_int_equal(out.reason, DW_AGENT_PASSED);
	decide(in.settings.numbers.threshold = 50000);
	assert_int_equal(out.verdict, DW_AGENT_ASK);
	assert_int_equal(out.reason, DW_AGENT_OVER_THRESHOLD);
	decide(in.settings.mandate.threshold = 50000);
	assert_int_equal(out.verdict, DW_AGENT_ASK);
	decide(in.settings.numbers.threshold = 200000);
	assert_int_equal(out.verdict, DW_AGENT_BID);
}

/* Decides on an amount that was given. */
static DwAgentReason
offer(int64_t amount, bool is_approved)
{
	const DwAgentOffer offer = {amount, 3, is_approved};

	dw_agent_decide(&in, &offer, &out);
	return out.reason;
}

/* An outside model's amount passes the same guards. */
static void
test_offer(void **state)
{
	usual_inputs(&in);
	assert_int_equal(offer(78699, false), DW_AGENT_BELOW_FLOOR);
	assert_int_equal(offer(78700, false), DW_AGENT_PASSED);
	assert_int_equal(out.amount, 78700);
	assert_int_equal(out.timeline_days, 3);
	assert_int_equal(offer(120000, false), DW_AGENT_PASSED);
	assert_int_equal(offer(120001, false), DW_AGENT_ABOVE_CEILING);
	assert_int_equal(offer(0, false), DW_AGENT_BELOW_FLOOR);
	assert_int_equal(offer(INT64_MAX, false), DW_AGENT_ABOVE_CEILING);
	assert_int_equal(offer(INT64_MIN, false), DW_AGENT_BELOW_FLOOR);
	in.provider.is_own_job = true;
	assert_int_equal(offer(90000, false), DW_AGENT_OWN_JOB);
}

/* Who approves may do so at night, but not past a cap. */
static void
test_approval(void **state)
{
	usual_inputs(&in);
	in.settings.mode = DW_AGENT_PROPOSE;
	in.settings.hours.is_limited = true;
	in.settings.min_win_ppm = 999999;
	in.provider.is_answered = true;
	assert_int_equal(offer(90000, false), DW_AGENT_ALREADY_ANSWERED);
	assert_int_equal(offer(90000, true), DW_AGENT_PASSED);
	assert_int_equal(out.verdict, DW_AGENT_BID);
	in.provider.day_bids = 8;
	assert_int_equal(offer(90000, true), DW_AGENT_DAY_CAP);
	in.job.is_open = false;
	assert_int_equal(offer(90000, true), DW_AGENT_JOB_NOT_OPEN);
}

/* Labels read back, and are those of the enum. */
static void
test_labels(void **state)
{
	DwAgentReason reason;
	DwAgentVerdict verdict;

	for (int i = 0; i < DW_AGENT_REASON_COUNT; i++)
	{
		assert_true(dw_agent_reason_parse(dw_agent_reason_label(i), &reason));
		assert_int_equal(reason, i);
	}
	for (int i = 0; i < DW_AGENT_VERDICT_COUNT; i++)
	{
		assert_true(dw_agent_verdict_parse(dw_agent_verdict_label(i),
										   &verdict));
		assert_int_equal(verdict, i);
	}
}

/* Copies inputs by the list of their fields. */
static void
copy(const DwAgentInputs *from, DwAgentInputs *to)
{
	memset(to, 0, sizeof(*to));
	for (int i = 0; i < dw_agent_input_fields.count; i++)
	{
		const DwNumberField *field = &dw_agent_input_fields.fields[i];

		for (int j = 0; j < field->count; j++)
			assert_true(dw_number_set(field, to, j,
									  dw_number_get(field, from, j)));
	}
}

/* What the list of fields copies decides the same, bit by bit. */
static void
test_fields(void **state)
{
	DwAgentInputs again;
	DwAgentDecision same;

	decide((in.settings.strategy = DW_AGENT_PREMIUM, in.job.materials = 7));
	copy(&in, &again);
	dw_agent_decide(&again, NULL, &same);
	assert_memory_equal(&out, &same, sizeof(out));
}

/* A rating without reviews is the one that features are taken from. */
static void
test_rating_prior(void **state)
{
	const DwStats none = {0};
	DwFeatures	features;

	decide(in.provider.rating = dw_stats_rating(&none));
	dw_agent_features(&in, &out, &features);
	assert_true(features.x[DW_FEATURE_RATING] == 0);
	assert_true(features.x[DW_FEATURE_DISTANCE] == 0);
	assert_true(features.x[DW_FEATURE_TIME] == 0);
	assert_true(features.x[DW_FEATURE_ONE] == 1);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bid),
		cmocka_unit_test(test_shown_begins_as_chance),
		cmocka_unit_test(test_base_amount),
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_more_guards),
		cmocka_unit_test(test_exposure),
		cmocka_unit_test(test_unlimited),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_approval),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_rating_prior),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
