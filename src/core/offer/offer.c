/*
 * offer.c
 *		Decides what becomes of an offer, and what amount may answer another.
 *
 * Of counter-offers the numbers can only come closer: each lies strictly
 * between the last number of the one side and that of the other, of which
 * the bid's own is the provider's first.  So any dialogue ends, and nobody
 * takes back what they have conceded, but by making another bid.
 */
#include "core/offer/offer.h"

static const char *const offer_status_labels[] = {
	[DW_OFFER_PENDING] = "pending",
	[DW_OFFER_ACCEPTED] = "accepted",
	[DW_OFFER_REJECTED] = "rejected",
	[DW_OFFER_WITHDRAWN] = "withdrawn",
	[DW_OFFER_EXPIRED] = "expired",
	[DW_OFFER_COUNTERED] = "countered"
};

static const char *const offer_event_labels[] = {
	[DW_OFFER_EVENT_PROPOSE] = "propose",
	[DW_OFFER_EVENT_ACCEPT] = "accept",
	[DW_OFFER_EVENT_REJECT] = "reject",
	[DW_OFFER_EVENT_WITHDRAW] = "withdraw",
	[DW_OFFER_EVENT_COUNTER] = "counter",
	[DW_OFFER_EVENT_EXPIRE] = "expire",
	[DW_OFFER_EVENT_OVERTAKE] = "overtake",
	[DW_OFFER_EVENT_RECALL] = "recall"
};

/* Definitions of the label and parse functions that offer.h promises. */
DW_LABELS(offer_status, DwOfferStatus, offer_status_labels);
DW_LABELS(offer_event, DwOfferEvent, offer_event_labels);

#define SIDES		(DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER)
#define ANYBODY		DW_ACTOR_ANY
#define RULE(event, actors, to, guard) \
	{DW_OFFER_PENDING, DW_OFFER_EVENT_##event, actors, DW_OFFER_##to, guard}

#define BY_MAKER	"by who made it"
#define BY_OTHER	"by the other side"
#define RECALL(from) \
	{DW_OFFER_##from, DW_OFFER_EVENT_RECALL, DW_ACTOR_HOMEOWNER, \
		DW_OFFER_WITHDRAWN, "of an invitation to bid, the job is open"}

/*
 * An offer that was answered, or is over, moves no more; only an invitation
 * to bid, which lets a provider see a job, can be taken back after that.
 */
static const DwRule offer_rules[] = {
	{DW_STATE_NONE, DW_OFFER_EVENT_PROPOSE, SIDES, DW_OFFER_PENDING, NULL},
	RULE(ACCEPT, SIDES, ACCEPTED, BY_OTHER),
	RULE(REJECT, SIDES, REJECTED, BY_OTHER),
	RULE(WITHDRAW, SIDES, WITHDRAWN, BY_MAKER),
	RULE(COUNTER, SIDES, COUNTERED, BY_OTHER),
	RULE(EXPIRE, DW_ACTOR_SYSTEM, EXPIRED, "past expires_at"),
	RULE(OVERTAKE, ANYBODY, EXPIRED, "what it is about has changed or ended"),
	RECALL(ACCEPTED),
	RECALL(REJECTED)
};

static const DwMachine offer_machine = {
	.name = "offer",
	.states = offer_status_labels,
	.events = offer_event_labels,
	.rules = offer_rules,
	.state_count = DW_LENGTH(offer_status_labels),
	.event_count = DW_LENGTH(offer_event_labels),
	.rule_count = DW_LENGTH(offer_rules),
	.resting = DW_STATE_BIT(DW_OFFER_ACCEPTED) |
	DW_STATE_BIT(DW_OFFER_REJECTED) |
	DW_STATE_BIT(DW_OFFER_WITHDRAWN) |
	DW_STATE_BIT(DW_OFFER_EXPIRED) |
	DW_STATE_BIT(DW_OFFER_COUNTERED)
};

const DwMachine *
dw_offer_machine(void)
{
	return &offer_machine;
}

DwResult
dw_offer_answer(bool is_maker, bool is_accepted, DwOfferEvent *event)
{
	if (is_maker && is_accepted)
		return DW_FORBIDDEN;
	if (is_maker)
		*event = DW_OFFER_EVENT_WITHDRAW;
	else
		*event = is_accepted ? DW_OFFER_EVENT_ACCEPT : DW_OFFER_EVENT_REJECT;
	return DW_OK;
}

DwCounterWindow
dw_counter_window(const DwCounterBid *bid, const DwCounter *counters,
				  int count)
{
	/* money is whole and positive, so "at least" is "more than one less" */
	DwCounterWindow window = {
		.turn = DW_ACTOR_HOMEOWNER,
		.above = (bid->least > 1 ? bid->least : 1) - 1,
		.below = bid->amount
	};

	for (int i = 0; i < count; i++)
	{
		const DwCounter *counter = &counters[i];

		/*
		 * Another version of the bid was another dialogue.  What was taken
		 * back does not stand, and its maker may speak again; what was
		 * rejected, or not answered in time, stays what they have conceded.
		 */
		if (counter->bid_version != bid->bid_version ||
			counter->status == DW_OFFER_WITHDRAWN)
			continue;
		if (counter->side == DW_ACTOR_HOMEOWNER)
		{
			window.above = counter->amount;
			window.turn = DW_ACTOR_PROVIDER;
		}
		else
		{
			window.below = counter->amount;
			window.turn = DW_ACTOR_HOMEOWNER;
		}
	}
	return window;
}

DwResult
dw_counter_judge(const DwCounterWindow *window, DwActorKind side,
				 int64_t amount)
{
	if (side != window->turn)
		return DW_INVALID_TRANSITION;
	if (amount <= window->above || amount >= window->below)
		return DW_BAD_VALUE;
	return DW_OK;
}

void
dw_counter_divide(int64_t amount, int64_t *labor_cost,
				  int64_t *materials_cost)
{
	if (*materials_cost > amount)
		*materials_cost = amount;
	*labor_cost = amount - *materials_cost;
}
