/*
 * actor.c
 *		The words for the kinds of caller.
 */
#include "core/actor.h"

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
