/*
 * identity_server.h
 *		Who calls: the setting dwello.token and what it proves.
 *
 * The setting proves nothing by itself.  dw_identity() verifies it, once per
 * transaction and value, and everything that asks who calls asks there.
 */
#ifndef DW_IDENTITY_SERVER_H
#define DW_IDENTITY_SERVER_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/access/access.h"
#include "core/base/base.h"

/* Defines the settings of identity; once, from _PG_init. */
extern void dw_token_init(void);

/*
 * The verified caller.  Without a token: SYSTEM when the caller's database
 * role is one of the service alone and no token was set in the transaction,
 * or a superuser's with dwello.act_as_system on; VISITOR when it is a
 * visitors' alone; else NONE.  WD402 for a
 * token that is not good now, WD601 without a keyring.  Needs a transaction;
 * works in one that is read only, on a standby and in parallel workers.
 */
extern DwActor dw_identity(void);

/* The hint for a caller whom dw_identity() finds to be nobody. */
extern const char *dw_identity_hint(void);

/*
 * The id (jti) of the token that dw_identity() has verified, or NULL when it
 * has none; without a token there is none either.
 */
extern char *dw_token_id(void);

/*
 * True when the caller's database role is a member of dwello_service: of
 * a superuser it must be said.
 */
extern bool dw_role_is_service(void);

/*
 * True when the caller's database role acts for users (dwello_app,
 * dwello_support, dwello_admin), so that a call without a token is a mistake.
 */
extern bool dw_role_acts_for_users(void);

/* True when it is the service's and none that acts for users or visitors. */
extern bool dw_role_reads_all(void);

/*
 * True when the caller's database role is a superuser's; false while
 * maintenance runs what somebody else has written.
 */
extern bool dw_role_is_superuser(void);

/*
 * True when a token is set, good or not.  Where only a user counts, this is
 * the cheap way to know that there is none.
 */
extern bool dw_token_present(void);

/*
 * Sets the token for the transaction or, with !is_local, the session; NULL
 * or '' ends the identity.  The token is not verified here.
 */
extern void dw_token_set(const char *token, bool is_local);

/*
 * Whom tokens made here are for, and the only audience accepted: the setting
 * dwello.token_audience, or, when that is empty, what this database alone has
 * and its standbys.
 */
extern const char *dw_token_audience(void);

/*
 * Writes that a worker is at work, at most every five seconds and waiting for
 * nobody: a standby tells by it how far it is behind.  Wants an open SPI.
 */
extern void dw_heartbeat_write(void);

/* The setting dwello.session_tokens. */
extern bool dw_session_tokens_allowed(void);

/*
 * Writes a token for a user, signed with the newest token key; good from now
 * for ttl_seconds.  The caller has checked that the user may have it.
 */
extern char *dw_token_issue(const DwUuid *user_id, DwActorKind role,
							int64 ttl_seconds);

/* The same for one that is good for no more than some scopes. */
extern char *dw_token_issue_scoped(const DwActor *bearer, int64 ttl_seconds,
								   DwScopeSet scopes);

/*
 * 42501 when the token is good for some scopes and a function, by its name in
 * SQL, needs another; read_only: it is not VOLATILE.  WD402 when it moves
 * money and the token has done so in another transaction, with the setting
 * dwello.money_tokens_once.  After dw_identity(), before anything is locked.
 */
extern void dw_token_allow(const char *function, bool read_only);

/*
 * Tokens of a user: revoke refuses those issued until now and gives the time
 * up to which they are refused; bar refuses all, those yet to be issued too;
 * admit ends that, and what was issued before stays refused.  By the real
 * clock.  The caller has locked the user and opened SPI.
 */
extern TimestampTz dw_tokens_revoke(const DwUuid *user_id);
extern void dw_tokens_bar(const DwUuid *user_id);
extern void dw_tokens_admit(const DwUuid *user_id);

#endif							/* DW_IDENTITY_SERVER_H */
