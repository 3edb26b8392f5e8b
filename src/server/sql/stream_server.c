/*
 * stream_server.c
 *		Reads the rows of a statement one by one, for as long as they are
 *		wanted.
 *
 * The executor hands its rows to a receiver of ours, so there is neither a
 * cursor nor a copy of rows that nobody asked for.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "nodes/params.h"
#include "tcop/dest.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "server/sql/sql_server.h"

/* The receiver: the server's part first. */
typedef struct Stream
{
	DestReceiver receiver;		/* what the executor knows */
	DwStreamTake take;			/* what is done with a row */
	void	   *state;			/* of whoever asked */
	MemoryContext context;		/* in which they did */
} Stream;

/* Hands a row on; what is made of it outlives the statement. */
static bool
stream_receive(TupleTableSlot *slot, DestReceiver *receiver)
{
	Stream	   *stream = (Stream *) receiver;
	MemoryContext executor = MemoryContextSwitchTo(stream->context);
	bool		more = stream->take(stream->state, slot);

	MemoryContextSwitchTo(executor);
	return more;
}

/* Nothing is to be done before the first row. */
static void
stream_startup(DestReceiver *receiver, int operation, TupleDesc desc)
{
}

/* Nor after the last one, nor at the end. */
static void
stream_end(DestReceiver *receiver)
{
}

/* The parameters as the executor wants them. */
static ParamListInfo
stream_params(const DwParams *p)
{
	ParamListInfo list = makeParamList(p->count);

	for (int i = 0; i < p->count; i++)
	{
		list->params[i].value = p->values[i];
		list->params[i].isnull = p->nulls[i] == 'n';
		list->params[i].pflags = PARAM_FLAG_CONST;
		list->params[i].ptype = p->types[i];
	}
	return list;
}

void
dw_stream(DwStatement *statement, const DwParams *p, DwStreamTake take,
		  void *state)
{
	Stream		stream = {
		.receiver = {stream_receive, stream_startup, stream_end, stream_end,
		DestNone},
		.take = take,
		.state = state,
		.context = CurrentMemoryContext
	};
	SPIExecuteOptions options = {
		.params = stream_params(p),
		.read_only = true,
		.dest = &stream.receiver
	};
	int			code;

	dw_statement_prepare(statement, p, CURSOR_OPT_FAST_PLAN);
	code = SPI_execute_plan_extended(statement->plan, &options);
	if (code < 0)
		elog(ERROR, "dwello statement failed: %s",
			 SPI_result_code_string(code));
}

#define TYPES_KEPT 32			/* types whose numbers are remembered */

static int	types_known = 0;

/* A type was changed: forgets them all. */
static void
types_forget(Datum arg, int cacheid, uint32 hashvalue)
{
	types_known = 0;
}

Oid
dw_type_find(const char *name)
{
	static struct
	{
		const char *name;		/* a literal of ours */
		Oid			type;		/* its number */
	}			known[TYPES_KEPT];
	static bool is_told = false;
	Oid			type;

	for (int i = 0; i < types_known; i++)
		if (known[i].name == name)
			return known[i].type;
	if (!is_told)
		CacheRegisterSyscacheCallback(TYPEOID, types_forget, (Datum) 0);
	is_told = true;
	type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
						   CStringGetDatum(name),
						   ObjectIdGetDatum(get_namespace_oid("dwello",
															  false)));
	if (!OidIsValid(type))
		elog(ERROR, "there is no type dwello.%s", name);
	if (types_known < TYPES_KEPT)
	{
		known[types_known].name = name;
		known[types_known++].type = type;
	}
	return type;
}
