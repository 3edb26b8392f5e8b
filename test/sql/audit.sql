--
-- audit.sql
--	What is recorded of a change, by whom it was made, and that nobody can
--	take it back.
--
SET client_min_messages = warning;
BEGIN;
SET LOCAL timezone = 'UTC';
SELECT count(*) > 0 AS months FROM dwello.ensure_partitions(months_ahead => 0);

-- What was recorded since the last look, without what differs in each run.
CREATE TEMP TABLE seen (id uuid);
INSERT INTO seen SELECT id FROM dwello.audit_log;
CREATE FUNCTION pg_temp.recorded()
RETURNS TABLE (table_name text, key text, operation text, who text, person text, before jsonb, after jsonb, withheld text[])
LANGUAGE sql
AS $$
  WITH fresh AS (INSERT INTO seen SELECT l.id FROM dwello.audit_log AS l WHERE NOT EXISTS (SELECT FROM seen AS s WHERE s.id = l.id)
                 RETURNING id)
  SELECT l.table_name,
         CASE WHEN l.row_key ~ '^[0-9a-f]{8}-' THEN coalesce(u.name, 'fresh') ELSE l.row_key END, l.operation,
         concat_ws(' ', n.name, l.actor_role, l.database_role, l.session_role = session_user, l.request_id), p.name,
         l.before - '{id,created_at,updated_at,user_id,job_id}'::text[], l.after - '{id,created_at,updated_at,user_id,job_id}'::text[], l.withheld
    FROM fresh JOIN dwello.audit_log AS l USING (id)
    LEFT JOIN unnest('{h1,p1,a1}'::text[]) AS u (name) ON t.user(u.name)::text = l.row_key
    LEFT JOIN unnest('{h1,p1,a1}'::text[]) AS n (name) ON t.user(n.name) = l.user_id
    LEFT JOIN unnest('{h1,p1,a1}'::text[]) AS p (name) ON t.user(p.name) = l.person_id
   ORDER BY l.id
$$;

-- What comes of a statement, whatever month it is.
CREATE FUNCTION pg_temp.try(statement text) RETURNS text
LANGUAGE sql
AS $$ SELECT regexp_replace(t.try(statement), '_\d{4}_\d{2}', '_MONTH') $$;

-- ----------------------------------------------------------------------
-- Who: a user, the system, a superuser; their role, and the request
-- ----------------------------------------------------------------------
SELECT t.login_as('a1');
SET LOCAL dwello.request_id = 'request 1';
SELECT name FROM dwello.set_setting('tip_fee_ppm', '1000');
SELECT * FROM pg_temp.recorded();
SET LOCAL dwello.request_id = '';
SELECT t.app_as('h1');
SELECT replayed FROM dwello.update_profile(bio => 'What nobody else needs to know', years_experience => 5);
SELECT t.as_system();
SELECT * FROM pg_temp.recorded();
-- what can be no request's name
SELECT t.try($$SET dwello.request_id = E'a\nb'$$) AS line, left(t.try(format('SET dwello.request_id = %L', repeat('x', 201))), 60) AS long,
       t.try(format('SET LOCAL dwello.request_id = %L', repeat('x', 200))) AS fits, t.try($$SET dwello.request_id = 'é'$$) AS foreign;
SET LOCAL dwello.request_id = '';

-- ----------------------------------------------------------------------
-- Each kind of statement leaves the right record, or is refused
-- ----------------------------------------------------------------------
INSERT INTO dwello.psp_units (psp, currency, exponent) VALUES ('acme', 'HUF', 0);
UPDATE dwello.psp_units SET exponent = 2 WHERE psp = 'acme';
UPDATE dwello.psp_units SET exponent = 2 WHERE psp = 'acme';  -- nothing
INSERT INTO dwello.psp_units (psp, currency, exponent) VALUES ('acme', 'HUF', 1)
  ON CONFLICT (psp, currency) DO NOTHING;
INSERT INTO dwello.psp_units AS u (psp, currency, exponent) VALUES ('acme', 'HUF', 1)
  ON CONFLICT (psp, currency) DO UPDATE SET exponent = 0;
MERGE INTO dwello.psp_units AS u USING (VALUES ('acme', 'HUF'), ('acme', 'UGX')) AS v (psp, currency)
  ON (u.psp, u.currency) = (v.psp, v.currency)
  WHEN MATCHED THEN DELETE
  WHEN NOT MATCHED THEN INSERT (psp, currency, exponent) VALUES (v.psp, v.currency, 2);
