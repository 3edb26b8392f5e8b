/*
 * message_store.c
 *		Rows of dwello.messages: writing them, reading threads of them.
 *
 * Keyset paging compares (created_at, id) as one row, which is how
 * messages_thread_idx is ordered.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "server/sql/sql_server.h"
#include "store/message/message_store.h"

/* Whose messages: parameters $1 to $3, a NULL means any. */
#define IN_THREAD \
	"m.job_id = $1 AND ($2::uuid IS NULL OR m.provider_id = $2) " \
	"AND ($3::uuid IS NULL OR m.sender_id = $3 OR m.recipient_id = $3)"

/* A uuid parameter; nil is NULL. */
static void
param_uuid_or_null(DwParams *p, const DwUuid *id)
{
	dw_param_uuid(p, dw_uuid_is_nil(id) ? NULL : id);
}

/* The parameters of IN_THREAD. */
static void
param_thread(DwParams *p, const DwThread *thread)
{
	dw_param_uuid(p, &thread->job_id);
	param_uuid_or_null(p, &thread->provider_id);
	param_uuid_or_null(p, &thread->reader_id);
}

bool
dw_message_exists(const DwUuid *job_id, const DwUuid *id)
{
	static DwStatement select_message =
		DW_STATEMENT("SELECT FROM dwello.messages AS m "
					 "WHERE m.job_id = $1 AND m.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	return dw_execute(&select_message, &p) > 0;
}

/* Writes a message. */
void
dw_message_insert(const DwMessage *message)
{
	static DwStatement insert_message =
		DW_STATEMENT("INSERT INTO dwello.messages "
					 "(job_id, id, homeowner_id, provider_id, sender_id, "
					 "recipient_id, message_type, subject, content, "
					 "attachments, created_at) "
					 "VALUES ($1, $2, $3, $4, $5, $6, "
					 "$7::text::dwello.message_type, $8, $9, $10, $11)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &message->job_id);
	dw_param_uuid(&p, &message->id);
	dw_param_uuid(&p, &message->homeowner_id);
	dw_param_uuid(&p, &message->route.provider_id);
	param_uuid_or_null(&p, &message->route.sender_id);
	dw_param_uuid(&p, &message->route.recipient_id);
	dw_param_text(&p, dw_message_type_label(message->type));
	dw_param_text(&p, message->subject);
	dw_param_text(&p, message->content);
	dw_param_datum(&p, JSONBOID, message->attachments, false);
	dw_param_time(&p, message->created_at);
	(void) dw_execute(&insert_message, &p);
}

void
dw_message_ties(const DwUuid *job_id, const DwUuid *provider_id,
				DwMessageTies *ties)
{
	static DwStatement select_ties =
		DW_STATEMENT("SELECT EXISTS (SELECT FROM dwello.bids AS b "
					 "WHERE b.job_id = $1 AND b.provider_id = $2), "
					 "EXISTS (SELECT FROM dwello.job_invites AS i "
					 "WHERE i.job_id = $1 AND i.provider_id = $2), "
					 "EXISTS (SELECT FROM dwello.messages AS m "
					 "WHERE m.job_id = $1 AND m.sender_id = $2)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, provider_id);
	(void) dw_execute(&select_ties, &p);
	ties->has_bid = dw_read_bool(0, 1);
	ties->is_invited = dw_read_bool(0, 2);
	ties->has_written = dw_read_bool(0, 3);
}

bool
dw_message_seek(const DwThread *thread, const DwUuid *id,
				DwCursor *cursor)
{
	static DwStatement select_place =
		DW_STATEMENT("SELECT m.created_at FROM dwello.messages AS m "
					 "WHERE " IN_THREAD " AND m.id = $4");
	DwParams	p = DW_PARAMS;

	param_thread(&p, thread);
	dw_param_uuid(&p, id);
	return dw_read_cursor(dw_query(&select_place, &p), id, cursor);
}

bool
dw_message_seek_own(const DwUuid *user_id, const DwUuid *id,
					DwCursor *cursor)
{
	static DwStatement select_place =
		DW_STATEMENT("SELECT m.created_at FROM dwello.messages AS m "
					 "WHERE m.id = $2 "
					 "AND (m.sender_id = $1 OR m.recipient_id = $1)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	return dw_read_cursor(dw_query(&select_place, &p), id, cursor);
}

int64
dw_message_mark(const DwThread *thread, const DwCursor *up_to,
				TimestampTz read_at)
{
	static DwStatement mark_messages =
		DW_STATEMENT("UPDATE dwello.messages AS m SET read_at = $6 "
					 "WHERE " IN_THREAD " AND m.recipient_id = $3 "
					 "AND (m.created_at, m.id) <= ($4, $5) "
					 "AND m.read_at IS NULL AND m.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	param_thread(&p, thread);
	dw_param_cursor(&p, up_to);
	dw_param_time(&p, read_at);
	return (int64) dw_execute(&mark_messages, &p);
}

uint64
dw_message_list(const DwThread *thread, const DwCursor *after,
				int32 max_results)
{
	static DwStatement select_messages =
		DW_STATEMENT("SELECT m.id, m.sender_id, m.recipient_id, "
					 "m.message_type::text, m.subject, m.content, "
					 "m.attachments, m.read_at, m.created_at "
					 "FROM dwello.messages AS m "
					 "WHERE m.job_id = $1 AND m.provider_id = $2 "
					 "AND ($3::uuid IS NULL OR m.sender_id = $3 "
					 "OR m.recipient_id = $3) "
					 "AND (m.created_at, m.id) < ($4, $5) "
					 "AND m.deleted_at IS NULL "
					 "ORDER BY m.created_at DESC, m.id DESC LIMIT $6");
	DwParams	p = DW_PARAMS;

	param_thread(&p, thread);
	dw_param_cursor(&p, after);
	dw_param_int4(&p, max_results);
	return dw_query(&select_messages, &p);
}

/*
 * The jobs of a user's messages, each once: every step looks up the next job
 * in the index, so that the cost goes by threads and not by messages.
 */
#define JOBS_BY(name, side) \
	name " (job_id) AS ((SELECT m.job_id FROM dwello.messages AS m " \
	"WHERE m." side " = $1 ORDER BY m.job_id LIMIT 1) UNION ALL " \
	"SELECT (SELECT m.job_id FROM dwello.messages AS m " \
	"WHERE m." side " = $1 AND m.job_id > w.job_id " \
	"ORDER BY m.job_id LIMIT 1) " \
	"FROM " name " AS w WHERE w.job_id IS NOT NULL)"

/* The providers with whom there are messages about those jobs, likewise. */
#define THREADS_OF_JOBS \
	"threads (job_id, homeowner_id, title, provider_id) AS (" \
	"SELECT j.id, j.homeowner_id, j.title, " \
	"(SELECT m.provider_id FROM dwello.messages AS m " \
	"WHERE m.job_id = j.id ORDER BY m.provider_id LIMIT 1) " \
	"FROM dwello.jobs AS j WHERE j.deleted_at IS NULL AND j.id IN " \
	"(SELECT job_id FROM written UNION SELECT job_id FROM received) " \
	"UNION ALL SELECT t.job_id, t.homeowner_id, t.title, " \
	"(SELECT m.provider_id FROM dwello.messages AS m " \
	"WHERE m.job_id = t.job_id AND m.provider_id > t.provider_id " \
	"ORDER BY m.provider_id LIMIT 1) " \
	"FROM threads AS t WHERE t.provider_id IS NOT NULL)"

uint64
dw_message_threads(const DwUuid *user_id, const DwCursor *after,
				   int32 max_results)
{
	static DwStatement select_threads =
		DW_STATEMENT("WITH RECURSIVE " JOBS_BY("written", "sender_id") ", "
					 JOBS_BY("received", "recipient_id") ", "
					 THREADS_OF_JOBS
					 " SELECT t.job_id, CASE WHEN t.homeowner_id = $1 "
					 "THEN t.provider_id ELSE t.homeowner_id END, t.title, "
					 "l.id, l.created_at, left(l.content, 200), "
					 "(SELECT count(*)::integer FROM dwello.messages AS u "
					 "WHERE u.recipient_id = $1 AND u.job_id = t.job_id "
					 "AND u.provider_id = t.provider_id "
					 "AND u.read_at IS NULL AND u.deleted_at IS NULL) "
					 "FROM threads AS t CROSS JOIN LATERAL "
					 "(SELECT m.id, m.created_at, m.content "
					 "FROM dwello.messages AS m WHERE m.job_id = t.job_id "
					 "AND m.provider_id = t.provider_id "
					 "AND (m.sender_id = $1 OR m.recipient_id = $1) "
					 "AND m.deleted_at IS NULL "
					 "ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS l "
					 "WHERE $1 IN (t.homeowner_id, t.provider_id) "
					 "AND (l.created_at, l.id) < ($2, $3) "
					 "ORDER BY l.created_at DESC, l.id DESC LIMIT $4");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_cursor(&p, after);
	dw_param_int4(&p, max_results);
	return dw_query(&select_threads, &p);
}
