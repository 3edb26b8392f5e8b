--
-- flag.sql
--	Feature flags: who gets what, and who may say so.
--
BEGIN;
SELECT name, is_enabled, rollout_percentage, targets, is_overridden, version
  FROM dwello.flags ORDER BY name;

-- the built-in flags, for each of the cast
SELECT f.name, string_agg(u.name, ' ' ORDER BY u.name) AS is_on
  FROM dwello.flags AS f, unnest(ARRAY['a1', 'h1', 'p1', 's1', 'u1']) AS u (name)
 WHERE f.name <> 'ai_bidding_enabled'
   AND dwello.flag_enabled(f.name, t.user(u.name))
 GROUP BY f.name ORDER BY f.name;

-- a flag of the operator's own: off at first, then on for all
SELECT * FROM dwello.set_flag('own_flag');
SELECT dwello.flag_enabled('own_flag', t.user('h1'));
SELECT * FROM dwello.set_flag('own_flag', true);
SELECT dwello.flag_enabled('own_flag', t.user('h1'));
SELECT name, is_enabled, rollout_percentage, targets, is_overridden, version, description
  FROM dwello.flags WHERE name = 'own_flag';

-- rollout: who is in at 30 per cent is in at 60; 0 is nobody
CREATE TEMP TABLE crowd AS
  SELECT 'crowd' || i AS name FROM generate_series(1, 200) AS i;
SELECT count(t.register(name, 'homeowner')) FROM crowd;
CREATE FUNCTION pg_temp.ons(flag text) RETURNS text[] LANGUAGE sql AS $$
  SELECT coalesce(array_agg(name ORDER BY name), '{}') FROM crowd WHERE dwello.flag_enabled(flag, t.user(name)) $$;
SELECT rollout_percentage FROM dwello.set_flag('own_flag', rollout_percentage => 30);
CREATE TEMP TABLE ons AS SELECT pg_temp.ons('own_flag') AS at_30;
SELECT cardinality(at_30) BETWEEN 35 AND 85 AS about_a_third FROM ons;
SELECT rollout_percentage FROM dwello.set_flag('own_flag', rollout_percentage => 60);
SELECT pg_temp.ons('own_flag') @> at_30 AS all_of_them,
       cardinality(pg_temp.ons('own_flag')) BETWEEN 90 AND 150 AS more FROM ons;
SELECT dwello.set_flag('other_flag', true, 30) IS NOT NULL AS made;
SELECT pg_temp.ons('other_flag') = at_30 AS the_same_people FROM ons;
SELECT rollout_percentage FROM dwello.set_flag('own_flag', rollout_percentage => 0);
SELECT pg_temp.ons('own_flag');
-- the bucket is the one that anybody can work out
SELECT rollout_percentage FROM dwello.set_flag('own_flag', rollout_percentage => 30);
SELECT pg_temp.ons('own_flag') = (
  SELECT array_agg(name ORDER BY name) FROM crowd,
    sha256('own_flag'::bytea || uuid_send(t.user(name))) AS hash,
    -- the first eight bytes as a number
    LATERAL (SELECT sum(get_byte(hash, i) * 256::numeric ^ (7 - i)) AS number FROM generate_series(0, 7) AS i) AS n
   WHERE number % 10000 < 3000) AS as_documented;

-- a named user wins over rollout and targets, not over is_enabled
SELECT * FROM dwello.set_flag('own_flag', rollout_percentage => 0, targets => '{"user_types": ["admin"]}',
  user_ids => ARRAY[t.user('h1')]);
SELECT dwello.flag_enabled('own_flag', t.user('h1')), dwello.flag_enabled('own_flag', t.user('a1'));
SELECT is_enabled FROM dwello.set_flag('own_flag', false);
SELECT dwello.flag_enabled('own_flag', t.user('h1'));
SELECT is_enabled FROM dwello.set_flag('own_flag', true, user_ids => '{}');
SELECT dwello.flag_enabled('own_flag', t.user('h1'));

-- targets: types, the country of the primary address, the mean rating
SELECT rollout_percentage FROM dwello.set_flag('own_flag', rollout_percentage => 100, targets => '{}');
INSERT INTO dwello.provider_stats AS s (user_id, as_of, rating_weight, rating_sum)
  VALUES (t.user('p1'), current_date, 2000000, 1500000), (t.user('p2'), current_date, 2000000, 1499999)
  ON CONFLICT (user_id) DO UPDATE SET rating_weight = EXCLUDED.rating_weight, rating_sum = EXCLUDED.rating_sum;
SELECT dwello.add_address('home', '1 Rue X', 'Paris', 'IdF', '75001', 'FR', 2.35, 48.85, true,
  user_id => t.user('h2')) IS NOT NULL AS moved;
