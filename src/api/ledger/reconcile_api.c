/*
 * reconcile_api.c
 *		Proves that no money was made or lost: zero rows = healthy.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "server/call/call_server.h"
#include "store/ledger/ledger_store.h"

/* Adds the discrepancies of one invariant to the list. */
static void
emit_discrepancies(DwCall *call, int invariant, const DwSuspects *suspects)
{
	uint64		count = dw_invariant_check(invariant, suspects);
	DwDiscrepancy discrepancy;

	for (uint64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		dw_discrepancy_read(i, &discrepancy);
		dw_row_text(call, "invariant", discrepancy.invariant);
		dw_row_text(call, "object", discrepancy.object);
		if (discrepancy.has_id)
			dw_row_uuid(call, "object_id", &discrepancy.object_id);
		dw_row_text(call, "currency", discrepancy.currency);
		dw_row_datum(call, "expected", discrepancy.expected);
		dw_row_datum(call, "actual", discrepancy.actual);
		dw_list_emit(call);
	}
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
	for (int i = 0; i < dw_invariant_count(); i++)
		emit_discrepancies(&call, i, &suspects);
	emit_tamperings(&call, &suspects);
	return dw_list_return(&call);
}
