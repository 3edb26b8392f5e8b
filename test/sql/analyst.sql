--
-- analyst.sql
--	What analysts see: groups of k_anonymity people at the least, of quarters
--	that are over; and nothing else.
--
SET client_min_messages = warning;

-- Five casts, each with the same story in the quarter before the last.
BEGIN;
SELECT t.reference();
CREATE TEMP TABLE cast_of (n integer, h text, p text, rival text);
INSERT INTO cast_of SELECT n, 'ah' || n, 'ap' || n, 'ar' || n FROM generate_series(1, 5) AS n;
SELECT count(t.register(name, CASE WHEN name ~ '^ah' THEN 'homeowner' ELSE 'service_provider' END::dwello.user_type))
  FROM cast_of, unnest(ARRAY[h, p, rival]) AS name;
SELECT count(dwello.verify_user(t.user(name), 'email')) FROM cast_of, unnest(ARRAY[h, p, rival]) AS name;
SELECT count(dwello.verify_user(t.user(name), 'provider')) FROM cast_of, unnest(ARRAY[p, rival]) AS name;
SELECT count(dwello.add_address('business', '8 Market Street', 'Petaluma', 'CA', '94952', 'US', -122.4194, 37.7749, user_id => t.user(name)))
  FROM cast_of, unnest(ARRAY[h, p, rival]) AS name;
SELECT count(*) FROM cast_of, LATERAL (SELECT t.story('cast' || n, h, p, rival)) AS s;
SELECT t.as_system();
CREATE FUNCTION pg_temp.day(quarters integer) RETURNS timestamptz LANGUAGE sql STABLE
AS $$ SELECT date_trunc('quarter', now(), 'UTC') - quarters * interval '3 months' + interval '40 days' $$;
UPDATE dwello.users SET created_at = pg_temp.day(2) WHERE id IN (SELECT t.user(name) FROM cast_of, unnest(ARRAY[h, p, rival]) AS name);
UPDATE dwello.jobs SET published_at = pg_temp.day(2) WHERE homeowner_id IN (SELECT t.user(h) FROM cast_of) AND published_at IS NOT NULL;
UPDATE dwello.bids SET submitted_at = pg_temp.day(2) WHERE homeowner_id IN (SELECT t.user(h) FROM cast_of);
UPDATE dwello.reviews SET reveal_at = pg_temp.day(2) WHERE homeowner_id IN (SELECT t.user(h) FROM cast_of);
UPDATE dwello.escrow_accounts SET created_at = pg_temp.day(2) WHERE homeowner_id IN (SELECT t.user(h) FROM cast_of);
UPDATE dwello.jobs SET status = 'completed', completed_at = now() WHERE homeowner_id IN (SELECT t.user(h) FROM cast_of) AND status = 'in_progress';

-- ----------------------------------------------------------------------
-- What is there
-- ----------------------------------------------------------------------
CREATE ROLE regress_analyst IN ROLE dwello_analyst;
SAVEPOINT s;
SET LOCAL ROLE regress_analyst;
SELECT user_type, country, city, people FROM dwello.analyst_users WHERE city = 'Petaluma' ORDER BY 1;
SELECT urgency, currency, budget_from, jobs, homeowners FROM dwello.analyst_jobs ORDER BY budget_from, jobs;
SELECT currency, amount_from, bids, providers, homeowners FROM dwello.analyst_bids ORDER BY amount_from;
SELECT outcome, currency, amount_from, contracts, providers, homeowners FROM dwello.analyst_contracts ORDER BY amount_from;
SELECT rating, reviews, reviewers, reviewees FROM dwello.analyst_reviews ORDER BY rating;
-- and nothing beside them, not even by what the views are made of
SELECT t.try('SELECT FROM dwello.users'), t.try('SELECT FROM dwello.bids'), t.try('SELECT FROM dwello.system_settings');
SELECT t.try($$SELECT dwello.get_user_contact(t.user('ah1'), 'curious')$$);
RESET ROLE;
-- the views show what the functions give, which nobody else may call
SELECT t.try('SELECT set_config(''role'', ''dwello_app'', true); SELECT * FROM dwello.' || call || '()') AS as_app,
       t.try('SELECT set_config(''role'', ''regress_analyst'', true); SELECT * FROM dwello.' || call || '()') AS as_analyst, call
  FROM unnest(ARRAY['count_users', 'count_jobs', 'count_bids', 'count_contracts', 'count_reviews']) AS call;
