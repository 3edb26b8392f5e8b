--
-- mandate.sql
--	Limits that a provider signs: who may, what is signed, and that nothing
--	goes beyond them afterwards.
--
\set painting '''d0000000-0000-7000-8000-000000000011'''
\set services '''d0000000-0000-7000-8000-000000000001'''
SET client_min_messages = warning;
CREATE ROLE t_worker NOLOGIN IN ROLE dwello_service, dwello_app;
BEGIN;
CREATE FUNCTION t.sign(args text, name text DEFAULT 'p1') RETURNS text
LANGUAGE sql
AS $$ SELECT t.try(format('SELECT dwello.sign_mandate(%s)', args), name) $$;
CREATE FUNCTION t.configure(args text, name text DEFAULT 'p1') RETURNS text
LANGUAGE sql
AS $$ SELECT t.try(format('SELECT dwello.configure_agent(%s)', args), name) $$;

-- a first mandate makes the agent; what is signed can be computed by anybody
SELECT t.app_as('p1');
SELECT agent_id = t.user('p1') AS mine, limits, octet_length(digest) AS bytes, signed_at IS NOT NULL AS signed, version, replayed
  FROM dwello.sign_mandate(max_amount => 250000, max_exposure => 600000, max_bids_per_day => 4, max_bid_radius_miles => 20,
    max_open_jobs => 3, min_margin_ppm => 200000, categories => ARRAY[:services]::uuid[],
    valid_until => '2099-12-31 23:59:59.5+00', expected_version => 0, idempotency_key => 'm1');
SELECT version, replayed
  FROM dwello.sign_mandate(max_amount => 250000, max_exposure => 600000, max_bids_per_day => 4, max_bid_radius_miles => 20,
    max_open_jobs => 3, min_margin_ppm => 200000, categories => ARRAY[:services]::uuid[],
    valid_until => '2099-12-31 23:59:59.5+00', expected_version => 0, idempotency_key => 'm1');
SELECT t.try($$SELECT dwello.sign_mandate(max_amount => 1, idempotency_key => 'm1')$$);
SET LOCAL timezone = 'UTC';
SELECT m.id = a.mandate_id AS in_force, m.token_id ~ '^[0-9a-f]{32}$' AS token,
       m.digest = sha256(convert_to(format('{"id":"%s","limits":{%s},"signed_at":%s,"token_id":"%s","user_id":"%s"}', m.id,
         (SELECT string_agg(format('"%s":%s', key, replace(value::text, ', ', ',')), ',' ORDER BY key COLLATE "C")
            FROM jsonb_each(m.limits)),
         to_json(m.signed_at), m.token_id, m.user_id), 'UTF8')) AS recomputed,
       m.digest = sha256(convert_to(dwello.mandate_text(m.user_id, m.id, m.limits, m.token_id, m.signed_at), 'UTF8')) AS fits
  FROM dwello.mandates AS m JOIN dwello.ai_bidding_agents AS a ON a.user_id = m.user_id;
-- the text is the same whatever the session's settings
SET LOCAL timezone = 'Asia/Kathmandu';
SET LOCAL datestyle = 'German';
SET LOCAL bytea_output = 'escape';
SET LOCAL extra_float_digits = -15;
SELECT dwello.mandate_text(t.user('p1'), t.user('mandate'),
         '{"valid_until": "2099-12-31T23:59:59.5+00:00", "max_amount": 250000, "categories": ["b", "a"], "z": {"b": null, "aa": [true, []], "a": {}}}',
         E'a"\\\n\x01é', '2026-01-01 00:00:00.120001+00');
SELECT t.as_system();
SELECT count(*) AS fit FROM dwello.mandates AS m
 WHERE m.user_id = t.user('p1')
   AND m.digest = sha256(convert_to(dwello.mandate_text(m.user_id, m.id, m.limits, m.token_id, m.signed_at), 'UTF8'));
SELECT dwello.mandate_text(NULL, t.user('x'), '{}', NULL, now()) IS NULL AS no_user,
       dwello.mandate_text(t.user('x'), t.user('x'), '{}', NULL, '2026-01-01 00:00+00');
RESET timezone;
RESET datestyle;
RESET bytea_output;
RESET extra_float_digits;
SELECT object, detail FROM t.check() WHERE rule LIKE 'mandate%';
SELECT type, payload = jsonb_build_object('user_id', t.user('p1')) AS only_id FROM dwello.outbox
 WHERE scope_id = t.user('p1') AND type LIKE 'mandate%';

