/*
 * credential.c
 *		The kinds of credentials: what a provider has, what a job asks for.
 */
#include "core/account/account.h"

#include "core/base/base.h"

static const char *const credential_type_labels[] = {
	[DW_CREDENTIAL_LICENSE] = "license",
	[DW_CREDENTIAL_INSURANCE] = "insurance",
	[DW_CREDENTIAL_CERTIFICATION] = "certification",
	[DW_CREDENTIAL_EXPERIENCE] = "experience",
	[DW_CREDENTIAL_EQUIPMENT] = "equipment"
};

/* Definitions of the label and parse functions that account.h promises. */
DW_LABELS(credential_type, DwCredentialType, credential_type_labels);

/* True when a requirement of this kind is a number to be reached. */
bool
dw_credential_type_counts(DwCredentialType type)
{
	return type == DW_CREDENTIAL_INSURANCE ||
		type == DW_CREDENTIAL_EXPERIENCE;
}
