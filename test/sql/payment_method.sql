--
-- payment_method.sql
--	Removing a way to pay.
--
BEGIN;
CREATE FUNCTION t.methods() RETURNS TABLE (psp text, is_default boolean, version integer, removed boolean)
LANGUAGE sql
AS $$ SELECT m.psp, m.is_default, m.version, m.removed_at IS NOT NULL
        FROM dwello.payment_methods m WHERE m.user_id = t.user('h1')
       ORDER BY m.created_at, m.id $$;
SELECT t.login_as('h1');
SELECT payment_method_id AS m1 FROM dwello.add_payment_method('paypal', 'one', 't1') \gset
SELECT payment_method_id AS m2 FROM dwello.add_payment_method('paypal', 'two', 't2') \gset
SELECT payment_method_id AS m3 FROM dwello.add_payment_method('paypal', 'three', 't3') \gset
SELECT payment_method_id AS m4 FROM dwello.add_payment_method('paypal', 'four', 't4') \gset

-- the default leaves the flag to the newest that remains
SELECT user_id = t.user('h1') AS mine, payment_method_id = :'m1' AS is_m1, version, replayed
  FROM dwello.remove_payment_method(:'m1', expected_version => 1, idempotency_key => 'x1');
SELECT user_id = t.user('h1') AS mine, payment_method_id = :'m1' AS is_m1, version, replayed
  FROM dwello.remove_payment_method(:'m1', expected_version => 1, idempotency_key => 'x1');
SELECT * FROM t.methods();
-- another one leaves it where it is
SELECT version, replayed FROM dwello.remove_payment_method(:'m3');
SELECT * FROM t.methods();
-- removed: gone from sight, and for whoever asks without the key
SAVEPOINT s;
SELECT t.app_as('h1');
SELECT psp FROM dwello.payment_methods ORDER BY psp;
ROLLBACK TO s;
SELECT t.as_system();
SELECT replace(replace(args, :'m1', 'm1'), :'m2', 'm2') AS args, who,
       split_part(t.try(format('SELECT dwello.remove_payment_method(%s)', args), who), ':', 1) AS result
  FROM (VALUES
    ('NULL', 's1'), ('NULL', 'u1'), ('NULL', 'h1'), ('NULL, NULL', NULL),
    (format('%L', :'m2'), NULL),
    (format('%L', :'m1'), 'h1'),
    (format('%L, expected_version => 1', :'m1'), 'h1'),
    (format('%L', :'m2'), 'h2'),
    (format('%L, t.user(''h1'')', :'m2'), 'h2'),
    (format('%L, t.user(''nobody'')', :'m2'), 'h2'),
    (format('%L, t.user(''nobody'')', :'m2'), 'a1'),
    (format('%L, t.user(''h2'')', :'m2'), 'a1'),
    ('t.user(''nothing'')', 'h1'),
    (format('%L, expected_version => 7', :'m2'), 'h1'),
    (format('%L, idempotency_key => ''x1''', :'m2'), 'h1'),
    (format('%L, idempotency_key => repeat(''x'', 1048576)', :'m2'), 'h1')
  ) AS v (args, who);
SELECT type, count(*) FROM dwello.outbox
 WHERE scope_id = t.user('h1') AND type = 'payment_method_removed' GROUP BY type;

-- while a payment with it may still arrive, it stays
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job((SELECT id FROM dwello.service_categories
                                     WHERE name = 'Painting & Decorating'),
  'Paint', 'All of it.', -122.4194, 37.7749, budget_max => 100000,
  job_id => t.user('method job'));
SELECT status FROM dwello.publish_job(t.user('method job'));
SELECT t.login_as('p1');
SELECT eligible FROM dwello.submit_bid(t.user('method job'), 90000,
  timeline_days => 2, bid_id => t.user('method bid'));
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('method job'), t.user('method bid'));
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('method job'));
SELECT t.login_as('h1');
SELECT amount, escrow_status FROM dwello.fund_escrow(t.user('method job'), payment_method_id => :'m4');
SELECT split_part(t.try(format('SELECT dwello.remove_payment_method(%L)', :'m4')), ':', 1) AS pending,
       split_part(t.try(format('SELECT dwello.remove_payment_method(%L, expected_version => 7)', :'m4')), ':', 1) AS stale;
