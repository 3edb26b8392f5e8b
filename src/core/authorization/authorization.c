/*
 * authorization.c
 *		The words of authorizations: money that a company may take later.
 */
#include "core/authorization/authorization.h"

static const char *const authorization_status_labels[] = {
	[DW_AUTHORIZATION_OPEN] = "open",
	[DW_AUTHORIZATION_CAPTURED] = "captured",
	[DW_AUTHORIZATION_VOIDED] = "voided",
	[DW_AUTHORIZATION_EXPIRED] = "expired"
};

DW_LABELS(authorization_status, DwAuthorizationStatus,
		  authorization_status_labels);
