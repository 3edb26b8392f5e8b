--
-- chargeback.sql
--	A bank takes a payment back: before and after the money went on, won and
--	lost, told twice and in the wrong order.
--
SET client_min_messages = warning;

CREATE VIEW t.escrow AS
SELECT job_id, status, funded, held, released, refunded, charged_back AS taken,
       fee_taken AS fee, is_frozen AS frozen, transition_count AS moves
  FROM dwello.escrow_accounts;
CREATE VIEW t.leg AS
SELECT n.scope_id AS job_id, x.transaction_type, x.reverses IS NOT NULL AS back, n.leg,
       coalesce(a.kind::text, 'escrow') AS account, a.psp, n.amount, x.id
  FROM dwello.ledger_entries AS n
  JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id;

------------------------------------------------------------------------
-- All of it is held: taken out, and back where it was
------------------------------------------------------------------------
SELECT t.award('bank', 100000, '{1,3}');
SELECT t.pay('bank');
SELECT amount, held_amount, clawed_back, escrow_status, funded, held, charged_back, version, replayed
  FROM dwello.open_chargeback(t.user('bank'), 'acme', 'e1', 100000, 'USD', 'case 1', 'Not me.');
SELECT amount, held_amount, escrow_status, version, replayed
  FROM dwello.open_chargeback(t.user('bank'), 'acme', 'e1', 100000, 'USD', 'case 1', 'Not me.');
SELECT account, psp, amount FROM t.leg WHERE job_id = t.user('bank') AND transaction_type = 'chargeback' ORDER BY id, leg;
SELECT * FROM dwello.reconcile();
-- nothing moves
SELECT t.refused('h1', $$release_escrow(t.user('bank'))$$) AS release,
       t.refused('p1', $$refund_escrow(t.user('bank'))$$) AS refund,
       t.refused('a1', $$release_escrow(t.user('bank'), 1)$$) AS admin;
-- what was opened under this name was another
SELECT t.refused(NULL, $$open_chargeback(t.user('bank'), 'acme', 'e1', 99999, 'USD')$$) AS amount,
       t.refused(NULL, $$close_chargeback(t.user('bank'), 'acme', 'e1', true)$$) AS type,
       t.refused(NULL, $$open_chargeback(t.user('bank'), 'acme', 'e2', 1, 'USD', fee => -1)$$) AS fee,
       t.refused(NULL, $$open_chargeback(t.user('bank'), 'acme', 'e2', 1, 'XYZ')$$) AS currency,
       t.refused(NULL, $$close_chargeback(t.user('bank'), 'acme', 'e2', true, lost_amount => 1)$$) AS lost_of_won,
       t.refused(NULL, $$close_chargeback(t.user('bank'), 'acme', 'e2', false, lost_amount => 0)$$) AS lost_nothing,
       t.refused(NULL, $$close_chargeback(t.user('bank'), 'acme', 'e2', false, lost_amount => 100001)$$) AS lost_more,
       t.refused(NULL, $$open_chargeback(t.user('bank'), 'acme', 'e2', 0, 'EUR')$$) AS zero,
       t.refused(NULL, $$open_chargeback(t.user('bank'), NULL, 'e2', 0, 'EUR')$$) AS null,
       t.refused('a1', $$open_chargeback(t.user('bank'), 'acme', 'e2', 1, 'USD')$$) AS admin;
SELECT chargeback_status, escrow_status, held, charged_back, version, replayed
  FROM dwello.close_chargeback(t.user('bank'), 'acme', 'e3', true);
SELECT chargeback_status, escrow_status, held, replayed
  FROM dwello.close_chargeback(t.user('bank'), 'acme', 'e3', true);
SELECT back, account, psp, amount FROM t.leg WHERE job_id = t.user('bank') AND transaction_type = 'chargeback' ORDER BY id, leg;
SELECT t.refused(NULL, $$close_chargeback(t.user('bank'), 'acme', 'e3', false)$$) AS other,
       t.refused(NULL, $$close_chargeback(t.user('bank'), 'acme', 'e4', false)$$) AS none_open,
       t.refused(NULL, format($$close_chargeback(t.user('bank'), 'bank', 'e4', true, %L)$$, id)) AS elsewhere
  FROM dwello.chargebacks WHERE job_id = t.user('bank');
