--
-- fee_schedule.sql
--	Fee schedules of the operator; that a quote is the later charge; what
--	another schedule would have taken.
--
SET client_min_messages = warning;
BEGIN;
SELECT t.login_as('a1');

-- new, again, replaced before it begins, ended
SELECT version, replayed FROM dwello.set_fee_schedule('spring', 40000,
  valid_from => '2031-01-01Z', schedule_id => t.user('spring'), idempotency_key => 'spring');
SELECT version, replayed FROM dwello.set_fee_schedule('spring', 40000,
  valid_from => '2031-01-01Z', schedule_id => t.user('spring'), idempotency_key => 'spring');
SELECT version, replayed FROM dwello.set_fee_schedule('spring 2', 30000, 30, 100, 9000, 190000,
  'split', 'flat', '[{"from_amount": 100000, "rate_ppm": 20000, "max_fee": 8000},
                     {"from_amount": 500000, "rate_ppm": 10000, "fixed": 0, "min_fee": 0}]',
  'd0000000-0000-7000-8000-000000000011', 'USD', 'premium',
  valid_from => '2031-01-01Z', schedule_id => t.user('spring'));
SELECT name, category_id, currency, user_tier, payer, kind, rate_ppm, fixed_fee, min_fee,
       max_fee, tax_ppm, tiers, version
  FROM dwello.fee_schedules WHERE id = t.user('spring');
SELECT valid_until AT TIME ZONE 'UTC' AS valid_until, version, replayed
  FROM dwello.end_fee_schedule(t.user('spring'), '2031-06-01Z', 'end');
SELECT valid_until AT TIME ZONE 'UTC' AS valid_until, version, replayed
  FROM dwello.end_fee_schedule(t.user('spring'), '2031-06-01Z', 'end');
SELECT valid_until, version, replayed
  FROM dwello.end_fee_schedule(t.user('spring'), idempotency_key => 'withdraw');
SELECT count(*) FROM dwello.fee_schedules WHERE id = t.user('spring');
SELECT valid_until, version, replayed
  FROM dwello.end_fee_schedule(t.user('spring'), idempotency_key => 'withdraw');

-- one that has begun can be ended, and then another can follow
SELECT version FROM dwello.set_fee_schedule('now', 40000, schedule_id => t.user('now'));
SELECT t.detail($$SELECT dwello.set_fee_schedule('now 2', 1, schedule_id => t.user('now'))$$)
  LIKE 'WD101: Fee schedule % holds since %' AS has_begun;
SELECT t.refused('a1', $$set_fee_schedule('other', 30000)$$) AS overlap;
SELECT t.login_as('a1');
SELECT valid_until <= clock_timestamp() AS ended, version
  FROM dwello.end_fee_schedule(t.user('now'));
SELECT t.refused('a1', $$end_fee_schedule(t.user('now'))$$) AS ended_already;
SELECT t.refused('a1', $$set_fee_schedule('after', 30000)$$) AS after;

-- the first tier may stand in the list
SELECT version FROM dwello.set_fee_schedule('listed', kind => 'marginal', fixed_fee => 7,
  tiers => '[{"from_amount": 0, "rate_ppm": 100000}, {"from_amount": 100000, "rate_ppm": 50000}]',
  currency => 'EUR', schedule_id => t.user('listed'));
SELECT rate_ppm, fixed_fee, tiers FROM dwello.fee_schedules WHERE id = t.user('listed');
SELECT t.login_as('h1');
SELECT amount, fee, rate_ppm FROM unnest(ARRAY[1, 100000, 100001, 300000]) AS a,
       dwello.quote_fee(a, 'EUR');
ROLLBACK;

