--
-- claim.sql
--	Events on their way outside: claim_events, ack_events.
--
SET client_min_messages = warning;

-- n events of one scope, oldest first; ids say the scope and the number, and
-- are of a time to come, which no consumer has settled.
CREATE FUNCTION t.emit(scope integer, n integer, type text DEFAULT 'payment_requested', since integer DEFAULT 1)
RETURNS bigint
LANGUAGE sql
AS $$
  WITH made AS (
    INSERT INTO dwello.outbox (scope_id, id, aggregatetype, aggregateid, type, payload, created_at)
    SELECT t.user('scope ' || scope),
           ('70000000-0000-7000-800' || scope || '-' || lpad(i::text, 12, '0'))::uuid,
           'escrow', 'x', type, jsonb_build_object('n', i), now()
      FROM generate_series(since, since + n - 1) AS i RETURNING id)
  SELECT count(*) FROM made
$$;

-- What a claim gives, by name; the claim is remembered under the consumer's.
CREATE TEMP TABLE claim (consumer text, n integer, lease_id uuid, id uuid, name text, attempt integer);
CREATE FUNCTION t.claim(consumer text, max_rows integer DEFAULT 100, types text[] DEFAULT NULL) RETURNS text
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
  turn integer := (SELECT coalesce(max(k.n), 0) + 1 FROM claim AS k WHERE k.consumer = $1);
BEGIN
  INSERT INTO claim
    SELECT $1, turn, e.lease_id, e.id, substr(e.id::text, 23, 1) || '.' || right(e.id::text, 1), e.attempt
      FROM dwello.claim_events($1, $2, $3) AS e;
  RETURN (SELECT string_agg(k.name || CASE WHEN k.attempt > 1 THEN '#' || k.attempt ELSE '' END, ' ' ORDER BY k.id)
            FROM claim AS k WHERE k.consumer = $1 AND k.n = turn);
END
$$;
-- The lease of a consumer's n-th claim, and ids by name.
CREATE FUNCTION t.lease(consumer text, n integer) RETURNS uuid
LANGUAGE sql AS $$ SELECT DISTINCT k.lease_id FROM claim AS k WHERE k.consumer = $1 AND k.n = $2 $$;
CREATE FUNCTION t.events(VARIADIC names text[]) RETURNS uuid[]
LANGUAGE sql
AS $$
  SELECT array_agg(('70000000-0000-7000-800' || split_part(v, '.', 1) || '-' || lpad(split_part(v, '.', 2), 12, '0'))::uuid)
    FROM unnest(names) AS v
$$;
-- How a consumer's deliveries stand.
CREATE FUNCTION t.deliveries(consumer text)
RETURNS TABLE (event text, attempts integer, leased boolean, done boolean, dead boolean, pause interval, last_error text)
LANGUAGE sql
AS $$
  SELECT substr(d.event_id::text, 23, 1) || '.' || right(d.event_id::text, 1), d.attempts, d.lease_id IS NOT NULL,
         d.done_at IS NOT NULL, d.dead_at IS NOT NULL, d.run_after - d.claimed_at, d.last_error
    FROM dwello.outbox_deliveries AS d WHERE d.consumer = $1 ORDER BY d.event_id
$$;
-- An empty outbox at a fixed hour.
CREATE FUNCTION t.quiet() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  SET LOCAL dwello.now = '2030-01-01 10:00+00';
  DELETE FROM dwello.outbox;
  DELETE FROM claim;
END
$$;

-- a consumer is given what there is, in order, once; what is done is over
BEGIN;
SELECT t.quiet(), t.emit(1, 3), t.emit(2, 2);
SELECT aggregatetype, aggregateid, type, payload, created_at = now() AS created, attempt, scope_id = t.user('scope 1') AS of_1
  FROM dwello.claim_events(consumer => 'reader', max_rows => 2);
SELECT count(DISTINCT lease_id) AS leases FROM dwello.claim_events('other');
SELECT t.claim('psp', 2);
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 1));
SELECT t.claim('psp');
SELECT * FROM dwello.ack_events(consumer => 'psp', lease_id => t.lease('psp', 2), ids => t.events('1.3', '2.1', '2.2'));
SELECT t.claim('psp');
SELECT * FROM t.deliveries('psp');
-- saying it again changes nothing
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 2), t.events('1.3', '2.1'));
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 2));
-- what is new comes
SELECT t.emit(1, 1, since => 4);
SELECT t.claim('psp');
ROLLBACK;

