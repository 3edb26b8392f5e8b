--
-- key_type.sql
--	The types of keys and queries as text and in binary.
--
SET search_path = dwello, public;

-- every base type of the extension is read and written both ways
SELECT t.typname, t.typlen, t.typinput, t.typoutput, t.typreceive, t.typsend
  FROM pg_type AS t
 WHERE t.typnamespace = 'dwello'::regnamespace AND t.typtype = 'b' AND t.typelem = 0
 ORDER BY t.typname COLLATE "C";

-- the forms
SELECT job_key(180, -90, 'd0000000-0000-7000-8000-000000000011', '2026-01-10', NULL, 5000, 'USD', 3, 7);
SELECT job_query(-179.5, 1.25, 10, '2026-01-10', '{d0000000-0000-7000-8000-000000000001, d0000000-0000-7000-8000-000000000011}',
                 '{1, 0.8}', budget_min => 7, capabilities => 31);
SELECT agent_key(-122.42, 37.77, 25, NULL, NULL, NULL, NULL, NULL, NULL) AS circle;
SELECT agent_key(-122.42, 37.77, NULL, NULL, '{d0000000-0000-7000-8000-000000000011}', 5, 6, 'EUR', 3, '2026-01-01', '2026-12-31') AS point;
SELECT agent_key(NULL, NULL, NULL, '{-180, -90, 180, 90}', NULL, 5, NULL, 'EUR', 3) AS area;
SELECT agent_query(-122.42, 37.77, 25, '{d0000000-0000-7000-8000-000000000011}', 5, NULL, 'EUR', 3);
SELECT job_key_send(job_key(180, -90, 'd0000000-0000-7000-8000-000000000011', '2026-01-10', NULL, 5000, 'USD', 3, 7));

-- each of many values comes back as it was, whatever the settings of the session
CREATE TABLE t.value AS
  SELECT n, job_key(n * 3 % 360 - 180 + 1 / 3.0, n % 180 - 90 + 0.0000001 * n, md5(n::text)::uuid, '2026-01-10'::timestamptz - n * interval '1.5 hours',
                    nullif(n % 5, 0) * 100, CASE WHEN n % 3 = 0 THEN 100000 + n END, CASE WHEN n % 2 = 0 THEN 'USD' ELSE 'EUR' END, n % 4, n % 32) AS job_key,
         job_query(n * 7 % 360 - 180 + 1 / 7.0, n % 90 + 1 / n::float8, n * 31 / 3.0, '2026-01-10'::timestamptz - n * interval '1.1 hours',
                   CASE WHEN n % 4 = 1 THEN ARRAY(SELECT md5((n + c)::text)::uuid FROM generate_series(1, n % 40) AS c) END,
                   CASE WHEN n % 4 = 1 THEN ARRAY(SELECT 1 / c::float8 FROM generate_series(1, n % 40) AS c) END,
                   others_fit => CASE WHEN n % 3 = 0 THEN 1 / 3.0 END, budget_min => nullif(n % 5, 0) * 100, currency => 'EUR', capabilities => CASE WHEN n % 2 = 0 THEN 31 ELSE n % 32 END,
                   weights => ARRAY[n, 2, 3, 4, 5], reference_budget => 1000.0 * n, freshness_hours => n / 2.0,
                   ceiling => CASE WHEN n % 2 = 0 THEN n / 301.0 END) AS job_query,
         agent_key(CASE WHEN n % 3 > 0 THEN n % 360 - 180 + 1 / 3.0 END, n % 180 - 90 + 1 / 3.0, CASE WHEN n % 3 = 1 THEN n / 7.0 END,
                   CASE WHEN n % 3 = 0 THEN ARRAY[n % 90, n % 45, n % 90 + 1 / 3.0, n % 45 + 1 / 3.0] END,
                   ARRAY(SELECT md5((n + c)::text)::uuid FROM generate_series(1, n % 12) AS c), nullif(n % 5, 0) * 100, NULL,
                   CASE WHEN n % 4 > 0 THEN 'EUR' END, CASE WHEN n % 7 > 0 THEN n % 32 END, CASE WHEN n % 2 = 0 THEN '2026-01-01'::date + n END) AS agent_key,
         agent_query(n % 360 - 180 + 1 / 3.0, n % 180 - 90 + 1 / 3.0, CASE WHEN n % 2 = 0 THEN n / 7.0 END,
                     ARRAY(SELECT md5((n + c)::text)::uuid FROM generate_series(0, n % 10) AS c), nullif(n % 5, 0) * 100, NULL, 'EUR', n % 32) AS agent_query
    FROM generate_series(1, 300) AS n;
CREATE TABLE t.text AS
  SELECT n, job_key::text, job_query::text, agent_key::text, agent_query::text FROM t.value;
SET extra_float_digits = 0;
SET datestyle = 'SQL, DMY';
SET timezone = 'Asia/Kolkata';
CREATE TABLE t.again AS
  SELECT n, job_key::dwello.job_key, job_query::dwello.job_query, agent_key::dwello.agent_key, agent_query::dwello.agent_query FROM t.text;
