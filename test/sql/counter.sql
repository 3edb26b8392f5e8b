--
-- counter.sql
--	Offers back and forth about a bid: in turn, closing in, and ended by
--	whatever changes what they are about.
--
-- Each part is a transaction of its own that is rolled back, on a clock that
-- stands still.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';
\set VERBOSITY sqlstate

-- An open job of h1 with bids of p1 (800.00 and 150.00 for materials) and p2
-- (1100.00), whose ids are those of the names b1 and b2.
CREATE FUNCTION t.counter_job(mode dwello.bid_mode DEFAULT 'sealed')
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(
    category_id => 'd0000000-0000-7000-8000-000000000011',
    title => 'job', description => 'As in the test of counter-offers.',
    longitude => -122.4194, latitude => 37.7749, budget_min => 80000,
    budget_max => 120000, bid_mode => mode, job_id => t.user('job'));
  PERFORM dwello.publish_job(job_id => t.user('job'));
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(t.user('job'), 80000, 15000, timeline_days => 3,
    materials => '[{"item_name": "Enamel", "quantity": 1, "unit_price": 15000}]',
    description => 'First.', bid_id => t.user('b1'));
  PERFORM t.login_as('p2');
  PERFORM dwello.submit_bid(t.user('job'), 110000, bid_id => t.user('b2'));
  PERFORM t.as_system();
END
$$;

-- An offer of somebody's about a bid, or what they are refused with; ids are
-- hidden.
CREATE FUNCTION t.counter(as_name text, amount bigint, bid text DEFAULT 'b1',
  more text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  detail text;
  outcome text;
BEGIN
  PERFORM t.login_as(as_name);
  EXECUTE format('SELECT concat_ws('' '', ''round'', c.round, c.amount) FROM dwello.counter_bid(%s) AS c',
    concat_ws(', ', quote_nullable(t.user('job')), quote_nullable(t.user(bid)), coalesce(amount::text, 'NULL'), more))
    INTO outcome;
  PERFORM t.as_system();
  RETURN outcome;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN regexp_replace(concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, '')),
    '[0-9a-f-]{36}', '<id>', 'g');
END
$$;

-- Somebody's answer to the offer of a round about a bid.
CREATE FUNCTION t.answer(as_name text, round_wanted integer, accept boolean,
  bid text DEFAULT 'b1', more text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  counter uuid;
  detail text;
  outcome text;
BEGIN
  PERFORM t.as_system();
  SELECT c.id INTO STRICT counter FROM dwello.counter_offers AS c
   WHERE c.bid_id = t.user(bid) AND c.round = round_wanted;
  PERFORM t.login_as(as_name);
  EXECUTE format('SELECT concat_ws('' '', c.counter_status, c.bid_amount, ''version'', c.bid_version) FROM dwello.answer_counter(%s) AS c',
    concat_ws(', ', quote_nullable(t.user('job')), quote_literal(counter), coalesce(accept::text, 'NULL'), more))
    INTO outcome;
  PERFORM t.as_system();
  RETURN outcome;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN regexp_replace(concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, '')),
    '[0-9a-f-]{36}', '<id>', 'g');
END
$$;

-- What was offered; the bids; and the events of offers.
CREATE VIEW t.counter_rows AS
  SELECT u.first_name AS by, c.round, c.bid_version, c.amount, c.status, c.answered_at
    FROM dwello.counter_offers AS c JOIN dwello.users AS u ON u.id = c.offered_by
   WHERE c.job_id = t.user('job') ORDER BY c.bid_id = t.user('b2'), c.round;
CREATE VIEW t.counter_bids AS
  SELECT u.first_name AS bidder, b.labor_cost, b.materials_cost, b.bid_amount, b.status,
         b.bid_version, b.version, b.is_inconsistent
    FROM dwello.bids AS b JOIN dwello.users AS u ON u.id = b.provider_id
   WHERE b.job_id = t.user('job') ORDER BY u.first_name;
CREATE VIEW t.counter_events AS
  SELECT o.type, u.first_name AS recipient, o.payload->>'amount' AS amount,
         o.payload->>'message' AS message
    FROM dwello.outbox AS o
    LEFT JOIN dwello.users AS u ON u.id = (o.payload->>'recipient_id')::uuid
   WHERE o.scope_id = t.user('job') AND o.type LIKE 'counter%' ORDER BY o.id;

