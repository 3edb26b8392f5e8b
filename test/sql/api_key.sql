--
-- api_key.sql
--	API keys: made, used, turned over, revoked; and what their scopes bind.
--
SET client_min_messages = warning;

CREATE ROLE regress_key_app IN ROLE dwello_app;
CREATE TEMP TABLE key (name text PRIMARY KEY, user_name text, key_id uuid, api_key text);
GRANT SELECT ON key TO PUBLIC;

-- a key of a user, kept for this test alone
CREATE FUNCTION pg_temp.make(name text, as_name text, scopes text[], more text DEFAULT '') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(as_name);
  EXECUTE format('INSERT INTO key SELECT %L, %L, k.key_id, k.api_key FROM dwello.create_api_key(%L, %L%s) AS k',
                 name, as_name, name, scopes, more);
  PERFORM t.login_as(NULL);
END
$$;
CREATE FUNCTION pg_temp.key(wanted text) RETURNS text
LANGUAGE sql AS $$ SELECT k.api_key FROM key AS k WHERE k.name = wanted $$;

-- what a login says: the user, or the SQLSTATE
CREATE FUNCTION pg_temp.enter(api_key text, address inet DEFAULT NULL) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  id uuid;
BEGIN
  id := dwello.login_api_key(api_key, address);
  RETURN coalesce((SELECT name FROM unnest(ARRAY['h1', 'p1', 'a1', 's1', 'h2']) AS name WHERE t.user(name) = id), id::text);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;

-- ---------------------------------------------------------------------
-- Making one
-- ---------------------------------------------------------------------
BEGIN;
SELECT t.login_as('p1');
SELECT user_id = t.user('p1') AS is_p1, length(api_key), left(api_key, 8) AS prefix, api_key ~ '^dw_live_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$' AS has_form
  FROM dwello.create_api_key('Calendar', '{write,read,read}', now() + interval '1 day', '{203.0.113.0/24,2001:db8::/32}', 60);
-- what of it can be seen
SET LOCAL ROLE dwello_app;
SELECT name, role, is_test, scopes, allowed_addresses, logins_per_minute, expires_at > now() AS expires, last_used_at, revoked_at, previous_until
  FROM dwello.api_keys WHERE name = 'Calendar';
SELECT secret_hash FROM dwello.api_keys;
ROLLBACK;

-- who: users for themselves, the system for anybody
SELECT t.try($$SELECT dwello.create_api_key('x', '{read}', user_id => t.user('h1'))$$, 'h2');
SELECT t.try($$SELECT dwello.create_api_key('x', '{read}', user_id => t.user('h1'))$$, 'a1');
SELECT t.try($$SELECT dwello.create_api_key('x', '{read}', user_id => t.user('h1'))$$);
SELECT t.try($$SELECT dwello.create_api_key('x', '{read}', user_id => t.user('nobody'))$$);
SELECT t.try($$SELECT dwello.create_api_key('x', '{read}')$$);
SELECT t.try($$SELECT dwello.create_api_key('x', '{read}')$$, 'u1');
-- with what
SELECT t.try(format('SELECT dwello.create_api_key(%s)', arguments), 'h1') AS answer, arguments
  FROM (VALUES
    (1, $$NULL, '{read}'$$), (2, $$'x', NULL$$), (3, $$'x', '{}'$$), (4, $$'x', '{read,root}'$$), (5, $$'x', '{READ}'$$),
    (6, $$'x', '{read,NULL}'$$), (7, $$' ', '{read}'$$), (8, $$repeat('x', 101), '{read}'$$), (9, $$'x', '{read}', now()$$),
    (10, $$'x', '{read}', 'infinity'$$), (11, $$'x', '{read}', NULL, NULL$$), (12, $$'x', '{read}', NULL, '{NULL}'$$),
    (13, $$'x', '{read}', NULL, '{{10.0.0.1},{10.0.0.2}}'$$),
    (14, $$'x', '{read}', NULL, array_fill('10.0.0.1'::inet, ARRAY[101])$$), (15, $$'x', '{read}', NULL, '{}', 0$$),
    (16, $$'x', '{read}', NULL, '{}', 60001$$)) AS v (n, arguments)
 ORDER BY n;
