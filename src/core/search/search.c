/*
 * search.c
 *		Looking for open jobs: what may be asked, and how findings are ranked.
 */
#include "core/search/search.h"

#include <math.h>
#include <stddef.h>

#include "core/base/base.h"
#include "core/geo/geo.h"

/*
 * What access paths cost, in microseconds for one row; measured at a million
 * jobs (test/bench/search.sh).  Only their ratios decide.
 */
#define COST_LISTED		0.09	/* read in the index on words */
#define COST_PICKED		3.0		/* looked at, anywhere in the table */
#define COST_NEWEST		1.5		/* looked at, in the order of time */

/*
 * Jobs lie closer together than at random on the globe: a circle has so many
 * times its share of the surface, which is (1 - cos r) / 2 for an angular
 * radius r.  A rough mean of cities; an error costs time, not answers.
 */
#define CROWDING		30.0
#define CATEGORIES		0.3		/* share of jobs where some are excluded */

/* True for what a word or a quotation begins with; all but ASCII may. */
static bool
is_beginning(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		(c >= 'a' && c <= 'z') || c == '"' || (unsigned char) c >= 0x80;
}

void
dw_search_clean(char *query)
{
	for (char *c = query; *c != '\0'; c++)
	{
		if (*c == '-' && !is_beginning(c[1]))
			*c = ' ';
	}
}

/* A place and a radius around it, or neither. */
static void
check_place(const DwSearch *search, DwArgError *error)
{
	if (search->has_longitude != search->has_latitude)
		dw_arg_error_note(error, search->has_longitude ? "latitude" :
						  "longitude", DW_BAD_VALUE,
						  "must be given with the other coordinate");
	else if (search->has_longitude &&
			 !dw_geo_valid(search->longitude, search->latitude))
		dw_arg_error_note(error, "longitude", DW_BAD_VALUE,
						  "and latitude must be a place on the globe");
	if (!search->has_radius)
		return;
	if (!search->has_longitude)
		dw_arg_error_note(error, "radius_miles", DW_BAD_VALUE,
						  "must come with a place");
	/* written so that NaN fails */
	if (!(search->radius_miles > 0.0 &&
		  search->radius_miles <= DW_BBOX_RADIUS_MAX_MILES))
		dw_arg_error_note(error, "radius_miles", DW_BAD_VALUE,
						  "must be above 0 and at most 12450");
}

/* Amounts are positive, in order, and of a currency that exists. */
static void
check_money(const DwSearch *search, DwArgError *error)
{
	if (search->budget_min != DW_SEARCH_ABSENT && search->budget_min < 1)
		dw_arg_error_note(error, "budget_min", DW_BAD_VALUE,
						  "must be positive");
	if (search->budget_max != DW_SEARCH_ABSENT && search->budget_max < 1)
		dw_arg_error_note(error, "budget_max", DW_BAD_VALUE,
						  "must be positive");
	if (search->budget_max != DW_SEARCH_ABSENT &&
		search->budget_min > search->budget_max)
		dw_arg_error_note(error, "budget_min", DW_BAD_VALUE,
						  "must not be greater than budget_max");
	if (dw_currency_exponent(search->currency) == DW_CURRENCY_UNKNOWN)
		dw_arg_error_note(error, "currency", DW_BAD_VALUE,
						  "must be an active ISO 4217 code in upper case");
}

void
dw_search_check(const DwSearch *search, DwArgError *error)
{
	check_place(search, error);
	check_money(search, error);
	if (search->categories.ids != NULL &&
		(search->categories.count < 1 ||
		 search->categories.count > DW_SEARCH_CATEGORIES_MAX))
		dw_arg_error_note(error, "category_ids", DW_BAD_VALUE,
						  "must have from 1 to 100 elements");
	if (search->as_of > search->now)
		dw_arg_error_note(error, "as_of", DW_BAD_VALUE,
						  "must not be in the future");
}

void
dw_search_cursor_check(const DwSearchCursor *cursor, const DwSearch *search,
					   DwArgError *error)
{
	if (cursor->has_score != cursor->has_id)
		dw_arg_error_note(error, cursor->has_score ? "after_id" :
						  "after_score", DW_BAD_VALUE,
						  "must be given with the rest of the cursor");
	if ((cursor->has_score || cursor->has_id) && !cursor->has_as_of)
		dw_arg_error_note(error, "as_of", DW_BAD_VALUE,
						  "must be given with the rest of the cursor");
	if (cursor->has_score &&
		!(cursor->score >= 0.0 && cursor->score <= 1.0))
		dw_arg_error_note(error, "after_score", DW_BAD_VALUE,
						  "must be from 0 to 1");
}

/*
 * The newest first; of one time the greatest id, as the index has them: so
 * the same jobs are in the window whichever path found them.
 */
static int
by_time(const void *a, const void *b)
{
	const DwSearchFind *left = a;
	const DwSearchFind *right = b;

	if (left->published_at != right->published_at)
		return left->published_at > right->published_at ? -1 : 1;
	return dw_uuid_compare(&right->id, &left->id);
}

int
dw_search_newest(DwSearchFind *finds, int count)
{
	if (count <= DW_SEARCH_WINDOW)
		return count;
	dw_sort(finds, (size_t) count, sizeof(*finds), by_time);
	return DW_SEARCH_WINDOW;
}

/* The best first, then by id. */
static int
by_score(const DwSearchFind *a, const DwSearchFind *b)
{
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	return dw_uuid_compare(&a->id, &b->id);
}

/*
 * Puts one among the best, which are in order; gives how many they are.  A
 * page is short, so that its insertion sort beats a heap, and most findings
 * are turned away by one comparison with the last.
 */