-- refusals, the last ones with two errors at once
BEGIN;
SELECT n, t.refused('a1', 'set_fee_schedule(' || arguments || ')')
  FROM unnest(ARRAY[
    $$NULL, 1$$, $$'x', 1, NULL$$, $$'x', 1, 0, NULL$$, $$'x', 1, tax_ppm => NULL$$,
    $$'x', 1, payer => NULL$$, $$'x', 1, kind => NULL$$, $$'x', 1, tiers => NULL$$,
    $$repeat('x', 101), 1$$, $$' ', 1$$, $$'x'$$, $$'x', -1$$, $$'x', 1000001$$,
    $$'x', 1, -1$$, $$'x', 1, 0, -1$$, $$'x', 1, 0, 0, -1$$, $$'x', 1, 0, 5, 4$$,
    $$'x', 1, tax_ppm => 1000001$$,
    $$'x', 1, currency => 'ABC'$$, $$'x', 1, currency => repeat('U', 21)$$,
    $$'x', 1, valid_from => '2031-01-01', valid_until => '2031-01-01'$$,
    $$'x', 1, category_id => t.user('none')$$,
    $$'x', 1, tiers => '{}'$$, $$'x', 1, tiers => '[1]'$$,
    $$'x', 1, tiers => '[{"from_amount": 1}]'$$, $$'x', 1, tiers => '[{"rate_ppm": 1}]'$$,
    $$'x', 1, tiers => '[{"from_amount": 1.5, "rate_ppm": 1}]'$$,
    $$'x', 1, tiers => '[{"from_amount": 1, "rate_ppm": "1"}]'$$,
    $$'x', 1, tiers => '[{"from_amount": 99999999999999999999, "rate_ppm": 1}]'$$,
    $$'x', 1, tiers => '[{"from_amount": 1, "rate_ppm": 1, "typo": 1}]'$$,
    $$'x', 1, tiers => '[{"from_amount": 0, "rate_ppm": 1}]'$$,
    $$'x', tiers => '[{"from_amount": 1, "rate_ppm": 1}]'$$,
    $$'x', 1, tiers => '[{"from_amount": 2, "rate_ppm": 1}, {"from_amount": 2, "rate_ppm": 1}]'$$,
    $$'x', 1, tiers => '[{"from_amount": 2, "rate_ppm": 1, "max_fee": -1}]'$$,
    $$'x', 1, 0, 9, tiers => '[{"from_amount": 2, "rate_ppm": 1, "max_fee": 8}]'$$,
    $$'x', 1, kind => 'marginal', tiers => '[{"from_amount": 2, "rate_ppm": 1, "fixed": 1}]'$$,
    $$'x', 500000, kind => 'marginal', tiers => '[{"from_amount": 1, "rate_ppm": 1000000}]'$$,
    $$'x', 1, tiers => (SELECT jsonb_agg(jsonb_build_object('from_amount', n, 'rate_ppm', 1))
                          FROM generate_series(1, 16) AS n)$$,
    $$'x', 1, schedule_id => 'd0000000-0000-7000-8000-0000000000f1'$$,
    $$NULL, -1$$, $$repeat('x', 101), -1$$,
    $$'x', -1, tiers => '[{"from_amount": 99999999999999999999, "rate_ppm": 1}]'$$,
    $$'x', -1, category_id => t.user('none')$$])
  WITH ORDINALITY AS a (arguments, n) ORDER BY n;
-- amounts have a currency; a limit of 0 is an amount, too
SAVEPOINT s;
SELECT arguments, t.try(format('SELECT dwello.set_fee_schedule(''x'', 1, %s)', arguments), 'a1') AS without,
       t.try(format('SELECT dwello.set_fee_schedule(''x'', 1, currency => ''JPY'', valid_from => %L, valid_until => %L, %s)',
                    '2031-01-01Z'::timestamptz + n * '1 day'::interval, '2031-01-02Z'::timestamptz + n * '1 day'::interval,
                    arguments), 'a1') AS with_currency
  FROM unnest(ARRAY['fixed_fee => 0, min_fee => 0, max_fee => NULL', 'min_fee => 1', 'max_fee => 100', 'max_fee => 0',
    $$tiers => '[{"from_amount": 1000, "rate_ppm": 1}]'$$, $$kind => 'marginal', tiers => '[{"from_amount": 1000, "rate_ppm": 1}]'$$])
  WITH ORDINALITY AS a (arguments, n) ORDER BY n;
ROLLBACK TO s;
SELECT n, t.refused('a1', 'end_fee_schedule(' || arguments || ')')
  FROM unnest(ARRAY[
    $$NULL$$, $$t.user('none')$$, $$'d0000000-0000-7000-8000-0000000000f1'$$,
    $$t.user('none'), 'infinity'$$])
  WITH ORDINALITY AS a (arguments, n) ORDER BY n;
SELECT t.login_as('a1');
SELECT version FROM dwello.set_fee_schedule('old', 1, valid_from => '2020-01-01Z',
  schedule_id => t.user('old'), idempotency_key => 'old');
