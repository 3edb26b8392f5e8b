--
-- dispute.sql
--	Disputes: figures that meet, cross or do not, default decisions, mediators, and
--	what becomes of the money, the milestones, the job.
--
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE VIEW t.disputed AS
SELECT d.job_id, d.status, d.disputed_amount AS amount, d.homeowner_offer AS homeowner,
       d.provider_offer AS provider, d.settled_amount AS settled, d.closed_at IS NOT NULL AS closed,
       date_trunc('minute', d.answer_by - d.created_at) AS wait, e.status AS escrow, e.held, e.disputed, e.released,
       e.refunded, e.fee_taken AS fee, j.status AS job, d.id
  FROM dwello.disputes AS d
  JOIN dwello.escrow_accounts AS e USING (job_id)
  JOIN dwello.jobs AS j ON j.id = d.job_id;
-- A paid job under way, in which p1 has delivered its first milestone.
CREATE FUNCTION t.delivered(name text, amount bigint, plan bigint[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.award(name, amount, plan);
  PERFORM t.pay(name);
  PERFORM t.start(name);
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_milestone(t.user(name));
  PERFORM t.login_as(NULL);
END
$$;

------------------------------------------------------------------------
-- one milestone: the others go on, the figures do not meet, then they do
------------------------------------------------------------------------
SELECT t.delivered('one', 100001, '{1,2,4}');
BEGIN;
SELECT t.app_as('h1');
SELECT dispute_status, disputed_amount, homeowner_offer, provider_offer, settled_amount,
       milestone_id = t.user('one m1') AS is_m1, transaction_id, answer_by > now() AS waits,
       escrow_status, currency, funded, held, released, refunded, charged_back, version, replayed
  FROM dwello.open_dispute(t.user('one'), 5000, 'It leaks.', t.user('one m1'),
                           expected_version => 3, idempotency_key => 'leak');
SELECT dispute_status, version, replayed
  FROM dwello.open_dispute(t.user('one'), 5000, 'It leaks.', t.user('one m1'),
                           expected_version => 3, idempotency_key => 'leak');
SELECT count(*) AS seen FROM dwello.disputes WHERE job_id = t.user('one');
COMMIT;
SELECT status, amount, homeowner, provider, wait, escrow, held, disputed, job FROM t.disputed WHERE job_id = t.user('one');
SELECT sort_order, status, disputed, status_before, auto_release_at IS NOT NULL AS clock
  FROM dwello.job_milestones WHERE job_id = t.user('one') ORDER BY 1;
SELECT t.refused('h1', $$open_dispute(t.user('one'), 0, 'Again.', t.user('one m1'))$$) AS again,
       t.refused('p1', $$refund_escrow(t.user('one'), milestone_id => t.user('one m1'))$$) AS refund,
       t.refused('h1', $$approve_milestone(t.user('one'), t.user('one m1'))$$) AS approve,
       t.refused('h1', $$release_escrow(t.user('one'), 85716)$$) AS too_much;
BEGIN;
SELECT t.app_as('h1');
SELECT amount, fee, escrow_status, held FROM dwello.release_escrow(t.user('one'), milestone_id => t.user('one m2'));
SELECT t.app_as('p1');
SELECT dispute_status, provider_offer, escrow_status, version
  FROM dwello.answer_dispute(t.user('one'), 14286, notes => 'It does not.');
COMMIT;
SELECT status, wait, answer FROM t.disputed JOIN dwello.disputes AS d USING (job_id, status) WHERE job_id = t.user('one');
SELECT * FROM dwello.reconcile();
BEGIN;
SELECT t.app_as('h1');
SELECT dispute_status, homeowner_offer FROM dwello.answer_dispute(t.user('one'), 9999);
SELECT t.app_as('p1');
SELECT dispute_status, homeowner_offer, provider_offer, settled_amount, transaction_id IS NOT NULL AS paid,
       answer_by, escrow_status, held, released, refunded
  FROM dwello.answer_dispute(t.user('one'), 9996);
COMMIT;
SELECT transaction_type, amount, platform_fee, tax, net_amount FROM dwello.transactions
 WHERE scope_id = t.user('one') AND transaction_type = 'dispute';
SELECT n.leg, coalesce(a.kind::text, 'escrow') AS account, a.psp, n.amount
  FROM dwello.ledger_entries AS n JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE n.scope_id = t.user('one') AND x.transaction_type = 'dispute' ORDER BY 1;
SELECT sort_order, status, released, refunded, disputed FROM dwello.job_milestones WHERE job_id = t.user('one') ORDER BY 1;
SELECT type, payload->>'amount' AS amount, payload->>'settled_amount' AS settled, payload->>'reason' AS reason
  FROM dwello.outbox WHERE scope_id = t.user('one') AND (type LIKE 'dispute%' OR type LIKE 'refund%') ORDER BY id;
SELECT seq, event, actor_role, from_status, to_status, transaction_id IS NOT NULL AS paid
  FROM dwello.escrow_events WHERE job_id = t.user('one') ORDER BY seq;
SELECT t.refused('p1', $$answer_dispute(t.user('one'), 1)$$) AS nothing_open,
       t.refused('p1', format($f$answer_dispute(t.user('one'), 1, %L)$f$, (SELECT id FROM t.disputed WHERE job_id = t.user('one') LIMIT 1))) AS over;
SELECT * FROM dwello.reconcile();
BEGIN;
SELECT t.login_as('h1');
SELECT escrow_status, held, released, refunded FROM dwello.release_escrow(t.user('one'));
COMMIT;
SELECT escrow, fee, dwello.fee_amount(released, 50000) AS at_once, job FROM t.disputed WHERE job_id = t.user('one');

------------------------------------------------------------------------
-- all of it: the job is disputed, and what it was before when withdrawn
------------------------------------------------------------------------
SELECT t.delivered('all', 100000, '{1,1}');
BEGIN;
SELECT t.login_as('p1');
SELECT disputed_amount, provider_offer, milestone_id, escrow_status FROM dwello.open_dispute(t.user('all'), 100000, 'They do not answer.');
SELECT status, wait, escrow, held, disputed, job FROM t.disputed WHERE job_id = t.user('all');
SELECT t.refused('h1', $$withdraw_dispute(t.user('all'))$$) AS not_his,
       t.refused('h1', $$release_escrow(t.user('all'))$$) AS release,
       t.refused('p1', $$submit_milestone(t.user('all'))$$) AS submit,
       t.refused('h1', $$complete_job(t.user('all'))$$) AS complete,
       t.refused('h1', $$open_dispute(t.user('all'), 0, 'Mine.')$$) AS open;
SELECT t.login_as('p1');
SELECT dispute_status, escrow_status, held, answer_by FROM dwello.withdraw_dispute(t.user('all'), idempotency_key => 'peace');
SELECT dispute_status, replayed FROM dwello.withdraw_dispute(t.user('all'), idempotency_key => 'peace');
COMMIT;
SELECT status, closed, escrow, disputed, job FROM t.disputed WHERE job_id = t.user('all');
SELECT sort_order, status, disputed, status_before, dispute_id, auto_release_at > now() AS clock
  FROM dwello.job_milestones WHERE job_id = t.user('all') ORDER BY 1;
SELECT * FROM dwello.reconcile();

-- the clock stood still meanwhile
BEGIN;
SELECT set_config('dwello.now', (now() + '1 day')::text, true) IS NOT NULL AS pinned;
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('all'), 0, 'No.', t.user('all m1'));
SELECT set_config('dwello.now', (now() + '4 days')::text, true) IS NOT NULL AS pinned;
SELECT dispute_status FROM dwello.withdraw_dispute(t.user('all'));
SELECT date_trunc('minute', auto_release_at - submitted_at) AS clock FROM dwello.job_milestones WHERE id = t.user('all m1');
ROLLBACK;

-- a mediator, to the cent; twice, and once more under another key
BEGIN;
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('all'), 0, 'Nothing is right.');
SELECT t.refused('h1', $$resolve_dispute(t.user('all'), 0)$$) AS party,
       t.refused('s1', $$resolve_dispute(t.user('all'), 1, 1)$$) AS sum,
       t.refused('s1', $$resolve_dispute(t.user('all'), 100001)$$) AS beyond,
       t.refused('s1', $$resolve_dispute(t.user('all'), -1)$$) AS negative,
       t.refused('s1', $$resolve_dispute(t.user('all'), 1, -1)$$) AS negative;
