--
-- agent_noninterference.sql
--	Nothing that an agent decides, learns or reports depends on what rivals
--	ask in sealed bids: the same story twice, with other amounts of every
--	live and losing bid of a person, and the same outcomes.
--
SET client_min_messages = warning;
BEGIN;
SELECT count(*) > 0 AS months FROM dwello.ensure_partitions(1, '2026-03-01');
CREATE TABLE t.seen (run integer, item text, value jsonb);
GRANT ALL ON t.seen TO PUBLIC;
-- The story, with bids of p2 at this price; what p1's agent makes of it goes into t.seen.
CREATE FUNCTION t.seen(run integer, rival bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('dwello.now', '2026-03-02 18:00+00', true);
  PERFORM t.login_as('a1');
  PERFORM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
  PERFORM t.login_as('p1');
  PERFORM dwello.configure_agent(is_active => true, mode => 'auto', costs => '{"hourly_rate": 4000}',
    preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid]);
  FOR n IN 1 .. 6 LOOP
    PERFORM t.login_as('h1');
    PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Hall', 'All of it.', -122.4194, 37.7749,
      budget_min => 80000, budget_max => 120000, estimated_duration_hours => 16, job_id => t.user('quiet' || n));
    PERFORM dwello.publish_job(t.user('quiet' || n));
    PERFORM t.login_as('p2');
    PERFORM dwello.submit_bid(t.user('quiet' || n), labor_cost => rival + 100 * n, timeline_days => 3);
  END LOOP;
  PERFORM t.as_system();
  PERFORM dwello.run_agents(run_for => '1 min');
  INSERT INTO dwello.agent_outcomes (user_id, job_id, decision_id, outcome, amount, decided_at)
    SELECT a.user_id, a.job_id, a.id, CASE WHEN n % 2 = 0 THEN 'won' ELSE 'lost' END, a.amount, '2026-03-03 12:00+00'
      FROM generate_series(1, 5) AS n JOIN dwello.ai_agent_activity AS a ON a.job_id = t.user('quiet' || n) AND a.user_id = t.user('p1');
  PERFORM dwello.learn_agents();
  PERFORM set_config('dwello.now', '2026-03-04 18:00+00', true);
  INSERT INTO t.seen
    SELECT run, 'decision ' || a.job_id, to_jsonb(a) - 'id' - 'created_at' FROM dwello.ai_agent_activity AS a WHERE a.user_id = t.user('p1')
    UNION ALL SELECT run, 'learned', to_jsonb(p) - 'created_at' FROM dwello.agent_parameters AS p WHERE p.user_id = t.user('p1')
    UNION ALL SELECT run, 'report', to_jsonb(r) FROM dwello.agent_report(t.user('p1')) AS r
    UNION ALL SELECT run, 'backtest', to_jsonb(b) FROM dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04') AS b
    UNION ALL SELECT run, 'other backtest', to_jsonb(b)
      FROM dwello.backtest_agent(t.user('p1'), '2026-03-01', '2026-03-04', '{"strategy": "premium", "parameters_version": 1}') AS b
    UNION ALL SELECT run, 'dry run ' || n, to_jsonb(d) FROM generate_series(1, 6) AS n,
      dwello.decide_agent(t.user('p1'), t.user('quiet' || n)) AS d
    UNION ALL SELECT run, 'dry run of the learned ' || n, to_jsonb(d) FROM generate_series(1, 6) AS n,
      dwello.decide_agent(t.user('p1'), t.user('quiet' || n), '{"parameters_version": 1}') AS d;
END
$$;
-- each run is rolled back; only what was seen is taken over
CREATE FUNCTION t.run_apart(run integer, rival bigint) RETURNS SETOF t.seen LANGUAGE plpgsql AS $$
DECLARE
  found t.seen[];
BEGIN
  BEGIN
    PERFORM t.seen(run, rival);
    SELECT array_agg(s) INTO found FROM t.seen AS s;
    RAISE EXCEPTION USING errcode = 'P0004';
  EXCEPTION WHEN assert_failure THEN
    NULL;
  END;
  RETURN QUERY SELECT s.* FROM unnest(found) AS s;
END
$$;
CREATE TABLE t.two AS
  SELECT * FROM t.run_apart(1, 50000) UNION ALL SELECT * FROM t.run_apart(2, 119000) UNION ALL SELECT * FROM t.run_apart(3, 92900);
SELECT run, count(*), count(*) FILTER (WHERE item LIKE 'decision %' AND value ->> 'action_type' = 'bid_submitted') AS bids,
       max(value ->> 'samples') FILTER (WHERE item = 'learned') AS samples
  FROM t.two GROUP BY run ORDER BY run;
-- what differs from the first run: nothing
SELECT b.run, b.item FROM t.two AS a JOIN t.two AS b USING (item) WHERE a.run = 1 AND b.run > 1 AND a.value IS DISTINCT FROM b.value ORDER BY 1, 2;
ROLLBACK;
