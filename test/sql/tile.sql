--
-- tile.sql
--	Maps: cells, vector tiles taken apart and held against PostGIS, counts
--	kept up by refresh_tiles(), clusters.
--
SET client_min_messages = warning;

-- ----------------------------------------------------------------------
-- Cells
-- ----------------------------------------------------------------------
SELECT place, dwello.tile_cell(place[0], place[1]) AS cell,
       dwello.tile_x(dwello.tile_cell(place[0], place[1]), 11) AS x, dwello.tile_y(dwello.tile_cell(place[0], place[1]), 11) AS y,
       dwello.tile_x(dwello.tile_cell(place[0], place[1]), 34) & 4095 AS unit
  FROM unnest(ARRAY[point '(-122.4194, 37.7749)', '(0, 0)', '(-180, 90)', '(180, -90)', '(12.5, 86)']) AS place;
-- as PostGIS has it
SELECT count(*), count(*) FILTER (WHERE dwello.tile_x(cell, zoom) <> floor((1 + st_x(p) / 20037508.342789244) / 2 * 2 ^ zoom)) AS wrong_x,
       count(*) FILTER (WHERE dwello.tile_y(cell, zoom) <> floor((1 - st_y(p) / 20037508.342789244) / 2 * 2 ^ zoom)) AS wrong_y
  FROM generate_series(-179.97, 179.97, 23.17) AS lon, generate_series(-84.93, 84.93, 7.77) AS lat, generate_series(0, 24) AS zoom,
       st_transform(st_setsrid(st_makepoint(lon, lat), 4326), 3857) AS p, dwello.tile_cell(lon, lat) AS cell;
SELECT call, t.try('SELECT dwello.' || call)
  FROM unnest(ARRAY['tile_cell(181, 0)', 'tile_cell(0, ''NaN'')', 'tile_cell(NULL, 0)', 'tile_x(-1, 0)', 'tile_x(1::bigint << 62, 0)',
                    'tile_y(0, 35)', 'tile_y(0, -1)', 'tile_y(0, NULL)']) AS call;

-- ----------------------------------------------------------------------
-- A reader of vector tiles: protocol buffers, by the book
-- ----------------------------------------------------------------------

-- The fields of a message: numbers, or bytes.
CREATE FUNCTION t.fields(message bytea, OUT field integer, OUT number bigint, OUT bytes bytea) RETURNS SETOF record
LANGUAGE plpgsql
AS $$
DECLARE
  place integer := 0;
  tag bigint;
  byte integer;
  shift integer;
BEGIN
  WHILE place < length(message) LOOP
    bytes := NULL;
    FOR part IN 1..2 LOOP
      number := 0;
      shift := 0;
      LOOP
        byte := get_byte(message, place);
        place := place + 1;
        number := number | ((byte & 127)::bigint << shift);
        shift := shift + 7;
        EXIT WHEN byte < 128;
      END LOOP;
      IF part = 1 THEN
        tag := number;
      END IF;
    END LOOP;
    field := tag >> 3;
    IF tag & 7 = 2 THEN
      bytes := substr(message, place + 1, number::integer);
      place := place + number::integer;
      number := NULL;
    ELSIF tag & 7 <> 0 THEN
      RAISE 'wire type % of field % is not read here', tag & 7, field;
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;
-- The numbers of a packed field: they look like fields of one number each.
CREATE FUNCTION t.packed(message bytea) RETURNS bigint[]
LANGUAGE plpgsql
AS $$
DECLARE
  numbers bigint[] := '{}';
  number bigint := 0;
  shift integer := 0;
BEGIN
  FOR place IN 0..length(message) - 1 LOOP
    number := number | ((get_byte(message, place) & 127)::bigint << shift);
    shift := shift + 7;
    IF get_byte(message, place) < 128 THEN
      numbers := numbers || number;
      number := 0;
      shift := 0;
    END IF;
  END LOOP;
  RETURN numbers;
END
$$;
CREATE FUNCTION t.zigzag(number bigint) RETURNS bigint
LANGUAGE sql AS $$ SELECT (number >> 1) # -(number & 1) $$;
CREATE FUNCTION t.value(message bytea) RETURNS jsonb
LANGUAGE sql
AS $$
  SELECT CASE field WHEN 1 THEN to_jsonb(convert_from(bytes, 'UTF8')) WHEN 6 THEN to_jsonb(t.zigzag(number)) ELSE to_jsonb(number) END
    FROM t.fields(message)
