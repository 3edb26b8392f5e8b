--
-- payout_hold.sql
--	Payouts that no worker is given: before their time, of an account that is
--	not active, of a balance that does not cover them; and their way on.
--
SET client_min_messages = warning;

BEGIN;
-- What the payment worker is given now: amounts, in the order asked for.
CREATE FUNCTION t.worker(consumer text DEFAULT 'payer', max_rows integer DEFAULT 100) RETURNS text
LANGUAGE sql
AS $$
SELECT coalesce(string_agg(format('%s#%s', e.payload->>'amount', e.attempt), ' ' ORDER BY e.id), 'nothing')
  FROM dwello.claim_events(consumer, max_rows, '{payout_requested}') AS e
$$;
-- It has sent all of it.
CREATE FUNCTION t.done() RETURNS bigint
LANGUAGE sql
AS $$
SELECT sum(a.acked) FROM (SELECT DISTINCT lease_id FROM dwello.outbox_deliveries
   WHERE consumer = 'payer' AND lease_id IS NOT NULL AND done_at IS NULL) AS d, dwello.ack_events('payer', d.lease_id) AS a
$$;
CREATE VIEW t.mine AS
SELECT o.amount, o.status, o.hold_reason, o.sent_at IS NOT NULL AS sent, o.version
  FROM dwello.payouts AS o WHERE o.user_id = t.user('p1') ORDER BY o.id;
CREATE VIEW t.told AS
SELECT string_agg(concat_ws(' ', type, payload->>'amount', payload->>'reason'), ', ' ORDER BY id) AS told
  FROM dwello.outbox WHERE scope_id = t.user('p1') AND type ~ '^payout_(held|resumed|cancelled)';
CREATE TABLE t.start AS SELECT clock_timestamp() + interval '1 minute' AS at;
CREATE FUNCTION t.at(after interval) RETURNS void
LANGUAGE sql
AS $$ SELECT set_config('dwello.now', (s.at + after)::text, false) FROM t.start AS s $$;

SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT t.award('held', 100000);
SELECT t.pay('held');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('held'), 60000);
SELECT t.as_system();
SELECT count(t.worker()) AS begins;
SELECT t.at('0');

------------------------------------------------------------------------
-- Not before its time, once then, and again when the lease is over
------------------------------------------------------------------------
SELECT amount FROM dwello.request_payout(20000, user_id => t.user('p1'));
SELECT t.worker() AS at_once;
SELECT t.at('47:59:59');
SELECT t.worker() AS a_second_early;
SELECT * FROM t.mine;
SELECT t.at('48:00');
SELECT t.worker() AS in_time, t.worker() AS once;
SELECT * FROM t.mine;
SELECT t.at('49:00');
SELECT t.worker() AS lease_is_over;
SELECT t.done();
SELECT t.at('72:00');
SELECT t.worker() AS done;
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE amount = 20000 AND user_id = t.user('p1')), 'acme', 'hold 0');
-- whoever takes all events is not kept from the others by one that waits
SELECT amount FROM dwello.request_payout(1000, user_id => t.user('p1'));
SELECT t.at('73:00');
SELECT dwello.add_address('billing', '9 Market Street', 'San Francisco', 'CA', '94103', 'US', -122.4194, 37.7749, user_id => t.user('p1')) IS NOT NULL AS another_event;
SELECT count(*) > 0 AS others, count(*) FILTER (WHERE type = 'payout_requested' AND (payload->>'amount')::int = 1000) AS too_early
  FROM dwello.claim_events('all of it', 10000);
SELECT count(*) AS nothing_twice FROM dwello.claim_events('all of it', 10000);
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE amount = 1000 AND user_id = t.user('p1')), 'acme', 'hold 1');

------------------------------------------------------------------------
-- An account that is not active
------------------------------------------------------------------------
SELECT amount FROM dwello.request_payout(10000, user_id => t.user('p1'), idempotency_key => 'before');
SELECT status FROM dwello.suspend_user(t.user('p1'), 'Fraud?');
SELECT * FROM t.mine;
SELECT t.refused(NULL, $$request_payout(1, user_id => t.user('p1'))$$) AS service,
       t.refused('a1', $$request_payout(1, user_id => t.user('p1'))$$) AS admin,
       t.refused(NULL, $$request_payout(10000, user_id => t.user('p1'), idempotency_key => 'before')$$) AS again,
       t.refused(NULL, $$request_payout(1, user_id => t.user('nobody'))$$) AS unknown;
