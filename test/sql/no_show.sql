--
-- no_show.sql
--	Providers who do not come: reported, answered, decided, or not answered;
--	and what silence has agreed to, which comes before all else.
--
-- Each part is a transaction of its own that is rolled back, on a clock that
-- stands still.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';
\set VERBOSITY sqlstate

-- A job of h1 with the bid of p1, paid.
CREATE FUNCTION t.booked(name text, plan bigint[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.contract(name, 80000, plan);
  PERFORM t.pay(name);
END
$$;
-- How a job, its escrow and its report stand.
CREATE FUNCTION t.report_state(name text)
RETURNS TABLE (job dwello.job_status, reason text, responsible dwello.job_side, escrow dwello.escrow_status, held bigint,
  refunded bigint, report dwello.offer_status, consent_at timestamptz)
LANGUAGE sql
AS $$
  SELECT j.status, j.reason, j.responsible, e.status, e.held, e.refunded, q.status, e.consent_at
    FROM dwello.jobs AS j JOIN dwello.escrow_accounts AS e ON e.job_id = j.id
    LEFT JOIN dwello.refund_requests AS q ON q.job_id = j.id
   WHERE j.id = t.user(name)
$$;

--
-- What cannot be reported
--
BEGIN;
SELECT t.contract('job', 80000);
SELECT t.try(format('SELECT dwello.report_no_show(%L)', t.user('job')), 'h1') AS unpaid;
SELECT t.try(format('SELECT dwello.report_no_show(%L)', t.user('nothing')), 'h1') AS unknown;
SELECT t.pay('job');
SELECT name, t.try(format('SELECT dwello.report_no_show(%L)', t.user('job')), name) FROM unnest(ARRAY['p1', 'h2', 'p2', 'a1', 's1']) AS name;
SELECT t.try('SELECT dwello.report_no_show(NULL)', 'h1');
SELECT t.try(format('SELECT dwello.report_no_show(%L, repeat(''x'', 10001))', t.user('job')), 'h1');
SELECT t.try(format('SELECT dwello.report_no_show(%L, expected_version => 1)', t.user('job')), 'h1');
SELECT t.try(format('SELECT dwello.answer_no_show(%L, true)', t.user('job')), 'p1') AS nothing;
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SAVEPOINT s;
SELECT t.login_as('h1');
SELECT request_status FROM dwello.request_refund(t.user('job'));
SELECT t.try(format('SELECT dwello.report_no_show(%L)', t.user('job')));
SELECT t.try(format('SELECT dwello.answer_no_show(%L, true)', t.user('job')), 'p1') AS a_refund;
ROLLBACK TO s;
SELECT t.login_as('p1');
SELECT milestone_status FROM dwello.submit_milestone(t.user('job'));
SELECT t.try(format('SELECT dwello.report_no_show(%L)', t.user('job')), 'h1') AS delivered;
ROLLBACK TO s;
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('job'), 10);
SELECT t.try(format('SELECT dwello.report_no_show(%L)', t.user('job')), 'h1') AS paid;
ROLLBACK TO s;
SELECT t.login_as('h1');
SELECT dispute_status FROM dwello.open_dispute(t.user('job'), 0, 'No.');
SELECT t.try(format('SELECT dwello.report_no_show(%L)', t.user('job')), 'h1') AS disputed;
ROLLBACK TO s;
SELECT t.as_system();
SELECT escrow_status FROM dwello.open_chargeback(t.user('job'), 'acme', 'bank', 5000, 'USD');
SELECT t.try(format('SELECT dwello.report_no_show(%L)', t.user('job')), 'h1') AS frozen;
ROLLBACK TO s;
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('job'));
SELECT t.try(format('SELECT dwello.report_no_show(%L)', t.user('job')), 'h1') AS over;
ROLLBACK;

