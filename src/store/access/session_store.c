/*
 * session_store.c
 *		Rows of dwello.user_codes, user_sessions and used_refresh_tokens.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/access/access_store.h"

static const DwColumn code_columns[] = {
	DW_COLUMN(UUID, DwCodeRow, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwCodeRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN_ENUM(code_purpose, DwCodeRow, purpose, purpose,
				   DW_COLUMN_FIXED, dw_code_purpose_labels),
	DW_COLUMN(INT4, DwCodeRow, key_id, key_id, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwCodeRow, code_digest, digest, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwCodeRow, target, target, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwCodeRow, tries, tries, 0),
	DW_COLUMN(TIME, DwCodeRow, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwCodeRow, redeemed_at, redeemed_at, 0)
};

static DwTable codes = DW_TABLE("user_codes", DwCodeRow, code_columns);

void
dw_code_insert(const DwCodeRow *code)
{
	static DwStatement forget =
		DW_STATEMENT("DELETE FROM dwello.user_codes "
					 "WHERE user_id = $1 AND created_at < $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &code->user_id);
	dw_param_time(&p, code->created_at - USECS_PER_DAY);
	(void) dw_execute(&forget, &p);
	dw_table_insert(&codes, code);
}

int64
dw_code_count(const DwUuid *user_id, DwCodePurpose purpose, TimestampTz since)
{
	static DwStatement count =
		DW_STATEMENT("SELECT count(*) FROM dwello.user_codes AS c "
					 "WHERE c.user_id = $1 AND c.purpose = $2 "
					 "AND c.created_at > $3");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_enum(&p, "code_purpose", dw_code_purpose_label(purpose));
	dw_param_time(&p, since);
	(void) dw_execute(&count, &p);
	return dw_read_only_int8(0);
}

bool
dw_code_lock(const DwUuid *user_id, DwCodePurpose purpose, DwCodeRow *code)
{
	static DwTableQuery last =
		DW_TABLE_QUERY(codes, "WHERE t.user_id = $1 AND t.purpose = $2 "
					   "ORDER BY t.created_at DESC, t.id DESC LIMIT 1 "
					   "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_enum(&p, "code_purpose", dw_code_purpose_label(purpose));
	if (dw_table_execute(&last, &p) == 0)
		return false;
	dw_table_read(&codes, 0, code);
	return true;
}

void
dw_code_save(DwCodeRow *code)
{
	dw_table_update(&codes, code);
}

void
dw_codes_void(const DwUuid *user_id)
{
	static DwStatement end =
		DW_STATEMENT("UPDATE dwello.user_codes AS c SET tries = $2 "
					 "WHERE c.user_id = $1 AND c.redeemed_at IS NULL "
					 "AND c.tries < $2 AND (c.target IS NOT NULL "
					 "OR c.purpose IN ('password', 'sign_in'))");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_int4(&p, DW_CODE_TRIES);
	(void) dw_execute(&end, &p);
}

static const DwColumn session_columns[] = {
	DW_COLUMN(UUID, DwSessionRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwSessionRow, user_id, user_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwSessionRow, device, device, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwSessionRow, token_hash, token_hash, 0),
	DW_COLUMN(TIME, DwSessionRow, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwSessionRow, refreshed_at, refreshed_at, 0),
	DW_COLUMN(TIME, DwSessionRow, expires_at, expires_at, 0),
	DW_COLUMN(TIME, DwSessionRow, ended_at, ended_at, 0),
	DW_COLUMN(TEXT, DwSessionRow, end_reason, end_reason, 0)
};

static DwTable sessions =
DW_TABLE("user_sessions", DwSessionRow, session_columns);

void
dw_session_insert(const DwSessionRow *session)
{
	dw_table_insert(&sessions, session);
}

void
dw_sessions_limit(const DwUuid *user_id, int64 most)
{
	static DwStatement end =
		DW_STATEMENT("UPDATE dwello.user_sessions AS s "
					 "SET ended_at = $3, end_reason = 'displaced' "
					 "WHERE s.user_id = $1 AND s.ended_at IS NULL "
					 "AND s.id IN (SELECT o.id FROM dwello.user_sessions "
					 "AS o WHERE o.user_id = $1 AND o.ended_at IS NULL "
					 "ORDER BY o.refreshed_at DESC, o.id DESC OFFSET $2)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_int8(&p, most - 1);
	dw_param_time(&p, GetCurrentTimestamp());
	(void) dw_execute(&end, &p);
}

bool
dw_session_user(const DwUuid *id, DwUuid *user_id)
{
	static DwStatement find =
		DW_STATEMENT("SELECT s.user_id FROM dwello.user_sessions AS s "
					 "WHERE s.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	return dw_execute(&find, &p) > 0 && dw_read_only_uuid(0, user_id);
}

bool
dw_session_lock(const DwUuid *id, DwSessionRow *session)
{
	static DwTableQuery by_id =
		DW_TABLE_QUERY(sessions, "WHERE t.id = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_id, &p) == 0)
		return false;
	dw_table_read(&sessions, 0, session);
	return true;
}

void
dw_session_save(DwSessionRow *session)
{
	dw_table_update(&sessions, session);
}

void
dw_session_token_used(const DwSessionRow *session)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.used_refresh_tokens "
					 "(session_id, token_hash) VALUES ($1, $2)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &session->id);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(session->token_hash), false);
	(void) dw_execute(&insert, &p);
}

bool
dw_session_token_was_used(const DwUuid *session_id,
						  const bytea *hash)
{
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.used_refresh_tokens AS u "
					 "WHERE u.session_id = $1 AND u.token_hash = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, session_id);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(hash), false);
	return dw_execute(&find, &p) > 0;
}

void
dw_sessions_list(DwCall *call)
{
	static DwStatement list =
		DW_STATEMENT("SELECT s.id AS session_id, s.device, s.created_at, "
					 "s.refreshed_at, s.expires_at "
					 "FROM dwello.user_sessions AS s "
					 "WHERE s.user_id = $1 AND s.ended_at IS NULL "
					 "AND s.expires_at > $2 "
					 "ORDER BY s.refreshed_at DESC, s.id DESC");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &call->actor.user_id);
	dw_param_time(&p, GetCurrentTimestamp());
	dw_list_query(call, &list, &p);
}

void
dw_sessions_end(const DwUuid *user_id, const char *reason)
{
	static DwStatement end =
		DW_STATEMENT("UPDATE dwello.user_sessions "
					 "SET ended_at = $2, end_reason = $3 "
					 "WHERE user_id = $1 AND ended_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, GetCurrentTimestamp());
	dw_param_text(&p, reason);
	(void) dw_execute(&end, &p);
}
