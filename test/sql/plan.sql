--
-- plan.sql
--	Another plan of a contract of which something is paid: one side proposes
--	it, the other answers; what has begun stays as it is.
--
-- Each part is a transaction of its own that is rolled back, on a clock that
-- stands still.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';
\set VERBOSITY sqlstate

-- The parts of a contract, in order.
CREATE FUNCTION t.parts(name text) RETURNS text
LANGUAGE sql
AS $$
  SELECT string_agg(concat_ws(' ', m.sort_order, m.title, m.amount, m.status, m.funded, m.released + m.refunded), ', ' ORDER BY m.sort_order)
    FROM dwello.job_milestones AS m WHERE m.job_id = t.user(name) AND m.status <> 'cancelled'
$$;

--
-- Proposed and answered
--
BEGIN;
SELECT t.contract('job', 80000, '{1,1}');
-- the homeowner alone until something is paid
SELECT t.login_as('h1');
SELECT title, amount FROM dwello.plan_milestones(t.user('job'), '[{"title": "a", "amount": 50000}, {"title": "b", "amount": 30000}]');
SELECT t.pay('job', 60000);
SELECT t.try(format('SELECT dwello.plan_milestones(%L, ''[{"title": "All"}]'')', t.user('job')), 'h1');
SELECT name, t.try(format('SELECT dwello.propose_plan(%L, ''[{"title": "All"}]'')', t.user('job')), name) FROM unnest(ARRAY['h2', 'p2', 'a1', 's1']) AS name;
SELECT plan, t.try(format('SELECT dwello.propose_plan(%L, %L)', t.user('job'), plan), 'p1') FROM unnest(ARRAY[NULL, '[]', '{}', '[{"title": ""}]',
  '[{"title": "a", "amount": 79999}]', '[{"title": "a", "amount": 80001}]', '[{"title": "a", "amount": 1}, {"title": "b"}]', '[{"title": "a", "amount": -1}]']::jsonb[]) AS plan;
SELECT t.try(format('SELECT dwello.propose_plan(%L, ''[{"title": "All"}]'')', t.user('nothing')), 'p1');
SELECT t.try(format('SELECT dwello.propose_plan(%L, ''[{"title": "All"}]'', 1)', t.user('job')), 'p1');
SELECT name, t.try(format('SELECT dwello.answer_plan(%L, true)', t.user('job')), name) FROM unnest(ARRAY['h1', 'p1', 'h2', 'a1']) AS name;
SELECT t.login_as('p1');
SELECT plan_status, offered_by = t.user('p1') AS by_p1, escrow_status, held, replayed
  FROM dwello.propose_plan(t.user('job'), '[{"title": "1", "amount": 40000}, {"title": "2", "amount": 30000}, {"title": "3", "amount": 10000}]', idempotency_key => 'k');
SELECT plan_status, replayed
  FROM dwello.propose_plan(t.user('job'), '[{"title": "1", "amount": 40000}, {"title": "2", "amount": 30000}, {"title": "3", "amount": 10000}]', idempotency_key => 'k');
