--
-- market.sql
--	What work costs: which contracts become prices, what a reference is made
--	of them, and who can read or move it.
--

BEGIN;
-- Six homeowners and six providers of their own.
SELECT count(t.register('m' || kind || n,
         CASE kind WHEN 'h' THEN 'homeowner' ELSE 'service_provider' END::dwello.user_type))
  FROM unnest(ARRAY['h', 'p']) AS kind, generate_series(1, 6) AS n;
SELECT count(dwello.verify_user(t.user('m' || kind || n),
         CASE kind WHEN 'h' THEN 'email' ELSE what END))
  FROM unnest(ARRAY['h', 'p']) AS kind, generate_series(1, 6) AS n,
       unnest(ARRAY['email', 'provider']) AS what;
SELECT count(dwello.add_address('business', '1 Market Street', 'Denver', 'CO', '80202', 'US',
         -104.99, 39.74, user_id => t.user('m' || kind || n)))
  FROM unnest(ARRAY['h', 'p']) AS kind, generate_series(1, 6) AS n;

-- A contract of two of them, as far as it is to go.
CREATE FUNCTION t.deal(name text, h text, p text, amount bigint, upto text DEFAULT 'released',
                       currency text DEFAULT 'USD', longitude float8 DEFAULT -104.99,
                       materials bigint DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  job uuid := t.user(name);
  asked record;
BEGIN
  PERFORM t.login_as('m' || h);
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000013', name, 'A price.', longitude, 39.74,
    budget_max => 100000000, currency => currency, expected_materials => materials,
    milestones => '[{"title": "Most", "amount": 4}, {"title": "Rest", "amount": 1}]', job_id => job);
  PERFORM dwello.publish_job(job);
  PERFORM t.login_as('m' || p);
  PERFORM dwello.submit_bid(job, amount, timeline_days => 2, materials_included => materials IS NULL,
    bid_id => t.user(name || ' bid'));
  PERFORM t.login_as('m' || h);
  PERFORM dwello.accept_bid(job, t.user(name || ' bid'));
  PERFORM t.login_as('m' || p);
  PERFORM dwello.confirm_award(job);
  IF upto <> 'confirmed' THEN
    PERFORM t.login_as('m' || h);
    SELECT * INTO asked FROM dwello.fund_escrow(job);
    PERFORM t.login_as(NULL);
    PERFORM dwello.confirm_payment(job, 'acme', asked.transaction_id::text, asked.amount, currency);
    PERFORM t.login_as('m' || h);
    IF upto = 'partly' THEN
      PERFORM dwello.release_escrow(job, amount / 2);
    ELSIF upto = 'released' THEN
      PERFORM dwello.release_escrow(job);
    END IF;
  END IF;
  PERFORM t.login_as(NULL);
  RETURN (SELECT e.status FROM dwello.escrow_accounts AS e WHERE e.job_id = job);
END
$$;

-- The reference of a job of a homeowner without a budget.
CREATE FUNCTION t.reference_of(h text, longitude float8 DEFAULT -104.99, currency text DEFAULT 'USD',
                               category text DEFAULT '13')
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  job uuid;
  answer text;
BEGIN
  PERFORM t.login_as(h);
  SELECT p.job_id INTO job FROM dwello.post_job(('d0000000-0000-7000-8000-0000000000' || category)::uuid, 'What does it cost?',
    'Say.', longitude, 39.74, currency => currency) AS p;
  BEGIN
    SELECT concat_ws(' ', r.reference_amount, r.reference_source) INTO answer FROM dwello.publish_job(job) AS r;
  EXCEPTION WHEN OTHERS THEN
    answer := SQLSTATE;
  END;
  PERFORM t.login_as(NULL);
  RETURN answer;
END
$$;

CREATE FUNCTION t.deliver() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.as_system();
  WHILE dwello.deliver_events() > 0 LOOP
  END LOOP;
END
$$;

-- Whether a review of somebody is shown at once.
CREATE FUNCTION t.rate(name text, who text, stars integer) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(who);
  RETURN (dwello.post_review(t.user(name), stars)).revealed;
END
$$;

CREATE VIEW t.prices AS
  SELECT j.title, m.amount, m.currency, m.longitude, m.latitude, m.base_amount, m.stars
    FROM dwello.market_prices AS m
    JOIN dwello.jobs AS j ON j.id = m.job_id;