-- told again under another name
SELECT r.chargeback_status, r.replayed
  FROM dwello.chargebacks AS c,
       dwello.close_chargeback(t.user('bank'), 'acme', 'e5', true, c.id) AS r
 WHERE c.job_id = t.user('bank');
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- Part of it is held, and lost: milestones give up what cannot be paid
------------------------------------------------------------------------
BEGIN;
SELECT t.login_as('h1');
SELECT amount, fee, payout FROM dwello.release_escrow(t.user('bank'), 10000);
COMMIT;
SELECT amount, held_amount, clawed_back FROM dwello.open_chargeback(t.user('bank'), 'acme', 'e6', 40000, 'USD');
SELECT chargeback_status, escrow_status, held, released, charged_back
  FROM dwello.close_chargeback(t.user('bank'), 'acme', 'e7', false);
SELECT sort_order AS n, status, amount, funded, released, refunded
  FROM dwello.job_milestones WHERE job_id = t.user('bank') ORDER BY 1;
SELECT * FROM dwello.reconcile();
-- the rest is released as ever, and its fee is that of all that was released
BEGIN;
SELECT t.login_as('h1');
SELECT amount, fee, payout, escrow_status FROM dwello.release_escrow(t.user('bank'));
COMMIT;
SELECT status, held, released, taken, fee, frozen FROM t.escrow WHERE job_id = t.user('bank');
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- After the release: the provider owes it; of what nobody has, the platform
------------------------------------------------------------------------
SELECT t.award('after', 100000);
SELECT t.pay('after');
BEGIN;
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('after'), 60000);
SELECT t.login_as('p1');
SELECT refunded FROM dwello.refund_escrow(t.user('after'), 30000);
COMMIT;
SELECT amount, held_amount, clawed_back, escrow_status, released
  FROM dwello.open_chargeback(t.user('after'), 'acme', 'a1', 100000, 'USD');
SELECT account, psp, amount FROM t.leg WHERE job_id = t.user('after') AND transaction_type = 'chargeback' ORDER BY id, leg;
SELECT * FROM dwello.reconcile();
SELECT chargeback_status, escrow_status, held, released, charged_back
  FROM dwello.close_chargeback(t.user('after'), 'acme', 'a2', true);
-- won: each account has back what was taken from it, to the cent
SELECT account, sum(amount) FROM t.leg WHERE job_id = t.user('after') AND transaction_type = 'chargeback' GROUP BY 1 ORDER BY 1;
SELECT amount, held_amount, clawed_back FROM dwello.open_chargeback(t.user('after'), 'acme', 'a3', 80000, 'USD');
SELECT amount, held_amount, clawed_back FROM dwello.open_chargeback(t.user('after'), 'acme', 'a4', 20000, 'USD');
SELECT t.refused(NULL, $$close_chargeback(t.user('after'), 'acme', 'a5', true)$$) AS which;
SELECT r.chargeback_status, r.escrow_status
  FROM dwello.chargebacks AS c, dwello.close_chargeback(c.job_id, 'acme', 'a5', false, c.id) AS r
 WHERE c.job_id = t.user('after') AND c.amount = 80000;
SELECT chargeback_status, escrow_status, held, released, refunded, charged_back
  FROM dwello.close_chargeback(t.user('after'), 'acme', 'a6', false);
SELECT account, psp, sum(amount) FROM t.leg WHERE job_id = t.user('after') AND transaction_type = 'chargeback' GROUP BY 1, 2 ORDER BY 1;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- What was approved while frozen is released once it is decided
------------------------------------------------------------------------
SELECT t.award('rests', 100000, '{1,1}');
SELECT t.pay('rests');
SELECT held_amount FROM dwello.open_chargeback(t.user('rests'), 'acme', 'r1', 10000, 'USD');
BEGIN;
SELECT t.login_as('h1');
SELECT r.amount, r.escrow_status FROM dwello.job_milestones AS m, dwello.approve_milestone(m.job_id, m.id) AS r
 WHERE m.job_id = t.user('rests') AND m.sort_order = 1;
