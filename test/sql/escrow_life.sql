--
-- escrow_life.sql
--	The rest of an escrow's life: plans, work sent back, money given back,
--	payments that fail, come late or are given up.
--
SET client_min_messages = warning;

CREATE VIEW t.escrow AS
SELECT job_id, status, funded, held, released, refunded, fee_taken AS fee,
       transition_count AS moves, version
  FROM dwello.escrow_accounts;
CREATE VIEW t.milestone AS
SELECT job_id, sort_order AS n, title, status, amount, funded, released,
       refunded, auto_release_at IS NOT NULL AS clock, version
  FROM dwello.job_milestones;
CREATE VIEW t.leg AS
SELECT n.scope_id AS job_id, x.transaction_type, x.status, n.leg,
       coalesce(a.kind::text, 'escrow') AS account, a.psp, n.amount,
       x.completed_at, x.id
  FROM dwello.ledger_entries AS n
  JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id;
CREATE VIEW t.history AS
SELECT job_id, seq, event, actor_role, from_status, to_status,
       transaction_id IS NOT NULL AS paid
  FROM dwello.escrow_events;
CREATE VIEW t.told AS
SELECT scope_id AS job_id, type, payload->>'amount' AS amount,
       payload->>'psp' AS psp, payload->>'reason' AS reason, id
  FROM dwello.outbox WHERE aggregatetype = 'escrow';

-- Asks for a payment and lets it arrive through a company.
CREATE FUNCTION t.pay_through(name text, through text, amount bigint) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.fund_escrow(t.user(name), pay_through.amount);
  PERFORM t.login_as(NULL);
  PERFORM dwello.confirm_payment(t.user(name), through, gen_random_uuid()::text,
    pay_through.amount, 'USD', psp_reference => through || ' ' || pay_through.amount);
END
$$;
-- Asks for a payment; its transaction.
CREATE FUNCTION t.ask(name text, amount bigint DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
  asked uuid;
BEGIN
  PERFORM t.login_as('h1');
  SELECT transaction_id INTO asked FROM dwello.fund_escrow(t.user(name), ask.amount);
  PERFORM t.login_as(NULL);
  RETURN asked;
END
$$;

------------------------------------------------------------------------
-- plan_milestones: a draft, a contract, and money in it
------------------------------------------------------------------------
BEGIN;
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Draft', 'Words.',
  -122.42, 37.77, milestones => '[{"title": "one"}, {"title": "two"}, {"title": "three"}]',
  job_id => t.user('plan draft'));
SELECT title, amount, sort_order, milestone_status, version, replayed
  FROM dwello.plan_milestones(t.user('plan draft'),
    '[{"title": "a", "amount": 1}, {"title": "b", "amount": 3, "due_date": "2031-01-02", "is_required": false}]',
    expected_version => 1, idempotency_key => 'plan');
SELECT title, amount, sort_order, milestone_status, version, replayed
  FROM dwello.plan_milestones(t.user('plan draft'),
    '[{"title": "a", "amount": 1}, {"title": "b", "amount": 3, "due_date": "2031-01-02", "is_required": false}]',
    expected_version => 1, idempotency_key => 'plan');
SELECT n, title, amount, version FROM t.milestone WHERE job_id = t.user('plan draft') ORDER BY n;
SELECT title, amount, sort_order FROM dwello.plan_milestones(t.user('plan draft'),
  '[{"title": "x"}, {"title": "y"}, {"title": "z"}]');
SELECT due_date, is_required FROM dwello.job_milestones WHERE job_id = t.user('plan draft') ORDER BY sort_order;
SELECT count(*) AS told FROM dwello.outbox WHERE scope_id = t.user('plan draft');
COMMIT;

SELECT t.award('plan', 100000);
BEGIN;
SELECT t.login_as('h1');
SELECT title, amount, sort_order, milestone_status, version
  FROM dwello.plan_milestones(t.user('plan'), '[{"title": "a"}, {"title": "b"}, {"title": "c"}]',
                              expected_version => 1);