$$;
-- The points of a tile.
CREATE FUNCTION t.mvt(tile bytea, OUT layer text, OUT extent bigint, OUT x bigint, OUT y bigint, OUT attributes jsonb) RETURNS SETOF record
LANGUAGE plpgsql
AS $$
DECLARE
  message bytea;
  feature bytea;
  keys text[];
  vals jsonb[];
  tags bigint[];
  steps bigint[];
BEGIN
  FOR message IN SELECT bytes FROM t.fields(tile) WHERE field = 3 LOOP
    SELECT convert_from(bytes, 'UTF8') INTO layer FROM t.fields(message) WHERE field = 1;
    SELECT number INTO extent FROM t.fields(message) WHERE field = 5;
    keys := ARRAY(SELECT convert_from(bytes, 'UTF8') FROM t.fields(message) WHERE field = 3);
    vals := ARRAY(SELECT t.value(bytes) FROM t.fields(message) WHERE field = 4);
    FOR feature IN SELECT bytes FROM t.fields(message) WHERE field = 2 LOOP
      IF (SELECT number FROM t.fields(feature) WHERE field = 3) <> 1 THEN
        RAISE 'a feature that is no point';
      END IF;
      SELECT t.packed(bytes) INTO tags FROM t.fields(feature) WHERE field = 2;
      SELECT t.packed(bytes) INTO steps FROM t.fields(feature) WHERE field = 4;
      x := t.zigzag(steps[2]);
      y := t.zigzag(steps[3]);
      SELECT jsonb_object_agg(keys[1 + tags[i]], vals[1 + tags[i + 1]]) INTO attributes
        FROM generate_series(1, cardinality(tags), 2) AS i;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END
$$;
-- it reads what PostGIS writes
SELECT * FROM t.mvt((SELECT st_asmvt(p, 'test', 4096, 'geom')
                       FROM (SELECT st_makepoint(n, 4095 - n) AS geom, 'n' || n AS name, -n AS minus, n * 1000000000000 AS much
                               FROM generate_series(7, 9) AS n) AS p));

