/*
 * setting_api.c
 *		Entry points of the operator's settings: reading and setting one,
 *		those that are amounts of a currency among them.
 *
 * A setting belongs to no job and no user: the record of a request is the
 * operator's own, in the scope of whoever calls.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "api/account/account_api.h"
#include "core/admin/admin.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/account/account_store.h"

#define NAME_MAX_LENGTH 100
#define CURRENCY_MAX_LENGTH 20	/* only three can be right */
#define VALUE_MAX_LENGTH 1000	/* of any setting; each has its own limit */

static const char *amount_setting(const char *name);
static const int64 *amount_read(DwCall *call);
pg_noreturn static void setting_refuse_unknown(const char *name);
static const DwSettingRule *setting_rule(const char *name);
static void setting_check(const DwSettingRule *rule, const char *value);
static const char *setting_range(const DwSettingRule *rule);

/* get_setting(name) → the value in force */
DW_FUNCTION(dwello_get_setting)
{
	DwCall		call;
	const char *name;
	const char *value;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	name = dw_arg_text(&call, "name", NAME_MAX_LENGTH);
	value = dw_setting_find(name);
	if (value == NULL)
		setting_refuse_unknown(name);
	return dw_call_return_datum(&call, CStringGetTextDatum(value), false, -1);
}

/* set_setting(name, value) → name, value, version, replayed */
DW_FUNCTION(dwello_set_setting)
{
	DwCall		call;
	const char *name;
	const char *value;
	const DwSettingRule *rule;
	int32		version;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	name = dw_arg_text(&call, "name", NAME_MAX_LENGTH);
	value = dw_arg_text_opt(&call, "value", VALUE_MAX_LENGTH);
	rule = setting_rule(name);
	setting_check(rule, value);

	version = dw_setting_lock(rule->name);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	dw_call_version(&call, version);

	dw_row_text(&call, "name", rule->name);
	dw_row_text(&call, "value", dw_setting_save(rule->name, value));
	dw_row_int4(&call, "version", version + 1);
	return dw_call_return(&call);
}

/* set_setting_amount(name, currency, amount) → these, version, replayed */
DW_FUNCTION(dwello_set_setting_amount)
{
	DwCall		call;
	const char *name;
	const char *currency;
	const int64 *amount;
	int32		version;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "name", "currency", NULL);
	name = dw_arg_text(&call, "name", NAME_MAX_LENGTH);
	currency = dw_arg_text(&call, "currency", CURRENCY_MAX_LENGTH);
	amount = amount_read(&call);
	dw_arg_check_currency(&call, "currency", currency);
	name = amount_setting(name);
	if (amount != NULL && !dw_setting_amount_fits(name, *amount))
		dw_arg_refuse(&call, "amount", DW_BAD_VALUE,
					  "must not be below 0, nor be 0 for max_amount");

	version = dw_setting_amount_lock(name, currency);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	dw_call_version(&call, version);

	dw_setting_amount_save(name, currency, amount, version);
	dw_row_text(&call, "name", name);
	dw_row_text(&call, "currency", currency);
	dw_row_int8(&call, "amount", amount != NULL ? *amount
				: dw_setting_amount_builtin(name, currency));
	dw_row_int4(&call, "version", version + 1);
	return dw_call_return(&call);
}

/* setting_amounts(currency) → name, amount, is_overridden, version, … */
DW_FUNCTION(dwello_setting_amounts)
{
	DwCall		call;
	const char *currency;
	const char *const *names;
	int			count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	currency = dw_arg_text(&call, "currency", CURRENCY_MAX_LENGTH);
	dw_arg_check_currency(&call, "currency", currency);
	dw_rows_begin(&call);
	names = dw_setting_amount_names(&count);
	for (int i = 0; i < count; i++)
	{
		int32		version;

		dw_row_text(&call, "name", names[i]);
		dw_row_int8(&call, "amount", dw_setting_amount(names[i], currency));
		dw_row_bool(&call, "is_overridden",
					dw_setting_amount_is_own(names[i], currency, &version));
		dw_row_int4(&call, "version", version);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}

/* The name of a setting that is an amount; P0002 for another. */
static const char *
amount_setting(const char *name)
{
	int			count;
	const char *const *names = dw_setting_amount_names(&count);

	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return names[i];
	dw_raise(DW_NOT_FOUND, "setting does not exist",
			 psprintf("There is no amount \"%s\" among the settings.", name),
			 "dwello.setting_amounts() lists them all.");
}

/* The amount to set, or NULL for the built-in one; 22003. */
static const int64 *
amount_read(DwCall *call)
{
	int64	   *amount;

	if (!dw_arg_has(call, "amount"))
		return NULL;
	amount = palloc(sizeof(*amount));
	*amount = dw_arg_amount(call, "amount");
	return amount;
}

/* Raises P0002 for a setting. */
static void
setting_refuse_unknown(const char *name)
{
	dw_raise(DW_NOT_FOUND, "setting does not exist",
			 psprintf("There is no setting \"%s\".", name),
			 "The view dwello.settings lists them all.");
}

/* The rule of a setting that can be set; 22023 for the fees', P0002. */
static const DwSettingRule *
setting_rule(const char *name)
{
	const DwSettingRule *rule = dw_setting_rule(name);

	if (rule != NULL)
		return rule;
	if (dw_setting_amount_fits(name, DW_AMOUNT_MAX))
		dw_raise(DW_BAD_VALUE, "the setting is an amount, which has a currency",
				 psprintf("\"%s\" is set for each currency.", name),
				 "Set it with dwello.set_setting_amount().");
	if (strcmp(name, DW_SETTING_FEE) == 0)
		dw_raise(DW_BAD_VALUE,
				 "the platform's percentage is no setting of its own",
				 "It is shown from the default fee schedule.",
				 "Set another schedule with dwello.set_fee_schedule().");
	setting_refuse_unknown(name);
}

/* 22001 or 22023 unless the setting may have the value; NULL it may. */
static void
setting_check(const DwSettingRule *rule, const char *value)
{
	DwResult	result;

	if (value == NULL)
		return;
	result = dw_setting_check(rule, value,
							  pg_mbstrlen_with_len(value, strlen(value)));
	if (result == DW_OK && rule->kind == DW_SETTING_ZONE &&
		dw_timezone_find(value) == NULL)
		result = DW_BAD_VALUE;
	if (result != DW_OK)
		dw_raise(result,
				 psprintf("setting \"%s\" cannot have this value", rule->name),
				 psprintf("It must be %s.", setting_range(rule)),
				 "NULL goes back to the built-in value.");
}

/* What a setting may be, for people. */
static const char *
setting_range(const DwSettingRule *rule)
{
	switch (rule->kind)
	{
		case DW_SETTING_INTEGER:
			return psprintf("an integer from " INT64_FORMAT " to "
							INT64_FORMAT, rule->min, rule->max);
		case DW_SETTING_BOOLEAN:
			return "true or false";
		case DW_SETTING_ZONE:
			return "the name of a time zone of this server";
		case DW_SETTING_CHOICE:
			return psprintf("one of: %s", rule->choices);
		default:
			return psprintf("a text of 1 to " INT64_FORMAT " characters",
							rule->max);
	}
}
