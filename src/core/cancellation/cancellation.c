/*
 * cancellation.c
 *		Decides what a homeowner's cancel of a contract pays the provider.
 *
 * The share is of the price of what is cancelled: work that was released is
 * paid, and work that was given back nobody waits for.  What was not paid in
 * yet counts in the price but pays nothing, for only what is held can move.
 */
#include "core/cancellation/cancellation.h"

#define MICROS_PER_HOUR INT64_C(3600000000)
#define WHOLE_TRIES		64		/* units above which none is looked for */

/* Puts what holds earlier first: few tiers, so by insertion. */
static void
sort_tiers(DwCancellationPolicy *policy)
{
	for (int i = 1; i < policy->count; i++)
	{
		DwCancellationTier tier = policy->tiers[i];
		int			place = i;

		for (; place > 0 && policy->tiers[place - 1].hours_before_start <
			 tier.hours_before_start; place--)
			policy->tiers[place] = policy->tiers[place - 1];
		policy->tiers[place] = tier;
	}
}

/* What is wrong with a tier that follows another (NULL: the first). */
static const char *
judge_tier(const DwCancellationTier *before, const DwCancellationTier *tier)
{
	if (tier->hours_before_start < 0 ||
		tier->hours_before_start > DW_CANCELLATION_HOURS_MAX)
		return "must have hours_before_start from 0 to 8760 in each tier";
	if (tier->share_ppm < 0 || tier->share_ppm > DW_PPM)
		return "must have a share_ppm from 0 to 1000000 in each tier";
	if (before == NULL)
		return NULL;
	if (before->hours_before_start == tier->hours_before_start)
		return "must not have two tiers of the same hours_before_start";
	if (before->share_ppm > tier->share_ppm)
		return "must not have a share_ppm that falls towards the start";
	return NULL;
}

void
dw_cancellation_check(DwCancellationPolicy *policy, const char *argument,
					  DwArgError *error)
{
	sort_tiers(policy);
	for (int i = 0; i < policy->count; i++)
	{
		const char *what = judge_tier(i == 0 ? NULL : &policy->tiers[i - 1],
									  &policy->tiers[i]);

		if (what != NULL)
			dw_arg_error_note(error, argument, DW_BAD_VALUE, what);
	}
}

bool
dw_cancellation_pays(const DwCancellationPolicy *policy)
{
	/* shares never fall, so the last is the greatest */
	return policy->count > 0 &&
		policy->tiers[policy->count - 1].share_ppm > 0;
}

int64_t
dw_cancellation_since(const DwCancellationTier *tier, int64_t starts_at)
{
	int64_t		before = tier->hours_before_start * MICROS_PER_HOUR;

	/* a start at the beginning of all time has nothing before it */
	if (starts_at < INT64_MIN + before)
		return DW_CANCELLATION_NO_START;
	return starts_at - before;
}

/* How many tiers hold now, or have held. */
static int
begun(const DwCancellationPolicy *policy, int64_t starts_at, int64_t now)
{
	int			count = 0;

	if (starts_at == DW_CANCELLATION_NO_START)
		return 0;
	while (count < policy->count &&
		   dw_cancellation_since(&policy->tiers[count], starts_at) <= now)
		count++;
	return count;
}

const DwCancellationTier *
dw_cancellation_tier(const DwCancellationPolicy *policy, int64_t starts_at,
					 int64_t now)
{
	int			count = begun(policy, starts_at, now);

	return count == 0 ? NULL : &policy->tiers[count - 1];
}

const DwCancellationTier *
dw_cancellation_next(const DwCancellationPolicy *policy, int64_t starts_at,
					 int64_t now)
{
	int			count = begun(policy, starts_at, now);

	if (starts_at == DW_CANCELLATION_NO_START || count == policy->count)
		return NULL;
	return &policy->tiers[count];
}

