--
-- profile.sql
--	What users tell of themselves, and what others see of a provider.
--
-- Everything happens in transactions that are rolled back, so other tests
-- find the cast of setup.sql as it was.
--
BEGIN;
-- Calls update_profile with these arguments, as somebody.
CREATE FUNCTION t.update(args text, name text DEFAULT 'p1') RETURNS text
LANGUAGE sql
AS $$ SELECT t.try(format('SELECT dwello.update_profile(%s)', args), name) $$;

-- ----------------------------------------------------------------------
-- update_profile
-- ----------------------------------------------------------------------
SELECT t.login_as('p1');
SELECT user_id = t.user('p1') AS mine, version, replayed
  FROM dwello.update_profile(
    bio => 'Walls and ceilings.', company_name => 'One & Co',
    website => 'https://one.example.test/', years_experience => 12,
    specialties => ARRAY['interior', 'exterior'],
    service_areas => '{"type": "Polygon", "coordinates":
      [[[-122.6, 37.6], [-122.2, 37.6], [-122.2, 37.9], [-122.6, 37.6]]]}',
    availability_schedule => '{"mon": ["08:00", "17:00"]}',
    emergency_available => true, insurance_info => '{"carrier": "Acme"}',
    license_info => '{"board": "CSLB"}',
    profile_image_url => 'https://img.example.test/1.png',
    timezone => 'america/new_york', language => 'en-US',
    first_name => 'Pat', last_name => 'Painter',
    expected_version => 1, idempotency_key => 'u1');
SELECT version, replayed
  FROM dwello.update_profile(bio => 'Walls.', idempotency_key => 'u2');
-- the same request again, past its version
SELECT user_id = t.user('p1') AS mine, version, replayed
  FROM dwello.update_profile(bio => 'Walls.', idempotency_key => 'u2');
-- nothing given, nothing changed
SELECT user_id = t.user('p1') AS mine, version, replayed
  FROM dwello.update_profile();
\x on
SELECT u.first_name, u.last_name, u.timezone, u.language, u.profile_image_url,
       u.version AS user_version, p.bio, p.company_name, p.website,
       p.years_experience, p.specialties, p.service_areas ->> 'type' AS area,
       p.availability_schedule, p.emergency_available, p.insurance_info,
       p.license_info, p.version
  FROM dwello.users u JOIN dwello.user_profiles p ON p.user_id = u.id
 WHERE u.id = t.user('p1');
-- what is empty takes a value away
SELECT version
  FROM dwello.update_profile(bio => '', company_name => '', website => '',
    specialties => '{}', service_areas => 'null',
    availability_schedule => 'null', insurance_info => 'null',
    license_info => 'null', profile_image_url => '',
    emergency_available => false);
SELECT u.first_name, u.profile_image_url, p.bio, p.company_name, p.website,
       p.years_experience, p.specialties, p.service_areas,
       p.availability_schedule, p.emergency_available, p.insurance_info,
       p.license_info
  FROM dwello.users u JOIN dwello.user_profiles p ON p.user_id = u.id
 WHERE u.id = t.user('p1');
\x off
SELECT t.as_system();
SELECT type, count(*), bool_and(payload = jsonb_build_object('user_id', t.user('p1'))) AS only_id
  FROM dwello.outbox
 WHERE scope_id = t.user('p1') AND type = 'profile_updated' GROUP BY type;

-- for another: administrators and the system; whoever is pending, for themselves
SELECT version FROM dwello.update_profile(bio => 'By the system.', user_id => t.user('p2'));
SELECT t.login_as('a1');
SELECT version FROM dwello.update_profile(bio => 'By the admin.', user_id => t.user('p2'));
SELECT t.as_system();
SELECT who, t.update($$bio => 'Me.'$$, who)
  FROM unnest(ARRAY['h1', 'u1', 's1', 'a1']) AS who;
SELECT who, name, t.update(format($$bio => 'Me.', user_id => t.user(%L)$$, name), who)
  FROM unnest(ARRAY['h1', 'u1', 's1', 'p2']) AS who,
       unnest(ARRAY['p1', 'nobody']) AS name;
SELECT t.update($$bio => 'Me.', user_id => t.user('nobody')$$, 'a1');
SELECT t.try($$SELECT dwello.update_profile(bio => 'x')$$);
SELECT t.try($$SELECT dwello.update_profile()$$);

-- the same key for something else, and a version that has passed
SELECT args, t.update(args)
  FROM (VALUES
    ($$bio => 'Doors.', idempotency_key => 'u2'$$),
    ($$bio => 'Walls.', website => 'https://a.test', idempotency_key => 'u2'$$),
    ($$bio => 'Doors.', expected_version => 1$$),
    ($$expected_version => 1$$)) AS v (args);
-- another actor's key is another key
SAVEPOINT s;
SELECT t.try($$SELECT dwello.update_profile(bio => 'Doors.', user_id => t.user('p1'), idempotency_key => 'u2')$$);
ROLLBACK TO s;