COMMIT;
SELECT t.pay_through('plan', 'acme', 50000);
SELECT n, title, status, amount, funded FROM t.milestone WHERE job_id = t.user('plan') ORDER BY n;
BEGIN;
SELECT t.login_as('h1');
-- fewer, and what was paid fills them in order
SELECT plan_status FROM dwello.propose_plan(t.user('plan'), '[{"title": "most", "amount": 60000}, {"title": "rest", "amount": 40000}]');
SELECT t.login_as('p1');
SELECT plan_status, version FROM dwello.answer_plan(t.user('plan'), true);
SELECT n, title, status, amount, funded FROM t.milestone WHERE job_id = t.user('plan') ORDER BY n;
-- more again
SELECT plan_status FROM dwello.propose_plan(t.user('plan'),
    '[{"title": "1", "amount": 20000}, {"title": "2", "amount": 20000}, {"title": "3", "amount": 20000}, {"title": "4", "amount": 40000}]');
SELECT t.login_as('h1');
SELECT plan_status, version FROM dwello.answer_plan(t.user('plan'), true);
COMMIT;
SELECT n, title, status, amount, funded FROM t.milestone WHERE job_id = t.user('plan') ORDER BY n;
SELECT status, held, moves, version FROM t.escrow WHERE job_id = t.user('plan');
SELECT t.pay('plan');
SELECT n, status, funded FROM t.milestone WHERE job_id = t.user('plan') AND status <> 'cancelled' ORDER BY n;
SELECT type FROM t.told WHERE job_id = t.user('plan') ORDER BY id;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- request_changes: the clock stops, and starts anew
------------------------------------------------------------------------
SELECT t.start('plan');
BEGIN;
SELECT t.login_as('p1');
SELECT milestone_status, amount, version FROM dwello.submit_milestone(t.user('plan'));
SELECT t.login_as('h1');
SELECT n, status, clock, version FROM t.milestone WHERE job_id = t.user('plan') AND n = 1;
SELECT milestone_status, amount, currency, version, replayed
  FROM dwello.request_changes(t.user('plan'), notes => 'Another colour.', idempotency_key => 'blue');
SELECT milestone_status, version, replayed
  FROM dwello.request_changes(t.user('plan'), notes => 'Another colour.', idempotency_key => 'blue');
SELECT n, status, clock, version FROM t.milestone WHERE job_id = t.user('plan') AND n = 1;
SELECT t.login_as('p1');
SELECT milestone_status, version FROM dwello.submit_milestone(t.user('plan'), expected_version => 7);
COMMIT;
SELECT seq, event, actor_role, from_status, to_status, paid FROM t.history
 WHERE job_id = t.user('plan') ORDER BY seq;
SELECT status, moves, version FROM t.escrow WHERE job_id = t.user('plan');
SELECT payload->>'notes' AS notes FROM dwello.outbox
 WHERE scope_id = t.user('plan') AND type = 'changes_requested';

------------------------------------------------------------------------
-- refund_escrow: parts, through the companies that the money came through
------------------------------------------------------------------------
SELECT t.award('back', 100001, '{1,2,4}');
SELECT t.pay_through('back', 'acme', 30000), t.pay_through('back', 'bank', 50000),
       t.pay_through('back', 'acme', 20001);
SELECT n, status, amount, funded FROM t.milestone WHERE job_id = t.user('back') ORDER BY n;
BEGIN;
SELECT t.app_as('h1');
SELECT amount, escrow_status, funded, held, released, refunded, charged_back, version, replayed
  FROM dwello.refund_escrow(t.user('back'), 10000, reason => 'Less to do.', idempotency_key => 'less');
SELECT amount, escrow_status, held, version, replayed
  FROM dwello.refund_escrow(t.user('back'), 10000, reason => 'Less to do.', idempotency_key => 'less');
COMMIT;
SELECT * FROM dwello.reconcile();
BEGIN;
SELECT t.app_as('p1');
SELECT amount, escrow_status, held, refunded FROM dwello.refund_escrow(t.user('back'), 30000);
COMMIT;
SELECT n, status, amount, funded, refunded FROM t.milestone WHERE job_id = t.user('back') ORDER BY n;
SELECT transaction_type, leg, account, psp, amount FROM t.leg
 WHERE job_id = t.user('back') ORDER BY completed_at, id, leg;
