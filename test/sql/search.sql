--
-- search.sql
--	search_jobs() and search_facets(): held against plain SQL over the tables,
--	what is never found, pages, bad arguments, odd words.
--
SET client_min_messages = warning;

-- Jobs whose titles say what they are.  The clock stands, so that scores do.
CREATE FUNCTION t.search_job(name text, words text, place point DEFAULT '(-122.42, 37.77)',
  category integer DEFAULT 11, days integer DEFAULT 0, budget_min bigint DEFAULT NULL,
  budget_max bigint DEFAULT 100000, currency text DEFAULT 'USD',
  urgency dwello.urgency DEFAULT 'medium', special text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('dwello.now', (timestamptz '2030-01-10 10:00+00' - days * interval '1 day')::text, true);
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(('d0000000-0000-7000-8000-0000000000' || category)::uuid, name, words, place[0], place[1],
    budget_min => budget_min, budget_max => budget_max, currency => currency, urgency => urgency,
    special_requirements => special, scoring_method => 'lowest_price', job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
  PERFORM set_config('dwello.now', '2030-01-10 12:00+00', true);
END
$$;

CREATE FUNCTION t.search_cast() RETURNS void
LANGUAGE sql
AS $$
  SELECT t.search_job('Kitchen painting', 'Cabinets and walls.', days => 1);
  SELECT t.search_job('Bathroom', 'Painting of a bathroom near the kitchen.', '(-122.5, 37.8)', days => 2);
  SELECT t.search_job('Roof', 'New tiles.', '(-122.1, 37.4)', 18, budget_min => 50000, budget_max => NULL, special => 'Paint brushes must be clean.');
  SELECT t.search_job('Deck', 'Stain a deck.', '(-121, 38)', 16, days => 3, urgency => 'urgent');
  SELECT t.search_job('Sink', 'It drips.', category => 12, budget_max => 5000, urgency => 'high');
  SELECT t.search_job('Pipes', 'Old pipes, no kitchen.', category => 12, budget_min => 200000, budget_max => 300000);
  SELECT t.search_job('Tap ' || n, 'The same tap.', '(-122.42, 37.77)', 12, days => 5, budget_max => NULL)
    FROM generate_series(1, 7) AS n;
  SELECT t.search_job('Fiji', 'A kitchen on an ISLAND.', '(179.99, -17)', days => 1);
  SELECT t.search_job('Taveuni', 'A kitchen on another.', '(-179.98, -17)', days => 1);
  -- never found
  SELECT t.search_job('Euro kitchen', 'A kitchen.', currency => 'EUR');
  SELECT t.search_job(name, 'A kitchen.')
    FROM unnest(ARRAY['Unlisted kitchen', 'Deleted kitchen', 'Cancelled kitchen', 'Awarded kitchen']) AS name;
  SELECT t.search_job('Expired kitchen', 'A kitchen.', days => 30);
  UPDATE dwello.jobs SET is_listed = false WHERE id = t.user('Unlisted kitchen');
  UPDATE dwello.jobs SET deleted_at = now() WHERE id = t.user('Deleted kitchen');
  UPDATE dwello.jobs SET status = 'awarded', is_listed = false, provider_id = t.user('p1') WHERE id = t.user('Awarded kitchen');
  SELECT t.login_as('h1');
  SELECT dwello.cancel_job(t.user('Cancelled kitchen'), 'test');
  SELECT dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Draft kitchen', 'A kitchen.', -122.42, 37.77,
                         job_id => t.user('Draft kitchen'));
  SELECT t.as_system();
$$;

BEGIN;
SELECT t.search_cast();

-- words: title before description before requirements; forms; quotes; or; -
SELECT query, array_agg(s.title ORDER BY s.score DESC, s.job_id) AS found
  FROM unnest(ARRAY['kitchen', 'paint', 'KITCHENS painted', '"near the kitchen"', 'deck or roof',
                    'kitchen -island', 'paint -bathroom -cabinet', 'nothing like it', 'brush', 'tap 3']) WITH ORDINALITY AS q (query, n)
  LEFT JOIN LATERAL dwello.search_jobs(query) AS s ON true
 GROUP BY n, query ORDER BY n;
-- no words, blank, stop words: any job, the newest first
SELECT query, count(*), (array_agg(s.title))[1:2] AS newest
  FROM (VALUES (1, NULL), (2, ''), (3, '   '), (4, 'the and of'), (5, '!!!')) AS q (n, query),
       LATERAL (SELECT * FROM dwello.search_jobs(query) ORDER BY score DESC, title) AS s
 GROUP BY n, query ORDER BY n;
-- every column
SELECT abs(score - (.6 + .4 * (1 - 2 / 1440::float8))) < 1e-12 AS is_score, distance_miles, category_id, title, urgency,
       budget_min, budget_max, currency, longitude, latitude, published_at, as_of
  FROM dwello.search_jobs(longitude => -122.42, latitude => 37.77, max_results => 2);
-- the antimeridian is no wall
SELECT title, round(distance_miles::numeric, 3) AS miles
  FROM dwello.search_jobs(longitude => 179.99, latitude => -17, radius_miles => 10);

-- ----------------------------------------------------------------------
-- The same by plain SQL
-- ----------------------------------------------------------------------

-- What should be found, from the tables and the words of the comment alone.
CREATE FUNCTION t.search_naive(query text, lon float8, lat float8, radius float8, categories uuid[],
  low bigint, high bigint, money text, urgent dwello.urgency)
RETURNS TABLE (job_id uuid, score float8, miles float8, category_id uuid, urgency dwello.urgency, budget bigint)
LANGUAGE sql
AS $$
  WITH RECURSIVE below (id) AS (
    SELECT unnest(categories)
    UNION SELECT c.id FROM below JOIN dwello.service_categories AS c ON c.parent_id = below.id),
  asked AS (
    SELECT nullif(websearch_to_tsquery('english', lower(query COLLATE "C"))::text, '')::tsquery AS words),
  seen AS (
    SELECT j.*, d.miles, CASE WHEN lon IS NULL THEN f.fresh ELSE 0.6 * (1 - d.miles / coalesce(radius, 25)) + 0.4 * f.fresh END AS suits,
           setweight(to_tsvector('english', lower(title COLLATE "C")), 'A')
             || setweight(to_tsvector('english', lower(description COLLATE "C")), 'B')
             || setweight(to_tsvector('english', lower(coalesce(special_requirements, '') COLLATE "C")), 'C') AS document
      FROM dwello.jobs AS j
      CROSS JOIN LATERAL (SELECT st_distance(j.location, st_point(lon, lat)::geography, false) / 1609.344) AS d (miles)
      CROSS JOIN LATERAL (SELECT greatest(0, 1 - extract(epoch FROM timestamptz '2030-01-10 12:00+00' - j.published_at)::float8 / 3600 / 1440)) AS f (fresh))
  SELECT s.id,
         CASE WHEN a.words IS NULL THEN s.suits ELSE (s.suits + ts_rank(s.document, a.words)) / 2 END,
         s.miles, s.category_id, s.urgency, coalesce(s.budget_max, s.budget_min)
    FROM seen AS s, asked AS a
   WHERE s.status = 'open' AND s.is_listed AND s.deleted_at IS NULL AND s.expires_at > '2030-01-10 12:00+00'
     AND s.currency = money
     AND (a.words IS NULL OR s.document @@ a.words)
     AND (lon IS NULL OR s.miles <= coalesce(radius, 25))
     AND (categories IS NULL OR s.category_id IN (SELECT id FROM below))
     AND int8range(coalesce(s.budget_min, 0), s.budget_max, '[]') && int8range(low, high, '[]')
     AND (urgent IS NULL OR s.urgency = urgent)
$$;

-- Filters with one another: every fifth of all their combinations.
CREATE TEMP TABLE asked AS SELECT * FROM (
  SELECT row_number() OVER (ORDER BY query COLLATE "C", lon, radius, categories, low, high, money, urgent) AS n, q.*, p.*, c.*, b.*, m.*, u.*
    FROM (VALUES (NULL), ('kitchen'), ('tap or paint'), ('-kitchen')) AS q (query),
         (VALUES (NULL::float8, NULL::float8, NULL::float8), (-122.42, 37.77, NULL), (-122.42, 37.77, 500), (180, -17, 2)) AS p (lon, lat, radius),
         (VALUES (NULL::uuid[]), ('{d0000000-0000-7000-8000-000000000012}'),
                 ('{d0000000-0000-7000-8000-000000000001, d0000000-0000-7000-8000-000000000011}')) AS c (categories),
         (VALUES (NULL::bigint, NULL::bigint), (100000, NULL), (NULL, 99999), (5000, 5000)) AS b (low, high),
         (VALUES ('USD'), ('EUR')) AS m (money),
         (VALUES (NULL::dwello.urgency), ('urgent')) AS u (urgent)) AS every WHERE n % 5 = 0;
CREATE FUNCTION t.search_compare(OUT searches bigint, OUT found numeric, OUT finds_something bigint, OUT as_by_hand boolean)
LANGUAGE sql
AS $$
  SELECT count(*) AS searches, sum(found) AS found, count(*) FILTER (WHERE found > 0) AS finds_something,
         bool_and(same) AS as_by_hand
    FROM (SELECT a.n, count(s.job_id) AS found,
                 bool_and(s.job_id IS NOT NULL AND e.job_id IS NOT NULL AND abs(s.score - e.score) < 1e-9) AS same
            FROM asked AS a
            CROSS JOIN LATERAL dwello.search_jobs(query, lon, lat, radius, categories, low, high, money, urgent, max_results => 200) AS s
            FULL JOIN (SELECT a.n, e.* FROM asked AS a,
                         LATERAL t.search_naive(query, lon, lat, radius, categories, low, high, money, urgent) AS e) AS e
              ON e.n = a.n AND e.job_id = s.job_id
           GROUP BY a.n) AS x
$$;
SELECT * FROM t.search_compare();
-- whichever way they are come by: once the server knows how common words are, common ones go by time, small circles by key
ANALYZE dwello.jobs;
SELECT * FROM t.search_compare();

-- counts
SELECT facet, c.name AS category, p.name AS parent, urgency, lower_bound, upper_bound, jobs, is_complete
  FROM dwello.search_facets(longitude => -122.42, latitude => 37.77, radius_miles => 100) AS f
  LEFT JOIN dwello.service_categories AS c ON c.id = f.category_id
  LEFT JOIN dwello.service_categories AS p ON p.id = f.parent_id
 ORDER BY facet, lower_bound, urgency, parent NULLS FIRST, category;
SELECT facet, jobs FROM dwello.search_facets('nothing like it');
WITH facets AS (
  SELECT a.n, f.* FROM asked AS a,
    LATERAL dwello.search_facets(query, lon, lat, radius, categories, low, high, money, urgent) AS f),
truth AS (
  SELECT a.n, e.* FROM asked AS a,
    LATERAL t.search_naive(query, lon, lat, radius, categories, low, high, money, urgent) AS e)
SELECT (SELECT count(*) FROM facets) > 300 AS enough,
       (SELECT count(*) FROM facets AS f WHERE f.jobs <> (SELECT count(*) FROM truth AS e WHERE e.n = f.n AND CASE f.facet
          WHEN 'total' THEN true
          WHEN 'urgency' THEN e.urgency = f.urgency
          WHEN 'budget' THEN e.budget >= f.lower_bound AND e.budget < coalesce(f.upper_bound, 1e18) OR e.budget IS NULL AND f.lower_bound IS NULL
          WHEN 'distance' THEN e.miles >= f.lower_bound AND e.miles < coalesce(f.upper_bound, 1e9)
          WHEN 'category' THEN e.category_id = f.category_id
            OR f.category_id = (SELECT c.parent_id FROM dwello.service_categories AS c WHERE c.id = e.category_id) END)) AS wrong,
       (SELECT count(*) FROM (SELECT n, facet FROM facets WHERE facet IN ('urgency', 'budget', 'distance') GROUP BY n, facet
          HAVING sum(jobs) <> (SELECT count(*) FROM truth AS e WHERE e.n = facets.n)) AS x) AS not_whole;

-- ----------------------------------------------------------------------
-- Pages
-- ----------------------------------------------------------------------
CREATE FUNCTION t.search_pages(words text, size integer, between_pages text DEFAULT 'SELECT') RETURNS uuid[]
LANGUAGE plpgsql
AS $$
DECLARE
  found uuid[] := '{}';
  page uuid[];
  last_score float8;
  frozen timestamptz;
BEGIN
  LOOP
    SELECT array_agg(s.job_id ORDER BY s.score DESC, s.job_id), min(s.score), max(s.as_of)
      INTO page, last_score, frozen
      FROM dwello.search_jobs(words, -122.42, 37.77, 5000, as_of => frozen, after_score => last_score,
        after_id => found[cardinality(found)], max_results => size) AS s;
    EXIT WHEN page IS NULL;
    found := found || page;
    EXECUTE between_pages;
    -- time goes on, the score does not
    PERFORM set_config('dwello.now', (current_setting('dwello.now')::timestamptz + interval '1 hour')::text, true);
  END LOOP;
  PERFORM set_config('dwello.now', '2030-01-10 12:00+00', true);
  RETURN found;
END
$$;
-- seven taps have one score, so pages end amid a tie
SELECT words, size, cardinality(t.search_pages(words, size)) AS found,
       t.search_pages(words, size) = ARRAY(SELECT s.job_id FROM dwello.search_jobs(words, -122.42, 37.77, 5000, max_results => 200) AS s
                                            ORDER BY s.score DESC, s.job_id) AS same
  FROM unnest(ARRAY[NULL, 'tap', 'kitchen or tap']) AS words, unnest(ARRAY[1, 2, 3, 100]) AS size;
-- what was published since the first page is not on the next, nor what has closed
SAVEPOINT s;
SELECT t.search_job('Late tap', 'A tap.');
SELECT count(*) FILTER (WHERE title = 'Late tap') AS late, count(*)
  FROM dwello.search_jobs('tap', as_of => '2030-01-10 09:00+00');
UPDATE dwello.jobs SET status = 'cancelled', is_listed = false WHERE title = 'Tap 3';
SELECT count(*) FROM dwello.search_jobs('tap', as_of => '2030-01-10 09:00+00');
ROLLBACK TO s;
-- while after every page one comes that would be the best, and the last of the seven goes: the five that are left to read
SELECT t.search_pages('tap', 2, $$
    INSERT INTO dwello.jobs (homeowner_id, category_id, status, title, description, location, currency, is_listed, published_at, expires_at)
      VALUES (t.user('h1'), 'd0000000-0000-7000-8000-000000000012', 'open', 'Later tap', 'Tap, tap.', st_makepoint(-122.42, 37.77), 'USD', true,
              '2030-01-10 12:00:01+00', '2030-02-01');
    UPDATE dwello.jobs SET status = 'cancelled', is_listed = false
     WHERE id = (SELECT j.id FROM dwello.jobs AS j WHERE j.title LIKE 'Tap _' AND j.status = 'open' ORDER BY j.id DESC LIMIT 1)$$)
  = (SELECT (array_agg(j.id ORDER BY j.id))[1:5] FROM dwello.jobs AS j WHERE j.title LIKE 'Tap _') AS same;
SELECT count(*) FILTER (WHERE title = 'Later tap') AS later, count(*) FILTER (WHERE title LIKE 'Tap _' AND status = 'open') AS left
  FROM dwello.jobs;
ROLLBACK TO s;

-- what was never published is not found, however it came to be open
SAVEPOINT s;
UPDATE dwello.jobs SET published_at = NULL WHERE title = 'Roof';
SELECT (SELECT count(*) FROM dwello.search_jobs('roof')) AS found, (SELECT jobs FROM dwello.search_facets('roof') WHERE facet = 'total') AS counted;
ROLLBACK TO s;

-- ----------------------------------------------------------------------
-- Everybody finds the same, and nothing that the policy hides from them
-- ----------------------------------------------------------------------
CREATE FUNCTION t.search_as(name text, role text, OUT finds bigint, OUT open bigint, OUT hidden bigint, OUT missing bigint)
LANGUAGE plpgsql
AS $$
DECLARE
  ids uuid[];
BEGIN
  PERFORM t.login_as(name);
  PERFORM set_config('role', role, true);
  ids := ARRAY(SELECT s.job_id FROM dwello.search_jobs(max_results => 200) AS s)
    || ARRAY(SELECT s.job_id FROM dwello.search_jobs(currency => 'EUR', max_results => 200) AS s);
  finds := cardinality(ids);
  SELECT count(*), count(*) FILTER (WHERE NOT j.id = ANY (ids)) INTO open, missing FROM dwello.jobs AS j
   WHERE j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL AND j.expires_at > '2030-01-10 12:00+00';
  SELECT count(*) INTO hidden FROM unnest(ids) AS i (id) WHERE NOT EXISTS (SELECT FROM dwello.jobs AS j WHERE j.id = i.id);
  PERFORM t.as_system();
END
$$;
SELECT v.name, v.role, s.*
  FROM (VALUES ('h1', 'dwello_app'), ('h2', 'dwello_app'), ('p1', 'dwello_app'), ('p3', 'dwello_app'), ('u1', 'dwello_app'),
               ('a1', 'dwello_admin'), ('s1', 'dwello_support'), (NULL, 'none')) AS v (name, role),
       LATERAL t.search_as(v.name, v.role) AS s;
SELECT DISTINCT title FROM dwello.search_jobs('kitchen', currency => 'EUR')
UNION ALL SELECT title FROM dwello.search_jobs('kitchen') WHERE title LIKE '%kitchen' ORDER BY 1;
SAVEPOINT s;
SELECT set_config('role', 'dwello_app', true);
SELECT t.try('SELECT * FROM dwello.search_jobs()');
SELECT t.try('SELECT * FROM dwello.search_facets()');
ROLLBACK TO s;
SELECT t.try('SELECT set_config(''role'', ''dwello_analyst'', true); SELECT * FROM dwello.search_jobs()');

-- of more than 10000 with the words the newest count: the oldest, though it fits best, is not among them, unless fewer fit
SAVEPOINT s;
INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, currency, is_listed, published_at, expires_at)
  SELECT t.user('many ' || n), t.user('h1'), 'd0000000-0000-7000-8000-000000000011', 'open', CASE WHEN n = 0 THEN 'Gutter' ELSE 'Many' END,
         CASE WHEN n % 2 = 0 THEN 'A gutter and a drain.' ELSE 'A gutter.' END, st_makepoint(-122.42, 37.77), 'USD', true,
         timestamptz '2030-01-09 00:00+00' + n * interval '1 second', '2030-02-01'
    FROM generate_series(0, 10000) AS n;
