/*
 * report_api.h
 *		What other commands want to know of an agent's past.
 */
#ifndef DW_REPORT_API_H
#define DW_REPORT_API_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/learning/learning.h"

#define DW_REPLAY_JOBS	2000	/* that a version is replayed on at most */

/* A version of an agent's parameters, to be replayed on its past. */
typedef struct DwVersionReplay
{
	DwUuid		agent_id;		/* whose past it is */
	TimestampTz from;			/* since then, until now */
	const DwAgentParameters *parameters;	/* by which it decides */
	const DwAgentParameters *judge; /* by whose chances it is judged */
} DwVersionReplay;

/* What came of it. */
typedef struct DwVersionWorth
{
	int64		jobs;			/* that it met */
	int64		bids;			/* that it would have made */
	int64		worth;			/* of the bids, as core's report.h says */
} DwVersionWorth;

/*
 * Replays the last DW_REPLAY_JOBS jobs of a period as backtest_agent() does:
 * nothing is written, and no rival's amount is read.
 */
extern void dw_backtest_version(const DwVersionReplay *replay,
								DwVersionWorth *worth);

#endif							/* DW_REPORT_API_H */