RESET ROLE;
SELECT (SELECT count(*) FROM dwello.count_users()) > 0 AS users, (SELECT count(*) FROM dwello.count_jobs()) > 0 AS jobs,
       (SELECT count(*) FROM dwello.count_bids()) > 0 AS bids, (SELECT count(*) FROM dwello.count_contracts()) > 0 AS contracts,
       (SELECT count(*) FROM dwello.count_reviews()) > 0 AS reviews;
-- whom applications and workers are not
SELECT role, t.try(format('SELECT set_config(''role'', %L, true); SELECT FROM dwello.analyst_users', role))
  FROM unnest(ARRAY['dwello_app', 'dwello_service', 'dwello_support', 'dwello_admin', 'dwello_public']) AS role;

-- ----------------------------------------------------------------------
-- No group is of fewer people, whatever k is
-- ----------------------------------------------------------------------
-- The views with a group of fewer than k people, and how many rows all have.
CREATE FUNCTION pg_temp.groups(k integer, pattern text DEFAULT 'analyst\_%') RETURNS TABLE (small text[], rows bigint)
LANGUAGE plpgsql
AS $$
DECLARE
  r record;
  fewest bigint;
  n bigint;
BEGIN
  PERFORM dwello.set_setting('k_anonymity', k::text);
  rows := 0;
  FOR r IN
    SELECT c.relname, string_agg(quote_ident(a.attname), ', ') AS people
      FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind = 'v' AND c.relname LIKE pattern
       AND a.attname IN ('people', 'homeowners', 'providers', 'reviewers', 'reviewees')
     GROUP BY c.relname ORDER BY c.relname
  LOOP
    EXECUTE format('SELECT min(least(%s)), count(*) FROM dwello.%I', r.people, r.relname) INTO fewest, n;
    rows := rows + n;
    IF fewest < k THEN
      small := small || r.relname::text;
    END IF;
  END LOOP;
  RETURN NEXT;
END
$$;
-- each view counts people
SELECT c.relname FROM pg_class AS c
 WHERE c.relnamespace = 'dwello'::regnamespace AND c.relname LIKE 'analyst\_%'
   AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid
                    AND a.attname IN ('people', 'homeowners', 'providers', 'reviewers', 'reviewees'));
SELECT k, small, rows > 0 AS any FROM (VALUES (2), (3), (4), (5), (6), (1000)) AS v (k), LATERAL pg_temp.groups(k);
SELECT t.try(format('SELECT dwello.set_setting(''k_anonymity'', %L)', k)) FROM unnest(ARRAY['1', '0', '-5', '1001', 'many']) AS k;
-- one that is planted is found
CREATE VIEW dwello.analyst_planted AS SELECT user_type, count(*) AS people FROM dwello.users WHERE first_name = 'ah1' GROUP BY user_type;
SELECT small FROM pg_temp.groups(5);
DROP VIEW dwello.analyst_planted;

-- who leaves takes the group with them
SELECT version > 0 AS is_set FROM dwello.set_setting('k_anonymity', '5');
SELECT people FROM dwello.analyst_users WHERE city = 'Petaluma' AND user_type = 'homeowner';
UPDATE dwello.users SET deleted_at = now() WHERE id = t.user('ah1');
SELECT count(*) FROM dwello.analyst_users WHERE city = 'Petaluma' AND user_type = 'homeowner';

