/*
 * search_store.c
 *		Finding open jobs by words, place, category, budget and urgency, and
 *		the searches that are saved.
 *
 * Without words the index on keys gives jobs in the order of the score
 * (match_store.h).  With words the newest that have them are found and
 * ranked, by the access path that is likely to cost least: which index is
 * best hangs on how common the words are and how large the circle, but that
 * is guessed beforehand from the term statistics (dw_search_next), and for
 * each path there is a statement whose plan is kept: what another index could
 * answer is written so that no index can.  Each looks at a bounded number of
 * jobs; one that comes to its bound is given up for another.
 *
 * Term statistics are the server's, which ANALYZE makes: of jobs.search and
 * jobs.currency.  Only open jobs have words, so of the table's rows those
 * count that are not NULL there, and shares of them are shares of open jobs.
 * They are unpacked once and kept until ANALYZE makes new ones.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "tsearch/ts_type.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "core/geo/geo.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/match/match_store.h"
#include "store/search/search_store.h"

/* Miles from the place asked for, $2 and $3; NULL without one. */
#define MILES \
	"st_distance(j.location, " \
	"st_setsrid(st_makepoint($2, $3), 4326)::geography, false) / 1609.344"

/*
 * The bounds of the bands, in minor units and in miles.  A band is from its
 * bound to the next one, not included; the last has no end.
 */
#define BUDGETS "'{0, 10000, 50000, 100000, 500000}'::bigint[]"
#define MILES_BANDS "'{0, 5, 10, 25, 50, 100, 250}'::float8[]"

/* Rows of one facet of bands: which of the bounds is the last one below. */
#define BANDS(facet, value, bounds) \
	"SELECT '" facet "', NULL, NULL, NULL, " \
	"(" bounds ")[b.n]::bigint, (" bounds ")[b.n + 1]::bigint, b.jobs " \
	"FROM (SELECT width_bucket(" value ", " bounds ") AS n, " \
	"count(*) AS jobs FROM found AS f GROUP BY 1) AS b "

/*
 * Whoever searches need not be a provider, so no credential is asked for.
 * Freshness falls evenly to 0 in twice these hours, 60 days.
 */
#define ANY_CAPABILITIES	31
#define FRESHNESS_HOURS		720.0

/* How well the words fit, from 0 to 1; without words all fit alike. */
#define RANK	"COALESCE(ts_rank(j.search, $2), 0)"

/*
 * What a stranger may see, and what else is asked.  Each path has one index:
 * these stand in a CASE of the output and not in WHERE, where the planner
 * would weigh other indexes for them, with a plan kept for all searches.
 */
#define VISIBLE "j.is_listed AND j.deleted_at IS NULL AND j.expires_at > $3 "
#define WORDS	"AND ($2 IS NULL OR (j.search @@ $2) IS TRUE) "
#define URGENCY "AND ($4 IS NULL OR j.urgency = $4) "

/*
 * Columns of each path.  A row whose rank is NULL is not shown, but counts as
 * looked at: the bound is on the work, not on what it finds.
 */
enum
{
	FIND_RANK,
	FIND_ID,
	FIND_PUBLISHED_AT,
	FIND_KEY
};

/* The jobs of one path, and what of the search its index does not know. */
#define BY_PATH(condition, others) \
	DW_STATEMENT("SELECT CASE WHEN " VISIBLE others URGENCY \
				 "THEN " RANK " END, j.id, j.published_at, j.key " \
				 "FROM dwello.jobs AS j " \
				 "WHERE j.status = 'open' AND " condition)

/* The jobs that an access path gives, while they are taken. */
typedef struct Picking
{
	const DwSearchPlan *plan;	/* what is searched for */
	const DwMatchQuery *query;	/* what it asks of a key */
	DwAccessPath path;			/* how they are come by */
	int			picked;			/* jobs looked at */
	bool		is_cut;			/* as many as may be, and there are more */
	DwSearchFind *finds;		/* those that fit */
	int			count;			/* of them */
	int			room;			/* for so many */
} Picking;

/* What was found, of more than the window the newest. */
typedef struct SearchFinds
{
	DwSearchFind *finds;		/* in any order */
	int			count;			/* of them */
	bool		is_complete;	/* there are no others */
} SearchFinds;

/*
 * Share of a word that is not among the common ones, at most.  It is less
 * than that of the least common of those; half of it is taken.
 */