SELECT t.login_as('s1');
SELECT dispute_status, settled_amount, escrow_status, held, released, refunded, replayed
  FROM dwello.resolve_dispute(t.user('all'), 50001, 49999, reason => 'Half of it is good.', idempotency_key => 'word');
SELECT dispute_status, settled_amount, replayed
  FROM dwello.resolve_dispute(t.user('all'), 50001, 49999, reason => 'Half of it is good.', idempotency_key => 'word');
SELECT t.refused('a1', $$resolve_dispute(t.user('all'), 50001)$$) AS again;
COMMIT;
SELECT status, settled, escrow, released, refunded, fee, job FROM t.disputed WHERE job_id = t.user('all') AND settled IS NOT NULL;
SELECT sort_order, status, released, refunded FROM dwello.job_milestones WHERE job_id = t.user('all') ORDER BY 1;
SELECT resolution FROM dwello.disputes WHERE job_id = t.user('all') AND status = 'resolved';
SELECT * FROM dwello.reconcile();

-- to one side alone: no fee on what goes back
SELECT t.delivered('back', 70000);
BEGIN;
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('back'), 0, 'Gone.');
SELECT t.login_as('p1');
SELECT dispute_status, settled_amount, escrow_status, held, refunded FROM dwello.answer_dispute(t.user('back'), 0);
COMMIT;
SELECT escrow, fee, job FROM t.disputed WHERE job_id = t.user('back');
SELECT t.delivered('forth', 70000);
BEGIN;
SELECT t.login_as('p1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('forth'), 70000, 'Pay.');
SELECT t.login_as('h1');
SELECT dispute_status, settled_amount, escrow_status, released FROM dwello.answer_dispute(t.user('forth'), 70000);
COMMIT;
SELECT escrow, fee, job FROM t.disputed WHERE job_id = t.user('forth');
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- the homeowner pays the fee: their share of what goes back goes back
------------------------------------------------------------------------
BEGIN;
INSERT INTO dwello.fee_schedules (name, rate_ppm, tax_ppm, payer) VALUES ('theirs', 50000, 100000, 'homeowner');
SELECT t.delivered('theirs', 100000, '{2,3,5}');
SELECT funded FROM dwello.escrow_accounts WHERE job_id = t.user('theirs');
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('theirs'), 0, 'Bad.', t.user('theirs m3'));
SELECT escrow, held, disputed FROM t.disputed WHERE job_id = t.user('theirs');
SELECT t.login_as('a1');
SELECT settled_amount, held, released, refunded FROM dwello.resolve_dispute(t.user('theirs'), 30000);
SELECT amount, platform_fee, tax, net_amount FROM dwello.transactions WHERE scope_id = t.user('theirs') AND transaction_type = 'dispute';
SELECT t.login_as('h1');
SELECT amount, fee, tax, payout, escrow_status, held FROM dwello.release_escrow(t.user('theirs'));
SELECT t.login_as(NULL);
SELECT * FROM dwello.reconcile();
ROLLBACK;