-- texts over their limit, before any value is judged
SELECT left(args, 60) AS args, t.update(args)
  FROM (VALUES
    ($$bio => repeat('x', 1048576)$$),
    ($$bio => repeat('é', 5001)$$),
    ($$company_name => repeat('x', 1048576)$$),
    ($$website => 'https://' || repeat('x', 1048576)$$),
    ($$specialties => ARRAY[repeat('x', 1048576)]$$),
    ($$profile_image_url => repeat('x', 1048576)$$),
    ($$timezone => repeat('x', 1048576)$$),
    ($$language => repeat('x', 1048576)$$),
    ($$first_name => repeat('x', 1048576)$$),
    ($$last_name => repeat('x', 1048576)$$),
    ($$website => 'ftp://x', last_name => repeat('x', 101)$$),
    ($$bio => 'x', idempotency_key => repeat('x', 1048576)$$)
  ) AS v (args);
SELECT t.update($$bio => repeat('é', 5000)$$) AS at_the_limit;

-- values that are none
SELECT args, t.update(args)
  FROM (VALUES
    ($$bio => '  '$$),
    ($$company_name => E'\t'$$),
    ($$website => ' '$$),
    ($$website => 'one.example.test'$$),
    ($$website => 'javascript:alert(1)'$$),
    ($$website => 'https://one.example.test/"onload='$$),
    ($$website => 'https://one.example.test@evil.test/'$$),
    ($$profile_image_url => 'data:image/png;base64,AA'$$),
    ($$years_experience => -1$$),
    ($$years_experience => 101$$),
    ($$specialties => ARRAY['a', NULL]$$),
    ($$specialties => ARRAY['a', ' ']$$),
    ($$specialties => ARRAY[['a'], ['b']]$$),
    ($$specialties => array_fill('a'::text, ARRAY[51])$$),
    ($$timezone => 'Mars/Olympus'$$),
    ($$timezone => ''$$),
    ($$language => 'english'$$),
    ($$language => ''$$),
    ($$first_name => ''$$),
    ($$last_name => ' '$$),
    ($$availability_schedule => '[]'$$),
    ($$availability_schedule => '"mon"'$$),
    ($$insurance_info => '17'$$),
    ($$license_info => 'true'$$),
    ($$availability_schedule => jsonb_build_object('a', repeat('x', 20480))$$),
    ($$insurance_info => jsonb_build_object('a', repeat('x', 1048576))$$),
    ($$license_info => jsonb_build_object('a', repeat('x', 20480))$$)
  ) AS v (args);

-- areas: a shape on the globe, and nothing else
SELECT area, t.update(format('service_areas => %L', area))
  FROM (VALUES
    ('{"type": "MultiPolygon", "coordinates": [[[[0,0],[1,0],[1,1],[0,0]]], [[[2,2],[3,2],[3,3],[2,2]]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[9,0],[9,9],[0,9],[0,0]], [[1,1],[2,1],[2,2],[1,1]]]}'),
    ('{"type": "Polygon", "coordinates": [[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]]}'),
    ('{}'), ('[]'), ('"Polygon"'),
    ('{"type": "Point", "coordinates": [0, 0]}'),
    ('{"type": "polygon", "coordinates": []}'),
    ('{"type": ["Polygon"], "coordinates": []}'),
    ('{"type": "Feature", "geometry": {}}'),
    ('{"type": "Polygon"}'),
    ('{"type": "Polygon", "coordinates": null}'),
    ('{"type": "Polygon", "coordinates": "x"}'),
    ('{"type": "Polygon", "coordinates": {}}'),
    ('{"type": "Polygon", "coordinates": []}'),
    ('{"type": "MultiPolygon", "coordinates": []}'),
    ('{"type": "MultiPolygon", "coordinates": [[]]}'),
    ('{"type": "MultiPolygon", "coordinates": [1]}'),
    ('{"type": "Polygon", "coordinates": [1]}'),
    ('{"type": "Polygon", "coordinates": [[]]}'),
    ('{"type": "Polygon", "coordinates": [[1,2,3,1]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1,0],[0,0]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,1]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,"1"],[0,0]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,null],[0,0]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,[1]],[0,0]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1],[0,0]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1,0,5],[1,1],[0,0]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[181,0],[1,1],[0,0]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1,-91],[1,1],[0,0]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1e400,0],[1,1],[0,0]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[2,2],[2,0],[0,2],[0,0]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1,1],[2,2],[0,0]]]}'),
    ('{"type": "MultiPolygon", "coordinates": [[[[0,0],[2,0],[2,2],[0,0]]], [[[0,0],[2,0],[2,2],[0,0]]]]}'),
    ('{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]], "crs": {"type": "name", "properties": {"name": "EPSG:1"}}}')
  ) AS v (area);
SELECT t.update(format('service_areas => %L', jsonb_build_object('type', 'Polygon', 'coordinates',
         (SELECT jsonb_agg(n) FROM generate_series(1, 10000) n)))) AS too_large;
SELECT t.update(format('service_areas => %L', repeat('[', 5000) || repeat(']', 5000))) AS deep;
-- about as many corners as fit
SELECT t.update(format('service_areas => %L', jsonb_build_object('type', 'Polygon', 'coordinates',
         jsonb_build_array((SELECT jsonb_agg(jsonb_build_array(cos(2 * pi() * (n % 2000) / 2000)::numeric(9, 6),
                                             sin(2 * pi() * (n % 2000) / 2000)::numeric(9, 6)) ORDER BY n)
                              FROM generate_series(0, 2000) n))))) AS many_corners;

