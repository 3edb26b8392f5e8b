/*
 * payout.c
 *		Decides what a provider can be paid, and settles what they owe.
 */
#include "core/payout/payout.h"

#include <string.h>

#include "core/base/base.h"

static const char *const payout_status_labels[] = {
	[DW_PAYOUT_PENDING] = "pending",
	[DW_PAYOUT_COMPLETED] = "completed",
	[DW_PAYOUT_FAILED] = "failed",
	[DW_PAYOUT_CANCELLED] = "cancelled"
};

/* Definitions of the label and parse functions that the header promises. */
DW_LABELS(payout_status, DwPayoutStatus, payout_status_labels);

static const char *const repayment_status_labels[] = {
	[DW_REPAYMENT_PENDING] = "pending",
	[DW_REPAYMENT_COMPLETED] = "completed",
	[DW_REPAYMENT_EXPIRED] = "expired",
	[DW_REPAYMENT_CANCELLED] = "cancelled"
};

DW_LABELS(repayment_status, DwRepaymentStatus, repayment_status_labels);

bool
dw_repayment_receive(DwRepayment *repayment, int64_t amount)
{
	if (dw_money_add(repayment->received, amount,
					 &repayment->received) != DW_OK)
		repayment->received = INT64_MAX;
	if (repayment->received < repayment->amount ||
		repayment->status == DW_REPAYMENT_COMPLETED)
		return false;
	repayment->status = DW_REPAYMENT_COMPLETED;
	return true;
}

static const char *const payout_hold_labels[] = {
	[DW_PAYOUT_HOLD_ACCOUNT] = "account",
	[DW_PAYOUT_HOLD_BALANCE] = "balance"
};

DW_LABELS(payout_hold, DwPayoutHold, payout_hold_labels);

static const char *const payout_schedule_labels[] = {
	[DW_SCHEDULE_MANUAL] = "manual",
	[DW_SCHEDULE_DAILY] = "daily",
	[DW_SCHEDULE_MONDAY] = "weekly_monday",
	[DW_SCHEDULE_TUESDAY] = "weekly_tuesday",
	[DW_SCHEDULE_WEDNESDAY] = "weekly_wednesday",
	[DW_SCHEDULE_THURSDAY] = "weekly_thursday",
	[DW_SCHEDULE_FRIDAY] = "weekly_friday",
	[DW_SCHEDULE_SATURDAY] = "weekly_saturday",
	[DW_SCHEDULE_SUNDAY] = "weekly_sunday"
};

DW_LABELS(payout_schedule, DwPayoutSchedule, payout_schedule_labels);

#define WEEK 7
#define FIRST_MONDAY 2			/* 2000-01-03 */

bool
dw_payout_turn(DwPayoutSchedule schedule, int32_t today, int32_t *turn)
{
	int32_t		since;

	if (schedule == DW_SCHEDULE_MANUAL)
		return false;
	*turn = today;
	if (schedule == DW_SCHEDULE_DAILY)
		return true;
	/* days since the last such weekday, also before the epoch */
	since = (today - FIRST_MONDAY -
			 (int32_t) (schedule - DW_SCHEDULE_MONDAY)) % WEEK;
	*turn = today - (since + WEEK) % WEEK;
	return true;
}

static const char *const concerning[] = {
	"cancellation_paid", "chargeback_closed", "chargeback_opened",
	"chargeback_raised", "dispute_settled", "escrow_released",
	"refund_completed", "tip_received", "tip_returned", "transaction_reversed"
};

bool
dw_payout_is_concerned(const char *event_type)
{
	for (size_t i = 0; i < DW_LENGTH(concerning); i++)
		if (strcmp(concerning[i], event_type) == 0)
			return true;
	return false;
}

bool
dw_payout_is_news(DwPayoutStatus status, DwPayoutStatus end)
{
	/*
	 * What a company tells has happened, whatever was thought of the payout
	 * before.  But the same end twice is the same message twice, and what was
	 * never paid fails only once.
	 */
	if (end == DW_PAYOUT_COMPLETED)
		return status != DW_PAYOUT_COMPLETED;
	return status == DW_PAYOUT_PENDING || status == DW_PAYOUT_COMPLETED;
}

int64_t
dw_reserve_share(int64_t payout, int64_t ppm)
{
	return (int64_t) ((DwWide) payout * ppm / DW_PPM);
}