COMMIT;
SELECT escrow_status, held, released, charged_back FROM dwello.close_chargeback(t.user('rests'), 'acme', 'r2', true);
SELECT event, actor_role, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('rests') ORDER BY seq;
SELECT type FROM dwello.outbox WHERE scope_id = t.user('rests') AND type LIKE 'chargeback%' ORDER BY id;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- A refund goes to the company that still has the money; names stay true
------------------------------------------------------------------------
SELECT t.award('two', 100000);
SELECT t.pay('two', 60000);
BEGIN;
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('two'));
COMMIT;
SELECT held FROM dwello.confirm_payment(t.user('two'), 'bank', 'two 1', 40000, 'USD');
SELECT chargeback_id AS one, held_amount FROM dwello.open_chargeback(t.user('two'), 'acme', 'two 2', 50000, 'USD') \gset
SELECT chargeback_id AS other FROM dwello.open_chargeback(t.user('two'), 'acme', 'two 3', 10000, 'USD') \gset
SELECT chargeback_status FROM dwello.close_chargeback(t.user('two'), 'acme', 'two 4', false, :'one');
SELECT t.refused(NULL, format($$close_chargeback(t.user('two'), 'acme', 'two 4', false, %L)$$, :'other')) AS another,
       t.refused(NULL, format($$close_chargeback(t.user('two'), 'acme', 'two 4', false, %L)$$, t.user('none'))) AS unknown,
       t.refused(NULL, format($$close_chargeback(t.user('two'), 'acme', 'two 4', false, %L)$$, :'one')) AS again;
SELECT chargeback_status FROM dwello.close_chargeback(t.user('two'), 'acme', 'two 5', true, :'other');
BEGIN;
SELECT t.login_as('p1');
SELECT amount, held FROM dwello.refund_escrow(t.user('two'), 45000);
COMMIT;
SELECT payload ->> 'psp' AS psp, payload ->> 'amount' AS amount FROM dwello.outbox
 WHERE scope_id = t.user('two') AND type = 'refund_requested' ORDER BY id;
SELECT psp, account, sum(amount) FROM t.leg WHERE job_id = t.user('two') AND psp <> '' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM dwello.reconcile();
------------------------------------------------------------------------
-- Whatever it is about, it is booked
------------------------------------------------------------------------
-- of a payment that never reached the escrow: it leaves the escrow alone
SELECT t.award('odd', 100000);
SELECT amount, held_amount, escrow_status FROM dwello.open_chargeback(t.user('odd'), 'acme', 'o 1', 40000, 'USD');
SELECT t.pay('odd', 60000);
SELECT chargeback_status, escrow_status, held FROM dwello.close_chargeback(t.user('odd'), 'acme', 'o 2', false);
SELECT account, psp, amount FROM t.leg WHERE job_id = t.user('odd') AND transaction_type = 'chargeback' ORDER BY id, leg;
-- what the company charges for it is a fact of its own
BEGIN;
SELECT amount, held_amount FROM dwello.open_chargeback(t.user('odd'), 'acme', 'fee 1', 1, 'EUR', fee => 1500);
SELECT account, psp, amount FROM t.leg WHERE transaction_type = 'psp_fee' AND abs(amount) = 1500 ORDER BY leg;
SELECT fee, currency FROM dwello.chargebacks WHERE fee > 0;
SELECT * FROM dwello.reconcile();
ROLLBACK;
-- in another currency, and through a company that brought nothing
SELECT amount, held_amount, escrow_status, held FROM dwello.open_chargeback(t.user('odd'), 'acme', 'o 3', 100, 'EUR');
SELECT amount, held_amount, escrow_status, held FROM dwello.open_chargeback(t.user('odd'), 'bank', 'o 4', 100, 'USD');
SELECT t.refused(NULL, $$close_chargeback(t.user('odd'), 'acme', 'o 5', false, lost_amount => 101)$$) AS lost_more;
SELECT chargeback_status, escrow_status FROM dwello.close_chargeback(t.user('odd'), 'acme', 'o 5', true);
SELECT chargeback_status, escrow_status FROM dwello.close_chargeback(t.user('odd'), 'bank', 'o 6', true);
-- an inquiry moves nothing
SELECT chargeback_id, amount, held_amount, escrow_status
  FROM dwello.open_chargeback(t.user('odd'), 'acme', 'o 7', 500, 'USD', is_inquiry => true, reason => 'What is it?');