SELECT t.refused('a1', $$end_fee_schedule(t.user('old'), '2021-01-01Z')$$) AS past,
       t.refused('a1', $$set_fee_schedule('old', 2, idempotency_key => 'old')$$) AS mismatch,
       t.refused('a1', $$set_fee_schedule('old', 1, valid_from => '2019-01-01Z',
         valid_until => '2020-01-01Z')$$) AS before,
       t.refused('a1', $$set_fee_schedule('old', 1, valid_from => '2019-01-01Z',
         valid_until => '2020-01-02Z')$$) AS overlap;
SELECT name, t.refused(name, $$set_fee_schedule('mine', 0)$$) AS set,
       t.refused(name, $$end_fee_schedule(t.user('old'))$$) AS end,
       t.refused(name, $$simulate_fees('{"rate_ppm": 0}', '2020-01-01', '2021-01-01')$$) AS simulate
  FROM unnest(ARRAY['h1', 'p1', 's1']) AS name;
ROLLBACK;

-- the provider's subscription decides
BEGIN;
INSERT INTO dwello.ai_bidding_agents (user_id, tier) VALUES (t.user('p1'), 'premium')
    ON CONFLICT (user_id) DO UPDATE SET tier = 'premium';
SELECT t.login_as('a1');
SELECT version FROM dwello.set_fee_schedule('premium', 10000, user_tier => 'premium');
SELECT t.login_as(NULL);
SELECT t.award('subscribed', 95000);
SELECT fee_rate_ppm FROM dwello.escrow_accounts WHERE job_id = t.user('subscribed');
SELECT fee, t.login_as(NULL) FROM t.login_as('p1'), dwello.quote_fee(95000);
SELECT fee, t.login_as(NULL) FROM t.login_as('h1'), dwello.quote_fee(95000);
SELECT fee, t.login_as(NULL) FROM t.login_as('h1'), dwello.quote_fee(95000, user_tier => 'premium');
ROLLBACK;

------------------------------------------------------------------------
-- quote_fee is the later charge, for any schedule and any cutting
------------------------------------------------------------------------

-- A schedule by chance: kind, payer, tiers and numbers that are valid.
CREATE FUNCTION pg_temp.chance(low bigint, high bigint) RETURNS bigint
LANGUAGE sql VOLATILE
AS $$ SELECT low + floor(random() * (high - low + 1))::bigint $$;

CREATE FUNCTION pg_temp.set_any(schedule uuid) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  kind dwello.fee_kind := (ARRAY['flat', 'marginal'])[pg_temp.chance(1, 2)];
  tiers jsonb;
BEGIN
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'from_amount', n * 20000 + pg_temp.chance(0, 19999),
           'rate_ppm', pg_temp.chance(0, 250000)) ||
         CASE WHEN kind = 'flat' AND n = 2
              THEN '{"fixed": 99, "max_fee": 4321}' ELSE '{}'::jsonb END ORDER BY n), '[]')
    INTO tiers FROM generate_series(1, pg_temp.chance(0, 4)) AS n;
  PERFORM dwello.set_fee_schedule('any', pg_temp.chance(0, 250000)::integer,
    pg_temp.chance(0, 300), pg_temp.chance(0, 200),
    nullif(pg_temp.chance(0, 1), 0) * pg_temp.chance(200, 9000),
    pg_temp.chance(0, 200000)::integer,
    (ARRAY['provider', 'homeowner', 'split'])[pg_temp.chance(1, 3)]::dwello.fee_payer,
    kind, tiers, currency => 'USD', schedule_id => schedule);
END
$$;

-- Makes, quotes, perhaps promotes, pays and releases one contract; what is
-- wrong, or NULL.
CREATE FUNCTION pg_temp.play(round integer) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  job text := 'property ' || round;
  amount bigint := pg_temp.chance(10000, 150000);
  code text := CASE pg_temp.chance(1, 3) WHEN 1 THEN 'ANY' || round END;
  quote record; cut record; part bigint; rest bigint := amount;
  fee bigint := 0; tax bigint := 0; payout bigint := 0;
