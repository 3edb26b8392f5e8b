/*
 * star_server.c
 *		One call of a command in one statement: (f(...)).* makes many.
 *
 * The parser expands SELECT (f(...)).* into a copy of the call for each
 * column, which for a command is a request for each.  A query level with two
 * equal calls under a choice of columns is refused where it is parsed, so
 * that nobody makes a view or a function of it, and once more where it is
 * planned: views and bodies of functions that were parsed before the library
 * was loaded come by there alone.
 *
 * The statement that loads the library has been parsed and planned by then.
 * What commands it calls is remembered: an executor calls a command from a
 * second place with equal arguments only where somebody has written the call
 * twice, or a star.  Calls with an idempotency key are one request, and may.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "tcop/pquery.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "server/call/call_server.h"
#include "server/error/error_server.h"

static post_parse_analyze_hook_type next_parse_hook = NULL;
static planner_hook_type next_planner_hook = NULL;

/* One place of an executor from which a command was called. */
typedef struct Place
{
	struct Place *next;			/* or NULL */
	const		FmgrInfo *function; /* as the place holds it */
	MemoryContext memory;		/* of its executor */
	int			arg_count;		/* of the command */
	NullableDatum *args;		/* of its last call, copied */
} Place;

/*
 * The places of the statement that loads the library, in the memory of their
 * executors.  Watched until the next statement is parsed that is not a part
 * of this one.
 */
static bool is_watching = false;
static Place *places = NULL;

/* A level of a query: the calls under a choice of columns met so far. */
typedef struct Level
{
	List	   *calls;			/* of FuncExpr */
} Level;

/* WD104: the statement would send a request more than once. */
pg_noreturn static void
refuse(Oid function)
{
	const char *name = get_func_name(function);

	dw_raise(DW_IDEMPOTENCY_MISMATCH,
			 psprintf("the statement would call dwello.%s() more than once",
					  name),
			 "(function(...)).* is a call for each column.",
			 psprintf("Write SELECT * FROM dwello.%s(...).", name));
}

/* True for a function of dwello's that may change something. */
static bool
is_changing(Oid function)
{
	return get_func_namespace(function) ==
		get_namespace_oid("dwello", true) &&
		func_volatile(function) == PROVOLATILE_VOLATILE;
}

/* Looks for choices of columns of one level, not into subqueries. */
static bool
level_walk(Node *node, void *context)
{
	Level	   *level = context;

	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, FieldSelect) &&
		IsA(((FieldSelect *) node)->arg, FuncExpr) &&
		is_changing(((FuncExpr *) ((FieldSelect *) node)->arg)->funcid))
	{
		FuncExpr   *call = (FuncExpr *) ((FieldSelect *) node)->arg;

		if (list_member(level->calls, call))
			refuse(call->funcid);
		level->calls = lappend(level->calls, call);
	}
	return expression_tree_walker(node, level_walk, context);
}

/* The rows of VALUES are a level each: every one is computed once. */
static void
level_check(Node *expressions)
{
	Level		level = {NIL};

	(void) level_walk(expressions, &level);
	list_free(level.calls);
}

/* Checks a query and, as it goes down, all queries in it. */
static bool
query_check(Node *node, void *context)
{
	Query	   *query = (Query *) node;
	ListCell   *entry;
	ListCell   *row;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, query_check, context);
	level_check((Node *) query->targetList);
	level_check((Node *) query->returningList);
	level_check((Node *) query->jointree);
	foreach(entry, query->rtable)
		foreach(row, ((RangeTblEntry *) lfirst(entry))->values_lists)
		level_check(lfirst(row));
	return query_tree_walker(query, query_check, context, 0);
}

/* True when a query calls a command, at whatever depth. */
static bool
calls_command(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, calls_command, context, 0);
	if (IsA(node, FuncExpr) && is_changing(((FuncExpr *) node)->funcid))
		return true;
	return expression_tree_walker(node, calls_command, context);
}

/*
 * A statement that is parsed now is checked, and what was parsed before has
 * no part of it: in PL/pgSQL two assignments are in one executor, and may
 * send a request each.
 */