-- one change of the contract at a time, and nobody agrees with themselves
SELECT t.try(format('SELECT dwello.propose_plan(%L, ''[{"title": "All"}]'')', t.user('job')));
SELECT t.try(format('SELECT dwello.propose_change_order(%L, ''More'', 100)', t.user('job')));
SELECT t.try(format('SELECT dwello.answer_plan(%L, true)', t.user('job')));
SELECT t.try(format('SELECT dwello.answer_change_order(%L, %L, true)', t.user('job'), o.id), 'h1') FROM dwello.change_orders AS o WHERE o.job_id = t.user('job');
SELECT t.parts('job');
SAVEPOINT s;
-- yes: what was paid fills it in order
SELECT t.login_as('h1');
SELECT plan_status, escrow_status, held, funded, replayed FROM dwello.answer_plan(t.user('job'), true, idempotency_key => 'y');
SELECT plan_status, replayed FROM dwello.answer_plan(t.user('job'), true, idempotency_key => 'y');
SELECT t.parts('job');
SELECT t.as_system();
SELECT status, amount, contract_amount, milestones->0->>'title' AS first FROM dwello.change_orders WHERE job_id = t.user('job');
SELECT string_agg(o.type, ', ' ORDER BY o.id) FROM dwello.outbox AS o WHERE o.scope_id = t.user('job') AND o.type LIKE '%plan%';
SELECT t.pay('job');
SELECT t.parts('job');
SELECT t.login_as('h1');
SELECT amount, fee FROM dwello.release_escrow(t.user('job'));
SELECT t.as_system();
SELECT invariant FROM dwello.reconcile();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT t.try(format('SELECT dwello.propose_plan(%L, ''[{"title": "All"}]'')', t.user('job')), 'p1') AS over;
ROLLBACK TO s;
-- no, withdrawn, and answered with another one
SELECT t.login_as('h1');
SELECT plan_status FROM dwello.answer_plan(t.user('job'), false);
SELECT t.try(format('SELECT dwello.answer_plan(%L, false)', t.user('job')));
ROLLBACK TO s;
SELECT t.login_as('p1');
SELECT plan_status FROM dwello.answer_plan(t.user('job'), false);
SELECT t.parts('job');
ROLLBACK TO s;
SELECT t.login_as('h1');
SELECT plan_status FROM dwello.propose_plan(t.user('job'), '[{"title": "All"}]');
SELECT t.login_as('p1');
SELECT plan_status FROM dwello.answer_plan(t.user('job'), true);
SELECT t.parts('job');
SELECT t.as_system();
SELECT status FROM dwello.change_orders WHERE job_id = t.user('job') ORDER BY id;
SELECT invariant FROM dwello.reconcile();
ROLLBACK TO s;
-- what could be then and cannot be now
SELECT t.login_as('h1');
SELECT dispute_status FROM dwello.open_dispute(t.user('job'), 0, 'No.');
SELECT t.try(format('SELECT dwello.answer_plan(%L, true)', t.user('job')));
SELECT plan_status FROM dwello.answer_plan(t.user('job'), false);
ROLLBACK TO s;
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('job'), 20000);
SELECT t.try(format('SELECT dwello.answer_plan(%L, true)', t.user('job')));
SELECT dwello.deliver_events() > 0 FROM (SELECT t.as_system()) AS x;
SELECT u.first_name, n.title FROM dwello.notifications AS n JOIN dwello.users AS u ON u.id = n.user_id
 WHERE n.data->>'event' LIKE 'plan\_%' ORDER BY 1, 2;
ROLLBACK;

--
-- After a release, whoever pays the fee
--
BEGIN;
SELECT t.login_as('a1');
SELECT dwello.set_fee_schedule('on top', 70000, payer => 'split', tax_ppm => 190000, currency => 'USD') IS NOT NULL;
SELECT t.as_system();
SELECT t.contract('job', 99999, '{1,2,4}');
SELECT t.pay('job');
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT t.login_as('h1');
SELECT amount, fee, tax FROM dwello.release_escrow(t.user('job'), milestone_id => t.part('job', 1));
SELECT t.login_as('p1');
SELECT milestone_status FROM dwello.submit_milestone(t.user('job'));
SELECT t.parts('job');
-- what is released and what is delivered stay as they are; the rest is 571.42
SELECT t.try(format('SELECT dwello.propose_plan(%L, ''[{"title": "x", "amount": 99999}]'')', t.user('job')));
SELECT plan_status FROM dwello.propose_plan(t.user('job'), '[{"title": "x"}, {"title": "y"}, {"title": "z", "is_required": false}]');
SELECT t.login_as('h1');
SELECT plan_status, escrow_status, held FROM dwello.answer_plan(t.user('job'), true);
SELECT t.parts('job');
SELECT amount, fee, tax FROM dwello.approve_milestone(t.user('job'), t.part('job', 2));
SELECT amount, fee, tax, escrow_status, held FROM dwello.release_escrow(t.user('job'));
SELECT t.as_system();
SELECT status FROM dwello.jobs WHERE id = t.user('job');
SELECT e.fee_taken, e.tax_taken, q.fee, q.tax FROM dwello.escrow_accounts AS e,
  dwello.quote_fee(99999, 'USD', category_id => 'd0000000-0000-7000-8000-000000000011') AS q WHERE e.job_id = t.user('job');
SELECT invariant FROM dwello.reconcile();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;

--
-- Nothing is left to be divided, and what the job ends
--
BEGIN;
SELECT t.contract('job', 80000, '{1,1}');
SELECT t.pay('job');
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT plan_status FROM dwello.propose_plan(t.user('job'), '[{"title": "All"}]');
SAVEPOINT s;
SELECT milestone_status FROM dwello.submit_milestone(t.user('job'));
SELECT milestone_status FROM dwello.submit_milestone(t.user('job'));
SELECT t.try(format('SELECT dwello.answer_plan(%L, true)', t.user('job')), 'h1');
ROLLBACK TO s;
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('job'));
SELECT status FROM dwello.change_orders WHERE job_id = t.user('job');
SELECT t.try(format('SELECT dwello.answer_plan(%L, true)', t.user('job')));
ROLLBACK;