/* The price of the work that is neither paid nor given up. */
static int64_t
price_left(const DwMilestone *milestones, int count)
{
	int64_t		sum = 0;

	/* parts of the contract, whose amount fits */
	for (int i = 0; i < count; i++)
		if (milestones[i].status != DW_MILESTONE_CANCELLED)
			sum += milestones[i].amount - milestones[i].released -
				milestones[i].refunded;
	return sum;
}

/* What the release of a part takes out of what is held; 0 of none. */
static int64_t
charge_of(const DwEscrow *escrow, const DwFeeTaken *taken, int64_t part)
{
	DwFeeQuote	quote;

	if (part == 0)
		return 0;
	return dw_fee_release(&escrow->terms, taken, part, &quote) == DW_OK
		? quote.charge : INT64_MAX;
}

/*
 * The largest part up to a limit whose release takes no more than a charge:
 * after a reversal the homeowner's share of the fee may be missing of some
 * units.
 */
static int64_t
payable(const DwEscrow *escrow, const DwFeeTaken *taken, int64_t limit,
		int64_t charge)
{
	int64_t		low = 0;
	int64_t		high = limit;

	/* the charge of a release never falls as its part rises */
	while (low < high)
	{
		int64_t		middle = low + (high - low + 1) / 2;

		if (charge_of(escrow, taken, middle) <= charge)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/*
 * A part up to that one that leaves whole units of the companies to go back:
 * of less than a unit nobody shall gain at the homeowner's cost.  Where the
 * fee steps over every such part for some units, the part itself.
 */
static int64_t
leave_whole(const DwEscrow *escrow, const DwFeeTaken *taken, int64_t part,
			int64_t unit)
{
	int64_t		found = part;

	for (int i = 0; unit > 1 && i < WHOLE_TRIES; i++)
	{
		int64_t		back = escrow->held - charge_of(escrow, taken, found);

		if (back % unit == 0)
			return found;
		back += unit - back % unit;
		if (back >= escrow->held)
			return 0;
		found = payable(escrow, taken, found, escrow->held - back);
	}
	return part;
}

/* What still waits for money gets none, also what was approved before. */
static void
give_up_unpaid(DwMilestone *milestones, int count)
{
	for (int i = 0; i < count; i++)
		if (milestones[i].status == DW_MILESTONE_PLANNED ||
			milestones[i].status == DW_MILESTONE_APPROVED)
			milestones[i].status = DW_MILESTONE_CANCELLED;
}

DwResult
dw_escrow_cancel_held(DwEscrow *escrow, DwMilestone *milestones, int count,
					  int64_t share_ppm, DwCancellation *out)
{
	const DwSelector rest = {.has_amount = false};
	const DwFeeTaken taken = dw_escrow_taken(escrow, milestones, count);
	DwSelector	share = {.has_amount = true};
	DwCancellation cancelled = {.price = price_left(milestones, count)};
	DwRelease	refund = {.amount = 0};
	DwResult	result;

	if (escrow->held == 0 || escrow->disputed > 0 || escrow->frozen)
		return DW_INVALID_TRANSITION;
	result = dw_money_scale(cancelled.price, share_ppm, DW_PPM,
							&share.amount);
	if (result != DW_OK)
		return result;
	share.amount = dw_money_lesser(share.amount,
								   dw_milestones_available(milestones,
														   count));
	share.amount = payable(escrow, &taken, share.amount, escrow->held);
	share.amount = leave_whole(escrow, &taken, share.amount, out->unit);
	if (share.amount > 0)
		result = dw_escrow_release(escrow, milestones, count, &share,
								   &cancelled.share);
	/* what is held and undisputed can always go back */
	if (result == DW_OK && escrow->held > 0)
		result = dw_escrow_refund(escrow, milestones, count, &rest, &refund);
	if (result != DW_OK)
		return result;
	give_up_unpaid(milestones, count);
	cancelled.refund = refund.amount;
	cancelled.unit = out->unit;
	*out = cancelled;
	return DW_OK;
}
