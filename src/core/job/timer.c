/*
 * timer.c
 *		What happens to a job by itself when its time comes.
 *
 * A label is the event's in the machine it belongs to, where it has one.
 */
#include "core/job/job.h"

#include "core/base/base.h"

static const char *const timer_labels[] = {
	[DW_TIMER_EXPIRE_JOB] = "expire_jobs",
	[DW_TIMER_LAPSE_AWARD] = "lapse",
	[DW_TIMER_FAIL_PAYMENT] = "fail_payment",
	[DW_TIMER_RELEASE_MILESTONE] = "release_due_escrows",
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
	[DW_TIMER_FAIL_PAYMENT] = {DW_ACTOR_HOMEOWNER | DW_ACTOR_SYSTEM,
		"The payment counts as failed unless it arrives before; one that "
	"comes later is given back."},
	[DW_TIMER_RELEASE_MILESTONE] = {DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER,
		"The milestone is released to the provider, unless changes are "
	"requested, it is refunded or a dispute is opened before."},
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
