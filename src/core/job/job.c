/*
 * job.c
 *		Decides what may happen to a job.
 *
 * An award that is not confirmed in time, or whose provider withdraws, has
 * lapsed: the next eligible bid takes it (reoffer), or the job takes bids
 * again (reopen), or it expires.  What follows from the escrow happens to
 * the job by itself: it is disputed while all that is held is, and the last
 * deed completes it; that is done by the system, whoever's deed it was.
 */
#include "core/job/job.h"

#include "core/base/base.h"

static const char *const job_status_labels[] = {
	[DW_JOB_DRAFT] = "draft",
	[DW_JOB_OPEN] = "open",
	[DW_JOB_AWARDED] = "awarded",
	[DW_JOB_IN_PROGRESS] = "in_progress",
	[DW_JOB_COMPLETED] = "completed",
	[DW_JOB_CANCELLED] = "cancelled",
	[DW_JOB_DISPUTED] = "disputed"
};

static const char *const urgency_labels[] = {
	[DW_URGENCY_LOW] = "low",
	[DW_URGENCY_MEDIUM] = "medium",
	[DW_URGENCY_HIGH] = "high",
	[DW_URGENCY_URGENT] = "urgent"
};

static const char *const bid_mode_labels[] = {
	[DW_BID_MODE_SEALED] = "sealed",
	[DW_BID_MODE_OPEN] = "open",
	[DW_BID_MODE_RANK_ONLY] = "rank_only"
};

static const char *const job_event_labels[] = {
	[DW_JOB_EVENT_POST] = "post_job",
	[DW_JOB_EVENT_EDIT] = "edit_job",
	[DW_JOB_EVENT_PUBLISH] = "publish_job",
	[DW_JOB_EVENT_ACCEPT] = "accept_bid",
	[DW_JOB_EVENT_CONFIRM] = "confirm_award",
	[DW_JOB_EVENT_REOFFER] = "reoffer",
	[DW_JOB_EVENT_REOPEN] = "reopen",
	[DW_JOB_EVENT_START] = "start_job",
	[DW_JOB_EVENT_REPORT] = "report_progress",
	[DW_JOB_EVENT_COMPLETE] = "complete_job",
	[DW_JOB_EVENT_CANCEL] = "cancel_job",
	[DW_JOB_EVENT_EXPIRE] = "expire_jobs",
	[DW_JOB_EVENT_DISPUTE] = "dispute",
	[DW_JOB_EVENT_SETTLE] = "settle"
};

/* Definitions of the label and parse functions that job.h promises. */
DW_LABELS(job_status, DwJobStatus, job_status_labels);
DW_LABELS(urgency, DwUrgency, urgency_labels);
DW_LABELS(bid_mode, DwBidMode, bid_mode_labels);
DW_LABELS(job_event, DwJobEvent, job_event_labels);

#define HOMEOWNER	DW_ACTOR_HOMEOWNER
#define PROVIDER	DW_ACTOR_PROVIDER
#define MEDIATOR	(DW_ACTOR_SUPPORT | DW_ACTOR_ADMIN)
#define SYSTEM		DW_ACTOR_SYSTEM
#define RULE(from, event, actors, to, guard) \
	{DW_JOB_##from, DW_JOB_EVENT_##event, actors, DW_JOB_##to, guard}

#define DONE		"nothing is held and all required milestones are released"
#define BEGUN		"work has begun"
#define NOT_BEGUN	"work has not begun"

static const DwRule job_rules[] = {
	{DW_STATE_NONE, DW_JOB_EVENT_POST, HOMEOWNER, DW_JOB_DRAFT, NULL},

	RULE(DRAFT, EDIT, HOMEOWNER, DRAFT, NULL),
	RULE(DRAFT, PUBLISH, HOMEOWNER, OPEN, NULL),
	RULE(DRAFT, CANCEL, HOMEOWNER, CANCELLED, NULL),

	RULE(OPEN, EDIT, HOMEOWNER, OPEN, NULL),
	RULE(OPEN, ACCEPT, HOMEOWNER, AWARDED, "the bid is eligible"),
	RULE(OPEN, CANCEL, HOMEOWNER, CANCELLED, NULL),
	RULE(OPEN, EXPIRE, SYSTEM, CANCELLED, "past expires_at"),

	RULE(AWARDED, CONFIRM, PROVIDER, AWARDED, "not past confirm_by"),
	RULE(AWARDED, REOFFER, SYSTEM | PROVIDER, AWARDED,
		 "the award lapsed and another bid is eligible"),
	RULE(AWARDED, REOPEN, SYSTEM | PROVIDER, OPEN,
		 "the award lapsed and no other bid is eligible"),
	RULE(AWARDED, EXPIRE, SYSTEM | PROVIDER, CANCELLED,
		 "the award lapsed, no other bid is eligible, past expires_at"),
	RULE(AWARDED, START, PROVIDER, IN_PROGRESS,
		 "the escrow is held, or escrow_payments is off"),
	RULE(AWARDED, CANCEL, HOMEOWNER, CANCELLED, "nothing is held"),
	RULE(AWARDED, COMPLETE, SYSTEM, COMPLETED, DONE),
	RULE(AWARDED, DISPUTE, HOMEOWNER | PROVIDER | SYSTEM, DISPUTED,
		 "all that is held is disputed"),

	RULE(IN_PROGRESS, REPORT, PROVIDER, IN_PROGRESS, NULL),
	RULE(IN_PROGRESS, COMPLETE, HOMEOWNER, COMPLETED, "nothing is held"),
	RULE(IN_PROGRESS, COMPLETE, SYSTEM, COMPLETED, DONE),
	RULE(IN_PROGRESS, DISPUTE, HOMEOWNER | PROVIDER | SYSTEM, DISPUTED,
		 "all that is held is disputed"),

	RULE(DISPUTED, SETTLE, HOMEOWNER | PROVIDER | MEDIATOR | SYSTEM,
		 IN_PROGRESS, BEGUN),
	RULE(DISPUTED, SETTLE, HOMEOWNER | PROVIDER | MEDIATOR | SYSTEM,
		 AWARDED, NOT_BEGUN)
};

static const DwMachine job_machine = {
	.name = "job",
	.states = job_status_labels,
	.events = job_event_labels,
	.rules = job_rules,
	.state_count = DW_LENGTH(job_status_labels),
	.event_count = DW_LENGTH(job_event_labels),
	.rule_count = DW_LENGTH(job_rules),
	.resting = DW_STATE_BIT(DW_JOB_COMPLETED) |
	DW_STATE_BIT(DW_JOB_CANCELLED),
	.holding = DW_STATE_BIT(DW_JOB_AWARDED) |
	DW_STATE_BIT(DW_JOB_IN_PROGRESS) |
	DW_STATE_BIT(DW_JOB_DISPUTED)
};

/* States are DwJobStatus, events are DwJobEvent. */
const DwMachine *
dw_job_machine(void)
{
	return &job_machine;
}

DwJobEvent
dw_job_after_lapse(bool has_next, int64_t now, int64_t expires_at)
{
	if (has_next)
		return DW_JOB_EVENT_REOFFER;
	return now < expires_at ? DW_JOB_EVENT_REOPEN : DW_JOB_EVENT_EXPIRE;
}