COPY dwello.psp_units (psp, currency, exponent) FROM stdin;
copied	USD	2
copied	EUR	2
\.
WITH gone AS (DELETE FROM dwello.psp_units WHERE psp = 'copied' RETURNING currency)
  UPDATE dwello.psp_units SET exponent = 0 WHERE psp = 'acme' AND EXISTS (SELECT FROM gone);
SELECT table_name, key, operation, before, after FROM pg_temp.recorded();
SAVEPOINT s;
DELETE FROM dwello.psp_units;
ROLLBACK TO s;
SELECT count(*) AS of_what_was_undone FROM pg_temp.recorded();
SELECT t.try('TRUNCATE dwello.psp_units') AS audited, t.try('TRUNCATE dwello.users CASCADE') AS cascading,
       t.try('TRUNCATE dwello.audit_log') AS log, t.try('TRUNCATE dwello.audit_log_default') AS part,
       pg_temp.try(format('TRUNCATE dwello.audit_log_%s', to_char(now(), 'YYYY_MM'))) AS month;
SELECT DISTINCT t.try(format('TRUNCATE %s CASCADE', g.tgrelid::regclass)) AS every_audited_table
  FROM pg_trigger AS g WHERE g.tgname = 'audit_row' AND g.tgrelid::regclass::text <> 'dwello.system_settings'
   AND t.try(format('TRUNCATE %s CASCADE', g.tgrelid::regclass)) NOT LIKE '42501: %';

