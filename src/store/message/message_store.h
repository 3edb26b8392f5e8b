/*
 * message_store.h
 *		Rows of dwello.messages: writing them, reading threads of them.
 *
 * Messages are read newest first; a cursor says where to go on.
 */
#ifndef DW_MESSAGE_STORE_H
#define DW_MESSAGE_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/message/message.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"

/* A message to be written. */
typedef struct DwMessage
{
	DwUuid		job_id;			/* shard key */
	DwUuid		id;				/* its own */
	DwUuid		homeowner_id;	/* of the job */
	DwMessageRoute route;		/* in whose thread, from whom, to whom */
	DwMessageType type;			/* kind */
	const char *subject;		/* or NULL */
	const char *content;		/* may be blank beside attachments */
	Datum		attachments;	/* a jsonb array */
	TimestampTz created_at;		/* now */
} DwMessage;

/* Whose messages of which job; a nil id means any. */
typedef struct DwThread
{
	DwUuid		job_id;			/* the job */
	DwUuid		provider_id;	/* in the thread of this provider */
	DwUuid		reader_id;		/* written by or to this user */
} DwThread;

/* True when the job has a message of that id, deleted or not. */
extern bool dw_message_exists(const DwUuid *job_id, const DwUuid *id);

/* Writes a message. */
extern void dw_message_insert(const DwMessage *message);

/* What a provider has to do with a job; has_award is left to the caller. */
extern void dw_message_ties(const DwUuid *job_id, const DwUuid *provider_id,
							DwMessageTies *ties);

/* Places the cursor at a message of the thread; false when it has none. */
extern bool dw_message_seek(const DwThread *thread, const DwUuid *id,
							DwCursor *cursor);

/* The same at a message to or from a user, in whatever thread. */
extern bool dw_message_seek_own(const DwUuid *user_id, const DwUuid *id,
								DwCursor *cursor);

/*
 * Marks the reader's unread messages up to and with the cursor as read at a
 * time; their number.
 */
extern int64 dw_message_mark(const DwThread *thread,
							 const DwCursor *up_to,
							 TimestampTz read_at);

/*
 * Fills a set with the messages of a thread after the cursor, newest first,
 * as the function thread returns them.
 */
extern void dw_message_list(DwCall *call, const DwThread *thread,
							const DwCursor *after, int32 max_results);

/*
 * Fills a set with a user's threads whose last message is after the cursor,
 * newest first, as the function threads returns them: of the last message the
 * first 200 characters.
 */
extern void dw_message_threads(DwCall *call, const DwUuid *user_id,
							   const DwCursor *after, int32 max_results);

#endif							/* DW_MESSAGE_STORE_H */