-- What was agreed is no price, nor is what is held or released in part.
SAVEPOINT part;
SELECT t.deal('m ' || upto, 'h1', 'p1', 50000, upto)
  FROM unnest(ARRAY['confirmed', 'held', 'partly', 'released']) AS upto;
SELECT count(*) FROM t.prices;
SELECT t.deliver();
SELECT * FROM t.prices;
-- once, however often its events are told of
UPDATE dwello.outbox SET applied_at = NULL WHERE scope_id = t.user('m released');
SELECT t.deliver();
SELECT * FROM t.prices;
SELECT rule, object FROM t.check() WHERE rule LIKE 'market%';
ROLLBACK TO part;

-- Materials that nobody paid for here make no price: the homeowner could
-- have named any.
SAVEPOINT part;
SELECT t.deal('m materials', 'h1', 'p1', 5000, materials => 90000000);
SELECT t.deliver();
SELECT * FROM t.prices;
ROLLBACK TO part;

-- Five people on each side make a reference, rounded; four make none.
SAVEPOINT part;
SELECT count(t.deal('m ' || n, 'h' || n, 'p' || n, amount))
  FROM (VALUES (1, 50000), (2, 60000), (3, 87654), (4, 90000)) AS v (n, amount);
SELECT t.deliver();
SELECT t.reference_of('h2');
SELECT t.deal('m 5', 'h5', 'p5', 95000);
-- not before the event is delivered
SELECT t.reference_of('h2');
SELECT t.deliver();
SELECT t.reference_of('h2');
-- in another category, currency or place there is none
SELECT t.reference_of('h2', category => '14'), t.reference_of('h2', currency => 'EUR'),
       t.reference_of('h2', longitude => -103.9);
-- 49 miles away there is
SELECT t.reference_of('h2', longitude => -104.06);
-- without one's own there are four
SELECT t.reference_of('mh3');
-- a homeowner and a provider count once, with their newest
SAVEPOINT s;
SELECT count(t.deal('m again ' || n, 'h1', 'p1', 10000 + n)) FROM generate_series(1, 3) AS n;
SELECT count(t.deal('m again ' || n, 'h1', 'p' || n, 10000 + n)) FROM generate_series(4, 5) AS n;
SELECT t.deliver();
SELECT count(*) FROM t.prices;
SELECT t.reference_of('h2');
ROLLBACK TO s;
-- more people than the setting asks for
SELECT value FROM dwello.set_setting('market_minimum', '6');
SELECT t.reference_of('h2');
SELECT t.try($$SELECT dwello.set_setting('market_minimum', '4')$$),
       t.try($$SELECT dwello.set_setting('market_radius_miles', '251')$$);
ROLLBACK TO s;
SELECT value FROM dwello.set_setting('market_radius_miles', '1');
SELECT t.reference_of('h2', longitude => -104.96);
ROLLBACK TO s;
-- what is old weighs less, and nothing after ten years
UPDATE dwello.market_prices SET released_on = released_on - 360 WHERE amount < 90000;
SELECT t.reference_of('h2');
UPDATE dwello.market_prices SET released_on = released_on - 4000 WHERE amount < 60000;
SELECT t.reference_of('h2');
ROLLBACK TO s;
-- nobody reads prices but the system
SELECT t.app_as('h1');
SELECT t.try('SELECT FROM dwello.market_prices');
SELECT t.as_system();
SET LOCAL ROLE dwello_service;
SELECT count(*) FROM dwello.market_prices;
ROLLBACK TO part;

-- Money that goes back takes the price with it: a chargeback while it is
-- open and once it is lost, a reversal until it is released again.
SAVEPOINT part;
SELECT t.deal('m back', 'h1', 'p1', 50000);
SELECT t.deliver();
SELECT count(*) FROM t.prices;
SAVEPOINT s;
SELECT count(dwello.open_chargeback(t.user('m back'), 'acme', 'm taken', 50000, 'USD'));
SELECT t.deliver();
SELECT count(*) FROM t.prices;
SAVEPOINT open;
SELECT chargeback_status FROM dwello.close_chargeback(t.user('m back'), 'acme', 'm lost', false);
SELECT t.deliver();
SELECT count(*) FROM t.prices;
ROLLBACK TO open;
SELECT chargeback_status FROM dwello.close_chargeback(t.user('m back'), 'acme', 'm won', true);
SELECT t.deliver();
SELECT count(*) FROM t.prices;
ROLLBACK TO s;
SELECT t.login_as('a1');
SELECT count(dwello.reverse_transaction(t.user('m back'), x.id, 20000, reason => 'Paid too much.'))
  FROM dwello.transactions AS x WHERE x.scope_id = t.user('m back') AND x.transaction_type = 'release';
