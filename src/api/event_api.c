/*
 * event_api.c
 *		Commands of workers that carry events on.
 */
#include "postgres.h"

#include "api/call_api.h"
#include "api/error_api.h"
#include "store/delivery_store.h"

#define DELIVER_MAX_ROWS 100000

/* deliver_events(max_rows) → applied; see its COMMENT. */
DW_FUNCTION(dwello_deliver_events)
{
	DwCall		call;
	int32		max_rows;
	int64		applied;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_int4(&call, 0);
	if (max_rows < 1 || max_rows > DELIVER_MAX_ROWS)
		dw_arg_refuse(&call, 0, DW_BAD_VALUE,
					  psprintf("must be from 1 to %d", DELIVER_MAX_ROWS));
	applied = dw_events_deliver(max_rows);
	return dw_call_return_datum(&call, Int32GetDatum((int32) applied), true,
								sizeof(int32));
}
