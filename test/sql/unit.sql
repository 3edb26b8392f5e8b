--
-- unit.sql
--	Payment companies count in units of their own: what is no whole unit is
--	not asked for, and nothing that is held is kept for ever by that.
--
SET client_min_messages = warning;

-- legs of a job's transactions, and intents with their amounts
CREATE VIEW t.unit_leg AS
SELECT x.transaction_type AS type, x.amount, n.leg, coalesce(a.kind::text, 'escrow') AS account, n.amount AS moved
  FROM dwello.transactions AS x
  JOIN dwello.ledger_entries AS n ON n.scope_id = x.scope_id AND n.transaction_id = x.id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE x.scope_id = t.user('units') ORDER BY x.id, n.leg;
CREATE VIEW t.intent AS
SELECT o.type, o.payload ->> 'psp' AS psp, o.payload ->> 'amount' AS amount, o.payload ->> 'psp_amount' AS psp_amount, o.payload ->> 'exponent' AS exponent
  FROM dwello.outbox AS o WHERE o.type LIKE '%\_requested' ORDER BY o.id;

------------------------------------------------------------------------
-- In what they count
------------------------------------------------------------------------
BEGIN;
SELECT psp, currency, exponent FROM dwello.psp_units ORDER BY 1, 2;
SELECT c, dwello.psp_exponent('acme', c), dwello.psp_exponent(NULL, c) FROM unnest(ARRAY['HUF', 'TWD', 'UGX', 'USD', 'JPY', 'KWD']) AS c;
SELECT * FROM dwello.set_psp_units('acme', 'HUF', 2, 1, 'k');
SELECT * FROM dwello.set_psp_units('acme', 'HUF', 2, 1, 'k');
SELECT * FROM dwello.set_psp_units('acme', 'JPY', 2);
SELECT dwello.psp_exponent('acme', 'HUF') AS own, dwello.psp_exponent('other', 'HUF') AS other, dwello.psp_exponent('acme', 'JPY') AS yen;
SELECT * FROM dwello.set_psp_units('acme', 'HUF');
SELECT call, who, t.verdict('SELECT dwello.' || call, who) FROM (VALUES
    ($$set_psp_units(NULL, 'USD', 1)$$, 'a1'), ($$set_psp_units('acme', NULL, 1)$$, 'a1'), ($$set_psp_units('', 'USD', 1)$$, 'a1'),
    ($$set_psp_units('acme', 'ABC', 1)$$, 'a1'), ($$set_psp_units('acme', 'USD', -1)$$, 'a1'), ($$set_psp_units('acme', 'USD', 5)$$, 'a1'),
    ($$set_psp_units(repeat('x', 101), 'USD', 1)$$, 'a1'), ($$set_psp_units('acme', 'USD', 1, 7)$$, 'a1'),
    ($$set_psp_units('acme', 'USD', 1)$$, 'h1'), ($$set_psp_units('acme', 'USD', 1)$$, 's1'),
    ($$psp_exponent('acme', NULL)$$, 'a1'), ($$psp_exponent('acme', 'ABC')$$, 'a1'), ($$psp_exponent('acme', 'HUF')$$, 's1'),
    ($$psp_exponent('acme', 'HUF')$$, 'h1')) AS c (call, who);
ROLLBACK;

------------------------------------------------------------------------
-- What is missing is asked for in whole units, and the platform adds the rest
------------------------------------------------------------------------
BEGIN;
SELECT t.award('units', 123450, currency => 'HUF');
SELECT t.login_as('h1');
SELECT amount, t.try(format('SELECT dwello.fund_escrow(%L, %s)', t.user('units'), amount))
  FROM (VALUES (123450), (123401), (50)) AS v (amount);
