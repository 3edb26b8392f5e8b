--
-- contract.sql
--	Contracts that go wrong before the work: nobody pays, or the provider
--	withdraws from what nobody has paid for.
--
-- Each part is a transaction of its own that is rolled back, on a clock that
-- stands still.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';
\set VERBOSITY sqlstate

-- A job of h1 with bids of 950.00 and 1100.00 of p1 and p2, ids "name b1" and
-- "name b2", of which p1's is accepted and confirmed.
CREATE FUNCTION t.deal(name text, milestones jsonb DEFAULT '[]') RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  amounts bigint[] := '{95000, 110000}';
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(
    category_id => 'd0000000-0000-7000-8000-000000000011', title => name,
    description => 'As it was.', longitude => -122.4194, latitude => 37.7749,
    street => '1 Main St', budget_min => 80000, budget_max => 120000,
    milestones => milestones, job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  FOR i IN 1 .. 2 LOOP
    PERFORM t.login_as('p' || i);
    PERFORM dwello.submit_bid(t.user(name), amounts[i],
      bid_id => t.user(name || ' b' || i), expires_at => '2027-06-01');
  END LOOP;
  PERFORM t.login_as('h1');
  PERFORM dwello.accept_bid(t.user(name), t.user(name || ' b1'));
  PERFORM t.login_as('p1');
  PERFORM dwello.confirm_award(t.user(name));
  PERFORM t.as_system();
END
$$;

-- How a job, its escrow, its bids and its milestones stand.
CREATE FUNCTION t.deal_state(name text)
RETURNS TABLE (job text, provider text, listed boolean, fund_by timestamptz,
  escrow text, contract bigint, bids text, plan text)
LANGUAGE sql
AS $$
  SELECT j.status::text, u.first_name, j.is_listed, j.fund_by, e.status::text,
         e.contract_amount,
         (SELECT string_agg(concat_ws(' ', b.status, b.reason), ', ' ORDER BY b.id = t.user(name || ' b2'), b.submitted_at)
            FROM dwello.bids AS b WHERE b.job_id = j.id),
         (SELECT string_agg(concat_ws(' ', m.title, m.amount, m.status), ', ' ORDER BY m.sort_order)
            FROM dwello.job_milestones AS m WHERE m.job_id = j.id)
    FROM dwello.jobs AS j
    LEFT JOIN dwello.escrow_accounts AS e ON e.job_id = j.id
    LEFT JOIN dwello.users AS u ON u.id = j.provider_id
   WHERE j.id = t.user(name)
$$;
-- What is told of a job since a type of event, and of its payment.
CREATE FUNCTION t.deal_events(name text, since text) RETURNS text
LANGUAGE sql
AS $$
  SELECT string_agg(o.type, ', ' ORDER BY o.id) FROM dwello.outbox AS o
   WHERE o.scope_id = t.user(name) AND o.type <> 'agent_outcome'
     AND o.id > (SELECT s.id FROM dwello.outbox AS s
                  WHERE s.scope_id = t.user(name) AND s.type = since ORDER BY s.id DESC LIMIT 1)
$$;

--
-- Nobody pays
--
BEGIN;
SELECT t.deal('job', '[{"title": "Walls", "amount": 2}, {"title": "Doors", "amount": 3}]');
SELECT * FROM t.deal_state('job');
SELECT t.login_as('h1');
SELECT event, at, actor, stoppable_by FROM dwello.job_next_events(t.user('job'));
SELECT event, at, actor, stoppable_by FROM dwello.escrow_next_events(t.user('job'));
-- a second before the time is over everything is possible, a worker does nothing
SET LOCAL dwello.now = '2027-03-08 11:59:59+00';
SELECT t.as_system();
SELECT dwello.expire_contracts();
SAVEPOINT here;
SELECT t.login_as('h1');
SELECT pay_by FROM dwello.fund_escrow(t.user('job'));
-- a payment under way is waited for, and shown
SELECT event, at, stoppable_by FROM dwello.job_next_events(t.user('job')) ORDER BY at, event;
SET LOCAL dwello.now = '2027-03-08 12:14:58+00';
SELECT t.as_system();
SELECT dwello.expire_contracts();
SAVEPOINT open_payment;
SELECT is_late, escrow_status FROM dwello.confirm_payment(t.user('job'), 'acme', 'in time', 95000, 'USD');
SET LOCAL dwello.now = '2028-03-01';
SELECT dwello.expire_contracts();
SELECT * FROM t.deal_state('job');
SELECT count(*) FROM dwello.job_next_events(t.user('job'));
ROLLBACK TO open_payment;
SET LOCAL dwello.now = '2027-03-08 12:14:59+00';
-- past it the contract is over, marked or not
SELECT t.try(format($$SELECT dwello.fund_escrow(%L)$$, t.user('job')), 'h1');
SELECT t.try(format($$SELECT dwello.start_job(%L)$$, t.user('job')), 'p1');
SELECT t.try(format($$SELECT dwello.withdraw_bid(%L, %L)$$, t.user('job'), t.user('job b1')), 'p1');
SELECT t.try(format($$SELECT dwello.propose_change_order(%L, 'More', 100)$$, t.user('job')), 'p1');
SELECT t.try(format($$SELECT dwello.plan_milestones(%L, '[{"title": "All"}]')$$, t.user('job')), 'h1');
SELECT t.as_system();
SELECT dwello.expire_contracts();
SELECT * FROM t.deal_state('job');
SELECT t.deal_events('job', 'payment_requested');
SELECT status, amount FROM dwello.transactions WHERE scope_id = t.user('job');
SELECT seq, event, actor_role, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq;
-- what arrives now goes back
SELECT is_late, escrow_status, held FROM dwello.confirm_payment(t.user('job'), 'acme', 'late', 95000, 'USD');
SELECT dwello.expire_contracts();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT invariant FROM dwello.reconcile();
ROLLBACK TO here;
-- the exact place is closed to who had the contract; they bid anew like others
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT t.as_system();
SELECT dwello.expire_contracts();
SELECT t.app_as('p1');
SELECT count(*) FROM dwello.job_sites WHERE job_id = t.user('job');
SELECT status FROM dwello.submit_bid(t.user('job'), 90000, bid_id => t.user('job b3'));
RESET ROLE;
SELECT t.as_system();
SELECT dwello.deliver_events() > 0;
SELECT u.first_name, n.title, n.message FROM dwello.notifications AS n JOIN dwello.users AS u ON u.id = n.user_id
 WHERE n.data->>'event' IN ('contract_lapsed', 'job_reopened') AND n.data->>'job_id' = t.user('job')::text ORDER BY 1, 2;
-- nobody is blamed
SELECT awarded_count, completed_count FROM dwello.provider_stats WHERE user_id = t.user('p1');
-- another award makes the same escrow another contract, with the terms of today
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job'), t.user('job b3'));
SELECT t.try(format($$SELECT dwello.fund_escrow(%L)$$, t.user('job')));
SELECT t.login_as('p1');
SELECT job_status, escrow_status, amount FROM dwello.confirm_award(t.user('job'));
SELECT t.as_system();
SELECT * FROM t.deal_state('job');
SELECT t.pay('job');
SELECT seq, event, actor_role, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq;
SELECT funded, held, transition_count FROM dwello.escrow_accounts WHERE job_id = t.user('job');
SELECT dwello.deliver_events() > 0;
SELECT awarded_count, completed_count FROM dwello.provider_stats WHERE user_id = t.user('p1');
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT invariant FROM dwello.reconcile();
ROLLBACK;

--
-- The same with what a contract may have gone through by then
--
BEGIN;
SELECT t.deal('job', '[{"title": "Walls", "amount": 2}, {"title": "Doors", "amount": 3}]');
-- a change order has added a part, a promo code waits, and the escrow is given up
SELECT t.login_as('p1');
SELECT change_order_id AS change FROM dwello.propose_change_order(t.user('job'), 'Ceiling', 5000) \gset
SELECT t.login_as('h1');
SELECT contract_amount FROM dwello.answer_change_order(t.user('job'), :'change', true);
SET LOCAL dwello.now = '2027-03-01 13:00:00+00';
SELECT t.login_as('a1');
SELECT code FROM dwello.add_promo_code('SPRING', 500000, 10000, 'USD');
SELECT t.as_system();
SELECT escrow_status FROM dwello.fail_payment(t.user('job'), 'acme', 'no money');
SELECT t.login_as('h1');
SELECT waived FROM dwello.apply_promo(t.user('job'), 'SPRING');
SELECT escrow_status FROM dwello.cancel_escrow(t.user('job'));
SELECT t.as_system();
SELECT spent FROM dwello.promo_codes WHERE code = 'SPRING';
SELECT * FROM t.deal_state('job');
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT dwello.expire_contracts();
SELECT * FROM t.deal_state('job');
SELECT spent FROM dwello.promo_codes WHERE code = 'SPRING';
SELECT promo_code, promo_ppm, promo_max FROM dwello.escrow_accounts WHERE job_id = t.user('job');
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;
-- a plan made for the contract, and one that the award made: bidders see no amount of it
BEGIN;
SELECT t.deal('job'), t.deal('two', '[{"title": "Walls", "amount": 2}, {"title": "Doors", "amount": 3}]');
SELECT t.login_as('h1');
SELECT amount FROM dwello.plan_milestones(t.user('two'), '[{"title": "Half", "amount": 45000}, {"title": "Rest", "amount": 50000}]');
SELECT t.as_system();
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT dwello.expire_contracts(1), dwello.expire_contracts(1), dwello.expire_contracts(1);
SELECT name, s.job, s.plan FROM unnest(ARRAY['job', 'two']) AS name, t.deal_state(name) AS s;
ROLLBACK;
-- past the time for bids it expires
BEGIN;
SELECT t.deal('job');
SET LOCAL dwello.now = '2027-04-01 12:00:00+00';
SELECT dwello.expire_contracts();
SELECT * FROM t.deal_state('job');
SELECT t.deal_events('job', 'award_confirmed');
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;
-- a job's own time; what is not paid through escrow never lapses
BEGIN;
SELECT value FROM dwello.set_setting('fund_days', '2');
SELECT t.deal('job');
SELECT fund_by FROM dwello.jobs WHERE id = t.user('job');
SELECT t.try(format($$SELECT dwello.set_timers(%L, '{"fund_days": 0}')$$, t.user('job')));
ROLLBACK;
BEGIN;
SELECT t.login_as('a1');
SELECT is_enabled FROM dwello.set_flag('escrow_payments', false);
SELECT t.deal('job');
SELECT is_escrowed, fund_by FROM dwello.jobs WHERE id = t.user('job');
SELECT t.login_as('a1');
SELECT is_enabled FROM dwello.set_flag('escrow_payments', true);
SELECT t.try(format($$SELECT dwello.fund_escrow(%L)$$, t.user('job')), 'h1');
SET LOCAL dwello.now = '2027-12-01';
SELECT t.as_system();
SELECT dwello.expire_contracts();
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
ROLLBACK;
-- who may call it, and how
BEGIN;
SELECT name, t.try('SELECT dwello.expire_contracts()', name)
  FROM unnest(ARRAY['h1', 'p1', 'a1', 's1']) AS name;
SELECT t.as_system();
SELECT n, t.try(format('SELECT dwello.expire_contracts(%L)', n))
  FROM unnest(ARRAY[NULL, 0, -1, 10001]) AS n;
ROLLBACK;

--
-- The provider withdraws
--
BEGIN;
SELECT t.deal('job');
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.fund_escrow(t.user('job'));
SELECT t.login_as('p1');
-- also while a payment is under way, which is given up; the next is asked
SELECT job_status, bid_status FROM dwello.withdraw_bid(t.user('job'), t.user('job b1'), 'Ill.', idempotency_key => 'w');
SELECT bid_status, replayed FROM dwello.withdraw_bid(t.user('job'), t.user('job b1'), 'Ill.', idempotency_key => 'w');
SELECT t.as_system();
SELECT * FROM t.deal_state('job');
SELECT t.deal_events('job', 'payment_requested');
SELECT seq, event, actor_role, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq;
SELECT is_late, held FROM dwello.confirm_payment(t.user('job'), 'acme', 'late', 95000, 'USD');
-- the next makes it theirs, and may withdraw as well; then it is open
SELECT t.login_as('p2');
SELECT job_status, escrow_status, amount FROM dwello.confirm_award(t.user('job'));
SELECT t.as_system();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT t.login_as('p2');
SELECT job_status, bid_status FROM dwello.withdraw_bid(t.user('job'), t.user('job b2'));
SELECT t.as_system();
SELECT * FROM t.deal_state('job');
SELECT invariant FROM dwello.reconcile();
ROLLBACK;
-- not once anything was paid, nor once the work has begun, nor the bid of another
BEGIN;
SELECT t.deal('job');
SELECT t.try(format($$SELECT dwello.withdraw_bid(%L, %L)$$, t.user('job'), t.user('job b1')), 'p2');
SELECT t.try(format($$SELECT dwello.withdraw_bid(%L, %L)$$, t.user('job'), t.user('job b1')), 'h1');
SELECT t.pay('job', 1);
SELECT t.try(format($$SELECT dwello.withdraw_bid(%L, %L)$$, t.user('job'), t.user('job b1')), 'p1');
SELECT t.login_as('h1');
SELECT refunded FROM dwello.refund_escrow(t.user('job'));
SELECT t.try(format($$SELECT dwello.withdraw_bid(%L, %L)$$, t.user('job'), t.user('job b1')), 'p1');
SELECT t.as_system();
SET LOCAL dwello.now = '2027-12-01';
SELECT dwello.expire_contracts();
ROLLBACK;

--
-- What counts as an award is what was paid for
--
BEGIN;
SELECT t.deal('job'), t.deal('two'), t.deal('three');
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT t.pay('two', 1);
SELECT t.pay('two');
SELECT dwello.deliver_events() > 0;
SELECT awarded_count, awarded, completed_count FROM dwello.provider_stats WHERE user_id = t.user('p1');
SELECT count(*) FROM dwello.notifications WHERE user_id = t.user('p1') AND data->>'event' = 'contract_funded';
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;

--
-- What must be paid before the work may begin
--
BEGIN;
SELECT t.deal('job', '[{"title": "Walls", "amount": 2}, {"title": "Doors", "amount": 3}]');
CREATE FUNCTION pg_temp.begin(rule text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  PERFORM t.as_system();
  PERFORM dwello.set_setting('start_requires', rule);
  BEGIN
    answer := t.try(format('SELECT dwello.start_job(%L)', t.user('job')), 'p1');
    RAISE SQLSTATE 'UNDO0';
  EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
    RETURN answer;
  END;
END
$$;
SELECT rule, pg_temp.begin(rule) FROM unnest(ARRAY['first_milestone', 'contract', 'any']) AS rule;
SELECT t.pay('job', 37999);
SELECT rule, pg_temp.begin(rule) FROM unnest(ARRAY['first_milestone', 'contract', 'any']) AS rule;
SELECT t.pay('job', 1);
SELECT rule, pg_temp.begin(rule) FROM unnest(ARRAY['first_milestone', 'contract', 'any']) AS rule;
-- what went back is not paid; a payment under way is none
SELECT t.as_system();
SAVEPOINT s;
SELECT t.login_as('h1');
SELECT refunded FROM dwello.refund_escrow(t.user('job'), 1);
SELECT amount FROM dwello.fund_escrow(t.user('job'));
SELECT rule, pg_temp.begin(rule) FROM unnest(ARRAY['first_milestone', 'contract', 'any']) AS rule;
ROLLBACK TO s;
SELECT t.pay('job');
SELECT rule, pg_temp.begin(rule) FROM unnest(ARRAY['first_milestone', 'contract', 'any']) AS rule;
-- what a bank has taken begins no work
SELECT t.as_system();
SELECT escrow_status, held FROM dwello.open_chargeback(t.user('job'), 'acme', 'bank', 95000, 'USD');
SELECT rule, pg_temp.begin(rule) FROM unnest(ARRAY['first_milestone', 'contract', 'any']) AS rule;
-- another word is none
SELECT v, t.try(format('SELECT dwello.set_setting(''start_requires'', %L)', v))
  FROM unnest(ARRAY['', 'all', 'first', 'any ', 'first_milestone contract', 'Any']) AS v;
SELECT value FROM dwello.set_setting('start_requires', NULL);
ROLLBACK;

--
-- The provider breaks it off
--
BEGIN;
SELECT t.deal('job', '[{"title": "Walls", "amount": 2}, {"title": "Doors", "amount": 3}]');
SELECT t.try(format($$SELECT dwello.abandon_job(%L, 'Ill.')$$, t.user('job')), 'p1');
SELECT t.pay('job', 50000);
SELECT t.start('job');
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('job'));
SELECT who, t.try(format($$SELECT dwello.abandon_job(%L, 'Ill.')$$, t.user('job')), who) FROM unnest(ARRAY['h1', 'p2', 's1', 'a1']) AS who;
SELECT t.try(format($$SELECT dwello.abandon_job(%L, NULL)$$, t.user('job')), 'p1');
SELECT t.try(format($$SELECT dwello.abandon_job(%L, repeat('x', 10001))$$, t.user('job')), 'p1');
SELECT t.try(format($$SELECT dwello.abandon_job(%L, 'Ill.')$$, t.user('nothing')), 'p1');
SELECT t.try(format($$SELECT dwello.abandon_job(%L, 'Ill.', 1)$$, t.user('job')), 'p1');
-- not while a part is disputed, nor while a bank has frozen it
SAVEPOINT s;
SELECT t.login_as('h1');
SELECT dispute_status FROM dwello.open_dispute(t.user('job'), 0, 'No.', (SELECT id FROM dwello.job_milestones WHERE job_id = t.user('job') AND sort_order = 1));
SELECT t.try(format($$SELECT dwello.abandon_job(%L, 'Ill.')$$, t.user('job')), 'p1');
ROLLBACK TO s;
SELECT t.as_system();
SELECT escrow_status FROM dwello.open_chargeback(t.user('job'), 'acme', 'bank', 50000, 'USD');
SELECT t.try(format($$SELECT dwello.abandon_job(%L, 'Ill.')$$, t.user('job')), 'p1');
ROLLBACK TO s;
SELECT t.login_as('p1');
SELECT job_id = t.user('job') AS is_job, status, responsible, refund, currency, transaction_id IS NOT NULL AS has_refund, replayed
  FROM dwello.abandon_job(t.user('job'), 'Ill.', idempotency_key => 'a');
SELECT status, responsible, refund, replayed FROM dwello.abandon_job(t.user('job'), 'Ill.', idempotency_key => 'a');
SELECT t.try(format($$SELECT dwello.abandon_job(%L, 'Ill.')$$, t.user('job')), 'p1');
SELECT t.as_system();
SELECT * FROM t.deal_state('job');
SELECT reason, responsible FROM dwello.jobs WHERE id = t.user('job');
SELECT t.deal_events('job', 'payment_received');
SELECT seq, event, actor_role, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq DESC LIMIT 1;
-- the payment that was under way goes back; both may say how it was, and it counts in no rating
SELECT is_late, held FROM dwello.confirm_payment(t.user('job'), 'acme', 'late', 45000, 'USD');
SELECT t.login_as('h1');
SELECT revealed FROM dwello.post_review(t.user('job'), 1, comment => 'Never came.');
SELECT t.login_as('p1');
SELECT revealed FROM dwello.post_review(t.user('job'), 5);
SELECT t.as_system();
SELECT dwello.deliver_events() > 0;
SELECT awarded_count, completed_count, review_count, rating_weight FROM dwello.provider_stats WHERE user_id = t.user('p1');
SELECT rating, is_unpaid FROM dwello.reviews_of(t.user('p1'));
SELECT u.first_name, n.title FROM dwello.notifications AS n JOIN dwello.users AS u ON u.id = n.user_id
 WHERE n.data->>'event' IN ('job_abandoned', 'escrow_refunded') ORDER BY 1, 2;
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT invariant FROM dwello.reconcile();
ROLLBACK;
-- with a part released before: that stays, and the review counts
BEGIN;
SELECT t.deal('job', '[{"title": "Walls", "amount": 2}, {"title": "Doors", "amount": 3}]');
SELECT t.pay('job'), t.start('job');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('job'), 38000);
SELECT t.try(format($$SELECT dwello.cancel_job(%L)$$, t.user('job')));
SELECT t.login_as('p1');
SELECT status, responsible, refund FROM dwello.abandon_job(t.user('job'), 'Ill.');
SELECT t.as_system();
SELECT * FROM t.deal_state('job');
SELECT t.login_as('h1');
SELECT revealed FROM dwello.post_review(t.user('job'), 2);
SELECT t.as_system();
SET LOCAL dwello.now = '2027-04-01';
SELECT dwello.deliver_events() > 0;
SELECT awarded_count, completed_count, review_count FROM dwello.provider_stats WHERE user_id = t.user('p1');
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;