-- a cascade: what goes with the parent is recorded, too
CREATE TABLE t.parent (id uuid PRIMARY KEY);
CREATE TABLE t.child (id uuid PRIMARY KEY, parent_id uuid REFERENCES t.parent ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON t.parent FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('parent');
CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON t.child FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('child');
INSERT INTO t.parent VALUES (t.user('h1'));
INSERT INTO t.child VALUES (t.user('p1'), t.user('h1'));
UPDATE t.parent SET id = t.user('a1');
DELETE FROM t.parent;
SELECT table_name, key, operation FROM pg_temp.recorded();

-- ----------------------------------------------------------------------
-- Values: every type in a form that reads back, whatever the settings
-- ----------------------------------------------------------------------
CREATE TYPE t.pair AS (a integer, b text);
CREATE TABLE t.types (
  id integer PRIMARY KEY, updated_at timestamptz, exponent integer, psp text, currency text, a_bool boolean, a_small smallint, a_large bigint,
  a_time timestamptz, an_enum dwello.job_status, an_id uuid, dropped text, made integer GENERATED ALWAYS AS (id + 1) STORED);
ALTER TABLE t.types DROP COLUMN dropped;
CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON t.types FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('psp_units');
SET LOCAL timezone = 'Asia/Kathmandu';
SET LOCAL datestyle = 'German';
SET LOCAL extra_float_digits = -3;
SET LOCAL bytea_output = 'escape';
INSERT INTO t.types VALUES (1, '2026-01-02 03:04:05.678+00', -5, E'text "quoted" \\ and \u00e9', 'USD', true, -32768, 9223372036854775807,
  'infinity', 'open', t.user('h1'));
UPDATE t.types SET psp = NULL, a_bool = false, a_large = -9223372036854775808, a_time = '0044-03-15 12:00:00+00 BC', an_enum = 'draft';
UPDATE t.types SET updated_at = now();
UPDATE t.types SET id = 2;
DELETE FROM t.types;
SELECT l.row_key, l.operation, l.before - 'updated_at' AS before, l.after - 'updated_at' AS after, l.withheld FROM dwello.audit_log AS l
 WHERE NOT EXISTS (SELECT FROM seen AS s WHERE s.id = l.id) ORDER BY l.id;
INSERT INTO seen SELECT id FROM dwello.audit_log;
-- the other types, by tables that have them
CREATE TABLE t.fee_schedules (LIKE dwello.fee_schedules);
ALTER TABLE t.fee_schedules ADD PRIMARY KEY (id);
CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON t.fee_schedules FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('fee_schedules');
INSERT INTO t.fee_schedules SELECT * FROM dwello.fee_schedules ORDER BY id LIMIT 1;
UPDATE t.fee_schedules SET valid = '[2026-01-01 00:00:00+00, 2027-01-01 00:00:00+00)', tiers = '[{"from": 1.50, "x": [null, {"y": "z"}]}]';
UPDATE t.fee_schedules SET valid = 'empty', tiers = '["a scalar"]';
UPDATE t.fee_schedules SET valid = '(,)', tiers = '[]';
SELECT l.before, l.after FROM dwello.audit_log AS l
 WHERE NOT EXISTS (SELECT FROM seen AS s WHERE s.id = l.id) AND l.operation = 'update' ORDER BY l.id;
INSERT INTO seen SELECT id FROM dwello.audit_log;
SET LOCAL timezone = 'UTC';
RESET datestyle;
-- a record reads back as the row it is of
SELECT r.rate_ppm > 0 AS rate, r.valid, r.tiers FROM dwello.audit_log AS l
 CROSS JOIN LATERAL jsonb_populate_record(NULL::dwello.fee_schedules, l.after) AS r
 WHERE l.table_name = 'fee_schedules' ORDER BY l.id;
-- values out of line: compared and recorded whole, and not when they stay
CREATE TABLE t.long (id integer PRIMARY KEY, value text, n integer);
ALTER TABLE t.long ALTER value SET STORAGE EXTERNAL;
CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON t.long FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('system_settings');
INSERT INTO t.long VALUES (1, repeat('x', 100000), 1);
UPDATE t.long SET n = 2;
UPDATE t.long SET value = repeat('x', 99999) || 'y';
UPDATE t.long SET value = repeat('x', 99999) || 'y';
SELECT operation, length(before ->> 'value') AS before, length(after ->> 'value') AS after, after ->> 'n' AS n
  FROM pg_temp.recorded();
SELECT t.try('DROP TABLE t.long') AS dropped;
-- and a table that became another one
CREATE TABLE t.long (id uuid PRIMARY KEY, name text);
CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON t.long FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('system_settings');
INSERT INTO t.long VALUES (t.user('h1'), 'x');
ALTER TABLE t.long ADD value text;
UPDATE t.long SET value = 'y';
ALTER TABLE t.long DROP name, ADD version integer;
UPDATE t.long SET version = 3;
SELECT key, operation, before, after FROM pg_temp.recorded();

-- ----------------------------------------------------------------------
-- Nothing personal stands in the log in clear
-- ----------------------------------------------------------------------
SELECT t.story('audit', 'h1', 'p1', 'p2');
SELECT table_name, array_agg(DISTINCT w ORDER BY w) AS withheld FROM dwello.audit_log, unnest(withheld) AS w
 WHERE table_name IN (SELECT relname FROM pg_class WHERE relnamespace = 'dwello'::regnamespace)
 GROUP BY table_name ORDER BY table_name COLLATE "C";
-- a marker in every personal column of a person's is found in none of it
UPDATE dwello.users SET first_name = 'Marker', last_name = 'Marker', profile_image_url = 'Marker', password_hash = 'Marker', timezone = 'UTC'
 WHERE id = t.user('h1');
UPDATE dwello.jobs SET title = 'Marker', description = 'Marker', photos = '{Marker}', special_requirements = 'Marker', reason = 'Marker'
 WHERE homeowner_id = t.user('h1');
UPDATE dwello.user_addresses SET city = 'Marker', state = 'Marker', postal_code = 'Marker' WHERE user_id = t.user('h1');
SELECT count(*) > 5 AS recorded, count(*) FILTER (WHERE l::text LIKE '%Marker%') AS found FROM dwello.audit_log AS l
 WHERE NOT EXISTS (SELECT FROM seen AS s WHERE s.id = l.id);
-- nor what is sealed: it is under the keyring, and outlives its person
SELECT DISTINCT l.table_name, k.key FROM dwello.audit_log AS l, jsonb_each(coalesce(l.after, l.before)) AS k
 WHERE k.value #>> '{}' LIKE '\\x%' AND l.table_name IN ('users', 'user_addresses', 'job_sites', 'provider_credentials') ORDER BY 1, 2;

-- ----------------------------------------------------------------------
-- All of it is sealed with the key of its person, who has one
-- ----------------------------------------------------------------------
-- secrets alone, and what is nobody's, are not kept
SELECT l.table_name, w.name, count(*) > 0 AS nowhere FROM dwello.audit_log AS l, unnest(l.withheld) AS w (name)
 WHERE l.sealed IS NULL AND l.table_name IN (SELECT relname FROM pg_class WHERE relnamespace = 'dwello'::regnamespace)
 GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) > 50 AS sealed, bool_and(substr(l.sealed, 1, 5) = '\x0200000000') AS by_a_person,
       bool_and(EXISTS (SELECT FROM dwello.person_keys AS k WHERE k.user_id = l.person_id AND k.key IS NOT NULL)) AS who_has_a_key
  FROM dwello.audit_log AS l WHERE l.sealed IS NOT NULL;
