/*
 * match_api.c
 *		Entry point that lists the open jobs which suit a provider:
 *		match_jobs.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "api/match/criteria_api_int.h"
#include "core/base/base.h"
#include "core/geo/geo.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/match/match_store.h"

/* Most jobs of one call: more than a page, for those who rank them anew. */
#define MATCH_RESULTS_MAX	500

/* Positions of its columns: many rows are filled, so not by name. */
enum
{
	ROW_AS_OF,
	ROW_BUDGET_MIN,
	ROW_BUDGET_MAX,
	ROW_CURRENCY,
	ROW_JOB_ID,
	ROW_SCORE,
	ROW_DISTANCE_MILES,
	ROW_CATEGORY_ID,
	ROW_TITLE,
	ROW_URGENCY,
	ROW_LONGITUDE,
	ROW_LATITUDE,
	ROW_PUBLISHED_AT
};

static int	jobs_count(DwCall *call);
static TimestampTz jobs_as_of(DwCall *call, TimestampTz now);
static const char *jobs_currency(DwCall *call);
static void jobs_criteria(DwCall *call, DwMatchCriteria *criteria);
static void jobs_cursor(DwCall *call, DwMatchCriteria *criteria,
						DwMatchCursor *after);
static void jobs_categories(DwCall *call, const DwMatchProvider *provider,
							DwMatchCriteria *criteria);
static void jobs_row(DwCall *call, const DwMatchQuery *query,
					 const DwMatchJob *job);

/* match_jobs(provider_id, as_of, after_score, …) → job_id, score, … */
DW_FUNCTION(dwello_match_jobs)
{
	DwCall		call;
	DwMatchCriteria criteria;
	DwMatchProvider provider;
	DwMatchSearch search = {.now = dw_now()};
	DwMatchJob *jobs;
	int			count;

	dw_query_begin(&call, fcinfo, DW_MATCH_ACTORS);
	dw_args_need(&call, "max_results", "currency", NULL);
	search.count = jobs_count(&call);
	dw_criteria_begin(&criteria, jobs_as_of(&call, search.now),
					  jobs_currency(&call));
	jobs_criteria(&call, &criteria);
	jobs_cursor(&call, &criteria, &search.after);
	dw_criteria_judge(&criteria);

	dw_match_provider_of_call(&call, "provider_id", &provider);
	dw_criteria_provider(&provider, &criteria);
	jobs_categories(&call, &provider, &criteria);
	search.provider_id = provider.id;
	search.query = dw_match_query(&criteria);

	dw_rows_begin(&call);
	count = dw_match_search(&search, &jobs);
	for (int i = 0; i < count; i++)
		jobs_row(&call, search.query, &jobs[i]);
	return dw_list_return(&call);
}

/* max_results. */
static int
jobs_count(DwCall *call)
{
	int32		count = dw_arg_int4(call, "max_results");

	if (count < 1 || count > MATCH_RESULTS_MAX)
		dw_arg_refuse(call, "max_results", DW_BAD_VALUE,
					  "must be from 1 to 500");
	return count;
}

/* as_of, or now; 22023 when it is in the future. */
static TimestampTz
jobs_as_of(DwCall *call, TimestampTz now)
{
	TimestampTz as_of = dw_arg_time_opt(call, "as_of");

	if (as_of == DT_NOBEGIN)
		return now;
	if (as_of > now)
		dw_arg_refuse(call, "as_of", DW_BAD_VALUE,
					  "must not be in the future");
	return as_of;
}

/* A currency that a job may have. */
static const char *
jobs_currency(DwCall *call)
{
	const char *currency = dw_arg_text_opt(call, "currency", 3);

	if (dw_currency_exponent(currency) == DW_CURRENCY_UNKNOWN)
		dw_arg_refuse(call, "currency", DW_BAD_VALUE,
					  "must be an active ISO 4217 code in upper case");
	return currency;
}

/* A budget, over 0 where one is given. */
static int64
jobs_budget(DwCall *call, const char *arg, int64 none)
{
	int64		budget = dw_arg_has(call, arg) ? dw_arg_int8(call, arg) : none;

	if (dw_arg_has(call, arg) && budget <= 0)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be over 0");
	return budget;
}

/* The nearest double; infinite when there is none. */
static double
numeric_double(Numeric number)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
											  NumericGetDatum(number)));
}

/* weights: an object with the names of terms; what is left out is 0. */
static void
jobs_weights(DwCall *call, double *weights)
{
	const char *names[DW_MATCH_TERM_COUNT + 1] = {NULL};
	DwArgError	error = {0};
	DwJsonItem	item = {.place = {"weights", DW_ARG_NO_ITEM, NULL},
	.error = &error};

	if (!dw_json_arg_object(dw_arg_jsonb(call, "weights"), &item.object))
		dw_arg_refuse(call, "weights", DW_BAD_VALUE,
					  "must be a JSON object");
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
	{
		Numeric		number;
		DwMember	member;

		names[i] = dw_match_term_label((DwMatchTerm) i);
		member = dw_json_arg_numeric(&item.object, names[i], &number);
		weights[i] = 0.0;
		if (member == DW_MEMBER_GIVEN)
			weights[i] = numeric_double(number);
		else if (member != DW_MEMBER_ABSENT)
			dw_json_item_note(&item, names[i], DW_BAD_VALUE,
							  "must be a number");
	}
	dw_json_item_names(&item, names);
	dw_arg_error_raise(call, &error);
}

