--
-- agent_report.sql
--	What an agent would do, with its own settings and others; decisions made
--	again; the replay of a history; what decisions came to. None of it
--	writes, and none of it knows what a rival asked.
--
SET client_min_messages = warning;
\set painting '''d0000000-0000-7000-8000-000000000011''::uuid'
BEGIN;
SELECT count(*) > 0 AS months FROM dwello.ensure_partitions(1, '2026-03-01');
SET LOCAL dwello.now = '2026-03-02 18:00+00';
-- Agents that differ in what they may do.
CREATE FUNCTION pg_temp.agents() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  one record;
BEGIN
  PERFORM t.login_as('a1');
  PERFORM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
  FOR one IN SELECT * FROM (VALUES ('p1', 'auto', 'balanced'), ('p2', 'auto', 'aggressive'), ('p3', 'propose', 'premium'))
    AS v (name, mode, strategy) LOOP
    PERFORM t.login_as(one.name);
    PERFORM dwello.configure_agent(is_active => true, mode => one.mode::dwello.agent_mode,
      strategy => one.strategy::dwello.agent_strategy,
      preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid],
      costs => '{"hourly_rate": 4000, "travel_per_mile": 50}');
  END LOOP;
  PERFORM t.as_system();
END
$$;
CREATE FUNCTION pg_temp.publish(name text, budget bigint DEFAULT 120000) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Hall', 'All of it.', -122.4194, 37.7749,
    budget_min => budget * 2 / 3, budget_max => budget, estimated_duration_hours => 16, job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
END
$$;
-- One row of a call as text, or its error; somebody else's calls.
CREATE FUNCTION pg_temp.row(query text, who text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  IF who IS NOT NULL THEN
    PERFORM t.login_as(who);
  ELSE
    PERFORM t.as_system();
  END IF;
  BEGIN
    EXECUTE 'SELECT r::text FROM (' || query || ') AS r' INTO answer;
  EXCEPTION WHEN others THEN
    answer := sqlstate || ': ' || sqlerrm;
  END;
  PERFORM t.as_system();
  RETURN answer;
END
$$;
-- What an agent would do, without its trace.
CREATE FUNCTION pg_temp.decide(args text, who text DEFAULT 'p1') RETURNS text LANGUAGE sql AS $$
  SELECT pg_temp.row(format('SELECT decision, reason, amount, currency, round(win_probability::numeric, 4), confidence
    FROM dwello.decide_agent(%s)', args), who)
$$;
SELECT pg_temp.agents();
SELECT pg_temp.publish('rep1');

-- ----------------------------------------------------------------------
-- decide_agent
-- ----------------------------------------------------------------------
SELECT t.login_as('p1');
SELECT agent_id = t.user('p1') AS mine, decision, reason, amount, currency, round(win_probability::numeric, 4) AS chance,
       confidence, trace -> 'price' AS price, trace -> 'core_version' AS core, trace -> 'as_of' AS as_of
  FROM dwello.decide_agent(job_id => t.user('rep1'));
-- every guard in its order, and all that it was made from
SELECT count(*) AS guards, bool_and((g -> 'passes')::boolean) AS pass, min(g ->> 'guard') FILTER (WHERE n = 1) AS first,
       min(g ->> 'guard') FILTER (WHERE n = 36) AS last
  FROM dwello.decide_agent(job_id => t.user('rep1')) AS d, jsonb_array_elements(d.trace -> 'guards') WITH ORDINALITY AS e (g, n);
SELECT i.key, i.value FROM dwello.decide_agent(job_id => t.user('rep1')) AS d, jsonb_each(d.trace -> 'inputs') AS i
 WHERE i.key ~ '^(settings.numbers|job.anchor|job.fees|provider.clock)' ORDER BY i.key COLLATE "C";
-- other settings, one by one
SELECT s, pg_temp.decide(format('job_id => t.user(''rep1''), settings => %L', s)) FROM (VALUES
  ('{}'), ('{"strategy": "premium"}'), ('{"strategy": "aggressive"}'), ('{"mode": "shadow"}'), ('{"mode": "propose"}'),
  ('{"approval_threshold": 50000}'), ('{"is_active": false}'), ('{"min_project_value": 150000}'),
  ('{"max_project_value": 60000}'), ('{"min_margin_ppm": 900000}'), ('{"max_exposure": 1000}'),
  ('{"min_win_probability_ppm": 900000}'), ('{"costs": {"hourly_rate": 9000}}'), ('{"costs": null}'),
  ('{"preferred_categories": ["d0000000-0000-7000-8000-000000000012"]}'), ('{"working_hours": {"mon": ["08:00", "09:00"]}}'),
  ('{"working_hours": {}}'), ('{"working_hours": null}'), ('{"parameters_version": 0}'),
  ('{"goal": "fill_hours", "goal_target": 40}')) AS v (s);
-- what is no setting, or no value of one
SELECT s, pg_temp.decide(format('job_id => t.user(''rep1''), settings => %L', s)) FROM (VALUES
  ('[]'), ('1'), ('"strategy"'), ('{"Strategy": "premium"}'), ('{"tier": "premium"}'), ('{"currency": "EUR"}'), ('{"strategy": "cheap"}'),
  ('{"strategy": 1}'), ('{"mode": null, "is_active": "yes"}'), ('{"max_bid_radius_miles": 4}'), ('{"max_bid_radius_miles": 51}'),
  ('{"max_bid_radius_miles": 5000000000}'), ('{"max_bid_radius_miles": 10.5}'), ('{"max_bids_per_day": "8"}'),
  ('{"max_bids_per_day": 0}'), ('{"min_project_value": 0}'), ('{"max_project_value": 1}'), ('{"min_margin_ppm": -1}'), ('{"approval_threshold": -1}'),
  ('{"max_exposure": -1}'), ('{"max_exposure": -5}'), ('{"max_open_jobs": 0}'), ('{"min_win_probability_ppm": 1000001}'), ('{"goal": "fill_hours"}'),
  ('{"goal_target": 3}'), ('{"costs": []}'), ('{"costs": {"rent": 1}}'), ('{"working_hours": {"mon": ["8:00"]}}'),
  ('{"preferred_categories": "painting"}'), ('{"preferred_categories": ["painting"]}'), ('{"parameters_version": -1}'), ('{"parameters_version": 7}'),
  ('{"max_project_value": 99999999999999999999}')) AS v (s);
-- the mandate holds over them
SELECT t.app_as('p1');
SELECT limits FROM dwello.sign_mandate(max_amount => 95000);
SELECT t.as_system();
SELECT pg_temp.decide('job_id => t.user(''rep1''), settings => ''{"strategy": "premium"}''');
SELECT t.app_as('p1');
SELECT limits FROM dwello.sign_mandate(max_bids_per_day => 20);
SELECT t.as_system();
-- at another time
SELECT pg_temp.decide('job_id => t.user(''rep1''), as_of => ''2026-03-02 17:59+00''') AS before,
       pg_temp.decide('job_id => t.user(''rep1''), as_of => ''2026-05-02 17:59+00''') AS after,
       pg_temp.decide('job_id => t.user(''rep1''), as_of => ''infinity''') AS never;
