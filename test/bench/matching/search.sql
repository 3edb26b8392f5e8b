--
-- search.sql
--	Ways to search jobs and to make tiles of them, in dwello and in plain SQL,
--	and a race between them.
--
CREATE INDEX plain_location_idx ON dwello.jobs USING gist (location) WHERE status = 'open';
ANALYZE dwello.jobs;

-- The tile of zoom 11 with the most jobs, and a place in it.
CREATE TABLE bench.dense AS
SELECT t.x, t.y, st_x(j.location::geometry) AS longitude, st_y(j.location::geometry) AS latitude
  FROM (SELECT dwello.tile_x(cell, 11)::integer AS x, dwello.tile_y(cell, 11)::integer AS y, min(id::text)::uuid AS id
          FROM dwello.jobs WHERE status = 'open' GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1) AS t
  JOIN dwello.jobs AS j ON j.id = t.id;

-- What search_jobs() answers, with every job that fits ranked.
CREATE FUNCTION bench.search(words text) RETURNS SETOF uuid
LANGUAGE sql STABLE
AS $$
  SELECT j.id
    FROM dwello.jobs AS j, websearch_to_tsquery('pg_catalog.english', words) AS q
   WHERE j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL AND j.expires_at > bench.now()
     AND j.published_at <= bench.now() AND j.currency = 'USD' AND j.search @@ q
   ORDER BY 0.5 * ts_rank(j.search, q)
     + 0.5 * greatest(1 - extract(epoch FROM bench.now() - j.published_at)::float8 / 3600 / 1440, 0) DESC, j.id
   LIMIT 20
$$;
CREATE FUNCTION bench.search_near(longitude float8, latitude float8, miles float8) RETURNS SETOF uuid
LANGUAGE sql STABLE
AS $$
  SELECT j.id
    FROM dwello.jobs AS j
   WHERE j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL AND j.expires_at > bench.now()
     AND j.published_at <= bench.now() AND j.currency = 'USD'
     AND st_dwithin(j.location, st_point(longitude, latitude)::geography, miles * 1609.344, false)
   ORDER BY 0.6 * (1 - st_distance(j.location, st_point(longitude, latitude)::geography, false) / 1609.344 / miles)
     + 0.4 * greatest(1 - extract(epoch FROM bench.now() - j.published_at)::float8 / 3600 / 1440, 0) DESC, j.id
   LIMIT 20
$$;

-- A tile from the jobs alone: of themselves by PostGIS, of counts as
-- jobs_mvt() makes them.
CREATE FUNCTION bench.jobs_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE
AS $$
  SELECT st_asmvt(t, 'jobs', 4096, 'geom')
    FROM (SELECT st_asmvtgeom(st_transform(j.location::geometry, 3857), st_tileenvelope(z, x, y), 4096, 0) AS geom, j.id::text AS id,
                 j.category_id::text AS category, j.urgency::text AS urgency, coalesce(j.budget_max, j.budget_min) AS budget, j.currency
            FROM dwello.jobs AS j
           WHERE j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL AND j.expires_at > bench.now()
             AND j.location && st_transform(st_tileenvelope(z, x, y), 4326)::geography) AS t
$$;
-- The first cell of a tile.
CREATE FUNCTION bench.corner(z integer, x integer, y integer) RETURNS bigint
LANGUAGE sql IMMUTABLE
AS $$
  SELECT sum(((x >> b & 1) + 2 * (y >> b & 1))::bigint << (2 * (31 - z + b)))::bigint FROM generate_series(0, greatest(z - 1, 0)) AS b
$$;
CREATE FUNCTION bench.counts_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE
AS $$
  WITH RECURSIVE roots (id, root_id) AS (
    SELECT c.id, c.id FROM dwello.service_categories AS c WHERE c.parent_id IS NULL
    UNION ALL SELECT c.id, r.root_id FROM roots AS r JOIN dwello.service_categories AS c ON c.parent_id = r.id),
  counts AS (
    SELECT j.cell >> (2 * (27 - z)) AS tile, r.root_id, count(*) AS jobs,
           sum(dwello.tile_x(j.cell, 31))::bigint AS x_sum, sum(dwello.tile_y(j.cell, 31))::bigint AS y_sum
      FROM dwello.jobs AS j JOIN roots AS r ON r.id = j.category_id
     WHERE j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL AND j.expires_at > bench.now()
       AND j.cell BETWEEN bench.corner(z, x, y) AND bench.corner(z, x, y) + (1::bigint << (2 * (31 - z))) - 1
     GROUP BY 1, 2)
  SELECT st_asmvt(t, 'counts', 4096, 'geom')
    FROM (SELECT st_makepoint(((sum(c.x_sum)::bigint / sum(c.jobs)::bigint) >> (19 - z)) & 4095,
                              ((sum(c.y_sum)::bigint / sum(c.jobs)::bigint) >> (19 - z)) & 4095) AS geom,
                 sum(c.jobs)::bigint AS jobs, jsonb_object_agg(c.root_id, c.jobs)
            FROM counts AS c GROUP BY c.tile ORDER BY c.tile) AS t
