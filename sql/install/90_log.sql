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

CREATE TABLE dwello.ai_agent_activity (
  job_id uuid NOT NULL,
  user_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  terms_version integer NOT NULL,
  action_type dwello.agent_action NOT NULL,
  reason text,
  confidence numeric CONSTRAINT ai_agent_activity_confidence_check CHECK (confidence BETWEEN 0 AND 1),
  amount bigint,
  currency text,
  trace jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE dwello.ai_agent_activity IS 'Every decision of every agent, by month; user_id is the agent''s provider.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ai_agent_activity', '');

CREATE TABLE dwello.ai_agent_activity_default PARTITION OF dwello.ai_agent_activity DEFAULT;
COMMENT ON TABLE dwello.ai_agent_activity_default IS 'Rows for which no month has been made; empty in health.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ai_agent_activity_default', '');

CREATE TABLE dwello.audit_log (
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  table_name text NOT NULL,
  row_key text NOT NULL,
  operation text NOT NULL CONSTRAINT audit_log_operation_check CHECK (operation IN ('insert', 'update', 'delete')),
  user_id uuid,
  actor_role text NOT NULL,
  session_role text NOT NULL,
  request_id text,
  difference jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  hash bytea
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE dwello.audit_log IS 'Every change of every audited row, by month; sealed values stay sealed.';
SELECT pg_catalog.pg_extension_config_dump('dwello.audit_log', '');

CREATE TABLE dwello.audit_log_default PARTITION OF dwello.audit_log DEFAULT;
COMMENT ON TABLE dwello.audit_log_default IS 'Rows for which no month has been made; empty in health.';
SELECT pg_catalog.pg_extension_config_dump('dwello.audit_log_default', '');

CREATE TABLE dwello.platform_metrics (
  name text NOT NULL,
  measured_at timestamptz NOT NULL,
  value numeric NOT NULL,
  labels jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT platform_metrics_pkey PRIMARY KEY (name, measured_at)
);
COMMENT ON TABLE dwello.platform_metrics IS 'Figures of the business over time.';
SELECT pg_catalog.pg_extension_config_dump('dwello.platform_metrics', '');

CREATE POLICY ai_agent_activity_read ON dwello.ai_agent_activity FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.ai_agent_activity TO dwello_app, dwello_service, dwello_support, dwello_admin;
GRANT SELECT ON dwello.audit_log, dwello.platform_metrics TO dwello_service;

CREATE POLICY user_activity_logs_read ON dwello.user_activity_logs FOR SELECT
  USING (user_id = dwello.current_user_id());
CREATE POLICY data_access_log_read ON dwello.data_access_log FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.user_activity_logs, dwello.data_access_log
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
