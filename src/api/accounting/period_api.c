/*
 * period_api.c
 *		Closes days of booking, and opens them again: close_period,
 *		reopen_period.
 *
 * To open a period again takes two administrators: the first one asks for
 * it, with a reason, and another one does it.  The row keeps both.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "core/accounting/accounting.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/accounting/accounting_store.h"

#define REASON_MAX 1000			/* characters */

/* The columns that both commands return. */
static void
row_period(DwCall *call, const DwPeriodRow *row)
{
	dw_row_uuid(call, "period_id", &row->id);
	dw_row_datum(call, "until", DateADTGetDatum(row->closed_until));
	dw_row_time(call, "closed_at", row->closed_at);
}

/* Refuses what cannot be closed; true when it is closed exactly so far. */
static bool
close_decide(DwCall *call, DateADT until, DateADT closed_until)
{
	switch (dw_period_close(until, closed_until, dw_booking_today()))
	{
		case DW_OK:
			return false;
		case DW_ALREADY_EXISTS:
			return true;
		case DW_BAD_VALUE:
			dw_arg_refuse(call, "until", DW_BAD_VALUE,
						  "must lie before today, by platform_timezone");
		default:
			dw_raise(DW_INVALID_TRANSITION, "the period is closed already",
					 "A later day is closed, and so are those before it.",
					 "See dwello.reopen_period().");
	}
}

DW_FUNCTION(dwello_close_period)
{
	DwCall		call;
	DateADT		until;
	DateADT		closed_until;
	DwPeriodRow row = {
		.reopen_asked_at = DT_NOBEGIN,
		.reopened_at = DT_NOBEGIN,
		.carried_at = DT_NOBEGIN
	};

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "until", NULL);
	until = dw_arg_date_opt(&call, "until");
	if (until >= dw_booking_today())
		(void) close_decide(&call, until, DW_PERIOD_NONE);
	closed_until = dw_periods_lock();
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	if (!close_decide(&call, until, closed_until))
	{
		row.id = dw_uuid_fresh();
		row.closed_until = until;
		row.closed_at = dw_now();
		row.closed_by = call.actor.user_id;
		dw_period_insert(&row);
	}
	else if (!dw_period_last(&row))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("the period was closed after this transaction began"),
				 errhint("Begin anew.")));
	else
		dw_call_replayed(&call);
	row_period(&call, &row);
	return dw_call_return(&call);
}

/* The last closed period, which must be the one that is named; P0002. */
static void
find_period(DateADT until, DwPeriodRow *row)
{
	if (!dw_period_last(row) || row->closed_until != until)
		dw_raise(DW_NOT_FOUND, "no such period",
				 "No period is closed, or the last one ends on another day.",
				 "Periods are opened from the last one backwards.");
}

DW_FUNCTION(dwello_reopen_period)
{
	DwCall		call;
	DateADT		until;
	DwPeriodRow row;
	const char *reason;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN);
	dw_args_need(&call, "until", "reason", NULL);
	reason = dw_arg_text(&call, "reason", REASON_MAX);
	until = dw_arg_date_opt(&call, "until");
	(void) dw_periods_lock();
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	find_period(until, &row);
	if (row.reopen_asked_by == NULL)
	{
		row.reopen_reason = reason;
		row.reopen_asked_by = &call.actor.user_id;
		row.reopen_asked_at = dw_now();
		dw_period_update(&row);
	}
	else if (dw_uuid_equal(row.reopen_asked_by, &call.actor.user_id))
		dw_call_replayed(&call);	/* it takes another one */
	else
	{
		row.reopened_by = &call.actor.user_id;
		row.reopened_at = dw_now();
		dw_period_update(&row);
	}
	row_period(&call, &row);
	dw_row_bool(&call, "is_reopened", row.reopened_by != NULL);
	return dw_call_return(&call);
}
