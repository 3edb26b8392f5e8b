--
-- rank_bids.sql
--	A job with :bids bids of as many providers, and three ways to rank them.
--
SET client_min_messages = warning;
CREATE EXTENSION dwello CASCADE;
SELECT FROM dwello.create_keyring();
CREATE SCHEMA bench;

-- The id of the nth of a kind of things.
CREATE FUNCTION bench.id(kind text, n integer) RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$ SELECT md5(kind || n)::uuid $$;

-- A provider within some miles of the job, with a past of their own; in a
-- place that rounding to 0.01 degree leaves where it is.
CREATE FUNCTION bench.make_provider(n integer) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  id uuid := bench.id('provider', n);
BEGIN
  PERFORM dwello.register_user(email => 'p' || n || '@example.test',
    user_type => 'service_provider', first_name => 'P' || n,
    last_name => 'Bench', user_id => id);
  PERFORM dwello.verify_user(id, what)
     FROM unnest(ARRAY['email', 'provider']) AS what;
  PERFORM dwello.add_address('business', n || ' Market Street',
    'San Francisco', 'CA', '94103', 'US', -122.42 + (n * 37 % 40) * 0.01,
    37.77 + (n * 53 % 40) * 0.01, user_id => id);
  PERFORM dwello.add_credential('license', 'C-33', user_id => id);
END
$$;

-- Their bid; one in ten is below the minimum, one in seven repeats a price.
CREATE FUNCTION bench.make_bid(n integer) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM dwello.login(dwello.issue_token(bench.id('provider', n)));
  PERFORM dwello.submit_bid(job_id => bench.id('job', 1),
    labor_cost => CASE WHEN n % 10 = 0 THEN 4000
                  ELSE 60000 + n * 37 % 60 * 1100 END,
    timeline_days => 1 + n % 9, warranty_months => n % 36,
    bid_id => bench.id('bid', n));
  PERFORM dwello.login(NULL);
END
$$;

SELECT FROM dwello.register_user(email => 'h@example.test',
  user_type => 'homeowner', first_name => 'H', last_name => 'Bench',
  user_id => bench.id('homeowner', 1));
SELECT FROM dwello.verify_user(bench.id('homeowner', 1), 'email');
SELECT FROM generate_series(1, :bids) AS n, bench.make_provider(n);
UPDATE dwello.provider_credentials SET verified_at = now();
UPDATE dwello.provider_stats AS s
   SET rating_weight = 1000000 * (n % 12), rating_sum = 900000 * (n % 12),
       rating_square_sum = 850000 * (n % 12), completed = 1000000 * (n % 12),
       awarded = 1000000 * (n % 12 + n % 2), median_reply_minutes = 10 * n,
       as_of = (now() AT TIME ZONE 'UTC')::date
  FROM generate_series(1, :bids) AS n
 WHERE s.user_id = bench.id('provider', n);
BEGIN;
SELECT FROM dwello.login(dwello.issue_token(bench.id('homeowner', 1)));
SELECT FROM dwello.post_job(job_id => bench.id('job', 1),
  category_id => (SELECT id FROM dwello.service_categories
                   WHERE name = 'Painting & Decorating'),
  title => 'Bench', description => 'Bench.', longitude => -122.42,
  latitude => 37.77, budget_min => 80000, budget_max => 120000,
  estimated_duration_hours => 16, requirements => '[
    {"requirement_type": "license", "requirement_value": "C-33"},
    {"requirement_type": "insurance", "requirement_value": "1",
     "is_mandatory": false, "weight": 1}]');
SELECT FROM dwello.publish_job(job_id => bench.id('job', 1));
COMMIT;
SELECT FROM generate_series(1, :bids) AS n, bench.make_bid(n);

-- One statement that knows the gates and the formula.  It counts in double
-- precision where the server counts in integers, takes what the providers
-- are today for what was stored, and otherwise answers what rank_bids does.
CREATE FUNCTION bench.recompute(job uuid)
RETURNS TABLE (rank bigint, bid_id uuid, provider_id uuid, bid_amount bigint,
  currency text, score numeric, total bigint, eligible boolean,
  reasons text[], flags text[])