-- how many
BEGIN;
DELETE FROM dwello.api_keys WHERE user_id = t.user('h1');
SELECT value FROM dwello.set_setting('api_keys_max', '1');
SELECT pg_temp.make('one', 'h1', '{read}');
SELECT t.try($$SELECT dwello.create_api_key('x', '{read}')$$, 'h1');
-- one that was revoked, or has expired, does not count
UPDATE dwello.api_keys SET revoked_at = now() WHERE user_id = t.user('h1');
SELECT t.try($$SELECT dwello.create_api_key('x', '{read}')$$, 'h1');
UPDATE dwello.api_keys SET revoked_at = NULL, expires_at = clock_timestamp() WHERE user_id = t.user('h1');
SELECT t.try($$SELECT dwello.create_api_key('x', '{read}')$$, 'h1');
ROLLBACK;

-- ---------------------------------------------------------------------
-- Coming with one: from here to the end of the transaction
-- ---------------------------------------------------------------------
SELECT pg_temp.make('p1', 'p1', '{read,write}');
SELECT pg_temp.make('h1', 'h1', '{read,write}');
SET ROLE regress_key_app;
BEGIN;
SELECT pg_temp.enter(pg_temp.key('p1'));
SELECT dwello.current_user_id() = t.user('p1') AS is_p1, count(*) FROM dwello.users;
SHOW dwello.token;
-- another one, and a savepoint rolled back
SAVEPOINT s;
SELECT pg_temp.enter(pg_temp.key('h1'));
SELECT dwello.current_user_id() = t.user('h1') AS is_h1;
ROLLBACK TO s;
SELECT dwello.current_user_id() = t.user('p1') AS is_p1;
-- what is refused leaves the one before, as with login()
SELECT pg_temp.enter('dw_live_nonsense');
SELECT dwello.current_user_id() = t.user('p1') AS is_p1;
COMMIT;
SELECT current_setting('dwello.token') AS token;
-- NULL and '' end it
BEGIN;
SELECT pg_temp.enter(pg_temp.key('p1'));
SELECT dwello.login_api_key('') IS NULL AS ended, current_setting('dwello.token') AS token;
SELECT pg_temp.enter(pg_temp.key('p1'));
SELECT dwello.login_api_key(NULL) IS NULL AS ended, current_setting('dwello.token') AS token;
COMMIT;
-- where nothing can be written
BEGIN READ ONLY;
SELECT pg_temp.enter(pg_temp.key('p1'));
SELECT count(*) FROM dwello.users;
COMMIT;
-- not for the session, whatever is allowed
RESET ROLE;
SET dwello.session_tokens = on;
SELECT pg_temp.enter(pg_temp.key('p1'));
SELECT current_setting('dwello.token') AS token;
RESET dwello.session_tokens;
-- a superuser who comes with one is its user, and so is a worker
BEGIN;
SELECT pg_temp.enter(pg_temp.key('p1'));
SELECT t.try($$SELECT dwello.issue_token(t.user('h1'))$$);
ROLLBACK;

-- ---------------------------------------------------------------------
-- What is none
-- ---------------------------------------------------------------------
SELECT what, pg_temp.enter(k) AS answer
  FROM (SELECT pg_temp.key('p1') AS good, pg_temp.key('h1') AS other) AS g,
       LATERAL (VALUES
         (1, 'good', good), (2, 'cut', left(good, 79)), (3, 'longer', good || 'x'), (4, 'blank behind', good || ' '),
         (5, 'blank before', ' ' || good), (6, 'of the other environment', replace(good, 'dw_live_', 'dw_test_')),
         (7, 'capitals', upper(good)), (8, 'secret of another key', left(good, 31) || right(other, 49)),
         (9, 'a token', t.token('p1')), (10, 'a megabyte', repeat('a', 1000000)), (11, 'not ASCII', U&'\00e4')) AS v (n, what, k)
 ORDER BY n;
