--
-- match.sql
--	Keys of jobs, queries, the operator class, and match_jobs.
--
SET search_path = dwello, public;

-- The term that alone has a weight, of a job 0.1 degree north of the centre.
CREATE FUNCTION t.term(term int, budget_min bigint, budget_max bigint, urgency int, age interval)
RETURNS numeric
LANGUAGE sql
AS $$
  SELECT round(job_score(
    dwello.job_key(10, 50.1, 'd0000000-0000-7000-8000-000000000011', '2026-01-10 12:00+00'::timestamptz - age,
                   budget_min, budget_max, 'USD', urgency, 0),
    dwello.job_query(10, 50, 25, '2026-01-10 12:00+00',
                     ARRAY['d0000000-0000-7000-8000-000000000001', 'd0000000-0000-7000-8000-000000000011']::uuid[],
                     ARRAY[1, 0.8],
                     weights => ARRAY(SELECT (n = term)::int::float8 FROM generate_series(1, 5) AS n)))::numeric, 9)
$$;

-- the five terms: 1 - 6.909 miles / 25, 0.4, 0.8, 2/3, 1/2
SELECT n, t.term(n, 100000, 200000, 2, '3 days') FROM generate_series(1, 5) AS n;
-- budgets: none, the least alone, more than the reference; posted later
SELECT t.term(2, NULL, NULL, 0, '0'), t.term(2, 50000, NULL, 0, '0'), t.term(2, NULL, 900000, 0, '0'),
       t.term(5, NULL, NULL, 0, '-1 hour');

-- a key says where and what; nothing before publication
SELECT dwello.job_key(180, -90, 'd0000000-0000-7000-8000-000000000011', '2026-01-10', NULL, NULL, 'USD', 0, 0),
       dwello.job_key(180, -90, 'd0000000-0000-7000-8000-000000000011', NULL, NULL, NULL, 'USD', 0, 0) IS NULL AS none;
SELECT dwello.job_query(-179.5, 1.25, 2, '2026-01-10');

-- distances are those of PostGIS on the sphere, at the poles and the antimeridian, too; in the last metres before the
-- antipode to some centimetres
SELECT count(*) AS pairs, count(*) FILTER (WHERE k.postgis > 20015113) AS antipodes,
       count(*) FILTER (WHERE abs(k.metres - k.postgis) > CASE WHEN k.postgis > 20015113 THEN 0.05 ELSE k.postgis * 4e-10 + 1e-6 END) AS wrong
  FROM (SELECT (1 - dwello.job_score(dwello.job_key(b.lon, b.lat, 'd0000000-0000-7000-8000-000000000011', '2026-01-10', NULL, NULL, 'USD', 0, 0),
                 dwello.job_query(a.lon, a.lat, 12450, '2026-01-10', weights => '{1, 0, 0, 0, 0}'))) * 12450 * 1609.344 AS metres,
               st_distance(st_makepoint(a.lon, a.lat)::geography, st_makepoint(b.lon, b.lat)::geography, false) AS postgis
          FROM (SELECT lon, lat FROM unnest('{-180, 180, -179.9999999, 179.99, 0, -122.4194, 57.5806, 3.1}'::float8[]) AS lon,
                                     unnest('{-90, 90, 89.9999999, -89.9, 0, 37.7749, -37.7749, 0.0000001}'::float8[]) AS lat) AS a,
               (SELECT lon, lat FROM unnest('{-180, 180, -179.99, 0, -122.4194, -122.42, 57.5806, 90}'::float8[]) AS lon,
                                     unnest('{-90, 90, 89.99, -89.9, 0, 37.77, -37.7749, 3.1}'::float8[]) AS lat) AS b) AS k;

-- what matches: each filter alone
CREATE TEMP TABLE asked (what text, query dwello.job_query);
INSERT INTO asked VALUES
  ('all', dwello.job_query(179.99, 0, 25, '2026-01-10')),
  ('smaller radius', dwello.job_query(179.99, 0, 1, '2026-01-10')),
  ('before', dwello.job_query(179.99, 0, 25, '2026-01-08')),
  ('its category', dwello.job_query(179.99, 0, 25, '2026-01-10', '{d0000000-0000-7000-8000-000000000011}')),
  ('another', dwello.job_query(179.99, 0, 25, '2026-01-10', '{d0000000-0000-7000-8000-000000000012}')),
  ('another first', dwello.job_query(179.99, 0, 25, '2026-01-10', '{d0000000-0000-7000-8000-000000000012}', others_fit => 0)),
  ('no category', dwello.job_query(179.99, 0, 25, '2026-01-10', '{}')),
  ('richer', dwello.job_query(179.99, 0, 25, '2026-01-10', budget_min => 2001)),
  ('poorer', dwello.job_query(179.99, 0, 25, '2026-01-10', budget_max => 999)),
  ('budget touches', dwello.job_query(179.99, 0, 25, '2026-01-10', budget_min => 2000, budget_max => 9000)),
  ('currency', dwello.job_query(179.99, 0, 25, '2026-01-10', currency => 'EUR')),
  ('ceiling', dwello.job_query(179.99, 0, 25, '2026-01-10', ceiling => 0.1));
