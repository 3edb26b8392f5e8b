--
-- session.sql
--	Codes that users are sent, and sessions that are refreshed and end.
--
SET client_min_messages = warning;

-- a cast of its own, whose addresses change
SELECT user_type FROM dwello.register_user('cora@example.test', 'homeowner', 'Cora', 'Code', user_id => t.user('cora'));
SELECT user_type FROM dwello.register_user('carl@example.test', 'service_provider', 'Carl', 'Code', '+14155550177', user_id => t.user('carl'));
CREATE TEMP TABLE sent (name text, purpose dwello.code_purpose, code text);

-- a code, kept for this test alone
CREATE FUNCTION pg_temp.send(name text, purpose dwello.code_purpose, target text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  INSERT INTO sent SELECT name, purpose, c.code FROM dwello.issue_code(t.user(name), purpose, target) AS c RETURNING length(code)::text
$$;
CREATE FUNCTION pg_temp.code(who text, what dwello.code_purpose) RETURNS text
LANGUAGE sql AS $$ SELECT code FROM sent WHERE name = who AND purpose = what ORDER BY ctid DESC LIMIT 1 $$;
-- another code of the same form
CREATE FUNCTION pg_temp.wrong(code text) RETURNS text
LANGUAGE sql AS $$ SELECT overlay(code PLACING CASE right(code, 1) WHEN '0' THEN '1' ELSE '0' END FROM 8) $$;
CREATE FUNCTION pg_temp.say(name text, purpose dwello.code_purpose, code text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  r record;
BEGIN
  SELECT * INTO r FROM dwello.redeem_code(t.user(name), purpose, code);
  RETURN concat_ws(' ', r.is_redeemed, r.tries_left, r.status, r.previous);
END
$$;

-- ---------------------------------------------------------------------
-- Codes: by whom, for whom, for what
-- ---------------------------------------------------------------------
SELECT code ~ '^[0-9]{8}$' AS has_form, expires_at - clock_timestamp() BETWEEN interval '14 minutes' AND interval '15 minutes' AS soon
  FROM dwello.issue_code(t.user('cora'), 'email');
SELECT left(t.try(format('SELECT dwello.issue_code(%s)', arguments), name), 60) AS answer, name, arguments
  FROM (VALUES
    (1, 'a1', $$t.user('cora'), 'email'$$), (2, 'h1', $$t.user('h1'), 'email'$$), (3, NULL, $$NULL, 'email'$$), (4, NULL, $$t.user('cora'), NULL$$),
    (5, NULL, $$t.user('nobody'), 'email'$$), (6, NULL, $$t.user('cora'), 'phone'$$), (7, NULL, $$t.user('cora'), 'phone', '12'$$),
    (8, NULL, $$t.user('cora'), 'email', 'no address'$$), (9, NULL, $$t.user('cora'), 'sign_in', 'x@example.test'$$),
    (10, NULL, $$t.user('cora'), 'email', repeat('x', 300)$$)) AS v (n, name, arguments)
 ORDER BY n;
DELETE FROM dwello.user_codes WHERE user_id = t.user('cora');
SELECT t.try(format($$SELECT dwello.redeem_code(%s)$$, arguments), name) AS answer, name, arguments
  FROM (VALUES
    (1, 'h1', $$t.user('h1'), 'email', '1'$$), (2, 'a1', $$t.user('cora'), 'email', '1'$$), (3, 's1', $$t.user('cora'), 'sign_in', '1'$$),
    (4, 'h1', $$t.user('h1'), 'password', '1'$$), (5, NULL, $$t.user('h1'), 'email', NULL$$), (6, NULL, $$t.user('h1'), NULL, '1'$$),
    (7, NULL, $$t.user('h1'), 'email', ' '$$), (8, NULL, $$t.user('h1'), 'email', repeat('1', 101)$$), (9, NULL, $$NULL, 'email', '1'$$),
    (10, NULL, $$t.user('nobody'), 'email', '1'$$), (11, NULL, $$t.user('h1'), 'email', '1'$$)) AS v (n, name, arguments)
 ORDER BY n;

-- ---------------------------------------------------------------------
-- Saying one: five tries, once, 15 minutes, the last one
-- ---------------------------------------------------------------------
SELECT pg_temp.send('cora', 'email');
SELECT pg_temp.say('cora', 'phone', pg_temp.code('cora', 'email')) AS of_another_purpose;
SELECT pg_temp.say('cora', 'email', pg_temp.wrong(pg_temp.code('cora', 'email'))) AS wrong;
SELECT pg_temp.say('cora', 'email', pg_temp.code('cora', 'email')) AS redeemed;
SELECT pg_temp.say('cora', 'email', pg_temp.code('cora', 'email')) AS twice;
SELECT email_verified, status FROM dwello.users WHERE id = t.user('cora');
SELECT pg_temp.send('cora', 'sign_in');
SELECT pg_temp.say('cora', 'sign_in', pg_temp.wrong(pg_temp.code('cora', 'sign_in'))) AS wrong, n FROM generate_series(1, 6) AS n;
SELECT pg_temp.say('cora', 'sign_in', pg_temp.code('cora', 'sign_in')) AS too_late;
-- the last one counts
SELECT pg_temp.send('cora', 'sign_in');
SELECT pg_temp.code('cora', 'sign_in') AS before \gset
SELECT pg_temp.send('cora', 'sign_in');
SELECT pg_temp.say('cora', 'sign_in', :'before') AS before, pg_temp.say('cora', 'sign_in', pg_temp.code('cora', 'sign_in')) AS last;
-- in time
SELECT pg_temp.send('cora', 'sign_in');
BEGIN;
UPDATE dwello.user_codes SET created_at = created_at - interval '15 minutes' WHERE user_id = t.user('cora');
SELECT pg_temp.say('cora', 'sign_in', pg_temp.code('cora', 'sign_in')) AS expired;
ROLLBACK;
-- in its own row alone
BEGIN;
SELECT pg_temp.send('carl', 'sign_in');
UPDATE dwello.user_codes SET code_digest = (SELECT code_digest FROM dwello.user_codes WHERE user_id = t.user('cora') ORDER BY id DESC LIMIT 1)
 WHERE user_id = t.user('carl');
SELECT pg_temp.say('carl', 'sign_in', pg_temp.code('cora', 'sign_in')) AS moved;
ROLLBACK;
-- not a suspended user's
BEGIN;
SELECT status FROM dwello.suspend_user(t.user('cora'), 'test');
SELECT pg_temp.say('cora', 'sign_in', pg_temp.code('cora', 'sign_in')) AS suspended;
SELECT t.try($$SELECT dwello.issue_code(t.user('cora'), 'sign_in')$$);
ROLLBACK;
-- who acts for a user cannot guess and take it back, in subtransactions or whole ones
SELECT string_agg(r.rolname, ' ' ORDER BY r.rolname) AS may_redeem FROM pg_roles AS r
 WHERE r.rolname LIKE 'dwello%' AND has_function_privilege(r.oid, 'dwello.redeem_code(uuid, dwello.code_purpose, text)', 'EXECUTE');
BEGIN;
SELECT t.app_as('cora');
DO $$
DECLARE
  guesses integer := 0;
BEGIN
  FOR n IN 1 .. 20 LOOP
    BEGIN
      PERFORM dwello.redeem_code(dwello.current_user_id(), 'email', lpad(n::text, 8, '0'));
      guesses := guesses + 1;
      RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero OR insufficient_privilege THEN
    END;
  END LOOP;
  RAISE WARNING '% guesses', guesses;
END
$$;
ROLLBACK;
-- how many an hour, for each purpose
SELECT t.try($$SELECT dwello.issue_code(t.user('cora'), 'sign_in')$$), n FROM generate_series(1, 3) AS n;
SELECT t.try($$SELECT dwello.issue_code(t.user('cora'), 'password')$$);
UPDATE dwello.user_codes SET created_at = created_at - interval '61 minutes' WHERE user_id = t.user('cora');
SELECT t.try($$SELECT dwello.issue_code(t.user('cora'), 'sign_in')$$);
-- and those of yesterday go
UPDATE dwello.user_codes SET created_at = created_at - interval '25 hours' WHERE user_id = t.user('cora');
SELECT pg_temp.send('cora', 'email'), (SELECT count(*) FROM dwello.user_codes WHERE user_id = t.user('cora')) AS before;
SELECT count(*) AS after FROM dwello.user_codes WHERE user_id = t.user('cora');

-- ---------------------------------------------------------------------
-- Another address, another number
-- ---------------------------------------------------------------------
SELECT pg_temp.send('cora', 'email', ' Cora.New@Example.test');
SELECT user_id = t.user('cora') AS still FROM dwello.find_login('cora@example.test');
SELECT pg_temp.say('cora', 'email', pg_temp.code('cora', 'email')) AS redeemed;
SELECT count(*) AS before FROM dwello.find_login('cora@example.test');
SELECT user_id = t.user('cora') AS now FROM dwello.find_login('cora.new@example.test');
SELECT email_verified, version FROM dwello.users WHERE id = t.user('cora');
-- taken meanwhile: nothing has changed, the try neither
SELECT pg_temp.send('cora', 'email', 'carl@example.test');
SELECT t.try(format($$SELECT dwello.redeem_code(t.user('cora'), 'email', %L)$$, pg_temp.code('cora', 'email')));
SELECT user_id = t.user('cora') AS now FROM dwello.find_login('cora.new@example.test');
-- their own in another spelling
SELECT pg_temp.send('cora', 'email', 'CORA.NEW@example.test');
SELECT pg_temp.say('cora', 'email', pg_temp.code('cora', 'email')) AS redeemed;
SELECT count(*) FROM dwello.user_emails WHERE user_id = t.user('cora');
-- a number where there was none, and another one
SELECT pg_temp.send('cora', 'phone', '+1 415 555 0188');
SELECT pg_temp.say('cora', 'phone', pg_temp.code('cora', 'phone')) AS redeemed;
SELECT pg_temp.send('cora', 'phone', '+1 415 555 0189');
SELECT pg_temp.say('cora', 'phone', pg_temp.code('cora', 'phone')) AS redeemed;
SELECT phone_verified FROM dwello.users WHERE id = t.user('cora');
SELECT pg_temp.send('carl', 'phone');
SELECT pg_temp.say('carl', 'phone', pg_temp.code('carl', 'phone')) AS redeemed;
SELECT type, count(*) FROM dwello.outbox WHERE aggregateid = t.user('cora')::text AND type IN ('email_changed', 'phone_changed', 'user_verified') GROUP BY 1 ORDER BY 1;

-- ---------------------------------------------------------------------
-- Sessions
-- ---------------------------------------------------------------------
CREATE TEMP TABLE held (name text, session_id uuid, refresh_token text, token text);
CREATE FUNCTION pg_temp.open(name text, device text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  INSERT INTO held SELECT name, s.session_id, s.refresh_token FROM dwello.open_session(t.user(name), device) AS s RETURNING left(refresh_token, 8)
$$;
-- what a refresh says, and the next token kept
CREATE FUNCTION pg_temp.refresh(token text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  r record;
BEGIN
  SELECT * INTO r FROM dwello.refresh_session(token);
  UPDATE held SET refresh_token = r.refresh_token, token = r.token WHERE session_id = r.session_id AND NOT r.is_reused;
  RETURN CASE WHEN r.is_reused THEN 'ended' ELSE 'refreshed' END || CASE WHEN r.token IS NULL THEN ' without a token' ELSE '' END;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;
CREATE FUNCTION pg_temp.held(wanted text) RETURNS text
LANGUAGE sql AS $$ SELECT refresh_token FROM held WHERE name = wanted ORDER BY ctid DESC LIMIT 1 $$;

SELECT t.try($$SELECT dwello.open_session(t.user('cora'))$$, 'a1'), t.try($$SELECT dwello.open_session(NULL)$$),
       t.try($$SELECT dwello.open_session(t.user('nobody'))$$), t.try($$SELECT dwello.open_session(t.user('cora'), repeat('x', 201))$$);
SELECT pg_temp.open('cora', 'Telephone');
SELECT pg_temp.held('cora') AS first \gset
SELECT pg_temp.refresh(:'first');
SELECT pg_temp.held('cora') AS second \gset
BEGIN;
SELECT dwello.login(token) = t.user('cora') AS is_cora FROM held WHERE token IS NOT NULL;
SELECT device, expires_at - refreshed_at AS lasts, session_id IN (SELECT session_id FROM held) AS is_held FROM dwello.sessions();
SELECT dwello.refresh_session(:'second');
ROLLBACK;
SELECT pg_temp.refresh(:'second');
SELECT pg_temp.held('cora') AS third \gset
-- what is none
SELECT pg_temp.refresh(token) AS answer, what
  FROM (VALUES (1, 'cut', left(:'third', 79)), (2, 'an API key''s form', replace(:'third', 'dw_sess_', 'dw_live_')), (3, 'nonsense', 'x'),
    (4, 'of a secret never given', (SELECT left(:'third', 31) || right(refresh_token, 49) FROM dwello.open_session(t.user('carl'))))) AS v (n, what, token)
 ORDER BY n;
SELECT count(*) AS still_open FROM dwello.user_sessions WHERE user_id = t.user('cora') AND ended_at IS NULL;
-- one that was used ends its session, also for who has the newest
SELECT pg_temp.refresh(:'first');
SELECT pg_temp.refresh(:'third');
SELECT end_reason FROM dwello.user_sessions WHERE user_id = t.user('cora');
\set VERBOSITY default
SELECT dwello.refresh_session(:'third');
\set VERBOSITY sqlstate

-- ending one: one's own, anybody's for administrators
SELECT pg_temp.open('cora', 'Tablet');
SELECT left(t.try(format('SELECT dwello.end_session(%L)', session_id), 'carl'), 5) AS of_another, left(t.try($$SELECT dwello.end_session(NULL)$$, 'cora'), 5) AS of_none,
       left(t.try($$SELECT dwello.end_session(t.user('nobody'))$$), 5) AS of_nobody
  FROM held WHERE refresh_token = pg_temp.held('cora');
BEGIN;
SELECT t.login_as('cora');
SELECT e.replayed, e.ended_at IS NOT NULL AS has_ended FROM held AS h, dwello.end_session(h.session_id) AS e WHERE h.refresh_token = pg_temp.held('cora');
SELECT e.replayed FROM held AS h, dwello.end_session(h.session_id) AS e WHERE h.refresh_token = pg_temp.held('cora');
SELECT count(*) FROM dwello.sessions();
SELECT t.as_system();
SELECT pg_temp.refresh(pg_temp.held('cora'));
ROLLBACK;
BEGIN;
SELECT t.login_as('a1');
SELECT e.replayed FROM held AS h, dwello.end_session(h.session_id) AS e WHERE h.refresh_token = pg_temp.held('cora');
ROLLBACK;

-- what ends them all
CREATE FUNCTION pg_temp.ended_by(call text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE call;
  RAISE EXCEPTION USING ERRCODE = 'TTTTT', MESSAGE = (
    SELECT concat_ws(' ', count(*) FILTER (WHERE s.ended_at IS NULL), string_agg(DISTINCT s.end_reason, ',') FILTER (WHERE s.end_reason <> 'reused'),
                     pg_temp.refresh(pg_temp.held('cora')))
      FROM dwello.user_sessions AS s WHERE s.user_id = t.user('cora'));
EXCEPTION WHEN SQLSTATE 'TTTTT' THEN
  RETURN SQLERRM;
END
$$;
SELECT pg_temp.open('cora', 'Desk');
SELECT pg_temp.send('cora', 'password');
SELECT pg_temp.ended_by(call) AS open_and_why, call FROM (VALUES
  (1, 'SELECT'), (2, $$SELECT dwello.suspend_user(t.user('cora'), 'test')$$), (3, $$SELECT dwello.revoke_tokens(t.user('cora'))$$),
  (4, $$SELECT dwello.set_password_hash(t.user('cora'), 'hash')$$),
  (5, $$SELECT pg_temp.say('cora', 'password', pg_temp.code('cora', 'password'))$$),
  (6, $$SELECT pg_temp.say('cora', 'password', 'wrong')$$),
  (7, $$UPDATE dwello.user_sessions SET expires_at = now() WHERE user_id = t.user('cora')$$)) AS v (n, call)
 ORDER BY n;
-- tokens from before a reset are refused, too
BEGIN;
SELECT t.token('cora') AS before \gset
SELECT is_redeemed FROM dwello.redeem_code(t.user('cora'), 'password', pg_temp.code('cora', 'password'));
SELECT left(t.try(format('SELECT dwello.login(%L)', :'before')), 5) AS before;
ROLLBACK;
-- codes that let in or change something are void once somebody is kept out, or has another address; what verifies the one they have is not
CREATE FUNCTION pg_temp.live_after(call text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  lives text;
BEGIN
  DELETE FROM dwello.user_codes AS c WHERE c.user_id IN (t.user('cora'), t.user('carl'));
  PERFORM pg_temp.send(name, purpose) FROM unnest(ARRAY['cora', 'carl']) AS name, unnest(ARRAY['password', 'sign_in', 'phone']::dwello.code_purpose[]) AS purpose;
  PERFORM pg_temp.send('cora', 'email', 'cora.next@example.test');
  EXECUTE call;
  SELECT string_agg(c.purpose::text, ' ' ORDER BY c.purpose) FILTER (WHERE c.user_id = t.user('cora')) || ' of ' || count(*) INTO lives
    FROM dwello.user_codes AS c WHERE c.redeemed_at IS NULL AND c.tries < 5;
  RAISE EXCEPTION USING ERRCODE = 'TTTTT', MESSAGE = coalesce(lives, 'none');
EXCEPTION WHEN SQLSTATE 'TTTTT' THEN
  RETURN SQLERRM;
END
$$;
SELECT pg_temp.live_after(call) AS live, call FROM (VALUES
  (1, 'SELECT'), (2, $$SELECT dwello.suspend_user(t.user('cora'), 'test')$$), (3, $$SELECT dwello.revoke_tokens(t.user('cora'))$$),
  (4, $$SELECT dwello.set_password_hash(t.user('cora'), 'hash')$$),
  (5, $$SELECT pg_temp.say('cora', 'password', pg_temp.code('cora', 'password'))$$),
  (6, $$SELECT pg_temp.say('cora', 'email', pg_temp.code('cora', 'email'))$$),
  (7, $$SELECT pg_temp.say('cora', 'phone', pg_temp.code('cora', 'phone'))$$),
  (8, $$SELECT pg_temp.say('cora', 'sign_in', pg_temp.code('cora', 'sign_in'))$$)) AS v (n, call)
 ORDER BY n;
-- keys that were made with the old password, too
BEGIN;
SELECT length(k.api_key) AS made FROM dwello.create_api_key('Stolen', '{read}', user_id => t.user('cora')) AS k;
SELECT k.api_key FROM dwello.create_api_key('Kept', '{read}', user_id => t.user('carl')) AS k \gset
SELECT pg_temp.send('cora', 'password');
SELECT pg_temp.say('cora', 'password', pg_temp.wrong(pg_temp.code('cora', 'password'))) AS wrong;
SELECT count(*) FILTER (WHERE k.revoked_at IS NULL) AS keys FROM dwello.api_keys AS k WHERE k.user_id = t.user('cora');
SELECT pg_temp.say('cora', 'password', pg_temp.code('cora', 'password')) AS reset;
SELECT name, revoked_at IS NOT NULL AS is_revoked FROM dwello.api_keys WHERE user_id IN (t.user('cora'), t.user('carl')) ORDER BY name;
SELECT type FROM dwello.outbox WHERE aggregateid = t.user('cora')::text AND type IN ('api_keys_revoked', 'password_reset') ORDER BY type;
ROLLBACK;
-- people read what was done to get in as them
BEGIN;
DELETE FROM dwello.user_codes WHERE user_id = t.user('cora');
CREATE TEMP TABLE before AS SELECT l.id FROM dwello.user_activity_logs AS l;
GRANT SELECT ON before TO PUBLIC;
SELECT pg_temp.open('cora', 'Desk');
SELECT pg_temp.send('cora', 'email', 'cora.log@example.test'), pg_temp.send('cora', 'phone', '+1 415 555 0199'), pg_temp.send('cora', 'password');
SELECT pg_temp.say('cora', 'email', pg_temp.wrong(pg_temp.code('cora', 'email'))) AS wrong;
SELECT pg_temp.say('cora', 'email', pg_temp.code('cora', 'email')) AS redeemed;
SELECT pg_temp.send('cora', 'phone', '+1 415 555 0199');
SELECT pg_temp.say('cora', 'phone', pg_temp.code('cora', 'phone')) AS redeemed;
SELECT key_id AS key FROM dwello.create_api_key('Read', '{read}', user_id => t.user('cora')) \gset
SELECT length(api_key) FROM dwello.rotate_api_key(:'key', '1 day');
SELECT revoked_at IS NOT NULL AS revoked FROM dwello.revoke_api_key(:'key');
SELECT user_id = t.user('cora') AS revoked FROM dwello.revoke_tokens(t.user('cora'));
SELECT pg_temp.send('cora', 'password');
SELECT pg_temp.say('cora', 'password', pg_temp.code('cora', 'password')) AS redeemed;
SELECT user_id = t.user('cora') AS is_set FROM dwello.set_password_hash(t.user('cora'), 'hash');
SELECT last_login_at BETWEEN now() - interval '1 minute' AND clock_timestamp() AS signed_in FROM dwello.users WHERE id = t.user('cora');
SELECT t.app_as('cora');
SELECT l.action, l.details FROM dwello.user_activity_logs AS l WHERE l.id NOT IN (SELECT id FROM before) ORDER BY l.id;
ROLLBACK;
-- no more than so many
BEGIN;
SELECT value FROM dwello.set_setting('sessions_max', '2');
SELECT pg_temp.open('cora', 'Last');
SELECT device, end_reason FROM dwello.user_sessions WHERE user_id = t.user('cora') ORDER BY created_at;
ROLLBACK;

-- ---------------------------------------------------------------------
-- None of it is anywhere in clear
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
SELECT v.what, p.place FROM (SELECT 'code', code FROM sent UNION SELECT 'refresh token', refresh_token FROM held WHERE refresh_token IS NOT NULL
  UNION SELECT 'secret', substr(refresh_token, 32, 43) FROM held WHERE refresh_token IS NOT NULL
  UNION VALUES ('address', 'cora.new@'), ('number', '4155550188')) AS v (what, secret), pg_temp.places(v.secret) AS p;
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM dwello.user_activity_logs WHERE action ~ '^(api_key|signed_in|email_changed|phone_changed)';
COMMIT;
DELETE FROM dwello.used_refresh_tokens WHERE session_id IN (SELECT id FROM dwello.user_sessions WHERE user_id IN (t.user('cora'), t.user('carl')));
DELETE FROM dwello.user_sessions WHERE user_id IN (t.user('cora'), t.user('carl'));
