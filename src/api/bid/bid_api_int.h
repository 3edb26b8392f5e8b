/*
 * bid_api_int.h
 *		What the commands of a bid share.
 *
 * What is over counts as over whether a worker has marked it or not: a job
 * past expires_at, a bid past its own, an award past confirm_by, a contract
 * past fund_by for which nothing was paid.  All of
 * that is WD102, and what has ended otherwise is WD101.
 */
#ifndef DW_BID_API_INT_H
#define DW_BID_API_INT_H

#include "server/call/call_server.h"
#include "store/bid/bid_store.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"

/*
 * The state after an event done by the caller: WD101 when there is no such
 * move from here.
 */
extern DwBidStatus dw_bid_next(DwCall *call, const DwBid *bid,
							   DwBidEvent event);

/* The same, and WD102 when the bid's time, or its award's, is over. */
extern DwBidStatus dw_bid_next_in_time(DwCall *call, const DwJob *job,
									   const DwBid *bid, DwBidEvent event);

/* 22023, naming the argument, for less than min_bid_amount. */
extern void dw_bid_need_least(DwCall *call, const char *arg, int64 amount,
							  const char *currency);

/* 42501 for a provider who lacks a verification that is wanted by now. */
extern void dw_bid_need_verified(DwCall *call);

/*
 * Has the job of a new bid, which the caller has shared and not locked, asked
 * as the transaction ends whether it takes bids still: the errors of
 * dw_bidding_need_open() then.
 */
extern void dw_bid_ask_again(const DwBid *bid);

/*
 * Locks the caller's own bid on a locked job; P0002 when there is none that
 * they may see, 42501 when it is another's.
 */
extern void dw_bid_for_bidder(DwCall *call, const DwJob *job,
							  const DwUuid *bid_id, DwBid *bid);

/*
 * Gives a bid its comparable price, the inputs of today and the total they
 * make under the job's present terms; 22003, naming the argument.
 */
extern void dw_bid_price(DwCall *call, const char *arg, const DwJob *job,
						 DwBid *bid, const DwMaterials *materials);

/* The columns of a bid as it now is, with the gates it fails. */
extern void dw_row_bid(DwCall *call, const DwJob *job, const DwBid *bid);

/*
 * Writes a locked bid, with the lines that it has, as its next version, made
 * now for the job's present terms and scored anew, and fills the row.  22003
 * names the argument that its price came from.
 */
extern void dw_bid_repeat(DwCall *call, const char *arg, const DwJob *job,
						  DwBid *bid);

/*
 * Gives a locked job to a bidder, for an amount that is the bid's or lower,
 * until they have confirmed, and emits an event of that type.
 */
extern void dw_award_give(DwJob *job, DwBid *bid, int64 amount,
						  const char *type);

/*
 * The amount that a bid asks now: in open mode the winner asks what it wins
 * with.  22023 with the reasons when it fails a gate.
 */
extern int64 dw_award_eligible_amount(const DwJob *job, const DwBid *bid);

/*
 * WD103 when the caller has given an expected_amount and it would be for
 * another: no version tells of that, for in open mode the amount follows from
 * the rivals' bids too.
 */
extern void dw_award_need_amount(DwCall *call, int64 amount,
								 const char *currency);

/*
 * Confirms the award of a locked job: opens its escrow, gives its children
 * the provider, emits award_confirmed.  22023 when the plan of milestones
 * does not divide the amount.
 */
extern void dw_award_confirm(DwCall *call, DwJob *job, const DwBid *bid,
							 DwEscrowRow *escrow);

/*
 * Ends the accepted bid of a locked job, whose status is already the one
 * that it gets, and gives the award to the next in rank; where there is
 * none, the job is open again or has expired.
 */
extern void dw_award_lapse(DwCall *call, DwJob *job, DwBid *bid,
						   DwBidReason reason, const char *note);

/*
 * The same for a confirmed award for which nothing was paid: its escrow is
 * cancelled, its plan is what was posted, event contract_lapsed.  The next in
 * rank is asked only when the provider has withdrawn.
 */
extern void dw_contract_lapse(DwCall *call, DwJob *job, DwBid *bid,
							  DwBidReason reason, const char *note);

#endif							/* DW_BID_API_INT_H */
