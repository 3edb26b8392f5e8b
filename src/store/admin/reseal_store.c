/*
 * reseal_store.c
 *		All sealed columns and blind indexes: which keys their values need,
 *		whether they open, and the same values under the newest key.
 *
 * The id of the key stands in each value, and an index on it (substr) finds
 * the values of one key however many there are of others.  So nothing is
 * kept of how far a pass has come: what is still under an old key is to be
 * done, until nothing is.
 *
 * A row is locked before it is read, and one that somebody else has locked is
 * left for the next call: resealing waits for nobody, and holds up no one
 * for longer than its own batch.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/backend_status.h"

#include "core/access/access.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/admin/admin_store.h"

/* What a column's values are made with. */
typedef enum Making
{
	SEALED,						/* a key of kind pii, sealed */
	EMAIL_INDEX,				/* a key of kind index, of users.email */
	PHONE_INDEX					/* the same of users.phone */
} Making;

/* A column whose values need a key. */
typedef struct KeyedColumn
{
	const char *name;			/* "table.column", as values are bound to it */
	Making		making;			/* of its values */
	DwStatement samples;		/* one value of each key */
	DwStatement count;			/* $1 key: how many it has, up to $2 */
	DwStatement rows;			/* $1 key, $2 most: to be made anew, locked */
	DwStatement update;			/* $1 owner, $2 row, $3 the new value */
} KeyedColumn;

/* The id of the key of a value; the first byte of a sealed one is another. */
#define SEALED_KEY(column)	"pg_catalog.substr(t." column ", 2, 4)"
#define INDEX_KEY(column)	"pg_catalog.substr(t." column ", 1, 4)"

/*
 * Goes from key to key by the index on it, never from row to row.  `source`
 * is the sealed value that a blind index is made of.
 */
#define SAMPLES(table, row, column, source, key) \
	DW_STATEMENT("WITH RECURSIVE k AS ((SELECT " key " AS key " \
				 "FROM dwello." table " AS t " \
				 "WHERE t." column " IS NOT NULL ORDER BY 1 LIMIT 1) " \
				 "UNION ALL SELECT n.key FROM k CROSS JOIN LATERAL (" \
				 "SELECT " key " AS key FROM dwello." table " AS t " \
				 "WHERE t." column " IS NOT NULL AND " key " > k.key " \
				 "ORDER BY 1 LIMIT 1) AS n) " \
				 "SELECT s.* FROM k CROSS JOIN LATERAL (" \
				 "SELECT t." row " AS id, t." column " AS value, " \
				 "t." source " AS source FROM dwello." table " AS t " \
				 "WHERE t." column " IS NOT NULL AND " key " = k.key " \
				 "LIMIT 1) AS s")

#define KEYED(table, owner, row, column_, source, key, making_) \
	{.name = table "." column_, .making = (making_), \
	.samples = SAMPLES(table, row, column_, source, key), \
	.count = DW_STATEMENT("SELECT pg_catalog.count(*) FROM (SELECT " \
						  "FROM dwello." table " AS t " \
						  "WHERE t." column_ " IS NOT NULL " \
						  "AND " key " = $1 LIMIT $2) AS c"), \
	.rows = DW_STATEMENT("SELECT t." owner " AS owner, t." row " AS id, " \
						 "t." column_ " AS value, t." source " AS source " \
						 "FROM dwello." table " AS t " \
						 "WHERE t." column_ " IS NOT NULL " \
						 "AND " key " = $1 LIMIT $2 " \
						 "FOR NO KEY UPDATE SKIP LOCKED"), \
	.update = DW_STATEMENT("UPDATE dwello." table " SET " column_ " = $3 " \
						   "WHERE " owner " = $1 AND " row " = $2")}

#define SEALED_IN(table, owner, row, column_) \
	KEYED(table, owner, row, column_, column_, SEALED_KEY(column_), SEALED)

static KeyedColumn columns[] = {
	SEALED_IN("users", "id", "id", "email"),
	SEALED_IN("users", "id", "id", "phone"),
	SEALED_IN("users", "id", "id", "password_hash"),
	SEALED_IN("user_addresses", "user_id", "id", "street"),
	SEALED_IN("user_addresses", "user_id", "id", "point"),
	SEALED_IN("provider_credentials", "user_id", "id", "number"),
	SEALED_IN("user_codes", "user_id", "id", "target"),
	SEALED_IN("job_sites", "job_id", "job_id", "street"),
	SEALED_IN("job_sites", "job_id", "job_id", "point"),
	SEALED_IN("tax_profiles", "user_id", "id", "legal_name"),
	SEALED_IN("tax_profiles", "user_id", "id", "tax_id"),
	SEALED_IN("tax_profiles", "user_id", "id", "vat_id"),
	SEALED_IN("person_keys", "user_id", "user_id", "key"),
	KEYED("users", "id", "id", "email_index", "email",
		  INDEX_KEY("email_index"), EMAIL_INDEX),
	KEYED("users", "id", "id", "phone_index", "phone",
		  INDEX_KEY("phone_index"), PHONE_INDEX),
};

