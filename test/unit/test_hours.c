/*
 * test_hours.c
 *		When an agent works, also on the days on which the clock jumps.
 */
#include "unit.h"

#include "agent_inputs.h"

#define DAY		1440
#define HOUR	60

/*
 * Berlin in 2026: on Sunday, 29 March at 01:00 UTC the clock goes from 02:00
 * to 03:00, on Sunday, 25 October at 01:00 UTC from 03:00 back to 02:00.
 */
#define SPRING		INT64_C(29579100)
#define AUTUMN		INT64_C(29881500)
#define WINTER_TIME	60
#define SUMMER_TIME	120

static DwAgentInputs in;
static DwAgentDecision out;

/* An agent that works on a day of the week from one minute to another. */
static void
work(int weekday, int from, int to)
{
	DwAgentHours *hours = &in.settings.hours;
	int			at = hours->count[weekday];

	hours->is_limited = true;
	hours->minute[weekday][at] = (int16_t) from;
	hours->minute[weekday][at + 1] = (int16_t) to;
	hours->count[weekday] = (int16_t) (at + 2);
}

/* Decides at a minute of a clock that changes once. */
static void
decide_at(int64_t now, int64_t offset, int64_t change_at, int64_t after)
{
	in.provider.clock.now = now;
	in.provider.clock.offset = offset;
	in.provider.clock.change_at = change_at;
	in.provider.clock.offset_after = after;
	dw_agent_decide(&in, NULL, &out);
}

#define bids_at(now, offset, change_at, after) \
	do { \
		decide_at(now, offset, change_at, after); \
		assert_int_equal(out.verdict, DW_AGENT_BID); \
	} while (0)

#define waits_at(now, offset, change_at, after, until) \
	do { \
		decide_at(now, offset, change_at, after); \
		assert_int_equal(out.reason, DW_AGENT_OUTSIDE_HOURS); \
		assert_int_equal(out.verdict, DW_AGENT_DEFER); \
		assert_int_equal(out.run_after, until); \
	} while (0)

/* Without a jump: inside, before, after, and the next week. */
static void
test_plain(void **state)
{
	usual_inputs(&in);
	work(0, 8 * HOUR, 12 * HOUR);
	work(0, 13 * HOUR, 18 * HOUR);
	waits_at(USUAL_MONDAY + 479, 0, 0, 0, USUAL_MONDAY + 480);
	bids_at(USUAL_MONDAY + 480, 0, 0, 0);
	bids_at(USUAL_MONDAY + 719, 0, 0, 0);
	waits_at(USUAL_MONDAY + 720, 0, 0, 0, USUAL_MONDAY + 780);
	bids_at(USUAL_MONDAY + 1079, 0, 0, 0);
	waits_at(USUAL_MONDAY + 1080, 0, 0, 0, USUAL_MONDAY + 7 * DAY + 480);
}

/* A zone east and one west of Greenwich, and the days they have. */
static void
test_zones(void **state)
{
	usual_inputs(&in);
	work(0, 8 * HOUR, 12 * HOUR);
	bids_at(USUAL_MONDAY + 480 - 765, 765, 0, 0);
	assert_int_equal(out.local_day, USUAL_MONDAY / DAY);
	waits_at(USUAL_MONDAY + 480, 765, 0, 0, USUAL_MONDAY + 7 * DAY - 285);
	bids_at(USUAL_MONDAY + 480 + 600, -600, 0, 0);
	waits_at(USUAL_MONDAY + 480, -600, 0, 0, USUAL_MONDAY + 1080);
	assert_int_equal(out.local_day, USUAL_MONDAY / DAY - 1);
}

/* Through the night: a day ends at 24:00 and the next begins at 00:00. */
static void
test_night(void **state)
{
	usual_inputs(&in);
	work(0, 22 * HOUR, DAY);
	work(1, 0, 6 * HOUR);
	bids_at(USUAL_MONDAY + DAY - 1, 0, 0, 0);
	bids_at(USUAL_MONDAY + DAY, 0, 0, 0);
	waits_at(USUAL_MONDAY + DAY + 360, 0, 0, 0,
			 USUAL_MONDAY + 7 * DAY + 1320);
}

/* The clock goes forward: work begins at its hour by the new clock. */
static void
test_spring(void **state)
{
	usual_inputs(&in);
	work(6, 8 * HOUR, 12 * HOUR);
	waits_at(SPRING - 1, WINTER_TIME, SPRING, SUMMER_TIME,
			 SPRING + 5 * HOUR);
	waits_at(SPRING, WINTER_TIME, SPRING, SUMMER_TIME, SPRING + 5 * HOUR);
	waits_at(SPRING, SUMMER_TIME, 0, 0, SPRING + 5 * HOUR);
	bids_at(SPRING + 5 * HOUR, WINTER_TIME, SPRING, SUMMER_TIME);
}

