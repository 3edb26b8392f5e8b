/*
 * call_server.c
 *		One call of a function: who calls, its result rows, its end.
 *
 * SPI is opened at the beginning and closed at the end of every call; the
 * returned row is formed in the caller's memory before that.  On an error
 * the server's own (sub)transaction cleanup closes SPI.
 *
 * Result columns are found by name, as users find them: one may be added to
 * the SQL declaration without touching the order here.  A name that the
 * function does not declare is ignored, so that functions which share a row
 * (escrow, say) can share the code that fills it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/syscache.h"

#include "server/call/call_server.h"
#include "server/call/call_server_int.h"
#include "server/error/error_server.h"
#include "server/identity/identity_server.h"
#include "server/sql/sql_server.h"

/*
 * One function that was called in this backend.  One that was made or
 * replaced since has another row in pg_proc, and is looked up anew.  A call
 * of it may be under way then and hold what was remembered: that goes only
 * with the transaction.
 */
typedef struct Known
{
	Oid			function;		/* hash key */
	TransactionId xmin;			/* of its row in pg_proc then */
	ItemPointerData tid;		/* and where that was */
	MemoryContext memory;		/* of the signature; NULL: none yet */
	DwSignature *signature;		/* in it */
} Known;

/* The entry of a function; stale, or without memory. */
static Known *
known_find(Oid function)
{
	static HTAB *functions = NULL;
	Known	   *known;
	bool		found;

	if (functions == NULL)
	{
		HASHCTL		how = {
			.keysize = sizeof(Oid),
			.entrysize = sizeof(Known)
		};

		functions = hash_create("dwello functions", 256, &how,
								HASH_ELEM | HASH_BLOBS);
	}
	known = hash_search(functions, &function, HASH_ENTER, &found);
	if (!found)
		known->memory = NULL;
	return known;
}

/* The names of the input arguments. */
static void
read_names(DwSignature *signature, HeapTuple proc)
{
	bool		nonames;
	bool		nomodes;
	Datum		names = SysCacheGetAttr(PROCOID, proc,
										Anum_pg_proc_proargnames, &nonames);
	Datum		modes = SysCacheGetAttr(PROCOID, proc,
										Anum_pg_proc_proargmodes, &nomodes);

	if (!nonames)
		signature->arg_count =
			get_func_input_arg_names(names, nomodes ? (Datum) 0 : modes,
									 &signature->arg_names);
}

/* Works a signature out in memory of its own. */
static void
known_learn(Known *known, HeapTuple proc)
{
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext,
												 "dwello function",
												 ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(memory);
	DwSignature *signature = palloc0(sizeof(*signature));

	signature->name =
		pstrdup(NameStr(((Form_pg_proc) GETSTRUCT(proc))->proname));
	signature->desc = build_function_result_tupdesc_t(proc);
	if (signature->desc != NULL)
		(void) BlessTupleDesc(signature->desc);
	read_names(signature, proc);
	MemoryContextSwitchTo(old);

	/*
	 * All is made before any of it is kept, so that an error leaves the old
	 * entry whole; only then does the new one get a parent that lasts.
	 */
	if (known->memory != NULL)
		MemoryContextSetParent(known->memory, TopTransactionContext);
	MemoryContextSetParent(memory, TopMemoryContext);
	known->memory = memory;
	known->signature = signature;
	known->tid = proc->t_self;
	known->xmin = HeapTupleHeaderGetRawXmin(proc->t_data);
}

/* The signature of a function; lives at least until the transaction ends. */
static const DwSignature *
signature_of(Oid function)
{
	HeapTuple	proc = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Known	   *known;

	if (!HeapTupleIsValid(proc))
		elog(ERROR, "cache lookup failed for function %u", function);
	known = known_find(function);
	if (known->memory == NULL ||
		known->xmin != HeapTupleHeaderGetRawXmin(proc->t_data) ||
		!ItemPointerEquals(&known->tid, &proc->t_self))
		known_learn(known, proc);
	ReleaseSysCache(proc);
	return known->signature;
}

const void *
dw_bare_args(FunctionCallInfo fcinfo, const char *const *names, int count)
{
	FmgrInfo   *function = fcinfo->flinfo;

	if (function->fn_extra == NULL)
	{
		const DwSignature *signature = signature_of(function->fn_oid);

		if (signature->arg_count != count)
			elog(ERROR, "dwello.%s has other arguments", signature->name);
		for (int i = 0; i < count; i++)
			if (strcmp(signature->arg_names[i], names[i]) != 0)
				elog(ERROR, "dwello.%s has no argument \"%s\" there",
					 signature->name, names[i]);
		/* once a call site: what follows only takes by position */
		function->fn_extra = (void *) names;
	}
	return fcinfo->args;
}

