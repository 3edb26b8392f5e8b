/*
 * Logs, partitioned by month.  The script makes the default partition only;
 * months are made at run time by dwello.ensure_partitions(), because an
 * installed month breaks DROP EXTENSION and an added member loses its rows.
 * A parent has no key, no index and no foreign key.
 */
CREATE TABLE dwello.audit_log (
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  created_at timestamptz NOT NULL,
  table_name text NOT NULL,
  row_key text NOT NULL,
  operation text NOT NULL CONSTRAINT audit_log_operation_check CHECK (operation IN ('insert', 'update', 'delete')),
  user_id uuid,
  actor_role text NOT NULL,
  database_role text NOT NULL,
  session_role text NOT NULL,
  request_id text,
  person_id uuid,
  before jsonb
    CONSTRAINT audit_log_before_check CHECK (dwello.json_is_valid('audit_difference', before)),
  after jsonb
    CONSTRAINT audit_log_after_check CHECK (dwello.json_is_valid('audit_difference', after)),
  sealed bytea,
  withheld text[],
  CONSTRAINT audit_log_images_check CHECK ((operation = 'insert') = (before IS NULL) AND (operation = 'delete') = (after IS NULL))
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE dwello.audit_log IS 'Every change of every audited row, by month; append only.';
COMMENT ON COLUMN dwello.audit_log.created_at IS 'When it was done, by the clock.';
COMMENT ON COLUMN dwello.audit_log.table_name IS 'The table that changed.';
COMMENT ON COLUMN dwello.audit_log.row_key IS 'The primary key of the row that changed; a slash between its columns.';
COMMENT ON COLUMN dwello.audit_log.operation IS 'What was done to the row.';
COMMENT ON COLUMN dwello.audit_log.user_id IS 'The user who did it; NULL = the system, or nobody who has signed in.';
COMMENT ON COLUMN dwello.audit_log.database_role IS 'Database role that did it, as SET ROLE has it.';
COMMENT ON COLUMN dwello.audit_log.session_role IS 'Database role that the session has connected as.';
COMMENT ON COLUMN dwello.audit_log.request_id IS 'The setting dwello.request_id; NULL = none was given.';
COMMENT ON COLUMN dwello.audit_log.person_id IS 'The person whose row it is; NULL = nobody''s.';
COMMENT ON COLUMN dwello.audit_log.before IS
  'What was: of an update the columns that changed, of a delete all that are not NULL; NULL for an insert. Without what is personal.';
COMMENT ON COLUMN dwello.audit_log.after IS
  'What is since: of an update the columns that changed, of an insert all that are not NULL; NULL for a delete.';
COMMENT ON COLUMN dwello.audit_log.sealed IS
  'The same of personal columns, {"before": ..., "after": ...}, sealed with the key of the person; NULL = none, or the person was erased.';
COMMENT ON COLUMN dwello.audit_log.withheld IS
  'Columns that changed, too, and are not in before and after: personal data and secrets; NULL = none.';
SELECT pg_catalog.pg_extension_config_dump('dwello.audit_log', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.audit_log
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
GRANT SELECT (id, created_at, table_name, row_key, operation, user_id, actor_role, database_role, session_role, request_id, person_id,
  before, after, withheld) ON dwello.audit_log TO dwello_service;

CREATE TABLE dwello.audit_log_default PARTITION OF dwello.audit_log DEFAULT;
COMMENT ON TABLE dwello.audit_log_default IS 'Rows for which no month has been made; empty in health.';
SELECT pg_catalog.pg_extension_config_dump('dwello.audit_log_default', '');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.audit_log_default
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();

/*
 * What seals the logs: the head of each chain, and its seals.
 */
CREATE TABLE dwello.log_chains (
  log text CONSTRAINT log_chains_pkey PRIMARY KEY,
  seq integer NOT NULL,
  hash bytea NOT NULL,
  settled_at timestamptz NOT NULL,
  settled_key text NOT NULL,
  final_at timestamptz NOT NULL,
  watermark_at timestamptz NOT NULL,
  watermark_xid bigint NOT NULL
);
COMMENT ON TABLE dwello.log_chains IS 'How far each log is sealed; kept by dwello.seal_logs().';
COMMENT ON COLUMN dwello.log_chains.log IS 'The log.';
COMMENT ON COLUMN dwello.log_chains.seq IS 'Number of its last seal; 0 = it has none.';
COMMENT ON COLUMN dwello.log_chains.hash IS 'Hash of that seal: with it kept elsewhere, nothing before can be altered unnoticed.';
COMMENT ON COLUMN dwello.log_chains.settled_at IS 'Time of the last row that is sealed.';
COMMENT ON COLUMN dwello.log_chains.settled_key IS 'Key of that row.';
COMMENT ON COLUMN dwello.log_chains.final_at IS 'Nothing older can come any more.';
COMMENT ON COLUMN dwello.log_chains.watermark_at IS 'Where final_at may go once every transaction before watermark_xid has ended.';
SELECT pg_catalog.pg_extension_config_dump('dwello.log_chains', '');
GRANT SELECT ON dwello.log_chains TO dwello_service;

CREATE TABLE dwello.log_seals (
  log text NOT NULL,
  seq integer NOT NULL,
  month date NOT NULL,
  row_count integer NOT NULL,
  keys text[],
  digests bytea,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT log_seals_pkey PRIMARY KEY (log, seq),
  CONSTRAINT log_seals_rows_check CHECK (row_count > 0 AND pg_catalog.cardinality(keys) = row_count
    AND pg_catalog.octet_length(digests) = row_count * 16)
);
COMMENT ON TABLE dwello.log_seals IS 'Seals of the logs: which rows there were and what they were, bound to the seal before; append only.';
COMMENT ON COLUMN dwello.log_seals.log IS 'The log.';
COMMENT ON COLUMN dwello.log_seals.seq IS 'Number of the seal in its log, from 1.';
COMMENT ON COLUMN dwello.log_seals.month IS 'First day of the month of its rows.';
COMMENT ON COLUMN dwello.log_seals.row_count IS 'Number of its rows.';
COMMENT ON COLUMN dwello.log_seals.keys IS 'Keys of its rows, in the order of their times.';
COMMENT ON COLUMN dwello.log_seals.digests IS 'Sixteen bytes of the SHA-256 of each row, in that order.';
COMMENT ON COLUMN dwello.log_seals.prev_hash IS 'Hash of the seal before; zeros for the first.';
COMMENT ON COLUMN dwello.log_seals.hash IS 'Hash over prev_hash, seq, log, month, keys and digests.';
SELECT pg_catalog.pg_extension_config_dump('dwello.log_seals', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.log_seals
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.log_seals
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
GRANT SELECT ON dwello.log_seals TO dwello_service;
