/*
 * api_key_store.c
 *		Rows of dwello.api_keys, and of dwello.api_key_uses.
 *
 * A login reads one row and locks nothing, so that no transaction that came
 * with a key is in the way of one that changes it.  That a key was used is a
 * row of its own; last_used_at follows later.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "server/crypto/crypto_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/access/access_store.h"

static const DwColumn key_columns[] = {
	DW_COLUMN(UUID, DwApiKeyRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwApiKeyRow, user_id, user_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwApiKeyRow, name, name, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwApiKeyRow, role, role, DW_COLUMN_FIXED),
	DW_COLUMN(BOOL, DwApiKeyRow, is_test, is_test, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwApiKeyRow, secret_hash, secret_hash, 0),
	DW_COLUMN(BYTEA, DwApiKeyRow, previous_hash, previous_hash, 0),
	DW_COLUMN(TIME, DwApiKeyRow, previous_until, previous_until, 0),
	DW_COLUMN(TIME, DwApiKeyRow, expires_at, expires_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwApiKeyRow, revoked_at, revoked_at, 0),
	DW_COLUMN(TIME, DwApiKeyRow, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable keys = DW_TABLE("api_keys", DwApiKeyRow, key_columns);

/* The environment that a database is in. */
#define HERE_IS_TEST \
	"(SELECT COALESCE(s.value, d.value) = 'test' " \
	"FROM dwello.system_settings_defaults AS d " \
	"LEFT JOIN dwello.system_settings AS s ON s.name = d.name " \
	"WHERE d.name = 'api_key_environment')"

bool
dw_api_key_environment_is_test(void)
{
	static DwStatement ask = DW_STATEMENT("SELECT " HERE_IS_TEST);
	DwParams	p = DW_PARAMS;

	return dw_execute(&ask, &p) > 0 && dw_read_only_bool(0);
}

void
dw_api_key_insert(const DwApiKeyRow *key)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.api_keys (id, user_id, name, role, "
					 "is_test, secret_hash, scopes, allowed_addresses, "
					 "logins_per_minute, expires_at, created_at) VALUES "
					 "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &key->id);
	dw_param_uuid(&p, &key->user_id);
	dw_param_text(&p, key->name);
	dw_param_text(&p, key->role);
	dw_param_bool(&p, key->is_test);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(key->secret_hash), false);
	dw_param_datum(&p, TEXTARRAYOID, key->scopes, false);
	dw_param_datum(&p, INETARRAYOID, key->allowed_addresses, false);
	if (key->logins_per_minute > 0)
		dw_param_int4(&p, key->logins_per_minute);
	else
		dw_param_null(&p, INT4OID);
	dw_param_datum(&p, TIMESTAMPTZOID,
				   TimestampTzGetDatum(key->expires_at),
				   key->expires_at == DT_NOBEGIN);
	dw_param_time(&p, key->created_at);
	(void) dw_execute(&insert, &p);
}

