/*
 * fx_api.c
 *		Entry point of rates of exchange: set_fx_rate.
 *
 * A rate without an end holds until the next one begins, so a daily feed
 * needs one call a day and leaves no gap.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/fee/fee_api.h"
#include "server/call/call_server.h"
#include "store/ledger/ledger_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* A part of the fraction: more than zero, else 22023. */
static int64
read_positive(DwCall *call, const char *arg)
{
	int64		value = dw_arg_int8(call, arg);

	if (value <= 0)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be more than zero");
	return value;
}

/* Reads what set_fx_rate is given; 22004, 22001, 22023. */
static void
read_rate(DwCall *call, DwFxRow *row)
{
	dw_args_need(call, "from_currency", "to_currency", "numerator",
				 "denominator", NULL);
	row->from_currency = dw_arg_text(call, "from_currency", CURRENCY_MAX);
	row->to_currency = dw_arg_text(call, "to_currency", CURRENCY_MAX);
	row->rate.numerator = read_positive(call, "numerator");
	row->rate.denominator = read_positive(call, "denominator");
	dw_arg_check_currency(call, "from_currency", row->from_currency);
	dw_arg_check_currency(call, "to_currency", row->to_currency);
	if (strcmp(row->from_currency, row->to_currency) == 0)
		dw_arg_refuse(call, "to_currency", DW_BAD_VALUE,
					  "must be another currency");
	row->valid = dw_period_read(call, NULL);
}

DW_FUNCTION(dwello_set_fx_rate)
{
	DwCall		call;
	DwFxRow		row;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	read_rate(&call, &row);
	dw_fx_lock();
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	dw_fx_supersede(&row);
	dw_fx_insert(&row);

	dw_row_text(&call, "from_currency", row.from_currency);
	dw_row_text(&call, "to_currency", row.to_currency);
	dw_row_int8(&call, "numerator", row.rate.numerator);
	dw_row_int8(&call, "denominator", row.rate.denominator);
	dw_row_time(&call, "valid_from", row.valid.from);
	if (row.valid.until != DT_NOEND)
		dw_row_time(&call, "valid_until", row.valid.until);
	return dw_call_return(&call);
}
