--
-- tip.sql
--	What a homeowner gives on top of the contract of a completed job.
--
-- Each part is rolled back.
--
SET client_min_messages = warning;

-- what a tip books, a line a leg, and what became of what was asked for
CREATE VIEW t.tip_leg AS
SELECT x.transaction_type AS type, x.status, x.amount, x.platform_fee AS fee, x.net_amount AS net, n.leg,
       coalesce(a.kind::text, CASE WHEN n.leg IS NOT NULL THEN 'escrow' END) AS account, n.amount AS moved
  FROM dwello.transactions AS x
  LEFT JOIN dwello.ledger_entries AS n ON n.scope_id = x.scope_id AND n.transaction_id = x.id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE x.scope_id = t.user('tipped') AND x.transaction_type IN ('tip', 'tip_payment') ORDER BY x.id, n.leg;
CREATE VIEW t.tip_event AS
SELECT o.type, o.payload ->> 'purpose' AS purpose, o.payload ->> 'amount' AS amount, o.payload ->> 'payout' AS payout,
       o.payload ->> 'reason' AS reason
  FROM dwello.outbox AS o
 WHERE o.scope_id = t.user('tipped') AND (o.type LIKE 'tip%' OR o.payload ->> 'purpose' = 'tip' OR o.type LIKE 'receipt%')
 ORDER BY o.id;
CREATE FUNCTION t.give(amount bigint) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
  asked uuid;
BEGIN
  PERFORM t.login_as('h1');
  SELECT i.transaction_id INTO STRICT asked FROM dwello.tip(t.user('tipped'), give.amount) AS i;
  PERFORM t.login_as(NULL);
  RETURN asked;
END
$$;
CREATE FUNCTION t.tip_arrives(event text, amount bigint, currency text DEFAULT 'USD', payment uuid DEFAULT NULL,
  reference text DEFAULT NULL)
RETURNS TABLE (is_late boolean, apart bigint, reason dwello.receipt_reason, status dwello.escrow_status, held bigint, again boolean)
LANGUAGE sql
AS $$
  SELECT c.is_late, c.receipt_amount, c.receipt_reason, c.escrow_status, c.held, c.replayed
    FROM dwello.confirm_payment(t.user('tipped'), 'acme', tip_arrives.event, tip_arrives.amount, tip_arrives.currency,
      tip_arrives.payment, tip_arrives.reference) AS c
$$;

------------------------------------------------------------------------
-- Who, when, how much
------------------------------------------------------------------------
BEGIN;
SELECT t.award('tipped', 50000);
SELECT t.pay('tipped'), t.start('tipped');
SELECT t.try(format('SELECT dwello.tip(%L, 2000)', t.user('tipped')), 'h1');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('tipped'));
SELECT who, t.try(format('SELECT dwello.tip(%L, 2000)', t.user('tipped')), who) FROM unnest(ARRAY['p1', 'h2', 's1', 'a1']) AS who;
SELECT t.try(format('SELECT dwello.tip(%L, %s)', job, amount), 'h1')
  FROM (VALUES (t.user('tipped'), '0'), (t.user('tipped'), '-1'), (t.user('tipped'), 'NULL'), (t.user('tipped'), '1000000000000001'),
    (t.user('nothing'), '1'), (NULL, '1')) AS v (job, amount);
SELECT t.try(format('SELECT dwello.tip(%L, 2000, %L)', t.user('tipped'), t.user('nothing')), 'h1');
SELECT t.login_as('h1');
SELECT job_id = t.user('tipped') AS is_job, amount, currency, pay_by - now() BETWEEN '14 minutes' AND '16 minutes' AS by_card, replayed FROM dwello.tip(t.user('tipped'), 2000, idempotency_key => 't');
SELECT amount, replayed FROM dwello.tip(t.user('tipped'), 2000, idempotency_key => 't');
SELECT t.try(format('SELECT dwello.tip(%L, 2000)', t.user('tipped')));
SELECT event, stoppable_by FROM dwello.escrow_next_events(t.user('tipped'));
SELECT * FROM t.tip_leg;
SELECT * FROM t.tip_event;

