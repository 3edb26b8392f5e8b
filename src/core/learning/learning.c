/*
 * learning.c
 *		The chance of a bid, and what its outcome teaches.
 *
 * The weights are a posterior mean with a precision for each: forgetting
 * draws both towards the prior, an outcome adds its curvature and moves the
 * mean by gradient / precision.  The prior of the price's slope is firm: the
 * anchor is noisy, noise in ln(p / M) pulls a free slope towards nothing, and
 * a flat slope asks too much.
 */
#include "core/learning/learning.h"

#include <stddef.h>

#include "core/base/base.h"
#include "core/numeric/numeric.h"

#define SCALE	1				/* of the calibrator; before it its shift */

#define FIELD(type, Struct, member, n) \
	{#member, DW_FIELD_##type, offsetof(Struct, member), n}
#define FIELDS(list) \
	{list, DW_LENGTH(list)}

static const char *const outcome_labels[DW_OUTCOME_COUNT] = {
	[DW_OUTCOME_WON] = "won",
	[DW_OUTCOME_LOST] = "lost",
	[DW_OUTCOME_CENSORED] = "censored"
};

DW_LABELS(outcome, DwOutcome, outcome_labels);

const DwLearningSettings dw_learning_defaults = {
	.mean = {
		[DW_FEATURE_ONE] = 0,
		[DW_FEATURE_PRICE] = -6 * DW_NANOS,
		[DW_FEATURE_RATING] = 2 * DW_NANOS,
		[DW_FEATURE_DISTANCE] = DW_NANOS / 2,
		[DW_FEATURE_TIME] = DW_NANOS / 2
	},
	.weight = {
		[DW_FEATURE_ONE] = DW_NANOS * 3 / 10,
		[DW_FEATURE_PRICE] = 10 * DW_NANOS,
		[DW_FEATURE_RATING] = DW_NANOS * 3 / 10,
		[DW_FEATURE_DISTANCE] = DW_NANOS * 3 / 10,
		[DW_FEATURE_TIME] = DW_NANOS * 3 / 10
	},
	.slope_max = -DW_NANOS,
	.step_max = DW_NANOS / 2,
	.keep_ppm = 995000,
	.shown_weight = {DW_NANOS / 2, DW_NANOS / 2},
	.shown_keep_ppm = 997000,
	.anchor_winners = 5,
	.anchor_share_ppm = 400000,
	.anchor_band_ppm = 300000,
	.anchor_reference = 3000000,
	.goal_step_ppm = 20000,
	.goal_least_ppm = 800000,
	.goal_most_ppm = 1250000
};

#define SETTING(member, n)	FIELD(INT64, DwLearningSettings, member, n)

static const DwNumberField setting_fields[] = {
	SETTING(mean, DW_FEATURE_COUNT),
	SETTING(weight, DW_FEATURE_COUNT),
	SETTING(slope_max, 1),
	SETTING(step_max, 1),
	SETTING(keep_ppm, 1),
	SETTING(shown_weight, DW_CALIBRATOR_COUNT),
	SETTING(shown_keep_ppm, 1),
	SETTING(anchor_winners, 1),
	SETTING(anchor_share_ppm, 1),
	SETTING(anchor_band_ppm, 1),
	SETTING(anchor_reference, 1),
	SETTING(goal_step_ppm, 1),
	SETTING(goal_least_ppm, 1),
	SETTING(goal_most_ppm, 1)
};

const DwNumberFields dw_learning_fields = FIELDS(setting_fields);

#define PARAMETER(member, n)	FIELD(INT64, DwAgentParameters, member, n)

static const DwNumberField parameter_fields[] = {
	PARAMETER(weight, DW_FEATURE_COUNT),
	PARAMETER(shown, DW_CALIBRATOR_COUNT),
	PARAMETER(samples, 1),
	PARAMETER(pace_ppm, 1),
	PARAMETER(arrivals, 1),
	PARAMETER(value, DW_PACING_MARKS),
	PARAMETER(precision, DW_FEATURE_COUNT),
	PARAMETER(shown_precision, DW_CALIBRATOR_COUNT),
	PARAMETER(wins, 1)
};

const DwNumberFields dw_agent_parameters_fields = FIELDS(parameter_fields);

/* Where the calibrator begins: what is shown is P itself. */
static const int64_t shown_mean[DW_CALIBRATOR_COUNT] = {0, DW_NANOS};

void
dw_agent_prior(const DwLearningSettings *settings,
			   DwAgentParameters *parameters)
{
	memset(parameters, 0, sizeof(*parameters));
	memcpy(parameters->weight, settings->mean, sizeof(settings->mean));
	memcpy(parameters->precision, settings->weight, sizeof(settings->weight));
	memcpy(parameters->shown, shown_mean, sizeof(shown_mean));
	memcpy(parameters->shown_precision, settings->shown_weight,
		   sizeof(settings->shown_weight));
	if (parameters->weight[DW_FEATURE_PRICE] > settings->slope_max)
		parameters->weight[DW_FEATURE_PRICE] = settings->slope_max;
	parameters->pace_ppm = DW_PPM;
}

/* A mean and its precision, their prior, and by how much one may move. */
typedef struct Belief
{
	int64_t    *mean;			/* nanos */
	int64_t    *precision;		/* nanos */
	const int64_t *prior_mean;	/* nanos */
	const int64_t *prior_precision; /* nanos */
	int64_t		keep_ppm;		/* of what was learnt */
	int64_t		step_max;		/* nanos */
	int			count;			/* of each */
} Belief;

/* Forgets a little, then learns that x, believed at a chance, came or not. */
static void
learn(const Belief *belief, const double *x, double chance, bool won)
{
	double		keep = (double) belief->keep_ppm / DW_PPM;
	double		most = dw_from_nanos(belief->step_max);
	double		error = (won ? 1 : 0) - chance;
	double		curvature = chance * (1 - chance);

	for (int i = 0; i < belief->count; i++)
	{
		double		old = keep * dw_from_nanos(belief->precision[i]);
		double		prior = (1 - keep) *
			dw_from_nanos(belief->prior_precision[i]);
		double		precision = old + prior;
		double		mean = (old * dw_from_nanos(belief->mean[i]) +
							prior * dw_from_nanos(belief->prior_mean[i])) /
			precision;
		double		step;

		precision += curvature * x[i] * x[i];
		step = error * x[i] / precision;
		step = step > most ? most : step < -most ? -most : step;
		belief->mean[i] = dw_to_nanos(mean + step);
		belief->precision[i] = dw_to_nanos(precision);
	}
}

void
dw_learning_outcome(const DwLearningSettings *settings,
					const DwFeatures *features, int64_t rivals,
					DwOutcome outcome, DwAgentParameters *parameters)
{
	const Belief weights = {
		parameters->weight, parameters->precision, settings->mean,
		settings->weight, settings->keep_ppm, settings->step_max,
		DW_FEATURE_COUNT
	};
	const Belief shown = {
		parameters->shown, parameters->shown_precision, shown_mean,
		settings->shown_weight, settings->shown_keep_ppm,
		settings->step_max, DW_CALIBRATOR_COUNT
	};
	double		odds = dw_learning_rivals(parameters, features, rivals);
	double		x[DW_CALIBRATOR_COUNT] = {1, -dw_log(odds)};

	if (outcome == DW_OUTCOME_CENSORED)
		return;
	learn(&shown, x, dw_learning_shown(parameters, odds),
		  outcome == DW_OUTCOME_WON);
	learn(&weights, features->x, dw_chance_against(odds),
		  outcome == DW_OUTCOME_WON);
	if (parameters->weight[DW_FEATURE_PRICE] > settings->slope_max)
		parameters->weight[DW_FEATURE_PRICE] = settings->slope_max;
	/* a better bid is never shown as one with less of a chance */
	if (parameters->shown[SCALE] < 0)
		parameters->shown[SCALE] = 0;
	parameters->samples++;
	parameters->wins += outcome == DW_OUTCOME_WON;
}

bool
dw_agent_parameters_valid(const DwAgentParameters *parameters)
{
	for (int i = 0; i < DW_FEATURE_COUNT; i++)
		if (parameters->precision[i] <= 0)
			return false;
	for (int i = 0; i < DW_CALIBRATOR_COUNT; i++)
		if (parameters->shown_precision[i] <= 0)
			return false;
	for (int i = 1; i < DW_PACING_MARKS; i++)
		if (parameters->value[i] < parameters->value[i - 1])
			return false;
	return parameters->weight[DW_FEATURE_PRICE] < 0 &&
		parameters->shown[SCALE] >= 0 &&
		parameters->pace_ppm > 0 && parameters->arrivals >= 0 &&
		parameters->wins >= 0 && parameters->wins <= parameters->samples;
}
