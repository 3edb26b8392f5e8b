/*
 * learning.h
 *		How likely a bid wins, what is learnt of it, and the usual price.
 *
 * The probability to win at an amount p against the anchor M is
 * P = 1 / (1 + n e^-v), n the rivals to be expected and v linear in the
 * features: 1, ln(p / M), rating, distance, time.  It begins at the prior and
 * learns by a step of the online Newton method for each outcome.  The price
 * is found with P; what people see is P through a calibrator of two
 * parameters that learns beside it.
 *
 * Whatever is stored is an integer: rates in millionths (ppm), other numbers
 * in nanos.  So it comes back from a document as it went in, and all
 * arithmetic in between uses core/numeric.
 */
#ifndef DW_LEARNING_H
#define DW_LEARNING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/numeric/numeric.h"

/* What the chance of a bid is told by, in order. */
typedef enum DwFeature
{
	DW_FEATURE_ONE,				/* always 1 */
	DW_FEATURE_PRICE,			/* ln(p / M) */
	DW_FEATURE_RATING,			/* utility of the rating less its prior */
	DW_FEATURE_DISTANCE,		/* 10 / (10 + miles) less a half */
	DW_FEATURE_TIME,			/* T / (T + days offered) less a half */
	DW_FEATURE_COUNT
} DwFeature;

/* The features of one bid. */
typedef struct DwFeatures
{
	double		x[DW_FEATURE_COUNT];	/* by DwFeature */
} DwFeatures;

/* What came of a bid; the labels of agent_outcomes.outcome, in order. */
typedef enum DwOutcome
{
	DW_OUTCOME_WON,				/* it was accepted */
	DW_OUTCOME_LOST,			/* another bid was accepted */
	DW_OUTCOME_CENSORED,		/* neither: cancelled, edited, expired */
	DW_OUTCOME_COUNT
} DwOutcome;

DW_LABELS_OF(outcome, DwOutcome);

#define DW_CALIBRATOR_COUNT	2	/* its shift and its scale */
#define DW_PACING_MARKS		16	/* quantiles that are kept of the values */

/* The constants of learning; settings of the platform fill them. */
typedef struct DwLearningSettings
{
	int64_t		mean[DW_FEATURE_COUNT]; /* prior of the weights, nanos */
	int64_t		weight[DW_FEATURE_COUNT];	/* how firm it is, nanos */
	int64_t		slope_max;		/* weight of the price at most, nanos */
	int64_t		step_max;		/* of a weight at one outcome, nanos */
	int64_t		keep_ppm;		/* of what was learnt, at each outcome */
	int64_t		shown_weight[DW_CALIBRATOR_COUNT];	/* firmness, nanos */
	int64_t		shown_keep_ppm; /* keep_ppm of the calibrator */
	int64_t		anchor_winners; /* distinct ones at least */
	int64_t		anchor_share_ppm;	/* of the weight, one winner at most */
	int64_t		anchor_band_ppm;	/* away from the category's reference */
	int64_t		anchor_reference;	/* weight of the job's reference, as so
									 * many prices of today, millionths */
	int64_t		goal_step_ppm;	/* of the pace at one outcome */
	int64_t		goal_least_ppm; /* the pace at least */
	int64_t		goal_most_ppm;	/* the pace at most */
} DwLearningSettings;

/*
 * What an agent has learnt.  Decisions read the first part, learning both.
 */
typedef struct DwAgentParameters
{
	int64_t		weight[DW_FEATURE_COUNT];	/* of the features, nanos */
	int64_t		shown[DW_CALIBRATOR_COUNT]; /* of the calibrator, nanos */
	int64_t		samples;		/* bids won and lost that it learnt from */
	int64_t		pace_ppm;		/* multiplies the base price for the goal */
	int64_t		arrivals;		/* jobs worth a bid a day, millionths */
	int64_t		value[DW_PACING_MARKS]; /* quantiles of what such a job is
										 * worth, minor units, rising */
	/* learning alone */
	int64_t		precision[DW_FEATURE_COUNT];	/* nanos */
	int64_t		shown_precision[DW_CALIBRATOR_COUNT];	/* nanos */
	int64_t		wins;			/* of samples */
} DwAgentParameters;

/* The constants that are built in, and their names as settings. */
extern const DwLearningSettings dw_learning_defaults;
extern const DwNumberFields dw_learning_fields;

/* All of DwAgentParameters, as agent_parameters.parameters keeps it. */
extern const DwNumberFields dw_agent_parameters_fields;

/* Where every agent begins: version 0. */
extern void dw_agent_prior(const DwLearningSettings *settings,
						   DwAgentParameters *parameters);

/*
 * True for parameters that learning can come to, under any settings: what was
 * stored is checked by it before use.
 */
extern bool dw_agent_parameters_valid(const DwAgentParameters *parameters);

/* n e^-v of the features, n in nanos: (1 - P) / P. */
static inline double
dw_learning_rivals(const DwAgentParameters *parameters,
				   const DwFeatures *features, int64_t rivals)
{
	double		v = 0;

	for (int i = 0; i < DW_FEATURE_COUNT; i++)
		v += dw_from_nanos(parameters->weight[i]) * features->x[i];
	return dw_from_nanos(rivals) * dw_exp(-v);
}

/* Chances are held off 0 and 1, so that their logit is finite. */
#define DW_CHANCE_LEAST	1e-9

/* The chance of an event against which there are such odds. */
static inline double
dw_chance_against(double odds)
{
	double		chance = 1 / (1 + odds);

	if (chance < DW_CHANCE_LEAST)
		return DW_CHANCE_LEAST;
	return chance > 1 - DW_CHANCE_LEAST ? 1 - DW_CHANCE_LEAST : chance;
}

/* What is shown of a bid with such odds, dw_learning_rivals(), against it. */
static inline double
dw_learning_shown(const DwAgentParameters *parameters, double odds)
{
	double		v = dw_from_nanos(parameters->shown[0]) -
		dw_from_nanos(parameters->shown[1]) * dw_log(odds);

	return dw_chance_against(dw_exp(-v));
}

/* Learns from one outcome; a censored one changes nothing. */
extern void dw_learning_outcome(const DwLearningSettings *settings,
								const DwFeatures *features, int64_t rivals,
								DwOutcome outcome,
								DwAgentParameters *parameters);

/* Which quantiles the marks are, millionths, rising. */
extern const int64_t dw_pacing_levels[DW_PACING_MARKS];

/*
 * Learns what the jobs of so many days that were worth a bid were worth,
 * minor units: all of them, those that were not bid for too.  Sorts them.
 */
extern void dw_pacing_learn(int64_t *values, int count, int64_t days,
							DwAgentParameters *parameters);

/*
 * The anchor: what such a job usually costs.
 */

/* One winning price near the job, in its category and currency. */
typedef struct DwWinningPrice
{
	int64_t		amount;			/* minor units, > 0; of an agent's bid the
								 * base_amount of its decision */
	int64_t		days;			/* since it won */
	int32_t		winner;			/* equal numbers: the same provider */
} DwWinningPrice;

/* What is known of a job's price besides; 0 = nothing. */
typedef struct DwAnchorJob
{
	int64_t		reference;		/* the job's own, as it was published */
	int64_t		category_reference; /* its category's */
} DwAnchorJob;

/*
 * The anchor M, minor units; 0 when nothing is known.  What the prices come
 * to enters with two digits.  Those of one winner stand together, and are not
 * above 2^62.
 */
extern int64_t dw_anchor(const DwLearningSettings *settings,
						 const DwAnchorJob *job,
						 const DwWinningPrice *prices, int count);

#endif							/* DW_LEARNING_H */
