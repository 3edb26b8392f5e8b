--
-- keyring.sql
--   Keys are rotated, values are sealed anew and old keys retired, and a
--   keyring that does not fit the data is refused: all with copies of the
--   keyring file, in a transaction that is rolled back.
--
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE keyring_service IN ROLE dwello_service;
CREATE ROLE keyring_app IN ROLE dwello_app;

CREATE SCHEMA k;
-- how many values of each column are sealed or indexed by how many keys, and by which of the ring
CREATE FUNCTION k.values(OUT place text, OUT keys bigint, OUT by_newest boolean) RETURNS SETOF record
LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT c.relname, a.attname, CASE WHEN a.attname ~ 'index$' THEN 1 ELSE 2 END AS place
             FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
              AND a.atttypid = 'bytea'::regtype AND c.relname NOT IN ('user_emails', 'audit_log_default')
              AND (a.attname !~ '(^|_)(hash|digests?)$' OR a.attname = 'password_hash')
              AND (c.relname, a.attname) <> ('idempotency_keys', 'arguments')
            ORDER BY c.relname, a.attname
  LOOP
    RETURN QUERY EXECUTE format(
      'SELECT %L, count(DISTINCT substr(%I, %s, 4)), bool_and(substr(%2$I, %3$s, 4) = int4send((SELECT key_id FROM dwello.key_ids
         WHERE kind = %L ORDER BY made_at DESC LIMIT 1))) FROM dwello.%I WHERE %2$I IS NOT NULL',
      r.relname || '.' || r.attname, r.attname, r.place, CASE r.place WHEN 1 THEN 'index' ELSE 'pii' END, r.relname);
  END LOOP;
END
$$;
-- what check() says of keys, without their ids
CREATE FUNCTION k.check(OUT rule text, OUT object text, OUT detail text, OUT times bigint) RETURNS SETOF record
LANGUAGE sql AS $$
  SELECT c.rule, c.object, regexp_replace(regexp_replace(c.detail, '[0-9a-f-]{36}', 'X'), '\d{2,}.*', 'N'), count(*)
    FROM dwello.check() AS c WHERE c.rule ~ '^(keyring_(m|o|u)|unsealed)' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
