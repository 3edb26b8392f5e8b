--
-- audience.sql
--	The audience of a job: the key and its operator, agents, providers, and the
--	columns they are matched by, which the commands keep.
--
-- Everything happens in transactions that are rolled back, so other tests
-- find the cast of setup.sql as it was.
--
\set painting '''d0000000-0000-7000-8000-000000000011''::uuid'
\set plumbing '''d0000000-0000-7000-8000-000000000012''::uuid'
\set home '''d0000000-0000-7000-8000-000000000001''::uuid'
BEGIN;

-- ----------------------------------------------------------------------
-- Keys
-- ----------------------------------------------------------------------
SELECT dwello.agent_key(-122.4194, 37.7749, 15, NULL, NULL, NULL, NULL, NULL, NULL) AS circle,
       dwello.agent_key(180, 90, NULL, NULL, '{}', 1, 2, 'USD', 0) AS point,
       dwello.agent_key(NULL, NULL, 15, '{-180,-90,180,90}', NULL, NULL, NULL, NULL, NULL) AS area,
       dwello.agent_key(NULL, 1, 1, NULL, NULL, NULL, NULL, NULL, NULL) AS none,
       dwello.agent_query(1, 2, 3, ARRAY[:home], NULL, NULL, 'USD', NULL) AS query;
SELECT args, t.try(format('SELECT dwello.agent_key(%s)', args))
  FROM (VALUES
    ('181, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL'),
    ('0, 91, 1, NULL, NULL, NULL, NULL, NULL, NULL'),
    ('''NaN'', 0, 1, NULL, NULL, NULL, NULL, NULL, NULL'),
    ('0, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL'),
    ('0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL'),
    ('0, 0, ''NaN'', NULL, NULL, NULL, NULL, NULL, NULL'),
    ('0, 0, ''Infinity'', NULL, NULL, NULL, NULL, NULL, NULL'),
    ('0, 0, 12451, NULL, NULL, NULL, NULL, NULL, NULL'),
    ('0, 0, 1, ''{1,2,3}'', NULL, NULL, NULL, NULL, NULL'),
    ('0, 0, 1, ''{2,2,1,3}'', NULL, NULL, NULL, NULL, NULL'),
    ('0, 0, 1, ''{1,2,3,NULL}'', NULL, NULL, NULL, NULL, NULL'),
    ('0, 0, 1, ''{1,2,3,NaN}'', NULL, NULL, NULL, NULL, NULL'),
    ('0, 0, 1, NULL, ARRAY[NULL]::uuid[], NULL, NULL, NULL, NULL'),
    ('0, 0, 1, NULL, NULL, -1, NULL, NULL, NULL'),
    ('0, 0, 1, NULL, NULL, 2, 1, NULL, NULL'),
    ('0, 0, 1, NULL, NULL, NULL, NULL, ''usd'', NULL'),
    ('0, 0, 1, NULL, NULL, NULL, NULL, NULL, -1')) AS v (args);
SELECT args, t.try(format('SELECT dwello.agent_query(%s)', args))
  FROM (VALUES
    ('NULL, 0, 1, ARRAY[t.user(''c'')], NULL, NULL, ''USD'', NULL'),
    ('0, 0, -1, ARRAY[t.user(''c'')], NULL, NULL, ''USD'', NULL'),
    ('0, 0, 1, NULL, NULL, NULL, ''USD'', NULL'),
    ('0, 0, 1, array_fill(t.user(''c''), ARRAY[11]), NULL, NULL, ''USD'', NULL'),
    ('0, 0, 1, ARRAY[t.user(''c'')], 2, 1, ''USD'', NULL'),
    ('0, 0, 1, ARRAY[t.user(''c'')], NULL, NULL, NULL, NULL'),
    ('0, 0, 1, ARRAY[t.user(''c'')], NULL, NULL, ''USD'', 4294967296')) AS v (args);
SELECT t.try('SELECT ''x''::dwello.agent_key'), t.try('SELECT ''x''::dwello.agent_query');

-- one by one, what a leaf knows: the operator and the function are the same
CREATE FUNCTION t.key(longitude float8 DEFAULT 0, latitude float8 DEFAULT 0, radius float8 DEFAULT 10,
  area float8[] DEFAULT NULL, categories uuid[] DEFAULT NULL, low bigint DEFAULT NULL, high bigint DEFAULT NULL,
  currency text DEFAULT NULL, bits bigint DEFAULT NULL) RETURNS dwello.agent_key