SELECT what, k.key @@@ query AS free, l.key @@@ query AS licensed
  FROM asked,
       dwello.job_key(-179.99, 0, 'd0000000-0000-7000-8000-000000000011', '2026-01-09', 1000, 2000, 'USD', 3, 0) AS k (key),
       dwello.job_key(-179.99, 0, 'd0000000-0000-7000-8000-000000000011', '2026-01-09', 1000, 2000, 'USD', 3, 1) AS l (key);
SELECT dwello.job_matches(k.key, query), dwello.job_distance(k.key, query) + dwello.job_score(k.key, query) AS one
  FROM dwello.job_key(0, 0, 'd0000000-0000-7000-8000-000000000011', '2026-01-09', 1000, 2000, 'USD', 3, 5) AS k (key),
       dwello.job_query(0, 0, 25, '2026-01-10', capabilities => 7) AS query;

-- refused, each by its argument
SELECT t.try(format('SELECT dwello.job_query(%s)', arguments))
  FROM unnest(ARRAY['181, 0, 5, now()', '0, ''NaN'', 5, now()', '0, ''Infinity'', 5, now()', '0, 91, 5, now()',
    '0, 0, 0, now()', '0, 0, -1, now()', '0, 0, ''NaN'', now()', '0, 0, 12451, now()', '0, 0, 5, NULL', 'NULL, 0, 5, now()',
    '0, 0, 5, now(), ''{NULL}''', '0, 0, 5, now(), ''{}'', ''{1}''',
    '0, 0, 5, now(), ''{d0000000-0000-7000-8000-000000000011}'', ''{1.5}''', '0, 0, 5, now(), others_fit => ''NaN''',
    '0, 0, 5, now(), budget_min => -1', '0, 0, 5, now(), budget_min => 5, budget_max => 4',
    '0, 0, 5, now(), currency => ''usd''', '0, 0, 5, now(), capabilities => -1',
    '0, 0, 5, now(), weights => ''{0,0,0,0,0}''', '0, 0, 5, now(), weights => ''{1,0,0,0,-1}''',
    '0, 0, 5, now(), weights => ''{1,0,0,0,NaN}''', '0, 0, 5, now(), weights => ''{1}''',
    '0, 0, 5, now(), reference_budget => 0', '0, 0, 5, now(), freshness_hours => ''Infinity''',
    '0, 0, 5, now(), ceiling => -1']) AS arguments;
SELECT t.try(format('SELECT dwello.job_key(%s)', arguments))
  FROM unnest(ARRAY['181, 0, gen_random_uuid(), now(), 1, 2, ''USD'', 0, 0', '0, ''NaN'', gen_random_uuid(), now(), 1, 2, ''USD'', 0, 0',
    '0, 0, NULL, now(), 1, 2, ''USD'', 0, 0', '0, 0, gen_random_uuid(), now(), 2, 1, ''USD'', 0, 0',
    '0, 0, gen_random_uuid(), now(), 1, 2, ''US'', 0, 0', '0, 0, gen_random_uuid(), now(), 1, 2, ''USD'', 4, 0',
    '0, 0, gen_random_uuid(), now(), 1, 2, ''USD'', 0, -1']) AS arguments;

-- a tree that is built, one that grows, one that was emptied and filled
-- again, against the sort of everything
CREATE TABLE t.places AS
  SELECT n, dwello.job_key(round((n * 0.618034 - floor(n * 0.618034))::numeric * 4, 2)::float8,
           50 + round((n * 0.754878 - floor(n * 0.754878))::numeric * 2, 2)::float8,
           md5('category ' || n % 7)::uuid, '2026-01-10'::timestamptz - n * interval '11 minutes',
           n * 37 % 5000, 5000 + n * 91 % 90000, CASE WHEN n % 50 = 0 THEN 'EUR' ELSE 'USD' END, n % 4, n % 11 / 8) AS key
    FROM generate_series(1, 6000) AS n;
