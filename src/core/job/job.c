/*
 * job.c
 *		Decides what may happen to a job, also by itself when its time comes,
 *		and where a category may stand in the tree of services.
 *
 * An award that is not confirmed in time, or whose provider withdraws, has
 * lapsed: the next eligible bid takes it (reoffer), or the job takes bids
 * again (reopen), or it expires.  So has one that was confirmed and is not
 * paid in time, but then nobody is asked to take it over: the homeowner, who
 * did not pay, chooses anew.  What follows from the escrow happens to
 * the job by itself: it is disputed while all that is held is, and the last
 * command on its money completes it; that is done by the system, whoever gave
 * the command.
 *
 * The label of a timer is that of its event in the machine it belongs to,
 * where it has one.
 */
#include "core/job/job.h"

#include "core/base/base.h"

#include <stddef.h>

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

static const char *const job_side_labels[] = {
	[DW_JOB_SIDE_HOMEOWNER] = "homeowner",
	[DW_JOB_SIDE_PROVIDER] = "provider"
};

static const char *const job_event_labels[] = {
	[DW_JOB_EVENT_POST] = "post_job",
	[DW_JOB_EVENT_EDIT] = "edit_job",
	[DW_JOB_EVENT_PUBLISH] = "publish_job",
	[DW_JOB_EVENT_ACCEPT] = "accept_bid",
	[DW_JOB_EVENT_HIRE] = "answer_invite",
	[DW_JOB_EVENT_CONFIRM] = "confirm_award",
	[DW_JOB_EVENT_REOFFER] = "reoffer",
	[DW_JOB_EVENT_REOPEN] = "reopen",
	[DW_JOB_EVENT_START] = "start_job",
	[DW_JOB_EVENT_REPORT] = "report_progress",
	[DW_JOB_EVENT_COMPLETE] = "complete_job",
	[DW_JOB_EVENT_CANCEL] = "cancel_job",
	[DW_JOB_EVENT_ABANDON] = "abandon_job",
	[DW_JOB_EVENT_NO_SHOW] = "no_show",
	[DW_JOB_EVENT_REFUND] = "refund",
	[DW_JOB_EVENT_EXPIRE] = "expire_jobs",
	[DW_JOB_EVENT_DISPUTE] = "dispute",
	[DW_JOB_EVENT_SETTLE] = "settle"
};

/* Definitions of the label and parse functions that job.h promises. */
DW_LABELS(job_status, DwJobStatus, job_status_labels);
DW_LABELS(urgency, DwUrgency, urgency_labels);
DW_LABELS(bid_mode, DwBidMode, bid_mode_labels);
DW_LABELS(job_side, DwJobSide, job_side_labels);
DW_LABELS(job_event, DwJobEvent, job_event_labels);

