/*
 * account_api.h
 *		Who may call a command, and which user it is about.
 *
 * A command on a user's belongings has an argument user_id: NULL means the
 * caller, another user only administrators and the system may name.
 */
#ifndef DW_ACCOUNT_API_H
#define DW_ACCOUNT_API_H

#include "server/call/call_server.h"
#include "store/account/account_store.h"

/*
 * Begins a command.  Both do what dw_query_begin() does, then raise 42501
 * unless the user is active and 25006 where nothing can be written.
 *
 * command: the user must be active.
 * draft:   a user pending verification may call it, too.
 */
extern void dw_command_begin(DwCall *call, FunctionCallInfo fcinfo,
							 DwActorSet actors);
extern void dw_draft_begin(DwCall *call, FunctionCallInfo fcinfo,
						   DwActorSet actors);

/* P0002 for one of the categories that does not exist. */
extern void dw_categories_need(const DwUuid *ids, int count);

/*
 * The one spelling of an argument that is an e-mail address or a number, as
 * `what` says; 22023 for what is none.
 */
extern const char *dw_contact_spell(DwCall *call, const char *arg,
									DwVerifiable what, const char *text);

/*
 * Sets the flag of a locked user, and the status that follows.  What changes
 * nothing writes nothing: the row counts as replayed.
 */
extern void dw_user_verify(DwCall *call, DwUser *user, DwVerifiable what);

/* The user's id; 22004 when it is NULL and no user calls. */
extern DwUuid dw_user_argument(DwCall *call, const char *arg);

/* Locks the user; 42501 for another's, P0002 when there is no such user. */
extern void dw_user_for_command(DwCall *call, const DwUuid *user_id,
								DwUser *user);

/* The same of a service provider; 22023 for another kind of user. */
extern void dw_provider_for_command(DwCall *call, const char *arg,
									const DwUuid *user_id);

#endif							/* DW_ACCOUNT_API_H */
