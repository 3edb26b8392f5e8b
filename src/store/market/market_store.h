/*
 * market_store.h
 *		Prices of contracts, and what a job's reference amount comes from.
 */
#ifndef DW_MARKET_STORE_H
#define DW_MARKET_STORE_H

#include "postgres.h"

#include "utils/date.h"

#include "core/base/base.h"
#include "core/bid/bid.h"
#include "core/learning/learning.h"
#include "core/market/market.h"
#include "store/job/job_store.h"

/*
 * The facts about a job: its budget; unless that is enough, the market's
 * price around it, without the homeowner's own contracts; and the default of
 * its category or the nearest ancestor that has one.
 */
extern void dw_reference_load(const DwJob *job, DwReferenceFacts *facts);

/*
 * What such jobs usually cost, minor units, a number for each in their order,
 * from what was released up to and including the day as_of, so that a decision
 * about the past sees nothing of its future; 0 when nothing is known.  One
 * price of each winner, as dw_market_select() has them, without what agents
 * multiplied.
 */
extern int64 *dw_market_anchors(const DwLearningSettings *settings,
								const DwJob *jobs, int count, DateADT as_of);

/* A job whose row may have to change. */
typedef struct DwMarketChange
{
	DwUuid		job_id;			/* the contract's */
	DwMarketEffect effect;		/* MAY_END takes care of a row that somebody
								 * is just inserting */
} DwMarketChange;

/*
 * Brings the rows of jobs up to date with their contracts: those that count
 * have one, the others none.  Sorts the changes, of which several may name
 * one job; rows are locked by job, before contracts are looked at, so
 * whoever comes last has seen the most.
 */
extern void dw_market_refresh(DwMarketChange *changes, int count);

/*
 * Counts the contracts of every category, and makes its figures anew; it
 * reads all rows.
 */
extern void dw_statistics_rebuild(void);

/* A walk over all contracts, in the order of their jobs. */
typedef struct DwMarketWalk
{
	DwUuid		last;			/* the job it stands at; nil: the beginning */
	int			count;			/* contracts that a step looks at */
	int			found;			/* of the last step, that differed */
	DwUuid	   *jobs;			/* room for count: those */
} DwMarketWalk;

/*
 * One step: finds contracts whose rows are not what they should be, but for
 * those with an event that is still to be delivered.  False at the end.
 */
extern bool dw_market_step(DwMarketWalk *walk);

#endif							/* DW_MARKET_STORE_H */
