--
-- take_back.sql
--	Money that was released and goes back after all: disputes about what was
--	released lately, and what the provider gives back.
--
-- Each part is a transaction of its own that is rolled back, on a clock that
-- stands still.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';
\set VERBOSITY sqlstate

-- The same under way, all of it paid.
CREATE FUNCTION t.under_way(name text, amount bigint, plan bigint[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.contract(name, amount, plan);
  PERFORM t.pay(name);
  PERFORM t.login_as('p1');
  PERFORM dwello.start_job(t.user(name));
  PERFORM t.as_system();
END
$$;
-- The legs of the transactions of a type.
CREATE FUNCTION t.legs(name text, type dwello.transaction_type)
RETURNS TABLE (amount bigint, fee bigint, tax bigint, net bigint, legs text)
LANGUAGE sql
AS $$
  SELECT x.amount, x.platform_fee, x.tax, x.net_amount,
         (SELECT string_agg(concat_ws(' ', coalesce(a.kind::text, 'escrow'), n.amount), ', ' ORDER BY n.leg)
            FROM dwello.ledger_entries AS n LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
           WHERE n.scope_id = x.scope_id AND n.transaction_id = x.id)
    FROM dwello.transactions AS x WHERE x.scope_id = t.user(name) AND x.transaction_type = type ORDER BY x.id
$$;

--
-- All of it was released, and the tap leaks
--
BEGIN;
SELECT t.under_way('job', 80000);
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('job'));
SELECT * FROM t.left('job');
SAVEPOINT s;
-- the amount is what the provider keeps, of what was released
SELECT name, t.try(format('SELECT dwello.open_dispute(%L, %s, ''Leaks.'')', t.user('job'), n), name)
  FROM (VALUES ('h1', -1), ('h1', 80001), ('p1', 0), ('h2', 0), ('p2', 0), ('a1', 0), ('s1', 0)) AS v (name, n);
SELECT t.login_as('h1');
SELECT dispute_status, disputed_amount, homeowner_offer, milestone_id, answer_by, escrow_status, held, replayed
  FROM dwello.open_dispute(t.user('job'), 40000, 'It leaks again.', idempotency_key => 'leak');
SELECT dispute_status, replayed FROM dwello.open_dispute(t.user('job'), 40000, 'It leaks again.', idempotency_key => 'leak');
SELECT is_released, status FROM dwello.disputes WHERE job_id = t.user('job');
-- nothing moves yet, and one is enough
SELECT * FROM t.left('job');
SELECT t.try(format('SELECT dwello.open_dispute(%L, 0, ''More.'')', t.user('job')), 'h1');
SELECT t.try(format('SELECT dwello.request_refund(%L)', t.user('job')), 'h1');
SAVEPOINT o;
-- they meet: the provider keeps 500.00, and gives it out of what they have
SELECT t.login_as('p1');
SELECT dispute_status, homeowner_offer, provider_offer FROM dwello.answer_dispute(t.user('job'), 60000);
SELECT dispute_status, settled_amount, transaction_id IS NOT NULL AS has_refund, escrow_status, released, refunded, held
  FROM dwello.answer_dispute(t.user('job'), 40000, idempotency_key => 'yes');
SELECT dispute_status, replayed FROM dwello.answer_dispute(t.user('job'), 40000, idempotency_key => 'yes');
SELECT t.as_system();
SELECT * FROM t.left('job');
SELECT * FROM t.legs('job', 'reversal');
SELECT * FROM t.legs('job', 'refund');
SELECT seq, event, actor_role, from_status, to_status, transaction_id IS NOT NULL AS paid
  FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq DESC LIMIT 3;
SELECT type, payload->>'amount' AS amount FROM dwello.outbox
 WHERE scope_id = t.user('job') AND id > (SELECT o.id FROM dwello.outbox AS o WHERE o.scope_id = t.user('job') AND o.type = 'dispute_answered') ORDER BY id;
SELECT description, amount_in, amount_out, payout, fee, refund, held FROM dwello.escrow_statement(t.user('job'));
SELECT invariant, object FROM dwello.reconcile();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
-- the rest can be disputed, and no more than it
SELECT t.try(format('SELECT dwello.open_dispute(%L, 40001, ''Still.'')', t.user('job')), 'h1');
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('job'), 0, 'Still.');
SET LOCAL dwello.now = '2027-03-05 12:00:00+00';
SELECT t.as_system();
-- no answer: the homeowner's figure holds, and all of it is gone
SELECT dwello.expire_disputes();
SELECT * FROM t.left('job');
SELECT sum(amount) AS fee_left FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE n.scope_id = t.user('job') AND a.kind IN ('platform_fee', 'tax_payable');
SELECT t.try(format('SELECT dwello.open_dispute(%L, 0, ''More.'')', t.user('job')), 'h1');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO o;
-- a mediator, to the cent; nobody who is a side
SELECT t.try(format('SELECT dwello.resolve_dispute(%L, 1)', t.user('job')), 'p1');
SELECT t.login_as('s1');
SELECT dispute_status, settled_amount, escrow_status, released, refunded FROM dwello.resolve_dispute(t.user('job'), 12345);
SELECT t.as_system();
SELECT * FROM t.left('job');
SELECT invariant, object FROM dwello.reconcile();
-- what was given back is not undone once more by who undoes the release
SELECT t.login_as('a1');
SELECT t.try(format('SELECT dwello.reverse_transaction(%L, %L, 70000)', t.user('job'), x.id))
  FROM dwello.transactions AS x WHERE x.scope_id = t.user('job') AND x.transaction_type = 'release';
