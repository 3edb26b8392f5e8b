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
  attachments jsonb NOT NULL DEFAULT '[]',
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
SELECT pg_catalog.pg_extension_config_dump('dwello.messages', '');

CREATE POLICY messages_read ON dwello.messages FOR SELECT
  USING ((sender_id = dwello.current_user_id() OR recipient_id = dwello.current_user_id()) AND deleted_at IS NULL);
GRANT SELECT ON dwello.messages TO dwello_app, dwello_service, dwello_support, dwello_admin;
