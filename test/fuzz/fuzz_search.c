/*
 * fuzz_search.c
 *		A page has the best of what comes after its cursor, and pages one
 *		after another have everything once; the newest of the window are kept.
 *		Whatever is known of words are shares, and there is always a way to
 *		go.  No query and no argument leads astray: what passes is in range.
 */
#include "fuzz.h"

#include <math.h>

#include "core/geo/geo.h"
#include "core/search/search.h"

#define MAX_FINDS	64
#define MAX_QUERY	200

/* A number of any kind, often one that means something. */
static double
read_number(FuzzInput *input)
{
	static const double some[] = {0.0, -0.0, 1.0, 180.0, 90.0, -1e-300,
	INFINITY, NAN};
	double		number;
	int64_t		which = fuzz_range(input, 0, 15);

	if (which < 8)
		return some[which];
	fuzz_read(input, &number, sizeof(number));
	return number;
}

/* The better of two, the smaller id of two that are as good. */
static bool
is_before(const DwSearchFind *a, const DwSearchFind *b)
{
	return a->score > b->score ||
		(a->score == b->score && dw_uuid_compare(&a->id, &b->id) < 0);
}

/* Finds of few scores and times, so that there are ties; ids differ. */
static int
read_finds(FuzzInput *input, DwSearchFind *finds)
{
	int			count = (int) fuzz_range(input, 0, MAX_FINDS);

	for (int i = 0; i < count; i++)
	{
		memset(&finds[i], 0, sizeof(finds[i]));
		finds[i].score = (double) fuzz_range(input, 0, 4) / 4.0;
		finds[i].published_at = fuzz_range(input, 0, 4);
		finds[i].id.bytes[0] = (uint8_t) fuzz_range(input, 0, 255);
		finds[i].id.bytes[1] = (uint8_t) i;
	}
	return count;
}

/* Page after page: in order, everything, nothing twice. */
static void
check_pages(FuzzInput *input)
{
	DwSearchFind all[MAX_FINDS];
	DwSearchFind page[MAX_FINDS];
	DwSearchCursor cursor = {0};
	int			count = read_finds(input, all);
	int			max = (int) fuzz_range(input, 1, MAX_FINDS);
	int			seen = 0;
	int			got;

	check(dw_search_newest(all, count) == count);
	do
	{
		memcpy(page, all, sizeof(page));
		got = dw_search_best(page, count, &cursor, max);
		check(got <= max);
		for (int i = 0; i < got; i++)
		{
			DwSearchFind last = {cursor.score, 0, cursor.id};

			check(!cursor.has_score || is_before(&last, &page[i]));
			cursor.has_as_of = cursor.has_score = cursor.has_id = true;
			cursor.score = page[i].score;
			cursor.id = page[i].id;
			seen++;
		}
	} while (got == max);
	check(seen == count);
}

/* A share that is one. */
static void
check_share(double share)
{
	check(share >= 0.0 && share <= 1.0);
}

/* Words made of words, by a stack: what is known of them stays in range. */
static DwSearchWords
read_words(FuzzInput *input)
{
	DwSearchWords words = dw_search_word(read_number(input));

	for (int i = (int) fuzz_range(input, 0, 20); i > 0; i--)
	{
		DwSearchWords other = dw_search_word(read_number(input));

		switch (fuzz_range(input, 0, 4))
		{
			case 0:
				words = dw_search_not(words);
				break;
			case 1:
				words = dw_search_and(words, other);
				break;
			case 2:
				words = dw_search_or(dw_search_not(other), words);
				break;
			case 3:
				words = dw_search_or(other, words);
				break;
			default:
				words = dw_search_phrase(other, words);
		}
		check_share(words.share);
		check_share(words.picked);
		check_share(words.listed);
		check(words.is_exact || words.picked >= 0.0);
	}
	return words;
}

/* One way after another, the newest jobs among them; each is to be gone. */
static void
check_ways(FuzzInput *input)
{
	DwSearchOdds odds = {
		.jobs = fabs((double) fuzz_int64(input)),
		.others = (double) fuzz_range(input, 0, 1000) / 1000.0,
		.words = read_words(input)
	};
	DwSearchTries tries = {.found = fuzz_range(input, 0, 200000)};
	DwAccessPath way;
	int			count = 0;

	while (dw_search_next(&odds, &tries, &way))
	{
		check(++count <= DW_ACCESS_PATH_COUNT);
		check(way < DW_ACCESS_PATH_COUNT && !tries.tried[way]);
		check(way != DW_SEARCH_BY_WORDS || odds.words.is_listed);
		check(way != DW_SEARCH_BY_WORDS || odds.words.is_exact ||
			  odds.jobs * odds.words.picked <= DW_SEARCH_PICKED);
		tries.tried[way] = true;
	}
	check(tries.tried[DW_SEARCH_BY_TIME]);
}

/* A cleaned query has no dash that means nothing, and is no longer. */
static void
check_clean(FuzzInput *input)
{
	char		query[MAX_QUERY + 1];
	size_t		size = (size_t) fuzz_range(input, 0, MAX_QUERY);

	fuzz_read(input, query, size);
	query[size] = '\0';
	size = strlen(query);
	dw_search_clean(query);
	check(strlen(query) == size);
	check(strstr(query, "--") == NULL && strstr(query, "- ") == NULL);
	check(size == 0 || query[size - 1] != '-');
}

/* What passes is in range. */
static void
check_arguments(FuzzInput *input)
{
	DwUuid		category = {{0}};
	DwSearch	search = {
		.has_longitude = fuzz_range(input, 0, 1) == 1,
		.has_latitude = fuzz_range(input, 0, 1) == 1,
		.has_radius = fuzz_range(input, 0, 1) == 1,
		.longitude = read_number(input),
		.latitude = read_number(input),
		.radius_miles = read_number(input),
		.categories.ids = fuzz_range(input, 0, 1) == 1 ? &category : NULL,
		.categories.count = (int) fuzz_range(input, 0, 200),
		.budget_min = fuzz_range(input, -2, 2),
		.budget_max = fuzz_range(input, -2, 2),
		.currency = "USD",
		.as_of = fuzz_int64(input),
		.now = fuzz_int64(input)
	};
	DwSearchCursor cursor = {
		.has_as_of = fuzz_range(input, 0, 1) == 1,
		.has_score = fuzz_range(input, 0, 1) == 1,
		.has_id = fuzz_range(input, 0, 1) == 1,
		.score = read_number(input)
	};
	DwArgError		error = {0};

	dw_search_check(&search, &error);
	dw_search_cursor_check(&cursor, &search, &error);
	if (error.code != DW_OK)
		return;
	check(search.has_longitude == search.has_latitude);
	check(!search.has_longitude ||
		  (fabs(search.longitude) <= 180.0 && fabs(search.latitude) <= 90.0));
	check(!search.has_radius ||
		  (search.has_longitude && search.radius_miles > 0.0 &&
		   search.radius_miles <= DW_BBOX_RADIUS_MAX_MILES));
	check(search.as_of <= search.now);
	check(cursor.has_score == cursor.has_id);
	check(!cursor.has_score || (cursor.score >= 0.0 && cursor.score <= 1.0));
	if (!search.has_longitude || search.has_radius)
		check_share(dw_search_share(&search));
}

/* One input. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};

	check_pages(&input);
	check_ways(&input);
	check_clean(&input);
	check_arguments(&input);
	return 0;
}