SELECT amount, fee, held FROM dwello.reverse_transaction(t.user('job'), (SELECT x.id FROM dwello.transactions AS x WHERE x.scope_id = t.user('job') AND x.transaction_type = 'release'));
SELECT t.as_system();
SELECT * FROM t.left('job');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO o;
-- withdrawn: all is as it was
SELECT t.try(format('SELECT dwello.withdraw_dispute(%L)', t.user('job')), 'p1');
SELECT t.login_as('h1');
SELECT dispute_status, escrow_status FROM dwello.withdraw_dispute(t.user('job'));
SELECT * FROM t.left('job');
SELECT t.as_system();
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO o;
-- what an administrator has undone meanwhile is not there any more
SELECT t.login_as('a1');
SELECT amount FROM dwello.reverse_transaction(t.user('job'), (SELECT x.id FROM dwello.transactions AS x WHERE x.scope_id = t.user('job') AND x.transaction_type = 'release'));
SET LOCAL dwello.now = '2027-03-06';
SELECT t.as_system();
SELECT dwello.expire_disputes();
SELECT status, settled_amount, transaction_id FROM dwello.disputes WHERE job_id = t.user('job');
SELECT * FROM t.left('job');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO o;
-- nor what a bank has: it is frozen until the bank has decided, and its time begins anew
SELECT t.as_system();
SELECT clawed_back FROM dwello.open_chargeback(t.user('job'), 'acme', 'bank', 60000, 'USD');
SELECT t.try(format('SELECT dwello.answer_dispute(%L, 0)', t.user('job')), 'p1');
SET LOCAL dwello.now = '2027-03-06';
SELECT dwello.expire_disputes();
SELECT escrow_status FROM dwello.close_chargeback(t.user('job'), 'acme', 'gone', false);
SELECT status, answer_by FROM dwello.disputes WHERE job_id = t.user('job');
SELECT t.login_as('p1');
SELECT dispute_status, refunded FROM dwello.answer_dispute(t.user('job'), 0);
SELECT t.as_system();
SELECT * FROM t.left('job');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO s;
-- the last moment, and past it
SET LOCAL dwello.now = '2027-03-31 12:00:00+00';
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('job'), 0, 'Late.');
ROLLBACK TO s;
SET LOCAL dwello.now = '2027-03-31 12:00:00.000001+00';
SELECT t.try(format('SELECT dwello.open_dispute(%L, 0, ''Late.'')', t.user('job')), 'h1');
ROLLBACK TO s;
SELECT t.login_as('a1');
SELECT dwello.set_setting('dispute_days_after_release', '0') IS NOT NULL;
SET LOCAL dwello.now = '2027-03-01 12:00:00.000001+00';
SELECT t.try(format('SELECT dwello.open_dispute(%L, 0, ''Off.'')', t.user('job')), 'h1');
ROLLBACK;

--
-- A milestone of several, the fee on top; the others go on
--
BEGIN;
SELECT t.login_as('a1');
SELECT dwello.set_fee_schedule('on top', 70000, payer => 'homeowner', tax_ppm => 190000, currency => 'USD') IS NOT NULL;
SELECT t.as_system();
SELECT t.under_way('job', 99999, '{1,2,4}');
SELECT t.login_as('h1');
SELECT amount, payout FROM dwello.release_escrow(t.user('job'), milestone_id => t.part('job', 1));
SELECT amount, payout FROM dwello.release_escrow(t.user('job'), milestone_id => t.part('job', 2));
SELECT * FROM t.left('job');
SAVEPOINT s;
SELECT disputed_amount, escrow_status FROM dwello.open_dispute(t.user('job'), 4285, 'Crooked.', t.part('job', 2));
-- what is held is another matter
SELECT disputed_amount, escrow_status FROM dwello.open_dispute(t.user('job'), 0, 'Late.');
SELECT t.try(format('SELECT dwello.answer_dispute(%L, 0)', t.user('job')), 'p1');
SELECT t.login_as('p1');
SELECT dispute_status, settled_amount, released, refunded, held
  FROM dwello.answer_dispute(t.user('job'), 4285, (SELECT id FROM dwello.disputes WHERE job_id = t.user('job') AND is_released));
