/*
 * match_api.c
 *		Entry points that list the open jobs which suit a provider, and that
 *		take the score of one apart: match_jobs, explain_match.
 *
 * A provider is matched by where they work, how far their agent goes, what it
 * prefers and which credentials they hold; what they ask for may differ from
 * call to call.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "api/job/job_api.h"
#include "core/admin/admin.h"
#include "core/geo/geo.h"
#include "core/match/match.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/match/match_store.h"

/* Who may ask what suits a provider. */
#define MATCH_ACTORS \
	(DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)

/*
 * A radius that was not given.  It is a valid one, so that what else is wrong
 * with the arguments is found before the provider is looked up.
 */
#define MATCH_NO_RADIUS		1e-300

/* Most jobs of one call: more than a page, for those who rank them anew. */
#define MATCH_RESULTS_MAX	500

/*
 * Positions of its columns.  Up to 500 rows are filled at a time, and a look
 * for each name would cost more than the search of the index.
 */
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

/* A score taken apart. */
typedef struct Explanation
{
	bool		has_score;		/* the job was published */
	double		terms[DW_MATCH_TERM_COUNT]; /* of the score */
	double		score;			/* their weighted sum */
	double		miles;			/* from the provider to the job */
	uint32		misses;			/* why the job is not shown to them */
} Explanation;

static TimestampTz jobs_as_of(DwCall *call, TimestampTz now);
static const char *jobs_currency(DwCall *call);
static void jobs_criteria(DwCall *call, DwMatchCriteria *criteria);
static void jobs_cursor(DwCall *call, DwMatchCriteria *criteria,
						DwMatchCursor *after);
static void jobs_categories(DwCall *call, DwMatchProvider *provider,
							DwMatchCriteria *criteria);
static void jobs_row(DwCall *call, const DwMatchQuery *query,
					 const DwMatchJob *job);
static void explain(const DwMatchProvider *provider, const DwJob *job,
					const DwMatchQuery *query, Explanation *explanation);
static void explain_row(DwCall *call, DwMatchTerm term,
						const DwMatchQuery *query,
						const Explanation *explanation);
static void criteria_begin(DwMatchCriteria *criteria, TimestampTz as_of,
						   const char *currency);
static void criteria_settle(DwMatchCriteria *criteria);
static void criteria_judge(const DwMatchCriteria *criteria);
static void criteria_provider(const DwMatchProvider *provider,
							  DwMatchCriteria *criteria);
static void criteria_prefer(DwMatchProvider *provider,
							DwMatchCriteria *criteria);
static void criteria_categories(const DwUuids *named,
								DwMatchCriteria *criteria);
static void provider_of_call(DwCall *call, DwMatchProvider *provider);

/* match_jobs(provider_id, as_of, after_score, …) → job_id, score, … */
DW_FUNCTION(dwello_match_jobs)
{
	DwCall		call;
	DwMatchCriteria criteria;
	DwMatchProvider provider;
	DwMatchSearch search = {.now = dw_now()};
	DwMatchJob *jobs;
	int			count;

	dw_query_begin(&call, fcinfo, MATCH_ACTORS);
	dw_args_need(&call, "max_results", "currency", NULL);
	search.count = dw_arg_count(&call, "max_results", MATCH_RESULTS_MAX);
	criteria_begin(&criteria, jobs_as_of(&call, search.now),
				   jobs_currency(&call));
	jobs_criteria(&call, &criteria);
	jobs_cursor(&call, &criteria, &search.after);
	criteria_settle(&criteria);
	criteria_judge(&criteria);

	provider_of_call(&call, &provider);
	criteria_provider(&provider, &criteria);
	jobs_categories(&call, &provider, &criteria);
	search.provider_id = provider.id;
	search.query = dw_match_query(&criteria);

	dw_rows_begin(&call);
	count = dw_match_search(&search, &jobs);
	for (int i = 0; i < count; i++)
		jobs_row(&call, search.query, &jobs[i]);
	return dw_list_return(&call);
}

