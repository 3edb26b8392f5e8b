/*
 * crypto_server.c
 *		What is done with the keys of the keyring: seals with AES-256-GCM,
 *		indexes and signatures with HMAC-SHA-256; and identifiers of random
 *		bytes.
 *
 * A sealed value is, in this order:
 *
 *		version (1 byte, 2) | key id (4, network order) | nonce (12) |
 *		tag (16) | ciphertext (as long as the text)
 *
 * The associated data is version and key id, the data id of the database,
 * "table.column" with its zero, and the row's sixteen bytes: a value copied
 * to another row, column or database does not open.  The nonce is drawn at
 * random: with 96 bits a key may seal 2^32 values before a collision is worth
 * a thought (NIST SP 800-38D), and rotate_key() comes long before.  Key id 0
 * is that of a person's own key (person_server.c), which whoever opens the
 * value says.
 *
 * A blind index is the id of its key (4 bytes, network order) before the
 * digest: so it is known which rows an old key has made, and two keys live
 * beside each other.
 */
#include "postgres.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <time.h>

#include "port/pg_bswap.h"

#include "core/account/account.h"
#include "server/crypto/crypto_server.h"
#include "server/crypto/crypto_server_int.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"

#define SEAL_VERSION	2
#define KEY_ID_BYTES	4		/* in network order */
#define NONCE_BYTES		12
#define TAG_BYTES		16

/* Nonces drawn at once: a draw costs more than a seal, whatever its size. */
#define NONCE_STOCK		64

/* The head of a sealed value; the ciphertext follows. */
typedef struct SealHead
{
	uint8		version;		/* SEAL_VERSION */
	uint8		key_id[KEY_ID_BYTES];	/* of the key that sealed it */
	uint8		nonce[NONCE_BYTES]; /* never used twice with a key */
	uint8		tag[TAG_BYTES]; /* proves text, head and place */
} SealHead;

StaticAssertDecl(sizeof(SealHead) == 33, "a sealed value has no padding");

/* How much of the head is associated data: version and key id. */
#define HEAD_BOUND	offsetof(SealHead, nonce)

/* What a value is bound to. */
typedef struct SealPlace
{
	const DwUuid *data_id;		/* of the database; NULL = it has none */
	const char *column;			/* "table.column" */
	const DwUuid *row_id;		/* of the row */
} SealPlace;

/* The two ways through the cipher. */
typedef enum Direction
{
	OPEN = 0,
	SEAL = 1
} Direction;

static void nonce_draw(uint8 *nonce);
static EVP_CIPHER_CTX *cipher_get(void);
static EVP_MD_CTX *hash_get(void);
static EVP_MAC_CTX *mac_make(void);
static EVP_MAC_CTX *mac_get(const DwKey *key);
static bool cipher_begin(EVP_CIPHER_CTX *cipher, Direction direction,
						 const DwKey *key, const SealHead *head);
static bool cipher_bind(EVP_CIPHER_CTX *cipher, const SealHead *head,
						const SealPlace *place);
static void key_id_write(int32 key_id, uint8 *bytes);
static int32 key_id_read(const uint8 *bytes);
static const SealHead *sealed_head(const bytea *sealed);
pg_noreturn static void broken_library(void);
pg_noreturn static void unreadable(const char *column);

/* Seals bytes for one place under a key. */
static bytea *
bytes_seal(const DwKey *key, const char *column, const DwUuid *row_id,
		   const void *plain, size_t size)
{
	const SealPlace place = {dw_data_id(true), column, row_id};
	EVP_CIPHER_CTX *cipher = cipher_get();
	SealHead   *head;
	bytea	   *sealed;
	int			used;

	sealed = palloc(VARHDRSZ + sizeof(SealHead) + size);
	SET_VARSIZE(sealed, VARHDRSZ + sizeof(SealHead) + size);
	head = (SealHead *) VARDATA(sealed);
	head->version = SEAL_VERSION;
	key_id_write(key->id, head->key_id);
	nonce_draw(head->nonce);

	if (!cipher_begin(cipher, SEAL, key, head) ||
		!cipher_bind(cipher, head, &place) ||
		EVP_CipherUpdate(cipher, (uint8 *) (head + 1), &used,
						 (const uint8 *) plain, (int) size) != 1 ||
		EVP_CipherFinal_ex(cipher, (uint8 *) (head + 1) + used, &used) != 1 ||
		EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
							head->tag) != 1)
		broken_library();
	return sealed;
}

/*
 * Opens bytes, and ends them with a zero; NULL when they do not open, or
 * there is no key.
 */