SELECT pg_temp.decide('job_id => t.user(''rep1''), settings => ''{"working_hours": {"tue": ["08:00", "09:00"]}}'', as_of => ''2026-03-03 16:30+00''') AS tuesday;
-- whose, and which job
SELECT who, pg_temp.decide('job_id => t.user(''rep1'')', who) AS own,
       pg_temp.decide('agent_id => t.user(''p1''), job_id => t.user(''rep1'')', who) AS another
  FROM unnest(ARRAY['p1', 'p2', 'h1', 'a1', 's1']) AS who;
SELECT pg_temp.decide('job_id => NULL') AS no_job, pg_temp.decide('job_id => t.user(''nobody'')') AS unknown,
       pg_temp.decide('agent_id => t.user(''nobody''), job_id => t.user(''rep1'')', 'a1') AS nobody,
       pg_temp.decide('agent_id => t.user(''h1''), job_id => t.user(''rep1'')', 'a1') AS homeowner;
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job(:painting, 'Draft', 'x', -122.4194, 37.7749, job_id => t.user('repdraft'));
SELECT pg_temp.decide('job_id => t.user(''repdraft'')') AS draft;
SELECT pg_temp.decide('job_id => t.user(''rep1'')', NULL) AS system_must_say_whose;

-- ----------------------------------------------------------------------
-- compare_agent
-- ----------------------------------------------------------------------
SELECT t.login_as('p1');
SELECT * FROM dwello.compare_agent(job_id => t.user('rep1'), b => '{"strategy": "premium"}');
SELECT item, under_a, under_b FROM dwello.compare_agent(job_id => t.user('rep1'), a => '{"max_project_value": 60000}',
    b => '{"min_margin_ppm": 500000}') WHERE differs;
