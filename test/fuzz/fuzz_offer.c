/*
 * fuzz_offer.c
 *		Whatever two sides say about a bid, their numbers close in, and nobody
 *		is held to what they did not say.
 *
 * A stream of counter-offers and answers about one bid, which is revised now
 * and then.  Beside it stand, by the words of the documentation, the last
 * number that either side stands by.  Change orders are a part of
 * fuzz_escrow.
 */
#include "fuzz.h"

#include "core/offer/offer.h"

#define TOLD_MAX	24

/* One dialogue. */
typedef struct Dialogue
{
	DwCounterBid bid;			/* about this */
	DwCounter	told[TOLD_MAX]; /* in their order */
	int			count;			/* of them */
}			Dialogue;

/* The last number of a side for this version; the bid's, or the least's. */
static int64_t
standing(const Dialogue * dialogue, DwActorKind side)
{
	for (int i = dialogue->count - 1; i >= 0; i--)
	{
		const DwCounter *one = &dialogue->told[i];

		if (one->side == side && one->status != DW_OFFER_WITHDRAWN &&
			one->bid_version == dialogue->bid.bid_version)
			return one->amount;
	}
	if (side == DW_ACTOR_PROVIDER)
		return dialogue->bid.amount;
	return (dialogue->bid.least > 1 ? dialogue->bid.least : 1) - 1;
}

/* Whose number stands last, or the provider's: the bid. */
static DwActorKind
last_side(const Dialogue * dialogue)
{
	for (int i = dialogue->count - 1; i >= 0; i--)
		if (dialogue->told[i].status != DW_OFFER_WITHDRAWN &&
			dialogue->told[i].bid_version == dialogue->bid.bid_version)
			return dialogue->told[i].side;
	return DW_ACTOR_PROVIDER;
}

/* The window is what stands, and its turn the other side's. */
static DwCounterWindow
check_window(const Dialogue * dialogue)
{
	DwCounterWindow window = dw_counter_window(&dialogue->bid, dialogue->told,
											   dialogue->count);

	check(window.above == standing(dialogue, DW_ACTOR_HOMEOWNER));
	check(window.below == standing(dialogue, DW_ACTOR_PROVIDER));
	check(window.turn != last_side(dialogue));
	check(window.turn == DW_ACTOR_HOMEOWNER ||
		  window.turn == DW_ACTOR_PROVIDER);
	return window;
}

/* The one that waits for an answer; NULL: none. */
static DwCounter *
pending(Dialogue * dialogue)
{
	for (int i = 0; i < dialogue->count; i++)
		if (dialogue->told[i].status == DW_OFFER_PENDING)
		{
			check(i == dialogue->count - 1);
			return &dialogue->told[i];
		}
	return NULL;
}

/* Moves an offer, if its table lets that side; true when it did. */
static bool
offer_move(DwCounter *offer, DwOfferEvent event, DwActorKind actor)
{
	int			next;

	if (offer == NULL ||
		dw_machine_next(dw_offer_machine(), offer->status, event, actor,
						&next) != DW_OK)
		return false;
	check(offer->status == DW_OFFER_PENDING);
	offer->status = (DwOfferStatus) next;
	return true;
}

/* A side names a number: in turn and between, it is taken; else not. */
static void
step_counter(FuzzInput * input, Dialogue * dialogue)
{
	DwCounterWindow window = check_window(dialogue);
	DwActorKind side = fuzz_range(input, 0, 1) ? DW_ACTOR_HOMEOWNER :
		DW_ACTOR_PROVIDER;
	int64_t		amount = fuzz_range(input, 0, 3) == 0 ? fuzz_int64(input) :
		fuzz_range(input, window.above, window.below);
	bool		is_right = side == window.turn && amount > window.above &&
		amount < window.below;
	DwResult	result = dw_counter_judge(&window, side, amount);

	check((result == DW_OK) == is_right);
	check(result == DW_OK || result == (side == window.turn ? DW_BAD_VALUE :
										DW_INVALID_TRANSITION));
	if (result != DW_OK || dialogue->count == TOLD_MAX)
		return;
	check(amount >= dialogue->bid.least && amount > 0);
	check(amount < dialogue->bid.amount);
	if (pending(dialogue) != NULL)
		check(offer_move(pending(dialogue), DW_OFFER_EVENT_COUNTER, side));
	dialogue->told[dialogue->count++] = (DwCounter)
	{
		side, amount, dialogue->bid.bid_version, DW_OFFER_PENDING
	};
}

/* The bid has another amount, and so another version. */
static void
bid_set(Dialogue * dialogue, int64_t amount)
{
	dialogue->bid.amount = amount;
	dialogue->bid.bid_version++;
}

/* A side says yes or no to what waits. */
static void
step_answer(FuzzInput * input, Dialogue * dialogue)
{
	DwCounter  *offer = pending(dialogue);
	DwActorKind side = fuzz_range(input, 0, 1) ? DW_ACTOR_HOMEOWNER :
		DW_ACTOR_PROVIDER;
	bool		is_accepted = fuzz_range(input, 0, 1) == 1;
	int64_t		labor = fuzz_range(input, 0, dialogue->bid.amount);
	int64_t		materials = dialogue->bid.amount - labor;
	int64_t		had_labor = labor;
	int64_t		had_materials = materials;
	DwOfferEvent event;

	if (offer == NULL)
		return;
	if (dw_offer_answer(side == offer->side, is_accepted, &event) != DW_OK)
	{
		check(side == offer->side && is_accepted);
		return;
	}
	check(offer_move(offer, event, side));
	check((offer->status == DW_OFFER_WITHDRAWN) == (side == offer->side));
	check((offer->status == DW_OFFER_ACCEPTED) == is_accepted);
	/* what was answered is answered */
	check(!offer_move(offer, event, side));
	if (!is_accepted)
		return;
	dw_counter_divide(offer->amount, &labor, &materials);
	check(labor >= 0 && labor <= had_labor);
	check(materials >= 0 && materials <= had_materials);
	check(labor + materials == offer->amount);
	check(labor == 0 || materials == had_materials);
	bid_set(dialogue, offer->amount);
}

/* What waits has had its time, or the bid is another. */
static void
step_end(FuzzInput * input, Dialogue * dialogue)
{
	DwCounter  *offer = pending(dialogue);
	DwCounterWindow before = check_window(dialogue);
	DwCounterWindow after;

	if (fuzz_range(input, 0, 3) == 0)
	{
		(void) offer_move(offer, DW_OFFER_EVENT_OVERTAKE, DW_ACTOR_PROVIDER);
		bid_set(dialogue, fuzz_range(input, 1, INT64_MAX));
		return;
	}
	(void) offer_move(offer, DW_OFFER_EVENT_EXPIRE, DW_ACTOR_SYSTEM);
	after = check_window(dialogue);
	/* silence takes no concession back */
	check(after.turn == before.turn && after.above == before.above &&
		  after.below == before.below);
}

/* One input: a bid and what is said about it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	Dialogue	dialogue = {
		.bid = {
			fuzz_range(&input, 0, 1) ? fuzz_range(&input, 1, 1000) :
			fuzz_range(&input, 1, INT64_MAX), 1, 0
		}
	};

	dialogue.bid.least = fuzz_range(&input, 0, dialogue.bid.amount);
	while (input.size > 0)
		switch (fuzz_range(&input, 0, 4))
		{
			case 0:
				step_answer(&input, &dialogue);
				break;
			case 1:
				step_end(&input, &dialogue);
				break;
			default:
				step_counter(&input, &dialogue);
		}
	(void) check_window(&dialogue);
	return 0;
}
