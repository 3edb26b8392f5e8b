/*
 * agent_store.h
 *		Rows of dwello.ai_bidding_agents, and the documents in them.
 */
#ifndef DW_AGENT_STORE_H
#define DW_AGENT_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/agent/agent.h"
#include "core/base/base.h"

/*
 * An agent's settings.  A zero Datum among the documents is NULL: at any
 * hour, and no costs known.
 */
typedef struct DwAgent
{
	DwUuid		user_id;		/* the provider */
	bool		is_active;		/* may decide at all */
	DwAgentMode mode;			/* what it does with a decision */
	DwAgentStrategy strategy;	/* what it aims at */
	DwAgentTier tier;			/* what they pay for */
	DwAgentNumbers numbers;		/* judged by core */
	char	   *currency;		/* of the amounts; ISO 4217 */
	DwUuids		categories;		/* preferred_categories */
	Datum		working_hours;	/* jsonb, see dw_agent_hours_error */
	Datum		costs;			/* jsonb, see dw_agent_costs_error */
	DwAgentGoal goal;			/* inside its limits */
	int64		goal_target;	/* in the unit of the goal; 0 = NULL */
	int64		max_exposure;	/* minor units; 0 = no limit */
	int32		max_open_jobs;	/* beside which it still bids */
	int32		min_win_ppm;	/* min_win_probability_ppm */
	TimestampTz paused_until;	/* DT_NOBEGIN = it does not cool down */
	int32		parameters_version; /* of agent_parameters; 0 = the prior */
	DwUuid		mandate_id;		/* nil = none */
	bool		uses_model;		/* an outside model answers first */
	int32		version;		/* of the row; 0 = not saved yet */
} DwAgent;

/*
 * Locks the agent of a provider, whom the caller has locked, and reads it;
 * makes it (version 0, the table's defaults) where there is none.
 */
extern void dw_agent_lock(const DwUuid *user_id, DwAgent *agent);

/* The same where none is to be made; false when there is none. */
extern bool dw_agent_lock_known(const DwUuid *user_id, DwAgent *agent);

/* The same, but false, too, when somebody else has locked it. */
extern bool dw_agent_lock_free(const DwUuid *user_id, DwAgent *agent);

/* Writes all settings of a locked agent, and counts its version up. */
extern void dw_agent_save(DwAgent *agent);

/*
 * What is wrong with a document, in words that follow the argument's name;
 * NULL when it is fine.
 *
 * hours: {"mon": ["08:00", "12:00", "13:00", "18:00"], …, "sun": []}: on
 *		  each day the times between which the agent works, rising, of the
 *		  provider's own clock; a day that is missing is free.
 * costs: {"hourly_rate", "overhead", "travel_per_mile", "waste_ppm"}, each a
 *		  whole number, the first three in minor units; what is missing is 0.
 */
extern const char *dw_agent_hours_error(Datum jsonb);
extern const char *dw_agent_costs_error(Datum jsonb);

/*
 * Rows of dwello.agent_switches.
 */

/* A kill switch. */
typedef struct DwAgentSwitch
{
	char	   *scope;			/* label of DwAgentScope */
	DwUuid		id;				/* category or provider; nil: the platform */
	bool		is_on;			/* agents may work */
	char	   *reason;			/* or NULL */
	DwUuid		actor_id;		/* who switched it; nil: the system */
} DwAgentSwitch;

/* Locks a switch and reads it; makes it, on, where there is none. */
extern void dw_switch_lock(DwAgentScope scope, const DwUuid *id,
						   DwAgentSwitch *row);

/* Writes a locked switch. */
extern void dw_switch_save(DwAgentSwitch *row);

/*
 * Rows of dwello.mandates.
 */

/* A mandate, or the limits of one that is to be signed. */
typedef struct DwMandate
{
	DwUuid		user_id;		/* the provider */
	DwUuid		id;				/* of the version */
	DwMandateLimits limits;		/* judged by core */
	char		currency[DW_CURRENCY_SIZE]; /* of its amounts; empty: it has
											 * none */
	DwUuids		categories;		/* with all below them; none: any */
	TimestampTz valid_until;	/* DT_NOBEGIN = for good */
	Datum		stored_limits;	/* jsonb, as the row has it */
	char	   *token_id;		/* of the token that signed, or NULL */
	bytea	   *digest;			/* SHA-256 of dw_mandate_text() */
	TimestampTz signed_at;		/* by the clock */
} DwMandate;