--
-- All of it goes back
--
BEGIN;
SELECT t.deal('job'), t.deal('two'), t.deal('three');
SELECT t.pay('job'), t.start('job'), t.pay('two'), t.start('two'), t.pay('three');
-- by the provider, in parts: the last one ends it
SELECT t.login_as('p1');
SELECT refunded FROM dwello.refund_escrow(t.user('job'), 1);
SELECT status FROM dwello.jobs WHERE id = t.user('job');
SELECT refunded FROM dwello.refund_escrow(t.user('job'), reason => 'I cannot do it.');
SELECT t.try(format($$SELECT dwello.cancel_job(%L)$$, t.user('job')), 'h1');
SELECT t.try(format($$SELECT dwello.complete_job(%L)$$, t.user('job')), 'h1');
SELECT t.login_as('h1');
SELECT revealed FROM dwello.post_review(t.user('job'), 1);
-- by a dispute
SELECT dispute_status FROM dwello.open_dispute(t.user('two'), 0, 'Nothing was done.');
SELECT t.login_as('p1');
SELECT dispute_status FROM dwello.answer_dispute(t.user('two'), 0);
-- before the start nothing ends by it
SELECT refunded FROM dwello.refund_escrow(t.user('three'));
SELECT t.as_system();
SELECT j.title, j.status, j.reason, j.responsible, e.status AS escrow FROM dwello.jobs AS j JOIN dwello.escrow_accounts AS e ON e.job_id = j.id
 WHERE j.id IN (t.user('job'), t.user('two'), t.user('three')) ORDER BY j.title;