SELECT t.deliver();
SELECT count(*) FROM t.prices;
SELECT t.login_as('mh1');
SELECT escrow_status FROM dwello.release_escrow(t.user('m back'));
SELECT t.deliver();
SELECT count(*) FROM t.prices;
ROLLBACK TO s;
-- taken back before anybody was told
UPDATE dwello.outbox SET applied_at = NULL WHERE scope_id = t.user('m back');
DELETE FROM dwello.market_prices;
SELECT count(dwello.open_chargeback(t.user('m back'), 'acme', 'm taken', 50000, 'USD'));
SELECT t.deliver();
SELECT count(*) FROM t.prices;
ROLLBACK TO part;

-- The stars that the work was given, once they are shown.
SAVEPOINT part;
SELECT t.deal('m stars', 'h1', 'p1', 50000);
SELECT t.login_as('mh1');
SELECT revealed FROM dwello.post_review(t.user('m stars'), 4);
SELECT t.deliver();
SELECT stars FROM t.prices;
SELECT t.login_as('mp1');
SELECT revealed FROM dwello.post_review(t.user('m stars'), 1);
SELECT t.deliver();
SELECT stars FROM t.prices;
ROLLBACK TO part;

-- What everybody may know of a category: nothing of fewer than five people
-- on either side, whatever the number of contracts; and it goes down again.
CREATE VIEW t.statistics AS
  SELECT c.name, s.currency, s.contracts, s.people, s.reference_amount, s.rating
    FROM dwello.category_statistics AS s JOIN dwello.categories AS c ON c.id = s.category_id;
GRANT SELECT ON t.statistics TO PUBLIC;
SAVEPOINT part;
SELECT count(t.deal('m ' || n, 'h' || n, 'p' || n, 50000 + 11111 * n)) FROM generate_series(1, 4) AS n;
SELECT count(t.deal('m again ' || n, 'h1', 'p1', 1000000 * n)) FROM generate_series(1, 3) AS n;
SELECT t.deliver();
SELECT * FROM t.statistics;
SELECT t.app_as('h1');
SELECT count(*) FROM dwello.category_statistics;
SELECT t.as_system();
-- the fifth; another currency has a row of its own
SELECT t.deal('m 5', 'h5', 'p5', 80000), t.deal('m euro', 'h6', 'p6', 7000, currency => 'EUR');
SELECT t.deliver();
SELECT * FROM t.statistics ORDER BY currency COLLATE "C";
SELECT t.app_as('h1');
SELECT contracts, people, reference_amount, rating FROM dwello.category_statistics;
SELECT t.try('UPDATE dwello.category_statistics SET people = 5');
SELECT t.as_system();
-- the mean of the stars, once five homeowners have given some
SELECT n, t.rate('m ' || n, 'mh' || n, 6 - n) FROM generate_series(1, 5) AS n ORDER BY n;
SELECT n, t.rate('m ' || n, 'mp' || n, 5) FROM generate_series(1, 4) AS n ORDER BY n;
SELECT t.deliver();
SELECT people, rating FROM t.statistics WHERE currency = 'USD';
SELECT t.rate('m 5', 'mp5', 5);
SELECT t.deliver();
SELECT people, rating FROM t.statistics WHERE currency = 'USD';
SELECT count(dwello.open_chargeback(t.user('m 5'), 'acme', 'm taken', 80000, 'USD'));
SELECT t.deliver();
SELECT contracts, people, reference_amount, rating FROM t.statistics WHERE currency = 'USD';
-- a count that is wrong is found, and counted anew
UPDATE dwello.category_statistics SET contracts = contracts + 1, reference_amount = 1 WHERE currency = 'EUR';
SELECT rule, object FROM t.check() WHERE rule = 'market_drift';
SELECT * FROM dwello.rebuild_market_prices();
SELECT rule, object FROM t.check() WHERE rule = 'market_drift';
SELECT contracts, people, reference_amount FROM t.statistics WHERE currency = 'EUR';
ROLLBACK TO part;

