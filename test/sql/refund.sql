--
-- refund.sql
--	Each refund goes to a payment that has room for it, and is the payment
--	company's to send: asked for, sent, undone.
--
SET client_min_messages = warning;

CREATE VIEW t.leg AS
SELECT n.scope_id AS job_id, x.transaction_type, n.leg, coalesce(a.kind::text, 'escrow') AS account, a.psp, n.amount, x.id,
       x.occurred_at
  FROM dwello.ledger_entries AS n
  JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id;
CREATE VIEW t.refund AS
SELECT job_id, psp, psp_reference AS payment, amount, reversed, status, completed_at IS NOT NULL AS confirmed, id, transaction_id
  FROM dwello.refunds;
-- Asks for a payment and lets it arrive through a company; its id.
CREATE FUNCTION t.pay_by(name text, psp text, amount bigint, reference text) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
  asked uuid;
BEGIN
  PERFORM t.login_as('h1');
  SELECT transaction_id INTO asked FROM dwello.fund_escrow(t.user(name), pay_by.amount);
  PERFORM t.login_as(NULL);
  PERFORM dwello.confirm_payment(t.user(name), psp, reference, pay_by.amount, 'USD', psp_reference => reference);
  RETURN asked;
END
$$;
-- Gives some of it back, by an administrator; the transaction.
CREATE FUNCTION t.give_back(name text, amount bigint DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
  given uuid;
BEGIN
  PERFORM t.login_as('a1');
  SELECT transaction_id INTO given FROM dwello.refund_escrow(t.user(name), give_back.amount);
  PERFORM t.login_as(NULL);
  RETURN given;
END
$$;
CREATE FUNCTION t.undo(name text, id uuid, amount bigint DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  undone bigint;
BEGIN
  PERFORM t.login_as('a1');
  SELECT r.amount INTO undone FROM dwello.reverse_transaction(t.user(name), undo.id, undo.amount) AS r;
  PERFORM t.login_as(NULL);
  RETURN undone;
END
$$;

------------------------------------------------------------------------
-- Which payment a bank took is said by its name or its id
------------------------------------------------------------------------
SELECT t.award('named', 100000);
SELECT t.pay_by('named', 'acme', 60000, 'ch A') AS a, t.pay_by('named', 'acme', 40000, 'ch B') AS b \gset
SELECT payment_id = :'b' AS of_b, held FROM dwello.open_chargeback(t.user('named'), 'acme', 'n 1', 40000, 'USD', 'ch B');
SELECT escrow_status FROM dwello.close_chargeback(t.user('named'), 'acme', 'n 2', false);
SELECT payment_id = :'a' AS of_a, held
  FROM dwello.open_chargeback(t.user('named'), 'acme', 'n 3', 5000, 'USD', 'case 7', transaction_id => :'a');
SELECT escrow_status FROM dwello.close_chargeback(t.user('named'), 'acme', 'n 4', false);
SELECT payment_id IS NULL AS of_neither FROM dwello.open_chargeback(t.user('named'), 'acme', 'n 5', 2000, 'USD', 'case 8');
SELECT escrow_status FROM dwello.close_chargeback(t.user('named'), 'acme', 'n 6', false);
SELECT t.refused(NULL, format($$open_chargeback(t.user('named'), 'acme', 'n 7', 1, 'USD', transaction_id => %L)$$, t.user('none'))) AS unknown,
       t.refused(NULL, format($$open_chargeback(t.user('named'), 'bank', 'n 7', 1, 'USD', transaction_id => %L)$$, :'a')) AS of_another;
SELECT t.give_back('named') AS all_of_it \gset
SELECT psp, payment, amount, status FROM t.refund WHERE job_id = t.user('named') ORDER BY id;
SELECT payload ->> 'refund_id' = r.id::text AS id, payload ->> 'payment_id' = :'a' AS of_a,
       payload ->> 'transaction_id' = r.transaction_id::text AS transaction, payload ->> 'psp_reference' AS reference
  FROM dwello.outbox AS o JOIN t.refund AS r ON r.job_id = o.scope_id
 WHERE o.scope_id = t.user('named') AND o.type = 'refund_requested';
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- The company sends it: once, whatever it is called
------------------------------------------------------------------------
SELECT t.award('sent', 100000);
SELECT t.pay_by('sent', 'acme', 30000, 'ch 1') AS one, t.pay_by('sent', 'bank', 50000, 'ch 2') AS two,
       t.pay_by('sent', 'acme', 20000, 'ch 3') AS three \gset
SELECT t.refused(NULL, $$confirm_refund(t.user('sent'), 'acme', 's 1')$$) AS too_early;
SELECT t.give_back('sent', 90000) AS most \gset
SELECT account, psp, amount FROM t.leg WHERE job_id = t.user('sent') AND transaction_type = 'refund' ORDER BY leg;
SELECT psp, payment, amount, status FROM t.refund WHERE job_id = t.user('sent') ORDER BY id;
SELECT amount, refund_status, escrow_status, held, refunded, replayed
  FROM dwello.confirm_refund(t.user('sent'), 'bank', 's 1', occurred_at => '2031-02-03 04:05+00');
SELECT amount, refund_status, replayed FROM dwello.confirm_refund(t.user('sent'), 'bank', 's 1');
SELECT amount, refund_status, replayed FROM dwello.confirm_refund(t.user('sent'), 'bank', 's 1 again', :'most');
SELECT t.refused(NULL, $$confirm_refund(t.user('sent'), 'acme', 's 2')$$) AS which_of_two,
       t.refused(NULL, format($$confirm_refund(t.user('sent'), 'acme', 's 2', %L)$$, :'most')) AS still_two;
SELECT id AS first FROM t.refund WHERE job_id = t.user('sent') AND payment = 'ch 1' \gset
SELECT amount, refund_id = :'first' AS first FROM dwello.confirm_refund(t.user('sent'), 'acme', 's 2', refund_id => :'first');
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('sent'), 'acme', 's 3', :'most', 'Sent.');
SELECT transaction_type, account, psp, amount, occurred_at FROM t.leg
 WHERE job_id = t.user('sent') AND transaction_type = 'refund_payment' ORDER BY id, leg;
SELECT psp, payment, amount, status, confirmed FROM t.refund WHERE job_id = t.user('sent') ORDER BY id;
SELECT type, payload ->> 'amount' AS amount, payload ->> 'psp_reference' AS payment, payload ->> 'reason' AS reason
  FROM dwello.outbox WHERE scope_id = t.user('sent') AND type = 'refund_completed' ORDER BY id;
SELECT event, to_status FROM dwello.escrow_events WHERE job_id = t.user('sent') ORDER BY seq;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT t.refused('h1', $$confirm_refund(t.user('sent'), 'acme', 's 4')$$) AS homeowner,
       t.refused('a1', $$confirm_refund(t.user('sent'), 'acme', 's 4')$$) AS admin,
       t.refused(NULL, $$confirm_refund(NULL, 'acme', 's 4')$$) AS null,
       t.refused(NULL, $$confirm_refund(t.user('sent'), ' ', 's 4')$$) AS blank,
       t.refused(NULL, $$confirm_refund(t.user('sent'), repeat('x', 101), 's 4')$$) AS long,
       t.refused(NULL, $$confirm_refund(t.user('nothing'), 'acme', 's 4')$$) AS no_job,
       t.refused(NULL, format($$confirm_refund(t.user('sent'), 'acme', 's 4', %L)$$, t.user('none'))) AS no_transaction,
       t.refused(NULL, format($$confirm_refund(t.user('sent'), 'acme', 's 4', refund_id => %L)$$, t.user('none'))) AS no_refund,
       t.refused(NULL, format($$confirm_refund(t.user('sent'), 'bank', 's 4', refund_id => %L)$$, :'first')) AS of_another,
       t.refused(NULL, format($$confirm_refund(t.user('sent'), 'acme', 's 4', %L, refund_id => %L)$$, :'one', :'first')) AS of_none,
       t.refused(NULL, $$confirm_refund(t.user('sent'), 'acme', 's 4')$$) AS none_pending,
       t.refused(NULL, format($$confirm_refund(t.user('sent'), 'acme', 's 3', refund_id => %L)$$, :'first')) AS another_refund,
       t.refused(NULL, $$fail_payment(t.user('sent'), 'acme', 's 3')$$) AS another_event;

------------------------------------------------------------------------
-- Undone before it is sent: the worker hears of it, and may be too late
------------------------------------------------------------------------
SELECT t.award('undone', 100000);
SELECT t.pay_by('undone', 'acme', 30000, 'ch 4') AS four, t.pay_by('undone', 'acme', 70000, 'ch 5') AS five \gset
SELECT t.give_back('undone', 50000) AS half \gset
SELECT t.undo('undone', :'half', 30000);
SELECT payment, amount, reversed, status FROM t.refund WHERE job_id = t.user('undone') ORDER BY id;
SELECT payload ->> 'amount' AS amount, payload ->> 'psp_reference' AS payment FROM dwello.outbox
 WHERE scope_id = t.user('undone') AND type = 'refund_withdrawn' ORDER BY id;
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('undone'), 'acme', 'u 1', :'half');
SELECT * FROM dwello.reconcile();
-- the rest of it is with the homeowner: the platform puts it into the escrow
SELECT t.undo('undone', :'half');
SELECT transaction_type, account, amount FROM t.leg
 WHERE job_id = t.user('undone') AND transaction_type IN ('reversal', 'refund_payment') ORDER BY id, leg;
