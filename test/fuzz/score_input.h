/*
 * score_input.h
 *		Jobs and bids for the fuzz targets of scoring and ranking.
 */
#ifndef DW_SCORE_INPUT_H
#define DW_SCORE_INPUT_H

#include "fuzz.h"

#include "core/base/base.h"
#include "core/score/score.h"

/* Weights that sum to 10000, zero ones among them. */
static inline DwScoreWeights
read_weights(FuzzInput *input)
{
	int64_t		raw[DW_CRITERION_COUNT];
	int64_t		parts[DW_CRITERION_COUNT];
	DwScoreWeights weights = dw_score_weights_default(false);

	for (int k = 0; k < DW_CRITERION_COUNT; k++)
		raw[k] = fuzz_range(input, 0, 100);
	if (dw_allocate(DW_SCORE_WEIGHT, raw, DW_CRITERION_COUNT,
					parts) == DW_OK)
	{
		for (int k = 0; k < DW_CRITERION_COUNT; k++)
			weights.bps[k] = (int32_t) parts[k];
	}
	return weights;
}

/* A number of a size that is drawn first, so that small ones are common. */
static inline int64_t
read_sized(FuzzInput *input, int64_t least)
{
	int64_t		bits = fuzz_range(input, 0, 62);

	return fuzz_range(input, least, (INT64_C(1) << bits) + 1);
}

/* A job of any method, with the weights that the method works with. */
static inline DwScoreJob
read_job(FuzzInput *input)
{
	DwScoreJob	job;
	DwScoreWeights given = read_weights(input);

	job.method = (DwScoringMethod)
		fuzz_range(input, 0, DW_SCORING_METHOD_COUNT - 1);
	job.reference = read_sized(input, 0);
	job.estimated_hours = read_sized(input, -1);
	if (dw_score_weights_choose(job.method, &given, &job.weights) != DW_OK)
		job.weights = given;
	return job;
}

#endif							/* DW_SCORE_INPUT_H */
