/*
 * call_server.c
 *		Begins and ends a call: identity, idempotency, result row.
 *
 * SPI is opened at the beginning and closed at the end of every call; the
 * returned row is formed in the caller's memory before that.  On an error
 * the server's own (sub)transaction cleanup closes SPI.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "server/call/call_server.h"
#include "server/call/signature_server_int.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/identity/identity_server.h"
#include "server/sql/sql_server.h"

/* The longest idempotency key, in characters. */
#define KEY_MAX 200

/* Makes room for one row of the function's declared result. */
static void
call_prepare_row(DwCall *call)
{
	TupleDesc	desc;

	call->signature = dw_signature(call->fcinfo->flinfo->fn_oid);
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

/* The function's SQL name, without the schema. */
const char *
dw_call_name(DwCall *call)
{
	return call->signature->name;
}

/* Raises WD104 for a key that stands for another request. */
static void
call_refuse_mismatch(DwCall *call, int differs)
{
	const char *what;

	if (differs == DW_REQUEST_ACTOR)
		what = "another actor";
	else if (differs == DW_REQUEST_FUNCTION)
		what = "another function";
	else
		what = psprintf("another value of %s",
						dw_signature_arg(call->signature, differs));
	dw_raise(DW_IDEMPOTENCY_MISMATCH,
			 "the idempotency key was used for another request",
			 psprintf("Under this key the request had %s.", what),
			 "Use a new key for a new request, and the same arguments for a retry.");
}

/* Finds the record of this very request; WD104 when it was another. */
static bool
call_find_record(DwCall *call, const DwUuid *scope_id)
{
	DwRequest  *request;
	int			differs;

	call->scope_id = *scope_id;
	call->key = dw_arg_text_opt(call, "idempotency_key", KEY_MAX);
	if (call->key == NULL)
		return false;
	request = call->request = palloc(sizeof(*request));
	dw_request_digest(request, call->fcinfo, &call->actor,
					  dw_call_name(call));
	if (!dw_request_find(scope_id, call->key, request, &differs))
		return false;
	if (differs != DW_REQUEST_SAME)
		call_refuse_mismatch(call, differs);
	call->key = NULL;			/* the record is there already */
	return true;
}

bool
dw_call_replay(DwCall *call, const DwUuid *scope_id)
{
	if (!call_find_record(call, scope_id))
		return false;
	dw_request_result(call->request, call->desc, call->values, call->nulls);
	dw_call_replayed(call);
	return true;
}

bool
dw_list_replay(DwCall *call, const DwUuid *scope_id)
{
	if (!call_find_record(call, scope_id))
		return false;
	for (int i = 0; dw_request_result_row(call->request, i, call->desc,
										  call->values, call->nulls); i++)
	{
		dw_call_replayed(call);
		dw_list_emit(call);
	}
	return true;
}

DwUuid
dw_call_new_id(DwCall *call, const DwUuid *given)
{
	StringInfoData request;
	char	   *key = dw_arg_text_opt(call, "idempotency_key", KEY_MAX);

	if (given != NULL && dw_uuid_is_nil(given))
		dw_raise(DW_BAD_VALUE, "a new row cannot have the nil UUID as its id",
				 "It stands for the platform, and for nobody.",
				 "Leave the id out to get a fresh one.");
	if (given != NULL)
		return *given;
	if (key == NULL)
		return dw_uuid_fresh();
	/* the NULs keep the parts apart */
	initStringInfo(&request);
	appendBinaryStringInfo(&request, (char *) call->actor.user_id.bytes,
						   sizeof(call->actor.user_id.bytes));
	appendStringInfo(&request, "%s%c%s%c%s",
					 dw_actor_label(call->actor.kind), '\0',
					 dw_call_name(call), '\0', key);
	return dw_uuid_derived(request.data, request.len);
}

/* Marks a call whose work was found done. */
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

/* Keeps the record of a keyed request. */
static void
call_record(DwCall *call, Datum result)
{
	dw_request_keep(&call->scope_id, call->key, call->request, result);
}

Datum
dw_call_return(DwCall *call)
{
	MemoryContext old;
	HeapTuple	tuple;
	Datum		result;

	call_mark_first(call);
	if (call->key != NULL)
		call_record(call, dw_request_jsonb(call->desc, call->values,
										   call->nulls));
	old = MemoryContextSwitchTo(call->result_context);
	tuple = heap_form_tuple(call->desc, call->values, call->nulls);
	result = HeapTupleGetDatum(tuple);
	MemoryContextSwitchTo(old);
	SPI_finish();
	return result;
}

/* Ends a call that returns one plain value, copied out of SPI's memory. */
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

/* Begins a list that needs no identity and reads no table. */
void
dw_list_begin(DwCall *call, FunctionCallInfo fcinfo)
{
	memset(call, 0, sizeof(*call));
	call->fcinfo = fcinfo;
	call->result_context = CurrentMemoryContext;
	call_prepare_row(call);
	dw_rows_begin(call);
}

/* Adds the row under construction to the set, and clears it. */
void
dw_list_emit(DwCall *call)
{
	ReturnSetInfo *info = (ReturnSetInfo *) call->fcinfo->resultinfo;

	call_mark_first(call);
	if (call->key != NULL)
		call->kept = lappend(call->kept,
							 DatumGetPointer(dw_request_jsonb(call->desc,
															  call->values,
															  call->nulls)));
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

void
dw_list_query(DwCall *call, DwStatement *statement, const DwParams *p)
{
	uint64		count = dw_query(statement, p);
	SPITupleTable *rows = SPI_tuptable;
	int		   *places = list_places(call, rows->tupdesc);

	for (uint64 row = 0; row < count; row++)
	{
		for (int i = 0; i < rows->tupdesc->natts; i++)
			call->values[places[i] - 1] =
				SPI_getbinval(rows->vals[row], rows->tupdesc, i + 1,
							  &call->nulls[places[i] - 1]);
		dw_list_emit(call);
	}
}

/* Keeps the rows of a set as the record of a keyed request. */
static void
list_record(DwCall *call)
{
	Datum	   *rows = palloc((list_length(call->kept) + 1) * sizeof(Datum));

	for (int i = 0; i < list_length(call->kept); i++)
		rows[i] = PointerGetDatum(list_nth(call->kept, i));
	call_record(call, dw_request_jsonb_list(rows, list_length(call->kept)));
}

Datum
dw_list_return(DwCall *call)
{
	if (call->key != NULL)
		list_record(call);
	if (call->spi)
		SPI_finish();
	call->fcinfo->isnull = true;
	return (Datum) 0;
}
