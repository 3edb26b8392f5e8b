/*
 * test_posting.c
 *		The posting of each event of money.
 */
#include "unit.h"

#include "core/dispute/dispute.h"
#include "core/posting/posting.h"
#include "core/payout/payout.h"

#define MOST	INT64_MAX
#define EARNS(payout_, fee_, tax_) \
	{.payout = (payout_), .fee = (fee_), .tax = (tax_)}

static const DwParties parties = {{{1}}, {{2}}, "EUR"};

/* A leg as a test writes it down. */
typedef struct Expected
{
	DwAccountKind kind;			/* DW_ACCOUNT_ESCROW for the job's */
	int64_t		amount;			/* signed */
	const char *psp;			/* or "" */
} Expected;

#define OF(kind, amount)		{DW_ACCOUNT_##kind, amount, ""}
#define AT(kind, amount, psp)	{DW_ACCOUNT_##kind, amount, psp}

/* The owner that an account of this kind must have. */
static const DwUuid *
owner_of(DwAccountKind kind)
{
	static const DwUuid nil;

	if (kind == DW_ACCOUNT_ESCROW || kind == DW_ACCOUNT_SUSPENSE)
		return &parties.job_id;
	if (kind == DW_ACCOUNT_PROVIDER_AVAILABLE ||
		kind == DW_ACCOUNT_PROVIDER_RESERVE ||
		kind == DW_ACCOUNT_PROVIDER_RECEIVABLE)
		return &parties.provider_id;
	return &nil;
}

/* The posting has exactly these legs, in this order, and can be booked. */
static void
check_legs(const DwPosting *posting, DwPostingEvent event,
		   const Expected *legs, int count)
{
	assert_int_equal(posting->result, DW_OK);
	assert_int_equal(posting->event, event);
	assert_int_equal(posting->count, count);
	for (int i = 0; i < count; i++)
	{
		const DwLeg *leg = &posting->legs[i];

		assert_int_equal(leg->account.kind, legs[i].kind);
		assert_int_equal(leg->amount, legs[i].amount);
		assert_string_equal(leg->account.psp, legs[i].psp);
		assert_string_equal(leg->account.currency, posting->currency);
		assert_memory_equal(&leg->account.owner_id, owner_of(legs[i].kind),
							sizeof(DwUuid));
	}
	assert_true(dw_posting_is_valid(posting));
}

#define LEGS(posting, event, ...) \
	check_legs(posting, DW_POSTING_##event, (const Expected[]) {__VA_ARGS__}, \
			   (int) (sizeof((const Expected[]) {__VA_ARGS__}) / \
					  sizeof(Expected)))

/* It cannot be booked, and why. */
static void
check_refused(const DwPosting *posting, DwResult why)
{
	assert_int_equal(posting->result, why);
	assert_int_equal(posting->count, 0);
	assert_false(dw_posting_is_valid(posting));
}

/* A payment is held. */
static void
test_payment(void **state)
{
	DwPosting	posting;

	dw_posting_payment(&posting, &parties, "acme", 100, 0);
	LEGS(&posting, PAYMENT, AT(PSP_CLEARING, -100, "acme"),
		 OF(ESCROW, 100));
	dw_posting_payment(&posting, &parties, "acme", MOST, 0);
	LEGS(&posting, PAYMENT, AT(PSP_CLEARING, -MOST, "acme"),
		 OF(ESCROW, MOST));
	dw_posting_payment(&posting, &parties, "acme", 0, 0);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_payment(&posting, &parties, "acme", INT64_MIN, 0);
	check_refused(&posting, DW_BAD_VALUE);
	/* the platform adds what no company can bring */
	dw_posting_payment(&posting, &parties, "acme", 100, 25);
	LEGS(&posting, PAYMENT, AT(PSP_CLEARING, -100, "acme"),
		 OF(PLATFORM_LOSS, -25), OF(ESCROW, 125));
	dw_posting_payment(&posting, &parties, "acme", 100, -25);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_payment(&posting, &parties, "acme", MOST, 1);
	check_refused(&posting, DW_OVERFLOW);
}

/* Releases all of a contract of 1000 at 10 % and 20 % tax on it. */
static DwEarnings
release_all(DwFeePayer payer, int64_t *charge)
{
	DwFeeTerms	terms = {.rate_ppm = 100000, .tax_ppm = 200000,
		.max_fee = DW_FEE_NO_MAX, .promo_max = DW_FEE_NO_MAX,
	.payer = payer};
	DwMilestone milestone = {.id = {{9}}, .amount = 1000};
	DwSelector	all = {.has_amount = false};
	DwEscrow	escrow;
	DwRelease	release;
	int64_t		paid = 0;

	assert_int_equal(dw_escrow_open(&escrow, "EUR", 1000, &terms), DW_OK);
	assert_int_equal(dw_escrow_fund(&escrow, &paid), DW_OK);
	assert_int_equal(dw_escrow_confirm(&escrow, &milestone, 1, paid), DW_OK);
	assert_int_equal(dw_escrow_release(&escrow, &milestone, 1, &all,
									   &release), DW_OK);
	*charge = release.amount;
	return (DwEarnings) EARNS(release.payout, release.fee, release.tax);
}

/* Whoever bears the fee, what leaves the escrow is what the others get. */
static void
test_release(void **state)
{
	static const struct
	{
		DwFeePayer	payer;
		int64_t		charge;
		int64_t		payout;
	}			cases[] = {
		{DW_FEE_PAYER_PROVIDER, 1000, 880},
		{DW_FEE_PAYER_HOMEOWNER, 1120, 1000},
		{DW_FEE_PAYER_SPLIT, 1060, 940}
	};
	DwPosting	posting;
	int64_t		charge;

	for (int i = 0; i < DW_LENGTH(cases); i++)
	{
		DwEarnings	earnings = release_all(cases[i].payer, &charge);

		assert_int_equal(charge, cases[i].charge);
		dw_posting_release(&posting, &parties, &earnings);
		LEGS(&posting, RELEASE, OF(ESCROW, -charge),
			 OF(PROVIDER_AVAILABLE, cases[i].payout),
			 OF(PLATFORM_FEE, 100), OF(TAX_PAYABLE, 20));
	}
}

/* Of a tip the platform's part is left out when it is 0. */
static void
test_tip(void **state)
{
	DwPosting	posting;

	dw_posting_tip(&posting, &parties, &(DwEarnings) {.payout = 2000});
	LEGS(&posting, TIP, OF(ESCROW, -2000), OF(PROVIDER_AVAILABLE, 2000));
	dw_posting_tip(&posting, &parties, &(DwEarnings) EARNS(950, 50, 0));
	LEGS(&posting, TIP, OF(ESCROW, -1000),
		 OF(PROVIDER_AVAILABLE, 950), OF(PLATFORM_FEE, 50));
	dw_posting_tip(&posting, &parties, &(DwEarnings) {0});
	assert_false(dw_posting_is_valid(&posting));
}