$$;
-- the copy: beside the file, for nobody else to read
CREATE FUNCTION k.copy(source text, target text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('COPY (SELECT) TO PROGRAM %L', format('cat >/dev/null; rm -f %L && umask 077 && cat %L > %1$L', target, source));
END
$$;
SELECT k.copy(current_setting('dwello.keyring_file'), current_setting('dwello.keyring_file') || '.k1');

-- ---------------------------------------------------------------------
-- Who may, and what is asked
-- ---------------------------------------------------------------------
SET ROLE keyring_service;
SELECT * FROM dwello.rotate_key('token');
SELECT * FROM dwello.retire_key('token', 1);
SELECT * FROM dwello.create_keyring(true);
SET ROLE keyring_app;
SELECT * FROM dwello.reseal();
RESET ROLE;
SELECT * FROM dwello.rotate_key(NULL);
SELECT * FROM dwello.rotate_key('tokens');
SELECT * FROM dwello.rotate_key(repeat('x', 300));
SELECT * FROM dwello.retire_key('pii', NULL);
SELECT * FROM dwello.create_keyring(NULL);
SELECT * FROM dwello.reseal(NULL);
SELECT * FROM dwello.reseal(0);
SELECT * FROM dwello.reseal(10001);
-- nothing is old, and nothing is written
SELECT * FROM dwello.reseal();

BEGIN;
SELECT set_config('dwello.keyring_file', current_setting('dwello.keyring_file') || '.k1', true) \g /dev/null
SELECT t.as_system();
SELECT k.check();
SELECT kind, key_id FROM dwello.key_ids WHERE kind = 'token' ORDER BY made_at DESC LIMIT 1 \gset token_
SELECT kind, key_id FROM dwello.key_ids WHERE kind = 'pii' ORDER BY made_at DESC LIMIT 1 \gset pii_
SELECT kind, key_id FROM dwello.key_ids WHERE kind = 'index' ORDER BY made_at DESC LIMIT 1 \gset index_
SAVEPOINT s;
SELECT kind FROM dwello.retire_key('pii', :pii_key_id);
ROLLBACK TO s;
SELECT kind FROM dwello.retire_key('pii', 1);
ROLLBACK TO s;
SELECT kind FROM dwello.retire_key('pii', 0);
ROLLBACK TO s;

-- ---------------------------------------------------------------------
-- A second key of each kind
-- ---------------------------------------------------------------------
SELECT dwello.issue_token(t.user('h1')) AS before \gset
SELECT user_id = t.user('key') AS registered FROM dwello.register_user('Key@Example.org', 'homeowner', 'K', 'E', phone => '+14155550111',
  password_hash => 'a hash', user_id => t.user('key'), idempotency_key => 'keyring 1');
SELECT dwello.login(t.token('h1')) IS NULL AS no_user;
SELECT version FROM dwello.set_tax_profile('Hanna', 'US', '12-3456789', 'US1');
SELECT count(*) FROM dwello.post_job((SELECT id FROM dwello.service_categories ORDER BY id DESC LIMIT 1), 'A tap', 'It drips.',
  -122.4, 37.7, street => 'Hidden Road 1') \g /dev/null
SELECT dwello.login(t.token('p1')) IS NULL AS no_user;
SELECT count(*) FROM dwello.add_credential('license', 'Plumbing', number => 'L 1') \g /dev/null
SELECT t.as_system();
SELECT kind, key_id NOT IN (:token_key_id, :pii_key_id, :index_key_id) AS is_new
  FROM unnest(ARRAY['token', 'pii', 'index']) AS asked, dwello.rotate_key(asked) ORDER BY kind COLLATE "C";
-- the older ones stay, the newest of a kind is the last
SELECT count(*) FILTER (WHERE split_part(line, ' ', 2) IN (:'token_key_id', :'pii_key_id', :'index_key_id')) AS old,
       string_agg(split_part(line, ' ', 1), ' ' ORDER BY n DESC) ~ '^index pii token' AS new_ones_last
  FROM regexp_split_to_table(pg_read_file(current_setting('dwello.keyring_file')), E'\n') WITH ORDINALITY AS f (line, n)
 WHERE line <> '';
SELECT dwello.issue_token(t.user('h1')) AS after \gset
SELECT dwello.login(:'before') = t.user('h1') AS signed_before;
SELECT dwello.login(:'after') = t.user('h1') AS signed_after;
SELECT t.as_system();
SELECT user_id = t.user('key') AS found, password_hash FROM dwello.find_login('key@example.org');
SELECT t.login_as('key');
SELECT email, phone FROM dwello.get_user_contact(t.user('key'), 'test');
SELECT t.as_system();
-- the same request is the same, though its digests are of the old key
SELECT replayed FROM dwello.register_user('Key@Example.org', 'homeowner', 'K', 'E', phone => '+14155550111',
  password_hash => 'a hash', user_id => t.user('key'), idempotency_key => 'keyring 1');
SELECT t.try($$SELECT dwello.register_user('key@example.org', 'homeowner', 'K', 'F', user_id => t.user('key'), idempotency_key => 'keyring 1')$$);
-- an address is taken under whichever key it was taken
SELECT t.try($$SELECT dwello.register_user('key@example.org', 'homeowner', 'K', 'E')$$);
SELECT dwello.register_user('new@example.org', 'homeowner', 'N', 'E', user_id => t.user('new')) IS NULL AS registered;
SELECT count(*) AS rows_of_a_new_one FROM dwello.user_emails WHERE user_id = t.user('new');
SELECT count(*) AS rows_of_an_old_one FROM dwello.user_emails WHERE user_id = t.user('key');
-- and so is another one, in place of that under the old key; reseal() adds no third
SAVEPOINT changed;
SELECT code FROM dwello.issue_code(t.user('key'), 'email', 'moved@example.org') \gset
SELECT is_redeemed FROM dwello.redeem_code(t.user('key'), 'email', :'code');
SELECT count(*) AS rows_of_a_changed_one FROM dwello.user_emails WHERE user_id = t.user('key');
SELECT count(*) AS of_the_old_address FROM dwello.find_login('key@example.org');
SELECT user_id = t.user('key') AS of_the_new_address FROM dwello.find_login('moved@example.org');
SELECT t.try($$SELECT dwello.register_user('moved@example.org', 'homeowner', 'K', 'E')$$);
SELECT dwello.register_user('key@example.org', 'homeowner', 'K', 'G') IS NOT NULL AS the_old_address_is_free;
SELECT resealed > 10 AS many, is_complete FROM dwello.reseal(10000);
SELECT t.user('key') = user_id AS is_changed, count(*) FROM dwello.user_emails WHERE user_id IN (t.user('key'), t.user('h1')) GROUP BY user_id ORDER BY 1;
SELECT user_id = t.user('key') AS of_the_new_address FROM dwello.find_login('moved@example.org');
ROLLBACK TO changed;
SELECT k.check();

-- ---------------------------------------------------------------------
-- Sealed anew
-- ---------------------------------------------------------------------
SAVEPOINT s;
SELECT t.detail(format($$SELECT dwello.retire_key('pii', %s)$$, :pii_key_id)) ~ '^WD101: What needs it: \d+ values? of users.email, ' AS in_use;
-- one that does not open is left, and stops nothing
UPDATE dwello.users SET phone = set_byte(phone, 40, get_byte(phone, 40) # 1) WHERE id = t.user('key');
-- what documents name may not change, but for how it is sealed
SELECT t.try('UPDATE dwello.tax_profiles SET legal_name = tax_id');
SELECT t.try('UPDATE dwello.tax_profiles SET legal_name = legal_name, country = ''DE''');
SELECT t.try('UPDATE dwello.tax_profiles SET vat_id = NULL');
SELECT t.try('DELETE FROM dwello.tax_profiles');
SELECT resealed, unreadable, is_complete FROM dwello.reseal(3);
SELECT count(*) FILTER (WHERE resealed = 3) AS full, bool_and(unreadable = 0) AS unknown, bool_or(is_complete) AS complete
  FROM generate_series(1, 3) AS n, LATERAL dwello.reseal(3 + 0 * n);
SELECT resealed > 10 AS many, unreadable, is_complete FROM dwello.reseal(10000);
SELECT resealed, unreadable, is_complete FROM dwello.reseal();
SELECT place, keys, by_newest FROM k.values();
UPDATE dwello.users SET phone = NULL, phone_index = NULL WHERE id = t.user('key');
SELECT resealed, unreadable, is_complete FROM dwello.reseal();
SELECT place FROM k.values() WHERE NOT by_newest;
-- all of it opens, and is found
SELECT k.check();
SELECT t.login_as('h1');
SELECT email, phone FROM dwello.get_user_contact(t.user('h1'), 'test');
SELECT t.as_system();
SELECT user_id = t.user('h1') AS found, password_hash FROM dwello.find_login('h1@example.org');
SELECT dwello.login(t.token('h1')) IS NULL AS no_user;
SELECT legal_name, tax_id, vat_id FROM dwello.tax_profile();
SELECT t.as_system();
SELECT count(*) = count(DISTINCT user_id) * 2 AS each_twice FROM dwello.user_emails;

-- ---------------------------------------------------------------------
-- Retired
-- ---------------------------------------------------------------------
-- what made it needless must be committed before it goes; t/rotation.pl has the rest
SELECT t.try(format($$SELECT dwello.retire_key('pii', %s)$$, :pii_key_id));
SELECT t.detail(format($$SELECT dwello.retire_key('index', %s)$$, :index_key_id));
DELETE FROM dwello.idempotency_keys;
INSERT INTO dwello.user_codes (user_id, id, purpose, key_id, code_digest, tries, created_at)
VALUES (t.user('h1'), t.user('code'), 'email', :index_key_id, sha256(''), 0, clock_timestamp());
SELECT t.detail(format($$SELECT dwello.retire_key('index', %s)$$, :index_key_id));
UPDATE dwello.user_codes SET created_at = clock_timestamp() - interval '15 minutes' WHERE id = t.user('code');
SELECT t.try(format($$SELECT dwello.retire_key('index', %s)$$, :index_key_id));
SELECT pg_read_file(current_setting('dwello.keyring_file')) ~ (E'\npii ' || :pii_key_id || ' ') AS is_there;

-- ---------------------------------------------------------------------
-- A keyring that does not fit
-- ---------------------------------------------------------------------
-- older: the file as it was before
ROLLBACK TO s;
SELECT k.copy(split_part(current_setting('dwello.keyring_file'), '.k1', 1), split_part(current_setting('dwello.keyring_file'), '.k1', 1) || '.k2');
SELECT set_config('dwello.keyring_file', split_part(current_setting('dwello.keyring_file'), '.k1', 1) || '.k2', true) \g /dev/null
SELECT k.check();
SELECT t.try('SELECT dwello.create_keyring()') ~ '^WD603' AS refused, t.try('SELECT dwello.rotate_key(''pii'')') ~ '^WD603' AS no_rotation;
-- nothing was written: it is what it was
SELECT pg_read_file(current_setting('dwello.keyring_file')) = pg_read_file(split_part(current_setting('dwello.keyring_file'), '.k2', 1)) AS is_untouched;
-- lost, or another database's
SELECT set_config('dwello.keyring_file', split_part(current_setting('dwello.keyring_file'), '.k2', 1) || '.k3', true) \g /dev/null
SELECT k.check();
SELECT t.detail('SELECT dwello.create_keyring()') ~ ('^WD603: What no key opens would be lost: .*token key ' || :token_key_id ||
         '.*, \d+ values of users.email under key ' || :pii_key_id || '.*values of users.email_index under key') AS tells_what_is_lost;
SELECT t.try('SELECT dwello.rotate_key(''pii'')') ~ '^WD603' AS no_rotation, pg_stat_file(current_setting('dwello.keyring_file'), true) IS NULL AS no_file;
SELECT kind, created FROM dwello.create_keyring(true);
SELECT k.check();
SELECT count(*) FROM dwello.find_login('h1@example.org');
SELECT t.try($$SELECT dwello.get_user_contact(t.user('h1'), 'test')$$, 'h1');
SELECT t.as_system();
-- the true one is found again: both sets stand in one file, for no id is there twice
SELECT set_config('dwello.keyring_file', split_part(current_setting('dwello.keyring_file'), '.k3', 1) || '.k4', true) \g /dev/null
SELECT k.copy(split_part(current_setting('dwello.keyring_file'), '.k4', 1) || '.k3', current_setting('dwello.keyring_file'));
DO $$
DECLARE file text := current_setting('dwello.keyring_file'); place text := split_part(file, '.k4', 1);
BEGIN
  EXECUTE format('COPY (SELECT) TO PROGRAM %L', format('cat >/dev/null; tail -n +2 %L >> %L', place || '.k1', file));
END $$;
SELECT k.check();
SELECT user_id = t.user('h1') AS found FROM dwello.find_login('h1@example.org');
ROLLBACK;

DO $$
DECLARE file text := current_setting('dwello.keyring_file');
BEGIN
  EXECUTE format('COPY (SELECT) TO PROGRAM %L', format('cat >/dev/null; rm -f %L.k1 %1$L.k2 %1$L.k3 %1$L.k4', file));
END $$;
DROP SCHEMA k CASCADE;
DROP ROLE keyring_service, keyring_app;
