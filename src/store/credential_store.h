/*
 * credential_store.h
 *		Rows of dwello.provider_credentials.
 */
#ifndef DW_CREDENTIAL_STORE_H
#define DW_CREDENTIAL_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/uuid.h"

#define DW_CREDENTIAL_NONE	(-1)	/* no amount, no years */

/* A credential; the number is sealed on the way in, and never read. */
typedef struct DwCredential
{
	DwUuid		user_id;		/* whose it is */
	DwUuid		id;				/* provider_credentials.id */
	const char *credential_type;	/* label of credential_type */
	const char *name;			/* what a job's requirement asks for */
	const char *issuer;			/* or NULL */
	const char *number;			/* plain, or NULL */
	DateADT		valid_from;		/* DATEVAL_NOBEGIN = not said */
	DateADT		valid_until;	/* its last day; likewise */
	int64		amount;			/* insured, in minor units, or NONE */
	int32		years;			/* of experience, or NONE */
	TimestampTz verified_at;	/* DT_NOBEGIN = not verified */
	int32		version;		/* of the row */
} DwCredential;

/* Writes a new credential, not verified, version 1. */
extern void dw_credential_insert(const DwCredential *credential,
								 TimestampTz now);

/* Locks and reads what a verification needs; false when there is none. */
extern bool dw_credential_lock(const DwUuid *user_id, const DwUuid *id,
							   DwCredential *credential);

/* Writes that it was verified now, and counts the version up. */
extern void dw_credential_verify(DwCredential *credential, TimestampTz now);

#endif							/* DW_CREDENTIAL_STORE_H */
