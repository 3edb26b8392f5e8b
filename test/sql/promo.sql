--
-- promo.sql
--	Promo codes: what they waive, and out of which budget.
--
SET client_min_messages = warning;
BEGIN;
SELECT t.login_as('a1');
SELECT code, version, replayed FROM dwello.add_promo_code('HALF', 500000, idempotency_key => 'half');
SELECT code, version, replayed FROM dwello.add_promo_code('HALF', 500000, idempotency_key => 'half');
SELECT code FROM dwello.add_promo_code('SPRING', 1000000, 6000, 'USD');
SELECT code FROM dwello.add_promo_code('EURO', 1000000, 6000, 'EUR');
SELECT code FROM dwello.add_promo_code('LATER', 1000000, valid_from => '2999-01-01Z');
SELECT code FROM dwello.add_promo_code('NOTHING', 1000000, 0, 'USD');

-- refusals, the last ones with two errors at once
SELECT n, t.try('SELECT dwello.add_promo_code(' || arguments || ')')
  FROM unnest(ARRAY[
    $$NULL, 1$$, $$'CODE', NULL$$, $$repeat('C', 41), 1$$, $$'ab', 1$$, $$'lower', 1$$,
    $$'CODE', -1$$, $$'CODE', 1000001$$, $$'CODE', 1, -1, 'USD'$$, $$'CODE', 1, 1$$,
    $$'CODE', 1, 1, 'ABC'$$, $$'CODE', 1, valid_from => '2031-01-01', valid_until => '2030-01-01'$$,
    $$'HALF', 500000$$, $$'HALF', 1, idempotency_key => 'half'$$,
    $$'ab', NULL$$, $$'ab', 1, 1, repeat('U', 21)$$])
  WITH ORDINALITY AS a (arguments, n) ORDER BY n;
SELECT t.try('SELECT dwello.add_promo_code(''MINE'', 1)', name)
  FROM unnest(ARRAY['h1', 'p1', 's1']) AS name;
SELECT t.login_as(NULL);

-- the quote is the later charge
SELECT t.award('promoted', 95000), t.award('rival', 95000), t.award('plain', 95000),
       t.award('euros', 95000, currency => 'EUR');
SELECT t.login_as('p1');
SELECT fee, waived, payout FROM dwello.quote_fee(95000, promo_code => 'HALF');
SELECT fee, waived, payout FROM dwello.quote_fee(95000, promo_code => 'SPRING');
SELECT waived, charge, escrow_status, version, replayed
  FROM dwello.apply_promo(t.user('promoted'), 'SPRING', 1, 'apply');
SELECT waived, charge, escrow_status, version, replayed
  FROM dwello.apply_promo(t.user('promoted'), 'SPRING', 1, 'apply');
SELECT code, budget, spent, version FROM dwello.promo_codes WHERE code = 'SPRING';

-- what is left of a budget is what the next contract gets
SELECT fee, waived FROM dwello.quote_fee(95000, promo_code => 'SPRING');
SELECT t.login_as('h1');
SELECT waived FROM dwello.apply_promo(t.user('rival'), 'SPRING');
SELECT spent FROM dwello.promo_codes WHERE code = 'SPRING';
SELECT waived FROM dwello.apply_promo(t.user('euros'), 'EURO');
SELECT t.login_as(NULL);
SELECT type, payload->>'promo_code' AS code, payload->>'amount' AS amount
  FROM dwello.outbox WHERE type = 'promo_applied' ORDER BY id;

-- refusals
SELECT n, name, t.refused(name, 'apply_promo(' || arguments || ')')
  FROM (VALUES
    (1, 'h1', $$NULL, 'HALF'$$),
    (2, 'h1', $$t.user('plain'), NULL$$),
    (3, 'h1', $$t.user('plain'), repeat('H', 41)$$),
    (4, 'h1', $$t.user('none'), 'HALF'$$),
    (5, 'h1', $$t.user('plain'), 'NONE'$$),
    (6, 'h1', $$t.user('plain'), 'LATER'$$),
    (7, 'p2', $$t.user('plain'), 'HALF'$$),
    (8, 'a1', $$t.user('plain'), 'HALF'$$),
    (9, 'p1', $$t.user('promoted'), 'HALF', idempotency_key => 'apply'$$),
    (10, 'p1', $$t.user('plain'), 'HALF', 7$$),
    (11, 'p1', $$t.user('promoted'), 'HALF'$$),
    (12, 'p1', $$t.user('plain'), 'EURO'$$),
    (13, 'p1', $$t.user('plain'), 'SPRING'$$),
    (14, 'p1', $$t.user('plain'), 'NOTHING'$$),
    (15, 'p1', $$t.user('promoted'), 'NONE', 7$$)) AS a (n, name, arguments)
 ORDER BY n;
SELECT t.refused('h1', $$quote_fee(1000, promo_code => 'SPRING')$$) AS spent,
       t.refused('h1', $$quote_fee(1000, promo_code => 'EURO')$$) AS other_currency,
       t.refused('h1', $$quote_fee(1000, promo_code => 'LATER')$$) AS later;
SELECT t.pay('plain');
SELECT t.refused('h1', $$apply_promo(t.user('plain'), 'HALF')$$) AS paid;

-- released in three parts: all of the fee is waived, and of the next 1250
SELECT t.pay('promoted'), t.pay('rival');
SELECT t.login_as('h1');
SELECT sum(r.fee) AS fee, sum(r.payout) AS payout
  FROM unnest(ARRAY[1, 44999, 50000]) AS part,
       dwello.release_escrow(t.user('promoted'), part) AS r;
SELECT sum(r.fee) AS fee, sum(r.payout) AS payout
  FROM unnest(ARRAY[44999, 1, 50000]) AS part,
       dwello.release_escrow(t.user('rival'), part) AS r;
SELECT t.login_as(NULL);
SELECT * FROM dwello.reconcile();
ROLLBACK;