-- a scope waits for its first event; the others go on
BEGIN;
SELECT t.quiet(), t.emit(1, 3), t.emit(2, 1);
SELECT t.claim('psp', 1);
SELECT t.claim('psp'), t.claim('psp');
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 1));
SELECT t.claim('psp', 1);
ROLLBACK;

-- a failure is given again after a pause that doubles, and blocks its scope so long
BEGIN;
SELECT t.quiet(), t.emit(1, 2), t.emit(2, 1);
SELECT t.claim('psp');
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 1), failed_ids => t.events('1.1'), error => 'no line');
SELECT * FROM t.deliveries('psp');
SELECT t.claim('psp') AS at_once;
SET LOCAL dwello.now = '2030-01-01 10:00:05+00';
SELECT t.claim('psp') AS after_5_s;
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 2), '{}', t.events('1.1'));
SET LOCAL dwello.now = '2030-01-01 10:00:14.999+00';
SELECT t.claim('psp') AS too_early;
SET LOCAL dwello.now = '2030-01-01 10:00:15+00';
SELECT t.claim('psp') AS after_10_s;
SELECT last_error FROM t.deliveries('psp') WHERE event = '1.1';
ROLLBACK;

-- a failed event stops those behind it, until it is dead
BEGIN;
SELECT t.quiet(), t.emit(1, 2);
SELECT t.login_as('a1');
SELECT value FROM dwello.set_setting('event_attempts', '2');
SELECT t.as_system();
SELECT t.claim('psp', 1);
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 1), '{}', t.events('1.1'), 'no line');
SELECT t.claim('psp') AS waits;
SET LOCAL dwello.now = '2030-01-01 11:00+00';
SELECT t.claim('psp', 1);
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 2), '{}', t.events('1.1'), 'still none');
SELECT t.claim('psp') AS goes_on;
SELECT event, attempts, leased, done, dead, last_error FROM t.deliveries('psp');
-- a worker that never answers uses up the attempts as well
SET LOCAL dwello.now = '2030-01-01 11:01+00';
SELECT t.claim('psp') AS second;
SET LOCAL dwello.now = '2030-01-01 11:02+00';
SELECT t.claim('psp') AS third;
SELECT event, attempts, dead FROM t.deliveries('psp');
ROLLBACK;

-- what is dead is given anew when somebody says so, once, with all its attempts
BEGIN;
SELECT t.quiet(), t.emit(1, 3), t.emit(2, 1);
SELECT t.login_as('a1');
SELECT value FROM dwello.set_setting('event_attempts', '1');
SELECT t.as_system();
SELECT t.claim('psp'), t.claim('other');
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 1), t.events('1.3'), t.events('1.1', '1.2', '2.1'), 'no line');
SELECT * FROM dwello.ack_events('other', t.lease('other', 1), '{}', t.events('1.1'));
SELECT t.claim('psp') AS none;
SELECT count(*) FROM dwello.requeue_events('psp', '{}');
SELECT id = ANY (t.events('1.2')) AS is_it, scope_id = t.user('scope 1') AS of_1, type, attempts, dead_at = '2030-01-01 10:00+00' AS then, last_error
  FROM dwello.requeue_events('psp', t.events('1.2', '1.2', '1.3', '7.7'));
SELECT count(*) AS again FROM dwello.requeue_events('psp', t.events('1.2'));
SELECT t.claim('psp');
SELECT count(*) AS leased FROM dwello.requeue_events('psp', t.events('1.2'));
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 2), '{}', t.events('1.2'), 'still none');
-- the oldest first; an administrator may, too
SELECT t.app_as('a1');
SELECT id = ANY (t.events('1.1')) AS oldest FROM dwello.requeue_events('psp', max_rows => 1);
SELECT count(*) AS rest FROM dwello.requeue_events(consumer => 'psp');
SELECT count(*) AS none FROM dwello.requeue_events(consumer => 'psp');
SELECT t.as_system();
SELECT event, attempts, leased, done, dead, last_error FROM t.deliveries('psp');
SELECT event, attempts, dead FROM t.deliveries('other') WHERE dead;
SELECT t.claim('psp');
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 3));
ROLLBACK;

