/*
 * reconcile_api.c
 *		Proves that no money was made or lost: zero rows = healthy.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "server/call/call_server.h"
#include "store/ledger/ledger_store.h"

/* Adds a discrepancy to the list. */
static void
emit_discrepancy(const DwDiscrepancy *discrepancy, void *context)
{
	DwCall	   *call = context;

	dw_row_text(call, "invariant", discrepancy->invariant);
	dw_row_text(call, "object", discrepancy->object);
	if (!dw_uuid_is_nil(&discrepancy->object_id))
		dw_row_uuid(call, "object_id", &discrepancy->object_id);
	dw_row_text(call, "currency", discrepancy->currency);
	dw_row_datum(call, "expected", discrepancy->expected);
	dw_row_datum(call, "actual", discrepancy->actual);
	dw_list_emit(call);
}

/* Adds the chains that do not hold to the list (I6). */
static void
emit_tamperings(DwCall *call, const DwSuspects *suspects)
{
	for (int i = 0; i < suspects->tampering_count; i++)
	{
		const DwTampering *tampering = &suspects->tamperings[i];

		dw_row_text(call, "invariant", "I6");
		dw_row_text(call, "object", tampering->problem);
		dw_row_uuid(call, "object_id", tampering->has_transaction
					? &tampering->transaction_id : &tampering->scope_id);
		dw_row_datum(call, "expected",
					 NumericGetDatum(int64_to_numeric(0)));
		dw_row_datum(call, "actual", NumericGetDatum(int64_to_numeric(1)));
		dw_list_emit(call);
	}
}

DW_FUNCTION(dwello_reconcile)
{
	DwCall		call;
	DwSuspects	suspects;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT |
				   DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	dw_audit_check(dw_arg_time_opt(&call, "since"), &suspects);
	dw_discrepancies_find(&suspects, emit_discrepancy, &call);
	emit_tamperings(&call, &suspects);
	return dw_list_return(&call);
}
