/*
 * identity_server_int.h
 *		What the files of identity share: settings, roles, cutoffs, heartbeat.
 */
#ifndef DW_IDENTITY_SERVER_INT_H
#define DW_IDENTITY_SERVER_INT_H

#include "core/base/base.h"
#include "core/identity/identity.h"

/* Define the settings of roles, and of what a token is good for. */
extern void dw_role_init(void);
extern void dw_use_init(void);

/* Who calls where no token is set, by the caller's database role alone. */
extern DwActorKind dw_role_kind(void);

/* Tells whether a token was set in this transaction, an empty one too. */
extern bool dw_token_was_set(void);

/* What the verified token says; after dw_identity(), with one present. */
extern const DwClaims *dw_token_claims(void);

/* True when the user's tokens of that time were taken back. */
extern bool dw_cutoff_reaches(const DwClaims *claims);

/*
 * The second that a token issued now names.  iat is cut to the second, so
 * within the second of a cutoff it is the next one: who has just changed their
 * password signs in at once.  A cutoff that was set further ahead stands.
 */
extern int64 dw_cutoff_issue_second(const DwUuid *user_id);

/*
 * WD402 where this standby cannot know what was revoked.  It is told before
 * the token is looked at, so it says nothing of that.
 */
extern void dw_heartbeat_need(void);

#endif							/* DW_IDENTITY_SERVER_INT_H */
