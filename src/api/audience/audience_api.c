/*
 * audience_api.c
 *		Entry points of the audience of a job: agents and providers.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "store/audience/audience_store.h"

#define REFRESH_MAX 100000

static Datum audience_list(FunctionCallInfo fcinfo, bool of_agents);

/* match_agents(job_id) → agent_id, distance_miles */
DW_FUNCTION(dwello_match_agents)
{
	return audience_list(fcinfo, true);
}

/* match_providers(job_id) → provider_id, distance_miles */
DW_FUNCTION(dwello_match_providers)
{
	return audience_list(fcinfo, false);
}

/* refresh_matching(max_rows) → users whose columns were out of date */
DW_FUNCTION(dwello_refresh_matching)
{
	DwCall		call;
	int32		refreshed;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	refreshed = dw_audience_refresh_some(dw_arg_count(&call, "max_rows",
													  REFRESH_MAX));
	return dw_call_return_datum(&call, Int32GetDatum(refreshed), true,
								sizeof(int32));
}

/* The rows of both; P0002 for no such job. */
static Datum
audience_list(FunctionCallInfo fcinfo, bool of_agents)
{
	DwCall		call;
	DwUuid		job_id;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	job_id = dw_arg_uuid(&call, "job_id");
	dw_rows_begin(&call);
	if (!dw_audience_list(&call, &job_id, of_agents))
		dw_raise(DW_NOT_FOUND, "job does not exist",
				 psprintf("There is no job %s.", dw_uuid_text(&job_id)),
				 "dwello.jobs has the jobs that you may see.");
	return dw_list_return(&call);
}
