/*
 * trust.h
 *		Who may be given which token, and who may see whose contact.
 */
#ifndef DW_TRUST_H
#define DW_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/actor.h"
#include "core/result.h"

/* The life of a token, in seconds: one second to thirty days. */
#define DW_TTL_MIN	INT64_C(1)
#define DW_TTL_MAX	(INT64_C(30) * 24 * 60 * 60)

/* DW_BAD_VALUE unless a token may live that long. */
extern DwResult dw_ttl_check(int64_t seconds);

/*
 * The role a token may carry: the user's own type, or what was asked for.
 * asked is a label or NULL for the user's type.  Support is a duty that only
 * an administrator can take on; every other role is the user's type.
 * DW_BAD_VALUE for a role that is unknown or not this user's.
 */
extern DwResult dw_token_role(DwActorKind user_type, const char *asked,
							  DwActorKind *role);

/*
 * May this caller see the contact of the user?  shares_job: one is homeowner
 * and the other the confirmed provider of a job that was not called off.
 */
extern bool dw_contact_visible(const DwActor *caller, const DwUuid *user_id,
							   bool shares_job);

#endif							/* DW_TRUST_H */
