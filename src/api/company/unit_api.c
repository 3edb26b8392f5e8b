/*
 * unit_api.c
 *		In what payment companies count a currency: set, and asked for.
 *
 * Intents name an amount as the company counts it.  What is no whole unit of
 * theirs is not asked for.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "core/company/company.h"
#include "server/call/call_server.h"
#include "store/company/company_store.h"

#define PSP_MAX			100		/* characters of a company's name */
#define CURRENCY_MAX	20		/* characters; only three can be right */

/* set_psp_units(psp, currency, exponent) → these, version, replayed */
DW_FUNCTION(dwello_set_psp_units)
{
	DwCall		call;
	DwPspUnit	unit = {.exponent = DW_PSP_UNIT_UNSET};

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "psp", "currency", NULL);
	unit.psp = dw_arg_text(&call, "psp", PSP_MAX);
	unit.currency = dw_arg_text(&call, "currency", CURRENCY_MAX);
	dw_arg_check_currency(&call, "currency", unit.currency);
	if (dw_arg_has(&call, "exponent"))
	{
		unit.exponent = dw_arg_int4(&call, "exponent");
		if (unit.exponent < 0 || unit.exponent > DW_PSP_EXPONENT_MAX)
			dw_arg_refuse(&call, "exponent", DW_BAD_VALUE,
						  "must be from 0 to 4");
	}
	unit.version = dw_psp_unit_lock(unit.psp, unit.currency);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	dw_call_version(&call, unit.version);
	dw_psp_unit_save(&unit);

	dw_row_text(&call, "psp", unit.psp);
	dw_row_text(&call, "currency", unit.currency);
	dw_row_int4(&call, "exponent", unit.exponent != DW_PSP_UNIT_UNSET
				? unit.exponent : dw_psp_exponent(NULL, unit.currency));
	dw_row_int4(&call, "version", unit.version + 1);
	return dw_call_return(&call);
}

/* psp_exponent(psp, currency) → digits */
DW_FUNCTION(dwello_psp_exponent)
{
	DwCall		call;
	const char *psp;
	const char *currency;

	dw_query_begin(&call, fcinfo, DW_ACTOR_SYSTEM | DW_ACTOR_SUPPORT |
				   DW_ACTOR_ADMIN);
	dw_args_need(&call, "currency", NULL);
	psp = dw_arg_text_opt(&call, "psp", PSP_MAX);
	currency = dw_arg_text(&call, "currency", CURRENCY_MAX);
	dw_arg_check_currency(&call, "currency", currency);
	return dw_call_return_datum(&call,
								Int32GetDatum(dw_psp_exponent(psp, currency)),
								true, sizeof(int32));
}
