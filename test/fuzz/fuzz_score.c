/*
 * fuzz_score.c
 *		Points sum to the total; a lower price and a better quality are never
 *		worse; money has no unit.
 */
#include "score_input.h"

/* A sum of weights, now and then past its limit. */
static int64_t
read_weight(FuzzInput *input)
{
	return read_sized(input, 0) % (DW_STATS_MAX_WEIGHT + 2);
}

/* Inputs of a bid, some of them such as no bid can have. */
static DwScoreInputs
read_inputs(FuzzInput *input)
{
	DwScoreInputs inputs;

	inputs.price = read_sized(input, -1);
	inputs.stats.rating_weight = read_weight(input);
	inputs.stats.rating_sum = fuzz_range(input, 0,
										 inputs.stats.rating_weight);
	inputs.stats.rating_square = fuzz_range(input, 0,
											inputs.stats.rating_sum);
	inputs.stats.completed = read_weight(input);
	inputs.stats.awarded = read_weight(input);
	inputs.timeline_days = read_sized(input, -1);
	inputs.warranty_months = read_sized(input, -1);
	inputs.distance = read_sized(input, -1);
	inputs.optional_met = read_sized(input, 0);
	inputs.optional_all = inputs.optional_met + fuzz_range(input, 0, 1000);
	inputs.reply_seconds = read_sized(input, -1);
	return inputs;
}

/* The points are the total, the utilities are shares of one. */
static void
check_sum(const DwScoreJob *job, const DwScore *score)
{
	int64_t		sum = 0;

	for (int k = 0; k < DW_CRITERION_COUNT; k++)
	{
		sum += score->points[k];
		if (k == DW_CRITERION_PRICE)
			continue;
		check(score->utility[k] >= 0 && score->utility[k] <= DW_SCORE_UNITY);
		check(score->points[k] ==
			  job->weights.bps[k] * score->utility[k] / 100);
	}
	check(sum == score->total);
	check(score->total >= DW_SCORE_LEAST);
	check(dw_score_hundredths(score->total) >= 0);
	check(dw_score_hundredths(score->total) <= DW_SCORE_MAX_HUNDREDTHS);
	if (score->has_points)
		check(score->total <= 100 * DW_SCORE_POINT);
}

/* The total of the inputs, which must have one. */
static int64_t
total_of(const DwScoreJob *job, const DwScoreInputs *inputs)
{
	DwScore		score;

	check(dw_bid_score(job, inputs, &score) == DW_OK);
	return score.total;
}

/* Changing one input for the better must not cost a point. */
static void
check_better(const DwScoreJob *job, const DwScoreInputs *inputs,
			 int64_t total, int64_t step)
{
	DwScoreInputs better = *inputs;

	better.price -= step < better.price ? step : better.price;
	check(total_of(job, &better) >= total);
	better = *inputs;
	better.warranty_months += step;
	check(total_of(job, &better) >= total);
	better = *inputs;
	better.optional_met = better.optional_all;
	check(total_of(job, &better) >= total);
	better = *inputs;
	better.timeline_days -= better.timeline_days > 0;
	check(total_of(job, &better) >= total);
	better = *inputs;
	better.distance -= better.distance > 0;
	check(total_of(job, &better) >= total);
	better = *inputs;
	better.reply_seconds -= better.reply_seconds > 0;
	check(total_of(job, &better) >= total);
	better = *inputs;
	if (dw_stats_add_completion(&better.stats) == DW_OK)
		check(total_of(job, &better) >= total);
}

/* Ten times the money, an even reference included: the same price points. */
static void
check_scaling(const DwScoreJob *job, int64_t price)
{
	DwScoreJob	big = *job;

	if (job->method == DW_SCORING_METHOD_MEAT || job->reference <= 0 ||
		job->reference % 2 != 0 || job->reference > INT64_MAX / 10 ||
		price > INT64_MAX / 10)
		return;
	big.reference *= 10;
	check(dw_score_total(&big, price * 10, 0) ==
		  dw_score_total(job, price, 0));
}

/* One input: a job and a bid. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	DwScoreJob	job = read_job(&input);
	DwScoreInputs inputs = read_inputs(&input);
	DwScore		score;
	int64_t		amount;

	if (dw_bid_score(&job, &inputs, &score) != DW_OK)
		return 0;
	check_sum(&job, &score);
	check_better(&job, &inputs, score.total,
				 fuzz_range(&input, 0, 1000000));
	check_scaling(&job, inputs.price);
	if (dw_score_amount(&job, score.points[DW_CRITERION_PRICE], &amount))
		check((amount < 0) <= (score.points[DW_CRITERION_PRICE] < 0));
	return 0;
}
