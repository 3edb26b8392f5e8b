/*
 * milestone.c
 *		Decides how a contract divides into milestones, and how money fills
 *		and leaves them.
 *
 * A milestone is over when released + refunded have come to its amount: it
 * is released if any of it was paid, else refunded.  Until then money that
 * comes or goes leaves its state alone, but for planned -> funded.
 */
#include "core/escrow/escrow.h"

#include <stddef.h>

#include "core/base/base.h"

/* The smaller of two amounts. */
static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* True when nothing can befall it any more but a reversal. */
static bool
is_over(const DwMilestone *milestone)
{
	return milestone->status == DW_MILESTONE_RELEASED ||
		milestone->status == DW_MILESTONE_REFUNDED ||
		milestone->status == DW_MILESTONE_CANCELLED;
}

/* Reads the plan as weights: its amounts, or one each where none is given. */
static DwResult
read_weights(const DwMilestone *milestones, int count, int64_t *weights)
{
	int			given = 0;

	for (int i = 0; i < count; i++)
	{
		if (milestones[i].amount < 0)
			return DW_BAD_VALUE;
		given += milestones[i].amount > 0;
		weights[i] = milestones[i].amount;
	}
	if (given != 0 && given != count)
		return DW_BAD_VALUE;
	for (int i = 0; i < count && given == 0; i++)
		weights[i] = 1;
	return DW_OK;
}

DwResult
dw_milestones_plan(DwMilestone *milestones, int count,
				   int64_t contract_amount)
{
	int64_t		weights[DW_MILESTONES_MAX] = {0};
	int64_t		parts[DW_MILESTONES_MAX];
	DwResult	result;

	if (count < 1 || count > DW_MILESTONES_MAX || contract_amount < count)
		return DW_BAD_VALUE;
	result = read_weights(milestones, count, weights);
	if (result == DW_OK)
		result = dw_allocate(contract_amount, weights, (size_t) count, parts);
	for (int i = 0; i < count && result == DW_OK; i++)
	{
		if (parts[i] == 0)
			result = DW_BAD_VALUE;
	}
	for (int i = 0; i < count && result == DW_OK; i++)
	{
		milestones[i].amount = parts[i];
		milestones[i].status = DW_MILESTONE_PLANNED;
	}
	return result;
}

int64_t
dw_milestone_available(const DwMilestone *milestone)
{
	return milestone->funded - milestone->released - milestone->refunded -
		milestone->disputed;
}

int64_t
dw_milestones_available(const DwMilestone *milestones, int count)
{
	int64_t		sum = 0;

	for (int i = 0; i < count; i++)
		sum += dw_milestone_available(&milestones[i]);
	return sum;
}

DwMilestone *
dw_milestones_find(DwMilestone *milestones, int count, const DwUuid *id)
{
	for (int i = 0; i < count; i++)
	{
		if (dw_uuid_equal(&milestones[i].id, id))
			return &milestones[i];
	}
	return NULL;
}

void
dw_milestones_rest(DwMilestone *milestones, int count)
{
	for (int i = 0; i < count; i++)
		milestones[i].moved = 0;
}

int64_t
dw_milestones_fill(DwMilestone *milestones, int count, int64_t amount)
{
	for (int i = 0; i < count; i++)
	{
		DwMilestone *milestone = &milestones[i];
		int64_t		part = smaller(amount,
								   milestone->amount - milestone->funded);

		milestone->moved = 0;
		if (is_over(milestone) || part <= 0)
			continue;
		milestone->funded += part;
		milestone->moved = part;
		amount -= part;
		if (milestone->status == DW_MILESTONE_PLANNED &&
			milestone->funded == milestone->amount)
			milestone->status = DW_MILESTONE_FUNDED;
	}
	return amount;
}

