/*
 * user.h
 *		What a user is and which standing he has.
 */
#ifndef DW_USER_H
#define DW_USER_H

#include <stdbool.h>

#include "core/actor.h"

/* Limits of texts, in characters. */
#define DW_USER_NAME_MAX		100 /* a first or a last name */
#define DW_USER_HASH_MAX		500 /* a password's hash */
#define DW_USER_TIMEZONE_MAX	64
#define DW_USER_LANGUAGE_MAX	35
#define DW_USER_REASON_MAX		500 /* why he was suspended */

/* Labels of dwello.user_type, in order. */
typedef enum DwUserType
{
	DW_USER_HOMEOWNER,
	DW_USER_PROVIDER,
	DW_USER_ADMIN,
	DW_USER_TYPE_COUNT
} DwUserType;

/* Labels of dwello.user_status, in order. */
typedef enum DwUserStatus
{
	DW_USER_ACTIVE,
	DW_USER_INACTIVE,
	DW_USER_SUSPENDED,
	DW_USER_PENDING_VERIFICATION,
	DW_USER_STATUS_COUNT
} DwUserStatus;

/* What has been verified of a user, and what the settings ask for. */
typedef struct DwVerification
{
	bool		email;			/* the e-mail address is his */
	bool		phone;			/* the telephone number is his */
	bool		provider;		/* checked as a service provider */
} DwVerification;

extern const char *dw_user_type_label(DwUserType type);
extern bool dw_user_type_parse(const char *text, DwUserType *type);
extern const char *dw_user_status_label(DwUserStatus status);
extern bool dw_user_status_parse(const char *text, DwUserStatus *status);

/* The kind of actor that a user's own token makes of him. */
extern DwActorKind dw_user_actor(DwUserType type);

/*
 * The status after a verification: pending becomes active once everything
 * that is required of this type has been verified; any other status stays.
 */
extern DwUserStatus dw_user_verified_status(DwUserType type,
											DwUserStatus status,
											const DwVerification *has,
											const DwVerification *required);

/*
 * The status of a suspended user once he is let in again: what verification
 * makes of him, as if he had just been verified.
 */
extern DwUserStatus dw_user_reinstated_status(DwUserType type,
											  const DwVerification *has,
											  const DwVerification *required);

/* What verify_user can say of a user, as its argument has it. */
typedef enum DwVerifiable
{
	DW_VERIFY_EMAIL,
	DW_VERIFY_PHONE,
	DW_VERIFY_PROVIDER,
	DW_VERIFY_COUNT
} DwVerifiable;

extern const char *dw_verifiable_label(DwVerifiable what);
extern bool dw_verifiable_parse(const char *text, DwVerifiable *what);

/* The flag of `has` that a verification sets. */
extern bool *dw_verification_flag(DwVerification *has, DwVerifiable what);

/*
 * True for a language tag in the form of BCP 47: two or three letters, then
 * subtags of one to eight letters or digits, each after a hyphen.
 */
extern bool dw_language_valid(const char *tag);

/* True for a country in the form of ISO 3166 alpha-2: two capital letters. */
extern bool dw_country_valid(const char *code);

#endif							/* DW_USER_H */
