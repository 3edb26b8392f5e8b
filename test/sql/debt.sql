--
-- debt.sql
--	What a provider owes after a chargeback: they pay it, or the platform bears
--	it; and what of it is theirs again.
--
SET client_min_messages = warning;

BEGIN;
CREATE VIEW t.balance AS SELECT b.* FROM dwello.provider_balance(t.user('p1')) AS b;
CREATE VIEW t.last_legs AS
SELECT x.transaction_type, a.kind AS account, a.psp, n.amount
  FROM dwello.ledger_entries AS n
  JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE n.scope_id = t.user('p1') ORDER BY x.id DESC, n.leg LIMIT 2;
SELECT t.destination('p1') AS account \gset
SELECT t.award('owed', 100000);
SELECT t.pay('owed');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('owed'));
SELECT t.as_system();
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT payout_id FROM dwello.request_payout(90000, user_id => t.user('p1'))), 'acme', 'debt 1');
SELECT t.refused('p1', 'repay_balance()') AS nothing_owed, t.refused('a1', $$write_off(t.user('p1'), 'Gone.')$$) AS nothing_to_bear;
SELECT clawed_back FROM dwello.open_chargeback(t.user('owed'), 'acme', 'debt c1', 100000, 'USD');
SELECT available, receivable, withdrawable FROM t.balance WHERE currency = 'USD';

-- who may, and how much
SELECT t.refused('p1', 'repay_balance(95001)') AS more, t.refused('p1', 'repay_balance(0)') AS zero,
       t.refused('p1', $$repay_balance(1, 'EUR')$$) AS other_currency, t.refused('p1', $$repay_balance(1, 'XXY')$$) AS unknown,
       t.refused('p1', $$repay_balance(1, currency => NULL)$$) AS none,
       t.refused('p1', $$repay_balance(1, payment_method_id => t.user('none'))$$) AS method,
       t.refused('p2', $$repay_balance(1, user_id => t.user('p1'))$$) AS another,
       t.refused('h1', 'repay_balance(1)') AS homeowner, t.refused(NULL, $$repay_balance(1, user_id => t.user('p1'))$$) AS system,
       t.refused('a1', $$repay_balance(1, user_id => t.user('nobody'))$$) AS nobody;
SELECT t.refused('p1', $$write_off(t.user('p1'), 'Mine.')$$) AS provider, t.refused('s1', $$write_off(t.user('p1'), 'x')$$) AS support,
       t.refused(NULL, $$write_off(t.user('p1'), 'x')$$) AS system, t.refused('a1', $$write_off(t.user('p1'), NULL)$$) AS no_reason,
       t.refused('a1', $$write_off(t.user('p1'), ' ')$$) AS blank, t.refused('a1', $$write_off(t.user('nobody'), 'x')$$) AS nobody,
       t.refused('a1', $$write_off(t.user('p1'), 'x', 95001)$$) AS more, t.refused('a1', $$write_off(t.user('p1'), 'x', -1)$$) AS negative;
SELECT t.refused('p1', $$confirm_repayment(t.user('p1'), 'acme', 'debt 2', 1, 'USD')$$) AS provider,
       t.refused(NULL, $$confirm_repayment(t.user('nobody'), 'acme', 'debt 2', 1, 'USD')$$) AS nobody,
       t.refused(NULL, $$confirm_repayment(t.user('p1'), 'acme', 'debt 2', 0, 'USD')$$) AS zero,
       t.refused(NULL, $$confirm_repayment(t.user('p1'), 'acme', 'debt 2', NULL, 'USD')$$) AS none,
       t.refused(NULL, $$confirm_repayment(t.user('p1'), 'acme', 'debt 2', 1, 'XXY')$$) AS unknown;

-- asked for like a payment: nothing is booked yet
SELECT t.login_as('p1');
SELECT repayment_id AS asked, amount, currency, replayed FROM dwello.repay_balance(40000, payment_method_id => :'account', idempotency_key => 'r1') \gset
SELECT :amount AS amount, :'currency' AS currency, :'replayed' AS replayed;
SELECT repayment_id = :'asked' AS same, replayed FROM dwello.repay_balance(40000, payment_method_id => :'account', idempotency_key => 'r1');
SELECT amount AS all_of_it FROM dwello.repay_balance();
SELECT t.as_system();
SELECT payload->>'amount' AS amount, payload->>'currency' AS currency, payload->>'psp' AS psp, payload->>'repayment_id' = :'asked' AS named,
       payload->>'payment_method_id' = :'account' AS with_it
  FROM dwello.outbox WHERE scope_id = t.user('p1') AND type = 'repayment_requested' ORDER BY id;