SELECT type, amount, psp, reason FROM t.told WHERE job_id = t.user('back') AND type LIKE '%refund%' ORDER BY id;
SELECT transaction_type, amount, net_amount, platform_fee, psp, psp_reference,
       payee_id = t.user('h1') AS to_homeowner, actor_role
  FROM dwello.transactions WHERE scope_id = t.user('back') AND transaction_type = 'refund' ORDER BY id;
SELECT * FROM dwello.reconcile();
-- the fee is of what is released, however the rest goes back
SELECT t.start('back');
BEGIN;
SELECT t.login_as('h1');
SELECT amount, fee, payout, escrow_status, held FROM dwello.release_escrow(t.user('back'), 10);
SELECT amount, fee, payout, escrow_status, held FROM dwello.release_escrow(t.user('back'), 30001);
COMMIT;
BEGIN;
SELECT t.login_as('a1');
SELECT amount, escrow_status, held, refunded
  FROM dwello.refund_escrow(t.user('back'), milestone_id => t.user('back m3'));
COMMIT;
SELECT n, status, released, refunded FROM t.milestone WHERE job_id = t.user('back') ORDER BY n;
SELECT status, funded, held, released, refunded, fee, dwello.fee_amount(30011, 50000) AS at_once
  FROM t.escrow WHERE job_id = t.user('back');
SELECT seq, event, actor_role, from_status, to_status, paid FROM t.history
 WHERE job_id = t.user('back') ORDER BY seq;
SELECT psp, account, sum(amount) AS there FROM t.leg
 WHERE job_id = t.user('back') AND account <> 'escrow' AND psp <> '' GROUP BY psp, account ORDER BY psp, account;
SELECT * FROM dwello.reconcile();
-- m1 was refunded in full and m2 released: nothing is left to do
SELECT status FROM dwello.jobs WHERE id = t.user('back');
BEGIN;
SELECT t.login_as('h1');
SELECT status FROM dwello.complete_job(t.user('back'));
COMMIT;

-- all of it; the job stays, and the escrow takes no more
SELECT t.award('whole', 50000);
SELECT t.pay('whole');
BEGIN;
SELECT t.login_as('h1');
SELECT amount, escrow_status, held, refunded FROM dwello.refund_escrow(t.user('whole'));
COMMIT;
SELECT n, status, refunded FROM t.milestone WHERE job_id = t.user('whole');
SELECT status FROM dwello.jobs WHERE id = t.user('whole');
SELECT t.refused('h1', $$fund_escrow(t.user('whole'))$$) AS fund,
       t.refused('h1', $$refund_escrow(t.user('whole'))$$) AS again,
       t.refused('h1', $$plan_milestones(t.user('whole'), '[{"title": "a"}]')$$) AS plan;

-- part paid, part given back: the job is done by itself
SELECT t.award('half', 50000);
SELECT t.pay('half');
SELECT t.start('half');
BEGIN;
SELECT t.login_as('h1');
SELECT amount, fee FROM dwello.release_escrow(t.user('half'), 20000);
SELECT t.login_as('p1');
SELECT amount, escrow_status FROM dwello.refund_escrow(t.user('half'));
COMMIT;
SELECT status FROM dwello.jobs WHERE id = t.user('half');
SELECT t.refused('h1', $$fund_escrow(t.user('half'))$$) AS fund_completed;
SELECT * FROM dwello.reconcile();

-- the money of work that has begun is not the homeowner's to take back
SELECT t.award('wait', 50000, '{1,1}');
SELECT t.pay('wait');
SELECT t.start('wait');
BEGIN;
SELECT t.login_as('p1');
SELECT milestone_status FROM dwello.submit_milestone(t.user('wait'));
COMMIT;
SELECT t.refused('h1', $$refund_escrow(t.user('wait'))$$) AS submitted,
       t.refused('h1', $$refund_escrow(t.user('wait'), milestone_id => t.user('wait m2'))$$) AS the_other,
       t.refused('h1', $$request_changes(t.user('wait'), t.user('wait m2'))$$) AS not_submitted,
       t.refused('h1', $$plan_milestones(t.user('wait'), '[{"title": "a"}]')$$) AS plan;