/* explain_match(provider_id, job_id) → term, value, weight, points, … */
DW_FUNCTION(dwello_explain_match)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwMatchCriteria criteria;
	DwMatchProvider provider;
	DwMatchQuery *query;
	Explanation explanation = {0};

	dw_query_begin(&call, fcinfo, MATCH_ACTORS);
	dw_args_need(&call, "job_id", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	provider_of_call(&call, &provider);
	dw_job_for_query(&call, &job_id, &job);
	criteria_begin(&criteria, dw_now(), job.currency);
	criteria_provider(&provider, &criteria);
	criteria_prefer(&provider, &criteria);
	criteria_settle(&criteria);
	criteria_judge(&criteria);
	query = dw_match_query(&criteria);
	explain(&provider, &job, query, &explanation);

	dw_rows_begin(&call);
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		explain_row(&call, (DwMatchTerm) i, query, &explanation);
	return dw_list_return(&call);
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
	int64		budget = dw_arg_has(call, arg)
		? dw_arg_amount(call, arg) : none;

	if (dw_arg_has(call, arg) && budget <= 0)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be over 0");
	return budget;
}

/* The nearest double; infinite when there is none, which core refuses. */
static double
numeric_double(Numeric number)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
											  NumericGetDatum(number)));
}

/*
 * weights: an object with the names of terms; what is left out is 0.  They
 * need not sum to 1: core divides them by their sum, so that only their
 * ratios count and a score stays from 0 to 1.
 */
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

/* The categories asked for and all below them, else the provider's. */
static void
jobs_categories(DwCall *call, DwMatchProvider *provider,
				DwMatchCriteria *criteria)
{
	DwUuids		named;

	named.ids = dw_arg_uuids_opt(call, "category_ids", &named.count);
	if (named.ids == NULL)
	{
		criteria_prefer(provider, criteria);
		return;
	}
	if (named.count == 0)
		dw_arg_refuse(call, "category_ids", DW_BAD_VALUE,
					  "must have an element");
	for (int i = 0; i < named.count; i++)
	{
		if (!dw_match_category_exists(&named.ids[i]))
			dw_arg_refuse(call, "category_ids", DW_BAD_VALUE,
						  psprintf("must be categories, and %s is none",
								   dw_uuid_text(&named.ids[i])));
	}
	criteria_categories(&named, criteria);
	criteria->others_fit = DW_MATCH_EXCLUDED;
	criteria_judge(criteria);
}

/* Sets a column by its position. */
static void
jobs_column(DwCall *call, int column, Datum value)
{
	call->values[column] = value;
	call->nulls[column] = false;
}

/*
 * One job.  The key is made of the row by the server, so that place, category,
 * budgets and time are taken from it, and of the row only what it lacks.
 */
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

/*
 * Takes a score apart, and says why the job would not be shown.  The query is
 * that of match_jobs(), and so are the functions: what is shown here is what
 * the index adds up, to the last bit.
 */
static void
explain(const DwMatchProvider *provider, const DwJob *job,
		const DwMatchQuery *query, Explanation *explanation)
{
	DwMatchListing listing = {0};
	double		metres;

	(void) dw_match_listing(&job->id, dw_now(), &listing);
	if (!listing.is_listed)
		explanation->misses |= 1 << DW_MATCH_NOT_OPEN;
	if (listing.is_expired)
		explanation->misses |= 1 << DW_MATCH_EXPIRED;
	if (dw_uuid_equal(&job->homeowner_id, &provider->id))
		explanation->misses |= 1 << DW_MATCH_OWN_JOB;
	explanation->has_score = listing.key != NULL;
	if (listing.key == NULL)
		return;
	metres = dw_match_distance_m(query, listing.key);
	explanation->misses |= dw_match_misses(query, listing.key, metres);
	explanation->miles = metres / DW_GEO_METRES_PER_MILE;
	dw_match_terms(query, listing.key, metres, explanation->terms);
	explanation->score = 1.0 - dw_match_rest(query, listing.key, metres);
}

/* One term. */
static void
explain_row(DwCall *call, DwMatchTerm term, const DwMatchQuery *query,
			const Explanation *explanation)
{
	const char *reasons[DW_MATCH_MISS_COUNT];
	int			count = 0;

	for (int i = 0; i < DW_MATCH_MISS_COUNT; i++)
	{
		if ((explanation->misses & 1 << i) != 0)
			reasons[count++] = dw_match_miss_label((DwMatchMiss) i);
	}
	dw_row_text(call, "term", dw_match_term_label(term));
	dw_row_float8(call, "weight", query->weights[term]);
	if (explanation->has_score)
	{
		dw_row_float8(call, "value", explanation->terms[term]);
		dw_row_float8(call, "points",
					  query->weights[term] * explanation->terms[term]);
		dw_row_float8(call, "score", explanation->score);
		dw_row_float8(call, "distance_miles", explanation->miles);
	}
	dw_row_bool(call, "matches", count == 0);
	dw_row_texts(call, "reasons", reasons, count);
	dw_list_emit(call);
}

