/*
 * match_api.c
 *		Entry points that match jobs with a provider: match_jobs,
 *		explain_match.
 *
 * A provider is matched by where he works, how far his agent goes, what it
 * prefers and which credentials he holds; what he asks for may differ from
 * call to call.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "api/error_api.h"
#include "api/item_api.h"
#include "api/job_api.h"
#include "core/geo.h"
#include "store/match_rule_store.h"
#include "store/match_store.h"
#include "store/plan_store.h"
#include "store/setting_store.h"

/* Who may be asked for matches. */
#define MATCH_ACTORS	(DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)

/* Most jobs of one call: more than a page, for those who rank them anew. */
#define MATCH_RESULTS_MAX	500

/* A radius that was not given; it is a good one, so that judging goes on. */
#define MATCH_NO_RADIUS		1e-300

/* Positions of match_jobs's arguments. */
enum
{
	JOBS_PROVIDER_ID,
	JOBS_AS_OF,
	JOBS_AFTER_SCORE,
	JOBS_AFTER_ID,
	JOBS_MAX_RESULTS,
	JOBS_RADIUS_MILES,
	JOBS_CATEGORY_IDS,
	JOBS_BUDGET_MIN,
	JOBS_BUDGET_MAX,
	JOBS_CURRENCY,
	JOBS_WEIGHTS
};

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

/* Positions of explain_match's arguments. */
enum
{
	EXPLAIN_PROVIDER_ID,
	EXPLAIN_JOB_ID
};

/* A score taken apart. */
typedef struct Explanation
{
	bool		has_score;		/* the job was published */
	double		terms[DW_MATCH_TERM_COUNT]; /* of the score */
	double		score;			/* their weighted sum */
	double		miles;			/* from the provider to the job */
	uint32		misses;			/* why the job is not shown to him */
} Explanation;

static int	jobs_count(DwCall *call);
static TimestampTz jobs_as_of(DwCall *call, TimestampTz now);
static void jobs_wish(DwCall *call, DwMatchWish *wish);
static void jobs_cursor(DwCall *call, DwMatchWish *wish,
						DwMatchCursor *after);
static void jobs_categories(DwCall *call, const DwMatchProvider *provider,
							DwMatchWish *wish);
static void jobs_row(DwCall *call, const DwMatchQuery *query,
					 const DwMatchJob *job);
static void wish_begin(DwMatchWish *wish, TimestampTz as_of,
					   const char *currency);
static void wish_judge(const DwMatchWish *wish);
static void wish_provider(const DwMatchProvider *provider,
						  DwMatchWish *wish);
static void wish_prefer(const DwMatchProvider *provider, DwMatchWish *wish);
static void provider_of_call(DwCall *call, int arg,
							 DwMatchProvider *provider);
static void explain(const DwMatchProvider *provider, const DwJob *job,
					const DwMatchQuery *query, Explanation *explanation);
static void explain_row(DwCall *call, DwMatchTerm term,
						const DwMatchQuery *query,
						const Explanation *explanation);

/* match_jobs(provider_id, as_of, after_score, …) → job_id, score, … */
DW_FUNCTION(dwello_match_jobs)
{
	DwCall		call;
	DwMatchWish wish;
	DwMatchProvider provider;
	DwMatchSearch search = {.now = dw_now()};
	DwMatchJob *jobs;
	int			count;

	dw_query_begin(&call, fcinfo, MATCH_ACTORS);
	dw_args_need(&call, DW_ARG(JOBS_MAX_RESULTS) | DW_ARG(JOBS_CURRENCY));
	search.count = jobs_count(&call);
	wish_begin(&wish, jobs_as_of(&call, search.now),
			   dw_arg_text_opt(&call, JOBS_CURRENCY, 3));
	jobs_wish(&call, &wish);
	jobs_cursor(&call, &wish, &search.after);
	wish_judge(&wish);

	provider_of_call(&call, JOBS_PROVIDER_ID, &provider);
	wish_provider(&provider, &wish);
	jobs_categories(&call, &provider, &wish);
	search.provider_id = provider.id;
	search.query = dw_match_query(&wish);

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
	DwMatchWish wish;
	DwMatchProvider provider;
	DwMatchQuery *query;
	Explanation explanation = {0};

	dw_query_begin(&call, fcinfo, MATCH_ACTORS);
	dw_args_need(&call, DW_ARG(EXPLAIN_JOB_ID));
	job_id = dw_arg_uuid(&call, EXPLAIN_JOB_ID);
	provider_of_call(&call, EXPLAIN_PROVIDER_ID, &provider);
	dw_job_for_query(&call, &job_id, &job);
	wish_begin(&wish, dw_now(), job.currency);
	wish_provider(&provider, &wish);
	wish_prefer(&provider, &wish);
	wish_judge(&wish);
	query = dw_match_query(&wish);
	explain(&provider, &job, query, &explanation);

	dw_rows_begin(&call);
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		explain_row(&call, (DwMatchTerm) i, query, &explanation);
	return dw_list_return(&call);
}

