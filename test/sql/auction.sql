--
-- auction.sql
--	Proxy bids in open mode: who wins, what they ask, who knows how low they
--	would go.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';

-- A published job of h1, reference 1000.00; bids on it come a minute apart.
CREATE FUNCTION t.auction_job(mode dwello.bid_mode DEFAULT 'open',
  method dwello.scoring_method DEFAULT 'value', weights jsonb DEFAULT NULL, name text DEFAULT 'job')
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', name, 'As in the test of auctions.',
    -122.4194, 37.7749, budget_min => 80000, budget_max => 120000, bid_mode => mode,
    scoring_method => method, weights => weights, job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
END
$$;

-- A bid of a provider, whose id is the one of its name, "p1 bid".
CREATE FUNCTION t.auction_bid(provider text, amount bigint, lowest bigint DEFAULT NULL, days integer DEFAULT 3)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('dwello.now', (current_setting('dwello.now')::timestamptz + '1 minute')::text, false);
  PERFORM t.login_as(provider);
  PERFORM dwello.submit_bid(t.user('job'), amount, timeline_days => days,
    bid_id => t.user(provider || ' bid'), lowest_amount => lowest, idempotency_key => provider);
  PERFORM t.as_system();
END
$$;

-- The ranking as somebody sees it; a name's bids are told by their ids.
CREATE FUNCTION t.auction(as_name text DEFAULT NULL)
RETURNS TABLE (rank integer, bid text, asks bigint, score numeric, total bigint, explained numeric, gap numeric, to_lead bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  IF as_name IS NOT NULL THEN
    PERFORM t.app_as(as_name);
  END IF;
  RETURN QUERY SELECT r.rank, n.name, r.bid_amount, r.score, r.total, e.points, e.gap, e.to_lead
    FROM dwello.rank_bids(t.user('job')) AS r
    LEFT JOIN unnest(ARRAY['p1', 'p2', 'p3']) AS n (name) ON t.user(n.name || ' bid') = r.bid_id
    CROSS JOIN LATERAL (SELECT sum(x.points) AS points, min(x.gap_to_leader) AS gap, min(x.amount_to_lead) AS to_lead
                          FROM dwello.explain_bid(t.user('job'), r.bid_id) AS x) AS e;
  PERFORM t.as_system();
END
$$;

--
-- The winner is the best at its lowest, and asks what still beats the second's
--
BEGIN;
SELECT t.auction_job();
SELECT t.auction_bid('p1', 100000, 80000), t.auction_bid('p2', 95000, 85000), t.auction_bid('p3', 90000);
COMMIT;
BEGIN;
SELECT * FROM t.auction();
-- who chooses sees the same, and the score of a bid is that of what it asks;
-- who bids sees what was offered, and how that stands
SELECT x.seen, string_agg(n.name, ' ' ORDER BY n.name)
  FROM unnest(ARRAY['h1', 'p1', 'p2', 'p3', 'a1', 's1']) AS n (name),
       LATERAL (SELECT string_agg(concat_ws(' ', a.rank, a.bid, a.asks, a.score, a.gap, a.to_lead), E'\n' ORDER BY a.rank) AS seen
                  FROM t.auction(n.name) AS a) AS x
 GROUP BY x.seen ORDER BY 2;
SELECT r.score = s.score AND r.total = s.total AS same, r.total / 1000000.0 = (SELECT sum(e.points) FROM dwello.explain_bid(t.user('job'), r.bid_id) AS e) AS sums
  FROM dwello.rank_bids(t.user('job')) AS r, dwello.score_bid(t.user('job'), r.bid_id) AS s;
SELECT raw, points FROM dwello.explain_bid(t.user('job'), t.user('p1 bid')) WHERE criterion = 'price';

-- Nothing that a bidder is shown depends on how low others go, whatever they try
-- and roll back: all of it, with the floors of the others at other amounts
CREATE FUNCTION pg_temp.shown(name text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  shown text;
BEGIN
  PERFORM t.app_as(name);
  SELECT string_agg(concat_ws(' ', r::text, s::text, e.lines, w::text), E'\n' ORDER BY r.rank) INTO shown
    FROM dwello.rank_bids(t.user('job')) AS r
    LEFT JOIN dwello.award_robustness(t.user('job')) AS w ON w.bid_id = r.bid_id,
         LATERAL dwello.score_bid(t.user('job'), r.bid_id) AS s,
         LATERAL (SELECT string_agg(x::text, ' ') AS lines FROM dwello.explain_bid(t.user('job'), r.bid_id) AS x) AS e;
  PERFORM t.as_system();
  RETURN shown;
END
$$;
CREATE FUNCTION pg_temp.shown_by(name text, tried text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  shown text;
BEGIN
  IF tried <> '' THEN
    PERFORM t.login_as(name);
    EXECUTE 'SELECT dwello.' || tried;
  END IF;
  shown := pg_temp.shown(name);
  RAISE SQLSTATE 'UNDO0';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
  RETURN md5(shown);
END
$$;
CREATE FUNCTION pg_temp.shown_with(bid text, lowest bigint, name text, tried text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  shown text;
BEGIN
  IF lowest IS NULL THEN
    DELETE FROM dwello.bid_floors WHERE bid_id = t.user(bid);
  ELSE
    UPDATE dwello.bid_floors SET lowest_amount = lowest WHERE bid_id = t.user(bid);
  END IF;
  shown := pg_temp.shown_by(name, tried);
  RAISE SQLSTATE 'UNDO1';
EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
  RETURN shown;
END
$$;
SELECT count(dwello.verify_user(t.register('p9', 'service_provider'), 'email')), count(dwello.verify_user(t.user('p9'), 'provider'));
SELECT t.login_as('p9');
SELECT version FROM dwello.add_address('business', '9 Way', 'San Francisco', 'CA', '94103', 'US', -122.42, 37.77, true);
SELECT t.as_system();
SELECT v.name, v.tried, v.bid, count(DISTINCT pg_temp.shown_with(v.bid, f.lowest, v.name, v.tried)) AS differ
  FROM (VALUES ('h1', '', 'p1 bid'), ('h1', '', 'p2 bid'),
               ('p1', '', 'p2 bid'), ('p2', '', 'p1 bid'), ('p3', '', 'p1 bid'), ('p3', '', 'p2 bid'), ('p9', '', 'p1 bid'),
               ('p9', 'submit_bid(t.user(''job''), 90000, timeline_days => 3, bid_id => t.user(''p9 bid''), lowest_amount => 60000)', 'p1 bid'),
               ('p2', 'revise_bid(t.user(''job''), t.user(''p2 bid''), 90000, timeline_days => 3, lowest_amount => 60000)', 'p1 bid'),
               ('p2', 'add_address(''home'', ''1 Rue X'', ''Paris'', ''IdF'', ''75001'', ''FR'', 2.35, 48.85, true)', 'p1 bid'),
               ('p1', 'withdraw_bid(t.user(''job''), t.user(''p1 bid''))', 'p2 bid')) AS v (name, tried, bid),
       unnest(ARRAY[94999, 85001, 84000, 71234, NULL]) AS f (lowest)
 GROUP BY v.name, v.tried, v.bid ORDER BY 1, 2, 3;
-- so too for who has the award and tries to hand it back: the next one's
-- amount is not shown to them before the award is confirmed
CREATE FUNCTION pg_temp.handed_back(lowest bigint, OUT next_asks bigint, OUT shown text)
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO dwello.bid_floors SELECT job_id, t.user('p3 bid'), bid_version, t.user('p3'), lowest, score_total, quality
    FROM dwello.bid_floors WHERE bid_id = t.user('p2 bid');
  PERFORM t.login_as('h1');
  PERFORM dwello.accept_bid(t.user('job'), t.user('p1 bid'));
  PERFORM t.login_as('p1');
  PERFORM dwello.withdraw_bid(t.user('job'), t.user('p1 bid'));
  shown := pg_temp.shown('p1');
  next_asks := (SELECT b.bid_amount FROM dwello.bids AS b WHERE b.job_id = t.user('job') AND b.status = 'accepted');
  RAISE SQLSTATE 'UNDO1';
EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
END
$$;
SELECT count(DISTINCT h.next_asks) AS asked, count(DISTINCT h.shown) AS shown
  FROM unnest(ARRAY[89000, 87000, 86000]) AS f (lowest), pg_temp.handed_back(f.lowest) AS h;

-- How low somebody would go is nowhere but in their own row
CREATE FUNCTION pg_temp.floors(name text) RETURNS bigint[]
LANGUAGE plpgsql
AS $$
DECLARE
  found bigint[];
BEGIN
  PERFORM t.app_as(name);
  found := ARRAY(SELECT lowest_amount FROM dwello.bid_floors);
  PERFORM t.as_system();
  RETURN found;
END
$$;
SELECT name, pg_temp.floors(name) FROM unnest(ARRAY['h1', 'p1', 'p2', 'p3']) AS name;
SELECT rolname, has_table_privilege(rolname, 'dwello.bid_floors', 'SELECT') FROM pg_roles
 WHERE rolname IN ('dwello_app', 'dwello_service', 'dwello_support', 'dwello_admin', 'dwello_analyst', 'dwello_public') ORDER BY rolname COLLATE "C";
CREATE FUNCTION pg_temp.rows_with(what text) RETURNS TABLE (relation text, rows bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  FOR relation IN SELECT c.relname FROM pg_class AS c
    WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
  LOOP
    -- a number of its own, not digits of an id or of a time
    EXECUTE format('SELECT count(*) FROM dwello.%I AS x WHERE x::text ~ %L', relation, '(^|[^0-9a-f.-])' || what || '($|[^0-9a-f])') INTO rows;
    IF rows > 0 THEN RETURN NEXT; END IF;
  END LOOP;
END
$$;
-- p2's: 85000 is what p1 asks; a floor of 81237 nobody asks
SELECT t.login_as('p2');
SELECT bid_version, bid_amount, eligible FROM dwello.revise_bid(t.user('job'), t.user('p2 bid'), 95000, timeline_days => 3, lowest_amount => 81237);
SELECT t.as_system();
SELECT * FROM pg_temp.rows_with('81237');
SELECT * FROM pg_temp.rows_with((SELECT score_total::text FROM dwello.bid_floors WHERE lowest_amount = 81237));

-- nor is it found by trying: in a transaction that has written a bid nobody is
-- told who would win, and a bid is accepted for what was offered
SELECT name, a.rank, a.bid, a.asks FROM unnest(ARRAY['p2', 'h1']) AS name, t.auction(name) AS a;
SAVEPOINT s;
SELECT t.login_as('h1');
SELECT bid_amount FROM dwello.accept_bid(t.user('job'), t.user('p1 bid'));
ROLLBACK TO s;
SELECT t.as_system();

-- What is revised or confirmed: all is replaced, or all is kept
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('job'), description => 'Two rooms.');
SELECT t.login_as('p1');
SELECT bid_version FROM dwello.confirm_bid(t.user('job'), t.user('p1 bid'));
SELECT t.login_as('p2');
SELECT bid_version FROM dwello.revise_bid(t.user('job'), t.user('p2 bid'), 95000, timeline_days => 3);
SELECT t.login_as('p3');
SELECT bid_version FROM dwello.confirm_bid(t.user('job'), t.user('p3 bid'));
SELECT t.as_system();
SELECT * FROM t.auction();
SELECT count(*), max(bid_version) FROM dwello.bid_floors WHERE bid_id = t.user('p1 bid');
ROLLBACK;

--
-- The award fixes the amount; who does not win asks what they offered
--
BEGIN;
SAVEPOINT s;
SELECT t.login_as('h1');
SELECT job_status, bid_status, bid_amount FROM dwello.accept_bid(t.user('job'), t.user('p1 bid'), idempotency_key => 'a');
SELECT bid_amount, replayed FROM dwello.accept_bid(t.user('job'), t.user('p1 bid'), idempotency_key => 'a');
SELECT labor_cost, materials_cost, bid_amount, comparable_price, bid_version, score_inputs ->> 'price' AS price,
       score_total = (SELECT s.total FROM dwello.score_bid(job_id, id) AS s) AS is_scored FROM dwello.bids WHERE status = 'accepted' AND job_id = t.user('job');
SELECT bid_version, bid_amount FROM dwello.bid_versions WHERE bid_id = t.user('p1 bid') ORDER BY 1;
SELECT payload ->> 'amount' AS amount FROM dwello.outbox WHERE type = 'bid_accepted' AND scope_id = t.user('job');
SELECT t.login_as('p1');
SELECT amount FROM dwello.confirm_award(t.user('job'));
ROLLBACK TO s;
-- it lapses: the next is the best at its lowest, and its price is found anew
SELECT t.login_as('h1');
SELECT bid_amount FROM dwello.accept_bid(t.user('job'), t.user('p1 bid'));
SELECT t.login_as('p1');
SELECT job_status FROM dwello.withdraw_bid(t.user('job'), t.user('p1 bid'));
SELECT t.as_system();
SELECT id = t.user('p2 bid') AS is_p2, bid_amount, labor_cost FROM dwello.bids WHERE status = 'accepted' AND job_id = t.user('job');
ROLLBACK TO s;
-- a rival withdraws: the price goes up, to what the next asks
SELECT t.login_as('p2');
SELECT bid_status FROM dwello.withdraw_bid(t.user('job'), t.user('p2 bid'));
SELECT t.as_system();
SELECT rank, bid, asks FROM t.auction();
-- who accepts what they have seen does not accept that
SAVEPOINT seen;
SELECT a.asks, t.try(format('SELECT dwello.accept_bid(%L, %L, expected_amount => %s)', t.user('job'), t.user('p1 bid'), a.asks), 'h1')
  FROM unnest(ARRAY[85000, 100000]) AS a (asks);
ROLLBACK TO seen;
-- and where there is no rival, to what was offered
SELECT t.login_as('p3');
SELECT bid_status FROM dwello.withdraw_bid(t.user('job'), t.user('p3 bid'));
SELECT t.as_system();
SELECT rank, bid, asks FROM t.auction() WHERE rank = 1;
ROLLBACK TO s;
-- a bid that may not win is no rival
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('p2');
SELECT rank, bid, asks FROM t.auction();
ROLLBACK TO s;
-- another than the winner is accepted: for what they offered
SELECT t.login_as('h1');
SELECT bid_amount FROM dwello.accept_bid(t.user('job'), t.user('p2 bid'));
ROLLBACK TO s;
-- what the homeowner is shown is what each bid is accepted at
CREATE FUNCTION pg_temp.accepted(bid uuid, shown bigint) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  accepted bigint;
BEGIN
  accepted := (SELECT a.bid_amount FROM dwello.accept_bid(t.user('job'), bid, expected_amount => shown) AS a);
  RAISE SQLSTATE 'UNDO0';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN RETURN accepted;
END
$$;
SELECT t.login_as('h1');
SELECT rank, bid_amount, pg_temp.accepted(bid_id, bid_amount) FROM dwello.rank_bids(t.user('job'));
ROLLBACK TO s;
-- another amount that was agreed on stays
SELECT t.login_as('h1');
SELECT counter_id AS counter FROM dwello.counter_bid(t.user('job'), t.user('p1 bid'), 97000) \gset
SELECT t.login_as('p1');
SELECT bid_amount FROM dwello.answer_counter(t.user('job'), :'counter', true);
SELECT t.as_system();
SELECT rank, bid, asks FROM t.auction();
ROLLBACK;
SELECT t.forget('job');
SET session_replication_role = replica;
DELETE FROM dwello.bid_floors WHERE job_id = t.user('job');
DELETE FROM dwello.bid_versions WHERE job_id = t.user('job');
RESET session_replication_role;
SET dwello.now = '2027-03-01 12:00:00+00';

--
-- By other methods
--
BEGIN;
SELECT t.auction_job(method => 'lowest_price');
SELECT t.auction_bid('p1', 100000, 80000), t.auction_bid('p2', 95000, 85000), t.auction_bid('p3', 90000);
SELECT rank, bid, asks, total FROM t.auction();
ROLLBACK;
BEGIN;
SELECT t.auction_job(method => 'meat');
SELECT t.auction_bid('p1', 100000, 80000), t.auction_bid('p2', 95000, 85000, 1), t.auction_bid('p3', 90000);
SELECT rank, bid, asks, total FROM t.auction();
ROLLBACK;

--
-- Refusals
--
BEGIN;
SELECT t.auction_job();
SELECT t.auction_job('sealed', name => 'sealed'), t.auction_job('rank_only', name => 'rank_only'),
       t.auction_job(method => 'fixed_budget_quality', name => 'quality'),
       t.auction_job(weights => '{"price": 0, "rating": 10000}', name => 'free');
SELECT t.login_as('p1');
SELECT n.name, t.try(format('SELECT dwello.submit_bid(%L, 90000, lowest_amount => 80000)', t.user(n.name)))
  FROM unnest(ARRAY['sealed', 'rank_only', 'quality', 'free', 'job']) AS n (name);
SELECT arguments, t.try(format('SELECT dwello.revise_bid(%L, %L, %s)', t.user('job'), b.id, arguments))
  FROM dwello.bids AS b, unnest(ARRAY['90000, lowest_amount => 0', '90000, lowest_amount => -1', '90000, lowest_amount => 90001',
    '90000, lowest_amount => 9223372036854775807', '80000, 10000, lowest_amount => 9999', '90000, lowest_amount => 4999',
    '90000, lowest_amount => 90000', '80000, 10000, lowest_amount => 10000']) AS arguments WHERE b.job_id = t.user('job');
SELECT t.try(format('SELECT dwello.submit_bid(%L, 90000, lowest_amount => 80000, idempotency_key => ''k'')', t.user('job')), 'p2');
SELECT t.try(format('SELECT dwello.submit_bid(%L, 90000, lowest_amount => 80000, idempotency_key => ''k'')', t.user('job')), 'p2');
SELECT t.try(format('SELECT dwello.submit_bid(%L, 90000, lowest_amount => 80001, idempotency_key => ''k'')', t.user('job')), 'p2');
ROLLBACK;
DROP FUNCTION t.auction_job, t.auction_bid, t.auction;