SELECT t.at('200:00');
SELECT t.worker() AS held;
SELECT * FROM t.told;
SELECT status FROM dwello.reinstate_user(t.user('p1'));
SELECT * FROM t.mine;
SELECT * FROM t.told;
SELECT t.worker() AS goes_on, t.done();
SELECT * FROM t.mine;
\echo sent is sent
SELECT status FROM dwello.suspend_user(t.user('p1'), 'Fraud.');
SELECT * FROM t.mine;
SELECT status FROM dwello.reinstate_user(t.user('p1'));
SELECT status FROM dwello.fail_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE amount = 10000 AND user_id = t.user('p1')), 'acme', 'hold 2');
SELECT * FROM t.told;

------------------------------------------------------------------------
-- A chargeback: what is not covered any more waits, what is covered goes
------------------------------------------------------------------------
SELECT withdrawable FROM dwello.provider_balance(t.user('p1'));
SELECT amount FROM dwello.request_payout(15000, user_id => t.user('p1'));
SELECT amount FROM dwello.request_payout(11000, user_id => t.user('p1'));
SELECT held_amount, clawed_back FROM dwello.open_chargeback(t.user('held'), 'acme', 'hold c1', 60000, 'USD');
SELECT * FROM t.mine OFFSET 3;
SELECT t.at('300:00');
\echo nobody has delivered the event, yet the claim knows
SELECT t.worker() AS one_of_them, t.done();
SELECT * FROM t.mine OFFSET 3;
SELECT available, receivable, pending_payouts, withdrawable FROM dwello.provider_balance(t.user('p1'));
SELECT dwello.deliver_events(10000) > 0 AS delivered;
SELECT * FROM t.mine OFFSET 3;
SELECT title FROM dwello.notifications WHERE user_id = t.user('p1')
   AND (data->>'event' ~ '^payout' OR data->>'event' ~ '^chargeback') ORDER BY event_id, title;
\echo won: it goes on
SELECT chargeback_status FROM dwello.close_chargeback(t.user('held'), 'acme', 'hold c2', true);
SELECT t.worker() AS not_before_somebody_tells;
SELECT dwello.deliver_events(10000) > 0 AS delivered;
SELECT t.worker() AS goes_on, t.done();
SELECT * FROM t.mine OFFSET 3;
SELECT * FROM t.told;
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE amount = 15000 AND user_id = t.user('p1')), 'acme', 'hold 3');
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE amount = 11000 AND user_id = t.user('p1')), 'acme', 'hold 4');
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- A reversal; and a payout that failed pays for another one
------------------------------------------------------------------------
SELECT withdrawable FROM dwello.provider_balance(t.user('p1'));
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('held'), 20000);
SELECT t.as_system();
SELECT withdrawable FROM dwello.provider_balance(t.user('p1'));
SELECT amount FROM dwello.request_payout(18000, user_id => t.user('p1'));
SELECT amount FROM dwello.request_payout(9000, user_id => t.user('p1'));
SELECT t.at('400:00');
SELECT t.worker(max_rows => 1) AS first, t.done();
SELECT t.login_as('a1');
SELECT amount FROM dwello.reverse_transaction(t.user('held'), (SELECT id FROM dwello.transactions WHERE scope_id = t.user('held')
   AND transaction_type = 'release' ORDER BY id DESC LIMIT 1));
