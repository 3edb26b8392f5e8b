/*
 * user_api.h
 *		Whom a command on a user's belongings is about.
 *
 * Such a command has an argument user_id: NULL means the caller, another
 * user only administrators and the system may name.
 */
#ifndef DW_USER_API_H
#define DW_USER_API_H

#include "api/call_api.h"
#include "store/user_store.h"

/* The user's id; 22004 when it is NULL and no user calls. */
extern DwUuid dw_user_argument(DwCall *call, int arg);

/* Locks the user; 42501 for another's, P0002 when there is no such user. */
extern void dw_user_for_command(DwCall *call, const DwUuid *user_id,
								DwUser *user);

/* What the settings ask for before a user is active. */
extern DwVerification dw_verification_required(void);

/*
 * What arguments of users share, each 22023: a text that is there and blank
 * (NULL is fine); no time zone, else its one spelling; no language tag.
 */
extern void dw_arg_check_blank(DwCall *call, int arg, const char *text);
extern const char *dw_arg_check_timezone(DwCall *call, int arg,
										 const char *text);
extern void dw_arg_check_language(DwCall *call, int arg, const char *text);

#endif							/* DW_USER_API_H */
