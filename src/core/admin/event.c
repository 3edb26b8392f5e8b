/*
 * event.c
 *		What an event of one shard means for the users in others.
 */
#include "core/admin/admin.h"

#define LONGEST_PAUSE 3600		/* seconds */

static const DwEventEffect effects[] = {
	{"award_confirmed", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "Award confirmed",
	"The provider has confirmed. Pay into escrow so that work can begin."},
	{"award_confirmed", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_AWARD,
		"system", "Award confirmed",
	"You have confirmed the award. Work can begin once the escrow is funded."},
	{"bid_accepted", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"bid_accepted", "Your bid was accepted",
	"Confirm the award before its deadline."},
	{"bid_confirmed", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "A bid stands for the new terms",
	"A provider has confirmed the bid after you changed your job."},
	{"bid_rejected", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"bid_rejected", "Your bid was not selected",
	"The homeowner has chosen another bid, or none."},
	{"bid_reoffered", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "The award went to the next bid",
	"The award was not confirmed; the next in rank has been asked."},
	{"bid_reoffered", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"bid_accepted", "Your bid was accepted",
	"Another award was not confirmed. Confirm yours before its deadline."},
	{"bid_revised", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"bid_received", "Bid revised",
	"A provider has changed a bid on your job."},
	{"bid_submitted", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"bid_received", "New bid",
	"A provider has bid on your job."},
	{"bid_withdrawn", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "Bid withdrawn",
	"A provider has taken a bid on your job back."},
	{"changes_requested", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"system", "Changes were requested",
	"The homeowner asks for changes to what you delivered."},
	{"counter_accepted", DW_EVENT_RECIPIENT, DW_EVENT_COUNTS_NOTHING,
		"system", "Your counter-offer was accepted",
	"The bid now has the amount that you offered."},
	{"counter_expired", DW_EVENT_RECIPIENT, DW_EVENT_COUNTS_NOTHING,
		"system", "Your counter-offer has expired",
	"The other side did not answer in time; the bid is as it was."},
	{"counter_offered", DW_EVENT_RECIPIENT, DW_EVENT_COUNTS_NOTHING,
		"system", "A counter-offer",
	"The other side offers another amount. Accept, reject or answer it."},
	{"counter_rejected", DW_EVENT_RECIPIENT, DW_EVENT_COUNTS_NOTHING,
		"system", "Your counter-offer was rejected",
	"The bid is as it was."},
	{"counter_withdrawn", DW_EVENT_RECIPIENT, DW_EVENT_COUNTS_NOTHING,
		"system", "A counter-offer was withdrawn",
	"The other side has withdrawn the amount that it offered."},
	{"dispute_answered", DW_EVENT_RECIPIENT, DW_EVENT_COUNTS_NOTHING,
		"system", "Your dispute was answered",
	"The other side names another figure. Agree on one, or a mediator may."},
	{"dispute_opened", DW_EVENT_RECIPIENT, DW_EVENT_COUNTS_NOTHING,
		"system", "A dispute was opened",
	"Answer before its deadline, or the other side's figure holds."},
	{"dispute_settled", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "A dispute has ended",
	"The disputed money has been paid out as it was settled."},
	{"dispute_settled", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"system", "A dispute has ended",
	"The disputed money has been paid out as it was settled."},
	{"dispute_withdrawn", DW_EVENT_RECIPIENT, DW_EVENT_COUNTS_NOTHING,
		"system", "A dispute was withdrawn",
	"The other side has withdrawn its dispute; all is as it was before."},
	{"escrow_cancelled", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"system", "The escrow was cancelled",
	"The homeowner has given up paying for this job."},
	{"escrow_refunded", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "Money is on its way back",
	"Money held for your job is being refunded to you."},
	{"escrow_refunded", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"system", "Money was refunded",
	"Money held for the job goes back to the homeowner."},
	{"escrow_released", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"payment_received", "You have been paid",
	"Money was released to you from escrow."},
	{"job_cancelled", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"system", "Job cancelled",
	"The homeowner has cancelled the job that was awarded to you."},
	{"job_completed", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"job_completed", "Job completed",
	"Everything is done and paid. Tell others how it was."},
	{"job_completed", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_COMPLETION,
		"job_completed", "Job completed",
	"Everything is done and paid. Tell others how it was."},
	{"job_expired", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "Job expired",
	"Nobody was chosen before the end of bidding. You may post it again."},
	{"job_reopened", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "Your job takes bids again",
	"The award was not confirmed, and no other bid could take it over."},
	{"job_started", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "Work has begun",
	"The provider has started your job."},
	{"message_sent", DW_EVENT_RECIPIENT, DW_EVENT_COUNTS_NOTHING,
		"message_received", "New message",
	"You have a new message about a job."},
	{"milestone_submitted", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "Work was delivered",
	"Look at it and approve it; it is released by itself when time is up."},
	{"milestones_planned", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"system", "The plan has changed",
	"The homeowner has divided the contract into other milestones."},
	{"payment_failed", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "Your payment failed",
	"Pay into escrow again so that work can go on."},
	{"payment_received", DW_EVENT_PROVIDER, DW_EVENT_COUNTS_NOTHING,
		"system", "The escrow is funded",
	"The homeowner's payment has arrived."},
	{"progress_reported", DW_EVENT_HOMEOWNER, DW_EVENT_COUNTS_NOTHING,
		"system", "Progress",
	"The provider has told how far the work is."},
	{"review_answered", DW_EVENT_RECIPIENT, DW_EVENT_COUNTS_NOTHING,
		"system", "Your review was answered",
	"The other side of a job has answered your review."},
	{"review_posted", DW_EVENT_REVIEWEE, DW_EVENT_COUNTS_RATING,
		"system", "New review",
	"The other side of a job has reviewed you."}
};

/* All effects, ordered by type. */
const DwEventEffect *
dw_event_effects(int *count)
{
	*count = (int) (sizeof(effects) / sizeof(effects[0]));
	return effects;
}

int64_t
dw_event_pause(int attempts, int64_t first_pause)
{
	int64_t		pause = first_pause;

	for (int i = 1; i < attempts && pause < LONGEST_PAUSE; i++)
		pause *= 2;
	return pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE;
}
