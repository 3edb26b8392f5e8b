--
-- export.sql
--	What the database has of a person, whole, and shown to whom it concerns.
--
SET client_min_messages = warning;

-- ----------------------------------------------------------------------
-- For whom
-- ----------------------------------------------------------------------
SELECT x.actor, t.try(x.call, x.actor) AS answer
  FROM (VALUES (1, 'p1', 'SELECT dwello.export_user_data(t.user(''h1''))'),
               (2, 'a1', 'SELECT dwello.export_user_data(t.user(''h1''))'),
               (3, 'a1', 'SELECT dwello.export_user_data(''00000000-0000-7000-8000-00000000000f'')'),
               (4, 'h1', 'SELECT dwello.export_user_data(reason => NULL)'),
               (5, 'h1', 'SELECT dwello.export_user_data(reason => '' '')'),
               (6, 'h1', 'SELECT dwello.export_user_data(reason => repeat(''x'', 201))')) AS x (n, actor, call) ORDER BY n;
SELECT t.as_system();
SELECT t.try('SELECT dwello.export_user_data()') AS nobodys,
       t.try('SELECT dwello.login(NULL); SET LOCAL ROLE dwello_app; SELECT dwello.export_user_data(t.user(''h1''))') AS no_identity;
SELECT t.as_system();
-- an administrator asks first, and in another transaction
BEGIN;
SELECT t.login_as('a1');
SELECT dwello.request_contact(t.user('p2'), 'They asked by letter.') IS NOT NULL AS asked;
SELECT t.try('SELECT dwello.export_user_data(t.user(''p2''))') AS at_once;
SELECT t.as_system();
UPDATE dwello.contact_requests SET transaction_number = transaction_number - 1;
SELECT t.login_as('a1');
SELECT count(*) > 2 AS exported FROM dwello.export_user_data(t.user('p2'), 'They asked by letter.');
ROLLBACK;

-- ----------------------------------------------------------------------
-- All of it: a marker in each text of theirs is found
-- ----------------------------------------------------------------------
BEGIN;
SELECT t.story('export', 'h1', 'p1', 'p2');
SELECT t.as_system();
-- their rows, as the registry names them, are those that the audit log has under their name
CREATE TEMP TABLE planted AS
  SELECT DISTINCT l.table_name::text, w.name AS column_name, format_type(a.atttypid, NULL) AS type, NULL::text AS marker
    FROM dwello.audit_log AS l CROSS JOIN unnest(l.withheld) AS w (name)
    JOIN pg_attribute AS a ON a.attrelid = to_regclass('dwello.' || l.table_name) AND a.attname = w.name
   WHERE l.person_id = t.user('h1') AND l.sealed IS NOT NULL AND (l.created_at >= now() OR l.table_name IN ('users', 'user_addresses'));
CREATE FUNCTION pg_temp.plant(relation text, name text, type text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  marker text := 'Marker' || md5(relation || name);
  rows integer;
BEGIN
  IF type NOT IN ('text', 'text[]') THEN
    RETURN NULL;
  END IF;
  EXECUTE format('UPDATE dwello.%I AS t SET %I = %L WHERE t::text LIKE %L', relation, name,
    CASE type WHEN 'text' THEN marker ELSE '{' || marker || '}' END, '%' || t.user('h1') || '%');
  GET DIAGNOSTICS rows = ROW_COUNT;
  RETURN CASE WHEN rows > 0 THEN marker END;
EXCEPTION WHEN check_violation OR insufficient_privilege THEN
  RETURN NULL;
END
$$;
UPDATE planted SET marker = pg_temp.plant(table_name, column_name, type);
SELECT t.login_as('h1');
CREATE TEMP TABLE export AS SELECT row_number() OVER () AS n, e.* FROM dwello.export_user_data() AS e;
SELECT t.as_system();
SELECT count(*) > 10 AS planted, count(*) FILTER (WHERE NOT EXISTS (SELECT FROM export AS e
         WHERE e.table_name = p.table_name AND position(p.marker IN (e.data -> p.column_name)::text) > 0)) AS not_found
  FROM planted AS p WHERE p.marker IS NOT NULL;
-- each column of each row that is there: secrets alone are left out
SELECT p.table_name, p.column_name FROM planted AS p
 WHERE NOT EXISTS (SELECT FROM export AS e WHERE e.table_name = p.table_name AND e.data ? p.column_name) ORDER BY 1, 2;
SELECT DISTINCT e.table_name, k.key FROM export AS e CROSS JOIN jsonb_each(e.data) AS k
 WHERE k.key ~ '(_hash|_index|_digest|psp_token|^key)$' AND k.key <> 'last_hash' AND e.table_name <> 'idempotency_keys' OR k.value #>> '{}' LIKE '\\x02%';
-- sealed ones are opened
SELECT e.data ->> 'email' AS email, e.data ->> 'phone' AS phone FROM export AS e WHERE e.table_name = 'users';
SELECT e.table_name, count(e.data ->> 'street') > 0 AS streets, bool_and(e.data ->> 'point' ~ '^-?\d+\.\d{6} -?\d+\.\d{6}$') AS points
  FROM export AS e WHERE e.table_name IN ('job_sites', 'user_addresses') GROUP BY 1 ORDER BY 1;
-- who looked at their data, this export with them
SELECT e.data ->> 'what' AS what, e.data ->> 'actor_role' AS actor_role, e.data ->> 'reason' AS reason
  FROM export AS e WHERE e.table_name = 'data_access_log' ORDER BY e.data ->> 'id' DESC LIMIT 2;
-- in the order of tables, and nothing of anybody else's
SELECT count(*) AS gaps FROM (SELECT e.table_name, lag(e.table_name) OVER (ORDER BY e.n) AS before FROM export AS e) AS x
 WHERE x.table_name IS DISTINCT FROM x.before GROUP BY x.table_name HAVING count(*) > 1;
SELECT DISTINCT e.table_name FROM export AS e WHERE position(t.user('h1')::text IN e.data::text) = 0;
ROLLBACK;
