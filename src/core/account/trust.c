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

DwResult
dw_ttl_check(int64_t seconds)
{
	if (seconds < DW_TTL_MIN || seconds > DW_TTL_MAX)
		return DW_BAD_VALUE;
	return DW_OK;
}

DwResult
dw_token_role(DwUserType type, const char *asked, DwActorKind *role)
{
	static const DwActorKind own[DW_USER_TYPE_COUNT] = {
		[DW_USER_HOMEOWNER] = DW_ACTOR_HOMEOWNER,
		[DW_USER_PROVIDER] = DW_ACTOR_PROVIDER,
		[DW_USER_ADMIN] = DW_ACTOR_ADMIN
	};
	size_t		i;

	if (asked == NULL)
	{
		*role = own[type];
		return DW_OK;
	}
	for (i = 0; i < sizeof(token_roles) / sizeof(token_roles[0]); i++)
	{
		DwActorKind kind = token_roles[i];

		if (strcmp(asked, dw_actor_label(kind)) != 0)
			continue;
		if (kind != own[type] &&
			!(kind == DW_ACTOR_SUPPORT && type == DW_USER_ADMIN))
			return DW_BAD_VALUE;
		*role = kind;
		return DW_OK;
	}
	return DW_BAD_VALUE;
}

bool
dw_contact_visible(const DwActor *caller, const DwUuid *user_id,
				   bool shares_job)
{
	const DwActorSet staff =
		DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT | DW_ACTOR_SYSTEM;

	if ((caller->kind & DW_ACTOR_ANY) == 0)
		return false;
	return (caller->kind & staff) != 0 ||
		dw_uuid_equal(&caller->user_id, user_id) || shares_job;
}
