/*
 * user_store.c
 *		Rows of dwello.users: reading, locking, writing.
 *
 * The lock is FOR NO KEY UPDATE: commands on one user wait for each other,
 * but a row elsewhere that merely refers to them (a job, a notification) can
 * be written meanwhile.
 */
#include "postgres.h"

#include "pgtime.h"

#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/account/account_store.h"
#include "store/audience/audience_store.h"

/* A user as commands read and change them. */
static const DwColumn user_columns[] = {
	DW_COLUMN(UUID, DwUser, id, id, DW_COLUMN_KEY),
	DW_COLUMN_ENUM(user_type, DwUser, user_type, type, DW_COLUMN_FIXED,
				   dw_user_type_labels),
	DW_COLUMN_ENUM(user_status, DwUser, status, status, 0,
				   dw_user_status_labels),
	DW_COLUMN(BYTEA, DwUser, email, email, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwUser, phone, phone, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwUser, password_hash, password_hash, 0),
	DW_COLUMN(BOOL, DwUser, email_verified, verified.email, 0),
	DW_COLUMN(BOOL, DwUser, phone_verified, verified.phone, 0),
	DW_COLUMN(BOOL, DwUser, provider_verified, verified.provider, 0),
	DW_COLUMN(INT4, DwUser, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable users = DW_TABLE("users", DwUser, user_columns);

/* A draft, and what of it is sealed. */
typedef struct NewUser
{
	DwUserDraft draft;			/* as it was checked */
	bytea	   *email;			/* sealed */
	bytea	   *email_index;	/* blind */
	bytea	   *phone;			/* sealed, or NULL */
	bytea	   *phone_index;	/* blind, or NULL */
	bytea	   *password_hash;	/* sealed, or NULL */
} NewUser;

static const DwColumn new_user_columns[] = {
	DW_COLUMN(UUID, NewUser, id, draft.id, DW_COLUMN_KEY),
	DW_COLUMN_ENUM(user_type, NewUser, user_type, draft.type,
				   DW_COLUMN_FIXED, dw_user_type_labels),
	DW_COLUMN(BYTEA, NewUser, email, email, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, NewUser, email_index, email_index, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, NewUser, phone, phone, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, NewUser, phone_index, phone_index, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, NewUser, password_hash, password_hash, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, NewUser, first_name, draft.first_name, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, NewUser, last_name, draft.last_name, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, NewUser, timezone, draft.timezone, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, NewUser, language, draft.language, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, NewUser, created_at, draft.created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, NewUser, updated_at, draft.created_at, DW_COLUMN_FIXED)
};

static DwTable new_users = DW_TABLE("users", NewUser, new_user_columns);

DwUserStatus
dw_user_status(const DwUuid *user_id)
{
	static DwStatement select_status =
		DW_STATEMENT("SELECT u.status FROM dwello.users AS u "
					 "WHERE u.id = $1 AND u.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_query(&select_status, &p) == 0)
		return DW_USER_INACTIVE;
	return (DwUserStatus) dw_read_only_enum(0, &dw_user_status_labels);
}

/* True when a job has the id: a scope is one of the two, never both. */
static bool
is_job(const DwUuid *id)
{
	static DwStatement select_job =
		DW_STATEMENT("SELECT FROM dwello.jobs AS j WHERE j.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	return dw_execute(&select_job, &p) > 0;
}

bool
dw_user_insert(const DwUserDraft *draft)
{
	const DwKey *key = dw_keyring_need(DW_KEY_INDEX);
	NewUser		user = {.draft = *draft};

	if (is_job(&draft->id))
		return false;
	user.email = dw_seal(DW_SEAL_EMAIL, &draft->id, draft->email);
	user.email_index = dw_blind_index(DW_BLIND_EMAIL, draft->email, key);
	user.phone = dw_seal(DW_SEAL_PHONE, &draft->id, draft->phone);
	user.password_hash = dw_seal(DW_SEAL_PASSWORD, &draft->id,
								 draft->password_hash);
	if (draft->phone != NULL)
		user.phone_index = dw_blind_index(DW_BLIND_PHONE, draft->phone, key);
	return dw_table_insert_new(&new_users, &user);
}

/* Takes an address under one key; false when it is taken. */
static bool
email_claim(const DwUserDraft *draft, const DwKey *key)
{
	static DwStatement insert_email =
		DW_STATEMENT("INSERT INTO dwello.user_emails (email_index, user_id) "
					 "VALUES ($1, $2) "
					 "ON CONFLICT ON CONSTRAINT user_emails_pkey DO NOTHING");
	bytea	   *index = dw_blind_index(DW_BLIND_EMAIL, draft->email, key);
	DwParams	p = DW_PARAMS;

	dw_param_datum(&p, BYTEAOID, PointerGetDatum(index), false);
	dw_param_uuid(&p, &draft->id);
	return dw_execute(&insert_email, &p) > 0;
}

/*
 * Under every key that lives: whoever has the address already has it under
 * one of them at least, for the oldest stays until all have another.
 */
bool
dw_user_claim_email(const DwUserDraft *draft)
{
	const DwKeyring *ring = dw_keyring_load();

	for (int i = 0; i < ring->count; i++)
	{
		if (ring->keys[i].kind == DW_KEY_INDEX &&
			!email_claim(draft, &ring->keys[i]))
			return false;
	}
	return true;
}

bool
dw_user_change_email(DwUser *user, const char *email)
{
	static DwStatement forget =
		DW_STATEMENT("DELETE FROM dwello.user_emails WHERE user_id = $1");
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.users SET email = $2, email_index = $3 "
					 "WHERE id = $1");
	const DwUserDraft claim = {.id = user->id,.email = email};
	bytea	   *index = dw_blind_index(DW_BLIND_EMAIL, email,
									   dw_keyring_need(DW_KEY_INDEX));
	DwParams	p = DW_PARAMS;

	/* first, for the new address may be the old one in another spelling */
	dw_param_uuid(&p, &user->id);
	(void) dw_execute(&forget, &p);
	if (!dw_user_claim_email(&claim))
		return false;
	user->email = dw_seal(DW_SEAL_EMAIL, &user->id, email);
	user->verified.email = false;
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(user->email), false);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(index), false);
	(void) dw_execute(&update, &p);
	return true;
}

void
dw_user_change_phone(DwUser *user, const char *phone)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.users SET phone = $2, phone_index = $3 "
					 "WHERE id = $1");
	bytea	   *index = dw_blind_index(DW_BLIND_PHONE, phone,
									   dw_keyring_need(DW_KEY_INDEX));
	DwParams	p = DW_PARAMS;

	user->phone = dw_seal(DW_SEAL_PHONE, &user->id, phone);
	user->verified.phone = false;
	dw_param_uuid(&p, &user->id);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(user->phone), false);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(index), false);
	(void) dw_execute(&update, &p);
}

