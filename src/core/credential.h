/*
 * credential.h
 *		The kinds of credentials: what a provider has, what a job asks for.
 */
#ifndef DW_CREDENTIAL_H
#define DW_CREDENTIAL_H

#include <stdbool.h>
#include <stdint.h>

/* Labels of dwello.credential_type, in order. */
typedef enum DwCredentialType
{
	DW_CREDENTIAL_LICENSE,		/* met by issuer or name */
	DW_CREDENTIAL_INSURANCE,	/* met by an amount in minor units */
	DW_CREDENTIAL_CERTIFICATION,	/* met by issuer or name */
	DW_CREDENTIAL_EXPERIENCE,	/* met by years */
	DW_CREDENTIAL_EQUIPMENT		/* met by issuer or name */
} DwCredentialType;

extern const char *dw_credential_type_label(DwCredentialType value);
extern bool dw_credential_type_parse(const char *text,
									 DwCredentialType *value);

/* True when a requirement of this kind is a number to be reached. */
extern bool dw_credential_type_counts(DwCredentialType type);

/* The bit of a kind in the sets that indexes keep; the last kind's is 4. */
#define DW_CREDENTIAL_BIT(type)	(INT64_C(1) << (type))
#define DW_CREDENTIAL_BITS		(DW_CREDENTIAL_BIT(5) - 1)

#endif							/* DW_CREDENTIAL_H */
