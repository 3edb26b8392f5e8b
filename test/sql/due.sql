--
-- due.sql
--	What becomes due by itself: milestones that nobody reviewed, those that
--	were approved before they could be paid, what comes next and who can stop it.
--
SET client_min_messages = warning;
SET timezone = 'UTC';

-- A paid job under way, whose first milestones p1 has delivered.
CREATE FUNCTION t.delivered(name text, amount bigint, plan bigint[], parts integer) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.award(name, amount, plan);
  PERFORM t.pay(name);
  PERFORM t.start(name);
  PERFORM t.login_as('p1');
  FOR part IN 1 .. parts LOOP
    PERFORM dwello.submit_milestone(t.user(name));
  END LOOP;
  PERFORM t.login_as(NULL);
END
$$;

------------------------------------------------------------------------
-- release_due_escrows
------------------------------------------------------------------------
SELECT t.delivered('due a', 100001, '{1,1,1}', 2), t.delivered('due b', 20000, '{1}', 1),
       t.delivered('due c', 30000, '{1}', 0);
SELECT * FROM dwello.release_due_escrows();
BEGIN;
SELECT set_config('dwello.now', (now() + '14 days 1 minute')::text, true) IS NOT NULL AS pinned;
SELECT * FROM dwello.release_due_escrows(1);
SELECT * FROM dwello.release_due_escrows();
SELECT * FROM dwello.release_due_escrows();
SELECT j.title, j.status AS job, e.status, e.held, e.released, e.fee_taken, dwello.fee_amount(e.released, 50000) AS at_once
  FROM dwello.escrow_accounts AS e JOIN dwello.jobs AS j ON j.id = e.job_id WHERE j.title LIKE 'due _' ORDER BY 1;
SELECT sort_order, status, released, auto_release_at IS NOT NULL AS clock
  FROM dwello.job_milestones WHERE job_id = t.user('due a') ORDER BY 1;
SELECT seq, event, actor_role, from_status, to_status, transaction_id IS NOT NULL AS paid
  FROM dwello.escrow_events WHERE job_id = t.user('due a') ORDER BY seq;
SELECT type, payload->>'amount' AS amount FROM dwello.outbox
 WHERE scope_id = t.user('due a') AND type = 'escrow_released' ORDER BY id;
SELECT * FROM dwello.reconcile();
ROLLBACK;

-- what somebody answered is not due: sent back, disputed, frozen
BEGIN;
SELECT t.login_as('h1');
SELECT milestone_status FROM dwello.request_changes(t.user('due a'), t.user('due a m1'));
SELECT dispute_status FROM dwello.open_dispute(t.user('due a'), 0, 'No.', t.user('due a m2'));
SELECT t.as_system();
UPDATE dwello.escrow_accounts SET is_frozen = true, status = 'frozen' WHERE job_id = t.user('due b');
SELECT set_config('dwello.now', (now() + '15 days')::text, true) IS NOT NULL AS pinned;
SELECT * FROM dwello.release_due_escrows();
ROLLBACK;

-- approved before it could be paid: released once it can be
BEGIN;
SELECT t.award('due d', 50000, '{1,1}');
SELECT t.pay('due d', 10000);
SELECT t.login_as('h1');
SELECT transaction_id, amount, escrow_status FROM dwello.approve_milestone(t.user('due d'), t.user('due d m1'));
SELECT t.as_system();
SELECT * FROM dwello.release_due_escrows();
UPDATE dwello.job_milestones SET funded = amount WHERE id = t.user('due d m1');
UPDATE dwello.escrow_accounts SET funded = 25000, held = 25000 WHERE job_id = t.user('due d');
SELECT * FROM dwello.release_due_escrows();
SELECT status, released FROM dwello.job_milestones WHERE id = t.user('due d m1');
ROLLBACK;

SELECT who, call, t.refused(who, call) FROM (VALUES
  ('h1', 'release_due_escrows()'), ('a1', 'release_due_escrows()'),
  (NULL, 'release_due_escrows(0)'), (NULL, 'release_due_escrows(NULL)')) AS c (who, call);

SELECT t.forget('due a', 'due b', 'due c');
DROP FUNCTION t.delivered;