--
-- The happy line: below, between, between, accepted
--
BEGIN;
SELECT t.counter_job();
SELECT score AS score_before FROM dwello.score_bid(t.user('job'), t.user('b1'));
SET LOCAL dwello.now = '2027-03-01 13:00:00+00';
SELECT t.app_as('h1');
SELECT job_id = t.user('job') AS is_job, bid_id = t.user('b1') AS is_b1, provider_id = t.user('p1') AS is_p1,
       round, counter_status, amount, currency, expires_at, version, replayed
  FROM dwello.counter_bid(t.user('job'), t.user('b1'), 70000, 'Without the ceiling.',
    expected_version => 1, idempotency_key => 'counter-1');
SELECT round, amount, replayed
  FROM dwello.counter_bid(t.user('job'), t.user('b1'), 70000, 'Without the ceiling.',
    expected_version => 1, idempotency_key => 'counter-1');
RESET ROLE;
SELECT t.counter('h1', 71000, more => 'idempotency_key => ''counter-1''');
SELECT t.counter('p1', 90000, more => 'expires_at => ''2027-03-02 00:00Z''');
SELECT t.counter('h1', 80000);
SET LOCAL dwello.now = '2027-03-01 14:00:00+00';
SELECT t.app_as('p1');
SELECT counter_status, amount, bid_id = t.user('b1') AS is_b1, provider_id = t.user('p1') AS is_p1, status,
       bid_version, bid_amount, currency, score, eligible, reasons, flags, expires_at, version, replayed
  FROM dwello.answer_counter(t.user('job'),
    (SELECT c.id FROM dwello.counter_offers AS c WHERE c.status = 'pending'), true,
    expected_version => 1, idempotency_key => 'answer-1');
SELECT counter_status, bid_version, bid_amount, version, replayed
  FROM dwello.answer_counter(t.user('job'),
    (SELECT c.id FROM dwello.counter_offers AS c WHERE c.round = 3), true,
    expected_version => 1, idempotency_key => 'answer-1');
RESET ROLE;
SELECT t.as_system();
SELECT * FROM t.counter_rows;
SELECT * FROM t.counter_bids;
SELECT bid_version, bid_amount, submitted_at FROM dwello.bid_versions
 WHERE bid_id = t.user('b1') ORDER BY bid_version;
SELECT * FROM t.counter_events;
-- each of them was told
SELECT dwello.deliver_events(1000) > 0 AS delivered;
SELECT u.first_name, n.title FROM dwello.notifications AS n JOIN dwello.users AS u ON u.id = n.user_id
 WHERE n.title LIKE '%counter-offer%' ORDER BY n.id;
-- the other amount is a price like any other: it can be accepted as it is
SELECT t.login_as('h1');
SELECT job_status, bid_amount FROM dwello.accept_bid(t.user('job'), t.user('b1'));
SELECT t.as_system();
SELECT c.rule, c.object, c.detail FROM t.check() AS c WHERE c.rule <> 'partition_missing';
ROLLBACK;

--
-- Turns and windows
--
BEGIN;
SELECT t.counter_job();
SELECT t.counter('p1', 90000);
SELECT amount, t.counter('h1', amount) FROM unnest(ARRAY[0, -1, NULL, 4999, 95000, 95001, 9223372036854775807]) AS amount;
SELECT t.counter('h1', 5000);
SELECT t.counter('h1', 6000);
SELECT amount, t.counter('p1', amount) FROM unnest(ARRAY[4999, 5000, 95000]) AS amount;
SELECT t.counter('p1', 5002);
SELECT t.counter('h1', 5001);
SELECT t.counter('p1', 5001);
SELECT t.counter('h1', 5002);
-- no amount lies between: it can be accepted, and nothing else
SELECT t.answer('p1', 3, true);
SELECT * FROM t.counter_bids;
SELECT c.rule, c.object, c.detail FROM t.check() AS c WHERE c.rule <> 'partition_missing';
ROLLBACK;

-- rounds are counted over the whole life of the bid
BEGIN;
SELECT t.counter_job();
SELECT t.login_as('a1');
SELECT name, value FROM dwello.set_setting('counter_rounds_max', '2');
SELECT t.counter('h1', 70000), t.counter('p1', 90000), t.counter('h1', 80000);
SELECT t.login_as('p1');
SELECT bid_version FROM dwello.revise_bid(t.user('job'), t.user('b1'), 94000);
SELECT t.counter('h1', 80000), t.counter('h1', 80000, 'b2');
SELECT t.login_as('a1');
SELECT name, value FROM dwello.set_setting('counter_rounds_max', '0');
SELECT t.counter('p2', 90000, 'b2');
ROLLBACK;

