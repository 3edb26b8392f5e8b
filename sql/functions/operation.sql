CREATE OR REPLACE FUNCTION dwello.ensure_partitions(months_ahead integer DEFAULT 3, from_month date DEFAULT NULL)
  RETURNS TABLE (table_name text, partition_name text, created boolean)
  AS 'MODULE_PATHNAME', 'dwello_ensure_partitions' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.ensure_partitions(integer, date) IS
  'Makes the monthly partitions of every log from the month of from_month (NULL = the present one) up to months_ahead (0 to 120) months after the present one, and moves rows out of the default partition into them. Returns a row a log and month, created = false where it was there. For dwello_service; run it daily. Errors: 22004; 22023 months_ahead or from_month out of range; 42501 with a token; 25006 on a standby.';
GRANT EXECUTE ON FUNCTION dwello.ensure_partitions(integer, date) TO dwello_service;

CREATE OR REPLACE FUNCTION dwello.check()
  RETURNS TABLE (rule text, object text, detail text, hint text)
  AS 'MODULE_PATHNAME', 'dwello_check' LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER;
COMMENT ON FUNCTION dwello.check() IS
  'Says what is wrong with the installation or its data; no rows = healthy. rule names the fault, object where it is, detail what was found, hint what to do. Includes every row of dwello.reconcile(). For dwello_service and administrators. Errors: WD401, WD402, 42501.';
GRANT EXECUTE ON FUNCTION dwello.check() TO dwello_service, dwello_app, dwello_admin;
