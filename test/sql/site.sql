--
-- Where a job is: opened to its provider while they work, and to nobody else
--
\set VERBOSITY terse
BEGIN;
SET LOCAL dwello.now = '2027-03-01 12:00+00';
SELECT t.as_system();
SELECT version FROM dwello.add_address('home', '7 Secret Street', 'San Francisco', 'CA', '94103', 'US', -122.41234567, 37.7654321, true, t.user('h1'));
SELECT version FROM dwello.add_address('billing', '99 Holiday Road', 'Tahoe', 'CA', '96150', 'US', -120.01234567, 39.0123456, user_id => t.user('h1'));

CREATE FUNCTION pg_temp.site(name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.login_as(name);
  RETURN (SELECT concat_ws(' ', street, longitude, latitude) FROM dwello.job_site(t.user('site')));
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;
CREATE FUNCTION pg_temp.contact(name text, whose text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.login_as(name);
  RETURN (SELECT concat_ws(' ', email, phone, coalesce(jsonb_path_query_array(addresses, '$[*].street')::text, 'no address'))
            FROM dwello.get_user_contact(t.user(whose), 'test'));
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;
CREATE FUNCTION pg_temp.seen(OUT who text, OUT site text, OUT contact text) RETURNS SETOF record LANGUAGE sql AS $$
  SELECT coalesce(name, 'system'), pg_temp.site(name), pg_temp.contact(name, CASE name WHEN 'h1' THEN 'p1' ELSE 'h1' END)
    FROM unnest(ARRAY['h1', 'p1', 'h2', 'p2', 'a1', 's1', NULL]) AS name
$$;

-- a draft is the homeowner's, who need not ask
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Paint', 'It.', -122.41231, 37.76549, budget_max => 120000,
  job_id => t.user('site'));
SELECT pg_temp.site('h1') AS own, pg_temp.site('a1') AS not_asked;
-- from here on as if all had asked before, in another transaction
INSERT INTO dwello.contact_requests (id, actor_id, user_id, transaction_number, created_at)
SELECT gen_random_uuid(), coalesce(t.user(name), '00000000-0000-0000-0000-000000000000'), t.user(whose), 3, clock_timestamp()
  FROM unnest(ARRAY['h1', 'p1']) AS whose, unnest(ARRAY['h1', 'h2', 'p1', 'p2', 'a1', 's1', NULL]) AS name;
SELECT * FROM pg_temp.seen();
SELECT t.login_as('h1');
SELECT status FROM dwello.publish_job(t.user('site'));
SELECT t.login_as('p1');
SELECT status FROM dwello.submit_bid(t.user('site'), 100000, bid_id => t.user('site bid'));
SELECT * FROM pg_temp.seen() WHERE who ~ '^[hp]';
-- chosen, but not confirmed
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('site'), t.user('site bid'));
SELECT * FROM pg_temp.seen() WHERE who ~ '^[hp]';
-- confirmed, but not paid
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('site'));
SELECT * FROM pg_temp.seen() WHERE who ~ '^[hp]';
-- unless it is paid otherwise
SAVEPOINT s;
UPDATE dwello.jobs SET is_escrowed = false WHERE id = t.user('site');
SELECT * FROM pg_temp.seen() WHERE who ~ '^[hp]';
ROLLBACK TO s;
-- the first cent opens it
SELECT t.pay('site', 1);
SELECT * FROM pg_temp.seen();
-- who won the job learns that street alone, and no other
SELECT t.app_as('p1');
SELECT t.try('SELECT point FROM dwello.job_sites') AS point, t.try('SELECT street FROM dwello.job_sites') AS street,
       (SELECT ST_AsText(place) FROM dwello.job_sites WHERE job_id = t.user('site')) AS place, (SELECT count(*) FROM dwello.user_addresses AS a WHERE a.user_id = t.user('h1')) AS addresses;
