CREATE OR REPLACE FUNCTION dwello.deliver_events(max_rows integer DEFAULT 1000) RETURNS integer
  AS 'MODULE_PATHNAME', 'dwello_deliver_events' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.deliver_events(integer) IS
  'Applies up to max_rows (1 to 100000) events of the outbox that are due to users: notifications and the running sums of providers, each once per user and event. Several workers may call it at once. Returns the number applied; call it again until it is 0. For dwello_service. Errors: 22004, 22023 max_rows out of range; 42501 with a token; 25006 on a standby.';
GRANT EXECUTE ON FUNCTION dwello.deliver_events(integer) TO dwello_service;
