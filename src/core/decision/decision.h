/*
 * decision.h
 *		What a bidding agent does with a job, and what it is told by.
 *
 * A decision is a function of DwAgentInputs and nothing else: no clock, no
 * chance, no amount of a rival.  All of them are integers, so a document of
 * dw_agent_input_fields gives the same decision again, bit by bit.  Money is
 * in minor units of the agent's currency.
 */
#ifndef DW_DECISION_H
#define DW_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/agent/agent.h"
#include "core/base/base.h"
#include "core/fee/fee.h"
#include "core/learning/learning.h"
#include "core/numeric/numeric.h"

/* Raised when the same inputs would come to another decision. */
#define DW_AGENT_CORE_VERSION	1

#define DW_AGENT_NO_LIMIT		INT64_C(-1) /* a limit that was not set */
#define DW_AGENT_WEEK			7	/* days; 0 is Monday */

/*
 * What a decision is made from.
 */

/* When an agent works, by the provider's clock. */
typedef struct DwAgentHours
{
	bool		is_limited;		/* false: at any time */
	int16_t		count[DW_AGENT_WEEK];	/* times of the day, an even number */
	int16_t		minute[DW_AGENT_WEEK][DW_AGENT_HOURS_MAX];
	/* rising, in pairs, 0 to 1440 */
} DwAgentHours;

/* What the provider's work costs, minor units. */
typedef struct DwAgentCosts
{
	int64_t		hourly_rate;	/* of labour */
	int64_t		overhead;		/* of a job */
	int64_t		travel_per_mile;	/* there and back both count */
	int64_t		waste_ppm;		/* of materials that are bought too much */
} DwAgentCosts;

/*
 * Limits that the provider signed; DW_AGENT_NO_LIMIT where there is none.
 * The narrower of mandate, settings and tier holds.
 */
typedef struct DwAgentMandate
{
	int64_t		max_amount;		/* of a bid */
	int64_t		max_exposure;	/* of all bids that may be accepted */
	int64_t		bids_per_day;	/* at most */
	int64_t		bids_per_month; /* at most */
	int64_t		max_open_jobs;	/* at most */
	int64_t		min_margin_ppm; /* of the cost, at least */
	int64_t		threshold;		/* above it they are asked */
} DwAgentMandate;

/* The agent as its provider has set it. */
typedef struct DwAgentSettings
{
	bool		is_active;		/* switched on */
	DwAgentMode mode;			/* what it may do by itself */
	DwAgentStrategy strategy;	/* how it prices */
	DwAgentGoal goal;			/* what its pace is learnt for */
	int64_t		goal_target;	/* in the goal's unit */
	DwAgentNumbers numbers;		/* as dw_agent_judge() takes them */
	int64_t		max_exposure;	/* or DW_AGENT_NO_LIMIT */
	int64_t		max_open_jobs;	/* awarded and in progress */
	int64_t		min_win_ppm;	/* probability to win, at least */
	int64_t		paused_until;	/* minute; 0 = not cooling down */
	DwAgentCosts costs;			/* zero where nothing was said */
	DwAgentHours hours;			/* when it works */
	DwAgentMandate mandate;		/* what was signed */
} DwAgentSettings;

/* The job, as its terms are published. */
typedef struct DwAgentJob
{
	bool		is_open;		/* open, and not expired */
	bool		is_current;		/* its terms are those that were published */
	bool		is_category_on; /* no kill switch */
	bool		is_emergency;	/* it cannot wait */
	bool		is_invite_only; /* for providers who were invited */
	int64_t		budget_min;		/* 0 = not said */
	int64_t		budget_max;		/* 0 = not said */
	int64_t		hours;			/* estimated; 0 = not said */
	int64_t		materials;		/* the provider has to buy; 0 = none */
	int64_t		anchor;			/* dw_anchor(); 0 = nothing is known */
	int64_t		unit;			/* minor units of one of the currency */
	DwFeeSchedule fees;			/* under which its contract will be */
} DwAgentJob;

/* Whether the job's category is one of the agent's. */
typedef enum DwAgentCategory
{
	DW_AGENT_CATEGORY_NONE,		/* it has none at all */
	DW_AGENT_CATEGORY_OTHER,	/* it has others */
	DW_AGENT_CATEGORY_SERVED	/* one of them, or below one */
} DwAgentCategory;

