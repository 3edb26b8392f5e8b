/*
 * test_payout.c
 *		What a provider can be paid, and how what they owe is made good.
 */
#include "unit.h"

#include "core/payout/payout.h"

/* A balance without a reserve. */
#define HAS(available_, receivable_, pending_) \
	{.available = (available_), .receivable = (receivable_), \
	 .pending = (pending_)}

/* Asks for a payout; the amount, or -1 when it is more than there is. */
static int64_t
ask_for_fee(int64_t available, int64_t receivable, int64_t fee,
			int64_t amount)
{
	DwBalance	balance = HAS(available, receivable, 0);
	DwResult	result = dw_payout_request(&balance, fee, &amount);

	assert_true(result == DW_OK || result == DW_INSUFFICIENT_FUNDS);
	return result == DW_OK ? amount : -1;
}

/* The same without a fee. */
static int64_t
ask(int64_t available, int64_t receivable, int64_t pending, int64_t amount)
{
	DwBalance	balance = HAS(available, receivable, pending);
	DwResult	result = dw_payout_request(&balance, 0, &amount);

	assert_true(result == DW_OK || result == DW_INSUFFICIENT_FUNDS);
	return result == DW_OK ? amount : -1;
}

/* Nobody is paid what they owe, or what is promised already. */
static void
test_request(void **state)
{
	DwBalance	balance = HAS(INT64_MAX, 1, 0);
	int64_t		amount = -1;

	assert_int_equal(ask(1000, 0, 0, 0), 1000);
	assert_int_equal(ask(1000, 0, 0, 1000), 1000);
	assert_int_equal(ask(1000, 0, 0, 1001), -1);
	assert_int_equal(ask(1000, -300, 0, 0), 700);
	assert_int_equal(ask(1000, -300, 700, 0), -1);
	assert_int_equal(ask(1000, -300, 600, 100), 100);
	assert_int_equal(ask(1000, -1001, 0, 0), -1);
	assert_int_equal(ask(0, 250, 0, 0), 250);
	assert_int_equal(dw_payout_request(&balance, 0, &amount), DW_BAD_VALUE);
	amount = 1;
	assert_int_equal(dw_payout_request(&balance, 0, &amount), DW_OVERFLOW);
}

/* A fee is beside the amount: all there is, is less by it. */
static void
test_fee(void **state)
{
	assert_int_equal(ask_for_fee(1000, 0, 30, 0), 970);
	assert_int_equal(ask_for_fee(1000, 0, 30, 970), 970);
	assert_int_equal(ask_for_fee(1000, 0, 30, 971), -1);
	assert_int_equal(ask_for_fee(1000, -900, 100, 0), -1);
	assert_int_equal(ask_for_fee(1000, -900, 99, 0), 1);
	assert_int_equal(ask_for_fee(0, 0, INT64_MAX, 0), -1);
}

/* Pays and checks both legs. */
static void
check_settled(DwBalance balance, int64_t amount, int64_t available,
			  int64_t receivable)
{
	DwNetting	legs;

	assert_int_equal(dw_payout_settle(&balance, amount, &legs), DW_OK);
	assert_int_equal(legs.available, available);
	assert_int_equal(legs.receivable, receivable);
}

/* Debts are made good, credits are added, available is never negative. */
static void
test_settle(void **state)
{
	DwBalance	negative = HAS(-1, 0, 0);
	DwNetting	legs;

	check_settled((DwBalance) HAS(1000, 0, 0), 1000, -1000, 0);
	check_settled((DwBalance) HAS(1000, -300, 0), 700, -1000, 300);
	check_settled((DwBalance) HAS(1000, -300, 0), 100, -400, 300);
	check_settled((DwBalance) HAS(0, 250, 0), 250, 0, -250);
	/* a chargeback came between the request and the payment */
	check_settled((DwBalance) HAS(1000, -900, 0), 1000, -1000, 0);
	check_settled((DwBalance) HAS(100, 0, 0), 1000, -100, -900);
	assert_int_equal(dw_payout_settle(&negative, 1, &legs), DW_BAD_VALUE);
	assert_string_equal(dw_payout_status_label(DW_PAYOUT_FAILED), "failed");
}

/* What the fee takes out of each account. */
static void
check_fee(DwBalance balance, int64_t fee, int64_t available,
		  int64_t receivable)
{
	DwNetting	legs;

	dw_payout_settle_fee(&balance, fee, &legs);
	assert_int_equal(legs.available, available);
	assert_int_equal(legs.receivable, receivable);
}

