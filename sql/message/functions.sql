/*
 * Messages between the two sides of a job.
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
'Writes to the other side of a job. A thread is the job, its homeowner and one provider: the provider writes to the homeowner of every job that was ever published; the homeowner to every provider who has bid, was invited, has the award or wrote first; the system to either, as nobody (type system). Arguments: job_id; recipient_id, NULL for the homeowner when a provider writes, for the awarded provider when the homeowner does; content, up to 10000 characters, not blank unless there are attachments; message_type text, image, file, or system (the system only); subject, up to 200 characters; attachments, a JSON array of at most 10 {"url", "name", "content_type", "size"} (2000, 255 and 100 characters, bytes), url and name needed; message_id, else a fresh one. The recipient is notified, without the content. Returns job_id, message_id, recipient_id, created_at, version (1) and replayed. Errors: WD402, WD401, 42501 an administrator, or the caller is not active; 22004 no job_id, content, message_type or attachments; 22001 a text over its limit; 22003; 22023 blank, or no such attachments; P0002 no such job, or it is another''s draft; 42501 a user who writes a system message; WD104; 22023 the recipient has nothing to do with the job, or there is none; 23505 the id is taken.';

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
'Marks messages to the caller about a job as read. Arguments: job_id; with_user_id, the other side of one thread, NULL for all threads of the job; up_to_id, the last message that was read, NULL for all there are, one that has just come included. Returns job_id, marked (how many were unread), version (NULL: nothing here has one) and replayed. Errors: WD402, WD401, 42501 the caller is neither homeowner nor provider, or not active; 22004; P0002 no such job; WD104; 22023 a provider names another than the homeowner; P0002 no such message in the caller''s threads.';

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
'The caller''s threads, the one with the newest message first. Arguments: after_id, last_message_id of the last row of the page before, NULL for the first page; max_results, 1 to 200 rows. Returns job_id, with_user_id (the other side), title of the job, id and time of the last message, its first 200 characters, and unread, the number of messages to the caller that he has not read. Errors: WD402, WD401; 22004; 22023 max_results; P0002 no such message of the caller''s.';

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
'The messages of one thread, newest first. Arguments: job_id; with_user_id, the other side: for a provider the homeowner (or NULL), for the homeowner, support and the system the provider, NULL for the awarded one; after_id, message_id of the last row of the page before, NULL for the first page; max_results, 1 to 200 rows. A message of the system has no sender_id, and only the side that it was written to sees it. Returns a row a message; read_at is NULL until the recipient has read it. Errors: WD402, WD401, 42501 an administrator who is not on support; 22004; 22023 max_results; P0002 no such job, or the caller may not see it; 22023 a provider names another than the homeowner, or nobody is named and the job is not awarded; P0002 no such message in the thread.';
