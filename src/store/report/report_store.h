/*
 * report_store.h
 *		What reports about agents are made from.
 *
 * Everything is read in the caller's snapshot, and of the agent's own rows
 * alone: no bid of anybody else is looked at.
 */
#ifndef DW_REPORT_STORE_H
#define DW_REPORT_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/agent/agent.h"
#include "core/base/base.h"
#include "core/learning/learning.h"

/* True when the provider has a live bid on the job that no agent made. */
extern bool dw_report_has_bid(const DwUuid *job_id, const DwUuid *provider_id);

/*
 * Finds the job and the agent of a decision, of one agent or (NULL) of any;
 * false when there is none.  Without an agent all months are read.
 */
extern bool dw_report_decision(const DwUuid *asked, const DwUuid *id,
							   DwUuid *job_id, DwUuid *agent_id);

/* The currency of an agent's amounts; false when there is no such agent. */
extern bool dw_report_currency(const DwUuid *agent_id,
							   char currency[DW_CURRENCY_SIZE]);

#define DW_REPORT_ROWS	2000	/* decisions that a report is made of */

/* The last decision about one version of a job's terms, and its end. */
typedef struct DwReportRow
{
	DwUuid		id;				/* of the decision */
	DwAgentAction action;		/* what was decided */
	double		win_probability;	/* that was shown; NaN = no price */
	Datum		inputs;			/* of the decision */
	bool		is_bid;			/* a bid came of it */
	bool		is_decided;		/* the outcome is known */
	DwOutcome	outcome;		/* of the bid, if so */
	int64		amount;			/* that was asked in the end, if so */
	bool		is_completed;	/* the provider won the job and has done it */
	int64		paid;			/* to them for it, without fees */
} DwReportRow;

/*
 * The last decisions of an agent in a period, newest first, at most
 * DW_REPORT_ROWS.
 */
extern DwReportRow *dw_report_rows(const DwUuid *agent_id, TimestampTz from,
								   TimestampTz until, int *count);

/*
 * The history of a backtest.
 */

#define DW_HISTORY_JOBS	200000	/* of one backtest at most */

/* A job that was published, and what became of it as all may know. */
typedef struct DwHistoryJob
{
	DwUuid		id;				/* of the job */
	TimestampTz published_at;	/* it took bids from then on */
	TimestampTz closed_at;		/* until then; DT_NOBEGIN = it does still */
	TimestampTz completed_at;	/* the work was done; DT_NOBEGIN = not yet */
	bool		is_awarded;		/* somebody's bid was accepted */
	DwOutcome	outcome;		/* of the agent's own bid; censored: none */
	int64		amount;			/* that it asked, if so */
} DwHistoryJob;

/*
 * The jobs that were published in a period as far from the agent's place as
 * the platform lets anybody bid, in the order of their times; one more than
 * DW_HISTORY_JOBS when there are more.
 */
extern DwHistoryJob *dw_history_jobs(const DwUuid *agent_id, TimestampTz from,
									 TimestampTz until, int *count);

/* A review of a provider, from the day on which it was revealed. */
typedef struct DwHistoryReview
{
	DateADT		day;			/* of UTC */
	int32		stars;			/* 1 ... 5 */
} DwHistoryReview;

/* All reviews of a provider that are revealed, in the order of their days. */
extern DwHistoryReview *dw_history_reviews(const DwUuid *provider_id,
										   int *count);

/*
 * The version of its parameters that the agent could have at a time: the last
 * that was live by now and had learnt from nothing later; 0 if none.
 */
extern int32 dw_history_parameters(const DwUuid *agent_id, TimestampTz time);

#endif							/* DW_REPORT_STORE_H */
