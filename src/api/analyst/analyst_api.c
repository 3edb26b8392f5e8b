/*
 * analyst_api.c
 *		Entry points of what analysts see.
 */
#include "postgres.h"

#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "store/analyst/analyst_store.h"

/* All groups of a view.  The role that may call is who may see them. */
static Datum
count_groups(FunctionCallInfo fcinfo, DwAnalystView view)
{
	DwCall		call;

	dw_list_begin(&call, fcinfo);
	dw_spi_connect();
	call.spi = true;
	dw_analyst_list(&call, view);
	return dw_list_return(&call);
}

/* count_users() → groups of analyst_users */
DW_FUNCTION(dwello_count_users)
{
	return count_groups(fcinfo, DW_ANALYST_USERS);
}

/* count_jobs() → groups of analyst_jobs */
DW_FUNCTION(dwello_count_jobs)
{
	return count_groups(fcinfo, DW_ANALYST_JOBS);
}

/* count_bids() → groups of analyst_bids */
DW_FUNCTION(dwello_count_bids)
{
	return count_groups(fcinfo, DW_ANALYST_BIDS);
}

/* count_contracts() → groups of analyst_contracts */
DW_FUNCTION(dwello_count_contracts)
{
	return count_groups(fcinfo, DW_ANALYST_CONTRACTS);
}

/* count_reviews() → groups of analyst_reviews */
DW_FUNCTION(dwello_count_reviews)
{
	return count_groups(fcinfo, DW_ANALYST_REVIEWS);
}