BEGIN;
SELECT t.login_as('h1');
SELECT milestone_status FROM dwello.request_changes(t.user('wait'), t.user('wait m1'), expected_version => 4);
COMMIT;
SELECT t.refused('h1', $$refund_escrow(t.user('wait'))$$) AS sent_back,
       t.refused('h1', $$request_changes(t.user('wait'))$$) AS nothing_submitted;
BEGIN;
SELECT t.login_as('p1');
SELECT amount, escrow_status FROM dwello.refund_escrow(t.user('wait'), milestone_id => t.user('wait m1'));
SELECT amount, escrow_status FROM dwello.refund_escrow(t.user('wait'));
COMMIT;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- cancel_escrow
------------------------------------------------------------------------
SELECT t.award('off', 50000, '{1,1}');
SELECT t.ask('off') IS NOT NULL AS asked;
BEGIN;
SELECT t.app_as('h1');
SELECT transaction_id IS NOT NULL AS a_payment, escrow_status, funded, held, version, replayed
  FROM dwello.cancel_escrow(t.user('off'), 'Too dear.', 2, 'off');
SELECT transaction_id IS NOT NULL AS a_payment, escrow_status, version, replayed
  FROM dwello.cancel_escrow(t.user('off'), 'Too dear.', 2, 'off');
COMMIT;
SELECT status, completed_at IS NOT NULL AS ended, hash FROM dwello.transactions WHERE scope_id = t.user('off');
SELECT n, status FROM t.milestone WHERE job_id = t.user('off') ORDER BY n;
SELECT type, amount, reason FROM t.told WHERE job_id = t.user('off') ORDER BY id;
SELECT status FROM dwello.jobs WHERE id = t.user('off');
-- it comes all the same, and is kept apart, each time it does
SELECT amount, is_late, escrow_status, funded, held, replayed
  FROM dwello.confirm_payment(t.user('off'), 'acme', 'off 1', 50000, 'USD');
SELECT amount, is_late, escrow_status, replayed
  FROM dwello.confirm_payment(t.user('off'), 'acme', 'off 1', 50000, 'USD');
SELECT is_late, receipt_amount, receipt_reason FROM dwello.confirm_payment(t.user('off'), 'acme', 'off 2', 50000, 'USD');
SELECT t.refused('h1', $$cancel_escrow(t.user('off'))$$) AS again,
       t.refused('h1', $$fund_escrow(t.user('off'))$$) AS fund;
SELECT transaction_type, leg, account, amount FROM t.leg WHERE job_id = t.user('off') ORDER BY leg;
SELECT * FROM dwello.reconcile();
-- before any payment was asked for
SELECT t.award('off2', 50000);
BEGIN;
SELECT t.login_as('h1');
SELECT transaction_id, escrow_status, version FROM dwello.cancel_escrow(t.user('off2'));
COMMIT;

------------------------------------------------------------------------
-- fail_payment: twice, and in any order
------------------------------------------------------------------------
SELECT t.award('fail', 50000);
SELECT t.ask('fail') AS first \gset
SELECT transaction_id = :'first' AS is_it, amount, escrow_status, funded, held, version, replayed
  FROM dwello.fail_payment(t.user('fail'), 'acme', 'fail 1', reason => 'No funds.', is_final => true);
SELECT transaction_id = :'first' AS is_it, escrow_status, version, replayed
  FROM dwello.fail_payment(t.user('fail'), 'acme', 'fail 1', is_final => true);
SELECT transaction_id = :'first' AS is_it, escrow_status, version, replayed
  FROM dwello.fail_payment(t.user('fail'), 'acme', 'fail 2', :'first', is_final => true);
SELECT type, amount, reason FROM t.told WHERE job_id = t.user('fail') ORDER BY id;
-- failed, then confirmed: late, and kept apart each time
SELECT amount, is_late, escrow_status, held, version
  FROM dwello.confirm_payment(t.user('fail'), 'acme', 'fail 3', 50000, 'USD', :'first');