-- ----------------------------------------------------------------------
-- Jobs here and there, and some that nobody may see
-- ----------------------------------------------------------------------
CREATE FUNCTION t.tile_job(name text, longitude float8, latitude float8, category text DEFAULT '11', budget_max bigint DEFAULT 100000,
  urgency dwello.urgency DEFAULT 'medium')
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(('d0000000-0000-7000-8000-0000000000' || category)::uuid, name, 'Words.', longitude, latitude,
    budget_max => budget_max, urgency => urgency, scoring_method => 'lowest_price', job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
END
$$;
CREATE FUNCTION t.tile_cast() RETURNS void
LANGUAGE sql
AS $$
  SELECT set_config('dwello.now', '2030-01-10 12:00+00', true);
  SELECT t.tile_job('A', -122.42, 37.77);
  SELECT t.tile_job('B', -122.42, 37.77, '12', NULL, 'urgent');
  SELECT t.tile_job('C', -122.41, 37.78, '02', 5000, 'low');
  SELECT t.tile_job('D', -122.27, 37.80, '12');
  SELECT t.tile_job('E', -121.89, 37.34, '04');
  SELECT t.tile_job('Berlin', 13.38, 52.52, '01');
  SELECT t.tile_job('Fiji', 179.99, -17);
  SELECT t.tile_job('Taveuni', -179.98, -17, '12');
  SELECT t.tile_job('Line', 180, 0);
  SELECT t.tile_job('Alert', -62.35, 82.50);
  SELECT t.tile_job('Pole', 0, 90);
  SELECT t.tile_job('Hidden ' || n, -122.42, 37.77) FROM generate_series(1, 5) AS n;
  UPDATE dwello.jobs SET is_listed = false WHERE id = t.user('Hidden 1');
  UPDATE dwello.jobs SET deleted_at = now() WHERE id = t.user('Hidden 2');
  UPDATE dwello.jobs SET expires_at = '2030-01-10 12:00+00' WHERE id = t.user('Hidden 3');
  UPDATE dwello.jobs SET status = 'awarded', is_listed = false, provider_id = t.user('p1') WHERE id = t.user('Hidden 4');
  SELECT t.login_as('h1');
  SELECT dwello.cancel_job(t.user('Hidden 5'), 'test');
  SELECT dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Draft', 'Words.', -122.42, 37.77, job_id => t.user('Draft'));
  SELECT t.as_system();
$$;
-- What strangers may see, where the map has it, by PostGIS.
CREATE VIEW t.on_map AS
  SELECT j.*, r.root, least((1 + st_x(p) / 20037508.342789244) / 2, 1 - 2 ^ -31) AS east,
         greatest((1 - st_y(p) / 20037508.342789244) / 2, 0) AS south
    FROM dwello.jobs AS j
    JOIN (SELECT c.id, COALESCE(p.parent_id, c.parent_id, c.id) AS root
            FROM dwello.service_categories AS c LEFT JOIN dwello.service_categories AS p ON p.id = c.parent_id) AS r ON r.id = j.category_id
    CROSS JOIN LATERAL st_transform(st_setsrid(st_makepoint(
      st_x(j.location::geometry), least(85.0511287798066, st_y(j.location::geometry))), 4326), 3857) AS p
   WHERE j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL
     AND j.expires_at > COALESCE(nullif(current_setting('dwello.now', true), '')::timestamptz, now());
-- How job_tiles should be, and what is not as it should.
CREATE VIEW t.true_tiles AS
  SELECT z AS zoom, floor(east * 2 ^ z)::bigint AS x, floor(south * 2 ^ z)::bigint AS y, root AS category_id, count(*)::integer AS jobs
    FROM t.on_map, generate_series(3, 14) AS z GROUP BY 1, 2, 3, 4;
CREATE VIEW t.wrong_tiles AS
  SELECT *
    FROM (SELECT zoom, dwello.tile_x(tile << 2 * (31 - zoom), zoom) AS x, dwello.tile_y(tile << 2 * (31 - zoom), zoom) AS y,
                 category_id, jobs FROM dwello.job_tiles) AS k
    FULL JOIN t.true_tiles AS e USING (zoom, x, y, category_id, jobs)
   WHERE k.* IS NULL OR e.* IS NULL;

BEGIN;
SELECT t.tile_cast();
SELECT (SELECT count(*) FROM t.on_map) AS seen, (SELECT count(*) FROM t.wrong_tiles) > 100 AS not_counted_yet;
SELECT changed > 0 AS changed, is_complete FROM dwello.refresh_tiles();
SELECT count(*) AS wrong FROM t.wrong_tiles;
SELECT changed, is_complete FROM dwello.refresh_tiles();

-- ----------------------------------------------------------------------
-- Tiles taken apart
-- ----------------------------------------------------------------------
SELECT t.login_as('p1');
SELECT layer, extent, x, y, jsonb_pretty(attributes) AS attributes
  FROM t.mvt(dwello.jobs_mvt(11, 327, 791)) ORDER BY attributes ->> 'category';
SELECT layer, extent, x, y, attributes FROM t.mvt(dwello.jobs_mvt(8, 40, 98)) ORDER BY x, y;
SELECT layer, count(*), sum((attributes -> 'jobs')::integer) AS jobs FROM t.mvt(dwello.jobs_mvt(0, 0, 0)) GROUP BY layer;
SELECT length(dwello.jobs_mvt(5, 1, 1)) AS empty, length(dwello.jobs_mvt(15, 1, 1)) AS empty_too;
-- from zoom 11 every tile that has jobs, and the one east of it: the jobs that are there, where they are
CREATE TEMP TABLE tile AS
  SELECT DISTINCT z, least(floor(east * 2 ^ z) + d, 2 ^ z - 1)::integer AS x, floor(south * 2 ^ z)::integer AS y
    FROM t.on_map, generate_series(0, 22) AS z, generate_series(0, 1) AS d;
CREATE TEMP TABLE shown AS
  SELECT i.z, i.x, i.y, m.layer, m.extent, m.x AS mx, m.y AS my, m.attributes
    FROM tile AS i, LATERAL t.mvt(dwello.jobs_mvt(i.z, i.x, i.y)) AS m;
SELECT (SELECT count(*) FROM tile WHERE z >= 11) AS tiles, count(m.layer) AS points, count(*) AS jobs,
       count(*) FILTER (WHERE m.layer IS DISTINCT FROM 'jobs' OR e.id IS NULL
         OR m.attributes <> jsonb_strip_nulls(jsonb_build_object('id', e.id, 'category', e.category_id, 'urgency', e.urgency,
              'budget', e.budget_max, 'currency', e.currency))
         OR abs(m.mx - floor((e.east * 2 ^ z - x) * 4096)) > 2 ^ greatest(z - 19, 0)
         OR abs(m.my - floor((e.south * 2 ^ z - y) * 4096)) > 2 ^ greatest(z - 19, 0)
         OR m.mx NOT BETWEEN 0 AND 4095 OR m.my NOT BETWEEN 0 AND 4095) AS wrong
  FROM (SELECT * FROM shown WHERE z >= 11) AS m
  FULL JOIN (SELECT i.z, i.x, i.y, o.* FROM tile AS i JOIN t.on_map AS o
               ON floor(o.east * 2 ^ i.z) = i.x AND floor(o.south * 2 ^ i.z) = i.y WHERE i.z >= 11) AS e
    USING (z, x, y)
 WHERE m.attributes ->> 'id' = e.id::text OR m.layer IS NULL OR e.id IS NULL
    OR NOT EXISTS (SELECT FROM t.on_map AS o WHERE o.id::text = m.attributes ->> 'id');
-- before it: how many of each root category in each sixteenth of a tile's sides, in its middle
SELECT (SELECT count(*) FROM tile WHERE z < 11) AS tiles, count(m.layer) AS points, sum(e.jobs) AS jobs,
       count(*) FILTER (WHERE m.layer IS DISTINCT FROM 'counts' OR m.attributes IS DISTINCT FROM e.attributes
         OR abs(m.mx - e.ex) > 1 OR abs(m.my - e.ey) > 1) AS wrong
  FROM (SELECT * FROM shown WHERE z < 11) AS m
  FULL JOIN (SELECT z, x, y, cx, cy, sum(jobs) AS jobs, jsonb_object_agg(root, jobs) || jsonb_build_object('jobs', sum(jobs)) AS attributes,
                    floor(sum(ex) / sum(jobs)) AS ex, floor(sum(ey) / sum(jobs)) AS ey
               FROM (SELECT i.z, i.x, i.y, floor(o.east * 2 ^ (i.z + 4)) AS cx, floor(o.south * 2 ^ (i.z + 4)) AS cy, o.root, count(*) AS jobs,
                            sum((o.east * 2 ^ i.z - i.x) * 4096) AS ex, sum((o.south * 2 ^ i.z - i.y) * 4096) AS ey
                       FROM tile AS i JOIN t.on_map AS o ON floor(o.east * 2 ^ i.z) = i.x AND floor(o.south * 2 ^ i.z) = i.y
                      WHERE i.z < 11 GROUP BY i.z, i.x, i.y, cx, cy, o.root) AS r
              GROUP BY z, x, y, cx, cy) AS e
    ON m.z = e.z AND m.x = e.x AND m.y = e.y AND m.mx / 256 = e.cx - e.x * 16 AND m.my / 256 = e.cy - e.y * 16;
-- and nothing but its points
SELECT DISTINCT layer, extent, z >= 11 AS is_deep FROM shown ORDER BY 1;

-- ----------------------------------------------------------------------
-- Clusters
-- ----------------------------------------------------------------------
CREATE FUNCTION t.name_of(id uuid) RETURNS text
LANGUAGE sql SECURITY DEFINER AS $$ SELECT j.title FROM dwello.jobs AS j WHERE j.id = $1 $$;
CREATE FUNCTION t.clusters(west float8, south float8, east float8, north float8, zoom integer)
RETURNS TABLE (longitude float8, latitude float8, jobs integer, job text, categories text[], counts integer[])
LANGUAGE sql
AS $$
  SELECT c.longitude, c.latitude, c.jobs, t.name_of(c.job_id),
         ARRAY(SELECT right(i::text, 2) FROM unnest(c.category_ids) AS i), c.category_counts
    FROM dwello.cluster_jobs(west, south, east, north, zoom) AS c
   ORDER BY 1, 2, 4
$$;
-- the world; a city far off, nearer and near
SELECT * FROM t.clusters(-180, -90, 180, 90, 3);
SELECT zoom, c.* FROM unnest(ARRAY[5, 8, 11, 12, 14, 22]) AS zoom,
  LATERAL t.clusters(-122.42 - 90 / 2 ^ zoom, 37.77 - 90 / 2 ^ zoom, -122.42 + 90 / 2 ^ zoom, 37.77 + 90 / 2 ^ zoom, zoom) AS c;
-- over the antimeridian, from both sides of it, and not
SELECT n, c.longitude, c.jobs, c.job
  FROM (VALUES (1, 179, -179), (2, 170, -170), (3, 179, 180), (4, -180, -179), (5, -179, 179), (6, 179.999, 179.99)) AS v (n, west, east),
       LATERAL t.clusters(west, -18, east, -16, 5) AS c ORDER BY 1, 2;
-- whole, and none twice, at every zoom
SELECT zoom, sum(c.jobs) AS jobs, count(c.job_id) AS single,
       bool_and(c.jobs = (SELECT sum(n) FROM unnest(c.category_counts) AS n)) AS of_categories
  FROM unnest(ARRAY[0, 1, 2, 3]) AS zoom, LATERAL dwello.cluster_jobs(-180, -90, 180, 90, zoom) AS c GROUP BY zoom ORDER BY zoom;
SELECT count(*) AS boxes, sum(seen) AS seen, count(*) FILTER (WHERE seen <> jobs) AS wrong
  FROM (SELECT zoom, o.id, (SELECT count(*) FROM t.on_map AS n WHERE floor(n.east * 2 ^ (zoom + 3)) = floor(o.east * 2 ^ (zoom + 3))
                                                                  AND floor(n.south * 2 ^ (zoom + 3)) = floor(o.south * 2 ^ (zoom + 3))) AS jobs,
               (SELECT sum(c.jobs) FROM dwello.cluster_jobs(st_x(o.location::geometry), st_y(o.location::geometry) - 1e-7,
                  st_x(o.location::geometry) + 1e-7, st_y(o.location::geometry), zoom) AS c) AS seen
          FROM t.on_map AS o, generate_series(3, 20) AS zoom
         WHERE abs(st_y(o.location::geometry)) BETWEEN 1 AND 80 AND st_x(o.location::geometry) < 179.9999) AS x;
SELECT t.as_system();

-- ----------------------------------------------------------------------
-- Keeping up
-- ----------------------------------------------------------------------
CREATE FUNCTION t.refresh(max_jobs integer DEFAULT 10000, OUT changed boolean, OUT wrong bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  changed := (SELECT r.changed > 0 FROM dwello.refresh_tiles(max_jobs) AS r);
  wrong := (SELECT count(*) FROM t.wrong_tiles);
END
$$;
-- by events and by the clock alone, for the refresh cursor is elsewhere
UPDATE dwello.job_tile_refresh SET next_tile = (1 << 28) - 1;
CREATE FUNCTION t.refresh_dirty(OUT changed boolean, OUT wrong bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE dwello.job_tile_refresh SET next_tile = (1 << 28) - 1;
  SELECT * INTO changed, wrong FROM t.refresh();
END
$$;
SELECT 'nothing' AS what, * FROM t.refresh_dirty();
SELECT t.tile_job('New', -122.43, 37.77, '03');
SELECT 'published' AS what, * FROM t.refresh_dirty();
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('A'), 'test');
SELECT t.as_system();
SELECT 'cancelled' AS what, * FROM t.refresh_dirty();
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('C'), category_id => 'd0000000-0000-7000-8000-000000000012');
SELECT t.as_system();
SELECT 'edited' AS what, * FROM t.refresh_dirty();
-- one that moves leaves no count behind: not where it was, nor where it was between two looks
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('B'), longitude => -122.414, latitude => 37.8);
SELECT t.as_system();
SELECT 'moved' AS what, * FROM t.refresh_dirty();
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('B'), longitude => 151.21, latitude => -33.87);
SELECT t.as_system();
SELECT 'far away' AS what, * FROM t.refresh_dirty();
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('B'), longitude => 18.42, latitude => -33.93);
SELECT terms_version FROM dwello.edit_job(t.user('B'), longitude => -122.42, latitude => 37.77);
SELECT t.as_system();
SELECT 'moved twice' AS what, * FROM t.refresh_dirty();
-- a step within a hundredth of a degree is none, and tells nobody where the door is
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('B'), longitude => -122.4212, latitude => 37.7731);
SELECT t.as_system();
SELECT payload ? 'cell_before' AS moved, count(*), count(DISTINCT payload ->> 'cell_before') AS places,
       bool_and(dwello.tile_cell(-122.41, 37.8) = (payload ->> 'cell_before')::bigint) FILTER (WHERE terms_version = '3') AS is_rounded
  FROM (SELECT o.payload, o.payload ->> 'terms_version' AS terms_version FROM dwello.outbox AS o
         WHERE o.scope_id = t.user('B') AND o.type = 'job_edited') AS e GROUP BY 1 ORDER BY 1;
