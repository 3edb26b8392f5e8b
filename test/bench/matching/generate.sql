--
-- generate.sql
--	A country of clustered cities: :jobs open jobs and :providers providers.
--
-- Everything follows from :seed; "now" is bench.now(), which is dwello.now if
-- the driver pins that, so that a run can be repeated on any day.  Cities have
-- log-normal sizes, a sixth of the jobs lies between them, 40 categories
-- form a tree of four levels, budgets are log-normal, most jobs are young.
-- :hidden rows more may not be shown: drafts, closed, deleted, expired,
-- unlisted.  The rows are inserted as they are, past the commands, and
-- indexes of jobs are made afterwards, as by a restore.  With :words each
-- description has so many of 20000 words, the nth of which is found in about
-- one of n, beside "measurement", which all have.
--
\if :{?words}
\else
\set words 0
\endif
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0;
SET session_replication_role = replica;
SET synchronous_commit = off;
CREATE SCHEMA IF NOT EXISTS bench;

SELECT format($$
CREATE OR REPLACE FUNCTION bench.now() RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $f$ SELECT %L::timestamptz $f$
$$, coalesce(nullif(current_setting('dwello.now', true), ''), '2026-06-01 12:00+00')) \gexec

-- An even number in [0, 1), the same for the same i, aspect and :seed.
SELECT format($$
CREATE OR REPLACE FUNCTION bench.u(i bigint, aspect integer) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT (hashint8extended(i, %s * 1000 + aspect) & 9007199254740991) / 9007199254740992.0::float8'
$$, :seed) \gexec

-- A normal one with mean 0 and deviation 1 (Box and Muller).
CREATE OR REPLACE FUNCTION bench.normal(i bigint, aspect integer) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT sqrt(-2 * ln(1 - bench.u(i, aspect))) * cos(2 * pi() * bench.u(i, aspect + 500)) $$;