BEGIN
  PERFORM t.login_as('a1');
  PERFORM pg_temp.set_any(t.user(job || ' schedule'));
  IF code IS NOT NULL THEN
    PERFORM dwello.add_promo_code(code, pg_temp.chance(1, 1000000)::integer,
      pg_temp.chance(1, 9000), 'USD');
  END IF;
  SELECT * INTO quote FROM dwello.quote_fee(amount, promo_code => code);
  PERFORM t.login_as(NULL);
  PERFORM t.award(job, amount);
  PERFORM t.login_as('a1');
  PERFORM dwello.end_fee_schedule(t.user(job || ' schedule'));
  IF code IS NOT NULL THEN
    PERFORM t.login_as('p1');
    PERFORM dwello.apply_promo(t.user(job), code);
  END IF;
  PERFORM t.login_as(NULL);
  PERFORM t.pay(job);
  PERFORM t.login_as('h1');
  WHILE rest > 0 LOOP
    part := least(rest, CASE WHEN pg_temp.chance(1, 4) = 1 THEN pg_temp.chance(1, 3)
                             ELSE pg_temp.chance(1, amount) END);
    IF rest - part BETWEEN 1 AND 2000 THEN
      part := rest;
    END IF;
    SELECT r.fee, r.tax, r.payout INTO cut
      FROM dwello.release_escrow(t.user(job), part) AS r;
    fee := fee + cut.fee;
    tax := tax + cut.tax;
    payout := payout + cut.payout;
    rest := rest - part;
  END LOOP;
  PERFORM t.login_as(NULL);
  IF (fee, tax, payout) IS DISTINCT FROM (quote.fee, quote.tax, quote.payout)
     OR (SELECT (e.funded, e.held, e.released) IS DISTINCT FROM (quote.charge, 0::bigint, quote.charge)
           FROM dwello.escrow_accounts AS e WHERE e.job_id = t.user(job)) THEN
    RETURN format('round %s: quoted %s, charged %s', round, quote, (fee, tax, payout));
  END IF;
  RETURN NULL;
END
$$;

BEGIN;
SELECT setseed(0.4);
SELECT wrong FROM generate_series(1, 60) AS round, pg_temp.play(round) AS wrong
 WHERE wrong IS NOT NULL;
SELECT count(DISTINCT kind) AS kinds, count(DISTINCT payer) AS payers, count(*)
  FROM dwello.fee_schedules WHERE name = 'any';
SELECT count(*) > 60 AS several_parts FROM dwello.transactions
 WHERE transaction_type = 'release' AND scope_id IN
       (SELECT t.user('property ' || n) FROM generate_series(1, 60) AS n);
SELECT * FROM dwello.reconcile();
ROLLBACK;

------------------------------------------------------------------------
-- What another schedule would have taken
------------------------------------------------------------------------
BEGIN;
SELECT t.award('past one', 95000), t.award('past two', 100000),
       t.award('past yen', 5000, currency => 'JPY');
SELECT t.pay('past one'), t.pay('past two'), t.pay('past yen');
SELECT t.login_as('h1');
SET LOCAL dwello.now = '2035-03-01Z';
SELECT r.fee FROM dwello.release_escrow(t.user('past one'), 40000) AS r;
SET LOCAL dwello.now = '2035-04-01Z';
SELECT r.fee FROM dwello.release_escrow(t.user('past one')) AS r;
SELECT r.fee FROM dwello.release_escrow(t.user('past two')) AS r;
SELECT r.fee FROM dwello.release_escrow(t.user('past yen')) AS r;
SELECT t.as_system();

-- the same schedule: nobody gains
SELECT provider_id = t.user('p1') AS is_p1, currency, releases, amount, fee, payout,
       simulated_fee, simulated_payout, difference
  FROM dwello.simulate_fees('{"rate_ppm": 50000}', '2035-01-01Z', '2036-01-01Z')
 ORDER BY currency, is_p1;
-- a lower one, on top: part of an escrow is before the time
SELECT provider_id = t.user('p1') AS is_p1, currency, releases, amount, fee,
       simulated_fee, simulated_tax, simulated_payout, difference
  FROM dwello.simulate_fees('{"kind": "marginal", "rate_ppm": 40000, "tax_ppm": 100000, "payer": "homeowner",
         "tiers": [{"from_amount": 50000, "rate_ppm": 20000}], "currency": "USD"}',
       '2035-03-15Z', '2036-01-01Z')
 ORDER BY currency, is_p1;
