/*
 * bid_call_api.c
 *		What the commands of a bid share: whose it is, and what is over.
 */
#include "postgres.h"

#include "api/bid/bid_api_int.h"
#include "api/score/score_api.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"

static bool award_open(const DwJob *job);

void
dw_bid_for_bidder(DwCall *call, const DwJob *job, const DwUuid *bid_id,
				  DwBid *bid)
{
	bool		found = dw_bid_lock(&job->id, bid_id, bid);

	if (found && dw_uuid_equal(&bid->provider_id, &call->actor.user_id))
		return;
	if (!found || !dw_sees_all_bids(call, job))
		dw_bid_refuse_unknown(bid_id);
	dw_raise(DW_FORBIDDEN, psprintf("only the bidder may call dwello.%s",
									dw_call_name(call)),
			 psprintf("Bid %s is another provider's.", dw_uuid_text(bid_id)),
			 NULL);
}

DwBidStatus
dw_bid_next(DwCall *call, const DwBid *bid, DwBidEvent event)
{
	const DwMachine *machine = dw_bid_machine();
	int			next;
	DwResult	result = dw_machine_next(machine, bid->status, event,
										 call->actor.kind, &next);

	if (result == DW_OK)
		return (DwBidStatus) next;
	if ((dw_machine_actors(machine, event) & call->actor.kind) != 0)
		result = DW_INVALID_TRANSITION; /* theirs, but not from here */
	dw_raise(result, psprintf("%s is not possible for a bid that is %s",
							  dw_bid_event_label(event),
							  dw_bid_status_label(bid->status)),
			 psprintf("Bid %s is in state \"%s\".", dw_uuid_text(&bid->id),
					  dw_bid_status_label(bid->status)),
			 "dwello.bid_transitions() lists what is possible.");
}

DwBidStatus
dw_bid_next_in_time(DwCall *call, const DwJob *job, const DwBid *bid,
					DwBidEvent event)
{
	TimestampTz until = bid->expires_at;

	if (bid->status == DW_BID_PENDING)
		until = Min(until, job->expires_at);
	else if (bid->status == DW_BID_ACCEPTED)
		until = award_open(job) ? job->confirm_by : DT_NOEND;
	if (bid->status != DW_BID_EXPIRED)
	{
		DwBidStatus next = dw_bid_next(call, bid, event);

		if (dw_now() < until)
			return next;
	}
	dw_raise(DW_DEADLINE_PASSED,
			 psprintf("it is too late to call dwello.%s", dw_call_name(call)),
			 psprintf("Bid %s has expired.", dw_uuid_text(&bid->id)),
			 "As long as the job takes bids, dwello.submit_bid() makes a new"
			 " one.");
}

void
dw_row_bid_end(DwCall *call, const DwJob *job, const DwBid *bid)
{
	dw_row_uuid(call, "job_id", &job->id);
	dw_row_uuid(call, "bid_id", &bid->id);
	dw_row_uuid(call, "provider_id", &bid->provider_id);
	dw_row_text(call, "job_status", dw_job_status_label(job->status));
	dw_row_text(call, "bid_status", dw_bid_status_label(bid->status));
	dw_row_int4(call, "version", bid->version);
}

/* True while an award waits to be confirmed. */
static bool
award_open(const DwJob *job)
{
	return job->status == DW_JOB_AWARDED && job->confirmed_at == DT_NOBEGIN;
}