SELECT dwello.deliver_events() > 0;
SELECT awarded_count, completed_count FROM dwello.provider_stats WHERE user_id = t.user('p1');
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT invariant FROM dwello.reconcile();
ROLLBACK;
-- a bank took all of it: nothing was released, so the homeowner may only cancel
BEGIN;
SELECT t.deal('job');
SELECT t.pay('job'), t.start('job');
SELECT t.as_system();
SELECT escrow_status FROM dwello.open_chargeback(t.user('job'), 'acme', 'bank', 95000, 'USD');
SELECT escrow_status FROM dwello.close_chargeback(t.user('job'), 'acme', 'bank lost', false);
SELECT t.try(format($$SELECT dwello.complete_job(%L)$$, t.user('job')), 'h1');
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('job'), 'The bank has it.');
SELECT t.as_system();
SELECT status, responsible FROM dwello.jobs WHERE id = t.user('job');
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;
-- not by escrow: completed by word alone, and counts nowhere
BEGIN;
SELECT t.login_as('a1');
SELECT is_enabled FROM dwello.set_flag('escrow_payments', false);
SELECT t.deal('job'), t.deal('two');
SELECT t.login_as('p1');
SELECT t.try(format($$SELECT dwello.complete_job(%L)$$, t.user('job')), 'h1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT status, refund FROM dwello.abandon_job(t.user('two'), 'Ill.');
SELECT t.login_as('h1');
SELECT status FROM dwello.complete_job(t.user('job'));
SELECT revealed FROM dwello.post_review(t.user('job'), 5);
SELECT t.login_as('p1');
SELECT revealed FROM dwello.post_review(t.user('job'), 5);
SELECT t.as_system();
SELECT dwello.deliver_events() > 0;
SELECT awarded_count, completed_count, review_count FROM dwello.provider_stats WHERE user_id = t.user('p1');
SELECT rating, is_unpaid FROM dwello.reviews_of(t.user('p1'));
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;

--
-- A refund once the work has begun
--
BEGIN;
SELECT t.deal('job', '[{"title": "Walls", "amount": 2}, {"title": "Doors", "amount": 3}]');
SELECT t.pay('job');
-- before it the homeowner takes it back alone
SELECT t.try(format('SELECT dwello.request_refund(%L)', t.user('job')), 'h1');
SAVEPOINT s;
SELECT t.try(format('SELECT dwello.refund_escrow(%L, 1)', t.user('job')), 'h1');
ROLLBACK TO s;
SELECT t.start('job');
SELECT t.try(format('SELECT dwello.refund_escrow(%L, 1)', t.user('job')), 'h1');
SELECT who, t.try(format('SELECT dwello.request_refund(%L)', t.user('job')), who) FROM unnest(ARRAY['p1', 'h2', 's1', 'a1']) AS who;
SELECT t.try(format('SELECT dwello.request_refund(%L, %s)', job, amount), 'h1')
  FROM (VALUES (t.user('job'), '0'), (t.user('job'), '-1'), (t.user('job'), '95001'), (t.user('nothing'), '1'), (NULL, '1')) AS v (job, amount);
SELECT t.try(format('SELECT dwello.answer_refund(%L, true)', t.user('job')), 'p1');
-- asked, shown to both, and once at a time
SELECT t.login_as('h1');
SELECT request_status, answer_by, held, replayed FROM dwello.request_refund(t.user('job'), 40000, 'Too slow.', idempotency_key => 'r');
SELECT request_status, replayed FROM dwello.request_refund(t.user('job'), 40000, 'Too slow.', idempotency_key => 'r');
SELECT t.try(format('SELECT dwello.request_refund(%L)', t.user('job')));
SELECT event, at, stoppable_by FROM dwello.job_next_events(t.user('job'));
SELECT event, at, stoppable_by FROM dwello.escrow_next_events(t.user('job'));
SELECT t.try(format('SELECT dwello.answer_refund(%L, true)', t.user('job')));
SELECT who, t.try(format('SELECT dwello.answer_refund(%L, true)', t.user('job')), who) FROM unnest(ARRAY['p2', 'h2', 's1', 'a1']) AS who;
SELECT t.try(format('SELECT dwello.answer_refund(%L, NULL)', t.user('job')), 'p1');
SELECT count(*) AS provider FROM (SELECT t.app_as('p1')) AS x, dwello.refund_requests;
SELECT count(*) AS stranger FROM (SELECT t.app_as('p2')) AS x, dwello.refund_requests;
RESET ROLE;
SELECT t.as_system();
SELECT dwello.expire_refund_requests();
-- withdrawn
SAVEPOINT s;
SELECT t.login_as('h1');
SELECT request_status, refund, held FROM dwello.answer_refund(t.user('job'), false);
SELECT t.try(format('SELECT dwello.answer_refund(%L, true)', t.user('job')), 'p1');
SELECT request_status FROM dwello.request_refund(t.user('job'));
ROLLBACK TO s;
-- yes
SELECT t.login_as('p1');
SELECT request_status, refund, transaction_id IS NOT NULL AS has_refund, dispute_id, escrow_status, held, replayed
  FROM dwello.answer_refund(t.user('job'), true, idempotency_key => 'y');
SELECT request_status, refund, replayed FROM dwello.answer_refund(t.user('job'), true, idempotency_key => 'y');
SELECT t.as_system();
SELECT * FROM t.deal_state('job');
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT invariant FROM dwello.reconcile();
ROLLBACK TO s;
-- yes, when a part of it was released meanwhile: what is left
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('job'), 60000);
SELECT t.login_as('p1');
SELECT request_status, refund, escrow_status FROM dwello.answer_refund(t.user('job'), true);
SELECT status FROM dwello.jobs WHERE id = t.user('job');
ROLLBACK TO s;
-- and when all was: nothing
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('job'));
SELECT t.try(format('SELECT dwello.answer_refund(%L, true)', t.user('job')), 'p1');
SELECT t.as_system();
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT dwello.expire_refund_requests();
SELECT status, answered_at FROM dwello.refund_requests WHERE job_id = t.user('job');
ROLLBACK TO s;
-- no: a dispute in which both have said what they want
SELECT t.login_as('p1');
SELECT request_status, refund, dispute_id IS NOT NULL AS is_disputed, escrow_status, held FROM dwello.answer_refund(t.user('job'), false);
SELECT t.as_system();
SELECT status, disputed_amount, homeowner_offer, provider_offer, answer_by, opened_by = t.user('h1') AS by_homeowner, reason FROM dwello.disputes WHERE job_id = t.user('job');
SELECT t.login_as('s1');
SELECT dispute_status, held, released, refunded FROM dwello.resolve_dispute(t.user('job'), 30000);
SELECT t.as_system();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT invariant FROM dwello.reconcile();
ROLLBACK TO s;
-- nothing: consent, by the clock and then by the worker
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT t.try(format('SELECT dwello.answer_refund(%L, false)', t.user('job')), 'p1');
SELECT t.as_system();
SELECT dwello.expire_refund_requests();
SELECT dwello.expire_refund_requests();
SELECT * FROM t.deal_state('job');
SELECT t.deal_events('job', 'refund_proposed');
SELECT event, actor_role, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq DESC LIMIT 1;
SELECT dwello.deliver_events() > 0;
SELECT u.first_name, n.title FROM dwello.notifications AS n JOIN dwello.users AS u ON u.id = n.user_id
 WHERE n.data->>'event' LIKE 'refund\_%' ORDER BY 1, 2;
