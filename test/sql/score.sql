--
-- score.sql
--	How bids stand, to whom: score_bid, rank_bids, explain_bid.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
\set VERBOSITY sqlstate

-- An open job of h1 in San Francisco, reference 1000.00, 16 hours; its id.
CREATE FUNCTION t.score_job(name text, mode dwello.bid_mode DEFAULT 'sealed',
  method dwello.scoring_method DEFAULT 'value',
  urgency dwello.urgency DEFAULT 'medium')
RETURNS uuid
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(
    category_id => 'd0000000-0000-7000-8000-000000000011',
    title => name, description => 'As in the test of scores.',
    longitude => -122.4194, latitude => 37.7749, budget_min => 80000,
    budget_max => 120000, estimated_duration_hours => 16,
    urgency => urgency, bid_mode => mode, scoring_method => method,
    requirements => '[]', expected_materials => NULL,
    job_id => t.user(name));
  PERFORM dwello.publish_job(job_id => t.user(name));
  RETURN t.user(name);
END
$$;

-- A bid of a provider; its id is the one of its name, "p1 bid".
CREATE FUNCTION t.score_offer(name text, provider text, amount bigint,
  days integer DEFAULT 3, months integer DEFAULT 24)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(provider);
  PERFORM dwello.submit_bid(job_id => t.user(name), labor_cost => amount,
    timeline_days => days, warranty_months => months,
    bid_id => t.user(provider || ' bid'));
END
$$;

-- The ranking as the named user sees it, or why they do not.
CREATE FUNCTION t.score_ranking(as_name text, name text DEFAULT 'job')
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  rows text;
BEGIN
  PERFORM t.app_as(as_name);
  SELECT string_agg(
           format('%s %s %s %s %s', coalesce(r.rank::text, '-'),
                  r.bid_amount, coalesce(r.score::text, 'none'), r.reasons,
                  coalesce(r.flags::text, 'NULL')), E'\n')
    INTO rows
    FROM dwello.rank_bids(t.user(name)) AS r;
  PERFORM t.as_system();
  RETURN coalesce(rows, 'no row');
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;

-- What the named user is told of one bid, or why they are not.
CREATE FUNCTION t.score_told(as_name text, bid_name text,
  name text DEFAULT 'job')
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  told text;
BEGIN
  PERFORM t.app_as(as_name);
  SELECT format('%s %s, gap %s, to lead %s', s.score, s.reasons,
                coalesce(min(e.gap_to_leader)::text, 'NULL'),
                coalesce(min(e.amount_to_lead)::text, 'NULL'))
    INTO STRICT told
    FROM dwello.score_bid(t.user(name), t.user(bid_name)) AS s,
         dwello.explain_bid(t.user(name), t.user(bid_name)) AS e
   GROUP BY s.score, s.reasons;
  PERFORM t.as_system();
  RETURN told;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;

--
-- The worked example, with distances in whole miles: 950.00 wins over
-- 1100.00, 64.61 to 58.67
--
BEGIN;
UPDATE dwello.user_addresses
   SET place = ST_MakePoint(-122.42, 37.78)
 WHERE user_id = t.user('p1');
UPDATE dwello.user_addresses
   SET place = ST_MakePoint(-122.42, 37.80)
 WHERE user_id = t.user('p2');
UPDATE dwello.provider_stats
   SET as_of = '2027-03-01', rating_weight = 1000000, rating_sum = 1000000,
       rating_square_sum = 1000000
 WHERE user_id = t.user('p1');
SELECT t.score_job('job') IS NOT NULL AS posted;
SELECT t.score_offer('job', 'p2', 110000, 2);
SELECT t.score_offer('job', 'p1', 95000, 3);
SELECT t.login_as('h1');
SELECT rank, bid_id = t.user('p1 bid') AS is_p1, bid_amount, currency, score,
       total, eligible, reasons, flags
  FROM dwello.rank_bids(t.user('job'));
SELECT criterion, raw, utility, weight_bps, points, amount, gap_to_leader,
       amount_to_lead
  FROM dwello.explain_bid(t.user('job'), t.user('p1 bid'));
SELECT criterion, raw, utility, weight_bps, points, amount, gap_to_leader,
       amount_to_lead
  FROM dwello.explain_bid(t.user('job'), t.user('p2 bid'));
-- the lines sum exactly to the total, and the total is the score
SELECT name, s.score, s.total, s.eligible, s.reasons,
       (SELECT sum(e.points)
          FROM dwello.explain_bid(t.user('job'), t.user(name)) AS e)
       = s.total / 1000000.0 AS sums
  FROM unnest(ARRAY['p1 bid', 'p2 bid']) AS name,
       dwello.score_bid(t.user('job'), t.user(name)) AS s;
-- what became of the provider since does not change what was scored
UPDATE dwello.provider_stats SET rating_sum = 0, rating_square_sum = 0
 WHERE user_id = t.user('p1');