LANGUAGE sql AS $$ SELECT dwello.agent_key($1, $2, $3, $4, $5, $6, $7, $8, $9) $$;
CREATE FUNCTION t.ask(key dwello.agent_key, longitude float8 DEFAULT 0, latitude float8 DEFAULT 0,
  radius float8 DEFAULT NULL, categories uuid[] DEFAULT ARRAY[t.user('c'), t.user('parent')],
  low bigint DEFAULT NULL, high bigint DEFAULT NULL, currency text DEFAULT 'USD', bits bigint DEFAULT 0) RETURNS boolean
LANGUAGE sql AS $$
  SELECT CASE WHEN m = o THEN m END
    FROM (SELECT dwello.agent_matches($1, q) AS m, $1 OPERATOR(dwello.@@@) q AS o
            FROM dwello.agent_query($2, $3, $4, $5, $6, $7, $8, $9) AS q) AS r $$;
SELECT t.ask(t.key(), 0, 0.14) AS inside, t.ask(t.key(), 0, 0.15) AS outside,
       t.ask(t.key(radius => NULL), 0, 0.14) AS no_radius, t.ask(t.key(radius => NULL), 0, 0.14, 10) AS of_the_query,
       t.ask(t.key(radius => NULL), 0, 0.15, 10) AS outside_that;
SELECT t.ask(t.key(179.99, 0), -179.99, 0) AS across, t.ask(t.key(-179.99, 0), 179.99, 0) AS back,
       t.ask(t.key(180, 0), -180, 0) AS as_is, t.ask(t.key(0, 89.99), 180, 89.99) AS over_the_pole,
       t.ask(t.key(0, -90), 123, -89.9) AS at_the_pole;
SELECT t.ask(t.key(area => '{1,1,2,2}'), 1.5, 1.5) AS in_area, t.ask(t.key(area => '{1,1,2,2}'), 0, 0) AS place_does_not_count,
       t.ask(t.key(area => '{170,0,180,1}'), -180, 0.5) AS east_edge, t.ask(t.key(area => '{-180,0,-170,1}'), 180, 0.5) AS west_edge;
SELECT t.ask(t.key(categories => ARRAY[t.user('c')])) AS itself, t.ask(t.key(categories => ARRAY[t.user('parent')])) AS over,
       t.ask(t.key(categories => ARRAY[t.user('other')])) AS another,
       t.ask(t.key(categories => ARRAY[t.user('1'), t.user('2'), t.user('3'), t.user('c')])) AS fourth;
SELECT t.ask(t.key(low => 10, high => 20)) AS no_budget, t.ask(t.key(low => 10, high => 20), low => 20) AS meets,
       t.ask(t.key(low => 10, high => 20), low => 21) AS over, t.ask(t.key(low => 10, high => 20), high => 10) AS meets,
       t.ask(t.key(low => 10, high => 20), high => 9) AS below;
SELECT t.ask(t.key(currency => 'USD')) AS as_is, t.ask(t.key(currency => 'EUR')) AS another, t.ask(t.key(), currency => 'JPY') AS every_one,
       t.ask(t.key(bits => 3), bits => 2) AS held, t.ask(t.key(bits => 3), bits => 4) AS lacks, t.ask(t.key(), bits => 31) AS any_credential;

-- ----------------------------------------------------------------------
-- match_agents, match_providers
-- ----------------------------------------------------------------------
-- A published job of h1; the place is near everybody's home.
CREATE FUNCTION t.publish(name text, args text DEFAULT '') RETURNS uuid
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.login_as('h1');
  EXECUTE format('SELECT dwello.post_job(%L, ''A job'', ''To do.'', -122.4194, 37.7749, job_id => t.user(%L) %s)',
    'd0000000-0000-7000-8000-000000000011', name, args);
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
  RETURN t.user(name);
END $$;
-- Who is in the audience, by name.
CREATE FUNCTION t.agents(name text) RETURNS text
LANGUAGE sql AS $$
  SELECT coalesce(string_agg(n, ' ' ORDER BY n), '-')
    FROM dwello.match_agents(t.user(name)) AS m JOIN unnest(ARRAY['p1', 'p2', 'p3', 'h1']) AS n ON t.user(n) = m.agent_id $$;