#define HOMEOWNER	DW_ACTOR_HOMEOWNER
#define PROVIDER	DW_ACTOR_PROVIDER
#define MEDIATOR	(DW_ACTOR_SUPPORT | DW_ACTOR_ADMIN)
#define SYSTEM		DW_ACTOR_SYSTEM
#define RULE(from, event, actors, to, guard) \
	{DW_JOB_##from, DW_JOB_EVENT_##event, actors, DW_JOB_##to, guard}

#define DONE		"nothing is held and all required milestones are released"
#define SETTLED		DONE ", or what is not went back"
#define BEGUN		"work has begun"
#define NOT_BEGUN	"work has not begun"
#define NOT_DENIED	"the homeowner reports it; it is not denied, or decided so"

/*
 * Whoever may do an event in some state but not in this one is told WD101;
 * whoever may never do it 42501.  An event without a rule of the caller's
 * does not exist for them.
 */
static const DwRule job_rules[] = {
	{DW_STATE_NONE, DW_JOB_EVENT_POST, HOMEOWNER, DW_JOB_DRAFT, NULL},

	RULE(DRAFT, EDIT, HOMEOWNER, DRAFT, NULL),
	RULE(DRAFT, PUBLISH, HOMEOWNER, OPEN, NULL),
	RULE(DRAFT, CANCEL, HOMEOWNER, CANCELLED, NULL),

	RULE(OPEN, EDIT, HOMEOWNER, OPEN, NULL),
	RULE(OPEN, ACCEPT, HOMEOWNER, AWARDED, "the bid is eligible"),
	RULE(OPEN, HIRE, PROVIDER, AWARDED,
		 "the homeowner has offered it to them, who are eligible"),
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
		 "what start_requires asks for is paid, or it is not by escrow"),
	RULE(AWARDED, CANCEL, HOMEOWNER, CANCELLED,
		 "what is held goes by the cancellation policy, none is disputed"),
	RULE(AWARDED, ABANDON, PROVIDER, CANCELLED,
		 "something was paid, or it is not by escrow"),
	RULE(AWARDED, NO_SHOW, PROVIDER | SYSTEM, CANCELLED, NOT_DENIED),
	RULE(AWARDED, COMPLETE, SYSTEM, COMPLETED, DONE),
	RULE(AWARDED, DISPUTE, HOMEOWNER | PROVIDER | SYSTEM, DISPUTED,
		 "all that is held is disputed"),

	RULE(IN_PROGRESS, REPORT, PROVIDER, IN_PROGRESS, NULL),
	RULE(IN_PROGRESS, COMPLETE, HOMEOWNER, COMPLETED,
		 "nothing is held or frozen and something was released, or not by"
		 " escrow"),
	RULE(IN_PROGRESS, CANCEL, HOMEOWNER, CANCELLED,
		 "nothing is held and nothing was released"),
	RULE(IN_PROGRESS, ABANDON, PROVIDER, CANCELLED, NULL),
	RULE(IN_PROGRESS, NO_SHOW, PROVIDER | SYSTEM, CANCELLED, NOT_DENIED),
	RULE(IN_PROGRESS, REFUND, SYSTEM, CANCELLED,
		 "all that was paid went back"),
	RULE(IN_PROGRESS, COMPLETE, SYSTEM, COMPLETED, SETTLED),
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

#define MICROSECONDS_PER_DAY	INT64_C(86400000000)

DwResult
dw_contact_check(const DwContactFacts *facts, int64_t days, int64_t now)
{
	if (!facts->is_confirmed || (facts->is_escrowed && facts->funded == 0))
		return DW_INVALID_TRANSITION;
	switch (facts->status)
	{
		case DW_JOB_AWARDED:
		case DW_JOB_IN_PROGRESS:
		case DW_JOB_DISPUTED:
			return DW_OK;
		case DW_JOB_COMPLETED:
			return facts->completed_at > now - days * MICROSECONDS_PER_DAY
				? DW_OK : DW_DEADLINE_PASSED;
		default:
			return DW_INVALID_TRANSITION;
	}
}

int64_t
dw_contract_lapses_at(int64_t fund_by, bool has_payment, int64_t pay_by)
{
	return has_payment && pay_by > fund_by ? pay_by : fund_by;
}

static const char *const start_rule_labels[] = {
	[DW_START_FIRST_MILESTONE] = "first_milestone",
	[DW_START_CONTRACT] = "contract",
	[DW_START_ANY] = "any"
};

/* Definitions of the label and parse functions that job.h promises. */
DW_LABELS(start_rule, DwStartRule, start_rule_labels);

/* True when a milestone is given up, or nothing of it is left. */
static bool
is_over(const DwMilestone *milestone)
{
	return milestone->status == DW_MILESTONE_RELEASED ||
		milestone->status == DW_MILESTONE_REFUNDED ||
		milestone->status == DW_MILESTONE_CANCELLED;
}

/* The first milestone that is not over; NULL when all are. */
static const DwMilestone *
first_open(const DwMilestone *milestones, int count)
{
	for (int i = 0; i < count; i++)
		if (!is_over(&milestones[i]))
			return &milestones[i];
	return NULL;
}

/* The price of the work that is not given up, and what of it is paid. */
static DwStartPaid
price_paid(const DwMilestone *milestones, int count)
{
	DwStartPaid sum = {0, 0};

	for (int i = 0; i < count; i++)
		if (milestones[i].status != DW_MILESTONE_CANCELLED)
		{
			sum.paid += milestones[i].funded - milestones[i].refunded;
			sum.needed += milestones[i].amount - milestones[i].refunded;
		}
	return sum;
}

DwStartPaid
dw_start_paid(DwStartRule rule, const DwEscrow *escrow,
			  const DwMilestone *milestones, int count)
{
	const DwMilestone *first = first_open(milestones, count);
	DwStartPaid start = {escrow->held, 1};

	if (rule == DW_START_FIRST_MILESTONE && first != NULL)
		start = price_paid(first, 1);
	else if (rule == DW_START_CONTRACT && first != NULL)
		start = price_paid(milestones, count);
	/* what a bank has taken begins no work */
	if (escrow->held == 0)
		start.paid = 0;
	return start;
}

static const char *const timer_labels[] = {
	[DW_TIMER_EXPIRE_JOB] = "expire_jobs",
	[DW_TIMER_LAPSE_AWARD] = "lapse",
	[DW_TIMER_LAPSE_CONTRACT] = "expire_contracts",
	[DW_TIMER_FAIL_PAYMENT] = "fail_payment",
	[DW_TIMER_RELEASE_MILESTONE] = "release_due_escrows",
	[DW_TIMER_AGREE_REFUND] = "expire_refund_requests",
	[DW_TIMER_HOLD_NO_SHOW] = "expire_no_shows",
	[DW_TIMER_END_DISPUTE] = "default_decision",
	[DW_TIMER_REVEAL_REVIEW] = "reveal_review"
};

static const DwTimerFacts timer_facts[] = {
	[DW_TIMER_EXPIRE_JOB] = {DW_ACTOR_HOMEOWNER,
		"The job is cancelled as expired and its bids expire, unless the "
	"homeowner accepts a bid or cancels it before."},
	[DW_TIMER_LAPSE_AWARD] = {DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER,
		"The award goes to the next bid in rank, or the job takes bids "
		"again, unless the provider confirms it or the homeowner cancels "
	"the job before."},
	[DW_TIMER_LAPSE_CONTRACT] = {DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
		DW_ACTOR_SYSTEM,
		"The contract lapses and the job takes bids again, unless a payment "
		"arrives, the provider withdraws or the homeowner cancels the job "
	"before."},
	[DW_TIMER_FAIL_PAYMENT] = {DW_ACTOR_HOMEOWNER | DW_ACTOR_SYSTEM,
		"The payment counts as failed unless it arrives before; one that "
	"comes later is given back."},
	[DW_TIMER_RELEASE_MILESTONE] = {DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER,
		"The milestone is released to the provider, unless changes are "
	"requested, it is refunded or a dispute is opened before."},
	[DW_TIMER_AGREE_REFUND] = {DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER,
		"What the homeowner asks for goes back, unless the provider answers "
	"or the homeowner withdraws the request before."},
	[DW_TIMER_HOLD_NO_SHOW] = {DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER,
		"The contract ends by the provider and what is held goes back, "
		"unless the provider answers or the homeowner withdraws the report "
	"before."},
	[DW_TIMER_END_DISPUTE] = {DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
		DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT,
		"The dispute settles by the figure that was named, or half way "
		"between two, unless they meet, a mediator decides or it is "
	"withdrawn before."},
	[DW_TIMER_REVEAL_REVIEW] = {DW_ACTOR_NONE,
	"The review is shown; at once when the other side writes one."}
};

/* Definitions of the label and parse functions that job.h promises. */
DW_LABELS(timer, DwTimer, timer_labels);

const DwTimerFacts *
dw_timer_facts(DwTimer timer)
{
	return &timer_facts[timer];
}

DwCategoryFault
dw_category_judge(const DwCategoryMove *move)
{
	if (move->is_below_itself)
		return DW_CATEGORY_CYCLE;
	if (move->parent_depth + move->height > DW_CATEGORY_DEPTH_MAX)
		return DW_CATEGORY_TOO_DEEP;
	return DW_CATEGORY_FINE;
}

uint64_t
dw_category_bit(const DwUuid *id)
{
	/* FNV-1a, folded to six bits; stored in indexes, so it never changes */
	uint64_t	hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < sizeof(id->bytes); i++)
		hash = (hash ^ id->bytes[i]) * UINT64_C(1099511628211);
	hash ^= hash >> 32;
	return UINT64_C(1) << ((hash ^ hash >> 16) & 63);
}