/* A tip goes back by its company, out of who had it. */
static void
test_tip_returned(void **state)
{
	DwPosting	posting;

	dw_posting_tip_returned(&posting, &parties,
							&(DwPutBack) {.available = 2000}, "acme");
	LEGS(&posting, TIP_RETURNED, OF(PROVIDER_AVAILABLE, -2000),
		 AT(REFUND_PENDING, 2000, "acme"));
	dw_posting_tip_returned(&posting, &parties,
							&(DwPutBack) {300, 600, 50, 50, 0}, "acme");
	LEGS(&posting, TIP_RETURNED, OF(PROVIDER_AVAILABLE, -300),
		 OF(PROVIDER_RECEIVABLE, -600), OF(PLATFORM_LOSS, -50),
		 OF(PLATFORM_FEE, -50), AT(REFUND_PENDING, 1000, "acme"));
	dw_posting_tip_returned(&posting, &parties, &(DwPutBack) {0}, "acme");
	assert_false(dw_posting_is_valid(&posting));
}

/* Legs of 0 are left out: no fee, or nothing but a fee. */
static void
test_release_edges(void **state)
{
	DwPosting	posting;

	dw_posting_release(&posting, &parties, &(DwEarnings) {.payout = 5});
	LEGS(&posting, RELEASE, OF(ESCROW, -5),
		 OF(PROVIDER_AVAILABLE, 5));
	dw_posting_release(&posting, &parties, &(DwEarnings) {.fee = 5});
	LEGS(&posting, RELEASE, OF(ESCROW, -5),
		 OF(PLATFORM_FEE, 5));
	dw_posting_release(&posting, &parties,
					   &(DwEarnings) EARNS(MOST - 2, 1, 1));
	LEGS(&posting, RELEASE, OF(ESCROW, -MOST),
		 OF(PROVIDER_AVAILABLE, MOST - 2),
		 OF(PLATFORM_FEE, 1), OF(TAX_PAYABLE, 1));
	dw_posting_release(&posting, &parties,
					   &(DwEarnings) EARNS(MOST - 1, 1, 1));
	check_refused(&posting, DW_OVERFLOW);
	dw_posting_release(&posting, &parties, &(DwEarnings) EARNS(5, -1, 0));
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_release(&posting, &parties, &(DwEarnings) {0});
	check_refused(&posting, DW_BAD_VALUE);
}

/* A part of what the provider gets is kept back, at most all of it. */
static void
test_reserve(void **state)
{
	DwPosting	original;
	DwPosting	posting;
	DwReversal	reversal = {.pending_count = 0};
	int64_t		amount = 0;

	dw_posting_release(&original, &parties, &(DwEarnings) {50, 8, 2, 20});
	LEGS(&original, RELEASE, OF(ESCROW, -60), OF(PROVIDER_AVAILABLE, 30),
		 OF(PROVIDER_RESERVE, 20), OF(PLATFORM_FEE, 8), OF(TAX_PAYABLE, 2));
	/* undone, they owe both parts: the reserve may be free by then */
	assert_int_equal(dw_reversal_decide(&original, 0, &amount, &reversal,
										&posting), DW_OK);
	LEGS(&posting, REVERSAL, OF(PLATFORM_FEE, -8), OF(TAX_PAYABLE, -2),
		 OF(PROVIDER_RECEIVABLE, -50), OF(ESCROW, 60));
	assert_int_equal(reversal.released, 60);
	dw_posting_release(&posting, &parties, &(DwEarnings) {50, 0, 0, 50});
	LEGS(&posting, RELEASE, OF(ESCROW, -50), OF(PROVIDER_RESERVE, 50));
	dw_posting_release(&posting, &parties, &(DwEarnings) {50, 0, 0, 51});
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_release(&posting, &parties, &(DwEarnings) {50, 0, 0, -1});
	check_refused(&posting, DW_BAD_VALUE);
}

/* Payments of the same company are one leg, in the order of the first. */
static void
test_refund(void **state)
{
	const DwGivenBack parts[] = {{"a", 10}, {"b", 20}, {"a", 5}, {NULL, 7}};
	const DwGivenBack bad[] = {{"a", 10}, {"b", -1}};
	const DwGivenBack much[] = {{"a", MOST}, {"b", 1}};
	DwPosting	posting;

	dw_posting_refund(&posting, &parties, parts, 3);
	LEGS(&posting, REFUND, OF(ESCROW, -35),
		 AT(REFUND_PENDING, 15, "a"),
		 AT(REFUND_PENDING, 20, "b"));
	dw_posting_refund(&posting, &parties, parts, 4);
	LEGS(&posting, REFUND, OF(ESCROW, -42),
		 AT(REFUND_PENDING, 15, "a"),
		 AT(REFUND_PENDING, 20, "b"),
		 OF(PLATFORM_LOSS, 7));
	dw_posting_refund(&posting, &parties, much, 1);
	LEGS(&posting, REFUND, OF(ESCROW, -MOST),
		 AT(REFUND_PENDING, MOST, "a"));
	dw_posting_refund(&posting, &parties, much, 2);
	check_refused(&posting, DW_OVERFLOW);
	dw_posting_refund(&posting, &parties, bad, 2);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_refund(&posting, &parties, NULL, 0);
	check_refused(&posting, DW_BAD_VALUE);
}

