/*
 * agent_api_int.h
 *		The gate through which a bid comes that was not decided by the agent
 *		itself: a proposal that is approved, an outside model's answer.
 */
#ifndef DW_AGENT_API_INT_H
#define DW_AGENT_API_INT_H

#include "core/decision/decision.h"
#include "store/bid/bid_store.h"
#include "store/job/job_store.h"
#include "store/run/run_store.h"

/* An offer, and all that it is judged by. */
typedef struct DwAgentGate
{
	const DwJob *job;			/* locked */
	DwFactsPair pair;			/* of it and the agent */
	DwAgentDay	day;			/* of the provider; locked */
	DwAgentInputs inputs;		/* as they are now */
	DwAgentOffer offer;			/* what is judged */
	DwAgentDecision decision;	/* what it came to */
} DwAgentGate;

/*
 * Judges an offer for the terms that it was made for, by every guard as it
 * is now; locks the provider's day.  offer NULL: what the agent itself would
 * do, and nothing is locked.
 */
extern void dw_gate_judge(DwAgentGate *gate, const DwJob *job,
						  const DwUuid *agent_id, int32 terms_version,
						  const DwAgentOffer *offer);

/* Makes the bid of an offer that passed, and takes its slot. */
extern void dw_gate_bid(const DwAgentGate *gate, const DwUuid *decision_id,
						DwBid *bid);

/*
 * Writes the row of activity of an answer that is given up: CRASHED, or
 * FAILED with an error that it would raise again.
 */
extern void dw_quarantine_tell(const DwAnswer *answer, const char *reason);

/*
 * The choice of those who are asked about a job.
 */

/* What a decision on trial promises a job, the best first. */
typedef enum DwPromise
{
	DW_PROMISE_NOW,				/* a bid, or the provider is asked */
	DW_PROMISE_LATER,			/* it would be deferred */
	DW_PROMISE_NEVER,			/* it declines, fails, or was not tried */
	DW_PROMISE_COUNT
} DwPromise;

/* An agent that wants the job. */
typedef struct DwCandidate
{
	DwUuid		agent_id;		/* the agent's provider */
	bool		is_asked;		/* since before; keeps its place */
	DwPromise	promise;		/* DW_PROMISE_NOW when it was asked, else
								 * DW_PROMISE_NEVER until it is tried */
	int			pair;			/* of the trials, for themselves */
} DwCandidate;

/* Those who want a job's present terms. */
typedef struct DwChoice
{
	const DwJob *job;			/* locked */
	DwCandidate *candidates;	/* the nearest first */
	int			count;			/* of them */
	int			ready;			/* that promise DW_PROMISE_NOW */
} DwChoice;

/*
 * Leaves each job at most so many, those first who could bid, then those who
 * may later; nothing is locked.  Trials end at a time by the clock: who was
 * not tried by then is asked by nearness.
 */
extern void dw_agents_choose(DwChoice *choices, int count, int most,
							 TimestampTz until);

#endif							/* DW_AGENT_API_INT_H */
