/*
 * chargeback.c
 *		Decides out of what a chargeback is taken, and what its end brings.
 */
#include "core/dispute/dispute.h"

#include <string.h>

#include "core/base/base.h"

static const char *const chargeback_status_labels[] = {
	[DW_CHARGEBACK_OPEN] = "open",
	[DW_CHARGEBACK_WON] = "won",
	[DW_CHARGEBACK_LOST] = "lost"
};

DW_LABELS(chargeback_status, DwChargebackStatus, chargeback_status_labels);

int64_t
dw_chargeback_loss(const DwChargeback *chargeback)
{
	const int64_t taken = chargeback->lost_amount > 0
		? chargeback->lost_amount : chargeback->amount;

	return taken - chargeback->held_amount - chargeback->clawed_back;
}

int64_t
dw_chargeback_borne(const DwChargeback *chargeback)
{
	return chargeback->status == DW_CHARGEBACK_WON ? 0
		: dw_chargeback_loss(chargeback) - chargeback->covered;
}

/* Out of what an amount is taken: held, then paid out, then nobody's. */
static DwChargeback
divide(const DwEscrow *escrow, int64_t amount, int64_t clawed_before)
{
	DwChargeback taken = {.status = DW_CHARGEBACK_OPEN,.amount = amount};
	int64_t		paid_out = escrow->released - clawed_before;

	/*
	 * What earlier chargebacks took from the provider was released too, and
	 * cannot be taken a second time.
	 */
	taken.held_amount = dw_money_lesser(amount, escrow->held);
	if (paid_out > 0)
		taken.clawed_back = dw_money_lesser(amount - taken.held_amount,
											paid_out);
	return taken;
}

DwResult
dw_chargeback_open(DwEscrow *escrow, const DwMilestone *milestones,
				   int count, const DwChargebackSum *others,
				   DwChargeback *chargeback)
{
	const bool	is_detached = chargeback->is_detached || escrow->funded == 0;

	if (chargeback->amount <= 0)
		return DW_BAD_VALUE;
	if (is_detached)
	{
		*chargeback = (DwChargeback)
		{
			.status = DW_CHARGEBACK_OPEN,.amount = chargeback->amount,
				.is_detached = true
		};
		return DW_OK;
	}

	/*
	 * Disputed money is taken as well: the bank does not ask.  Frozen, the
	 * escrow pays nobody until the bank has decided.
	 */
	*chargeback = divide(escrow, chargeback->amount, others->clawed_back);
	escrow->held -= chargeback->held_amount;
	escrow->charged_back += chargeback->held_amount;
	escrow->frozen = true;
	dw_escrow_derive(escrow, milestones, count);
	return DW_OK;
}

void
dw_chargeback_open_tip(DwChargeback *chargeback, int64_t left)
{
	*chargeback = (DwChargeback)
	{
		.status = DW_CHARGEBACK_OPEN,.amount = chargeback->amount,
			.clawed_back = dw_money_lesser(chargeback->amount, left),
			.is_detached = true
	};
}

int64_t
dw_chargeback_cover(DwChargeback *chargeback, int64_t available)
{
	const int64_t before = chargeback->covered;
	const int64_t loss = chargeback->status == DW_CHARGEBACK_WON ? 0
		: dw_chargeback_loss(chargeback);

	/* a receipt has less than the greatest amount, and so has a loss */
	chargeback->covered = loss <= before ? loss
		: before + dw_money_lesser(loss - before, available);
	return chargeback->covered - before;
}

/* What lies in the milestones, disputed or not. */
static int64_t
price_left(const DwMilestone *milestones, int count)
{
	int64_t		left = dw_milestones_available(milestones, count);

	for (int i = 0; i < count; i++)
		left += milestones[i].disputed;
	return left;
}

/*
 * The price of work that a lost chargeback leaves unpaid: all that is left
 * when no money is, else what the money that was kept does not cover.
 */
static int64_t
price_lost(const DwEscrow *escrow, const DwMilestone *milestones, int count)
{
	int64_t		left = price_left(milestones, count);
	int64_t		price = dw_escrow_price_paid(milestones, count) -
		dw_escrow_covered(escrow, dw_escrow_kept(escrow));

	if (escrow->held + escrow->contested == 0)
		return left;
	return dw_money_lesser(left, price > 0 ? price : 0);
}