static char *
bytes_open(const DwKey *key, const char *column, const DwUuid *row_id,
		   const bytea *sealed, size_t *size)
{
	const SealPlace place = {dw_data_id(false), column, row_id};
	EVP_CIPHER_CTX *cipher = cipher_get();
	const SealHead *head = sealed_head(sealed);
	char	   *plain;
	int			used;

	if (key == NULL || head == NULL || place.data_id == NULL ||
		key_id_read(head->key_id) != key->id)
		return NULL;
	*size = VARSIZE_ANY_EXHDR(sealed) - sizeof(SealHead);
	plain = palloc(*size + 1);

	if (!cipher_begin(cipher, OPEN, key, head) ||
		EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_BYTES,
							unconstify(uint8 *, &head->tag[0])) != 1 ||
		!cipher_bind(cipher, head, &place) ||
		EVP_CipherUpdate(cipher, (uint8 *) plain, &used,
						 (const uint8 *) (head + 1), (int) *size) != 1 ||
		EVP_CipherFinal_ex(cipher, (uint8 *) plain + used, &used) != 1)
	{
		/* what came out of it is nobody's text */
		pfree(plain);
		return NULL;
	}
	plain[*size] = '\0';
	return plain;
}

/* The key of the keyring that has sealed a value; NULL when it has none. */
static const DwKey *
sealing_key(const bytea *sealed)
{
	return dw_keyring_get(dw_keyring_load(), DW_KEY_PII,
						  dw_sealed_key_id(sealed));
}

bytea *
dw_seal(const char *column, const DwUuid *row_id, const char *plain)
{
	return plain == NULL ? NULL
		: bytes_seal(dw_keyring_need(DW_KEY_PII), column, row_id, plain,
					 strlen(plain));
}

char *
dw_seal_try(const char *column, const DwUuid *row_id, const bytea *sealed)
{
	size_t		size;

	return bytes_open(sealing_key(sealed), column, row_id, sealed, &size);
}

bytea *
dw_reseal_try(const char *column, const DwUuid *row_id, const bytea *sealed)
{
	size_t		size;
	char	   *plain = bytes_open(sealing_key(sealed), column, row_id, sealed,
								   &size);

	return plain == NULL ? NULL
		: bytes_seal(dw_keyring_need(DW_KEY_PII), column, row_id, plain,
					 size);
}

bytea *
dw_person_seal(const DwUuid *person, const char *column,
			   const DwUuid *row_id, const char *plain)
{
	const DwKey *key = dw_person_key(person, true);

	return key == NULL ? NULL
		: bytes_seal(key, column, row_id, plain, strlen(plain));
}

char *
dw_person_open(const DwUuid *person, const char *column,
			   const DwUuid *row_id, const bytea *sealed)
{
	size_t		size;

	return bytes_open(dw_person_key(person, false), column, row_id, sealed,
					  &size);
}

char *
dw_unseal(const char *column, const DwUuid *row_id, const bytea *sealed)
{
	char	   *plain;

	if (sealed == NULL)
		return NULL;
	plain = dw_seal_try(column, row_id, sealed);
	if (plain == NULL)
		unreadable(column);
	return plain;
}

bytea *
dw_seal_point(const char *column, const DwUuid *row_id,
			  const DwDegrees *place)
{
	uint8		plain[DW_DEGREES_BYTES];

	dw_degrees_write(place, plain);
	return bytes_seal(dw_keyring_need(DW_KEY_PII), column, row_id, plain,
					  sizeof(plain));
}

DwDegrees
dw_unseal_point(const char *column, const DwUuid *row_id,
				const bytea *sealed)
{
	DwDegrees	place = {0};
	size_t		size = 0;
	char	   *plain = bytes_open(sealing_key(sealed), column, row_id, sealed,
								   &size);

	if (plain == NULL || size != DW_DEGREES_BYTES ||
		!dw_degrees_read((const uint8 *) plain, &place))
		unreadable(column);
	return place;
}

int32
dw_sealed_key_id(const bytea *sealed)
{
	const SealHead *head = sealed_head(sealed);

	return head == NULL ? 0 : key_id_read(head->key_id);
}

int32
dw_blind_key_id(const bytea *index)
{
	if (VARSIZE_ANY_EXHDR(index) != KEY_ID_BYTES + DW_BLIND_BYTES)
		return 0;
	return key_id_read((const uint8 *) VARDATA_ANY(index));
}

