/*
 * job_key_index.c
 *		GiST support of dwello.job_key_ops: which subtrees, in what order.
 *
 * consistent answers for key @@@ query, distance for key <~> query, which is
 * 1 - score.  At a leaf both are exact; at a node they are bounds, so that a
 * scan ordered by <~> reads no more of the tree than it must.
 */
#include "postgres.h"

#include "access/gist.h"

#include "core/match.h"
#include "index/support_index.h"

/*
 * The distance of the leaf that was looked at last.  The server asks for
 * consistency and for distance in two calls; a distance depends on nothing
 * but the two places, so it is right for whoever finds it here.
 */
static struct
{
	double		longitude;		/* of the query's centre */
	double		latitude;		/* of the same */
	DwPoint		point;			/* of the leaf */
	double		metres;			/* between them */
}			last_leaf = {.longitude = 1000.0};

/* Metres from the centre to a leaf. */
static double
leaf_metres(const DwMatchQuery *query, const DwJobKey *leaf)
{
	if (last_leaf.point.longitude != leaf->leaf.point.longitude ||
		last_leaf.point.latitude != leaf->leaf.point.latitude ||
		last_leaf.longitude != query->place.longitude ||
		last_leaf.latitude != query->place.latitude)
	{
		last_leaf.longitude = query->place.longitude;
		last_leaf.latitude = query->place.latitude;
		last_leaf.point = leaf->leaf.point;
		last_leaf.metres = dw_match_distance_m(query, leaf);
	}
	return last_leaf.metres;
}

/* True when the query wants the leaf. */
static bool
leaf_matches(const DwMatchQuery *query, const DwJobKey *leaf)
{
	return dw_match_admits(query, leaf) &&
		dw_match_reaches(query, leaf, leaf_metres(query, leaf));
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
	const DwMatchQuery *query = DW_GETARG_JOB_QUERY(1);
	bool	   *recheck = (bool *) PG_GETARG_POINTER(4);
	const DwJobKey *key = entry_key(entry);

	*recheck = false;
	if (key->is_node)
		PG_RETURN_BOOL(dw_match_may_want(query, key));
	PG_RETURN_BOOL(leaf_matches(query, key));
}

/* job_key_distance(entry, query, strategy, subtype, recheck) */
DW_SUPPORT_FUNCTION(dwello_job_key_distance)
{
	const GISTENTRY *entry = (const GISTENTRY *) PG_GETARG_POINTER(0);
	const DwMatchQuery *query = DW_GETARG_JOB_QUERY(1);
	bool	   *recheck = (bool *) PG_GETARG_POINTER(4);
	const DwJobKey *key = entry_key(entry);

	*recheck = false;
	if (key->is_node)
		PG_RETURN_FLOAT8(dw_match_rest_bound(query, key));
	PG_RETURN_FLOAT8(dw_match_rest(query, key, leaf_metres(query, key)));
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

	if (!dw_job_key_equal(&last, key))
	{
		last = *key;
		node = dw_job_key_node(key);
	}
	return node.is_node ? &node : key;
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
	PG_RETURN_BOOL(leaf_matches(DW_GETARG_JOB_QUERY(1),
								DW_GETARG_JOB_KEY(0)));
}

/* job_distance(key, query): key <~> query, 1 - score */
DW_SUPPORT_FUNCTION(dwello_job_distance)
{
	const DwJobKey *leaf = DW_GETARG_JOB_KEY(0);
	const DwMatchQuery *query = DW_GETARG_JOB_QUERY(1);

	PG_RETURN_FLOAT8(dw_match_rest(query, leaf, leaf_metres(query, leaf)));
}

/* job_score(key, query) */
DW_SUPPORT_FUNCTION(dwello_job_score)
{
	const DwJobKey *leaf = DW_GETARG_JOB_KEY(0);
	const DwMatchQuery *query = DW_GETARG_JOB_QUERY(1);

	PG_RETURN_FLOAT8(1.0 -
					 dw_match_rest(query, leaf, leaf_metres(query, leaf)));
}
