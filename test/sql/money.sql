--
-- money.sql
--	Between decimal amounts and minor units.
--
SELECT amount, currency, dwello.to_minor(amount, currency) AS minor,
       dwello.from_minor(dwello.to_minor(amount, currency), currency) AS back
  FROM (VALUES (950.00, 'USD'), (950, 'USD'), (0.01, 'EUR'), (-12.50, 'USD'),
               (950, 'JPY'), (950.000, 'JPY'), (1.500, 'KWD'), (1.2345, 'CLF'),
               (0, 'USD'), (92233720368547758.07, 'USD'), (1e18, 'JPY'),
               (-92233720368547758.08, 'USD')) AS v (amount, currency);
SELECT provolatile, proparallel, count(*) FROM pg_proc
 WHERE oid IN ('dwello.to_minor'::regproc, 'dwello.from_minor'::regproc)
 GROUP BY 1, 2;

-- there and back for every exponent and both ends of the range
SELECT count(*) FILTER (WHERE dwello.to_minor(dwello.from_minor(minor, currency), currency) = minor),
       count(*)
  FROM unnest(ARRAY['JPY', 'USD', 'KWD', 'UYW']) AS currency,
       unnest(ARRAY[0, 1, -1, 5, 99, 100, 12345678901234,
                    9223372036854775807, -9223372036854775808]) AS minor;

-- refusals, the last ones with two errors at once
SELECT n, t.try('SELECT dwello.to_minor(' || arguments || ')')
  FROM unnest(ARRAY[
    $$NULL, 'USD'$$, $$1, NULL$$,
    $$0.001, 'USD'$$, $$0.5, 'JPY'$$, $$1.00001, 'CLF'$$,
    $$92233720368547758.08, 'USD'$$, $$1e400, 'JPY'$$,
    $$'NaN', 'USD'$$, $$'Infinity', 'USD'$$, $$'-Infinity', 'USD'$$,
    $$1, 'usd'$$, $$1, 'XXX'$$, $$1, ''$$, $$1, 'DOLLAR'$$,
    $$92233720368547758.085, 'USD'$$, $$0.001, 'XXX'$$, $$NULL, 'XXX'$$])
  WITH ORDINALITY AS a (arguments, n) ORDER BY n;
SELECT t.try('SELECT dwello.from_minor(NULL, ''USD'')'),
       t.try('SELECT dwello.from_minor(1, NULL)'),
       t.try('SELECT dwello.from_minor(1, ''ABC'')');