bytea *
dw_blind_index(DwBlindKind kind, const char *text, const DwKey *key)
{
	/* one letter keeps the kinds apart; the address follows */
	char		message[1 + DW_EMAIL_MAX + 1];
	uint8		digest[DW_SHA256_BYTES];
	DwResult	result;
	bytea	   *index;

	if (kind == DW_BLIND_EMAIL)
		result = dw_email_normalise(text, strlen(text), message + 1);
	else
		result = dw_phone_normalise(text, strlen(text), message + 1);
	if (result != DW_OK)
		return NULL;
	message[0] = kind == DW_BLIND_EMAIL ? 'e' : 'p';
	dw_hmac(key, message, strlen(message), digest);
	index = palloc(VARHDRSZ + KEY_ID_BYTES + DW_BLIND_BYTES);
	SET_VARSIZE(index, VARHDRSZ + KEY_ID_BYTES + DW_BLIND_BYTES);
	key_id_write(key->id, (uint8 *) VARDATA(index));
	memcpy(VARDATA(index) + KEY_ID_BYTES, digest, DW_BLIND_BYTES);
	return index;
}

/* Digests any bytes. */
void
dw_sha256(const void *data, size_t size, uint8 digest[DW_SHA256_BYTES])
{
	EVP_MD_CTX *hash = hash_get();

	if (EVP_DigestInit_ex(hash, NULL, NULL) != 1 ||
		EVP_DigestUpdate(hash, data, size) != 1 ||
		EVP_DigestFinal_ex(hash, digest, NULL) != 1)
		broken_library();
}

/* Authenticates any bytes with one key. */
void
dw_hmac(const DwKey *key, const void *data, size_t size,
		uint8 digest[DW_SHA256_BYTES])
{
	EVP_MAC_CTX *mac = mac_get(key);
	size_t		length;

	if (EVP_MAC_update(mac, data, size) != 1 ||
		EVP_MAC_final(mac, digest, &length, DW_SHA256_BYTES) != 1)
		broken_library();
}

bool
dw_secret_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}

/* Gives twelve random bytes that were never given before. */
static void
nonce_draw(uint8 *nonce)
{
	static uint8 stock[NONCE_STOCK][NONCE_BYTES];
	static int	left = 0;

	if (left == 0)
	{
		dw_random(stock, sizeof(stock));
		left = NONCE_STOCK;
	}
	memcpy(nonce, stock[--left], NONCE_BYTES);
}

/*
 * Gives the backend's one cipher context, set to AES-256-GCM: looking the
 * cipher up costs more than sealing an address.
 */
static EVP_CIPHER_CTX *
cipher_get(void)
{
	static EVP_CIPHER_CTX *cipher = NULL;

	if (cipher == NULL)
	{
		EVP_CIPHER_CTX *fresh = EVP_CIPHER_CTX_new();

		if (fresh == NULL ||
			EVP_CipherInit_ex(fresh, EVP_aes_256_gcm(), NULL, NULL, NULL,
							  SEAL) != 1)
		{
			EVP_CIPHER_CTX_free(fresh);
			broken_library();
		}
		cipher = fresh;
	}
	return cipher;
}

/* Gives the backend's one SHA-256 context, for the same reason. */
static EVP_MD_CTX *
hash_get(void)
{
	static EVP_MD_CTX *hash = NULL;

	if (hash == NULL)
	{
		EVP_MD	   *method = EVP_MD_fetch(NULL, "SHA256", NULL);
		EVP_MD_CTX *fresh = EVP_MD_CTX_new();

		if (fresh == NULL || method == NULL ||
			EVP_DigestInit_ex(fresh, method, NULL) != 1)
		{
			EVP_MD_CTX_free(fresh);
			EVP_MD_free(method);
			broken_library();
		}
		EVP_MD_free(method);	/* the context keeps its own hold */
		hash = fresh;
	}
	return hash;
}

/* Makes an HMAC-SHA-256 context that has no key yet. */
static EVP_MAC_CTX *
mac_make(void)
{
	char		name[] = "SHA256";
	OSSL_PARAM	digest[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end()
	};
	EVP_MAC    *method = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *fresh = EVP_MAC_CTX_new(method);

	EVP_MAC_free(method);
	if (fresh == NULL || EVP_MAC_CTX_set_params(fresh, digest) != 1)
	{
		EVP_MAC_CTX_free(fresh);
		broken_library();
	}
	return fresh;
}

/*
 * Gives the backend's context for a kind of key, ready to be fed: it knows
 * the key that it was last used with, and to set one costs as much as to
 * authenticate a line.
 */
