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

DROP VIEW t.tip_leg, t.tip_event;
DROP FUNCTION t.give, t.tip_arrives;
