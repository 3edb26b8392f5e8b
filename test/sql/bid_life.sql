--
-- bid_life.sql
--	What becomes of a bid: revised, confirmed for new terms, withdrawn,
--	declined, expired; and of an award that lapses.
--
-- Each part is a transaction of its own that is rolled back, on a clock that
-- stands still.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';
\set VERBOSITY sqlstate

-- An open job of h1 in San Francisco, reference 1000.00, with bids of 950.00,
-- 1100.00 and 1200.00 whose ids are those of the names b1, b2 and b3.
CREATE FUNCTION t.life_job(mode dwello.bid_mode DEFAULT 'sealed',
  requirements jsonb DEFAULT '[]')
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  amounts bigint[] := '{95000, 110000, 120000}';
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(
    category_id => 'd0000000-0000-7000-8000-000000000011',
    title => 'job', description => 'As in the test of the life of bids.',
    longitude => -122.4194, latitude => 37.7749, budget_min => 80000,
    budget_max => 120000, estimated_duration_hours => 16, bid_mode => mode,
    requirements => requirements, job_id => t.user('job'));
  PERFORM dwello.publish_job(job_id => t.user('job'));
  FOR i IN 1 .. 3 LOOP
    PERFORM t.login_as('p' || i);
    PERFORM dwello.submit_bid(job_id => t.user('job'),
      labor_cost => amounts[i], timeline_days => 3, warranty_months => 24,
      description => 'First.', bid_id => t.user('b' || i));
  END LOOP;
  PERFORM t.as_system();
END
$$;

-- h1 accepts a bid.
CREATE FUNCTION t.life_accept(bid text) RETURNS timestamptz
LANGUAGE plpgsql
AS $$
DECLARE
  confirm_by timestamptz;
BEGIN
  PERFORM t.login_as('h1');
  SELECT a.confirm_by INTO STRICT confirm_by
    FROM dwello.accept_bid(t.user('job'), t.user(bid)) AS a;
  PERFORM t.as_system();
  RETURN confirm_by;
END
$$;

-- What a call with these arguments after job_id and bid_id is refused with,
-- as the named user; ids in the detail are hidden.
CREATE FUNCTION t.life_try(as_name text, command text, bid text,
  arguments text DEFAULT NULL, job text DEFAULT 'job')
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  detail text;
BEGIN
  PERFORM t.login_as(as_name);
  EXECUTE format('SELECT dwello.%I(%s)', command,
    concat_ws(', ', quote_nullable(t.user(job)), quote_nullable(t.user(bid)),
              arguments));
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN concat_ws(' | ', SQLSTATE, SQLERRM,
    nullif(regexp_replace(detail, '[0-9a-f-]{36}', '<id>', 'g'), ''));
END
$$;

-- The bids of the job, the job, and its events since the first three bids.
CREATE VIEW t.life_bids AS
  SELECT u.first_name AS bidder, b.bid_amount, b.status, b.reason,
         b.bid_version, b.version, b.terms_version AS terms
    FROM dwello.bids AS b JOIN dwello.users AS u ON u.id = b.provider_id
   WHERE b.job_id = t.user('job') ORDER BY u.first_name, b.submitted_at, b.bid_amount;
CREATE VIEW t.life_state AS
  SELECT j.status, j.reason, j.is_listed, u.first_name AS provider,
         j.awarded_at, j.confirm_by, j.version
    FROM dwello.jobs AS j LEFT JOIN dwello.users AS u ON u.id = j.provider_id
   WHERE j.id = t.user('job');
CREATE VIEW t.life_events AS
  SELECT o.type, u.first_name AS provider, o.payload->>'amount' AS amount,
         o.payload->>'reason' AS reason, o.payload->>'note' AS note
    FROM dwello.outbox AS o
    LEFT JOIN dwello.users AS u ON u.id = (o.payload->>'provider_id')::uuid
   WHERE o.scope_id = t.user('job')
     AND o.type NOT IN ('job_published', 'bid_submitted') ORDER BY o.id;