------------------------------------------------------------------------
-- It arrives: once, and it is the provider's
------------------------------------------------------------------------
SELECT t.as_system();
SAVEPOINT asked;
SELECT * FROM t.tip_arrives('tip', 2000, reference => 'ch tip');
SELECT * FROM t.tip_arrives('tip', 2000, reference => 'ch tip');
SELECT * FROM t.tip_arrives('tip again', 2000, reference => 'ch tip');
SELECT * FROM t.tip_leg;
SELECT * FROM t.tip_event;
SELECT line, description, amount_in, amount_out, payout, fee, held FROM dwello.escrow_statement(t.user('tipped'));
SELECT status, funded, held, released FROM dwello.escrow_accounts WHERE job_id = t.user('tipped');
SELECT t.login_as('p1');
SELECT available FROM dwello.provider_balance();
-- another charge for it goes back, whether it names the tip or nothing
SELECT t.as_system();
SELECT * FROM t.tip_arrives('tip twice', 2000, reference => 'ch twice');
SELECT o.payload ->> 'amount' AS amount, o.payload ->> 'psp_reference' AS reference, o.payload ->> 'reason' AS reason
  FROM dwello.outbox AS o WHERE o.type = 'refund_requested';
-- the next one pays the platform where a setting says so, with half cents to even
SELECT value FROM dwello.set_setting('tip_fee_ppm', '50000');
SELECT t.give(1010) IS NOT NULL AS asked;
SELECT * FROM t.tip_arrives('tip 2', 1010);
SELECT * FROM t.tip_leg WHERE amount = 1010;
SELECT t.login_as('p1');
SELECT available FROM dwello.provider_balance();
SELECT t.as_system();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT invariant, object FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT dwello.deliver_events() > 0;
SELECT u.name, n.title FROM dwello.notifications AS n JOIN (VALUES ('h1'), ('p1')) AS u (name) ON n.user_id = t.user(u.name)
 WHERE n.data ->> 'event' = 'tip_received' ORDER BY 1;

------------------------------------------------------------------------
-- Less, more, another currency
------------------------------------------------------------------------
ROLLBACK TO asked;
SELECT * FROM t.tip_arrives('part', 1500, reference => 'ch part');
SELECT * FROM t.tip_leg;
SELECT t.give(100) IS NOT NULL AS may_follow;
ROLLBACK TO asked;
SELECT * FROM t.tip_arrives('more', 2500, reference => 'ch more');
SELECT * FROM t.tip_leg;
SELECT * FROM t.tip_event;
ROLLBACK TO asked;
SELECT * FROM t.tip_arrives('euros', 2000, 'EUR');
SELECT * FROM t.tip_arrives('dollars', 2000);
SELECT * FROM t.tip_leg;
SELECT invariant, object FROM dwello.reconcile();

