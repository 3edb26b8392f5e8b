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
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"
#include "store/audience/audience_store.h"

static void param_bytea(DwParams *p, const bytea *value);

DwUserStatus
dw_user_status(const DwUuid *user_id)
{
	static DwStatement select_status =
		DW_STATEMENT("SELECT u.status::text FROM dwello.users AS u "
					 "WHERE u.id = $1 AND u.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;
	DwUserStatus status;

	dw_param_uuid(&p, user_id);
	if (dw_query(&select_status, &p) == 0)
		return DW_USER_INACTIVE;
	if (!dw_user_status_parse(dw_read_only_text(0), &status))
		elog(ERROR, "user has an unknown status");
	return status;
}

/*
 * Writes a new user.  A job's id is taken: a scope belongs
 * to one of the two.
 */
bool
dw_user_insert(const DwUserDraft *draft)
{
	static DwStatement insert_user =
		DW_STATEMENT("INSERT INTO dwello.users "
					 "(id, user_type, email, email_index, phone, phone_index, "
					 "password_hash, first_name, last_name, timezone, "
					 "language, created_at, updated_at) "
					 "SELECT $1, $2::text::dwello.user_type, $3, $4, $5, $6, "
					 "$7, $8, $9, $10, $11, $12, $12 "
					 "WHERE NOT EXISTS (SELECT FROM dwello.jobs AS j "
					 "WHERE j.id = $1) "
					 "ON CONFLICT ON CONSTRAINT users_pkey DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &draft->id);
	dw_param_text(&p, dw_user_type_label(draft->type));
	param_bytea(&p, dw_seal(DW_SEAL_EMAIL, &draft->id, draft->email));
	param_bytea(&p, dw_blind_index(DW_BLIND_EMAIL, draft->email));
	param_bytea(&p, dw_seal(DW_SEAL_PHONE, &draft->id, draft->phone));
	param_bytea(&p, draft->phone == NULL ? NULL :
				dw_blind_index(DW_BLIND_PHONE, draft->phone));
	dw_param_text(&p, draft->password_hash);
	dw_param_text(&p, draft->first_name);
	dw_param_text(&p, draft->last_name);
	dw_param_text(&p, draft->timezone);
	dw_param_text(&p, draft->language);
	dw_param_time(&p, draft->created_at);
	return dw_execute(&insert_user, &p) > 0;
}

bool
dw_user_claim_email(const DwUuid *user_id)
{
	static DwStatement insert_email =
		DW_STATEMENT("INSERT INTO dwello.user_emails (email_index, user_id) "
					 "SELECT u.email_index, u.id FROM dwello.users AS u "
					 "WHERE u.id = $1 "
					 "ON CONFLICT ON CONSTRAINT user_emails_pkey DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	return dw_execute(&insert_email, &p) > 0;
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
dw_user_lock(const DwUuid *user_id, DwUser *user)
{
	static DwStatement lock_user =
		DW_STATEMENT("SELECT u.user_type::text, u.status::text, "
					 "u.email_verified, u.phone_verified, "
					 "u.provider_verified, u.phone IS NOT NULL, u.version "
					 "FROM dwello.users AS u "
					 "WHERE u.id = $1 AND u.deleted_at IS NULL "
					 "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_execute(&lock_user, &p) == 0)
		return false;
	user->id = *user_id;
	if (!dw_user_type_parse(dw_read_text(0, 1), &user->type) ||
		!dw_user_status_parse(dw_read_text(0, 2), &user->status))
		elog(ERROR, "user has an unknown type or status");
	user->verified.email = dw_read_bool(0, 3);
	user->verified.phone = dw_read_bool(0, 4);
	user->verified.provider = dw_read_bool(0, 5);
	user->has_phone = dw_read_bool(0, 6);
	user->version = dw_read_int4(0, 7);
	return true;
}

void
dw_user_update_status(DwUser *user)
{
	static DwStatement update_status =
		DW_STATEMENT("UPDATE dwello.users "
					 "SET status = $2::text::dwello.user_status, "
					 "email_verified = $3, phone_verified = $4, "
					 "provider_verified = $5, version = version + 1 "
					 "WHERE id = $1 RETURNING version");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &user->id);
	dw_param_text(&p, dw_user_status_label(user->status));
	dw_param_bool(&p, user->verified.email);
	dw_param_bool(&p, user->verified.phone);
	dw_param_bool(&p, user->verified.provider);
	(void) dw_execute(&update_status, &p);
	user->version = dw_read_only_int4(0);
	dw_audience_refresh(&user->id);
}

void
dw_user_update_password(DwUser *user, const char *hash)
{
	static DwStatement update_password =
		DW_STATEMENT("UPDATE dwello.users "
					 "SET password_hash = $2, version = version + 1 "
					 "WHERE id = $1 RETURNING version");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &user->id);
	dw_param_text(&p, hash);
	(void) dw_execute(&update_password, &p);
	user->version = dw_read_only_int4(0);
}

void
dw_user_log(const DwUuid *user_id, const DwActor *actor, const char *action,
			const char *reason)
{
	static DwStatement insert_log =
		DW_STATEMENT("INSERT INTO dwello.user_activity_logs "
					 "(user_id, action, details, created_at) "
					 "VALUES ($1, $2, jsonb_strip_nulls(jsonb_build_object("
					 "'actor_id', $3, 'actor_role', $4, 'reason', $5)), $6)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_text(&p, action);
	dw_param_uuid(&p, actor->kind == DW_ACTOR_SYSTEM ? NULL
				  : &actor->user_id);
	dw_param_text(&p, dw_actor_label(actor->kind));
	dw_param_text(&p, reason);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&insert_log, &p);
}

/*
 * Finds a time zone.  The server also takes a POSIX rule ("ABC3") for a
 * name; such a rule has a digit, and few names do, so only then is the
 * (slow) list of names asked.
 */
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
	if (strpbrk(found, "0123456789") != NULL)
	{
		DwParams	p = DW_PARAMS;

		dw_param_text(&p, found);
		if (dw_query(&select_name, &p) == 0)
			return NULL;
	}
	return found;
}

/* Adds a bytea as it is; NULL pointer = NULL. */
static void
param_bytea(DwParams *p, const bytea *value)
{
	dw_param_datum(p, BYTEAOID, PointerGetDatum(value), value == NULL);
}
