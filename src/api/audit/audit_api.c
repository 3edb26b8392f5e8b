/*
 * audit_api.c
 *		Sealing the logs, looking whether they are what was sealed, and what
 *		the audit log says of a row.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "store/audit/audit_store.h"

#define NAME_MAX_CHARACTERS	63	/* of a table */
#define KEY_MAX_CHARACTERS	1000	/* of a row's key */

/* seal_logs(max_rows) → log, sealed, is_complete */
DW_FUNCTION(dwello_seal_logs)
{
	DwCall		call;
	int32		max_rows;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_max_rows(&call);
	dw_rows_begin(&call);
	for (int i = 0; dw_sealed_logs[i] != NULL; i++)
	{
		DwSealed	sealed = dw_log_seal(dw_sealed_logs[i], max_rows);

		dw_row_text(&call, "log", dw_sealed_logs[i]);
		dw_row_int8(&call, "sealed", sealed.rows);
		dw_row_int4(&call, "seals", sealed.seals);
		dw_row_bool(&call, "is_complete", sealed.is_complete);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}

/* True for the name of a sealed log. */
static bool
is_sealed_log(const char *name)
{
	for (int i = 0; dw_sealed_logs[i] != NULL; i++)
		if (strcmp(dw_sealed_logs[i], name) == 0)
			return true;
	return false;
}

/* verify_audit(log) → log, month, seq, problem, row_key */
DW_FUNCTION(dwello_verify_audit)
{
	DwCall		call;
	const char *log;

	dw_query_begin(&call, fcinfo, DW_ACTOR_SYSTEM | DW_ACTOR_ADMIN);
	log = dw_arg_text_opt(&call, "log", NAME_MAX_CHARACTERS);
	if (log != NULL && !is_sealed_log(log))
		dw_arg_refuse(&call, "log", DW_BAD_VALUE,
					  "must be a log that is sealed");
	dw_rows_begin(&call);
	for (int i = 0; dw_sealed_logs[i] != NULL; i++)
		if (log == NULL || strcmp(log, dw_sealed_logs[i]) == 0)
			dw_log_verify(&call, dw_sealed_logs[i]);
	return dw_list_return(&call);
}

/* Reads the arguments table_name and row_key. */
static DwAuditedRow
row_arg(DwCall *call)
{
	DwAuditedRow row;

	row.table = dw_arg_text(call, "table_name", NAME_MAX_CHARACTERS);
	row.key = dw_arg_text(call, "row_key", KEY_MAX_CHARACTERS);
	return row;
}

/* audit_history(table_name, row_key, …) → id, created_at, … */
DW_FUNCTION(dwello_audit_history)
{
	DwCall		call;
	DwAuditedRow row;
	const DwUuid *before_id;
	int32		max_results;

	dw_query_begin(&call, fcinfo, DW_ACTOR_SYSTEM | DW_ACTOR_ADMIN);
	dw_args_need(&call, "table_name", "row_key", "max_results", NULL);
	row = row_arg(&call);
	max_results = dw_arg_page(&call, "max_results");
	before_id = dw_arg_uuid_opt(&call, "before_id");
	dw_rows_begin(&call);
	dw_audit_history(&call, &row, before_id, max_results);
	return dw_list_return(&call);
}

/* audit_as_of(table_name, row_key, at) → row_exists, image, … */
DW_FUNCTION(dwello_audit_as_of)
{
	DwCall		call;
	DwAuditedRow row;
	TimestampTz time;

	dw_query_begin(&call, fcinfo, DW_ACTOR_SYSTEM | DW_ACTOR_ADMIN);
	dw_args_need(&call, "table_name", "row_key", "at", NULL);
	row = row_arg(&call);
	time = dw_arg_time_opt(&call, "at");
	if (!dw_audit_as_of(&call, &row, time))
		dw_raise(DW_NOT_FOUND, "nothing is recorded of the row until then",
				 NULL, "dwello.audit_history() has its records; row_key is the id, or the primary key with a slash between its columns.");
	return dw_call_return(&call);
}
