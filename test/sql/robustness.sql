--
-- robustness.sql
--	award_robustness(): against the same by SQL, and who sees it.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';

-- A job of h1, reference 1000.00, with three bids that are good at other things.
CREATE FUNCTION t.robust_job(method dwello.scoring_method DEFAULT 'value', mode dwello.bid_mode DEFAULT 'sealed')
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'job', 'As in the test of robustness.',
    -122.4194, 37.7749, budget_min => 80000, budget_max => 120000, estimated_duration_hours => 40,
    scoring_method => method, bid_mode => mode, job_id => t.user('job'));
  PERFORM dwello.publish_job(t.user('job'));
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(t.user('job'), 80000, timeline_days => 20, bid_id => t.user('p1 bid'));
  PERFORM t.login_as('p2');
  PERFORM dwello.submit_bid(t.user('job'), 110000, timeline_days => 3, warranty_months => 12, bid_id => t.user('p2 bid'));
  PERFORM t.login_as('p3');
  PERFORM dwello.submit_bid(t.user('job'), 120000, timeline_days => 9, warranty_months => 48, bid_id => t.user('p3 bid'));
  PERFORM t.as_system();
END
$$;

-- What it gives, by names.
CREATE FUNCTION t.robustness(as_name text DEFAULT NULL)
RETURNS TABLE (rank integer, bid text, wins integer, weightings integer, share numeric,
  flip_from text, flip_to text, flip_bps integer, flip_bid text)
LANGUAGE plpgsql
AS $$
BEGIN
  IF as_name IS NOT NULL THEN
    PERFORM t.app_as(as_name);
  END IF;
  RETURN QUERY SELECT r.rank, b.name, r.wins, r.weightings, r.share, r.flip_from, r.flip_to, r.flip_bps, f.name
    FROM dwello.award_robustness(t.user('job')) AS r
    JOIN unnest(ARRAY['p1', 'p2', 'p3']) AS b (name) ON t.user(b.name || ' bid') = r.bid_id
    LEFT JOIN unnest(ARRAY['p1', 'p2', 'p3']) AS f (name) ON t.user(f.name || ' bid') = r.flip_bid_id;
  PERFORM t.as_system();
END
$$;

SET check_function_bodies = off;
-- The winner by the weights, in the order in which bids are explained.
CREATE FUNCTION t.robust_winner(weights integer[]) RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT u.bid FROM utility AS u
   GROUP BY u.bid ORDER BY sum(floor(u.utility * weights[u.n] / 100)) DESC, min(u.price), u.bid LIMIT 1
$$;

BEGIN;
SELECT t.robust_job();
SELECT rank, score FROM dwello.rank_bids(t.user('job'));
SELECT * FROM t.robustness();
CREATE TEMP TABLE utility AS
  SELECT b.name AS bid, e.n, e.utility::bigint AS utility, e.weight_bps, x.bid_amount AS price
    FROM unnest(ARRAY['p1', 'p2', 'p3']) AS b (name)
    JOIN dwello.bids AS x ON x.job_id = t.user('job') AND x.id = t.user(b.name || ' bid'),
         dwello.explain_bid(t.user('job'), t.user(b.name || ' bid')) WITH ORDINALITY AS e (criterion, raw, utility, weight_bps, points, amount, gap, lead, n);
-- all ways to share 10000 in steps of 2000, and who wins each
WITH RECURSIVE part (weights, rest) AS (
  SELECT ARRAY[]::integer[], 10000
  UNION ALL
  SELECT weights || w, rest - w FROM part, generate_series(0, rest, 2000) AS w WHERE cardinality(weights) < 8
), won AS (
  SELECT t.robust_winner(weights) AS bid, count(*) AS wins FROM part WHERE cardinality(weights) = 8 AND rest = 0 GROUP BY 1
)
SELECT r.bid, coalesce(won.wins, 0) = r.wins AS same, sum(won.wins) OVER () AS weightings
  FROM t.robustness() AS r LEFT JOIN won USING (bid) ORDER BY 1;
-- of what is moved from one to another, nothing less makes another win
WITH own AS (
  SELECT array_agg(weight_bps ORDER BY n) AS weights FROM utility WHERE bid = 'p1'
), moved AS (
  SELECT f AS from_n, g AS to_n, m AS bps,
         ARRAY(SELECT weights[k] + CASE k WHEN f THEN -m WHEN g THEN m ELSE 0 END FROM generate_series(1, 8) AS k ORDER BY k) AS weights
    FROM own, generate_series(1, 8) AS f, generate_series(1, 8) AS g,
         (SELECT DISTINCT flip_bps FROM t.robustness()) AS r, unnest(ARRAY[r.flip_bps - 1, r.flip_bps]) AS m
   WHERE f <> g AND m <= weights[f]
)
SELECT bps - (SELECT max(flip_bps) FROM t.robustness()) AS bps, from_n, to_n, t.robust_winner(moved.weights) AS bid
  FROM moved, own WHERE t.robust_winner(moved.weights) <> t.robust_winner(own.weights) ORDER BY 1, 2, 3;

-- who sees what
SELECT name, r.rank, r.bid, r.wins, r.share, r.flip_bps
  FROM unnest(ARRAY['h1', 'p1', 's1', 'a1']) WITH ORDINALITY AS n (name, i), t.robustness(name) AS r ORDER BY i, rank;
SELECT name, t.try(format('SELECT dwello.award_robustness(%L)', t.user('job')), name) FROM unnest(ARRAY['h2', 'u1']) AS name;
SELECT t.as_system();
SELECT t.try('SELECT dwello.award_robustness(NULL)'), t.try(format('SELECT dwello.award_robustness(%L)', t.user('no job')));
UPDATE dwello.jobs SET bid_mode = 'open' WHERE id = t.user('job');
SELECT count(*) FROM t.robustness('p3');
-- what may not win has no share; one that is left wins all
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('p1');
SELECT * FROM t.robustness();
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('p2');
SELECT * FROM t.robustness();
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('p3');
SELECT * FROM t.robustness();
ROLLBACK;

-- by the other methods
BEGIN; SELECT t.robust_job('lowest_price'); SELECT * FROM t.robustness(); ROLLBACK;
BEGIN; SELECT t.robust_job('fixed_budget_quality'); SELECT * FROM t.robustness(); ROLLBACK;
BEGIN; SELECT t.robust_job('meat'); SELECT * FROM t.robustness(); ROLLBACK;
DROP FUNCTION t.robust_job, t.robustness, t.robust_winner;
