/*
 * term_store.c
 *		How common words and currencies are among the open jobs.
 *
 * Only open jobs have words (jobs.search), so of the table's rows those
 * count that are not NULL there, and shares of them are shares of open jobs.
 * The statistics are unpacked once and kept until ANALYZE makes new ones.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "miscadmin.h"
#include "tsearch/ts_type.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "store/search/term_store_int.h"

/* Of a word that is not among the common ones, at most. */
#define SHARE_RARE_WORD 0.005

/* The same of a currency. */
#define SHARE_RARE		0.01

/* What is kept; words are in the order of their length, then of bytes. */
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
}			kept;

static void stats_refresh(Oid jobs);
static void stats_invalidate(Datum arg, int cache, uint32 hash);
static void stats_load(void);
static HeapTuple column_stats(const char *column);
static double table_rows(Oid jobs);
static DwSearchWords item_odds(TSQuery query, const QueryItem * item);
static double word_share(const char *word, int length);
static int	word_compare(const char *word, int length, Datum other);
static double currency_share(const char *currency);

/* What a search is expected to meet; see the header. */
void
dw_search_odds(const DwSearch *search, Datum words, DwSearchOdds *odds)
{
	Oid			jobs = get_relname_relid("jobs",
										 get_namespace_oid("dwello", false));
	TSQuery		query;

	stats_refresh(jobs);
	odds->jobs = table_rows(jobs) * kept.open_share;
	odds->others = dw_search_share(search) * currency_share(search->currency);
	odds->words = dw_search_all();
	if (words == (Datum) 0)
		return;
	query = DatumGetTSQuery(words);
	odds->words = item_odds(query, GETQUERY(query));
}

/* Reads the statistics, unless they are those that are kept. */
static void
stats_refresh(Oid jobs)
{
	MemoryContext caller;

	if (kept.is_valid && kept.jobs == jobs)
		return;
	if (kept.context == NULL)
	{
		kept.context = AllocSetContextCreate(TopMemoryContext,
											 "dwello words",
											 ALLOCSET_SMALL_SIZES);
		CacheRegisterSyscacheCallback(STATRELATTINH, stats_invalidate,
									  (Datum) 0);
	}
	kept.is_valid = false;
	kept.is_changed = false;
	kept.jobs = jobs;
	MemoryContextReset(kept.context);
	caller = MemoryContextSwitchTo(kept.context);
	stats_load();
	MemoryContextSwitchTo(caller);
	kept.is_valid = !kept.is_changed;
}

/* Called when statistics have changed, whosever they are. */
static void
stats_invalidate(Datum arg, int cache, uint32 hash)
{
	kept.is_valid = false;
	kept.is_changed = true;
}

/* Reads the statistics; without any, all rows count as open. */
static void
stats_load(void)
{
	HeapTuple	search = column_stats("search");
	HeapTuple	currency = column_stats("currency");
	int			flags = ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS;

	kept.open_share = 1.0;
	kept.rare = SHARE_RARE_WORD;
	memset(&kept.words, 0, sizeof(kept.words));
	memset(&kept.currencies, 0, sizeof(kept.currencies));
	if (HeapTupleIsValid(search))
	{
		kept.open_share = 1.0 -
			((Form_pg_statistic) GETSTRUCT(search))->stanullfrac;
		(void) get_attstatsslot(&kept.words, search, STATISTIC_KIND_MCELEM,
								InvalidOid, flags);
		/* after the shares come the least and the greatest */
		if (kept.words.nnumbers != kept.words.nvalues + 2)
			kept.words.nvalues = 0;
		else
			kept.rare = Min(SHARE_RARE_WORD,
							kept.words.numbers[kept.words.nvalues] / 2.0);
		ReleaseSysCache(search);
	}
	if (HeapTupleIsValid(currency))
	{
		(void) get_attstatsslot(&kept.currencies, currency,
								STATISTIC_KIND_MCV, InvalidOid, flags);
		if (kept.currencies.nnumbers != kept.currencies.nvalues)
			kept.currencies.nvalues = 0;
		ReleaseSysCache(currency);
	}
}

/* The statistics of a column of jobs, to be released; invalid for none. */
static HeapTuple
column_stats(const char *column)
{
	return SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(kept.jobs),
						   Int16GetDatum(get_attnum(kept.jobs, column)),
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

/* How common what an item of a query asks for is; operators come first. */
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

/* The share of jobs that have a word. */
static double
word_share(const char *word, int length)
{
	int			low = 0;
	int			high = kept.words.nvalues;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		int			order = word_compare(word, length,
										 kept.words.values[middle]);

		if (order == 0)
			return kept.words.numbers[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return kept.rare;
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
	if (kept.currencies.nvalues == 0)
		return 1.0;
	for (int i = 0; i < kept.currencies.nvalues; i++)
	{
		if (word_compare(currency, (int) strlen(currency),
						 kept.currencies.values[i]) == 0)
			return kept.currencies.numbers[i];
	}
	return SHARE_RARE;
}
