/*
 * statement_api.c
 *		What a side of a job may read of its escrow: escrow_statement,
 *		escrow_next_events.
 */
#include "postgres.h"

#include "api/job/job_api.h"
#include "store/ledger/ledger_store.h"

/* The job of a read for its sides, support, administrators, the system. */
static void
begin_for_side(DwCall *call, FunctionCallInfo fcinfo, DwJob *job)
{
	DwUuid		job_id;

	dw_query_begin(call, fcinfo, DW_ACTOR_ANY);
	job_id = dw_arg_uuid(call, "job_id");
	dw_job_for_query(call, &job_id, job);
	if (call->actor.kind == DW_ACTOR_PROVIDER)
		dw_job_need_provider(call, job);
	dw_rows_begin(call);
}

DW_FUNCTION(dwello_escrow_statement)
{
	DwCall		call;
	DwJob		job;

	begin_for_side(&call, fcinfo, &job);
	dw_statement_list(&call, &job.id);
	return dw_list_return(&call);
}

DW_FUNCTION(dwello_escrow_next_events)
{
	DwCall		call;
	DwJob		job;

	begin_for_side(&call, fcinfo, &job);
	dw_next_events_list(&call, &job.id);
	return dw_list_return(&call);
}