/* max_results. */
static int
jobs_count(DwCall *call)
{
	int32		count = dw_arg_int4(call, JOBS_MAX_RESULTS);

	if (count < 1 || count > MATCH_RESULTS_MAX)
		dw_arg_refuse(call, JOBS_MAX_RESULTS, DW_BAD_VALUE,
					  "must be from 1 to 500");
	return count;
}

/* as_of, or now; 22023 when it is in the future. */
static TimestampTz
jobs_as_of(DwCall *call, TimestampTz now)
{
	TimestampTz as_of = dw_arg_time_opt(call, JOBS_AS_OF);

	if (as_of == DT_NOBEGIN)
		return now;
	if (as_of > now)
		dw_arg_refuse(call, JOBS_AS_OF, DW_BAD_VALUE,
					  "must not be in the future");
	return as_of;
}

/* A budget, over 0 where one is given. */
static int64
jobs_budget(DwCall *call, int arg, int64 none)
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
	DwFault		fault = {0};
	DwItem		item = {.place = {JOBS_WEIGHTS, DW_FAULT_NO_ITEM, NULL},
	.fault = &fault};

	if (!dw_document_object(dw_arg_jsonb(call, JOBS_WEIGHTS), &item.object))
		dw_arg_refuse(call, JOBS_WEIGHTS, DW_BAD_VALUE,
					  "must be a JSON object");
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
	{
		Numeric		number;
		DwMember	member;

		names[i] = dw_match_term_label((DwMatchTerm) i);
		member = dw_document_numeric(&item.object, names[i], &number);
		weights[i] = 0.0;
		if (member == DW_MEMBER_GIVEN)
			weights[i] = numeric_double(number);
		else if (member != DW_MEMBER_ABSENT)
			dw_item_note(&item, names[i], DW_BAD_VALUE, "must be a number");
	}
	dw_item_names(&item, names);
	dw_fault_raise(call, &fault);
}

/* What the other arguments say of jobs. */
static void
jobs_wish(DwCall *call, DwMatchWish *wish)
{
	if (dw_arg_has(call, JOBS_RADIUS_MILES))
		wish->radius_miles = dw_arg_float8(call, JOBS_RADIUS_MILES);
	wish->budget_min = jobs_budget(call, JOBS_BUDGET_MIN, DW_JOB_KEY_NO_MIN);
	wish->budget_max = jobs_budget(call, JOBS_BUDGET_MAX, DW_JOB_KEY_NO_MAX);
	if (dw_arg_has(call, JOBS_BUDGET_MAX))
		wish->reference = (double) wish->budget_max;
	if (dw_arg_has(call, JOBS_WEIGHTS))
		jobs_weights(call, wish->weights);
}

/*
 * as_of, after_score and after_id say together where to go on.  1 - score
 * and 1 - (1 - score) are exact for every score that was given out.
 */
static void
jobs_cursor(DwCall *call, DwMatchWish *wish, DwMatchCursor *after)
{
	const DwUuid *id = dw_arg_uuid_opt(call, JOBS_AFTER_ID);
	double		score;

	after->rest = -1.0;
	if (id == NULL && !dw_arg_has(call, JOBS_AFTER_SCORE))
		return;
	if (id == NULL)
		dw_arg_refuse(call, JOBS_AFTER_ID, DW_BAD_VALUE,
					  "must be given with after_score");
	if (!dw_arg_has(call, JOBS_AFTER_SCORE))
		dw_arg_refuse(call, JOBS_AFTER_SCORE, DW_BAD_VALUE,
					  "must be given with after_id");
	if (!dw_arg_has(call, JOBS_AS_OF))
		dw_arg_refuse(call, JOBS_AS_OF, DW_BAD_VALUE,
					  "must be given with after_score and after_id");
	score = dw_arg_float8(call, JOBS_AFTER_SCORE);
	if (!(score >= 0.0 && score <= 1.0))
		dw_arg_refuse(call, JOBS_AFTER_SCORE, DW_BAD_VALUE,
					  "must be from 0 to 1");
	wish->ceiling = score;
	after->rest = 1.0 - score;
	after->id = *id;
}

/* The categories asked for and all below them, else what he prefers. */
static void
jobs_categories(DwCall *call, const DwMatchProvider *provider,
				DwMatchWish *wish)
{
	int			count;
	DwUuid	   *ids = dw_arg_uuids_opt(call, JOBS_CATEGORY_IDS, &count);
	DwMatchCategories categories;

	if (ids == NULL)
	{
		wish_prefer(provider, wish);
		return;
	}
	if (count == 0)
		dw_arg_refuse(call, JOBS_CATEGORY_IDS, DW_BAD_VALUE,
					  "must have an element");
	for (int i = 0; i < count; i++)
	{
		if (!dw_match_category_exists(&ids[i]))
			dw_arg_refuse(call, JOBS_CATEGORY_IDS, DW_BAD_VALUE,
						  psprintf("must be categories, and %s is none",
								   dw_uuid_text(&ids[i])));
	}
	dw_match_categories(ids, count, &categories);
	wish->category_ids = categories.ids;
	wish->fits = categories.fits;
	wish->category_count = categories.count;
	wish->others_fit = DW_MATCH_EXCLUDED;
	wish_judge(wish);
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
							   DW_BOX_DEGREE));
	jobs_column(call, ROW_LATITUDE,
				Float8GetDatum((double) key->leaf.point.latitude /
							   DW_BOX_DEGREE));
	jobs_column(call, ROW_PUBLISHED_AT, TimestampTzGetDatum(key->posted_at));
	jobs_column(call, ROW_AS_OF, TimestampTzGetDatum(query->as_of));
	dw_list_emit(call);
}

