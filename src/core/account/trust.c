/*
 * trust.c
 *		Decides who may be given which token, and who may see a contact.
 */
#include "core/account/account.h"

#include <stddef.h>
#include <string.h>

/* The roles a token can carry; the system has no token. */
static const DwActorKind token_roles[] = {
	DW_ACTOR_HOMEOWNER, DW_ACTOR_PROVIDER, DW_ACTOR_ADMIN, DW_ACTOR_SUPPORT
};

/* Accepts one second to thirty days. */
DwResult
dw_ttl_check(int64_t seconds)
{
	if (seconds < DW_TTL_MIN || seconds > DW_TTL_MAX)
		return DW_BAD_VALUE;
	return DW_OK;
}

/* Finds the role that a token for this user carries. */
DwResult
dw_token_role(DwActorKind user_type, const char *asked, DwActorKind *role)
{
	size_t		i;

	if (asked == NULL)
	{
		*role = user_type;
		return DW_OK;
	}
	for (i = 0; i < sizeof(token_roles) / sizeof(token_roles[0]); i++)
	{
		DwActorKind kind = token_roles[i];

		if (strcmp(asked, dw_actor_label(kind)) != 0)
			continue;
		if (kind != user_type &&
			!(kind == DW_ACTOR_SUPPORT && user_type == DW_ACTOR_ADMIN))
			return DW_BAD_VALUE;
		*role = kind;
		return DW_OK;
	}
	return DW_BAD_VALUE;
}

/* Opens a contact to the user, to staff, and to a partner at work. */
bool
dw_contact_visible(const DwActor *caller, const DwUuid *user_id,
				   bool shares_job)
{
	const DwActorSet staff =
		DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT | DW_ACTOR_SYSTEM;

	if (caller->kind == DW_ACTOR_NONE)
		return false;
	return (caller->kind & staff) != 0 ||
		dw_uuid_equal(&caller->user_id, user_id) || shares_job;
}