CREATE FUNCTION t.scores(by_index boolean, query dwello.job_query, places regclass) RETURNS float8[]
LANGUAGE plpgsql
SET enable_bitmapscan = off
AS $$
DECLARE
  scores float8[];
BEGIN
  PERFORM set_config('enable_indexscan', by_index::text, true), set_config('enable_seqscan', (NOT by_index)::text, true);
  EXECUTE format('SELECT array_agg(s.score) FROM (SELECT dwello.job_score(p.key, $1) AS score FROM %s AS p
    WHERE p.key OPERATOR(dwello.@@@) $1 ORDER BY p.key OPERATOR(dwello.<~>) $1 LIMIT 100) AS s', places)
    INTO scores USING query;
  RETURN scores;
END
$$;
CREATE FUNCTION t.compared(places regclass) RETURNS TABLE (queries bigint, empty bigint, different bigint)
LANGUAGE sql
AS $$
  SELECT count(*), count(*) FILTER (WHERE s.b IS NULL), count(*) FILTER (WHERE s.a IS DISTINCT FROM s.b)
    FROM (SELECT t.scores(true, query, places) AS a, t.scores(false, query, places) AS b
            FROM generate_series(1, 40) AS n,
                 dwello.job_query(n % 8 * 0.5, 50 + n % 5 * 0.5, 3 + n * n % 60, '2026-01-10'::timestamptz - n % 3 * interval '1 day',
                   CASE WHEN n % 4 > 0 THEN ARRAY(SELECT md5('category ' || c)::uuid FROM generate_series(1, n % 4) AS c) END,
                   others_fit => CASE WHEN n % 8 > 4 THEN 0 END, budget_min => nullif(n % 3, 0) * 20000,
                   capabilities => n % 2, ceiling => CASE WHEN n % 5 = 0 THEN 0.5 END) AS query) AS s
$$;
CREATE INDEX places_built ON t.places USING gist (key);
SELECT * FROM t.compared('t.places');
CREATE TABLE t.grown (LIKE t.places);
CREATE INDEX places_grown ON t.grown USING gist (key);
INSERT INTO t.grown SELECT * FROM t.places ORDER BY n * 7 % 6000;
SELECT * FROM t.compared('t.grown');
DELETE FROM t.grown WHERE n % 3 = 0;
VACUUM t.grown;
INSERT INTO t.grown SELECT * FROM t.places WHERE n % 3 = 0;
SELECT * FROM t.compared('t.grown');
REINDEX INDEX CONCURRENTLY t.places_grown;
SELECT * FROM t.compared('t.grown');