void
dw_milestones_take(DwMilestone *milestones, int count, int64_t amount,
				   DwMilestoneMove move)
{
	for (int i = 0; i < count; i++)
	{
		DwMilestone *milestone = &milestones[i];
		int64_t		part;

		part = smaller(amount, dw_milestone_available(milestone));
		milestone->moved = part;
		if (part == 0)
			continue;
		if (move == DW_MILESTONE_RELEASE)
			milestone->released += part;
		else
			milestone->refunded += part;
		amount -= part;
		if (milestone->released + milestone->refunded == milestone->amount)
			milestone->status = milestone->released > 0
				? DW_MILESTONE_RELEASED : DW_MILESTONE_REFUNDED;
	}
}

DwResult
dw_milestone_submit(DwMilestone *milestone)
{
	if (milestone->funded < milestone->amount)
		return DW_INVALID_TRANSITION;
	if (milestone->status != DW_MILESTONE_FUNDED &&
		milestone->status != DW_MILESTONE_CHANGES_REQUESTED)
		return DW_INVALID_TRANSITION;
	milestone->status = DW_MILESTONE_SUBMITTED;
	return DW_OK;
}

DwResult
dw_milestone_request_changes(DwMilestone *milestone)
{
	if (milestone->status != DW_MILESTONE_SUBMITTED)
		return DW_INVALID_TRANSITION;
	milestone->status = DW_MILESTONE_CHANGES_REQUESTED;
	return DW_OK;
}

DwMilestone *
dw_milestones_submitted(DwMilestone *milestones, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (milestones[i].status == DW_MILESTONE_SUBMITTED)
			return &milestones[i];
	}
	return NULL;
}

/* True while nothing has come of a milestone but money that it holds. */
static bool
is_untouched(const DwMilestone *milestone)
{
	if (milestone->status == DW_MILESTONE_CANCELLED)
		return true;
	return milestone->funded == dw_milestone_available(milestone) &&
		(milestone->status == DW_MILESTONE_PLANNED ||
		 milestone->status == DW_MILESTONE_FUNDED);
}

/* True when no amounts are given, or all that are sum to the contract. */
static bool
sums_to(const DwMilestone *milestones, int count, int64_t contract_amount)
{
	int64_t		rest = contract_amount;
	bool		given = false;

	for (int i = 0; i < count; i++)
	{
		if (milestones[i].amount < 0 || milestones[i].amount > rest)
			return false;
		given |= milestones[i].amount > 0;
		rest -= milestones[i].amount;
	}
	return !given || rest == 0;
}

DwResult
dw_milestones_replan(const DwMilestone *old, int old_count,
					 DwMilestone *plan, int count, int64_t contract_amount)
{
	int64_t		paid = 0;
	DwResult	result;

	for (int i = 0; i < old_count; i++)
	{
		if (!is_untouched(&old[i]))
			return DW_INVALID_TRANSITION;
		paid += old[i].funded;
	}
	if (!sums_to(plan, count, contract_amount))
		return DW_BAD_VALUE;
	result = dw_milestones_plan(plan, count, contract_amount);
	if (result == DW_OK)
		(void) dw_milestones_fill(plan, count, paid);
	return result;
}

DwMilestone *
dw_milestones_approved(DwMilestone *milestones, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (milestones[i].status == DW_MILESTONE_APPROVED &&
			milestones[i].funded == milestones[i].amount)
			return &milestones[i];
	}
	return NULL;
}

bool
dw_milestones_are_released(const DwMilestone *milestones, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (milestones[i].is_required &&
			milestones[i].status != DW_MILESTONE_CANCELLED &&
			milestones[i].status != DW_MILESTONE_RELEASED)
			return false;
	}
	return true;
}

bool
dw_milestones_await_review(const DwMilestone *milestones, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (milestones[i].status == DW_MILESTONE_SUBMITTED ||
			milestones[i].status == DW_MILESTONE_CHANGES_REQUESTED ||
			milestones[i].status == DW_MILESTONE_APPROVED)
			return true;
	}
	return false;
}
