/*
 * message_api.c
 *		Entry points of messages: writing them, reading threads of them.
 *
 * What a message says goes nowhere but into its row: no event, notification
 * or error carries it.  Messages are read by the two people of their thread;
 * support and the system may read any thread by naming its provider.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/message/message_store.h"

/* Limits of attachments: how many, and characters of their members. */
#define ATTACHMENTS_MAX			10
#define ATTACHMENT_URL_MAX		2000
#define ATTACHMENT_NAME_MAX		255
#define ATTACHMENT_TYPE_MAX		100

static void message_read(DwCall *call, DwMessage *message);
static int	attachments_check(DwCall *call, DwArgError *error);
static void attachment_check(DwJsonItem *item);
static void message_address(DwCall *call, const DwJob *job,
							DwMessage *message);
static void message_refuse_recipient(DwCall *call, DwResult code);
static void message_identify(DwCall *call, DwMessage *message);
static void message_announce(const DwMessage *message);
static void read_announce(DwCall *call, const DwJob *job, int64 marked);
pg_noreturn static void seek_failed(const DwUuid *id);
static void thread_of_caller(DwCall *call, const DwJob *job, const char *arg,
							 DwThread *thread);
static void thread_seek(DwCall *call, const DwThread *thread,
						const char *arg, DwCursor *cursor);
static void thread_of_call(DwCall *call, const DwJob *job, DwThread *thread);

/* send_message(job_id, recipient_id, …) → job_id, message_id, … */
DW_FUNCTION(dwello_send_message)
{
	DwCall		call;
	DwMessage	message = {0};
	DwJob		job;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
					 DW_ACTOR_SYSTEM);
	message_read(&call, &message);

	dw_job_shared_for_command(&call, &message.job_id, false, &job);
	if (dw_message_type_check(message.type, call.actor.kind) == DW_FORBIDDEN)
		dw_raise(DW_FORBIDDEN, "only the platform sends system messages",
				 NULL, "Use the message type text, image or file.");
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	message_address(&call, &job, &message);
	message_identify(&call, &message);

	dw_message_insert(&message);
	message_announce(&message);

	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_uuid(&call, "message_id", &message.id);
	dw_row_uuid(&call, "recipient_id", &message.route.recipient_id);
	dw_row_time(&call, "created_at", message.created_at);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}

/* mark_read(job_id, with_user_id, up_to_id) → job_id, marked, … */
DW_FUNCTION(dwello_mark_read)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwThread	thread;
	DwCursor	up_to = DW_CURSOR_NEWEST;
	int64		marked;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER);
	job_id = dw_arg_uuid(&call, "job_id");

	dw_job_shared_for_command(&call, &job_id, false, &job);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	thread_of_caller(&call, &job, "with_user_id", &thread);
	thread_seek(&call, &thread, "up_to_id", &up_to);

	marked = dw_message_mark(&thread, &up_to, dw_now());
	if (marked > 0)
		read_announce(&call, &job, marked);

	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_int4(&call, "marked", (int32) marked);
	return dw_call_return(&call);
}

/* threads(after_id, max_results) → job_id, with_user_id, title, … */
DW_FUNCTION(dwello_threads)
{
	DwCall		call;
	DwCursor	after = DW_CURSOR_NEWEST;
	const DwUuid *after_id;
	int32		max_results;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	max_results = dw_arg_page(&call, "max_results");
	after_id = dw_arg_uuid_opt(&call, "after_id");
	if (after_id != NULL &&
		!dw_message_seek_own(&call.actor.user_id, after_id, &after))
		seek_failed(after_id);

	dw_rows_begin(&call);
	dw_message_threads(&call, &call.actor.user_id, &after, max_results);
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

	dw_query_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
				   DW_ACTOR_SUPPORT | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "job_id", "max_results", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	max_results = dw_arg_page(&call, "max_results");

	dw_job_for_query(&call, &job_id, &job);
	thread_of_call(&call, &job, &thread);
	thread_seek(&call, &thread, "after_id", &after);

	dw_rows_begin(&call);
	dw_message_list(&call, &thread, &after, max_results);
	return dw_list_return(&call);
}

/* Reads the arguments and judges them alone. */
static void
message_read(DwCall *call, DwMessage *message)
{
	static const DwTextRule content = {.max = DW_MESSAGE_CONTENT_MAX};
	static const DwTextRule subject = {DW_MESSAGE_SUBJECT_MAX, true};
	DwArgError	error = {0};
	int			attachments;

	dw_args_need(call, "job_id", "content", "message_type", "attachments",
				 NULL);
	message->job_id = dw_arg_uuid(call, "job_id");
	message->content = dw_arg_text_checked(call, &error, "content",
										   content);
	message->subject = dw_arg_text_checked(call, &error, "subject",
										   subject);
	message->attachments = dw_arg_jsonb(call, "attachments");
	attachments = attachments_check(call, &error);
	if (attachments == 0 &&
		message->content[strspn(message->content, " \t\r\n")] == '\0')
		dw_arg_error_note(&error, "content", DW_BAD_VALUE,
						  "must not be blank without attachments");
	if (!dw_message_type_parse(dw_arg_label(call, "message_type"),
							   &message->type))
		dw_arg_error_note(&error, "message_type", DW_BAD_LABEL, "is unknown");
	else if (dw_message_type_check(message->type, call->actor.kind) ==
			 DW_BAD_VALUE)
		dw_arg_error_note(&error, "message_type", DW_BAD_VALUE,
						  "must be system for a message of the platform");
	dw_arg_error_raise(call, &error);
}

