--
-- receipt_out.sql
--	The ways out of a receipt: it becomes a payment, it goes back, or it is
--	sent another way.
--
SET client_min_messages = warning;

CREATE VIEW t.leg AS
SELECT n.scope_id, x.transaction_type AS type, n.leg, coalesce(a.kind::text, 'escrow') AS account, a.psp, n.amount, x.id,
       x.reverses IS NOT NULL AS back
  FROM dwello.ledger_entries AS n
  JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id;
CREATE VIEW t.receipt AS
SELECT r.event_id, r.amount, r.remaining AS rest, r.reason, r.status, r.version, cardinality(r.payment_ids) AS payments
  FROM dwello.receipts AS r;
-- Money of no job arrives; its receipt.
CREATE FUNCTION t.stray(event text, amount bigint, currency text DEFAULT 'USD') RETURNS uuid
LANGUAGE sql
AS $$
  SELECT c.receipt_id FROM dwello.confirm_payment(NULL, 'o one', event, stray.amount, stray.currency,
    psp_reference => 'ch ' || event) AS c
$$;

-- Runs a command as somebody and undoes it: its SQLSTATE.
CREATE FUNCTION t.could(command text, who text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(who);
  EXECUTE 'SELECT dwello.' || command;
  RAISE EXCEPTION USING ERRCODE = 'ZZ000';
EXCEPTION
  WHEN SQLSTATE 'ZZ000' THEN RETURN 'ok';
  WHEN OTHERS THEN RETURN SQLSTATE;
END
$$;

BEGIN;
------------------------------------------------------------------------
-- It was the payment that is open: held as that, and the company did nothing
------------------------------------------------------------------------
SELECT t.award('meant', 50000);
SELECT t.login_as('h1');
SELECT transaction_id AS asked FROM dwello.fund_escrow(t.user('meant')) \gset
SELECT t.login_as(NULL);
SELECT t.stray('m 1', 50000) AS stray \gset
SELECT t.login_as('s1');
SELECT receipt_status, remaining, transaction_id = :'asked' AS asked, amount, escrow_status, held, version, replayed
  FROM dwello.assign_receipt(:'stray', t.user('meant'), 1, 'k');
SELECT receipt_status, remaining, amount, version, replayed FROM dwello.assign_receipt(:'stray', t.user('meant'), 1, 'k');
SELECT t.login_as(NULL);
SELECT type, back, account, psp, amount FROM t.leg ORDER BY id, leg;
SELECT * FROM t.receipt;
SELECT status, amount, psp, psp_reference FROM dwello.transactions WHERE id = :'asked';
SELECT event, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('meant') ORDER BY seq;
SELECT type FROM dwello.outbox WHERE scope_id = t.user('meant') ORDER BY id;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT rule, detail FROM dwello.check() WHERE rule ~ 'receipt|orphan|denormalised';
-- the company's statement has one payment, and no line for what we made of it
SELECT lines FROM dwello.import_statement('o one', jsonb_build_array(jsonb_build_object('line_id', '1', 'event_id', 'm 1',
  'kind', 'payment', 'amount', 50000, 'currency', 'USD', 'time', now())));
SELECT line_id, verdict, kind, stated_amount, booked_amount
  FROM dwello.reconcile_external('o one', now() - interval '1 day', now() + interval '1 day') ORDER BY 1, 2, 3;
-- it is a payment like any other, and can go back as one
SELECT t.login_as('a1');
SELECT amount FROM dwello.refund_escrow(t.user('meant'));
SELECT t.login_as(NULL);
SELECT psp, psp_reference, amount FROM dwello.refunds;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
ROLLBACK;

BEGIN;
------------------------------------------------------------------------
-- What the contract does not take stays, for another job or to go back
------------------------------------------------------------------------
SELECT t.award('small', 20000), t.award('other', 50000), t.award('euros', 50000, '{1}', 'EUR');
SELECT t.stray('p 1', 50000) AS stray \gset
SELECT t.login_as('a1');
SELECT receipt_status, remaining, amount, escrow_status FROM dwello.assign_receipt(:'stray', t.user('small'));
SELECT t.refused('a1', format('assign_receipt(%L, %L)', :'stray', t.user('small'))) AS nothing_fits,
       t.refused('a1', format('assign_receipt(%L, %L)', :'stray', t.user('euros'))) AS currency,
       t.refused('a1', format('assign_receipt(%L, %L)', :'stray', t.user('none'))) AS no_job,
       t.refused('a1', format('assign_receipt(%L, %L)', t.user('none'), t.user('other'))) AS no_receipt,
       t.refused('a1', format('assign_receipt(%L, NULL)', :'stray')) AS null,
       t.refused('a1', format('assign_receipt(%L, %L, expected_version => 1)', :'stray', t.user('other'))) AS version,
       t.refused('h1', format('assign_receipt(%L, %L)', :'stray', t.user('other'))) AS homeowner,
       t.refused('h1', format('return_receipt(%L)', :'stray')) AS homeowner_back,
       t.refused('a1', format('return_receipt(%L)', t.user('none'))) AS none_back,
       t.refused('a1', format('return_receipt(%L, expected_version => 1)', :'stray')) AS version_back;
SELECT t.login_as('a1');
SELECT receipt_status, remaining, amount FROM dwello.assign_receipt(:'stray', t.user('other'));
SELECT t.login_as(NULL);
SELECT t.refused('a1', format('assign_receipt(%L, %L)', :'stray', t.user('other'))) AS assigned,
       t.refused('a1', format('return_receipt(%L)', :'stray')) AS assigned_back;
SELECT * FROM t.receipt;
SELECT account, psp, sum(amount) FROM t.leg GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2;
-- the rest of another goes back
SELECT t.award('third', 20000);
SELECT t.stray('p 2', 30000) AS rest \gset
SELECT t.login_as('s1');
SELECT receipt_status, remaining FROM dwello.assign_receipt(:'rest', t.user('third'));
SELECT amount, currency, receipt_status, version, replayed FROM dwello.return_receipt(:'rest', 'Too much.', 2, 'k');
SELECT amount, receipt_status, replayed FROM dwello.return_receipt(:'rest', 'Too much.', 2, 'k');
SELECT t.login_as(NULL);
SELECT amount, refund_status FROM dwello.confirm_refund(NULL, 'o one', 'p 3', psp_reference => 'ch p 2');
SELECT * FROM t.receipt ORDER BY event_id;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT rule, detail FROM dwello.check() WHERE rule ~ 'receipt|orphan|denormalised';
ROLLBACK;

BEGIN;
------------------------------------------------------------------------
-- Every reason has a way out
------------------------------------------------------------------------
SELECT dwello.set_setting('receipt_default_surplus', 'hold'), dwello.set_setting('receipt_default_second_charge', 'hold') \g /dev/null
SELECT t.award('fits', 50000), t.award('over', 50000), t.award('gone', 50000), t.award('open', 50000);
SELECT t.pay('over');
SELECT t.login_as('h1');
SELECT transaction_id AS gone FROM dwello.fund_escrow(t.user('gone')) \gset
SELECT transaction_id AS open FROM dwello.fund_escrow(t.user('open')) \gset
SELECT escrow_status FROM dwello.abandon_payment(t.user('gone'));
SELECT t.login_as(NULL);
SELECT receipt_reason FROM dwello.confirm_payment(t.user('open'), 'o one', 'w 1', 50001, 'USD', :'open');
SELECT receipt_reason FROM dwello.confirm_payment(t.user('over'), 'o one', 'w 2', 5, 'USD');
SELECT receipt_reason FROM dwello.confirm_payment(t.user('over'), 'o one', 'w 3', 5, 'EUR');
SELECT receipt_reason FROM dwello.confirm_payment(NULL, 'o one', 'w 4', 5, 'USD');
SELECT receipt_reason FROM dwello.confirm_payment(t.user('gone'), 'o one', 'w 5', 5, 'USD', :'gone');
SELECT t.login_as('a1');
SELECT amount FROM dwello.refund_escrow(t.user('over'));
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('over'));
SELECT t.login_as(NULL);
SELECT receipt_reason FROM dwello.confirm_payment(t.user('over'), 'o one', 'w 6', 5, 'USD');
SELECT refund_status FROM dwello.fail_refund(t.user('over'), 'acme', 'w 7');
INSERT INTO dwello.payment_methods (id, user_id, method_type, psp, psp_token)
VALUES (t.user('a card'), t.user('h1'), 'credit_card', 'o two', 'tok_w');
SELECT amount, covered_amount FROM dwello.open_chargeback(NULL, 'o one', 'w 8', 6, 'USD', 'w gone');
SELECT receipt_reason, receipt_amount FROM dwello.confirm_payment(NULL, 'o one', 'w 9', 6, 'USD', psp_reference => 'w gone');
SELECT chargeback_status, covered_amount FROM dwello.close_chargeback(NULL, 'o one', 'w 10', true, psp_reference => 'w gone');
-- none is missing
SELECT e.reason FROM unnest(enum_range(NULL::dwello.receipt_reason)) AS e (reason)
 WHERE NOT EXISTS (SELECT FROM dwello.receipts AS r WHERE r.reason = e.reason AND r.status = 'held');
