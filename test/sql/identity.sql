--
-- identity.sql
--	Nobody becomes the system by having no token: every function, called by
--	every kind of role, after everything that can be done to the setting that
--	holds a token, and with every setting that the role may set.
--
-- A function that asks who calls says so before it looks at its arguments
-- (WD401); one that nobody may call says 42501.  So a call whose arguments
-- are all NULL tells whom it was taken for: nobody, or somebody.
--
SET client_min_messages = warning;

CREATE ROLE identity_plain LOGIN;
CREATE ROLE identity_app LOGIN IN ROLE dwello_app;
CREATE ROLE identity_support LOGIN IN ROLE dwello_support;
CREATE ROLE identity_admin LOGIN IN ROLE dwello_admin;
CREATE ROLE identity_analyst LOGIN IN ROLE dwello_analyst;
CREATE ROLE identity_visitor LOGIN IN ROLE dwello_public;
CREATE ROLE identity_worker LOGIN IN ROLE dwello_service;
CREATE ROLE identity_apart LOGIN NOINHERIT IN ROLE dwello_app, dwello_service;
-- in the service and in another group, once by way of a role of one's own
CREATE ROLE identity_team IN ROLE dwello_app;
CREATE ROLE identity_both LOGIN IN ROLE identity_team, dwello_service;
CREATE ROLE identity_helper LOGIN IN ROLE dwello_support, dwello_service;
CREATE ROLE identity_manager LOGIN IN ROLE dwello_admin, dwello_service;
CREATE ROLE identity_open LOGIN IN ROLE dwello_public, dwello_service;
CREATE ROLE identity_all LOGIN IN ROLE dwello_app, dwello_support, dwello_admin, dwello_analyst, dwello_public,
  dwello_service;

-- Every function that somebody may call, with NULL for each argument.  Not
-- those that set a token themselves, and the health check, which a superuser
-- may call as nobody: trust.sql, demo.sql and check.sql have them.
CREATE TEMP TABLE function AS
  SELECT p.proname::text AS name,
         format('SELECT * FROM dwello.%I(%s)', p.proname,
           (SELECT string_agg('NULL::' || format_type(t, NULL), ', ')
              FROM unnest(p.proargtypes::oid[]) AS t)) AS call,
         p.prosecdef AS is_definer
    FROM pg_proc AS p
   WHERE p.pronamespace = 'dwello'::regnamespace
     AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
     AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[])
     AND p.proname NOT IN ('login', 'login_api_key', 'load_demo', 'check');
-- what is done before, by the role; each answers nothing and may fail
CREATE TEMP TABLE deed (n integer, deed text, statements text[]);
INSERT INTO deed VALUES
  (1, 'nothing', '{}'),
  (2, 'login(NULL)', ARRAY['SELECT dwello.login(NULL)']),
  (3, 'login()', ARRAY[$$SELECT dwello.login('')$$]),
  (4, 'a bad token, and none', ARRAY[$$SELECT set_config('dwello.token', 'x.y.z', true)$$, 'SELECT dwello.login(NULL)']),
  (5, 'a bad login', ARRAY[$$SELECT dwello.login('x.y.z')$$]),
  (6, 'a good token, and none', ARRAY['SELECT dwello.login(current_setting(''identity.token''))', 'SELECT dwello.login(NULL)']),
  (7, 'the setting', ARRAY[$$SELECT set_config('dwello.token', '', false)$$]),
  (8, 'RESET', ARRAY['RESET dwello.token']),
  (9, 'RESET ALL', ARRAY['RESET ALL']),
  (10, 'SET LOCAL', ARRAY['SET LOCAL dwello.token = DEFAULT']),
  (11, 'act_as_system', ARRAY['SET dwello.act_as_system = on']),
  (12, 'session_tokens', ARRAY['SET dwello.session_tokens = on']),
  (13, 'token_set_in', ARRAY['SET dwello.token_set_in = 0']),
  (14, 'row_security', ARRAY['SET row_security = off']),
  (15, 'search_path', ARRAY['SET search_path = pg_temp, public, pg_catalog']),
  (16, 'role', ARRAY['SET ROLE dwello_owner']),
  (17, 'session_authorization', ARRAY['SET SESSION AUTHORIZATION DEFAULT']),
  (18, 'read only', ARRAY['SET TRANSACTION READ ONLY']);

-- What comes of each call by a role after a deed: the SQLSTATE, or "ok".
-- Nothing stays: every call is rolled back.
CREATE FUNCTION pg_temp.answers(who text, statements text[], OUT name text, OUT answer text)
RETURNS SETOF record
LANGUAGE plpgsql
AS $$
DECLARE
  statement text;
  f record;