/* A criteria with the operator's settings; the place is not known yet. */
static void
criteria_begin(DwMatchCriteria *criteria, TimestampTz as_of,
			   const char *currency)
{
	const DwMatchRules *rules = dw_match_rules();

	memset(criteria, 0, sizeof(*criteria));
	criteria->as_of = as_of;
	criteria->radius_miles = MATCH_NO_RADIUS;
	criteria->others_fit = 1.0;
	criteria->budget_min = DW_JOB_KEY_NO_MIN;
	criteria->budget_max = DW_JOB_KEY_NO_MAX;
	criteria->currency = currency;
	memcpy(criteria->weights, rules->weights, sizeof(criteria->weights));
	criteria->reference = (double) dw_setting_amount(DW_SETTING_BUDGET,
													 currency);
	criteria->freshness_hours = rules->freshness_hours;
	criteria->ceiling = DW_MATCH_NO_CEILING;
}

/*
 * Where the currency has no budget that counts in full (0), the budget of a
 * job says nothing of it: the term has no weight, unless it is the only one.
 */
static void
criteria_settle(DwMatchCriteria *criteria)
{
	double		others = 0.0;

	if (criteria->reference > 0.0)
		return;
	criteria->reference = 1.0;
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		if (i != DW_MATCH_BUDGET)
			others += criteria->weights[i];
	if (others > 0.0)
		criteria->weights[DW_MATCH_BUDGET] = 0.0;
}

/*
 * 22023 when criteria cannot be prepared; fields are called as arguments.
 * Done twice: before the provider is looked up, and with the categories.
 */
static void
criteria_judge(const DwMatchCriteria *criteria)
{
	DwMatchField field;
	const char *what;

	if (!dw_match_judge(criteria, &field, &what))
		dw_raise(DW_BAD_VALUE,
				 psprintf("%s %s", dw_match_field_label(field), what), NULL,
				 "reference.md#match_jobs says what it takes.");
}

/* Takes over what is known of the provider; 22023 when they have no place. */
static void
criteria_provider(const DwMatchProvider *provider,
				  DwMatchCriteria *criteria)
{
	if (isnan(provider->longitude))
		dw_raise(DW_BAD_VALUE, "the provider has no address",
				 psprintf("Provider %s cannot be near any job.",
						  dw_uuid_text(&provider->id)),
				 "Add one with dwello.add_address(); dwello.search_jobs() "
				 "looks round any place.");
	criteria->longitude = provider->longitude;
	criteria->latitude = provider->latitude;
	criteria->capabilities = provider->capabilities;
	if (criteria->radius_miles == MATCH_NO_RADIUS)
		criteria->radius_miles = provider->radius_miles > 0
			? provider->radius_miles : dw_match_rules()->radius_miles;
}

/*
 * The categories of the provider's agent, else their own, fit; the rest does
 * not, but is shown.  To whom none is chosen every job fits alike.
 */
static void
criteria_prefer(DwMatchProvider *provider, DwMatchCriteria *criteria)
{
	dw_match_preferred(provider);
	if (provider->preferred.count == 0)
		return;
	criteria_categories(&provider->preferred, criteria);
	criteria->others_fit = 0.0;
}

/* The categories that fit, with everything below them. */
static void
criteria_categories(const DwUuids *named, DwMatchCriteria *criteria)
{
	DwMatchCategories categories;

	dw_match_categories(named->ids, named->count, &categories);
	criteria->category_ids = categories.ids;
	criteria->fits = categories.fits;
	criteria->category_count = categories.count;
}

/*
 * The provider of a call: the caller, or whom the service or an
 * administrator names.  22004, 42501, P0002.
 */
static void
provider_of_call(DwCall *call, DwMatchProvider *provider)
{
	const DwUuid *given = dw_arg_uuid_opt(call, "provider_id");
	DwUuid		id = call->actor.user_id;

	if (call->actor.kind != DW_ACTOR_PROVIDER)
	{
		dw_args_need(call, "provider_id", NULL);
		id = *given;
	}
	else if (given != NULL && !dw_uuid_equal(given, &id))
		dw_raise(DW_FORBIDDEN,
				 "only the provider may see what suits them", NULL,
				 "Leave provider_id out.");
	if (!dw_match_provider(&id, dw_today(), provider))
		dw_raise(DW_NOT_FOUND, psprintf("there is no provider %s",
										dw_uuid_text(&id)), NULL,
				 "dwello.match_providers() lists who suits a job.");
}