--
-- revise_bid: all is replaced, nothing is lost
--
BEGIN;
SELECT t.life_job();
SET LOCAL dwello.now = '2027-03-01 13:00:00+00';
SELECT score AS score_before FROM dwello.score_bid(t.user('job'), t.user('b1'));
SELECT t.app_as('p1');
SELECT bid_id = t.user('b1') AS is_b1, provider_id = t.user('p1') AS is_p1,
       status, bid_version, bid_amount, currency, score, eligible, reasons,
       flags, expires_at, version, replayed
  FROM dwello.revise_bid(t.user('job'), t.user('b1'), 70000, 20000,
    timeline_days => 2, materials => '[{"item_name": "Enamel", "quantity": 2,
    "unit_price": 9999}]', terms_version => 1, expected_version => 1,
    idempotency_key => 'revise-1');
-- the same request again, and another under the same key
SELECT bid_version, bid_amount, score, flags, version, replayed
  FROM dwello.revise_bid(t.user('job'), t.user('b1'), 70000, 20000,
    timeline_days => 2, materials => '[{"item_name": "Enamel", "quantity": 2,
    "unit_price": 9999}]', terms_version => 1, expected_version => 1,
    idempotency_key => 'revise-1');
RESET ROLE;
SELECT t.life_try('p1', 'revise_bid', 'b1', '60000, idempotency_key => ''revise-1''');
-- a second revision leaves out what it does not say
SELECT t.login_as('p1');
SELECT bid_version, bid_amount, flags, expires_at, version
  FROM dwello.revise_bid(t.user('job'), t.user('b1'), 60000,
    materials_included => false, special_terms => 'Cash.',
    expires_at => '2027-03-05', expected_version => 2);
SELECT t.as_system();
SELECT labor_cost, materials_cost, materials_included, timeline_days,
       warranty_months, description, special_terms, comparable_price,
       is_inconsistent, submitted_at
  FROM dwello.bids WHERE id = t.user('b1');
SELECT v.bid_version, v.bid_amount, v.timeline_days, v.description,
       v.is_inconsistent, v.submitted_at, v.score_total = b.score_total AS is_last,
       count(m.id) AS lines
  FROM dwello.bid_versions AS v
  JOIN dwello.bids AS b ON b.id = v.bid_id
  LEFT JOIN dwello.bid_materials AS m
       ON m.bid_id = v.bid_id AND m.bid_version = v.bid_version
 WHERE v.bid_id = t.user('b1')
 GROUP BY v.bid_version, v.bid_amount, v.timeline_days, v.description,
       v.is_inconsistent, v.submitted_at, v.score_total, b.score_total
 ORDER BY v.bid_version;
SELECT * FROM t.life_events;
-- inputs are those of today
UPDATE dwello.provider_stats SET completed = 5000000, awarded = 5000000,
  as_of = '2027-03-01' WHERE user_id = t.user('p1');
SELECT t.login_as('p1');
SELECT bid_version FROM dwello.revise_bid(t.user('job'), t.user('b1'), 60000);
SELECT criterion, raw FROM dwello.explain_bid(t.user('job'), t.user('b1'))
 WHERE criterion IN ('price', 'reliability', 'timeline');
ROLLBACK;

-- otherwise equal bids: who revises goes behind
BEGIN;
SELECT t.life_job('open');
SET LOCAL dwello.now = '2027-03-01 13:00:00+00';
SELECT t.login_as('p1');
SELECT flags FROM dwello.revise_bid(t.user('job'), t.user('b1'), 110000,
  timeline_days => 3, warranty_months => 24);
SELECT rank, bid_amount, flags, bid_id = t.user('b1') AS is_b1
  FROM dwello.rank_bids(t.user('job'));
ROLLBACK;

--
-- revise_bid: refusals
--
BEGIN;
SELECT t.life_job();
SELECT name, t.life_try(name, 'revise_bid', 'b1', 'NULL')
  FROM unnest(ARRAY['h1', 'a1', 's1']) AS name;