#define SHARE_RARE_WORD 0.005

/* The same of a currency. */
#define SHARE_RARE		0.01

/* Term statistics; words are in the order of their length, then of bytes. */
static struct
{
	MemoryContext context;		/* of all that is here; NULL: not yet used */
	Oid			jobs;			/* the table */
	bool		is_valid;		/* all has been read, and is up to date */
	bool		is_changed;		/* there are others since reading began */
	double		open_share;		/* of the table's rows */
	double		rare;			/* share of a word that is not there */
	AttStatsSlot words;			/* words and their shares */
	AttStatsSlot currencies;	/* the same of currencies */
}			terms;

static void prepare_words(DwSearchPlan *plan);
static bool prepare_categories(DwSearchPlan *plan, DwUuid *unknown);
static DwSearchFind *find_in_order(const DwSearchPlan *plan,
								   const DwSearchCursor *cursor, int *count);
static void param_finds(DwParams *p, const DwSearch *search,
						const DwSearchFind *finds, int count);
static void search_find(const DwSearchPlan *plan, SearchFinds *finds);
static void pick(Picking *picking, const DwParams *p);
static bool pick_one(void *state, TupleTableSlot *slot);
static bool pick_is_over(Picking *picking);
static void pick_keep(Picking *picking, const Datum *values, double score);
static DwMatchQuery *search_query(const DwSearchPlan *plan, double ceiling);
static void param_search(DwParams *p, const DwSearchPlan *plan,
						 const DwMatchQuery *query);
static void search_odds(const DwSearch *search, Datum words,
						DwSearchOdds *odds);
static void stats_refresh(Oid jobs);
static void stats_invalidate(Datum arg, int cache, uint32 hash);
static void stats_load(void);
static HeapTuple column_stats(const char *column);
static double table_rows(Oid jobs);
static DwSearchWords item_odds(TSQuery query, const QueryItem * item);
static double word_share(const char *word, int length);
static int	word_compare(const char *word, int length, Datum other);
static double currency_share(const char *currency);

bool
dw_search_prepare(const DwSearch *search, DwSearchPlan *plan, DwUuid *unknown)
{
	memset(plan, 0, sizeof(*plan));
	plan->search = search;
	if (search->query != NULL)
		prepare_words(plan);
	return search->categories.ids == NULL ||
		prepare_categories(plan, unknown);
}

/*
 * Parses the words.  A query of stop words alone has none to look for, and
 * is a search without words.
 */
static void
prepare_words(DwSearchPlan *plan)
{
	static DwStatement parse =
		DW_STATEMENT("SELECT q FROM "
					 "websearch_to_tsquery('pg_catalog.english', "
					 DW_FOLDED("$1") ") AS q "
					 "WHERE numnode(q) > 0");
	DwParams	p = DW_PARAMS;
	bool		isnull;

	dw_param_text(&p, plan->search->query);
	plan->has_words = dw_query(&parse, &p) > 0;
	if (plan->has_words)
		plan->words = dw_read_only_datum(0, &isnull);
}

/* Adds what is below the categories; false for one that is unknown. */
static bool
prepare_categories(DwSearchPlan *plan, DwUuid *unknown)
{
	DwUuids		named = plan->search->categories;
	DwMatchCategories below;

	for (int i = 0; i < named.count; i++)
	{
		*unknown = named.ids[i];
		if (!dw_match_category_exists(unknown))
			return false;
	}
	dw_match_categories(named.ids, named.count, &below);
	plan->categories.ids = below.ids;
	plan->categories.count = below.count;
	return true;
}

void
dw_search_page(DwCall *call, const DwSearchPlan *plan,
			   const DwSearchCursor *cursor, int32 max_results)
{
	static DwStatement select_jobs =
		DW_STATEMENT("SELECT p.id AS job_id, p.score, "
					 MILES " AS distance_miles, j.category_id, j.title, "
					 "j.urgency, j.budget_min, j.budget_max, j.currency, "
					 "st_x(j.location::geometry) AS longitude, "
					 "st_y(j.location::geometry) AS latitude, "
					 "j.published_at, $5 AS as_of "
					 "FROM unnest($1::uuid[], $4::float8[]) "
					 "WITH ORDINALITY AS p (id, score, n) "
					 "JOIN dwello.jobs AS j ON j.id = p.id ORDER BY p.n");
	int			count = max_results;
	Datum	   *scores = palloc(sizeof(Datum) * count);
	SearchFinds found;
	DwParams	p = DW_PARAMS;

	if (plan->has_words)
	{
		/* of the newest jobs with the words the best */
		search_find(plan, &found);
		count = dw_search_best(found.finds, found.count, cursor, count);
	}
	else
		found.finds = find_in_order(plan, cursor, &count);
	for (int i = 0; i < count; i++)
		scores[i] = Float8GetDatum(found.finds[i].score);
	param_finds(&p, plan->search, found.finds, count);
	dw_param_float8s(&p, scores, count);
	dw_param_time(&p, plan->search->as_of);
	dw_list_query(call, &select_jobs, &p);
}

