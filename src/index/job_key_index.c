/*
 * job_key_index.c
 *		GiST support of dwello.job_key_ops: which subtrees, in what order.
 *
 * consistent answers for key @@@ query, distance for key <~> query, which is
 * 1 - score.  At a leaf both are exact; at a node they are bounds, so that a
 * scan ordered by <~> reads no more of the tree than it must.
 */
#include "postgres.h"

#include <math.h>

#include "access/gist.h"

#include "core/match/match.h"
#include "index/support_index.h"

/* The rest of a key that is wanted and not over a limit. */
static double
key_rest(const DwMatchQuery *query, const DwJobKey *key, double limit)
{
	return key->is_node ? dw_match_node_rest(query, key, limit)
		: dw_match_leaf_rest(query, key, limit);
}

/* Judges a key for a search that keeps the best it has met. */
static bool
search_wants(const DwMatchUnderWay *under_way, const DwJobKey *key)
{
	DwMatchBest *best = under_way->best;

	best->judged = key_rest(under_way->query, key, best->limit);
	if (best->judged == DW_MATCH_UNWANTED)
		return false;
	if (!key->is_node)
		dw_match_best_meet(best, best->judged);
	return true;
}

/* 1 - score of a leaf. */
static double
leaf_rest(const DwMatchQuery *query, const DwJobKey *leaf)
{
	return dw_match_rest(query, leaf, dw_match_distance_m(query, leaf));
}

/* The key of an entry. */
static const DwJobKey *
entry_key(const GISTENTRY *entry)
{
	return (const DwJobKey *) DatumGetPointer(entry->key);
}

/* job_key_consistent(entry, query, strategy, subtype, recheck) */
DW_SUPPORT_FUNCTION(dwello_job_key_consistent)
{
	const GISTENTRY *entry = (const GISTENTRY *) PG_GETARG_POINTER(0);
	const DwMatchUnderWay *under_way = dw_under_way_of(PG_GETARG_DATUM(1));
	bool	   *recheck = (bool *) PG_GETARG_POINTER(4);
	const DwJobKey *key = entry_key(entry);

	*recheck = false;
	if (under_way != NULL)
		PG_RETURN_BOOL(search_wants(under_way, key));
	PG_RETURN_BOOL(key_rest(DW_GETARG_JOB_QUERY(1), key, INFINITY) !=
				   DW_MATCH_UNWANTED);
}

/* job_key_distance(entry, query, strategy, subtype, recheck) */
DW_SUPPORT_FUNCTION(dwello_job_key_distance)
{
	const GISTENTRY *entry = (const GISTENTRY *) PG_GETARG_POINTER(0);
	const DwMatchUnderWay *under_way = dw_under_way_of(PG_GETARG_DATUM(1));
	bool	   *recheck = (bool *) PG_GETARG_POINTER(4);
	const DwJobKey *key = entry_key(entry);
	const DwMatchQuery *query;

	*recheck = false;
	if (under_way != NULL)
		PG_RETURN_FLOAT8(under_way->best->judged);
	query = DW_GETARG_JOB_QUERY(1);
	if (key->is_node)
		PG_RETURN_FLOAT8(dw_match_rest_bound(query, key));
	PG_RETURN_FLOAT8(leaf_rest(query, key));
}

/* job_key_union(entries, size) */
DW_SUPPORT_FUNCTION(dwello_job_key_union)
{
	const GistEntryVector *entries =
		(const GistEntryVector *) PG_GETARG_POINTER(0);
	int		   *size = (int *) PG_GETARG_POINTER(1);
	DwJobKey   *all = palloc(sizeof(*all));

	*all = dw_job_key_node(entry_key(&entries->vector[0]));
	for (int i = 1; i < entries->n; i++)
		dw_job_key_extend(all, entry_key(&entries->vector[i]));
	*size = sizeof(*all);
	PG_RETURN_POINTER(all);
}

/* job_key_same(a, b, result) */
DW_SUPPORT_FUNCTION(dwello_job_key_same)
{
	bool	   *result = (bool *) PG_GETARG_POINTER(2);

	*result = dw_job_key_equal(DW_GETARG_JOB_KEY(0), DW_GETARG_JOB_KEY(1));
	PG_RETURN_POINTER(result);
}

/*
 * The node of a key, which is asked for once for every entry of a page: the
 * last one is kept.  It depends on nothing but the key.
 */
static const DwJobKey *
penalty_node(const DwJobKey *key)
{
	static DwJobKey last;
	static DwJobKey node;

	if (!node.is_node || !dw_job_key_equal(&last, key))
	{
		last = *key;
		node = dw_job_key_node(key);
	}
	return &node;
}

/* job_key_penalty(node, new, result) */
DW_SUPPORT_FUNCTION(dwello_job_key_penalty)
{
	const GISTENTRY *old_entry = (const GISTENTRY *) PG_GETARG_POINTER(0);
	const GISTENTRY *new_entry = (const GISTENTRY *) PG_GETARG_POINTER(1);
	float	   *result = (float *) PG_GETARG_POINTER(2);

	*result = dw_job_key_penalty(entry_key(old_entry),
								 penalty_node(entry_key(new_entry)));
	PG_RETURN_POINTER(result);
}

/* job_matches(key, query): key @@@ query */
DW_SUPPORT_FUNCTION(dwello_job_matches)
{
	PG_RETURN_BOOL(dw_match_leaf_rest(DW_GETARG_JOB_QUERY(1),
									  DW_GETARG_JOB_KEY(0), INFINITY) !=
				   DW_MATCH_UNWANTED);
}

/* job_distance(key, query): key <~> query, 1 - score */
DW_SUPPORT_FUNCTION(dwello_job_distance)
{
	PG_RETURN_FLOAT8(leaf_rest(DW_GETARG_JOB_QUERY(1), DW_GETARG_JOB_KEY(0)));
}

/* job_score(key, query) */
DW_SUPPORT_FUNCTION(dwello_job_score)
{
	PG_RETURN_FLOAT8(1.0 - leaf_rest(DW_GETARG_JOB_QUERY(1),
									 DW_GETARG_JOB_KEY(0)));
}