SELECT held, refunded FROM dwello.escrow_accounts WHERE job_id = t.user('undone');
-- so all that is held cannot go back to the payments, and what cannot is the platform's again
SELECT t.give_back('undone') AS whole \gset
SELECT payment, amount, reversed, status FROM t.refund WHERE job_id = t.user('undone') ORDER BY id;
SELECT account, psp, amount FROM t.leg WHERE id = :'whole' ORDER BY leg;
-- what was withdrawn was sent all the same
SELECT id AS second FROM t.refund WHERE job_id = t.user('undone') AND payment = 'ch 5' ORDER BY id LIMIT 1 \gset
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('undone'), 'acme', 'u 2', refund_id => :'second');
SELECT account, psp, amount FROM t.leg WHERE job_id = t.user('undone') AND transaction_type = 'refund_payment' ORDER BY id, leg;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
-- a part was undone, and the company had sent all of it by then: it says how much
BEGIN;
SELECT t.award('whole', 100000);
SELECT t.pay_by('whole', 'acme', 100000, 'ch 6') IS NOT NULL AS six;
SELECT t.give_back('whole', 50000) AS half \gset
SELECT t.undo('whole', :'half', 30000);
SELECT t.refused(NULL, format($$confirm_refund(t.user('whole'), 'acme', 'w 1', %L, amount => 0)$$, :'half')) AS nothing;
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('whole'), 'acme', 'w 1', :'half', amount => 50000);
SELECT amount, replayed FROM dwello.confirm_refund(t.user('whole'), 'acme', 'w 1', :'half', amount => 50000);
SELECT t.refused(NULL, format($$confirm_refund(t.user('whole'), 'acme', 'w 1', %L, amount => 20000)$$, :'half')) AS another;
SELECT payment, amount, reversed, status FROM t.refund WHERE job_id = t.user('whole');
SELECT account, psp, amount FROM t.leg WHERE job_id = t.user('whole') AND transaction_type = 'refund_payment' ORDER BY id, leg;
SELECT * FROM dwello.reconcile();
-- so of the 80000 that are held its payment can take 50000
SELECT t.give_back('whole') AS rest \gset
SELECT account, psp, amount FROM t.leg WHERE id = :'rest' ORDER BY leg;
SELECT * FROM dwello.reconcile();
ROLLBACK;

