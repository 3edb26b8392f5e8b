/*
 * Messages between the two sides of a job.
 */

/*
 * send_message
 *	Writes to the other side of a job.
 *
 *	A thread is the job, its homeowner and one provider. The provider
 *	writes to the homeowner of every job that was ever published; the
 *	homeowner to every provider who has bid, was invited, has the award or
 *	wrote first; the system to either, as nobody (type system). The
 *	recipient is notified, without the content.
 *
 * role: app, service
 * args:
 *	job_id
 *	recipient_id: NULL for the homeowner when a provider writes, for the
 *	  awarded provider when the homeowner does
 *	content: up to 10000 characters, not blank unless there are
 *	  attachments
 *	message_type: text, image, file, or system (by the system only)
 *	subject: up to 200 characters
 *	attachments: at most 10 of {"url", "name", "content_type", "size"}
 *	  (2000, 255 and 100 characters, bytes), url and name needed
 *	message_id: its id; NULL for a fresh one
 *	idempotency_key
 * returns: a row
 *	job_id
 *	recipient_id
 *	message_id
 *	created_at
 *	version: 1
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: an administrator, a caller who is not active, or a user who
 *	  writes a system message
 *	22004: no job_id, content, message_type or attachments
 *	22001 22003
 *	22023: a blank message, no such attachments, a recipient who has
 *	  nothing to do with the job, or none at all
 *	P0002: no such job, or it is another's draft
 *	WD104
 *	23505: the id is taken
 * example: provider_1
 *	SELECT job_id, recipient_id, version
 *	  FROM dwello.send_message(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    content => 'May I see the kitchen on Friday?');
 */
CREATE OR REPLACE FUNCTION dwello.send_message(
  INOUT job_id uuid,
  INOUT recipient_id uuid DEFAULT NULL,
  content text DEFAULT NULL,
  message_type dwello.message_type DEFAULT 'text',
  subject text DEFAULT NULL,
  attachments jsonb DEFAULT '[]',
  INOUT message_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT created_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_send_message';
GRANT EXECUTE ON FUNCTION dwello.send_message
  TO dwello_app, dwello_service;
COMMENT ON FUNCTION dwello.send_message IS
  'Writes to the other side of a job. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, 23505. See reference.md#send_message.';

/*
 * mark_read
 *	Marks messages to the caller about a job as read.
 *
 * role: app
 * args:
 *	job_id
 *	with_user_id: the other side of one thread; NULL for all threads of
 *	  the job
 *	up_to_id: the last message that was read; NULL for all there are, one
 *	  that has just come included
 *	idempotency_key
 * returns: a row
 *	job_id
 *	marked: how many were unread
 *	version: NULL: nothing here has one
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither homeowner nor provider, or not active
 *	22004
 *	P0002: no such job, or no such message in the caller's threads
 *	WD104
 *	22023: a provider names another than the homeowner
 * example: homeowner, a message
 *	SELECT marked FROM dwello.mark_read(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.mark_read(
  INOUT job_id uuid,
  with_user_id uuid DEFAULT NULL,
  up_to_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT marked integer,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_mark_read';
GRANT EXECUTE ON FUNCTION dwello.mark_read TO dwello_app;
COMMENT ON FUNCTION dwello.mark_read IS
  'Marks messages to the caller about a job as read. Errors: WD402, WD401, 42501, 22004, P0002, WD104, 22023. See reference.md#mark_read.';

/*
 * threads
 *	The caller's threads, the one with the newest message first.
 *
 * role: app, service, support, admin
 * args:
 *	after_id: last_message_id of the last row of the page before; NULL for
 *	  the first page
 *	max_results: 1 to 200 rows
 * returns: rows, one a thread
 *	job_id
 *	with_user_id: the other side
 *	title: title of the job
 *	last_message_id: the newest message
 *	last_message_at: its time
 *	last_content: its first 200 characters
 *	unread: messages to the caller that are not read yet
 * errors:
 *	WD402 WD401 22004
 *	22023: max_results is out of range
 *	P0002: no such message of the caller's
 * example: homeowner, a message
 *	SELECT with_user_id, title, last_content, unread FROM dwello.threads(max_results => 5);
 */
CREATE OR REPLACE FUNCTION dwello.threads(
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 20
)
RETURNS TABLE (
  job_id uuid,
  with_user_id uuid,
  title text,
  last_message_id uuid,
  last_message_at timestamptz,
  last_content text,
  unread integer
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_threads';
GRANT EXECUTE ON FUNCTION dwello.threads
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.threads IS
  'The caller''s threads, the one with the newest message first. Errors: WD402, WD401, 22004, 22023, P0002. See reference.md#threads.';

/*
 * thread
 *	The messages of one thread, newest first. A message of the system has
 *	no sender, and only the side that it was written to sees it.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 *	with_user_id: the other side: for a provider the homeowner (or NULL);
 *	  for the homeowner, support and the system the provider, NULL for the
 *	  awarded one
 *	after_id: message_id of the last row of the page before; NULL for the
 *	  first page
 *	max_results: 1 to 200 rows
 * returns: rows, one a message
 *	message_id: the message
 *	sender_id: who wrote it; NULL for the system
 *	recipient_id: to whom
 *	message_type: text, image, file or system
 *	subject: what it is about; NULL if not said
 *	content: what it says
 *	attachments: its attachments, an empty array for none
 *	read_at: when the recipient read it; NULL until then
 *	created_at
 * errors:
 *	WD402 WD401
 *	42501: an administrator who is not on support
 *	22004
 *	22023: max_results is out of range, a provider names another than the
 *	  homeowner, or nobody is named and the job is not awarded
 *	P0002: no such job, the caller may not see it, or no such message in
 *	  the thread
 * example: homeowner, a message
 *	SELECT sender_id, content, read_at
 *	  FROM dwello.thread(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    with_user_id => 'de000000-0000-7000-8000-000000000002');
 */
CREATE OR REPLACE FUNCTION dwello.thread(
  job_id uuid,
  with_user_id uuid DEFAULT NULL,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 50
)
RETURNS TABLE (
  message_id uuid,
  sender_id uuid,
  recipient_id uuid,
  message_type dwello.message_type,
  subject text,
  content text,
  attachments jsonb,
  read_at timestamptz,
  created_at timestamptz
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_thread';
GRANT EXECUTE ON FUNCTION dwello.thread
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.thread IS
  'The messages of one thread, newest first. Errors: WD402, WD401, 42501, 22004, 22023, P0002. See reference.md#thread.';