-- any one character another: refused, mostly before anything is looked up
SELECT pg_temp.enter(overlay(good PLACING CASE substr(good, n, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM n)) AS answer, count(*)
  FROM (SELECT pg_temp.key('p1') AS good) AS g, generate_series(1, 80) AS n
 GROUP BY 1;

-- one text for all, and it quotes nothing
\set VERBOSITY default
SELECT dwello.login_api_key('dw_live_nonsense');
BEGIN;
UPDATE dwello.api_keys SET revoked_at = now();
SELECT dwello.login_api_key(pg_temp.key('p1'));
ROLLBACK;
\set VERBOSITY sqlstate

-- a true key whose row says otherwise
CREATE FUNCTION pg_temp.enter_if(assignment text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  answer text;
BEGIN
  EXECUTE 'UPDATE dwello.api_keys SET ' || assignment || ' WHERE id = (SELECT key_id FROM key WHERE name = ''p1'')';
  answer := pg_temp.enter(pg_temp.key('p1'));
  RAISE EXCEPTION USING ERRCODE = 'TTTTT', MESSAGE = answer;
EXCEPTION WHEN SQLSTATE 'TTTTT' THEN
  RETURN SQLERRM;
END
$$;
SELECT assignment, pg_temp.enter_if(assignment)
  FROM unnest(ARRAY['name = name', 'revoked_at = now()', 'expires_at = clock_timestamp()', $$expires_at = now() + interval '1 hour'$$,
    $$secret_hash = sha256('')$$, 'is_test = true', $$id = t.user('another')$$,
    $$previous_hash = secret_hash, secret_hash = sha256(''), previous_until = clock_timestamp()$$,
    $$previous_hash = secret_hash, secret_hash = sha256(''), previous_until = now() + interval '1 hour'$$,
    $$allowed_addresses = '{203.0.113.0/24}'$$]) AS assignment;

-- a test database lets no live key in, and makes its own
BEGIN;
SELECT value FROM dwello.set_setting('api_key_environment', 'test');
SELECT pg_temp.enter(pg_temp.key('p1'));
SELECT pg_temp.make('test', 'p1', '{read}');
SELECT left(pg_temp.key('test'), 8) AS prefix, pg_temp.enter(pg_temp.key('test'));
SELECT t.as_system();
SELECT value FROM dwello.set_setting('api_key_environment', NULL);
SELECT pg_temp.enter(pg_temp.key('test')), pg_temp.enter(pg_temp.key('p1'));
ROLLBACK;

-- ---------------------------------------------------------------------
-- Where from, and how often
-- ---------------------------------------------------------------------
SELECT pg_temp.make('near', 'p1', '{read}', $$, allowed_addresses => '{203.0.113.0/24,2001:db8::1}'$$);
SELECT address, pg_temp.enter(pg_temp.key('near'), address)
  FROM unnest('{203.0.113.7,203.0.114.7,2001:db8::1,2001:db8::2,::ffff:203.0.113.7,0.0.0.0/0,NULL}'::inet[]) AS address;
SELECT pg_temp.make('seldom', 'p1', '{read}', ', logins_per_minute => 2');
SELECT pg_temp.enter(pg_temp.key('seldom')), pg_temp.enter(pg_temp.key('seldom')), pg_temp.enter(pg_temp.key('seldom'));
UPDATE dwello.api_key_uses SET used_at = used_at - interval '61 seconds' WHERE key_id = (SELECT key_id FROM key WHERE name = 'seldom');
SELECT pg_temp.enter(pg_temp.key('seldom'));
-- a wrong secret does not use it up, and learns nothing of the rate
SELECT pg_temp.enter(pg_temp.key('seldom')), pg_temp.enter(left(pg_temp.key('seldom'), 31) || right(pg_temp.key('p1'), 49));

-- ---------------------------------------------------------------------
-- When it was used: noted by the login, written later
-- ---------------------------------------------------------------------
SELECT k.name, count(u.id) AS notes, k.last_used_at IS NULL AS not_written
  FROM dwello.api_keys AS k LEFT JOIN dwello.api_key_uses AS u ON u.key_id = k.id
 WHERE k.id IN (SELECT key_id FROM key) GROUP BY k.name, k.last_used_at ORDER BY 1;
-- the last minute stays, for rates
SELECT dwello.record_api_key_uses();
SELECT name, last_used_at IS NULL AS not_written FROM dwello.api_keys WHERE id IN (SELECT key_id FROM key) ORDER BY 1;
UPDATE dwello.api_key_uses SET used_at = used_at - interval '2 hours';
SELECT dwello.record_api_key_uses(max_rows => 1), dwello.record_api_key_uses(), dwello.record_api_key_uses();
-- (what was noted later is not put back)
SELECT name, now() - last_used_at BETWEEN interval '1 hour' AND interval '3 hours' AS is_written FROM dwello.api_keys
 WHERE id IN (SELECT key_id FROM key) ORDER BY 1;
SELECT count(*) FROM dwello.api_key_uses;
-- one note an hour
SELECT pg_temp.enter(pg_temp.key('p1')), pg_temp.enter(pg_temp.key('p1'));
SELECT count(*) FROM dwello.api_key_uses;
SELECT t.try('SELECT dwello.record_api_key_uses()', 'a1'), t.try('SELECT dwello.record_api_key_uses(0)'), t.try('SELECT dwello.record_api_key_uses(NULL)');

-- ---------------------------------------------------------------------
-- Another secret
-- ---------------------------------------------------------------------
CREATE FUNCTION pg_temp.rotate(wanted text, as_name text, overlap interval DEFAULT '1 day') RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  made record;
BEGIN
  PERFORM t.login_as(as_name);
  SELECT r.* INTO made FROM dwello.rotate_api_key((SELECT key_id FROM key WHERE name = wanted), overlap) AS r;
  PERFORM t.login_as(NULL);
  UPDATE key SET api_key = made.api_key WHERE name = wanted;
  RETURN round(extract(epoch FROM made.previous_until - clock_timestamp()) / 3600) || ' hours';
END
$$;
SELECT pg_temp.make('turned', 'h1', '{read}');
SELECT pg_temp.key('turned') AS first \gset
SELECT pg_temp.rotate('turned', 'h1');
SELECT pg_temp.key('turned') AS second \gset
SELECT left(:'first', 30) = left(:'second', 30) AS same_id, :'first' <> :'second' AS other_secret, pg_temp.enter(:'first'), pg_temp.enter(:'second');
-- two live ones, not three
SELECT pg_temp.rotate('turned', NULL);
SELECT pg_temp.enter(:'first'), pg_temp.enter(:'second'), pg_temp.enter(pg_temp.key('turned'));
-- without overlap the one before ends at once
SELECT pg_temp.rotate('turned', 'h1', '0');
SELECT pg_temp.enter(:'second'), pg_temp.enter(pg_temp.key('turned'));
SELECT left(t.try(format('SELECT dwello.rotate_api_key(%s)', replace(arguments, 'ID', quote_literal(key_id))), name), 5) AS answer, name, arguments
  FROM (SELECT key_id FROM key WHERE key.name = 'turned') AS k,
       (VALUES (1, 'h1', 'NULL'), (2, 'h1', 'ID, NULL'), (3, 'h1', $$ID, '-1 second'$$), (4, 'h1', $$ID, '31 days'$$), (5, 'h2', 'ID'),
         (6, 'a1', 'ID'), (7, 'h1', $$t.user('no key')$$)) AS v (n, name, arguments)
 ORDER BY n;
-- support makes keys for support, and does not turn an administrator's over
BEGIN;
SELECT pg_temp.make('support', 's1', '{read,admin}');
SELECT role FROM dwello.api_keys WHERE user_id = t.user('s1');
UPDATE dwello.api_keys SET role = 'admin' WHERE user_id = t.user('s1');
SELECT left(t.try($$SELECT dwello.rotate_api_key((SELECT key_id FROM key WHERE name = 'support'))$$, 's1'), 5);
ROLLBACK;

-- ---------------------------------------------------------------------
-- The end of one
-- ---------------------------------------------------------------------
SELECT left(t.try($$SELECT dwello.revoke_api_key((SELECT key_id FROM key WHERE name = 'turned'))$$, 'h2'), 5) AS of_another,
       left(t.try($$SELECT dwello.revoke_api_key(NULL)$$, 'h1'), 5) AS of_none;
BEGIN;
SELECT t.login_as('h1');
SELECT r.user_id = t.user('h1') AS is_h1, r.revoked_at IS NOT NULL AS is_revoked, r.replayed FROM key AS k, dwello.revoke_api_key(k.key_id) AS r WHERE k.name = 'turned';
SELECT r.replayed FROM key AS k, dwello.revoke_api_key(k.key_id) AS r WHERE k.name = 'turned';
COMMIT;
SELECT pg_temp.enter(pg_temp.key('turned'));
SELECT left(t.try($$SELECT dwello.rotate_api_key((SELECT key_id FROM key WHERE name = 'turned'))$$, 'h1'), 5) AS turned_over;
-- an administrator ends anybody's
BEGIN;
SELECT t.login_as('a1');
SELECT r.replayed FROM key AS k, dwello.revoke_api_key(k.key_id) AS r WHERE k.name = 'p1';
SELECT pg_temp.enter(pg_temp.key('p1'));
ROLLBACK;
-- a suspended user's are refused, and good again afterwards; signing out everywhere leaves them
BEGIN;
SELECT status FROM dwello.suspend_user(t.user('p1'), 'test');
SELECT pg_temp.enter(pg_temp.key('p1'));
SELECT status FROM dwello.reinstate_user(t.user('p1'));
SELECT pg_sleep(1.1);
SELECT pg_temp.enter(pg_temp.key('p1'));
SELECT t.as_system();
SELECT not_before IS NOT NULL AS signed_out FROM dwello.revoke_tokens(t.user('p1'));
SELECT pg_temp.enter(pg_temp.key('p1'));
ROLLBACK;

-- ---------------------------------------------------------------------
-- Scopes
-- ---------------------------------------------------------------------
SELECT pg_temp.make('writes', 'h1', '{write}');
BEGIN;
SELECT pg_temp.enter(pg_temp.key('writes'));
SELECT t.try('SELECT count(*) FROM dwello.current_user_id()') AS reading, t.try('SELECT dwello.own_scopes()') AS own_scopes,
       t.try($$SELECT dwello.update_profile(bio => 'x')$$) AS writing, t.try('SELECT dwello.tip(NULL, NULL)') AS money,
       t.try($$SELECT dwello.create_api_key('x', '{read}')$$) AS a_key, t.try('SELECT dwello.revoke_tokens()') AS signing_out;
SET LOCAL ROLE dwello_app;
SELECT t.try('SELECT count(*) FROM dwello.users') AS a_table;
\set VERBOSITY default
SELECT dwello.tip(NULL, NULL);
\set VERBOSITY sqlstate
ROLLBACK;

-- Every function that somebody with a token may call, by keys that lack one
-- scope each: what it asks for follows.
SELECT pg_temp.make(user_name || ' ' || coalesce(without, 'all'), user_name, array_remove('{read,write,money,personal,admin}', without))
  FROM unnest('{h2,p2,a1}'::text[]) AS user_name, unnest('{NULL,read,write,money,personal,admin}'::text[]) AS without \g /dev/null
CREATE TEMP TABLE callable AS
  SELECT 'dwello.' || p.proname AS name, p.provolatile = 'v' AS is_volatile,
         format('SELECT %s(%s)', p.oid::regproc,
                (SELECT string_agg('NULL::' || format_type(a, NULL), ', ' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY AS u (a, n))) AS call
    FROM pg_proc AS p
   WHERE p.pronamespace = 'dwello'::regnamespace AND p.prosecdef
     AND (has_function_privilege('dwello_app', p.oid, 'EXECUTE') OR has_function_privilege('dwello_admin', p.oid, 'EXECUTE'));
-- what a call says to a key; nothing that it does stays
CREATE FUNCTION pg_temp.say(call text, wanted text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM dwello.login_api_key((SELECT k.api_key FROM key AS k WHERE k.name = wanted));
  EXECUTE call;
  RAISE EXCEPTION 'done';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END
$$;
CREATE TEMP TABLE asked AS
  SELECT c.name, c.is_volatile, u.user_name, w.without,
         pg_temp.say(c.call, u.user_name || ' ' || coalesce(w.without, 'all')) AS answer
    FROM callable AS c
    CROSS JOIN LATERAL (SELECT name AS user_name FROM unnest('{h2,p2,a1}'::text[]) WITH ORDINALITY AS n (name, place)
                         WHERE pg_temp.say(c.call, name || ' all') !~ '^the role .* may not call' ORDER BY place LIMIT 1) AS u
    CROSS JOIN unnest('{NULL,read,write,money,personal,admin}'::text[]) AS w (without);
-- those of no key: nothing is forgotten in the table of scopes
SELECT name FROM asked WHERE without IS NULL AND answer ~ 'is not open to API keys' ORDER BY 1;
-- without the key's scope there is nothing, and with all there is no other refusal
SELECT name, answer FROM asked WHERE without IS NULL AND answer ~ 'API key' AND answer !~ 'is not open to API keys' ORDER BY 1;
CREATE TEMP TABLE needed AS
  SELECT name, is_volatile, array_agg(without::text ORDER BY without) FILTER (WHERE without IS NOT NULL AND answer ~ 'does not have the scope') AS scopes
    FROM asked GROUP BY name, is_volatile HAVING bool_or(answer !~ 'is not open to API keys');
-- what says nothing of a scope begins with nobody
SELECT n.name FROM needed AS n JOIN callable AS c USING (name) WHERE n.scopes IS NULL AND n.is_volatile ORDER BY 1;
SELECT scopes, count(*) > 3 AS several, bool_and(is_volatile OR 'read' = ANY (scopes) OR name = 'dwello.tax_profile') AS reading_is_for_readers
  FROM needed WHERE scopes IS NOT NULL GROUP BY scopes ORDER BY scopes;
SELECT name, scopes FROM needed
 WHERE name IN ('dwello.submit_bid', 'dwello.release_escrow', 'dwello.write_off', 'dwello.get_user_contact', 'dwello.threads',
                'dwello.set_setting', 'dwello.check', 'dwello.rank_bids', 'dwello.send_message', 'dwello.request_payout') ORDER BY 1;
-- ---------------------------------------------------------------------
-- No key is anywhere
-- ---------------------------------------------------------------------
CREATE FUNCTION pg_temp.places(secret text, OUT place text) RETURNS SETOF text
LANGUAGE plpgsql
AS $$
BEGIN
  FOR place IN SELECT c.oid::regclass::text FROM pg_class AS c
                WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind = 'r' LOOP
    EXECUTE format('SELECT %L FROM %s AS x WHERE position(%L IN x::text) > 0 LIMIT 1', place, place, secret) INTO place;
    IF place IS NOT NULL THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END
$$;
SELECT k.name, p.place FROM key AS k, LATERAL (VALUES (k.api_key), (substr(k.api_key, 32, 43))) AS v (secret), pg_temp.places(v.secret) AS p WHERE k.name IN ('p1', 'turned');

BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM dwello.user_activity_logs WHERE action ~ '^(api_key|signed_in|email_changed|phone_changed)';
COMMIT;
DELETE FROM dwello.api_key_uses WHERE key_id IN (SELECT key_id FROM key);
DELETE FROM dwello.api_keys WHERE name <> 'key';
DROP ROLE regress_key_app;
