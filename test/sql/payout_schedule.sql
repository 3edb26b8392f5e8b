--
-- payout_schedule.sql
--	Payouts that are asked for by themselves: daily, weekly, each provider once
--	a turn.
--
SET client_min_messages = warning;

BEGIN;
CREATE FUNCTION pg_temp.due(max_rows integer DEFAULT 100) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  r record;
BEGIN
  SELECT * INTO r FROM dwello.request_due_payouts(max_rows);
  RETURN format('%s looked at, %s asked for', r.providers, r.payouts);
END
$$;
CREATE FUNCTION pg_temp.pay(amount bigint, currency text DEFAULT 'USD') RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  name text := format('due %s %s', amount, currency);
  clock text := current_setting('dwello.now');
BEGIN
  PERFORM set_config('dwello.now', '', true);
  PERFORM t.award(name, amount, currency => currency);
  PERFORM t.pay(name);
  PERFORM t.login_as('h1');
  PERFORM dwello.release_escrow(t.user(name));
  PERFORM t.as_system();
  PERFORM set_config('dwello.now', clock, true);
END
$$;
CREATE VIEW pg_temp.asked AS
SELECT o.amount, o.currency, o.paid_amount, o.status, o.psp, o.hold_until - o.created_at AS held FROM dwello.payouts AS o
 WHERE o.user_id = t.user('p1') ORDER BY o.id;
SELECT pg_temp.pay(100000), pg_temp.pay(20000, 'EUR');
UPDATE dwello.provider_stats SET payouts_asked_on = 'infinity' WHERE user_id NOT IN (t.user('p1'), t.user('p2'), t.user('p3'));

SELECT pg_temp.due() AS manual;
-- a week that begins on Wednesday, 2031-03-05
SELECT value FROM dwello.set_setting('payout_schedule', 'weekly_wednesday');
SELECT set_config('dwello.now', '2031-03-04 23:00+00', true) <> '' AS tuesday;
SELECT pg_temp.due() AS nowhere_to_go;
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT pg_temp.due() AS looked_at;
SELECT set_config('dwello.now', '2031-03-05 00:00+00', true) <> '' AS wednesday;
SELECT pg_temp.due(1), pg_temp.due(1), pg_temp.due(1), pg_temp.due(1);
SELECT * FROM pg_temp.asked;
SELECT count(*) FROM dwello.outbox WHERE scope_id = t.user('p1') AND type = 'payout_requested';
SELECT pg_temp.pay(30000);
SELECT set_config('dwello.now', '2031-03-11 23:59+00', true) <> '' AS tuesday;
SELECT pg_temp.due() AS not_yet;
-- whenever the worker comes
SELECT set_config('dwello.now', '2031-03-14 12:00+00', true) <> '' AS friday;
SELECT pg_temp.due(), pg_temp.due();
SELECT * FROM pg_temp.asked OFFSET 2;
-- daily; not who is suspended, nor owes
SELECT value FROM dwello.set_setting('payout_schedule', 'daily');
SELECT pg_temp.due() AS today_is_over;
SELECT pg_temp.pay(5000);
SELECT set_config('dwello.now', '2031-03-15 12:00+00', true) <> '' AS saturday;
SELECT status FROM dwello.suspend_user(t.user('p1'), 'Fraud?');
SELECT pg_temp.due() AS suspended;
SELECT status FROM dwello.reinstate_user(t.user('p1'));
SELECT set_config('dwello.now', '2031-03-16 12:00+00', true) <> '' AS sunday;
SELECT pg_temp.due();
SELECT * FROM pg_temp.asked OFFSET 3;
-- nothing below the smallest payout of the currency, however it is asked for
SELECT pg_temp.pay(1000);
SELECT amount FROM dwello.set_setting_amount('payout_minimum', 'USD', 951);
SELECT amount FROM dwello.set_setting_amount('payout_minimum', 'EUR', 1);
SELECT set_config('dwello.now', '2031-03-16 13:00+00', true) <> '' AS later;
UPDATE dwello.provider_stats SET payouts_asked_on = '2031-03-15' WHERE user_id = t.user('p1');
SELECT pg_temp.due() AS too_small;
SELECT t.refused('p1', 'request_payout(950)') AS less, t.refused('p1', 'request_payout()') AS all_of_it,
       t.refused('p1', 'request_payout(951)') AS more_than_there_is;
SELECT amount FROM dwello.set_setting_amount('payout_minimum', 'USD', 950);
UPDATE dwello.provider_stats SET payouts_asked_on = '2031-03-15' WHERE user_id = t.user('p1');
SELECT pg_temp.due() AS enough;
SELECT pg_temp.pay(6000);
SELECT clawed_back FROM dwello.open_chargeback(t.user('due 6000 USD'), 'acme', 'schedule c1', 6000, 'USD');
SELECT set_config('dwello.now', '2031-03-17 12:00+00', true) <> '' AS monday;
SELECT pg_temp.due() AS owes;
SELECT * FROM dwello.reconcile();

SELECT t.refused('p1', 'request_due_payouts()') AS provider, t.refused('a1', 'request_due_payouts()') AS admin,
       t.refused(NULL, 'request_due_payouts(0)') AS none, t.refused(NULL, 'request_due_payouts(10001)') AS many,
       t.refused(NULL, 'request_due_payouts(NULL)') AS unknown,
       t.refused('a1', $$set_setting('payout_schedule', 'weekly')$$) AS which_day,
       t.refused('a1', $$set_setting('payout_schedule', 'Daily')$$) AS spelling;
ROLLBACK;
