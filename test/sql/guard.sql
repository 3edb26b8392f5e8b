--
-- guard.sql
--	The trigger functions on tables that are not dwello's: refused, and the
--	server lives, whatever the columns and the firing.
--
SET client_min_messages = warning;

-- What comes of a trigger on a table with these columns: hung on, then fired.
CREATE FUNCTION pg_temp.hang(columns text, firing text, function text, statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  answer text;
BEGIN
  EXECUTE format('CREATE TABLE public.w (a integer, %s)', columns);
  EXECUTE 'INSERT INTO public.w (a) VALUES (1)';
  EXECUTE format('CREATE TRIGGER t %s EXECUTE FUNCTION dwello.%s', firing, function);
  answer := t.try(statement);
  DROP TABLE public.w;
  RETURN answer;
END
$$;

SELECT function, columns, firing, level,
       pg_temp.hang(columns, firing || ' ON public.w FOR EACH ' || level, function,
         CASE WHEN firing LIKE '%TRUNCATE' THEN 'TRUNCATE public.w' WHEN firing LIKE '%INSERT' THEN 'INSERT INTO public.w (a) VALUES (2)'
              WHEN firing LIKE '%DELETE' THEN 'DELETE FROM public.w' ELSE 'UPDATE public.w SET a = 2' END) AS answer
  FROM (VALUES
    ($$touch_updated_at()$$, $$updated_at text$$, 'BEFORE UPDATE', 'ROW'),
    ($$touch_updated_at()$$, $$updated_at text DEFAULT 'x'$$, 'BEFORE UPDATE', 'ROW'),
    ($$touch_updated_at()$$, $$updated_at integer DEFAULT 1$$, 'BEFORE UPDATE', 'ROW'),
    ($$touch_updated_at()$$, $$updated_at date DEFAULT now()$$, 'BEFORE UPDATE', 'ROW'),
    ($$touch_updated_at()$$, $$b integer$$, 'BEFORE UPDATE', 'ROW'),
    ($$touch_updated_at()$$, $$updated_at timestamptz$$, 'BEFORE UPDATE', 'ROW'),
    ($$touch_updated_at()$$, $$updated_at timestamptz$$, 'BEFORE UPDATE', 'STATEMENT'),
    ($$touch_updated_at()$$, $$updated_at timestamptz$$, 'AFTER UPDATE', 'ROW'),
    ($$touch_updated_at()$$, $$updated_at timestamptz$$, 'BEFORE INSERT', 'ROW'),
    ($$touch_updated_at()$$, $$updated_at timestamptz$$, 'BEFORE DELETE', 'ROW'),
    ($$touch_updated_at()$$, $$updated_at timestamptz$$, 'BEFORE TRUNCATE', 'STATEMENT'),
    ($$guard_append('pending')$$, $$status text$$, 'BEFORE UPDATE', 'ROW'),
    ($$guard_append('pending')$$, $$status text DEFAULT 'pending'$$, 'BEFORE UPDATE', 'ROW'),
    ($$guard_append('pending')$$, $$status integer DEFAULT 1$$, 'BEFORE UPDATE', 'ROW'),
    ($$guard_append('pending')$$, $$b integer$$, 'BEFORE UPDATE', 'ROW'),
    ($$guard_append('pending')$$, $$status text$$, 'BEFORE UPDATE', 'STATEMENT'),
    ($$guard_append('pending')$$, $$status text$$, 'BEFORE DELETE', 'ROW'),
    ($$guard_append('pending')$$, $$status text$$, 'BEFORE TRUNCATE', 'STATEMENT'),
    ($$guard_append('pending')$$, $$status text$$, 'AFTER UPDATE', 'ROW'),
    ($$guard_append()$$, $$status text$$, 'BEFORE INSERT', 'ROW'),
    ($$guard_builtin()$$, $$is_builtin text DEFAULT 'x'$$, 'BEFORE UPDATE', 'ROW'),
    ($$guard_builtin()$$, $$is_builtin integer DEFAULT 1$$, 'BEFORE UPDATE', 'ROW'),
    ($$guard_builtin()$$, $$is_builtin boolean$$, 'BEFORE UPDATE', 'ROW'),
    ($$guard_builtin()$$, $$is_builtin boolean DEFAULT true$$, 'BEFORE UPDATE', 'ROW'),
    ($$guard_builtin()$$, $$is_builtin boolean DEFAULT true$$, 'BEFORE UPDATE', 'STATEMENT'),
    ($$guard_builtin()$$, $$is_builtin boolean DEFAULT true$$, 'AFTER UPDATE', 'ROW'),
    ($$guard_builtin()$$, $$is_builtin boolean DEFAULT true$$, 'BEFORE INSERT', 'ROW'),
    ($$guard_builtin()$$, $$is_builtin boolean DEFAULT true$$, 'BEFORE TRUNCATE', 'STATEMENT'),
    ($$guard_cycle()$$, $$id text DEFAULT 'x'$$, 'AFTER UPDATE', 'ROW'),
    ($$guard_cycle()$$, $$b integer$$, 'AFTER DELETE', 'ROW'),
    ($$guard_cycle()$$, $$id uuid$$, 'AFTER INSERT', 'ROW'),
    ($$guard_cycle()$$, $$id uuid DEFAULT gen_random_uuid()$$, 'AFTER UPDATE', 'ROW'),
    ($$guard_cycle()$$, $$id uuid$$, 'AFTER UPDATE', 'STATEMENT'),
    ($$guard_cycle()$$, $$id uuid$$, 'BEFORE UPDATE', 'ROW'),
    ($$enqueue_agents()$$, $$id uuid$$, 'AFTER UPDATE', 'ROW'),
    ($$enqueue_agents()$$, $$id uuid, status text DEFAULT 'draft', terms_version integer DEFAULT 1$$, 'AFTER UPDATE', 'ROW'),
    ($$enqueue_agents()$$, $$id uuid, status dwello.job_status, terms_version text DEFAULT 'x'$$, 'AFTER UPDATE', 'ROW'),
    ($$enqueue_agents()$$, $$id text DEFAULT 'x', status dwello.job_status, terms_version integer$$, 'AFTER UPDATE', 'ROW'),
    ($$enqueue_agents()$$, $$id uuid, status dwello.job_status, terms_version integer$$, 'AFTER UPDATE', 'ROW'),
    ($$enqueue_agents()$$, $$id uuid, status dwello.job_status, terms_version integer$$, 'AFTER INSERT', 'ROW'),
    ($$enqueue_agents()$$, $$id uuid, status dwello.job_status, terms_version integer$$, 'AFTER UPDATE', 'STATEMENT'),
    ($$enqueue_agents()$$, $$id uuid, status dwello.job_status, terms_version integer$$, 'BEFORE UPDATE', 'ROW'),
    ($$forget_kept()$$, $$b integer$$, 'AFTER UPDATE', 'ROW'),
    ($$forget_kept('none')$$, $$b integer$$, 'AFTER UPDATE', 'ROW'),
    ($$forget_kept('jobs')$$, $$b integer$$, 'AFTER TRUNCATE', 'STATEMENT'),
    ($$forget_kept('jobs')$$, $$b integer$$, 'BEFORE UPDATE', 'ROW')) AS v (function, columns, firing, level);

-- what is there already may be written again
SELECT t.try($$UPDATE dwello.service_categories SET name = name WHERE is_builtin$$) AS same,
       t.try($$UPDATE dwello.service_categories SET name = 'x' WHERE is_builtin$$) AS other;

-- the time of a change is written where the column is, whatever lies before
-- it, and nothing else of the row differs
CREATE FUNCTION pg_temp.touch(columns text, change text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  before jsonb;
  after jsonb;
BEGIN
  EXECUTE format('CREATE TABLE public.w (a integer, %s)', columns);
  EXECUTE 'INSERT INTO public.w (a) VALUES (1)';
  EXECUTE change;
  EXECUTE 'CREATE TRIGGER t BEFORE UPDATE ON public.w FOR EACH ROW EXECUTE FUNCTION dwello.touch_updated_at()';
  EXECUTE 'SELECT to_jsonb(w) FROM public.w' INTO before;
  FOR i IN 1 .. 2 LOOP
    EXECUTE 'UPDATE public.w SET a = 2';
  END LOOP;
  EXECUTE 'SELECT to_jsonb(w) FROM public.w WHERE updated_at > ''2021-01-01''' INTO after;
  DROP TABLE public.w;
  RETURN coalesce((after - 'updated_at')::text, 'not now') || CASE WHEN after - 'updated_at' - 'a' = before - 'updated_at' - 'a' THEN '' ELSE ', changed' END;
END
$$;

SELECT columns, change, pg_temp.touch(columns, change) AS row
  FROM (VALUES
    ($$updated_at timestamptz DEFAULT '2020-01-01', b text DEFAULT 'b'$$, $$SELECT$$),
    ($$updated_at timestamptz, b text DEFAULT 'b'$$, $$SELECT$$),
    ($$b smallint DEFAULT 7, c boolean DEFAULT true, updated_at timestamptz DEFAULT '2020-01-01', d integer$$, $$SELECT$$),
    ($$b smallint DEFAULT 7, c boolean, updated_at timestamptz DEFAULT '2020-01-01', d integer DEFAULT 4$$, $$SELECT$$),
    ($$b text DEFAULT repeat('x', 3), updated_at timestamptz DEFAULT '2020-01-01', d integer DEFAULT 4$$, $$SELECT$$),
    ($$b uuid DEFAULT '00000000-0000-0000-0000-00000000000b', updated_at timestamptz DEFAULT '2020-01-01', d text$$, $$SELECT$$),
    ($$b bigint DEFAULT 8, c integer DEFAULT 3, updated_at timestamptz DEFAULT '2020-01-01', d text DEFAULT 'd'$$,
     $$ALTER TABLE public.w DROP COLUMN b$$),
    ($$b bigint DEFAULT 8$$, $$ALTER TABLE public.w ADD COLUMN updated_at timestamptz DEFAULT '2020-01-01', ADD COLUMN d integer DEFAULT 4$$),
    ($$b bigint DEFAULT 8$$, $$ALTER TABLE public.w ADD COLUMN c integer DEFAULT 5, ADD COLUMN updated_at timestamptz$$)) AS v (columns, change);

-- every trigger function, on every way to fire it, over columns of every type
-- that have the names which it looks for, with a value and with NULL: it
-- answers, or refuses, and never as a fault
CREATE TEMP TABLE kind (type text, value text);
CREATE DOMAIN pg_temp.short AS text CHECK (length(VALUE) < 3);
CREATE TYPE pg_temp.pair AS (a integer, b text);
INSERT INTO kind VALUES
  ('boolean', 'true'), ('smallint', '1'), ('integer', '1'), ('bigint', '1'), ('real', '1'), ('double precision', '1'), ('numeric', '1'),
  ('money', '1'), ('"char"', 'a'), ('name', 'a'), ('text', 'pending'), ('char(3)', 'a'), ('varchar', 'a'), ('pg_temp.short', 'a'),
  ('bytea', '\x01'), ('date', '2020-01-01'), ('time', '10:00'), ('timetz', '10:00+00'), ('timestamp', '2020-01-01'),
  ('timestamptz', '2020-01-01 00:00+00'), ('interval', '1 day'), ('uuid', '00000000-0000-7000-8000-000000000001'), ('json', '{}'),
  ('jsonb', '{}'), ('jsonpath', '$'), ('xml', '<a/>'), ('inet', '::1'), ('cidr', '::1'), ('macaddr', '08:00:2b:01:02:03'), ('bit(3)', '101'),
  ('varbit', '101'), ('point', '(1,2)'), ('box', '(1,2),(3,4)'), ('path', '((1,2))'), ('circle', '<(1,2),3>'), ('tsvector', 'a'), ('tsquery', 'a'),
  ('int4range', '[1,2)'), ('tstzrange', 'empty'), ('int4multirange', '{}'), ('integer[]', '{1}'), ('text[]', '{{a},{b}}'), ('uuid[]', '{}'),
  ('oid', '1'), ('regclass', 'pg_class'), ('pg_lsn', '0/1'), ('txid_snapshot', '1:1:'), ('pg_temp.pair', '(1,a)'), ('pg_temp.pair[]', '{"(1,a)"}'),
  ('geography', 'POINT(1 2)'), ('geometry', 'POINT(1 2)'), ('dwello.job_status', 'open'), ('dwello.job_side', 'homeowner');
CREATE TEMP TABLE fired (name text, moment text, level text, event text, type text, is_null boolean, answer text);
-- nothing stays of a statement
CREATE FUNCTION pg_temp.fire(statement text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE statement;
  RAISE EXCEPTION USING ERRCODE = 'UX001';
EXCEPTION WHEN OTHERS THEN
  RETURN CASE SQLSTATE WHEN 'UX001' THEN 'ok' ELSE SQLSTATE END;
END
$$;
-- one trigger function with an argument on public.w, in every way
CREATE FUNCTION pg_temp.hang_on(name text, argument text, type text, is_null boolean) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  moment text;
  level text;
BEGIN
  FOREACH moment IN ARRAY ARRAY['BEFORE', 'AFTER'] LOOP
    FOREACH level IN ARRAY ARRAY['ROW', 'STATEMENT'] LOOP
      EXECUTE format('CREATE TRIGGER t %s INSERT OR UPDATE OR DELETE %s ON public.w FOR EACH %s EXECUTE FUNCTION dwello.%I(%s)',
        moment, CASE level WHEN 'STATEMENT' THEN 'OR TRUNCATE' END, level, name, argument);
      INSERT INTO pg_temp.fired
        SELECT name, moment, level, e.event, type, is_null, pg_temp.fire(e.statement)
          FROM (VALUES ('INSERT', 'INSERT INTO public.w SELECT * FROM public.w'), ('UPDATE', 'UPDATE public.w SET a = a + 1'),
                       ('DELETE', 'DELETE FROM public.w'), ('TRUNCATE', 'TRUNCATE public.w')) AS e (event, statement)
         WHERE e.event <> 'TRUNCATE' OR level = 'STATEMENT';
      DROP TRIGGER t ON public.w;
    END LOOP;
  END LOOP;
END
$$;
CREATE PROCEDURE pg_temp.walk()
LANGUAGE plpgsql
AS $$
DECLARE
  k pg_temp.kind;
  is_null boolean;
BEGIN
  FOR k IN SELECT * FROM pg_temp.kind LOOP
    FOREACH is_null IN ARRAY ARRAY[false, true] LOOP
      EXECUTE format('CREATE TABLE public.w (a integer, id %1$s, status %1$s, terms_version %1$s, updated_at %1$s, is_builtin %1$s,
        parent_id %1$s)', k.type);
      EXECUTE format('INSERT INTO public.w SELECT 1, v, v, v, v, v, v FROM (VALUES (%s::%s)) AS v (v)',
        CASE WHEN is_null THEN 'NULL' ELSE quote_literal(k.value) END, k.type);
      PERFORM pg_temp.hang_on(p.proname::text, a.argument, k.type, is_null)
         FROM pg_proc AS p,
              unnest(ARRAY['', CASE p.proname WHEN 'forget_kept' THEN $a$'jobs'$a$ ELSE $a$'pending'$a$ END]) AS a (argument)
        WHERE p.pronamespace = 'dwello'::regnamespace AND p.prorettype = 'trigger'::regtype;
      DROP TABLE public.w;
      COMMIT;
    END LOOP;
  END LOOP;
END
$$;
CALL pg_temp.walk();
-- of each function: the SQLSTATEs, and what it takes
SELECT name, array_agg(DISTINCT answer ORDER BY answer) AS answers,
       string_agg(DISTINCT concat_ws(' ', moment, event, level), ', ') FILTER (WHERE answer = 'ok') AS fires,
       CASE WHEN count(DISTINCT type) FILTER (WHERE answer = 'ok') = (SELECT count(*) FROM kind) THEN 'any'
            ELSE string_agg(DISTINCT type, ', ') FILTER (WHERE answer = 'ok') END AS types
  FROM fired GROUP BY name ORDER BY name COLLATE "C";
SELECT name, moment, event, level, type, is_null, answer FROM fired
 WHERE answer ~ '^(XX|53|54|57|58|F0|0A)' ORDER BY 1, 2, 3, 4, 5 LIMIT 10;
-- a fault that is planted is found
TRUNCATE fired;
DELETE FROM kind WHERE type <> 'uuid';
CREATE FUNCTION dwello.planted() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'x' USING ERRCODE = 'XX000'; END$$;
CALL pg_temp.walk();
SELECT DISTINCT name FROM fired WHERE answer ~ '^XX';
DROP FUNCTION dwello.planted();
