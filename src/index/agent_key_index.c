/*
 * agent_key_index.c
 *		GiST support of dwello.agent_key_ops: which subtrees a job may reach.
 *
 * consistent answers for key @@@ query.  The operator is LEAKPROOF: neither
 * it nor what it calls has an error path or allocates.
 */
#include "postgres.h"

#include "access/gist.h"
#include "nodes/primnodes.h"
#include "optimizer/optimizer.h"

#include "index/agent_support_index.h"
#include "index/support_index.h"

/* The share of agents that a job reaches, wherever it is. */
#define SELECTIVITY 0.001

/* The key of an entry. */
static const DwAudienceKey *
entry_key(const GISTENTRY *entry)
{
	return (const DwAudienceKey *) DatumGetPointer(entry->key);
}

/* agent_key_consistent(entry, query, strategy, subtype, recheck) */
DW_SUPPORT_FUNCTION(dwello_agent_key_consistent)
{
	const GISTENTRY *entry = (const GISTENTRY *) PG_GETARG_POINTER(0);
	const DwAudienceQuery *query = DW_GETARG_AGENT_QUERY(1);
	bool	   *recheck = (bool *) PG_GETARG_POINTER(4);
	const DwAudienceKey *key = entry_key(entry);

	*recheck = false;
	if (key->kind == DW_AUDIENCE_NODE)
		PG_RETURN_BOOL(dw_audience_may_match(query, key));
	PG_RETURN_BOOL(dw_audience_matches(query, key));
}

/* agent_key_union(entries, size) */
DW_SUPPORT_FUNCTION(dwello_agent_key_union)
{
	const GistEntryVector *entries =
		(const GistEntryVector *) PG_GETARG_POINTER(0);
	int		   *size = (int *) PG_GETARG_POINTER(1);
	DwAudienceKey *all = palloc(sizeof(*all));

	*all = dw_audience_node(entry_key(&entries->vector[0]));
	for (int i = 1; i < entries->n; i++)
		dw_audience_extend(all, entry_key(&entries->vector[i]));
	*size = sizeof(*all);
	PG_RETURN_POINTER(all);
}

/* agent_key_same(a, b, result) */
DW_SUPPORT_FUNCTION(dwello_agent_key_same)
{
	bool	   *result = (bool *) PG_GETARG_POINTER(2);

	*result = dw_audience_equal(DW_GETARG_AGENT_KEY(0),
								DW_GETARG_AGENT_KEY(1));
	PG_RETURN_POINTER(result);
}

/*
 * The node of a new key, which is asked for at every entry on its way down:
 * the last one is kept with the function.
 */
static const DwAudienceKey *
penalty_node(FmgrInfo * function, const DwAudienceKey *key)
{
	DwAudienceKey *last = function->fn_extra;

	if (last == NULL)
		last = function->fn_extra =
			MemoryContextAllocZero(function->fn_mcxt, 2 * sizeof(*last));
	if (last[1].kind != DW_AUDIENCE_NODE || !dw_audience_equal(&last[0], key))
	{
		last[0] = *key;
		last[1] = dw_audience_node(key);
	}
	return &last[1];
}

/* agent_key_penalty(node, new, result) */
DW_SUPPORT_FUNCTION(dwello_agent_key_penalty)
{
	const GISTENTRY *node = (const GISTENTRY *) PG_GETARG_POINTER(0);
	const GISTENTRY *other = (const GISTENTRY *) PG_GETARG_POINTER(1);
	float	   *result = (float *) PG_GETARG_POINTER(2);

	*result = dw_audience_penalty(entry_key(node),
								  penalty_node(fcinfo->flinfo,
											   entry_key(other)));
	PG_RETURN_POINTER(result);
}

/* agent_matches(key, query): key @@@ query */
DW_SUPPORT_FUNCTION(dwello_agent_matches)
{
	PG_RETURN_BOOL(dw_audience_matches(DW_GETARG_AGENT_QUERY(1),
									   DW_GETARG_AGENT_KEY(0)));
}

/* agent_match_selectivity(root, operator, args, relation) */
DW_SUPPORT_FUNCTION(dwello_agent_match_selectivity)
{
	List	   *args = (List *) PG_GETARG_POINTER(2);
	double		share = SELECTIVITY;

	if (list_length(args) == 2)
	{
		Node	   *query =
			estimate_expression_value((PlannerInfo *) PG_GETARG_POINTER(0),
									  (Node *) lsecond(args));

		if (IsA(query, Const) && ((Const *) query)->constisnull)
			share = 0.0;
	}
	PG_RETURN_FLOAT8(share);
}
