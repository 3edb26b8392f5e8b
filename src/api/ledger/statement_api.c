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

/* escrow_statement(job_id): see its COMMENT. */
DW_FUNCTION(dwello_escrow_statement)
{
	DwCall		call;
	DwJob		job;
	uint64		count;

	begin_for_side(&call, fcinfo, &job);
	count = dw_statement_load(&job.id);
	for (uint64 i = 0; i < count; i++)
	{
		DwStatementLine line;

		dw_statement_read(i, &line);
		dw_row_int4(&call, "line", (int32) i + 1);
		dw_row_time(&call, "at", line.at);
		dw_row_text(&call, "transaction_type", line.type);
		dw_row_text(&call, "description", line.description);
		dw_row_uuid(&call, "transaction_id", &line.transaction_id);
		dw_row_text(&call, "currency", line.currency);
		dw_row_int8(&call, "amount_in", line.amount_in);
		dw_row_int8(&call, "amount_out", line.amount_out);
		dw_row_int8(&call, "payout", line.payout);
		dw_row_int8(&call, "fee", line.fee);
		dw_row_int8(&call, "tax", line.tax);
		dw_row_int8(&call, "refund", line.refund);
		dw_row_int8(&call, "held", line.balance);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}

/* escrow_next_events(job_id): see its COMMENT. */
DW_FUNCTION(dwello_escrow_next_events)
{
	DwCall		call;
	DwJob		job;
	uint64		count;

	begin_for_side(&call, fcinfo, &job);
	count = dw_next_events_load(&job.id);
	for (uint64 i = 0; i < count; i++)
	{
		DwNextEvent next;

		dw_next_event_read(i, &next);
		dw_row_text(&call, "event", next.event);
		dw_row_time(&call, "at", next.at);
		dw_row_text(&call, "actor", dw_actor_label(DW_ACTOR_SYSTEM));
		dw_row_text(&call, "stoppable_by", next.stoppable_by);
		dw_row_text(&call, "detail", next.detail);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}