UPDATE dwello.payment_methods SET expires_on = '2020-01-01' WHERE id = :'account';
SELECT t.refused('p1', format('repay_balance(1, payment_method_id => %L)', :'account')) AS expired;
SELECT available, receivable, withdrawable FROM t.balance WHERE currency = 'USD';

-- arrived: told twice, then under another name, and as something else
SELECT amount, transaction_id IS NOT NULL AS booked, replayed FROM dwello.confirm_repayment(t.user('p1'), 'acme', 'debt 3', 40000, 'USD', :'asked', 'ch 1');
SELECT * FROM t.last_legs;
SELECT amount, replayed FROM dwello.confirm_repayment(t.user('p1'), 'acme', 'debt 3', 40000, 'USD', :'asked', 'ch 1');
SELECT t.refused(NULL, format('confirm_repayment(t.user(%L), %L, %L, 40001, %L, %L)', 'p1', 'acme', 'debt 3', 'USD', :'asked')) AS amount,
       t.refused(NULL, format('confirm_repayment(t.user(%L), %L, %L, 40000, %L, %L)', 'p2', 'acme', 'debt 3', 'USD', :'asked')) AS payer,
       t.refused(NULL, format('confirm_repayment(t.user(%L), %L, %L, 40000, %L, t.user(%L))', 'p1', 'acme', 'debt 3', 'USD', 'x')) AS asked;
SELECT available, receivable, withdrawable FROM t.balance WHERE currency = 'USD';
SELECT imported FROM dwello.import_statement('acme',
  '[{"line_id": "debt 3", "event_id": "debt 3", "kind": "payment", "amount": 40000, "currency": "USD", "time": "2026-01-01T00:00:00Z"}]');
SELECT kind, verdict, booked_amount FROM dwello.reconcile_external('acme') WHERE line_id = 'debt 3';

-- what was asked for is kept: asked for anew, then in parts, and once
SELECT r.amount, r.received, r.status, r.completed_at IS NOT NULL AS ended, round(extract(epoch FROM r.pay_by - r.created_at) / 86400) AS days_to_pay
  FROM dwello.repayments AS r WHERE r.user_id = t.user('p1') ORDER BY r.id;
SELECT t.login_as('p1');
SELECT repayment_id AS rest, amount, pay_by - now() < interval '16 minutes' AS soon FROM dwello.repay_balance(3000) \gset
SELECT :amount AS amount, :'soon' AS soon;
SELECT t.as_system();
SELECT type, payload->>'amount' AS amount, payload ? 'pay_by' AS has_time FROM dwello.outbox
 WHERE scope_id = t.user('p1') AND type LIKE 'repayment_%' ORDER BY id;
SELECT t.refused(NULL, $$confirm_repayment(t.user('p1'), 'acme', 'part 0', 10, 'USD', t.user('none'))$$) AS too_early;
SELECT amount, replayed FROM dwello.confirm_repayment(t.user('p1'), 'acme', 'part 1', 1000, 'USD', :'rest', 'ch 2');
SELECT amount, replayed FROM dwello.confirm_repayment(t.user('p1'), 'acme', 'part 2', 1000, 'USD', :'rest', 'ch 2');
SELECT amount, replayed FROM dwello.confirm_repayment(t.user('p1'), 'acme', 'part 3', 700, 'EUR', :'rest', 'ch 3');
SELECT amount, received, status, version FROM dwello.repayments WHERE id = :'rest';
SELECT currency, available, receivable FROM dwello.provider_balance(t.user('p1'));
-- not in time; what comes all the same is booked, and more than all of it
SELECT t.refused('p1', 'expire_repayments()') AS provider, t.refused(NULL, 'expire_repayments(0)') AS none;
SELECT dwello.expire_repayments() AS not_yet;
SELECT set_config('dwello.now', (clock_timestamp() + interval '16 minutes')::text, true) <> '' AS later;
SELECT dwello.expire_repayments() AS in_time, dwello.expire_repayments() AS once;
SELECT amount, received, status, completed_at IS NOT NULL AS ended FROM dwello.repayments WHERE id = :'rest';
SELECT payload->>'amount' AS amount, payload->>'repayment_id' = :'rest' AS named FROM dwello.outbox
 WHERE scope_id = t.user('p1') AND type = 'repayment_expired';
