--
-- cpu.sql
--	CPU of this backend for one release each way, in microseconds.
--

-- Lets one way release n times, each time for another job, in one
-- transaction; the next turn goes on with the job after the last.
CREATE FUNCTION bench.spend(way text, first integer, n integer) RETURNS float8
LANGUAGE plpgsql
AS $$
DECLARE
  homeowner uuid := bench.id('homeowner', 0);
  token text;
  turn text := nextval('bench.turn');
  started bigint;
  j bench.job;
BEGIN
  token := dwello.issue_token(homeowner);
  PERFORM dwello.login(token);
  PERFORM dwello.current_user_id();
  started := bench.cpu();
  FOR j IN SELECT * FROM bench.job AS t WHERE t.n BETWEEN first AND first + spend.n - 1 LOOP
    CASE way
      WHEN 'dwello' THEN
        PERFORM dwello.release_escrow(job_id => j.id, amount => 1000, idempotency_key => turn);
      WHEN 'without key' THEN
        PERFORM dwello.release_escrow(job_id => j.id, amount => 1000);
      WHEN 'with login' THEN
        PERFORM dwello.login(token);
        PERFORM dwello.release_escrow(job_id => j.id, amount => 1000, idempotency_key => turn);
      WHEN 'replayed' THEN
        PERFORM dwello.release_escrow(job_id => j.id, amount => 1000, idempotency_key => '1');  -- of the first turn
      WHEN 'plpgsql' THEN
        PERFORM bench.release_plpgsql(j.id, 1000, turn);
      WHEN 'less guards' THEN PERFORM bench.release_less_guards(j.id, 1000, turn);
      WHEN 'less job' THEN PERFORM bench.release_less_job(j.id, 1000, turn);
      WHEN 'less key' THEN PERFORM bench.release_less_key(j.id, 1000, turn);
      WHEN 'less milestones' THEN PERFORM bench.release_less_milestones(j.id, 1000, turn);
      WHEN 'less hash' THEN PERFORM bench.release_less_hash(j.id, 1000, turn);
      WHEN 'less entries' THEN PERFORM bench.release_less_entries(j.id, 1000, turn);
      WHEN 'less history' THEN PERFORM bench.release_less_history(j.id, 1000, turn);
      WHEN 'less outbox' THEN PERFORM bench.release_less_outbox(j.id, 1000, turn);
      WHEN 'cte' THEN
        PERFORM bench.release_cte(j.id, 1000, turn);
      WHEN 'bare' THEN
        PERFORM bench.release_bare(j.id, 1000);
    END CASE;
  END LOOP;
  RETURN (bench.cpu() - started) / 1000.0 / n;
END
$$;

-- Every way in turn, each in a transaction of its own, `rounds` times.  What
-- would leave the ledger in disorder is undone.
CREATE TABLE bench.spent (round integer, way text, us float8);
CREATE PROCEDURE bench.race(ways text[], rounds integer, n integer, jobs integer, undo boolean DEFAULT false)
LANGUAGE plpgsql
AS $$
DECLARE
  spent float8;
BEGIN
  FOR round IN 0 .. rounds LOOP
    FOR i IN 1 .. cardinality(ways) LOOP
      BEGIN
        spent := bench.spend(ways[i], 1 + round * n % jobs, n);
        IF undo THEN
          RAISE EXCEPTION SQLSTATE 'BENCH';
        END IF;
      EXCEPTION WHEN SQLSTATE 'BENCH' THEN
        NULL;
      END;
      COMMIT;
      -- round 0 makes the plans
      INSERT INTO bench.spent SELECT round, ways[i], spent WHERE round > 0;
    END LOOP;
  END LOOP;
END
$$;

-- The medians: of the CPU, and of dwello's over the way's in the same round.
CREATE FUNCTION bench.summary() RETURNS TABLE (way text, us float8, ratio float8)
LANGUAGE sql
AS $$
  SELECT s.way, percentile_cont(0.5) WITHIN GROUP (ORDER BY s.us),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY d.us / nullif(s.us, 0))
    FROM bench.spent AS s
    JOIN bench.spent AS d ON d.round = s.round AND d.way = 'dwello'
   GROUP BY s.way
   ORDER BY array_position('{dwello,bare,plpgsql,cte}', s.way), s.way
$$;

-- What each part of the work adds to the release in PL/pgSQL: the median of
-- the differences within a round, in microseconds and of the whole.
CREATE FUNCTION bench.additions() RETURNS TABLE (part text, us float8, share float8)
LANGUAGE sql
AS $$
  SELECT substr(s.way, 6), percentile_cont(0.5) WITHIN GROUP (ORDER BY d.us - s.us),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY 1 - s.us / nullif(d.us, 0))
    FROM bench.spent AS s
    JOIN bench.spent AS d ON d.round = s.round AND d.way = 'plpgsql'
   WHERE s.way LIKE 'less %'
   GROUP BY s.way ORDER BY 2 DESC