SELECT count(*) FILTER (WHERE differs) FROM dwello.compare_agent(job_id => t.user('rep1'), a => '{}', b => NULL);
SELECT a, b, t.try(format('SELECT dwello.compare_agent(job_id => t.user(''rep1''), a => %L, b => %L)', a, b), 'p1')
  FROM (VALUES ('{"x": 1}', '{}'), ('{}', '{"x": 1}')) AS v (a, b);
SELECT who, t.try('SELECT dwello.compare_agent(agent_id => t.user(''p1''), job_id => t.user(''rep1''))', who)
  FROM unnest(ARRAY['p2', 'h1']) AS who;

-- ----------------------------------------------------------------------
-- replay_decision
-- ----------------------------------------------------------------------
SELECT t.as_system();
SELECT bids, proposals FROM dwello.run_agents();
CREATE VIEW pg_temp.made AS SELECT u.name, a.* FROM dwello.ai_agent_activity AS a
  JOIN (VALUES ('p1'), ('p2'), ('p3')) AS u (name) ON a.user_id = t.user(u.name) WHERE a.job_id = t.user('rep1');
SELECT m.name, r.decision, r.reason, r.amount, r.base_amount, r.currency, r.is_equal, r.differences, r.made_by, r.replayed_by,
       r.win_probability = m.win_probability AS same_chance, r.trace -> 'inputs' = m.inputs AS same_inputs
  FROM pg_temp.made AS m, dwello.replay_decision(m.id) AS r ORDER BY m.name;
-- what the dry run said before is what was done
SELECT d.decision, d.amount = m.amount AS same_amount, d.win_probability = m.win_probability AS same_chance
  FROM pg_temp.made AS m, dwello.decide_agent(m.user_id, m.job_id) AS d ORDER BY m.name;
-- a row that was altered, of other rules, or of none
CREATE TEMPORARY TABLE first AS SELECT id, user_id FROM pg_temp.made WHERE name = 'p1';
SAVEPOINT altered;
UPDATE dwello.ai_agent_activity SET amount = amount + 1, win_probability = win_probability + 1e-15, core_version = 99
 WHERE id = (SELECT id FROM first);
SELECT is_equal, differences, made_by, replayed_by FROM first, dwello.replay_decision(first.id);
UPDATE dwello.ai_agent_activity SET inputs = '{"job.anchor": "x"}' WHERE id = (SELECT id FROM first);
SELECT t.try('SELECT dwello.replay_decision((SELECT id FROM first))');
UPDATE dwello.ai_agent_activity SET core_version = NULL WHERE id = (SELECT id FROM first);
SELECT t.try('SELECT dwello.replay_decision((SELECT id FROM first))');
ROLLBACK TO altered;
GRANT SELECT ON first TO PUBLIC;
SELECT who, t.try('SELECT is_equal FROM dwello.replay_decision((SELECT id FROM first))', who) AS of_mine,
       t.try('SELECT is_equal FROM dwello.replay_decision((SELECT id FROM first), t.user(''p1''))', who) AS of_p1
  FROM unnest(ARRAY['p1', 'p2', 'h1', 'a1', 's1']) AS who;
SELECT t.try('SELECT dwello.replay_decision(NULL)', 'p1') AS nothing, t.try('SELECT dwello.replay_decision(t.user(''nobody''))', 'a1') AS unknown;

-- ----------------------------------------------------------------------
-- agent_report
-- ----------------------------------------------------------------------
-- four more jobs; of the five, two were won, one lost, one given up, one waits
SELECT pg_temp.publish('rep' || n, 120000 + n * 3000) FROM generate_series(2, 5) AS n;
-- and one that is too large for the settings
SELECT pg_temp.publish('rep6', 500000);
SELECT bids, proposals, declines FROM dwello.run_agents();
INSERT INTO dwello.agent_outcomes (user_id, job_id, decision_id, outcome, amount, decided_at)
  SELECT a.user_id, a.job_id, a.id, v.outcome, a.amount, '2026-03-04 12:00+00'
    FROM (VALUES ('rep1', 'won'), ('rep2', 'won'), ('rep3', 'lost'), ('rep4', 'censored')) AS v (job, outcome)
    JOIN dwello.ai_agent_activity AS a ON a.job_id = t.user(v.job) AND a.user_id = t.user('p1') AND a.action_type = 'bid_submitted';
