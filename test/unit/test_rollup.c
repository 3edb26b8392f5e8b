/*
 * test_rollup.c
 *		The watermark below which entries may be rolled up.
 */
#include "unit.h"

#include "core/ledger/ledger.h"

#define UNIX_2000	INT64_C(946684800000)	/* ms from 1970 to 2000 */

/* The oldest transaction in flight decides, in whatever order they come. */
static void
test_oldest(void **state)
{
	static const int64_t starts[] = {7000000, 5000000, 9000000};
	DwRollup	rollup;

	dw_rollup_begin(&rollup, 8000000, 1000000);
	assert_int_equal(dw_rollup_time(&rollup), 7000000);
	for (size_t i = 0; i < DW_LENGTH(starts); i++)
		dw_rollup_meet(&rollup, starts[i]);
	assert_int_equal(dw_rollup_time(&rollup), 4000000);
	assert_int_equal(rollup.obstacle, DW_ROLLUP_CLEAR);
}

/* One obstacle is enough, and the first is told. */
static void
test_obstacle(void **state)
{
	DwRollup	rollup;
	DwRollupObstacle read;

	dw_rollup_begin(&rollup, 0, 0);
	dw_rollup_stop(&rollup, DW_ROLLUP_PREPARED);
	dw_rollup_stop(&rollup, DW_ROLLUP_SESSION);
	assert_int_equal(rollup.obstacle, DW_ROLLUP_PREPARED);
	assert_string_equal(dw_rollup_obstacle_label(rollup.obstacle),
						"prepared_transaction");
	assert_true(dw_rollup_obstacle_parse("snapshot", &read));
	assert_int_equal(read, DW_ROLLUP_SNAPSHOT);
	assert_false(dw_rollup_obstacle_parse("nothing", &read));
}

/* An id made at a time or later is above its watermark, an earlier one not. */
static void
test_watermark(void **state)
{
	static const uint8_t low[8];
	static const uint8_t high[8] = {255, 255, 255, 255, 255, 255, 255, 255};

	for (int64_t us = 0; us < 3000; us++)
	{
		DwUuid		mark = dw_rollup_watermark(us);
		uint64_t	ms = (uint64_t) (UNIX_2000 + us / 1000);
		uint16_t	step = (uint16_t) (us % 1000 * 4096 / 1000);
		DwUuid		now = dw_uuid_v7(ms, step, low);
		DwUuid		before = step == 0 ? dw_uuid_v7(ms - 1, 4095, high)
			: dw_uuid_v7(ms, (uint16_t) (step - 1), high);

		assert_true(dw_uuid_compare(&now, &mark) > 0);
		assert_true(dw_uuid_compare(&before, &mark) < 0);
	}
}

/* A later time never has a lower watermark. */
static void
test_monotone(void **state)
{
	DwUuid		last = dw_rollup_watermark(-1);

	for (int64_t us = 0; us < 5000; us++)
	{
		DwUuid		mark = dw_rollup_watermark(us);

		assert_true(dw_uuid_compare(&last, &mark) <= 0);
		last = mark;
	}
}

/* Below is one less, and borrows across bytes. */
static void
test_below(void **state)
{
	DwUuid		id = {{0, 1}};
	DwUuid		below = dw_rollup_below(&id);

	assert_int_equal(below.bytes[0], 0);
	assert_int_equal(below.bytes[1], 0);
	for (int i = 2; i < 16; i++)
		assert_int_equal(below.bytes[i], 0xff);
	id = below;
	below = dw_rollup_below(&id);
	assert_int_equal(below.bytes[15], 0xfe);
	assert_memory_equal(below.bytes, id.bytes, 15);
}

/* The next id is the fresh one unless the last is later; then it carries. */
static void
test_next(void **state)
{
	DwUuid		last = {{1, 2}};
	DwUuid		fresh = {{1, 3}};
	DwUuid		next = dw_transaction_id_next(&last, &fresh);

	assert_true(dw_uuid_equal(&next, &fresh));
	next = dw_transaction_id_next(&fresh, &fresh);
	assert_true(dw_uuid_compare(&next, &fresh) > 0);
	memset(&last.bytes[14], 0xff, 2);
	fresh = (DwUuid)
	{
		{
			1, 1
		}
	};
	next = dw_transaction_id_next(&last, &fresh);
	assert_int_equal(next.bytes[13], 1);
	assert_int_equal(next.bytes[14], 0);
	assert_int_equal(next.bytes[15], 0);
	last = dw_rollup_below(&next);
	assert_int_equal(last.bytes[15], 0xff);
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oldest),
		cmocka_unit_test(test_obstacle),
		cmocka_unit_test(test_watermark),
		cmocka_unit_test(test_monotone),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
