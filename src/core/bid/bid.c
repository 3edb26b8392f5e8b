/*
 * bid.c
 *		Decides what may happen to a bid, and what bids are measured against.
 *
 * The tables below are all there is to say about the life of a bid: commands
 * ask the machine and never compare states themselves, and
 * dwello.bid_transitions() shows its rules.
 *
 * "Live" is pending.  Accepting one bid rejects its live rivals as
 * not_selected; when the award lapses, one of those takes it over.  An agent
 * of the provider's bids as the system.
 */
#include "core/bid/bid.h"

#include "core/base/base.h"

static const char *const bid_status_labels[] = {
	[DW_BID_PENDING] = "pending",
	[DW_BID_ACCEPTED] = "accepted",
	[DW_BID_REJECTED] = "rejected",
	[DW_BID_WITHDRAWN] = "withdrawn",
	[DW_BID_EXPIRED] = "expired"
};

static const char *const bid_reason_labels[] = {
	[DW_BID_REASON_NOT_SELECTED] = "not_selected",
	[DW_BID_REASON_DECLINED] = "declined",
	[DW_BID_REASON_JOB_CANCELLED] = "job_cancelled",
	[DW_BID_REASON_JOB_EXPIRED] = "job_expired",
	[DW_BID_REASON_NOT_CONFIRMED] = "not_confirmed",
	[DW_BID_REASON_NOT_FUNDED] = "not_funded",
	[DW_BID_REASON_EXPIRED] = "expired",
	[DW_BID_REASON_WITHDRAWN] = "withdrawn"
};

/*
 * Each reason belongs to one state, so that a row's reason and status cannot
 * contradict each other; not_selected alone can be taken back (reoffer).
 */
static const DwBidStatus bid_reason_states[] = {
	[DW_BID_REASON_NOT_SELECTED] = DW_BID_REJECTED,
	[DW_BID_REASON_DECLINED] = DW_BID_REJECTED,
	[DW_BID_REASON_JOB_CANCELLED] = DW_BID_REJECTED,
	[DW_BID_REASON_JOB_EXPIRED] = DW_BID_EXPIRED,
	[DW_BID_REASON_NOT_CONFIRMED] = DW_BID_EXPIRED,
	[DW_BID_REASON_NOT_FUNDED] = DW_BID_EXPIRED,
	[DW_BID_REASON_EXPIRED] = DW_BID_EXPIRED,
	[DW_BID_REASON_WITHDRAWN] = DW_BID_WITHDRAWN
};

static const char *const bid_event_labels[] = {
	[DW_BID_EVENT_SUBMIT] = "submit_bid",
	[DW_BID_EVENT_REVISE] = "revise_bid",
	[DW_BID_EVENT_CONFIRM_TERMS] = "confirm_bid",
	[DW_BID_EVENT_COUNTER] = "counter_bid",
	[DW_BID_EVENT_AGREE] = "answer_counter",
	[DW_BID_EVENT_ACCEPT] = "accept_bid",
	[DW_BID_EVENT_HIRE] = "answer_invite",
	[DW_BID_EVENT_CONFIRM_AWARD] = "confirm_award",
	[DW_BID_EVENT_NOT_SELECTED] = "not_selected",
	[DW_BID_EVENT_REJECT] = "reject_bid",
	[DW_BID_EVENT_WITHDRAW] = "withdraw_bid",
	[DW_BID_EVENT_EXPIRE] = "expire_bids",
	[DW_BID_EVENT_LAPSE] = "lapse",
	[DW_BID_EVENT_REOFFER] = "reoffer",
	[DW_BID_EVENT_JOB_CANCELLED] = "cancel_job",
	[DW_BID_EVENT_JOB_EXPIRED] = "expire_jobs"
};

/* Definitions of the label and parse functions that bid.h promises. */
DW_LABELS(bid_status, DwBidStatus, bid_status_labels);
DW_LABELS(bid_reason, DwBidReason, bid_reason_labels);
DW_LABELS(bid_event, DwBidEvent, bid_event_labels);