SET LOCAL dwello.now = '2026-03-05 18:00+00';
\x on
SELECT decisions, bids, won, lost, censored, win_rate, round(win_rate_decided::numeric, 4) AS decided, round(brier::numeric, 6) AS brier,
       round(log_score::numeric, 6) AS log_score, round(skill::numeric, 6) AS skill,
       round(calibration_error::numeric, 6) AS calibration_error, calibration, strategy,
       round(strategy_cost::numeric, 4) AS strategy_cost, round(planned_margin::numeric, 4) AS planned, completed,
       completed_planned_margin, completed_real_margin, reasons, advice, currency
  FROM dwello.agent_report(t.user('p1'));
\x off
-- of the figures by hand
SELECT round(avg((a.win_probability - (o.outcome = 'won')::integer) ^ 2)::numeric, 6) AS brier,
       round(avg(-ln(CASE o.outcome WHEN 'won' THEN a.win_probability ELSE 1 - a.win_probability END))::numeric, 6) AS log_score
  FROM dwello.agent_outcomes AS o JOIN dwello.ai_agent_activity AS a ON a.id = o.decision_id WHERE o.outcome <> 'censored';
-- what the margin made it miss, and the advice
SAVEPOINT advice;
SELECT version FROM dwello.configure_agent(t.user('p1'), min_margin_ppm => 900000);
SELECT pg_temp.publish('rep' || n) FROM generate_series(7, 8) AS n;
SELECT bids, proposals, declines FROM dwello.run_agents();
SELECT decisions, bids, reasons, advice FROM dwello.agent_report(t.user('p1'), '2026-03-05', '2026-03-06');
ROLLBACK TO advice;
-- premium gives up more than balanced does
SELECT a.strategy_cost < b.strategy_cost AS premium_costs_more
  FROM dwello.agent_report(t.user('p1')) AS a, dwello.agent_report(t.user('p3')) AS b;
-- a period, whose, and arguments
SELECT decisions, bids FROM dwello.agent_report(t.user('p1'), '2026-03-06', '2026-03-07');
SELECT who, t.try('SELECT decisions FROM dwello.agent_report()', who) AS own,
       t.try('SELECT decisions FROM dwello.agent_report(t.user(''p1''))', who) AS another
  FROM unnest(ARRAY['p1', 'p2', 'h1', 'a1', 's1']) AS who;
SELECT t.try('SELECT dwello.agent_report(t.user(''nobody''))') AS nobody, t.try('SELECT dwello.agent_report()') AS whose,
       t.try('SELECT dwello.agent_report(t.user(''p1''), ''2026-03-06'', ''2026-03-06'')') AS no_time,
       t.try('SELECT dwello.agent_report(t.user(''p1''), ''-infinity'')') AS ever;
-- the jobs that were done: planned, and as paid
UPDATE dwello.jobs SET status = 'completed', provider_id = t.user('p1'), is_listed = false, awarded_at = '2026-03-03 12:00+00',
    completed_at = '2026-03-04 12:00+00' WHERE id IN (t.user('rep1'), t.user('rep2'));
SELECT completed, round(completed_planned_margin::numeric, 4) AS planned, round(completed_real_margin::numeric, 4) AS real
  FROM dwello.agent_report(t.user('p1'));

