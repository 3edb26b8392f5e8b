--
-- event.sql
--	deliver_events(): what commands tell reaches users once, when it is due.
--
SET client_min_messages = warning;

-- A quiet beginning at a fixed time: nothing waits, p1 has no sums.
CREATE FUNCTION t.quiet() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('dwello.now', '2030-01-01 10:00+00', true);
  UPDATE dwello.outbox SET applied_at = now() WHERE applied_at IS NULL;
  UPDATE dwello.provider_stats
     SET as_of = '2030-01-01', rating_weight = 0, rating_sum = 0, rating_square_sum = 0, completed = 0, awarded = 0,
         review_count = 0, completed_count = 0, awarded_count = 0
   WHERE user_id IN (t.user('p1'), t.user('p2'));
  DELETE FROM dwello.notifications;
END
$$;

-- Plays a job of h1's by its commands: p1 and p2 bid, p1 is chosen and paid.
CREATE FUNCTION t.play_until(stage text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000012', 'Pipes', 'Copper.', -122.4194, 37.7749,
    budget_max => 40000, job_id => t.user('job'));
  PERFORM dwello.publish_job(t.user('job'));
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(t.user('job'), 35000, bid_id => t.user('bid 1'));
  PERFORM t.login_as('p2');
  PERFORM dwello.submit_bid(t.user('job'), 39000, bid_id => t.user('bid 2'));
  PERFORM t.login_as('h1');
  PERFORM dwello.accept_bid(t.user('job'), t.user('bid 1'));
  PERFORM t.login_as('p1');
  PERFORM dwello.confirm_award(t.user('job'));
  PERFORM t.as_system();
  IF stage = 'award' THEN RETURN; END IF;
  PERFORM t.login_as('h1');
  PERFORM dwello.fund_escrow(t.user('job'));
  PERFORM t.as_system();
  PERFORM dwello.confirm_payment(t.user('job'), 'psp', 'evt of event.sql', 35000, 'USD');
  PERFORM t.login_as('p1');
  PERFORM dwello.start_job(t.user('job'));
  PERFORM dwello.submit_milestone(t.user('job'));
  PERFORM t.login_as('h1');
  PERFORM dwello.release_escrow(t.user('job'));
  PERFORM t.as_system();
END
$$;

-- The other end: who was told what, and the sums of the providers.
CREATE VIEW t.told AS
  SELECT name, n.notification_type, n.title, count(*) AS times
    FROM unnest(ARRAY['h1', 'p1', 'p2', 'p3']) AS name
    JOIN dwello.notifications AS n ON n.user_id = t.user(name)
   GROUP BY 1, 2, 3 ORDER BY 1, 3;
CREATE VIEW t.sums AS
  SELECT name, s.awarded_count AS awards, s.awarded, s.completed_count AS completions, s.completed,
         s.review_count AS reviews, s.rating_weight, s.rating_sum
    FROM unnest(ARRAY['p1', 'p2']) AS name
    JOIN dwello.provider_stats AS s ON s.user_id = t.user(name)
   ORDER BY name;

