--
-- statement.sql
--	An escrow as a statement of account, and what comes next.
--
SET client_min_messages = warning;
SET timezone = 'UTC';

SELECT t.award('account', 100000, '{1,1}');
SELECT * FROM dwello.escrow_statement(t.user('account'));
SELECT t.pay('account', 60000), t.pay('account'), t.start('account');
BEGIN;
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('account'), 30000);
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('account'), 10000);
SELECT disputed_amount FROM dwello.open_dispute(t.user('account'), 40000, 'Pay.', t.user('account m2'));
SELECT milestone_status FROM dwello.submit_milestone(t.user('account'), t.user('account m1'));
SELECT event, at > now() AS later, actor, stoppable_by, detail FROM dwello.escrow_next_events(t.user('account'));
SELECT event, actor, stoppable_by FROM dwello.job_next_events(t.user('account'));
SELECT t.login_as('h1');
SELECT dispute_status FROM dwello.answer_dispute(t.user('account'), 20000);
SELECT event, actor, stoppable_by, detail FROM dwello.escrow_next_events(t.user('account'));
SELECT t.login_as('a1');
SELECT dispute_status FROM dwello.resolve_dispute(t.user('account'), 25000);
SELECT t.app_as('p1');
SELECT line, transaction_type, description, currency, amount_in, amount_out, payout, fee, tax, refund, held
  FROM dwello.escrow_statement(t.user('account'));
SELECT count(*) AS sums FROM dwello.escrow_statement(t.user('account'))
 WHERE amount_out <> payout + fee + tax + refund;
COMMIT;
SELECT s.held = e.held AS ends_where_the_escrow_is
  FROM dwello.escrow_accounts AS e, dwello.escrow_statement(e.job_id) AS s
 WHERE e.job_id = t.user('account') ORDER BY line DESC LIMIT 1;
-- what is over can nobody stop any more
BEGIN;
SELECT set_config('dwello.now', (now() + '40 days')::text, true) IS NOT NULL AS pinned;
SELECT event, stoppable_by FROM dwello.escrow_next_events(t.user('account'));
ROLLBACK;

-- a chargeback of what was released: opened, won, lost in part, won after all
BEGIN;
SELECT t.award('taken', 100000), t.pay('taken');
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('taken'));
SELECT t.login_as(NULL);
SELECT clawed_back FROM dwello.open_chargeback(t.user('taken'), 'acme', 'taken 1', 40000, 'USD');
SELECT chargeback_status, chargeback_id AS chargeback FROM dwello.close_chargeback(t.user('taken'), 'acme', 'taken 2', true) \gset
SELECT clawed_back FROM dwello.open_chargeback(t.user('taken'), 'acme', 'taken 3', 50000, 'USD');
SELECT chargeback_id AS chargeback FROM dwello.close_chargeback(t.user('taken'), 'acme', 'taken 4', false, lost_amount => 20000) \gset
SELECT chargeback_status FROM dwello.close_chargeback(t.user('taken'), 'acme', 'taken 5', true, chargeback_id => :'chargeback');
SELECT line, transaction_type, description, amount_in, amount_out, held, amount FROM dwello.escrow_statement(t.user('taken'));
ROLLBACK;

-- and one that takes more once another one is won; its provider is told
BEGIN;
SELECT t.award('raised', 100000), t.pay('raised');
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('raised'), amount => 50000);
SELECT t.login_as(NULL);
SELECT held_amount, clawed_back, chargeback_id AS chargeback FROM dwello.open_chargeback(t.user('raised'), 'acme', 'raised 1', 80000, 'USD') \gset
SELECT held_amount, clawed_back FROM dwello.open_chargeback(t.user('raised'), 'acme', 'raised 2', 70000, 'USD');
SELECT chargeback_status, held FROM dwello.close_chargeback(t.user('raised'), 'acme', 'raised 3', true, chargeback_id => :'chargeback');
SELECT line, transaction_type, description, amount_in, amount_out, held, amount FROM dwello.escrow_statement(t.user('raised'));
SELECT amount, held_amount, clawed_back FROM dwello.chargebacks WHERE job_id = t.user('raised') ORDER BY id;
SELECT seq, event, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('raised') AND event::text LIKE '%chargeback' ORDER BY seq;
SELECT type, payload->>'amount' AS amount, payload->>'held_amount' AS held, payload->>'clawed_back' AS clawed_back FROM dwello.outbox
 WHERE scope_id = t.user('raised') AND type LIKE 'chargeback%' ORDER BY id;
SELECT * FROM dwello.reconcile();
ROLLBACK;

SELECT who, call, t.refused(who, call) FROM (VALUES
  ('h1', $$escrow_statement(NULL)$$), ('h2', $$escrow_statement(t.user('account'))$$),
  ('p2', $$escrow_statement(t.user('account'))$$), ('s1', $$escrow_statement(t.user('account'))$$),
  (NULL, $$escrow_statement(t.user('account'))$$), ('h1', $$escrow_next_events(NULL)$$),
  ('h2', $$escrow_next_events(t.user('account'))$$), ('p2', $$escrow_next_events(t.user('account'))$$),
  ('s1', $$escrow_next_events(t.user('account'))$$)) AS c (who, call);
SELECT t.forget('account');