SELECT set_config('t.first', :'first', false) = '' AS x;
SELECT is_late, receipt_reason FROM dwello.confirm_payment(t.user('fail'), 'acme', 'fail 4', 50000, 'USD', :'first');
SELECT is_late, receipt_reason FROM dwello.confirm_payment(t.user('fail'), 'acme', 'fail 5', 50000, 'USD');
SELECT t.refused(NULL, $$fail_payment(t.user('fail'), 'acme', 'fail 6', current_setting('t.first')::uuid)$$) AS after_all;
SELECT * FROM dwello.reconcile();
-- funded anew: confirmed, then failed
SELECT t.ask('fail') AS second \gset
SELECT set_config('t.second', :'second', false) = '' AS x;
SELECT transaction_id = :'first' AS the_old_one, escrow_status, replayed
  FROM dwello.fail_payment(t.user('fail'), 'acme', 'fail 2', :'first', is_final => true);
SELECT amount, is_late, escrow_status, held FROM dwello.confirm_payment(t.user('fail'), 'acme', 'fail 7', 50000, 'USD');
SELECT t.refused(NULL, $$fail_payment(t.user('fail'), 'acme', 'fail 8', current_setting('t.second')::uuid)$$) AS confirmed,
       t.refused(NULL, $$fail_payment(t.user('fail'), 'acme', 'fail 8')$$) AS confirmed_unnamed,
       t.refused(NULL, $$fail_payment(t.user('fail'), 'acme', 'fail 7')$$) AS another_type,
       t.refused(NULL, $$confirm_payment(t.user('fail'), 'acme', 'fail 1', 50000, 'USD')$$) AS another_type_too,
       t.refused(NULL, $$fail_payment(t.user('fail'), 'acme', 'fail 2', current_setting('t.second')::uuid)$$) AS another_payment,
       t.refused(NULL, $$fail_payment(t.user('off'), 'acme', 'fail 2')$$) AS another_job;
SELECT seq, event, actor_role, from_status, to_status, paid FROM t.history
 WHERE job_id = t.user('fail') ORDER BY seq;
SELECT status, amount, psp_reference FROM dwello.transactions WHERE scope_id = t.user('fail') ORDER BY id;
SELECT * FROM dwello.reconcile();

-- a top-up that fails leaves the escrow's state alone
SELECT t.award('more', 50000);
SELECT t.pay_through('more', 'acme', 20000);
SELECT t.ask('more') IS NOT NULL AS asked;
SELECT amount, escrow_status, held, version FROM dwello.fail_payment(t.user('more'), 'acme', 'more 1', is_final => true);
-- and one for an escrow that is over by now
SELECT t.ask('more') IS NOT NULL AS asked;
BEGIN;
SELECT t.login_as('h1');
SELECT amount, escrow_status, version FROM dwello.refund_escrow(t.user('more'));
COMMIT;
SELECT amount, escrow_status, version FROM dwello.fail_payment(t.user('more'), 'acme', 'more 2', is_final => true);
SELECT amount, is_late, escrow_status, funded, held, refunded
  FROM dwello.confirm_payment(t.user('more'), 'acme', 'more 3', 30000, 'USD');
SELECT * FROM dwello.reconcile();

-- the job is over: money is kept apart, whatever the escrow would take
SELECT t.award('over', 50000);
SELECT t.pay_through('over', 'bank', 20000);
SELECT t.ask('over') IS NOT NULL AS asked;
UPDATE dwello.jobs SET status = 'completed', completed_at = now() WHERE id = t.user('over');
SELECT amount, is_late, escrow_status, held
  FROM dwello.confirm_payment(t.user('over'), 'acme', 'over 1', 30000, 'USD');