-- Writes events of no job by hand.
CREATE FUNCTION t.emit(type text, payload jsonb, n integer DEFAULT 1, deliver_after timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE sql
AS $$
  WITH made AS (
    INSERT INTO dwello.outbox (scope_id, id, aggregatetype, aggregateid, type, payload, created_at, deliver_after)
    SELECT t.user('scope'), ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'job', 'x', type, payload,
           now(), deliver_after
      FROM generate_series(1, n) AS i RETURNING id)
  SELECT count(*) FROM made
$$;

-- an award, then a completion: everybody concerned is told, the winner's sums move
BEGIN;
SELECT t.quiet();
SELECT t.play_until('award');
SELECT count(*) = dwello.deliver_events() AS all_applied FROM dwello.outbox WHERE applied_at IS NULL;
SELECT * FROM t.told;
SELECT * FROM t.sums;
SELECT dwello.deliver_events();
SELECT count(*) AS waiting FROM dwello.outbox WHERE applied_at IS NULL;
ROLLBACK;
BEGIN;
SELECT t.quiet();
SELECT t.play_until('end');
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT * FROM t.told;
SELECT * FROM t.sums;
-- what a user is told names the event and carries its ids
SELECT data ->> 'event' AS event, (data ->> 'provider_id')::uuid = t.user('p1') AS of_provider,
       o.type = data ->> 'event' AS of_its_event, n.created_at = timestamptz '2030-01-01 10:00+00' AS now
  FROM dwello.notifications AS n JOIN dwello.outbox AS o ON o.id = n.event_id
 WHERE n.user_id = t.user('h1') AND n.notification_type = 'job_completed';
-- they read their own, and nobody else's
SELECT t.app_as('p2');
SELECT title FROM dwello.notifications;
ROLLBACK;

-- a review is felt when it is shown: fourteen days later when it stays alone
BEGIN;
SELECT t.quiet();
SELECT t.play_until('end');
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT t.login_as('h1');
SELECT revealed FROM dwello.post_review(t.user('job'), 5);
SELECT t.as_system();
SELECT dwello.deliver_events() AS early;
SELECT reviews, rating_weight, rating_sum FROM t.sums WHERE name = 'p1';
SELECT count(*) AS told FROM t.told WHERE title = 'New review';
SET LOCAL dwello.now = '2030-01-15 09:59:59+00';
SELECT dwello.deliver_events() AS a_second_early;
SET LOCAL dwello.now = '2030-01-15 10:00+00';
SELECT dwello.deliver_events() AS in_time;
SELECT reviews, rating_weight, rating_sum FROM t.sums WHERE name = 'p1';
SELECT * FROM t.told WHERE title = 'New review';
ROLLBACK;

-- or at once, both, when the other side has written
BEGIN;
SELECT t.quiet();
SELECT t.play_until('end');
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT t.login_as('h1');
SELECT revealed FROM dwello.post_review(t.user('job'), 3);
SELECT t.as_system();
SELECT dwello.deliver_events() AS early;
SELECT t.login_as('p1');
SELECT revealed FROM dwello.post_review(t.user('job'), 4);
SELECT t.as_system();
SELECT dwello.deliver_events() AS both;
-- the homeowner's stars move no sums
SELECT name, reviews, rating_weight, rating_sum FROM t.sums;
SELECT * FROM t.told WHERE title = 'New review';
ROLLBACK;

-- an event delivered twice tells nobody twice
BEGIN;
SELECT t.quiet();
SELECT t.emit('message_sent', jsonb_build_object('recipient_id', t.user('h1')), 3);
SELECT dwello.deliver_events(), dwello.deliver_events() AS again;
UPDATE dwello.outbox SET applied_at = NULL WHERE scope_id = t.user('scope');
SELECT dwello.deliver_events() AS forced;
SELECT * FROM t.told;
ROLLBACK;

-- one who is both sides of an event is told once
BEGIN;
SELECT t.quiet();
SELECT t.emit('job_completed', jsonb_build_object('homeowner_id', t.user('p1'), 'provider_id', t.user('p1')));
SELECT dwello.deliver_events();
SELECT * FROM t.told;
ROLLBACK;

-- sums decay to the day, and count what comes on top
BEGIN;
SELECT t.quiet();
SELECT t.emit('contract_funded', jsonb_build_object('provider_id', t.user('p1')), 4);
SELECT dwello.deliver_events();
SELECT awards, awarded FROM t.sums WHERE name = 'p1';
SET LOCAL dwello.now = '2030-07-01 10:00+00';
UPDATE dwello.outbox SET applied_at = NULL
 WHERE scope_id = t.user('scope') AND id = '00000000-0000-7000-8000-000000000001';
SELECT dwello.deliver_events();
SELECT awards, awarded FROM t.sums WHERE name = 'p1';
ROLLBACK;

-- what means nothing to users is applied and forgotten; so is a party that is nobody
BEGIN;
SELECT t.quiet();
SELECT t.emit('weather_changed', jsonb_build_object('homeowner_id', t.user('h1')));
SELECT dwello.deliver_events();
SELECT count(*) FROM t.told;
UPDATE dwello.outbox SET applied_at = NULL, type = 'job_completed',
       payload = jsonb_build_object('homeowner_id', NULL, 'provider_id', '00000000-0000-0000-0000-000000000000')
 WHERE scope_id = t.user('scope');
SELECT dwello.deliver_events();
SELECT count(*) FROM t.told;
ROLLBACK;

-- max_rows bounds a call, oldest first; what is deferred is passed over
BEGIN;
SELECT t.quiet();
SELECT t.emit('message_sent', jsonb_build_object('recipient_id', t.user('h1')), 5);
UPDATE dwello.outbox SET deliver_after = '2030-01-01 10:00:01+00'
 WHERE scope_id = t.user('scope') AND id = '00000000-0000-7000-8000-000000000002';
SELECT dwello.deliver_events(1), dwello.deliver_events(max_rows => 2);
SELECT right(id::text, 1) AS waiting FROM dwello.outbox WHERE applied_at IS NULL ORDER BY id;
SELECT dwello.deliver_events(100000), dwello.deliver_events(100000);
SET LOCAL dwello.now = '2030-01-01 10:00:01+00';
SELECT dwello.deliver_events(100000);
SELECT * FROM t.told;
ROLLBACK;

-- what cannot be applied is left out, whatever is wrong with it: nobody else
-- waits for it, and it is tried again, longer apart each time, until it is dead
BEGIN;
SELECT t.quiet();
SELECT t.as_system();
SELECT value FROM dwello.set_setting('event_attempts', '2');
SELECT t.emit('message_sent', jsonb_build_object('recipient_id', t.user('h1')), 7);
UPDATE dwello.outbox AS o SET type = v.type, payload = v.payload
  FROM (VALUES (1, 'message_sent', jsonb_build_object('recipient_id', t.user('nobody'))),
               (3, 'message_sent', '{"recipient_id": "no id"}'),
               (5, 'review_posted', jsonb_build_object('reviewee_id', t.user('p1'), 'rating', 9)),
               (6, 'contract_funded', jsonb_build_object('provider_id', t.user('p1')))) AS v (n, type, payload)
 WHERE o.scope_id = t.user('scope') AND o.id = ('00000000-0000-7000-8000-00000000000' || v.n)::uuid;
CREATE VIEW pg_temp.late (event, attempts, waits, is_dead, is_done, error) AS
  SELECT right(d.event_id::text, 1), d.attempts, CASE WHEN isfinite(o.deliver_after) THEN o.deliver_after - current_setting('dwello.now')::timestamptz END,
         d.dead_at IS NOT NULL, d.done_at IS NOT NULL, regexp_replace(d.last_error, '[0-9a-f-]{36}', 'X')
    FROM dwello.outbox_deliveries AS d JOIN dwello.outbox AS o ON o.scope_id = d.scope_id AND o.id = d.event_id
   WHERE d.consumer = 'deliver_events' ORDER BY d.event_id;
SET LOCAL client_min_messages = error;
SELECT dwello.deliver_events() AS applied, dwello.deliver_events() AS no_more;
SELECT * FROM t.told;
SELECT awards FROM t.sums WHERE name = 'p1';
SELECT * FROM pg_temp.late;
SELECT rule FROM t.check() WHERE rule = 'event_dead';
-- mended meanwhile: it is applied with the rest, and what is known of it ends
UPDATE dwello.outbox SET payload = jsonb_build_object('recipient_id', t.user('p2'))
 WHERE scope_id = t.user('scope') AND id = '00000000-0000-7000-8000-000000000003';
SET LOCAL dwello.now = '2030-01-01 11:00+00';
SELECT dwello.deliver_events() AS applied, dwello.deliver_events() AS no_more;
SELECT * FROM t.told;
SELECT * FROM pg_temp.late;
SELECT rule, object, regexp_replace(detail, '[0-9a-f-]{36}', 'X', 'g') AS detail FROM t.check() WHERE rule = 'event_dead';
SET LOCAL dwello.now = '2031-01-01 11:00+00';
SELECT dwello.deliver_events() AS never_by_itself;
-- mended and given anew
UPDATE dwello.outbox SET payload = jsonb_build_object('recipient_id', t.user('p2'), 'reviewee_id', t.user('p1'), 'rating', 4)
 WHERE scope_id = t.user('scope') AND deliver_after = 'infinity';
SELECT right(id::text, 1) AS event, type, attempts FROM dwello.requeue_events('deliver_events');
SELECT rule FROM t.check() WHERE rule = 'event_dead';
SELECT dwello.deliver_events() AS applied, dwello.deliver_events() AS no_more;
SELECT event, attempts, is_dead, is_done FROM pg_temp.late;
SELECT count(*) AS waiting FROM dwello.outbox WHERE applied_at IS NULL;
-- the name is no consumer's
SELECT t.try($$SELECT dwello.claim_events('deliver_events')$$);
ROLLBACK;

-- refusals
BEGIN;
SELECT n, t.try(format('SELECT dwello.deliver_events(%s)', n))
  FROM unnest(ARRAY['NULL', '-1', '0', '100001', '2147483647', '1', '100000']) AS n;
SELECT who, t.try('SELECT dwello.deliver_events(0)', who) FROM unnest(ARRAY['h1', 'p1', 'a1', 's1']) AS who;
SET LOCAL ROLE dwello_app;
SELECT t.try('SELECT dwello.deliver_events()') AS app;
SET LOCAL ROLE dwello_admin;
SELECT t.try('SELECT dwello.deliver_events()') AS admin;
ROLLBACK;
BEGIN;
SET LOCAL ROLE dwello_service;
SELECT t.try('SELECT dwello.deliver_events()') AS service;
SELECT t.try('UPDATE dwello.outbox SET applied_at = now()') AS service_writes;
ROLLBACK;
BEGIN READ ONLY;
SELECT t.try('SELECT dwello.deliver_events()');
ROLLBACK;

DROP VIEW t.told, t.sums;
DROP FUNCTION t.quiet(), t.play_until(text), t.emit(text, jsonb, integer, timestamptz);
