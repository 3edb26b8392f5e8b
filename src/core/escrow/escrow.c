/*
 * escrow.c
 *		Decides what becomes of the money in an escrow, and of its milestones:
 *		how a contract divides into them, how money fills and leaves them.
 *
 * Each decision first reckons everything that it will write, and writes only
 * when nothing can fail any more.  Sums need no overflow check: what is kept
 * never exceeds the charge of the contract, which was reckoned with checks
 * when the escrow was opened, work that was given up is not paid for again,
 * and every other amount is a part of funded.
 *
 * Milestones count prices, the escrow counts money; where the homeowner
 * bears a part of the fee the two differ, and the milestones follow.
 *
 * A milestone is over when released + refunded have come to its amount: it
 * is released if any of it was paid, else refunded.  Until then money that
 * comes or goes leaves its state alone, but for planned -> funded.
 */
#include "core/escrow/escrow.h"

#include <stddef.h>
#include <string.h>

#include "core/base/base.h"

/* True when nothing can happen to it any more but a reversal. */
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

	/* at least one minor unit each: a part of nothing is never paid */
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
		int64_t		lacking = milestone->amount - milestone->funded;
		int64_t		part = dw_money_lesser(amount, lacking);

		milestone->moved = 0;
		/* what a refund gave up is not paid for again */
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

		/* disputed money is not available, so a dispute is passed over */
		part = dw_money_lesser(amount, dw_milestone_available(milestone));
		milestone->moved = part;
		if (part == 0)
			continue;
		if (move == DW_MILESTONE_RELEASE)
			milestone->released += part;
		else
			milestone->refunded += part;
		amount -= part;
		/* one that is not fully funded stays open for the rest */
		if (milestone->released + milestone->refunded == milestone->amount)
			milestone->status = milestone->released > 0
				? DW_MILESTONE_RELEASED : DW_MILESTONE_REFUNDED;
	}
}

