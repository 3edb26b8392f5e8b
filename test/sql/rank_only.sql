--
-- rank_only.sql
--	What bidders in mode rank_only are told of their rank: a third, later,
--	and seldom; and how often an offer may be changed.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';

-- An open job of h1, reference 1000.00.
CREATE FUNCTION t.rank_job(name text, mode dwello.bid_mode DEFAULT 'rank_only')
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', name, 'As in the test of thirds.',
    -122.4194, 37.7749, budget_min => 80000, budget_max => 120000, bid_mode => mode, job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
END
$$;

-- A bid of a provider, whose id is the one of its name, "p1 bid" or another.
CREATE FUNCTION t.rank_bid(provider text, amount bigint, name text DEFAULT 'job', bid text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(provider);
  PERFORM dwello.submit_bid(t.user(name), amount, timeline_days => 3,
    bid_id => t.user(coalesce(bid, provider || ' bid')));
  PERFORM t.as_system();
END
$$;

-- What the named users see of their rank and third.
CREATE FUNCTION t.thirds(VARIADIC names text[])
RETURNS TABLE (who text, rank integer, third integer, amount bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  FOREACH who IN ARRAY names LOOP
    PERFORM t.app_as(who);
    FOR rank, third, amount IN SELECT r.rank, r.third, r.bid_amount FROM dwello.rank_bids(t.user('job')) AS r LOOP
      RETURN NEXT;
    END LOOP;
    PERFORM t.as_system();
  END LOOP;
END
$$;

--
-- A third: NULL with the bid, looked at by a worker, once an hour for all bids
-- of the job
--
BEGIN;
SELECT t.rank_job('job'), t.rank_job('other', 'sealed');
SELECT t.rank_bid('p1', 90000), t.rank_bid('p2', 95000), t.rank_bid('p3', 100000),
       t.rank_bid('p3', 100000, 'other', 'other bid');
SELECT * FROM t.thirds('h1', 'p1', 'p2', 'p3');
SELECT * FROM dwello.refresh_ranks();
SELECT * FROM t.thirds('h1', 'p1', 'p2', 'p3');
-- an offer that is changed keeps the third it had, until an hour is over
SELECT t.login_as('p3');
SELECT bid_amount FROM dwello.revise_bid(t.user('job'), t.user('p3 bid'), 80000, timeline_days => 3);
SELECT t.as_system();
SELECT * FROM dwello.refresh_ranks();
SELECT * FROM t.thirds('p1', 'p3');
SET LOCAL dwello.now = '2027-03-01 12:59:59+00';
SELECT * FROM dwello.refresh_ranks();
SET LOCAL dwello.now = '2027-03-01 13:00:00+00';
SELECT * FROM dwello.refresh_ranks();
SELECT * FROM t.thirds('h1', 'p1', 'p2', 'p3');
-- so does another bid after one that was withdrawn: it is told nothing sooner
SELECT t.login_as('p3');
SELECT bid_status FROM dwello.withdraw_bid(t.user('job'), t.user('p3 bid'));
SELECT t.rank_bid('p3', 99000, 'job', 'p3 again');
SELECT bid_id = t.user('p3 again') AS is_new, third, due_at FROM dwello.bid_ranks
 WHERE provider_id = t.user('p3') ORDER BY 1;
SELECT * FROM dwello.refresh_ranks();
SELECT * FROM t.thirds('p3');
SET LOCAL dwello.now = '2027-03-01 14:00:00+00';
SELECT * FROM dwello.refresh_ranks(1);
SELECT * FROM t.thirds('p1', 'p2', 'p3');
-- what may not win has no third, and what has ended no row
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('p1');
SET LOCAL dwello.now = '2027-03-01 15:00:00+00';
SELECT * FROM dwello.refresh_ranks();
SELECT u.name, r.third, r.due_at FROM unnest(ARRAY['p1', 'p2', 'p3']) AS u (name)
  JOIN dwello.bid_ranks AS r ON r.provider_id = t.user(u.name) ORDER BY 1;
-- the row is the bidder's; the homeowner has the ranking
SELECT t.app_as('p2');
SELECT count(*) FROM dwello.bid_ranks;
SELECT t.app_as('h1');
SELECT count(*) FROM dwello.bid_ranks;
RESET ROLE;
SELECT t.as_system();
SELECT rule, detail FROM t.check() WHERE object = 'bid_ranks';
-- a job that is awarded has no thirds
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job'), t.user('p2 bid'));
SELECT t.as_system();
SET LOCAL dwello.now = '2027-03-01 16:00:00+00';
SELECT * FROM dwello.refresh_ranks();
SELECT count(*) FROM dwello.bid_ranks;
ROLLBACK;

--
-- Thirds of seven bids of one price, those that came first first
--
BEGIN;
SELECT t.rank_job('job');
INSERT INTO dwello.users (id, user_type, status, email, email_index, first_name, last_name, email_verified, provider_verified)
  SELECT t.user('bidder ' || n), 'service_provider', 'active', '\x00', sha256(convert_to('bidder ' || n, 'UTF8')), 'A', 'B', true, true
    FROM generate_series(1, 7) AS n;
INSERT INTO dwello.user_addresses (user_id, address_type, street, city, state, postal_code, country, point, place, is_primary)
  SELECT t.user('bidder ' || n), 'business', '\x00', 'C', 'S', '1', 'US', '\x00', st_makepoint(-122.42, 37.77)::geography, true
    FROM generate_series(1, 7) AS n;
SELECT set_config('dwello.now', (timestamptz '2027-03-01 12:00+00' + n * interval '1 minute')::text, true) <> '' AS later,
       t.rank_bid('bidder ' || n, 90000) FROM generate_series(1, 7) AS n;
SELECT * FROM dwello.refresh_ranks(2);
SELECT third, count(*) FROM t.thirds('bidder 1', 'bidder 2', 'bidder 3', 'bidder 4', 'bidder 5', 'bidder 6', 'bidder 7')
 GROUP BY third ORDER BY third;
ROLLBACK;

--
-- How often an offer may be changed; an own bid that ended counts, too
--
BEGIN;
SELECT t.rank_job('job');
SELECT count(*) FROM dwello.set_setting('bid_revisions_per_day', '2');
SELECT t.rank_bid('p1', 90000), t.rank_bid('p2', 90000);
SET LOCAL dwello.now = '2027-03-01 13:00:00+00';
CREATE FUNCTION t.revise(provider text, amount bigint) RETURNS text LANGUAGE sql
AS $$ SELECT t.try(format('SELECT dwello.revise_bid(%L, %L, %s)', t.user('job'), t.user(provider || ' bid'), amount), provider) $$;
SELECT n, t.revise('p1', 90000 - n) FROM generate_series(1, 3) AS n;
-- the limit is one's own, and the message says when it ends
SELECT t.revise('p2', 89000);
SELECT t.login_as('p1');
SELECT t.detail(format('SELECT dwello.revise_bid(%L, %L, 1)', t.user('job'), t.user('p1 bid')));
-- what comes before it in the order of errors, and a repeated request
SELECT t.try(format('SELECT dwello.revise_bid(%L, %L, 0)', t.user('job'), t.user('p1 bid')));
SELECT t.try(format('SELECT dwello.revise_bid(%L, %L, 1, expected_version => 1)', t.user('job'), t.user('p1 bid')));
SELECT t.try(format('SELECT dwello.revise_bid(%L, %L, 1, expires_at => %L)', t.user('job'), t.user('p1 bid'), '2020-01-01'));
-- a bid after one that was withdrawn is one more
SELECT count(*) FROM dwello.withdraw_bid(t.user('job'), t.user('p1 bid'));
SELECT t.try(format('SELECT dwello.submit_bid(%L, 80000)', t.user('job')));
-- 24 hours after the first of them
SET LOCAL dwello.now = '2027-03-02 11:59:59+00';
SELECT t.try(format('SELECT dwello.submit_bid(%L, 80000)', t.user('job')));
SET LOCAL dwello.now = '2027-03-02 12:00:00+00';
SELECT t.try(format('SELECT dwello.submit_bid(%L, 80000, bid_id => %L, idempotency_key => ''k'')', t.user('job'), t.user('p1 bid 2')));
SELECT t.try(format('SELECT dwello.revise_bid(%L, %L, 79000)', t.user('job'), t.user('p1 bid 2')));
SELECT t.try(format('SELECT dwello.submit_bid(%L, 80000, bid_id => %L, idempotency_key => ''k'')', t.user('job'), t.user('p1 bid 2')));
-- for new terms a bid may be confirmed all the same
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('job'), description => 'Two rooms.');
SELECT t.login_as('p1');
SELECT bid_version, eligible FROM dwello.confirm_bid(t.user('job'), t.user('p1 bid 2'));
-- 0 is never, and nobody else's business
SELECT t.as_system();
SELECT count(*) FROM dwello.set_setting('bid_revisions_per_day', '0');
SELECT t.revise('p2', 88000);
ROLLBACK;

--
-- Who may refresh, and how much
--
BEGIN;
SELECT t.try('SELECT dwello.refresh_ranks()', name) FROM unnest(ARRAY['h1', 'p1', 'a1', 's1']) AS name;
SELECT t.as_system();
SELECT t.try(format('SELECT dwello.refresh_ranks(%s)', n))
  FROM unnest(ARRAY['NULL', '0', '-1', '10001', '10000']) AS n;
ROLLBACK;
DROP FUNCTION t.rank_job, t.rank_bid, t.thirds;
