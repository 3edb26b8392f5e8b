--
-- change.sql
--	Change orders: both sides agree on more work, on less, or on another time,
--	and contract, milestones and escrow change in one transaction.
--
-- Each part is a transaction of its own that is rolled back.
--
SET client_min_messages = warning;
SET timezone = 'UTC';
\set VERBOSITY sqlstate

-- A contract of h1 and p1 in three parts, 300.00, 300.00 and 400.00, of which
-- so much is paid.
CREATE FUNCTION t.change_job(paid bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.award('job', 100000, '{3,3,4}');
  IF paid > 0 THEN
    PERFORM t.pay('job', paid);
    PERFORM t.start('job');
  END IF;
END
$$;

-- What somebody proposes, or what they are refused with; ids and
-- times are hidden.
CREATE FUNCTION t.propose(as_name text, amount bigint, more text DEFAULT NULL, title text DEFAULT 'Change')
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  detail text;
  outcome text;
BEGIN
  PERFORM t.login_as(as_name);
  EXECUTE format('SELECT concat_ws('' '', c.change_order_status, c.amount, c.days) FROM dwello.propose_change_order(%s) AS c',
    concat_ws(', ', quote_nullable(t.user('job')), quote_nullable(title), coalesce(amount::text, 'NULL'), more))
    INTO outcome;
  PERFORM t.as_system();
  RETURN outcome;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN regexp_replace(concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, '')),
    '[0-9a-f-]{36}|20[0-9-]{8} [0-9:.]+', '<>', 'g');
END
$$;

-- Somebody's answer to the order that was made last.
CREATE FUNCTION t.agree(as_name text, accept boolean DEFAULT true, more text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  wanted uuid;
  detail text;
  outcome text;
BEGIN
  PERFORM t.as_system();
  SELECT c.id INTO STRICT wanted FROM dwello.change_orders AS c
   WHERE c.job_id = t.user('job') ORDER BY c.id DESC LIMIT 1;
  PERFORM t.login_as(as_name);
  EXECUTE format('SELECT concat_ws('' '', c.change_order_status, ''contract'', c.contract_amount, ''asked or back'', c.transaction_amount, c.escrow_status, ''held'', c.held, ''refunded'', c.refunded) FROM dwello.answer_change_order(%s) AS c',
    concat_ws(', ', quote_nullable(t.user('job')), quote_literal(wanted), coalesce(accept::text, 'NULL'), more))
    INTO outcome;
  PERFORM t.as_system();
  RETURN outcome;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN regexp_replace(concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, '')),
    '[0-9a-f-]{36}|20[0-9-]{8} [0-9:.]+', '<>', 'g');
END
$$;

-- The payment that is asked for arrives.
CREATE FUNCTION t.change_paid() RETURNS text
LANGUAGE sql
AS $$
  SELECT concat_ws(' ', c.escrow_status, c.amount, 'held', c.held)
    FROM (SELECT x.* FROM dwello.transactions AS x WHERE x.scope_id = t.user('job') AND x.status = 'pending') AS p,
         dwello.confirm_payment(t.user('job'), 'acme', p.id::text, p.amount, p.currency) AS c;
$$;

-- The parts of the contract, its orders, and whether all adds up.
CREATE VIEW t.change_parts AS
  SELECT m.sort_order AS n, m.title, m.status, m.amount, m.funded, m.released, m.refunded, m.due_date
    FROM dwello.job_milestones AS m WHERE m.job_id = t.user('job') ORDER BY m.sort_order;
CREATE VIEW t.change_orders AS
  SELECT u.first_name AS by, c.title, c.amount, c.days, c.status, c.contract_amount,
         c.milestone_id IS NOT NULL AS has_milestone, x.transaction_type, x.status AS transaction, c.answered_at IS NOT NULL AS answered
    FROM dwello.change_orders AS c JOIN dwello.users AS u ON u.id = c.offered_by
    LEFT JOIN dwello.transactions AS x ON x.scope_id = c.job_id AND x.id = c.transaction_id
   WHERE c.job_id = t.user('job') ORDER BY c.id;
CREATE VIEW t.change_wrong AS
  SELECT r.invariant || ' ' || r.object AS wrong FROM dwello.reconcile() AS r
  UNION ALL SELECT v.problem FROM dwello.verify_ledger() AS v
  UNION ALL SELECT c.rule || ': ' || c.detail FROM t.check() AS c
   WHERE c.rule <> 'partition_missing';

--
-- More work: proposed by the provider, paid, delivered
--
BEGIN;
SELECT t.change_job(100000);
SELECT t.app_as('p1');
SELECT job_id = t.user('job') AS is_job, change_order_status, offered_by = t.user('p1') AS by_p1, amount, days,
       milestone_id, currency, version, replayed
  FROM dwello.propose_change_order(t.user('job'), 'The ceiling, too', 20000, 'It is stained.', 2,
    '2027-03-09', expected_version => 3, idempotency_key => 'order-1');