------------------------------------------------------------------------
-- no answer, late answers, and a mediator who never came
------------------------------------------------------------------------
SELECT t.delivered('mute', 40001, '{1,1}');
BEGIN;
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('mute'), 101, 'No.', t.user('mute m1'));
SELECT t.login_as('p1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('mute'), 20000, 'Yes.', t.user('mute m2'));
SELECT t.refused('p1', $$answer_dispute(t.user('mute'), 5)$$) AS which_one;
SELECT escrow, job FROM t.disputed WHERE job_id = t.user('mute') LIMIT 1;
COMMIT;
SELECT * FROM dwello.expire_disputes();
BEGIN;
SELECT set_config('dwello.now', (now() + '4 days 1 minute')::text, true) IS NOT NULL AS pinned;
SELECT t.refused('p1', format($f$answer_dispute(t.user('mute'), 5, %L)$f$, id)) AS late,
       t.refused('h1', format($f$withdraw_dispute(t.user('mute'), %L)$f$, id)) AS late,
       t.refused('s1', format($f$resolve_dispute(t.user('mute'), 5, dispute_id => %L)$f$, id)) AS late
  FROM t.disputed WHERE job_id = t.user('mute') AND homeowner IS NOT NULL;
SELECT * FROM dwello.expire_disputes();
SELECT * FROM dwello.expire_disputes();
SELECT status, amount, homeowner, provider, settled, escrow, job FROM t.disputed WHERE job_id = t.user('mute') ORDER BY homeowner;
-- the other one: both named a figure, and nobody decided
SELECT t.login_as('h1');
SELECT dispute_status, homeowner_offer, provider_offer FROM dwello.answer_dispute(t.user('mute'), 7);
SELECT t.as_system();
SELECT set_config('dwello.now', (now() + '34 days')::text, true) IS NOT NULL AS pinned;
SELECT * FROM dwello.expire_disputes();
SELECT set_config('dwello.now', (now() + '34 days 2 minutes')::text, true) IS NOT NULL AS pinned;
SELECT * FROM dwello.expire_disputes(1);
SELECT status, settled, escrow, released, refunded, fee, job FROM t.disputed WHERE job_id = t.user('mute') ORDER BY homeowner;
SELECT * FROM dwello.reconcile();
SELECT event, actor_role, to_status FROM dwello.escrow_events WHERE job_id = t.user('mute') AND event = 'default_decision' ORDER BY seq;
ROLLBACK;

-- days are settings
BEGIN;
SELECT t.login_as('a1');
SELECT value FROM dwello.set_setting('dispute_provider_days', '2');
SELECT t.login_as(NULL);
SELECT t.delivered('wait a little', 50000);
SELECT t.login_as('h1');
SELECT answer_by - now() < '3 days' AS sooner FROM dwello.open_dispute(t.user('wait a little'), 0, 'No.');
ROLLBACK;

------------------------------------------------------------------------
-- refusals, and which of two comes first
------------------------------------------------------------------------
SELECT t.award('poor', 50000, '{1,1}');
SELECT t.refused('h1', $$open_dispute(t.user('poor'), 0, 'x')$$) AS not_paid;
SELECT t.pay('poor', 25000);
SELECT call, who, t.refused(who, call) FROM (VALUES
  ('h1', $$open_dispute(NULL, -1, 'x')$$), ('h1', $$open_dispute(t.user('poor'), NULL, 'x')$$),
  ('h1', $$open_dispute(t.user('poor'), 0, NULL)$$), ('h1', $$open_dispute(t.user('poor'), -1, 'x')$$),
  ('h1', $$open_dispute(t.user('poor'), -1, repeat('x', 10001))$$), ('h1', $$open_dispute(t.user('poor'), 0, ' ')$$),
  ('h1', $$open_dispute(t.user('nobody'), 0, 'x')$$), ('h1', $$open_dispute(t.user('poor'), 0, 'x', t.user('nothing'))$$),
  ('h2', $$open_dispute(t.user('poor'), 0, 'x')$$), ('p2', $$open_dispute(t.user('poor'), 0, 'x')$$),
  ('a1', $$open_dispute(t.user('poor'), 0, 'x')$$), ('s1', $$open_dispute(t.user('poor'), 0, 'x')$$),
  (NULL, $$open_dispute(t.user('poor'), 0, 'x')$$),
  ('h1', $$open_dispute(t.user('poor'), 0, 'x', expected_version => 1)$$),
  ('h1', $$open_dispute(t.user('poor'), 25001, 'x')$$),
  ('h1', $$open_dispute(t.user('poor'), 0, 'x', t.user('poor m2'))$$),
  ('h1', $$answer_dispute(t.user('poor'), NULL)$$), ('h1', $$answer_dispute(t.user('poor'), -1)$$),
  ('h1', $$answer_dispute(t.user('poor'), 1)$$), ('h1', $$answer_dispute(t.user('poor'), 1, t.user('nothing'))$$),
  ('p2', $$answer_dispute(t.user('poor'), 1)$$), ('a1', $$answer_dispute(t.user('poor'), 1)$$),
  ('h1', $$withdraw_dispute(t.user('poor'))$$), ('h1', $$withdraw_dispute(NULL)$$),
  ('s1', $$resolve_dispute(t.user('poor'), 1)$$), ('p1', $$resolve_dispute(t.user('poor'), 1)$$),
  ('s1', $$resolve_dispute(t.user('poor'), NULL)$$),
  ('h1', $$expire_disputes()$$), (NULL, $$expire_disputes(0)$$), (NULL, $$expire_disputes(NULL)$$)
) AS c (who, call);
BEGIN;
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('poor'), 25000, 'x');
SELECT t.refused('p1', $$answer_dispute(t.user('poor'), 25001)$$) AS beyond,
       t.refused('h1', $$open_dispute(t.user('poor'), 0, 'x')$$) AS another;
