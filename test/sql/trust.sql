--
-- trust.sql
--   Identity: what a token proves, when, and for whom.
--
\set VERBOSITY sqlstate
SET client_min_messages = warning;
CREATE EXTENSION pgcrypto;

CREATE ROLE trust_app IN ROLE dwello_app;
CREATE ROLE trust_service IN ROLE dwello_service;
CREATE ROLE trust_nobody;

-- ---------------------------------------------------------------------
-- The keyring
-- ---------------------------------------------------------------------
-- setup.sql has made it: nothing is made again
SELECT kind, key_id > 0 AS has_id, created FROM dwello.create_keyring();
-- and what it made is noted, with what its values are bound to
SELECT kind, count(*), bool_and(retired_at IS NULL) AS live FROM dwello.key_ids GROUP BY 1 ORDER BY 1;
SELECT count(*), bool_and(data_id <> '00000000-0000-0000-0000-000000000000') AS is_drawn FROM dwello.data_identity;

-- only a superuser makes it, or sees where it is
SET ROLE trust_service;
SELECT * FROM dwello.create_keyring();
SHOW dwello.keyring_file;
SET dwello.keyring_file = '/tmp/mine';
RESET ROLE;

-- ---------------------------------------------------------------------
-- Helpers: forge.* makes what an attacker would; forge.key() reads the true
-- token key, for claims that are wrong under a right signature.
-- ---------------------------------------------------------------------
CREATE SCHEMA forge;

CREATE FUNCTION forge.b64(data bytea) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT rtrim(translate(encode(data, 'base64'), E'+/\n', '-_'), '=')
$$;

CREATE FUNCTION forge.key() RETURNS bytea
LANGUAGE sql STABLE AS $$
  SELECT decode(split_part(line, ' ', 3), 'hex')
    FROM regexp_split_to_table(
           pg_read_file(current_setting('dwello.keyring_file')), E'\n') AS line
   WHERE line LIKE 'token %'
$$;

CREATE FUNCTION forge.token(payload text, header text, key bytea)
RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT part || '.' || forge.b64(hmac(part::bytea, key, 'sha256'))
    FROM (SELECT forge.b64(header::bytea) || '.' ||
                 forge.b64(payload::bytea)) AS p (part)
$$;

-- a good payload, changed by a jsonb; a member set to null is left out
CREATE FUNCTION forge.payload(change jsonb DEFAULT '{}') RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object(
           'sub', '00000000-0000-7000-8000-000000000001',
           'role', 'homeowner', 'aud', dwello.token_audience(), 'jti', 'x',
           'iat', floor(extract(epoch FROM now()))::bigint,
           'exp', floor(extract(epoch FROM now()))::bigint + 600) ||
         change)::text
$$;

