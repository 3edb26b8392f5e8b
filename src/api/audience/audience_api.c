/*
 * audience_api.c
 *		Entry points of what a job reaches: agents and providers.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "store/audience/audience_store.h"

#define REFRESH_MAX 100000

/* Finds somebody whom a job reaches, as in audience_store.h. */
typedef bool (*AudienceFinder) (const DwUuid *job_id,
								DwAudienceMember **reached,
								int *count);

static Datum reach_list(FunctionCallInfo fcinfo, AudienceFinder finder,
						const char *column);

/* match_agents(job_id) → agent_id, distance_miles */
DW_FUNCTION(dwello_match_agents)
{
	return reach_list(fcinfo, dw_audience_agents, "agent_id");
}

/* match_providers(job_id) → provider_id, distance_miles */
DW_FUNCTION(dwello_match_providers)
{
	return reach_list(fcinfo, dw_audience_providers, "provider_id");
}

/* refresh_matching(max_rows) → users whose columns were out of date */
DW_FUNCTION(dwello_refresh_matching)
{
	DwCall		call;
	int32		max_rows;
	int32		refreshed;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_int4(&call, "max_rows");
	if (max_rows < 1 || max_rows > REFRESH_MAX)
		dw_arg_refuse(&call, "max_rows", DW_BAD_VALUE,
					  psprintf("must be from 1 to %d", REFRESH_MAX));
	refreshed = dw_audience_refresh_some(max_rows);
	return dw_call_return_datum(&call, Int32GetDatum(refreshed), true,
								sizeof(int32));
}

/* The rows of both; P0002 for no such job. */
static Datum
reach_list(FunctionCallInfo fcinfo, AudienceFinder finder, const char *column)
{
	DwCall		call;
	DwUuid		job_id;
	DwAudienceMember *reached;
	int			count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	job_id = dw_arg_uuid(&call, "job_id");
	dw_rows_begin(&call);
	if (!finder(&job_id, &reached, &count))
		dw_raise(DW_NOT_FOUND, "job does not exist",
				 psprintf("There is no job %s.", dw_uuid_text(&job_id)),
				 NULL);
	for (int i = 0; i < count; i++)
	{
		dw_row_uuid(&call, column, &reached[i].id);
		dw_row_float8(&call, "distance_miles", reached[i].distance_miles);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}
