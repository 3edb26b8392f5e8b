/*
 * keyring_server.c
 *		The keyring file, and what the database knows of it: its own id, and
 *		the ids of keys that it has used.
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
 * A new key is written before the transaction ends: a crash between the two
 * leaves a key that the database has not noted, and none that it lacks.  One
 * that is retired leaves the file as the transaction commits, and that has
 * written nothing else: what made the key needless is committed before.
 *
 * The data id is one row of dwello.data_identity, and is kept for as long as
 * nobody changes that: a change, or one that is undone, is an invalidation of
 * the table (forget_kept).  It is read as dwello_owner, for the caller may be
 * anybody whose token is verified.
 */
#include "postgres.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "storage/fd.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

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
static DwKey *ring_add(DwKeyring *ring, DwKeyKind kind);
static void key_ids_note(const DwKeyring *ring);
static void forget_data_id(Datum arg, Oid relation);
static void retire_at_commit(XactEvent event, void *arg);
static int	ring_write(const DwKeyring *ring);
static bool write_file(const char *path, const char *text, size_t length);

/* What is kept of dwello.data_identity. */
static struct
{
	bool		is_known;		/* id is that of the row */
	Oid			relation;		/* of the table, since it was last looked up */
	DwUuid		id;				/* the data id */
}			data_kept;

void
dw_keyring_init(void)
{
	dw_relation_watch(forget_data_id);
	RegisterXactCallback(retire_at_commit, NULL);
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

const DwKey *
dw_keyring_need(DwKeyKind kind)
{
	const DwKey *key = dw_keyring_newest(dw_keyring_load(), kind);

	if (key == NULL)
		unavailable(psprintf("it has no key of kind \"%s\"",
							 dw_key_kind_label(kind)));
	return key;
}

const DwKeyring *
dw_keyring_peek(void)
{
	static const DwKeyring none = {0};
	struct stat status;

	if (lstat(keyring_file, &status) != 0 && errno == ENOENT)
		return &none;
	return dw_keyring_load();
}

/* The file while it is being changed, under its lock. */
typedef struct Change
{
	int			lock;			/* the open directory */
	DwKeyring	ring;			/* to be written */
} Change;

/* Locks the file and reads it; one that is not there has no key. */
static void
change_begin(Change *change)
{
	const char *objection = NULL;
	struct stat seen;

	change->lock = directory_lock();
	if (lstat(keyring_file, &seen) != 0 && errno == ENOENT)
		change->ring.count = 0;
	else
		objection = ring_read(&change->ring, &seen);
	if (objection != NULL)
		unavailable(objection);
}

/* Writes what has changed, notes all keys if asked, and leaves no copy. */
static void
change_end(Change *change, bool changed, bool note)
{
	int			error = changed ? ring_write(&change->ring) : 0;

	if (error == 0 && note)
		key_ids_note(&change->ring);
	OPENSSL_cleanse(&change->ring, sizeof(change->ring));
	cache_drop();
	if (error != 0)
		unavailable(strerror(error));
	CloseTransientFile(change->lock);
}

void
dw_keyring_create(DwKeyMade made[DW_KEY_KIND_COUNT])
{
	Change		change;

	change_begin(&change);
	change_end(&change, ring_fill(&change.ring, made), true);
}

int32
dw_keyring_rotate(DwKeyKind kind)
{
	Change		change;
	int32		key_id;

	change_begin(&change);
	key_id = ring_add(&change.ring, kind)->id;
	change_end(&change, true, true);
	return key_id;
}

/* The key that this transaction retires; none for an id of 0. */
static struct
{
	DwKeyKind	kind;			/* of the key */
	int32		key_id;			/* its id */
}			retiring;

/*
 * Takes the key out of the file as the transaction commits, so that none is
 * gone that a rollback would want back.
 */
static void
retire_at_commit(XactEvent event, void *arg)
{
	Change		change;

	if (retiring.key_id == 0)
		return;
	if (event == XACT_EVENT_PRE_COMMIT)
	{
		change_begin(&change);
		change_end(&change, dw_keyring_remove(&change.ring, retiring.kind,
											  retiring.key_id), false);
	}
	else if (event == XACT_EVENT_PRE_PREPARE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot prepare a transaction that retires a key")));
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		retiring.key_id = 0;
}

void
dw_keyring_retire(DwKeyKind kind, int32 key_id)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.key_ids SET retired_at = $3 "
					 "WHERE kind = $1 AND key_id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, dw_key_kind_label(kind));
	dw_param_int4(&p, key_id);
	dw_param_time(&p, GetCurrentTimestamp());
	(void) dw_execute(&update, &p);
	retiring.kind = kind;
	retiring.key_id = key_id;
}

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
			newest = ring_add(ring, kind);
			changed = true;
		}
		made[kind].key_id = newest->id;
	}
	return changed;
}