static int
best_insert(DwSearchFind *best, int count, int max, DwSearchFind find)
{
	int			place = count;

	if (count == max && by_score(&find, &best[max - 1]) >= 0)
		return count;
	if (count == max)
		place--;
	count = place + 1;
	for (; place > 0 && by_score(&find, &best[place - 1]) < 0; place--)
		best[place] = best[place - 1];
	best[place] = find;
	return count;
}

int
dw_search_best(DwSearchFind *finds, int count, const DwSearchCursor *cursor,
			   int max)
{
	DwSearchFind after = {.score = cursor->score,.id = cursor->id};
	int			best = 0;

	/* the best stand where those have been that were looked at */
	for (int i = 0; i < count && max > 0; i++)
	{
		if (!cursor->has_score || by_score(&finds[i], &after) > 0)
			best = best_insert(finds, best, max, finds[i]);
	}
	return best;
}

/* A share, whatever it was made of. */
static double
share_of(double value)
{
	/* written so that NaN is 0 */
	if (!(value > 0.0))
		return 0.0;
	return value < 1.0 ? value : 1.0;
}

DwSearchWords
dw_search_word(double share)
{
	double		real = share_of(share);
	DwSearchWords words = {real, real, real, true, true};

	return words;
}

DwSearchWords
dw_search_all(void)
{
	DwSearchWords words = {1.0, 1.0, 1.0, false, true};

	return words;
}

DwSearchWords
dw_search_not(DwSearchWords a)
{
	DwSearchWords words = dw_search_all();

	words.share = 1.0 - a.share;
	words.picked = a.is_exact ? words.share : 1.0;
	words.is_exact = a.is_exact;
	return words;
}

/* What the index reads for both: the shorter list of those it has. */
static double
shorter(const DwSearchWords *a, const DwSearchWords *b)
{
	if (a->is_listed != b->is_listed)
		return a->is_listed ? a->listed : b->listed;
	return fmin(a->listed, b->listed);
}

DwSearchWords
dw_search_and(DwSearchWords a, DwSearchWords b)
{
	DwSearchWords words = {
		.share = a.share * b.share,
		.listed = shorter(&a, &b),
		.is_listed = a.is_listed || b.is_listed,
		.is_exact = a.is_exact && b.is_exact
	};

	words.picked = words.is_exact ? a.picked * b.picked :
		fmin(a.picked, b.picked);
	return words;
}

DwSearchWords
dw_search_or(DwSearchWords a, DwSearchWords b)
{
	DwSearchWords words = {
		.share = a.share + b.share - a.share * b.share,
		.picked = share_of(a.picked + b.picked),
		.listed = share_of(a.listed + b.listed),
		.is_listed = a.is_listed && b.is_listed,
		.is_exact = a.is_exact && b.is_exact
	};

	return words;
}

DwSearchWords
dw_search_phrase(DwSearchWords a, DwSearchWords b)
{
	DwSearchWords words = dw_search_and(a, b);

	words.picked = fmin(a.picked, b.picked);
	words.is_exact = false;
	return words;
}

double
dw_search_share(const DwSearch *search)
{
	double		share = 1.0;

	if (search->has_longitude)
	{
		double		angle = search->radius_miles * DW_GEO_METRES_PER_MILE /
			DW_GEO_RADIUS_M;

		share = share_of(CROWDING * (1.0 - cos(fmin(angle, 3.1415))) / 2.0);
	}
	return search->categories.ids != NULL ? share * CATEGORIES : share;
}

/* Whether an index gives no more jobs than may be looked at. */
static bool
is_few(const DwSearchOdds *odds, double share)
{
	return odds->jobs * share <= DW_SEARCH_PICKED;
}

/*
 * What a path is likely to cost.  Infinite where an index is not to be asked:
 * where it has no word to look up, or would give more jobs than may be looked
 * at, which would be for nothing.
 */
static double
path_cost(const DwSearchOdds *odds, DwAccessPath path)
{
	const DwSearchWords *words = &odds->words;

	if (path == DW_SEARCH_BY_WORDS)
		return words->is_listed && is_few(odds, words->picked) ?
			odds->jobs * (COST_LISTED * words->listed +
						  COST_PICKED * words->picked) : INFINITY;
	if (path == DW_SEARCH_BY_KEY)
		return is_few(odds, odds->others) ?
			odds->jobs * COST_PICKED * odds->others : INFINITY;
	/* where nothing fits, all that may be looked at are */
	return COST_NEWEST * fmin(fmin(odds->jobs, DW_SEARCH_NEWEST),
							  DW_SEARCH_WINDOW /
							  fmax(words->share * odds->others, 1e-9));
}

/*
 * Whether the index on words knows more than was guessed.  The newest jobs
 * tell how many there are among all: when that are few, words that are common
 * one by one do not come together, and the index gives those that there are.
 */
static bool
is_seldom(const DwSearchOdds *odds, const DwSearchTries *tries)
{
	double		share = (double) tries->found / DW_SEARCH_NEWEST;

	return tries->tried[DW_SEARCH_BY_TIME] && odds->words.is_listed &&
		odds->words.is_exact && is_few(odds, 2.0 * share);
}

bool
dw_search_next(const DwSearchOdds *odds, const DwSearchTries *tries,
			   DwAccessPath *path)
{
	double		least = INFINITY;

	for (int i = 0; i < DW_ACCESS_PATH_COUNT; i++)
	{
		DwAccessPath one = (DwAccessPath) i;
		double		cost = path_cost(odds, one);

		if (one == DW_SEARCH_BY_WORDS && is_seldom(odds, tries))
			cost = 0.0;
		if (tries->tried[i] || !(cost < least))
			continue;
		least = cost;
		*path = one;
	}
	return least < INFINITY;
}