int64
dw_api_key_count(const DwUuid *user_id, TimestampTz now)
{
	static DwStatement count =
		DW_STATEMENT("SELECT count(*) FROM dwello.api_keys AS k "
					 "WHERE k.user_id = $1 AND k.revoked_at IS NULL "
					 "AND (k.expires_at IS NULL OR k.expires_at > $2)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, now);
	(void) dw_execute(&count, &p);
	return dw_read_only_int8(0);
}

bool
dw_api_key_lock(const DwUuid *id, DwApiKeyRow *key)
{
	static DwTableQuery by_id =
		DW_TABLE_QUERY(keys, "WHERE t.id = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_id, &p) == 0)
		return false;
	dw_table_read(&keys, 0, key);
	return true;
}

void
dw_api_key_save(DwApiKeyRow *key)
{
	dw_table_update(&keys, key);
}

int
dw_api_keys_revoke(const DwUuid *user_id, TimestampTz now)
{
	static DwStatement revoke =
		DW_STATEMENT("UPDATE dwello.api_keys AS k SET revoked_at = $2 "
					 "WHERE k.user_id = $1 AND k.revoked_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, now);
	return (int) dw_execute(&revoke, &p);
}

static const DwColumn login_fields[] = {
	DW_FIELD(UUID, DwApiKeyLogin, id, id),
	DW_FIELD(UUID, DwApiKeyLogin, user_id, user_id),
	DW_FIELD(TEXT, DwApiKeyLogin, role, role),
	DW_FIELD(TEXT, DwApiKeyLogin, scopes, scopes),
	DW_FIELD(BYTEA, DwApiKeyLogin, secret_hash, secret_hash),
	DW_FIELD(BYTEA, DwApiKeyLogin, previous_hash, previous_hash),
	DW_FIELD(TIME, DwApiKeyLogin, previous_until, previous_until),
	DW_FIELD(BOOL, DwApiKeyLogin, is_test, is_test),
	DW_FIELD(BOOL, DwApiKeyLogin, here_is_test, here_is_test),
	DW_FIELD(BOOL, DwApiKeyLogin, is_address_allowed, is_address_allowed),
	DW_FIELD_OR(INT4, DwApiKeyLogin, logins_per_minute, logins_per_minute, 0),
	DW_FIELD(INT8, DwApiKeyLogin, logins, logins),
	DW_FIELD(TIME, DwApiKeyLogin, expires_at, expires_at),
	DW_FIELD(TIME, DwApiKeyLogin, revoked_at, revoked_at),
	DW_FIELD(TIME, DwApiKeyLogin, noted_at, noted_at)
};

static DwMap logins = DW_MAP(login_fields);

bool
dw_api_key_find(const DwUuid *id, Datum address, TimestampTz now,
				DwApiKeyLogin *login)
{
	static DwStatement find =
		DW_STATEMENT("SELECT k.id, k.user_id, k.role, "
					 "array_to_string(k.scopes, ' ') AS scopes, "
					 "k.secret_hash, k.previous_hash, k.previous_until, "
					 "k.is_test, " HERE_IS_TEST " AS here_is_test, "
					 "(k.allowed_addresses = '{}' OR COALESCE("
					 "COALESCE($2, pg_catalog.inet_client_addr()) "
					 "<<= ANY (k.allowed_addresses), false)) "
					 "AS is_address_allowed, k.logins_per_minute, "
					 "u.logins, k.expires_at, k.revoked_at, "
					 "GREATEST(k.last_used_at, u.noted_at) AS noted_at "
					 "FROM dwello.api_keys AS k CROSS JOIN LATERAL ("
					 "SELECT count(*) FILTER (WHERE n.used_at > $3) "
					 "AS logins, max(n.used_at) AS noted_at "
					 "FROM dwello.api_key_uses AS n WHERE n.key_id = k.id) "
					 "AS u WHERE k.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	dw_param_datum(&p, INETOID, address, address == (Datum) 0);
	dw_param_time(&p, now - USECS_PER_MINUTE);
	if (dw_execute(&find, &p) == 0)
		return false;
	dw_map_read(&logins, 0, login);
	return true;
}

void
dw_api_key_note(const DwUuid *id, TimestampTz now)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.api_key_uses (key_id, id, used_at) "
					 "VALUES ($1, $2, $3)");
	DwUuid		use = dw_uuid_fresh();
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	dw_param_uuid(&p, &use);
	dw_param_time(&p, now);
	(void) dw_execute(&insert, &p);
}

/* What is being recorded. */
typedef struct Recording
{
	DwUuid	   *ids;			/* of the keys */
	TimestampTz until;			/* later uses stay */
} Recording;

/* The last use of a key until then. */
static TimestampTz
last_use(const DwUuid *id, TimestampTz until)
{
	static DwStatement last =
		DW_STATEMENT("SELECT max(n.used_at) FROM dwello.api_key_uses AS n "
					 "WHERE n.key_id = $1 AND n.used_at <= $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	dw_param_time(&p, until);
	(void) dw_execute(&last, &p);
	return dw_read_only_time(0);
}

/* Records the last use of one key, and forgets the notes. */
static bool
use_record(int turn, void *argument)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.api_keys SET last_used_at = $2 "
					 "WHERE id = $1 "
					 "AND (last_used_at IS NULL OR last_used_at < $2)");
	static DwStatement forget =
		DW_STATEMENT("DELETE FROM dwello.api_key_uses "
					 "WHERE key_id = $1 AND used_at <= $2");
	const Recording *recording = argument;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &recording->ids[turn]);
	dw_param_time(&p, last_use(&recording->ids[turn], recording->until));
	(void) dw_execute(&update, &p);
	(void) dw_execute(&forget, &p);
	return true;
}

int
dw_api_key_uses_record(int max, TimestampTz now)
{
	static DwStatement used =
		DW_STATEMENT("SELECT DISTINCT n.key_id FROM dwello.api_key_uses "
					 "AS n WHERE n.used_at <= $1 "
					 "ORDER BY n.key_id LIMIT $2");
	Recording	recording = {.until = now - USECS_PER_MINUTE};
	DwParams	p = DW_PARAMS;
	int			count;

	/* in one order, so that of two at once one waits for the other */
	dw_param_time(&p, recording.until);
	dw_param_int4(&p, max);
	(void) dw_execute(&used, &p);
	recording.ids = dw_read_only_uuids(&count);
	dw_each_turn(count, use_record, &recording);
	return count;
}