LANGUAGE sql STABLE
AS $$
  WITH terms AS (
    SELECT j.id, j.currency, j.terms_version, j.reference_amount AS r,
           j.reference_amount / 2 AS low, j.location,
           greatest(1, ceil(coalesce(j.estimated_duration_hours, 8) / 8.0)) AS days,
           coalesce(j.preferred_end_date, (now() AT TIME ZONE 'UTC')::date) AS day,
           (j.weights->>'price')::integer AS w_price,
           (j.weights->>'rating')::integer AS w_rating,
           (j.weights->>'reliability')::integer AS w_reliability,
           (j.weights->>'timeline')::integer AS w_timeline,
           (j.weights->>'warranty')::integer AS w_warranty,
           (j.weights->>'distance')::integer AS w_distance,
           (j.weights->>'qualification')::integer AS w_qualification,
           (j.weights->>'responsiveness')::integer AS w_responsiveness,
           (SELECT value::integer FROM dwello.settings
             WHERE name = 'max_bid_radius_miles') AS radius,
           (SELECT a.amount FROM dwello.setting_amounts(j.currency) AS a
             WHERE a.name = 'min_bid_amount') AS minimum
      FROM dwello.jobs AS j
     WHERE j.id = job
  ), facts AS MATERIALIZED (
    SELECT b.id, b.provider_id, b.bid_amount, b.currency, b.submitted_at,
           b.comparable_price AS p, b.is_inconsistent, b.timeline_days,
           b.warranty_months, s.median_reply_minutes,
           coalesce(s.rating_weight, 0) / 1e6 AS n,
           coalesce(s.rating_sum, 0) / 1e6 AS x,
           coalesce(s.rating_square_sum, 0) / 1e6 AS q,
           coalesce(s.completed, 0) / 1e6 AS completed,
           coalesce(s.awarded, 0) / 1e6 AS awarded,
           ST_Distance(a.place, t.location, false) / 1609.344 AS miles,
           q.missing, q.met, q.optional,
           b.status IN ('pending', 'accepted') AND b.expires_at > now() AS is_live,
           b.terms_version = t.terms_version AS is_current,
           u.status = 'active' AND u.provider_verified AS is_active,
           t.r, t.low, t.days, t.radius, t.minimum, t.w_price, t.w_rating,
           t.w_reliability, t.w_timeline, t.w_warranty, t.w_distance,
           t.w_qualification, t.w_responsiveness
      FROM terms AS t
      JOIN dwello.bids AS b ON b.job_id = t.id AND b.deleted_at IS NULL
      JOIN dwello.users AS u ON u.id = b.provider_id
      LEFT JOIN dwello.provider_stats AS s ON s.user_id = b.provider_id
      LEFT JOIN dwello.user_addresses AS a
           ON a.user_id = b.provider_id AND a.is_primary
      CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE r.is_mandatory AND NOT m.is_met) AS missing,
               coalesce(sum(r.weight) FILTER (WHERE NOT r.is_mandatory AND m.is_met), 0) AS met,
               sum(r.weight) FILTER (WHERE NOT r.is_mandatory) AS optional
          FROM dwello.job_requirements AS r
          CROSS JOIN LATERAL (
            SELECT EXISTS (
              SELECT FROM dwello.provider_credentials AS c
               WHERE c.user_id = b.provider_id
                 AND c.credential_type = r.requirement_type
                 AND c.verified_at IS NOT NULL
                 AND (c.valid_from IS NULL OR c.valid_from <= t.day)
                 AND (c.valid_until IS NULL OR c.valid_until >= t.day)
                 AND CASE WHEN r.requirement_type IN ('license', 'certification', 'equipment')
                     THEN lower(c.issuer) = lower(r.requirement_value)
                          OR lower(c.name) = lower(r.requirement_value)
                     WHEN r.requirement_type = 'insurance'
                     THEN c.amount >= r.requirement_value::bigint
                     ELSE c.years_experience >= r.requirement_value::bigint END
            ) AS is_met) AS m
         WHERE r.job_id = t.id) AS q
  ), scored AS (
    SELECT f.*,
           floor(f.w_price * (f.low + f.r - greatest(f.p, f.low)) * 10000.0 / f.r)
           + floor(f.w_rating * 10000 * ((f.x + 6.4) / (f.n + 8)
               - sqrt(((f.q + 6.4) / (f.n + 8) - ((f.x + 6.4) / (f.n + 8)) ^ 2)
                      / (f.n + 9)) / 2))
           + floor(f.w_reliability * 10000 * least(1, (4.8 + f.completed) / (6 + f.awarded)))
           + floor(f.w_timeline * 10000 * coalesce(f.days / (f.days + f.timeline_days), 0))
           + floor(f.w_warranty * 10000 * f.warranty_months / (f.warranty_months + 12.0))
           + floor(f.w_distance * 10000 * 10 / (10 + floor(f.miles + 0.5)))
           + floor(f.w_qualification * 10000 * coalesce(f.met / f.optional::numeric, 1))
           + floor(f.w_responsiveness * 10000 * coalesce(240 / (240.0 + f.median_reply_minutes), 0.5))
           AS points,
           array_remove(ARRAY[
             CASE WHEN NOT f.is_live THEN 'BID_NOT_LIVE' END,
             CASE WHEN NOT f.is_current THEN 'STALE_TERMS' END,
             CASE WHEN NOT f.is_active THEN 'PROVIDER_INACTIVE' END,
             CASE WHEN f.missing > 0 THEN 'REQUIREMENT_MISSING' END,
             CASE WHEN f.miles > f.radius THEN 'OUTSIDE_RADIUS' END,
             CASE WHEN f.miles IS NULL THEN 'NO_PLACE' END,
             CASE WHEN f.bid_amount < f.minimum THEN 'BELOW_MINIMUM' END], NULL) AS why
      FROM facts AS f
  ), compared AS (
    SELECT s.*, s.why = '{}' AS ok,
           count(*) FILTER (WHERE s.why = '{}') OVER () AS rivals,
           count(*) FILTER (WHERE s.why = '{}') OVER (PARTITION BY s.p) AS alike,
           row_number() OVER (ORDER BY s.why <> '{}',
             CASE WHEN s.why = '{}' THEN s.points END DESC,
             CASE WHEN s.why = '{}' THEN s.p END, s.submitted_at, s.id) AS place,
           (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY m.p)
              FROM scored AS m WHERE m.why = '{}') AS median
      FROM scored AS s
  )
  SELECT c.place, c.id, c.provider_id, c.bid_amount, c.currency,
         CASE WHEN c.ok THEN round(least(100, greatest(0, c.points / 1e6))::numeric, 2) END,
         CASE WHEN c.ok THEN c.points::bigint END, c.ok, c.why,
         array_remove(ARRAY[
           CASE WHEN c.ok AND c.rivals >= 3 AND c.p < 0.70 * c.median
                 AND c.p < 0.75 * c.r THEN 'ABNORMALLY_LOW' END,
           CASE WHEN c.ok AND c.alike > 1 THEN 'IDENTICAL_PRICE' END,
           CASE WHEN c.ok AND c.rivals = 1 THEN 'SINGLE_BID' END,
           CASE WHEN c.is_inconsistent THEN 'INCONSISTENT_TOTAL' END], NULL)
    FROM compared AS c
   ORDER BY c.place
