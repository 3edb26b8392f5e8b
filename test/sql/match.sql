--
-- match.sql
--	Keys of jobs, queries, the operator class, and match_jobs.
--
\set QUIET on
SET search_path = dwello, public;

-- The term that alone has a weight, of a job 0.1 degree north of the centre.
CREATE FUNCTION t.term(term int, budget_min bigint, budget_max bigint, urgency int, age interval)
RETURNS numeric
LANGUAGE sql
AS $$
  SELECT round(job_score(
    dwello.job_key(10, 50.1, 'd0000000-0000-7000-8000-000000000011', '2026-01-10 12:00+00'::timestamptz - age,
                   budget_min, budget_max, 'USD', urgency, 0),
    dwello.job_query(10, 50, 25, '2026-01-10 12:00+00',
                     ARRAY['d0000000-0000-7000-8000-000000000001', 'd0000000-0000-7000-8000-000000000011']::uuid[],
                     ARRAY[1, 0.8],
                     weights => ARRAY(SELECT (n = term)::int::float8 FROM generate_series(1, 5) AS n)))::numeric, 9)
$$;

-- the five terms: 1 - 6.909 miles / 25, 0.4, 0.8, 2/3, 1/2
SELECT n, t.term(n, 100000, 200000, 2, '3 days') FROM generate_series(1, 5) AS n;
-- budgets: none, the least alone, more than the reference; posted later
SELECT t.term(2, NULL, NULL, 0, '0'), t.term(2, 50000, NULL, 0, '0'), t.term(2, NULL, 900000, 0, '0'),
       t.term(5, NULL, NULL, 0, '-1 hour');

-- a key says where and what; nothing before publication
SELECT dwello.job_key(180, -90, 'd0000000-0000-7000-8000-000000000011', now(), NULL, NULL, 'USD', 0, 0),
       dwello.job_key(180, -90, 'd0000000-0000-7000-8000-000000000011', NULL, NULL, NULL, 'USD', 0, 0) IS NULL AS none;
SELECT dwello.job_query(-179.5, 1.25, 2, now());

-- what matches: each filter alone
CREATE TEMP TABLE asked (what text, query dwello.job_query);
INSERT INTO asked VALUES
  ('all', dwello.job_query(179.99, 0, 25, '2026-01-10')),
  ('smaller radius', dwello.job_query(179.99, 0, 1, '2026-01-10')),
  ('before', dwello.job_query(179.99, 0, 25, '2026-01-08')),
  ('its category', dwello.job_query(179.99, 0, 25, '2026-01-10', '{d0000000-0000-7000-8000-000000000011}')),
  ('another', dwello.job_query(179.99, 0, 25, '2026-01-10', '{d0000000-0000-7000-8000-000000000012}')),
  ('another first', dwello.job_query(179.99, 0, 25, '2026-01-10', '{d0000000-0000-7000-8000-000000000012}', others_fit => 0)),
  ('no category', dwello.job_query(179.99, 0, 25, '2026-01-10', '{}')),
  ('richer', dwello.job_query(179.99, 0, 25, '2026-01-10', budget_min => 2001)),
  ('poorer', dwello.job_query(179.99, 0, 25, '2026-01-10', budget_max => 999)),
  ('budget touches', dwello.job_query(179.99, 0, 25, '2026-01-10', budget_min => 2000, budget_max => 9000)),
  ('currency', dwello.job_query(179.99, 0, 25, '2026-01-10', currency => 'EUR')),
  ('ceiling', dwello.job_query(179.99, 0, 25, '2026-01-10', ceiling => 0.1));
SELECT what, k.key @@@ query AS free, l.key @@@ query AS licensed
  FROM asked,
       dwello.job_key(-179.99, 0, 'd0000000-0000-7000-8000-000000000011', '2026-01-09', 1000, 2000, 'USD', 3, 0) AS k (key),
       dwello.job_key(-179.99, 0, 'd0000000-0000-7000-8000-000000000011', '2026-01-09', 1000, 2000, 'USD', 3, 1) AS l (key);
SELECT dwello.job_matches(k.key, query), dwello.job_distance(k.key, query) + dwello.job_score(k.key, query) AS one
  FROM dwello.job_key(0, 0, 'd0000000-0000-7000-8000-000000000011', '2026-01-09', 1000, 2000, 'USD', 3, 5) AS k (key),
       dwello.job_query(0, 0, 25, '2026-01-10', capabilities => 7) AS query;

-- refused, each by its argument
SELECT t.try(format('SELECT dwello.job_query(%s)', arguments))
  FROM unnest(ARRAY['181, 0, 5, now()', '0, ''NaN'', 5, now()', '0, ''Infinity'', 5, now()', '0, 91, 5, now()',
    '0, 0, 0, now()', '0, 0, -1, now()', '0, 0, ''NaN'', now()', '0, 0, 12451, now()', '0, 0, 5, NULL', 'NULL, 0, 5, now()',
    '0, 0, 5, now(), ''{NULL}''', '0, 0, 5, now(), ''{}'', ''{1}''',
    '0, 0, 5, now(), ''{d0000000-0000-7000-8000-000000000011}'', ''{1.5}''', '0, 0, 5, now(), others_fit => ''NaN''',
    '0, 0, 5, now(), budget_min => -1', '0, 0, 5, now(), budget_min => 5, budget_max => 4',
    '0, 0, 5, now(), currency => ''usd''', '0, 0, 5, now(), capabilities => -1',
    '0, 0, 5, now(), weights => ''{0,0,0,0,0}''', '0, 0, 5, now(), weights => ''{1,0,0,0,-1}''',
    '0, 0, 5, now(), weights => ''{1,0,0,0,NaN}''', '0, 0, 5, now(), weights => ''{1}''',
    '0, 0, 5, now(), reference_budget => 0', '0, 0, 5, now(), freshness_hours => ''Infinity''',
    '0, 0, 5, now(), ceiling => -1']) AS arguments;