UPDATE dwello.users SET provider_verified = false WHERE id = t.user('p1');
SELECT t.life_try('p1', 'revise_bid', 'b1', 'NULL');
UPDATE dwello.users SET provider_verified = true WHERE id = t.user('p1');
SELECT job, bid, arguments, t.life_try('p1', 'revise_bid', bid, arguments, job)
  FROM (VALUES
    (NULL, 'b1', '-1'), ('nothing', NULL, '-1'), ('nothing', 'b1', 'NULL'),
    ('nothing', 'b1', '-1, materials => NULL'),
    ('nothing', 'b1', '-1, description => repeat(''x'', 20001)'),
    ('nothing', 'b1', '9223372036854775807, 1'),
    ('nothing', 'b1', '-1'),
    ('nothing', 'b1', '0'),
    ('nothing', 'b1', '5, 5, materials_included => false'),
    ('nothing', 'b1', '5, timeline_days => 0'),
    ('nothing', 'b1', '5, warranty_months => -1'),
    ('nothing', 'b1', '5, expires_at => ''infinity'''),
    ('nothing', 'b1', '5'),
    ('job', 'nothing', '5'),
    ('job', 'b2', '5, expected_version => 9'),
    ('job', 'b1', '5, expected_version => 9, terms_version => 9'),
    ('job', 'b1', '5, terms_version => 9'),
    ('job', 'b1', '5, expires_at => ''2027-03-01 12:00+00'''),
    ('job', 'b1', '1000000000000000')
  ) AS a (job, bid, arguments);
-- where all bids are seen, a rival's is another's
UPDATE dwello.jobs SET bid_mode = 'open' WHERE id = t.user('job');
SELECT t.life_try('p1', 'revise_bid', 'b2', '5, expected_version => 9');
-- too late by its own time, marked or not
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT t.life_try('p1', 'revise_bid', 'b1', '5, expires_at => ''2027-03-02''');
SELECT t.as_system();
SELECT * FROM dwello.expire_bids(1);
SELECT * FROM dwello.expire_bids();
SELECT t.life_try('p1', 'revise_bid', 'b1', '5');
ROLLBACK;
-- by the job's
BEGIN;
SELECT t.life_job();
UPDATE dwello.bids SET expires_at = '2027-06-01' WHERE job_id = t.user('job');
SET LOCAL dwello.now = '2027-03-31 12:00:00+00';
SELECT command, t.life_try(who, command, 'b1', arguments)
  FROM (VALUES ('p1', 'revise_bid', '5'), ('p1', 'confirm_bid', NULL),
               ('p1', 'withdraw_bid', NULL), ('h1', 'reject_bid', NULL))
       AS c (who, command, arguments);
ROLLBACK;
-- and by what has happened to it
BEGIN;
SELECT t.life_job();
SELECT t.life_accept('b1');
SELECT name, t.life_try(name, 'revise_bid', bid, '5')
  FROM (VALUES ('p1', 'b1'), ('p2', 'b2')) AS b (name, bid);
SELECT t.life_try('p1', 'revise_bid', 'b1', '5, expected_version => 1');
ROLLBACK;

--
-- confirm_bid: the same offer, for the job's present terms
--
BEGIN;
SELECT t.life_job();
SELECT t.login_as('p1');
SELECT version FROM dwello.revise_bid(t.user('job'), t.user('b1'), 70000,
  materials_included => false, timeline_days => 3, materials =>
  '[{"item_name": "a", "store_name": "s", "quantity": 1.5, "unit_price": 500},
    {"item_name": "b", "quantity": 1, "unit_price": 250}]');
SELECT t.as_system();
UPDATE dwello.jobs SET terms_version = 2 WHERE id = t.user('job');
SELECT eligible, reasons FROM dwello.score_bid(t.user('job'), t.user('b1'));
SET LOCAL dwello.now = '2027-03-02 12:00:00+00';
SELECT t.app_as('p1');
SELECT bid_id = t.user('b1') AS is_b1, provider_id = t.user('p1') AS is_p1,
       status, bid_version, bid_amount, currency, score IS NOT NULL AS scored,
       eligible, reasons, flags, expires_at, version, replayed
  FROM dwello.confirm_bid(t.user('job'), t.user('b1'), 2, 2, 'confirm-1');
SELECT bid_version, version, replayed
  FROM dwello.confirm_bid(t.user('job'), t.user('b1'), 2, 2, 'confirm-1');
-- it stands for them already: without a key as well
SELECT bid_version, version, replayed
  FROM dwello.confirm_bid(t.user('job'), t.user('b1'));
RESET ROLE;
SELECT t.life_try('p1', 'confirm_bid', 'b1', '2, 3, ''confirm-1''');
SELECT * FROM t.life_bids;
SELECT v.bid_version, v.terms_version, v.bid_amount, v.comparable_price,
       v.submitted_at, v.expires_at,
       string_agg(concat_ws(' ', m.sort_order, m.item_name, m.store_name,
         m.quantity, m.unit_price, m.total_price), ', ' ORDER BY sort_order) AS lines
  FROM dwello.bid_versions AS v
  LEFT JOIN dwello.bid_materials AS m
       ON m.bid_id = v.bid_id AND m.bid_version = v.bid_version
 WHERE v.bid_id = t.user('b1')
 GROUP BY v.bid_version, v.terms_version, v.bid_amount, v.comparable_price,
       v.submitted_at, v.expires_at ORDER BY v.bid_version;
