/*
 * Logs, partitioned by month.  The script makes the default partition only;
 * months are made at run time by dwello.ensure_partitions(), because an
 * installed month breaks DROP EXTENSION and an added member loses its rows.
 * A parent has no key, no index and no foreign key.
 */
CREATE TABLE dwello.user_activity_logs (
  user_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  action text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE dwello.user_activity_logs IS 'What users did, by month.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_activity_logs', '');

CREATE TABLE dwello.user_activity_logs_default PARTITION OF dwello.user_activity_logs DEFAULT;
COMMENT ON TABLE dwello.user_activity_logs_default IS 'Rows for which no month has been made; empty in health.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_activity_logs_default', '');

CREATE TABLE dwello.data_access_log (
  user_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  actor_id uuid NOT NULL,
  actor_role text NOT NULL,
  what text NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE dwello.data_access_log IS 'Who had whose personal data opened, what and why, by month.';
SELECT pg_catalog.pg_extension_config_dump('dwello.data_access_log', '');

CREATE TABLE dwello.data_access_log_default PARTITION OF dwello.data_access_log DEFAULT;
COMMENT ON TABLE dwello.data_access_log_default IS 'Rows for which no month has been made; empty in health.';
SELECT pg_catalog.pg_extension_config_dump('dwello.data_access_log_default', '');

CREATE POLICY user_activity_logs_read ON dwello.user_activity_logs FOR SELECT
  USING (user_id = dwello.current_user_id());
CREATE POLICY data_access_log_read ON dwello.data_access_log FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.user_activity_logs, dwello.data_access_log
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