static EVP_MAC_CTX *
mac_get(const DwKey *key)
{
	static struct
	{
		EVP_MAC_CTX *mac;
		bool		has_key;	/* false while one is being set */
		uint8		bytes[DW_KEY_BYTES];
	}			kept[DW_KEY_KIND_COUNT];
	bool		known = kept[key->kind].has_key &&
		memcmp(kept[key->kind].bytes, key->bytes, DW_KEY_BYTES) == 0;

	if (kept[key->kind].mac == NULL)
		kept[key->kind].mac = mac_make();
	kept[key->kind].has_key = false;
	if (EVP_MAC_init(kept[key->kind].mac, known ? NULL : key->bytes,
					 known ? 0 : DW_KEY_BYTES, NULL) != 1)
		broken_library();
	memcpy(kept[key->kind].bytes, key->bytes, DW_KEY_BYTES);
	kept[key->kind].has_key = true;
	return kept[key->kind].mac;
}

/* Sets key and nonce. */
static bool
cipher_begin(EVP_CIPHER_CTX *cipher, Direction direction, const DwKey *key,
			 const SealHead *head)
{
	return EVP_CipherInit_ex(cipher, NULL, NULL, key->bytes, head->nonce,
							 direction) == 1;
}

/* Feeds the associated data: what the value is bound to. */
static bool
cipher_bind(EVP_CIPHER_CTX *cipher, const SealHead *head,
			const SealPlace *place)
{
	const uint8 *name = (const uint8 *) place->column;
	int			used;

	/* the NUL behind the name keeps name and row apart */
	return EVP_CipherUpdate(cipher, NULL, &used, (const uint8 *) head,
							HEAD_BOUND) == 1 &&
		EVP_CipherUpdate(cipher, NULL, &used, place->data_id->bytes,
						 sizeof(place->data_id->bytes)) == 1 &&
		EVP_CipherUpdate(cipher, NULL, &used, name,
						 (int) strlen(place->column) + 1) == 1 &&
		EVP_CipherUpdate(cipher, NULL, &used, place->row_id->bytes,
						 sizeof(place->row_id->bytes)) == 1;
}

/* Writes a key's id in network order. */
static void
key_id_write(int32 key_id, uint8 *bytes)
{
	uint32		id = pg_hton32((uint32) key_id);

	memcpy(bytes, &id, KEY_ID_BYTES);
}

/* Reads one. */
static int32
key_id_read(const uint8 *bytes)
{
	uint32		id;

	memcpy(&id, bytes, KEY_ID_BYTES);
	return (int32) pg_ntoh32(id);
}

/* Gives the head of a sealed value; NULL when it is none of ours. */
static const SealHead *
sealed_head(const bytea *sealed)
{
	const SealHead *head = (const SealHead *) VARDATA_ANY(sealed);

	if (VARSIZE_ANY_EXHDR(sealed) < sizeof(SealHead) ||
		head->version != SEAL_VERSION)
		return NULL;
	return head;
}

/* Raises what can only be a broken OpenSSL. */
static void
broken_library(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INTERNAL_ERROR),
			 errmsg("the cryptographic library failed")));
}

/* Raises WD602.  A wrong key and a moved value look the same, by design. */
static void
unreadable(const char *column)
{
	ereport(ERROR,
			(errcode(ERRCODE_DW_SEALED_VALUE_UNREADABLE),
			 errmsg("sealed value of %s cannot be opened", column),
			 errdetail("It was altered, moved from another place, or its key"
					   " is not in the keyring."),
			 errhint("Put the keyring back that belongs to this database.")));
}

/*
 * Identifiers.
 */

#define NANOSECONDS_PER_STEP 244	/* 1 ms / 4096, floored */

#define RANDOM_BYTES	8		/* of a fresh identifier */
#define RANDOM_STOCK	32		/* drawn at once: a draw costs the same */

/* Steps of 1/4096 ms since 1970, greater at each call in this backend. */
static uint64
clock_steps(void)
{
	static uint64 last = 0;
	struct timespec now;
	uint64		steps;

	clock_gettime(CLOCK_REALTIME, &now);
	steps = (uint64) now.tv_sec * 1000 * 4096 +
		(uint64) (now.tv_nsec / 1000000) * 4096 +
		Min((uint64) (now.tv_nsec % 1000000) / NANOSECONDS_PER_STEP, 4095);
	last = Max(steps, last + 1);
	return last;
}

/* Random bytes for one identifier, used once. */
static const uint8 *
stock_draw(void)
{
	static uint8 stock[RANDOM_STOCK][RANDOM_BYTES];
	static int	left = 0;

	if (left == 0)
	{
		dw_random(stock, sizeof(stock));
		left = RANDOM_STOCK;
	}
	return stock[--left];
}

DwUuid
dw_uuid_fresh(void)
{
	uint64		steps = clock_steps();
	const uint8 *random = stock_draw();

	return dw_uuid_v7(steps / 4096, steps % 4096, random);
}