-- The id of the nth of a kind of things, and the time-ordered one of a job.
CREATE OR REPLACE FUNCTION bench.id(kind text, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT md5(kind || n)::uuid $$;
CREATE OR REPLACE FUNCTION bench.id(made timestamptz, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT (lpad(to_hex((extract(epoch FROM made) * 1000)::bigint), 12, '0') || '7'
          || substr(md5('job' || n), 1, 3) || '8' || substr(md5('job' || n), 4, 15))::uuid
$$;

-- ----------------------------------------------------------------------
-- Cities: cumulated shares, so that width_bucket() finds one
-- ----------------------------------------------------------------------
CREATE TABLE bench.city AS
SELECT n::integer, longitude, latitude, deviation, sum(size) OVER (ORDER BY n) / sum(size) OVER () AS upto
  FROM (SELECT n, size,
               -122 + 52 * bench.u(n, 1) AS longitude, 27 + 20 * bench.u(n, 2) AS latitude,
               0.03 + 0.17 * sqrt(size / max(size) OVER ()) AS deviation
          FROM (SELECT n, exp(1.6 * bench.normal(n, 3)) AS size FROM generate_series(1, 1000) AS n) AS c) AS c;

-- The nth place of somebody or something, to 0.01 degree.
SELECT format($$
CREATE OR REPLACE FUNCTION bench.place(i bigint, aspect integer)
RETURNS TABLE (longitude float8, latitude float8)
LANGUAGE sql IMMUTABLE ROWS 1
AS '
  SELECT round((CASE WHEN rural THEN -124 + 56 * bench.u(i, aspect + 2)
                     ELSE (%1$L::float8[])[c] + bench.normal(i, aspect + 2) * (%3$L::float8[])[c]
                          / cosd((%2$L::float8[])[c]) END)::numeric, 2)::float8,
         round((CASE WHEN rural THEN 25 + 24 * bench.u(i, aspect + 3)
                     ELSE (%2$L::float8[])[c] + bench.normal(i, aspect + 3) * (%3$L::float8[])[c] END)::numeric, 2)::float8
    FROM (SELECT 1 + width_bucket(bench.u(i, aspect), %4$L::float8[]) AS c,
                 bench.u(i, aspect + 1) < 1 / 6.0 AS rural) AS pick
'$$, array_agg(longitude ORDER BY n), array_agg(latitude ORDER BY n),
  array_agg(deviation ORDER BY n), array_agg(upto ORDER BY n)) AS text
  FROM bench.city \gset
SELECT replace(replace(:'text', '''{', '''''{'), '}''', '}''''') \gexec

-- ----------------------------------------------------------------------
-- Categories: 28 beside the 12 built-in ones; no job is in a root
-- ----------------------------------------------------------------------
INSERT INTO dwello.service_categories (id, parent_id, name, sort_order)
SELECT bench.id('category', n),
       CASE WHEN n <= 16 THEN ('d0000000-0000-7000-8000-0000000000' || 11 + (n - 1) % 8)::uuid
            WHEN n <= 22 THEN ('d0000000-0000-7000-8000-00000000000' || 2 + n % 3)::uuid
            ELSE bench.id('category', n - 22) END,
       'Category ' || n, n
  FROM generate_series(1, 28) AS n
ON CONFLICT DO NOTHING;

CREATE TABLE bench.categories AS
SELECT array_agg(id ORDER BY n) AS id, array_agg(upto::float8 ORDER BY n) AS upto
  FROM (SELECT id, n, sum(1.0 / (n + 2)) OVER (ORDER BY n) / sum(1.0 / (n + 2)) OVER () AS upto
          FROM (SELECT id, row_number() OVER (ORDER BY hashtext(id::text)) AS n
                  FROM dwello.service_categories WHERE parent_id IS NOT NULL) AS c) AS c;
CREATE OR REPLACE FUNCTION bench.category(i bigint, aspect integer) RETURNS uuid
LANGUAGE sql STABLE
AS $$ SELECT c.id[1 + width_bucket(bench.u(i, aspect), c.upto)] FROM bench.categories AS c $$;

-- ----------------------------------------------------------------------
-- People
-- ----------------------------------------------------------------------
INSERT INTO dwello.users (id, user_type, status, email, email_index, first_name, last_name,
                          email_verified, provider_verified, created_at, updated_at)
SELECT bench.id(kind, n), kind::dwello.user_type, 'active', '\x00', sha256((kind || n)::bytea), 'A', 'B',
       true, kind = 'service_provider', bench.now() - interval '1 year', bench.now() - interval '1 year'
  FROM (SELECT 'homeowner' AS kind, generate_series(1, greatest(:jobs / 100, 10)) AS n
        UNION ALL SELECT 'service_provider', generate_series(1, :providers)) AS p;

INSERT INTO dwello.user_addresses (user_id, id, address_type, street, city, state, postal_code, country,
                                   point, place, is_primary)
SELECT bench.id('service_provider', n), bench.id('address', n), 'business', '\x00', 'C', 'S', '1', 'US', '\x00',
       ST_MakePoint(round(p.longitude::numeric, 2)::float8, round(p.latitude::numeric, 2)::float8)::geography, true
  FROM generate_series(1, :providers) AS n, bench.place(n, 100) AS p;

INSERT INTO dwello.provider_credentials (user_id, id, credential_type, name, valid_until, verified_at)
SELECT bench.id('service_provider', n), bench.id(type, n), type::dwello.credential_type, type,
       '2030-01-01', bench.now() - interval '1 year'
  FROM generate_series(1, :providers) AS n,
       (VALUES ('license', 0.5, 110), ('insurance', 0.7, 111), ('certification', 0.2, 112)) AS c (type, share, aspect)
 WHERE bench.u(n, aspect) < share;

-- Six of ten have an active agent, a tenth of these with no preference.
INSERT INTO dwello.ai_bidding_agents (user_id, is_active, mode, max_bid_radius_miles, min_project_value,
                                      max_project_value, preferred_categories)
SELECT bench.id('service_provider', n), true, 'auto', 5 + (bench.u(n, 121) * 35)::integer,
       (exp(bench.normal(n, 122) * 0.7) * 8000)::bigint + 1,
       (exp(bench.normal(n, 123) * 0.7) * 300000)::bigint + 1000000,
       CASE WHEN bench.u(n, 124) < 0.1 THEN '{}'
            ELSE ARRAY(SELECT DISTINCT bench.category(n, 130 + k)
                         FROM generate_series(1, 1 + (bench.u(n, 125) * 5)::integer) AS k) END
  FROM generate_series(1, :providers) AS n
 WHERE bench.u(n, 120) < 0.6;

-- What matching knows of them, as commands would have kept it.
INSERT INTO dwello.user_profiles (user_id, account_status, longitude, latitude, radius_miles, capability_bits, capability_until)
SELECT a.user_id, 5, ST_X(a.place::geometry), ST_Y(a.place::geometry), g.max_bid_radius_miles, coalesce(c.bits, 0), c.until
  FROM dwello.user_addresses AS a
  LEFT JOIN dwello.ai_bidding_agents AS g ON g.user_id = a.user_id
  LEFT JOIN (SELECT user_id, min(valid_until) AS until,
                    sum(CASE credential_type WHEN 'license' THEN 1 WHEN 'insurance' THEN 2 ELSE 4 END) AS bits
               FROM dwello.provider_credentials GROUP BY user_id) AS c ON c.user_id = a.user_id;
UPDATE dwello.ai_bidding_agents AS a
   SET account_status = p.account_status, longitude = p.longitude, latitude = p.latitude, category_ids = a.preferred_categories,
       capability_bits = p.capability_bits, capability_until = p.capability_until
  FROM dwello.user_profiles AS p WHERE p.user_id = a.user_id;

-- ----------------------------------------------------------------------
-- Jobs, in the order of publication, as a table grows
-- ----------------------------------------------------------------------
CREATE TEMP TABLE index_of_jobs AS
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index WHERE indrelid = 'dwello.jobs'::regclass AND NOT indisprimary;
SELECT format('DROP INDEX %s', name) FROM index_of_jobs \gexec

CREATE TEMP TABLE job AS
SELECT n, published, bench.id(published, n) AS id, p.longitude, p.latitude,
       CASE WHEN bench.u(n, 10) < 0.15 THEN NULL
            ELSE (100 * ceil(exp(bench.normal(n, 11) * 1.1) * 600))::bigint END AS top,
       (ARRAY['low', 'medium', 'high', 'urgent']::dwello.urgency[])
         [1 + width_bucket(bench.u(n, 12), '{0.2,0.7,0.9}'::float8[])] AS urgency,
       CASE WHEN n % ((:jobs + :hidden) / greatest(:hidden, 1)) = 0 AND :hidden > 0
            THEN (n / ((:jobs + :hidden) / greatest(:hidden, 1))) % 6 END AS hidden,
       CASE WHEN bench.u(n, 13) < 0.03 THEN 'EUR' ELSE 'USD' END AS currency,
       bench.u(n, 14) < 0.12 AS license, bench.u(n, 15) < 0.10 AS insurance, bench.u(n, 16) < 0.03 AS certification
  FROM generate_series(1, :jobs + :hidden) AS n,
       LATERAL (SELECT date_trunc('milliseconds', bench.now() - interval '29 days'
                  * ((:jobs + :hidden - n + bench.u(n, 17)) / (:jobs + :hidden)) ^ 1.5) AS published) AS t,
       bench.place(n, 20) AS p;

INSERT INTO dwello.jobs (id, homeowner_id, provider_id, category_id, status, title, description, location,
                         budget_min, budget_max, currency, urgency, is_emergency, reference_amount,
                         is_listed, published_at, expires_at, created_at, updated_at, deleted_at, requirement_bits)
SELECT id, bench.id('homeowner', 1 + (bench.u(n, 30) * (greatest(:jobs / 100, 10) - 1))::bigint),
       CASE WHEN hidden = 1 THEN bench.id('service_provider', 1) END, bench.category(n, 31),
       CASE hidden WHEN 0 THEN 'draft' WHEN 1 THEN 'completed' WHEN 2 THEN 'cancelled' ELSE 'open' END::dwello.job_status,
       'Job ' || n, 'The ' || n || 'th of the jobs that were made up for a measurement.'
         || coalesce((SELECT string_agg(' w' || floor(20000 ^ bench.u(n, 600 + w)), '') FROM generate_series(1, :words) AS w), ''),
       ST_MakePoint(longitude, latitude)::geography,
       CASE WHEN bench.u(n, 32) < 0.6 THEN (top * (0.4 + 0.5 * bench.u(n, 33)))::bigint END,
       CASE WHEN bench.u(n, 34) < 0.97 THEN top END, currency, urgency,
       urgency = 'urgent' AND bench.u(n, 35) < 0.3, coalesce(top, 50000),
       coalesce(hidden, 9) > 3,
       CASE WHEN hidden IS DISTINCT FROM 0 THEN published END,
       CASE WHEN hidden = 4 THEN bench.now() - interval '1 minute' ELSE published + interval '30 days' END,
       published - interval '1 hour', published,
       CASE WHEN hidden = 5 THEN bench.now() END,
       license::integer + 2 * insurance::integer + 4 * certification::integer
  FROM job ORDER BY n;

INSERT INTO dwello.job_requirements (job_id, id, homeowner_id, is_listed, requirement_type)
SELECT j.id, bench.id(type, j.n), d.homeowner_id, d.is_listed, type::dwello.credential_type
  FROM job AS j
  JOIN dwello.jobs AS d ON d.id = j.id,
       LATERAL (VALUES ('license', license), ('insurance', insurance), ('certification', certification)) AS r (type, wanted)
 WHERE wanted;
DROP TABLE job;

SELECT definition FROM index_of_jobs \gexec
DROP TABLE index_of_jobs;
RESET session_replication_role;
RESET max_parallel_workers_per_gather;
VACUUM (ANALYZE) dwello.jobs, dwello.users, dwello.user_addresses, dwello.ai_bidding_agents,
  dwello.provider_credentials, dwello.user_profiles, dwello.service_categories, dwello.job_requirements;