/* True when the database has used a key of that kind and id. */
static bool
key_id_is_used(DwKeyKind kind, int32 id)
{
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.key_ids AS k "
					 "WHERE k.kind = $1 AND k.key_id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, dw_key_kind_label(kind));
	dw_param_int4(&p, id);
	return dw_execute(&find, &p) > 0;
}

/* Appends a new key: an id that was never used, its secret and its time. */
static DwKey *
ring_add(DwKeyring *ring, DwKeyKind kind)
{
	pg_time_t	now = timestamptz_to_time_t(GetCurrentTimestamp());
	DwKey	   *key;
	uint32		id;

	if (ring->count == DW_KEYRING_MAX_KEYS)
		unavailable("it is full");
	do
	{
		dw_random(&id, sizeof(id));
		id &= INT32_MAX;
	} while (id == 0 || dw_keyring_get(ring, kind, (int32) id) != NULL ||
			 key_id_is_used(kind, (int32) id));
	key = dw_keyring_append(ring, kind, (int32) id);
	dw_random(key->bytes, sizeof(key->bytes));
	pg_strftime(key->created, sizeof(key->created), "%Y-%m-%dT%H:%M:%SZ",
				pg_gmtime(&now));
	return key;
}

/*
 * Notes the ids of all keys, the ones that are noted stay as they are: where
 * nothing is new, nothing is written, and a standby may ask.
 */
static void
key_ids_note(const DwKeyring *ring)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.key_ids (kind, key_id, made_at) "
					 "VALUES ($1, $2, $3) "
					 "ON CONFLICT ON CONSTRAINT key_ids_pkey DO NOTHING");

	for (int i = 0; i < ring->count; i++)
	{
		DwParams	p = DW_PARAMS;

		if (key_id_is_used(ring->keys[i].kind, ring->keys[i].id))
			continue;
		dw_param_text(&p, dw_key_kind_label(ring->keys[i].kind));
		dw_param_int4(&p, ring->keys[i].id);
		dw_param_time(&p, GetCurrentTimestamp());
		(void) dw_execute(&insert, &p);
	}
}

/*
 * Forgets the data id when its table, or everything, has changed.  It must
 * neither allocate nor read: it runs wherever the server takes in messages.
 */
static void
forget_data_id(Datum arg, Oid relation)
{
	if (relation == InvalidOid || relation == data_kept.relation)
		data_kept.is_known = false;
}

/* Reads the one row; false when there is none. */
static bool
data_id_read(bool in_snapshot)
{
	static DwStatement find =
		DW_STATEMENT("SELECT d.data_id FROM dwello.data_identity AS d");
	DwUuid		id;

	data_kept.relation = get_relname_relid("data_identity",
										   get_namespace_oid("dwello", false));
	/* before the read: a message that comes meanwhile is about it */
	data_kept.is_known = true;
	if ((in_snapshot ? dw_query(&find, NULL) : dw_execute(&find, NULL)) == 0)
		data_kept.is_known = false;
	else if (dw_read_only_uuid(0, &id))
		data_kept.id = id;
	return data_kept.is_known;
}

/* Makes the row, unless somebody else has, and that of the heartbeat. */
static void
data_id_make(void)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.data_identity (data_id, made_at) "
					 "VALUES ($1, $2) "
					 "ON CONFLICT ON CONSTRAINT data_identity_pkey DO NOTHING");
	static DwStatement insert_beat =
		DW_STATEMENT("INSERT INTO dwello.heartbeat (beat_at) VALUES ($1) "
					 "ON CONFLICT ON CONSTRAINT heartbeat_pkey DO NOTHING");
	DwParams	p = DW_PARAMS;
	DwParams	beat = DW_PARAMS;
	DwUuid		id;

	dw_random(&id, sizeof(id));
	dw_param_uuid(&p, &id);
	dw_param_time(&p, GetCurrentTimestamp());
	(void) dw_execute(&insert, &p);
	dw_param_time(&beat, GetCurrentTimestamp());
	(void) dw_execute(&insert_beat, &beat);
}

const DwUuid *
dw_data_id(bool make)
{
	if (!data_kept.is_known)
	{
		DwOwnerScope scope;
		bool		found;

		dw_owner_begin(&scope);
		found = data_id_read(!make);
		if (!found && make)
		{
			data_id_make();
			found = data_id_read(false);
		}
		dw_owner_end(&scope);
		if (!found)
			return NULL;
	}
	return &data_kept.id;
}

void
dw_random(void *space, size_t size)
{
	if (!pg_strong_random(space, size))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
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