SELECT amount, replayed FROM dwello.confirm_repayment(t.user('p1'), 'acme', 'part 4', 1500, 'USD', :'rest', 'ch 4');
SELECT amount, received, status FROM dwello.repayments WHERE id = :'rest';
SELECT amount, replayed FROM dwello.confirm_repayment(t.user('p1'), 'acme', 'part 5', 1500, 'USD', :'rest', 'ch 5');
SELECT amount, received, status FROM dwello.repayments WHERE id = :'rest';
SELECT available, receivable, withdrawable FROM t.balance WHERE currency = 'USD';
SELECT * FROM dwello.reconcile();
SELECT set_config('dwello.now', '', true);

-- the rest is borne by the platform, in two parts
SELECT t.login_as('a1');
SELECT amount, replayed FROM dwello.write_off(t.user('p1'), 'Moved abroad.', 5000, idempotency_key => 'w1');
SELECT amount, replayed FROM dwello.write_off(t.user('p1'), 'Moved abroad.', 5000, idempotency_key => 'w1');
SELECT * FROM t.last_legs;
SELECT amount FROM dwello.write_off(t.user('p1'), 'Moved abroad.');
SELECT t.as_system();
SELECT t.refused('a1', $$write_off(t.user('p1'), 'Again.')$$) AS nothing_left;
SELECT available, receivable, withdrawable FROM t.balance WHERE currency = 'USD';
SELECT * FROM dwello.reconcile();
SELECT count(*) AS faults FROM dwello.verify_ledger();

-- won after all, and what was paid too much: theirs, and paid out
SELECT chargeback_status FROM dwello.close_chargeback(t.user('owed'), 'acme', 'debt c2', true);
SELECT amount FROM dwello.confirm_repayment(t.user('p1'), 'acme', 'debt 4', 1000, 'USD', occurred_at => '2026-01-31 23:59+00');
SELECT occurred_at AT TIME ZONE 'UTC' AS occurred_at FROM dwello.payment_events WHERE event_id = 'debt 4';
SELECT occurred_at AT TIME ZONE 'UTC' AS occurred_at FROM dwello.transactions WHERE scope_id = t.user('p1') AND transaction_type IN ('repayment', 'write_off') ORDER BY id;
SELECT available, receivable, withdrawable FROM t.balance WHERE currency = 'USD';
UPDATE dwello.payment_methods SET expires_on = NULL WHERE id = :'account';
SELECT amount AS all_of_it FROM dwello.request_payout(user_id => t.user('p1')) \gset
SELECT :all_of_it AS all_of_it, status FROM dwello.confirm_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE user_id = t.user('p1') AND status = 'pending'), 'acme', 'debt 5');
SELECT available, receivable, withdrawable FROM t.balance WHERE currency = 'USD';
SELECT * FROM dwello.reconcile();
SELECT type, payload->>'amount' AS amount, payload->>'reason' AS reason FROM dwello.outbox WHERE scope_id = t.user('p1') AND type LIKE 'balance_%' ORDER BY id;

-- a debt that is paid lets a payout go on that it held
SELECT t.award('owed2', 100000);
SELECT t.pay('owed2');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('owed2'));
SELECT t.as_system();
SELECT amount FROM dwello.request_payout(user_id => t.user('p1'));
SELECT clawed_back FROM dwello.open_chargeback(t.user('owed2'), 'acme', 'debt c3', 1000, 'USD');
SELECT dwello.deliver_events(10000) > 0 AS delivered;
SELECT status, hold_reason FROM dwello.payouts WHERE user_id = t.user('p1') AND status = 'pending';
SELECT amount FROM dwello.confirm_repayment(t.user('p1'), 'acme', 'debt 6', 1000, 'USD');
SELECT status, hold_reason FROM dwello.payouts WHERE user_id = t.user('p1') AND status = 'pending';
SELECT title, count(*) FROM dwello.notifications WHERE user_id = t.user('p1') AND data->>'event' LIKE 'balance_%' GROUP BY title ORDER BY title;
ROLLBACK;

-- where nothing can be written
BEGIN READ ONLY;
SELECT t.try('SELECT dwello.repay_balance()'), t.try($$SELECT dwello.write_off(t.user('p1'), 'x')$$),
       t.try($$SELECT dwello.confirm_repayment(t.user('p1'), 'a', 'b', 1, 'USD')$$);
ROLLBACK;