/* Minutes since 1970 UTC, and the provider's clock as minutes ahead of it. */
typedef struct DwAgentClock
{
	int64_t		now;			/* the minute of the decision */
	int64_t		offset;			/* now */
	int64_t		change_at;		/* minute of the next change; 0 = none in 8
								 * days */
	int64_t		offset_after;	/* from then on */
} DwAgentClock;

/* The provider, as of the decision. */
typedef struct DwAgentProvider
{
	bool		is_agent_on;	/* no kill switch */
	bool		is_provider_on; /* no kill switch */
	bool		is_rolled_out;	/* the feature flag is on for them */
	bool		is_active;		/* the account may bid */
	bool		is_same_currency;	/* the agent's is the job's */
	bool		is_own_job;		/* the homeowner is the provider */
	bool		is_answered;	/* by this agent, for these terms */
	bool		has_bid;		/* the provider has a bid on the job */
	bool		is_invited;		/* to this job */
	bool		is_in_area;		/* of their service, or they have none */
	bool		takes_emergencies;	/* outside their hours */
	DwAgentCategory category;	/* of the job */
	int64_t		stars;			/* hundredths; 0 = unrated */
	int64_t		rating;			/* dw_stats_rating(), millionths */
	int64_t		miles;			/* whole, to the job; -1 = no place */
	int64_t		missing;		/* mandatory requirements that are not met */
	int64_t		month_quota;	/* of the tier, or DW_AGENT_UNLIMITED */
	int64_t		month_bids;		/* in the provider's calendar month */
	int64_t		day_bids;		/* on the provider's day */
	int64_t		day_jobs;		/* worth a bid, on that day, with this one */
	int64_t		open_jobs;		/* awarded and in progress */
	int64_t		exposure;		/* live bids and unconfirmed awards */
	DwAgentClock clock;			/* the provider's */
} DwAgentProvider;

/* What the platform's settings say. */
typedef struct DwAgentPlatform
{
	bool		is_on;			/* no kill switch */
	bool		is_paced;		/* bids wait for better jobs */
	int64_t		min_stars;		/* hundredths, of who is rated */
	int64_t		max_miles;		/* whatever an agent says */
	int64_t		min_bid_amount; /* of any bid */
	int64_t		recheck_minutes;	/* of what was deferred */
	int64_t		base_ppm[DW_AGENT_STRATEGY_COUNT];	/* of the anchor, rising */
	int64_t		kappa_ppm[DW_AGENT_STRATEGY_COUNT]; /* weight of winning,
													 * falling */
	int64_t		band_ppm;		/* round the base that is searched */
	int64_t		rivals;			/* to be expected, nanos */
	int64_t		sure_samples;	/* what the prior is worth in confidence */
	int64_t		arrivals_weight;	/* of the usual day against the present
									 * one, in days, millionths */
} DwAgentPlatform;

/* Everything. */
typedef struct DwAgentInputs
{
	DwAgentPlatform platform;	/* the same for all */
	DwAgentJob	job;			/* the same for all agents of a job */
	DwAgentSettings settings;	/* as set, and as signed */
	DwAgentProvider provider;	/* as found */
	DwAgentParameters parameters;	/* as learnt */
} DwAgentInputs;

/* What the platform's settings are unless an operator changes them. */
extern const DwAgentPlatform dw_agent_platform_defaults;

/* All that dw_agent_decide() reads; a number that is not written is 0. */
extern const DwNumberFields dw_agent_input_fields;

/*
 * What it comes to.
 */

/* Labels in lower case, in order. */
typedef enum DwAgentVerdict
{
	DW_AGENT_BID,				/* at the amount */
	DW_AGENT_ASK,				/* "propose": the provider decides */
	DW_AGENT_LOG,				/* "shadow": what it would have bid */
	DW_AGENT_DEFER,				/* look again at run_after */
	DW_AGENT_DECLINE,			/* not this job */
	DW_AGENT_VERDICT_COUNT
} DwAgentVerdict;

/*
 * The guards in order; the reason of a decision is the first that fails.
 * Labels are in upper case, without DW_AGENT_.
 */
