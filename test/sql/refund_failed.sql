--
-- refund_failed.sql
--	A refund that its company cannot send, or that comes back: it lies in a
--	receipt, and goes another way.
--
SET client_min_messages = warning;

CREATE VIEW t.leg AS
SELECT n.scope_id, x.transaction_type AS type, n.leg, coalesce(a.kind::text, 'escrow') AS account, a.psp, n.amount, x.id
  FROM dwello.ledger_entries AS n
  JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id;
CREATE VIEW t.refund AS
SELECT r.psp, r.psp_reference AS payment, r.amount, r.reversed, r.loss, r.status, r.completed_at IS NOT NULL AS confirmed,
       r.failure_id IS NOT NULL AS apart, r.id
  FROM dwello.refunds AS r;
CREATE VIEW t.receipt AS
SELECT r.event_id, r.job_id IS NOT NULL AS of_job, r.user_id = t.user('h1') AS of_h1, r.psp_reference AS payment, r.amount,
       r.remaining AS rest, r.reason, r.status, r.version
  FROM dwello.receipts AS r;
-- An escrow of 100000 that one payment brought and all of which goes back; the refund.
CREATE FUNCTION t.refunded(name text) RETURNS uuid
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.award(name, 100000);
  PERFORM t.login_as('h1');
  PERFORM dwello.fund_escrow(t.user(name));
  PERFORM t.login_as(NULL);
  PERFORM dwello.confirm_payment(t.user(name), 'f one', name, 100000, 'USD', psp_reference => 'ch ' || name);
  PERFORM t.login_as('a1');
  PERFORM dwello.refund_escrow(t.user(name));
  PERFORM t.login_as(NULL);
  RETURN (SELECT r.id FROM dwello.refunds AS r WHERE r.job_id = t.user(name));
END
$$;

BEGIN;
------------------------------------------------------------------------
-- It fails before it was sent, and is sent to another way to pay
------------------------------------------------------------------------
SELECT t.refunded('back') IS NOT NULL AS asked;
SELECT amount, refund_status, receipt_id IS NOT NULL AS apart, refunded, replayed
  FROM dwello.fail_refund(t.user('back'), 'f one', 'f 1', reason => 'The card is closed.', occurred_at => '2031-02-03 04:05+00');
SELECT amount, refund_status, receipt_id IS NOT NULL AS apart, replayed FROM dwello.fail_refund(t.user('back'), 'f one', 'f 1');
SELECT f.amount, f.refund_status, f.receipt_id IS NOT NULL AS apart, f.replayed
  FROM t.refund AS r, dwello.fail_refund(t.user('back'), 'f one', 'f 1 again', refund_id => r.id) AS f;
SELECT type, account, psp, amount FROM t.leg ORDER BY id, leg;
SELECT psp, payment, amount, reversed, loss, status, confirmed, apart FROM t.refund;
SELECT * FROM t.receipt;
SELECT reason, amount, remaining, occurred_at FROM dwello.receipts(reason => 'refund_failed');
SELECT type, payload ->> 'amount' AS amount, payload ->> 'reason' AS reason, payload ? 'failure_id' AS apart
  FROM dwello.outbox WHERE scope_id = t.user('back') AND type LIKE 'refund%' ORDER BY id;
SELECT * FROM dwello.reconcile();
-- the money is not the escrow's, so its refund is not undone
SELECT t.try(format('SELECT dwello.reverse_transaction(%L, %L)', t.user('back'), transaction_id), 'a1') FROM dwello.refunds;
SELECT r.receipt_id AS receipt FROM dwello.receipts() AS r \gset
INSERT INTO dwello.payment_methods (id, user_id, method_type, psp, psp_token, is_default)
VALUES (t.user('new card'), t.user('h1'), 'credit_card', 'f two', 'tok_f', false),
       (t.user('not theirs'), t.user('p1'), 'credit_card', 'f two', 'tok_p', false);