ROLLBACK TO s;
-- not while a bank has frozen it
SELECT escrow_status FROM dwello.open_chargeback(t.user('job'), 'acme', 'bank', 5000, 'USD');
SELECT t.try(format('SELECT dwello.answer_refund(%L, true)', t.user('job')), 'p1');
SET LOCAL dwello.now = '2027-03-09';
SELECT t.as_system();
SELECT dwello.expire_refund_requests();
ROLLBACK;
-- all of it, by consent: the job ends, by neither side
BEGIN;
SELECT t.deal('job');
SELECT t.pay('job'), t.start('job');
SELECT t.login_as('h1');
SELECT request_status FROM dwello.request_refund(t.user('job'));
SELECT t.login_as('p1');
SELECT request_status, refund, escrow_status, held FROM dwello.answer_refund(t.user('job'), true);
SELECT status, responsible FROM dwello.jobs WHERE id = t.user('job');
SELECT name, t.try('SELECT dwello.expire_refund_requests()', name) FROM unnest(ARRAY['h1', 'p1', 'a1', 's1']) AS name;
SELECT t.as_system();
SELECT n, t.try(format('SELECT dwello.expire_refund_requests(%L)', n)) FROM unnest(ARRAY[NULL, 0, 10001]) AS n;
ROLLBACK;
