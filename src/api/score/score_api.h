/*
 * score_api.h
 *		What a caller may see of the bids of a job.
 *
 * The homeowner, support, administrators and the system see all bids; so
 * does every provider in open mode, but at what was offered, never at what a
 * bid asks by itself.  In the other modes a provider sees their own bid and
 * nothing that depends on others, but their rank in rank_only.  A bid that
 * may not be seen is as unknown as one that does not exist.
 */
#ifndef DW_SCORE_API_H
#define DW_SCORE_API_H

#include "core/score/score.h"
#include "server/call/call_server.h"
#include "store/job/job_store.h"

/* True when the caller, to whom the job is visible, sees all its bids. */
extern bool dw_sees_all_bids(DwCall *call, const DwJob *job);

/* The columns score, total, eligible, reasons and flags of a bid. */
extern void dw_row_ranked(DwCall *call, const DwJob *job,
						  const DwRankedBid *bid);

/* Raises P0002: the same words for an unknown and an invisible bid. */
pg_noreturn extern void dw_bid_refuse_unknown(const DwUuid *id);

#endif							/* DW_SCORE_API_H */
