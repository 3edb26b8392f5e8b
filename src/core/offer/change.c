/*
 * change.c
 *		Decides what a change order makes of a contract, its milestones and the
 *		money in its escrow.
 *
 * A milestone that was delivered, approved or disputed is somebody's word on
 * work that was done: an order takes nothing from it.  Of the others the last
 * give way first, for work is done in their order.
 *
 * What goes back is all that the work which stays paid does not need: where
 * the homeowner bears a part of the fee, that part with it, and what was paid
 * in of no price yet once nothing more is due.
 */
#include "core/offer/offer.h"

#include <string.h>

#include "core/fee/fee.h"

/* True when work of a milestone may be taken off. */
static bool
is_open(const DwMilestone *milestone, const DwUuid *wanted)
{
	return (milestone->status == DW_MILESTONE_PLANNED ||
			milestone->status == DW_MILESTONE_FUNDED) &&
		milestone->disputed == 0 &&
		(wanted == NULL || dw_uuid_equal(&milestone->id, wanted));
}

/* The smaller of two amounts. */
static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The charge of another contract under the same terms. */
static int64_t
charge_of(const DwEscrow *escrow, int64_t price)
{
	DwEscrow	other = *escrow;

	other.contract_amount = price;
	return dw_escrow_charge(&other);
}

/*
 * Takes what was not paid off a milestone, at most left; gives what is left
 * then.  One of which nothing remains is cancelled, and keeps its amount.
 */
static int64_t
cut_unpaid(DwMilestone *milestone, int64_t left)
{
	int64_t		part = smaller(left, milestone->amount - milestone->funded);

	if (part == 0)
		return left;
	if (part == milestone->amount)
		milestone->status = DW_MILESTONE_CANCELLED;
	else
	{
		milestone->amount -= part;
		if (milestone->released + milestone->refunded == milestone->amount)
			milestone->status = milestone->released > 0
				? DW_MILESTONE_RELEASED : DW_MILESTONE_REFUNDED;
		else if (milestone->funded == milestone->amount)
			milestone->status = DW_MILESTONE_FUNDED;
	}
	return left - part;
}

/* More work: the last milestone is new. */
static DwResult
extend(DwEscrow *escrow, const DwMilestone *milestones, int count,
	   int64_t amount)
{
	int64_t		contract;
	DwFeeQuote	quote;
	DwResult	result = dw_money_add(escrow->contract_amount, amount,
									  &contract);

	/* no later charge may overflow, so that of the whole is reckoned now */
	if (result == DW_OK)
		result = dw_fee_quote(&escrow->terms, contract, &quote);
	if (result != DW_OK)
		return result;
	escrow->contract_amount = contract;
	dw_escrow_derive(escrow, milestones, count);
	return DW_OK;
}

/* What a reduction comes to, with nothing written yet. */
typedef struct Reduction
{
	int64_t		cut;			/* of what was not paid */
	int64_t		given_up;		/* of what was paid: price of work */
	int64_t		refund;			/* the money of it */
} Reduction;

/*
 * The money that goes back when work of a price is given up and the contract
 * has become smaller.
 */
static int64_t
money_back(const DwEscrow *escrow, const DwMilestone *milestones, int count,
		   const Reduction *reduction)
{
	int64_t		stays = dw_escrow_price_paid(milestones, count) -
		reduction->given_up;
	int64_t		price = escrow->contract_amount - reduction->cut -
		escrow->given_up - reduction->given_up;

	if (reduction->given_up == 0 && stays < price)
		return 0;				/* more is due: it will be needed */
	return dw_escrow_kept(escrow) - charge_of(escrow, stays);
}

/*
 * Reckons what less work comes to.  An order changes a contract, and ends
 * none: some work and, once any was paid, some money must be left.
 */
static DwResult
reckon(const DwEscrow *escrow, const DwMilestone *milestones, int count,
	   const DwContractChange *change, Reduction *reduction)
{
	int64_t		wanted = -change->amount;
	int64_t		unpaid = 0;
	int64_t		paid = 0;

	for (int i = 0; i < count; i++)
	{
		if (!is_open(&milestones[i], change->milestone_id))
			continue;
		unpaid += milestones[i].amount - milestones[i].funded;
		paid += dw_milestone_available(&milestones[i]);
	}
	reduction->cut = smaller(wanted, unpaid);
	reduction->given_up = wanted - reduction->cut;
	if (reduction->given_up > paid ||
		wanted >= escrow->contract_amount - escrow->given_up)
		return DW_INSUFFICIENT_FUNDS;
	reduction->refund = money_back(escrow, milestones, count, reduction);
	if (reduction->refund < 0 || reduction->refund > escrow->held ||
		(reduction->refund == escrow->held && escrow->funded > 0 &&
		 escrow->released == 0))
		return DW_INSUFFICIENT_FUNDS;
	return DW_OK;
}

/* Less work: out of what was not paid, then out of what was. */
static void
reduce(DwEscrow *escrow, DwMilestone *milestones, int count,
	   const DwContractChange *change, const Reduction *reduction)
{
	int64_t		cut = reduction->cut;
	int64_t		paid = reduction->given_up;

	dw_milestones_rest(milestones, count);
	for (int i = count - 1; i >= 0; i--)
	{
		DwMilestone *milestone = &milestones[i];

		if (is_open(milestone, change->milestone_id))
			cut = cut_unpaid(milestone, cut);
	}
	for (int i = count - 1; i >= 0; i--)
	{
		DwMilestone *milestone = &milestones[i];
		int64_t		part = smaller(paid, dw_milestone_available(milestone));

		if (!is_open(milestone, change->milestone_id) || part == 0)
			continue;
		dw_milestones_take(milestone, 1, part, DW_MILESTONE_REFUND);
		/* both sides do without it, so the job is complete without it */
		if (milestone->status == DW_MILESTONE_REFUNDED)
			milestone->is_required = false;
		paid -= part;
	}
	escrow->contract_amount -= reduction->cut;
	escrow->held -= reduction->refund;
	escrow->refunded += reduction->refund;
	dw_escrow_derive(escrow, milestones, count);
}

DwResult
dw_contract_change(DwEscrow *escrow, DwMilestone *milestones, int count,
				   DwContractChange *change)
{
	Reduction	reduction;
	DwResult	result;

	change->cut = 0;
	memset(&change->refund, 0, sizeof(change->refund));
	if (change->amount > 0)
		return extend(escrow, milestones, count, change->amount);
	if (change->milestone_id != NULL &&
		dw_milestones_find(milestones, count, change->milestone_id) == NULL)
		return DW_NOT_FOUND;
	if (change->amount < -escrow->contract_amount)
		return DW_INSUFFICIENT_FUNDS;
	result = reckon(escrow, milestones, count, change, &reduction);
	if (result != DW_OK)
		return result;
	reduce(escrow, milestones, count, change, &reduction);
	change->cut = reduction.cut;
	change->refund = (DwRelease)
	{
		.part = reduction.given_up,
			.amount = reduction.refund,
			.payout = reduction.refund
	};
	return DW_OK;
}
