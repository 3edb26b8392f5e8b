CREATE VIEW dwello.error_codes WITH (security_invoker = true) AS
  SELECT e.code, e.name, e.http_status, e.retryable, e.meaning FROM dwello.error_codes() AS e;
COMMENT ON VIEW dwello.error_codes IS 'The SQLSTATEs of class WD, as dwello.error_codes() lists them.';
GRANT SELECT ON dwello.error_codes TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