SELECT * FROM t.life_events;
-- a revision is for the present terms, too; a bid for old ones is not taken
SELECT t.login_as('p2');
SELECT eligible, version FROM dwello.revise_bid(t.user('job'), t.user('b2'), 100000);
SELECT t.life_try('h1', 'accept_bid', 'b3');
-- refusals
UPDATE dwello.jobs SET terms_version = 3 WHERE id = t.user('job');
SELECT name, job, bid, arguments, t.life_try(name, 'confirm_bid', bid, arguments, job)
  FROM (VALUES
    ('h1', 'job', 'b1', NULL), ('a1', 'job', 'b1', NULL),
    ('p1', NULL, 'b1', '2'), ('p1', 'job', NULL, '2'),
    ('p1', 'nothing', 'b1', '2'), ('p1', 'job', 'nothing', '2'),
    ('p1', 'job', 'b2', '2, 9'), ('p1', 'job', 'b1', '2, 9'),
    ('p1', 'job', 'b1', '2'), ('p1', 'job', 'b1', '3, 9')
  ) AS a (name, job, bid, arguments);
UPDATE dwello.users SET provider_verified = false WHERE id = t.user('p1');
SELECT t.life_try('p1', 'confirm_bid', NULL);
UPDATE dwello.users SET provider_verified = true WHERE id = t.user('p1');
UPDATE dwello.bids SET status = 'withdrawn' WHERE id = t.user('b1');
SELECT t.life_try('p1', 'confirm_bid', 'b1');
UPDATE dwello.bids SET status = 'pending', expires_at = '2027-03-02 12:00+00'
 WHERE id = t.user('b1');
SELECT t.life_try('p1', 'confirm_bid', 'b1');
ROLLBACK;

--
-- withdraw_bid while it is pending, and reject_bid
--
BEGIN;
SELECT t.life_job();
SELECT t.app_as('p1');
SELECT job_id = t.user('job') AS is_job, bid_id = t.user('b1') AS is_b1,
       provider_id = t.user('p1') AS is_p1, job_status, bid_status, version,
       replayed
  FROM dwello.withdraw_bid(t.user('job'), t.user('b1'), 'No time.', 1, 'withdraw-1');
SELECT bid_status, version, replayed
  FROM dwello.withdraw_bid(t.user('job'), t.user('b1'), 'No time.', 1, 'withdraw-1');
RESET ROLE;
SELECT t.life_try('p1', 'withdraw_bid', 'b1', '''None.'', 1, ''withdraw-1''');
SELECT t.life_try('p1', 'withdraw_bid', 'b1');
SELECT t.life_try('p1', 'withdraw_bid', 'b1', 'expected_version => 1');
SELECT t.app_as('h1');
SELECT job_id = t.user('job') AS is_job, bid_id = t.user('b2') AS is_b2,
       provider_id = t.user('p2') AS is_p2, job_status, bid_status, version,
       replayed
  FROM dwello.reject_bid(t.user('job'), t.user('b2'), 'Too dear.', 1, 'reject-1');
SELECT bid_status, version, replayed
  FROM dwello.reject_bid(t.user('job'), t.user('b2'), 'Too dear.', 1, 'reject-1');
RESET ROLE;
SELECT t.life_try('h1', 'reject_bid', 'b3', '''Too dear.'', 1, ''reject-1''');
SELECT t.life_try('h1', 'reject_bid', 'b2');
SELECT t.life_try('h1', 'reject_bid', 'b1');
SELECT * FROM t.life_bids;
SELECT * FROM t.life_state;
SELECT * FROM t.life_events;
-- both may bid again
SELECT t.login_as('p1');
SELECT status FROM dwello.submit_bid(t.user('job'), 94000);
SELECT t.login_as('p2');
SELECT status FROM dwello.submit_bid(t.user('job'), 100000);
SELECT * FROM t.life_bids;
ROLLBACK;

