--
-- payout_fee.sql
--	What a payout costs the provider: taken beside it while it is pending or
--	paid, given back with one that is not, in whatever order the company tells.
--
SET client_min_messages = warning;

BEGIN;
CREATE VIEW t.purse AS SELECT b.available, b.receivable, b.pending_payouts, b.withdrawable,
    (SELECT sum(n.amount) FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
      WHERE a.kind = 'platform_fee' AND n.scope_id = t.user('p1')) AS fees
  FROM dwello.provider_balance(t.user('p1'), 'USD') AS b;
CREATE FUNCTION t.last(what text) RETURNS text
LANGUAGE sql
AS $$
SELECT string_agg(format('%s %s', a.kind, n.amount), ', ' ORDER BY n.leg)
  FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE n.scope_id = t.user('p1') AND n.transaction_id = (SELECT x.id FROM dwello.transactions AS x
   WHERE x.scope_id = t.user('p1') AND x.transaction_type::text = what ORDER BY x.id DESC LIMIT 1)
$$;
-- Tells of the payout what a company tells, and what came of it.
CREATE FUNCTION t.tell(event text, payout uuid, name text, OUT status text, OUT replayed boolean, OUT fee bigint, OUT is_taken boolean)
LANGUAGE plpgsql
AS $$
BEGIN
  IF event = 'paid' THEN
    SELECT c.status, c.replayed, c.fee INTO status, replayed, fee FROM dwello.confirm_payout(t.user('p1'), payout, 'acme', name) AS c;
  ELSE
    SELECT c.status, c.replayed, c.fee INTO status, replayed, fee FROM dwello.fail_payout(t.user('p1'), payout, 'acme', name) AS c;
  END IF;
  SELECT o.fee_transaction_id IS NOT NULL INTO is_taken FROM dwello.payouts AS o WHERE o.user_id = t.user('p1') AND o.id = payout;
END
$$;
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT t.award('costs', 100000);
SELECT t.pay('costs');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('costs'));
SELECT t.as_system();

-- none unless the operator says so, in that currency
SELECT amount FROM dwello.setting_amounts('USD') WHERE name = 'payout_fee';
SELECT t.login_as('a1');
SELECT amount FROM dwello.set_setting_amount('payout_fee', 'EUR', 7);
SELECT t.login_as('p1');
SELECT payout_id, fee FROM dwello.request_payout(1000) \gset free_
SELECT :free_fee AS fee;
SELECT status, fee FROM dwello.cancel_payout(:'free_payout_id');
SELECT * FROM t.purse;
SELECT t.login_as('a1');
SELECT amount FROM dwello.set_setting_amount('payout_fee', 'USD', 250);
SELECT t.refused('a1', $$set_setting_amount('payout_fee', 'USD', -1)$$) AS negative;

-- beside the amount, and all there is leaves it out
SELECT t.refused('p1', 'request_payout(94751)') AS more_with_the_fee;
SELECT t.detail('SELECT dwello.request_payout(94751, user_id => t.user(''p1''))');
SELECT t.login_as('p1');
SELECT payout_id, amount, fee, status, replayed FROM dwello.request_payout(20000, idempotency_key => 'one') \gset one_
SELECT :one_amount AS amount, :one_fee AS fee, :'one_status' AS status;
SELECT t.last('fee') AS legs;
SELECT * FROM t.purse;
SELECT fee, replayed FROM dwello.request_payout(20000, idempotency_key => 'one');
SELECT payout_id, amount, fee FROM dwello.request_payout() \gset rest_
SELECT :rest_amount AS amount, :rest_fee AS fee;
SELECT * FROM t.purse;
SELECT line_type, transaction_type, amount, balance
  FROM dwello.account_statement('provider_available', 'USD', current_date - 1, current_date + 1)
 WHERE transaction_type = 'fee';
-- given up, so it is given back
SELECT status, fee FROM dwello.cancel_payout(:'rest_payout_id', idempotency_key => 'two');
SELECT status, fee, replayed FROM dwello.cancel_payout(:'rest_payout_id', idempotency_key => 'two');
SELECT t.last('fee') AS legs;
SELECT * FROM t.purse;
SELECT t.as_system();

-- what the fee was when it was asked for, in whatever order it is told
SELECT amount FROM dwello.set_setting_amount('payout_fee', 'USD', 999);
SELECT * FROM t.tell('paid', :'one_payout_id', 'fee 1');
SELECT * FROM t.tell('paid', :'one_payout_id', 'fee 2');
SELECT * FROM t.purse;
SELECT * FROM t.tell('failed', :'one_payout_id', 'fee 3');
SELECT t.last('fee') AS legs;
SELECT * FROM t.purse;
SELECT * FROM t.tell('failed', :'one_payout_id', 'fee 4');
SELECT * FROM t.tell('paid', :'one_payout_id', 'fee 5');
SELECT * FROM t.purse;
SELECT * FROM t.tell('failed', :'one_payout_id', 'fee 6');
-- paid although cancelled, and returned
SELECT * FROM t.tell('paid', :'rest_payout_id', 'fee 7');
SELECT * FROM t.purse;
SELECT * FROM t.tell('failed', :'rest_payout_id', 'fee 8');
SELECT * FROM t.purse;
SELECT reverses IS NOT NULL AS given_back, amount, platform_fee, net_amount, payer_id = payee_id AS own
  FROM dwello.transactions WHERE scope_id = t.user('p1') AND transaction_type = 'fee' ORDER BY id;

