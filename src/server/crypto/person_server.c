/*
 * person_server.c
 *		A key for each person, wrapped by the keyring: what is sealed with it
 *		is gone once the key is.
 *
 * A row of dwello.person_keys has the key, 32 random bytes as hexadecimal
 * digits, sealed as any other value: so it is opened, checked and sealed anew
 * as they are.  It is made at the person's first need, which is their
 * registration.  Erasure leaves the row and takes the key out of it: whoever
 * has been erased never gets another.
 *
 * A backend keeps the keys that it has used.  It forgets them all when the
 * table says that a row was changed or deleted (forget_kept), when a
 * transaction that has made one is undone, and when the keyring was read
 * again; and it looks at the keyring once per transaction, as for any use.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "access/xact.h"
#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "server/crypto/crypto_server.h"
#include "server/crypto/crypto_server_int.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"

#define KEPT_MAX		1024	/* keys that a backend keeps */
#define HEX_DIGITS		(2 * DW_KEY_BYTES)	/* of a key */

/* What is known of a person's key. */
typedef struct PersonKey
{
	DwUuid		person;			/* hash key */
	bool		is_erased;		/* there was one; key is none */
	DwKey		key;			/* its id is 0 */
} PersonKey;

/* What this backend keeps. */
static struct
{
	HTAB	   *keys;			/* PersonKey by person; NULL = none yet */
	bool		is_stale;		/* to be forgotten at the next use */
	bool		has_fresh;		/* this transaction has made one */
	Oid			relation;		/* of the table, since it was last looked up */
	int64		reading;		/* of the keyring that opened them */
}			kept;

/*
 * Notes that keys, or everything, may have changed.  It must neither allocate
 * nor read: it runs wherever the server takes in messages.
 */
static void
keys_changed(Datum argument, Oid relation)
{
	if (relation == InvalidOid || relation == kept.relation)
		kept.is_stale = true;
}

/* A transaction ends: what it has made stays, or was never there. */
static void
transaction_ends(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_ABORT && kept.has_fresh)
		kept.is_stale = true;
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT ||
		event == XACT_EVENT_PREPARE)
		kept.has_fresh = false;
}

/* The same of a part of it. */
static void
part_ends(SubXactEvent event, SubTransactionId id, SubTransactionId parent,
		  void *argument)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && kept.has_fresh)
		kept.is_stale = true;
}

void
dw_person_init(void)
{
	dw_relation_watch(keys_changed);
	RegisterXactCallback(transaction_ends, NULL);
	RegisterSubXactCallback(part_ends, NULL);
}

/* Forgets all keys, and leaves no copy of them in memory. */
static void
keys_forget(void)
{
	HASH_SEQ_STATUS all;
	PersonKey  *known;

	hash_seq_init(&all, kept.keys);
	while ((known = hash_seq_search(&all)) != NULL)
	{
		OPENSSL_cleanse(&known->key, sizeof(known->key));
		(void) hash_search(kept.keys, &known->person, HASH_REMOVE, NULL);
	}
}

/* Makes the table of keys, or takes out what is no longer good. */
static void
keys_refresh(void)
{
	HASHCTL		how = {
		.keysize = sizeof(DwUuid),.entrysize = sizeof(PersonKey)
	};

	(void) dw_keyring_load();
	if (kept.keys == NULL)
		kept.keys = hash_create("dwello keys of persons", 64, &how,
								HASH_ELEM | HASH_BLOBS);
	if (kept.is_stale || kept.reading != dw_keyring_reading() ||
		hash_get_num_entries(kept.keys) >= KEPT_MAX)
		keys_forget();
	kept.is_stale = false;
	kept.reading = dw_keyring_reading();
}

/* Opens a wrapped key; WD602 when it does not open. */
static void
key_open(PersonKey *known, const bytea *wrapped)
{
	char	   *digits = dw_unseal(DW_SEAL_PERSON, &known->person, wrapped);

	if (strlen(digits) != HEX_DIGITS)
		elog(ERROR, "the key of a person has another length");
	(void) hex_decode(digits, HEX_DIGITS, (char *) known->key.bytes);
	OPENSSL_cleanse(digits, HEX_DIGITS);
	known->is_erased = false;
}

/* Reads a person's row; false when there is none. */
static bool
key_read(PersonKey *known, bool in_snapshot)
{
	static DwStatement find =
		DW_STATEMENT("SELECT k.key FROM dwello.person_keys AS k "
					 "WHERE k.user_id = $1");
	DwParams	p = DW_PARAMS;
	Datum		wrapped;
	bool		isnull;

	dw_param_uuid(&p, &known->person);
	if ((in_snapshot ? dw_query(&find, &p) : dw_execute(&find, &p)) == 0)
		return false;
	wrapped = dw_read_only_datum(0, &isnull);
	if (isnull)
		known->is_erased = true;
	else
		key_open(known, DatumGetByteaPP(wrapped));
	return true;
}

/* Makes a person's row, unless somebody else has. */
static void
key_make(const DwUuid *person)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.person_keys (user_id, key, made_at) "
					 "VALUES ($1, $2, $3) "
					 "ON CONFLICT ON CONSTRAINT person_keys_pkey DO NOTHING");
	DwParams	p = DW_PARAMS;
	char		bytes[DW_KEY_BYTES];
	char		digits[HEX_DIGITS + 1];
	bytea	   *wrapped;

	dw_random(bytes, sizeof(bytes));
	digits[hex_encode(bytes, sizeof(bytes), digits)] = '\0';
	wrapped = dw_seal(DW_SEAL_PERSON, person, digits);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	OPENSSL_cleanse(digits, sizeof(digits));
	dw_param_uuid(&p, person);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(wrapped), false);
	dw_param_time(&p, GetCurrentTimestamp());
	(void) dw_execute(&insert, &p);
	kept.has_fresh = true;
}

/* Looks a person's key up in the table; false when there is none. */
static bool
key_find(PersonKey *known, bool make)
{
	DwOwnerScope scope;
	bool		found;

	dw_owner_begin(&scope);
	kept.relation = get_relname_relid("person_keys",
									  get_namespace_oid("dwello", false));
	found = key_read(known, !make);
	if (!found && make)
	{
		key_make(&known->person);
		found = key_read(known, false);
	}
	dw_owner_end(&scope);
	return found;
}

const DwKey *
dw_person_key(const DwUuid *person, bool make)
{
	PersonKey	fresh = {.person = *person,.key.kind = DW_KEY_PII};
	PersonKey  *known;

	keys_refresh();
	known = hash_search(kept.keys, person, HASH_FIND, NULL);
	if (known == NULL)
	{
		if (!key_find(&fresh, make))
			return NULL;
		known = hash_search(kept.keys, person, HASH_ENTER, NULL);
		*known = fresh;
		OPENSSL_cleanse(&fresh.key, sizeof(fresh.key));
	}
	return known->is_erased ? NULL : &known->key;
}