/* The fee nets nothing, and available is never negative. */
static void
test_fee_alone(void **state)
{
	check_fee((DwBalance) HAS(1000, 0, 0), 30, -30, 0);
	check_fee((DwBalance) HAS(1000, -300, 0), 30, -30, 0);
	check_fee((DwBalance) HAS(1000, 250, 0), 30, -30, 0);
	check_fee((DwBalance) HAS(20, -5, 0), 30, -20, -10);
	check_fee((DwBalance) HAS(0, 250, 0), 30, 0, -30);
	check_fee((DwBalance) HAS(-1, 0, 0), 30, 0, -30);
}

#define SENT(amount_)	{.amount = (amount_), .is_sent = true}
#define ASKED(amount_)	{.amount = (amount_)}

/* What is in the way of the i-th payout of three. */
static void
check_held(DwBalance balance, const DwPromise *asked, const char *expected)
{
	DwPromise	promises[3] = {asked[0], asked[1], asked[2]};
	char		seen[4] = {0};

	dw_payouts_hold(&balance, expected[3] == '\0', promises, 3);
	for (int i = 0; i < 3; i++)
		seen[i] = "abn"[promises[i].hold];
	assert_memory_equal(seen, expected, 3);
}

/* Earlier ones are covered first, and what a worker has before them. */
static void
test_hold(void **state)
{
	const DwPromise asked[] = {ASKED(500), ASKED(300), ASKED(200)};
	const DwPromise sent[] = {ASKED(500), SENT(300), ASKED(200)};

	check_held((DwBalance) HAS(1000, 0, 1000), asked, "nnn");
	check_held((DwBalance) HAS(1000, -1, 1000), asked, "nnb");
	check_held((DwBalance) HAS(1000, -300, 1000), asked, "nbn");
	check_held((DwBalance) HAS(1000, -501, 1000), asked, "bnb");
	check_held((DwBalance) HAS(1000, -700, 1000), asked, "bnb");
	check_held((DwBalance) HAS(1000, -1000, 1000), asked, "bbb");
	check_held((DwBalance) HAS(0, 1000, 1000), asked, "nnn");
	check_held((DwBalance) HAS(1000, -1, 1000), sent, "nnb");
	check_held((DwBalance) HAS(1000, -600, 1000), sent, "bnb");
	check_held((DwBalance) HAS(100, -600, 1000), sent, "bnb");
	check_held((DwBalance) HAS(INT64_MAX, INT64_MAX, 1000), asked, "nnn");
	check_held((DwBalance) HAS(INT64_MIN, INT64_MIN, 1000), sent, "bnb");
	/* not active: whatever there is */
	check_held((DwBalance) HAS(1000, 0, 1000), sent, "ana-");
	assert_string_equal(dw_payout_hold_label(DW_PAYOUT_HOLD_BALANCE),
						"balance");
}

/* A debt is made good as far as it goes beyond what is available. */
static void
test_debt(void **state)
{
	const DwBalance owing = HAS(300, -1000, 0);
	const DwBalance even = HAS(300, -300, 0);
	const DwBalance deep = HAS(0, INT64_MIN, 0);
	int64_t		amount = 0;

	assert_int_equal(dw_payout_debt(&owing, &amount), DW_OK);
	assert_int_equal(amount, 700);
	amount = 1;
	assert_int_equal(dw_payout_debt(&owing, &amount), DW_OK);
	assert_int_equal(amount, 1);
	assert_int_equal(dw_payout_debt(&even, &amount), DW_INSUFFICIENT_FUNDS);
	amount = 701;
	assert_int_equal(dw_payout_debt(&owing, &amount), DW_INSUFFICIENT_FUNDS);
	amount = -1;
	assert_int_equal(dw_payout_debt(&owing, &amount), DW_BAD_VALUE);
	amount = 0;
	assert_int_equal(dw_payout_debt(&even, &amount), DW_INSUFFICIENT_FUNDS);
	assert_int_equal(dw_payout_debt(&deep, &amount), DW_OVERFLOW);
	assert_int_equal(amount, 0);
}

/* What is free of a reserve; available and reserved afterwards add up. */
static int64_t
freed(int64_t available, int64_t receivable, int64_t reserved,
	  int64_t recent)
{
	DwBalance	balance = {available, receivable, 0, reserved, recent};
	int64_t		part = dw_reserve_free(&balance);

	assert_int_equal(balance.available, available + part);
	assert_int_equal(balance.reserved, reserved - part);
	assert_int_equal(balance.receivable, receivable);
	return part;
}

