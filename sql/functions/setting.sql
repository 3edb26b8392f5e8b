-- setting.sql
--   The operator's settings.

CREATE OR REPLACE FUNCTION dwello.get_setting(name text)
RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_get_setting';
GRANT EXECUTE ON FUNCTION dwello.get_setting(text)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.get_setting(text) IS
'The value of a setting in force: the operator''s, else the built-in one. Argument: name, as the view dwello.settings lists it. Returns the value as text. Errors: WD402, WD401; 22004; 22001; 22023 a blank name; P0002 no such setting.';