SELECT count(*) = (SELECT count(*) FROM dwello.users) AS a_key_each, count(DISTINCT key) = count(*) AS of_their_own,
       bool_and(get_byte(key, 0) = 2 AND substr(key, 2, 4) <> '\x00000000') AS wrapped FROM dwello.person_keys;
-- history opens it, but for secrets; sealed values stay sealed by the keyring
CREATE FUNCTION pg_temp.history(name text, records integer)
RETURNS TABLE (operation text, before jsonb, after jsonb, withheld text[], is_erased boolean)
LANGUAGE sql
AS $$
  SELECT h.operation, h.before - '{id,created_at,updated_at,version}'::text[],
         h.after - '{id,created_at,updated_at,version}'::text[] || CASE WHEN h.after ? 'email' THEN
           jsonb_build_object('email', left(h.after ->> 'email', 4), 'phone', left(h.after ->> 'phone', 4)) ELSE '{}' END,
         h.withheld, h.is_erased
    FROM dwello.audit_history('users', t.user(name)::text, max_results => 200) AS h ORDER BY h.id DESC LIMIT records
$$;
SELECT t.login_as('a1');
SELECT * FROM pg_temp.history('h1', 1);
SELECT * FROM pg_temp.history('h1', 200) WHERE operation = 'insert';
SELECT a.image ->> 'first_name' AS first_name, a.image ? 'password_hash' AS has_secret, a.is_complete, a.is_erased
  FROM dwello.audit_as_of('users', t.user('h1')::text, clock_timestamp()) AS a;