BEGIN
  FOR f IN SELECT * FROM pg_temp.function ORDER BY function.name COLLATE "C" LOOP
    name := f.name;
    BEGIN
      PERFORM set_config('role', who, true);
      FOREACH statement IN ARRAY statements LOOP
        BEGIN
          EXECUTE statement;
        EXCEPTION WHEN OTHERS THEN
          NULL;
        END;
      END LOOP;
      EXECUTE f.call;
      RAISE EXCEPTION USING ERRCODE = 'UX001';
    EXCEPTION WHEN OTHERS THEN
      answer := CASE SQLSTATE WHEN 'UX001' THEN 'ok' ELSE SQLSTATE END;
    END;
    RETURN NEXT;
  END LOOP;
END
$$;

-- ----------------------------------------------------------------------
-- What asks nobody who they are: the rest must
-- ----------------------------------------------------------------------
SELECT set_config('identity.token', t.token('h1'), false) <> '' AS there_is_a_token;

-- a superuser who does not say that they are the system may call all, and
-- is nobody
BEGIN;
SET LOCAL dwello.act_as_system = off;
CREATE TEMP TABLE asks AS
  SELECT a.name, a.answer = 'WD401' AS asks, a.answer FROM pg_temp.answers('none', '{}') AS a;
SELECT count(*) > 150 AS many_ask FROM asks WHERE asks;
SELECT a.answer, string_agg(a.name, ' ' ORDER BY a.name COLLATE "C") AS ask_nobody
  FROM asks AS a WHERE NOT a.asks GROUP BY a.answer ORDER BY a.answer;
-- a function that asks runs as the owner, or asks for the policies of tables
SELECT string_agg(f.name, ' ' ORDER BY f.name COLLATE "C") AS definers_that_ask_nobody
  FROM pg_temp.function AS f JOIN asks AS a USING (name) WHERE f.is_definer AND NOT a.asks;
COMMIT;

-- ----------------------------------------------------------------------
-- Everybody, after everything
-- ----------------------------------------------------------------------
CREATE TEMP TABLE walked (who text, deed text, name text, answer text);
-- a transaction for each: the setting remembers that a token was set in it
CREATE PROCEDURE pg_temp.walk()
LANGUAGE plpgsql
AS $$
DECLARE
  who text;
  d pg_temp.deed;
BEGIN
  FOREACH who IN ARRAY ARRAY['none', 'identity_plain', 'identity_app', 'identity_support', 'identity_admin',
    'identity_analyst', 'identity_visitor', 'identity_worker', 'identity_apart', 'identity_both', 'identity_helper',
    'identity_manager', 'identity_open', 'identity_all'] LOOP
    FOR d IN SELECT * FROM pg_temp.deed ORDER BY n LOOP
      INSERT INTO pg_temp.walked SELECT who, d.deed, a.name, a.answer FROM pg_temp.answers(who, d.statements) AS a;
      COMMIT;
    END LOOP;
  END LOOP;
END
$$;
SET dwello.act_as_system = off;
CALL pg_temp.walk();
RESET dwello.act_as_system;
SELECT count(DISTINCT (who, deed)) AS states, count(*) / count(DISTINCT (who, deed)) = (SELECT count(*) FROM pg_temp.function) AS all_functions
  FROM walked;
-- of the functions that ask, who was taken for somebody, and after what:
-- the service alone before a token was set; superusers who say so; visitors
-- by what is for everybody
CREATE TEMP VIEW taken_for_somebody AS
  SELECT w.who, w.deed, count(*) AS functions,
         CASE WHEN count(*) < 20 THEN string_agg(w.name, ' ' ORDER BY w.name COLLATE "C") END AS which
    FROM walked AS w JOIN asks AS a USING (name)
   WHERE a.asks AND w.answer NOT IN ('WD401', '42501')
   GROUP BY w.who, w.deed;
SELECT who, count(*) AS deeds, string_agg(deed, ', ' ORDER BY deed COLLATE "C") AS after,
       min(functions) > 100 AS of_many, min(which) AS which
  FROM taken_for_somebody GROUP BY who ORDER BY who COLLATE "C";

