/*
 * balance_api.c
 *		provider_balance: what a provider has, and what they can be paid.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "store/payout/payout_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* Adds the balance in one currency to the list. */
static void
emit_balance(DwCall *call, const DwUuid *user_id, const char *currency)
{
	DwBalance	balance;
	int64		withdrawable;

	dw_balance_load(user_id, currency, true, &balance);
	if (dw_payout_withdrawable(&balance, &withdrawable) != DW_OK)
		dw_raise(DW_OVERFLOW, "the balance is out of range", NULL, NULL);
	dw_row_text(call, "currency", currency);
	dw_row_int8(call, "available", balance.available);
	dw_row_int8(call, "receivable", balance.receivable);
	dw_row_int8(call, "pending_payouts", balance.pending);
	dw_row_int8(call, "withdrawable", Max(withdrawable, 0));
	dw_list_emit(call);
}

DW_FUNCTION(dwello_provider_balance)
{
	DwCall		call;
	DwUuid		user_id;
	char	   *currency;
	char	  **currencies;
	int			count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN |
				   DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	user_id = dw_user_argument(&call, "user_id");
	currency = dw_arg_text_opt(&call, "currency", CURRENCY_MAX);
	dw_arg_check_currency(&call, "currency", currency);
	if (call.actor.kind == DW_ACTOR_PROVIDER &&
		!dw_uuid_equal(&user_id, &call.actor.user_id))
		dw_raise(DW_FORBIDDEN, "another provider's balance",
				 NULL, NULL);
	if (currency != NULL)
	{
		emit_balance(&call, &user_id, currency);
		return dw_list_return(&call);
	}
	currencies = dw_balance_currencies(&user_id, &count);
	for (int i = 0; i < count; i++)
		emit_balance(&call, &user_id, currencies[i]);
	return dw_list_return(&call);
}
