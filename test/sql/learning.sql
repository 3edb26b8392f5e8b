--
-- learning.sql
--	What agents learn from what came of their bids: in order, the same
--	whatever is taken at a time, and nothing from what is neither won nor
--	lost.
--
BEGIN;
SELECT t.as_system();
-- A decision with its outcome: job and decision are named by a number.
CREATE FUNCTION t.outcome(who text, n integer, outcome text, amount bigint, decided_at timestamptz,
  more jsonb DEFAULT '{}') RETURNS void
LANGUAGE sql
AS $$
  INSERT INTO dwello.ai_agent_activity (job_id, user_id, id, terms_version, action_type, amount, currency,
    inputs, core_version, created_at)
    VALUES (t.user('job' || n), t.user(who), t.user('decision' || n), 1, 'bid_submitted', amount, 'USD',
      '{"job.is_open": 1, "job.anchor": 100000, "job.unit": 100, "job.hours": 16, "platform.rivals": 3000000000,
        "provider.rating": 800000, "provider.miles": 10}'::jsonb || more, 1, decided_at - interval '3 days');
  INSERT INTO dwello.agent_outcomes (user_id, job_id, decision_id, outcome, amount, decided_at)
    VALUES (t.user(who), t.user('job' || n), t.user('decision' || n), outcome, amount, decided_at);
$$;
-- Twelve outcomes of an agent.
CREATE FUNCTION t.outcomes(who text) RETURNS void
LANGUAGE sql
AS $$
  SELECT t.outcome(who, n, CASE WHEN n % 4 = 0 THEN 'censored' WHEN n % 3 = 0 THEN 'lost' ELSE 'won' END,
           90000 + 1000 * n, '2026-03-01 12:00+00'::timestamptz + n * interval '7 hours')
    FROM generate_series(1, 12) AS n
$$;
-- What an agent has learned, without its own id and times.
CREATE VIEW t.learned AS
  SELECT u.name, p.version, p.status, p.based_on, p.samples, p.trials, p.trial_loss, p.live_loss, p.learned_until,
         p.parameters -> 'weight' AS weight, p.parameters -> 'shown' AS shown, p.parameters
    FROM dwello.agent_parameters AS p
    JOIN (VALUES ('p1'), ('p2'), ('p3')) AS u (name) ON p.user_id = t.user(u.name);
SELECT count(dwello.configure_agent(agent_id => t.user(name), is_active => true))
  FROM unnest(ARRAY['p1', 'p2', 'p3']) AS name;
SELECT * FROM dwello.learn_agents();

-- one at a time, some at a time, and all at once
CREATE TABLE t.results AS SELECT 1 AS batch, l.* FROM t.learned AS l WITH NO DATA;
CREATE FUNCTION t.learn_by(batch integer) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  DELETE FROM dwello.agent_outcomes WHERE user_id = t.user('p1');
  DELETE FROM dwello.ai_agent_activity WHERE user_id = t.user('p1');
  DELETE FROM dwello.agent_parameters WHERE user_id = t.user('p1');
  PERFORM t.outcomes('p1');
  WHILE EXISTS (SELECT FROM dwello.agent_outcomes WHERE learned_version IS NULL) LOOP
    PERFORM dwello.learn_agents(batch);
  END LOOP;
  INSERT INTO t.results SELECT batch, l.* FROM t.learned AS l;
END
$$;
SELECT t.learn_by(batch) FROM unnest(ARRAY[1, 5, 7, 1000]) AS batch;
SELECT count(*), count(DISTINCT to_jsonb(r) - 'batch') AS different FROM t.results AS r;
SELECT * FROM dwello.learn_agents(1);
SELECT name, version, status, based_on, samples, trials, learned_until AT TIME ZONE 'UTC' AS until, weight, shown
  FROM t.learned;
SELECT trial_loss < live_loss AS foretold_better, trial_loss, live_loss FROM t.learned;
SELECT count(*), count(DISTINCT learned_version) AS versions, min(learned_version)
  FROM dwello.agent_outcomes WHERE user_id = t.user('p1');