/* What each payment gives back, and what nothing bears. */
static void
test_refund_spread(void **state)
{
	static const struct
	{
		int64_t		refund;
		int			count;
		DwPaidIn	payments[3];	/* psp, room, unnamed, back, unit */
		int64_t		left;
	}			tries[] = {
		/* the first gives first */
		{40, 2, {{"a", 30, 0, 30, 1}, {"a", 30, 0, 10, 1}}, 0},
		/* each what is there of it: a bank took from the other */
		{30, 2, {{"a", 30, 0, 30, 1}, {"a", 0, 0, 0, 1}}, 0},
		{30, 2, {{"a", 10, 0, 10, 1}, {"a", 30, 0, 20, 1}}, 0},
		/* a bank took back what had gone back before */
		{30, 2, {{"a", -30, 0, 0, 1}, {"a", 30, 0, 30, 1}}, 0},
		/* what a bank took of no payment by name is missing of the first */
		{30, 2, {{"a", 30, 20, 10, 1}, {"a", 30, 20, 20, 1}}, 0},
		{30, 2, {{"a", 30, 50, 0, 1}, {"a", 30, 50, 10, 1}}, 20},
		{30, 3, {{"b", 30, 0, 30, 1}, {"a", 30, 20, 0, 1},
		{"b", 5, 0, 0, 1}}, 0},
		{50, 3, {{"b", 20, 10, 10, 1}, {"a", 30, 0, 30, 1},
		{"b", 20, 10, 10, 1}}, 0},
		{9, 2, {{"a", -5, 7, 0, 1}, {"a", 9, 7, 2, 1}}, 7},
		/* what all together do not have, nobody gives */
		{50, 2, {{"a", 10, 0, 10, 1}, {"b", 5, 0, 5, 1}}, 35},
		/* a company without a name is one of its own */
		{15, 2, {{NULL, 5, 2, 3, 1}, {"a", 12, 0, 12, 1}}, 0},
		{MOST, 2, {{"a", MOST, MOST, 0, 1}, {"a", MOST, MOST, MOST, 1}}, 0},
		{0, 1, {{"a", 30, 0, 0, 1}}, 0},
		/* no part of a unit: the next one may count finer, or nobody does */
		{250, 1, {{"a", 300, 0, 200, 100}}, 50},
		{250, 2, {{"a", 300, 0, 200, 100}, {"b", 300, 0, 50, 10}}, 0},
		{250, 2, {{"a", 200, 0, 200, 100}, {"a", 300, 0, 0, 100}}, 50},
		{99, 1, {{"a", 300, 0, 0, 100}}, 99},
		{300, 1, {{"a", 300, 50, 200, 100}}, 100},
		{7, 0, {{"a", 0, 0, 0, 1}}, 7}
	};

	(void) state;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
	{
		DwPaidIn	payments[3];

		memcpy(payments, tries[i].payments, sizeof(payments));
		for (int k = 0; k < tries[i].count; k++)
			payments[k].back = -1;
		assert_int_equal(dw_refund_spread(payments, tries[i].count,
										  tries[i].refund), tries[i].left);
		for (int k = 0; k < tries[i].count; k++)
			assert_int_equal(payments[k].back, tries[i].payments[k].back);
	}
}

/* As many companies as fit beside the others' legs, and one more. */
static void
test_many_companies(void **state)
{
	static const DwEarnings earnings = EARNS(1, 1, 1);
	static const char *const names[] = {
		"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"
	};
	DwGivenBack parts[DW_LENGTH(names)];
	DwPosting	posting;

	for (int i = 0; i < DW_LENGTH(names); i++)
		parts[i] = (DwGivenBack) {names[i], 1};
	dw_posting_settlement(&posting, &parties, &earnings, parts, 12);
	assert_int_equal(posting.count, DW_LEGS_MAX);
	assert_true(dw_posting_is_valid(&posting));
	dw_posting_settlement(&posting, &parties, &earnings, parts, 13);
	check_refused(&posting, DW_OVERFLOW);
}

/* A dispute ends: to the provider, back, or both at once. */
static void
test_settlement(void **state)
{
	const DwGivenBack part = {"a", 40};
	const DwGivenBack rest = {"a", 1};
	DwPosting	posting;

	dw_posting_settlement(&posting, &parties, &(DwEarnings) EARNS(50, 8, 2),
						  &part, 1);
	LEGS(&posting, SETTLEMENT, OF(ESCROW, -100),
		 OF(PROVIDER_AVAILABLE, 50), OF(PLATFORM_FEE, 8),
		 OF(TAX_PAYABLE, 2), AT(REFUND_PENDING, 40, "a"));
	dw_posting_settlement(&posting, &parties, &(DwEarnings) {0}, &part, 1);
	LEGS(&posting, SETTLEMENT, OF(ESCROW, -40),
		 AT(REFUND_PENDING, 40, "a"));
	dw_posting_settlement(&posting, &parties, &(DwEarnings) {.payout = 7},
						  NULL, 0);
	LEGS(&posting, SETTLEMENT, OF(ESCROW, -7),
		 OF(PROVIDER_AVAILABLE, 7));
	dw_posting_settlement(&posting, &parties, &(DwEarnings) {.payout = MOST},
						  &rest, 1);
	check_refused(&posting, DW_OVERFLOW);
}

/* So does a contract that its homeowner cancels, under a name of its own. */
static void
test_cancellation(void **state)
{
	const DwGivenBack parts[] = {{"a", 40}, {NULL, 3}, {"b", 7}};
	const DwEarnings earnings = {.payout = 40,.fee = 8,.tax = 2,
	.reserve = 4};
	DwPosting	posting;

	dw_posting_cancellation(&posting, &parties, &earnings, parts, 3);
	LEGS(&posting, CANCELLATION, OF(ESCROW, -100),
		 OF(PROVIDER_AVAILABLE, 36), OF(PROVIDER_RESERVE, 4),
		 OF(PLATFORM_FEE, 8), OF(TAX_PAYABLE, 2),
		 AT(REFUND_PENDING, 40, "a"), OF(PLATFORM_LOSS, 3),
		 AT(REFUND_PENDING, 7, "b"));
	dw_posting_cancellation(&posting, &parties, &earnings, NULL, 0);
	LEGS(&posting, CANCELLATION, OF(ESCROW, -50),
		 OF(PROVIDER_AVAILABLE, 36), OF(PROVIDER_RESERVE, 4),
		 OF(PLATFORM_FEE, 8), OF(TAX_PAYABLE, 2));
	dw_posting_cancellation(&posting, &parties, &(DwEarnings) {0}, NULL, 0);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_cancellation(&posting, &parties,
							&(DwEarnings) {.payout = 1,.reserve = 2}, NULL, 0);
	check_refused(&posting, DW_BAD_VALUE);
}

/*
 * Opened takes from who bears it, won is its mirror, lost is the bank's; and
 * what was lost may come back, out of the company's clearing.
 */
