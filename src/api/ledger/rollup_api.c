/*
 * rollup_api.c
 *		Rolls up old entries of accounts into their balances.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "store/ledger/ledger_store.h"

#define ROWS_MAX	1000000

DW_FUNCTION(dwello_rollup_balances)
{
	DwCall		call;
	DwRollupRun run;
	int32		max_rows;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_count(&call, "max_rows", ROWS_MAX);
	dw_balances_rollup(max_rows, &run);
	dw_row_int4(&call, "accounts", run.accounts);
	dw_row_int8(&call, "entries", run.entries);
	dw_row_int4(&call, "created", run.created);
	if (run.obstacle == DW_ROLLUP_CLEAR)
		dw_row_time(&call, "rolled_up_before", run.through);
	else
		dw_row_enum(&call, "waits_for", &dw_rollup_obstacle_labels,
					run.obstacle);
	return dw_call_return(&call);
}