SELECT chargeback_id, amount, replayed FROM dwello.open_chargeback(t.user('odd'), 'acme', 'o 7', 500, 'USD', is_inquiry => true);
SELECT t.refused(NULL, $$open_chargeback(t.user('odd'), 'acme', 'o 7', 500, 'USD')$$) AS no_inquiry;
SELECT payload ->> 'amount' AS amount, payload ->> 'reason' AS reason FROM dwello.outbox
 WHERE scope_id = t.user('odd') AND type = 'chargeback_inquired';
-- more than was paid, and lost in part
SELECT amount, held_amount, clawed_back FROM dwello.open_chargeback(t.user('odd'), 'acme', 'o 8', 70000, 'USD', occurred_at => '2031-01-02 03:04+00');
SELECT chargeback_status, escrow_status, held, charged_back
  FROM dwello.close_chargeback(t.user('odd'), 'acme', 'o 9', false, lost_amount => 20000);
SELECT replayed FROM dwello.close_chargeback(t.user('odd'), 'acme', 'o 9', false, lost_amount => 20000);
SELECT t.refused(NULL, $$close_chargeback(t.user('odd'), 'acme', 'o 9', false, lost_amount => 20001)$$) AS another_part;
SELECT sort_order AS n, status, funded, refunded FROM dwello.job_milestones WHERE job_id = t.user('odd') ORDER BY 1;
SELECT * FROM dwello.reconcile();
-- lost, then won; then lost after all
SELECT id AS odd FROM dwello.chargebacks WHERE job_id = t.user('odd') AND amount = 70000 \gset
SELECT chargeback_status, escrow_status, held, charged_back FROM dwello.close_chargeback(t.user('odd'), 'acme', 'o 10', true, :'odd');
SELECT chargeback_status, replayed FROM dwello.close_chargeback(t.user('odd'), 'acme', 'o 11', true, :'odd');
SELECT sort_order AS n, status, funded, refunded FROM dwello.job_milestones WHERE job_id = t.user('odd') ORDER BY 1;
SELECT * FROM dwello.reconcile();
SELECT chargeback_status, escrow_status, held, charged_back
  FROM dwello.close_chargeback(t.user('odd'), 'acme', 'o 12', false, :'odd', lost_amount => 30000);
-- another part of it is lost than was said; and that again is no news
SELECT chargeback_status, held, charged_back FROM dwello.close_chargeback(t.user('odd'), 'acme', 'o 17', false, :'odd', lost_amount => 25000);
SELECT chargeback_status, held, replayed FROM dwello.close_chargeback(t.user('odd'), 'acme', 'o 18', false, :'odd');
SELECT account, psp, sum(amount) FROM t.leg WHERE job_id = t.user('odd') GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2;
SELECT event, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('odd') ORDER BY seq;
SELECT * FROM dwello.reconcile();
-- of a payment that was charged twice: that one is a receipt, and the escrow keeps the other
SELECT receipt_reason, transaction_id AS twice FROM dwello.confirm_payment(t.user('odd'), 'acme', 'o 13', 100, 'EUR', psp_reference => 'ch twice') \gset
SELECT :'receipt_reason' AS receipt_reason, c.payment_id = :'twice' AS named, c.held_amount, c.escrow_status
  FROM dwello.open_chargeback(t.user('odd'), 'acme', 'o 14', 100, 'EUR', psp_reference => 'ch twice') AS c;
SELECT c.payment_id = :'twice' AS named, c.held_amount, c.escrow_status
  FROM dwello.open_chargeback(t.user('odd'), 'acme', 'o 15', 100, 'EUR', transaction_id => :'twice') AS c;
