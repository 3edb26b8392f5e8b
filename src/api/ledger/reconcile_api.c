/*
 * reconcile_api.c
 *		Proves that no money was made or lost: zero rows = healthy.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "server/call/call_server.h"
#include "store/ledger/ledger_store.h"

/* Adds the faults of one invariant to the list. */
static void
emit_faults(DwCall *call, int invariant, const DwDoubts *doubts)
{
	uint64		count = dw_invariant_check(invariant, doubts);
	DwDiscrepancy		fault;

	for (uint64 i = 0; i < count; i++)
	{
		dw_discrepancy_read(i, &fault);
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

/* Adds the chains that do not hold to the list (I6). */
static void
emit_tamperings(DwCall *call, const DwDoubts *doubts)
{
	for (int i = 0; i < doubts->tampering_count; i++)
	{
		const DwTampering *fault = &doubts->tamperings[i];

		dw_row_text(call, "invariant", "I6");
		dw_row_text(call, "object", fault->problem);
		dw_row_uuid(call, "object_id", fault->has_transaction
					? &fault->transaction_id : &fault->scope_id);
		dw_row_datum(call, "expected",
					 NumericGetDatum(int64_to_numeric(0)));
		dw_row_datum(call, "actual", NumericGetDatum(int64_to_numeric(1)));
		dw_list_emit(call);
	}
}

/* reconcile(since): see its COMMENT. */
DW_FUNCTION(dwello_reconcile)
{
	DwCall		call;
	DwDoubts	doubts;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT |
				   DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	dw_books_check(dw_arg_time_opt(&call, 0), &doubts);
	for (int i = 0; i < dw_invariant_count(); i++)
		emit_faults(&call, i, &doubts);
	emit_tamperings(&call, &doubts);
	return dw_list_return(&call);
}