$$;

-- ----------------------------------------------------------------------
-- The race
-- ----------------------------------------------------------------------
CREATE TABLE bench.way (n serial PRIMARY KEY, task text, way text, sql text);
INSERT INTO bench.way (task, way, sql)
  SELECT 'search ' || word, way, format(sql, word)
    FROM (VALUES ('measurement'), ('w1'), ('w300'), ('w15000'), ('w1 w2 w3 w4 w5'), ('-measurement')) AS w (word),
         (VALUES ('dwello', 'SELECT array_agg(s.job_id) FROM dwello.search_jobs(%L) AS s'),
                 ('plain', 'SELECT array_agg(s) FROM bench.search(%L) AS s')) AS v (way, sql);
INSERT INTO bench.way (task, way, sql)
  SELECT 'near, 50 miles', way, format(sql, longitude, latitude)
    FROM bench.dense,
         (VALUES ('dwello', 'SELECT array_agg(s.job_id) FROM dwello.search_jobs(NULL, %s, %s, 50) AS s'),
                 ('plain', 'SELECT array_agg(s) FROM bench.search_near(%s, %s, 50) AS s')) AS v (way, sql);
INSERT INTO bench.way (task, way, sql)
  SELECT 'tile of zoom ' || z, way,
         format('SELECT %s(%s, %s, %s)', function, z, CASE WHEN z > 11 THEN (x << z - 11) + (1 << z - 12) ELSE x >> 11 - z END,
                CASE WHEN z > 11 THEN (y << z - 11) + (1 << z - 12) ELSE y >> 11 - z END)
    FROM bench.dense, unnest(ARRAY[5, 8, 11, 14]) AS z,
         (VALUES ('dwello', 'dwello.jobs_mvt', 0, 22), ('plain', 'bench.counts_tile', 0, 10), ('plain', 'bench.jobs_tile', 11, 22))
           AS v (way, function, first, last)
   WHERE z BETWEEN first AND last ORDER BY z;

-- Tasks whose answers differ, of those where both ways must give the same; a
-- job on the edge of a tile PostGIS has in both.
CREATE FUNCTION bench.differing() RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
  one record;
  ours text;
  plain text;
BEGIN
  FOR one IN SELECT a.task, a.sql, b.sql AS plain FROM bench.way AS a JOIN bench.way AS b USING (task)
              WHERE a.way = 'dwello' AND b.way = 'plain' AND a.task NOT IN ('search measurement', 'search w1', 'search w1 w2 w3 w4 w5') LOOP
    EXECUTE one.sql INTO ours;
    EXECUTE one.plain INTO plain;
    IF (one.task !~ 'zoom 1' AND ours IS DISTINCT FROM plain) OR length(ours) = 0
       OR (one.task ~ 'zoom 1' AND length(plain) NOT BETWEEN length(ours) * 0.9 AND length(ours) * 1.1) THEN
      RETURN NEXT one.task;
    END IF;
  END LOOP;
END
$$;

-- Milliseconds of each task: the medians, and of the ratios in a round.
CREATE FUNCTION bench.race(rounds integer) RETURNS TABLE (task text, dwello numeric, plain numeric, ratio numeric)
LANGUAGE plpgsql
AS $$
DECLARE
  one record;
  start timestamptz;
BEGIN
  CREATE TEMP TABLE lap (n integer, task text, way text, ms float8);
  FOR i IN 0..rounds LOOP
    -- the second finds what the first has read: they go first in turn
    FOR one IN SELECT * FROM bench.way AS w ORDER BY w.task, (w.way = 'plain') = (i % 2 = 0) LOOP
      start := clock_timestamp();
      EXECUTE one.sql;
      -- the first round warms up
      IF i > 0 THEN
        INSERT INTO lap VALUES (i, one.task, one.way, extract(epoch FROM clock_timestamp() - start) * 1000);
      END IF;
    END LOOP;
  END LOOP;
  RETURN QUERY
    SELECT w.task, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY a.ms)::numeric, 2),
           round(percentile_cont(0.5) WITHIN GROUP (ORDER BY b.ms)::numeric, 2),
           round(percentile_cont(0.5) WITHIN GROUP (ORDER BY b.ms / nullif(a.ms, 0))::numeric, 1)
      FROM bench.way AS w JOIN lap AS a ON a.task = w.task AND a.way = 'dwello'
      JOIN lap AS b ON b.task = w.task AND b.way = 'plain' AND b.n = a.n
     WHERE w.way = 'dwello' GROUP BY w.n, w.task ORDER BY w.n;
END
$$;
