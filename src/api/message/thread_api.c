/*
 * thread_api.c
 *		Entry points that read messages: threads, thread.
 *
 * Messages are read by the two people of their thread; support and the
 * system may read any thread by naming its provider.
 */
#include "postgres.h"

#include "api/job/job_api.h"
#include "api/message/thread_api_int.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"

static void thread_of_call(DwCall *call, const DwJob *job, DwThread *thread);
static void threads_row(DwCall *call, uint64 row);
static void thread_row(DwCall *call, uint64 row);
static void row_uuid(DwCall *call, const char *name, uint64 row, int column);
pg_noreturn static void seek_failed(const DwUuid *id);

/* threads(after_id, max_results) → job_id, with_user_id, title, … */
DW_FUNCTION(dwello_threads)
{
	DwCall		call;
	DwCursor	after = DW_CURSOR_NEWEST;
	const DwUuid *after_id;
	int32		max_results;
	uint64		count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	max_results = dw_arg_page(&call, "max_results");
	after_id = dw_arg_uuid_opt(&call, "after_id");
	if (after_id != NULL &&
		!dw_message_seek_own(&call.actor.user_id, after_id, &after))
		seek_failed(after_id);

	dw_rows_begin(&call);
	count = dw_message_threads(&call.actor.user_id, &after, max_results);
	for (uint64 row = 0; row < count; row++)
		threads_row(&call, row);
	return dw_list_return(&call);
}

/* thread(job_id, with_user_id, after_id, max_results) → message_id, … */
DW_FUNCTION(dwello_thread)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwThread	thread;
	DwCursor	after = DW_CURSOR_NEWEST;
	int32		max_results;
	uint64		count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
				   DW_ACTOR_SUPPORT | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "job_id", "max_results", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	max_results = dw_arg_page(&call, "max_results");

	dw_job_for_query(&call, &job_id, &job);
	thread_of_call(&call, &job, &thread);
	dw_thread_seek(&call, &thread, "after_id", &after);

	dw_rows_begin(&call);
	count = dw_message_list(&thread, &after, max_results);
	for (uint64 row = 0; row < count; row++)
		thread_row(&call, row);
	return dw_list_return(&call);
}

void
dw_thread_of_caller(DwCall *call, const DwJob *job, const char *arg,
					DwThread *thread)
{
	const DwUuid *with = dw_arg_uuid_opt(call, arg);

	memset(thread, 0, sizeof(*thread));
	thread->job_id = job->id;
	thread->reader_id = call->actor.user_id;
	if (call->actor.kind != DW_ACTOR_PROVIDER)
	{
		if (with != NULL)
			thread->provider_id = *with;
		return;
	}
	if (with != NULL && !dw_uuid_equal(with, &job->homeowner_id))
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  "must be the homeowner of the job");
	thread->provider_id = call->actor.user_id;
}

void
dw_thread_seek(DwCall *call, const DwThread *thread, const char *arg,
			   DwCursor *cursor)
{
	const DwUuid *id = dw_arg_uuid_opt(call, arg);

	if (id != NULL && !dw_message_seek(thread, id, cursor))
		seek_failed(id);
}

/* The one thread to be read; the awarded provider's where none is named. */
static void
thread_of_call(DwCall *call, const DwJob *job, DwThread *thread)
{
	dw_thread_of_caller(call, job, "with_user_id", thread);
	if (dw_uuid_is_nil(&thread->provider_id))
		thread->provider_id = job->provider_id;
	if (dw_uuid_is_nil(&thread->provider_id))
		dw_arg_refuse(call, "with_user_id", DW_BAD_VALUE,
					  "must name a provider, for the job is not awarded");
	if (call->actor.kind == DW_ACTOR_SUPPORT)
		memset(&thread->reader_id, 0, sizeof(thread->reader_id));
}

/* One thread of the caller's. */
static void
threads_row(DwCall *call, uint64 row)
{
	row_uuid(call, "job_id", row, 1);
	row_uuid(call, "with_user_id", row, 2);
	dw_row_text(call, "title", dw_read_text(row, 3));
	row_uuid(call, "last_message_id", row, 4);
	dw_row_time(call, "last_message_at", dw_read_time(row, 5));
	dw_row_text(call, "last_content", dw_read_text(row, 6));
	dw_row_int4(call, "unread", dw_read_int4(row, 7));
	dw_list_emit(call);
}

/* One message of the thread. */
static void
thread_row(DwCall *call, uint64 row)
{
	bool		isnull;

	row_uuid(call, "message_id", row, 1);
	row_uuid(call, "sender_id", row, 2);
	row_uuid(call, "recipient_id", row, 3);
	dw_row_text(call, "message_type", dw_read_text(row, 4));
	dw_row_text(call, "subject", dw_read_text(row, 5));
	dw_row_text(call, "content", dw_read_text(row, 6));
	dw_row_datum(call, "attachments", dw_read_datum(row, 7, &isnull));
	dw_row_time(call, "read_at", dw_read_time(row, 8));
	dw_row_time(call, "created_at", dw_read_time(row, 9));
	dw_list_emit(call);
}

/* A uuid of the last result as a column; NULL stays NULL. */
static void
row_uuid(DwCall *call, const char *name, uint64 row, int column)
{
	DwUuid		id;

	if (dw_read_uuid(row, column, &id))
		dw_row_uuid(call, name, &id);
}

/* P0002: the same words for an unknown and an invisible message. */
static void
seek_failed(const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, psprintf("message %s does not exist",
									dw_uuid_text(id)),
			 "There is no such message, or it belongs to another thread.",
			 NULL);
}
