/*
 * user.c
 *		What a user is and when verification makes them active.
 */
#include "core/account/account.h"
#include "core/base/base.h"

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

static const char *const verifiable_labels[DW_VERIFY_COUNT] = {
	[DW_VERIFY_EMAIL] = "email",
	[DW_VERIFY_PHONE] = "phone",
	[DW_VERIFY_PROVIDER] = "provider"
};

DW_LABELS(user_type, DwUserType, type_labels);
DW_LABELS(user_status, DwUserStatus, status_labels);
DW_LABELS(verifiable, DwVerifiable, verifiable_labels);

DwUserStatus
dw_user_verified_status(DwUserType type, DwUserStatus status,
						const DwVerification *has,
						const DwVerification *required)
{
	bool		needs_provider = type == DW_USER_PROVIDER &&
		required->provider;

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

DwUserStatus
dw_user_reinstated_status(DwUserType type, const DwVerification *has,
						  const DwVerification *required)
{
	return dw_user_verified_status(type, DW_USER_PENDING_VERIFICATION, has,
								   required);
}

/* The flag that a verification sets. */
bool *
dw_verification_flag(DwVerification *has, DwVerifiable what)
{
	switch (what)
	{
		case DW_VERIFY_EMAIL:
			return &has->email;
		case DW_VERIFY_PHONE:
			return &has->phone;
		default:
			return &has->provider;
	}
}

/* True for an ASCII letter, in any locale. */
static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
dw_language_valid(const char *tag)
{
	size_t		letters = 0;
	size_t		length;

	while (is_letter(tag[letters]))
		letters++;
	if (letters < 2 || letters > 3)
		return false;
	for (tag += letters; *tag != '\0'; tag += length)
	{
		if (*tag++ != '-')
			return false;
		for (length = 0; is_letter(tag[length]) ||
			 (tag[length] >= '0' && tag[length] <= '9'); length++)
			;
		if (length < 1 || length > 8)
			return false;
	}
	return true;
}

bool
dw_country_valid(const char *code)
{
	return strlen(code) == 2 &&
		strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}
