/*
 * signature_server.c
 *		What a function is called, takes and returns, remembered by a backend.
 *
 * A function that was made or replaced since has another row in pg_proc, and
 * is looked up anew.  A call of it may be under way then and hold what was
 * remembered: that goes only with the transaction.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "funcapi.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "server/call/signature_server_int.h"

/* One function that was called in this backend. */
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
	if (known->memory != NULL)
		MemoryContextSetParent(known->memory, TopTransactionContext);
	MemoryContextSetParent(memory, TopMemoryContext);
	known->memory = memory;
	known->signature = signature;
	known->tid = proc->t_self;
	known->xmin = HeapTupleHeaderGetRawXmin(proc->t_data);
}

const DwSignature *
dw_signature(Oid function)
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

const char *
dw_signature_arg(const DwSignature *signature, int arg)
{
	if (arg < signature->arg_count && signature->arg_names[arg] != NULL)
		return signature->arg_names[arg];
	return psprintf("argument %d", arg + 1);
}

int
dw_signature_find(const DwSignature *signature, const char *name)
{
	for (int arg = 0; arg < signature->arg_count; arg++)
		if (signature->arg_names[arg] != NULL &&
			strcmp(signature->arg_names[arg], name) == 0)
			return arg;
	return -1;
}
