/*
 * bid_api.h
 *		What others than the commands on a bid need of bids.
 */
#ifndef DW_BID_API_H
#define DW_BID_API_H

#include "store/bid/bid_store.h"
#include "store/job/job_store.h"

/*
 * Makes bids on a locked job ready to be written, in the order of their
 * bidders, each of whom has one: the bid is new, of today, without lines of
 * material, for the job's present terms, and scored.  provider_id,
 * decision_id, bid_amount and timeline_days are given; that the bidder may
 * bid is the caller's to know.
 */
extern void dw_bids_make(const DwJob *job, DwBid *bids, int count);

#endif							/* DW_BID_API_H */