/* A beginning that the clock skips is the moment of the jump. */
static void
test_skipped(void **state)
{
	usual_inputs(&in);
	work(6, 2 * HOUR + 30, 5 * HOUR);
	waits_at(SPRING - 1, WINTER_TIME, SPRING, SUMMER_TIME, SPRING);
	bids_at(SPRING, WINTER_TIME, SPRING, SUMMER_TIME);
	bids_at(SPRING + 2 * HOUR - 1, WINTER_TIME, SPRING, SUMMER_TIME);
	waits_at(SPRING + 2 * HOUR, SUMMER_TIME, 0, 0,
			 SPRING + 7 * DAY - HOUR + 30);
	/* all of it is skipped: the next week */
	usual_inputs(&in);
	work(6, 2 * HOUR + 10, 2 * HOUR + 50);
	waits_at(SPRING - 1, WINTER_TIME, SPRING, SUMMER_TIME,
			 SPRING + 7 * DAY - HOUR + 10);
}

/* The clock goes back: what comes twice is worked twice, begun once. */
static void
test_autumn(void **state)
{
	usual_inputs(&in);
	work(6, 2 * HOUR + 15, 2 * HOUR + 45);
	waits_at(AUTUMN - HOUR, SUMMER_TIME, AUTUMN, WINTER_TIME,
			 AUTUMN - 45);
	bids_at(AUTUMN - 45, SUMMER_TIME, AUTUMN, WINTER_TIME);
	waits_at(AUTUMN - 15, SUMMER_TIME, AUTUMN, WINTER_TIME, AUTUMN + 15);
	bids_at(AUTUMN + 15, SUMMER_TIME, AUTUMN, WINTER_TIME);
	waits_at(AUTUMN + 45, WINTER_TIME, 0, 0, AUTUMN + 7 * DAY + 15);
	usual_inputs(&in);
	work(6, 8 * HOUR, 12 * HOUR);
	waits_at(AUTUMN - 1, SUMMER_TIME, AUTUMN, WINTER_TIME,
			 AUTUMN + 6 * HOUR);
}

/* Every minute of a week with a jump: run_after is the first that bids. */
static void
sweep(int64_t jump, int64_t before, int64_t after)
{
	int64_t		expected = 0;

	for (int64_t now = jump + 8 * DAY; now > jump - 2 * DAY; now--)
	{
		decide_at(now, before, jump, after);
		if (out.verdict == DW_AGENT_BID)
			expected = now;
		else if (expected != 0)
			assert_int_equal(out.run_after, expected);
	}
	assert_true(expected != 0);
}

/* Both jumps, with hours at every edge of them. */
static void
test_sweep(void **state)
{
	for (int from = HOUR; from < 4 * HOUR; from += 15)
	{
		usual_inputs(&in);
		work(6, from, from + 20);
		work(2, 8 * HOUR, 9 * HOUR);
		sweep(SPRING, WINTER_TIME, SUMMER_TIME);
		sweep(AUTUMN, SUMMER_TIME, WINTER_TIME);
	}
}

/* What cannot wait is taken at any hour by who takes emergencies. */
static void
test_emergency(void **state)
{
	usual_inputs(&in);
	work(1, 8 * HOUR, 12 * HOUR);
	in.job.is_emergency = true;
	waits_at(USUAL_NOW, 0, 0, 0, USUAL_MONDAY + DAY + 480);
	in.provider.takes_emergencies = true;
	bids_at(USUAL_NOW, 0, 0, 0);
	in.job.is_emergency = false;
	waits_at(USUAL_NOW, 0, 0, 0, USUAL_MONDAY + DAY + 480);
}

/* A document without a time is no working time, not all of them. */
static void
test_none(void **state)
{
	usual_inputs(&in);
	in.settings.hours.is_limited = true;
	decide_at(USUAL_NOW, 0, 0, 0);
	assert_int_equal(out.reason, DW_AGENT_NO_HOURS);
	assert_int_equal(out.verdict, DW_AGENT_DECLINE);
}

/* Days before 1970 have their weekday too. */
static void
test_before_1970(void **state)
{
	usual_inputs(&in);
	/* 1969-12-29 was a Monday */
	work(0, 8 * HOUR, 12 * HOUR);
	bids_at(-3 * DAY + 480, 0, 0, 0);
	assert_int_equal(out.local_day, -3);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_night),
		cmocka_unit_test(test_spring),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_autumn),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_emergency),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_before_1970),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