static void
test_chargeback(void **state)
{
	const DwTakenBack taken = {"a", 60, 30, 10};
	const DwTakenBack held = {"a", MOST, 0, 0};
	const DwTakenBack loss = {"a", 0, 0, 5};
	DwPosting	posting;

	dw_posting_chargeback_open(&posting, &parties, &taken);
	LEGS(&posting, CHARGEBACK_OPENED, OF(ESCROW, -60),
		 OF(PROVIDER_RECEIVABLE, -30),
		 OF(PLATFORM_LOSS, -10),
		 AT(CHARGEBACK_CLEARING, 100, "a"));
	dw_posting_chargeback_won(&posting, &parties, &taken);
	LEGS(&posting, CHARGEBACK_WON, OF(ESCROW, 60),
		 OF(PROVIDER_RECEIVABLE, 30),
		 OF(PLATFORM_LOSS, 10),
		 AT(CHARGEBACK_CLEARING, -100, "a"));
	dw_posting_chargeback_lost(&posting, &parties, &taken);
	LEGS(&posting, CHARGEBACK_LOST,
		 AT(CHARGEBACK_CLEARING, -100, "a"),
		 AT(PSP_CLEARING, 100, "a"));
	dw_posting_chargeback_regained(&posting, &parties, &taken);
	LEGS(&posting, CHARGEBACK_WON, OF(ESCROW, 60),
		 OF(PROVIDER_RECEIVABLE, 30),
		 OF(PLATFORM_LOSS, 10),
		 AT(PSP_CLEARING, -100, "a"));
	dw_posting_chargeback_regained(&posting, &parties, &loss);
	LEGS(&posting, CHARGEBACK_WON, OF(PLATFORM_LOSS, 5),
		 AT(PSP_CLEARING, -5, "a"));
	dw_posting_chargeback_open(&posting, &parties, &held);
	LEGS(&posting, CHARGEBACK_OPENED, OF(ESCROW, -MOST),
		 AT(CHARGEBACK_CLEARING, MOST, "a"));
	dw_posting_chargeback_raise(&posting, &parties, &taken);
	LEGS(&posting, CHARGEBACK_RAISED, OF(ESCROW, -60),
		 OF(PROVIDER_RECEIVABLE, -30),
		 OF(PLATFORM_LOSS, 90));
	dw_posting_chargeback_raise(&posting, &parties, &loss);
	check_refused(&posting, DW_BAD_VALUE);
}

/* What was released lies in the escrow again, from whoever gives it. */
static void
test_take_back(void **state)
{
	const DwPutBack parts = {.available = 50, .owed = 30, .loss = 8,
	.fee = 10, .tax = 2};
	const DwPutBack whole = {.owed = MOST};
	const DwPutBack nothing = {0};
	const DwPutBack less = {.available = 5, .fee = -1};
	DwPosting	posting;

	dw_posting_take_back(&posting, &parties, &parts);
	LEGS(&posting, TAKEN_BACK, OF(PROVIDER_AVAILABLE, -50),
		 OF(PROVIDER_RECEIVABLE, -30), OF(PLATFORM_LOSS, -8),
		 OF(PLATFORM_FEE, -10), OF(TAX_PAYABLE, -2), OF(ESCROW, 100));
	dw_posting_take_back(&posting, &parties, &whole);
	LEGS(&posting, TAKEN_BACK, OF(PROVIDER_RECEIVABLE, -MOST),
		 OF(ESCROW, MOST));
	dw_posting_take_back(&posting, &parties, &nothing);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_take_back(&posting, &parties, &less);
	check_refused(&posting, DW_BAD_VALUE);
}

/* No share of one is negative, and what does not fit is refused. */
static void
test_chargeback_refused(void **state)
{
	static const struct
	{
		DwTakenBack taken;
		DwResult	why;
	}			cases[] = {
		{{"a", MOST, 1, 0}, DW_OVERFLOW},
		{{"a", 1, 0, MOST}, DW_OVERFLOW},
		{{"a", -1, 2, 0}, DW_BAD_VALUE},
		{{"a", 2, -1, 0}, DW_BAD_VALUE},
		{{"a", 2, 0, INT64_MIN}, DW_BAD_VALUE},
		{{"a", 0, 0, 0}, DW_BAD_VALUE}
	};
	DwPosting	posting;

	for (int i = 0; i < DW_LENGTH(cases); i++)
	{
		dw_posting_chargeback_open(&posting, &parties, &cases[i].taken);
		check_refused(&posting, cases[i].why);
		dw_posting_chargeback_won(&posting, &parties, &cases[i].taken);
		check_refused(&posting, cases[i].why);
		dw_posting_chargeback_lost(&posting, &parties, &cases[i].taken);
		check_refused(&posting, cases[i].why);
		dw_posting_chargeback_regained(&posting, &parties, &cases[i].taken);
		check_refused(&posting, cases[i].why);
	}
}

/* A settlement is undone in parts: what the provider got, they owe. */
static void
test_reversal(void **state)
{
	const DwGivenBack part = {"a", 40};
	DwPosting	original;
	DwPosting	posting;
	const DwGivenBack pending[] = {{"b", 9}, {"a", 40}};
	DwReversal	reversal = {.pending = pending, .pending_count = 2};
	int64_t		amount = 50;

	dw_posting_settlement(&original, &parties, &(DwEarnings) EARNS(50, 8, 2),
						  &part, 1);
	assert_int_equal(dw_reversal_decide(&original, 0, &amount, &reversal,
										&posting), DW_OK);
	LEGS(&posting, REVERSAL, OF(PLATFORM_FEE, -4),
		 OF(TAX_PAYABLE, -1), AT(REFUND_PENDING, -20, "a"),
		 OF(PROVIDER_RECEIVABLE, -25), OF(ESCROW, 50));
	assert_int_equal(reversal.released, 30);
	assert_int_equal(reversal.fee, 4);
	assert_int_equal(reversal.tax, 1);
	assert_int_equal(reversal.refunded, 20);

	amount = 0;
	assert_int_equal(dw_reversal_decide(&original, 50, &amount, &reversal,
										&posting), DW_OK);
	assert_int_equal(amount, 50);
	LEGS(&posting, REVERSAL, OF(PLATFORM_FEE, -4),
		 OF(TAX_PAYABLE, -1), AT(REFUND_PENDING, -20, "a"),
		 OF(PROVIDER_RECEIVABLE, -25), OF(ESCROW, 50));
	amount = 0;
	assert_int_equal(dw_reversal_decide(&original, 100, &amount, &reversal,
										&posting), DW_INSUFFICIENT_FUNDS);
	amount = 51;
	assert_int_equal(dw_reversal_decide(&original, 50, &amount, &reversal,
										&posting), DW_INSUFFICIENT_FUNDS);
}

/* What a company has sent is gone: the platform puts it into the escrow. */
static void
test_reversal_of_sent(void **state)
{
	const DwGivenBack parts[] = {{"a", 40}, {"b", 20}, {NULL, 10}};
	const DwGivenBack pending = {"a", 15};
	DwReversal	reversal = {.pending = &pending, .pending_count = 1};
	DwPosting	original;
	DwPosting	posting;
	int64_t		amount = 0;

	dw_posting_refund(&original, &parties, parts, 3);
	assert_int_equal(dw_reversal_decide(&original, 0, &amount, &reversal,
										&posting), DW_OK);
	LEGS(&posting, REVERSAL, AT(REFUND_PENDING, -15, "a"),
		 OF(PLATFORM_LOSS, -55), OF(ESCROW, 70));
	assert_int_equal(reversal.refunded, 70);
	assert_int_equal(reversal.released, 0);
	reversal.pending_count = 0;
	assert_int_equal(dw_reversal_decide(&original, 0, &amount, &reversal,
										&posting), DW_OK);
	LEGS(&posting, REVERSAL, OF(PLATFORM_LOSS, -70), OF(ESCROW, 70));
}