SELECT t.as_system();
-- a record of another person, or another record, does not open
CREATE FUNCTION pg_temp.moved(what text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
  answer boolean;
BEGIN
  ALTER TABLE dwello.audit_log DISABLE TRIGGER guard_append;
  EXECUTE format('UPDATE dwello.audit_log AS l SET %s WHERE l.id = (SELECT id FROM dwello.audit_log WHERE table_name = ''users''
    AND row_key = %L AND sealed IS NOT NULL ORDER BY id DESC LIMIT 1)', what, t.user('h1'));
  SELECT h.is_erased INTO answer FROM pg_temp.history('h1', 1) AS h;
  RAISE EXCEPTION USING ERRCODE = 'P0099', MESSAGE = answer;
EXCEPTION WHEN SQLSTATE 'P0099' THEN
  RETURN SQLERRM;
END
$$;
SELECT regexp_replace(what, '[0-9a-f-]{36}', 'other') AS what, pg_temp.moved(what) AS is_closed
  FROM unnest(ARRAY['actor_role = ''x''', format('person_id = %L', t.user('p1')), 'person_id = NULL', 'id = ''ffffffff-ffff-7fff-bfff-ffffffffffff''',
    'sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)', 'sealed = ''\x02''',
    'sealed = (SELECT sealed FROM dwello.audit_log WHERE sealed IS NOT NULL AND person_id = l.person_id ORDER BY id LIMIT 1)']) AS what;
-- a key that was made and undone is not used on
CREATE TABLE t.people (id uuid PRIMARY KEY, first_name text);
CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON t.people FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('users');
SAVEPOINT made;
INSERT INTO t.people VALUES (t.user('nobody'), 'Ada');
SELECT count(*) AS keys FROM dwello.person_keys WHERE user_id = t.user('nobody');
ROLLBACK TO made;
SELECT count(*) AS keys FROM dwello.person_keys WHERE user_id = t.user('nobody');
INSERT INTO t.people VALUES (t.user('nobody'), 'Ada');
SELECT count(*) AS keys FROM dwello.person_keys WHERE user_id = t.user('nobody');
SELECT after, withheld, is_erased FROM pg_temp.history('nobody', 1);
-- a key that is gone: what it has sealed is, the names stay, and there is never another
UPDATE t.people SET first_name = 'Bea';
UPDATE dwello.person_keys SET key = NULL, erased_at = made_at WHERE user_id = t.user('nobody');
UPDATE t.people SET first_name = 'Cleo';
DELETE FROM t.people;
SELECT * FROM pg_temp.history('nobody', 9);
SELECT a.row_exists, a.image, a.is_complete, a.is_erased FROM dwello.audit_as_of('users', t.user('nobody')::text, clock_timestamp()) AS a;
SELECT key IS NULL AS has_none FROM dwello.person_keys WHERE user_id = t.user('nobody');
-- nobody reads keys, nor what is sealed with them
SELECT role, t.try(format('SET LOCAL ROLE %I; SELECT key FROM dwello.person_keys', role)) AS keys,
       t.try(format('SET LOCAL ROLE %I; SELECT sealed FROM dwello.audit_log', role)) AS sealed
  FROM unnest('{dwello_app,dwello_service,dwello_support,dwello_analyst,dwello_admin}'::text[]) AS role;
SELECT t.as_system();
DELETE FROM dwello.person_keys WHERE user_id = t.user('nobody');

-- ----------------------------------------------------------------------
-- The log: append only, for whoever it is; who may read it
-- ----------------------------------------------------------------------
SELECT pg_temp.try($$UPDATE dwello.audit_log SET actor_role = 'x'$$) AS updated, pg_temp.try('DELETE FROM dwello.audit_log') AS deleted,
       pg_temp.try(format('DELETE FROM dwello.audit_log_%s', to_char(now(), 'YYYY_MM'))) AS from_month,
       pg_temp.try(format('UPDATE dwello.audit_log_%s SET actor_role = NULL', to_char(now(), 'YYYY_MM'))) AS of_month;
SELECT role, t.try(format('SET LOCAL ROLE %I; SELECT id FROM dwello.audit_log', role)) AS reads,
       t.try(format('SET LOCAL ROLE %I; INSERT INTO dwello.audit_log (table_name) VALUES (''x'')', role)) AS writes
  FROM unnest('{dwello_app,dwello_service,dwello_support,dwello_analyst,dwello_admin}'::text[]) AS role;
SELECT t.as_system();

-- ----------------------------------------------------------------------
-- The trigger anywhere else
-- ----------------------------------------------------------------------
CREATE TABLE t.keyless (a integer);
CREATE TRIGGER x AFTER INSERT ON t.keyless FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('jobs');
CREATE TABLE t.odd (a integer PRIMARY KEY, b t.pair, c int4range[], d point, user_id text, homeowner_id integer);
CREATE TRIGGER x AFTER INSERT OR UPDATE OR DELETE ON t.odd FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('jobs');
SELECT t.try('INSERT INTO t.keyless VALUES (1)') AS keyless,
       t.try($$INSERT INTO t.odd VALUES (1, (1, 'x'), '{"[1,2)"}', '(1,2)', 'x', 3)$$) AS odd,
       t.try('UPDATE t.odd SET homeowner_id = NULL, b = NULL') AS odd_update;
CREATE TABLE t.argument (a integer PRIMARY KEY);
CREATE TRIGGER x AFTER INSERT ON t.argument FOR EACH ROW EXECUTE FUNCTION dwello.audit_row();
CREATE TABLE t.statement (a integer PRIMARY KEY);
CREATE TRIGGER x AFTER INSERT ON t.statement FOR EACH STATEMENT EXECUTE FUNCTION dwello.audit_row('jobs');
CREATE TABLE t.early (a integer PRIMARY KEY);
CREATE TRIGGER x BEFORE INSERT ON t.early FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('jobs');
CREATE TABLE t.guarded (a integer PRIMARY KEY);
CREATE TRIGGER x BEFORE INSERT ON t.guarded FOR EACH ROW EXECUTE FUNCTION dwello.guard_truncate();
SELECT x, t.try(format('INSERT INTO t.%I VALUES (1)', x)) AS answer FROM unnest('{argument,statement,early,guarded}'::text[]) AS x;
SELECT t.try('SELECT dwello.audit_row()') AS called, t.try('SELECT dwello.guard_truncate()') AS guard_called;

-- a replica's session records nothing: the origin has
SET LOCAL session_replication_role = replica;
UPDATE dwello.psp_units SET exponent = 1;
SET LOCAL session_replication_role = origin;
-- nor does a restore's INSERT; its UPDATE is somebody's
SET LOCAL row_security = off;
SET LOCAL check_function_bodies = off;
INSERT INTO dwello.psp_units (psp, currency, exponent) VALUES ('restored', 'HUF', 0);
UPDATE dwello.psp_units SET exponent = 1 WHERE psp = 'restored';
SET LOCAL check_function_bodies = on;
INSERT INTO dwello.psp_units (psp, currency, exponent) VALUES ('written', 'HUF', 0);
SET LOCAL row_security = on;
SELECT table_name, key, operation FROM pg_temp.recorded() WHERE table_name = 'psp_units';
ROLLBACK;