SELECT count(*) AS rows,
       count(*) FILTER (WHERE v.job_key::text = x.job_key AND v.job_query::text = x.job_query AND v.agent_key::text = x.agent_key
                          AND v.agent_query::text = x.agent_query) AS same_text,
       count(*) FILTER (WHERE job_key_send(v.job_key) = job_key_send(a.job_key) AND job_query_send(v.job_query) = job_query_send(a.job_query)
                          AND agent_key_send(v.agent_key) = agent_key_send(a.agent_key)
                          AND agent_query_send(v.agent_query) = agent_query_send(a.agent_query)) AS same_binary,
       count(DISTINCT x.job_query) AS queries
  FROM t.value AS v JOIN t.text AS x USING (n) JOIN t.again AS a USING (n);
RESET extra_float_digits;
RESET datestyle;
RESET timezone;
-- and says the same of everything, to the last bit
SELECT count(*) FILTER (WHERE v.job_key @@@ w.job_query) AS jobs,
       count(*) FILTER (WHERE (v.job_key @@@ w.job_query) IS DISTINCT FROM (a.job_key @@@ b.job_query)
                           OR (v.job_key <~> w.job_query) IS DISTINCT FROM (a.job_key <~> b.job_query)) AS different
  FROM t.value AS v JOIN t.again AS a USING (n), t.value AS w JOIN t.again AS b USING (n);
SELECT count(*) FILTER (WHERE v.agent_key @@@ w.agent_query) > 100 AS agents,
       count(*) FILTER (WHERE (v.agent_key @@@ w.agent_query) IS DISTINCT FROM (a.agent_key @@@ b.agent_query)) AS different
  FROM t.value AS v JOIN t.again AS a USING (n), t.value AS w JOIN t.again AS b USING (n);
DROP TABLE t.value, t.text, t.again;

-- what is no such value: damaged, too short, too long, of another version, out of range
CREATE FUNCTION t.read(type text, text text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('SELECT %L::dwello.%I', text, type) INTO text;
  RETURN text;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;
-- t.word(n, value): the text of a value with another word at that place
CREATE FUNCTION t.word(text text, n int, word text) RETURNS text
LANGUAGE sql
RETURN overlay(text PLACING word FROM 16 * n + 1 FOR 16);
CREATE TEMP TABLE good AS
  SELECT 'job_key' AS type, job_key(0, 0, 'd0000000-0000-7000-8000-000000000011', '2026-01-10', 1, 2, 'AAB', 3, 7)::text AS text
  UNION ALL SELECT 'job_query', job_query(0, 0, 5, '2026-01-10', '{d0000000-0000-7000-8000-000000000011}')::text
  UNION ALL SELECT 'agent_key', agent_key(0, 0, 5, NULL, '{d0000000-0000-7000-8000-000000000011}', 1, 2, 'AAB', 7)::text
  UNION ALL SELECT 'agent_query', agent_query(0, 0, 5, '{d0000000-0000-7000-8000-000000000011}', 1, 2, 'AAB', 7)::text;
SELECT type, t.read(type, text) = text AS same, t.read(type, upper(text)) AS capitals FROM good ORDER BY type;
SELECT type, t.read(type, '') AS empty, t.read(type, '0') AS odd, t.read(type, 'x') AS none FROM good ORDER BY type;
SELECT type, t.read(type, text || ' ') = t.read(type, text || '0') AS longer, left(t.read(type, text || '00'), 6) AS by_a_byte,
       left(t.read(type, t.word(text, 0, '0000000000000002')), 6) AS other_version FROM good ORDER BY type;
-- which words may not be nothing, -1, not a number, more than 32 bits, the most
SELECT type, name, string_agg(w.n::text, ' ' ORDER BY w.n) AS refused
  FROM good, (VALUES ('zero', '0000000000000000'), ('minus', 'ffffffffffffffff'), ('nan', '7ff8000000000000'), ('infinity', '7ff0000000000000'),
                     ('wide', '0000000100000000'), ('most', '7fffffffffffffff')) AS v (name, word),
       LATERAL generate_series(0, length(text) / 16 - 1) AS w (n)
 WHERE t.read(type, t.word(text, n, word)) LIKE '22P02:%'
 GROUP BY type, name ORDER BY type, name;
SELECT t.read('job_key', '[0.0000000 0.0000000, 1.0000000 1.0000000]');
-- of a long text only the beginning is repeated, and no half of a letter
SELECT t.read(type, repeat('ä', 1000000)) FROM unnest('{job_key, job_query, agent_key, agent_query}'::text[]) AS type;
-- every text that lacks its end
SELECT type, count(*) AS texts, count(*) FILTER (WHERE t.read(type, left(text, n)) LIKE '22P02:%') AS refused
  FROM good, LATERAL generate_series(0, length(text) - 1) AS n GROUP BY type ORDER BY type;

-- a query with as many categories as there may be
SELECT length(q::text) > 150000 AS long, md5(q::text::dwello.job_query::text) = md5(q::text) AS same
  FROM job_query(0, 0, 5, '2026-01-10', ARRAY(SELECT md5(n::text)::uuid FROM generate_series(1, 4096) AS n)) AS q;

DROP FUNCTION t.read, t.word;
