/*
 * validation_server.c
 *		Tells what core found wrong with the arguments of a call.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "server/call/call_server.h"
#include "server/error/error_server.h"

/* Raises the fault, if there is one; see the header. */
void
dw_fault_raise(DwCall *call, const DwFault *fault)
{
	StringInfoData message;

	if (fault->code == DW_OK)
		return;
	initStringInfo(&message);
	appendStringInfoString(&message,
						   dw_arg_name(call, fault->place.argument));
	if (fault->place.item != DW_FAULT_NO_ITEM)
		appendStringInfo(&message, "[%d]", fault->place.item);
	if (fault->place.member != NULL)
		appendStringInfo(&message, ".%s", fault->place.member);
	appendStringInfo(&message, " %s", fault->what);
	dw_raise(fault->code, message.data, NULL,
			 psprintf("The comment on dwello.%s says what it takes.",
					  dw_call_name(call)));
}

/* Notes what is wrong with a text; see the header. */
void
dw_fault_check_text(DwFault *fault, DwFaultPlace place, const char *text,
					DwTextRule rule)
{
	size_t		length;

	if (text == NULL)
		return;
	length = strlen(text);
	if (length > (size_t) rule.max && pg_mbstrlen(text) > rule.max)
		dw_fault_note_at(fault, place, DW_TEXT_TOO_LONG,
						 psprintf("is longer than %d characters", rule.max));
	if (rule.is_needed && text[strspn(text, " \t\r\n")] == '\0')
		dw_fault_note_at(fault, place, DW_BAD_VALUE, "must not be blank");
}

/* A text argument or NULL, checked. */
char *
dw_fault_arg_text(DwCall *call, DwFault *fault, int arg, DwTextRule rule)
{
	DwFaultPlace place = {arg, DW_FAULT_NO_ITEM, NULL};
	char	   *text = dw_arg_text_opt(call, arg, MaxAllocSize);

	dw_fault_check_text(fault, place, text, rule);
	return text;
}
