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
CREATE INDEX outbox_id_idx ON dwello.outbox (id);
COMMENT ON TABLE dwello.outbox IS
  'What commands tell the rest of the world, in the transaction of the deed; dwello.deliver_events() applies it to users.';
SELECT pg_catalog.pg_extension_config_dump('dwello.outbox', '');

CREATE TABLE dwello.outbox_consumers (
  consumer text NOT NULL,
  types text[],
  settled_id uuid NOT NULL,
  mark_id uuid NOT NULL,
  mark_xid bigint NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT outbox_consumers_pkey PRIMARY KEY (consumer)
);
COMMENT ON TABLE dwello.outbox_consumers IS
  'Who reads the outbox by dwello.claim_events(), and from which event on; every worker of a consumer shares its row.';
SELECT pg_catalog.pg_extension_config_dump('dwello.outbox_consumers', '');

CREATE TABLE dwello.outbox_deliveries (
  scope_id uuid NOT NULL,
  event_id uuid NOT NULL,
  consumer text NOT NULL,
  attempts integer NOT NULL,
  lease_id uuid,
  run_after timestamptz NOT NULL,
  claimed_at timestamptz NOT NULL,
  done_at timestamptz,
  dead_at timestamptz,
  last_error text,
  CONSTRAINT outbox_deliveries_pkey PRIMARY KEY (scope_id, event_id, consumer),
  CONSTRAINT outbox_deliveries_event_fkey FOREIGN KEY (scope_id, event_id)
    REFERENCES dwello.outbox (scope_id, id) ON DELETE CASCADE,
  CONSTRAINT outbox_deliveries_end_check CHECK (done_at IS NULL OR dead_at IS NULL)
);
CREATE INDEX outbox_deliveries_open_idx ON dwello.outbox_deliveries (consumer, run_after)
  WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_deliveries_lease_idx ON dwello.outbox_deliveries (lease_id)
  WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_deliveries_dead_idx ON dwello.outbox_deliveries (consumer, event_id)
  WHERE dead_at IS NOT NULL;
COMMENT ON TABLE dwello.outbox_deliveries IS
  'Events that were given to a consumer: under way, to be given again, done, or dead after too many attempts.';
SELECT pg_catalog.pg_extension_config_dump('dwello.outbox_deliveries', '');

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

GRANT SELECT ON dwello.outbox, dwello.outbox_consumers, dwello.outbox_deliveries TO dwello_service;