SELECT amount, days, replayed
  FROM dwello.propose_change_order(t.user('job'), 'The ceiling, too', 20000, 'It is stained.', 2,
    '2027-03-09', expected_version => 3, idempotency_key => 'order-1');
RESET ROLE;
SELECT t.propose('p1', 20001, 'idempotency_key => ''order-1''');
SELECT t.propose('p1', 5000), t.agree('p1');
SELECT t.app_as('h1');
SELECT change_order_status, offered_by = t.user('p1') AS by_p1, amount, days, milestone_id IS NOT NULL AS is_milestone,
       contract_amount, transaction_id IS NOT NULL AS asked, transaction_amount, pay_by > now() AS has_time, escrow_status, currency,
       funded, held, version, replayed
  FROM dwello.answer_change_order(t.user('job'),
    (SELECT c.id FROM dwello.change_orders AS c WHERE c.status = 'pending'), true, expected_version => 3, idempotency_key => 'yes-1');
SELECT change_order_status, contract_amount, transaction_amount, version, replayed
  FROM dwello.answer_change_order(t.user('job'),
    (SELECT c.id FROM dwello.change_orders AS c), true, expected_version => 3, idempotency_key => 'yes-1');
RESET ROLE;
SELECT t.as_system();
SELECT * FROM t.change_parts;
SELECT event, actor_role, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq DESC LIMIT 1;
-- one more, which must wait for the payment
SELECT t.propose('h1', 1000), t.agree('p1');
SELECT t.change_paid();
SELECT t.agree('p1'), t.change_paid();
SELECT * FROM t.change_parts;
SELECT * FROM t.change_orders;
-- all of it is released, and the fee is that of the whole: 5 % of 1210.00
SELECT t.login_as('h1');
SELECT fee, payout, escrow_status FROM dwello.release_escrow(t.user('job'));
SELECT t.as_system();
SELECT status FROM dwello.jobs WHERE id = t.user('job');
SELECT o.type, u.first_name AS recipient, o.payload->>'title' AS title, o.payload->>'amount' AS amount,
       o.payload->>'contract_amount' AS contract
  FROM dwello.outbox AS o LEFT JOIN dwello.users AS u ON u.id = (o.payload->>'recipient_id')::uuid
 WHERE o.scope_id = t.user('job') AND o.type LIKE 'change\_%' ORDER BY o.id;
SELECT dwello.deliver_events(1000) > 0 AS delivered;
SELECT u.first_name, n.title FROM dwello.notifications AS n JOIN dwello.users AS u ON u.id = n.user_id
 WHERE n.title LIKE '%change order%' ORDER BY n.id;
SELECT * FROM t.change_wrong;
ROLLBACK;

-- before anything is paid the whole of it is asked for
BEGIN;
SELECT t.change_job();
SELECT t.propose('h1', 5000), t.agree('p1'), t.change_paid();
SELECT * FROM t.change_parts;
SELECT * FROM t.change_wrong;
ROLLBACK;

-- a payment that did not come in time counts as failed, and another is asked for
BEGIN;
SELECT t.change_job();
SELECT t.login_as('h1');
SELECT escrow_status, amount FROM dwello.fund_escrow(t.user('job'));
SELECT t.propose('p1', 5000), t.agree('h1');
SELECT set_config('dwello.now', (now() + interval '1 hour')::text, true) <> '' AS later;
SELECT t.agree('h1'), t.change_paid();
SELECT transaction_type, status, amount FROM dwello.transactions WHERE scope_id = t.user('job') ORDER BY id;
SELECT event, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq;
SELECT * FROM t.change_wrong;
ROLLBACK;

-- not through escrow: the contract changes, and nothing is asked for
BEGIN;
SELECT f.is_enabled FROM dwello.set_flag('escrow_payments', false) AS f;
SELECT t.change_job();
SELECT t.propose('p1', 5000), t.agree('h1');
SELECT * FROM t.change_wrong;
ROLLBACK;

--
-- Less work
--
-- of what was not paid
BEGIN;
SELECT t.change_job(30000);
SELECT t.propose('h1', -45000), t.agree('p1');
SELECT * FROM t.change_parts;
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('job'));
SELECT t.as_system();
SELECT t.change_paid();
SELECT * FROM t.change_wrong;
ROLLBACK;

