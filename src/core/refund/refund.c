/*
 * refund.c
 *		What becomes of a refund that a payment company was asked for.
 *
 * It is pending until the company has sent it.  Until then it can be undone,
 * in parts too; but the company may have sent it by then and tell so later,
 * and what it tells has happened.
 */
#include "core/refund/refund.h"

static const char *const refund_status_labels[] = {
	[DW_REFUND_PENDING] = "pending",
	[DW_REFUND_COMPLETED] = "completed",
	[DW_REFUND_FAILED] = "failed"
};

DW_LABELS(refund_status, DwRefundStatus, refund_status_labels);

int64_t
dw_refund_pending(const DwRefundFacts *refund)
{
	return refund->status == DW_REFUND_PENDING
		? refund->amount - refund->reversed : 0;
}

int64_t
dw_refund_withdraw(DwRefundFacts *refund, int64_t amount)
{
	int64_t		part = dw_money_lesser(amount, dw_refund_pending(refund));

	if (part == 0)
		return 0;
	refund->reversed += part;
	if (refund->reversed == refund->amount)
		refund->status = DW_REFUND_FAILED;
	return part;
}

DwResult
dw_refund_confirm(DwRefundFacts *refund, int64_t amount, DwRefundSent *sent)
{
	const int64_t pending = dw_refund_pending(refund);

	if (refund->status == DW_REFUND_COMPLETED)
		return DW_INVALID_TRANSITION;
	if (amount == 0)
		amount = pending > 0 ? pending : refund->amount;
	if (amount < pending || amount > refund->amount)
		return DW_BAD_VALUE;
	sent->pending = pending;
	sent->loss = amount - pending;
	/* the payment has it now, so that it does not get it once more */
	refund->reversed = refund->amount - amount;
	refund->status = DW_REFUND_COMPLETED;
	return DW_OK;
}
