/*
 * crypto_server.c
 *		The keyring file, and what is done with its keys: seals with
 *		AES-256-GCM, indexes and signatures with HMAC-SHA-256; and identifiers
 *		of random bytes.
 *
 * A sealed value is, in this order:
 *
 *		version (1 byte, 1) | key id (4, network order) | nonce (12) |
 *		tag (16) | ciphertext (as long as the text)
 *
 * The associated data is version and key id, "table.column" with its zero,
 * and the row's sixteen bytes: a value copied to another row or column does
 * not open.  The nonce is drawn at random: with 96 bits a key may seal 2^32
 * values before a collision is worth a thought (NIST SP 800-38D), and
 * rotate_key() comes long before.
 *
 * The file must be a regular file of the server's user with no access for
 * anyone else; a symbolic link is refused, so that nobody who can write in
 * its directory can point the server to another file.  What was loaded is
 * kept until the file changes (device, inode, size or modification time),
 * which is looked at once per transaction.  A file that vanished or went bad
 * is an error at once: keys taken away must stop working.
 *
 * Writers hold a lock on the directory, write a temporary file and rename
 * it, so that a reader meets the old keyring or the new one, never a half.
 */
#include "postgres.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "miscadmin.h"
#include "pgtime.h"
#include "port/pg_bswap.h"
#include "storage/fd.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "core/account/account.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"

/* How long a second create_keyring() sleeps between two tries, in µs. */
#define LOCK_PAUSE	10000

/* The setting dwello.keyring_file; relative to the data directory. */
static char *keyring_file = NULL;

/* What this backend has loaded. */
static struct
{
	DwKeyring	ring;			/* the keys; empty while not loaded */
	struct stat seen;			/* the file they were read from */
	bool		loaded;			/* ring and seen mean something */
	LocalTransactionId checked; /* transaction that last looked at the file */
}			cache;

/* How often the file was read into the cache. */
static int64 readings = 0;

static void assign_keyring_file(const char *newval, void *extra);
static void cache_drop(void);
static bool same_file(const struct stat *a, const struct stat *b);
static const char *ring_read(DwKeyring *ring, struct stat *seen);
static const char *file_objection(const struct stat *status);
static const char *file_read(int file, struct stat *seen, char *text,
							 int *length);
static int	read_whole(int file, char *text, int size);
pg_noreturn static void unavailable(const char *reason);
static int	directory_lock(void);
static bool ring_fill(DwKeyring *ring, DwKeyMade *made);
static void key_fill(DwKey *key);
static int	ring_write(const DwKeyring *ring);
static bool write_file(const char *path, const char *text, size_t length);

/* Defines the setting that names the file. */
void
dw_keyring_init(void)
{
	DefineCustomStringVariable("dwello.keyring_file",
							   "File that holds dwello's keys.",
							   "A relative path starts at the data directory."
							   " Keep it outside the data directory, or every"
							   " base backup carries the keys.",
							   &keyring_file, "dwello.keyring",
							   PGC_SUSET, GUC_SUPERUSER_ONLY,
							   NULL, assign_keyring_file, NULL);
}

/* Brings the cache up to date; what is wrong with the file, or NULL. */
static const char *
cache_fill(void)
{
	LocalTransactionId now = dw_proc_lxid(MyProc);
	struct stat status;

	if (cache.loaded && LocalTransactionIdIsValid(now) && cache.checked == now)
		return NULL;
	if (!cache.loaded || lstat(keyring_file, &status) != 0 ||
		!same_file(&status, &cache.seen))
	{
		const char *objection;

		cache_drop();
		objection = ring_read(&cache.ring, &cache.seen);
		if (objection != NULL)
			return objection;
		cache.loaded = true;
		readings++;
	}
	cache.checked = now;
	return NULL;
}

const DwKeyring *
dw_keyring_load(void)
{
	const char *objection = cache_fill();

	if (objection != NULL)
		unavailable(objection);
	return &cache.ring;
}

const char *
dw_keyring_objection(void)
{
	const char *objection = cache_fill();

	for (int kind = 0; objection == NULL && kind < DW_KEY_KIND_COUNT; kind++)
		if (dw_keyring_newest(&cache.ring, (DwKeyKind) kind) == NULL)
			objection = psprintf("it has no key of kind \"%s\"",
								 dw_key_kind_label((DwKeyKind) kind));
	return objection;
}

int64
dw_keyring_reading(void)
{
	return readings;
}