CREATE FUNCTION pg_temp.fits(targets jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT dwello.set_flag('own_flag', targets => targets);
  SELECT string_agg(name, ' ' ORDER BY name) FROM unnest(ARRAY['a1', 'h2', 'p1', 'p2', 'p3', 'u1']) AS name
   WHERE dwello.flag_enabled('own_flag', t.user(name)) $$;
SELECT targets, pg_temp.fits(targets)
  FROM (VALUES (1, '{}'::jsonb), (2, '{"user_types": ["homeowner", "admin"]}'), (3, '{"regions": ["FR", "DE"]}'),
    (4, '{"regions": ["US"]}'), (5, '{"minimum_rating": 4}'), (6, '{"minimum_rating": 3.9}'),
    (7, '{"minimum_rating": 4.000001}'), (8, '{"minimum_rating": 0}'),
    (9, '{"user_types": ["service_provider"], "regions": ["US"], "minimum_rating": 4.0}'),
    (10, '{"user_types": null}')) AS v (n, targets) ORDER BY n;

-- an override keeps what it does not change
SELECT * FROM dwello.set_flag('advanced_analytics', rollout_percentage => 100);
SELECT is_enabled, targets, is_overridden, version FROM dwello.flags WHERE name = 'advanced_analytics';
ROLLBACK;

-- each asks for themselves; for others, administrators and the system
BEGIN;
SELECT t.app_as('h1');
SELECT dwello.flag_enabled('mobile_app_notifications'),
       dwello.flag_enabled('mobile_app_notifications', t.user('h1'));
SELECT count(*) FROM dwello.flags;
SELECT t.try($$SELECT user_ids FROM dwello.feature_flags$$);
SELECT t.try($$UPDATE dwello.feature_flags SET is_enabled = true$$);
SELECT t.try($$SELECT dwello.flag_enabled('escrow_payments', t.user('h2'))$$);
SELECT t.try($$SELECT dwello.flag_enabled('no_such_flag', gen_random_uuid())$$);
SELECT t.try($$SELECT dwello.flag_enabled(NULL, t.user('h2'))$$);
SELECT t.app_as('s1');
SELECT t.try($$SELECT dwello.flag_enabled('escrow_payments', t.user('h2'))$$);
SELECT t.app_as('a1');
SELECT dwello.flag_enabled('advanced_analytics'), dwello.flag_enabled('advanced_analytics', t.user('h2'));
SELECT args, t.try(format('SELECT dwello.flag_enabled(%s)', args))
  FROM (VALUES ($$NULL$$), ($$''$$), ($$repeat('x', 64)$$), ($$'no_such_flag'$$),
    ($$'escrow_payments', '00000000-0000-0000-0000-000000000000'$$)) AS v (args);
SELECT t.as_system();
SELECT t.try($$SELECT dwello.flag_enabled('escrow_payments')$$);
SELECT t.app_as(NULL);
SELECT t.try($$SELECT dwello.flag_enabled(NULL)$$);
SELECT count(*) FROM dwello.flags;
ROLLBACK;
BEGIN READ ONLY;
SELECT dwello.flag_enabled('video_calls_enabled', t.user('h1'));
SELECT t.try($$SELECT dwello.set_flag('video_calls_enabled', true)$$);
ROLLBACK;

-- set_flag: keys, versions, refusals
BEGIN;
SELECT t.login_as('a1');
SELECT * FROM dwello.set_flag('video_calls_enabled', true, expected_version => 1, idempotency_key => 'f');
SELECT * FROM dwello.set_flag('video_calls_enabled', true, expected_version => 1, idempotency_key => 'f');
SELECT t.try($$SELECT dwello.set_flag('video_calls_enabled', false, expected_version => 1, idempotency_key => 'f')$$);
SELECT t.try($$SELECT dwello.set_flag('video_calls_enabled', false, expected_version => 1)$$);
SELECT args, t.try(format('SELECT dwello.set_flag(%s)', args))
  FROM (VALUES ($$NULL$$), ($$'ab'$$), ($$'Flag'$$), ($$'1flag'$$), ($$'a flag'$$), ($$repeat('x', 64)$$),
    ($$'own', rollout_percentage => -1$$), ($$'own', rollout_percentage => 101$$),
    ($$'own', targets => '[]'$$), ($$'own', targets => 'null'$$), ($$'own', targets => '{"users": []}'$$),
    ($$'own', targets => '{"user_types": []}'$$), ($$'own', targets => '{"user_types": "admin"}'$$),
    ($$'own', targets => '{"user_types": ["provider"]}'$$), ($$'own', targets => '{"user_types": [1]}'$$),
    ($$'own', targets => '{"user_types": {"a": 1}}'$$),
    ($$'own', targets => '{"regions": []}'$$), ($$'own', targets => '{"regions": ["us"]}'$$),
    ($$'own', targets => '{"regions": ["USA"]}'$$), ($$'own', targets => '{"minimum_rating": "4"}'$$),
    ($$'own', targets => '{"minimum_rating": 5.1}'$$), ($$'own', targets => '{"minimum_rating": -1}'$$),
    ($$'own', targets => '{"minimum_rating": 1e400}'$$),
    ($$'own', user_ids => ARRAY[NULL]::uuid[]$$), ($$'own', user_ids => ARRAY[ARRAY[t.user('h1')]]$$),
    ($$'own', user_ids => array_fill(t.user('h1'), ARRAY[10001])$$),
    ($$'ab', user_ids => ARRAY[NULL]::uuid[]$$), ($$'own', true, expected_version => 1$$)) AS v (args);
SELECT name, t.try($$SELECT dwello.set_flag(NULL)$$, name)
  FROM unnest(ARRAY['h1', 'p1', 's1', 'u1', 'a1']) AS name;
ROLLBACK;

-- the demo opens the agents' flag to all providers
BEGIN;
SELECT count(*) > 0 AS loaded FROM dwello.load_demo();
SELECT is_enabled, rollout_percentage, targets, version FROM dwello.flags WHERE name = 'ai_bidding_enabled';
SELECT count(*) > 0 AS loaded FROM dwello.load_demo();
SELECT version FROM dwello.flags WHERE name = 'ai_bidding_enabled';
SELECT name, dwello.flag_enabled('ai_bidding_enabled', id) AS is_on FROM dwello.load_demo()
 WHERE name IN ('homeowner', 'provider_1', 'provider_2') ORDER BY name;
ROLLBACK;