SELECT t.login_as('p1');
SELECT status FROM dwello.submit_bid(t.user('D'), 90000, bid_id => t.user('D bid'));
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('D'), t.user('D bid'));
SELECT t.as_system();
SELECT 'awarded' AS what, * FROM t.refresh_dirty();
SELECT t.login_as('h1');
SELECT invite_status FROM dwello.hire_provider(t.user('C'), t.user('p1'), 90000);
SELECT t.login_as('p1');
SELECT job_status FROM dwello.answer_invite(t.user('C'), true);
SELECT t.as_system();
SELECT 'hired' AS what, * FROM t.refresh_dirty();
UPDATE dwello.jobs SET expires_at = '2030-01-10 12:30+00' WHERE id = t.user('E');
SELECT set_config('dwello.now', '2030-01-10 13:00+00', true);
SELECT 'run out' AS what, * FROM t.refresh_dirty();
-- what has no event is found by the refresh cursor: a job that is moved by hand leaves a count behind, one is deleted, a category moves
UPDATE dwello.jobs SET location = st_makepoint(2.35, 48.86)::geography WHERE id = t.user('Berlin');
UPDATE dwello.jobs SET deleted_at = now() WHERE id = t.user('Fiji');
SELECT count(*) FROM dwello.add_category('Chimneys', 'd0000000-0000-7000-8000-000000000001', category_id => t.user('Chimneys'));
UPDATE dwello.jobs SET category_id = t.user('Chimneys') WHERE id = t.user('New');
SELECT 'nothing told' AS what, changed, wrong > 0 AS wrong FROM t.refresh_dirty();
SELECT 'swept' AS what, * FROM t.refresh();
-- a child below a child has the same root
SELECT count(*) FROM dwello.add_category('Caps', t.user('Chimneys'), category_id => t.user('Caps'));
UPDATE dwello.jobs SET category_id = t.user('Caps') WHERE id = t.user('New');
SELECT 'deeper' AS what, * FROM t.refresh();
-- only rows that differ are written
CREATE TEMP TABLE before AS SELECT ctid AS place, t.* FROM dwello.job_tiles AS t;
SELECT t.tile_job('Another', -122.43, 37.77, '03');
SELECT changed FROM dwello.refresh_tiles();
SELECT count(*) FILTER (WHERE b.place = t.ctid) > 50 AS others_stay, count(*) FILTER (WHERE b.place IS DISTINCT FROM t.ctid) AS written
  FROM dwello.job_tiles AS t LEFT JOIN before AS b USING (zoom, tile, category_id);