RESET ROLE;
-- called off
SAVEPOINT s;
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('site'));
SELECT * FROM pg_temp.seen() WHERE who ~ '^[hp]';
ROLLBACK TO s;
-- in dispute it stays open
SAVEPOINT s;
UPDATE dwello.jobs SET status = 'disputed' WHERE id = t.user('site');
SELECT * FROM pg_temp.seen() WHERE who ~ '^[hp]';
ROLLBACK TO s;
-- thirty days after it is done it is closed to the provider
SELECT t.pay('site');
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('site'));
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.release_escrow(t.user('site'));
SELECT status, completed_at FROM dwello.jobs WHERE id = t.user('site');
SET LOCAL dwello.now = '2027-03-31 11:59:59.999999+00';
SELECT * FROM pg_temp.seen() WHERE who ~ '^[hp]';
SET LOCAL dwello.now = '2027-03-31 12:00+00';
SELECT * FROM pg_temp.seen();
-- as the operator says
SELECT t.login_as('a1');
SELECT value FROM dwello.set_setting('contact_days', '31');
SELECT * FROM pg_temp.seen() WHERE who ~ '^[hp]';
SELECT value FROM dwello.set_setting('contact_days', '0');
SET LOCAL dwello.now = '2027-03-01 12:00+00';
SELECT * FROM pg_temp.seen() WHERE who ~ '^[hp]';
SELECT t.as_system();
SELECT value FROM dwello.set_setting('contact_days', '30');

-- each opening is written down, and its owner reads who looked
SELECT t.app_as('h1');
SELECT l.actor_role, l.what, regexp_replace(l.reason, '[0-9a-f-]{36}', 'X') AS reason, count(*) > 0 AS looked
  FROM dwello.data_access_log AS l WHERE l.what = 'job_site' GROUP BY 1, 2, 3 ORDER BY 1;
RESET ROLE;
-- a request of which the minutes are over is none; its own words say what to do
UPDATE dwello.contact_requests SET created_at = clock_timestamp() - interval '10 minutes 1 second';
SELECT pg_temp.site('p1') AS too_late, pg_temp.site('h1') AS own;
SELECT t.login_as('p1');
\set VERBOSITY default
SAVEPOINT s;
SELECT * FROM dwello.job_site(t.user('site'));
ROLLBACK TO s;
SET LOCAL dwello.now = '2027-06-01 12:00+00';
SAVEPOINT s;
SELECT * FROM dwello.job_site(t.user('site'));
ROLLBACK TO s;
SELECT t.login_as('p2');
SAVEPOINT s;
SELECT * FROM dwello.job_site(t.user('site'));
ROLLBACK TO s;
\set VERBOSITY terse
SELECT t.try('SELECT dwello.job_site(NULL)', 'h1') AS none, t.try($$SELECT dwello.job_site(t.user('nobody'))$$, 'h1') AS unknown;
-- a street moved to another job does not open, nor does a point
UPDATE dwello.job_sites SET point = (SELECT a.point FROM dwello.user_addresses AS a WHERE a.user_id = t.user('h1') AND a.is_primary)
 WHERE job_id = t.user('site');
SELECT pg_temp.site('h1') AS moved;
ROLLBACK;

--
-- The street of a job without one is that of an address within 100 m: of many
-- at one place the right one, and not one that only its rounded place is near
--
BEGIN;
SELECT t.as_system();
-- a hundred metres apart, from south to north, all of one rounded place
SELECT count(dwello.add_address('business', n || ' Row Street', 'San Francisco', 'CA', '94103', 'US', -122.3001, 37.7004 + n * 0.0009, user_id => t.user('h2')))
  FROM generate_series(0, 4) AS n;
CREATE FUNCTION pg_temp.street_at(longitude float8, latitude float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  job CONSTANT uuid := gen_random_uuid();
BEGIN
  PERFORM t.login_as('h2');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Paint', 'It.', longitude, latitude, job_id => job);
  RETURN (SELECT s.street FROM dwello.job_site(job) AS s);
END
$$;
SELECT n, pg_temp.street_at(-122.3001, 37.7004 + n * 0.0009 + 0.0004) AS nearest, pg_temp.street_at(-122.3001 - 0.0013, 37.7004 + n * 0.0009) AS too_far
  FROM generate_series(0, 4) AS n;
-- over the edge of the rounding, and over the antimeridian
SELECT t.as_system();
SELECT count(dwello.add_address('business', street, 'Taveuni', 'F', '1', 'FJ', longitude, -16.80501, user_id => t.user('h2')))
  FROM (VALUES ('West', 179.9996), ('East', -179.9996)) AS v (street, longitude);
SELECT longitude, pg_temp.street_at(longitude, -16.80499) AS street FROM unnest(ARRAY[179.9997, -179.9999, 180, -179.9992]) AS longitude;
ROLLBACK;