/* Takes disputed money out of the milestones, the last ones first. */
static void
take_disputed(DwMilestone *milestones, int count, int64_t amount)
{
	for (int i = count - 1; i >= 0; i--)
	{
		DwMilestone *milestone = &milestones[i];
		int64_t		part = dw_money_lesser(amount, milestone->disputed);

		if (part == 0)
			continue;
		milestone->disputed -= part;
		milestone->refunded += part;
		milestone->moved += part;
		amount -= part;
		if (milestone->disputed == 0)
			memset(&milestone->dispute_id, 0, sizeof(milestone->dispute_id));
		if (milestone->released + milestone->refunded == milestone->amount)
			milestone->status = milestone->released > 0
				? DW_MILESTONE_RELEASED : DW_MILESTONE_REFUNDED;
		else if (milestone->disputed == 0)
			milestone->status = DW_MILESTONE_PLANNED;
	}
}

/* The milestones give up what can no longer be paid for them. */
static void
lose(const DwEscrow *escrow, DwMilestone *milestones, int count,
	 const DwChargeback *chargeback)
{
	int64_t		price = price_lost(escrow, milestones, count);
	int64_t		available = dw_milestones_available(milestones, count);
	int64_t		free = dw_money_lesser(price, available);

	dw_milestones_rest(milestones, count);
	if (chargeback->held_amount == 0)
		return;
	dw_milestones_take(milestones, count, free, DW_MILESTONE_REFUND);
	take_disputed(milestones, count, price - free);
}

/*
 * Only a part is lost: what stays taken is what that alone would have taken.
 * Gives what comes back to the escrow.
 */
static int64_t
lose_part(DwChargeback *chargeback, int64_t lost_amount)
{
	const int64_t held = chargeback->held_amount;

	chargeback->lost_amount = lost_amount;
	chargeback->held_amount = dw_money_lesser(lost_amount, held);
	chargeback->clawed_back =
		dw_money_lesser(lost_amount - chargeback->held_amount,
						chargeback->clawed_back);
	return held - chargeback->held_amount;
}

DwResult
dw_chargeback_close(DwEscrow *escrow, DwMilestone *milestones, int count,
					DwChargeback *chargeback, const DwVerdict *verdict)
{
	int64_t		back = chargeback->held_amount;

	if (chargeback->status != DW_CHARGEBACK_OPEN ||
		(!chargeback->is_detached && !escrow->frozen))
		return DW_INVALID_TRANSITION;
	if (!verdict->won && (verdict->lost_amount <= 0 ||
						  verdict->lost_amount > chargeback->amount))
		return DW_BAD_VALUE;
	if (!verdict->won)
		back = lose_part(chargeback, verdict->lost_amount);
	chargeback->status = verdict->won ? DW_CHARGEBACK_WON
		: DW_CHARGEBACK_LOST;
	if (chargeback->is_detached)
		return DW_OK;
	escrow->contested = verdict->others.open_held;
	escrow->charged_back -= back;
	escrow->held += back;
	if (!verdict->won)
		lose(escrow, milestones, count, chargeback);
	escrow->frozen = verdict->others.open_count > 0;
	dw_escrow_derive(escrow, milestones, count);
	return DW_OK;
}

void
dw_chargeback_raise(DwEscrow *escrow, DwMilestone *milestones, int count,
					DwChargeback *chargeback, DwRaise *raise)
{
	const int64_t borne = chargeback->is_detached ? 0
		: dw_chargeback_borne(chargeback);
	const int64_t amount = dw_money_lesser(borne, raise->room);
	DwChargeback taken;

	raise->held = raise->clawed_back = 0;
	if (amount <= 0)
		return;
	taken = divide(escrow, amount, raise->all.clawed_back);
	raise->held = taken.held_amount;
	raise->clawed_back = taken.clawed_back;
	chargeback->held_amount += taken.held_amount;
	chargeback->clawed_back += taken.clawed_back;
	escrow->held -= taken.held_amount;
	escrow->charged_back += taken.held_amount;
	escrow->contested = raise->all.open_held;
	if (chargeback->status == DW_CHARGEBACK_OPEN)
		escrow->contested += taken.held_amount;
	else
		lose(escrow, milestones, count, chargeback);
	dw_escrow_derive(escrow, milestones, count);
}
