/*
 * account.h
 *		What a user is, and what they may tell of themselves.
 */
#ifndef DW_ACCOUNT_H
#define DW_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/base.h"

/*
 * The one spelling of an e-mail address and of a phone number.
 *
 * Two spellings of the same address must meet in the same blind index, so
 * what is indexed is never what a person typed but what these functions make
 * of it.  Bytes above 127 pass as they are.
 */

#define DW_EMAIL_MAX	254		/* RFC 5321: the longest usable address */
#define DW_PHONE_MAX	16		/* E.164: a plus and fifteen digits */

/*
 * Writes the address trimmed and with ASCII letters in lower case, ended by
 * a zero.  DW_BAD_VALUE unless it is local@domain without blanks or control
 * characters; DW_TEXT_TOO_LONG over DW_EMAIL_MAX bytes.
 */
extern DwResult dw_email_normalise(const char *text, size_t length,
								   char space[DW_EMAIL_MAX + 1]);

/*
 * Writes the digits, and the plus if the number begins with one, ended by a
 * zero.  Blanks, dots, hyphens, slashes and parentheses are left out;
 * anything else, or fewer than four digits, is DW_BAD_VALUE; more than
 * fifteen digits are DW_TEXT_TOO_LONG.
 */
extern DwResult dw_phone_normalise(const char *text, size_t length,
								   char space[DW_PHONE_MAX + 1]);

/*
 * What a new account must have, asked of the one spelling.  Stricter than
 * the spelling itself: an account is looked up by whatever was typed, but
 * made only with what mail can be sent to and what can be dialled.
 *
 * address: one @, no blanks or control characters, and a domain of at least
 * two labels.  number: seven to fifteen digits (E.164).
 */
extern bool dw_email_usable(const char *address);
extern bool dw_phone_usable(const char *number);

/*
 * The kinds of credentials: what a provider has, what a job asks for.
 */

/* Labels of dwello.credential_type, in order. */
typedef enum DwCredentialType
{
	DW_CREDENTIAL_LICENSE,		/* met by issuer or name */
	DW_CREDENTIAL_INSURANCE,	/* met by an amount in minor units */
	DW_CREDENTIAL_CERTIFICATION,	/* met by issuer or name */
	DW_CREDENTIAL_EXPERIENCE,	/* met by years */
	DW_CREDENTIAL_EQUIPMENT		/* met by issuer or name */
} DwCredentialType;

DW_LABELS_OF(credential_type, DwCredentialType);

#define DW_CREDENTIAL_NO_NUMBER	(-1)	/* a number that it does not have */

/* What a credential can meet a requirement with. */
typedef struct DwCredentialFacts
{
	DwCredentialType type;		/* its kind */
	const char *issuer;			/* or NULL */
	const char *name;			/* or NULL */
	int64_t		amount;			/* insured, minor units, or no number */
	int32_t		years;			/* of experience, or no number */
} DwCredentialFacts;

/* True when a requirement of this kind is a number to be reached. */
extern bool dw_credential_type_counts(DwCredentialType type);

/* The bit of a kind in the sets that indexes keep; the last kind's is 4. */
#define DW_CREDENTIAL_BIT(type)	(INT64_C(1) << (type))
#define DW_CREDENTIAL_BITS		(DW_CREDENTIAL_BIT(5) - 1)

/*
 * What may be kept of a way to pay: never the number itself; and what it can.
 */

/* Labels of dwello.payment_method_type, in order. */
typedef enum DwPaymentMethodType
{
	DW_METHOD_CREDIT_CARD,
	DW_METHOD_DEBIT_CARD,
	DW_METHOD_BANK_ACCOUNT,
	DW_METHOD_PAYPAL,
	DW_METHOD_STRIPE,			/* an account there, a wallet to us */
	DW_METHOD_TYPE_COUNT
} DwPaymentMethodType;

DW_LABELS_OF(payment_method_type, DwPaymentMethodType);

/* What a method can at best, by its kind. */
typedef struct DwMethodAbility
{
	bool		can_pay;		/* money can be asked of it */
	bool		can_receive;	/* money can be sent to it, once verified */
} DwMethodAbility;

