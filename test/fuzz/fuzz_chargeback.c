/*
 * fuzz_chargeback.c
 *		Whatever banks take back and admins undo, no cent appears or is lost.
 *
 * A stream of payments, releases, refunds, chargebacks, verdicts and
 * reversals over one contract.  After each step: I3, no amount negative,
 * each chargeback divides without rest, what is owed is at most what was
 * paid out, and the milestones hold no more than the escrow.  Beside it a
 * provider's two accounts, paid out at random: never below zero (I5).
 */
#include "fuzz.h"

#include "core/dispute/dispute.h"
#include "core/payout/payout.h"

#define PLAN_MAX	4
#define BANK_MAX	6

/* One contract under fire. */
typedef struct Contract
{
	DwEscrow	escrow;			/* the money */
	DwMilestone plan[PLAN_MAX]; /* its milestones */
	DwChargeback taken[BANK_MAX];	/* by banks */
	int			taken_count;	/* how many */
	DwBalance	balance;		/* the provider's */
} Contract;

/* The sums of all chargebacks that are not won, but for one. */
static DwChargebackSum
sum_others(const Contract *contract, int but)
{
	DwChargebackSum sum = {0};

	for (int i = 0; i < contract->taken_count; i++)
	{
		const DwChargeback *one = &contract->taken[i];

		if (i == but || one->status == DW_CHARGEBACK_WON)
			continue;
		sum.clawed_back += one->clawed_back;
		if (one->status == DW_CHARGEBACK_OPEN && !one->is_detached)
		{
			sum.open_held += one->held_amount;
			sum.open_count++;
		}
	}
	return sum;
}

/* What must hold after every step. */
static void
check_valid(const Contract *contract)
{
	const DwEscrow *escrow = &contract->escrow;
	DwChargebackSum sum = sum_others(contract, -1);
	int64_t		left = 0;

	check(dw_escrow_is_valid(escrow));
	check(sum.clawed_back <= escrow->released);
	check(escrow->frozen == (sum.open_count > 0));
	for (int i = 0; i < contract->taken_count; i++)
	{
		check(contract->taken[i].held_amount >= 0);
		check(contract->taken[i].clawed_back >= 0);
		check(dw_chargeback_loss(&contract->taken[i]) >= 0);
	}
	for (int i = 0; i < PLAN_MAX; i++)
	{
		check(dw_milestone_available(&contract->plan[i]) >= 0);
		left += dw_milestone_available(&contract->plan[i]);
	}
	check(left == escrow->held + sum.open_held);
	check(contract->balance.available >= 0);
}

/* Asks for one, anew if it was won before. */
static bool
ask(Contract *contract, DwChargeback *one, const DwChargebackSum *others)
{
	if (dw_chargeback_open(&contract->escrow, contract->plan, PLAN_MAX,
						   others, one) != DW_OK)
		return false;
	contract->balance.receivable -= one->clawed_back;
	return true;
}

/* The bank decides on one, or decides otherwise than before. */
static void
decide(FuzzInput *input, Contract *contract, int which)
{
	DwChargeback *one = &contract->taken[which];
	const bool	won = fuzz_range(input, 0, 1) != 0;
	const DwChargebackSum others = sum_others(contract, which);
	const DwVerdict verdict = {won, fuzz_range(input, 0, one->amount + 1),
	others};
	int64_t		credit = one->clawed_back;

	if (won && dw_chargeback_regain(&contract->escrow, contract->plan,
									PLAN_MAX, one, &others) == DW_OK)
	{
		check(one->status == DW_CHARGEBACK_WON);
		contract->balance.receivable += credit;
		return;
	}
	if (!won && one->status == DW_CHARGEBACK_WON)
	{
		check(ask(contract, one, &others));
		credit = one->clawed_back;
	}
	if (dw_chargeback_close(&contract->escrow, contract->plan, PLAN_MAX,
							one, &verdict) != DW_OK)
		return;
	contract->balance.receivable += credit;
	if (one->status == DW_CHARGEBACK_LOST)
		contract->balance.receivable -= one->clawed_back;
	check(won || one->lost_amount == verdict.lost_amount);
}

