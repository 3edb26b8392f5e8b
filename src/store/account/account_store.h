/*
 * account_store.h
 *		Rows of users, and of what belongs to them.
 */
#ifndef DW_ACCOUNT_STORE_H
#define DW_ACCOUNT_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/account/account.h"
#include "core/base/base.h"
#include "core/geo/geo.h"
#include "server/call/call_server.h"

/*
 * Rows of dwello.user_addresses, and the access record of contacts.
 */

/* An address to be added; street and point are sealed on the way in. */
typedef struct DwAddress
{
	DwUuid		user_id;		/* whose it is */
	DwUuid		id;				/* user_addresses.id */
	const char *address_type;	/* label of address_type */
	const char *street;			/* plain */
	const char *city;			/* as given, as the next two */
	const char *state;			/* or province, or the like */
	const char *postal_code;	/* as the country writes it */
	const char *country;		/* ISO 3166 alpha-2 */
	DwDegrees	point;			/* exact; sealed likewise, and rounded */
	bool		is_primary;		/* the one that counts as their place */
	TimestampTz created_at;		/* now */
} DwAddress;

/* True when the user has a primary address. */
extern bool dw_address_has_primary(const DwUuid *user_id);

/* Writes the address; a primary one takes the flag from the one before. */
extern void dw_address_insert(const DwAddress *address);

/*
 * The street of the user's nearest address within 100 m of a place, opened;
 * NULL when they have none there.
 */
extern char *dw_address_street(const DwUuid *user_id, const DwDegrees *place);

/* A user's addresses opened, the primary one first: a jsonb array. */
extern Datum dw_addresses_open(const DwUuid *user_id);

/*
 * True when the caller may see a user's name in full: the user, staff, the
 * system, and the other side of a job that was confirmed and not called off.
 */
extern bool dw_name_open_to(const DwActor *caller, const DwUuid *user_id);

/* The same of their contact, to the other side as dw_contact_check() says. */
extern bool dw_contact_open_to(const DwActor *caller, const DwUuid *user_id);

/*
 * Writes down who had whose personal data opened, or asked for it, and why;
 * the id of the record.
 */
extern DwUuid dw_contact_log(const DwUuid *user_id, const DwActor *actor,
							 const char *what, const char *reason);

/* Keeps a request to open a contact, with the transaction that it is of. */
extern void dw_contact_request(const DwUuid *id, const DwUuid *user_id,
							   const DwActor *actor);

/*
 * True when the actor asked for the contact in another transaction, which has
 * committed, not longer ago than so many minutes.
 */
extern bool dw_contact_requested(const DwUuid *user_id, const DwActor *actor,
								 int64 minutes);

/* What dw_contact_check() says of a job, for its provider. */
extern DwResult dw_site_check(const DwUuid *job_id);

/* The street of a job, opened, or NULL; and its exact point. */
extern char *dw_site_open(const DwUuid *job_id, DwDegrees *point);

/*
 * Service areas: GeoJSON documents that are areas on the globe.
 */

/*
 * What is wrong with a detoasted jsonb as a service area, in words that
 * follow the argument's name; NULL when it is a GeoJSON Polygon or
 * MultiPolygon on the globe whose rings are closed and do not cross.
 * Wants an open SPI connection.
 */
extern const char *dw_area_fault(Datum jsonb);

/*
 * The same but for rings that cross: PostGIS can read what this lets pass,
 * and no table is asked.  The jsonb may be toasted.
 */
extern const char *dw_area_shape_fault(Datum jsonb);

/*
 * Rows of dwello.provider_credentials.
 */

#define DW_CREDENTIAL_NONE	(-1)	/* no amount, no years */

/* A credential; the number is sealed on the way in, and never read. */
typedef struct DwCredential
{
	DwUuid		user_id;		/* whose it is */
	DwUuid		id;				/* provider_credentials.id */
	const char *type;			/* label of credential_type */
	const char *name;			/* what a job's requirement asks for */
	const char *issuer;			/* or NULL */
	const char *number;			/* plain, or NULL; to be added only */
	bytea	   *sealed_number;	/* as the row has it */
	DateADT		valid_from;		/* DATEVAL_NOBEGIN = not said */
	DateADT		valid_until;	/* its last day; likewise */
	int64		amount;			/* insured, in minor units, or NONE */
	int32		years;			/* of experience, or NONE */
	TimestampTz verified_at;	/* DT_NOBEGIN = not verified */
	TimestampTz created_at;		/* when it was added */
	int32		version;		/* of the row */
} DwCredential;

/* Writes a new credential, not verified, version 1. */
extern void dw_credential_insert(DwCredential *credential);

/* Locks and reads a credential; false when the user has none such. */
extern bool dw_credential_lock(const DwUuid *user_id, const DwUuid *id,
							   DwCredential *credential);

/* Writes that it was verified now, and counts the version up. */
extern void dw_credential_verify(DwCredential *credential, TimestampTz now);

/*
 * Rows of dwello.payment_methods.
 */

/* A way to pay. */
typedef struct DwPaymentMethod
{
	DwUuid		user_id;		/* who pays with it */
	DwUuid		id;				/* payment_methods.id */
	DwPaymentMethodType method_type;	/* its kind */
	const char *psp;			/* the payment company's name */
	const char *psp_token;		/* its word for it; opaque */
	const char *last_four;		/* digits to show, or NULL */
	DateADT		expires_on;		/* its last day; DATEVAL_NOBEGIN = none */
	bool		is_default;		/* the one that is taken unless said */
	bool		can_receive;	/* verified as one that payouts may go to */
	TimestampTz removed_at;		/* DT_NOBEGIN = it can be used */
	TimestampTz created_at;		/* when it was added */
	int32		version;		/* of the row */
} DwPaymentMethod;