SELECT t.refused('h1', $$fund_escrow(t.user('over'))$$) AS fund;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- Refusals, and which of two comes first
------------------------------------------------------------------------
SELECT t.award('no', 50000, '{1,1}');
SELECT t.refused('p1', $$plan_milestones(NULL, NULL)$$) AS provider,
       t.refused('a1', $$plan_milestones(NULL, NULL)$$) AS admin,
       t.refused('u1', $$plan_milestones(NULL, NULL)$$) AS unverified,
       t.refused('h1', $$plan_milestones(NULL, '[]')$$) AS no_job,
       t.refused('h1', $$plan_milestones(t.user('no'), NULL)$$) AS no_plan,
       t.refused('h1', $$plan_milestones(t.user('no'), '[]')$$) AS empty,
       t.refused('h1', $$plan_milestones(t.user('no'), '{}')$$) AS no_list,
       t.refused('h1', $$plan_milestones(t.user('no'), '[{"name": "a"}]')$$) AS no_title,
       t.refused('h1', $$plan_milestones(t.user('no'), '[{"title": "a", "amount": 0}]')$$) AS zero,
       t.refused('h1', $$plan_milestones(t.user('no'), '[{"title": "a", "amount": 5}, {"title": "b"}]')$$) AS mixed,
       t.refused('h1', $$plan_milestones(t.user('no'), jsonb_build_array(jsonb_build_object('title', repeat('x', 201))))$$) AS long,
       t.refused('h1', $$plan_milestones(t.user('no'), '[{"title": "a", "amount": 9223372036854775807}, {"title": "b", "amount": 1}]')$$) AS overflow,
       t.refused('h1', $$plan_milestones(t.user('nothing'), '[{"title": "a"}]')$$) AS unknown,
       t.refused('h2', $$plan_milestones(t.user('no'), '[{"title": "a"}]')$$) AS invisible,
       t.refused('h1', $$plan_milestones(t.user('no'), '[{"title": "a", "amount": 49999}]', 9)$$) AS version_first,
       t.refused('h1', $$plan_milestones(t.user('no'), '[{"title": "a", "amount": 49999}]')$$) AS too_little,
       t.refused('h1', $$plan_milestones(t.user('no'), '[{"title": "a", "amount": 50001}]')$$) AS too_much,
       t.refused('h1', $$plan_milestones(t.user('half'), '[{"title": "a", "amount": 1}]')$$) AS state_first,
       t.refused('h1', $$plan_milestones(t.user('plan draft'), '[{"title": "a"}]', 1)$$) AS stale_draft,
       t.refused('h1', $$plan_milestones(t.user('plan draft'), '[{"title": "a", "amount": 1}]', 1, 'plan')$$) AS another_plan;
UPDATE dwello.jobs SET status = 'open' WHERE id = t.user('plan draft');
SELECT t.refused('h1', $$plan_milestones(t.user('plan draft'), '[{"title": "a"}]')$$) AS open;
SELECT t.refused('p1', $$request_changes(NULL)$$) AS provider,
       t.refused('h1', $$request_changes(NULL)$$) AS no_job,
       t.refused('h1', $$request_changes(t.user('no'), notes => repeat('x', 10001))$$) AS long,
       t.refused('h1', $$request_changes(t.user('nothing'), notes => repeat('x', 10001))$$) AS long_first,
       t.refused('h2', $$request_changes(t.user('no'))$$) AS invisible,
       t.refused('h1', $$request_changes(t.user('no'), t.user('none'))$$) AS no_milestone,
       t.refused('h1', $$request_changes(t.user('no'), t.user('no m1'), expected_version => 9)$$) AS stale,
       t.refused('h1', $$request_changes(t.user('no'))$$) AS nothing_held,
       t.refused('h1', $$request_changes(t.user('plan'), notes => 'Red.', idempotency_key => 'blue')$$) AS another_note;
SELECT t.refused('s1', $$refund_escrow(NULL)$$) AS support,
       t.refused(NULL, $$refund_escrow(NULL)$$) AS system,
       t.refused('h1', $$refund_escrow(NULL)$$) AS no_job,
       t.refused('h1', $$refund_escrow(t.user('no'), 0, reason => repeat('x', 10001))$$) AS long_first,
       t.refused('h1', $$refund_escrow(t.user('no'), 0)$$) AS zero,
       t.refused('h1', $$refund_escrow(t.user('no'), -1)$$) AS negative,
       t.refused('h1', $$refund_escrow(t.user('no'), 1, t.user('no m1'))$$) AS both,
       t.refused('h1', $$refund_escrow(t.user('nothing'))$$) AS unknown,
       t.refused('h2', $$refund_escrow(t.user('no'))$$) AS invisible,
       t.refused('p2', $$refund_escrow(t.user('no'))$$) AS rival,
       t.refused('p2', $$refund_escrow(t.user('no'), milestone_id => t.user('none'))$$) AS unknown_first,
       t.refused('p1', $$refund_escrow(t.user('no'), expected_version => 9)$$) AS stale,
       t.refused('p1', $$refund_escrow(t.user('no'))$$) AS nothing_held,
       t.refused('p1', $$refund_escrow(t.user('fail'), 50001)$$) AS too_much,
       t.refused('p1', $$refund_escrow(t.user('fail'), 50001, expected_version => 9)$$) AS version_first,
       t.refused('h1', $$refund_escrow(t.user('wait'), 50001)$$) AS state_first,
       t.refused('h1', $$refund_escrow(t.user('back'), 10001, reason => 'Less to do.', idempotency_key => 'less')$$) AS another_amount;
