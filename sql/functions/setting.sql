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

CREATE OR REPLACE FUNCTION dwello.set_setting(
  INOUT name text,
  INOUT value text,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_setting';
GRANT EXECUTE ON FUNCTION dwello.set_setting(text, text, integer, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_setting(text, text, integer, text) IS
'Sets one of the operator''s settings. For the service and administrators. Arguments: name, as the view dwello.settings lists it; value, a text of the setting''s kind: an integer in its range, true or false, or a text; NULL goes back to the built-in value; expected_version of the setting, 1 while it was never set. The platform''s percentage is shown among the settings but is the default fee schedule''s. Returns name, the value in force, version and replayed. Errors: WD402, WD401, 42501; 22004 no name; 22001; 22023 no value of this setting, or platform_fee_percentage; P0002 no such setting; WD104; WD103.';