/* Of a kind; what one method can is for verify_payment_method to say. */
extern DwMethodAbility dw_method_ability(DwPaymentMethodType type);

/* A method that a payout may go to. */
typedef struct DwDestination
{
	DwUuid		id;				/* payment_methods.id */
	const char *psp;			/* payment company */
	bool		can_receive;	/* verified for it, and not expired */
	bool		is_default;		/* taken unless another is named */
} DwDestination;

/*
 * The one that a payout goes to when none was named: the default one if it
 * can receive, else the only one that can.  NULL: none, or no single one.
 */
extern const DwDestination *dw_destination_choose(const DwDestination *all,
												  int count);

/* True for exactly four digits: all of a card that may be shown. */
extern bool dw_last_four_valid(const char *text);

/*
 * True for what can only be a card's own number: 12 to 19 digits, blanks and
 * hyphens among them, with a right check digit (Luhn).  A payment company's
 * token never is one, so that keeps a mistake of the caller off the disk.
 */
extern bool dw_card_number_like(const char *text);

/*
 * What a user may tell of themselves.
 */

/* Limits of texts, in characters. */
#define DW_PROFILE_BIO_MAX			5000
#define DW_PROFILE_COMPANY_MAX		200
#define DW_PROFILE_URL_MAX			500
#define DW_PROFILE_SPECIALTY_MAX	100

#define DW_PROFILE_SPECIALTIES_MAX	50	/* specialties of one provider */
#define DW_PROFILE_CATEGORIES_MAX	100 /* categories that one chooses */
#define DW_PROFILE_YEARS_MAX		100 /* years of experience */

/* Limits of documents, in bytes as jsonb keeps them. */
#define DW_PROFILE_AREA_BYTES_MAX		102400
#define DW_PROFILE_DOCUMENT_BYTES_MAX	20480

/*
 * True for an address that a browser can be sent to without doing anything
 * but fetch it: http:// or https://, a host, no user's name before it, and
 * no blank, control character, quote, angle bracket or backslash anywhere.
 */
extern bool dw_url_valid(const char *url);

/* True when nothing but blanks stands in a text; also for an empty one. */
extern bool dw_text_blank(const char *text);

/*
 * What a user is and which status they have.
 */

/* Limits of texts, in characters. */
#define DW_USER_NAME_MAX		100 /* a first or a last name */
#define DW_USER_HASH_MAX		500 /* a password's hash */
#define DW_USER_TIMEZONE_MAX	64
#define DW_USER_LANGUAGE_MAX	35
#define DW_USER_REASON_MAX		500 /* why they were suspended */

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
	bool		email;			/* the e-mail address is theirs */
	bool		phone;			/* the telephone number is theirs */
	bool		provider;		/* checked as a service provider */
} DwVerification;

DW_LABELS_OF(user_type, DwUserType);
DW_LABELS_OF(user_status, DwUserStatus);

/*
 * The status after a verification: pending becomes active once everything
 * that is required of this type has been verified; any other status stays.
 */
extern DwUserStatus dw_user_verified_status(DwUserType type,
											DwUserStatus status,
											const DwVerification *has,
											const DwVerification *required);

/*
 * The status of a suspended user once they are let in again: what verification
 * makes of them, as if they had just been verified.
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

DW_LABELS_OF(verifiable, DwVerifiable);

/* The flag of `has` that a verification sets. */
extern bool *dw_verification_flag(DwVerification *has, DwVerifiable what);

/*
 * True for a language tag in the form of BCP 47: two or three letters, then
 * subtags of one to eight letters or digits, each after a hyphen.
 */
extern bool dw_language_valid(const char *tag);

/* True for a country in the form of ISO 3166 alpha-2: two capital letters. */
extern bool dw_country_valid(const char *code);

/*
 * Who may be given which token, and who may see whose contact.
 */

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
extern DwResult dw_token_role(DwUserType type, const char *asked,
							  DwActorKind *role);

/*
 * May this caller see the contact of the user?  shares_job: one is homeowner
 * and the other the provider of a contract in which they may reach each other.
 */
extern bool dw_contact_visible(const DwActor *caller, const DwUuid *user_id,
							   bool shares_job);

#endif							/* DW_ACCOUNT_H */