CREATE FUNCTION t.providers(name text) RETURNS text
LANGUAGE sql AS $$
  SELECT coalesce(string_agg(n, ' ' ORDER BY n), '-')
    FROM dwello.match_providers(t.user(name)) AS m JOIN unnest(ARRAY['p1', 'p2', 'p3', 'h1']) AS n ON t.user(n) = m.provider_id $$;
-- Does something, as somebody, and shows the job's audience then.
CREATE FUNCTION t.after(statement text, who text DEFAULT NULL, OUT done text, OUT agents text, OUT providers text)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.login_as(who);
  EXECUTE statement;
  PERFORM t.as_system();
  done := left(statement, 60);
  agents := t.agents('job');
  providers := t.providers('job');
END $$;

SELECT t.publish('job', ', budget_min => 80000, budget_max => 120000') IS NOT NULL AS published;
SELECT * FROM t.after('SELECT');
SELECT * FROM t.after('SELECT dwello.configure_agent(is_active => true)', 'p1');
SELECT * FROM t.after('SELECT dwello.configure_agent(is_active => true, preferred_categories => ARRAY[' || quote_literal(:plumbing) || ']::uuid[])', 'p2');
SELECT * FROM t.after('SELECT dwello.configure_agent(preferred_categories => ARRAY[' || quote_literal(:home) || ']::uuid[])', 'p2');
SELECT agent_id IN (t.user('p1'), t.user('p2')) AS known, distance_miles BETWEEN 0 AND 5 AS near,
       agent_id > lag(agent_id) OVER () AS ordered FROM dwello.match_agents(t.user('job'));
-- the switch, and the settings
SELECT * FROM t.after('SELECT dwello.pause_agent()', 'p1');
SELECT * FROM t.after('SELECT dwello.configure_agent(is_active => true, min_project_value => 120001)', 'p1');
SELECT * FROM t.after('SELECT dwello.configure_agent(min_project_value => 120000)', 'p1');
SELECT * FROM t.after('SELECT dwello.configure_agent(min_project_value => 1, max_project_value => 79999)', 'p1');
SELECT * FROM t.after('SELECT dwello.configure_agent(max_project_value => 80000)', 'p1');
SELECT * FROM t.after('SELECT dwello.configure_agent(currency => ''EUR'')', 'p1');
SELECT * FROM t.after('SELECT dwello.configure_agent(currency => ''USD'')', 'p1');
-- categories that are chosen: of the profile, and of an agent without its own
SAVEPOINT chosen;
SELECT * FROM t.after(format('SELECT dwello.update_profile(categories => %L)', ARRAY[:plumbing]), 'p1');
SELECT * FROM t.after(format('SELECT dwello.update_profile(categories => %L)', ARRAY[:plumbing, :home]), 'p1');
SELECT * FROM t.after(format('SELECT dwello.update_profile(categories => %L)', ARRAY[:painting]), 'p1');
-- they hold over words
SELECT * FROM t.after('SELECT dwello.update_profile(specialties => ''{"plumbing"}'')', 'p1');
SELECT t.try($$SELECT dwello.update_profile(categories => ARRAY[t.user('no category')])$$, 'p1'),
       t.try($$SELECT dwello.update_profile(categories => '{NULL}')$$, 'p1'),
       t.try($$SELECT dwello.update_profile(categories => array_fill(t.user('c'), ARRAY[101]))$$, 'p1');
-- without any, words that name a category, or one of the things that it joins
SELECT * FROM t.after('SELECT dwello.update_profile(categories => ''{}'')', 'p1');
SELECT * FROM t.after('SELECT dwello.update_profile(specialties => ''{"PLUMBING", "home services"}'')', 'p1');
SELECT words, (t.after(format('SELECT dwello.update_profile(specialties => %L)', ARRAY[words]), 'p1')).*
  FROM unnest(ARRAY['Painting', 'decorating', 'Painting and Decorating', ' painting&decorating ', 'paint', 'Malerarbeiten', '&', 'home']) AS words;