-- then of what was, which goes back
BEGIN;
SELECT t.change_job(80000);
SELECT t.propose('p1', -50000, title => 'No cellar'), t.agree('h1');
SELECT * FROM t.change_parts;
SELECT * FROM t.change_orders;
SELECT o.type, o.payload->>'amount' AS amount, o.payload->>'reason' AS reason
  FROM dwello.outbox AS o WHERE o.scope_id = t.user('job') AND o.type LIKE '%refund%' ORDER BY o.id;
SELECT l.transaction_type, l.amount_in, l.refund, l.held FROM dwello.escrow_statement(t.user('job')) AS l;
SELECT * FROM t.change_wrong;
-- a reversal finds what to restore
SELECT t.login_as('a1');
SELECT escrow_status, held, refunded FROM dwello.reverse_transaction(t.user('job'),
  (SELECT x.id FROM dwello.transactions AS x WHERE x.scope_id = t.user('job') AND x.transaction_type = 'refund'));
SELECT t.as_system();
SELECT * FROM t.change_parts;
SELECT * FROM t.change_wrong;
ROLLBACK;

-- of one part alone; what was delivered stays
BEGIN;
SELECT t.change_job(100000);
SELECT t.login_as('p1');
SELECT milestone_status FROM dwello.submit_milestone(t.user('job'), t.user('job m1'));
SELECT t.propose('p1', -30001, format('milestone_id => %L', t.user('job m2')));
SELECT t.propose('p1', -1, format('milestone_id => %L', t.user('job m1')));
SELECT t.propose('p1', -1, format('milestone_id => %L', t.user('job m4')));
SELECT t.propose('p1', -70001);
SELECT t.propose('p1', -30000, format('milestone_id => %L', t.user('job m2'))), t.agree('h1');
SELECT t.propose('p1', -40000), t.agree('h1');
SELECT * FROM t.change_parts;
-- what is left is done
SELECT t.login_as('h1');
SELECT payout, escrow_status FROM dwello.approve_milestone(t.user('job'), t.user('job m1'));
SELECT t.as_system();
SELECT status FROM dwello.jobs WHERE id = t.user('job');
SELECT * FROM t.change_wrong;
ROLLBACK;

-- of what is due after a release: nothing is left to do, and the job is done
BEGIN;
SELECT t.change_job(30000);
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('job'), milestone_id => t.user('job m1'));
SELECT t.propose('h1', -70000), t.agree('p1');
SELECT status FROM dwello.jobs WHERE id = t.user('job');
SELECT * FROM t.change_parts;
SELECT * FROM t.change_orders;
SELECT t.propose('h1', -1);
SELECT * FROM t.change_wrong;
ROLLBACK;

-- what could be agreed on when it was proposed cannot be any more
BEGIN;
SELECT t.change_job(100000);
SELECT t.propose('h1', -60000);
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('job'), 50000);
SELECT t.agree('p1');
SELECT t.agree('h1', false);
SELECT t.propose('h1', -100000), t.propose('h1', -50000);
-- all of a contract is no change
ROLLBACK;
BEGIN;
SELECT t.change_job();
SELECT t.propose('h1', -100000), t.propose('h1', (-9223372036854775807)::bigint), t.propose('h1', 9223372036854775807);
SELECT t.propose('h1', -99999), t.agree('p1');
SELECT * FROM t.change_parts;
SELECT * FROM t.change_wrong;
ROLLBACK;

-- the homeowner bears the fee: their share of it comes and goes with the work
BEGIN;
SELECT t.as_system();
SELECT payer FROM dwello.set_fee_schedule('On top', 100000, payer => 'homeowner', tax_ppm => 200000, currency => 'USD') AS s
  JOIN dwello.fee_schedules AS f ON f.id = s.schedule_id;
SELECT t.change_job(112000);
SELECT t.propose('p1', 10000), t.agree('h1'), t.change_paid();
SELECT t.propose('p1', -50000), t.agree('h1');
SELECT t.login_as('h1');
SELECT amount, fee, tax, payout, escrow_status, held FROM dwello.release_escrow(t.user('job'));
SELECT t.as_system();
SELECT status FROM dwello.jobs WHERE id = t.user('job');
SELECT * FROM t.change_wrong;
ROLLBACK;

--
-- Time alone, rejected, withdrawn, countered
--
BEGIN;
SELECT t.change_job(100000);
SELECT t.propose('p1', 0, 'days => 3'), t.agree('h1');
SELECT t.propose('p1', 5000), t.agree('h1', false), t.agree('h1');
SELECT t.propose('p1', 5000), t.agree('p1', false), t.agree('h1');
SELECT t.propose('p1', 5000), t.propose('h1', 4000), t.agree('h1'), t.agree('p1');
SELECT * FROM t.change_orders;
SELECT * FROM t.change_parts;
SELECT version FROM dwello.escrow_accounts WHERE job_id = t.user('job');
SELECT * FROM t.change_wrong;
ROLLBACK;

