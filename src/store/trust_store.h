/*
 * trust_store.h
 *		What the trust commands read about users, and the access record.
 *
 * All functions want an open SPI connection; what they give is palloc'd in
 * the caller's context.
 */
#ifndef DW_TRUST_STORE_H
#define DW_TRUST_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/actor.h"
#include "core/uuid.h"

/* What a token or a login needs to know of a user. */
typedef struct DwAccount
{
	DwUuid		user_id;		/* users.id */
	DwActorKind type;			/* homeowner, provider or admin */
	char	   *status;			/* the label of users.status */
	char	   *password_hash;	/* NULL when he has none */
} DwAccount;

/* A user's contact, opened. */
typedef struct DwContact
{
	char	   *email;			/* as it was registered */
	char	   *phone;			/* NULL when there is none */
	Datum		addresses;		/* jsonb, an array */
} DwContact;

/* The account of a user; false when unknown or deleted. */
extern bool dw_account_load(const DwUuid *user_id, DwAccount *account);

/* The account that an e-mail address belongs to; false when nobody's. */
extern bool dw_account_find(const char *email, DwAccount *account);

/* Opens the contact of a user; false when unknown or deleted. */
extern bool dw_contact_load(const DwUuid *user_id, DwContact *contact);

/* Is one homeowner and the other confirmed provider of a live job? */
extern bool dw_contact_shared(const DwUuid *a, const DwUuid *b);

/*
 * The user's tokens: revoke refuses those issued until now and gives the
 * time up to which they are refused; bar refuses all, those yet to be issued
 * too; admit ends that, and what was issued before stays refused.  By the
 * real clock; the caller has locked the user.
 */
extern TimestampTz dw_tokens_revoke(const DwUuid *user_id);
extern void dw_tokens_bar(const DwUuid *user_id);
extern void dw_tokens_admit(const DwUuid *user_id);

/*
 * The scopes of money that a user is a side of, as uuid[]: himself, and the
 * jobs whose escrow names him.
 */
extern Datum dw_scopes_of(const DwUuid *user_id);

/* Writes down who opened whose contact, and why. */
extern void dw_contact_log(const DwUuid *user_id, const DwActor *actor,
						   const char *reason);

#endif							/* DW_TRUST_STORE_H */
