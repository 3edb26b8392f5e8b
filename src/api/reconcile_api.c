/*
 * reconcile_api.c
 *		Proves that no money was made or lost: zero rows = healthy.
 */
#include "postgres.h"

#include "api/call_api.h"
#include "store/reconcile_store.h"

/* Adds the faults of one invariant to the list. */
static void
emit_faults(DwCall *call, int invariant, TimestampTz since)
{
	uint64		count = dw_invariant_check(invariant, since);
	DwFault		fault;

	for (uint64 i = 0; i < count; i++)
	{
		dw_fault_read(i, &fault);
		dw_row_text(call, "invariant", fault.invariant);
		dw_row_text(call, "object", fault.object);
		if (fault.has_id)
			dw_row_uuid(call, "object_id", &fault.object_id);
		dw_row_text(call, "currency", fault.currency);
		dw_row_datum(call, "expected", fault.expected);
		dw_row_datum(call, "actual", fault.actual);
		dw_list_emit(call);
	}
}

/* reconcile(since): see its COMMENT. */
DW_FUNCTION(dwello_reconcile)
{
	DwCall		call;
	TimestampTz since;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT |
				   DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	since = dw_arg_time_opt(&call, 0);
	for (int i = 0; i < dw_invariant_count(); i++)
		emit_faults(&call, i, since);
	return dw_list_return(&call);
}