SELECT r.reason, r.currency, r.job_id IS NOT NULL AS of_job,
       t.could(format('return_receipt(%L)', r.id), 's1') AS back,
       t.could(format('retry_refund(%L, %L)', r.id, t.user('a card')), 's1') AS elsewhere,
       t.could(format('assign_receipt(%L, %L)', r.id, t.user('fits')), 's1') AS assigned
  FROM dwello.receipts AS r ORDER BY r.reason;
-- what its own charge could not take goes another way
SELECT count(*) AS went FROM (SELECT r.id FROM dwello.receipts AS r WHERE r.status = 'held' AND r.reason <> 'refund_failed' OFFSET 0) AS r
 CROSS JOIN dwello.return_receipt(r.id);
SELECT count(*) AS went FROM (SELECT r.id FROM dwello.receipts AS r WHERE r.status = 'held' OFFSET 0) AS r
 CROSS JOIN dwello.retry_refund(r.id, t.user('a card'));
SELECT count(*) AS held FROM dwello.receipts AS r WHERE r.status = 'held';
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT rule, detail FROM dwello.check() WHERE rule ~ 'receipt|orphan|denormalised';
ROLLBACK;

DROP VIEW t.leg, t.receipt;
BEGIN;
------------------------------------------------------------------------
-- What was approved before it could be paid is paid, whoever assigns
------------------------------------------------------------------------
SELECT t.award('content', 50000);
SELECT t.login_as('h1');
SELECT amount FROM dwello.plan_milestones(t.user('content'), '[{"title": "One"}, {"title": "Two"}]');
SELECT t.login_as(NULL);
SELECT held FROM dwello.confirm_payment(t.user('content'), 'o one', 'c 1', 25000, 'USD');
SELECT t.stray('c 2', 25000) AS stray \gset
SELECT t.login_as('h1');
SELECT a.released FROM dwello.job_milestones AS m, dwello.approve_milestone(m.job_id, m.id) AS a WHERE m.job_id = t.user('content') AND m.sort_order = 2;
SELECT t.login_as('s1');
SELECT amount, escrow_status, held, released FROM dwello.assign_receipt(:'stray', t.user('content'));
SELECT t.login_as(NULL);
SELECT event, actor_role, to_status FROM dwello.escrow_events WHERE job_id = t.user('content') ORDER BY seq DESC LIMIT 2;
SELECT * FROM dwello.reconcile();
ROLLBACK;

DROP FUNCTION t.stray, t.could;