/* A value that needs a key. */
typedef struct Keyed
{
	DwUuid		owner;			/* first in the key of its row */
	DwUuid		id;				/* what it is bound to */
	bytea	   *value;			/* the value */
	bytea	   *source;			/* sealed, what an index is made of */
} Keyed;

static const DwColumn sample_fields[] = {
	DW_FIELD(UUID, Keyed, id, id),
	DW_FIELD(BYTEA, Keyed, value, value),
	DW_FIELD(BYTEA, Keyed, source, source)
};
static DwMap sample_map = DW_MAP(sample_fields);

static const DwColumn row_fields[] = {
	DW_FIELD(UUID, Keyed, owner, owner),
	DW_FIELD(UUID, Keyed, id, id),
	DW_FIELD(BYTEA, Keyed, value, value),
	DW_FIELD(BYTEA, Keyed, source, source)
};
static DwMap row_map = DW_MAP(row_fields);

/* An id of a key that the database has used. */
typedef struct UsedKey
{
	DwKeyKind	kind;			/* of the key */
	const char *label;			/* the word for it */
	int32		key_id;			/* the id */
	TimestampTz made_at;		/* when it was noted */
} UsedKey;

/* The kind of key that a column's values are made with. */
static DwKeyKind
column_kind(const KeyedColumn *column)
{
	return column->making == SEALED ? DW_KEY_PII : DW_KEY_INDEX;
}

/* The column of the text that a value is made of. */
static const char *
column_source(const KeyedColumn *column)
{
	switch (column->making)
	{
		case EMAIL_INDEX:
			return DW_SEAL_EMAIL;
		case PHONE_INDEX:
			return DW_SEAL_PHONE;
		default:
			return column->name;
	}
}

/* The key of a value; 0 when it was made with none. */
static int32
value_key_id(const KeyedColumn *column, const bytea *value)
{
	return column->making == SEALED ? dw_sealed_key_id(value)
		: dw_blind_key_id(value);
}

/* Adds the id of a key as it stands in values. */
static void
param_key_id(DwParams *p, int32 key_id)
{
	uint32		id = pg_hton32((uint32) key_id);

	dw_param_bytes(p, &id, sizeof(id));
}

/* How many values of a column are made with a key, up to a number. */
static int64
values_count(KeyedColumn *column, int32 key_id, int64 most)
{
	DwParams	p = DW_PARAMS;

	param_key_id(&p, key_id);
	dw_param_int8(&p, most);
	(void) dw_execute(&column->count, &p);
	return dw_read_only_int8(0);
}

/* The same in words; NULL for none. */
static char *
values_text(KeyedColumn *column, int32 key_id)
{
	int64		values = values_count(column, key_id, PG_INT64_MAX);

	return values == 0 ? NULL
		: psprintf("%lld value%s of %s", (long long) values,
				   values == 1 ? "" : "s", column->name);
}

/* One value of each key that a column's values are made with. */
static Keyed *
samples_read(KeyedColumn *column, int *count)
{
	Keyed	   *samples;

	*count = (int) dw_query(&column->samples, NULL);
	samples = palloc0(sizeof(Keyed) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&sample_map, i, &samples[i]);
	return samples;
}

/* The keys that the database has used and not retired. */
static UsedKey *
used_read(int *count)
{
	static DwStatement find =
		DW_STATEMENT("SELECT k.kind, k.key_id, k.made_at "
					 "FROM dwello.key_ids AS k "
					 "WHERE k.retired_at IS NULL "
					 "ORDER BY k.made_at, k.kind, k.key_id");
	static const DwColumn fields[] = {
		DW_FIELD(TEXT, UsedKey, kind, label),
		DW_FIELD(INT4, UsedKey, key_id, key_id),
		DW_FIELD(TIME, UsedKey, made_at, made_at)
	};
	static DwMap map = DW_MAP(fields);
	UsedKey    *used;

	*count = (int) dw_query(&find, NULL);
	used = palloc0(sizeof(UsedKey) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		dw_map_read(&map, i, &used[i]);
		if (!dw_key_kind_parse(used[i].label, &used[i].kind))
			elog(ERROR, "unknown kind of key \"%s\"", used[i].label);
	}
	return used;
}

