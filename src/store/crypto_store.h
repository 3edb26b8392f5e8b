/*
 * crypto_store.h
 *		Sealed values, blind indexes, digests: all that uses OpenSSL.
 *
 * A sealed value opens only in the column and the row it was sealed for.
 * All functions that need a key raise WD601 without one.
 */
#ifndef DW_CRYPTO_STORE_H
#define DW_CRYPTO_STORE_H

#include "postgres.h"

#include "core/keyring.h"
#include "core/uuid.h"

#define DW_SHA256_BYTES		32
#define DW_BLIND_BYTES		16

/*
 * The sealed columns of the schema, and the row whose id binds the value.
 * The text is part of every sealed value: it can never change.
 */
#define DW_SEAL_EMAIL	"users.email"	/* users.id */
#define DW_SEAL_PHONE	"users.phone"	/* users.id */
#define DW_SEAL_STREET	"user_addresses.street" /* user_addresses.id */
#define DW_SEAL_NUMBER	"provider_credentials.number"	/* its id */
#define DW_SEAL_SITE	"job_sites.street"	/* job_sites.job_id */

/* What a blind index is made of; each kind has an index space of its own. */
typedef enum DwBlindKind
{
	DW_BLIND_EMAIL = 0,
	DW_BLIND_PHONE
} DwBlindKind;

/*
 * Seals a text for one place: column is "table.column", row_id the row's id.
 * NULL gives NULL.  Every call gives another value.
 */
extern bytea *dw_seal(const char *column, const DwUuid *row_id,
					  const char *plain);

/* Opens a sealed value; NULL gives NULL; WD602 when it does not open. */
extern char *dw_unseal(const char *column, const DwUuid *row_id,
					   const bytea *sealed);

/* The key a sealed value was made with; 0 when it is not a sealed value. */
extern int32 dw_sealed_key_id(const bytea *sealed);

/*
 * The blind index of an e-mail address or phone number, of DW_BLIND_BYTES.
 * The spelling is made one first (core/contact.h); NULL when it is no
 * address or number at all, and so cannot be found either.
 */
extern bytea *dw_blind_index(DwBlindKind kind, const char *text);

/* SHA-256 of any bytes. */
extern void dw_sha256(const void *data, size_t size,
					  uint8 digest[DW_SHA256_BYTES]);

/* HMAC-SHA-256 under one key of the keyring. */
extern void dw_hmac(const DwKey *key, const void *data, size_t size,
					uint8 digest[DW_SHA256_BYTES]);

/* True when both are equal, in a time that does not tell where they differ. */
extern bool dw_bytes_equal(const void *a, const void *b, size_t size);

/* Fills space with unpredictable bytes. */
extern void dw_random(void *space, size_t size);

#endif							/* DW_CRYPTO_STORE_H */