/* A refund fails: the receipt has it; what the platform bore, it has again. */
static void
test_refund_failed(void **state)
{
	const DwAccount receipt =
		dw_account_of_receipt(&parties.job_id, "EUR", "a");
	DwPosting	posting;

	dw_posting_refund_failed(&posting, &receipt, 70, 20, 10);
	LEGS(&posting, REFUND_FAILED, AT(REFUND_PENDING, -70, "a"),
		 AT(PSP_CLEARING, -30, "a"),
		 AT(SUSPENSE, 90, "a"),
		 OF(PLATFORM_LOSS, 10));
	dw_posting_refund_failed(&posting, &receipt, 0, MOST, 0);
	LEGS(&posting, REFUND_FAILED, AT(PSP_CLEARING, -MOST, "a"),
		 AT(SUSPENSE, MOST, "a"));
	dw_posting_refund_failed(&posting, &receipt, 0, 0, 5);
	LEGS(&posting, REFUND_FAILED, AT(PSP_CLEARING, -5, "a"),
		 OF(PLATFORM_LOSS, 5));
	dw_posting_refund_failed(&posting, &receipt, MOST, 1, 0);
	check_refused(&posting, DW_OVERFLOW);
	dw_posting_refund_failed(&posting, &receipt, 0, 1, MOST);
	check_refused(&posting, DW_OVERFLOW);
	dw_posting_refund_failed(&posting, &receipt, -1, 2, 0);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_refund_failed(&posting, &receipt, 0, 0, 0);
	check_refused(&posting, DW_BAD_VALUE);
}

/* A company has sent what was asked for, or what was undone. */
static void
test_refund_paid(void **state)
{
	DwPosting	posting;

	dw_posting_refund_paid(&posting, "EUR", "a", 70, 0);
	LEGS(&posting, REFUND_PAID, AT(REFUND_PENDING, -70, "a"),
		 AT(PSP_CLEARING, 70, "a"));
	dw_posting_refund_paid(&posting, "EUR", "a", 0, 70);
	LEGS(&posting, REFUND_PAID, OF(PLATFORM_LOSS, -70),
		 AT(PSP_CLEARING, 70, "a"));
	dw_posting_refund_paid(&posting, "EUR", "a", 1, MOST - 1);
	LEGS(&posting, REFUND_PAID, AT(REFUND_PENDING, -1, "a"),
		 OF(PLATFORM_LOSS, 1 - MOST), AT(PSP_CLEARING, MOST, "a"));
	dw_posting_refund_paid(&posting, "EUR", "a", 1, MOST);
	check_refused(&posting, DW_OVERFLOW);
	dw_posting_refund_paid(&posting, "EUR", "a", -1, 2);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_refund_paid(&posting, "EUR", "a", 0, 0);
	check_refused(&posting, DW_BAD_VALUE);
}

/* A company has given back what a provider had. */
static void
test_refund_owed(void **state)
{
	DwPosting	posting;

	dw_posting_refund_owed(&posting, &parties, "a", 70, 0);
	LEGS(&posting, REFUND_OWED, OF(PROVIDER_RECEIVABLE, -70),
		 AT(PSP_CLEARING, 70, "a"));
	dw_posting_refund_owed(&posting, &parties, "a", 60, 10);
	LEGS(&posting, REFUND_OWED, OF(PROVIDER_RECEIVABLE, -60),
		 OF(PLATFORM_LOSS, -10), AT(PSP_CLEARING, 70, "a"));
	dw_posting_refund_owed(&posting, &parties, "a", 1, MOST);
	check_refused(&posting, DW_OVERFLOW);
	dw_posting_refund_owed(&posting, &parties, "a", -1, 2);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_refund_owed(&posting, &parties, "a", 0, 0);
	check_refused(&posting, DW_BAD_VALUE);
}

/* The largest original, and originals that nothing can undo. */
static void
test_reversal_edges(void **state)
{
	const int64_t one = 1;
	const DwGivenBack part = {"a", MOST};
	DwPosting	original;
	DwPosting	posting;
	DwReversal	reversal = {.pending = &part, .pending_count = 1};
	int64_t		amount = 0;

	dw_posting_refund(&original, &parties, &part, 1);
	assert_int_equal(dw_reversal_decide(&original, 0, &amount, &reversal,
										&posting), DW_OK);
	LEGS(&posting, REVERSAL, AT(REFUND_PENDING, -MOST, "a"),
		 OF(ESCROW, MOST));
	assert_int_equal(reversal.refunded, MOST);

	memset(&original, 0, sizeof(original));
	original.currency = "EUR";
	dw_posting_reversal(&posting, &original, &one, NULL, 0);
	check_refused(&posting, DW_BAD_VALUE);
	memset(&original, 0, sizeof(original));
	amount = 1;
	assert_int_equal(dw_reversal_decide(&original, 0, &amount, &reversal,
										&posting), DW_BAD_VALUE);
}

/* The posting of a payout of an amount, given what the provider has. */
static int
pay(DwBalance balance, int64_t amount, DwPaid *paid, DwPosting postings[2])
{
	DwNetting netting;

	assert_int_equal(dw_payout_settle(&balance, amount, &netting), DW_OK);
	paid->provider_id = parties.provider_id;
	paid->currency = "EUR";
	paid->available = netting.available;
	paid->receivable = netting.receivable;
	paid->psp = "a";
	if (paid->paid_currency == NULL)
	{
		paid->paid_currency = "EUR";
		paid->paid_amount = amount;
	}
	return dw_posting_payout(postings, paid);
}

/* In the same currency: debts are made good, credits are added. */
static void
test_payout(void **state)
{
	DwPosting	postings[2];

	assert_int_equal(pay((DwBalance) {.available = 100}, 100, &(DwPaid) {0},
						 postings), 1);
	LEGS(&postings[0], PAYOUT, OF(PROVIDER_AVAILABLE, -100),
		 AT(PSP_CLEARING, 100, "a"));
	(void) pay((DwBalance) {.available = 100,
	.receivable = -30}, 70, &(DwPaid) {0}, postings);
	LEGS(&postings[0], PAYOUT, OF(PROVIDER_AVAILABLE, -100),
		 OF(PROVIDER_RECEIVABLE, 30),
		 AT(PSP_CLEARING, 70, "a"));
	(void) pay((DwBalance) {.available = 0,
	.receivable = 30}, 20, &(DwPaid) {0}, postings);
	LEGS(&postings[0], PAYOUT, OF(PROVIDER_AVAILABLE, 10),
		 OF(PROVIDER_RECEIVABLE, -30),
		 AT(PSP_CLEARING, 20, "a"));
	(void) pay((DwBalance) {.available = MOST}, MOST, &(DwPaid) {0},
			   postings);
	LEGS(&postings[0], PAYOUT, OF(PROVIDER_AVAILABLE, -MOST),
		 AT(PSP_CLEARING, MOST, "a"));
}

