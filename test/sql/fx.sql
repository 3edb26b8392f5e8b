--
-- fx.sql
--	Rates of exchange.
--
BEGIN;
SELECT t.login_as('a1');

-- a rate without an end holds until the next one
SELECT from_currency, to_currency, numerator, denominator, valid_until, replayed
  FROM dwello.set_fx_rate('USD', 'EUR', 92, 100, '2031-01-01Z', idempotency_key => 'one');
SELECT numerator, valid_until, replayed
  FROM dwello.set_fx_rate('USD', 'EUR', 92, 100, '2031-01-01Z', idempotency_key => 'one');
SELECT numerator FROM dwello.set_fx_rate('USD', 'EUR', 93, 100, '2031-02-01Z');
SELECT numerator FROM dwello.set_fx_rate('USD', 'EUR', 91, 100, '2030-01-01Z', '2031-01-01Z');
SELECT numerator FROM dwello.set_fx_rate('EUR', 'USD', 108, 100, '2031-01-01Z');
SELECT from_currency, numerator, lower(valid) AT TIME ZONE 'UTC' AS from_time,
       upper(valid) AT TIME ZONE 'UTC' AS to_time
  FROM dwello.fx_rates ORDER BY from_currency DESC, valid;
SELECT valid_from <= clock_timestamp() AS from_now
  FROM dwello.set_fx_rate('JPY', 'KWD', 1, 100);

-- refusals, the last ones with two errors at once
SELECT n, t.try('SELECT dwello.set_fx_rate(' || arguments || ')')
  FROM unnest(ARRAY[
    $$NULL, 'EUR', 1, 1$$, $$'USD', NULL, 1, 1$$, $$'USD', 'EUR', NULL, 1$$,
    $$'USD', 'EUR', 1, NULL$$, $$'USD', 'EUR', 0, 1$$, $$'USD', 'EUR', 1, -1$$,
    $$'USD', 'ABC', 1, 1$$, $$'usd', 'EUR', 1, 1$$, $$'USD', 'USD', 1, 1$$,
    $$'USD', repeat('E', 21), 1, 1$$,
    $$'USD', 'EUR', 1, 1, '2031-01-02Z', '2031-01-02Z'$$,
    $$'USD', 'EUR', 1, 1, 'infinity'$$,
    $$'USD', 'EUR', 1, 1, '2031-01-15Z', '2031-01-20Z'$$,
    $$'USD', 'EUR', 1, 1, '2031-02-01Z'$$,
    $$'USD', 'EUR', 1, 2, '2031-01-01Z', idempotency_key => 'one'$$,
    $$'USD', 'ABC', 0, NULL$$, $$repeat('U', 21), 'EUR', 0, 1$$])
  WITH ORDINALITY AS a (arguments, n) ORDER BY n;
SELECT t.try('SELECT dwello.set_fx_rate(''USD'', ''EUR'', 1, 1)', name)
  FROM unnest(ARRAY['h1', 'p1', 's1']) AS name;
ROLLBACK;