-- refusals
BEGIN;
SELECT t.life_job();
SELECT name, job, bid, arguments, t.life_try(name, 'withdraw_bid', bid, arguments, job)
  FROM (VALUES
    ('h1', 'job', 'b1', NULL), ('a1', 'job', 'b1', NULL),
    ('p1', NULL, 'b1', 'repeat(''x'', 2001)'),
    ('p1', 'job', NULL, 'repeat(''x'', 2001)'),
    ('p1', 'nothing', 'b1', 'repeat(''x'', 2001)'),
    ('p1', 'nothing', 'b1', NULL), ('p1', 'job', 'nothing', NULL),
    ('p1', 'job', 'b2', NULL), ('p1', 'job', 'b1', 'NULL, 9')
  ) AS a (name, job, bid, arguments);
SELECT name, job, bid, arguments, t.life_try(name, 'reject_bid', bid, arguments, job)
  FROM (VALUES
    ('p1', 'job', 'b1', NULL), ('a1', 'job', 'b1', NULL),
    ('s1', 'job', 'b1', NULL),
    ('h1', NULL, 'b1', 'repeat(''x'', 2001)'),
    ('h1', 'job', NULL, 'repeat(''x'', 2001)'),
    ('h1', 'nothing', 'b1', 'repeat(''x'', 2001)'),
    ('h1', 'nothing', 'b1', NULL), ('h1', 'job', 'nothing', NULL),
    ('h2', 'job', 'b1', NULL), ('h1', 'job', 'b1', 'NULL, 9')
  ) AS a (name, job, bid, arguments);
SELECT t.as_system();
SELECT t.try(format('SELECT dwello.withdraw_bid(%L, %L)', t.user('job'), t.user('b1')));
UPDATE dwello.jobs SET bid_mode = 'open' WHERE id = t.user('job');
SELECT t.life_try('p1', 'withdraw_bid', 'b2');
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT t.life_try('p1', 'withdraw_bid', 'b1');
SELECT t.life_try('h1', 'reject_bid', 'b1');
ROLLBACK;

--
-- An award that its bidder gives back: the next in rank takes it over
--
BEGIN;
SELECT t.life_job();
SELECT t.life_accept('b1');
SELECT t.life_try('h1', 'reject_bid', 'b1');
SET LOCAL dwello.now = '2027-03-02 12:00:00+00';
SELECT t.app_as('p1');
SELECT job_status, bid_status, version, replayed
  FROM dwello.withdraw_bid(t.user('job'), t.user('b1'), 'Ill.', 2, 'withdraw-2');
SELECT job_status, bid_status, version, replayed
  FROM dwello.withdraw_bid(t.user('job'), t.user('b1'), 'Ill.', 2, 'withdraw-2');
RESET ROLE;
SELECT t.as_system();
SELECT * FROM t.life_bids;
SELECT * FROM t.life_state;
SELECT * FROM t.life_events;
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT u.first_name, n.notification_type, n.title FROM dwello.notifications AS n
  JOIN dwello.users AS u ON u.id = n.user_id
 WHERE n.title IN ('Your bid was accepted', 'Bid withdrawn',
                   'The award went to the next bid') ORDER BY 1, 3;
SELECT t.life_try('p1', 'confirm_award', NULL);
SELECT t.login_as('p2');
SELECT job_status, amount FROM dwello.confirm_award(t.user('job'));
-- a confirmed one is a contract, once it is paid for
SAVEPOINT unpaid;
SELECT t.life_try('p2', 'withdraw_bid', 'b2');
ROLLBACK TO unpaid;
SELECT t.pay('job', 1);
SELECT t.life_try('p2', 'withdraw_bid', 'b2');
SELECT t.life_try('p2', 'withdraw_bid', 'b2', 'expected_version => 1');
ROLLBACK;

-- the gates are those of now: b2's time is over, b3 is next
BEGIN;
SELECT t.life_job();
UPDATE dwello.bids SET expires_at = '2027-03-02' WHERE id = t.user('b2');
SELECT t.life_accept('b1');
SET LOCAL dwello.now = '2027-03-02 12:00:00+00';
SELECT t.login_as('p1');
SELECT job_status FROM dwello.withdraw_bid(t.user('job'), t.user('b1'));
SELECT * FROM t.life_bids;
ROLLBACK;

