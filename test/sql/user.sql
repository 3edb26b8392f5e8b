--
-- user.sql
--	Accounts, verification, addresses, credentials, payment methods.
--
-- Everything happens in one transaction that is rolled back, so other tests
-- find the cast of setup.sql as it was; and it counts only what belongs to
-- people of its own, r1 (a homeowner) to r9.
--
BEGIN;

-- ----------------------------------------------------------------------
-- register_user
-- ----------------------------------------------------------------------

SELECT user_id = t.user('r1') AS given, user_type, status,
       created_at IS NOT NULL AS dated, version, replayed
  FROM dwello.register_user('  R1@Example.Test ', 'homeowner', 'Ria', 'One',
                            phone => '+1 (415) 555-0199',
                            password_hash => '$argon2id$v=19$m=65536$c2FsdA$aGFzaA',
                            timezone => 'america/los_angeles',
                            language => 'en-US', user_id => t.user('r1'));
SELECT timezone, language, email_verified, phone_verified, provider_verified,
       version
  FROM dwello.users WHERE id = t.user('r1');
-- (as if it had been asked for in another transaction)
INSERT INTO dwello.contact_requests (id, actor_id, user_id, transaction_number, created_at)
VALUES (t.user('request'), '00000000-0000-0000-0000-000000000000', t.user('r1'), 3, now());
SELECT email, phone FROM dwello.get_user_contact(t.user('r1'), 'test');

-- found by any spelling; the hash is there for the service that checks it
SELECT user_id = t.user('r1') AS found, password_hash, status
  FROM dwello.find_login('r1@example.TEST ');

-- a provider comes with empty sums, everybody with a profile
SELECT version
  FROM dwello.register_user('r2@example.test', 'service_provider', 'Rob',
                            'Two', user_id => t.user('r2'));
SELECT p.user_id = t.user('r1') AS r1, s.user_id IS NOT NULL AS has_stats,
       s.completed, s.as_of = (now() AT TIME ZONE 'UTC')::date AS of_today
  FROM dwello.user_profiles p
  LEFT JOIN dwello.provider_stats s USING (user_id)
 WHERE p.user_id IN (t.user('r1'), t.user('r2'))
 ORDER BY r1;

-- without an id it is fresh, with a key it follows from the key
SELECT substr(user_id::text, 15, 1) AS id_version
  FROM dwello.register_user('r3@example.test', 'homeowner', 'R', 'Three');
SELECT substr(user_id::text, 15, 1) AS id_version, replayed, user_id AS r4
  FROM dwello.register_user('r4@example.test', 'homeowner', 'R', 'Four',
                            idempotency_key => 'r4') \gset
SELECT user_id = :'r4' AS same, status, created_at IS NOT NULL AS dated,
       version, replayed
  FROM dwello.register_user('r4@example.test', 'homeowner', 'R', 'Four',
                            idempotency_key => 'r4');
SELECT user_id = t.user('r5') AS given, replayed
  FROM dwello.register_user('r5@example.test', 'homeowner', 'R', 'Five',
                            user_id => t.user('r5'), idempotency_key => 'r5');
SELECT user_id = t.user('r5') AS given, replayed
  FROM dwello.register_user('r5@example.test', 'homeowner', 'R', 'Five',
                            user_id => t.user('r5'), idempotency_key => 'r5');

-- the id is nobody's yet, no job's either, and not nobody's for ever
SAVEPOINT taken;
SELECT t.login_as('h1');
SELECT count(*) FROM dwello.post_job('d0000000-0000-7000-8000-000000000011',
  'Paint', 'All of it.', -122.4194, 37.7749, job_id => t.user('r6'));
SELECT t.login_as(NULL);
SELECT t.try(format($$SELECT dwello.register_user('r6@example.test', 'homeowner', 'R', 'Six', user_id => %L)$$, id))
  FROM (VALUES (t.user('r6')), (t.user('h1')), ('00000000-0000-0000-0000-000000000000')) AS v (id);
ROLLBACK TO taken;

