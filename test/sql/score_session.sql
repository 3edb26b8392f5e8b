--
-- score_session.sql
--	No setting of a session changes a score, a rank or a reason: neither when
--	bids are made nor when they are looked at.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 23:30:00+00';

-- A job of h1 in every mode, by every method, with three bids each; in open
-- mode two go down by themselves where that is of use.
CREATE FUNCTION t.session_jobs() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  mode dwello.bid_mode;
  method dwello.scoring_method;
  job uuid;
  lowest bigint;
BEGIN
  FOR mode, method IN SELECT m, s FROM unnest(enum_range(NULL::dwello.bid_mode)) AS m,
    unnest(enum_range(NULL::dwello.scoring_method)) AS s
  LOOP
    job := t.user(mode || ' ' || method);
    lowest := CASE WHEN mode = 'open' AND method <> 'fixed_budget_quality' THEN 60001 END;
    PERFORM t.login_as('h1');
    PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', mode || ' ' || method, 'In any session.',
      -122.4194, 37.7749, budget_min => 80000, budget_max => 120001, estimated_duration_hours => 30, bid_mode => mode,
      scoring_method => method, preferred_start_date => '2027-03-02', preferred_end_date => '2027-03-02',
      requirements => '[{"requirement_type": "license", "requirement_value": "C-33", "is_mandatory": false, "weight": 3}]', job_id => job);
    PERFORM dwello.publish_job(job);
    PERFORM t.login_as('p1');
    PERFORM dwello.submit_bid(job, 99999, 1234, timeline_days => 7, lowest_amount => lowest + 5000, bid_id => t.user(mode || ' ' || method || ' p1'));
    PERFORM t.login_as('p2');
    PERFORM dwello.submit_bid(job, 88888, timeline_days => 9, warranty_months => 5, lowest_amount => lowest, bid_id => t.user(mode || ' ' || method || ' p2'));
    PERFORM t.login_as('p3');
    PERFORM dwello.submit_bid(job, 77777, timeline_days => 11, bid_id => t.user(mode || ' ' || method || ' p3'));
  END LOOP;
  PERFORM t.as_system();
  PERFORM dwello.refresh_ranks();
END
$$;

-- All that is said of them, in one number.
CREATE FUNCTION t.session_digest() RETURNS text
LANGUAGE sql
AS $$
  SELECT md5(string_agg(said, E'\n' ORDER BY name, said COLLATE "C"))
    FROM (SELECT m || ' ' || s AS name FROM unnest(enum_range(NULL::dwello.bid_mode)) AS m, unnest(enum_range(NULL::dwello.scoring_method)) AS s) AS j,
         LATERAL (SELECT 'rank ' || r::text AS said FROM dwello.rank_bids(t.user(name)) AS r
                  UNION ALL
                  SELECT 'score ' || s::text || e::text FROM unnest(ARRAY['p1', 'p2', 'p3']) AS p,
                    dwello.score_bid(t.user(name), t.user(name || ' ' || p)) AS s, dwello.explain_bid(t.user(name), t.user(name || ' ' || p)) AS e
                  UNION ALL
                  SELECT 'robust ' || a::text FROM dwello.award_robustness(t.user(name)) AS a
                  UNION ALL
                  SELECT 'bid ' || b.score_total || b.score_inputs::text FROM dwello.bids AS b WHERE b.job_id = t.user(name)
                  UNION ALL
                  SELECT 'third ' || r.bid_id::text || r.third FROM dwello.bid_ranks AS r WHERE r.job_id = t.user(name)) AS x
$$;

-- A session that is set otherwise than this one.
CREATE TEMP TABLE session (n integer, name text, value text);
INSERT INTO session VALUES
  (1, 'timezone', 'Pacific/Kiritimati'), (2, 'timezone', 'Pacific/Pago_Pago'), (3, 'datestyle', 'German, DMY'),
  (4, 'intervalstyle', 'sql_standard'), (5, 'extra_float_digits', '-15'), (6, 'bytea_output', 'escape'),
  (7, 'lc_numeric', 'C'), (8, 'enable_indexscan', 'off'), (9, 'enable_seqscan', 'off'), (10, 'enable_hashjoin', 'off'),
  (11, 'plan_cache_mode', 'force_custom_plan'), (12, 'jit_above_cost', '0'), (13, 'work_mem', '64kB'),
  (14, 'parallel', 'on'), (15, 'search_path', 'pg_temp');

-- Sets one of them for the rest of the transaction.
CREATE FUNCTION t.session_set(n integer) RETURNS void
LANGUAGE sql
AS $$
  SELECT set_config(g.name, CASE g.name WHEN 'min_parallel_table_scan_size' THEN '0' ELSE s.value END, true)
    FROM session AS s JOIN pg_settings AS g
      ON g.name = lower(s.name) OR lower(g.name) = s.name
      OR s.name = 'parallel' AND g.name IN ('force_parallel_mode', 'debug_parallel_query', 'min_parallel_table_scan_size')
   WHERE s.n = session_set.n
$$;

-- one digest, however it is looked at
BEGIN;
SELECT t.session_jobs();
SELECT t.session_digest() AS digest \gset
SAVEPOINT s;
CREATE FUNCTION t.session_differs(digest text) RETURNS TABLE (name text, value text)
LANGUAGE plpgsql
AS $$
DECLARE
  n integer;
  found text;
BEGIN
  FOR n, name, value IN SELECT s.n, s.name, s.value FROM session AS s ORDER BY s.n LOOP
    BEGIN
      PERFORM t.session_set(n);
      found := t.session_digest();
      RAISE EXCEPTION SQLSTATE 'XX123';
    EXCEPTION WHEN SQLSTATE 'XX123' THEN NULL;
    END;
    IF found IS DISTINCT FROM digest THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END
$$;
SELECT * FROM t.session_differs(:'digest');
-- that a difference is seen
UPDATE dwello.bids SET score_total = score_total + 1 WHERE id = t.user('sealed value p2');
SELECT count(*) FROM t.session_differs(:'digest');
ROLLBACK;

-- nor however they are made
CREATE FUNCTION t.session_make(n integer) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  found text;
BEGIN
  BEGIN
    PERFORM t.session_set(n);
    PERFORM t.session_jobs();
    PERFORM set_config('timezone', 'UTC', true);
    found := t.session_digest();
    RAISE EXCEPTION SQLSTATE 'XX123';
  EXCEPTION WHEN SQLSTATE 'XX123' THEN NULL;
  END;
  RETURN found;
END
$$;
SELECT s.n, s.name, s.value FROM session AS s WHERE s.n IN (1, 2, 3, 5, 14, 15) AND t.session_make(s.n) IS DISTINCT FROM :'digest';
DROP FUNCTION t.session_jobs, t.session_digest, t.session_set, t.session_make;