#define HOMEOWNER	DW_ACTOR_HOMEOWNER
#define PROVIDER	DW_ACTOR_PROVIDER
#define SYSTEM		DW_ACTOR_SYSTEM
#define RULE(from, event, actors, to, guard) \
	{DW_BID_##from, DW_BID_EVENT_##event, actors, DW_BID_##to, guard}

static const DwRule bid_rules[] = {
	{DW_STATE_NONE, DW_BID_EVENT_SUBMIT, PROVIDER | SYSTEM, DW_BID_PENDING,
	"the job is open"},

	RULE(PENDING, REVISE, PROVIDER, PENDING, NULL),
	RULE(PENDING, CONFIRM_TERMS, PROVIDER, PENDING, NULL),
	RULE(PENDING, COUNTER, HOMEOWNER | PROVIDER, PENDING, "in turn"),
	RULE(PENDING, AGREE, HOMEOWNER | PROVIDER, PENDING,
		 "the other side's counter-offer is pending"),
	RULE(PENDING, ACCEPT, HOMEOWNER, ACCEPTED, "the bid is eligible"),
	RULE(PENDING, HIRE, PROVIDER, ACCEPTED,
		 "the homeowner has offered the job at that amount"),
	RULE(PENDING, NOT_SELECTED, HOMEOWNER | PROVIDER, REJECTED, NULL),
	RULE(PENDING, REJECT, HOMEOWNER, REJECTED, NULL),
	RULE(PENDING, WITHDRAW, PROVIDER, WITHDRAWN, NULL),
	RULE(PENDING, EXPIRE, SYSTEM, EXPIRED, "past expires_at"),
	RULE(PENDING, JOB_CANCELLED, HOMEOWNER, REJECTED, NULL),
	RULE(PENDING, JOB_EXPIRED, SYSTEM, EXPIRED, NULL),

	RULE(ACCEPTED, CONFIRM_AWARD, PROVIDER, ACCEPTED, "not past confirm_by"),
	RULE(ACCEPTED, WITHDRAW, PROVIDER, WITHDRAWN,
		 "the award is not confirmed, or the contract not funded"),
	RULE(ACCEPTED, LAPSE, SYSTEM, EXPIRED,
		 "past confirm_by and not confirmed, or past fund_by and not funded"),
	RULE(ACCEPTED, JOB_CANCELLED, HOMEOWNER, REJECTED, NULL),

	RULE(REJECTED, REOFFER, SYSTEM | PROVIDER, ACCEPTED,
		 "not selected, next in rank and eligible")
};

static const DwMachine bid_machine = {
	.name = "bid",
	.states = bid_status_labels,
	.events = bid_event_labels,
	.rules = bid_rules,
	.state_count = DW_LENGTH(bid_status_labels),
	.event_count = DW_LENGTH(bid_event_labels),
	.rule_count = DW_LENGTH(bid_rules),
	.resting = DW_STATE_BIT(DW_BID_ACCEPTED) |
	DW_STATE_BIT(DW_BID_REJECTED) |
	DW_STATE_BIT(DW_BID_WITHDRAWN) |
	DW_STATE_BIT(DW_BID_EXPIRED)
};

const DwMachine *
dw_bid_machine(void)
{
	return &bid_machine;
}

DwBidStatus
dw_bid_reason_status(DwBidReason reason)
{
	return bid_reason_states[reason];
}

static const char *const source_labels[DW_REFERENCE_COUNT] = {
	[DW_REFERENCE_BUDGET_MIDPOINT] = "budget_midpoint",
	[DW_REFERENCE_BUDGET_MAX] = "budget_max",
	[DW_REFERENCE_MARKET] = "market",
	[DW_REFERENCE_CATEGORY_DEFAULT] = "category_default",
};

/* Half way between two amounts that are not negative, less the remainder. */
static int64_t
midpoint(int64_t a, int64_t b)
{
	return a + (b - a) / 2;
}

/*
 * The amount a source gives, or none; a budget_min alone says nothing about
 * what the work may cost.  80 % of a budget_max: homeowners name what they
 * could pay at most, and a reference at that end would give points to every
 * bid that stays below it.
 */
static int64_t
source_amount(const DwReferenceFacts *facts, DwReferenceSource source)
{
	int64_t		amount = DW_REFERENCE_ABSENT;

	switch (source)
	{
		case DW_REFERENCE_BUDGET_MIDPOINT:
			if (facts->budget_min >= 0 && facts->budget_max >= 0)
				amount = midpoint(facts->budget_min, facts->budget_max);
			break;
		case DW_REFERENCE_BUDGET_MAX:
			if (facts->budget_max >= 0)
				(void) dw_money_scale(facts->budget_max, 8, 10, &amount);
			break;
		case DW_REFERENCE_MARKET:
			amount = facts->market;
			break;
		case DW_REFERENCE_CATEGORY_DEFAULT:
			amount = facts->category_default;
			break;
		default:
			break;
	}
	return amount;
}

DwReference
dw_reference_choose(const DwReferenceFacts *facts)
{
	DwReference reference = {0, DW_REFERENCE_NONE};

	for (int i = DW_REFERENCE_NONE + 1; i < DW_REFERENCE_COUNT; i++)
	{
		int64_t		amount = source_amount(facts, (DwReferenceSource) i);

		if (amount > 0)
		{
			reference.amount = amount;
			reference.source = (DwReferenceSource) i;
			break;
		}
	}
	return reference;
}

/* Definitions of the label and parse functions that bid.h promises. */
DW_LABELS(reference_source, DwReferenceSource, source_labels);