--
-- Rejected, withdrawn
--
BEGIN;
SELECT t.counter_job();
SELECT t.counter('h1', 70000), t.answer('p1', 1, false);
-- a rejected number stands, and the next is the other side's
SELECT t.counter('h1', 75000);
SELECT t.counter('p1', 69999);
SELECT t.counter('p1', 90000);
-- who made it withdraws it, cannot accept it, and may speak again
SELECT t.answer('p1', 2, true);
SELECT t.answer('p1', 2, false);
SELECT t.answer('h1', 2, true);
SELECT t.counter('p1', 94000), t.answer('h1', 3, true);
SELECT t.answer('h1', 3, true), t.answer('h1', 1, false);
SELECT * FROM t.counter_rows;
SELECT * FROM t.counter_bids;
SELECT * FROM t.counter_events;
-- of the amount that was agreed on the homeowner may ask for less
SELECT t.counter('p1', 90000), t.counter('h1', 93999);
ROLLBACK;

-- labour gives way first, then the materials, whose lines say more
BEGIN;
SELECT t.counter_job();
SELECT t.counter('h1', 14000), t.answer('p1', 1, true);
SELECT * FROM t.counter_bids;
SELECT flags FROM dwello.rank_bids(t.user('job')) WHERE bid_id = t.user('b1');
SELECT c.rule, c.object, c.detail FROM t.check() AS c WHERE c.rule <> 'partition_missing';
ROLLBACK;

--
-- Time
--
BEGIN;
SELECT t.counter_job();
SELECT more, t.counter('h1', 70000, more => format('expires_at => %L', more))
  FROM unnest(ARRAY['2027-03-01 12:00Z', '2027-02-28 12:00Z', '2027-03-08 12:00:01Z', 'infinity']) AS more;
SELECT t.counter('h1', 70000), t.counter('h1', 70000, 'b2', 'expires_at => ''2027-03-08 12:00Z''');
SELECT expires_at FROM dwello.counter_offers ORDER BY expires_at;
SET LOCAL dwello.now = '2027-03-03 12:00:00+00';
SELECT t.answer('p1', 1, true), t.answer('h1', 1, false);
-- not marked, and over all the same: the next one ends it
SELECT t.counter('p1', 90000);
SELECT * FROM t.counter_rows;
SET LOCAL dwello.now = '2027-03-05 12:00:00+00';
SELECT * FROM dwello.expire_bids(1);
SELECT * FROM dwello.expire_bids();
SELECT * FROM t.counter_rows;
-- the time of the setting is cut at the end of the bid
SET LOCAL dwello.now = '2027-03-08 00:00:00+00';
SELECT t.counter('h1', 80000);
SELECT expires_at FROM dwello.counter_offers WHERE status = 'pending' ORDER BY 1;
-- with the bid
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT t.counter('p1', 85000), t.answer('p1', 3, true), t.counter('p2', 80000, 'b2');
SELECT * FROM dwello.expire_bids();
SELECT * FROM t.counter_rows;
SELECT * FROM t.counter_events;
SELECT t.answer('p1', 3, true);
SELECT c.rule, c.object, c.detail FROM t.check() AS c WHERE c.rule <> 'partition_missing';
ROLLBACK;