--
-- Reported before the start, and what comes of it
--
BEGIN;
SELECT t.booked('job', '{1,3}');
SELECT t.login_as('h1');
SELECT request_status, answer_by, escrow_status, held, replayed FROM dwello.report_no_show(t.user('job'), 'Nobody came.', idempotency_key => 'k');
SELECT request_status, replayed FROM dwello.report_no_show(t.user('job'), 'Nobody came.', idempotency_key => 'k');
SELECT t.try(format('SELECT dwello.report_no_show(%L)', t.user('job')));
SELECT t.try(format('SELECT dwello.answer_no_show(%L, true)', t.user('job')));
SELECT t.try(format('SELECT dwello.answer_refund(%L, true)', t.user('job')), 'p1') AS no_refund;
SELECT event, at, stoppable_by FROM dwello.job_next_events(t.user('job'));
SELECT event, at, stoppable_by FROM dwello.escrow_next_events(t.user('job'));
SELECT * FROM t.report_state('job');
SAVEPOINT s;
-- yes: the job ends by the provider, who had the award; both may say what they think
SELECT t.login_as('p1');
SELECT request_status, refund, transaction_id IS NOT NULL AS has_refund, dispute_id, status, escrow_status, held, replayed
  FROM dwello.answer_no_show(t.user('job'), true, idempotency_key => 'y');
SELECT request_status, status, replayed FROM dwello.answer_no_show(t.user('job'), true, idempotency_key => 'y');
SELECT t.as_system();
SELECT * FROM t.report_state('job');
SELECT string_agg(o.type, ', ' ORDER BY o.id) FROM dwello.outbox AS o WHERE o.scope_id = t.user('job') AND o.type <> 'agent_outcome'
  AND o.id >= (SELECT s.id FROM dwello.outbox AS s WHERE s.scope_id = t.user('job') AND s.type = 'no_show_reported');
SELECT event, actor_role, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq DESC LIMIT 1;
SELECT dwello.deliver_events() > 0;
SELECT u.first_name, n.title FROM dwello.notifications AS n JOIN dwello.users AS u ON u.id = n.user_id
 WHERE n.data->>'event' LIKE 'no\_show\_%' ORDER BY 1, 2;
SELECT awarded_count, completed_count FROM dwello.provider_stats WHERE user_id = t.user('p1');
SELECT t.try(format('SELECT dwello.post_review(%L, 1)', t.user('job')), 'h1') AS h1, t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job')), 'p1') AS p1;
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT invariant FROM dwello.reconcile();
ROLLBACK TO s;
-- no: a dispute in which both have said what they want
SELECT t.login_as('p1');
SELECT request_status, refund, dispute_id IS NOT NULL AS is_disputed, status, escrow_status FROM dwello.answer_no_show(t.user('job'), false);
SELECT * FROM t.report_state('job');
SELECT status, disputed_amount, homeowner_offer, provider_offer, reason FROM dwello.disputes WHERE job_id = t.user('job');
SAVEPOINT d;
-- all of it goes back: they did not come
SELECT t.login_as('s1');
SELECT dispute_status, refunded FROM dwello.resolve_dispute(t.user('job'), 80000);
SELECT t.as_system();
SELECT * FROM t.report_state('job');
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
SELECT invariant FROM dwello.reconcile();
ROLLBACK TO d;
-- a part: they did, and the contract goes on with what is left of it
SELECT t.login_as('s1');
SELECT dispute_status, released, refunded FROM dwello.resolve_dispute(t.user('job'), 60000);
SELECT t.as_system();
SELECT * FROM t.report_state('job');
SELECT invariant FROM dwello.reconcile();
ROLLBACK TO s;
-- taken back by who made it
SELECT t.login_as('h1');
SELECT request_status, status, held FROM dwello.answer_no_show(t.user('job'), false);
SELECT * FROM t.report_state('job');
ROLLBACK TO s;
-- they come after all; the report still waits for an answer, and a dispute overtakes it
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT t.login_as('h1');
SELECT dispute_status FROM dwello.open_dispute(t.user('job'), 0, 'No.');
SELECT t.try(format('SELECT dwello.answer_no_show(%L, true)', t.user('job')), 'p1');
SET LOCAL dwello.now = '2027-03-05 12:00:00+00';
SELECT t.as_system();
SELECT dwello.expire_no_shows();
SELECT * FROM t.report_state('job');
ROLLBACK TO s;
-- nothing, to the last moment
SET LOCAL dwello.now = '2027-03-05 11:59:59.999999+00';
SELECT t.as_system();
SELECT dwello.expire_no_shows();
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('job')), 'p1') AS in_time;
SET LOCAL dwello.now = '2027-03-05 12:00:00+00';
-- past it the report holds, marked or not
SAVEPOINT l;
SELECT c, t.try(format('SELECT dwello.' || c, t.user('job'), t.part('job', 1)), a) FROM (VALUES
  ('p1', 'answer_no_show(%1$L, false)'), ('h1', 'answer_no_show(%1$L, false)'), ('p1', 'submit_milestone(%1$L)'),
  ('p1', 'refund_escrow(%1$L)'), ('p1', 'abandon_job(%1$L, ''Ill.'')'), ('h1', 'cancel_job(%1$L)'), ('h1', 'complete_job(%1$L)'),
  ('h1', 'release_escrow(%1$L)'), ('h1', 'approve_milestone(%1$L, %2$L)'), ('h1', 'open_dispute(%1$L, 0, ''No.'')'),
  ('h1', 'request_refund(%1$L)'), ('h1', 'report_no_show(%1$L)'), ('h1', 'plan_milestones(%1$L, ''[{"title": "All"}]'')'),
  ('p1', 'propose_change_order(%1$L, ''More'', 100)'), ('h1', 'fund_escrow(%1$L)'), ('p1', 'start_job(%1$L)')) AS v (a, c);
