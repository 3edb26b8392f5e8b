--
-- run.sql
--	What wakes agents, and what they do then: answers, decisions, bids.
--
-- Everything happens in transactions that are rolled back.
--
SET client_min_messages = warning;
\set painting '''d0000000-0000-7000-8000-000000000011''::uuid'

-- ----------------------------------------------------------------------
-- Publishing wakes agents, once for each version of the terms
-- ----------------------------------------------------------------------
BEGIN;
CREATE VIEW pg_temp.work AS
  SELECT w.terms_version, w.attempts, w.run_after, w.claimed_at, w.done_at
    FROM dwello.agent_work AS w WHERE w.job_id = t.user('run') ORDER BY 1;
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job(:painting, 'Hall', 'All of it.', -122.4194, 37.7749,
  budget_min => 80000, budget_max => 120000, job_id => t.user('run'));
TABLE pg_temp.work;
SELECT status FROM dwello.edit_job(t.user('run'), title => 'The hall');
TABLE pg_temp.work;
SELECT status FROM dwello.publish_job(t.user('run'));
TABLE pg_temp.work;
-- a new version of the row is no new version of the terms
SELECT terms_version FROM dwello.edit_job(t.user('run'), title => 'My hall');
TABLE pg_temp.work;
SELECT terms_version FROM dwello.edit_job(t.user('run'), description => 'More of it.');
TABLE pg_temp.work;
-- neither another update, nor terms that fall, nor a version that was there
UPDATE dwello.jobs SET status = 'awarded', provider_id = t.user('p1'), is_listed = false WHERE id = t.user('run');
UPDATE dwello.jobs SET status = 'open', provider_id = NULL, is_listed = true WHERE id = t.user('run');
UPDATE dwello.jobs SET terms_version = 1 WHERE id = t.user('run');
UPDATE dwello.jobs SET terms_version = 2 WHERE id = t.user('run');
TABLE pg_temp.work;
ROLLBACK;

-- never an INSERT, as a restore does it, nor what a subscriber is sent
BEGIN;
INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, currency,
  published_at, expires_at, is_listed)
  VALUES (t.user('run'), t.user('h1'), :painting, 'open', 'Hall', '', ST_MakePoint(-122.42, 37.77), 'USD',
    now(), now() + '30 days', true);
SELECT count(*) FROM dwello.agent_work WHERE job_id = t.user('run');
SET LOCAL session_replication_role = replica;
UPDATE dwello.jobs SET terms_version = 2 WHERE id = t.user('run');
SELECT count(*) FROM dwello.agent_work WHERE job_id = t.user('run');
ROLLBACK;

-- the application cannot write the work itself
BEGIN;
SELECT t.app_as('h1');
SELECT t.try($$INSERT INTO dwello.agent_work (job_id, terms_version, created_at) VALUES (t.user('run'), 1, now())$$),
       t.try($$SELECT claim_id FROM dwello.agent_answers$$);
ROLLBACK;

-- ----------------------------------------------------------------------
-- Agents decide
-- ----------------------------------------------------------------------
BEGIN;
SELECT count(*) FROM dwello.ensure_partitions();
-- three agents that differ in what they may do, for jobs like this one
CREATE FUNCTION pg_temp.agents() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  one record;
BEGIN
  PERFORM t.login_as('a1');
  PERFORM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
  FOR one IN SELECT * FROM (VALUES ('p1', 'auto'), ('p2', 'propose'), ('p3', 'shadow')) AS v (name, mode) LOOP
    PERFORM t.login_as(one.name);
    PERFORM dwello.configure_agent(is_active => true, mode => one.mode::dwello.agent_mode,
      preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid], costs => '{"hourly_rate": 5000}');
  END LOOP;
  PERFORM t.as_system();
END
$$;
CREATE FUNCTION pg_temp.publish(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Hall', 'All of it.', -122.4194, 37.7749,
    budget_min => 80000, budget_max => 120000, estimated_duration_hours => 8, job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
END
$$;
-- what came of a job, by provider
CREATE FUNCTION pg_temp.outcome(name text)
RETURNS TABLE (provider text, action dwello.agent_action, reason text, amount bigint, base_amount bigint, counted boolean,
  state dwello.answer_state, is_answer boolean, bid bigint)
LANGUAGE sql AS $$
  SELECT p.name, a.action_type, a.reason, a.amount, a.base_amount, a.counted_on IS NOT NULL, w.state,
         w.decision_id = a.id, b.bid_amount
    FROM unnest(ARRAY['p1', 'p2', 'p3']) AS p (name)
    JOIN dwello.ai_agent_activity AS a ON a.job_id = t.user($1) AND a.user_id = t.user(p.name)
    LEFT JOIN dwello.agent_answers AS w ON w.job_id = a.job_id AND w.agent_id = a.user_id AND w.terms_version = a.terms_version
    LEFT JOIN dwello.bids AS b ON b.job_id = a.job_id AND b.decision_id = a.id
   ORDER BY p.name, a.id
$$;
SELECT pg_temp.agents();
SELECT pg_temp.publish('run');
SELECT * FROM dwello.run_agents();
SELECT * FROM pg_temp.outcome('run');
SELECT terms_version, claimed_at IS NOT NULL AS claimed, done_at IS NOT NULL AS done
  FROM dwello.agent_work WHERE job_id = t.user('run');
SELECT name, c.bids, c.jobs FROM dwello.agent_day_counters AS c JOIN unnest(ARRAY['p1', 'p2', 'p3']) AS name ON t.user(name) = c.user_id
 WHERE c.day > '-infinity' ORDER BY name;
SELECT type, payload ? 'decision_id' AS names_decision FROM dwello.outbox WHERE scope_id = t.user('run') ORDER BY id;
-- nothing is left to do, and a bid by an agent woke nobody
SELECT * FROM dwello.run_agents();
SELECT count(*) FROM dwello.agent_work WHERE job_id = t.user('run');
-- the provider is told of the proposal, the homeowner of the bid
SELECT dwello.deliver_events(1000) > 0 AS delivered;
SELECT n.title FROM dwello.notifications AS n WHERE n.user_id IN (t.user('p2'), t.user('h1'))
   AND n.data ->> 'job_id' = t.user('run')::text ORDER BY 1;

-- new terms: who has a bid declines, the others answer again, once
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('run'), description => 'And the door.');
SELECT t.as_system();
SELECT * FROM dwello.run_agents();
SELECT provider, action, reason, state FROM pg_temp.outcome('run');
-- and when they rise before anybody has looked, the old ones are nobody's
SELECT pg_temp.publish('late');
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('late'), description => 'And the door.');
SELECT t.as_system();
SELECT * FROM dwello.run_agents();
SELECT terms_version, count(*) FROM dwello.agent_answers WHERE job_id = t.user('late') GROUP BY 1;

-- an amount above the threshold is asked for, and the daily cap holds
SELECT t.login_as('p1');
SELECT version > 0 AS set FROM dwello.configure_agent(approval_threshold => 50000);
SELECT pg_temp.publish('above');
SELECT bids, proposals FROM dwello.run_agents();
SELECT provider, action, reason FROM pg_temp.outcome('above') WHERE provider = 'p1';
SELECT t.login_as('p1');
SELECT version > 0 AS set FROM dwello.configure_agent(approval_threshold => 0, max_bids_per_day => 3);
SELECT pg_temp.publish(name) FROM unnest(ARRAY['c1', 'c2', 'c3']) AS name;
SELECT bids FROM dwello.run_agents();
SELECT count(*) FILTER (WHERE o.action = 'bid_submitted') AS bids,
       count(*) FILTER (WHERE o.reason IN ('DAY_CAP', 'PACING')) AS capped
  FROM unnest(ARRAY['c1', 'c2', 'c3']) AS name, pg_temp.outcome(name) AS o WHERE o.provider = 'p1';
SELECT bids FROM dwello.agent_day_counters WHERE user_id = t.user('p1') AND day > '-infinity';

-- switched off, agents wait; a later run takes them up
INSERT INTO dwello.agent_switches (scope, id, is_on, actor_id) VALUES ('provider', t.user('p3'), false, t.user('a1'));
SELECT pg_temp.publish('off');
SELECT decisions, deferred > 0 AS deferred FROM dwello.run_agents();
SELECT provider, action, reason, state FROM pg_temp.outcome('off') WHERE provider = 'p3';
SELECT done_at IS NULL AS waits FROM dwello.agent_work WHERE job_id = t.user('off');
UPDATE dwello.agent_switches SET is_on = true;
UPDATE dwello.agent_answers SET run_after = now() - interval '1 s' WHERE state = 'deferred';
SELECT decisions > 0 AS decided FROM dwello.run_agents();
SELECT provider, action, reason, state FROM pg_temp.outcome('off') WHERE provider = 'p3';

-- of a job that is by invitation only the agents of who is invited know, also of who is invited later
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Secret', 'All of it.', -122.4194, 37.7749,
  budget_min => 80000, budget_max => 120000, estimated_duration_hours => 8, job_id => t.user('secret'), is_invite_only => true);
SELECT status FROM dwello.publish_job(t.user('secret'));
SELECT t.as_system();
SELECT jobs, decisions FROM dwello.run_agents();
SELECT t.login_as('h1');
SELECT invite_status FROM dwello.invite_provider(t.user('secret'), t.user('p2'));
SELECT t.as_system();
SELECT jobs, decisions, proposals FROM dwello.run_agents();
SELECT provider, action, reason FROM pg_temp.outcome('secret');
SELECT t.login_as('h1');
SELECT invite_status FROM dwello.invite_provider(t.user('secret'), t.user('p3'));
SELECT t.as_system();
SELECT jobs, decisions FROM dwello.run_agents();
SELECT provider, action, reason FROM pg_temp.outcome('secret');
SELECT done_at IS NOT NULL AS done FROM dwello.agent_work WHERE job_id = t.user('secret');

-- what an agent of another currency, or far away, or of another trade does: nothing, it is no part of the audience
SELECT count(*) FROM dwello.agent_answers WHERE agent_id NOT IN (t.user('p1'), t.user('p2'), t.user('p3'));

-- what was given up is tried again as the operator is told to have it
SAVEPOINT s;
UPDATE dwello.agent_answers SET state = 'quarantined', attempts = 3 WHERE job_id = t.user('off') AND agent_id = t.user('p3');
SELECT jobs FROM dwello.run_agents();
UPDATE dwello.agent_answers SET state = 'waiting', attempts = 0, run_after = now()
 WHERE state = 'quarantined' AND job_id = t.user('off') AND agent_id = t.user('p3');
SELECT jobs, decisions FROM dwello.run_agents();
SELECT provider, action, reason, state FROM pg_temp.outcome('off') WHERE provider = 'p3';
ROLLBACK TO s;

-- answers of a job that is over are deleted, also those that still waited or were given up, and its decisions stay
UPDATE dwello.agent_answers SET state = 'deferred', run_after = now() + interval '1 day'
 WHERE job_id = t.user('off') AND agent_id = t.user('p3');
UPDATE dwello.agent_answers SET state = 'quarantined', attempts = 3
 WHERE job_id = t.user('off') AND agent_id = t.user('p2');
SELECT count(*) AS given_up FROM t.check() WHERE rule = 'agent_quarantined';
UPDATE dwello.agent_work SET done_at = NULL WHERE job_id = t.user('off');
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('off'));
SELECT t.as_system();
SELECT dwello.purge_agent_answers();
SELECT count(*) FROM dwello.agent_answers WHERE job_id = t.user('off');
SELECT count(*) > 0 AS kept FROM dwello.ai_agent_activity WHERE job_id = t.user('off');
SELECT done_at IS NOT NULL AS done FROM dwello.agent_work WHERE job_id = t.user('off');
SELECT * FROM t.check();
ROLLBACK;

-- ----------------------------------------------------------------------
-- The provider's own clock, and a day on which it jumps
-- ----------------------------------------------------------------------
BEGIN;
SELECT count(*) FROM dwello.ensure_partitions();
SELECT t.login_as('a1');
SELECT rollout_percentage FROM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
SELECT t.login_as('p1');
SELECT version > 0 AS set FROM dwello.update_profile(timezone => 'America/New_York');
SELECT is_active FROM dwello.configure_agent(is_active => true, mode => 'auto', costs => '{"hourly_rate": 5000}',
  preferred_categories => ARRAY[:painting], working_hours => '{"sun": ["00:00", "03:00"]}');
SET LOCAL dwello.now = '2026-03-08 03:00+00';
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job(:painting, 'Hall', 'All of it.', -122.4194, 37.7749,
  budget_min => 80000, budget_max => 120000, estimated_duration_hours => 8, job_id => t.user('clock'));
SELECT status FROM dwello.publish_job(t.user('clock'));
SELECT t.as_system();
-- on Saturday at ten in the evening it does not work yet
SELECT deferred FROM dwello.run_agents();
-- a change of the agent, a mandate and a switch each have it look again at the next call, not in the morning; to look is not to change
CREATE FUNCTION pg_temp.woken(change text, name text DEFAULT 'p1') RETURNS text LANGUAGE plpgsql AS $f$
DECLARE
  answer text;
  ran record;
BEGIN
  BEGIN
    answer := t.try('SELECT dwello.' || change, name);
    PERFORM t.as_system();
    SELECT r.bids, r.deferred INTO ran FROM dwello.run_agents() AS r;
    answer := concat_ws(', ', answer, format('%s bids, %s deferred', ran.bids, ran.deferred),
      (SELECT format('in %s minutes', extract(epoch FROM w.run_after - '2026-03-08 03:00+00')::integer / 60)
         FROM dwello.agent_answers AS w WHERE w.job_id = t.user('clock') AND w.agent_id = t.user('p1')));
    RAISE EXCEPTION USING errcode = 'P0001';
  EXCEPTION WHEN SQLSTATE 'P0001' THEN
    RETURN answer;
  END;
END
$f$;
SELECT change, pg_temp.woken(change)
  FROM unnest(ARRAY['configure_agent(working_hours => ''null'')', 'configure_agent(max_open_jobs => 9)', 'configure_agent()',
    'sign_mandate(max_amount => 200000)', 'switch_agents(''agent'', is_on => false)']) AS change;
SELECT pg_temp.woken('configure_agent(is_active => true)', 'p2') AS of_another;
SELECT t.try('SELECT dwello.switch_agents(''agent'', is_on => false)', 'p1') AS off;
SELECT pg_temp.woken('switch_agents(''agent'', is_on => true)'), pg_temp.woken('switch_agents(''agent'', t.user(''p1''), true)', 'a1') AS by_staff;
DELETE FROM dwello.agent_switches;
-- a model has its time first
UPDATE dwello.agent_answers SET is_model = true WHERE job_id = t.user('clock');
SELECT pg_temp.woken('configure_agent(working_hours => ''null'')');
UPDATE dwello.agent_answers SET is_model = false WHERE job_id = t.user('clock');
-- the provider sees when it looks again, nobody else does, and nobody sees a claim
SELECT t.app_as('p1');
SELECT state, run_after AT TIME ZONE 'America/New_York' AS run_after FROM dwello.agent_answers WHERE job_id = t.user('clock');
SELECT t.try('SELECT claim_id FROM dwello.agent_answers');
SELECT t.app_as('p2');
SELECT count(*) FROM dwello.agent_answers WHERE job_id = t.user('clock');
SELECT t.as_system();
SELECT run_after AT TIME ZONE 'America/New_York' AS run_after FROM dwello.agent_answers WHERE job_id = t.user('clock');
SET LOCAL dwello.now = '2026-03-08 04:59:59+00';
SELECT decisions FROM dwello.run_agents();
SET LOCAL dwello.now = '2026-03-08 06:59+00';
SELECT bids FROM dwello.run_agents();
SELECT a.action_type, a.reason, a.counted_on, (a.inputs ->> 'provider.clock.offset')::integer AS ahead,
       to_timestamp((a.inputs ->> 'provider.clock.change_at')::bigint * 60) AT TIME ZONE 'UTC' AS changes,
       (a.inputs ->> 'provider.clock.offset_after')::integer AS after
  FROM dwello.ai_agent_activity AS a WHERE a.job_id = t.user('clock') ORDER BY a.id;
ROLLBACK;

-- ----------------------------------------------------------------------
-- What comes of a bid is recorded when the job is decided, once
-- ----------------------------------------------------------------------
BEGIN;
SELECT count(*) FROM dwello.ensure_partitions();
SELECT t.login_as('a1');
SELECT rollout_percentage FROM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['p1', 'p2'] LOOP
    PERFORM t.login_as(name);
    PERFORM dwello.configure_agent(is_active => true, mode => 'auto', costs => '{"hourly_rate": 5000}',
      preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid]);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['won', 'gone', 'back'] LOOP
    PERFORM t.login_as('h1');
    PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Hall', 'All of it.', -122.4194, 37.7749,
      budget_min => 80000, budget_max => 120000, estimated_duration_hours => 8, job_id => t.user(name));
    PERFORM dwello.publish_job(t.user(name));
  END LOOP;
  PERFORM t.as_system();
END
$$;
SELECT bids FROM dwello.run_agents();
CREATE VIEW pg_temp.came AS
  SELECT j.name AS job, p.name AS provider, a.action_type, a.reason, a.amount,
         a.decision_id = b.decision_id AS follows
    FROM unnest(ARRAY['won', 'gone', 'back']) AS j (name)
    CROSS JOIN unnest(ARRAY['p1', 'p2']) AS p (name)
    JOIN dwello.bids AS b ON b.job_id = t.user(j.name) AND b.provider_id = t.user(p.name)
    JOIN dwello.ai_agent_activity AS a ON a.job_id = b.job_id AND a.user_id = b.provider_id
     AND a.action_type IN ('bid_won', 'bid_lost', 'bid_expired')
   ORDER BY 1, 2;
-- one is accepted, which decides nothing yet, and then confirmed
SELECT t.login_as('h1');
SELECT a.job_status FROM dwello.bids AS b, dwello.accept_bid(b.job_id, b.id) AS a
 WHERE b.job_id = t.user('won') AND b.provider_id = t.user('p1');
TABLE pg_temp.came;
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('won'));
TABLE pg_temp.came;
-- another job is cancelled; of the third one bid is taken back
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('gone'));
SELECT t.login_as('p2');
SELECT w.bid_status FROM dwello.bids AS b, dwello.withdraw_bid(b.job_id, b.id) AS w
 WHERE b.job_id = t.user('back') AND b.provider_id = t.user('p2');
TABLE pg_temp.came;
SELECT t.as_system();
SELECT dwello.deliver_events(10000) > 0 AS delivered, dwello.deliver_events(10000) AS again;
SELECT j.name AS job, p.name AS provider, o.outcome, o.amount, o.learned_version
  FROM dwello.agent_outcomes AS o
  JOIN unnest(ARRAY['won', 'gone', 'back']) AS j (name) ON t.user(j.name) = o.job_id
  JOIN unnest(ARRAY['p1', 'p2']) AS p (name) ON t.user(p.name) = o.user_id ORDER BY 1, 2;
SELECT p.name, a.bids_total, a.bids_won FROM dwello.ai_bidding_agents AS a
  JOIN unnest(ARRAY['p1', 'p2']) AS p (name) ON t.user(p.name) = a.user_id ORDER BY 1;
-- an event that is applied twice counts once
UPDATE dwello.outbox SET applied_at = NULL WHERE type = 'agent_outcome';
SELECT dwello.deliver_events(10000) AS again;
SELECT p.name, a.bids_total, a.bids_won FROM dwello.ai_bidding_agents AS a
  JOIN unnest(ARRAY['p1', 'p2']) AS p (name) ON t.user(p.name) = a.user_id ORDER BY 1;
SELECT * FROM t.check();
ROLLBACK;

-- who was not selected for an award that comes to nothing has neither won nor lost, once
BEGIN;
SELECT count(*) FROM dwello.ensure_partitions();
SELECT t.login_as('a1');
SELECT rollout_percentage FROM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['p1', 'p2'] LOOP
    PERFORM t.login_as(name);
    PERFORM dwello.configure_agent(is_active => true, mode => 'auto', costs => '{"hourly_rate": 5000}',
      preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid]);
  END LOOP;
  PERFORM t.login_as('h1');
  FOREACH name IN ARRAY ARRAY['paid', 'called', 'over', 'late', 'next'] LOOP
    PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', name, 'All of it.', -122.4194, 37.7749,
      budget_min => 80000, budget_max => 120000, estimated_duration_hours => 8, job_id => t.user(name));
    PERFORM dwello.publish_job(t.user(name));
  END LOOP;
  PERFORM t.as_system();
END
$$;
SELECT bids FROM dwello.run_agents();
CREATE VIEW pg_temp.left_over AS
  SELECT j.name AS job, string_agg(p.name || ' ' || b.status || coalesce(' ' || b.reason, '') || coalesce(': ' || a.came, ''), ', '
           ORDER BY p.name) AS bids
    FROM unnest(ARRAY['paid', 'called', 'over', 'late', 'next']) AS j (name)
    CROSS JOIN unnest(ARRAY['p1', 'p2']) AS p (name)
    JOIN dwello.bids AS b ON b.job_id = t.user(j.name) AND b.provider_id = t.user(p.name)
    LEFT JOIN LATERAL (SELECT string_agg(a.action_type::text, ' ' ORDER BY a.id) AS came FROM dwello.ai_agent_activity AS a
      WHERE a.job_id = b.job_id AND a.decision_id = b.decision_id AND a.action_type IN ('bid_won', 'bid_lost', 'bid_expired')) AS a ON true
   GROUP BY j.name ORDER BY j.name;
SELECT t.login_as('h1');
SELECT count(*) FROM dwello.bids AS b, LATERAL dwello.accept_bid(b.job_id, b.id) AS a WHERE b.provider_id = t.user('p1')
   AND b.job_id = ANY (ARRAY[t.user('paid'), t.user('called'), t.user('over'), t.user('late'), t.user('next')]);
-- p2's bids on these two are over when the awards lapse, and nobody takes them
UPDATE dwello.bids SET expires_at = now() + interval '1 hour' WHERE provider_id = t.user('p2') AND job_id IN (t.user('over'), t.user('late'));
UPDATE dwello.jobs SET expires_at = now() + interval '1 hour' WHERE id = t.user('late');
-- what the confirmation decided stays, also when the job is cancelled afterwards
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('paid'));
SELECT t.login_as('h1');
SELECT count(*) FROM unnest(ARRAY['paid', 'called']) AS name, LATERAL dwello.cancel_job(t.user(name));
TABLE pg_temp.left_over;
SELECT set_config('dwello.now', (now() + interval '3 days')::text, true) IS NOT NULL AS later;
SELECT t.as_system();
SELECT * FROM dwello.expire_bids();
TABLE pg_temp.left_over;
-- two take bids again, and expire at last
SELECT set_config('dwello.now', (now() + interval '6 days')::text, true) IS NOT NULL AS later;
SELECT * FROM dwello.expire_bids();
TABLE pg_temp.left_over;
SELECT set_config('dwello.now', (now() + interval '40 days')::text, true) IS NOT NULL AS later;
SELECT dwello.expire_jobs();
TABLE pg_temp.left_over;
SELECT dwello.deliver_events(10000) > 0 AS delivered;
SELECT o.outcome, count(*) FROM dwello.agent_outcomes AS o
 WHERE o.job_id = ANY (ARRAY[t.user('paid'), t.user('called'), t.user('over'), t.user('late'), t.user('next')]) GROUP BY 1 ORDER BY 1;
SELECT * FROM t.check();
ROLLBACK;

-- who may call, and with what
BEGIN;
SELECT name, t.refused(name, call) FROM (VALUES
  ('h1', 'run_agents()'), ('p1', 'run_agents()'), ('a1', 'run_agents()'), ('p1', 'purge_agent_answers()'),
  (NULL, 'run_agents(0)'), (NULL, 'run_agents(1001)'), (NULL, 'run_agents(NULL)'),
  (NULL, 'run_agents(run_for => NULL)'), (NULL, 'run_agents(run_for => ''0'')'), (NULL, 'run_agents(run_for => ''-1 s'')'),
  (NULL, 'run_agents(run_for => ''1 day'')'), (NULL, 'run_agents(run_for => ''61 min'')'),
  (NULL, 'purge_agent_answers(0)'), (NULL, 'purge_agent_answers(NULL)'), (NULL, 'purge_agent_answers(10001)'),
  (NULL, 'run_agents(1, ''1 ms'')')) AS v (name, call);
ROLLBACK;