-- the same key for something else: the detail names the argument
SELECT args, t.detail(format('SELECT dwello.register_user(%s)', args))
  FROM (VALUES
    ($$'other@example.test', 'homeowner', 'R', 'Four', idempotency_key => 'r4'$$),
    ($$'r4@example.test', 'admin', 'R', 'Four', idempotency_key => 'r4'$$),
    ($$'r4@example.test', 'homeowner', 'R', 'Four', timezone => 'Europe/Paris', idempotency_key => 'r4'$$),
    ($$'r4@example.test', 'homeowner', 'R', 'Four', phone => '4155550100', idempotency_key => 'r4'$$)
  ) AS v (args);
SELECT t.try($$SELECT dwello.register_user('r6@example.test', 'homeowner', 'R', 'Five', user_id => t.user('r5'), idempotency_key => 'r6')$$);

-- taken: the id before the address, and neither says whose it is
SELECT args, t.try(format('SELECT dwello.register_user(%s)', args))
  FROM (VALUES
    ($$'r6@example.test', 'homeowner', 'R', 'Six', user_id => t.user('r1')$$),
    ($$'r1@example.test', 'homeowner', 'R', 'Six', user_id => t.user('r1')$$),
    ($$'R1@EXAMPLE.test', 'homeowner', 'R', 'Six'$$),
    ($$'R1@EXAMPLE.test', 'homeowner', 'R', 'Six', idempotency_key => 'r6'$$)
  ) AS v (args);
SELECT count(*) FROM dwello.users WHERE last_name = 'Six';

-- who may: the service alone
SELECT name, t.try($$SELECT dwello.register_user(NULL, NULL, NULL, NULL)$$, name)
  FROM unnest(ARRAY['h1', 'p1', 'a1', 's1', 'u1']) AS name;
SAVEPOINT s;
SET LOCAL ROLE dwello_app;
SELECT t.try($$SELECT dwello.register_user('r7@example.test', 'homeowner', 'R', 'Seven')$$);
ROLLBACK TO s;

-- NULL where a value is needed, before anything else is judged
SELECT args, t.try(format('SELECT dwello.register_user(%s)', args))
  FROM (VALUES
    ($$NULL, 'homeowner', 'R', 'S'$$),
    ($$'r7@example.test', NULL, 'R', 'S'$$),
    ($$'r7@example.test', 'homeowner', NULL, 'S'$$),
    ($$'r7@example.test', 'homeowner', 'R', NULL$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', timezone => NULL$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', language => NULL$$),
    ($$repeat('x', 1000), 'homeowner', '', NULL$$)
  ) AS v (args);

