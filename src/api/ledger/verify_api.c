/*
 * verify_api.c
 *		verify_ledger: which row of the ledger was tampered with first.
 */
#include "postgres.h"

#include "api/job/job_api.h"
#include "store/ledger/ledger_store.h"

DW_FUNCTION(dwello_verify_ledger)
{
	DwCall		call;
	DwJob		job;
	const DwUuid *job_id;
	DwSuspects	suspects;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT |
				   DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	job_id = dw_arg_uuid_opt(&call, "job_id");
	if (job_id != NULL)
		dw_job_for_query(&call, job_id, &job);
	dw_audit_verify(job_id, &suspects);
	for (int i = 0; i < suspects.tampering_count; i++)
	{
		const DwTampering *fault = &suspects.tamperings[i];

		dw_row_uuid(&call, "job_id", &fault->scope_id);
		if (fault->has_transaction)
			dw_row_uuid(&call, "transaction_id", &fault->transaction_id);
		if (fault->leg != 0)
			dw_row_int4(&call, "leg", fault->leg);
		dw_row_text(&call, "problem", fault->problem);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}