-- ----------------------------------------------------------------------
-- provider_summary
-- ----------------------------------------------------------------------
SELECT t.login_as('p1');
SELECT version > 1 AS changed
  FROM dwello.update_profile(bio => 'Walls.', company_name => 'One & Co',
    specialties => ARRAY['interior'], years_experience => 7,
    last_name => ' Übermalerin', website => 'https://one.example.test/',
    emergency_available => true);
SELECT credential_id AS c1 FROM dwello.add_credential('license', 'A') \gset
SELECT credential_id AS c2 FROM dwello.add_credential('license', 'B') \gset
SELECT credential_id AS c3 FROM dwello.add_credential('insurance', 'C', valid_until => '2999-01-01') \gset
SELECT credential_id AS c4 FROM dwello.add_credential('certification', 'D') \gset
SELECT credential_id AS c5 FROM dwello.add_credential('equipment', 'E', valid_from => '2998-01-01') \gset
SELECT t.as_system();
SELECT count(v.verified_at)
  FROM unnest(ARRAY[:'c1', :'c2', :'c3', :'c5']::uuid[]) AS c (id),
       dwello.verify_credential(t.user('p1'), c.id) AS v;
UPDATE dwello.provider_stats SET rating_weight = 3000000, rating_sum = 2000000,
  rating_square_sum = 2000000, review_count = 3, completed_count = 4,
  awarded_count = 5 WHERE user_id = t.user('p1');
SELECT t.login_as('h2');
\x on
SELECT provider_id = t.user('p1') AS is_p1, first_name, last_name,
       company_name, bio, specialties, years_experience, rating, review_count,
       completed_count, awarded_count, provider_verified, emergency_available,
       verified_credentials
  FROM dwello.provider_summary(t.user('p1'));
SELECT last_name, bio, specialties, years_experience, rating, review_count,
       verified_credentials
  FROM dwello.provider_summary(t.user('p3'));
\x off
-- a credential counts as long as it is valid, by the pinned clock
SELECT t.as_system();
SELECT verified_credentials FROM dwello.provider_summary(t.user('p1'));
SET LOCAL dwello.now = '2998-06-01 12:00:00+00';
SELECT verified_credentials FROM dwello.provider_summary(t.user('p1'));
SET LOCAL dwello.now = '2999-06-01 12:00:00+00';
SELECT verified_credentials FROM dwello.provider_summary(t.user('p1'));
SET LOCAL dwello.now = '';
SELECT member_since = (SELECT created_at FROM dwello.users WHERE id = t.user('p1')) AS since
  FROM dwello.provider_summary(t.user('p1'));

-- who reads the whole last name
CREATE FUNCTION t.last_name(who text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.app_as(who);
  RETURN (dwello.provider_summary(t.user('p1'))).last_name;
END
$$;
SELECT who, t.last_name(who)
  FROM unnest(ARRAY['p1', 'a1', 's1', 'h1', 'h2', 'p2', 'u1']) AS who;
SELECT t.as_system();
-- the homeowner, from the confirmed award on
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job((SELECT id FROM dwello.service_categories
                                     WHERE name = 'Painting & Decorating'),
  'Paint', 'All of it.', -122.4194, 37.7749, budget_max => 100000,
  job_id => t.user('profile job'));
SELECT status FROM dwello.publish_job(t.user('profile job'));
SELECT t.login_as('p1');
SELECT eligible FROM dwello.submit_bid(t.user('profile job'), 90000,
  timeline_days => 2, bid_id => t.user('profile bid'));
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('profile job'), t.user('profile bid'));
SELECT last_name AS accepted FROM dwello.provider_summary(t.user('p1'));
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('profile job'));
SELECT t.login_as('h1');
SELECT last_name AS confirmed FROM dwello.provider_summary(t.user('p1'));
SELECT t.as_system();

-- nobody, no provider, none that is active
SELECT name, t.try(format('SELECT dwello.provider_summary(t.user(%L))', name), 'h1')
  FROM unnest(ARRAY['p1', 'h1', 'h2', 'a1', 'u1', 'nobody']) AS name;
SELECT t.try('SELECT dwello.provider_summary(NULL)', 'h1');
SELECT status, t.try('SELECT dwello.provider_summary(t.user(''p2''))') AS now
  FROM dwello.suspend_user(t.user('p2'), 'test');
SELECT t.try('SELECT dwello.provider_summary(t.user(''p2''))') AS suspended;
SELECT t.app_as(NULL);
SELECT t.try('SELECT dwello.provider_summary(t.user(''p1''))');
SELECT t.try($$SELECT dwello.update_profile(bio => 'x')$$);
ROLLBACK;

-- where nothing can be written
BEGIN READ ONLY;
SELECT t.try('SELECT dwello.update_profile()'),
       t.try('SELECT dwello.provider_summary(t.user(''p1''))');
ROLLBACK;
