/*
 * reversal.c
 *		Decides what undoing a release or a refund comes to.
 *
 * Legs are cut by nested shares: of x out of the whole, all legs but the
 * first get floor(x * their sum / the whole), of that all but the second,
 * and so on.  Each step neither falls nor rises by more than what it is a
 * share of, so no part is ever negative.
 */
#include "core/dispute/dispute.h"

#include <string.h>

#include "core/base/base.h"

int64_t
dw_reversal_share(int64_t whole, int64_t amount, int64_t of)
{
	return (int64_t) ((DwWide) whole * amount / of);
}

/* What each leg has gained once x of them all is mirrored. */
static void
split_total(const int64_t *legs, int count, int64_t x, int64_t *parts)
{
	int64_t		sum = 0;

	for (int i = 0; i < count; i++)
		sum += legs[i];
	for (int i = 0; i < count; i++)
	{
		int64_t		later = sum - legs[i];
		int64_t		theirs = dw_reversal_share(later, x, sum);

		parts[i] = x - theirs;
		x = theirs;
		sum = later;
		if (sum == 0)
			sum = 1;			/* nothing is left to share */
	}
}

DwResult
dw_reversal_split(const int64_t *legs, int count, int64_t before,
				  int64_t amount, int64_t *parts)
{
	int64_t		done[DW_LEGS_MAX];
	int64_t		sum = 0;

	if (amount <= 0 || before < 0 || count < 1 ||
		count > DW_LEGS_MAX)
		return DW_BAD_VALUE;
	for (int i = 0; i < count; i++)
	{
		if (legs[i] <= 0)
			return DW_BAD_VALUE;
		if (dw_money_add(sum, legs[i], &sum) != DW_OK)
			return DW_OVERFLOW;
	}
	if (before > sum || amount > sum - before)
		return DW_INSUFFICIENT_FUNDS;
	split_total(legs, count, before, done);
	split_total(legs, count, before + amount, parts);
	for (int i = 0; i < count; i++)
		parts[i] -= done[i];
	return DW_OK;
}

/* The legs that gained, but for the escrow's own; how many. */
static int
gained(const DwPosting *original, DwLeg *legs)
{
	int			count = 0;

	for (int i = 0; i < original->count; i++)
		if (original->legs[i].amount > 0 &&
			original->legs[i].account.kind != DW_ACCOUNT_ESCROW)
			legs[count++] = original->legs[i];
	return count;
}

/* Sums the parts of legs by what they were for. */
static void
sum_parts(const DwLeg *legs, const int64_t *parts, int count,
		  DwReversal *reversal)
{
	reversal->released = reversal->fee = reversal->tax = 0;
	reversal->refunded = 0;
	reversal->milestone_id = NULL;
	for (int i = 0; i < count; i++)
	{
		DwAccountKind kind = legs[i].account.kind;

		if (kind == DW_ACCOUNT_REFUND_PENDING ||
			kind == DW_ACCOUNT_PLATFORM_LOSS)
			reversal->refunded += parts[i];
		else
			reversal->released += parts[i];
		if (kind == DW_ACCOUNT_PLATFORM_FEE)
			reversal->fee += parts[i];
		else if (kind == DW_ACCOUNT_TAX_PAYABLE)
			reversal->tax += parts[i];
	}
}

DwResult
dw_reversal_decide(const DwPosting *original, int64_t before, int64_t *amount,
				   DwReversal *reversal, DwPosting *posting)
{
	DwLeg		legs[DW_LEGS_MAX];
	int64_t		amounts[DW_LEGS_MAX];
	int64_t		parts[DW_LEGS_MAX];
	int64_t		whole = 0;
	int			count = gained(original, legs);
	DwResult	result;

	for (int i = 0; i < count; i++)
	{
		amounts[i] = legs[i].amount;
		if (dw_money_add(whole, amounts[i], &whole) != DW_OK)
			return DW_OVERFLOW;
	}
	if (*amount == 0)
		*amount = whole - before;
	if (*amount == 0)
		return DW_INSUFFICIENT_FUNDS;
	result = dw_reversal_split(amounts, count, before, *amount, parts);
	if (result != DW_OK)
		return result;
	sum_parts(legs, parts, count, reversal);
	dw_posting_reversal(posting, original, parts, reversal->pending,
						reversal->pending_count);
	return posting->result;
}

/* Gives a milestone back what was released or refunded of it. */
static int64_t
give_back(DwMilestone *milestone, int64_t *column, int64_t amount)
{
	int64_t		part = amount < *column ? amount : *column;

	*column -= part;
	milestone->moved += part;
	if (part > 0 && (milestone->status == DW_MILESTONE_RELEASED ||
					 milestone->status == DW_MILESTONE_REFUNDED))
		milestone->status = DW_MILESTONE_FUNDED;
	return amount - part;
}