$$;

-- The same gates and flags around the stored totals.
CREATE FUNCTION bench.read_stored(job uuid)
RETURNS TABLE (rank bigint, bid_id uuid, provider_id uuid, bid_amount bigint,
  currency text, score numeric, total bigint, eligible boolean,
  reasons text[], flags text[])
LANGUAGE sql STABLE
AS $$
  WITH terms AS (
    SELECT j.id, j.currency, j.terms_version, j.reference_amount AS r, j.location,
           coalesce(j.preferred_end_date, (now() AT TIME ZONE 'UTC')::date) AS day,
           (SELECT value::integer FROM dwello.settings
             WHERE name = 'max_bid_radius_miles') AS radius,
           (SELECT a.amount FROM dwello.setting_amounts(j.currency) AS a
             WHERE a.name = 'min_bid_amount') AS minimum
      FROM dwello.jobs AS j
     WHERE j.id = job
  ), facts AS MATERIALIZED (
    SELECT b.id, b.provider_id, b.bid_amount, b.currency, b.submitted_at,
           b.comparable_price AS p, b.is_inconsistent, b.score_total, t.r,
           ST_Distance(a.place, t.location, false) / 1609.344 AS miles,
           EXISTS (
             SELECT FROM dwello.job_requirements AS r
              WHERE r.job_id = t.id AND r.is_mandatory AND NOT EXISTS (
                SELECT FROM dwello.provider_credentials AS c
                 WHERE c.user_id = b.provider_id
                   AND c.credential_type = r.requirement_type
                   AND c.verified_at IS NOT NULL
                   AND (c.valid_from IS NULL OR c.valid_from <= t.day)
                   AND (c.valid_until IS NULL OR c.valid_until >= t.day)
                   AND CASE WHEN r.requirement_type IN ('license', 'certification', 'equipment')
                       THEN lower(c.issuer) = lower(r.requirement_value)
                            OR lower(c.name) = lower(r.requirement_value)
                       WHEN r.requirement_type = 'insurance'
                       THEN c.amount >= r.requirement_value::bigint
                       ELSE c.years_experience >= r.requirement_value::bigint END
              )) AS is_missing,
           b.status IN ('pending', 'accepted') AND b.expires_at > now() AS is_live,
           b.terms_version = t.terms_version AS is_current,
           u.status = 'active' AND u.provider_verified AS is_active,
           t.radius, t.minimum
      FROM terms AS t
      JOIN dwello.bids AS b ON b.job_id = t.id AND b.deleted_at IS NULL
      JOIN dwello.users AS u ON u.id = b.provider_id
      LEFT JOIN dwello.user_addresses AS a
           ON a.user_id = b.provider_id AND a.is_primary
  ), gated AS (
    SELECT f.*,
           array_remove(ARRAY[
             CASE WHEN NOT f.is_live THEN 'BID_NOT_LIVE' END,
             CASE WHEN NOT f.is_current THEN 'STALE_TERMS' END,
             CASE WHEN NOT f.is_active THEN 'PROVIDER_INACTIVE' END,
             CASE WHEN f.is_missing THEN 'REQUIREMENT_MISSING' END,
             CASE WHEN f.miles > f.radius THEN 'OUTSIDE_RADIUS' END,
             CASE WHEN f.miles IS NULL THEN 'NO_PLACE' END,
             CASE WHEN f.bid_amount < f.minimum THEN 'BELOW_MINIMUM' END], NULL) AS why
      FROM facts AS f
  ), compared AS (
    SELECT g.*, g.why = '{}' AS ok,
           count(*) FILTER (WHERE g.why = '{}') OVER () AS rivals,
           count(*) FILTER (WHERE g.why = '{}') OVER (PARTITION BY g.p) AS alike,
           row_number() OVER (ORDER BY g.why <> '{}',
             CASE WHEN g.why = '{}' THEN g.score_total END DESC,
             CASE WHEN g.why = '{}' THEN g.p END, g.submitted_at, g.id) AS place,
           (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY m.p)
              FROM gated AS m WHERE m.why = '{}') AS median
      FROM gated AS g
  )
  SELECT c.place, c.id, c.provider_id, c.bid_amount, c.currency,
         CASE WHEN c.ok THEN round(least(100, greatest(0, c.score_total / 1e6)), 2) END,
         CASE WHEN c.ok THEN c.score_total END, c.ok, c.why,
         array_remove(ARRAY[
           CASE WHEN c.ok AND c.rivals >= 3 AND c.p < 0.70 * c.median
                 AND c.p < 0.75 * c.r THEN 'ABNORMALLY_LOW' END,
           CASE WHEN c.ok AND c.alike > 1 THEN 'IDENTICAL_PRICE' END,
           CASE WHEN c.ok AND c.rivals = 1 THEN 'SINGLE_BID' END,
           CASE WHEN c.is_inconsistent THEN 'INCONSISTENT_TOTAL' END], NULL)
    FROM compared AS c
   ORDER BY c.place