SELECT amount FROM dwello.fund_escrow(t.user('units'));
SELECT t.as_system();
SELECT * FROM t.intent;
SAVEPOINT asked;
SELECT amount, held, receipt_amount FROM dwello.confirm_payment(t.user('units'), 'acme', 'whole', 123400, 'HUF', psp_reference => 'ch 1');
SELECT * FROM t.unit_leg;
SELECT status, funded, held FROM dwello.escrow_accounts WHERE job_id = t.user('units');
SELECT invariant, object FROM dwello.reconcile();
SAVEPOINT paid;
-- a named part is whole or refused; all of it goes back as it came
SELECT t.try(format('SELECT dwello.refund_escrow(%L, 1050)', t.user('units')), 'h1');
SELECT t.login_as('h1');
SELECT amount, held FROM dwello.refund_escrow(t.user('units'), 1000);
SELECT amount, held FROM dwello.refund_escrow(t.user('units'));
SELECT t.as_system();
SELECT * FROM t.unit_leg WHERE type = 'refund';
SELECT type, amount, psp_amount, exponent FROM t.intent;
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO paid;
-- a part that is released leaves one that is not whole
SELECT t.start('units');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('units'), 1025);
SELECT t.login_as('p1');
SELECT refund, status FROM dwello.abandon_job(t.user('units'), 'I am ill.');
SELECT t.as_system();
SELECT * FROM t.unit_leg WHERE type IN ('release', 'refund');
SELECT type, amount, psp_amount, exponent FROM t.intent;
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO paid;
-- a dispute that settles half way
SELECT t.start('units');
SELECT t.login_as('h1');
SELECT dispute_status FROM dwello.open_dispute(t.user('units'), 61710, 'It leaks.');
SELECT t.login_as('p1');
SELECT dispute_status FROM dwello.answer_dispute(t.user('units'), 61709);
SELECT t.as_system();
SELECT * FROM t.unit_leg WHERE type = 'dispute';
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO asked;
-- more than was asked: the escrow takes whole units, and whole units go back
SELECT amount, held, receipt_amount, receipt_reason FROM dwello.confirm_payment(t.user('units'), 'acme', 'more', 124000, 'HUF', psp_reference => 'ch 2');
SELECT type, amount, psp_amount, exponent FROM t.intent;
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO asked;
-- in parts: the platform adds only what is left of a unit
SELECT amount, held FROM dwello.confirm_payment(t.user('units'), 'acme', 'part 1', 100000, 'HUF');
SELECT amount, held FROM dwello.confirm_payment(t.user('units'), 'acme', 'part 2', 23400, 'HUF');
SELECT * FROM t.unit_leg;
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK;

------------------------------------------------------------------------
-- Less than a unit cannot be paid at all; what counts finer is multiplied
------------------------------------------------------------------------
BEGIN;
SELECT t.award('units', 99, currency => 'TWD');
SELECT t.try(format('SELECT dwello.fund_escrow(%L)', t.user('units')), 'h1');
ROLLBACK;
BEGIN;
SELECT t.award('units', 50001, currency => 'UGX');
SELECT t.pay('units'), t.start('units');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('units'));
SELECT amount FROM dwello.tip(t.user('units'), 3);
SELECT t.as_system();
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT t.login_as('p1');
SELECT amount, paid_amount FROM dwello.request_payout(currency => 'UGX');
SELECT t.as_system();
SELECT * FROM t.intent;
ROLLBACK;

------------------------------------------------------------------------
-- A tip goes back in whole units, and what of it cannot be sent stays
------------------------------------------------------------------------
BEGIN;
SELECT t.award('units', 123400, currency => 'HUF');
SELECT t.pay('units'), t.start('units');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('units'));
SELECT transaction_id AS tip FROM dwello.tip(t.user('units'), 1000) \gset
SELECT t.as_system();
SELECT amount FROM dwello.confirm_payment(t.user('units'), 'acme', 'tip', 1000, 'HUF', :'tip', 'ch tip');
SAVEPOINT given;
SELECT t.try(format('SELECT dwello.refund_escrow(%L, 33, tip_id => %L)', t.user('units'), :'tip'), 'p1') AS named;
SELECT t.as_system();
-- the company gives back 33 by itself: 967 are left, and 900 can be sent
SELECT amount, refund_status FROM dwello.confirm_refund(NULL, 'acme', 'dashboard', amount => 33, psp_reference => 'ch tip');
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('units'), tip_id => :'tip');
SELECT t.try(format('SELECT dwello.refund_escrow(%L, tip_id => %L)', t.user('units'), :'tip')) AS less_than_a_unit;
SELECT t.as_system();
SELECT amount, status, is_unasked FROM dwello.refunds WHERE job_id = t.user('units') ORDER BY amount;
ROLLBACK TO given;
-- 100 asked for first, and 33 sent of that: what is pending may be no whole unit any more, what is asked for now is
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('units'), 100, tip_id => :'tip');
SELECT t.as_system();
SELECT amount, refund_status FROM dwello.confirm_refund(NULL, 'acme', 'part', amount => 33, psp_reference => 'ch tip');
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('units'), tip_id => :'tip');
SELECT t.as_system();
SELECT amount, status, is_unasked FROM dwello.refunds WHERE job_id = t.user('units') ORDER BY amount;
SELECT * FROM dwello.reconcile();
ROLLBACK;