/* Gives a price of work back, the last milestone first; id NULL = any. */
static void
give_back_price(DwMilestone *milestones, int count,
				const DwReversal *reversal, bool released, int64_t price)
{
	const DwUuid *id = reversal->milestone_id;

	for (int i = count - 1; i >= 0 && price > 0; i--)
	{
		DwMilestone *milestone = &milestones[i];

		if (id == NULL || dw_uuid_equal(&milestone->id, id))
			price = give_back(milestone, released ? &milestone->released
							  : &milestone->refunded, price);
	}
}

/*
 * The milestones follow the money: the price that is released and the
 * homeowner's share of fee and tax make what was released, and the price
 * that is paid is what the money that was kept covers.
 */
static void
follow(const DwEscrow *escrow, DwMilestone *milestones, int count,
	   const DwReversal *reversal)
{
	DwFeeTaken	taken = dw_escrow_taken(escrow, milestones, count);

	if (reversal->released > 0)
		give_back_price(milestones, count, reversal, true,
						dw_fee_borne(escrow->terms.payer,
									 taken.fee + taken.tax) - taken.borne);
	if (reversal->refunded > 0)
		give_back_price(milestones, count, reversal, false,
						dw_escrow_covered(escrow, dw_escrow_kept(escrow)) -
						dw_escrow_price_paid(milestones, count));
}

DwResult
dw_chargeback_regain(DwEscrow *escrow, DwMilestone *milestones, int count,
					 DwChargeback *chargeback, const DwChargebackSum *others)
{
	const DwReversal regained = {.refunded = chargeback->held_amount};

	if (chargeback->status != DW_CHARGEBACK_LOST)
		return DW_INVALID_TRANSITION;
	chargeback->status = DW_CHARGEBACK_WON;
	if (chargeback->is_detached)
		return DW_OK;
	dw_milestones_rest(milestones, count);
	escrow->contested = others->open_held;
	escrow->charged_back -= chargeback->held_amount;
	escrow->held += chargeback->held_amount;
	follow(escrow, milestones, count, &regained);
	dw_escrow_derive(escrow, milestones, count);
	return DW_OK;
}

DwResult
dw_escrow_reverse(DwEscrow *escrow, DwMilestone *milestones, int count,
				  const DwReversal *reversal, int64_t clawed_back)
{
	if (escrow->frozen)
		return DW_INVALID_TRANSITION;
	if (reversal->released > escrow->released - clawed_back ||
		reversal->refunded > escrow->refunded ||
		reversal->fee > escrow->fee_taken ||
		reversal->tax > escrow->tax_taken)
		return DW_INSUFFICIENT_FUNDS;
	/* a release of which the provider gave back has no longer its shares */
	if (escrow->fee_taken - reversal->fee + escrow->tax_taken -
		reversal->tax > escrow->released - reversal->released)
		return DW_INSUFFICIENT_FUNDS;
	dw_milestones_rest(milestones, count);
	escrow->released -= reversal->released;
	escrow->fee_taken -= reversal->fee;
	escrow->tax_taken -= reversal->tax;
	escrow->refunded -= reversal->refunded;
	escrow->held += reversal->released + reversal->refunded;
	follow(escrow, milestones, count, reversal);
	dw_escrow_derive(escrow, milestones, count);
	return DW_OK;
}

int64_t
dw_released_since(const DwReleased *releases, int count, DwFeePayer payer,
				  const DwUuid *milestone_id, int64_t since)
{
	static const DwUuid none;
	int64_t		sum = 0;

	/* parts of what was paid in: the sum fits */
	for (int i = 0; i < count; i++)
	{
		const DwReleased *release = &releases[i];
		int64_t		taken = release->fee + release->tax;

		if (release->at >= since &&
			(milestone_id == NULL ||
			 dw_uuid_equal(&release->milestone_id, milestone_id) ||
			 dw_uuid_equal(&release->milestone_id, &none)))
			sum += release->net + taken - dw_fee_borne(payer, taken);
	}
	return sum;
}

/* What of a price is released, of one milestone or of all. */
static int64_t
price_released(const DwMilestone *milestones, int count, const DwUuid *id)
{
	int64_t		sum = 0;

	for (int i = 0; i < count; i++)
		if (id == NULL || dw_uuid_equal(&milestones[i].id, id))
			sum += milestones[i].released;
	return sum;
}