/* A bank asks, or decides. */
static void
bank(FuzzInput *input, Contract *contract)
{
	int			which = (int) fuzz_range(input, 0, BANK_MAX - 1);
	DwChargebackSum others = sum_others(contract, -1);
	DwChargeback *one = &contract->taken[which];

	if (which < contract->taken_count)
	{
		decide(input, contract, which);
		return;
	}
	if (contract->taken_count == BANK_MAX)
		return;
	one = &contract->taken[contract->taken_count];
	one->amount = fuzz_range(input, -1, contract->escrow.funded * 2);
	one->is_detached = fuzz_range(input, 0, 7) == 0;
	if (ask(contract, one, &others))
		contract->taken_count++;
}

/* Money goes out, or comes back. */
static void
move(FuzzInput *input, Contract *contract)
{
	DwSelector	selector = {.has_amount = true};
	DwReversal	reversal = {0};
	DwRelease	out;
	DwEscrow   *escrow = &contract->escrow;

	selector.amount = fuzz_range(input, -1, escrow->held + 1);
	switch (fuzz_range(input, 0, 3))
	{
		case 0:
			if (dw_escrow_release(escrow, contract->plan, PLAN_MAX, &selector,
								  &out) == DW_OK)
				contract->balance.available += out.payout;
			break;
		case 1:
			(void) dw_escrow_refund(escrow, contract->plan, PLAN_MAX,
									&selector, &out);
			break;
		case 2:
			reversal.released = fuzz_range(input, 0, escrow->released + 1);
			if (dw_escrow_reverse(escrow, contract->plan, PLAN_MAX,
								  &reversal,
								  sum_others(contract, -1).clawed_back) ==
				DW_OK)
				contract->balance.receivable -= reversal.released;
			break;
		default:
			reversal.refunded = fuzz_range(input, 0, escrow->refunded + 1);
			(void) dw_escrow_reverse(escrow, contract->plan, PLAN_MAX,
									 &reversal, 0);
	}
}

/* The provider is paid: never more than is theirs. */
static void
pay_out(FuzzInput *input, Contract *contract)
{
	DwBalance  *balance = &contract->balance;
	int64_t		amount = fuzz_range(input, 0, 2000);
	int64_t		sum = balance->available + balance->receivable;
	DwNetting legs;

	if (dw_payout_request(balance, 0, &amount) != DW_OK)
		return;
	check(amount <= sum);
	check(dw_payout_settle(balance, amount, &legs) == DW_OK);
	check(legs.available + legs.receivable == -amount);
	balance->available += legs.available;
	balance->receivable += legs.receivable;
	check(balance->receivable == 0);
	check(balance->available == sum - amount);
}

/* Cuts legs into reversals: they end at the legs and none is negative. */
static void
check_split(FuzzInput *input)
{
	int64_t		legs[3];
	int64_t		sums[3] = {0};
	int64_t		parts[3];
	int64_t		whole = 0;
	int64_t		done = 0;

	for (int i = 0; i < 3; i++)
		whole += legs[i] = fuzz_range(input, 1, INT64_MAX / 4);
	while (done < whole)
	{
		int64_t		part = fuzz_range(input, 1, whole - done);

		if (input->size == 0)
			part = whole - done;
		check(dw_reversal_split(legs, 3, done, part, parts) == DW_OK);
		check(parts[0] + parts[1] + parts[2] == part);
		for (int i = 0; i < 3; i++)
		{
			check(parts[i] >= 0);
			sums[i] += parts[i];
		}
		done += part;
	}
	check(memcmp(sums, legs, sizeof(legs)) == 0);
}

/* One stream. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	DwFeeTerms	terms = {.max_fee = DW_FEE_NO_MAX,
	.promo_max = DW_FEE_NO_MAX, .payer = DW_FEE_PAYER_PROVIDER};
	Contract	made = {0};
	int64_t		amount = fuzz_range(&input, PLAN_MAX, 100000);

	check(dw_escrow_open(&made.escrow, "EUR", amount, &terms) == DW_OK);
	for (int i = 0; i < PLAN_MAX; i++)
		made.plan[i].id.bytes[0] = (uint8_t) (i + 1);
	check(dw_milestones_plan(made.plan, PLAN_MAX, amount) == DW_OK);
	amount = 0;
	check(dw_escrow_fund(&made.escrow, &amount) == DW_OK);
	check(dw_escrow_confirm(&made.escrow, made.plan, PLAN_MAX, amount) ==
		  DW_OK);
	while (input.size > 8)
	{
		int64_t		step = fuzz_range(&input, 0, 4);

		if (step < 2)
			bank(&input, &made);
		else if (step < 4)
			move(&input, &made);
		else
			pay_out(&input, &made);
		check_valid(&made);
	}
	check_split(&input);
	return 0;
}