/* What a payout costs is netted as it is, and comes back leg by leg. */
static void
test_payout_fee(void **state)
{
	DwPaid		fee = {.provider_id = parties.provider_id,
		.currency = "EUR", .available = -100, .receivable = 70,
	.paid_amount = 30};
	DwPosting	posting;
	DwPosting	returned;

	dw_posting_payout_fee(&posting, &fee);
	LEGS(&posting, PAYOUT_FEE, OF(PROVIDER_AVAILABLE, -100),
		 OF(PROVIDER_RECEIVABLE, 70), OF(PLATFORM_FEE, 30));
	dw_posting_fee_returned(&returned, &posting);
	LEGS(&returned, PAYOUT_FEE, OF(PROVIDER_AVAILABLE, 100),
		 OF(PROVIDER_RECEIVABLE, -70), OF(PLATFORM_FEE, -30));
	fee.available = fee.receivable = fee.paid_amount = 0;
	dw_posting_payout_fee(&posting, &fee);
	check_refused(&posting, DW_BAD_VALUE);
	fee.paid_amount = -1;
	dw_posting_payout_fee(&posting, &fee);
	check_refused(&posting, DW_BAD_VALUE);
}

/* In another currency: two halves, each of which balances by itself. */
static void
test_exchange(void **state)
{
	DwPaid		paid = {.remainder = 3, .paid_currency = "USD",
	.paid_amount = 150};
	DwPosting	postings[2];

	assert_int_equal(pay((DwBalance) {.available = 100}, 100, &paid,
						 postings), 2);
	LEGS(&postings[0], EXCHANGE, OF(PROVIDER_AVAILABLE, -100),
		 OF(FX_LIQUIDITY, 97), OF(ROUNDING, 3));
	LEGS(&postings[1], EXCHANGED_PAYOUT, OF(FX_LIQUIDITY, -150),
		 AT(PSP_CLEARING, 150, "a"));
	assert_string_equal(postings[0].currency, "EUR");
	assert_string_equal(postings[1].currency, "USD");

	paid.remainder = 0;
	paid.paid_amount = MOST;
	(void) pay((DwBalance) {.available = MOST}, MOST, &paid, postings);
	LEGS(&postings[0], EXCHANGE, OF(PROVIDER_AVAILABLE, -MOST),
		 OF(FX_LIQUIDITY, MOST));
	LEGS(&postings[1], EXCHANGED_PAYOUT, OF(FX_LIQUIDITY, -MOST),
		 AT(PSP_CLEARING, MOST, "a"));
}

/* Amounts that do not belong together are no payout. */
static void
test_payout_refused(void **state)
{
	DwPaid		paid = {.currency = "EUR", .available = -100, .psp = "a",
	.paid_currency = "EUR", .paid_amount = 99};
	DwPosting	postings[2];

	(void) dw_posting_payout(postings, &paid);
	assert_false(dw_posting_is_valid(&postings[0]));
	paid.paid_amount = 0;
	paid.paid_currency = "USD";
	paid.remainder = 101;
	(void) dw_posting_payout(postings, &paid);
	check_refused(&postings[0], DW_BAD_VALUE);
	check_refused(&postings[1], DW_BAD_VALUE);
	paid.available = INT64_MIN;
	paid.receivable = -1;
	paid.remainder = 0;
	(void) dw_posting_payout(postings, &paid);
	check_refused(&postings[0], DW_OVERFLOW);
	paid.receivable = 0;
	(void) dw_posting_payout(postings, &paid);
	check_refused(&postings[0], DW_OVERFLOW);
}

/* What came back is mirrored, leg by leg, both halves of an exchange. */
static void
test_payout_returned(void **state)
{
	DwPaid		paid = {.remainder = 3, .paid_currency = "USD",
	.paid_amount = 150};
	DwPosting	postings[2];
	DwPosting	returned;

	(void) pay((DwBalance) {.available = 100,
	.receivable = -30}, 70, &paid, postings);
	dw_posting_payout_returned(&returned, &postings[1]);
	LEGS(&returned, PAYOUT_RETURNED, OF(FX_LIQUIDITY, 150),
		 AT(PSP_CLEARING, -150, "a"));
	dw_posting_payout_returned(&returned, &postings[0]);
	LEGS(&returned, PAYOUT_RETURNED, OF(PROVIDER_AVAILABLE, 100),
		 OF(PROVIDER_RECEIVABLE, -30),
		 OF(FX_LIQUIDITY, -67), OF(ROUNDING, -3));
	/* what it made available may be gone: they are owed less for it */
	(void) pay((DwBalance) {.receivable = 30}, 20, &(DwPaid) {0}, postings);
	dw_posting_payout_returned(&returned, &postings[0]);
	LEGS(&returned, PAYOUT_RETURNED, OF(PROVIDER_RECEIVABLE, 20),
		 AT(PSP_CLEARING, -20, "a"));
	memset(&postings[0], 0, sizeof(postings[0]));
	dw_posting_payout_returned(&returned, &postings[0]);
	check_refused(&returned, DW_BAD_VALUE);
}

/* What is booked is looked at again, whoever made it. */
static void
test_is_valid(void **state)
{
	DwPosting	posting;

	dw_posting_payment(&posting, &parties, "a", 10, 0);
	posting.legs[1].amount = 11;
	assert_false(dw_posting_is_valid(&posting));
	posting.legs[1].amount = 10;
	assert_true(dw_posting_is_valid(&posting));
	posting.legs[1].account.currency = "USD";
	assert_false(dw_posting_is_valid(&posting));
	posting.legs[1].account.currency = "EUR";
	posting.legs[1].account.kind = DW_ACCOUNT_PLATFORM_FEE;
	assert_false(dw_posting_is_valid(&posting));
	posting.event = DW_POSTING_STORED;
	assert_true(dw_posting_is_valid(&posting));
	posting.count = 1;
	assert_false(dw_posting_is_valid(&posting));
}