/* Adds to a list in words. */
static void
list_append(StringInfo list, const char *words)
{
	appendStringInfo(list, "%s%s", list->len > 0 ? ", " : "", words);
}

char *
dw_keyring_losses(void)
{
	const DwKeyring *ring = dw_keyring_peek();
	StringInfoData list;
	int			count;
	UsedKey    *used = used_read(&count);

	initStringInfo(&list);
	for (int i = 0; i < count; i++)
	{
		if (dw_keyring_get(ring, used[i].kind, used[i].key_id) == NULL)
			list_append(&list, psprintf("%s key %d", used[i].label,
										used[i].key_id));
	}
	for (size_t i = 0; i < lengthof(columns); i++)
	{
		Keyed	   *samples = samples_read(&columns[i], &count);

		for (int k = 0; k < count; k++)
		{
			int32		key_id = value_key_id(&columns[i], samples[k].value);

			if (key_id == 0 ||
				dw_keyring_get(ring, column_kind(&columns[i]), key_id) != NULL)
				continue;
			list_append(&list,
						psprintf("%s under key %d",
								 values_text(&columns[i], key_id), key_id));
		}
	}
	return list.len == 0 ? NULL : list.data;
}

/* The index of a contact that opens, under a key; NULL when it does not. */
static bytea *
index_make(const KeyedColumn *column, const Keyed *row, const DwKey *key)
{
	char	   *plain = dw_seal_try(column_source(column), &row->id,
									row->source);

	if (plain == NULL)
		return NULL;
	return dw_blind_index(column->making == EMAIL_INDEX ? DW_BLIND_EMAIL
						  : DW_BLIND_PHONE, plain, key);
}

/* True when a value opens with its key, or is made of what opens. */
static bool
value_fits(const KeyedColumn *column, const Keyed *sample, const DwKey *key)
{
	bytea	   *index;

	if (column->making == SEALED)
		return dw_seal_try(column->name, &sample->id, sample->value) != NULL;
	index = index_make(column, sample, key);
	/* that the contact itself does not open is told of its own column */
	return index == NULL ||
		(VARSIZE_ANY_EXHDR(index) == VARSIZE_ANY_EXHDR(sample->value) &&
		 memcmp(VARDATA_ANY(index), VARDATA_ANY(sample->value),
				VARSIZE_ANY_EXHDR(index)) == 0);
}

/* Puts what does not fit into the result of check(). */
static void
report(DwCall *call, const char *rule, const char *object, const char *detail)
{
	dw_row_text(call, "rule", rule);
	dw_row_text(call, "object", object);
	dw_row_text(call, "detail", detail);
	dw_row_text(call, "hint",
				strcmp(rule, "keyring_mismatch") == 0
				? "Put the keyring back that belongs to this database."
				: "Put the newest version of the keyring file back: it is older than the data.");
	dw_list_emit(call);
}

/* Tells of a column's values that the keyring does not fit. */
static void
column_check(DwCall *call, KeyedColumn *column)
{
	const DwKeyring *ring = dw_keyring_load();
	int			count;
	Keyed	   *samples = samples_read(column, &count);

	for (int i = 0; i < count; i++)
	{
		int32		key_id = value_key_id(column, samples[i].value);
		const DwKey *key = dw_keyring_get(ring, column_kind(column), key_id);

		/* what is made with no key at all is a rule of its own */
		if (key_id == 0 ||
			(key != NULL && value_fits(column, &samples[i], key)))
			continue;
		report(call, "keyring_mismatch", column->name,
			   psprintf(key == NULL
						? "Row %s needs key %d, which the keyring lacks."
						: "Row %s is not of key %d as the keyring has it.",
						dw_uuid_text(&samples[i].id), key_id));
	}
}