/*
 * Signs a mandate: gives it an id, its document and its digest, and writes
 * it.  The caller has locked the provider's agent.
 */
extern void dw_mandate_sign(DwMandate *mandate);

/* Reads a provider's mandate; false when there is none of that id. */
extern bool dw_mandate_load(const DwUuid *user_id, const DwUuid *id,
							DwMandate *mandate);

/* What is signed: canonical JSON (RFC 8785) of all members of the row. */
extern char *dw_mandate_text(const DwMandate *mandate);

/*
 * Rows of dwello.ai_agent_activity: decisions, and what came of them.
 *
 * A row is written once and never changed.  Its job is locked.
 */

#define DW_ACTIVITY_NO_NUMBER	(-1)	/* NULL in a column of numbers */

/* A row; money in minor units. */
typedef struct DwActivity
{
	DwUuid		job_id;			/* with the next two its key */
	DwUuid		user_id;		/* the agent's provider */
	DwUuid		id;				/* fresh */
	int32		terms_version;	/* of the job */
	DwAgentAction action;		/* what the agent did, or what came of it */
	const char *reason;			/* a code, or NULL */
	Datum		confidence;		/* numeric, 0 ... 1; 0 = NULL */
	double		win_probability;	/* 0 ... 1; NaN = NULL */
	int64		amount;			/* or DW_ACTIVITY_NO_NUMBER, as the next */
	int64		base_amount;	/* what a win adds to reference prices */
	const char *currency;		/* or NULL */
	Datum		inputs;			/* jsonb; 0 = none, {} */
	int32		parameters_version; /* or DW_ACTIVITY_NO_NUMBER */
	DwUuid		mandate_id;		/* nil = none */
	int32		core_version;	/* or DW_ACTIVITY_NO_NUMBER: it decides
								 * nothing */
	DateADT		counted_on;		/* provider's day, or DATEVAL_NOBEGIN */
	DwUuid		decision_id;	/* that it follows; nil = it is one itself */
	DwUuid		actor_id;		/* nil = the agent */
	TimestampTz created_at;		/* by dw_now() */
} DwActivity;

/* A row of which nothing is known yet but whose it is, with a fresh id. */
extern void dw_activity_begin(DwActivity *activity, const DwUuid *job_id,
							  const DwUuid *user_id, DwAgentAction action);

/* Writes a row; inside dw_write_batch() when that ends. */
extern void dw_activity_insert(const DwActivity *activity);

/* Reads a row in the caller's snapshot; false when there is none. */
extern bool dw_activity_load(const DwUuid *job_id, const DwUuid *user_id,
							 const DwUuid *id, DwActivity *activity);

/* What the event of a proposal says. */
typedef struct DwProposal
{
	DwUuid		agent_id;		/* the agent's provider */
	DwUuid		decision_id;	/* row of ai_agent_activity */
	int64		amount;			/* minor units */
	const char *currency;		/* of the job */
} DwProposal;

/* Emits that an agent proposes a bid: its provider is told. */
extern void dw_proposal_emit(const DwUuid *job_id,
							 const DwProposal *proposal);

/* True when an answer to these terms was refused for that reason before. */
extern bool dw_refusal_known(const DwActivity *activity);

/* True when the provider has answered a proposal of their agent. */
extern bool dw_proposal_answered(const DwUuid *job_id, const DwUuid *user_id,
								 const DwUuid *decision_id);

/* Which proposals are listed. */
typedef struct DwProposalPage
{
	DwUuid		user_id;		/* whose */
	const DwUuid *after_id;		/* the last one of the page before, or NULL */
	int32		max_results;	/* of the page */
	int64		days;			/* that a proposal stands */
} DwProposalPage;

/*
 * Reads proposals that nobody has answered, for the terms of jobs as they are
 * and of providers who have no bid there, the oldest first, in the caller's
 * snapshot.  The guards may stop them.
 */
extern DwActivity *dw_proposals_load(const DwProposalPage *page, int *count);

#endif							/* DW_AGENT_STORE_H */
