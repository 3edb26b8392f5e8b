--
-- quota.sql
--	How many bids a month an agent may make: by its tier, in the months of
--	its provider's calendar.
--
-- Everything happens in a transaction that is rolled back.
--
SET client_min_messages = warning;
BEGIN;
SET LOCAL dwello.now = '2030-06-30 10:00+00';
SELECT rollout_percentage FROM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
SELECT value FROM dwello.set_setting('agent_month_bids_basic', '3');
SELECT value FROM dwello.set_setting('agent_month_bids_premium', '4');

-- Publishes jobs, lets agents at them, and says what came of each.
CREATE FUNCTION t.quota(VARIADIC names text[]) RETURNS TABLE (job text, provider text, action text, reason text)
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', name, 'All of it.', -122.42, 37.77, budget_min => 80000,
            budget_max => 120000, estimated_duration_hours => 8, job_id => t.user(name)), dwello.publish_job(t.user(name))
     FROM unnest(names) AS name;
  PERFORM t.as_system();
  WHILE (SELECT r.decisions > 0 FROM dwello.run_agents() AS r) LOOP
  END LOOP;
  RETURN QUERY SELECT j.name, p.name, a.action_type::text, a.reason
    FROM unnest(names) AS j (name), unnest(ARRAY['p1', 'p2']) AS p (name), dwello.ai_agent_activity AS a
   WHERE a.job_id = t.user(j.name) AND a.user_id = t.user(p.name)
   ORDER BY a.action_type, j.name, p.name;
END
$$;
CREATE VIEW t.counters AS
  SELECT p.name, c.day, c.bids FROM dwello.agent_day_counters AS c JOIN unnest(ARRAY['p1', 'p2']) AS p (name) ON c.user_id = t.user(p.name)
   WHERE c.day > '-infinity';

CREATE FUNCTION t.agent(name text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(name);
  PERFORM dwello.configure_agent(is_active => true, mode => 'auto', max_bids_per_day => 3, max_open_jobs => 1000,
    costs => '{"hourly_rate": 5000}');
  PERFORM t.as_system();
END
$$;
SELECT t.agent('p1');

-- the month so far: what was bid in it counts, what was bid before does not
SAVEPOINT s;
INSERT INTO dwello.agent_day_counters (user_id, day, bids) VALUES
  (t.user('p1'), '2030-05-31', 20), (t.user('p1'), '2030-06-01', 1), (t.user('p1'), '2030-06-15', 1);
SELECT job, action, reason FROM t.quota('q1', 'q2');
SELECT * FROM t.counters ORDER BY day;
-- a tier that an administrator raises counts at once, and so does a lower one
SELECT t.login_as('a1');
SELECT tier FROM dwello.ai_bidding_agents WHERE user_id = t.user('p1');
SELECT version > 1 AS changed FROM dwello.configure_agent(agent_id => t.user('p1'), tier => 'premium');
SELECT job, action, reason FROM t.quota('q3', 'q4');
SELECT t.login_as('a1');
SELECT version > 1 AS changed FROM dwello.configure_agent(agent_id => t.user('p1'), tier => 'enterprise', max_bids_per_day => 20);
SELECT job, action, reason FROM t.quota('q5');
SELECT t.login_as('a1');
SELECT version > 1 AS changed FROM dwello.configure_agent(agent_id => t.user('p1'), tier => 'basic', max_bids_per_day => 3);
SELECT job, action, reason FROM t.quota('q6');
-- with the next month there are bids again
SET LOCAL dwello.now = '2030-07-01 10:00+00';
SELECT job, action, reason FROM t.quota('q7');
ROLLBACK TO s;

-- whose month it is: on the same moment June in San Francisco, July in Auckland
SET LOCAL dwello.now = '2030-06-30 20:00+00';
SELECT t.agent('p2');
SELECT count(dwello.update_profile(user_id => t.user(p.name), timezone => p.zone))
  FROM (VALUES ('p1', 'America/Los_Angeles'), ('p2', 'Pacific/Auckland')) AS p (name, zone);
INSERT INTO dwello.agent_day_counters (user_id, day, bids) SELECT t.user(name), '2030-06-29', 3 FROM unnest(ARRAY['p1', 'p2']) AS name;
SELECT job, provider, action, reason FROM t.quota('q8');
SELECT * FROM t.counters ORDER BY name, day;
ROLLBACK;