-- little by little: the same, in steps of a tile at least
DELETE FROM dwello.job_tiles;
DELETE FROM dwello.job_tile_refresh;
CREATE FUNCTION t.refresh_all(max_jobs integer, OUT calls integer, OUT wrong bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  calls := 0;
  LOOP
    calls := calls + 1;
    EXIT WHEN (SELECT r.is_complete FROM dwello.refresh_tiles(max_jobs) AS r) OR calls > 1000;
  END LOOP;
  wrong := (SELECT count(*) FROM t.wrong_tiles);
END
$$;
SELECT * FROM t.refresh_all(1);
SELECT * FROM t.refresh_all(3);
SELECT next_tile, refreshed_at, completed_at FROM dwello.job_tile_refresh;
-- more events than it looks at: the rest is for the next time
UPDATE dwello.job_tile_refresh SET seen_id = '00000000-0000-0000-0000-000000000000', watermark_xid = 1, next_tile = 0;
SELECT changed FROM dwello.refresh_tiles(1);
SELECT seen_id > '00000000-0000-0000-0000-000000000000' AND seen_id < watermark_id AS is_on_its_way FROM dwello.job_tile_refresh;
-- a mark that is not safe: what was seen is looked at again
UPDATE dwello.job_tile_refresh SET watermark_xid = pg_current_xact_id()::text::bigint + 1;
CREATE TEMP TABLE cursor_before AS SELECT * FROM dwello.job_tile_refresh;
SELECT changed FROM dwello.refresh_tiles(1);
SELECT a.seen_id = b.seen_id AND a.watermark_id = b.watermark_id AND a.watermark_xid = b.watermark_xid AS stays FROM cursor_before AS a, dwello.job_tile_refresh AS b;
-- a job by itself that has closed since it was counted is not shown
SELECT jobs, t.name_of(job_id) FROM dwello.cluster_jobs(-180, -60, -170, 60, 4);
UPDATE dwello.jobs SET expires_at = now() WHERE id = t.user('Taveuni');
SELECT jobs, t.name_of(job_id) FROM dwello.cluster_jobs(-180, -60, -170, 60, 4);

-- of more than 10000 jobs a tile has those published last
SAVEPOINT s;
INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, currency, is_listed, published_at, expires_at)
  SELECT t.user('many ' || n), t.user('h1'), 'd0000000-0000-7000-8000-000000000011', 'open', 'Many', '', st_makepoint(30, 30), 'USD', true,
         timestamptz '2030-01-09 00:00+00' + n * interval '1 second', '2030-02-01'
    FROM generate_series(0, 10001) AS n;
