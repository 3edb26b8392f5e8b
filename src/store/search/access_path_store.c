/*
 * access_path_store.c
 *		Coming by the jobs that a search finds, whichever way costs least.
 *
 * Which index is best hangs on how common the words are and how large the
 * circle, but that is guessed beforehand (term_store_int.h,
 * dw_search_access_path), and for each path there is a statement whose plan
 * is kept: what another index could answer is written so that no index can.
 * Each looks at a bounded number of jobs; one that comes to its bound gives
 * way to another.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"

#include "core/geo/geo.h"
#include "server/sql/sql_server.h"
#include "store/match/match_store.h"
#include "store/search/access_path_store_int.h"
#include "store/search/term_store_int.h"

/* Jobs may ask for any credential; half the freshness is gone in 30 days. */
#define ANY_CAPABILITIES	31
#define FRESHNESS_HOURS		720.0

/* How well the words fit; without words all fit as well. */
#define RANK	"COALESCE(ts_rank(j.search, $2), 0)"

/* What a stranger may see, and what else is asked; never by an index. */
#define VISIBLE "j.is_listed AND j.deleted_at IS NULL AND j.expires_at > $3 "
#define WORDS	"AND ($2 IS NULL OR (j.search @@ $2) IS TRUE) "
#define URGENCY "AND ($4::text IS NULL OR j.urgency = $4::dwello.urgency) "

/* Columns of each way: those whose rank is NULL count, and are not it. */
enum
{
	FIND_RANK,
	FIND_ID,
	FIND_PUBLISHED_AT,
	FIND_KEY
};

/* What an index gives. */
#define BY_INDEX(condition, others) \
	DW_STATEMENT("SELECT CASE WHEN " VISIBLE others URGENCY \
				 "THEN " RANK " END, j.id, j.published_at, j.key " \
				 "FROM dwello.jobs AS j " \
				 "WHERE j.status = 'open' AND " condition)

/* What jobs there are, newest first. */
#define BY_TIME \
	DW_STATEMENT("SELECT CASE WHEN " VISIBLE WORDS URGENCY \
				 "THEN " RANK " END, j.id, j.published_at, j.key " \
				 "FROM dwello.jobs AS j " \
				 "WHERE j.status = 'open' AND j.published_at <= $5 " \
				 "ORDER BY j.published_at DESC, j.id DESC")

/* The jobs that a way gives, while they are taken. */
typedef struct Picking
{
	const DwSearchPlan *plan;	/* what is searched for */
	const DwMatchQuery *query;	/* what it asks of a key */
	DwAccessPath way;			/* how they are come by */
	int			picked;			/* jobs looked at */
	bool		is_cut;			/* as many as may be, and there are more */
	DwSearchFind *finds;		/* those that fit */
	int			count;			/* of them */
	int			room;			/* for so many */
} Picking;

static void pick(Picking *picking, const DwParams *p);
static bool pick_one(void *state, TupleTableSlot *slot);
static bool pick_is_over(Picking *picking);
static void pick_keep(Picking *picking, const Datum *values, double score);
static void param_search(DwParams *p, const DwSearchPlan *plan,
						 const DwMatchQuery *query);

/*
 * Goes the way that is likely to cost least, and those that are left while
 * they come to their bound.  What an index gives comes in no order: when it
 * is not all, the newest jobs are the answer.
 */
void
dw_search_find(const DwSearchPlan *plan, DwSearchFinds *finds)
{
	Picking		best = {
		.plan = plan,
		.query = dw_search_query(plan, DW_MATCH_NO_CEILING)
	};
	Picking		next = best;
	DwSearchTries tries = {0};
	DwSearchOdds odds;
	DwParams	p = DW_PARAMS;

	dw_search_odds(plan->search, plan->has_words ? plan->words : (Datum) 0,
				   &odds);
	param_search(&p, plan, best.query);
	best.is_cut = true;
	while (best.is_cut && dw_search_next(&odds, &tries, &next.way))
	{
		Picking		last = next;

		pick(&last, &p);
		tries.tried[last.way] = true;
		if (last.way == DW_SEARCH_BY_TIME)
			tries.found = last.count;
		if (!last.is_cut || last.way == DW_SEARCH_BY_TIME)
			best = last;
	}
	finds->finds = best.finds;
	finds->count = dw_search_newest(best.finds, best.count);
	finds->is_complete = !best.is_cut && best.count < DW_SEARCH_WINDOW;
}

