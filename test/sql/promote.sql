--
-- promote.sql
--	Which parameters an agent decides by: promotion by what was foretold, and
--	the way back.
--
SET client_min_messages = warning;
-- A version of p1's parameters; in a few words what became of all of them.
CREATE FUNCTION t.version(number integer, status text, based_on integer, trials integer DEFAULT 30, trial_loss bigint DEFAULT 100,
  live_loss bigint DEFAULT 100, weight bigint DEFAULT -6000000000) RETURNS void
LANGUAGE sql
AS $$
  INSERT INTO dwello.agent_parameters (user_id, version, status, based_on, samples, trials, trial_loss, live_loss, created_at, parameters)
    VALUES (t.user('p1'), number, status, based_on, 10 * number, trials, trial_loss, live_loss, now(), jsonb_build_object(
      'shown', '[0, 1000000000]'::jsonb, 'weight', jsonb_build_array(0, weight, 2000000000, 500000000, 500000000), 'pace_ppm', 1000000,
      'precision', '[300000000, 10000000000, 300000000, 300000000, 300000000]'::jsonb, 'shown_precision', '[4000000000, 20000000000]'::jsonb))
$$;
CREATE FUNCTION t.versions() RETURNS text
LANGUAGE sql VOLATILE
AS $$ SELECT format('by %s: %s', a.parameters_version, (SELECT string_agg(p.version || ' ' || p.status, ', ' ORDER BY p.version)
        FROM dwello.agent_parameters AS p WHERE p.user_id = a.user_id)) FROM dwello.ai_bidding_agents AS a WHERE a.user_id = t.user('p1') $$;
CREATE FUNCTION t.set(number integer, VARIADIC changes text[]) RETURNS void
LANGUAGE plpgsql
AS $$ BEGIN EXECUTE format('UPDATE dwello.agent_parameters SET %s WHERE version = %s', array_to_string(changes, ', '), number); END $$;

BEGIN;
DELETE FROM dwello.agent_parameters;
DELETE FROM dwello.ai_bidding_agents;
SELECT t.as_system();
SELECT t.try($$SELECT dwello.promote_parameters(t.user('p1'), 0)$$) AS promote, t.try($$SELECT dwello.revert_agent(t.user('p1'), 0)$$) AS revert;
SELECT version FROM dwello.configure_agent(agent_id => t.user('p1'), is_active => true);
SELECT t.version(1, 'shadow', 0, 29, 101, 100);

-- what is poisoned in shadow is thrown away by going back to where the agent stands; nothing more to throw away is a replay
SAVEPOINT shadow;
SELECT parameters_version, version, replayed FROM dwello.revert_agent(t.user('p1'), 0, idempotency_key => 's1');
SELECT parameters_version, version, replayed FROM dwello.revert_agent(t.user('p1'), 0, idempotency_key => 's1');
SELECT parameters_version, version, replayed FROM dwello.revert_agent(t.user('p1'), 0);
SELECT t.versions(), t.try('SELECT dwello.promote_parameters(version => 1)', 'p1') AS promote;
ROLLBACK TO shadow;
-- the same where a version is live, which stays when it was promoted
SELECT t.set(1, 'status = ''live''', 'promoted_at = ''2020-01-01''');
UPDATE dwello.ai_bidding_agents SET parameters_version = 1 WHERE user_id = t.user('p1');
SELECT t.version(2, 'shadow', 1);
SELECT parameters_version, replayed FROM dwello.revert_agent(t.user('p1'), 1);
SELECT t.versions(), promoted_at = '2020-01-01' AS promoted_then FROM dwello.agent_parameters WHERE version = 1;
ROLLBACK TO shadow;

