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
#include "server/sql/sql_server.h"
#include "store/bid/bid_store.h"
#include "store/job/job_store.h"

/*
 * Locks the caller's own bid on a locked job; P0002 when there is none that
 * they may see, 42501 when it is another's.
 */
extern void dw_bid_for_bidder(DwCall *call, const DwJob *job,
							  const DwUuid *bid_id, DwBid *bid);

/*
 * The state after an event done by the caller: WD101 when there is no such
 * move from here.
 */
extern DwBidStatus dw_bid_next(DwCall *call, const DwBid *bid,
							   DwBidEvent event);

/* The same, and WD102 when the bid's time, or its award's, is over. */
extern DwBidStatus dw_bid_next_in_time(DwCall *call, const DwJob *job,
									   const DwBid *bid, DwBidEvent event);

/*
 * Gives a locked job to a bidder until they have confirmed, and tells them
 * by an event of that type.
 */
extern void dw_award_give(DwJob *job, DwBid *bid, const char *type);

/* The row of a command that ended a bid. */
extern void dw_row_bid_end(DwCall *call, const DwJob *job, const DwBid *bid);

#endif							/* DW_BID_API_INT_H */
