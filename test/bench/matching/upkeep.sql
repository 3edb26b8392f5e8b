--
-- upkeep.sql
--	What an insert costs: into a table with no index, one on the place and one
--	on the key, each with all open jobs.
--
SET synchronous_commit = off;
DROP TABLE IF EXISTS bench.none, bench.place, bench.key, bench.fresh;
CREATE TABLE bench.none AS SELECT id, location, key FROM dwello.jobs WHERE status = 'open';
CREATE TABLE bench.place AS TABLE bench.none;
CREATE TABLE bench.key AS TABLE bench.none;
CREATE INDEX ON bench.place USING gist (location);
CREATE INDEX ON bench.key USING gist (key dwello.job_key_ops);
CREATE TABLE bench.fresh AS SELECT * FROM bench.none ORDER BY hashtext(id::text) LIMIT :inserts;
VACUUM ANALYZE bench.none, bench.place, bench.key, bench.fresh;

-- CPU that this backend has used, in nanoseconds.  The kernel brings the
-- figure up to date when the process sleeps.
CREATE OR REPLACE FUNCTION bench.cpu() RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_sleep(0.000001);
  RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1);
END
$$;

-- Microseconds an insert into each of the three, in turn; the medians.
CREATE OR REPLACE FUNCTION bench.upkeep(rounds integer, OUT bare float8, OUT place float8, OUT key float8)
LANGUAGE plpgsql
AS $$
DECLARE
  spent float8[] := '{}';
  started bigint;
  way text;
  n bigint := (SELECT count(*) FROM bench.fresh);
BEGIN
  FOR round IN 1 .. rounds LOOP
    FOREACH way IN ARRAY '{none,place,key}'::text[] LOOP
      started := bench.cpu();
      EXECUTE format('INSERT INTO bench.%I SELECT * FROM bench.fresh', way);
      spent := spent || (bench.cpu() - started) / 1000.0 / n;
    END LOOP;
  END LOOP;
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s) FILTER (WHERE i % 3 = 1),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY s) FILTER (WHERE i % 3 = 2),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY s) FILTER (WHERE i % 3 = 0)
    INTO bare, place, key
    FROM unnest(spent) WITH ORDINALITY AS t (s, i);
END
$$;
SELECT round(bare::numeric, 1), round(place::numeric, 1), round(key::numeric, 1),
       round((key / nullif(place, 0))::numeric, 2), round(((key - bare) / nullif(place - bare, 0))::numeric, 2)
  FROM bench.upkeep(:rounds);
DROP TABLE bench.none, bench.place, bench.key, bench.fresh;
