/*
 * report.h
 *		What an agent's decisions came to, and what others would have come to.
 *
 * Nothing here knows a rival's amount: an outcome is won or lost, and what is
 * said of a price that was not asked is said by the agent's own chances.
 */
#ifndef DW_REPORT_H
#define DW_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/decision/decision.h"
#include "core/base/base.h"
#include "core/learning/learning.h"

/*
 * How well the chances that were shown foretold what came.
 */

#define DW_REPORT_BINS	10		/* of the chance, each a tenth wide */

/* Bids with a chance below a tenth, two tenths, ... */
typedef struct DwReportBin
{
	int64_t		count;			/* bids */
	int64_t		won;			/* of them */
	double		chance;			/* sum of what was shown */
} DwReportBin;

/* The sums; all zero before the first bid. */
typedef struct DwReportScore
{
	int64_t		won;			/* bids */
	int64_t		lost;			/* likewise */
	double		squares;		/* of the errors */
	double		logs;			/* -ln of the chance of what came */
	DwReportBin bins[DW_REPORT_BINS];	/* by what was shown */
} DwReportScore;

/* What they come to. */
typedef struct DwReportFigures
{
	double		win_rate;		/* won of those that were decided */
	double		brier;			/* mean square of the errors */
	double		log_score;		/* mean of -ln of the chance of what came */
	double		skill;			/* 1 - brier / that of showing the win rate
								 * always; 0 where that is never wrong */
	double		calibration_error;	/* mean distance of chance and share won,
									 * over the bins, by their bids */
} DwReportFigures;

/* Adds a bid; a censored one is none. */
extern void dw_report_add(DwReportScore *score, double shown,
						  DwOutcome outcome);

/* False when nothing was decided. */
extern bool dw_report_figures(const DwReportScore *score,
							  DwReportFigures *figures);

/* -ln of the chance of what came, nanos; 0 for a censored one. */
extern int64_t dw_report_loss(double shown, DwOutcome outcome);

/*
 * What a goal has reached.
 */

#define DW_REPORT_WINDOW	(28 * 1440) /* minutes that a goal looks back */

/* A bid that was decided. */
typedef struct DwReportResult
{
	int64_t		minute;			/* when */
	bool		is_won;			/* else lost */
	int64_t		hours;			/* of the job's work */
	int64_t		profit;			/* that was planned, minor units */
	int64_t		cost;			/* of the work */
} DwReportResult;

/*
 * What was reached in the window before a minute, in the unit of the goal's
 * target, of results in the order of time; false where nothing is known yet.
 */
extern bool dw_report_reached(DwAgentGoal goal,
							  const DwReportResult *results, int count,
							  int64_t minute, int64_t *reached);

/*
 * What was missed, and what to change.
 */

/* Changes of one setting; the labels are the settings' names in SQL. */
typedef enum DwReportChange
{
	DW_REPORT_AGGRESSIVE,		/* strategy */
	DW_REPORT_BALANCED,			/* strategy */
	DW_REPORT_PREMIUM,			/* strategy */
	DW_REPORT_RADIUS,			/* half as far again */
	DW_REPORT_BIDS_PER_DAY,		/* twice as many */
	DW_REPORT_MIN_VALUE,		/* half */
	DW_REPORT_MAX_VALUE,		/* twice */
	DW_REPORT_MARGIN,			/* two thirds */
	DW_REPORT_EXPOSURE,			/* twice */
	DW_REPORT_OPEN_JOBS,		/* half as many again */
	DW_REPORT_MIN_WIN,			/* none */
	DW_REPORT_ANY_HOUR,			/* working_hours: none */
	DW_REPORT_CHANGE_COUNT
} DwReportChange;

DW_LABELS_OF(report_change, DwReportChange);

/* Changes settings; false when there is nothing to change. */
extern bool dw_report_change(DwAgentSettings *settings,
							 DwReportChange change);

/* The number of the setting that a change is of; DW_AGENT_NO_LIMIT = none. */
extern int64_t dw_report_setting(const DwAgentSettings *settings,
								 DwReportChange change);

/* What a contract of this amount leaves the provider; all if nobody knows. */
extern int64_t dw_report_payout(const DwAgentInputs *inputs, int64_t amount);