/* Gives the newest key of a kind. */
const DwKey *
dw_keyring_need(DwKeyKind kind)
{
	const DwKey *key = dw_keyring_newest(dw_keyring_load(), kind);

	if (key == NULL)
		unavailable(psprintf("it has no key of kind \"%s\"",
							 dw_key_kind_label(kind)));
	return key;
}

void
dw_keyring_create(DwKeyMade made[DW_KEY_KIND_COUNT])
{
	int			lock = directory_lock();
	DwKeyring	ring;
	struct stat seen;
	bool		missing = lstat(keyring_file, &seen) != 0 && errno == ENOENT;
	const char *objection = missing ? NULL : ring_read(&ring, &seen);
	int			error = 0;

	if (objection != NULL)
		unavailable(objection);
	if (missing)
		ring.count = 0;
	if (ring_fill(&ring, made))
		error = ring_write(&ring);
	OPENSSL_cleanse(&ring, sizeof(ring));
	cache_drop();
	if (error != 0)
		unavailable(strerror(error));
	CloseTransientFile(lock);
}

/* Tells whether a copy of the data directory would carry the keys. */
bool
dw_keyring_in_data_directory(void)
{
	char	   *path = make_absolute_path(keyring_file);
	bool		inside = path_is_prefix_of_path(DataDir, path);

	free(path);
	return inside;
}

/* Another place: look there at the next use. */
static void
assign_keyring_file(const char *newval, void *extra)
{
	cache_drop();
}

/* Forgets the keys, and leaves no copy of them in memory. */
static void
cache_drop(void)
{
	OPENSSL_cleanse(&cache.ring, sizeof(cache.ring));
	cache.loaded = false;
	cache.checked = InvalidLocalTransactionId;
}

/* True when nothing says that the file is another or has changed. */
static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
		a->st_size == b->st_size && a->st_mode == b->st_mode &&
		a->st_uid == b->st_uid &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/*
 * Reads and checks the file: NULL, or what is wrong with it.  Raises nothing,
 * so that whoever only asks how it is leaves no open file behind.
 */
static const char *
ring_read(DwKeyring *ring, struct stat *seen)
{
	char		text[DW_KEYRING_MAX_TEXT + 1];
	int			length = 0;
	int			bad_line;
	const char *objection;
	DwResult	result;
	int			file = OpenTransientFile(keyring_file, O_RDONLY | O_NOFOLLOW |
										 O_NONBLOCK | O_CLOEXEC | PG_BINARY);

	if (file < 0)
		return errno == ELOOP ? "it is a symbolic link" :
			pstrdup(strerror(errno));
	objection = file_read(file, seen, text, &length);
	CloseTransientFile(file);
	if (objection != NULL)
		return objection;
	result = dw_keyring_parse(ring, text, length, &bad_line);
	OPENSSL_cleanse(text, sizeof(text));
	if (result == DW_OK)
		return NULL;
	OPENSSL_cleanse(ring, sizeof(*ring));
	return psprintf("line %d is damaged", bad_line);
}

/* Reads the open file, if it is one to trust; NULL, or what is wrong. */
static const char *
file_read(int file, struct stat *seen, char *text, int *length)
{
	const char *objection;

	if (fstat(file, seen) != 0)
		return pstrdup(strerror(errno));
	objection = file_objection(seen);
	if (objection != NULL)
		return objection;
	*length = read_whole(file, text, DW_KEYRING_MAX_TEXT + 1);
	return *length < 0 ? pstrdup(strerror(errno)) : NULL;
}

/* Says what is wrong with the file's kind or rights; NULL when nothing. */
static const char *
file_objection(const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return "it is not a regular file";
	if (status->st_uid != geteuid())
		return "it does not belong to the server's user";
	if ((status->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "its mode lets others in, it must be 0600";
	if (status->st_size > DW_KEYRING_MAX_TEXT)
		return "it is too large";
	return NULL;
}

/* Reads up to size bytes; negative with errno on failure. */
static int
read_whole(int file, char *text, int size)
{
	int			length = 0;

	while (length < size)
	{
		ssize_t		got = read(file, text + length, size - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		length += got;
	}
	return length;
}

/* Raises WD601.  Where the file is goes to the server's log only. */
static void
unavailable(const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_DW_KEYRING_UNAVAILABLE),
			 errmsg("keyring is not available"),
			 errdetail("The keyring file cannot be used: %s.", reason),
			 errdetail_log("The keyring file \"%s\" cannot be used: %s.",
						   keyring_file, reason),
			 errhint("A superuser names the file in dwello.keyring_file and"
					 " makes it with SELECT * FROM"
					 " dwello.create_keyring().")));
}

