/*
 * bid.c
 *		Decides what may happen to a bid.
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
	[DW_BID_REASON_EXPIRED] = "expired",
	[DW_BID_REASON_WITHDRAWN] = "withdrawn"
};

static const DwBidStatus bid_reason_states[] = {
	[DW_BID_REASON_NOT_SELECTED] = DW_BID_REJECTED,
	[DW_BID_REASON_DECLINED] = DW_BID_REJECTED,
	[DW_BID_REASON_JOB_CANCELLED] = DW_BID_REJECTED,
	[DW_BID_REASON_JOB_EXPIRED] = DW_BID_EXPIRED,
	[DW_BID_REASON_NOT_CONFIRMED] = DW_BID_EXPIRED,
	[DW_BID_REASON_EXPIRED] = DW_BID_EXPIRED,
	[DW_BID_REASON_WITHDRAWN] = DW_BID_WITHDRAWN
};

static const char *const bid_event_labels[] = {
	[DW_BID_EVENT_SUBMIT] = "submit_bid",
	[DW_BID_EVENT_REVISE] = "revise_bid",
	[DW_BID_EVENT_CONFIRM_TERMS] = "confirm_bid",
	[DW_BID_EVENT_COUNTER] = "counter_bid",
	[DW_BID_EVENT_ACCEPT] = "accept_bid",
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
	RULE(PENDING, ACCEPT, HOMEOWNER, ACCEPTED, "the bid is eligible"),
	RULE(PENDING, NOT_SELECTED, HOMEOWNER, REJECTED, NULL),
	RULE(PENDING, REJECT, HOMEOWNER, REJECTED, NULL),
	RULE(PENDING, WITHDRAW, PROVIDER, WITHDRAWN, NULL),
	RULE(PENDING, EXPIRE, SYSTEM, EXPIRED, "past expires_at"),
	RULE(PENDING, JOB_CANCELLED, HOMEOWNER, REJECTED, NULL),
	RULE(PENDING, JOB_EXPIRED, SYSTEM, EXPIRED, NULL),

	RULE(ACCEPTED, CONFIRM_AWARD, PROVIDER, ACCEPTED, "not past confirm_by"),
	RULE(ACCEPTED, WITHDRAW, PROVIDER, WITHDRAWN,
		 "the award is not confirmed"),
	RULE(ACCEPTED, LAPSE, SYSTEM, EXPIRED,
		 "past confirm_by and the award is not confirmed"),
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

/* States are DwBidStatus, events are DwBidEvent. */
const DwMachine *
dw_bid_machine(void)
{
	return &bid_machine;
}

/* The state in which a reason leaves a bid. */
DwBidStatus
dw_bid_reason_status(DwBidReason reason)
{
	return bid_reason_states[reason];
}