int64_t
dw_reserve_free(DwBalance *balance)
{
	const DwWide owed = -((DwWide) balance->available + balance->receivable);
	DwWide		part = (DwWide) balance->reserved - balance->recent;
	int64_t		sum;

	if (part < owed)
		part = owed;
	if (part > balance->reserved)
		part = balance->reserved;
	if (part <= 0 || dw_money_add(balance->available, (int64_t) part,
								  &sum) != DW_OK)
		return 0;
	balance->available = sum;
	balance->reserved -= (int64_t) part;
	return (int64_t) part;
}

DwResult
dw_payout_withdrawable(const DwBalance *balance, int64_t *amount)
{
	int64_t		sum;
	DwResult	result;

	/* a debt is a balance below zero, so it is added */
	result = dw_money_add(balance->available, balance->receivable, &sum);
	if (result == DW_OK)
		result = dw_money_subtract(sum, balance->pending, &sum);
	if (result == DW_OK)
		*amount = sum;
	return result;
}

DwResult
dw_payout_request(const DwBalance *balance, int64_t fee, int64_t *amount)
{
	int64_t		most;
	DwResult	result;

	if (*amount < 0)
		return DW_BAD_VALUE;
	result = dw_payout_withdrawable(balance, &most);
	if (result == DW_OK)
		result = dw_money_subtract(most, fee, &most);
	if (result != DW_OK)
		return result;
	/* 0 asks for all of it: of nothing, or of a debt, there is no all */
	if (most <= 0 || *amount > most)
		return DW_INSUFFICIENT_FUNDS;
	if (*amount == 0)
		*amount = most;
	return DW_OK;
}

DwResult
dw_payout_debt(const DwBalance *balance, int64_t *amount)
{
	const DwWide owed = -((DwWide) balance->available + balance->receivable);

	if (*amount < 0)
		return DW_BAD_VALUE;
	if (owed > INT64_MAX)
		return DW_OVERFLOW;
	if (owed <= 0 || *amount > owed)
		return DW_INSUFFICIENT_FUNDS;
	if (*amount == 0)
		*amount = (int64_t) owed;
	return DW_OK;
}

/* Takes the amount from what is left; false when it is more. */
static bool
cover(DwWide *left, int64_t amount)
{
	if (amount > *left)
		return false;
	*left -= amount;
	return true;
}

/* What is left for payouts that no worker has. */
static DwWide
left_of(const DwBalance *balance, const DwPromise *promises, int count)
{
	DwWide		left = (DwWide) balance->available + balance->receivable;

	for (int i = 0; i < count; i++)
		if (promises[i].is_sent)
			left -= promises[i].amount;
	return left;
}

void
dw_payouts_hold(const DwBalance *balance, bool is_active,
				DwPromise *promises, int count)
{
	DwWide		left = left_of(balance, promises, count);

	for (int i = 0; i < count; i++)
	{
		promises[i].hold = DW_PAYOUT_NOT_HELD;
		if (promises[i].is_sent)
			continue;
		if (!is_active)
			promises[i].hold = DW_PAYOUT_HOLD_ACCOUNT;
		else if (!cover(&left, promises[i].amount))
			promises[i].hold = DW_PAYOUT_HOLD_BALANCE;
	}
}

DwResult
dw_payout_settle(const DwBalance *balance, int64_t amount,
				 DwNetting *netting)
{
	int64_t		rest;
	int64_t		owed;
	int64_t		moved;
	DwResult	result;

	if (amount <= 0 || balance->available < 0)
		return DW_BAD_VALUE;
	rest = balance->available - amount;
	result = dw_money_subtract(0, balance->receivable, &owed);
	if (result != DW_OK)
		return result;

	/*
	 * The payout comes first, for it has left already; the debt is settled
	 * out of what remains, and only as far as that goes.  A rest below zero
	 * (available fell after the payout was asked for) makes the debt larger.
	 */
	moved = owed < rest ? owed : rest;
	result = dw_money_add(amount, moved, &rest);
	if (result != DW_OK)
		return result;
	netting->available = -rest;
	netting->receivable = moved;
	return DW_OK;
}

void
dw_payout_settle_fee(const DwBalance *balance, int64_t fee,
					 DwNetting *netting)
{
	int64_t		part = dw_money_lesser(fee, balance->available > 0
									   ? balance->available : 0);

	netting->available = -part;
	netting->receivable = part - fee;
}