-- who signs: the provider by their own token, and not through a role that issues tokens
SELECT who, t.sign('max_amount => 5', who) FROM unnest(ARRAY['h1', 'a1', 's1', 'u1']) AS who;
SELECT t.try('SELECT dwello.sign_mandate(agent_id => t.user(''p1''), max_amount => 5)') AS system;
SELECT who, t.sign('agent_id => t.user(''p2''), max_amount => 5', who) FROM unnest(ARRAY['p1', 'a1']) AS who;
SELECT t.login_as('p1');
SET LOCAL ROLE dwello_service;
SELECT t.try('SELECT dwello.sign_mandate(max_amount => 5)') AS service;
SET LOCAL ROLE dwello_admin;
SELECT t.try('SELECT dwello.sign_mandate(max_amount => 5)') AS admin;
SET LOCAL ROLE t_worker;
SELECT t.try('SELECT dwello.sign_mandate(max_amount => 5)') AS both;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(NULL);
SELECT t.try('SELECT dwello.sign_mandate(max_amount => 5)') AS nobody;
RESET ROLE;
SELECT t.as_system();

-- values that nobody signs
SELECT args, t.sign(args)
  FROM (VALUES
    ($$max_amount => 0$$), ($$max_amount => -1$$), ($$max_exposure => 0$$), ($$max_exposure => -9223372036854775808$$),
    ($$max_bids_per_day => 0$$), ($$max_bids_per_day => 21$$), ($$max_bid_radius_miles => 4$$), ($$max_bid_radius_miles => 51$$),
    ($$max_open_jobs => 0$$), ($$max_open_jobs => 1001$$), ($$min_margin_ppm => 0$$), ($$min_margin_ppm => 10000001$$),
    ($$max_bids_per_month => 0$$), ($$max_bids_per_month => 1000001$$), ($$approval_threshold => 0$$), ($$approval_threshold => -1$$),
    ($$categories => ARRAY[t.user('none')]$$), ($$categories => ARRAY[NULL]::uuid[]$$),
    ($$categories => array_fill(t.user('none'), ARRAY[101])$$),
    ($$valid_until => '2001-01-01'$$), ($$valid_until => 'infinity'$$), ($$valid_until => '-infinity'$$),
    ($$max_amount => 5, expected_version => 0$$), ($$max_amount => 5, idempotency_key => repeat('k', 300)$$),
    ($$categories => '{}'$$), ($$max_amount => 5, categories => '{}'$$),
    ($$max_amount => 1000000000000000$$)) AS v (args);

-- beyond it nobody sets the agent, not even staff; inside it anybody who may
SELECT t.sign($$max_exposure => 600000, max_bids_per_day => 4, max_bid_radius_miles => 20, max_open_jobs => 3,
  min_margin_ppm => 200000, categories => ARRAY['d0000000-0000-7000-8000-000000000011']::uuid[]$$);
