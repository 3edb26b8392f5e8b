/*
 * error_api.c
 *		Entry point that lists dwello's own error codes.
 */
#include "postgres.h"

#include "server/call/call_server.h"
#include "server/error/error_server.h"

/*
 * dwello.error_codes() lists the conditions of class WD, by code.  Needs no
 * identity: it tells nothing about any tenant.
 */
DW_FUNCTION(dwello_error_codes)
{
	DwCall		call;

	dw_list_begin(&call, fcinfo);
	for (int code = DW_OK + 1; code < DW_RESULT_COUNT; code++)
	{
		const DwErrorCode *e = dw_error_code((DwResult) code);

		if (e->name == NULL)
			continue;
		dw_row_text(&call, "code", unpack_sql_state(e->sqlstate));
		dw_row_text(&call, "name", e->name);
		dw_row_int4(&call, "http_status", e->http);
		dw_row_bool(&call, "retryable", e->retryable);
		dw_row_text(&call, "meaning", e->meaning);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}
