/*
 * bid_api_int.h
 *		What the commands of a bid share.
 *
 * What is over counts as over whether a worker has marked it or not: a job
 * past expires_at, a bid past its own, an award past confirm_by.  All of
 * that is WD102, and what has ended otherwise is WD101.
 */
#ifndef DW_BID_API_INT_H
#define DW_BID_API_INT_H

#include "server/call/call_server.h"
#include "store/bid/bid_store.h"
#include "store/job/job_store.h"

/*
 * The state after an event done by the caller: WD101 when there is no such
 * move from here.
 */
extern DwBidStatus dw_bid_next(DwCall *call, const DwBid *bid,
							   DwBidEvent event);

/*
 * Gives a locked job to a bidder until they have confirmed, and emits an
 * event of that type.
 */
extern void dw_award_give(DwJob *job, DwBid *bid, const char *type);

/*
 * Ends the accepted bid of a locked job, whose status is already the one
 * that it gets, and gives the award to the next in rank; where there is
 * none, the job is open again or has expired.
 */
extern void dw_award_lapse(DwCall *call, DwJob *job, DwBid *bid,
						   DwBidReason reason, const char *note);

#endif							/* DW_BID_API_INT_H */
