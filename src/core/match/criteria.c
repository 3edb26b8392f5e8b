/*
 * criteria.c
 *		What may be wrong with what a provider asks for.
 */
#include "core/match/match.h"

#include <math.h>

#include "core/base/base.h"

/* Labels are the names of arguments. */
static const char *const match_field_labels[] = {
	[DW_MATCH_LONGITUDE] = "longitude",
	[DW_MATCH_LATITUDE] = "latitude",
	[DW_MATCH_RADIUS] = "radius_miles",
	[DW_MATCH_CATEGORIES] = "category_ids",
	[DW_MATCH_FITS] = "fits",
	[DW_MATCH_OTHERS] = "others_fit",
	[DW_MATCH_BUDGET_MIN] = "budget_min",
	[DW_MATCH_BUDGET_MAX] = "budget_max",
	[DW_MATCH_CURRENCY] = "currency",
	[DW_MATCH_CAPABILITIES] = "capabilities",
	[DW_MATCH_WEIGHTS] = "weights",
	[DW_MATCH_REFERENCE] = "reference_budget",
	[DW_MATCH_FRESHNESS_HOURS] = "freshness_hours",
	[DW_MATCH_CEILING] = "ceiling"
};

DW_LABELS(match_field, DwMatchField, match_field_labels);

/* True for a number from least to most; NaN is none. */
static bool
is_within(double value, double least, double most)
{
	return value >= least && value <= most;
}

/* True for a number above 0 that is not infinite. */
static bool
is_positive(double value)
{
	return value > 0.0 && value < INFINITY;
}

/* True when every weight is a number, none negative, and one above 0. */
static bool
weights_are_good(const double *weights)
{
	double		largest = 0.0;

	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
	{
		if (!is_within(weights[i], 0.0, 1e300))
			return false;
		largest = fmax(largest, weights[i]);
	}
	return largest >= 1e-300;
}

/* True when every fit is from 0 to 1. */
static bool
fits_are_good(const DwMatchCriteria *criteria)
{
	for (int i = 0; criteria->fits != NULL &&
		 i < criteria->category_count; i++)
	{
		if (!is_within(criteria->fits[i], 0.0, 1.0))
			return false;
	}
	return true;
}

/* Notes the fault, and says that there is one. */
static bool
fault(DwMatchField *field, DwMatchField which, const char **what,
	  const char *sentence)
{
	*field = which;
	*what = sentence;
	return false;
}

/* What is wrong with the place of the criteria. */
static bool
judge_place(const DwMatchCriteria *criteria, DwMatchField *field,
			const char **what)
{
	if (!is_within(criteria->longitude, -180.0, 180.0))
		return fault(field, DW_MATCH_LONGITUDE, what,
					 "must be from -180 to 180 degrees");
	if (!is_within(criteria->latitude, -90.0, 90.0))
		return fault(field, DW_MATCH_LATITUDE, what,
					 "must be from -90 to 90 degrees");
	if (!(criteria->radius_miles > 0.0) ||
		criteria->radius_miles > DW_BBOX_RADIUS_MAX_MILES)
		return fault(field, DW_MATCH_RADIUS, what,
					 "must be over 0 and at most 12450 miles");
	return true;
}

/* What is wrong with the filters of the criteria. */
static bool
judge_filters(const DwMatchCriteria *criteria, DwMatchField *field,
			  const char **what)
{
	if (criteria->category_count > DW_MATCH_CATEGORIES_MAX)
		return fault(field, DW_MATCH_CATEGORIES, what,
					 "must have at most 4096 categories, with those below");
	if (!fits_are_good(criteria))
		return fault(field, DW_MATCH_FITS, what, "must be from 0 to 1");
	if (criteria->others_fit != DW_MATCH_EXCLUDED &&
		!is_within(criteria->others_fit, 0.0, 1.0))
		return fault(field, DW_MATCH_OTHERS, what, "must be from 0 to 1");
	if (criteria->budget_min < 0)
		return fault(field, DW_MATCH_BUDGET_MIN, what,
					 "must not be negative");
	if (criteria->budget_max < 0)
		return fault(field, DW_MATCH_BUDGET_MAX, what,
					 "must not be negative");
	if (criteria->budget_max < criteria->budget_min)
		return fault(field, DW_MATCH_BUDGET_MAX, what,
					 "must not be less than budget_min");
	if (dw_currency_code(criteria->currency) == DW_JOB_KEY_NO_CURRENCY)
		return fault(field, DW_MATCH_CURRENCY, what,
					 "must be three capital letters");
	if (criteria->capabilities < 0 || criteria->capabilities > UINT32_MAX)
		return fault(field, DW_MATCH_CAPABILITIES, what,
					 "must be a set of 32 bits");
	return true;
}

bool
dw_match_judge(const DwMatchCriteria *criteria, DwMatchField *field,
			   const char **what)
{
	if (!judge_place(criteria, field, what) ||
		!judge_filters(criteria, field, what))
		return false;
	if (!weights_are_good(criteria->weights))
		return fault(field, DW_MATCH_WEIGHTS, what,
					 "must not be negative, and not all be zero");
	if (!is_positive(criteria->reference))
		return fault(field, DW_MATCH_REFERENCE, what, "must be over 0");
	if (!is_positive(criteria->freshness_hours))
		return fault(field, DW_MATCH_FRESHNESS_HOURS, what,
					 "must be over 0");
	if (!is_within(criteria->ceiling, 0.0, DW_MATCH_NO_CEILING))
		return fault(field, DW_MATCH_CEILING, what, "must be from 0 to 1");
	return true;
}
