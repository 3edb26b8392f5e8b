/*
 * JSON schemas (reference).  The built-in ones are compiled into the library,
 * for a function in a CHECK reads no table; an operator adds their own for
 * calls of validate_json.
 */
CREATE TABLE dwello.custom_json_schemas (
  name text CONSTRAINT custom_json_schemas_pkey PRIMARY KEY
    CONSTRAINT custom_json_schemas_name_check CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  schema jsonb CONSTRAINT custom_json_schemas_schema_check CHECK (dwello.json_is_valid('json_schema', schema)),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE dwello.custom_json_schemas IS 'An operator''s own JSON schemas, draft 7.';
COMMENT ON COLUMN dwello.custom_json_schemas.schema IS 'The schema; NULL once it was removed.';
SELECT pg_catalog.pg_extension_config_dump('dwello.custom_json_schemas', '');
CREATE TRIGGER forget_row AFTER INSERT OR UPDATE OR DELETE ON dwello.custom_json_schemas
  FOR EACH ROW EXECUTE FUNCTION dwello.forget_kept('custom_json_schemas');
CREATE TRIGGER forget_all AFTER TRUNCATE ON dwello.custom_json_schemas
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.forget_kept('custom_json_schemas');
ALTER TABLE dwello.custom_json_schemas ENABLE ALWAYS TRIGGER forget_row, ENABLE ALWAYS TRIGGER forget_all;
CREATE POLICY custom_json_schemas_read ON dwello.custom_json_schemas FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.custom_json_schemas TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE VIEW dwello.json_schemas WITH (security_invoker = true) AS
  SELECT b.name, b.schema, true AS is_builtin, 1 AS version
    FROM dwello.builtin_json_schemas() AS b
  UNION ALL
  SELECT c.name, c.schema, false, c.version
    FROM dwello.custom_json_schemas AS c
   WHERE c.schema IS NOT NULL;
COMMENT ON VIEW dwello.json_schemas IS 'Every JSON schema that validate_json() knows: those of the library, and the operator''s own.';
GRANT SELECT ON dwello.json_schemas TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON COLUMN dwello.json_schemas.schema IS 'The schema itself.';
