/*
 * operation_api.c
 *		What an operator calls: partitions and the health check.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/admin/admin_store.h"

#define MONTHS_AHEAD_MAX 120	/* ten years */

/* The first month to ensure: from_month, else the present one. */
static DateADT
first_month(DwCall *call)
{
	DateADT		day;

	if (!dw_arg_has(call, "from_month"))
		return dw_month_of(dw_today());
	day = dw_arg_date_opt(call, "from_month");
	if (DATE_NOT_FINITE(day) || day > dw_today() ||
		day < dw_month_after(dw_today(), -12 * 100))
		dw_arg_refuse(call, "from_month", DW_BAD_VALUE,
					  "must be a day of the last hundred years");
	return dw_month_of(day);
}

/*
 * Ensures the partitions of one log and returns a row for each.  One month
 * for which the log is busy is enough: the next would wait as long.
 */
static void
ensure_log(DwCall *call, const char *log, DateADT first, DateADT last)
{
	DwPartitionState state = DW_PARTITION_THERE;

	for (DateADT month = first;
		 month <= last && state != DW_PARTITION_BUSY;
		 month = dw_month_after(month, 1))
	{
		state = dw_partition_ensure(log, month);
		dw_row_text(call, "table_name", log);
		dw_row_text(call, "partition_name", dw_partition_name(log, month));
		dw_row_bool(call, "created", state == DW_PARTITION_CREATED);
		dw_row_bool(call, "is_busy", state == DW_PARTITION_BUSY);
		dw_list_emit(call);
	}
}

DW_FUNCTION(dwello_ensure_partitions)
{
	DwCall		call;
	int32		months_ahead;
	DateADT		first;
	DateADT		last;
	char	  **logs;
	uint64		count;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	months_ahead = dw_arg_int4(&call, "months_ahead");
	if (months_ahead < 0 || months_ahead > MONTHS_AHEAD_MAX)
		dw_arg_refuse(&call, "months_ahead", DW_BAD_VALUE,
					  psprintf("must be from 0 to %d", MONTHS_AHEAD_MAX));
	first = first_month(&call);
	last = dw_month_after(dw_month_of(dw_today()), months_ahead);
	dw_rows_begin(&call);
	logs = dw_logs(&count);
	for (uint64 i = 0; i < count; i++)
		ensure_log(&call, logs[i], first, last);
	return dw_list_return(&call);
}

/*
 * A superuser need not say that they act as the system: what they call it
 * for may be why they cannot.
 */
DW_FUNCTION(dwello_check)
{
	DwCall		call;

	if (dw_role_is_superuser() && !dw_token_present())
	{
		dw_list_begin(&call, fcinfo);
		dw_spi_connect();
		call.spi = true;
	}
	else
	{
		dw_query_begin(&call, fcinfo, DW_ACTOR_SYSTEM | DW_ACTOR_ADMIN);
		dw_rows_begin(&call);
	}
	dw_check_run(&call);
	dw_keys_check(&call);
	return dw_list_return(&call);
}
