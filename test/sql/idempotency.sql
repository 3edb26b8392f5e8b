--
-- idempotency.sql
--	An idempotency key belongs to its scope and its actor: the two sides of
--	a job, their rivals and the workers may all choose the same one, and
--	nobody is told, or kept, from what another chose.
--
SET client_min_messages = warning;

BEGIN;
SELECT t.award('keys', 100000);
SELECT t.pay('keys');
SELECT t.start('keys');

CREATE FUNCTION pg_temp.value(statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  value text;
BEGIN
  EXECUTE statement INTO value;
  RETURN value;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;

-- One call under one key, in turn by all who may make it: each is done once,
-- and each has its own answer again.
CREATE FUNCTION pg_temp.in_turn(call text, columns text, VARIADIC names text[])
RETURNS TABLE (name text, first text, again text)
LANGUAGE plpgsql
AS $$
DECLARE
  statement text := format('SELECT concat_ws('' '', %s, CASE WHEN replayed THEN ''again'' END) FROM dwello.%s', columns, call);
  answers text[] := '{}';
BEGIN
  FOR round IN 1 .. 2 LOOP
    FOR i IN 1 .. cardinality(names) LOOP
      PERFORM t.login_as(nullif(names[i], ''));
      answers := answers || pg_temp.value(statement);
    END LOOP;
  END LOOP;
  PERFORM t.login_as(NULL);
  RETURN QUERY SELECT names[i], answers[i], answers[cardinality(names) + i]
                 FROM generate_subscripts(names, 1) AS i;
END
$$;
-- money: by the homeowner, the administrator and the provider; of work that has begun the homeowner gives nothing back alone
SELECT * FROM pg_temp.in_turn($$release_escrow(t.user('keys'), 1000, idempotency_key => 'k')$$, 'amount, held', 'h1', 'a1');
SELECT * FROM pg_temp.in_turn($$refund_escrow(t.user('keys'), 500, idempotency_key => 'k 2')$$, 'amount, held', 'p1', 'a1');
-- and by each in another function
SELECT * FROM pg_temp.in_turn($$send_message(t.user('keys'), content => 'Hello.', idempotency_key => 'k 3')$$, 'version', 'h1', 'p1');
SELECT * FROM pg_temp.in_turn($$report_progress(t.user('keys'), 50, idempotency_key => 'k')$$, 'progress', 'p1');
-- one's own key for something else
SELECT t.refused('h1', $$release_escrow(t.user('keys'), 1001, idempotency_key => 'k')$$) AS own_key,
       t.refused('p1', $$send_message(t.user('keys'), content => 'Bye.', idempotency_key => 'k 3')$$) AS own_message;
-- a record each
SELECT actor_role, count(*) FROM dwello.idempotency_keys WHERE scope_id = t.user('keys') GROUP BY 1 ORDER BY 1;

-- No text that somebody chose stands in the ledger, and what stands there is
-- another for each actor: nobody finds out by trying keys.
SELECT count(*) AS rows, count(DISTINCT request_id) AS requests,
       count(*) FILTER (WHERE x::text LIKE '%k 2%') AS told
  FROM dwello.transactions AS x
 WHERE scope_id = t.user('keys') AND request_id IS NOT NULL;
-- nor could it be computed without the keyring
SELECT count(*) AS guessed
  FROM dwello.transactions AS x
  CROSS JOIN LATERAL (VALUES ('k'), ('k 2')) AS k (key)
  CROSS JOIN LATERAL (VALUES (sha256(uuid_send(x.actor_id) || convert_to(x.actor_role, 'UTF8') || '\x00' || convert_to(key, 'UTF8')))) AS d (digest)
 WHERE scope_id = t.user('keys')
   AND substr(replace(request_id::text, '-', ''), 1, 12) = substr(encode(digest, 'hex'), 1, 12);
-- neither side reads the records of keys
SELECT t.app_as('h1');
SELECT t.try('SELECT count(*) FROM dwello.idempotency_keys');
RESET ROLE;
SELECT t.login_as(NULL);
SELECT * FROM dwello.reconcile();

-- I8: what is asked for once is booked once, also when its record is gone
DELETE FROM dwello.idempotency_keys WHERE scope_id = t.user('keys');
SELECT t.refused('h1', $$release_escrow(t.user('keys'), 1000, idempotency_key => 'k')$$) AS paid_twice;
ROLLBACK;