SELECT t.refused(NULL, $$open_chargeback(t.user('odd'), 'acme', 'o 16', 100, 'EUR', transaction_id => dwello.uuidv7())$$) AS early;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
------------------------------------------------------------------------
-- The time for review stands still while the escrow is frozen: from the first
-- chargeback of those that overlap to the end of the last
------------------------------------------------------------------------
SELECT t.award('clock', 100000, '{1,1,1}');
SELECT t.pay('clock');
SELECT t.start('clock');
CREATE FUNCTION t.later(days numeric) RETURNS text
LANGUAGE sql
AS $$ SELECT set_config('dwello.now', (now() + days * interval '1 day')::text, true) $$;
CREATE VIEW t.clock AS
SELECT sort_order, round(extract(epoch FROM auto_release_at - now()) / 86400, 1) AS days FROM dwello.job_milestones
 WHERE job_id = t.user('clock') AND status = 'submitted' ORDER BY 1;
BEGIN;
SELECT t.login_as('p1');
SELECT m.amount FROM dwello.job_milestones AS j, dwello.submit_milestone(t.user('clock'), j.id) AS m
 WHERE j.job_id = t.user('clock') AND j.sort_order = 1;
SELECT t.login_as(NULL);
SELECT t.later(1) IS NOT NULL AS a_day_before;
SELECT held_amount FROM dwello.open_chargeback(t.user('clock'), 'acme', 'cl 1', 1000, 'USD');
SELECT t.later(2) IS NOT NULL AS a_day_of_another;
SELECT escrow_status FROM dwello.close_chargeback(t.user('clock'), 'acme', 'cl 2', true);
SELECT * FROM t.clock;
SELECT t.later(3) IS NOT NULL AS first;
SELECT chargeback_id AS one FROM dwello.open_chargeback(t.user('clock'), 'acme', 'cl 3', 1000, 'USD') \gset
SELECT t.later(4) IS NOT NULL AS second;
SELECT chargeback_id AS other FROM dwello.open_chargeback(t.user('clock'), 'acme', 'cl 4', 1000, 'USD') \gset
SELECT t.later(5) IS NOT NULL AS first_ends;
SELECT escrow_status FROM dwello.close_chargeback(t.user('clock'), 'acme', 'cl 5', true, :'one');
SELECT t.later(14.5) IS NOT NULL AS past_the_old_time;
SELECT released FROM dwello.release_due_escrows();
SELECT t.later(15) IS NOT NULL AS second_ends;
SELECT escrow_status FROM dwello.close_chargeback(t.user('clock'), 'acme', 'cl 6', true, :'other');
SELECT * FROM t.clock;
SELECT released FROM dwello.release_due_escrows();
SELECT t.later(26.9) IS NOT NULL AS not_yet;
SELECT released FROM dwello.release_due_escrows();
SELECT t.later(27.1) IS NOT NULL AS due;
SELECT released FROM dwello.release_due_escrows();
ROLLBACK;

-- a chargeback without a payment, of a contract that lapses then: it keeps who had it
BEGIN;
SELECT t.award('lapsing', 10000);
SELECT held_amount, escrow_status FROM dwello.open_chargeback(t.user('lapsing'), 'acme', 'l 1', 3000, 'USD');
SELECT set_config('dwello.now', (now() + interval '8 days')::text, true) IS NOT NULL AS a_week_later;
SELECT dwello.expire_contracts() > 0 AS lapsed;
SELECT chargeback_status, escrow_status FROM dwello.close_chargeback(t.user('lapsing'), 'acme', 'l 2', false);
SELECT j.status, j.provider_id IS NULL AS none, c.provider_id = t.user('p1') AS is_p1
  FROM dwello.jobs AS j JOIN dwello.chargebacks AS c ON c.job_id = j.id WHERE j.id = t.user('lapsing');
SELECT c.object, c.detail FROM dwello.check() AS c WHERE c.rule = 'denormalised_column';
ROLLBACK;
DROP VIEW t.clock;
DROP FUNCTION t.later;
DELETE FROM dwello.chargebacks WHERE job_id IN (t.user('bank'), t.user('after'), t.user('rests'), t.user('two'), t.user('clock'), t.user('odd'));
DROP VIEW t.escrow, t.leg;
SELECT t.forget('odd', 'bank', 'after', 'rests', 'two', 'clock');
