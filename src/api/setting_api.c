/*
 * setting_api.c
 *		Entry point of the operator's settings: reading one.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/call_api.h"
#include "api/error_api.h"
#include "store/setting_store.h"

#define NAME_MAX_LENGTH 100

/* get_setting(name) → the value in force */
DW_FUNCTION(dwello_get_setting)
{
	DwCall		call;
	const char *name;
	const char *value;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	name = dw_arg_text(&call, 0, NAME_MAX_LENGTH);
	value = dw_setting_find(name);
	if (value == NULL)
		dw_raise(DW_NOT_FOUND, "setting does not exist",
				 psprintf("There is no setting \"%s\".", name),
				 "The view dwello.settings lists them all.");
	return dw_call_return_datum(&call, CStringGetTextDatum(value), false, -1);
}