INSERT INTO dwello.payment_methods (id, user_id, method_type, psp, psp_token, is_default, expires_on)
VALUES (t.user('old card'), t.user('h1'), 'credit_card', 'f two', 'tok_o', false, '2001-01-31');
SELECT t.refused('a1', format('retry_refund(%L, %L)', t.user('none'), t.user('new card'))) AS no_receipt,
       t.refused('a1', format('retry_refund(%L, %L)', :'receipt', t.user('not theirs'))) AS not_theirs,
       t.refused('a1', format('retry_refund(%L, NULL)', :'receipt')) AS no_method,
       t.refused('a1', format('retry_refund(%L, %L)', :'receipt', t.user('old card'))) AS expired,
       t.refused('a1', format('retry_refund(%L, %L, expected_version => 7)', :'receipt', t.user('new card'))) AS version,
       t.refused('h1', format('retry_refund(%L, %L)', :'receipt', t.user('new card'))) AS homeowner;
SELECT t.login_as('a1');
SELECT amount, currency, receipt_status, version, replayed
  FROM dwello.retry_refund(:'receipt', t.user('new card'), 'Another card.', 1, 'k');
SELECT amount, receipt_status, version, replayed FROM dwello.retry_refund(:'receipt', t.user('new card'), 'Another card.', 1, 'k');
SELECT t.login_as(NULL);
SELECT t.refused('a1', format('retry_refund(%L, %L)', :'receipt', t.user('new card'))) AS twice;
SELECT * FROM t.receipt;
SELECT psp, payment, amount, status FROM t.refund ORDER BY id;
SELECT payload ->> 'psp' AS psp, payload ->> 'amount' AS amount, payload ->> 'payment_method_id' = t.user('new card')::text AS new_card,
       payload ->> 'reason' AS reason, payload ? 'payment_id' AS of_payment
  FROM dwello.outbox WHERE scope_id = t.user('back') AND type = 'refund_requested' ORDER BY id;
SELECT c.amount, c.refund_status, c.refunded FROM dwello.refunds AS r,
       dwello.confirm_refund(t.user('back'), 'f two', 'f 2', refund_id => r.id) AS c WHERE r.receipt_id = :'receipt';
SELECT type, account, psp, amount FROM t.leg WHERE scope_id = :'receipt' ORDER BY id, leg;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT rule, detail FROM dwello.check() WHERE rule ~ 'receipt|orphan|denormalised';
-- the other card cannot take it either
SELECT f.amount, f.refund_status FROM dwello.refunds AS r,
       dwello.fail_refund(t.user('back'), 'f two', 'f 3', refund_id => r.id) AS f WHERE r.receipt_id = :'receipt';
SELECT * FROM t.receipt ORDER BY event_id;
SELECT account, psp, sum(amount) FROM t.leg GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
ROLLBACK;

BEGIN;
------------------------------------------------------------------------
-- It comes back after it was sent; and it was sent after it had failed
------------------------------------------------------------------------
SELECT t.refunded('sent') AS sent, t.refunded('late') AS late, t.refunded('both') AS both \gset
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('sent'), 'f one', 's 1');
SELECT amount, refund_status, refunded FROM dwello.fail_refund(t.user('sent'), 'f one', 's 2', refund_id => :'sent');
SELECT type, account, psp, amount FROM t.leg WHERE scope_id = (SELECT r.id FROM dwello.receipts AS r WHERE r.event_id = 's 2') ORDER BY id, leg;
SELECT psp, amount, loss, status, confirmed, apart FROM t.refund WHERE id = :'sent';
SELECT * FROM dwello.reconcile();
-- it had failed, says the company, and then that it was sent: the receipt still has it
SELECT amount, refund_status FROM dwello.fail_refund(t.user('late'), 'f one', 'l 1');
SELECT amount, refund_status, replayed FROM dwello.confirm_refund(t.user('late'), 'f one', 'l 2', refund_id => :'late');
SELECT type, account, psp, amount FROM t.leg WHERE scope_id = (SELECT r.id FROM dwello.receipts AS r WHERE r.event_id = 'l 1') ORDER BY id, leg;
SELECT psp, amount, loss, status, confirmed, apart FROM t.refund WHERE id = :'late';
SELECT event_id, rest, status FROM t.receipt ORDER BY event_id;
SELECT * FROM dwello.reconcile();
-- the same once it has gone elsewhere: it was sent twice, and the platform bears it
SELECT receipt_id AS receipt FROM dwello.fail_refund(t.user('both'), 'f one', 'b 1') \gset
INSERT INTO dwello.payment_methods (id, user_id, method_type, psp, psp_token, is_default)
VALUES (t.user('new card'), t.user('h1'), 'credit_card', 'f one', 'tok_f', false);
SELECT amount, receipt_status FROM dwello.retry_refund(:'receipt', t.user('new card'));
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('both'), 'f one', 'b 2', refund_id => :'both');
SELECT type, account, psp, amount FROM t.leg WHERE scope_id = t.user('both') AND type = 'refund_payment' ORDER BY id, leg;
SELECT psp, amount, loss, status, confirmed, apart FROM t.refund WHERE id = :'both';
-- and that comes back: to the platform, which had borne it
SELECT amount, refund_status, receipt_id IS NOT NULL AS apart, transaction_id AS b3
  FROM dwello.fail_refund(t.user('both'), 'f one', 'b 3', refund_id => :'both') \gset b_