$$;

-- The stored totals alone: no gate, no flag.  The floor.
CREATE FUNCTION bench.read_bare(job uuid)
RETURNS TABLE (rank bigint, bid_id uuid, provider_id uuid, bid_amount bigint,
  currency text, score numeric, total bigint)
LANGUAGE sql STABLE
AS $$
  SELECT row_number() OVER (ORDER BY b.score_total DESC, b.comparable_price,
                            b.submitted_at, b.id),
         b.id, b.provider_id, b.bid_amount, b.currency,
         round(least(100, greatest(0, b.score_total / 1e6)), 2), b.score_total
    FROM dwello.bids AS b
   WHERE b.job_id = job AND b.status = 'pending' AND b.deleted_at IS NULL
   ORDER BY 1
$$;

VACUUM ANALYZE;

-- The time of a call in microseconds that one in fifty is below, over rounds
-- in which every way has its turn: on a busy machine a long call is interrupted
-- more often than a short one, and a median would count that.  Each is a
-- prepared statement that names the job, which lets SQL plan for this job
-- and keep the plan.
CREATE FUNCTION bench.race(rounds integer)
RETURNS TABLE (way text, microseconds numeric)
LANGUAGE plpgsql
SET jit = off
AS $$
DECLARE
  ways text[] := '{rank_bids, recompute, read_stored, read_bare}';
  schemas text[] := '{dwello, bench, bench, bench}';
  started timestamptz;
  spent float8[] := '{}';
BEGIN
  FOR i IN 1 .. 4 LOOP
    EXECUTE format('PREPARE %I AS SELECT * FROM %I.%I(%L)', ways[i],
                   schemas[i], ways[i], bench.id('job', 1));
  END LOOP;
  FOR round IN 1 .. rounds LOOP
    FOR i IN 1 .. 4 LOOP
      started := clock_timestamp();
      EXECUTE 'EXECUTE ' || ways[i];
      spent := spent || extract(epoch FROM clock_timestamp() - started)::float8;
    END LOOP;
  END LOOP;
  RETURN QUERY
    SELECT w.name, round((1e6 * percentile_cont(0.02) WITHIN GROUP (ORDER BY s.t))::numeric, 1)
      FROM unnest(spent) WITH ORDINALITY AS s (t, n)
      JOIN unnest(ways) WITH ORDINALITY AS w (name, i) ON (s.n - 1) % 4 = w.i - 1
     WHERE s.n > 4 * (rounds / 10)    -- the first tenth warms up
     GROUP BY w.i, w.name ORDER BY w.i;
END
$$;
