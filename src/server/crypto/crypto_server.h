/*
 * crypto_server.h
 *		Secrets: the keyring file, sealed values, digests, fresh ids.
 */
#ifndef DW_CRYPTO_SERVER_H
#define DW_CRYPTO_SERVER_H

#include "postgres.h"

#include "core/base/base.h"
#include "core/geo/geo.h"
#include "core/identity/identity.h"

/*
 * Sealed values, blind indexes, digests: all that uses OpenSSL.
 *
 * A sealed value opens only in the column and the row it was sealed for.
 * All functions that need a key raise WD601 without one.
 */

#define DW_SHA256_BYTES		32
#define DW_BLIND_BYTES		16

/*
 * The sealed columns of the schema, and the row whose id binds the value.
 * The text is part of every sealed value: it can never change.
 */
#define DW_SEAL_EMAIL	"users.email"	/* users.id */
#define DW_SEAL_PHONE	"users.phone"	/* users.id */
#define DW_SEAL_PASSWORD	"users.password_hash"	/* users.id */
#define DW_SEAL_CODE	"user_codes.target" /* user_codes.id */
#define DW_SEAL_STREET	"user_addresses.street" /* user_addresses.id */
#define DW_SEAL_POINT	"user_addresses.point"	/* user_addresses.id */
#define DW_SEAL_NUMBER	"provider_credentials.number"	/* its id */
#define DW_SEAL_SITE	"job_sites.street"	/* job_sites.job_id */
#define DW_SEAL_SITE_POINT	"job_sites.point"	/* job_sites.job_id */
#define DW_SEAL_LEGAL_NAME	"tax_profiles.legal_name"	/* its id */
#define DW_SEAL_TAX_ID	"tax_profiles.tax_id"	/* its id */
#define DW_SEAL_VAT_ID	"tax_profiles.vat_id"	/* its id */
#define DW_SEAL_PERSON	"person_keys.key"	/* person_keys.user_id */

/* What a blind index is made of; each kind has an index space of its own. */
typedef enum DwBlindKind
{
	DW_BLIND_EMAIL = 0,
	DW_BLIND_PHONE
} DwBlindKind;

/*
 * Seals a text for one place: column is "table.column", row_id the row's id.
 * NULL gives NULL.  Every call gives another value.  The first one in a
 * database makes its data id.
 */
extern bytea *dw_seal(const char *column, const DwUuid *row_id,
					  const char *plain);

/* Opens a sealed value; NULL gives NULL; WD602 when it does not open. */
extern char *dw_unseal(const char *column, const DwUuid *row_id,
					   const bytea *sealed);

/* The same without an error: NULL when it does not open. */
extern char *dw_seal_try(const char *column, const DwUuid *row_id,
						 const bytea *sealed);

/* The same value under the newest key; NULL when it does not open. */
extern bytea *dw_reseal_try(const char *column, const DwUuid *row_id,
							const bytea *sealed);

/* dw_seal() and dw_unseal() of a place; one that is none is WD602, too. */
extern bytea *dw_seal_point(const char *column, const DwUuid *row_id,
							const DwDegrees *place);
extern DwDegrees dw_unseal_point(const char *column, const DwUuid *row_id,
								 const bytea *sealed);

/*
 * The same under the key of a person, for what must be unreadable once that
 * is gone.  Sealing makes the key at a person's first need and gives NULL
 * for who was erased; opening gives NULL when it does not open, also for the
 * lack of a key.  Both work for any caller.
 */
extern bytea *dw_person_seal(const DwUuid *person, const char *column,
							 const DwUuid *row_id, const char *plain);
extern char *dw_person_open(const DwUuid *person, const char *column,
							const DwUuid *row_id, const bytea *sealed);

/* Listens to what ends the keys that are kept; once, from _PG_init. */
extern void dw_person_init(void);

/* The keys that values were made with; 0 when they are none of ours. */
extern int32 dw_sealed_key_id(const bytea *sealed);
extern int32 dw_blind_key_id(const bytea *index);

/*
 * The blind index of an e-mail address or phone number under an index key:
 * its id in four bytes, and DW_BLIND_BYTES.  The spelling is made one first
 * (core/account.h); NULL when it is no address or number at all, and so
 * cannot be found either.
 */
extern bytea *dw_blind_index(DwBlindKind kind, const char *text,
							 const DwKey *key);

/* SHA-256 of any bytes. */
extern void dw_sha256(const void *data, size_t size,
					  uint8 digest[DW_SHA256_BYTES]);

/* HMAC-SHA-256 under one key of the keyring. */
extern void dw_hmac(const DwKey *key, const void *data, size_t size,
					uint8 digest[DW_SHA256_BYTES]);

/* Compares secrets in a time that does not hang on where they differ. */
extern bool dw_secret_equal(const void *a, const void *b, size_t size);

/* Fills space with unpredictable bytes. */
extern void dw_random(void *space, size_t size);

/*
 * The keyring file: where the secrets are, and how they are made.
 *
 * Keys stay in this backend's memory and in the file; they are never an SQL
 * value, never printed and never sent.  Everything here raises WD601 when
 * the file cannot be used, with a hint and without its contents.
 */

/* What dw_keyring_create did about one kind of key. */
typedef struct DwKeyMade
{
	int32		key_id;			/* the newest key of the kind */
	bool		created;		/* false: it was there before */
} DwKeyMade;

/*
 * The id of what the database holds, 128 random bits: sealed values are bound
 * to it, and it moves with them.  NULL where it has none yet, unless make.
 * Works for any caller, and good until the transaction ends.
 */
extern const DwUuid *dw_data_id(bool make);

/* Defines the setting dwello.keyring_file; once, from _PG_init. */
extern void dw_keyring_init(void);

/*
 * The keyring as the file has it, looked at once per transaction.  Good
 * until the transaction ends.
 */
extern const DwKeyring *dw_keyring_load(void);

/* The same, but a file that is not there is a keyring without a key. */
extern const DwKeyring *dw_keyring_peek(void);

/*
 * What is wrong with the keyring, in words that follow "The keyring file
 * cannot be used:"; NULL when there is a key of each kind.  Raises nothing
 * for a bad file.
 */
extern const char *dw_keyring_objection(void);

/* Another number whenever dw_keyring_load() has read the file again. */
extern int64 dw_keyring_reading(void);

/* The key that new work of a kind uses; WD601 when there is none. */
extern const DwKey *dw_keyring_need(DwKeyKind kind);

/*
 * Makes the file, and a first key of each kind that has none, and notes the
 * ids of all keys in the database.  Nothing that is there is ever
 * overwritten; safe against two at once and a crash.  Wants an open SPI.
 */
extern void dw_keyring_create(DwKeyMade made[DW_KEY_KIND_COUNT]);

/*
 * Appends a new key of a kind, which new work uses from now on; its id.  All
 * keys of the file are noted.  The others stay as they are.
 */
extern int32 dw_keyring_rotate(DwKeyKind kind);

/*
 * Notes that a key is retired that nothing needs, and takes it out of the
 * file as the transaction commits, which must not have written anything else
 * and be no subtransaction.
 */
extern void dw_keyring_retire(DwKeyKind kind, int32 key_id);

/* True while the file's place is inside the data directory. */
extern bool dw_keyring_in_data_directory(void);

/*
 * A fresh, time-ordered UUID (version 7, RFC 9562): milliseconds of the
 * clock, their fraction in 12 bits, and random bits.  Within a backend each
 * is greater than the one before, also when the clock steps back.
 */
extern DwUuid dw_uuid_fresh(void);

#endif							/* DW_CRYPTO_SERVER_H */