SELECT :b_amount AS amount, :'b_refund_status' AS refund_status, :'b_apart' AS apart;
SELECT type, account, psp, amount FROM t.leg WHERE id = :'b_b3' ORDER BY id, leg;
SELECT account, psp, sum(amount) FROM t.leg GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT rule, detail FROM dwello.check() WHERE rule ~ 'receipt|orphan|denormalised';
-- by the statement of the company it is all there
SELECT lines FROM dwello.import_statement('f one', jsonb_build_array(
  jsonb_build_object('line_id', '1', 'event_id', 's 2', 'kind', 'refund_returned', 'amount', 100000, 'currency', 'USD', 'time', now()),
  jsonb_build_object('line_id', '2', 'event_id', 'l 2', 'kind', 'refund', 'amount', 100000, 'currency', 'USD', 'time', now()),
  jsonb_build_object('line_id', '3', 'reference', :'both', 'kind', 'refund', 'amount', 100000, 'currency', 'USD', 'time', now()),
  jsonb_build_object('line_id', '4', 'event_id', 'b 3', 'kind', 'refund_returned', 'amount', 100000, 'currency', 'USD', 'time', now())));
SELECT line_id, verdict, kind, stated_amount, booked_amount FROM dwello.reconcile_external('f one') ORDER BY 1, 2, 3;
ROLLBACK;

BEGIN;
------------------------------------------------------------------------
-- Of a receipt that no job knows: by its payment, its id, or the only one
------------------------------------------------------------------------
SELECT value FROM dwello.set_setting('receipt_default_unknown_job', 'return');
SELECT receipt_reason FROM dwello.confirm_payment(NULL, 'f one', 'n 1', 5000, 'USD', psp_reference => 'ch n 1');
SELECT receipt_reason FROM dwello.confirm_payment(NULL, 'f one', 'n 2', 6000, 'EUR', psp_reference => 'ch n 2');
SELECT t.refused(NULL, $$confirm_refund(NULL, 'f one', 'n 3')$$) AS which,
       t.refused(NULL, $$confirm_refund(NULL, 'f two', 'n 3')$$) AS none,
       t.refused(NULL, $$confirm_refund(NULL, 'f one', 'n 3', psp_reference => 'ch n 3')$$) AS no_payment,
       t.refused(NULL, format($$confirm_refund(NULL, 'f one', 'n 3', refund_id => %L)$$, t.user('none'))) AS no_refund,
       t.refused(NULL, $$fail_refund(t.user('no job'), 'f one', 'n 3')$$) AS no_job,
       t.refused(NULL, $$fail_refund(NULL, NULL, 'n 3')$$) AS no_company,
       t.refused('a1', $$fail_refund(NULL, 'f one', 'n 3')$$) AS admin;
SELECT job_id, amount, refund_status, currency, escrow_status, replayed
  FROM dwello.confirm_refund(NULL, 'f one', 'n 3', psp_reference => 'ch n 2');