int64_t
dw_released_left(const DwEscrow *escrow, const DwMilestone *milestones,
				 int count, const DwUuid *milestone_id, int64_t clawed_back)
{
	int64_t		left = escrow->released - clawed_back;

	return left <= 0 ? 0
		: dw_money_lesser(left, price_released(milestones, count,
											   milestone_id));
}

int64_t
dw_dispute_taken_back(const DwDispute *dispute, int64_t figure, int64_t left)
{
	return dw_money_lesser(dispute->amount, left) -
		dw_money_lesser(figure, left);
}

/* Gives up a price of released work, the last milestone first. */
static void
give_up_released(DwMilestone *milestones, int count, const DwUuid *id,
				 int64_t price)
{
	dw_milestones_rest(milestones, count);
	for (int i = count - 1; i >= 0; i--)
	{
		DwMilestone *milestone = &milestones[i];
		int64_t		part = dw_money_lesser(price, milestone->released);

		if (part == 0 ||
			(id != NULL && !dw_uuid_equal(&milestone->id, id)))
			continue;
		milestone->released -= part;
		milestone->refunded += part;
		milestone->moved = part;
		price -= part;
		if (milestone->status == DW_MILESTONE_RELEASED &&
			milestone->released == 0)
			milestone->status = DW_MILESTONE_REFUNDED;
	}
}

/* The part of what was taken that the work which stays does not owe. */
static int64_t
no_longer_due(int64_t taken, int64_t due, int64_t room)
{
	return taken > due ? dw_money_lesser(taken - due, room) : 0;
}

/* What the releases of a price would have come to, at once. */
static DwFeeQuote
released_for(const DwEscrow *escrow, int64_t price)
{
	DwFeeQuote	quote = {.charge = price};

	/* no overflow: the charge of the contract was reckoned with checks */
	(void) dw_fee_quote(&escrow->terms, price, &quote);
	return quote;
}

/* The highest price up to this one that takes back at most so much. */
static int64_t
price_within(const DwEscrow *escrow, int64_t released, int64_t price,
			 int64_t money)
{
	int64_t		low = 0;
	const int64_t most = escrow->released - money;

	if (price <= 0 || money <= 0)
		return 0;
	/* seldom has a bank taken any of it */
	if (released_for(escrow, released - price).charge >= most)
		return price;
	/* as in dw_escrow_covered(): it rises with steps and rounding */
	while (low < price)
	{
		int64_t		middle = low + (price - low + 1) / 2;

		if (released_for(escrow, released - middle).charge >= most)
			low = middle;
		else
			price = middle - 1;
	}
	return low;
}

DwResult
dw_escrow_take_back(DwEscrow *escrow, DwMilestone *milestones, int count,
					int64_t clawed_back, DwTakeBack *back)
{
	int64_t		released = price_released(milestones, count, NULL);
	int64_t		room;
	DwFeeQuote	stays;

	if (escrow->frozen)
		return DW_INVALID_TRANSITION;
	if (back->milestone_id != NULL &&
		dw_milestones_find(milestones, count, back->milestone_id) == NULL)
		return DW_NOT_FOUND;
	back->price = dw_money_lesser(back->price,
								  price_released(milestones, count,
												 back->milestone_id));
	back->price = price_within(escrow, released, back->price,
							   escrow->released - clawed_back);
	stays = released_for(escrow, released - back->price);
	back->taken = no_longer_due(escrow->released, stays.charge, INT64_MAX);

	/*
	 * What is taken makes the releases what they would have been without it,
	 * and what goes back leaves the charge of the work that stays paid: where
	 * the fee is no straight line they differ, and the escrow bears it.
	 */
	room = escrow->held - escrow->disputed + back->taken;
	back->amount = dw_money_lesser(dw_escrow_unearned(escrow, milestones,
													  count, back->price),
								   room);
	if (back->price == 0 || back->amount <= 0)
		back->price = back->amount = back->taken = 0;
	back->fee = no_longer_due(escrow->fee_taken, stays.fee, back->taken);
	back->tax = no_longer_due(escrow->tax_taken, stays.tax,
							  back->taken - back->fee);
	give_up_released(milestones, count, back->milestone_id, back->price);
	escrow->released -= back->taken;
	escrow->held += back->taken - back->amount;
	escrow->refunded += back->amount;
	escrow->fee_taken -= back->fee;
	escrow->tax_taken -= back->tax;
	dw_escrow_derive(escrow, milestones, count);
	return DW_OK;
}

DwGivers
dw_take_back_divide(int64_t amount, int64_t available, bool is_there)
{
	DwGivers	givers = {0};

	if (available > 0)
		givers.available = dw_money_lesser(amount, available);
	if (is_there)
		givers.owed = amount - givers.available;
	else
		givers.loss = amount - givers.available;
	return givers;
}