-- a lease that has run out: the event is given again, and the first worker has lost it
BEGIN;
SELECT t.quiet(), t.emit(1, 2);
SELECT t.claim('psp');
SET LOCAL dwello.now = '2030-01-01 10:00:59.999+00';
SELECT t.claim('psp') AS in_time;
SET LOCAL dwello.now = '2030-01-01 10:01+00';
SELECT t.claim('psp', 1) AS over;
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 1), t.events('1.1'));
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 1), '{}', t.events('1.1'));
-- what nobody took meanwhile is still its own
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 1), t.events('1.2'));
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 2));
SELECT event, attempts, done FROM t.deliveries('psp');
-- a lease is its consumer's
SELECT t.claim('other');
SELECT * FROM dwello.ack_events('psp', t.lease('other', 1));
SELECT * FROM dwello.ack_events('psp', t.lease('other', 1), t.events('1.1'), t.events('1.2'));
SELECT * FROM dwello.ack_events('nobody', t.user('no lease'), t.events('1.1'));
ROLLBACK;

-- types: a consumer's own; asking for others brings what was passed over
BEGIN;
SELECT t.quiet(), t.emit(1, 1, 'payment_requested'), t.emit(1, 1, 'job_started', 2), t.emit(1, 1, 'refund_requested', 3);
SELECT t.claim('psp', types => '{refund_requested, payment_requested, refund_requested}');
SELECT types, settled_id FROM dwello.outbox_consumers WHERE consumer = 'psp';
SELECT t.claim('psp', types => '{payment_requested, refund_requested}');
SELECT * FROM dwello.ack_events('psp', t.lease('psp', 1));
SELECT t.claim('psp', types => '{job_started}');
SELECT types FROM dwello.outbox_consumers WHERE consumer = 'psp';
ROLLBACK;

-- each consumer has its own, and deliver_events() its own besides
BEGIN;
SELECT t.quiet(), t.emit(1, 1, 'payment_failed');
SELECT t.claim('a'), t.claim('b');
SELECT dwello.deliver_events() AS delivered;
SELECT t.claim('c');
-- an event that goes takes its deliveries along
DELETE FROM dwello.outbox;
SELECT count(*) FROM dwello.outbox_deliveries;
ROLLBACK;

-- what is settled moves up to the mark, once the transactions of that time have ended
INSERT INTO dwello.outbox (scope_id, id, aggregatetype, aggregateid, type, payload, created_at)
  SELECT t.user('scope 1'), ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'escrow', 'x', type, '{}', now()
    FROM (VALUES (1, 'tested'), (2, 'passed'), (3, 'tested')) AS v (n, type);
CREATE FUNCTION t.settle(bound uuid, max_rows integer) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
  FOR turn IN 1 .. 200 LOOP
    PERFORM dwello.claim_events('settler', max_rows, '{tested}');
    IF (SELECT settled_id >= bound FROM dwello.outbox_consumers WHERE consumer = 'settler') THEN
      RETURN true;
    END IF;
    PERFORM pg_sleep(0.05);
  END LOOP;
  RETURN false;
END
$$;
SELECT right(id::text, 1) AS n FROM dwello.claim_events('settler', 10, '{tested}');
SELECT t.settle('01000000-0000-7000-8000-000000000000', 10);
SELECT settled_id <= watermark_id AS not_past_the_next_mark FROM dwello.outbox_consumers WHERE consumer = 'settler';
-- the first event that was not given holds it back
BEGIN;
DELETE FROM dwello.outbox_deliveries WHERE right(event_id::text, 1) = '3';
UPDATE dwello.outbox_consumers SET settled_id = '00000000-0000-7000-8000-000000000001' WHERE consumer = 'settler';
SET LOCAL dwello.now = '2000-01-01 00:00+00';
DO $$ BEGIN PERFORM dwello.ack_events('settler', lease_id) FROM dwello.outbox_deliveries WHERE consumer = 'settler'; END $$;
SELECT t.settle('00000000-0000-7000-8000-000000000003', 1);
SELECT right(event_id::text, 1) AS given FROM dwello.outbox_deliveries WHERE consumer = 'settler' ORDER BY 1;
ROLLBACK;
-- a mark that came with a dump, from a cluster that had more transactions, is good
BEGIN;
UPDATE dwello.outbox_consumers SET watermark_xid = watermark_xid + 1000000000, settled_id = '00000000-0000-7000-8000-000000000001'
 WHERE consumer = 'settler';