/* No event lets a fee be paid twice, or touches another's accounts. */
static void
test_rules(void **state)
{
	assert_true(dw_posting_may(DW_POSTING_PAYMENT, DW_ACCOUNT_ESCROW, 1));
	assert_false(dw_posting_may(DW_POSTING_PAYMENT, DW_ACCOUNT_ESCROW, -1));
	assert_false(dw_posting_may(DW_POSTING_RELEASE,
								DW_ACCOUNT_PLATFORM_FEE, -1));
	assert_false(dw_posting_may(DW_POSTING_REVERSAL,
								DW_ACCOUNT_PROVIDER_AVAILABLE, -1));
	for (int event = DW_POSTING_PAYMENT; event < DW_POSTING_EVENT_COUNT;
		 event++)
	{
		const bool	is_fee = event == DW_POSTING_PSP_FEE ||
			event == DW_POSTING_BANK_FEE || event == DW_POSTING_JOURNAL;

		assert_int_equal(dw_posting_may((DwPostingEvent) event,
										DW_ACCOUNT_PSP_FEE, 1), is_fee);
		assert_int_equal(dw_posting_may((DwPostingEvent) event,
										DW_ACCOUNT_PSP_FEE, -1), is_fee);
	}
}

/* What other rows account for is not a journal's, in either direction. */
static void
test_journal_rules(void **state)
{
	static const DwAccountKind others[] = {DW_ACCOUNT_ESCROW,
		DW_ACCOUNT_PSP_CLEARING, DW_ACCOUNT_REFUND_PENDING,
	DW_ACCOUNT_CHARGEBACK_CLEARING, DW_ACCOUNT_PROVIDER_RESERVE};

	for (int kind = 0; kind <= DW_ACCOUNT_KIND_COUNT; kind++)
	{
		bool		is_others = false;

		for (int i = 0; i < DW_LENGTH(others); i++)
			if ((int) others[i] == kind)
				is_others = true;
		assert_int_equal(dw_posting_may(DW_POSTING_JOURNAL,
										(DwAccountKind) kind, 1), !is_others);
		assert_int_equal(dw_posting_may(DW_POSTING_JOURNAL,
										(DwAccountKind) kind, -1),
						 !is_others);
	}
}

/* A leg of a journal in euros on the platform's account, or the provider's. */
static DwLeg
journal_leg(DwAccountKind kind, int64_t amount)
{
	return (DwLeg)
	{
		{*owner_of(kind), kind, "EUR", ""}, amount
	};
}

/* An accountant's entry is booked as it is, and taken back leg by leg. */
static void
test_journal(void **state)
{
	DwLeg		legs[] = {journal_leg(DW_ACCOUNT_BANK, -MOST),
		journal_leg(DW_ACCOUNT_PROVIDER_AVAILABLE, 7),
	journal_leg(DW_ACCOUNT_PLATFORM_LOSS, MOST - 7)};
	DwPosting	posting;
	DwPosting	back;
	int64_t		gained;

	dw_posting_journal(&posting, legs, 3);
	LEGS(&posting, JOURNAL, OF(BANK, -MOST), OF(PROVIDER_AVAILABLE, 7),
		 OF(PLATFORM_LOSS, MOST - 7));
	assert_int_equal(dw_posting_gained(&posting, &gained), DW_OK);
	assert_true(gained == MOST);
	dw_posting_journal_reversed(&back, &posting);
	LEGS(&back, JOURNAL, OF(BANK, MOST), OF(PROVIDER_AVAILABLE, -7),
		 OF(PLATFORM_LOSS, 7 - MOST));
	back.legs[0].amount = INT64_MIN;
	dw_posting_journal_reversed(&posting, &back);
	check_refused(&posting, DW_OVERFLOW);
}

/* What cannot be booked, and why. */
static void
test_journal_refused(void **state)
{
	DwLeg		legs[DW_LEGS_MAX + 1] = {journal_leg(DW_ACCOUNT_BANK, -7),
		journal_leg(DW_ACCOUNT_ROUNDING, 7),
		journal_leg(DW_ACCOUNT_PSP_FEE, MOST),
	journal_leg(DW_ACCOUNT_PLATFORM_LOSS, MOST)};
	DwPosting	posting;

	dw_posting_journal(&posting, legs, 0);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_journal(&posting, legs, 1);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_journal(&posting, legs, 3);
	check_refused(&posting, DW_OVERFLOW);
	dw_posting_journal(&posting, &legs[1], 2);
	check_refused(&posting, DW_OVERFLOW);
	legs[1].account.currency = "USD";
	dw_posting_journal(&posting, legs, 2);
	check_refused(&posting, DW_CURRENCY_MISMATCH);
	legs[1] = journal_leg(DW_ACCOUNT_BANK, 7);
	dw_posting_journal(&posting, legs, 2);
	check_refused(&posting, DW_BAD_VALUE);
	legs[1] = journal_leg(DW_ACCOUNT_PSP_CLEARING, 7);
	dw_posting_journal(&posting, legs, 2);
	check_refused(&posting, DW_BAD_VALUE);
	legs[1] = journal_leg(DW_ACCOUNT_ROUNDING, INT64_MIN);
	dw_posting_journal(&posting, legs, 2);
	check_refused(&posting, DW_BAD_VALUE);
}

/* An event that moves one amount, and its two accounts. */
typedef struct Move
{
	DwPostingEvent event;		/* what happens */
	DwAccountKind from;			/* who gives */
	DwAccountKind to;			/* who gains */
} Move;