/* Tells of keys that the database has used and the keyring lacks. */
static void
used_check(DwCall *call)
{
	const DwKeyring *ring = dw_keyring_load();
	int			count;
	UsedKey    *used = used_read(&count);
	int			found = 0;

	for (int i = 0; i < count; i++)
		found += dw_keyring_get(ring, used[i].kind, used[i].key_id) != NULL;
	for (int i = 0; i < count; i++)
	{
		char	   *detail;

		if (dw_keyring_get(ring, used[i].kind, used[i].key_id) != NULL)
			continue;
		detail = psprintf("It lacks %s key %d, which the database has used since %s.",
						  used[i].label, used[i].key_id,
						  timestamptz_to_str(used[i].made_at));
		if (found > 0)
			report(call, "keyring_older_than_data", "dwello.keyring_file",
				   detail);
		else
			report(call, "keyring_mismatch", "dwello.keyring_file", detail);
	}
}

void
dw_keys_check(DwCall *call)
{
	/* a file that cannot be read is a row of dw_check_run() */
	if (dw_keyring_objection() != NULL)
		return;
	used_check(call);
	for (size_t i = 0; i < lengthof(columns); i++)
		column_check(call, &columns[i]);
}

/* Rows that one turn makes anew. */
#define TURN_ROWS 100

/* How far a pass over all columns has come. */
typedef struct Pass
{
	DwReseal   *out;			/* what it has done */
	int32		left;			/* rows that it may still write */
	size_t		column;			/* of columns */
	int			key;			/* of the keyring */
	int32		unreadable;		/* values of these two that did not open */
} Pass;

/* The key that the pass stands at, an old one; NULL when there is no more. */
static const DwKey *
pass_key(Pass *pass)
{
	const DwKeyring *ring = dw_keyring_load();

	for (; pass->column < lengthof(columns); pass->column++, pass->key = 0)
	{
		DwKeyKind	kind = column_kind(&columns[pass->column]);

		for (; pass->key < ring->count; pass->key++)
		{
			const DwKey *key = &ring->keys[pass->key];

			if (key->kind == kind && key != dw_keyring_newest(ring, kind))
				return key;
		}
	}
	return NULL;
}

/* Takes the address under the newest key, too; the old one stays for now. */
static void
email_add(const Keyed *row, const bytea *index)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.user_emails (email_index, user_id) "
					 "VALUES ($1, $2) "
					 "ON CONFLICT ON CONSTRAINT user_emails_pkey DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_datum(&p, BYTEAOID, PointerGetDatum(index), false);
	dw_param_uuid(&p, &row->id);
	(void) dw_execute(&insert, &p);
}

/* The same value under the newest key; NULL when it does not open. */
static bytea *
value_remake(const KeyedColumn *column, const Keyed *row)
{
	if (column->making != SEALED)
		return index_make(column, row, dw_keyring_need(DW_KEY_INDEX));
	return dw_reseal_try(column->name, &row->id, row->value);
}

/* Makes one value anew; false when it does not open. */
static bool
row_reseal(KeyedColumn *column, const Keyed *row)
{
	bytea	   *value = value_remake(column, row);
	DwParams	p = DW_PARAMS;

	if (value == NULL)
		return false;
	if (column->making == EMAIL_INDEX)
		email_add(row, value);
	dw_param_uuid(&p, &row->owner);
	dw_param_uuid(&p, &row->id);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(value), false);
	(void) dw_execute(&column->update, &p);
	return true;
}

/* Some values of one column and key. */
static bool
pass_turn(int turn, void *argument)
{
	Pass	   *pass = argument;
	const DwKey *key = pass_key(pass);
	KeyedColumn *column;
	DwParams	p = DW_PARAMS;
	int32		most = Min(TURN_ROWS, pass->left);
	int32		unreadable = 0;
	Keyed	   *rows;
	int			count;

	if (key == NULL)
		return false;
	column = &columns[pass->column];
	param_key_id(&p, key->id);
	/* those that do not open come first, again and again */
	dw_param_int8(&p, most + pass->unreadable);
	count = (int) dw_execute(&column->rows, &p);
	rows = palloc0(sizeof(Keyed) * Max(count, 1));
	for (int i = 0; i < count; i++)
		dw_map_read(&row_map, i, &rows[i]);
	for (int i = 0; i < count; i++)
		unreadable += !row_reseal(column, &rows[i]);
	pass->out->resealed += count - unreadable;
	pass->left -= count - unreadable;
	if (count < most + pass->unreadable)
	{
		pass->out->unreadable += unreadable;
		pass->unreadable = 0;
		pass->key++;
	}
	else
		pass->unreadable = unreadable;
	return pass->left > 0;
}