SELECT query, count(*) FILTER (WHERE title = 'Gutter') AS oldest, count(*)
  FROM unnest(ARRAY['gutter', 'gutter drain']) AS query, LATERAL dwello.search_jobs(query, max_results => 200) GROUP BY query;
SELECT query, jobs, is_complete
  FROM unnest(ARRAY['gutter', 'gutter drain', NULL]) AS query, LATERAL dwello.search_facets(query) WHERE facet = 'total';
-- the same by time, and page after page
ANALYZE dwello.jobs;
SELECT query, count(*) FILTER (WHERE title = 'Gutter') AS oldest, count(*)
  FROM unnest(ARRAY['gutter', 'gutter drain', '"a gutter"', '-tap']) AS query, LATERAL dwello.search_jobs(query, max_results => 200)
 GROUP BY query ORDER BY query COLLATE "C";
SELECT query, jobs, is_complete
  FROM unnest(ARRAY['gutter', 'gutter drain', NULL, '-gutter', '-tap']) AS query, LATERAL dwello.search_facets(query) WHERE facet = 'total';
SELECT cardinality(t.search_pages('gutter', 200)) AS found;
ROLLBACK TO s;

-- ----------------------------------------------------------------------
-- Arguments
-- ----------------------------------------------------------------------
SELECT arguments, t.try('SELECT dwello.search_jobs(' || arguments || ')', 'p1')
  FROM unnest(ARRAY[
    $$query => repeat('x', 1001)$$, $$query => repeat('word ', 10000)$$,
    'longitude => 1', 'latitude => 1', 'longitude => 181, latitude => 1', 'longitude => 1, latitude => 91', $$longitude => 1, latitude => 'NaN'$$,
    $$longitude => 'Infinity', latitude => 1$$, 'radius_miles => 5',
    'longitude => 1, latitude => 1, radius_miles => 0', 'longitude => 1, latitude => 1, radius_miles => -1',
    $$longitude => 1, latitude => 1, radius_miles => 'NaN'$$, 'longitude => 1, latitude => 1, radius_miles => 12451',
    $$category_ids => '{}'$$, $$category_ids => '{NULL}'$$, $$category_ids => array_fill(gen_random_uuid(), ARRAY[101])$$,
    $$category_ids => '{d0000000-0000-7000-8000-000000000001, 00000000-0000-0000-0000-00000000000f}'$$,
    'budget_min => 0', 'budget_min => -1', 'budget_max => -9223372036854775808', 'budget_min => 2, budget_max => 1',
    'currency => NULL', $$currency => ''$$, $$currency => 'usd'$$, $$currency => 'XXQ'$$,
    'max_results => NULL', 'max_results => 0', 'max_results => 201',
    $$as_of => '2030-01-10 12:00:01+00'$$, $$as_of => 'infinity'$$, $$as_of => '-infinity'$$,
    'after_score => 0.5', 'after_id => gen_random_uuid()', 'after_score => 0.5, after_id => gen_random_uuid()',
    $$after_score => 0.5, as_of => '2030-01-10'$$, $$after_id => gen_random_uuid(), as_of => '2030-01-10'$$,
    $$after_score => 'NaN', after_id => gen_random_uuid(), as_of => '2030-01-10'$$,
    $$after_score => 1.01, after_id => gen_random_uuid(), as_of => '2030-01-10'$$,
    $$after_score => -0.01, after_id => gen_random_uuid(), as_of => '2030-01-10'$$,
    $$after_score => 0, after_id => gen_random_uuid(), as_of => '2030-01-10'$$]) AS arguments;