/* Of all jobs the best, *count at most, in the order of the index. */
static DwSearchFind *
find_in_order(const DwSearchPlan *plan, const DwSearchCursor *cursor,
			  int *count)
{
	DwMatchSearch search = {
		.now = plan->search->now,
		.query = search_query(plan, cursor->has_score ? cursor->score :
							  DW_MATCH_NO_CEILING),
		.urgency = plan->search->urgency,
		.after.rest = cursor->has_score ? 1.0 - cursor->score : -1.0,
		.after.id = cursor->id,
		.count = *count
	};
	DwMatchJob *jobs;
	DwSearchFind *finds;

	*count = dw_match_search(&search, &jobs);
	finds = palloc0(sizeof(*finds) * (*count + 1));
	for (int i = 0; i < *count; i++)
	{
		finds[i].id = jobs[i].id;
		finds[i].score = 1.0 - jobs[i].rest;
	}
	return finds;
}

void
dw_search_facets(DwCall *call, const DwSearchPlan *plan)
{
	static DwStatement select_facets =
		DW_STATEMENT("WITH found AS MATERIALIZED ("
					 "SELECT j.category_id, j.urgency, "
					 "COALESCE(j.budget_max, j.budget_min) AS budget, "
					 MILES " AS miles FROM unnest($1::uuid[]) AS p (id) "
					 "JOIN dwello.jobs AS j ON j.id = p.id), "
					 "leaves AS MATERIALIZED (SELECT f.category_id, "
					 "count(*) AS jobs FROM found AS f GROUP BY 1), "
					 "facets (facet, category_id, parent_id, urgency, "
					 "lower_bound, upper_bound, jobs) AS ("
					 "SELECT 'total', NULL::uuid, NULL::uuid, "
					 "NULL::dwello.urgency, NULL::bigint, NULL::bigint, "
					 "count(*) FROM found "
					 "UNION ALL SELECT 'category', c.id, c.parent_id, "
					 "NULL, NULL, NULL, sum(l.jobs)::bigint "
					 "FROM leaves AS l JOIN unnest($4::uuid[], $5::uuid[]) "
					 "AS a (id, above_id) ON a.id = l.category_id "
					 "JOIN dwello.service_categories AS c "
					 "ON c.id = a.above_id GROUP BY c.id, c.parent_id "
					 "UNION ALL SELECT 'urgency', NULL, NULL, "
					 "f.urgency, NULL, NULL, count(*) "
					 "FROM found AS f GROUP BY f.urgency "
					 "UNION ALL " BANDS("budget", "f.budget", BUDGETS)
					 "UNION ALL "
					 BANDS("distance", "f.miles", MILES_BANDS)
					 "WHERE $2 IS NOT NULL) "
					 "SELECT f.*, $6 AS is_complete FROM facets AS f "
					 "ORDER BY f.facet = 'total' DESC, f.facet, f.urgency, "
					 "f.lower_bound, f.jobs DESC, f.category_id");
	DwParams	p = DW_PARAMS;
	SearchFinds found;
	DwCategoryPairs above;

	search_find(plan, &found);
	dw_category_pairs(&above, false);
	param_finds(&p, plan->search, found.finds, found.count);
	dw_param_uuids(&p, above.ids, above.count);
	dw_param_uuids(&p, above.others, above.count);
	dw_param_bool(&p, found.is_complete);
	dw_list_query(call, &select_facets, &p);
}

