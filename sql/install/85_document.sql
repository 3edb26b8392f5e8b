/*
 * JSON schemas (reference).  The built-in ones are compiled into the library;
 * an operator adds his own for calls of validate_json.
 */
CREATE TABLE dwello.json_schemas (
  name text CONSTRAINT json_schemas_pkey PRIMARY KEY
    CONSTRAINT json_schemas_name_check CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  schema jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE dwello.json_schemas IS 'An operator''s own JSON schemas; a new version is a new name.';
SELECT pg_catalog.pg_extension_config_dump('dwello.json_schemas', '');
CREATE POLICY json_schemas_read ON dwello.json_schemas FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.json_schemas TO dwello_app, dwello_service, dwello_support, dwello_admin;
