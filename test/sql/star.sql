--
-- star.sql
--	SELECT (f(...)).* is a call of f for each of its columns: for a command
--	a request for each.  It is refused, wherever it is written; what calls a
--	command as often as it says so is not.
--
SET client_min_messages = warning;

-- Commands that say how often they were called.
CREATE VIEW t.calls AS
  SELECT version FROM dwello.settings WHERE name = 'job_expiry_days';
GRANT SELECT ON t.calls TO PUBLIC;
CREATE TABLE t.answer (name text, value text, version integer, replayed boolean);

-- What a statement comes to, and how often it called the command.
CREATE FUNCTION t.star(statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  before integer := (SELECT version FROM t.calls);
  answer text := t.try(statement);
BEGIN
  RETURN answer || ', ' || (SELECT version FROM t.calls) - before || ' calls';
END
$$;

\set call 'dwello.set_setting(''job_expiry_days'', ''40'')'
BEGIN;
SELECT dwello.set_setting('job_expiry_days', '40') IS NOT NULL AS set;

-- refused, with what to write in its place
SAVEPOINT s;
SELECT (:call).*;
ROLLBACK TO s;
SELECT n, t.star(replace(statement, '$f', 'dwello.set_setting(''job_expiry_days'', ''40'')')) AS answer
  FROM (VALUES
    (1, 'SELECT ($f).*'),
    (2, 'SELECT ($f).version, 1, ($f).value'),
    (3, 'SELECT ROW(($f).*)'),
    (4, 'SELECT x.* FROM (SELECT ($f).*) AS x'),
    (5, 'WITH x AS (SELECT ($f).*) SELECT version FROM x'),
    (6, 'SELECT y.version FROM generate_series(1, 2) AS n, LATERAL (SELECT n, ($f).*) AS y'),
    (7, 'SELECT 1 WHERE EXISTS (SELECT ($f).*)'),
    (8, 'SELECT 1 WHERE ROW(($f).*) IS NOT NULL'),
    (9, 'SELECT 1 UNION ALL SELECT version FROM (SELECT ($f).*) AS x'),
    (10, 'INSERT INTO t.answer SELECT ($f).*'),
    (11, 'INSERT INTO t.answer VALUES (($f).*)'),
    (12, 'INSERT INTO t.answer VALUES (''a'', ''b'', 1, true), (($f).*)'),
    (13, 'INSERT INTO t.answer VALUES (''a'') RETURNING ($f).*'),
    (14, 'UPDATE t.answer SET (name, value, version, replayed) = (SELECT ($f).*)'),
    (15, 'DELETE FROM t.answer RETURNING ($f).*'),
    (16, 'CREATE TABLE t.no AS SELECT ($f).*'),
    (17, 'CREATE VIEW t.no AS SELECT ($f).*'),
    (18, 'CREATE MATERIALIZED VIEW t.no AS SELECT ($f).*'),
    (19, 'EXPLAIN SELECT ($f).*'),
    (20, 'EXPLAIN ANALYZE SELECT ($f).*'),
    (21, 'PREPARE no AS SELECT ($f).*'),
    (22, 'DECLARE no CURSOR FOR SELECT ($f).*'),
    (23, 'CREATE FUNCTION t.no() RETURNS SETOF record LANGUAGE sql AS $b$ SELECT ($f).* $b$'),
    (24, 'DO $b$ BEGIN PERFORM ($f).*; END $b$'),
    (25, 'DO $b$ DECLARE r record; BEGIN SELECT ($f).* INTO r; END $b$'),
    (26, 'DO $b$ DECLARE r record; BEGIN FOR r IN SELECT ($f).* LOOP NULL; END LOOP; END $b$'),
    (27, 'SELECT (dwello.set_setting(''job_expiry_days'', ''40'', idempotency_key => ''k'')).*'),
    (28, 'SELECT (dwello.claim_events(''star'')).*')) AS v (n, statement)
 ORDER BY n;

-- it holds for every command: all that return a row, with NULLs
SELECT count(*) > 60 AS many, count(*) FILTER (WHERE answer NOT LIKE 'WD104%') AS others
  FROM (SELECT t.try(format('SELECT (dwello.%I(%s)).*', p.proname,
          (SELECT string_agg(format('NULL::%s', a.type::regtype), ', ')
             FROM unnest(p.proargtypes) AS a (type)))) AS answer
          FROM pg_proc AS p
         WHERE p.pronamespace = 'dwello'::regnamespace AND p.provolatile = 'v'
           AND cardinality(p.proallargtypes) > p.pronargs
           AND (SELECT count(*) FROM unnest(p.proargmodes) AS m (mode) WHERE m.mode IN ('o', 'b', 't')) > 1) AS x;

-- not refused: as many calls as it says
SELECT n, t.star(replace(statement, '$f', 'dwello.set_setting(''job_expiry_days'', ''40'')')) AS answer
  FROM (VALUES
    (1, 'SELECT * FROM $f'),
    (2, 'SELECT $f'),
    (3, 'SELECT ($f).version'),
    (4, 'SELECT $f, $f'),
    (5, 'SELECT ($f).version, (dwello.set_setting(''job_expiry_days'', ''41'')).version'),
    (6, 'SELECT (x.r).* FROM (SELECT $f AS r) AS x'),
    (7, 'SELECT (x.r).* FROM (SELECT $f AS r OFFSET 0) AS x'),
    (8, 'WITH x AS (SELECT $f AS r) SELECT (x.r).* FROM x'),
    (9, 'SELECT y.* FROM generate_series(1, 3) AS n, LATERAL $f AS y'),
    (10, 'SELECT ($f).version FROM generate_series(1, 3)'),
    (11, 'SELECT ($f).version UNION ALL SELECT ($f).version'),
    (12, 'VALUES (($f).version), (($f).version)'),
    (13, 'INSERT INTO t.answer SELECT * FROM $f'),
    (14, 'DO $b$ BEGIN PERFORM $f; PERFORM $f; END $b$'),
    (15, 'DO $b$ DECLARE a record; b record; BEGIN a := $f; b := $f; END $b$'),
    (16, 'DO $b$ BEGIN FOR i IN 1 .. 3 LOOP PERFORM $f; END LOOP; END $b$'),
    (17, 'DO $b$ DECLARE r record; BEGIN FOR i IN 1 .. 3 LOOP r := $f; END LOOP; END $b$')) AS v (n, statement)
 ORDER BY n;
-- nor what only reads
SELECT last_name FROM (SELECT (dwello.provider_summary(t.user('p1'))).*) AS x;
ROLLBACK;

-- two statements in one string are two calls
SELECT version AS before FROM t.calls \gset
SELECT value FROM :call \; SELECT value FROM :call;
SELECT version - :before AS calls FROM t.calls;

-- What was parsed elsewhere: the body of a function that begins ATOMIC, which
-- the hook for parsed statements does not see, is refused when it is planned.
CREATE FUNCTION t.atomic() RETURNS integer
LANGUAGE sql
BEGIN ATOMIC
  SELECT (x.version) FROM (SELECT (dwello.set_setting('job_expiry_days', '40')).*) AS x;
END;
SELECT t.star('SELECT t.atomic()');

------------------------------------------------------------------------
-- The statement that loads the library has been parsed before
------------------------------------------------------------------------
\set VERBOSITY terse
SELECT version AS before FROM t.calls \gset
\c -
SELECT (:call).*;
\c -
SELECT x.* FROM (SELECT (:call).*) AS x;
\c -
INSERT INTO t.answer SELECT (:call).*;
\c -
INSERT INTO t.answer VALUES ((:call).*);
\c -
INSERT INTO t.answer VALUES ('a') RETURNING (:call).*;
\c -
SELECT y.version FROM generate_series(1, 2) AS n, LATERAL (SELECT n, (:call).*) AS y;
\c -
SELECT t.atomic();
\c -
DO $$ DECLARE r record; BEGIN SELECT (dwello.set_setting('job_expiry_days', '40')).* INTO r; END $$;
SELECT version - :before AS calls FROM t.calls;

-- as many calls as are written, here too
\c -
SELECT version FROM t.calls \gset before_
\c -
DO $$ BEGIN PERFORM dwello.set_setting('job_expiry_days', '40'); PERFORM dwello.set_setting('job_expiry_days', '40'); END $$;
\c -
DO $$ DECLARE a record; b record; BEGIN a := dwello.set_setting('job_expiry_days', '40'); b := dwello.set_setting('job_expiry_days', '40'); END $$;
\c -
DO $$ DECLARE r record; BEGIN FOR i IN 1 .. 3 LOOP r := dwello.set_setting('job_expiry_days', '40'); END LOOP; END $$;
\c -
SELECT value FROM :call \; SELECT value FROM :call;
\c -
SELECT (:call).value FROM generate_series(1, 3);
\c -
SELECT y.value FROM generate_series(1, 3) AS n, LATERAL :call AS y;
\c -
SELECT (x.r).value FROM (SELECT :call AS r) AS x;
SELECT version - :before_version AS calls FROM t.calls;

SET client_min_messages = warning;
DELETE FROM dwello.system_settings WHERE name = 'job_expiry_days';
DROP FUNCTION t.atomic, t.star;
DROP TABLE t.answer;
DROP VIEW t.calls;