-- ----------------------------------------------------------------------
-- Whose function runs does not matter, but who called it
-- ----------------------------------------------------------------------
CREATE SCHEMA identity AUTHORIZATION identity_worker;
GRANT USAGE ON SCHEMA identity TO PUBLIC;
-- a worker, and a superuser, lend what they may do
CREATE FUNCTION identity.lend(call text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE call; END';
ALTER FUNCTION identity.lend OWNER TO identity_worker;
CREATE FUNCTION identity.lend_all(call text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  AS 'BEGIN EXECUTE call; END';
CREATE VIEW identity.jobs AS SELECT id FROM dwello.jobs;
ALTER VIEW identity.jobs OWNER TO identity_worker;
CREATE VIEW identity.differences AS SELECT * FROM dwello.reconcile();
GRANT SELECT ON identity.jobs, identity.differences TO PUBLIC;
SELECT who, lend, t.try(format($$SELECT set_config('role', %L, true); SELECT identity.%s('SELECT dwello.deliver_events(1)')$$, who, lend)) AS answer
  FROM unnest(ARRAY['identity_app', 'identity_plain', 'identity_visitor', 'identity_both']) WITH ORDINALITY AS w (who, n),
       unnest(ARRAY['lend', 'lend_all']) AS lend ORDER BY n, lend;
SELECT who, view, t.try(format($$SELECT set_config('role', %L, true); SELECT count(*) FROM identity.%s$$, who, view)) AS answer
  FROM unnest(ARRAY['identity_app', 'identity_plain', 'identity_both']) WITH ORDINALITY AS w (who, n),
       unnest(ARRAY['jobs', 'differences']) AS view ORDER BY n, view;
-- a plan, and a cursor, that the system has made
BEGIN;
SET LOCAL ROLE identity_worker;
PREPARE made AS SELECT count(*) FROM dwello.provider_balance(t.user('p1'));
EXECUTE made;
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL ROLE identity_app;
SELECT t.try('EXECUTE made');
SET LOCAL ROLE identity_both;
SELECT t.try('EXECUTE made');
ROLLBACK;
DEALLOCATE made;

-- ----------------------------------------------------------------------
-- Tables: the service reads every row where it is nothing else
-- ----------------------------------------------------------------------
CREATE FUNCTION pg_temp.sees(who text, relation text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  seen boolean;
BEGIN
  PERFORM set_config('role', who, true);
  EXECUTE format('SELECT EXISTS (SELECT FROM dwello.%I)', relation) INTO seen;
  PERFORM set_config('role', 'none', true);
  RETURN CASE WHEN seen THEN 'rows' ELSE 'no row' END;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;
BEGIN;
CREATE TEMP TABLE seen AS
  SELECT w.who, c.relname, pg_temp.sees(w.who, c.relname) AS answer
    FROM unnest(ARRAY['identity_app', 'identity_support', 'identity_admin', 'identity_worker', 'identity_both', 'identity_helper',
                      'identity_manager', 'identity_open', 'identity_all', 'identity_plain', 'identity_analyst', 'identity_visitor']) AS w (who),
         pg_class AS c
   WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p');
SELECT who, answer, CASE WHEN answer = 'rows' AND who <> 'identity_worker' THEN string_agg(relname, ' ' ORDER BY relname COLLATE "C") END AS tables
  FROM seen GROUP BY who, answer ORDER BY who COLLATE "C", answer COLLATE "C";
COMMIT;

-- ----------------------------------------------------------------------
-- Faults that are planted are found
-- ----------------------------------------------------------------------
CREATE FUNCTION pg_temp.found(done text) RETURNS TABLE (who text, functions bigint)
LANGUAGE sql
AS $$
  SELECT w.who, count(*)
    FROM unnest(ARRAY['none', 'identity_app', 'identity_both', 'identity_worker']) AS w (who),
         LATERAL pg_temp.answers(w.who, (SELECT d.statements FROM pg_temp.deed AS d WHERE d.deed = done)) AS a
    JOIN asks AS k ON k.name = a.name
   WHERE k.asks AND a.answer NOT IN ('WD401', '42501') GROUP BY w.who
$$;
-- what a superuser says, an application in the service, a policy for all
BEGIN;
SET LOCAL dwello.act_as_system = off;
SELECT who, functions > 100 AS found FROM pg_temp.found('nothing');
SAVEPOINT planted;
SET LOCAL dwello.act_as_system = on;
REVOKE dwello_app FROM identity_app;
GRANT dwello_service TO identity_app;
SELECT who, functions > 100 AS found FROM pg_temp.found('nothing') ORDER BY who COLLATE "C";
ROLLBACK TO planted;
SELECT who, functions > 100 AS found FROM pg_temp.found('login(NULL)') ORDER BY who COLLATE "C";
ALTER POLICY users_service ON dwello.users USING (true);
SELECT pg_temp.sees('identity_both', 'users') AS found;
ROLLBACK;

SELECT dwello.reads_all() AS superuser;
DROP SCHEMA identity CASCADE;
DROP ROLE identity_plain, identity_app, identity_support, identity_admin, identity_analyst, identity_visitor, identity_worker,
  identity_apart, identity_both, identity_team, identity_helper, identity_manager, identity_open, identity_all;