SELECT * FROM t.left('job');
SELECT dispute_status, settled_amount, released, refunded, held FROM dwello.answer_dispute(t.user('job'), 0);
SELECT t.as_system();
SELECT * FROM t.left('job');
SELECT sum(amount) AS back FROM dwello.refunds WHERE job_id = t.user('job');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO s;
-- what was released long ago is not disputed with what was lately
SET LOCAL dwello.now = '2027-04-05';
SELECT t.login_as('h1');
SELECT t.try(format('SELECT dwello.open_dispute(%L, 0, ''Late.'', %L)', t.user('job'), t.part('job', 1)));
SELECT amount FROM dwello.release_escrow(t.user('job'));
SELECT t.try(format('SELECT dwello.open_dispute(%L, 57143, ''Lately.'')', t.user('job')));
SELECT disputed_amount FROM dwello.open_dispute(t.user('job'), 0, 'Lately.');
SET LOCAL dwello.now = '2027-04-10';
SELECT t.as_system();
SELECT dwello.expire_disputes();
SELECT * FROM t.left('job');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK;

--
-- Who has been paid out, or is gone, owes it, or the platform bears it
--
BEGIN;
SELECT t.under_way('job', 80000);
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('job'));
SELECT t.as_system();
SELECT t.destination('p1') IS NOT NULL;
SELECT t.login_as('p1');
SELECT amount FROM dwello.request_payout(50000, 'USD');
SELECT t.as_system();
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE user_id = t.user('p1') AND status = 'pending'), 'acme', 'paid');
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('job'), 20000, 'Leaks.');
SAVEPOINT s;
SELECT t.login_as('p1');
SELECT dispute_status, refunded FROM dwello.answer_dispute(t.user('job'), 20000);
SELECT t.as_system();
SELECT * FROM t.legs('job', 'reversal');
SELECT invariant, object FROM dwello.reconcile();
SELECT t.login_as('p1');
SELECT available, receivable, withdrawable FROM dwello.provider_balance() WHERE currency = 'USD';
ROLLBACK TO s;
SELECT t.as_system();
UPDATE dwello.users SET deleted_at = now() WHERE id = t.user('p1');
SET LOCAL dwello.now = '2027-03-06';
SELECT dwello.expire_disputes();
SELECT * FROM t.legs('job', 'reversal');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK;

--
-- The provider gives back what was released, what is held first
--
BEGIN;
SELECT t.under_way('job', 80000, '{1,3}');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('job'), milestone_id => t.part('job', 1));
SAVEPOINT s;
-- nobody else does, and no more than there is
SELECT name, t.try(format('SELECT dwello.refund_escrow(%L, 60001)', t.user('job')), name)
  FROM unnest(ARRAY['h1', 'h2', 'p2', 'a1', 's1']) AS name;
