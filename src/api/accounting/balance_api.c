/*
 * balance_api.c
 *		Reports by days of booking: balance_at, trial_balance,
 *		account_statement, export_ledger, and what carries their balances
 *		forward.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "core/base/base.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "store/accounting/accounting_store.h"
#include "store/ledger/ledger_store.h"

#define KIND_MAX		50		/* characters; a label is shorter */
#define CURRENCY_MAX	20		/* characters; only three can be right */
#define FORMAT_MAX		50		/* characters of a name */
#define PERIODS_MAX		1000	/* carried forward by one call */
#define DAYS_MAX	(1000 * 366)	/* from or to 2000; no sum overflows */

/* Reads the kind of account; 22P02 for a word that is none. */
static DwAccountKind
arg_kind(DwCall *call)
{
	const char *label = dw_arg_text(call, "kind", KIND_MAX);

	if (strcmp(label, "escrow") == 0)
		return DW_ACCOUNT_ESCROW;
	for (int kind = 0; kind < DW_ACCOUNT_KIND_COUNT; kind++)
		if (strcmp(label, dw_account_kind_label(kind)) == 0)
			return (DwAccountKind) kind;
	dw_arg_refuse(call, "kind", DW_BAD_LABEL,
				  "must be escrow or one of ledger_account_kind");
}

/* A day of reports; NULL is today's. */
static DateADT
arg_day(DwCall *call, const char *arg)
{
	DateADT		day;

	if (!dw_arg_has(call, arg))
		return dw_booking_today();
	day = dw_arg_date_opt(call, arg);
	if (day < -DAYS_MAX || day > DAYS_MAX)
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  "must be a day from the year 1000 to 3000");
	return day;
}

/* 22023 for days in the wrong order. */
static void
check_days(DwCall *call, DateADT from_day, DateADT to_day)
{
	if (to_day >= from_day)
		return;
	if (dw_arg_has(call, "to_day"))
		dw_arg_refuse(call, "to_day", DW_BAD_VALUE,
					  "must not lie before from_day");
	dw_arg_refuse(call, "from_day", DW_BAD_VALUE,
				  "must not lie after today, which is to_day where it is not"
				  " given");
}

/* 22023 where the kind has another owner than the one named, or none. */
static void
check_owner(DwCall *call, const DwReportAccount *account)
{
	bool		is_owned = account->kind == DW_ACCOUNT_ESCROW ||
		account->kind == DW_ACCOUNT_SUSPENSE ||
		account->kind == DW_ACCOUNT_PROVIDER_AVAILABLE ||
		account->kind == DW_ACCOUNT_PROVIDER_RECEIVABLE ||
		account->kind == DW_ACCOUNT_PROVIDER_RESERVE;

	if (is_owned == dw_uuid_is_nil(&account->owner_id))
		dw_arg_refuse(call, "owner", DW_BAD_VALUE, is_owned
					  ? "must name the user, job or receipt for this kind"
					  : "must be NULL for an account of the platform");
}

/* 42501 unless it is the caller's own account, or they are of the platform. */
static void
check_caller(DwCall *call, const DwReportAccount *account)
{
	if (call->actor.kind != DW_ACTOR_PROVIDER ||
		dw_uuid_equal(&account->owner_id, &call->actor.user_id))
		return;
	dw_raise(DW_FORBIDDEN, "the account is not the caller's",
			 "Providers read their own accounts.", "Leave owner out.");
}

/* Begins a report of one account; its arguments but for the days. */
static void
account_begin(DwCall *call, FunctionCallInfo fcinfo,
			  DwReportAccount *account)
{
	const DwUuid *owner;

	dw_query_begin(call, fcinfo, DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN |
				   DW_ACTOR_SUPPORT | DW_ACTOR_SYSTEM);
	dw_args_need(call, "kind", "currency", NULL);
	memset(account, 0, sizeof(*account));
	owner = dw_arg_uuid_opt(call, "owner");
	if (owner != NULL)
		account->owner_id = *owner;
	else if (call->actor.kind == DW_ACTOR_PROVIDER)
		account->owner_id = call->actor.user_id;
	account->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	account->psp = dw_arg_text_opt(call, "psp", DW_PSP_MAX);
	dw_arg_check_currency(call, "currency", account->currency);
	account->kind = arg_kind(call);
	check_owner(call, account);
	check_caller(call, account);
	account->id = account->owner_id;
	if (account->kind != DW_ACCOUNT_ESCROW)
	{
		DwAccount	named = dw_account_of(account->kind, &account->owner_id,
										  account->currency);

		account->id = dw_account_id(&named);
	}
}

DW_FUNCTION(dwello_balance_at)
{
	DwCall		call;
	DwReportAccount account;
	DateADT		day;

	account_begin(&call, fcinfo, &account);
	day = arg_day(&call, "on_day");
	dw_balance_show(&call, &account, day);
	return dw_call_return(&call);
}

DW_FUNCTION(dwello_account_statement)
{
	DwCall		call;
	DwReportAccount account;
	DateADT		from_day;
	DateADT		to_day;

	account_begin(&call, fcinfo, &account);
	dw_args_need(&call, "from_day", NULL);
	from_day = arg_day(&call, "from_day");
	to_day = arg_day(&call, "to_day");
	check_days(&call, from_day, to_day);
	dw_rows_begin(&call);
	dw_account_statement_list(&call, &account, from_day, to_day);
	return dw_list_return(&call);
}

DW_FUNCTION(dwello_trial_balance)
{
	DwCall		call;
	DateADT		day;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT |
				   DW_ACTOR_SYSTEM);
	day = arg_day(&call, "on_day");
	dw_rows_begin(&call);
	dw_trial_balance_list(&call, day);
	return dw_list_return(&call);
}

DW_FUNCTION(dwello_export_ledger)
{
	DwCall		call;
	DateADT		from_day;
	DateADT		to_day;
	const char *format;
	bool		debits;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT |
				   DW_ACTOR_SYSTEM);
	dw_args_need(&call, "from_day", "format", NULL);
	from_day = arg_day(&call, "from_day");
	to_day = arg_day(&call, "to_day");
	format = dw_arg_text(&call, "format", FORMAT_MAX);
	debits = strcmp(format, "hledger_debits") == 0;
	if (!debits && strcmp(format, "hledger") != 0)
		dw_arg_refuse(&call, "format", DW_BAD_VALUE,
					  "must be hledger or hledger_debits");
	check_days(&call, from_day, to_day);
	dw_rows_begin(&call);
	dw_export_list(&call, from_day, to_day, debits);
	return dw_list_return(&call);
}

DW_FUNCTION(dwello_carry_balances)
{
	DwCall		call;
	int32		periods = 0;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	while (periods < PERIODS_MAX && dw_balances_carry())
		periods++;
	return dw_call_return_datum(&call, Int32GetDatum(periods), true,
								sizeof(int32));
}
