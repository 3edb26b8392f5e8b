--
-- run_limit.sql
--	Whom agents keep from a job who cannot bid themselves, and what limits
--	hold for whoever moves to another clock.
--
-- Everything happens in transactions that are rolled back.
--
SET client_min_messages = warning;
CREATE FUNCTION t.limit_agents(VARIADIC names text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  name text;
BEGIN
  PERFORM dwello.ensure_partitions();
  PERFORM t.login_as('a1');
  PERFORM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
  FOREACH name IN ARRAY names LOOP
    PERFORM t.login_as(name);
    PERFORM dwello.configure_agent(is_active => true, mode => 'auto', max_bids_per_day => 2, max_open_jobs => 1000,
      preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid], costs => '{"hourly_rate": 5000}');
  END LOOP;
  PERFORM t.as_system();
END
$$;
-- changes an agent's row; gives the name of a job to try it on
CREATE FUNCTION t.limit_change(name text, change text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('UPDATE dwello.ai_bidding_agents SET (working_hours, min_margin_ppm, costs, max_exposure, min_win_probability_ppm, '
    'currency, min_project_value) = (NULL, 150000, ''{"hourly_rate": 5000}'', NULL, 0, ''USD'', 20000) WHERE user_id = %L', t.user(name));
  EXECUTE format('UPDATE dwello.ai_bidding_agents SET %s WHERE user_id = %L', change, t.user(name));
  RETURN 'try ' || change;
END
$$;
-- hours of days that it is nowhere now
CREATE FUNCTION t.limit_hours() RETURNS jsonb
LANGUAGE sql
AS $$
  SELECT jsonb_object_agg(d.day, '["00:00", "24:00"]'::jsonb)
    FROM unnest(ARRAY['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) WITH ORDINALITY AS d (day, number)
   WHERE abs(d.number - extract(isodow FROM now() AT TIME ZONE 'UTC')) NOT IN (0, 1, 6)
$$;
CREATE FUNCTION t.limit_publish(job text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', job, 'All of it.', -122.4194, 37.7749,
    budget_min => 80000, budget_max => 120000, estimated_duration_hours => 8, job_id => t.user(job));
  PERFORM dwello.publish_job(t.user(job));
  PERFORM t.as_system();
END
$$;
-- publishes a job and has agents decide: who did what
CREATE FUNCTION t.limit_run(job text) RETURNS TABLE (provider text, action dwello.agent_action, reason text)
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.limit_publish(job);
  PERFORM dwello.run_agents();
  RETURN QUERY SELECT p.name, a.action_type, a.reason
    FROM unnest(ARRAY['p1', 'p2', 'p3']) AS p (name)
    JOIN dwello.ai_agent_activity AS a ON a.job_id = t.user(job) AND a.user_id = t.user(p.name)
   ORDER BY p.name, a.id;
END
$$;

-- ----------------------------------------------------------------------
-- Who cannot bid now takes nobody's place
-- ----------------------------------------------------------------------
BEGIN;
SELECT t.limit_agents('p1', 'p2', 'p3');
SELECT dwello.set_setting('agent_pacing', 'false') IS NOT NULL AS set, dwello.set_setting('max_agents_per_job', '1') IS NOT NULL AS set;
-- all live at one place: the first by id is asked
SELECT string_agg(p.name, ' ' ORDER BY t.user(p.name)) AS in_order FROM unnest(ARRAY['p1', 'p2', 'p3']) AS p (name);
SELECT * FROM t.limit_run('place 1');
SELECT * FROM t.limit_run('place 2');
-- p1 has made all bids of the day
SELECT * FROM t.limit_run('place 3');
-- p3, who is next, pauses, and is asked again when that is over
SAVEPOINT s;
UPDATE dwello.ai_bidding_agents SET paused_until = now() + interval '1 day' WHERE user_id = t.user('p3');
SELECT * FROM t.limit_run('place 4');
UPDATE dwello.ai_bidding_agents SET paused_until = now() - interval '1 day' WHERE user_id = t.user('p3');
SELECT * FROM t.limit_run('place 5');
ROLLBACK TO s;
-- is switched off
INSERT INTO dwello.agent_switches (scope, id, is_on, actor_id) VALUES ('provider', t.user('p3'), false, t.user('a1'));
SELECT * FROM t.limit_run('place 6');
ROLLBACK TO s;
-- has made all bids of the month, but for who has no such limit
SELECT dwello.set_setting('agent_month_bids_basic', '1') IS NOT NULL AS set;
SELECT * FROM t.limit_run('place 7');
UPDATE dwello.ai_bidding_agents SET tier = 'enterprise' WHERE user_id = t.user('p3');
SELECT * FROM t.limit_run('place 8');
ROLLBACK TO s;
-- when none can, the first is asked all the same, and says why not
UPDATE dwello.ai_bidding_agents SET paused_until = now() + interval '1 day' WHERE user_id <> t.user('p1');
SELECT * FROM t.limit_run('place 9');
ROLLBACK;

-- the same of whatever stops them; p1, p3 and p2 are asked in this order
BEGIN;
SELECT t.limit_agents('p1', 'p2', 'p3');
SELECT dwello.set_setting('agent_pacing', 'false') IS NOT NULL AS set, dwello.set_setting('max_agents_per_job', '1') IS NOT NULL AS set;
SAVEPOINT s;
UPDATE dwello.ai_bidding_agents SET max_bids_per_day = 20;
SELECT v.change, r.* FROM (VALUES
  ('working_hours = ''{}'''), ('working_hours = t.limit_hours()'), ('min_margin_ppm = 10000000'),
  ('costs = ''{"overhead": 100000000}'''), ('max_exposure = 100'), ('min_win_probability_ppm = 999999'),
  ('currency = ''EUR'''), ('min_project_value = 190000')) AS v (change),
  LATERAL t.limit_change('p1', v.change) AS job, LATERAL t.limit_run(job) AS r;
ROLLBACK TO s;
-- what was signed, also when what is set allows it
SELECT t.login_as('p1');
SELECT limits FROM dwello.sign_mandate(max_amount => 1000);
SELECT t.as_system();
SELECT * FROM t.limit_run('signed');
ROLLBACK TO s;
-- a switch
INSERT INTO dwello.agent_switches (scope, id, is_on, actor_id) VALUES ('agent', t.user('p1'), false, t.user('a1'));
SELECT * FROM t.limit_run('switched');
ROLLBACK TO s;
-- who is outside their hours comes before who declines, waits, and bids when they come
SELECT t.limit_change('p1', 'costs = ''{"overhead": 100000000}''') <> '' AS p1, t.limit_change('p3', 'working_hours = t.limit_hours()') <> '' AS p3,
  t.limit_change('p2', 'min_margin_ppm = 10000000') <> '' AS p2;
SELECT * FROM t.limit_run('night');
SELECT state, run_after > now() AS is_later FROM dwello.agent_answers WHERE job_id = t.user('night');
SELECT t.limit_change('p3', 'working_hours = NULL') <> '' AS p3;
UPDATE dwello.agent_answers SET run_after = now() WHERE job_id = t.user('night');
SELECT decisions, bids FROM dwello.run_agents();
SELECT * FROM t.check();
ROLLBACK TO s;
-- one call that has two jobs: who has one bid left is asked about one of them
UPDATE dwello.ai_bidding_agents SET max_bids_per_day = 1;
SELECT t.limit_publish('burst 1'), t.limit_publish('burst 2');
SELECT jobs, decisions, bids, declines FROM dwello.run_agents();
ROLLBACK TO s;
-- whose row makes an error keeps nobody from the job
ALTER TABLE dwello.ai_bidding_agents DROP CONSTRAINT ai_bidding_agents_costs_check;
SELECT t.limit_change('p1', 'costs = ''[]''') <> '' AS p1;
SELECT * FROM t.limit_run('broken');
ROLLBACK;

-- ----------------------------------------------------------------------
-- Who moves to another clock begins neither a day nor a month by it
-- ----------------------------------------------------------------------
CREATE FUNCTION t.limit_move(zone text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('p1');
  PERFORM dwello.update_profile(timezone => zone);
  PERFORM t.as_system();
  RETURN zone;
END
$$;
CREATE VIEW t.limit_days AS
  SELECT c.day, c.bids, c.clock_offset, c.counted_at AT TIME ZONE 'UTC' AS counted_at
    FROM dwello.agent_day_counters AS c WHERE c.user_id = t.user('p1') ORDER BY c.day;
BEGIN;
SET LOCAL dwello.now = '2030-06-14 09:30+00';
SELECT t.limit_agents('p1');
SELECT dwello.set_setting('agent_pacing', 'false') IS NOT NULL AS set;
SELECT t.limit_move('UTC');
SELECT job, r.* FROM unnest(ARRAY['move 1', 'move 2', 'move 3']) AS job, t.limit_run(job) AS r;
-- three days at one moment: the 13th, the 14th and the 15th
SET LOCAL dwello.now = '2030-06-14 10:30+00';
SELECT t.limit_move('Pacific/Kiritimati');
SELECT * FROM t.limit_run('move 4');
SELECT t.limit_move('Pacific/Pago_Pago');
SELECT * FROM t.limit_run('move 5');
-- where they stay, a day begins 24 hours after the last bid of before
SELECT t.limit_move('Pacific/Kiritimati');
SET LOCAL dwello.now = '2030-06-15 09:29+00';
SELECT * FROM t.limit_run('move 6');
SET LOCAL dwello.now = '2030-06-15 09:31+00';
SELECT job, r.* FROM unnest(ARRAY['move 7', 'move 8', 'move 9']) AS job, t.limit_run(job) AS r;
-- and the next one at midnight, as for everybody
SET LOCAL dwello.now = '2030-06-15 10:01+00';
SELECT * FROM t.limit_run('move 10');
TABLE t.limit_days;
-- the provider does not see the row that is locked
SELECT t.app_as('p1');
SELECT day FROM dwello.agent_day_counters ORDER BY 1;
ROLLBACK;

-- the same of the month
BEGIN;
SET LOCAL dwello.now = '2030-06-30 09:30+00';
SELECT t.limit_agents('p1');
SELECT dwello.set_setting('agent_pacing', 'false') IS NOT NULL AS set, dwello.set_setting('agent_month_bids_basic', '3') IS NOT NULL AS set;
SELECT t.limit_move('UTC');
INSERT INTO dwello.agent_day_counters (user_id, day, bids) VALUES (t.user('p1'), '2030-06-10', 2);
SELECT * FROM t.limit_run('month 1');
SET LOCAL dwello.now = '2030-06-30 10:30+00';
SELECT t.limit_move('Pacific/Kiritimati');
SELECT * FROM t.limit_run('month 2');
SET LOCAL dwello.now = '2030-07-01 09:31+00';
SELECT * FROM t.limit_run('month 3');
ROLLBACK;

-- also when the last bid is long past, until the month is over by the clock that it was made by: here on 1 July at 07:00 UTC
BEGIN;
SET LOCAL dwello.now = '2030-06-28 20:00+00';
SELECT t.limit_agents('p1');
SELECT dwello.set_setting('agent_pacing', 'false') IS NOT NULL AS set, dwello.set_setting('agent_month_bids_basic', '3') IS NOT NULL AS set;
SELECT t.limit_move('America/Los_Angeles');
INSERT INTO dwello.agent_day_counters (user_id, day, bids) VALUES (t.user('p1'), '2030-06-10', 1);
SELECT * FROM t.limit_run('month 4');
SET LOCAL dwello.now = '2030-06-30 12:00+00';
SELECT t.limit_move('Pacific/Kiritimati');
-- it is July there: one bid is left of June, and none of July besides
SELECT job, r.* FROM unnest(ARRAY['month 5', 'month 6']) AS job, t.limit_run(job) AS r;
TABLE t.limit_days;
SET LOCAL dwello.now = '2030-07-01 06:59+00';
SELECT * FROM t.limit_run('month 7');
-- then July alone counts, in which one was made
SET LOCAL dwello.now = '2030-07-01 07:00+00';
SELECT job, r.* FROM unnest(ARRAY['month 8', 'month 9']) AS job, t.limit_run(job) AS r;
SET LOCAL dwello.now = '2030-07-02 11:00+00';
SELECT job, r.* FROM unnest(ARRAY['month 10', 'month 11']) AS job, t.limit_run(job) AS r;
ROLLBACK;

-- whoever moves west, back into June, has all that was bid in both
BEGIN;
SET LOCAL dwello.now = '2030-06-30 12:00+00';
SELECT t.limit_agents('p1');
SELECT dwello.set_setting('agent_pacing', 'false') IS NOT NULL AS set, dwello.set_setting('agent_month_bids_basic', '3') IS NOT NULL AS set;
SELECT t.limit_move('Pacific/Kiritimati');
INSERT INTO dwello.agent_day_counters (user_id, day, bids) VALUES (t.user('p1'), '2030-06-10', 1);
SELECT * FROM t.limit_run('month 12');
SELECT t.limit_move('America/Los_Angeles');
SELECT job, r.* FROM unnest(ARRAY['month 13', 'month 14']) AS job, t.limit_run(job) AS r;
-- July by their clock: what was bid in July counts, wherever
SET LOCAL dwello.now = '2030-07-01 12:01+00';
SELECT job, r.* FROM unnest(ARRAY['month 15', 'month 16', 'month 17']) AS job, t.limit_run(job) AS r;
ROLLBACK;

-- a clock that jumps has not moved anybody
BEGIN;
SET LOCAL dwello.now = '2030-03-10 04:30+00';
SELECT t.limit_agents('p1');
SELECT dwello.set_setting('agent_pacing', 'false') IS NOT NULL AS set;
SELECT t.limit_move('America/New_York');
SELECT job, r.* FROM unnest(ARRAY['jump 1', 'jump 2', 'jump 3']) AS job, t.limit_run(job) AS r;
SET LOCAL dwello.now = '2030-03-10 12:00+00';
SELECT job, r.* FROM unnest(ARRAY['jump 4', 'jump 5', 'jump 6']) AS job, t.limit_run(job) AS r;
TABLE t.limit_days;
ROLLBACK;

-- ----------------------------------------------------------------------
-- Whose agent or profile is gone declines once
-- ----------------------------------------------------------------------
BEGIN;
SELECT t.limit_agents('p1', 'p2', 'p3');
INSERT INTO dwello.agent_switches (scope, id, is_on, actor_id) VALUES ('provider', t.user('p1'), false, t.user('a1')),
  ('provider', t.user('p2'), false, t.user('a1'));
SELECT * FROM t.limit_run('gone');
SET LOCAL session_replication_role = replica;
DELETE FROM dwello.user_profiles WHERE user_id = t.user('p1');
DELETE FROM dwello.ai_bidding_agents WHERE user_id = t.user('p2');
UPDATE dwello.agent_answers SET run_after = now() - interval '1 s' WHERE job_id = t.user('gone') AND state = 'deferred';
SET LOCAL session_replication_role = origin;
SELECT jobs, decisions, declines, deferred FROM dwello.run_agents();
SELECT jobs FROM dwello.run_agents();
SELECT p.name, a.state, k.reason FROM unnest(ARRAY['p1', 'p2']) AS p (name)
  JOIN dwello.agent_answers AS a ON a.job_id = t.user('gone') AND a.agent_id = t.user(p.name)
  JOIN dwello.ai_agent_activity AS k ON k.job_id = a.job_id AND k.user_id = a.agent_id AND k.id = a.decision_id ORDER BY 1;
-- and the platform's switch puts that off like the rest, but to no time that is past
UPDATE dwello.agent_answers SET state = 'deferred', run_after = now() - interval '1 s' WHERE job_id = t.user('gone') AND agent_id = t.user('p1');
INSERT INTO dwello.agent_switches (scope, id, is_on, actor_id)
  VALUES ('platform', '00000000-0000-0000-0000-000000000000', false, t.user('a1'));
SELECT deferred FROM dwello.run_agents();
SELECT state, run_after > now() AS is_later FROM dwello.agent_answers WHERE job_id = t.user('gone') AND agent_id = t.user('p1');
ROLLBACK;

-- ----------------------------------------------------------------------
-- Answers that were given long ago keep nobody from new terms
-- ----------------------------------------------------------------------
BEGIN;
SELECT t.limit_agents('p1');
SELECT count(*) FROM t.limit_run('long ago');
SET LOCAL session_replication_role = replica;
INSERT INTO dwello.agent_answers (job_id, terms_version, agent_id, state, decision_id, created_at)
  SELECT t.user('long ago'), 1, t.user('long ago ' || n), 'answered', t.user('none'), now() FROM generate_series(1, 10000) AS n;
SET LOCAL session_replication_role = origin;
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('long ago'), description => 'More of it.');
SELECT t.as_system();
SELECT jobs, decisions FROM dwello.run_agents();
SELECT state FROM dwello.agent_answers WHERE job_id = t.user('long ago') AND terms_version = 2;
ROLLBACK;

-- ----------------------------------------------------------------------
-- A bid whose time is over, marked or not, stands in no agent's way
-- ----------------------------------------------------------------------
BEGIN;
SET LOCAL dwello.now = '2030-06-14 09:30+00';
SELECT t.limit_agents('p1', 'p2');
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Over', 'All of it.', -122.4194, 37.7749,
  budget_min => 80000, budget_max => 120000, estimated_duration_hours => 8, job_id => t.user('over'));
SELECT status FROM dwello.publish_job(t.user('over'));
SELECT t.login_as('p1');
SELECT status FROM dwello.submit_bid(t.user('over'), 110000, expires_at => '2030-06-15 09:30+00');
SELECT t.login_as('p2');
SELECT status FROM dwello.submit_bid(t.user('over'), 110000, expires_at => '2030-06-17 09:30+00');
SELECT t.as_system();
SET LOCAL dwello.now = '2030-06-16 09:30+00';
SELECT decisions, bids FROM dwello.run_agents();
SELECT p.name, a.reason, string_agg(b.status || ' ' || coalesce(b.reason, ''), ', ' ORDER BY b.submitted_at) AS bids
  FROM unnest(ARRAY['p1', 'p2']) AS p (name)
  JOIN dwello.ai_agent_activity AS a ON a.job_id = t.user('over') AND a.user_id = t.user(p.name)
  JOIN dwello.bids AS b ON b.job_id = a.job_id AND b.provider_id = a.user_id GROUP BY 1, 2 ORDER BY 1;
ROLLBACK;