-- only what has foretold enough, and no worse
SELECT t.try('SELECT dwello.promote_parameters(version => 1)', 'p1') AS too_few, t.versions();
SELECT t.set(1, 'trials = 30');
SELECT t.try('SELECT dwello.promote_parameters(version => 1)', 'p1') AS worse, t.versions();
SELECT t.set(1, 'trial_loss = 100', 'based_on = 0');
SELECT value FROM dwello.set_setting('agent_promote_trials', '31');
SELECT t.try('SELECT dwello.promote_parameters(version => 1)', 'p1') AS by_setting;
SELECT value FROM dwello.set_setting('agent_promote_trials', '30');
SELECT t.app_as('p1');
SELECT agent_id = t.user('p1') AS own, parameters_version, samples, version, replayed FROM dwello.promote_parameters(version => 1, expected_version => 1, idempotency_key => 'p1');
SELECT parameters_version, version, replayed FROM dwello.promote_parameters(version => 1, expected_version => 1, idempotency_key => 'p1');
SELECT parameters_version, version, replayed FROM dwello.promote_parameters(version => 1);
SELECT t.as_system();
SELECT t.versions();
SELECT t.version(2, 'shadow', 0), t.try('SELECT dwello.promote_parameters(version => 2)', 'p1') AS other_base;
SELECT t.set(2, 'based_on = 1'), t.try('SELECT dwello.promote_parameters(version => 2, expected_version => 1)', 'p1') AS stale;
SELECT t.try('SELECT dwello.promote_parameters(version => 2)', 'a1') AS admin, t.try('SELECT dwello.promote_parameters(t.user(''p1''), 2)', 'a1') AS admin_p1, t.versions();
SELECT t.version(3, 'shadow', 2), t.try('SELECT dwello.promote_parameters(t.user(''p1''), 3)') AS system, t.versions();
SELECT t.version(4, 'shadow', 3);
SELECT t.try($$UPDATE dwello.agent_parameters SET promoted_at = NULL WHERE status = 'live'$$) AS live_without_time;
SELECT v, t.try(format('SELECT dwello.promote_parameters(version => %s)', v), 'p1') FROM unnest(ARRAY['NULL', '-1', '0', '1', '2', '5', '2147483647']) AS v;
SELECT rule, detail FROM t.check() WHERE rule = 'parameters_drift';

-- one that cannot be read decides nothing: not forward, not back
SAVEPOINT poisoned;
SELECT t.set(number, 'parameters = ''{"weight": [0, 6000000000, 0, 0, 0]}''') FROM unnest(ARRAY[1, 4]) AS number;
SELECT t.try('SELECT dwello.promote_parameters(version => 4)', 'p1') AS promote, t.try('SELECT dwello.revert_agent(version => 1)', 'p1') AS revert;
SELECT t.set(number, 'parameters = ''{"weight": [1, 1, 1, 1, 1, 1, 1]}''') FROM unnest(ARRAY[1, 4]) AS number;
SELECT t.try('SELECT dwello.promote_parameters(version => 4)', 'p1') AS promote, t.try('SELECT dwello.revert_agent(version => 1)', 'p1') AS revert;
ROLLBACK TO poisoned;

-- back by one call; what came later is retired, and learned no more
SELECT t.versions();
SELECT v, t.try(format('SELECT dwello.revert_agent(version => %s)', v), 'p1') FROM unnest(ARRAY['NULL', '-1', '4', '5']) AS v;
SELECT t.login_as('p1');
SELECT parameters_version, samples, version, replayed FROM dwello.revert_agent(version => 1, idempotency_key => 'r1');
SELECT parameters_version, version, replayed FROM dwello.revert_agent(version => 1, idempotency_key => 'r1');
SELECT t.try($$SELECT dwello.revert_agent(version => 0, idempotency_key => 'r1')$$);
SELECT t.as_system();
SELECT t.versions();
SELECT t.try('SELECT dwello.promote_parameters(version => 4)', 'p1') AS retired_shadow, t.try('SELECT dwello.revert_agent(version => 3)', 'p1') AS forward;
SELECT t.try('SELECT dwello.revert_agent(t.user(''p1''), 0)', 'a1') AS admin, t.versions();
INSERT INTO dwello.agent_outcomes (user_id, job_id, decision_id, outcome, amount, decided_at) VALUES (t.user('p1'), t.user('x'), t.user('y'), 'censored', 5, now());
SELECT * FROM dwello.learn_agents();
SELECT t.versions(), (SELECT based_on FROM dwello.agent_parameters WHERE status = 'shadow');
SELECT rule, detail FROM t.check() WHERE rule = 'parameters_drift';
-- nobody goes back to what was never live, though it is older
SELECT t.set(5, 'trials = 30'), t.try('SELECT dwello.promote_parameters(version => 5)', 'p1') AS promote;
SELECT v, t.try(format('SELECT dwello.revert_agent(version => %s)', v), 'p1'), t.versions() FROM unnest(ARRAY[4, 3, 0]) AS v;

-- whose
SELECT who, t.try('SELECT dwello.promote_parameters(t.user(''p1''), 1)', who) AS promote, t.try('SELECT dwello.revert_agent(t.user(''p1''), 0)', who) AS revert
  FROM unnest(ARRAY['p2', 'h1', 's1']) AS who;
SELECT who, t.try(format('SELECT dwello.revert_agent(t.user(%L), 0)', name), who)
  FROM (VALUES ('a1', 'p2'), ('a1', 'h1'), ('a1', 'nobody'), ('p2', 'p2')) AS v (who, name);
SELECT t.try('SELECT dwello.revert_agent(version => 0)') AS system;
-- who hears of it
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT n.user_id = t.user('p1') AS p1, n.title, count(*) FROM dwello.notifications AS n WHERE n.title LIKE 'Your agent was set%' GROUP BY 1, 2;
ROLLBACK;

