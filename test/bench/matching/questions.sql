--
-- questions.sql
--	:questions providers who ask for jobs, with all that a peer needs to know.
--
-- match_jobs() looks this up itself, from the provider's id; peers are told.
-- Every second provider asks for their preferred categories alone (for two if
-- they prefer none), the others for every category.
--
-- The categories they ask for, with what is below them, and how well each
-- fits: 1 as named, 0.8 for each level below; all fit who prefers none.
--
CREATE OR REPLACE FUNCTION bench.fits(preferred uuid[], wants_all boolean,
  OUT category_ids uuid[], OUT fits float8[])
LANGUAGE sql STABLE
AS $$
  WITH RECURSIVE below (id, depth) AS (
    SELECT id, 0 FROM unnest(preferred) AS id
    UNION ALL
    SELECT c.id, depth + 1 FROM below JOIN dwello.service_categories AS c ON c.parent_id = below.id
  )
  SELECT array_agg(c.id), array_agg(CASE WHEN preferred = '{}' THEN 1 WHEN b.depth IS NULL THEN 0 ELSE 0.8 ^ b.depth END)
    FROM dwello.service_categories AS c
    LEFT JOIN (SELECT id, min(depth) AS depth FROM below GROUP BY id) AS b ON b.id = c.id
   WHERE wants_all OR preferred = '{}' OR b.id IS NOT NULL
$$;

-- Cells of an eighth of a degree that a circle may touch: a range of numbers
-- for each row of them.
CREATE OR REPLACE FUNCTION bench.cell(longitude float8, latitude float8) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT floor((latitude + 90) * 8)::integer * 4096 + floor((longitude + 180) * 8)::integer $$;
CREATE OR REPLACE FUNCTION bench.cells(longitude float8, latitude float8, radius_m float8,
  OUT lows integer[], OUT highs integer[])
LANGUAGE sql IMMUTABLE
AS $$
  SELECT array_agg(bench.cell(longitude - w, l)), array_agg(bench.cell(longitude + w, l))
    FROM (SELECT degrees(radius_m / 6371008.7714) AS h,
                 degrees(asin(sin(radius_m / 6371008.7714) / cosd(latitude))) AS w) AS box,
         LATERAL (SELECT k / 8.0 - 90 AS l FROM generate_series(floor((latitude - h + 90) * 8)::integer,
                                                         floor((latitude + h + 90) * 8)::integer) AS k) AS rows
$$;

-- Credentials held, as bits.
CREATE OR REPLACE FUNCTION bench.capabilities(user_id uuid) RETURNS bigint
LANGUAGE sql STABLE
AS $$
  SELECT coalesce(sum(DISTINCT 1 << (array_position(enum_range(NULL::dwello.credential_type), c.credential_type) - 1)), 0)
    FROM dwello.provider_credentials AS c WHERE c.user_id = capabilities.user_id
$$;

-- A place in degrees, and on the unit sphere.
CREATE OR REPLACE FUNCTION bench.point(place geography, OUT longitude float8, OUT latitude float8,
  OUT x float8, OUT y float8, OUT z float8)
LANGUAGE sql IMMUTABLE
AS $$
  SELECT lon, lat, cos(radians(lat)) * cos(radians(lon)), cos(radians(lat)) * sin(radians(lon)), sin(radians(lat))
    FROM (SELECT ST_X(place::geometry) AS lon, ST_Y(place::geometry) AS lat) AS p
$$;

DROP TABLE IF EXISTS bench.question;
CREATE TABLE bench.question AS
SELECT q.n, q.provider_id, p.longitude, p.latitude, NULL::integer AS asked_miles, q.radius_miles,
       q.radius_miles * 1609.344 AS radius_m, f.category_ids, f.fits,
       CASE WHEN NOT q.wants_all THEN q.preferred END AS named_ids, bench.capabilities(q.provider_id) AS capabilities,
       p.x, p.y, p.z, r.lows, r.highs, '{}'::uuid[] AS ids
  FROM (SELECT n, a.user_id AS provider_id, a.place AS location,
               coalesce(g.max_bid_radius_miles, 25) AS radius_miles, n % 2 = 0 AS wants_all,
               CASE WHEN n % 2 = 1 AND coalesce(g.preferred_categories, '{}') = '{}'
                    THEN ARRAY[bench.category(n, 200), bench.category(n, 201)]
                    ELSE coalesce(g.preferred_categories, '{}') END AS preferred
          FROM generate_series(1, :questions) AS n
          JOIN dwello.user_addresses AS a
            ON a.user_id = bench.id('service_provider', 1 + n * 7919 % (SELECT count(*) FROM dwello.user_profiles))
          LEFT JOIN dwello.ai_bidding_agents AS g ON g.user_id = a.user_id AND g.is_active) AS q,
       bench.point(q.location) AS p, bench.fits(q.preferred, q.wants_all) AS f,
       bench.cells(p.longitude, p.latitude, q.radius_miles * 1609.344) AS r
 ORDER BY q.n;
ALTER TABLE bench.question ADD PRIMARY KEY (n);

-- One more, numbered 0, from the middle of the largest city: 50 miles, every
-- category, of one who prefers none.
INSERT INTO bench.question
SELECT 0, a.user_id, p.longitude, p.latitude, 50, 50, 50 * 1609.344, f.category_ids, f.fits, NULL,
       bench.capabilities(a.user_id), p.x, p.y, p.z, r.lows, r.highs, '{}'
  FROM (SELECT longitude, latitude FROM bench.city ORDER BY deviation DESC, n LIMIT 1) AS c,
       LATERAL (SELECT user_id, place AS location FROM dwello.user_addresses AS a
                 WHERE NOT EXISTS (SELECT FROM dwello.ai_bidding_agents AS g WHERE g.user_id = a.user_id)
                 ORDER BY ST_Distance(a.place, ST_MakePoint(c.longitude, c.latitude)::geography, false), user_id
                 LIMIT 1) AS a,
       bench.point(a.location) AS p, bench.fits('{}', true) AS f,
       bench.cells(p.longitude, p.latitude, 50 * 1609.344) AS r;
