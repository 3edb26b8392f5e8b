/*
 * schema_api.c
 *		Entry points of documents: whether one fits a schema, and in what not.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "api/account/account_api.h"
#include "server/error/error_server.h"
#include "store/document/schema_store.h"

#define ERRORS_MOST		1000	/* that json_errors() tells */

/* Errors on their way into the set. */
typedef struct Telling
{
	DwCall	   *call;			/* whose rows they are */
	int			count;			/* told so far */
} Telling;

/*
 * The arguments of json_is_valid() in their order, none of them NULL.  Their
 * names are not compared with SQL's: a CHECK is set up for each statement
 * anew, and that would cost more than the look.
 */
typedef struct Named
{
	NullableDatum schema_name;	/* text */
	NullableDatum document;		/* jsonb */
} Named;

/*
 * json_is_valid(schema_name, document) → boolean
 *	For CHECKs: no identity, no table.
 */
DW_FUNCTION(dwello_json_is_valid)
{
	const Named *args = (const Named *) fcinfo->args;
	text	   *name = DatumGetTextPP(args->schema_name.value);
	const DwDocCheck check = {.arena = NULL};
	int			place = dw_builtin_schema_find(VARDATA_ANY(name),
											   VARSIZE_ANY_EXHDR(name));

	if (place < 0)
		dw_raise(DW_NOT_FOUND, "built-in JSON schema does not exist",
				 psprintf("The library has no schema \"%s\".",
						  TextDatumGetCString(PointerGetDatum(name))),
				 "For an operator's own schemas there is dwello.validate_json().");
	PG_RETURN_BOOL(dw_document_fits(dw_builtin_schema(place),
									args->document.value, &check));
}

/* validate_json(schema_name, document, check_formats) → boolean */
DW_FUNCTION(dwello_validate_json)
{
	DwCall		call;
	DwDocCheck	check = {.arena = NULL};
	Datum		document;
	const char *name;
	bool		fits;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	dw_args_need(&call, "schema_name", "document", "check_formats", NULL);
	name = dw_arg_text(&call, "schema_name", DW_SCHEMA_NAME_MAX);
	document = dw_arg_jsonb(&call, "document");
	check.skips_formats = !dw_arg_bool(&call, "check_formats");
	fits = dw_document_fits(dw_schema_named(name), document, &check);
	return dw_call_return_datum(&call, BoolGetDatum(fits), true,
								sizeof(bool));
}

/* Adds an error to the set. */
static bool
tell_error(void *owner, const DwDocError *error)
{
	Telling    *telling = owner;
	DwCall	   *call = telling->call;

	dw_row_text(call, "path", error->path);
	dw_row_text(call, "keyword", error->keyword);
	dw_row_text(call, "message", error->message);
	dw_row_text(call, "schema_path", error->schema_path);
	dw_list_emit(call);
	return ++telling->count < ERRORS_MOST;
}

/* json_errors(schema, document, check_formats) → path, keyword, … */
DW_FUNCTION(dwello_json_errors)
{
	DwCall		call;
	Telling		telling = {&call, 0};
	DwDocCheck	check = {.report = tell_error,.owner = &telling};
	const DwSchema *schema;

	dw_list_begin(&call, fcinfo);
	dw_args_need(&call, "schema", "document", "check_formats", NULL);
	schema = dw_schema_of(dw_arg_jsonb(&call, "schema"));
	check.skips_formats = !dw_arg_bool(&call, "check_formats");
	(void) dw_document_fits(schema, dw_arg_jsonb(&call, "document"), &check);
	return dw_list_return(&call);
}

/* builtin_json_schemas() → name, schema */
DW_FUNCTION(dwello_builtin_json_schemas)
{
	DwCall		call;
	int			count;
	const DwBuiltinSchema *schemas = dw_builtin_schemas(&count);

	dw_list_begin(&call, fcinfo);
	for (int i = 0; i < count; i++)
	{
		dw_row_text(&call, "name", schemas[i].name);
		dw_row_datum(&call, "schema",
					 DirectFunctionCall1(jsonb_in,
										 CStringGetDatum(schemas[i].text)));
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}

/* True for a word like the names of schemas. */
static bool
is_schema_name(const char *name)
{
	if (*name < 'a' || *name > 'z')
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
		strlen(name);
}

/* set_json_schema(name, schema, …) → name, version */
DW_FUNCTION(dwello_set_json_schema)
{
	DwCall		call;
	const char *name;
	Datum		schema = (Datum) 0;
	int32		version;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "name", NULL);
	name = dw_arg_text(&call, "name", DW_SCHEMA_NAME_MAX);
	if (dw_arg_has(&call, "schema"))
		schema = dw_arg_jsonb(&call, "schema");
	if (!is_schema_name(name))
		dw_arg_refuse(&call, "name", DW_BAD_VALUE,
					  "must be a word like delivery_note");
	if (dw_builtin_schema_find(name, strlen(name)) >= 0)
		dw_arg_refuse(&call, "name", DW_BAD_VALUE,
					  "must not be that of a built-in schema");
	if (schema != (Datum) 0)
	{
		/* it says more of a place than the meta-schema, which asks for more */
		(void) dw_schema_of(schema);
		dw_arg_check_document(&call, "schema", schema, "json_schema");
	}

	version = dw_custom_schema_lock(name);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	dw_call_version(&call, version);
	dw_custom_schema_save(&call, name, schema);
	return dw_call_return(&call);
}
