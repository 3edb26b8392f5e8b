/*
 * test_bid.c
 *		Every cell of a bid's life, and its words.
 */
#include "grid.h"

#include "core/bid/bid.h"

static const char *const expected[] = {
	"submit_bid PY ->pending",
	"revise_bid P pending>pending",
	"confirm_bid P pending>pending",
	"counter_bid HP pending>pending",
	"answer_counter HP pending>pending",
	"accept_bid H pending>accepted",
	"answer_invite P pending>accepted",
	"confirm_award P accepted>accepted",
	"not_selected HP pending>rejected",
	"reject_bid H pending>rejected",
	"withdraw_bid P pending>withdrawn accepted>withdrawn",
	"expire_bids Y pending>expired",
	"lapse Y accepted>expired",
	"reoffer PY rejected>accepted",
	"cancel_job H pending>rejected accepted>rejected",
	"expire_jobs Y pending>expired",
};

/* Every cell. */
static void
test_cells(void **state)
{
	grid_check(dw_bid_machine(), expected, DW_LENGTH(expected));
	grid_check_valid(dw_bid_machine());
}

/* Every word of the enums, both ways, and none else. */
static void
test_labels(void **state)
{
	DwBidStatus status;
	DwBidReason reason;

	for (int i = DW_BID_PENDING; i <= DW_BID_EXPIRED; i++)
	{
		assert_true(dw_bid_status_parse(
										dw_bid_status_label((DwBidStatus) i),
										&status));
		assert_int_equal(status, i);
	}
	assert_false(dw_bid_status_parse("live", &status));
	assert_true(dw_bid_reason_parse("not_selected", &reason));
	assert_int_equal(reason, DW_BID_REASON_NOT_SELECTED);
	assert_string_equal(dw_bid_reason_label(DW_BID_REASON_NOT_CONFIRMED),
						"not_confirmed");
}

/* What gives a bid its reason leads to the state that the reason says. */
static void
test_reasons(void **state)
{
	static const struct
	{
		DwBidEvent	event;
		DwBidReason reason;
		DwBidStatus from;
	}			causes[] = {
		{DW_BID_EVENT_NOT_SELECTED, DW_BID_REASON_NOT_SELECTED,
		DW_BID_PENDING},
		{DW_BID_EVENT_REJECT, DW_BID_REASON_DECLINED, DW_BID_PENDING},
		{DW_BID_EVENT_JOB_CANCELLED, DW_BID_REASON_JOB_CANCELLED,
		DW_BID_PENDING},
		{DW_BID_EVENT_JOB_CANCELLED, DW_BID_REASON_JOB_CANCELLED,
		DW_BID_ACCEPTED},
		{DW_BID_EVENT_JOB_EXPIRED, DW_BID_REASON_JOB_EXPIRED,
		DW_BID_PENDING},
		{DW_BID_EVENT_LAPSE, DW_BID_REASON_NOT_CONFIRMED, DW_BID_ACCEPTED},
		{DW_BID_EVENT_LAPSE, DW_BID_REASON_NOT_FUNDED, DW_BID_ACCEPTED},
		{DW_BID_EVENT_EXPIRE, DW_BID_REASON_EXPIRED, DW_BID_PENDING},
		{DW_BID_EVENT_WITHDRAW, DW_BID_REASON_WITHDRAWN, DW_BID_PENDING},
		{DW_BID_EVENT_WITHDRAW, DW_BID_REASON_WITHDRAWN, DW_BID_ACCEPTED},
	};

	for (size_t i = 0; i < DW_LENGTH(causes); i++)
	{
		DwActorSet	actors = dw_machine_actors(dw_bid_machine(),
											   causes[i].event);
		DwBidStatus to = dw_bid_reason_status(causes[i].reason);

		for (DwActorSet actor = 1; actor <= actors; actor <<= 1)
			if ((actors & actor) != 0)
				assert_true(dw_machine_permits(dw_bid_machine(),
											   causes[i].from,
											   causes[i].event,
											   (DwActorKind) actor, to));
	}
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
