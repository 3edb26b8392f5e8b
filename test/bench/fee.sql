--
-- fee.sql
--	The rows and the ways that fee.sh compares.
--
SET client_min_messages = warning;
CREATE EXTENSION dwello CASCADE;
CREATE SCHEMA bench;

CREATE FUNCTION bench.empty(amount bigint, rate bigint, fixed bigint, low bigint, high bigint)
RETURNS bigint
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1
AS :'library', 'empty';

-- Nanoseconds of the processor that this backend has had.
CREATE FUNCTION bench.used() RETURNS bigint
LANGUAGE c VOLATILE
AS :'library', 'used';

CREATE FUNCTION bench.plpgsql(amount bigint, rate bigint, fixed bigint, low bigint, high bigint)
RETURNS bigint
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
  exact numeric := amount::numeric * rate / 1000000;
  fee numeric := round(exact);
BEGIN
  IF abs(exact - trunc(exact)) = 0.5 AND fee % 2 <> 0 THEN
    fee := fee - 1;
  END IF;
  fee := greatest(fee + fixed, low);
  IF high IS NOT NULL THEN
    fee := least(fee, high);
  END IF;
  RETURN least(fee, amount);
END
$$;

CREATE UNLOGGED TABLE bench.amounts AS
SELECT (n * 7919) % 10000000 AS amount, 50000::bigint AS rate, 30::bigint AS fixed,
       50::bigint AS low, 250000::bigint AS high
  FROM generate_series(1::bigint, :rows) AS n;
VACUUM ANALYZE bench.amounts;

-- The expression, once for the check and once for the race.
CREATE FUNCTION bench.expression() RETURNS text
LANGUAGE sql IMMUTABLE
AS $$ SELECT 'least(least(greatest(amount * rate / 1000000 + CASE'
  ' WHEN amount * rate % 1000000 + (amount * rate / 1000000 & 1) > 500000'
  ' THEN 1 ELSE 0 END + fixed, low), high), amount)' $$;

DO $$
BEGIN
  EXECUTE 'CREATE VIEW bench.difference AS SELECT amount FROM bench.amounts WHERE '
    'dwello.fee_amount(amount, rate, fixed, low, high) <> ' || bench.expression() || ' OR '
    'dwello.fee_amount(amount, rate, fixed, low, high) <> bench.plpgsql(amount, rate, fixed, low, high)';
END
$$;

-- Nanoseconds a row, the median of the rounds.
CREATE FUNCTION bench.race(rounds integer)
RETURNS TABLE (way text, time_ns float8)
LANGUAGE plpgsql
SET max_parallel_workers_per_gather = 0
SET jit = off
AS $$
DECLARE
  names text[] := ARRAY['empty', 'fee_amount', 'expression', 'plpgsql'];
  calls text[] := ARRAY['bench.empty(amount, rate, fixed, low, high)',
    'dwello.fee_amount(amount, rate, fixed, low, high)', bench.expression(),
    'bench.plpgsql(amount, rate, fixed, low, high)'];
  began bigint;
  size float8 := (SELECT count(*) FROM bench.amounts);
BEGIN
  CREATE TEMP TABLE lap (way text, ns float8);
  FOR round IN 0 .. rounds LOOP
    FOR i IN 1 .. array_length(names, 1) LOOP
      began := bench.used();
      EXECUTE 'SELECT count(' || calls[i] || ') FROM bench.amounts';
      IF round > 0 THEN
        INSERT INTO lap
        VALUES (names[i], (bench.used() - began) / size);
      END IF;
    END LOOP;
  END LOOP;
  RETURN QUERY
    SELECT lap.way, percentile_cont(0.5) WITHIN GROUP (ORDER BY ns)
      FROM lap GROUP BY lap.way;
END
$$;