-- none, of words or without, is none; an agent may have its own
SELECT * FROM t.after('SELECT dwello.update_profile(specialties => ''{}'')', 'p1');
SELECT category_ids, key IS NULL AS no_key FROM dwello.user_profiles WHERE user_id = t.user('p1');
SELECT * FROM t.after(format('SELECT dwello.configure_agent(preferred_categories => %L)', ARRAY[:painting]), 'p1');
SELECT count(*) > 0 AS all_jobs FROM dwello.match_jobs(t.user('p1'));
-- a category got a name that somebody has among their specialties: repaired on demand
SELECT * FROM t.after('SELECT dwello.configure_agent(preferred_categories => ''{}'')', 'p1');
SELECT * FROM t.after('SELECT dwello.update_profile(specialties => ''{"drains"}'')', 'p1');
SELECT * FROM t.after('SELECT dwello.edit_category(' || quote_literal(:painting) || ', name => ''Walls, Drains / Pipes'')', 'a1');
SELECT * FROM dwello.check() WHERE rule = 'matching_column';
SELECT dwello.refresh_matching();
SELECT dwello.refresh_matching();
SELECT * FROM t.after('SELECT');
SELECT * FROM dwello.check() WHERE rule = 'matching_column';
ROLLBACK TO chosen;
-- a service area, the farthest that anybody may be, and where they are
SELECT * FROM t.after('SELECT dwello.update_profile(service_areas => ''{"type": "Polygon", "coordinates": [[[-122.5, 37.7], [-122.3, 37.7], [-122.5, 37.9], [-122.5, 37.7]]]}'')', 'p1');
SELECT * FROM t.after('SELECT dwello.update_profile(service_areas => ''{"type": "Polygon", "coordinates": [[[-122.3, 37.9], [-122.3, 37.7], [-122.5, 37.9], [-122.3, 37.9]]]}'')', 'p1');
SELECT * FROM t.after('SELECT dwello.update_profile(service_areas => ''null'')', 'p1');
SELECT * FROM t.after('SELECT dwello.add_address(''business'', ''1 Way'', ''Half Moon Bay'', ''CA'', ''94019'', ''US'', -122.43, 37.46, true)', 'p1');
SELECT * FROM t.after('SELECT dwello.configure_agent(max_bid_radius_miles => 30)', 'p1');
SELECT * FROM t.after('SELECT dwello.set_setting(''max_bid_radius_miles'', ''20'')', 'a1');
SELECT * FROM t.after('SELECT dwello.set_setting(''max_bid_radius_miles'', NULL)', 'a1');
SELECT * FROM t.after('SELECT dwello.add_address(''home'', ''1 Way'', ''San Francisco'', ''CA'', ''94103'', ''US'', -122.42, 37.77, true)', 'p1');
-- a category that the key takes for the job's: same tag, same bit
SAVEPOINT s;
INSERT INTO dwello.service_categories (id, parent_id, name) VALUES ('e0000018-0000-7000-8000-000000000011', :home, 'Twin');
SELECT t.ask(t.key(categories => ARRAY['e0000018-0000-7000-8000-000000000011'::uuid]), categories => ARRAY[:painting]) AS taken_for_it;
SELECT * FROM t.after('SELECT dwello.configure_agent(preferred_categories => ''{e0000018-0000-7000-8000-000000000011}'')', 'p1');
SELECT * FROM t.after('SELECT dwello.update_profile(categories => ''{e0000018-0000-7000-8000-000000000011}'')', 'p1');
ROLLBACK TO s;
-- more categories than a key knows: without the job's, and with it
SAVEPOINT s;
INSERT INTO dwello.service_categories (id, parent_id, name)
SELECT t.user('many' || n), :home, 'Many ' || n FROM generate_series(1, 70) AS n;
SELECT bool_and(t.ask(t.key(categories => ARRAY(SELECT t.user('many' || n) FROM generate_series(1, 70) AS n)),
                      categories => ARRAY[c])) AS taken_for_any
  FROM unnest(ARRAY[:painting, :plumbing]) AS c;
SELECT * FROM t.after($$SELECT dwello.configure_agent(preferred_categories => ARRAY(
  SELECT t.user('many' || n) FROM generate_series(1, 70) AS n))$$, 'p1');
