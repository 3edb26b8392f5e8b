/*
 * dispute.c
 *		Decides what becomes of the money in a dispute.
 *
 * A milestone is in one dispute at a time and knows which.  The money that
 * is held fast is reckoned anew from the disputed work after every decision
 * (dw_escrow_disputed), so what is undisputed is always covered.
 */
#include "core/dispute/dispute.h"

#include <stddef.h>
#include <string.h>

#include "core/base/base.h"

#define WHOLE_TRIES		10000	/* figures above which none is looked for */

static const char *const dispute_status_labels[] = {
	[DW_DISPUTE_OPEN] = "open",
	[DW_DISPUTE_ANSWERED] = "answered",
	[DW_DISPUTE_SETTLED] = "settled",
	[DW_DISPUTE_RESOLVED] = "resolved",
	[DW_DISPUTE_WITHDRAWN] = "withdrawn"
};

DW_LABELS(dispute_status, DwDisputeStatus, dispute_status_labels);

bool
dw_dispute_is_open(const DwDispute *dispute)
{
	return dispute->status == DW_DISPUTE_OPEN ||
		dispute->status == DW_DISPUTE_ANSWERED;
}

/* True when a milestone can come under dispute. */
static bool
is_open_to_dispute(const DwMilestone *milestone)
{
	return dw_machine_next(dw_milestone_machine(), milestone->status,
						   DW_MILESTONE_EVENT_OPEN_DISPUTE,
						   DW_ACTOR_HOMEOWNER, NULL) == DW_OK;
}

/* Of the work of some milestones, what a new dispute would be about. */
static int64_t
disputable(const DwMilestone *milestones, int count)
{
	int64_t		sum = 0;

	/* cannot overflow: all of them together are parts of one contract */
	for (int i = 0; i < count; i++)
	{
		if (is_open_to_dispute(&milestones[i]))
			sum += dw_milestone_available(&milestones[i]);
	}
	return sum;
}

/* Puts the milestones that have money under the dispute. */
static void
hold(DwMilestone *milestones, int count, const DwUuid *dispute_id)
{
	for (int i = 0; i < count; i++)
	{
		DwMilestone *milestone = &milestones[i];
		int64_t		part = dw_milestone_available(milestone);

		if (part == 0 || !is_open_to_dispute(milestone))
			continue;
		milestone->disputed = part;
		milestone->dispute_id = *dispute_id;
		milestone->status_before = milestone->status;
		milestone->status = DW_MILESTONE_DISPUTED;
	}
}

DwResult
dw_dispute_open(DwEscrow *escrow, DwMilestone *milestones, int count,
				const DwUuid *milestone_id, DwDispute *dispute)
{
	int64_t		offer = dispute->by_homeowner
		? dispute->homeowner_offer : dispute->provider_offer;
	DwMilestone *chosen = milestone_id == NULL
		? milestones : dw_milestones_find(milestones, count, milestone_id);
	int			chosen_count = milestone_id == NULL ? count : 1;
	int64_t		amount;

	if (chosen == NULL)
		return DW_NOT_FOUND;
	/* the provider's rules: theirs are about what is held alone */
	if (dw_machine_next(dw_escrow_machine(), escrow->status,
						DW_ESCROW_EVENT_OPEN_DISPUTE, DW_ACTOR_PROVIDER,
						NULL) != DW_OK)
		return DW_INVALID_TRANSITION;
	if (milestone_id != NULL && !is_open_to_dispute(chosen))
		return DW_INVALID_TRANSITION;
	amount = disputable(chosen, chosen_count);
	if (amount == 0)
		return DW_INSUFFICIENT_FUNDS;
	if (offer < 0 || offer > amount)
		return DW_BAD_VALUE;

	/*
	 * Nothing can fail from here on.  The side that opens makes its offer
	 * with it; the other's is not there until it answers.
	 */
	dispute->status = DW_DISPUTE_OPEN;
	dispute->amount = amount;
	if (dispute->by_homeowner)
		dispute->provider_offer = DW_DISPUTE_NO_OFFER;
	else
		dispute->homeowner_offer = DW_DISPUTE_NO_OFFER;
	dw_milestones_rest(milestones, count);
	hold(chosen, chosen_count, &dispute->id);
	dw_escrow_derive(escrow, milestones, count);
	return DW_OK;
}

DwResult
dw_dispute_open_released(const DwEscrow *escrow,
						 const DwMilestone *milestones, int count,
						 const DwUuid *milestone_id, DwDispute *dispute)
{
	int64_t		released = 0;
	int64_t		amount;

	for (int i = 0; i < count; i++)
		if (milestone_id == NULL ||
			dw_uuid_equal(&milestones[i].id, milestone_id))
			released += milestones[i].released;
	if (escrow->frozen || released == 0)
		return DW_INVALID_TRANSITION;
	amount = dw_money_lesser(released, dispute->amount);
	if (amount <= 0)
		return DW_INSUFFICIENT_FUNDS;
	if (dispute->homeowner_offer < 0 || dispute->homeowner_offer > amount)
		return DW_BAD_VALUE;
	dispute->status = DW_DISPUTE_OPEN;
	dispute->is_released = true;
	dispute->amount = amount;
	dispute->provider_offer = DW_DISPUTE_NO_OFFER;
	return DW_OK;
}