#define MOVE(event, from, to) \
	{DW_POSTING_##event, DW_ACCOUNT_##from, DW_ACCOUNT_##to}

/* All of them, but for a journal, which has any two. */
static const Move moves[] = {
	MOVE(RECEIPT, PSP_CLEARING, SUSPENSE),
	MOVE(RECEIPT_ASSIGNED, SUSPENSE, PSP_CLEARING),
	MOVE(RECEIPT_RETURNED, SUSPENSE, REFUND_PENDING),
	MOVE(REFUND_PAID, SUSPENSE, PSP_CLEARING),
	MOVE(REFUND_PAID, REFUND_PENDING, PSP_CLEARING),
	MOVE(REFUND_PAID, PLATFORM_LOSS, PSP_CLEARING),
	MOVE(REFUND_FAILED, REFUND_PENDING, SUSPENSE),
	MOVE(REFUND_FAILED, PSP_CLEARING, SUSPENSE),
	MOVE(REFUND_FAILED, REFUND_PENDING, PLATFORM_LOSS),
	MOVE(REFUND_FAILED, PSP_CLEARING, PLATFORM_LOSS),
	MOVE(PSP_FEE, PSP_FEE, PSP_CLEARING),
	MOVE(PSP_FEE, PSP_CLEARING, PSP_FEE),
	MOVE(SETTLED, BANK, PSP_CLEARING),
	MOVE(SETTLED, PSP_CLEARING, BANK),
	MOVE(BANK_FEE, PSP_FEE, BANK),
	MOVE(BANK_FEE, BANK, PSP_FEE),
	MOVE(WITHDRAWAL, PLATFORM_FEE, BANK),
	MOVE(WITHDRAWAL, BANK, PLATFORM_FEE),
	MOVE(ADJUSTMENT, PSP_CLEARING, PLATFORM_LOSS),
	MOVE(ADJUSTMENT, PLATFORM_LOSS, PSP_CLEARING),
	MOVE(TIP, ESCROW, PROVIDER_AVAILABLE),
	MOVE(TIP_RETURNED, PROVIDER_AVAILABLE, REFUND_PENDING),
	MOVE(TIP_RETURNED, PROVIDER_RECEIVABLE, REFUND_PENDING),
	MOVE(TIP_RETURNED, PLATFORM_LOSS, REFUND_PENDING),
	MOVE(TIP_RETURNED, PLATFORM_FEE, REFUND_PENDING),
	MOVE(TIP_RETURNED, TAX_PAYABLE, REFUND_PENDING),
	MOVE(PAYOUT_FEE, PROVIDER_AVAILABLE, PLATFORM_FEE),
	MOVE(PAYOUT_FEE, PLATFORM_FEE, PROVIDER_AVAILABLE),
	MOVE(PAYOUT_FEE, PROVIDER_RECEIVABLE, PLATFORM_FEE),
	MOVE(PAYOUT_FEE, PLATFORM_FEE, PROVIDER_RECEIVABLE),
	MOVE(PAYOUT_FEE, PROVIDER_RECEIVABLE, PROVIDER_AVAILABLE),
	MOVE(PAYOUT_FEE, PROVIDER_AVAILABLE, PROVIDER_RECEIVABLE),
	MOVE(RESERVE_FREED, PROVIDER_RESERVE, PROVIDER_AVAILABLE),
	MOVE(REPAYMENT, PSP_CLEARING, PROVIDER_RECEIVABLE),
	MOVE(REPAYMENT, PSP_CLEARING, PROVIDER_AVAILABLE),
	MOVE(WRITE_OFF, PLATFORM_LOSS, PROVIDER_RECEIVABLE),
	MOVE(LOSS_OWED, PROVIDER_RECEIVABLE, PLATFORM_LOSS),
	MOVE(CHARGEBACK_RAISED, ESCROW, PLATFORM_LOSS),
	MOVE(CHARGEBACK_RAISED, PROVIDER_RECEIVABLE, PLATFORM_LOSS)
};

/* True when the list above has it. */
static bool
is_listed(DwPostingEvent event, DwAccountKind from, DwAccountKind to)
{
	for (int i = 0; i < DW_LENGTH(moves); i++)
		if (moves[i].event == event && moves[i].from == from &&
			moves[i].to == to)
			return true;
	return false;
}

/* Each of them between every two kinds: what is not listed is not booked. */
static void
test_move(void **state)
{
	for (int i = 0; i < DW_LENGTH(moves); i++)
		for (int from = 0; from <= DW_ACCOUNT_ESCROW; from++)
			for (int to = 0; to <= DW_ACCOUNT_ESCROW; to++)
			{
				const DwPostingEvent event = moves[i].event;
				DwAccount	a = dw_account_of_psp((DwAccountKind) from,
												  "EUR", "acme");
				DwAccount	b = dw_account_of_platform((DwAccountKind) to,
													   "EUR");
				DwPosting	posting;
				bool		is_taxed = event == DW_POSTING_TIP &&
					(to == DW_ACCOUNT_PLATFORM_FEE ||
					 to == DW_ACCOUNT_TAX_PAYABLE) &&
					from == DW_ACCOUNT_ESCROW;

				/* what goes both ways may stay where it is */
				if (from == to)
					continue;
				dw_posting_move(&posting, event, &a, &b, 70);
				assert_int_equal(posting.result, DW_OK);
				assert_int_equal(dw_posting_is_valid(&posting), is_taxed ||
								 is_listed(event, (DwAccountKind) from,
										   (DwAccountKind) to));
			}
}

/* Whose the accounts are, and amounts that move nothing. */
static void
test_move_edges(void **state)
{
	const DwUuid receipt = {{7}};
	DwAccount	suspense = dw_account_of_receipt(&receipt, "EUR", "acme");
	DwAccount	pending = dw_account_of_psp(DW_ACCOUNT_REFUND_PENDING, "EUR",
											"acme");
	DwPosting	posting;

	dw_posting_move(&posting, DW_POSTING_RECEIPT_RETURNED, &suspense,
					&pending, MOST);
	assert_true(dw_posting_is_valid(&posting));
	assert_memory_equal(&posting.legs[0].account.owner_id, &receipt,
						sizeof(DwUuid));
	assert_int_equal(posting.legs[0].amount, -MOST);
	assert_string_equal(posting.legs[1].account.psp, "acme");
	dw_posting_move(&posting, DW_POSTING_RECEIPT_RETURNED, &suspense,
					&pending, 0);
	check_refused(&posting, DW_BAD_VALUE);
	dw_posting_move(&posting, DW_POSTING_RECEIPT_RETURNED, &suspense,
					&pending, INT64_MIN);
	check_refused(&posting, DW_BAD_VALUE);
	pending.currency = "USD";
	dw_posting_move(&posting, DW_POSTING_RECEIPT_RETURNED, &suspense,
					&pending, 1);
	assert_false(dw_posting_is_valid(&posting));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_payment),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_tip),
		cmocka_unit_test(test_tip_returned),
		cmocka_unit_test(test_release_edges),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_refund),
		cmocka_unit_test(test_refund_spread),
		cmocka_unit_test(test_many_companies),
		cmocka_unit_test(test_settlement),
		cmocka_unit_test(test_cancellation),
		cmocka_unit_test(test_chargeback),
		cmocka_unit_test(test_take_back),
		cmocka_unit_test(test_chargeback_refused),
		cmocka_unit_test(test_reversal),
		cmocka_unit_test(test_reversal_of_sent),
		cmocka_unit_test(test_refund_paid),
		cmocka_unit_test(test_refund_owed),
		cmocka_unit_test(test_refund_failed),
		cmocka_unit_test(test_reversal_edges),
		cmocka_unit_test(test_payout),
		cmocka_unit_test(test_payout_fee),
		cmocka_unit_test(test_exchange),
		cmocka_unit_test(test_payout_refused),
		cmocka_unit_test(test_payout_returned),
		cmocka_unit_test(test_is_valid),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_journal_rules),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_journal_refused),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_move_edges)
	};

	return cmocka_run_group_tests_name("posting", tests, NULL, NULL);
}