void
dw_user_furnish(const DwUserDraft *draft)
{
	static DwStatement insert_profile =
		DW_STATEMENT("INSERT INTO dwello.user_profiles "
					 "(user_id, created_at, updated_at) VALUES ($1, $2, $2)");
	static DwStatement insert_stats =
		DW_STATEMENT("INSERT INTO dwello.provider_stats "
					 "(user_id, as_of, updated_at) "
					 "VALUES ($1, ($2 AT TIME ZONE 'UTC')::date, $2)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &draft->id);
	dw_param_time(&p, draft->created_at);
	(void) dw_execute(&insert_profile, &p);
	if (draft->type == DW_USER_PROVIDER)
		(void) dw_execute(&insert_stats, &p);
}

bool
dw_user_load(const DwUuid *user_id, DwUser *user)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(users, "WHERE t.id = $1 AND t.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_table_query(&by_key, &p) == 0)
		return false;
	dw_table_read(&users, 0, user);
	return true;
}

bool
dw_user_lock(const DwUuid *user_id, DwUser *user)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(users, "WHERE t.id = $1 AND t.deleted_at IS NULL "
					   "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&users, 0, user);
	return true;
}

/* Whose address it is, by its index under one key; false for nobody's. */
static bool
email_find(const char *email, const DwKey *key, DwUuid *user_id)
{
	static DwStatement find =
		DW_STATEMENT("SELECT e.user_id FROM dwello.user_emails AS e "
					 "WHERE e.email_index = $1");
	bytea	   *index = dw_blind_index(DW_BLIND_EMAIL, email, key);
	DwParams	p = DW_PARAMS;

	if (index == NULL)
		return false;
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(index), false);
	return dw_query(&find, &p) > 0 && dw_read_only_uuid(0, user_id);
}