$$;

-- What n releases add to the tables, for one of them, without indexes and
-- with them.
CREATE FUNCTION bench.bytes(n integer, jobs integer)
RETURNS TABLE (name text, heap bigint, whole bigint)
LANGUAGE plpgsql
AS $$
DECLARE
  parts text[] := '{transactions, ledger_entries, outbox, escrow_events, idempotency_keys}';
  before jsonb := '{}';
  part text;
BEGIN
  FOREACH part IN ARRAY parts LOOP
    before := before || jsonb_build_object(
      part || '_all', pg_total_relation_size('dwello.' || part),
      part || '_heap', pg_relation_size('dwello.' || part));
  END LOOP;
  PERFORM bench.spend('dwello', 1, least(n, jobs));
  RETURN QUERY
    SELECT CASE WHEN p IN ('transactions', 'ledger_entries') THEN 'ledger' ELSE p END,
           (sum(pg_relation_size('dwello.' || p) - (before ->> (p || '_heap'))::bigint) / least(n, jobs))::bigint,
           (sum(pg_total_relation_size('dwello.' || p) - (before ->> (p || '_all'))::bigint) / least(n, jobs))::bigint
      FROM unnest(parts) AS p GROUP BY 1 ORDER BY min(array_position(parts, p));
END
$$;

-- fee_amount() over a call that does nothing, in nanoseconds a row.
CREATE FUNCTION bench.fee_ns(rounds integer, n integer) RETURNS numeric
LANGUAGE plpgsql
AS $$
DECLARE
  spent float8[] := '{}';
  a bigint;
  b bigint;
  c bigint;
BEGIN
  CREATE TEMP TABLE amount AS SELECT i::bigint * 37 AS i FROM generate_series(1, n) AS i;
  ANALYZE amount;
  FOR round IN 0 .. rounds LOOP
    a := bench.cpu();
    PERFORM count(int8larger(i, 0)) FROM amount;
    b := bench.cpu();
    PERFORM count(dwello.fee_amount(i, 50000, 0, 0, NULL)) FROM amount;
    c := bench.cpu();
    spent := spent || (c - b - (b - a))::float8 / n;
  END LOOP;
  DROP TABLE amount;
  RETURN (SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY t)::numeric, 1) FROM unnest(spent) AS t);
END
$$;

-- Entries that reconcile() checks in a second.  The peers chain their
-- transactions in a way of their own, so I6 has something to say of those.
CREATE FUNCTION bench.reconcile_rate() RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  started bigint := bench.cpu();
BEGIN
  IF EXISTS (SELECT FROM dwello.reconcile() AS r WHERE r.invariant <> 'I6') THEN
    RAISE 'the ledger is not in order';
  END IF;
  RETURN (SELECT count(*) FROM dwello.ledger_entries) * 1000000000 / (bench.cpu() - started);
END
$$;

-- Delivers a part of jobs first to last so long ago that silence is consent,
-- or will be in a while.  The first part divides the contract in two.
CREATE FUNCTION bench.make_due(first integer, last integer, part integer,
                               in_a interval DEFAULT '-1 day')
RETURNS void
LANGUAGE sql
AS $$
  UPDATE dwello.jobs SET status = 'in_progress', started_at = now()
    FROM bench.job AS j WHERE jobs.id = j.id AND j.n BETWEEN first AND last;
  INSERT INTO dwello.job_milestones (job_id, id, homeowner_id, provider_id, sort_order, title, amount, funded, status)
  SELECT m.job_id, dwello.uuidv7(), m.homeowner_id, m.provider_id, 2, 'The rest',
         m.amount - m.amount / 2, m.amount - m.amount / 2, 'funded'
    FROM dwello.job_milestones AS m JOIN bench.job AS j ON j.id = m.job_id
   WHERE j.n BETWEEN first AND last AND part = 1;
  UPDATE dwello.job_milestones AS m
     SET amount = m.amount / 2, funded = m.amount / 2
    FROM bench.job AS j WHERE m.job_id = j.id AND m.sort_order = part AND j.n BETWEEN first AND last AND part = 1;
  UPDATE dwello.job_milestones AS m
     SET status = 'submitted', submitted_at = now() - interval '20 days', auto_release_at = now() + in_a
    FROM bench.job AS j WHERE m.job_id = j.id AND m.sort_order = part AND j.n BETWEEN first AND last;
$$;