SELECT arguments, t.try('SELECT dwello.search_facets(' || arguments || ')', 'p1')
  FROM unnest(ARRAY['latitude => 1', 'currency => NULL', $$as_of => '2030-01-11'$$, $$query => repeat('x', 1001)$$,
                    $$category_ids => '{00000000-0000-0000-0000-00000000000f}'$$, $$urgency => 'low'$$]) AS arguments;

-- ----------------------------------------------------------------------
-- Whatever is asked: an answer, or an SQLSTATE of the comment with a hint
-- ----------------------------------------------------------------------
SELECT answer, count(*) AS calls, string_agg(call, ' ' ORDER BY n) FILTER (WHERE answer <> '22023' AND answer <> 'ok') AS which
  FROM (SELECT n, call, t.verdict('SELECT * FROM dwello.' || call, 'p1') AS answer
          FROM unnest(ARRAY[
            $$search_jobs(repeat('x ', 500000))$$,
            $$search_jobs(repeat('é', 1001))$$,
            $$search_jobs(repeat('é', 1000))$$,
            $$search_jobs(E'a\\000b')$$,
            $$search_jobs(E'\\x00')$$,
            $$search_jobs(longitude => 180, latitude => 90)$$,
            $$search_jobs(longitude => -180, latitude => -90, radius_miles => 12450)$$,
            $$search_jobs(longitude => '-0', latitude => '-0')$$,
            $$search_jobs(longitude => 0, latitude => 91)$$,
            $$search_jobs(longitude => 0, latitude => 0, radius_miles => 5e-324)$$,
            $$search_jobs(longitude => 0, latitude => 0, radius_miles => 1e308)$$,
            $$search_jobs('kitchen', 0, 0, 'Infinity')$$,
            $$search_jobs(category_ids => array_fill('d0000000-0000-7000-8000-000000000001'::uuid, ARRAY[100000]))$$,
            $$search_jobs(category_ids => array_fill('d0000000-0000-7000-8000-000000000001'::uuid, ARRAY[100]))$$,
            $$search_jobs(category_ids => array_fill('d0000000-0000-7000-8000-000000000001'::uuid, ARRAY[2, 2]))$$,
            $$search_jobs(category_ids => array_fill('d0000000-0000-7000-8000-000000000001'::uuid, ARRAY[1], ARRAY[-5]))$$,
            $$search_jobs(category_ids => '{NULL}')$$,
            $$search_jobs(category_ids => ARRAY[t.user('none')])$$,
            $$search_jobs(budget_min => 1000000000000000)$$,
            $$search_jobs(budget_max => 1000000000000000)$$,
            $$search_jobs('kitchen', budget_min => 1, budget_max => 1)$$,
            $$search_jobs(currency => repeat('U', 1000000))$$,
            $$search_jobs(currency => 'USD ')$$,
            $$search_jobs(max_results => 2147483647)$$,
            $$search_jobs(max_results => -2147483648)$$,
            $$search_jobs('kitchen', as_of => '4714-11-24 00:00:00+00 BC')$$,
            $$search_jobs(as_of => '4714-11-24 00:00:00+00 BC')$$,
            $$search_facets(as_of => '-infinity')$$,
            $$search_jobs('kitchen', as_of => '2030-01-10', after_score => 1, after_id => 'ffffffff-ffff-ffff-ffff-ffffffffffff')$$,
            $$search_jobs('kitchen', as_of => '2030-01-10', after_score => 5e-324, after_id => gen_random_uuid())$$,
            $$search_jobs(as_of => '2030-01-10', after_score => '-0', after_id => gen_random_uuid())$$,
            $$search_jobs('kitchen', as_of => '2030-01-10', after_score => 'Infinity', after_id => gen_random_uuid())$$,
            $$search_facets(repeat('"a b" -', 140))$$,
            $$search_facets(repeat('a or ', 200), 0, 0, 10)$$]) WITH ORDINALITY AS c (call, n)) AS x
 GROUP BY answer ORDER BY answer COLLATE "C";