-- the planner expects some rows, never all and never fails
CREATE FUNCTION t.expected(filter text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  line text;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM t.places AS p WHERE ' || filter INTO line;
  line := line::jsonb -> 0 -> 'Plan' ->> 'Plan Rows';
  RETURN CASE WHEN line::int <= 1 THEN 'one' WHEN line::int < 100 THEN 'few' WHEN line::int < 6000 THEN 'some' ELSE 'all' END;
END
$$;
ANALYZE t.places;
SELECT t.expected('p.key @@@ dwello.job_query(0, 50, 25, ''2026-01-10'')') AS near,
       t.expected('p.key @@@ dwello.job_query(0, 50, 1000, ''2026-01-10'')') AS far,
       t.expected('p.key @@@ dwello.job_query(0, 50, 12450, ''2026-01-10'')') AS everywhere,
       t.expected('p.key @@@ dwello.job_query(0, 50, 1000, ''2026-01-10'', ''{}'')') AS nothing,
       t.expected('p.key @@@ NULL') AS nobody,
       t.expected('p.key @@@ (SELECT dwello.job_query(0, 50, 1000, ''2026-01-10''))') AS unknown;

DROP TABLE t.places, t.grown;
DROP FUNCTION t.term, t.scores, t.compared, t.expected;

-- ----------------------------------------------------------------------
-- match_jobs
-- ----------------------------------------------------------------------
BEGIN;
SET LOCAL dwello.now = '2030-05-01 12:00+00';
UPDATE dwello.jobs SET is_listed = false;
-- Jobs of h1 round San Francisco, their names in the order of the page.
CREATE FUNCTION t.post(name text, east float8, category int DEFAULT 11, VARIADIC more text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  EXECUTE format('SELECT dwello.post_job(%L, %L, ''Work.'', %s, 37.77, job_id => %L %s)',
    'd0000000-0000-7000-8000-0000000000' || category, name, -122.42 + east, t.user('match ' || name),
    (SELECT string_agg(', ' || m, '') FROM unnest(more) AS m));
  PERFORM dwello.publish_job(t.user('match ' || name));
  PERFORM t.as_system();
END
$$;
INSERT INTO dwello.category_amounts (category_id, currency, amount)
  SELECT ('d0000000-0000-7000-8000-0000000000' || n)::uuid, 'USD', 50000 FROM generate_series(11, 18) AS n ON CONFLICT DO NOTHING;
SELECT t.post('near', 0.01, 11, 'budget_max => 100000'), t.post('urgent', 0.05, 12, 'budget_min => 100000', $$urgency => 'urgent'$$),
       t.post('emergency', 0.1, 13, 'is_emergency => true'), t.post('far', 0.4, 14), t.post('too far', 0.5, 11),
       t.post('licensed', 0.02, 11, $$requirements => '[{"requirement_type": "license"}]'$$),
       t.post('liked', 0.02, 11, $$requirements => '[{"requirement_type": "license", "is_mandatory": false}]'$$),
       t.post('euro', 0.01, 11, $$currency => 'EUR'$$, 'budget_max => 90000'), t.post('deleted', 0.01), t.post('expired', 0.01), t.post('cancelled', 0.01),
       t.post('unlisted', 0.01), t.post('old', 0.02, 15);
UPDATE dwello.jobs SET deleted_at = now() WHERE id = t.user('match deleted');
UPDATE dwello.jobs SET expires_at = '2030-05-01 12:00+00' WHERE id = t.user('match expired');
UPDATE dwello.jobs SET is_listed = false WHERE id = t.user('match unlisted');
UPDATE dwello.jobs SET published_at = '2030-04-28 12:00+00' WHERE id = t.user('match old');
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('match cancelled'), 'gone');
SELECT dwello.post_job('d0000000-0000-7000-8000-000000000011', 'draft', 'Work.', -122.42, 37.77) IS NOT NULL AS draft;

SELECT t.login_as('p1');
SELECT title, round(score::numeric, 6) AS score, round(distance_miles::numeric, 3) AS miles, urgency, budget_min, budget_max,
       currency, longitude, latitude, right(category_id::text, 2) AS category, published_at, as_of
  FROM dwello.match_jobs();
-- each filter
SELECT array_agg(title) FROM dwello.match_jobs(radius_miles => 1.5);
SELECT array_agg(title) FROM dwello.match_jobs(currency => 'EUR');
SELECT array_agg(title) FROM dwello.match_jobs(as_of => '2030-05-01 11:59+00');
SELECT array_agg(title) FROM dwello.match_jobs(category_ids => '{d0000000-0000-7000-8000-000000000012}');
SELECT array_agg(title), max(round(score::numeric, 6)) FROM dwello.match_jobs(category_ids => '{d0000000-0000-7000-8000-000000000001}');
SELECT array_agg(title) FROM dwello.match_jobs(category_ids => '{d0000000-0000-7000-8000-000000000002}');
SELECT array_agg(title), max(round(score::numeric, 6)) FROM dwello.match_jobs(budget_min => 100001);
SELECT array_agg(title), max(round(score::numeric, 6)) FROM dwello.match_jobs(budget_max => 100000);
SELECT array_agg(title) FROM dwello.match_jobs(weights => '{"urgency": 1, "nearness": 0.001}');
SELECT array_agg(title) FROM dwello.match_jobs(max_results => 2);
-- a credential that counts: verified, and valid today
SELECT t.as_system();
SELECT credential_id AS license FROM dwello.add_credential('license', 'Painter', user_id => t.user('p1')) \gset
SELECT t.login_as('p1');
SELECT array_agg(title) FROM dwello.match_jobs() WHERE title = 'licensed';
SELECT t.as_system();
SELECT verified_at IS NOT NULL AS verified FROM dwello.verify_credential(t.user('p1'), :'license');
SELECT t.login_as('p1');
SELECT array_agg(title) FROM dwello.match_jobs() WHERE title = 'licensed';
UPDATE dwello.provider_credentials SET valid_until = '2030-04-30' WHERE id = :'license';
SELECT t.as_system();
SELECT dwello.refresh_matching();
SELECT t.login_as('p1');
SELECT array_agg(title) FROM dwello.match_jobs() WHERE title = 'licensed';
-- what their agent says: how far, and what it prefers; a category that is gone is nothing
INSERT INTO dwello.ai_bidding_agents (user_id, max_bid_radius_miles, preferred_categories)
  VALUES (t.user('p1'), 5, '{d0000000-0000-7000-8000-000000000012, d0000000-0000-7000-8000-0000000000ff}');
SELECT t.as_system();
SELECT dwello.refresh_matching();
SELECT t.login_as('p1');
SELECT title, round(score::numeric, 6) AS score FROM dwello.match_jobs();
-- the budget that counts in full is of a currency; without one budgets say nothing
SAVEPOINT reference;
SELECT term, value, round(weight::numeric, 6) AS weight FROM dwello.explain_match(job_id => t.user('match euro'));
SELECT t.as_system();
SELECT amount FROM dwello.set_setting_amount('match_budget_reference', 'EUR', 180000);
SELECT t.login_as('p1');
SELECT term, value, round(weight::numeric, 6) AS weight FROM dwello.explain_match(job_id => t.user('match euro'));
ROLLBACK TO reference;
SELECT t.login_as('p1');
-- settings, as soon as they are set, and no longer when that is undone
SAVEPOINT setting;
SELECT t.as_system();
SELECT value FROM dwello.set_setting('match_weight_urgency', '1000');
SELECT t.login_as('p1');
SELECT array_agg(round(score::numeric, 6)) FROM dwello.match_jobs();
ROLLBACK TO setting;
SELECT t.login_as('p1');
SELECT array_agg(round(score::numeric, 6)) FROM dwello.match_jobs();
-- so with a category that finds another place in the tree
SELECT t.as_system();
SAVEPOINT category;
INSERT INTO dwello.service_categories (id, parent_id, name)
  VALUES ('d0000000-0000-7000-8000-000000000fff', 'd0000000-0000-7000-8000-000000000012', 'Taps');
UPDATE dwello.jobs SET category_id = 'd0000000-0000-7000-8000-000000000fff' WHERE id = t.user('match near');
SELECT t.login_as('p1');
SELECT title, round(score::numeric, 6) AS score FROM dwello.match_jobs() WHERE title = 'near';
ROLLBACK TO category;
DELETE FROM dwello.ai_bidding_agents WHERE user_id = t.user('p1');
SELECT t.as_system();
SELECT dwello.refresh_matching();

-- an edit of an open job moves it
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('match near'), longitude => -122.40, latitude => 37.77,
  requirements => '[{"requirement_type": "license", "is_mandatory": false}, {"requirement_type": "equipment"}]');
