CREATE TABLE dwello.notifications (
  user_id uuid NOT NULL CONSTRAINT notifications_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  event_id uuid NOT NULL,
  notification_type dwello.notification_type NOT NULL,
  title text NOT NULL,
  message text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT notifications_data_check CHECK (dwello.json_is_valid('notification_data', data)),
  channels text[] NOT NULL DEFAULT '{in_app}',
  read_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT notifications_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT notifications_event_key UNIQUE (user_id, event_id)
);
-- those that are unread, newest or oldest first, among very many
CREATE INDEX notifications_unread_idx ON dwello.notifications (user_id, id) WHERE read_at IS NULL;
COMMENT ON TABLE dwello.notifications IS 'What a user is told; one row a user and event.';
COMMENT ON COLUMN dwello.notifications.event_id IS 'The event of the outbox that caused the row.';
COMMENT ON COLUMN dwello.notifications.notification_type IS 'Kind of notification.';
COMMENT ON COLUMN dwello.notifications.data IS 'Ids that an application needs to show it.';
COMMENT ON COLUMN dwello.notifications.channels IS 'How it is sent.';
SELECT pg_catalog.pg_extension_config_dump('dwello.notifications', '');
CREATE POLICY notifications_read ON dwello.notifications FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.notifications TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * Messages between the homeowner and one provider about one job: a thread is
 * the job and the two people.  Here provider_id is that provider, awarded or
 * not.  The platform itself writes to one of the two, as nobody.
 */
CREATE TABLE dwello.messages (
  job_id uuid NOT NULL CONSTRAINT messages_job_id_fkey REFERENCES dwello.jobs (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  sender_id uuid CONSTRAINT messages_sender_id_xfk REFERENCES dwello.users (id),
  recipient_id uuid NOT NULL CONSTRAINT messages_recipient_id_xfk REFERENCES dwello.users (id),
  message_type dwello.message_type NOT NULL DEFAULT 'text',
  subject text,
  content text NOT NULL CONSTRAINT messages_content_check CHECK (pg_catalog.char_length(content) <= 10000),
  attachments jsonb NOT NULL DEFAULT '[]'
    CONSTRAINT messages_attachments_check CHECK (dwello.json_is_valid('attachments', attachments)),
  read_at timestamptz,
  created_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT messages_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT messages_side_check CHECK (homeowner_id <> provider_id
    AND recipient_id IN (homeowner_id, provider_id)
    AND (sender_id IS NULL OR sender_id IN (homeowner_id, provider_id) AND sender_id <> recipient_id)),
  CONSTRAINT messages_system_check CHECK ((sender_id IS NULL) = (message_type = 'system'))
);
CREATE INDEX messages_thread_idx ON dwello.messages (job_id, provider_id, created_at, id);
CREATE INDEX messages_sender_id_idx ON dwello.messages (sender_id, job_id, id);
CREATE INDEX messages_recipient_id_idx ON dwello.messages (recipient_id, job_id, id);
CREATE INDEX messages_unread_idx ON dwello.messages (recipient_id, job_id, provider_id) WHERE read_at IS NULL AND deleted_at IS NULL;
COMMENT ON TABLE dwello.messages IS 'What the two sides of a job write to each other.';
COMMENT ON COLUMN dwello.messages.sender_id IS 'Who wrote it; NULL = the platform.';
COMMENT ON COLUMN dwello.messages.recipient_id IS 'To whom.';
COMMENT ON COLUMN dwello.messages.message_type IS 'Kind of message.';
COMMENT ON COLUMN dwello.messages.subject IS 'What it is about; NULL = not said.';
COMMENT ON COLUMN dwello.messages.content IS 'What it says.';
COMMENT ON COLUMN dwello.messages.attachments IS 'Files that go with it, as an array of documents.';
SELECT pg_catalog.pg_extension_config_dump('dwello.messages', '');
CREATE POLICY messages_read ON dwello.messages FOR SELECT
  USING ((sender_id = dwello.current_user_id() OR recipient_id = dwello.current_user_id()) AND deleted_at IS NULL);
GRANT SELECT ON dwello.messages TO dwello_app, dwello_service, dwello_support, dwello_admin;
