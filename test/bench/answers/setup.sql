--
-- setup.sql
--	Made-up agents that know their costs, beside those of
--	matching/generate.sql, and functions that publish and answer jobs.
--
SET client_min_messages = warning;
SELECT FROM dwello.create_keyring();
SELECT count(*) FROM dwello.ensure_partitions(1, bench.now()::date);

-- one who may switch agents on for everybody
SELECT FROM dwello.register_user(email => 'a@example.test', user_type => 'admin', first_name => 'A', last_name => 'Bench',
  user_id => bench.id('admin', 0));
SELECT FROM dwello.verify_user(bench.id('admin', 0), 'email');
BEGIN;
SELECT FROM dwello.login(dwello.issue_token(bench.id('admin', 0)));
SELECT FROM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
COMMIT;

-- What publishing freezes, which jobs that are inserted lack.
UPDATE dwello.jobs
   SET estimated_duration_hours = 8, reference_source = 'budget_midpoint',
       weights = '{"price": 4000, "rating": 2000, "distance": 500, "timeline": 1000, "warranty": 500, "reliability": 1000,
                   "qualification": 500, "responsiveness": 500}';

-- Agents whose work costs little bid on what they are shown; where an hour
-- costs more than anybody pays they decline, after all guards but the last
-- few.
CREATE FUNCTION bench.costs(hourly_rate bigint) RETURNS void
LANGUAGE sql
AS $$
  UPDATE dwello.ai_bidding_agents
     SET costs = jsonb_build_object('hourly_rate', hourly_rate), max_bids_per_day = 20, tier = 'enterprise', max_open_jobs = 100
$$;

-- Work of :jobs open jobs, none of them answered yet.
CREATE FUNCTION bench.wake(jobs integer) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  DELETE FROM dwello.bid_versions;
  DELETE FROM dwello.bids;
  TRUNCATE dwello.agent_answers, dwello.ai_agent_activity, dwello.agent_day_counters, dwello.agent_work, dwello.outbox, dwello.outbox_deliveries;
  INSERT INTO dwello.agent_work (job_id, terms_version, created_at)
    SELECT j.id, j.terms_version, j.published_at FROM dwello.jobs AS j
     WHERE j.status = 'open' AND j.currency = 'USD' AND j.deleted_at IS NULL AND j.expires_at > bench.now()
     ORDER BY hashtext(j.id::text) LIMIT jobs;
END
$$;

-- CPU that this backend has used, in nanoseconds.  The kernel brings the
-- figure up to date when the process sleeps.
CREATE FUNCTION bench.cpu() RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_sleep(0.000001);
  RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1);
END
$$;

-- Microseconds of CPU that publishing the nth hundred of drafts takes, a job.
CREATE FUNCTION bench.publish(n integer, wakes boolean) RETURNS float8
LANGUAGE plpgsql
AS $$
DECLARE
  begun bigint;
  ids uuid[] := ARRAY(SELECT bench.id('draft', n * 100 + i) FROM generate_series(1, 100) AS i);
  one uuid;
BEGIN
  EXECUTE format('ALTER TABLE dwello.jobs %s TRIGGER enqueue_agents', CASE WHEN wakes THEN 'ENABLE' ELSE 'DISABLE' END);
  PERFORM dwello.post_job(c.id, 'Hall', 'All of it.', -122.42, 37.77, budget_max => 120000, estimated_duration_hours => 8,
                          job_id => i)
    FROM unnest(ids) AS i, (SELECT bench.category(1, 1) AS id) AS c;
  begun := bench.cpu();
  FOREACH one IN ARRAY ids LOOP
    PERFORM dwello.publish_job(one);
  END LOOP;
  RETURN (bench.cpu() - begun) / 1000.0 / 100;
END
$$;

-- The median of publishing with agents woken over that without, in rounds
-- in turn.
CREATE FUNCTION bench.publish_ratio(rounds integer) RETURNS TABLE (us float8, ratio float8)
LANGUAGE plpgsql
AS $$
DECLARE
  with_agents float8;
  without float8;
BEGIN
  PERFORM dwello.login(dwello.issue_token(bench.id('homeowner', 1)));
  CREATE TEMP TABLE lap (us float8, ratio float8);
  FOR i IN 0..rounds LOOP
    IF i % 2 = 0 THEN
      with_agents := bench.publish(2 * i, true);
      without := bench.publish(2 * i + 1, false);
    ELSE
      without := bench.publish(2 * i + 1, false);
      with_agents := bench.publish(2 * i, true);
    END IF;
    -- the first round warms up
    IF i > 0 THEN
      INSERT INTO lap VALUES (with_agents, with_agents / without);
    END IF;
  END LOOP;
  ALTER TABLE dwello.jobs ENABLE TRIGGER enqueue_agents;
  RETURN QUERY SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY l.us), percentile_cont(0.5) WITHIN GROUP (ORDER BY l.ratio)
    FROM lap AS l;
END
$$;
