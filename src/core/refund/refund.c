/*
 * refund.c
 *		What becomes of a refund that a payment company was asked for.
 *
 * It is pending until the company has sent it.  Until then it can be undone,
 * in parts too; but the company may have sent it by then and tell so later.
 * One may fail before it was sent or after, and be sent in the end: what the
 * company tells has happened, in whatever order.  It may send one in parts,
 * and what nobody asked for.
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

/* What of it was not undone, as far as anybody has said. */
static int64_t
asked_for(const DwRefundFacts *refund)
{
	return refund->amount - refund->reversed;
}

DwResult
dw_refund_confirm(DwRefundFacts *refund, int64_t amount, bool has_receipt,
				  DwRefundSent *sent)
{
	const int64_t asked = asked_for(refund);
	const bool	has_failed = refund->status == DW_REFUND_FAILED;

	if (refund->status == DW_REFUND_COMPLETED)
		return DW_INVALID_TRANSITION;
	if (amount == 0)
		amount = asked > 0 ? asked : refund->amount;
	if (amount < asked || amount > refund->amount)
		return DW_BAD_VALUE;
	*sent = (DwRefundSent)
	{
		.pending = dw_refund_pending(refund)
	};
	if (has_failed && has_receipt)
		sent->apart = asked - refund->loss;
	sent->loss = amount - sent->pending - sent->apart;
	/* the payment has it now, so that it does not get it once more */
	refund->reversed = refund->amount - amount;
	refund->loss = sent->loss;
	refund->status = DW_REFUND_COMPLETED;
	return DW_OK;
}

void
dw_refund_split(DwRefundFacts *rest, int64_t amount, DwRefundFacts *part)
{
	const int64_t owned = asked_for(rest) - rest->loss;

	*part = (DwRefundFacts)
	{
		.status = rest->status,
			.amount = amount,
			.loss = amount > owned ? amount - owned : 0,
			.failed = dw_money_lesser(rest->failed, amount)
	};
	rest->amount -= amount;
	rest->loss -= part->loss;
	rest->failed -= part->failed;
}

int64_t
dw_refund_take(DwEscrow *escrow, DwMilestone *milestones, int count,
			   int64_t amount)
{
	const int64_t part = dw_money_lesser(amount,
										 escrow->held - escrow->disputed);
	const int64_t available = dw_milestones_available(milestones, count);
	int64_t		price;

	if (part <= 0)
		return 0;
	dw_milestones_rest(milestones, count);
	escrow->held -= part;
	escrow->refunded += part;
	/* no money, no work that it is for; else what is not covered any more */
	price = escrow->held + escrow->contested == 0 ? available
		: dw_escrow_price_paid(milestones, count) -
		dw_escrow_covered(escrow, dw_escrow_kept(escrow));
	if (price > 0)
		dw_milestones_take(milestones, count,
						   dw_money_lesser(price, available),
						   DW_MILESTONE_REFUND);
	dw_escrow_derive(escrow, milestones, count);
	return part;
}

DwResult
dw_refund_fail(DwRefundFacts *refund, DwRefundBack *back)
{
	*back = (DwRefundBack)
	{
		.pending = dw_refund_pending(refund)
	};
	if (refund->status == DW_REFUND_FAILED)
		return DW_INVALID_TRANSITION;
	if (refund->status == DW_REFUND_COMPLETED)
	{
		back->sent = asked_for(refund) - refund->loss;
		back->loss = refund->loss;
	}
	refund->failed += back->pending;
	refund->status = DW_REFUND_FAILED;
	return DW_OK;
}

int64_t
dw_refund_restore(DwRefundFacts *refund, int64_t amount)
{
	int64_t		part = dw_money_lesser(amount, asked_for(refund) -
									   refund->loss);

	if (refund->status != DW_REFUND_FAILED || part <= 0)
		return 0;
	refund->reversed += part;
	return part;
}

/* The last of a status; -1: none is. */
static int
last_of(const DwRefundKnown *known, int count, DwRefundStatus status)
{
	while (--count >= 0 && known[count].facts.status != status)
		;
	return count;
}

/* True when an event of this amount may say anew that it was sent. */
static bool
is_told_again(const DwRefundKnown *refund, int64_t amount)
{
	return refund->facts.status == DW_REFUND_COMPLETED &&
		(amount == 0 || (!refund->is_unasked && amount == refund->told));
}

/* What an event of all of it would tell. */
static int64_t
whole(const DwRefundKnown *refund)
{
	const int64_t asked = asked_for(&refund->facts);

	return refund->told > 0 ? refund->told
		: asked > 0 ? asked : refund->facts.amount;
}

/*
 * The one that failed and was sent after all; -1: none.  A fact of its own
 * is one only that was never told as sent: by another name it is another.
 */
static int
sent_after_all(const DwRefundKnown *known, int count,
			   const DwRefundSaid *said)
{
	const int	last = last_of(known, count, DW_REFUND_FAILED);
	const DwRefundKnown *one;

	for (int i = count - 1; i >= 0; i--)
		if (known[i].facts.status == DW_REFUND_FAILED &&
			(said->amount == 0 || said->amount == whole(&known[i])) &&
			!(said->is_own && (known[i].is_called || known[i].told > 0)))
			return i;
	if (last < 0 || said->is_own ||
		last_of(known, count, DW_REFUND_COMPLETED) >= 0)
		return -1;
	/* a part: not of what was sent whole, was withdrawn, or failed later */
	one = &known[last];
	return one->told > 0 || one->is_later || asked_for(&one->facts) == 0
		? -1 : last;
}

/* The same of those that the event names by their id. */
static DwRefundMeant
meant_by_id(const DwRefundKnown *known, int count, const DwRefundSaid *said,
			int *which)
{
	*which = last_of(known, count, DW_REFUND_COMPLETED);
	if (*which < 0)
	{
		*which = count - 1;
		return DW_REFUND_MEANS_ONE;
	}
	/* sent by two names is sent twice */
	return said->is_own && known[*which].is_called && said->amount > 0
		? DW_REFUND_MEANS_NONE : DW_REFUND_MEANS_SENT;
}

DwRefundMeant
dw_refund_meant(const DwRefundKnown *known, int count,
				const DwRefundSaid *said, int *which)
{
	int			pending = 0;

	for (int i = 0; i < count; i++)
		pending += known[i].facts.status == DW_REFUND_PENDING;
	*which = last_of(known, count, DW_REFUND_PENDING);
	if (pending > 0 && said->amount > 0)
		return DW_REFUND_MEANS_PENDING;
	if (pending > 0)
		return pending == 1 ? DW_REFUND_MEANS_ONE : DW_REFUND_MEANS_SEVERAL;
	if (count > 0 && said->is_by_id)
		return meant_by_id(known, count, said, which);
	for (int i = 0; i < count && !said->is_own; i++)
		if (is_told_again(&known[i], said->amount))
		{
			*which = i;
			return DW_REFUND_MEANS_SENT;
		}
	*which = sent_after_all(known, count, said);
	return *which < 0 ? DW_REFUND_MEANS_NONE : DW_REFUND_MEANS_ONE;
}
