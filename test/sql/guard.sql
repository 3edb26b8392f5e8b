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
