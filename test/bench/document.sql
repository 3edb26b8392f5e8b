--
-- document.sql
--	The documents and the ways that document.sh compares.
--
SET client_min_messages = warning;
CREATE EXTENSION dwello CASCADE;
SELECT FROM dwello.create_keyring();
CREATE SCHEMA bench;

-- that of a column: an object of stars by name, names and numbers within bounds
CREATE TABLE bench.schema AS SELECT schema FROM dwello.json_schemas WHERE name = 'review_axes';

-- half of them fit, for a look that fails may end early or late
CREATE TABLE bench.documents AS
  SELECT jsonb_build_object('quality', 1 + i % 5, 'price', 1 + i % 3, 'communication', 5,
           'punctuality', 2 + i % 4, 'tidiness', CASE WHEN i % 2 = 0 THEN 4 ELSE 6 END) AS document
    FROM generate_series(1, :rows) AS i;
VACUUM ANALYZE bench.documents;
SELECT dwello.set_json_schema('own', (SELECT schema FROM bench.schema));

-- Nanoseconds of the processor that this backend has had.
CREATE FUNCTION bench.used() RETURNS bigint
LANGUAGE c VOLATILE
AS :'library', 'used';

-- Nanoseconds a document of each way, once.
CREATE FUNCTION bench.turn(more text) RETURNS TABLE (way text, nanoseconds bigint)
LANGUAGE plpgsql
AS $$
DECLARE
  condition text;
  begun bigint;
  good bigint;
  total bigint := (SELECT count(*) FROM bench.documents);
BEGIN
  FOR way, condition IN
    VALUES ('empty', $q$jsonb_typeof(document) = 'object'$q$),
      ('json_is_valid', $q$dwello.json_is_valid('review_axes', document)$q$),
      ('validate_json', $q$dwello.validate_json('review_axes', document)$q$),
      ('own_schema', $q$dwello.validate_json('own', document)$q$),
      (nullif(more, ''), $q$validate_json_schema((SELECT schema FROM bench.schema), document)$q$)
  LOOP
    CONTINUE WHEN way IS NULL;
    begun := bench.used();
    EXECUTE 'SELECT count(*) FROM bench.documents WHERE ' || condition INTO good;
    nanoseconds := (bench.used() - begun) / total;
    IF way NOT IN ('empty', 'plpgsql') AND good * 2 <> total THEN
      RAISE EXCEPTION '% says % of %', way, good, total;
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;