------------------------------------------------------------------------
-- It fails, is given up, or is late: then it is none, and another may follow
------------------------------------------------------------------------
ROLLBACK TO asked;
SELECT amount FROM dwello.fail_payment(t.user('tipped'), 'acme', 'declined', reason => 'no money');
SELECT * FROM t.tip_leg;
SELECT status, last_failure FROM dwello.escrow_accounts WHERE job_id = t.user('tipped');
SELECT * FROM t.tip_arrives('after all', 2000);
ROLLBACK TO asked;
SELECT amount FROM dwello.fail_payment(t.user('tipped'), 'acme', 'final', reason => 'stolen', is_final => true);
SELECT * FROM t.tip_event;
SELECT * FROM t.tip_arrives('late', 2000);
SELECT t.give(500) IS NOT NULL AS may_follow;
ROLLBACK TO asked;
SELECT t.login_as('h1');
SELECT transaction_id IS NOT NULL AS given_up, escrow_status FROM dwello.abandon_payment(t.user('tipped'));
SELECT t.try(format('SELECT dwello.abandon_payment(%L)', t.user('tipped')));
SELECT t.as_system();
SELECT * FROM t.tip_event;
SELECT t.give(500) AS second \gset
SELECT x.id AS first FROM dwello.transactions AS x WHERE x.scope_id = t.user('tipped') AND x.status = 'cancelled' \gset
SELECT * FROM t.tip_arrives('replaced', 2000, payment => :'first');
SELECT * FROM t.tip_arrives('second', 500, payment => :'second');
SELECT * FROM t.tip_leg;
ROLLBACK TO asked;
SELECT set_config('dwello.now', (clock_timestamp() + interval '16 minutes')::text, true) IS NOT NULL AS later;
SELECT dwello.expire_payments();
SELECT * FROM t.tip_event;
SELECT count(*) AS transitions FROM dwello.escrow_events WHERE job_id = t.user('tipped') AND event = 'fail_payment';
SELECT * FROM t.tip_arrives('too late', 2000);
ROLLBACK TO asked;
SELECT set_config('dwello.now', (clock_timestamp() + interval '16 minutes')::text, true) IS NOT NULL AS later;
SELECT * FROM t.tip_arrives('unmarked', 2000);
SELECT t.give(500) IS NOT NULL AS may_follow;
ROLLBACK TO asked;
SELECT set_config('dwello.now', (clock_timestamp() + interval '16 minutes')::text, true) IS NOT NULL AS later;
SELECT t.give(500) IS NOT NULL AS may_follow;
SELECT type, status, amount FROM t.tip_leg;
SELECT dwello.deliver_events() > 0;
SELECT n.title FROM dwello.notifications AS n WHERE n.user_id = t.user('h1') AND n.data ->> 'event' IN ('tip_failed', 'payment_expired');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK;

------------------------------------------------------------------------
-- The provider gives it back
------------------------------------------------------------------------
BEGIN;
SELECT t.award('tipped', 50000);
SELECT t.pay('tipped'), t.start('tipped');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('tipped'));
SELECT t.login_as('a1');
SELECT value FROM dwello.set_setting('tip_fee_ppm', '100000');
SELECT t.as_system();
CREATE VIEW t.tip_account AS
  SELECT a.kind::text || coalesce(nullif(' ' || a.psp, ' '), '') AS account, sum(n.amount) AS balance
    FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
   WHERE n.scope_id = t.user('tipped') AND a.kind NOT IN ('psp_clearing') GROUP BY 1 HAVING sum(n.amount) <> 0 ORDER BY 1;
SELECT t.give(1001) AS tip \gset
SELECT t.refused('p1', format('refund_escrow(%L, tip_id => %L)', t.user('tipped'), :'tip')) AS not_yet;
SELECT * FROM t.tip_arrives('tip', 1001, payment => :'tip', reference => 'ch tip');
SELECT * FROM t.tip_account;
-- who, and what
SELECT who, t.refused(who, format('refund_escrow(%L, tip_id => %L)', t.user('tipped'), :'tip')) FROM unnest(ARRAY['h1', 'h2', 'p2', 'a1', 's1']) AS who;
SELECT more, t.refused('p1', format('refund_escrow(%L, tip_id => %L%s)', t.user('tipped'), :'tip', more)) FROM unnest(ARRAY[', amount => 0',
  ', amount => 1002', ', expected_version => 99', format(', milestone_id => %L', t.user('tipped m1'))]) AS more;
SELECT t.refused('p1', format('refund_escrow(%L, tip_id => %L)', t.user('tipped'), t.user('nothing'))) AS unknown,
       t.refused('p1', format('refund_escrow(%L, tip_id => %L)', t.user('tipped'), (SELECT x.id FROM dwello.transactions AS x
         WHERE x.scope_id = t.user('tipped') AND x.transaction_type = 'payment'))) AS no_tip;
-- a part, with the platform's part of it; the contract does not move
SELECT t.login_as('p1');
SELECT amount, escrow_status, released, refunded, replayed FROM dwello.refund_escrow(t.user('tipped'), 500, reason => 'Too kind.', tip_id => :'tip', idempotency_key => 'tip back');
SELECT amount, replayed FROM dwello.refund_escrow(t.user('tipped'), 500, reason => 'Too kind.', tip_id => :'tip', idempotency_key => 'tip back');
SELECT t.as_system();
SELECT type, amount, fee, net, leg, account, moved FROM t.tip_leg WHERE type = 'tip' ORDER BY amount DESC, leg;
SELECT o.payload ->> 'amount' AS amount, o.payload ->> 'psp' AS psp, o.payload ->> 'psp_reference' AS reference, o.payload ->> 'reason' AS reason,
       (o.payload ->> 'payment_id')::uuid = :'tip' AS of_tip
  FROM dwello.outbox AS o WHERE o.scope_id = t.user('tipped') AND o.type = 'refund_requested';