SELECT t.try(format('SELECT dwello.job_key(%s)', arguments))
  FROM unnest(ARRAY['181, 0, gen_random_uuid(), now(), 1, 2, ''USD'', 0, 0', '0, ''NaN'', gen_random_uuid(), now(), 1, 2, ''USD'', 0, 0',
    '0, 0, NULL, now(), 1, 2, ''USD'', 0, 0', '0, 0, gen_random_uuid(), now(), 2, 1, ''USD'', 0, 0',
    '0, 0, gen_random_uuid(), now(), 1, 2, ''US'', 0, 0', '0, 0, gen_random_uuid(), now(), 1, 2, ''USD'', 4, 0',
    '0, 0, gen_random_uuid(), now(), 1, 2, ''USD'', 0, -1']) AS arguments;
SELECT t.try('SELECT ''x''::dwello.job_key'), t.try('SELECT ''x''::dwello.job_query');

-- a tree that is built, one that grows, one that was emptied and filled
-- again, against the sort of everything
CREATE TABLE t.places AS
  SELECT n, dwello.job_key(round((n * 0.618034 - floor(n * 0.618034))::numeric * 4, 2)::float8,
           50 + round((n * 0.754878 - floor(n * 0.754878))::numeric * 2, 2)::float8,
           md5('category ' || n % 7)::uuid, '2026-01-10'::timestamptz - n * interval '11 minutes',
           n * 37 % 5000, 5000 + n * 91 % 90000, CASE WHEN n % 50 = 0 THEN 'EUR' ELSE 'USD' END, n % 4, n % 11 / 8) AS key
    FROM generate_series(1, 6000) AS n;
CREATE FUNCTION t.scores(by_index boolean, query dwello.job_query, places regclass) RETURNS float8[]
LANGUAGE plpgsql
SET enable_bitmapscan = off
AS $$
DECLARE
  scores float8[];
BEGIN
  PERFORM set_config('enable_indexscan', by_index::text, true), set_config('enable_seqscan', (NOT by_index)::text, true);
  EXECUTE format('SELECT array_agg(s.score) FROM (SELECT dwello.job_score(p.key, $1) AS score FROM %s AS p
    WHERE p.key OPERATOR(dwello.@@@) $1 ORDER BY p.key OPERATOR(dwello.<~>) $1 LIMIT 100) AS s', places)
    INTO scores USING query;
  RETURN scores;
END
$$;
CREATE FUNCTION t.compared(places regclass) RETURNS TABLE (queries bigint, empty bigint, different bigint)
LANGUAGE sql
AS $$
  SELECT count(*), count(*) FILTER (WHERE s.b IS NULL), count(*) FILTER (WHERE s.a IS DISTINCT FROM s.b)
    FROM (SELECT t.scores(true, query, places) AS a, t.scores(false, query, places) AS b
            FROM generate_series(1, 40) AS n,
                 dwello.job_query(n % 8 * 0.5, 50 + n % 5 * 0.5, 3 + n * n % 60, '2026-01-10'::timestamptz - n % 3 * interval '1 day',
                   CASE WHEN n % 4 > 0 THEN ARRAY(SELECT md5('category ' || c)::uuid FROM generate_series(1, n % 4) AS c) END,
                   others_fit => CASE WHEN n % 8 > 4 THEN 0 END, budget_min => nullif(n % 3, 0) * 20000,
                   capabilities => n % 2, ceiling => CASE WHEN n % 5 = 0 THEN 0.5 END) AS query) AS s
$$;
CREATE INDEX places_built ON t.places USING gist (key);
SELECT * FROM t.compared('t.places');
CREATE TABLE t.grown (LIKE t.places);
CREATE INDEX places_grown ON t.grown USING gist (key);
INSERT INTO t.grown SELECT * FROM t.places ORDER BY n * 7 % 6000;
SELECT * FROM t.compared('t.grown');
DELETE FROM t.grown WHERE n % 3 = 0;
VACUUM t.grown;
INSERT INTO t.grown SELECT * FROM t.places WHERE n % 3 = 0;
SELECT * FROM t.compared('t.grown');
REINDEX INDEX CONCURRENTLY t.places_grown;
SELECT * FROM t.compared('t.grown');

-- the planner expects some rows, never all and never fails
CREATE FUNCTION t.expected(filter text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  line text;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM t.places AS p WHERE ' || filter INTO line;
  line := line::jsonb -> 0 -> 'Plan' ->> 'Plan Rows';
  RETURN CASE WHEN line::int <= 1 THEN 'one' WHEN line::int < 100 THEN 'few' WHEN line::int < 6000 THEN 'some' ELSE 'all' END;
END
$$;
ANALYZE t.places;
SELECT t.expected('p.key @@@ dwello.job_query(0, 50, 25, ''2026-01-10'')') AS near,
       t.expected('p.key @@@ dwello.job_query(0, 50, 1000, ''2026-01-10'')') AS far,
       t.expected('p.key @@@ dwello.job_query(0, 50, 12450, ''2026-01-10'')') AS everywhere,
       t.expected('p.key @@@ dwello.job_query(0, 50, 1000, ''2026-01-10'', ''{}'')') AS nothing,
       t.expected('p.key @@@ NULL') AS nobody,
       t.expected('p.key @@@ (SELECT dwello.job_query(0, 50, 1000, ''2026-01-10''))') AS unknown;

DROP TABLE t.places, t.grown;
DROP FUNCTION t.term, t.scores, t.compared, t.expected;
