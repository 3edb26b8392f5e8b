/*
 * authorization.h
 *		Authorizations: money that a payment company may take later.
 */
#ifndef DW_AUTHORIZATION_H
#define DW_AUTHORIZATION_H

#include "core/base/base.h"

/* Type authorization_status. */
typedef enum DwAuthorizationStatus
{
	DW_AUTHORIZATION_OPEN,		/* it can be captured */
	DW_AUTHORIZATION_CAPTURED,	/* as much of it as shall be */
	DW_AUTHORIZATION_VOIDED,	/* nobody takes it any more */
	DW_AUTHORIZATION_EXPIRED	/* its time was up */
} DwAuthorizationStatus;

DW_LABELS_OF(authorization_status, DwAuthorizationStatus);

#endif							/* DW_AUTHORIZATION_H */