-- a debt is netted with it; paid when there is nothing left, they owe it
SELECT payout_id FROM dwello.request_payout(94000, user_id => t.user('p1')) \gset last_
SELECT clawed_back FROM dwello.open_chargeback(t.user('costs'), 'acme', 'fee c1', 50000, 'USD');
SELECT * FROM t.tell('paid', :'last_payout_id', 'fee 9');
SELECT * FROM t.purse;
SELECT * FROM t.tell('failed', :'last_payout_id', 'fee 10');
SELECT * FROM t.purse;
SELECT escrow_status FROM dwello.close_chargeback(t.user('costs'), 'acme', 'fee c2', true);
SELECT * FROM t.purse;

-- the schedule takes it too, and asks for nothing where it is all there is
SELECT value FROM dwello.set_setting('payout_schedule', 'daily');
UPDATE dwello.provider_stats SET payouts_asked_on = CASE WHEN user_id = t.user('p1') THEN '-infinity' ELSE 'infinity' END::date;
SELECT amount FROM dwello.set_setting_amount('payout_fee', 'USD', 95000);
SELECT payouts FROM dwello.request_due_payouts();
UPDATE dwello.provider_stats SET payouts_asked_on = CASE WHEN user_id = t.user('p1') THEN '-infinity' ELSE 'infinity' END::date;
SELECT amount FROM dwello.set_setting_amount('payout_fee', 'USD', 94999);
SELECT payouts FROM dwello.request_due_payouts();
SELECT amount, fee FROM dwello.payouts WHERE user_id = t.user('p1') AND status = 'pending';
SELECT * FROM t.purse;
SELECT * FROM dwello.reconcile();
SELECT count(*) AS tampered FROM dwello.verify_ledger();
ROLLBACK;

------------------------------------------------------------------------
-- A payout that made available what they were owed comes back when another
-- has taken it
------------------------------------------------------------------------
BEGIN;
CREATE FUNCTION t.paid(amount bigint, event text) RETURNS uuid
LANGUAGE sql
AS $$
SELECT c.payout_id FROM dwello.request_payout(amount, user_id => t.user('p1')) AS r,
  dwello.confirm_payout(t.user('p1'), r.payout_id, 'acme', event) AS c
$$;
CREATE VIEW t.purse AS SELECT b.available, b.receivable, b.withdrawable FROM dwello.provider_balance(t.user('p1'), 'USD') AS b;
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT amount FROM dwello.set_setting_amount('payout_fee', 'USD', 10);
SELECT t.award('owed', 100000), t.award('next', 100000);
SELECT t.pay('owed'), t.pay('next');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('owed'));
SELECT t.as_system();
SELECT t.paid(94990, 'owed 1') IS NOT NULL AS paid;
SELECT clawed_back FROM dwello.open_chargeback(t.user('owed'), 'acme', 'owed c1', 1000, 'USD');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('next'), 2000);
SELECT t.as_system();
SELECT t.paid(890, 'owed 2') IS NOT NULL AS paid;
-- the fee is a line of just the fee: the payout nets what they owe
SELECT x.transaction_type, a.kind, n.amount FROM dwello.transactions AS x
  JOIN dwello.ledger_entries AS n ON n.scope_id = x.scope_id AND n.transaction_id = x.id
  JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE x.scope_id = t.user('p1') AND x.id >= (SELECT f.id FROM dwello.transactions AS f
         WHERE f.scope_id = t.user('p1') AND f.transaction_type = 'fee' ORDER BY f.id DESC LIMIT 1) ORDER BY x.id, n.leg;
SELECT escrow_status FROM dwello.close_chargeback(t.user('owed'), 'acme', 'owed c2', true);
SELECT * FROM t.purse;
SELECT t.paid(390, 'owed 3') AS first \gset
SELECT * FROM t.purse;
SELECT t.paid(590, 'owed 4') IS NOT NULL AS paid;
SELECT * FROM t.purse;
SELECT status FROM dwello.fail_payout(t.user('p1'), :'first', 'acme', 'owed 5');
SELECT * FROM t.purse;
SELECT t.paid(390, 'owed 6') IS NOT NULL AS paid;
SELECT * FROM t.purse;
SELECT * FROM dwello.reconcile();
ROLLBACK;