-- A win of an agent enters anchors without what its strategy multiplied, as
-- long as the bid is what it decided.
SAVEPOINT part;
SELECT t.deal('m agent', 'h1', 'p1', 85000), t.deal('m changed', 'h2', 'p2', 85000);
UPDATE dwello.bids SET decision_id = t.user('decision') WHERE id IN (t.user('m agent bid'), t.user('m changed bid'));
INSERT INTO dwello.ai_agent_activity (job_id, user_id, id, terms_version, action_type, amount, base_amount, created_at)
  SELECT b.job_id, b.provider_id, b.decision_id, 1, 'bid_submitted', CASE b.job_id WHEN t.user('m agent') THEN 85000 ELSE 84000 END,
         100000, b.submitted_at
    FROM dwello.bids AS b WHERE b.decision_id = t.user('decision');
SELECT t.deliver();
SELECT title, amount, base_amount FROM t.prices ORDER BY title COLLATE "C";
ROLLBACK TO part;

-- The anchor of agents: from five winners on, of what was released before
-- today; neither from the homeowner's own contracts nor from live bids.
SAVEPOINT part;
SELECT rollout_percentage FROM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
SELECT count(t.deal('m ' || n, 'h' || n, 'p' || n, 60000 + 10000 * n)) FROM generate_series(1, 5) AS n;
SELECT t.deliver();
SELECT t.login_as('mp6');
SELECT version FROM dwello.update_profile(categories => '{d0000000-0000-7000-8000-000000000013}');
SELECT mode FROM dwello.configure_agent(is_active => true, mode => 'propose', costs => '{"hourly_rate": 5000}');
CREATE FUNCTION t.anchor_of(name text, h text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(h);
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000013', name, 'Say.', -104.99, 39.74, budget_max => 100000,
    estimated_duration_hours => 4, job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
  PERFORM dwello.run_agents();
  RETURN (SELECT a.inputs ->> 'job.anchor' FROM dwello.ai_agent_activity AS a
           WHERE a.job_id = t.user(name) AND a.user_id = t.user('mp6'));
END
$$;
SELECT t.anchor_of('a today', 'h2') AS of_the_reference_alone;
UPDATE dwello.market_prices SET released_on = released_on - 1;
-- jobs of two categories and homeowners that one call decides about have the
-- anchors and fees that each has alone, and so with more prices than one
-- square gives
SAVEPOINT many;
SELECT t.login_as('mp6');
SELECT version FROM dwello.update_profile(categories => '{d0000000-0000-7000-8000-000000000013,d0000000-0000-7000-8000-000000000014}');
CREATE FUNCTION t.anchors(run text) RETURNS TABLE (job text, anchor bigint, is_that_of_one boolean)
LANGUAGE plpgsql
AS $$
DECLARE
  v record;
BEGIN
  FOR v IN SELECT * FROM (VALUES ('h2', '13', 1), ('mh3', '14', 2), ('mh3', '13', 3), ('h2', '14', 4)) AS v (h, category, n) LOOP
    PERFORM t.login_as(v.h);
    PERFORM dwello.post_job(('d0000000-0000-7000-8000-0000000000' || v.category)::uuid, 'Many', 'Say.', -104.99, 39.74,
      budget_max => 100000, estimated_duration_hours => 4, job_id => t.user(run || v.n));
    PERFORM dwello.publish_job(t.user(run || v.n));
  END LOOP;
  PERFORM t.as_system();
  PERFORM dwello.run_agents();
  PERFORM t.login_as('mp6');
  RETURN QUERY SELECT run || n, (a.inputs ->> 'job.anchor')::bigint,
      NOT EXISTS (SELECT FROM jsonb_each(d.trace -> 'inputs') AS i
                   WHERE i.key LIKE 'job.%' AND i.value IS DISTINCT FROM a.inputs -> i.key)
    FROM generate_series(1, 4) AS n
    JOIN dwello.ai_agent_activity AS a ON a.job_id = t.user(run || n) AND a.user_id = t.user('mp6'),
         dwello.decide_agent(job_id => t.user(run || n)) AS d ORDER BY n;
  PERFORM t.login_as(NULL);
END
$$;
SELECT * FROM t.anchors('few');
INSERT INTO dwello.market_prices (job_id, homeowner_id, provider_id, category_id, currency, longitude, latitude, released_on,
  amount, base_amount)
  SELECT md5('price' || n)::uuid, m.homeowner_id, md5('provider' || n)::uuid, m.category_id, m.currency, m.longitude + n % 3,
         m.latitude, m.released_on - n, 50000 + n, 50000 + n
    FROM dwello.market_prices AS m, generate_series(1, 210) AS n WHERE m.job_id = t.user('m 1');
SELECT * FROM t.anchors('very');
ROLLBACK TO many;
SELECT t.anchor_of('a yesterday', 'h2') AS of_both, t.anchor_of('a own', 'mh3') AS without_own;
-- as if an agent had won the dearest below its anchor
UPDATE dwello.market_prices SET base_amount = 130000 WHERE job_id = t.user('m 5');
SELECT t.anchor_of('a base', 'h2') AS of_the_base;
-- A rival's contract from two anchors, one of a job of its homeowner, which
-- leaves it out: what two jobs give with what everybody may read, a
-- reference of 80 % of the budget that weighs three prices, and half a year
-- that halves a price. Exact means would give 917.37 to the cent.
SELECT t.deal('m 6', 'h6', 'p6', 91737);
SELECT t.deliver();
UPDATE dwello.market_prices SET base_amount = amount, released_on = released_on - (job_id = t.user('m 6'))::int;
SELECT six, five, round(sum6) AS sum_of_six, round(sum5) AS sum_of_five, round(sum6 - sum5) AS price, 91737 AS true_price
  FROM (SELECT t.anchor_of('a six', 'h2')::numeric AS six, t.anchor_of('a five', 'mh6')::numeric AS five) AS a,
       (SELECT 2 ^ (-1 / 180.0) AS w) AS d,
       LATERAL (SELECT (six * (6 * w + 3) - 3 * 80000) / w AS sum6, (five * (5 * w + 3) - 3 * 80000) / w AS sum5) AS s;
-- and a contract of any other price of the kind gives the same two
UPDATE dwello.market_prices SET amount = 88888, base_amount = 88888 WHERE job_id = t.user('m 6');
SELECT t.anchor_of('a six again', 'h2') AS six, t.anchor_of('a five again', 'mh6') AS five;
ROLLBACK TO part;

-- What differs from the contracts is found and mended, a part at a time.
SAVEPOINT part;
SELECT count(t.deal('m ' || n, 'h' || n, 'p' || n, 50000)) FROM generate_series(1, 3) AS n;
SELECT t.deal('m held', 'h4', 'p4', 50000, 'held');
-- an event that is still to be delivered is no fault, and is not forestalled
SELECT rule FROM t.check() WHERE rule = 'market_drift';
SELECT * FROM dwello.rebuild_market_prices();
SELECT count(*) FROM t.prices;
SELECT t.deliver();
INSERT INTO dwello.market_prices (job_id, homeowner_id, provider_id, category_id, currency, longitude, latitude,
  released_on, amount, base_amount)
  SELECT t.user('m held'), homeowner_id, provider_id, category_id, currency, longitude, latitude, released_on, 70000, 70000
    FROM dwello.market_prices WHERE job_id = t.user('m 1');
UPDATE dwello.market_prices SET amount = 1 WHERE job_id = t.user('m 2');
DELETE FROM dwello.market_prices WHERE job_id = t.user('m 3');
SELECT c.object, count(*) FROM t.check() AS c WHERE c.rule = 'market_drift' GROUP BY 1;
WITH RECURSIVE walk AS (
  SELECT r.*, 1 AS calls FROM dwello.rebuild_market_prices(max_rows => 2) AS r
  UNION ALL
  SELECT r.*, w.calls + 1 FROM walk AS w, dwello.rebuild_market_prices(w.last_job_id, 2) AS r
   WHERE w.last_job_id IS NOT NULL)
SELECT sum(corrected), max(calls) > 1 AS in_parts FROM walk;
SELECT title, amount FROM t.prices ORDER BY title COLLATE "C";
SELECT rule FROM t.check() WHERE rule LIKE 'market%';
-- a row of a job that there is not
INSERT INTO dwello.market_prices (job_id, homeowner_id, provider_id, category_id, currency, longitude, latitude,
  released_on, amount, base_amount)
  SELECT t.user('m nowhere'), homeowner_id, provider_id, category_id, currency, longitude, latitude, released_on, 70000, 70000
    FROM dwello.market_prices WHERE job_id = t.user('m 1');
SELECT rule, object FROM t.check() WHERE rule = 'orphan';
ROLLBACK TO part;
SELECT t.try('SELECT dwello.rebuild_market_prices(max_rows => 0)'),
       t.try('SELECT dwello.rebuild_market_prices(max_rows => NULL)'),
       t.try('SELECT dwello.rebuild_market_prices(max_rows => 10001)');
SELECT t.refused('h1', 'rebuild_market_prices()'), t.refused('a1', 'rebuild_market_prices()');
SELECT t.try('SET TRANSACTION READ ONLY; SELECT dwello.rebuild_market_prices()');

ROLLBACK;