-- a goal is part of it
UPDATE dwello.ai_bidding_agents SET goal = 'fill_hours', goal_target = 160 WHERE user_id = t.user('p1');
DELETE FROM t.results;
SELECT t.learn_by(batch) FROM unnest(ARRAY[1, 5, 1000]) AS batch;
SELECT count(*), count(DISTINCT to_jsonb(r) - 'batch') AS different,
       min((parameters ->> 'pace_ppm')::integer) < 1000000 AS asks_less
  FROM t.results AS r;

-- what others asked is nowhere near
SELECT count(*) FROM information_schema.columns
 WHERE table_schema = 'dwello' AND table_name IN ('agent_outcomes', 'agent_parameters')
   AND column_name ~ 'rival|winning|accepted';

-- several agents in one batch, in the order of their ids, and what is left for the next
SELECT t.outcome('p2', 20, 'won', 95000, '2026-03-02 12:00+00'), t.outcome('p2', 21, 'lost', 99000, '2026-03-03 12:00+00'),
       t.outcome('p3', 22, 'lost', 99000, '2026-03-03 12:00+00');
SELECT * FROM dwello.learn_agents(2);
SELECT * FROM dwello.learn_agents(2);
SELECT * FROM dwello.learn_agents(2);

-- a decision that is gone, or cannot be read, teaches nothing and stops nobody
SELECT t.outcome('p2', 30, 'won', 95000, '2026-03-05 12:00+00', '{"job.anchor": "high"}'),
       t.outcome('p2', 31, 'won', 95000, '2026-03-06 12:00+00', '{"job.anchor": [1, 2]}'),
       t.outcome('p2', 32, 'won', 95000, '2026-03-07 12:00+00', '{"job.anchor": 0}'),
       t.outcome('p2', 36, 'won', 95000, '2026-03-07 13:00+00', '{"job.anchor": 1e30}'),
       t.outcome('p2', 37, 'won', 95000, '2026-03-07 14:00+00', '{"job.anchor": -9223372036854775809}');
INSERT INTO dwello.agent_outcomes (user_id, job_id, decision_id, outcome, amount, decided_at)
  VALUES (t.user('p2'), t.user('job33'), t.user('none'), 'won', 1, '2026-03-08 12:00+00');
SELECT * FROM dwello.learn_agents();
SELECT version, samples, trials FROM t.learned WHERE name = 'p2';
-- nor does a document of parameters that nobody can have learned: it begins anew
UPDATE dwello.agent_parameters SET parameters = '{"weight": [0, 5000000000, 0, 0, 0], "pace_ppm": 99}'
 WHERE user_id = t.user('p2');
SELECT t.outcome('p2', 34, 'won', 95000, '2026-03-09 12:00+00');
SELECT * FROM dwello.learn_agents();
SELECT samples, (weight ->> 1)::bigint <= -1000000000 AS slope_falls FROM t.learned WHERE name = 'p2';

-- an approved decision: the row that was bid from names the one that was made
INSERT INTO dwello.ai_agent_activity (job_id, user_id, id, terms_version, action_type, decision_id, created_at)
  VALUES (t.user('job40'), t.user('p3'), t.user('approval40'), 1, 'approved', t.user('decision40'), '2026-03-08 12:00+00');
SELECT t.outcome('p3', 40, 'won', 95000, '2026-03-10 12:00+00');
UPDATE dwello.agent_outcomes SET decision_id = t.user('approval40') WHERE job_id = t.user('job40');
SELECT * FROM dwello.learn_agents();
SELECT version, samples, trials FROM t.learned WHERE name = 'p3';

