/*
 * Events that leave a command's own shard, and the records of requests.
 * Both go by scope_id, a job's or a user's id, without a foreign key.
 */
CREATE TABLE dwello.outbox (
  scope_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  aggregatetype text NOT NULL,
  aggregateid text NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  deliver_after timestamptz,
  applied_at timestamptz,
  CONSTRAINT outbox_pkey PRIMARY KEY (scope_id, id)
);
CREATE INDEX outbox_unapplied_idx ON dwello.outbox (id) WHERE applied_at IS NULL;
COMMENT ON TABLE dwello.outbox IS
  'What commands tell the rest of the world, in the transaction of the deed; dwello.deliver_events() applies it to users.';
SELECT pg_catalog.pg_extension_config_dump('dwello.outbox', '');

CREATE TABLE dwello.idempotency_keys (
  scope_id uuid NOT NULL,
  key text NOT NULL,
  actor_id uuid NOT NULL,
  actor_role text NOT NULL,
  function_name text NOT NULL,
  arguments bytea NOT NULL,
  result jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope_id, key)
);
CREATE INDEX idempotency_keys_expires_at_idx ON dwello.idempotency_keys (expires_at);
COMMENT ON TABLE dwello.idempotency_keys IS
  'Requests done under a key, with keyed digests of their arguments and the row they returned; kept 30 days.';
SELECT pg_catalog.pg_extension_config_dump('dwello.idempotency_keys', '');

GRANT SELECT ON dwello.outbox TO dwello_service;