SELECT count(*) FROM dwello.claim_events('settler', 10, '{tested}');
SELECT settled_id > '01000000-0000-7000-8000-000000000000' AS moved, watermark_xid < 1000000000 AS mark_is_ours
  FROM dwello.outbox_consumers WHERE consumer = 'settler';
ROLLBACK;
DROP FUNCTION t.settle(uuid, integer);
DELETE FROM dwello.outbox_consumers;
SELECT t.forget('scope 1');
DELETE FROM dwello.outbox_deliveries;

-- refusals
BEGIN;
SELECT v, t.try(format('SELECT dwello.claim_events(%s)', v))
  FROM unnest(ARRAY['NULL', $$''$$, $$'  '$$, $$repeat('x', 101)$$, $$'c', NULL$$, $$'c', 0$$, $$'c', 10001$$,
                    $$'c', types => '{}'$$, $$'c', types => '{NULL}'$$, $$'c', types => '{{a}}'$$,
                    $$'c', lease => NULL$$, $$'c', lease => '0.9 s'$$, $$'c', lease => '1 day 1 s'$$,
                    $$'c', lease => '-1 month'$$, $$'c', 10000, NULL, '1 day'$$, $$repeat('x', 100), 1$$]) AS v;
SELECT v, t.try(format('SELECT dwello.ack_events(%s)', v))
  FROM unnest(ARRAY[$$NULL, t.user('x')$$, $$'c', NULL$$, $$'', t.user('x')$$, $$'c', t.user('x'), '{NULL}'$$,
                    $$'c', t.user('x'), failed_ids => NULL$$, $$'c', t.user('x'), failed_ids => '{NULL}'$$,
                    $$'c', t.user('x'), error => repeat('x', 10001)$$, $$'c', t.user('x')$$]) AS v;
SELECT v, t.try(format('SELECT dwello.requeue_events(%s)', v))
  FROM unnest(ARRAY['NULL', $$''$$, $$repeat('x', 101)$$, $$'c', '{NULL}'$$, $$'c', NULL, NULL$$, $$'c', NULL, 0$$,
                    $$'c', NULL, 10001$$, $$'nobody'$$]) AS v;
SELECT who, t.try($$SELECT dwello.requeue_events('nobody')$$, who) FROM unnest(ARRAY['h1', 'p1', 'a1', 's1']) AS who;
SELECT who, t.try($$SELECT dwello.claim_events('c', 0)$$, who), t.try($$SELECT dwello.ack_events('', NULL)$$, who)
  FROM unnest(ARRAY['h1', 'p1', 'a1', 's1']) AS who;
SET LOCAL ROLE dwello_app;
SELECT t.try($$SELECT dwello.claim_events('c')$$), t.try($$SELECT dwello.ack_events('c', t.user('x'))$$);
ROLLBACK;
BEGIN;
SET LOCAL ROLE dwello_service;
SELECT t.try($$SELECT dwello.claim_events('c')$$), t.try($$SELECT dwello.ack_events('c', t.user('x'))$$);
SELECT t.try('SELECT * FROM dwello.outbox_deliveries'), t.try('DELETE FROM dwello.outbox_deliveries'),
       t.try('UPDATE dwello.outbox_consumers SET types = NULL');
ROLLBACK;
BEGIN READ ONLY;
SELECT t.try($$SELECT dwello.requeue_events('c')$$), t.try($$SELECT dwello.claim_events('c')$$), t.try($$SELECT dwello.ack_events('c', t.user('x'))$$);
ROLLBACK;

DROP FUNCTION t.emit(integer, integer, text, integer), t.claim(text, integer, text[]), t.lease(text, integer),
  t.events(text[]), t.deliveries(text), t.quiet();
