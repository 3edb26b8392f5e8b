/*
 * user_store.h
 *		Rows of dwello.users, and the ones that come with each user.
 *
 * A user's row is the scope lock of every command on what belongs to him.
 */
#ifndef DW_USER_STORE_H
#define DW_USER_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/user.h"
#include "core/uuid.h"

/* A user to be made; texts are checked and in their one spelling. */
typedef struct DwUserDraft
{
	DwUuid		id;				/* users.id */
	DwUserType	type;			/* for good */
	const char *email;			/* plain; sealed on the way in */
	const char *phone;			/* plain, or NULL; sealed likewise */
	const char *password_hash;	/* made outside, or NULL */
	const char *first_name;		/* as given */
	const char *last_name;		/* as given */
	const char *timezone;		/* a name of pg_timezone_names */
	const char *language;		/* BCP 47 */
	TimestampTz created_at;		/* now */
} DwUserDraft;

/* What commands need to know of a user. */
typedef struct DwUser
{
	DwUuid		id;				/* users.id */
	DwUserType	type;			/* never changes */
	DwUserStatus status;		/* his standing */
	DwVerification verified;	/* what has been vouched for */
	bool		has_phone;		/* a telephone number is known */
	int32		version;		/* of the row */
} DwUser;

/* The status of a user; DW_USER_INACTIVE when there is none (any more). */
extern DwUserStatus dw_user_status(const DwUuid *user_id);

/*
 * Writes a new user, pending verification, version 1.  False, and nothing
 * written, when the id is taken: by then the one who took it has committed.
 */
extern bool dw_user_insert(const DwUserDraft *draft);

/* Takes the user's e-mail address for him alone; false when it is taken. */
extern bool dw_user_claim_email(const DwUuid *user_id);

/* Writes the empty profile of a new user, and a provider's empty sums. */
extern void dw_user_furnish(const DwUserDraft *draft);

/* Locks and reads a user who is not deleted; false when there is none. */
extern bool dw_user_lock(const DwUuid *user_id, DwUser *user);

/* Writes status and verifications, and counts the version up. */
extern void dw_user_update_standing(DwUser *user);

/* Writes the hash of a new password, and counts the version up. */
extern void dw_user_update_password(DwUser *user, const char *hash);

/*
 * Writes down what was done about a user, where he can read it once he is
 * let in: an action ("suspended"), by whom, and why (NULL: not said).
 */
extern void dw_user_log(const DwUuid *user_id, const DwActor *actor,
						const char *action, const char *reason);

/* The time zone of that name as the server spells it; NULL for none. */
extern const char *dw_timezone_find(const char *name);

#endif							/* DW_USER_STORE_H */