SELECT t.refused('p1', $$cancel_escrow(NULL)$$) AS provider,
       t.refused('a1', $$cancel_escrow(NULL)$$) AS admin,
       t.refused('h1', $$cancel_escrow(NULL)$$) AS no_job,
       t.refused('h1', $$cancel_escrow(t.user('no'), repeat('x', 10001))$$) AS long,
       t.refused('h1', $$cancel_escrow(t.user('nothing'))$$) AS unknown,
       t.refused('h2', $$cancel_escrow(t.user('no'))$$) AS invisible,
       t.refused('h1', $$cancel_escrow(t.user('no'), expected_version => 9)$$) AS stale,
       t.refused('h1', $$cancel_escrow(t.user('fail'))$$) AS held,
       t.refused('h1', $$cancel_escrow(t.user('fail'), expected_version => 99)$$) AS stale_first,
       t.refused('h1', $$cancel_escrow(t.user('off'), 'Too ugly.', 2, 'off')$$) AS another_reason;
SELECT t.refused('h1', $$fail_payment(NULL, NULL, NULL)$$) AS homeowner,
       t.refused('a1', $$fail_payment(NULL, NULL, NULL)$$) AS admin,
       t.refused(NULL, $$fail_payment(t.user('no'), repeat('x', 101), NULL)$$) AS null_first,
       t.refused(NULL, $$fail_payment(t.user('no'), repeat('x', 101), 'e')$$) AS long,
       t.refused(NULL, $$fail_payment(t.user('no'), ' ', 'e')$$) AS blank,
       t.refused(NULL, $$fail_payment(t.user('nothing'), 'acme', 'e')$$) AS unknown,
       t.refused(NULL, $$fail_payment(t.user('no'), 'acme', 'e', t.user('none'))$$) AS no_payment,
       t.refused(NULL, $$fail_payment(t.user('no'), 'acme', 'e')$$) AS none_asked;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- Reconcile finds a refund that does not come back the way it went
------------------------------------------------------------------------
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE dwello.ledger_entries AS n SET account_id = b.id
  FROM dwello.transactions AS x, dwello.ledger_accounts AS a, dwello.ledger_accounts AS b
 WHERE x.scope_id = t.user('back') AND x.transaction_type = 'refund' AND x.amount = 10000
   AND n.scope_id = x.scope_id AND n.transaction_id = x.id
   AND a.id = n.account_id AND a.kind = 'refund_pending' AND b.kind = 'platform_fee';
SELECT invariant, object, expected, actual FROM dwello.reconcile();
ROLLBACK;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE dwello.ledger_entries AS n SET account_id = b.id
  FROM dwello.transactions AS x, dwello.ledger_accounts AS a, dwello.ledger_accounts AS b
 WHERE x.scope_id = t.user('whole') AND x.transaction_type = 'refund'
   AND n.scope_id = x.scope_id AND n.transaction_id = x.id
   AND a.id = n.account_id AND a.psp = 'acme' AND b.kind = a.kind AND b.psp = 'bank';
SELECT invariant, object, expected, actual FROM dwello.reconcile();
ROLLBACK;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE dwello.escrow_accounts SET refunded = refunded - 1, released = released + 1
 WHERE job_id = t.user('back');
SELECT invariant, object, actual - expected AS wrong_by FROM dwello.reconcile();
ROLLBACK;

-- leave the stage as it was
SELECT t.forget('plan draft', 'plan', 'back', 'whole', 'half', 'wait', 'off', 'off2',
                'fail', 'more', 'over', 'no');
DROP VIEW t.escrow, t.milestone, t.leg, t.history, t.told;
DROP FUNCTION t.pay_through, t.ask;