typedef enum DwAgentReason
{
	DW_AGENT_PASSED,			/* none fails */
	DW_AGENT_PLATFORM_OFF,		/* kill switches: deferred */
	DW_AGENT_CATEGORY_OFF,
	DW_AGENT_AGENT_OFF,
	DW_AGENT_PROVIDER_OFF,
	DW_AGENT_NOT_ROLLED_OUT,	/* the feature flag is off for them */
	DW_AGENT_BELOW_MIN_RATING,
	DW_AGENT_MONTH_QUOTA,		/* of tier or mandate is used up */
	DW_AGENT_AGENT_INACTIVE,
	DW_AGENT_PROVIDER_INACTIVE,
	DW_AGENT_COOLING_DOWN,
	DW_AGENT_JOB_NOT_OPEN,
	DW_AGENT_STALE_TERMS,
	DW_AGENT_OWN_JOB,
	DW_AGENT_NOT_INVITED,
	DW_AGENT_ALREADY_ANSWERED,
	DW_AGENT_ALREADY_BID,
	DW_AGENT_NO_CATEGORY,		/* the agent has none */
	DW_AGENT_OTHER_CATEGORY,
	DW_AGENT_NO_PLACE,
	DW_AGENT_OUTSIDE_RADIUS,
	DW_AGENT_OUTSIDE_AREA,
	DW_AGENT_REQUIREMENT_MISSING,
	DW_AGENT_NO_HOURS,			/* it works at no time of the week */
	DW_AGENT_OUTSIDE_HOURS,		/* deferred */
	DW_AGENT_CAPACITY,			/* open jobs */
	DW_AGENT_CURRENCY,
	DW_AGENT_VALUE_RANGE,		/* of the budget */
	DW_AGENT_NO_ANCHOR,			/* no usual price is known */
	DW_AGENT_NO_ESTIMATE,		/* of hours, where labour costs */
	DW_AGENT_EXPOSURE,
	DW_AGENT_FLOOR_ABOVE_CEILING,
	DW_AGENT_BELOW_FLOOR,		/* of an amount that was given */
	DW_AGENT_ABOVE_CEILING,
	DW_AGENT_LOW_PROBABILITY,
	DW_AGENT_PACING,			/* deferred */
	DW_AGENT_DAY_CAP,			/* of settings or mandate is used up */
	DW_AGENT_OVER_THRESHOLD,	/* no guard: why an auto agent proposes */
	DW_AGENT_REASON_COUNT
} DwAgentReason;

DW_LABELS_OF(agent_verdict, DwAgentVerdict);
DW_LABELS_OF(agent_reason, DwAgentReason);

/* A decision; numbers that the first failing guard left unknown are 0. */
typedef struct DwAgentDecision
{
	DwAgentVerdict verdict;		/* what to do */
	DwAgentReason reason;		/* first guard that fails, or why it asks */
	int64_t		run_after;		/* minute, of what is deferred */
	int64_t		local_day;		/* days since 1970 of the provider's clock */
	int64_t		cost;			/* C, rounded up */
	int64_t		floor;			/* whole units, the least amount */
	int64_t		ceiling;		/* the greatest */
	int64_t		anchor;			/* M */
	int64_t		base_amount;	/* what a win with it adds to the anchor */
	int64_t		amount;			/* of the bid, whole units */
	int64_t		timeline_days;	/* of the bid */
	int64_t		value;			/* expected profit */
	double		chance;			/* P, by which the price was found */
	double		win_probability;	/* P as it is shown */
	double		confidence;		/* in that, 0 ... 1 */
} DwAgentDecision;

/* An amount that somebody else gives, for which every guard holds too. */
typedef struct DwAgentOffer
{
	int64_t		amount;			/* minor units */
	int64_t		timeline_days;	/* 1 or more */
	bool		is_approved;	/* the provider wants it: neither hours nor
								 * pacing nor mode stand in its way */
} DwAgentOffer;

/* All of it, as it is kept beside the inputs of a decision about it. */
extern const DwNumberFields dw_agent_offer_fields;

/* Decides; offer NULL = the agent finds its price. */
extern void dw_agent_decide(const DwAgentInputs *inputs,
							const DwAgentOffer *offer,
							DwAgentDecision *decision);

/* True when this guard, whatever the others say, lets the agent pass. */
extern bool dw_agent_passes(const DwAgentInputs *inputs,
							const DwAgentOffer *offer,
							DwAgentReason guard);

/* The day of the provider's clock, as days since 1970. */
extern int64_t dw_agent_local_day(const DwAgentClock *clock);

/* What a decision with an amount was told by, for dw_learning_outcome(). */
extern void dw_agent_features(const DwAgentInputs *inputs,
							  const DwAgentDecision *decision,
							  DwFeatures *features);

/*
 * Moves the pace of the goal by a small step: what was reached of late, in
 * the unit of its target.  max_profit goes back to no pace.
 */
extern void dw_agent_pace(const DwLearningSettings *settings,
						  const DwAgentSettings *agent, int64_t reached,
						  DwAgentParameters *parameters);

#endif							/* DW_DECISION_H */
