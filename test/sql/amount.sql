--
-- amount.sql
--	Amounts have a currency and a ceiling: whoever names one above it is told
--	22003 by the first command that it is named to, and sums of what is
--	shared by all stay in range.
--
SET client_min_messages = warning;

-- A value of a type that an argument may have, as SQL.
CREATE FUNCTION pg_temp.some(name text, type regtype) RETURNS text
LANGUAGE sql
AS $$
  SELECT CASE
    WHEN type = 'uuid'::regtype THEN $q$t.user('any')$q$
    WHEN type = 'text'::regtype THEN CASE WHEN name LIKE '%currency' THEN '''USD''' ELSE '''some''' END
    WHEN type = 'bigint'::regtype OR type = 'integer'::regtype THEN '1'
    WHEN type = 'double precision'::regtype THEN '1'
    WHEN type = 'boolean'::regtype THEN 'true'
    WHEN type = 'timestamptz'::regtype THEN '''2031-01-01Z'''
    WHEN (SELECT t.typtype FROM pg_type AS t WHERE t.oid = type) = 'e'
      THEN format('(enum_range(NULL::%s))[1]', type)
    ELSE format('NULL::%s', type) END
$$;

-- Every argument of a command that is a bigint, but for what is no amount, what
-- is only compared with one, and the events of payment companies: what really
-- happened is booked.
CREATE TEMP VIEW argument AS
  SELECT p.oid, p.proname AS command, a.name, p.pronargs - p.pronargdefaults AS needed
    FROM pg_proc AS p
    CROSS JOIN LATERAL unnest(p.proargnames, p.proargtypes::oid[])
      WITH ORDINALITY AS a (name, type, n)
   WHERE p.pronamespace = 'dwello'::regnamespace AND p.provolatile = 'v' AND a.type = 'bigint'::regtype
     AND p.proname NOT LIKE 'record\_%'
     AND (p.proname::text, a.name) NOT IN (
       ('accept_bid', 'expected_amount'), ('answer_invite', 'expected_amount'), ('confirm_payment', 'amount'),
       ('confirm_authorization', 'amount'), ('open_chargeback', 'amount'),
       ('open_chargeback', 'fee'), ('close_chargeback', 'lost_amount'),
       ('confirm_refund', 'amount'), ('confirm_repayment', 'amount'), ('set_fx_rate', 'numerator'), ('set_fx_rate', 'denominator'));

-- The call that names one amount, and nothing else but what must be given.
CREATE FUNCTION pg_temp.call(function oid, argument text, amount text) RETURNS text
LANGUAGE sql
AS $$
  SELECT format('SELECT dwello.%I(%s)', p.proname,
           string_agg(format('%I => %s', a.name, CASE WHEN a.name = argument THEN amount
                                                      ELSE pg_temp.some(a.name, a.type) END), ', '))
    FROM pg_proc AS p
    CROSS JOIN LATERAL unnest(p.proargnames, p.proargtypes::oid[])
      WITH ORDINALITY AS a (name, type, n)
   WHERE p.oid = function AND (a.n <= p.pronargs - p.pronargdefaults OR a.name = argument)
     AND a.type IS NOT NULL
   GROUP BY p.proname
$$;
SELECT pg_temp.call('dwello.counter_bid'::regproc, 'amount', '7');

-- Whoever may call is told 22003 just above the ceiling, and not at it.
BEGIN;
CREATE TEMP TABLE told AS
  SELECT a.command, a.name, w.who, b.beyond,
         left(t.verdict(pg_temp.call(a.oid, a.name, (1000000000000000 + b.beyond)::text), w.who), 5) AS code
    FROM argument AS a
    CROSS JOIN (VALUES (0), (1)) AS b (beyond)
    CROSS JOIN (VALUES (NULL), ('a1'), ('h1'), ('p1')) AS w (who);
SELECT count(DISTINCT (command, name)) > 30 AS many FROM told;
-- none
SELECT command, name, array_agg(DISTINCT code) AS told
  FROM told WHERE beyond = 1
 GROUP BY 1, 2 HAVING NOT '22003' = ANY (array_agg(code)) ORDER BY 1, 2;
SELECT DISTINCT command, name FROM told WHERE beyond = 0 AND code = '22003' ORDER BY 1, 2;

ROLLBACK;
-- The same in documents.
SELECT n, t.verdict('SELECT dwello.' || call, who) AS told
  FROM (VALUES
    (1, 'h1', $$post_job('d0000000-0000-7000-8000-000000000011', 'x', 'y', 0, 0, milestones => '[{"title": "a", "amount": 1000000000000001}]')$$),
    (2, 'a1', $$set_fee_schedule('x', 1, currency => 'USD', tiers => '[{"from_amount": 1000000000000001, "rate_ppm": 1}]')$$),
    (3, 'a1', $$set_fee_schedule('x', 1, currency => 'USD', tiers => '[{"from_amount": 1, "rate_ppm": 1, "max_fee": 1000000000000001}]')$$),
    (4, 'a1', $$simulate_fees('{"rate_ppm": 1, "currency": "USD", "min_fee": 1000000000000001}', '2031-01-01', '2032-01-01')$$)) AS c (n, who, call)
 ORDER BY n;