-- nobody is left: the job takes bids again
BEGIN;
SELECT t.life_job();
UPDATE dwello.users SET status = 'suspended' WHERE id IN (t.user('p2'), t.user('p3'));
SELECT t.life_accept('b1');
SELECT t.login_as('p1');
SELECT job_status, bid_status FROM dwello.withdraw_bid(t.user('job'), t.user('b1'));
SELECT t.as_system();
SELECT * FROM t.life_state;
SELECT * FROM t.life_bids;
SELECT * FROM t.life_events;
SELECT is_listed FROM dwello.job_milestones WHERE job_id = t.user('job') AND NOT is_listed;
-- those it was too late for bid anew; an old bid is not taken for a new one
UPDATE dwello.users SET status = 'active' WHERE id IN (t.user('p2'), t.user('p3'));
SELECT bid_amount, eligible, reasons FROM dwello.rank_bids(t.user('job')) ORDER BY 1;
SELECT t.life_try('h1', 'accept_bid', 'b2');
SET LOCAL dwello.now = '2027-03-01 13:00:00+00';
SELECT t.login_as('p1');
SELECT status FROM dwello.submit_bid(t.user('job'), 94000, bid_id => t.user('b4'));
SELECT t.login_as('p2');
SELECT status FROM dwello.submit_bid(t.user('job'), 100000, bid_id => t.user('b5'));
SELECT t.life_accept('b5');
-- p2 lets it lapse: not their own b2 takes over, but p1's b4
SELECT t.login_as('p2');
SELECT job_status FROM dwello.withdraw_bid(t.user('job'), t.user('b5'));
SELECT * FROM t.life_bids;
ROLLBACK;

--
-- expire_bids: bids past their time, and awards that nobody confirmed
--
BEGIN;
SELECT t.life_job();
UPDATE dwello.bids SET expires_at = '2027-03-02' WHERE id = t.user('b2');
UPDATE dwello.bids SET expires_at = '2027-03-03' WHERE id = t.user('b3');
SELECT * FROM dwello.expire_bids();
SET LOCAL dwello.now = '2027-03-01 23:59:59.999999+00';
SELECT * FROM dwello.expire_bids();
SET LOCAL dwello.now = '2027-03-02 00:00:00+00';
SELECT * FROM dwello.expire_bids();
SELECT * FROM dwello.expire_bids();
SET LOCAL dwello.now = '2027-03-09 00:00:00+00';
SELECT * FROM dwello.expire_bids(1);
SELECT * FROM t.life_bids;
SELECT * FROM dwello.expire_bids(1);
SELECT * FROM dwello.expire_bids(1);
SELECT * FROM t.life_bids;
SELECT * FROM t.life_state;
SELECT * FROM t.life_events;
ROLLBACK;

-- each in turn, until nobody is left; the job's own time is not over
BEGIN;
SELECT t.life_job();
UPDATE dwello.bids SET expires_at = '2027-03-20' WHERE job_id = t.user('job');
SELECT t.life_accept('b2');
SET LOCAL dwello.now = '2027-03-03 11:59:59+00';
SELECT * FROM dwello.expire_bids();
SET LOCAL dwello.now = '2027-03-03 12:00:00+00';
-- too late, marked or not
SELECT t.life_try('p2', 'confirm_award', 'b2');
SELECT t.life_try('p2', 'withdraw_bid', 'b2');
SELECT t.as_system();
SELECT * FROM dwello.expire_bids();
SELECT t.life_try('p2', 'withdraw_bid', 'b2');
SELECT * FROM t.life_bids;
SELECT * FROM t.life_state;
SET LOCAL dwello.now = '2027-03-05 12:00:00+00';
SELECT t.as_system();
SELECT * FROM dwello.expire_bids();
SELECT * FROM t.life_bids;
SET LOCAL dwello.now = '2027-03-07 12:00:00+00';
SELECT * FROM dwello.expire_bids();
SELECT * FROM t.life_bids;
SELECT * FROM t.life_state;
SELECT * FROM t.life_events;
SELECT * FROM dwello.expire_bids();
ROLLBACK;

-- nobody is left, and the job's time is over
BEGIN;
SELECT t.life_job();
SELECT t.life_accept('b1');
UPDATE dwello.jobs SET expires_at = '2027-03-02' WHERE id = t.user('job');
UPDATE dwello.users SET status = 'suspended' WHERE id IN (t.user('p2'), t.user('p3'));
SET LOCAL dwello.now = '2027-03-03 12:00:00+00';
SELECT * FROM dwello.expire_bids();
SELECT * FROM t.life_state;
SELECT * FROM t.life_bids;
SELECT * FROM t.life_events;
ROLLBACK;