--
-- What refuses
--
BEGIN;
SELECT t.change_job(100000);
SELECT t.propose('p1', NULL), t.propose('p1', 1, title => NULL), t.propose('p1', 1, title => '  '),
       t.propose('p1', 1, title => repeat('x', 201)), t.propose('p1', 1, format('description => %L', repeat('x', 20001)));
SELECT t.propose('p1', 0), t.propose('p1', 1, 'days => 0'), t.propose('p1', 1, 'days => 3651'), t.propose('p1', 1, 'days => -3651');
SELECT t.propose('p1', -1, 'due_date => ''2027-03-09'''), t.propose('p1', 1, 'due_date => ''infinity'''),
       t.propose('p1', 1, format('milestone_id => %L', t.user('job m1')));
SELECT who, t.propose(who, 1) FROM unnest(ARRAY['h2', 'p2', 'a1', 's1', 'u1']) AS who;
SELECT t.propose('p1', 1, 'expected_version => 9');
SELECT t.propose('p1', 1000);
SELECT who, accept, t.agree(who, accept) FROM unnest(ARRAY['h2', 'p2', 'a1', 's1', 'u1', 'h1']) AS who, unnest(ARRAY[true, NULL]) AS accept
 WHERE who <> 'h1' OR accept IS NULL;
SELECT t.agree('h1', more => 'expected_version => 9');
SELECT t.refused('h1', format('answer_change_order(%L, %L, true)', t.user('job'), t.user('none')));
-- a part is disputed: nothing changes meanwhile
SELECT t.login_as('h1');
SELECT disputed_amount FROM dwello.open_dispute(t.user('job'), 0, 'Stains.', t.user('job m1'));
SELECT t.propose('p1', 1), t.agree('h1');
SELECT t.login_as('h1');
SELECT dispute_status FROM dwello.withdraw_dispute(t.user('job'));
-- all of it is
SELECT disputed_amount FROM dwello.open_dispute(t.user('job'), 0, 'Stains.');
SELECT t.agree('h1');
SELECT t.login_as('h1');
SELECT dispute_status FROM dwello.withdraw_dispute(t.user('job'));
-- a bank wants it back
SELECT t.as_system();
SELECT escrow_status FROM dwello.open_chargeback(t.user('job'), 'acme', 'cb 1', 100000, 'USD');
SELECT t.propose('p1', 1), t.agree('h1');
SELECT escrow_status FROM dwello.close_chargeback(t.user('job'), 'acme', 'cb 2', true);
-- the job is done: what is pending ends with it
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.release_escrow(t.user('job'));
SELECT t.propose('p1', 1), t.agree('h1'), t.agree('p1', false);
SELECT t.as_system();
SELECT * FROM t.change_orders;
SELECT * FROM t.change_wrong;
ROLLBACK;

-- cancelled; not confirmed yet
BEGIN;
SELECT t.change_job();
SELECT t.propose('p1', 1000);
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT t.agree('h1'), t.propose('h1', 1);
SELECT status, answered_at IS NOT NULL AS answered FROM dwello.change_orders;
ROLLBACK;
BEGIN;
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Job', 'All.', -122.4194, 37.7749,
  budget_max => 100000, job_id => t.user('job'));
SELECT status FROM dwello.publish_job(t.user('job'));
SELECT t.propose('h1', 1), t.propose('p1', 1);
ROLLBACK;

-- a hundred parts are enough
BEGIN;
SELECT t.award('job', 100000, array_fill(1::bigint, ARRAY[100]));
SELECT t.propose('p1', 1000);
ROLLBACK;

-- row-level security: the two sides
CREATE FUNCTION t.change_sees(who text) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  seen bigint;
BEGIN
  PERFORM t.app_as(who);
  SELECT count(*) INTO seen FROM dwello.change_orders AS c WHERE c.job_id = t.user('job');
  PERFORM t.as_system();
  RETURN seen;
END
$$;
BEGIN;
SELECT t.change_job();
SELECT t.propose('p1', 1000);
SELECT who, t.change_sees(who) FROM unnest(ARRAY['h1', 'p1', 'h2', 'p2']) AS who;
SELECT dwello.login(NULL);
SET LOCAL ROLE dwello_app;
SAVEPOINT nobody;
SELECT dwello.propose_change_order(t.user('job'), 'x', 1);
ROLLBACK TO nobody;
SELECT dwello.answer_change_order(t.user('job'), t.user('x'), true);
ROLLBACK TO nobody;
ROLLBACK;

DROP VIEW t.change_parts, t.change_orders, t.change_wrong;
DROP FUNCTION t.change_job, t.propose, t.agree, t.change_paid, t.change_sees;