SELECT count(*) FROM dwello.simulate_fees('{"rate_ppm": 0}', '2034-01-01Z', '2035-01-01Z');
SELECT n, t.refused(NULL, 'simulate_fees(' || arguments || ')')
  FROM unnest(ARRAY[
    $$NULL, '2035-01-01', '2036-01-01'$$, $$'{"rate_ppm": 1}', NULL, '2036-01-01'$$,
    $$'{"rate_ppm": 1}', '2035-01-01', NULL$$,
    $$'[]', '2035-01-01', '2036-01-01'$$, $$'{}', '2035-01-01', '2036-01-01'$$,
    $$'{"rate_ppm": 1, "typo": 1}', '2035-01-01', '2036-01-01'$$,
    $$'{"rate_ppm": 1000001}', '2035-01-01', '2036-01-01'$$,
    $$'{"rate_ppm": 1, "kind": "steep"}', '2035-01-01', '2036-01-01'$$,
    $$'{"rate_ppm": 1, "currency": "ABC"}', '2035-01-01', '2036-01-01'$$,
    $$'{"rate_ppm": 1, "min_fee": 1}', '2035-01-01', '2036-01-01'$$,
    $$'{"rate_ppm": 1, "max_fee": 1}', '2035-01-01', '2036-01-01'$$,
    $$'{"rate_ppm": 1, "tiers": [{"from_amount": 1, "rate_ppm": 1}]}', '2035-01-01', '2036-01-01'$$,
    $$'{"rate_ppm": 1, "tiers": 1}', '2035-01-01', '2036-01-01'$$,
    $$'{"rate_ppm": 1e30}', '2035-01-01', '2036-01-01'$$,
    $$'{"rate_ppm": 1}', '2036-01-01', '2036-01-01'$$])
  WITH ORDINALITY AS a (arguments, n) ORDER BY n;
ROLLBACK;

------------------------------------------------------------------------
-- The very schedule that was in force: to the cent what was taken
------------------------------------------------------------------------

