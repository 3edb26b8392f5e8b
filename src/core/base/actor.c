/*
 * actor.c
 *		The words for the kinds of caller.
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