/* True when the user has a default method. */
extern bool dw_payment_method_has_default(const DwUuid *user_id);

/* Writes the method; a default one takes the flag from the one before. */
extern void dw_payment_method_insert(const DwPaymentMethod *method);

/* Locks a method, a removed one too; false when the user has none such. */
extern bool dw_payment_method_lock(const DwUuid *user_id, const DwUuid *id,
								   DwPaymentMethod *method);

/* Writes that payouts may go to it, and counts the version up. */
extern void dw_payment_method_verify(DwPaymentMethod *method);

/* The live methods of a locked user, as payouts see them, by their ids. */
extern DwDestination *dw_destinations_load(const DwUuid *user_id, int *count);

/* True while a payment with the method is asked for and may still arrive. */
extern bool dw_payment_method_awaited(const DwPaymentMethod *method);

/*
 * Removes the method and counts its version up.  A default one leaves the
 * flag to the newest that remains.
 */
extern void dw_payment_method_remove(DwPaymentMethod *method);

/*
 * Rows of dwello.user_profiles, and what strangers see of a provider.
 */

/*
 * What update_profile changes.  A NULL pointer and a zero Datum leave the
 * column as it is; an empty text, or JSON null, takes its value away.
 */
typedef struct DwProfileChange
{
	const char *bio;			/* in their own words */
	const char *company_name;	/* of their business */
	const char *website;		/* http or https */
	const int32 *years_experience;	/* 0 to 100 */
	char	  **specialties;	/* specialty_count of them */
	int			specialty_count;	/* 0 with a pointer: none are left */
	const DwUuid *categories;	/* category_count of them, each once */
	int			category_count; /* 0 with a pointer: none are left */
	Datum		service_areas;	/* GeoJSON, or JSON null */
	Datum		availability_schedule;	/* a JSON object, or JSON null */
	const bool *emergency_available;	/* comes at any hour */
	Datum		insurance_info; /* a JSON object, or JSON null */
	Datum		license_info;	/* a JSON object, or JSON null */
	const char *profile_image_url;	/* users: http or https */
	const char *timezone;		/* users: of pg_timezone_names; not empty */
	const char *language;		/* users: BCP 47; not empty */
	const char *first_name;		/* users: not empty */
	const char *last_name;		/* users: not empty */
} DwProfileChange;

/*
 * Locks the profile of a user, whom the caller has locked; its version, or
 * 0 when there is none.
 */
extern int32 dw_profile_lock(const DwUuid *user_id);

/* Writes a change and counts the profile's version up; returns it. */
extern int32 dw_profile_update(const DwUuid *user_id,
							   const DwProfileChange *change);

/*
 * Fills a row of provider_summary with what its columns are called; false
 * when there is no active provider of that id.  The family name is in full
 * when is_open, else its first letter.  Only credentials that are verified
 * and valid on the day are named.
 */
extern bool dw_summary_query(DwCall *call, const DwUuid *provider_id,
							 DateADT today, bool is_open);

/*
 * Rows of dwello.users, and the ones that come with each user.
 *
 * A user's row is the scope lock of every command on what belongs to them.
 */

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
	DwUserStatus status;		/* of the account */
	DwVerification verified;	/* what has been vouched for */
	bytea	   *email;			/* sealed */
	bytea	   *phone;			/* sealed; NULL when there is none */
	bytea	   *password_hash;	/* sealed; NULL when they have none */
	int32		version;		/* of the row */
} DwUser;

/* The status of a user; DW_USER_INACTIVE when there is none (any more). */
extern DwUserStatus dw_user_status(const DwUuid *user_id);

/*
 * Writes a new user, pending verification, version 1.  False, and nothing
 * written, when the id is taken, be it by a job: by then the one who took it
 * has committed.
 */
extern bool dw_user_insert(const DwUserDraft *draft);

/*
 * Takes the user's e-mail address for them alone, under every index key;
 * false when it is taken.
 */
extern bool dw_user_claim_email(const DwUserDraft *draft);

/* Writes the empty profile of a new user, and a provider's empty sums. */
extern void dw_user_furnish(const DwUserDraft *draft);

/* Reads a user who is not deleted; false when there is none. */
extern bool dw_user_load(const DwUuid *user_id, DwUser *user);

/* The same by their e-mail address, in whatever spelling, under any key. */
extern bool dw_user_find(const char *email, DwUser *user);

/* The same by their id, and locks them for a command. */
extern bool dw_user_lock(const DwUuid *user_id, DwUser *user);

/*
 * Writes status and verifications, or the hash of a password, sealed, and
 * counts the version up.  Matching hears of a status.
 */
extern void dw_user_save_status(DwUser *user);
extern void dw_user_save_password(DwUser *user, const char *hash);

/*
 * Writes another address, or number, of a locked user, in its one spelling;
 * the address false when it is taken.  Neither is verified by it.
 */
extern bool dw_user_change_email(DwUser *user, const char *email);
extern void dw_user_change_phone(DwUser *user, const char *phone);

/*
 * The scopes of money that a user is a side of, as uuid[]: their own, and the
 * jobs whose escrow names them.
 */
extern Datum dw_scopes_of(const DwUuid *user_id);

/* Notes when a locked user last signed in; no change of what they know. */
extern void dw_user_signed_in(const DwUuid *user_id, TimestampTz at);

/*
 * Writes down what a user did to get in, or was done about them, where they
 * can read it once they are let in: an action ("suspended"), by whom, and why
 * (NULL: not said).
 */
extern void dw_user_log(const DwUuid *user_id, const DwActor *actor,
						const char *action, const char *reason);

/* The time zone of that name as the server spells it; NULL for none. */
extern const char *dw_timezone_find(const char *name);

#endif							/* DW_ACCOUNT_STORE_H */