SELECT requirement_bits FROM dwello.jobs WHERE id = t.user('match near');
SELECT terms_version FROM dwello.edit_job(t.user('match near'), requirements => '[]');
SELECT t.login_as('p1');
SELECT title, round(score::numeric, 6) AS score, longitude FROM dwello.match_jobs() WHERE title = 'near';

-- why, and why not; the points are the score
SELECT term, round(value::numeric, 6) AS value, weight::numeric, round(points::numeric, 6) AS points, round(score::numeric, 6) AS score,
       round(distance_miles::numeric, 3) AS miles, matches, reasons
  FROM dwello.explain_match(job_id => t.user('match near'));
SELECT name, min(reasons::text) AS reasons, bool_and(matches) AS matches, abs(sum(points) - max(score)) < 1e-12 AS sums
  FROM unnest(ARRAY['near', 'licensed', 'too far', 'cancelled', 'expired', 'unlisted', 'euro']) AS name,
       dwello.explain_match(job_id => t.user('match ' || name))
 GROUP BY name ORDER BY name;
SELECT t.as_system();
-- it matches when it is listed, with the same score to the last bit
SELECT count(m.job_id) > 5 AS some, count(*) > count(m.job_id) + 5 AS others, bool_and(e.matches = (m.job_id IS NOT NULL)) AS same, bool_and(m.score = e.score) AS scores
  FROM dwello.jobs AS j
 CROSS JOIN LATERAL (SELECT * FROM dwello.explain_match(t.user('p1'), j.id) LIMIT 1) AS e
  LEFT JOIN LATERAL (SELECT * FROM dwello.match_jobs(t.user('p1'), currency => j.currency, max_results => 500) AS m WHERE m.job_id = j.id) AS m ON true
 WHERE j.deleted_at IS NULL;