/* A wish with the operator's settings; the place is not known yet. */
static void
wish_begin(DwMatchWish *wish, TimestampTz as_of, const char *currency)
{
	const DwMatchRules *rules = dw_match_rules();

	memset(wish, 0, sizeof(*wish));
	wish->as_of = as_of;
	wish->radius_miles = MATCH_NO_RADIUS;
	wish->others_fit = 1.0;
	wish->budget_min = DW_JOB_KEY_NO_MIN;
	wish->budget_max = DW_JOB_KEY_NO_MAX;
	wish->currency = currency;
	memcpy(wish->weights, rules->weights, sizeof(wish->weights));
	wish->reference = rules->reference;
	wish->freshness_hours = rules->freshness_hours;
	wish->ceiling = DW_MATCH_NO_CEILING;
}

/* 22023 when a wish cannot be prepared; its fields are called as arguments. */
static void
wish_judge(const DwMatchWish *wish)
{
	DwMatchField field;
	const char *what;

	if (!dw_match_judge(wish, &field, &what))
		dw_raise(DW_BAD_VALUE,
				 psprintf("%s %s", dw_match_field_label(field), what), NULL,
				 "The comment on dwello.match_jobs says what it takes.");
}

/* Takes over what is known of the provider; 22023 when he has no place. */
static void
wish_provider(const DwMatchProvider *provider, DwMatchWish *wish)
{
	if (!provider->has_place)
		dw_raise(DW_BAD_VALUE, "the provider has no address",
				 psprintf("Provider %s cannot be near any job.",
						  dw_uuid_text(&provider->id)),
				 "Add one with dwello.add_address().");
	wish->longitude = provider->longitude;
	wish->latitude = provider->latitude;
	wish->capabilities = provider->capabilities;
	if (wish->radius_miles == MATCH_NO_RADIUS)
		wish->radius_miles = provider->radius_miles > 0
			? provider->radius_miles : dw_match_rules()->radius_miles;
}

/* The categories that his agent prefers fit, others do not, but are shown. */
static void
wish_prefer(const DwMatchProvider *provider, DwMatchWish *wish)
{
	DwMatchCategories categories;

	if (provider->preferred_count == 0)
		return;
	dw_match_categories(provider->preferred, provider->preferred_count,
						&categories);
	wish->category_ids = categories.ids;
	wish->fits = categories.fits;
	wish->category_count = categories.count;
	wish->others_fit = 0.0;
}

/*
 * The provider of a call: the caller, or whom the service or an
 * administrator names.  22004, 42501, P0002.
 */
static void
provider_of_call(DwCall *call, int arg, DwMatchProvider *provider)
{
	const DwUuid *given = dw_arg_uuid_opt(call, arg);
	DwUuid		id = call->actor.user_id;

	if (call->actor.kind != DW_ACTOR_PROVIDER)
	{
		dw_args_need(call, DW_ARG(arg));
		id = *given;
	}
	else if (given != NULL && !dw_uuid_equal(given, &id))
		dw_raise(DW_FORBIDDEN,
				 "only the provider himself may see what suits him", NULL,
				 "Leave provider_id out.");
	if (!dw_match_provider(&id, dw_today(), provider))
		dw_raise(DW_NOT_FOUND, psprintf("there is no provider %s",
										dw_uuid_text(&id)), NULL, NULL);
}

/* Takes a score apart, and says why the job would not be shown. */
static void
explain(const DwMatchProvider *provider, const DwJob *job,
		const DwMatchQuery *query, Explanation *explanation)
{
	DwMatchStanding standing = {0};
	double		metres;

	(void) dw_match_standing(&job->id, dw_now(), &standing);
	if (!standing.is_listed)
		explanation->misses |= 1 << DW_MATCH_NOT_OPEN;
	if (standing.is_expired)
		explanation->misses |= 1 << DW_MATCH_EXPIRED;
	if (dw_uuid_equal(&job->homeowner_id, &provider->id))
		explanation->misses |= 1 << DW_MATCH_OWN_JOB;
	explanation->has_score = standing.has_key;
	if (!standing.has_key)
		return;
	metres = dw_match_distance_m(query, &standing.key);
	explanation->misses |= dw_match_misses(query, &standing.key, metres);
	explanation->miles = metres / DW_GEO_METRES_PER_MILE;
	dw_match_terms(query, &standing.key, metres, explanation->terms);
	explanation->score = 1.0 - dw_match_rest(query, &standing.key, metres);
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