-- live versions never change; a shadow of another live version is retired
UPDATE dwello.agent_parameters SET status = 'live', promoted_at = now() WHERE user_id = t.user('p3');
UPDATE dwello.ai_bidding_agents SET parameters_version = 1 WHERE user_id = t.user('p3');
SELECT t.outcome('p3', 41, 'won', 95000, '2026-03-11 12:00+00');
SELECT * FROM dwello.learn_agents();
SELECT version, status, based_on, samples, trials FROM t.learned WHERE name = 'p3' ORDER BY version;
UPDATE dwello.ai_bidding_agents SET parameters_version = 0 WHERE user_id = t.user('p3');
UPDATE dwello.agent_parameters SET status = 'retired' WHERE user_id = t.user('p3') AND version = 1;
SELECT t.outcome('p3', 42, 'won', 95000, '2026-03-12 12:00+00');
SELECT * FROM dwello.learn_agents();
SELECT version, status, based_on, samples, trials FROM t.learned WHERE name = 'p3' ORDER BY version;

-- what a usual day brings is learned with the first outcome of a day
INSERT INTO dwello.ai_agent_activity (job_id, user_id, id, terms_version, action_type, amount, currency, inputs,
  core_version, created_at)
  SELECT t.user('usual' || n), t.user('p3'), t.user('usual' || n), 1, 'bid_submitted', 100000, 'USD',
    jsonb_build_object('platform.is_on', 1, 'platform.max_miles', 50, 'platform.rivals', 3000000000,
      'platform.base_ppm', '[850000, 1000000, 1150000]'::jsonb, 'platform.kappa_ppm', '[1500000, 1000000, 600000]'::jsonb,
      'platform.band_ppm', 100000, 'job.is_open', 1, 'job.is_current', 1, 'job.is_category_on', 1, 'job.hours', 16,
      'job.anchor', 100000 + 1000 * n, 'job.unit', 100, 'job.fees.tier_count', 1, 'settings.is_active', 1,
      'settings.mode', 2, 'settings.strategy', 1, 'settings.numbers.radius', 15, 'settings.numbers.bids_per_day', 8,
      'settings.numbers.min_value', 1, 'settings.numbers.max_value', 200000, 'settings.max_exposure', -1,
      'settings.max_open_jobs', 5) ||
    jsonb_build_object('settings.mandate.max_amount', -1, 'settings.mandate.max_exposure', -1,
      'settings.mandate.bids_per_day', -1, 'settings.mandate.bids_per_month', -1, 'settings.mandate.max_open_jobs', -1,
      'settings.mandate.threshold', -1, 'provider.is_agent_on', 1, 'provider.is_provider_on', 1,
      'provider.is_rolled_out', 1, 'provider.is_active', 1, 'provider.is_same_currency', 1, 'provider.is_in_area', 1,
      'provider.category', 2, 'provider.rating', 800000, 'provider.miles', 10,
      'provider.clock.now', 29600000 + 720 * n, 'parameters.pace_ppm', 1000000,
      'parameters.weight', '[0, -6000000000, 2000000000, 500000000, 500000000]'::jsonb,
      'parameters.shown', '[0, 1000000000]'::jsonb),
    1, timestamptz 'epoch' + (29600000 + 720 * n) * interval '1 minute'
    FROM generate_series(0, 19) AS n;
SELECT t.outcome('p3', 43, 'won', 95000, timestamptz 'epoch' + (29600000 + 720 * 20) * interval '1 minute');
SELECT * FROM dwello.learn_agents();
SELECT parameters ->> 'arrivals' AS arrivals, parameters #>> '{value,0}' AS tenth, parameters #>> '{value,15}' AS most
  FROM t.learned WHERE name = 'p3' AND status = 'shadow';

-- whose, and arguments
SELECT who, t.try('SELECT dwello.learn_agents()', who) FROM unnest(ARRAY['p1', 'h1', 'a1', 's1']) AS who;
SELECT n, t.try(format('SELECT dwello.learn_agents(%s)', n)) FROM unnest(ARRAY['0', '-1', '10001', 'NULL']) AS n;
SET LOCAL transaction_read_only = on;
SELECT t.try('SELECT dwello.learn_agents()');
ROLLBACK;