SELECT reasons, score, value FROM dwello.explain_match(t.user('p1'), (SELECT id FROM dwello.jobs WHERE title = 'draft')) LIMIT 1;
SELECT t.login_as('p1');
SELECT substr(t.try(format('SELECT dwello.explain_match(job_id => %L)', id)), 1, 5) FROM dwello.jobs WHERE title IN ('draft', 'deleted');

-- who may ask about whom
SELECT t.refused(name, format(call, t.user('p1'), t.user('match near')))
  FROM unnest(ARRAY['match_jobs(%L)', 'explain_match(%L, %L)']) AS call, unnest(ARRAY['p1', 'p2', 'h1', 'a1', 's1', NULL]) AS name;
SELECT t.refused(NULL, 'match_jobs()') AS nobody, t.refused(NULL, format('match_jobs(%L)', t.user('h1'))) AS homeowner,
       t.refused('p1', 'explain_match()') AS no_job, t.refused('p1', format('explain_match(job_id => %L)', t.user('none'))) AS unknown;
SELECT t.as_system();
DELETE FROM dwello.user_addresses WHERE user_id = t.user('p3');
SELECT dwello.refresh_matching();
SELECT t.try(format('SELECT dwello.match_jobs(%L)', t.user('p3')));

-- refused, each by its argument
SELECT t.login_as('p1');
SELECT arguments, t.try(format('SELECT dwello.match_jobs(%s)', arguments))
  FROM unnest(ARRAY['max_results => 0', 'max_results => 501', 'max_results => NULL', 'currency => NULL', 'currency => ''usd''',
    'currency => ''DOLLAR''', 'currency => ''XXQ''', 'radius_miles => 0', 'radius_miles => -1', 'radius_miles => ''NaN''', 'radius_miles => ''Infinity''',
    'radius_miles => 12451', 'budget_min => 0', 'budget_max => -5', 'budget_min => 2, budget_max => 1', 'category_ids => ''{}''',
    'category_ids => ''{NULL}''', 'category_ids => ''{00000000-0000-0000-0000-000000000001}''',
    'as_of => ''2030-05-01 12:00:01+00''', 'as_of => ''infinity''', 'as_of => ''-infinity''', 'after_score => 0.5', 'after_id => gen_random_uuid()',
    'after_score => 0.5, after_id => gen_random_uuid()', 'after_score => 0.5, as_of => ''2030-05-01''',
    'after_id => gen_random_uuid(), as_of => ''2030-05-01''',
    'after_score => 0.5, after_id => gen_random_uuid(), as_of => ''2030-05-02''',
    'after_score => ''Infinity'', after_id => gen_random_uuid(), as_of => ''2030-05-01''',
    'after_score => ''NaN'', after_id => gen_random_uuid(), as_of => ''2030-05-01''',
    'after_score => 1.5, after_id => gen_random_uuid(), as_of => ''2030-05-01''',
    'after_score => -0.5, after_id => gen_random_uuid(), as_of => ''2030-05-01''',
    'weights => ''{}''', 'weights => ''{"urgency": 0}''', 'weights => ''{"urgency": -1, "budget": 2}''', 'weights => ''{"urgency": "NaN"}''',
    'weights => ''{"haste": 1}''', 'weights => ''[1]''', 'weights => ''{"urgency": 1e400}''']) AS arguments;

-- jobs of equal score in the order of their ids; pages end to end are one
INSERT INTO dwello.jobs (homeowner_id, category_id, status, title, description, location, currency, urgency, is_listed, published_at,
    expires_at)
  SELECT t.user('h2'), 'd0000000-0000-7000-8000-000000000016', 'open', 'page', 'x',
         ST_MakePoint(-122.42 + n % 5 * 0.01, 37.77), 'USD', (ARRAY['low', 'high'])[1 + n % 2]::dwello.urgency, true,
         '2030-04-30'::timestamptz - n / 40 * interval '1 day', '2030-06-01'
    FROM generate_series(1, 400) AS n;
ANALYZE dwello.jobs;
CREATE FUNCTION t.pages(size int, pages int, between_pages text DEFAULT 'SELECT') RETURNS SETOF uuid
LANGUAGE plpgsql
AS $$
DECLARE
  r record;
  score float8;
  id uuid;
  as_of timestamptz;
BEGIN
  FOR page IN 1 .. pages LOOP
    FOR r IN SELECT m.* FROM dwello.match_jobs(as_of => as_of, after_score => score, after_id => id, max_results => size) AS m LOOP
      score := r.score; id := r.job_id; as_of := r.as_of;
      RETURN NEXT r.job_id;
    END LOOP;
    EXECUTE between_pages;
  END LOOP;