/* Adds ids of jobs, $1, and the place that is asked for, $2 and $3. */
static void
param_finds(DwParams *p, const DwSearch *search, const DwSearchFind *finds,
			int count)
{
	DwUuid	   *ids = palloc(sizeof(*ids) * (count + 1));

	for (int i = 0; i < count; i++)
		ids[i] = finds[i].id;
	dw_param_uuids(p, ids, count);
	dw_param_datum(p, FLOAT8OID, Float8GetDatum(search->longitude),
				   !search->has_longitude);
	dw_param_datum(p, FLOAT8OID, Float8GetDatum(search->latitude),
				   !search->has_longitude);
}

/*
 * Follows the access path that is likely to cost least, and those that are
 * left while they come to their bound.  What an index gives comes in no order:
 * when it is not all, the newest jobs are the answer.
 */
static void
search_find(const DwSearchPlan *plan, SearchFinds *finds)
{
	Picking		best = {
		.plan = plan,
		.query = search_query(plan, DW_MATCH_NO_CEILING)
	};
	Picking		next = best;
	DwSearchTries tries = {0};
	DwSearchOdds odds;
	DwParams	p = DW_PARAMS;

	search_odds(plan->search, plan->has_words ? plan->words : (Datum) 0,
				&odds);
	param_search(&p, plan, best.query);
	best.is_cut = true;
	while (best.is_cut && dw_search_next(&odds, &tries, &next.path))
	{
		Picking		last = next;

		pick(&last, &p);
		tries.tried[last.path] = true;
		if (last.path == DW_SEARCH_BY_TIME)
			tries.found = last.count;
		if (!last.is_cut || last.path == DW_SEARCH_BY_TIME)
			best = last;
	}
	finds->finds = best.finds;
	finds->count = dw_search_newest(best.finds, best.count);
	finds->is_complete = !best.is_cut && best.count < DW_SEARCH_WINDOW;
}

