/*
 * explain_match_api.c
 *		Entry point that takes the score of a job apart: explain_match.
 */
#include "postgres.h"

#include "api/job/job_api.h"
#include "api/match/criteria_api_int.h"
#include "core/geo/geo.h"
#include "server/setting/setting_server.h"

/* A score taken apart. */
typedef struct Explanation
{
	bool		has_score;		/* the job was published */
	double		terms[DW_MATCH_TERM_COUNT]; /* of the score */
	double		score;			/* their weighted sum */
	double		miles;			/* from the provider to the job */
	uint32		misses;			/* why the job is not shown to them */
} Explanation;

static void explain(const DwMatchProvider *provider, const DwJob *job,
					const DwMatchQuery *query, Explanation *explanation);
static void explain_row(DwCall *call, DwMatchTerm term,
						const DwMatchQuery *query,
						const Explanation *explanation);

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

	dw_query_begin(&call, fcinfo, DW_MATCH_ACTORS);
	dw_args_need(&call, "job_id", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	dw_match_provider_of_call(&call, "provider_id", &provider);
	dw_job_for_query(&call, &job_id, &job);
	dw_criteria_begin(&criteria, dw_now(), job.currency);
	dw_criteria_provider(&provider, &criteria);
	dw_criteria_prefer(&provider, &criteria);
	dw_criteria_judge(&criteria);
	query = dw_match_query(&criteria);
	explain(&provider, &job, query, &explanation);

	dw_rows_begin(&call);
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		explain_row(&call, (DwMatchTerm) i, query, &explanation);
	return dw_list_return(&call);
}

/* Takes a score apart, and says why the job would not be shown. */
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
	explanation->has_score = listing.has_key;
	if (!listing.has_key)
		return;
	metres = dw_match_distance_m(query, &listing.key);
	explanation->misses |= dw_match_misses(query, &listing.key, metres);
	explanation->miles = metres / DW_GEO_METRES_PER_MILE;
	dw_match_terms(query, &listing.key, metres, explanation->terms);
	explanation->score = 1.0 - dw_match_rest(query, &listing.key, metres);
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