/* What is expected of a decision: its value if it bids or would, else 0. */
extern int64_t dw_report_value(const DwAgentDecision *decision);

/*
 * What would be expected if the guard that stopped the decision were not
 * there, where the provider has a say in it; 0 where they have none or the
 * next guard stops it.
 */
extern int64_t dw_report_missed(const DwAgentInputs *inputs,
								DwAgentReason reason);

/*
 * The greatest value among the amounts that the guards allow a decision,
 * which has an amount; what the strategy found is one of them.
 */
extern int64_t dw_report_best_value(const DwAgentInputs *inputs,
									const DwAgentDecision *decision);

/*
 * The replay of a history, job by job in the order of the times at which the
 * agent decides.  What it then has of bids and jobs, it has by this replay.
 *
 * Whether it wins is a threshold of the chance, the same for every setting:
 * drawn from the ids of job and agent, and where the agent truly bid, within
 * what its own outcome allows.  So an agent that asks as it did, fares as it
 * did, one that asks less wins what it won, and one that asks more loses what
 * it lost.
 *
 * Two versions of the parameters are compared by one judge, for by its own
 * chances the one that believes most would win most.  What a bid is worth is
 * its profit times the judge's chance that it wins, given what truly came, to
 * the power of the strategy's kappa: so winning counts as the strategy has it.
 */

#define DW_BACKTEST_ITEMS	1000	/* bids and jobs afoot at a time */

/* One bid that stands, or one job that was won. */
typedef struct DwBacktestItem
{
	int64_t		from;			/* minute at which it begins */
	int64_t		until;			/* minute at which it ends */
	int64_t		amount;			/* of the bid */
	bool		is_job;			/* else a bid */
} DwBacktestItem;

/* What history says of a job. */
typedef struct DwBacktestJob
{
	DwUuid		id;				/* of the job */
	DwUuid		agent_id;		/* whose replay it is */
	int64_t		closed;			/* minute from which it takes no bid;
								 * INT64_MAX: it does still */
	int64_t		done;			/* minute of its completion, or INT64_MAX */
	int64_t		bid_minutes;	/* that a bid stands at most */
	bool		is_awarded;		/* somebody's bid was accepted */
	DwOutcome	outcome;		/* of the agent's own; censored: it had none */
	int64_t		amount;			/* of its own bid, minor units */
	bool		is_counted;		/* among day_jobs; the replay sets it */
} DwBacktestJob;

/* What the agent has at a time of the replay, and what came of it. */
typedef struct DwBacktest
{
	int64_t		local_day;		/* the provider's, of the counts */
	int64_t		day_bids;		/* on it */
	int64_t		day_jobs;		/* that were worth one, on it */
	int64_t		month_bids;		/* in its month */
	int			count;			/* of items */
	DwBacktestItem items[DW_BACKTEST_ITEMS];	/* afoot, in no order */
	int64_t		jobs;			/* that were looked at to the end */
	int64_t		bids;			/* proposals and those of shadow included */
	int64_t		wins;			/* of them */
	int64_t		revenue;		/* of the wins: what the homeowners pay */
	int64_t		cost;			/* of the wins, fees included */
	int64_t		expected;		/* sum of the bids' values */
	const DwAgentParameters *judge; /* by whose chances bids are judged and
									 * won; NULL: by those of the decisions */
	int64_t		worth;			/* of all bids; 0 without a judge */
	int64_t		reasons[DW_AGENT_REASON_COUNT]; /* of what was declined */
	DwReportScore score;		/* of the agent's true bids */
} DwBacktest;

/* What came of one job. */
typedef struct DwBacktestStep
{
	DwAgentDecision decision;	/* what it decided */
	bool		is_final;		/* else it looks again, at run_after */
	bool		is_bid;			/* it bid, or would have */
	bool		is_won;			/* that bid */
} DwBacktestStep;

/*
 * Decides about a job at inputs->provider.clock.now; it fills what is counted
 * and in use by then first.  A job that is deferred until it is closed is
 * declined.  False when too much is afoot.
 */
extern bool dw_backtest_step(DwBacktest *backtest, DwAgentInputs *inputs,
							 DwBacktestJob *job, DwBacktestStep *step);

#endif							/* DW_REPORT_H */
