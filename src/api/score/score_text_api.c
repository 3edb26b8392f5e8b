/*
 * score_text_api.c
 *		The inputs of a score in words, for people.
 *
 * Numbers are written exactly and without a locale: the same bid reads the
 * same in every session.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "api/score/score_text_api_int.h"
#include "core/base/base.h"

#define SECONDS_PER_MINUTE	60
#define DISTANCE_DECIMALS	4	/* of a mile */
#define SHOWN_DECIMALS		2	/* of stars, and of decayed counts */

/* number / 10^decimals, with that many decimals. */
static char *
decimal_text(int64 number, int decimals)
{
	Numeric		value = int64_div_fast_to_numeric(number, decimals);

	return DatumGetCString(DirectFunctionCall1(numeric_out,
											   NumericGetDatum(value)));
}

/* A decayed count, held in millionths, in hundredths. */
static char *
count_text(int64 millionths)
{
	return decimal_text(millionths / (DW_STATS_ONE / 100), SHOWN_DECIMALS);
}

/* "950.00 USD" */
static char *
price_text(const DwScoreInputs *inputs, const char *currency)
{
	int			exponent = dw_currency_exponent(currency);

	return psprintf("%s %s",
					decimal_text(inputs->price, Max(exponent, 0)), currency);
}

/* "5.00 stars in 1.00 reviews"; x is (stars - 1) / 4 */
static char *
rating_text(const DwStats *stats)
{
	int64		hundredths;

	if (stats->rating_weight == 0)
		return pstrdup("no reviews");
	hundredths = 100 + 400 * stats->rating_sum / stats->rating_weight;
	return psprintf("%s stars in %s reviews",
					decimal_text(hundredths, SHOWN_DECIMALS),
					count_text(stats->rating_weight));
}

/* "0.87 of 1.00 jobs completed" */
static char *
reliability_text(const DwStats *stats)
{
	if (stats->awarded == 0 && stats->completed == 0)
		return pstrdup("no jobs");
	return psprintf("%s of %s jobs completed", count_text(stats->completed),
					count_text(stats->awarded));
}

/* A number with its unit, or "unknown". */
static char *
amount_text(int64 number, const char *unit)
{
	if (number == DW_SCORE_UNKNOWN)
		return pstrdup("unknown");
	return psprintf(INT64_FORMAT " %s", number, unit);
}

/* "0.8807 miles" */
static char *
distance_text(int64 distance)
{
	if (distance == DW_SCORE_UNKNOWN)
		return pstrdup("unknown");
	return psprintf("%s miles", decimal_text(distance, DISTANCE_DECIMALS));
}

/* "3 of 5 by weight" */
static char *
qualification_text(const DwScoreInputs *inputs)
{
	if (inputs->optional_all == 0)
		return pstrdup("nothing optional");
	return psprintf(INT64_FORMAT " of " INT64_FORMAT " by weight",
					inputs->optional_met, inputs->optional_all);
}

char *
dw_score_input_text(const DwScoreInputs *inputs, const char *currency,
					DwCriterion criterion)
{
	switch (criterion)
	{
		case DW_CRITERION_PRICE:
			return price_text(inputs, currency);
		case DW_CRITERION_RATING:
			return rating_text(&inputs->stats);
		case DW_CRITERION_RELIABILITY:
			return reliability_text(&inputs->stats);
		case DW_CRITERION_TIMELINE:
			return amount_text(inputs->timeline_days, "days");
		case DW_CRITERION_WARRANTY:
			return amount_text(inputs->warranty_months, "months");
		case DW_CRITERION_DISTANCE:
			return distance_text(inputs->distance);
		case DW_CRITERION_QUALIFICATION:
			return qualification_text(inputs);
		case DW_CRITERION_RESPONSIVENESS:
			return amount_text(inputs->reply_seconds < 0 ? DW_SCORE_UNKNOWN
							   : inputs->reply_seconds / SECONDS_PER_MINUTE,
							   "minutes");
		case DW_CRITERION_COUNT:
			break;
	}
	return NULL;
}