-- what happens now shows when its quarter is over
UPDATE dwello.users SET created_at = now(), deleted_at = NULL WHERE id IN (SELECT t.user(h) FROM cast_of);
SELECT count(*) FROM dwello.analyst_users WHERE city = 'Petaluma' AND user_type = 'homeowner';
-- and of bids on jobs that are open, never
SELECT count(*) FROM dwello.analyst_bids AS a WHERE amount_from >= 90000;
UPDATE dwello.jobs SET status = 'open' WHERE homeowner_id IN (SELECT t.user(h) FROM cast_of);
SELECT count(*) FROM dwello.analyst_bids;

-- plans count what is shown and nothing below: of a city whose people are too few as of none
SAVEPOINT plans;
SELECT version > 0 AS is_set FROM dwello.set_setting('k_anonymity', '11');
CREATE FUNCTION pg_temp.plan(query text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  line text;
  lines text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (ANALYZE, VERBOSE, BUFFERS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
    lines := concat_ws(E'\n', lines, line);
  END LOOP;
  RETURN lines;
END
$$;
SET LOCAL ROLE regress_analyst;
SELECT pg_temp.plan($$SELECT * FROM dwello.analyst_users WHERE city = 'Petaluma'$$) AS plan \gset petaluma_
SELECT pg_temp.plan($$SELECT * FROM dwello.analyst_users WHERE city = 'Atlantis'$$) AS plan \gset atlantis_
SELECT replace(:'petaluma_plan', 'Petaluma', 'Atlantis') = :'atlantis_plan' AS alike, :'petaluma_plan' ~ 'Petaluma' AS is_asked;
-- nothing of tables in any of them, whatever they are joined with or asked for
SELECT c.relname, q.n FROM pg_class AS c, LATERAL (VALUES
  (1, format('SELECT * FROM dwello.%I', c.relname)), (2, format('SELECT count(*) FROM dwello.%I AS a JOIN dwello.%I AS b USING (category_id)', c.relname, c.relname)),
  (3, format('SELECT FROM dwello.%I AS a LIMIT 1', c.relname)), (4, format('SELECT DISTINCT (a).* FROM dwello.%I AS a ORDER BY 1', c.relname))) AS q (n, query)
 WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind = 'v' AND c.relname LIKE 'analyst\_%'
   AND NOT (q.n = 2 AND c.relname = 'analyst_users')
   AND (pg_temp.plan(q.query) ~ '(Seq|Heap|Index|Only) Scan|InitPlan|SubPlan' OR pg_temp.plan(q.query) !~ 'Function Scan on dwello[.]count_');
RESET ROLE;
-- one that is no function shows
CREATE VIEW dwello.analyst_planted WITH (security_barrier = true) AS SELECT a.city, count(*) AS people FROM dwello.user_addresses AS a GROUP BY a.city HAVING count(*) >= 1000;
GRANT SELECT ON dwello.analyst_planted TO regress_analyst;
ALTER VIEW dwello.analyst_planted OWNER TO dwello_owner;
SET LOCAL ROLE regress_analyst;
SELECT regexp_replace(pg_temp.plan($$SELECT * FROM dwello.analyst_planted WHERE city = 'Petaluma'$$), 'Petaluma', 'Atlantis', 'g')
     = pg_temp.plan($$SELECT * FROM dwello.analyst_planted WHERE city = 'Atlantis'$$) AS alike;
ROLLBACK TO plans;

-- a function that costs nothing sees no row of a small group
SAVEPOINT peek;
SELECT version > 0 AS is_set FROM dwello.set_setting('k_anonymity', '6');
SET LOCAL ROLE regress_analyst;
CREATE FUNCTION pg_temp.peek(a anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
AS $$ BEGIN RAISE WARNING 'seen: %', a; RETURN true; END $$;
SELECT count(*) FROM dwello.analyst_users WHERE pg_temp.peek(city) AND city = 'Petaluma';
ROLLBACK;
