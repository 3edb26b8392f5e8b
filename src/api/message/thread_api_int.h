/*
 * thread_api_int.h
 *		Which messages of a job a call is about.
 *
 * A thread is named by the job and the other side, with_user_id.  A user
 * finds only what they wrote or were written.
 */
#ifndef DW_THREAD_API_INT_H
#define DW_THREAD_API_INT_H

#include "server/call/call_server.h"
#include "store/job/job_store.h"
#include "store/message/message_store.h"

/*
 * The caller's own messages with the user of an argument; NULL: with anybody
 * about the job.  22023 when a provider names another than the homeowner.
 */
extern void dw_thread_of_caller(DwCall *call, const DwJob *job,
								const char *arg,
								DwThread *thread);

/*
 * Places the cursor at the message of an argument; NULL leaves it alone.
 * P0002 when the thread has none of that id.
 */
extern void dw_thread_seek(DwCall *call, const DwThread *thread,
						   const char *arg,
						   DwCursor *cursor);

#endif							/* DW_THREAD_API_INT_H */