-- a confirmed award lapses no more
BEGIN;
SELECT t.life_job();
SELECT t.life_accept('b1');
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('job'));
SELECT t.as_system();
SET LOCAL dwello.now = '2027-06-01 12:00:00+00';
SELECT * FROM dwello.expire_bids();
SELECT * FROM t.life_state;
ROLLBACK;

-- who may call it, and how
BEGIN;
SELECT name, t.try('SELECT dwello.expire_bids()', name)
  FROM unnest(ARRAY['h1', 'p1', 'a1', 's1']) AS name;
SELECT t.as_system();
SELECT n, t.try(format('SELECT dwello.expire_bids(%L)', n))
  FROM unnest(ARRAY[NULL, 0, -1, 10001]) AS n;
ROLLBACK;

--
-- Sealed: nothing a rival does can be told from one's own bid
--
BEGIN;
SELECT t.life_job();
CREATE FUNCTION t.life_seen() RETURNS text
LANGUAGE sql
AS $$
  SELECT concat_ws(E'\n',
    (SELECT string_agg(r::text, E'\n') FROM dwello.rank_bids(t.user('job')) AS r),
    (SELECT string_agg(e::text, E'\n') FROM dwello.explain_bid(t.user('job'), t.user('b1')) AS e),
    (SELECT s::text FROM dwello.score_bid(t.user('job'), t.user('b1')) AS s),
    (SELECT count(*)::text FROM dwello.bids),
    (SELECT count(*)::text FROM dwello.bid_versions))
$$;
SELECT t.app_as('p1');
SELECT t.life_seen() AS before \gset
RESET ROLE;
SELECT t.login_as('p2');
SELECT bid_amount FROM dwello.revise_bid(t.user('job'), t.user('b2'), 95000,
  timeline_days => 3, warranty_months => 24);
SELECT t.login_as('p3');
SELECT bid_status FROM dwello.withdraw_bid(t.user('job'), t.user('b3'));
SELECT t.app_as('p1');
SELECT t.life_seen() = :'before' AS same;
SELECT bid_amount, flags, version
  FROM dwello.revise_bid(t.user('job'), t.user('b1'), 50000);
RESET ROLE;
SELECT t.login_as('h1');
SELECT bid_amount, flags FROM dwello.rank_bids(t.user('job')) WHERE eligible;
ROLLBACK;

-- flags of all kinds, and who is told: the homeowner and the system always,
-- a bidder in open mode; in the others they are told what their own bid alone has
BEGIN;
SELECT t.life_job();
SELECT t.login_as('p1');
SELECT bid_amount, flags FROM dwello.revise_bid(t.user('job'), t.user('b1'),
  20000, 10000, materials => '[{"item_name": "a", "quantity": 1, "unit_price": 1}]');
SELECT t.login_as('p2');
SELECT bid_amount, flags FROM dwello.revise_bid(t.user('job'), t.user('b2'), 120000);
CREATE FUNCTION t.life_told(mode dwello.bid_mode, name text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  told text;
BEGIN
  UPDATE dwello.jobs SET bid_mode = mode WHERE id = t.user('job');
  PERFORM t.app_as(name);
  SELECT string_agg(format('%s %s %s', coalesce(r.rank::text, '-'),
                           r.bid_amount, coalesce(r.flags::text, 'NULL')), '; ')
    INTO told FROM dwello.rank_bids(t.user('job')) AS r;
  PERFORM t.as_system();
  RETURN told;
END
$$;
SELECT t.as_system();
SELECT mode, name, t.life_told(mode, name)
  FROM unnest(enum_range(NULL::dwello.bid_mode)) AS mode,
       unnest(ARRAY['h1', 'p1', 'p2', 's1']) AS name ORDER BY mode, name;
-- one bid is left
UPDATE dwello.bids SET status = 'withdrawn' WHERE id IN (t.user('b1'), t.user('b2'));
SELECT mode, name, t.life_told(mode, name)
  FROM unnest(enum_range(NULL::dwello.bid_mode)) AS mode,
       unnest(ARRAY['h1', 'p3']) AS name ORDER BY mode, name;
ROLLBACK;

DROP VIEW t.life_bids, t.life_state, t.life_events;
DROP FUNCTION t.life_try, t.life_accept, t.life_job;