/* Notes what is wrong with the attachments; gives their number. */
static int
attachments_check(DwCall *call, DwArgError *error)
{
	static const char *const names[] = {"url", "name", "content_type",
	"size", NULL};
	DwJsonItem	item = {.place = {"attachments", DW_ARG_NO_ITEM, NULL},
	.error = error};
	DwJsonArg	list;
	int			count = dw_json_item_list(call, &item, ATTACHMENTS_MAX, &list);

	for (int i = 0; i < count; i++)
		if (dw_json_item_open(&list, i, &item, names))
			attachment_check(&item);
	return count;
}

/* Notes what is wrong with one attachment. */
static void
attachment_check(DwJsonItem *item)
{
	static const DwTextRule url = {ATTACHMENT_URL_MAX, true};
	static const DwTextRule name = {ATTACHMENT_NAME_MAX, true};
	static const DwTextRule content_type = {ATTACHMENT_TYPE_MAX, true};

	if (dw_json_item_text(item, "url", url) == NULL)
		dw_json_item_note(item, "url", DW_BAD_VALUE, "must be given");
	if (dw_json_item_text(item, "name", name) == NULL)
		dw_json_item_note(item, "name", DW_BAD_VALUE, "must be given");
	(void) dw_json_item_text(item, "content_type", content_type);
	if (dw_json_item_int8(item, "size", 0) < 0)
		dw_json_item_note(item, "size", DW_BAD_VALUE, "must not be negative");
}

/* Finds out where the message goes; 22023 when it can go nowhere. */
static void
message_address(DwCall *call, const DwJob *job, DwMessage *message)
{
	DwMessageJob sides = {job->homeowner_id, job->provider_id};
	DwMessageRoute *route = &message->route;
	DwMessageTies ties;
	DwResult	result;

	result = dw_message_route(&sides, &call->actor,
							  dw_arg_uuid_opt(call, "recipient_id"),
							  route);
	if (result != DW_OK)
		message_refuse_recipient(call, result);
	dw_message_ties(&job->id, &route->provider_id, &ties);
	ties.has_award = dw_uuid_equal(&route->provider_id, &job->provider_id);
	result = dw_message_ties_check(&ties, call->actor.kind);
	if (result != DW_OK)
		message_refuse_recipient(call, result);
	message->homeowner_id = job->homeowner_id;
}

/* Tells a sender that there is nobody to write to. */
static void
message_refuse_recipient(DwCall *call, DwResult code)
{
	if (dw_arg_has(call, "recipient_id"))
		dw_raise(code, "the recipient has nothing to do with the job", NULL,
				 "A homeowner writes to providers who have bid, were invited, have the award or wrote first; a provider to the homeowner.");
	dw_raise(code, "the message has no recipient",
			 "The job is not awarded to anybody.", "Name recipient_id.");
}

/* Gives the message its id and time; 23505 when the id is taken. */
static void
message_identify(DwCall *call, DwMessage *message)
{
	const DwUuid *given = dw_arg_uuid_opt(call, "message_id");

	if (given != NULL && dw_message_exists(&message->job_id, given))
		dw_raise_constraint(DW_ALREADY_EXISTS, "messages_pkey",
							psprintf("message %s exists already",
									 dw_uuid_text(given)),
							NULL,
							"Pass an idempotency key to make a retry safe.");
	message->id = given != NULL ? *given : dw_uuid_fresh();
	message->created_at = dw_now();
}

/* Tells the recipient, but not what the message says. */
static void
message_announce(const DwMessage *message)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &message->job_id);
	dw_payload_uuid(&payload, "message_id", &message->id);
	dw_payload_uuid(&payload, "homeowner_id", &message->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &message->route.provider_id);
	dw_payload_uuid(&payload, "recipient_id", &message->route.recipient_id);
	dw_payload_text(&payload, "message_type",
					dw_message_type_label(message->type));
	dw_event_emit(&message->job_id, "message", &message->id, "message_sent",
				  &payload);
}

/* Emits that messages were read. */
static void
read_announce(DwCall *call, const DwJob *job, int64 marked)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &job->id);
	dw_payload_uuid(&payload, "user_id", &call->actor.user_id);
	dw_payload_int8(&payload, "marked", marked);
	dw_event_emit(&job->id, "job", &job->id, "messages_read", &payload);
}

/* P0002: the same words for an unknown and an invisible message. */
static void
seek_failed(const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, psprintf("message %s does not exist",
									dw_uuid_text(id)),
			 "There is no such message, or it belongs to another thread.",
			 "dwello.thread() has the messages of one.");
}

/*
 * The caller's own messages with the user of an argument; NULL: with anybody
 * about the job.  22023 when a provider names another than the homeowner.
 */
static void
thread_of_caller(DwCall *call, const DwJob *job, const char *arg,
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

/* Places the cursor at the message of an argument; NULL leaves it alone. */
static void
thread_seek(DwCall *call, const DwThread *thread, const char *arg,
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
	thread_of_caller(call, job, "with_user_id", thread);
	if (dw_uuid_is_nil(&thread->provider_id))
		thread->provider_id = job->provider_id;
	if (dw_uuid_is_nil(&thread->provider_id))
		dw_arg_refuse(call, "with_user_id", DW_BAD_VALUE,
					  "must name a provider, for the job is not awarded");
	if (call->actor.kind == DW_ACTOR_SUPPORT)
		memset(&thread->reader_id, 0, sizeof(thread->reader_id));
}
