/*
 * bid_api.h
 *		What the commands of a bid share.
 */
#ifndef DW_BID_API_H
#define DW_BID_API_H

#include "store/compat.h"
#include "store/job_store.h"

/*
 * True when the time for bids is over, whether expire_jobs has marked the
 * job yet or not.
 */
extern bool dw_bidding_over(const DwJob *job);

/* Raises WD102 for such a job. */
pg_noreturn extern void dw_bidding_refuse_late(const DwJob *job);

#endif							/* DW_BID_API_H */