SELECT amount, refund_status, replayed FROM dwello.confirm_refund(NULL, 'f one', 'n 3', psp_reference => 'ch n 2');
SELECT job_id, amount, refund_status, currency, receipt_id IS NOT NULL AS apart FROM dwello.fail_refund(NULL, 'f one', 'n 4');
SELECT amount, refund_status, replayed FROM dwello.fail_refund(NULL, 'f one', 'n 5', psp_reference => 'ch n 1');
SELECT amount, refund_status, currency FROM dwello.fail_refund(NULL, 'f one', 'n 6', psp_reference => 'ch n 2');
SELECT event_id, of_job, payment, amount, rest, reason, status FROM t.receipt ORDER BY event_id;
SELECT x.type, x.account, x.psp, x.amount FROM t.leg AS x ORDER BY x.id, x.leg;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT rule, detail FROM dwello.check() WHERE rule ~ 'receipt|orphan|denormalised';
ROLLBACK;

BEGIN;
-- undone before it was sent, sent all the same, and it came back: nobody but the platform had borne it
SELECT t.refunded('undone') AS undone \gset
SELECT t.login_as('a1');
SELECT r.amount FROM dwello.refunds AS f, dwello.reverse_transaction(t.user('undone'), f.transaction_id) AS r;
SELECT t.login_as(NULL);
SELECT amount, refund_status, replayed FROM dwello.fail_refund(t.user('undone'), 'f one', 'u 1', refund_id => :'undone');
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('undone'), 'f one', 'u 2', refund_id => :'undone');
SELECT amount, refund_status, receipt_id FROM dwello.fail_refund(t.user('undone'), 'f one', 'u 3', refund_id => :'undone');
SELECT account, psp, sum(amount) FROM t.leg GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2;
SELECT held, refunded FROM dwello.escrow_accounts WHERE job_id = t.user('undone');
SELECT * FROM dwello.reconcile();
ROLLBACK;

BEGIN;
-- what the payer's bank has taken meanwhile does not go to them once more; a part that it left does
SELECT t.refunded('taken') IS NOT NULL AS taken, t.refunded('part') IS NOT NULL AS part;
SELECT receipt_id AS taken FROM dwello.fail_refund(t.user('taken'), 'f one', 't 1') \gset
SELECT receipt_id AS part FROM dwello.fail_refund(t.user('part'), 'f one', 'p 1') \gset
INSERT INTO dwello.payment_methods (id, user_id, method_type, psp, psp_token, is_default)
VALUES (t.user('new card'), t.user('h1'), 'credit_card', 'f one', 'tok_f', false);
SELECT chargeback_status FROM dwello.open_chargeback(t.user('taken'), 'f one', 't 2', 100000, 'USD', psp_reference => 'ch taken') AS c,
       dwello.close_chargeback(t.user('taken'), 'f one', 't 3', false, c.chargeback_id);
SELECT amount FROM dwello.open_chargeback(t.user('part'), 'f one', 'p 2', 30000, 'USD', psp_reference => 'ch part');
SELECT t.try(format('SELECT dwello.retry_refund(%L, %L)', :'taken', t.user('new card')), 'a1') AS taken;
SELECT status, remaining FROM dwello.receipts WHERE id IN (:'taken', :'part') ORDER BY remaining;
SELECT t.login_as('a1');
SELECT amount, receipt_status FROM dwello.retry_refund(:'part', t.user('new card'));
SELECT t.login_as(NULL);
-- nor does money that no escrow took
SELECT receipt_id AS euros FROM dwello.confirm_payment(t.user('part'), 'f one', 'p 3', 500, 'EUR', psp_reference => 'ch euros') \gset
SELECT held_amount FROM dwello.open_chargeback(t.user('part'), 'f one', 'p 4', 500, 'EUR', psp_reference => 'ch euros');
SELECT t.award('in euros', 500, '{}', 'EUR');
SELECT t.refused('a1', format('return_receipt(%L)', :'euros')) AS back,
       t.refused('a1', format('assign_receipt(%L, %L)', :'euros', t.user('in euros'))) AS assigned;
-- won, it is theirs again
SELECT chargeback_status FROM dwello.close_chargeback(t.user('taken'), 'f one', 't 4', true,
  (SELECT c.id FROM dwello.chargebacks AS c WHERE c.job_id = t.user('taken')));
SELECT amount, receipt_status FROM dwello.retry_refund(:'taken', t.user('new card'));
SELECT * FROM dwello.reconcile();
ROLLBACK;

DROP VIEW t.leg, t.refund, t.receipt;
DROP FUNCTION t.refunded;