/* Makes room for one row of the function's declared result. */
static void
call_prepare_row(DwCall *call)
{
	TupleDesc	desc;

	call->signature = signature_of(call->fcinfo->flinfo->fn_oid);
	desc = call->signature->desc;
	if (desc == NULL &&
		get_call_result_type(call->fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		return;					/* a scalar result has no columns */
	call->desc = BlessTupleDesc(desc);
	call->values = palloc0(desc->natts * sizeof(Datum));
	call->nulls = palloc(desc->natts * sizeof(bool));
	memset(call->nulls, true, desc->natts * sizeof(bool));
}

/* Sets the call up and opens SPI; nothing is checked yet. */
static void
call_open(DwCall *call, FunctionCallInfo fcinfo)
{
	memset(call, 0, sizeof(*call));
	call->fcinfo = fcinfo;
	call->result_context = CurrentMemoryContext;
	call_prepare_row(call);
	dw_spi_connect();
	call->spi = true;
}

/* WD402, WD401, then 42501 by the kind of the actor. */
static void
call_identify(DwCall *call, DwActorSet actors)
{
	call->actor = dw_identity();
	if (call->actor.kind == DW_ACTOR_NONE)
		dw_raise(DW_NOT_AUTHENTICATED,
				 psprintf("dwello.%s needs an identity", dw_call_name(call)),
				 NULL,
				 "Call dwello.login() with a token first, in the same transaction.");
	if ((call->actor.kind & actors) == 0)
		dw_raise(DW_FORBIDDEN,
				 psprintf("the role %s may not call dwello.%s",
						  dw_actor_label(call->actor.kind),
						  dw_call_name(call)),
				 NULL,
				 psprintf("reference.md#%s says who may call it.",
						  dw_call_name(call)));
}

void
dw_query_begin(DwCall *call, FunctionCallInfo fcinfo, DwActorSet actors)
{
	call_open(call, fcinfo);
	call_identify(call, actors);
}

const char *
dw_call_name(DwCall *call)
{
	return call->signature->name;
}

/* The 0-based position of a column; -1 when the function has none such. */
static int
row_column(DwCall *call, const char *name)
{
	if (call->desc == NULL)
		return -1;
	for (int i = 0; i < call->desc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(call->desc, i)->attname), name) == 0)
			return i;
	return -1;
}

void
dw_row_datum(DwCall *call, const char *name, Datum value)
{
	int			column = row_column(call, name);

	if (column < 0)
		return;
	call->values[column] = value;
	call->nulls[column] = false;
}

void
dw_row_uuid(DwCall *call, const char *name, const DwUuid *id)
{
	DwUuid	   *copy;

	if (id == NULL)
		return;
	copy = palloc(sizeof(*copy));
	*copy = *id;
	dw_row_datum(call, name, PointerGetDatum(copy));
}

void
dw_row_int8(DwCall *call, const char *name, int64 value)
{
	dw_row_datum(call, name, Int64GetDatum(value));
}

void
dw_row_int4(DwCall *call, const char *name, int32 value)
{
	dw_row_datum(call, name, Int32GetDatum(value));
}

void
dw_row_bool(DwCall *call, const char *name, bool value)
{
	dw_row_datum(call, name, BoolGetDatum(value));
}

void
dw_row_float8(DwCall *call, const char *name, double value)
{
	dw_row_datum(call, name, Float8GetDatum(value));
}

void
dw_row_time(DwCall *call, const char *name, TimestampTz value)
{
	if (value != DT_NOBEGIN)
		dw_row_datum(call, name, TimestampTzGetDatum(value));
}

void
dw_row_text(DwCall *call, const char *name, const char *value)
{
	int			column = row_column(call, name);
	Oid			type;

	if (column < 0 || value == NULL)
		return;
	type = TupleDescAttr(call->desc, column)->atttypid;
	if (type == TEXTOID)
		dw_row_datum(call, name, CStringGetTextDatum(value));
	else
		dw_row_datum(call, name,
					 DirectFunctionCall2(enum_in, CStringGetDatum(value),
										 ObjectIdGetDatum(type)));
}

void
dw_row_enum(DwCall *call, const char *name, const DwLabels *labels, int value)
{
	if (value >= 0 && value < labels->count)
		dw_row_text(call, name, labels->labels[value]);
}

void
dw_row_decimal(DwCall *call, const char *name, int64 value, int scale)
{
	dw_row_datum(call, name,
				 NumericGetDatum(int64_div_fast_to_numeric(value, scale)));
}

void
dw_row_texts(DwCall *call, const char *name, const char **items, int count)
{
	Datum	   *datums = palloc((count + 1) * sizeof(Datum));

	for (int i = 0; i < count; i++)
		datums[i] = CStringGetTextDatum(items[i]);
	dw_row_datum(call, name,
				 PointerGetDatum(construct_array(datums, count, TEXTOID, -1,
												 false, TYPALIGN_INT)));
}

void
dw_call_replayed(DwCall *call)
{
	dw_row_bool(call, "replayed", true);
}

void
dw_call_version(DwCall *call, int32 version)
{
	const int32 *expected = dw_arg_int4_opt(call, "expected_version");

	if (expected == NULL || *expected == version)
		return;
	dw_raise(DW_STALE_VERSION, "the row has changed since it was read",
			 psprintf("Expected version %d, found version %d.",
					  *expected, version),
			 "Read the row again and decide anew.");
}