DwResult
dw_dispute_offer(DwDispute *dispute, bool by_homeowner, int64_t offer)
{
	if (!dw_dispute_is_open(dispute))
		return DW_INVALID_TRANSITION;
	if (offer < 0 || offer > dispute->amount)
		return DW_BAD_VALUE;
	if (by_homeowner)
		dispute->homeowner_offer = offer;
	else
		dispute->provider_offer = offer;
	if (dispute->homeowner_offer != DW_DISPUTE_NO_OFFER &&
		dispute->provider_offer != DW_DISPUTE_NO_OFFER)
		dispute->status = DW_DISPUTE_ANSWERED;
	return DW_OK;
}

/* Half way between the figures, the remainder to the homeowner. */
static int64_t
half_way(const DwDispute *dispute)
{
	return (int64_t) (((__int128) dispute->homeowner_offer +
					   dispute->provider_offer) / 2);
}

bool
dw_dispute_meets(const DwDispute *dispute, int64_t *figure)
{
	/*
	 * Both figures are what the provider gets: they meet where the homeowner
	 * would pay at least what the provider would take.
	 */
	if (dispute->homeowner_offer == DW_DISPUTE_NO_OFFER ||
		dispute->provider_offer == DW_DISPUTE_NO_OFFER ||
		dispute->homeowner_offer < dispute->provider_offer)
		return false;
	*figure = half_way(dispute);
	return true;
}

int64_t
dw_dispute_default_figure(const DwDispute *dispute)
{
	/* whoever kept silent through the deadline has accepted the other's */
	if (dispute->provider_offer == DW_DISPUTE_NO_OFFER)
		return dispute->homeowner_offer;
	if (dispute->homeowner_offer == DW_DISPUTE_NO_OFFER)
		return dispute->provider_offer;
	return half_way(dispute);
}

/* The state of a milestone whose dispute has ended with a figure. */
static DwMilestoneStatus
status_when_settled(const DwMilestone *milestone)
{
	if (milestone->released + milestone->refunded == milestone->amount)
		return milestone->released > 0
			? DW_MILESTONE_RELEASED : DW_MILESTONE_REFUNDED;
	return milestone->funded == milestone->amount
		? DW_MILESTONE_FUNDED : DW_MILESTONE_PLANNED;
}

/* Pays figure out of a dispute's milestones in order; the rest goes back. */
static void
divide(DwMilestone *milestones, int count, const DwDispute *dispute,
	   int64_t figure)
{
	for (int i = 0; i < count; i++)
	{
		DwMilestone *milestone = &milestones[i];
		int64_t		part = milestone->disputed < figure
			? milestone->disputed : figure;

		if (!dw_uuid_equal(&milestone->dispute_id, &dispute->id))
			continue;
		milestone->moved = milestone->disputed;
		milestone->released += part;
		milestone->refunded += milestone->disputed - part;
		milestone->disputed = 0;
		memset(&milestone->dispute_id, 0, sizeof(milestone->dispute_id));
		milestone->status = status_when_settled(milestone);
		figure -= part;
	}
}

/*
 * What goes back for work of this price, after `paid` has left: all that
 * lies there when it is the last of the work, else the charge that no longer
 * has to be covered.
 */
static int64_t
refund_for(const DwEscrow *escrow, const DwMilestone *milestones, int count,
		   const DwDispute *dispute, int64_t figure)
{
	int64_t		price = dispute->amount - figure;
	int64_t		left = -dispute->amount;

	for (int i = 0; i < count; i++)
		left += dw_milestone_available(&milestones[i]) +
			milestones[i].disputed;
	if (price == 0)
		return 0;
	if (left == 0)
		return INT64_MAX;
	return dw_escrow_unearned(escrow, milestones, count, price);
}

/* What is divided. */
typedef struct Matter
{
	const DwEscrow *escrow;		/* that holds it */
	const DwMilestone *milestones;	/* of the escrow */
	int			count;			/* of them */
	const DwDispute *dispute;	/* what is disputed of them */
} Matter;

/* What a figure comes to, both ways. */
typedef struct Division
{
	int64_t		figure;			/* what the provider is paid of the price */
	DwFeeQuote	quote;			/* of that */
	int64_t		refund;			/* what goes back */
} Division;

/*
 * The charge goes first, for it is what the terms promise the provider; the
 * refund is at most what then lies there, and for the last of the work
 * exactly that.
 */