SELECT t.as_system();
SELECT dwello.expire_no_shows();
SELECT dwello.expire_no_shows();
SELECT * FROM t.report_state('job');
SELECT invariant FROM dwello.reconcile();
ROLLBACK TO s;
-- nor when work is delivered, which is an answer, too
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT milestone_status FROM dwello.submit_milestone(t.user('job'));
SET LOCAL dwello.now = '2027-03-05 12:00:00+00';
SELECT t.as_system();
SELECT dwello.expire_no_shows();
SELECT * FROM t.report_state('job');
ROLLBACK TO s;
-- a bank that has frozen it is waited for
SELECT t.as_system();
SELECT escrow_status FROM dwello.open_chargeback(t.user('job'), 'acme', 'bank', 5000, 'USD');
SET LOCAL dwello.now = '2027-03-06';
SELECT dwello.expire_no_shows();
SELECT t.try(format('SELECT dwello.answer_no_show(%L, true)', t.user('job')), 'p1');
SELECT escrow_status, held FROM dwello.close_chargeback(t.user('job'), 'acme', 'gone', false);
SELECT dwello.expire_no_shows();
SELECT * FROM t.report_state('job');
SELECT invariant FROM dwello.reconcile();
ROLLBACK;

--
-- A refund that silence has agreed to is not released by the clock
--
BEGIN;
SELECT t.booked('job', '{1,3}');
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT milestone_status FROM dwello.submit_milestone(t.user('job'));
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT t.login_as('h1');
SELECT request_status, answer_by FROM dwello.request_refund(t.user('job'), 60000);
SET LOCAL dwello.now = '2027-03-15 12:00:00+00';
SELECT t.as_system();
SELECT released FROM dwello.release_due_escrows();
SELECT t.try(format('SELECT dwello.release_escrow(%L)', t.user('job')), 'h1');
SELECT dwello.expire_refund_requests();
SELECT released FROM dwello.release_due_escrows();
SELECT t.left('job');
SELECT invariant FROM dwello.reconcile();
ROLLBACK;
SELECT name, t.try('SELECT dwello.expire_no_shows()', name) FROM unnest(ARRAY['h1', 'p1', 'a1', 's1']) AS name;
SELECT n, t.try(format('SELECT dwello.expire_no_shows(%L)', n)) FROM unnest(ARRAY[NULL, 0, 10001]) AS n;
