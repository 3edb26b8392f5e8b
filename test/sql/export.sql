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
 WHERE k.key ~ '(_hash|_index|_digest|psp_token|^key)$' AND k.key NOT IN ('last_hash', 'prev_hash') AND e.table_name <> 'idempotency_keys' OR k.value #>> '{}' LIKE '\\x02%';
-- sealed ones are opened
SELECT e.data ->> 'email' AS email, e.data ->> 'phone' AS phone FROM export AS e WHERE e.table_name = 'users';
SELECT e.table_name, count(e.data ->> 'street') > 0 AS streets, bool_and(e.data ->> 'point' ~ '^-?\d+\.\d{6} -?\d+\.\d{6}$') AS points
  FROM export AS e WHERE e.table_name IN ('job_sites', 'user_addresses') GROUP BY 1 ORDER BY 1;
-- who looked at their data, this export with them
SELECT e.data ->> 'what' AS what, e.data ->> 'actor_role' AS actor_role, e.data ->> 'reason' AS reason
  FROM export AS e WHERE e.table_name = 'data_access_log' ORDER BY e.data ->> 'id' DESC LIMIT 2;
-- in the order of tables, and no row that neither names them nor is a leg of a transaction of theirs
SELECT count(*) AS gaps FROM (SELECT e.table_name, lag(e.table_name) OVER (ORDER BY e.n) AS before FROM export AS e) AS x
 WHERE x.table_name IS DISTINCT FROM x.before GROUP BY x.table_name HAVING count(*) > 1;
SELECT DISTINCT e.table_name FROM export AS e
 WHERE position(t.user('h1')::text IN e.data::text) = 0
   AND NOT EXISTS (SELECT FROM export AS t WHERE t.table_name = 'transactions' AND t.row_key = e.data ->> 'transaction_id');

-- ----------------------------------------------------------------------
-- And what names them besides another: every table, for either side
-- ----------------------------------------------------------------------

CREATE TEMP TABLE seen (who text, relation text, readable bigint, exported bigint);
GRANT ALL ON seen TO PUBLIC;
-- how many rows of a table somebody may read that name them, or are of a transaction that they may read
CREATE FUNCTION pg_temp.look(who text, relation text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  columns text := (SELECT string_agg('t.' || quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
                    WHERE a.attrelid = ('dwello.' || relation)::regclass AND a.attnum > 0 AND NOT a.attisdropped
                      AND has_column_privilege(a.attrelid, a.attnum, 'SELECT'));
BEGIN
  IF columns IS NOT NULL THEN
    EXECUTE format('INSERT INTO pg_temp.seen (who, relation, readable) SELECT %L, %L, count(*) FROM dwello.%I AS t
                     WHERE ROW(%s)::text LIKE %L OR %L = ''ledger_entries''', who, relation, relation, columns, '%' || t.user(who) || '%', relation);
  END IF;
END
$$;
CREATE FUNCTION pg_temp.look_all(who text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  relations text[] := ARRAY(SELECT c.relname::text FROM pg_class AS c WHERE c.relnamespace = 'dwello'::regnamespace
                               AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1);
BEGIN
  PERFORM t.app_as(who);
  PERFORM pg_temp.look(who, r) FROM unnest(relations) AS r;
  EXECUTE format('CREATE TEMP TABLE %I AS SELECT * FROM dwello.export_user_data()', 'export_' || who);
  PERFORM t.as_system();
  EXECUTE format('UPDATE pg_temp.seen AS s SET exported = (SELECT count(*) FROM %I AS e WHERE e.table_name = s.relation) WHERE s.who = %L',
    'export_' || who, who);
END
$$;
SELECT count(pg_temp.look_all(who)) FROM unnest(ARRAY['h1', 'p1', 'p2']) AS who;
-- they may read no row of theirs that is not in it
SELECT who, count(*) > 25 AS tables, count(*) FILTER (WHERE exported > 0) > 25 AS exported FROM seen GROUP BY who ORDER BY who;
SELECT who, relation, readable, exported FROM seen WHERE readable > exported ORDER BY 1, 2;
-- and what is in it beside that is their own: deleted, or shown to nobody any more
SELECT who, relation, exported - readable AS more FROM seen WHERE exported > readable ORDER BY 1, 2;
-- of either side: payments, accounts, escrows, reviews, jobs
SELECT x.table_name, bool_or(x.who = 'h1') AS homeowners, bool_or(x.who = 'p1') AS providers
  FROM (SELECT 'h1' AS who, table_name FROM export_h1 UNION ALL SELECT 'p1', table_name FROM export_p1) AS x
 WHERE x.table_name IN ('jobs', 'escrow_accounts', 'escrow_events', 'transactions', 'ledger_accounts', 'ledger_entries', 'reviews', 'bids', 'messages')
 GROUP BY 1 ORDER BY 1;
-- what the homeowner has written is theirs alone; the markers in what the provider wrote to them are the provider's
SELECT p.table_name, p.column_name, count(e.data) AS providers_too
  FROM planted AS p JOIN export_p1 AS e ON position(p.marker IN e.data::text) > 0
 WHERE t.user('p1')::text <> ALL (ARRAY(SELECT e.data ->> a FROM unnest(ARRAY['sender_id', 'responder_id', 'reviewer_id', 'offered_by']) AS a WHERE e.data ? a))
 GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) AS of_homeowners, count(*) FILTER (WHERE e.data ? 'description' OR e.data ? 'title' AND e.table_name = 'jobs' OR e.data ? 'photos') AS told
  FROM export_p1 AS e WHERE e.table_name IN ('jobs', 'job_requirements', 'job_invites', 'refund_requests');
SELECT count(*) AS sealed_of_others FROM export_p1 AS e
 WHERE e.table_name = 'job_sites' AND e.data ?| ARRAY['street', 'point', 'place'] OR e.table_name = 'agent_switches' AND e.data ? 'actor_id';
-- a row that is as much of either has what they both may have written
SELECT e.table_name, e.data ? 'title' AS title, e.data ? 'reason' AS reason
  FROM export_h1 AS e WHERE e.table_name IN ('job_milestones', 'bids') GROUP BY 1, 2, 3 ORDER BY 1;
-- a review of them: the stars, not the words; and not before it is shown, or once it is deleted
CREATE FUNCTION pg_temp.of_provider() RETURNS TABLE (table_name text, row_count bigint, words bigint, ratings bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('p1');
  RETURN QUERY SELECT e.table_name, count(*), count(*) FILTER (WHERE e.data ?| ARRAY['title', 'comment', 'content', 'subject']), count(e.data -> 'rating')
    FROM dwello.export_user_data() AS e WHERE t.user('p1')::text IN (e.data ->> 'reviewee_id', e.data ->> 'recipient_id') GROUP BY 1 ORDER BY 1;
  PERFORM t.as_system();
END
$$;
SELECT * FROM pg_temp.of_provider();
UPDATE dwello.reviews SET reveal_at = 'infinity' WHERE reviewee_id = t.user('p1');
UPDATE dwello.messages SET deleted_at = now() WHERE recipient_id = t.user('p1');
SELECT * FROM pg_temp.of_provider();
ROLLBACK;