static DwResult
divide_by(const Matter *matter, Division *part)
{
	const DwEscrow *escrow = matter->escrow;
	DwFeeTaken	before = dw_escrow_taken(escrow, matter->milestones,
										 matter->count);
	DwResult	result = dw_fee_release(&escrow->terms, &before,
										part->figure, &part->quote);

	if (result == DW_OK && part->quote.charge > escrow->held)
		result = DW_INSUFFICIENT_FUNDS;
	if (result != DW_OK)
		return result;
	part->refund = refund_for(escrow, matter->milestones, matter->count,
							  matter->dispute, part->figure);
	if (part->refund > escrow->held - part->quote.charge)
		part->refund = escrow->held - part->quote.charge;
	return DW_OK;
}

/* Takes another figure, if it is one and whole units go back for it. */
static bool
take_whole(const Matter *matter, int64_t figure, int64_t unit,
		   Division *part)
{
	Division	other = {.figure = figure};

	if (figure <= 0 || figure > matter->dispute->amount ||
		divide_by(matter, &other) != DW_OK || other.refund % unit != 0)
		return false;
	*part = other;
	return true;
}

/*
 * Takes the nearest figure for which whole units of the companies go back,
 * rather a lower one; nothing that the provider shall have stays nothing.
 */
static void
make_whole(const Matter *matter, int64_t unit, Division *part)
{
	const int64_t figure = part->figure;

	if (unit <= 1 || figure == 0 || part->refund % unit == 0)
		return;
	for (int64_t less = 1; less < unit && less < WHOLE_TRIES; less++)
		if (take_whole(matter, figure - less, unit, part))
			return;
	for (int64_t more = 1; more < unit && more < WHOLE_TRIES; more++)
		if (take_whole(matter, figure + more, unit, part))
			return;
}

DwResult
dw_dispute_settle(DwEscrow *escrow, DwMilestone *milestones, int count,
				  const DwDispute *dispute, DwSettlement *out)
{
	const Matter matter = {escrow, milestones, count, dispute};
	Division	part = {.figure = out->figure};
	DwResult	result;

	if (!dw_dispute_is_open(dispute) || escrow->frozen)
		return DW_INVALID_TRANSITION;
	if (part.figure < 0 || part.figure > dispute->amount)
		return DW_BAD_VALUE;
	result = divide_by(&matter, &part);
	if (result != DW_OK)
		return result;
	make_whole(&matter, out->unit, &part);
	dw_milestones_rest(milestones, count);
	divide(milestones, count, dispute, part.figure);
	escrow->held -= part.quote.charge + part.refund;
	escrow->released += part.quote.charge;
	escrow->refunded += part.refund;
	escrow->fee_taken += part.quote.fee;
	escrow->tax_taken += part.quote.tax;
	dw_escrow_derive(escrow, milestones, count);
	out->release = (DwRelease)
	{
		part.figure, part.quote.charge, part.quote.fee, part.quote.tax,
			part.quote.payout
	};
	out->figure = part.figure;
	out->refund = part.refund;
	return DW_OK;
}

DwResult
dw_dispute_withdraw(DwEscrow *escrow, DwMilestone *milestones, int count,
					DwDispute *dispute)
{
	if (!dw_dispute_is_open(dispute) || escrow->frozen)
		return DW_INVALID_TRANSITION;
	dw_milestones_rest(milestones, count);
	for (int i = 0; i < count; i++)
	{
		DwMilestone *milestone = &milestones[i];

		if (!dw_uuid_equal(&milestone->dispute_id, &dispute->id))
			continue;
		milestone->disputed = 0;
		memset(&milestone->dispute_id, 0, sizeof(milestone->dispute_id));
		milestone->status = milestone->status_before;
		/* a top-up may have filled it while it was under dispute */
		if (milestone->status == DW_MILESTONE_PLANNED &&
			milestone->funded == milestone->amount)
			milestone->status = DW_MILESTONE_FUNDED;
	}
	dispute->status = DW_DISPUTE_WITHDRAWN;
	dw_escrow_derive(escrow, milestones, count);
	return DW_OK;
}

bool
dw_dispute_reduce(DwDispute *dispute, const DwMilestone *milestones,
				  int count)
{
	int64_t		left = 0;

	for (int i = 0; i < count; i++)
	{
		if (dw_uuid_equal(&milestones[i].dispute_id, &dispute->id))
			left += milestones[i].disputed;
	}
	return dw_dispute_reduce_to(dispute, left);
}

bool
dw_dispute_reduce_to(DwDispute *dispute, int64_t left)
{
	/* an offer that is not there is below zero, and so stays as it is */
	dispute->homeowner_offer = dw_money_lesser(dispute->homeowner_offer, left);
	dispute->provider_offer = dw_money_lesser(dispute->provider_offer, left);
	if (left == 0)
		dispute->status = DW_DISPUTE_SETTLED;
	else
		dispute->amount = dw_money_lesser(dispute->amount, left);
	return left > 0;
}
