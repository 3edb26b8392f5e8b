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
  'What was: of an update the columns that changed, of a delete all that are not NULL; NULL for an insert. Sealed values stay sealed.';
COMMENT ON COLUMN dwello.audit_log.after IS
  'What is since: of an update the columns that changed, of an insert all that are not NULL; NULL for a delete.';
COMMENT ON COLUMN dwello.audit_log.withheld IS
  'Columns that changed, too, and whose values are not kept: personal data and secrets; NULL = none.';
SELECT pg_catalog.pg_extension_config_dump('dwello.audit_log', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.audit_log
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
GRANT SELECT ON dwello.audit_log TO dwello_service;

CREATE TABLE dwello.audit_log_default PARTITION OF dwello.audit_log DEFAULT;
COMMENT ON TABLE dwello.audit_log_default IS 'Rows for which no month has been made; empty in health.';
SELECT pg_catalog.pg_extension_config_dump('dwello.audit_log_default', '');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.audit_log_default
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