-- texts over their limit, before any value is judged
SELECT args, t.try(format('SELECT dwello.register_user(%s)', args))
  FROM (VALUES
    ($$repeat('x', 1048576), 'homeowner', 'R', 'S'$$),
    ($$repeat('é', 120) || '@' || repeat('x', 50) || '.test', 'homeowner', 'R', 'S'$$),
    ($$'r7@example.test', 'homeowner', repeat('x', 1048576), 'S'$$),
    ($$'r7@example.test', 'homeowner', 'R', repeat('x', 101)$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', phone => repeat('1', 1048576)$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', password_hash => repeat('x', 501)$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', timezone => repeat('x', 1048576)$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', language => repeat('x', 1048576)$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', idempotency_key => repeat('x', 1048576)$$),
    ($$'no address', 'homeowner', 'R', repeat('x', 101)$$)
  ) AS v (args);

-- values that are none
SELECT args, t.try(format('SELECT dwello.register_user(%s)', args))
  FROM (VALUES
    ($$'', 'homeowner', 'R', 'S'$$),
    ($$'ann', 'homeowner', 'R', 'S'$$),
    ($$'ann@example', 'homeowner', 'R', 'S'$$),
    ($$'ann@b@example.test', 'homeowner', 'R', 'S'$$),
    ($$'ann smith@example.test', 'homeowner', 'R', 'S'$$),
    ($$'ann@example..test', 'homeowner', 'R', 'S'$$),
    ($$'r7@example.test', 'homeowner', ' ', 'S'$$),
    ($$'r7@example.test', 'homeowner', 'R', ''$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', phone => ''$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', phone => '123456'$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', phone => '1234567890123456'$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', phone => '415-CALL-NOW'$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', password_hash => ' '$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', timezone => 'Mars/Olympus'$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', timezone => 'Foo3'$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', timezone => ''$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', timezone => '../../etc/passwd'$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', language => 'english'$$),
    ($$'r7@example.test', 'homeowner', 'R', 'S', language => ''$$),
    ($$'r7@example.test', 'landlord', 'R', 'S'$$),
    ($$'no address', 'homeowner', 'R', 'S', user_id => t.user('r1')$$)
  ) AS v (args);

-- zones with digits are found by their names
SELECT user_id AS r8
  FROM dwello.register_user('r8@example.test', 'homeowner', 'R', 'Eight',
                            timezone => 'etc/gmt+5') \gset
SELECT timezone FROM dwello.users WHERE id = :'r8';

-- ----------------------------------------------------------------------
-- verify_user
-- ----------------------------------------------------------------------

SELECT status, email_verified, phone_verified, provider_verified, version,
       replayed
  FROM dwello.verify_user(t.user('r2'), 'provider', 1, 'v1');
SELECT status, email_verified, phone_verified, provider_verified, version,
       replayed
  FROM dwello.verify_user(t.user('r2'), 'provider', 1, 'v1');
SELECT status, email_verified, phone_verified, provider_verified, version,
       replayed
  FROM dwello.verify_user(t.user('r2'), 'email', 2);
-- verified before: nothing changes
SELECT status, email_verified, version, replayed
  FROM dwello.verify_user(t.user('r2'), 'email');
SELECT status, phone_verified, version, replayed
  FROM dwello.verify_user(t.user('r1'), 'phone');
SELECT t.login_as('a1');
SELECT status, email_verified, version, replayed
  FROM dwello.verify_user(t.user('r1'), 'email');
SELECT t.as_system();
SELECT type, payload - 'user_id' AS payload
  FROM dwello.outbox WHERE scope_id = t.user('r2') ORDER BY id;

-- what the settings ask for
SAVEPOINT s;
INSERT INTO dwello.system_settings (name, value)
VALUES ('phone_verification_required', 'true'),
       ('auto_approve_providers', 'true');
SELECT user_id AS r9
  FROM dwello.register_user('r9@example.test', 'service_provider', 'R',
                            'Nine', phone => '4155550100') \gset
SELECT status FROM dwello.verify_user(:'r9', 'email');
SELECT status FROM dwello.verify_user(:'r9', 'phone');
ROLLBACK TO s;

-- a suspended user stays suspended
SAVEPOINT s;
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('u1');
SELECT status, email_verified FROM dwello.verify_user(t.user('u1'), 'email');
ROLLBACK TO s;

SELECT args, who, t.try(format('SELECT dwello.verify_user(%s)', args), who)
  FROM (VALUES
    ($$NULL, NULL$$, 'h1'),
    ($$t.user('u1'), 'email'$$, 's1'),
    ($$t.user('u1'), 'email'$$, 'u1'),
    ($$NULL, 'email'$$, NULL),
    ($$t.user('u1'), NULL$$, 'a1'),
    ($$NULL, repeat('x', 1048576)$$, NULL),
    ($$t.user('u1'), repeat('x', 1048576)$$, NULL),
    ($$t.user('u1'), ''$$, NULL),
    ($$t.user('u1'), 'passport'$$, NULL),
    ($$t.user('nobody'), 'passport'$$, NULL),
    ($$t.user('nobody'), 'email'$$, NULL),
    ($$t.user('u1'), 'email', 7$$, NULL),
    ($$t.user('u1'), 'provider', 7$$, NULL),
    ($$t.user('u1'), 'provider'$$, NULL),
    ($$t.user('r2'), 'phone'$$, NULL),
    ($$t.user('r2'), 'phone', NULL, 'v1'$$, NULL),
    ($$t.user('r2'), 'provider', 1, 'v1'$$, 'a1')
  ) AS v (args, who);
SAVEPOINT s;
UPDATE dwello.users SET deleted_at = now() WHERE id = t.user('u1');
SELECT t.try($$SELECT dwello.verify_user(t.user('u1'), 'email')$$);
ROLLBACK TO s;

-- without an identity, and with one that is none
SAVEPOINT s;
SELECT t.app_as(NULL);
SELECT t.try($$SELECT dwello.verify_user(t.user('u1'), 'email')$$);
SELECT t.try($$SELECT dwello.add_address(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)$$);
SELECT t.try($$SELECT set_config('dwello.token', 'x', true), dwello.add_payment_method('paypal', 'x', 'x')$$);
ROLLBACK TO s;

-- ----------------------------------------------------------------------
-- add_address
-- ----------------------------------------------------------------------

-- the first is primary in any case; a later one only when it says so
SELECT t.login_as('r1');
SELECT user_id = t.user('r1') AS mine, address_id AS a1, version, replayed
  FROM dwello.add_address('home', '12 Hidden Lane', 'San Francisco', 'CA',
                          '94102', 'US', -122.42, 37.77,
                          idempotency_key => 'a1') \gset
SELECT :'mine' AS mine, :'version' AS version, :'replayed' AS replayed;
SELECT address_id = :'a1' AS same, replayed
  FROM dwello.add_address('home', '12 Hidden Lane', 'San Francisco', 'CA',
                          '94102', 'US', -122.42, 37.77,
                          idempotency_key => 'a1');
SELECT t.try($$SELECT dwello.add_address('home', '13 Hidden Lane', 'San Francisco', 'CA', '94102', 'US', -122.42, 37.77, idempotency_key => 'a1')$$);
SELECT version
  FROM dwello.add_address('billing', 'Box 7', 'Oakland', 'CA', '94601', 'US',
                          180, -90);
SELECT address_type, city, is_primary, version
  FROM dwello.user_addresses WHERE user_id = t.user('r1') ORDER BY id;
SELECT version
  FROM dwello.add_address('business', '1 Work Way', 'Berkeley', 'CA', '94701',
                          'US', -122.27, 37.87, true);
SELECT address_type, city, is_primary, version,
       round(ST_X(place::geometry)::numeric, 2) AS longitude,
       round(ST_Y(place::geometry)::numeric, 2) AS latitude
  FROM dwello.user_addresses WHERE user_id = t.user('r1') ORDER BY id;
SELECT jsonb_path_query_array(addresses, '$[*].street') AS streets
  FROM dwello.get_user_contact(t.user('r1'), 'test');
-- for another: administrators and the system
SELECT t.login_as('a1');
SELECT user_id = t.user('h2') AS of_h2, version
  FROM dwello.add_address('home', '5 Other Street', 'Daly City', 'CA',
                          '94014', 'US', -122.46, 37.70,
                          user_id => t.user('h2'));
SELECT t.as_system();

SELECT args, who, t.try(format('SELECT dwello.add_address(%s)', args), who)
  FROM (VALUES
    ($$NULL, 'S', 'C', 'CA', '9', 'US', 0, 0$$, 'u1'),
    ($$NULL, 'S', 'C', 'CA', '9', 'US', 0, 0$$, 'r1'),
    ($$'home', NULL, 'C', 'CA', '9', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', NULL, 'CA', '9', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', NULL, '9', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', NULL, 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', NULL, 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', NULL, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 0, NULL$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 0, 0, NULL$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 0, 0$$, NULL),
    ($$'home', repeat('x', 300), 'C', 'CA', '9', 'US', 'NaN', NULL$$, 'r1'),
    ($$'home', repeat('x', 1048576), 'C', 'CA', '9', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', repeat('x', 1048576), 'CA', '9', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', repeat('x', 1048576), '9', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', repeat('9', 1048576), 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', repeat('U', 1048576), 0, 0$$, 'r1'),
    ($$'home', '', 'C', 'CA', '9', repeat('U', 1048576), 'NaN', 0$$, 'r1'),
    ($$'home', ' ', 'C', 'CA', '9', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', '', 'CA', '9', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', '', '9', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'us', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'USA', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 180.1, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 0, -90.1$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 'NaN', 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 0, 'NaN'$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 'Infinity', 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 0, '-Infinity'$$, 'r1'),
    ($$'castle', 'S', 'C', 'CA', '9', 'US', 0, 0$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 0, 'NaN', user_id => t.user('h2')$$, 'r1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 0, 0, user_id => t.user('h2')$$, 's1'),
    ($$'home', 'S', 'C', 'CA', '9', 'US', 0, 0, user_id => t.user('nobody')$$, 'a1')
  ) AS v (args, who);
-- another user's id is refused alike, whether they exist or not
SELECT t.try(format($$SELECT dwello.add_address('home', 'S', 'C', 'CA', '9', 'US', 0, 0, user_id => %L)$$, t.user(name)), 'r1')
  FROM unnest(ARRAY['h2', 'nobody']) AS name;

-- ----------------------------------------------------------------------
-- add_credential, verify_credential
-- ----------------------------------------------------------------------

SELECT t.login_as('r2');
SELECT credential_id AS c1
  FROM dwello.add_credential('license', 'C-33 Painting', 'CSLB',
                             'LIC-773311', '2020-01-01', '2999-12-31',
                             amount => 100000000, years_experience => 12,
                             idempotency_key => 'c1') \gset
SELECT user_id = t.user('r2') AS mine, credential_id = :'c1' AS same,
       version, replayed
  FROM dwello.add_credential('license', 'C-33 Painting', 'CSLB',
                             'LIC-773311', '2020-01-01', '2999-12-31',
                             amount => 100000000, years_experience => 12,
                             idempotency_key => 'c1');
SELECT credential_type, name, issuer, valid_from, valid_until, amount,
       years_experience, verified_at, version
  FROM dwello.provider_credentials WHERE user_id = t.user('r2');
SELECT t.try(format('SELECT dwello.verify_credential(t.user(%L), %L)', 'r2', :'c1'));
SELECT t.as_system();
SELECT credential_id = :'c1' AS same, verified_at IS NOT NULL AS verified,
       version, replayed
  FROM dwello.verify_credential(t.user('r2'), :'c1', 1);
SELECT verified_at IS NOT NULL AS verified, version, replayed
  FROM dwello.verify_credential(t.user('r2'), :'c1');
SELECT t.login_as('a1');
SELECT credential_id AS c2
  FROM dwello.add_credential('insurance', 'General liability',
                             valid_until => '2020-01-01',
                             user_id => t.user('p2')) \gset
SELECT t.as_system();

SELECT args, who, t.try(format('SELECT dwello.add_credential(%s)', args), who)
  FROM (VALUES
    ($$NULL, NULL$$, 'r1'),
    ($$NULL, NULL$$, 's1'),
    ($$NULL, 'N'$$, 'r2'),
    ($$'license', NULL$$, 'r2'),
    ($$'license', 'N'$$, NULL),
    ($$NULL, repeat('x', 1048576), amount => -1$$, 'r2'),
    ($$'license', repeat('x', 1048576)$$, 'r2'),
    ($$'license', 'N', issuer => repeat('x', 1048576)$$, 'r2'),
    ($$'license', 'N', number => repeat('x', 1048576)$$, 'r2'),
    ($$'license', '', number => repeat('x', 1048576)$$, 'r2'),
    ($$'license', ''$$, 'r2'),
    ($$'license', 'N', issuer => ' '$$, 'r2'),
    ($$'license', 'N', number => ''$$, 'r2'),
    ($$'license', 'N', valid_from => '2021-01-02', valid_until => '2021-01-01'$$, 'r2'),
    ($$'license', 'N', valid_until => 'infinity'$$, 'r2'),
    ($$'license', 'N', amount => 0$$, 'r2'),
    ($$'license', 'N', amount => -1$$, 'r2'),
    ($$'license', 'N', years_experience => -1$$, 'r2'),
    ($$'license', 'N', years_experience => 101$$, 'r2'),
    ($$'diploma', 'N'$$, 'r2'),
    ($$'license', 'N', user_id => t.user('p2')$$, 'r2'),
    ($$'license', 'N', user_id => t.user('r1')$$, NULL),
    ($$'license', 'N'$$, 'a1'),
    ($$'license', 'N', user_id => t.user('nobody')$$, NULL),
    ($$'license', 'N', idempotency_key => 'c1'$$, 'r2')
  ) AS v (args, who);

SELECT replace(replace(args, :'c1', 'c1'), :'c2', 'c2') AS args, who,
       t.try(format('SELECT dwello.verify_credential(%s)', args), who)
  FROM (VALUES
    ($$NULL, NULL$$, 'r2'),
    (format($$NULL, '%s'$$, :'c1'), NULL),
    ($$t.user('r2'), NULL$$, NULL),
    (format($$t.user('nobody'), '%s'$$, :'c1'), NULL),
    (format($$t.user('p2'), '%s'$$, :'c1'), NULL),
    (format($$t.user('r2'), '%s', 1$$, :'c1'), NULL),
    (format($$t.user('p2'), '%s', 2$$, :'c2'), NULL),
    (format($$t.user('p2'), '%s', 1$$, :'c2'), 'a1')
  ) AS v (args, who);

-- ----------------------------------------------------------------------
-- add_payment_method
-- ----------------------------------------------------------------------

-- the first is the default in any case
SELECT t.login_as('r1');
SELECT payment_method_id AS m1
  FROM dwello.add_payment_method('credit_card', 'stripe', 'tok_4242abcdef',
                                 '4242', '2999-12-31',
                                 idempotency_key => 'm1') \gset
SELECT user_id = t.user('r1') AS mine, payment_method_id = :'m1' AS same,
       version, replayed
  FROM dwello.add_payment_method('credit_card', 'stripe', 'tok_4242abcdef',
                                 '4242', '2999-12-31',
                                 idempotency_key => 'm1');
SELECT version FROM dwello.add_payment_method('paypal', 'paypal', 'BA-77');
SELECT method_type, last_four, expires_on, is_default, version
  FROM dwello.payment_methods WHERE user_id = t.user('r1') ORDER BY id;
SELECT version
  FROM dwello.add_payment_method('bank_account', 'stripe', 'ba_99',
                                 is_default => true);
SELECT method_type, is_default, version
  FROM dwello.payment_methods WHERE user_id = t.user('r1') ORDER BY id;
SELECT t.as_system();

SELECT args, who, t.try(format('SELECT dwello.add_payment_method(%s)', args), who)
  FROM (VALUES
    ($$NULL, NULL, NULL$$, 's1'),
    ($$NULL, 'stripe', 'tok'$$, 'r1'),
    ($$'credit_card', NULL, 'tok'$$, 'r1'),
    ($$'credit_card', 'stripe', NULL$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok', is_default => NULL$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok'$$, NULL),
    ($$NULL, 'stripe', repeat('x', 501), '12'$$, 'r1'),
    ($$'credit_card', repeat('x', 1048576), 'tok'$$, 'r1'),
    ($$'credit_card', 'stripe', repeat('x', 501)$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok', repeat('1', 1048576)$$, 'r1'),
    ($$'credit_card', '', repeat('x', 1048576)$$, 'r1'),
    ($$'credit_card', '', 'tok'$$, 'r1'),
    ($$'credit_card', 'stripe', ' '$$, 'r1'),
    ($$'credit_card', 'stripe', '4242 4242 4242 4242'$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok', '424'$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok', '42425'$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok', 'abcd'$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok', expires_on => '2020-01-01'$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok', expires_on => '-infinity'$$, 'r1'),
    ($$'cash', 'stripe', 'tok'$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok', user_id => t.user('h2')$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok'$$, 'a1'),
    ($$'credit_card', 'stripe', 'tok', user_id => t.user('nobody')$$, 'a1'),
    ($$'credit_card', 'stripe', 'other', idempotency_key => 'm1'$$, 'r1'),
    ($$'credit_card', 'stripe', 'tok', user_id => t.user('r2')$$, NULL)
  ) AS v (args, who);

-- a card is good on its last day, by the pinned clock
SAVEPOINT s;
SET LOCAL dwello.now = '2030-06-30 23:59:00+00';
SELECT t.try($$SELECT dwello.add_payment_method('credit_card', 'x', 'tok', expires_on => '2030-06-30')$$, 'h2'),
       t.try($$SELECT dwello.add_payment_method('credit_card', 'x', 'tok', expires_on => '2030-06-29')$$, 'h2');
ROLLBACK TO s;

-- a suspended or deleted user does nothing
SAVEPOINT s;
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('h2');
SELECT split_part(t.try($$SELECT dwello.add_payment_method(NULL, NULL, NULL)$$, 'u1'), ':', 1) AS pending;
SELECT t.login_as('r1');
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('r1');
SELECT split_part(t.try($$SELECT dwello.add_payment_method(NULL, NULL, NULL)$$), ':', 1) AS suspended;
UPDATE dwello.users SET deleted_at = now() WHERE id = t.user('r1');
SELECT split_part(t.try($$SELECT dwello.add_payment_method(NULL, NULL, NULL)$$), ':', 1) AS deleted;
ROLLBACK TO s;

-- ----------------------------------------------------------------------
-- Nothing that is sealed stands anywhere in plain
-- ----------------------------------------------------------------------
CREATE FUNCTION pg_temp.tables_with(secret text) RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
  relation regclass;
  found boolean;
BEGIN
  FOR relation IN SELECT oid FROM pg_class
    WHERE relnamespace = 'dwello'::regnamespace AND relkind = 'r'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s AS r'
                   ' WHERE position($1 IN lower(r::text)) > 0'
                   ' OR position($2 IN r::text) > 0)', relation)
      INTO found
      USING lower(secret), encode(convert_to(secret, 'UTF8'), 'hex');
    IF found THEN
      RETURN NEXT relation;
    END IF;
  END LOOP;
END
$$;
SELECT secret, pg_temp.tables_with(secret)
  FROM unnest(ARRAY['r1@example.test', 'r4@example.test', 'r5@example.test',
                    '14155550199', 'Hidden Lane', 'Other Street',
                    'LIC-773311']) AS secret;
-- the search does find what is there
SELECT pg_temp.tables_with('Berkeley') UNION ALL
SELECT pg_temp.tables_with('tok_4242abcdef');

-- an application sees no sealed column, no hash, no index, and no one else
SAVEPOINT s;
SELECT t.app_as('r1');
SELECT first_name FROM dwello.users;
SELECT count(*), bool_and(user_id = t.user('r1')) FROM dwello.user_addresses;
SELECT count(*), bool_and(user_id = t.user('r1')) FROM dwello.payment_methods;
SELECT columns, t.try(format('SELECT %s FROM dwello.%s', columns, relation))
  FROM (VALUES ('email', 'users'), ('email_index', 'users'),
    ('phone', 'users'), ('phone_index', 'users'), ('password_hash', 'users'),
    ('*', 'users'), ('*', 'user_emails'), ('street', 'user_addresses'),
    ('number', 'provider_credentials'), ('psp_token', 'payment_methods'))
    AS v (columns, relation);
ROLLBACK TO s;
ROLLBACK;

-- where nothing can be written
BEGIN READ ONLY;
SELECT command, t.try(command)
  FROM (VALUES
    ($$SELECT dwello.register_user(NULL, NULL, NULL, NULL)$$),
    ($$SELECT dwello.verify_user(NULL, NULL)$$),
    ($$SELECT dwello.add_address(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)$$),
    ($$SELECT dwello.add_credential(NULL, NULL)$$),
    ($$SELECT dwello.verify_credential(NULL, NULL)$$),
    ($$SELECT dwello.add_payment_method(NULL, NULL, NULL)$$)
  ) AS v (command);
ROLLBACK;

-- without the keyring nothing is sealed, and so nothing is kept
BEGIN;
SET LOCAL dwello.keyring_file = '/nonexistent/keyring';
SELECT t.try($$SELECT dwello.register_user('r7@example.test', 'homeowner', 'R', 'Seven', user_id => t.user('r7'))$$);
SELECT t.try($$SELECT dwello.add_address('home', 'S', 'C', 'CA', '9', 'US', 0, 0, user_id => t.user('h1'))$$);
SELECT t.try($$SELECT dwello.add_credential('license', 'N', number => '1', user_id => t.user('p1'))$$);
SELECT count(*) FROM dwello.users WHERE id = t.user('r7');
ROLLBACK;

-- whatever support and administrators may call, an application's role may call with their token; none but a check's helper differs
SELECT p.proname FROM pg_proc AS p
 WHERE p.pronamespace = 'dwello'::regnamespace AND p.proname NOT LIKE '%\_valid'
   AND (has_function_privilege('dwello_admin', p.oid, 'EXECUTE') OR has_function_privilege('dwello_support', p.oid, 'EXECUTE'))
   AND NOT has_function_privilege('dwello_app', p.oid, 'EXECUTE') ORDER BY 1;
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT t.verdict('SELECT count(*) FROM dwello.receipts()', who) AS receipts, t.verdict($$SELECT dwello.return_receipt(t.user('none'))$$, who) AS back,
       t.verdict($$SELECT dwello.retry_refund(t.user('none'), t.user('none'))$$, who) AS again, t.verdict($$SELECT dwello.assign_receipt(t.user('none'), t.user('none'))$$, who) AS assign,
       who FROM (VALUES ('a1'), ('s1'), ('h1'), ('p1')) AS w (who);
ROLLBACK;