-- ----------------------------------------------------------------------
-- Shadow and backtest have to agree
-- ----------------------------------------------------------------------
BEGIN;
SET LOCAL dwello.now = '2030-06-10 12:00+00';
SELECT count(*) > 0 AS partitions FROM dwello.ensure_partitions();
CREATE FUNCTION t.promote_agents() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  name text;
BEGIN
  PERFORM t.login_as('a1');
  PERFORM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
  FOREACH name IN ARRAY ARRAY['p1', 'p2'] LOOP
    PERFORM t.login_as(name);
    PERFORM dwello.configure_agent(is_active => true, mode => 'auto', max_bids_per_day => 20, max_open_jobs => 100,
      preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid], costs => '{"hourly_rate": 5000}');
  END LOOP;
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'past ' || i, 'All of it.', -122.42, 37.77, budget_min => 80000,
      budget_max => 120000, estimated_duration_hours => 8, job_id => t.user('past ' || i)),
    dwello.publish_job(t.user('past ' || i)) FROM generate_series(1, 8) AS i;
  PERFORM t.as_system();
  PERFORM dwello.run_agents();
END
$$;
-- a job goes to the one or the other
CREATE FUNCTION t.promote_award(number integer, name text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.accept_bid(b.job_id, b.id) FROM dwello.bids AS b
    WHERE b.job_id = t.user('past ' || number) AND b.provider_id = t.user(name);
  PERFORM t.login_as(name);
  PERFORM dwello.confirm_award(t.user('past ' || number));
  PERFORM t.as_system();
  RETURN name;
END
$$;
SELECT t.promote_agents();
SELECT string_agg(t.promote_award(i, CASE WHEN i % 2 = 0 THEN 'p1' ELSE 'p2' END), ' ') FROM generate_series(1, 6) AS i;
SELECT dwello.deliver_events(10000) > 0 AS delivered;
SELECT outcome, count(*) FROM dwello.agent_outcomes WHERE user_id = t.user('p1') GROUP BY 1 ORDER BY 1;
SET LOCAL dwello.now = '2030-06-20 12:00+00';
-- both agree
SAVEPOINT s;
SELECT t.version(1, 'shadow', 0, weight => -7000000000), t.try('SELECT dwello.promote_parameters(version => 1)', 'p1') AS both, t.versions();
ROLLBACK TO s;
-- one judge for both: who believes in more wins at the same prices is worth no more, and no less
SELECT t.version(1, 'shadow', 0), t.set(1, 'parameters = parameters || ''{"shown": [3000000000, 1000000000]}''');
SELECT t.try('SELECT dwello.promote_parameters(version => 1)', 'p1') AS hopeful;
ROLLBACK TO s;
-- the shadow alone, for it asks what by its own chances nobody pays; nothing is changed
SELECT t.version(1, 'shadow', 0, weight => -1000000000), t.set(1, 'parameters = parameters || ''{"shown": [0, 20000000000]}''');
SELECT t.login_as('p1');
SELECT parameters_version FROM dwello.promote_parameters(version => 1);
ROLLBACK TO s;
SELECT t.version(1, 'shadow', 0, weight => -1000000000), t.set(1, 'parameters = parameters || ''{"shown": [0, 20000000000]}''');
SELECT who, t.try($$SELECT dwello.promote_parameters(t.user('p1'), 1)$$, who) AS shadow_alone, t.versions() FROM unnest(ARRAY['p1', 'a1', NULL]) AS who;
SELECT rule, detail FROM t.check() WHERE rule LIKE 'agent%' OR rule LIKE 'parameters%';
-- older jobs than the setting says are not looked at
SELECT value FROM dwello.set_setting('agent_promote_days', '9');
SELECT t.try('SELECT dwello.promote_parameters(version => 1)', 'p1') AS nothing_to_replay, t.versions();
ROLLBACK TO s;
-- the backtest alone
SELECT t.version(1, 'shadow', 0, 30, 101, 100, -7000000000);
SELECT t.login_as('p1');
SELECT parameters_version FROM dwello.promote_parameters(version => 1);
ROLLBACK TO s;
SELECT t.version(1, 'shadow', 0, 29, weight => -7000000000), t.try('SELECT dwello.promote_parameters(version => 1)', 'p1') AS too_few, t.versions();
ROLLBACK TO s;
-- the pace is the goal's, and no reason
SELECT t.version(1, 'shadow', 0), t.set(1, 'parameters = parameters || ''{"pace_ppm": 700000}''');
SELECT t.try('SELECT dwello.promote_parameters(version => 1)', 'p1') AS slower, t.versions();
ROLLBACK;