/* Gives "replayed" its value, unless it has one. */
static void
call_mark_first(DwCall *call)
{
	int			column;

	if (call->replayed == 0)
		call->replayed = SPI_fnumber(call->desc, "replayed");
	column = call->replayed;
	if (column > 0 && call->nulls[column - 1])
	{
		call->nulls[column - 1] = false;
		call->values[column - 1] = BoolGetDatum(false);
	}
}

/* Keeps the row under construction for the record of a keyed request. */
static void
row_keep(DwCall *call)
{
	call->kept = lappend(call->kept, DatumGetPointer(dw_row_jsonb(call)));
}

Datum
dw_call_return(DwCall *call)
{
	MemoryContext old;
	HeapTuple	tuple;
	Datum		result;

	call_mark_first(call);
	if (call->key != NULL)
	{
		row_keep(call);
		dw_record_write(call, false);
	}
	old = MemoryContextSwitchTo(call->result_context);
	tuple = heap_form_tuple(call->desc, call->values, call->nulls);
	result = HeapTupleGetDatum(tuple);
	MemoryContextSwitchTo(old);
	SPI_finish();
	return result;
}

Datum
dw_call_return_datum(DwCall *call, Datum value, bool byval, int length)
{
	MemoryContext old = MemoryContextSwitchTo(call->result_context);
	Datum		result = datumCopy(value, byval, length);

	MemoryContextSwitchTo(old);
	SPI_finish();
	return result;
}

void
dw_rows_begin(DwCall *call)
{
	InitMaterializedSRF(call->fcinfo, 0);
	if (call->desc == NULL)
	{
		ReturnSetInfo *info = (ReturnSetInfo *) call->fcinfo->resultinfo;

		call->desc = info->setDesc;
		call->values = palloc0(call->desc->natts * sizeof(Datum));
		call->nulls = palloc(call->desc->natts * sizeof(bool));
		memset(call->nulls, true, call->desc->natts * sizeof(bool));
	}
}

void
dw_list_begin(DwCall *call, FunctionCallInfo fcinfo)
{
	memset(call, 0, sizeof(*call));
	call->fcinfo = fcinfo;
	call->result_context = CurrentMemoryContext;
	call_prepare_row(call);
	dw_rows_begin(call);
}

void
dw_list_emit(DwCall *call)
{
	ReturnSetInfo *info = (ReturnSetInfo *) call->fcinfo->resultinfo;

	CHECK_FOR_INTERRUPTS();
	call_mark_first(call);
	if (call->key != NULL)
		row_keep(call);
	tuplestore_putvalues(info->setResult, info->setDesc, call->values,
						 call->nulls);
	memset(call->nulls, true, call->desc->natts * sizeof(bool));
}

/* The result column of each column of the last result; from 1. */
static int *
list_places(DwCall *call, TupleDesc from)
{
	int		   *places = palloc(from->natts * sizeof(int));

	for (int i = 0; i < from->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(from, i);

		places[i] = SPI_fnumber(call->desc, NameStr(column->attname));
		if (places[i] <= 0 || column->atttypid !=
			TupleDescAttr(call->desc, places[i] - 1)->atttypid)
			elog(ERROR, "dwello.%s has no such result column \"%s\"",
				 dw_call_name(call), NameStr(column->attname));
	}
	return places;
}

/* Fills the row with a row of the last result. */
static void
list_fill(DwCall *call, const int *places, uint64 row)
{
	TupleDesc	from = SPI_tuptable->tupdesc;

	for (int i = 0; i < from->natts; i++)
		call->values[places[i] - 1] =
			SPI_getbinval(SPI_tuptable->vals[row], from, i + 1,
						  &call->nulls[places[i] - 1]);
}

/* Adds all rows of the last result to the set. */
static void
list_emit_all(DwCall *call, uint64 count)
{
	int		   *places = list_places(call, SPI_tuptable->tupdesc);

	for (uint64 row = 0; row < count; row++)
	{
		list_fill(call, places, row);
		dw_list_emit(call);
	}
}

void
dw_list_query(DwCall *call, DwStatement *statement, const DwParams *p)
{
	list_emit_all(call, dw_query(statement, p));
}

void
dw_list_execute(DwCall *call, DwStatement *statement, const DwParams *p)
{
	list_emit_all(call, dw_execute(statement, p));
}

bool
dw_row_query(DwCall *call, DwStatement *statement, const DwParams *p)
{
	if (dw_query(statement, p) == 0)
		return false;
	list_fill(call, list_places(call, SPI_tuptable->tupdesc), 0);
	return true;
}

bool
dw_row_execute(DwCall *call, DwStatement *statement, const DwParams *p)
{
	if (dw_execute(statement, p) == 0)
		return false;
	list_fill(call, list_places(call, SPI_tuptable->tupdesc), 0);
	return true;
}

Datum
dw_list_return(DwCall *call)
{
	if (call->key != NULL)
		dw_record_write(call, true);
	if (call->spi)
		SPI_finish();
	call->fcinfo->isnull = true;
	return (Datum) 0;
}