COMMIT;

-- settled before work began: the job is awarded again, and the rest still due
BEGIN;
SELECT job, escrow FROM t.disputed WHERE job_id = t.user('poor');
SELECT t.login_as('p1');
SELECT dispute_status, escrow_status, held FROM dwello.answer_dispute(t.user('poor'), 0);
SELECT job, escrow, released, refunded FROM t.disputed WHERE job_id = t.user('poor');
SELECT t.login_as(NULL);
SELECT * FROM dwello.reconcile();
ROLLBACK;

------------------------------------------------------------------------
-- a bank takes what is disputed: what is left, or that it is over
------------------------------------------------------------------------
SELECT t.delivered('banked', 100000, '{4,6}');
BEGIN;
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('banked'), 35000, 'No.', t.user('banked m1'));
SELECT disputed_amount FROM dwello.open_dispute(t.user('banked'), 1000, 'No.');
SELECT t.as_system();
SELECT held_amount, escrow_status FROM dwello.open_chargeback(t.user('banked'), 'acme', 'case', 70000, 'USD');
SELECT t.refused('p1', format($f$answer_dispute(t.user('banked'), 5, %L)$f$, id)) AS frozen,
       t.refused('s1', format($f$resolve_dispute(t.user('banked'), 5, dispute_id => %L)$f$, id)) AS frozen,
       t.refused('h1', format($f$withdraw_dispute(t.user('banked'), %L)$f$, id)) AS frozen
  FROM t.disputed WHERE job_id = t.user('banked') AND amount = 40000;