bool
dw_user_find(const char *email, DwUser *user)
{
	const DwKeyring *ring = dw_keyring_load();
	DwUuid		user_id;

	(void) dw_keyring_need(DW_KEY_INDEX);
	/* the newest last in the file, and most are found by it */
	for (int i = ring->count - 1; i >= 0; i--)
	{
		/* two queries, not a join: the rows are of different shards */
		if (ring->keys[i].kind == DW_KEY_INDEX &&
			email_find(email, &ring->keys[i], &user_id))
			return dw_user_load(&user_id, user);
	}
	return false;
}

void
dw_user_save_status(DwUser *user)
{
	dw_table_update(&users, user);
	dw_audience_refresh(&user->id);
}

void
dw_user_save_password(DwUser *user, const char *hash)
{
	user->password_hash = dw_seal(DW_SEAL_PASSWORD, &user->id, hash);
	dw_table_update(&users, user);
}

void
dw_user_signed_in(const DwUuid *user_id, TimestampTz at)
{
	static DwStatement note =
		DW_STATEMENT("UPDATE dwello.users SET last_login_at = $2 "
					 "WHERE id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, at);
	(void) dw_execute(&note, &p);
}

void
dw_user_log(const DwUuid *user_id, const DwActor *actor, const char *action,
			const char *reason)
{
	static DwStatement insert_log =
		DW_STATEMENT("INSERT INTO dwello.user_activity_logs "
					 "(user_id, action, details, created_at) "
					 "VALUES ($1, $2, $3, $4)");
	DwParams	p = DW_PARAMS;
	DwPayload	details;

	dw_payload_begin(&details);
	if (actor->kind != DW_ACTOR_SYSTEM)
		dw_payload_uuid(&details, "actor_id", &actor->user_id);
	dw_payload_text(&details, "actor_role", dw_actor_label(actor->kind));
	dw_payload_text(&details, "reason", reason);
	dw_param_uuid(&p, user_id);
	dw_param_text(&p, action);
	dw_param_datum(&p, JSONBOID, dw_payload_end(&details), false);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&insert_log, &p);
}

const char *
dw_timezone_find(const char *name)
{
	static DwStatement select_name =
		DW_STATEMENT("SELECT FROM pg_catalog.pg_timezone_names AS z "
					 "WHERE z.name = $1");
	pg_tz	   *zone = pg_tzset(name);
	const char *found;

	if (zone == NULL || !pg_tz_acceptable(zone))
		return NULL;
	found = pg_get_timezone_name(zone);

	/*
	 * The server also takes a POSIX rule ("ABC3") for a name.  Such a rule
	 * has a digit, and few names do, so only then is the (slow) list asked.
	 */
	if (strpbrk(found, "0123456789") != NULL)
	{
		DwParams	p = DW_PARAMS;

		dw_param_text(&p, found);
		if (dw_query(&select_name, &p) == 0)
			return NULL;
	}
	return found;
}

Datum
dw_scopes_of(const DwUuid *user_id)
{
	static DwStatement load =
		DW_STATEMENT("SELECT pg_catalog.array_prepend($1, "
					 "pg_catalog.array_agg(e.job_id)) "
					 "FROM dwello.escrow_accounts AS e "
					 "WHERE e.homeowner_id = $1 OR e.provider_id = $1");
	DwParams	p = DW_PARAMS;
	bool		isnull;

	dw_param_uuid(&p, user_id);
	(void) dw_query(&load, &p);
	return dw_read_only_datum(0, &isnull);
}