/* Deletes addresses under keys that are retired; how many. */
static int32
emails_forget(int32 most)
{
	static DwStatement delete =
		DW_STATEMENT("DELETE FROM dwello.user_emails AS e "
					 "WHERE e.email_index IN (SELECT o.email_index "
					 "FROM dwello.key_ids AS k "
					 "CROSS JOIN LATERAL (SELECT u.email_index "
					 "FROM dwello.user_emails AS u "
					 "WHERE u.email_index >= pg_catalog.int4send(k.key_id) "
					 "AND u.email_index < pg_catalog.int4send(k.key_id) "
					 "|| '\\xffffffffffffffffffffffffffffffffff'::bytea "
					 "LIMIT $1) AS o WHERE k.kind = 'index' "
					 "AND k.retired_at IS NOT NULL LIMIT $1)");
	DwParams	p = DW_PARAMS;

	dw_param_int8(&p, most);
	return (int32) dw_execute(&delete, &p);
}

/* True when nothing is left under an old key but what does not open. */
static bool
is_complete(const DwReseal *done)
{
	Pass		pass = {0};
	const DwKey *key;
	int64		left = 0;

	for (; (key = pass_key(&pass)) != NULL; pass.key++)
		left += values_count(&columns[pass.column], key->id,
							 done->unreadable + 1);
	return left <= done->unreadable;
}

void
dw_reseal(int32 max_rows, DwReseal *done)
{
	Pass		pass = {.out = done,.left = max_rows};

	memset(done, 0, sizeof(*done));
	dw_each_turn(INT_MAX, pass_turn, &pass);
	if (pass.left > 0)
		done->resealed += emails_forget(pass.left);
	done->is_complete = done->resealed < max_rows && is_complete(done);
}

/* Until when a request may be sent again whose digests an old key made. */
static bool
requests_need_old_index(TimestampTz made_at)
{
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.idempotency_keys AS i "
					 "WHERE i.expires_at > $1 AND i.created_at < $2 LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, GetCurrentTimestamp());
	dw_param_time(&p, made_at);
	return dw_execute(&find, &p) > 0;
}

/* True while a code may be redeemed that an index key has hashed. */
static bool
codes_need(int32 key_id)
{
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.user_codes AS c "
					 "WHERE c.key_id = $1 AND c.redeemed_at IS NULL "
					 "AND c.created_at > $2 LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_int4(&p, key_id);
	dw_param_time(&p, GetCurrentTimestamp() -
				  DW_CODE_SECONDS * USECS_PER_SEC);
	return dw_execute(&find, &p) > 0;
}

/* True while a session works that may not have seen the newest key yet. */
static bool
is_older_at_work(TimestampTz made_at)
{
	int			count;

	pgstat_clear_backend_activity_snapshot();
	count = pgstat_fetch_stat_numbackends();
	for (int i = 1; i <= count; i++)
	{
		LocalPgBackendStatus *session = dw_backend_status(i);

		if (session != NULL &&
			session->backendStatus.st_procpid != MyProcPid &&
			session->backendStatus.st_databaseid == MyDatabaseId &&
			(session->backendStatus.st_backendType == B_BACKEND ||
			 session->backendStatus.st_backendType == B_BG_WORKER) &&
			session->backendStatus.st_xact_start_timestamp != 0 &&
			session->backendStatus.st_xact_start_timestamp < made_at)
			return true;
	}
	return false;
}

/* When the key that new work uses was noted. */
static TimestampTz
newest_made_at(DwKeyKind kind)
{
	const DwKey *newest = dw_keyring_need(kind);
	int			count;
	UsedKey    *used = used_read(&count);

	for (int i = 0; i < count; i++)
		if (used[i].kind == kind && used[i].key_id == newest->id)
			return used[i].made_at;
	/* another database has made it, and nothing here knows since when */
	return DT_NOEND;
}

char *
dw_key_uses(DwKeyKind kind, int32 key_id)
{
	TimestampTz made_at = newest_made_at(kind);
	StringInfoData list;

	initStringInfo(&list);
	for (size_t i = 0; i < lengthof(columns); i++)
	{
		char	   *values;

		if (column_kind(&columns[i]) != kind)
			continue;
		values = values_text(&columns[i], key_id);
		if (values != NULL)
			list_append(&list, values);
	}
	if (kind != DW_KEY_TOKEN && is_older_at_work(made_at))
		list_append(&list, "a transaction that began before the newest key");
	if (kind == DW_KEY_INDEX && requests_need_old_index(made_at))
		list_append(&list, "requests that may still be sent again");
	if (kind == DW_KEY_INDEX && codes_need(key_id))
		list_append(&list, "codes that may still be redeemed");
	return list.len == 0 ? NULL : list.data;
}