/* What is old enough is theirs, and all of it covers what they owe. */
static void
test_reserve(void **state)
{
	DwBalance	full = {INT64_MAX, 0, 0, 1, 0};

	assert_int_equal(freed(0, 0, 0, 0), 0);
	assert_int_equal(freed(10, 0, 100, 100), 0);
	assert_int_equal(freed(10, 0, 100, 70), 30);
	assert_int_equal(freed(10, 0, 100, 0), 100);
	/* more was kept lately than is left: the oldest went first */
	assert_int_equal(freed(10, 0, 100, 150), 0);
	/* available first, then the reserve, then they owe */
	assert_int_equal(freed(10, -10, 100, 100), 0);
	assert_int_equal(freed(10, -50, 100, 100), 40);
	assert_int_equal(freed(10, -50, 100, 70), 40);
	assert_int_equal(freed(10, -50, 100, 40), 60);
	assert_int_equal(freed(10, -500, 100, 100), 100);
	assert_int_equal(freed(0, INT64_MIN, 100, 100), 100);
	assert_int_equal(dw_reserve_free(&full), 0);
	assert_int_equal(full.reserved, 1);
	assert_int_equal(dw_reserve_share(999, 100000), 99);
	assert_int_equal(dw_reserve_share(INT64_MAX, 1000000), INT64_MAX);
	assert_int_equal(dw_reserve_share(INT64_MAX, 0), 0);
}

/* A repayment is completed once, in parts, and whatever it was before. */
static void
test_repayment(void **state)
{
	DwRepayment part = {.amount = 100};

	assert_false(dw_repayment_receive(&part, 99));
	assert_int_equal(part.status, DW_REPAYMENT_PENDING);
	part.status = DW_REPAYMENT_EXPIRED;
	assert_true(dw_repayment_receive(&part, 1));
	assert_int_equal(part.received, 100);
	assert_int_equal(part.status, DW_REPAYMENT_COMPLETED);
	assert_false(dw_repayment_receive(&part, INT64_MAX));
	assert_int_equal(part.received, INT64_MAX);
	assert_string_equal(dw_repayment_status_label(DW_REPAYMENT_CANCELLED),
						"cancelled");
}

/* The day on which the turn began. */
static int32_t
turn(DwPayoutSchedule schedule, int32_t today)
{
	int32_t		day = -1000;

	assert_true(dw_payout_turn(schedule, today, &day));
	return day;
}

/* A week begins on its day: 2000-01-01 was a Saturday. */
static void
test_schedule(void **state)
{
	int32_t		day = -1000;

	assert_false(dw_payout_turn(DW_SCHEDULE_MANUAL, 5, &day));
	assert_int_equal(turn(DW_SCHEDULE_DAILY, 5), 5);
	assert_int_equal(turn(DW_SCHEDULE_SATURDAY, 0), 0);
	assert_int_equal(turn(DW_SCHEDULE_SATURDAY, 6), 0);
	assert_int_equal(turn(DW_SCHEDULE_SATURDAY, 7), 7);
	assert_int_equal(turn(DW_SCHEDULE_MONDAY, 2), 2);
	assert_int_equal(turn(DW_SCHEDULE_MONDAY, 1), -5);
	assert_int_equal(turn(DW_SCHEDULE_SUNDAY, 0), -6);
	for (int schedule = DW_SCHEDULE_MONDAY; schedule <= DW_SCHEDULE_SUNDAY;
		 schedule++)
		for (int32_t today = -20; today < 20; today++)
		{
			int32_t		began = turn((DwPayoutSchedule) schedule, today);

			assert_true(today - began >= 0 && today - began <= 6);
			assert_int_equal((began - 2 - (schedule - DW_SCHEDULE_MONDAY)) %
							 7, 0);
		}
	assert_string_equal(dw_payout_schedule_label(DW_SCHEDULE_SUNDAY),
						"weekly_sunday");
}

/* Events of jobs that move what a provider has. */
static void
test_concern(void **state)
{
	assert_true(dw_payout_is_concerned("chargeback_opened"));
	assert_true(dw_payout_is_concerned("transaction_reversed"));
	assert_true(dw_payout_is_concerned("escrow_released"));
	assert_true(dw_payout_is_concerned("cancellation_paid"));
	assert_true(dw_payout_is_concerned("tip_received"));
	assert_true(dw_payout_is_concerned("tip_returned"));
	assert_false(dw_payout_is_concerned("escrow_refunded"));
	assert_false(dw_payout_is_concerned("payout_failed"));
}

/* What was not thought of may be paid, what was paid may come back. */
static void
test_news(void **state)
{
	static const bool paid[] = {true, false, true, true};
	static const bool failed[] = {true, true, false, false};

	for (int status = 0; status <= DW_PAYOUT_CANCELLED; status++)
	{
		DwPayoutStatus from = (DwPayoutStatus) status;

		assert_int_equal(dw_payout_is_news(from, DW_PAYOUT_COMPLETED),
						 paid[status]);
		assert_int_equal(dw_payout_is_news(from, DW_PAYOUT_FAILED),
						 failed[status]);
	}
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_fee),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_fee_alone),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_debt),
		cmocka_unit_test(test_repayment),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_schedule),
		cmocka_unit_test(test_concern),
		cmocka_unit_test(test_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