------------------------------------------------------------------------
-- Tips, payouts and debts
------------------------------------------------------------------------
BEGIN;
SELECT t.award('units', 123400, currency => 'HUF');
SELECT t.pay('units'), t.start('units');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('units'));
SELECT amount, t.try(format('SELECT dwello.tip(%L, %s)', t.user('units'), amount), 'h1') FROM (VALUES (150), (200)) AS v (amount);
SELECT t.as_system();
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT value FROM dwello.set_setting('payout_schedule', 'daily');
SAVEPOINT earned;
SELECT t.login_as('p1');
SELECT available FROM dwello.provider_balance() WHERE currency = 'HUF';
SELECT amount, t.try(format('SELECT dwello.request_payout(%s, ''HUF'')', amount)) FROM (VALUES (117230), (50), (100)) AS v (amount);
ROLLBACK TO earned;
SELECT t.login_as('p1');
SELECT amount, paid_amount FROM dwello.request_payout(currency => 'HUF');
SELECT t.try('SELECT dwello.request_payout(currency => ''HUF'')');
SELECT t.as_system();
SELECT type, amount, psp_amount, exponent FROM t.intent WHERE type = 'payout_requested';
ROLLBACK TO earned;
SELECT t.as_system();
SELECT payouts FROM dwello.request_due_payouts();
SELECT payouts FROM dwello.request_due_payouts();
SELECT type, amount, psp_amount, exponent FROM t.intent WHERE type = 'payout_requested';
ROLLBACK TO earned;
-- in another currency: whole units of that one, and the rest is booked
SELECT t.award('dollars', 100000);
SELECT t.pay('dollars'), t.start('dollars');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('dollars'));
SELECT t.as_system();
SELECT numerator, denominator FROM dwello.set_fx_rate('USD', 'HUF', 36577, 100, now() - interval '1 hour');
SELECT t.login_as('p1');
SELECT payout_id, amount, paid_amount, paid_currency FROM dwello.request_payout(10001, 'USD', paid_currency => 'HUF') \gset
SELECT :amount AS amount, :paid_amount AS paid_amount, :'paid_currency' AS paid_currency;
SELECT t.as_system();
SELECT type, amount, psp_amount, exponent FROM t.intent WHERE type = 'payout_requested';
SELECT status FROM dwello.confirm_payout(t.user('p1'), :'payout_id', 'acme', 'sent');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO earned;
-- a debt: a little more than is owed, which is theirs
SELECT x.id AS release FROM dwello.transactions AS x WHERE x.scope_id = t.user('units') AND x.transaction_type = 'release' \gset
SELECT t.login_as('p1');
SELECT payout_id FROM dwello.request_payout(currency => 'HUF') \gset
SELECT t.as_system();
SELECT status FROM dwello.confirm_payout(t.user('p1'), :'payout_id', 'acme', 'paid out');
SELECT t.login_as('a1');
SELECT amount FROM dwello.reverse_transaction(t.user('units'), :'release', amount => 1150, reason => 'It was another job.');
SELECT t.login_as('p1');
SELECT t.try('SELECT dwello.repay_balance(1050, ''HUF'')');
SELECT amount FROM dwello.repay_balance(currency => 'HUF');
SELECT t.as_system();
SELECT type, amount, psp_amount, exponent FROM t.intent WHERE type = 'repayment_requested';
ROLLBACK;
DROP VIEW t.unit_leg, t.intent;

--
-- A cancel pays the provider so much that whole units go back
--
BEGIN;
SELECT t.award('units', 100100, currency => 'HUF');
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('units'));
SELECT t.as_system();
SELECT held FROM dwello.confirm_payment(t.user('units'), 'acme', 'whole', 100100, 'HUF');
UPDATE dwello.cancellation_terms SET policy = '[{"hours_before_start": 8760, "share_ppm": 333333}]', starts_at = clock_timestamp() + '1 day'
 WHERE job_id = t.user('units');
SELECT t.login_as('h1');
SELECT share_ppm, price, amount, fee, payout, refund FROM dwello.quote_cancellation(t.user('units'));
SELECT share_ppm, amount, fee, payout, refund FROM dwello.cancel_job(t.user('units'));
SELECT t.as_system();
SELECT payload->>'amount' AS amount, payload->>'psp_amount' AS theirs FROM dwello.outbox WHERE scope_id = t.user('units') AND type = 'refund_requested';
SELECT sum(n.amount) AS platform_loss FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE n.scope_id = t.user('units') AND a.kind = 'platform_loss';
SELECT price, share FROM dwello.cancellation_terms WHERE job_id = t.user('units');
SELECT count(*) FROM dwello.reconcile();
ROLLBACK;
-- as does a dispute about what is held
BEGIN;
SELECT t.award('units', 100000, currency => 'HUF');
SELECT t.pay('units'), t.start('units');
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('units'), 10000, 'Half of it.');
SELECT t.login_as('p1');
SELECT dispute_status FROM dwello.answer_dispute(t.user('units'), 50033);
SELECT t.login_as('s1');
SELECT dispute_status, settled_amount, released, refunded, held FROM dwello.resolve_dispute(t.user('units'), 66667);
SELECT t.as_system();
SELECT payload->>'amount' AS amount, payload->>'psp_amount' AS theirs FROM dwello.outbox WHERE scope_id = t.user('units') AND type = 'refund_requested';
SELECT payload->>'settled_amount' AS settled, payload->>'refund' AS refund FROM dwello.outbox WHERE scope_id = t.user('units') AND type = 'dispute_settled';
SELECT count(*) FROM dwello.reconcile();
ROLLBACK;