SELECT score FROM dwello.score_bid(t.user('job'), t.user('p1 bid'));
-- nor does another time zone, or a read-only transaction
SET LOCAL timezone = 'Pacific/Kiritimati';
SET TRANSACTION READ ONLY;
SELECT score, total FROM dwello.rank_bids(t.user('job'));
SELECT count(*), sum(points)
  FROM dwello.explain_bid(t.user('job'), t.user('p1 bid'));
ROLLBACK;

-- the past fades: a year on, the one review counts half
BEGIN;
UPDATE dwello.provider_stats
   SET as_of = '2026-03-01', rating_weight = 1000000, rating_sum = 1000000,
       rating_square_sum = 1000000, completed = 2000000, awarded = 3000000,
       median_reply_minutes = 90
 WHERE user_id = t.user('p1');
SELECT t.score_job('job') IS NOT NULL AS posted;
SELECT t.score_offer('job', 'p1', 95000, NULL, 0);
SELECT t.login_as('h1');
SELECT criterion, raw, utility
  FROM dwello.explain_bid(t.user('job'), t.user('p1 bid'));
ROLLBACK;

--
-- Who sees what: sealed, rank_only, open
--
BEGIN;
SELECT t.score_job('job') IS NOT NULL AS posted;
SELECT t.score_offer('job', 'p1', 95000);
SELECT t.score_offer('job', 'p2', 110000);
SELECT name, t.score_ranking(name), t.score_told(name, 'p1 bid')
  FROM unnest(ARRAY['h1', 'h2', 'p1', 'p2', 'p3', 'a1', 's1', 'u1'])
       WITH ORDINALITY AS n (name, i) ORDER BY i;
SELECT t.as_system();
SELECT count(*) FROM dwello.rank_bids(t.user('job'));
UPDATE dwello.jobs SET bid_mode = 'rank_only' WHERE id = t.user('job');
SELECT name, t.score_ranking(name), t.score_told(name, 'p1 bid')
  FROM unnest(ARRAY['h1', 'h2', 'p1', 'p2', 'p3'])
       WITH ORDINALITY AS n (name, i) ORDER BY i;
UPDATE dwello.jobs SET bid_mode = 'open' WHERE id = t.user('job');
SELECT name, t.score_ranking(name), t.score_told(name, 'p1 bid'),
       t.score_told(name, 'p2 bid')
  FROM unnest(ARRAY['h1', 'h2', 'p1', 'p2', 'p3'])
       WITH ORDINALITY AS n (name, i) ORDER BY i;
-- a provider who is not active sees no more than a stranger
UPDATE dwello.users SET status = 'inactive' WHERE id = t.user('p3');
SELECT t.score_ranking('p3'), t.score_told('p3', 'p1 bid');
-- and nobody without an identity, or with a bad one
SET LOCAL ROLE dwello_app;
SELECT t.login_as(NULL);
SAVEPOINT s;
SELECT * FROM dwello.rank_bids(t.user('job'));
ROLLBACK TO s;
SELECT set_config('dwello.token', 'nonsense', true);
SELECT * FROM dwello.score_bid(t.user('job'), t.user('p1 bid'));
ROLLBACK;

--
-- The amount that would lead: with it the bid wins, with a cent more it loses
--
BEGIN;
SELECT t.score_job('job', 'open') IS NOT NULL AS posted;
SELECT t.score_offer('job', 'p1', 95000);
SELECT t.score_offer('job', 'p2', 110000, 2);
SELECT t.login_as('h1');
SELECT DISTINCT gap_to_leader, amount_to_lead AS amount
  FROM dwello.explain_bid(t.user('job'), t.user('p2 bid')) \gset p2_
SELECT :p2_gap_to_leader AS gap, :p2_amount AS amount;
SELECT t.as_system();
UPDATE dwello.bids SET status = 'withdrawn' WHERE id = t.user('p2 bid');
SAVEPOINT s;
SELECT t.login_as('p2');
SELECT flags FROM dwello.submit_bid(t.user('job'), :p2_amount,
  timeline_days => 2, warranty_months => 24);
SELECT rank, bid_amount FROM dwello.rank_bids(t.user('job')) WHERE eligible;
ROLLBACK TO s;
SELECT t.login_as('p2');
SELECT flags FROM dwello.submit_bid(t.user('job'), :p2_amount + 1,
  timeline_days => 2, warranty_months => 24);
SELECT rank, bid_amount FROM dwello.rank_bids(t.user('job')) WHERE eligible;
ROLLBACK;

