/*
 * rollup_api.c
 *		Folds old entries of accounts into their balances.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "store/ledger/ledger_store.h"

#define ROWS_MAX	1000000

/* fold_accounts(max_rows): see its COMMENT. */
DW_FUNCTION(dwello_fold_accounts)
{
	DwCall		call;
	DwFolding	folding;
	int32		max_rows;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_int4(&call, 0);
	if (max_rows < 1 || max_rows > ROWS_MAX)
		dw_arg_refuse(&call, 0, DW_BAD_VALUE,
					  psprintf("must be from 1 to %d", ROWS_MAX));
	dw_accounts_fold(max_rows, &folding);
	dw_row_int4(&call, "accounts", folding.accounts);
	dw_row_int8(&call, "entries", folding.entries);
	dw_row_int4(&call, "created", folding.created);
	if (folding.obstacle == DW_FOLD_CLEAR)
		dw_row_time(&call, "folded_before", folding.through);
	else
		dw_row_text(&call, "waits_for",
					dw_fold_obstacle_label(folding.obstacle));
	return dw_call_return(&call);
}