WITH tile AS MATERIALIZED (
  SELECT f.bytes FROM t.fields(dwello.jobs_mvt(11, 1194, 844)) AS f WHERE f.field = 3)
SELECT count(*) FILTER (WHERE f.field = 2) AS jobs,
       count(*) FILTER (WHERE f.field = 4 AND t.value(f.bytes) #>> '{}' IN (t.user('many 0')::text, t.user('many 1')::text)) AS oldest
  FROM tile, t.fields(tile.bytes) AS f;
ROLLBACK TO s;

-- ----------------------------------------------------------------------
-- Who, and with what
-- ----------------------------------------------------------------------
-- everybody sees the same
CREATE FUNCTION t.map_as(name text, role text, OUT seen text)
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(name);
  PERFORM set_config('role', role, true);
  SELECT md5(string_agg(dwello.jobs_mvt(v[1], v[2], v[3])::text, '')) || (SELECT sum(jobs) FROM dwello.cluster_jobs(-180, -90, 180, 90, 3))
    INTO seen FROM (VALUES (ARRAY[0, 0, 0]), (ARRAY[8, 40, 98]), (ARRAY[11, 327, 791])) AS v (v);
  PERFORM t.as_system();
END
$$;
SELECT count(*) AS callers, count(DISTINCT s.seen) AS pictures
  FROM (VALUES ('h1', 'dwello_app'), ('h2', 'dwello_app'), ('p1', 'dwello_app'), ('u1', 'dwello_app'),
               ('a1', 'dwello_admin'), ('s1', 'dwello_support'), (NULL, 'none'), (NULL, 'dwello_public')) AS v (name, role),
       LATERAL t.map_as(v.name, v.role) AS s;
SELECT role, call, t.try(format($$SELECT set_config('role', %L, true); SELECT dwello.%s$$, role, call))
  FROM unnest(ARRAY['dwello_app', 'dwello_analyst']) AS role, unnest(ARRAY['jobs_mvt(0, 0, 0)', 'cluster_jobs(-1, -1, 1, 1, 3)', 'refresh_tiles()']) AS call;
SELECT call, t.try('SELECT dwello.' || call, 'p1')
  FROM unnest(ARRAY['jobs_mvt(NULL, 0, 0)', 'jobs_mvt(0, NULL, 0)', 'jobs_mvt(-1, 0, 0)', 'jobs_mvt(23, 0, 0)', 'jobs_mvt(0, 1, 0)',
                    'jobs_mvt(3, -1, 0)', 'jobs_mvt(3, 0, 8)', 'jobs_mvt(22, 4194303, 4194303)', 'jobs_mvt(22, 2147483647, 0)',
                    'cluster_jobs(NULL, 0, 1, 1, 3)', 'cluster_jobs(0, 0, 1, 1, NULL)', 'cluster_jobs(0, 0, 1, 1, 23)', 'cluster_jobs(0, 0, 1, 1, -1)',
                    'cluster_jobs(''NaN'', 0, 1, 1, 3)', 'cluster_jobs(0, 0, ''Infinity'', 1, 3)', 'cluster_jobs(0, -91, 1, 1, 3)',
                    'cluster_jobs(0, 1, 1, 1, 3)', 'cluster_jobs(0, 2, 1, 1, 3)', 'cluster_jobs(1, 0, 1, 1, 3)',
                    'cluster_jobs(-180, -90, 180, 90, 4)', 'cluster_jobs(1, 0, 0.9, 1, 9)', 'refresh_tiles()']) AS call;
SELECT n, t.try(format('SELECT dwello.refresh_tiles(%L)', n)) FROM unnest(ARRAY[NULL, 0, -1, 1000001, 1000000]) AS n;
-- whatever is asked: an answer, or an SQLSTATE of the comment with a hint
SELECT answer, count(*) AS calls, string_agg(call, ' ' ORDER BY n) FILTER (WHERE answer <> '22023' AND answer <> 'ok') AS which
  FROM (SELECT n, call, t.verdict('SELECT * FROM dwello.' || call, 'p1') AS answer
          FROM unnest(ARRAY[
            $$jobs_mvt(-1, 0, 0)$$,
            $$jobs_mvt(25, 0, 0)$$,
            $$jobs_mvt(31, 2147483647, 2147483647)$$,
            $$jobs_mvt(-2147483648, -2147483648, -2147483648)$$,
            $$jobs_mvt(3, 8, 0)$$,
            $$jobs_mvt(22, 4194303, 4194303)$$,
            $$jobs_mvt(22, 4194304, 0)$$,
            $$cluster_jobs(170, -10, -170, 10, 3)$$,
            $$cluster_jobs(10, 0, -10, 10, 3)$$,
            $$cluster_jobs(180, -90, -180, 90, 3)$$,
            $$cluster_jobs(179.9, -90, -179.9, 90, 3)$$,
            $$cluster_jobs(180, -90, -180, 90, 22)$$,
            $$cluster_jobs(-180, -90, 180, 90, 0)$$,
            $$cluster_jobs(0, 10, 10, 0, 3)$$,
            $$cluster_jobs(0, 0, 0, 1, 3)$$,
            $$cluster_jobs('NaN', 'NaN', 'NaN', 'NaN', 3)$$,
            $$cluster_jobs(0, 0, 1, 'NaN', 3)$$,
            $$cluster_jobs('-Infinity', 0, 1, 1, 3)$$,
            $$cluster_jobs(0, 0, 5e-324, 5e-324, 22)$$,
            $$cluster_jobs(0, 89, 1, 90, 22)$$,
            $$cluster_jobs(1, 0, 0.9999999, 1e-9, 7)$$,
            $$refresh_tiles()$$,
            $$tile_cell('NaN', 0)$$,
            $$tile_cell(0, 91)$$,
            $$tile_x(-1, 3)$$,
            $$tile_x(4611686018427387904, 3)$$,
            $$tile_x(0, 35)$$,
            $$tile_y(9223372036854775807, 3)$$,
            $$tile_y(0, -1)$$]) WITH ORDINALITY AS c (call, n)) AS x
 GROUP BY answer ORDER BY answer;
ROLLBACK;