-- a bank took a part before the payment was told of: the payment gives back the rest, and the platform has its loss again
BEGIN;
SELECT t.award('before', 10000);
SELECT held_amount, escrow_status FROM dwello.open_chargeback(t.user('before'), 'acme', 'b 1', 3000, 'USD', 'ch 7');
SELECT t.pay_by('before', 'acme', 10000, 'ch 7') IS NOT NULL AS seven;
SELECT chargeback_status FROM dwello.close_chargeback(t.user('before'), 'acme', 'b 2', false);
SELECT t.give_back('before') AS rest \gset
SELECT account, psp, amount FROM t.leg WHERE id = :'rest' ORDER BY leg;
SELECT account, sum(amount) FROM t.leg WHERE job_id = t.user('before') GROUP BY 1 HAVING sum(amount) <> 0 ORDER BY 1;
SELECT * FROM dwello.reconcile();
ROLLBACK;

-- both sides see what became of it, and nobody else
BEGIN;
SELECT t.app_as('h1');
SELECT count(*) AS homeowner FROM dwello.refunds WHERE job_id = t.user('sent');
SELECT t.app_as('p1');
SELECT count(*) AS provider FROM dwello.refunds WHERE job_id = t.user('sent');
SELECT t.app_as('p2');
SELECT count(*) AS stranger FROM dwello.refunds WHERE job_id = t.user('sent');
ROLLBACK;

-- leave the stage as it was
SET session_replication_role = replica;
DELETE FROM dwello.chargebacks WHERE job_id = t.user('named');
SET session_replication_role = origin;
SELECT t.forget('named', 'sent', 'undone');
DROP VIEW t.leg, t.refund;
DROP FUNCTION t.pay_by, t.give_back, t.undo;
