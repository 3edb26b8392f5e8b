/*
 * market_api.c
 *		Entry points of what work costs: rebuild_market_prices.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "store/market/market_store.h"

#define REBUILD_MAX 10000		/* contracts of one call */

/* rebuild_market_prices(after_job_id, max_rows) → last_job_id, corrected */
DW_FUNCTION(dwello_rebuild_market_prices)
{
	DwCall		call;
	DwMarketWalk walk = {0};
	const DwUuid *after;
	DwMarketChange *changes;
	bool		goes_on;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	after = dw_arg_uuid_opt(&call, "after_job_id");
	walk.count = dw_arg_count(&call, "max_rows", REBUILD_MAX);
	if (after != NULL)
		walk.last = *after;
	walk.jobs = palloc(sizeof(DwUuid) * walk.count);

	goes_on = dw_market_step(&walk);
	changes = palloc(sizeof(DwMarketChange) * (walk.found + 1));
	for (int i = 0; i < walk.found; i++)
	{
		changes[i].job_id = walk.jobs[i];
		changes[i].effect = DW_MARKET_MAY_END;
	}
	dw_market_refresh(changes, walk.found);
	if (!goes_on)
		dw_statistics_rebuild();

	dw_row_uuid(&call, "last_job_id", goes_on ? &walk.last : NULL);
	dw_row_int4(&call, "corrected", walk.found);
	return dw_call_return(&call);
}