/* Goes one way. */
static void
pick(Picking *picking, const DwParams *p)
{
	static DwStatement ways[DW_ACCESS_PATH_COUNT] = {
		[DW_SEARCH_BY_WORDS] = BY_INDEX("j.search @@ $2", ""),
		[DW_SEARCH_BY_KEY] = BY_INDEX("j.key OPERATOR(dwello.@@@) $1", WORDS),
		[DW_SEARCH_BY_TIME] = BY_TIME
	};

	dw_stream(&ways[picking->way], p, pick_one, picking);
}

/* Looks at one job; false when it was one too many. */
static bool
pick_one(void *state, TupleTableSlot *slot)
{
	Picking    *picking = state;
	const DwSearchPlan *plan = picking->plan;
	const DwJobKey *key;
	double		rest;
	double		score;

	if (pick_is_over(picking))
		return false;
	picking->picked++;
	slot_getallattrs(slot);
	if (slot->tts_isnull[FIND_RANK] || slot->tts_isnull[FIND_KEY])
		return true;
	key = (const DwJobKey *) DatumGetPointer(slot->tts_values[FIND_KEY]);
	rest = dw_match_leaf_rest(picking->query, key, INFINITY);
	if (rest == DW_MATCH_UNWANTED)
		return true;
	score = 1.0 - rest;
	if (plan->has_words)
		score = 0.5 * (double) DatumGetFloat4(slot->tts_values[FIND_RANK]) +
			0.5 * score;
	pick_keep(picking, slot->tts_values, score);
	return true;
}

/* Whether there are enough, or more than may be looked at. */
static bool
pick_is_over(Picking *picking)
{
	bool		by_time = picking->way == DW_SEARCH_BY_TIME;

	if (by_time && picking->count >= DW_SEARCH_WINDOW)
		return true;
	picking->is_cut = picking->picked >= (by_time ? DW_SEARCH_NEWEST :
										  DW_SEARCH_PICKED);
	return picking->is_cut;
}

/* Keeps one that fits. */
static void
pick_keep(Picking *picking, const Datum *values, double score)
{
	DwSearchFind *find;

	if (picking->finds == NULL)
	{
		picking->room = 64;
		picking->finds = palloc(sizeof(*picking->finds) * picking->room);
	}
	if (picking->count == picking->room)
	{
		picking->room *= 2;
		picking->finds = repalloc(picking->finds,
								  sizeof(*picking->finds) * picking->room);
	}
	find = &picking->finds[picking->count++];
	find->score = score;
	find->published_at = DatumGetTimestampTz(values[FIND_PUBLISHED_AT]);
	memcpy(&find->id, DatumGetPointer(values[FIND_ID]), sizeof(find->id));
}

/* What place, categories and budget ask of a job's key. */
DwMatchQuery *
dw_search_query(const DwSearchPlan *plan, double ceiling)
{
	const DwSearch *search = plan->search;
	bool		has_place = search->has_longitude;
	DwMatchCriteria criteria = {
		.longitude = has_place ? search->longitude : 0.0,
		.latitude = has_place ? search->latitude : 0.0,
		.radius_miles = has_place ? search->radius_miles :
		DW_BBOX_RADIUS_MAX_MILES,
		.as_of = search->as_of,
		.category_ids = plan->categories,
		.category_count = plan->category_count,
		.others_fit = plan->categories == NULL ? 1.0 : DW_MATCH_EXCLUDED,
		.budget_min = search->budget_min == DW_SEARCH_ABSENT ?
		DW_JOB_KEY_NO_MIN : search->budget_min,
		.budget_max = search->budget_max == DW_SEARCH_ABSENT ?
		DW_JOB_KEY_NO_MAX : search->budget_max,
		.currency = search->currency,
		.capabilities = ANY_CAPABILITIES,
		.weights = {
			[DW_MATCH_NEARNESS] = has_place ? 0.6 : 0.0,
			[DW_MATCH_FRESHNESS] = has_place ? 0.4 : 1.0
		},
		.reference = 1.0,
		.freshness_hours = FRESHNESS_HOURS,
		.ceiling = ceiling
	};

	return dw_match_query(&criteria);
}

/* The parameters of all ways. */
static void
param_search(DwParams *p, const DwSearchPlan *plan, const DwMatchQuery *query)
{
	dw_param_datum(p, dw_type_find("job_query"), PointerGetDatum(query),
				   false);
	dw_param_datum(p, TSQUERYOID, plan->words, !plan->has_words);
	dw_param_time(p, plan->search->now);
	dw_param_text(p, plan->search->urgency);
	dw_param_time(p, plan->search->as_of);
}