-- a category with too many below it
SAVEPOINT s;
INSERT INTO dwello.service_categories (id, parent_id, name) SELECT t.user('below ' || n), 'd0000000-0000-7000-8000-000000000001', 'Below ' || n
  FROM generate_series(1, 4096) AS n;
SELECT call, t.verdict(format('SELECT dwello.%s(category_ids => ARRAY[''d0000000-0000-7000-8000-000000000001''::uuid])', call), 'p1')
  FROM unnest(ARRAY['search_jobs', 'search_facets']) AS call;
ROLLBACK TO s;
-- the cursor of another search is a place to begin, and shows no more than that search does
SELECT t.as_system();
SELECT count(*) AS found, count(*) FILTER (WHERE s.title !~ '^Tap') AS others, bool_and(s.score <= k.score) AS after
  FROM (SELECT * FROM dwello.search_jobs('kitchen') ORDER BY score DESC, job_id LIMIT 1) AS k,
       LATERAL dwello.search_jobs('tap', as_of => k.as_of, after_score => k.score, after_id => k.job_id) AS s;

-- odd words: no error, whatever they are
SELECT count(*) AS odd, array_agg(answer) FILTER (WHERE answer <> 'ok') AS refused
  FROM (SELECT t.try(format('SELECT * FROM dwello.search_jobs(%L)', w.words), 'p1') AS answer
          FROM unnest(ARRAY['"', '""', '"a', '-', '--', '- - -', '-"a b"', 'or', 'or or', 'or -or', '"or"', 'a or', '&', '|', '!', '!!a',
                            'a & b', 'a:*', ':*', '<->', 'a <-> b', '(', ')', '((a)', '\', '\\', '''', 'a''b', '''''', '$$', '%', '_', '.*',
                            '^(a+)+$', '[[:alpha:]]', E'\t\n\r', E'\x01\x02\x1f', U&'\00e9\0301', U&'\+01F600', U&'\202E\200B', 'ﬀ ß İ', '漢字 かな',
                            'http://a.b/c?d=e&f', 'a@b.c', '1e400', '-1.5e-400', 'a-b-c', '/usr/lib', '&amp;', '<b>', E'\uFFFD', '*', '~',
                            repeat('"', 1000), repeat('-', 1000), repeat('a ', 500), repeat('-a ', 333), repeat('"a b" ', 166), repeat('x', 1000),
                            repeat('- ', 500), repeat('-(', 500), repeat('-!', 500), repeat('" -', 333), repeat('-"', 500), repeat('a or ', 200), repeat(U&'\+01F600', 1000), repeat('(', 1000)]) AS w (words)) AS x;
SELECT setseed(0.25);
SELECT count(*) AS random, array_agg(answer) FILTER (WHERE answer <> 'ok') AS refused
  FROM (SELECT t.try(format('SELECT * FROM dwello.search_jobs(%L)', w.words)) AS answer
          FROM (SELECT string_agg((ARRAY['-', '-', '"', ' ', 'a', ' or ', chr((33 + random() * 93)::integer)])[1 + floor(random() * 7)::integer], '') AS words
                  FROM generate_series(1, 300) AS n, generate_series(1, 250) GROUP BY n) AS w) AS x;
ROLLBACK;

-- ----------------------------------------------------------------------
-- The indexes can answer
-- ----------------------------------------------------------------------
BEGIN;
SET LOCAL enable_seqscan = off;
CREATE FUNCTION t.search_uses(condition text) RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
  line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS off) SELECT id FROM dwello.jobs WHERE status = ''open'' AND ' || condition LOOP
    RETURN QUERY SELECT m[1] FROM regexp_matches(line, '\mjobs_\w+_idx') AS m;
  END LOOP;
END
$$;
-- in its order, which sorting an empty table is as good as
SET LOCAL enable_sort = off;
SELECT * FROM t.search_uses($$published_at <= '2030-01-01' ORDER BY published_at DESC, id DESC LIMIT 10$$);
-- (an index that has no condition of its own is as good on an empty table)
SELECT t.search_cast();
DROP INDEX dwello.jobs_key_idx, dwello.jobs_cell_idx, dwello.jobs_published_at_idx, dwello.jobs_open_idx;
SELECT * FROM t.search_uses($$search @@ 'kitchen'::tsquery$$);
ROLLBACK;

-- only an open job has words, so that its later life pays nothing for them
BEGIN;
SELECT t.search_cast();
SELECT status, count(*), count(search) AS with_words FROM dwello.jobs WHERE published_at > '2029-01-01' OR title LIKE 'Draft%' GROUP BY status ORDER BY status;
ROLLBACK;