/*
 * Locks the file's directory against another writer, and gives the open
 * directory; the transaction's end releases it should an error come.
 */
static int
directory_lock(void)
{
	char		path[MAXPGPATH];
	int			directory;

	strlcpy(path, keyring_file, sizeof(path));
	get_parent_directory(path);
	if (path[0] == '\0')
		strlcpy(path, ".", sizeof(path));
	directory = OpenTransientFile(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		unavailable(strerror(errno));
	while (flock(directory, LOCK_EX | LOCK_NB) != 0)
	{
		if (errno != EWOULDBLOCK && errno != EINTR)
			unavailable(strerror(errno));
		CHECK_FOR_INTERRUPTS();
		pg_usleep(LOCK_PAUSE);
	}
	return directory;
}

/* Adds a key of each kind that has none; true when any was added. */
static bool
ring_fill(DwKeyring *ring, DwKeyMade *made)
{
	bool		changed = false;
	int			kind;

	for (kind = 0; kind < DW_KEY_KIND_COUNT; kind++)
	{
		const DwKey *newest = dw_keyring_newest(ring, kind);

		made[kind].created = newest == NULL;
		if (newest == NULL)
		{
			DwKey	   *key = dw_keyring_append(ring, kind);

			if (key == NULL)
				unavailable("it is full");
			key_fill(key);
			newest = key;
			changed = true;
		}
		made[kind].key_id = newest->id;
	}
	return changed;
}

/* Draws the secret and notes the time. */
static void
key_fill(DwKey *key)
{
	pg_time_t	now = timestamptz_to_time_t(GetCurrentTimestamp());

	if (!pg_strong_random(key->bytes, sizeof(key->bytes)))
		unavailable("the server has no strong random numbers");
	pg_strftime(key->created, sizeof(key->created), "%Y-%m-%dT%H:%M:%SZ",
				pg_gmtime(&now));
}

/*
 * Puts the ring in the file's place; the caller holds the lock.  Gives 0, or
 * the errno of what failed, so that the caller can wipe before it raises.
 */
static int
ring_write(const DwKeyring *ring)
{
	char		text[DW_KEYRING_MAX_TEXT];
	size_t		length = dw_keyring_write(ring, text, sizeof(text));
	char	   *path = psprintf("%s.tmp", keyring_file);
	int			error = 0;

	Assert(length > 0);			/* the space is for the fullest ring */
	if (!write_file(path, text, length) ||
		durable_rename(path, keyring_file, LOG) != 0)
	{
		error = errno;
		unlink(path);
	}
	OPENSSL_cleanse(text, sizeof(text));
	pfree(path);
	return error;
}

/* Writes a new file that nobody else can read; false with errno. */
static bool
write_file(const char *path, const char *text, size_t length)
{
	size_t		done = 0;
	int			file;

	/* a left-over of a crash; nobody else writes while we hold the lock */
	unlink(path);
	file = OpenTransientFilePerm(path, O_WRONLY | O_CREAT | O_EXCL |
								 O_NOFOLLOW | O_CLOEXEC | PG_BINARY, 0600);
	if (file < 0)
		return false;
	while (done < length)
	{
		ssize_t		put = write(file, text + done, length - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		done += put;
	}
	/* the rename that follows is the durable one, and syncs the file too */
	return CloseTransientFile(file) == 0;
}

#define SEAL_VERSION	1
#define NONCE_BYTES		12
#define TAG_BYTES		16

/* Nonces drawn at once: a draw costs more than a seal, whatever its size. */
#define NONCE_STOCK		64

/* The head of a sealed value; the ciphertext follows. */
typedef struct SealHead
{
	uint8		version;		/* SEAL_VERSION */
	uint8		key_id[4];		/* network order */
	uint8		nonce[NONCE_BYTES]; /* never used twice with a key */
	uint8		tag[TAG_BYTES]; /* proves text, head and place */
} SealHead;

StaticAssertDecl(sizeof(SealHead) == 33, "a sealed value has no padding");

/* How much of the head is associated data: version and key id. */
#define HEAD_BOUND	offsetof(SealHead, nonce)

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
						const char *column, const DwUuid *row_id);
static const SealHead *sealed_head(const bytea *sealed);
pg_noreturn static void broken_library(void);
pg_noreturn static void unreadable(const char *column);

/* Seals a text for one column of one row. */
bytea *
dw_seal(const char *column, const DwUuid *row_id, const char *plain)
{
	EVP_CIPHER_CTX *cipher = cipher_get();
	const DwKey *key;
	SealHead   *head;
	bytea	   *sealed;
	size_t		length;
	uint32		key_id;
	int			used;

	if (plain == NULL)
		return NULL;
	key = dw_keyring_need(DW_KEY_PII);
	length = strlen(plain);
	sealed = palloc(VARHDRSZ + sizeof(SealHead) + length);
	SET_VARSIZE(sealed, VARHDRSZ + sizeof(SealHead) + length);
	head = (SealHead *) VARDATA(sealed);
	head->version = SEAL_VERSION;
	key_id = pg_hton32((uint32) key->id);
	memcpy(head->key_id, &key_id, sizeof(head->key_id));
	nonce_draw(head->nonce);

	if (!cipher_begin(cipher, SEAL, key, head) ||
		!cipher_bind(cipher, head, column, row_id) ||
		EVP_CipherUpdate(cipher, (uint8 *) (head + 1), &used,
						 (const uint8 *) plain, (int) length) != 1 ||
		EVP_CipherFinal_ex(cipher, (uint8 *) (head + 1) + used, &used) != 1 ||
		EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
							head->tag) != 1)
		broken_library();
	return sealed;
}