SELECT args, t.configure(args) AS provider, t.configure('agent_id => t.user(''p1''), ' || args, 'a1') AS admin,
       t.configure('agent_id => t.user(''p1''), ' || args, NULL) AS system
  FROM (VALUES
    ($$max_bids_per_day => 5$$), ($$max_bid_radius_miles => 21$$), ($$max_exposure => 600001$$), ($$max_exposure => 0$$),
    ($$max_open_jobs => 4$$), ($$min_margin_ppm => 199999$$), ($$currency => 'EUR'$$),
    ($$preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000001']::uuid[]$$)) AS v (args);
-- what a signed margin is a margin over, the provider alone says, and not through a role that issues tokens
SELECT args, t.configure(args) AS provider, t.configure('agent_id => t.user(''p1''), ' || args, 'a1') AS admin,
       t.configure('agent_id => t.user(''p1''), ' || args, NULL) AS system
  FROM (VALUES ($$costs => '{"hourly_rate": 4000}'$$), ($$costs => 'null'$$), ($$costs => '{"hourly_rate": 4500}', currency => 'USD'$$)) AS v (args);
SELECT t.login_as('p1');
SET LOCAL ROLE t_worker;
SELECT t.try($$SELECT dwello.configure_agent(costs => '{"hourly_rate": 0}')$$) AS service;
RESET ROLE;
SELECT t.as_system();
SELECT regexp_replace(t.detail('SELECT dwello.configure_agent(agent_id => t.user(''p1''), costs => ''null'')'), '[0-9a-f-]{36}', 'X');
SELECT costs FROM dwello.ai_bidding_agents WHERE user_id = t.user('p1');
SELECT regexp_replace(t.detail('SELECT dwello.configure_agent(agent_id => t.user(''p1''), max_exposure => 0)'), '[0-9a-f-]{36}', 'X');
SELECT t.configure($$max_bids_per_day => 4, max_bid_radius_miles => 20, max_exposure => 600000, max_open_jobs => 3,
  min_margin_ppm => 200000, preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011']::uuid[]$$);
-- above the signed threshold the provider is asked, whoever would lift it
SELECT t.sign('approval_threshold => 90000, max_bids_per_month => 100');
SELECT limits FROM dwello.mandates WHERE user_id = t.user('p1') ORDER BY id DESC LIMIT 1;
SELECT args, t.configure(args) AS provider, t.configure('agent_id => t.user(''p1''), ' || args, NULL) AS system
  FROM (VALUES ($$approval_threshold => 0$$), ($$approval_threshold => 90001$$), ($$approval_threshold => 90000$$)) AS v (args);
-- where no margin is signed, staff sets costs as well
SELECT t.configure($$agent_id => t.user('p1'), costs => '{"hourly_rate": 4000}'$$, 'a1') AS admin;
-- a narrower one leaves the settings, and other things can be changed
SELECT t.sign('max_bids_per_day => 2'), t.configure('strategy => ''premium'''), t.configure('max_bids_per_day => 3');
SELECT max_bids_per_day, strategy FROM dwello.ai_bidding_agents WHERE user_id = t.user('p1');
-- one without limits would take all away unsaid; the widest names one
SELECT t.sign(''), t.sign('agent_id => t.user(''p1'')'), t.verdict('SELECT dwello.sign_mandate()', 'p1') AS hinted;
SELECT t.sign('max_bids_per_month => 1000000'), t.configure('max_bids_per_day => 20, max_exposure => 0, currency => ''EUR''');
SELECT count(*), count(DISTINCT digest) AS digests FROM dwello.mandates WHERE user_id = t.user('p1');

-- what was signed stays as it is, and who writes past the guard is found
SELECT t.try($$UPDATE dwello.mandates SET limits = '{}'$$), t.try('DELETE FROM dwello.mandates'),
       t.try('TRUNCATE dwello.mandates');
SAVEPOINT tampered;
ALTER TABLE dwello.mandates DISABLE TRIGGER guard_append;
UPDATE dwello.mandates AS m SET limits = m.limits || '{"max_bids_per_day": 20}' WHERE m.limits ->> 'max_bids_per_day' = '2';
SELECT rule, object, regexp_replace(detail, '[0-9a-f-]{36}', 'X', 'g') AS detail FROM t.check() WHERE rule LIKE 'mandate%';
UPDATE dwello.mandates AS m SET limits = m.limits || '{"max_bids_per_day": 2}' WHERE m.limits ->> 'max_bids_per_day' = '20';
SELECT rule FROM t.check() WHERE rule LIKE 'mandate%';
UPDATE dwello.mandates AS m SET token_id = 'another' WHERE m.limits ->> 'max_bids_per_day' = '2';
UPDATE dwello.mandates AS m SET signed_at = m.signed_at + interval '1 microsecond' WHERE m.limits ->> 'max_bids_per_day' = '4';
SELECT rule, count(*) FROM t.check() WHERE rule LIKE 'mandate%' GROUP BY rule;
DELETE FROM dwello.mandates;
SELECT rule, object, detail = format('Provider %s has not signed mandate %s.', a.user_id, a.mandate_id) AS named
  FROM t.check(), dwello.ai_bidding_agents AS a WHERE rule LIKE 'mandate%' AND a.user_id = t.user('p1');
ROLLBACK TO tampered;

-- whatever is asked: an answer, or an SQLSTATE of the comment with a hint
SELECT answer, count(*) AS calls, string_agg(call, ' ' ORDER BY n) FILTER (WHERE answer <> '22023') AS which
  FROM (SELECT n, call, t.verdict('SELECT * FROM dwello.' || call, 'p1') AS answer
          FROM unnest(ARRAY[
            $$sign_mandate(max_amount => -9223372036854775808)$$,
            $$sign_mandate(max_bids_per_day => 2147483647)$$,
            $$sign_mandate(max_bids_per_day => -2147483648)$$,
            $$sign_mandate(min_margin_ppm => 2147483647)$$,
            $$sign_mandate(categories => array_fill(t.user('none'), ARRAY[100000]))$$,
            $$sign_mandate(categories => array_fill(t.user('none'), ARRAY[2, 2]))$$,
            $$sign_mandate(categories => '{00000000-0000-0000-0000-000000000000}')$$,
            $$sign_mandate(categories => '{d0000000-0000-7000-8000-000000000011,d0000000-0000-7000-8000-000000000011}')$$,
            $$sign_mandate(valid_until => '294276-12-31')$$,
            $$sign_mandate(agent_id => t.user('p2'), max_amount => 5)$$,
            $$sign_mandate(agent_id => 'ffffffff-ffff-ffff-ffff-ffffffffffff', max_amount => 5)$$,
            $$sign_mandate(max_amount => 5, expected_version => -1)$$,
            $$mandate_text(NULL, NULL, NULL, NULL, NULL)$$,
            $$mandate_text(t.user('p1'), t.user('p1'), (repeat('[', 3000) || repeat(']', 3000))::jsonb, 'x', 'infinity')$$,
            $$mandate_text(t.user('p1'), t.user('p1'), '7', repeat('x', 100000), '-infinity')$$]) WITH ORDINALITY AS c (call, n)) AS x
 GROUP BY answer ORDER BY answer COLLATE "C";
ROLLBACK;
DROP ROLE t_worker;