static void
parse_check(ParseState * pstate, Query * query, JumbleState * jumble)
{
	if (next_parse_hook != NULL)
		next_parse_hook(pstate, query, jumble);
	if (is_watching && ActivePortal == NULL)
		is_watching = false;
	if (is_watching && calls_command((Node *) query, NULL))
		places = NULL;
	(void) query_check((Node *) query, NULL);
}

/* A statement that is planned is checked, wherever it was parsed. */
static PlannedStmt *
plan_check(Query * query, const char *text, int options, ParamListInfo params)
{
	(void) query_check((Node *) query, NULL);
	if (next_planner_hook != NULL)
		return next_planner_hook(query, text, options, params);
	return standard_planner(query, text, options, params);
}

void
dw_star_init(void)
{
	next_parse_hook = post_parse_analyze_hook;
	post_parse_analyze_hook = parse_check;
	next_planner_hook = planner_hook;
	planner_hook = plan_check;
	/* the library is loaded by a statement that is being executed */
	is_watching = ActivePortal != NULL;
}

/* The memory of an executor goes: so do its places. */
static void
places_forget(void *memory)
{
	Place	  **link = &places;

	while (*link != NULL)
		if ((*link)->memory == memory)
			*link = (*link)->next;
		else
			link = &(*link)->next;
}

/* True for equal arguments of two calls of one function. */
static bool
arguments_are_equal(const Place *place, FunctionCallInfo fcinfo)
{
	Oid		   *types;
	int			count;

	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
	for (int i = 0; i < place->arg_count; i++)
	{
		int16		length;
		bool		byval;

		get_typlenbyval(types[i], &length, &byval);
		if (place->args[i].isnull != fcinfo->args[i].isnull)
			return false;
		if (!place->args[i].isnull &&
			!datum_image_eq(place->args[i].value, fcinfo->args[i].value,
							byval, length))
			return false;
	}
	return true;
}

/* The entry of a place, made at its first call. */
static Place *
place_find(FunctionCallInfo fcinfo)
{
	MemoryContext memory = fcinfo->flinfo->fn_mcxt;
	MemoryContextCallback *callback;
	Place	   *place = places;

	while (place != NULL && place->function != fcinfo->flinfo)
		place = place->next;
	if (place != NULL)
		return place;
	place = MemoryContextAllocZero(memory, sizeof(*place));
	place->function = fcinfo->flinfo;
	place->memory = memory;
	place->arg_count = fcinfo->nargs;
	place->args = MemoryContextAlloc(memory,
									 sizeof(NullableDatum) * fcinfo->nargs);
	place->next = places;
	places = place;
	callback = MemoryContextAlloc(memory, sizeof(*callback));
	callback->func = places_forget;
	callback->arg = memory;
	MemoryContextRegisterResetCallback(memory, callback);
	return place;
}

/* Remembers the arguments of a call, in the memory of its executor. */
static void
place_remember(FunctionCallInfo fcinfo)
{
	Place	   *place = place_find(fcinfo);
	MemoryContext old = MemoryContextSwitchTo(place->memory);
	Oid		   *types;
	int			count;

	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
	for (int i = 0; i < place->arg_count; i++)
	{
		int16		length;
		bool		byval;

		get_typlenbyval(types[i], &length, &byval);
		place->args[i] = fcinfo->args[i];
		if (!place->args[i].isnull)
			place->args[i].value = datumCopy(fcinfo->args[i].value, byval,
											 length);
	}
	MemoryContextSwitchTo(old);
}

void
dw_star_check(DwCall *call)
{
	FmgrInfo   *function = call->fcinfo->flinfo;

	if (!is_watching ||
		func_volatile(function->fn_oid) != PROVOLATILE_VOLATILE)
		return;
	if (dw_arg_exists(call, "idempotency_key") &&
		dw_arg_has(call, "idempotency_key"))
		return;
	for (Place *place = places; place != NULL; place = place->next)
		if (place->function != function &&
			place->memory == function->fn_mcxt &&
			place->function->fn_oid == function->fn_oid &&
			arguments_are_equal(place, call->fcinfo))
			refuse(function->fn_oid);
	place_remember(call->fcinfo);
}