/* What the other arguments say of jobs. */
static void
jobs_criteria(DwCall *call, DwMatchCriteria *criteria)
{
	if (dw_arg_has(call, "radius_miles"))
		criteria->radius_miles = dw_arg_float8(call, "radius_miles");
	criteria->budget_min = jobs_budget(call, "budget_min",
									   DW_JOB_KEY_NO_MIN);
	criteria->budget_max = jobs_budget(call, "budget_max",
									   DW_JOB_KEY_NO_MAX);
	if (dw_arg_has(call, "budget_max"))
		criteria->reference = (double) criteria->budget_max;
	if (dw_arg_has(call, "weights"))
		jobs_weights(call, criteria->weights);
}

/*
 * as_of, after_score and after_id say together where to go on.  1 - score
 * and 1 - (1 - score) are exact for every score that was given out.
 */
static void
jobs_cursor(DwCall *call, DwMatchCriteria *criteria, DwMatchCursor *after)
{
	const DwUuid *id = dw_arg_uuid_opt(call, "after_id");
	double		score;

	after->rest = -1.0;
	if (id == NULL && !dw_arg_has(call, "after_score"))
		return;
	if (id == NULL)
		dw_arg_refuse(call, "after_id", DW_BAD_VALUE,
					  "must be given with after_score");
	if (!dw_arg_has(call, "after_score"))
		dw_arg_refuse(call, "after_score", DW_BAD_VALUE,
					  "must be given with after_id");
	if (!dw_arg_has(call, "as_of"))
		dw_arg_refuse(call, "as_of", DW_BAD_VALUE,
					  "must be given with after_score and after_id");
	score = dw_arg_float8(call, "after_score");
	if (!(score >= 0.0 && score <= 1.0))
		dw_arg_refuse(call, "after_score", DW_BAD_VALUE,
					  "must be from 0 to 1");
	criteria->ceiling = score;
	after->rest = 1.0 - score;
	after->id = *id;
}

/* The categories asked for and all below them, else what they prefer. */
static void
jobs_categories(DwCall *call, const DwMatchProvider *provider,
				DwMatchCriteria *criteria)
{
	int			count;
	DwUuid	   *ids = dw_arg_uuids_opt(call, "category_ids", &count);
	DwMatchCategories categories;

	if (ids == NULL)
	{
		dw_criteria_prefer(provider, criteria);
		return;
	}
	if (count == 0)
		dw_arg_refuse(call, "category_ids", DW_BAD_VALUE,
					  "must have an element");
	for (int i = 0; i < count; i++)
	{
		if (!dw_match_category_exists(&ids[i]))
			dw_arg_refuse(call, "category_ids", DW_BAD_VALUE,
						  psprintf("must be categories, and %s is none",
								   dw_uuid_text(&ids[i])));
	}
	dw_match_categories(ids, count, &categories);
	criteria->category_ids = categories.ids;
	criteria->fits = categories.fits;
	criteria->category_count = categories.count;
	criteria->others_fit = DW_MATCH_EXCLUDED;
	dw_criteria_judge(criteria);
}

/* Sets a column by its position. */
static void
jobs_column(DwCall *call, int column, Datum value)
{
	call->values[column] = value;
	call->nulls[column] = false;
}

/* One job; what its key says is what its row says. */
static void
jobs_row(DwCall *call, const DwMatchQuery *query, const DwMatchJob *job)
{
	const DwJobKey *key = &job->key;
	double		miles = dw_match_distance_m(query, key) /
		DW_GEO_METRES_PER_MILE;

	jobs_column(call, ROW_JOB_ID, PointerGetDatum(&job->id));
	jobs_column(call, ROW_SCORE, Float8GetDatum(1.0 - job->rest));
	jobs_column(call, ROW_DISTANCE_MILES, Float8GetDatum(miles));
	jobs_column(call, ROW_CATEGORY_ID,
				PointerGetDatum(&key->leaf.category_id));
	jobs_column(call, ROW_TITLE, job->title);
	jobs_column(call, ROW_URGENCY, job->urgency);
	if (key->leaf.budget_min != DW_JOB_KEY_NO_MIN)
		jobs_column(call, ROW_BUDGET_MIN,
					Int64GetDatum(key->leaf.budget_min));
	if (key->leaf.budget_max != DW_JOB_KEY_NO_MAX)
		jobs_column(call, ROW_BUDGET_MAX,
					Int64GetDatum(key->leaf.budget_max));
	jobs_column(call, ROW_CURRENCY, job->currency);
	jobs_column(call, ROW_LONGITUDE,
				Float8GetDatum((double) key->leaf.point.longitude /
							   DW_BBOX_DEGREE));
	jobs_column(call, ROW_LATITUDE,
				Float8GetDatum((double) key->leaf.point.latitude /
							   DW_BBOX_DEGREE));
	jobs_column(call, ROW_PUBLISHED_AT, TimestampTzGetDatum(key->posted_at));
	jobs_column(call, ROW_AS_OF, TimestampTzGetDatum(query->as_of));
	dw_list_emit(call);
}