SELECT t.as_system();
SELECT dwello.deliver_events(10000) > 0 AS delivered;
SELECT * FROM t.mine OFFSET 5;
SELECT t.worker() AS held;
\echo another release makes it good
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('held'), 1000);
SELECT t.as_system();
SELECT dwello.deliver_events(10000) > 0 AS delivered;
SELECT t.worker() AS not_enough;
SELECT status FROM dwello.fail_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE amount = 18000 AND user_id = t.user('p1')), 'acme', 'hold 5');
SELECT t.worker() AS enough;
SELECT * FROM t.mine OFFSET 5;
SELECT * FROM t.told;
SELECT * FROM t.check() WHERE rule !~ 'partition';
SELECT * FROM dwello.reconcile();
-- paid whatever was in the way: it is what happened
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE amount = 9000 AND user_id = t.user('p1')), 'acme', 'hold 6');
SELECT amount FROM dwello.request_payout(1500, user_id => t.user('p1'));
SELECT status FROM dwello.suspend_user(t.user('p1'), 'Fraud.');
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE amount = 1500 AND user_id = t.user('p1')), 'acme', 'hold 7');
SELECT * FROM t.mine OFFSET 6;
SELECT status FROM dwello.reinstate_user(t.user('p1'));
SELECT dwello.deliver_events(10000) > 0 AS delivered;

------------------------------------------------------------------------
-- Cancelled: by the provider or an administrator, until a worker has it
------------------------------------------------------------------------
SELECT withdrawable FROM dwello.provider_balance(t.user('p1'));
CREATE TEMP TABLE asked ON COMMIT DROP AS SELECT 0 AS n, r.payout_id AS id FROM dwello.request_payout(200, user_id => t.user('p1')) AS r;
INSERT INTO asked SELECT 1, r.payout_id FROM dwello.request_payout(101, user_id => t.user('p1')) AS r;
INSERT INTO asked SELECT 2, r.payout_id FROM dwello.request_payout(50, user_id => t.user('p1')) AS r;
SELECT id AS first FROM asked WHERE n = 0 \gset
SELECT id AS second FROM asked WHERE n = 1 \gset
SELECT id AS third FROM asked WHERE n = 2 \gset
SELECT t.refused(NULL, format('cancel_payout(%L, t.user(%L))', :'first', 'p1')) AS system,
       t.refused('h1', format('cancel_payout(%L)', :'first')) AS homeowner,
       t.refused('s1', format('cancel_payout(%L, t.user(%L))', :'first', 'p1')) AS support,
       t.refused('p2', format('cancel_payout(%L, t.user(%L))', :'first', 'p1')) AS another,
       t.refused('p2', format('cancel_payout(%L)', :'first')) AS of_another,
       t.refused('p1', 'cancel_payout(NULL)') AS nothing,
       t.refused('a1', format('cancel_payout(%L, t.user(%L))', :'first', 'nobody')) AS of_nobody,
       t.refused('p1', format('cancel_payout(%L, expected_version => 7)', :'first')) AS stale;
SELECT t.login_as('p1');
SELECT amount, status, version, replayed FROM dwello.cancel_payout(:'first', expected_version => 1, idempotency_key => 'c1');
SELECT amount, status, version, replayed FROM dwello.cancel_payout(:'first', expected_version => 1, idempotency_key => 'c1');
SELECT withdrawable FROM dwello.provider_balance();
SELECT t.as_system();
SELECT t.refused('p1', format('cancel_payout(%L, idempotency_key => %L)', :'second', 'c1')) AS key,
       t.refused('p1', format('cancel_payout(%L)', :'first')) AS over,
       t.refused('p1', format('cancel_payout(%L)', (SELECT id FROM dwello.payouts WHERE amount = 9000 AND user_id = t.user('p1')))) AS paid;
\echo a held one, too: what it blocked is free
SELECT status FROM dwello.suspend_user(t.user('p1'), 'Fraud.');
SELECT t.login_as('a1');
SELECT status FROM dwello.cancel_payout(:'second', t.user('p1'));
SELECT t.as_system();
SELECT status FROM dwello.reinstate_user(t.user('p1'));
SELECT t.at('500:00');
SELECT t.worker() AS given;
SELECT t.refused('p1', format('cancel_payout(%L)', :'third')) AS on_its_way;
SELECT * FROM t.mine OFFSET 8;
SELECT right(told, 148) AS told FROM t.told;
SELECT dwello.deliver_events(10000) > 0 AS delivered;
SELECT title, count(*) FROM dwello.notifications WHERE user_id = t.user('p1') AND data->>'event' = 'payout_cancelled' GROUP BY title;
SELECT count(*) AS waiting FROM dwello.outbox_deliveries WHERE consumer = 'payer' AND is_waiting AND done_at IS NULL;
ROLLBACK;