END
$$;
SELECT t.login_as('p1');
SELECT count(*), count(DISTINCT m.score) < 120 AS ties,
       array_agg(m.job_id ORDER BY m.ordinality) = array_agg(m.job_id ORDER BY m.score DESC, m.job_id) AS ordered
  FROM dwello.match_jobs(max_results => 500) WITH ORDINALITY AS m;
SELECT size, array_agg(m.job_id ORDER BY m.ordinality) = (SELECT array_agg(p) FROM t.pages(size, 210 / size) AS p) AS same
  FROM unnest(ARRAY[1, 7, 30]) AS size, dwello.match_jobs(max_results => 210) WITH ORDINALITY AS m GROUP BY size ORDER BY size;
-- a tie that is longer than all that is kept of one
SAVEPOINT tie;
INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, currency, urgency, is_listed, published_at,
    expires_at)
  SELECT md5('tie ' || n)::uuid, t.user('h2'), 'd0000000-0000-7000-8000-000000000018', 'open', 'tie', 'x', ST_MakePoint(-122.42, 37.77),
         'USD', 'low', true, '2030-04-30', '2030-06-01'
    FROM generate_series(1, 150) AS n;
SELECT size, count(DISTINCT m.score) AS scores,
       array_agg(m.job_id ORDER BY m.ordinality) = ARRAY(SELECT j.id FROM dwello.jobs AS j WHERE j.title = 'tie' ORDER BY j.id LIMIT size) AS ordered
  FROM unnest(ARRAY[1, 5, 60]) AS size,
       dwello.match_jobs(category_ids => '{d0000000-0000-7000-8000-000000000018}', max_results => size) WITH ORDINALITY AS m
 GROUP BY size ORDER BY size;
ROLLBACK TO tie;
-- a tie is whole, though the index met some of it before better jobs that are over
INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, currency, is_listed, published_at,
    expires_at)
  SELECT lpad(to_hex(100 - n), 32, 'b')::uuid, t.user('h2'), 'd0000000-0000-7000-8000-000000000016', 'open', 'tie', 'x',
         ST_MakePoint(-122.42 + CASE WHEN n BETWEEN 4 AND 40 THEN 0.03 ELSE 0.04 END, 37.77), 'CHF', true, '2030-04-30',
         CASE WHEN n BETWEEN 4 AND 40 THEN '2030-04-30' ELSE '2030-06-01' END::timestamptz
    FROM generate_series(1, 44) AS n;
SELECT size, array_agg(100 - ('x' || right(m.job_id::text, 2))::bit(8)::integer ORDER BY m.ordinality) AS n
  FROM unnest(ARRAY[1, 2, 7]) AS size, dwello.match_jobs(max_results => size, currency => 'CHF') WITH ORDINALITY AS m
 GROUP BY size ORDER BY size;
-- it looks again since the index tells it of what it met; in a plan for these values alone the index does not know the search
SELECT pg_stat_get_xact_numscans('dwello.jobs_key_idx'::regclass) AS scans \gset
SELECT count(*) FROM dwello.match_jobs(max_results => 1, currency => 'CHF');
SELECT pg_stat_get_xact_numscans('dwello.jobs_key_idx'::regclass) - :scans AS scans;
SELECT pg_stat_get_xact_numscans('dwello.jobs_key_idx'::regclass) AS scans \gset
SET LOCAL plan_cache_mode = force_custom_plan;
SELECT count(*) FROM dwello.match_jobs(max_results => 1, currency => 'CHF');
SELECT pg_stat_get_xact_numscans('dwello.jobs_key_idx'::regclass) - :scans AS scans;
SELECT size, array_agg(100 - ('x' || right(m.job_id::text, 2))::bit(8)::integer ORDER BY m.ordinality) AS n
  FROM unnest(ARRAY[1, 2, 7]) AS size, dwello.match_jobs(max_results => size, currency => 'CHF') WITH ORDINALITY AS m
 GROUP BY size ORDER BY size;
SET LOCAL plan_cache_mode = auto;

