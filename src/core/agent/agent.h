/*
 * agent.h
 *		What a provider may tell their bidding agent.
 *
 * Money is in minor units of the agent's currency.  The limits hold for
 * everybody; a tier limits a provider further, and only an administrator
 * goes beyond it.
 */
#ifndef DW_AGENT_H
#define DW_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"

#define DW_AGENT_RADIUS_MIN		5	/* miles from their place */
#define DW_AGENT_RADIUS_MAX		50
#define DW_AGENT_DAY_MIN		1	/* bids on one day */
#define DW_AGENT_DAY_MAX		20
#define DW_AGENT_MONTH_MAX		1000000
#define DW_AGENT_MARGIN_MAX		10000000	/* millionths of the cost */
#define DW_AGENT_CATEGORIES_MAX	100
#define DW_AGENT_HOURS_MAX		8	/* times of one day of the week */
#define DW_AGENT_COST_MAX		INT64_C(1000000000000)
#define DW_AGENT_UNLIMITED		INT64_C(0)	/* a tier without a limit */
#define DW_AGENT_OPEN_JOBS_MAX	1000
#define DW_AGENT_WEEK_HOURS		168

/* Labels of dwello.agent_mode, in order. */
typedef enum DwAgentMode
{
	DW_AGENT_SHADOW,			/* decides, and reports nothing */
	DW_AGENT_PROPOSE,			/* asks the provider */
	DW_AGENT_AUTO,				/* bids */
	DW_AGENT_MODE_COUNT
} DwAgentMode;

/* Labels of dwello.agent_strategy, in order: what a bid is aimed at. */
typedef enum DwAgentStrategy
{
	DW_AGENT_AGGRESSIVE,		/* to win */
	DW_AGENT_BALANCED,			/* both */
	DW_AGENT_PREMIUM,			/* to earn */
	DW_AGENT_STRATEGY_COUNT
} DwAgentStrategy;

/* Labels of dwello.subscription_tier, in order. */
typedef enum DwAgentTier
{
	DW_AGENT_TIER_BASIC,
	DW_AGENT_TIER_PREMIUM,
	DW_AGENT_TIER_ENTERPRISE,
	DW_AGENT_TIER_COUNT
} DwAgentTier;

/* Labels of dwello.agent_goal, in order: what the price is paced towards. */
typedef enum DwAgentGoal
{
	DW_AGENT_MAX_PROFIT,
	DW_AGENT_FILL_HOURS,		/* so many hours a week */
	DW_AGENT_TARGET_WIN_RATE,
	DW_AGENT_MIN_MARGIN,
	DW_AGENT_GOAL_COUNT
} DwAgentGoal;

/* Labels of dwello.agent_action, in order. */
typedef enum DwAgentAction
{
	DW_AGENT_BID_SUBMITTED,
	DW_AGENT_BID_WON,			/* the job was decided, as the next two */
	DW_AGENT_BID_LOST,
	DW_AGENT_BID_EXPIRED,
	DW_AGENT_DECLINED,
	DW_AGENT_PROPOSED,			/* the provider is asked */
	DW_AGENT_DEFERRED,			/* to be decided later */
	DW_AGENT_SHADOWED,			/* would have bid */
	DW_AGENT_QUARANTINED,		/* given up after crashes */
	DW_AGENT_REFUSED,			/* by the provider, or an answer too late */
	DW_AGENT_APPROVED,			/* by the provider */
	DW_AGENT_ACTION_COUNT
} DwAgentAction;

/* What a kill switch stops; labels of agent_switches.scope, in order. */
typedef enum DwAgentScope
{
	DW_AGENT_SCOPE_PLATFORM,	/* all agents */
	DW_AGENT_SCOPE_CATEGORY,	/* on jobs of a category, or below it */
	DW_AGENT_SCOPE_AGENT,		/* one; its provider may, too */
	DW_AGENT_SCOPE_PROVIDER,	/* whatever bids for one, as staff decides */
	DW_AGENT_SCOPE_COUNT
} DwAgentScope;

/* Labels of dwello.answer_state, in order. */
typedef enum DwAnswerState
{
	DW_ANSWER_WAITING,			/* to be decided, at once or at a time */
	DW_ANSWER_CLAIMED,			/* by an outside model */
	DW_ANSWER_DEFERRED,			/* waiting, after a decision to wait */
	DW_ANSWER_ANSWERED,			/* decided, for good */
	DW_ANSWER_QUARANTINED,
	DW_ANSWER_STATE_COUNT
} DwAnswerState;

