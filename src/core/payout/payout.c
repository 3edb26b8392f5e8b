/*
 * payout.c
 *		Decides what a provider can be paid, and settles what they owe.
 */
#include "core/payout/payout.h"

#include "core/base/base.h"

static const char *const payout_status_labels[] = {
	[DW_PAYOUT_PENDING] = "pending",
	[DW_PAYOUT_COMPLETED] = "completed",
	[DW_PAYOUT_FAILED] = "failed",
	[DW_PAYOUT_CANCELLED] = "cancelled"
};

/* Definitions of the label and parse functions that the header promises. */
DW_LABELS(payout_status, DwPayoutStatus, payout_status_labels);

bool
dw_payout_may_end(DwPayoutStatus status, DwPayoutStatus end)
{
	return status == DW_PAYOUT_PENDING || status == end ||
		(status == DW_PAYOUT_COMPLETED && end == DW_PAYOUT_FAILED);
}

DwResult
dw_payout_withdrawable(const DwBalance *balance, int64_t *amount)
{
	int64_t		sum;
	DwResult	result;

	result = dw_money_add(balance->available, balance->receivable, &sum);
	if (result == DW_OK)
		result = dw_money_subtract(sum, balance->pending, &sum);
	if (result == DW_OK)
		*amount = sum;
	return result;
}

DwResult
dw_payout_request(const DwBalance *balance, int64_t *amount)
{
	int64_t		most;
	DwResult	result;

	if (*amount < 0)
		return DW_BAD_VALUE;
	result = dw_payout_withdrawable(balance, &most);
	if (result != DW_OK)
		return result;
	if (most <= 0 || *amount > most)
		return DW_INSUFFICIENT_FUNDS;
	if (*amount == 0)
		*amount = most;
	return DW_OK;
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
	moved = owed < rest ? owed : rest;
	result = dw_money_add(amount, moved, &rest);
	if (result != DW_OK)
		return result;
	netting->available = -rest;
	netting->receivable = moved;
	return DW_OK;
}
