/*
 * run_store_int.h
 *		Facts as they are loaded, before inputs are made of them.
 */
#ifndef DW_RUN_STORE_INT_H
#define DW_RUN_STORE_INT_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/admin/admin.h"
#include "core/decision/decision.h"
#include "core/score/score.h"
#include "store/match/match_store.h"
#include "store/run/run_store.h"

#define DW_RUN_FLAG		"ai_bidding_enabled"

/* An agent's rows. */
typedef struct FactsRow
{
	DwUuid		user_id;		/* the provider */
	bool		is_active;		/* the agent */
	DwAgentMode mode;			/* what it may do by itself */
	DwAgentStrategy strategy;	/* how it prices */
	DwAgentTier tier;			/* of the subscription */
	DwAgentNumbers numbers;		/* as core takes them */
	char		currency[DW_CURRENCY_SIZE]; /* of all amounts */
	DwUuids		categories;		/* that it wants; none: it has none */
	Datum		working_hours;	/* jsonb, or 0 */
	Datum		costs;			/* jsonb, or 0 */
	DwAgentGoal goal;			/* inside the limits */
	int64		goal_target;	/* in its unit; 0 = none */
	int64		max_exposure;	/* or DW_AGENT_NO_LIMIT */
	int32		max_open_jobs;	/* beside which it bids */
	int32		min_win_ppm;	/* least chance to win */
	TimestampTz paused_until;	/* or DT_NOBEGIN */
	int32		parameters_version; /* live; 0 = the prior */
	DwUuid		mandate_id;		/* in force; nil = none */
	bool		uses_model;		/* an outside model answers first */
	double		longitude;		/* of the provider; NaN = no place */
	double		latitude;		/* of the same */
	bool		has_area;		/* of service */
	int32		account_status; /* what is verified, bits; 0: not active */
	char	   *timezone;		/* IANA */
	bool		takes_emergencies;	/* outside their hours */
	char	   *country;		/* of their place, or NULL */
	DateADT		as_of;			/* of stats; DATEVAL_NOBEGIN = none */
	DwStats		stats;			/* how they were rated */
	Datum		parameters;		/* that are live; 0 = the prior */
} FactsRow;

/* A switch that is off. */
typedef struct Switch
{
	char	   *scope;			/* platform, category, agent, provider */
	DwUuid		id;				/* what is off */
} Switch;

/* A job's part of the inputs, and what agents are compared with. */
typedef struct FactsJob
{
	const DwJob *row;			/* the job */
	struct FactsJob *fees_job;	/* one of its category and currency, maybe
								 * itself, that keeps the fees of them all */
	DwMatchPath path;			/* its category and those above */
	DwAgentJob	facts;			/* but for is_current and fees */
	DwFeeSchedule fees[DW_AGENT_TIER_COUNT];	/* by tier */
	bool		has_fees[DW_AGENT_TIER_COUNT];	/* looked up */
} FactsJob;

struct DwFacts
{
	bool		is_fresh;		/* see this command's writes */
	TimestampTz now;			/* of all decisions */
	DwAgentPlatform platform;	/* as settings, flag and switches say */
	DwLearningSettings learning;	/* constants */
	DwFlag		flag;			/* but for its minimum rating */
	DwUuids		named;			/* users that the flag names */
	Switch	   *switches;		/* that are off */
	int			switch_count;	/* of them */
	int64		quotas[DW_AGENT_TIER_COUNT];	/* bids a month */
	FactsJob   *jobs;			/* as given */
	int			job_count;		/* of them */
	DwFactsPair *pairs;			/* as given */
	int			pair_count;		/* of them */
	DwFactsAgent *agents;		/* in the order of their ids */
	int			agent_count;	/* of them */
	DwUuid	   *ids;			/* theirs */
	DwFactsLay	lay;			/* over the settings, or NULL */
	void	   *lay_argument;	/* for it */
};

/* Whole minutes since 1970. */
static inline int64
dw_facts_minute(TimestampTz time)
{
	const int64 epoch = (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) *
		SECS_PER_DAY / SECS_PER_MINUTE;
	int64		minutes = time / USECS_PER_MINUTE -
		(time % USECS_PER_MINUTE < 0);

	return minutes + epoch;
}

/* True unless a switch of this is off. */
static inline bool
dw_facts_is_on(const DwFacts *facts, const char *scope, const DwUuid *id)
{
	for (int i = 0; i < facts->switch_count; i++)
		if (strcmp(facts->switches[i].scope, scope) == 0 &&
			(id == NULL || dw_uuid_equal(&facts->switches[i].id, id)))
			return false;
	return true;
}

#endif							/* DW_RUN_STORE_INT_H */