/* The numbers of an agent's settings, which are judged together. */
typedef struct DwAgentNumbers
{
	int32_t		radius;			/* miles */
	int32_t		bids_per_day;	/* at most */
	int64_t		min_value;		/* of a job's budget */
	int64_t		max_value;		/* likewise; not below min_value */
	int32_t		margin_ppm;		/* at least, in millionths of the cost */
	int64_t		threshold;		/* above it they ask; 0 = never */
} DwAgentNumbers;

/* What an agent aims at, and how much it may have afoot meanwhile. */
typedef struct DwAgentAims
{
	DwAgentGoal goal;			/* inside the limits */
	int64_t		goal_target;	/* in the unit of the goal; 0 = none */
	int64_t		max_exposure;	/* of bids that stand together; 0 = any */
	int32_t		max_open_jobs;	/* beside which it still bids */
	int32_t		min_win_ppm;	/* least chance to win, in millionths */
} DwAgentAims;

/* The first of the numbers or aims that is wrong. */
typedef enum DwAgentError
{
	DW_AGENT_OK,				/* nothing */
	DW_AGENT_BAD_RADIUS,		/* outside its limits, as the next */
	DW_AGENT_BAD_DAY,
	DW_AGENT_BAD_MIN_VALUE,		/* zero or less */
	DW_AGENT_BAD_MAX_VALUE,		/* below the least */
	DW_AGENT_BAD_MARGIN,		/* outside its limits */
	DW_AGENT_BAD_THRESHOLD,		/* negative */
	DW_AGENT_BAD_EXPOSURE,		/* likewise */
	DW_AGENT_BAD_OPEN_JOBS,		/* outside its limits, as the next */
	DW_AGENT_BAD_WIN,
	DW_AGENT_BAD_TARGET			/* outside those of its goal */
} DwAgentError;

DW_LABELS_OF(agent_mode, DwAgentMode);
DW_LABELS_OF(agent_strategy, DwAgentStrategy);
DW_LABELS_OF(agent_tier, DwAgentTier);
DW_LABELS_OF(agent_goal, DwAgentGoal);
DW_LABELS_OF(agent_action, DwAgentAction);
DW_LABELS_OF(answer_state, DwAnswerState);
DW_LABELS_OF(agent_scope, DwAgentScope);

/* Judges the numbers, and the aims. */
extern DwAgentError dw_agent_judge(const DwAgentNumbers *numbers);
extern DwAgentError dw_agent_judge_aims(const DwAgentAims *aims);

/*
 * The greatest target of a goal, in its unit: hours a week, or millionths of
 * the win rate or of the cost; 0 for a goal that has none.
 */
extern int64_t dw_agent_goal_max(DwAgentGoal goal);

/*
 * True when a tier that allows `quota` bids a month (DW_AGENT_UNLIMITED: any
 * number) has room for so many on one day.
 */
extern bool dw_agent_within_tier(int32_t bids_per_day, int64_t quota);

/*
 * Minutes of the day of a time "HH:MM", 00:00 to 24:00; -1 for a text that
 * is none.
 */
extern int	dw_agent_minute(const char *text);

/*
 * A mandate: limits that a provider has signed, inside which their agent
 * stays whatever it is set to.  0 is no limit.
 */
typedef struct DwMandateLimits
{
	int64_t		max_amount;		/* of one bid */
	int64_t		max_exposure;	/* of bids that stand together */
	int32_t		bids_per_day;	/* at most, as the next two */
	int32_t		radius;			/* miles */
	int32_t		open_jobs;		/* beside which it still bids */
	int32_t		margin_ppm;		/* at least, in millionths of the cost */
	int32_t		bids_per_month; /* at most */
	int64_t		threshold;		/* above it the provider is asked */
} DwMandateLimits;

/* A limit of a mandate; the order is that in which they are told. */
typedef enum DwMandateLimit
{
	DW_MANDATE_FITS,			/* none */
	DW_MANDATE_AMOUNT,
	DW_MANDATE_EXPOSURE,
	DW_MANDATE_DAY,
	DW_MANDATE_RADIUS,
	DW_MANDATE_OPEN_JOBS,
	DW_MANDATE_MARGIN,
	DW_MANDATE_MONTH,
	DW_MANDATE_THRESHOLD,
	DW_MANDATE_LIMIT_COUNT
} DwMandateLimit;

/* The first of the limits that nobody may sign. */
extern DwMandateLimit dw_mandate_judge(const DwMandateLimits *limits);

/* The smaller of two limits, either of which may be 0, no limit. */
extern int64_t dw_limit_min(int64_t a, int64_t b);

/* True when a limit lets more pass than another one does. */
extern bool dw_limit_exceeds(int64_t limit, int64_t other);

#endif							/* DW_AGENT_H */