/* Follows one access path. */
static void
pick(Picking *picking, const DwParams *p)
{
	static DwStatement paths[DW_ACCESS_PATH_COUNT] = {
		[DW_SEARCH_BY_WORDS] = BY_PATH("j.search @@ $2", ""),
		[DW_SEARCH_BY_KEY] = BY_PATH("j.key OPERATOR(dwello.@@@) $1", WORDS),
		[DW_SEARCH_BY_TIME] = BY_PATH("j.published_at <= $5 ORDER BY "
									  "j.published_at DESC, j.id DESC", WORDS)
	};

	picking->room = 64;
	picking->finds = palloc(sizeof(*picking->finds) * picking->room);
	dw_stream(&paths[picking->path], p, pick_one, picking);
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

/*
 * Whether there are enough, or more than may be looked at.  Newest first, the
 * window is the answer once it is full; an index gives jobs in no order, and
 * any that is left out may be newer than all it gave.
 */
static bool
pick_is_over(Picking *picking)
{
	bool		by_time = picking->path == DW_SEARCH_BY_TIME;

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
static DwMatchQuery *
search_query(const DwSearchPlan *plan, double ceiling)
{
	const DwSearch *search = plan->search;
	bool		has_place = search->has_longitude;
	DwMatchCriteria criteria = {
		.longitude = has_place ? search->longitude : 0.0,
		.latitude = has_place ? search->latitude : 0.0,
		.radius_miles = has_place ? search->radius_miles :
		DW_BBOX_RADIUS_MAX_MILES,
		.as_of = search->as_of,
		.category_ids = plan->categories.ids,
		.category_count = plan->categories.count,
		.others_fit = plan->categories.ids == NULL ? 1.0 : DW_MATCH_EXCLUDED,
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

/*
 * The parameters of all access paths: $1 what place, categories and budget
 * ask of a key, $2 words, $3 now, $4 urgency, $5 as_of.
 */
static void
param_search(DwParams *p, const DwSearchPlan *plan, const DwMatchQuery *query)
{
	dw_param_datum(p, dw_type_find("job_query"), PointerGetDatum(query),
				   false);
	dw_param_datum(p, TSQUERYOID, plan->words, !plan->has_words);
	dw_param_time(p, plan->search->now);
	dw_param_enum(p, "urgency", plan->search->urgency);
	dw_param_time(p, plan->search->as_of);
}

/*
 * What a search is expected to meet.  Words are a tsquery, or (Datum) 0 for
 * none; of the rest of the search the place, the categories and the currency
 * count.
 */
static void
search_odds(const DwSearch *search, Datum words, DwSearchOdds *odds)
{
	Oid			jobs = get_relname_relid("jobs",
										 get_namespace_oid("dwello", false));
	TSQuery		query;

	stats_refresh(jobs);
	odds->jobs = table_rows(jobs) * terms.open_share;
	odds->others = dw_search_share(search) * currency_share(search->currency);
	odds->words = dw_search_all();
	if (words == (Datum) 0)
		return;
	query = DatumGetTSQuery(words);
	odds->words = item_odds(query, GETQUERY(query));
}

/*
 * Reads the statistics, unless those that are kept are up to date.  What is
 * invalidated while it is read is kept for this search and read again by the
 * next.
 */
static void
stats_refresh(Oid jobs)
{
	MemoryContext caller;

	if (terms.is_valid && terms.jobs == jobs)
		return;
	if (terms.context == NULL)
	{
		terms.context = AllocSetContextCreate(TopMemoryContext,
											  "dwello words",
											  ALLOCSET_SMALL_SIZES);
		CacheRegisterSyscacheCallback(STATRELATTINH, stats_invalidate,
									  (Datum) 0);
	}
	terms.is_valid = false;
	terms.is_changed = false;
	terms.jobs = jobs;
	MemoryContextReset(terms.context);
	caller = MemoryContextSwitchTo(terms.context);
	stats_load();
	MemoryContextSwitchTo(caller);
	terms.is_valid = !terms.is_changed;
}

/* Called when statistics have changed, whosever they are. */
static void
stats_invalidate(Datum arg, int cache, uint32 hash)
{
	terms.is_valid = false;
	terms.is_changed = true;
}

/*
 * Reads the statistics; without any, all rows count as open.  A table that
 * was never analyzed has no rows either (table_rows), so that any path costs
 * nothing and the first is tried.
 */
static void
stats_load(void)
{
	HeapTuple	search = column_stats("search");
	HeapTuple	currency = column_stats("currency");
	int			flags = ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS;

	terms.open_share = 1.0;
	terms.rare = SHARE_RARE_WORD;
	memset(&terms.words, 0, sizeof(terms.words));
	memset(&terms.currencies, 0, sizeof(terms.currencies));
	if (HeapTupleIsValid(search))
	{
		terms.open_share = 1.0 -
			((Form_pg_statistic) GETSTRUCT(search))->stanullfrac;
		(void) get_attstatsslot(&terms.words, search, STATISTIC_KIND_MCELEM,
								InvalidOid, flags);
		/* after the shares come the least and the greatest */
		if (terms.words.nnumbers != terms.words.nvalues + 2)
			terms.words.nvalues = 0;
		else
			terms.rare = Min(SHARE_RARE_WORD,
							 terms.words.numbers[terms.words.nvalues] / 2.0);
		ReleaseSysCache(search);
	}
	if (HeapTupleIsValid(currency))
	{
		(void) get_attstatsslot(&terms.currencies, currency,
								STATISTIC_KIND_MCV, InvalidOid, flags);
		if (terms.currencies.nnumbers != terms.currencies.nvalues)
			terms.currencies.nvalues = 0;
		ReleaseSysCache(currency);
	}
}

/* The statistics of a column of jobs, to be released; invalid for none. */
static HeapTuple
column_stats(const char *column)
{
	return SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(terms.jobs),
						   Int16GetDatum(get_attnum(terms.jobs, column)),
						   BoolGetDatum(false));
}

/* How many rows there are; 0 when nobody has counted. */
static double
table_rows(Oid jobs)
{
	HeapTuple	class = SearchSysCache1(RELOID, ObjectIdGetDatum(jobs));
	double		rows = 0.0;

	if (HeapTupleIsValid(class))
	{
		rows = ((Form_pg_class) GETSTRUCT(class))->reltuples;
		ReleaseSysCache(class);
	}
	return Max(rows, 0.0);
}

/*
 * How common what an item of a query asks for is.  A tsquery is in prefix
 * order: the right operand follows its operator, the left stands at a
 * distance.
 */
static DwSearchWords
item_odds(TSQuery query, const QueryItem * item)
{
	DwSearchWords right;
	DwSearchWords left;

	check_stack_depth();
	if (item->type == QI_VAL)
		return dw_search_word(word_share(GETOPERAND(query) +
										 item->qoperand.distance,
										 item->qoperand.length));
	right = item_odds(query, item + 1);
	if (item->qoperator.oper == OP_NOT)
		return dw_search_not(right);
	left = item_odds(query, item + item->qoperator.left);
	if (item->qoperator.oper == OP_AND)
		return dw_search_and(left, right);
	if (item->qoperator.oper == OP_OR)
		return dw_search_or(left, right);
	return dw_search_phrase(left, right);
}

/*
 * The share of jobs that have a word.  ANALYZE sorts lexemes by length, then
 * by bytes, so that they are found by halves.
 */
static double
word_share(const char *word, int length)
{
	int			low = 0;
	int			high = terms.words.nvalues;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		int			order = word_compare(word, length,
										 terms.words.values[middle]);

		if (order == 0)
			return terms.words.numbers[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return terms.rare;
}

/* Which of two words comes first in the statistics. */
static int
word_compare(const char *word, int length, Datum other)
{
	const		text *entry = (const text *) DatumGetPointer(other);
	int			size = (int) VARSIZE_ANY_EXHDR(entry);

	if (length != size)
		return length < size ? -1 : 1;
	return memcmp(word, VARDATA_ANY(entry), length);
}

/* The share of jobs in a currency. */
static double
currency_share(const char *currency)
{
	if (terms.currencies.nvalues == 0)
		return 1.0;
	for (int i = 0; i < terms.currencies.nvalues; i++)
	{
		if (word_compare(currency, (int) strlen(currency),
						 terms.currencies.values[i]) == 0)
			return terms.currencies.numbers[i];
	}
	return SHARE_RARE;
}

/* All that a search has is in its row; times are those of its birth. */
static const DwColumn saved_columns[] = {
	DW_COLUMN(UUID, DwSavedSearch, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwSavedSearch, id, id, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, DwSavedSearch, name, name, 0),
	DW_COLUMN(TEXT, DwSavedSearch, query, search.query, 0),
	DW_COLUMN(FLOAT8, DwSavedSearch, longitude, search.longitude,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(FLOAT8, DwSavedSearch, latitude, search.latitude,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(FLOAT8, DwSavedSearch, radius_miles, search.radius_miles,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(UUIDS, DwSavedSearch, category_ids, search.categories, 0),
	DW_COLUMN_OR(INT8, DwSavedSearch, budget_min, search.budget_min, 0,
				 DW_SEARCH_ABSENT),
	DW_COLUMN_OR(INT8, DwSavedSearch, budget_max, search.budget_max, 0,
				 DW_SEARCH_ABSENT),
	DW_COLUMN(TEXT, DwSavedSearch, currency, search.currency, 0),
	DW_COLUMN_LABEL(urgency, DwSavedSearch, urgency, search.urgency, 0),
	DW_COLUMN(INT4, DwSavedSearch, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	DW_COLUMN(TIME, DwSavedSearch, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwSavedSearch, updated_at, created_at, DW_COLUMN_FIXED)
};

static DwTable saved_searches =
DW_TABLE("saved_searches", DwSavedSearch, saved_columns);

int32
dw_saved_lock(const DwUuid *user_id, const DwUuid *id)
{
	static DwStatement lock_search =
		DW_STATEMENT("SELECT s.version FROM dwello.saved_searches AS s "
					 "WHERE s.user_id = $1 AND s.id = $2 "
					 "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	return dw_execute(&lock_search, &p) == 0 ? 0 : dw_read_only_int4(0);
}

int64
dw_saved_count(const DwUuid *user_id)
{
	static DwStatement count_searches =
		DW_STATEMENT("SELECT count(*) FROM dwello.saved_searches AS s "
					 "WHERE s.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&count_searches, &p);
	return dw_read_only_int8(0);
}

/*
 * A radius has a default, but no meaning without a place.  People look round
 * their home: its place is kept as rounded as those of jobs are.
 */
void
dw_saved_write(DwSavedSearch *saved)
{
	DwSearch   *search = &saved->search;

	search->longitude = dw_geo_round(search->longitude);
	search->latitude = dw_geo_round(search->latitude);

	if (!search->has_longitude)
		search->longitude = search->latitude = search->radius_miles = NAN;
	if (saved->version > 0)
	{
		dw_table_update(&saved_searches, saved);
		return;
	}
	dw_table_insert(&saved_searches, saved);
	saved->version = 1;
}

void
dw_saved_delete(const DwUuid *user_id, const DwUuid *id)
{
	static DwStatement delete_search =
		DW_STATEMENT("DELETE FROM dwello.saved_searches AS s "
					 "WHERE s.user_id = $1 AND s.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	(void) dw_execute(&delete_search, &p);
}