-- what login says to a token; psql never sees the token
CREATE FUNCTION forge.try(token text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
  RETURN right(dwello.login(token)::text, 1);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;

INSERT INTO dwello.users (id, user_type, status, email, email_index, first_name, last_name)
VALUES
  ('00000000-0000-7000-8000-000000000001', 'homeowner', 'active', '\x01', '\x01', 'Ann', 'A'),
  ('00000000-0000-7000-8000-000000000002', 'service_provider', 'active', '\x02', '\x02', 'Bob', 'B'),
  ('00000000-0000-7000-8000-000000000003', 'admin', 'active', '\x03', '\x03', 'Cy', 'C'),
  ('00000000-0000-7000-8000-000000000004', 'homeowner', 'suspended', '\x04', '\x04', 'Di', 'D');
\set ann '00000000-0000-7000-8000-000000000001'
\set bob '00000000-0000-7000-8000-000000000002'
\set cy '00000000-0000-7000-8000-000000000003'
\set di '00000000-0000-7000-8000-000000000004'

-- ---------------------------------------------------------------------
-- issue_token
-- ---------------------------------------------------------------------
SET ROLE trust_service;
SELECT dwello.issue_token(:'ann') AS ann_token \gset
SELECT dwello.issue_token(:'bob', role => 'service_provider') AS bob_token \gset
SELECT dwello.issue_token(:'cy') AS cy_token \gset
SELECT dwello.issue_token(:'cy', '30 days', 'support') AS support_token \gset
SELECT dwello.issue_token(NULL);
SELECT dwello.issue_token(:'ann', NULL);
SELECT dwello.issue_token(:'ann', '0');
SELECT dwello.issue_token(:'ann', '-1 second');
SELECT dwello.issue_token(:'ann', '30 days 1 second');
SELECT dwello.issue_token(:'ann', '178000000 years');
SELECT dwello.issue_token('00000000-0000-7000-8000-00000000000f');
SELECT dwello.issue_token(:'di');
SELECT dwello.issue_token(:'ann', role => 'admin');
SELECT dwello.issue_token(:'ann', role => 'support');
SELECT dwello.issue_token(:'ann', role => 'system');
SELECT dwello.issue_token(:'cy', role => 'homeowner');
-- arguments first, then the user
SELECT dwello.issue_token('00000000-0000-7000-8000-00000000000f', '0');
SET ROLE trust_app;
SELECT dwello.issue_token(:'ann');
SET ROLE trust_nobody;
SELECT dwello.current_user_id();
RESET ROLE;

-- ---------------------------------------------------------------------
-- login: from here to the end of the transaction
-- ---------------------------------------------------------------------
SET ROLE trust_app;
SELECT dwello.current_user_id();
SELECT count(*) FROM dwello.users;
BEGIN;
SELECT dwello.login(:'ann_token');
SELECT dwello.current_user_id();
SELECT first_name FROM dwello.users;
-- the token is never shown
SHOW dwello.token;
SELECT current_setting('dwello.token');
SELECT count(*) FROM pg_settings WHERE name = 'dwello.token';
-- another one takes its place
SELECT dwello.login(:'bob_token');
SELECT first_name FROM dwello.users;
COMMIT;
SELECT current_setting('dwello.token') AS token;
SELECT dwello.current_user_id();

-- as a gateway does it
BEGIN;
SELECT set_config('dwello.token', :'ann_token', true);
SELECT dwello.current_user_id();
COMMIT;
SELECT dwello.current_user_id();

-- NULL and '' end the identity
BEGIN;
SELECT dwello.login(:'ann_token');
SELECT dwello.login(NULL) IS NULL AS ended;
SAVEPOINT ended;
SELECT dwello.current_user_id();
ROLLBACK TO ended;
SELECT dwello.login(:'ann_token');
SELECT dwello.login('') IS NULL AS ended;
SELECT dwello.current_user_id();
COMMIT;
SELECT dwello.login(:'ann_token', NULL);

-- where nothing can be written
BEGIN READ ONLY;
SELECT dwello.login(:'ann_token');
SELECT first_name FROM dwello.users;
COMMIT;

-- a refused token leaves the one before
BEGIN;
SELECT dwello.login(:'ann_token');
SAVEPOINT before;
SELECT dwello.login('nonsense');
ROLLBACK TO before;
SELECT dwello.current_user_id();
COMMIT;

-- ---------------------------------------------------------------------
-- What is no token
-- ---------------------------------------------------------------------
RESET ROLE;
\set good '{"alg":"HS256","typ":"JWT"}'
SELECT name, forge.try(token) AS result
  FROM (VALUES
    ( 1, 'good',              forge.token(forge.payload(), :'good', forge.key())),
    ( 2, 'forged',            forge.token(forge.payload(), :'good', '\x00')),
    ( 3, 'empty key',         forge.token(forge.payload(), :'good', '')),
    ( 4, 'alg none',          forge.b64('{"alg":"none"}') || '.' || forge.b64(forge.payload()::bytea) || '.'),
    ( 5, 'alg none, signed',  forge.token(forge.payload(), '{"alg":"none"}', forge.key())),
    ( 6, 'alg HS512, signed', forge.token(forge.payload(), '{"alg":"HS512"}', forge.key())),
    ( 7, 'no alg, signed',    forge.token(forge.payload(), '{"typ":"JWT"}', forge.key())),
    ( 8, 'wrong audience',    forge.token(forge.payload('{"aud":"other"}'), :'good', forge.key())),
    (31, 'no own audience',   forge.token(forge.payload('{"aud":"dwello"}'), :'good', forge.key())),
    ( 9, 'no audience',       forge.token(forge.payload('{"aud":null}'), :'good', forge.key())),
    (10, 'expired',           forge.token(forge.payload('{"iat":1000,"exp":2000}'), :'good', forge.key())),
    (11, 'never expires',     forge.token(forge.payload('{"exp":null}'), :'good', forge.key())),
    (12, 'from the future',   forge.token(forge.payload('{"iat":9000000000,"exp":9000000600}'), :'good', forge.key())),
    (13, 'no subject',        forge.token(forge.payload('{"sub":null}'), :'good', forge.key())),
    (14, 'bad subject',       forge.token(forge.payload('{"sub":"ann"}'), :'good', forge.key())),
    (15, 'role system',       forge.token(forge.payload('{"role":"system"}'), :'good', forge.key())),
    (16, 'role unknown',      forge.token(forge.payload('{"role":"root"}'), :'good', forge.key())),
    (17, 'no role',           forge.token(forge.payload('{"role":null}'), :'good', forge.key())),
    (18, 'no json',           forge.token('hello', :'good', forge.key())),
    (19, 'two parts',         forge.b64(:'good') || '.' || forge.b64(forge.payload()::bytea)),
    (20, 'four parts',        forge.token(forge.payload(), :'good', forge.key()) || '.x'),
    (21, 'padded',            forge.token(forge.payload(), :'good', forge.key()) || '='),
    (22, 'blank behind',      forge.token(forge.payload(), :'good', forge.key()) || ' '),
    (23, 'blank before',      ' ' || forge.token(forge.payload(), :'good', forge.key())),
    (24, 'dots',              '..'),
    (25, 'a megabyte',        repeat('a', 1000000)),
    (26, 'a signed megabyte', forge.token(forge.payload(jsonb_build_object('jti', repeat('a', 1000000))), :'good', forge.key())),
    (27, 'bound by itself',   '1:' || forge.token(forge.payload(), :'good', forge.key())),
    (28, 'unbound by itself', '0:' || forge.token(forge.payload(), :'good', forge.key())),
    (29, 'no number',         ':' || forge.token(forge.payload(), :'good', forge.key())),
    (30, 'not ASCII',         U&'\00e4' || forge.token(forge.payload(), :'good', forge.key()))
  ) AS t (number, name, token)
 ORDER BY number;

-- cut anywhere, or with any one character another: refused
SELECT forge.try(left(:'ann_token', n)) AS result, count(*) > 100 AS many
  FROM generate_series(1, length(:'ann_token') - 1) AS n
 GROUP BY 1;
SELECT forge.try(overlay(:'ann_token' PLACING CASE substr(:'ann_token', n, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM n)) AS result,
       count(*) > 100 AS many
  FROM generate_series(1, length(:'ann_token')) AS n
 GROUP BY 1;

-- what a client is told is the same for every reason
\set VERBOSITY default
SELECT dwello.login('nonsense');
SELECT dwello.login(forge.token(forge.payload('{"aud":"other"}'), :'good', forge.key()));
\set VERBOSITY sqlstate

-- expiry is looked at by every statement, on the real clock
SET ROLE trust_service;
SELECT dwello.issue_token(:'ann', '2 seconds') AS short_token \gset
SET ROLE trust_app;
BEGIN;
SELECT dwello.login(:'short_token');
SELECT pg_sleep(2.1);
SAVEPOINT late;
SELECT dwello.current_user_id();
ROLLBACK TO late;
SELECT count(*) FROM dwello.users;
COMMIT;

-- but a statement may use what it has issued, however long it takes
RESET ROLE;
SET ROLE trust_service;
CREATE FUNCTION pg_temp.long_statement() RETURNS text
LANGUAGE plpgsql AS $$
DECLARE token text;
BEGIN
  PERFORM pg_sleep(1.1);
  token := dwello.issue_token('00000000-0000-7000-8000-000000000001', '1 second');
  PERFORM pg_sleep(1.1);
  RETURN right(dwello.login(token)::text, 1);
END
$$;
SELECT pg_temp.long_statement();
RESET ROLE;

-- ---------------------------------------------------------------------
-- Whom a token is for
-- ---------------------------------------------------------------------
SELECT dwello.token_audience() ~ '^dwello:[0-9a-f]{16}$' AS is_own, dwello.token_audience() AS own \gset
SELECT :'is_own' AS is_own;
SET dwello.token_audience = 'https://example.org/pair';
SELECT dwello.token_audience(), forge.try(:'bob_token') AS another_now,
       forge.try(forge.token(forge.payload(), :'good', forge.key())) AS made_for_it;
SELECT dwello.issue_token(:'bob') AS pair_token \gset
RESET dwello.token_audience;
SELECT dwello.token_audience() = :'own' AS own, forge.try(:'bob_token') AS own_token, forge.try(:'pair_token') AS of_the_pair;
-- other data in the same place refuse it, too
BEGIN;
UPDATE dwello.data_identity SET data_id = '00000000-0000-0000-0000-000000000001';
SELECT dwello.token_audience() = :'own' AS own, forge.try(:'bob_token') AS own_token;
ROLLBACK;
SELECT dwello.token_audience() = :'own' AS own, forge.try(:'bob_token') AS own_token;
SET dwello.token_audience = 'a b';
SET dwello.token_audience = 'a"b';
SELECT set_config('dwello.token_audience', repeat('a', 101), false);
SET ROLE trust_service;
SET dwello.token_audience = 'mine';
SET ROLE trust_app;
SELECT dwello.token_audience();
BEGIN;
SELECT dwello.login(:'ann_token');
SELECT dwello.token_audience();
ROLLBACK;

-- ---------------------------------------------------------------------
-- A token left in the session is nobody's
-- ---------------------------------------------------------------------
SELECT set_config('dwello.token', :'ann_token', false);
SELECT dwello.current_user_id();
SELECT count(*) FROM dwello.users;
-- nor can any order of setting and rolling back bring it back
BEGIN;
SAVEPOINT one;
SELECT dwello.login(:'bob_token');
ROLLBACK TO one;
SELECT dwello.current_user_id();
ROLLBACK;
BEGIN;
SET LOCAL dwello.token = '';
SELECT dwello.current_user_id();
ROLLBACK;
SELECT dwello.current_user_id();
BEGIN;
SELECT dwello.login(:'bob_token');
SELECT dwello.current_user_id();
ROLLBACK;
SELECT dwello.current_user_id();
-- it does not make a worker the system either
RESET ROLE;
SET ROLE trust_service;
SELECT dwello.issue_token(:'ann');
DISCARD ALL;
SET ROLE trust_app;
SELECT dwello.current_user_id();
-- a session's value set and used in one transaction is good there alone
BEGIN;
SELECT set_config('dwello.token', :'ann_token', false);
SELECT dwello.current_user_id();
COMMIT;
SELECT dwello.current_user_id();
RESET dwello.token;
SELECT dwello.current_user_id();

-- a savepoint rolled back gives the transaction's identity back
BEGIN;
SELECT dwello.login(:'ann_token');
SAVEPOINT inner_one;
SELECT dwello.login(:'bob_token');
SELECT dwello.current_user_id();
ROLLBACK TO inner_one;
SELECT dwello.current_user_id();
SAVEPOINT inner_two;
SELECT dwello.login(:'bob_token');
RELEASE inner_two;
SELECT dwello.current_user_id();
COMMIT;

-- for the session: only where a superuser allows it
SELECT dwello.login(:'ann_token', false);
SELECT dwello.login(NULL, false) IS NULL AS ended;
SET dwello.session_tokens = on;
RESET ROLE;
SET dwello.session_tokens = on;
SET ROLE trust_app;
SELECT dwello.login(:'ann_token', false);
SELECT dwello.current_user_id();
BEGIN;
SELECT dwello.login(:'bob_token');
COMMIT;
SELECT dwello.current_user_id();
SELECT dwello.login(NULL, false) IS NULL AS ended;
SELECT dwello.current_user_id();
SELECT dwello.login('nonsense', false);
RESET ROLE;
RESET dwello.session_tokens;

-- ---------------------------------------------------------------------
-- Nobody sets a token for somebody else, and errors do not quote it
-- ---------------------------------------------------------------------
\set VERBOSITY default
ALTER ROLE trust_app SET dwello.token = 'secret';
ALTER DATABASE :DBNAME SET dwello.token = 'secret';
ALTER ROLE trust_app IN DATABASE :DBNAME SET dwello.token = 'secret';
ALTER SYSTEM SET dwello.token = 'secret';
CREATE FUNCTION forge.fixed() RETURNS uuid LANGUAGE sql
  SET dwello.token = 'secret' AS 'SELECT dwello.current_user_id()';
-- and no setting can be invented under the prefix
SET dwello.other = 'x';
\set VERBOSITY sqlstate

-- ---------------------------------------------------------------------
-- Who is the system: the service without a token, a superuser who says so
-- ---------------------------------------------------------------------
CREATE ROLE trust_both IN ROLE dwello_app, dwello_service;
CREATE ROLE trust_staff IN ROLE dwello_admin, dwello_service;
SELECT length(dwello.issue_token(:'ann')) > 100 AS superuser_is_system;
BEGIN;
SELECT dwello.login(:'ann_token');
SAVEPOINT as_ann;
SELECT dwello.issue_token(:'ann');
ROLLBACK TO as_ann;
SELECT dwello.login(NULL) IS NULL AS ended;
SELECT length(dwello.issue_token(:'ann')) > 100 AS superuser_is_system;
COMMIT;
-- who does not say so is nobody; it is said in the session, and by superusers
\set VERBOSITY default
SET dwello.act_as_system = off;
SELECT dwello.issue_token(:'ann');
SELECT dwello.current_user_id() IS NULL AS no_error;
SELECT count(*) > 0 AS sees FROM dwello.users;
RESET dwello.act_as_system;
ALTER ROLE trust_service SET dwello.act_as_system = on;
ALTER DATABASE :DBNAME SET dwello.act_as_system = on;
ALTER SYSTEM SET dwello.act_as_system = on;
CREATE FUNCTION forge.says() RETURNS uuid LANGUAGE sql
  SET dwello.act_as_system = on AS 'SELECT dwello.current_user_id()';
SET dwello.token_set_in = 0;
SET ROLE trust_service;
SET dwello.act_as_system = on;
SET dwello.act_as_system = off;
SET dwello.token_set_in = 0;
-- the service is the system until a token is set, an empty one too
BEGIN;
SELECT length(dwello.issue_token(:'ann')) > 100 AS service_is_system;
SELECT dwello.login(:'cy_token');
SAVEPOINT as_admin;
SELECT dwello.issue_token(:'ann');
ROLLBACK TO as_admin;
SELECT dwello.login(NULL) IS NULL AS ended;
SELECT dwello.current_user_id() IS NULL AS no_error;
SELECT dwello.issue_token(:'ann');
COMMIT;
\set VERBOSITY sqlstate
SELECT length(dwello.issue_token(:'ann')) > 100 AS service_is_system;
-- however it was set, and whatever was rolled back since
BEGIN;
SAVEPOINT s;
SELECT dwello.login('');
ROLLBACK TO s;
SELECT dwello.issue_token(:'ann');
ROLLBACK;
BEGIN;
SAVEPOINT s;
SET LOCAL dwello.token = '';
ROLLBACK TO s;
SELECT dwello.issue_token(:'ann');
ROLLBACK;
BEGIN;
SELECT set_config('dwello.token', '', false);
SELECT dwello.issue_token(:'ann');
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT dwello.login('nonsense');
ROLLBACK TO s;
SELECT dwello.issue_token(:'ann');
ROLLBACK;
SELECT length(dwello.issue_token(:'ann')) > 100 AS service_is_system;
-- who acts for users, too, is the system after SET ROLE alone
\set VERBOSITY default
SET ROLE trust_both;
SELECT dwello.issue_token(:'ann');
SELECT dwello.current_user_id();
\set VERBOSITY sqlstate
SELECT count(*) FROM dwello.users;
BEGIN;
SELECT dwello.login(:'ann_token');
SELECT first_name FROM dwello.users WHERE id = :'ann';
SELECT dwello.issue_token(:'ann');
COMMIT;
SET ROLE trust_staff;
SELECT dwello.issue_token(:'ann');
RESET ROLE;
SET SESSION AUTHORIZATION trust_both;
BEGIN;
SET LOCAL ROLE dwello_service;
SELECT length(dwello.issue_token(:'ann')) > 100 AS service_is_system;
COMMIT;
SELECT dwello.issue_token(:'ann');
RESET SESSION AUTHORIZATION;
-- what is granted or taken back counts at once
BEGIN;
SET LOCAL ROLE trust_service;
SELECT length(dwello.issue_token(:'ann')) > 100 AS service_is_system;
RESET ROLE;
GRANT dwello_app TO trust_service;
SET LOCAL ROLE trust_service;
SAVEPOINT s;
SELECT dwello.issue_token(:'ann');
ROLLBACK TO s;
RESET ROLE;
REVOKE dwello_app FROM trust_service;
SET LOCAL ROLE trust_service;
SELECT length(dwello.issue_token(:'ann')) > 100 AS service_is_system;
ROLLBACK;
DROP ROLE trust_both, trust_staff;

-- ---------------------------------------------------------------------
-- Taken back
-- ---------------------------------------------------------------------
INSERT INTO dwello.token_cutoffs VALUES (:'ann', now() - interval '1 hour');
SELECT forge.try(:'ann_token') AS before_it, forge.try(:'bob_token') AS another;
UPDATE dwello.token_cutoffs SET not_before = now() + interval '1 second';
SELECT forge.try(:'ann_token') AS after_it, forge.try(:'bob_token') AS another;
SET ROLE trust_app;
SELECT set_config('search_path', 'forge, public', false);
BEGIN READ ONLY;
SELECT dwello.login(:'ann_token');
ROLLBACK;
RESET ROLE;
UPDATE dwello.token_cutoffs SET not_before = 'infinity';
SELECT forge.try(:'ann_token') AS for_good;
DELETE FROM dwello.token_cutoffs;
RESET search_path;

-- ---------------------------------------------------------------------
-- Parallel workers have the leader's identity
-- ---------------------------------------------------------------------
SELECT set_config(name, 'on', false) FROM pg_settings
 WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
CREATE FUNCTION forge.in_worker() RETURNS boolean
LANGUAGE plpgsql PARALLEL SAFE SECURITY DEFINER AS $$
BEGIN
  RETURN (SELECT leader_pid IS NOT NULL FROM pg_stat_activity
           WHERE pid = pg_backend_pid());
END
$$;
GRANT USAGE ON SCHEMA forge TO trust_app;
SET ROLE trust_app;
BEGIN;
SELECT dwello.login(:'bob_token');
SELECT dwello.current_user_id(), first_name, forge.in_worker() FROM dwello.users;
COMMIT;
SELECT set_config('dwello.token', :'bob_token', false);
SELECT dwello.current_user_id(), first_name FROM dwello.users;
SELECT set_config('dwello.token', '', false);
-- and know that a token was set in the transaction
RESET ROLE;
GRANT USAGE ON SCHEMA forge TO trust_service;
SET ROLE trust_service;
SELECT status, forge.in_worker() FROM dwello.find_login('h1@example.org');
BEGIN;
SAVEPOINT s;
SELECT dwello.login(NULL);
ROLLBACK TO s;
\set VERBOSITY default
SELECT status, forge.in_worker() FROM dwello.find_login('h1@example.org');
\set VERBOSITY sqlstate
ROLLBACK;
DISCARD ALL;

-- ---------------------------------------------------------------------
-- Contacts and logins
-- ---------------------------------------------------------------------
SELECT set_config('dwello.token', '', false);
SET ROLE trust_app;
SELECT * FROM dwello.get_user_contact(:'ann', 'test');
SELECT * FROM dwello.find_login('ann@example.org');
BEGIN;
SELECT dwello.login(:'bob_token');
SAVEPOINT s;
-- the arguments come first, then: no such user, or not theirs to see
SELECT * FROM dwello.get_user_contact(NULL, 'test');
ROLLBACK TO s;
SELECT * FROM dwello.get_user_contact(:'ann', NULL);
ROLLBACK TO s;
SELECT * FROM dwello.get_user_contact(:'ann', ' ');
ROLLBACK TO s;
SELECT * FROM dwello.get_user_contact(:'ann', repeat('x', 201));
ROLLBACK TO s;
SELECT * FROM dwello.get_user_contact(:'ann', 'test');
ROLLBACK TO s;
SELECT * FROM dwello.get_user_contact('00000000-0000-7000-8000-00000000000f', 'test');
ROLLBACK TO s;
-- their own, but these rows were never sealed
SELECT * FROM dwello.get_user_contact(:'bob', 'test');
ROLLBACK;
SET ROLE trust_service;
SELECT * FROM dwello.find_login(NULL);
SELECT * FROM dwello.find_login('nobody@example.org');
SELECT * FROM dwello.find_login('no address');
BEGIN;
SELECT dwello.login(:'cy_token');
SELECT * FROM dwello.find_login('nobody@example.org');
ROLLBACK;

-- what the service needs to check a password, however the address is spelt
SELECT user_id = t.user('h1') AS is_h1, password_hash, status
  FROM dwello.find_login(E' H1@Example.ORG\n');
RESET ROLE;

-- in the tables everything is sealed
SELECT count(*) FROM dwello.users AS u
 WHERE position('example'::bytea IN email) > 0
    OR position('1415555'::bytea IN phone) > 0;

-- who may open a contact: the user, staff, and whoever works with them
BEGIN;
CREATE FUNCTION forge.contact(name text, whose text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.login_as(name);
  RETURN (SELECT concat_ws(' ', email, phone, addresses)
            FROM dwello.get_user_contact(t.user(whose), 'test'));
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;
CREATE FUNCTION forge.contacts(OUT caller text, OUT whose text, OUT contact text)
RETURNS SETOF record
LANGUAGE sql AS $$
  SELECT name, whose, forge.contact(name, whose)
    FROM unnest(ARRAY['h1', 'p1']) AS whose,
         unnest(ARRAY['h1', 'h2', 'p1', 'p2', 'a1', 's1', NULL]) AS name
$$;
SELECT * FROM forge.contacts() WHERE caller <> whose OR caller IS NULL;
-- as if all had asked before, in another transaction
INSERT INTO dwello.contact_requests (id, actor_id, user_id, transaction_number, created_at)
SELECT gen_random_uuid(), coalesce(t.user(name), '00000000-0000-0000-0000-000000000000'), t.user(whose), 3, now()
  FROM unnest(ARRAY['h1', 'p1']) AS whose, unnest(ARRAY['h1', 'h2', 'p1', 'p2', 'a1', 's1', NULL]) AS name;
SELECT * FROM forge.contacts();
-- awarded, but not confirmed
INSERT INTO dwello.jobs (id, homeowner_id, provider_id, category_id, title,
  description, status, location, currency)
SELECT t.user('job'), t.user('h1'), t.user('p1'), id, 'Fence', 'A fence.',
       'awarded', ST_MakePoint(-122.42, 37.77), 'USD'
  FROM dwello.service_categories
 ORDER BY id
 LIMIT 1;
INSERT INTO dwello.job_sites (job_id, homeowner_id, point, place)
VALUES (t.user('job'), t.user('h1'), '\x00', ST_MakePoint(-122.42, 37.77));
SELECT caller, whose, contact FROM forge.contacts() WHERE caller <> whose AND caller ~ 'h1|p';
-- confirmed, but nothing is paid; then paid otherwise than through escrow
UPDATE dwello.job_sites SET provider_id = t.user('p1') WHERE job_id = t.user('job');
SELECT count(*) AS seen FROM forge.contacts() WHERE caller <> whose AND caller ~ 'h1|p' AND contact ~ '@';
UPDATE dwello.jobs SET is_escrowed = false WHERE id = t.user('job');
SELECT caller, whose, contact FROM forge.contacts() WHERE caller <> whose AND caller ~ 'h1|p';
-- called off
UPDATE dwello.jobs SET status = 'cancelled' WHERE id = t.user('job');
SELECT caller, whose, contact FROM forge.contacts() WHERE caller <> whose AND caller ~ 'h1|p';
-- all of it was written down
SELECT t.login_as(NULL);
SELECT u.first_name AS whose, coalesce(a.first_name, l.actor_id::text) AS actor,
       l.actor_role, l.what, l.reason, count(*)
  FROM dwello.data_access_log AS l
  JOIN dwello.users AS u ON u.id = l.user_id
  LEFT JOIN dwello.users AS a ON a.id = l.actor_id
 WHERE l.reason = 'test'
 GROUP BY 1, 2, 3, 4, 5
 ORDER BY 1, 2;
-- a request counts for contact_minutes
UPDATE dwello.contact_requests SET created_at = clock_timestamp() - interval '10 minutes 1 second';
SELECT forge.contact('a1', 'h1') AS too_late, forge.contact('h1', 'h1') IS NOT NULL AS own;
UPDATE dwello.contact_requests SET created_at = clock_timestamp();
-- a sealed value opens in its own row and column alone
UPDATE dwello.users AS u SET email = o.email
  FROM dwello.users AS o WHERE u.id = t.user('h1') AND o.id = t.user('h2');
SELECT forge.contact(NULL, 'h1');
UPDATE dwello.users SET email = phone WHERE id = t.user('h1');
SELECT forge.contact(NULL, 'h1');
ROLLBACK;

-- ---------------------------------------------------------------------
-- A contact is asked for in one transaction and opened in another: the record
-- of it stays when the reading is rolled back
-- ---------------------------------------------------------------------
CREATE FUNCTION forge.records(OUT what text, OUT records bigint) RETURNS SETOF record
LANGUAGE sql AS $$
  SELECT l.what, count(*) FROM dwello.data_access_log AS l
   WHERE l.actor_id = t.user('a1') AND l.user_id = t.user('h2') GROUP BY 1 ORDER BY 1
$$;
BEGIN;
SELECT t.login_as('a1');
\set VERBOSITY default
SELECT * FROM dwello.get_user_contact(t.user('h2'), 'To look.');
\set VERBOSITY sqlstate
ROLLBACK;
-- in the same transaction, or in one of its savepoints, it is not enough
BEGIN;
SELECT t.login_as('a1');
SAVEPOINT s;
SELECT dwello.request_contact(t.user('h2'), 'To look.') IS NOT NULL AS asked;
RELEASE s;
SAVEPOINT s;
SELECT * FROM dwello.get_user_contact(t.user('h2'), 'To look.');
ROLLBACK;
-- nor is one that was rolled back
BEGIN;
SELECT t.login_as('a1');
SELECT * FROM dwello.get_user_contact(t.user('h2'), 'To look.');
ROLLBACK;
SELECT * FROM forge.records();
BEGIN;
SELECT t.login_as('a1');
SELECT dwello.request_contact(t.user('h2'), 'To look.') AS request \gset
SELECT actor_role, what, reason FROM dwello.data_access_log WHERE id = :'request';
COMMIT;
BEGIN;
SELECT t.login_as('a1');
SELECT email FROM dwello.get_user_contact(t.user('h2'), 'To look.');
ROLLBACK;
SELECT * FROM forge.records();
BEGIN;
SELECT t.login_as('a1');
SELECT email FROM dwello.get_user_contact(t.user('h2'), 'To look.');
COMMIT;
SELECT * FROM forge.records();
-- another's request is none of one's own
BEGIN;
SELECT t.login_as('s1');
SELECT * FROM dwello.get_user_contact(t.user('h2'), 'To look.');
ROLLBACK;
-- whom it would not be opened for cannot ask
BEGIN;
SELECT t.login_as('h1');
SELECT dwello.request_contact(t.user('h2'), 'To look.');
ROLLBACK;
SELECT t.try(format('SELECT dwello.request_contact(%s)', arguments), 'a1'), arguments
  FROM unnest(ARRAY['NULL, NULL', $$t.user('h2'), NULL$$, $$t.user('h2'), ' '$$, $$t.user('h2'), repeat('x', 201)$$, $$t.user('nobody'), 'x'$$]) AS arguments;
SELECT set_config('dwello.token', '', false);

-- ---------------------------------------------------------------------
-- Maintenance by a superuser evaluates what an app role left in an index or
-- a materialised view: they are nobody there
-- ---------------------------------------------------------------------
CREATE SCHEMA trap AUTHORIZATION trust_app;
SET ROLE trust_app;
CREATE TABLE trap.loot (call text, answer text);
CREATE FUNCTION trap.try(call text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE 'SELECT dwello.' || call;
  INSERT INTO trap.loot VALUES (call, 'ok');
EXCEPTION WHEN others THEN
  INSERT INTO trap.loot VALUES (call, sqlstate);
END
$$;
CREATE FUNCTION trap.spring(a integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM trap.try('get_user_contact(''00000000-0000-7000-8000-000000000001'', ''for me'')');
  PERFORM trap.try('set_setting(''job_invites_max'', ''1'')');
  RETURN a;
END
$$;
CREATE TABLE trap.bait AS SELECT 1 AS a;
CREATE INDEX ON trap.bait (trap.spring(a));
CREATE MATERIALIZED VIEW trap.sight AS SELECT trap.spring(1) WITH NO DATA;
TRUNCATE trap.loot;
RESET ROLE;
ANALYZE trap.bait;
REINDEX TABLE trap.bait;
REFRESH MATERIALIZED VIEW trap.sight;
SELECT call, answer, count(*) > 1 AS tried FROM trap.loot GROUP BY 1, 2 ORDER BY 1, 2;
SET client_min_messages = warning;
DROP SCHEMA trap CASCADE;

-- ---------------------------------------------------------------------
-- Without a keyring nobody is anybody
-- ---------------------------------------------------------------------
\set VERBOSITY default
SET dwello.keyring_file = '/nonexistent/dwello.keyring';
SELECT dwello.login(:'bob_token');
\set VERBOSITY sqlstate
-- what needs the keys that are gone is there
SELECT * FROM dwello.create_keyring();
\set VERBOSITY default
-- a file that is none is refused, and not overwritten
SET dwello.keyring_file = 'PG_VERSION';
SELECT dwello.login(:'bob_token');
SELECT * FROM dwello.create_keyring();
SELECT length(pg_read_file('PG_VERSION'));
-- nor is a directory any good
SET dwello.keyring_file = 'base';
SELECT dwello.login(:'bob_token');
RESET dwello.keyring_file;
\set VERBOSITY sqlstate
BEGIN;
SELECT dwello.login(:'bob_token');
COMMIT;

SET client_min_messages = warning;
DELETE FROM dwello.users WHERE id IN (:'ann', :'bob', :'cy', :'di');
DROP SCHEMA forge CASCADE;
DROP ROLE trust_app, trust_service, trust_nobody;
