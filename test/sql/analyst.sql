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

-- a function that costs nothing sees no row of a small group
SAVEPOINT peek;
SELECT version > 0 AS is_set FROM dwello.set_setting('k_anonymity', '6');
SET LOCAL ROLE regress_analyst;
CREATE FUNCTION pg_temp.peek(a anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
AS $$ BEGIN RAISE WARNING 'seen: %', a; RETURN true; END $$;
SELECT count(*) FROM dwello.analyst_users WHERE pg_temp.peek(city) AND city = 'Petaluma';
ROLLBACK;
