CREATE OR REPLACE FUNCTION dwello.deliver_events(max_rows integer DEFAULT 1000) RETURNS integer
  AS 'MODULE_PATHNAME', 'dwello_deliver_events' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.deliver_events(integer) IS
  'Applies up to max_rows (1 to 100000) events of the outbox that are due to users: notifications and the running sums of providers, each once per user and event. Several workers may call it at once. Returns the number applied; call it again until it is 0. For dwello_service. Errors: 22004, 22023 max_rows out of range; 42501 with a token; 25006 on a standby.';
GRANT EXECUTE ON FUNCTION dwello.deliver_events(integer) TO dwello_service;

CREATE OR REPLACE FUNCTION dwello.claim_events(consumer text, max_rows integer DEFAULT 100, types text[] DEFAULT NULL,
  lease interval DEFAULT '1 minute', OUT id uuid, OUT scope_id uuid, OUT aggregatetype text, OUT aggregateid text,
  OUT type text, OUT payload jsonb, OUT created_at timestamptz, OUT attempt integer, OUT lease_id uuid) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'dwello_claim_events' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.claim_events(text, integer, text[], interval) IS
  'Gives a consumer events of the outbox to carry outside; for its workers. Every event is given at least once: again when its lease runs out before ack_events(), so a worker does what it does under a key of the event''s id. The events of one scope come in the order of their ids, the next one not before the one before is done or dead (those of one claim are to be done in their order); scopes overtake one another. Consumers know nothing of each other, nor of deliver_events(). Claims of one consumer wait for one another until the claim commits, so commit it before the work. Arguments: consumer, a name of up to 100 characters, made at its first claim and then given every event of the past; max_rows, 1 to 10000; types of events, NULL = all: a consumer that asks for other types than before gets those of the past too; lease, one second to one day. What was given event_attempts times and never done is dead: it is left aside in outbox_deliveries. Returns the event (id, scope_id, aggregatetype, aggregateid, type, payload, created_at), attempt (1 at first) and lease_id, which names the claim. For dwello_service. Errors: 42501 with a token; 22004; 22001; 22023 max_rows, lease or an empty list of types; 25006 on a standby; 40001 when claims race in REPEATABLE READ.';
GRANT EXECUTE ON FUNCTION dwello.claim_events(text, integer, text[], interval) TO dwello_service;

CREATE OR REPLACE FUNCTION dwello.ack_events(consumer text, lease_id uuid, ids uuid[] DEFAULT NULL,
  failed_ids uuid[] DEFAULT '{}', error text DEFAULT NULL, OUT acked integer, OUT retried integer, OUT dead integer,
  OUT lost integer)
  AS 'MODULE_PATHNAME', 'dwello_ack_events' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.ack_events(text, uuid, uuid[], uuid[], text) IS
  'Says what became of events that claim_events() gave; for the worker that has them. What failed is given again after event_retry_seconds, after twice as long each further time (an hour at most), and is dead after event_attempts. Arguments: consumer; lease_id, as claimed; ids of the events that are done, NULL = all of the claim but failed_ids; failed_ids; error, why, up to 10000 characters. Returns how many are now done (acked), will be given again (retried), are dead, and stand under this lease no more and were left alone (lost): said before, or given to another worker since; an id named twice is lost the second time. A lease that has run out still counts until the event is given again. For dwello_service. Errors: 42501 with a token; 22004, 22001, 22023 the arguments; 25006 on a standby.';
GRANT EXECUTE ON FUNCTION dwello.ack_events(text, uuid, uuid[], uuid[], text) TO dwello_service;

CREATE OR REPLACE FUNCTION dwello.revive_events(consumer text, event_ids uuid[] DEFAULT NULL,
  max_rows integer DEFAULT 1000, OUT id uuid, OUT scope_id uuid, OUT type text, OUT attempts integer,
  OUT dead_at timestamptz, OUT last_error text) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'dwello_revive_events' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.revive_events(text, uuid[], integer) IS
  'Gives dead events of a consumer their attempts anew, once what they died of is mended: the next claim_events() has them, the first attempt again. Events of their scopes that came later may have been done meanwhile. Waits for claims of the consumer that have not committed. Arguments: consumer; event_ids, NULL = all that are dead, others are left alone; max_rows, 1 to 10000, oldest first. Returns those it revived: id, scope_id, type, attempts (how often it was given), dead_at, last_error; called again, none. For the service and administrators. Errors: WD402, WD401, 42501; 22004, 22001, 22023 the arguments; P0002 no such consumer; 25006 on a standby.';
GRANT EXECUTE ON FUNCTION dwello.revive_events(text, uuid[], integer) TO dwello_app, dwello_service, dwello_admin;