-- ----------------------------------------------------------------------
-- backtest_agent
-- ----------------------------------------------------------------------
CREATE FUNCTION pg_temp.backtest(settings text) RETURNS text LANGUAGE sql AS $$
  SELECT pg_temp.row(format('SELECT jobs, bids, wins, revenue, cost, profit, currency, outcomes, declines
    FROM dwello.backtest_agent(t.user(''p1''), ''2026-03-01'', ''2026-03-04'', %L)', settings))
$$;
-- with its own settings it does what it did, and fares as it fared
SELECT b.jobs, b.bids, b.wins, b.revenue = s.sum AS as_it_was, b.profit = b.revenue - b.cost AS adds_up, b.currency, b.outcomes,
       b.parameters_version, b.declines, length(b.digest)
  FROM dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04') AS b,
       (SELECT sum(amount) FROM dwello.agent_outcomes WHERE user_id = t.user('p1') AND outcome = 'won') AS s;
SELECT round(b.brier::numeric, 6) = round(r.brier::numeric, 6) AS same_brier
  FROM dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04') AS b, dwello.agent_report(t.user('p1')) AS r;
SELECT s, pg_temp.backtest(s) FROM (VALUES ('{"strategy": "aggressive"}'), ('{"strategy": "premium"}'), ('{"max_bids_per_day": 2}'),
  ('{"max_project_value": 500000}'), ('{"mode": "shadow"}'), ('{"max_exposure": 200000}'), ('{"max_bid_radius_miles": 5}'),
  ('{"is_active": false}'), ('{"working_hours": {"sun": ["08:00", "12:00"]}}'), ('{"strategy": "cheap"}'), ('{"unknown": 1}')) AS v (s);
-- the same digest again, another with other settings
SELECT a.digest = b.digest AS same, a.digest <> c.digest AS other
  FROM dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04') AS a, dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04') AS b,
       dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04', '{"strategy": "premium"}') AS c;
-- what an edited job said at first, nobody knows any more
SAVEPOINT edited;
UPDATE dwello.jobs SET terms_version = 2 WHERE id = t.user('rep5');
SELECT pg_temp.backtest('{}');
ROLLBACK TO edited;
-- nobody looks ahead: what was reviewed, learned or paid later changes nothing
CREATE TEMPORARY TABLE was AS SELECT digest FROM dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04');
INSERT INTO dwello.reviews (job_id, homeowner_id, provider_id, reviewer_id, reviewee_id, rating, reveal_at, created_at)
  VALUES (t.user('rep1'), t.user('h1'), t.user('p1'), t.user('h1'), t.user('p1'), 1, '2026-03-02 00:01+00', '2026-03-02');
INSERT INTO dwello.market_prices (job_id, homeowner_id, provider_id, category_id, currency, longitude, latitude, released_on, amount, base_amount)
  SELECT t.user('price' || n), t.user('home' || n), t.user('pro' || n), :painting, 'USD', -122.4194, 37.7749, '2026-03-02', 80000, 80000
    FROM generate_series(1, 9) AS n;
INSERT INTO dwello.agent_parameters (user_id, version, status, parameters, based_on, samples, learned_until, promoted_at, created_at)
  VALUES (t.user('p1'), 1, 'live', '{"pace_ppm": 1}', 0, 9, '2026-03-02', '2026-03-01', '2026-03-01');
SELECT b.digest = was.digest AS unchanged, b.parameters_version FROM was, dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04') AS b;
-- (it is the clock that keeps them out: from a day earlier, they count)
SAVEPOINT earlier;
UPDATE dwello.reviews SET reveal_at = '2026-03-01 23:59+00' WHERE job_id = t.user('rep1');
SELECT b.digest = was.digest AS unchanged FROM was, dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04') AS b;
ROLLBACK TO earlier;
UPDATE dwello.market_prices SET released_on = '2026-03-01' WHERE job_id <> t.user('rep1');
SELECT b.digest = was.digest AS unchanged FROM was, dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04') AS b;
-- whose, and arguments
SELECT who, t.try('SELECT jobs FROM dwello.backtest_agent(from_time => ''2026-03-01'', to_time => ''2026-03-04'')', who) AS own,
       t.try('SELECT jobs FROM dwello.backtest_agent(t.user(''p1''), ''2026-03-01'', ''2026-03-04'')', who) AS another
  FROM unnest(ARRAY['p1', 'p2', 'h1', 'a1', 's1']) AS who;
SELECT t.try('SELECT dwello.backtest_agent(t.user(''p1''), NULL, ''2026-03-04'')') AS no_from,
       t.try('SELECT dwello.backtest_agent(t.user(''p1''), ''2026-03-04'', ''2026-03-04'')') AS no_time,
       t.try('SELECT dwello.backtest_agent(t.user(''p1''), ''-infinity'', ''2026-03-04'')') AS ever,
       t.try('SELECT dwello.backtest_agent(t.user(''nobody''), ''2026-03-01'', ''2026-03-04'')') AS nobody;

-- ----------------------------------------------------------------------
-- all of them in a transaction that can write nothing
-- ----------------------------------------------------------------------
CREATE TEMPORARY TABLE size AS SELECT (SELECT count(*) FROM dwello.ai_agent_activity) AS activity, (SELECT count(*) FROM dwello.outbox) AS outbox;
SET LOCAL transaction_read_only = on;
SELECT d.decision, c.items, r.is_equal, p.bids, b.jobs
  FROM dwello.decide_agent(t.user('p1'), t.user('rep5')) AS d,
       (SELECT count(*) AS items FROM dwello.compare_agent(t.user('p1'), t.user('rep5'))) AS c,
       dwello.replay_decision((SELECT id FROM first)) AS r, dwello.agent_report(t.user('p1')) AS p,
       dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04') AS b;
SELECT (SELECT count(*) FROM dwello.ai_agent_activity) = activity AS none_more, (SELECT count(*) FROM dwello.outbox) = outbox AS none_told FROM size;
ROLLBACK;
