/*
 * label.c
 *		The words of enums and of the kinds of caller, and what is told of a
 *		wrong argument.
 */
#include "core/base/base.h"

/* Gives the word for one kind of caller; a static string, never NULL. */
const char *
dw_actor_label(DwActorKind kind)
{
	switch (kind)
	{
		case DW_ACTOR_HOMEOWNER:
			return "homeowner";
		case DW_ACTOR_PROVIDER:
			return "service_provider";
		case DW_ACTOR_ADMIN:
			return "admin";
		case DW_ACTOR_SUPPORT:
			return "support";
		case DW_ACTOR_SYSTEM:
			return "system";
		case DW_ACTOR_VISITOR:
			return "visitor";
		case DW_ACTOR_NONE:
			break;
	}
	return "none";
}

/* True and the kind when text is the word of one; "none" is nobody's. */
bool
dw_actor_parse(const char *text, DwActorKind *kind)
{
	for (int bit = DW_ACTOR_HOMEOWNER; bit <= DW_ACTOR_SYSTEM; bit <<= 1)
	{
		if (strcmp(text, dw_actor_label((DwActorKind) bit)) == 0)
		{
			*kind = (DwActorKind) bit;
			return true;
		}
	}
	return false;
}

int
dw_label_find(const char *const *labels, int count, const char *text)
{
	for (int i = 0; i < count; i++)
	{
		if (labels[i] != NULL && strcmp(labels[i], text) == 0)
			return i;
	}
	return -1;
}

void
dw_arg_error_note_at(DwArgError *error, DwArgPlace place, DwResult code,
					 const char *what)
{
	if (error->code != DW_OK && error->code <= code)
		return;
	error->code = code;
	error->place = place;
	error->what = what;
}

void
dw_arg_error_note(DwArgError *error, const char *argument, DwResult code,
				  const char *what)
{
	DwArgPlace	place = {argument, DW_ARG_NO_ITEM, NULL};

	dw_arg_error_note_at(error, place, code, what);
}
