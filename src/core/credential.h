/*
 * credential.h
 *		The kinds of credentials: what a provider has, what a job asks for.
 */
#ifndef DW_CREDENTIAL_H
#define DW_CREDENTIAL_H

#include <stdbool.h>

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

#endif							/* DW_CREDENTIAL_H */