-- while others come, which are later than as_of, and go
CREATE TEMP TABLE before AS SELECT m.job_id, row_number() OVER () AS n FROM dwello.match_jobs(max_results => 90) AS m;
CREATE TEMP TABLE paged AS SELECT p AS job_id, row_number() OVER () AS n
  FROM t.pages(10, 9, $$INSERT INTO dwello.jobs (homeowner_id, category_id, status, title, description, location, currency, urgency,
    is_listed, published_at, expires_at) SELECT t.user('h2'), 'd0000000-0000-7000-8000-000000000016', 'open', 'late', 'x',
    ST_MakePoint(-122.42, 37.77), 'USD', 'urgent', true, '2030-05-01 12:00:01+00', '2030-06-01' FROM generate_series(1, 3);
    UPDATE dwello.jobs SET status = 'cancelled', is_listed = false
     WHERE id = (SELECT b.job_id FROM before AS b JOIN dwello.jobs AS j ON j.id = b.job_id WHERE j.status = 'open'
                  ORDER BY b.n DESC LIMIT 1)$$) AS p;
SELECT count(*), count(*) - count(DISTINCT p.job_id) AS twice, count(*) FILTER (WHERE j.title = 'late') AS late,
       (SELECT count(*) FROM before AS b JOIN dwello.jobs AS j ON j.id = b.job_id
         WHERE j.status = 'open' AND b.job_id NOT IN (SELECT q.job_id FROM paged AS q)) AS missed
  FROM paged AS p JOIN dwello.jobs AS j ON j.id = p.job_id;

-- the partial index serves, from a plan that is kept
SELECT pg_stat_get_xact_numscans('dwello.jobs_key_idx'::regclass) AS scans \gset
SELECT count(*) FROM dwello.match_jobs();
SELECT count(*) FROM dwello.match_jobs();
SELECT pg_stat_get_xact_numscans('dwello.jobs_key_idx'::regclass) - :scans AS scans;
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE search (dwello.job_query, uuid, timestamptz) AS
  SELECT j.id FROM dwello.jobs AS j
   WHERE j.status = 'open' AND j.is_listed AND j.key OPERATOR(dwello.@@@) $1 AND j.homeowner_id <> $2 AND j.expires_at > $3
     AND j.deleted_at IS NULL ORDER BY j.key OPERATOR(dwello.<~>) $1 LIMIT 20;
EXPLAIN (COSTS OFF) EXECUTE search(dwello.job_query(-122.42, 37.77, 25, '2030-05-01'), t.user('p1'), '2030-05-01');
DEALLOCATE search;

-- what is shown is what the policies show, to each who may ask
CREATE FUNCTION t.shown(name text, policy boolean) RETURNS uuid[]
LANGUAGE plpgsql
AS $$
DECLARE
  found uuid[];
BEGIN
  IF policy THEN
    PERFORM t.app_as(name);
    SELECT array_agg(j.id ORDER BY j.id) INTO found FROM dwello.jobs AS j
     WHERE j.key OPERATOR(dwello.@@@) dwello.job_query(-122.42, 37.77, 25, '2030-05-01 12:00+00')
       AND j.status = 'open' AND j.expires_at > '2030-05-01 12:00+00';
  ELSE
    PERFORM t.app_as(name);
    SELECT array_agg(m.job_id ORDER BY m.job_id) INTO found
      FROM dwello.match_jobs(CASE WHEN name = 'a1' THEN t.user('p2') END, max_results => 500) AS m;
  END IF;
  PERFORM set_config('role', 'none', true);
  RETURN found;
END
$$;
SELECT name, cardinality(t.shown(name, false)) > 300 AS many, t.shown(name, true) = t.shown(name, false) AS same
  FROM unnest(ARRAY['p1', 'p2', 'a1']) AS name;

-- the same by a parallel plan of the naive form
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT t.as_system();
EXPLAIN (COSTS OFF)
  SELECT count(*), sum(dwello.job_score(j.key, q)) FROM dwello.jobs AS j, dwello.job_query(-122.42, 37.77, 5, '2030-05-01') AS q WHERE j.key @@@ q;
SELECT array_agg(s.score ORDER BY s.score DESC) = (SELECT array_agg(m.score) FROM dwello.match_jobs(t.user('p2'), '2030-05-01', max_results => 500) AS m) AS same
  FROM (SELECT dwello.job_score(j.key, q) AS score
          FROM dwello.jobs AS j, dwello.job_query(-122.42, 37.77, 25, '2030-05-01') AS q
         WHERE j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL AND j.expires_at > '2030-05-01 12:00+00' AND j.key @@@ q
         ORDER BY 1 DESC LIMIT 500) AS s;
ROLLBACK;