SAVEPOINT s;
-- past pay_by it is not waited for
SELECT set_config('dwello.now', (clock_timestamp() + interval '30 days')::text, true) <> '' AS later;
SELECT version FROM dwello.remove_payment_method(:'m4');
ROLLBACK TO s;
SELECT t.as_system();
SELECT escrow_status FROM dwello.confirm_payment(t.user('method job'), 'four', 'evt_method', 90000, 'USD');
SELECT t.login_as('a1');
SELECT version FROM dwello.remove_payment_method(:'m4', t.user('h1'));
SELECT version FROM dwello.remove_payment_method(:'m2', t.user('h1'));
SELECT t.as_system();
SELECT * FROM t.methods();
-- the next one added is the default again
SELECT version FROM dwello.add_payment_method('paypal', 'five', 't5', user_id => t.user('h1'));
SELECT psp, is_default FROM t.methods() WHERE NOT removed;
SELECT t.app_as(NULL);
SELECT t.try('SELECT dwello.remove_payment_method(NULL)');
ROLLBACK;

-- verified, so that payouts may go to it
SELECT * FROM dwello.payment_method_abilities();
BEGIN;
SELECT payment_method_id AS account FROM dwello.add_payment_method('bank_account', 'one', 'tok', user_id => t.user('p1')) \gset
SELECT payment_method_id AS card FROM dwello.add_payment_method('credit_card', 'one', 'tok', user_id => t.user('p1')) \gset
SELECT payment_method_id AS old FROM dwello.add_payment_method('debit_card', 'one', 'tok', expires_on => (now() AT TIME ZONE 'UTC')::date, user_id => t.user('p1')) \gset
SELECT payment_method_id AS gone FROM dwello.add_payment_method('paypal', 'one', 'tok', user_id => t.user('p1')) \gset
SELECT version FROM dwello.remove_payment_method(:'gone', t.user('p1'));
UPDATE dwello.payment_methods SET expires_on = (now() AT TIME ZONE 'UTC')::date - 1 WHERE id = :'old';
SELECT replace(replace(replace(replace(args, :'account', 'account'), :'card', 'card'), :'old', 'old'), :'gone', 'gone') AS args, who,
       split_part(t.try(format('SELECT dwello.verify_payment_method(%s)', args), who), ':', 1) AS result
  FROM (VALUES
    (format('t.user(''p1''), %L', :'account'), 's1'), (format('t.user(''p1''), %L', :'account'), 'p1'),
    ('NULL, NULL', 'a1'), (format('NULL, %L', :'account'), NULL), ('t.user(''p1''), NULL', NULL),
    (format('t.user(''nobody''), %L', :'account'), 'a1'),
    (format('t.user(''p2''), %L', :'account'), 'a1'),
    ('t.user(''p1''), t.user(''nothing'')', 'a1'),
    (format('t.user(''p1''), %L', :'gone'), 'a1'),
    (format('t.user(''p1''), %L, 2', :'account'), 'a1'),
    (format('t.user(''p1''), %L', :'card'), 'a1'),
    (format('t.user(''p1''), %L, expected_version => 7', :'card'), 'a1'),
    (format('t.user(''p1''), %L', :'old'), 'a1')
  ) AS v (args, who);
SELECT t.login_as('a1');
SELECT user_id = t.user('p1') AS of_p1, payment_method_id = :'account' AS is_account, can_receive, version, replayed
  FROM dwello.verify_payment_method(t.user('p1'), :'account', 1, 'v1');
SELECT can_receive, version, replayed FROM dwello.verify_payment_method(t.user('p1'), :'account', 1, 'v1');
SELECT can_receive, version, replayed FROM dwello.verify_payment_method(t.user('p1'), :'account');
SELECT split_part(t.try(format('SELECT dwello.verify_payment_method(t.user(''p1''), %L, idempotency_key => ''v1'')', :'card')), ':', 1) AS key;
SELECT t.app_as('p1');
SELECT method_type, can_receive FROM dwello.payment_methods ORDER BY method_type;
SELECT t.as_system();
SELECT type, count(*) FROM dwello.outbox
 WHERE scope_id = t.user('p1') AND type = 'payment_method_verified' AND payload->>'payment_method_id' = :'account' GROUP BY type;
ROLLBACK;

-- where nothing can be written
BEGIN READ ONLY;
SELECT t.try('SELECT dwello.verify_payment_method(NULL, NULL)');
SELECT t.try('SELECT dwello.remove_payment_method(NULL)');
ROLLBACK;