/* The key a sealed value was made with; 0 when it is not a sealed value. */
static int32
sealed_key_id(const bytea *sealed)
{
	const SealHead *head = sealed_head(sealed);
	uint32		key_id;

	if (head == NULL)
		return 0;
	memcpy(&key_id, head->key_id, sizeof(key_id));
	return (int32) pg_ntoh32(key_id);
}

/* Opens a value sealed for this column of this row. */
char *
dw_unseal(const char *column, const DwUuid *row_id, const bytea *sealed)
{
	EVP_CIPHER_CTX *cipher = cipher_get();
	const SealHead *head;
	const DwKey *key;
	size_t		length;
	char	   *plain;
	int			used;

	if (sealed == NULL)
		return NULL;
	head = sealed_head(sealed);
	if (head == NULL)
		unreadable(column);
	key = dw_keyring_get(dw_keyring_load(), DW_KEY_PII,
						 sealed_key_id(sealed));
	if (key == NULL)
		unreadable(column);
	length = VARSIZE_ANY_EXHDR(sealed) - sizeof(SealHead);
	plain = palloc(length + 1);

	if (!cipher_begin(cipher, OPEN, key, head) ||
		EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_BYTES,
							unconstify(uint8 *, &head->tag[0])) != 1 ||
		!cipher_bind(cipher, head, column, row_id) ||
		EVP_CipherUpdate(cipher, (uint8 *) plain, &used,
						 (const uint8 *) (head + 1), (int) length) != 1 ||
		EVP_CipherFinal_ex(cipher, (uint8 *) plain + used, &used) != 1)
		unreadable(column);
	plain[length] = '\0';
	return plain;
}

/* Indexes a contact without telling what it is. */
bytea *
dw_blind_index(DwBlindKind kind, const char *text)
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
	dw_hmac(dw_keyring_need(DW_KEY_INDEX), message, strlen(message), digest);
	index = palloc(VARHDRSZ + DW_BLIND_BYTES);
	SET_VARSIZE(index, VARHDRSZ + DW_BLIND_BYTES);
	memcpy(VARDATA(index), digest, DW_BLIND_BYTES);
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

/* Draws random bytes. */
void
dw_random(void *space, size_t size)
{
	if (!pg_strong_random(space, size))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
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
cipher_bind(EVP_CIPHER_CTX *cipher, const SealHead *head, const char *column,
			const DwUuid *row_id)
{
	const uint8 *name = (const uint8 *) column;
	int			used;

	/* the NUL behind the name keeps name and row apart */
	return EVP_CipherUpdate(cipher, NULL, &used, (const uint8 *) head,
							HEAD_BOUND) == 1 &&
		EVP_CipherUpdate(cipher, NULL, &used, name,
						 (int) strlen(column) + 1) == 1 &&
		EVP_CipherUpdate(cipher, NULL, &used, row_id->bytes,
						 sizeof(row_id->bytes)) == 1;
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