------------------------------------------------------------------------
-- Settings that are amounts, one for each currency
------------------------------------------------------------------------
BEGIN;
SELECT t.login_as('a1');
SELECT * FROM dwello.setting_amounts('USD');
SELECT * FROM dwello.setting_amounts('JPY');
SELECT * FROM dwello.set_setting_amount('min_bid_amount', 'JPY', 3000, 1, 'k');
SELECT * FROM dwello.set_setting_amount('min_bid_amount', 'JPY', 3000, 1, 'k');
SELECT * FROM dwello.set_setting_amount('min_bid_amount', 'USD', 0);
SELECT * FROM dwello.set_setting_amount('min_bid_amount', 'USD');
SELECT name, amount, is_overridden, version FROM dwello.setting_amounts('JPY') WHERE name = 'min_bid_amount';
SELECT call, t.try('SELECT dwello.' || call, who) AS told
  FROM (VALUES
    ($$set_setting_amount(NULL, 'USD', 1)$$, 'a1'), ($$set_setting_amount('max_amount', NULL, 1)$$, 'a1'),
    ($$set_setting_amount('no', 'USD', 1)$$, 'a1'), ($$set_setting_amount('max_amount', 'ABC', 1)$$, 'a1'),
    ($$set_setting_amount('max_amount', 'USD', 0)$$, 'a1'), ($$set_setting_amount('payout_minimum', 'USD', -1)$$, 'a1'),
    ($$set_setting_amount('max_amount', 'USD', 1000000000000001)$$, 'a1'),
    ($$set_setting_amount('max_amount', 'USD', 5, expected_version => 7)$$, 'a1'),
    ($$set_setting_amount('min_bid_amount', 'JPY', 3001, 1, 'k')$$, 'a1'),
    ($$set_setting_amount('max_amount', 'USD', 5)$$, 'h1'), ($$set_setting('min_bid_amount', '1')$$, 'a1'),
    ($$setting_amounts('ABC')$$, 'h1')) AS c (call, who);
-- a ceiling of a currency
SELECT amount FROM dwello.set_setting_amount('max_amount', 'EUR', 50000);
SELECT currency, amount, t.verdict(format($$SELECT dwello.post_job('d0000000-0000-7000-8000-000000000011', 'x', 'y', 0, 0,
         budget_max => %s, currency => %L)$$, amount, currency), 'h1') AS posted
  FROM (VALUES ('EUR', 50000), ('EUR', 50001), ('USD', 50001)) AS v (currency, amount);
SELECT t.verdict($$SELECT dwello.add_promo_code('HUGE', 1, budget => 50001, currency => 'EUR')$$, 'a1') AS promo;
SELECT t.login_as('a1');
-- taken back by its transaction, it is forgotten
SAVEPOINT s;
SELECT amount FROM dwello.set_setting_amount('max_amount', 'EUR', 7);
SELECT amount FROM dwello.setting_amounts('EUR') WHERE name = 'max_amount';
ROLLBACK TO s;
SELECT amount FROM dwello.setting_amounts('EUR') WHERE name = 'max_amount';
ROLLBACK;
SELECT name, amount FROM dwello.setting_amounts('EUR');

------------------------------------------------------------------------
-- What a broken worker books stops nobody's upkeep
------------------------------------------------------------------------
SELECT value FROM dwello.set_setting('rollup_margin_seconds', '1');
SELECT t.award('huge 1', 100000, currency => 'CHF'), t.award('huge 2', 100000, currency => 'CHF'),
       t.award('small', 100000, currency => 'SEK');
SELECT t.pay('huge 1'), t.pay('huge 2'), t.pay('small');
SET session_replication_role = replica;
UPDATE dwello.ledger_entries SET amount = amount / 100000 * 9223372036854775807
 WHERE scope_id IN (t.user('huge 1'), t.user('huge 2'));
SET session_replication_role = origin;
CREATE VIEW t.clearing AS
  SELECT a.currency, a.rolled_up_balance, a.rolled_up_through IS NOT NULL AS is_rolled_up
    FROM dwello.ledger_accounts AS a WHERE a.kind = 'psp_clearing' AND a.currency IN ('CHF', 'SEK');
SELECT pg_sleep(1.2);
-- an account whose sum does not fit is left, again and again; others are not
SELECT entries > 0 AS rolled_up FROM dwello.rollup_balances();
SELECT * FROM t.clearing ORDER BY 1;
SELECT t.award('more', 100000, currency => 'CHF'), t.award('less', 100000, currency => 'SEK');
SELECT t.pay('more'), t.pay('less');
SELECT pg_sleep(1.2);
SELECT entries > 0 AS rolled_up FROM dwello.rollup_balances();
SELECT * FROM t.clearing ORDER BY 1;
-- once it fits it is rolled up with what it missed
SET session_replication_role = replica;
UPDATE dwello.ledger_entries SET amount = amount / 9223372036854775807 * 100000
 WHERE scope_id IN (t.user('huge 1'), t.user('huge 2'));
SET session_replication_role = origin;
SELECT t.award('last', 100000, currency => 'CHF');
SELECT t.pay('last');
SELECT pg_sleep(1.2);
SELECT entries > 0 AS rolled_up FROM dwello.rollup_balances();
SELECT * FROM t.clearing ORDER BY 1;
SELECT * FROM dwello.reconcile();

DROP VIEW t.clearing;
SELECT t.forget('huge 1', 'huge 2', 'small', 'more', 'less', 'last');
DELETE FROM dwello.system_settings WHERE name = 'rollup_margin_seconds';