SELECT type, amount, reason FROM t.tip_event WHERE type = 'tip_returned';
SAVEPOINT part;
-- sent, and the rest of it: out of what they have no more they owe it
SELECT refund_status, amount FROM dwello.confirm_refund(t.user('tipped'), 'acme', 'tip sent', psp_reference => 'ch tip');
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT amount, payout_id FROM dwello.request_payout(user_id => t.user('p1'), currency => 'USD') \gset
SELECT status FROM dwello.confirm_payout(t.user('p1'), :'payout_id', 'acme', 'tip paid out');
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('tipped'), tip_id => :'tip');
SELECT t.refused('p1', format('refund_escrow(%L, tip_id => %L)', t.user('tipped'), :'tip')) AS nothing_left;
SELECT available, receivable FROM dwello.provider_balance(t.user('p1'), 'USD');
SELECT t.as_system();
SELECT * FROM t.tip_account;
SELECT description, amount_in, amount_out, payout, fee, refund, held, amount FROM dwello.escrow_statement(t.user('tipped')) WHERE description LIKE 'Tip%';
-- a bank that takes it after that takes nothing of theirs
SELECT amount, clawed_back FROM dwello.open_chargeback(t.user('tipped'), 'acme', 'tip taken', 1001, 'USD', psp_reference => 'ch tip');
SELECT invariant, object FROM dwello.reconcile();
SELECT count(*) FROM dwello.verify_ledger();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
-- documents: what was invoiced and received of it is credited
SET LOCAL dwello.now = '2031-01-01 12:00Z';
SELECT transactions > 0 AS some FROM dwello.issue_documents(10000);
SELECT v.kind, v.total FROM dwello.invoices AS v JOIN dwello.transactions AS x ON x.scope_id = v.scope_id AND x.id = v.transaction_id
 WHERE v.scope_id = t.user('tipped') AND x.transaction_type = 'tip' ORDER BY v.kind, v.total;
ROLLBACK TO part;
-- a payout that the rest no longer covers waits, until another tip covers it
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT amount, payout_id FROM dwello.request_payout(user_id => t.user('p1'), currency => 'USD') \gset
SELECT count(dwello.deliver_events(10000)) AS told;
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('tipped'), tip_id => :'tip');
SELECT t.as_system();
SELECT count(dwello.deliver_events(10000)) AS told;
SELECT hold_reason FROM dwello.payouts WHERE id = :'payout_id';
SELECT t.give(2000) AS tip2 \gset
SELECT held FROM t.tip_arrives('tip 2', 2000, payment => :'tip2', reference => 'ch tip 2');
SELECT count(dwello.deliver_events(10000)) AS told;
SELECT hold_reason FROM dwello.payouts WHERE id = :'payout_id';
ROLLBACK TO part;
-- what could not be sent is sent elsewhere; what a bank took before is not given back once more
SELECT refund_status, amount FROM dwello.fail_refund(t.user('tipped'), 'acme', 'tip failed', psp_reference => 'ch tip');
SELECT reason, remaining FROM dwello.receipts WHERE job_id = t.user('tipped');
SELECT clawed_back FROM dwello.open_chargeback(t.user('tipped'), 'acme', 'tip taken', 501, 'USD', psp_reference => 'ch tip');
SELECT t.refused('p1', format('refund_escrow(%L, tip_id => %L)', t.user('tipped'), :'tip')) AS taken;
SELECT chargeback_status FROM dwello.close_chargeback(t.user('tipped'), 'acme', 'tip won', true);
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('tipped'), tip_id => :'tip');
SELECT t.as_system();
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK;

DROP VIEW t.tip_leg, t.tip_event;
DROP FUNCTION t.give, t.tip_arrives;
