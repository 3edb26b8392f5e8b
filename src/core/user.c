/*
 * user.c
 *		What a user is and when verification makes him active.
 */
#include "core/label.h"
#include "core/user.h"

static const char *const type_labels[DW_USER_TYPE_COUNT] = {
	[DW_USER_HOMEOWNER] = "homeowner",
	[DW_USER_PROVIDER] = "service_provider",
	[DW_USER_ADMIN] = "admin"
};

static const char *const status_labels[DW_USER_STATUS_COUNT] = {
	[DW_USER_ACTIVE] = "active",
	[DW_USER_INACTIVE] = "inactive",
	[DW_USER_SUSPENDED] = "suspended",
	[DW_USER_PENDING_VERIFICATION] = "pending_verification"
};

DW_LABELS(user_type, DwUserType, type_labels);
DW_LABELS(user_status, DwUserStatus, status_labels);

/* The kind of actor that a user of this type is. */
DwActorKind
dw_user_actor(DwUserType type)
{
	static const DwActorKind kinds[DW_USER_TYPE_COUNT] = {
		[DW_USER_HOMEOWNER] = DW_ACTOR_HOMEOWNER,
		[DW_USER_PROVIDER] = DW_ACTOR_PROVIDER,
		[DW_USER_ADMIN] = DW_ACTOR_ADMIN
	};

	return kinds[type];
}

/* The status after a verification; see the header. */
DwUserStatus
dw_user_verified_status(DwUserType type, DwUserStatus status,
						const DwVerification *has,
						const DwVerification *required)
{
	bool		needs_provider = type == DW_USER_PROVIDER && required->provider;

	if (status != DW_USER_PENDING_VERIFICATION)
		return status;
	if ((required->email && !has->email) ||
		(required->phone && !has->phone) ||
		(needs_provider && !has->provider))
		return status;
	/* someone must have vouched for something, whatever the settings say */
	if (!has->email && !has->phone && !has->provider)
		return status;
	return DW_USER_ACTIVE;
}
