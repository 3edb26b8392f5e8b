/*
 * validation_server.c
 *		Tells what core found wrong with the arguments of a call.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "server/call/call_server.h"
#include "server/error/error_server.h"

void
dw_arg_error_raise(DwCall *call, const DwArgError *error)
{
	StringInfoData message;

	if (error->code == DW_OK)
		return;
	initStringInfo(&message);
	appendStringInfoString(&message, error->place.argument);
	if (error->place.item != DW_ARG_NO_ITEM)
		appendStringInfo(&message, "[%d]", error->place.item);
	if (error->place.member != NULL)
		appendStringInfo(&message, ".%s", error->place.member);
	appendStringInfo(&message, " %s", error->what);
	dw_raise(error->code, message.data, NULL,
			 psprintf("reference.md#%s says what it takes.",
					  dw_call_name(call)));
}

void
dw_arg_error_check_text(DwArgError *error, DwArgPlace place,
						const char *text,
						DwTextRule rule)
{
	size_t		length;

	if (text == NULL)
		return;
	length = strlen(text);
	if (length > (size_t) rule.max && pg_mbstrlen(text) > rule.max)
		dw_arg_error_note_at(error, place, DW_TEXT_TOO_LONG,
							 psprintf("is longer than %d characters",
									  rule.max));
	if (rule.is_needed && text[strspn(text, " \t\r\n")] == '\0')
		dw_arg_error_note_at(error, place, DW_BAD_VALUE, "must not be blank");
}

/* A text argument or NULL, checked. */
char *
dw_arg_text_checked(DwCall *call, DwArgError *error, const char *arg,
					DwTextRule rule)
{
	DwArgPlace	place = {arg, DW_ARG_NO_ITEM, NULL};
	char	   *text = dw_arg_text_opt(call, arg, MaxAllocSize);

	dw_arg_error_check_text(error, place, text, rule);
	return text;
}