DwResult
dw_milestone_submit(DwMilestone *milestone)
{
	/* nobody delivers work that may never be paid */
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
	/* counted down from the contract: amounts of any size do not overflow */
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
	int64_t		rest = contract_amount;
	int64_t		paid = 0;
	int			begun = 0;
	DwResult	result;

	for (int i = 0; i < old_count; i++)
	{
		if (is_untouched(&old[i]))
			paid += old[i].funded;
		else
		{
			rest -= old[i].amount;
			begun++;
		}
	}
	if (rest <= 0)
		return DW_INVALID_TRANSITION;
	if (begun + count > DW_MILESTONES_MAX || !sums_to(plan, count, rest))
		return DW_BAD_VALUE;
	/* both plans sum to the rest, so what is paid fits into the new one */
	result = dw_milestones_plan(plan, count, rest);
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

/* True while money may be released or refunded. */
static bool
may_pay_out(const DwEscrow *escrow)
{
	return !escrow->frozen &&
		(escrow->status == DW_ESCROW_HELD ||
		 escrow->status == DW_ESCROW_PARTIALLY_RELEASED);
}

/* True while a pending payment can still come in. */
static bool
may_pay_in(const DwEscrow *escrow)
{
	return escrow->status == DW_ESCROW_FUNDING ||
		escrow->status == DW_ESCROW_HELD ||
		escrow->status == DW_ESCROW_PARTIALLY_RELEASED ||
		escrow->status == DW_ESCROW_DISPUTED ||
		escrow->status == DW_ESCROW_FROZEN;
}

/* True while money can be held: people pay unasked, and after a failure. */
static bool
takes_money(const DwEscrow *escrow)
{
	return may_pay_in(escrow) || escrow->status == DW_ESCROW_CREATED ||
		escrow->status == DW_ESCROW_FAILED;
}

/*
 * What the homeowner pays in for work of this price.  It cannot fail: the
 * charge of the whole contract was reckoned when the escrow was opened.
 */
static int64_t
charge_of(const DwEscrow *escrow, int64_t price)
{
	DwFeeQuote	quote = {.charge = price};

	(void) dw_fee_quote(&escrow->terms, price, &quote);
	return quote.charge;
}

int64_t
dw_escrow_covered(const DwEscrow *escrow, int64_t money)
{
	int64_t		low = 0;
	int64_t		high = escrow->contract_amount;

	if (escrow->terms.payer == DW_FEE_PAYER_PROVIDER)
		return money;

	/*
	 * The charge never falls as the price rises, but has steps, minima and
	 * rounding in it: it is searched for, not turned round.
	 */
	while (low < high)
	{
		int64_t		middle = low + (high - low + 1) / 2;

		if (charge_of(escrow, middle) <= money)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

int64_t
dw_escrow_charge(const DwEscrow *escrow)
{
	return charge_of(escrow, escrow->contract_amount);
}

int64_t
dw_escrow_kept(const DwEscrow *escrow)
{
	/* what a bank has only asked for may still come back: it counts */
	return escrow->funded - escrow->refunded - escrow->charged_back +
		escrow->contested;
}

int64_t
dw_escrow_missing(const DwEscrow *escrow)
{
	int64_t		price = escrow->contract_amount - escrow->given_up;
	int64_t		missing = charge_of(escrow, price) -
		dw_escrow_kept(escrow) - escrow->pending;

	return missing > 0 ? missing : 0;
}

int64_t
dw_escrow_price_paid(const DwMilestone *milestones, int count)
{
	int64_t		sum = 0;

	for (int i = 0; i < count; i++)
		sum += milestones[i].funded - milestones[i].refunded;
	return sum;
}

DwFeeTaken
dw_escrow_taken(const DwEscrow *escrow, const DwMilestone *milestones,
				int count)
{
	DwFeeTaken	taken = {.fee = escrow->fee_taken,.tax = escrow->tax_taken};

	/* what left the escrow above the price of the work came on top of it */
	for (int i = 0; i < count; i++)
		taken.released += milestones[i].released;
	taken.borne = escrow->released - taken.released;
	return taken;
}

int64_t
dw_escrow_unearned(const DwEscrow *escrow, const DwMilestone *milestones,
				   int count, int64_t price)
{
	int64_t		stays = dw_escrow_price_paid(milestones, count) - price;

	return dw_escrow_kept(escrow) - charge_of(escrow, stays);
}

int64_t
dw_escrow_disputed(const DwEscrow *escrow, const DwMilestone *milestones,
				   int count)
{
	int64_t		covered = dw_escrow_price_paid(milestones, count);
	int64_t		disputed = 0;
	int64_t		part;

	for (int i = 0; i < count; i++)
		disputed += milestones[i].disputed;
	if (disputed == 0)
		return 0;
	/* no other work is paid: then the homeowner's fee is disputed with it */
	if (dw_milestones_available(milestones, count) == 0)
		return escrow->held;
	part = charge_of(escrow, covered) -
		charge_of(escrow, covered - disputed);
	return part < escrow->held ? part : escrow->held;
}

/* The state of an escrow in which nothing is held any more. */
static DwEscrowStatus
status_of_empty(const DwEscrow *escrow)
{
	/* the bank before all: whoever reads the state must see that it took */
	if (escrow->charged_back > 0)
		return DW_ESCROW_CHARGED_BACK;
	if (escrow->refunded == escrow->funded)
		return DW_ESCROW_REFUNDED;
	if (charge_of(escrow, escrow->contract_amount -
				  escrow->given_up) > dw_escrow_kept(escrow))
		return DW_ESCROW_PARTIALLY_RELEASED;	/* a top-up is still due */
	if (escrow->released == escrow->funded)
		return DW_ESCROW_RELEASED;
	return DW_ESCROW_SETTLED;
}

DwEscrowStatus
dw_escrow_status(const DwEscrow *escrow)
{
	/* first what stops everything, then what the amounts cannot tell */
	if (escrow->frozen)
		return DW_ESCROW_FROZEN;
	if (escrow->funded == 0)
		return escrow->status;
	if (escrow->held == 0)
		return status_of_empty(escrow);
	if (escrow->disputed == escrow->held)
		return DW_ESCROW_DISPUTED;
	return escrow->released > 0 ? DW_ESCROW_PARTIALLY_RELEASED
		: DW_ESCROW_HELD;
}

bool
dw_escrow_is_valid(const DwEscrow *escrow)
{
	/* wider than the columns: this is asked of rows that may be damaged */
	__int128	sum = (__int128) escrow->held + escrow->released +
		escrow->refunded + escrow->charged_back;

	return escrow->pending >= 0 && escrow->held >= 0 &&
		escrow->released >= 0 && escrow->refunded >= 0 &&
		escrow->charged_back >= 0 && escrow->disputed >= 0 &&
		escrow->fee_taken >= 0 && escrow->tax_taken >= 0 &&
		sum == escrow->funded && escrow->disputed <= escrow->held &&
		escrow->tax_taken <= escrow->released - escrow->fee_taken;
}

void
dw_escrow_derive(DwEscrow *escrow, const DwMilestone *milestones, int count)
{
	/* in this order: each line reads what the ones above have set */
	escrow->given_up = 0;
	for (int i = 0; i < count; i++)
		escrow->given_up += milestones[i].refunded;
	escrow->disputed = dw_escrow_disputed(escrow, milestones, count);
	escrow->status = dw_escrow_status(escrow);
}

DwResult
dw_escrow_open(DwEscrow *escrow, const char *currency,
			   int64_t contract_amount, const DwFeeTerms *terms)
{
	DwEscrow	opened;
	DwFeeQuote	quote;
	DwResult	result;

	if (contract_amount <= 0 || !dw_fee_terms_valid(terms) ||
		strlen(currency) != sizeof(opened.currency) - 1)
		return DW_BAD_VALUE;
	/* if this charge fits, so does that of every part of the contract */
	memset(&opened, 0, sizeof(opened));
	memcpy(opened.currency, currency, sizeof(opened.currency));
	opened.status = DW_ESCROW_CREATED;
	opened.version = 1;
	opened.contract_amount = contract_amount;
	opened.terms = *terms;
	result = dw_fee_quote(terms, contract_amount, &quote);
	if (result == DW_OK)
		*escrow = opened;
	return result;
}

DwResult
dw_escrow_fund(DwEscrow *escrow, int64_t *amount)
{
	int64_t		missing = dw_escrow_missing(escrow);
	int64_t		asked = *amount == 0 ? missing : *amount;

	if (*amount < 0)
		return DW_BAD_VALUE;
	if (escrow->status != DW_ESCROW_CREATED &&
		escrow->status != DW_ESCROW_FAILED && !may_pay_out(escrow))
		return DW_INVALID_TRANSITION;
	if (asked == 0 || asked > missing)
		return DW_BAD_VALUE;
	/* a top-up changes no state: what is held can be released meanwhile */
	if (escrow->funded == 0)
		escrow->status = DW_ESCROW_FUNDING;
	escrow->pending += asked;
	*amount = asked;
	return DW_OK;
}

int64_t
dw_escrow_room(const DwEscrow *escrow, int64_t asked)
{
	/* they fit together: what is missing is the charge less what is asked */
	return takes_money(escrow) ? asked + dw_escrow_missing(escrow) : 0;
}

DwResult
dw_escrow_confirm(DwEscrow *escrow, DwMilestone *milestones, int count,
				  int64_t amount)
{
	int64_t		price;

	if (amount <= 0)
		return DW_BAD_VALUE;
	if (!takes_money(escrow))
		return DW_INVALID_TRANSITION;
	if (amount > escrow->pending)
		return DW_BAD_VALUE;
	escrow->pending -= amount;
	escrow->funded += amount;
	escrow->held += amount;

	/*
	 * Not the price of this payment, but what all payments together cover
	 * less what was covered before: rounding does not add up.
	 */
	price = dw_escrow_covered(escrow, dw_escrow_kept(escrow)) -
		dw_escrow_price_paid(milestones, count);
	(void) dw_milestones_fill(milestones, count, price > 0 ? price : 0);
	dw_escrow_derive(escrow, milestones, count);
	return DW_OK;
}

DwResult
dw_escrow_fail(DwEscrow *escrow, int64_t amount)
{
	if (amount <= 0)
		return DW_BAD_VALUE;
	if (!may_pay_in(escrow))
		return DW_INVALID_TRANSITION;
	if (amount > escrow->pending)
		return DW_BAD_VALUE;
	escrow->pending -= amount;
	if (escrow->status == DW_ESCROW_FUNDING && escrow->pending == 0)
		escrow->status = DW_ESCROW_FAILED;
	return DW_OK;
}

DwResult
dw_escrow_cancel(DwEscrow *escrow, DwMilestone *milestones, int count)
{
	if (escrow->status != DW_ESCROW_CREATED &&
		escrow->status != DW_ESCROW_FUNDING &&
		escrow->status != DW_ESCROW_FAILED)
		return DW_INVALID_TRANSITION;
	/* nothing was ever paid, so all of them are planned or cancelled */
	for (int i = 0; i < count; i++)
	{
		if (milestones[i].status == DW_MILESTONE_PLANNED)
			milestones[i].status = DW_MILESTONE_CANCELLED;
	}
	escrow->pending = 0;
	escrow->status = DW_ESCROW_CANCELLED;
	return DW_OK;
}

DwResult
dw_escrow_lapse(DwEscrow *escrow)
{
	if (escrow->funded > 0)
		return DW_INVALID_TRANSITION;
	escrow->pending = 0;
	escrow->status = DW_ESCROW_CANCELLED;
	return DW_OK;
}

/* The first milestone that waits for delivery, or NULL. */
static DwMilestone *
next_to_submit(DwMilestone *milestones, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (milestones[i].status == DW_MILESTONE_FUNDED ||
			milestones[i].status == DW_MILESTONE_CHANGES_REQUESTED)
			return &milestones[i];
	}
	return NULL;
}

DwResult
dw_escrow_submit(const DwEscrow *escrow, DwMilestone *milestones, int count,
				 const DwUuid *milestone_id, DwMilestone **found)
{
	DwMilestone *milestone = milestone_id == NULL
		? next_to_submit(milestones, count)
		: dw_milestones_find(milestones, count, milestone_id);
	DwResult	result;

	if (milestone == NULL && milestone_id != NULL)
		return DW_NOT_FOUND;
	if (milestone == NULL || !may_pay_out(escrow))
		return DW_INVALID_TRANSITION;
	result = dw_milestone_submit(milestone);
	if (result == DW_OK)
		*found = milestone;
	return result;
}

/* What a selector comes to, before anything is taken. */
typedef struct DwChoice
{
	DwMilestone *milestones;	/* to take from, in order */
	int			count;			/* how many */
	int64_t		part;			/* price of work; may be 0 */
	bool		is_whole;		/* all that is held and undisputed */
} DwChoice;

/* Reads a selector against the state, the first error that applies. */
static DwResult
choose(const DwEscrow *escrow, DwMilestone *milestones, int count,
	   const DwSelector *selector, DwChoice *choice)
{
	const DwUuid *id = selector->milestone_id;
	int64_t		available;

	if (selector->has_amount && (selector->amount <= 0 || id != NULL))
		return DW_BAD_VALUE;
	choice->milestones = id == NULL
		? milestones : dw_milestones_find(milestones, count, id);
	choice->count = id == NULL ? count : 1;
	choice->is_whole = id == NULL && !selector->has_amount;
	if (choice->milestones == NULL && count > 0)
		return DW_NOT_FOUND;
	if (!may_pay_out(escrow))
		return DW_INVALID_TRANSITION;
	available = dw_milestones_available(choice->milestones, choice->count);
	if (id != NULL && available == 0 &&
		choice->milestones->status != DW_MILESTONE_PLANNED)
		return DW_INVALID_TRANSITION;	/* over, or disputed */
	choice->part = selector->has_amount ? selector->amount : available;
	return choice->part <= available ? DW_OK : DW_INSUFFICIENT_FUNDS;
}

/* Takes the chosen part out of the milestones; the others did not move. */
static void
take_chosen(DwMilestone *milestones, int count, const DwChoice *choice,
			DwMilestoneMove move)
{
	dw_milestones_rest(milestones, count);
	dw_milestones_take(choice->milestones, choice->count, choice->part, move);
}

DwResult
dw_escrow_release(DwEscrow *escrow, DwMilestone *milestones, int count,
				  const DwSelector *selector, DwRelease *out)
{
	DwFeeTaken	before = dw_escrow_taken(escrow, milestones, count);
	DwChoice	choice;
	DwFeeQuote	quote;
	DwResult	result;

	result = choose(escrow, milestones, count, selector, &choice);
	if (result == DW_OK && choice.part == 0)
		result = DW_INSUFFICIENT_FUNDS;
	if (result == DW_OK)
		result = dw_fee_release(&escrow->terms, &before, choice.part, &quote);
	/* the price is there, but its share of the fee may be under dispute */
	if (result == DW_OK && quote.charge > escrow->held - escrow->disputed)
		result = DW_INSUFFICIENT_FUNDS;
	if (result != DW_OK)
		return result;

	take_chosen(milestones, count, &choice, DW_MILESTONE_RELEASE);
	escrow->held -= quote.charge;
	escrow->released += quote.charge;
	escrow->fee_taken += quote.fee;
	escrow->tax_taken += quote.tax;
	dw_escrow_derive(escrow, milestones, count);
	*out = (DwRelease)
	{
		choice.part, quote.charge, quote.fee, quote.tax, quote.payout
	};
	return DW_OK;
}

DwResult
dw_escrow_approve(DwEscrow *escrow, DwMilestone *milestones, int count,
				  const DwUuid *milestone_id, DwRelease *out)
{
	DwSelector	selector = {.milestone_id = milestone_id};
	DwMilestone *milestone = dw_milestones_find(milestones, count,
												milestone_id);

	if (milestone == NULL)
		return DW_NOT_FOUND;
	if (!may_pay_out(escrow) && escrow->status != DW_ESCROW_FROZEN)
		return DW_INVALID_TRANSITION;
	if (!dw_machine_permits(dw_milestone_machine(), milestone->status,
							DW_MILESTONE_EVENT_APPROVE, DW_ACTOR_HOMEOWNER,
							DW_MILESTONE_APPROVED))
		return DW_INVALID_TRANSITION;
	/* the consent stays on record; dw_milestones_approved() finds it later */
	if (!escrow->frozen && milestone->funded == milestone->amount)
		return dw_escrow_release(escrow, milestones, count, &selector, out);
	dw_milestones_rest(milestones, count);
	milestone->status = DW_MILESTONE_APPROVED;
	memset(out, 0, sizeof(*out));
	return DW_OK;
}

DwResult
dw_escrow_refund(DwEscrow *escrow, DwMilestone *milestones, int count,
				 const DwSelector *selector, DwRelease *out)
{
	DwChoice	choice;
	int64_t		amount;
	DwResult	result;

	result = choose(escrow, milestones, count, selector, &choice);
	if (result != DW_OK)
		return result;
	/* all of it: with the share of the fee of work that was released, too */
	if (choice.is_whole && escrow->disputed == 0)
		amount = escrow->held;
	else
		amount = dw_escrow_unearned(escrow, milestones, count, choice.part);
	if (amount <= 0 || amount > escrow->held)
		return DW_INSUFFICIENT_FUNDS;

	take_chosen(milestones, count, &choice, DW_MILESTONE_REFUND);
	escrow->held -= amount;
	escrow->refunded += amount;
	dw_escrow_derive(escrow, milestones, count);
	*out = (DwRelease)
	{
		choice.part, amount, 0, 0, amount
	};
	return DW_OK;
}

DwResult
dw_escrow_replan(const DwEscrow *escrow, const DwMilestone *old,
				 int old_count, DwMilestone *plan, int count)
{
	if (escrow->status != DW_ESCROW_CREATED &&
		escrow->status != DW_ESCROW_FUNDING &&
		escrow->status != DW_ESCROW_FAILED &&
		escrow->status != DW_ESCROW_HELD &&
		escrow->status != DW_ESCROW_PARTIALLY_RELEASED)
		return DW_INVALID_TRANSITION;
	return dw_milestones_replan(old, old_count, plan, count,
								escrow->contract_amount);
}

bool
dw_escrow_has_rest(const DwEscrow *escrow, const DwMilestone *milestones,
				   int count)
{
	/* only a part that was undone and shared anew leaves a few units so */
	if (escrow->held == 0 || escrow->frozen || escrow->released == 0)
		return false;
	for (int i = 0; i < count; i++)
		if (!is_over(&milestones[i]))
			return false;
	return true;
}

bool
dw_escrow_is_complete(const DwEscrow *escrow, const DwMilestone *milestones,
					  int count)
{
	return escrow->held == 0 && escrow->released > 0 && !escrow->frozen &&
		dw_milestones_are_released(milestones, count);
}