-- Plays a contract by chance: releases, reversals of any of them, disputes
-- with any figure, refunds, chargebacks won and lost, new payments.  What it
-- cannot do just then it leaves.
CREATE FUNCTION pg_temp.live(job text, since timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  amount bigint := pg_temp.chance(1000, 150000);
  hour timestamptz := since;
  undone uuid;
BEGIN
  PERFORM set_config('dwello.now', '', true);
  PERFORM t.award(job, amount, CASE WHEN pg_temp.chance(1, 2) = 1 THEN '{2,1,4}'::bigint[] ELSE '{}' END);
  PERFORM t.pay(job);
  PERFORM t.start(job);
  FOR step IN 1 .. pg_temp.chance(4, 16) LOOP
    hour := hour + '7 days';
    PERFORM set_config('dwello.now', hour::text, true);
    SELECT x.id INTO undone FROM dwello.transactions AS x
     WHERE x.scope_id = t.user(job) AND x.transaction_type IN ('release', 'dispute', 'refund')
     ORDER BY random() LIMIT 1;
    PERFORM t.try(v, a) FROM (VALUES
      (format('SELECT dwello.release_escrow(t.user(%L), %s)', job, pg_temp.chance(1, amount / 2)), 'h1'),
      (format('SELECT dwello.release_escrow(t.user(%L), milestone_id => t.user(%L))', job, job || ' m2'), 'h1'),
      (format('SELECT dwello.reverse_transaction(t.user(%L), %L, %s)', job, undone, pg_temp.chance(1, 3000)), 'a1'),
      (format('SELECT dwello.reverse_transaction(t.user(%L), %L)', job, undone), 'a1'),
      (format('SELECT dwello.refund_escrow(t.user(%L), %s)', job, pg_temp.chance(1, 5000)), 'p1'),
      (format('SELECT dwello.open_dispute(t.user(%L), %s, %L)', job, pg_temp.chance(0, 9000), 'No.'), 'h1'),
      (format('SELECT dwello.answer_dispute(t.user(%L), %s)', job, pg_temp.chance(0, 900)), 'p1'),
      (format('SELECT dwello.open_chargeback(t.user(%L), %L, %L, %s, %L)', job, 'acme', job || step,
              pg_temp.chance(1, 4000), 'USD'), NULL),
      (format('SELECT dwello.close_chargeback(t.user(%L), %L, %L, %L)', job, 'acme', job || 'e' || step, step % 2 = 0), NULL),
      (format('SELECT t.pay(%L)', job), NULL)) AS w (v, a)
     ORDER BY random() LIMIT 3;
    IF step % 5 = 3 THEN
      PERFORM t.try(format('SELECT dwello.open_dispute(t.user(%L), %s, %L)', job, pg_temp.chance(0, 900), 'Pay.'), 'p1');
      PERFORM t.try(format('SELECT dwello.answer_dispute(t.user(%L), %s)', job, pg_temp.chance(900, 999)), 'h1');
    END IF;
  END LOOP;
END
$$;
-- What was taken from a time to a time, by the ledger.
CREATE FUNCTION pg_temp.taken(since timestamptz, until timestamptz, OUT fee bigint, OUT tax bigint, OUT payout bigint)
LANGUAGE sql
AS $$
  SELECT coalesce(sum(n.amount) FILTER (WHERE a.kind = 'platform_fee'), 0),
         coalesce(sum(n.amount) FILTER (WHERE a.kind = 'tax_payable'), 0),
         coalesce(sum(n.amount) FILTER (WHERE a.kind IN ('provider_available', 'provider_receivable')), 0)
    FROM dwello.ledger_entries AS n
    JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
    JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
   WHERE x.transaction_type IN ('release', 'dispute', 'reversal')
     AND x.completed_at >= since AND x.completed_at < until
$$;
-- Ten such contracts under one schedule; what is simulated otherwise.
CREATE FUNCTION pg_temp.relive(round integer) RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
  schedule jsonb := jsonb_build_object('payer', (ARRAY['provider', 'homeowner', 'split'])[round % 3 + 1],
    'kind', 'marginal', 'rate_ppm', pg_temp.chance(0, 200000), 'fixed_fee', pg_temp.chance(0, 90),
    'min_fee', pg_temp.chance(0, 300), 'tax_ppm', pg_temp.chance(0, 1) * pg_temp.chance(0, 250000),
    'tiers', '[{"from_amount": 20000, "rate_ppm": 7000}]'::jsonb, 'currency', 'USD');
  since timestamptz := make_timestamptz(2030 + round, 1, 1, 0, 0, 0, 'UTC');
  span record; taken record; seen record;
BEGIN
  PERFORM set_config('dwello.now', '', true);
  PERFORM t.login_as('a1');
  PERFORM dwello.set_fee_schedule('relived', (schedule->>'rate_ppm')::integer, (schedule->>'fixed_fee')::bigint,
    (schedule->>'min_fee')::bigint, NULL, (schedule->>'tax_ppm')::integer, (schedule->>'payer')::dwello.fee_payer,
    'marginal', schedule->'tiers', currency => 'USD', schedule_id => t.user('relived ' || round));
  PERFORM t.login_as(NULL);
  PERFORM pg_temp.live('relived ' || round || ' ' || n, since) FROM generate_series(1, 10) AS n;
  PERFORM set_config('dwello.now', '', true);
  PERFORM t.login_as('a1');
  PERFORM dwello.end_fee_schedule(t.user('relived ' || round));
  PERFORM t.as_system();
  FOR span IN SELECT since + a * '1 day'::interval AS since, since + z * '1 day'::interval AS until
                FROM (VALUES (0, 365), (0, 30), (30, 60)) AS v (a, z) LOOP
    SELECT * INTO taken FROM pg_temp.taken(span.since, span.until);
    SELECT coalesce(sum(f.fee), 0) AS fee, coalesce(sum(f.tax), 0) AS tax, coalesce(sum(f.payout), 0) AS payout,
           coalesce(sum(f.simulated_fee), 0) AS simulated_fee, coalesce(sum(f.simulated_tax), 0) AS simulated_tax,
           coalesce(sum(f.simulated_payout), 0) AS simulated_payout, coalesce(sum(f.difference), 0) AS difference
      INTO seen FROM dwello.simulate_fees(schedule, span.since, span.until) AS f WHERE f.provider_id IS NULL;
    IF (seen.fee, seen.tax, seen.payout) IS DISTINCT FROM (taken.fee, taken.tax, taken.payout) OR
       (seen.simulated_fee, seen.simulated_tax, seen.simulated_payout, seen.difference)
         IS DISTINCT FROM (taken.fee, taken.tax, taken.payout, 0) THEN
      RETURN NEXT format('%s from %s: took %s, simulated %s', schedule, span.since::date, taken, seen);
    END IF;
  END LOOP;
END
$$;

BEGIN;
SELECT setseed(0.7);
SELECT wrong FROM generate_series(1, 12) AS round, pg_temp.relive(round) AS wrong;
SELECT transaction_type, reverses IS NOT NULL AS back, count(*) > 15 AS many FROM dwello.transactions
 WHERE transaction_type IN ('release', 'dispute', 'reversal', 'chargeback', 'refund')
   AND scope_id IN (SELECT t.user('relived ' || r || ' ' || n) FROM generate_series(1, 12) AS r, generate_series(1, 10) AS n)
 GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM dwello.reconcile();
ROLLBACK;
