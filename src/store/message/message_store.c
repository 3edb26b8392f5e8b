/*
 * message_store.c
 *		Rows of dwello.messages: writing them, reading threads of them.
 *
 * Keyset paging compares (created_at, id) as one row, which is how
 * messages_thread_idx is ordered.
 */
#include "postgres.h"

#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/message/message_store.h"

static const DwColumn message_columns[] = {
	DW_COLUMN(UUID, DwMessage, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwMessage, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwMessage, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwMessage, provider_id, route.provider_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwMessage, sender_id, route.sender_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwMessage, recipient_id, route.recipient_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(message_type, DwMessage, message_type, type,
				   DW_COLUMN_FIXED, dw_message_type_labels),
	DW_COLUMN(TEXT, DwMessage, subject, subject, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwMessage, content, content, DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, DwMessage, attachments, attachments, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwMessage, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable messages = DW_TABLE("messages", DwMessage, message_columns);

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

void
dw_message_insert(const DwMessage *message)
{
	dw_table_insert(&messages, message);
}

void
dw_message_ties(const DwUuid *job_id, const DwUuid *provider_id,
				DwMessageTies *ties)
{
	static DwStatement select_ties =
		DW_STATEMENT("SELECT EXISTS (SELECT FROM dwello.bids AS b "
					 "WHERE b.job_id = $1 AND b.provider_id = $2) AS has_bid, "
					 "EXISTS (SELECT FROM dwello.job_invites AS i "
					 "WHERE i.job_id = $1 AND i.provider_id = $2) "
					 "AS is_invited, EXISTS (SELECT FROM dwello.messages AS m "
					 "WHERE m.job_id = $1 AND m.sender_id = $2) "
					 "AS has_written");
	static const DwColumn ties_fields[] = {
		DW_FIELD(BOOL, DwMessageTies, has_bid, has_bid),
		DW_FIELD(BOOL, DwMessageTies, is_invited, is_invited),
		DW_FIELD(BOOL, DwMessageTies, has_written, has_written)
	};
	static DwMap map = DW_MAP(ties_fields);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, provider_id);
	(void) dw_execute(&select_ties, &p);
	dw_map_read(&map, 0, ties);
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

void
dw_message_list(DwCall *call, const DwThread *thread, const DwCursor *after,
				int32 max_results)
{
	static DwStatement select_messages =
		DW_STATEMENT("SELECT m.id AS message_id, m.sender_id, "
					 "m.recipient_id, m.message_type, m.subject, m.content, "
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
	dw_list_query(call, &select_messages, &p);
}

/*
 * The threads of a user are found by walking along indexes, a step a
 * statement: no more than STEP messages are looked at before the walk goes on
 * behind the last job, or provider, so that the cost goes by threads and not
 * by messages.  A statement that refers to itself would do it in one, but not
 * where the rows are spread over several nodes.
 */
#define STEP "64"

/* Ids that a walk has found. */
typedef struct Found
{
	DwUuid	   *ids;			/* each once, in order */
	int			count;			/* of them */
	int			room;			/* for how many */
} Found;

/* Adds an id behind those that were found. */
static void
found_add(Found *found, const DwUuid *id)
{
	if (found->count == found->room)
	{
		found->room = Max(found->room * 2, 64);
		found->ids = found->ids == NULL
			? palloc(found->room * sizeof(DwUuid))
			: repalloc_huge(found->ids, found->room * sizeof(DwUuid));
	}
	found->ids[found->count++] = *id;
}

/* Takes step after step, each behind the last id that the one before gave. */
static void
walk(DwStatement *step, const DwUuid *key, Found *found)
{
	DwUuid		last = {0};
	uint64		count;

	do
	{
		DwParams	p = DW_PARAMS;

		dw_param_uuid(&p, key);
		dw_param_uuid(&p, &last);
		count = dw_query(step, &p);
		for (uint64 i = 0; i < count; i++)
		{
			DwUuid		id;

			(void) dw_read_only_uuid(i, &id);
			found_add(found, &id);
		}
		if (count > 0)
			last = found->ids[found->count - 1];
	} while (count > 0);
}

/* The first messages of a user on one side, by job. */
#define STEP_OF(side) \
	"(SELECT m.job_id FROM dwello.messages AS m " \
	"WHERE m." side " = $1 AND m.job_id > $2 " \
	"ORDER BY m.job_id LIMIT " STEP ")"

/* Finds the threads of a user: ids of jobs, and of the provider of each. */
static void
find_threads(const DwUuid *user_id, Found *jobs, Found *providers)
{
	static DwStatement next_jobs =
		DW_STATEMENT("SELECT DISTINCT s.job_id FROM (SELECT u.job_id FROM ("
					 STEP_OF("sender_id") " UNION ALL "
					 STEP_OF("recipient_id") ") AS u "
					 "ORDER BY u.job_id LIMIT " STEP ") AS s "
					 "ORDER BY s.job_id");
	static DwStatement next_providers =
		DW_STATEMENT("SELECT DISTINCT s.provider_id FROM ("
					 "SELECT m.provider_id FROM dwello.messages AS m "
					 "WHERE m.job_id = $1 AND m.provider_id > $2 "
					 "ORDER BY m.provider_id LIMIT " STEP ") AS s "
					 "ORDER BY s.provider_id");
	Found		own = {0};

	walk(&next_jobs, user_id, &own);
	for (int i = 0; i < own.count; i++)
	{
		walk(&next_providers, &own.ids[i], providers);
		while (jobs->count < providers->count)
			found_add(jobs, &own.ids[i]);
	}
}

void
dw_message_threads(DwCall *call, const DwUuid *user_id,
				   const DwCursor *after, int32 max_results)
{
	static DwStatement select_threads =
		DW_STATEMENT("SELECT t.job_id, CASE WHEN j.homeowner_id = $1 "
					 "THEN t.provider_id ELSE j.homeowner_id END "
					 "AS with_user_id, j.title, l.id AS last_message_id, "
					 "l.created_at AS last_message_at, "
					 "pg_catalog.left(l.content, 200) AS last_content, "
					 "(SELECT pg_catalog.count(*)::integer "
					 "FROM dwello.messages AS u "
					 "WHERE u.recipient_id = $1 AND u.job_id = t.job_id "
					 "AND u.provider_id = t.provider_id "
					 "AND u.read_at IS NULL AND u.deleted_at IS NULL) "
					 "AS unread "
					 "FROM ROWS FROM (unnest($5), unnest($6)) "
					 "AS t (job_id, provider_id) "
					 "JOIN dwello.jobs AS j ON j.id = t.job_id "
					 "CROSS JOIN LATERAL "
					 "(SELECT m.id, m.created_at, m.content "
					 "FROM dwello.messages AS m WHERE m.job_id = t.job_id "
					 "AND m.provider_id = t.provider_id "
					 "AND (m.sender_id = $1 OR m.recipient_id = $1) "
					 "AND m.deleted_at IS NULL "
					 "ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS l "
					 "WHERE j.deleted_at IS NULL "
					 "AND $1 IN (j.homeowner_id, t.provider_id) "
					 "AND (l.created_at, l.id) < ($2, $3) "
					 "ORDER BY l.created_at DESC, l.id DESC LIMIT $4");
	Found		jobs = {0};
	Found		providers = {0};
	DwParams	p = DW_PARAMS;

	find_threads(user_id, &jobs, &providers);
	dw_param_uuid(&p, user_id);
	dw_param_cursor(&p, after);
	dw_param_int4(&p, max_results);
	dw_param_uuids(&p, jobs.ids, jobs.count);
	dw_param_uuids(&p, providers.ids, providers.count);
	dw_list_query(call, &select_threads, &p);
}