--
-- A bid that may not win is last and has no score; the others do not notice
--
BEGIN;
SELECT t.score_job('job', 'open') IS NOT NULL AS posted;
SELECT t.score_offer('job', 'p1', 95000);
SELECT t.score_offer('job', 'p2', 4000);
SELECT t.score_offer('job', 'p3', 110000, 2);
SELECT t.score_ranking('h1');
SELECT t.login_as('h1');
SELECT criterion, points, amount, gap_to_leader, amount_to_lead
  FROM dwello.explain_bid(t.user('job'), t.user('p2 bid'));
SELECT * FROM dwello.score_bid(t.user('job'), t.user('p2 bid'));
-- withdrawn, then expired: still there
SELECT t.as_system();
UPDATE dwello.bids SET status = 'withdrawn' WHERE id = t.user('p1 bid');
SELECT t.score_ranking('h1');
-- a bid past its own time, though nobody has marked it
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT t.score_ranking('h1');
ROLLBACK;

--
-- Equal bids: the earlier one; flags for equal prices and for low ones
--
BEGIN;
SELECT t.score_job('job') IS NOT NULL AS posted;
SELECT t.score_offer('job', 'p2', 95000);
SET LOCAL dwello.now = '2027-03-01 12:00:01+00';
SELECT t.score_offer('job', 'p1', 95000);
SELECT t.score_ranking('h1');
SELECT t.score_offer('job', 'p3', 30000);
SELECT t.score_ranking('h1');
-- a rival learns nothing from their own flags
SELECT t.score_ranking('p3');
ROLLBACK;

-- after the award, rivals that were not selected keep their place
BEGIN;
SELECT t.score_job('job') IS NOT NULL AS posted;
SELECT t.score_offer('job', 'p1', 95000);
SELECT t.score_offer('job', 'p2', 110000);
SELECT t.login_as('h1');
SELECT bid_status FROM dwello.accept_bid(t.user('job'), t.user('p2 bid'));
SELECT t.score_ranking('h1');
SET LOCAL dwello.now = '2027-03-09 12:00:00+00';
SELECT t.score_ranking('h1');
ROLLBACK;

--
-- Other methods, and urgent jobs
--
BEGIN;
SELECT method, t.score_job(method::text, 'open', method) IS NOT NULL AS posted
  FROM unnest(ARRAY['lowest_price', 'fixed_budget_quality', 'meat']::dwello.scoring_method[]) AS method;
SELECT t.score_offer(method, 'p1', 95000), t.score_offer(method, 'p2', 110000, 1)
  FROM unnest(ARRAY['lowest_price', 'fixed_budget_quality', 'meat']) AS method;
SELECT method, t.score_ranking('h1', method)
  FROM unnest(ARRAY['lowest_price', 'fixed_budget_quality', 'meat']) AS method;
SELECT t.login_as('h1');
SELECT method, string_agg(e.weight_bps::text, ' ') AS weights,
       sum(e.points) = (s.total / 1000000.0) AS sums,
       count(e.amount) AS amounts
  FROM unnest(ARRAY['lowest_price', 'fixed_budget_quality', 'meat'])
       WITH ORDINALITY AS m (method, i),
       dwello.explain_bid(t.user(method), t.user('p1 bid')) AS e,
       dwello.score_bid(t.user(method), t.user('p1 bid')) AS s
 GROUP BY i, method, s.total ORDER BY i;
SELECT t.score_job('urgent', 'sealed', 'value', 'urgent') IS NOT NULL AS posted;
SELECT t.score_offer('urgent', 'p1', 95000);
SELECT t.login_as('h1');
SELECT criterion, weight_bps
  FROM dwello.explain_bid(t.user('urgent'), t.user('p1 bid'));
ROLLBACK;

--
-- Refusals
--
BEGIN;
SELECT t.score_job('job') IS NOT NULL AS posted;
SELECT t.login_as('h1');
SELECT * FROM dwello.rank_bids(t.user('job'));
SELECT t.try(statement)
  FROM unnest(ARRAY[
    'SELECT * FROM dwello.rank_bids(NULL)',
    'SELECT * FROM dwello.score_bid(NULL, t.user(''nothing''))',
    'SELECT * FROM dwello.score_bid(t.user(''nothing''), NULL)',
    'SELECT * FROM dwello.explain_bid(NULL, NULL)',
    'SELECT * FROM dwello.explain_bid(t.user(''nothing''), NULL)',
    'SELECT * FROM dwello.rank_bids(t.user(''nothing''))',
    'SELECT * FROM dwello.score_bid(t.user(''nothing''), t.user(''nothing''))',
    'SELECT * FROM dwello.score_bid(t.user(''job''), t.user(''nothing''))',
    'SELECT * FROM dwello.explain_bid(t.user(''nothing''), t.user(''nothing''))',
    'SELECT * FROM dwello.explain_bid(t.user(''job''), t.user(''nothing''))'
  ]) AS statement;
ROLLBACK;

DROP FUNCTION t.score_told, t.score_ranking, t.score_offer, t.score_job;
