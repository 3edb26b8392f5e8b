--
-- fee.sql
--	What a fee comes to, and how an amount divides.
--

-- bare arithmetic: half-even, fixed part, limits, never more than the amount
SELECT dwello.fee_amount(95000, 50000) AS plain,
       dwello.fee_amount(50, 50000) AS half_down,
       dwello.fee_amount(30, 50000) AS half_up,
       dwello.fee_amount(95000, 50000, 30) AS fixed,
       dwello.fee_amount(100, 50000, 0, 50) AS least,
       dwello.fee_amount(95000, 50000, 0, 0, 1000) AS most,
       dwello.fee_amount(20, 50000, 0, 50) AS capped,
       dwello.fee_amount(0, 50000, 30) AS nothing,
       dwello.fee_amount(9223372036854775807, 1000000) AS everything;
SELECT provolatile, proparallel FROM pg_proc
 WHERE oid = 'dwello.fee_amount'::regproc;
SELECT t.try('SELECT dwello.fee_amount(NULL, 50000)'),
       t.try('SELECT dwello.fee_amount(-1, 50000)'),
       t.try('SELECT dwello.fee_amount(1, 1000001)'),
       t.try('SELECT dwello.fee_amount(1, -1)'),
       t.try('SELECT dwello.fee_amount(1, 1, -1)'),
       t.try('SELECT dwello.fee_amount(1, 1, 0, 5, 4)'),
       t.try('SELECT dwello.fee_amount(1, 1, 0, 0, -1)');

-- parts sum to the whole; what is left over goes to the largest remainders
SELECT dwello.allocate(100, '{1,1,1}') AS thirds,
       dwello.allocate(100, '{0,3,1}') AS zero,
       dwello.allocate(-100, '{1,1,1}') AS negative,
       dwello.allocate(0, '{1,2}') AS nothing,
       dwello.allocate(9223372036854775807, '{1,1}') AS large;
SELECT t.try('SELECT dwello.allocate(NULL, ''{1}'')'),
       t.try('SELECT dwello.allocate(1, NULL)'),
       t.try('SELECT dwello.allocate(1, ''{1,NULL}'')'),
       t.try('SELECT dwello.allocate(1, ''{}'')'),
       t.try('SELECT dwello.allocate(1, ''{{1},{2}}'')'),
       t.try('SELECT dwello.allocate(1, ''{0,0}'')'),
       t.try('SELECT dwello.allocate(1, ''{1,-1}'')'),
       t.try('SELECT dwello.allocate(1, ''{9223372036854775807,1}'')');

-- a quote by the built-in schedule
BEGIN;
SELECT t.app_as('h1');
SELECT amount, currency, fee, tax, payout, charge, payer, rate_ppm
  FROM dwello.quote_fee(95000);
COMMIT;

-- which schedule: category, ancestors, all; tier; currency; operator's first
BEGIN;
INSERT INTO dwello.fee_schedules (id, name, category_id, currency, user_tier,
                                  payer, rate_ppm, tax_ppm, valid)
VALUES
  (t.user('all'), 'all', NULL, NULL, NULL, 'provider', 40000, 0, '[,)'),
  (t.user('premium'), 'premium', NULL, NULL, 'premium', 'provider', 30000, 0, '[,)'),
  (t.user('euro'), 'euro', NULL, 'EUR', NULL, 'homeowner', 20000, 100000, '[,)'),
  (t.user('home'), 'home', 'd0000000-0000-7000-8000-000000000001', NULL, NULL,
   'split', 60000, 0, '[2030-01-01,)'),
  (t.user('paint'), 'paint', 'd0000000-0000-7000-8000-000000000011', NULL, NULL,
   'provider', 70000, 0, '[2031-01-01,)');
SELECT t.login_as('p1');
SELECT fee, payer, rate_ppm FROM dwello.quote_fee(95001);
SELECT fee, rate_ppm FROM dwello.quote_fee(95001, user_tier => 'premium');
SELECT fee, rate_ppm FROM dwello.quote_fee(95001, user_tier => 'enterprise');
SELECT fee, tax, payout, charge, payer, rate_ppm
  FROM dwello.quote_fee(95001, 'EUR');
SELECT rate_ppm FROM dwello.quote_fee(95001,
  category_id => 'd0000000-0000-7000-8000-000000000011');
SELECT fee, payout, charge, payer, rate_ppm FROM dwello.quote_fee(95001,
  category_id => 'd0000000-0000-7000-8000-000000000011', as_of => '2030-06-01');
SELECT rate_ppm FROM dwello.quote_fee(95001,
  category_id => 'd0000000-0000-7000-8000-000000000011', as_of => '2031-06-01');
SELECT rate_ppm FROM dwello.quote_fee(95001,
  category_id => 'd0000000-0000-7000-8000-000000000002', as_of => '2031-06-01');
ROLLBACK;

-- refusals, the last ones with two errors at once
BEGIN;
SELECT t.app_as('h1');
SELECT t.try('SELECT dwello.quote_fee(NULL)');
SELECT t.try('SELECT dwello.quote_fee(1, NULL)');
SELECT t.try('SELECT dwello.quote_fee(0)');
SELECT t.try('SELECT dwello.quote_fee(1, ''DOLLAR'')');
SELECT t.try('SELECT dwello.quote_fee(1, ''ZZZ'')');
SELECT t.try('SELECT dwello.quote_fee(1, user_tier => ''gold'')');
SELECT t.try('SELECT dwello.quote_fee(1, as_of => ''infinity'')');
SELECT t.try('SELECT dwello.quote_fee(1, category_id => t.user(''none''))');
SELECT t.try('SELECT dwello.quote_fee(1, promo_code => ''SPRING'')');
SELECT t.try('SELECT dwello.quote_fee(0, NULL)');
SELECT t.try('SELECT dwello.quote_fee(-1, ''DOLLAR'')');
SELECT t.try('SELECT dwello.quote_fee(0, category_id => t.user(''none''))');
SELECT set_config('dwello.token', '', true);
SELECT t.try('SELECT dwello.quote_fee(NULL)');
COMMIT;
