--
-- payment.sql
--	An open payment: attempts that fail, a payment that replaces it, one
--	that is given up, one that never comes, and how long each may take.
--
SET client_min_messages = warning;

CREATE VIEW t.open_payment AS
SELECT t.user(n.name) AS job_id, n.name, e.status AS escrow, e.last_failure, e.held,
       (SELECT string_agg(x.status::text, ' ' ORDER BY x.id) FROM dwello.transactions AS x
         WHERE x.scope_id = e.job_id AND x.transaction_type = 'payment') AS payments,
       (SELECT string_agg(o.type, ' ' ORDER BY o.id) FROM dwello.outbox AS o
         WHERE o.scope_id = e.job_id AND o.type ~ '^payment_') AS told
  FROM unnest(ARRAY['try', 'anew', 'leave', 'never', 'job']) AS n (name)
  JOIN dwello.escrow_accounts AS e ON e.job_id = t.user(n.name);
CREATE FUNCTION t.ask_anew(name text, amount bigint DEFAULT NULL, method uuid DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
  asked uuid;
BEGIN
  PERFORM t.login_as('h1');
  SELECT f.transaction_id INTO STRICT asked
    FROM dwello.fund_escrow(t.user(ask_anew.name), ask_anew.amount, ask_anew.method) AS f;
  PERFORM t.login_as(NULL);
  RETURN asked;
END
$$;

BEGIN;
-- an attempt that fails leaves the payment open; the next one succeeds
SELECT t.award('try', 50000);
SELECT t.ask_anew('try') AS first \gset
SELECT escrow_status, held, version, replayed FROM dwello.fail_payment(t.user('try'), 'acme', 'try 1', reason => 'card_declined');
SELECT escrow_status, held, version, replayed FROM dwello.fail_payment(t.user('try'), 'acme', 'try 1', reason => 'card_declined');
SELECT escrow, last_failure, payments, told FROM t.open_payment WHERE name = 'try';
SELECT is_late, escrow_status, held FROM dwello.confirm_payment(t.user('try'), 'acme', 'try 2', 50000, 'USD', :'first');
-- what was told late of an attempt, or of none yet, changes nothing
SELECT escrow_status, held, replayed FROM dwello.fail_payment(t.user('try'), 'acme', 'try 3', :'first', is_final => true);
SELECT escrow, last_failure, payments, told FROM t.open_payment WHERE name = 'try';
SELECT t.refused(NULL, $$fail_payment(t.user('try'), 'acme', 'try 4', t.user('no'))$$) AS too_early,
       t.refused(NULL, $$fail_payment(t.user('try'), 'acme', 'try 4', is_final => NULL)$$) AS no_answer,
       t.refused(NULL, $$confirm_payment(t.user('try'), 'acme', 'try 1', 50000, 'USD')$$) AS another_type;

-- asked anew: the open one is given up, and a second charge if it succeeds after all
SELECT t.award('anew', 50000);
SELECT t.ask_anew('anew', 50000) AS old \gset
SELECT t.ask_anew('anew', 20000) <> :'old' AS is_another;
SELECT is_late, receipt_reason, escrow_status, held FROM dwello.confirm_payment(t.user('anew'), 'acme', 'anew 1', 50000, 'USD', :'old');
SELECT is_late, escrow_status, held FROM dwello.confirm_payment(t.user('anew'), 'acme', 'anew 2', 20000, 'USD');
SELECT escrow, payments, told FROM t.open_payment WHERE name = 'anew';
-- but what is to be paid beside what is held waits for the open one
SELECT t.ask_anew('anew', 10000) IS NOT NULL AS asked;
SELECT t.refused('h1', $$fund_escrow(t.user('anew'), 20000)$$) AS under_way;

-- given up: the contract lives, and another is asked for
SELECT t.award('leave', 50000);
SELECT t.refused('h1', $$abandon_payment(t.user('leave'))$$) AS none_open;
SELECT t.ask_anew('leave') AS left_alone \gset
SELECT t.refused('p1', $$abandon_payment(t.user('leave'))$$) AS provider, t.refused('h2', $$abandon_payment(t.user('leave'))$$) AS stranger,
       t.refused('h1', $$abandon_payment(t.user('nothing'))$$) AS unknown, t.refused('h1', $$abandon_payment(NULL)$$) AS none,
       t.refused('h1', $$abandon_payment(t.user('leave'), 7)$$) AS stale;
SELECT t.login_as('h1');
SELECT transaction_id = :'left_alone' AS is_it, escrow_status, version, replayed FROM dwello.abandon_payment(t.user('leave'), idempotency_key => 'k');
SELECT transaction_id = :'left_alone' AS is_it, escrow_status, version, replayed FROM dwello.abandon_payment(t.user('leave'), idempotency_key => 'k');
SELECT t.login_as(NULL);
SELECT is_late, receipt_reason FROM dwello.confirm_payment(t.user('leave'), 'acme', 'leave 1', 50000, 'USD', :'left_alone');
SELECT t.ask_anew('leave', 30000) IS NOT NULL AS asked;
SELECT escrow, payments, told FROM t.open_payment WHERE name = 'leave';
SELECT event, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('leave') ORDER BY seq;

-- the job is cancelled while a payment is open
SELECT t.award('job', 50000);
SELECT t.ask_anew('job') IS NOT NULL AS asked;
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT t.login_as(NULL);
SELECT escrow, payments, told FROM t.open_payment WHERE name = 'job';
SELECT * FROM dwello.reconcile();
ROLLBACK;

BEGIN;
-- how long each kind of method may take, and what never came
SELECT t.award('never', 50000);
SELECT set_config('dwello.now', now()::text, true) IS NOT NULL AS pinned;
SELECT t.login_as('h1');
SELECT k.kind, (SELECT f.pay_by - now() FROM dwello.fund_escrow(t.user('never'), payment_method_id =>
         (SELECT m.payment_method_id FROM dwello.add_payment_method(k.kind::dwello.payment_method_type, 'acme', 'tok') AS m)) AS f) AS may_take
  FROM unnest(ARRAY['credit_card', 'debit_card', 'paypal', 'stripe', 'bank_account']) AS k (kind);
SELECT t.login_as(NULL);
SELECT t.refused('h1', 'expire_payments()') AS homeowner, t.refused('a1', 'expire_payments()') AS admin,
       t.refused(NULL, 'expire_payments(0)') AS none, t.refused(NULL, 'expire_payments(NULL)') AS no_number;
SELECT dwello.expire_payments() AS too_soon;
SELECT set_config('dwello.now', (now() + interval '336 hours')::text, true) IS NOT NULL AS pinned;
SELECT dwello.expire_payments() AS expired;
SELECT dwello.expire_payments() AS again;
SELECT escrow, payments FROM t.open_payment WHERE name = 'never';
SELECT o.type, count(*) FROM dwello.outbox AS o WHERE o.scope_id = t.user('never') AND o.type IN ('payment_expired', 'payment_cancelled')
 GROUP BY 1 ORDER BY 1;
SELECT is_late, receipt_reason FROM dwello.confirm_payment(t.user('never'), 'acme', 'never 1', 50000, 'USD');
SELECT * FROM dwello.reconcile();
ROLLBACK;

DROP FUNCTION t.ask_anew;
DROP VIEW t.open_payment;
