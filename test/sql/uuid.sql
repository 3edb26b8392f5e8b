--
-- uuid.sql
--	Ids in the order of time, of version 7 and the standard's variant.
--
SELECT count(*) AS made, count(DISTINCT id) AS different,
       bool_and(substr(id::text, 15, 1) = '7') AS version_7,
       bool_and(substr(id::text, 20, 1) IN ('8', '9', 'a', 'b')) AS variant,
       bool_and(id > before) IS NOT FALSE AS rising
  FROM (SELECT id, lag(id) OVER (ORDER BY n) AS before
          FROM (SELECT n, dwello.uuidv7() AS id
                  FROM generate_series(1, 10000) AS n) AS made) AS pairs;

-- the first 48 bits are the clock's milliseconds
SELECT abs(extract(epoch FROM clock_timestamp()) * 1000
           - ('x' || left(replace(dwello.uuidv7()::text, '-', ''), 12))::bit(48)::bigint)
       < 10000 AS now;
