CREATE OR REPLACE FUNCTION dwello.error_codes()
  RETURNS TABLE (code text, name text, http_status integer, retryable boolean, meaning text)
  AS 'MODULE_PATHNAME', 'dwello_error_codes' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION dwello.error_codes() IS
  'Lists the SQLSTATEs of class WD: code, name, HTTP status a gateway should answer with, whether the same call may succeed later, meaning. No arguments, no errors, no identity needed.';
GRANT EXECUTE ON FUNCTION dwello.error_codes() TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
