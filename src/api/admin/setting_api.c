/*
 * setting_api.c
 *		Entry points of the operator's settings: reading and setting one.
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
#define VALUE_MAX_LENGTH 1000	/* of any setting; each has its own limit */

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