SELECT * FROM t.after($$SELECT dwello.configure_agent(preferred_categories => ARRAY(
  SELECT t.user('many' || n) FROM generate_series(1, 9) AS n) || $$ || quote_literal(:painting) || '::uuid)', 'p1');
ROLLBACK TO s;
-- who may not bid: suspended, and what the settings ask for
SELECT * FROM t.after('SELECT dwello.suspend_user(t.user(''p2''), ''Spam.'')', 'a1');
SELECT * FROM t.after('SELECT dwello.reinstate_user(t.user(''p2''))', 'a1');
SELECT * FROM t.after('SELECT dwello.set_setting(''phone_verification_required'', ''true'')', 'a1');
SELECT * FROM t.after('UPDATE dwello.users SET phone = ''\x01'', phone_index = ''\x01'' WHERE id = t.user(''p1'')');
SELECT * FROM t.after('SELECT dwello.verify_user(t.user(''p1''), ''phone'')', 'a1');
SELECT * FROM t.after('SELECT dwello.set_setting(''phone_verification_required'', NULL)', 'a1');

-- credentials: verified, and valid on the day of the planned end
SAVEPOINT s;
UPDATE dwello.jobs SET requirement_bits = 3, preferred_end_date = '2030-06-30' WHERE id = t.user('job');
CREATE FUNCTION t.credential(name text, type text, since date, until date) RETURNS void
LANGUAGE sql AS $$
  SELECT t.login_as('p1');
  SELECT dwello.add_credential(type::dwello.credential_type, name, valid_from => since, valid_until => until, idempotency_key => name);
  SELECT t.login_as('a1');
  SELECT dwello.verify_credential(t.user('p1'), (SELECT id FROM dwello.provider_credentials WHERE user_id = t.user('p1') AND provider_credentials.name = $1)) $$;
SELECT * FROM t.after('SELECT');
SELECT * FROM t.after($$SELECT t.credential('Licence', 'license', NULL, NULL)$$);
SELECT * FROM t.after($$SELECT t.credential('Ending', 'insurance', NULL, '2030-06-29')$$);
SELECT * FROM t.after($$SELECT t.credential('Enough', 'insurance', NULL, '2030-06-30')$$);
SELECT * FROM t.after($$SELECT t.credential('Later', 'insurance', '2030-07-01', '2031-06-30')$$);
SELECT capability_bits, capability_from, capability_until FROM dwello.ai_bidding_agents WHERE user_id = t.user('p1');
SELECT * FROM t.after($$UPDATE dwello.jobs SET preferred_end_date = '2030-07-01' WHERE id = t.user('job')$$);
SELECT * FROM t.after($$UPDATE dwello.jobs SET preferred_end_date = '2031-07-01' WHERE id = t.user('job')$$);
ROLLBACK TO s;

-- which jobs: open to all, and not past their end
CREATE FUNCTION t.audience() RETURNS text LANGUAGE sql AS $$ SELECT t.agents('job') || ', ' || t.providers('job') $$;
SELECT t.audience() AS open;
SAVEPOINT s;
UPDATE dwello.jobs SET is_listed = false WHERE id = t.user('job');
SELECT t.audience() AS unlisted;
ROLLBACK TO s;
SET LOCAL dwello.now = '2099-01-01';
SELECT t.audience() AS expired;
SET LOCAL dwello.now = '';
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT t.as_system();
SELECT t.audience() AS cancelled;
UPDATE dwello.jobs SET deleted_at = now() WHERE id = t.user('job');
SELECT t.try('SELECT dwello.match_agents(t.user(''job''))') AS deleted;
-- no place, no match: of nobody else is a place kept
SELECT count(*) FILTER (WHERE u.user_type <> 'service_provider') AS others, count(*) > 0 AS some
  FROM dwello.user_profiles AS p JOIN dwello.users AS u ON u.id = p.user_id WHERE p.longitude IS NOT NULL;

-- who may ask, and with what
SELECT who, function, t.try(format('SELECT dwello.%s(t.user(%L))', function, 'nothing'), who)
  FROM unnest(ARRAY['h1', 'p1', 's1', 'a1']) AS who, unnest(ARRAY['match_agents', 'match_providers']) AS function;
SELECT t.try('SELECT dwello.match_agents(NULL)'), t.try('SELECT dwello.match_providers(NULL)');
SELECT who, t.try('SELECT dwello.refresh_matching()', who) FROM unnest(ARRAY['h1', 'p1', 's1', 'a1']) AS who;
SELECT n, t.try(format('SELECT dwello.refresh_matching(%s)', n)) FROM unnest(ARRAY['NULL', '0', '-1', '100001']) AS n;
ROLLBACK;