SELECT n, t.try(format('SELECT dwello.refund_escrow(%L, %s)', t.user('job'), n), 'p1') FROM unnest(ARRAY[80001, 0, -1]) AS n;
SELECT t.try(format('SELECT dwello.refund_escrow(%L, 1, %L)', t.user('job'), t.part('job', 1)), 'p1');
SELECT t.login_as('p1');
SELECT amount, escrow_status, held, released, refunded, replayed FROM dwello.refund_escrow(t.user('job'), 65000, reason => 'Sorry.', idempotency_key => 'k');
SELECT amount, replayed FROM dwello.refund_escrow(t.user('job'), 65000, reason => 'Sorry.', idempotency_key => 'k');
SELECT * FROM t.left('job');
SELECT * FROM t.legs('job', 'reversal');
SELECT * FROM t.legs('job', 'refund');
SELECT t.as_system();
SELECT invariant, object FROM dwello.reconcile();
-- with the first part all was settled, so the job is completed, and stays so
SELECT t.login_as('p1');
SELECT amount, escrow_status, held, released, refunded FROM dwello.refund_escrow(t.user('job'));
SELECT t.try(format('SELECT dwello.refund_escrow(%L)', t.user('job')));
SELECT t.as_system();
SELECT * FROM t.left('job');
SELECT status, reason, responsible FROM dwello.jobs WHERE id = t.user('job');
-- all of it at once: the job ends, by the provider, and both may say what they think
ROLLBACK TO s;
SELECT t.login_as('p1');
SELECT amount, escrow_status, held, released, refunded FROM dwello.refund_escrow(t.user('job'), 80000);
SELECT t.as_system();
SELECT * FROM t.left('job');
SELECT status, reason, responsible FROM dwello.jobs WHERE id = t.user('job');
SELECT t.try(format('SELECT dwello.post_review(%L, 1)', t.user('job')), 'h1') AS h1, t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job')), 'p1') AS p1;
SELECT invariant, object FROM dwello.reconcile();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK TO s;
-- a milestone that is released; the other one is still to be done
SELECT t.login_as('p1');
SELECT amount, escrow_status, held FROM dwello.refund_escrow(t.user('job'), milestone_id => t.part('job', 1));
SELECT * FROM t.left('job');
SELECT t.try(format('SELECT dwello.refund_escrow(%L, milestone_id => %L)', t.user('job'), t.part('job', 1)));
SELECT t.as_system();
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO s;
-- completed is completed; what is given back under a dispute is not taken once more
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('job'));
SELECT disputed_amount FROM dwello.open_dispute(t.user('job'), 30000, 'Leaks.');
SAVEPOINT d;
SELECT t.login_as('p1');
SELECT amount, escrow_status FROM dwello.refund_escrow(t.user('job'), 40000);
SET LOCAL dwello.now = '2027-03-06';
SELECT t.as_system();
SELECT dwello.expire_disputes();
SELECT * FROM t.left('job');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO d;
SELECT t.login_as('p1');
SELECT amount, escrow_status, released FROM dwello.refund_escrow(t.user('job'));
SELECT * FROM t.left('job');
SELECT dispute_status, transaction_id FROM dwello.answer_dispute(t.user('job'), 30000);
SELECT t.as_system();
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO d;
-- not while a bank has frozen it, and not what it has taken
SELECT t.as_system();
SELECT clawed_back FROM dwello.open_chargeback(t.user('job'), 'acme', 'bank', 60000, 'USD');
SELECT t.try(format('SELECT dwello.refund_escrow(%L)', t.user('job')), 'p1');
SELECT escrow_status FROM dwello.close_chargeback(t.user('job'), 'acme', 'gone', false);
SELECT t.try(format('SELECT dwello.refund_escrow(%L, 20001)', t.user('job')), 'p1');
SELECT t.login_as('p1');
SELECT amount, escrow_status, released FROM dwello.refund_escrow(t.user('job'));
SELECT t.as_system();
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK;

--
-- A unit that no work is left for goes back, and the job is completed by itself
--
BEGIN;
SET LOCAL dwello.now = '';
SELECT t.login_as('a1');
SELECT dwello.set_fee_schedule('halves', 10000, fixed_fee => 10, payer => 'split', currency => 'USD') IS NOT NULL;
SELECT t.as_system();
SELECT t.award('job', 1000), t.pay('job'), t.start('job');
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('job'), 618);
SELECT t.login_as('a1');
SELECT amount FROM dwello.reverse_transaction(t.user('job'), (SELECT x.id FROM dwello.transactions AS x WHERE x.scope_id = t.user('job') AND x.transaction_type = 'release'), 204);
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('job'), 583);
SAVEPOINT s;
SELECT t.login_as('h1');
SELECT escrow_status, held, replayed FROM dwello.release_escrow(t.user('job'), idempotency_key => 'last');
SELECT replayed FROM dwello.release_escrow(t.user('job'), idempotency_key => 'last');
SELECT t.as_system();
SELECT * FROM t.left('job');
SELECT event, actor_role, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq DESC LIMIT 2;
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO s;
-- and when the clock releases the last of it
SELECT t.login_as('p1');
SELECT milestone_status FROM dwello.submit_milestone(t.user('job'));
SELECT set_config('dwello.now', (now() + '15 days')::text, true) IS NOT NULL;
SELECT t.as_system();
SELECT released FROM dwello.release_due_escrows();
SELECT * FROM t.left('job');
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK;

-- a milestone whose release is disputed, and was undone since, is disputed once
BEGIN;
SELECT t.under_way('twice', 60000, ARRAY[20000, 40000]);
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('twice'), milestone_id => (SELECT id FROM dwello.job_milestones WHERE job_id = t.user('twice') AND sort_order = 1));
SELECT disputed_amount FROM dwello.open_dispute(t.user('twice'), 0, 'Not done.', (SELECT id FROM dwello.job_milestones WHERE job_id = t.user('twice') AND sort_order = 1));
SELECT t.login_as('a1');
SELECT x.held FROM dwello.transactions AS t, LATERAL dwello.reverse_transaction(t.scope_id, t.id) AS x
 WHERE t.scope_id = t.user('twice') AND t.transaction_type = 'release';
SELECT t.try($$SELECT dwello.open_dispute(t.user('twice'), 0, 'Still not.', (SELECT id FROM dwello.job_milestones WHERE job_id = t.user('twice') AND sort_order = 1))$$, 'h1') AS same;
SELECT t.try($$SELECT dwello.open_dispute(t.user('twice'), 0, 'Nor this.', (SELECT id FROM dwello.job_milestones WHERE job_id = t.user('twice') AND sort_order = 2))$$, 'h1') AS other;
ROLLBACK;