SAVEPOINT frozen;
SELECT set_config('dwello.now', (now() + '5 days')::text, true) IS NOT NULL AS pinned;
SELECT * FROM dwello.expire_disputes();
SELECT escrow_status, held FROM dwello.close_chargeback(t.user('banked'), 'acme', 'lost', false);
SELECT amount, status, homeowner, settled, closed, escrow, held, disputed, job
  FROM t.disputed WHERE job_id = t.user('banked') ORDER BY amount;
SELECT sort_order, status, refunded, disputed FROM dwello.job_milestones WHERE job_id = t.user('banked') ORDER BY 1;
SELECT * FROM dwello.reconcile();
-- nobody could answer meanwhile: the time begins anew
SELECT * FROM dwello.expire_disputes();
SELECT set_config('dwello.now', (now() + '10 days')::text, true) IS NOT NULL AS pinned;
SELECT * FROM dwello.expire_disputes();
SELECT amount, status, homeowner, settled, escrow, held, released, fee, job
  FROM t.disputed WHERE job_id = t.user('banked') ORDER BY amount;
SELECT * FROM dwello.reconcile();
ROLLBACK TO frozen;
SELECT escrow_status, held FROM dwello.close_chargeback(t.user('banked'), 'acme', 'won', true);
SELECT amount, status, homeowner, escrow, held, disputed, job
  FROM t.disputed WHERE job_id = t.user('banked') ORDER BY amount;
SELECT * FROM dwello.reconcile();
ROLLBACK;

-- users hear of it: the other side of what one has done, both of the end
BEGIN;
SELECT dwello.deliver_events(100000) > 0 AS delivered;
SELECT title, user_id = t.user('h1') AS to_homeowner, count(*)
  FROM dwello.notifications WHERE title LIKE '%dispute%' GROUP BY 1, 2 ORDER BY 1, 2;
ROLLBACK;

SELECT t.forget('one', 'all', 'back', 'forth', 'mute', 'poor', 'banked');
DROP VIEW t.disputed;
DROP FUNCTION t.delivered;