--
-- What ends an offer
--
CREATE FUNCTION t.counter_end(who text, command text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  left_over text;
BEGIN
  PERFORM t.counter_job();
  PERFORM t.counter('h1', 70000);
  PERFORM t.counter('h1', 80000, 'b2');
  PERFORM t.login_as(who);
  EXECUTE 'SELECT ' || command;
  PERFORM t.as_system();
  SELECT string_agg(c.status::text || CASE WHEN c.answered_at IS NULL THEN '' ELSE '.' END, ' '
                    ORDER BY c.bid_id = t.user('b2')) || coalesce(', found: ' || (SELECT min(k.detail) FROM t.check() AS k WHERE k.rule <> 'partition_missing'), '')
    INTO left_over FROM dwello.counter_offers AS c;
  PERFORM set_config('dwello.now', '2027-03-01 12:00Z', true);
  RAISE EXCEPTION SQLSTATE 'XX123' USING MESSAGE = left_over;
EXCEPTION WHEN SQLSTATE 'XX123' THEN
  RETURN SQLERRM;
END
$$;
SELECT who, command, t.counter_end(who, command) FROM (VALUES
  ('p1', $$dwello.revise_bid(t.user('job'), t.user('b1'), 90000)$$),
  ('p1', $$dwello.withdraw_bid(t.user('job'), t.user('b1'))$$),
  ('h1', $$dwello.reject_bid(t.user('job'), t.user('b1'))$$),
  ('h1', $$dwello.accept_bid(t.user('job'), t.user('b1'))$$),
  ('h1', $$dwello.edit_job(t.user('job'), description => 'More walls.')$$),
  ('h1', $$dwello.edit_job(t.user('job'), title => 'Walls')$$),
  ('h1', $$dwello.cancel_job(t.user('job'))$$),
  (NULL, $$dwello.expire_jobs() FROM set_config('dwello.now', '2027-04-01 00:00Z', true)$$),
  (NULL, $$dwello.expire_bids() FROM set_config('dwello.now', '2027-03-08 12:00Z', true)$$),
  ('p1', $$dwello.submit_bid(t.user('job'), 90000) FROM set_config('dwello.now', '2027-03-08 12:00Z', true)$$))
  AS v (who, command);

-- a bid that is stale, ended, or not there
BEGIN;
SELECT t.counter_job();
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('job'), description => 'More walls.');
SELECT t.counter('h1', 70000);
SELECT t.login_as('p1');
SELECT bid_version FROM dwello.confirm_bid(t.user('job'), t.user('b1'));
SELECT t.counter('h1', 70000);
SELECT t.login_as('h1');
SELECT bid_status FROM dwello.reject_bid(t.user('job'), t.user('b1'));
SELECT t.counter('p1', 80000), t.counter('h1', 80000), t.answer('p1', 1, true);
SELECT t.counter('h1', 80000, 'b3');
SELECT t.login_as('p2');
SELECT bid_version FROM dwello.confirm_bid(t.user('job'), t.user('b2'));
SELECT t.login_as('h1');
SELECT bid_status FROM dwello.accept_bid(t.user('job'), t.user('b2'));
SELECT t.counter('h1', 80000, 'b2'), t.counter('p2', 80000, 'b2');
ROLLBACK;

--
-- Who may, and who sees
--
BEGIN;
SELECT t.counter_job('open');
SELECT who, t.counter(who, 70000) FROM unnest(ARRAY['h2', 'p2', 'p3', 'a1', 's1', 'u1']) AS who;
SELECT t.counter('h1', 70000);
SELECT who, accept, t.answer(who, 1, accept)
  FROM unnest(ARRAY['h2', 'p2', 'a1', 's1', 'u1']) AS who, unnest(ARRAY[true, false]) AS accept;
SELECT t.answer('p1', 1, NULL);
SELECT t.counter('p1', 90000, more => 'repeat(''x'', 2001)');
SELECT t.counter('p1', 90000, more => 'expected_version => 2'), t.answer('p1', 1, true, more => 'expected_version => 2');
SAVEPOINT suspended;
SELECT t.login_as('a1');
SELECT status FROM dwello.suspend_user(t.user('p1'), 'Test.');
SELECT t.counter('p1', 90000), t.answer('p1', 1, true);
ROLLBACK TO suspended;
-- row-level security: the two sides, and nobody else
CREATE FUNCTION t.counter_sees(who text) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  seen bigint;
BEGIN
  PERFORM t.app_as(who);
  IF who IN ('a1', 's1') THEN
    PERFORM set_config('role', CASE who WHEN 'a1' THEN 'dwello_admin' ELSE 'dwello_support' END, true);
  END IF;
  SELECT count(*) INTO seen FROM dwello.counter_offers AS c WHERE c.job_id = t.user('job');
  PERFORM t.as_system();
  RETURN seen;
END
$$;
SELECT who, t.counter_sees(who) FROM unnest(ARRAY['h1', 'p1', 'h2', 'p2', 'p3', 'a1', 's1']) AS who;
-- nobody: no token, and a bad one
SELECT dwello.login(NULL);
SET LOCAL ROLE dwello_app;
SAVEPOINT nobody;
SELECT dwello.counter_bid(t.user('job'), t.user('b1'), 70000);
ROLLBACK TO nobody;
SELECT dwello.answer_counter(t.user('job'), t.user('b1'), true);
ROLLBACK TO nobody;
SELECT count(*) FROM dwello.counter_offers;
ROLLBACK;

SELECT state, event, string_agg(actor, ' ' ORDER BY actor) AS actors, next_state, guard
  FROM dwello.offer_transitions() GROUP BY state, event, next_state, guard ORDER BY event;

DROP VIEW t.counter_rows, t.counter_bids, t.counter_events;
DROP FUNCTION t.counter_job, t.counter, t.answer, t.counter_end;
